//! Scenarios: what if an enterprise leaves, a quantity or a price changes, a link or a kind of stream is left out?
//! A scenario is a value that an address can hold; trying it changes nothing.

mod tables;

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::find_exchanges_by;
use super::objective::{Chosen, Ground, GroundOf, Objective, Wanted, WeighedLink, Weights};
use super::{Assumption, ExchangeUnit, MatchingRules};
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind, Place};
use crate::ids::{EnterpriseId, StreamId};
use crate::park::{Direction, Park, StreamKind};

pub use tables::{ChangedTables, LinkCounts, TableScenario};

/// An objective and what is changed before the network is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub objective: Objective,
    pub leaves: BTreeSet<EnterpriseId>,
    pub quantities: BTreeMap<StreamId, QuantityChange>,
    /// Times the declared price of disposal, of purchase, and the cost of haulage and pipes.
    pub disposal: f64,
    pub purchase: f64,
    pub haulage: f64,
    pub forbidden: BTreeSet<(StreamId, StreamId)>,
    pub left_out: BTreeSet<StreamKind>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QuantityChange {
    Times(f64),
    /// In t, m³ or MWh a year.
    Set(f64),
}

/// A scenario tried: its streams and links, its network, and what flows by giver and taker.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub ground: Ground,
    pub chosen: Chosen,
    pub flows: BTreeMap<(StreamId, StreamId), Flow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    /// t, m³ or MWh a year.
    pub quantity: f64,
    pub benefit_vnd: f64,
    /// `None` where it is not known.
    pub co2e_t: Option<f64>,
    pub is_carbon_unconfirmed: bool,
    pub distance_km: Option<f64>,
    /// Whether the candidates hold it as one that pays.
    pub is_ready: bool,
}

/// An exchange that is not the same in two networks; zero where it is not in one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub giver: StreamId,
    pub taker: StreamId,
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub unit: ExchangeUnit,
    pub before: f64,
    pub after: f64,
}

/// The keys of an address, in the order of its form.
pub const KEYS: [&str; 11] = [
    "objective",
    "money",
    "co2e",
    "kept",
    "leaves",
    "quantity",
    "disposal",
    "purchase",
    "haulage",
    "forbid",
    "without",
];

/// Prices and quantities may be multiplied by at most this.
const MOST_TIMES: f64 = 100.0;
/// VND for a t of CO₂e or of waste that a mix may state at most.
const MOST_VND_PER_T: f64 = 1e9;

impl Default for Scenario {
    fn default() -> Scenario {
        Scenario {
            objective: Objective::Benefit,
            leaves: BTreeSet::new(),
            quantities: BTreeMap::new(),
            disposal: 1.0,
            purchase: 1.0,
            haulage: 1.0,
            forbidden: BTreeSet::new(),
            left_out: BTreeSet::new(),
        }
    }
}

impl Scenario {
    /// Reads the pairs of an address. Everything that is wrong is told at once; `file` names the scenario in the faults.
    ///
    /// `objective` benefit, co2e, disposal or mix; `money`, `co2e`, `kept` the weights of a mix; `leaves` enterprises;
    /// `quantity` `G12*0.5; G13=100`; `disposal`, `purchase`, `haulage` factors; `forbid` `G12--T06`; `without` kinds.
    pub fn of_pairs(file: &str, pairs: &BTreeMap<String, String>, park: &Park) -> Result<Scenario, Vec<Fault>> {
        let mut reader = Reader { file, pairs, faults: Vec::new() };
        let scenario = Scenario {
            objective: reader.objective(),
            leaves: reader.leaves(park),
            quantities: reader.quantities(park),
            disposal: reader.factor("disposal"),
            purchase: reader.factor("purchase"),
            haulage: reader.factor("haulage"),
            forbidden: reader.forbidden(park),
            left_out: reader.left_out(),
        };
        reader.check_keys(&KEYS);
        if reader.faults.is_empty() { Ok(scenario) } else { Err(reader.faults) }
    }

