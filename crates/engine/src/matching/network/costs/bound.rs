//! An upper bound of our own: every link is shared out between its giver and its taker, each side then chooses by
//! itself, and no network earns more than both together. Method: `docs/methods/network-costs.md`.

use super::layout::{CostedLink, Layout};
use super::single::{Offer, Workspace, losses_when_opened};

/// How a link is shared: what of its profit and of its yearly cost falls to the giver. The rest falls to the taker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    /// Of the profit of the full link, thousand VND a year.
    pub profit: f64,
    /// Of the yearly cost, thousand VND a year; from 0 to the whole.
    pub fixed: f64,
}

/// What the two sides would choose at given shares.
struct Choices {
    /// Flow as the giver would choose it, link by link.
    given: Vec<f64>,
    taken: Vec<f64>,
    bound: f64,
}

/// Halves of the yearly cost, and the profit by the prices of a linearised problem.
pub fn shares_by_prices(layout: &Layout, taker_price: &[f64]) -> Vec<Share> {
    let half = |link: &CostedLink| Share {
        profit: (link.profit - taker_price[link.taker as usize]) * link.cap - link.fixed / 2.0,
        fixed: link.fixed / 2.0,
    };
    layout.links.iter().map(half).collect()
}

/// Both sides' best choices, added up. No network earns more than `bound`, whatever the shares.
fn choices(layout: &Layout, shares: &[Share], workspace: &mut Workspace) -> Choices {
    let mut answer = Choices { given: vec![0.0; layout.links.len()], taken: vec![0.0; layout.links.len()], bound: 0.0 };
    let (mut offers, mut flows) = (Vec::new(), Vec::new());
    for giver in 0..layout.supply.len() {
        let range = layout.of_giver(giver);
        offers.clear();
        offers.extend(range.clone().map(|place| given_offer(layout, shares, place)));
        answer.bound += workspace.best(layout.supply[giver], &offers, &mut answer.given[range]);
    }
    for taker in 0..layout.demand.len() {
        let places = layout.of_taker(taker);
        offers.clear();
        offers.extend(places.iter().map(|place| taken_offer(layout, shares, *place as usize)));
        flows.resize(offers.len(), 0.0);
        answer.bound += workspace.best(layout.demand[taker], &offers, &mut flows);
        for (place, flow) in places.iter().zip(&flows) {
            answer.taken[*place as usize] = *flow;
        }
    }
    answer
}

/// A link as its giver sees it at these shares.
pub fn given_offer(layout: &Layout, shares: &[Share], place: usize) -> Offer {
    let (link, share) = (&layout.links[place], &shares[place]);
    Offer { profit: share.profit / link.cap, fixed: share.fixed, cap: link.cap }
}

/// A link as its taker sees it at these shares.
pub fn taken_offer(layout: &Layout, shares: &[Share], place: usize) -> Offer {
    let (link, share) = (&layout.links[place], &shares[place]);
    Offer { profit: link.profit - share.profit / link.cap, fixed: link.fixed - share.fixed, cap: link.cap }
}

/// Where the search for shares stands.
pub struct Descent {
    pub shares: Vec<Share>,
    pub bound: f64,
    /// How often each link was opened by either side, lately: near 1 the two agree that it is needed.
    pub wanted: Vec<f64>,
}

/// Lowers the bound by moving shares towards agreement: a link that its giver opens and its taker does not is made
/// worth less to the giver and more to the taker. Steps after Polyak, towards `goal`.
pub fn descend(layout: &Layout, start: Vec<Share>, goal: f64, rounds: usize) -> Descent {
    let mut workspace = Workspace::default();
    let mut shares = start.clone();
    let mut best = Descent { shares: start, bound: f64::INFINITY, wanted: vec![0.0; layout.links.len()] };
    let mut direction = vec![Share::default(); layout.links.len()];
    let mut pace = 0.3;
    let mut since_better = 0;
    for round in 0..rounds {
        let found = choices(layout, &shares, &mut workspace);
        if found.bound < best.bound {
            if found.bound < best.bound - 1e-4 * (best.bound - goal).abs() {
                since_better = 0;
            }
            best.bound = found.bound;
            best.shares.copy_from_slice(&shares);
        } else {
            since_better += 1;
            if since_better >= 5 {
                since_better = 0;
                pace *= 0.6;
                shares.copy_from_slice(&best.shares);
            }
        }
        if found.bound - goal <= 1e-9 * goal.abs() {
            break;
        }
        let mut length = 0.0;
        let smooth = if round < 20 { 0.2 } else { 0.1 };
        for (place, link) in layout.links.iter().enumerate() {
            let (given, taken) = (found.given[place], found.taken[place]);
            let (is_given, is_taken) = (f64::from(given > 0.0), f64::from(taken > 0.0));
            best.wanted[place] += smooth * ((is_given + is_taken) / 2.0 - best.wanted[place]);
            let towards = &mut direction[place];
            towards.profit = 0.7 * towards.profit + 0.3 * (given - taken) / link.cap;
            towards.fixed = 0.7 * towards.fixed - 0.3 * (is_given - is_taken);
            length += towards.profit * towards.profit + towards.fixed * towards.fixed;
        }
        if length == 0.0 {
            break;
        }
        let step = pace * (found.bound - goal) / length;
        for ((share, towards), link) in shares.iter_mut().zip(&direction).zip(&layout.links) {
            share.profit -= step * towards.profit;
            share.fixed = (share.fixed - step * towards.fixed).clamp(0.0, link.fixed);
        }
    }
    best
}

/// Whether each link can be in a network worth more than `goal`: those that cannot cost too much of the bound when
/// both their ends must open them.
pub fn can_be_used(layout: &Layout, shares: &[Share], goal: f64) -> Vec<bool> {
    let mut workspace = Workspace::default();
    let mut bound = 0.0;
    let mut loss = vec![0.0; layout.links.len()];
    let (mut offers, mut flows, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    for giver in 0..layout.supply.len() {
        let range = layout.of_giver(giver);
        offers.clear();
        offers.extend(range.clone().map(|place| given_offer(layout, shares, place)));
        flows.resize(offers.len(), 0.0);
        let best = workspace.best(layout.supply[giver], &offers, &mut flows);
        bound += best;
        losses_when_opened(layout.supply[giver], &offers, best, &mut losses);
        for (place, lost) in range.zip(&losses) {
            loss[place] += lost;
        }
    }
    for taker in 0..layout.demand.len() {
        let places = layout.of_taker(taker);
        offers.clear();
        offers.extend(places.iter().map(|place| taken_offer(layout, shares, *place as usize)));
        flows.resize(offers.len(), 0.0);
        let best = workspace.best(layout.demand[taker], &offers, &mut flows);
        bound += best;
        losses_when_opened(layout.demand[taker], &offers, best, &mut losses);
        for (place, lost) in places.iter().zip(&losses) {
            loss[*place as usize] += lost;
        }
    }
    loss.iter().map(|lost| bound - lost > goal).collect()
}
