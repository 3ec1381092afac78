//! Which sums of one park may be told to somebody who may not see its enterprises. They are decided together, for a
//! reader can put what one page says beside what another says.

use std::collections::{BTreeMap, BTreeSet};

use engine::assess::found::{Terms, is_asked};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Criterion;
use engine::ids::{CriterionId, EnterpriseId, FrameworkId, OptionId, ResourceId};
use engine::observe::{Balance, Total as Amount};
use engine::park::{Park, StreamKind};
use engine::period::Period;
use engine::plan::policy::{counts_recp, starts};
use engine::plan::{Closing, Proposal, Through};
use engine::quantity::Energy;
use engine::report::ParkReport;
use engine::source::Basis;

use super::disclosure::{Parts, Total, told};

/// The sums that may be told. One that is not in here may not.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Whether sums of claims are told of this period at all; which of them is decided status by status.
    pub claims: bool,
    pub energy: bool,
    pub resources: BTreeSet<ResourceId>,
    pub bases: BTreeSet<(ResourceId, Basis)>,
    /// Divisions of ISIC, two digits, by the energy that they use.
    pub industries: BTreeSet<String>,
    pub costs: BTreeSet<ResourceId>,
    pub investment: bool,
    pub investments: BTreeSet<OptionId>,
    pub closings: BTreeSet<(FrameworkId, CriterionId)>,
    pub potential: bool,
    pub abatements: BTreeSet<OptionId>,
    pub benefit: bool,
    pub quantities: BTreeSet<StreamKind>,
    pub benefits: BTreeSet<StreamKind>,
}

/// The periods that sums are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Periods {
    /// Calendar years have no day in common; of other periods one could be taken from another.
    Years,
    /// For those who see the parts.
    Any,
}

impl Told {
    pub fn of(park: &Park, report: &ParkReport, periods: Periods, catalogue: &Catalogue) -> Told {
        if periods == Periods::Years && !is_of_a_year(report) {
            return Told::default();
        }
        let mut answer = Told { claims: true, ..Told::default() };
        amounts(&mut answer, park, &report.balance);
        costs(&mut answer, &report.balance);
        investments(&mut answer, park, report, catalogue);
        abatements(&mut answer, report);
        exchanges(&mut answer, report);
        answer
    }
}

pub fn is_of_a_year(report: &ParkReport) -> bool {
    Period::parse(&report.run.period).is_some_and(|period| Period::year(period.start().year()) == Some(period))
}

type Key = (ResourceId, Basis);

/// Resources, the energy that sites receive as a whole, by industry, and each resource by the basis of its records.
fn amounts(answer: &mut Told, park: &Park, balance: &Balance) {
    let mut resources: BTreeMap<&ResourceId, Parts<EnterpriseId, Key>> = BTreeMap::new();
    let mut bases: BTreeMap<Key, Parts<EnterpriseId, Key>> = BTreeMap::new();
    let mut energy: Parts<EnterpriseId, Key> = Parts::new();
    let mut industries: BTreeMap<String, Parts<EnterpriseId, Key>> = BTreeMap::new();
    for (enterprise, site) in &balance.sites {
        let division = division(park, enterprise);
        for (resource, total) in site {
            for (basis, amount) in &total.by_basis {
                let key = (resource.clone(), *basis);
                let part = (enterprise.clone(), key.clone());
                resources.entry(resource).or_default().insert(part.clone(), *amount);
                bases.entry(key).or_default().insert(part.clone(), *amount);
                if let Some(mwh) = received(total) {
                    let share = if total.amount == 0.0 { 0.0 } else { amount / total.amount };
                    energy.insert(part.clone(), mwh * share);
                    industries.entry(division.clone()).or_default().insert(part, mwh * share);
                }
            }
        }
    }
    let mut resources: Vec<_> = resources.into_iter().collect();
    let mut industries: Vec<_> = industries.into_iter().collect();
    // The larger is the more useful.
    resources.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then_with(|| a.0.cmp(b.0)));
    industries.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then_with(|| a.0.cmp(&b.0)));
    let totals: Vec<_> = std::iter::once(Total::whole(energy))
        .chain(resources.iter().map(|(_, parts)| Total::one_of("resource", parts.clone())))
        .chain(industries.iter().map(|(_, parts)| Total::one_of("industry", parts.clone())))
        .chain(bases.values().map(|parts| Total::one_of("basis", parts.clone())))
        .collect();
    let mut is_told = told(&totals).into_iter();
    let mut next = || is_told.next() == Some(true);
    answer.energy = next();
    answer.resources = resources.into_iter().filter(|_| next()).map(|(resource, _)| resource.clone()).collect();
    answer.industries = industries.into_iter().filter(|_| next()).map(|(division, _)| division).collect();
    answer.bases = bases.into_keys().filter(|_| next()).collect();
}

