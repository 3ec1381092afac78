//! Single records: added, corrected, withdrawn. What was declared before stays, marked as superseded.

mod part;
mod put;

use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::Record;
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::{Change, Write};
use crate::completion::{self, Locked};
use crate::parks::{RECORD_COLUMNS, bump_revision, read_record, record_row, record_rows, supersede};
use crate::sql::{Columns, Query, date, query, text};
use crate::{Actor, Revision, Scope, Store, Subject};

pub(crate) use part::{add, withdraw};
pub use put::{Put, PutError};

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RecordAt {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    pub period: Period,
}

/// What somebody declares for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Declared {
    pub amount: Amount,
    pub basis: Basis,
    pub source: String,
    pub cost_vnd: Option<f64>,
}

/// One of the states that a record went through.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordVersion {
    pub id: String,
    pub record: Record,
    pub recorded_at_us: i64,
    pub recorded_by: String,
    /// `None` for the one that holds.
    pub superseded_at_us: Option<i64>,
    /// The version that took its place; `None` also where it was withdrawn.
    pub superseded_by: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("there is no such record, or no such enterprise")]
    NotFound,
    #[error("this enterprise is not in scope")]
    OutsideScope,
    #[error("it overlaps the record for {0}")]
    Overlaps(Period),
    /// Its period is approved; it must be reopened first.
    #[error("{} is approved and locked", .0.approved)]
    Locked(Box<Locked>),
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

/// A record typed in by hand stands on no line of a sheet.
const NO_LINE: usize = 0;

impl Store {
    /// Puts another figure in the place of the record for exactly this period.
    pub async fn correct_record(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &RecordAt,
        declared: &Declared,
    ) -> Result<Revision, RecordError> {
        let mut write = self.write_record(actor, scope, at, "correct").await?;
        let old = current(write.connection(), at).await?.ok_or(RecordError::NotFound)?;
        let id = Uuid::now_v7().to_string();
        let mut new = record(at, declared);
        if !scope.covers_subject(&at.park, &at.enterprise, Subject::Costs) {
            // Who was not told what was paid cannot change it.
            new.cost_vnd = old.record.cost_vnd;
        }
        supersede(write.connection(), actor, &old.id, Some(&id)).await?;
        let new = Current { id, position: old.position, record: new };
        insert(write.connection(), actor, at, &new).await?;
        finish(write, actor, at, Some(&old), Some(&new)).await
    }

    /// Adds a record where none of the same resource overlaps it.
    pub async fn add_record(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &RecordAt,
        declared: &Declared,
    ) -> Result<Revision, RecordError> {
        let mut write = self.write_record(actor, scope, at, "add").await?;
        if !enterprise_exists(write.connection(), &at.park, &at.enterprise).await? {
            return Err(RecordError::NotFound);
        }
        if let Some(other) = overlapping(write.connection(), at).await? {
            return Err(RecordError::Overlaps(other));
        }
        let position = next_position(write.connection(), &at.park).await?;
        let new = Current { id: Uuid::now_v7().to_string(), position, record: record(at, declared) };
        insert(write.connection(), actor, at, &new).await?;
        finish(write, actor, at, None, Some(&new)).await
    }

    /// Takes a record back, as when an addition is undone. It stays in the history.
    pub async fn withdraw_record(&self, actor: &Actor, scope: &Scope, at: &RecordAt) -> Result<Revision, RecordError> {
        let mut write = self.write_record(actor, scope, at, "withdraw").await?;
        let old = current(write.connection(), at).await?.ok_or(RecordError::NotFound)?;
        supersede(write.connection(), actor, &old.id, None).await?;
        finish(write, actor, at, Some(&old), None).await
    }

    /// All that was ever declared for exactly this period, oldest first.
    pub async fn record_history(&self, scope: &Scope, at: &RecordAt) -> Result<Vec<RecordVersion>, RecordError> {
        if !scope.covers_enterprise(&at.park, &at.enterprise) {
            return Err(RecordError::OutsideScope);
        }
        let mut read = self.read_as(scope).await?;
        let sql = format!(
            "select {RECORD_COLUMNS}, id, recorded_at_us, recorded_by, superseded_at_us, superseded_by from record \
             where {ABOUT} order by recorded_at_us, id"
        );
        let knows_costs = scope.covers_subject(&at.park, &at.enterprise, Subject::Costs);
        let mut versions = Vec::new();
        for row in about(sql, at).rows(&mut read).await? {
            let mut columns = Columns::of(&row);
            versions.push(RecordVersion {
                record: read_record(&mut columns)?,
                id: columns.text()?,
                recorded_at_us: columns.whole()?,
                recorded_by: columns.text()?,
                superseded_at_us: columns.maybe_whole()?,
                superseded_by: columns.maybe_text()?,
            });
        }
        if !knows_costs {
            versions.iter_mut().for_each(|version| version.record.cost_vnd = None);
        }
        Ok(versions)
    }

