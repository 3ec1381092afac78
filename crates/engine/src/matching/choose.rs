//! The network: which of the ready exchanges to build, and how much over each, so that the benefit is greatest.

mod with_works;

use std::collections::BTreeMap;
use std::ops::Add;

use super::network::{BENEFIT_LIMIT, Link, Proof, TransportProblem, solve_capacitated};
use super::{Candidates, ChosenExchange, Exchange, ExchangeUnit, Network, NetworkPart, Offer, ShadowPrice, Standing};
use crate::ids::StreamId;
use crate::park::{Direction, StreamKind};

pub use with_works::{choose_network_of, network_of, wanted_network};

/// Quantities are reckoned in tenths of a t or MWh and in whole m³, rounded down: never more than there is.
const LARGEST_STEPS: f64 = 1e12;

/// The network of greatest total benefit, with its proof and a price for one unit more of every stream.
///
/// Only ready exchanges enter: every rule met, benefit known and above zero. Greatest Σ benefit × quantity with
/// every giver's outflow at most what it gives and every taker's inflow at most what it takes; each kind apart.
/// Exact in whole steps of quantity and of money. Method: `docs/methods/network.md`.
pub fn choose_network(candidates: &Candidates) -> Network {
    let mut network = Network::empty();
    for kind in [StreamKind::Material, StreamKind::Water, StreamKind::Heat] {
        solve_kind(candidates, kind, &mut network);
    }
    network.exchanges.sort_by(|a, b| (&a.giver, &a.taker).cmp(&(&b.giver, &b.taker)));
    network.prices.sort_by(|a, b| (a.direction, &a.stream).cmp(&(b.direction, &b.stream)));
    network.benefit_vnd = network.parts.iter().map(|part| part.benefit_vnd).fold(0.0, f64::add);
    network.bound_vnd = network.parts.iter().map(|part| part.bound_vnd).fold(0.0, f64::add);
    if network.bound_vnd > 0.0 {
        network.gap = (network.bound_vnd - network.benefit_vnd) / network.bound_vnd;
    }
    if network.parts.iter().any(|part| part.proof == Proof::Gap) {
        network.proof = Proof::Gap;
    }
    let quantity =
        |kind| network.parts.iter().filter(|part| part.kind == kind).map(|part| part.quantity).fold(0.0, f64::add);
    network.waste_diverted_t = quantity(StreamKind::Material);
    network.water_reused_m3 = quantity(StreamKind::Water);
    network.heat_reused_mwh = quantity(StreamKind::Heat);
    network
}

/// A ready exchange with both its offers and its benefit.
pub(super) struct Weighed<'a> {
    pub exchange: &'a Exchange,
    pub give: &'a Offer,
    pub take: &'a Offer,
    /// In steps of money per unit.
    pub benefit: i64,
}

impl Weighed<'_> {
    /// A limit of this exchange alone: its seasons overlap in part only.
    pub fn capacity(&self, unit: ExchangeUnit) -> Option<i64> {
        let most = self.give.quantity.zip(self.take.quantity).map(|(given, taken)| given.min(taken));
        self.exchange.quantity.filter(|quantity| most.is_some_and(|most| *quantity < most)).map(|q| steps(q, unit))
    }
}

