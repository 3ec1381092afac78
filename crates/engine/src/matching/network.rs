//! The network of exchanges that is worth most: who sends how much to whom, the proof that no network is
//! better, and a price for one tonne more of every stream. Method page: `docs/methods/network.md`.

mod blending;
mod capacities;
mod changes;
mod conditions;
mod costs;
mod installations;
mod neighbours;
mod read;
mod shortest_paths;
mod solved;
mod transport;

use serde::{Deserialize, Serialize};

pub use capacities::{CAPPED_BENEFIT_LIMIT, solve_capacitated};
pub use changes::{ChangedNetwork, read_changes};
pub use conditions::{
    Effort, FlowFault, NetworkRefusal, NetworkSolution, NetworkTask, Quality, check_flows, solve_network,
    solve_network_with,
};
pub use installations::{
    Facility, InstallationCosts, Installations, InstalledFlows, InstalledSolution, Plant, PlantLink, PlantQuality,
    PlantSide, check_installed_flows, solve_installed,
};
pub(crate) use read::Places;
pub use read::{
    InstallationTables, LinkRow, NetworkFile, StreamRow, flows_csv, mixed_flows_csv, plant_flows_csv, read_fixed,
    read_installations, read_problem, read_quality,
};
pub use solved::{Change, ChangeFault, Side, SolvedNetwork};
pub use transport::{
    BENEFIT_LIMIT, Link, ProblemFault, Proof, ProofFault, TransportProblem, TransportSolution, prove, solve_transport,
};

/// Which network is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkProblem {
    /// Limits of givers and takers only.
    Transport,
    /// And the quality limits of each taker's mix.
    TransportBlending,
    /// And a yearly cost for every link opened.
    FixedCharge,
    FixedChargeBlending,
}

impl NetworkProblem {
    pub const ALL: [NetworkProblem; 4] = [
        NetworkProblem::Transport,
        NetworkProblem::TransportBlending,
        NetworkProblem::FixedCharge,
        NetworkProblem::FixedChargeBlending,
    ];

    pub fn code(self) -> &'static str {
        match self {
            NetworkProblem::Transport => "transport",
            NetworkProblem::TransportBlending => "transport_blending",
            NetworkProblem::FixedCharge => "fixed_charge",
            NetworkProblem::FixedChargeBlending => "fixed_charge_blending",
        }
    }

    pub fn parse(code: &str) -> Option<NetworkProblem> {
        NetworkProblem::ALL.into_iter().find(|problem| problem.code() == code)
    }
}

/// What `solve network` answers. Money in thousand VND a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkAnswer {
    pub problem: NetworkProblem,
    pub objective_kvnd_yr: f64,
    /// Sum of benefit × flow in 0.1 t, where the method works in whole numbers.
    pub objective_int: Option<i64>,
    /// No network of this problem is worth more; same unit as `objective_kvnd_yr`.
    pub bound: f64,
    /// (bound − objective) / bound.
    pub gap: f64,
    pub proof: Proof,
    pub links_used: usize,
    /// Filled in by the caller, who has a clock.
    pub cpu_seconds: Option<f64>,
}

impl NetworkAnswer {
    /// The answer for a solved transport network. Quantities are in 0.1 t and benefits per tonne, hence the tenth.
    pub fn transport(solution: &TransportSolution) -> NetworkAnswer {
        let objective = solution.objective_int as f64 / 10.0;
        let bound = solution.bound_int as f64 / 10.0;
        NetworkAnswer {
            problem: NetworkProblem::Transport,
            objective_kvnd_yr: objective,
            objective_int: i64::try_from(solution.objective_int).ok(),
            bound,
            gap: gap(objective, bound),
            proof: solution.proof,
            links_used: solution.links_used,
            cpu_seconds: None,
        }
    }
}

/// (bound − objective) / bound, and 0 where the bound is 0: nothing can be gained and nothing is left out.
fn gap(objective: f64, bound: f64) -> f64 {
    if bound == 0.0 { 0.0 } else { (bound - objective) / bound }
}
