//! What somebody who may not see every enterprise is told of a park's results. Pages and API print these values.

pub mod disclosure;
mod greenhouse;
mod matching;
mod own_deal;
mod results;
mod told;

use std::collections::BTreeMap;

use engine::assess::{Act, Assessment, CriterionResult};
use engine::ids::{EnterpriseId, OptionId, ResourceId};
use engine::language::Label;
use engine::observe::{Balance, Gap};
use engine::park::{Park, Status};
use engine::plan::{self, Plan, Proposal};
use engine::quantity::Dimension;
use engine::report::ParkReport;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::{App, Computed};

pub use greenhouse::{PartSum, greenhouse_sums};
pub use results::{
    ClaimPart, ParkClaims, ResourceSaving, above_parks, half_width, nation_quantities, quantity_parts, quantity_sum,
    savings_by_resource,
};
pub use told::{Periods, Told, division, received, starts_told};

pub use own_deal::{OwnDeal, own_deal, own_exchange};

pub use matching::{
    CodedExchange, MatchingTotals, OwnMatching, Side, StandingWord, matching_totals, missing_side, own_matching,
};

/// A sum over enterprises; `value` is absent where one of them could be read out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PublishedSum {
    /// Enterprises with a part in it.
    pub contributors: usize,
    pub value: Option<f64>,
}

/// Adds up by enterprise, and tells the sum only where the common decision on all sums of the park says so.
fn sum<'a>(parts: impl IntoIterator<Item = (&'a EnterpriseId, f64)>, is_told: bool) -> PublishedSum {
    let mut by_enterprise: BTreeMap<&EnterpriseId, (f64, f64)> = BTreeMap::new();
    for (enterprise, part) in parts {
        let entry = by_enterprise.entry(enterprise).or_default();
        entry.0 += part;
        entry.1 += part.abs();
    }
    // A negative part tells as much about its enterprise as a positive one.
    let sizes: Vec<f64> = by_enterprise.values().map(|(_, size)| *size).filter(|size| *size > 0.0).collect();
    PublishedSum {
        contributors: sizes.len(),
        value: (is_told || sizes.is_empty()).then(|| by_enterprise.values().map(|(part, _)| part).sum()),
    }
}

/// Claims of one status, in MWh, m³, TJ, t and t CO₂e. Statuses are never added together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatusSums {
    #[schema(value_type = String)]
    pub status: Status,
    pub claims: usize,
    pub electricity_mwh: PublishedSum,
    pub water_m3: PublishedSum,
    pub fuel_tj: PublishedSum,
    pub materials_t: PublishedSum,
    pub emissions_t_co2e: PublishedSum,
    /// Half the widths of the 90 % intervals of the five sums, in their order; shares of one saving have one error. `null`
    /// where a claim was not measured, or where the interval would tell about single enterprises.
    pub uncertainty_90: Vec<Option<f64>>,
}

impl StatusSums {
    /// In the order of `QUANTITIES`.
    pub fn values(&self) -> [PublishedSum; 5] {
        [self.electricity_mwh, self.water_m3, self.fuel_tj, self.materials_t, self.emissions_t_co2e]
    }
}

pub fn status_sums(computed: &Computed) -> Vec<StatusSums> {
    let (report, told, park) = (&computed.report, computed.told(), computed.claims());
    Status::LADDER
        .into_iter()
        .map(|status| {
            let claims: Vec<_> =
                report.verifications.iter().map(|v| &v.claim).filter(|claim| claim.status == status).collect();
            let quantities = results::park_quantities(park, status);
            let sum = |place: usize| {
                let parts = claims.iter().map(|claim| (&claim.enterprise, claim.impact.values()[place]));
                sum(parts, told.claims && quantities.contains(&place))
            };
            let half = |place: usize| {
                let half = half_width(park.of_status(status).map(|part| (&park.park, part)), place)?;
                (half.may_be_told && sum(place).value.is_some()).then_some(half.value)
            };
            let has_factors = claims.iter().all(|claim| claim.values()[4].is_some());
            let emissions = sum(4);
            StatusSums {
                status,
                claims: claims.len(),
                electricity_mwh: sum(0),
                water_m3: sum(1),
                fuel_tj: sum(2),
                materials_t: sum(3),
                emissions_t_co2e: PublishedSum { value: emissions.value.filter(|_| has_factors), ..emissions },
                uncertainty_90: (0..QUANTITIES.len())
                    .map(|place| half(place).filter(|_| place != 4 || has_factors))
                    .collect(),
            }
        })
        .collect()
}

