//! One meter of a plant before and after, by models of ours: production first, weather and calendar beside it, at any
//! interval from hours to months. Method: `docs/methods/plant-meters.md`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::averaging::{Alternative, over_models};
use super::design::Design;
use super::interval::Interval;
use super::meter::{Prediction, Savings, TemperatureUnit};
use super::meter_file::MeterRow;
use super::metrics::{Metrics, ashrae_width};
pub use super::plant_rows::{Cause, Reason};
use super::plant_rows::{Row, Table, reason, sufficiency};
use super::plant_shape::{ShapeTest, fit_shapes};
use super::plant_terms::{TermModel, fit_terms};
use super::term::{Known, Term};
use super::uncertainty::{Question, Uncertainty, uncertainty};
use super::validity::{Sign, Validity};
use super::week_production::{WeekProduction, WeekSpread, fit_week_production};

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantModel {
    /// The best valid one among all subsets of production, degrees and calendar.
    Regression,
    /// Straight lines that bend or jump where an F-test says so, in production and in temperature.
    ChangePoint,
    /// Time of week and temperature, with production beside them. For hours.
    TowtProduction,
}

impl PlantModel {
    pub const ALL: [PlantModel; 3] = [PlantModel::Regression, PlantModel::ChangePoint, PlantModel::TowtProduction];

    pub fn code(self) -> &'static str {
        match self {
            PlantModel::Regression => "regression",
            PlantModel::ChangePoint => "change_point",
            PlantModel::TowtProduction => "towt_production",
        }
    }

    /// Raised whenever a change of the program changes its figures: what was signed before is then stale.
    pub fn version(self) -> u32 {
        match self {
            PlantModel::Regression | PlantModel::ChangePoint | PlantModel::TowtProduction => 2,
        }
    }

    pub fn parse(code: &str) -> Option<PlantModel> {
        PlantModel::ALL.into_iter().find(|model| model.code() == code)
    }
}

/// A column of the file that may explain the use, with what is known of its slope: production never saves energy,
/// a standstill never costs any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantPredictor {
    pub name: String,
    pub sign: Sign,
}

/// What a model is to look at. Predictors are the columns `others` of the rows, in the same order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantSpec {
    pub model: PlantModel,
    pub predictors: Vec<PlantPredictor>,
    /// Days that are no working days whatever the weekday; used by daily and hourly models.
    #[serde(default)]
    pub holidays: Vec<Date>,
    /// The unit of the temperatures that may explain the use; rows without one then take no part. `None`: production and
    /// calendar alone.
    #[serde(default)]
    pub temperature: Option<TemperatureUnit>,
}

