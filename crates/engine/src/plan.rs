//! Plan: what is worth doing, in which order, for how much, and what would close the shortfalls.

pub mod curve;
pub mod finance;
pub mod policy;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::assess::{Act, Assessment};
use crate::catalogue::{Catalogue, CatalogueOption, Pilot};
use crate::claim::Impact;
use crate::ids::{CriterionId, EnterpriseId, FrameworkId, OptionId};
use crate::language::Label;
use crate::matching::Network;
use crate::observe::Balance;
use crate::park::{Enterprise, Park, Status};
use crate::quantity::{Dimension, Emissions, Energy, Mass, Volume};
use curve::{CurveStep, Step, abatement_curve, choose_within_groups, joint_scale};
use finance::Project;

/// What the reader must know to judge the figures of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assumptions {
    /// Rate at which later money counts less, per year. A planning assumption, not a market figure.
    pub discount_rate: f64,
}

impl Default for Assumptions {
    fn default() -> Assumptions {
        Assumptions { discount_rate: 0.10 }
    }
}

/// Proposals for a park. They are options and no results: nothing here is counted as a saving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub assumptions: Assumptions,
    /// By payback; without a payback last.
    pub proposals: Vec<Proposal>,
    pub curve: Vec<CurveStep>,
    /// Sum of the proposals that count, overlaps taken out.
    pub potential: Impact,
    pub investment_vnd: f64,
    pub closings: Vec<Closing>,
}

/// Least, most likely and greatest value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub low: f64,
    pub mid: f64,
    pub high: f64,
}

impl Range {
    fn map(self, f: impl Fn(f64) -> f64) -> Range {
        Range { low: f(self.low), mid: f(self.mid), high: f(self.high) }
    }
}

/// One option at one enterprise, with what it would save there and cost. Always estimated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub enterprise: EnterpriseId,
    pub option: OptionId,
    pub label: Label,
    pub group: String,
    pub dimension: Dimension,
    /// Recorded use in the period, canonical unit; incomplete when months are missing.
    pub recorded_use: f64,
    pub is_complete: bool,
    /// Saved in a year, canonical unit.
    pub saving: Range,
    /// Money saved in a year at the enterprise's own average price; `None` when its bills do not say what they cost.
    pub money_vnd: Option<Range>,
    pub investment_vnd: Range,
    pub payback_years: Option<f64>,
    pub net_present_value_vnd: Option<f64>,
    pub internal_rate_of_return: Option<f64>,
    pub abatement_t_co2e: Option<f64>,
    pub cost_vnd_per_t: Option<f64>,
    pub impact: Impact,
    /// False where another option for the same use is worth more; such a proposal is an alternative.
    pub counts: bool,
    pub unconfirmed: bool,
    pub source: String,
}

/// The cheapest known way to close a criterion that is not met or unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    pub framework: FrameworkId,
    pub criterion: CriterionId,
    pub act: Act,
    /// Enterprises or exchanges that would do it at least cost.
    pub through: Vec<Through>,
    pub investment_vnd: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Through {
    Proposal { enterprise: EnterpriseId, option: OptionId },
    Exchange { giver: EnterpriseId, taker: EnterpriseId },
}

