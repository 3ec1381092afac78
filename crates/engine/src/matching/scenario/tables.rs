//! Scenarios on tables of givers, takers and links. Tables state a benefit without the prices that it is made of, and
//! neither kinds nor owners: each identifier is an enterprise of its own, and a scenario that speaks of anything else is
//! refused by its key.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{QuantityChange, Reader};
use crate::fault::{Fault, FaultKind};
use crate::matching::network::{Installations, NetworkFile, NetworkTask, Places, ProblemFault};
use crate::matching::objective::{Ground, Objective};

/// What is changed in the tables before the network is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct TableScenario {
    pub objective: Objective,
    /// 0.1 t by the place of a stream, of those that change.
    givers: BTreeMap<u32, i64>,
    takers: BTreeMap<u32, i64>,
    /// Places of giver and taker.
    forbidden: BTreeSet<(u32, u32)>,
}

/// Tables as a scenario changes them, and which of their links are left.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedTables {
    pub file: NetworkFile,
    /// Places in the tables before, ascending.
    pub kept: Vec<usize>,
}

/// Links whose flow is not the same in two networks, by how it differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LinkCounts {
    pub links_appear: usize,
    pub links_vanish: usize,
    pub links_more: usize,
    pub links_less: usize,
}

/// The keys that tables can answer.
const KEYS: [&str; 3] = ["leaves", "quantity", "forbid"];
/// And where their links state what they avoid and what they keep from disposal.
const KEYS_WITH_AIMS: [&str; 7] = ["objective", "money", "co2e", "kept", "leaves", "quantity", "forbid"];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Giver(u32),
    Taker(u32),
}

struct Ends<'a> {
    givers: Places<'a>,
    takers: Places<'a>,
}

impl TableScenario {
    /// Reads the pairs of a scenario as [`super::Scenario::of_pairs`] does. `leaves` and `quantity` name streams by their
    /// identifiers; one that is both a giver and a taker leaves as both, and where a quantity is meant it says which:
    /// `giver:7`, `taker:7`. Quantities are in t a year. Everything that is wrong is told at once.
    pub fn of_pairs(
        name: &str,
        pairs: &BTreeMap<String, String>,
        file: &NetworkFile,
        has_aims: bool,
    ) -> Result<TableScenario, Vec<Fault>> {
        let mut reader = Reader { file: name, pairs, faults: Vec::new() };
        reader.check_keys(if has_aims { &KEYS_WITH_AIMS } else { &KEYS });
        let objective = if has_aims { reader.objective() } else { Objective::Benefit };
        let ends = Ends { givers: Places::new(&file.givers), takers: Places::new(&file.takers) };
        let mut quantities = reader.quantities_of(&ends, file);
        // Whoever leaves gives and takes nothing, whatever was said of its quantity.
        quantities.extend(reader.leaving(&ends).into_iter().map(|end| (end, 0)));
        let mut scenario = TableScenario {
            objective,
            givers: BTreeMap::new(),
            takers: BTreeMap::new(),
            forbidden: reader.forbidden_ends(&ends),
        };
        for (end, quantity) in quantities {
            match end {
                End::Giver(place) => scenario.givers.insert(place, quantity),
                End::Taker(place) => scenario.takers.insert(place, quantity),
            };
        }
        if reader.faults.is_empty() { Ok(scenario) } else { Err(reader.faults) }
    }

    pub fn changed(&self, file: &NetworkFile) -> ChangedTables {
        let mut changed = NetworkFile { givers: file.givers.clone(), takers: file.takers.clone(), links: Vec::new() };
        for (streams, quantities) in [(&mut changed.givers, &self.givers), (&mut changed.takers, &self.takers)] {
            for (place, quantity) in quantities {
                streams[*place as usize].quantity_dt = *quantity;
            }
        }
        let links = file.links.iter().enumerate();
        let left = links.filter(|(_, link)| !self.forbidden.contains(&(link.giver, link.taker)));
        let (kept, links) = left.map(|(place, link)| (place, *link)).unzip();
        changed.links = links;
        ChangedTables { file: changed, kept }
    }

    /// A ground of the same tables with the quantities changed, and its forbidden links.
    pub fn on_ground(&self, ground: &Ground) -> (Ground, BTreeSet<usize>) {
        let mut changed = ground.clone();
        for (sides, quantities) in [(&mut changed.givers, &self.givers), (&mut changed.takers, &self.takers)] {
            for (place, quantity) in quantities {
                sides[*place as usize].steps = *quantity;
            }
        }
        let links = ground.links.iter().enumerate();
        let forbidden = links.filter(|(_, link)| self.forbidden.contains(&(link.giver as u32, link.taker as u32)));
        (changed, forbidden.map(|(place, _)| place).collect())
    }
}

