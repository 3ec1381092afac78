//! Links that cost something by the year and shared plants in the network of a park: which of them to use, and how much
//! to send over each exchange, in whole steps. Method: `docs/methods/network-park.md`.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::lexicographic::Pair;
use super::{Chosen, Ground, GroundOf, Objective, WeighedLink, benefit_worth, worth};
use crate::ids::{EnterpriseId, PlantId, SiteLinkId, StreamId};
use crate::linear::{Column, Limits, LinearAnswer, LinearProblem};
use crate::matching::ExchangeUnit;
use crate::matching::choose::steps;
use crate::park::StreamKind;
use crate::park::works::Charged;
pub(in crate::matching) use parts::Part;

/// Wall seconds for one network; as a rule its branches end first.
const SECONDS: f64 = 20.0;
const BRANCHES: i32 = 20_000;
/// How far a row may be passed, relative to what it allows: what rounding leaves.
const TOLERANCE: f64 = 1e-6;

/// A program that solves linear problems, to be kept with what it shall solve.
#[derive(Clone, Copy)]
pub struct Solver(pub fn(&LinearProblem, &Limits) -> Result<LinearAnswer, String>);

/// Why no network was found for a part that links, plants or seasons bear on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsolved {
    /// The program was built without one.
    NoSolver,
    NotInTime,
    /// What the solver gave does not keep the limits.
    BeyondLimits,
    SolverFailed,
}

impl Unsolved {
    pub const ALL: [Unsolved; 4] =
        [Unsolved::NoSolver, Unsolved::NotInTime, Unsolved::BeyondLimits, Unsolved::SolverFailed];

    pub fn code(self) -> &'static str {
        match self {
            Unsolved::NoSolver => "no-solver",
            Unsolved::NotInTime => "not-in-time",
            Unsolved::BeyondLimits => "beyond-limits",
            Unsolved::SolverFailed => "solver-failed",
        }
    }
}

/// The links and plants of a park as they bear on the exchanges of a ground.
#[derive(Clone, Debug, Default)]
pub struct GroundWorks {
    pub ways: Vec<Way>,
    pub plants: Vec<GroundPlant>,
    pub solver: Option<Solver>,
}

/// A link of the park, or of one pair of enterprises where each pays anew, with the exchanges that run over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    pub link: SiteLinkId,
    pub pair: Option<(EnterpriseId, EnterpriseId)>,
    /// VND a year; `None` where nobody stated it.
    pub a_year_vnd: Option<f64>,
    /// Steps a year that all its exchanges may carry together.
    pub capacity: Option<i64>,
    /// Places of links of the ground.
    pub links: Vec<usize>,
}

/// A plant whose input or output has exchanges in the ground.
#[derive(Clone, Debug, PartialEq)]
pub struct GroundPlant {
    pub plant: PlantId,
    /// Place among the takers, and among the givers; `None`: nobody gives it anything, or takes anything of it.
    pub input: Option<usize>,
    pub output: Option<usize>,
    /// Steps given off for a step taken in.
    pub output_share: f64,
    pub a_year_vnd: Option<f64>,
    /// Whether somebody stated what treatment costs by the unit.
    pub has_treatment_cost: bool,
}

/// What a network pays by the year, whatever it carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paid {
    #[serde(flatten)]
    pub item: PaidItem,
    /// `None`: nobody stated it, so the network is not charged for it.
    pub a_year_vnd: Option<f64>,
    /// What runs over it a year, in its unit; of a plant what it takes in.
    pub quantity: f64,
    pub unit: ExchangeUnit,
    /// What may run over it.
    pub capacity: Option<f64>,
    /// Givers and takers of the exchanges that use it.
    pub exchanges: Vec<(StreamId, StreamId)>,
    /// Of a plant: its treatment by the unit was not stated either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_treatment_cost: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PaidItem {
    Link {
        link: SiteLinkId,
        /// The pair that pays, where each pair pays anew.
        pair: Option<(EnterpriseId, EnterpriseId)>,
    },
    Plant {
        plant: PlantId,
    },
}

impl fmt::Debug for Solver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Solver")
    }
}

/// Who solves is no part of what is solved.
impl PartialEq for GroundWorks {
    fn eq(&self, other: &GroundWorks) -> bool {
        self.ways == other.ways && self.plants == other.plants
    }
}

