//! What the audit log says of a whole park: how much there is, the digest of each sheet, and which rows an import
//! changed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use engine::ids::{EnterpriseId, ParkId};
use engine::park::Park;
use engine::source::Digest;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::Revision;
use crate::sql::{Columns, query, text};

/// A park as an audit row shows it.
#[derive(Serialize)]
pub(super) struct State<'a> {
    pub revision: Revision,
    pub digest: String,
    #[serde(flatten)]
    pub counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheets: Option<BTreeMap<&'static str, Digest>>,
    /// Every record row that was ever kept of the park, superseded ones with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

#[derive(Serialize)]
pub(super) struct Counts {
    enterprises: usize,
    records: usize,
    drivers: usize,
    meters: usize,
    readings: usize,
    stations: usize,
    links: usize,
    plants: usize,
    temperatures: usize,
    streams: usize,
    exchanges: usize,
    survey: usize,
    facts: usize,
    measures: usize,
}

pub(super) fn counts(park: &Park) -> Counts {
    Counts {
        enterprises: park.enterprises.len(),
        records: park.records.len(),
        drivers: park.drivers.len(),
        meters: park.meters.len(),
        readings: park.readings.values().map(Vec::len).sum(),
        stations: park.weather.stations.len(),
        links: park.works.links.len(),
        plants: park.works.plants.len(),
        temperatures: park.weather.readings(),
        streams: park.streams.len(),
        exchanges: park.exchanges.len(),
        survey: park.survey.len(),
        facts: park.facts.len(),
        measures: park.measures.len(),
    }
}

/// The digest of each sheet, so that a difference found later can be placed.
pub(crate) fn sheet_digests(park: &Park) -> BTreeMap<&'static str, Digest> {
    let particulars = (
        (&park.id, &park.name, &park.province, park.area_ha, park.place),
        (&park.developer, park.utc_offset_h, park.synthetic, &park.note),
    );
    let mut digests = BTreeMap::from([
        ("particulars", Digest::of_value(&particulars)),
        ("enterprises", Digest::of_value(&park.enterprises)),
        ("records", Digest::of_value(&park.records)),
        ("drivers", Digest::of_value(&park.drivers)),
        ("meters", Digest::of_value(&park.meters)),
        ("readings", Digest::of_value(&park.readings)),
        ("weather", Digest::of_value(&park.weather)),
        ("streams", Digest::of_value(&park.streams)),
        ("works", Digest::of_value(&park.works)),
        ("exchanges", Digest::of_value(&park.exchanges)),
        ("survey", Digest::of_value(&park.survey)),
        ("facts", Digest::of_value(&park.facts)),
        ("measures", Digest::of_value(&park.measures)),
    ]);
    // What was logged before there were such sheets names none.
    if !park.adjustments.is_empty() {
        digests.insert("adjustments", Digest::of_value(&park.adjustments));
    }
    if !park.key_readings.is_empty() {
        digests.insert("key_readings", Digest::of_value(&park.key_readings));
    }
    digests
}

pub(crate) async fn kept_versions(connection: &mut AnyConnection, id: &ParkId) -> anyhow::Result<i64> {
    let sql = "select count(*) from record where park_id = $1";
    let row = query(sql).bind(text(id.as_str())).row(connection).await?.context("a count gives a row")?;
    Columns::of(&row).whole()
}

/// Rows of an import that are listed; the rest are counted.
const MOST_LISTED: usize = 200;

/// What an import changed, row by row.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Changes {
    changes: Vec<ChangedRow>,
    more_changes: usize,
}

#[derive(Debug, PartialEq, Serialize)]
struct ChangedRow {
    sheet: &'static str,
    id: String,
    /// The enterprises whose row it is; empty for the park's own.
    of: BTreeSet<EnterpriseId>,
    change: &'static str,
    /// Before and after of each field that differs, where the row is there before and after.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, [Value; 2]>,
}

/// A row of a sheet on its way into the comparison.
struct SheetRow {
    of: BTreeSet<EnterpriseId>,
    fields: Map<String, Value>,
}

