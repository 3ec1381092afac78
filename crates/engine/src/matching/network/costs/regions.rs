//! Large networks region by region: a mixed-integer solver bounds what a region can earn when its links to others are
//! shared out. Method: `docs/methods/network-costs.md`.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::bound::{Share, given_offer, taken_offer};
use super::choosing::{Choice, posed};
use super::layout::{Layout, head_of};
use super::single::{Offer, Workspace};
use crate::linear::{Limits, LinearSolver};

/// Givers and takers that belong together; every one is in one region.
#[derive(Default)]
pub struct Region {
    pub givers: Vec<u32>,
    pub takers: Vec<u32>,
}

/// Joins groups of givers and takers, first those with the most links between them for their sizes, as long as a
/// region has at most `most_members`, so that few links are cut. Those with the most members come first.
pub fn regions(layout: &Layout, most_members: u32) -> Vec<Region> {
    let givers = layout.supply.len() as u32;
    let mut groups = Groups::new(givers as usize + layout.demand.len());
    for link in &layout.links {
        groups.add_link(link.giver, givers + link.taker);
    }
    groups.join(most_members);
    let mut regions: BTreeMap<u32, Region> = BTreeMap::new();
    for number in 0..groups.head.len() as u32 {
        let region = regions.entry(head_of(&mut groups.head, number)).or_default();
        match number.checked_sub(givers) {
            None => region.givers.push(number),
            Some(taker) => region.takers.push(taker),
        }
    }
    let mut regions: Vec<Region> = regions.into_values().collect();
    regions.sort_by_key(|region| std::cmp::Reverse(region.givers.len() + region.takers.len()));
    regions
}

/// Groups that are being joined, each known by one of its members.
struct Groups {
    head: Vec<u32>,
    members: Vec<u32>,
    /// For each group, how many links lead to each other group.
    links: Vec<BTreeMap<u32, u32>>,
}

impl Groups {
    fn new(count: usize) -> Groups {
        Groups { head: (0..count as u32).collect(), members: vec![1; count], links: vec![BTreeMap::new(); count] }
    }

    fn add_link(&mut self, a: u32, b: u32) {
        *self.links[a as usize].entry(b).or_default() += 1;
        *self.links[b as usize].entry(a).or_default() += 1;
    }

    /// Joins until no two groups with a link between them are small enough together.
    fn join(&mut self, most_members: u32) {
        let mut pairs = BinaryHeap::new();
        for (a, near) in (0..).zip(&self.links) {
            pairs.extend(near.iter().filter(|(b, _)| a < **b).map(|(b, links)| (self.nearness(*links, a, *b), a, *b)));
        }
        while let Some((nearness, a, b)) = pairs.pop() {
            let Some(links) = self.links[a as usize].get(&b) else { continue };
            let is_current = nearness == self.nearness(*links, a, b);
            if is_current && self.members[a as usize] + self.members[b as usize] <= most_members {
                let joined = self.join_pair(a, b);
                let near = self.links[joined as usize].iter();
                pairs.extend(near.map(|(other, links)| (self.nearness(*links, joined, *other), joined, *other)));
            }
        }
    }

    /// Links for the size of both groups, as a whole number so that it orders.
    fn nearness(&self, links: u32, a: u32, b: u32) -> u64 {
        let size = f64::from(self.members[a as usize]) * f64::from(self.members[b as usize]);
        (1e9 * f64::from(links) / size.sqrt()) as u64
    }

    /// The group with fewer neighbours goes into the other, whose name stays.
    fn join_pair(&mut self, a: u32, b: u32) -> u32 {
        let is_kept = self.links[a as usize].len() >= self.links[b as usize].len();
        let (kept, gone) = if is_kept { (a, b) } else { (b, a) };
        let moved = std::mem::take(&mut self.links[gone as usize]);
        self.head[gone as usize] = kept;
        self.members[kept as usize] += self.members[gone as usize];
        self.links[kept as usize].remove(&gone);
        for (other, links) in moved.into_iter().filter(|(other, _)| *other != kept) {
            self.links[other as usize].remove(&gone);
            *self.links[other as usize].entry(kept).or_default() += links;
            *self.links[kept as usize].entry(other).or_default() += links;
        }
        kept
    }
}

