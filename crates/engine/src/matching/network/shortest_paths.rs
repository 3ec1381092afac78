//! The solver of the transport network: successive shortest paths with prices, in whole numbers.
//! Prices stay allowed from the first step to the last, so the end of the run is also its proof.

use std::cmp::Reverse;

use super::neighbours::{Arc, Neighbourhoods, neighbourhoods};
use super::transport::TransportProblem;

const NONE: u32 = u32::MAX;
const UNREACHED: u32 = u32::MAX;

/// What a search reads of a taker for every link it looks at.
#[derive(Clone, Copy)]
struct TakerState {
    price: u32,
    distance: u32,
}

#[derive(Clone, Copy)]
struct GiverState {
    price: u32,
    distance: u32,
    /// The search that reached this giver last.
    search: u32,
    /// The flow over which it was reached: this giver can give less over it and more over another link.
    reached_over: u32,
    /// The arc to be followed next in this search.
    cursor: u32,
}

/// The link over which a taker was reached, and its giver.
#[derive(Clone, Copy)]
struct Step {
    arc: u32,
    giver: u32,
    taker: u32,
}

/// A positive flow on a link, chained with the other flows into the same taker.
#[derive(Clone, Copy)]
struct Flow {
    quantity: i64,
    arc: u32,
    giver: u32,
    taker: u32,
    next: u32,
    previous: u32,
}

/// Where a shortest path may end.
#[derive(Clone, Copy)]
enum End {
    /// A taker with room left.
    Room(Step),
    /// A giver for whom keeping its own stream back is as good; the searching giver itself included.
    Disposal(u32),
}

