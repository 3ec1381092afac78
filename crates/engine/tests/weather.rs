//! Weather of a park: what its sheets may hold, which gaps are filled, degree days for any base, the nearest station.

mod repository;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind};
use engine::ids::StationId;
use engine::observe::weather::{Rhythm, coverage, day_means, degree_days, near, nearest};
use engine::park::read::{particulars_from_toml, read_park};
use engine::park::{Park, Place};
use engine::period::Period;
use engine::table::read_csv;
use jiff::civil::date;
use repository::catalogue;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

const PARK: &str =
    "park = \"p\"\nname_vi = \"P\"\nname_en = \"P\"\nprovince = \"92\"\nlatitude = 10.0\nlongitude = 105.0\n";
const STATIONS: &str = "station,name_vi,name_en,latitude,longitude,source\n\
    near,Gần,Near,10.1,105.0,khu\n\
    far,Xa,Far,11.0,105.0,khu\n\
    vn-48910,Cần Thơ,Can Tho,,,khu\n";

fn read(weather: &str) -> (Option<Park>, Vec<Fault>) {
    let file = |name: &str, text: &str| (name.to_string(), read_csv(&format!("{name}.csv"), text).unwrap());
    let sheets = BTreeMap::from([
        ("park".to_string(), particulars_from_toml("park.toml", PARK).unwrap()),
        file(
            "enterprises",
            "enterprise,name_vi,name_en,tax_code,isic4,role,employees,latitude,longitude\nE,E,E,,1020,tenant,,,\n",
        ),
        file("records", "enterprise,resource,from,to,amount,unit,basis,source,cost_vnd\n"),
        file("stations", STATIONS),
        file("weather", &format!("station,at,temperature_c\n{weather}")),
    ]);
    read_park(&sheets, &CATALOGUE)
}

fn park(weather: &str) -> Park {
    let (park, faults) = read(weather);
    park.unwrap_or_else(|| panic!("{faults:?}"))
}

/// An hour of the first days of 2024, with its temperature.
fn hour(station: &str, hour: usize, celsius: f64) -> String {
    format!("{station},2024-01-{:02}T{:02}:00+07:00,{celsius}\n", 1 + hour / 24, hour % 24)
}

fn near_id() -> StationId {
    StationId::new("near")
}

fn check_fault(weather: &str, line: usize, kind: FaultKind) {
    let (park, faults) = read(weather);
    assert!(park.is_none());
    let found: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.kind)).collect();
    assert_eq!(found, [(Some(line), kind)], "{weather}");
}

#[test]
fn what_a_sheet_may_not_hold_is_told_with_its_line() {
    check_fault("near,2024-01-01,20\nnear,2024-01-01,21\n", 3, FaultKind::Duplicate);
    let twice = "near,2024-01-01T00:00+07:00,20\nnear,2024-01-01T00:00+07:00,21\n";
    check_fault(twice, 3, FaultKind::Duplicate);
    // The clock went forward; told where it moved and not for every hour of the summer.
    let moved = "near,2024-03-31T01:00+01:00,9\nnear,2024-03-31T03:00+02:00,9\nnear,2024-03-31T04:00+02:00,9\n";
    check_fault(moved, 3, FaultKind::Contradiction);
    check_fault("near,2024-01-01T00:00,20\n", 2, FaultKind::NotADate);
    check_fault("near,2024-01-01,20\nnear,2024-01-02T00:00+07:00,20\n", 3, FaultKind::Contradiction);
    check_fault("near,2024-01-01,200\n", 2, FaultKind::OutOfRange);
    check_fault("nowhere,2024-01-01,20\n", 2, FaultKind::UnknownReference);
    check_fault("near,2024-01-01,\"27,5\"\n", 2, FaultKind::NotANumber);
}

