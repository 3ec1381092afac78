//! Assess: which criteria of a framework are met, not met, unknown or not applicable, and on what evidence.

pub mod found;
pub mod policy;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Framework, Rule};
use crate::ids::{CriterionId, EnterpriseId, FrameworkId};
use crate::observe::{Balance, Gap};
use crate::park::Park;
use crate::period::Period;
use crate::source::Basis;

use found::{Found, Kept, Terms, View};

/// A park against one edition of a framework for one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    pub framework: FrameworkId,
    /// The edition's own version, such as `2022`.
    pub edition: String,
    pub period: Period,
    pub score: Score,
    pub criteria: Vec<CriterionResult>,
}

/// How many criteria have which outcome. `applicable` is everything but not applicable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    pub met: usize,
    pub not_met: usize,
    pub unknown: usize,
    pub not_applicable: usize,
    pub applicable: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Met,
    NotMet,
    Unknown,
    NotApplicable,
}

impl Outcome {
    pub const ALL: [Outcome; 4] = [Outcome::Met, Outcome::NotMet, Outcome::Unknown, Outcome::NotApplicable];

    pub fn code(self) -> &'static str {
        match self {
            Outcome::Met => "met",
            Outcome::NotMet => "not_met",
            Outcome::Unknown => "unknown",
            Outcome::NotApplicable => "not_applicable",
        }
    }
}

/// The ways in which a datum can be missing. They are told apart because each asks for something else: to hand it in, to
/// hand it in again, to prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// It was never handed in, or too little of it.
    NoData,
    /// It was handed in longer ago than the criterion accepts.
    TooOld,
    /// It was said without the evidence that the criterion asks for, or the criterion has no rule to compute it by.
    NotConfirmed,
}

impl Lack {
    pub const ALL: [Lack; 3] = [Lack::NoData, Lack::TooOld, Lack::NotConfirmed];

    pub fn code(self) -> &'static str {
        match self {
            Lack::NoData => "no_data",
            Lack::TooOld => "too_old",
            Lack::NotConfirmed => "not_confirmed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriterionResult {
    pub id: CriterionId,
    pub outcome: Outcome,
    /// In the criterion's unit; `None` when it could not be obtained.
    pub value: Option<f64>,
    pub unit: String,
    pub target: f64,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    /// The least and the greatest value that the missing data still allow.
    pub range: Option<(f64, f64)>,
    pub basis: Option<Basis>,
    /// What keeps it unknown, or what is missing although it is settled.
    pub gaps: Vec<Gap>,
    /// In which ways data are missing, each way once; empty when nothing is missing.
    #[serde(default)]
    pub lacks: Vec<Lack>,
    /// Part of the expected months that is recorded, for shares of recorded amounts.
    #[serde(default)]
    pub coverage: Option<f64>,
    pub evidence: Vec<String>,
    /// Why it does not apply, when it does not.
    pub not_applicable: Option<String>,
    pub unconfirmed: bool,
    pub shortfall: Option<Shortfall>,
}

/// What separates a criterion that is not met or unknown from being met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortfall {
    /// In the criterion's unit; `None` while the value is unknown.
    pub distance: Option<f64>,
    pub act: Act,
}

/// The act that would close a shortfall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// So many more enterprises must be able to answer yes; these answered no.
    MoreEnterprises { question: String, needed: usize, answered_no: Vec<EnterpriseId>, unanswered: Vec<EnterpriseId> },
    /// So many more exchanges must run.
    MoreExchanges { needed: usize },
    /// These enterprises take part in symbiosis without ISO systems.
    IsoSystems { enterprises: Vec<EnterpriseId> },
    /// So much more (in the canonical unit) must be treated, reused or kept out of landfill.
    MoreOf { what: String, needed: f64 },
    /// The park must state this fact with evidence.
    State { fact: String },
    /// The park must change this fact.
    Change { fact: String },
    /// These data must be handed in first.
    Record { groups: Vec<String> },
    /// The framework has a row that the product cannot evaluate.
    AddRule,
}

/// Answers and facts older than this at the end of the period count as not given, where the criterion does not say.
pub const ANSWER_VALID_MONTHS: i32 = 24;

/// Part of the enterprise-months of a resource that must be recorded before a share of it is taken as known,
/// where the criterion does not say.
pub const ENOUGH_COVERAGE: f64 = 0.8;

/// Assesses a park. Missing answers widen the range of values; a criterion is unknown only while that range
/// holds values on both sides of its target. See `docs/methods/assess.md`.
pub fn assess(park: &Park, balance: &Balance, framework: &Framework, catalogue: &Catalogue) -> Assessment {
    let view = View { park, balance, catalogue };
    let criteria: Vec<CriterionResult> = framework.criteria.iter().map(|criterion| result(&view, criterion)).collect();
    Assessment {
        framework: framework.id.clone(),
        edition: framework.version.clone(),
        period: balance.period,
        score: Score::of(criteria.iter().map(|criterion| criterion.outcome)),
        criteria,
    }
}

