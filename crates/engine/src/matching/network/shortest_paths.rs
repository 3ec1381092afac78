//! The solver of the transport network: successive shortest paths with prices, in whole numbers.
//! Prices stay allowed from the first step to the last, so the end of the run is also its proof.

mod queue;

use std::cmp::Reverse;

use self::queue::Queue;
use super::neighbours::{Arc, neighbourhoods};
use super::transport::TransportProblem;

const NONE: u32 = u32::MAX;
const UNREACHED: u32 = u32::MAX;
/// Its arcs are to be followed at the present distance. In the queue nothing has length 0.
const OPEN: u32 = 0;

/// All that a search reads of a taker, in a quarter of a cache line.
#[derive(Clone, Copy)]
struct Taker {
    price: u32,
    distance: u32,
    /// The giver over whose link the search reached it.
    reached_by: u32,
    first_flow: u32,
}

#[derive(Clone, Copy)]
struct Giver {
    price: u32,
    distance: u32,
    /// The flow over which it was reached: this giver can give less over it and more over another link.
    reached_over: u32,
    /// The arc to be followed next in this search.
    cursor: u32,
    first_arc: u32,
    /// One beyond its last arc.
    end_of_arcs: u32,
    /// The length under which it stands in the queue, what else is found there under its number is out of date;
    /// or OPEN.
    queued_at: u32,
    /// How much had been reached before.
    place: u32,
}

impl Taker {
    fn is_reached(&self) -> bool {
        self.distance != UNREACHED
    }
}

impl Giver {
    fn is_reached(&self) -> bool {
        self.distance != UNREACHED
    }
}

/// A positive flow, chained with the other flows into the same taker.
#[derive(Clone, Copy)]
struct Flow {
    giver: u32,
    taker: u32,
    next: u32,
}

/// Where a shortest path may end.
#[derive(Clone, Copy)]
enum End {
    /// A taker with room left, over the link from this giver.
    Room { giver: u32, taker: u32 },
    /// A giver for whom keeping its own stream back is as good; the searching giver itself included.
    Disposal(u32),
}

#[derive(Clone, Copy)]
enum Reached {
    Giver(u32),
    Taker(u32),
}

/// A link, or the flow of that number, which led the search to where it had been already.
#[derive(Clone, Copy)]
struct Passed {
    giver: u32,
    taker: u32,
    /// NONE for a link.
    flow: u32,
    /// How much had been reached by then.
    place: u32,
}

/// A giver that keeps its own stream back at less cost than all reached before it.
#[derive(Clone, Copy)]
struct Disposal {
    giver: u32,
    length: u32,
    /// How much had been reached before.
    place: u32,
}

/// The search from one giver. It outlives the paths it finds: after each it goes on with what it has reached.
struct Search {
    source: u32,
    /// Everything nearer is reached.
    distance: u32,
    /// Length of the shortest way to an end that is known; nothing farther is looked at.
    limit: u32,
    end: End,
    /// Each after the one from which it was reached.
    reached: Vec<Reached>,
    /// Each nearer than those before it.
    disposals: Vec<Disposal>,
    /// Of the givers reached over a flow that the last path used up, the one that was reached first.
    cut: Option<u32>,
    /// Reached givers whose arcs are to be followed at the present distance, last come first.
    open: Vec<u32>,
    /// Reached givers by the length at which they reach their next taker.
    queue: Queue,
    /// Reached givers whose next arc leads beyond the limit.
    beyond_limit: Vec<u32>,
    passed: Vec<Passed>,
}

struct Network {
    /// Those of giver g: `givers[g].first_arc..givers[g].end_of_arcs`.
    arcs: Vec<Arc>,
    supply: Vec<i64>,
    room: Vec<i64>,
    givers: Vec<Giver>,
    takers: Vec<Taker>,
    flows: Vec<Flow>,
    /// Of each flow; 0 where the number is unused.
    quantities: Vec<i64>,
    unused_flows: Vec<u32>,
    search: Search,
    giver_of: Vec<u32>,
    taker_of: Vec<u32>,
}

/// Flow of every link, price of every giver, price of every taker.
///
/// Givers come one after another, large ones first. Each sends its supply along shortest paths, where the
/// length of a link is giver price + taker price − benefit, never below 0, and of a flow taken back 0. Before
/// and after each path: prices cover every benefit, exactly so where something flows; a taker with room has
/// price 0; a giver that had its turn and keeps something back has price 0. Method: `docs/methods/network.md`.
pub fn flows_and_prices(problem: &TransportProblem) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
    let mut network = Network::new(problem);
    for giver in network.givers_in_order() {
        network.place(giver);
    }
    network.price_idle_givers();
    network.answer(problem)
}

