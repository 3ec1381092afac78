//! One giver or one taker by itself: which of its links to open and how much over each, found exactly.

/// A link as one of its ends sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Offer {
    /// What one unit of flow earns.
    pub profit: f64,
    /// What opening costs; 0 or more.
    pub fixed: f64,
    /// Greatest flow; above 0.
    pub cap: f64,
}

/// After so many steps the search stops; the value is then an upper bound, no longer exact.
const MOST_STEPS: usize = 400;

/// Room for the search, kept between calls.
#[derive(Default)]
pub struct Workspace {
    /// Offers that earn something when full, best first by what a unit earns of a full link.
    order: Vec<Free>,
    /// Offers opened on the way to the present branch, best first by profit.
    opened: Vec<Opened>,
    best: f64,
    best_opened: Vec<Opened>,
    steps: usize,
    bound_of_rest: f64,
}

#[derive(Clone, Copy)]
struct Free {
    net: f64,
    offer: Offer,
    number: u32,
    is_closed: bool,
}

#[derive(Clone, Copy)]
struct Opened {
    profit: f64,
    cap: f64,
    number: u32,
}

/// What the relaxed problem of a branch says: its value, and the offer it would open in part.
struct Relaxed {
    value: f64,
    /// Place in `order` and how much of it fits.
    in_part: Option<(usize, f64)>,
}

impl Workspace {
    /// Greatest Σ profit·x − Σ fixed of what is open, with Σ x ≤ room, x ≤ cap where open and 0 elsewhere.
    /// Writes x into `flows`, one for each offer, and returns a value that none exceeds: that of these flows, but
    /// for searches broken off.
    ///
    /// Relaxing "open or not" charges each unit `fixed / cap`; filling by what then remains solves the relaxed
    /// problem, and at most one offer is filled in part. The search branches on that one.
    pub fn best(&mut self, room: f64, offers: &[Offer], flows: &mut [f64]) -> f64 {
        flows.fill(0.0);
        let mut first: Option<(f64, usize)> = None;
        for (number, offer) in offers.iter().enumerate() {
            let net = offer.profit - offer.fixed / offer.cap;
            if net > 0.0 && first.is_none_or(|(best, _)| net > best) {
                first = Some((net, number));
            }
        }
        let Some((net, number)) = first else { return 0.0 };
        if offers[number].cap >= room {
            // Where caps are never above the room, the best full link fills it: nothing earns more by the unit.
            flows[number] = room;
            return if offers[number].cap == room {
                net * room
            } else {
                offers[number].profit * room - offers[number].fixed
            };
        }
        self.search(room, offers);
        let mut left = room;
        for opened in &self.best_opened {
            let flow = opened.cap.min(left);
            flows[opened.number as usize] = flow;
            left -= flow;
        }
        self.best.max(self.bound_of_rest)
    }

    fn search(&mut self, room: f64, offers: &[Offer]) {
        self.order.clear();
        for (number, offer) in (0..).zip(offers) {
            let net = offer.profit - offer.fixed / offer.cap;
            if net > 0.0 {
                self.order.push(Free { net, offer: *offer, number, is_closed: false });
            }
        }
        self.order.sort_unstable_by(|a, b| b.net.total_cmp(&a.net).then(a.number.cmp(&b.number)));
        self.opened.clear();
        self.best_opened.clear();
        self.best = 0.0;
        self.steps = 0;
        self.bound_of_rest = 0.0;
        self.branch(room, 0.0);
    }

    fn branch(&mut self, room: f64, paid: f64) {
        let relaxed = self.relaxed(room, paid);
        if relaxed.value <= self.best {
            return;
        }
        self.steps += 1;
        let Some((place, part)) = relaxed.in_part else {
            self.keep(room, relaxed.value, None);
            return;
        };
        if self.steps > MOST_STEPS {
            self.bound_of_rest = self.bound_of_rest.max(relaxed.value);
            return;
        }
        let free = self.order[place];
        let without = relaxed.value - free.net * part;
        let with = without + free.offer.profit * part - free.offer.fixed;
        if without > self.best {
            self.keep(room, without, Some((place, false)));
        }
        if with > self.best {
            self.keep(room, with, Some((place, true)));
        }
        self.order[place].is_closed = true;
        let opened = Opened { profit: free.offer.profit, cap: free.offer.cap, number: free.number };
        let at = self.opened.partition_point(|other| other.profit >= opened.profit);
        self.opened.insert(at, opened);
        self.branch(room, paid + free.offer.fixed);
        self.opened.remove(at);
        self.branch(room, paid);
        self.order[place].is_closed = false;
    }

