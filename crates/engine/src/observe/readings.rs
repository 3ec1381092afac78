//! Meter readings by month, as verification and balances need them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::ids::MeterId;
use crate::park::{Park, Reading};
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
}

/// Share of the hours that must be there for a month to count. CalTRACK 2.2 asks the same of a billing month's
/// temperature, as `docs/methods/observe.md` explains.
const ENOUGH: f64 = 0.9;

/// A value that repeats this many times is a meter that hangs.
const FROZEN_AFTER: usize = 24;

/// The readings of a meter summed by local calendar month.
pub fn by_month(park: &Park, meter: &MeterId) -> Vec<MeterMonth> {
    let Some(readings) = park.readings.get(meter) else { return Vec::new() };
    let frozen = frozen(readings);
    let mut months: BTreeMap<Period, MeterMonth> = BTreeMap::new();
    let mut sums: BTreeMap<Period, f64> = BTreeMap::new();
    for (reading, is_frozen) in readings.iter().zip(frozen) {
        let Some(day) = local_day(reading, park.utc_offset_h) else { continue };
        let Some(month) = Period::month(day.year(), day.month()) else { continue };
        let entry = months.entry(month).or_insert_with(|| MeterMonth {
            month,
            amount: None,
            mean: None,
            hours_present: 0,
            hours_expected: month.days() as usize * 24,
            hours_frozen: 0,
        });
        match reading.value {
            Some(_) if is_frozen => entry.hours_frozen += 1,
            Some(value) => {
                entry.hours_present += 1;
                *sums.entry(month).or_default() += value;
            }
            None => {}
        }
    }
    for (month, entry) in &mut months {
        let share = entry.hours_present as f64 / entry.hours_expected as f64;
        let sum = sums.get(month).copied().unwrap_or(0.0);
        if share >= ENOUGH {
            entry.amount = Some(sum / share);
            entry.mean = Some(sum / entry.hours_present as f64);
        }
    }
    months.into_values().collect()
}

/// Degree days of each month from an hourly temperature meter in °C, through daily means.
///
/// HDD = Σ max(base − T_day, 0), CDD = Σ max(T_day − base, 0), in K·d. A month with fewer than 90 % of its days
/// is left out; a missing day counts as the month's mean day.
pub fn degree_days(park: &Park, meter: &MeterId, base_c: f64) -> BTreeMap<Period, (f64, f64)> {
    let mut days: BTreeMap<Date, (f64, usize)> = BTreeMap::new();
    for reading in park.readings.get(meter).into_iter().flatten() {
        if let (Some(value), Some(day)) = (reading.value, local_day(reading, park.utc_offset_h)) {
            let entry = days.entry(day).or_default();
            entry.0 += value;
            entry.1 += 1;
        }
    }
    let mut months: BTreeMap<Period, (f64, f64, usize)> = BTreeMap::new();
    for (day, (sum, count)) in days {
        let Some(month) = Period::month(day.year(), day.month()) else { continue };
        if count * 2 < 24 {
            continue;
        }
        let mean = sum / count as f64;
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

fn local_day(reading: &Reading, utc_offset_h: f64) -> Option<Date> {
    let shifted = reading.at.checked_add(SignedDuration::from_secs((utc_offset_h * 3600.0) as i64)).ok()?;
    Some(Offset::UTC.to_datetime(shifted).date())
}

/// Which readings belong to a run of one repeated value that is as long as a hanging meter's.
fn frozen(readings: &[Reading]) -> Vec<bool> {
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
