//! Networks with quality limits and yearly costs of links, and networks through treatment plants and facilities.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use cpu_time::ProcessTime;
use engine::linear::LinearSolver;
use engine::matching::network::{
    InstallationTables, Installations, InstalledFlows, NetworkAnswer, NetworkFile, NetworkProblem, NetworkRefusal,
    NetworkTask, mixed_flows_csv, plant_flows_csv, read_fixed, read_installations, read_quality, solve_installed,
    solve_network, solve_transport,
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

/// The optional tables of plants and of what links share.
const INSTALLATIONS: [&str; 4] = ["plants", "plant_links", "facilities", "facility_links"];

/// Whether the folder has tables of plants or facilities. With them every problem needs the solver, which is said here.
pub fn has_installations(folder: &Path) -> Result<bool, Stop> {
    let found = INSTALLATIONS.into_iter().find(|name| super::path_of(folder, name).is_some());
    let Some(name) = found else { return Ok(false) };
    if SOLVER.is_none() {
        return Err(Stop::Usage(format!(
            "{name}.csv: networks through plants and facilities need the solver HiGHS, and this program was built \
             without it (feature `milp`)"
        )));
    }
    Ok(true)
}

/// A network with everything that its tables state.
pub struct Posed {
    pub task: NetworkTask,
    pub installations: Option<Installations>,
}

pub struct Solved {
    pub answer: NetworkAnswer,
    /// Without plants those over links from giver to taker alone.
    pub flows: InstalledFlows,
}

/// `file` was read from the tables of the folder.
pub fn solve(problem: NetworkProblem, file: &NetworkFile, folder: &Path, flows: Option<&Path>) -> Answer {
    let posed = Posed::read(problem, file, folder)?;
    let solved = posed.solve()?;
    solved.write(flows, file, &posed)?;
    print_json(&solved.answer)
}

impl Posed {
    pub fn read(problem: NetworkProblem, file: &NetworkFile, folder: &Path) -> Result<Posed, Stop> {
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
        let mut installations = None;
        if has_installations(folder)? {
            let qualities = task.quality.as_ref().map(|quality| quality.count);
            let (read, found) = read_installations(tables(folder)?, file, problem, qualities);
            installations = read;
            faults.extend(found);
        }
        if faults.is_empty() { Ok(Posed { task, installations }) } else { Err(Stop::Faults(faults)) }
    }

    pub fn solve(&self) -> Result<Solved, Stop> {
        let refused = |refusal: NetworkRefusal| Stop::Failed(anyhow!(refusal.to_string()));
        let task = &self.task;
        let start = ProcessTime::now();
        let (answer, flows) = if let Some(installations) = &self.installations {
            let solution = solve_installed(task, installations, SOLVER).map_err(refused)?;
            (NetworkAnswer::of_installed(task, &solution), solution.flows)
        } else if task.problem() == NetworkProblem::Transport {
            let solution = solve_transport(&task.transport);
            let links = solution.flows.iter().map(|flow| *flow as f64).collect();
            (NetworkAnswer::transport(&solution), InstalledFlows { links, plant_links: Vec::new() })
        } else {
            let solution = solve_network(task, SOLVER).map_err(refused)?;
            let answer = NetworkAnswer::of_task(task, &solution);
            (answer, InstalledFlows { links: solution.flows, plant_links: Vec::new() })
        };
        let cpu_seconds = Some(start.elapsed().as_secs_f64());
        Ok(Solved { answer: NetworkAnswer { cpu_seconds, ..answer }, flows })
    }
}

impl Solved {
    /// What flows through plants is written beside the flows from giver to taker: `flows-plants.csv` beside `flows.csv`.
    pub fn write(&self, path: Option<&Path>, file: &NetworkFile, posed: &Posed) -> anyhow::Result<()> {
        let Some(path) = path else { return Ok(()) };
        let write =
            |path: &Path, text: String| fs::write(path, text).with_context(|| format!("write {}", path.display()));
        write(path, mixed_flows_csv(file, &self.flows.links))?;
        match &posed.installations {
            Some(installations) => write(&beside(path), plant_flows_csv(file, installations, &self.flows)),
            None => Ok(()),
        }
    }
}

fn tables(folder: &Path) -> anyhow::Result<InstallationTables<Box<dyn BufRead>>> {
    let table = |name: &str| super::path_of(folder, name).map(|path| super::open(&path)).transpose();
    let [plants, plant_links, facilities, facility_links] = INSTALLATIONS;
    Ok(InstallationTables {
        plants: table(plants)?,
        plant_links: table(plant_links)?,
        facilities: table(facilities)?,
        facility_links: table(facility_links)?,
    })
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{name}-plants.csv"))
}

fn has_quality(problem: NetworkProblem) -> bool {
    matches!(problem, NetworkProblem::TransportBlending | NetworkProblem::FixedChargeBlending)
}

fn has_costs(problem: NetworkProblem) -> bool {
    matches!(problem, NetworkProblem::FixedCharge | NetworkProblem::FixedChargeBlending)
}
