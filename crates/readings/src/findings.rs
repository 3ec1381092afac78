//! Gaps, spikes and values that hang. Rollups name the days worth a look; only within those are readings read, in
//! order, so that a month of a whole park costs a fraction of reading it. `docs/methods/readings.md` says the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Field, Float64Type, Int64Type, Schema, TimestampMicrosecondType,
};
use engine::ids::{MeterId, ParkId};
use engine::period::Period;
use serde::Serialize;
use store::Scope;

use crate::Readings;
use crate::metered::quoted;
use crate::rollup::Steps;
use crate::snapshot::Snapshot;
use crate::time::{DAY_US, days_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    Gap,
    Spike,
    Frozen,
}

/// Something about a meter that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub meter: MeterId,
    pub kind: FindingKind,
    /// From the first moment concerned to the first after it.
    pub from_us: i64,
    pub to_us: i64,
    /// Readings that are missing, far too high or all the same.
    pub readings: i64,
    /// The value that is too high or hangs.
    pub value: Option<f64>,
    /// Above what a value counts as a spike; how long a value may hang, in readings.
    pub limit: Option<f64>,
}

/// A day's highest value is suspicious above this many times the median of the days' highest values.
const SPIKE_TIMES: f64 = 5.0;
/// A median of fewer days says little.
const SPIKE_LEAST_DAYS: usize = 7;

/// What a day's readings of a meter come to.
pub(crate) struct Day {
    day: i64,
    count: i64,
    min: f64,
    max: f64,
}

/// A meter's days in the period, with its usual step.
pub(crate) struct MeterDays {
    pub(crate) step_us: Option<i64>,
    pub(crate) days: Vec<Day>,
}

impl MeterDays {
    fn expected(&self) -> Option<i64> {
        self.step_us.filter(|step| *step > 0 && *step <= DAY_US).map(|step| DAY_US / step)
    }

    fn spike_limit(&self) -> Option<f64> {
        let mut highest: Vec<f64> = self.days.iter().map(|day| day.max).collect();
        highest.sort_by(f64::total_cmp);
        let median = *highest.get(highest.len() / 2)?;
        (highest.len() >= SPIKE_LEAST_DAYS && median > 0.0).then_some(median * SPIKE_TIMES)
    }
}

impl Readings {
    /// What is to be looked at among a park's meters in scope, by meter and time. A meter is judged from its first
    /// reading in the period on; one that fell silent, up to the park's last reading in it.
    pub async fn findings(&self, scope: &Scope, park: &ParkId, period: Period) -> anyhow::Result<Vec<Finding>> {
        self.findings_of(scope, park, None, period).await
    }

    /// The same of one meter, or of all.
    pub async fn findings_of(
        &self,
        scope: &Scope,
        park: &ParkId,
        meter: Option<&MeterId>,
        period: Period,
    ) -> anyhow::Result<Vec<Finding>> {
        let ahead_us = self.store().utc_offsets(scope).await?.get(park).copied().unwrap_or_default();
        let snapshot = self.snapshot(scope, Some(park)).await?;
        let Some(last_day) = last_day(&snapshot, period).await? else { return Ok(Vec::new()) };
        let meters = meter_days(&snapshot, meter, period).await?;

        let suspects: BTreeMap<String, BTreeSet<i64>> =
            meters.iter().map(|(meter, days)| (meter.clone(), suspicious_days(days, last_day))).collect();
        let values = values_on(&snapshot, &suspects).await?;
        let newest_us = newest(&snapshot, last_day, ahead_us).await?;

        let mut findings = Vec::new();
        let start_us = days_of(period.start()) * DAY_US - ahead_us;
        let end_us = days_of(period.end()) * DAY_US - ahead_us;
        for (meter, days) in &meters {
            let Some(values) = values.get(meter) else { continue };
            let id = MeterId::new(meter);
            findings.extend(gaps(&id, days, values, (last_day, newest_us, ahead_us)));
            findings.extend(spikes(&id, days, values));
            findings.extend(frozen(&id, days, values));
        }
        findings.retain(|finding| finding.from_us < end_us && finding.to_us > start_us);
        findings.sort_by(|a, b| (&a.meter, a.from_us, a.kind).cmp(&(&b.meter, b.from_us, b.kind)));
        Ok(findings)
    }
}

/// What is to be looked at among the readings of one meter, by kind and time: the rules of [`Readings::findings`] for
/// readings that lie somewhere else. `values` are microseconds since 1970, UTC, with the value, by time.
pub fn findings_among(meter: &MeterId, values: &[(i64, f64)], ahead_us: i64) -> Vec<Finding> {
    let local_day = |at_us: i64| (at_us + ahead_us).div_euclid(DAY_US);
    let of_day = |values: &[(i64, f64)]| {
        let numbers = || values.iter().map(|(_, value)| *value);
        Day {
            day: local_day(values[0].0),
            count: values.len() as i64,
            min: numbers().fold(f64::INFINITY, f64::min),
            max: numbers().fold(f64::NEG_INFINITY, f64::max),
        }
    };
    let by_day = values.chunk_by(|a, b| local_day(a.0) == local_day(b.0));
    let days = MeterDays { step_us: Steps::of(values).usual().0, days: by_day.map(of_day).collect() };
    let Some((newest_us, _)) = values.last() else { return Vec::new() };
    let mut findings = gaps(meter, &days, values, (local_day(*newest_us), *newest_us, ahead_us));
    findings.extend(spikes(meter, &days, values));
    findings.extend(frozen(meter, &days, values));
    findings
}