fn solve_kind(candidates: &Candidates, kind: StreamKind, network: &mut Network) {
    let unit = ExchangeUnit::of(kind);
    let weighed = weighed(candidates, kind);
    if weighed.is_empty() {
        return;
    }
    let givers = numbered(weighed.iter().map(|row| (&row.exchange.giver, row.give)));
    let takers = numbered(weighed.iter().map(|row| (&row.exchange.taker, row.take)));
    let links = weighed
        .iter()
        .map(|row| Link {
            giver: givers[&row.exchange.giver].0,
            taker: takers[&row.exchange.taker].0,
            benefit: row.benefit,
        })
        .collect();
    let problem = TransportProblem::new(quantities(&givers, unit), quantities(&takers, unit), links)
        .unwrap_or_else(|faults| panic!("streams within the limits make a problem, but: {faults:?}"));
    let capacity: Vec<Option<i64>> = weighed.iter().map(|row| row.capacity(unit)).collect();
    let solution = solve_capacitated(&problem, &capacity);

    let worth = |steps: i128| steps as f64 * unit.price_step_vnd() / unit.quantity_steps();
    let mut used_given = vec![0_i64; givers.len()];
    let mut used_taken = vec![0_i64; takers.len()];
    for ((row, link), &flow) in weighed.iter().zip(problem.links()).zip(&solution.flows).filter(|(_, flow)| **flow > 0)
    {
        used_given[link.giver as usize] += flow;
        used_taken[link.taker as usize] += flow;
        network.exchanges.push(ChosenExchange {
            giver: row.exchange.giver.clone(),
            taker: row.exchange.taker.clone(),
            giver_enterprise: row.exchange.giver_enterprise.clone(),
            taker_enterprise: row.exchange.taker_enterprise.clone(),
            kind,
            unit,
            quantity: flow as f64 / unit.quantity_steps(),
            benefit_per_unit_vnd: row.benefit as f64 * unit.price_step_vnd(),
            benefit_vnd: worth(i128::from(row.benefit) * i128::from(flow)),
        });
    }
    let total: i64 = solution.flows.iter().sum();
    network.parts.push(NetworkPart {
        kind,
        unit,
        links: weighed.len(),
        links_used: solution.links_used,
        quantity: total as f64 / unit.quantity_steps(),
        benefit_vnd: worth(solution.objective_int),
        bound_vnd: worth(solution.bound_int),
        proof: solution.proof,
    });
    push_prices(network, &givers, Direction::Give, &solution.giver_price, &used_given);
    push_prices(network, &takers, Direction::Take, &solution.taker_price, &used_taken);
}

pub(super) fn weighed(candidates: &Candidates, kind: StreamKind) -> Vec<Weighed<'_>> {
    let mut rows: Vec<Weighed<'_>> = candidates
        .exchanges
        .iter()
        .filter(|exchange| exchange.kind == kind && exchange.standing == Standing::Ready)
        .filter_map(|exchange| {
            let steps = exchange.benefit.per_unit_vnd? / exchange.unit.price_step_vnd();
            Some(Weighed {
                exchange,
                give: candidates.streams.get(&exchange.giver)?,
                take: candidates.streams.get(&exchange.taker)?,
                benefit: (steps.round() as i64).clamp(-BENEFIT_LIMIT, BENEFIT_LIMIT),
            })
        })
        .collect();
    // Of networks that are worth the same the solver picks by number: numbers follow identifiers.
    rows.sort_by(|a, b| (&a.exchange.giver, &a.exchange.taker).cmp(&(&b.exchange.giver, &b.exchange.taker)));
    rows
}

type Numbered<'a> = BTreeMap<&'a StreamId, (u32, &'a Offer)>;

fn numbered<'a>(streams: impl Iterator<Item = (&'a StreamId, &'a Offer)>) -> Numbered<'a> {
    let sorted: BTreeMap<&StreamId, &Offer> = streams.collect();
    sorted.into_iter().zip(0..).map(|((stream, offer), number)| (stream, (number, offer))).collect()
}

fn quantities(streams: &Numbered<'_>, unit: ExchangeUnit) -> Vec<i64> {
    streams.values().map(|(_, offer)| steps(offer.quantity.unwrap_or(0.0), unit)).collect()
}

/// Rounded down; a millionth of a step is forgiven, because 0.3 × 10 is not always 3 in a computer.
pub(super) fn steps(quantity: f64, unit: ExchangeUnit) -> i64 {
    (quantity * unit.quantity_steps() + 1e-6).floor().clamp(0.0, LARGEST_STEPS) as i64
}

fn push_prices(network: &mut Network, streams: &Numbered<'_>, direction: Direction, prices: &[i64], used: &[i64]) {
    for (stream, (number, offer)) in streams {
        let index = *number as usize;
        network.prices.push(ShadowPrice {
            stream: (*stream).clone(),
            enterprise: offer.enterprise.clone(),
            direction,
            kind: offer.kind,
            unit: offer.unit,
            vnd_per_unit: prices[index] as f64 * offer.unit.price_step_vnd(),
            quantity: offer.quantity.unwrap_or(0.0),
            quantity_used: used[index] as f64 / offer.unit.quantity_steps(),
        });
    }
}
