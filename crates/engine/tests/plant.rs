//! Models of a plant's meter: production first, bends and jumps, time of week, and what they say to bad input.

mod simulated;

use engine::fault::FaultKind;
use engine::verify::interval::Interval;
use engine::verify::measurement_plan::{MeasurementPlan, PlanRefusal, carry_out, outlook};
use engine::verify::meter::{MeterModel, TemperatureUnit, verify_meter};
use engine::verify::meter_file::{MeterRow, read_with};
use engine::verify::plant::{
    Cause, PlantAnswer, PlantCoefficients, PlantModel, PlantPredictor, PlantSpec, TermCoefficients, verify_plant,
};
use engine::verify::plant_shape::Shape;
use engine::verify::term::Term;
use engine::verify::uncertainty::Form;
use engine::verify::validity::Sign;
use jiff::civil::date;
use simulated::{Cell, Draw, Errors, Plant, Reach, calendar, year};

fn plant(interval: Interval) -> Plant {
    let errors = Errors::FirstOrder(0.3);
    let cell = Cell { interval, baseline: year(interval).max(24), errors, reach: Reach::Inside, idle_columns: 0 };
    cell.plant(34, &cell.calendar())
}

fn spec(model: PlantModel, names: &[&str]) -> PlantSpec {
    let predictor = |name: &&str| PlantPredictor { name: name.to_string(), sign: Sign::NotNegative };
    PlantSpec { model, predictors: names.iter().map(predictor).collect(), holidays: Vec::new(), temperature: None }
}

fn codes(answer: &PlantAnswer) -> Vec<Cause> {
    answer.disqualification.iter().map(|reason| reason.code).collect()
}

fn terms(answer: &PlantAnswer) -> &TermCoefficients {
    match &answer.coefficients {
        Some(PlantCoefficients::Terms(terms)) => terms,
        other => panic!("terms were fitted, not {other:?}"),
    }
}

/// Two years of rows whose use follows from their place and production.
fn made(
    interval: Interval,
    used: impl Fn(usize, f64, &mut Draw) -> f64,
    made: impl Fn(usize, &mut Draw) -> f64,
) -> [Vec<MeterRow>; 2] {
    let mut draw = Draw::new(5);
    let count = year(interval);
    let mut rows = calendar(interval, 2 * count);
    for (place, row) in rows.iter_mut().enumerate() {
        let production = made(place, &mut draw);
        row.others = vec![Some(production)];
        row.value = Some(used(place, production, &mut draw));
    }
    let after = rows.split_off(count);
    [rows, after]
}

#[test]
fn every_interval_finds_production_and_weather_and_its_saving() {
    for interval in Interval::ALL {
        let plant = plant(interval);
        let answer = verify_plant(&plant.spec, &plant.baseline, &plant.reporting);
        assert_eq!(answer.interval, Some(interval));
        assert_eq!(codes(&answer), [], "{interval:?}");
        let (savings, width) = (answer.savings.unwrap(), answer.savings_uncertainty_90.unwrap());
        let off = (savings.savings - plant.saving).abs();
        // Two years of months do not show a saving of a twentieth; shorter intervals do.
        let is_shown = width < savings.savings || interval == Interval::Month;
        assert!(off < 2.0 * width && is_shown, "{interval:?}: {off} {width} {savings:?}");
        assert!(answer.metrics.unwrap().r_squared > 0.5, "{interval:?}");
        let whole = serde_json::to_value(savings).unwrap();
        assert!(["savings", "predicted_sum", "observed_sum", "rows"].iter().all(|key| whole.get(key).is_some()));
    }
}

#[test]
fn days_know_sundays_and_degrees() {
    let plant = plant(Interval::Day);
    let answer = verify_plant(&plant.spec, &plant.baseline, &plant.reporting);
    let terms = terms(&answer);
    assert!(terms.terms.contains(&Term::Sunday), "{:?}", terms.terms);
    let cooling = terms.terms.iter().find_map(|term| match term {
        Term::Cooling { balance } => Some(*balance),
        _ => None,
    });
    assert!((cooling.unwrap() - plant.balance).abs() <= 3.0, "{cooling:?} {}", plant.balance);
    assert!(terms.validity.valid && terms.tried > 10 && terms.valid > 1);
}

