//! A meter of a park before and after a date: which rows take part, and that a plan, the model of the meter and a screening give
//! one number.

mod repository;

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, MeasureId, MeterId};
use engine::observe::observe;
use engine::park::Reading;
use engine::park::plans::{Plan, PlannedModel, Step};
use engine::period::Period;
use engine::verify::chained::Window;
use engine::verify::measures::verify_measures;
use engine::verify::meter_rows::{Excluded, Why};
use engine::verify::monthly::Verification;
use engine::verify::park_meter::{
    MeterData, ParkModel, Thermometer, answer, around, cumulative, installed, production_meters, readings, thermometer,
};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use repository::{catalogue, example};

const DAY: Date = date(2024, 1, 1);
/// 2023-01-01T00:00 seven hours ahead of UTC, in hours since 1970 UTC.
const FIRST: i64 = 464_585;

fn model(code: &str) -> ParkModel {
    ParkModel::parse(code).unwrap()
}

/// Two years of hours around 100, more by day and in the heat; 6 less in each hour of the second year. Temperatures by the rows
/// of a model.
fn data(model: ParkModel) -> MeterData {
    let mut data = MeterData { utc_offset_h: 7.0, ..MeterData::default() };
    let mut warmth: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    for hour in 0..731 * 24 {
        let step = hour as f64;
        let celsius = 26.0 + 5.0 * (step / 24.0 * std::f64::consts::TAU).sin() + 4.0 * (step / 700.0).sin();
        let noise = (step * 12.9898).sin() * 3.0;
        let is_day = (7..18).contains(&(hour % 24));
        let saved = if hour >= 365 * 24 { 6.0 } else { 0.0 };
        let start = date(2023, 1, 1).at(0, 0, 0, 0) + jiff::Span::new().hours(hour);
        let row = if model.step() == Step::Hour { start } else { start.date().at(0, 0, 0, 0) };
        warmth.entry(row).or_default().push(celsius);
        let value = 100.0 + if is_day { 40.0 } else { 0.0 } + 2.0 * (celsius - 20.0) + noise - saved;
        let at = Timestamp::from_second((FIRST + hour) * 3_600).unwrap();
        data.readings.push(Reading { at, value: Some(value) });
    }
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    data.temperatures = warmth.into_iter().map(|(row, values)| (row, mean(values))).collect();
    data
}

#[test]
fn what_was_saved_is_found_by_the_hour_and_by_the_day() {
    let window = around(DAY).unwrap();
    for code in ["towt", "hourly_caltrack", "daily_legacy", "regression", "change_point"] {
        let data = data(model(code));
        let found = answer(model(code), &data, window);
        let savings = found.savings.unwrap_or_else(|| panic!("{code}: {:?}", found.barred));
        let truth = 6.0 * 366.0 * 24.0;
        assert!((savings.savings - truth).abs() < 0.15 * truth, "{code}: {} of {truth}", savings.savings);
        assert!(found.left_out.is_empty(), "{code}: {:?}", found.left_out);
        let sums = cumulative(model(code), &data, window);
        let (last, saving, half) = *sums.last().unwrap();
        assert_eq!(
            (sums.len(), last, saving, half),
            (12, date(2024, 12, 31), savings.savings, found.half_90),
            "{code}"
        );
    }
}

#[test]
fn rows_that_cannot_be_used_are_left_out_with_their_reason() {
    let window = around(DAY).unwrap();
    let told = |code: &str| {
        let mut data = data(model(code));
        data.readings[24 * 10 + 3].value = None;
        data.readings[24 * 20].value = Some(-5.0);
        for reading in &mut data.readings[24 * 30..24 * 31 + 6] {
            reading.value = Some(111.0);
        }
        let found = answer(model(code), &data, window);
        let of = |one: &Excluded| (one.period.start(), one.why, one.rows, one.present, one.expected);
        let left_out: Vec<_> = found.left_out.iter().map(of).collect();
        (left_out, found.steps.iter().filter(|step| step.is_baseline && step.observed.is_some()).count())
    };
    let by_hour = vec![
        (date(2023, 1, 11), Why::Gap, 1, 0, 1),
        (date(2023, 1, 21), Why::Negative, 1, 1, 1),
        (date(2023, 1, 31), Why::Frozen, 24, 0, 24),
        (date(2023, 2, 1), Why::Frozen, 6, 0, 6),
    ];
    assert_eq!(told("towt"), (by_hour, 365 * 24 - 32), "by the hour the hours alone");
    let by_day = vec![
        (date(2023, 1, 11), Why::Raised, 1, 23, 24),
        (date(2023, 1, 21), Why::Negative, 1, 24, 24),
        (date(2023, 1, 31), Why::Frozen, 1, 0, 24),
        (date(2023, 2, 1), Why::Frozen, 1, 18, 24),
    ];
    assert_eq!(told("regression"), (by_day, 365 - 3), "a day that lacks one of 24 hours counts");
}

