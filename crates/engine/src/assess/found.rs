//! Finds what is known about the value of a criterion: what is kept of it, what it rests on, what is missing. What is kept
//! can be held against any target, scope and coverage, so that a changed rule needs no second look at the records.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ANSWER_VALID_MONTHS, Act, ENOUGH_COVERAGE, Lack};
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Indicator};
use crate::ids::{EnterpriseId, ResourceId};
use crate::observe::{Balance, Gap};
use crate::park::{Answer, Enterprise, EnterpriseRole, Fact, Park, RunningExchange};
use crate::source::Basis;

/// What is kept of a value. It names nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub enum Kept {
    /// The park says why the criterion does not apply.
    NotApplicable,
    /// Nothing is known; every value is possible.
    Nothing,
    /// The least and the greatest value that are possible, in the criterion's unit.
    Range { low: f64, high: f64 },
    /// Answers of all tenants to a question, asked or not, by their number of employees.
    Survey { question: String, groups: Vec<AnswerGroup> },
    /// Two recorded amounts in one unit, and the part of the expected months that is recorded of the whole.
    Share { part: f64, whole: f64, coverage: f64 },
}

/// Tenants of one size: how many say yes, say no, or have not answered usably, by what their answer lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerGroup {
    pub employees: Option<u32>,
    pub yes: u32,
    pub no: u32,
    pub open: BTreeMap<Lack, u32>,
}

impl AnswerGroup {
    pub fn open(&self) -> u32 {
        self.open.values().sum()
    }
}

/// What a criterion asks of a value besides its target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Tenants with more workers than this are asked; 0: all.
    pub min_employees: u32,
    /// Part of the expected months that must be recorded.
    pub coverage: f64,
}

impl Terms {
    pub fn of(criterion: &Criterion, indicator: Option<&Indicator>) -> Terms {
        let min_employees = match indicator {
            Some(Indicator::SurveyShare { min_employees, .. }) => *min_employees,
            _ => 0,
        };
        Terms { min_employees, coverage: criterion.coverage.unwrap_or(ENOUGH_COVERAGE) }
    }
}

impl Kept {
    /// The least and the greatest possible value; `None` when nothing narrows it.
    pub fn range(&self, terms: Terms) -> Option<(f64, f64)> {
        match self {
            Kept::NotApplicable | Kept::Nothing => None,
            Kept::Range { low, high } => Some((*low, *high)),
            Kept::Survey { groups, .. } => {
                let (mut yes, mut open, mut all) = (0, 0, 0);
                for group in asked(groups, terms) {
                    yes += group.yes;
                    open += group.open();
                    all += group.yes + group.no + group.open();
                }
                let percent = |count: u32| 100.0 * f64::from(count) / f64::from(all);
                (all > 0).then(|| (percent(yes), percent(yes + open)))
            }
            Kept::Share { part, whole, coverage } => {
                let share = 100.0 * part / whole;
                (*coverage >= terms.coverage).then_some((share, share))
            }
        }
    }
}

/// The groups that are asked.
pub(super) fn asked(groups: &[AnswerGroup], terms: Terms) -> impl Iterator<Item = &AnswerGroup> {
    groups.iter().filter(move |group| is_asked(group.employees, terms.min_employees))
}

/// An unknown number of employees keeps a tenant in, so that nobody leaves the denominator by not answering.
fn is_asked(employees: Option<u32>, min_employees: u32) -> bool {
    min_employees == 0 || employees.is_none_or(|count| count > min_employees)
}

/// What is found about a value before it is held against the target.
pub(super) struct Found {
    pub kept: Kept,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub basis: Option<Basis>,
    pub gaps: Vec<Gap>,
    pub lacks: Vec<Lack>,
    pub evidence: Vec<String>,
    pub not_applicable: Option<String>,
    pub act: Act,
}

impl Found {
    pub fn nothing(gap: Gap, lack: Lack, act: Act) -> Found {
        Found {
            kept: Kept::Nothing,
            numerator: None,
            denominator: None,
            basis: None,
            gaps: vec![gap],
            lacks: vec![lack],
            evidence: Vec::new(),
            not_applicable: None,
            act,
        }
    }
}

/// What was given in answer to a question: something that counts, or why it does not.
enum Given<T> {
    Usable(T),
    Lacking(Lack),
}

/// Groups of resources that bring energy to a site.
const ENERGY: [&str; 4] = ["electricity", "fuel", "biomass", "steam"];

/// Two recorded amounts in one unit, and the part of the expected months that is recorded of them.
struct Shares {
    part: f64,
    whole: f64,
    coverage: f64,
}

pub(super) struct View<'a> {
    pub park: &'a Park,
    pub balance: &'a Balance,
    pub catalogue: &'a Catalogue,
}