#[test]
fn a_bend_in_production_is_found_and_a_straight_line_is_not_bent() {
    let knee = |_: usize, x: f64, draw: &mut Draw| 40.0 + 1.0 * x + 2.5 * (x - 60.0).max(0.0) + 3.0 * draw.normal();
    let between = |_: usize, draw: &mut Draw| draw.between(20.0, 100.0);
    let [before, after] = made(Interval::Day, knee, between);
    let answer = verify_plant(&spec(PlantModel::ChangePoint, &["t"]), &before, &after);
    let found = terms(&answer);
    let place = found.terms.iter().find_map(|term| match term {
        Term::Knee { knee, .. } => Some(*knee),
        _ => None,
    });
    assert!((56.0..=64.0).contains(&place.unwrap()), "{found:?}");
    let (off, width) = (answer.savings.unwrap().savings.abs(), answer.savings_uncertainty_90.unwrap());
    assert!(off < 2.0 * width, "{off} {width}");
    assert_eq!(codes(&answer), []);

    let idle = |_: usize, x: f64, draw: &mut Draw| 10.0 + if x > 0.0 { 30.0 } else { 0.0 } + 0.5 * x + draw.normal();
    let some = |place: usize, draw: &mut Draw| if place.is_multiple_of(4) { 0.0 } else { draw.between(20.0, 100.0) };
    let [before, after] = made(Interval::Day, idle, some);
    let answer = verify_plant(&spec(PlantModel::ChangePoint, &["t"]), &before, &after);
    let kept: Vec<Shape> = terms(&answer).tests.iter().filter(|test| test.kept).map(|test| test.shape).collect();
    assert_eq!(kept, [Shape::Running]);
    let place = terms(&answer).terms.iter().position(|term| matches!(term, Term::Running { .. })).unwrap();
    let load = terms(&answer).model.coef[place + 1];
    assert!((28.0..=32.0).contains(&load), "{load}");
}

/// The level of the test says 1 %; as places are searched for, about one straight line in twenty is bent.
#[test]
fn few_straight_lines_are_bent() {
    let mut bent = 0;
    for seed in 0..100 {
        let mut draw = Draw::new(seed);
        let mut rows = calendar(Interval::Week, 104);
        for row in &mut rows {
            let production = draw.between(20.0, 100.0);
            row.others = vec![Some(production)];
            row.value = Some(50.0 + 2.0 * production + 10.0 * draw.normal());
        }
        let answer = verify_plant(&spec(PlantModel::ChangePoint, &["t"]), &rows[..52], &rows[52..]);
        bent += usize::from(terms(&answer).tests.iter().any(|test| test.kept));
    }
    assert!(bent <= 12, "{bent} of 100");
}

/// All 168 levels as columns, solved by numpy's lstsq: slope 0.800043906258886, SSE 19.599637237360533, rank 181.
#[test]
fn time_of_week_with_production_agrees_with_whole_least_squares() {
    let mut rows = calendar(Interval::Hour, 2 * 1_008);
    for (i, row) in rows.iter_mut().enumerate() {
        // The calendar of the tests begins on a Saturday; the made-up week begins on a Monday.
        row.local = row.local.checked_add(jiff::ToSpan::days(2)).unwrap();
        let (production, temperature) = (10 + (i * 7) % 13 + (i / 24) % 5, 68 + (i * 11) % 17);
        let level = 5 + ((i % 168) * 3) % 7;
        let warm = 0.1 * (temperature as f64 - 70.0).max(0.0);
        row.temperature = Some(temperature as f64);
        row.others = vec![Some(production as f64)];
        row.value = Some(level as f64 + 0.8 * production as f64 + warm + ((i * 29) % 11) as f64 * 0.05);
    }
    let spec = PlantSpec { temperature: Some(TemperatureUnit::Fahrenheit), ..spec(PlantModel::TowtProduction, &["t"]) };
    let answer = verify_plant(&spec, &rows[..1_008], &rows[1_008..]);
    let Some(PlantCoefficients::Week(week)) = &answer.coefficients else { panic!("a week was fitted") };
    assert!((week.production[0].slope - 0.800_043_906_258_886).abs() < 1e-10, "{:?}", week.production);
    assert_eq!(week.busy_line.knots, [70.0, 73.0, 76.0, 79.0, 82.0]);
    assert_eq!((week.busy.iter().filter(|busy| **busy).count(), week.parameters), (59, 181));
    let sse = answer.metrics.as_ref().unwrap().sse;
    assert!((sse / 19.599_637_237_360_533 - 1.0).abs() < 1e-9, "{sse}");
    assert_eq!(codes(&answer), [Cause::BaselineTooShort]);
    assert_eq!(answer.disqualification[0].enough_on, Some(date(2022, 11, 28)));
}

