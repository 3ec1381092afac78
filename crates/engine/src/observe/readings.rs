//! Meter readings by month, as verification and balances need them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::ids::MeterId;
use crate::park::{MeterSum, Park, Reading};
use crate::period::Period;

/// One month of a meter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterMonth {
    pub month: Period,
    /// Sum in the meter's unit, raised to the whole month when a few hours are missing; `None` when too many are.
    pub amount: Option<f64>,
    /// Mean of the values that are there, for temperatures.
    pub mean: Option<f64>,
    pub hours_present: usize,
    pub hours_expected: usize,
    /// Hours that repeated one value for a day or longer and were left out.
    pub hours_frozen: usize,
    pub way: Way,
}

/// How readings came in. Where a month came both ways, the batches hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// In the park's sheet `readings`.
    Sheet,
    /// In batches, sent by programs or handed in as files.
    Batches,
}

/// Share of the hours that must be there for a month to count. CalTRACK 2.2 asks the same of a billing month's
/// temperature, as `docs/methods/observe.md` explains.
const ENOUGH: f64 = 0.9;

/// A value that repeats this many times is a meter that hangs.
const FROZEN_AFTER: usize = 24;

const HOUR_S: u64 = 3_600;

impl MeterMonth {
    /// The rule of all metered months: with enough of its hours a month is raised to the whole, with fewer it says
    /// nothing.
    fn of(sum: &MeterSum, way: Way) -> MeterMonth {
        let hours_expected = sum.period.days() as usize * 24;
        let hours =
            |readings: usize| sum.step_s.map_or(0, |step| (readings as u64 * u64::from(step) / HOUR_S) as usize);
        let hours_present = hours(sum.readings);
        let share = hours_present as f64 / hours_expected as f64;
        let is_enough = share >= ENOUGH;
        MeterMonth {
            month: sum.period,
            // Readings that lie closer than usual are no reason to count less than all of them.
            amount: is_enough.then(|| sum.sum / share.min(1.0)),
            mean: is_enough.then(|| sum.sum / sum.readings as f64),
            hours_present,
            hours_expected,
            hours_frozen: hours(sum.frozen),
            way,
        }
    }
}

/// The readings of a meter summed by local calendar month.
pub fn by_month(park: &Park, meter: &MeterId) -> Vec<MeterMonth> {
    let mut months: BTreeMap<Period, MeterMonth> =
        sheet_months(park, meter).into_iter().map(|sum| (sum.period, MeterMonth::of(&sum, Way::Sheet))).collect();
    for sum in park.metered.get(meter).into_iter().flat_map(|metered| &metered.months) {
        months.insert(sum.period, MeterMonth::of(sum, Way::Batches));
    }
    months.into_values().collect()
}

/// The hourly readings of the sheet.
fn sheet_months(park: &Park, meter: &MeterId) -> Vec<MeterSum> {
    let Some(readings) = park.readings.get(meter) else { return Vec::new() };
    let mut months: BTreeMap<Period, MeterSum> = BTreeMap::new();
    for (reading, is_frozen) in readings.iter().zip(frozen(readings)) {
        let Some(day) = local_day(reading, park.utc_offset_h) else { continue };
        let Some(month) = Period::month(day.year(), day.month()) else { continue };
        let nothing = MeterSum { period: month, sum: 0.0, readings: 0, frozen: 0, step_s: Some(HOUR_S as u32) };
        let entry = months.entry(month).or_insert(nothing);
        match reading.value {
            Some(_) if is_frozen => entry.frozen += 1,
            Some(value) => {
                entry.readings += 1;
                entry.sum += value;
            }
            None => {}
        }
    }
    months.into_values().collect()
}

/// Degree days of each month from a temperature meter in °C, through daily means.
///
/// HDD = Σ max(base − T_day, 0), CDD = Σ max(T_day − base, 0), in K·d. A month with fewer than 90 % of its days
/// is left out; a missing day counts as the month's mean day.
pub fn degree_days(park: &Park, meter: &MeterId, base_c: f64) -> BTreeMap<Period, (f64, f64)> {
    let mut months: BTreeMap<Period, (f64, f64, usize)> = BTreeMap::new();
    for (day, mean) in daily_means(park, meter) {
        let Some(month) = Period::month(day.year(), day.month()) else { continue };
        let entry = months.entry(month).or_default();
        entry.0 += (base_c - mean).max(0.0);
        entry.1 += (mean - base_c).max(0.0);
        entry.2 += 1;
    }
    months
        .into_iter()
        .filter(|(month, (_, _, count))| *count as f64 >= ENOUGH * month.days() as f64)
        .map(|(month, (heating, cooling, count))| {
            let scale = month.days() as f64 / count as f64;
            (month, (heating * scale, cooling * scale))
        })
        .collect()
}

/// Of the days with at least half of their hours.
fn daily_means(park: &Park, meter: &MeterId) -> BTreeMap<Date, f64> {
    let metered = park.metered.get(meter);
    let is_metered =
        |day: &Date| metered.is_some_and(|metered| metered.months.iter().any(|month| month.period.contains(*day)));
    let mut days: BTreeMap<Date, (f64, usize)> = BTreeMap::new();
    for reading in park.readings.get(meter).into_iter().flatten() {
        if let (Some(value), Some(day)) = (reading.value, local_day(reading, park.utc_offset_h)) {
            let entry = days.entry(day).or_default();
            entry.0 += value;
            entry.1 += 1;
        }
    }
    let mut means: BTreeMap<Date, f64> = days
        .into_iter()
        .filter(|(day, (_, count))| 2 * count >= 24 && !is_metered(day))
        .map(|(day, (sum, count))| (day, sum / count as f64))
        .collect();
    for day in metered.into_iter().flat_map(|metered| &metered.days) {
        let seconds = day.step_s.map_or(0, |step| day.readings as u64 * u64::from(step));
        if seconds >= 12 * HOUR_S {
            means.insert(day.period.start(), day.sum / day.readings as f64);
        }
    }
    means
}

/// The calendar month of a reading by the park's clock.
pub fn month_of(reading: &Reading, utc_offset_h: f64) -> Option<Period> {
    let day = local_day(reading, utc_offset_h)?;
    Period::month(day.year(), day.month())
}

fn local_day(reading: &Reading, utc_offset_h: f64) -> Option<Date> {
    let shifted = reading.at.checked_add(SignedDuration::from_secs((utc_offset_h * 3600.0) as i64)).ok()?;
    Some(Offset::UTC.to_datetime(shifted).date())
}

/// Which readings belong to a run of one repeated value that is as long as a hanging meter's.
pub fn frozen(readings: &[Reading]) -> Vec<bool> {
    let mut frozen = vec![false; readings.len()];
    let mut start = 0;
    while start < readings.len() {
        let mut end = start + 1;
        while end < readings.len() && readings[end].value == readings[start].value {
            end += 1;
        }
        // A meter that stands at zero may simply measure nothing.
        let hangs = readings[start].value.is_some_and(|value| value != 0.0) && end - start >= FROZEN_AFTER;
        frozen[start..end].fill(hangs);
        start = end;
    }
    frozen
}
