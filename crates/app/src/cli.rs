//! The command line: what may be typed, and what it answers. Results go to stdout, messages to stderr.

mod audit;
mod batch;
mod certificate;
mod cluster;
mod dossier;
mod form;
mod framework;
mod ghg;
pub mod keep;
mod matching;
mod meter;
mod network;
mod obligations;
pub mod park_batch;
mod people;
mod policy;
mod portfolio;
mod profile;
pub mod readings;
mod register;
mod regress;
mod run;
mod weather;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{CommandFactory, Parser, Subcommand};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Framework, read_framework};
use engine::fault::Fault;
use engine::ids::FrameworkId;
use engine::language::Language;
use engine::park::Park;
use engine::period::{Period, parse_date};
use jiff::civil::Date;

use crate::files::old_workbook;
use crate::{catalogue, demo, files, template, wording};

#[derive(Parser)]
#[command(name = "congsinh", version, about = "Nền tảng khu công nghiệp sinh thái · the eco-industrial park platform")]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
pub struct Global {
    /// Folder of the store and of its files (default: data); beside --database of the files alone
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Database of the store: the path of a SQLite file, postgres://…, or env:NAME or file:PATH where it is written
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Act with the rights of this account of the store
    #[arg(long = "as", global = true, value_name = "USER")]
    pub acts_as: Option<String>,
    /// One JSON document on stdout; messages on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Stands for today everywhere: same inputs and date, same bytes
    #[arg(long, global = true, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// Language of messages
    #[arg(long, global = true, default_value = "vi", value_parser = language)]
    pub language: Language,
}

