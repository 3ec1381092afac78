//! A network through plants and facilities as a linear problem, and its bound from the prices alone.

use super::{Installations, InstalledFlows, PlantSide};
use crate::linear::{Column, Limits, LinearProblem, LinearSolver};
use crate::matching::network::conditions::{NetworkRefusal, NetworkTask, without_traces};
use crate::matching::network::transport::Link;

/// Rounds of slope scaling; each is a linear problem.
const SLOPES: usize = 6;
/// Links that a mixed-integer solver is given at once.
const MOST_LINKS_TO_PROVE: usize = 3_000;
/// Wall seconds of the solver on them.
const SECONDS: f64 = 60.0;

/// Links from giver to taker first, then those of plants, each in its order.
pub struct Posed {
    passages: Vec<Passage>,
    count_direct: usize,
    supply: Vec<f64>,
    plants: Vec<PosedPlant>,
    /// What rows limit to: takers, facilities, inputs of plants, mixes of takers, mixes of plants.
    most: Vec<f64>,
}

/// One link as the linear problem sees it.
struct Passage {
    ends: Ends,
    /// What 0.1 t earns, a plant's cost of input taken off.
    profit: f64,
    /// Yearly cost of using the link; 0 where the task has none.
    fixed: f64,
    /// No more than this can flow.
    cap: f64,
    /// Rows that the link counts in, with factors; those of givers and of what plants give off are apart.
    terms: Vec<(usize, f64)>,
}

#[derive(Clone, Copy)]
enum Ends {
    Direct { giver: usize },
    In { giver: usize, plant: usize },
    Out { plant: usize },
}

struct PosedPlant {
    output: f64,
    /// Yearly cost of using the plant; 0 where the task has none.
    fixed: f64,
    /// No more than this can go in.
    cap: f64,
}

impl Posed {
    /// The installations have the costs and qualities that the task asks for.
    pub fn new(task: &NetworkTask, installations: &Installations) -> Posed {
        let mut passages: Vec<Passage> = Vec::new();
        let fixed = task.fixed.as_ref().zip(installations.fixed.as_ref());
        for (number, link) in task.transport.links().iter().enumerate() {
            passages.push(Passage {
                ends: Ends::Direct { giver: link.giver as usize },
                profit: link.benefit as f64 / 10.0,
                fixed: fixed.map_or(0.0, |(links, _)| links[number] as f64),
                cap: f64::INFINITY,
                terms: Vec::new(),
            });
        }
        for (number, link) in installations.links.iter().enumerate() {
            let plant = link.plant as usize;
            let (ends, cost) = match link.side {
                PlantSide::In => {
                    (Ends::In { giver: link.stream as usize, plant }, installations.plants[plant].cost as f64)
                }
                PlantSide::Out => (Ends::Out { plant }, 0.0),
            };
            passages.push(Passage {
                ends,
                profit: (link.benefit as f64 - cost) / 10.0,
                fixed: fixed.map_or(0.0, |(_, costs)| costs.links[number] as f64),
                cap: f64::INFINITY,
                terms: Vec::new(),
            });
        }
        let plants = installations.plants.iter().enumerate().map(|(number, plant)| PosedPlant {
            output: plant.output,
            fixed: fixed.map_or(0.0, |(_, costs)| costs.plants[number] as f64),
            cap: plant.capacity as f64,
        });
        let mut posed = Posed {
            count_direct: task.transport.links().len(),
            supply: task.transport.supply().iter().map(|supply| *supply as f64).collect(),
            plants: plants.collect(),
            passages,
            most: Vec::new(),
        };
        posed.add_quantities(task, installations);
        posed.add_caps();
        posed.add_qualities(task, installations);
        posed
    }

    /// Rows of takers, facilities and inputs of plants.
    fn add_quantities(&mut self, task: &NetworkTask, installations: &Installations) {
        self.most.extend(task.transport.demand().iter().map(|demand| *demand as f64));
        self.most.extend(installations.facilities.iter().map(|facility| facility.capacity as f64));
        self.most.extend(installations.plants.iter().map(|plant| plant.capacity as f64));
        let takers = task.transport.demand().len();
        let (direct, of_plants) = self.passages.split_at_mut(self.count_direct);
        for (passage, link) in direct.iter_mut().zip(task.transport.links()) {
            passage.terms.push((link.taker as usize, 1.0));
        }
        for (number, facility) in installations.facilities.iter().enumerate() {
            for link in &facility.links {
                direct[*link as usize].terms.push((takers + number, 1.0));
            }
            for link in &facility.plant_links {
                of_plants[*link as usize].terms.push((takers + number, 1.0));
            }
        }
        for (passage, link) in of_plants.iter_mut().zip(&installations.links) {
            let row = match link.side {
                PlantSide::In => takers + installations.facilities.len() + link.plant as usize,
                PlantSide::Out => link.stream as usize,
            };
            passage.terms.push((row, 1.0));
        }
    }

