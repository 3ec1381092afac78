//! Repairs a solved network where a change broke it. The same search serves both sides: a stream with something
//! left and a price above 0 looks for the shortest path on which it can be placed.
//!
//! What always holds, as in `shortest_paths.rs`: prices cover every benefit, exactly so where something flows, and
//! a stream with something left has price 0. A change takes out of the network what would break this (the state is
//! then the best of a smaller problem) and places it anew, stream by stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::transport::{BENEFIT_LIMIT, Link, TransportProblem, TransportSolution};
use super::Side;

const NONE: u32 = u32::MAX;
const UNREACHED: u32 = u32::MAX;
/// Links that a stream can get later before its list of them has to move.
const SPARE: usize = 4;

/// A link with its flow. Its ends stand in the order of `Side`.
#[derive(Clone, Copy, Debug)]
pub struct CarryingLink {
    ends: [u32; 2],
    benefit: i32,
    is_there: bool,
    pub flow: i64,
}

impl CarryingLink {
    pub fn as_link(&self) -> Link {
        Link { giver: self.ends[0], taker: self.ends[1], benefit: i64::from(self.benefit) }
    }
}

/// A link as seen from one of its ends.
#[derive(Clone, Copy, Debug)]
struct Arc {
    other: u32,
    benefit: i32,
    link: u32,
}

/// A link that carries something, as seen from one of its ends.
#[derive(Clone, Copy, Debug)]
struct Used {
    other: u32,
    link: u32,
}

/// What a search reads of a stream for every link it looks at.
#[derive(Clone, Copy, Debug)]
struct Mark {
    price: u32,
    distance: u32,
}

#[derive(Clone, Debug)]
struct Stream {
    quantity: i64,
    left: i64,
    /// The link over which the present search came here.
    reached_over: u32,
    /// The change that touched this stream last, and the one that last could have uncovered a link of it.
    touched_by: u64,
    uncovered_by: u64,
    is_there: bool,
    arcs: Vec<Arc>,
    /// Links that carry something.
    used: Vec<Used>,
}

/// The streams of one side.
#[derive(Clone, Debug, Default)]
struct Streams {
    marks: Vec<Mark>,
    streams: Vec<Stream>,
    reached: Vec<u32>,
}

/// Streams that a search is to go on from, the nearest first. Most links that it looks at have length 0: what lies at the
/// present distance does without a queue.
#[derive(Clone, Debug, Default)]
struct Ahead {
    distance: u32,
    here: Vec<u32>,
    farther: BinaryHeap<Reverse<u64>>,
}

impl Ahead {
    fn clear(&mut self) {
        self.distance = 0;
        self.here.clear();
        self.farther.clear();
    }

    fn push(&mut self, distance: u32, stream: u32) {
        if distance == self.distance {
            self.here.push(stream);
        } else {
            self.farther.push(Reverse(u64::from(distance) << 32 | u64::from(stream)));
        }
    }

    fn next(&mut self) -> Option<(u32, u32)> {
        if let Some(stream) = self.here.pop() {
            return Some((self.distance, stream));
        }
        let Reverse(key) = self.farther.pop()?;
        self.distance = (key >> 32) as u32;
        Some((self.distance, key as u32))
    }
}

/// Where a shortest path may end.
#[derive(Clone, Copy)]
enum End {
    /// A stream of the other side with something left, over this link.
    Room(u32),
    /// A stream of the searching side that may as well be kept back; the searching stream itself included.
    KeptBack(u32),
}

#[derive(Clone, Debug)]
pub struct Flows {
    sides: [Streams; 2],
    links: Vec<CarryingLink>,
    ahead: Ahead,
    /// Number of the present change, and what it has touched so far.
    change: u64,
    touched: Vec<(Side, u32)>,
    /// Streams whose price fell or that got a link: only links of these can have lost their cover.
    uncovered: Vec<(Side, u32)>,
    /// Sum of benefit × flow and sum of quantity × price, kept up to date.
    pub objective: i128,
    pub bound: i128,
}

