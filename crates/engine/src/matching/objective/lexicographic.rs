//! The transport network for values of any size, a second value deciding where the first is equal. For the network of
//! one park; `network/` holds the solver for large ones.

use std::ops::{Add, Neg, Sub};

/// A value and what decides between equal ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair(pub i128, pub i128);

impl Add for Pair {
    type Output = Pair;
    fn add(self, other: Pair) -> Pair {
        Pair(self.0 + other.0, self.1 + other.1)
    }
}

impl Sub for Pair {
    type Output = Pair;
    fn sub(self, other: Pair) -> Pair {
        Pair(self.0 - other.0, self.1 - other.1)
    }
}

impl Neg for Pair {
    type Output = Pair;
    fn neg(self) -> Pair {
        Pair(-self.0, -self.1)
    }
}

impl Pair {
    pub fn times(self, quantity: i64) -> Pair {
        Pair(self.0 * i128::from(quantity), self.1 * i128::from(quantity))
    }
}

#[derive(Clone, Copy, Debug)]
pub struct WideLink {
    pub giver: usize,
    pub taker: usize,
    /// Of one step of quantity.
    pub value: Pair,
}

/// Limits in steps, and links between givers and takers by their index.
#[derive(Clone, Debug)]
pub struct WideProblem {
    pub supply: Vec<i64>,
    pub demand: Vec<i64>,
    pub links: Vec<WideLink>,
}

#[derive(Clone, Debug)]
pub struct WideSolution {
    pub flows: Vec<i64>,
    pub value: Pair,
    /// Σ supply × giver price + Σ demand × taker price; equal to the value.
    pub bound: Pair,
    pub giver_price: Vec<Pair>,
    pub taker_price: Vec<Pair>,
}

/// Greatest Σ value × flow, every giver's outflow at most its supply and every taker's inflow at most its demand.
///
/// Method: longest augmenting paths (Bellman and Ford on the whole residual network) until none adds anything, then
/// prices as longest distances from the hub that keeps what is not exchanged. Pairs add and compare like numbers, so
/// weak duality proves the pair of both values greatest in their order. The proof is checked before the answer is given.
pub fn solve_wide(problem: &WideProblem) -> WideSolution {
    let mut search = Search::new(problem);
    while search.augment() {}
    let (giver_price, taker_price) = search.prices();
    let sum = |limits: &[i64], prices: &[Pair]| {
        limits.iter().zip(prices).fold(Pair::default(), |sum, (limit, price)| sum + price.times(*limit))
    };
    let solution = WideSolution {
        value: problem
            .links
            .iter()
            .zip(&search.flows)
            .fold(Pair::default(), |sum, (link, flow)| sum + link.value.times(*flow)),
        bound: sum(&problem.supply, &giver_price) + sum(&problem.demand, &taker_price),
        flows: search.flows,
        giver_price,
        taker_price,
    };
    if let Err(fault) = prove_wide(problem, &solution) {
        panic!("the solver for wide values returned a network that its own prices do not prove: {fault}");
    }
    solution
}

/// Checks a solution without knowing how it was found: allowed flows, allowed prices, both sums equal.
pub fn prove_wide(problem: &WideProblem, solution: &WideSolution) -> Result<(), &'static str> {
    let mut supply_left = problem.supply.clone();
    let mut demand_left = problem.demand.clone();
    let mut value = Pair::default();
    for (link, &flow) in problem.links.iter().zip(&solution.flows) {
        if flow < 0 {
            return Err("a flow below 0");
        }
        supply_left[link.giver] -= flow;
        demand_left[link.taker] -= flow;
        value = value + link.value.times(flow);
        if solution.giver_price[link.giver] + solution.taker_price[link.taker] < link.value {
            return Err("a link above its two prices");
        }
    }
    if supply_left.iter().chain(&demand_left).any(|left| *left < 0) {
        return Err("a limit exceeded");
    }
    if solution.giver_price.iter().chain(&solution.taker_price).any(|price| *price < Pair::default()) {
        return Err("a price below 0");
    }
    let limits = problem.supply.iter().chain(&problem.demand);
    let prices = solution.giver_price.iter().chain(&solution.taker_price);
    let bound = limits.zip(prices).fold(Pair::default(), |sum, (limit, price)| sum + price.times(*limit));
    if value != solution.value || bound != solution.bound || value != bound {
        return Err("value and bound that differ");
    }
    Ok(())
}

