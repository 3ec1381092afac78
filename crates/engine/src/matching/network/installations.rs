//! What stands between givers and takers: treatment plants, which give less than they take in, and facilities that
//! several links share. The problem, its answer, and the check of the answer. Method: `docs/methods/network-plants.md`.

mod posed;

use super::NetworkAnswer;
use super::conditions::{
    FLOW_TOLERANCE, FlowFault, NetworkRefusal, NetworkSolution, NetworkTask, is_above, is_met, without_traces,
};
use super::transport::Proof;
use crate::linear::LinearSolver;
use posed::Posed;

/// Plants and facilities of a network, and the links that lead through plants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Installations {
    pub plants: Vec<Plant>,
    pub links: Vec<PlantLink>,
    pub facilities: Vec<Facility>,
    /// There when the task has yearly costs.
    pub fixed: Option<InstallationCosts>,
    /// There when the task has qualities.
    pub quality: Option<PlantQuality>,
}

/// A treatment plant: takes in streams and gives off one.
#[derive(Clone, Debug, PartialEq)]
pub struct Plant {
    pub id: String,
    /// Greatest input of a year, 0.1 t.
    pub capacity: i64,
    /// Output for a unit of input, above 0 and at most 1.
    pub output: f64,
    /// Thousand VND for a tonne of input.
    pub cost: i64,
}

/// A possible link into a plant or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlantLink {
    pub side: PlantSide,
    pub plant: u32,
    /// The giver where the link leads in, the taker where it leads out.
    pub stream: u32,
    /// Thousand VND for a tonne of what flows over this link.
    pub benefit: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlantSide {
    In,
    Out,
}

/// A pipe, quay or pool of lorries: everything that it carries together is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    pub id: String,
    /// 0.1 t a year.
    pub capacity: i64,
    /// Places of links from giver to taker, each at most once.
    pub links: Vec<u32>,
    /// Places of links of plants, each at most once.
    pub plant_links: Vec<u32>,
}

/// Thousand VND a year for what is used at all; 0 or more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstallationCosts {
    pub plants: Vec<i64>,
    pub links: Vec<i64>,
}

/// What plants give off contains, and what their input may contain; the qualities are those of the task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlantQuality {
    /// Plant by plant, as many values as the task has qualities.
    pub content: Vec<f64>,
    /// The same for the mix of a plant's input; nothing where any mix will do.
    pub limit: Vec<Option<f64>>,
}

/// 0.1 t over each link, in the order of the links.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstalledFlows {
    /// From giver to taker.
    pub links: Vec<f64>,
    /// Into plants and out of them.
    pub plant_links: Vec<f64>,
}

/// A network through plants, with an upper bound. Money in thousand VND a year.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledSolution {
    pub flows: InstalledFlows,
    pub objective: f64,
    /// No network of this task with these installations is worth more.
    pub bound: f64,
    pub proof: Proof,
}

impl Installations {
    pub fn is_empty(&self) -> bool {
        self.plants.is_empty() && self.facilities.is_empty()
    }

    /// Input of each plant, 0.1 t.
    pub fn input(&self, flows: &InstalledFlows) -> Vec<f64> {
        self.through(flows, PlantSide::In)
    }

    /// Output of each plant, 0.1 t.
    pub fn output(&self, flows: &InstalledFlows) -> Vec<f64> {
        self.through(flows, PlantSide::Out)
    }

    fn through(&self, flows: &InstalledFlows, side: PlantSide) -> Vec<f64> {
        let mut sums = vec![0.0; self.plants.len()];
        for (link, flow) in self.links.iter().zip(&flows.plant_links).filter(|(link, _)| link.side == side) {
            sums[link.plant as usize] += flow;
        }
        sums
    }

