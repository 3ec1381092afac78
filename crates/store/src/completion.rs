//! Periods of an enterprise: completed by it, approved level by level, reopened with a reason. An approved period is
//! locked: its records are corrected only after it was reopened, and the approval says that this happened.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::{Park, Record};
use engine::period::Period;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::records::{RecordAt, enterprise_exists};
use crate::sql::{Columns, Rows, date, maybe_text, query, text, whole};
use crate::{Actor, Scope, Store};

/// What is completed: a period of an enterprise, for a group of resources or for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodAt {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub period: Period,
    pub resources: Resources,
}

/// A group by its name with the resources that are in it, or all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Resources {
    All,
    Group(String, BTreeSet<ResourceId>),
}

const ALL: &str = "all";

impl Resources {
    pub fn name(&self) -> &str {
        match self {
            Resources::All => ALL,
            Resources::Group(name, _) => name,
        }
    }

    fn contains(&self, resource: &ResourceId) -> bool {
        match self {
            Resources::All => true,
            Resources::Group(_, these) => these.contains(resource),
        }
    }

    fn read(name: String, list: Option<String>) -> anyhow::Result<Resources> {
        Ok(match list {
            None => Resources::All,
            Some(list) => Resources::Group(name, serde_json::from_str(&list)?),
        })
    }
}

/// Open is the period that nobody marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeriodState {
    Open,
    Reopened,
    Completed,
    Approved,
}

impl PeriodState {
    pub const ALL: [PeriodState; 4] =
        [PeriodState::Open, PeriodState::Reopened, PeriodState::Completed, PeriodState::Approved];

    pub fn code(self) -> &'static str {
        match self {
            PeriodState::Open => "open",
            PeriodState::Reopened => "reopened",
            PeriodState::Completed => "completed",
            PeriodState::Approved => "approved",
        }
    }

    pub fn parse(code: &str) -> Option<PeriodState> {
        PeriodState::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// The next step of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Complete,
    /// By a level, after the level before it; the first follows the completion.
    Approve {
        level: String,
        after: Option<String>,
    },
    Reopen {
        reason: String,
    },
}

/// One step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeriodMark {
    pub id: String,
    pub enterprise: EnterpriseId,
    pub period: Period,
    pub resources: Resources,
    pub state: PeriodState,
    pub level: Option<String>,
    pub reason: Option<String>,
    pub marked_at_us: i64,
    pub marked_by: String,
    pub marked_by_role: String,
    /// False once another step followed.
    pub is_current: bool,
    /// When a record of the period was last changed after this step; `None` where none was.
    pub changed_at_us: Option<i64>,
}

/// A record that an approval locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Locked {
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    pub period: Period,
    /// The period that was approved, by whom and when.
    pub approved: Period,
    pub approved_by: String,
    pub approved_at_us: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    #[error("this enterprise is not in scope")]
    OutsideScope,
    #[error("there is no such enterprise")]
    NotFound,
    /// The state does not allow the step.
    #[error("the period is {} ", .0.code())]
    WrongState(PeriodState),
    /// The level before this one has not approved yet.
    #[error("level {0} must approve first")]
    LevelBefore(String),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

const COLUMNS: &str = "id, enterprise_id, period_start, period_end, resource_group, resources, state, level, reason, \
     marked_at_us, marked_by, marked_by_role, superseded_at_us";

