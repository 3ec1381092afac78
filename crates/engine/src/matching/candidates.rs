//! Candidates: every pair of a giving and a taking stream of one kind goes through the same rules, and each
//! verdict names its figures. A pair's verdict depends on that pair alone, so a new site removes nobody's exchange.

use std::collections::BTreeMap;

use super::benefit::{benefit, missing_prices, reach_km, score, straight_km};
use super::details;
use super::network::{BENEFIT_LIMIT, CAPPED_BENEFIT_LIMIT};
use super::relation::{Library, Profile, Relation};
use super::{
    Benefit, Candidates, Exchange, ExchangeUnit, HazardousBy, MatchingRules, Missing, Obstacle, Offer, Reason,
    Rejection, Standing, Unmatched,
};
use crate::catalogue::Catalogue;
use crate::ids::{EnterpriseId, StreamId};
use crate::language::fold;
use crate::park::{Direction, Enterprise, Park, RunningExchange, Stream, StreamKind};

/// Attempts shown for a stream without any exchange.
const ATTEMPTS: usize = 5;
/// Known takers named for a stream that has no relation.
const KNOWN_TAKERS: usize = 8;
/// A yearly quantity above this is a slip of the pen: the world mines less.
const GREATEST_QUANTITY: f64 = 1e11;

/// All exchanges that no rule forbids, those that a rule forbids, and for every stream left over what came nearest,
/// by the rules of the repository's catalogue.
pub fn find_exchanges(park: &Park, catalogue: &Catalogue) -> Candidates {
    find_exchanges_by(park, catalogue, &MatchingRules::default())
}

/// The same by other rules, for a reader who doubts an assumption.
pub fn find_exchanges_by(park: &Park, catalogue: &Catalogue, rules: &MatchingRules) -> Candidates {
    let room = Room::new(&park.enterprises, &park.streams, &park.exchanges, catalogue, rules);
    let mut exchanges = Vec::new();
    let mut rejections = Vec::new();
    for give in room.side(Direction::Give) {
        for take in room.side(Direction::Take).filter(|take| take.kind == give.kind) {
            let Some(relation) = room.relation(give, take) else { continue };
            let verdict = room.judge(give, take, Some(relation));
            if verdict.obstacles.is_empty() {
                exchanges.push(room.exchange(give, take, verdict));
            } else {
                rejections.push(room.rejection(give, take, verdict));
            }
        }
    }
    exchanges.sort_by(|a: &Exchange, b| {
        let by_worth = a.standing.cmp(&b.standing).then(b.score.value.total_cmp(&a.score.value));
        by_worth.then_with(|| (&a.giver, &a.taker).cmp(&(&b.giver, &b.taker)))
    });
    let unmatched = room.unmatched(&exchanges);
    Candidates { streams: room.offers, exchanges, rejections, unmatched }
}

/// The pairs of these streams that are wanted and that no rule forbids, in no order of worth. Streams of enterprises
/// that are not given are left out.
pub(super) fn find_pairs<'a>(
    enterprises: impl IntoIterator<Item = &'a Enterprise>,
    streams: impl IntoIterator<Item = &'a Stream>,
    catalogue: &'a Catalogue,
    rules: &'a MatchingRules,
    is_wanted: impl Fn(&Stream, &Stream) -> bool,
) -> Vec<Exchange> {
    let room = Room::new(enterprises, streams, &[], catalogue, rules);
    let mut pairs = Vec::new();
    for give in room.side(Direction::Give) {
        for take in room.side(Direction::Take).filter(|take| take.kind == give.kind && is_wanted(give, take)) {
            let Some(relation) = room.relation(give, take) else { continue };
            let verdict = room.judge(give, take, Some(relation));
            if verdict.obstacles.is_empty() {
                pairs.push(room.exchange(give, take, verdict));
            }
        }
    }
    pairs
}

/// Why a stream has no exchange at all: the attempts that came nearest, best first, each with everything that
/// stands against it. `None` where it has one, then the exchange itself says what is missing.
pub fn why_no_match<'a>(candidates: &'a Candidates, stream: &StreamId) -> Option<&'a Unmatched> {
    candidates.unmatched.iter().find(|unmatched| unmatched.stream == *stream)
}

