//! `solve network`: the best network of exchanges of a problem folder, with its proof; and what changes and scenarios
//! make of it.

mod conditions;
mod objective;
mod scenarios;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use cpu_time::ThreadTime;
use engine::fault::{Fault, FaultKind, Place};
use engine::matching::network::{
    NetworkAnswer, NetworkFile, NetworkProblem, ProblemFault, SolvedNetwork, TransportSolution, flows_csv, prove,
    read_changes, read_problem, solve_transport,
};
use flate2::read::MultiGzDecoder;
use serde::Serialize;

use super::{Answer, Global, Stop, print_json};

/// A table of a network, read as a stream; or why there is none.
type Table = Result<Box<dyn BufRead>, Fault>;

pub use objective::Aims;
pub use scenarios::read_scenarios;

#[derive(clap::Args)]
pub struct Arguments {
    folder: PathBuf,
    /// transport, transport_blending, fixed_charge or fixed_charge_blending
    #[arg(long)]
    problem: String,
    /// Write the flows, 0.1 t a year; of the base where there are scenarios
    #[arg(long, value_name = "OUT.csv")]
    flows: Option<PathBuf>,
    /// Make these changes on the solved network: op,side,id,giver,taker,qty_dt,benefit_kvnd_t
    #[arg(long, value_name = "CSV")]
    change: Option<PathBuf>,
    /// A scenario beside the base: "leaves=G3; T7&quantity=G4*0.5&forbid=G1--T2", with --objective or --curve also an
    /// objective of its own; up to four
    #[arg(long, value_name = "PAIRS")]
    scenario: Vec<String>,
    #[command(flatten)]
    aims: Aims,
}

pub fn solve(global: &Global, arguments: &Arguments) -> Answer {
    let Arguments { folder, problem, flows, change, scenario, aims } = arguments;
    let (flows, change) = (flows.as_deref(), change.as_deref());
    let known = || NetworkProblem::ALL.map(NetworkProblem::code).join(", ");
    let Some(asked) = NetworkProblem::parse(problem) else {
        return Err(Stop::Usage(format!("problem `{problem}`: expected one of {}", known())));
    };
    conditions::check_solver(asked)?;
    if !folder.is_dir() {
        return Err(Stop::Usage(format!("{}: no such folder", folder.display())));
    }
    if let Some(change) = change.filter(|change| !change.is_file()) {
        return Err(Stop::Usage(format!("{}: no such file", change.display())));
    }
    let has_installations = conditions::has_installations(folder)?;
    if change.is_some() && has_installations {
        return Err(Stop::Usage("--change does not go with tables of plants or facilities".to_owned()));
    }
    let said = read_scenarios(scenario)?;
    if change.is_some() && !said.is_empty() {
        return Err(Stop::Usage("--change does not go with --scenario".to_owned()));
    }
    if aims.are_said() {
        if asked != NetworkProblem::Transport || has_installations || change.is_some() {
            let only = "--objective and --curve go with the problem transport, without --change and tables of plants";
            return Err(Stop::Usage(only.to_owned()));
        }
        return objective::solve(global.language, aims, folder, flows, said);
    }
    let file = read(folder)?;
    if !said.is_empty() {
        let scenarios = scenarios::of_tables(global.language, said, &file, None)?;
        return scenarios::solve(asked, &file, folder, flows, &scenarios);
    }
    match change {
        Some(change) if asked == NetworkProblem::Transport => solve_and_change(file, change, flows),
        Some(_) => Err(Stop::Usage(format!("--change goes with the problem transport, not with {problem}"))),
        None if asked == NetworkProblem::Transport && !has_installations => solve_once(&file, flows),
        None => conditions::solve(asked, &file, folder, flows),
    }
}

fn solve_once(file: &NetworkFile, flows: Option<&Path>) -> Answer {
    let problem = file.transport().map_err(unposed)?;
    let start = ThreadTime::now();
    let solution = solve_transport(&problem);
    let cpu_seconds = start.elapsed().as_secs_f64();
    write_flows(flows, file, &solution)?;
    let answer = NetworkAnswer { cpu_seconds: Some(cpu_seconds), ..NetworkAnswer::transport(&solution) };
    // People and programs read the same answer: it is short, and every key names its unit.
    print_json(&answer)
}

