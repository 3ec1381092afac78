//! Before a measure is built: the interval to expect, and the months that it takes.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::observe::observe;
use engine::park::{Measure, Park};
use engine::period::Period;
use engine::verify::measures::verify_measures;
use engine::verify::outlook::{Expected, Outlook, months_needed, outlook};
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static GOOD: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

fn measure(id: &str) -> &'static Measure {
    GOOD.measures.iter().find(|measure| measure.id.as_str() == id).unwrap()
}

fn interval(one: &Outlook) -> (f64, f64) {
    match &one.outcome {
        Expected::Interval { uncertainty_90, placebo, .. } => (*uncertainty_90, *placebo),
        refused => panic!("{} months: {refused:?}", one.months),
    }
}

#[test]
fn a_longer_reporting_period_has_a_wider_interval_and_a_narrower_one_for_each_month() {
    // Rooftop solar of E27 is proposed: three years of bills, nothing changed in them.
    let planned = outlook(&GOOD, &CATALOGUE, measure("A15"));
    let halves: Vec<f64> = planned.iter().map(|one| interval(one).0).collect();
    assert_eq!(planned.iter().map(|one| one.months).collect::<Vec<_>>(), [3, 6, 9, 12]);
    // Each length leaves another baseline, so that neighbours need not be in order.
    assert!(halves[3] > halves[0], "{halves:?}");
    assert!(halves[3] / 12.0 < halves[0] / 3.0, "{halves:?}");
}

#[test]
fn what_was_expected_before_is_about_what_came_out_after() {
    let measure = measure("A06");
    let planned = outlook(&GOOD, &CATALOGUE, measure);
    // Bills begin in January 2022 and the measure was installed in December 2023: with a whole year after, too few are left
    // for the baseline.
    let (half, placebo) = interval(planned.iter().find(|one| one.months == 6).unwrap());
    assert!(matches!(planned[3].outcome, Expected::Refused(_)), "{planned:?}");
    let balance = observe(&GOOD, &CATALOGUE, Period::year(2024).unwrap());
    let results = verify_measures(&GOOD, &balance, &CATALOGUE);
    let found = results.iter().find(|one| one.measure == measure.id).unwrap().claim.uncertainty_90.unwrap();
    // Half a year on a shorter baseline against a year on the whole one.
    assert!(half > 0.3 * found && half < 1.5 * found, "{half} before, {found} after");
    assert!(placebo.abs() < 3.0 * half, "{placebo} ± {half}");
}

#[test]
fn the_months_needed_are_the_first_whose_interval_is_below_the_expectation() {
    let of = |months, uncertainty_90| Outlook {
        months,
        outcome: Expected::Interval { uncertainty_90, placebo: 0.0, predictors: Vec::new() },
    };
    let outlook = [of(3, 40.0), of(6, 55.0), of(9, 66.0), of(12, 75.0)];
    // 100 a year are 25, 50, 75 and 100.
    assert_eq!(months_needed(&outlook, 100.0), Some(9));
    assert_eq!(months_needed(&outlook, 200.0), Some(3));
    assert_eq!(months_needed(&outlook, 70.0), None);
    assert_eq!(months_needed(&[], 100.0), None);
}

#[test]
fn a_measure_without_any_month_has_no_outlook() {
    let mut park = GOOD.clone();
    park.records.clear();
    assert_eq!(outlook(&park, &CATALOGUE, measure("A15")), []);
}
