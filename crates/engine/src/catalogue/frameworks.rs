//! Frameworks as data: editions, their criteria, and how the value of each criterion is obtained.

pub mod compare;
pub mod life;
pub mod published;
pub mod read;
pub mod write;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Catalogue, Reader};
use crate::fault::FaultKind;
use crate::ids::{CriterionId, FrameworkId};
use crate::language::Label;

pub use read::{read_draft, read_framework};

/// One edition of a framework, valid between two dates. Its id is its file stem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Framework {
    pub id: FrameworkId,
    pub name: String,
    pub version: String,
    pub status: String,
    pub valid_from: Option<Date>,
    /// The last day on which it is in force.
    pub valid_to: Option<Date>,
    /// The edition whose place it takes.
    pub replaces: Option<FrameworkId>,
    pub note: Label,
    pub criteria: Vec<Criterion>,
}

impl Framework {
    /// Whether nobody has filled it yet. An empty edition has a name and is never scored.
    pub fn is_empty(&self) -> bool {
        self.criteria.is_empty()
    }

    pub fn criterion(&self, id: &CriterionId) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == *id)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    pub id: CriterionId,
    /// The row of the former edition whose place it takes.
    pub replaces: Option<CriterionId>,
    pub category: String,
    pub topic: String,
    /// One of [`KINDS`].
    pub kind: String,
    pub label: Label,
    pub unit: String,
    pub rule: Rule,
    pub target: f64,
    /// How its value is obtained, where the edition says so itself; else `indicators.toml` does.
    pub indicator: Option<Indicator>,
    /// Part of the expected months that must be recorded, from 0 to 1; `None`: as for all, `assess::ENOUGH_COVERAGE`.
    pub coverage: Option<f64>,
    /// How many months an answer counts; `None`: as for all, `assess::ANSWER_VALID_MONTHS`.
    pub valid_months: Option<u32>,
    /// Whether an answer without evidence is not confirmed and settles nothing.
    pub needs_evidence: bool,
    /// Whom or what it is asked of.
    pub applies_to: Label,
    /// What would prove it.
    pub evidence: Label,
    /// The article that sets it.
    pub legal: Label,
    /// Where it was read.
    pub source: Label,
    pub unconfirmed: bool,
    pub confidence: String,
    pub note: Label,
}

/// What a row of an edition may be.
pub const KINDS: [&str; 3] = ["prerequisite", "performance", "criterion"];

/// What makes a criterion met. A closed set: a new kind of rule is a new variant and a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    AtLeast,
    AtMost,
    Yes,
}

impl Rule {
    pub const ALL: [Rule; 3] = [Rule::AtLeast, Rule::AtMost, Rule::Yes];

    pub fn code(self) -> &'static str {
        match self {
            Rule::AtLeast => "at_least",
            Rule::AtMost => "at_most",
            Rule::Yes => "yes",
        }
    }

    pub fn is_met(self, value: f64, target: f64) -> bool {
        match self {
            Rule::AtLeast => value >= target,
            Rule::AtMost => value <= target,
            Rule::Yes => value == 1.0,
        }
    }

    /// How far a value lies on the side where the criterion is met; negative on the other side.
    pub fn margin(self, value: f64, target: f64) -> f64 {
        match self {
            Rule::AtLeast => value - target,
            Rule::AtMost => target - value,
            Rule::Yes => value - 1.0,
        }
    }
}

/// How the value of a criterion is obtained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Indicator {
    /// The park states it, with evidence.
    Answer {
        fact: String,
    },
    /// Share of tenants with more than `min_employees` workers that answer yes.
    SurveyShare {
        question: String,
        min_employees: u32,
    },
    /// Exchanges between two enterprises that ran during the period.
    ExchangeCount,
    /// Whether every enterprise that takes part in an exchange says it runs ISO management systems.
    SymbiosisIso,
    WastewaterTreatedShare,
    WastewaterReusedShare,
    WasteReusedShare,
    WasteLandfillShare,
    EnergyMeteredShare,
}

impl Indicator {
    /// Those that need nothing but their name.
    pub const PLAIN: [Indicator; 7] = [
        Indicator::ExchangeCount,
        Indicator::SymbiosisIso,
        Indicator::WastewaterTreatedShare,
        Indicator::WastewaterReusedShare,
        Indicator::WasteReusedShare,
        Indicator::WasteLandfillShare,
        Indicator::EnergyMeteredShare,
    ];

    pub fn code(&self) -> &'static str {
        match self {
            Indicator::Answer { .. } => "answer",
            Indicator::SurveyShare { .. } => "survey_share",
            Indicator::ExchangeCount => "exchange_count",
            Indicator::SymbiosisIso => "symbiosis_iso",
            Indicator::WastewaterTreatedShare => "wastewater_treated_share",
            Indicator::WastewaterReusedShare => "wastewater_reused_share",
            Indicator::WasteReusedShare => "waste_reused_share",
            Indicator::WasteLandfillShare => "waste_landfill_share",
            Indicator::EnergyMeteredShare => "energy_metered_share",
        }
    }
}

impl Catalogue {
    /// How the value of a criterion is obtained: as its edition says, else as the catalogue does.
    pub fn indicator<'c>(&'c self, criterion: &'c Criterion) -> Option<&'c Indicator> {
        criterion.indicator.as_ref().or_else(|| self.indicators.get(&criterion.id))
    }
}

#[derive(Deserialize)]
struct IndicatorFile {
    indicator: Vec<IndicatorRow>,
}

#[derive(Deserialize)]
struct IndicatorRow {
    criterion: CriterionId,
    #[serde(flatten)]
    indicator: Indicator,
}

/// The editions of the catalogue: those that can be scored, and those that are named and still empty.
pub(super) fn read_frameworks(
    reader: &mut Reader,
) -> (BTreeMap<FrameworkId, Framework>, BTreeMap<FrameworkId, Framework>) {
    let paths: Vec<String> = reader
        .files
        .keys()
        .filter(|path| path.starts_with("frameworks/") && path.ends_with(".toml"))
        .cloned()
        .collect();
    let mut frameworks = BTreeMap::new();
    for path in paths {
        let stem = path.trim_start_matches("frameworks/").trim_end_matches(".toml").to_string();
        let text = reader.text(&path).to_string();
        match read::read_ours(&path, &stem, &text) {
            Ok(framework) => {
                frameworks.insert(framework.id.clone(), framework);
            }
            Err(faults) => reader.faults.extend(faults),
        }
    }
    let every: Vec<&Framework> = frameworks.values().collect();
    for overlap in life::overlaps(&every) {
        let file = format!("frameworks/{}.toml", overlap.later);
        reader.fault(&file, None, FaultKind::OverlappingPeriods, overlap.later.as_str(), overlap.former.as_str());
    }
    frameworks.into_iter().partition(|(_, framework)| !framework.is_empty())
}

pub(super) fn read_indicators(reader: &mut Reader) -> BTreeMap<CriterionId, Indicator> {
    let rows = reader.toml::<IndicatorFile>("indicators.toml").map(|file| file.indicator).unwrap_or_default();
    let mut indicators = BTreeMap::new();
    for row in rows {
        let id = row.criterion.clone();
        if indicators.insert(row.criterion, row.indicator).is_some() {
            reader.fault("indicators.toml", None, FaultKind::Duplicate, id.as_str(), "once");
        }
    }
    indicators
}