    /// The greatest flow of each link and input of each plant, from the quantities alone.
    fn add_caps(&mut self) {
        let (mut into, mut out) = (vec![0.0; self.plants.len()], vec![0.0; self.plants.len()]);
        for passage in &mut self.passages {
            let rows = passage.terms.iter().map(|(row, _)| self.most[*row]);
            passage.cap = rows.fold(f64::INFINITY, f64::min);
            match passage.ends {
                Ends::Direct { giver } => passage.cap = passage.cap.min(self.supply[giver]),
                Ends::In { giver, plant } => {
                    passage.cap = passage.cap.min(self.supply[giver]);
                    into[plant] += passage.cap;
                }
                Ends::Out { plant } => out[plant] += passage.cap,
            }
        }
        for ((plant, into), out) in self.plants.iter_mut().zip(into).zip(out) {
            plant.cap = plant.cap.min(into).min(out / plant.output);
        }
        // A capacity beyond everything that can come would only burden the solver with great numbers.
        let start = self.most.len() - self.plants.len();
        for (most, plant) in self.most[start..].iter_mut().zip(&self.plants) {
            *most = plant.cap;
        }
        for passage in &mut self.passages {
            match passage.ends {
                Ends::Direct { .. } => {}
                Ends::In { plant, .. } => passage.cap = passage.cap.min(self.plants[plant].cap),
                Ends::Out { plant } => {
                    passage.cap = passage.cap.min(self.plants[plant].cap * self.plants[plant].output);
                }
            }
        }
    }

    /// Rows of takers' mixes and of the mixes that plants take in: excess of everything together is 0 or less.
    fn add_qualities(&mut self, task: &NetworkTask, installations: &Installations) {
        let (Some(quality), Some(of_plants)) = (&task.quality, &installations.quality) else { return };
        let (count, start) = (quality.count, self.most.len());
        let start_of_plants = start + task.transport.demand().len() * count;
        self.most.resize(start_of_plants + installations.plants.len() * count, 0.0);
        let (direct, indirect) = self.passages.split_at_mut(self.count_direct);
        for kind in 0..count {
            let row_of_taker = |taker: u32| start + taker as usize * count + kind;
            for (passage, Link { giver, taker, .. }) in direct.iter_mut().zip(task.transport.links()) {
                passage.terms.push((row_of_taker(*taker), quality.excess(*giver, *taker, kind)));
            }
            for (passage, link) in indirect.iter_mut().zip(&installations.links) {
                let place = link.plant as usize * count + kind;
                match (link.side, of_plants.limit[place]) {
                    (PlantSide::Out, _) => {
                        let limit = quality.limit[link.stream as usize * count + kind];
                        passage.terms.push((row_of_taker(link.stream), of_plants.content[place] - limit));
                    }
                    (PlantSide::In, Some(limit)) => {
                        let content = quality.content[link.stream as usize * count + kind];
                        passage.terms.push((start_of_plants + place, content - limit));
                    }
                    (PlantSide::In, None) => {}
                }
            }
        }
    }

    /// Flows of all links as those from giver to taker and those of plants.
    pub fn split(&self, flows: &[f64]) -> InstalledFlows {
        let (links, plant_links) = flows.split_at(self.count_direct);
        InstalledFlows { links: links.to_vec(), plant_links: plant_links.to_vec() }
    }

    /// Flows and bound without yearly costs.
    pub fn solve(&self, solver: LinearSolver) -> Result<(Vec<f64>, f64), NetworkRefusal> {
        let profit: Vec<f64> = self.passages.iter().map(|passage| passage.profit).collect();
        let (flows, prices) = self.best(&profit, |_| true, solver)?;
        Ok((flows, self.bound(&profit, &prices)))
    }