/// What `verify meter` answers for these models. Sums are in the unit of the file, temperatures in its degrees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantAnswer {
    pub model: PlantModel,
    /// Missing where it cannot be told from the rows; `disqualification` says so.
    pub interval: Option<Interval>,
    /// Missing where no model can be fitted; `disqualification` says why.
    pub coefficients: Option<PlantCoefficients>,
    pub metrics: Option<Metrics>,
    pub savings: Option<Savings>,
    /// Half the width of the two-sided 90 % interval, by the form that `uncertainty` names.
    pub savings_uncertainty_90: Option<f64>,
    pub uncertainty: Option<Uncertainty>,
    /// The approximate form of ASHRAE Guideline 14, for comparison.
    pub ashrae_uncertainty_90: Option<f64>,
    /// Predictors of which the reporting mean lies outside the baseline's range: a straight line may simply end there.
    pub outside_range: Vec<String>,
    /// Why the model must not be used, all reasons at once; empty where it may.
    pub disqualification: Vec<Reason>,
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlantCoefficients {
    Terms(Box<TermCoefficients>),
    Week(Box<WeekProduction>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermCoefficients {
    /// In the order of the model's slopes.
    pub terms: Vec<Term>,
    pub model: super::regression::Regression,
    pub validity: Validity,
    /// Models tried and valid; change points: bends and jumps tried.
    pub tried: usize,
    pub valid: usize,
    /// Bends and jumps that were held against the straight line.
    pub tests: Vec<ShapeTest>,
}

/// A model that is fitted, with the other ones that it was chosen from.
pub(super) enum Fitted {
    Terms { coefficients: Box<TermCoefficients>, alternatives: Vec<TermModel> },
    Week { week: Box<WeekProduction>, spread: Box<WeekSpread> },
}

/// Fits the model to the baseline, applies it to both periods and adds up what was saved. Rows are in time order; a row
/// without a value, or without one of the predictors, takes no part, and nothing is filled in.
pub fn verify_plant(spec: &PlantSpec, baseline: &[MeterRow], reporting: &[MeterRow]) -> PlantAnswer {
    let mut answer = PlantAnswer {
        model: spec.model,
        interval: Interval::of_rows(baseline),
        coefficients: None,
        metrics: None,
        savings: None,
        savings_uncertainty_90: None,
        uncertainty: None,
        ashrae_uncertainty_90: None,
        outside_range: Vec::new(),
        disqualification: Vec::new(),
        predictions: Vec::new(),
    };
    let Some(interval) = answer.interval else {
        answer.disqualification.push(reason(Cause::NoInterval, None, baseline.len() as f64, 2.0));
        return answer;
    };
    if let Some(other) = Interval::of_rows(reporting).filter(|other| *other != interval) {
        answer.disqualification.push(reason(Cause::OtherInterval, None, other.days(), interval.days()));
        return answer;
    }
    let before = Table::new(interval, baseline, spec.temperature.is_some(), &spec.holidays);
    let after = Table::new(interval, reporting, spec.temperature.is_some(), &spec.holidays);
    let names: Vec<String> = spec.predictors.iter().map(|predictor| predictor.name.clone()).collect();
    let (reasons, may_fit) = sufficiency(&before, &after, &names);
    answer.disqualification = reasons;
    if !may_fit {
        return answer;
    }
    match Fitted::of(spec, &before) {
        Ok(fitted) => judge(&fitted, &before, &after, &mut answer),
        Err(reasons) => answer.disqualification.extend(reasons),
    }
    answer
}

/// Metrics, saving and uncertainty of a fitted model.
fn judge(fitted: &Fitted, before: &Table, after: &Table, answer: &mut PlantAnswer) {
    let pairs: Vec<(f64, f64)> =
        before.complete().filter_map(|(row, value)| Some((value, fitted.predict(&row.known)?))).collect();
    let days = ErrorRows::of(fitted, before);
    let metrics = Metrics::of(&pairs, &days.residuals, fitted.parameters());
    let compared: Vec<(&Row, f64, f64)> =
        after.complete().filter_map(|(row, value)| Some((row, value, fitted.predict(&row.known)?))).collect();
    let predicted_sum: f64 = compared.iter().map(|(_, _, predicted)| predicted).sum();
    let observed_sum: f64 = compared.iter().map(|(_, observed, _)| observed).sum();
    answer.savings = (!compared.is_empty()).then_some(Savings {
        savings: predicted_sum - observed_sum,
        predicted_sum,
        observed_sum,
        rows: compared.len(),
    });
    if let Fitted::Terms { coefficients, .. } = fitted
        && !coefficients.validity.valid
    {
        answer.disqualification.push(reason(Cause::NoValidModel, None, coefficients.tried as f64, 1.0));
    }
    let scatter: f64 = pairs.iter().map(|(value, predicted)| (value - predicted).powi(2)).sum();
    let mean = pairs.iter().map(|(value, _)| value).sum::<f64>() / pairs.len().max(1) as f64;
    let spread: f64 = pairs.iter().map(|(value, _)| (value - mean).powi(2)).sum();
    if scatter <= 1e-12 * spread {
        answer.disqualification.push(reason(Cause::NoScatter, None, scatter, 0.0));
    } else if !compared.is_empty() {
        let rows: Vec<&Row> = compared.iter().map(|(row, _, _)| *row).collect();
        answer.uncertainty = fitted.uncertainty(before, &days, &rows, predicted_sum);
        if answer.uncertainty.is_none() {
            answer.disqualification.push(reason(Cause::NoBound, None, metrics.rho_lag1, 1.0));
        }
    }
    answer.savings_uncertainty_90 = answer.uncertainty.as_ref().map(|uncertainty| uncertainty.half_width_90);
    if let (Some(savings), true) = (answer.savings, answer.uncertainty.is_some()) {
        answer.ashrae_uncertainty_90 =
            ashrae_width(before.interval, &metrics, savings.rows as f64, savings.predicted_sum);
    }
    answer.outside_range = outside(before, after, &answer.coefficients_of(fitted));
    answer.predictions = predictions(fitted, before, true);
    answer.predictions.extend(predictions(fitted, after, false));
    answer.metrics = Some(metrics);
}

impl PlantAnswer {
    /// Keeps the coefficients and names the terms that the model looks at.
    fn coefficients_of(&mut self, fitted: &Fitted) -> Vec<Term> {
        let (coefficients, terms) = match fitted {
            Fitted::Terms { coefficients, .. } => {
                (PlantCoefficients::Terms(coefficients.clone()), coefficients.terms.clone())
            }
            Fitted::Week { week, .. } => (PlantCoefficients::Week(week.clone()), week.terms()),
        };
        self.coefficients = Some(coefficients);
        terms
    }
}

fn outside(before: &Table, after: &Table, terms: &[Term]) -> Vec<String> {
    let is_outside = |term: &&Term| {
        let values =
            |table: &Table| -> Vec<f64> { table.complete().filter_map(|(row, _)| term.value(&row.known)).collect() };
        let (known, new) = (values(before), values(after));
        let low = known.iter().copied().fold(f64::INFINITY, f64::min);
        let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = new.iter().sum::<f64>() / new.len() as f64;
        !new.is_empty() && !(low..=high).contains(&mean)
    };
    terms.iter().filter(is_outside).map(ToString::to_string).collect()
}

fn predictions(fitted: &Fitted, table: &Table, is_baseline: bool) -> Vec<Prediction> {
    let row = |row: &Row| Prediction {
        is_baseline,
        row: row.place,
        observed: row.value,
        predicted: fitted.predict(&row.known),
    };
    table.rows.iter().map(row).collect()
}

/// A baseline with its model, before there is anything to compare: for plans.
pub(super) struct Trial<'a> {
    before: Table<'a>,
    fitted: Fitted,
    errors: ErrorRows,
}

/// Fits the model to a baseline alone: its interval, what forbids its use, and the fit where there is one.
pub(super) fn trial<'a>(
    spec: &PlantSpec,
    baseline: &'a [MeterRow],
) -> (Option<Interval>, Vec<Reason>, Option<Trial<'a>>) {
    let Some(interval) = Interval::of_rows(baseline) else {
        return (None, vec![reason(Cause::NoInterval, None, baseline.len() as f64, 2.0)], None);
    };
    let before = Table::new(interval, baseline, spec.temperature.is_some(), &spec.holidays);
    let after = Table::new(interval, &[], spec.temperature.is_some(), &spec.holidays);
    let names: Vec<String> = spec.predictors.iter().map(|predictor| predictor.name.clone()).collect();
    let (mut reasons, may_fit) = sufficiency(&before, &after, &names);
    reasons.retain(|reason| reason.code != Cause::NothingToCompare);
    if !may_fit {
        return (Some(interval), reasons, None);
    }
    match Fitted::of(spec, &before) {
        Ok(fitted) => {
            let errors = ErrorRows::of(&fitted, &before);
            (Some(interval), reasons, Some(Trial { before, fitted, errors }))
        }
        Err(more) => {
            reasons.extend(more);
            (Some(interval), reasons, None)
        }
    }
}

