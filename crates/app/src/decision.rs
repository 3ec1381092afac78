//! The network as a decision: what an address or a command asks for, and everything that is computed for it.

pub mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind, Place};
use engine::language::Language;
use engine::matching::MatchingRules;
use engine::matching::carbon::ExchangeFactors;
use engine::matching::objective::{Chosen, GroundOf, Objective, Wanted};
use engine::matching::robustness::{Critical, Failure, critical_links_while, failures_while, partners};
use engine::matching::scenario::{Scenario, Tried};
use engine::matching::tradeoff::{TradeOff, trade_off_while};
use engine::park::Park;
use engine::period::Period;
use engine::source::Digest;

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
    /// Nothing yet where `is_pending`.
    pub further: Arc<Further>,
    pub point: Option<Tried>,
    /// Nothing yet where `are_scenarios_pending`.
    pub scenarios: Vec<(&'static str, Scenario, Tried)>,
    pub are_scenarios_pending: bool,
    pub is_pending: bool,
}

/// The networks of a decision before they are chosen.
pub struct Posed {
    pub base: Wanted,
    scenarios: Vec<(&'static str, Scenario, Wanted)>,
}

/// What takes many networks to tell.
#[derive(Default)]
pub struct Further {
    pub curve: TradeOff,
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

    pub fn with(mut self, asked: &Asked, further: Arc<Further>) -> Decision {
        let point = asked.point.and_then(|point| further.curve.chosen(point));
        self.point = point.map(|chosen| Tried::of(self.base.ground.clone(), chosen));
        (self.further, self.is_pending) = (further, false);
        self
    }

    /// With everything that is pending, computed now.
    pub fn completed(self, asked: &Asked) -> Decision {
        let further = Work::of(&self, asked).run(&mut |_| true).unwrap_or_default();
        self.with(asked, Arc::new(further))
    }

    /// Whoever asks the same of the same streams and links gets the same [`Further`].
    pub fn question(&self, asked: &Asked) -> Digest {
        Digest::of(format!("{:?}", (&self.base.ground, asked.base.objective, asked.curve)).as_bytes())
    }
}

impl Posed {
    /// Whether its networks are mixed-integer problems, or may be.
    pub fn is_heavy(&self) -> bool {
        !self.base.ground.works.is_empty() || self.scenarios.iter().any(|(_, _, wanted)| wanted.parts() > 0)
    }

    /// What the scenarios want, in their order.
    pub fn of_scenarios(&self) -> Vec<Wanted> {
        self.scenarios.iter().map(|(_, _, wanted)| wanted.clone()).collect()
    }

    /// The base, and the scenarios where they are chosen; the rest is pending.
    pub fn begun(self, base: Chosen, scenarios: Option<&[Chosen]>) -> Decision {
        let are_scenarios_pending = scenarios.is_none();
        let beside = self.scenarios.into_iter().zip(scenarios.unwrap_or_default());
        Decision {
            base: Tried::of(self.base.ground, base),
            scenarios: beside
                .map(|((letter, scenario, wanted), chosen)| {
                    (letter, scenario, Tried::of(wanted.ground, chosen.clone()))
                })
                .collect(),
            further: Arc::default(),
            point: None,
            are_scenarios_pending,
            is_pending: true,
        }
    }

    /// All networks, chosen now; the rest is pending.
    pub fn choose(self) -> Decision {
        let base = self.base.choose();
        let scenarios: Vec<Chosen> = self.scenarios.iter().map(|(_, _, wanted)| wanted.choose()).collect();
        self.begun(base, Some(&scenarios))
    }
}

/// The work that is left after [`Posed::begun`], so that it can be done elsewhere.
pub struct Work {
    base: Tried,
    objective: Objective,
    curve: Objective,
}

impl Work {
    pub fn of(decision: &Decision, asked: &Asked) -> Work {
        Work { base: decision.base.clone(), objective: asked.base.objective, curve: asked.curve }
    }

    fn is_small(&self) -> bool {
        self.base.ground.links.len() <= MOST_LINKS_FAILED
    }

    /// The curve, and each partner and exchange that fails.
    pub fn parts(&self) -> usize {
        1 + if self.is_small() { partners(&self.base) + self.base.flows.len() } else { 0 }
    }

    /// `go_on` is asked before each network, and told how many parts are done; `None` where it says no.
    pub fn run(&self, go_on: &mut dyn FnMut(usize) -> bool) -> Option<Further> {
        let Work { base, objective, curve } = self;
        let curve = trade_off_while(&base.ground, Objective::Benefit, *curve, MOST_POINTS, &mut || go_on(0))?;
        let mut done = 0;
        let mut next = || {
            done += 1;
            go_on(done)
        };
        let (mut failures, mut critical) = (None, None);
        if self.is_small() {
            failures = Some(failures_while(base, *objective, &mut next)?);
            critical = Some(critical_links_while(&base.ground, &base.chosen, *objective, &mut next)?);
        }
        Some(Further { curve, failures, critical })
    }
}

/// The network and its scenarios as they are to be chosen.
pub fn pose(park: &Park, catalogue: &Catalogue, period: Period, asked: &Asked) -> Posed {
    let (rules, factors) = (MatchingRules::default(), ExchangeFactors::default());
    // Scenarios copy the park, and no exchange is made of readings.
    let park = &park.without_readings();
    let from = GroundOf { park, catalogue, rules: &rules, factors: &factors, period, solver: SOLVER };
    Posed {
        base: asked.base.pose_on(from),
        scenarios: asked
            .scenarios
            .iter()
            .map(|(letter, scenario)| (*letter, scenario.clone(), scenario.pose_on(from)))
            .collect(),
    }
}

pub fn decide(park: &Park, catalogue: &Catalogue, period: Period, asked: &Asked) -> Decision {
    pose(park, catalogue, period, asked).choose().completed(asked)
}
