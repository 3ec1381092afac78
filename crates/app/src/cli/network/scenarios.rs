//! Scenarios of a network beside its base: what was said on the command line, and what it makes of tables.

use std::collections::BTreeMap;
use std::path::Path;

use engine::language::Language;
use engine::matching::network::{NetworkAnswer, NetworkFile, NetworkProblem, Proof};
use engine::matching::scenario::{LinkCounts, TableScenario};
use serde::Serialize;

use super::conditions::{Posed, Solved};
use crate::cli::{Answer, Stop, print_json};
use crate::decision::LETTERS;
use crate::words::text_with;

/// A scenario by its letter, with its pairs.
pub type Said = (&'static str, BTreeMap<String, String>);

/// A scenario of tables: its letter, what it says, and what it changes.
pub type OfTables = (&'static str, BTreeMap<String, String>, TableScenario);

/// `"leaves=E37&haulage=2"` once for each scenario.
pub fn read_scenarios(scenarios: &[String]) -> Result<Vec<Said>, Stop> {
    if scenarios.len() > LETTERS.len() {
        let (found, most) = (scenarios.len(), LETTERS.len());
        return Err(Stop::Usage(format!("{found} scenarios: expected at most {most}")));
    }
    let mut said = Vec::new();
    for (letter, scenario) in LETTERS.into_iter().zip(scenarios) {
        let mut pairs = BTreeMap::new();
        for pair in scenario.split('&') {
            let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
                return Err(Stop::Usage(format!("--scenario {scenario}: `{pair}`: expected key=value")));
            };
            if pairs.insert(key.trim().to_string(), value.trim().to_string()).is_some() {
                return Err(Stop::Usage(format!("--scenario {scenario}: {} is said twice", key.trim())));
            }
        }
        said.push((letter, pairs));
    }
    Ok(said)
}

/// Holds what was said against the tables; all faults of all scenarios at once. `inherited` is what the base says of an
/// objective, where the tables state what it needs.
pub fn of_tables(
    language: Language,
    said: Vec<Said>,
    file: &NetworkFile,
    inherited: Option<&BTreeMap<String, String>>,
) -> Result<Vec<OfTables>, Stop> {
    let (mut scenarios, mut faults) = (Vec::new(), Vec::new());
    for (letter, own) in said {
        let inherits = !own.contains_key("objective");
        let mut pairs = inherited.filter(|_| inherits).cloned().unwrap_or_default();
        pairs.extend(own);
        let name = text_with(language, "network-scenario-name", &[("letter", &letter.to_uppercase())]);
        match TableScenario::of_pairs(&name, &pairs, file, inherited.is_some()) {
            Ok(scenario) => scenarios.push((letter, pairs, scenario)),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(scenarios) } else { Err(Stop::Faults(faults)) }
}

/// The base as it is told without scenarios, and the scenarios.
#[derive(Serialize)]
struct Compared {
    #[serde(flatten)]
    base: NetworkAnswer,
    scenarios: Vec<Beside>,
}

#[derive(Serialize)]
struct Beside {
    /// `a` to `d`.
    scenario: &'static str,
    says: BTreeMap<String, String>,
    #[serde(flatten)]
    answer: NetworkAnswer,
    /// Between the networks told, and between which bounds that of the best ones lies.
    difference_kvnd_yr: f64,
    difference_from_kvnd_yr: f64,
    difference_to_kvnd_yr: f64,
    #[serde(flatten)]
    changes: LinkCounts,
}

/// The network of the tables and of each scenario; the flows that are written are those of the base.
pub fn solve(
    problem: NetworkProblem,
    file: &NetworkFile,
    folder: &Path,
    flows: Option<&Path>,
    scenarios: &[OfTables],
) -> Answer {
    let posed = Posed::read(problem, file, folder)?;
    let base = posed.solve()?;
    base.write(flows, file, &posed)?;
    let before = by_link(file, &posed, &base);
    let mut beside = Vec::new();
    for (letter, says, scenario) in scenarios {
        let changed = scenario.changed(file);
        let posed = Posed {
            task: changed.task(&posed.task).map_err(super::unposed)?,
            installations: posed.installations.as_ref().map(|before| changed.installations(before)),
        };
        let solved = posed.solve()?;
        beside.push(Beside {
            scenario: letter,
            says: says.clone(),
            difference_kvnd_yr: solved.answer.objective_kvnd_yr - base.answer.objective_kvnd_yr,
            difference_from_kvnd_yr: solved.answer.objective_kvnd_yr - at_most(&base.answer),
            difference_to_kvnd_yr: at_most(&solved.answer) - base.answer.objective_kvnd_yr,
            changes: LinkCounts::of(&before, &by_link(&changed.file, &posed, &solved)),
            answer: solved.answer,
        });
    }
    print_json(&Compared { base: base.answer, scenarios: beside })
}

/// What no network is worth more than; of a proved one that is its worth, whatever digits a solver leaves in its bound.
fn at_most(answer: &NetworkAnswer) -> f64 {
    match answer.proof {
        Proof::Optimal => answer.objective_kvnd_yr,
        Proof::Gap => answer.bound,
    }
}

/// From where to where: of links between giver and taker their places, of links of a plant its place among them.
type LinkName = (Option<usize>, u32, u32);

/// Flows above 0, in 0.1 t; parallel links of one pair are added up.
fn by_link(file: &NetworkFile, posed: &Posed, solved: &Solved) -> BTreeMap<LinkName, f64> {
    let mut flows = BTreeMap::new();
    for (link, flow) in file.links.iter().zip(&solved.flows.links).filter(|(_, flow)| **flow > 0.0) {
        *flows.entry((None, link.giver, link.taker)).or_insert(0.0) += flow;
    }
    let of_plants = posed.installations.iter().flat_map(|installations| &installations.links);
    for (place, (link, flow)) in
        of_plants.zip(&solved.flows.plant_links).enumerate().filter(|(_, (_, flow))| **flow > 0.0)
    {
        flows.insert((Some(place), link.plant, link.stream), *flow);
    }
    flows
}
