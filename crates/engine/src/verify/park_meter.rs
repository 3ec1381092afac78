//! A meter of a park before and after a date by one of the meter models: its hours or days with the temperature at the site
//! and what the site produced, which days were left out and why, and the answer of the model in one form for all of them.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

use super::chained::Window;
use super::meter::{MeterModel, Prediction, Savings, TemperatureUnit, verify_meter};
use super::meter_file::MeterRow;
use super::metrics::Metrics;
use super::plant::{PlantModel, PlantPredictor, PlantSpec, verify_plant};
use super::validity::Sign;
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeterId, StationId};
use crate::observe;
use crate::observe::readings::frozen;
use crate::park::{Meter, Park, Reading};
use crate::period::Period;

/// The models that readings of a park's meters can be held against. Bills have the monthly regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParkModel {
    Published(MeterModel),
    Ours(PlantModel),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Hour,
    Day,
}

impl ParkModel {
    pub const ALL: [ParkModel; 6] = [
        ParkModel::Published(MeterModel::DailyLegacy),
        ParkModel::Published(MeterModel::Towt),
        ParkModel::Published(MeterModel::HourlyCaltrack),
        ParkModel::Ours(PlantModel::Regression),
        ParkModel::Ours(PlantModel::ChangePoint),
        ParkModel::Ours(PlantModel::TowtProduction),
    ];

    pub fn code(self) -> &'static str {
        match self {
            ParkModel::Published(model) => model.code(),
            ParkModel::Ours(model) => model.code(),
        }
    }

    pub fn parse(code: &str) -> Option<ParkModel> {
        ParkModel::ALL.into_iter().find(|model| model.code() == code)
    }

    pub fn step(self) -> Step {
        match self {
            ParkModel::Published(MeterModel::Towt | MeterModel::HourlyCaltrack)
            | ParkModel::Ours(PlantModel::TowtProduction) => Step::Hour,
            _ => Step::Day,
        }
    }

    fn needs_temperature(self) -> bool {
        matches!(self, ParkModel::Published(_))
    }

    fn takes_production(self) -> bool {
        matches!(self, ParkModel::Ours(_))
    }
}

/// The year before a day against the year from that day on.
pub fn around(day: Date) -> Option<Window> {
    between(day, day)
}

/// The year before one day against the year from another one on: what was installed between them is in neither.
pub fn between(from: Date, until: Date) -> Option<Window> {
    let baseline = Period::new(from.checked_sub(1.year()).ok()?, from)?;
    let reporting = Period::new(until, until.checked_add(1.year()).ok()?)?;
    Some(Window { baseline, reporting })
}

/// The days between which the built measures at a meter were installed: the first begin and the last end.
pub fn installed(park: &Park, meter: &MeterId) -> Option<(Date, Date)> {
    let measures = park.measures.iter().filter(|measure| measure.status.is_built());
    let periods: Vec<Period> = measures
        .filter(|measure| measure.meter.as_ref() == Some(meter))
        .filter_map(|measure| measure.installed)
        .collect();
    let first = periods.iter().map(|period| period.start()).min()?;
    let last = periods.iter().map(|period| period.end()).max()?;
    Some((first, last))
}

/// Values by the hour of the park's own time, counted from 1970.
pub type Hours = BTreeMap<i64, f64>;

/// Where the temperature at a site comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thermometer {
    Meter(MeterId),
    Station(StationId),
}

/// A thermometer of the site itself, else the nearest station that measured something.
pub fn thermometer(park: &Park, catalogue: &Catalogue, enterprise: &EnterpriseId) -> Option<Thermometer> {
    let is_own = |meter: &&Meter| meter.enterprise == *enterprise && meter.resource.as_str() == "outdoor-temperature";
    if let Some(meter) = park.meters.iter().find(is_own) {
        return Some(Thermometer::Meter(meter.id.clone()));
    }
    let from = park.enterprise(enterprise).and_then(|enterprise| enterprise.place).or(park.place);
    observe::weather::nearest(park, catalogue, from).map(|near| Thermometer::Station(near.station))
}

