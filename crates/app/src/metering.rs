//! Readings in the program that serves: what is to be looked at among a park's meters, kept until the next batch comes,
//! and folding, which nobody waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use engine::catalogue::{Catalogue, Flow};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::{MeterId, ParkId};
use engine::park::plans::{Step, TEMPERATURE};
use engine::park::{Meter, Metered, Park, Reading};
use engine::period::Period;
use readings::ingest::IngestError;
use readings::{AcceptError, FILES_UNFOLDED, Finding, Grain, Point};
use store::{Actor, Scope, Stamp};

use crate::auth;
use crate::error::AppError;
use crate::state::App;

/// Findings that are kept; the oldest key goes first.
const MOST_KEPT: usize = 256;

/// What readings in batches say of meters over a period.
#[derive(Debug, Default)]
pub struct MeterFindings {
    /// By meter and time.
    pub findings: Vec<Finding>,
    /// When each meter was read last, whatever the period; microseconds since 1970, UTC.
    pub latest: BTreeMap<MeterId, i64>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    park: ParkId,
    stamp: Stamp,
    /// One meter, or all that the reader sees.
    meter: Option<MeterId>,
    period: Period,
    /// The meters whose readings the reader may see.
    seen: BTreeSet<MeterId>,
}

#[derive(Clone, Default)]
pub struct Metering {
    kept: Arc<Mutex<BTreeMap<Key, Arc<MeterFindings>>>>,
    /// Parks of which something is being folded, and whether more came meanwhile.
    folding: Arc<Mutex<BTreeMap<ParkId, bool>>>,
}

impl Metering {
    /// Whether something came of a park since its last turn; where nothing did, its folding is over.
    fn takes_turn(&self, park: &ParkId) -> bool {
        let Ok(mut folding) = self.folding.lock() else { return false };
        let is_more = folding.insert(park.clone(), false) == Some(true);
        if !is_more {
            folding.remove(park);
        }
        is_more
    }
}

impl App {
    /// What is to be looked at among the meters of a park whose readings are in scope, or of one of them; computed once
    /// for each batch. Empty where no readings came in batches.
    pub async fn meter_findings(
        &self,
        scope: &Scope,
        park: &ParkId,
        meter: Option<&MeterId>,
        period: Period,
    ) -> Result<Arc<MeterFindings>, AppError> {
        let stamp = self.store.park_stamp(park).await?.ok_or(AppError::NotFound)?;
        if stamp.readings == 0 {
            return Ok(Arc::default());
        }
        let seen = self.store.seen_meters(scope, Some(park)).await?.into_iter().map(|seen| seen.id).collect();
        let key = Key { park: park.clone(), stamp, meter: meter.cloned(), period, seen };
        if let Ok(kept) = self.metering.kept.lock()
            && let Some(found) = kept.get(&key)
        {
            return Ok(found.clone());
        }
        let findings = Arc::new(MeterFindings {
            findings: self.readings.findings_of(scope, park, meter, period).await?,
            latest: self.readings.latest(scope, park).await?,
        });
        if let Ok(mut kept) = self.metering.kept.lock() {
            kept.retain(|other, _| other.park != key.park || other.stamp == key.stamp);
            while kept.len() >= MOST_KEPT {
                kept.pop_first();
            }
            kept.insert(key, findings.clone());
        }
        Ok(findings)
    }

    /// What meters read by readings in batches, as far as they are in scope; nothing is read where none came.
    pub async fn metered(
        &self,
        scope: &Scope,
        park: &Park,
        stamp: Stamp,
    ) -> anyhow::Result<BTreeMap<MeterId, Metered>> {
        if stamp.readings == 0 {
            return Ok(BTreeMap::new());
        }
        let mut metered = self.readings.metered(scope, &park.id, &thermometers(park, self.catalogue)).await?;
        for meter in planned_meters(park) {
            let Some(of_meter) = metered.get_mut(&meter) else { continue };
            let (Some(first), Some(last)) = (of_meter.months.first(), of_meter.months.last()) else { continue };
            let Some(whole) = Period::new(first.period.start(), last.period.end()) else { continue };
            let points = self.readings.series(scope, (&park.id, &meter), whole, Grain::Hour, MOST_HOURS).await?;
            let is_mean = is_condition(park, self.catalogue, &meter);
            of_meter.hours = points.iter().filter_map(|point| hour(point, is_mean)).collect();
        }
        Ok(metered)
    }