/// An assessment without evidence, amounts and enterprises: outcomes, values, ranges and what is missing stay.
pub fn without_enterprises(assessment: &Assessment) -> Assessment {
    Assessment {
        criteria: assessment.criteria.iter().map(criterion_without_enterprises).collect(),
        ..assessment.clone()
    }
}

pub fn criterion_without_enterprises(result: &CriterionResult) -> CriterionResult {
    // Shares of answers are counts of enterprises; shares of amounts rest on what single sites recorded.
    let is_amount = result.basis == Some(engine::source::Basis::Calculated);
    let mut reduced = CriterionResult {
        evidence: Vec::new(),
        gaps: result.gaps.iter().filter_map(gap_without_enterprises).collect(),
        numerator: result.numerator.filter(|_| !is_amount),
        denominator: result.denominator.filter(|_| !is_amount),
        ..result.clone()
    };
    reduced.gaps.dedup();
    match reduced.shortfall.as_mut().map(|shortfall| &mut shortfall.act) {
        Some(Act::MoreEnterprises { answered_no, unanswered, .. }) => {
            answered_no.clear();
            unanswered.clear();
        }
        Some(Act::IsoSystems { enterprises }) => enterprises.clear(),
        // The amount needed and the share together would give the total away.
        Some(Act::MoreOf { .. }) => reduced.shortfall = None,
        _ => {}
    }
    reduced
}

fn gap_without_enterprises(gap: &Gap) -> Option<Gap> {
    match gap {
        Gap::MissingMonths { .. } | Gap::NeverReported { .. } => None,
        Gap::Unanswered { question, .. } => {
            Some(Gap::Unanswered { question: question.clone(), enterprises: Vec::new() })
        }
        other => Some(other.clone()),
    }
}

/// One option over all enterprises that it fits.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OptionSums {
    #[schema(value_type = String)]
    pub option: OptionId,
    #[schema(value_type = Object)]
    pub label: Label,
    /// Enterprises that it is proposed to, and where it counts.
    pub enterprises: usize,
    pub counting: usize,
    /// Of those where it counts.
    pub investment_vnd: PublishedSum,
    pub abatement_t_co2e: PublishedSum,
    /// Mean by tonnes, where both sums are published.
    pub cost_vnd_per_t: Option<f64>,
    pub unconfirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanSums {
    pub proposals: usize,
    pub counting: usize,
    pub investment_vnd: PublishedSum,
    /// Overlaps taken out.
    pub potential_t_co2e: PublishedSum,
    pub discount_rate: f64,
    pub options: Vec<OptionSums>,
}

pub fn plan_sums(plan: &Plan, told: &Told) -> PlanSums {
    let counting: Vec<&Proposal> = plan.proposals.iter().filter(|proposal| proposal.counts).collect();
    let options = option_sums(plan, told);
    let emissions = sum(counting.iter().map(|p| (&p.enterprise, p.impact.emissions.t())), told.potential);
    PlanSums {
        proposals: plan.proposals.len(),
        counting: counting.len(),
        investment_vnd: sum(counting.iter().map(|p| (&p.enterprise, p.investment_vnd.mid)), told.investment),
        potential_t_co2e: PublishedSum {
            value: emissions.value.map(|_| plan.potential.emissions.t()),
            contributors: emissions.contributors,
        },
        discount_rate: plan.assumptions.discount_rate,
        options,
    }
}

pub fn option_sums(plan: &Plan, told: &Told) -> Vec<OptionSums> {
    let mut by_option: BTreeMap<&OptionId, Vec<&Proposal>> = BTreeMap::new();
    for proposal in &plan.proposals {
        by_option.entry(&proposal.option).or_default().push(proposal);
    }
    let mut sums: Vec<OptionSums> = by_option
        .into_iter()
        .filter_map(|(option, proposals)| {
            let counting: Vec<&Proposal> = proposals.iter().copied().filter(|proposal| proposal.counts).collect();
            let curve: Vec<_> = plan.curve.iter().filter(|step| step.step.id == option.as_str()).collect();
            let tonnes = curve.iter().map(|step| (&step.step.enterprise, step.step.abatement_t_co2e));
            let tonnes = sum(tonnes, told.abatements.contains(option));
            let cost: f64 = curve.iter().map(|step| step.cost_vnd_per_t * step.step.abatement_t_co2e).sum();
            Some(OptionSums {
                option: option.clone(),
                label: proposals.first()?.label.clone(),
                enterprises: proposals.len(),
                counting: counting.len(),
                investment_vnd: sum(
                    counting.iter().map(|p| (&p.enterprise, p.investment_vnd.mid)),
                    told.investments.contains(option),
                ),
                cost_vnd_per_t: tonnes.value.filter(|tonnes| *tonnes > 0.0).map(|tonnes| cost / tonnes),
                abatement_t_co2e: tonnes,
                unconfirmed: proposals.iter().any(|proposal| proposal.unconfirmed),
            })
        })
        .collect();
    sums.sort_by(|a, b| {
        let key = |sums: &OptionSums| sums.cost_vnd_per_t.unwrap_or(f64::INFINITY);
        key(a).total_cmp(&key(b)).then_with(|| a.option.cmp(&b.option))
    });
    sums
}

