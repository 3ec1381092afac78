//! The trade-off between two objectives: every network that is best for some weighting of the two, each proved.
//! Method: `docs/methods/scenarios.md`.

use super::GoOn;
use super::objective::lexicographic::Pair;
use super::objective::{Chosen, Ground, Objective, Totals, worth};

/// Networks from the greatest first objective to the greatest second one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeOff {
    pub points: Vec<Point>,
    /// Links left out because one of the two objectives does not know them.
    pub unweighed: usize,
    /// False where the search was cut at the greatest number of points, or weights left the range of whole numbers.
    pub is_complete: bool,
}

/// A network that no other beats in both objectives.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub flows: Vec<i64>,
    pub totals: Totals,
    /// Both sums: VND, g CO₂e or kg.
    pub first: i128,
    pub second: i128,
    /// No network is worth more under the weights; equal to what this one is worth where it is proved best.
    pub bound: i128,
    /// The weighting under which this network is proved best; (1, 0) and (0, 1) with the other objective deciding
    /// among equals.
    pub weights: (i128, i128),
}

/// All supported extreme points between two objectives, at most so many. Dichotomic search: the network best for the
/// weights at which both neighbours are worth the same is either above their line, then it lies between them, or
/// nothing does. Source: Aneja and Nair, Bicriteria transportation problem, Management Science 25 (1979); from memory.
pub fn trade_off(ground: &Ground, first: Objective, second: Objective, most_points: usize) -> TradeOff {
    trade_off_while(ground, first, second, most_points, &mut || true).unwrap_or_default()
}

/// The same while `go_on` says so.
pub fn trade_off_while(
    ground: &Ground,
    first: Objective,
    second: Objective,
    most_points: usize,
    go_on: GoOn<'_>,
) -> Option<TradeOff> {
    let worths: Vec<Option<(i128, i128)>> =
        ground.links.iter().map(|link| worth(link, first).zip(worth(link, second))).collect();
    let unweighed = worths.iter().filter(|worth| worth.is_none()).count();
    let charges = ground.charges(first).into_iter().zip(ground.charges(second)).collect();
    let search = Search { ground, worths, charges };
    if !go_on() {
        return None;
    }
    let start = search.solve((1, 0), Pair);
    if !go_on() {
        return None;
    }
    let end = search.solve((0, 1), |a, b| Pair(b, a));
    let (Some(start), Some(end)) = (start, end) else {
        return Some(TradeOff { points: Vec::new(), unweighed, is_complete: false });
    };
    if start.second >= end.second {
        return Some(TradeOff { is_complete: start.is_proved(), points: vec![start], unweighed });
    }
    let mut is_complete = true;
    let mut points = vec![start];
    let mut ahead = vec![end];
    while let (Some(left), Some(right)) = (points.last(), ahead.last()) {
        if !go_on() {
            return None;
        }
        let (by_first, by_second) = reduced(right.second - left.second, left.first - right.first);
        let found = search.solve((by_first, by_second), |a, b| Pair(by_first * a + by_second * b, a));
        let is_above = |point: &Point| {
            by_first * point.first + by_second * point.second > by_first * left.first + by_second * left.second
        };
        let is_full = points.len() + ahead.len() >= most_points;
        match found {
            Some(point) if is_above(&point) && !is_full => ahead.push(point),
            found => {
                is_complete &= found.is_some_and(|point| !is_above(&point));
                points.extend(ahead.pop());
            }
        }
    }
    is_complete &= points.iter().all(Point::is_proved);
    Some(TradeOff { points, unweighed, is_complete })
}

impl Point {
    /// Both sums by the weights.
    fn value(&self) -> i128 {
        self.weights.0 * self.first + self.weights.1 * self.second
    }

    fn is_proved(&self) -> bool {
        self.value() == self.bound
    }
}

impl TradeOff {
    /// The network of a point, as [`Ground::choose`] tells it.
    pub fn chosen(&self, number: usize) -> Option<Chosen> {
        let point = self.points.get(number)?;
        let (flows, totals) = (point.flows.clone(), point.totals);
        let (value, bound) = (point.value(), point.bound);
        Some(Chosen { flows, totals, value, bound, unweighed: self.unweighed, refusal: None })
    }
}

struct Search<'a> {
    ground: &'a Ground,
    /// Both values of one step over each link; `None` where one is not known.
    worths: Vec<Option<(i128, i128)>>,
    /// What each of the ground's works takes from both objectives when it is used.
    charges: Vec<(i128, i128)>,
}

impl Search<'_> {
    /// `None` where the weighted sums could leave the range of whole numbers.
    fn solve(&self, weights: (i128, i128), value: impl Fn(i128, i128) -> Pair) -> Option<Point> {
        let steps: i128 = self.ground.givers.iter().chain(&self.ground.takers).map(|side| i128::from(side.steps)).sum();
        let links = self.worths.len() as i128 + 1;
        for (a, b) in self.worths.iter().flatten() {
            let most = weights.0.checked_mul(a.abs())?.checked_add(weights.1.checked_mul(b.abs())?)?;
            // A price is a sum of values along a path.
            most.checked_mul(links)?.checked_mul(steps.max(1))?;
        }
        let values: Vec<Option<Pair>> = self.worths.iter().map(|worth| worth.map(|(a, b)| value(a, b))).collect();
        let (flows, bound) = if self.ground.works.is_empty() {
            let (flows, _, bound) = self.ground.solve_pairs(&values);
            (flows, bound.0)
        } else {
            let charges: Vec<Pair> = self.charges.iter().map(|(a, b)| value(*a, *b)).collect();
            let solved = self.ground.solve_works(&values, &charges);
            (solved.flows, solved.bound)
        };
        let used = self.ground.used(&flows);
        let sum = |pick: fn((i128, i128)) -> i128| -> i128 {
            let flowing = self.worths.iter().zip(&flows);
            let worth: i128 = flowing.filter_map(|(worth, flow)| Some(pick((*worth)?) * i128::from(*flow))).sum();
            let paid = self.charges.iter().zip(&used).filter(|(_, is_used)| **is_used);
            worth - paid.map(|(charge, _)| pick(*charge)).sum::<i128>()
        };
        let (first, second) = (sum(|worth| worth.0), sum(|worth| worth.1));
        Some(Point { totals: self.ground.totals(&flows), flows, first, second, bound, weights })
    }
}

/// Weights without their common divisor; both are above zero.
fn reduced(one: i128, other: i128) -> (i128, i128) {
    let (mut a, mut b) = (one, other);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    if a == 0 { (one, other) } else { (one / a, other / a) }
}
