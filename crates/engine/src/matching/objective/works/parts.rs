//! The parts of a network that have nothing to do with each other. What no link, plant or season bears on is a transport
//! problem and is solved as one; every other part is a mixed-integer problem of its own, as small as it can be.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ground, Pair};

/// Links that share streams, costs, limits or plants.
pub(in crate::matching) struct Part {
    /// Places of links of the ground, in order.
    pub links: Vec<usize>,
    /// Whether more than the quantities of the streams bears on them.
    pub is_bound: bool,
}

impl Ground {
    /// The parts of the links that have a value. Charges as [`Ground::charges`] tells them: what costs nothing and carries
    /// any amount connects nothing.
    pub(in crate::matching) fn parts(&self, values: &[Option<Pair>], charges: &[Pair]) -> Vec<Part> {
        let enters = |link: &usize| values[*link].is_some();
        let entering: Vec<usize> = (0..self.links.len()).filter(enters).collect();
        let mut sides = Sides::new(self.givers.len(), self.takers.len());
        let mut bound = BTreeSet::new();
        for &number in &entering {
            let link = &self.links[number];
            let (giver, taker) = (link.giver, sides.taker(link.taker));
            sides.join(giver, taker);
            let most = self.givers[link.giver].steps.min(self.takers[link.taker].steps);
            if link.most.is_some_and(|own| own < most) {
                bound.insert(giver);
            }
        }
        let costly = self.works.ways.iter().zip(charges);
        for (way, _) in costly.filter(|(way, charge)| way.capacity.is_some() || **charge > Pair::default()) {
            let mut carried = way.links.iter().filter(|link| enters(link)).map(|link| self.links[*link].giver);
            if let Some(first) = carried.next() {
                carried.for_each(|giver| sides.join(giver, first));
                bound.insert(first);
            }
        }
        for plant in &self.works.plants {
            let (input, output) = (plant.input.map(|input| sides.taker(input)), plant.output);
            if let (Some(input), Some(output)) = (input, output) {
                sides.join(input, output);
            }
            bound.extend(input.into_iter().chain(output));
        }
        let bound: BTreeSet<usize> = bound.into_iter().map(|side| sides.first(side)).collect();
        let mut by_first: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in entering {
            by_first.entry(sides.first(self.links[number].giver)).or_default().push(number);
        }
        by_first.into_iter().map(|(first, links)| Part { links, is_bound: bound.contains(&first) }).collect()
    }
}

/// Givers and takers in one row, joined where they depend on each other.
struct Sides {
    givers: usize,
    /// Of each another that it is joined with, in the end the first of all.
    next: Vec<usize>,
}

impl Sides {
    fn new(givers: usize, takers: usize) -> Sides {
        Sides { givers, next: (0..givers + takers).collect() }
    }

    fn taker(&self, taker: usize) -> usize {
        self.givers + taker
    }

    fn first(&self, mut side: usize) -> usize {
        while self.next[side] != side {
            side = self.next[side];
        }
        side
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.next[one.max(other)] = one.min(other);
    }
}
