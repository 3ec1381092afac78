//! A batch of readings on its way in: sorted, written month by month, and kept by one transaction of the manifest.
//! When `accept` returns, the batch outlives a power cut; when it does not return, nothing of it can be read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use engine::ids::{MeterId, ParkId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Actor, BatchError, Committed, MeterState, NewBatch, NewSegment, Scope, SegmentKind};

use crate::Readings;
use crate::file::{Encoded, Encoder, hexadecimal};
use crate::rollup::Steps;
use crate::time::Month;

/// Readings of one park in the units of its meters, each moment of a meter once.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals(Arc<BTreeMap<MeterId, MeterReadings>>);

/// Readings of one meter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeterReadings {
    /// Microseconds since 1970, UTC, and the value, by time.
    pub values: Vec<(i64, f64)>,
    /// Where it is a counter: what it showed last, and when.
    pub counter: Option<(i64, f64)>,
}

/// Two values for one moment of one meter.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    pub meter: MeterId,
    pub at_us: i64,
    pub values: (f64, f64),
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Receipt {
    pub batch: String,
    pub seq: i64,
    pub readings: i64,
    pub meters: usize,
    pub months: usize,
    /// The same readings were kept already; nothing was written.
    pub is_repetition: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("there is no park `{0}`")]
    NoPark(ParkId),
    #[error("unknown meters: {}", listed(.0))]
    UnknownMeters(Vec<MeterId>),
    #[error("the key `{0}` was used for other readings")]
    KeyTaken(String),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

fn listed(meters: &[MeterId]) -> String {
    meters.iter().map(MeterId::as_str).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {} and {}", self.meter, self.at_us, self.values.0, self.values.1)
    }
}

impl Arrivals {
    /// Sorts, and takes what is said twice alike once. What is said twice unlike is told, all of it.
    pub fn new(mut meters: BTreeMap<MeterId, MeterReadings>) -> Result<Arrivals, Vec<Contradiction>> {
        let mut contradictions = Vec::new();
        for (meter, readings) in &mut meters {
            readings.values.sort_by_key(|(at_us, _)| *at_us);
            for pair in readings.values.windows(2) {
                if pair[0].0 == pair[1].0 && pair[0].1.to_bits() != pair[1].1.to_bits() {
                    let (meter, values) = (meter.clone(), (pair[0].1, pair[1].1));
                    contradictions.push(Contradiction { meter, at_us: pair[0].0, values });
                }
            }
            readings.values.dedup_by_key(|(at_us, _)| *at_us);
        }
        if contradictions.is_empty() { Ok(Arrivals(Arc::new(meters))) } else { Err(contradictions) }
    }

    pub fn count(&self) -> usize {
        self.0.values().map(|readings| readings.values.len()).sum()
    }

    /// Neither a value nor a counter's state.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(|readings| readings.values.is_empty() && readings.counter.is_none())
    }

    /// SHA-256 of all of it, in order.
    fn content(&self) -> String {
        let mut hash = Sha256::new();
        for (meter, readings) in self.0.iter() {
            hash.update(meter.as_str().as_bytes());
            hash.update([0]);
            hash.update((readings.values.len() as u64).to_le_bytes());
            for (at_us, value) in &readings.values {
                hash.update(at_us.to_le_bytes());
                hash.update(value.to_bits().to_le_bytes());
            }
            if let (true, Some((at_us, state))) = (readings.values.is_empty(), readings.counter) {
                hash.update(at_us.to_le_bytes());
                hash.update(state.to_bits().to_le_bytes());
            }
        }
        hexadecimal(&hash.finalize())
    }
}

impl Readings {
    /// Keeps a batch. `key` is the sender's own name for it: the same key again is the same batch. Without one, readings
    /// that are all kept already, as they are, are no new batch.
    pub async fn accept(
        &self,
        actor: &Actor,
        park: &ParkId,
        arrivals: &Arrivals,
        source: &str,
        key: Option<&str>,
    ) -> Result<Receipt, AcceptError> {
        let scope = Scope::system();
        let Some(ahead_us) = self.store().utc_offsets(&scope).await?.get(park).copied() else {
            return Err(AcceptError::NoPark(park.clone()));
        };
        let known = self.known_meters(park).await?;
        let unknown: Vec<MeterId> = arrivals.0.keys().filter(|meter| !known.contains_key(*meter)).cloned().collect();
        if !unknown.is_empty() {
            return Err(AcceptError::UnknownMeters(unknown));
        }
        let _turn = self.inner.accepting.lock().await;
        let content = arrivals.content();
        let mut batch_id = key.map_or_else(|| content.clone(), str::to_string);
        let mut again = 1;
        while let Some((seq, kept)) = self.store().batch(&scope, park, &batch_id).await? {
            if key.is_some() && kept != content {
                return Err(AcceptError::KeyTaken(batch_id));
            }
            if key.is_some() || self.holds(park, arrivals).await? {
                return Ok(receipt(batch_id, seq, arrivals, 0, true));
            }
            // It came before and was corrected since: said again, it is the latest word again.
            again += 1;
            batch_id = format!("{content}/{again}");
        }
        let files = self.encode(park, arrivals, ahead_us).await?;
        let months = files.len();
        let mut segments = Vec::new();
        for file in files {
            self.files().put(&file.listed.path, file.bytes).await?;
            segments.push(file.listed);
        }
        let batch = NewBatch {
            park: park.clone(),
            batch_id: batch_id.clone(),
            content,
            source: source.to_string(),
            readings: arrivals.count() as i64,
            segments,
            meters: states(arrivals, &known),
        };
        match self.store().add_batch(actor, &batch).await {
            Ok(Committed::New { seq }) => Ok(receipt(batch_id, seq, arrivals, months, false)),
            // Another program was first with the same; our files are nobody's.
            Ok(Committed::Repeated { seq }) => {
                self.discard(&batch.segments).await;
                Ok(receipt(batch_id, seq, arrivals, 0, true))
            }
            Err(error) => {
                self.discard(&batch.segments).await;
                Err(match error {
                    BatchError::NoPark(park) => AcceptError::NoPark(park),
                    BatchError::KeyTaken(key) => AcceptError::KeyTaken(key),
                    BatchError::Store(error) => AcceptError::Failed(error),
                })
            }
        }
    }

