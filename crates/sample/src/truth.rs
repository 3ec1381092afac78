//! What was planted. Only tests read it: the platform must find it out by itself.

use std::collections::BTreeMap;

use engine::period::Period;
use serde::Serialize;

#[derive(Serialize)]
pub struct Truth {
    pub seed: u64,
    pub park: &'static str,
    /// The year that savings, survey and assessment speak of.
    pub period: &'static str,
    pub savings: Vec<Saving>,
    #[serde(flatten)]
    pub flaws: Flaws,
    #[serde(flatten)]
    pub matches: Matches,
    /// Framework → criterion → outcome.
    pub assessment: BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>,
    /// Questions whose missing answers keep a criterion unknown → enterprises that owe one.
    pub unanswered: BTreeMap<String, Vec<String>>,
}

/// What a measure truly saved in the calendar months of 2024 that lie wholly after its installation.
#[derive(Serialize)]
pub struct Saving {
    pub measure: String,
    pub enterprise: String,
    pub resource: String,
    pub meter: Option<String>,
    pub kind: SavingKind,
    /// In the canonical unit: kWh, m³, kg.
    pub saving: f64,
    pub unit: String,
    pub by_month: Vec<(Period, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SavingKind {
    Saved,
    /// Use fell because production fell.
    Nothing,
    /// Too little data before the installation: no figure may be given.
    Refused,
}

#[derive(Serialize)]
pub struct Flaws {
    pub missing_months: Vec<MissingMonths>,
    pub never_reported: Vec<NeverReported>,
    pub suspicious: Vec<Suspicious>,
    /// Unusual amounts that production explains; nobody should be asked about them.
    pub explained: Vec<Suspicious>,
}

#[derive(Serialize)]
pub struct MissingMonths {
    pub enterprise: String,
    pub resource: String,
    pub months: Vec<Period>,
}

#[derive(Serialize)]
pub struct NeverReported {
    pub enterprise: String,
    /// Group of resources, as in `resources.csv`.
    pub group: String,
}

#[derive(Serialize)]
pub struct Suspicious {
    pub enterprise: String,
    pub resource: String,
    pub month: Period,
    pub kind: SuspiciousKind,
    pub factor: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspiciousKind {
    UnitSlip,
    Jump,
}

#[derive(Serialize)]
pub struct Matches {
    /// Pairs of streams that must be ready exchanges.
    pub candidates: Vec<Pair>,
    /// Pairs that must not be ready, and why.
    pub rejected: Vec<Rejected>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Pair {
    pub give: String,
    pub take: String,
}

#[derive(Serialize)]
pub struct Rejected {
    #[serde(flatten)]
    pub pair: Pair,
    pub reason: Reason,
}

/// In the words of the matching step where it has one for the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    AboveLimit,
    HazardousUnlicensed,
    /// A limited substance was never measured: an analysis must come first.
    ContentUnknown,
    NotWorthIt,
    TooCold,
    TooFar,
    NoRelation,
}
