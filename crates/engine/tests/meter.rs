//! Published weather models on published meters, against what their reference implementations fitted and predicted.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use engine::fault::FaultKind;
use engine::verify::change_point::{Parts, change_point};
use engine::verify::meter::{Coefficients, MeterAnswer, MeterModel, Rule, TemperatureUnit, verify_meter};
use engine::verify::meter_file::{MeterRow, read_meter};

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mv").join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    text
}

fn rows(meter: &str, period: &str, step: &str) -> Vec<MeterRow> {
    let name = format!("{meter}.{period}.{step}.csv.gz");
    read_meter(&name, &read(&name)).unwrap()
}

fn answer(meter: &str, model: MeterModel, step: &str) -> MeterAnswer {
    verify_meter(model, &rows(meter, "baseline", step), &rows(meter, "reporting", step), TemperatureUnit::Fahrenheit)
}

/// Largest difference over the mean, of the rows of both periods.
fn largest_difference(answer: &MeterAnswer, expected: &str) -> f64 {
    let text = read(expected);
    let expected: Vec<(bool, f64)> = text
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(period, predicted)| (period == "baseline", predicted.parse().unwrap()))
        .collect();
    assert_eq!(answer.predictions.len(), expected.len());
    let mean = expected.iter().map(|(_, predicted)| predicted).sum::<f64>() / expected.len() as f64;
    let difference = |(ours, theirs): (&engine::verify::meter::Prediction, &(bool, f64))| {
        assert_eq!(ours.is_baseline, theirs.0);
        (ours.predicted.unwrap() - theirs.1).abs() / mean
    };
    answer.predictions.iter().zip(&expected).map(difference).fold(0.0, f64::max)
}

#[test]
fn caltrack_hourly_predicts_as_the_reference_in_every_month() {
    let answer = answer("115041", MeterModel::HourlyCaltrack, "hourly");
    let difference = largest_difference(&answer, "115041.hourly_caltrack.predicted.csv.gz");
    assert!(difference < 1e-8, "{difference:e}");
    assert!(answer.disqualification.is_empty(), "{:?}", answer.disqualification);
}

#[test]
fn time_of_week_and_temperature_predicts_as_the_reference() {
    let answer = answer("115041", MeterModel::Towt, "hourly");
    let difference = largest_difference(&answer, "115041.towt.predicted.csv.gz");
    assert!(difference < 1e-8, "{difference:e}");
    let Some(Coefficients::Weeks(months)) = &answer.coefficients else { panic!("a week was fitted") };
    assert_eq!(months[0].week.parameters, 180);
}

/// The reference stops its search early: ours scatters less, and saves the same within 0.2 % of the use predicted.
#[test]
fn curves_fit_at_least_as_well_as_the_reference() {
    let expected: serde_json::Value = serde_json::from_str(&read("opendsm_curves.json")).unwrap();
    for (meter, model, step) in [
        ("116975", MeterModel::DailyLegacy, "daily"),
        ("117154", MeterModel::DailyLegacy, "daily"),
        ("116975", MeterModel::Billing, "monthly"),
        ("117154", MeterModel::Billing, "monthly"),
    ] {
        let answer = answer(meter, model, step);
        let theirs = &expected[format!("{meter}.{}", model.code())];
        let figure = |key: &str| theirs[key].as_f64().unwrap();
        let (metrics, savings) = (answer.metrics.unwrap(), answer.savings.unwrap());
        assert!(metrics.sse <= figure("sse"), "{meter} {model:?}: {} {}", metrics.sse, figure("sse"));
        let apart = (savings.savings - figure("savings")).abs() / figure("predicted_sum");
        assert!(apart < 0.002, "{meter} {model:?}: {apart}");
        assert!((savings.observed_sum / figure("observed_sum") - 1.0).abs() < 1e-9);
        let uncertainty = answer.savings_uncertainty_90.unwrap();
        assert!(uncertainty > 0.0 && uncertainty < savings.savings.abs(), "{meter} {model:?}: {uncertainty}");
    }
}

/// The curve found is the best of all curves on a fine grid of balance points.
#[test]
fn no_balance_points_on_a_grid_scatter_less() {
    let mut state = 7_u64;
    let mut noise = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / (1_u64 << 31) as f64 - 0.5
    };
    for trial in 0..12 {
        let temperatures: Vec<f64> = (0..60).map(|_| 55.0 + 60.0 * noise()).collect();
        let uses: Vec<f64> = temperatures
            .iter()
            .map(|t| 20.0 + 0.8 * (45.0 - t).max(0.0) + 0.4 * (t - 62.0).max(0.0) + 12.0 * noise())
            .collect();
        let best = change_point(&temperatures, &uses, Parts { heating: true, cooling: true }).unwrap();
        let mut sorted = temperatures.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[10], sorted[49]);
        let place = |step: usize| low + (high - low) * step as f64 / 40.0;
        for first in 0..=40 {
            for second in first..=40 {
                let sse = sse_at(&temperatures, &uses, place(first), place(second));
                assert!(sse.is_none_or(|sse| sse >= best.sse - 1e-6), "trial {trial}: {sse:?} {best:?}");
            }
        }
    }
}