impl ChangedTables {
    /// The task of the tables before, with the quantities of these and the links that are left.
    pub fn task(&self, before: &NetworkTask) -> Result<NetworkTask, Vec<ProblemFault>> {
        let left = |costs: &Vec<i64>| self.kept.iter().map(|place| costs[*place]).collect();
        Ok(NetworkTask {
            transport: self.file.transport()?,
            fixed: before.fixed.as_ref().map(left),
            quality: before.quality.clone(),
        })
    }

    /// Plants and facilities as they were, but that facilities carry the links that are left.
    pub fn installations(&self, before: &Installations) -> Installations {
        let mut installations = before.clone();
        for facility in &mut installations.facilities {
            let left = |place: &u32| self.kept.binary_search(&(*place as usize)).ok().map(|place| place as u32);
            facility.links = facility.links.iter().filter_map(left).collect();
        }
        installations
    }
}

impl LinkCounts {
    /// Flows of two networks in 0.1 t, by what names a link; less than half of that is no difference.
    pub fn of<K: Ord>(before: &BTreeMap<K, f64>, after: &BTreeMap<K, f64>) -> LinkCounts {
        let mut counts = LinkCounts::default();
        let flow = |flows: &BTreeMap<K, f64>, link: &K| flows.get(link).copied().unwrap_or(0.0);
        for link in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (flow(before, link), flow(after, link));
            if (old - new).abs() < 0.5 {
                continue;
            }
            let count = match (old, new) {
                (0.0, _) => &mut counts.links_appear,
                (_, 0.0) => &mut counts.links_vanish,
                (old, new) if new > old => &mut counts.links_more,
                _ => &mut counts.links_less,
            };
            *count += 1;
        }
        counts
    }
}

impl Ends<'_> {
    /// One, both, or neither.
    fn of(&self, id: &str) -> Vec<End> {
        let giver = self.giver(id).map(End::Giver);
        giver.into_iter().chain(self.taker(id).map(End::Taker)).collect()
    }

    fn giver(&self, id: &str) -> Option<u32> {
        self.givers.of(id).or_else(|| self.givers.of(id.strip_prefix("giver:")?))
    }

    fn taker(&self, id: &str) -> Option<u32> {
        self.takers.of(id).or_else(|| self.takers.of(id.strip_prefix("taker:")?))
    }
}

impl Reader<'_> {
    fn leaving(&mut self, ends: &Ends) -> BTreeSet<End> {
        let mut leaving = BTreeSet::new();
        for id in self.list_of("leaves", false, |id| !ends.of(id).is_empty()) {
            let found = ends.of(&id);
            if found.is_empty() {
                self.fault("leaves", FaultKind::UnknownReference, &id, "givers.csv | takers.csv");
            }
            leaving.extend(found);
        }
        leaving
    }

    /// 0.1 t of the streams that change.
    fn quantities_of(&mut self, ends: &Ends, file: &NetworkFile) -> BTreeMap<End, i64> {
        let mut quantities = BTreeMap::new();
        for (id, change) in self.quantity_changes(|id| !ends.of(id).is_empty()) {
            let end = match ends.of(&id)[..] {
                [end] => end,
                [] => {
                    self.fault("quantity", FaultKind::UnknownReference, &id, "givers.csv | takers.csv");
                    continue;
                }
                _ => {
                    self.fault("quantity", FaultKind::Contradiction, &id, &format!("giver:{id} | taker:{id}"));
                    continue;
                }
            };
            let before = match end {
                End::Giver(place) => file.givers[place as usize].quantity_dt,
                End::Taker(place) => file.takers[place as usize].quantity_dt,
            };
            let after = match change {
                QuantityChange::Times(factor) => before as f64 * factor,
                QuantityChange::Set(tonnes) => 10.0 * tonnes,
            };
            if quantities.insert(end, after.round() as i64).is_some() {
                self.fault("quantity", FaultKind::Duplicate, &id, "once");
            }
        }
        quantities
    }

    fn forbidden_ends(&mut self, ends: &Ends) -> BTreeSet<(u32, u32)> {
        let mut forbidden = BTreeSet::new();
        let is_known = |giver: &str, taker: &str| ends.giver(giver).is_some() && ends.taker(taker).is_some();
        for (giver, taker) in self.forbidden_pairs(is_known) {
            let found = (ends.giver(&giver), ends.taker(&taker));
            for (id, place, file) in [(&giver, found.0, "givers.csv"), (&taker, found.1, "takers.csv")] {
                if place.is_none() {
                    self.fault("forbid", FaultKind::UnknownReference, id, file);
                }
            }
            forbidden.extend(found.0.zip(found.1));
        }
        forbidden
    }
}
