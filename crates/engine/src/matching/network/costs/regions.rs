//! Large networks region by region: a mixed-integer solver chooses the links within a region anew, and bounds what a
//! region can earn when its links to others are shared out. Method: `docs/methods/network-costs.md`.

use std::collections::BTreeMap;

use super::bound::{Descent, given_offer, taken_offer};
use super::choosing::{Choice, choose_links, posed};
use super::improve::Draft;
use super::layout::{Layout, head_of};
use super::single::{Offer, Workspace};
use crate::linear::{Limits, LinearSolver};

/// Givers and takers in a region.
const MOST_MEMBERS: u32 = 60;
/// Regions that the solver is given in one pass; the others stay as they are.
const MOST_REGIONS: usize = 20;

/// Givers and takers that belong together; every one is in one region.
#[derive(Default)]
pub struct Region {
    pub givers: Vec<u32>,
    pub takers: Vec<u32>,
}

/// Joins the ends of links, those of the greatest weight first, as long as a region has at most
/// `MOST_MEMBERS`. Those with the most members come first.
pub fn regions(layout: &Layout, weight: &[f64]) -> Vec<Region> {
    let givers = layout.supply.len();
    let mut head: Vec<u32> = (0..(givers + layout.demand.len()) as u32).collect();
    let mut members = vec![1; head.len()];
    let mut places: Vec<u32> = (0..layout.links.len() as u32).collect();
    places.sort_by(|a, b| weight[*b as usize].total_cmp(&weight[*a as usize]).then(a.cmp(b)));
    for place in places {
        let link = &layout.links[place as usize];
        let (a, b) = (head_of(&mut head, link.giver), head_of(&mut head, givers as u32 + link.taker));
        let together = members[a as usize] + members[b as usize];
        if a != b && together <= MOST_MEMBERS {
            head[a.max(b) as usize] = a.min(b);
            members[a.min(b) as usize] = together;
        }
    }
    let mut regions: BTreeMap<u32, Region> = BTreeMap::new();
    for number in 0..head.len() as u32 {
        let region = regions.entry(head_of(&mut head, number)).or_default();
        match number.checked_sub(givers as u32) {
            None => region.givers.push(number),
            Some(taker) => region.takers.push(taker),
        }
    }
    let mut regions: Vec<Region> = regions.into_values().collect();
    regions.sort_by_key(|region| std::cmp::Reverse(region.givers.len() + region.takers.len()));
    regions
}

/// Chooses the links within one region after another anew while all others stand still.
pub fn improve(layout: &Layout, draft: &mut Draft, regions: &[Region], limits: &Limits, solver: LinearSolver) {
    let mut region_of_taker = vec![0; layout.demand.len()];
    for (number, region) in (0_u32..).zip(regions) {
        region.takers.iter().for_each(|taker| region_of_taker[*taker as usize] = number);
    }
    for (number, region) in (0_u32..).zip(regions).take(MOST_REGIONS) {
        let mut places = layout.links_of(&region.givers);
        places.retain(|place| region_of_taker[layout.links[*place as usize].taker as usize] == number);
        let part = draft.open_region(&mut places);
        if part.links.len() < 2 {
            continue;
        }
        let start = places.iter().map(|place| draft.flows[*place as usize]).collect();
        if let (Some(flows), _) = choose_links(&part, Some(start), limits.clone(), solver) {
            draft.take_if_better(&places, &flows);
        }
    }
}

/// No network earns more: each region chooses by itself, the links to other regions shared out as the search for
/// shares left them. A region counts no more than its members by themselves, whatever the solver says.
pub fn bound(layout: &Layout, descent: &Descent, regions: &[Region], limits: &Limits, solver: LinearSolver) -> f64 {
    let mut left = MOST_REGIONS;
    let mut bound_of_next = |region| {
        let solver = (left > 0).then_some(solver);
        left = left.saturating_sub(1);
        bound_of(layout, descent, region, limits, solver)
    };
    regions.iter().map(&mut bound_of_next).sum()
}

fn bound_of(layout: &Layout, descent: &Descent, region: &Region, limits: &Limits, solver: Option<LinearSolver>) -> f64 {
    let mut by_themselves = 0.0;
    let mut workspace = Workspace::default();
    let (mut quantities, mut choices, mut within) = (Vec::new(), Vec::new(), Vec::new());
    let (mut offers, mut flows) = (Vec::new(), Vec::new());
    let half = |side: u32, offer: &Offer| Choice {
        sides: [Some(side), None],
        profit: offer.profit * offer.cap,
        fixed: offer.fixed,
        cap: offer.cap,
    };
    let earns = |offer: &Offer| offer.profit * offer.cap > offer.fixed;
    let side_of_taker: BTreeMap<u32, u32> = region.takers.iter().copied().zip(region.givers.len() as u32..).collect();
    for (side, &giver) in (0..).zip(&region.givers) {
        let supply = layout.supply[giver as usize];
        quantities.push(supply);
        offers.clear();
        offers.extend(layout.of_giver(giver as usize).map(|place| given_offer(layout, &descent.shares, place)));
        flows.resize(offers.len(), 0.0);
        by_themselves += workspace.best(supply, &offers, &mut flows);
        for (place, offer) in layout.of_giver(giver as usize).zip(&offers) {
            let link = &layout.links[place];
            if let Some(taker) = side_of_taker.get(&link.taker) {
                within.push(place as u32);
                let (profit, sides) = (link.profit * link.cap, [Some(side), Some(*taker)]);
                choices.push(Choice { sides, profit, fixed: link.fixed, cap: link.cap });
            } else if earns(offer) {
                choices.push(half(side, offer));
            }
        }
    }
    within.sort_unstable();
    for &taker in &region.takers {
        let demand = layout.demand[taker as usize];
        let places = layout.of_taker(taker as usize);
        quantities.push(demand);
        offers.clear();
        offers.extend(places.iter().map(|place| taken_offer(layout, &descent.shares, *place as usize)));
        flows.resize(offers.len(), 0.0);
        by_themselves += workspace.best(demand, &offers, &mut flows);
        let others = places.iter().zip(&offers).filter(|(place, _)| within.binary_search(place).is_err());
        choices.extend(others.filter(|(_, offer)| earns(offer)).map(|(_, offer)| half(side_of_taker[&taker], offer)));
    }
    let Some(solver) = solver.filter(|_| !within.is_empty()) else { return by_themselves };
    let answer = solver(&posed(&quantities, &choices), limits);
    answer.map_or(by_themselves, |answer| answer.bound.min(by_themselves))
}
