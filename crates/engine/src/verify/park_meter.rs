//! A meter of a park before and after a date by one of the meter models: its rows with the temperature at the site and what the
//! site produced, which were left out and why, and the answer of the model in one form for all of them.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::chained::Window;
use super::meter::{MeterModel, Prediction, Savings, TemperatureUnit, verify_meter};
use super::meter_file::MeterRow;
use super::meter_rows::{Excluded, MeterRows, NoRows, Parts, Spans, buckets, joined, sums};
use super::metrics::Metrics;
use super::plan_rows::{self, with_batches};
pub use super::plan_rows::{Thermometer, thermometer};
use super::plant::{PlantModel, PlantPredictor, PlantSpec, verify_plant};
use super::validity::Sign;
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeterId};
use crate::observe::readings::local_day;
use crate::park::plans::Step;
use crate::park::{Meter, Park, Reading};
use crate::period::Period;

/// The models that readings of a park's meters can be held against. Bills have the monthly regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParkModel {
    Published(MeterModel),
    Ours(PlantModel),
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
        .filter(|measure| park.meter_of(measure) == Some(meter))
        .filter_map(|measure| measure.installed)
        .collect();
    let first = periods.iter().map(|period| period.start()).min()?;
    let last = periods.iter().map(|period| period.end()).max()?;
    Some((first, last))
}

/// Meters of the same site that count what it makes.
pub fn production_meters<'a>(park: &'a Park, catalogue: &Catalogue, meter: &Meter) -> Vec<&'a Meter> {
    let is_product =
        |one: &&Meter| catalogue.resource(&one.resource).is_some_and(|resource| resource.flow == Flow::Product);
    let of_site = park.meters.iter().filter(|one| one.enterprise == meter.enterprise && one.id != meter.id);
    of_site.filter(is_product).collect()
}

/// What a model is fitted to: one meter with what explains it.
#[derive(Clone, Debug, Default)]
pub struct MeterData {
    /// In order of time.
    pub readings: Vec<Reading>,
    /// In °C by the start of the model's rows; empty where nothing measures them.
    pub temperatures: BTreeMap<DateTime, f64>,
    /// By the name of the meter that counts it, in order of time.
    pub production: Vec<(String, Vec<Reading>)>,
    pub utc_offset_h: f64,
}

/// A meter's readings: those of its sheet, and for the months that came in batches these hours of them.
pub fn readings(park: &Park, meter: &MeterId, hours: &[Reading]) -> Vec<Reading> {
    with_batches(park, meter, hours)
}

/// Temperatures at a site by the rows of a model; `read` are the hours of its thermometer, where it has one.
pub fn temperatures(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: &EnterpriseId,
    model: ParkModel,
    read: &[Reading],
) -> BTreeMap<DateTime, f64> {
    plan_rows::temperatures(park, catalogue, enterprise, model.step(), Some(read)).unwrap_or_default()
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
    /// Rows that take no part, or take it with readings missing.
    pub left_out: Vec<Excluded>,
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

/// Fits a model to the baseline and holds the reporting period against it, as far as it was read.
pub fn answer(model: ParkModel, data: &MeterData, window: Window) -> ParkAnswer {
    match rows(model, data, Spans { baseline: window.baseline, reporting: Some(window.reporting) }) {
        Ok(rows) => fitted(model, data, rows),
        Err(why) => ParkAnswer { barred: vec![without_rows(model, why)], ..ParkAnswer::default() },
    }
}

/// Rows as a plan with the same model would take them.
fn rows(model: ParkModel, data: &MeterData, spans: Spans) -> Result<MeterRows, NoRows> {
    let step = model.step();
    let production = data.production.iter().filter(|_| model.takes_production());
    let columns = production.map(|(_, readings)| sums(readings, data.utc_offset_h, step).unwrap_or_default());
    let parts = Parts {
        buckets: buckets(&data.readings, data.utc_offset_h, step)?,
        factor: 1.0,
        columns: columns.collect(),
        temperatures: data.temperatures.clone(),
        needs_temperature: model.needs_temperature() || !data.temperatures.is_empty(),
    };
    Ok(joined(parts, step, &[], spans, data.utc_offset_h))
}

fn without_rows(model: ParkModel, why: NoRows) -> Barred {
    let (code, found_s) = match why {
        NoRows::NoReadings => ("nothing-to-compare", 0),
        NoRows::TooCoarse(found_s) => ("too-coarse", found_s),
    };
    let needed = if model.step() == Step::Hour { 1.0 } else { 24.0 };
    Barred { code: code.to_string(), column: None, found: found_s as f64 / 3_600.0, needed }
}

fn fitted(model: ParkModel, data: &MeterData, rows: MeterRows) -> ParkAnswer {
    let (before, after) = (rows.baseline, rows.reporting);
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
                |(name, _): &(String, Vec<Reading>)| PlantPredictor { name: name.clone(), sign: Sign::NotNegative };
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
    answer.left_out = rows.excluded;
    answer
}

/// Savings added up to the end of each calendar month of the reporting period, each with the interval that the model gives
/// for the months until then: day, saving, half the width.
pub fn cumulative(model: ParkModel, data: &MeterData, window: Window) -> Vec<(Date, f64, Option<f64>)> {
    let spans = Spans { baseline: window.baseline, reporting: Some(window.reporting) };
    let (Ok(rows), Some(last)) =
        (rows(model, data, spans), data.readings.last().and_then(|reading| local_day(reading, data.utc_offset_h)))
    else {
        return Vec::new();
    };
    let months = window.reporting.months().into_iter().filter(|month| month.start() <= last);
    months
        .filter_map(|month| {
            let end = month.end().min(window.reporting.end());
            let reporting = rows.reporting.iter().filter(|row| row.local.date() < end).cloned().collect();
            let part = MeterRows { baseline: rows.baseline.clone(), reporting, excluded: Vec::new(), raw: Vec::new() };
            let part = fitted(model, data, part);
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
