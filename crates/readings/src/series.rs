//! What pages, reports and programs ask for: one meter's values over a period, and every meter's months.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use engine::ids::{MeterId, ParkId};
use engine::period::Period;
use serde::Serialize;
use store::Scope;

use crate::Readings;
use crate::metered::quoted;
use crate::time::{DAY_US, days_of};

/// How fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    Raw,
    Hour,
    Day,
    Month,
}

impl Grain {
    pub const ALL: [Grain; 4] = [Grain::Raw, Grain::Hour, Grain::Day, Grain::Month];

    pub fn code(self) -> &'static str {
        match self {
            Grain::Raw => "raw",
            Grain::Hour => "hour",
            Grain::Day => "day",
            Grain::Month => "month",
        }
    }

    pub fn parse(code: &str) -> Option<Grain> {
        Grain::ALL.into_iter().find(|grain| grain.code() == code)
    }
}

/// A value of a meter, or what its readings come to from this moment on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Start, microseconds since 1970, UTC.
    pub at_us: i64,
    /// The value, or the sum of values.
    pub value: f64,
    /// How many readings it is made of, and how many there would be if none were missing.
    pub count: i64,
    pub expected: Option<i64>,
}

/// What a meter's readings of a local month come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeterMonth {
    pub meter: MeterId,
    pub month: Period,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    pub count: i64,
    /// How many readings there would be if none were missing; `None` where the meter's step is not known.
    pub expected: Option<i64>,
}

impl Readings {
    /// Every month of a park's meters that begins in a period, of the meters in scope.
    pub async fn months(&self, scope: &Scope, park: &ParkId, period: Period) -> anyhow::Result<Vec<MeterMonth>> {
        let snapshot = self.kept_snapshot(scope, Some(park)).await?;
        let sql = format!(
            "select meter, cast(cast(month as int) as bigint) as first, sum, min, max, count, expected from readings_month \
             where month >= date '{}' and month < date '{}' order by meter, month",
            period.start(),
            period.end()
        );
        let mut months = Vec::new();
        for batch in snapshot.context.sql(&sql).await?.collect().await? {
            let number = |column: usize| batch.column(column).as_primitive::<Float64Type>();
            let whole = |column: usize| batch.column(column).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let first = crate::time::date_of(whole(1).value(row));
                let Some(month) = Period::month(first.year(), first.month()) else { continue };
                months.push(MeterMonth {
                    meter: MeterId::new(batch.column(0).as_string_view().value(row)),
                    month,
                    sum: number(2).value(row),
                    min: number(3).value(row),
                    max: number(4).value(row),
                    count: whole(5).value(row),
                    expected: whole(6).is_valid(row).then(|| whole(6).value(row)),
                });
            }
        }
        Ok(months)
    }

    /// The mean of each meter's readings so far.
    pub(crate) async fn usual_values(&self, park: &ParkId) -> anyhow::Result<BTreeMap<MeterId, f64>> {
        let snapshot = self.snapshot(&Scope::system(), Some(park)).await?;
        let sql = "select meter, sum(sum) / sum(count) as mean from readings_month group by meter";
        let mut means = BTreeMap::new();
        for batch in snapshot.context.sql(sql).await?.collect().await? {
            let (meters, values) = (batch.column(0).as_string_view(), batch.column(1).as_primitive::<Float64Type>());
            means.extend((0..batch.num_rows()).map(|row| (MeterId::new(meters.value(row)), values.value(row))));
        }
        Ok(means)
    }

    /// A meter's values over a period of local days, at most `limit` of them from the first on.
    pub async fn series(
        &self,
        scope: &Scope,
        (park, meter): (&ParkId, &MeterId),
        period: Period,
        grain: Grain,
        limit: usize,
    ) -> anyhow::Result<Vec<Point>> {
        let ahead_us = self.store().utc_offsets(scope).await?.get(park).copied().unwrap_or_default();
        let (from, to) = (days_of(period.start()) * DAY_US, days_of(period.end()) * DAY_US);
        let quoted = quoted(meter.as_str());
        let sql = match grain {
            Grain::Raw => format!(
                "select at, value, cast(1 as bigint) as count, cast(null as bigint) as expected from readings where meter = {quoted} and \
                 at >= to_timestamp_micros({}) and at < to_timestamp_micros({}) order by at limit {limit}",
                from - ahead_us,
                to - ahead_us
            ),
            _ => {
                let start = grain.code();
                format!(
                    "select cast({start} as timestamp) as at, sum, count, expected from readings_{start} \
                     where meter = {quoted} and {start} >= to_timestamp_micros({from}) \
                     and {start} < to_timestamp_micros({to}) order by 1 limit {limit}"
                )
            }
        };
        let snapshot = self.kept_snapshot(scope, Some(park)).await?;
        let mut points = Vec::new();
        let local_us = if grain == Grain::Raw { 0 } else { ahead_us };
        for batch in snapshot.context.sql(&sql).await?.collect().await? {
            let moments = datafusion::arrow::compute::cast(
                batch.column(0),
                &datafusion::arrow::datatypes::DataType::Timestamp(
                    datafusion::arrow::datatypes::TimeUnit::Microsecond,
                    None,
                ),
            )?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            let whole = |column: usize| batch.column(column).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                points.push(Point {
                    at_us: moments.value(row) - local_us,
                    value: batch.column(1).as_primitive::<Float64Type>().value(row),
                    count: whole(2).value(row),
                    expected: whole(3).is_valid(row).then(|| whole(3).value(row)),
                });
            }
        }
        Ok(points)
    }
}
