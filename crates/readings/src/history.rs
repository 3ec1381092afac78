//! What was ever said of a meter's day: every version of every moment, with the batch that brought it.

use std::collections::BTreeMap;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use engine::ids::{MeterId, ParkId};
use jiff::civil::Date;
use serde::Serialize;
use store::{Scope, SegmentKind};

use crate::Readings;
use crate::snapshot::table_file;
use crate::table::SegmentTable;
use crate::time::{DAY_US, Month, days_of};

/// One word on a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    pub at_us: i64,
    pub value: f64,
    pub seq: i64,
    pub source: String,
    pub received_at_us: i64,
    pub received_by: String,
    /// Whether it is the latest word.
    pub holds: bool,
}

impl Readings {
    /// How far the park's local time is ahead of UTC, in microseconds; none for a park out of scope.
    pub async fn ahead_us(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<i64> {
        Ok(self.store().utc_offsets(scope).await?.get(park).copied().unwrap_or_default())
    }

    /// Every version of a meter's local day, by moment, the oldest first. Empty for a meter out of scope.
    pub async fn history(
        &self,
        scope: &Scope,
        park: &ParkId,
        meter: &MeterId,
        day: Date,
    ) -> anyhow::Result<Vec<Version>> {
        let store = self.store();
        let meters = store.seen_meters(scope, Some(park)).await?;
        let offset = store.utc_offsets(scope).await?.get(park).copied();
        let (Some(ahead_us), true) = (offset, meters.iter().any(|seen| seen.id == *meter)) else {
            return Ok(Vec::new());
        };
        let start_us = days_of(day) * DAY_US - ahead_us;
        let month = Month::of(start_us, ahead_us).code();
        let received = store.received_segments(scope, park, &month).await?;
        let batches: BTreeMap<i64, _> = received.iter().map(|received| (received.segment.seq, received)).collect();
        let files = received.iter().map(|received| table_file(self.files(), &received.segment, ahead_us)).collect();
        let snapshot = self.snapshot_of(&[]).await?;
        let table = std::sync::Arc::new(SegmentTable::new(SegmentKind::Raw, &self.files().url, files));
        snapshot.context.register_table("received", table)?;
        let sql = format!(
            "select at, value, seq from received where meter = '{}' and at >= to_timestamp_micros({start_us}) \
             and at < to_timestamp_micros({}) order by at, seq",
            meter.as_str().replace('\'', "''"),
            start_us + DAY_US
        );
        let mut versions: Vec<Version> = Vec::new();
        for batch in snapshot.context.sql(&sql).await?.collect().await? {
            let moments = batch.column(0).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                let (at_us, seq) = (moments.value(row), batch.column(2).as_primitive::<Int64Type>().value(row));
                let Some(from) = batches.get(&seq) else { continue };
                if let Some(before) = versions.last_mut().filter(|before| before.at_us == at_us) {
                    before.holds = false;
                }
                versions.push(Version {
                    at_us,
                    value: batch.column(1).as_primitive::<Float64Type>().value(row),
                    seq,
                    source: from.source.clone(),
                    received_at_us: from.received_at_us,
                    received_by: from.received_by.clone(),
                    holds: true,
                });
            }
        }
        Ok(versions)
    }
}
