//! Quality limits: each taker's mix may contain no more than it bears. A linear problem; a solver finds flows and
//! prices, and the bound is reckoned here from the prices alone.

use super::conditions::{NetworkRefusal, NetworkTask, Quality};
use super::transport::{Link, TransportProblem};
use crate::linear::{Column, Limits, LinearProblem, LinearSolver};

/// Prices of what limits a network, thousand VND for 0.1 t.
pub struct Prices {
    /// Of a unit that a taker takes, taker by taker; 0 or more.
    pub taker: Vec<f64>,
    /// Of a unit of excess, taker by taker, one for each quality; 0 or more.
    pub excess: Vec<f64>,
}

impl Prices {
    /// What a unit over a link earns once its taker's qualities are paid for.
    pub fn profit(&self, quality: &Quality, giver: u32, taker: u32, profit: f64) -> f64 {
        let prices = &self.excess[taker as usize * quality.count..][..quality.count];
        let paid = |(kind, price): (usize, &f64)| price * quality.excess(giver, taker, kind);
        profit - prices.iter().enumerate().map(paid).sum::<f64>()
    }
}

/// Flows and bound of the problem `transport_blending`.
pub fn solve(task: &NetworkTask, quality: &Quality, solver: LinearSolver) -> Result<(Vec<f64>, f64), NetworkRefusal> {
    let profit: Vec<f64> = task.transport.links().iter().map(|link| link.benefit as f64 / 10.0).collect();
    let (flows, prices) = best_mix(&task.transport, quality, &profit, |_| true, solver)?;
    Ok((flows, bound(&task.transport, quality, &profit, &prices)))
}

/// The best flows over open links where a unit over each earns `profit`, and the prices that go with them.
pub fn best_mix(
    problem: &TransportProblem,
    quality: &Quality,
    profit: &[f64],
    is_open: impl Fn(usize) -> bool,
    solver: LinearSolver,
) -> Result<(Vec<f64>, Prices), NetworkRefusal> {
    let (givers, takers) = (problem.supply().len(), problem.demand().len());
    let mut linear = LinearProblem::default();
    // Limits of givers and takers hold by rows alone: a limit of a column would have a price that no row shows.
    let cap = |number| if is_open(number) { f64::INFINITY } else { 0.0 };
    add_limits(&mut linear, problem, quality, profit, &(0..profit.len()).map(cap).collect::<Vec<_>>());
    let answer = solver(&linear, &Limits::default()).map_err(NetworkRefusal::Solver)?;
    let (Some(values), Some(given)) = (answer.values, answer.prices) else {
        return Err(NetworkRefusal::Solver("the linear problem was not solved".to_owned()));
    };
    let flows = values.iter().map(|value| value.max(0.0)).collect();
    let price = |row: usize| given[row].max(0.0);
    let prices = Prices {
        taker: (0..takers).map(|taker| price(givers + taker)).collect(),
        excess: (0..takers * quality.count).map(|place| price(givers + takers + place)).collect(),
    };
    Ok((flows, prices))
}

/// The greatest flow of each link: the lesser of supply and demand.
pub fn caps(problem: &TransportProblem) -> Vec<f64> {
    let cap = |link: &Link| problem.supply()[link.giver as usize].min(problem.demand()[link.taker as usize]) as f64;
    problem.links().iter().map(cap).collect()
}

/// Adds a column for every link, and the rows of givers, takers and qualities, in this order. A link that costs may
/// dilute a mix that earns, so all links are there.
pub fn add_limits(
    linear: &mut LinearProblem,
    problem: &TransportProblem,
    quality: &Quality,
    profit: &[f64],
    cap: &[f64],
) {
    let (givers, takers) = (problem.supply().len(), problem.demand().len());
    let mut terms = vec![Vec::new(); givers + takers + takers * quality.count];
    for ((link, &profit), &cap) in problem.links().iter().zip(profit).zip(cap) {
        let column = linear.add_column(Column::amount(profit, cap));
        terms[link.giver as usize].push((column, 1.0));
        terms[givers + link.taker as usize].push((column, 1.0));
        for kind in 0..quality.count {
            let row = givers + takers + link.taker as usize * quality.count + kind;
            terms[row].push((column, quality.excess(link.giver, link.taker, kind)));
        }
    }
    let quantities = problem.supply().iter().chain(problem.demand()).map(|quantity| *quantity as f64);
    for (most, terms) in quantities.chain(std::iter::repeat(0.0)).zip(terms) {
        linear.add_row(most, terms);
    }
}

/// What no network is worth more than, from prices of takers and qualities alone: each giver gets the lowest price
/// that covers its links, and then every link is covered, whatever prices were brought.
pub fn bound(problem: &TransportProblem, quality: &Quality, profit: &[f64], prices: &Prices) -> f64 {
    let mut giver_price = vec![0.0_f64; problem.supply().len()];
    for (link, &profit) in problem.links().iter().zip(profit) {
        let net = prices.profit(quality, link.giver, link.taker, profit) - prices.taker[link.taker as usize];
        let price = &mut giver_price[link.giver as usize];
        *price = price.max(net);
    }
    let worth = |quantities: &[i64], prices: &[f64]| -> f64 {
        quantities.iter().zip(prices).map(|(quantity, price)| *quantity as f64 * price).sum()
    };
    worth(problem.supply(), &giver_price) + worth(problem.demand(), &prices.taker)
}
