//! Networks of tables for other aims than benefit, and the trade-off curve between two of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use cpu_time::ThreadTime;
use engine::language::Language;
use engine::matching::network::mixed_flows_csv;
use engine::matching::objective::{Chosen, Ground, Objective, Totals, Weights, read_ground};
use engine::matching::robustness::in_unit;
use engine::matching::scenario::{LinkCounts, Scenario};
use engine::matching::tradeoff::trade_off;
use serde::Serialize;

use super::scenarios::{OfTables, Said, of_tables};
use super::{read, table, unposed};
use crate::cli::{Answer, Stop, print_json};
use crate::decision::MOST_POINTS;
use crate::decision::told::{Curve, unit};

#[derive(clap::Args)]
pub struct Aims {
    /// What is to be as great as possible: benefit, co2e, disposal (kept from it) or mix. edges.csv then has co2e_kg_t
    /// (may be empty: unknown) and kept (0 or 1)
    #[arg(long, value_name = "CODE", value_parser = ["benefit", "co2e", "disposal", "mix"])]
    objective: Option<String>,
    /// Of a mix: what a VND of benefit counts
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    money: f64,
    /// Of a mix: VND for a t of CO2e avoided
    #[arg(long, value_name = "VND", default_value_t = 0.0)]
    co2e: f64,
    /// Of a mix: VND for a t kept from disposal
    #[arg(long, value_name = "VND", default_value_t = 0.0)]
    kept: f64,
    /// Also the networks between the greatest benefit and the most of this
    #[arg(long, value_name = "CODE", value_parser = ["co2e", "disposal"])]
    curve: Option<String>,
}

/// A network by an objective.
#[derive(Serialize)]
struct Aimed {
    objective: Objective,
    /// The objective's own sum, and what no network of these links can exceed.
    value: f64,
    bound: f64,
    unit: &'static str,
    is_proved_best: bool,
    /// Links whose CO₂e is not known and that could not be weighed.
    unweighed: usize,
    totals: Totals,
}

/// The base, and what stands beside it.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    base: Aimed,
    tradeoff: Option<Curve>,
    cpu_seconds: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scenarios: Vec<Beside>,
}

#[derive(Serialize)]
struct Beside {
    /// `a` to `d`.
    scenario: &'static str,
    says: BTreeMap<String, String>,
    #[serde(flatten)]
    network: Aimed,
    /// In the unit of the objective; `null` where the base has another.
    difference: Option<f64>,
    difference_benefit_vnd: f64,
    #[serde(flatten)]
    changes: LinkCounts,
    cpu_seconds: f64,
}

impl Aims {
    pub fn are_said(&self) -> bool {
        self.objective.is_some() || self.curve.is_some()
    }

    fn objective(&self) -> Result<Objective, Stop> {
        Ok(match self.objective.as_deref() {
            Some("co2e") => Objective::Co2e,
            Some("disposal") => Objective::Disposal,
            Some("mix") => {
                let mut faults = Vec::new();
                for (name, value, most) in
                    [("money", self.money, 100.0), ("co2e", self.co2e, 1e9), ("kept", self.kept, 1e9)]
                {
                    if !(0.0..=most).contains(&value) {
                        faults.push(format!("--{name} {value}: expected a number from 0 to {most}"));
                    }
                }
                if !faults.is_empty() {
                    return Err(Stop::Usage(faults.join("\n")));
                }
                Objective::Mix(Weights { money: self.money, co2e_vnd_per_t: self.co2e, disposal_vnd_per_t: self.kept })
            }
            _ => Objective::Benefit,
        })
    }
}

pub fn solve(language: Language, aims: &Aims, folder: &Path, flows: Option<&Path>, said: Vec<Said>) -> Answer {
    let objective = aims.objective()?;
    let file = read(folder)?;
    file.transport().map_err(unposed)?;
    let inherited = Scenario { objective, ..Scenario::default() }.pairs().into_iter().collect();
    let scenarios = of_tables(language, said, &file, Some(&inherited))?;
    let edges = table(folder, "edges")?.map_err(|fault| Stop::Faults(vec![fault]))?;
    let (ground, faults) = read_ground(&file, edges);
    let ground = ground.ok_or(Stop::Faults(faults))?;
    let start = ThreadTime::now();
    let chosen = ground.choose(objective);
    let tradeoff = aims.curve.as_deref().map(|against| {
        let against = if against == "disposal" { Objective::Disposal } else { Objective::Co2e };
        Curve::of(against, &trade_off(&ground, Objective::Benefit, against, MOST_POINTS))
    });
    let cpu_seconds = start.elapsed().as_secs_f64();
    if let Some(path) = flows {
        let flows: Vec<f64> = chosen.flows.iter().map(|flow| *flow as f64).collect();
        fs::write(path, mixed_flows_csv(&file, &flows)).with_context(|| format!("write {}", path.display()))?;
    }
    let scenarios = scenarios.into_iter().map(|scenario| beside(&ground, objective, &chosen, scenario)).collect();
    print_json(&Told { base: Aimed::of(objective, &chosen), tradeoff, cpu_seconds, scenarios })
}

impl Aimed {
    fn of(objective: Objective, chosen: &Chosen) -> Aimed {
        Aimed {
            objective,
            value: in_unit(objective, chosen.value),
            bound: in_unit(objective, chosen.bound),
            unit: unit(objective),
            is_proved_best: chosen.value == chosen.bound,
            unweighed: chosen.unweighed,
            totals: chosen.totals,
        }
    }
}

fn beside(base: &Ground, objective: Objective, before: &Chosen, (letter, says, scenario): OfTables) -> Beside {
    let (ground, forbidden) = scenario.on_ground(base);
    let start = ThreadTime::now();
    let chosen = ground.choose_without(scenario.objective, &forbidden);
    let cpu_seconds = start.elapsed().as_secs_f64();
    let network = Aimed::of(scenario.objective, &chosen);
    let is_alike = scenario.objective == objective;
    Beside {
        scenario: letter,
        says,
        difference: is_alike.then(|| network.value - in_unit(objective, before.value)),
        difference_benefit_vnd: chosen.totals.benefit_vnd - before.totals.benefit_vnd,
        changes: LinkCounts::of(&by_link(base, &before.flows), &by_link(base, &chosen.flows)),
        network,
        cpu_seconds,
    }
}

/// Flows above 0 by giver and taker, in 0.1 t; parallel links of one pair are added up.
fn by_link(ground: &Ground, flows: &[i64]) -> BTreeMap<(usize, usize), f64> {
    let mut sums = BTreeMap::new();
    for (link, flow) in ground.links.iter().zip(flows).filter(|(_, flow)| **flow > 0) {
        *sums.entry((link.giver, link.taker)).or_insert(0.0) += *flow as f64;
    }
    sums
}
