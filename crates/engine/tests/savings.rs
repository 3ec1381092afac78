//! What is done with savings: sums with common errors, chained years, shares of one meter, adjustments, isolation.

use engine::park::Status;
use engine::period::Period;
use engine::source::Basis;
use engine::verify::adjustment::{Adjustment, AdjustmentRefusal, Amount, adjust, with_columns};
use engine::verify::allocation::{Allocation, AllocationRefusal, Expected, allocate};
use engine::verify::chained::{ModelledYear, chain, chained, sliding};
use engine::verify::isolation::{Determination, Instruments, Isolation, IsolationRefusal, isolated};
use engine::verify::meter_file::MeterRow;
use engine::verify::plant::{PlantModel, PlantSpec};
use engine::verify::portfolio::{CommonError, Member, PortfolioRefusal, drift_effect, portfolio};
use jiff::civil::date;

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "found {found}, expected {expected}");
}

fn member(name: &str, own_90: f64, effects: &[(&str, f64)]) -> Member {
    let common =
        effects.iter().map(|(source, effect)| CommonError { source: source.to_string(), effect_90: *effect }).collect();
    Member { name: name.to_string(), saving: 100.0, own_90, common }
}

/// Worked by hand: own 3² + 4² = 25, the sensor 5 + 7 = 12 squared is 144, together 13.
#[test]
fn common_errors_add_up_before_they_are_squared() {
    let members = [member("a", 3.0, &[("sensor", 5.0)]), member("b", 4.0, &[("sensor", 7.0)])];
    let sum = portfolio(&members, 0.0).unwrap();
    close(sum.saving, 200.0);
    close(sum.uncertainty_90, 13.0);
    close(sum.root_sum_square_90, (34.0_f64 + 65.0).sqrt());
    close(sum.all_together_90, 34.0_f64.sqrt() + 65.0_f64.sqrt());
    assert!(sum.root_sum_square_90 < sum.uncertainty_90 && sum.uncertainty_90 < sum.all_together_90);
    close(sum.by_source["sensor"], 12.0);

    // What raises one saving and lowers the other cancels; fully correlated own errors add up.
    let against = [member("a", 3.0, &[("sensor", 5.0)]), member("b", 4.0, &[("sensor", -5.0)])];
    close(portfolio(&against, 0.0).unwrap().uncertainty_90, 5.0);
    close(portfolio(&against, 1.0).unwrap().uncertainty_90, 7.0);
    close(drift_effect(2.0, 1_000.0, 0.01), 20.0);
}

#[test]
fn correlated_own_errors_and_two_causes_add_up_as_by_hand() {
    let members: Vec<Member> =
        (0..8).map(|n| member(&n.to_string(), 2.0, &[("model", 1.5), ("weather", -0.5)])).collect();
    let sum = portfolio(&members, 0.25).unwrap();
    let by_hand = 8.0 * 4.0 + 0.25 * (256.0 - 32.0) + (8.0_f64 * 1.5).powi(2) + 16.0;
    close(sum.uncertainty_90, by_hand.sqrt());
}

#[test]
fn what_is_wrong_with_a_portfolio_is_said_at_once() {
    let members = [member("a", -1.0, &[]), member("a", f64::NAN, &[])];
    let refusals = portfolio(&members, 1.5).unwrap_err();
    assert_eq!(refusals.len(), 4, "{refusals:?}");
    assert!(matches!(portfolio(&[], 0.0).unwrap_err()[..], [PortfolioRefusal::NoMembers]));
}

/// The ratio (act_r / pred_r) / (act_b / pred_b) of a worked pair: 90 / 100 over 110 / 100.
#[test]
fn years_are_chained_through_the_year_of_the_model() {
    let year = |actual, predicted, uncertainty_90| ModelledYear { actual, predicted, uncertainty_90 };
    let found = chained(year(110.0, 100.0, 3.0), year(90.0, 100.0, 4.0)).unwrap();
    close(found.ratio, 0.9 / 1.1);
    close(found.adjusted_baseline, 110.0);
    close(found.saving, 20.0);
    close(found.uncertainty_90, 5.5);
    close(found.uncertainty_90_at_most, 7.7);
    let (ratio, width) = chain(&[found, found]).unwrap();
    close(ratio, (0.9_f64 / 1.1).powi(2));
    close(width, ratio * 0.05 * 2.0_f64.sqrt());
    assert_eq!(chained(year(0.0, 1.0, 0.0), year(1.0, 1.0, 0.0)), None);
    assert_eq!(chain(&[]), None);
}