impl GroundWorks {
    pub fn is_empty(&self) -> bool {
        self.ways.is_empty() && self.plants.is_empty()
    }

    /// The works of the park that touch exchanges of the ground.
    pub(super) fn of(ground: &Ground, from: &GroundOf<'_>) -> GroundWorks {
        let works = &from.park.works;
        let steps_of = |amount: &crate::quantity::Amount, unit: ExchangeUnit| {
            let canonical = from.catalogue.canonical(amount).unwrap_or(0.0);
            steps(canonical / unit.canonical(), unit)
        };
        let mut ways = Vec::new();
        for link in &works.links {
            let mut carried: BTreeMap<Option<(EnterpriseId, EnterpriseId)>, Vec<usize>> = BTreeMap::new();
            for (number, one) in ground.links.iter().enumerate() {
                let (giver, taker) = (&ground.givers[one.giver].enterprise, &ground.takers[one.taker].enterprise);
                if link.carries(giver, taker, one.kind) {
                    let pair = (link.charged == Charged::Each).then(|| (giver.clone(), taker.clone()));
                    carried.entry(pair).or_default().push(number);
                }
            }
            let capacity = link.capacity.as_ref().zip(link.kind);
            let capacity = capacity.map(|(amount, kind)| steps_of(amount, ExchangeUnit::of(kind)));
            ways.extend(carried.into_iter().map(|(pair, links)| Way {
                link: link.id.clone(),
                pair,
                a_year_vnd: link.cost.a_year_vnd(),
                capacity,
                links,
            }));
        }
        let unit_of = |id: &StreamId| {
            let stream = from.park.streams.iter().find(|stream| stream.id == *id)?;
            Some(ExchangeUnit::of(stream.kind))
        };
        let plants = works.plants.iter().filter_map(|plant| {
            let input = ground.takers.iter().position(|side| side.stream == plant.input);
            let output = ground.givers.iter().position(|side| side.stream == plant.output);
            let (into, out) = (unit_of(&plant.input)?, unit_of(&plant.output)?);
            (input.is_some() || output.is_some()).then(|| GroundPlant {
                plant: plant.id.clone(),
                input,
                output,
                output_share: plant.output_share * out.quantity_steps() / into.quantity_steps(),
                a_year_vnd: plant.cost.a_year_vnd(),
                has_treatment_cost: plant.treatment_vnd.is_some(),
            })
        });
        GroundWorks { plants: plants.collect(), ways, solver: from.solver }
    }

    /// Yearly costs, ways first; 0 where nobody stated one.
    fn costs(&self) -> impl Iterator<Item = f64> + '_ {
        let ways = self.ways.iter().map(|way| way.a_year_vnd);
        ways.chain(self.plants.iter().map(|plant| plant.a_year_vnd)).map(|cost| cost.unwrap_or(0.0))
    }
}

impl Ground {
    /// What each of the works takes from an objective when it is used: VND, or nothing.
    pub(in crate::matching) fn charges(&self, objective: Objective) -> Vec<i128> {
        let money = match objective {
            Objective::Benefit => 1.0,
            Objective::Mix(weights) => weights.money,
            Objective::Co2e | Objective::Disposal => 0.0,
        };
        // Beyond any sum that a park could earn, and within whole numbers.
        self.works.costs().map(|cost| (money * cost).round().clamp(0.0, 1e18) as i128).collect()
    }

    /// Which of the works carry or take in anything, ways first.
    pub(in crate::matching) fn used(&self, flows: &[i64]) -> Vec<bool> {
        let ways = self.works.ways.iter().map(|way| way.links.iter().any(|link| flows[*link] > 0));
        ways.chain(self.works.plants.iter().map(|plant| self.input(plant, flows) > 0)).collect()
    }

    fn input(&self, plant: &GroundPlant, flows: &[i64]) -> i64 {
        let is_into = |(link, _): &(&WeighedLink, &i64)| Some(link.taker) == plant.input;
        self.links.iter().zip(flows).filter(is_into).map(|(_, flow)| flow).sum()
    }