    /// The pairs that say this scenario, in their one fixed order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut say = |key: &str, value: String| pairs.push((key.to_string(), value));
        if self.objective != Objective::Benefit {
            say("objective", self.objective.code().to_string());
        }
        if let Objective::Mix(weights) = self.objective {
            say("money", weights.money.to_string());
            say("co2e", weights.co2e_vnd_per_t.to_string());
            say("kept", weights.disposal_vnd_per_t.to_string());
        }
        let joined = |parts: Vec<String>| parts.join("; ");
        if !self.leaves.is_empty() {
            say("leaves", joined(self.leaves.iter().map(ToString::to_string).collect()));
        }
        if !self.quantities.is_empty() {
            let one = |(stream, change): (&StreamId, &QuantityChange)| match change {
                QuantityChange::Times(factor) => format!("{stream}*{factor}"),
                QuantityChange::Set(quantity) => format!("{stream}={quantity}"),
            };
            say("quantity", joined(self.quantities.iter().map(one).collect()));
        }
        for (key, factor) in [("disposal", self.disposal), ("purchase", self.purchase), ("haulage", self.haulage)] {
            if factor != 1.0 {
                say(key, factor.to_string());
            }
        }
        if !self.forbidden.is_empty() {
            let one = |(giver, taker): &(StreamId, StreamId)| format!("{giver}--{taker}");
            say("forbid", joined(self.forbidden.iter().map(one).collect()));
        }
        if !self.left_out.is_empty() {
            say("without", joined(self.left_out.iter().map(|kind| kind_code(*kind).to_string()).collect()));
        }
        pairs
    }

    /// The best network of the park as the scenario changes it.
    pub fn try_on(&self, from: GroundOf<'_>) -> Tried {
        let wanted = self.pose_on(from);
        let chosen = wanted.choose();
        Tried::of(wanted.ground, chosen)
    }

    /// The network that is to be chosen for it.
    pub fn pose_on(&self, from: GroundOf<'_>) -> Wanted {
        let park = self.changed(from.park, from.catalogue);
        let rules = MatchingRules {
            haulage_vnd_per_t_km: times(&from.rules.haulage_vnd_per_t_km, self.haulage),
            water_pipe_vnd_per_m3_km: times(&from.rules.water_pipe_vnd_per_m3_km, self.haulage),
            heat_pipe_vnd_per_mwh_km: times(&from.rules.heat_pipe_vnd_per_mwh_km, self.haulage),
            ..from.rules.clone()
        };
        let candidates = find_exchanges_by(&park, from.catalogue, &rules);
        let ground = Ground::of(GroundOf { park: &park, rules: &rules, ..from }, &candidates);
        let is_forbidden = |link: &WeighedLink| {
            let pair = (ground.givers[link.giver].stream.clone(), ground.takers[link.taker].stream.clone());
            self.forbidden.contains(&pair)
        };
        let forbidden = ground.links.iter().enumerate().filter(|(_, link)| is_forbidden(link));
        let forbidden: BTreeSet<usize> = forbidden.map(|(number, _)| number).collect();
        Wanted { ground, objective: self.objective, forbidden }
    }

    fn changed(&self, park: &Park, catalogue: &Catalogue) -> Park {
        let mut park = park.clone();
        park.streams
            .retain(|stream| !self.leaves.contains(&stream.enterprise) && !self.left_out.contains(&stream.kind));
        for stream in &mut park.streams {
            match self.quantities.get(&stream.id) {
                Some(QuantityChange::Times(factor)) => stream.quantity.value *= factor,
                Some(QuantityChange::Set(quantity)) => {
                    // Prices are told per declared unit, so the quantity is told in it as well.
                    if let Some(declared) = catalogue.units.get(&stream.quantity.unit) {
                        stream.quantity.value = quantity * ExchangeUnit::of(stream.kind).canonical() / declared.factor;
                    }
                }
                None => {}
            }
            let factor = match stream.direction {
                Direction::Give => self.disposal,
                Direction::Take => self.purchase,
            };
            stream.price_vnd = stream.price_vnd.map(|price| price * factor);
        }
        park
    }
}

impl Tried {
    pub fn of(ground: Ground, chosen: Chosen) -> Tried {
        let flow = |(link, &steps): (&WeighedLink, &i64)| {
            let (giver, taker) = (&ground.givers[link.giver], &ground.takers[link.taker]);
            let quantity = steps as f64 / link.unit.quantity_steps();
            let flow = Flow {
                giver_enterprise: giver.enterprise.clone(),
                taker_enterprise: taker.enterprise.clone(),
                kind: link.kind,
                unit: link.unit,
                quantity,
                benefit_vnd: link.benefit as f64 * link.unit.price_step_vnd() * quantity,
                co2e_t: link.carbon.as_ref().map(|carbon| carbon.net_kg() * quantity / 1e3),
                is_carbon_unconfirmed: link.carbon.as_ref().is_some_and(|carbon| carbon.unconfirmed),
                distance_km: link.distance_km,
                is_ready: link.is_ready,
            };
            ((giver.stream.clone(), taker.stream.clone()), flow)
        };
        let used = ground.links.iter().zip(&chosen.flows).filter(|(_, steps)| **steps > 0);
        let flows = used.map(flow).collect();
        Tried { ground, chosen, flows }
    }
}

