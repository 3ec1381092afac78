//! State forms: what people write into them, and their way from draft to received. What was handed in is kept as it stood,
//! with its digest; what is written later changes nothing of it.

mod entries;

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, FormId, ParkId};
use engine::report::forms::FilledForm;
use engine::report::forms::life::{FormAct, FormRefusal, FormState};
use engine::source::Digest;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::records::enterprise_exists;
use crate::sql::{Cell, Columns, Rows, date, maybe_text, query, text, whole};
use crate::{Actor, Scope, Store};

pub(crate) use entries::shown as shown_entries;
pub use entries::{FieldChange, FormEntries};

/// One report: a form of a park, or of one of its enterprises, for a reporting year.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FormAt {
    pub park: ParkId,
    /// `None`: the park reports.
    pub enterprise: Option<EnterpriseId>,
    pub form: FormId,
    pub year: i16,
}

impl FormAt {
    /// How the log calls it: `khu-mau/E01/vn-b4/2025`, `khu-mau/-/vn-a4/2025`.
    fn place(&self) -> String {
        let enterprise = self.enterprise.as_ref().map_or("-", EnterpriseId::as_str);
        format!("{}/{enterprise}/{}/{}", self.park, self.form, self.year)
    }

    fn change(&self, action: &'static str, entity: &'static str, id: String) -> Change {
        let change = Change::new(action, entity, id).of_park(&self.park);
        match &self.enterprise {
            Some(enterprise) => change.of_enterprise(enterprise),
            None => change,
        }
    }

    fn cells(&self) -> [Cell; 4] {
        let enterprise = self.enterprise.as_ref().map_or("", EnterpriseId::as_str);
        [text(self.park.as_str()), text(enterprise), text(self.form.as_str()), whole(i64::from(self.year))]
    }
}

/// The report that is meant, in the order of [`FormAt::cells`].
const ABOUT: &str = "park_id = $1 and coalesce(enterprise_id, '') = $2 and form_id = $3 and year = $4";

/// One step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormMark {
    pub id: String,
    pub at: FormAt,
    pub state: FormState,
    /// Of what was handed in; `None` for the other steps.
    pub digest: Option<String>,
    pub marked_at_us: i64,
    pub marked_by: String,
    pub marked_by_role: String,
    /// False once another step followed.
    pub is_current: bool,
}

/// A form as it was handed in.
#[derive(Clone, Debug, PartialEq)]
pub struct HandedIn {
    pub form: FilledForm,
    pub digest: String,
}

#[derive(Debug, thiserror::Error)]
pub enum FormError {
    #[error("this report is not in scope")]
    OutsideScope,
    #[error("there is no such enterprise")]
    NotFound,
    /// It was handed in, and nothing is written into it until it is sent back.
    #[error("the form was handed in")]
    Closed,
    #[error("the step is refused: {0:?}")]
    Refused(FormRefusal),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

const COLUMNS: &str = "id, park_id, enterprise_id, form_id, year, state, marked_on, reason, digest, marked_at_us, \
     marked_by, marked_by_role, superseded_at_us";

impl Store {
    /// Hands a form in as it stands.
    pub async fn submit_form(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &FormAt,
        form: &FilledForm,
        on: Date,
    ) -> Result<(), FormError> {
        self.step(actor, scope, at, &FormAct::Submit, Some(form), on).await
    }

    /// Receives a form that was handed in, or sends it back.
    pub async fn answer_form(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &FormAt,
        act: &FormAct,
        on: Date,
    ) -> Result<(), FormError> {
        self.step(actor, scope, at, act, None, on).await
    }

    async fn step(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &FormAt,
        act: &FormAct,
        form: Option<&FilledForm>,
        on: Date,
    ) -> Result<(), FormError> {
        if !scope.covers_report(&at.park, at.enterprise.as_ref()) {
            return Err(FormError::OutsideScope);
        }
        let action = match act {
            FormAct::Submit => "submit",
            FormAct::Return { .. } => "return",
            FormAct::Receive => "receive",
        };
        let mut write = self.write(actor, at.change(action, "form", at.place())).await?;
        exists(write.connection(), at).await?;
        let current = current(write.connection(), at).await?;
        let state = current.as_ref().map_or(FormState::Draft, |mark| mark.state.clone());
        let next = state.after(act, form, on).map_err(FormError::Refused)?;
        if let Some(current) = &current {
            let sql = "update form_mark set superseded_at_us = $2 where id = $1";
            query(sql).bind(text(&current.id)).bind(whole(actor.at_us)).execute(write.connection()).await?;
            write.before(Some(json!({ "id": current.id, "state": current.state })));
        }
        let id = Uuid::now_v7().to_string();
        let content = form.map(serde_json::to_string).transpose().map_err(anyhow::Error::from)?;
        let digest = content.as_ref().map(|content| Digest::of(content.as_bytes()).as_str().to_string());
        insert(write.connection(), actor, at, &id, &next, on, content, digest.as_ref()).await?;
        write.after(Some(says(&id, &next, digest.as_ref())));
        write.commit().await?;
        Ok(())
    }

    /// Every step that was taken about the reports of a park and year that are in scope, oldest first.
    pub async fn form_marks(&self, scope: &Scope, park: &ParkId, year: i16) -> anyhow::Result<Vec<FormMark>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from form_mark where park_id = $1 and year = $2 order by marked_at_us, id");
        let values = [text(park.as_str()), whole(i64::from(year))];
        let rows = query(sql).bind_all(values).rows(&mut read).await?;
        let mut marks = rows.iter().map(mark).collect::<anyhow::Result<Vec<_>>>()?;
        marks.retain(|mark| scope.covers_report(park, mark.at.enterprise.as_ref()));
        Ok(marks)
    }