    /// VND a year of all works that are used, as far as they are stated.
    pub fn yearly_costs_vnd(&self, flows: &[i64]) -> f64 {
        self.charges(Objective::Benefit)
            .into_iter()
            .zip(self.used(flows))
            .filter(|(_, is_used)| *is_used)
            .map(|(cost, _)| cost as f64)
            .sum()
    }

    /// The works that the network uses, each with what it costs and carries.
    pub fn paid(&self, flows: &[i64]) -> Vec<Paid> {
        let streams =
            |link: &WeighedLink| (self.givers[link.giver].stream.clone(), self.takers[link.taker].stream.clone());
        let of = |item: PaidItem, a_year_vnd, capacity: Option<i64>, links: Vec<usize>| {
            let unit = self.links[*links.first()?].unit;
            let carried: i64 = links.iter().map(|link| flows[*link]).sum();
            Some(Paid {
                item,
                a_year_vnd,
                quantity: carried as f64 / unit.quantity_steps(),
                unit,
                capacity: capacity.map(|steps| steps as f64 / unit.quantity_steps()),
                exchanges: links.iter().map(|link| streams(&self.links[*link])).collect(),
                lacks_treatment_cost: false,
            })
        };
        let with_flow =
            |links: &mut dyn Iterator<Item = usize>| -> Vec<usize> { links.filter(|link| flows[*link] > 0).collect() };
        let ways = self.works.ways.iter().filter_map(|way| {
            let item = PaidItem::Link { link: way.link.clone(), pair: way.pair.clone() };
            of(item, way.a_year_vnd, way.capacity, with_flow(&mut way.links.iter().copied()))
        });
        let plants = self.works.plants.iter().filter_map(|plant| {
            let input = plant.input?;
            let mut links = (0..self.links.len()).filter(|link| self.links[*link].taker == input);
            let item = PaidItem::Plant { plant: plant.plant.clone() };
            let paid = of(item, plant.a_year_vnd, Some(self.takers[input].steps), with_flow(&mut links))?;
            Some(Paid { lacks_treatment_cost: !plant.has_treatment_cost, ..paid })
        });
        ways.chain(plants).collect()
    }

    pub(super) fn choose_with_works(&self, objective: Objective, forbidden: &BTreeSet<usize>) -> Chosen {
        let chosen = self.choose_with_works_while(objective, forbidden, &mut |_| true);
        chosen.expect("what nobody stops comes to its end")
    }