struct Network {
    layout: Neighbourhoods,
    supply: Vec<i64>,
    givers: Vec<GiverState>,
    takers: Vec<TakerState>,
    room: Vec<i64>,
    reached_by: Vec<Step>,
    first_flow: Vec<u32>,
    flow_of_arc: Vec<u32>,
    flows: Vec<Flow>,
    unused_flows: Vec<u32>,
    search: u32,
    queue: Queue,
    reached_takers: Vec<u32>,
    reached_givers: Vec<u32>,
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
        let idle = GiverState { price: 0, distance: 0, search: 0, reached_over: NONE, cursor: 0 };
        Network {
            supply: layout.giver_of.iter().map(|giver| problem.supply()[*giver as usize]).collect(),
            room: layout.taker_of.iter().map(|taker| problem.demand()[*taker as usize]).collect(),
            flow_of_arc: vec![NONE; layout.arcs.len()],
            layout,
            givers: vec![idle; problem.supply().len()],
            takers: vec![TakerState { price: 0, distance: UNREACHED }; problem.demand().len()],
            reached_by: vec![Step { arc: NONE, giver: NONE, taker: NONE }; problem.demand().len()],
            first_flow: vec![NONE; problem.demand().len()],
            flows: Vec::new(),
            unused_flows: Vec::new(),
            search: 0,
            queue: Queue::default(),
            reached_takers: Vec::new(),
            reached_givers: Vec::new(),
        }
    }

    /// By falling power of two of the supply, then as they lie in memory. A small stream pushed through a large
    /// one seldom uses it up, so a search places more; within a power, neighbours follow one another.
    fn givers_in_order(&self) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..self.supply.len() as u32).filter(|giver| self.supply[*giver as usize] > 0).collect();
        order.sort_unstable_by_key(|&giver| (Reverse(self.supply[giver as usize].ilog2()), giver));
        order
    }

    /// Sends the whole supply of one giver, or as much of it as is worth sending.
    fn place(&mut self, giver: u32) {
        self.givers[giver as usize].price = self.lowest_price(giver as usize);
        let mut left = self.supply[giver as usize];
        while left > 0 && self.givers[giver as usize].price > 0 {
            let (length, end) = self.shortest_path(giver);
            self.move_prices(length);
            if matches!(end, End::Disposal(last) if last == giver) {
                break;
            }
            left -= self.send(giver, left, end);
        }
    }

    /// The lowest price of a giver that still covers every link at the takers' present prices.
    /// Puts its arcs in order on the way.
    fn lowest_price(&mut self, giver: usize) -> u32 {
        let range = self.layout.first_arc[giver] as usize..self.layout.first_arc[giver + 1] as usize;
        let arcs = &mut self.layout.arcs[range];
        for arc in arcs.iter_mut() {
            arc.net = arc.benefit.saturating_sub(self.takers[arc.taker as usize].price);
        }
        arcs.sort_unstable_by_key(|arc| (Reverse(arc.net), arc.number));
        arcs.first().map_or(0, |arc| arc.net)
    }

    /// Dijkstra's search from one giver, ended at the first place that can take the stream. The queue holds
    /// givers, each by the length of its best arc not yet followed. A taker with room never enters it: such a
    /// taker only lowers the length beyond which nothing is looked at.
    fn shortest_path(&mut self, source: u32) -> (u32, End) {
        self.search += 1;
        self.queue.clear();
        let mut limit = self.givers[source as usize].price;
        let mut end = End::Disposal(source);
        self.reach_giver(source, 0, NONE, &mut limit, &mut end);
        while let Some(key) = self.queue.least() {
            let (distance, giver) = ((key >> 32) as u32, key as u32);
            if distance >= limit {
                break;
            }
            let arc = self.layout.arcs[self.givers[giver as usize].cursor as usize];
            let taker = &mut self.takers[arc.taker as usize];
            let is_new = taker.distance == UNREACHED;
            if is_new {
                taker.distance = distance;
                self.reached_by[arc.taker as usize] = Step { arc: arc.number, giver, taker: arc.taker };
                self.reached_takers.push(arc.taker);
            }
            self.givers[giver as usize].cursor += 1;
            match self.next_length(giver, &mut limit, &mut end) {
                Some(length) => self.queue.replace_least(queue_key(length, giver)),
                None => self.queue.remove_least(),
            }
            if is_new {
                self.reach_givers_of(arc.taker, distance, &mut limit, &mut end);
            }
        }
        (limit, end)
    }

    /// Every giver that sends something to this taker could send less of it.
    fn reach_givers_of(&mut self, taker: u32, distance: u32, limit: &mut u32, end: &mut End) {
        let mut next = self.first_flow[taker as usize];
        while next != NONE {
            let flow = self.flows[next as usize];
            if self.givers[flow.giver as usize].search != self.search {
                self.reach_giver(flow.giver, distance, next, limit, end);
            }
            next = flow.next;
        }
    }

    fn reach_giver(&mut self, giver: u32, distance: u32, over: u32, limit: &mut u32, end: &mut End) {
        let cursor = self.layout.first_arc[giver as usize];
        let state = &mut self.givers[giver as usize];
        let price = state.price;
        *state = GiverState { price, distance, search: self.search, reached_over: over, cursor };
        self.reached_givers.push(giver);
        let to_disposal = u64::from(distance) + u64::from(price);
        if to_disposal < u64::from(*limit) {
            *limit = to_disposal as u32;
            *end = End::Disposal(giver);
        }
        if let Some(length) = self.next_length(giver, limit, end) {
            self.queue.insert(queue_key(length, giver));
        }
    }

    /// The length at which this giver reaches its next taker, or none below the limit.
    fn next_length(&mut self, giver: u32, limit: &mut u32, end: &mut End) -> Option<u32> {
        let state = &mut self.givers[giver as usize];
        let to_disposal = u64::from(state.distance) + u64::from(state.price);
        // The limit is never above the way to this giver's own disposal.
        let net_needed = to_disposal - u64::from(*limit);
        let last = self.layout.first_arc[giver as usize + 1];
        let arcs = &mut self.layout.arcs[..last as usize];
        loop {
            let arc = arcs.get_mut(state.cursor as usize)?;
            if u64::from(arc.net) <= net_needed {
                return None;
            }
            let taker = self.takers[arc.taker as usize];
            let net = arc.benefit.saturating_sub(taker.price);
            if net < arc.net {
                arc.net = net;
                if sink(&mut arcs[state.cursor as usize..]) {
                    continue;
                }
            }
            if u64::from(net) <= net_needed {
                return None;
            }
            if taker.distance != UNREACHED {
                state.cursor += 1;
                continue;
            }
            let arc = arcs[state.cursor as usize];
            let length = (to_disposal - u64::from(net)) as u32;
            if taker.price == 0 && self.room[arc.taker as usize] > 0 {
                *limit = length;
                *end = End::Room(Step { arc: arc.number, giver, taker: arc.taker });
                return None;
            }
            return Some(length);
        }
    }

    /// Moves the prices so that the path found has length 0 and no link falls below 0.
    fn move_prices(&mut self, length: u32) {
        for taker in self.reached_takers.drain(..) {
            let state = &mut self.takers[taker as usize];
            state.price += length.saturating_sub(state.distance);
            state.distance = UNREACHED;
        }
        for giver in self.reached_givers.drain(..) {
            let state = &mut self.givers[giver as usize];
            state.price -= length.saturating_sub(state.distance);
        }
    }

    /// Sends as much as the path carries and returns that quantity.
    fn send(&mut self, source: u32, left: i64, end: End) -> i64 {
        let quantity = self.capacity(source, left, end);
        let mut giver = match end {
            End::Room(step) => {
                self.room[step.taker as usize] -= quantity;
                self.add_flow(step, quantity);
                step.giver
            }
            End::Disposal(giver) => giver,
        };
        while giver != source {
            let over = self.givers[giver as usize].reached_over;
            let taker = self.flows[over as usize].taker;
            self.take_back(over, quantity);
            let step = self.reached_by[taker as usize];
            self.add_flow(step, quantity);
            giver = step.giver;
        }
        quantity
    }

    fn capacity(&self, source: u32, left: i64, end: End) -> i64 {
        let (mut quantity, mut giver) = match end {
            End::Room(step) => (left.min(self.room[step.taker as usize]), step.giver),
            End::Disposal(giver) => (left, giver),
        };
        while giver != source {
            let flow = self.flows[self.givers[giver as usize].reached_over as usize];
            quantity = quantity.min(flow.quantity);
            giver = self.reached_by[flow.taker as usize].giver;
        }
        quantity
    }

    fn add_flow(&mut self, step: Step, quantity: i64) {
        let Step { arc, giver, taker } = step;
        let present = self.flow_of_arc[arc as usize];
        if present != NONE {
            self.flows[present as usize].quantity += quantity;
            return;
        }
        let next = self.first_flow[taker as usize];
        let flow = Flow { quantity, arc, giver, taker, next, previous: NONE };
        let number = match self.unused_flows.pop() {
            Some(number) => {
                self.flows[number as usize] = flow;
                number
            }
            None => {
                self.flows.push(flow);
                self.flows.len() as u32 - 1
            }
        };
        if next != NONE {
            self.flows[next as usize].previous = number;
        }
        self.first_flow[taker as usize] = number;
        self.flow_of_arc[arc as usize] = number;
    }

    fn take_back(&mut self, number: u32, quantity: i64) {
        let flow = &mut self.flows[number as usize];
        flow.quantity -= quantity;
        if flow.quantity > 0 {
            return;
        }
        let flow = *flow;
        if flow.previous == NONE {
            self.first_flow[flow.taker as usize] = flow.next;
        } else {
            self.flows[flow.previous as usize].next = flow.next;
        }
        if flow.next != NONE {
            self.flows[flow.next as usize].previous = flow.previous;
        }
        self.flow_of_arc[flow.arc as usize] = NONE;
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

    /// Back to the problem's own numbers.
    fn answer(&self, problem: &TransportProblem) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
        let mut flows = vec![0; problem.links().len()];
        for first in self.first_flow.iter().copied() {
            let mut next = first;
            while next != NONE {
                let flow = self.flows[next as usize];
                flows[self.layout.link_of_arc[flow.arc as usize] as usize] = flow.quantity;
                next = flow.next;
            }
        }
        let mut giver_price = vec![0; self.givers.len()];
        for (state, giver) in self.givers.iter().zip(&self.layout.giver_of) {
            giver_price[*giver as usize] = i64::from(state.price);
        }
        let mut taker_price = vec![0; self.takers.len()];
        for (state, taker) in self.takers.iter().zip(&self.layout.taker_of) {
            taker_price[*taker as usize] = i64::from(state.price);
        }
        (flows, giver_price, taker_price)
    }
}