impl Network {
    fn new(problem: &TransportProblem) -> Network {
        let layout = neighbourhoods(problem);
        let giver = |bounds: &[u32]| Giver {
            price: 0,
            distance: UNREACHED,
            reached_over: NONE,
            cursor: bounds[0],
            first_arc: bounds[0],
            end_of_arcs: bounds[1],
            queued_at: UNREACHED,
            place: 0,
        };
        let taker = Taker { price: 0, distance: UNREACHED, reached_by: NONE, first_flow: NONE };
        Network {
            arcs: layout.arcs,
            supply: layout.giver_of.iter().map(|giver| problem.supply()[*giver as usize]).collect(),
            room: layout.taker_of.iter().map(|taker| problem.demand()[*taker as usize]).collect(),
            givers: layout.first_arc.windows(2).map(giver).collect(),
            takers: vec![taker; problem.demand().len()],
            flows: Vec::new(),
            quantities: Vec::new(),
            unused_flows: Vec::new(),
            search: Search {
                source: NONE,
                distance: 0,
                limit: 0,
                end: End::Disposal(NONE),
                reached: Vec::new(),
                disposals: Vec::new(),
                cut: None,
                open: Vec::new(),
                queue: Queue::default(),
                beyond_limit: Vec::new(),
                passed: Vec::new(),
            },
            giver_of: layout.giver_of,
            taker_of: layout.taker_of,
        }
    }

