//! The network as a decision: what an address or a command asks for, and everything that is computed for it.

pub mod told;

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind, Place};
use engine::language::Language;
use engine::matching::MatchingRules;
use engine::matching::carbon::ExchangeFactors;
use engine::matching::objective::{GroundOf, Objective};
use engine::matching::robustness::{Critical, Failure, critical_links, failures};
use engine::matching::scenario::{Scenario, Tried};
use engine::matching::tradeoff::{TradeOff, trade_off};
use engine::park::Park;
use engine::period::Period;

use crate::solving::SOLVER;
use crate::words::{text, text_with};

/// The scenarios that stand beside the base, by the letter that their keys begin with.
pub const LETTERS: [&str; 4] = ["a", "b", "c", "d"];
/// What of the address says the base: an objective, and nothing changed.
const OBJECTIVE_KEYS: [&str; 4] = ["objective", "money", "co2e", "kept"];
/// Points of a trade-off curve.
pub const MOST_POINTS: usize = 60;
/// With more links nobody waits until each of them and each partner has failed once.
const MOST_LINKS_FAILED: usize = 400;
/// The same where every network is a mixed-integer problem, and so many points of the curve then.
const MOST_LINKS_FAILED_WITH_WORKS: usize = 30;
const MOST_POINTS_WITH_WORKS: usize = 20;

#[derive(Clone)]
pub struct Asked {
    pub base: Scenario,
    /// What the benefit is traded against.
    pub curve: Objective,
    /// A point of the curve that is shown in place of the base, counted from 0.
    pub point: Option<usize>,
    pub scenarios: Vec<(&'static str, Scenario)>,
    pub faults: Vec<Fault>,
}

/// Everything on the page that is computed.
pub struct Decision {
    pub base: Tried,
    pub curve: TradeOff,
    pub point: Option<Tried>,
    pub scenarios: Vec<(&'static str, Scenario, Tried)>,
    /// Of the base; `None` where there are too many links.
    pub failures: Option<Vec<Failure>>,
    pub critical: Option<Vec<Critical>>,
}

impl Asked {
    /// Reads the pairs of an address: those of the base, `curve`, `point`, and those of each scenario after its letter
    /// (`a.leaves`). Everything that is wrong is told at once; what is wrong is left out of what is computed.
    pub fn of(language: Language, query: &BTreeMap<String, String>, park: &Park) -> Asked {
        let mut faults = Vec::new();
        let said = |keys: &dyn Fn(&str) -> Option<String>| -> BTreeMap<String, String> {
            query.iter().filter_map(|(key, value)| Some((keys(key)?, value.clone()))).collect()
        };
        let base_pairs = said(&|key| OBJECTIVE_KEYS.contains(&key).then(|| key.to_string()));
        let mut read = |name: String, pairs: &BTreeMap<String, String>| match Scenario::of_pairs(&name, pairs, park) {
            Ok(scenario) => Some(scenario),
            Err(found) => {
                faults.extend(found);
                None
            }
        };
        let base = read(text(language, "network-objective"), &base_pairs);
        // What is wrong with the base is told once, not again by every scenario that would have it.
        let base_pairs = if base.is_some() { base_pairs } else { BTreeMap::new() };
        let mut scenarios = Vec::new();
        for letter in LETTERS {
            let own = said(&|key| key.strip_prefix(letter)?.strip_prefix('.').map(str::to_string));
            if own.is_empty() {
                continue;
            }
            // Without an objective of its own a scenario has that of the base.
            let inherited = if own.contains_key("objective") { BTreeMap::new() } else { base_pairs.clone() };
            let pairs = inherited.into_iter().chain(own).collect();
            let name = text_with(language, "network-scenario-name", &[("letter", &letter.to_uppercase())]);
            scenarios.extend(read(name, &pairs).map(|scenario| (letter, scenario)));
        }
        let mut fault = |key: &str, kind, found: &str, expected: &str| {
            let place =
                Place { file: text(language, "network-curve"), column: Some(key.to_string()), ..Place::default() };
            faults.push(Fault { place, kind, found: found.to_string(), expected: expected.to_string() });
        };
        let curve = match query.get("curve").map_or("", String::as_str) {
            "" | "co2e" => Objective::Co2e,
            "disposal" => Objective::Disposal,
            other => {
                fault("curve", FaultKind::UnknownCode, other, "co2e | disposal");
                Objective::Co2e
            }
        };
        let point = match query.get("point").map(|point| (point, point.parse::<usize>())) {
            None => None,
            Some((_, Ok(point))) if (1..=MOST_POINTS).contains(&point) => Some(point - 1),
            Some((found, _)) => {
                fault("point", FaultKind::OutOfRange, found, &format!("1 – {MOST_POINTS}"));
                None
            }
        };
        Asked { base: base.unwrap_or_default(), curve, point, scenarios, faults }
    }
}

impl Decision {
    /// The network that the page shows.
    pub fn shown(&self) -> &Tried {
        self.point.as_ref().unwrap_or(&self.base)
    }
}

pub fn decide(park: &Park, catalogue: &Catalogue, period: Period, asked: &Asked) -> Decision {
    let (rules, factors) = (MatchingRules::default(), ExchangeFactors::default());
    // Scenarios copy the park, and no exchange is made of readings.
    let park = &park.without_readings();
    let from = GroundOf { park, catalogue, rules: &rules, factors: &factors, period, solver: SOLVER };
    let base = asked.base.try_on(from);
    let (most_points, most_links) = match base.ground.works.is_empty() {
        true => (MOST_POINTS, MOST_LINKS_FAILED),
        false => (MOST_POINTS_WITH_WORKS, MOST_LINKS_FAILED_WITH_WORKS),
    };
    let curve = trade_off(&base.ground, Objective::Benefit, asked.curve, most_points);
    let point = asked.point.and_then(|point| Some(Tried::of(base.ground.clone(), curve.chosen(point)?)));
    let objective = asked.base.objective;
    let is_small = base.ground.links.len() <= most_links;
    Decision {
        scenarios: asked
            .scenarios
            .iter()
            .map(|(letter, scenario)| (*letter, scenario.clone(), scenario.try_on(from)))
            .collect(),
        failures: is_small.then(|| failures(&base, objective)),
        critical: is_small.then(|| critical_links(&base.ground, &base.chosen, objective)),
        base,
        curve,
        point,
    }
}
