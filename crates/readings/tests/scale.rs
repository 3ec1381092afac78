//! Many readings with planted truths: everything that was planted is found, and nothing else. A million in
//! `./run test`; `./run prove readings` asks for a hundred million and keeps the figures.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod home;

use std::time::Instant;

use engine::period::Period;
use home::{Home, lan};
use readings::FindingKind;
use readings::generate::Plan;
use serde_json::json;
use store::{Scope, SegmentKind};

/// `METERSxREADINGS`, and where the figures are written.
const SIZE: &str = "CONGSINH_SCALE";
const OUT: &str = "CONGSINH_SCALE_OUT";

/// Readings that are sent together.
const PER_BATCH: usize = 4_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_planted_among_many_readings_is_found() {
    let size = std::env::var(SIZE).unwrap_or_else(|_| "500x2000".to_string());
    let (meters, readings) = size.split_once('x').expect("METERSxREADINGS");
    let (meters, readings) = (meters.parse().expect("a number"), readings.parse().expect("a number"));
    // Hourly from 2024-01-01 in Viet Nam.
    let plan = Plan { seed: 2024, meters, readings, step_us: 3_600_000_000, start_us: 1_704_042_000_000_000 };
    let home = Home::with(&plan).await;
    let mut figures = serde_json::Map::new();

    let began = Instant::now();
    let per_batch = (PER_BATCH / meters).clamp(1, readings);
    let mut sent = 0;
    for start in (0..readings).step_by(per_batch) {
        let arrivals = plan.arrivals(start..(start + per_batch).min(readings));
        sent += arrivals.count();
        home.readings.accept(&lan(), &home.park, &arrivals, "plan", None).await.unwrap();
    }
    let corrections = plan.corrections();
    sent += corrections.count();
    home.readings.accept(&lan(), &home.park, &corrections, "plan", None).await.unwrap();
    figures.insert("readings_sent".to_string(), json!(sent));
    figures.insert("seconds_to_generate_and_take_in".to_string(), json!(began.elapsed().as_secs_f64()));

    let truth = plan.truth();
    let mut is_folded = false;
    loop {
        for grain in ["hour", "day", "month"] {
            let began = Instant::now();
            assert_eq!(home.rolled_up(grain).await, truth, "{grain}, folded: {is_folded}");
            let name = format!("seconds_to_add_up_every_{grain}_{}", if is_folded { "folded" } else { "unfolded" });
            figures.insert(name, json!(began.elapsed().as_secs_f64()));
        }
        assert_eq!(home.count_and_sum("readings", "value").await, truth, "folded: {is_folded}");
        if is_folded {
            break;
        }
        let began = Instant::now();
        let done = home.readings.compact(&lan(), &Scope::system(), None, 1, |_| {}).await.unwrap();
        assert!(done.iter().all(|compaction| compaction.is_done));
        figures.insert("seconds_to_fold".to_string(), json!(began.elapsed().as_secs_f64()));
        is_folded = true;
    }

    let began = Instant::now();
    let year = Period::year(2024).unwrap();
    let found = home.readings.findings(&Scope::system(), &home.park, year).await.unwrap();
    figures.insert("seconds_to_find_gaps".to_string(), json!(began.elapsed().as_secs_f64()));
    let found: Vec<_> =
        found.iter().map(|finding| (finding.meter.clone(), finding.kind, finding.from_us, finding.to_us)).collect();
    let planted: Vec<_> = (0..plan.meters)
        .filter_map(|meter| plan.gap(meter))
        .map(|gap| {
            let (from_us, to_us) = (plan.at_us(gap.readings.start), plan.at_us(gap.readings.end));
            (plan.meter(gap.meter), FindingKind::Gap, from_us, to_us)
        })
        .collect();
    assert!(planted.len() > plan.meters / 20, "the plan plants too little to prove anything");
    assert_eq!(found, planted);

    let segments = home.readings.store().segments(&Scope::system(), None).await.unwrap();
    let bytes = |is_kind: fn(SegmentKind) -> bool| {
        segments.iter().filter(|segment| is_kind(segment.file.kind)).map(|segment| segment.file.bytes).sum::<i64>()
    };
    let (raw, rollups) = (bytes(|kind| kind == SegmentKind::Raw), bytes(|kind| kind != SegmentKind::Raw));
    figures.insert("meters".to_string(), json!(meters));
    figures.insert("readings_kept".to_string(), json!(truth.0));
    figures.insert("gaps_planted_and_found".to_string(), json!(planted.len()));
    figures.insert("bytes_per_reading".to_string(), json!(raw as f64 / truth.0 as f64));
    figures.insert("bytes_of_rollups_per_reading".to_string(), json!(rollups as f64 / truth.0 as f64));
    println!("{}", serde_json::to_string_pretty(&figures).unwrap());
    if let Ok(out) = std::env::var(OUT) {
        std::fs::write(out, serde_json::to_string_pretty(&figures).unwrap()).unwrap();
    }
}
