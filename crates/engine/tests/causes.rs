//! What savings by measurement plans, and at the device, have in common: traced like those by months, and added up by hand.

mod repository;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, MeasureId, MeterId};
use engine::observe::observe;
use engine::park::plans::{Plan, PlannedModel, Step};
use engine::park::{Driver, Measure, Meter, Park, Reading};
use engine::period::Period;
use engine::verify::measures::{MeasureVerification, verify_measures};
use engine::verify::sums::{
    Assumptions, Cause, Effect, Part, Shared, Untraced, shared, shared_causes, shared_comparisons, sum_of,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use repository::{bare_plan, catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static PARK: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

struct Found {
    verifications: Vec<MeasureVerification>,
    shared: BTreeMap<MeasureId, Shared>,
}

impl Found {
    fn of(park: &Park, year: i16) -> Found {
        let balance = observe(park, &CATALOGUE, Period::year(year).unwrap());
        let verifications = verify_measures(park, &balance, &CATALOGUE);
        Found { shared: shared(park, &CATALOGUE, &verifications), verifications }
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let part = |one: &'_ MeasureVerification| (one.claim.amount, one.claim.uncertainty_90.unwrap());
        let found = self.verifications.iter().map(|one| (&one.measure, part(one)));
        found
            .map(|(measure, (saving, half_90))| Part { measure, saving, half_90, shared: &self.shared[measure] })
            .collect()
    }

    fn half(&self, assumptions: &Assumptions) -> f64 {
        sum_of(&self.parts(), assumptions).unwrap().uncertainty_90
    }
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "found {found}, expected {expected}");
}

/// A09, verified by days with the day's output, and its twin at another enterprise with a meter of its own; `driver` is what
/// the twin calls its output, with figures that `change` makes of those of A09.
fn twins(driver: &str, change: impl Fn(usize, f64) -> f64) -> Park {
    let mut park = PARK.clone();
    park.measures.retain(|measure| measure.id.as_str() == "A09");
    let elsewhere = EnterpriseId::new("E11");
    let (meter, twin) = (MeterId::new("M1"), MeterId::new("M1-twin"));
    let own = park.meter(&meter).unwrap().clone();
    park.meters.push(Meter { id: twin.clone(), enterprise: elsewhere.clone(), ..own });
    if let Some(readings) = park.readings.get(&meter).cloned() {
        park.readings.insert(twin.clone(), readings);
    }
    if let Some(batches) = park.metered.get(&meter).cloned() {
        park.metered.insert(twin.clone(), batches);
    }
    park.drivers.retain(|one| one.enterprise != elsewhere);
    let own = park.drivers.iter().filter(|one| one.enterprise.as_str() == "E02" && one.driver == "daily-output");
    let copies: Vec<Driver> = own
        .enumerate()
        .map(|(place, one)| Driver {
            enterprise: elsewhere.clone(),
            driver: driver.to_string(),
            value: change(place, one.value),
            ..one.clone()
        })
        .collect();
    park.drivers.extend(copies);
    let measure = park.measures[0].clone();
    park.measures.push(Measure {
        id: MeasureId::new("A09-twin"),
        enterprise: elsewhere,
        meter: Some(twin.clone()),
        ..measure
    });
    let plan = park.plans.iter().find(|plan| plan.measure.as_str() == "A09").unwrap().clone();
    park.plans.push(Plan {
        measure: MeasureId::new("A09-twin"),
        meter: Some(twin),
        predictors: vec![driver.to_string()],
        ..plan
    });
    park
}

const DRIFTING: Assumptions = Assumptions { own_correlation: 0.0, weather_drift_90: 0.0, production_drift_90: 0.02 };

/// Both have the same half-width u and the same effect e of a drift: √(2u² + (2e)²) where the driver is one, √(2u² + 2e²)
/// where there are two.
#[test]
fn savings_by_plans_share_a_driver_that_both_declare_alike() {
    let found = Found::of(&twins("daily-output", |_, value| value), 2024);
    let parts = found.parts();
    let (u, effects) = (parts[0].half_90, &parts[0].shared.effects);
    close(parts[1].half_90, u);
    let [(_, share)] = effects.iter().collect::<Vec<_>>()[..] else { panic!("{effects:?}") };
    let e = 0.02 * share * parts[0].saving;
    close(found.half(&Assumptions::default()), (2.0 * u * u).sqrt());
    close(found.half(&DRIFTING), (2.0 * u * u + 4.0 * e * e).sqrt());
    let causes = shared_causes(&parts);
    let [cause] = &causes[..] else { panic!("{causes:?}") };
    assert!(matches!(&cause.cause, Cause::Driver { driver, .. } if driver == "daily-output"));
    assert_eq!(cause.measures.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["A09", "A09-twin"]);
    let Effect::OfAHundredth(of_a_hundredth) = cause.effect else { panic!("{cause:?}") };
    close(of_a_hundredth, e);

    let apart = Found::of(&twins("output-of-the-twin", |_, value| value), 2024);
    assert_eq!(shared_causes(&apart.parts()), []);
    close(apart.half(&DRIFTING), (2.0 * u * u + 2.0 * e * e).sqrt());
    // One figure that differs makes two sources of it.
    let differing = Found::of(&twins("daily-output", |place, value| value + if place == 3 { 0.1 } else { 0.0 }), 2024);
    assert_eq!(shared_causes(&differing.parts()), []);
}

/// Shares of six and four tenths of one saving have its error u and its effect e: √(u² + e²).
#[test]
fn savings_by_plans_at_one_meter_have_one_error() {
    let mut park = twins("daily-output", |_, value| value);
    let whole = Found::of(&Park { measures: vec![park.measures[0].clone()], ..park.clone() }, 2024);
    let one = &whole.parts()[0];
    let e: f64 = one.shared.effects.values().map(|share| 0.02 * share * one.saving).sum();
    let expected = (one.half_90.powi(2) + e * e).sqrt();
    park.measures[1] = Measure { id: MeasureId::new("A09-twin"), share: Some(0.4), ..park.measures[0].clone() };
    park.measures[0].share = Some(0.6);
    let own = park.plans.iter().find(|plan| plan.measure.as_str() == "A09").unwrap().clone();
    park.plans.retain(|plan| plan.measure.as_str() != "A09-twin");
    park.plans.push(Plan { measure: MeasureId::new("A09-twin"), ..own });
    let found = Found::of(&park, 2024);
    assert_eq!(shared_comparisons(&found.parts()).len(), 1);
    close(found.half(&DRIFTING), expected);
}

/// What the engine says that a drift does, and what comes out when the figures after the installation drift.
#[test]
fn an_output_that_drifts_moves_the_saving_by_what_was_said() {
    let mut park = PARK.clone();
    park.measures.retain(|measure| measure.id.as_str() == "A09");
    let still = Found::of(&park, 2024);
    let said: f64 = still.shared[&MeasureId::new("A09")].effects.values().sum::<f64>() * still.parts()[0].saving;
    let installed = park.measures[0].installed.unwrap().end();
    for driver in &mut park.drivers {
        if driver.enterprise.as_str() == "E02" && driver.period.start() >= installed {
            driver.value *= 1.01;
        }
    }
    let came = Found::of(&park, 2024).parts()[0].saving - still.parts()[0].saving;
    assert!((came / (0.01 * said) - 1.0).abs() < 1e-9, "{came}, said {}", 0.01 * said);
}

/// A thermometer drifts by degree days: above 18 °C it rises, and below 15 °C it falls short of them.
fn warming(celsius: f64) -> f64 {
    (celsius - 18.0).max(0.0) + (15.0 - celsius).max(0.0)
}

/// Readings from a moment on, warmer by a part of the degrees of their day, or of each for itself.
fn warmed(park: &Park, thermometer: &MeterId, step: Step, (from, drift): (Timestamp, f64)) -> Vec<Reading> {
    let ahead = Offset::from_seconds((park.utc_offset_h * 3_600.0) as i32).unwrap();
    let day = |one: &Reading| ahead.to_datetime(one.at).date();
    let readings = &park.readings[thermometer];
    let mut sums: BTreeMap<Date, (f64, f64)> = BTreeMap::new();
    for (one, value) in readings.iter().filter_map(|one| Some((one, one.value?))) {
        let sum = sums.entry(day(one)).or_default();
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    let degrees = |one: &Reading, value: f64| match step {
        Step::Hour => warming(value),
        _ => warming(sums[&day(one)].0 / sums[&day(one)].1),
    };
    let reading = |one: &Reading| match one.value.filter(|_| one.at >= from) {
        Some(value) => Reading { value: Some(value + drift * degrees(one, value)), ..*one },
        None => *one,
    };
    readings.iter().map(reading).collect()
}

#[test]
fn a_thermometer_that_drifts_moves_the_saving_by_what_was_said() {
    let mut park = example("meters");
    park.measures.retain(|measure| measure.id.as_str() == "M-B1");
    let thermometer = MeterId::new("B1-T");
    let ahead = Offset::from_seconds((park.utc_offset_h * 3_600.0) as i32).unwrap();
    for (model, step) in [
        (PlannedModel::DailyLegacy, Step::Day),
        (PlannedModel::Regression, Step::Day),
        (PlannedModel::ChangePoint, Step::Day),
        (PlannedModel::Towt, Step::Hour),
        (PlannedModel::TowtProduction, Step::Hour),
        (PlannedModel::HourlyCaltrack, Step::Hour),
    ] {
        park.plans = vec![Plan {
            predictors: vec!["outdoor-temperature".to_string()],
            ..bare_plan("M-B1", Some("B1"), model, step)
        }];
        let still = Found::of(&park, 2019);
        let found = still.shared.get(&MeasureId::new("M-B1"));
        let effects = &found.unwrap_or_else(|| panic!("{model:?}: {:?}", still.verifications[0].comparison)).effects;
        let [(cause, share)] = effects.iter().collect::<Vec<_>>()[..] else { panic!("{effects:?}") };
        assert!(matches!(cause, Cause::Thermometer { meter, .. } if *meter == thermometer), "{cause:?}");
        assert!(cause.is_weather());
        let saving = |found: &Found| found.verifications[0].comparison.as_ref().unwrap().saving().unwrap().0;
        let said = share * saving(&still);
        let from = ahead.to_timestamp(park.measures[0].installed.unwrap().end().at(0, 0, 0, 0)).unwrap();
        let drifted = |drift: f64| {
            let mut drifted = park.clone();
            drifted.readings.insert(thermometer.clone(), warmed(&park, &thermometer, step, (from, drift)));
            saving(&Found::of(&drifted, 2019))
        };
        // Both ways, for a line that bends where temperatures lie has two slopes there.
        let came = (drifted(1e-5) - drifted(-1e-5)) / 2e-5;
        assert!((came - said).abs() <= 1e-3 * said.abs(), "{model:?}: {came}, said {said}");
    }
}

/// Two pumps, each with a saving of 20,000 ± u, of which 200 are the power meter's (1 %) and 400 the hour counter's (2 %).
#[test]
fn devices_that_were_read_with_one_instrument_share_its_error() {
    let sheet = |measure: &str, power: &str, counter: &str| {
        let mut rows = String::new();
        for (day, value) in [("2023-11-06", 52), ("2023-11-13", 50), ("2023-11-20", 50), ("2023-11-27", 48)] {
            rows += &format!("{measure},rate,{day},{day},{value},kW,0.01,{power},Biên bản 1\n");
        }
        for (day, value) in [("2024-02-05", 40), ("2024-05-06", 41), ("2024-08-05", 39), ("2024-11-04", 40)] {
            rows += &format!("{measure},rate,{day},{day},{value},kW,0.01,{power},Biên bản 2\n");
        }
        rows + &format!("{measure},hours,2024-01-01,2024-12-31,2000,h,0.02,{counter},Sổ vận hành\n")
    };
    let park = |power: &str, counter: &str| {
        let head = "measure,what,from,to,value,unit,error_90,instrument,evidence\n".to_string();
        let (park, faults) = repository::example_with(
            "khu-mau",
            "key_readings",
            &(head + &sheet("A06", "P7", "H1") + &sheet("A07", power, counter)),
        );
        assert_eq!(faults, []);
        let mut park = park.unwrap();
        park.measures.retain(|measure| ["A06", "A07"].contains(&measure.id.as_str()));
        let plan = |measure: &str| bare_plan(measure, None, PlannedModel::KeyParameter, Step::Month);
        park.plans = vec![plan("A06"), plan("A07")];
        park
    };
    let apart = Found::of(&park("P8", "H2"), 2024);
    let u = apart.parts()[0].half_90;
    assert_eq!(shared_causes(&apart.parts()), []);
    close(apart.half(&DRIFTING), (2.0 * u * u).sqrt());

    let one = Found::of(&park("P7", "H1"), 2024);
    let own = u * u - 200.0_f64.powi(2) - 400.0_f64.powi(2);
    close(one.half(&DRIFTING), (2.0 * own + 400.0_f64.powi(2) + 800.0_f64.powi(2)).sqrt());
    let effects: Vec<Effect> = shared_causes(&one.parts()).iter().map(|cause| cause.effect).collect();
    let [Effect::Stated(power), Effect::Stated(counter)] = effects[..] else { panic!("{effects:?}") };
    close(power, 400.0);
    close(counter, 800.0);

    // Read with two instruments on one side, the larger error counts, and nobody can say whose it is.
    let mut mixed = park("P7", "H1");
    mixed.key_readings[1].instrument = "P9".to_string();
    let found = Found::of(&mixed, 2024);
    assert_eq!(found.shared[&MeasureId::new("A06")].untraced, Some(Untraced::SeveralInstruments));
    assert_eq!(found.shared[&MeasureId::new("A07")].untraced, None);
    let causes = shared_causes(&found.parts());
    let [cause] = &causes[..] else { panic!("{causes:?}") };
    assert!(matches!(&cause.cause, Cause::Instrument { instrument, .. } if instrument == "H1"));
}