impl<'a> View<'a> {
    pub fn find(&self, criterion: &Criterion) -> Found {
        let Some(indicator) = self.catalogue.indicator(criterion) else {
            let gap = Gap::NoRule { criterion: criterion.id.to_string() };
            return Found::nothing(gap, Lack::NotConfirmed, Act::AddRule);
        };
        match indicator {
            Indicator::Answer { fact } => self.answer(fact, criterion),
            Indicator::SurveyShare { question, min_employees } => {
                self.survey_share(question, *min_employees, criterion)
            }
            Indicator::ExchangeCount => self.exchange_count(criterion),
            Indicator::SymbiosisIso => self.symbiosis_iso(criterion),
            Indicator::WastewaterTreatedShare => self.share("wastewater", "treated-wastewater", criterion),
            Indicator::WastewaterReusedShare => self.share("wastewater", "reused-water", criterion),
            Indicator::WasteReusedShare => self.waste_share("waste-reused", criterion),
            Indicator::WasteLandfillShare => self.waste_share("waste-landfill", criterion),
            Indicator::EnergyMeteredShare => self.energy_metered_share(criterion),
        }
    }

    /// The latest statement of a fact within its validity.
    fn answer(&self, fact: &str, criterion: &Criterion) -> Found {
        let stated: Vec<&Fact> = self.park.facts.iter().filter(|row| row.fact == fact).collect();
        let usable =
            stated.iter().filter(|row| self.is_current(row.stated_on, criterion)).max_by_key(|row| row.stated_on);
        let row = match usable {
            Some(row) if is_proven(row.evidence.as_deref(), criterion) || row.not_applicable.is_some() => row,
            other => {
                let lack = match other {
                    Some(_) => Lack::NotConfirmed,
                    None if stated.is_empty() => Lack::NoData,
                    None => Lack::TooOld,
                };
                let gap = match lack {
                    Lack::TooOld => Gap::TooOld { what: fact.to_string() },
                    Lack::NotConfirmed => Gap::NotProven { fact: fact.to_string() },
                    Lack::NoData => Gap::NotStated { fact: fact.to_string() },
                };
                return Found::nothing(gap, lack, Act::State { fact: fact.to_string() });
            }
        };
        Found {
            kept: match (&row.not_applicable, row.value) {
                (Some(_), _) => Kept::NotApplicable,
                (None, Some(value)) => Kept::Range { low: value, high: value },
                (None, None) => Kept::Nothing,
            },
            numerator: None,
            denominator: None,
            basis: Some(Basis::Declared),
            gaps: Vec::new(),
            lacks: Vec::new(),
            evidence: row.evidence.iter().cloned().collect(),
            not_applicable: row.not_applicable.clone(),
            act: Act::Change { fact: fact.to_string() },
        }
    }

    /// Share of tenants that answered yes, in percent of all that are asked. Tenants without a usable answer may
    /// answer either way, so they widen the range.
    fn survey_share(&self, question: &str, min_employees: u32, criterion: &Criterion) -> Found {
        let mut groups: Vec<AnswerGroup> = Vec::new();
        let (mut yes, mut no, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
        let (mut evidence, mut lacks) = (Vec::new(), Vec::new());
        for tenant in self.park.tenants() {
            let is_asked = is_asked(tenant.employees, min_employees);
            let group = match groups.iter_mut().find(|group| group.employees == tenant.employees) {
                Some(group) => group,
                None => {
                    groups.push(AnswerGroup { employees: tenant.employees, ..AnswerGroup::default() });
                    groups.last_mut().expect("a group was pushed just now")
                }
            };
            match self.latest_answer(&tenant.id, question, criterion) {
                Given::Usable(answer) if answer.yes => {
                    group.yes += 1;
                    if is_asked {
                        yes.push(tenant.id.clone());
                        evidence.extend(answer.evidence.iter().map(|text| format!("{}: {text}", tenant.id)));
                    }
                }
                Given::Usable(_) => {
                    group.no += 1;
                    if is_asked {
                        no.push(tenant.id.clone());
                    }
                }
                Given::Lacking(lack) => {
                    *group.open.entry(lack).or_default() += 1;
                    if is_asked {
                        unanswered.push(tenant.id.clone());
                        lacks.push(lack);
                    }
                }
            }
        }
        let asked = yes.len() + no.len() + unanswered.len();
        let kept = Kept::Survey { question: question.to_string(), groups };
        if asked == 0 {
            let gap = Gap::NothingRecorded { group: "tenants".to_string() };
            let act = Act::Record { groups: vec!["enterprises".to_string()] };
            return Found { kept, ..Found::nothing(gap, Lack::NoData, act) };
        }
        let needed = ((criterion.target / 100.0 * asked as f64).ceil() as usize).saturating_sub(yes.len());
        let gaps = if unanswered.is_empty() {
            Vec::new()
        } else {
            vec![Gap::Unanswered { question: question.to_string(), enterprises: unanswered.clone() }]
        };
        Found {
            kept,
            numerator: Some(yes.len() as f64),
            denominator: Some(asked as f64),
            basis: Some(Basis::Declared),
            gaps,
            lacks: in_order(lacks),
            evidence,
            not_applicable: None,
            act: Act::MoreEnterprises { question: question.to_string(), needed, answered_no: no, unanswered },
        }
    }

    /// The latest answer that is not too old. A yes that must be proven and is not counts as not given.
    fn latest_answer(&self, enterprise: &EnterpriseId, question: &str, criterion: &Criterion) -> Given<&'a Answer> {
        let given: Vec<&Answer> = self
            .park
            .survey
            .iter()
            .filter(|answer| answer.enterprise == *enterprise && answer.question == question)
            .collect();
        let current = given.iter().filter(|answer| self.is_current(answer.answered_on, criterion));
        match current.max_by_key(|answer| answer.answered_on) {
            Some(answer) if answer.yes && !is_proven(answer.evidence.as_deref(), criterion) => {
                Given::Lacking(Lack::NotConfirmed)
            }
            Some(answer) => Given::Usable(answer),
            None if given.is_empty() => Given::Lacking(Lack::NoData),
            None => Given::Lacking(Lack::TooOld),
        }
    }

