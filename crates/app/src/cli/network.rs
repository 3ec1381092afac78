//! `solve network`: the best network of exchanges of a problem folder, with its proof.

mod conditions;

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use cpu_time::ThreadTime;
use engine::fault::{Fault, FaultKind, Place};
use engine::matching::network::{NetworkAnswer, NetworkProblem, flows_csv, read_problem, solve_transport};

use super::{Answer, Stop, print_json};
use crate::files;

pub fn solve(folder: &Path, problem: &str, flows: Option<&Path>) -> Answer {
    let known = || NetworkProblem::ALL.map(NetworkProblem::code).join(", ");
    let Some(asked) = NetworkProblem::parse(problem) else {
        return Err(Stop::Usage(format!("problem `{problem}`: expected one of {}", known())));
    };
    conditions::check_solver(asked)?;
    if !folder.is_dir() {
        return Err(Stop::Usage(format!("{}: no such folder", folder.display())));
    }
    let [givers, takers, edges] = ["givers", "takers", "edges"].map(|name| read(folder, name));
    let mut faults = Vec::new();
    let mut texts = Vec::new();
    for text in [givers, takers, edges] {
        match text? {
            Ok(text) => texts.push(text),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(Stop::Faults(faults));
    }
    let (file, faults) = read_problem(&texts[0], &texts[1], &texts[2]);
    let Some(file) = file.filter(|_| faults.is_empty()) else { return Err(Stop::Faults(faults)) };

    if asked != NetworkProblem::Transport {
        return conditions::solve(asked, &file, &texts, flows);
    }
    let problem = file.transport().map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Stop::Failed(anyhow!(lines.join("\n")))
    })?;
    let start = ThreadTime::now();
    let solution = solve_transport(&problem);
    let cpu_seconds = start.elapsed().as_secs_f64();

    if let Some(path) = flows {
        fs::write(path, flows_csv(&file, &solution)).with_context(|| format!("write {}", path.display()))?;
    }
    let answer = NetworkAnswer { cpu_seconds: Some(cpu_seconds), ..NetworkAnswer::transport(&solution) };
    // People and programs read the same answer: it is short, and every key names its unit.
    print_json(&answer)
}

/// `name.csv` or `name.csv.gz` of a folder.
fn read(folder: &Path, name: &str) -> anyhow::Result<Result<String, Fault>> {
    for file in [format!("{name}.csv"), format!("{name}.csv.gz")] {
        let path = folder.join(file);
        if path.is_file() {
            return files::read_text(&path);
        }
    }
    Ok(Err(Fault {
        place: Place { file: format!("{name}.csv"), ..Place::default() },
        kind: FaultKind::MissingFile,
        found: String::new(),
        expected: format!("{name}.csv"),
    }))
}
