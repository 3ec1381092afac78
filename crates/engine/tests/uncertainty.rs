//! Forms of uncertainty against values computed elsewhere, and how often they hold the truth on plants whose saving is known.

mod simulated;

use engine::verify::design::Design;
use engine::verify::interval::Interval;
use engine::verify::uncertainty::{Form, Question, fixed_b_critical, uncertainty};
use simulated::{Cell, Counts, Errors, Reach};

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
    // The errors of baseline and reporting period together.
    close("first_order", width(Form::FirstOrder), t * 16_489.859_711_379_704_f64.sqrt(), 1e-4);
    // By 4001 values of ρ, the sum of the reporting period's errors given those of the baseline; ours takes 41.
    close("averaged", width(Form::FirstOrderAveraged), 255.255_897_182_172_08, 2e-3);
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

/// Plants as meters are, each with its own correlation, production, weather, scatter and saving. So few are known to within
/// two and a half standard errors; `docs/methods/uncertainty.md` has 1,000 in each cell.
fn holds(interval: Interval, baseline: usize, plants: u64) {
    for reach in [Reach::Inside, Reach::Outside] {
        let cell = Cell { interval, baseline, errors: Errors::AsMeters, reach, idle_columns: 0 };
        let counts = Counts::of(&cell, 1, 0..plants);
        assert!(counts.told as f64 >= 0.8 * plants as f64, "{cell}: {} told", counts.told);
        let slack = 250.0 * (0.09 / counts.told as f64).sqrt();
        assert!((88.0 - slack..=92.0 + slack).contains(&counts.coverage()), "{cell}: {}", counts.coverage());
    }
}

#[test]
fn twelve_months_hold_the_truth_inside_and_outside_the_range_of_production() {
    holds(Interval::Month, 12, 300);
}

#[test]
fn two_years_of_months_hold_the_truth_inside_and_outside_the_range_of_production() {
    holds(Interval::Month, 24, 300);
}

#[test]
fn three_years_of_months_hold_the_truth_inside_and_outside_the_range_of_production() {
    holds(Interval::Month, 36, 300);
}

#[test]
fn weeks_hold_the_truth_inside_and_outside_the_range_of_production() {
    holds(Interval::Week, 52, 200);
}

#[test]
fn days_hold_the_truth_inside_and_outside_the_range_of_production() {
    holds(Interval::Day, 365, 80);
}

#[test]
fn hours_hold_the_truth_inside_and_outside_the_range_of_production() {
    holds(Interval::Hour, 8_760, 40);
}

/// As if errors were independent, the truth is held by far too few; with idle columns the interval is that over all models.
#[test]
fn simpler_forms_hold_the_truth_less_often() {
    let errors = Errors::FirstOrder(0.7);
    let months = Cell { interval: Interval::Month, baseline: 24, errors, reach: Reach::Inside, idle_columns: 0 };
    let counts = Counts::of(&months, 1, 0..200);
    assert!(counts.coverage_by(Form::Independent) < 75.0 && counts.coverage() > 80.0, "{counts:?}");
    let idle = Cell { errors: Errors::AsMeters, reach: Reach::Outside, idle_columns: 4, ..months };
    let counts = Counts::of(&idle, 1, 0..100);
    assert!(counts.coverage() > 82.0, "{counts:?}");
    assert!(counts.coverage_by(Form::FirstOrderAveraged) < counts.coverage(), "{counts:?}");
}

/// The plants of one number are the same wherever and however often they are made, and no two cells share theirs.
#[test]
fn plants_come_again_and_cells_do_not_move_together() {
    let cell = |reach| Cell { interval: Interval::Month, baseline: 12, errors: Errors::Even, reach, idle_columns: 0 };
    let (inside, outside) = (cell(Reach::Inside), cell(Reach::Outside));
    let values = |cell: &Cell, seeds| -> Vec<Option<f64>> {
        cell.plant(cell.seed(seeds, 3), &cell.calendar()).baseline.iter().map(|row| row.value).collect()
    };
    assert_eq!(values(&inside, 1), values(&inside, 1));
    assert_ne!(values(&inside, 1), values(&outside, 1));
    assert_ne!(values(&inside, 1), values(&inside, 2));
}