/// By how much the sum of what the members of a region choose by themselves falls when the region chooses as one: its
/// links whole, those to other regions shared out as `shares` say. `flows` is a network to start from. 0 where the
/// solver fails or knows no better.
pub fn fall_of_bound(
    layout: &Layout,
    shares: &[Share],
    region: &Region,
    flows: &[f64],
    limits: &Limits,
    solver: LinearSolver,
) -> f64 {
    let mut posing = Posing {
        layout,
        flows,
        workspace: Workspace::default(),
        quantities: Vec::new(),
        choices: Vec::new(),
        start: Vec::new(),
        by_themselves: 0.0,
    };
    let first_taker = region.givers.len() as u32;
    let side_of_taker: BTreeMap<u32, u32> = region.takers.iter().copied().zip(first_taker..).collect();
    let mut is_within = BTreeSet::new();
    for (side, &giver) in (0..).zip(&region.givers) {
        let places: Vec<usize> = layout.of_giver(giver as usize).collect();
        let offers: Vec<Offer> = places.iter().map(|place| given_offer(layout, shares, *place)).collect();
        posing.add_side(layout.supply[giver as usize], &offers);
        for (place, offer) in places.into_iter().zip(&offers) {
            if let Some(taker) = side_of_taker.get(&layout.links[place].taker) {
                is_within.insert(place);
                posing.add_link(place, [side, *taker]);
            } else {
                posing.add_half(place, side, offer);
            }
        }
    }
    for (side, &taker) in (first_taker..).zip(&region.takers) {
        let places: Vec<usize> = layout.of_taker(taker as usize).iter().map(|place| *place as usize).collect();
        let offers: Vec<Offer> = places.iter().map(|place| taken_offer(layout, shares, *place)).collect();
        posing.add_side(layout.demand[taker as usize], &offers);
        for (place, offer) in places.into_iter().zip(&offers).filter(|(place, _)| !is_within.contains(place)) {
            posing.add_half(place, side, offer);
        }
    }
    if is_within.is_empty() {
        return 0.0;
    }
    let opened = posing.start.iter().map(|part| f64::from(*part > 0.0));
    let start = posing.start.iter().copied().chain(opened).collect();
    let limits = Limits { start: Some(start), ..limits.clone() };
    let answer = solver(&posed(&posing.quantities, &posing.choices), &limits);
    answer.map_or(0.0, |answer| (posing.by_themselves - answer.bound).max(0.0))
}

/// A region on its way to the solver.
struct Posing<'a> {
    layout: &'a Layout,
    flows: &'a [f64],
    workspace: Workspace,
    quantities: Vec<f64>,
    choices: Vec<Choice>,
    /// How full each choice is to begin with, from 0 to 1.
    start: Vec<f64>,
    by_themselves: f64,
}

impl Posing<'_> {
    fn add_side(&mut self, quantity: f64, offers: &[Offer]) {
        self.quantities.push(quantity);
        self.by_themselves += self.workspace.best(quantity, offers, &mut vec![0.0; offers.len()]);
    }

    fn add_link(&mut self, place: usize, sides: [u32; 2]) {
        let link = &self.layout.links[place];
        let profit = link.profit * link.cap;
        self.choices.push(Choice { sides: sides.map(Some), profit, fixed: link.fixed, cap: link.cap });
        self.start.push(self.flows[place] / link.cap);
    }

    /// The half of a link to another region; left out where it earns nothing even in full.
    fn add_half(&mut self, place: usize, side: u32, offer: &Offer) {
        let profit = offer.profit * offer.cap;
        if profit > offer.fixed {
            self.choices.push(Choice { sides: [Some(side), None], profit, fixed: offer.fixed, cap: offer.cap });
            self.start.push(self.flows[place] / offer.cap);
        }
    }
}