    /// Fills the room by falling earning: opened offers at their profit, free ones at what is left of it.
    fn relaxed(&self, room: f64, paid: f64) -> Relaxed {
        let (mut value, mut left) = (-paid, room);
        let mut opened = self.opened.iter();
        let mut next_opened = opened.next();
        for (place, free) in self.order.iter().enumerate() {
            if free.is_closed {
                continue;
            }
            while let Some(open) = next_opened.filter(|open| open.profit >= free.net && open.profit > 0.0) {
                let flow = open.cap.min(left);
                value += flow * open.profit;
                left -= flow;
                next_opened = opened.next();
            }
            if left <= 0.0 {
                return Relaxed { value, in_part: None };
            }
            if free.offer.cap > left {
                return Relaxed { value: value + left * free.net, in_part: Some((place, left)) };
            }
            value += free.offer.cap * free.net;
            left -= free.offer.cap;
        }
        while let Some(open) = next_opened.filter(|open| open.profit > 0.0) {
            let flow = open.cap.min(left);
            value += flow * open.profit;
            left -= flow;
            next_opened = opened.next();
        }
        Relaxed { value, in_part: None }
    }

    /// Remembers the offers that the relaxed problem fills, with or without the one it fills in part.
    fn keep(&mut self, room: f64, value: f64, in_part: Option<(usize, bool)>) {
        self.best = value;
        self.best_opened.clear();
        self.best_opened.extend(self.opened.iter().filter(|opened| opened.profit > 0.0));
        let mut left = room;
        let mut opened = self.opened.iter().filter(|opened| opened.profit > 0.0).peekable();
        for (place, free) in self.order.iter().enumerate() {
            if free.is_closed {
                continue;
            }
            while let Some(open) = opened.next_if(|open| open.profit >= free.net) {
                left -= open.cap.min(left);
            }
            let is_in_part = in_part.is_some_and(|(part, _)| part == place);
            if left <= 0.0 || is_in_part && in_part.is_some_and(|(_, with)| !with) {
                break;
            }
            self.best_opened.push(Opened { profit: free.offer.profit, cap: free.offer.cap, number: free.number });
            if is_in_part {
                break;
            }
            left -= free.offer.cap.min(left);
        }
        self.best_opened.sort_by(|a, b| b.profit.total_cmp(&a.profit));
    }
}

/// For each offer, what the relaxed problem loses against `best` when that offer must be opened; never above the
/// true loss, and below 0 only by what a broken-off search left open.
pub fn losses_when_opened(room: f64, offers: &[Offer], best: f64, losses: &mut Vec<f64>) {
    let mut order: Vec<u32> = (0..offers.len() as u32).collect();
    let net =
        |number: u32| offers[number as usize].profit - offers[number as usize].fixed / offers[number as usize].cap;
    order.sort_unstable_by(|a, b| net(*b).total_cmp(&net(*a)).then(a.cmp(b)));
    losses.clear();
    for (number, forced) in (0..).zip(offers) {
        let (mut value, mut left, mut waiting) = (-forced.fixed, room, forced.profit > 0.0);
        for &other in &order {
            if waiting && forced.profit >= net(other) {
                let flow = forced.cap.min(left);
                value += flow * forced.profit;
                left -= flow;
                waiting = false;
            }
            if left <= 0.0 || net(other) <= 0.0 {
                break;
            }
            if other != number {
                let flow = offers[other as usize].cap.min(left);
                value += flow * net(other);
                left -= flow;
            }
        }
        if waiting && left > 0.0 {
            value += forced.cap.min(left) * forced.profit;
        }
        losses.push(best - value);
    }
}
