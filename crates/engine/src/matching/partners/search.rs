//! The best takers of one giver: the tree of its class is opened where the most can still be gained.

use std::collections::BinaryHeap;

use super::forest::{Forest, Inside, Point};
use super::terms::{Terms, angle, chord_squared, direction};
use super::{Giver, Taker};

/// Bounds are raised by this, thousand VND: far more than rounding errors, far less than a step of the answer.
pub(super) const SLACK: f64 = 1e-3;
/// Benefits are rounded to the nearest whole number, halves up. A millionth more than a half is added, so that a half
/// which binary fractions miss by a hair (0.7 × 5 = 3.4999…) is rounded as on paper.
pub(super) const HALF: f64 = 0.500_001;

/// A taker and what the exchange is worth, rounded to whole thousand VND per t.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partner {
    /// Its place in the list of takers.
    pub taker: u32,
    pub benefit_kvnd_t: u32,
}

/// All takers, by class and place.
pub struct TakerIndex {
    terms: Terms,
    forest: Forest,
}

/// What a search writes on; used again, it spares the next one its memory.
#[derive(Default)]
pub struct Search {
    queue: BinaryHeap<(u64, u32)>,
    best: Vec<u64>,
    /// Nodes opened and takers looked at, all searches together.
    pub nodes: u64,
    pub takers: u64,
}

/// The best `most` takers of every giver, best first.
pub fn best_partners(givers: &[Giver], takers: &[Taker], terms: &Terms, most: usize) -> Vec<Vec<Partner>> {
    let qualities = takers.first().map_or(0, |taker| taker.limits.len());
    let index = TakerIndex::new(takers, qualities, terms);
    let mut search = Search::default();
    let mut found = vec![Vec::new(); givers.len()];
    for giver in in_order_of_place(givers) {
        found[giver as usize] = index.best(&givers[giver as usize], most, &mut search);
    }
    found
}

/// Givers so that neighbours of one class follow one another: a search then finds in the cache what the one before
/// it has read. Along a curve that halves latitude and longitude in turns.
pub fn in_order_of_place(givers: &[Giver]) -> Vec<u32> {
    let spread = |part: f64| {
        let whole = (part * f64::from(u16::MAX)) as u32;
        (0..16).fold(0u32, |code, bit| code | (whole >> bit & 1) << (2 * bit))
    };
    let code = |giver: &Giver| {
        let up = spread((giver.latitude + 90.0) / 180.0);
        (giver.class, up << 1 | spread((giver.longitude + 180.0) / 360.0))
    };
    let mut order: Vec<u32> = (0..givers.len() as u32).collect();
    order.sort_by_cached_key(|giver| code(&givers[*giver as usize]));
    order
}

impl TakerIndex {
    /// Every taker limits the same number of qualities.
    pub fn new(takers: &[Taker], qualities: usize, terms: &Terms) -> TakerIndex {
        let mut points = Vec::new();
        let mut limits = Vec::new();
        for (place, taker) in (0..).zip(takers) {
            for point in points_of(place, taker, terms) {
                points.push(point);
                limits.extend_from_slice(&taker.limits);
            }
        }
        let forest = Forest::new(&points, &limits, qualities, terms.haulage_per_radius());
        TakerIndex { terms: terms.clone(), forest }
    }

    pub fn insert(&mut self, place: u32, taker: &Taker) {
        for (class, point) in points_of(place, taker, &self.terms) {
            self.forest.insert(class, point, &taker.limits);
        }
    }

    pub fn remove(&mut self, place: u32) {
        for role in 0..2 {
            self.forest.remove(2 * place + role);
        }
    }

    /// The best `most` takers of a giver, by falling benefit, then in the order of takers. Only whole benefits of 1
    /// and more count.
    pub fn best(&self, giver: &Giver, most: usize, search: &mut Search) -> Vec<Partner> {
        self.ranks(giver, most, search).iter().map(|rank| partner(*rank)).collect()
    }

    /// Leaves the ranks of the best takers in `search`.
    pub(super) fn ranks<'a>(&self, giver: &Giver, most: usize, search: &'a mut Search) -> &'a [u64] {
        search.queue.clear();
        search.best.clear();
        if let Some(root) = self.forest.root(giver.class).filter(|_| most > 0) {
            let seeker = Seeker { giver, at: direction(giver.latitude, giver.longitude), index: self };
            seeker.search(root, most, search);
        }
        &search.best
    }
}

