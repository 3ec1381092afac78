//! Networks with quality limits and yearly costs of links.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use cpu_time::ProcessTime;
use engine::linear::LinearSolver;
use engine::matching::network::{
    NetworkAnswer, NetworkFile, NetworkProblem, NetworkTask, mixed_flows_csv, read_fixed, read_quality, solve_network,
};

use crate::cli::{Answer, Stop, print_json};

#[cfg(feature = "milp")]
const SOLVER: Option<LinearSolver> = Some(&solver::solve);
#[cfg(not(feature = "milp"))]
const SOLVER: Option<LinearSolver> = None;

/// Says before anything is read when this program was built without the solver that a problem needs. Yearly costs
/// alone do without: their network comes with a gap more often.
pub fn check_solver(problem: NetworkProblem) -> Result<(), Stop> {
    let needs_solver = has_quality(problem);
    if needs_solver && SOLVER.is_none() {
        return Err(Stop::Usage(format!(
            "problem `{}` needs the solver HiGHS, and this program was built without it (feature `milp`); \
             it solves: transport, fixed_charge",
            problem.code()
        )));
    }
    Ok(())
}

/// `texts` are those of givers, takers and edges, from which `file` was read.
pub fn solve(problem: NetworkProblem, file: &NetworkFile, texts: &[String], flows: Option<&Path>) -> Answer {
    let mut faults = Vec::new();
    let mut task = NetworkTask {
        transport: file.transport().map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Stop::Failed(anyhow!(lines.join("\n")))
        })?,
        fixed: None,
        quality: None,
    };
    if has_quality(problem) {
        let (quality, found) = read_quality(&texts[0], &texts[1]);
        task.quality = quality;
        faults.extend(found);
    }
    if has_costs(problem) {
        let (fixed, found) = read_fixed(&texts[2]);
        task.fixed = fixed;
        faults.extend(found);
    }
    if !faults.is_empty() {
        return Err(Stop::Faults(faults));
    }
    let start = ProcessTime::now();
    let solution = solve_network(&task, SOLVER).map_err(|refusal| Stop::Failed(anyhow!(refusal.to_string())))?;
    let cpu_seconds = start.elapsed().as_secs_f64();
    if let Some(path) = flows {
        fs::write(path, mixed_flows_csv(file, &solution.flows)).with_context(|| format!("write {}", path.display()))?;
    }
    print_json(&NetworkAnswer { cpu_seconds: Some(cpu_seconds), ..NetworkAnswer::of_task(&task, &solution) })
}

fn has_quality(problem: NetworkProblem) -> bool {
    matches!(problem, NetworkProblem::TransportBlending | NetworkProblem::FixedChargeBlending)
}

fn has_costs(problem: NetworkProblem) -> bool {
    matches!(problem, NetworkProblem::FixedCharge | NetworkProblem::FixedChargeBlending)
}
