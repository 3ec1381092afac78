//! `readings`: take files in, ask in SQL, fold, sweep, look for gaps, and what was ever said of a day.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use engine::fault::{Fault, FaultKind, Place as FaultPlace};
use engine::ids::{MeterId, ParkId};
use engine::language::format_date;
use engine::period::Period;
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::Date;
use readings::ingest::{Asked, CounterEventKind, IngestError, Ingested, Mapping};
use readings::{
    AcceptError, Bounds, Broker, FILES_UNFOLDED, Finding, FindingKind, Heard, Listening, Place, PlaceError, QueryError,
    Readings, Version,
};
use serde_json::json;
use store::Store;

use super::{Answer, Global, Stop, date, keep, period, print_json};
use crate::auth::{Action, ParkKey, User};
use crate::metering;
use crate::words::{text, text_with};

/// Folder of the readings beside the store, and what names another place.
const FOLDER: &str = "readings";
const PLACE: &str = "CONGSINH_READINGS";
const MQTT_PASSWORD: &str = "CONGSINH_MQTT_PASSWORD";
/// Messages that could not be kept, in the folder of the store.
const REFUSED: &str = "refused-messages.jsonl";

/// Where readings lie and who answers questions about them.
#[derive(clap::Args, Default)]
pub struct Where {
    /// Where readings lie: a folder or s3://BUCKET/FOLDER (default: readings in the folder of the store)
    #[arg(long, global = true, value_name = "PLACE", value_parser = place)]
    readings: Option<Place>,
    /// The scheduler of a cluster that answers questions about readings in a bucket: df://HOST:PORT
    #[arg(long, global = true, value_name = "URL")]
    cluster: Option<String>,
}

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    of: Where,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Keep the readings of CSV, Excel or Parquet files; every fault is listed, and then nothing of the file is kept.
    /// With --mqtt, keep what a broker hands on, until it is stopped
    Ingest {
        #[arg(required_unless_present = "mqtt", conflicts_with = "mqtt")]
        files: Vec<PathBuf>,
        /// Broker and topic: mqtt://[USER@]HOST[:PORT]/TOPIC or mqtts://…; the password is in CONGSINH_MQTT_PASSWORD
        #[arg(long, value_name = "URL")]
        mqtt: Option<Broker>,
        /// Name under which the broker keeps what was not acknowledged (default: congsinh-PARK)
        #[arg(long, requires = "mqtt", value_name = "NAME")]
        client: Option<String>,
        /// Where messages with faults are put aside (default: refused-messages.jsonl in the folder of the store)
        #[arg(long, requires = "mqtt", value_name = "FILE")]
        refused: Option<PathBuf>,
        #[arg(long)]
        park: String,
        /// What the columns mean; remembered for files with the same header
        #[arg(long, value_name = "FILE.toml")]
        mapping: Option<PathBuf>,
    },
    /// Ask in SQL: tables readings, readings_hour, readings_day, readings_month and meters
    Query {
        sql: String,
        #[arg(long, default_value_t = 10_000)]
        limit: usize,
        /// Give up after so long
        #[arg(long, default_value_t = 120, value_name = "SECONDS")]
        time: u64,
        /// Print CSV in place of a table
        #[arg(long)]
        csv: bool,
    },
    /// Fold what came into one file for each park and month, with its rollups
    Compact {
        #[arg(long)]
        park: Option<String>,
    },
    /// Remove files that nobody can ask for any more; files as they came stay
    Sweep,
    /// Gaps, spikes and values that hang
    Check {
        #[arg(long)]
        park: String,
        #[arg(long, default_value = "2024", value_parser = period)]
        period: Period,
    },
    /// Everything that was ever said of a meter's day
    History {
        meter: String,
        #[arg(value_parser = date)]
        day: Date,
        #[arg(long)]
        park: String,
    },
}

