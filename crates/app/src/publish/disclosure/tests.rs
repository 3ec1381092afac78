//! The rule against planted attacks, against a publisher that looks at each total alone, and against an oracle that
//! tries every group on small sets.

use super::*;

type Sum = Total<u8, u8>;

fn sum(parts: &[(u8, u8, f64)]) -> Parts<u8, u8> {
    parts.iter().map(|(contributor, part, amount)| ((*contributor, *part), *amount)).collect()
}

/// Parts of one amount each.
fn ones(parts: &[(u8, u8)]) -> Parts<u8, u8> {
    parts.iter().map(|part| (*part, 1.0)).collect()
}

/// A publisher that asks of each total only whether it is safe alone.
fn naive(totals: &[Sum]) -> Vec<bool> {
    totals.iter().map(|total| is_safe(&total.parts)).collect()
}

fn check(totals: &[Sum], expected: &[bool], naive_answer: &[bool]) {
    assert_eq!(told(totals), expected);
    assert_eq!(naive(totals), naive_answer, "what a naive publisher tells");
}

#[test]
fn one_or_two_contributors_and_a_giant_are_withheld() {
    let giant = sum(&[(1, 0, 81.0), (2, 0, 10.0), (3, 0, 9.0)]);
    let at_the_bound = sum(&[(1, 0, 80.0), (2, 0, 10.0), (3, 0, 10.0)]);
    for (parts, expected) in
        [(ones(&[(1, 0)]), false), (ones(&[(1, 0), (2, 0)]), false), (giant, false), (at_the_bound, true)]
    {
        assert_eq!(told(&[Total::whole(parts)]), [expected]);
    }
}

#[test]
fn two_parts_of_one_contributor_are_one_contributor() {
    assert_eq!(told(&[Total::whole(ones(&[(1, 0), (1, 1), (2, 0)]))]), [false]);
}

#[test]
fn nothing_is_told_as_nothing() {
    assert_eq!(told(&[Total::whole(Parts::<u8, u8>::new())]), [true]);
}

#[test]
fn the_difference_of_two_nested_totals_is_not_told() {
    let all = ones(&[(1, 0), (2, 0), (3, 0), (4, 0)]);
    let without_one = ones(&[(1, 0), (2, 0), (3, 0)]);
    check(&[Total::whole(all), Total::whole(without_one)], &[true, false], &[true, true]);
}

#[test]
fn a_giant_is_not_found_by_subtraction() {
    let all = sum(&[(1, 0, 1.0), (2, 0, 1.0), (3, 0, 1.0), (4, 0, 50.0), (5, 0, 1.0), (6, 0, 20.0)]);
    let three = sum(&[(1, 0, 1.0), (2, 0, 1.0), (6, 0, 20.0)]);
    // What is left, of three, is nearly all of the fourth.
    assert!(!is_safe(&three));
    let three = sum(&[(1, 0, 1.0), (6, 0, 20.0), (2, 0, 9.0)]);
    let all = Parts::from_iter(all.into_iter().chain([((2, 0), 9.0)]));
    check(&[Total::whole(all), Total::whole(three)], &[true, false], &[true, true]);
}

#[test]
fn a_small_sector_is_not_found_as_the_rest_of_a_breakdown() {
    let (a, b, c) = (ones(&[(1, 0), (2, 0), (3, 0)]), ones(&[(4, 0), (5, 0), (6, 0)]), ones(&[(7, 0), (8, 0)]));
    let all: Parts<u8, u8> = a.iter().chain(&b).chain(&c).map(|(part, amount)| (*part, *amount)).collect();
    let totals =
        [Total::whole(all), Total::one_of("sector", a), Total::one_of("sector", b), Total::one_of("sector", c)];
    check(&totals, &[true, true, false, false], &[true, true, true, false]);
}

#[test]
fn a_month_is_not_found_from_the_year_and_the_other_months() {
    let month = |month: u8, contributors: &[u8]| -> Parts<u8, u8> {
        contributors.iter().map(|contributor| ((*contributor, month), 1.0)).collect()
    };
    let months = [month(1, &[1, 2, 3]), month(2, &[1, 2, 3]), month(3, &[1])];
    let year: Parts<u8, u8> = months.iter().flatten().map(|(part, amount)| (*part, *amount)).collect();
    let mut totals = vec![Total::whole(year)];
    totals.extend(months.into_iter().map(|parts| Total::one_of("month", parts)));
    check(&totals, &[true, true, false, false], &[true, true, true, false]);
}