#[test]
fn sliding_baselines_move_with_the_years() {
    let windows = sliding(date(2020, 1, 1), date(2023, 7, 1), 12, 12);
    let shown: Vec<String> = windows.iter().map(|window| format!("{} {}", window.baseline, window.reporting)).collect();
    assert_eq!(shown, ["2020 2021", "2021 2022"]);
    assert!(sliding(date(2020, 1, 1), date(2020, 6, 1), 12, 12).is_empty());
    assert!(sliding(date(2020, 1, 1), date(2030, 6, 1), 0, 12).is_empty());
}

fn expected(name: &str, saving: f64, uncertainty_90: f64) -> Expected {
    Expected { name: name.to_string(), saving, uncertainty_90 }
}

fn total(allocation: &Allocation) -> f64 {
    allocation.shares.iter().map(|share| share.saving).sum()
}

/// Expected 60 ± 10 and 60 ± 20, metered 100: the 20 that are missing go 1 : 4 to the two.
#[test]
fn shares_of_one_meter_add_up_to_the_whole() {
    let found = allocate(100.0, 5.0, &[expected("a", 60.0, 10.0), expected("b", 60.0, 20.0)]).unwrap();
    close(found.shares[0].saving, 56.0);
    close(found.shares[1].saving, 44.0);
    close(found.shares[0].uncertainty_90, (80.0_f64 + 1.0).sqrt());
    close(found.shares[1].uncertainty_90, (80.0_f64 + 16.0).sqrt());
    close(found.unassigned, 0.0);
}

#[test]
fn shares_are_never_above_the_whole_and_never_negative() {
    for whole in [-50.0, 0.0, 1.0, 40.0, 100.0, 500.0] {
        for measures in [
            vec![expected("a", 60.0, 10.0), expected("b", 5.0, 80.0)],
            vec![expected("a", 60.0, 0.0), expected("b", 30.0, 0.0)],
            vec![expected("a", 0.0, 20.0), expected("b", 90.0, 1.0), expected("c", 10.0, 10.0)],
        ] {
            let found = allocate(whole, 5.0, &measures).unwrap();
            assert!(total(&found) <= whole.max(0.0) + 1e-9, "{whole} {found:?}");
            assert!(found.shares.iter().all(|share| share.saving >= 0.0 && share.uncertainty_90.is_finite()));
            close(total(&found) + found.unassigned, whole);
        }
    }
    // More than anyone expected: nobody gets above the upper end of what was expected.
    let found = allocate(500.0, 5.0, &[expected("a", 60.0, 10.0), expected("b", 60.0, 20.0)]).unwrap();
    assert_eq!((total(&found), found.unassigned), (150.0, 350.0));
    let refusals = allocate(f64::NAN, 1.0, &[expected("a", -1.0, 0.0), expected("a", 0.0, 0.0)]).unwrap_err();
    assert_eq!(refusals.len(), 4, "{refusals:?}");
    assert_eq!(allocate(1.0, 1.0, &[]).unwrap_err(), [AllocationRefusal::NoMeasures]);
}

fn adjustment(name: &str, amount: Option<f64>, as_column: bool) -> Adjustment {
    Adjustment {
        name: name.to_string(),
        reason: "second kiln".to_string(),
        evidence: "log of 12 May".to_string(),
        period: Period::new(date(2024, 5, 12), date(2024, 8, 1)).unwrap(),
        amount: amount.map(|use_added| Amount { use_added, uncertainty_90: 4.0 }),
        as_column,
    }
}