    /// What flows are worth: benefit, less what plants cost for their input, less the yearly costs of what is used.
    pub fn worth(&self, task: &NetworkTask, flows: &InstalledFlows) -> f64 {
        let mut worth = task.worth(&flows.links);
        for (link, flow) in self.links.iter().zip(&flows.plant_links) {
            worth += link.benefit as f64 / 10.0 * flow;
        }
        let inputs = self.input(flows);
        for (plant, input) in self.plants.iter().zip(&inputs) {
            worth -= plant.cost as f64 / 10.0 * input;
        }
        let paid = |costs: &[i64], amounts: &[f64]| -> f64 {
            costs.iter().zip(amounts).filter(|(_, amount)| **amount > 0.0).map(|(cost, _)| *cost as f64).sum()
        };
        if let (Some(_), Some(fixed)) = (&task.fixed, &self.fixed) {
            worth -= paid(&fixed.links, &flows.plant_links) + paid(&fixed.plants, &inputs);
        }
        worth
    }
}

/// The best network through plants and facilities that can be found, with a bound. The answer is checked against all
/// conditions before it is given; `optimal` stands only where objective and bound are equal.
///
/// Errors: no solver; yearly costs or qualities of plants that the task asks for and that are not there; the solver's.
pub fn solve_installed(
    task: &NetworkTask,
    installations: &Installations,
    solver: Option<LinearSolver>,
) -> Result<InstalledSolution, NetworkRefusal> {
    let solver = solver.ok_or(NetworkRefusal::NoSolver)?;
    let is_missing = |what: &str| NetworkRefusal::Solver(format!("{what} of plants are not given"));
    if task.fixed.is_some() && installations.fixed.is_none() {
        return Err(is_missing("yearly costs"));
    }
    if task.quality.is_some() && installations.quality.is_none() {
        return Err(is_missing("qualities"));
    }
    let posed = Posed::new(task, installations);
    let (mut flows, bound) = match task.fixed {
        None => posed.solve(solver)?,
        Some(_) => posed.solve_with_costs(|flows| installations.worth(task, &posed.split(flows)), solver)?,
    };
    without_traces(&mut flows);
    let flows = posed.split(&flows);
    check_installed_flows(task, installations, &flows).map_err(|fault| NetworkRefusal::Solver(fault.to_string()))?;
    let objective = installations.worth(task, &flows);
    let bound = bound.max(objective);
    let proof = if is_met(objective, bound) { Proof::Optimal } else { Proof::Gap };
    Ok(InstalledSolution { flows, objective, bound, proof })
}

/// Holds flows against every condition, knowing nothing of how they were found: what plants take in and give off
/// included.
pub fn check_installed_flows(
    task: &NetworkTask,
    installations: &Installations,
    flows: &InstalledFlows,
) -> Result<(), FlowFault> {
    if flows.links.len() != task.transport.links().len() || flows.plant_links.len() != installations.links.len() {
        return Err(FlowFault::Shape);
    }
    let is_wrong = |flow: &f64| flow.is_nan() || *flow < 0.0;
    if let Some(link) = flows.links.iter().position(is_wrong) {
        return Err(FlowFault::NegativeFlow { link });
    }
    if let Some(link) = flows.plant_links.iter().position(is_wrong) {
        return Err(FlowFault::NegativePlantFlow { link });
    }
    check_quantities(task, installations, flows)?;
    check_plants(installations, flows)?;
    check_mixes(task, installations, flows)
}

fn check_quantities(
    task: &NetworkTask,
    installations: &Installations,
    flows: &InstalledFlows,
) -> Result<(), FlowFault> {
    let (supply, demand) = (task.transport.supply(), task.transport.demand());
    let (mut given, mut taken) = (vec![0.0; supply.len()], vec![0.0; demand.len()]);
    for (link, flow) in task.transport.links().iter().zip(&flows.links) {
        given[link.giver as usize] += flow;
        taken[link.taker as usize] += flow;
    }
    for (link, flow) in installations.links.iter().zip(&flows.plant_links) {
        match link.side {
            PlantSide::In => given[link.stream as usize] += flow,
            PlantSide::Out => taken[link.stream as usize] += flow,
        }
    }
    if let Some(giver) = (0..supply.len()).find(|giver| is_above(given[*giver], supply[*giver])) {
        return Err(FlowFault::SupplyExceeded { giver });
    }
    if let Some(taker) = (0..demand.len()).find(|taker| is_above(taken[*taker], demand[*taker])) {
        return Err(FlowFault::DemandExceeded { taker });
    }
    for (number, facility) in installations.facilities.iter().enumerate() {
        let carried: f64 = facility.links.iter().map(|link| flows.links[*link as usize]).sum();
        let of_plants: f64 = facility.plant_links.iter().map(|link| flows.plant_links[*link as usize]).sum();
        if is_above(carried + of_plants, facility.capacity) {
            return Err(FlowFault::FacilityExceeded { facility: number });
        }
    }
    Ok(())
}

