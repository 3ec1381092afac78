//! Matching for those who do not see the other side: codes in place of names, orders of magnitude in place of figures.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, StreamId};
use engine::matching::{ChosenExchange, Exchange, Missing, Obstacle, Proof, Reason, Standing};
use engine::park::{Direction, StreamKind};
use engine::report::ParkReport;
use serde::Serialize;
use utoipa::ToSchema;

use super::{PublishedSum, Told, sum};

/// Matching of a park in counts and sums.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MatchingTotals {
    pub streams: usize,
    pub ready: usize,
    pub needs_data: usize,
    pub needs_analysis: usize,
    pub rejected: usize,
    pub streams_without_exchange: usize,
    /// Exchanges of the best network.
    pub chosen: usize,
    /// A year. Not told where the network pays for links and plants besides.
    pub benefit_vnd: PublishedSum,
    pub is_proven_optimal: bool,
    pub parts: Vec<PartTotal>,
}

/// The best network of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PartTotal {
    #[schema(value_type = String)]
    pub kind: StreamKind,
    pub unit: String,
    pub exchanges: usize,
    /// A year.
    pub quantity: PublishedSum,
    pub benefit_vnd: PublishedSum,
}

pub fn matching_totals(report: &ParkReport, told: &Told) -> MatchingTotals {
    let (candidates, network) = (&report.candidates, &report.network);
    // The exchanges stand before the yearly costs of links and plants, which few share: the difference would tell them.
    let pays_more = network.works.as_ref().is_some_and(|works| works.yearly_costs_vnd > 0.0);
    let parts: Vec<PartTotal> = network
        .parts
        .iter()
        .map(|part| {
            let of_kind = |exchange: &ChosenExchange| exchange.kind == part.kind;
            PartTotal {
                kind: part.kind,
                unit: part.unit.code().to_string(),
                exchanges: part.links_used,
                quantity: both_sides(
                    report,
                    of_kind,
                    |exchange| exchange.quantity,
                    told.quantities.contains(&part.kind),
                ),
                benefit_vnd: both_sides(
                    report,
                    of_kind,
                    |exchange| exchange.benefit_vnd,
                    told.benefits.contains(&part.kind) && !pays_more,
                ),
            }
        })
        .collect();
    MatchingTotals {
        streams: candidates.streams.len(),
        ready: candidates.count(Standing::Ready),
        needs_data: candidates.count(Standing::NeedsData),
        needs_analysis: candidates.count(Standing::NeedsAnalysis),
        rejected: candidates.rejections.len(),
        streams_without_exchange: candidates.unmatched.len(),
        chosen: network.exchanges.len(),
        benefit_vnd: both_sides(report, |_| true, |exchange| exchange.benefit_vnd, told.benefit && !pays_more),
        is_proven_optimal: network.proof == Proof::Optimal,
        parts,
    }
}

/// A sum over exchanges of the network. Givers and takers both could be read out of it.
fn both_sides(
    report: &ParkReport,
    keep: impl Fn(&ChosenExchange) -> bool,
    amount: impl Fn(&ChosenExchange) -> f64,
    is_told: bool,
) -> PublishedSum {
    let kept: Vec<&ChosenExchange> = report.network.exchanges.iter().filter(|exchange| keep(exchange)).collect();
    let givers = sum(kept.iter().map(|exchange| (&exchange.giver_enterprise, amount(exchange))), is_told);
    let takers = sum(kept.iter().map(|exchange| (&exchange.taker_enterprise, amount(exchange))), is_told);
    PublishedSum {
        contributors: givers.contributors.min(takers.contributors),
        value: givers.value.filter(|_| takers.value.is_some()),
    }
}

/// The exchanges of one enterprise as it may see them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OwnMatching {
    pub exchanges: Vec<CodedExchange>,
    pub unmatched: Vec<CodedUnmatched>,
    pub park: MatchingTotals,
}

/// One exchange of the enterprise with somebody who is not named.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CodedExchange {
    /// `A`, `B`, …: the same letter is the same enterprise in one answer.
    pub partner: String,
    #[schema(value_type = String)]
    pub own_stream: StreamId,
    /// `give` or `take`, of the own side.
    #[schema(value_type = String)]
    pub direction: Direction,
    #[schema(value_type = String)]
    pub kind: StreamKind,
    pub unit: String,
    /// Least and greatest quantity a year: a power of ten to the next.
    pub quantity_band: Option<(f64, f64)>,
    pub benefit_band_vnd: Option<(f64, f64)>,
    /// Kilometres; without an upper end beyond ten.
    pub distance_band_km: Option<(f64, Option<f64>)>,
    #[schema(value_type = String)]
    pub standing: Standing,
    /// Codes of the reasons; see the matching page.
    pub reasons: Vec<String>,
    pub precedents: Vec<String>,
    pub missing: Vec<Side>,
    /// Part of the park's best network.
    pub chosen: bool,
}

/// A datum that is missing, and on which side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Side {
    pub code: String,
    pub is_own: bool,
    pub substance: Option<String>,
}

/// A stream of the enterprise that nobody can exchange, with what stands against the nearest attempts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CodedUnmatched {
    #[schema(value_type = String)]
    pub own_stream: StreamId,
    #[schema(value_type = String)]
    pub direction: Direction,
    pub counterparts: usize,
    /// Partner and the codes of its obstacles, nearest first.
    pub attempts: Vec<(String, Vec<StandingWord>)>,
    pub obstacles: Vec<String>,
}

/// An obstacle by its code, with the substance where there is one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StandingWord {
    pub code: String,
    pub substance: Option<String>,
}