impl Flows {
    /// From a solution that is proved.
    pub fn new(problem: &TransportProblem, solution: &TransportSolution) -> Flows {
        let mut flows = Flows {
            sides: [
                Streams::new(problem.supply(), &solution.giver_price),
                Streams::new(problem.demand(), &solution.taker_price),
            ],
            links: Vec::with_capacity(problem.links().len()),
            ahead: Ahead::default(),
            change: 0,
            touched: Vec::new(),
            uncovered: Vec::new(),
            objective: solution.objective_int,
            bound: solution.bound_int,
        };
        for side in Side::BOTH {
            let mut degrees = vec![0_usize; flows.count(side)];
            for link in problem.links() {
                degrees[ends_of(link)[side as usize] as usize] += 1;
            }
            for (stream, degree) in flows.sides[side as usize].streams.iter_mut().zip(degrees) {
                stream.arcs.reserve_exact(degree + SPARE);
            }
        }
        for (link, &flow) in problem.links().iter().zip(&solution.flows) {
            let number = flows.attach(link);
            flows.links[number as usize].flow = flow;
            if flow > 0 {
                for side in Side::BOTH {
                    let stream = flows.stream_mut(side, ends_of(link)[side as usize]);
                    stream.left -= flow;
                    stream.used.push(Used { other: ends_of(link)[side.other() as usize], link: number });
                }
            }
        }
        flows
    }

    pub fn count(&self, side: Side) -> usize {
        self.sides[side as usize].streams.len()
    }

    pub fn count_of_links(&self) -> usize {
        self.links.len()
    }

    pub fn is_there(&self, side: Side, stream: u32) -> bool {
        self.sides[side as usize].streams.get(stream as usize).is_some_and(|stream| stream.is_there)
    }

    pub fn link(&self, number: u32) -> Option<&CarryingLink> {
        self.links.get(number as usize).filter(|link| link.is_there)
    }

    pub fn quantity(&self, side: Side, stream: u32) -> i64 {
        self.stream(side, stream).quantity
    }

    pub fn price(&self, side: Side, stream: u32) -> i64 {
        i64::from(self.sides[side as usize].marks[stream as usize].price)
    }

    /// The stream takes the lowest price that covers its links and is placed.
    pub fn add_stream(&mut self, side: Side, quantity: i64, links: &[(u32, i64)]) {
        self.change += 1;
        let number = self.count(side) as u32;
        self.sides[side as usize].push(0, 0);
        for &(other, benefit) in links {
            let (giver, taker) = match side {
                Side::Giver => (number, other),
                Side::Taker => (other, number),
            };
            self.attach(&Link { giver, taker, benefit });
        }
        self.uncover(side, number);
        self.set_price(side, number, self.lowest_price(side, number));
        self.raise(side, number, quantity);
    }

    /// What flowed is placed elsewhere; then nothing holds the links any more.
    pub fn remove_stream(&mut self, side: Side, number: u32) {
        self.change += 1;
        self.lower(side, number, self.quantity(side, number));
        for arc in std::mem::take(&mut self.stream_mut(side, number).arcs) {
            self.stream_mut(side.other(), arc.other).arcs.retain(|other| other.link != arc.link);
            self.links[arc.link as usize].is_there = false;
        }
        self.set_price(side, number, 0);
        self.stream_mut(side, number).is_there = false;
    }

    pub fn set_quantity(&mut self, side: Side, number: u32, quantity: i64) {
        self.change += 1;
        let present = self.quantity(side, number);
        if quantity > present {
            self.raise(side, number, quantity - present);
        } else {
            self.lower(side, number, present - quantity);
        }
    }

    pub fn add_link(&mut self, link: Link) {
        self.change += 1;
        let number = self.attach(&link);
        self.uncover(Side::Giver, link.giver);
        self.cover(number);
    }

    pub fn remove_link(&mut self, number: u32) {
        self.change += 1;
        let freed = self.free(number);
        let ends = self.links[number as usize].ends;
        for side in Side::BOTH {
            self.stream_mut(side, ends[side as usize]).arcs.retain(|arc| arc.link != number);
        }
        self.links[number as usize].is_there = false;
        for side in Side::BOTH {
            self.place(side, ends[side as usize], freed);
        }
    }