/// Meters of the same site that count what it makes.
pub fn production_meters<'a>(park: &'a Park, catalogue: &Catalogue, meter: &Meter) -> Vec<&'a Meter> {
    let is_product =
        |one: &&Meter| catalogue.resource(&one.resource).is_some_and(|resource| resource.flow == Flow::Product);
    let of_site = park.meters.iter().filter(|one| one.enterprise == meter.enterprise && one.id != meter.id);
    of_site.filter(is_product).collect()
}

/// The readings of a meter's sheet by the hour, but for months that came in batches.
pub fn sheet_hours(park: &Park, meter: &MeterId) -> Hours {
    let ahead_s = (park.utc_offset_h * 3_600.0).round() as i64;
    let batches: Vec<Period> =
        park.metered.get(meter).into_iter().flat_map(|metered| &metered.months).map(|sum| sum.period).collect();
    let mut hours = Hours::new();
    for reading in park.readings.get(meter).into_iter().flatten() {
        let hour = (reading.at.as_second() + ahead_s).div_euclid(3_600);
        if let Some(value) = reading.value
            && !batches.iter().any(|month| month.contains(moment(hour).date()))
        {
            *hours.entry(hour).or_default() += value;
        }
    }
    hours
}

/// What a model is fitted to: one meter with what explains it.
#[derive(Clone, Debug, Default)]
pub struct MeterData {
    pub hours: Hours,
    /// Of a thermometer or a station, in °C.
    pub temperature_hours: Hours,
    /// Daily means of a station that measures by the day.
    pub temperature_days: BTreeMap<Date, f64>,
    /// By the name of the meter that counts it.
    pub production: Vec<(String, Hours)>,
    pub utc_offset_h: f64,
}

/// Why hours were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    NoReading,
    Frozen,
    Negative,
    NoTemperature,
    NoProduction,
}

impl Why {
    pub const ALL: [Why; 5] = [Why::NoReading, Why::Frozen, Why::Negative, Why::NoTemperature, Why::NoProduction];

    pub fn code(self) -> &'static str {
        match self {
            Why::NoReading => "no-reading",
            Why::Frozen => "frozen",
            Why::Negative => "negative",
            Why::NoTemperature => "no-temperature",
            Why::NoProduction => "no-production",
        }
    }
}

/// Hours of a day that take no part. A model by the day leaves out the whole day for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub day: Date,
    pub is_baseline: bool,
    pub why: Why,
    pub hours: usize,
}

/// Why a model must not be used: what was found and what is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Barred {
    pub code: String,
    /// The column of which it is said, where it is one.
    pub column: Option<String>,
    pub found: f64,
    pub needed: f64,
}

/// What a model says of a meter; sums in the unit of the meter.
#[derive(Clone, Debug, Default)]
pub struct ParkAnswer {
    pub metrics: Option<Metrics>,
    pub savings: Option<Savings>,
    /// Half the width of the 90 % interval.
    pub half_90: Option<f64>,
    /// By ASHRAE Guideline 14, for comparison.
    pub ashrae_90: Option<f64>,
    /// All reasons at once; empty where the saving may be used.
    pub barred: Vec<Barred>,
    pub left_out: Vec<LeftOut>,
    pub steps: Vec<ModelStep>,
}

/// Metrics, savings, half the width of their interval, and the ASHRAE form of it.
type Figures = (Option<Metrics>, Option<Savings>, Option<f64>, Option<f64>);

impl ParkAnswer {
    fn of((metrics, savings, half_90, ashrae_90): Figures, barred: Vec<Barred>) -> ParkAnswer {
        ParkAnswer { metrics, savings, half_90, ashrae_90, barred, ..ParkAnswer::default() }
    }

    pub fn is_usable(&self) -> bool {
        self.barred.is_empty() && self.savings.is_some()
    }
}

/// An hour or a day with what was read and what the model expects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelStep {
    pub at: DateTime,
    pub is_baseline: bool,
    pub observed: Option<f64>,
    pub predicted: Option<f64>,
}