/// Without production the model is that of `towt`, which is held against nmecr.
#[test]
fn without_production_the_week_is_that_of_the_published_model() {
    let plant = plant(Interval::Hour);
    let bare = |rows: &[MeterRow]| -> Vec<MeterRow> {
        rows.iter().map(|row| MeterRow { others: Vec::new(), ..row.clone() }).collect()
    };
    let (before, after) = (bare(&plant.baseline), bare(&plant.reporting));
    let unit = TemperatureUnit::Celsius;
    let ours =
        verify_plant(&PlantSpec { temperature: Some(unit), ..spec(PlantModel::TowtProduction, &[]) }, &before, &after);
    let theirs = verify_meter(MeterModel::Towt, &before, &after, unit);
    for (ours, theirs) in ours.predictions.iter().zip(&theirs.predictions).step_by(97) {
        let (ours, theirs) = (ours.predicted.unwrap(), theirs.predicted.unwrap());
        assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} {theirs}");
    }
}

// ---- plans

#[test]
fn a_plan_says_how_long_to_measure_and_carries_out_the_verification() {
    let plant = plant(Interval::Day);
    let plan = MeasurementPlan {
        meter: "boiler house".to_string(),
        spec: plant.spec.clone(),
        expected_share: 0.05,
        target: 0.2,
        begins: Some(date(2023, 2, 1)),
    };
    let found = outlook(&plan, &plant.baseline).unwrap();
    assert_eq!(found.disqualification, []);
    let relative: Vec<f64> = found.expectations.iter().map(|expectation| expectation.relative).collect();
    assert!(relative[0] > relative[5] && relative.len() == 9, "{relative:?}");
    let months = found.months_needed.unwrap();
    let needed = found.expectations.iter().find(|expectation| expectation.months >= months).unwrap();
    assert!(needed.relative <= 0.2, "{months} {needed:?}");
    let end = date(2023, 2, 1).checked_add(jiff::ToSpan::months(months as i64)).unwrap();
    assert_eq!(found.enough_on, Some(end));
    let least = found.least_share_in_a_year.unwrap();
    let year = found.expectations.iter().find(|expectation| expectation.months == 12).unwrap();
    assert!((least * 0.2 * year.predicted / year.uncertainty_90 - 1.0).abs() < 1e-9);

    let text = serde_json::to_string(&plan).unwrap();
    let kept: MeasurementPlan = serde_json::from_str(&text).unwrap();
    assert_eq!(kept, plan);
    let answer = carry_out(&kept, &plant.baseline, &plant.reporting);
    // A year was planned for and a year was measured, with production between the quartiles of the baseline.
    let width = answer.savings_uncertainty_90.unwrap();
    assert!((0.7..1.6).contains(&(width / year.uncertainty_90)), "{width} {year:?}");
}

#[test]
fn a_plan_on_too_little_says_until_when_to_wait() {
    let plant = plant(Interval::Day);
    let plan = MeasurementPlan {
        meter: "m".to_string(),
        spec: plant.spec.clone(),
        expected_share: 0.05,
        target: 0.2,
        begins: None,
    };
    let found = outlook(&plan, &plant.baseline[..200]).unwrap();
    assert_eq!(found.disqualification[0].code, Cause::BaselineTooShort);
    assert_eq!(found.disqualification[0].enough_on, Some(date(2022, 11, 26)));
    assert!(!found.expectations.is_empty() && found.enough_on.is_none());
    let wrong = outlook(&MeasurementPlan { expected_share: f64::NAN, target: 0.0, ..plan }, &plant.baseline);
    assert!(matches!(wrong.unwrap_err()[..], [PlanRefusal::ExpectedShare { .. }, PlanRefusal::Target { .. }]));
}

// ---- bad input