/// The plan of one enterprise alone, by the same rules as the park's.
pub fn own_plan(app: &App, computed: &Computed, own: &EnterpriseId) -> Plan {
    let park = &computed.park;
    let alone = Park {
        enterprises: park.enterprises.iter().filter(|enterprise| enterprise.id == *own).cloned().collect(),
        measures: park.measures.iter().filter(|measure| measure.enterprise == *own).cloned().collect(),
        records: Vec::new(),
        drivers: Vec::new(),
        meters: Vec::new(),
        readings: BTreeMap::new(),
        metered: BTreeMap::new(),
        weather: Default::default(),
        streams: Vec::new(),
        works: Default::default(),
        exchanges: Vec::new(),
        survey: Vec::new(),
        facts: Vec::new(),
        plans: Vec::new(),
        adjustments: Vec::new(),
        key_readings: Vec::new(),
        id: park.id.clone(),
        name: park.name.clone(),
        province: park.province.clone(),
        developer: None,
        note: None,
        ..*park
    };
    let report = &computed.report;
    plan::plan(&alone, &report.balance, &[], &report.network, app.catalogue, report.plan.assumptions)
}

/// One resource over the park.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResourceSum {
    #[schema(value_type = String)]
    pub resource: ResourceId,
    #[schema(value_type = String)]
    pub dimension: Dimension,
    /// In the canonical unit of the dimension: kWh, m³, kg.
    pub amount: PublishedSum,
    pub months_covered: usize,
    pub months_expected: usize,
}

pub fn balance_sums(balance: &Balance, told: &Told) -> Vec<ResourceSum> {
    balance
        .park
        .iter()
        .map(|(resource, total)| ResourceSum {
            resource: resource.clone(),
            dimension: total.dimension,
            amount: sum(
                balance.sites.iter().filter_map(|(site, sums)| Some((site, sums.get(resource)?.amount))),
                told.resources.contains(resource),
            ),
            months_covered: total.months_covered,
            months_expected: total.months_expected,
        })
        .collect()
}

/// Sums of the five quantities of somebody's own claims, by status.
pub fn own_totals(report: &ParkReport, own: &EnterpriseId) -> BTreeMap<Status, engine::report::StatusTotal> {
    engine::report::totals(report.verifications.iter().map(|v| &v.claim).filter(|claim| claim.enterprise == *own))
}

/// The five quantities in the order of `Impact::values`: text key, unit and decimals.
pub const QUANTITIES: [(&str, &str, usize); 5] = [
    ("report-electricity", "MWh", 1),
    ("report-water", "m³", 0),
    ("report-fuel", "TJ", 2),
    ("report-materials", "t", 1),
    ("report-emissions", "t CO₂e", 1),
];

/// The same by the names that they have in every answer for programs.
pub const QUANTITY_KEYS: [&str; 5] = ["electricity_mwh", "water_m3", "fuel_tj", "materials_t", "emissions_t_co2e"];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[(&str, f64)], is_told: bool) -> PublishedSum {
        let parts: Vec<(EnterpriseId, f64)> = parts.iter().map(|(id, part)| (EnterpriseId::new(*id), *part)).collect();
        sum(parts.iter().map(|(id, part)| (id, *part)), is_told)
    }

    #[test]
    fn contributors_are_enterprises_and_a_negative_part_counts() {
        assert_eq!(
            of(&[("a", 1.0), ("a", 1.0), ("b", -2.0)], true),
            PublishedSum { contributors: 2, value: Some(0.0) }
        );
        assert_eq!(of(&[("a", 1.0), ("b", 2.0)], false), PublishedSum { contributors: 2, value: None });
    }

    #[test]
    fn nothing_is_zero_and_not_withheld() {
        assert_eq!(of(&[], false), PublishedSum { contributors: 0, value: Some(0.0) });
    }
}
