//! Who of a network gets how much of its benefit: by what each adds to every coalition (Shapley), and by the prices
//! that prove the network best. Method, formulas and worked example: `docs/methods/deal.md`.

mod with_works;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::choose::{Weighed, steps, weighed};
use super::network::{Link, TransportProblem, solve_capacitated};
use super::{Candidates, ExchangeUnit};
use crate::ids::{EnterpriseId, StreamId};
use crate::park::StreamKind;

pub use with_works::{Splitting, split_network_of};

/// Up to so many enterprises every coalition is valued; beyond, orders are drawn.
pub const EXACT_PLAYERS: usize = 12;
/// Orders that are drawn where there are more.
pub const ORDERS: usize = 400;
const SEED: u64 = 20_260_101;
/// Half the width of a 95 % interval in standard errors.
const NORMAL_95: f64 = 1.96;
/// A coalition that gains less than this by leaving does not leave.
const TOLERANCE_VND: f64 = 1.0;

/// How the benefit of the best network among some enterprises could be shared. Money a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    pub worth_vnd: f64,
    /// By enterprise.
    pub shares: Vec<Share>,
    pub method: SplitMethod,
    /// Whether the Shapley split is stable; the split by prices always is.
    pub core: Core,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub enterprise: EnterpriseId,
    /// What the enterprise adds on average over all orders in which the enterprises may come together.
    pub shapley_vnd: f64,
    /// Half the width of the 95 % interval, where orders were drawn.
    pub within_vnd: Option<f64>,
    /// Quantities of its streams at their prices, and half of what a limit between two streams is worth. `None` where
    /// links or plants cost something by the year: then streams have no prices of their own.
    pub by_prices_vnd: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum SplitMethod {
    Exact { coalitions: usize },
    Sampled { orders: usize, seed: u64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Core {
    /// No enterprises would be better off among themselves.
    Holds,
    /// These would be better off among themselves, together by this much; they are the ones who gain most.
    Blocked { enterprises: Vec<EnterpriseId>, excess_vnd: f64 },
    /// Too many coalitions to look at each.
    Unchecked,
}

/// The split among all enterprises that ready exchanges connect with `with`, directly or through others. What is worth
/// nothing to anybody of them (no ready exchange) has no split.
pub fn split_network(candidates: &Candidates, with: &EnterpriseId) -> Option<Split> {
    let rows: Vec<Weighed<'_>> = [StreamKind::Material, StreamKind::Water, StreamKind::Heat]
        .into_iter()
        .flat_map(|kind| weighed(candidates, kind))
        .collect();
    let players = connected(&rows, with);
    (players.len() > 1).then(|| Game::new(&rows, players).split())
}

/// Everybody who can be reached from `start` over ready exchanges.
fn connected<'a>(rows: &[Weighed<'a>], start: &'a EnterpriseId) -> Vec<&'a EnterpriseId> {
    let mut reached = BTreeSet::from([start]);
    loop {
        let before = reached.len();
        for row in rows {
            let ends = [&row.exchange.giver_enterprise, &row.exchange.taker_enterprise];
            if ends.iter().any(|end| reached.contains(end)) {
                reached.extend(ends);
            }
        }
        if reached.len() == before {
            return reached.into_iter().collect();
        }
    }
}

/// A coalition is worth the best network of its own enterprises.
struct Game<'a> {
    players: Vec<&'a EnterpriseId>,
    parts: Vec<Part>,
}

/// The network of one kind, in whole steps.
struct Part {
    unit: ExchangeUnit,
    supply: Vec<i64>,
    demand: Vec<i64>,
    links: Vec<Link>,
    capacity: Vec<Option<i64>>,
    /// Places of giver and taker among the players, by link.
    owners: Vec<(usize, usize)>,
}

impl<'a> Game<'a> {
    fn new(rows: &[Weighed<'a>], players: Vec<&'a EnterpriseId>) -> Game<'a> {
        let number: BTreeMap<&EnterpriseId, usize> =
            players.iter().enumerate().map(|(place, player)| (*player, place)).collect();
        let parts = [StreamKind::Material, StreamKind::Water, StreamKind::Heat].into_iter().filter_map(|kind| {
            let own = rows.iter().filter(|row| row.exchange.kind == kind);
            let own: Vec<_> = own.filter(|row| number.contains_key(&row.exchange.giver_enterprise)).collect();
            (!own.is_empty()).then(|| Part::new(&own, &number, ExchangeUnit::of(kind)))
        });
        Game { parts: parts.collect(), players }
    }

