//! A meter of a park before and after a date: which hours and days take part, and that the answer is the model's own.

mod repository;

use engine::ids::{EnterpriseId, MeterId};
use engine::verify::park_meter::{
    Hours, MeterData, ParkModel, Thermometer, Why, answer, around, cumulative, installed, moment, production_meters,
    sheet_hours, thermometer,
};
use jiff::civil::{Date, date};
use repository::{catalogue, example};

const DAY: Date = date(2024, 1, 1);
/// 2023-01-01T00:00 by the park's own time, in hours since 1970.
const FIRST: i64 = 464_592;

fn model(code: &str) -> ParkModel {
    ParkModel::parse(code).unwrap()
}

/// Two years of hours around 100, more by day and in the heat; 6 less in each hour of the second year.
fn data() -> MeterData {
    let mut data = MeterData { utc_offset_h: 7.0, ..MeterData::default() };
    assert_eq!(moment(FIRST), date(2023, 1, 1).at(0, 0, 0, 0));
    for hour in FIRST..FIRST + 731 * 24 {
        let step = (hour - FIRST) as f64;
        let celsius = 26.0 + 5.0 * (step / 24.0 * std::f64::consts::TAU).sin() + 4.0 * (step / 700.0).sin();
        let noise = (step * 12.9898).sin() * 3.0;
        let is_day = (7..18).contains(&((hour - FIRST) % 24));
        let saved = if moment(hour).date() >= DAY { 6.0 } else { 0.0 };
        data.temperature_hours.insert(hour, celsius);
        data.hours.insert(hour, 100.0 + if is_day { 40.0 } else { 0.0 } + 2.0 * (celsius - 20.0) + noise - saved);
    }
    data
}

#[test]
fn what_was_saved_is_found_by_the_hour_and_by_the_day() {
    let data = data();
    let window = around(DAY).unwrap();
    for code in ["towt", "hourly_caltrack", "daily_legacy", "regression", "change_point"] {
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
fn hours_that_cannot_be_used_are_left_out_with_their_reason() {
    let mut data = data();
    let window = around(DAY).unwrap();
    data.hours.remove(&(FIRST + 24 * 10 + 3));
    data.hours.insert(FIRST + 24 * 20, -5.0);
    for hour in FIRST + 24 * 30..FIRST + 24 * 31 + 6 {
        data.hours.insert(hour, 111.0);
    }
    let told = |code: &str| {
        let found = answer(model(code), &data, window);
        let left_out: Vec<_> = found.left_out.iter().map(|one| (one.day, one.why, one.hours)).collect();
        (left_out, found.steps.iter().filter(|step| step.is_baseline && step.observed.is_some()).count())
    };
    let expected = vec![
        (date(2023, 1, 11), Why::NoReading, 1),
        (date(2023, 1, 21), Why::Negative, 1),
        (date(2023, 1, 31), Why::Frozen, 24),
        (date(2023, 2, 1), Why::Frozen, 6),
    ];
    assert_eq!(told("towt"), (expected.clone(), 365 * 24 - 32), "by the hour the hours alone");
    assert_eq!(told("regression"), (expected, 365 - 4), "by the day whole days");
}

#[test]
fn a_model_of_weather_says_where_the_temperature_is_missing() {
    let mut data = data();
    data.temperature_hours.retain(|hour, _| *hour >= FIRST + 24);
    let found = answer(model("daily_legacy"), &data, around(DAY).unwrap());
    assert_eq!(found.left_out.iter().map(|one| (one.why, one.hours)).collect::<Vec<_>>(), [(Why::NoTemperature, 24)]);
    // Ours asks for none, and says where the calendar alone explains nothing.
    data.temperature_hours = Hours::new();
    let found = answer(model("regression"), &data, around(DAY).unwrap());
    assert!(found.left_out.is_empty() && !found.is_usable(), "{:?}", found.left_out);
    assert_eq!(found.barred.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["no-valid-model"]);
}

#[test]
fn a_park_says_what_was_installed_where_and_how_warm_it_was() {
    let (catalogue, park) = (catalogue(), example("khu-mau"));
    let meter = MeterId::new("M1");
    assert_eq!(installed(&park, &meter), Some((date(2024, 1, 8), date(2024, 1, 15))));
    assert_eq!(installed(&park, &MeterId::new("M3")), None);
    assert!(sheet_hours(&park, &meter).len() > 17_000);
    assert_eq!(thermometer(&park, &catalogue, &EnterpriseId::new("E02")), None);
    assert!(production_meters(&park, &catalogue, park.meter(&meter).unwrap()).is_empty());
    let buildings = example("meters");
    let found = thermometer(&buildings, &catalogue, &EnterpriseId::new("B1"));
    assert_eq!(found, Some(Thermometer::Meter(MeterId::new("B1-T"))));
}