    async fn write_record(
        &self,
        actor: &Actor,
        scope: &Scope,
        at: &RecordAt,
        action: &'static str,
    ) -> Result<Write, RecordError> {
        if !scope.covers_enterprise(&at.park, &at.enterprise) {
            return Err(RecordError::OutsideScope);
        }
        let id = format!("{}/{}/{}/{}", at.park, at.enterprise, at.resource, at.period);
        let change = Change::new(action, "record", id).of_park(&at.park).of_enterprise(&at.enterprise);
        let mut write = self.write(actor, change).await?;
        match completion::lock(write.connection(), at).await? {
            Some(lock) => Err(RecordError::Locked(Box::new(lock))),
            None => Ok(write),
        }
    }
}

/// A version of a record with its place; the audit log tells all of it, so that the log can be held against the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Current {
    #[serde(rename = "version")]
    pub(crate) id: String,
    pub(crate) position: i64,
    #[serde(flatten)]
    pub(crate) record: Record,
}

const ABOUT: &str =
    "park_id = $1 and enterprise_id = $2 and resource_id = $3 and period_start = $4 and period_end = $5";

fn about(sql: String, at: &RecordAt) -> Query {
    of_resource(sql, at).bind(date(at.period.start())).bind(date(at.period.end()))
}

fn of_resource(sql: String, at: &RecordAt) -> Query {
    query(sql).bind(text(at.park.as_str())).bind(text(at.enterprise.as_str())).bind(text(at.resource.as_str()))
}

fn record(at: &RecordAt, declared: &Declared) -> Record {
    Record {
        enterprise: at.enterprise.clone(),
        resource: at.resource.clone(),
        period: at.period,
        amount: declared.amount.clone(),
        basis: declared.basis,
        source: declared.source.clone(),
        cost_vnd: declared.cost_vnd,
        line: NO_LINE,
    }
}

async fn current(connection: &mut AnyConnection, at: &RecordAt) -> anyhow::Result<Option<Current>> {
    let sql = format!(
        "select id, position, {RECORD_COLUMNS} from record where {ABOUT} and superseded_at_us is null \
         order by position limit 1"
    );
    let Some(row) = about(sql, at).row(connection).await? else { return Ok(None) };
    let mut columns = Columns::of(&row);
    Ok(Some(Current { id: columns.text()?, position: columns.whole()?, record: read_record(&mut columns)? }))
}

pub(crate) async fn record_exists(connection: &mut AnyConnection, at: &RecordAt) -> anyhow::Result<bool> {
    Ok(current(connection, at).await?.is_some())
}

pub(crate) async fn enterprise_exists(
    connection: &mut AnyConnection,
    park: &ParkId,
    enterprise: &EnterpriseId,
) -> anyhow::Result<bool> {
    let sql = "select id from enterprise where park_id = $1 and id = $2";
    let found = query(sql).bind(text(park.as_str())).bind(text(enterprise.as_str())).row(connection).await?;
    Ok(found.is_some())
}

async fn overlapping(connection: &mut AnyConnection, at: &RecordAt) -> anyhow::Result<Option<Period>> {
    let sql = "select period_start, period_end from record where park_id = $1 and enterprise_id = $2 \
               and resource_id = $3 and superseded_at_us is null order by period_start, period_end";
    for row in of_resource(sql.to_string(), at).rows(connection).await? {
        let other = Columns::of(&row).period()?;
        if other.overlaps(&at.period) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

async fn next_position(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<i64> {
    let sql = "select max(position) from record where park_id = $1 and superseded_at_us is null";
    let row = query(sql).bind(text(park.as_str())).row(connection).await?;
    let last = row.map(|row| Columns::of(&row).maybe_whole()).transpose()?.flatten();
    Ok(last.map_or(0, |last| last + 1))
}

async fn insert(connection: &mut AnyConnection, actor: &Actor, at: &RecordAt, new: &Current) -> anyhow::Result<()> {
    let mut rows = record_rows(actor, at.park.as_str());
    rows.push(record_row(new.id.clone(), new.position, &new.record)?);
    rows.insert(connection).await
}

async fn finish(
    mut write: Write,
    actor: &Actor,
    at: &RecordAt,
    before: Option<&Current>,
    after: Option<&Current>,
) -> Result<Revision, RecordError> {
    let revision = bump_revision(write.connection(), actor, &at.park).await?;
    write.before(before.map(json).transpose()?);
    write.after(after.map(json).transpose()?);
    write.commit().await?;
    Ok(revision)
}

fn json(version: &Current) -> anyhow::Result<Value> {
    Ok(serde_json::to_value(version)?)
}
