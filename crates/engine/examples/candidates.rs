//! Our side of `./run bench candidates`: `candidates generate FOLDER STREAMS` writes the two tables,
//! `candidates run FOLDER N` finds the best 20 partners of every giver N times and follows changes. Prints one JSON
//! document; `bench/candidates/bench` holds it against DuckDB on the same files.

use std::error::Error;
use std::fs::{File, read_to_string};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use engine::matching::partners::{
    LivePartners, Partner, PartnerFile, Search, TakerIndex, Terms, in_order_of_place, read_streams, write_edges,
};
use serde_json::json;

const MOST: usize = 20;
const CHANGES: usize = 2_000;
/// Kinds of streams; the first are the most frequent, one in eight is hazardous.
const CLASSES: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["generate", folder, streams] => generate(Path::new(folder), streams.parse()?),
        ["run", folder, times] => run(Path::new(folder), times.parse()?),
        _ => Err("usage: candidates generate FOLDER STREAMS | candidates run FOLDER N".into()),
    }
}

fn run(folder: &Path, times: usize) -> Result<(), Box<dyn Error>> {
    let terms = Terms::default();
    let began = cpu_seconds()?;
    let table = |name: &str| File::open(folder.join(name)).map(BufReader::new);
    let (file, faults) = read_streams(table("givers.csv")?, table("takers.csv")?, false);
    let file = file.ok_or_else(|| format!("{faults:?}"))?;
    let read_s = cpu_seconds()? - began;

    let (mut cpu_s, mut index_s, mut search, mut lists) = (Vec::new(), Vec::new(), Search::default(), Vec::new());
    // The first run is not counted.
    for round in 0..=times {
        search = Search::default();
        let began = cpu_seconds()?;
        let index = TakerIndex::new(&file.takers, file.qualities, &terms);
        let indexed = cpu_seconds()?;
        lists = vec![Vec::new(); file.givers.len()];
        for giver in in_order_of_place(&file.givers) {
            lists[giver as usize] = index.best(&file.givers[giver as usize], MOST, &mut search);
        }
        if round > 0 {
            cpu_s.push(cpu_seconds()? - began);
            index_s.push(indexed - began);
        }
    }
    let memory_mb = peak_memory_mb()?;
    let began = cpu_seconds()?;
    let mut out = BufWriter::new(File::create(folder.join("ours.csv"))?);
    let links = write_edges(&file, &lists, &terms, &mut out)?;
    out.flush()?;
    let write_s = cpu_seconds()? - began;
    let givers = file.givers.len() as u64;
    let changes = follow_changes(&file, &terms, &lists)?;
    println!(
        "{}",
        json!({
            "givers": file.givers.len(), "takers": file.takers.len(), "links": links,
            "benefit": lists.iter().flatten().map(|partner| u64::from(partner.benefit_kvnd_t)).sum::<u64>(),
            "read_s": read_s, "write_s": write_s, "cpu_s": cpu_s, "index_s": index_s, "memory_mb": memory_mb,
            "nodes_a_giver": search.nodes / givers, "takers_a_giver": search.takers / givers,
            "change_of_giver_us": changes.givers_us, "change_of_taker_us": changes.takers_us, "lists_a_taker": changes.listed,
        })
    );
    Ok(())
}

/// How long each change took, and how many lists a change of a taker touched.
#[derive(Default)]
struct Changes {
    givers_us: Vec<f64>,
    takers_us: Vec<f64>,
    listed: Vec<usize>,
}

/// Changes the prices of streams, one after another; then puts them back, and the lists must be those of the start.
fn follow_changes(file: &PartnerFile, terms: &Terms, lists: &[Vec<Partner>]) -> Result<Changes, Box<dyn Error>> {
    let mut live = LivePartners::new(file.givers.clone(), file.takers.clone(), file.qualities, terms, MOST);
    let mut random = Random(5);
    let mut givers: Vec<u32> = (0..CHANGES).map(|_| random.below(file.givers.len()) as u32).collect();
    let mut takers: Vec<u32> = (0..CHANGES).map(|_| random.below(file.takers.len()) as u32).collect();
    givers.sort_unstable();
    givers.dedup();
    takers.sort_unstable();
    takers.dedup();
    let mut changes = Changes::default();
    for &place in &givers {
        let mut giver = file.givers[place as usize].clone();
        giver.disposal_kvnd_t *= 1.1;
        let began = Instant::now();
        live.set_giver(place, Some(giver));
        changes.givers_us.push(began.elapsed().as_secs_f64() * 1e6);
    }
    for &place in &takers {
        let mut taker = file.takers[place as usize].clone();
        taker.price_kvnd_t *= if random.below(2) == 0 { 1.1 } else { 0.9 };
        let began = Instant::now();
        let changed = live.set_taker(place, Some(taker));
        changes.takers_us.push(began.elapsed().as_secs_f64() * 1e6);
        changes.listed.push(changed.len());
    }
    for &place in &givers {
        live.set_giver(place, Some(file.givers[place as usize].clone()));
    }
    for &place in &takers {
        live.set_taker(place, Some(file.takers[place as usize].clone()));
    }
    if (0..file.givers.len()).any(|giver| live.partners(giver as u32) != lists[giver]) {
        return Err("lists that followed changes differ from those of a new search".into());
    }
    Ok(changes)
}