    /// The same, part by part: `go_on` is told before each how many are done; `None` where it says no.
    pub(super) fn choose_with_works_while(
        &self,
        objective: Objective,
        forbidden: &BTreeSet<usize>,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Option<Chosen> {
        let values = self.values(objective, forbidden);
        let unweighed = self.links.iter().filter(|link| objective.needs_co2e() && link.co2e.is_none()).count();
        let solved = self.solve_works_while(&values, &self.charge_pairs(objective), go_on)?;
        Some(Chosen {
            totals: self.totals(&solved.flows),
            value: solved.value.0,
            bound: solved.bound,
            unweighed,
            refusal: solved.refusal,
            flows: solved.flows,
        })
    }

    /// How many parts of the network links, plants or seasons bear on.
    pub(super) fn bound_parts(&self, objective: Objective, forbidden: &BTreeSet<usize>) -> usize {
        let values = self.helping(&self.values(objective, forbidden));
        self.parts(&values, &self.charge_pairs(objective)).iter().filter(|part| part.is_bound).count()
    }

    /// Charges in the objective and in money.
    fn charge_pairs(&self, objective: Objective) -> Vec<Pair> {
        let charges = self.charges(objective).into_iter().zip(self.charges(Objective::Benefit));
        charges.map(|(one, other)| Pair(one, other)).collect()
    }

    /// What a step over each link is worth, in the objective and in money; `None` leaves a link out.
    pub(in crate::matching) fn values(&self, objective: Objective, forbidden: &BTreeSet<usize>) -> Vec<Option<Pair>> {
        let value = |(number, link): (usize, &WeighedLink)| match forbidden.contains(&number) {
            true => None,
            false => Some(Pair(worth(link, objective)?, benefit_worth(link))),
        };
        self.links.iter().enumerate().map(value).collect()
    }

    /// The network of the greatest Σ value × flow − Σ charge of what is used, the first of each pair before the second.
    /// Parts that do not bear on each other are chosen apart. Every answer is held against all limits before it is given.
    /// Where the solver gives none for a part, nothing is exchanged in it and the refusal says why.
    pub(in crate::matching) fn solve_works(&self, values: &[Option<Pair>], charges: &[Pair]) -> SolvedWorks {
        let solved = self.solve_works_while(values, charges, &mut |_| true);
        solved.expect("what nobody stops comes to its end")
    }

    /// The same, part by part: `go_on` is told before each how many are done; `None` where it says no.
    fn solve_works_while(
        &self,
        values: &[Option<Pair>],
        charges: &[Pair],
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Option<SolvedWorks> {
        let values = self.helping(values);
        let parts = self.parts(&values, charges);
        let only = |links: &[usize]| -> Vec<Option<Pair>> {
            let mut own = vec![None; values.len()];
            links.iter().for_each(|link| own[*link] = values[*link]);
            own
        };
        let (bound, free): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.is_bound);
        let free: Vec<usize> = free.into_iter().flat_map(|part| part.links).collect();
        let (flows, value, most) = self.solve_pairs(&only(&free));
        let mut solved = SolvedWorks { flows, value, bound: most.0, refusal: None };
        for (done, Part { links, .. }) in bound.iter().enumerate() {
            if !go_on(done) {
                return None;
            }
            let part = self.solve_bound(&only(links), charges);
            links.iter().for_each(|link| solved.flows[*link] = part.flows[*link]);
            solved.value = solved.value + part.value;
            solved.bound += part.bound;
            solved.refusal = solved.refusal.or(part.refusal);
        }
        Some(solved)
    }

    /// The values of the links by which something can be gained.
    fn helping(&self, values: &[Option<Pair>]) -> Vec<Option<Pair>> {
        values.iter().enumerate().map(|(link, value)| value.filter(|value| self.can_help(link, *value))).collect()
    }

    /// Whether a link can carry anything and something may be gained by it: what is worth nothing itself only helps on
    /// its way into a plant or out of one.
    fn can_help(&self, link: usize, value: Pair) -> bool {
        let link = &self.links[link];
        let is_of = |plant: &GroundPlant| plant.input == Some(link.taker) || plant.output == Some(link.giver);
        let most = self.givers[link.giver].steps.min(self.takers[link.taker].steps);
        most > 0 && (value > Pair::default() || self.works.plants.iter().any(is_of))
    }

    /// A part that links, plants or seasons bear on.
    fn solve_bound(&self, values: &[Option<Pair>], charges: &[Pair]) -> SolvedWorks {
        let posed = Posed::new(self, values, charges);
        let nothing = vec![0; self.links.len()];
        let solve = |start: &[i64], least: Option<i128>| -> Result<(Vec<i64>, f64), Unsolved> {
            let Solver(solver) = self.works.solver.ok_or(Unsolved::NoSolver)?;
            let linear = posed.linear(least);
            let start = Some(posed.columns(start));
            let limits = Limits { seconds: SECONDS, branches: BRANCHES, start, ..Limits::default() };
            let answer = solver(&linear, &limits).map_err(|_| Unsolved::SolverFailed)?;
            let flows = posed.flows(&answer.values.ok_or(Unsolved::NotInTime)?);
            posed.keeps_limits(&flows).then_some(()).ok_or(Unsolved::BeyondLimits)?;
            Ok((flows, answer.bound))
        };
        let (mut flows, bound, refusal) = match solve(&nothing, None) {
            Ok((flows, bound)) => (flows, bound, None),
            Err(refusal) => (nothing.clone(), posed.easy_bound(), Some(refusal)),
        };
        let mut value = posed.value(&flows);
        if value.0 < 0 {
            (flows, value) = (nothing, Pair::default());
        }
        if refusal.is_none()
            && posed.has_second()
            && let Ok((other, _)) = solve(&flows, Some(value.0))
            && posed.value(&other) > value
        {
            (flows, value) = (other.clone(), posed.value(&other));
        }
        // What a solver's tolerance leaves, or less than one VND.
        let is_met = bound - value.0 as f64 <= (1e-7 * bound.abs()).max(0.5);
        let bound = if is_met { value.0 } else { (bound.ceil() as i128).max(value.0) };
        SolvedWorks { flows, value, bound, refusal }
    }
}

/// A network with what it is worth.
pub(in crate::matching) struct SolvedWorks {
    pub flows: Vec<i64>,
    pub value: Pair,
    /// Of the first of the pair.
    pub bound: i128,
    pub refusal: Option<Unsolved>,
}

/// The network as a mixed-integer problem: one column for each link that enters, one for each of the works that costs.
struct Posed<'a> {
    ground: &'a Ground,
    entering: Vec<usize>,
    values: Vec<Pair>,
    charges: &'a [Pair],
    /// The most that can flow over each entering link.
    caps: Vec<i64>,
    rows: Vec<Limit>,
    /// What each of the works costs that entering links use, and the places of these.
    paid: Vec<(Pair, Vec<usize>)>,
}

