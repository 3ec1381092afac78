//! `verify batch`: thousands of meters by one published model, over all cores, into one table. A meter that cannot be read
//! or computed has its line with the reason and never stops the others.

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Context;
use engine::language::Language;
use engine::verify::meter::{MeterAnswer, MeterModel, TemperatureUnit, verify_meter};
use engine::verify::meter_file::read_meter;
use jiff::civil::Date;
use serde::Serialize;

use super::meter::{model_of, rows, unit_of};
use super::{Answer, Global, Stop, park_batch};
use crate::wording;
use crate::words::text_with;

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder with METER.baseline.csv and METER.reporting.csv of every meter; .csv or .csv.gz
    #[arg(required_unless_present = "park", conflicts_with = "park")]
    folder: Option<PathBuf>,
    /// Every meter of a park in place of a folder: its folder or workbook; with --data or --database its code in that store
    #[arg(long)]
    pub park: Option<String>,
    /// daily_legacy, billing, hourly_caltrack or towt; of a park daily_legacy, hourly_caltrack, towt, regression, change_point
    /// or towt_production
    #[arg(long)]
    pub model: String,
    /// F or C; a park knows its own
    #[arg(long, required_unless_present = "park", conflicts_with = "park")]
    temperature_unit: Option<String>,
    /// Of a park: the year before this day against the year from it; without it, around the installation of the measures at
    /// each meter
    #[arg(long, value_name = "DATE", value_parser = super::date, requires = "park")]
    pub around: Option<Date>,
    /// Where to write the table; without it, it is printed
    #[arg(long, value_name = "CSV")]
    pub out: Option<PathBuf>,
    /// Meters that are computed at the same time; the number of cores unless it is said
    #[arg(long, value_name = "COUNT")]
    pub workers: Option<usize>,
}

/// The files of one meter; `None` where one of the two is not there.
struct Job {
    meter: String,
    baseline: Option<PathBuf>,
    reporting: Option<PathBuf>,
}

/// One line of the table. Sums are in the unit of the files.
#[derive(Default, Serialize)]
struct Line {
    meter: String,
    /// `saving`, `disqualified`, `faulty`, `failed` or `not-run`.
    outcome: &'static str,
    savings: Option<f64>,
    savings_uncertainty_90: Option<f64>,
    predicted: Option<f64>,
    observed: Option<f64>,
    rows: Option<usize>,
    baseline_rows: Option<usize>,
    cvrmse_adj: Option<f64>,
    r_squared: Option<f64>,
    /// Why it must not be used, or what is wrong with its files.
    reasons: String,
}

pub fn run(global: &Global, arguments: &Arguments) -> Answer {
    if let Some(park) = &arguments.park {
        return park_batch::run(global, arguments, park);
    }
    let unit = arguments.temperature_unit.as_deref().unwrap_or_default();
    let (model, unit) = (model_of(&arguments.model, &[])?, unit_of(unit)?);
    let jobs = jobs(arguments.folder.as_deref().unwrap_or(Path::new("")))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.workers.unwrap_or(cores).clamp(1, jobs.len());
    let is_stopped = stopped_by_the_keyboard()?;
    let lines = all(&jobs, workers, is_stopped, |job| line(job, model, unit, global.language));
    let table = table(&lines)?;
    match &arguments.out {
        Some(out) => fs::write(out, table).with_context(|| format!("write {}", out.display()))?,
        None => print!("{table}"),
    }
    let count = |outcome: &str| lines.iter().filter(|line| line.outcome == outcome).count().to_string();
    let told = [
        ("count", &*lines.len().to_string()),
        ("saving", &*count("saving")),
        ("disqualified", &*count("disqualified")),
        ("faulty", &*count("faulty")),
        ("failed", &*count("failed")),
        ("left", &*count("not-run")),
    ];
    eprintln!("{}", text_with(global.language, "cli-batch-done", &told));
    if is_stopped.load(Ordering::Relaxed) { Err(Stop::Told) } else { Ok(()) }
}

/// The meters of a folder by name. A file that belongs to none is a fault of the folder.
fn jobs(folder: &Path) -> Result<Vec<Job>, Stop> {
    if !folder.is_dir() {
        return Err(Stop::Usage(format!("{}: no such folder", folder.display())));
    }
    let mut found: BTreeMap<String, Job> = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry.with_context(|| format!("read {}", folder.display()))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.trim_end_matches(".gz");
        let part = |end: &str| stem.strip_suffix(end).filter(|meter| !meter.is_empty()).map(str::to_string);
        let (meter, is_baseline) = match (part(".baseline.csv"), part(".reporting.csv")) {
            (Some(meter), _) => (meter, true),
            (None, Some(meter)) => (meter, false),
            (None, None) => continue,
        };
        let job = found.entry(meter.clone()).or_insert(Job { meter, baseline: None, reporting: None });
        if is_baseline {
            job.baseline = Some(path);
        } else {
            job.reporting = Some(path);
        }
    }
    match found.is_empty() {
        true => {
            let expected = "METER.baseline.csv and METER.reporting.csv";
            Err(Stop::Usage(format!("{}: no meter, expected files named {expected}", folder.display())))
        }
        false => Ok(found.into_values().collect()),
    }
}

/// Set when somebody presses Ctrl+C: what was computed by then is still written.
pub fn stopped_by_the_keyboard() -> Result<&'static AtomicBool, Stop> {
    static IS_STOPPED: AtomicBool = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            IS_STOPPED.store(true, Ordering::Relaxed);
        }
    });
    Ok(&IS_STOPPED)
}