/// What a search for exchanges looks at, in an order that does not depend on the sheets.
struct Room<'a> {
    running: &'a [RunningExchange],
    catalogue: &'a Catalogue,
    rules: &'a MatchingRules,
    enterprises: BTreeMap<&'a EnterpriseId, &'a Enterprise>,
    streams: Vec<&'a Stream>,
    offers: BTreeMap<StreamId, Offer>,
    library: Library<'a>,
    profiles: BTreeMap<&'a StreamId, Profile>,
}

/// All that can be said about one pair.
struct Verdict {
    strength: f64,
    hazardous: bool,
    distance_km: Option<f64>,
    benefit: Benefit,
    reasons: Vec<Reason>,
    obstacles: Vec<Obstacle>,
    missing: Vec<Missing>,
    /// What can pass in a year in the months that both share.
    season_limit: Option<f64>,
}

impl<'a> Room<'a> {
    fn new(
        enterprises: impl IntoIterator<Item = &'a Enterprise>,
        streams: impl IntoIterator<Item = &'a Stream>,
        running: &'a [RunningExchange],
        catalogue: &'a Catalogue,
        rules: &'a MatchingRules,
    ) -> Room<'a> {
        let enterprises: BTreeMap<_, _> =
            enterprises.into_iter().map(|enterprise| (&enterprise.id, enterprise)).collect();
        let mut streams: Vec<&Stream> =
            streams.into_iter().filter(|stream| enterprises.contains_key(&stream.enterprise)).collect();
        streams.sort_by(|a, b| a.id.cmp(&b.id));
        let offers = streams.iter().map(|stream| (stream.id.clone(), offer(stream, catalogue))).collect();
        let library = Library::new(catalogue);
        let profile =
            |stream: &&'a Stream| (&stream.id, library.profile(stream, &enterprises[&stream.enterprise].isic4));
        let profiles = streams.iter().map(profile).collect();
        Room { running, catalogue, rules, enterprises, streams, offers, library, profiles }
    }

    fn side(&self, direction: Direction) -> impl Iterator<Item = &'a Stream> {
        self.streams.iter().copied().filter(move |stream| stream.direction == direction)
    }

    fn relation(&self, give: &Stream, take: &Stream) -> Option<Relation> {
        let taker_isic4 = &self.enterprises[&take.enterprise].isic4;
        let relation =
            self.library.relate((give, &self.profiles[&give.id]), (take, &self.profiles[&take.id]), taker_isic4);
        details::by_product(give, take, relation)
    }

    /// The rules one after the other; none stops at the first obstacle, so that a reader sees all that must change.
    fn judge(&self, give: &Stream, take: &Stream, relation: Option<Relation>) -> Verdict {
        let mut verdict = Verdict {
            strength: 0.0,
            hazardous: false,
            distance_km: None,
            benefit: Benefit::default(),
            reasons: Vec::new(),
            obstacles: Vec::new(),
            missing: Vec::new(),
            season_limit: None,
        };
        self.judge_relation(give, take, relation, &mut verdict);
        self.judge_hazard(give, take, &mut verdict);
        judge_composition(give, take, &mut verdict);
        self.judge_temperature(give, take, &mut verdict);
        self.judge_details(give, take, &mut verdict);
        self.judge_distance(give, take, &mut verdict);
        self.judge_quantity(give, take, &mut verdict);
        self.judge_benefit(give, take, &mut verdict);
        verdict
    }

    fn judge_relation(&self, give: &Stream, take: &Stream, relation: Option<Relation>, verdict: &mut Verdict) {
        if give.enterprise == take.enterprise {
            verdict.obstacles.push(Obstacle::SameEnterprise);
        }
        let Some(relation) = relation else {
            verdict.obstacles.push(Obstacle::NoRelation {
                ewc: give.ewc.clone(),
                asked_ewc: take.ewc.clone(),
                taker_isic4: self.enterprises[&take.enterprise].isic4.clone(),
                known_takers: self.library.known_takers(&self.profiles[&give.id], KNOWN_TAKERS),
            });
            return;
        };
        verdict.strength = relation.strength;
        verdict.reasons = relation.reasons;
        if !relation.is_asked_for {
            verdict.missing.push(Missing::WasteCodeAsked { stream: take.id.clone() });
        }
    }

    /// Hazardous by declaration or by code; the stricter of the two counts.
    fn judge_hazard(&self, give: &Stream, take: &Stream, verdict: &mut Verdict) {
        let code = give.ewc.as_ref().and_then(|ewc| self.catalogue.waste_codes.get(ewc));
        let hazardous_by = match (give.hazardous, code) {
            (true, _) => HazardousBy::Declared,
            (false, Some(code)) if code.hazardous => HazardousBy::Code,
            _ => return,
        };
        verdict.hazardous = true;
        let law = &self.rules.hazardous_licence;
        let (source, unconfirmed) = (law.source.clone(), law.unconfirmed);
        if take.licensed {
            verdict.reasons.push(Reason::LicensedTaker { hazardous_by, source, unconfirmed });
        } else {
            verdict.obstacles.push(Obstacle::HazardousUnlicensed { hazardous_by, source, unconfirmed });
        }
    }

    fn judge_temperature(&self, give: &Stream, take: &Stream, verdict: &mut Verdict) {
        if give.kind != StreamKind::Heat {
            return;
        }
        for stream in [give, take].into_iter().filter(|stream| stream.temperature_c.is_none()) {
            verdict.missing.push(Missing::Temperature { stream: stream.id.clone() });
        }
        let (Some(giver_c), Some(taker_c)) = (give.temperature_c, take.temperature_c) else { return };
        let lead_k = self.rules.temperature_lead_k.value;
        let needed_c = taker_c + lead_k;
        if giver_c >= needed_c {
            verdict.reasons.push(Reason::WarmEnough { giver_c, taker_c, lead_k });
        } else {
            verdict.obstacles.push(Obstacle::TooCold { giver_c, taker_c, needed_c });
        }
    }

    fn judge_details(&self, give: &Stream, take: &Stream, verdict: &mut Verdict) {
        let (given, taken) = (&self.offers[&give.id], &self.offers[&take.id]);
        let details = details::judge((give, given), (take, taken));
        verdict.reasons.extend(details.reasons);
        verdict.obstacles.extend(details.obstacles);
        verdict.missing.extend(details.missing);
        verdict.season_limit = details.season_limit;
    }

    fn judge_distance(&self, give: &Stream, take: &Stream, verdict: &mut Verdict) {
        let (giver, taker) = (self.enterprises[&give.enterprise], self.enterprises[&take.enterprise]);
        for enterprise in [giver, taker].into_iter().filter(|enterprise| enterprise.place.is_none()) {
            verdict.missing.push(Missing::Place { enterprise: enterprise.id.clone() });
        }
        let (Some(from), Some(to)) = (giver.place, taker.place) else { return };
        let straight_km = straight_km(from, to);
        let km = straight_km * self.rules.detour.value;
        verdict.distance_km = Some(km);
        match reach_km(give.kind, self.rules) {
            Some(reach_km) if km > reach_km => verdict.obstacles.push(Obstacle::TooFar { km, reach_km }),
            reach_km => verdict.reasons.push(Reason::Distance { straight_km, km, reach_km }),
        }
    }

    fn judge_quantity(&self, give: &Stream, take: &Stream, verdict: &mut Verdict) {
        for stream in [give, take] {
            if self.offers[&stream.id].quantity.is_none() {
                verdict.missing.push(Missing::UsableQuantity { stream: stream.id.clone() });
            }
        }
        if [give, take].into_iter().any(|stream| self.offers[&stream.id].quantity == Some(0.0)) {
            verdict.obstacles.push(Obstacle::NothingToExchange);
        }
    }

    fn judge_benefit(&self, give: &Stream, take: &Stream, verdict: &mut Verdict) {
        let unit = ExchangeUnit::of(give.kind);
        let benefit = benefit(give, take, verdict.distance_km, self.catalogue, self.rules);
        verdict.missing.extend(missing_prices(give, take, &benefit));
        if let Some(benefit_vnd) = benefit.at_most_vnd.filter(|most| *most <= 0.0) {
            verdict.obstacles.push(Obstacle::NotWorthIt { benefit_vnd, unit });
        }
        if let Some(per_unit_vnd) = benefit.per_unit_vnd.filter(|benefit| *benefit > 0.0) {
            let limit = if verdict.season_limit.is_some() { CAPPED_BENEFIT_LIMIT } else { BENEFIT_LIMIT };
            if per_unit_vnd <= limit as f64 * unit.price_step_vnd() {
                verdict.reasons.push(Reason::Worth { per_unit_vnd, unit });
            } else {
                verdict.missing.push(Missing::PlausiblePrice { giver: give.id.clone(), taker: take.id.clone() });
            }
        }
        verdict.benefit = benefit;
    }

    fn exchange(&self, give: &Stream, take: &Stream, verdict: Verdict) -> Exchange {
        let (given, taken) = (&self.offers[&give.id], &self.offers[&take.id]);
        let standing = if verdict.missing.is_empty() {
            Standing::Ready
        } else if verdict.missing.iter().any(Missing::needs_analysis) {
            Standing::NeedsAnalysis
        } else {
            Standing::NeedsData
        };
        Exchange {
            giver: give.id.clone(),
            taker: take.id.clone(),
            giver_enterprise: give.enterprise.clone(),
            taker_enterprise: take.enterprise.clone(),
            kind: give.kind,
            unit: given.unit,
            quantity: given
                .quantity
                .zip(taken.quantity)
                .map(|(given, taken)| given.min(taken).min(verdict.season_limit.unwrap_or(f64::INFINITY))),
            hazardous: verdict.hazardous,
            distance_km: verdict.distance_km,
            score: score(verdict.strength, given, taken, verdict.distance_km, &verdict.benefit, self.rules),
            benefit: verdict.benefit,
            standing,
            reasons: verdict.reasons,
            missing: verdict.missing,
            running: self
                .running
                .iter()
                .filter(|running| running.giver == give.enterprise && running.taker == take.enterprise)
                .filter(|running| running.ended_on.is_none())
                .map(|running| running.id.clone())
                .collect(),
        }
    }

    fn rejection(&self, give: &Stream, take: &Stream, verdict: Verdict) -> Rejection {
        Rejection {
            giver: give.id.clone(),
            taker: take.id.clone(),
            giver_enterprise: give.enterprise.clone(),
            taker_enterprise: take.enterprise.clone(),
            kind: give.kind,
            distance_km: verdict.distance_km,
            reasons: verdict.reasons,
            obstacles: verdict.obstacles,
            missing: verdict.missing,
        }
    }

    fn unmatched(&self, exchanges: &[Exchange]) -> Vec<Unmatched> {
        let is_matched = |stream: &Stream| {
            exchanges.iter().any(|exchange| exchange.giver == stream.id || exchange.taker == stream.id)
        };
        self.streams.iter().filter(|stream| !is_matched(stream)).map(|stream| self.nearest(stream)).collect()
    }

    fn nearest(&self, stream: &Stream) -> Unmatched {
        let mut attempts: Vec<Rejection> = self
            .streams
            .iter()
            .filter(|other| other.kind == stream.kind && other.direction != stream.direction)
            .map(|other| match stream.direction {
                Direction::Give => (stream, *other),
                Direction::Take => (*other, stream),
            })
            .map(|(give, take)| self.rejection(give, take, self.judge(give, take, self.relation(give, take))))
            .collect();
        let counterparts = attempts.len();
        attempts.sort_by(|a, b| {
            let by_miss = miss(a).total_cmp(&miss(b)).then(far(a).total_cmp(&far(b)));
            by_miss.then_with(|| (&a.giver, &a.taker).cmp(&(&b.giver, &b.taker)))
        });
        attempts.truncate(ATTEMPTS);
        let obstacles = match attempts.first() {
            Some(best) => best.obstacles.clone(),
            None => vec![Obstacle::NoCounterpart { kind: stream.kind }],
        };
        Unmatched {
            stream: stream.id.clone(),
            enterprise: stream.enterprise.clone(),
            direction: stream.direction,
            kind: stream.kind,
            counterparts,
            attempts,
            obstacles,
        }
    }
}