/// Bends the baseline of a plant of months or days, and looks at what is said.
fn bad(interval: Interval, bend: impl Fn(&mut Vec<MeterRow>)) -> PlantAnswer {
    let plant = plant(interval);
    let mut before = plant.baseline.clone();
    bend(&mut before);
    let answer = verify_plant(&plant.spec, &before, &plant.reporting);
    // What is no number becomes null in JSON.
    let metrics = serde_json::to_value(&answer.metrics).unwrap();
    assert!(metrics.as_object().is_none_or(|metrics| metrics.values().all(|value| value.is_number())), "{metrics}");
    let numbers = answer.savings.iter().flat_map(|s| [s.savings, s.predicted_sum]).chain(answer.savings_uncertainty_90);
    numbers.for_each(|number| assert!(number.is_finite()));
    answer
}

#[test]
fn twelve_identical_months_are_an_estimate() {
    let answer = bad(Interval::Month, |rows| {
        rows.truncate(12);
        rows.iter_mut().for_each(|row| row.value = Some(4_000.0));
    });
    assert_eq!(codes(&answer), [Cause::OneValue]);
    assert!(answer.savings.is_none());
}

#[test]
fn duplicates_and_rows_out_of_order_stop_the_fit() {
    let answer = bad(Interval::Day, |rows| {
        let again = rows[40].clone();
        rows.insert(41, again);
        rows.swap(100, 101);
    });
    assert_eq!(codes(&answer), [Cause::NotInOrder, Cause::DuplicateSteps]);
    assert_eq!(answer.disqualification[1].found, 1.0);
    assert!(answer.coefficients.is_none());
}

#[test]
fn gaps_are_counted_with_the_day_on_which_they_no_longer_matter() {
    let answer = bad(Interval::Day, |rows| {
        rows.drain(100..150);
    });
    assert_eq!(codes(&answer), [Cause::ValuesMissing]);
    let reason = &answer.disqualification[0];
    // 50 days are missing: 500 days hold them as a tenth.
    assert_eq!(reason.enough_on, date(2022, 1, 1).checked_add(jiff::ToSpan::days(500)).ok());
    assert!((reason.found - 315.0 / 365.0).abs() < 1e-12 && answer.savings.is_some());

    let empty = bad(Interval::Day, |rows| rows.iter_mut().step_by(4).for_each(|row| row.others[1] = None));
    assert_eq!(codes(&empty), [Cause::ColumnMissing]);
    assert_eq!(empty.disqualification[0].column.as_deref(), Some("line_2"));
}

#[test]
fn negative_and_frozen_meters_are_named() {
    let negative = bad(Interval::Day, |rows| rows[3].value = Some(-5.0));
    assert!(codes(&negative).contains(&Cause::NegativeValues));
    let frozen = bad(Interval::Day, |rows| rows[100..160].iter_mut().for_each(|row| row.value = Some(30.0)));
    assert!(codes(&frozen).contains(&Cause::Frozen), "{:?}", frozen.disqualification);
    let still = bad(Interval::Day, |rows| rows[100..160].iter_mut().for_each(|row| row.value = Some(0.0)));
    assert!(!codes(&still).contains(&Cause::Frozen));
}

#[test]
fn predictors_with_one_value_or_the_same_values_are_named() {
    let one = bad(Interval::Month, |rows| rows.iter_mut().for_each(|row| row.others[0] = Some(7.0)));
    assert_eq!(one.disqualification[0].code, Cause::OneValuePredictor);
    assert_eq!(one.disqualification[0].column.as_deref(), Some("line_1"));

    let same = bad(Interval::Day, |rows| {
        for row in rows.iter_mut() {
            row.others[1] = row.others[0].map(|value| 3.0 * value + 2.0);
        }
    });
    // The search takes one of both; change points want all, and refuse.
    assert!(same.savings.is_some());
    // Nothing tells which of both it is, and after the change they no longer go together: the interval knows.
    let forms = same.uncertainty.unwrap();
    assert!(forms.half_width_90 > 10.0 * forms.by(Form::FirstOrderAveraged).unwrap(), "{forms:?}");
    let plant = plant(Interval::Day);
    let twin = |rows: &[MeterRow]| -> Vec<MeterRow> {
        let with = |row: &MeterRow| MeterRow { others: vec![row.others[0], row.others[0]], ..row.clone() };
        rows.iter().map(with).collect()
    };
    let spec = PlantSpec { model: PlantModel::ChangePoint, ..plant.spec.clone() };
    let answer = verify_plant(&spec, &twin(&plant.baseline), &twin(&plant.reporting));
    assert_eq!(codes(&answer), [Cause::Collinear]);
    assert_eq!(answer.disqualification[0].column.as_deref(), Some("line_1, line_2"));
}