    pub fn set_benefit(&mut self, number: u32, benefit: i64) {
        self.change += 1;
        let CarryingLink { ends, benefit: present, flow, .. } = self.links[number as usize];
        let is_worth_less = benefit < i64::from(present);
        let freed = if is_worth_less { self.free(number) } else { 0 };
        self.objective += i128::from(benefit - i64::from(present)) * i128::from(flow - freed);
        self.links[number as usize].benefit = benefit as i32;
        self.uncover(Side::Giver, ends[Side::Giver as usize]);
        for side in Side::BOTH {
            let arcs = &mut self.stream_mut(side, ends[side as usize]).arcs;
            for arc in arcs.iter_mut().filter(|arc| arc.link == number) {
                arc.benefit = benefit as i32;
            }
        }
        if is_worth_less {
            for side in Side::BOTH {
                self.place(side, ends[side as usize], freed);
            }
        } else {
            self.cover(number);
        }
    }

    /// Held against the promise of `SolvedNetwork::apply`: what was touched adds up and is covered, and the two
    /// sums meet. What was not touched is as it was when this was checked last.
    pub fn check_what_was_touched(&mut self) {
        for (side, number) in self.touched.drain(..) {
            let stream = &self.sides[side as usize].streams[number as usize];
            let placed: i64 = stream.used.iter().map(|used| self.links[used.link as usize].flow).sum();
            let adds_up = stream.left >= 0 && placed == stream.quantity - stream.left;
            let flows_are_above_0 = stream.used.iter().all(|used| self.links[used.link as usize].flow > 0);
            assert!(
                adds_up && flows_are_above_0,
                "a change of the network left {side:?} {number} with flows that are not allowed"
            );
        }
        for (side, number) in self.uncovered.drain(..) {
            let [here, there] = [&self.sides[side as usize], &self.sides[side.other() as usize]];
            let price = i64::from(here.marks[number as usize].price);
            let is_covered =
                |arc: &Arc| price + i64::from(there.marks[arc.other as usize].price) >= i64::from(arc.benefit);
            assert!(
                here.streams[number as usize].arcs.iter().all(is_covered),
                "a change of the network left {side:?} {number} with a price that is not allowed"
            );
        }
        assert_eq!(self.objective, self.bound, "a change of the network left it short of its bound");
    }

    fn stream(&self, side: Side, number: u32) -> &Stream {
        &self.sides[side as usize].streams[number as usize]
    }

    fn stream_mut(&mut self, side: Side, number: u32) -> &mut Stream {
        &mut self.sides[side as usize].streams[number as usize]
    }

    fn attach(&mut self, link: &Link) -> u32 {
        let (number, benefit) = (self.links.len() as u32, link.benefit as i32);
        let ends = ends_of(link);
        self.links.push(CarryingLink { ends, benefit, is_there: true, flow: 0 });
        for side in Side::BOTH {
            let other = ends[side.other() as usize];
            self.stream_mut(side, ends[side as usize]).arcs.push(Arc { other, benefit, link: number });
        }
        number
    }

    /// The lowest price of a stream that still covers all its links.
    fn lowest_price(&self, side: Side, number: u32) -> i64 {
        let needed = |arc: &Arc| i64::from(arc.benefit) - self.price(side.other(), arc.other);
        self.stream(side, number).arcs.iter().map(needed).max().unwrap_or(0).max(0)
    }

    fn raise(&mut self, side: Side, number: u32, by: i64) {
        self.stream_mut(side, number).quantity += by;
        self.bound += i128::from(by) * i128::from(self.price(side, number));
        self.touch(side, number);
        self.place(side, number, by);
    }

    /// Takes first what was left, then what flows; what the other ends lose is placed anew.
    fn lower(&mut self, side: Side, number: u32, by: i64) {
        self.bound -= i128::from(by) * i128::from(self.price(side, number));
        self.touch(side, number);
        let stream = self.stream_mut(side, number);
        stream.quantity -= by;
        let from_left = by.min(stream.left);
        stream.left -= from_left;
        let mut needed = by - from_left;
        let mut freed = Vec::new();
        while needed > 0 {
            let used = &self.stream(side, number).used;
            let Used { other, link } = *used.last().expect("a stream has placed what it has not left");
            let quantity = needed.min(self.links[link as usize].flow);
            self.change_flow(link, -quantity);
            freed.push((other, quantity));
            needed -= quantity;
        }
        for (other, quantity) in freed {
            self.place(side.other(), other, quantity);
        }
    }