impl Store {
    /// Takes the next step of a period.
    pub async fn mark_period(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &PeriodAt,
        step: &Step,
    ) -> Result<(), PeriodError> {
        if !scope.covers_enterprise(&at.park, &at.enterprise) {
            return Err(PeriodError::OutsideScope);
        }
        let (action, state, level, reason) = match step {
            Step::Complete => ("complete", PeriodState::Completed, None, None),
            Step::Approve { level, .. } => ("approve", PeriodState::Approved, Some(level), None),
            Step::Reopen { reason } => ("reopen", PeriodState::Reopened, None, Some(reason)),
        };
        let id = format!("{}/{}/{}/{}", at.park, at.enterprise, at.period, at.resources.name());
        let change = Change::new(action, "period", id).of_park(&at.park).of_enterprise(&at.enterprise);
        let mut write = self.write(actor, change).await?;
        if !enterprise_exists(write.connection(), &at.park, &at.enterprise).await? {
            return Err(PeriodError::NotFound);
        }
        let current = current(write.connection(), at).await?;
        allowed(current.as_ref(), step)?;
        if let Some(current) = &current {
            let sql = "update period_mark set superseded_at_us = $2 where id = $1";
            query(sql).bind(text(&current.id)).bind(whole(actor.at_us)).execute(write.connection()).await?;
            write.before(Some(json!({ "id": current.id, "state": current.state, "level": current.level })));
        }
        let id = Uuid::now_v7().to_string();
        let columns = [
            "id",
            "park_id",
            "enterprise_id",
            "period_start",
            "period_end",
            "resource_group",
            "resources",
            "state",
            "level",
            "reason",
            "marked_at_us",
            "marked_by",
            "marked_by_role",
        ];
        let list = match &at.resources {
            Resources::All => None,
            Resources::Group(_, these) => Some(serde_json::to_string(these).map_err(anyhow::Error::from)?),
        };
        let mut rows = Rows::of("period_mark", &[], columns);
        rows.push([
            text(&id),
            text(at.park.as_str()),
            text(at.enterprise.as_str()),
            date(at.period.start()),
            date(at.period.end()),
            text(at.resources.name()),
            maybe_text(list),
            text(state.code()),
            maybe_text(level),
            maybe_text(reason),
            whole(actor.at_us),
            text(&actor.id),
            text(&actor.role),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(says(&id, at.period, at.resources.name(), state, level, reason)));
        write.commit().await?;
        Ok(())
    }

    /// Every step that was taken about the enterprises in scope, oldest first, with what was changed since.
    pub async fn period_marks(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<PeriodMark>> {
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from period_mark where park_id = $1 order by marked_at_us, id");
        let rows = query(sql).bind(text(park.as_str())).rows(&mut read).await?;
        let mut marks = rows.iter().map(mark).collect::<anyhow::Result<Vec<_>>>()?;
        marks.retain(|mark| scope.covers_enterprise(park, &mark.enterprise));
        let Some(first) = marks.first() else { return Ok(marks) };
        let changes = changes_since(&mut read, park, first.marked_at_us).await?;
        for mark in &mut marks {
            let later = changes.iter().filter(|change| change.is_within(mark) && change.at_us > mark.marked_at_us);
            mark.changed_at_us = later.map(|change| change.at_us).max();
        }
        Ok(marks)
    }
}

/// What the log says of a step.
fn says(
    id: &str,
    period: Period,
    group: &str,
    state: PeriodState,
    level: Option<&String>,
    reason: Option<&String>,
) -> Value {
    json!({ "id": id, "period": period, "resources": group, "state": state, "level": level, "reason": reason })
}

/// Every step, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let rows = query(format!("select {COLUMNS} from period_mark")).rows(connection).await?;
    let all = rows.iter().map(mark).collect::<anyhow::Result<Vec<_>>>()?;
    let shown = |mark: PeriodMark| {
        let (level, reason) = (mark.level.as_ref(), mark.reason.as_ref());
        let says = says(&mark.id, mark.period, mark.resources.name(), mark.state, level, reason);
        (mark.id, Shown { says, by: mark.marked_by })
    };
    Ok(all.into_iter().map(shown).collect())
}

fn allowed(current: Option<&PeriodMark>, step: &Step) -> Result<(), PeriodError> {
    let state = current.map_or(PeriodState::Open, |mark| mark.state);
    let is_allowed = match (step, state) {
        (Step::Complete, PeriodState::Open | PeriodState::Reopened) => true,
        (Step::Approve { after: None, .. }, PeriodState::Completed) => true,
        (Step::Approve { after: Some(before), .. }, PeriodState::Completed) => {
            return Err(PeriodError::LevelBefore(before.clone()));
        }
        (Step::Approve { after: Some(before), .. }, PeriodState::Approved) => {
            current.and_then(|mark| mark.level.as_ref()) == Some(before)
        }
        (Step::Reopen { .. }, PeriodState::Completed | PeriodState::Approved) => true,
        _ => false,
    };
    if is_allowed { Ok(()) } else { Err(PeriodError::WrongState(state)) }
}

fn mark(row: &AnyRow) -> anyhow::Result<PeriodMark> {
    let mut columns = Columns::of(row);
    let (id, enterprise, period) = (columns.text()?, EnterpriseId::new(columns.text()?), columns.period()?);
    let (group, list, state) = (columns.text()?, columns.maybe_text()?, columns.text()?);
    Ok(PeriodMark {
        id,
        enterprise,
        period,
        resources: Resources::read(group, list)?,
        state: PeriodState::parse(&state).ok_or_else(|| anyhow::anyhow!("a period is `{state}`"))?,
        level: columns.maybe_text()?,
        reason: columns.maybe_text()?,
        marked_at_us: columns.whole()?,
        marked_by: columns.text()?,
        marked_by_role: columns.text()?,
        is_current: columns.maybe_whole()?.is_none(),
        changed_at_us: None,
    })
}

async fn current(connection: &mut AnyConnection, at: &PeriodAt) -> anyhow::Result<Option<PeriodMark>> {
    let sql = format!(
        "select {COLUMNS} from period_mark where park_id = $1 and enterprise_id = $2 and period_start = $3 \
         and period_end = $4 and resource_group = $5 and superseded_at_us is null"
    );
    let values = [
        text(at.park.as_str()),
        text(at.enterprise.as_str()),
        date(at.period.start()),
        date(at.period.end()),
        text(at.resources.name()),
    ];
    query(sql).bind_all(values).row(connection).await?.as_ref().map(mark).transpose()
}

/// A moment at which a record was declared, corrected or withdrawn.
struct RecordChange {
    enterprise: EnterpriseId,
    resource: ResourceId,
    period: Period,
    at_us: i64,
}

impl RecordChange {
    fn is_within(&self, mark: &PeriodMark) -> bool {
        self.enterprise == mark.enterprise
            && mark.resources.contains(&self.resource)
            && self.period.overlaps(&mark.period)
    }
}

async fn changes_since(
    connection: &mut AnyConnection,
    park: &ParkId,
    since_us: i64,
) -> anyhow::Result<Vec<RecordChange>> {
    let sql = "select enterprise_id, resource_id, period_start, period_end, recorded_at_us, superseded_at_us \
               from record where park_id = $1 and (recorded_at_us > $2 or superseded_at_us > $2)";
    let mut changes = Vec::new();
    for row in query(sql).bind(text(park.as_str())).bind(whole(since_us)).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let (enterprise, resource) = (EnterpriseId::new(columns.text()?), ResourceId::new(columns.text()?));
        let period = columns.period()?;
        let at_us = columns.whole()?.max(columns.maybe_whole()?.unwrap_or(i64::MIN));
        changes.push(RecordChange { enterprise, resource, period, at_us });
    }
    Ok(changes)
}