#[test]
fn two_maps_of_provinces_do_not_isolate_what_moved_between_them() {
    // Before: parks 1–4 and 5–8; after: 1–5 and 6–8. Park 5 moved.
    let of = |ids: std::ops::RangeInclusive<u8>| -> Parts<u8, u8> { ids.map(|id| ((id, 0), 1.0)).collect() };
    let totals = [
        Total::one_of("before", of(1..=4)),
        Total::one_of("before", of(5..=8)),
        Total::one_of("after", of(1..=5)),
        Total::one_of("after", of(6..=8)),
    ];
    check(&totals, &[true, true, false, false], &[true; 4]);
}

#[test]
fn overlapping_filters_are_seen_through() {
    // a + b + c + d, c + d + e + f, and all without d: none is inside another, and their sums isolate d.
    let totals = [
        Total::whole(ones(&[(1, 0), (2, 0), (3, 0), (4, 0)])),
        Total::whole(ones(&[(3, 0), (4, 0), (5, 0), (6, 0)])),
        Total::whole(ones(&[(1, 0), (2, 0), (3, 0), (3, 1), (5, 0), (6, 0)])),
        Total::whole(ones(&[(3, 1), (7, 0), (8, 0)])),
    ];
    assert_eq!(naive(&totals), [true; 4]);
    let answer = told(&totals);
    assert!(!isolated_by_trying(&kept(&totals, &answer)) && isolated_by_trying(&kept(&totals, &naive(&totals))));
    assert!(answer[0] && answer[1]);
}

#[test]
fn many_alike_are_quick_and_the_bound_holds() {
    let many: Parts<u32, u8> = (0..20_000).map(|id| ((id, 0), 1.0)).collect();
    let totals: Vec<Total<u32, u8>> = (0..30)
        .map(|step| Total::whole(many.iter().skip(step * 600).map(|(part, amount)| (*part, *amount)).collect()))
        .collect();
    assert_eq!(told(&totals), [true; 30]);

    // All hang together by a common body, and each has three of its own.
    let star = |arms: u32| -> Vec<Total<u32, u8>> {
        let body = || (0..10).map(|id| ((id, 0), 1.0));
        let arm = |arm: u32| (0..3).map(move |id| ((100 + arm * 3 + id, 0), 1.0));
        (0..arms).map(|at| Total::whole(body().chain(arm(at)).collect())).collect()
    };
    let count = |totals: &[Total<u32, u8>]| told(totals).iter().filter(|told| **told).count();
    assert_eq!((count(&star(20)), count(&star(90))), (20, MOST_TOLD_TOGETHER));
}

/// How long it takes; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn how_long_a_decision_takes() {
    let mut dice = Dice(4);
    let mut random = |contributors: u64, totals: u64, most: u64| -> Vec<Total<u32, u8>> {
        let mut one = || {
            let count = most / 2 + dice.below(most / 2);
            Total::whole((0..count).map(|_| ((dice.below(contributors) as u32, 0), 1.0)).collect())
        };
        (0..totals).map(|_| one()).collect()
    };
    for (contributors, totals, most) in [(40, 30, 20), (40, 30, 60), (5_000, 30, 4_000), (20_000, 200, 2_000)] {
        let mut times: Vec<(std::time::Duration, usize)> = (0..5)
            .map(|_| {
                let set = random(contributors, totals, most);
                let start = std::time::Instant::now();
                let count = told(&set).into_iter().filter(|told| *told).count();
                (start.elapsed(), count)
            })
            .collect();
        times.sort();
        let ((median, count), (longest, _)) = (times[2], times[4]);
        println!(
            "{contributors} contributors, {totals} totals: median {median:?}, longest {longest:?} of 5, {count} told"
        );
        assert!(longest.as_secs() < 60);
    }
}