    /// Raises a price where the prices of a link do not cover it: at the end with fewer flows. Flows of this
    /// stream that its price then no longer meets are taken out and placed anew.
    fn cover(&mut self, number: u32) {
        let CarryingLink { ends, benefit, .. } = self.links[number as usize];
        let missing = i64::from(benefit) - self.price(Side::Giver, ends[0]) - self.price(Side::Taker, ends[1]);
        if missing <= 0 {
            return;
        }
        let flows_of = |side: Side| self.stream(side, ends[side as usize]).used.len();
        let side = if flows_of(Side::Taker) < flows_of(Side::Giver) { Side::Taker } else { Side::Giver };
        let stream = ends[side as usize];
        let mut freed = std::mem::take(&mut self.stream_mut(side, stream).left);
        let others: Vec<Used> =
            self.stream(side, stream).used.iter().copied().filter(|used| used.link != number).collect();
        let mut held = Vec::new();
        for Used { other, link } in others {
            let quantity = self.free(link);
            freed += quantity;
            held.push((other, quantity));
        }
        self.set_price(side, stream, self.price(side, stream) + missing);
        for (other, quantity) in held {
            self.place(side.other(), other, quantity);
        }
        self.place(side, stream, freed);
    }

    /// Takes the whole flow of a link out and returns it. Neither end may keep it as left before it is placed.
    fn free(&mut self, number: u32) -> i64 {
        let flow = self.links[number as usize].flow;
        if flow > 0 {
            self.change_flow(number, -flow);
        }
        flow
    }

    fn change_flow(&mut self, number: u32, by: i64) {
        let link = &mut self.links[number as usize];
        let is_first = link.flow == 0;
        link.flow += by;
        let CarryingLink { ends, benefit, flow, .. } = *link;
        self.objective += i128::from(by) * i128::from(benefit);
        for side in Side::BOTH {
            let used = &mut self.stream_mut(side, ends[side as usize]).used;
            if is_first {
                used.push(Used { other: ends[side.other() as usize], link: number });
            } else if flow == 0 {
                used.retain(|used| used.link != number);
            }
            self.touch(side, ends[side as usize]);
        }
    }

    fn set_price(&mut self, side: Side, number: u32, price: i64) {
        let quantity = i128::from(self.quantity(side, number));
        let present = self.price(side, number);
        self.bound += quantity * i128::from(price - present);
        if price < present {
            self.uncover(side, number);
        }
        self.sides[side as usize].marks[number as usize].price = price as u32;
        self.touch(side, number);
    }

    fn touch(&mut self, side: Side, number: u32) {
        let change = self.change;
        let stream = self.stream_mut(side, number);
        if stream.touched_by != change {
            stream.touched_by = change;
            self.touched.push((side, number));
        }
    }

    fn uncover(&mut self, side: Side, number: u32) {
        let change = self.change;
        let stream = self.stream_mut(side, number);
        if stream.uncovered_by != change {
            stream.uncovered_by = change;
            self.uncovered.push((side, number));
        }
    }

    /// Places a quantity of a stream on shortest paths, as far as that is worth anything; the rest is left.
    fn place(&mut self, side: Side, source: u32, mut quantity: i64) {
        while quantity > 0 && self.price(side, source) > 0 {
            let (length, end) = self.shortest_path(side, source);
            self.move_prices(side, length);
            if matches!(end, End::KeptBack(stream) if stream == source) {
                break;
            }
            quantity -= self.send(side, source, quantity, end);
        }
        self.stream_mut(side, source).left += quantity;
    }

    /// Dijkstra's search from one stream, ended at the first place that can take it.
    fn shortest_path(&mut self, side: Side, source: u32) -> (u32, End) {
        let [givers, takers] = &mut self.sides;
        let (near, far) = match side {
            Side::Giver => (givers, takers),
            Side::Taker => (takers, givers),
        };
        let mut limit = near.marks[source as usize].price;
        let mut end = End::KeptBack(source);
        self.ahead.clear();
        reach(near, far, (source, 0, NONE), &mut self.ahead, &mut limit, &mut end);
        while let Some((distance, stream)) = self.ahead.next() {
            if distance >= limit {
                break;
            }
            if far.marks[stream as usize].distance < distance {
                continue;
            }
            // Every stream that flows here could do with less of it.
            for place in 0..far.streams[stream as usize].used.len() {
                let Used { other, link } = far.streams[stream as usize].used[place];
                if near.marks[other as usize].distance == UNREACHED {
                    reach(near, far, (other, distance, link), &mut self.ahead, &mut limit, &mut end);
                }
            }
        }
        (limit, end)
    }