struct Search<'a> {
    problem: &'a WideProblem,
    flows: Vec<i64>,
    supply_left: Vec<i64>,
    demand_left: Vec<i64>,
}

/// Longest distances and the link by which each place was reached.
struct Reached {
    giver: Vec<Option<Pair>>,
    taker: Vec<Option<Pair>>,
    giver_by: Vec<Option<usize>>,
    taker_by: Vec<Option<usize>>,
}

impl<'a> Search<'a> {
    fn new(problem: &'a WideProblem) -> Search<'a> {
        Search {
            problem,
            flows: vec![0; problem.links.len()],
            supply_left: problem.supply.clone(),
            demand_left: problem.demand.clone(),
        }
    }

    /// Sends what fits along the best path from a giver with something left to a taker with room; false where no path
    /// adds anything.
    fn augment(&mut self) -> bool {
        let reached = self.reach(false);
        let mut best: Option<(usize, Pair)> = None;
        for (taker, distance) in reached.taker.iter().enumerate() {
            if let Some(distance) = *distance
                && self.demand_left[taker] > 0
                && best.is_none_or(|(_, other)| distance > other)
            {
                best = Some((taker, distance));
            }
        }
        let Some((end, _)) = best.filter(|(_, value)| *value > Pair::default()) else { return false };
        let mut path = Vec::new();
        let mut taker = end;
        let start = loop {
            let Some(to_taker) = reached.taker_by[taker] else { return false };
            path.push((to_taker, 1));
            let giver = self.problem.links[to_taker].giver;
            let Some(to_giver) = reached.giver_by[giver] else { break giver };
            path.push((to_giver, -1));
            taker = self.problem.links[to_giver].taker;
        };
        let taken_back = path.iter().filter(|(_, sign)| *sign < 0).map(|(link, _)| self.flows[*link]);
        let room = taken_back.fold(self.supply_left[start].min(self.demand_left[end]), i64::min);
        for (link, sign) in path {
            self.flows[link] += sign * room;
        }
        self.supply_left[start] -= room;
        self.demand_left[end] -= room;
        true
    }

    /// `from_hub`: also back over what takers take already, as the prices need it.
    fn reach(&self, from_hub: bool) -> Reached {
        let has_left = |left: &i64| (*left > 0).then(Pair::default);
        let is_used = |(left, limit): (&i64, &i64)| (from_hub && left < limit).then(Pair::default);
        let mut reached = Reached {
            giver: self.supply_left.iter().map(has_left).collect(),
            taker: self.demand_left.iter().zip(&self.problem.demand).map(is_used).collect(),
            giver_by: vec![None; self.problem.supply.len()],
            taker_by: vec![None; self.problem.demand.len()],
        };
        // Without a circle that gains, no longest path has more steps than there are places.
        for _ in 0..=self.problem.supply.len() + self.problem.demand.len() {
            let mut is_changed = false;
            for (number, link) in self.problem.links.iter().enumerate() {
                if let Some(distance) = reached.giver[link.giver].map(|distance| distance + link.value)
                    && reached.taker[link.taker].is_none_or(|known| distance > known)
                {
                    reached.taker[link.taker] = Some(distance);
                    reached.taker_by[link.taker] = Some(number);
                    is_changed = true;
                }
                if self.flows[number] > 0
                    && let Some(distance) = reached.taker[link.taker].map(|distance| distance - link.value)
                    && reached.giver[link.giver].is_none_or(|known| distance > known)
                {
                    reached.giver[link.giver] = Some(distance);
                    reached.giver_by[link.giver] = Some(number);
                    is_changed = true;
                }
            }
            if !is_changed {
                return reached;
            }
        }
        panic!("a best network has no circle of flows that gains");
    }

    fn prices(&self) -> (Vec<Pair>, Vec<Pair>) {
        let reached = self.reach(true);
        let zero = Pair::default();
        let taker: Vec<Pair> = reached.taker.iter().map(|price| price.unwrap_or(zero).max(zero)).collect();
        let mut giver: Vec<Pair> =
            reached.giver.iter().map(|price| -price.unwrap_or(zero)).map(|price| price.max(zero)).collect();
        // A giver with nothing to give is not reached; whatever its price, it costs nothing.
        for link in self.problem.links.iter().filter(|link| reached.giver[link.giver].is_none()) {
            giver[link.giver] = giver[link.giver].max(link.value - taker[link.taker]);
        }
        (giver, taker)
    }
}