pub fn run(global: &Global, arguments: &Arguments) -> Answer {
    super::runtime()?.block_on(async {
        match &arguments.command {
            Command::Ingest { files, mqtt, client, refused, park, mapping } => {
                let park = ParkId::new(park);
                let key = ParkKey { id: park.clone(), province: None };
                let (readings, user) = open(global, arguments, "readings ingest", &Action::ImportPark(key)).await?;
                let mapping = mapping.as_ref().map(read_mapping).transpose()?;
                match mqtt {
                    None => ingest(global, &readings, &user, &park, files, mapping).await,
                    Some(broker) => {
                        let listening = Listening {
                            catalogue: crate::catalogue::catalogue()?,
                            park: &park,
                            mapping,
                            refused: refused.clone().unwrap_or_else(|| keep::data_folder(global).join(REFUSED)),
                            client: client.clone().unwrap_or_else(|| format!("congsinh-{park}")),
                            password: std::env::var(MQTT_PASSWORD).ok(),
                            actor: &|| user.actor(crate::demo::now_us()),
                        };
                        listen(global, &readings, broker, &listening).await
                    }
                }
            }
            Command::Query { sql, limit, time, csv } => {
                let (readings, user) = open(global, arguments, "readings query", &Action::SeeOwnAccount).await?;
                let bounds = Bounds { rows: *limit, time: std::time::Duration::from_secs(*time) };
                query(global, &readings, &user, sql, bounds, *csv).await
            }
            Command::Compact { park } => {
                let (readings, user) = open(global, arguments, "readings compact", &Action::KeepStore).await?;
                compact(global, &readings, &user, park.as_deref()).await
            }
            Command::Sweep => {
                let (readings, user) = open(global, arguments, "readings sweep", &Action::KeepStore).await?;
                let swept = readings.sweep(&user.actor(crate::demo::now_us())).await?;
                if global.json {
                    return print_json(&swept);
                }
                let (unlisted, replaced) = (swept.unlisted.to_string(), swept.replaced.to_string());
                let told = [("unlisted", unlisted.as_str()), ("replaced", &replaced)];
                println!("{}", text_with(global.language, "cli-readings-swept", &told));
                Ok(())
            }
            Command::Check { park, period } => {
                let (readings, user) = open(global, arguments, "readings check", &Action::SeeOwnAccount).await?;
                check(global, &readings, &user, &ParkId::new(park), *period).await
            }
            Command::History { meter, day, park } => {
                let (readings, user) = open(global, arguments, "readings history", &Action::SeeOwnAccount).await?;
                let (park, meter) = (ParkId::new(park), MeterId::new(meter));
                let ahead_us = readings.ahead_us(&user.scope(), &park).await?;
                history(global, &readings.history(&user.scope(), &park, &meter, *day).await?, ahead_us)
            }
        }
    })
}

/// The readings that belong to a store, where the arguments, the environment or the folder of the store say.
pub fn of_store(global: &Global, of: &Where, store: Store) -> Result<Readings, Stop> {
    let place = named(of.readings.as_ref())?;
    let place = place.unwrap_or_else(|| Place::Folder(keep::data_folder(global).join(FOLDER)));
    let opened = match &of.cluster {
        None => Readings::open(store, &place),
        Some(cluster) => with_cluster(global, store, &place, cluster)?,
    };
    Ok(opened.with_context(|| format!("open the readings in {place}"))?)
}

#[cfg(feature = "cluster")]
fn with_cluster(global: &Global, store: Store, place: &Place, cluster: &str) -> Result<anyhow::Result<Readings>, Stop> {
    if !matches!(place, Place::Bucket { .. }) {
        return Err(Stop::Usage(text(global.language, "cli-cluster-needs-bucket")));
    }
    let cluster = cluster.parse().map_err(|error| Stop::Usage(format!("{error}")))?;
    Ok(Readings::open_with_cluster(store, place, cluster))
}

#[cfg(not(feature = "cluster"))]
fn with_cluster(global: &Global, _: Store, _: &Place, _: &str) -> Result<anyhow::Result<Readings>, Stop> {
    Err(Stop::Usage(text(global.language, "cli-cluster-not-built")))
}

/// The place that the arguments or the environment name.
pub fn named(place: Option<&Place>) -> Result<Option<Place>, Stop> {
    match (place, std::env::var(PLACE)) {
        (Some(place), _) => Ok(Some(place.clone())),
        (None, Ok(place)) => {
            place.parse().map(Some).map_err(|error: PlaceError| Stop::Usage(format!("{PLACE}: {error}")))
        }
        (None, Err(_)) => Ok(None),
    }
}

pub fn place(text: &str) -> Result<Place, String> {
    text.parse::<Place>().map_err(|error| error.to_string())
}

async fn open(
    global: &Global,
    arguments: &Arguments,
    command: &str,
    action: &Action,
) -> Result<(Readings, User), Stop> {
    let (store, user) = keep::open_for(global, command, action).await?;
    Ok((of_store(global, &arguments.of, store)?, user))
}

fn read_mapping(path: &PathBuf) -> Result<Mapping, Stop> {
    let name = path.display().to_string();
    let fault = |kind, found: String| {
        let place = FaultPlace { file: name.clone(), ..FaultPlace::default() };
        Stop::Faults(vec![Fault { place, kind, found, expected: "docs/guide/readings.md".to_string() }])
    };
    let text = std::fs::read_to_string(path).map_err(|error| fault(FaultKind::MissingFile, error.to_string()))?;
    Mapping::parse(&text).map_err(|error| fault(FaultKind::UnreadableFile, error))
}