#[derive(Subcommand)]
enum Command {
    /// The platform on the sample data; prints address and demo sign-ins
    Demo {
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// The platform on the store in --data
    Serve {
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
        listen: std::net::SocketAddr,
        /// Address by which people reach it, for links in letters, such as https://congsinh.example.vn
        #[arg(long, value_name = "URL", value_parser = people::public_url)]
        public_url: Option<String>,
        /// A proxy stands before it that speaks https and says in X-Forwarded-For who asks; its word is then believed
        #[arg(long)]
        behind_proxy: bool,
        #[command(flatten)]
        readings: readings::Where,
    },
    /// Keep parks in the store, each as a whole
    Import {
        #[arg(required = true)]
        parks: Vec<PathBuf>,
    },
    /// Copy the whole store into an empty one, on the other kind of database or the same
    Migrate {
        #[arg(long, value_name = "URL")]
        from: String,
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// People who may sign in
    #[command(subcommand)]
    User(people::Command),
    /// Write a blank workbook with drop-downs and one example row per sheet
    Template {
        out: PathBuf,
        /// Fill it with the sheets of this park folder
        #[arg(long, value_name = "PARK")]
        fill: Option<PathBuf>,
    },
    /// Validate a park folder or workbook; list every fault
    Check { park: PathBuf },
    /// All six steps for one park, no server
    Run {
        park: PathBuf,
        #[arg(long, default_value = DEFAULT_FRAMEWORK)]
        framework: String,
        #[arg(long, default_value = "2024", value_parser = period)]
        period: Period,
        #[arg(long, value_name = "DIR", default_value = "out")]
        out: PathBuf,
    },
    /// Assess a park, or every park of a folder, against a framework of the catalogue or a TOML file
    Assess {
        park: PathBuf,
        #[arg(long, default_value = DEFAULT_FRAMEWORK)]
        framework: String,
        #[arg(long, default_value = "2024", value_parser = period)]
        period: Period,
    },
    /// Draft the dossier of a procedure from a park, as one archive of papers
    Dossier(dossier::Arguments),
    /// Editions of frameworks: listed, handed out and in, checked, compared, published
    #[command(subcommand)]
    Framework(framework::Command),
    /// What a changed rule would do to parks: who flips, by how much, what it costs
    Policy(policy::Arguments),
    /// What an enterprise of a sector and size likely uses, gives off and could take; all of it estimated
    Profile(profile::Arguments),
    /// A form of the state (A.4, A.5, B.4, B5) filled from a park folder, as docx, PDF, workbook and JSON
    Form(form::Arguments),
    /// The greenhouse gas account of a park or an enterprise: scopes 1 and 2, biogenic and avoided apart, editions named
    Ghg(ghg::Arguments),
    /// Which reports a park or an enterprise owes, by when and by which law, or what would have to be known to tell
    Obligations(obligations::Arguments),
    /// Takers for streams
    #[command(subcommand)]
    Match(matching::Command),
    /// Solve an optimisation problem
    #[command(subcommand)]
    Solve(Solve),
    /// Measurement and verification
    #[command(subcommand)]
    Verify(Verify),
    /// The register of parks, zones, developers, authorities and enterprises
    #[command(subcommand)]
    Register(register::Command),
    /// Weather stations of a park, what they cover, and degree days for a base
    Weather(weather::Arguments),
    /// Timestamped values of meters
    Readings(readings::Arguments),
    /// Questions about readings on several machines: a scheduler and executors
    Cluster(cluster::Arguments),
    /// The log of changes
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Read a workbook of the old format from standard input, within bounds; the program itself asks for it
    #[command(name = old_workbook::COMMAND, hide = true)]
    ReadXls,
    /// Print a generated reference page (formats)
    #[command(hide = true)]
    Docs { page: String },
}

#[derive(Subcommand)]
enum Solve {
    /// The best network of exchanges: DIR holds givers.csv, takers.csv and edges.csv, and may hold plants.csv with
    /// plant_links.csv (treatment plants) and facilities.csv with facility_links.csv (what links share)
    Network(network::Arguments),
}

#[derive(Subcommand)]
enum Verify {
    /// One meter before and after a change, by a published weather model
    Meter(meter::Arguments),
    /// Every meter of a folder or of a park before and after, over all cores, into one table
    Batch(batch::Arguments),
    /// Savings of a table in one sum, with the errors that they share
    Portfolio(portfolio::Portfolio),
    /// Years held against each other through the year of a model, or the windows of a sliding baseline
    Chained(portfolio::Chained),
    /// The certificate of a measure's saving as PDF or Word, and whether its data are still those of a digest
    Certificate(certificate::Arguments),
    /// Regress a column of a CSV file on others
    Regress {
        csv: PathBuf,
        #[arg(long)]
        response: String,
        #[arg(long, required = true)]
        predictor: Vec<String>,
    },
    /// The best valid model among all subsets of the predictors
    Search {
        csv: PathBuf,
        #[arg(long)]
        response: String,
        #[arg(long, required = true)]
        predictor: Vec<String>,
        #[arg(long, default_value_t = 4)]
        max: usize,
    },
}

pub const DEFAULT_FRAMEWORK: &str = "vn-decree-35-2022";

/// Exit codes of every command.
const FAULTY_INPUT: u8 = 1;
const WRONG_USAGE: u8 = 2;
const FAILED: u8 = 3;

/// Why a command stops early.
pub enum Stop {
    /// The input has faults; all of them are listed.
    Faults(Vec<Fault>),
    /// The arguments ask for something that does not exist.
    Usage(String),
    Failed(anyhow::Error),
    /// What was looked for is not as it should be, and has been printed.
    Told,
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Stop {
        Stop::Failed(error)
    }
}

pub type Answer = Result<(), Stop>;

pub fn main() -> ExitCode {
    end_quietly_when_nobody_reads_on();
    let arguments = Arguments::parse();
    match run_command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Faults(faults)) => {
            print_faults(&arguments.global, &faults);
            ExitCode::from(FAULTY_INPUT)
        }
        Err(Stop::Usage(message)) => {
            eprintln!("{message}");
            ExitCode::from(WRONG_USAGE)
        }
        Err(Stop::Told) => ExitCode::from(FAULTY_INPUT),
        Err(Stop::Failed(error)) => {
            eprintln!("{error:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// A reader that has seen enough (`| head`) closes the pipe; that is no fault of ours to tell of.
fn end_quietly_when_nobody_reads_on() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        if message.starts_with("failed printing to stdout") && message.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

fn run_command(arguments: &Arguments) -> Answer {
    let global = &arguments.global;
    match &arguments.command {
        Command::Demo { port } => demo::demo(global, *port),
        Command::Serve { listen, public_url, behind_proxy, readings } => {
            demo::serve(global, *listen, public_url.as_deref(), *behind_proxy, readings)
        }
        Command::Import { parks } => demo::import(global, parks, catalogue::catalogue()?),
        Command::Migrate { from, to } => keep::migrate(global, from, to),
        Command::User(command) => people::run(global, command),
        Command::Template { out, fill } => template::write(out, fill.as_deref(), global),
        Command::Check { park } => {
            let park = read_park(park, catalogue::catalogue()?)?;
            run::print_check(global, &park)
        }
        Command::Run { park, framework, period, out } => {
            let catalogue = catalogue::catalogue()?;
            let framework = framework_of(framework, catalogue)?;
            run::run(global, &read_park(park, catalogue)?, catalogue, &framework, *period, out)
        }
        Command::Assess { park, framework, period } => {
            let catalogue = catalogue::catalogue()?;
            let framework = framework_of(framework, catalogue)?;
            match files::parks_below(park)? {
                Some(_) => run::assess_all(
                    global,
                    &run::read_parks(std::slice::from_ref(park), catalogue)?,
                    catalogue,
                    &framework,
                    *period,
                ),
                None => run::assess(global, &read_park(park, catalogue)?, catalogue, &framework, *period),
            }
        }
        Command::Dossier(arguments) => dossier::run(global, arguments, catalogue::catalogue()?),
        Command::Framework(command) => framework::run(global, command, catalogue::catalogue()?),
        Command::Policy(arguments) => policy::run(global, arguments, catalogue::catalogue()?),
        Command::Profile(arguments) => profile::run(global, arguments, catalogue::catalogue()?),
        Command::Form(arguments) => form::run(global, arguments, catalogue::catalogue()?),
        Command::Ghg(arguments) => ghg::run(global, arguments, catalogue::catalogue()?),
        Command::Obligations(arguments) => obligations::run(global, arguments, catalogue::catalogue()?),
        Command::Match(command) => matching::run(command, global, catalogue::catalogue()?),
        Command::Solve(Solve::Network(arguments)) => network::solve(global, arguments),
        Command::Verify(Verify::Meter(arguments)) => meter::verify(arguments),
        Command::Verify(Verify::Batch(arguments)) => batch::run(global, arguments),
        Command::Verify(Verify::Portfolio(arguments)) => portfolio::run(arguments),
        Command::Verify(Verify::Chained(arguments)) => portfolio::run_chained(arguments),
        Command::Verify(Verify::Certificate(arguments)) => certificate::run(global, arguments, catalogue::catalogue()?),
        Command::Verify(Verify::Regress { csv, response, predictor }) => regress::regress(csv, response, predictor),
        Command::Verify(Verify::Search { csv, response, predictor, max }) => {
            regress::search(csv, response, predictor, *max)
        }
        Command::Register(command) => register::run(global, command),
        Command::Weather(arguments) => weather::run(global, arguments, catalogue::catalogue()?),
        Command::Readings(arguments) => readings::run(global, arguments),
        Command::Cluster(arguments) => cluster::run(global, arguments),
        Command::Audit(command) => audit::audit(global, command),
        Command::ReadXls => Ok(old_workbook::answer()?),
        Command::Docs { page } => template::print_docs(page),
    }
}

/// Every command by its words.
pub fn commands() -> Vec<String> {
    fn below(command: &clap::Command, words: &str, found: &mut Vec<String>) {
        for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
            let words = format!("{words} {}", part.get_name());
            match part.has_subcommands() {
                true => below(part, &words, found),
                false => found.push(words.trim().to_string()),
            }
        }
    }
    let mut found = Vec::new();
    below(&Arguments::command(), "", &mut found);
    found
}

/// Reads a park or stops with all its faults.
pub fn read_park(path: &std::path::Path, catalogue: &Catalogue) -> Result<Park, Stop> {
    if !path.exists() {
        return Err(Stop::Usage(format!("{}: no such folder or workbook", path.display())));
    }
    match files::read(path, catalogue)? {
        (Some(park), _) => Ok(park),
        (None, faults) => Err(Stop::Faults(faults)),
    }
}

/// A framework of the catalogue by its id, or one that the user brings as a TOML file.
fn framework_of(name: &str, catalogue: &Catalogue) -> Result<Framework, Stop> {
    if let Some(framework) = catalogue.frameworks.get(&FrameworkId::new(name)) {
        return Ok(framework.clone());
    }
    if !name.ends_with(".toml") {
        let known: Vec<&str> = catalogue.frameworks.keys().map(FrameworkId::as_str).collect();
        return Err(Stop::Usage(format!("framework `{name}`: expected one of {} or a .toml file", known.join(", "))));
    }
    let path = std::path::Path::new(name);
    let text = std::fs::read_to_string(path).with_context(|| format!("read {name}"))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    read_framework(name, &stem, &text).map_err(Stop::Faults)
}

pub fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    Ok(runtime)
}

/// Today, or the day that `--as-of` puts in its place.
pub fn as_of(global: &Global) -> Date {
    global.as_of.unwrap_or_else(today)
}

/// The calendar day in Viet Nam.
pub fn today() -> Date {
    let seven_hours_ahead = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(7);
    jiff::tz::Offset::UTC.to_datetime(seven_hours_ahead).date()
}

pub fn print_json<T: serde::Serialize>(value: &T) -> Answer {
    let text = serde_json::to_string_pretty(value).map_err(|error| anyhow!(error))?;
    println!("{text}");
    Ok(())
}

/// A fault with its place for programs, and its sentence in the language that was asked for.
#[derive(serde::Serialize)]
struct ToldFault<'a> {
    #[serde(flatten)]
    fault: &'a Fault,
    text: String,
}

fn print_faults(global: &Global, faults: &[Fault]) {
    if global.json {
        let told = |fault| ToldFault { fault, text: wording::fault(global.language, fault) };
        let told: Vec<ToldFault> = faults.iter().map(told).collect();
        let _ = print_json(&serde_json::json!({ "faults": told }));
    }
    for fault in faults {
        eprintln!("{}", wording::fault(global.language, fault));
    }
    let count = faults.len().to_string();
    eprintln!("{}", crate::words::text_with(global.language, "cli-faults", &[("count", &count)]));
}

fn date(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "expected yyyy-MM-dd or dd/MM/yyyy".to_string())
}

fn period(text: &str) -> Result<Period, String> {
    Period::parse(text).ok_or_else(|| "expected 2024, 2024-03 or 2024-01-01/2024-07-01".to_string())
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| "expected vi or en".to_string())
}