    /// Flows and bound with yearly costs, `worth` being what flows are worth. Slope scaling; the bound is that of the
    /// first round, in which every cost is charged by the unit of what can flow at most, so nobody pays more than the
    /// cost; then the mixed-integer problem.
    pub fn solve_with_costs(
        &self,
        worth: impl Fn(&[f64]) -> f64,
        solver: LinearSolver,
    ) -> Result<(Vec<f64>, f64), NetworkRefusal> {
        let caps: Vec<f64> = self.passages.iter().map(|passage| passage.cap).collect();
        let inputs: Vec<f64> = self.plants.iter().map(|plant| plant.cap).collect();
        let (mut link_charge, mut plant_charge) = (vec![0.0; caps.len()], vec![0.0; inputs.len()]);
        self.charge(&caps, &inputs, &mut link_charge, &mut plant_charge);
        let profit = self.charged(&link_charge, &plant_charge);
        let (mut flows, prices) = self.best(&profit, |_| true, solver)?;
        let mut bound = self.bound(&profit, &prices);
        let mut best = vec![0.0; flows.len()];
        for _ in 0..SLOPES {
            without_traces(&mut flows);
            if worth(&flows) > worth(&best) {
                best.clone_from(&flows);
            }
            self.charge(&flows, &self.inputs(&flows), &mut link_charge, &mut plant_charge);
            flows = self.best(&self.charged(&link_charge, &plant_charge), |_| true, solver)?.0;
        }
        if self.passages.len() <= MOST_LINKS_TO_PROVE {
            let (chosen, limit) = self.choose(&best, solver)?;
            bound = bound.min(limit);
            if let Some(chosen) = chosen.filter(|chosen| worth(chosen) > worth(&best)) {
                best = chosen;
            }
        }
        Ok((best, bound))
    }

    fn inputs(&self, flows: &[f64]) -> Vec<f64> {
        let mut inputs = vec![0.0; self.plants.len()];
        for (passage, flow) in self.passages.iter().zip(flows) {
            if let Ends::In { plant, .. } = passage.ends {
                inputs[plant] += flow;
            }
        }
        inputs
    }

    /// Sets the charges for a unit so that these amounts pay the yearly costs; what has no amount keeps its charge.
    fn charge(&self, flows: &[f64], inputs: &[f64], link_charge: &mut [f64], plant_charge: &mut [f64]) {
        let set = |charge: &mut f64, fixed: f64, amount: f64| {
            if amount > 0.0 {
                *charge = fixed / amount;
            }
        };
        for ((charge, passage), flow) in link_charge.iter_mut().zip(&self.passages).zip(flows) {
            set(charge, passage.fixed, *flow);
        }
        for ((charge, plant), input) in plant_charge.iter_mut().zip(&self.plants).zip(inputs) {
            set(charge, plant.fixed, *input);
        }
    }

    fn charged(&self, link_charge: &[f64], plant_charge: &[f64]) -> Vec<f64> {
        let charged = |(passage, charge): (&Passage, &f64)| match passage.ends {
            Ends::In { plant, .. } => passage.profit - charge - plant_charge[plant],
            Ends::Direct { .. } | Ends::Out { .. } => passage.profit - charge,
        };
        self.passages.iter().zip(link_charge).map(charged).collect()
    }

    /// The best flows over open links where a unit over each earns `profit`, and the price of each row of `most`.
    fn best(
        &self,
        profit: &[f64],
        is_open: impl Fn(usize) -> bool,
        solver: LinearSolver,
    ) -> Result<(Vec<f64>, Vec<f64>), NetworkRefusal> {
        // What can flow at most holds by rows alone: a limit of a column would have a price that no row shows.
        let cap = |number| if is_open(number) { f64::INFINITY } else { 0.0 };
        let linear = self.linear(profit, cap);
        let answer = solver(&linear, &Limits::default()).map_err(NetworkRefusal::Solver)?;
        let (Some(values), Some(prices)) = (answer.values, answer.prices) else {
            return Err(NetworkRefusal::Solver("the linear problem was not solved".to_owned()));
        };
        let flows = values.iter().map(|value| value.max(0.0)).collect();
        Ok((flows, prices[..self.most.len()].iter().map(|price| price.max(0.0)).collect()))
    }

    /// A column for each link; rows of `most`, of givers, and two for each plant, whose output is neither more nor less
    /// than its yield of the input.
    fn linear(&self, profit: &[f64], cap: impl Fn(usize) -> f64) -> LinearProblem {
        let mut linear = LinearProblem::default();
        let (givers, plants) = (self.most.len(), self.most.len() + self.supply.len());
        let mut terms = vec![Vec::new(); plants + 2 * self.plants.len()];
        for (number, passage) in self.passages.iter().enumerate() {
            let column = linear.add_column(Column::amount(profit[number], cap(number)));
            for (row, factor) in &passage.terms {
                terms[*row].push((column, *factor));
            }
            if let Ends::Direct { giver } | Ends::In { giver, .. } = passage.ends {
                terms[givers + giver].push((column, 1.0));
            }
            let balance = match passage.ends {
                Ends::Direct { .. } => None,
                Ends::In { plant, .. } => Some((plant, -self.plants[plant].output)),
                Ends::Out { plant } => Some((plant, 1.0)),
            };
            if let Some((plant, factor)) = balance {
                terms[plants + 2 * plant].push((column, factor));
                terms[plants + 2 * plant + 1].push((column, -factor));
            }
        }
        let limits = self.most.iter().chain(&self.supply).copied().chain(std::iter::repeat(0.0));
        for (most, terms) in limits.zip(terms) {
            linear.add_row(most, terms);
        }
        linear
    }