/// The approvals that hold in a park.
async fn approvals(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Vec<PeriodMark>> {
    let sql = format!(
        "select {COLUMNS} from period_mark where park_id = $1 and state = $2 and superseded_at_us is null order by id"
    );
    let values = [text(park.as_str()), text(PeriodState::Approved.code())];
    query(sql).bind_all(values).rows(connection).await?.iter().map(mark).collect()
}

fn lock_of(approvals: &[PeriodMark], at: &RecordAt) -> Option<Locked> {
    let lock = approvals.iter().find(|mark| {
        mark.enterprise == at.enterprise && mark.resources.contains(&at.resource) && mark.period.overlaps(&at.period)
    })?;
    Some(Locked {
        enterprise: at.enterprise.clone(),
        resource: at.resource.clone(),
        period: at.period,
        approved: lock.period,
        approved_by: lock.marked_by.clone(),
        approved_at_us: lock.marked_at_us,
    })
}

/// The approval that forbids to change a record.
pub(crate) async fn lock(connection: &mut AnyConnection, at: &RecordAt) -> anyhow::Result<Option<Locked>> {
    Ok(lock_of(&approvals(connection, &at.park).await?, at))
}

/// Records that a new state of a park would change though they are approved.
pub(crate) async fn locked_changes(
    connection: &mut AnyConnection,
    before: &Park,
    after: &Park,
) -> anyhow::Result<Vec<Locked>> {
    let approvals = approvals(connection, &before.id).await?;
    if approvals.is_empty() {
        return Ok(Vec::new());
    }
    let (had, has) = (declared(before), declared(after));
    let changed = had.keys().chain(has.keys()).filter(|about| had.get(*about) != has.get(*about));
    let changed: BTreeSet<&About> = changed.collect();
    let at = |about: &About| RecordAt {
        park: before.id.clone(),
        enterprise: about.0.clone(),
        resource: about.1.clone(),
        period: about.2,
    };
    Ok(changed.into_iter().filter_map(|about| lock_of(&approvals, &at(about))).collect())
}

type About = (EnterpriseId, ResourceId, Period);

/// What is declared for each place; the line of the sheet says nothing.
fn declared(park: &Park) -> BTreeMap<About, Vec<String>> {
    let mut declared: BTreeMap<About, Vec<String>> = BTreeMap::new();
    for Record { enterprise, resource, period, amount, basis, source, cost_vnd, line: _ } in &park.records {
        let about = (enterprise.clone(), resource.clone(), *period);
        declared.entry(about).or_default().push(format!("{amount:?} {basis:?} {source} {cost_vnd:?}"));
    }
    declared.values_mut().for_each(|versions| versions.sort());
    declared
}
