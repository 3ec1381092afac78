//! A better network with the help of a mixed-integer solver: the givers and takers of a small region choose anew among
//! themselves while everything else stands still. Method: `docs/methods/network-costs.md`.

use std::collections::BTreeMap;

use super::choosing::choose_links;
use super::improve::Draft;
use super::layout::{CostedLink, Layout};
use super::regions::{Region, regions};
use crate::linear::{Limits, LinearSolver};

/// Givers and takers of a region, pass after pass: other sizes, other regions.
const MEMBERS: [u32; 2] = [60, 90];
/// A region with more branches keeps the best network found until then.
const BRANCHES: i32 = 200;
/// Wall seconds of one region; as a rule its branches end first.
const SECONDS: f64 = 20.0;

/// Betters a network region by region, at most `most_regions` of each size.
pub fn better_by_regions(layout: &Layout, draft: &mut Draft, most_regions: usize, solver: LinearSolver) {
    let limits = Limits { seconds: SECONDS, branches: BRANCHES, gap: 1e-5, seeks_values: false, ..Limits::default() };
    for members in MEMBERS {
        for region in regions(layout, members).iter().take(most_regions) {
            if let Some(flows) = chosen_anew(layout, &draft.flows, region, limits.clone(), solver) {
                draft.set_if_better(&flows);
            }
        }
        draft.improve(2);
    }
}

/// What should flow over the links within a region, by their places; none where there is nothing to choose, or the solver
/// finds nothing.
fn chosen_anew(
    layout: &Layout,
    flows: &[f64],
    region: &Region,
    limits: Limits,
    solver: LinearSolver,
) -> Option<Vec<(usize, f64)>> {
    let of_giver: BTreeMap<u32, u32> = region.givers.iter().copied().zip(0..).collect();
    let of_taker: BTreeMap<u32, u32> = region.takers.iter().copied().zip(0..).collect();
    let mut supply: Vec<f64> = region.givers.iter().map(|giver| layout.supply[*giver as usize]).collect();
    let mut demand: Vec<f64> = region.takers.iter().map(|taker| layout.demand[*taker as usize]).collect();
    let mut within = Vec::new();
    for (&giver, &at) in &of_giver {
        for place in layout.of_giver(giver as usize) {
            match of_taker.get(&layout.links[place].taker) {
                Some(&taker) => within.push((place, at, taker)),
                None => supply[at as usize] -= flows[place],
            }
        }
    }
    for (&taker, &at) in &of_taker {
        let places = layout.of_taker(taker as usize).iter().map(|place| *place as usize);
        let from_others = places.filter(|place| !of_giver.contains_key(&layout.links[*place].giver));
        demand[at as usize] -= from_others.map(|place| flows[place]).sum::<f64>();
    }
    let links = within.iter().filter_map(|&(place, giver, taker)| {
        let link = layout.links[place];
        let cap = supply[giver as usize].min(demand[taker as usize]);
        let number = place as u32;
        (cap > 0.0 && link.profit * cap > link.fixed).then_some(CostedLink { giver, taker, cap, number, ..link })
    });
    let links: Vec<CostedLink> = links.collect();
    if links.len() < 2 {
        return None;
    }
    let small = Layout::of(supply, demand, links);
    let start = small.links.iter().map(|link| flows[link.number as usize]).collect();
    let (found, _) = choose_links(&small, Some(start), limits, solver);
    let mut anew: BTreeMap<usize, f64> = within.iter().map(|(place, ..)| (*place, 0.0)).collect();
    anew.extend(small.links.iter().map(|link| link.number as usize).zip(found?));
    Some(anew.into_iter().collect())
}