/// Every meter by its own, in the order of the jobs. Workers take the next meter as soon as they are free, and hold the
/// rows of one meter at a time.
fn all(jobs: &[Job], workers: usize, is_stopped: &AtomicBool, work: impl Fn(&Job) -> Line + Sync) -> Vec<Line> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let lines: Mutex<BTreeMap<usize, Line>> = Mutex::default();
    let is_watched = std::io::stderr().is_terminal();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(place).filter(|_| !is_stopped.load(Ordering::Relaxed)) else { break };
                    // A meter that breaks a promise between our own functions must not take the others with it.
                    let line = catch_unwind(AssertUnwindSafe(|| work(job)))
                        .unwrap_or_else(|_| Line { outcome: "failed", ..Line::default() });
                    if let Ok(mut lines) = lines.lock() {
                        lines.insert(place, Line { meter: job.meter.clone(), ..line });
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if is_watched || done % TOLD_EVERY == 0 {
                        eprint!("{}{done}/{}", if is_watched { "\r" } else { "" }, jobs.len());
                        eprint!("{}", if is_watched { "" } else { "\n" });
                    }
                }
            });
        }
    });
    if is_watched {
        eprintln!();
    }
    let mut lines = lines.into_inner().unwrap_or_default();
    let not_run = |job: &Job| Line { meter: job.meter.clone(), outcome: "not-run", ..Line::default() };
    jobs.iter().enumerate().map(|(place, job)| lines.remove(&place).unwrap_or_else(|| not_run(job))).collect()
}

/// Meters between two lines of progress where nobody watches.
pub const TOLD_EVERY: usize = 100;

fn line(job: &Job, model: MeterModel, unit: TemperatureUnit, language: Language) -> Line {
    let faulty = |reasons: String| Line { outcome: "faulty", reasons, ..Line::default() };
    let mut periods = Vec::new();
    let mut faults = Vec::new();
    for (path, name) in [(&job.baseline, "baseline"), (&job.reporting, "reporting")] {
        match path.as_ref().map(|path| rows(path, read_meter)) {
            Some(Ok(Ok(rows))) => periods.push(rows),
            Some(Ok(Err(found))) => faults.extend(found.iter().map(|fault| wording::fault(language, fault))),
            Some(Err(error)) => faults.push(format!("{error:#}")),
            None => faults.push(format!("{}.{name}.csv: no such file", job.meter)),
        }
    }
    let [baseline, reporting] = periods.as_slice() else { return faulty(first(&faults)) };
    told(&verify_meter(model, baseline, reporting, unit))
}

/// The first faults; a file may have thousands.
fn first(faults: &[String]) -> String {
    let more = faults.len().saturating_sub(FAULTS_TOLD);
    let mut told = faults.iter().take(FAULTS_TOLD).cloned().collect::<Vec<_>>().join("; ");
    if more > 0 {
        told = format!("{told}; +{more}");
    }
    told
}

const FAULTS_TOLD: usize = 5;

fn told(answer: &MeterAnswer) -> Line {
    let reason = |one: &engine::verify::meter::Disqualification| {
        let code = serde_json::to_value(one.code).ok().and_then(|code| code.as_str().map(str::to_string));
        format!("{} ({} / {})", code.unwrap_or_default(), one.found, one.needed)
    };
    let is_usable = answer.disqualification.is_empty() && answer.savings.is_some();
    Line {
        outcome: if is_usable { "saving" } else { "disqualified" },
        savings: answer.savings.map(|savings| savings.savings),
        savings_uncertainty_90: answer.savings_uncertainty_90,
        predicted: answer.savings.map(|savings| savings.predicted_sum),
        observed: answer.savings.map(|savings| savings.observed_sum),
        rows: answer.savings.map(|savings| savings.rows),
        baseline_rows: answer.metrics.as_ref().map(|metrics| metrics.n),
        cvrmse_adj: answer.metrics.as_ref().map(|metrics| metrics.cvrmse_adj),
        r_squared: answer.metrics.as_ref().map(|metrics| metrics.r_squared),
        reasons: answer.disqualification.iter().map(reason).collect::<Vec<_>>().join("; "),
        ..Line::default()
    }
}

fn table(lines: &[Line]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line)?;
    }
    Ok(String::from_utf8(writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(count: usize) -> Vec<Job> {
        let job = |place| Job { meter: format!("m{place:03}"), baseline: None, reporting: None };
        (0..count).map(job).collect()
    }

    #[test]
    fn a_meter_that_fails_never_stops_the_others_and_keeps_its_place() {
        let is_stopped = AtomicBool::new(false);
        let lines = all(&named(50), 4, &is_stopped, |job| match job.meter.as_str() {
            "m007" => panic!("this meter breaks"),
            _ => Line { outcome: "saving", ..Line::default() },
        });
        let failed: Vec<usize> = (0..50).filter(|place| lines[*place].outcome == "failed").collect();
        assert_eq!((lines.len(), failed, lines[7].meter.as_str()), (50, vec![7], "m007"));
    }

    #[test]
    fn what_was_stopped_says_which_meters_were_not_reached() {
        let is_stopped = AtomicBool::new(false);
        let lines = all(&named(50), 1, &is_stopped, |job| {
            if job.meter == "m009" {
                is_stopped.store(true, Ordering::Relaxed);
            }
            Line { outcome: "saving", ..Line::default() }
        });
        let run = lines.iter().filter(|line| line.outcome == "saving").count();
        assert_eq!((run, lines[10].outcome, lines[49].outcome), (10, "not-run", "not-run"));
    }

    #[test]
    fn a_meter_without_one_of_its_files_is_faulty_and_says_which() {
        let job = Job { meter: "m1".to_string(), baseline: None, reporting: None };
        let line = line(&job, MeterModel::Towt, TemperatureUnit::Celsius, Language::En);
        assert_eq!(line.outcome, "faulty");
        assert_eq!(line.reasons, "m1.baseline.csv: no such file; m1.reporting.csv: no such file");
    }
}
