//! Betters a network with yearly costs of links: one giver or taker chooses anew while all others stand still, and
//! links not used are tried by pushing out what is in the way. Quantities stay whole.

use super::layout::Layout;
use super::single::{Offer, Workspace};

/// A network under improvement.
pub struct Draft<'a> {
    layout: &'a Layout,
    pub flows: Vec<f64>,
    given: Vec<f64>,
    taken: Vec<f64>,
    worth: f64,
    workspace: Workspace,
    /// Link and flow before each change since the last `mark`.
    journal: Vec<(u32, f64)>,
    offers: Vec<Offer>,
    places: Vec<u32>,
    chosen: Vec<f64>,
}

impl<'a> Draft<'a> {
    pub fn new(layout: &'a Layout, flows: &[f64]) -> Draft<'a> {
        let mut draft = Draft {
            layout,
            flows: vec![0.0; layout.links.len()],
            given: vec![0.0; layout.supply.len()],
            taken: vec![0.0; layout.demand.len()],
            worth: 0.0,
            workspace: Workspace::default(),
            journal: Vec::new(),
            offers: Vec::new(),
            places: Vec::new(),
            chosen: Vec::new(),
        };
        for (place, flow) in flows.iter().enumerate() {
            draft.set(place, *flow);
        }
        draft.journal.clear();
        draft
    }

    /// Thousand VND a year.
    pub fn worth(&self) -> f64 {
        self.worth
    }

    /// Choices of single givers and takers, then links pushed in and links closed, until nothing earns more or
    /// `passes` are done.
    pub fn improve(&mut self, passes: usize) {
        for _ in 0..passes {
            let before = self.worth;
            for giver in 0..self.layout.supply.len() {
                self.choose_for_giver(giver);
            }
            for taker in 0..self.layout.demand.len() {
                self.choose_for_taker(taker);
            }
            for place in 0..self.layout.links.len() {
                self.push_in(place);
            }
            for place in 0..self.layout.links.len() {
                self.close(place);
            }
            if self.worth <= before + 1e-9 * before.abs() {
                break;
            }
        }
    }

    /// Takes these flows over, by the places of their links, if the network is worth more with all of them.
    pub fn set_if_better(&mut self, flows: &[(usize, f64)]) {
        let before = self.worth;
        self.journal.clear();
        for (place, flow) in flows {
            self.set(*place, *flow);
        }
        self.keep_if_better_than(before);
    }

    fn set(&mut self, place: usize, flow: f64) {
        let link = &self.layout.links[place];
        let before = self.flows[place];
        if before == flow {
            return;
        }
        self.journal.push((place as u32, before));
        self.flows[place] = flow;
        self.given[link.giver as usize] += flow - before;
        self.taken[link.taker as usize] += flow - before;
        let cost = |flow: f64| if flow > 0.0 { link.fixed } else { 0.0 };
        self.worth += link.profit * (flow - before) - cost(flow) + cost(before);
    }

    /// Takes back everything since the journal was emptied, unless something is gained.
    fn keep_if_better_than(&mut self, before: f64) {
        if self.worth > before + 1e-6 {
            return;
        }
        for (place, flow) in std::mem::take(&mut self.journal).into_iter().rev() {
            self.set(place as usize, flow);
        }
        self.journal.clear();
        self.worth = before;
    }

    fn choose_for_giver(&mut self, giver: usize) {
        let layout = self.layout;
        self.offers.clear();
        self.places.clear();
        for place in layout.of_giver(giver) {
            let link = &layout.links[place];
            let room = layout.demand[link.taker as usize] - self.taken[link.taker as usize] + self.flows[place];
            self.offer(place, layout.supply[giver].min(room));
        }
        self.choose(layout.supply[giver]);
    }

    fn choose_for_taker(&mut self, taker: usize) {
        self.choose_for_taker_among(taker, |_| true);
    }

    fn choose_for_taker_among(&mut self, taker: usize, is_offered: impl Fn(u32) -> bool) {
        let layout = self.layout;
        self.offers.clear();
        self.places.clear();
        for &place in layout.of_taker(taker).iter().filter(|place| is_offered(**place)) {
            let link = &layout.links[place as usize];
            let left =
                layout.supply[link.giver as usize] - self.given[link.giver as usize] + self.flows[place as usize];
            self.offer(place as usize, layout.demand[taker].min(left));
        }
        self.choose(layout.demand[taker]);
    }

    fn offer(&mut self, place: usize, cap: f64) {
        let link = &self.layout.links[place];
        if cap > 0.0 && link.profit * cap > link.fixed {
            self.offers.push(Offer { profit: link.profit, fixed: link.fixed, cap });
            self.places.push(place as u32);
        } else if self.flows[place] > 0.0 {
            self.set(place, 0.0);
        }
    }

    /// Takes the best choice among the offers if it is better than what stands. An offer whose link is not worth
    /// opening any more was closed before.
    fn choose(&mut self, room: f64) {
        let mut chosen = std::mem::take(&mut self.chosen);
        chosen.resize(self.offers.len(), 0.0);
        self.workspace.best(room, &self.offers, &mut chosen);
        let earns = |offer: &Offer, flow: f64| if flow > 0.0 { offer.profit * flow - offer.fixed } else { 0.0 };
        let (mut new, mut old) = (0.0, 0.0);
        for ((offer, flow), place) in self.offers.iter().zip(&chosen).zip(&self.places) {
            new += earns(offer, *flow);
            old += earns(offer, self.flows[*place as usize]);
        }
        if new > old + 1e-7 && !self.is_crowded(&chosen) {
            for (number, flow) in chosen.iter().enumerate() {
                self.set(self.places[number] as usize, *flow);
            }
        }
        self.chosen = chosen;
    }

    /// Whether parallel links together would pass what each of them may carry: offers do not know of one another.
    fn is_crowded(&self, chosen: &[f64]) -> bool {
        let used = || (0..chosen.len()).filter(|number| chosen[*number] > 0.0);
        let ends = |number: usize| {
            let link = &self.layout.links[self.places[number] as usize];
            (link.giver, link.taker)
        };
        used().any(|one| {
            let parallel = used().filter(|other| ends(*other) == ends(one));
            parallel.map(|other| chosen[other]).sum::<f64>() > self.offers[one].cap
        })
    }

    /// Opens a link as wide as it goes, pushes out what is in the way, lets everybody concerned choose anew, and
    /// takes all of it back when nothing is gained.
    fn push_in(&mut self, place: usize) {
        let link = self.layout.links[place];
        if self.flows[place] >= link.cap {
            return;
        }
        let (giver, taker) = (link.giver as usize, link.taker as usize);
        let before = self.worth;
        self.journal.clear();
        let layout = self.layout;
        let is_used = |draft: &Draft, other: usize| other != place && draft.flows[other] > 0.0;
        let of_giver: Vec<u32> =
            layout.of_giver(giver).filter(|other| is_used(self, *other)).map(|other| other as u32).collect();
        let of_taker: Vec<u32> =
            layout.of_taker(taker).iter().copied().filter(|other| is_used(self, *other as usize)).collect();
        self.make_room(place, &of_giver, layout.supply[giver] - self.given[giver]);
        self.make_room(place, &of_taker, layout.demand[taker] - self.taken[taker]);
        let room = (self.layout.supply[giver] - self.given[giver]).min(self.layout.demand[taker] - self.taken[taker]);
        self.set(place, self.flows[place] + room);
        for other in of_taker {
            self.choose_for_giver(layout.links[other as usize].giver as usize);
        }
        for other in of_giver {
            self.choose_for_taker(layout.links[other as usize].taker as usize);
        }
        self.choose_for_giver(giver);
        self.choose_for_taker(taker);
        self.keep_if_better_than(before);
    }

    /// Closes a link and lets everybody concerned choose anew; taken back when nothing is gained.
    fn close(&mut self, place: usize) {
        if self.flows[place] == 0.0 {
            return;
        }
        let link = self.layout.links[place];
        let before = self.worth;
        self.journal.clear();
        self.set(place, 0.0);
        let (giver, taker) = (link.giver as usize, link.taker as usize);
        // The link itself must not come back at once: the taker looks among the others first.
        self.choose_for_taker_among(taker, |other| other as usize != place);
        self.choose_for_giver(giver);
        self.choose_for_taker(taker);
        self.keep_if_better_than(before);
    }

    /// Takes flows back from other links of one end, the least earning by the unit first, until the link can be full.
    fn make_room(&mut self, place: usize, others: &[u32], mut room: f64) {
        let wanted = self.layout.links[place].cap - self.flows[place];
        let mut others = others.to_vec();
        let earns = |draft: &Draft, other: u32| {
            let link = &draft.layout.links[other as usize];
            link.profit - link.fixed / draft.flows[other as usize]
        };
        others.sort_by(|a, b| earns(self, *a).total_cmp(&earns(self, *b)).then(a.cmp(b)));
        for other in others {
            if room >= wanted {
                break;
            }
            let back = self.flows[other as usize].min(wanted - room);
            self.set(other as usize, self.flows[other as usize] - back);
            room += back;
        }
    }
}
