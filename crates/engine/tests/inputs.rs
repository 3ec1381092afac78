//! Every reading, record and driver of a small park is changed by itself: exactly the verifications that rest on it become
//! stale, and one that does not become stale comes out the same.

mod repository;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, MeasureId, MeterId, ResourceId};
use engine::observe::observe;
use engine::observe::readings::{by_month, month_of};
use engine::park::plans::{Plan, PlannedModel, Step};
use engine::park::{Driver, Measure, Meter, MeterSum, Metered, Park, Reading, Status};
use engine::period::Period;
use engine::verify::inputs::{Change, Fate, Piece, PieceKind, Signature, apply, changes, digest, pieces};
use engine::verify::measures::{MeasureVerification, verify_measures};
use jiff::civil::{Date, date};
use repository::{bare_plan, catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static SMALL: LazyLock<Park> = LazyLock::new(small);

/// By bills, production and a thermometer; and by a meter, production and what the site declares.
const BILLED: &str = "A01";
const METERED: &str = "A09";
/// By a daily plan: a meter, output by the day and the thermometer.
const PLANNED: &str = "P01";

fn year() -> Period {
    Period::year(2024).unwrap()
}

fn january() -> Period {
    Period::month(2023, 1).unwrap()
}

/// Two sites of the sample park. The meter's January 2023 stands in the sheet, its other months and the thermometer came in
/// batches.
fn small() -> Park {
    let mut park = example("khu-mau");
    park.enterprises.retain(|enterprise| ["E02", "E03"].contains(&enterprise.id.as_str()));
    park.records.retain(|record| {
        ["E02", "E03"].contains(&record.enterprise.as_str())
            && ["electricity", "product", "supply-water"].contains(&record.resource.as_str())
    });
    park.drivers
        .retain(|driver| ["E02", "E03"].contains(&driver.enterprise.as_str()) && driver.driver != "daily-output");
    park.plans.clear();
    park.measures.retain(|measure| [BILLED, METERED].contains(&measure.id.as_str()));
    park.meters.retain(|meter| meter.id.as_str() == "M1");
    (park.streams, park.exchanges, park.survey) = (Vec::new(), Vec::new(), Vec::new());

    let main = MeterId::new("M1");
    let hour = |period: Period, sum: f64| MeterSum {
        period,
        sum,
        readings: period.days() as usize * 24,
        frozen: 0,
        step_s: Some(3_600),
    };
    let months = by_month(&park, &main).into_iter().filter(|month| month.month != january());
    let months = months.filter_map(|month| Some(hour(month.month, month.amount?))).collect();
    let offset = park.utc_offset_h;
    park.readings.retain(|meter, _| *meter == main);
    park.readings.get_mut(&main).unwrap().retain(|reading| month_of(reading, offset) == Some(january()));

    let thermometer = MeterId::new("T");
    park.meters.push(Meter {
        id: thermometer.clone(),
        enterprise: EnterpriseId::new("E03"),
        resource: ResourceId::new("outdoor-temperature"),
        unit: "°C".to_string(),
        name: park.meters[0].name.clone(),
        is_main: false,
    });
    // Days around 27 °C, no two alike.
    let first = date(2022, 1, 1);
    let day = |place: i64| {
        let start = first.saturating_add(jiff::Span::new().days(place));
        let period = Period::new(start, start.saturating_add(jiff::Span::new().days(1))).unwrap();
        hour(period, 24.0 * (27.0 + 3.0 * (place as f64 / 58.0).sin() + (place % 7) as f64 / 10.0))
    };
    let days: Vec<MeterSum> = (0..1_096).map(day).collect();
    let of_month = |at: i32| {
        let month = Period::month(2022 + (at / 12) as i16, (at % 12) as i8 + 1).unwrap();
        hour(month, days.iter().filter(|day| month.contains(day.period.start())).map(|day| day.sum).sum())
    };
    park.metered.insert(thermometer, Metered { months: (0..36).map(of_month).collect(), days, ..Metered::default() });
    park.metered.insert(main, Metered { months, days: Vec::new(), ..Metered::default() });
    park
}

fn inputs(park: &Park) -> Vec<(String, Vec<Piece>)> {
    let of = |measure| pieces(park, &CATALOGUE, year(), measure);
    park.measures.iter().map(|measure| (measure.id.to_string(), of(measure))).collect()
}

fn stale(before: &[(String, Vec<Piece>)], park: &Park) -> BTreeSet<String> {
    let pairs = before.iter().zip(inputs(park));
    pairs
        .filter(|((_, then), (_, now))| !changes(then, now).is_empty())
        .map(|((measure, _), _)| measure.clone())
        .collect()
}

fn verified(park: &Park) -> Vec<MeasureVerification> {
    verify_measures(park, &observe(park, &CATALOGUE, year()), &CATALOGUE)
}

/// The months that each measure compares.
fn compares(measure: &str, month: &Period) -> bool {
    let start = month.start();
    match measure {
        // Installed in December 2023; the site's bills begin in 2022.
        BILLED => start != date(2023, 12, 1),
        // Installed in the second week of January 2024; the meter begins in 2023.
        _ => start.year() >= 2023 && start != date(2024, 1, 1),
    }
}

fn site(measure: &str) -> &'static str {
    if measure == BILLED { "E03" } else { "E02" }
}

