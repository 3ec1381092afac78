//! What a balance needs of a park's meters: their months, and of thermometers their days, without what hangs. Rollups
//! answer it; readings are read only on days that hang and on those beside them.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type, Int64Type};
use engine::ids::{MeterId, ParkId};
use engine::park::{MeterSum, Metered};
use engine::period::Period;
use jiff::civil::Date;
use store::Scope;

use crate::Readings;
use crate::findings::{MeterDays, frozen_runs, values_on};
use crate::snapshot::Snapshot;
use crate::time::{DAY_US, Month, SECOND_US, date_of};

impl Readings {
    /// What each meter of a park in scope read, by month; by day too where `daily` names it.
    pub async fn metered(
        &self,
        scope: &Scope,
        park: &ParkId,
        daily: &BTreeSet<MeterId>,
    ) -> anyhow::Result<BTreeMap<MeterId, Metered>> {
        let ahead_us = self.store().utc_offsets(scope).await?.get(park).copied().unwrap_or_default();
        let snapshot = self.snapshot(scope, Some(park)).await?;
        let mut metered: BTreeMap<MeterId, Metered> = BTreeMap::new();
        for (meter, sum) in sums(&snapshot, "month", "", |first| Period::month(first.year(), first.month())).await? {
            metered.entry(meter).or_default().months.push(sum);
        }
        if !daily.is_empty() {
            let names: Vec<String> = daily.iter().map(|meter| quoted(meter.as_str())).collect();
            let only = format!("where r.meter in ({})", names.join(", "));
            for (meter, sum) in sums(&snapshot, "day", &only, |day| Period::new(day, day.tomorrow().ok()?)).await? {
                metered.entry(meter).or_default().days.push(sum);
            }
        }
        for (meter, at_us, value) in hanging(&snapshot).await? {
            let month = date_of(Month::of(at_us, ahead_us).first_day());
            let months = metered.get_mut(&meter).into_iter().flat_map(|metered| &mut metered.months);
            if let Some(sum) = months.into_iter().find(|sum| sum.period.start() == month) {
                sum.sum -= value;
                sum.readings = sum.readings.saturating_sub(1);
                sum.frozen += 1;
            }
        }
        Ok(metered)
    }

    /// When each meter of a park in scope was read last, in microseconds since 1970, UTC.
    pub async fn latest(&self, scope: &Scope, park: &ParkId) -> anyhow::Result<BTreeMap<MeterId, i64>> {
        let snapshot = self.snapshot(scope, Some(park)).await?;
        let sql = "select meter, cast(cast(max(day) as int) as bigint) from readings_day group by meter";
        let mut days: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for batch in snapshot.context.sql(sql).await?.collect().await? {
            let last = batch.column(1).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                days.insert(batch.column(0).as_string_view().value(row).to_string(), [last.value(row)].into());
            }
        }
        let values = values_on(&snapshot, &days).await?;
        let latest = values.into_iter().filter_map(|(meter, values)| Some((MeterId::new(meter), values.last()?.0)));
        Ok(latest.collect())
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

async fn sums(
    snapshot: &Snapshot,
    grain: &str,
    only: &str,
    period: fn(Date) -> Option<Period>,
) -> anyhow::Result<Vec<(MeterId, MeterSum)>> {
    let sql = format!(
        "select r.meter, cast(cast(r.{grain} as int) as bigint) as first, r.sum, r.count, m.step_us \
         from readings_{grain} r join meters m on r.park = m.park and r.meter = m.meter {only} \
         order by r.meter, r.{grain}"
    );
    let mut sums = Vec::new();
    for batch in snapshot.context.sql(&sql).await?.collect().await? {
        for row in 0..batch.num_rows() {
            let Some(period) = period(date_of(whole(&batch, 1, row))) else { continue };
            let sum = MeterSum {
                period,
                sum: batch.column(2).as_primitive::<Float64Type>().value(row),
                readings: whole(&batch, 3, row).try_into().unwrap_or_default(),
                frozen: 0,
                step_s: step(&batch, 4, row).and_then(|step_us| u32::try_from(step_us / SECOND_US).ok()),
            };
            sums.push((MeterId::new(batch.column(0).as_string_view().value(row)), sum));
        }
    }
    Ok(sums)
}

fn whole(batch: &RecordBatch, column: usize, row: usize) -> i64 {
    batch.column(column).as_primitive::<Int64Type>().value(row)
}

/// A usual step from which one can tell how much of a day was read.
fn step(batch: &RecordBatch, column: usize, row: usize) -> Option<i64> {
    let is_there = batch.column(column).is_valid(row);
    is_there.then(|| whole(batch, column, row)).filter(|step_us| (SECOND_US..=DAY_US).contains(step_us))
}

/// Every reading that belongs to a run of one value of a day or longer.
async fn hanging(snapshot: &Snapshot) -> anyhow::Result<Vec<(MeterId, i64, f64)>> {
    let sql = "select r.meter, cast(cast(r.day as int) as bigint) as of_day, m.step_us \
               from readings_day r join meters m on r.park = m.park and r.meter = m.meter \
               where r.count > 1 and r.min = r.max and r.max <> 0 order by r.meter, r.day";
    let mut suspects: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let mut steps = BTreeMap::new();
    for batch in snapshot.context.sql(sql).await?.collect().await? {
        for row in 0..batch.num_rows() {
            let Some(step_us) = step(&batch, 2, row) else { continue };
            let (meter, day) = (batch.column(0).as_string_view().value(row), whole(&batch, 1, row));
            steps.insert(meter.to_string(), step_us);
            suspects.entry(meter.to_string()).or_default().extend([day - 1, day, day + 1]);
        }
    }
    let mut hanging = Vec::new();
    for (meter, values) in values_on(snapshot, &suspects).await? {
        let days = MeterDays { step_us: steps.get(&meter).copied(), days: Vec::new() };
        let runs = frozen_runs(&days, &values).into_iter().flatten();
        hanging.extend(runs.map(|(at_us, value)| (MeterId::new(&meter), *at_us, *value)));
    }
    Ok(hanging)
}
