//! The data held against the log: what the log knows of each park, record, user, result and of the register is
//! compared with what is kept. A difference was made behind the log's back.

mod streams;
mod work;

use std::collections::BTreeMap;

use engine::ids::ParkId;
use engine::park::{Park, Record};
use engine::register::Link;
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::{AuditFinding, AuditRow, FindingKind};
use crate::parks::streams::positions;
use crate::parks::{RECORD_COLUMNS, kept_versions, read_record, sheet_digests, whole_park};
use crate::records::Current;
use crate::sql::{Columns, query, text};
use crate::{people, register, results};
use streams::{StreamChange, streams_at_last_save};
use work::WorkMemory;

pub(crate) use work::Shown;

/// What the log says of the data, gathered while the chain is walked.
#[derive(Default)]
pub(super) struct Memory {
    parks: BTreeMap<String, Told>,
    records: BTreeMap<String, Vec<RecordChange>>,
    streams: BTreeMap<String, Vec<StreamChange>>,
    users: BTreeMap<String, UserTold>,
    results: BTreeMap<String, Vec<Told>>,
    register: Option<Told>,
    /// The last link of each entry of the register, as the log names it.
    links: BTreeMap<String, Linked>,
    work: WorkMemory,
}

/// What one row says of a thing.
struct Told {
    seq: i64,
    after: Value,
}

/// An entry of the register was said to be something of this store.
struct Linked {
    seq: i64,
    after: Link,
}

struct RecordChange {
    seq: i64,
    entity_id: String,
    actor: String,
    before: Option<Value>,
    after: Option<Value>,
}

/// The latest that the log says of each particular of a user.
#[derive(Default)]
struct UserTold {
    seq: i64,
    particulars: Map<String, Value>,
    is_gone: bool,
}

impl Memory {
    pub(super) fn take(&mut self, row: AuditRow) {
        let parsed = |json: &Option<String>| json.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let (seq, before, after) = (row.seq, parsed(&row.before_json), parsed(&row.after_json));
        match (row.entity.as_str(), row.action.as_str()) {
            ("park", "save") => {
                let after = after.unwrap_or_default();
                self.parks.insert(row.entity_id, Told { seq, after });
            }
            ("record", "add" | "correct" | "withdraw") => {
                let park = row.park.map(|park| park.to_string()).unwrap_or_default();
                let (entity_id, actor) = (row.entity_id, row.actor);
                let change = RecordChange { seq, entity_id, actor, before, after };
                self.records.entry(park).or_default().push(change);
            }
            ("stream", "add" | "withdraw") => {
                let park = row.park.map(|park| park.to_string()).unwrap_or_default();
                let change = StreamChange::new(seq, row.entity_id, before, after);
                self.streams.entry(park).or_default().push(change);
            }
            (
                "finding" | "period" | "evidence" | "proposal" | "form" | "form-field" | "dossier" | "dossier-entry"
                | "edition" | "opinion" | "verification" | "measurement-plan",
                _,
            ) => self.work.take(&row.entity, seq, row.entity_id, row.actor, after),
            ("user", _) => self.users.entry(row.entity_id).or_default().take(seq, before, after),
            ("result", "save") => {
                let told = Told { seq, after: after.unwrap_or_default() };
                self.results.entry(row.entity_id).or_default().push(told);
            }
            ("register", "seed" | "import" | "undo") => {
                self.register = Some(Told { seq, after: after.unwrap_or_default() });
            }
            ("register", "link") => {
                let after = after.and_then(|after| serde_json::from_value(after).ok()).unwrap_or_default();
                self.links.insert(row.entity_id, Linked { seq, after });
            }
            _ => {}
        }
    }
}

impl UserTold {
    fn take(&mut self, seq: i64, before: Option<Value>, after: Option<Value>) {
        match after {
            Some(Value::Object(after)) => {
                // Whoever changes the password alone says only that it changed.
                if after.get("password_changed") == Some(&true.into()) {
                    self.particulars.remove("password");
                }
                self.particulars.extend(after);
                self.is_gone = false;
            }
            _ if before.is_some() => self.is_gone = true,
            // Something the person did, such as signing out.
            _ => return,
        }
        self.seq = seq;
    }
}

