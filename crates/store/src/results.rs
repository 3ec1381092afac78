//! Results with the digests of what they were computed from. An older one stays when a newer one is saved.

use std::collections::BTreeMap;

use engine::ids::ParkId;
use engine::source::Digest;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::audit::Change;
use crate::sql::{Columns, Rows, date, query, text, whole};
use crate::{Actor, Scope, Store};

/// A result to keep. `key` tells apart the results of one step, such as a framework and a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewResult {
    pub park: ParkId,
    pub step: String,
    pub key: String,
    pub inputs: Digest,
    pub catalogue: Digest,
    pub as_of: Date,
    pub json: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredResult {
    pub result: NewResult,
    pub saved_at_us: i64,
    pub saved_by: String,
}

impl StoredResult {
    /// Whether it was computed from something else than what there is now.
    pub fn is_stale(&self, inputs: &Digest, catalogue: &Digest) -> bool {
        self.result.inputs != *inputs || self.result.catalogue != *catalogue
    }
}

impl Store {
    /// Keeps a result. False where the newest one of its step and key is the same, and nothing was written.
    pub async fn save_result(&self, actor: &Actor, result: &NewResult) -> anyhow::Result<bool> {
        let id = format!("{}/{}/{}", result.park, result.step, result.key);
        let mut write = self.write(actor, Change::new("save", "result", id).of_park(&result.park)).await?;
        let before = newest(write.connection(), &result.park, &result.step, &result.key).await?;
        if before.as_ref().is_some_and(|before| before.result == *result) {
            write.discard().await?;
            return Ok(false);
        }
        insert(write.connection(), actor, result).await?;
        write.before(before.map(|before| shown(&before.result)));
        write.after(Some(shown(result)));
        write.commit().await?;
        Ok(true)
    }

    /// The newest result of a step and key. A result speaks of the whole park, so all of it must be in scope.
    pub async fn result(
        &self,
        scope: &Scope,
        park: &ParkId,
        step: &str,
        key: &str,
    ) -> anyhow::Result<Option<StoredResult>> {
        if !self.covers_whole(scope, park).await? {
            return Ok(None);
        }
        let mut read = self.read_as(scope).await?;
        newest(&mut read, park, step, key).await
    }
}

async fn newest(
    connection: &mut AnyConnection,
    park: &ParkId,
    step: &str,
    key: &str,
) -> anyhow::Result<Option<StoredResult>> {
    let sql = "select inputs_digest, catalogue_digest, as_of, json, saved_at_us, saved_by from result \
               where park_id = $1 and step = $2 and key = $3 order by saved_at_us desc, id desc limit 1";
    let row = query(sql).bind(text(park.as_str())).bind(text(step)).bind(text(key)).row(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let mut columns = Columns::of(&row);
    let result = NewResult {
        park: park.clone(),
        step: step.to_string(),
        key: key.to_string(),
        inputs: digest(columns.text()?)?,
        catalogue: digest(columns.text()?)?,
        as_of: columns.date()?,
        json: columns.text()?,
    };
    Ok(Some(StoredResult { result, saved_at_us: columns.whole()?, saved_by: columns.text()? }))
}

async fn insert(connection: &mut AnyConnection, actor: &Actor, result: &NewResult) -> anyhow::Result<()> {
    let columns = [
        "id",
        "park_id",
        "step",
        "key",
        "inputs_digest",
        "catalogue_digest",
        "as_of",
        "json",
        "saved_at_us",
        "saved_by",
    ];
    let mut rows = Rows::of("result", &[], columns);
    rows.push([
        text(Uuid::now_v7()),
        text(result.park.as_str()),
        text(&result.step),
        text(&result.key),
        text(result.inputs.as_str()),
        text(result.catalogue.as_str()),
        date(result.as_of),
        text(&result.json),
        whole(actor.at_us),
        text(&actor.id),
    ]);
    rows.insert(connection).await
}

/// A digest is written only by the engine; its text comes back the way it went.
fn digest(text: String) -> anyhow::Result<Digest> {
    Ok(serde_json::from_value(serde_json::Value::String(text))?)
}

/// Every kept result as the audit log shows it, by the name that the log has for it, oldest first.
pub(crate) async fn shown_results(
    connection: &mut AnyConnection,
) -> anyhow::Result<BTreeMap<String, Vec<serde_json::Value>>> {
    let sql = "select park_id, step, key, inputs_digest, catalogue_digest, as_of, json from result \
               order by saved_at_us, id";
    let mut results: BTreeMap<String, Vec<serde_json::Value>> = BTreeMap::new();
    for row in query(sql).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let result = NewResult {
            park: ParkId::new(columns.text()?),
            step: columns.text()?,
            key: columns.text()?,
            inputs: digest(columns.text()?)?,
            catalogue: digest(columns.text()?)?,
            as_of: columns.date()?,
            json: columns.text()?,
        };
        results.entry(format!("{}/{}/{}", result.park, result.step, result.key)).or_default().push(shown(&result));
    }
    Ok(results)
}

/// A result as the audit log shows it: which one, not what it says.
fn shown(result: &NewResult) -> serde_json::Value {
    json!({
        "inputs": result.inputs,
        "catalogue": result.catalogue,
        "as_of": result.as_of,
        "result": Digest::of(result.json.as_bytes()),
    })
}