fn queue_key(length: u32, giver: u32) -> u64 {
    u64::from(length) << 32 | u64::from(giver)
}

/// Moves the first arc down to its place. True if another arc came first.
fn sink(arcs: &mut [Arc]) -> bool {
    let Some((&moving, rest)) = arcs.split_first() else { return false };
    let place = rest.iter().take_while(|arc| arc.net > moving.net).count();
    arcs.copy_within(1..place + 1, 0);
    arcs[place] = moving;
    place > 0
}

/// Givers of a search, least length first, ties by number. A binary heap whose first place can be refilled.
#[derive(Default)]
struct Queue {
    keys: Vec<u64>,
}

impl Queue {
    fn clear(&mut self) {
        self.keys.clear();
    }

    fn least(&self) -> Option<u64> {
        self.keys.first().copied()
    }

    fn insert(&mut self, key: u64) {
        let mut place = self.keys.len();
        self.keys.push(key);
        while place > 0 {
            let above = (place - 1) / 2;
            if self.keys[above] <= key {
                break;
            }
            self.keys[place] = self.keys[above];
            place = above;
        }
        self.keys[place] = key;
    }

    fn remove_least(&mut self) {
        if let Some(last) = self.keys.pop()
            && !self.keys.is_empty()
        {
            self.replace_least(last);
        }
    }

    fn replace_least(&mut self, key: u64) {
        let keys = self.keys.as_mut_slice();
        let mut place = 0;
        loop {
            let mut below = 2 * place + 1;
            if below >= keys.len() {
                break;
            }
            if below + 1 < keys.len() && keys[below + 1] < keys[below] {
                below += 1;
            }
            if keys[below] >= key {
                break;
            }
            keys[place] = keys[below];
            place = below;
        }
        keys[place] = key;
    }
}
