//! Outdoor temperatures of a park: its stations and what they measured, by the hour or by the day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Place, Reading};
use crate::fault::{Fault, FaultKind};
use crate::ids::StationId;
use crate::language::Label;
use crate::period::parse_date;
use crate::table::{Row, parse_instant};

/// Stations in the order of their sheet, and their series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weather {
    pub stations: Vec<Station>,
    pub series: BTreeMap<StationId, TemperatureSeries>,
}

/// A place where the temperature is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    pub id: StationId,
    pub name: Label,
    pub place: Option<Place>,
    /// Who measures there.
    pub source: String,
}

/// Temperatures of one station in °C, in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemperatureSeries {
    Hourly(Vec<Reading>),
    /// Daily means.
    Daily(Vec<DayReading>),
}

/// The mean temperature of a day; `None` where the station gave none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayReading {
    pub day: Date,
    pub value: Option<f64>,
}

impl Weather {
    pub fn is_empty(&self) -> bool {
        self.stations.is_empty() && self.series.is_empty()
    }

    pub fn station(&self, id: &StationId) -> Option<&Station> {
        self.stations.iter().find(|station| station.id == *id)
    }

    /// How many values there are, over all stations.
    pub fn readings(&self) -> usize {
        let count = |series: &TemperatureSeries| match series {
            TemperatureSeries::Hourly(readings) => readings.len(),
            TemperatureSeries::Daily(days) => days.len(),
        };
        self.series.values().map(count).sum()
    }
}

pub(super) fn station(row: &Row<'_>) -> Station {
    Station {
        id: StationId::new(row.text("station")),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        place: super::read::place(row.number("latitude"), row.number("longitude")),
        source: row.text("source"),
    }
}

/// When a temperature was measured.
enum When {
    Day(Date),
    Moment(jiff::Timestamp),
}

/// What was seen of a station so far.
#[derive(Default)]
struct Seen {
    days: BTreeMap<Date, Option<f64>>,
    moments: BTreeMap<jiff::Timestamp, Option<f64>>,
    /// The offset that its clock was last written with.
    offset: Option<String>,
}

/// Series from the rows of the sheet. A stamp that comes twice, a station that mixes days and hours, and a clock that was
/// moved (daylight saving) are faults.
pub(super) fn series(rows: &[Row<'_>], faults: &mut Vec<Fault>) -> BTreeMap<StationId, TemperatureSeries> {
    let mut stations: BTreeMap<StationId, Seen> = BTreeMap::new();
    for row in rows {
        let stamp = row.text("at");
        let Some(when) = when(&stamp) else {
            faults.push(row.fault("at", FaultKind::NotADate, "2024-01-31 | 2024-01-31T23:00+07:00"));
            continue;
        };
        let seen = stations.entry(StationId::new(row.text("station"))).or_default();
        let value = row.number("temperature_c");
        let is_mixed = match when {
            When::Day(_) => !seen.moments.is_empty(),
            When::Moment(_) => !seen.days.is_empty(),
        };
        if is_mixed {
            faults.push(row.fault("at", FaultKind::Contradiction, "yyyy-MM-dd | yyyy-MM-ddTHH:mm+07:00"));
            continue;
        }
        let is_twice = match when {
            When::Day(day) => seen.days.insert(day, value).is_some(),
            When::Moment(at) => {
                clock(row, &stamp, seen, faults);
                seen.moments.insert(at, value).is_some()
            }
        };
        if is_twice {
            faults.push(row.fault("at", FaultKind::Duplicate, "once"));
        }
    }
    let series = |seen: Seen| match seen.days.is_empty() {
        true => {
            let readings = seen.moments.into_iter().map(|(at, value)| Reading { at, value });
            TemperatureSeries::Hourly(readings.collect())
        }
        false => {
            let days = seen.days.into_iter().map(|(day, value)| DayReading { day, value });
            TemperatureSeries::Daily(days.collect())
        }
    };
    stations.into_iter().map(|(id, seen)| (id, series(seen))).collect()
}

fn when(stamp: &str) -> Option<When> {
    parse_date(stamp).map(When::Day).or_else(|| parse_instant(stamp).map(When::Moment))
}

/// One clock all the time: days are cut by one offset, so that a moved clock would give days of 23 and 25 hours.
fn clock(row: &Row<'_>, stamp: &str, seen: &mut Seen, faults: &mut Vec<Fault>) {
    let offset = offset(stamp);
    if let Some(earlier) = seen.offset.as_ref().filter(|earlier| **earlier != offset) {
        faults.push(row.fault("at", FaultKind::Contradiction, format!("…{earlier}")));
    }
    seen.offset = Some(offset);
}

/// `+07:00` of a stamp, `Z` for the time of Greenwich.
fn offset(stamp: &str) -> String {
    let time = stamp.get(10..).unwrap_or_default();
    time.find(['+', '-', 'Z', 'z']).map_or_else(String::new, |at| time[at..].to_uppercase())
}
