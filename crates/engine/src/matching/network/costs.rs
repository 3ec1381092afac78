//! Yearly costs of links: which links to have at all. A network and a bound of our own, and on what is small enough
//! a mixed-integer solver that starts from both. Method: `docs/methods/network-costs.md`.

mod anew;
pub mod blended;
mod bound;
mod choosing;
mod improve;
mod layout;
mod regions;
mod single;
mod slope;

use super::conditions::{Effort, NetworkTask};
use crate::linear::{Limits, LinearSolver};
use anew::better_by_regions;
use bound::{Descent, Share, can_be_used, descend, shares_by_prices};
use choosing::choose_links;
use improve::Draft;
use layout::Layout;

/// Rounds of lowering the bound.
const ROUNDS: usize = 600;
/// Rounds of slope scaling.
const SLOPES: usize = 12;
/// Passes of improving a network; most end sooner because nothing earns more.
const PASSES: usize = 10;
/// Links of one part above which its network is bettered by small regions first; of less the solver sees all at once.
const LINKS_TO_BETTER_BY_REGIONS: usize = 1_000;
/// Links of which a proof is worth waiting for; of more a gap of `GAP` will do.
const MOST_LINKS_TO_PROVE: usize = 3_000;
const GAP: f64 = 1e-3;
/// Wall seconds of the solver on all parts together, by their links; a part gets at least one.
const SECONDS: f64 = 60.0;
/// Givers and takers in a region whose bound the solver is asked for.
const MEMBERS_OF_REGION: u32 = 800;
/// Wall seconds of the solver on one such region; as a rule its branches end first.
const SECONDS_OF_REGION: f64 = 60.0;
const BRANCHES_OF_REGION: i32 = 1;
/// With this gap no further region is given to the solver.
const GAP_ENOUGH: f64 = 4e-3;

/// Flows and bound of the problem `fixed_charge`. Parts that share no giver or taker are solved by themselves.
pub fn solve(task: &NetworkTask, fixed: &[i64], solver: Option<LinearSolver>, effort: Effort) -> (Vec<f64>, f64) {
    let layout = Layout::new(&task.transport, fixed);
    let mut flows = vec![0.0; task.transport.links().len()];
    let mut bound = 0.0;
    for part in layout.components() {
        let share = part.links.len() as f64 / layout.links.len() as f64;
        let found = solve_part(&part, (SECONDS * share).max(1.0), solver, effort);
        bound += found.bound;
        for (link, flow) in part.links.iter().zip(found.flows) {
            flows[link.number as usize] = flow;
        }
    }
    (flows, bound)
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

    /// The better of both networks; the bound is never below it.
    fn take_over(&mut self, draft: Draft) {
        if draft.worth() > self.worth {
            self.worth = draft.worth();
            self.flows = draft.flows;
            self.bound = self.bound.max(self.worth);
        }
    }
}

fn solve_part(layout: &Layout, seconds: f64, solver: Option<LinearSolver>, effort: Effort) -> Found {
    let mut found = by_ourselves(layout);
    let Some(solver) = solver.filter(|_| !found.found.is_proved()) else { return found.found };
    if layout.links.len() > LINKS_TO_BETTER_BY_REGIONS {
        let mut draft = Draft::new(layout, &found.found.flows);
        better_by_regions(layout, &mut draft, effort.regions, solver);
        found.found.take_over(draft);
    }
    let is_usable = can_be_used(layout, &found.descent.shares, found.found.worth);
    let small = layout.keeping(|place| is_usable[place]);
    if small.links.len() <= effort.links_at_once {
        let gap = if small.links.len() <= MOST_LINKS_TO_PROVE { Limits::default().gap } else { GAP };
        let limits = Limits { seconds, gap, seeks_values: false, ..Limits::default() };
        prove(layout, &small, &is_usable, &mut found.found, limits, solver);
    } else {
        by_regions(layout, &found.descent.shares, &mut found.found, effort.regions, solver);
    }
    found.found
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
fn prove(layout: &Layout, small: &Layout, is_usable: &[bool], found: &mut Found, limits: Limits, solver: LinearSolver) {
    let usable: Vec<usize> = (0..layout.links.len()).filter(|place| is_usable[*place]).collect();
    let is_within = (0..layout.links.len()).all(|place| is_usable[place] || found.flows[place] == 0.0);
    let start: Option<Vec<f64>> = is_within.then(|| usable.iter().map(|place| found.flows[*place]).collect());
    let (flows, bound) = choose_links(small, start, limits, solver);
    found.bound = found.bound.min(bound.max(found.worth));
    let Some(flows) = flows else { return };
    let mut all = vec![0.0; layout.links.len()];
    for (place, flow) in usable.iter().zip(flows) {
        all[*place] = flow;
    }
    let mut draft = Draft::new(layout, &all);
    draft.improve(1);
    found.take_over(draft);
}

/// Lowers the bound region by region, the largest first, until it is near enough.
fn by_regions(layout: &Layout, shares: &[Share], found: &mut Found, most_regions: usize, solver: LinearSolver) {
    let limits = Limits {
        seconds: SECONDS_OF_REGION,
        branches: BRANCHES_OF_REGION,
        gap: 1e-4,
        seeks_values: false,
        ..Limits::default()
    };
    for region in regions::regions(layout, MEMBERS_OF_REGION).iter().take(most_regions) {
        if found.bound - found.worth <= GAP_ENOUGH * found.bound {
            break;
        }
        let fall = regions::fall_of_bound(layout, shares, region, &found.flows, &limits, solver);
        found.bound = (found.bound - fall).max(found.worth);
    }
}
