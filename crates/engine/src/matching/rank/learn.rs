//! Weights learnt from known exchanges: those that rank best what another place has and the rest does not show.

use std::collections::{BTreeMap, BTreeSet};

use super::{RankQuery, Ranker};
use crate::catalogue::ranking::Part;
use crate::catalogue::{Catalogue, KnownExchange};

/// The weights settle within some dozens of rounds.
const ROUNDS: usize = 60;
/// Each part begins with this much of the evidence of one exchange, so that none is thrown out by chance.
const PRIOR: f64 = 1.0;

/// The place or publication that a known exchange comes from. Common knowledge has none and stands alone.
pub fn place_of(known: &KnownExchange) -> String {
    places(known).into_iter().next().unwrap_or_else(|| format!("row {}", known.id))
}

/// `Kalundborg, Jacobsen 2006; Notarnicola 2016` is known from `Jacobsen 2006` and `Notarnicola 2016`;
/// `Dong 2013 (Kawasaki)` from `Dong 2013`, because one author's pages speak alike.
fn places(known: &KnownExchange) -> Vec<String> {
    let name = |place: &str| {
        let bare = place.split('(').next().unwrap_or(place);
        let mut parts = bare.split(',').map(str::trim);
        let dated = parts.clone().find(|part| part.chars().any(|letter| letter.is_ascii_digit()));
        dated.or_else(|| parts.next()).unwrap_or(bare).to_string()
    };
    known.places().map(name).collect()
}

/// Weights of the learnt parts, by deleted interpolation (Jelinek and Mercer 1980): every exchange is looked at by a
/// ranker that knows nothing of its place, and each part earns what it foretold. They add up to 1. The same rows in
/// another order give the same weights up to rounding.
pub fn learn_weights(catalogue: &Catalogue, known: &[&KnownExchange], learnt: &[Part]) -> BTreeMap<Part, f64> {
    let foretold = foretold(catalogue, known);
    let start = 1.0 / learnt.len() as f64;
    let mut weights: BTreeMap<Part, f64> = learnt.iter().map(|part| (*part, start)).collect();
    for _ in 0..ROUNDS {
        weights = round(&weights, &foretold, PRIOR * start);
    }
    weights
}

/// For each exchange the share that each part gives to its taker.
fn foretold(catalogue: &Catalogue, known: &[&KnownExchange]) -> Vec<BTreeMap<Part, f64>> {
    let held_out: BTreeSet<String> = known.iter().map(|known| place_of(known)).collect();
    let mut foretold = Vec::new();
    for place in &held_out {
        let is_elsewhere = |known: &&&KnownExchange| place_of(known) != *place && !places(known).contains(place);
        let elsewhere: Vec<&KnownExchange> = known.iter().filter(is_elsewhere).copied().collect();
        let ranker = Ranker::of(catalogue, &elsewhere, &BTreeMap::new());
        for here in known.iter().filter(|known| place_of(known) == *place) {
            foretold.push(ranker.shares_of(&RankQuery::of(here), &here.taker_isic4));
        }
    }
    foretold
}

/// One step of expectation and maximisation. A part that had nothing to say of an exchange is not blamed for it.
fn round(weights: &BTreeMap<Part, f64>, foretold: &[BTreeMap<Part, f64>], prior: f64) -> BTreeMap<Part, f64> {
    let mut earned: BTreeMap<Part, f64> = weights.keys().map(|part| (*part, prior)).collect();
    let mut staked = earned.clone();
    for shares in foretold {
        let speaking: Vec<(Part, f64)> =
            weights.iter().filter_map(|(part, weight)| Some((*part, weight * shares.get(part)?))).collect();
        let stake: f64 = speaking.iter().map(|(part, _)| weights[part]).sum();
        let whole: f64 = speaking.iter().map(|(_, value)| value).sum();
        if whole <= 0.0 {
            continue;
        }
        for (part, value) in speaking {
            *earned.entry(part).or_default() += value / whole;
            *staked.entry(part).or_default() += weights[&part] / stake;
        }
    }
    let raised = weights.iter().map(|(part, weight)| (*part, weight * earned[part] / staked[part]));
    let raised: BTreeMap<Part, f64> = raised.collect();
    let whole: f64 = raised.values().sum();
    raised.into_iter().map(|(part, weight)| (part, weight / whole)).collect()
}

impl<'q> RankQuery<'q> {
    /// The giving side of a known exchange, as somebody would ask for a taker of it.
    pub fn of(known: &'q KnownExchange) -> RankQuery<'q> {
        let ewc = Some(known.ewc6.as_str()).filter(|code| !code.is_empty());
        RankQuery { giver_isic4: &known.giver_isic4, ewc, text: &known.stream }
    }
}