/// Options that fit the sites of a park, ranked, with the abatement cost curve and the cheapest closing acts.
///
/// Saving = recorded use × share that the option touches × saving on it, each from the catalogue's range; money at
/// the site's own average price. See `docs/methods/plan.md`.
pub fn plan(
    park: &Park,
    balance: &Balance,
    assessments: &[Assessment],
    network: &Network,
    catalogue: &Catalogue,
    assumptions: Assumptions,
) -> Plan {
    let mut proposals = Vec::new();
    for enterprise in &park.enterprises {
        for option in catalogue.options.values() {
            if fits(option, enterprise) && !is_chosen_already(park, enterprise, option) {
                proposals.extend(propose(enterprise, option, balance, catalogue, assumptions));
            }
        }
    }
    proposals.sort_by(|a, b| {
        let payback = |p: &Proposal| p.payback_years.unwrap_or(f64::INFINITY);
        payback(a).total_cmp(&payback(b)).then_with(|| (&a.enterprise, &a.option).cmp(&(&b.enterprise, &b.option)))
    });
    let steps: Vec<Step> = proposals.iter().map(|proposal| step(proposal, catalogue)).collect();
    let counted: BTreeSet<(EnterpriseId, String)> =
        choose_within_groups(&steps).into_iter().map(|choice| (choice.chosen.enterprise, choice.chosen.id)).collect();
    for proposal in &mut proposals {
        let key = (proposal.enterprise.clone(), proposal.option.to_string());
        proposal.counts = counted.contains(&key) && proposal.net_present_value_vnd.is_none_or(|value| value > 0.0);
    }
    let counting: Vec<&Proposal> = proposals.iter().filter(|proposal| proposal.counts).collect();
    Plan {
        assumptions,
        curve: abatement_curve(&counting.iter().map(|proposal| step(proposal, catalogue)).collect::<Vec<_>>()),
        potential: potential(&counting),
        investment_vnd: counting.iter().map(|proposal| proposal.investment_vnd.mid).fold(0.0, f64::add),
        closings: closings(assessments, &proposals, network),
        proposals,
    }
}

fn fits(option: &CatalogueOption, enterprise: &Enterprise) -> bool {
    option.sectors.is_empty() || option.sectors.iter().any(|prefix| enterprise.isic4.starts_with(prefix.as_str()))
}

fn is_chosen_already(park: &Park, enterprise: &Enterprise, option: &CatalogueOption) -> bool {
    park.measures.iter().any(|measure| {
        measure.enterprise == enterprise.id
            && measure.option.as_ref() == Some(&option.id)
            && !matches!(measure.status, Status::Proposed | Status::Rejected | Status::Superseded)
    })
}

/// What a site recorded of one group of resources.
#[derive(Default)]
struct Use {
    /// Canonical unit of the cost basis: kWh of heat content or electricity, m³ or kg.
    amount: f64,
    cost_vnd: Option<f64>,
    emissions: Option<Emissions>,
    impact: Impact,
    is_complete: bool,
}

fn propose(
    enterprise: &Enterprise,
    option: &CatalogueOption,
    balance: &Balance,
    catalogue: &Catalogue,
    assumptions: Assumptions,
) -> Option<Proposal> {
    let (dimension, cost_unit) = cost_unit(&option.cost_basis)?;
    let used = group_use(&enterprise.id, &option.resource, dimension, balance, catalogue)?;
    let fraction = Range {
        low: option.share_low * option.saving_low,
        mid: (option.share_low + option.share_high) / 2.0 * option.saving_mid,
        high: option.share_high * option.saving_high,
    };
    let saving = fraction.map(|fraction| fraction * used.amount);
    if saving.mid <= 0.0 {
        return None;
    }
    let money_vnd = used.cost_vnd.map(|cost| fraction.map(|fraction| fraction * cost));
    let floor = option.investment_floor_mvnd * 1e6;
    let costs = Range { low: option.cost_low_kvnd, mid: option.cost_mid_kvnd, high: option.cost_high_kvnd };
    let investment_vnd = costs.map(|kvnd| (kvnd * 1e3 * saving.mid / cost_unit).max(floor));
    let project = money_vnd.map(|money| Project {
        investment_vnd: investment_vnd.mid,
        yearly_saving_vnd: money.mid,
        yearly_cost_vnd: investment_vnd.mid * option.yearly_cost_share,
        life_years: option.life_years,
    });
    let abatement = used.emissions.map(|emissions| emissions * fraction.mid);
    let rate = assumptions.discount_rate;
    Some(Proposal {
        enterprise: enterprise.id.clone(),
        option: option.id.clone(),
        label: option.label(),
        group: option.resource.clone(),
        dimension,
        recorded_use: used.amount,
        is_complete: used.is_complete,
        saving,
        money_vnd,
        investment_vnd,
        payback_years: project.as_ref().and_then(finance::simple_payback_years),
        net_present_value_vnd: project.as_ref().and_then(|p| finance::net_present_value_vnd(p, rate)),
        internal_rate_of_return: project
            .as_ref()
            .and_then(Project::cash_flows_vnd)
            .and_then(|flows| finance::internal_rate_of_return(&flows)),
        abatement_t_co2e: abatement.map(Emissions::t),
        cost_vnd_per_t: project
            .as_ref()
            .zip(abatement)
            .and_then(|(project, abatement)| finance::abatement_cost_vnd_per_t(project, abatement, rate)),
        impact: used.impact.scaled(fraction.mid),
        counts: false,
        unconfirmed: option.unconfirmed,
        source: option.source.clone(),
    })
}