    /// VND a year.
    fn worth(&self, is_in: &[bool]) -> f64 {
        self.parts.iter().map(|part| part.worth(is_in)).sum()
    }

    fn split(&self) -> Split {
        let everybody = vec![true; self.players.len()];
        let worth_vnd = self.worth(&everybody);
        let is_exact = self.players.len() <= EXACT_PLAYERS;
        let (shapley, within, method, core) = if is_exact { self.exact() } else { self.sampled() };
        let by_prices = self.by_prices();
        let shares = self.players.iter().enumerate().map(|(place, player)| Share {
            enterprise: (*player).clone(),
            shapley_vnd: shapley[place],
            within_vnd: within.as_ref().map(|within| within[place]),
            by_prices_vnd: Some(by_prices[place]),
        });
        Split { worth_vnd, shares: shares.collect(), method, core }
    }

    /// Every coalition valued.
    fn exact(&self) -> (Vec<f64>, Option<Vec<f64>>, SplitMethod, Core) {
        let n = self.players.len();
        let members = |coalition: usize| -> Vec<bool> { (0..n).map(|place| coalition >> place & 1 == 1).collect() };
        let worth: Vec<f64> = (0..1_usize << n).map(|coalition| self.worth(&members(coalition))).collect();
        let shapley = shapley_of(n, &worth);
        let core = core_of(&worth, &shapley, &self.players);
        (shapley, None, SplitMethod::Exact { coalitions: worth.len() }, core)
    }

    /// The mean of what each adds over orders drawn from the seed; each order shares out the whole worth.
    fn sampled(&self) -> (Vec<f64>, Option<Vec<f64>>, SplitMethod, Core) {
        let n = self.players.len();
        // Who has no exchange with anybody here yet adds nothing.
        let worth = |is_in: &[bool], (place, before): (usize, f64)| {
            if self.is_linked(place, is_in) { self.worth(is_in) } else { before }
        };
        let (mean, within) = sampled_shares(n, ORDERS, &mut Draw(SEED), worth);
        (mean, Some(within), SplitMethod::Sampled { orders: ORDERS, seed: SEED }, Core::Unchecked)
    }

    fn is_linked(&self, place: usize, is_in: &[bool]) -> bool {
        let mut owners = self.parts.iter().flat_map(|part| &part.owners);
        owners.any(|(giver, taker)| (*giver == place || *taker == place) && is_in[*giver] && is_in[*taker])
    }

    /// Each stream's quantity at its price; no coalition's own network is worth more than its streams at these prices.
    /// What a limit between two streams is worth is halved: only together could the two use it.
    fn by_prices(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.players.len()];
        for part in &self.parts {
            part.add_prices(&mut shares);
        }
        shares
    }
}