    /// Moves the prices so that the path found has length 0 and no link falls below 0.
    fn move_prices(&mut self, side: Side, length: u32) {
        for (reached_side, sign) in [(side, -1), (side.other(), 1)] {
            let mut reached = std::mem::take(&mut self.sides[reached_side as usize].reached);
            for number in reached.drain(..) {
                let mark = &mut self.sides[reached_side as usize].marks[number as usize];
                let by = i64::from(length.saturating_sub(mark.distance));
                mark.distance = UNREACHED;
                if by > 0 {
                    let price = i64::from(mark.price) + sign * by;
                    self.set_price(reached_side, number, price);
                }
            }
            self.sides[reached_side as usize].reached = reached;
        }
    }

    /// Sends as much as the path carries and returns that quantity.
    fn send(&mut self, side: Side, source: u32, most: i64, end: End) -> i64 {
        let mut quantity = most;
        let mut path = Vec::new();
        let mut stream = match end {
            End::Room(link) => {
                let ends = self.links[link as usize].ends;
                quantity = quantity.min(self.stream(side.other(), ends[side.other() as usize]).left);
                path.push((link, 1));
                ends[side as usize]
            }
            End::KeptBack(stream) => stream,
        };
        while stream != source {
            let over = self.stream(side, stream).reached_over;
            let CarryingLink { ends, flow, .. } = self.links[over as usize];
            quantity = quantity.min(flow);
            let step = self.stream(side.other(), ends[side.other() as usize]).reached_over;
            path.extend([(over, -1), (step, 1)]);
            stream = self.links[step as usize].ends[side as usize];
        }
        match end {
            End::Room(link) => {
                let room = self.links[link as usize].ends[side.other() as usize];
                self.stream_mut(side.other(), room).left -= quantity;
            }
            End::KeptBack(stream) => self.stream_mut(side, stream).left += quantity,
        }
        for (link, sign) in path {
            self.change_flow(link, sign * quantity);
        }
        quantity
    }
}

impl Streams {
    fn new(quantities: &[i64], prices: &[i64]) -> Streams {
        let mut streams = Streams::default();
        for (&quantity, &price) in quantities.iter().zip(prices) {
            // More than any benefit can only be the price of a stream of quantity 0, where less proves the same.
            streams.push(quantity, price.min(BENEFIT_LIMIT) as u32);
        }
        streams
    }

    fn push(&mut self, quantity: i64, price: u32) {
        self.marks.push(Mark { price, distance: UNREACHED });
        let (arcs, used) = (Vec::new(), Vec::new());
        let stream = Stream {
            quantity,
            left: quantity,
            reached_over: NONE,
            touched_by: 0,
            uncovered_by: 0,
            is_there: true,
            arcs,
            used,
        };
        self.streams.push(stream);
    }
}

fn ends_of(link: &Link) -> [u32; 2] {
    [link.giver, link.taker]
}

/// Reaches a stream of the searching side at a distance, over a flow, and looks from it at the other side.
fn reach(
    near: &mut Streams,
    far: &mut Streams,
    (stream, distance, over): (u32, u32, u32),
    ahead: &mut Ahead,
    limit: &mut u32,
    end: &mut End,
) {
    near.marks[stream as usize].distance = distance;
    near.streams[stream as usize].reached_over = over;
    near.reached.push(stream);
    let to_disposal = i64::from(distance) + i64::from(near.marks[stream as usize].price);
    if to_disposal < i64::from(*limit) {
        *limit = to_disposal as u32;
        *end = End::KeptBack(stream);
    }
    for arc in &near.streams[stream as usize].arcs {
        let mark = &mut far.marks[arc.other as usize];
        let length = to_disposal + i64::from(mark.price) - i64::from(arc.benefit);
        if length >= i64::from(*limit) {
            continue;
        }
        if mark.price == 0 && far.streams[arc.other as usize].left > 0 {
            *limit = length as u32;
            *end = End::Room(arc.link);
        } else if length < i64::from(mark.distance) {
            if mark.distance == UNREACHED {
                far.reached.push(arc.other);
            }
            mark.distance = length as u32;
            far.streams[arc.other as usize].reached_over = arc.link;
            ahead.push(length as u32, arc.other);
        }
    }
}