fn check_plants(installations: &Installations, flows: &InstalledFlows) -> Result<(), FlowFault> {
    let (inputs, outputs) = (installations.input(flows), installations.output(flows));
    for (number, plant) in installations.plants.iter().enumerate() {
        if is_above(inputs[number], plant.capacity) {
            return Err(FlowFault::PlantExceeded { plant: number });
        }
        // Each link of a plant may have lost what a solver means by 0.
        let apart = (outputs[number] - plant.output * inputs[number]).abs();
        if apart > FLOW_TOLERANCE * inputs[number] + 1e-5 {
            return Err(FlowFault::PlantUnbalanced { plant: number });
        }
    }
    Ok(())
}

fn check_mixes(task: &NetworkTask, installations: &Installations, flows: &InstalledFlows) -> Result<(), FlowFault> {
    let (Some(quality), Some(of_plants)) = (&task.quality, &installations.quality) else { return Ok(()) };
    let count = quality.count;
    for kind in 0..count {
        let of_giver = |giver: u32| quality.content[giver as usize * count + kind];
        let of_plant = |plant: u32| of_plants.content[plant as usize * count + kind];
        let mut mixes = vec![Mix::default(); task.transport.demand().len()];
        let mut inputs = vec![Mix::default(); installations.plants.len()];
        for (link, flow) in task.transport.links().iter().zip(&flows.links) {
            mixes[link.taker as usize].add(of_giver(link.giver), *flow);
        }
        for (link, flow) in installations.links.iter().zip(&flows.plant_links) {
            match link.side {
                PlantSide::In => inputs[link.plant as usize].add(of_giver(link.stream), *flow),
                PlantSide::Out => mixes[link.stream as usize].add(of_plant(link.plant), *flow),
            }
        }
        let limit = |taker: usize| quality.limit[taker * count + kind];
        if let Some(taker) = (0..mixes.len()).find(|taker| mixes[*taker].is_above(limit(*taker))) {
            return Err(FlowFault::QualityExceeded { taker, quality: kind });
        }
        let limit = |plant: usize| of_plants.limit[plant * count + kind];
        let is_above = |plant: &usize| limit(*plant).is_some_and(|limit| inputs[*plant].is_above(limit));
        if let Some(plant) = (0..inputs.len()).find(is_above) {
            return Err(FlowFault::PlantQualityExceeded { plant, quality: kind });
        }
    }
    Ok(())
}

/// A quantity, and how much of one quality it contains in all.
#[derive(Clone, Copy, Default)]
struct Mix {
    quantity: f64,
    contained: f64,
}

impl Mix {
    fn add(&mut self, content: f64, quantity: f64) {
        self.quantity += quantity;
        self.contained += content * quantity;
    }

    fn is_above(self, limit: f64) -> bool {
        self.contained - limit * self.quantity > FLOW_TOLERANCE * self.quantity.max(10.0)
    }
}

impl NetworkAnswer {
    /// The answer for a task with installations. Yields make fractions, so there is no `objective_int`.
    pub fn of_installed(task: &NetworkTask, solution: &InstalledSolution) -> NetworkAnswer {
        let flows = solution.flows.links.iter().chain(&solution.flows.plant_links);
        let of_links = NetworkSolution {
            flows: flows.copied().collect(),
            objective: solution.objective,
            bound: solution.bound,
            proof: solution.proof,
        };
        NetworkAnswer { objective_int: None, ..NetworkAnswer::of_task(task, &of_links) }
    }
}
