//! Folding: of a park's month, what came since the last time is laid over what is folded, one value for each moment,
//! with the rollups of the month. Nobody waits for it: readers keep the files of the state they began with.

use std::collections::BTreeMap;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::execute_stream;
use engine::ids::{MeterId, ParkId};
use serde::Serialize;
use store::{Actor, MeterState, Scope, Segment, SegmentKind};

use crate::Readings;
use crate::file::{Encoded, Encoder};
use crate::rollup::Rollups;
use crate::snapshot::table_file;
use crate::time::Month;

/// A month of which so many files came is folded by whoever takes the next one in.
pub const FILES_UNFOLDED: usize = 16;

/// What was folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compaction {
    pub park: ParkId,
    pub month: String,
    /// Files as they came that were folded.
    pub files: usize,
    pub readings: i64,
    pub bytes: i64,
    /// False where somebody else folded the same first; then nothing was changed.
    pub is_done: bool,
}

impl Readings {
    /// Folds every month of the parks in scope in which at least so many files came since the last time.
    pub async fn compact(
        &self,
        actor: &Actor,
        scope: &Scope,
        park: Option<&ParkId>,
        least_files: usize,
        mut progress: impl FnMut(&Compaction),
    ) -> anyhow::Result<Vec<Compaction>> {
        let offsets = self.store().utc_offsets(scope).await?;
        let segments = self.store().segments(scope, park).await?;
        let mut done = Vec::new();
        for of_month in segments.chunk_by(|a, b| a.park == b.park && a.file.month == b.file.month) {
            let fresh = of_month.iter().filter(|segment| segment.level == 0).count();
            if fresh < least_files.max(1) {
                continue;
            }
            let ahead_us = offsets.get(&of_month[0].park).copied().unwrap_or_default();
            let compaction = self.compact_month(actor, of_month, ahead_us).await?;
            progress(&compaction);
            done.push(compaction);
        }
        Ok(done)
    }

    async fn compact_month(&self, actor: &Actor, segments: &[Segment], ahead_us: i64) -> anyhow::Result<Compaction> {
        let (park, month_code) = (&segments[0].park, &segments[0].file.month);
        let month = Month::parse(month_code, ahead_us)
            .ok_or_else(|| anyhow::anyhow!("`{month_code}` of park {park} is not a month"))?;
        let fresh: Vec<&Segment> = segments.iter().filter(|segment| segment.level == 0).collect();
        let is_first = fresh.len() == segments.len();
        // A single batch is folded already: its file stays as it is.
        let promoted = if is_first && fresh.len() == 1 { fresh.first().copied() } else { None };

        let raw: Vec<_> = segments
            .iter()
            .filter(|segment| segment.file.kind == SegmentKind::Raw)
            .map(|segment| (segment.clone(), table_file(self.files(), segment, ahead_us)))
            .collect();
        let snapshot = self.snapshot_of(&raw).await?;
        let sorted = snapshot.ask("select meter, at, value from raw order by meter, at").await?;
        let stream = execute_stream(sorted.create_physical_plan().await?, sorted_context(&snapshot))?;
        let (files, states) = fold(stream, park, &month, ahead_us, promoted.is_none()).await?;

        let mut new = Vec::new();
        for file in files {
            self.files().put(&file.listed.path, file.bytes).await?;
            new.push(file.listed);
        }
        let replaced: Vec<Segment> = match promoted {
            Some(_) => Vec::new(),
            None => segments.to_vec(),
        };
        let states = self.news(park, states).await?;
        let is_done = self.store().replace_segments(actor, park, (&replaced, promoted), &new, &states).await?;
        if !is_done {
            self.discard(&new).await;
        }
        let listed = new.iter().chain(promoted.map(|promoted| &promoted.file));
        let raw = listed.clone().filter(|file| file.kind == SegmentKind::Raw);
        Ok(Compaction {
            park: park.clone(),
            month: month_code.clone(),
            files: fresh.len(),
            readings: raw.map(|file| file.rows).sum(),
            bytes: listed.map(|file| file.bytes).sum(),
            is_done,
        })
    }
}

impl Readings {
    /// The states in which a step was seen more often than the one that is known.
    async fn news(
        &self,
        park: &ParkId,
        states: BTreeMap<MeterId, MeterState>,
    ) -> anyhow::Result<BTreeMap<MeterId, MeterState>> {
        let known = self.known_meters(park).await?;
        let is_new = |meter: &MeterId, state: &MeterState| {
            known.get(meter).is_some_and(|known| state.steps_seen > known.steps_seen)
        };
        Ok(states.into_iter().filter(|(meter, state)| is_new(meter, state)).collect())
    }
}

fn sorted_context(snapshot: &crate::snapshot::Snapshot) -> std::sync::Arc<datafusion::execution::TaskContext> {
    snapshot.context.task_ctx()
}

/// Reads sorted readings once and writes the raw file, unless there is one already, and the rollups; with what the
/// readings say of their meters.
async fn fold(
    mut stream: SendableRecordBatchStream,
    park: &ParkId,
    month: &Month,
    ahead_us: i64,
    writes_raw: bool,
) -> anyhow::Result<(Vec<Encoded>, BTreeMap<MeterId, MeterState>)> {
    use futures::StreamExt;
    let mut raw = Encoder::new(SegmentKind::Raw)?;
    let mut rollups = Rollups::of(month, ahead_us);
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        roll_up(&batch, &mut rollups);
        if writes_raw {
            raw.batch(&RecordBatch::try_new(crate::file::schema(SegmentKind::Raw), batch.columns().to_vec())?)?;
        }
    }
    let mut files = Vec::new();
    if writes_raw {
        files.push(raw.finish(park.as_str(), month)?);
    }
    for (kind, buckets) in rollups.kinds() {
        let mut encoder = Encoder::new(kind)?;
        encoder.buckets(buckets, ahead_us)?;
        files.push(encoder.finish(park.as_str(), month)?);
    }
    Ok((files, rollups.states()))
}

fn roll_up(batch: &RecordBatch, rollups: &mut Rollups) {
    let meters = batch.column(0).as_string_view();
    let moments = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
    let values = batch.column(2).as_primitive::<Float64Type>().values();
    for (row, (at_us, value)) in moments.iter().zip(values).enumerate() {
        rollups.add(meters.value(row), *at_us, *value);
    }
}