/// `Σ factor × flow ≤ most`, over places among the entering links.
struct Limit {
    most: f64,
    terms: Vec<(usize, f64)>,
}

impl<'a> Posed<'a> {
    fn new(ground: &'a Ground, values: &[Option<Pair>], charges: &'a [Pair]) -> Posed<'a> {
        let entering: Vec<usize> = (0..ground.links.len()).filter(|link| values[*link].is_some()).collect();
        let caps = entering.iter().map(|link| {
            let link = &ground.links[*link];
            let most = ground.givers[link.giver].steps.min(ground.takers[link.taker].steps);
            link.most.map_or(most, |own| most.min(own))
        });
        let mut posed = Posed {
            values: entering.iter().filter_map(|link| values[*link]).collect(),
            caps: caps.collect(),
            entering,
            charges,
            ground,
            rows: Vec::new(),
            paid: Vec::new(),
        };
        posed.add_quantities();
        posed.add_plants();
        posed.paid = posed.works_with_users();
        posed
    }

    fn places(&self, is_in: impl Fn(usize, &WeighedLink) -> bool) -> Vec<usize> {
        let link = |place: &usize| &self.ground.links[self.entering[*place]];
        (0..self.entering.len()).filter(|place| is_in(self.entering[*place], link(place))).collect()
    }

    fn add(&mut self, most: f64, places: Vec<usize>) {
        if !places.is_empty() {
            self.rows.push(Limit { most, terms: places.into_iter().map(|place| (place, 1.0)).collect() });
        }
    }

    fn add_quantities(&mut self) {
        for (giver, side) in self.ground.givers.iter().enumerate() {
            self.add(side.steps as f64, self.places(|_, link| link.giver == giver));
        }
        for (taker, side) in self.ground.takers.iter().enumerate() {
            self.add(side.steps as f64, self.places(|_, link| link.taker == taker));
        }
        for way in &self.ground.works.ways {
            if let Some(capacity) = way.capacity {
                self.add(capacity as f64, self.places(|number, _| way.links.contains(&number)));
            }
        }
    }

    /// What a plant gives off is its share of what it took in, rounded down to a step.
    fn add_plants(&mut self) {
        for plant in &self.ground.works.plants {
            let into = self.places(|_, link| Some(link.taker) == plant.input);
            let out = self.places(|_, link| Some(link.giver) == plant.output);
            let terms = |sign: f64| -> Vec<(usize, f64)> {
                let into = into.iter().map(|place| (*place, -sign * plant.output_share));
                out.iter().map(|place| (*place, sign)).chain(into).collect()
            };
            if !into.is_empty() || !out.is_empty() {
                self.rows.push(Limit { most: TOLERANCE, terms: terms(1.0) });
                self.rows.push(Limit { most: 1.0 - TOLERANCE, terms: terms(-1.0) });
            }
        }
    }

    fn works_with_users(&self) -> Vec<(Pair, Vec<usize>)> {
        let costly = self.charges.iter().enumerate().filter(|(_, charge)| **charge > Pair::default());
        let used = costly.map(|(item, charge)| (*charge, self.users(item)));
        used.filter(|(_, users)| !users.is_empty()).collect()
    }

    /// The places that use one of the works.
    fn users(&self, item: usize) -> Vec<usize> {
        let works = &self.ground.works;
        match works.ways.get(item) {
            Some(way) => self.places(|number, _| way.links.contains(&number)),
            None => {
                let input = works.plants[item - works.ways.len()].input;
                self.places(|_, link| Some(link.taker) == input)
            }
        }
    }

    /// The problem. With `least`: the greatest second value among networks whose first is not less.
    fn linear(&self, least: Option<i128>) -> LinearProblem {
        let pick = |pair: &Pair| if least.is_none() { pair.0 as f64 } else { pair.1 as f64 };
        let mut linear = LinearProblem::default();
        for (value, cap) in self.values.iter().zip(&self.caps) {
            linear.add_column(Column { worth: pick(value), least: 0.0, greatest: *cap as f64, is_whole: true });
        }
        for limit in &self.rows {
            linear.add_row(limit.most, limit.terms.iter().map(|(place, factor)| (*place as u32, *factor)).collect());
        }
        let mut paid = Vec::new();
        for (charge, users) in &self.paid {
            let choice = linear.add_column(Column::choice(-pick(charge)));
            paid.push((choice, charge.0 as f64));
            for &place in users {
                linear.add_row(0.0, vec![(place as u32, 1.0), (choice, -(self.caps[place] as f64))]);
            }
        }
        if let Some(least) = least {
            let greatest = self.values.iter().map(|pair| (pair.0 as f64).abs()).fold(1.0, f64::max);
            let flows = self.values.iter().enumerate().map(|(place, pair)| (place as u32, -(pair.0 as f64) / greatest));
            let charges = paid.iter().map(|(choice, charge)| (*choice, charge / greatest));
            linear.add_row(-(least as f64) / greatest * (1.0 - 1e-12), flows.chain(charges).collect());
        }
        linear
    }

    /// The columns of a network.
    fn columns(&self, flows: &[i64]) -> Vec<f64> {
        let flow = |place: &usize| flows[self.entering[*place]];
        let choices = self.paid.iter().map(|(_, users)| f64::from(users.iter().any(|place| flow(place) > 0)));
        (0..self.entering.len()).map(|place| flow(&place) as f64).chain(choices).collect()
    }

    fn flows(&self, columns: &[f64]) -> Vec<i64> {
        let mut flows = vec![0; self.ground.links.len()];
        for (place, link) in self.entering.iter().enumerate() {
            flows[*link] = columns[place].round() as i64;
        }
        flows
    }

    fn keeps_limits(&self, flows: &[i64]) -> bool {
        let flow = |place: usize| flows[self.entering[place]];
        let is_within = (0..self.entering.len()).all(|place| (0..=self.caps[place]).contains(&flow(place)));
        let is_kept = |limit: &Limit| {
            let sum: f64 = limit.terms.iter().map(|(place, factor)| factor * flow(*place) as f64).sum();
            sum <= limit.most + TOLERANCE * limit.most.abs().max(1.0)
        };
        is_within && self.rows.iter().all(is_kept)
    }

    fn value(&self, flows: &[i64]) -> Pair {
        let flowing = self.entering.iter().zip(&self.values);
        let worth = flowing.fold(Pair::default(), |sum, (link, value)| sum + value.times(flows[*link]));
        let used = self.charges.iter().zip(self.ground.used(flows)).filter(|(_, is_used)| *is_used);
        used.fold(worth, |sum, (charge, _)| sum - *charge)
    }

    fn has_second(&self) -> bool {
        self.values.iter().chain(self.paid.iter().map(|(charge, _)| charge)).any(|pair| pair.0 != pair.1)
    }

    /// No network is worth more than every link in full.
    fn easy_bound(&self) -> f64 {
        self.values.iter().zip(&self.caps).map(|(value, cap)| value.0.max(0) as f64 * *cap as f64).sum()
    }
}

/// Material whose disposal was avoided, water and heat that were used again: what enters a plant and what leaves it
/// counts once.
pub(in crate::matching) fn counts_as_reused(ground: &Ground, link: &WeighedLink) -> bool {
    ground.works.plants.iter().all(|plant| match link.kind {
        StreamKind::Material => Some(link.giver) != plant.output,
        StreamKind::Water | StreamKind::Heat => Some(link.taker) != plant.input,
    })
}
