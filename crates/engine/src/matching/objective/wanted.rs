//! A network that is to be chosen: a value that can be handed to somebody who chooses it elsewhere, tells how far he is, and
//! can be stopped.

use std::collections::BTreeSet;

use super::{Chosen, Ground, Objective};

#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub ground: Ground,
    pub objective: Objective,
    /// Places of links of the ground that are left out.
    pub forbidden: BTreeSet<usize>,
}

impl Wanted {
    pub fn new(ground: Ground, objective: Objective) -> Wanted {
        Wanted { ground, objective, forbidden: BTreeSet::new() }
    }

    /// Its mixed-integer problems; 0 where transport problems find the network at once.
    pub fn parts(&self) -> usize {
        if self.ground.works.is_empty() { 0 } else { self.ground.bound_parts(self.objective, &self.forbidden) }
    }

    pub fn choose(&self) -> Chosen {
        self.ground.choose_without(self.objective, &self.forbidden)
    }

    /// `go_on` is told how many parts are done before each of them; `None` where it says no.
    pub fn choose_while(&self, go_on: &mut dyn FnMut(usize) -> bool) -> Option<Chosen> {
        if self.ground.works.is_empty() {
            return Some(self.choose());
        }
        self.ground.choose_with_works_while(self.objective, &self.forbidden, go_on)
    }
}
