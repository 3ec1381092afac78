//! Assess: which criteria of a framework are met, not met, unknown or not applicable, and on what evidence.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Framework, Indicator, Rule};
use crate::ids::{CriterionId, EnterpriseId, FrameworkId};
use crate::observe::{Balance, Gap};
use crate::park::{Answer, Enterprise, EnterpriseRole, Fact, Park};
use crate::period::Period;
use crate::source::Basis;

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

/// Answers and facts older than this at the end of the period count as not given.
pub const ANSWER_VALID_MONTHS: i32 = 24;

/// Part of the enterprise-months of a resource that must be recorded before a share of it is taken as known.
pub const ENOUGH_COVERAGE: f64 = 0.8;

/// Assesses a park. Missing answers widen the range of values; a criterion is unknown only while that range
/// holds values on both sides of its target. See `docs/methods/assess.md`.
pub fn assess(park: &Park, balance: &Balance, framework: &Framework, catalogue: &Catalogue) -> Assessment {
    let view = View { park, balance, catalogue };
    let criteria: Vec<CriterionResult> = framework.criteria.iter().map(|criterion| view.criterion(criterion)).collect();
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

/// What is known about a value before it is held against the target.
struct Found {
    value: Option<f64>,
    range: Option<(f64, f64)>,
    numerator: Option<f64>,
    denominator: Option<f64>,
    basis: Option<Basis>,
    gaps: Vec<Gap>,
    evidence: Vec<String>,
    not_applicable: Option<String>,
    act: Act,
}

impl Found {
    fn nothing(gap: Gap, act: Act) -> Found {
        Found {
            value: None,
            range: None,
            numerator: None,
            denominator: None,
            basis: None,
            gaps: vec![gap],
            evidence: Vec::new(),
            not_applicable: None,
            act,
        }
    }
}

struct View<'a> {
    park: &'a Park,
    balance: &'a Balance,
    catalogue: &'a Catalogue,
}

