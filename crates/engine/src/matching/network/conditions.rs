//! Networks under more conditions than quantities: quality limits of each taker's mix, a yearly cost for every link
//! used, or both. The problem, its answer, and the check of the answer. Method: `docs/methods/network-costs.md`.

use std::fmt;

use super::transport::{Proof, TransportProblem};
use super::{NetworkAnswer, NetworkProblem, blending, costs, gap};
use crate::linear::LinearSolver;

/// A transport problem with its further conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkTask {
    pub transport: TransportProblem,
    /// Thousand VND a year for each link that is used, in the order of the links; 0 or more.
    pub fixed: Option<Vec<i64>>,
    pub quality: Option<Quality>,
}

/// What streams contain and what takers bear, in the taker's own measure of each quality.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    pub count: usize,
    /// Giver by giver, `count` values each.
    pub content: Vec<f64>,
    /// Taker by taker, `count` values each: the mix may contain no more.
    pub limit: Vec<f64>,
}

/// A network with an upper bound. Money in thousand VND a year.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSolution {
    /// 0.1 t over each link, in the order of the links. Fractions where qualities bind.
    pub flows: Vec<f64>,
    pub objective: f64,
    /// No network of this task is worth more.
    pub bound: f64,
    pub proof: Proof,
}

/// Objective and bound closer than this, relative to the bound, count as equal: what sums of floating numbers and
/// the tolerance of a solver leave.
const PROOF_TOLERANCE: f64 = 1e-7;

/// How far a flow may pass a limit, relative to the limit: the tolerance of a solver.
pub const FLOW_TOLERANCE: f64 = 1e-7;

/// Why a task has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkRefusal {
    /// This problem needs a linear solver, and this program was built without one.
    NoSolver,
    Solver(String),
}

/// A condition that flows break.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FlowFault {
    Shape,
    NegativeFlow { link: usize },
    SupplyExceeded { giver: usize },
    DemandExceeded { taker: usize },
    QualityExceeded { taker: usize, quality: usize },
    NegativePlantFlow { link: usize },
    PlantExceeded { plant: usize },
    PlantUnbalanced { plant: usize },
    PlantQualityExceeded { plant: usize, quality: usize },
    FacilityExceeded { facility: usize },
}

impl NetworkTask {
    pub fn problem(&self) -> NetworkProblem {
        match (&self.fixed, &self.quality) {
            (None, None) => NetworkProblem::Transport,
            (None, Some(_)) => NetworkProblem::TransportBlending,
            (Some(_), None) => NetworkProblem::FixedCharge,
            (Some(_), Some(_)) => NetworkProblem::FixedChargeBlending,
        }
    }

    /// What flows are worth: benefit less the yearly cost of every link with a flow.
    pub fn worth(&self, flows: &[f64]) -> f64 {
        let mut worth = 0.0;
        for (number, (link, &flow)) in self.transport.links().iter().zip(flows).enumerate() {
            if flow > 0.0 {
                worth += link.benefit as f64 / 10.0 * flow;
                worth -= self.fixed.as_ref().map_or(0.0, |fixed| fixed[number] as f64);
            }
        }
        worth
    }
}

impl Quality {
    /// By how much one unit of the giver's stream passes the taker's limit; below 0 where it makes room.
    pub fn excess(&self, giver: u32, taker: u32, quality: usize) -> f64 {
        self.content[giver as usize * self.count + quality] - self.limit[taker as usize * self.count + quality]
    }
}

/// The best network that can be found, with a bound. Every answer is checked against its conditions first, whoever
/// found it; `optimal` stands only where objective and bound are equal.
pub fn solve_network(task: &NetworkTask, solver: Option<LinearSolver>) -> Result<NetworkSolution, NetworkRefusal> {
    solve_network_with(task, solver, Effort::default())
}

/// How much a mixed-integer solver is asked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Links of one connected part with yearly costs; of more it gets region by region.
    pub links_at_once: usize,
    /// Regions of such a part that the solver is given, the largest first.
    pub regions: usize,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { links_at_once: 15_000, regions: 1_000 }
    }
}

/// The same with another effort.
pub fn solve_network_with(
    task: &NetworkTask,
    solver: Option<LinearSolver>,
    effort: Effort,
) -> Result<NetworkSolution, NetworkRefusal> {
    let (mut flows, bound) = match (&task.fixed, &task.quality) {
        (None, None) => {
            let solution = super::solve_transport(&task.transport);
            let flows: Vec<f64> = solution.flows.iter().map(|flow| *flow as f64).collect();
            (flows, solution.bound_int as f64 / 10.0)
        }
        (None, Some(quality)) => blending::solve(task, quality, solver.ok_or(NetworkRefusal::NoSolver)?)?,
        (Some(fixed), None) => costs::solve(task, fixed, solver, effort),
        (Some(fixed), Some(quality)) => {
            costs::blended::solve(task, fixed, quality, solver.ok_or(NetworkRefusal::NoSolver)?)?
        }
    };
    without_traces(&mut flows);
    check_flows(task, &flows).map_err(|fault| NetworkRefusal::Solver(fault.to_string()))?;
    let objective = task.worth(&flows);
    // Rounding may leave a proved bound a hair under the value that it meets.
    let bound = bound.max(objective);
    let proof = if is_met(objective, bound) { Proof::Optimal } else { Proof::Gap };
    Ok(NetworkSolution { flows, objective, bound, proof })
}