pub fn division(park: &Park, enterprise: &EnterpriseId) -> String {
    let isic4 = park.enterprise(enterprise).map_or("", |enterprise| enterprise.isic4.as_str());
    isic4.get(..2).unwrap_or(isic4).to_string()
}

/// Energy that a site receives with a resource, in MWh.
pub fn received(total: &Amount) -> Option<f64> {
    let is_input = total.flow == engine::catalogue::Flow::In;
    total.energy.map(Energy::mwh).filter(|mwh| is_input && *mwh > 0.0)
}

fn size<C: Ord, P: Ord>(parts: &Parts<C, P>) -> f64 {
    parts.values().map(|amount| amount.abs()).sum()
}

fn costs(answer: &mut Told, balance: &Balance) {
    for resource in balance.park.keys() {
        let cost = |site: &engine::observe::SiteBalance| site.get(resource).and_then(|total| total.cost_vnd);
        let parts = balance.sites.iter().filter_map(|(id, site)| Some(((id.clone(), ()), cost(site)?))).collect();
        if answer.resources.contains(resource) && told(&[Total::whole(parts)]) == [true] {
            answer.costs.insert(resource.clone());
        }
    }
}

/// What proposals would cost: those that count, the cheapest starts, by option, and those that would close a criterion.
fn investments(answer: &mut Told, park: &Park, report: &ParkReport, catalogue: &Catalogue) {
    let (whole, options) = by_option(report);
    let mut starts: Vec<Spent> = all_starts(park, report, catalogue).into_values().map(|starts| starts.costs).collect();
    // Rows of several editions count the same tenants.
    starts.dedup();
    let closings: Vec<&Closing> = report.plan.closings.iter().collect();
    let totals: Vec<_> = std::iter::once(Total::whole(whole))
        .chain(starts.into_iter().map(Total::whole))
        .chain(options.values().map(|parts| Total::one_of("option", parts.clone())))
        .chain(closings.iter().map(|closing| Total::whole(closing_parts(report, closing))))
        .collect();
    let decided_before = totals.len() - options.len() - closings.len();
    let mut is_told = told(&totals).into_iter();
    answer.investment = is_told.next() == Some(true);
    let mut is_told = is_told.skip(decided_before - 1);
    let mut next = || is_told.next() == Some(true);
    answer.investments = options.into_keys().filter(|_| next()).collect();
    let closings = closings.into_iter().filter(|_| next());
    answer.closings = closings.map(|closing| (closing.framework.clone(), closing.criterion.clone())).collect();
}

type Spent = Parts<EnterpriseId, OptionId>;

fn by_option(report: &ParkReport) -> (Spent, BTreeMap<OptionId, Spent>) {
    let mut whole = Spent::new();
    let mut options: BTreeMap<OptionId, Spent> = BTreeMap::new();
    for proposal in &report.plan.proposals {
        let options = options.entry(proposal.option.clone()).or_default();
        if proposal.counts {
            let part = (proposal.enterprise.clone(), proposal.option.clone());
            whole.insert(part.clone(), proposal.investment_vnd.mid);
            options.insert(part, proposal.investment_vnd.mid);
        }
    }
    (whole, options)
}

/// What all starts of a row cost and save.
struct Starts {
    costs: Spent,
    savings: Spent,
}

/// By each row of the catalogue that counts tenants that apply RECP.
fn all_starts<'c>(park: &Park, report: &ParkReport, catalogue: &'c Catalogue) -> BTreeMap<&'c CriterionId, Starts> {
    let rows = catalogue.frameworks.values().flat_map(|framework| &framework.criteria);
    let rows = rows.filter(|row| counts_recp(row, catalogue));
    let of_row = |row: &'c Criterion| {
        let scope = Terms::of(row, catalogue.indicator(row)).min_employees;
        let starts = starts(park, &report.balance, &report.plan, row, catalogue);
        let in_scope = || starts.iter().filter(|start| is_asked(start.employees, scope)).map(|start| start.proposal);
        let parts = |of: fn(&Proposal) -> f64| {
            let part = |proposal: &Proposal| ((proposal.enterprise.clone(), proposal.option.clone()), of(proposal));
            in_scope().map(part).collect::<Spent>()
        };
        let costs = parts(|proposal| proposal.investment_vnd.mid);
        let savings = parts(|proposal| proposal.money_vnd.map_or(0.0, |money| money.mid));
        (&row.id, Starts { costs, savings })
    };
    rows.map(of_row).collect()
}

/// Rows that count tenants that apply RECP and of whose starts the whole cost and the whole saving may be told. They are
/// decided right after the whole investment, so that a reader of the laboratory learns something of every large park.
pub fn starts_told(park: &Park, report: &ParkReport, catalogue: &Catalogue) -> BTreeSet<CriterionId> {
    if !is_of_a_year(report) {
        return BTreeSet::new();
    }
    let (whole, _) = by_option(report);
    let starts = all_starts(park, report, catalogue);
    let (rows, starts): (Vec<&CriterionId>, Vec<Starts>) = starts.into_iter().unzip();
    let costs = starts.iter().map(|starts| Total::whole(starts.costs.clone()));
    let costs: Vec<_> = std::iter::once(Total::whole(whole)).chain(costs).collect();
    let savings: Vec<_> = starts.iter().map(|starts| Total::whole(starts.savings.clone())).collect();
    let both = told(&costs).into_iter().skip(1).zip(told(&savings));
    rows.into_iter().zip(both).filter(|(_, (cost, saving))| *cost && *saving).map(|(row, _)| row.clone()).collect()
}