#[test]
fn a_model_of_weather_says_where_the_temperature_is_missing() {
    let mut data = data(model("daily_legacy"));
    data.temperatures.pop_first();
    let found = answer(model("daily_legacy"), &data, around(DAY).unwrap());
    assert_eq!(found.left_out.iter().map(|one| (one.why, one.rows)).collect::<Vec<_>>(), [(Why::NoColumn, 1)]);
    // Ours asks for none, and says where the calendar alone explains nothing.
    data.temperatures.clear();
    let found = answer(model("regression"), &data, around(DAY).unwrap());
    assert!(found.left_out.is_empty() && !found.is_usable(), "{:?}", found.left_out);
    assert_eq!(found.barred.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["no-valid-model"]);
}

#[test]
fn readings_that_stand_too_far_apart_are_told() {
    let mut data = data(model("towt"));
    data.readings = data.readings.into_iter().step_by(3).collect();
    let found = answer(model("towt"), &data, around(DAY).unwrap());
    let told: Vec<_> = found.barred.iter().map(|one| (one.code.as_str(), one.found, one.needed)).collect();
    assert_eq!(told, [("too-coarse", 3.0, 1.0)]);
}

#[test]
fn a_plan_and_the_model_of_the_meter_give_one_number() {
    let (catalogue, mut park) = (catalogue(), example("khu-mau"));
    park.measures.retain(|measure| measure.id.as_str() == "A09");
    let (meter, year) = (MeterId::new("M1"), Period::year(2024).unwrap());
    let (before, after) = installed(&park, &meter).unwrap();
    let window = Window {
        baseline: Period::new(date(2022, 1, 8), before).unwrap(),
        reporting: Period::new(after, year.end()).unwrap(),
    };
    let mut found = Vec::new();
    for planned in [PlannedModel::Regression, PlannedModel::ChangePoint] {
        park.plans = vec![Plan {
            measure: MeasureId::new("A09"),
            meter: Some(meter.clone()),
            model: planned,
            step: Step::Day,
            predictors: Vec::new(),
            holidays: Vec::new(),
            left_out: Vec::new(),
            begins: None,
            expected_saving_a_year: None,
            target: None,
            expected_uncertainty_90: None,
            months: 11,
            note: String::new(),
        }];
        let verified = verify_measures(&park, &observe(&park, &catalogue, year), &catalogue).pop().unwrap();
        let Verification::Planned(by_plan) = verified.comparison.unwrap().verification else { panic!("no plan") };
        let data = MeterData {
            readings: readings(&park, &meter, &[]),
            utc_offset_h: park.utc_offset_h,
            ..MeterData::default()
        };
        let of_meter = answer(model(planned.code()), &data, window);
        assert!(of_meter.savings.is_some_and(|savings| savings.savings > 0.0), "{of_meter:?}");
        assert_eq!((by_plan.savings, by_plan.uncertainty_90), (of_meter.savings, of_meter.half_90));
        assert_eq!(by_plan.excluded, of_meter.left_out);
        assert!(of_meter.left_out.iter().any(|one| one.why == Why::Raised));
        found.extend(of_meter.half_90);
    }
    assert_eq!(found.len(), 2);
}

#[test]
fn a_park_says_what_was_installed_where_and_how_warm_it_was() {
    let (catalogue, park) = (catalogue(), example("khu-mau"));
    let meter = MeterId::new("M1");
    assert_eq!(installed(&park, &meter), Some((date(2024, 1, 8), date(2024, 1, 15))));
    assert_eq!(installed(&park, &MeterId::new("M3")), None);
    assert!(readings(&park, &meter, &[]).len() > 17_000);
    assert_eq!(thermometer(&park, &catalogue, &EnterpriseId::new("E02")), None);
    assert!(production_meters(&park, &catalogue, park.meter(&meter).unwrap()).is_empty());
    let buildings = example("meters");
    let found = thermometer(&buildings, &catalogue, &EnterpriseId::new("B1"));
    assert_eq!(found, Some(Thermometer::Meter(MeterId::new("B1-T"))));
}
