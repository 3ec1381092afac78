//! Rows of a meter: its readings added up by hour, day, week or month on the park's clock, with the columns that may explain
//! them, and which rows say nothing and why. The one way for plans, for the model of a meter and for screening.
//! See `docs/methods/measurement-plan.md`.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::meter_file::MeterRow;
use crate::observe::readings::frozen;
use crate::park::Reading;
use crate::park::plans::Step;
use crate::period::Period;

/// Rows of one day, week or month that take no part, or take it with readings missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    pub period: Period,
    pub why: Why,
    /// How many rows: hours of a day where the plan goes by hours, else one.
    pub rows: usize,
    /// Readings that count, and as many as there would be if none were missing.
    pub present: usize,
    pub expected: usize,
    pub is_baseline: bool,
}

/// Why a row takes no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Fewer than 90 % of its readings.
    Gap,
    /// So few, because the meter repeated one value for a day or longer.
    Frozen,
    /// A reading below zero.
    Negative,
    /// More readings than the meter's step allows: a clock that was set back, or two loggers.
    TooMany,
    /// The plan leaves the day out.
    Told,
    /// A column that the model looks at has no value.
    NoColumn,
    /// It counts: the few readings that are missing are taken as the mean of the others.
    Raised,
}

impl Why {
    pub const ALL: [Why; 7] =
        [Why::Gap, Why::Frozen, Why::Negative, Why::TooMany, Why::Told, Why::NoColumn, Why::Raised];

    pub fn code(self) -> &'static str {
        match self {
            Why::Gap => "gap",
            Why::Frozen => "frozen",
            Why::Negative => "negative",
            Why::TooMany => "too-many",
            Why::Told => "told",
            Why::NoColumn => "no-column",
            Why::Raised => "raised",
        }
    }
}

/// Share of its readings that a row needs; the rule of months holds for every step.
pub(super) const ENOUGH: f64 = 0.9;
/// Share of its readings that the mean temperature of a row needs, as for the days of a thermometer.
const ENOUGH_FOR_MEAN: f64 = 0.5;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

/// The readings of a meter within one row.
pub(super) struct Bucket {
    pub(super) start: DateTime,
    /// As they came.
    pub(super) raw: Vec<Reading>,
    present: usize,
    frozen: usize,
    negative: usize,
    sum: f64,
    expected: f64,
}

impl Bucket {
    /// The sum, raised to the whole where a few readings are missing, or why there is none.
    pub(super) fn total(&self) -> Result<f64, Why> {
        let share = self.present as f64 / self.expected;
        match () {
            () if self.negative > 0 => Err(Why::Negative),
            () if self.present as f64 > self.expected + 0.5 => Err(Why::TooMany),
            () if share >= ENOUGH => Ok(self.sum / share.min(1.0)),
            () if self.frozen > 0 => Err(Why::Frozen),
            () => Err(Why::Gap),
        }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        let is_enough = self.present > 0 && self.present as f64 >= ENOUGH_FOR_MEAN * self.expected;
        is_enough.then(|| self.sum / self.present as f64)
    }
}

/// Both periods of a meter, in order of time. A row that takes no part has no value.
pub(super) struct MeterRows {
    pub(super) baseline: Vec<MeterRow>,
    pub(super) reporting: Vec<MeterRow>,
    pub(super) excluded: Vec<Excluded>,
    /// Readings as they came, of the rows of both periods.
    pub(super) raw: Vec<(DateTime, Vec<Reading>)>,
}

/// Where rows are looked for: the days before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    pub(super) baseline: Period,
    /// `None` where nothing of the period lies after the installation.
    pub(super) reporting: Option<Period>,
}

/// What rows are made of.
pub(super) struct Parts {
    pub(super) buckets: Vec<Bucket>,
    /// What one of the meter's unit is in that of the rows.
    pub(super) factor: f64,
    /// What may explain the use, by the start of the row.
    pub(super) columns: Vec<BTreeMap<DateTime, f64>>,
    pub(super) temperatures: BTreeMap<DateTime, f64>,
    /// Whether a row without a temperature takes no part.
    pub(super) needs_temperature: bool,
}

