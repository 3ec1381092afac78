//! What a network is chosen for: benefit, CO₂e, waste kept from disposal, or a weighted mix of them. Each network is
//! exact and comes with its bound. Method: `docs/methods/scenarios.md`.

pub mod lexicographic;
mod tables;
mod wanted;
pub mod works;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::benefit::benefit;
use super::carbon::{Carbon, CarbonBook, ExchangeFactors};
use super::choose::steps;
use super::network::{BENEFIT_LIMIT, Link, TransportProblem, solve_transport};
use super::{Candidates, ExchangeUnit, MatchingRules, Obstacle, Standing};
use crate::catalogue::Catalogue;
use crate::ids::{EnterpriseId, StreamId};
use crate::park::{Park, Stream, StreamKind};
use crate::period::Period;
use crate::source::Basis;
use lexicographic::{Pair, WideLink, WideProblem, solve_wide};
use works::{GroundWorks, Solver, Unsolved};

pub use tables::read_ground;
pub use wanted::Wanted;

/// What is to be as great as possible.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Objective {
    /// VND a year.
    Benefit,
    /// CO₂e avoided less caused.
    Co2e,
    /// Material that its giver pays to be rid of today.
    Disposal,
    /// VND a year, with a value for each t of CO₂e and each t kept from disposal.
    Mix(Weights),
}

/// What counts how much in a mix: benefit times `money`, and VND for each t.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    pub money: f64,
    pub co2e_vnd_per_t: f64,
    pub disposal_vnd_per_t: f64,
}

impl Objective {
    pub fn code(self) -> &'static str {
        match self {
            Objective::Benefit => "benefit",
            Objective::Co2e => "co2e",
            Objective::Disposal => "disposal",
            Objective::Mix(_) => "mix",
        }
    }

    fn needs_co2e(self) -> bool {
        match self {
            Objective::Benefit | Objective::Disposal => false,
            Objective::Co2e => true,
            Objective::Mix(weights) => weights.co2e_vnd_per_t != 0.0,
        }
    }
}

/// A stream with what it can give or take, in whole steps of its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub stream: StreamId,
    pub enterprise: EnterpriseId,
    pub steps: i64,
    pub basis: Basis,
}

/// An exchange that every rule allows and whose benefit is known, of either sign, with all that may be weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct WeighedLink {
    /// Index into the givers and into the takers.
    pub giver: usize,
    pub taker: usize,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    /// Steps of money per unit, as in the network of the report.
    pub benefit: i64,
    /// Benefit in its parts, VND per unit: disposal, purchase, treatment, haulage.
    pub parts_vnd: [f64; 4],
    /// kg of CO₂e per t or MWh, g per m³; `None` where it is not known.
    pub co2e: Option<i64>,
    pub carbon: Option<Carbon>,
    /// Whether the giver pays for its disposal today, and it is a material.
    pub is_kept_from_disposal: bool,
    pub distance_km: Option<f64>,
    /// Steps a year that its seasons leave, where they overlap in part only; counts where links and plants do.
    pub most: Option<i64>,
    /// Whether it is a candidate that pays; the others enter only where something else than money counts, or where
    /// prices change.
    pub is_ready: bool,
}

/// The streams and links of a park from which networks are chosen. Sorted by kind and identifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    pub givers: Vec<Side>,
    pub takers: Vec<Side>,
    pub links: Vec<WeighedLink>,
    pub works: GroundWorks,
}

/// What a network comes to, a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Yearly costs of links and plants taken off.
    pub benefit_vnd: f64,
    /// Of the links and plants that the network uses, as far as somebody stated them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub yearly_costs_vnd: f64,
    /// Of the exchanges whose CO₂e is known.
    pub co2e_t: f64,
    /// Exchanges of the network whose CO₂e is not known.
    pub co2e_unknown: usize,
    pub kept_from_disposal_t: f64,
    pub material_t: f64,
    pub water_m3: f64,
    pub heat_mwh: f64,
    pub exchanges: usize,
}

/// A network with its totals and its proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Steps over each link of the ground.
    pub flows: Vec<i64>,
    pub totals: Totals,
    /// The objective's own sum: VND, g CO₂e or kg.
    pub value: i128,
    /// No network of these links has a greater one. Equal to the value where the network is proved best, which only
    /// with yearly costs or plants it may not be.
    pub bound: i128,
    /// Why nothing is exchanged in a part that could not be chosen, where there is one.
    pub refusal: Option<Unsolved>,
    /// Links of the ground that could not be weighed because their CO₂e is not known.
    pub unweighed: usize,
}

