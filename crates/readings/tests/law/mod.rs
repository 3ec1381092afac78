//! The law: whatever comes in, is corrected and is folded in whatever order, the tables say what a plain list of the
//! latest words says, and every rollup is the sum of the readings.

use std::collections::BTreeMap;

use engine::ids::MeterId;
use proptest::prelude::*;
use readings::generate::Plan;
use readings::{Arrivals, Bounds, MeterReadings};
use serde_json::Value;
use store::Scope;

use crate::home::{Home, lan};

const MINUTE: i64 = 60_000_000;
const METERS: usize = 3;
/// 2024-01-30 22:00 in Viet Nam: what is drawn lies in three months' last and first days.
const START: i64 = 1_706_626_800_000_000;

#[derive(Clone, Debug)]
enum Act {
    Send(Vec<(usize, i64, i32)>),
    Fold,
    FoldMonthsOfTwo,
}

fn act() -> impl Strategy<Value = Act> {
    // Half hours over 33 days, but mostly about the turn of a month, so that batches meet.
    let slot = prop_oneof![4 => 0..120_i64, 1 => 0..1_584_i64];
    let reading = (0..METERS, slot, -40..400_i32);
    prop_oneof![
        5 => prop::collection::vec(reading, 1..40).prop_map(Act::Send),
        2 => Just(Act::Fold),
        1 => Just(Act::FoldMonthsOfTwo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rollups_are_the_sum_of_the_readings_at_every_moment(acts in prop::collection::vec(act(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(holds(acts));
    }
}

/// More of them on request: `PROPTEST_CASES`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

async fn holds(acts: Vec<Act>) {
    let plan = Plan { seed: 1, meters: METERS, readings: 1, step_us: MINUTE, start_us: START };
    let home = Home::with(&plan).await;
    let mut model: BTreeMap<(MeterId, i64), f64> = BTreeMap::new();
    for act in &acts {
        match act {
            Act::Send(readings) => {
                let mut batch: BTreeMap<(usize, i64), f64> = BTreeMap::new();
                for (meter, slot, quarters) in readings {
                    batch.insert((*meter, START + slot * 30 * MINUTE), f64::from(*quarters) / 4.0);
                }
                let mut meters: BTreeMap<MeterId, MeterReadings> = BTreeMap::new();
                for ((meter, at_us), value) in batch {
                    meters.entry(plan.meter(meter)).or_default().values.push((at_us, value));
                    model.insert((plan.meter(meter), at_us), value);
                }
                let arrivals = Arrivals::new(meters).unwrap();
                home.readings.accept(&lan(), &home.park, &arrivals, "drawn", None).await.unwrap();
            }
            Act::Fold => {
                home.readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
            }
            Act::FoldMonthsOfTwo => {
                home.readings.compact(&lan(), &Scope::system(), None, 2, |_| {}).await.unwrap();
            }
        }
        compare(&home, &model).await;
    }
}

async fn compare(home: &Home, model: &BTreeMap<(MeterId, i64), f64>) {
    let sql = "select meter, cast(at as bigint) as at, value from readings order by meter, at";
    let found: Vec<(String, i64, f64)> = rows(home, sql)
        .await
        .iter()
        .map(|row| (text(row, "meter"), row["at"].as_i64().unwrap(), row["value"].as_f64().unwrap()))
        .collect();
    let expected: Vec<(String, i64, f64)> =
        model.iter().map(|((meter, at_us), value)| (meter.to_string(), *at_us, *value)).collect();
    assert_eq!(found, expected);

    for (grain, shown) in [("hour", 13), ("day", 10), ("month", 7)] {
        let sql =
            format!("select meter, cast({grain} as varchar) as start, count, sum, min, max from readings_{grain}");
        let mut found: Vec<_> = rows(home, &sql)
            .await
            .iter()
            .map(|row| {
                let number = |name: &str| row[name].as_f64().unwrap();
                let start: String = text(row, "start").chars().take(shown).collect();
                (
                    (text(row, "meter"), start),
                    row["count"].as_i64().unwrap(),
                    number("sum"),
                    number("min"),
                    number("max"),
                )
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let mut buckets: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
        for ((meter, at_us), value) in model {
            let local = jiff::Timestamp::from_microsecond(at_us + 7 * 60 * MINUTE).unwrap().to_string();
            let start = local.chars().take(shown).collect();
            buckets.entry((meter.to_string(), start)).or_default().push(*value);
        }
        let expected: Vec<_> = buckets
            .into_iter()
            .map(|(at, values)| {
                let (min, max) = values.iter().fold((f64::MAX, f64::MIN), |(min, max), v| (v.min(min), v.max(max)));
                (at, values.len() as i64, values.iter().sum::<f64>(), min, max)
            })
            .collect();
        assert_eq!(found, expected, "{grain}");
    }
}

async fn rows(home: &Home, sql: &str) -> Vec<Value> {
    let answer = home.readings.query(&Scope::system(), sql, Bounds::default()).await.expect("an answer");
    answer.json().expect("JSON")["rows"].as_array().expect("rows").clone()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().expect("a text").to_string()
}
