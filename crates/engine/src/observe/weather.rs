//! Weather at a park's stations: which one is nearest, what it covers, and degree days for any base.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::ids::StationId;
use crate::language::Label;
use crate::park::weather::TemperatureSeries;
use crate::park::{Park, Place, Reading};
use crate::period::Period;

/// Hours in a row that may be filled between two that were measured. CalTRACK 2.2 allows the same for hourly
/// temperatures, as the project's notes on verification record it.
pub const MOST_FILLED_HOURS: i64 = 6;

/// Measured hours that a day needs, of 24.
const HOURS_OF_A_DAY: usize = 12;

/// Share of its days that a month needs for degree days; see `docs/methods/weather.md`.
const ENOUGH_DAYS: f64 = 0.9;

const HOUR_S: i64 = 3_600;

/// A station as seen from a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Near {
    pub station: StationId,
    pub name: Label,
    pub place: Option<Place>,
    /// As the crow flies; `None` where one of the two places is not known.
    pub distance_km: Option<f64>,
    pub has_series: bool,
    pub source: String,
    /// Where it stands was not confirmed.
    pub unconfirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rhythm {
    Hourly,
    Daily,
}

/// What a station's series covers, in hours or days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    pub rhythm: Rhythm,
    pub first: Date,
    /// The last day with a value, included.
    pub last: Date,
    pub expected: usize,
    pub present: usize,
    /// Hours in short gaps that were filled.
    pub filled: usize,
    /// Days from the first to the last that have no mean, as half-open spans.
    pub gaps: Vec<Period>,
}

/// The mean temperature of a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayMean {
    pub celsius: f64,
    /// Hours that stand in it by filling a short gap.
    pub filled_hours: usize,
}

/// Degree days of a month in K·d.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthDegreeDays {
    pub month: Period,
    /// `None` where too many days are missing.
    pub heating: Option<f64>,
    pub cooling: Option<f64>,
    pub days: usize,
    pub days_expected: usize,
    pub filled_hours: usize,
}

/// The stations of a park and of the catalogue as seen from a place, the nearest first; those whose distance is not known
/// come last. A park's own row goes before the catalogue's of the same code; where it does not say where the station
/// stands, the catalogue's place does.
pub fn near(park: &Park, catalogue: &Catalogue, from: Option<Place>) -> Vec<Near> {
    let own = park.weather.stations.iter().map(|station| {
        let known = catalogue.stations.get(&station.id);
        Near {
            station: station.id.clone(),
            name: station.name.clone(),
            place: station.place.or(known.map(|known| known.place)),
            distance_km: None,
            has_series: park.weather.series.contains_key(&station.id),
            source: station.source.clone(),
            unconfirmed: station.place.is_none() && known.is_some_and(|known| known.unconfirmed),
        }
    });
    let others = catalogue.stations.iter().filter(|(id, _)| park.weather.station(id).is_none());
    let others = others.map(|(id, known)| Near {
        station: id.clone(),
        name: known.name.clone(),
        place: Some(known.place),
        distance_km: None,
        has_series: false,
        source: known.source.clone(),
        unconfirmed: known.unconfirmed,
    });
    let mut stations: Vec<Near> = own
        .chain(others)
        .map(|near| Near { distance_km: near.place.zip(from).map(|(one, other)| one.km_to(other)), ..near })
        .collect();
    let km = |near: &Near| near.distance_km.unwrap_or(f64::INFINITY);
    stations.sort_by(|a, b| km(a).total_cmp(&km(b)).then_with(|| a.station.cmp(&b.station)));
    stations
}

/// The nearest station that has measured something.
pub fn nearest(park: &Park, catalogue: &Catalogue, from: Option<Place>) -> Option<Near> {
    near(park, catalogue, from).into_iter().find(|near| near.has_series)
}

/// What a station's series covers; `None` where it has no value.
pub fn coverage(park: &Park, station: &StationId) -> Option<Coverage> {
    let means = day_means(park, station);
    let series = park.weather.series.get(station)?;
    let (rhythm, first, last, expected, present, filled) = match series {
        TemperatureSeries::Daily(days) => {
            let mut known = days.iter().filter(|day| day.value.is_some()).map(|day| day.day);
            let first = known.next()?;
            let last = known.next_back().unwrap_or(first);
            let present = days.iter().filter(|day| day.value.is_some()).count();
            (Rhythm::Daily, first, last, days_of(first, last), present, 0)
        }
        TemperatureSeries::Hourly(readings) => {
            let hours = hours(readings, park.utc_offset_h);
            let (first_hour, last_hour) = (*hours.keys().next()?, *hours.keys().next_back()?);
            let filled = filled(&hours).len();
            let expected = (last_hour - first_hour + 1) as usize;
            (Rhythm::Hourly, day_of(first_hour)?, day_of(last_hour)?, expected, hours.len(), filled)
        }
    };
    Some(Coverage { rhythm, first, last, expected, present, filled, gaps: gaps(&means, first, last) })
}

fn days_of(first: Date, last: Date) -> usize {
    (last - first).get_days() as usize + 1
}