impl Chosen {
    /// Whether no network can have a greater sum.
    pub fn is_proved(&self) -> bool {
        self.value == self.bound && self.refusal.is_none()
    }

    /// (bound − value) / bound, and 0 where nothing can be gained.
    pub fn gap(&self) -> f64 {
        if self.bound > 0 { (self.bound - self.value) as f64 / self.bound as f64 } else { 0.0 }
    }
}

/// Everything a ground is made of.
#[derive(Clone, Copy)]
pub struct GroundOf<'a> {
    pub park: &'a Park,
    pub catalogue: &'a Catalogue,
    pub rules: &'a MatchingRules,
    pub factors: &'a ExchangeFactors,
    pub period: Period,
    /// Needed where the park has links with yearly costs or plants.
    pub solver: Option<Solver>,
}

impl Ground {
    /// The exchanges that are ready, and those to which nothing is opposed but that they cost more than they save.
    pub fn of(from: GroundOf<'_>, candidates: &Candidates) -> Ground {
        let streams: BTreeMap<&StreamId, &Stream> =
            from.park.streams.iter().map(|stream| (&stream.id, stream)).collect();
        let book = CarbonBook::new(from.park, from.catalogue, from.factors, from.period);
        let ready = candidates
            .exchanges
            .iter()
            .filter(|exchange| exchange.standing == Standing::Ready)
            .map(|exchange| (&exchange.giver, &exchange.taker, exchange.distance_km, exchange.quantity, true));
        let unpaid = candidates
            .rejections
            .iter()
            .filter(|row| row.missing.is_empty() && matches!(row.obstacles[..], [Obstacle::NotWorthIt { .. }]))
            .map(|row| (&row.giver, &row.taker, row.distance_km, None, false));
        let mut pairs: Vec<_> = ready.chain(unpaid).collect();
        let kind_of = |stream: &StreamId| streams.get(stream).map(|stream| stream.kind);
        pairs.sort_by(|a, b| (kind_of(a.0), a.0, a.1).cmp(&(kind_of(b.0), b.0, b.1)));

        let mut ground =
            Ground { givers: Vec::new(), takers: Vec::new(), links: Vec::new(), works: GroundWorks::default() };
        let mut givers = BTreeMap::new();
        let mut takers = BTreeMap::new();
        let plants = &from.park.works.plants;
        for (giver, taker, distance_km, quantity, is_ready) in pairs {
            let (Some(give), Some(take)) = (streams.get(giver), streams.get(taker)) else { continue };
            let parts = benefit(give, take, distance_km, from.catalogue, from.rules);
            let plant = plants.iter().find(|plant| plant.input == *taker);
            let in_plant = plant.and_then(|plant| plant.treatment_vnd).unwrap_or(0.0);
            let Some(per_unit) = parts.per_unit_vnd.map(|vnd| vnd - in_plant) else { continue };
            let unit = ExchangeUnit::of(give.kind);
            let carbon = book.carbon(give, take, distance_km);
            let per_kg = co2e_steps_per_kg(unit);
            ground.links.push(WeighedLink {
                giver: side(&mut givers, &mut ground.givers, give, candidates),
                taker: side(&mut takers, &mut ground.takers, take, candidates),
                kind: give.kind,
                unit,
                benefit: money_steps(per_unit, unit),
                parts_vnd: [
                    parts.avoided_disposal_vnd,
                    parts.avoided_purchase_vnd,
                    parts.treatment_vnd.map(|vnd| vnd + in_plant),
                    parts.haulage_vnd,
                ]
                .map(|part| part.unwrap_or(0.0)),
                co2e: carbon.as_ref().map(|carbon| whole(carbon.net_kg() * per_kg)),
                carbon,
                is_kept_from_disposal: give.kind == StreamKind::Material && give.price_vnd.is_some_and(|vnd| vnd > 0.0),
                distance_km,
                most: quantity.map(|quantity| steps(quantity, unit)),
                is_ready,
            });
        }
        ground.works = GroundWorks::of(&ground, &from);
        ground
    }

