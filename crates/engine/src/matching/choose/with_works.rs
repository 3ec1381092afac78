//! The network of a park that has links with yearly costs or shared plants.

use super::super::network::Proof;
use super::super::objective::works::counts_as_reused;
use super::super::objective::{Chosen, Ground, GroundOf, Objective, Wanted, benefit_worth};
use super::super::{Candidates, ChosenExchange, ExchangeUnit, Network, NetworkPart, NetworkWorks};
use crate::park::StreamKind;

/// The network of greatest benefit less the yearly costs of what it uses. Parks without links and plants get that of
/// [`super::choose_network`], to the bit. Here no stream has a price of its own: what one more tonne adds depends on
/// which links and plants stand.
pub fn choose_network_of(from: GroundOf<'_>, candidates: &Candidates) -> Network {
    match wanted_network(from, candidates) {
        Some(wanted) => network_of(&wanted.ground, &wanted.choose()),
        None => super::choose_network(candidates),
    }
}

/// What [`choose_network_of`] chooses where the park has links or plants, so that it can be chosen elsewhere.
pub fn wanted_network(from: GroundOf<'_>, candidates: &Candidates) -> Option<Wanted> {
    (!from.park.works.is_empty()).then(|| Wanted::new(Ground::of(from, candidates), Objective::Benefit))
}

/// A network of greatest benefit as the report tells it.
pub fn network_of(ground: &Ground, chosen: &Chosen) -> Network {
    let flowing = || ground.links.iter().zip(&chosen.flows).filter(|(_, flow)| **flow > 0);
    let exchanges = flowing().map(|(link, &flow)| {
        let (giver, taker) = (&ground.givers[link.giver], &ground.takers[link.taker]);
        ChosenExchange {
            giver: giver.stream.clone(),
            taker: taker.stream.clone(),
            giver_enterprise: giver.enterprise.clone(),
            taker_enterprise: taker.enterprise.clone(),
            kind: link.kind,
            unit: link.unit,
            quantity: flow as f64 / link.unit.quantity_steps(),
            benefit_per_unit_vnd: link.benefit as f64 * link.unit.price_step_vnd(),
            benefit_vnd: (benefit_worth(link) * i128::from(flow)) as f64,
        }
    });
    let mut exchanges: Vec<ChosenExchange> = exchanges.collect();
    exchanges.sort_by(|a, b| (&a.giver, &a.taker).cmp(&(&b.giver, &b.taker)));
    let (benefit_vnd, bound_vnd) = (chosen.value as f64, chosen.bound as f64);
    let proof = if chosen.is_proved() { Proof::Optimal } else { Proof::Gap };
    let reused = |kind| -> f64 {
        let counted = flowing().filter(|(link, _)| link.kind == kind && counts_as_reused(ground, link));
        counted.map(|(link, flow)| *flow as f64 / link.unit.quantity_steps()).sum()
    };
    Network {
        parts: parts(ground, &exchanges, bound_vnd - benefit_vnd, proof),
        benefit_vnd,
        bound_vnd,
        gap: chosen.gap(),
        proof,
        prices: Vec::new(),
        waste_diverted_t: reused(StreamKind::Material),
        water_reused_m3: reused(StreamKind::Water),
        heat_reused_mwh: reused(StreamKind::Heat),
        works: Some(NetworkWorks {
            yearly_costs_vnd: chosen.totals.yearly_costs_vnd,
            paid: ground.paid(&chosen.flows),
            refusal: chosen.refusal,
        }),
        exchanges,
    }
}

/// Kind by kind before yearly costs. The kinds are chosen together, so each has the gap of the whole.
fn parts(ground: &Ground, exchanges: &[ChosenExchange], gap_vnd: f64, proof: Proof) -> Vec<NetworkPart> {
    let part = |kind: StreamKind| {
        let links = ground.links.iter().filter(|link| link.kind == kind && link.is_ready).count();
        let own = || exchanges.iter().filter(move |exchange| exchange.kind == kind);
        let benefit_vnd: f64 = own().map(|exchange| exchange.benefit_vnd).sum();
        (links > 0).then(|| NetworkPart {
            kind,
            unit: ExchangeUnit::of(kind),
            links,
            links_used: own().count(),
            quantity: own().map(|exchange| exchange.quantity).sum(),
            benefit_vnd,
            bound_vnd: benefit_vnd + gap_vnd,
            proof,
        })
    };
    [StreamKind::Material, StreamKind::Water, StreamKind::Heat].into_iter().filter_map(part).collect()
}