pub fn own_matching(report: &ParkReport, told: &Told, own: &EnterpriseId) -> OwnMatching {
    let mut codes = Codes::default();
    let candidates = &report.candidates;
    let exchanges = candidates
        .exchanges
        .iter()
        .filter(|exchange| exchange.giver_enterprise == *own || exchange.taker_enterprise == *own)
        .map(|exchange| coded(report, exchange, own, &mut codes))
        .collect();
    let unmatched = candidates
        .unmatched
        .iter()
        .filter(|unmatched| unmatched.enterprise == *own)
        .map(|unmatched| CodedUnmatched {
            own_stream: unmatched.stream.clone(),
            direction: unmatched.direction,
            counterparts: unmatched.counterparts,
            attempts: unmatched
                .attempts
                .iter()
                .map(|attempt| {
                    let partner = if attempt.giver_enterprise == *own {
                        &attempt.taker_enterprise
                    } else {
                        &attempt.giver_enterprise
                    };
                    (codes.of(partner), attempt.obstacles.iter().map(obstacle).collect())
                })
                .collect(),
            obstacles: unmatched.obstacles.iter().map(|obstacle| obstacle.code().to_string()).collect(),
        })
        .collect();
    OwnMatching { exchanges, unmatched, park: super::matching_totals(report, told) }
}

/// Letters in the order in which partners first appear, so that they say nothing about the list of enterprises.
#[derive(Default)]
pub(super) struct Codes {
    letters: BTreeMap<EnterpriseId, String>,
}

impl Codes {
    fn of(&mut self, enterprise: &EnterpriseId) -> String {
        let next = self.letters.len();
        self.letters.entry(enterprise.clone()).or_insert_with(|| letters(next)).clone()
    }
}

/// A … Z, AA, AB, …
fn letters(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    if index < 26 { last.to_string() } else { format!("{}{last}", letters(index / 26 - 1)) }
}

pub(super) fn coded(report: &ParkReport, exchange: &Exchange, own: &EnterpriseId, codes: &mut Codes) -> CodedExchange {
    let gives = exchange.giver_enterprise == *own;
    let (own_stream, partner) = if gives {
        (&exchange.giver, &exchange.taker_enterprise)
    } else {
        (&exchange.taker, &exchange.giver_enterprise)
    };
    let yearly = exchange.benefit.per_unit_vnd.zip(exchange.quantity).map(|(per_unit, quantity)| per_unit * quantity);
    let precedents = exchange.reasons.iter().filter_map(|reason| match reason {
        Reason::KnownExchange { seen_at, .. } => Some(seen_at.clone()),
        _ => None,
    });
    CodedExchange {
        partner: codes.of(partner),
        own_stream: own_stream.clone(),
        direction: if gives { Direction::Give } else { Direction::Take },
        kind: exchange.kind,
        unit: exchange.unit.code().to_string(),
        quantity_band: exchange.quantity.and_then(band),
        benefit_band_vnd: yearly.and_then(band),
        distance_band_km: exchange.distance_km.map(distance_band),
        standing: exchange.standing,
        reasons: exchange.reasons.iter().map(|reason| reason.code().to_string()).collect(),
        precedents: precedents.collect(),
        missing: exchange.missing.iter().map(|missing| missing_side(missing, own, own_stream)).collect(),
        chosen: report
            .network
            .exchanges
            .iter()
            .any(|chosen| chosen.giver == exchange.giver && chosen.taker == exchange.taker),
    }
}

/// The power of ten below a value and the one above it.
pub(super) fn band(value: f64) -> Option<(f64, f64)> {
    (value > 0.0).then(|| {
        let low = 10_f64.powf(value.log10().floor());
        (low, low * 10.0)
    })
}

fn distance_band(km: f64) -> (f64, Option<f64>) {
    let ends = [0.0, 1.0, 2.0, 5.0, 10.0];
    let place = ends.iter().rposition(|end| km >= *end).unwrap_or(0);
    (ends[place], ends.get(place + 1).copied())
}

/// What is missing, told to the one side.
pub fn missing_side(missing: &Missing, own: &EnterpriseId, own_stream: &StreamId) -> Side {
    let (is_own, substance) = match missing {
        Missing::Content { stream, substance, .. } | Missing::ContentInUnit { stream, substance, .. } => {
            (stream == own_stream, Some(substance.clone()))
        }
        Missing::QualityNeeded { stream }
        | Missing::Temperature { stream }
        | Missing::DisposalPrice { stream }
        | Missing::PurchasePrice { stream }
        | Missing::WasteCodeAsked { stream }
        | Missing::UsableQuantity { stream }
        | Missing::Form { stream } => (stream == own_stream, None),
        Missing::Place { enterprise } => (enterprise == own, None),
        // Either side may state it.
        Missing::TreatmentCost { .. } | Missing::PlausiblePrice { .. } | Missing::FormTreatment { .. } => (true, None),
    };
    Side { code: missing.code().to_string(), is_own, substance }
}

fn obstacle(obstacle: &Obstacle) -> StandingWord {
    let substance = match obstacle {
        Obstacle::AboveLimit { substance, .. } => Some(substance.clone()),
        _ => None,
    };
    StandingWord { code: obstacle.code().to_string(), substance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_hide_figures_and_letters_go_on_after_z() {
        assert_eq!(band(250.0), Some((100.0, 1_000.0)));
        assert_eq!(band(0.0), None);
        assert_eq!(distance_band(0.4), (0.0, Some(1.0)));
        assert_eq!(distance_band(30.0), (10.0, None));
        assert_eq!([letters(0), letters(25), letters(26)], ["A", "Z", "AA"]);
    }
}