impl Trial<'_> {
    pub(super) fn interval(&self) -> Interval {
        self.before.interval
    }

    /// Use predicted over so many rows, as the baseline's own rows come again one after the other, and the 90 % half-width of
    /// a saving over them. `None` where the fit leaves no scatter.
    pub(super) fn repeated(&self, count: usize) -> Option<(f64, f64)> {
        let known: Vec<&Row> = self.before.complete().map(|(row, _)| row).collect();
        let (first, last) = (*known.first()?, *known.last()?);
        let (steps, days) = (last.step - first.step + 1, last.day - first.day + 1);
        let rows: Vec<Row> = (0..count)
            .map(|place| {
                let row = known[place % known.len()];
                let round = (place / known.len()) as i64 + 1;
                Row { step: row.step + round * steps, day: row.day + round * days, ..*row }
            })
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let predicted: f64 = rows.iter().filter_map(|row| self.fitted.predict(&row.known)).sum();
        let found = self.fitted.uncertainty(&self.before, &self.errors, &rows, predicted)?;
        Some((predicted, found.half_width_90))
    }
}

impl Fitted {
    fn of(spec: &PlantSpec, before: &Table) -> Result<Fitted, Vec<Reason>> {
        match spec.model {
            PlantModel::Regression => fit_terms(spec, before),
            PlantModel::ChangePoint => fit_shapes(spec, before),
            PlantModel::TowtProduction => {
                let fitted = fit_week_production(spec, before);
                fitted.map(|(week, spread)| Fitted::Week { week: Box::new(week), spread: Box::new(spread) })
            }
        }
    }

    pub(super) fn predict(&self, known: &Known) -> Option<f64> {
        match self {
            Fitted::Terms { coefficients, .. } => {
                let values: Option<Vec<f64>> = coefficients.terms.iter().map(|term| term.value(known)).collect();
                coefficients.model.predict(&values?)
            }
            Fitted::Week { week, .. } => week.predict(known),
        }
    }

    /// Coefficients and places.
    fn parameters(&self) -> usize {
        match self {
            Fitted::Terms { alternatives, .. } => alternatives.first().map_or(1, TermModel::parameters),
            Fitted::Week { week, .. } => week.parameters,
        }
    }

    /// The row of the model's columns, from which errors are reckoned.
    fn columns(&self, known: &Known) -> Option<Vec<f64>> {
        match self {
            Fitted::Terms { alternatives, .. } => alternatives.first()?.columns(known),
            Fitted::Week { week, .. } => week.columns(known),
        }
    }