    /// A report as it was handed in last; `None` where it never was.
    pub async fn handed_in(&self, scope: &Scope, at: &FormAt) -> anyhow::Result<Option<HandedIn>> {
        if !scope.covers_report(&at.park, at.enterprise.as_ref()) {
            return Ok(None);
        }
        let mut read = self.read_as(scope).await?;
        let sql = format!(
            "select content, digest from form_mark where {ABOUT} and content is not null \
             order by marked_at_us desc, id desc limit 1"
        );
        query(sql).bind_all(at.cells()).row(&mut read).await?.as_ref().map(handed_in).transpose()
    }

    /// What the enterprises of a park have handed in of a form for a year and was not sent back, by enterprise.
    pub async fn handed_in_by_enterprises(
        &self,
        scope: &Scope,
        park: &ParkId,
        form: &FormId,
        year: i16,
    ) -> anyhow::Result<Vec<FilledForm>> {
        let marks = self.form_marks(scope, park, year).await?;
        let stands = |mark: &&FormMark| matches!(mark.state, FormState::Submitted { .. } | FormState::Received { .. });
        let meant = |mark: &&FormMark| mark.is_current && mark.at.form == *form && mark.at.enterprise.is_some();
        let mut forms = BTreeMap::new();
        for mark in marks.iter().filter(meant).filter(stands) {
            if let Some(handed) = self.handed_in(scope, &mark.at).await? {
                forms.insert(mark.at.enterprise.clone(), handed.form);
            }
        }
        Ok(forms.into_values().collect())
    }
}

/// A report of an enterprise needs the enterprise.
async fn exists(connection: &mut AnyConnection, at: &FormAt) -> Result<(), FormError> {
    match &at.enterprise {
        Some(enterprise) if !enterprise_exists(connection, &at.park, enterprise).await? => Err(FormError::NotFound),
        _ => Ok(()),
    }
}

async fn current(connection: &mut AnyConnection, at: &FormAt) -> anyhow::Result<Option<FormMark>> {
    let sql = format!("select {COLUMNS} from form_mark where {ABOUT} and superseded_at_us is null");
    query(sql).bind_all(at.cells()).row(connection).await?.as_ref().map(mark).transpose()
}

#[expect(clippy::too_many_arguments, reason = "one row with its columns")]
async fn insert(
    connection: &mut AnyConnection,
    actor: &Actor,
    at: &FormAt,
    id: &str,
    state: &FormState,
    on: Date,
    content: Option<String>,
    digest: Option<&String>,
) -> anyhow::Result<()> {
    let reason = match state {
        FormState::Returned { reason, .. } => Some(reason),
        _ => None,
    };
    let columns = [
        "id",
        "park_id",
        "enterprise_id",
        "form_id",
        "year",
        "state",
        "marked_on",
        "reason",
        "content",
        "digest",
        "marked_at_us",
        "marked_by",
        "marked_by_role",
    ];
    let mut rows = Rows::of("form_mark", &[], columns);
    rows.push([
        text(id),
        text(at.park.as_str()),
        maybe_text(at.enterprise.as_ref()),
        text(at.form.as_str()),
        whole(i64::from(at.year)),
        text(state.code()),
        date(on),
        maybe_text(reason),
        maybe_text(content),
        maybe_text(digest),
        whole(actor.at_us),
        text(&actor.id),
        text(&actor.role),
    ]);
    rows.insert(connection).await
}

/// What the log says of a step.
fn says(id: &str, state: &FormState, digest: Option<&String>) -> Value {
    json!({ "id": id, "state": state, "digest": digest })
}

fn place(columns: &mut Columns<'_>) -> anyhow::Result<FormAt> {
    Ok(FormAt {
        park: ParkId::new(columns.text()?),
        enterprise: columns.maybe_text()?.map(EnterpriseId::new),
        form: FormId::new(columns.text()?),
        year: i16::try_from(columns.whole()?)?,
    })
}

fn mark(row: &AnyRow) -> anyhow::Result<FormMark> {
    let mut columns = Columns::of(row);
    let (id, at) = (columns.text()?, place(&mut columns)?);
    let (state, on, reason) = (columns.text()?, columns.date()?, columns.maybe_text()?);
    let state = match state.as_str() {
        "submitted" => FormState::Submitted { on },
        "returned" => FormState::Returned { on, reason: reason.unwrap_or_default() },
        "received" => FormState::Received { on },
        other => anyhow::bail!("a form is `{other}`"),
    };
    Ok(FormMark {
        id,
        at,
        state,
        digest: columns.maybe_text()?,
        marked_at_us: columns.whole()?,
        marked_by: columns.text()?,
        marked_by_role: columns.text()?,
        is_current: columns.maybe_whole()?.is_none(),
    })
}

fn handed_in(row: &AnyRow) -> anyhow::Result<HandedIn> {
    let mut columns = Columns::of(row);
    Ok(HandedIn { form: serde_json::from_str(&columns.text()?)?, digest: columns.text()? })
}

/// Every step, for the log to be held against; what was handed in by the digest that it has today.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let mut shown = BTreeMap::new();
    for row in query(format!("select {COLUMNS}, content from form_mark")).rows(connection).await? {
        let mark = mark(&row)?;
        let mut columns = Columns::of(&row);
        columns.skip(COLUMNS.split(',').count());
        let digest = columns.maybe_text()?.map(|content| Digest::of(content.as_bytes()).as_str().to_string());
        let says = says(&mark.id, &mark.state, digest.as_ref());
        shown.insert(mark.id, Shown { says, by: mark.marked_by });
    }
    Ok(shown)
}
