//! Yearly costs of links: which links to have at all. A network and a bound of our own, and on what is small enough
//! a mixed-integer solver that starts from both. Method: `docs/methods/network-costs.md`.

pub mod blended;
mod bound;
mod improve;
mod layout;
mod single;
mod slope;

use super::conditions::{NetworkRefusal, NetworkTask};
use crate::linear::{Column, Limits, LinearProblem, LinearSolver};
use bound::{Descent, can_be_used, descend, shares_by_prices};
use improve::Draft;
use layout::Layout;

/// Rounds of lowering the bound.
const ROUNDS: usize = 300;
/// Rounds of slope scaling.
const SLOPES: usize = 12;
/// Passes of improving a network; most end sooner because nothing earns more.
const PASSES: usize = 10;
/// Links that a mixed-integer solver is given at once.
const MOST_LINKS_TO_PROVE: usize = 3_000;
/// Givers or takers whose links are chosen anew together where the whole is too large.
const REGION: usize = 40;
/// Wall seconds of the solver on one network; of a region, branches limit it.
const SECONDS: f64 = 60.0;
const BRANCHES_OF_REGION: i32 = 20;

/// Flows and bound of the problem `fixed_charge`. Parts that share no giver or taker are solved by themselves.
pub fn solve(
    task: &NetworkTask,
    fixed: &[i64],
    solver: Option<LinearSolver>,
) -> Result<(Vec<f64>, f64), NetworkRefusal> {
    let layout = Layout::new(&task.transport, fixed);
    let mut flows = vec![0.0; task.transport.links().len()];
    let mut bound = 0.0;
    for part in layout.components() {
        let found = solve_part(&part, solver)?;
        bound += found.bound;
        for (link, flow) in part.links.iter().zip(found.flows) {
            flows[link.number as usize] = flow;
        }
    }
    Ok((flows, bound))
}

struct Found {
    flows: Vec<f64>,
    worth: f64,
    bound: f64,
}

impl Found {
    fn is_proved(&self) -> bool {
        self.bound - self.worth <= 1e-9 * self.bound.abs()
    }
}

fn solve_part(layout: &Layout, solver: Option<LinearSolver>) -> Result<Found, NetworkRefusal> {
    let mut found = by_ourselves(layout);
    let Some(solver) = solver.filter(|_| !found.found.is_proved()) else { return Ok(found.found) };
    let is_usable = can_be_used(layout, &found.descent.shares, found.found.worth);
    let small = layout.keeping(|place| is_usable[place]);
    if small.links.len() <= MOST_LINKS_TO_PROVE {
        prove(layout, &small, &is_usable, &mut found.found, solver)?;
    } else {
        let mut draft = Draft::new(layout, &found.found.flows);
        improve_regions(layout, &mut draft, solver)?;
        draft.improve(PASSES);
        found.found.worth = draft.worth();
        found.found.flows = draft.flows;
    }
    Ok(found.found)
}

struct ByOurselves {
    found: Found,
    descent: Descent,
}

/// Slope scaling and improvement, the bound towards what was found, and both once more from what the bound shows.
fn by_ourselves(layout: &Layout) -> ByOurselves {
    let (flows, taker_price) = slope::scaled(layout, SLOPES);
    let mut draft = Draft::new(layout, &flows);
    draft.improve(PASSES);
    let descent = descend(layout, shares_by_prices(layout, &taker_price), draft.worth(), ROUNDS);
    for least_wanted in [0.02, 0.2] {
        let mut charge = slope::charge_by_wanted(layout, &descent.wanted, least_wanted);
        for _ in 0..2 {
            let mut other = Draft::new(layout, &slope::charged(layout, &charge));
            other.improve(PASSES);
            slope::charge_by_flows(layout, &other.flows, &mut charge);
            if other.worth() > draft.worth() {
                draft = other;
            }
        }
    }
    let (worth, bound) = (draft.worth(), descent.bound.max(draft.worth()));
    ByOurselves { found: Found { flows: draft.flows, worth, bound }, descent }
}

