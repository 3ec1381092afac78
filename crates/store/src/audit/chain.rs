//! The chain: how a row is hashed, and where a kept chain does not fit. Method page: `docs/methods/audit.md`.

use engine::source::Digest;
use serde::Serialize;
use sqlx::AnyConnection;

use super::{AuditHead, AuditRow, COLUMNS, audit_row, data};
use crate::sql::{Columns, query, text, whole};
use crate::{Scope, Store};

/// What checking the chain found. A log cut off at its end is still a chain: compare `head` with one that was
/// written down elsewhere, or hand that one to [`Store::check_audit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub rows: u64,
    pub head: Option<String>,
    /// The first row that does not fit; `None` where all do.
    pub broken: Option<BrokenLink>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BrokenLink {
    pub seq: i64,
    pub reason: String,
}

/// What checking everything found: the chain, heads that were written down earlier, and the data beside the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditCheck {
    pub rows: u64,
    pub head: Option<AuditHead>,
    /// Every place that does not fit; empty where all do.
    pub findings: Vec<AuditFinding>,
}

/// One place that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    pub kind: FindingKind,
    /// The row of the log; for a difference in the data the row that tells what should be there.
    pub seq: Option<i64>,
    pub entity: String,
    pub entity_id: String,
    pub expected: String,
    pub found: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Something stands in the row that was never written by this program.
    Unreadable,
    /// Rows are missing before the next one.
    Missing,
    /// Two rows carry one number.
    Repeated,
    /// The row was written after another row than the one that stands before it.
    Unlinked,
    /// The row's content is not what its hash was made from.
    Content,
    /// The log ends before a row that was written down elsewhere.
    Cut,
    /// The row is another than the one that was written down elsewhere.
    Replaced,
    /// The data are not what the log says of them.
    Data,
    /// The data are there, and no row of the log tells of them.
    Unlogged,
    /// The log tells of data that are not there.
    Gone,
}

impl FindingKind {
    pub fn code(self) -> &'static str {
        match self {
            FindingKind::Unreadable => "unreadable",
            FindingKind::Missing => "missing",
            FindingKind::Repeated => "repeated",
            FindingKind::Unlinked => "unlinked",
            FindingKind::Content => "content",
            FindingKind::Cut => "cut",
            FindingKind::Replaced => "replaced",
            FindingKind::Data => "data",
            FindingKind::Unlogged => "unlogged",
            FindingKind::Gone => "gone",
        }
    }
}

impl AuditRow {
    /// What is hashed of the row, beside the hash of the row before: a JSON list without spaces, in which no two rows
    /// are written alike.
    pub fn canonical(&self) -> String {
        let list = (
            self.seq,
            self.at_us,
            &self.actor,
            &self.actor_role,
            &self.action,
            &self.entity,
            &self.entity_id,
            &self.park,
            &self.enterprise,
            &self.before_json,
            &self.after_json,
        );
        serde_json::to_string(&list).expect("numbers and texts always have a JSON form")
    }
}

/// SHA-256 of the hash before and the row in its canonical form.
pub(super) fn hash(row: &AuditRow) -> String {
    Digest::of(format!("{}{}", row.prev_hash, row.canonical()).as_bytes()).as_str().to_string()
}

impl Store {
    /// Walks the chain: numbers without a gap, each row holding the hash of the one before, each hash right.
    pub async fn verify_audit(&self) -> anyhow::Result<AuditReport> {
        let mut read = self.read_as(&Scope::system()).await?;
        let walked = walk(&mut read, &[]).await?;
        Ok(AuditReport {
            rows: walked.rows,
            head: walked.head.map(|head| head.hash),
            broken: walked.findings.first().map(|finding| BrokenLink {
                seq: finding.seq.unwrap_or_default(),
                reason: reason(finding.kind).to_string(),
            }),
        })
    }

    /// Finds every place that does not fit: in the chain, against heads that were written down elsewhere, and in the
    /// data where the log knows what they should be.
    pub async fn check_audit(&self, heads: &[AuditHead]) -> anyhow::Result<AuditCheck> {
        let mut read = self.read_as(&Scope::system()).await?;
        let Walked { rows, head, mut findings, memory } = walk(&mut read, heads).await?;
        data::compare(&mut read, &memory, &mut findings).await?;
        Ok(AuditCheck { rows, head, findings })
    }

    /// The log from a row on, oldest first, some at a time: for whoever writes it out. Empty after the end.
    pub async fn audit_after(&self, seq: i64) -> anyhow::Result<Vec<AuditRow>> {
        let sql = format!("select {COLUMNS} from audit where seq > $1 order by seq limit {BATCH}");
        let rows = query(sql).bind(whole(seq)).rows(&mut *self.read_as(&Scope::system()).await?).await?;
        rows.iter().map(audit_row).collect()
    }
}

fn reason(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Missing => "a row before it is missing",
        FindingKind::Repeated => "its number stands twice",
        FindingKind::Unlinked => "it does not follow the row before",
        _ => "its content is not what was written",
    }
}

const BATCH: usize = 1_000;

struct Walked {
    rows: u64,
    head: Option<AuditHead>,
    findings: Vec<AuditFinding>,
    memory: data::Memory,
}