/// Changes a park and holds what became stale against what must.
fn check(expected: &BTreeSet<String>, what: &str, change: impl FnOnce(&mut Park)) {
    static BEFORE: LazyLock<Vec<(String, Vec<Piece>)>> = LazyLock::new(|| inputs(&SMALL));
    static RESULTS: LazyLock<Vec<MeasureVerification>> = LazyLock::new(|| verified(&SMALL));
    let mut park = SMALL.clone();
    change(&mut park);
    assert_eq!(stale(&BEFORE, &park), *expected, "{what}");
    if expected.len() < RESULTS.len() {
        for (then, now) in RESULTS.iter().zip(verified(&park)) {
            let is_same = then.comparison == now.comparison && then.claim.amount == now.claim.amount;
            assert!(is_same || expected.contains(then.measure.as_str()), "{what} changes {}", then.measure);
        }
    }
}

fn expected(rests: impl Fn(&str) -> bool) -> BTreeSet<String> {
    [BILLED, METERED].into_iter().filter(|measure| rests(measure)).map(str::to_string).collect()
}

#[test]
fn both_measures_of_the_small_park_have_a_saving() {
    let results = verified(&SMALL);
    let has_saving = results.iter().filter(|one| one.claim.uncertainty_90.is_some()).count();
    assert_eq!((results.len(), has_saving), (2, 2), "{results:?}");
}

#[test]
fn every_record_makes_exactly_those_stale_that_rest_on_it() {
    let mut stale = 0;
    for (at, record) in SMALL.records.iter().enumerate() {
        let rests = expected(|measure| {
            let is_used = match record.resource.as_str() {
                "electricity" => measure == BILLED,
                resource => resource == "product",
            };
            is_used && record.enterprise.as_str() == site(measure) && compares(measure, &record.period)
        });
        stale += rests.len();
        check(&rests, &format!("{record:?}"), |park| park.records[at].amount.value *= 1.01);
    }
    assert_eq!((SMALL.records.len(), stale), (216, 35 + 35 + 23));
}

#[test]
fn every_driver_makes_exactly_those_stale_that_rest_on_it() {
    for (at, driver) in SMALL.drivers.iter().enumerate() {
        let rests = expected(|measure| {
            // The thermometer holds against the degree days that its site declares.
            let is_used = measure == METERED || driver.driver != "cooling-degree-days";
            is_used && driver.enterprise.as_str() == site(measure) && compares(measure, &driver.period)
        });
        check(&rests, &format!("{driver:?}"), |park| park.drivers[at].value += 1.0);
    }
}

#[test]
fn every_reading_makes_exactly_those_stale_that_rest_on_it() {
    let main = MeterId::new("M1");
    let metered = expected(|measure| measure == METERED);
    let readings = &SMALL.readings[&main];
    assert_eq!(readings.len(), 744);
    for at in 0..readings.len() {
        check(&metered, &format!("reading {at}"), |park| {
            let value = &mut park.readings.get_mut(&main).unwrap()[at].value;
            *value = Some(value.unwrap_or(0.0) + 1.0);
        });
    }
    let months = &SMALL.metered[&main].months;
    assert_eq!(months.len(), 23);
    for (at, month) in months.iter().enumerate() {
        let rests = expected(|measure| measure == METERED && compares(measure, &month.period));
        check(&rests, &format!("{month:?}"), |park| park.metered.get_mut(&main).unwrap().months[at].sum += 1.0);
    }
}

#[test]
fn every_day_of_a_thermometer_makes_exactly_those_stale_that_rest_on_it() {
    let thermometer = MeterId::new("T");
    for (at, day) in SMALL.metered[&thermometer].days.iter().enumerate() {
        let month = Period::month(day.period.start().year(), day.period.start().month()).unwrap();
        let rests = expected(|measure| measure == BILLED && compares(measure, &month));
        check(&rests, &format!("{day:?}"), |park| park.metered.get_mut(&thermometer).unwrap().days[at].sum += 24.0);
    }
}

