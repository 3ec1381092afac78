//! The rows of a measurement plan's meter: a park's readings added up by hour, day, week or month on the park's clock, with
//! the columns that may explain them, and which rows say nothing and why.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::by_plan::PlanReason;
use super::interval::later;
use super::measures::{BASELINE_MONTHS, calendar_month};
use super::meter_file::MeterRow;
use super::validity::Sign;
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeterId};
use crate::observe::readings::{daily_means, frozen, local_day};
use crate::observe::weather;
use crate::park::plans::{Plan, Step, TEMPERATURE};
use crate::park::{Measure, Meter, Park, Reading};
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
const ENOUGH: f64 = 0.9;
/// Share of its readings that the mean temperature of a row needs, as for the days of a thermometer.
const ENOUGH_FOR_MEAN: f64 = 0.5;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
/// CalTRACK fits on a year and no more.
const PUBLISHED_DAYS: i64 = 365;

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
    fn total(&self) -> Result<f64, Why> {
        let share = self.present as f64 / self.expected;
        match () {
            () if self.negative > 0 => Err(Why::Negative),
            () if self.present as f64 > self.expected + 0.5 => Err(Why::TooMany),
            () if share >= ENOUGH => Ok(self.sum / share.min(1.0)),
            () if self.frozen > 0 => Err(Why::Frozen),
            () => Err(Why::Gap),
        }
    }

    fn mean(&self) -> Option<f64> {
        let is_enough = self.present > 0 && self.present as f64 >= ENOUGH_FOR_MEAN * self.expected;
        is_enough.then(|| self.sum / self.present as f64)
    }
}

/// Both periods of a plan's meter, in order of time. A row that takes no part has no value.
pub(super) struct PlanRows {
    pub(super) baseline: Vec<MeterRow>,
    pub(super) reporting: Vec<MeterRow>,
    pub(super) signs: Vec<Sign>,
    pub(super) excluded: Vec<Excluded>,
    /// Readings as they came, of the rows of both periods.
    pub(super) raw: Vec<(DateTime, Vec<Reading>)>,
}

/// Where a plan looks: the days before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    pub(super) baseline: Period,
    /// `None` where nothing of the period lies after the installation.
    pub(super) reporting: Option<Period>,
}

impl Spans {
    /// `None` where a date lies beyond the calendar.
    pub(super) fn of(plan: &Plan, installed: Period, period: Period) -> Option<Spans> {
        let length = match plan.model.is_published() {
            true => Span::new().days(PUBLISHED_DAYS),
            false => Span::new().months(BASELINE_MONTHS),
        };
        let earliest = installed.start().checked_sub(length).ok()?;
        let first = installed.end().max(period.start()).max(plan.begins.unwrap_or(installed.end()));
        let reporting = Period::new(first, period.end());
        Some(Spans { baseline: Period::new(earliest, installed.start())?, reporting })
    }
}

