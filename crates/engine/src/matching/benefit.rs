//! Distance, benefit and score of a pair. Money per t, m³ or MWh.

use super::{Benefit, ExchangeUnit, MatchingRules, Missing, Offer, Score};
use crate::catalogue::Catalogue;
use crate::park::{Place, Stream, StreamKind};

/// As the crow flies.
pub(super) fn straight_km(one: Place, other: Place) -> f64 {
    one.km_to(other)
}

/// Beyond it no exchange of this kind is thought of.
pub(super) fn reach_km(kind: StreamKind, rules: &MatchingRules) -> Option<f64> {
    match kind {
        StreamKind::Material => None,
        StreamKind::Water => Some(rules.water_reach_km.value),
        StreamKind::Heat => Some(rules.heat_reach_km.value),
    }
}

/// Benefit per unit = avoided disposal + avoided purchase − treatment − haulage, haulage = cost per km × km.
/// A part that nobody stated stays unknown; what is known still bounds the benefit from below or above.
pub(super) fn benefit(
    give: &Stream,
    take: &Stream,
    km: Option<f64>,
    catalogue: &Catalogue,
    rules: &MatchingRules,
) -> Benefit {
    let unit = ExchangeUnit::of(give.kind);
    let haulage_per_km = match give.kind {
        StreamKind::Material => rules.haulage_vnd_per_t_km.value,
        StreamKind::Water => rules.water_pipe_vnd_per_m3_km.value,
        StreamKind::Heat => rules.heat_pipe_vnd_per_mwh_km.value,
    };
    let avoided_disposal_vnd = per_unit(give.price_vnd, give, unit, catalogue);
    let avoided_purchase_vnd = per_unit(take.price_vnd, take, unit, catalogue);
    let treatment_vnd = treatment(give, take, unit, catalogue);
    let haulage_vnd = km.map(|km| km * haulage_per_km);

    let savings = both(avoided_disposal_vnd, avoided_purchase_vnd);
    let costs = both(treatment_vnd, haulage_vnd);
    let known_savings = avoided_disposal_vnd.unwrap_or(0.0) + avoided_purchase_vnd.unwrap_or(0.0);
    let known_costs = treatment_vnd.unwrap_or(0.0) + haulage_vnd.unwrap_or(0.0);
    Benefit {
        per_unit_vnd: savings.zip(costs).map(|(savings, costs)| savings - costs),
        at_least_vnd: costs.map(|costs| known_savings - costs),
        at_most_vnd: savings.map(|savings| savings - known_costs),
        avoided_disposal_vnd,
        avoided_purchase_vnd,
        treatment_vnd,
        haulage_vnd,
    }
}

/// What keeps the benefit from being known, besides places.
pub(super) fn missing_prices(give: &Stream, take: &Stream, benefit: &Benefit) -> Vec<Missing> {
    let mut missing = Vec::new();
    if benefit.avoided_disposal_vnd.is_none() {
        missing.push(Missing::DisposalPrice { stream: give.id.clone() });
    }
    if benefit.avoided_purchase_vnd.is_none() {
        missing.push(Missing::PurchasePrice { stream: take.id.clone() });
    }
    if benefit.treatment_vnd.is_none() {
        missing.push(Missing::TreatmentCost { giver: give.id.clone(), taker: take.id.clone() });
    }
    missing
}

/// Weighted mean of the known parts: relation 0.4, quantity, distance and benefit 0.2 each, set by hand.
pub(super) fn score(
    relation: f64,
    give: &Offer,
    take: &Offer,
    km: Option<f64>,
    benefit: &Benefit,
    rules: &MatchingRules,
) -> Score {
    let reach = reach_km(give.kind, rules).unwrap_or(rules.material_reach_km.value);
    let quantity =
        give.quantity.zip(take.quantity).and_then(|(given, taken)| share(given.min(taken), given.max(taken)));
    let distance = km.map(|km| share(km, reach).map_or(0.0, |share| 1.0 - share));
    let savings = both(benefit.avoided_disposal_vnd, benefit.avoided_purchase_vnd);
    let kept = benefit.per_unit_vnd.zip(savings).and_then(|(benefit, savings)| share(benefit, savings));
    let parts = [(0.4, Some(relation)), (0.2, quantity), (0.2, distance), (0.2, kept)];
    let known = parts.iter().filter_map(|(weight, part)| part.map(|part| (weight, part)));
    let (weights, sum) =
        known.fold((0.0, 0.0), |(weights, sum), (weight, part)| (weights + weight, sum + weight * part));
    Score { value: sum / weights, relation, quantity, distance, benefit: kept }
}

/// A price per declared unit as VND per t, m³ or MWh.
pub(super) fn per_unit(
    price_vnd: Option<f64>,
    stream: &Stream,
    unit: ExchangeUnit,
    catalogue: &Catalogue,
) -> Option<f64> {
    let declared = catalogue.units.get(&stream.quantity.unit)?;
    let price = price_vnd? / declared.factor * unit.canonical();
    (declared.dimension == stream.kind.dimension() && price.is_finite()).then_some(price)
}

/// Treatment before use, stated by either side; where both state a cost, both are paid.
fn treatment(give: &Stream, take: &Stream, unit: ExchangeUnit, catalogue: &Catalogue) -> Option<f64> {
    let given = per_unit(give.treatment_vnd, give, unit, catalogue);
    let taken = per_unit(take.treatment_vnd, take, unit, catalogue);
    match (given, taken) {
        (None, None) => None,
        _ => Some(given.unwrap_or(0.0) + taken.unwrap_or(0.0)),
    }
}

fn both(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.zip(other).map(|(one, other)| one + other)
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| (part / whole).clamp(0.0, 1.0))
}