    /// By falling power of four of the supply, then as they lie in memory. A small stream pushed through a large
    /// one seldom uses it up, so a path carries more; within a power, neighbours follow one another.
    fn givers_in_order(&self) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..self.supply.len() as u32).filter(|giver| self.supply[*giver as usize] > 0).collect();
        order.sort_unstable_by_key(|&giver| (Reverse(self.supply[giver as usize].ilog2() / 2), giver));
        order
    }

    /// Sends the whole supply of one giver, or as much of it as is worth sending.
    fn place(&mut self, giver: u32) {
        self.givers[giver as usize].price = self.lowest_price(giver as usize);
        let mut left = self.supply[giver as usize];
        self.start_search(giver);
        self.find_end();
        while !matches!(self.search.end, End::Disposal(last) if last == giver) {
            left -= self.send(left);
            if left == 0 {
                break;
            }
            self.go_on();
            self.find_end();
        }
        self.finish_search();
    }

    /// The lowest price of a giver that still covers every link at the takers' present prices.
    /// Puts its arcs in order on the way.
    fn lowest_price(&mut self, giver: usize) -> u32 {
        let Giver { first_arc, end_of_arcs, .. } = self.givers[giver];
        let arcs = &mut self.arcs[first_arc as usize..end_of_arcs as usize];
        for arc in arcs.iter_mut() {
            arc.net = arc.benefit.saturating_sub(self.takers[arc.taker as usize].price);
        }
        arcs.sort_unstable_by_key(|arc| (Reverse(arc.net), arc.taker));
        arcs.first().map_or(0, |arc| arc.net)
    }

    fn start_search(&mut self, source: u32) {
        let search = &mut self.search;
        search.source = source;
        search.distance = 0;
        search.limit = self.givers[source as usize].price;
        search.end = End::Disposal(source);
        search.disposals.clear();
        search.cut = None;
        search.open.clear();
        search.queue.clear();
        search.beyond_limit.clear();
        search.passed.clear();
        self.reach_giver(source, NONE);
    }

    /// Dijkstra's search, ended at the first place that can take the stream. Most links looked at have length 0 and are
    /// followed at once; the queue holds only givers whose next taker lies farther off. A taker with room is never
    /// reached: it only lowers the length beyond which nothing is looked at.
    fn find_end(&mut self) {
        while self.search.distance < self.search.limit {
            if let Some(giver) = self.search.open.pop() {
                self.givers[giver as usize].queued_at = UNREACHED;
                self.follow_arcs(giver);
                continue;
            }
            let Some((length, giver)) = self.search.queue.least().filter(|least| least.0 < self.search.limit) else {
                break;
            };
            self.search.queue.remove_least();
            self.search.distance = length;
            let state = &mut self.givers[giver as usize];
            if state.is_reached() && state.queued_at == length {
                self.open(giver);
            }
        }
        self.search.distance = self.search.limit;
    }

    fn reach_giver(&mut self, giver: u32, over: u32) {
        let state = &mut self.givers[giver as usize];
        state.distance = self.search.distance;
        state.reached_over = over;
        state.cursor = state.first_arc;
        state.queued_at = OPEN;
        state.place = self.search.reached.len() as u32;
        self.search.open.push(giver);
        self.offer_disposal(giver);
        self.search.reached.push(Reached::Giver(giver));
    }

    fn open(&mut self, giver: u32) {
        let state = &mut self.givers[giver as usize];
        if state.queued_at != OPEN {
            state.queued_at = OPEN;
            self.search.open.push(giver);
        }
    }

    fn offer_disposal(&mut self, giver: u32) {
        let state = &self.givers[giver as usize];
        let length = u64::from(state.distance) + u64::from(state.price);
        if self.search.disposals.last().is_some_and(|nearest| u64::from(nearest.length) <= length) {
            return;
        }
        let length = length as u32;
        self.search.disposals.push(Disposal { giver, length, place: state.place });
        if length < self.search.limit {
            self.search.limit = length;
            self.search.end = End::Disposal(giver);
        }
    }

    /// Reaches all takers to which this giver leads at the present distance, and through them more givers. Its arcs
    /// stand by what they were worth when last put in order, never less than now; only one that leads farther is put
    /// in its place anew.
    fn follow_arcs(&mut self, giver: u32) {
        let Giver { price, distance, mut cursor, end_of_arcs, reached_over, .. } = self.givers[giver as usize];
        let reached_from = self.flows.get(reached_over as usize).map_or(NONE, |flow| flow.taker);
        let to_disposal = u64::from(distance) + u64::from(price);
        while cursor < end_of_arcs {
            // The limit is never above the way to this giver's own disposal.
            let net_needed = to_disposal - u64::from(self.search.limit);
            let arcs = &mut self.arcs[cursor as usize..end_of_arcs as usize];
            let Arc { net: net_before, taker, benefit } = arcs[0];
            if u64::from(net_before) <= net_needed {
                self.search.beyond_limit.push(giver);
                break;
            }
            let state = &self.takers[taker as usize];
            if state.is_reached() {
                if taker != reached_from {
                    let place = self.search.reached.len() as u32;
                    self.search.passed.push(Passed { giver, taker, flow: NONE, place });
                }
                cursor += 1;
                continue;
            }
            let net = benefit.saturating_sub(state.price);
            let length = (to_disposal - u64::from(net)) as u32;
            if state.price == 0 && self.room[taker as usize] > 0 {
                self.search.limit = length;
                self.search.end = End::Room { giver, taker };
                self.search.beyond_limit.push(giver);
                break;
            }
            if length <= self.search.distance {
                cursor += 1;
                self.reach_taker(taker, giver);
                continue;
            }
            if net < net_before {
                arcs[0].net = net;
                sink(arcs);
                continue;
            }
            let state = &mut self.givers[giver as usize];
            if length < state.queued_at {
                state.queued_at = length;
                self.search.queue.insert(length, giver);
            }
            break;
        }
        self.givers[giver as usize].cursor = cursor;
    }

    /// Every giver that sends something to this taker could send less of it.
    fn reach_taker(&mut self, taker: u32, by: u32) {
        let state = &mut self.takers[taker as usize];
        state.distance = self.search.distance;
        state.reached_by = by;
        self.search.reached.push(Reached::Taker(taker));
        let mut next = state.first_flow;
        while next != NONE {
            let flow = self.flows[next as usize];
            if !self.givers[flow.giver as usize].is_reached() {
                self.reach_giver(flow.giver, next);
            } else if flow.giver != by {
                let place = self.search.reached.len() as u32;
                self.search.passed.push(Passed { giver: flow.giver, taker, flow: next, place });
            }
            next = flow.next;
        }
    }

    /// Makes ready for the next path. What was reached through flows that the last one used up is let go; with the
    /// rest, distances and prices stay as they were, and the search takes up where it stopped.
    fn go_on(&mut self) {
        let all = self.search.reached.len();
        let first_in_doubt = self.search.cut.take().map_or(all, |cut| self.givers[cut as usize].place as usize);
        while self.search.disposals.last().is_some_and(|disposal| disposal.place as usize >= first_in_doubt) {
            self.search.disposals.pop();
        }
        let nearest = *self.search.disposals.last().expect("the source's own comes first and is never let go");
        self.search.limit = nearest.length;
        self.search.end = End::Disposal(nearest.giver);
        if first_in_doubt < all {
            self.let_go(first_in_doubt);
        }
        while let Some(giver) = self.search.beyond_limit.pop() {
            if self.givers[giver as usize].is_reached() {
                self.open(giver);
            }
        }
        self.look_again_at_passed(first_in_doubt);
    }

    /// Lets go what was reached from the given place on and has no way from the source any more.
    fn let_go(&mut self, first_in_doubt: usize) {
        let mut kept = first_in_doubt;
        for place in first_in_doubt..self.search.reached.len() {
            let reached = self.search.reached[place];
            if self.keep_or_let_go(reached, kept) {
                self.search.reached[kept] = reached;
                kept += 1;
            }
        }
        self.search.reached.truncate(kept);
        self.search.open.retain(|giver| self.givers[*giver as usize].is_reached());
    }

    /// What was passed before the given place was reached leads to what still stands.
    fn look_again_at_passed(&mut self, first_in_doubt: usize) {
        let first = self.search.passed.partition_point(|passed| passed.place as usize <= first_in_doubt);
        for number in first..self.search.passed.len() {
            self.pass_again(self.search.passed[number]);
        }
        let place = self.search.reached.len() as u32;
        let mut kept = first;
        for number in first..self.search.passed.len() {
            let passed = self.search.passed[number];
            if self.is_passed_still(passed) {
                self.search.passed[kept] = Passed { place, ..passed };
                kept += 1;
            }
        }
        self.search.passed.truncate(kept);
    }

    /// True if the way from the source still stands. Otherwise the prices are moved here, as they are for all others
    /// at the end of the search.
    fn keep_or_let_go(&mut self, reached: Reached, place: usize) -> bool {
        match reached {
            Reached::Giver(giver) => {
                let over = self.givers[giver as usize].reached_over;
                let way_stands = over != NONE && self.takers[self.flows[over as usize].taker as usize].is_reached();
                if way_stands {
                    self.givers[giver as usize].place = place as u32;
                    self.offer_disposal(giver);
                } else {
                    self.let_giver_go(giver);
                }
                way_stands
            }
            Reached::Taker(taker) => {
                let way_stands = self.givers[self.takers[taker as usize].reached_by as usize].is_reached();
                if !way_stands {
                    self.let_taker_go(taker);
                }
                way_stands
            }
        }
    }

    /// Prices move so that the path found has length 0 and no link falls below 0.
    fn let_giver_go(&mut self, giver: u32) {
        let state = &mut self.givers[giver as usize];
        state.price -= self.search.distance - state.distance;
        state.distance = UNREACHED;
    }

    fn let_taker_go(&mut self, taker: u32) {
        let state = &mut self.takers[taker as usize];
        state.price += self.search.distance - state.distance;
        state.distance = UNREACHED;
    }

    /// What was passed because it had been reached already may now be the way to what was let go.
    fn pass_again(&mut self, passed: Passed) {
        let Passed { giver, taker, flow: number, .. } = passed;
        let taker_is_reached = self.takers[taker as usize].is_reached();
        let state = &mut self.givers[giver as usize];
        if number == NONE {
            if state.is_reached() && !taker_is_reached {
                state.cursor = state.first_arc;
                self.open(giver);
            }
        } else if taker_is_reached && !state.is_reached() {
            // The number may stand for another flow by now.
            let flow = self.flows[number as usize];
            if self.quantities[number as usize] > 0 && (flow.giver, flow.taker) == (giver, taker) {
                self.reach_giver(giver, number);
            }
        }
    }

    /// Both ends are reached, and the search will not come to the same link again.
    fn is_passed_still(&self, passed: Passed) -> bool {
        let giver = &self.givers[passed.giver as usize];
        let will_not_return = passed.flow != NONE || giver.cursor != giver.first_arc;
        giver.is_reached() && self.takers[passed.taker as usize].is_reached() && will_not_return
    }

    fn finish_search(&mut self) {
        while let Some(reached) = self.search.reached.pop() {
            match reached {
                Reached::Giver(giver) => self.let_giver_go(giver),
                Reached::Taker(taker) => self.let_taker_go(taker),
            }
        }
    }

    /// Sends as much as the path carries and returns that quantity.
    fn send(&mut self, left: i64) -> i64 {
        let quantity = self.capacity(left);
        let mut giver = match self.search.end {
            End::Room { giver, taker } => {
                self.room[taker as usize] -= quantity;
                self.add_flow(giver, taker, quantity);
                giver
            }
            End::Disposal(giver) => giver,
        };
        while giver != self.search.source {
            let over = self.givers[giver as usize].reached_over;
            let taker = self.flows[over as usize].taker;
            self.quantities[over as usize] -= quantity;
            if self.quantities[over as usize] == 0 {
                self.remove_flow(over);
                self.givers[giver as usize].reached_over = NONE;
                self.search.cut = Some(giver);
            }
            giver = self.takers[taker as usize].reached_by;
            self.add_flow(giver, taker, quantity);
        }
        quantity
    }

    fn capacity(&self, left: i64) -> i64 {
        let (mut quantity, mut giver) = match self.search.end {
            End::Room { giver, taker } => (left.min(self.room[taker as usize]), giver),
            End::Disposal(giver) => (left, giver),
        };
        while giver != self.search.source {
            let over = self.givers[giver as usize].reached_over as usize;
            quantity = quantity.min(self.quantities[over]);
            giver = self.takers[self.flows[over].taker as usize].reached_by;
        }
        quantity
    }

    /// Parallel links share one flow: only the best of them are ever used, and these are worth the same.
    fn add_flow(&mut self, giver: u32, taker: u32, quantity: i64) {
        let first = self.takers[taker as usize].first_flow;
        let mut present = first;
        while present != NONE {
            let flow = self.flows[present as usize];
            if flow.giver == giver {
                self.quantities[present as usize] += quantity;
                return;
            }
            present = flow.next;
        }
        let flow = Flow { giver, taker, next: first };
        let number = match self.unused_flows.pop() {
            Some(number) => {
                self.flows[number as usize] = flow;
                self.quantities[number as usize] = quantity;
                number
            }
            None => {
                self.flows.push(flow);
                self.quantities.push(quantity);
                self.flows.len() as u32 - 1
            }
        };
        self.takers[taker as usize].first_flow = number;
    }

    fn remove_flow(&mut self, number: u32) {
        let Flow { taker, next, .. } = self.flows[number as usize];
        let first = self.takers[taker as usize].first_flow;
        if first == number {
            self.takers[taker as usize].first_flow = next;
        } else {
            let mut before = first;
            while self.flows[before as usize].next != number {
                before = self.flows[before as usize].next;
            }
            self.flows[before as usize].next = next;
        }
        self.unused_flows.push(number);
    }

    /// A giver without supply sends nothing, yet its price must cover its links: what a first tonne would earn.
    fn price_idle_givers(&mut self) {
        for giver in 0..self.givers.len() {
            if self.supply[giver] == 0 {
                self.givers[giver].price = self.lowest_price(giver);
            }
        }
    }

    /// Back to the problem's own numbers. Of parallel links the first that is worth its two prices gets the flow.
    fn answer(mut self, problem: &TransportProblem) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
        let mut giver_price = vec![0; self.givers.len()];
        let mut giver_number = vec![NONE; self.givers.len()];
        for ((number, state), giver) in (0..).zip(&self.givers).zip(&self.giver_of) {
            giver_price[*giver as usize] = i64::from(state.price);
            giver_number[*giver as usize] = number;
        }
        let mut taker_price = vec![0; self.takers.len()];
        let mut first_flow = vec![NONE; self.takers.len()];
        for (state, taker) in self.takers.iter().zip(&self.taker_of) {
            taker_price[*taker as usize] = i64::from(state.price);
            first_flow[*taker as usize] = state.first_flow;
        }
        let mut flows = vec![0; problem.links().len()];
        for (link, carried) in problem.links().iter().zip(&mut flows) {
            if giver_price[link.giver as usize] + taker_price[link.taker as usize] != link.benefit {
                continue;
            }
            let mut next = first_flow[link.taker as usize];
            while next != NONE {
                let flow = self.flows[next as usize];
                if flow.giver == giver_number[link.giver as usize] {
                    *carried = std::mem::take(&mut self.quantities[next as usize]);
                }
                next = flow.next;
            }
        }
        (flows, giver_price, taker_price)
    }
}

/// Moves the first arc down to its place.
fn sink(arcs: &mut [Arc]) {
    let moving = arcs[0];
    let mut place = 0;
    while place + 4 < arcs.len() && arcs[place + 4].net > moving.net {
        arcs.copy_within(place + 1..place + 5, place);
        place += 4;
    }
    while place + 1 < arcs.len() && arcs[place + 1].net > moving.net {
        arcs[place] = arcs[place + 1];
        place += 1;
    }
    arcs[place] = moving;
}
