//! What could be exchanged if enterprises confirmed the streams that their sector and size make likely. These pairs
//! stand apart: they enter no network and no total. Method: `docs/methods/matching.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::candidates::find_pairs;
use super::{ExchangeUnit, MatchingRules, Reason};
use crate::catalogue::Catalogue;
use crate::catalogue::profiles::{Likelihood, ProfileSubject};
use crate::ids::{EnterpriseId, StreamId};
use crate::language::Label;
use crate::observe::profiles::{Proposal, Range};
use crate::park::{Park, Stream, StreamDetails, StreamKind};
use crate::quantity::Amount;
use crate::source::Basis;

/// A pair of which at least one side was not declared by anybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikelyExchange {
    pub giver: LikelySide,
    pub taker: LikelySide,
    pub kind: StreamKind,
    /// 0 to 1, as in the relation of declared streams.
    pub relation: f64,
    pub distance_km: Option<f64>,
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikelySide {
    pub enterprise: EnterpriseId,
    pub name: Label,
    /// The stream, where it was declared.
    pub declared: Option<StreamId>,
    /// The proposal to confirm, where it was not.
    pub proposal: Option<String>,
    /// Of proposals only.
    pub likelihood: Option<Likelihood>,
    /// In a year, estimated; of proposals only, and only where it is known.
    pub range: Option<Range>,
}

/// Pairs that the catalogue's known exchanges or equal codes connect, the likeliest streams and then the strongest
/// relation first. `open`: proposals that
/// wait for an answer, by enterprise. Hazardous streams are left out: a licence is never guessed.
pub fn likely_exchanges(
    park: &Park,
    catalogue: &Catalogue,
    rules: &MatchingRules,
    open: &BTreeMap<EnterpriseId, Vec<Proposal>>,
) -> Vec<LikelyExchange> {
    let mut proposed: BTreeMap<StreamId, &Proposal> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (enterprise, proposals) in open {
        for proposal in proposals {
            if let Some(stream) = stream(enterprise, proposal) {
                proposed.insert(stream.id.clone(), proposal);
                waiting.push(stream);
            }
        }
    }
    let streams = || park.streams.iter().chain(&waiting);
    let declared: BTreeSet<&StreamId> = park.streams.iter().map(|stream| &stream.id).collect();
    let is_wanted = |give: &Stream, take: &Stream| !declared.contains(&give.id) || !declared.contains(&take.id);
    let pairs = find_pairs(&park.enterprises, streams(), catalogue, rules, is_wanted);
    let streams: BTreeMap<&StreamId, &Stream> = streams().map(|stream| (&stream.id, stream)).collect();
    let side = |id: &StreamId| {
        let proposal = proposed.get(id);
        LikelySide {
            enterprise: streams[id].enterprise.clone(),
            name: streams[id].name.clone(),
            declared: proposal.is_none().then(|| id.clone()),
            proposal: proposal.map(|proposal| proposal.key.clone()),
            likelihood: proposal.map(|proposal| proposal.likelihood),
            range: proposal.and_then(|proposal| proposal.range.clone()),
        }
    };
    let is_known = |reason: &Reason| {
        matches!(reason, Reason::KnownExchange { .. } | Reason::SameCode { .. } | Reason::SameProduct { .. })
    };
    let mut likely: Vec<LikelyExchange> = pairs
        .into_iter()
        .filter(|pair| pair.reasons.iter().any(is_known))
        .map(|pair| LikelyExchange {
            giver: side(&pair.giver),
            taker: side(&pair.taker),
            kind: pair.kind,
            relation: pair.score.relation,
            distance_km: pair.distance_km,
            reasons: pair.reasons.into_iter().filter(is_known).collect(),
        })
        .collect();
    let km = |pair: &LikelyExchange| pair.distance_km.unwrap_or(f64::INFINITY);
    likely.sort_by(|a, b| {
        let by_relation = b.relation.total_cmp(&a.relation).then(km(a).total_cmp(&km(b)));
        let by_worth = a.likelihood().cmp(&b.likelihood()).then(by_relation);
        let names = |pair: &LikelyExchange| {
            let side = |side: &LikelySide| (side.enterprise.clone(), side.declared.clone(), side.proposal.clone());
            (side(&pair.giver), side(&pair.taker))
        };
        by_worth.then_with(|| names(a).cmp(&names(b)))
    });
    likely
}

impl LikelyExchange {
    /// That of its less likely stream; `None` where both were declared.
    pub fn likelihood(&self) -> Option<Likelihood> {
        self.giver.likelihood.max(self.taker.likelihood)
    }
}

/// A proposal as a stream of unknown quantity. Proposals of resources become records, not streams.
fn stream(enterprise: &EnterpriseId, proposal: &Proposal) -> Option<Stream> {
    let ProfileSubject::Stream { kind, ewc } = &proposal.about else { return None };
    if proposal.hazardous {
        return None;
    }
    let unit = ExchangeUnit::of(*kind).code().to_string();
    Some(Stream {
        id: StreamId::new(format!("{enterprise}/{}", proposal.key)),
        enterprise: enterprise.clone(),
        direction: proposal.direction,
        kind: *kind,
        name: proposal.label.clone(),
        ewc: ewc.clone(),
        // Not a number: no quantity is known, and none is made up.
        quantity: Amount { value: f64::NAN, unit },
        hazardous: false,
        licensed: false,
        price_vnd: None,
        treatment_vnd: None,
        temperature_c: None,
        basis: Basis::Estimated,
        source: String::new(),
        composition: BTreeMap::new(),
        details: StreamDetails::default(),
    })
}
