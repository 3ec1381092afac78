//! A decision as programs read it: each part by itself, money in VND a year, quantities in t, m³ or MWh a year.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, StreamId};
use engine::matching::ExchangeUnit;
use engine::matching::objective::works::{Paid, Unsolved};
use engine::matching::objective::{Chosen, Objective, Totals};
use engine::matching::robustness::{Failure, in_unit};
use engine::matching::scenario::{Difference, Scenario, Tried, differences};
use engine::matching::tradeoff::TradeOff;
use engine::park::StreamKind;
use serde::Serialize;

use super::{Asked, Decision};

/// A network with its proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    pub objective: Objective,
    /// The objective's own sum, and what no network of these exchanges can exceed.
    pub value: f64,
    pub bound: f64,
    /// `VND`, `t CO2e` or `t`, a year.
    pub unit: &'static str,
    pub is_proved_best: bool,
    /// Exchanges that could not be weighed because their CO₂e is not known.
    pub unweighed: usize,
    pub totals: Totals,
    pub exchanges: Vec<Exchange>,
    /// Links and plants that it uses, with what they cost by the year; only where the park has such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paid: Vec<Paid>,
    /// Why nothing is exchanged in a part that could not be chosen, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Unsolved>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    pub giver: StreamId,
    pub taker: StreamId,
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub kind: StreamKind,
    pub unit: ExchangeUnit,
    pub quantity: f64,
    pub benefit_vnd: f64,
    /// `null` where it is not known.
    pub co2e_t: Option<f64>,
    pub distance_km: Option<f64>,
    /// False where it saves less than it costs and stands there for something else than money.
    pub pays: bool,
}

/// Networks between the greatest benefit and the most of another aim, none of which is beaten in both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// `co2e` or `disposal`.
    pub against: &'static str,
    pub points: Vec<Totals>,
    pub unweighed: usize,
    pub is_complete: bool,
}

/// A scenario beside the base.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beside {
    /// `a` to `d`.
    pub scenario: &'static str,
    /// What it says, by the keys of the address.
    pub says: BTreeMap<String, String>,
    pub network: Network,
    /// Exchanges that differ from the base.
    pub changes: Vec<Change>,
}

/// Quantities of one exchange in two networks; 0 where it is not in one of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub giver: StreamId,
    pub taker: StreamId,
    pub unit: ExchangeUnit,
    pub before: f64,
    pub after: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    pub base: Network,
    pub scenarios: Vec<Beside>,
}

/// What each partner and each exchange costs when it fails, the greatest loss first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failures {
    pub objective: Objective,
    pub unit: &'static str,
    /// `null` where there are too many exchanges to fail each of them while somebody waits.
    pub partners: Option<Vec<Partner>>,
    pub exchanges: Option<Vec<Link>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Partner {
    pub enterprise: EnterpriseId,
    /// In the unit of the objective.
    pub loss: f64,
    /// Without exchanges that take the place of those lost.
    pub loss_unmended: f64,
    pub totals: Totals,
    pub losers: Vec<Loser>,
    pub substitutes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loser {
    pub enterprise: EnterpriseId,
    pub lost_vnd: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    pub giver: StreamId,
    pub taker: StreamId,
    pub loss: f64,
    pub loss_unmended: f64,
}

/// The network by objective, or the point of the curve that is asked for in its place.
pub fn network(asked: &Asked, decision: &Decision) -> Network {
    let shown = decision.shown();
    network_of(asked.base.objective, shown, &shown.chosen)
}

pub fn curve(asked: &Asked, decision: &Decision) -> Curve {
    Curve::of(asked.curve, &decision.further.curve)
}

impl Curve {
    pub fn of(against: Objective, curve: &TradeOff) -> Curve {
        Curve {
            against: against.code(),
            points: curve.points.iter().map(|point| point.totals).collect(),
            unweighed: curve.unweighed,
            is_complete: curve.is_complete,
        }
    }
}

pub fn compared(asked: &Asked, decision: &Decision) -> Compared {
    let base = &decision.base;
    let beside = |(letter, scenario, tried): &(&'static str, Scenario, Tried)| Beside {
        scenario: letter,
        says: scenario.pairs().into_iter().collect(),
        network: network_of(scenario.objective, tried, &tried.chosen),
        changes: differences(base, tried).iter().map(change).collect(),
    };
    Compared {
        base: network_of(asked.base.objective, base, &base.chosen),
        scenarios: decision.scenarios.iter().map(beside).collect(),
    }
}

pub fn failures(asked: &Asked, decision: &Decision) -> Failures {
    let ground = &decision.base.ground;
    let partner = |failure: &Failure| Partner {
        enterprise: failure.enterprise.clone(),
        loss: failure.loss,
        loss_unmended: failure.loss_unmended,
        totals: failure.totals,
        losers: failure
            .losers
            .iter()
            .map(|(enterprise, lost_vnd)| Loser { enterprise: enterprise.clone(), lost_vnd: *lost_vnd })
            .collect(),
        substitutes: failure.substitutes.iter().map(change).collect(),
    };
    let link = |critical: &engine::matching::robustness::Critical| {
        let link = &ground.links[critical.link];
        Link {
            giver: ground.givers[link.giver].stream.clone(),
            taker: ground.takers[link.taker].stream.clone(),
            loss: critical.loss,
            loss_unmended: critical.loss_unmended,
        }
    };
    Failures {
        objective: asked.base.objective,
        unit: unit(asked.base.objective),
        partners: decision.further.failures.as_ref().map(|failures| failures.iter().map(partner).collect()),
        exchanges: decision.further.critical.as_ref().map(|links| links.iter().map(link).collect()),
    }
}

fn network_of(objective: Objective, tried: &Tried, chosen: &Chosen) -> Network {
    let exchange = |((giver, taker), flow): (&(StreamId, StreamId), &engine::matching::scenario::Flow)| Exchange {
        giver: giver.clone(),
        taker: taker.clone(),
        giver_enterprise: flow.giver_enterprise.clone(),
        taker_enterprise: flow.taker_enterprise.clone(),
        kind: flow.kind,
        unit: flow.unit,
        quantity: flow.quantity,
        benefit_vnd: flow.benefit_vnd,
        co2e_t: flow.co2e_t,
        distance_km: flow.distance_km,
        pays: flow.is_ready,
    };
    Network {
        objective,
        value: in_unit(objective, chosen.value),
        bound: in_unit(objective, chosen.bound),
        unit: unit(objective),
        is_proved_best: chosen.is_proved(),
        unweighed: chosen.unweighed,
        totals: chosen.totals,
        exchanges: tried.flows.iter().map(exchange).collect(),
        paid: tried.ground.paid(&chosen.flows),
        refusal: chosen.refusal,
    }
}

/// In which an objective's sum is told, a year.
pub fn unit(objective: Objective) -> &'static str {
    match objective {
        Objective::Benefit | Objective::Mix(_) => "VND",
        Objective::Co2e => "t CO2e",
        Objective::Disposal => "t",
    }
}

fn change(difference: &Difference) -> Change {
    Change {
        giver: difference.giver.clone(),
        taker: difference.taker.clone(),
        unit: difference.unit,
        before: difference.before,
        after: difference.after,
    }
}
