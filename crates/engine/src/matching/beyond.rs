//! Partners beyond the park: of the streams that enterprises of other parks let be found, those that are worth most to
//! a stream. Whatever an answer depends on is told in bands before it is looked at: place, money and quantity of the
//! other side. Method: `docs/methods/candidates.md`.

use std::collections::BTreeMap;

use super::candidates::find_pairs;
use super::partners::{Giver, Search, Taker, TakerIndex, Terms};
use super::{Exchange, ExchangeUnit, MatchingRules};
use crate::catalogue::Catalogue;
use crate::ids::{EnterpriseId, ParkId, StreamId};
use crate::park::{Direction, Enterprise, Place, Stream, StreamKind};
use crate::quantity::Amount;

/// Cells of a degree: a place is told by the middle of its cell, some 55 km wide.
const CELLS_PER_DEGREE: f64 = 2.0;
/// How many partners are asked for at first; so many more again while too few of them keep the rules.
const ASKED_FIRST: usize = 32;

/// A stream with the enterprise and the park that it lies in.
#[derive(Clone, Debug, PartialEq)]
pub struct Outer {
    pub park: ParkId,
    pub enterprise: Enterprise,
    pub stream: Stream,
}

/// Why no partner can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsearchable {
    /// Water and heat do not travel from park to park.
    Kind,
    /// What disposal or purchase costs is not told, or not in a unit of weight.
    Price,
    /// The enterprise has no place.
    Place,
}

/// A partner that was found. Whose stream it is, is for the caller to keep; the exchange is reckoned from bands, and
/// its giver and taker bear made-up identifiers.
#[derive(Clone, Debug, PartialEq)]
pub struct OuterPartner<'a> {
    pub outer: &'a Outer,
    pub exchange: Exchange,
}

/// The streams of all parks that may be found, each side with an index of its own.
pub struct Beyond {
    givers: Side,
    takers: Side,
    /// One number for each park: pairs within one are left out.
    parks: BTreeMap<ParkId, u32>,
}

struct Side {
    /// In bands. A place keeps its number while its stream is there.
    rows: Vec<Option<Outer>>,
    index: TakerIndex,
}

/// A stream of the one side as the index holds it: what it saves, and whether hazard stands in its way.
struct Point {
    place: Place,
    saved_kvnd_t: f64,
    hazardous: bool,
    licensed: bool,
}

impl Beyond {
    pub fn new(rules: &MatchingRules) -> Beyond {
        let side = || Side { rows: Vec::new(), index: TakerIndex::new(&[], 0, &terms(rules)) };
        Beyond { givers: side(), takers: side(), parks: BTreeMap::new() }
    }

    /// Takes what a park lets be found in the place of what was known of it. Streams that are the same as before stay
    /// where they are; those without a price, a place or a weight are not found by anybody.
    pub fn set_park(&mut self, park: &ParkId, streams: &[Outer], catalogue: &Catalogue) {
        let number = self.number_of(park);
        for (direction, side) in [(Direction::Give, &mut self.givers), (Direction::Take, &mut self.takers)] {
            let of_side = streams.iter().filter(|outer| outer.stream.direction == direction);
            let mut new: BTreeMap<&StreamId, (Outer, Taker)> = of_side
                .filter_map(|outer| {
                    let told = in_bands(outer);
                    let taker = point(&told, catalogue).ok()?.as_found(number, direction);
                    Some((&outer.stream.id, (told, taker)))
                })
                .collect();
            for (place, row) in (0..).zip(&mut side.rows) {
                let Some(known) = row.as_ref().filter(|known| known.park == *park) else { continue };
                if new.get(&known.stream.id).is_some_and(|(told, _)| told == known) {
                    new.remove(&known.stream.id);
                } else {
                    side.index.remove(place);
                    *row = None;
                }
            }
            let mut free =
                (0..side.rows.len()).filter(|place| side.rows[*place].is_none()).collect::<Vec<_>>().into_iter();
            for (told, taker) in new.into_values() {
                let place = free.next().unwrap_or_else(|| {
                    side.rows.push(None);
                    side.rows.len() - 1
                });
                side.index.insert(place as u32, &taker);
                side.rows[place] = Some(told);
            }
        }
    }

    /// The partners in other parks that are worth most to a stream, best first: nobody who is left out would be worth
    /// more, by what is told of them. `most` of them at most.
    pub fn partners<'a>(
        &'a self,
        own: &Outer,
        most: usize,
        catalogue: &Catalogue,
        rules: &MatchingRules,
    ) -> Result<Vec<OuterPartner<'a>>, Unsearchable> {
        let park = self.parks.get(&own.park).copied().unwrap_or(u32::MAX);
        let asking = point(own, catalogue)?.as_asking(park, own.stream.direction);
        let side = match own.stream.direction {
            Direction::Give => &self.takers,
            Direction::Take => &self.givers,
        };
        let (mut search, mut partners) = (Search::default(), Vec::new());
        let (mut asked, mut looked_at) = (ASKED_FIRST.max(most), 0);
        loop {
            let found = side.index.best(&asking, asked, &mut search);
            let rows: Vec<&Outer> =
                found[looked_at..].iter().filter_map(|one| side.rows[one.taker as usize].as_ref()).collect();
            partners.extend(judged(own, &rows, catalogue, rules));
            if partners.len() >= most || found.len() < asked {
                partners.truncate(most);
                return Ok(partners);
            }
            looked_at = found.len();
            asked *= 2;
        }
    }

    fn number_of(&mut self, park: &ParkId) -> u32 {
        let next = self.parks.len() as u32;
        *self.parks.entry(park.clone()).or_insert(next)
    }
}