type SheetRows = BTreeMap<(&'static str, String), SheetRow>;

/// Names of people may stand in these; the log says only that they changed.
const PERSONAL: [&str; 3] = ["owner", "signer", "stated_by"];
const NOT_TOLD: &str = "…";
/// Where a row stands in its sheet is no change of what it says.
const PLACE_IN_SHEET: &str = "line";

pub(super) fn changes(before: &Park, after: &Park) -> anyhow::Result<Changes> {
    let (mut old, new) = (sheet_rows(before)?, sheet_rows(after)?);
    let mut rows = Vec::new();
    for ((sheet, id), new) in new {
        let row = |change, fields| ChangedRow { sheet, id: id.clone(), of: new.of.clone(), change, fields };
        match old.remove(&(sheet, id.clone())) {
            None => rows.push(row("added", BTreeMap::new())),
            Some(old) => {
                let fields = differing(&old.fields, &new.fields);
                if !fields.is_empty() {
                    rows.push(row("changed", fields));
                }
            }
        }
    }
    let gone = old.into_iter().map(|((sheet, id), old)| ChangedRow {
        sheet,
        id,
        of: old.of,
        change: "removed",
        fields: BTreeMap::new(),
    });
    rows.extend(gone);
    let more_changes = rows.len().saturating_sub(MOST_LISTED);
    rows.truncate(MOST_LISTED);
    Ok(Changes { changes: rows, more_changes })
}

fn differing(old: &Map<String, Value>, new: &Map<String, Value>) -> BTreeMap<String, [Value; 2]> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let value = |fields: &Map<String, Value>, name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    let mut fields = BTreeMap::new();
    for name in names {
        let pair = [value(old, name), value(new, name)];
        if pair[0] == pair[1] {
            continue;
        }
        let told = match PERSONAL.contains(&name.as_str()) {
            true => pair.map(|value| if value.is_null() { value } else { NOT_TOLD.into() }),
            false => pair,
        };
        fields.insert(name.clone(), told);
    }
    fields
}

fn sheet_rows(park: &Park) -> anyhow::Result<SheetRows> {
    let mut rows = Collected::default();
    rows.put("particulars", park.id.to_string(), [], &particulars(park))?;
    for row in &park.enterprises {
        rows.put("enterprises", row.id.to_string(), [&row.id], row)?;
    }
    for row in &park.records {
        let id = format!("{}/{}/{}", row.enterprise, row.resource, row.period);
        rows.put("records", id, [&row.enterprise], row)?;
    }
    for row in &park.drivers {
        let id = format!("{}/{}/{}", row.enterprise, row.driver, row.period);
        rows.put("drivers", id, [&row.enterprise], row)?;
    }
    for row in &park.meters {
        rows.put("meters", row.id.to_string(), [&row.enterprise], row)?;
        if let Some(readings) = park.readings.get(&row.id) {
            let summary = serde_json::json!({ "readings": readings.len(), "digest": Digest::of_value(readings) });
            rows.put("readings", row.id.to_string(), [&row.enterprise], &summary)?;
        }
    }
    for row in &park.weather.stations {
        rows.put("stations", row.id.to_string(), [], row)?;
    }
    for (station, series) in &park.weather.series {
        rows.put("weather", station.to_string(), [], &serde_json::json!({ "digest": Digest::of_value(series) }))?;
    }
    for row in &park.streams {
        rows.put("streams", row.id.to_string(), [&row.enterprise], row)?;
    }
    for row in &park.works.links {
        rows.put("links", row.id.to_string(), row.giver.iter().chain(&row.taker), row)?;
    }
    for row in &park.works.plants {
        rows.put("plants", row.id.to_string(), [&row.owner], row)?;
    }
    for row in &park.exchanges {
        rows.put("exchanges", row.id.to_string(), [&row.giver, &row.taker], row)?;
    }
    for row in &park.survey {
        rows.put("survey", format!("{}/{}", row.enterprise, row.question), [&row.enterprise], row)?;
    }
    for row in &park.facts {
        rows.put("facts", format!("{}/{}", row.fact, row.stated_on), [], row)?;
    }
    for row in &park.measures {
        rows.put("measures", row.id.to_string(), [&row.enterprise], row)?;
    }
    for row in &park.adjustments {
        rows.put("adjustments", format!("{}/{}", row.measure, row.name), [&row.enterprise], row)?;
    }
    Ok(rows.0)
}

fn particulars(park: &Park) -> Value {
    serde_json::json!({
        "name": park.name,
        "province": park.province,
        "area_ha": park.area_ha,
        "place": park.place,
        "developer": park.developer,
        "utc_offset_h": park.utc_offset_h,
        "synthetic": park.synthetic,
        "note": park.note,
    })
}

#[derive(Default)]
struct Collected(SheetRows);

impl Collected {
    fn put<'a, T: Serialize>(
        &mut self,
        sheet: &'static str,
        id: String,
        of: impl IntoIterator<Item = &'a EnterpriseId>,
        row: &T,
    ) -> anyhow::Result<()> {
        let fields = match serde_json::to_value(row)? {
            Value::Object(mut fields) => {
                fields.remove(PLACE_IN_SHEET);
                fields
            }
            other => Map::from_iter([("value".to_string(), other)]),
        };
        // Two rows about the same thing are told apart by their order.
        let mut key = (sheet, id);
        let mut number = 2;
        let name = key.1.clone();
        while self.0.contains_key(&key) {
            key.1 = format!("{name} ({number})");
            number += 1;
        }
        self.0.insert(key, SheetRow { of: of.into_iter().cloned().collect(), fields });
        Ok(())
    }
}