/// Half givers, half takers, of firms in 400 parks that crowd round two cities as Viet Nam's do; quantities, prices
/// and contents spread as in the test case `symbiosis`.
fn generate(folder: &Path, streams: usize) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let mut random = Random(2_024);
    let parks: Vec<(f64, f64)> = (0..400).map(|_| random.place()).collect();
    let firms: Vec<(usize, f64, f64)> = (0..(streams / 5).max(1))
        .map(|_| {
            let park = random.below(parks.len());
            let near = |at: f64, random: &mut Random| at + (random.share() - 0.5) * 0.03;
            (park, near(parks[park].0, &mut random), near(parks[park].1, &mut random))
        })
        .collect();
    let prices: Vec<f64> = (0..CLASSES).map(|_| 500.0 + 5_500.0 * random.share()).collect();
    let disposals: Vec<f64> =
        (0..CLASSES).map(|class| 250.0 + 800.0 * random.share() + if class % 8 == 7 { 600.0 } else { 0.0 }).collect();

    let mut givers = BufWriter::new(File::create(folder.join("givers.csv"))?);
    writeln!(givers, "id,firm,park,lat,lon,class,hazardous,qty_dt,disposal_kvnd_t,q0,q1,q2,q3")?;
    for id in 0..streams / 2 {
        let firm = random.below(firms.len());
        let (park, latitude, longitude) = firms[firm];
        let class = random.class();
        let hazardous = u8::from(class % 8 == 7);
        let quantity = 10 + random.about(400.0, 1.5) as u64;
        let disposal = random.about(disposals[class], 0.3).round();
        write!(givers, "{id},{firm},{park},{latitude:.5},{longitude:.5},{class},{hazardous},{quantity},{disposal}")?;
        for _ in 0..4 {
            write!(givers, ",{:.4}", random.about(1.0, 0.6))?;
        }
        writeln!(givers)?;
    }
    givers.flush()?;
    let mut takers = BufWriter::new(File::create(folder.join("takers.csv"))?);
    writeln!(takers, "id,firm,park,lat,lon,class,alt_class,licensed,qty_dt,price_kvnd_t,l0,l1,l2,l3")?;
    for id in 0..streams / 2 {
        let firm = random.below(firms.len());
        let (park, latitude, longitude) = firms[firm];
        let class = random.class();
        let alternative = if random.below(10) < 3 { random.class() as i64 } else { -1 };
        let licensed = u8::from(random.below(4) == 0);
        let quantity = 10 + random.about(400.0, 1.5) as u64;
        let price = random.about(prices[class], 0.2).round();
        write!(
            takers,
            "{id},{firm},{park},{latitude:.5},{longitude:.5},{class},{alternative},{licensed},{quantity},{price}"
        )?;
        for _ in 0..4 {
            write!(takers, ",{:.4}", random.about(1.7, 0.5))?;
        }
        writeln!(takers)?;
    }
    takers.flush()?;
    Ok(())
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn share(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }

    /// Log-normal, by the sum of twelve.
    fn about(&mut self, median: f64, spread: f64) -> f64 {
        let normal: f64 = (0..12).map(|_| self.share()).sum::<f64>() - 6.0;
        median * (spread * normal).exp()
    }

    /// The n-th class is n times as rare as the first.
    fn class(&mut self) -> usize {
        let all: f64 = (1..=CLASSES).map(|n| 1.0 / n as f64).sum();
        let mut left = self.share() * all;
        (1..CLASSES)
            .find(|n| {
                left -= 1.0 / *n as f64;
                left < 0.0
            })
            .map_or(CLASSES - 1, |n| n - 1)
    }

    fn place(&mut self) -> (f64, f64) {
        let (latitude, longitude, extent) = match self.below(10) {
            0..4 => (20.9, 106.1, 0.8),
            4..8 => (10.9, 106.7, 0.8),
            part => (12.0 + 0.9 * self.below(9) as f64, 107.5 + 0.3 * part as f64, 0.5),
        };
        (latitude + extent * (2.0 * self.share() - 1.0), longitude + extent * (2.0 * self.share() - 1.0))
    }
}

/// Of this process, user and system.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().ok_or("schedstat is empty")?.parse()?;
    Ok(nanoseconds / 1e9)
}

fn peak_memory_mb() -> Result<f64, Box<dyn Error>> {
    let text = read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