pub(super) async fn compare(
    connection: &mut AnyConnection,
    memory: &Memory,
    findings: &mut Vec<AuditFinding>,
) -> anyhow::Result<()> {
    parks(connection, memory, findings).await?;
    users(connection, memory, findings).await;
    results(connection, memory, findings).await;
    register(connection, memory, findings).await;
    work::compare(connection, &memory.work, findings).await;
    Ok(())
}

fn finding(
    kind: FindingKind,
    seq: Option<i64>,
    (entity, entity_id): (&str, &str),
    expected: impl ToString,
    found: impl ToString,
) -> AuditFinding {
    AuditFinding {
        kind,
        seq,
        entity: entity.to_string(),
        entity_id: entity_id.to_string(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

fn unreadable(entity: &str, entity_id: &str, error: &anyhow::Error) -> AuditFinding {
    finding(FindingKind::Unreadable, None, (entity, entity_id), "", format!("{error:#}"))
}

async fn parks(
    connection: &mut AnyConnection,
    memory: &Memory,
    findings: &mut Vec<AuditFinding>,
) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    for row in query("select id from park order by id").rows(connection).await? {
        kept.push(Columns::of(&row).text()?);
    }
    for (id, told) in memory.parks.iter().filter(|(id, _)| !kept.contains(id)) {
        findings.push(finding(FindingKind::Gone, Some(told.seq), ("park", id), told.after["digest"].clone(), ""));
    }
    for id in kept {
        let Some(told) = memory.parks.get(&id) else {
            findings.push(finding(FindingKind::Unlogged, None, ("park", &id), "", ""));
            continue;
        };
        let records = memory.records.get(&id).map(Vec::as_slice).unwrap_or_default();
        let streams = memory.streams.get(&id).map(Vec::as_slice).unwrap_or_default();
        if let Err(error) = park(connection, &id, told, (records, streams), findings).await {
            findings.push(unreadable("park", &id, &error));
        }
    }
    Ok(())
}

/// A record row as it is kept.
struct Kept {
    record: Record,
    position: i64,
    recorded_by: String,
    is_current: bool,
}

async fn park(
    connection: &mut AnyConnection,
    id: &str,
    told: &Told,
    (changes, streams): (&[RecordChange], &[StreamChange]),
    findings: &mut Vec<AuditFinding>,
) -> anyhow::Result<()> {
    let park_id = ParkId::new(id);
    let kept = kept_records(connection, id).await?;
    for change in changes {
        findings.extend(record_finding(change, &kept));
    }

    let since: Vec<&RecordChange> = changes.iter().filter(|change| change.seq > told.seq).collect();
    let added = since.iter().filter(|change| change.after.is_some()).count() as i64;
    let expected = told.after["versions"].as_i64().unwrap_or_default() + added;
    let found = kept_versions(connection, &park_id).await?;
    if expected != found {
        let place = format!("{id}/records");
        let (expected, found) = (format!("{expected} versions"), format!("{found} versions"));
        findings.push(finding(FindingKind::Data, Some(told.seq), ("park", &place), expected, found));
    }

    let Some(mut park) = whole_park(connection, &park_id).await? else { return Ok(()) };
    park.records = records_at_last_save(kept, &since, findings);
    let positions = positions(connection, &park_id).await?;
    park.streams = streams_at_last_save(park.streams, positions, streams, told.seq, findings);
    findings.extend(sheets(id, told, &park));
    Ok(())
}

fn sheets(id: &str, told: &Told, park: &Park) -> Vec<AuditFinding> {
    let mut findings = Vec::new();
    for (sheet, digest) in sheet_digests(park) {
        let expected = told.after["sheets"][sheet].as_str().unwrap_or_default();
        // A row of before there was such a sheet knows nothing of it.
        let is_empty = match sheet {
            "weather" => park.weather.is_empty(),
            "works" => park.works.is_empty(),
            _ => false,
        };
        let is_older = expected.is_empty() && is_empty;
        if expected != digest.as_str() && !is_older {
            let place = format!("{id}/{sheet}");
            findings.push(finding(FindingKind::Data, Some(told.seq), ("park", &place), expected, digest.as_str()));
        }
    }
    findings
}

async fn kept_records(connection: &mut AnyConnection, park: &str) -> anyhow::Result<BTreeMap<String, Kept>> {
    let sql = format!(
        "select id, position, recorded_by, superseded_at_us, {RECORD_COLUMNS} from record where park_id = $1 order by id"
    );
    let mut kept = BTreeMap::new();
    for row in query(sql).bind(text(park)).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let id = columns.text()?;
        let (position, recorded_by) = (columns.whole()?, columns.text()?);
        let is_current = columns.maybe_whole()?.is_none();
        kept.insert(id, Kept { record: read_record(&mut columns)?, position, recorded_by, is_current });
    }
    Ok(kept)
}

/// A single record against the row of the log that made or ended it: both versions must be kept as they were, and
/// the earlier one must be superseded.
fn record_finding(change: &RecordChange, kept: &BTreeMap<String, Kept>) -> Option<AuditFinding> {
    let place = ("record", change.entity_id.as_str());
    for (told, is_after) in [(&change.before, false), (&change.after, true)] {
        let Some(told) = told else { continue };
        let Some(version) = version(told).and_then(|version| kept.get(version)) else {
            return Some(finding(FindingKind::Gone, Some(change.seq), place, told, ""));
        };
        let found = says(&version.record);
        if !is_same(told, &found) {
            return Some(finding(FindingKind::Data, Some(change.seq), place, told, found));
        }
        if is_after && version.recorded_by != change.actor {
            return Some(finding(FindingKind::Data, Some(change.seq), place, &change.actor, &version.recorded_by));
        }
        if !is_after && version.is_current {
            return Some(finding(FindingKind::Data, Some(change.seq), place, "superseded", "current"));
        }
    }
    None
}

fn version(told: &Value) -> Option<&str> {
    told["version"].as_str()
}

/// What a record says, through its text: numbers of the log have gone that way too.
fn says(record: &Record) -> Value {
    let text = serde_json::to_string(record).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Where a record stands in its sheet may change by a later import; what it says may not.
fn is_same(told: &Value, found: &Value) -> bool {
    let said = ["enterprise", "resource", "period", "amount", "basis", "source", "cost_vnd"];
    said.into_iter().all(|name| told[name] == found[name])
}

/// The records as they were at the last import: what was changed one by one since then is taken back.
fn records_at_last_save(
    kept: BTreeMap<String, Kept>,
    since: &[&RecordChange],
    findings: &mut Vec<AuditFinding>,
) -> Vec<Record> {
    let mut current: BTreeMap<&str, (i64, Record)> = BTreeMap::new();
    for (id, version) in kept.iter().filter(|(_, version)| version.is_current) {
        current.insert(id, (version.position, version.record.clone()));
    }
    for change in since.iter().rev() {
        if let Some(id) = change.after.as_ref().and_then(version)
            && current.remove(id).is_none()
            && kept.contains_key(id)
        {
            let place = ("record", change.entity_id.as_str());
            findings.push(finding(FindingKind::Data, Some(change.seq), place, "current", "superseded"));
        }
        let Some(before) = &change.before else { continue };
        let Some(id) = version(before) else { continue };
        let position = before["position"].as_i64().unwrap_or_default();
        let as_kept = kept.get(id).map(|kept| kept.record.clone()).filter(|record| is_same(before, &says(record)));
        let as_told = || serde_json::from_value::<Current>(before.clone()).ok().map(|told| told.record);
        if let Some(record) = as_kept.or_else(as_told) {
            current.insert(id, (position, record));
        }
    }
    let mut records: Vec<(i64, Record)> = current.into_values().collect();
    records.sort_by_key(|(position, _)| *position);
    records.into_iter().map(|(_, record)| record).collect()
}

async fn users(connection: &mut AnyConnection, memory: &Memory, findings: &mut Vec<AuditFinding>) {
    let kept = match people::shown_users(connection).await {
        Ok(kept) => kept,
        Err(error) => return findings.push(unreadable("user", "", &error)),
    };
    for (id, told) in &memory.users {
        if !told.is_gone && !told.particulars.is_empty() && !kept.contains_key(id) && is_a_user(told) {
            findings.push(finding(FindingKind::Gone, Some(told.seq), ("user", id), "", ""));
        }
    }
    for (id, shown) in &kept {
        let Some(told) = memory.users.get(id).filter(|told| is_a_user(told)) else {
            findings.push(finding(FindingKind::Unlogged, None, ("user", id), "", ""));
            continue;
        };
        // What the log does not know of is no difference: a key that was deleted leaves nothing to compare.
        for (name, found) in shown.as_object().into_iter().flatten() {
            if let Some(expected) = told.particulars.get(name).filter(|expected| *expected != found) {
                let place = format!("{id}/{name}");
                findings.push(finding(FindingKind::Data, Some(told.seq), ("user", &place), expected, found));
            }
        }
    }
}

/// Signing in leaves rows of its own; a user is told of by a row that says the role.
fn is_a_user(told: &UserTold) -> bool {
    told.particulars.contains_key("role")
}

async fn results(connection: &mut AnyConnection, memory: &Memory, findings: &mut Vec<AuditFinding>) {
    let kept = match results::shown_results(connection).await {
        Ok(kept) => kept,
        Err(error) => return findings.push(unreadable("result", "", &error)),
    };
    let none = Vec::new();
    for (id, told) in &memory.results {
        let kept = kept.get(id).unwrap_or(&none);
        for one in told {
            if !kept.contains(&one.after) {
                findings.push(finding(FindingKind::Data, Some(one.seq), ("result", id), &one.after, ""));
            }
        }
        if kept.len() > told.len() {
            let seq = told.last().map(|told| told.seq);
            findings.push(finding(FindingKind::Data, seq, ("result", id), told.len(), kept.len()));
        }
    }
    for id in kept.keys().filter(|id| !memory.results.contains_key(*id)) {
        findings.push(finding(FindingKind::Unlogged, None, ("result", id), "", ""));
    }
}

async fn register(connection: &mut AnyConnection, memory: &Memory, findings: &mut Vec<AuditFinding>) {
    let kept = match register::load(connection).await {
        Ok(kept) => kept,
        Err(error) => return findings.push(unreadable("register", "all", &error)),
    };
    let found = register::shown(&kept);
    match &memory.register {
        None if kept.entries.is_empty() => {}
        None => findings.push(finding(FindingKind::Unlogged, None, register::ALL, "", &found["entries"])),
        Some(told) => {
            for name in ["entries", "digest"] {
                if told.after[name] != found[name] {
                    let (expected, found) = (&told.after[name], &found[name]);
                    findings.push(finding(FindingKind::Data, Some(told.seq), register::ALL, expected, found));
                }
            }
        }
    }
    let mut links: BTreeMap<String, Link> = BTreeMap::new();
    for ((kind, code), link) in kept.links {
        links.insert(format!("{}/{code}", kind.code()), link);
    }
    for id in memory.links.keys().filter(|id| !links.contains_key(*id)).cloned().collect::<Vec<_>>() {
        links.insert(id, Link::default());
    }
    for (id, link) in &links {
        let told = memory.links.get(id);
        let expected = told.map(|told| told.after.clone()).unwrap_or_default();
        if expected != *link {
            let seq = told.map(|told| told.seq);
            findings.push(finding(FindingKind::Data, seq, ("register", id), maybe(&expected.park), maybe(&link.park)));
        }
    }
}

fn maybe(park: &Option<ParkId>) -> String {
    park.as_ref().map_or_else(String::new, ParkId::to_string)
}
