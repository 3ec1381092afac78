//! Lists of best partners that follow every change: a stream comes, goes or changes, and only the lists that this
//! concerns are touched. Which they are is found by a bound as well, from the other side.

use std::collections::BTreeMap;

use super::forest::{Forest, Inside, Point};
use super::search::{
    HALF, Partner, SLACK, Search, TakerIndex, benefit_of, in_order_of_place, keep, partner, points_of, rank_of_pair,
    taker_of,
};
use super::terms::{Terms, direction};
use super::{Giver, Taker};

/// The best takers of every giver, kept up to date.
pub struct LivePartners {
    terms: Terms,
    most: usize,
    givers: Vec<Option<Giver>>,
    takers: Vec<Option<Taker>>,
    /// Ranks of each giver's best takers, best first.
    lists: Vec<Vec<u64>>,
    index: TakerIndex,
    /// Givers by class and place. The level of a giver is what a taker may cost at most, all in all, to enter its list:
    /// what the giver saves less the benefit of the last on its list.
    wanting: Forest,
    search: Search,
}

impl LivePartners {
    /// Every stream has the same number of qualities. A place in the lists stays that of its stream.
    pub fn new(givers: Vec<Giver>, takers: Vec<Taker>, qualities: usize, terms: &Terms, most: usize) -> LivePartners {
        let index = TakerIndex::new(&takers, qualities, terms);
        let mut search = Search::default();
        let mut lists = vec![Vec::new(); givers.len()];
        for giver in in_order_of_place(&givers) {
            lists[giver as usize] = index.ranks(&givers[giver as usize], most, &mut search).to_vec();
        }
        let mut points = Vec::new();
        let mut contents = Vec::new();
        for ((place, giver), list) in (0..).zip(&givers).zip(&lists) {
            points.push((giver.class, point_of(place, giver, level(giver, list, most, terms))));
            contents.extend(turned(giver));
        }
        let wanting = Forest::new(&points, &contents, qualities, terms.haulage_per_radius());
        LivePartners {
            terms: terms.clone(),
            most,
            givers: givers.into_iter().map(Some).collect(),
            takers: takers.into_iter().map(Some).collect(),
            lists,
            index,
            wanting,
            search,
        }
    }

    /// The best takers of a giver, best first; none where there is no such giver.
    pub fn partners(&self, giver: u32) -> Vec<Partner> {
        self.lists.get(giver as usize).into_iter().flatten().map(|rank| partner(*rank)).collect()
    }

    /// Adds, changes or (by `None`) removes a giver. Says whether its list changed.
    pub fn set_giver(&mut self, place: u32, giver: Option<Giver>) -> bool {
        let at = place as usize;
        if self.givers.len() <= at {
            self.givers.resize(at + 1, None);
            self.lists.resize(at + 1, Vec::new());
        }
        self.wanting.remove(place);
        let list = match &giver {
            Some(giver) => self.index.ranks(giver, self.most, &mut self.search).to_vec(),
            None => Vec::new(),
        };
        if let Some(giver) = &giver {
            let level = level(giver, &list, self.most, &self.terms);
            let contents: Vec<f64> = turned(giver).collect();
            self.wanting.insert(giver.class, point_of(place, giver, level), &contents);
        }
        self.givers[at] = giver;
        let changes = self.lists[at] != list;
        self.lists[at] = list;
        changes
    }

    /// Adds, changes or (by `None`) removes a taker. Returns the givers whose lists changed, in their order.
    pub fn set_taker(&mut self, place: u32, taker: Option<Taker>) -> Vec<u32> {
        let at = place as usize;
        if self.takers.len() <= at {
            self.takers.resize(at + 1, None);
        }
        let mut concerned: BTreeMap<u32, Option<u64>> = BTreeMap::new();
        if let Some(before) = self.takers[at].take() {
            concerned.extend(self.listed_by(place, &before).into_iter().map(|(giver, _)| (giver, None)));
            self.index.remove(place);
        }
        if let Some(after) = &taker {
            concerned.extend(self.listed_by(place, after).into_iter().map(|(giver, rank)| (giver, Some(rank))));
            self.index.insert(place, after);
        }
        self.takers[at] = taker;
        let mut changed = Vec::new();
        for (giver, rank) in concerned {
            if self.relist(giver, place, rank) {
                changed.push(giver);
            }
        }
        changed
    }