    /// What no network is worth more than, from prices of 0 or more of the rows of `most`, whatever they are: what a
    /// plant gives off gets the lowest price that covers the links out of it, then every giver the lowest price that
    /// covers its links, and then every link is covered.
    fn bound(&self, profit: &[f64], prices: &[f64]) -> f64 {
        let net = |number: usize| {
            let paid = |(row, factor): &(usize, f64)| prices[*row] * factor;
            profit[number] - self.passages[number].terms.iter().map(paid).sum::<f64>()
        };
        // Below every number where no link leads out: then nothing can go in.
        let mut output_price = vec![f64::NEG_INFINITY; self.plants.len()];
        for (number, passage) in self.passages.iter().enumerate() {
            if let Ends::Out { plant } = passage.ends {
                output_price[plant] = output_price[plant].max(net(number));
            }
        }
        let mut giver_price = vec![0.0_f64; self.supply.len()];
        for (number, passage) in self.passages.iter().enumerate() {
            let (giver, earned) = match passage.ends {
                Ends::Direct { giver } => (giver, net(number)),
                Ends::In { giver, plant } => (giver, net(number) + self.plants[plant].output * output_price[plant]),
                Ends::Out { .. } => continue,
            };
            giver_price[giver] = giver_price[giver].max(earned);
        }
        let worth = |quantities: &[f64], prices: &[f64]| -> f64 {
            quantities.iter().zip(prices).map(|(quantity, price)| quantity * price).sum()
        };
        worth(&self.most, prices) + worth(&self.supply, &giver_price)
    }

    /// The mixed-integer problem of the whole, from the network in hand: flows, if any were found, and the solver's
    /// bound. Only what costs something by the year has a choice.
    fn choose(&self, start: &[f64], solver: LinearSolver) -> Result<(Option<Vec<f64>>, f64), NetworkRefusal> {
        let profit: Vec<f64> = self.passages.iter().map(|passage| passage.profit).collect();
        let mut linear = self.linear(&profit, |number| self.passages[number].cap);
        let mut values = start.to_vec();
        let mut choice = |linear: &mut LinearProblem, fixed: f64, amount: f64| {
            values.push(f64::from(amount > 0.0));
            linear.add_column(Column::choice(-fixed))
        };
        let mut link_choice = vec![None; self.passages.len()];
        for (number, passage) in self.passages.iter().enumerate().filter(|(_, passage)| passage.fixed > 0.0) {
            let column = choice(&mut linear, passage.fixed, start[number]);
            linear.add_row(0.0, vec![(number as u32, 1.0), (column, -passage.cap)]);
            link_choice[number] = Some(column as usize);
        }
        let inputs = self.inputs(start);
        for (place, plant) in self.plants.iter().enumerate().filter(|(_, plant)| plant.fixed > 0.0) {
            let column = choice(&mut linear, plant.fixed, inputs[place]);
            let mut into = vec![(column, -plant.cap)];
            for (number, passage) in self.passages.iter().enumerate() {
                if matches!(passage.ends, Ends::In { plant, .. } if plant == place) {
                    into.push((number as u32, 1.0));
                    linear.add_row(0.0, vec![(number as u32, 1.0), (column, -passage.cap)]);
                }
            }
            linear.add_row(0.0, into);
        }
        let limits = Limits { seconds: SECONDS, start: Some(values), ..Limits::default() };
        let answer = solver(&linear, &limits).map_err(NetworkRefusal::Solver)?;
        let Some(values) = answer.values else { return Ok((None, answer.bound)) };
        // The solver's choices are whole but for its tolerance; the flows that go with them are found once more.
        let is_open =
            |number: usize| values[number] > 1e-6 && link_choice[number].is_none_or(|choice| values[choice] > 0.5);
        let (mut flows, _) = self.best(&profit, is_open, solver)?;
        without_traces(&mut flows);
        Ok((Some(flows), answer.bound))
    }
}