async fn walk(connection: &mut AnyConnection, heads: &[AuditHead]) -> anyhow::Result<Walked> {
    let mut walked = Walked { rows: 0, head: None, findings: Vec::new(), memory: data::Memory::default() };
    let mut seen: Vec<Option<String>> = vec![None; heads.len()];
    // Where somebody took the table's key away, a number may stand twice; the hash keeps such rows apart.
    let (mut after_seq, mut after_hash) = (i64::MIN, String::new());
    loop {
        let sql = format!(
            "select {COLUMNS} from audit where seq >= $1 and (seq > $1 or hash > $2) order by seq, hash limit {BATCH}"
        );
        let rows = query(sql).bind(whole(after_seq)).bind(text(&after_hash)).rows(connection).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            walked.rows += 1;
            let row = match audit_row(row) {
                Ok(row) => row,
                Err(error) => {
                    let mut columns = Columns::of(row);
                    let seq = columns.whole().unwrap_or(after_seq.saturating_add(1));
                    walked.findings.push(unreadable(seq, &error));
                    // Its hash cannot be relied on, so the next row's link is not looked at.
                    walked.head = Some(AuditHead { seq, hash: String::new() });
                    (after_seq, after_hash) = (seq, "z".to_string());
                    continue;
                }
            };
            walked.findings.extend(misfits(walked.head.as_ref(), &row));
            for (head, seen) in heads.iter().zip(&mut seen) {
                if head.seq == row.seq {
                    *seen = Some(row.hash.clone());
                }
            }
            (after_seq, after_hash) = (row.seq, row.hash.clone());
            walked.head = Some(AuditHead { seq: row.seq, hash: row.hash.clone() });
            walked.memory.take(row);
        }
    }
    for (head, seen) in heads.iter().zip(seen) {
        walked.findings.extend(against_head(head, seen, walked.head.as_ref()));
    }
    Ok(walked)
}

fn unreadable(seq: i64, error: &anyhow::Error) -> AuditFinding {
    AuditFinding {
        kind: FindingKind::Unreadable,
        seq: Some(seq),
        entity: "audit".to_string(),
        entity_id: seq.to_string(),
        expected: "text and whole numbers".to_string(),
        found: format!("{error:#}"),
    }
}

/// What is wrong with a row that stands after `last`.
fn misfits(last: Option<&AuditHead>, row: &AuditRow) -> Vec<AuditFinding> {
    let finding = |kind, seq, expected: String, found: String| AuditFinding {
        kind,
        seq: Some(seq),
        entity: row.entity.clone(),
        entity_id: row.entity_id.clone(),
        expected,
        found,
    };
    let mut findings = Vec::new();
    let (last_seq, last_hash) =
        last.map_or((0, Some("")), |last| (last.seq, Some(last.hash.as_str()).filter(|hash| !hash.is_empty())));
    let next = last_seq.saturating_add(1);
    if row.seq > next {
        findings.push(AuditFinding {
            entity: "audit".to_string(),
            entity_id: numbers(next, row.seq - 1),
            ..finding(FindingKind::Missing, row.seq, numbers(next, row.seq - 1), row.seq.to_string())
        });
    } else if row.seq < next {
        findings.push(finding(FindingKind::Repeated, row.seq, next.to_string(), row.seq.to_string()));
    } else if last_hash.is_some_and(|hash| hash != row.prev_hash) {
        let expected = last_hash.unwrap_or_default().to_string();
        findings.push(finding(FindingKind::Unlinked, row.seq, expected, row.prev_hash.clone()));
    }
    let computed = hash(row);
    if computed != row.hash {
        findings.push(finding(FindingKind::Content, row.seq, row.hash.clone(), computed));
    }
    findings
}

fn numbers(first: i64, last: i64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

fn against_head(head: &AuditHead, seen: Option<String>, last: Option<&AuditHead>) -> Option<AuditFinding> {
    let (kind, found) = match seen {
        Some(hash) if hash == head.hash => return None,
        Some(hash) => (FindingKind::Replaced, format!("{}:{hash}", head.seq)),
        None => (FindingKind::Cut, last.map_or(String::new(), |last| format!("{}:{}", last.seq, last.hash))),
    };
    Some(AuditFinding {
        kind,
        seq: Some(head.seq),
        entity: "audit".to_string(),
        entity_id: head.seq.to_string(),
        expected: format!("{}:{}", head.seq, head.hash),
        found,
    })
}

#[cfg(test)]
mod tests {
    use engine::ids::{EnterpriseId, ParkId};

    use super::*;

    /// The worked example of the method page, so that the page cannot drift from the program.
    #[test]
    fn the_worked_example_of_the_method_page_is_right() {
        let page = include_str!("../../../../docs/methods/audit.md");
        let first = AuditRow {
            seq: 1,
            at_us: 1_735_689_000_000_000,
            actor: "system".to_string(),
            actor_role: "system".to_string(),
            action: "save".to_string(),
            entity: "user".to_string(),
            entity_id: "an".to_string(),
            park: None,
            enterprise: None,
            before_json: None,
            after_json: Some(r#"{"role":"park-operator","name":"hmac:8a1f0c"}"#.to_string()),
            prev_hash: String::new(),
            hash: String::new(),
        };
        let second = AuditRow {
            seq: 2,
            at_us: 1_735_689_600_000_000,
            actor: "an".to_string(),
            actor_role: "park-operator".to_string(),
            action: "correct".to_string(),
            entity: "record".to_string(),
            entity_id: "khu-mau/E01/electricity/2024-03".to_string(),
            park: Some(ParkId::new("khu-mau")),
            enterprise: Some(EnterpriseId::new("E01")),
            before_json: Some(r#"{"amount":{"unit":"MWh","value":11.25},"source":"Hóa đơn 03/2024"}"#.to_string()),
            after_json: Some(r#"{"amount":{"unit":"MWh","value":12.5},"source":"Hóa đơn 03/2024"}"#.to_string()),
            prev_hash: hash(&first),
            hash: String::new(),
        };
        for row in [first, second] {
            for part in [row.canonical(), hash(&row)] {
                assert!(page.contains(&part), "docs/methods/audit.md lacks {part}");
            }
        }
    }
}
