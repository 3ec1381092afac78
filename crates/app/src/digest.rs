//! What the pages above the parks need of a park's report: little enough to be kept for every park of a nation. Digests
//! are computed once for each revision; when many are missing, a page takes what there is and the rest follows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::assess::{Assessment, Outcome, Score};
use engine::ids::{FrameworkId, ParkId, ResourceId};
use engine::park::Place;
use engine::period::Period;
use engine::source::Digest;
use jiff::civil::Date;
use store::Stamp;

use crate::error::AppError;
use crate::policy::LabPark;
use crate::publish::{self, ParkClaims, PublishedSum};
use crate::state::{App, Computed};

#[derive(Clone, Debug)]
pub struct ParkDigest {
    /// Whether the park has records of the period.
    pub has_data: bool,
    /// The last day that any record covers.
    pub latest: Option<Date>,
    pub months_covered: usize,
    pub months_expected: usize,
    pub score: Score,
    /// Outcome of each criterion, in the order of the edition.
    pub outcomes: Vec<Outcome>,
    pub claims: ParkClaims,
    pub place: Option<Place>,
    /// What may be told of each resource, in its canonical unit.
    pub resources: BTreeMap<ResourceId, PublishedSum>,
}

impl ParkDigest {
    fn of(computed: &Computed, period: Period) -> ParkDigest {
        let (park, report) = (&computed.park, &computed.report);
        let latest = park.records.iter().map(|record| record.period.end()).max();
        let sums = publish::balance_sums(&report.balance, computed.told());
        ParkDigest {
            has_data: park.records.iter().any(|record| record.period.overlaps(&period)),
            latest: latest.and_then(|end| end.yesterday().ok()),
            months_covered: report.balance.months_covered,
            months_expected: report.balance.months_expected,
            score: report.assessments.first().map(|assessment| assessment.score).unwrap_or_default(),
            outcomes: report.assessments.first().map(outcomes).unwrap_or_default(),
            claims: computed.claims().clone(),
            place: park.place,
            resources: sums.into_iter().map(|sum| (sum.resource.clone(), sum.amount)).collect(),
        }
    }
}

fn outcomes(assessment: &Assessment) -> Vec<Outcome> {
    assessment.criteria.iter().map(|result| result.outcome).collect()
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Of the catalogue and the editions beside it.
    catalogue: Digest,
    park: ParkId,
    framework: FrameworkId,
    period: Period,
    as_of: Date,
}

/// Digests that are kept: of a nation's parks under every framework and for every year that pages offer.
const MOST_KEPT: usize = 20_000;
/// How long a page waits for digests that are missing; the rest is computed while it is read.
const PATIENCE: Duration = Duration::from_secs(2);

/// A digest with the state of the park that it is of.
type Kept = (Stamp, Arc<ParkDigest>);

#[derive(Clone, Default)]
pub struct Digests {
    kept: Arc<Mutex<BTreeMap<Key, Kept>>>,
    /// Held by whoever computes what is missing, so that two pages do not compute the same.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Digests {
    fn get(&self, key: &Key, stamp: Stamp) -> Option<Arc<ParkDigest>> {
        let kept = self.kept.lock().ok()?;
        kept.get(key).filter(|(of, _)| *of == stamp).map(|(_, digest)| digest.clone())
    }

    fn keep(&self, key: Key, stamp: Stamp, digest: Arc<ParkDigest>) {
        if let Ok(mut kept) = self.kept.lock() {
            while kept.len() >= MOST_KEPT {
                kept.pop_first();
            }
            kept.insert(key, (stamp, digest));
        }
    }
}

type Asked = (ParkId, Stamp);

/// Under what parks are assessed.
#[derive(Clone)]
struct Context {
    catalogue: Digest,
    framework: FrameworkId,
    period: Period,
}

impl App {
    /// The digests of parks in their order; `None` for those that are still being computed.
    pub async fn digests(
        &self,
        parks: &[Asked],
        framework: &FrameworkId,
        period: Period,
    ) -> Result<Vec<Option<Arc<ParkDigest>>>, AppError> {
        let began = Instant::now();
        let context =
            Context { catalogue: self.whole_catalogue().await?.digest(), framework: framework.clone(), period };
        let missing = self.missing(parks, &context);
        let mut missing = missing.into_iter();
        if missing.len() > 0
            && let Ok(turn) = tokio::time::timeout(PATIENCE, self.digests.turn.clone().lock_owned()).await
        {
            for asked in missing.by_ref() {
                self.digest(&asked, &context).await?;
                if began.elapsed() > PATIENCE {
                    break;
                }
            }
            let (app, rest, context) = (self.clone(), missing.collect::<Vec<_>>(), context.clone());
            if !rest.is_empty() {
                tokio::spawn(async move {
                    let _turn = turn;
                    for asked in rest {
                        // A park that cannot be computed now will be asked for again.
                        if let Err(error) = app.digest(&asked, &context).await {
                            tracing::warn!("the digest of park {}: {error:?}", asked.0);
                        }
                    }
                });
            }
        }
        let key = |park: &ParkId| self.digest_key(park, &context);
        Ok(parks.iter().map(|(park, stamp)| self.digests.get(&key(park), *stamp)).collect())
    }

    fn missing(&self, parks: &[Asked], context: &Context) -> Vec<Asked> {
        let key = |park: &ParkId| self.digest_key(park, context);
        parks.iter().filter(|(park, stamp)| self.digests.get(&key(park), *stamp).is_none()).cloned().collect()
    }

    fn digest_key(&self, park: &ParkId, context: &Context) -> Key {
        let Context { catalogue, framework, period } = context.clone();
        Key { catalogue, park: park.clone(), framework, period, as_of: self.today() }
    }

    async fn digest(&self, (park, stamp): &Asked, context: &Context) -> Result<(), AppError> {
        let (key, period) = (self.digest_key(park, context), context.period);
        if self.digests.get(&key, *stamp).is_some() {
            return Ok(());
        }
        let computed = self.passing(park, &context.framework, period).await?;
        if computed.catalogue.digest() != context.catalogue {
            // An edition was published meanwhile; whoever asks next gets it under the new one.
            return Ok(());
        }
        // The park is at hand, so that what the policy laboratory keeps of it costs no second computation.
        let is_kept = self.laboratory.get(park, *stamp, &context.catalogue, period).is_some();
        let kept = tokio::task::spawn_blocking(move || {
            let lab_park = (!is_kept).then(|| LabPark::of(&computed.park, &computed.report, &computed.catalogue));
            (ParkDigest::of(&computed, period), lab_park)
        });
        let (digest, lab_park) = kept.await.map_err(|error| AppError::Internal(error.into()))?;
        if let Some(lab_park) = lab_park {
            self.laboratory.keep(*stamp, context.catalogue.clone(), period, lab_park);
        }
        self.digests.keep(key, *stamp, Arc::new(digest));
        Ok(())
    }
}