#[test]
fn adjustments_need_a_reason_and_evidence_and_are_added_once() {
    let both = [adjustment("kiln", Some(30.0), false), adjustment("hall", Some(8.0), true)];
    let found = adjust(100.0, 3.0, &both).unwrap();
    close(found.saving, 130.0);
    close(found.uncertainty_90, 5.0);
    assert_eq!((found.unadjusted, found.amounts.len()), (100.0, 2));

    let bare = Adjustment { reason: " ".to_string(), evidence: String::new(), ..adjustment("kiln", None, false) };
    let refusals = adjust(1.0, 1.0, &[bare, adjustment("kiln", Some(f64::NAN), true)]).unwrap_err();
    let name = || "kiln".to_string();
    assert_eq!(
        refusals,
        [
            AdjustmentRefusal::NoReason { name: name() },
            AdjustmentRefusal::NoEvidence { name: name() },
            AdjustmentRefusal::NothingToAdjust { name: name() },
            AdjustmentRefusal::NotUsable { name: name() },
            AdjustmentRefusal::Duplicate { name: name() },
        ]
    );
}

#[test]
fn a_column_is_on_while_the_change_lasts() {
    let row = |month: i8, day: i8| MeterRow {
        stamp: String::new(),
        local: date(2024, month, day).at(0, 0, 0, 0),
        offset_s: 0,
        value: Some(1.0),
        temperature: None,
        others: vec![Some(2.0)],
    };
    let spec =
        PlantSpec { model: PlantModel::Regression, predictors: Vec::new(), holidays: Vec::new(), temperature: None };
    let rows = [row(5, 11), row(5, 12), row(7, 31), row(8, 1)];
    let (spec, rows) =
        with_columns(&spec, &rows, &[adjustment("kiln", None, true), adjustment("hall", Some(1.0), false)]);
    assert_eq!(spec.predictors.iter().map(|predictor| predictor.name.as_str()).collect::<Vec<_>>(), ["kiln"]);
    let flags: Vec<Option<f64>> = rows.iter().map(|row| row.others[1]).collect();
    assert_eq!(flags, [Some(0.0), Some(1.0), Some(1.0), Some(0.0)]);
}

/// Rates of 10 and 6, standard error √(1/4 + 1/4) each by hand, t(0.95, 6) = 1.9432.
#[test]
fn a_key_parameter_times_its_hours() {
    let input = Isolation {
        rates_before: vec![9.0, 10.0, 10.0, 11.0],
        rates_after: vec![5.0, 6.0, 6.0, 7.0],
        hours: 100.0,
        hours_uncertainty_90: 2.0,
        instruments: Instruments::One { error_90: 0.01 },
    };
    let found = isolated(&input).unwrap();
    close(found.saving, 400.0);
    let rates = 1.943_180_280_515_303 * (2.0_f64 / 3.0 / 4.0 * 2.0).sqrt();
    assert!((found.from_rates_90 / (100.0 * rates) - 1.0).abs() < 1e-9, "{found:?}");
    close(found.from_hours_90, 8.0);
    close(found.from_instrument_90, 4.0);
    let square = (100.0 * rates).powi(2) + 64.0 + 16.0 + (2.0 * rates).powi(2);
    assert!((found.uncertainty_90 / square.sqrt() - 1.0).abs() < 1e-9);

    // Two instruments err each by itself: 1 % of 10 and 2 % of 6, over 100 hours.
    let apart = Isolation { instruments: Instruments::Several { before_90: 0.01, after_90: 0.02 }, ..input.clone() };
    close(isolated(&apart).unwrap().from_instrument_90, 100.0 * (0.01_f64 + 0.0144).sqrt());

    let wrong = Isolation { rates_after: vec![f64::NAN], ..input };
    let refusals = isolated(&wrong).unwrap_err();
    assert!(matches!(refusals[..], [IsolationRefusal::TooFewReadings { found: 1, .. }, IsolationRefusal::NotUsable]));
}

#[test]
fn what_was_stipulated_is_never_measured() {
    let stipulated = Determination::Stipulated;
    assert_eq!(stipulated.best_basis(), Basis::Calculated);
    assert_eq!(stipulated.capped(Status::Verified), Status::Built);
    assert_eq!(stipulated.capped(Status::Approved), Status::Approved);
    assert_eq!(stipulated.capped(Status::Rejected), Status::Rejected);
    assert_eq!(Determination::WholeMeter.capped(Status::Verified), Status::Verified);
}