/// Fits a model to the baseline and holds the reporting period against it. The reporting period ends with the last day that
/// was read, if that is earlier.
pub fn answer(model: ParkModel, data: &MeterData, window: Window) -> ParkAnswer {
    let last = data.hours.keys().next_back().and_then(|hour| moment(*hour).date().tomorrow().ok());
    let reporting = last.and_then(|last| Period::new(window.reporting.start(), window.reporting.end().min(last)));
    let mut left_out = Vec::new();
    let before = rows(model, data, window.baseline, true, &mut left_out);
    let after = reporting.map_or_else(Vec::new, |reporting| rows(model, data, reporting, false, &mut left_out));
    let has_temperature = before.iter().any(|row| row.temperature.is_some());
    let barred = |code: String, column: Option<String>, found: f64, needed: f64| Barred { code, column, found, needed };
    let (mut answer, predictions) = match model {
        ParkModel::Published(model) => {
            let found = verify_meter(model, &before, &after, TemperatureUnit::Celsius);
            let reasons = found.disqualification.iter();
            let reasons = reasons.map(|one| barred(code_of(&one.code), None, one.found, one.needed)).collect();
            let figures = (found.metrics, found.savings, found.savings_uncertainty_90, found.ashrae_uncertainty_90);
            (ParkAnswer::of(figures, reasons), found.predictions)
        }
        ParkModel::Ours(model) => {
            let predictor =
                |(name, _): &(String, Hours)| PlantPredictor { name: name.clone(), sign: Sign::NotNegative };
            let spec = PlantSpec {
                model,
                predictors: data.production.iter().map(predictor).collect(),
                holidays: Vec::new(),
                temperature: has_temperature.then_some(TemperatureUnit::Celsius),
            };
            let found = verify_plant(&spec, &before, &after);
            let reasons = found.disqualification.iter();
            let reasons =
                reasons.map(|one| barred(code_of(&one.code), one.column.clone(), one.found, one.needed)).collect();
            let figures = (found.metrics, found.savings, found.savings_uncertainty_90, found.ashrae_uncertainty_90);
            (ParkAnswer::of(figures, reasons), found.predictions)
        }
    };
    answer.steps = steps(&predictions, &before, &after);
    answer.left_out = left_out;
    answer
}

/// Savings added up to the end of each calendar month of the reporting period, each with the interval that the model gives
/// for the months until then: day, saving, half the width.
pub fn cumulative(model: ParkModel, data: &MeterData, window: Window) -> Vec<(Date, f64, Option<f64>)> {
    let last = data.hours.keys().next_back().map(|hour| moment(*hour).date());
    let months = window.reporting.months().into_iter();
    let read = months.filter(|month| last.is_some_and(|last| month.start() <= last));
    read.filter_map(|month| {
        let end = month.end().min(window.reporting.end());
        let reporting = Period::new(window.reporting.start(), end)?;
        let part = answer(model, data, Window { reporting, ..window });
        Some((end.yesterday().ok()?, part.savings?.savings, part.half_90))
    })
    .collect()
}

/// The code of a rule as the JSON contract writes it.
fn code_of<T: serde::Serialize>(rule: &T) -> String {
    serde_json::to_value(rule).ok().and_then(|code| code.as_str().map(str::to_string)).unwrap_or_default()
}

fn steps(predictions: &[Prediction], before: &[MeterRow], after: &[MeterRow]) -> Vec<ModelStep> {
    let step = |one: &Prediction| {
        let rows = if one.is_baseline { before } else { after };
        ModelStep {
            at: rows[one.row].local,
            is_baseline: one.is_baseline,
            observed: one.observed,
            predicted: one.predicted,
        }
    };
    predictions.iter().map(step).collect()
}