    pub(crate) async fn known_meters(&self, park: &ParkId) -> anyhow::Result<BTreeMap<MeterId, MeterState>> {
        let meters = self.store().seen_meters(&Scope::system(), Some(park)).await?;
        Ok(meters.into_iter().map(|meter| (meter.id, meter.state)).collect())
    }

    /// One file for each local month.
    async fn encode(&self, park: &ParkId, arrivals: &Arrivals, ahead_us: i64) -> anyhow::Result<Vec<Encoded>> {
        let (park, arrivals) = (park.clone(), arrivals.clone());
        tokio::task::spawn_blocking(move || encode(&park, &arrivals, ahead_us)).await?
    }

    /// Whether every one of these readings is what is read now.
    async fn holds(&self, park: &ParkId, arrivals: &Arrivals) -> anyhow::Result<bool> {
        let moments = || arrivals.0.values().flat_map(|readings| readings.values.iter().map(|(at_us, _)| *at_us));
        let (Some(first), Some(last)) = (moments().min(), moments().max()) else { return Ok(true) };
        let snapshot = self.snapshot(&Scope::system(), Some(park)).await?;
        let sql = format!(
            "select meter, at, value from raw where at >= to_timestamp_micros({first}) \
             and at <= to_timestamp_micros({last})"
        );
        let mut equal = 0;
        for batch in snapshot.ask(&sql).await?.collect().await? {
            let meters = batch.column(0).as_string_view();
            let moments = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            let values = batch.column(2).as_primitive::<Float64Type>();
            for row in 0..batch.num_rows() {
                let Some(ours) = arrivals.0.get(&MeterId::new(meters.value(row))) else { continue };
                let at = ours.values.binary_search_by_key(&moments.value(row), |(at_us, _)| *at_us);
                let is_equal = at.is_ok_and(|at| ours.values[at].1.to_bits() == values.value(row).to_bits());
                equal += usize::from(is_equal);
            }
        }
        Ok(equal == arrivals.count())
    }

    /// Files that were written for nothing. One that stays is found by the sweeper.
    pub(crate) async fn discard(&self, files: &[NewSegment]) {
        for file in files {
            let _ = self.files().remove(&file.path).await;
        }
    }
}

fn encode(park: &ParkId, arrivals: &Arrivals, ahead_us: i64) -> anyhow::Result<Vec<Encoded>> {
    let mut encoders: BTreeMap<i64, (Month, Encoder)> = BTreeMap::new();
    for (meter, readings) in arrivals.0.iter() {
        let mut rest = readings.values.as_slice();
        while let Some((at_us, _)) = rest.first() {
            let month = Month::of(*at_us, ahead_us);
            let (of_month, later) = rest.split_at(rest.partition_point(|(at_us, _)| month.contains(*at_us)).max(1));
            rest = later;
            let (_, encoder) = match encoders.entry(month.start_us) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert((month, Encoder::new(SegmentKind::Raw)?))
                }
            };
            encoder.raw(of_month.iter().map(|(at_us, value)| (meter.as_str(), *at_us, *value)))?;
        }
    }
    encoders.into_values().map(|(month, encoder)| encoder.finish(park.as_str(), &month)).collect()
}

fn receipt(batch: String, seq: i64, arrivals: &Arrivals, months: usize, is_repetition: bool) -> Receipt {
    Receipt { batch, seq, readings: arrivals.count() as i64, meters: arrivals.0.len(), months, is_repetition }
}

/// What is new to know of the meters.
fn states(arrivals: &Arrivals, known: &BTreeMap<MeterId, MeterState>) -> BTreeMap<MeterId, MeterState> {
    let mut states = BTreeMap::new();
    for (meter, readings) in arrivals.0.iter() {
        let before = known.get(meter).copied().unwrap_or_default();
        let (step_us, steps_seen) = Steps::of(&readings.values).usual();
        let knows_step = step_us.is_some() && steps_seen > before.steps_seen && step_us != before.step_us;
        let is_first = before.step_us.is_none() && step_us.is_some();
        if knows_step || is_first || readings.counter.is_some() {
            states.insert(meter.clone(), MeterState { step_us, steps_seen, counter: readings.counter });
        }
    }
    states
}