/// Tries every group of one or two: Gauss with fractions, column by column.
fn isolated_by_trying(totals: &[&Parts<u8, u8>]) -> bool {
    let contributors: BTreeSet<u8> = totals.iter().flat_map(|parts| parts.keys()).map(|(id, _)| *id).collect();
    let rank_without = |left_out: &[u8]| {
        let columns: BTreeSet<(u8, u8)> =
            totals.iter().flat_map(|parts| parts.keys()).filter(|(id, _)| !left_out.contains(id)).copied().collect();
        let rows: Vec<Vec<i128>> = totals
            .iter()
            .map(|parts| columns.iter().map(|column| i128::from(parts.contains_key(column))).collect())
            .collect();
        rank(rows)
    };
    let all = rank_without(&[]);
    contributors.iter().any(|a| contributors.iter().any(|b| rank_without(&[*a, *b]) < all))
}

/// Rank by whole numbers: rows are multiplied rather than divided.
fn rank(mut rows: Vec<Vec<i128>>) -> usize {
    let columns = rows.first().map_or(0, Vec::len);
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let above = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let factor = row[column];
            for (value, above_it) in row.iter_mut().zip(&above) {
                *value = *value * above[column] - above_it * factor;
            }
        }
        rank += 1;
    }
    rank
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// A few totals over a few contributors with two parts each. A part is one amount wherever it stands.
    fn small_set(&mut self) -> Vec<Sum> {
        let totals = 1 + self.below(6);
        (0..totals)
            .map(|_| {
                let parts = (0..self.below(10)).map(|_| {
                    let (id, part) = (self.below(7) as u8, self.below(2) as u8);
                    ((id, part), f64::from(3 + id * 5 + part * 7))
                });
                Total { parts: parts.collect(), breakdown: None }
            })
            .collect()
    }
}

const SETS: usize = 3_000;

#[test]
fn ranks_agree_with_trying_every_group() {
    let mut dice = Dice(1);
    let mut isolating = 0;
    for _ in 0..SETS {
        let totals = dice.small_set();
        let parts: Vec<&Parts<u8, u8>> = totals.iter().map(|total| &total.parts).collect();
        assert_eq!(isolates(&parts), isolated_by_trying(&parts), "{totals:?}");
        isolating += usize::from(isolates(&parts));
    }
    assert!(isolating > SETS / 10 && isolating < SETS, "{isolating}");
}

#[test]
fn what_is_told_isolates_nobody_and_hides_no_rest() {
    let mut dice = Dice(2);
    let (mut tells, mut naive_isolates) = (0, 0);
    for _ in 0..SETS {
        let totals = dice.small_set();
        let kept = kept(&totals, &told(&totals));
        assert!(!isolated_by_trying(&kept), "{totals:?}");
        for outer in &kept {
            assert!(outer.is_empty() || is_safe(outer));
            for inner in kept.iter().filter(|inner| inner.keys().all(|part| outer.contains_key(part))) {
                let rest = outer.iter().filter(|(part, _)| !inner.contains_key(part));
                let rest: Parts<u8, u8> = rest.map(|(part, amount)| (*part, *amount)).collect();
                assert!(rest.is_empty() || is_safe(&rest), "{outer:?} less {inner:?}");
            }
        }
        tells += usize::from(kept.iter().any(|parts| !parts.is_empty()));
        naive_isolates += usize::from(isolated_by_trying(&self::kept(&totals, &naive(&totals))));
    }
    // The rule tells something, and without it something would have been given away.
    assert!(tells > SETS / 2 && naive_isolates > SETS / 20, "{tells} {naive_isolates}");
}

fn kept<'a>(totals: &'a [Sum], answer: &[bool]) -> Vec<&'a Parts<u8, u8>> {
    totals.iter().zip(answer).filter(|(_, told)| **told).map(|(total, _)| &total.parts).collect()
}

#[test]
fn a_further_total_changes_nothing_of_those_before_it() {
    let mut dice = Dice(3);
    for _ in 0..SETS / 10 {
        let totals = dice.small_set();
        let shorter = told(&totals[..totals.len() - 1]);
        assert_eq!(told(&totals)[..totals.len() - 1], shorter[..]);
    }
}