impl Score {
    pub fn of(outcomes: impl Iterator<Item = Outcome>) -> Score {
        let mut score = Score::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Met => score.met += 1,
                Outcome::NotMet => score.not_met += 1,
                Outcome::Unknown => score.unknown += 1,
                Outcome::NotApplicable => score.not_applicable += 1,
            }
        }
        score.applicable = score.met + score.not_met + score.unknown;
        score
    }

    /// Share of the applicable criteria that are met, in percent, rounded. It is printed only beside
    /// `met`, `applicable`, `not_applicable` and `unknown`; `None` when nothing applies.
    pub fn percent(&self) -> Option<u32> {
        (self.applicable > 0).then(|| (100.0 * self.met as f64 / self.applicable as f64).round() as u32)
    }
}

/// The missing data that would settle most criteria first: each gap with the criteria it keeps unknown.
pub fn rank_gaps(assessments: &[Assessment]) -> Vec<(Gap, Vec<CriterionId>)> {
    let mut settles: BTreeMap<Gap, Vec<CriterionId>> = BTreeMap::new();
    for criterion in assessments.iter().flat_map(|assessment| &assessment.criteria) {
        if criterion.outcome == Outcome::Unknown {
            for gap in &criterion.gaps {
                settles.entry(gap.clone()).or_default().push(criterion.id.clone());
            }
        }
    }
    let mut ranked: Vec<(Gap, Vec<CriterionId>)> = settles.into_iter().collect();
    ranked.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    ranked
}

fn result(view: &View, criterion: &Criterion) -> CriterionResult {
    let found = view.find(criterion);
    let terms = Terms::of(criterion, view.catalogue.indicator(criterion));
    let range = found.kept.range(terms);
    let value = range.filter(|(low, high)| low == high).map(|(low, _)| low);
    let outcome = outcome(&found.kept, terms, criterion.rule, criterion.target);
    let is_open = matches!(outcome, Outcome::NotMet | Outcome::Unknown);
    let Found { kept, numerator, denominator, basis, gaps, lacks, evidence, not_applicable, act } = found;
    CriterionResult {
        id: criterion.id.clone(),
        outcome,
        value,
        unit: criterion.unit.clone(),
        target: criterion.target,
        numerator,
        denominator,
        range,
        basis,
        gaps,
        lacks,
        coverage: match kept {
            Kept::Share { coverage, .. } => Some(coverage),
            _ => None,
        },
        evidence,
        not_applicable,
        unconfirmed: criterion.unconfirmed,
        shortfall: is_open.then(|| Shortfall { distance: value.map(|value| (criterion.target - value).abs()), act }),
    }
}

/// Met or not met when every value that is still possible lies on one side of the target; else unknown.
fn outcome(kept: &Kept, terms: Terms, rule: Rule, target: f64) -> Outcome {
    if *kept == Kept::NotApplicable {
        return Outcome::NotApplicable;
    }
    let Some((low, high)) = kept.range(terms) else { return Outcome::Unknown };
    match (rule.is_met(low, target), rule.is_met(high, target)) {
        (true, true) => Outcome::Met,
        (false, false) => Outcome::NotMet,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(met: usize, not_applicable: usize, rows: usize) -> Vec<Outcome> {
        let mut all = vec![Outcome::Met; met];
        all.extend(vec![Outcome::NotApplicable; not_applicable]);
        all.resize(rows, Outcome::NotMet);
        all
    }

    fn check(met: usize, not_applicable: usize, expected_percent: u32, expected_applicable: usize) {
        let score = Score::of(outcomes(met, not_applicable, 64).into_iter());
        assert_eq!((score.percent(), score.applicable), (Some(expected_percent), expected_applicable));
    }

    #[test]
    fn the_published_scores_of_the_three_pilot_parks_follow_from_their_counts() {
        check(52, 1, 83, 63);
        check(54, 1, 86, 63);
        check(47, 2, 76, 62);
    }

    #[test]
    fn nothing_applicable_has_no_percentage() {
        assert_eq!(Score::of(outcomes(0, 64, 64).into_iter()).percent(), None);
    }

    #[test]
    fn an_open_range_is_settled_only_when_both_ends_agree() {
        let terms = Terms { min_employees: 0, coverage: ENOUGH_COVERAGE };
        let outcome = |low, high, rule, target| outcome(&Kept::Range { low, high }, terms, rule, target);
        assert_eq!(outcome(25.0, 60.0, Rule::AtLeast, 20.0), Outcome::Met);
        assert_eq!(outcome(5.0, 15.0, Rule::AtLeast, 20.0), Outcome::NotMet);
        assert_eq!(outcome(5.0, 25.0, Rule::AtLeast, 20.0), Outcome::Unknown);
        assert_eq!(outcome(5.0, 25.0, Rule::AtMost, 30.0), Outcome::Met);
    }
}