/// Makes 0 of what a solver means by 0.
pub fn without_traces(flows: &mut [f64]) {
    for flow in flows.iter_mut().filter(|flow| **flow < 1e-6) {
        *flow = 0.0;
    }
}

/// Whether objective and bound are equal but for what sums of floating numbers leave.
pub fn is_met(objective: f64, bound: f64) -> bool {
    bound - objective <= PROOF_TOLERANCE * bound.abs()
}

/// Whether a sum of flows is more than a limit, the tolerance of a solver left aside.
pub fn is_above(sum: f64, most: i64) -> bool {
    sum > most as f64 * (1.0 + FLOW_TOLERANCE) + 1e-6
}

/// Holds flows against every condition of the task, knowing nothing of how they were found.
pub fn check_flows(task: &NetworkTask, flows: &[f64]) -> Result<(), FlowFault> {
    let (supply, demand) = (task.transport.supply(), task.transport.demand());
    if flows.len() != task.transport.links().len() {
        return Err(FlowFault::Shape);
    }
    let (mut given, mut taken) = (vec![0.0; supply.len()], vec![0.0; demand.len()]);
    let count = task.quality.as_ref().map_or(0, |quality| quality.count);
    let mut excess = vec![0.0; demand.len() * count];
    for (number, (link, &flow)) in task.transport.links().iter().zip(flows).enumerate() {
        if flow.is_nan() || flow < 0.0 {
            return Err(FlowFault::NegativeFlow { link: number });
        }
        given[link.giver as usize] += flow;
        taken[link.taker as usize] += flow;
        for (kind, sum) in excess[link.taker as usize * count..][..count].iter_mut().enumerate() {
            *sum += task.quality.as_ref().map_or(0.0, |quality| quality.excess(link.giver, link.taker, kind)) * flow;
        }
    }
    if let Some(giver) = (0..supply.len()).find(|giver| is_above(given[*giver], supply[*giver])) {
        return Err(FlowFault::SupplyExceeded { giver });
    }
    if let Some(taker) = (0..demand.len()).find(|taker| is_above(taken[*taker], demand[*taker])) {
        return Err(FlowFault::DemandExceeded { taker });
    }
    for (place, sum) in excess.iter().enumerate() {
        let taker = place / count;
        if *sum > FLOW_TOLERANCE * taken[taker].max(10.0) {
            return Err(FlowFault::QualityExceeded { taker, quality: place % count });
        }
    }
    Ok(())
}

impl NetworkAnswer {
    /// The answer for a task. `objective_int` is in tenths of a thousand VND, and stands where flows are whole.
    pub fn of_task(task: &NetworkTask, solution: &NetworkSolution) -> NetworkAnswer {
        let is_whole = task.quality.is_none() && solution.objective.abs() < 1e14;
        NetworkAnswer {
            problem: task.problem(),
            objective_kvnd_yr: solution.objective,
            objective_int: is_whole.then(|| (solution.objective * 10.0).round() as i64),
            bound: solution.bound,
            gap: if solution.proof == Proof::Optimal { 0.0 } else { gap(solution.objective, solution.bound) },
            proof: solution.proof,
            links_used: solution.flows.iter().filter(|flow| **flow > 0.0).count(),
            cpu_seconds: None,
        }
    }
}

impl fmt::Display for FlowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FlowFault::Shape => write!(f, "flows do not fit the number of links"),
            FlowFault::NegativeFlow { link } => write!(f, "link {link}: flow below 0"),
            FlowFault::SupplyExceeded { giver } => write!(f, "giver {giver}: gives more than its supply"),
            FlowFault::DemandExceeded { taker } => write!(f, "taker {taker}: takes more than its demand"),
            FlowFault::QualityExceeded { taker, quality } => {
                write!(f, "taker {taker}: its mix contains more of quality {quality} than it bears")
            }
            FlowFault::NegativePlantFlow { link } => write!(f, "link {link} of plants: flow below 0"),
            FlowFault::PlantExceeded { plant } => write!(f, "plant {plant}: takes in more than its capacity"),
            FlowFault::PlantUnbalanced { plant } => write!(f, "plant {plant}: output is not its yield of the input"),
            FlowFault::PlantQualityExceeded { plant, quality } => {
                write!(f, "plant {plant}: its input contains more of quality {quality} than it bears")
            }
            FlowFault::FacilityExceeded { facility } => {
                write!(f, "facility {facility}: carries more than its capacity")
            }
        }
    }
}

impl fmt::Display for NetworkRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkRefusal::NoSolver => write!(f, "this problem needs the solver HiGHS (feature `milp`)"),
            NetworkRefusal::Solver(said) => write!(f, "{said}"),
        }
    }
}