/// The rows of a meter that lie wholly in one of two periods, with what explains them, and which say nothing and why. Plans and
/// models of a meter take their rows from here, so that the same meter gives the same number wherever it is looked at.
pub(super) fn joined(
    Parts { buckets, factor, columns, temperatures, needs_temperature }: Parts,
    step: Step,
    left_out: &[Period],
    spans: Spans,
    utc_offset_h: f64,
) -> MeterRows {
    let mut rows = MeterRows { baseline: Vec::new(), reporting: Vec::new(), excluded: Vec::new(), raw: Vec::new() };
    for bucket in buckets {
        let Some(days) = days_of(bucket.start, step) else { continue };
        let inside = |span: &Period| span.start() <= days.start() && days.end() <= span.end();
        let is_baseline = inside(&spans.baseline);
        if !is_baseline && !spans.reporting.as_ref().is_some_and(inside) {
            continue;
        }
        let others: Vec<Option<f64>> = columns.iter().map(|values| values.get(&bucket.start).copied()).collect();
        let temperature = temperatures.get(&bucket.start).copied();
        let is_told = left_out.iter().any(|span| span.overlaps(&days));
        let total = if is_told { Err(Why::Told) } else { bucket.total() };
        let is_whole = others.iter().all(Option::is_some) && (temperature.is_some() || !needs_temperature);
        let expected = bucket.expected.round() as usize;
        let why = match &total {
            Err(why) => Some(*why),
            Ok(_) if !is_whole => Some(Why::NoColumn),
            Ok(_) if bucket.present < expected => Some(Why::Raised),
            Ok(_) => None,
        };
        if let Some(why) = why {
            exclude(&mut rows.excluded, step, (days, why), (bucket.present, expected), is_baseline);
        }
        let row = MeterRow {
            stamp: bucket.start.to_string(),
            local: bucket.start,
            offset_s: offset_s(utc_offset_h) as i32,
            value: total.ok().map(|total| total * factor),
            temperature,
            others,
        };
        if is_baseline {
            rows.baseline.push(row)
        } else {
            rows.reporting.push(row)
        }
        rows.raw.push((bucket.start, bucket.raw));
    }
    rows
}

/// Hours of one day for one reason stand together.
fn exclude(
    excluded: &mut Vec<Excluded>,
    step: Step,
    (period, why): (Period, Why),
    (present, expected): (usize, usize),
    is_baseline: bool,
) {
    let same = excluded.iter_mut().rev().take_while(|one| one.period == period).find(|one| one.why == why);
    match same.filter(|_| step == Step::Hour) {
        Some(one) => {
            one.rows += 1;
            one.present += present;
            one.expected += expected;
        }
        None => excluded.push(Excluded { period, why, rows: 1, present, expected, is_baseline }),
    }
}

/// Sums of a meter that explains another, by the start of the row; rows with too few readings have none.
pub(super) fn sums(readings: &[Reading], utc_offset_h: f64, step: Step) -> Result<BTreeMap<DateTime, f64>, NoRows> {
    let sum = |bucket: Bucket| Some((bucket.start, bucket.total().ok()?));
    Ok(buckets(readings, utc_offset_h, step)?.into_iter().filter_map(sum).collect())
}

/// Means of a meter that tells a condition, by the start of the row.
pub(super) fn means(readings: &[Reading], utc_offset_h: f64, step: Step) -> Result<BTreeMap<DateTime, f64>, NoRows> {
    let mean = |bucket: Bucket| Some((bucket.start, bucket.mean()?));
    Ok(buckets(readings, utc_offset_h, step)?.into_iter().filter_map(mean).collect())
}

