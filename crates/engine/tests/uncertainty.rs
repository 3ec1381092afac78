//! Forms of uncertainty against values computed elsewhere, and how often they hold the truth on plants whose saving is known.

mod simulated;

use engine::verify::design::Design;
use engine::verify::interval::Interval;
use engine::verify::plant::verify_plant;
use engine::verify::uncertainty::{Form, Question, fixed_b_critical, uncertainty};
use simulated::{Cell, Errors};

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found / expected - 1.0).abs() <= tolerance, "{what}: found {found}, expected {expected}");
}

/// 24 months of made-up use over production, and a year above its range after a month of building.
fn forms() -> engine::verify::uncertainty::Uncertainty {
    let months: Vec<f64> = (0..24).map(f64::from).collect();
    let production: Vec<f64> = (0..24).map(|i| f64::from(100 + i * 37 % 29)).collect();
    let bumps = |i: &f64| ((*i as u32 * 53) % 17) as f64 * 3.0 + 5.0 * (i * 0.7).sin();
    let uses: Vec<f64> = months.iter().zip(&production).map(|(i, x)| 50.0 + 2.0 * x + bumps(i)).collect();
    let design = Design::new(&[vec![1.0; 24], production]);
    let residuals = design.residuals(&uses);
    let steps: Vec<i64> = (0..24).collect();
    let reporting: Vec<i64> = (25..37).collect();
    let summed = [12.0, (0..12).map(|i| 130.0 + 2.0 * f64::from(i)).sum()];
    let question = Question {
        design: &design,
        steps: &steps,
        residuals: &residuals,
        summed: &summed,
        reporting: &reporting,
        moved: None,
    };
    uncertainty(&question).unwrap()
}

/// numpy 2 and scipy 1 with whole matrices Ω, and the HAC covariance of statsmodels 0.15 (Bartlett, 6 lags, no correction)
/// with the same lags for the reporting period and n / (n − p) for both.
#[test]
fn forms_agree_with_whole_matrices() {
    let found = forms();
    let t = 1.717_144_374_380_243; // t(0.95, 22)
    let width = |form| found.by(form).unwrap();
    close("independent", width(Form::Independent), t * 14_088.642_607_038_983_f64.sqrt(), 1e-9);
    close("newey_west", width(Form::NeweyWest), fixed_b_critical(7.0 / 24.0) * 11_888.835_497_235_454_f64.sqrt(), 1e-9);
    close("correlation", found.correlation, 0.463_731_305_192_869_87, 1e-4);
    // By 4001 values of ρ; ours takes 31.
    close("averaged", width(Form::FirstOrderAveraged), 266.738_815_180_674_9, 2e-3);
    assert_eq!(found.form, Form::FirstOrderAveraged);
    assert_eq!(found.half_width_90, width(Form::FirstOrderAveraged));
    let order = [Form::Independent, Form::FirstOrder, Form::FirstOrderAveraged].map(width);
    assert!(order[0] < order[1] && order[1] < order[2], "{order:?}");
}

/// Quantiles of 20,000 simulated series of 400 (numpy): 1.746, 1.840, 2.063 and 2.735.
#[test]
fn critical_values_of_falling_weights_agree_with_a_simulation() {
    assert_eq!(fixed_b_critical(0.0), 1.6449);
    for (b, simulated) in [(0.05, 1.746), (0.1, 1.840), (0.2, 2.063), (0.5, 2.735)] {
        close("critical", fixed_b_critical(b), simulated, 0.016);
    }
}

/// Share of the plants whose 90 % interval holds the true saving, in per cent, by the chosen form and as if errors were
/// independent.
fn coverage(cell: Cell, plants: u64) -> (f64, f64) {
    let calendar = cell.calendar();
    let (mut told, mut held, mut held_independent) = (0.0, 0.0, 0.0);
    for seed in 0..plants {
        let plant = cell.plant(seed, &calendar);
        let answer = verify_plant(&plant.spec, &plant.baseline, &plant.reporting);
        let (Some(savings), Some(uncertainty)) = (answer.savings, answer.uncertainty) else { continue };
        let error = (savings.savings - plant.saving).abs();
        told += 1.0;
        held += f64::from(u8::from(error <= uncertainty.half_width_90));
        held_independent += f64::from(u8::from(uncertainty.by(Form::Independent).is_some_and(|width| error <= width)));
    }
    assert!(told >= 0.9 * plants as f64, "{cell:?}: {told} of {plants} told");
    (100.0 * held / told, 100.0 * held_independent / told)
}

fn check(interval: Interval, baseline: usize, errors: Errors, plants: u64, independent_below: f64) {
    let cell = Cell { interval, baseline, errors, production: 1.3, idle_columns: 0 };
    let (chosen, independent) = coverage(cell, plants);
    // So many plants are known to within two standard errors; the table of the method page has 1,000 for each cell.
    let slack = 200.0 * (0.09 / plants as f64).sqrt();
    assert!((88.0 - slack..=92.0 + slack).contains(&chosen), "{cell:?}: {chosen}");
    assert!(independent < independent_below, "{cell:?}: {independent}");
}

#[test]
fn months_hold_the_truth_outside_the_range_of_production() {
    check(Interval::Month, 24, Errors::FirstOrder(0.0), 200, 100.0);
    check(Interval::Month, 24, Errors::FirstOrder(0.7), 200, 85.0);
}

#[test]
fn days_hold_the_truth_outside_the_range_of_production() {
    check(Interval::Day, 365, Errors::FirstOrder(0.7), 100, 80.0);
}

#[test]
fn hours_hold_the_truth_outside_the_range_of_production() {
    check(Interval::Hour, 8_760, Errors::TwoSpeeds(0.7, 0.6), 40, 100.0);
}

/// With idle columns to choose from, the interval is that over all models.
#[test]
fn a_search_over_idle_columns_still_holds_the_truth() {
    let errors = Errors::FirstOrder(0.5);
    let cell = Cell { interval: Interval::Month, baseline: 24, errors, production: 1.3, idle_columns: 4 };
    let (chosen, independent) = coverage(cell, 100);
    assert!(chosen > 82.0 && independent < chosen, "{chosen} {independent}");
}