/// For every substance that the taker limits: the content must be known, in the taker's unit, and at most the limit.
fn judge_composition(give: &Stream, take: &Stream, verdict: &mut Verdict) {
    if take.composition.is_empty() {
        match give.kind {
            StreamKind::Water => verdict.missing.push(Missing::QualityNeeded { stream: take.id.clone() }),
            StreamKind::Material => verdict.reasons.push(Reason::NoLimitStated),
            StreamKind::Heat => {}
        }
    }
    for (substance, limit) in &take.composition {
        let name = fold(substance.trim());
        let contents: Vec<_> = give.composition.iter().filter(|(other, _)| fold(other.trim()) == name).collect();
        let (substance, unit) = (substance.clone(), limit.unit.clone());
        // Written twice under two spellings, the higher content counts.
        let comparable = contents.iter().filter(|(_, content)| content.unit == limit.unit && content.value.is_finite());
        let highest = comparable.map(|(_, content)| content.value).max_by(f64::total_cmp);
        match (highest, contents.first()) {
            (Some(value), _) if value <= limit.value => {
                verdict.reasons.push(Reason::WithinLimits { substance, value, limit: limit.value, unit });
            }
            (Some(value), _) => {
                verdict.obstacles.push(Obstacle::AboveLimit { substance, value, limit: limit.value, unit });
            }
            (None, Some((_, content))) if content.unit != limit.unit => {
                let found = content.unit.clone();
                verdict.missing.push(Missing::ContentInUnit { stream: give.id.clone(), substance, found, unit });
            }
            _ => verdict.missing.push(Missing::Content { stream: give.id.clone(), substance, unit }),
        }
    }
}