/// Each file is a batch of its own: one with faults does not hold up the others.
async fn ingest(
    global: &Global,
    readings: &Readings,
    user: &User,
    park: &ParkId,
    files: &[PathBuf],
    mapping: Option<Mapping>,
) -> Answer {
    let catalogue = crate::catalogue::catalogue()?;
    let asked = Asked { mapping, key: None };
    let (mut kept, mut faults) = (Vec::new(), Vec::new());
    let bar = ProgressBar::new(files.len() as u64);
    for file in files {
        let actor = user.actor(crate::demo::now_us());
        match readings.ingest(&actor, catalogue, park, file, &asked).await {
            Ok(ingested) => kept.push(ingested),
            Err(error) => faults.extend(faults_of(global, &file.display().to_string(), park, error)?),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let actor = user.actor(crate::demo::now_us());
    readings.compact(&actor, &crate::auth::whole(), Some(park), FILES_UNFOLDED, |_| {}).await?;
    if global.json {
        print_json(&json!({ "kept": kept, "faults": faults }))?;
    } else {
        let ahead_us = readings.ahead_us(&crate::auth::whole(), park).await?;
        kept.iter().for_each(|ingested| print_ingested(global, ingested, ahead_us));
    }
    match (faults.is_empty(), global.json) {
        (true, _) => Ok(()),
        // The document has told them.
        (false, true) => Err(Stop::Told),
        (false, false) => Err(Stop::Faults(faults)),
    }
}

async fn listen(global: &Global, readings: &Readings, broker: &Broker, of: &Listening<'_>) -> Answer {
    let bar = ProgressBar::new_spinner();
    let told = |key: &str, heard: &Heard, why: &str| {
        let (messages, count) = (heard.messages.to_string(), heard.readings.to_string());
        let (refused, from) = (heard.refused.to_string(), broker.to_string());
        let file = of.refused.display().to_string();
        let words = [
            ("broker", from.as_str()),
            ("messages", &messages),
            ("count", &count),
            ("refused", &refused),
            ("file", &file),
            ("why", why),
        ];
        text_with(global.language, key, &words)
    };
    eprintln!("{}", told("cli-readings-listening", &Heard::default(), ""));
    let mut refused_before = 0;
    let progress = |heard: &Heard, why: Option<&str>| {
        if let Some(why) = why {
            bar.suspend(|| eprintln!("{}", told("cli-readings-trouble", heard, why)));
        }
        if heard.refused > refused_before {
            refused_before = heard.refused;
            bar.suspend(|| eprintln!("{}", told("cli-readings-put-aside", heard, "")));
        }
        bar.set_message(told("cli-readings-heard", heard, ""));
        bar.tick();
    };
    let heard = readings.listen(broker, of, progress, crate::web::until_stopped()).await;
    bar.finish_and_clear();
    match heard {
        Ok(heard) if global.json => print_json(&heard),
        Ok(heard) => {
            println!("{}", told("cli-readings-heard", &heard, ""));
            Ok(())
        }
        Err(error) => match error.downcast::<AcceptError>() {
            Ok(AcceptError::NoPark(park)) => {
                Err(Stop::Usage(text_with(global.language, "cli-readings-no-park", &[("park", park.as_str())])))
            }
            Ok(error) => Err(Stop::Failed(error.into())),
            Err(error) => Err(Stop::Failed(error.context(format!("listen to {broker}")))),
        },
    }
}

fn faults_of(global: &Global, file: &str, park: &ParkId, error: IngestError) -> Result<Vec<Fault>, Stop> {
    match metering::faults_of(file, error) {
        Ok((faults, untold)) => {
            if untold > 0 {
                let more = text_with(global.language, "cli-readings-more-faults", &[("count", &untold.to_string())]);
                eprintln!("{file}: {more}");
            }
            Ok(faults)
        }
        Err(AcceptError::NoPark(_)) => {
            Err(Stop::Usage(text_with(global.language, "cli-readings-no-park", &[("park", park.as_str())])))
        }
        Err(error) => Err(Stop::Failed(error.into())),
    }
}

fn print_ingested(global: &Global, ingested: &Ingested, ahead_us: i64) {
    let receipt = &ingested.receipt;
    let (count, meters) = (receipt.readings.to_string(), receipt.meters.to_string());
    let (seq, empty) = (receipt.seq.to_string(), ingested.empty_cells.to_string());
    let key = if receipt.is_repetition { "cli-readings-repeated" } else { "cli-readings-kept" };
    let told =
        [("file", ingested.file.as_str()), ("count", &count), ("meters", &meters), ("seq", &seq), ("empty", &empty)];
    println!("{}", text_with(global.language, key, &told));
    for event in &ingested.events {
        let key = match event.kind {
            CounterEventKind::RollOver => "cli-readings-roll-over",
            CounterEventKind::Reset => "cli-readings-reset",
        };
        let (at, from, to) = (moment(event.to_us, ahead_us), event.from.to_string(), event.to.to_string());
        let told = [("meter", event.meter.as_str()), ("at", &at), ("from", &from), ("to", &to)];
        println!("  {}", text_with(global.language, key, &told));
    }
}

async fn query(global: &Global, readings: &Readings, user: &User, sql: &str, bounds: Bounds, csv: bool) -> Answer {
    let answer = match readings.query(&user.scope(), sql, bounds).await {
        Ok(answer) => answer,
        Err(QueryError::Refused(why)) => {
            let told = text_with(global.language, "cli-readings-refused", &[("why", &why)]);
            return Err(Stop::Usage(told));
        }
        Err(error @ QueryError::TooLong(_)) => return Err(Stop::Failed(anyhow!(error))),
        Err(QueryError::Failed(error)) => return Err(Stop::Failed(error)),
    };
    if !answer.is_complete {
        let limit = bounds.rows.to_string();
        eprintln!("{}", text_with(global.language, "cli-readings-cut", &[("limit", &limit)]));
    }
    match (global.json, csv) {
        (true, _) => print_json(&answer.json()?),
        (false, true) => {
            print!("{}", answer.csv()?);
            Ok(())
        }
        (false, false) => {
            println!("{}", answer.text()?);
            Ok(())
        }
    }
}

async fn compact(global: &Global, readings: &Readings, user: &User, park: Option<&str>) -> Answer {
    let park = park.map(ParkId::new);
    let bar = ProgressBar::new_spinner();
    let actor = user.actor(crate::demo::now_us());
    let scope = crate::auth::whole();
    let done = readings
        .compact(&actor, &scope, park.as_ref(), 1, |folded| {
            bar.set_message(format!("{} {}", folded.park, folded.month));
            bar.tick();
        })
        .await?;
    bar.finish_and_clear();
    if global.json {
        return print_json(&done);
    }
    let files: usize = done.iter().map(|folded| folded.files).sum();
    let count: i64 = done.iter().map(|folded| folded.readings).sum();
    let (months, files, count) = (done.len().to_string(), files.to_string(), count.to_string());
    let told = [("months", months.as_str()), ("files", &files), ("count", &count)];
    println!("{}", text_with(global.language, "cli-readings-folded", &told));
    Ok(())
}

async fn check(global: &Global, readings: &Readings, user: &User, park: &ParkId, period: Period) -> Answer {
    let findings = readings.findings(&user.scope(), park, period).await?;
    let ahead_us = readings.ahead_us(&user.scope(), park).await?;
    if global.json {
        return print_json(&findings);
    }
    for finding in &findings {
        println!("{}", worded(global, finding, ahead_us));
    }
    let count = findings.len().to_string();
    println!("{}", text_with(global.language, "cli-readings-findings", &[("count", &count)]));
    Ok(())
}

fn worded(global: &Global, finding: &Finding, ahead_us: i64) -> String {
    let key = match finding.kind {
        FindingKind::Gap => "reading-gap",
        FindingKind::Spike => "reading-spike",
        FindingKind::Frozen => "reading-frozen",
    };
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_string(), |value| value.to_string());
    let (from, to) = (moment(finding.from_us, ahead_us), moment(finding.to_us, ahead_us));
    let (count, value, limit) = (finding.readings.to_string(), number(finding.value), number(finding.limit));
    let told = [
        ("meter", finding.meter.as_str()),
        ("from", &from),
        ("to", &to),
        ("count", &count),
        ("value", &value),
        ("limit", &limit),
    ];
    text_with(global.language, key, &told)
}

fn history(global: &Global, versions: &[Version], ahead_us: i64) -> Answer {
    if global.json {
        return print_json(&versions);
    }
    for version in versions {
        let (at, value) = (moment(version.at_us, ahead_us), version.value.to_string());
        let (received, holds) =
            (moment(version.received_at_us, ahead_us), if version.holds { "holds" } else { "superseded" });
        let state = text(global.language, &format!("cli-readings-{holds}"));
        let told = [
            ("at", at.as_str()),
            ("value", &value),
            ("source", &version.source),
            ("received", &received),
            ("by", &version.received_by),
            ("state", &state),
        ];
        println!("{}", text_with(global.language, "cli-readings-version", &told));
    }
    Ok(())
}

/// In the park's own time, as both languages write it.
fn moment(at_us: i64, ahead_us: i64) -> String {
    let Ok(local) = Timestamp::from_microsecond(at_us + ahead_us) else { return at_us.to_string() };
    let local = jiff::tz::Offset::UTC.to_datetime(local);
    let (date, time) = (format_date(local.date()), local.time());
    format!("{date} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}