#[test]
fn too_little_wrong_steps_and_perfect_fits_are_refused_by_name() {
    assert_eq!(codes(&bad(Interval::Day, |rows| rows.truncate(1))), [Cause::NoInterval]);
    assert_eq!(codes(&bad(Interval::Month, |rows| rows.clear())), [Cause::NoInterval]);
    let short = bad(Interval::Month, |rows| rows.truncate(5));
    assert_eq!(codes(&short), [Cause::BaselineTooShort, Cause::TooFewRows]);
    assert_eq!(short.disqualification[0].enough_on, Some(date(2023, 1, 1)));
    let perfect = bad(Interval::Day, |rows| {
        rows.iter_mut().for_each(|row| row.value = row.others[0].map(|made| 5.0 + 2.0 * made));
    });
    assert!(codes(&perfect).contains(&Cause::NoScatter), "{:?}", perfect.disqualification);
    assert!(perfect.savings_uncertainty_90.is_none());
    let infinite = bad(Interval::Day, |rows| rows[7].others[0] = Some(f64::INFINITY));
    assert_eq!(codes(&infinite), [Cause::NotUsable]);

    let plant = plant(Interval::Day);
    let overlapping = verify_plant(&plant.spec, &plant.baseline, &plant.baseline);
    assert!(codes(&overlapping).contains(&Cause::PeriodsOverlap));
    let nothing = verify_plant(&plant.spec, &plant.baseline, &[]);
    assert_eq!(codes(&nothing), [Cause::NothingToCompare]);
    assert!(nothing.coefficients.is_some() && nothing.savings.is_none());
    let week = PlantSpec { model: PlantModel::TowtProduction, ..plant.spec.clone() };
    assert_eq!(codes(&verify_plant(&week, &plant.baseline, &plant.reporting)), [Cause::OtherInterval]);
}

/// A day of 23 and one of 25 hours: no hour is lost or doubled, and days stay days.
#[test]
fn clocks_that_change_leave_every_hour_in_its_place() {
    let mut text = String::from("timestamp,value,temperature,t\n");
    for (stamp, value) in [
        ("2018-11-04 00:00:00-05:00", 1),
        ("2018-11-04 01:00:00-05:00", 2),
        ("2018-11-04 01:00:00-06:00", 3),
        ("2018-11-04 02:00:00-06:00", 4),
    ] {
        text.push_str(&format!("{stamp},{value},20,{value}\n"));
    }
    let rows = read_with("b.csv", &text, &["t".to_string()]).unwrap();
    assert_eq!(Interval::of_rows(&rows), Some(Interval::Hour));
    let steps: Vec<i64> = rows.iter().map(|row| Interval::Hour.step(row)).collect();
    assert_eq!(steps.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>(), [1, 1, 1]);

    let days =
        "timestamp,value\n2018-11-03 00:00:00-05:00,1\n2018-11-04 00:00:00-05:00,2\n2018-11-05 00:00:00-06:00,3\n";
    let rows = read_with("b.csv", days, &[]).unwrap();
    assert_eq!(Interval::of_rows(&rows), Some(Interval::Day));
    assert_eq!(Interval::Day.step(&rows[2]) - Interval::Day.step(&rows[0]), 2);
}

#[test]
fn columns_are_read_by_name_with_all_faults_at_once() {
    let names = ["t".to_string(), "stops".to_string()];
    let missing = read_with("b.csv", "timestamp,use\n", &names).unwrap_err();
    let expected: Vec<&str> = missing.iter().map(|fault| fault.expected.as_str()).collect();
    assert_eq!(expected, ["value", "t", "stops"]);
    let faults = read_with("b.csv", "timestamp,value\n2024-01-01 00:00+07:00,viel\n", &names).unwrap_err();
    assert_eq!(faults.len(), names.len() + 1, "a missing column hides no other fault: {faults:?}");
    let text = "timestamp,value,t,stops\n2024-01-01 00:00:00+07:00,1,,x\n2024-01-02 00:00:00+07:00,1,2,1e99\n";
    let faults = read_with("b.csv", text, &names).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| (fault.place.line.unwrap(), fault.kind)).collect();
    assert_eq!(told, [(2, FaultKind::NotANumber), (3, FaultKind::OutOfRange)]);
}