    /// Folds what came of a park where much lies unfolded. Returns at once. A park that is being folded is looked at once
    /// more when that is done; what fails is tried again when the next batch comes.
    pub fn fold_soon(&self, park: &ParkId) {
        if let Ok(mut folding) = self.metering.folding.lock()
            && folding.insert(park.clone(), true).is_some()
        {
            return;
        }
        let (app, park) = (self.clone(), park.clone());
        tokio::spawn(async move {
            while app.metering.takes_turn(&park) {
                app.fold(&park).await;
            }
        });
    }

    /// What an earlier run of the program left unfolded.
    pub async fn fold_what_is_left(&self) -> anyhow::Result<()> {
        for park in self.store.list_parks(&auth::whole()).await? {
            if park.readings > 0 {
                self.fold_soon(&park.id);
            }
        }
        Ok(())
    }

    async fn fold(&self, park: &ParkId) {
        let actor = Actor::system(self.now_us());
        let folded = self.readings.compact(&actor, &auth::whole(), Some(park), FILES_UNFOLDED, |_| {}).await;
        if let Err(error) = folded {
            tracing::warn!("fold the readings of park {park}: {error:?}");
        }
    }
}

/// Hours of a meter that a plan may look at: forty years of them.
const MOST_HOURS: usize = 350_000;

/// The sum of an hour's readings, or their mean, without a value where some of them are missing.
pub fn hour(point: &Point, is_mean: bool) -> Option<Reading> {
    let is_whole = point.count > 0 && point.expected.is_none_or(|expected| point.count >= expected);
    let at = jiff::Timestamp::from_microsecond(point.at_us).ok()?;
    let value = if is_mean { point.value / point.count as f64 } else { point.value };
    Some(Reading { at, value: is_whole.then_some(value) })
}

/// Whether a meter tells a condition, such as a temperature, of which the mean counts and not the sum.
pub fn is_condition(park: &Park, catalogue: &Catalogue, meter: &MeterId) -> bool {
    let resource = park.meter(meter).and_then(|meter| catalogue.resource(&meter.resource));
    resource.is_some_and(|resource| resource.flow == Flow::Condition)
}

/// Meters of which measurement plans look at more than months: their own, those that explain them, and, for models by the
/// hour, the thermometers of the sites.
fn planned_meters(park: &Park) -> BTreeSet<MeterId> {
    let mut meters = BTreeSet::new();
    for plan in park.plans.iter().filter(|plan| plan.model.has_rows()) {
        let named = plan.columns().map(|name| MeterId::new(name.as_str()));
        meters.extend(plan.meter.iter().cloned().chain(named.filter(|name| park.meter(name).is_some())));
        let measure = park.measures.iter().find(|measure| measure.id == plan.measure);
        if let Some(measure) = measure.filter(|_| plan.has_temperature() && plan.step == Step::Hour) {
            let is_own =
                |meter: &&Meter| meter.enterprise == measure.enterprise && meter.resource.as_str() == TEMPERATURE;
            meters.extend(park.meters.iter().find(is_own).map(|meter| meter.id.clone()));
        }
    }
    meters
}

/// What the sender of a refused file is told: its faults in order, and how many more there are. The error itself where it
/// is not the file that is at fault.
pub fn faults_of(file: &str, error: IngestError) -> Result<(Vec<Fault>, usize), AcceptError> {
    let fault = |kind, found: String, expected: &str| {
        let place = Place { file: file.to_string(), ..Place::default() };
        Fault { place, kind, found, expected: expected.to_string() }
    };
    match error {
        IngestError::Faults(list) => {
            let untold = list.count - list.faults.len();
            let mut faults = list.faults;
            faults.sort();
            Ok((faults, untold))
        }
        IngestError::Accept(AcceptError::UnknownMeters(meters)) => {
            let unknown = meters.iter().map(|meter| fault(FaultKind::UnknownReference, meter.to_string(), "meters"));
            Ok((unknown.collect(), 0))
        }
        IngestError::Accept(AcceptError::KeyTaken(key)) => Ok((vec![fault(FaultKind::Duplicate, key, "once")], 0)),
        IngestError::Accept(error) => Err(error),
        IngestError::Failed(error) => Err(AcceptError::Failed(error)),
    }
}

/// Meters whose days are needed, not their months alone.
fn thermometers(park: &Park, catalogue: &Catalogue) -> BTreeSet<MeterId> {
    let is_condition = |id| catalogue.resource(id).is_some_and(|resource| resource.flow == Flow::Condition);
    park.meters.iter().filter(|meter| is_condition(&meter.resource)).map(|meter| meter.id.clone()).collect()
}
