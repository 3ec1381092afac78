//! What was expected of a measure is held against the days that its comparison covers, and against nothing where nothing was
//! compared.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::ids::{MeasureId, MeterId};
use engine::observe::observe;
use engine::park::plans::{Plan, PlannedModel, Step, spans};
use engine::park::{Measure, Park};
use engine::period::Period;
use engine::verify::by_plan::ByPlan;
use engine::verify::measures::{MeasureVerification, verify_measures};
use engine::verify::meter_rows::Why;
use engine::verify::monthly::Verification;
use engine::verify::promise::{Covered, Promise};
use jiff::civil::date;
use jiff::tz::Offset;
use repository::{bare_plan, catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static PARK: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));
static NEIGHBOUR: LazyLock<Park> = LazyLock::new(|| example("khu-lan-can"));

/// One measure of a park alone.
fn alone(park: &Park, id: &str) -> Park {
    let mut park = park.clone();
    park.measures.retain(|measure| measure.id.as_str() == id);
    park
}

fn verified(park: &Park, year: i16) -> MeasureVerification {
    let period = Period::year(year).unwrap();
    verify_measures(park, &observe(park, &CATALOGUE, period), &CATALOGUE).remove(0)
}

fn promise(park: &Park) -> Promise {
    Promise::of(park, &CATALOGUE, &verified(park, 2024)).unwrap()
}

fn covered(park: &Park) -> Covered {
    promise(park).covered.unwrap()
}

fn planned(verification: &MeasureVerification) -> &ByPlan {
    match &verification.comparison.as_ref().unwrap().verification {
        Verification::Planned(planned) => planned,
        other => panic!("{other:?}"),
    }
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found}, expected {expected}");
}

/// Installed from 2 to 6 January 2024: 360 days are left of the year, and eleven whole months of 335 days.
#[test]
fn a_saving_by_months_covers_whole_months() {
    let found = covered(&alone(&PARK, "A10"));
    assert_eq!(found.days, 335.0);
    near(found.expected, 2_700_000.0 * 335.0 / 366.0);
    // A whole year is a whole year.
    assert_eq!(covered(&alone(&PARK, "A06")), Covered { days: 366.0, expected: 2_700_000.0 });
}

/// The plan begins on 1 February: 335 days, less those that say nothing.
#[test]
fn a_saving_by_days_covers_the_rows_that_entered_it() {
    let mut park = alone(&PARK, "A09");
    let verification = verified(&park, 2024);
    let counts = |why: Why| why == Why::Raised;
    let left_out = planned(&verification).excluded.iter().filter(|one| !one.is_baseline && !counts(one.why)).count();
    let found = Promise::of(&park, &CATALOGUE, &verification).unwrap().covered.unwrap();
    assert!(left_out > 0, "the sample has days that say nothing");
    assert_eq!(found.days, 335.0 - left_out as f64);
    near(found.expected, 1_600_000.0 * found.days / 366.0);
    let plan = park.plans.iter_mut().find(|plan| plan.measure.as_str() == "A09").unwrap();
    plan.left_out = spans("2024-03-04..2024-03-10").unwrap();
    near(covered(&park).expected, 1_600_000.0 * (found.days - 7.0) / 366.0);
}

/// Half a day without readings is half a day less.
#[test]
fn a_saving_by_hours_covers_hours() {
    let mut park = alone(&example("meters"), "M-B1");
    park.plans = vec![Plan {
        predictors: vec!["outdoor-temperature".to_string()],
        ..bare_plan("M-B1", Some("B1"), PlannedModel::Towt, Step::Hour)
    }];
    let days = |park: &Park| verified(park, 2019).comparison.unwrap().days().unwrap();
    let whole = days(&park);
    let ahead = Offset::from_seconds((park.utc_offset_h * 3_600.0) as i32).unwrap();
    let readings = park.readings.get_mut(&MeterId::new("B1")).unwrap();
    let is_morning = |at| (date(2019, 6, 5).at(0, 0, 0, 0)..date(2019, 6, 5).at(12, 0, 0, 0)).contains(&at);
    readings.retain(|reading| !is_morning(ahead.to_datetime(reading.at)));
    near(days(&park), whole - 0.5);
}

/// Hours are known from 9 March on, 298 days; without the last row of the sheet, of 92 days, they are of 206.
#[test]
fn a_saving_at_the_device_covers_the_days_of_which_the_hours_are_known() {
    let mut park = alone(&NEIGHBOUR, "B01");
    assert_eq!(covered(&park).days, 298.0);
    park.key_readings.pop();
    near(covered(&park).expected, 120_000.0 * 206.0 / 366.0);
}

/// Agreed for the days since the installation: 354 after 12 January.
#[test]
fn what_was_agreed_covers_the_days_since_the_installation() {
    let found = covered(&alone(&NEIGHBOUR, "B02"));
    assert_eq!(found.days, 354.0);
    near(found.expected, 41_000.0 * 354.0 / 366.0);
    let claim = verified(&alone(&NEIGHBOUR, "B02"), 2024).claim;
    near(claim.amount, found.expected);
}

#[test]
fn where_nothing_was_compared_nothing_is_expected_of_it() {
    let mut park = alone(&PARK, "A06");
    park.records.clear();
    assert_eq!(promise(&park), Promise { a_year: 2_700_000.0, covered: None });
    park.measures[0].expected_saving = None;
    assert_eq!(Promise::of(&park, &CATALOGUE, &verified(&park, 2024)), None);
}

/// Expectations by which a place is shared out are of the days compared as well.
#[test]
fn shares_go_by_what_was_expected_of_the_days_compared() {
    let mut park = alone(&PARK, "A10");
    let one = Measure { share: None, ..park.measures[0].clone() };
    park.measures = vec![one.clone(), Measure { id: MeasureId::new("A10b"), ..one }];
    park.measures[1].expected_saving.as_mut().unwrap().value = 1_000_000.0;
    let sharing = verified(&park, 2024).sharing.unwrap();
    let expected: Vec<f64> = sharing.shares.iter().map(|share| share.expected).collect();
    near(expected[0], 2_700_000.0 * 335.0 / 366.0);
    near(expected[1], 1_000_000.0 * 335.0 / 366.0);
}
