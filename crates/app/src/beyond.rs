//! What enterprises let be found from other parks: read park by park when a park or a consent has changed, and told
//! coded and in bands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use anyhow::anyhow;
use engine::catalogue::Catalogue;
use engine::catalogue::places::ProvinceEdition;
use engine::ids::{EnterpriseId, ParkId};
use engine::matching::beyond::{Beyond, Outer, OuterPartner, Unsearchable, band};
use engine::matching::{MatchingRules, Missing, Standing};
use engine::park::Park;
use engine::register::{Register, RegisterKind};
use store::{Findable, Revision};

use crate::auth;
use crate::error::AppError;
use crate::page::token_hash;
use crate::publish::{Side, missing_side};
use crate::state::App;

/// Partners that are shown for a stream.
const SHOWN: usize = 10;
/// Parks of a province that the register needs to know before the province is told with an industry.
const FEWEST_PARKS: usize = 3;
/// Ends of the bands of distance, km. Places are known to some 55 km.
const DISTANCES: [f64; 5] = [0.0, 50.0, 100.0, 200.0, 400.0];
/// Digits of an industry that are told: the division of ISIC Rev. 4.
const DIVISION: usize = 2;

/// The index as it stands, and of which revision and which enterprises each park in it is.
#[derive(Clone)]
pub struct Kept(Arc<Mutex<State>>);

struct State {
    beyond: Beyond,
    parks: BTreeMap<ParkId, Of>,
}

/// What a park in the index is of.
#[derive(Clone, Debug, PartialEq)]
struct Of {
    revision: Revision,
    enterprises: BTreeSet<EnterpriseId>,
}

impl Default for Kept {
    fn default() -> Kept {
        let beyond = Beyond::new(&MatchingRules::default());
        Kept(Arc::new(Mutex::new(State { beyond, parks: BTreeMap::new() })))
    }
}

/// A partner in another park as anybody outside it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct CodedPartner {
    /// Says nothing of whose it is; another one for every enterprise that asks, and after every new consent.
    pub code: String,
    /// Division of ISIC Rev. 4.
    pub division: String,
    /// Code of the newer edition; `None` where the register knows fewer than three parks there.
    pub province: Option<String>,
    /// km; without an upper end beyond the last.
    pub distance_km: (f64, Option<f64>),
    /// Of the partner's own stream, in its unit a year.
    pub quantity: (f64, f64),
    pub unit: String,
    /// VND a t, to both together; reckoned from bands, and only where nothing is missing.
    pub benefit_vnd: Option<(f64, f64)>,
    pub standing: Standing,
    /// Codes of reasons.
    pub reasons: Vec<String>,
    pub missing: Vec<Side>,
}

/// A stream of the own side with the partners that were found for it, best first.
pub struct Search {
    pub own: Outer,
    pub found: Result<Vec<CodedPartner>, Unsearchable>,
}

impl App {
    /// The best partners in other parks of each of these streams, among those that may be found at this moment.
    pub async fn search_beyond(&self, own: Vec<Outer>) -> Result<Vec<Search>, AppError> {
        let open = self.store.findable(&auth::whole()).await?;
        self.refresh(&open).await?;
        let register = self.register().await?;
        let provinces = self.provinces_of(&open).await?;
        let told = Told {
            ids: open.iter().map(|one| ((&one.park, &one.enterprise), one.id.as_str())).collect(),
            provinces: provinces
                .into_iter()
                .filter(|(_, code)| knows_enough(&register, self.catalogue, code))
                .collect(),
        };
        let (kept, rules) = (self.beyond.lock()?, MatchingRules::default());
        let search = |own: Outer| {
            let found = kept.beyond.partners(&own, SHOWN, self.catalogue, &rules);
            let found = found.map(|found| found.iter().filter_map(|one| told.coded(&own, one)).collect());
            Search { own, found }
        };
        Ok(own.into_iter().map(search).collect())
    }