/// The last local day of a period on which any meter was read.
async fn last_day(snapshot: &Snapshot, period: Period) -> anyhow::Result<Option<i64>> {
    let sql = format!(
        "select cast(cast(max(day) as int) as bigint) from readings_day where day >= date '{}' and day < date '{}'",
        period.start(),
        period.end()
    );
    let batches = snapshot.context.sql(&sql).await?.collect().await?;
    Ok(batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>()).flatten().max())
}

async fn meter_days(
    snapshot: &Snapshot,
    meter: Option<&MeterId>,
    period: Period,
) -> anyhow::Result<BTreeMap<String, MeterDays>> {
    let only = meter.map_or(String::new(), |meter| format!("and r.meter = {}", quoted(meter.as_str())));
    let sql = format!(
        "select r.meter, r.day, r.count, r.min, r.max, m.step_us from readings_day r \
         join meters m on r.park = m.park and r.meter = m.meter \
         where r.day >= date '{}' and r.day < date '{}' {only} order by r.meter, r.day",
        period.start(),
        period.end()
    );
    let mut meters: BTreeMap<String, MeterDays> = BTreeMap::new();
    for batch in snapshot.context.sql(&sql).await?.collect().await? {
        let names = batch.column(0).as_string_view();
        let days = batch.column(1).as_primitive::<Date32Type>();
        let counts = batch.column(2).as_primitive::<Int64Type>();
        let number = |column: usize| batch.column(column).as_primitive::<Float64Type>();
        let steps = batch.column(5).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let step_us = steps.is_valid(row).then(|| steps.value(row));
            let entry = meters.entry(names.value(row).to_string());
            entry.or_insert(MeterDays { step_us, days: Vec::new() }).days.push(Day {
                day: i64::from(days.value(row)),
                count: counts.value(row),
                min: number(3).value(row),
                max: number(4).value(row),
            });
        }
    }
    Ok(meters)
}

/// Days with fewer readings than expected or none, with one far above the others, or with one value all day; and the
/// days about them, where what was found begins and ends.
fn suspicious_days(meter: &MeterDays, last_day: i64) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    let spike = meter.spike_limit();
    for (at, day) in meter.days.iter().enumerate() {
        let is_short = meter.expected().is_some_and(|expected| day.count < expected);
        let is_high = spike.is_some_and(|limit| day.max > limit);
        let hangs = day.min == day.max && day.max != 0.0 && day.count > 1;
        if is_short || is_high || hangs {
            found.extend([day.day - 1, day.day, day.day + 1]);
        }
        let next = meter.days.get(at + 1).map_or(last_day + 1, |next| next.day);
        if next > day.day + 1 {
            found.extend([day.day, next]);
        }
    }
    found
}

/// The park's last reading on this local day.
async fn newest(snapshot: &Snapshot, day: i64, ahead_us: i64) -> anyhow::Result<i64> {
    let (from, to) = (day * DAY_US - ahead_us, (day + 1) * DAY_US - ahead_us);
    let sql = format!(
        "select max(at) from readings where at >= to_timestamp_micros({from}) and at < to_timestamp_micros({to})"
    );
    let batches = snapshot.context.sql(&sql).await?.collect().await?;
    let moments = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<TimestampMicrosecondType>());
    Ok(moments.flatten().max().unwrap_or(from))
}

pub(crate) type Values = Vec<(i64, f64)>;

/// The readings of these days, by meter and time.
pub(crate) async fn values_on(
    snapshot: &Snapshot,
    suspects: &BTreeMap<String, BTreeSet<i64>>,
) -> anyhow::Result<BTreeMap<String, Values>> {
    let pairs = || suspects.iter().flat_map(|(meter, days)| days.iter().map(move |day| (meter.as_str(), *day)));
    let days: BTreeSet<i64> = pairs().map(|(_, day)| day).collect();
    if days.is_empty() {
        return Ok(BTreeMap::new());
    }
    let schema =
        Schema::new(vec![Field::new("meter", DataType::Utf8View, false), Field::new("day", DataType::Date32, false)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(pairs().map(|(meter, _)| meter))),
        Arc::new(Date32Array::from_iter_values(pairs().map(|(_, day)| day as i32))),
    ];
    snapshot.with_table("suspects", RecordBatch::try_new(Arc::new(schema), columns)?)?;
    let sql = format!(
        "select r.meter, r.at, r.value from \
         (select meter, at, value, to_timestamp_micros(cast(at as bigint) + ahead_us) as local from raw \
          where {}) r \
         left semi join suspects s on r.meter = s.meter and cast(r.local as date) = s.day order by r.meter, r.at",
        stretches(&days)
    );
    let mut values: BTreeMap<String, Values> = BTreeMap::new();
    for batch in snapshot.ask(&sql).await?.collect().await? {
        let names = batch.column(0).as_string_view();
        let moments = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        let numbers = batch.column(2).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let pair = (moments.value(row), numbers.value(row));
            match values.get_mut(names.value(row)) {
                Some(series) => series.push(pair),
                None => {
                    values.insert(names.value(row).to_string(), vec![pair]);
                }
            }
        }
    }
    Ok(values)
}

