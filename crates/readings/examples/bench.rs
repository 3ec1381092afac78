//! Our side of `./run bench readings`: `bench generate FOLDER METERSxREADINGS` writes CSV files, `bench run FOLDER N` takes
//! them in, folds them and asks each question N times. Prints one JSON document; `bench/readings/bench` holds it against
//! DuckDB on the same files.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use cpu_time::ProcessTime;
use engine::catalogue::Catalogue;
use engine::ids::ParkId;
use engine::period::Period;
use readings::generate::Plan;
use readings::ingest::Asked;
use readings::{Bounds, Place, Readings};
use serde_json::{Value, json};
use store::{Actor, Scope, SegmentKind, Store};

const PER_FILE: usize = 2_000_000;
const START_US: i64 = 1_704_042_000_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["generate", folder, size] => generate(Path::new(folder), size),
        ["run", folder, size, times] => run(Path::new(folder), size, times.parse()?).await,
        _ => bail!("usage: bench generate FOLDER METERSxREADINGS | bench run FOLDER METERSxREADINGS N"),
    }
}

fn plan(size: &str) -> anyhow::Result<Plan> {
    let (meters, readings) = size.split_once('x').context("METERSxREADINGS")?;
    let (meters, readings) = (meters.parse()?, readings.parse()?);
    Ok(Plan { seed: 2024, meters, readings, step_us: 3_600_000_000, start_us: START_US })
}

/// In the order of time, as a gateway collects them.
fn generate(folder: &Path, size: &str) -> anyhow::Result<()> {
    let plan = plan(size)?;
    std::fs::create_dir_all(folder)?;
    let per_file = (PER_FILE / plan.meters).max(1);
    let gaps: Vec<_> = (0..plan.meters).map(|meter| plan.gap(meter)).collect();
    for (number, start) in (0..plan.readings).step_by(per_file).enumerate() {
        let file = std::fs::File::create(folder.join(format!("readings-{number:04}.csv")))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        writeln!(out, "meter,at,value")?;
        for reading in start..(start + per_file).min(plan.readings) {
            let local = jiff::Timestamp::from_microsecond(plan.at_us(reading) + 7 * 3_600_000_000)?;
            let local = jiff::tz::Offset::UTC.to_datetime(local);
            for (meter, gap) in gaps.iter().enumerate() {
                if !gap.as_ref().is_some_and(|gap| gap.readings.contains(&reading)) {
                    let value = plan.value(meter, reading);
                    writeln!(out, "{},{local}+07:00,{value}", plan.meter(meter))?;
                }
            }
        }
        out.flush()?;
    }
    Ok(())
}

async fn run(folder: &Path, size: &str, times: usize) -> anyhow::Result<()> {
    let plan = plan(size)?;
    let home = folder.join("ours");
    let _ = std::fs::remove_dir_all(&home);
    let store = Store::open(&home.join("store.sqlite")).await?;
    let actor = Actor::system(1);
    let park = ParkId::new("khu-do");
    store.save_park(&actor, &plan.park("khu-do"), "").await?;
    let readings = Readings::open(store, &Place::Folder(home.join("readings")))?;

    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "csv"));
    files.sort();
    let catalogue = Catalogue::default();
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let mut count = 0;
    for file in &files {
        count += readings.ingest(&actor, &catalogue, &park, file, &Asked::default()).await?.receipt.readings;
    }
    let ingest = json!({ "wall_s": wall.elapsed().as_secs_f64(), "cpu_s": cpu.elapsed().as_secs_f64() });
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    readings.compact(&actor, &Scope::system(), None, 1, |_| {}).await?;
    let fold = json!({ "wall_s": wall.elapsed().as_secs_f64(), "cpu_s": cpu.elapsed().as_secs_f64() });

    let segments = readings.store().segments(&Scope::system(), None).await?;
    let raw: Vec<_> = segments.iter().filter(|segment| segment.file.kind == SegmentKind::Raw).collect();
    let paths: Vec<_> = raw.iter().map(|segment| home.join("readings").join(&segment.file.path)).collect();
    let bytes: i64 = raw.iter().map(|segment| segment.file.bytes).sum();
    let rollups: i64 = segments.iter().map(|segment| segment.file.bytes).sum::<i64>() - bytes;

    let mut questions = serde_json::Map::new();
    // Each side adds its answer up itself, so that nobody pays for handing rows over.
    for (name, sql) in [
        (
            "one_meter_to_days",
            "select cast(local as date), sum(value) as total from readings where meter = 'M00042' group by 1",
        ),
        ("one_meter_to_days_rollup", "select day, sum as total from readings_day where meter = 'M00042'"),
        (
            "all_meters_by_month",
            "select meter, date_trunc('month', local), sum(value) as total from readings group by 1, 2",
        ),
        ("all_meters_by_month_rollup", "select meter, month, sum as total from readings_month"),
    ] {
        let sql = format!("select count(*) as rows, sum(total) as total from ({sql})");
        let (mut walls, mut cpus, mut answer) = (Vec::new(), Vec::new(), Value::Null);
        for _ in 0..=times {
            let (wall, cpu) = (Instant::now(), ProcessTime::now());
            let found = readings.query(&Scope::system(), &sql, Bounds::default()).await?.json()?;
            walls.push(wall.elapsed().as_secs_f64());
            cpus.push(cpu.elapsed().as_secs_f64());
            answer = json!([found["rows"][0]["rows"], found["rows"][0]["total"]]);
        }
        // The first asks a cold cache.
        questions.insert(name.to_string(), json!({ "wall_s": walls[1..], "cpu_s": cpus[1..], "answer": answer }));
    }
    let (mut walls, mut cpus, mut answer) = (Vec::new(), Vec::new(), Value::Null);
    for _ in 0..=times {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        let found = readings.findings(&Scope::system(), &park, Period::year(2024).context("a year")?).await?;
        walls.push(wall.elapsed().as_secs_f64());
        cpus.push(cpu.elapsed().as_secs_f64());
        let missing: i64 = found.iter().map(|finding| finding.readings).sum();
        answer = json!([found.len(), missing]);
    }
    questions.insert("gaps".to_string(), json!({ "wall_s": walls[1..], "cpu_s": cpus[1..], "answer": answer }));

    let answer = json!({
        "readings": count, "bytes": bytes, "bytes_of_rollups": rollups, "files": paths, "ingest": ingest, "fold": fold,
        "questions": questions,
    });
    println!("{answer}");
    Ok(())
}