/// Dimension of a cost basis and how many canonical units one of its units holds.
fn cost_unit(basis: &str) -> Option<(Dimension, f64)> {
    match basis {
        "per_saved_mwh" => Some((Dimension::Energy, Energy::from_mwh(1.0).canonical())),
        "per_saved_gj" => Some((Dimension::Energy, Energy::from_gj(1.0).canonical())),
        "per_saved_m3" => Some((Dimension::Volume, Volume::from_m3(1.0).canonical())),
        "per_saved_t" => Some((Dimension::Mass, Mass::from_t(1.0).canonical())),
        _ => None,
    }
}

fn group_use(
    enterprise: &EnterpriseId,
    group: &str,
    dimension: Dimension,
    balance: &Balance,
    catalogue: &Catalogue,
) -> Option<Use> {
    let mut sum: Option<Use> = None;
    for (id, total) in balance.sites.get(enterprise)? {
        let Some(resource) = catalogue.resource(id).filter(|resource| resource.group == group) else { continue };
        let amount = match (dimension, resource.dimension) {
            (wanted, found) if wanted == found => total.amount,
            (Dimension::Energy, _) => total.energy?.canonical(),
            _ => return None,
        };
        let emissions = total.emissions.as_ref().map(|figure| figure.value);
        let impact = Impact {
            electricity: if resource.pilot == Some(Pilot::Electricity) {
                Energy::from_kwh(total.amount)
            } else {
                Energy::ZERO
            },
            water: if resource.pilot == Some(Pilot::Water) { Volume::from_m3(total.amount) } else { Volume::ZERO },
            fuel: if resource.pilot == Some(Pilot::Fuel) { total.energy.unwrap_or(Energy::ZERO) } else { Energy::ZERO },
            materials: if resource.pilot == Some(Pilot::Materials) { Mass::from_kg(total.amount) } else { Mass::ZERO },
            emissions: emissions.unwrap_or(Emissions::ZERO),
        };
        let before = sum.take();
        sum = Some(match before {
            None => Use { amount, cost_vnd: total.cost_vnd, emissions, impact, is_complete: total.is_complete() },
            Some(before) => Use {
                amount: before.amount + amount,
                cost_vnd: before.cost_vnd.zip(total.cost_vnd).map(|(a, b)| a + b),
                emissions: match (before.emissions, emissions) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                },
                impact: before.impact + impact,
                is_complete: before.is_complete && total.is_complete(),
            },
        });
    }
    sum.filter(|used| used.amount > 0.0)
}

fn step(proposal: &Proposal, catalogue: &Catalogue) -> Step {
    let group = catalogue.options.get(&proposal.option).map(|option| option.overlap_group.clone());
    Step {
        id: proposal.option.to_string(),
        enterprise: proposal.enterprise.clone(),
        label: proposal.label.clone(),
        overlap_group: group.filter(|group| !group.is_empty()),
        net_present_value_vnd: proposal.net_present_value_vnd,
        abatement_t_co2e: proposal.abatement_t_co2e.unwrap_or(0.0),
        cost_vnd_per_t: proposal.cost_vnd_per_t,
    }
}