/// So many stretches of days may be asked for one by one; of more, all days from the first to the last.
const MOST_STRETCHES: usize = 32;

/// The condition that a moment lies in one of these days, by which files that hold none of them are passed over.
fn stretches(days: &BTreeSet<i64>) -> String {
    let days: Vec<i64> = days.iter().copied().collect();
    let mut stretches: Vec<&[i64]> = days.chunk_by(|a, b| b - a <= 3).collect();
    if stretches.len() > MOST_STRETCHES {
        stretches = vec![&days];
    }
    let condition = |stretch: &&[i64]| {
        // A day's slack on both sides covers every offset of local time.
        let (from, to) = ((stretch[0] - 1) * DAY_US, (stretch[stretch.len() - 1] + 2) * DAY_US);
        format!("(at >= to_timestamp_micros({from}) and at < to_timestamp_micros({to}))")
    };
    stretches.iter().map(condition).collect::<Vec<_>>().join(" or ")
}

/// A step to the next reading of more than one and a half usual steps. Days that were complete were not read; a step
/// across them is none.
fn gaps(
    meter: &MeterId,
    days: &MeterDays,
    values: &[(i64, f64)],
    (last_day, newest_us, ahead_us): (i64, i64, i64),
) -> Vec<Finding> {
    let (Some(step_us), Some(expected)) = (days.step_us, days.expected()) else { return Vec::new() };
    let complete: BTreeSet<i64> = days.days.iter().filter(|day| day.count >= expected).map(|day| day.day).collect();
    let gap = |last_us: i64, next_us: i64| {
        let missing = (next_us - last_us + step_us / 2) / step_us - 1;
        Finding {
            meter: meter.clone(),
            kind: FindingKind::Gap,
            from_us: last_us + step_us,
            to_us: next_us,
            readings: missing,
            value: None,
            limit: None,
        }
    };
    let is_long = |last_us: i64, next_us: i64| 2 * (next_us - last_us) > 3 * step_us;
    let mut found = Vec::new();
    for pair in values.windows(2) {
        let (last_us, next_us) = (pair[0].0, pair[1].0);
        // Two runs of suspicious days with whole, unread days between them.
        let day = |at_us: i64| (at_us + ahead_us).div_euclid(DAY_US);
        let skips = day(last_us) < day(next_us) && complete.range(day(last_us) + 1..day(next_us)).next().is_some();
        if is_long(last_us, next_us) && !skips {
            found.push(gap(last_us, next_us));
        }
    }
    let stops = days.days.last().is_some_and(|day| day.day < last_day || day.count < expected);
    if let (Some((last_us, _)), true) = (values.last(), stops)
        && is_long(*last_us, newest_us + step_us)
    {
        found.push(gap(*last_us, newest_us + step_us));
    }
    found
}

fn spikes(meter: &MeterId, days: &MeterDays, values: &[(i64, f64)]) -> Vec<Finding> {
    let Some(limit) = days.spike_limit() else { return Vec::new() };
    let high = values.iter().filter(|(_, value)| *value > limit);
    let finding = |(at_us, value): &(i64, f64)| Finding {
        meter: meter.clone(),
        kind: FindingKind::Spike,
        from_us: *at_us,
        to_us: at_us + days.step_us.unwrap_or(1),
        readings: 1,
        value: Some(*value),
        limit: Some(limit),
    };
    high.map(finding).collect()
}

fn frozen(meter: &MeterId, days: &MeterDays, values: &[(i64, f64)]) -> Vec<Finding> {
    let Some((step_us, expected)) = days.step_us.zip(days.expected()) else { return Vec::new() };
    let finding = |run: &[(i64, f64)]| Finding {
        meter: meter.clone(),
        kind: FindingKind::Frozen,
        from_us: run[0].0,
        to_us: run[run.len() - 1].0 + step_us,
        readings: run.len() as i64,
        value: Some(run[0].1),
        limit: Some(expected as f64),
    };
    frozen_runs(days, values).into_iter().map(finding).collect()
}

/// Runs of a value other than zero that stands for a whole day of readings or longer.
pub(crate) fn frozen_runs<'a>(days: &MeterDays, values: &'a [(i64, f64)]) -> Vec<&'a [(i64, f64)]> {
    let Some((step_us, expected)) = days.step_us.zip(days.expected()) else { return Vec::new() };
    let runs = values.chunk_by(|a, b| a.1 == b.1 && b.0 - a.0 <= 2 * step_us);
    runs.filter(|run| run[0].1 != 0.0 && run.len() as i64 >= expected.max(2)).collect()
}
