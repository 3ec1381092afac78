//! Which of the totals that one reader can get may be told: `docs/methods/disclosure.md`. No total, no difference of
//! two totals and no other combination of them may speak of fewer than three contributors.

use std::collections::{BTreeMap, BTreeSet};

use crate::auth;

/// What a contributor has in a total, part by part. A part that stands in two totals is the same amount in both, so
/// that it falls away when one is taken from the other.
pub type Parts<C, P> = BTreeMap<(C, P), f64>;

/// A total that somebody can get.
#[derive(Clone, Debug, PartialEq)]
pub struct Total<C, P> {
    pub parts: Parts<C, P>,
    /// Totals with one name here divide up a larger one and have no part in common, as sectors do.
    pub breakdown: Option<&'static str>,
}

impl<C, P> Total<C, P> {
    pub fn whole(parts: Parts<C, P>) -> Total<C, P> {
        Total { parts, breakdown: None }
    }

    pub fn one_of(breakdown: &'static str, parts: Parts<C, P>) -> Total<C, P> {
        Total { parts, breakdown: Some(breakdown) }
    }
}

/// Most totals that are told of those that hang together; beyond it the least important are withheld unasked. It
/// bounds the work, which grows with the third power.
pub const MOST_TOLD_TOGETHER: usize = 64;

/// For each total whether it may be told. The most important comes first: it is told whenever it is safe alone, and
/// each further one only where it is safe beside all before it.
pub fn told<C: Ord + Clone, P: Ord + Clone>(totals: &[Total<C, P>]) -> Vec<bool> {
    let sized: Vec<Sized<C, P>> = totals.iter().map(Sized::of).collect();
    let mut told: Vec<usize> = Vec::new();
    let mut answer = vec![false; totals.len()];
    for (index, total) in sized.iter().enumerate() {
        let beside = connected(&sized, &told, index);
        let is_few = beside.len() < MOST_TOLD_TOGETHER;
        if total.parts.is_empty() || (is_few && is_safe_beside(&sized, &beside, index)) {
            answer[index] = true;
            told.push(index);
        }
    }
    answer
}

/// A total with the size of each part; parts of nothing are left out, for they hide nobody.
struct Sized<C, P> {
    parts: Parts<C, P>,
    breakdown: Option<&'static str>,
}

impl<C: Ord + Clone, P: Ord + Clone> Sized<C, P> {
    fn of(total: &Total<C, P>) -> Sized<C, P> {
        let parts = total.parts.iter().filter(|(_, amount)| **amount != 0.0);
        Sized { parts: parts.map(|(part, amount)| (part.clone(), amount.abs())).collect(), breakdown: total.breakdown }
    }

    fn holds(&self, other: &Sized<C, P>) -> bool {
        other.parts.len() <= self.parts.len() && other.parts.keys().all(|part| self.parts.contains_key(part))
    }

    fn touches(&self, other: &Sized<C, P>) -> bool {
        let (few, many) = if self.parts.len() < other.parts.len() { (self, other) } else { (other, self) };
        few.parts.keys().any(|part| many.parts.contains_key(part))
    }
}

/// The told totals that hang together with one by common parts, directly or through others. The rest has nothing to do
/// with it: a combination of totals without a common part isolates no more than each of its sides does.
fn connected<C: Ord + Clone, P: Ord + Clone>(sized: &[Sized<C, P>], told: &[usize], index: usize) -> Vec<usize> {
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut next = vec![index];
    while let Some(from) = next.pop() {
        for other in told {
            if !found.contains(other) && sized[from].touches(&sized[*other]) {
                found.insert(*other);
                next.push(*other);
            }
        }
    }
    found.into_iter().collect()
}

fn is_safe_beside<C: Ord + Clone, P: Ord + Clone>(sized: &[Sized<C, P>], beside: &[usize], index: usize) -> bool {
    let new = &sized[index];
    is_safe(&new.parts)
        && differences(sized, beside, new).iter().all(|rest| rest.is_empty() || is_safe(rest))
        && !isolates(&beside.iter().copied().chain([index]).map(|at| &sized[at].parts).collect::<Vec<_>>())
}

/// The rule for one amount: at least three contributors, none above 80 %.
pub fn is_safe<C: Ord, P>(parts: &Parts<C, P>) -> bool {
    let mut by_contributor: BTreeMap<&C, f64> = BTreeMap::new();
    for ((contributor, _), amount) in parts {
        *by_contributor.entry(contributor).or_default() += amount.abs();
    }
    auth::may_publish(&by_contributor.into_values().collect::<Vec<f64>>())
}