fn closing_parts(report: &ParkReport, closing: &Closing) -> Parts<EnterpriseId, OptionId> {
    let proposals = &report.plan.proposals;
    let part = |step: &Through| match step {
        Through::Proposal { enterprise, option } => {
            let found = proposals.iter().find(|p| p.enterprise == *enterprise && p.option == *option)?;
            Some(((enterprise.clone(), option.clone()), found.investment_vnd.mid))
        }
        Through::Exchange { .. } => None,
    };
    closing.through.iter().filter_map(part).collect()
}

/// Tonnes that the counting proposals would avoid, together and by option.
fn abatements(answer: &mut Told, report: &ParkReport) {
    let mut options: BTreeMap<OptionId, Parts<EnterpriseId, OptionId>> = BTreeMap::new();
    let mut spent: BTreeMap<OptionId, Parts<EnterpriseId, OptionId>> = BTreeMap::new();
    for step in &report.plan.curve {
        let option = OptionId::new(step.step.id.as_str());
        let part = (step.step.enterprise.clone(), option.clone());
        let tonnes = step.step.abatement_t_co2e;
        options.entry(option.clone()).or_default().insert(part.clone(), tonnes);
        spent.entry(option).or_default().insert(part, step.cost_vnd_per_t * tonnes);
    }
    let mut whole: Parts<EnterpriseId, OptionId> =
        options.values().flatten().map(|(part, t)| (part.clone(), *t)).collect();
    for proposal in report.plan.proposals.iter().filter(|proposal| proposal.counts) {
        // What the curve leaves out, because it overlaps or has no price, is in the potential all the same.
        let part = (proposal.enterprise.clone(), proposal.option.clone());
        whole.entry(part).or_insert(proposal.impact.emissions.t());
    }
    let totals: Vec<_> = std::iter::once(Total::whole(whole))
        .chain(options.values().map(|parts| Total::one_of("option", parts.clone())))
        .collect();
    let mut is_told = told(&totals).into_iter();
    let mut next = || is_told.next() == Some(true);
    answer.potential = next();
    let options = options.into_keys().filter(|_| next()).filter(|option| {
        // The mean cost of a tonne beside the tonnes tells what it costs.
        spent.get(option).is_some_and(|parts| told(&[Total::whole(parts.clone())]) == [true])
    });
    answer.abatements = options.collect();
}

/// The best network: quantities by kind, benefits by kind and together. Givers and takers both could be read out of
/// them, so that both must be safe.
fn exchanges(answer: &mut Told, report: &ParkReport) {
    let kinds: Vec<StreamKind> = report.network.parts.iter().map(|part| part.kind).collect();
    type Side = fn(&engine::matching::ChosenExchange) -> &EnterpriseId;
    let sides: [Side; 2] = [|exchange| &exchange.giver_enterprise, |exchange| &exchange.taker_enterprise];
    let parts = |side: Side, kind: Option<StreamKind>, amount: fn(&engine::matching::ChosenExchange) -> f64| {
        let of_kind = report.network.exchanges.iter().enumerate();
        let of_kind = of_kind.filter(|(_, exchange)| kind.is_none_or(|kind| exchange.kind == kind));
        of_kind.map(|(at, exchange)| ((side(exchange).clone(), at), amount(exchange))).collect::<Parts<_, _>>()
    };
    let by_side = sides.map(|side| {
        let benefits: Vec<_> = std::iter::once(Total::whole(parts(side, None, |exchange| exchange.benefit_vnd)))
            .chain(
                kinds
                    .iter()
                    .map(|kind| Total::one_of("kind", parts(side, Some(*kind), |exchange| exchange.benefit_vnd))),
            )
            .collect();
        let quantities: Vec<_> =
            kinds.iter().map(|kind| Total::whole(parts(side, Some(*kind), |exchange| exchange.quantity))).collect();
        (told(&benefits), told(&quantities))
    });
    let [givers, takers] = by_side;
    let both = |a: &[bool], b: &[bool], at: usize| a.get(at) == Some(&true) && b.get(at) == Some(&true);
    answer.benefit = both(&givers.0, &takers.0, 0);
    for (at, kind) in kinds.into_iter().enumerate() {
        if both(&givers.0, &takers.0, at + 1) {
            answer.benefits.insert(kind);
        }
        if both(&givers.1, &takers.1, at) {
            answer.quantities.insert(kind);
        }
    }
}

#[cfg(test)]
mod tests;
