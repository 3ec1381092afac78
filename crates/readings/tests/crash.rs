//! A writer is killed at random moments. Whatever it acknowledged is there afterwards, once; whatever it did not is
//! either there whole or not at all. A kill does not prove what a power cut leaves; that is what the fsyncs are for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use engine::ids::ParkId;
use readings::generate::Plan;
use readings::{Arrivals, Bounds, MeterReadings, Place, Readings};
use store::{Actor, Scope, Store};

/// Where the child finds its store.
const CHILD: &str = "CONGSINH_CRASH_FOLDER";
/// How often it is killed; `./run prove crash` asks for more.
const ROUNDS: &str = "CONGSINH_CRASH_ROUNDS";
/// Where the counts are written.
const OUT: &str = "CONGSINH_CRASH_OUT";

const PER_BATCH: usize = 40;
const MINUTE: i64 = 60_000_000;

const PLAN: Plan = Plan { seed: 1, meters: 4, readings: 1, step_us: MINUTE, start_us: 1_706_200_000_000_000 };

fn open(folder: &Path) -> (tokio::runtime::Runtime, Readings) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let readings = runtime.block_on(async {
        let store = Store::open(&folder.join("store.sqlite")).await.expect("a store");
        Readings::open(store, &Place::Folder(folder.join("readings"))).expect("a folder")
    });
    (runtime, readings)
}

/// Readings that no other batch has: every fourth lies across the turn of a month.
fn batch(number: usize) -> Arrivals {
    let mut meters: BTreeMap<_, MeterReadings> = BTreeMap::new();
    for reading in 0..PER_BATCH {
        let slot = (number * PER_BATCH + reading) as i64;
        let at_us = PLAN.start_us + slot * MINUTE + (number % 4) as i64 * 20_000 * MINUTE;
        meters.entry(PLAN.meter(reading % 4)).or_default().values.push((at_us, number as f64));
    }
    Arrivals::new(meters).unwrap()
}

/// The child: sends batches, folds now and then, and says what was acknowledged, until it is killed.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let (runtime, readings) = open(Path::new(&folder));
    let park = ParkId::new("khu-do");
    let first: usize = std::fs::read_to_string(Path::new(&folder).join("next")).unwrap().parse().unwrap();
    runtime.block_on(async {
        for number in first.. {
            let actor = Actor::system(number as i64);
            let key = format!("gói {number}");
            readings.accept(&actor, &park, &batch(number), "crash", Some(&key)).await.unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "acknowledged {number}").unwrap();
            out.flush().unwrap();
            drop(out);
            if number % 7 == 0 {
                readings.compact(&actor, &Scope::system(), None, 1, |_| {}).await.unwrap();
            }
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_double() {
    let rounds: u64 = std::env::var(ROUNDS).map_or(10, |rounds| rounds.parse().expect("a number"));
    let folder = std::env::temp_dir().join(format!("congsinh-crash-{}", uuid::Uuid::now_v7()));
    let _gone = Gone(folder.clone());
    let (runtime, readings) = open(&folder);
    runtime.block_on(readings.store().save_park(&Actor::system(1), &PLAN.park("khu-do"), "")).unwrap();

    let (mut acknowledged, mut next, mut missing, mut double, mut partial, mut bad_files) =
        (BTreeSet::new(), 0, 0, 0, 0, 0);
    for round in 0..rounds {
        std::fs::write(folder.join("next"), next.to_string()).unwrap();
        let said = killed_after(&folder, round);
        next = said.iter().max().map_or(next, |last| last + 1).max(next);
        acknowledged.extend(said);
        let found = runtime.block_on(count_by_batch(&readings));
        missing += acknowledged.iter().filter(|number| !found.contains_key(*number)).count();
        double += found.values().filter(|count| **count > PER_BATCH as u64).count();
        partial += found.values().filter(|count| **count < PER_BATCH as u64).count();
        bad_files += runtime.block_on(files_unlike_the_manifest(&readings, &folder));
        // A batch that was under way may have come through unacknowledged: its sender would send it again.
        next = found.keys().max().map_or(next, |last| (last + 1).max(next));
    }
    let rows = runtime.block_on(count_by_batch(&readings)).values().sum::<u64>();
    let expected = acknowledged.len() * PER_BATCH;
    println!(
        "{rounds} kills: {} batches with {expected} readings acknowledged, {rows} readings found; \
         missing {missing}, double {double}, partial {partial}, bad files {bad_files}",
        acknowledged.len()
    );
    if let Ok(out) = std::env::var(OUT) {
        let counts = serde_json::json!({
            "kills": rounds, "batches_acknowledged": acknowledged.len(), "readings_acknowledged": expected,
            "readings_found": rows, "missing": missing, "double": double, "partial": partial, "bad_files": bad_files,
        });
        std::fs::write(out, counts.to_string()).unwrap();
    }
    assert!(acknowledged.len() as u64 >= rounds, "too little was written to prove anything");
    assert_eq!((missing, double, partial, bad_files), (0, 0, 0, 0));
    assert!(rows >= expected as u64);
}

/// Starts the child, kills it at a moment that differs from round to round, and says what it acknowledged.
fn killed_after(folder: &Path, round: u64) -> Vec<usize> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the child starts");
    let stdout = child.stdout.take().expect("its output");
    let (sender, receiver) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(number) = line.rsplit_once("acknowledged ").and_then(|(_, number)| number.parse().ok()) {
                said.push(number);
                let _ = sender.send(());
            }
        }
        said
    });
    // The first acknowledgement shows that it runs; the kill follows after up to 400 ms.
    receiver.recv_timeout(Duration::from_secs(60)).expect("the child acknowledges something");
    let pause = Duration::from_micros((round * 7_919 + 13) * 104_729 % 400_000);
    let until = Instant::now() + pause;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_micros(500));
    }
    child.kill().expect("the child is killed");
    child.wait().expect("the child is gone");
    reader.join().expect("what it said")
}

/// How many readings of each batch there are: the value of a reading is its batch's number.
async fn count_by_batch(readings: &Readings) -> BTreeMap<usize, u64> {
    let sql = "select cast(value as bigint) as batch, count(*) as n from readings group by 1";
    let bounds = Bounds { rows: 1_000_000, ..Bounds::default() };
    let answer = readings.query(&Scope::system(), sql, bounds).await.expect("an answer").json().expect("JSON");
    let rows = answer["rows"].as_array().expect("rows");
    rows.iter().map(|row| (row["batch"].as_u64().unwrap() as usize, row["n"].as_u64().unwrap())).collect()
}

/// Listed files that are not there, or not as they were listed.
async fn files_unlike_the_manifest(readings: &Readings, folder: &Path) -> usize {
    use sha2::{Digest, Sha256};
    let listed = readings.store().segments(&Scope::system(), None).await.expect("the manifest");
    let is_bad = |segment: &store::Segment| {
        let bytes = std::fs::read(folder.join("readings").join(&segment.file.path)).unwrap_or_default();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        hash != segment.file.sha256 || bytes.len() as i64 != segment.file.bytes
    };
    listed.iter().filter(|segment| is_bad(segment)).count()
}

struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