/// What is left of a total less another inside it, and less all told parts of a breakdown, for every pair that the new
/// total makes.
fn differences<C: Ord + Clone, P: Ord + Clone>(
    sized: &[Sized<C, P>],
    beside: &[usize],
    new: &Sized<C, P>,
) -> Vec<Parts<C, P>> {
    let mut rests = Vec::new();
    for other in beside.iter().map(|at| &sized[*at]) {
        if new.holds(other) {
            rests.push(less(new, [other]));
        } else if other.holds(new) {
            rests.push(less(other, [new]));
        }
    }
    let all = || beside.iter().map(|at| &sized[*at]).chain([new]);
    let breakdowns: BTreeSet<&str> = all().filter_map(|total| total.breakdown).collect();
    for breakdown in breakdowns {
        for outer in all() {
            let is_inside = |total: &&Sized<C, P>| total.breakdown == Some(breakdown) && outer.holds(total);
            let is_itself = outer.breakdown == Some(breakdown);
            let inside: Vec<&Sized<C, P>> = all().filter(is_inside).collect();
            if !is_itself && inside.len() > 1 {
                rests.push(less(outer, inside));
            }
        }
    }
    rests
}

fn less<'a, C: Ord + Clone + 'a, P: Ord + Clone + 'a>(
    outer: &Sized<C, P>,
    inner: impl IntoIterator<Item = &'a Sized<C, P>>,
) -> Parts<C, P> {
    let mut rest = outer.parts.clone();
    for total in inner {
        rest.retain(|part, _| !total.parts.contains_key(part));
    }
    rest
}

/// Whether some combination of the totals speaks of one or two contributors alone. Totals are rows of zeros and ones
/// over the parts; a group S is isolated when the rank falls as the columns of S are taken out.
pub fn isolates<C: Ord, P: Ord>(totals: &[&Parts<C, P>]) -> bool {
    let blocks = blocks(totals);
    let all = Basis::without(&blocks, &BTreeSet::new());
    // Of three bases from different contributors one or two contributors leave at least one.
    let second = Basis::without(&blocks, &all.used);
    let third = Basis::without(&blocks, &(&all.used | &second.used));
    if second.rank() == all.rank() && third.rank() == all.rank() {
        return false;
    }
    for first in &all.used {
        let rest = Basis::without(&blocks, &[*first].into());
        if rest.rank() < all.rank() {
            return true;
        }
        // Without the first, only a contributor who holds this basis up can make the rank fall.
        for second in &rest.used {
            if Basis::without(&blocks, &[*first, *second].into()).rank() < all.rank() {
                return true;
            }
        }
    }
    false
}

/// The different columns of each contributor. Of contributors who stand in the same totals with all their parts no more
/// than three are needed: a fourth changes no answer.
fn blocks<C: Ord, P: Ord>(totals: &[&Parts<C, P>]) -> Vec<Vec<Vec<u64>>> {
    let mut columns: BTreeMap<&C, BTreeMap<&P, Vec<u64>>> = BTreeMap::new();
    for (row, parts) in totals.iter().enumerate() {
        for (contributor, part) in parts.keys() {
            let column = columns.entry(contributor).or_default().entry(part);
            column.or_insert_with(|| vec![0; totals.len()])[row] = 1;
        }
    }
    let mut alike: BTreeMap<BTreeSet<Vec<u64>>, usize> = BTreeMap::new();
    for parts in columns.into_values() {
        *alike.entry(parts.into_values().collect()).or_default() += 1;
    }
    let few = |(block, count): (BTreeSet<Vec<u64>>, usize)| {
        let block: Vec<Vec<u64>> = block.into_iter().collect();
        std::iter::repeat_n(block, count.min(auth::FEWEST_CONTRIBUTORS))
    };
    alike.into_iter().flat_map(few).collect()
}

// Arithmetic modulo a prime has no rounding. A prime this large takes a matrix of zeros and ones for one of lower rank
// only where it divides one of its minors.
const PRIME: u64 = (1 << 31) - 1;

/// Independent columns, each with a one at its pivot, and the contributors that they came from.
struct Basis {
    columns: Vec<(usize, Vec<u64>)>,
    used: BTreeSet<usize>,
}

impl Basis {
    fn without(blocks: &[Vec<Vec<u64>>], left_out: &BTreeSet<usize>) -> Basis {
        let mut basis = Basis { columns: Vec::new(), used: BTreeSet::new() };
        for (contributor, block) in blocks.iter().enumerate().filter(|(at, _)| !left_out.contains(at)) {
            for column in block {
                if basis.columns.len() < column.len() && basis.add(column.clone()) {
                    basis.used.insert(contributor);
                }
            }
        }
        basis
    }

    fn rank(&self) -> usize {
        self.columns.len()
    }

    /// False where the column depends on those that are there.
    fn add(&mut self, mut column: Vec<u64>) -> bool {
        for (pivot, other) in &self.columns {
            let factor = column[*pivot];
            if factor != 0 {
                for (value, other) in column.iter_mut().zip(other) {
                    *value = (*value + (PRIME - factor) * other) % PRIME;
                }
            }
        }
        let Some(pivot) = column.iter().position(|value| *value != 0) else { return false };
        let inverse = power(column[pivot], PRIME - 2);
        column.iter_mut().for_each(|value| *value = *value * inverse % PRIME);
        self.columns.push((pivot, column));
        true
    }
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests;
