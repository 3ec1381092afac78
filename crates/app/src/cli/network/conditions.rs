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

/// `file` was read from the tables of the folder.
pub fn solve(problem: NetworkProblem, file: &NetworkFile, folder: &Path, flows: Option<&Path>) -> Answer {
    let again = |name: &str| super::table(folder, name)?.map_err(|fault| Stop::Faults(vec![fault]));
    let mut faults = Vec::new();
    let mut task = NetworkTask { transport: file.transport().map_err(super::unposed)?, fixed: None, quality: None };
    if has_quality(problem) {
        let (quality, found) = read_quality(again("givers")?, again("takers")?);
        task.quality = quality;
        faults.extend(found);
    }
    if has_costs(problem) {
        let (fixed, found) = read_fixed(again("edges")?);
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