#[test]
fn what_changed_is_told_by_kind_and_month() {
    let measure = |park: &Park| park.measures.iter().position(|measure| measure.id.as_str() == BILLED).unwrap();
    let of = |park: &Park| pieces(park, &CATALOGUE, year(), &park.measures[measure(park)]);
    let told = |change: &dyn Fn(&mut Park)| -> Vec<(PieceKind, Option<String>, Fate)> {
        let mut park = SMALL.clone();
        change(&mut park);
        let told = |change: Change| (change.kind, change.month.map(|month| month.to_string()), change.fate);
        changes(&of(&SMALL), &of(&park)).into_iter().map(told).collect()
    };
    let is_bill = |record: &engine::park::Record| {
        record.enterprise.as_str() == "E03"
            && record.resource.as_str() == "electricity"
            && record.period == Period::month(2024, 5).unwrap()
    };
    let may = Some("2024-05".to_string());
    let gone = told(&|park| park.records.retain(|record| !is_bill(record)));
    assert!(gone.contains(&(PieceKind::Bills, may.clone(), Fate::Gone)), "{gone:?}");
    let corrected =
        told(&|park| park.records.iter_mut().filter(|one| is_bill(one)).for_each(|one| one.amount.value += 1.0));
    assert_eq!(corrected, [(PieceKind::Bills, may, Fate::Changed)]);
    // A bill's cost and its source decide nothing.
    assert_eq!(told(&|park| park.records.iter_mut().for_each(|one| one.cost_vnd = Some(1.0))), []);
    assert_eq!(
        told(&|park| {
            let at = measure(park);
            park.measures[at].share = Some(0.5);
        }),
        [(PieceKind::Measure, None, Fate::Changed), (PieceKind::Shares, None, Fate::Changed),]
    );
    let another_period = pieces(&SMALL, &CATALOGUE, Period::year(2023).unwrap(), &SMALL.measures[measure(&SMALL)]);
    assert!(changes(&of(&SMALL), &another_period).iter().any(|change| change.kind == PieceKind::Model));
}

#[test]
fn a_signature_holds_while_its_inputs_are_those_of_now() {
    let place = SMALL.measures.iter().position(|measure| measure.id.as_str() == METERED).unwrap();
    let signature = Signature {
        measure: SMALL.measures[place].id.clone(),
        inputs: digest(&pieces(&SMALL, &CATALOGUE, year(), &SMALL.measures[place])).as_str().to_string(),
        signer: "Kiểm toán viên".to_string(),
        evidence: "Biên bản 7".to_string(),
    };
    let status = |mut park: Park| {
        apply(&mut park, &CATALOGUE, year(), std::slice::from_ref(&signature));
        let found = verified(&park).into_iter().find(|one| one.measure == signature.measure).unwrap();
        (found.claim.status, found.claim.signer)
    };
    assert_eq!(status(SMALL.clone()), (Status::Verified, Some("Kiểm toán viên".to_string())));
    let mut changed = SMALL.clone();
    changed.readings.get_mut(&MeterId::new("M1")).unwrap()[5].value = Some(1.0);
    assert_eq!(status(changed), (Status::Measured, None));
}

/// The small park with a third measure, at the site of the first.
static WITH_PLAN: LazyLock<Park> = LazyLock::new(|| {
    let mut park = SMALL.clone();
    let meter = MeterId::new("D");
    let place = park.measures.iter().position(|measure| measure.id.as_str() == BILLED).unwrap();
    let billed = park.measures[place].clone();
    park.measures.push(Measure { id: MeasureId::new(PLANNED), meter: Some(meter.clone()), ..billed });
    park.meters.push(Meter {
        id: meter.clone(),
        enterprise: EnterpriseId::new("E03"),
        resource: ResourceId::new("electricity"),
        unit: "kWh".to_string(),
        name: park.meters[0].name.clone(),
        is_main: false,
    });
    park.plans.push(Plan {
        predictors: vec!["output".to_string(), "outdoor-temperature".to_string()],
        ..bare_plan(PLANNED, Some(meter.as_str()), PlannedModel::Regression, Step::Day)
    });
    let offset = jiff::Span::new().hours(-7);
    for (place, day) in date(2023, 1, 1).series(jiff::Span::new().days(1)).take(731).enumerate() {
        let output = 100.0 + 10.0 * ((place * 37 % 11) as f64);
        let scatter = 30.0 * ((place * 53 % 17) as f64 - 8.0);
        let whole = 2_000.0 + 50.0 * output + scatter;
        let value = if day.year() == 2024 { 0.9 * whole } else { whole };
        let at = jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0).saturating_add(offset)).unwrap();
        park.readings.entry(meter.clone()).or_default().push(Reading { at, value: Some(value) });
        let period = Period::new(day, day.tomorrow().unwrap()).unwrap();
        let enterprise = EnterpriseId::new("E03");
        park.drivers.push(Driver { enterprise, driver: "output".to_string(), period, value: output, unit: None });
    }
    park
});