/// Readings, temperatures and columns that a plan names; every reason why they cannot be had, at once.
pub(super) fn rows(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    plan: &Plan,
    spans: Spans,
) -> Result<PlanRows, Vec<PlanReason>> {
    let mut reasons = Vec::new();
    let found = meter_of(park, measure, plan).and_then(|meter| Ok((meter, buckets(park, &meter.id, plan.step)?)));
    let mut columns = Vec::new();
    for name in plan.columns() {
        match column(park, catalogue, measure, name, plan.step) {
            Some(column) => columns.push(column),
            None => reasons.push(PlanReason::PredictorUnknown { name: name.clone(), step: plan.step }),
        }
    }
    let temperatures = match plan.has_temperature() {
        true => temperatures(park, catalogue, measure, plan.step),
        false => Some(BTreeMap::new()),
    };
    if temperatures.is_none() {
        reasons.push(PlanReason::NoTemperature { step: plan.step });
    }
    let (meter, buckets) = match found {
        Ok(found) => found,
        Err(reason) => {
            reasons.insert(0, reason);
            return Err(reasons);
        }
    };
    let (Some(temperatures), []) = (temperatures, reasons.as_slice()) else { return Err(reasons) };
    let factor = catalogue.units.get(&meter.unit).map_or(1.0, |unit| unit.factor);
    let mut rows = PlanRows {
        baseline: Vec::new(),
        reporting: Vec::new(),
        signs: columns.iter().map(|(sign, _)| *sign).collect(),
        excluded: Vec::new(),
        raw: Vec::new(),
    };
    for bucket in buckets {
        let Some(days) = days_of(bucket.start, plan.step) else { continue };
        let inside = |span: &Period| span.start() <= days.start() && days.end() <= span.end();
        let is_baseline = inside(&spans.baseline);
        if !is_baseline && !spans.reporting.as_ref().is_some_and(inside) {
            continue;
        }
        let others: Vec<Option<f64>> = columns.iter().map(|(_, values)| values.get(&bucket.start).copied()).collect();
        let temperature = temperatures.get(&bucket.start).copied();
        let is_told = plan.left_out.iter().any(|span| span.overlaps(&days));
        let total = if is_told { Err(Why::Told) } else { bucket.total() };
        let is_whole = others.iter().all(Option::is_some) && (temperature.is_some() || !plan.has_temperature());
        let expected = bucket.expected.round() as usize;
        let why = match &total {
            Err(why) => Some(*why),
            Ok(_) if !is_whole => Some(Why::NoColumn),
            Ok(_) if bucket.present < expected => Some(Why::Raised),
            Ok(_) => None,
        };
        if let Some(why) = why {
            exclude(&mut rows.excluded, plan.step, (days, why), (bucket.present, expected), is_baseline);
        }
        let row = MeterRow {
            stamp: bucket.start.to_string(),
            local: bucket.start,
            offset_s: offset_s(park) as i32,
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
    Ok(rows)
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

/// The plan's meter, where it still measures the measure's resource at its enterprise.
fn meter_of<'a>(park: &'a Park, measure: &Measure, plan: &Plan) -> Result<&'a Meter, PlanReason> {
    let id = plan.meter.clone().unwrap_or_else(|| MeterId::new(""));
    let gone = PlanReason::MeterGone { meter: id.to_string() };
    let meter = park.meter(&id).ok_or(gone)?;
    match meter.enterprise == measure.enterprise && meter.resource == measure.resource {
        true => Ok(meter),
        false => Err(PlanReason::MeterOfAnother { meter: id.to_string() }),
    }
}

fn offset_s(park: &Park) -> i64 {
    (park.utc_offset_h * HOUR_S as f64) as i64
}

fn local(park: &Park, at: Timestamp) -> Option<DateTime> {
    Some(Offset::UTC.to_datetime(at.checked_add(SignedDuration::from_secs(offset_s(park))).ok()?))
}

/// Where the row begins that a moment lies in.
fn start_of(moment: DateTime, step: Step) -> Option<DateTime> {
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

fn midnight(day: Date) -> DateTime {
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
fn days_of(start: DateTime, step: Step) -> Option<Period> {
    match step {
        Step::Hour => Period::new(start.date(), start.date().tomorrow().ok()?),
        _ => Period::new(start.date(), next(start, step)?.date()),
    }
}

/// A meter's readings by row, every row from the first reading to the last. Of a month that came in batches those of the
/// sheet do not count.
fn buckets(park: &Park, meter: &MeterId, step: Step) -> Result<Vec<Bucket>, PlanReason> {
    let none = || PlanReason::NoReadings { meter: meter.to_string() };
    let readings = readings(park, meter);
    let step_s = usual_step(&readings).ok_or_else(none)?;
    let whole_s = |start: DateTime| match step {
        Step::Hour => HOUR_S,
        _ => days_of(start, step).map_or(DAY_S, |days| days.days() * DAY_S),
    };
    let first = readings.first().and_then(|reading| start_of(local(park, reading.at)?, step)).ok_or_else(none)?;
    if step_s > whole_s(first) {
        return Err(PlanReason::TooCoarse { meter: meter.to_string(), found_s: step_s, step });
    }
    let hanging = frozen(&readings, (DAY_S / step_s) as usize);
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
        let Some(start) = local(park, reading.at).and_then(|moment| start_of(moment, step)) else { continue };
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

fn readings(park: &Park, meter: &MeterId) -> Vec<Reading> {
    let batches = park.metered.get(meter);
    let is_batched = |reading: &&Reading| {
        let day = local_day(reading, park.utc_offset_h);
        let in_month = |day: Date| batches.is_some_and(|one| one.months.iter().any(|sum| sum.period.contains(day)));
        day.is_some_and(in_month)
    };
    let sheet = park.readings.get(meter).into_iter().flatten().filter(|reading| !is_batched(reading));
    let mut readings: Vec<Reading> = sheet.chain(batches.into_iter().flat_map(|one| &one.hours)).copied().collect();
    readings.sort_by_key(|reading| reading.at);
    readings
}

/// The median distance between neighbours, in seconds.
fn usual_step(readings: &[Reading]) -> Option<i64> {
    let mut distances: Vec<i64> =
        readings.windows(2).map(|pair| pair[1].at.as_second() - pair[0].at.as_second()).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().filter(|distance| *distance > 0)
}

/// What may explain the use, by the start of the row; `None` where nothing of this name is known at this step.
fn column(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    name: &str,
    step: Step,
) -> Option<(Sign, BTreeMap<DateTime, f64>)> {
    let meter = park.meter(&MeterId::new(name)).filter(|meter| meter.enterprise == measure.enterprise);
    if let Some(meter) = meter {
        let is_condition = catalogue.resource(&meter.resource).is_some_and(|one| one.flow == Flow::Condition);
        let value = |bucket: Bucket| match is_condition {
            true => Some((bucket.start, bucket.mean()?)),
            false => Some((bucket.start, bucket.total().ok()?)),
        };
        let sign = if is_condition { Sign::Any } else { Sign::NotNegative };
        return Some((sign, buckets(park, &meter.id, step).ok()?.into_iter().filter_map(value).collect()));
    }
    let is_product = |id| catalogue.resource(id).is_some_and(|resource| resource.flow == Flow::Product);
    let own = park.records.iter().filter(|record| record.enterprise == measure.enterprise);
    let products = own.filter(|record| record.resource.as_str() == name && is_product(&record.resource));
    let products: Vec<(Period, f64)> =
        products.filter_map(|record| Some((record.period, catalogue.canonical(&record.amount)?))).collect();
    let drivers = park.drivers.iter().filter(|one| one.enterprise == measure.enterprise && one.driver == name);
    let (sign, amounts) = match products.is_empty() {
        false => (Sign::NotNegative, products),
        true => {
            let sign = if name.contains("degree-days") { Sign::NotNegative } else { Sign::Any };
            (sign, drivers.map(|driver| (driver.period, driver.value)).collect())
        }
    };
    let column = by_row(&amounts, step);
    (!column.is_empty()).then_some((sign, column))
}

/// Names of what may explain the use of a measure's meter at this step, each with at least one value.
pub(super) fn columns_at(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    meter: Option<&MeterId>,
    step: Step,
) -> Vec<String> {
    let is_own = |enterprise: &EnterpriseId| *enterprise == measure.enterprise;
    let records = park.records.iter().filter(|one| is_own(&one.enterprise)).map(|one| one.resource.to_string());
    let drivers = park.drivers.iter().filter(|one| is_own(&one.enterprise)).map(|one| one.driver.clone());
    // Another meter of the same resource counts a part of this one, and explains nothing.
    let explains = |one: &&Meter| {
        is_own(&one.enterprise)
            && Some(&one.id) != meter
            && one.resource != measure.resource
            && one.resource.as_str() != TEMPERATURE
    };
    let meters = park.meters.iter().filter(explains).map(|one| one.id.to_string());
    let names: BTreeSet<String> = records.chain(drivers).chain(meters).collect();
    let is_there = |name: &String| column(park, catalogue, measure, name, step).is_some_and(|(_, one)| !one.is_empty());
    let mut known: Vec<String> = names.into_iter().filter(is_there).collect();
    if temperatures(park, catalogue, measure, step).is_some() {
        known.push(TEMPERATURE.to_string());
    }
    known
}

/// Amounts that were told for exactly one row, and sums of days where each day of a week or month was told.
fn by_row(amounts: &[(Period, f64)], step: Step) -> BTreeMap<DateTime, f64> {
    let mut rows = BTreeMap::new();
    if step == Step::Hour {
        return rows;
    }
    let mut days: BTreeMap<DateTime, (f64, i64)> = BTreeMap::new();
    for (period, amount) in amounts {
        let Some(start) = start_of(midnight(period.start()), step) else { continue };
        let is_month = step == Step::Month && calendar_month(period).is_some();
        if is_month || days_of(start, step) == Some(*period) {
            rows.insert(start, *amount);
        } else if period.days() == 1 {
            let sum = days.entry(start).or_default();
            *sum = (sum.0 + amount, sum.1 + 1);
        }
    }
    for (start, (sum, count)) in days {
        if days_of(start, step).is_some_and(|days| days.days() == count) {
            rows.entry(start).or_insert(sum);
        }
    }
    rows
}

/// Mean outdoor temperatures in °C by the start of the row: of the site's thermometer, or else of the nearest station.
fn temperatures(park: &Park, catalogue: &Catalogue, measure: &Measure, step: Step) -> Option<BTreeMap<DateTime, f64>> {
    let known = match thermometer(park, measure) {
        Some(meter) => match step {
            Step::Hour => {
                let means = buckets(park, &meter.id, step).ok()?;
                means.into_iter().filter_map(|bucket| Some((bucket.start, bucket.mean()?))).collect()
            }
            _ => daily_means(park, &meter.id).into_iter().map(|(day, mean)| (midnight(day), mean)).collect(),
        },
        None => {
            let from = park.enterprise(&measure.enterprise).and_then(|one| one.place).or(park.place);
            let station = weather::nearest(park, catalogue, from)?.station;
            match step {
                Step::Hour => {
                    let means = weather::hour_means(park, &station).into_iter();
                    means.filter_map(|(hour, mean)| Some((weather::moment_of(hour)?, mean))).collect()
                }
                _ => {
                    let days = weather::day_means(park, &station);
                    days.into_iter().map(|(day, mean)| (midnight(day), mean.celsius)).collect()
                }
            }
        }
    };
    let means = match step {
        Step::Hour | Step::Day => known,
        Step::Week | Step::Month => means_of_days(&known, step),
    };
    (!means.is_empty()).then_some(means)
}

pub(super) fn thermometer<'a>(park: &'a Park, measure: &Measure) -> Option<&'a Meter> {
    let is_meant = |meter: &&Meter| meter.enterprise == measure.enterprise && meter.resource.as_str() == TEMPERATURE;
    park.meters.iter().find(is_meant)
}

fn means_of_days(days: &BTreeMap<DateTime, f64>, step: Step) -> BTreeMap<DateTime, f64> {
    let mut sums: BTreeMap<DateTime, (f64, usize)> = BTreeMap::new();
    for (day, mean) in days {
        if let Some(start) = start_of(*day, step) {
            let sum = sums.entry(start).or_default();
            *sum = (sum.0 + mean, sum.1 + 1);
        }
    }
    let is_enough = |start: DateTime, count: usize| {
        days_of(start, step).is_some_and(|days| count as f64 >= ENOUGH * days.days() as f64)
    };
    let means = sums.into_iter().filter(|(start, (_, count))| is_enough(*start, *count));
    means.map(|(start, (sum, count))| (start, sum / count as f64)).collect()
}

/// The day on which so many days of baseline would be there, counted from its first row.
pub(super) fn enough_on(rows: &[MeterRow], days: usize) -> Option<Date> {
    later(rows.first()?.local.date(), super::interval::Interval::Day, days)
}