impl Part {
    fn new(rows: &[&Weighed<'_>], number: &BTreeMap<&EnterpriseId, usize>, unit: ExchangeUnit) -> Part {
        let quantity = |offer: &super::Offer| steps(offer.quantity.unwrap_or(0.0), unit);
        let (mut givers, mut takers): (BTreeMap<&StreamId, u32>, BTreeMap<&StreamId, u32>) = Default::default();
        let mut part = Part { unit, supply: vec![], demand: vec![], links: vec![], capacity: vec![], owners: vec![] };
        for row in rows {
            let exchange = row.exchange;
            let giver = *givers.entry(&exchange.giver).or_insert_with(|| {
                part.supply.push(quantity(row.give));
                part.supply.len() as u32 - 1
            });
            let taker = *takers.entry(&exchange.taker).or_insert_with(|| {
                part.demand.push(quantity(row.take));
                part.demand.len() as u32 - 1
            });
            part.links.push(Link { giver, taker, benefit: row.benefit });
            part.capacity.push(row.capacity(unit));
            part.owners.push((number[&exchange.giver_enterprise], number[&exchange.taker_enterprise]));
        }
        part
    }

    fn worth(&self, is_in: &[bool]) -> f64 {
        let kept = |(giver, taker): &(usize, usize)| is_in[*giver] && is_in[*taker];
        let places: Vec<usize> = (0..self.links.len()).filter(|place| kept(&self.owners[*place])).collect();
        if places.is_empty() {
            return 0.0;
        }
        let links = places.iter().map(|place| self.links[*place]).collect();
        let capacity: Vec<Option<i64>> = places.iter().map(|place| self.capacity[*place]).collect();
        self.vnd(solve_capacitated(&self.problem(links), &capacity).objective_int)
    }

    fn problem(&self, links: Vec<Link>) -> TransportProblem {
        TransportProblem::new(self.supply.clone(), self.demand.clone(), links)
            .unwrap_or_else(|faults| panic!("a part of a network is a network, but: {faults:?}"))
    }

    fn add_prices(&self, shares: &mut [f64]) {
        let solution = solve_capacitated(&self.problem(self.links.clone()), &self.capacity);
        let (mut owner_of_giver, mut owner_of_taker) = (BTreeMap::new(), BTreeMap::new());
        for (link, (giver, taker)) in self.links.iter().zip(&self.owners) {
            owner_of_giver.insert(link.giver as usize, *giver);
            owner_of_taker.insert(link.taker as usize, *taker);
        }
        for (place, owner) in owner_of_giver {
            shares[owner] += self.vnd(i128::from(self.supply[place]) * i128::from(solution.giver_price[place]));
        }
        for (place, owner) in owner_of_taker {
            shares[owner] += self.vnd(i128::from(self.demand[place]) * i128::from(solution.taker_price[place]));
        }
        for (place, (link, (giver, taker))) in self.links.iter().zip(&self.owners).enumerate() {
            let Some(capacity) = self.capacity[place] else { continue };
            let prices = solution.giver_price[link.giver as usize] + solution.taker_price[link.taker as usize];
            let rent = self.vnd(i128::from((link.benefit - prices).max(0)) * i128::from(capacity));
            shares[*giver] += rent / 2.0;
            shares[*taker] += rent / 2.0;
        }
    }

    /// Steps of money × steps of quantity in VND.
    fn vnd(&self, steps: i128) -> f64 {
        steps as f64 * self.unit.price_step_vnd() / self.unit.quantity_steps()
    }
}

/// φᵢ = Σ over coalitions S without i of |S|! (n − |S| − 1)! / n! × (v(S ∪ i) − v(S)); `worth` by the bits of S.
fn shapley_of(n: usize, worth: &[f64]) -> Vec<f64> {
    let weight: Vec<f64> = (0..n).map(|size| 1.0 / (n as f64 * choose(n - 1, size))).collect();
    let mut shapley = vec![0.0; n];
    for (coalition, &alone) in worth.iter().enumerate() {
        let size = coalition.count_ones() as usize;
        for (place, share) in shapley.iter_mut().enumerate().filter(|(place, _)| coalition >> place & 1 == 0) {
            *share += weight[size] * (worth[coalition | 1 << place] - alone);
        }
    }
    shapley
}

/// Whether some coalition would be better off by itself.
fn core_of(worth: &[f64], shapley: &[f64], players: &[&EnterpriseId]) -> Core {
    let members = |coalition: usize| (0..players.len()).filter(move |place| coalition >> place & 1 == 1);
    let excess = |coalition: usize| {
        let share: f64 = members(coalition).map(|place| shapley[place]).sum();
        worth[coalition] - share
    };
    let worst = (1..worth.len()).max_by(|a, b| excess(*a).total_cmp(&excess(*b)));
    match worst.filter(|coalition| excess(*coalition) > TOLERANCE_VND) {
        None => Core::Holds,
        Some(coalition) => Core::Blocked {
            enterprises: members(coalition).map(|place| players[place].clone()).collect(),
            excess_vnd: excess(coalition),
        },
    }
}

/// Mean of what each adds over orders that are drawn, and half the width of its 95 % interval. `worth` is told who is in,
/// who came last and what the others were worth.
fn sampled_shares(
    n: usize,
    orders: usize,
    draw: &mut Draw,
    mut worth: impl FnMut(&[bool], (usize, f64)) -> f64,
) -> (Vec<f64>, Vec<f64>) {
    let (mut sum, mut squares) = (vec![0.0; n], vec![0.0; n]);
    let mut order: Vec<usize> = (0..n).collect();
    for _ in 0..orders {
        draw.shuffle(&mut order);
        let mut is_in = vec![false; n];
        let mut before = 0.0;
        for &place in &order {
            is_in[place] = true;
            let after = worth(&is_in, (place, before));
            let added = after - before;
            sum[place] += added;
            squares[place] += added * added;
            before = after;
        }
    }
    let orders = orders as f64;
    let mean: Vec<f64> = sum.iter().map(|sum| sum / orders).collect();
    let within = mean.iter().zip(&squares).map(|(mean, squares)| {
        let variance = (squares / orders - mean * mean).max(0.0) * orders / (orders - 1.0);
        NORMAL_95 * (variance / orders).sqrt()
    });
    let within = within.collect();
    (mean, within)
}

/// n over k.
fn choose(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

/// Whole numbers that follow from a seed (SplitMix64; from memory).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Fisher and Yates; the remainder of 64 bits over a few dozen places is even enough.
    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            order.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }
}