/// One point for each class of which a taker takes streams. Their keys keep the order of takers.
pub(super) fn points_of(place: u32, taker: &Taker, terms: &Terms) -> impl Iterator<Item = (u32, Point)> {
    let at = direction(taker.latitude, taker.longitude);
    let (firm, permits_any) = (taker.firm, taker.licensed);
    let saved = terms.saved_by_taker(taker);
    (0..2).zip(saved).filter_map(move |(role, saved)| {
        let (class, level) = saved?;
        Some((class, Point { at, level, key: 2 * place + role, firm, permits_any }))
    })
}

/// Benefit and place in one number: the greater is the better, and of two equal benefits the earlier taker.
/// 0 where nothing is gained.
pub(super) fn rank(benefit: f64, taker: u32) -> u64 {
    // The conversion cuts at 0, which is where a benefit stops to be one.
    let whole = (benefit + HALF) as u32;
    if whole == 0 { 0 } else { u64::from(whole) << 32 | u64::from(!taker) }
}

pub(super) fn partner(rank: u64) -> Partner {
    Partner { taker: taker_of(rank), benefit_kvnd_t: benefit_of(rank) }
}

pub(super) fn benefit_of(rank: u64) -> u32 {
    (rank >> 32) as u32
}

pub(super) fn taker_of(rank: u64) -> u32 {
    !(rank as u32)
}

struct Seeker<'a> {
    giver: &'a Giver,
    at: [f64; 3],
    index: &'a TakerIndex,
}

impl Seeker<'_> {
    fn search(&self, root: u32, most: usize, search: &mut Search) {
        let forest = &self.index.forest;
        let saved = self.index.terms.saved_by(self.giver);
        let mut least = 0;
        search.queue.push((self.bound(root, saved), root));
        while let Some((bound, node)) = search.queue.pop() {
            // Whatever is still closed is worth no more than this.
            if bound <= least {
                break;
            }
            search.nodes += 1;
            match forest.node(node).inside {
                Inside::Nodes(first) => {
                    for child in [first, first + 1] {
                        let bound = self.bound(child, saved);
                        if bound > least {
                            search.queue.push((bound, child));
                        }
                    }
                }
                Inside::Points { start, count, .. } => {
                    search.takers += u64::from(count);
                    for (place, point) in (start..).zip(forest.points(start, count)) {
                        let rank = self.rank(place, point, saved, least);
                        if rank > least {
                            least = keep(&mut search.best, rank, most);
                        }
                    }
                }
            }
        }
    }

    /// No taker below this node ranks higher: the best of everything that is known of them, in one.
    fn bound(&self, node: u32, saved: f64) -> u64 {
        let forest = &self.index.forest;
        let of = forest.node(node);
        if self.giver.hazardous && !of.permits_any || of.level == f64::NEG_INFINITY {
            return 0;
        }
        let contents = self.giver.contents.iter().copied();
        let Some(treatment) = self.index.terms.treatment_over(contents, forest.qualities_of_node(node)) else {
            return 0;
        };
        // An arc is never shorter than its chord.
        let haulage = self.index.terms.haulage_per_radius() * of.chord_squared(self.at).sqrt();
        rank(saved + of.level - treatment - haulage + SLACK, of.first / 2)
    }

    /// What this taker is worth to the giver; 0 also where its price alone shows that it cannot get above `least`.
    fn rank(&self, place: u32, point: &Point, saved: f64, least: u64) -> u64 {
        if rank(saved + point.level + SLACK, point.key / 2) <= least {
            return 0;
        }
        let limits = self.index.forest.qualities_of_point(place);
        rank_of_pair(&self.index.terms, self.giver, self.at, point, limits)
    }
}

/// What a taker, as a point of its index, is worth to a giver; 0 where a rule forbids the pair.
pub(super) fn rank_of_pair(terms: &Terms, giver: &Giver, at: [f64; 3], taker: &Point, limits: &[f64]) -> u64 {
    let is_forbidden = giver.hazardous && !taker.permits_any || terms.between_firms && giver.firm == taker.firm;
    if is_forbidden {
        return 0;
    }
    let Some(treatment) = terms.treatment_over(giver.contents.iter().copied(), limits) else { return 0 };
    let haulage = terms.haulage_per_radius() * angle(chord_squared(at, taker.at));
    rank(terms.saved_by(giver) + taker.level - treatment - haulage, taker.key / 2)
}

/// Takes a rank into the list, and says what the next one must be above.
pub(super) fn keep(best: &mut Vec<u64>, rank: u64, most: usize) -> u64 {
    let place = best.partition_point(|other| *other > rank);
    best.insert(place, rank);
    best.truncate(most);
    if best.len() == most { best[most - 1] } else { 0 }
}