/// What all counting proposals would save together: options on one use act on what the others leave.
fn potential(counting: &[&Proposal]) -> Impact {
    let mut uses: BTreeMap<(&EnterpriseId, &str), Vec<&Proposal>> = BTreeMap::new();
    for proposal in counting {
        uses.entry((&proposal.enterprise, &proposal.group)).or_default().push(proposal);
    }
    uses.into_values()
        .map(|proposals| {
            let fractions: Vec<f64> = proposals.iter().map(|p| p.saving.mid / p.recorded_use).collect();
            let sum = proposals.iter().fold(Impact::default(), |sum, proposal| sum + proposal.impact);
            sum.scaled(joint_scale(&fractions))
        })
        .fold(Impact::default(), |sum, impact| sum + impact)
}

/// The question of the survey that doing an option at an enterprise would let it answer with yes.
const RECP_QUESTION: &str = "applies-recp";

fn closings(assessments: &[Assessment], proposals: &[Proposal], network: &Network) -> Vec<Closing> {
    let mut closings = Vec::new();
    for assessment in assessments {
        for criterion in &assessment.criteria {
            let Some(shortfall) = &criterion.shortfall else { continue };
            let (through, investment_vnd) = match &shortfall.act {
                Act::MoreEnterprises { question, needed, answered_no, .. } if question == RECP_QUESTION => {
                    cheapest_enterprises(proposals, answered_no, *needed)
                }
                Act::MoreExchanges { needed } => (best_exchanges(network, *needed), None),
                _ => (Vec::new(), None),
            };
            closings.push(Closing {
                framework: assessment.framework.clone(),
                criterion: criterion.id.clone(),
                act: shortfall.act.clone(),
                through,
                investment_vnd,
            });
        }
    }
    closings
}

/// One proposal at each of the enterprises where starting costs least.
fn cheapest_enterprises(proposals: &[Proposal], among: &[EnterpriseId], needed: usize) -> (Vec<Through>, Option<f64>) {
    let mut cheapest: Vec<&Proposal> =
        among.iter().filter_map(|enterprise| cheapest_start(proposals, enterprise)).collect();
    cheapest.sort_by(|a, b| by_investment(a, b));
    cheapest.truncate(needed);
    let cost = (cheapest.len() == needed && needed > 0)
        .then(|| cheapest.iter().map(|proposal| proposal.investment_vnd.mid).sum());
    let through = cheapest
        .into_iter()
        .map(|proposal| Through::Proposal { enterprise: proposal.enterprise.clone(), option: proposal.option.clone() })
        .collect();
    (through, cost)
}

/// The proposal with the least investment of those at an enterprise that pay back.
fn cheapest_start<'p>(proposals: &'p [Proposal], enterprise: &EnterpriseId) -> Option<&'p Proposal> {
    proposals
        .iter()
        .filter(|proposal| proposal.enterprise == *enterprise && proposal.payback_years.is_some())
        .min_by(|a, b| a.investment_vnd.mid.total_cmp(&b.investment_vnd.mid).then_with(|| a.option.cmp(&b.option)))
}

fn by_investment(a: &Proposal, b: &Proposal) -> Ordering {
    a.investment_vnd.mid.total_cmp(&b.investment_vnd.mid).then_with(|| a.enterprise.cmp(&b.enterprise))
}

fn best_exchanges(network: &Network, needed: usize) -> Vec<Through> {
    network
        .exchanges
        .iter()
        .take(needed)
        .map(|exchange| Through::Exchange {
            giver: exchange.giver_enterprise.clone(),
            taker: exchange.taker_enterprise.clone(),
        })
        .collect()
}