impl View<'_> {
    fn criterion(&self, criterion: &Criterion) -> CriterionResult {
        let found = match self.catalogue.indicators.get(&criterion.id) {
            Some(indicator) => self.find(indicator, criterion),
            None => Found::nothing(Gap::NoRule { criterion: criterion.id.to_string() }, Act::AddRule),
        };
        let outcome = outcome(&found, criterion.rule, criterion.target);
        let is_open = matches!(outcome, Outcome::NotMet | Outcome::Unknown);
        CriterionResult {
            id: criterion.id.clone(),
            outcome,
            value: found.value,
            unit: criterion.unit.clone(),
            target: criterion.target,
            numerator: found.numerator,
            denominator: found.denominator,
            range: found.range,
            basis: found.basis,
            gaps: found.gaps,
            evidence: found.evidence,
            not_applicable: found.not_applicable,
            unconfirmed: criterion.unconfirmed,
            shortfall: is_open.then(|| Shortfall {
                distance: found.value.map(|value| (criterion.target - value).abs()),
                act: found.act,
            }),
        }
    }

    fn find(&self, indicator: &Indicator, criterion: &Criterion) -> Found {
        match indicator {
            Indicator::Answer { fact } => self.answer(fact),
            Indicator::SurveyShare { question, min_employees } => {
                self.survey_share(question, *min_employees, criterion.target)
            }
            Indicator::ExchangeCount => self.exchange_count(criterion.target),
            Indicator::SymbiosisIso => self.symbiosis_iso(),
            Indicator::WastewaterTreatedShare => self.share("wastewater", "treated-wastewater", criterion.target),
            Indicator::WastewaterReusedShare => self.share("wastewater", "reused-water", criterion.target),
            Indicator::WasteReusedShare => self.waste_share("waste-reused", criterion.target),
            Indicator::WasteLandfillShare => self.waste_share("waste-landfill", criterion.target),
            Indicator::EnergyMeteredShare => self.energy_metered_share(criterion.target),
        }
    }

    /// The latest statement of a fact within its validity.
    fn answer(&self, fact: &str) -> Found {
        let state = Act::State { fact: fact.to_string() };
        let stated: Vec<&Fact> = self.park.facts.iter().filter(|row| row.fact == fact).collect();
        let usable = stated.iter().filter(|row| self.is_current(row.stated_on)).max_by_key(|row| row.stated_on);
        let Some(row) = usable else {
            let gap = if stated.is_empty() {
                Gap::NotStated { fact: fact.to_string() }
            } else {
                Gap::TooOld { what: fact.to_string() }
            };
            return Found::nothing(gap, state);
        };
        Found {
            value: row.value,
            range: row.value.map(|value| (value, value)),
            numerator: None,
            denominator: None,
            basis: Some(Basis::Declared),
            gaps: Vec::new(),
            evidence: row.evidence.iter().cloned().collect(),
            not_applicable: row.not_applicable.clone(),
            act: Act::Change { fact: fact.to_string() },
        }
    }

    /// Share of tenants that answered yes, in percent of all that are asked. Tenants without a usable answer may
    /// answer either way, so they widen the range.
    fn survey_share(&self, question: &str, min_employees: u32, target: f64) -> Found {
        let asked: Vec<&Enterprise> = self.asked(min_employees);
        let (mut yes, mut no, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
        let mut evidence = Vec::new();
        for tenant in &asked {
            match self.latest_answer(&tenant.id, question) {
                Some(answer) if answer.yes => {
                    yes.push(tenant.id.clone());
                    evidence.extend(answer.evidence.iter().map(|text| format!("{}: {text}", tenant.id)));
                }
                Some(_) => no.push(tenant.id.clone()),
                None => unanswered.push(tenant.id.clone()),
            }
        }
        if asked.is_empty() {
            return Found::nothing(
                Gap::NothingRecorded { group: "tenants".to_string() },
                Act::Record { groups: vec!["enterprises".to_string()] },
            );
        }
        let percent = |count: usize| 100.0 * count as f64 / asked.len() as f64;
        let range = (percent(yes.len()), percent(yes.len() + unanswered.len()));
        let needed = ((target / 100.0 * asked.len() as f64).ceil() as usize).saturating_sub(yes.len());
        let gaps = if unanswered.is_empty() {
            Vec::new()
        } else {
            vec![Gap::Unanswered { question: question.to_string(), enterprises: unanswered.clone() }]
        };
        Found {
            value: unanswered.is_empty().then_some(range.0),
            range: Some(range),
            numerator: Some(yes.len() as f64),
            denominator: Some(asked.len() as f64),
            basis: Some(Basis::Declared),
            gaps,
            evidence,
            not_applicable: None,
            act: Act::MoreEnterprises { question: question.to_string(), needed, answered_no: no, unanswered },
        }
    }

    /// Tenants that a question is put to. An unknown number of employees keeps a tenant in, so that nobody
    /// leaves the denominator by not answering.
    fn asked(&self, min_employees: u32) -> Vec<&Enterprise> {
        self.park
            .tenants()
            .filter(|tenant| min_employees == 0 || tenant.employees.is_none_or(|count| count > min_employees))
            .collect()
    }

    fn latest_answer(&self, enterprise: &EnterpriseId, question: &str) -> Option<&Answer> {
        self.park
            .survey
            .iter()
            .filter(|answer| answer.enterprise == *enterprise && answer.question == question)
            .filter(|answer| self.is_current(answer.answered_on))
            .max_by_key(|answer| answer.answered_on)
    }

    /// Given before the period's end and not longer ago than answers stay valid.
    fn is_current(&self, given_on: Date) -> bool {
        let end = self.balance.period.end();
        let oldest = end.checked_sub(jiff::Span::new().months(ANSWER_VALID_MONTHS)).unwrap_or(Date::MIN);
        oldest <= given_on && given_on < end
    }

    fn exchange_count(&self, target: f64) -> Found {
        let running: Vec<_> = self
            .park
            .exchanges
            .iter()
            .filter(|exchange| exchange.since.is_none_or(|since| since < self.balance.period.end()))
            .filter(|exchange| exchange.ended_on.is_none_or(|ended| ended > self.balance.period.start()))
            .collect();
        let count = running.len() as f64;
        Found {
            value: Some(count),
            range: Some((count, count)),
            numerator: Some(count),
            denominator: None,
            basis: Some(Basis::Declared),
            gaps: Vec::new(),
            evidence: running
                .iter()
                .filter_map(|exchange| Some(format!("{}: {}", exchange.id, exchange.evidence.as_ref()?)))
                .collect(),
            not_applicable: None,
            act: Act::MoreExchanges { needed: (target - count).max(0.0).ceil() as usize },
        }
    }

    /// Yes when every tenant in an exchange says it runs ISO systems; no when one says it does not.
    fn symbiosis_iso(&self) -> Found {
        let in_exchange = |enterprise: &&Enterprise| {
            self.park.exchanges.iter().any(|x| x.giver == enterprise.id || x.taker == enterprise.id)
        };
        let partners: Vec<&Enterprise> = self
            .park
            .enterprises
            .iter()
            .filter(in_exchange)
            .filter(|enterprise| enterprise.role == EnterpriseRole::Tenant)
            .collect();
        if partners.is_empty() {
            return Found::nothing(
                Gap::NothingRecorded { group: "exchanges".to_string() },
                Act::MoreExchanges { needed: 1 },
            );
        }
        let answers: Vec<Option<bool>> =
            partners.iter().map(|p| self.latest_answer(&p.id, "iso-management").map(|answer| answer.yes)).collect();
        let without = |wanted: Option<bool>| -> Vec<EnterpriseId> {
            partners.iter().zip(&answers).filter(|(_, yes)| **yes == wanted).map(|(p, _)| p.id.clone()).collect()
        };
        let (no, unanswered) = (without(Some(false)), without(None));
        let lowest = f64::from(u8::from(no.is_empty() && unanswered.is_empty()));
        let highest = f64::from(u8::from(no.is_empty()));
        let gaps = if unanswered.is_empty() {
            Vec::new()
        } else {
            vec![Gap::Unanswered { question: "iso-management".to_string(), enterprises: unanswered.clone() }]
        };
        Found {
            value: (lowest == highest).then_some(lowest),
            range: Some((lowest, highest)),
            numerator: Some(answers.iter().filter(|yes| **yes == Some(true)).count() as f64),
            denominator: Some(partners.len() as f64),
            basis: Some(Basis::Declared),
            gaps,
            evidence: Vec::new(),
            not_applicable: None,
            act: Act::IsoSystems { enterprises: no.into_iter().chain(unanswered).collect() },
        }
    }

    /// Percent of one group of resources that another group makes up, over the whole park.
    fn share(&self, whole: &str, part: &str, target: f64) -> Found {
        let Some(total) = self.balance.park_group(self.catalogue, whole).filter(|total| *total > 0.0) else {
            return Found::nothing(
                Gap::NothingRecorded { group: whole.to_string() },
                Act::Record { groups: vec![whole.to_string()] },
            );
        };
        let Some(of_it) = self.balance.park_group(self.catalogue, part) else {
            return Found {
                denominator: Some(total),
                ..Found::nothing(
                    Gap::NothingRecorded { group: part.to_string() },
                    Act::Record { groups: vec![part.to_string()] },
                )
            };
        };
        self.percent(of_it, total, target, whole, part)
    }

    fn waste_share(&self, resource: &str, target: f64) -> Found {
        let group = "waste-ordinary";
        let Some(total) = self.balance.park_group(self.catalogue, group).filter(|total| *total > 0.0) else {
            return Found::nothing(
                Gap::NothingRecorded { group: group.to_string() },
                Act::Record { groups: vec![group.to_string()] },
            );
        };
        // Within recorded waste, a fate that nobody records is a fate that nothing had.
        let of_it = self.balance.park.iter().find(|(id, _)| id.as_str() == resource).map_or(0.0, |(_, sum)| sum.amount);
        self.percent(of_it, total, target, group, resource)
    }

    /// Share of the park's electricity that its main meters measured themselves.
    fn energy_metered_share(&self, target: f64) -> Found {
        let groups = ["electricity", "fuel", "biomass", "steam"];
        let energy_of = |only_metered: bool| -> f64 {
            self.balance
                .park
                .iter()
                .filter(|(id, _)| self.catalogue.resource(id).is_some_and(|r| groups.contains(&r.group.as_str())))
                .filter_map(|(_, total)| {
                    let energy = total.energy?.kwh();
                    let metered = total.by_basis.get(&Basis::Metered).copied().unwrap_or(0.0);
                    Some(if only_metered { energy * metered / total.amount.max(f64::MIN_POSITIVE) } else { energy })
                })
                .sum()
        };
        let total = energy_of(false);
        if total <= 0.0 {
            return Found::nothing(
                Gap::NothingRecorded { group: "electricity".to_string() },
                Act::Record { groups: vec!["electricity".to_string()] },
            );
        }
        self.percent(energy_of(true), total, target, "electricity", "metered-energy")
    }

    /// A share of recorded amounts. It is known only when enough of the expected months are recorded.
    fn percent(&self, part: f64, whole: f64, target: f64, whole_name: &str, part_name: &str) -> Found {
        let share = 100.0 * part / whole;
        let missing: Vec<Gap> = self
            .balance
            .gaps
            .iter()
            .filter(|gap| match gap {
                Gap::MissingMonths { resource, .. } => {
                    self.catalogue.resource(resource).is_some_and(|resource| resource.group == whole_name)
                }
                Gap::NeverReported { group, .. } => group == whole_name,
                _ => false,
            })
            .cloned()
            .collect();
        let is_enough = self.coverage(whole_name) >= ENOUGH_COVERAGE;
        Found {
            value: is_enough.then_some(share),
            range: is_enough.then_some((share, share)),
            numerator: Some(part),
            denominator: Some(whole),
            basis: Some(Basis::Calculated),
            gaps: missing,
            evidence: Vec::new(),
            not_applicable: None,
            act: Act::MoreOf { what: part_name.to_string(), needed: ((target / 100.0) * whole - part).abs() },
        }
    }

    /// Recorded months of a group, of those expected from the sites that report it.
    fn coverage(&self, group: &str) -> f64 {
        let (mut covered, mut expected) = (0, 0);
        for (id, total) in self.balance.sites.values().flatten() {
            if self.catalogue.resource(id).is_some_and(|resource| resource.group == group) {
                covered += total.months_covered;
                expected += total.months_expected;
            }
        }
        if expected == 0 { 0.0 } else { covered as f64 / expected as f64 }
    }
}

/// Met or not met when every value that is still possible lies on one side of the target; else unknown.
fn outcome(found: &Found, rule: Rule, target: f64) -> Outcome {
    if found.not_applicable.is_some() {
        return Outcome::NotApplicable;
    }
    let Some((low, high)) = found.range else { return Outcome::Unknown };
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
        let found = |low, high| Found {
            range: Some((low, high)),
            ..Found::nothing(Gap::NotStated { fact: "x".into() }, Act::AddRule)
        };
        assert_eq!(outcome(&found(25.0, 60.0), Rule::AtLeast, 20.0), Outcome::Met);
        assert_eq!(outcome(&found(5.0, 15.0), Rule::AtLeast, 20.0), Outcome::NotMet);
        assert_eq!(outcome(&found(5.0, 25.0), Rule::AtLeast, 20.0), Outcome::Unknown);
        assert_eq!(outcome(&found(5.0, 25.0), Rule::AtMost, 30.0), Outcome::Met);
    }
}