/// Every hour or day of a period in order; one that cannot be used has no value.
fn rows(
    model: ParkModel,
    data: &MeterData,
    period: Period,
    is_baseline: bool,
    left_out: &mut Vec<LeftOut>,
) -> Vec<MeterRow> {
    let hanging = hanging(data, period);
    let mut rows = Vec::new();
    let mut day = period.start();
    while day < period.end() {
        let mut out: BTreeMap<Why, usize> = BTreeMap::new();
        let first = hour_of(day);
        let hours: Vec<Option<f64>> = (first..first + 24)
            .map(|hour| {
                let (value, why) = match data.hours.get(&hour) {
                    None => (None, Some(Why::NoReading)),
                    Some(_) if hanging.contains(&hour) => (None, Some(Why::Frozen)),
                    Some(value) if *value < 0.0 => (None, Some(Why::Negative)),
                    Some(value) => (Some(*value), None),
                };
                why.into_iter().for_each(|why| *out.entry(why).or_default() += 1);
                value
            })
            .collect();
        let production = |hour: i64| -> Vec<Option<f64>> {
            match model.takes_production() {
                true => data.production.iter().map(|(_, hours)| hours.get(&hour).copied()).collect(),
                false => Vec::new(),
            }
        };
        match model.step() {
            Step::Hour => {
                for (value, hour) in hours.iter().zip(first..) {
                    let temperature = data.temperature_hours.get(&hour).copied();
                    let others = production(hour);
                    explained(model, temperature, &others, 1, &mut out);
                    rows.push(row(hour, data.utc_offset_h, *value, temperature, others));
                }
            }
            Step::Day => {
                let value: Option<f64> = hours.iter().copied().sum();
                let temperature = day_temperature(data, day);
                let by_hour: Vec<Vec<Option<f64>>> = (first..first + 24).map(production).collect();
                let others: Vec<Option<f64>> =
                    (0..by_hour[0].len()).map(|column| by_hour.iter().map(|hour| hour[column]).sum()).collect();
                explained(model, temperature, &others, 24, &mut out);
                rows.push(row(first, data.utc_offset_h, value, temperature, others));
            }
        }
        left_out.extend(out.into_iter().map(|(why, hours)| LeftOut { day, is_baseline, why, hours }));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    rows
}

fn explained(
    model: ParkModel,
    temperature: Option<f64>,
    others: &[Option<f64>],
    hours: usize,
    out: &mut BTreeMap<Why, usize>,
) {
    if model.needs_temperature() && temperature.is_none() {
        *out.entry(Why::NoTemperature).or_default() += hours;
    }
    if others.iter().any(Option::is_none) {
        *out.entry(Why::NoProduction).or_default() += hours;
    }
}

/// Hours of a day of which a mean temperature needs so many.
const HOURS_OF_A_MEAN: usize = 12;

fn day_temperature(data: &MeterData, day: Date) -> Option<f64> {
    let first = hour_of(day);
    let hours: Vec<f64> = data.temperature_hours.range(first..first + 24).map(|(_, celsius)| *celsius).collect();
    match hours.len() >= HOURS_OF_A_MEAN {
        true => Some(hours.iter().sum::<f64>() / hours.len() as f64),
        false => data.temperature_days.get(&day).copied(),
    }
}

/// Hours in which the meter hung.
fn hanging(data: &MeterData, period: Period) -> std::collections::BTreeSet<i64> {
    let (first, end) = (hour_of(period.start()), hour_of(period.end()));
    let reading = |hour: i64| Reading {
        at: Timestamp::from_second(hour * 3_600).unwrap_or_default(),
        value: data.hours.get(&hour).copied(),
    };
    let readings: Vec<Reading> = (first..end).map(reading).collect();
    (first..end).zip(frozen(&readings, 24)).filter(|(_, hangs)| *hangs).map(|(hour, _)| hour).collect()
}

fn row(
    hour: i64,
    utc_offset_h: f64,
    value: Option<f64>,
    temperature: Option<f64>,
    others: Vec<Option<f64>>,
) -> MeterRow {
    let local = moment(hour);
    let offset_s = (utc_offset_h * 3_600.0).round() as i32;
    let (sign, minutes) = (if offset_s < 0 { '-' } else { '+' }, offset_s.abs() / 60);
    let stamp = format!("{}T{:02}:00{sign}{:02}:{:02}", local.date(), local.hour(), minutes / 60, minutes % 60);
    MeterRow { stamp, local, offset_s, value, temperature, others }
}

fn hour_of(day: Date) -> i64 {
    let midnight = day.to_datetime(jiff::civil::Time::midnight());
    Offset::UTC.to_timestamp(midnight).map_or(0, |stamp| stamp.as_second().div_euclid(3_600))
}

/// The local time at which an hour begins.
pub fn moment(hour: i64) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::from_second(hour.saturating_mul(3_600)).unwrap_or_default())
}
