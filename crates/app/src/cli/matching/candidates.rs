//! `match candidates`: the best partners of every giver of two tables, written as the links of a network.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use cpu_time::ProcessTime;
use engine::fault::{Fault, FaultKind, Place};
use engine::matching::partners::{
    Partner, PartnerFile, Search, TakerIndex, Terms, in_order_of_place, read_streams, write_edges,
};
use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::cli::{Answer, Stop, print_json};

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of givers.csv and takers.csv, or of both as .csv.gz
    folder: PathBuf,
    /// Takers of each giver at most
    #[arg(long, value_name = "K", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    top: u32,
    /// Where the links go: giver,taker,benefit_kvnd_t,road_km
    #[arg(long, value_name = "EDGES.csv")]
    out: PathBuf,
    /// Haulage, thousand VND per t and km of road
    #[arg(long, value_name = "KVND", default_value_t = Terms::default().haulage_kvnd_t_km)]
    haulage: f64,
    /// Road over straight line
    #[arg(long, value_name = "FACTOR", default_value_t = Terms::default().detour)]
    detour: f64,
    /// A content may be so many times its limit
    #[arg(long, value_name = "FACTOR", default_value_t = Terms::default().most_over_limit)]
    most_over_limit: f64,
    /// Share of its price that a taker saves on a stream of its class
    #[arg(long, value_name = "SHARE", default_value_t = Terms::default().share)]
    share: f64,
    /// The same on a stream of its alternative class
    #[arg(long, value_name = "SHARE", default_value_t = Terms::default().alternative_share)]
    alternative_share: f64,
    /// Treatment of any stream, thousand VND per t
    #[arg(long, value_name = "KVND", default_value_t = Terms::default().treatment_kvnd_t)]
    treatment: f64,
    /// More treatment for each quality: so much times what content over limit exceeds --treated-from
    #[arg(long, value_name = "KVND", default_value_t = Terms::default().treatment_over_kvnd_t)]
    treatment_over: f64,
    /// Content over limit from which a quality is treated
    #[arg(long, value_name = "FACTOR", default_value_t = Terms::default().treated_from)]
    treated_from: f64,
    /// More treatment of a hazardous stream, thousand VND per t
    #[arg(long, value_name = "KVND", default_value_t = Terms::default().hazardous_kvnd_t)]
    hazardous: f64,
    /// Leave out pairs inside one firm; both tables then need the column firm
    #[arg(long)]
    between_firms: bool,
}

#[derive(Serialize)]
struct Found {
    givers: usize,
    takers: usize,
    /// Left out because their quantity is 0.
    givers_without_quantity: usize,
    takers_without_quantity: usize,
    links: usize,
    givers_with_links: usize,
    top: u32,
    /// Of the index and the search, after reading and before writing.
    cpu_seconds: f64,
    terms: Terms,
}

pub fn run(arguments: &Arguments) -> Answer {
    let terms = terms(arguments)?;
    if !arguments.folder.is_dir() {
        return Err(Stop::Usage(format!("{}: no such folder", arguments.folder.display())));
    }
    let file = read(&arguments.folder, &terms)?;
    let start = ProcessTime::now();
    let lists = search(&file, &terms, arguments.top as usize);
    let cpu_seconds = start.elapsed().as_secs_f64();
    let links = write(&arguments.out, &file, &lists, &terms)?;
    print_json(&Found {
        givers: file.givers.len(),
        takers: file.takers.len(),
        givers_without_quantity: file.without_quantity[0],
        takers_without_quantity: file.without_quantity[1],
        links,
        givers_with_links: lists.iter().filter(|list| !list.is_empty()).count(),
        top: arguments.top,
        cpu_seconds,
        terms,
    })
}

fn terms(arguments: &Arguments) -> Result<Terms, Stop> {
    let terms = Terms {
        haulage_kvnd_t_km: arguments.haulage,
        detour: arguments.detour,
        most_over_limit: arguments.most_over_limit,
        share: arguments.share,
        alternative_share: arguments.alternative_share,
        treatment_kvnd_t: arguments.treatment,
        treatment_over_kvnd_t: arguments.treatment_over,
        treated_from: arguments.treated_from,
        hazardous_kvnd_t: arguments.hazardous,
        between_firms: arguments.between_firms,
    };
    let faults = terms.faults();
    if faults.is_empty() {
        return Ok(terms);
    }
    let told = faults.iter().map(|fault| {
        format!("--{} {}: expected a number from {} to {}", fault.name, fault.found, fault.least, fault.most)
    });
    Err(Stop::Usage(told.collect::<Vec<_>>().join("\n")))
}

fn read(folder: &Path, terms: &Terms) -> Result<PartnerFile, Stop> {
    let mut faults = Vec::new();
    let mut tables = Vec::new();
    for name in ["givers", "takers"] {
        match open(folder, name)? {
            Some(table) => tables.push(table),
            None => faults.push(Fault {
                place: Place { file: format!("{name}.csv"), ..Place::default() },
                kind: FaultKind::MissingFile,
                found: String::new(),
                expected: format!("{name}.csv"),
            }),
        }
    }
    let mut tables = tables.into_iter();
    let (Some(givers), Some(takers)) = (tables.next(), tables.next()) else { return Err(Stop::Faults(faults)) };
    let (file, faults) = read_streams(givers, takers, terms.between_firms);
    file.ok_or(Stop::Faults(faults))
}

/// `name.csv` or `name.csv.gz` of a folder.
fn open(folder: &Path, name: &str) -> anyhow::Result<Option<BufReader<Box<dyn Read>>>> {
    for file in [format!("{name}.csv"), format!("{name}.csv.gz")] {
        let path = folder.join(&file);
        if path.is_file() {
            let table = File::open(&path).with_context(|| format!("open {}", path.display()))?;
            let table: Box<dyn Read> =
                if file.ends_with(".gz") { Box::new(MultiGzDecoder::new(table)) } else { Box::new(table) };
            return Ok(Some(BufReader::with_capacity(1 << 16, table)));
        }
    }
    Ok(None)
}

fn search(file: &PartnerFile, terms: &Terms, most: usize) -> Vec<Vec<Partner>> {
    const STEP: usize = 1 << 12;
    let bar = ProgressBar::new(file.givers.len() as u64);
    let index = TakerIndex::new(&file.takers, file.qualities, terms);
    let mut search = Search::default();
    let mut lists = vec![Vec::new(); file.givers.len()];
    for part in in_order_of_place(&file.givers).chunks(STEP) {
        for &giver in part {
            lists[giver as usize] = index.best(&file.givers[giver as usize], most, &mut search);
        }
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    lists
}

/// The table gets its name when it is whole.
fn write(out: &Path, file: &PartnerFile, lists: &[Vec<Partner>], terms: &Terms) -> anyhow::Result<usize> {
    let half = out.with_extension("csv.part");
    let table = File::create(&half).with_context(|| format!("write {}", half.display()))?;
    let mut table = BufWriter::with_capacity(1 << 16, table);
    let links = write_edges(file, lists, terms, &mut table)
        .and_then(|links| table.flush().map(|()| links))
        .with_context(|| format!("write {}", half.display()))?;
    fs::rename(&half, out).with_context(|| format!("write {}", out.display()))?;
    Ok(links)
}