#[test]
fn short_gaps_are_filled_and_marked_and_long_ones_stay() {
    let rows = |missing: std::ops::Range<usize>| -> String {
        (0..48).filter(|at| !missing.contains(at)).map(|at| hour("near", at, at as f64)).collect()
    };
    let six = park(&rows(30..36));
    let covered = coverage(&six, &near_id()).unwrap();
    assert_eq!((covered.rhythm, covered.expected, covered.present, covered.filled), (Rhythm::Hourly, 48, 42, 6));
    let means = day_means(&six, &near_id());
    let second = means[&date(2024, 1, 2)];
    // A straight line was cut, so that filling it gives the mean of hours 24 to 47.
    assert!((second.celsius - 35.5).abs() < 1e-9 && second.filled_hours == 6);

    let seven = park(&rows(30..37));
    assert_eq!(coverage(&seven, &near_id()).unwrap().filled, 0);
    let second = day_means(&seven, &near_id())[&date(2024, 1, 2)];
    let expected = (24..48).filter(|at| !(30..37).contains(at)).sum::<usize>() as f64 / 17.0;
    assert!((second.celsius - expected).abs() < 1e-9 && second.filled_hours == 0);

    let thirteen = park(&rows(30..43));
    assert!(!day_means(&thirteen, &near_id()).contains_key(&date(2024, 1, 2)), "11 of 24 hours make no day");
    let gaps = coverage(&thirteen, &near_id()).unwrap().gaps;
    assert_eq!(gaps, [Period::new(date(2024, 1, 2), date(2024, 1, 3)).unwrap()]);
}

#[test]
fn days_are_cut_by_the_parks_own_time() {
    // 17:00 in Greenwich is midnight in Viet Nam.
    let rows: String =
        (0..24).map(|at| format!("near,2024-01-{:02}T{:02}:00Z,25\n", 1 + (17 + at) / 24, (17 + at) % 24)).collect();
    assert_eq!(day_means(&park(&rows), &near_id()).keys().collect::<Vec<_>>(), [&date(2024, 1, 2)]);
}

#[test]
fn degree_days_are_sums_over_days_for_any_base() {
    let days = |missing: usize| -> String {
        (1..=30)
            .filter(|day| *day > missing)
            .map(|day| format!("near,2024-04-{day:02},{}\n", if day <= 15 { 12 } else { 26 }))
            .collect()
    };
    let month = |missing: usize, base: f64| degree_days(&park(&days(missing)), &near_id(), base).remove(0);
    // 15 days of 12 °C and 15 of 26 °C.
    let whole = month(0, 18.0);
    assert_eq!((whole.heating, whole.cooling), (Some(90.0), Some(120.0)));
    assert_eq!((month(0, 10.0).heating, month(0, 10.0).cooling), (Some(0.0), Some(15.0 * 2.0 + 15.0 * 16.0)));
    // Three days are missing: the 27 that are there are raised to 30.
    let raised = month(3, 18.0);
    assert_eq!(raised.days, 27);
    assert!((raised.heating.unwrap() - 72.0 * 30.0 / 27.0).abs() < 1e-9);
    assert_eq!((month(4, 18.0).heating, month(4, 18.0).cooling), (None, None), "26 of 30 days are too few");
}

#[test]
fn the_nearest_station_with_values_is_used_and_its_distance_told() {
    let park = park("far,2024-01-01,20\n");
    let stations = near(&park, &CATALOGUE, park.place);
    assert_eq!(stations[0].station, near_id());
    // A tenth of a degree of a meridian is 11.12 km.
    assert!((stations[0].distance_km.unwrap() - 11.12).abs() < 0.01);
    let used = nearest(&park, &CATALOGUE, park.place).unwrap();
    assert_eq!(used.station.as_str(), "far");
    assert!((used.distance_km.unwrap() - 111.19).abs() < 0.01);
    // The catalogue says where this one stands, from memory.
    let known = stations.iter().find(|near| near.station.as_str() == "vn-48910").unwrap();
    assert!(known.place.is_some() && known.unconfirmed);
    assert!(near(&park, &CATALOGUE, None).iter().all(|near| near.distance_km.is_none()));
    assert_eq!(
        nearest(&park, &CATALOGUE, Some(Place { latitude: 11.0, longitude: 105.0 })).unwrap().distance_km,
        Some(0.0)
    );
}

#[test]
fn stations_of_the_catalogue_keep_the_mark_and_bring_no_temperatures() {
    assert_eq!(CATALOGUE.stations.len(), 11);
    assert!(CATALOGUE.stations.values().all(|station| station.unconfirmed && station.source.contains("from memory")));
    assert!(nearest(&park(""), &CATALOGUE, None).is_none());
}

#[test]
fn a_park_without_weather_has_the_digest_that_it_had() {
    let park = park("");
    let text = serde_json::to_string(&Park { weather: Default::default(), ..park }).unwrap();
    assert!(!text.contains("\"weather\""));
}