/// Scatter of the curve with these balance points, where both slopes come out positive.
fn sse_at(temperatures: &[f64], uses: &[f64], first: f64, second: f64) -> Option<f64> {
    let rows: Vec<[f64; 3]> = temperatures.iter().map(|t| [1.0, (first - t).max(0.0), (t - second).max(0.0)]).collect();
    let mut system = [[0.0; 4]; 3];
    for (row, y) in rows.iter().zip(uses) {
        for one in 0..3 {
            for other in 0..3 {
                system[one][other] += row[one] * row[other];
            }
            system[one][3] += row[one] * y;
        }
    }
    for pivot in 0..3 {
        let divisor = system[pivot][pivot];
        if divisor.abs() < 1e-9 {
            return None;
        }
        system[pivot].iter_mut().for_each(|value| *value /= divisor);
        let pivoted = system[pivot];
        for row in (0..3).filter(|row| *row != pivot) {
            let share = system[row][pivot];
            system[row].iter_mut().zip(pivoted).for_each(|(value, of)| *value -= share * of);
        }
    }
    let b = [system[0][3], system[1][3], system[2][3]];
    let scatter = || rows.iter().zip(uses).map(|(x, y)| (y - x[0] * b[0] - x[1] * b[1] - x[2] * b[2]).powi(2)).sum();
    (b[1] >= 0.0 && b[2] >= 0.0).then(scatter)
}

#[test]
fn celsius_gives_the_same_saving() {
    let celsius = |rows: Vec<MeterRow>| -> Vec<MeterRow> {
        let warm = |row: MeterRow| MeterRow { temperature: row.temperature.map(|t| (t - 32.0) / 1.8), ..row };
        rows.into_iter().map(warm).collect()
    };
    let before = celsius(rows("116975", "baseline", "daily"));
    let after = celsius(rows("116975", "reporting", "daily"));
    let ours = verify_meter(MeterModel::DailyLegacy, &before, &after, TemperatureUnit::Celsius).savings.unwrap();
    let same = answer("116975", MeterModel::DailyLegacy, "daily").savings.unwrap();
    assert!((ours.savings / same.savings - 1.0).abs() < 1e-9, "{ours:?} {same:?}");
}

#[test]
fn too_little_is_said_with_what_is_missing() {
    let before = rows("116975", "baseline", "daily");
    let after = rows("116975", "reporting", "daily");
    let short = verify_meter(MeterModel::DailyLegacy, &before[..200], &after, TemperatureUnit::Fahrenheit);
    let codes: Vec<Rule> = short.disqualification.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [Rule::BaselineTooShort]);
    assert_eq!((short.disqualification[0].found, short.disqualification[0].needed), (200.0, 329.0));

    let none = verify_meter(MeterModel::Towt, &before[..15], &[], TemperatureUnit::Fahrenheit);
    let codes: Vec<Rule> = none.disqualification.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [Rule::BaselineTooShort, Rule::NothingToCompare, Rule::TooFewRows]);
    assert!(none.coefficients.is_none() && none.savings.is_none());

    let overlapping = verify_meter(MeterModel::DailyLegacy, &before, &before, TemperatureUnit::Fahrenheit);
    assert!(overlapping.disqualification.iter().any(|reason| reason.code == Rule::PeriodsOverlap));
}

#[test]
fn a_frozen_meter_and_gaps_are_named() {
    let mut before = rows("116975", "baseline", "daily");
    let after = rows("116975", "reporting", "daily");
    before.iter_mut().for_each(|row| row.value = Some(5.0));
    before.iter_mut().step_by(5).for_each(|row| row.temperature = None);
    let answer = verify_meter(MeterModel::DailyLegacy, &before, &after, TemperatureUnit::Fahrenheit);
    let codes: Vec<Rule> = answer.disqualification.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [Rule::TemperaturesMissing, Rule::FewDistinctValues]);
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place() {
    let text = "timestamp,value,temperature\n\
                2024-01-01 00:00:00+07:00,1,20\n\
                2024-01-01 00:00:00+07:00,2,20\n\
                2024-01-01 02:00:00,NaN,20\n\
                2023-12-31 00:00:00+07:00,1e99,900\n\
                2024-01-01 01:00:00+07:00,,\n";
    let faults = read_meter("b.csv", text).unwrap_err();
    let told: Vec<_> = faults
        .iter()
        .map(|fault| (fault.place.line.unwrap(), fault.place.column.clone().unwrap(), fault.kind))
        .collect();
    let at = |line, column: &str, kind| (line, column.to_string(), kind);
    assert_eq!(
        told,
        [
            at(3, "timestamp", FaultKind::Duplicate),
            at(4, "value", FaultKind::NotANumber),
            at(4, "timestamp", FaultKind::NotADate),
            at(5, "value", FaultKind::OutOfRange),
            at(5, "temperature", FaultKind::OutOfRange),
            at(5, "timestamp", FaultKind::Contradiction),
        ]
    );
    let missing = read_meter("b.csv", "time,value\n").unwrap_err();
    assert_eq!(missing.iter().map(|fault| fault.expected.as_str()).collect::<Vec<_>>(), ["timestamp", "temperature"]);
}

/// The night in which clocks go back has two rows of one local time.
#[test]
fn clocks_that_go_back_repeat_an_hour_and_lose_nothing() {
    let text = "timestamp,value,temperature\n\
                2018-11-04 01:00:00-05:00,1,20\n\
                2018-11-04 01:00:00-06:00,2,20\n";
    let rows = read_meter("b.csv", text).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].seconds() - rows[0].seconds(), 3600);
}