    /// Reads the parks anew in which a consent or a stream has changed since, and forgets those in which nobody is left.
    async fn refresh(&self, open: &[Findable]) -> Result<(), AppError> {
        let mut now: BTreeMap<ParkId, Of> = BTreeMap::new();
        for Findable { park, enterprise, .. } in open {
            if let Some(of) = now.get_mut(park) {
                of.enterprises.insert(enterprise.clone());
            } else if let Some(revision) = self.store.park_revision(park).await? {
                now.insert(park.clone(), Of { revision, enterprises: [enterprise.clone()].into() });
            }
        }
        let known = self.beyond.lock()?.parks.clone();
        let mut changed: Vec<(ParkId, Vec<Outer>, Option<Of>)> = Vec::new();
        for (park, of) in now.iter().filter(|(park, of)| known.get(*park) != Some(*of)) {
            // The store hands out these enterprises alone.
            let theirs = of.enterprises.iter().map(|enterprise| (park.clone(), enterprise.clone())).collect();
            let view = self.store.load_park_view(&auth::found(theirs), park).await?;
            changed.push((park.clone(), view.as_ref().map(outer_streams).unwrap_or_default(), Some(of.clone())));
        }
        let gone = known.keys().filter(|park| !now.contains_key(*park));
        changed.extend(gone.map(|park| (park.clone(), Vec::new(), None)));
        let mut kept = self.beyond.lock()?;
        for (park, streams, of) in changed {
            kept.beyond.set_park(&park, &streams, self.catalogue);
            match of {
                Some(of) => _ = kept.parks.insert(park, of),
                None => _ = kept.parks.remove(&park),
            }
        }
        Ok(())
    }

    /// Of each park in which somebody may be found, the code of its province, newer edition.
    async fn provinces_of(&self, open: &[Findable]) -> Result<BTreeMap<ParkId, String>, AppError> {
        let mut provinces = BTreeMap::new();
        for park in open.iter().map(|one| &one.park).collect::<BTreeSet<_>>() {
            if let Some(province) = self.park_key(park).await?.province {
                provinces.insert(park.clone(), province);
            }
        }
        Ok(provinces)
    }
}

impl Kept {
    fn lock(&self) -> Result<std::sync::MutexGuard<'_, State>, AppError> {
        self.0.lock().map_err(|_| AppError::Internal(anyhow!("the index of partners broke off while it was written")))
    }
}

/// The streams of a park with their enterprises.
pub fn outer_streams(park: &Park) -> Vec<Outer> {
    let outer = |stream: &engine::park::Stream| {
        let enterprise = park.enterprise(&stream.enterprise)?.clone();
        Some(Outer { park: park.id.clone(), enterprise, stream: stream.clone() })
    };
    park.streams.iter().filter_map(outer).collect()
}

fn knows_enough(register: &Register, catalogue: &Catalogue, province: &str) -> bool {
    let in_province = register.of(RegisterKind::Park).filter(|entry| {
        let of = entry.latest().province(&catalogue.provinces, ProvinceEdition::After);
        of.is_some_and(|of| of.code == province)
    });
    in_province.take(FEWEST_PARKS).count() == FEWEST_PARKS
}

/// What is known of those who may be found, as far as it may be told.
struct Told<'a> {
    ids: BTreeMap<(&'a ParkId, &'a EnterpriseId), &'a str>,
    provinces: BTreeMap<ParkId, String>,
}

impl Told<'_> {
    /// `None` where it was withdrawn while this request was on its way.
    fn coded(&self, own: &Outer, partner: &OuterPartner) -> Option<CodedPartner> {
        let (outer, exchange) = (partner.outer, &partner.exchange);
        let id = self.ids.get(&(&outer.park, &outer.enterprise.id))?;
        let asks = format!("{id}/{}/{}/{}", outer.stream.id, own.park, own.enterprise.id);
        // Numbered by the search: the own stream has this identifier in the exchange.
        let own_stream = match own.stream.direction {
            engine::park::Direction::Give => &exchange.giver,
            engine::park::Direction::Take => &exchange.taker,
        };
        let own_enterprise = match own.stream.direction {
            engine::park::Direction::Give => &exchange.giver_enterprise,
            engine::park::Direction::Take => &exchange.taker_enterprise,
        };
        // What the other side calls a substance is its own text.
        let missing = |missing: &Missing| Side { substance: None, ..missing_side(missing, own_enterprise, own_stream) };
        let km = exchange.distance_km?;
        let place = DISTANCES.iter().rposition(|end| km >= *end).unwrap_or(0);
        Some(CodedPartner {
            code: token_hash(&asks)[..6].to_uppercase(),
            division: outer.enterprise.isic4.chars().take(DIVISION).collect(),
            province: self.provinces.get(&outer.park).cloned(),
            distance_km: (DISTANCES[place], DISTANCES.get(place + 1).copied()),
            quantity: band(outer.stream.quantity.value),
            unit: outer.stream.quantity.unit.clone(),
            benefit_vnd: exchange.benefit.per_unit_vnd.filter(|_| exchange.standing == Standing::Ready).map(band),
            standing: exchange.standing,
            reasons: exchange.reasons.iter().map(|reason| reason.code().to_string()).collect(),
            missing: exchange.missing.iter().map(missing).collect(),
        })
    }
}