/// Why readings give no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRows {
    NoReadings,
    /// They stand so many seconds apart, farther than the rows.
    TooCoarse(i64),
}

/// A meter's readings, in order of time, by row: every row from the first reading to the last, on a clock so many hours ahead.
pub(super) fn buckets(readings: &[Reading], utc_offset_h: f64, step: Step) -> Result<Vec<Bucket>, NoRows> {
    let step_s = usual_step(readings).ok_or(NoRows::NoReadings)?;
    let whole_s = |start: DateTime| match step {
        Step::Hour => HOUR_S,
        _ => days_of(start, step).map_or(DAY_S, |days| days.days() * DAY_S),
    };
    let first = readings.first().and_then(|reading| start_of(local(utc_offset_h, reading.at)?, step));
    let first = first.ok_or(NoRows::NoReadings)?;
    if step_s > whole_s(first) {
        return Err(NoRows::TooCoarse(step_s));
    }
    let hanging = frozen(readings, (DAY_S / step_s) as usize);
    let empty = |start: DateTime| Bucket {
        start,
        raw: Vec::new(),
        present: 0,
        frozen: 0,
        negative: 0,
        sum: 0.0,
        expected: whole_s(start) as f64 / step_s as f64,
    };
    let mut buckets = vec![empty(first)];
    for (reading, hangs) in readings.iter().zip(hanging) {
        let Some(start) = local(utc_offset_h, reading.at).and_then(|moment| start_of(moment, step)) else { continue };
        while let Some(last) = buckets.last().map(|bucket| bucket.start).filter(|last| *last < start) {
            let Some(following) = next(last, step) else { break };
            buckets.push(empty(following));
        }
        let Some(bucket) = buckets.last_mut() else { continue };
        bucket.raw.push(*reading);
        match reading.value {
            Some(_) if hangs => bucket.frozen += 1,
            Some(value) => {
                bucket.present += 1;
                bucket.negative += usize::from(value < 0.0);
                bucket.sum += value;
            }
            None => {}
        }
    }
    Ok(buckets)
}

/// The median distance between neighbours, in seconds.
fn usual_step(readings: &[Reading]) -> Option<i64> {
    let mut distances: Vec<i64> =
        readings.windows(2).map(|pair| pair[1].at.as_second() - pair[0].at.as_second()).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().filter(|distance| *distance > 0)
}

fn offset_s(utc_offset_h: f64) -> i64 {
    (utc_offset_h * HOUR_S as f64) as i64
}

fn local(utc_offset_h: f64, at: Timestamp) -> Option<DateTime> {
    Some(Offset::UTC.to_datetime(at.checked_add(SignedDuration::from_secs(offset_s(utc_offset_h))).ok()?))
}

/// Where the row begins that a moment lies in.
pub(super) fn start_of(moment: DateTime, step: Step) -> Option<DateTime> {
    let day = moment.date();
    Some(match step {
        Step::Hour => day.at(moment.hour(), 0, 0, 0),
        Step::Day => midnight(day),
        Step::Week => {
            midnight(day.checked_sub(Span::new().days(i64::from(day.weekday().to_monday_zero_offset()))).ok()?)
        }
        Step::Month => midnight(day.first_of_month()),
    })
}

pub(super) fn midnight(day: Date) -> DateTime {
    day.at(0, 0, 0, 0)
}

fn next(start: DateTime, step: Step) -> Option<DateTime> {
    let span = match step {
        Step::Hour => Span::new().hours(1),
        Step::Day => Span::new().days(1),
        Step::Week => Span::new().weeks(1),
        Step::Month => Span::new().months(1),
    };
    start.checked_add(span).ok()
}

/// The days of a row; of an hour the day it lies in.
pub(super) fn days_of(start: DateTime, step: Step) -> Option<Period> {
    match step {
        Step::Hour => Period::new(start.date(), start.date().tomorrow().ok()?),
        _ => Period::new(start.date(), next(start, step)?.date()),
    }
}
