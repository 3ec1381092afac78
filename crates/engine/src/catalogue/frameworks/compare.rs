//! Compares two editions row by row. Which row took the place of which is said by the editions or seen by their ids
//! and topics; it is never guessed from wording, and how a pair was found is told with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Criterion, Framework, Indicator};
use crate::ids::{CriterionId, FrameworkId};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub former: FrameworkId,
    pub later: FrameworkId,
    /// In the order of the later edition, then what it dropped in the order of the former.
    pub rows: Vec<RowChange>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowChange {
    pub former: Option<CriterionId>,
    pub later: Option<CriterionId>,
    pub change: Change,
    /// How the pair was found; `None` for a row that has no partner.
    pub matched_by: Option<MatchedBy>,
    /// What differs, the name of the row left aside.
    pub fields: Vec<FieldChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Same,
    Changed,
    Added,
    Removed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The later row names the former.
    Replaces,
    Id,
    /// One row of each edition has this topic, and neither has another partner.
    Topic,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Name of the key in the file.
    pub field: &'static str,
    pub former: String,
    pub later: String,
}

impl Comparison {
    pub fn count(&self, change: Change) -> usize {
        self.rows.iter().filter(|row| row.change == change).count()
    }
}

/// What the later edition changes in the former.
pub fn compare(former: &Framework, later: &Framework) -> Comparison {
    let pairs = pairs(former, later);
    let mut rows = Vec::new();
    for criterion in &later.criteria {
        rows.push(match pairs.get(&criterion.id) {
            Some((partner, matched_by)) => {
                let fields = differences(partner, criterion);
                RowChange {
                    former: Some(partner.id.clone()),
                    later: Some(criterion.id.clone()),
                    change: if fields.is_empty() { Change::Same } else { Change::Changed },
                    matched_by: Some(*matched_by),
                    fields,
                }
            }
            None => RowChange {
                former: None,
                later: Some(criterion.id.clone()),
                change: Change::Added,
                matched_by: None,
                fields: Vec::new(),
            },
        });
    }
    for criterion in &former.criteria {
        if !pairs.values().any(|(partner, _)| partner.id == criterion.id) {
            rows.push(RowChange {
                former: Some(criterion.id.clone()),
                later: None,
                change: Change::Removed,
                matched_by: None,
                fields: Vec::new(),
            });
        }
    }
    Comparison { former: former.id.clone(), later: later.id.clone(), rows }
}

/// Rows of two editions that stand for each other, each pair once, in the order of the first. It does not matter which of
/// the editions is the former.
pub fn correspondence(one: &Framework, other: &Framework) -> Vec<(CriterionId, CriterionId, MatchedBy)> {
    let is_later = |later: &Framework, former: &Framework| {
        later.replaces.as_ref() == Some(&former.id)
            || later.criteria.iter().any(|row| row.replaces.as_ref().is_some_and(|id| former.criterion(id).is_some()))
    };
    let mut found: Vec<(CriterionId, CriterionId, MatchedBy)> = if is_later(one, other) {
        let pairs = pairs(other, one).into_iter();
        pairs.map(|(id, (partner, by))| (id, partner.id.clone(), by)).collect()
    } else {
        let pairs = pairs(one, other).into_iter();
        pairs.map(|(id, (partner, by))| (partner.id.clone(), id, by)).collect()
    };
    let place = |id: &CriterionId| one.criteria.iter().position(|row| row.id == *id);
    found.sort_by_key(|(first, second, _)| (place(first), second.clone()));
    found
}

/// The former partner of each later row that has one. What an edition says itself comes first, then ids, then topics.
/// Several later rows may name the same former one, when it was split; ids and topics pair only what is left.
fn pairs<'f>(former: &'f Framework, later: &Framework) -> BTreeMap<CriterionId, (&'f Criterion, MatchedBy)> {
    let mut pairs: BTreeMap<CriterionId, (&Criterion, MatchedBy)> = BTreeMap::new();
    for criterion in &later.criteria {
        if let Some(partner) = criterion.replaces.as_ref().and_then(|id| former.criterion(id)) {
            pairs.insert(criterion.id.clone(), (partner, MatchedBy::Replaces));
        }
    }
    for criterion in free_later(later, &pairs) {
        if let Some(partner) = free_former(former, &pairs).into_iter().find(|partner| partner.id == criterion.id) {
            pairs.insert(criterion.id.clone(), (partner, MatchedBy::Id));
        }
    }
    for criterion in free_later(later, &pairs) {
        let is_topic = |row: &&Criterion| !row.topic.is_empty() && row.topic == criterion.topic;
        let is_alone = later.criteria.iter().filter(is_topic).count() == 1;
        let partners: Vec<&Criterion> = former.criteria.iter().filter(is_topic).collect();
        if let [partner] = partners[..]
            && is_alone
            && !pairs.values().any(|(taken, _)| taken.id == partner.id)
        {
            pairs.insert(criterion.id.clone(), (partner, MatchedBy::Topic));
        }
    }
    pairs
}

fn free_later<'l>(later: &'l Framework, pairs: &BTreeMap<CriterionId, (&Criterion, MatchedBy)>) -> Vec<&'l Criterion> {
    later.criteria.iter().filter(|criterion| !pairs.contains_key(&criterion.id)).collect()
}

fn free_former<'f>(
    former: &'f Framework,
    pairs: &BTreeMap<CriterionId, (&Criterion, MatchedBy)>,
) -> Vec<&'f Criterion> {
    former.criteria.iter().filter(|row| !pairs.values().any(|(taken, _)| taken.id == row.id)).collect()
}

fn differences(former: &Criterion, later: &Criterion) -> Vec<FieldChange> {
    fields(former)
        .into_iter()
        .zip(fields(later))
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, former), (_, later))| FieldChange { field, former, later })
        .collect()
}

/// Everything that a row says, by the keys of the file, as text.
fn fields(row: &Criterion) -> Vec<(&'static str, String)> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    vec![
        ("category", row.category.clone()),
        ("topic", row.topic.clone()),
        ("kind", row.kind.clone()),
        ("label_vi", row.label.vi.clone()),
        ("label_en", row.label.en.clone()),
        ("unit", row.unit.clone()),
        ("direction", row.rule.code().to_string()),
        ("target", row.target.to_string()),
        ("indicator", row.indicator.as_ref().map(indicator_text).unwrap_or_default()),
        ("coverage", number(row.coverage)),
        ("valid_months", number(row.valid_months.map(f64::from))),
        ("needs_evidence", row.needs_evidence.to_string()),
        ("applies_to_vi", row.applies_to.vi.clone()),
        ("applies_to", row.applies_to.en.clone()),
        ("evidence_vi", row.evidence.vi.clone()),
        ("evidence", row.evidence.en.clone()),
        ("legal_vi", row.legal.vi.clone()),
        ("legal", row.legal.en.clone()),
        ("source_vi", row.source.vi.clone()),
        ("source", row.source.en.clone()),
        ("unconfirmed", row.unconfirmed.to_string()),
        ("confidence", row.confidence.clone()),
        ("note_vi", row.note.vi.clone()),
        ("note", row.note.en.clone()),
    ]
}

fn indicator_text(indicator: &Indicator) -> String {
    match indicator {
        Indicator::Answer { fact } => format!("answer {fact}"),
        Indicator::SurveyShare { question, min_employees } => format!("survey_share {question} > {min_employees}"),
        plain => plain.code().to_string(),
    }
}