/// The answer for the changed network, and how long the changes took beside solving again.
#[derive(Serialize)]
struct ChangedAnswer {
    /// `cpu_seconds` is the solve before the changes.
    #[serde(flatten)]
    answer: NetworkAnswer,
    /// Rows of the table of changes.
    changes: usize,
    /// All changes together, CPU time.
    incremental_seconds: f64,
    /// The changed network solved from the beginning, CPU time.
    batch_seconds: f64,
    batch_objective_int: Option<i64>,
}

/// Solves, makes the changes on the solved network, and solves the changed tables from the beginning as well.
fn solve_and_change(file: NetworkFile, change: &Path, flows: Option<&Path>) -> Answer {
    let problem = file.transport().map_err(unposed)?;
    let name = change.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (changed, faults) = read_changes(&name, open(change)?, file);
    let Some(changed) = changed else { return Err(Stop::Faults(faults)) };

    let start = ThreadTime::now();
    let solution = solve_transport(&problem);
    let cpu_seconds = start.elapsed().as_secs_f64();
    let mut network = SolvedNetwork::of(&problem, &solution).map_err(|fault| anyhow!("{fault}"))?;

    let start = ThreadTime::now();
    for change in &changed.changes {
        network.apply(change).map_err(|fault| anyhow!("{change:?}: {fault}"))?;
    }
    let incremental_seconds = start.elapsed().as_secs_f64();

    let problem = changed.file.transport().map_err(unposed)?;
    let solution = network.solution();
    prove(&problem, &solution).map_err(|fault| anyhow!("the changed network is not proved: {fault}"))?;
    let start = ThreadTime::now();
    let batch = solve_transport(&problem);
    let batch_seconds = start.elapsed().as_secs_f64();
    if batch.objective_int != solution.objective_int {
        return Err(Stop::Failed(anyhow!(
            "the changed network is worth {}, solved from the beginning {}",
            solution.objective_int,
            batch.objective_int
        )));
    }
    write_flows(flows, &changed.file, &solution)?;
    print_json(&ChangedAnswer {
        answer: NetworkAnswer { cpu_seconds: Some(cpu_seconds), ..NetworkAnswer::transport(&solution) },
        changes: changed.rows,
        incremental_seconds,
        batch_seconds,
        batch_objective_int: i64::try_from(batch.objective_int).ok(),
    })
}

fn unposed(faults: Vec<ProblemFault>) -> Stop {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Stop::Failed(anyhow!(lines.join("\n")))
}

fn write_flows(path: Option<&Path>, file: &NetworkFile, solution: &TransportSolution) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    fs::write(path, flows_csv(file, solution)).with_context(|| format!("write {}", path.display()))
}

fn read(folder: &Path) -> Result<NetworkFile, Stop> {
    let mut faults = Vec::new();
    let mut tables = Vec::new();
    for name in ["givers", "takers", "edges"] {
        match table(folder, name)? {
            Ok(table) => tables.push(table),
            Err(fault) => faults.push(fault),
        }
    }
    let Ok([givers, takers, edges]) = <[_; 3]>::try_from(tables) else { return Err(Stop::Faults(faults)) };
    let (file, faults) = read_problem(givers, takers, edges);
    file.ok_or(Stop::Faults(faults))
}

/// `name.csv` or `name.csv.gz` of a folder.
fn table(folder: &Path, name: &str) -> anyhow::Result<Table> {
    if let Some(path) = path_of(folder, name) {
        return Ok(Ok(open(&path)?));
    }
    Ok(Err(Fault {
        place: Place { file: format!("{name}.csv"), ..Place::default() },
        kind: FaultKind::MissingFile,
        found: String::new(),
        expected: format!("{name}.csv"),
    }))
}

fn path_of(folder: &Path, name: &str) -> Option<PathBuf> {
    let paths = [format!("{name}.csv"), format!("{name}.csv.gz")].map(|file| folder.join(file));
    paths.into_iter().find(|path| path.is_file())
}

/// A file as it is read, unpacked on the way when its name ends in `.gz`.
fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if is_packed { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(BufReader::new(file)) })
}