/// Days without a mean, in spans.
fn gaps(means: &BTreeMap<Date, DayMean>, first: Date, last: Date) -> Vec<Period> {
    let mut gaps: Vec<Period> = Vec::new();
    let mut day = first;
    while day <= last {
        let Ok(next) = day.tomorrow() else { break };
        if !means.contains_key(&day)
            && let Some(missing) = Period::new(day, next)
        {
            match gaps.last_mut().filter(|gap| gap.end() == day) {
                Some(gap) => *gap = Period::new(gap.start(), next).unwrap_or(missing),
                None => gaps.push(missing),
            }
        }
        day = next;
    }
    gaps
}

/// Mean temperatures of the days of a station, by the park's own time. A day with fewer than half of its hours has none.
pub fn day_means(park: &Park, station: &StationId) -> BTreeMap<Date, DayMean> {
    match park.weather.series.get(station) {
        None => BTreeMap::new(),
        Some(TemperatureSeries::Daily(days)) => {
            days.iter().filter_map(|day| Some((day.day, DayMean { celsius: day.value?, filled_hours: 0 }))).collect()
        }
        Some(TemperatureSeries::Hourly(readings)) => {
            let measured = hours(readings, park.utc_offset_h);
            let filled = filled(&measured);
            let mut days: BTreeMap<Date, (f64, usize, usize)> = BTreeMap::new();
            for (hour, celsius, is_filled) in measured
                .iter()
                .map(|(hour, celsius)| (hour, celsius, false))
                .chain(filled.iter().map(|(hour, celsius)| (hour, celsius, true)))
            {
                let Some(day) = day_of(*hour) else { continue };
                let entry = days.entry(day).or_default();
                entry.0 += celsius;
                if is_filled { entry.2 += 1 } else { entry.1 += 1 }
            }
            days.into_iter()
                .filter(|(_, (_, measured, _))| *measured >= HOURS_OF_A_DAY)
                .map(|(day, (sum, measured, filled_hours))| {
                    (day, DayMean { celsius: sum / (measured + filled_hours) as f64, filled_hours })
                })
                .collect()
        }
    }
}

/// Temperatures of a station by hour of the park's own time, counted from the epoch, short gaps filled; none where it
/// measures by the day.
pub fn hour_means(park: &Park, station: &StationId) -> BTreeMap<i64, f64> {
    match park.weather.series.get(station) {
        Some(TemperatureSeries::Hourly(readings)) => {
            let measured = hours(readings, park.utc_offset_h);
            let mut all = filled(&measured);
            all.extend(measured);
            all
        }
        Some(TemperatureSeries::Daily(_)) | None => BTreeMap::new(),
    }
}

/// Means by hour of the park's own time, counted from the epoch. Several values within an hour count as their mean.
fn hours(readings: &[Reading], utc_offset_h: f64) -> BTreeMap<i64, f64> {
    let mut hours: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for reading in readings {
        let Some(value) = reading.value else { continue };
        let local_s = reading.at.as_second() + (utc_offset_h * HOUR_S as f64) as i64;
        let entry = hours.entry(local_s.div_euclid(HOUR_S)).or_default();
        entry.0 += value;
        entry.1 += 1;
    }
    hours.into_iter().map(|(hour, (sum, count))| (hour, sum / count as f64)).collect()
}

/// Hours of short gaps, on the straight line between the hours before and after.
fn filled(hours: &BTreeMap<i64, f64>) -> BTreeMap<i64, f64> {
    let mut filled = BTreeMap::new();
    for ((before, from), (after, to)) in hours.iter().zip(hours.iter().skip(1)) {
        let missing = after - before - 1;
        if (1..=MOST_FILLED_HOURS).contains(&missing) {
            for step in 1..=missing {
                filled.insert(before + step, from + (to - from) * step as f64 / (missing + 1) as f64);
            }
        }
    }
    filled
}

/// The hour of the park's own time that is so many from the epoch.
pub(crate) fn moment_of(hour: i64) -> Option<DateTime> {
    let moment = jiff::Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(hour)).ok()?;
    Some(Offset::UTC.to_datetime(moment))
}

fn day_of(hour: i64) -> Option<Date> {
    moment_of(hour).map(DateTime::date)
}

/// Degree days of each month of a station.
///
/// HDD = Σ max(base − T_day, 0), CDD = Σ max(T_day − base, 0), in K·d, over the days that have a mean. A month with
/// fewer than 90 % of its days has none; a missing day of another counts as its mean day.
pub fn degree_days(park: &Park, station: &StationId, base_c: f64) -> Vec<MonthDegreeDays> {
    let mut months: BTreeMap<Period, (f64, f64, usize, usize)> = BTreeMap::new();
    for (day, mean) in day_means(park, station) {
        let Some(month) = Period::month(day.year(), day.month()) else { continue };
        let entry = months.entry(month).or_default();
        entry.0 += (base_c - mean.celsius).max(0.0);
        entry.1 += (mean.celsius - base_c).max(0.0);
        entry.2 += 1;
        entry.3 += mean.filled_hours;
    }
    months
        .into_iter()
        .map(|(month, (heating, cooling, days, filled_hours))| {
            let days_expected = month.days() as usize;
            let is_enough = days as f64 >= ENOUGH_DAYS * days_expected as f64;
            let whole = |sum: f64| is_enough.then(|| sum * days_expected as f64 / days as f64);
            let (heating, cooling) = (whole(heating), whole(cooling));
            MonthDegreeDays { month, heating, cooling, days, days_expected, filled_hours }
        })
        .collect()
}
