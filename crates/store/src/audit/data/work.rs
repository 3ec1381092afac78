//! The log against what people write: answers to findings and proposals, steps of periods and of forms, what is written into
//! forms, evidence, entries of dossiers, editions, opinions of criteria, signed verifications, measurement plans. Rows of these tables are only added, so each must say
//! what the log said when it came.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::AnyConnection;

use super::super::chain::{AuditFinding, FindingKind};
use super::{finding, unreadable};
use crate::{
    answers, completion, dossiers, editions, evidence, forms, measurement_plans, opinions, proposals, verifications,
};

/// A row as it is kept: whose word it is, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) by: String,
    pub(crate) says: Value,
}

/// A row as the log told of it.
pub(super) struct WorkTold {
    seq: i64,
    entity_id: String,
    shown: Shown,
}

/// What the log says of one table, by the identifiers of its rows.
#[derive(Default)]
pub(super) struct WorkMemory(BTreeMap<&'static str, BTreeMap<String, WorkTold>>);

impl WorkMemory {
    /// Takes a row that tells of something new. One that ends something has no `after`.
    pub(super) fn take(&mut self, entity: &str, seq: i64, entity_id: String, by: String, after: Option<Value>) {
        let Some(table) = TABLES.into_iter().find(|table| *table == entity) else { return };
        let Some(says) = after else { return };
        let id = says["id"].as_str().unwrap_or_default().to_string();
        let told = WorkTold { seq, entity_id, shown: Shown { by, says } };
        self.0.entry(table).or_default().insert(id, told);
    }
}

const TABLES: [&str; 12] = [
    "finding",
    "period",
    "evidence",
    "proposal",
    "form",
    "form-field",
    "dossier",
    "dossier-entry",
    "edition",
    "opinion",
    "verification",
    "measurement-plan",
];

pub(super) async fn compare(connection: &mut AnyConnection, memory: &WorkMemory, findings: &mut Vec<AuditFinding>) {
    for entity in TABLES {
        let kept = match entity {
            "finding" => answers::shown(connection).await,
            "period" => completion::shown(connection).await,
            "proposal" => proposals::shown(connection).await,
            "form" => forms::shown(connection).await,
            "form-field" => forms::shown_entries(connection).await,
            "dossier" => dossiers::shown(connection).await,
            "dossier-entry" => dossiers::shown_entries(connection).await,
            "edition" => editions::shown(connection).await,
            "opinion" => opinions::shown(connection).await,
            "verification" => verifications::shown(connection).await,
            "measurement-plan" => measurement_plans::shown(connection).await,
            _ => evidence::shown(connection).await,
        };
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => {
                findings.push(unreadable(entity, "", &error));
                continue;
            }
        };
        let none = BTreeMap::new();
        let told = memory.0.get(entity).unwrap_or(&none);
        for (id, told) in told {
            let place = (entity, told.entity_id.as_str());
            match kept.get(id) {
                None => findings.push(finding(FindingKind::Gone, Some(told.seq), place, &told.shown.says, "")),
                Some(kept) if *kept != told.shown => {
                    let say = |shown: &Shown| format!("{}: {}", shown.by, shown.says);
                    findings.push(finding(FindingKind::Data, Some(told.seq), place, say(&told.shown), say(kept)));
                }
                Some(_) => {}
            }
        }
        for id in kept.keys().filter(|id| !told.contains_key(*id)) {
            findings.push(finding(FindingKind::Unlogged, None, (entity, id), "", ""));
        }
    }
}