    /// Given before the period's end and not longer ago than answers stay valid.
    fn is_current(&self, given_on: Date, criterion: &Criterion) -> bool {
        let end = self.balance.period.end();
        let months = criterion.valid_months.map_or(ANSWER_VALID_MONTHS, |months| months.min(1200) as i32);
        let oldest = end.checked_sub(jiff::Span::new().months(months)).unwrap_or(Date::MIN);
        oldest <= given_on && given_on < end
    }

    /// Exchanges that ran on any day of the period.
    fn running(&self) -> impl Iterator<Item = &'a RunningExchange> {
        let period = self.balance.period;
        self.park
            .exchanges
            .iter()
            .filter(move |exchange| exchange.since.is_none_or(|since| since < period.end()))
            .filter(move |exchange| exchange.ended_on.is_none_or(|ended| ended > period.start()))
    }

    /// How many exchanges ran. One that must be proven and is not may have run or not, so it widens the range.
    fn exchange_count(&self, criterion: &Criterion) -> Found {
        let (proven, unproven): (Vec<_>, Vec<_>) =
            self.running().partition(|exchange| is_proven(exchange.evidence.as_deref(), criterion));
        let (low, high) = (proven.len() as f64, (proven.len() + unproven.len()) as f64);
        Found {
            kept: Kept::Range { low, high },
            numerator: Some(low),
            denominator: None,
            basis: Some(Basis::Declared),
            gaps: Vec::new(),
            lacks: if unproven.is_empty() { Vec::new() } else { vec![Lack::NotConfirmed] },
            evidence: proven
                .iter()
                .filter_map(|exchange| Some(format!("{}: {}", exchange.id, exchange.evidence.as_ref()?)))
                .collect(),
            not_applicable: None,
            act: Act::MoreExchanges { needed: (criterion.target - low).max(0.0).ceil() as usize },
        }
    }

    /// Yes when every tenant in a running exchange says it runs ISO systems; no when one says it does not.
    fn symbiosis_iso(&self, criterion: &Criterion) -> Found {
        let in_exchange =
            |enterprise: &&Enterprise| self.running().any(|x| x.giver == enterprise.id || x.taker == enterprise.id);
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
                Lack::NoData,
                Act::MoreExchanges { needed: 1 },
            );
        }
        let (mut no, mut unanswered, mut lacks) = (Vec::new(), Vec::new(), Vec::new());
        for partner in &partners {
            match self.latest_answer(&partner.id, "iso-management", criterion) {
                Given::Usable(answer) if answer.yes => {}
                Given::Usable(_) => no.push(partner.id.clone()),
                Given::Lacking(lack) => {
                    unanswered.push(partner.id.clone());
                    lacks.push(lack);
                }
            }
        }
        let is_yes = |yes: bool| f64::from(u8::from(yes));
        let gaps = if unanswered.is_empty() {
            Vec::new()
        } else {
            vec![Gap::Unanswered { question: "iso-management".to_string(), enterprises: unanswered.clone() }]
        };
        Found {
            kept: Kept::Range { low: is_yes(no.is_empty() && unanswered.is_empty()), high: is_yes(no.is_empty()) },
            numerator: Some((partners.len() - no.len() - unanswered.len()) as f64),
            denominator: Some(partners.len() as f64),
            basis: Some(Basis::Declared),
            gaps,
            lacks: in_order(lacks),
            evidence: Vec::new(),
            not_applicable: None,
            act: Act::IsoSystems { enterprises: no.into_iter().chain(unanswered).collect() },
        }
    }

    /// Percent of one group of resources that another group makes up, over the whole park.
    fn share(&self, whole: &str, part: &str, criterion: &Criterion) -> Found {
        let Some(total) = self.balance.park_group(self.catalogue, whole).filter(|total| *total > 0.0) else {
            return Found::nothing(
                Gap::NothingRecorded { group: whole.to_string() },
                Lack::NoData,
                Act::Record { groups: vec![whole.to_string()] },
            );
        };
        let Some(of_it) = self.balance.park_group(self.catalogue, part) else {
            return Found {
                denominator: Some(total),
                ..Found::nothing(
                    Gap::NothingRecorded { group: part.to_string() },
                    Lack::NoData,
                    Act::Record { groups: vec![part.to_string()] },
                )
            };
        };
        // What is recorded of the part of the months of the whole says too little of its share.
        let coverage = self.coverage(&[whole]).min(self.coverage(&[part]));
        let shares = Shares { part: of_it, whole: total, coverage };
        self.percent(shares, criterion, &[whole, part], part)
    }

    fn waste_share(&self, resource: &str, criterion: &Criterion) -> Found {
        let group = "waste-ordinary";
        let Some(total) = self.balance.park_group(self.catalogue, group).filter(|total| *total > 0.0) else {
            return Found::nothing(
                Gap::NothingRecorded { group: group.to_string() },
                Lack::NoData,
                Act::Record { groups: vec![group.to_string()] },
            );
        };
        // Within recorded waste, a fate that nobody records is a fate that nothing had.
        let of_it = self.balance.park.iter().find(|(id, _)| id.as_str() == resource).map_or(0.0, |(_, sum)| sum.amount);
        let shares = Shares { part: of_it, whole: total, coverage: self.coverage(&[group]) };
        self.percent(shares, criterion, &[group], resource)
    }

    /// Share of the park's energy, of all carriers, that meters measured.
    fn energy_metered_share(&self, criterion: &Criterion) -> Found {
        let groups = ENERGY;
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
                Lack::NoData,
                Act::Record { groups: vec!["electricity".to_string()] },
            );
        }
        let shares = Shares { part: energy_of(true), whole: total, coverage: self.coverage(&groups) };
        self.percent(shares, criterion, &groups, "metered-energy")
    }

    /// A share of recorded amounts. It is known only when enough of the expected months are recorded.
    fn percent(&self, shares: Shares, criterion: &Criterion, groups: &[&str], part_name: &str) -> Found {
        let Shares { part, whole, coverage } = shares;
        let missing: Vec<Gap> = self
            .balance
            .gaps
            .iter()
            .filter(|gap| match gap {
                Gap::MissingMonths { resource, .. } => self.is_in(resource, groups),
                Gap::NeverReported { group, .. } => groups.contains(&group.as_str()),
                _ => false,
            })
            .cloned()
            .collect();
        let is_enough = coverage >= criterion.coverage.unwrap_or(ENOUGH_COVERAGE);
        Found {
            kept: Kept::Share { part, whole, coverage },
            numerator: Some(part),
            denominator: Some(whole),
            basis: Some(Basis::Calculated),
            lacks: if missing.is_empty() && is_enough { Vec::new() } else { vec![Lack::NoData] },
            gaps: missing,
            evidence: Vec::new(),
            not_applicable: None,
            act: Act::MoreOf { what: part_name.to_string(), needed: ((criterion.target / 100.0) * whole - part).abs() },
        }
    }

    /// Recorded months of groups of resources, of those expected from the sites that report them.
    fn coverage(&self, groups: &[&str]) -> f64 {
        let (mut covered, mut expected) = (0, 0);
        for (id, total) in self.balance.sites.values().flatten() {
            if self.is_in(id, groups) {
                covered += total.months_covered;
                expected += total.months_expected;
            }
        }
        if expected == 0 { 0.0 } else { covered as f64 / expected as f64 }
    }

    fn is_in(&self, id: &ResourceId, groups: &[&str]) -> bool {
        self.catalogue.resource(id).is_some_and(|resource| groups.contains(&resource.group.as_str()))
    }
}

fn is_proven(evidence: Option<&str>, criterion: &Criterion) -> bool {
    !criterion.needs_evidence || evidence.is_some_and(|text| !text.trim().is_empty())
}

/// Each kind once.
fn in_order(mut lacks: Vec<Lack>) -> Vec<Lack> {
    lacks.sort();
    lacks.dedup();
    lacks
}