/// Changes the park with a plan: exactly the expected become stale. Gives the park as it is then.
fn check_stale(expected: &[&str], what: &str, change: impl FnOnce(&mut Park)) -> Park {
    static BEFORE: LazyLock<Vec<(String, Vec<Piece>)>> = LazyLock::new(|| inputs(&WITH_PLAN));
    let mut park = WITH_PLAN.clone();
    change(&mut park);
    let expected: BTreeSet<String> = expected.iter().map(|measure| measure.to_string()).collect();
    assert_eq!(stale(&BEFORE, &park), expected, "{what}");
    park
}

/// As [`check_stale`], and what does not become stale comes out the same.
fn check_planned(expected: &[&str], what: &str, change: impl FnOnce(&mut Park)) {
    static RESULTS: LazyLock<Vec<MeasureVerification>> = LazyLock::new(|| verified(&WITH_PLAN));
    let mut park = check_stale(expected, what, change);
    park.measures.retain(|measure| !expected.contains(&measure.id.as_str()));
    for now in verified(&park) {
        let then = RESULTS.iter().find(|then| then.measure == now.measure).unwrap();
        assert!(then.comparison == now.comparison && then.claim.amount == now.claim.amount, "{what}: {}", now.measure);
    }
}

/// Installed in December 2023.
fn is_compared(day: Date) -> bool {
    (day.year(), day.month()) != (2023, 12)
}

#[test]
fn every_reading_and_column_of_a_plan_makes_exactly_its_verification_stale() {
    let (results, meter) = (verified(&WITH_PLAN), MeterId::new("D"));
    let planned = results.iter().find(|one| one.measure.as_str() == PLANNED).unwrap();
    assert!(planned.comparison.as_ref().unwrap().saving().is_some(), "{planned:?}");
    assert_eq!(planned.claim.method, "regression-day/2");
    let drivers = WITH_PLAN.drivers.len() - 731;
    let mut compared = 0;
    for (place, day) in date(2023, 1, 1).series(jiff::Span::new().days(1)).take(731).enumerate() {
        let expected: &[&str] = if is_compared(day) { &[PLANNED] } else { &[] };
        compared += expected.len();
        let reading = |park: &mut Park| {
            let value = &mut park.readings.get_mut(&meter).unwrap()[place].value;
            *value = value.map(|value| value + 1.0);
        };
        let output = |park: &mut Park| park.drivers[drivers + place].value += 1.0;
        // Days of the installation must leave the result as it is; of the others that is the business of the model.
        if expected.is_empty() {
            check_planned(expected, &format!("reading of {day}"), reading);
            check_planned(expected, &format!("output of {day}"), output);
        } else {
            check_stale(expected, &format!("reading of {day}"), reading);
            check_stale(expected, &format!("output of {day}"), output);
        }
    }
    assert_eq!(compared, 731 - 31);
}

#[test]
fn a_day_of_the_thermometer_makes_both_stale_that_look_at_it() {
    let thermometer = MeterId::new("T");
    for (at, day) in WITH_PLAN.metered[&thermometer].days.iter().enumerate().step_by(9) {
        let start = day.period.start();
        let of_plan = is_compared(start) && start.year() >= 2023;
        let month = Period::month(start.year(), start.month()).unwrap();
        let of_bills = compares(BILLED, &month);
        let expected: Vec<&str> =
            [(of_bills, BILLED), (of_plan, PLANNED)].into_iter().filter(|one| one.0).map(|one| one.1).collect();
        check_planned(&expected, &format!("{day:?}"), |park| {
            park.metered.get_mut(&thermometer).unwrap().days[at].sum += 24.0;
        });
    }
}

#[test]
fn what_the_plan_chose_is_an_input_and_its_note_is_none() {
    let plan = |change: fn(&mut Plan)| move |park: &mut Park| change(&mut park.plans[0]);
    check_planned(&[PLANNED], "another step", plan(|plan| plan.step = Step::Week));
    check_planned(&[PLANNED], "a day left out", plan(|plan| plan.left_out = vec![january()]));
    check_planned(&[PLANNED], "a later begin", plan(|plan| plan.begins = Some(date(2024, 3, 1))));
    check_planned(&[PLANNED], "no plan", |park| park.plans.clear());
    check_planned(
        &[],
        "its note and expectation",
        plan(|plan| {
            (plan.note, plan.expected_saving_a_year) = ("so".to_string(), Some(1.0));
        }),
    );
    check_planned(&[PLANNED], "its meter is gone", |park| park.meters.retain(|meter| meter.id.as_str() != "D"));
}