/// Gives the solver the links that can be in a better network. A network with any other link is not worth more than
/// the one in hand, so the greater of that and the solver's bound holds for all.
fn prove(
    layout: &Layout,
    small: &Layout,
    is_usable: &[bool],
    found: &mut Found,
    solver: LinearSolver,
) -> Result<(), NetworkRefusal> {
    let usable: Vec<usize> = (0..layout.links.len()).filter(|place| is_usable[*place]).collect();
    let is_within = (0..layout.links.len()).all(|place| is_usable[place] || found.flows[place] == 0.0);
    let start: Option<Vec<f64>> = is_within.then(|| usable.iter().map(|place| found.flows[*place]).collect());
    let limits = Limits { seconds: SECONDS, ..Limits::default() };
    let Some((flows, bound)) = choose_links(small, start, limits, solver)? else { return Ok(()) };
    found.bound = found.bound.min(bound.max(found.worth));
    let mut all = vec![0.0; layout.links.len()];
    for (place, flow) in usable.iter().zip(flows) {
        all[*place] = flow;
    }
    let mut draft = Draft::new(layout, &all);
    draft.improve(1);
    if draft.worth() > found.worth {
        found.worth = draft.worth();
        found.flows = draft.flows;
    }
    Ok(())
}

/// Chooses the links of some givers anew while all others stand still, region after region; then those of takers.
fn improve_regions(layout: &Layout, draft: &mut Draft, solver: LinearSolver) -> Result<(), NetworkRefusal> {
    let order = layout.walk();
    for (is_giver, members) in [(true, &order.givers), (false, &order.takers)] {
        for region in members.chunks(REGION) {
            let places = layout.links_of(region, is_giver);
            let part = draft.open_region(&places);
            let start = places.iter().map(|place| draft.flows[*place as usize]).collect();
            let limits = Limits { branches: BRANCHES_OF_REGION, gap: 1e-4, ..Limits::default() };
            if let Some((flows, _)) = choose_links(&part, Some(start), limits, solver)? {
                draft.take_if_better(&places, &flows);
            }
        }
    }
    Ok(())
}

/// The mixed-integer problem of a layout: a flow and a choice for each link. Flows come back whole.
fn choose_links(
    layout: &Layout,
    start: Option<Vec<f64>>,
    limits: Limits,
    solver: LinearSolver,
) -> Result<Option<(Vec<f64>, f64)>, NetworkRefusal> {
    let mut linear = LinearProblem::default();
    for link in &layout.links {
        linear.add_column(Column::amount(link.profit, link.cap));
    }
    for link in &layout.links {
        linear.add_column(Column::choice(-link.fixed));
    }
    for (giver, &supply) in layout.supply.iter().enumerate() {
        linear.add_row(supply, layout.of_giver(giver).map(|place| (place as u32, 1.0)).collect());
    }
    for (taker, &demand) in layout.demand.iter().enumerate() {
        linear.add_row(demand, layout.of_taker(taker).iter().map(|place| (*place, 1.0)).collect());
    }
    let count = layout.links.len() as u32;
    for (place, link) in (0..).zip(&layout.links) {
        linear.add_row(0.0, vec![(place, 1.0), (count + place, -link.cap)]);
    }
    let choices = |flows: &Vec<f64>| flows.iter().map(|flow| f64::from(*flow > 0.0)).collect::<Vec<_>>();
    let start = start.map(|flows| [flows.clone(), choices(&flows)].concat());
    let answer = solver(&linear, &Limits { start, ..limits }).map_err(NetworkRefusal::Solver)?;
    let Some(values) = answer.values else { return Ok(None) };
    // With the choices settled the rest is a transport problem, and that has whole flows.
    let (flows, choices) = values.split_at(layout.links.len());
    let is_open: Vec<bool> = choices.iter().zip(flows).map(|(choice, flow)| *choice > 0.5 && *flow > 1e-6).collect();
    Ok(Some((slope::over_open_links(layout, &is_open), answer.bound)))
}