    /// Puts the list of a giver right after a taker has gone or come with this rank. Says whether it changed.
    fn relist(&mut self, place: u32, taker: u32, rank: Option<u64>) -> bool {
        let Some(giver) = &self.givers[place as usize] else { return false };
        let mut list = self.lists[place as usize].clone();
        let was_full = list.len() == self.most;
        let listed = list.iter().position(|rank| taker_of(*rank) == taker);
        if let Some(listed) = listed {
            list.remove(listed);
        }
        match rank {
            // Above the last on the list before: nobody who was not on it can be better.
            Some(rank) => {
                keep(&mut list, rank, self.most);
            }
            // A list that was not full held everybody.
            None if was_full => list = self.index.ranks(giver, self.most, &mut self.search).to_vec(),
            None => {}
        }
        let changes = self.lists[place as usize] != list;
        if changes {
            self.wanting.set_level(place, level(giver, &list, self.most, &self.terms));
            self.lists[place as usize] = list;
        }
        changes
    }

    /// The givers on whose lists this taker stands or would stand, with its rank.
    fn listed_by(&self, place: u32, taker: &Taker) -> Vec<(u32, u64)> {
        let mut found = Vec::new();
        if self.most == 0 {
            return found;
        }
        for (class, point) in points_of(place, taker, &self.terms) {
            let mut open: Vec<u32> = self.wanting.root(class).into_iter().collect();
            while let Some(node) = open.pop() {
                if !self.may_want(node, &point, taker) {
                    continue;
                }
                match self.wanting.node(node).inside {
                    Inside::Nodes(first) => open.extend([first, first + 1]),
                    Inside::Points { start, count, .. } => {
                        found.extend(self.wanting.points(start, count).iter().filter_map(|giver| {
                            let rank = self.rank_if_listed(giver, &point, taker)?;
                            Some((giver.key, rank))
                        }));
                    }
                }
            }
        }
        found
    }

    /// Whether some giver below this node might list the taker: the one of lowest demands, cleanest and nearest in one.
    fn may_want(&self, node: u32, point: &Point, taker: &Taker) -> bool {
        let of = self.wanting.node(node);
        if of.level == f64::NEG_INFINITY || !taker.licensed && !of.permits_any {
            return false;
        }
        let contents = self.wanting.qualities_of_node(node).iter().map(|turned| -turned);
        let Some(treatment) = self.terms.treatment_over(contents, &taker.limits) else { return false };
        let haulage = self.terms.haulage_per_radius() * of.chord_squared(point.at).sqrt();
        of.level + point.level - treatment - haulage + SLACK >= 0.0
    }

    fn rank_if_listed(&self, wanting: &Point, point: &Point, taker: &Taker) -> Option<u64> {
        let giver = self.givers[wanting.key as usize].as_ref()?;
        let rank = rank_of_pair(&self.terms, giver, wanting.at, point, &taker.limits);
        let list = &self.lists[wanting.key as usize];
        let last = if list.len() == self.most { list[self.most - 1] } else { 1 };
        (rank >= last).then_some(rank)
    }
}

/// What a giver saves less the least that a taker must be worth to enter its list.
fn level(giver: &Giver, list: &[u64], most: usize, terms: &Terms) -> f64 {
    let entry = if list.len() == most { list.last().map_or(u32::MAX, |rank| benefit_of(*rank)) } else { 1 };
    // Benefits are rounded: half a step below the last one still counts as equal to it.
    terms.saved_by(giver) - (f64::from(entry) - HALF)
}

fn point_of(place: u32, giver: &Giver, level: f64) -> Point {
    let at = direction(giver.latitude, giver.longitude);
    Point { at, level, key: place, firm: giver.firm, permits_any: !giver.hazardous }
}

/// Contents with their sign turned: in the index, the greater figure permits more.
fn turned(giver: &Giver) -> impl Iterator<Item = f64> {
    giver.contents.iter().map(|content| -content)
}
