//! Yearly costs of links and quality limits together. The bound is that of the network without quality limits in
//! which every unit pays for its excess; the network is found by slope scaling over mixes, and by the solver.

use super::layout::{CostedLink, Layout};
use super::{ROUNDS, SECONDS, descend, shares_by_prices};
use crate::linear::{Column, Limits, LinearProblem, LinearSolver};
use crate::matching::network::blending::{Prices, add_limits, best_mix, caps};
use crate::matching::network::conditions::{NetworkRefusal, NetworkTask, Quality};

/// Rounds of slope scaling; each is a linear problem.
const SLOPES: usize = 6;
/// Links that a mixed-integer solver is given at once.
const MOST_LINKS_AT_ONCE: usize = 20_000;

/// Flows and bound of the problem `fixed_charge_blending`.
pub fn solve(
    task: &NetworkTask,
    fixed: &[i64],
    quality: &Quality,
    solver: LinearSolver,
) -> Result<(Vec<f64>, f64), NetworkRefusal> {
    let problem = &task.transport;
    let links = problem.links();
    let profit: Vec<f64> = links.iter().map(|link| link.benefit as f64 / 10.0).collect();
    let cap = caps(problem);
    let charge = |number: usize, flow: f64| if flow > 0.0 { fixed[number] as f64 / flow } else { 0.0 };
    let mut charges: Vec<f64> = cap.iter().enumerate().map(|(number, cap)| charge(number, *cap)).collect();
    let net =
        |charges: &[f64]| -> Vec<f64> { profit.iter().zip(charges).map(|(profit, charge)| profit - charge).collect() };

    let (mut flows, prices) = best_mix(problem, quality, &net(&charges), |_| true, solver)?;
    let mut best = vec![0.0; links.len()];
    for _ in 0..SLOPES {
        let cleaned = cleaned(&flows);
        if task.worth(&cleaned) > task.worth(&best) {
            best = cleaned;
        }
        for (number, flow) in flows.iter().enumerate().filter(|(_, flow)| **flow > 1e-6) {
            charges[number] = charge(number, *flow);
        }
        flows = best_mix(problem, quality, &net(&charges), |_| true, solver)?.0;
    }
    let mut bound = bound(task, fixed, quality, &prices, &cap, task.worth(&best));
    if links.len() <= MOST_LINKS_AT_ONCE {
        let (chosen, limit) = choose_links(task, fixed, quality, &profit, &cap, &best, solver)?;
        bound = bound.min(limit);
        if let Some(chosen) = chosen.filter(|chosen| task.worth(chosen) > task.worth(&best)) {
            best = chosen;
        }
    }
    Ok((best, bound))
}

fn cleaned(flows: &[f64]) -> Vec<f64> {
    flows.iter().map(|flow| if *flow < 1e-6 { 0.0 } else { *flow }).collect()
}

/// With prices of excess fixed, whatever they are, quality limits can be dropped: a network that keeps them pays
/// nothing or less for its mixes and so earns no less than before.
fn bound(task: &NetworkTask, fixed: &[i64], quality: &Quality, prices: &Prices, cap: &[f64], goal: f64) -> f64 {
    let problem = &task.transport;
    let mut costed = Vec::new();
    for (number, link) in problem.links().iter().enumerate() {
        let profit = prices.profit(quality, link.giver, link.taker, link.benefit as f64 / 10.0);
        let (fixed, cap) = (fixed[number] as f64, cap[number]);
        if cap > 0.0 && profit * cap > fixed {
            costed.push(CostedLink { giver: link.giver, taker: link.taker, profit, fixed, cap, number: number as u32 });
        }
    }
    let quantities = |side: &[i64]| side.iter().map(|quantity| *quantity as f64).collect();
    let layout = Layout::of(quantities(problem.supply()), quantities(problem.demand()), costed);
    let start = shares_by_prices(&layout, &prices.taker);
    descend(&layout, start, goal, ROUNDS).bound
}

/// The mixed-integer problem of the whole, from the network in hand.
fn choose_links(
    task: &NetworkTask,
    fixed: &[i64],
    quality: &Quality,
    profit: &[f64],
    cap: &[f64],
    start: &[f64],
    solver: LinearSolver,
) -> Result<(Option<Vec<f64>>, f64), NetworkRefusal> {
    let mut linear = LinearProblem::default();
    add_limits(&mut linear, &task.transport, quality, profit, cap);
    let count = profit.len() as u32;
    for fixed in fixed {
        linear.add_column(Column::choice(-(*fixed as f64)));
    }
    for (number, cap) in (0..).zip(cap) {
        linear.add_row(0.0, vec![(number, 1.0), (count + number, -cap)]);
    }
    let choices: Vec<f64> = start.iter().map(|flow| f64::from(*flow > 0.0)).collect();
    let start = Some([start.to_vec(), choices].concat());
    let limits = Limits { seconds: SECONDS, start, ..Limits::default() };
    let answer = solver(&linear, &limits).map_err(NetworkRefusal::Solver)?;
    let Some(values) = answer.values else { return Ok((None, answer.bound)) };
    // The solver's choices are whole but for its tolerance; the flows that go with them are found once more.
    let (flows, choices) = values.split_at(profit.len());
    let is_open = |number: usize| choices[number] > 0.5 && flows[number] > 1e-6;
    let (flows, _) = best_mix(&task.transport, quality, profit, is_open, solver)?;
    Ok((Some(cleaned(&flows)), answer.bound))
}