/// The benefit of a pair is what the giver saves and what the taker saves less the haulage; treatment is told by
/// either side and taken from what it saves. So both sides count alike, and one index serves each of them.
fn terms(rules: &MatchingRules) -> Terms {
    Terms {
        haulage_kvnd_t_km: rules.haulage_vnd_per_t_km.value / 1e3,
        detour: rules.detour.value,
        share: 1.0,
        treatment_kvnd_t: 0.0,
        treatment_over_kvnd_t: 0.0,
        hazardous_kvnd_t: 0.0,
        between_firms: true,
        ..Terms::default()
    }
}

fn point(outer: &Outer, catalogue: &Catalogue) -> Result<Point, Unsearchable> {
    let stream = &outer.stream;
    if stream.kind != StreamKind::Material {
        return Err(Unsearchable::Kind);
    }
    let per_t = |price| super::benefit::per_unit(price, stream, ExchangeUnit::Tonne, catalogue);
    let price = per_t(stream.price_vnd).ok_or(Unsearchable::Price)?;
    // Where it is not stated it may be nothing: the pair then needs data, and its benefit is at most this.
    let treatment = per_t(stream.treatment_vnd).unwrap_or(0.0);
    let code = stream.ewc.as_ref().and_then(|ewc| catalogue.waste_codes.get(ewc));
    Ok(Point {
        place: outer.enterprise.place.ok_or(Unsearchable::Place)?,
        saved_kvnd_t: (price - treatment) / 1e3,
        hazardous: stream.hazardous || code.is_some_and(|code| code.hazardous),
        licensed: stream.licensed,
    })
}

impl Point {
    /// Only a licensed taker has what is hazardous, whichever of the two asks: the index calls the asking side giver.
    fn as_asking(&self, park: u32, direction: Direction) -> Giver {
        Giver {
            class: 0,
            firm: park,
            latitude: self.place.latitude,
            longitude: self.place.longitude,
            hazardous: match direction {
                Direction::Give => self.hazardous,
                Direction::Take => !self.licensed,
            },
            disposal_kvnd_t: self.saved_kvnd_t,
            contents: Vec::new(),
        }
    }

    fn as_found(&self, park: u32, direction: Direction) -> Taker {
        Taker {
            class: 0,
            alternative: None,
            firm: park,
            latitude: self.place.latitude,
            longitude: self.place.longitude,
            licensed: match direction {
                Direction::Take => self.licensed,
                Direction::Give => !self.hazardous,
            },
            price_kvnd_t: self.saved_kvnd_t,
            limits: Vec::new(),
        }
    }
}

/// What of a stream may decide whether, where and how it is found: the cell of its place, and quantity and money by
/// the band of 1, 2, 5, 10, … that they lie in, so that its worth is never overstated.
fn in_bands(outer: &Outer) -> Outer {
    let cell = |degrees: f64| ((degrees * CELLS_PER_DEGREE).floor() + 0.5) / CELLS_PER_DEGREE;
    let place = outer.enterprise.place;
    let place = place.map(|at| Place { latitude: cell(at.latitude), longitude: cell(at.longitude) });
    let (stream, unit) = (&outer.stream, outer.stream.quantity.unit.clone());
    Outer {
        park: outer.park.clone(),
        enterprise: Enterprise { place, ..outer.enterprise.clone() },
        stream: Stream {
            quantity: Amount { value: band(stream.quantity.value).0, unit },
            price_vnd: stream.price_vnd.map(|price| band(price).0),
            treatment_vnd: stream.treatment_vnd.map(|cost| if cost == 0.0 { 0.0 } else { band(cost).1 }),
            ..stream.clone()
        },
    }
}

/// Ends of the band of 1, 2, 5, 10, 20, … that a figure lies in; both are 0 for 0 and below, and for what is none.
pub fn band(value: f64) -> (f64, f64) {
    if !(value > 0.0 && value.is_finite()) {
        return (0.0, 0.0);
    }
    let ten = 10_f64.powf(value.log10().floor());
    let ends = [1.0, 2.0, 5.0, 10.0, 20.0].map(|step| step * ten);
    let place = ends.iter().rposition(|end| value >= *end).unwrap_or(0).min(3);
    (ends[place], ends[place + 1])
}

/// Those of the rows that keep the rules of matching with the own stream, in their order.
fn judged<'a>(own: &Outer, rows: &[&'a Outer], catalogue: &Catalogue, rules: &MatchingRules) -> Vec<OuterPartner<'a>> {
    // Identifiers of different parks may be the same: here they are counted.
    let named = |outer: &Outer, number: usize| {
        let enterprise = Enterprise { id: EnterpriseId::new(number.to_string()), ..outer.enterprise.clone() };
        let id = StreamId::new(number.to_string());
        (enterprise.clone(), Stream { id, enterprise: enterprise.id, ..outer.stream.clone() })
    };
    let all = std::iter::once(&own).chain(rows).enumerate().map(|(number, outer)| named(outer, number));
    let (enterprises, streams): (Vec<Enterprise>, Vec<Stream>) = all.unzip();
    let own_id = &streams[0].id;
    let is_own = |give: &Stream, take: &Stream| [&give.id, &take.id].contains(&own_id);
    let pairs = find_pairs(&enterprises, &streams, catalogue, rules, is_own);
    let mut by_number: BTreeMap<usize, Exchange> = BTreeMap::new();
    for exchange in pairs {
        let other = match own.stream.direction {
            Direction::Give => &exchange.taker,
            Direction::Take => &exchange.giver,
        };
        if let Ok(number) = other.as_str().parse::<usize>() {
            by_number.insert(number - 1, exchange);
        }
    }
    by_number.into_iter().map(|(number, exchange)| OuterPartner { outer: rows[number], exchange }).collect()
}