/// Exchanges that appear, vanish or change by more than a step, by giver and taker.
pub fn differences(before: &Tried, after: &Tried) -> Vec<Difference> {
    let pairs: BTreeSet<&(StreamId, StreamId)> = before.flows.keys().chain(after.flows.keys()).collect();
    let difference = |pair: &(StreamId, StreamId)| {
        let (old, new) = (before.flows.get(pair), after.flows.get(pair));
        let flow = old.or(new)?;
        let quantity = |flow: Option<&Flow>| flow.map_or(0.0, |flow| flow.quantity);
        let is_changed = (quantity(old) - quantity(new)).abs() * flow.unit.quantity_steps() >= 0.5;
        is_changed.then(|| Difference {
            giver: pair.0.clone(),
            taker: pair.1.clone(),
            giver_enterprise: flow.giver_enterprise.clone(),
            taker_enterprise: flow.taker_enterprise.clone(),
            unit: flow.unit,
            before: quantity(old),
            after: quantity(new),
        })
    };
    pairs.into_iter().filter_map(difference).collect()
}

struct Reader<'a> {
    file: &'a str,
    pairs: &'a BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> &str {
        self.pairs.get(key).map_or("", |value| value.trim())
    }

    fn fault(&mut self, key: &str, kind: FaultKind, found: &str, expected: &str) {
        let place = Place { file: self.file.to_string(), column: Some(key.to_string()), ..Place::default() };
        self.faults.push(Fault { place, kind, found: found.to_string(), expected: expected.to_string() });
    }

    fn check_keys(&mut self, known: &[&str]) {
        let pairs = self.pairs;
        for key in pairs.keys().filter(|key| !known.contains(&key.as_str())) {
            self.fault(key, FaultKind::UnknownColumn, key, &known.join(" | "));
        }
    }

    /// A number as people type it, with a decimal point or a decimal comma.
    fn number(&mut self, key: &str, text: &str, most: f64) -> f64 {
        match text.trim().replace(',', ".").parse::<f64>() {
            Ok(value) if value.is_finite() && (0.0..=most).contains(&value) => value,
            Ok(_) => {
                self.fault(key, FaultKind::OutOfRange, text, &format!("0 – {most}"));
                0.0
            }
            Err(_) => {
                self.fault(key, FaultKind::NotANumber, text, "0.5 | 0,5");
                0.0
            }
        }
    }

    fn number_or(&mut self, key: &str, otherwise: f64, most: f64) -> f64 {
        match self.text(key).to_string() {
            text if text.is_empty() => otherwise,
            text => self.number(key, &text, most),
        }
    }

    fn factor(&mut self, key: &str) -> f64 {
        self.number_or(key, 1.0, MOST_TIMES)
    }

    fn objective(&mut self) -> Objective {
        match self.text("objective").to_string().as_str() {
            "" | "benefit" => Objective::Benefit,
            "co2e" => Objective::Co2e,
            "disposal" => Objective::Disposal,
            "mix" => {
                let weights = Weights {
                    money: self.number_or("money", 1.0, MOST_TIMES),
                    co2e_vnd_per_t: self.number_or("co2e", 0.0, MOST_VND_PER_T),
                    disposal_vnd_per_t: self.number_or("kept", 0.0, MOST_VND_PER_T),
                };
                Objective::Mix(weights)
            }
            other => {
                self.fault("objective", FaultKind::UnknownCode, other, "benefit | co2e | disposal | mix");
                Objective::Benefit
            }
        }
    }

    /// The parts of a list; spaces and semicolons part them everywhere, commas only where no number stands in the list.
    fn list(&self, key: &str, has_numbers: bool) -> Vec<String> {
        self.list_of(key, has_numbers, |_| false)
    }

    /// What stands between semicolons is one part where `is_part` says so.
    fn list_of(&self, key: &str, has_numbers: bool, is_part: impl Fn(&str) -> bool) -> Vec<String> {
        let is_end = |c: char| c.is_whitespace() || (c == ',' && !has_numbers);
        let mut parts = Vec::new();
        for between in self.text(key).split(';').map(str::trim) {
            match is_part(between) {
                true => parts.push(between.to_string()),
                false => parts.extend(between.split(is_end).filter(|part| !part.is_empty()).map(ToString::to_string)),
            }
        }
        parts
    }

    fn leaves(&mut self, park: &Park) -> BTreeSet<EnterpriseId> {
        let mut leaves = BTreeSet::new();
        for part in self.list("leaves", false) {
            let id = EnterpriseId::new(&part);
            if park.enterprise(&id).is_none() {
                self.fault("leaves", FaultKind::UnknownReference, &part, "E01");
            }
            leaves.insert(id);
        }
        leaves
    }

    fn quantities(&mut self, park: &Park) -> BTreeMap<StreamId, QuantityChange> {
        let mut quantities = BTreeMap::new();
        for (id, change) in self.quantity_changes(|_| false) {
            let id = StreamId::new(&id);
            self.check_stream(park, "quantity", &id);
            if quantities.insert(id.clone(), change).is_some() {
                self.fault("quantity", FaultKind::Duplicate, id.as_str(), "once");
            }
        }
        quantities
    }

    /// The streams and their changes as they stand there; where `is_known` knows an identifier it may hold spaces.
    fn quantity_changes(&mut self, is_known: impl Fn(&str) -> bool) -> Vec<(String, QuantityChange)> {
        let mut changes = Vec::new();
        let is_part = |part: &str| part.split_once(['*', '=']).is_some_and(|(id, _)| is_known(id));
        for part in self.list_of("quantity", true, is_part) {
            let (id, change) = match (part.split_once('*'), part.split_once('=')) {
                (Some((id, factor)), None) => (id, QuantityChange::Times(self.number("quantity", factor, MOST_TIMES))),
                (None, Some((id, value))) => (id, QuantityChange::Set(self.number("quantity", value, 1e11))),
                _ => {
                    self.fault("quantity", FaultKind::UnreadableFile, &part, "G01*0.5; G02=100");
                    continue;
                }
            };
            changes.push((id.to_string(), change));
        }
        changes
    }

    fn forbidden(&mut self, park: &Park) -> BTreeSet<(StreamId, StreamId)> {
        let mut forbidden = BTreeSet::new();
        for (giver, taker) in self.forbidden_pairs(|_, _| false) {
            let pair = (StreamId::new(&giver), StreamId::new(&taker));
            self.check_stream(park, "forbid", &pair.0);
            self.check_stream(park, "forbid", &pair.1);
            forbidden.insert(pair);
        }
        forbidden
    }

    /// Givers and takers as they stand there; where `is_known` knows both they may hold spaces.
    fn forbidden_pairs(&mut self, is_known: impl Fn(&str, &str) -> bool) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let is_part = |part: &str| part.split_once("--").is_some_and(|(giver, taker)| is_known(giver, taker));
        for part in self.list_of("forbid", false, is_part) {
            match part.split_once("--") {
                Some((giver, taker)) => pairs.push((giver.to_string(), taker.to_string())),
                None => self.fault("forbid", FaultKind::UnreadableFile, &part, "G01--T01"),
            }
        }
        pairs
    }

    fn check_stream(&mut self, park: &Park, key: &str, id: &StreamId) {
        if park.streams.iter().all(|stream| stream.id != *id) {
            self.fault(key, FaultKind::UnknownReference, id.as_str(), "G01");
        }
    }

    fn left_out(&mut self) -> BTreeSet<StreamKind> {
        let mut kinds = BTreeSet::new();
        for part in self.list("without", false) {
            match [StreamKind::Material, StreamKind::Water, StreamKind::Heat]
                .into_iter()
                .find(|kind| kind_code(*kind) == part)
            {
                Some(kind) => {
                    kinds.insert(kind);
                }
                None => self.fault("without", FaultKind::UnknownCode, &part, "material | water | heat"),
            }
        }
        kinds
    }
}

fn times(assumption: &Assumption, factor: f64) -> Assumption {
    Assumption { value: assumption.value * factor, ..assumption.clone() }
}

fn kind_code(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "material",
        StreamKind::Water => "water",
        StreamKind::Heat => "heat",
    }
}
