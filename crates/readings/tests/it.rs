//! The story of readings: batches come in, are corrected and folded, and at every moment the rollups are the sum of the
//! readings.

mod files;
mod home;
mod law;

use engine::ids::MeterId;
use engine::period::Period;
use home::{Home, lan};
use readings::generate::Plan;
use readings::{AcceptError, Arrivals, Bounds, FindingKind, Grain, MeterReadings, QueryError, findings_among};
use store::{Scope, SegmentKind};

const HOUR: i64 = 3_600_000_000;

/// 2024-01-01 in Viet Nam.
const NEW_YEAR: i64 = 1_704_042_000_000_000;

fn small_plan() -> Plan {
    Plan { seed: 7, meters: 60, readings: 24 * 70, step_us: HOUR, start_us: NEW_YEAR }
}

#[tokio::test]
async fn batches_are_kept_corrected_and_folded() {
    let plan = small_plan();
    let home = Home::with(&plan).await;
    let (readings, park) = (&home.readings, &home.park);
    for stretch in [0..500, 500..1_000, 1_000..plan.readings] {
        readings.accept(&lan(), park, &plan.arrivals(stretch), "plan", None).await.unwrap();
    }
    readings.accept(&lan(), park, &plan.corrections(), "plan", None).await.unwrap();

    let truth = plan.truth();
    assert_eq!(home.count_and_sum("readings", "value").await, truth, "before folding");
    for grain in ["hour", "day", "month"] {
        assert_eq!(home.rolled_up(grain).await, truth, "{grain}, before folding");
    }
    let done = readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
    assert!(done.len() == 3 && done.iter().all(|compaction| compaction.is_done), "{done:?}");
    assert_eq!(home.count_and_sum("readings", "value").await, truth, "after folding");
    for grain in ["hour", "day", "month"] {
        assert_eq!(home.rolled_up(grain).await, truth, "{grain}, after folding");
    }
    assert!(readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_readings_again_change_nothing_and_a_correction_can_be_taken_back() {
    let plan = Plan { meters: 3, readings: 48, ..small_plan() };
    let home = Home::with(&plan).await;
    let (readings, park) = (&home.readings, &home.park);
    let first = plan.arrivals(0..48);
    let other = Plan { seed: 8, ..plan }.arrivals(0..48);
    let accept = |arrivals, key| readings.accept(Box::leak(Box::new(lan())), park, arrivals, "plan", key);

    assert!(!accept(&first, None).await.unwrap().is_repetition);
    assert!(accept(&first, None).await.unwrap().is_repetition);
    let truth = home.count_and_sum("readings", "value").await;
    assert!(!accept(&other, None).await.unwrap().is_repetition);
    assert_ne!(home.count_and_sum("readings", "value").await, truth);
    // Said again after a correction, it is the latest word.
    assert!(!accept(&first, None).await.unwrap().is_repetition);
    assert_eq!(home.count_and_sum("readings", "value").await, truth);
    assert!(accept(&first, None).await.unwrap().is_repetition);

    assert!(!accept(&other, Some("gói 1")).await.unwrap().is_repetition);
    assert!(accept(&other, Some("gói 1")).await.unwrap().is_repetition);
    assert!(matches!(accept(&first, Some("gói 1")).await, Err(AcceptError::KeyTaken(_))));

    // Every word is still there, folded or not.
    readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
    let day = jiff::civil::date(2024, 1, 1);
    let versions = readings.history(&Scope::system(), park, &plan.meter(0), day).await.unwrap();
    assert_eq!(versions.len(), 24 * 4);
    assert_eq!(versions.iter().filter(|version| version.holds).count(), 24);
    assert!(versions.windows(2).all(|pair| (pair[0].at_us, pair[0].seq) < (pair[1].at_us, pair[1].seq)));
}

#[tokio::test]
async fn an_unknown_meter_stops_the_batch() {
    let plan = Plan { meters: 2, readings: 24, ..small_plan() };
    let home = Home::with(&plan).await;
    let larger = Plan { meters: 4, ..plan };
    let refused = home.readings.accept(&lan(), &home.park, &larger.arrivals(0..24), "plan", None).await;
    let Err(AcceptError::UnknownMeters(unknown)) = refused else { panic!("{refused:?}") };
    assert_eq!(unknown, vec![MeterId::new("M00002"), MeterId::new("M00003")]);
    assert_eq!(home.count_and_sum("readings", "value").await, (0, 0.0));
}

#[tokio::test]
async fn planted_gaps_are_found_and_nothing_else() {
    let plan = small_plan();
    let home = Home::with(&plan).await;
    home.readings.accept(&lan(), &home.park, &plan.arrivals(0..plan.readings), "plan", None).await.unwrap();
    for is_folded in [false, true] {
        if is_folded {
            home.readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
        }
        let year = Period::year(2024).unwrap();
        let found = home.readings.findings(&Scope::system(), &home.park, year).await.unwrap();
        let found: Vec<_> =
            found.iter().map(|finding| (&finding.meter, finding.kind, finding.from_us, finding.to_us)).collect();
        let planted: Vec<_> = (0..plan.meters).filter_map(|meter| plan.gap(meter)).collect();
        assert!(planted.len() >= 3, "the plan plants too little to prove anything");
        let meters: Vec<MeterId> = planted.iter().map(|gap| plan.meter(gap.meter)).collect();
        let expected: Vec<_> = planted
            .iter()
            .zip(&meters)
            .map(|(gap, meter)| (meter, FindingKind::Gap, plan.at_us(gap.readings.start), plan.at_us(gap.readings.end)))
            .collect();
        assert_eq!(found, expected, "folded: {is_folded}");
    }
}

#[tokio::test]
async fn months_and_series_say_what_is_missing() {
    let plan = small_plan();
    let home = Home::with(&plan).await;
    home.readings.accept(&lan(), &home.park, &plan.arrivals(0..plan.readings), "plan", None).await.unwrap();
    let february = Period::month(2024, 2).unwrap();
    let months = home.readings.months(&Scope::system(), &home.park, february).await.unwrap();
    assert_eq!(months.len(), plan.meters);
    assert!(months.iter().all(|month| month.expected == Some(29 * 24) && month.month == february));
    let meter = plan.meter(1);
    for (grain, points) in [(Grain::Raw, 29 * 24), (Grain::Hour, 29 * 24), (Grain::Day, 29), (Grain::Month, 1)] {
        let series =
            home.readings.series(&Scope::system(), (&home.park, &meter), february, grain, 10_000).await.unwrap();
        let sum: f64 = series.iter().map(|point| point.value).sum();
        assert_eq!((series.len(), sum), (points, months[1].sum), "{grain:?}");
        // 1 February in Viet Nam begins at 17:00 UTC the day before.
        assert_eq!(series[0].at_us, NEW_YEAR + 31 * 24 * HOUR, "{grain:?}");
    }
}

#[tokio::test]
async fn a_balance_takes_months_without_what_hangs() {
    let plan = small_plan();
    let home = Home::with(&plan).await;
    let (readings, park, meter) = (&home.readings, &home.park, plan.meter(1));
    readings.accept(&lan(), park, &plan.arrivals(0..plan.readings), "plan", None).await.unwrap();
    // From 31 January 18:00 on, thirty hours hang on one value: six in one month, a whole day in the next.
    let hangs = 30 * 24 + 18..31 * 24 + 24;
    let values = hangs.clone().map(|reading| (plan.at_us(reading), 12.5)).collect();
    let only = [(meter.clone(), MeterReadings { values, counter: None })].into();
    readings.accept(&lan(), park, &Arrivals::new(only).unwrap(), "hangs", None).await.unwrap();
    let year = Period::year(2024).unwrap();
    for is_folded in [false, true] {
        if is_folded {
            readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
        }
        let whole = readings.months(&Scope::system(), park, year).await.unwrap();
        let metered = readings.metered(&Scope::system(), park, &[meter.clone()].into()).await.unwrap();
        assert_eq!(metered.len(), plan.meters);
        for month in &whole {
            let sums = &metered[&month.meter].months;
            let sum = sums.iter().find(|sum| sum.period == month.month).unwrap();
            let frozen = match (month.meter == meter, month.month.start().month()) {
                (true, 1) => 6,
                (true, 2) => 24,
                _ => 0,
            };
            assert_eq!(
                (sum.frozen, sum.readings as i64, sum.step_s),
                (frozen, month.count - frozen as i64, Some(3600))
            );
            assert!((sum.sum - month.sum + 12.5 * frozen as f64).abs() < 1e-9, "{} {}", month.meter, month.month);
        }
        assert_eq!(metered[&meter].days.len(), 70, "days of the meter that was asked for");
        assert!(metered[&plan.meter(2)].days.is_empty());
        let latest = readings.latest(&Scope::system(), park).await.unwrap();
        assert_eq!((latest.len(), latest[&meter]), (plan.meters, plan.at_us(plan.readings - 1)));
        let found = readings.findings_of(&Scope::system(), park, Some(&meter), year).await.unwrap();
        let kinds: Vec<_> = found.iter().map(|finding| (finding.kind, finding.from_us, finding.readings)).collect();
        assert_eq!(kinds, [(FindingKind::Frozen, plan.at_us(hangs.start), 30)]);
    }
    let scope = home.scope_of("dn-03");
    let own = readings.metered(&scope, park, &Default::default()).await.unwrap();
    assert_eq!(own.keys().map(MeterId::as_str).collect::<Vec<_>>(), ["M00003", "M00053"]);
    assert_eq!(readings.latest(&scope, park).await.unwrap().len(), 2);
}

#[test]
fn readings_elsewhere_are_looked_at_by_the_same_rules() {
    let plan = Plan { meters: 1, readings: 24 * 30, ..small_plan() };
    let at = |day: usize, hour: usize| plan.at_us(day * 24 + hour);
    let value = |reading: usize| match (reading / 24, reading % 24) {
        (4, 3..=7) => None,
        (9, 12) => Some(1_000.0),
        (14, _) => Some(12.5),
        (_, hour) => Some(10.0 + (hour % 2) as f64),
    };
    let values = (0..plan.readings).filter_map(|reading| Some((plan.at_us(reading), value(reading)?)));
    let found = findings_among(&plan.meter(0), &values.collect::<Vec<_>>(), 7 * HOUR);
    let found: Vec<_> = found.iter().map(|one| (one.kind, one.from_us, one.to_us, one.readings)).collect();
    let expected = [
        (FindingKind::Gap, at(4, 3), at(4, 8), 5),
        (FindingKind::Spike, at(9, 12), at(9, 13), 1),
        (FindingKind::Frozen, at(14, 0), at(15, 0), 24),
    ];
    assert_eq!(found, expected);
    assert_eq!(findings_among(&plan.meter(0), &[], 0), []);
}

#[tokio::test]
async fn a_question_reads_and_does_nothing_else() {
    let plan = Plan { meters: 2, readings: 48, ..small_plan() };
    let home = Home::with(&plan).await;
    home.readings.accept(&lan(), &home.park, &plan.arrivals(0..48), "plan", None).await.unwrap();
    let ask = |sql: &'static str, rows| {
        let bounds = Bounds { rows, ..Bounds::default() };
        let readings = home.readings.clone();
        async move { readings.query(&Scope::system(), sql, bounds).await }
    };
    for refused in [
        "create table x as select 1",
        "drop table readings",
        "insert into readings select * from readings",
        "copy readings to '/tmp/x.csv'",
        "create external table x stored as csv location '/etc/passwd'",
        "set datafusion.execution.batch_size = 1",
        "select * from '/etc/passwd'",
        "select * from raw_clean",
        "select * from information_schema.tables",
        "select nothing from readings",
        "selec 1",
        "select 1; select 2",
    ] {
        let answer = ask(refused, 10).await;
        assert!(matches!(answer, Err(QueryError::Refused(_))), "{refused}: {answer:?}");
    }
    let answer = ask("select meter, at, value from readings order by meter, at", 50).await.unwrap();
    assert_eq!((answer.rows(), answer.is_complete), (50, false));
    let answer = ask("select count(*) as n, min(local) as first from readings", 50).await.unwrap();
    assert_eq!(answer.json().unwrap()["rows"][0]["n"], 96);
    assert_eq!(answer.json().unwrap()["rows"][0]["first"], "2024-01-01T00:00:00");
    assert_eq!(answer.csv().unwrap().lines().next(), Some("n,first"));
}

#[tokio::test]
async fn a_scope_sees_its_own_meters_and_no_others() {
    let plan = Plan { meters: 60, readings: 48, ..small_plan() };
    let home = Home::with(&plan).await;
    home.readings.accept(&lan(), &home.park, &plan.arrivals(0..48), "plan", None).await.unwrap();
    for is_folded in [false, true] {
        if is_folded {
            home.readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
        }
        let scope = home.scope_of("dn-03");
        for table in ["readings", "readings_hour", "readings_day", "readings_month", "meters"] {
            let sql = format!("select distinct meter from {table} order by meter");
            let answer = home.readings.query(&scope, &sql, Bounds::default()).await.unwrap();
            let meters = answer.json().unwrap()["rows"].as_array().unwrap().clone();
            let meters: Vec<&str> = meters.iter().map(|row| row["meter"].as_str().unwrap()).collect();
            assert_eq!(meters, ["M00003", "M00053"], "{table}, folded: {is_folded}");
        }
        let day = jiff::civil::date(2024, 1, 1);
        let foreign = home.readings.history(&scope, &home.park, &MeterId::new("M00004"), day).await.unwrap();
        assert!(foreign.is_empty());
    }
}

#[tokio::test]
async fn what_nobody_asks_for_is_swept_and_nothing_else() {
    let plan = Plan { meters: 3, readings: 24 * 40, ..small_plan() };
    let home = Home::with(&plan).await;
    for stretch in [0..100, 100..plan.readings] {
        home.readings.accept(&lan(), &home.park, &plan.arrivals(stretch), "plan", None).await.unwrap();
        home.readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
    }
    std::fs::write(home.folder().join("rest.parquet.part"), "half").unwrap();
    let (truth, versions) = (home.count_and_sum("readings", "value").await, home.files());
    let later = |days: i64| {
        let now = jiff::Timestamp::now().as_microsecond();
        store::Actor::system(now + days * 24 * HOUR)
    };
    assert_eq!(home.readings.sweep(&later(0)).await.unwrap(), readings::Swept::default());
    let swept = home.readings.sweep(&later(9)).await.unwrap();
    // January was folded twice: the three rollups of its first time go; its files as they came stay.
    assert_eq!((swept.unlisted, swept.replaced), (1, 3));
    assert_eq!(home.files(), versions - 4);
    assert_eq!(home.count_and_sum("readings", "value").await, truth);
    let listed = home.readings.store().segments(&Scope::system(), None).await.unwrap();
    assert_eq!(listed.iter().filter(|segment| segment.file.kind == SegmentKind::Raw).count(), 2);
}