    fn uncertainty(
        &self,
        before: &Table,
        errors: &ErrorRows,
        reporting: &[&Row],
        predicted: f64,
    ) -> Option<Uncertainty> {
        let known: Vec<Known> = reporting.iter().map(|row| row.known).collect();
        let summed = sum_of(known.iter().filter_map(|known| self.columns(known)));
        let mut steps: Vec<i64> =
            reporting.iter().map(|row| if before.interval == Interval::Hour { row.day } else { row.step }).collect();
        steps.dedup();
        let moved = (before.interval == Interval::Hour).then(|| self.moved(before, &known, &summed));
        let question = Question {
            design: &errors.design,
            steps: &errors.steps,
            residuals: &errors.residuals,
            summed: &summed,
            reporting: &steps,
            moved: moved.as_deref(),
        };
        let found = uncertainty(&question)?;
        let Fitted::Terms { alternatives, .. } = self else { return Some(found) };
        if alternatives.len() < 2 || before.interval == Interval::Hour {
            return Some(found);
        }
        let others: Vec<Alternative> = alternatives
            .iter()
            .map(|model| {
                let rows = ErrorRows::by(before, |known| model.columns(known), |known| model.predict(known));
                Alternative {
                    design: rows.design,
                    residuals: rows.residuals,
                    summed: sum_of(known.iter().filter_map(|known| model.columns(known))),
                    predicted: known.iter().filter_map(|known| model.predict(known)).sum(),
                }
            })
            .collect();
        match over_models(&others, predicted, &errors.steps, &steps) {
            Some(width) => Some(found.over_models(width)),
            None => Some(found),
        }
    }
}

impl Fitted {
    /// Influence × error of each hour of the baseline, added up by days.
    fn moved(&self, before: &Table, reporting: &[Known], summed: &[f64]) -> Vec<f64> {
        let rows: Vec<(&Row, f64)> =
            before.complete().filter_map(|(row, value)| Some((row, value - self.predict(&row.known)?))).collect();
        let known: Vec<Known> = rows.iter().map(|(row, _)| row.known).collect();
        let influence: Vec<Option<f64>> = match self {
            Fitted::Week { week, spread } => spread.influence(week, &known, reporting),
            Fitted::Terms { .. } => {
                let hours: Vec<Vec<f64>> = known.iter().filter_map(|known| self.columns(known)).collect();
                let design = Design::new(&turned(&hours));
                design.influence(&design.turned(summed)).into_iter().map(Some).collect()
            }
        };
        let (mut days, mut sums): (Vec<i64>, Vec<f64>) = Default::default();
        for ((row, error), influence) in rows.iter().zip(influence) {
            let moved = influence.unwrap_or(0.0) * error;
            match sums.last_mut() {
                Some(sum) if days.last() == Some(&row.day) => *sum += moved,
                _ => {
                    days.push(row.day);
                    sums.push(moved);
                }
            }
        }
        sums
    }
}

/// Rows as columns.
fn turned(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let size = rows.first().map_or(0, Vec::len);
    (0..size).map(|place| rows.iter().map(|row| row[place]).collect()).collect()
}

/// The baseline as its errors are looked at: rows as they are, hours added up to days. Within a day errors follow each
/// other in ways that no simple rule holds; of the sum of a saving only the sums of the days matter.
pub(super) struct ErrorRows {
    design: Design,
    steps: Vec<i64>,
    residuals: Vec<f64>,
}

impl ErrorRows {
    fn of(fitted: &Fitted, table: &Table) -> ErrorRows {
        ErrorRows::by(table, |known| fitted.columns(known), |known| fitted.predict(known))
    }

    fn by(
        table: &Table,
        columns: impl Fn(&Known) -> Option<Vec<f64>>,
        predict: impl Fn(&Known) -> Option<f64>,
    ) -> ErrorRows {
        let (mut rows, mut steps, mut residuals): (Vec<Vec<f64>>, Vec<i64>, Vec<f64>) = Default::default();
        for (row, value) in table.complete() {
            let (Some(columns), Some(predicted)) = (columns(&row.known), predict(&row.known)) else { continue };
            let step = if table.interval == Interval::Hour { row.day } else { row.step };
            match (rows.last_mut(), residuals.last_mut()) {
                (Some(sums), Some(residual)) if steps.last() == Some(&step) => {
                    sums.iter_mut().zip(columns).for_each(|(sum, value)| *sum += value);
                    *residual += value - predicted;
                }
                _ => {
                    rows.push(columns);
                    steps.push(step);
                    residuals.push(value - predicted);
                }
            }
        }
        ErrorRows { design: Design::new(&turned(&rows)), steps, residuals }
    }
}

fn sum_of(rows: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    for row in rows {
        sum.resize(row.len(), 0.0);
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    sum
}
