//! What the rows of a measurement plan are made of: the readings of its meter, the columns that it names, and temperatures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::by_plan::PlanReason;
use super::interval::later;
use super::measures::{BASELINE_MONTHS, calendar_month};
use super::meter_file::MeterRow;
use super::meter_rows::{
    ENOUGH, MeterRows, NoRows, Parts, Spans, buckets, days_of, joined, means, midnight, start_of, sums,
};
use super::validity::Sign;
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeterId, StationId};
use crate::observe::readings::{daily_means, local_day};
use crate::observe::weather;
use crate::park::plans::{Plan, Step, TEMPERATURE};
use crate::park::{Measure, Meter, Park, Reading};
use crate::period::Period;

/// CalTRACK fits on a year and no more.
const PUBLISHED_DAYS: i64 = 365;

/// The rows of a plan with the signs that are expected of its columns.
pub(super) struct PlanRows {
    pub(super) rows: MeterRows,
    pub(super) signs: Vec<Sign>,
}

impl Spans {
    /// `None` where a date lies beyond the calendar.
    pub(super) fn of(plan: &Plan, installed: Period, period: Period) -> Option<Spans> {
        let length = match plan.model.is_published() {
            true => Span::new().days(PUBLISHED_DAYS),
            false => Span::new().months(BASELINE_MONTHS),
        };
        let earliest = installed.start().checked_sub(length).ok()?;
        let reporting = reporting(Some(plan), installed, period);
        Some(Spans { baseline: Period::new(earliest, installed.start())?, reporting })
    }
}

/// What of a period counts: the days after the installation, and not before the plan begins. `None` where there are none.
pub(super) fn reporting(plan: Option<&Plan>, installed: Period, period: Period) -> Option<Period> {
    let begins = plan.and_then(|plan| plan.begins).unwrap_or(installed.end());
    Period::new(installed.end().max(period.start()).max(begins), period.end())
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
    let found = meter_of(park, measure, plan).and_then(|meter| {
        let buckets = buckets(&readings(park, &meter.id), park.utc_offset_h, plan.step);
        Ok((meter, buckets.map_err(|why| without_rows(meter, plan.step, why))?))
    });
    let mut columns = Vec::new();
    for name in plan.columns() {
        match column(park, catalogue, measure, name, plan.step) {
            Some(column) => columns.push(column),
            None => reasons.push(PlanReason::PredictorUnknown { name: name.clone(), step: plan.step }),
        }
    }
    let temperatures = match plan.has_temperature() {
        true => temperatures(park, catalogue, &measure.enterprise, plan.step, None),
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
    Ok(PlanRows {
        signs: columns.iter().map(|(sign, _)| *sign).collect(),
        rows: joined(
            Parts {
                buckets,
                factor,
                columns: columns.into_iter().map(|(_, values)| values).collect(),
                temperatures,
                needs_temperature: plan.has_temperature(),
            },
            plan.step,
            &plan.left_out,
            spans,
            park.utc_offset_h,
        ),
    })
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

fn without_rows(meter: &Meter, step: Step, why: NoRows) -> PlanReason {
    let meter = meter.id.to_string();
    match why {
        NoRows::NoReadings => PlanReason::NoReadings { meter },
        NoRows::TooCoarse(found_s) => PlanReason::TooCoarse { meter, found_s, step },
    }
}

/// A meter's readings in order of time, with the hours of its batches as far as they were read.
fn readings(park: &Park, meter: &MeterId) -> Vec<Reading> {
    with_batches(park, meter, park.metered.get(meter).map_or(&[], |batches| &batches.hours))
}

/// A meter's readings in order of time. Of a month that came in batches those of the sheet do not count, but these hours.
pub(super) fn with_batches(park: &Park, meter: &MeterId, hours: &[Reading]) -> Vec<Reading> {
    let batches = park.metered.get(meter);
    let is_batched = |reading: &&Reading| {
        let day = local_day(reading, park.utc_offset_h);
        let in_month = |day: Date| batches.is_some_and(|one| one.months.iter().any(|sum| sum.period.contains(day)));
        day.is_some_and(in_month)
    };
    let sheet = park.readings.get(meter).into_iter().flatten().filter(|reading| !is_batched(reading));
    let mut readings: Vec<Reading> = sheet.chain(hours).copied().collect();
    readings.sort_by_key(|reading| reading.at);
    readings
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
        let readings = readings(park, &meter.id);
        return Some(match is_condition {
            true => (Sign::Any, means(&readings, park.utc_offset_h, step).ok()?),
            false => (Sign::NotNegative, sums(&readings, park.utc_offset_h, step).ok()?),
        });
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
    if temperatures(park, catalogue, &measure.enterprise, step, None).is_some() {
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

/// Where the temperature at a site comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thermometer {
    Meter(MeterId),
    Station(StationId),
}

/// A thermometer of the site itself, else the nearest station that measured something.
pub fn thermometer(park: &Park, catalogue: &Catalogue, enterprise: &EnterpriseId) -> Option<Thermometer> {
    let is_own = |meter: &&Meter| meter.enterprise == *enterprise && meter.resource.as_str() == TEMPERATURE;
    if let Some(meter) = park.meters.iter().find(is_own) {
        return Some(Thermometer::Meter(meter.id.clone()));
    }
    let from = park.enterprise(enterprise).and_then(|one| one.place).or(park.place);
    weather::nearest(park, catalogue, from).map(|near| Thermometer::Station(near.station))
}

/// Mean outdoor temperatures at a site in °C by the start of the row; `None` where nothing measures them. The hours of a
/// thermometer are those that were `read`, where the park does not hold them itself.
pub(super) fn temperatures(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: &EnterpriseId,
    step: Step,
    read: Option<&[Reading]>,
) -> Option<BTreeMap<DateTime, f64>> {
    let known = match (thermometer(park, catalogue, enterprise)?, step) {
        (Thermometer::Meter(id), Step::Hour) => match read {
            Some(read) => means(read, park.utc_offset_h, step).ok()?,
            None => means(&readings(park, &id), park.utc_offset_h, step).ok()?,
        },
        (Thermometer::Meter(id), _) => {
            daily_means(park, &id).into_iter().map(|(day, mean)| (midnight(day), mean)).collect()
        }
        (Thermometer::Station(station), Step::Hour) => {
            let means = weather::hour_means(park, &station).into_iter();
            means.filter_map(|(hour, mean)| Some((weather::moment_of(hour)?, mean))).collect()
        }
        (Thermometer::Station(station), _) => {
            let days = weather::day_means(park, &station);
            days.into_iter().map(|(day, mean)| (midnight(day), mean.celsius)).collect()
        }
    };
    let means = match step {
        Step::Hour | Step::Day => known,
        Step::Week | Step::Month => means_of_days(&known, step),
    };
    (!means.is_empty()).then_some(means)
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