    /// The network in which the objective is greatest. Ties of CO₂e and of disposal go to the greater benefit.
    pub fn choose(&self, objective: Objective) -> Chosen {
        self.choose_without(objective, &BTreeSet::new())
    }

    /// The same without some of the links.
    pub fn choose_without(&self, objective: Objective, forbidden: &BTreeSet<usize>) -> Chosen {
        if !self.works.is_empty() {
            return self.choose_with_works(objective, forbidden);
        }
        let unweighed = self.links.iter().filter(|link| objective.needs_co2e() && link.co2e.is_none()).count();
        let (flows, value, bound) = match objective {
            Objective::Benefit => self.solve_benefit(forbidden),
            _ => self.solve_wide(objective, forbidden),
        };
        Chosen { totals: self.totals(&flows), flows, value, bound, unweighed, refusal: None }
    }

    /// What flows over the links come to.
    pub fn totals(&self, flows: &[i64]) -> Totals {
        let mut totals = Totals::default();
        for (link, &flow) in self.links.iter().zip(flows).filter(|(_, flow)| **flow > 0) {
            let quantity = flow as f64 / link.unit.quantity_steps();
            totals.exchanges += 1;
            totals.benefit_vnd += link.benefit as f64 * link.unit.price_step_vnd() * quantity;
            match link.co2e {
                Some(steps) => totals.co2e_t += steps as f64 / co2e_steps_per_kg(link.unit) * quantity / 1e3,
                None => totals.co2e_unknown += 1,
            }
            if link.is_kept_from_disposal {
                totals.kept_from_disposal_t += quantity;
            }
            match link.kind {
                StreamKind::Material => totals.material_t += quantity,
                StreamKind::Water => totals.water_m3 += quantity,
                StreamKind::Heat => totals.heat_mwh += quantity,
            }
        }
        if !self.works.is_empty() {
            totals.yearly_costs_vnd = self.yearly_costs_vnd(flows);
            totals.benefit_vnd -= totals.yearly_costs_vnd;
        }
        totals
    }

    /// The ground in which an enterprise neither gives nor takes.
    pub fn without(&self, enterprise: &EnterpriseId) -> Ground {
        let mut ground = self.clone();
        for side in ground.givers.iter_mut().chain(&mut ground.takers).filter(|side| side.enterprise == *enterprise) {
            side.steps = 0;
        }
        ground
    }

    pub fn enterprises(&self) -> BTreeSet<&EnterpriseId> {
        self.givers.iter().chain(&self.takers).map(|side| &side.enterprise).collect()
    }

    /// One transport problem for each kind, by the solver of the report: the same links, the same network.
    fn solve_benefit(&self, forbidden: &BTreeSet<usize>) -> (Vec<i64>, i128, i128) {
        let mut flows = vec![0; self.links.len()];
        let (mut value, mut bound) = (0, 0);
        for kind in [StreamKind::Material, StreamKind::Water, StreamKind::Heat] {
            let enters = |(number, link): &(usize, &WeighedLink)| {
                link.kind == kind && link.benefit > 0 && !forbidden.contains(number)
            };
            let numbers: Vec<usize> = self.links.iter().enumerate().filter(enters).map(|(number, _)| number).collect();
            if numbers.is_empty() {
                continue;
            }
            let givers = renumbered(numbers.iter().map(|number| self.links[*number].giver));
            let takers = renumbered(numbers.iter().map(|number| self.links[*number].taker));
            let links = numbers.iter().map(|number| {
                let link = &self.links[*number];
                Link { giver: givers[&link.giver], taker: takers[&link.taker], benefit: link.benefit }
            });
            let supply = givers.keys().map(|giver| self.givers[*giver].steps).collect();
            let demand = takers.keys().map(|taker| self.takers[*taker].steps).collect();
            let problem = TransportProblem::new(supply, demand, links.collect())
                .unwrap_or_else(|faults| panic!("streams within the limits make a problem, but: {faults:?}"));
            let solution = solve_transport(&problem);
            let scale = scale(ExchangeUnit::of(kind));
            value += solution.objective_int * scale;
            bound += solution.bound_int * scale;
            for (number, flow) in numbers.into_iter().zip(solution.flows) {
                flows[number] = flow;
            }
        }
        (flows, value, bound)
    }

