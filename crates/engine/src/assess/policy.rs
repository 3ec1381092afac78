//! Policy laboratory: what a changed rule would do to all parks at once, from what is kept of their values.
//! See `docs/methods/policy.md`.

mod change;
mod effect;
pub mod wishes;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Lack;
use super::found::{Kept, Terms, View, asked};
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Indicator, Rule};
use crate::ids::{CriterionId, ParkId};
use crate::observe::{Balance, Gap};
use crate::park::Park;
use crate::period::Period;

pub use change::{changed, is_share_of_amounts};
pub use effect::{Effect, Flip, Group, Open, ParkEffect, RowEffect, Verdict, simulate};

/// What is changed in an edition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeSet {
    #[serde(default)]
    pub rows: BTreeMap<CriterionId, RowChange>,
    #[serde(default)]
    pub dropped: BTreeSet<CriterionId>,
    /// New rows. Their ids are new to the edition; a row of another edition may be taken over under its own id.
    #[serde(default)]
    pub added: Vec<Criterion>,
}

/// What is changed in a row; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowChange {
    pub target: Option<f64>,
    pub direction: Option<Rule>,
    /// Scope: only tenants with more workers than this are asked. For shares of tenants.
    pub min_employees: Option<u32>,
    /// Part of the expected months that must be recorded. For shares of recorded amounts.
    pub coverage: Option<f64>,
}

/// What is kept of a park, so that rules can be tried without its records. It names no enterprise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPark {
    pub park: ParkId,
    /// Code of the province that it lies in now; as the park gives it where the catalogue has none.
    pub province: String,
    /// ISIC Rev. 4 division of most of its tenants, the lower code of several; `None` without tenants.
    pub sector: Option<String>,
    pub period: Period,
    pub values: BTreeMap<CriterionId, KeptValue>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptValue {
    pub kept: Kept,
    question: Question,
    lacks: Vec<Lack>,
    wanted: Vec<Wanted>,
}

/// What the records were asked when a value was kept. A value answers a row of the same id only when the row asks the
/// same; target, direction, scope and coverage are asked of what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Question {
    /// Without its scope.
    indicator: Option<Indicator>,
    valid_months: Option<u32>,
    needs_evidence: bool,
}

impl Question {
    fn of(criterion: &Criterion, catalogue: &Catalogue) -> Question {
        let indicator = match catalogue.indicator(criterion) {
            Some(Indicator::SurveyShare { question, .. }) => {
                Some(Indicator::SurveyShare { question: question.clone(), min_employees: 0 })
            }
            other => other.cloned(),
        };
        Question { indicator, valid_months: criterion.valid_months, needs_evidence: criterion.needs_evidence }
    }
}

impl KeptValue {
    fn answers(&self, question: &Question) -> bool {
        self.question == *question
    }

    /// In which ways data are missing of those that are asked.
    pub fn lacks(&self, terms: Terms) -> Vec<Lack> {
        match &self.kept {
            Kept::Survey { groups, .. } => {
                let lacks: BTreeSet<Lack> = asked(groups, terms).flat_map(|group| group.open.keys().copied()).collect();
                let is_nobody_asked = asked(groups, terms).next().is_none();
                if is_nobody_asked { vec![Lack::NoData] } else { lacks.into_iter().collect() }
            }
            Kept::Share { coverage, .. } => {
                let is_missing = !self.wanted.is_empty() || *coverage < terms.coverage;
                if is_missing { vec![Lack::NoData] } else { Vec::new() }
            }
            _ => self.lacks.clone(),
        }
    }

    /// What would have to be handed in.
    pub fn wanted(&self, terms: Terms) -> Vec<Wanted> {
        let Kept::Survey { question, groups } = &self.kept else { return self.wanted.clone() };
        if asked(groups, terms).next().is_none() {
            return vec![Wanted::Records { group: "tenants".to_string(), enterprises: 0 }];
        }
        let enterprises = asked(groups, terms).map(|group| group.open() as usize).sum();
        if enterprises == 0 {
            return Vec::new();
        }
        vec![Wanted::Answers { question: question.clone(), enterprises }]
    }
}

/// A datum that is missing, without the names of those who owe it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "wanted", rename_all = "snake_case")]
pub enum Wanted {
    /// Answers to a question, from so many enterprises.
    Answers { question: String, enterprises: usize },
    /// A statement of the park.
    Statement { fact: String },
    /// Records of a group of resources, from so many enterprises; 0: nobody has recorded any.
    Records { group: String, enterprises: usize },
    /// A way to compute the criterion.
    Rule,
}

/// Keeps what is known about the values of criteria, whatever edition they are of.
pub fn keep<'c>(
    park: &Park,
    balance: &Balance,
    catalogue: &Catalogue,
    criteria: impl Iterator<Item = &'c Criterion>,
) -> KeptPark {
    let view = View { park, balance, catalogue };
    let values = criteria
        .map(|criterion| {
            let found = view.find(criterion);
            let wanted = wanted(&found.gaps, catalogue);
            let question = Question::of(criterion, catalogue);
            (criterion.id.clone(), KeptValue { kept: found.kept, question, lacks: found.lacks, wanted })
        })
        .collect();
    KeptPark {
        park: park.id.clone(),
        province: catalogue
            .provinces
            .after_code(&park.province)
            .map_or_else(|| park.province.clone(), |province| province.code.clone()),
        sector: sector(park),
        period: balance.period,
        values,
    }
}

fn sector(park: &Park) -> Option<String> {
    let mut tenants: BTreeMap<&str, usize> = BTreeMap::new();
    for tenant in park.tenants() {
        *tenants.entry(tenant.isic4.get(..2).unwrap_or(&tenant.isic4)).or_default() += 1;
    }
    let most = tenants.values().copied().max()?;
    tenants.into_iter().find(|(_, count)| *count == most).map(|(division, _)| division.to_string())
}

fn wanted(gaps: &[Gap], catalogue: &Catalogue) -> Vec<Wanted> {
    let mut records: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut wanted = Vec::new();
    for gap in gaps {
        match gap {
            Gap::MissingMonths { enterprise, resource, .. } => {
                let group = catalogue.resource(resource).map_or(resource.as_str(), |resource| &resource.group);
                records.entry(group.to_string()).or_default().insert(enterprise.as_str());
            }
            Gap::NeverReported { enterprise, group } => {
                records.entry(group.clone()).or_default().insert(enterprise.as_str());
            }
            Gap::NothingRecorded { group } => {
                records.entry(group.clone()).or_default();
            }
            Gap::Unanswered { question, enterprises } => {
                wanted.push(Wanted::Answers { question: question.clone(), enterprises: enterprises.len() });
            }
            Gap::TooOld { what: fact } | Gap::NotStated { fact } | Gap::NotProven { fact } => {
                wanted.push(Wanted::Statement { fact: fact.clone() });
            }
            Gap::NoRule { .. } => wanted.push(Wanted::Rule),
        }
    }
    wanted.extend(records.into_iter().map(|(group, owing)| Wanted::Records { group, enterprises: owing.len() }));
    wanted.sort();
    wanted.dedup();
    wanted
}