fn offer(stream: &Stream, catalogue: &Catalogue) -> Offer {
    let unit = ExchangeUnit::of(stream.kind);
    let has_dimension = catalogue
        .units
        .get(&stream.quantity.unit)
        .is_some_and(|declared| declared.dimension == stream.kind.dimension());
    let quantity = catalogue.canonical(&stream.quantity).map(|canonical| canonical / unit.canonical());
    Offer {
        enterprise: stream.enterprise.clone(),
        direction: stream.direction,
        kind: stream.kind,
        unit,
        quantity: quantity.filter(|quantity| has_dimension && (0.0..=GREATEST_QUANTITY).contains(quantity)),
    }
}

/// How far an attempt stays from being possible: one for each obstacle and the share by which a figure fails.
/// Rules that no figure can mend weigh more. Orders attempts and nothing else.
fn miss(attempt: &Rejection) -> f64 {
    let one = |obstacle: &Obstacle| match obstacle {
        Obstacle::TooCold { giver_c, needed_c, .. } => 1.0 + (needed_c - giver_c) / 100.0,
        Obstacle::AboveLimit { value, limit, .. } if *limit > 0.0 => 1.0 + (value / limit - 1.0).min(9.0),
        Obstacle::AboveLimit { .. } => 10.0,
        Obstacle::NotWorthIt { .. } => 1.5,
        Obstacle::TooFar { km, reach_km } if *reach_km > 0.0 => 1.0 + (km / reach_km - 1.0).min(9.0),
        Obstacle::TooFar { .. } => 10.0,
        Obstacle::HazardousUnlicensed { .. } => 12.0,
        Obstacle::SameEnterprise => 20.0,
        Obstacle::NothingToExchange => 30.0,
        Obstacle::NoRelation { ewc, asked_ewc, .. } => 100.0 - shared_digits(ewc, asked_ewc) as f64,
        Obstacle::NoCounterpart { .. } => 200.0,
        Obstacle::NotAtTheSameTime { .. } | Obstacle::SeasonsApart { .. } => 3.0,
        Obstacle::OtherForm { .. } => 8.0,
    };
    attempt.obstacles.iter().map(one).sum()
}

fn far(attempt: &Rejection) -> f64 {
    attempt.distance_km.unwrap_or(f64::INFINITY)
}

fn shared_digits(one: &Option<String>, other: &Option<String>) -> usize {
    match (one, other) {
        (Some(one), Some(other)) => one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    }
}
