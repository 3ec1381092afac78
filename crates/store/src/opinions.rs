//! What a park says of a criterion itself, and what a reviewer says of it. Neither takes the place of the other, nor of
//! the outcome that is computed; a later word of one side supersedes its earlier one, which is kept.

use std::collections::BTreeMap;

use engine::assess::Outcome;
use engine::ids::{CriterionId, FrameworkId, ParkId};
use engine::period::Period;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::{Change, Shown};
use crate::records::RecordError;
use crate::sql::{Cell, Columns, Rows, date, maybe_number, query, text, whole};
use crate::{Actor, Scope, Store};

/// The criterion that is spoken of, of one park for one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpinionAt {
    pub park: ParkId,
    pub edition: FrameworkId,
    pub criterion: CriterionId,
    pub period: Period,
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OpinionSide {
    /// The park's own.
    #[serde(rename = "self")]
    Own,
    Review,
}

impl OpinionSide {
    pub const ALL: [OpinionSide; 2] = [OpinionSide::Own, OpinionSide::Review];

    pub fn code(self) -> &'static str {
        match self {
            OpinionSide::Own => "self",
            OpinionSide::Review => "review",
        }
    }
}

/// What somebody states.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opinion {
    pub outcome: Outcome,
    /// In the criterion's unit.
    pub value: Option<f64>,
    /// What proves it, or why the reviewer says so.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatedOpinion {
    pub id: String,
    pub edition: FrameworkId,
    pub criterion: CriterionId,
    pub period: Period,
    pub side: OpinionSide,
    pub opinion: Opinion,
    pub stated_at_us: i64,
    pub stated_by: String,
    /// Code of the role it was stated in.
    pub stated_as: String,
    /// `None` for the one that holds.
    pub superseded_at_us: Option<i64>,
}

const COLUMNS: &str = "id, edition_id, criterion_id, period_start, period_end, side, outcome, value, reason, \
                       stated_at_us, stated_by, stated_as, superseded_at_us";

impl Store {
    /// Keeps what one side says in the place of what it said before, and gives its identifier.
    pub async fn state_opinion(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &OpinionAt,
        side: OpinionSide,
        opinion: &Opinion,
    ) -> Result<String, RecordError> {
        if !scope.covers_park(&at.park) {
            return Err(RecordError::OutsideScope);
        }
        let name = format!("{}/{}/{}/{}", at.park, at.edition, at.criterion, at.period);
        let mut write = self.write(actor, Change::new("state", "opinion", name).of_park(&at.park)).await?;
        let park = query("select id from park where id = $1").bind(text(at.park.as_str()));
        if park.row(write.connection()).await?.is_none() {
            return Err(RecordError::NotFound);
        }
        let id = Uuid::now_v7().to_string();
        let sql = "update criterion_opinion set superseded_at_us = $1, superseded_by = $2 \
                   where park_id = $3 and edition_id = $4 and criterion_id = $5 and period_start = $6 \
                   and period_end = $7 and side = $8 and superseded_at_us is null";
        let superseding = query(sql).bind_all([whole(actor.at_us), text(&id)]).bind_all(place(at));
        superseding.bind(text(side.code())).execute(write.connection()).await?;
        insert(write.connection(), actor, at, side, (&id, opinion)).await?;
        write.after(Some(says(&id, side, opinion)));
        write.commit().await?;
        Ok(id)
    }

    /// Everything that was ever said of a park's criteria, oldest first.
    pub async fn opinions(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<Vec<StatedOpinion>> {
        if !scope.covers_park(park) {
            return Ok(Vec::new());
        }
        let mut read = self.read_as(scope).await?;
        let sql = format!("select {COLUMNS} from criterion_opinion where park_id = $1 order by stated_at_us, id");
        let rows = query(sql).bind(text(park.as_str())).rows(&mut read).await?;
        rows.iter().map(|row| stated(&mut Columns::of(row))).collect()
    }
}

fn place(at: &OpinionAt) -> [Cell; 5] {
    let (park, edition, criterion) = (text(at.park.as_str()), text(at.edition.as_str()), text(at.criterion.as_str()));
    [park, edition, criterion, date(at.period.start()), date(at.period.end())]
}

async fn insert(
    connection: &mut AnyConnection,
    actor: &Actor,
    at: &OpinionAt,
    side: OpinionSide,
    (id, opinion): (&str, &Opinion),
) -> anyhow::Result<()> {
    let names = ["park_id", "edition_id", "criterion_id", "period_start", "period_end"];
    let shared: Vec<(&'static str, Cell)> = names.into_iter().zip(place(at)).collect();
    let columns = ["id", "side", "outcome", "value", "reason", "stated_at_us", "stated_by", "stated_as"];
    let mut rows = Rows::of("criterion_opinion", &shared, columns);
    rows.push([
        text(id),
        text(side.code()),
        text(opinion.outcome.code()),
        maybe_number(opinion.value),
        text(&opinion.reason),
        whole(actor.at_us),
        text(&actor.id),
        text(&actor.role),
    ]);
    rows.insert(connection).await
}

fn stated(columns: &mut Columns) -> anyhow::Result<StatedOpinion> {
    let (id, edition, criterion) = (columns.text()?, columns.text()?, columns.text()?);
    let (period, side, outcome) = (columns.period()?, columns.text()?, columns.text()?);
    let side = OpinionSide::ALL.into_iter().find(|known| known.code() == side);
    let outcome = Outcome::ALL.into_iter().find(|known| known.code() == outcome);
    let (Some(side), Some(outcome)) = (side, outcome) else {
        anyhow::bail!("opinion {id}: an unknown side or outcome")
    };
    Ok(StatedOpinion {
        id,
        edition: FrameworkId::new(edition),
        criterion: CriterionId::new(criterion),
        period,
        side,
        opinion: Opinion { outcome, value: columns.maybe_number()?, reason: columns.text()? },
        stated_at_us: columns.whole()?,
        stated_by: columns.text()?,
        stated_as: columns.text()?,
        superseded_at_us: columns.maybe_whole()?,
    })
}

/// What the log says of an opinion.
fn says(id: &str, side: OpinionSide, opinion: &Opinion) -> Value {
    json!({ "id": id, "side": side, "outcome": opinion.outcome, "value": opinion.value, "reason": opinion.reason })
}

/// Every opinion, for the log to be held against.
pub(crate) async fn shown(connection: &mut AnyConnection) -> anyhow::Result<BTreeMap<String, Shown>> {
    let mut shown = BTreeMap::new();
    for row in query(format!("select {COLUMNS} from criterion_opinion")).rows(connection).await? {
        let stated = stated(&mut Columns::of(&row))?;
        let says = says(&stated.id, stated.side, &stated.opinion);
        shown.insert(stated.id, Shown { says, by: stated.stated_by });
    }
    Ok(shown)
}