    fn solve_wide(&self, objective: Objective, forbidden: &BTreeSet<usize>) -> (Vec<i64>, i128, i128) {
        let solution = self.solve_pairs(&self.values(objective, forbidden));
        (solution.0, solution.1.0, solution.2.0)
    }

    /// The greatest sum of pairs, the first of each before the second; `None` leaves a link out.
    pub(in crate::matching) fn solve_pairs(&self, values: &[Option<Pair>]) -> (Vec<i64>, Pair, Pair) {
        let entering: Vec<usize> = (0..self.links.len()).filter(|number| values[*number].is_some()).collect();
        let links = entering.iter().filter_map(|number| {
            let link = &self.links[*number];
            Some(WideLink { giver: link.giver, taker: link.taker, value: values[*number]? })
        });
        let problem = WideProblem {
            supply: self.givers.iter().map(|side| side.steps).collect(),
            demand: self.takers.iter().map(|side| side.steps).collect(),
            links: links.collect(),
        };
        let solution = solve_wide(&problem);
        let mut flows = vec![0; self.links.len()];
        for (number, flow) in entering.into_iter().zip(solution.flows) {
            flows[number] = flow;
        }
        (flows, solution.value, solution.bound)
    }
}

/// What one step over a link adds to an objective: VND, g CO₂e or kg. `None` where it cannot be weighed.
pub(super) fn worth(link: &WeighedLink, objective: Objective) -> Option<i128> {
    let scale = scale(link.unit);
    match objective {
        Objective::Benefit => Some(benefit_worth(link)),
        Objective::Co2e => Some(i128::from(link.co2e?) * scale),
        Objective::Disposal => Some(if link.is_kept_from_disposal { scale } else { 0 }),
        Objective::Mix(weights) => {
            let co2e_vnd = match (weights.co2e_vnd_per_t, link.co2e) {
                (0.0, _) => 0.0,
                (vnd_per_t, steps) => vnd_per_t / 1e6 * steps? as f64,
            };
            let disposal_vnd = if link.is_kept_from_disposal { weights.disposal_vnd_per_t / 1e3 } else { 0.0 };
            Some(i128::from(whole(weights.money * link.benefit as f64 + co2e_vnd + disposal_vnd)) * scale)
        }
    }
}

/// VND of one step over a link.
pub(super) fn benefit_worth(link: &WeighedLink) -> i128 {
    i128::from(link.benefit) * scale(link.unit)
}

/// Benefits are kept in thousand VND per t or MWh and VND per m³, CO₂e in kg and g, disposal in t: one step of quantity
/// is then worth so many VND, g or kg, whichever the unit.
fn scale(unit: ExchangeUnit) -> i128 {
    match unit {
        ExchangeUnit::Tonne | ExchangeUnit::MegawattHour => 100,
        ExchangeUnit::CubicMetre => 1,
    }
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn co2e_steps_per_kg(unit: ExchangeUnit) -> f64 {
    match unit {
        ExchangeUnit::Tonne | ExchangeUnit::MegawattHour => 1.0,
        ExchangeUnit::CubicMetre => 1_000.0,
    }
}

/// A benefit per unit in steps of money, as the network of the report rounds it.
pub(super) fn money_steps(per_unit_vnd: f64, unit: ExchangeUnit) -> i64 {
    whole(per_unit_vnd / unit.price_step_vnd())
}

fn whole(value: f64) -> i64 {
    (value.round() as i64).clamp(-BENEFIT_LIMIT, BENEFIT_LIMIT)
}

fn side(
    numbers: &mut BTreeMap<StreamId, usize>,
    sides: &mut Vec<Side>,
    stream: &Stream,
    candidates: &Candidates,
) -> usize {
    *numbers.entry(stream.id.clone()).or_insert_with(|| {
        let offer = candidates.streams.get(&stream.id);
        let quantity = offer.and_then(|offer| offer.quantity).unwrap_or(0.0);
        sides.push(Side {
            stream: stream.id.clone(),
            enterprise: stream.enterprise.clone(),
            steps: steps(quantity, ExchangeUnit::of(stream.kind)),
            basis: stream.basis,
        });
        sides.len() - 1
    })
}

/// Numbers in the order of identifiers: of networks that are worth the same the solver picks by number.
fn renumbered(used: impl Iterator<Item = usize>) -> BTreeMap<usize, u32> {
    let used: BTreeSet<usize> = used.collect();
    used.into_iter().zip(0..).collect()
}
