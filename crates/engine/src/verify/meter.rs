//! One meter before and after: the published weather models, for whoever must report by them. The methods, where we
//! follow the references to the digit and where we depart from them: `docs/methods/meter-models.md`.

use serde::{Deserialize, Serialize};

use super::change_point::{ChangePoint, LEAST_VALUES, MOST_PARAMETERS, Parts, change_point};
use super::distributions::t_critical;
use super::interval::Interval;
use super::meter_file::MeterRow;
pub use super::metrics::Metrics;
use super::metrics::ashrae_width;
use super::symmetric::Symmetric;
use super::week::{HourRow, WeekModel, busy_hours, caltrack_knots, fit_week, sixth_knots};

/// Which published model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterModel {
    /// CalTRACK daily: a day's use over its mean temperature, with two balance points.
    DailyLegacy,
    /// The same on bills: a bill's mean daily use over the temperature of each of its days.
    Billing,
    /// CalTRACK hourly: one model a month on that month and, at half weight, its neighbours.
    HourlyCaltrack,
    /// Time of week and temperature: one model for the year.
    Towt,
}

impl MeterModel {
    pub const ALL: [MeterModel; 4] =
        [MeterModel::DailyLegacy, MeterModel::Billing, MeterModel::HourlyCaltrack, MeterModel::Towt];

    pub fn code(self) -> &'static str {
        match self {
            MeterModel::DailyLegacy => "daily_legacy",
            MeterModel::Billing => "billing",
            MeterModel::HourlyCaltrack => "hourly_caltrack",
            MeterModel::Towt => "towt",
        }
    }

    /// Raised whenever a change of the program changes its figures: what was signed before is then stale.
    pub fn version(self) -> u32 {
        match self {
            MeterModel::DailyLegacy | MeterModel::Billing => 2,
            MeterModel::HourlyCaltrack | MeterModel::Towt => 1,
        }
    }

    pub fn parse(code: &str) -> Option<MeterModel> {
        MeterModel::ALL.into_iter().find(|model| model.code() == code)
    }

    fn is_hourly(self) -> bool {
        matches!(self, MeterModel::HourlyCaltrack | MeterModel::Towt)
    }

    /// CV(RMSE) and RMSE over the interquartile range above which, both together, a model is not to be used.
    fn scatter_limits(self) -> (f64, f64) {
        if self.is_hourly() { (1.4, 2.2) } else { (1.0, 1.6) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemperatureUnit {
    #[serde(rename = "F")]
    Fahrenheit,
    #[serde(rename = "C")]
    Celsius,
}

impl TemperatureUnit {
    pub(super) fn to_fahrenheit(self, value: f64) -> f64 {
        match self {
            TemperatureUnit::Fahrenheit => value,
            TemperatureUnit::Celsius => value * 1.8 + 32.0,
        }
    }
}

/// What `verify meter` answers. Sums are in the unit of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterAnswer {
    pub model: MeterModel,
    /// Missing where no model can be fitted; `disqualification` says why.
    pub coefficients: Option<Coefficients>,
    pub metrics: Option<Metrics>,
    pub savings: Option<Savings>,
    /// Half the width of the two-sided 90 % interval, by the exact variance of the sum.
    pub savings_uncertainty_90: Option<f64>,
    /// The approximate form of ASHRAE Guideline 14, for comparison.
    pub ashrae_uncertainty_90: Option<f64>,
    /// Why the model must not be used, all reasons at once; empty where it may.
    pub disqualification: Vec<Disqualification>,
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

/// Temperatures are in °F, slopes in use per °F.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Coefficients {
    Curve(ChangePoint),
    Weeks(Vec<MonthModel>),
}

/// The model that speaks for these months, 1 to 12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthModel {
    pub months: Vec<i8>,
    pub week: WeekModel,
}

/// Sums over the rows that have both an observed and a predicted value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Savings {
    pub savings: f64,
    pub predicted_sum: f64,
    pub observed_sum: f64,
    pub rows: usize,
}

/// A rule that the data do not meet: what was found and what is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disqualification {
    pub code: Rule,
    pub found: f64,
    pub needed: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Days of baseline: at least 329, and 90 % of them with value and temperature.
    BaselineTooShort,
    /// Days of baseline: at most 366.
    BaselineTooLong,
    /// Share of rows with a value.
    ValuesMissing,
    /// Share of rows with a temperature.
    TemperaturesMissing,
    /// Rows with both, as many as the model needs to be fitted at all.
    TooFewRows,
    /// Share of distinct values: a frozen meter, or an estimate.
    FewDistinctValues,
    /// CV(RMSE), where RMSE over the interquartile range is above its limit too.
    Scatter,
    /// The reporting period starts after the last row of the baseline.
    PeriodsOverlap,
    /// Rows of the reporting period with value and temperature.
    NothingToCompare,
}

/// One row of the file with what the model says. `row` counts within its period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    pub is_baseline: bool,
    pub row: usize,
    pub observed: Option<f64>,
    pub predicted: Option<f64>,
}

const SHORTEST_DAYS: f64 = 329.0;
const LONGEST_DAYS: f64 = 366.0;
const LEAST_SHARE: f64 = 0.9;
const LEAST_DISTINCT: f64 = 0.1;
/// Bills of fewer or more days are not regular reads and say nothing about a month.
const BILL_DAYS: std::ops::RangeInclusive<usize> = 25..=70;

/// Fits the model to the baseline, applies it to both periods and adds up what was saved.
///
/// Rows are in time order. A row without value or temperature takes no part; nothing is filled in.
pub fn verify_meter(
    model: MeterModel,
    baseline: &[MeterRow],
    reporting: &[MeterRow],
    unit: TemperatureUnit,
) -> MeterAnswer {
    let before = Series::new(model, baseline, unit);
    let after = Series::new(model, reporting, unit);
    let mut disqualification = sufficiency(&before, &after);
    let fitted = fit(model, &before, baseline);
    let Some(fitted) = fitted else {
        let needed = if model.is_hourly() { 168.0 } else { 2.0 * LEAST_VALUES as f64 };
        disqualification.push(Disqualification {
            code: Rule::TooFewRows,
            found: before.complete().count() as f64,
            needed,
        });
        return MeterAnswer {
            model,
            coefficients: None,
            metrics: None,
            savings: None,
            savings_uncertainty_90: None,
            ashrae_uncertainty_90: None,
            disqualification,
            predictions: Vec::new(),
        };
    };
    let predicted_before = fitted.predict(&before);
    let predicted_after = fitted.predict(&after);
    let metrics = metrics(&fitted, &before, &predicted_before);
    let savings = savings(&after, &predicted_after);
    let (cv_limit, range_limit) = model.scatter_limits();
    if metrics.cvrmse_adj > cv_limit && metrics.pnrmse_adj > range_limit {
        disqualification.push(Disqualification { code: Rule::Scatter, found: metrics.cvrmse_adj, needed: cv_limit });
    }
    let uncertainty = savings.and_then(|_| fitted.uncertainty(&before, &after, &predicted_before, &metrics));
    let ashrae = savings.and_then(|savings| ashrae(model, &metrics, &before, savings));
    let mut predictions = Vec::with_capacity(before.rows.len() + after.rows.len());
    for (is_baseline, series, predicted) in [(true, &before, &predicted_before), (false, &after, &predicted_after)] {
        let rows = series.rows.iter().zip(predicted).enumerate();
        predictions.extend(rows.map(|(row, (known, predicted))| Prediction {
            is_baseline,
            row,
            observed: known.value,
            predicted: *predicted,
        }));
    }
    MeterAnswer {
        model,
        coefficients: Some(fitted.coefficients()),
        metrics: Some(metrics),
        savings,
        savings_uncertainty_90: uncertainty,
        ashrae_uncertainty_90: ashrae,
        disqualification,
        predictions,
    }
}

/// A period as the model looks at it.
struct Series {
    rows: Vec<Known>,
    /// First row, rows of each bill; empty for days and hours.
    bills: Vec<(usize, usize)>,
    /// Seconds from the first row to the end of the last.
    seconds: f64,
    first: i64,
    last: i64,
}

#[derive(Clone, Copy)]
struct Known {
    value: Option<f64>,
    /// °F.
    temperature: Option<f64>,
    hour_of_week: usize,
    month: i8,
}

impl Known {
    /// January first, at 0.
    fn month_place(&self) -> usize {
        self.month as usize - 1
    }
}

impl Series {
    fn new(model: MeterModel, rows: &[MeterRow], unit: TemperatureUnit) -> Series {
        let clock = rows.first().map_or(0, |row| row.offset_s);
        let known = |row: &MeterRow| {
            // The time-of-week model keeps one clock all year; CalTRACK goes by the clock on the wall.
            let local = if model == MeterModel::Towt { row.at_offset(clock) } else { row.local };
            let weekday = local.weekday().to_monday_zero_offset() as usize;
            Known {
                value: row.value,
                temperature: row.temperature.map(|value| unit.to_fahrenheit(value)),
                hour_of_week: weekday * 24 + local.hour() as usize,
                month: local.month(),
            }
        };
        let mut known: Vec<Known> = rows.iter().map(known).collect();
        let bills = if model == MeterModel::Billing { spread_bills(&mut known) } else { Vec::new() };
        let first = rows.first().map_or(0, MeterRow::seconds);
        let last = rows.last().map_or(0, MeterRow::seconds);
        let step = if model.is_hourly() { 3_600.0 } else { 86_400.0 };
        Series { rows: known, bills, seconds: (last - first) as f64 + step, first, last }
    }

    /// Index, hour of the week, month, °F and value of rows that have both.
    fn complete(&self) -> impl Iterator<Item = (usize, &Known, f64, f64)> {
        self.rows.iter().enumerate().filter_map(|(row, known)| Some((row, known, known.temperature?, known.value?)))
    }

    fn days(&self) -> f64 {
        if self.rows.is_empty() { 0.0 } else { (self.seconds / 86_400.0).round() }
    }

    fn share(&self, has: impl Fn(&Known) -> bool) -> f64 {
        let rows = self.rows.len().max(1) as f64;
        self.rows.iter().filter(|known| has(known)).count() as f64 / rows
    }
}

/// Every bill stands on the row of its first day; its mean daily use is written to each of its days. A bill runs until
/// the next one starts, the last one until the file ends.
fn spread_bills(rows: &mut [Known]) -> Vec<(usize, usize)> {
    let starts: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].value.is_some()).collect();
    let mut bills = Vec::new();
    for (place, &start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(rows.len());
        let days = end - start;
        let daily = rows[start].value.map(|value| value / days as f64).filter(|_| BILL_DAYS.contains(&days));
        rows[start..end].iter_mut().for_each(|row| row.value = daily);
        if daily.is_some() {
            bills.push((start, end));
        }
    }
    bills
}

fn sufficiency(before: &Series, after: &Series) -> Vec<Disqualification> {
    let mut reasons = Vec::new();
    let mut need = |is_met: bool, code, found, needed| {
        if !is_met {
            reasons.push(Disqualification { code, found, needed });
        }
    };
    let days = before.days();
    need(days >= SHORTEST_DAYS, Rule::BaselineTooShort, days, SHORTEST_DAYS);
    need(days <= LONGEST_DAYS, Rule::BaselineTooLong, days, LONGEST_DAYS);
    let (values, temperatures) =
        (before.share(|row| row.value.is_some()), before.share(|row| row.temperature.is_some()));
    need(values >= LEAST_SHARE, Rule::ValuesMissing, values, LEAST_SHARE);
    need(temperatures >= LEAST_SHARE, Rule::TemperaturesMissing, temperatures, LEAST_SHARE);
    if before.bills.is_empty() {
        let mut found: Vec<f64> = before.rows.iter().filter_map(|row| row.value).collect();
        found.sort_unstable_by(f64::total_cmp);
        let count = found.len().max(1) as f64;
        found.dedup();
        let distinct = found.len() as f64 / count;
        need(distinct >= LEAST_DISTINCT, Rule::FewDistinctValues, distinct, LEAST_DISTINCT);
    }
    let compared = after.complete().count() as f64;
    need(compared >= 1.0, Rule::NothingToCompare, compared, 1.0);
    let is_apart = after.rows.is_empty() || before.rows.is_empty() || after.first > before.last;
    need(is_apart, Rule::PeriodsOverlap, after.first as f64, before.last as f64);
    reasons
}

enum Fitted {
    Curve { curve: ChangePoint, is_billing: bool },
    Weeks { months: Vec<MonthModel> },
}

fn fit(model: MeterModel, before: &Series, baseline: &[MeterRow]) -> Option<Fitted> {
    if !model.is_hourly() {
        let (temperatures, values): (Vec<f64>, Vec<f64>) = before.complete().map(|(_, _, t, y)| (t, y)).unzip();
        let curve = change_point(&temperatures, &values, Parts { heating: true, cooling: true })?;
        return Some(Fitted::Curve { curve, is_billing: model == MeterModel::Billing });
    }
    let hour = |known: &Known, temperature, value, weight| HourRow {
        hour_of_week: known.hour_of_week,
        temperature,
        value,
        weight,
    };
    if model == MeterModel::Towt {
        let rows: Vec<HourRow> = before.complete().map(|(_, known, t, y)| hour(known, t, y, 1.0)).collect();
        if rows.len() < 168 {
            return None;
        }
        let temperatures: Vec<f64> = before.rows.iter().filter_map(|row| row.temperature).collect();
        let knots = sixth_knots(&temperatures);
        let week = fit_week(&rows, busy_hours(&rows), knots.clone(), knots);
        return Some(Fitted::Weeks { months: vec![MonthModel { months: (1..=12).collect(), week }] });
    }
    // The reference closes a period with its last row, which therefore holds no value of its own.
    let closing = baseline.len().saturating_sub(1);
    let mut rows_of_month = vec![Vec::new(); 12];
    for (_, known, t, y) in before.complete().filter(|(row, ..)| *row < closing) {
        rows_of_month[known.month_place()].push(hour(known, t, y, 1.0));
    }
    let mut months = Vec::new();
    for month in 1..=12_i8 {
        let mut rows: Vec<HourRow> = Vec::new();
        for (of, rows_of) in (1..).zip(&rows_of_month) {
            match (of - month).rem_euclid(12) {
                0 => rows.extend(rows_of),
                1 | 11 => rows.extend(rows_of.iter().map(|row| HourRow { weight: 0.5, ..*row })),
                _ => {}
            }
        }
        if rows.is_empty() {
            continue;
        }
        let busy = busy_hours(&rows);
        let temperatures = |is_busy: bool| -> Vec<f64> {
            rows.iter().filter(|row| busy[row.hour_of_week] == is_busy).map(|row| row.temperature).collect()
        };
        let (busy_knots, other_knots) = (caltrack_knots(&temperatures(true)), caltrack_knots(&temperatures(false)));
        months.push(MonthModel { months: vec![month], week: fit_week(&rows, busy, busy_knots, other_knots) });
    }
    (!months.is_empty()).then_some(Fitted::Weeks { months })
}

impl Fitted {
    fn coefficients(&self) -> Coefficients {
        match self {
            Fitted::Curve { curve, .. } => Coefficients::Curve(*curve),
            Fitted::Weeks { months, .. } => Coefficients::Weeks(months.clone()),
        }
    }

    fn parameters(&self) -> usize {
        match self {
            Fitted::Curve { curve, .. } => curve.parameters(),
            Fitted::Weeks { months, .. } => months.iter().map(|month| month.week.parameters).sum(),
        }
    }

    fn predict(&self, series: &Series) -> Vec<Option<f64>> {
        match self {
            Fitted::Curve { curve, .. } => {
                series.rows.iter().map(|known| Some(curve.predict(known.temperature?))).collect()
            }
            Fitted::Weeks { months, .. } => {
                let places = place_of_month(months);
                let predict = |known: &Known| {
                    let week = &months[places[known.month_place()]?].week;
                    week.predict(known.hour_of_week, known.temperature?)
                };
                series.rows.iter().map(predict).collect()
            }
        }
    }

    /// t(0.95) √Var(S), Var(S) = σ² [d (XᵀX)⁻¹ dᵀ + m] × (1 + ρ) / (1 − ρ) with the summed row d of the reporting
    /// period; of monthly models the variances are added. The balance points of a curve count as parameters, through
    /// the slope of the curve at them. `None` where nothing is left to estimate the scatter from.
    fn uncertainty(
        &self,
        before: &Series,
        after: &Series,
        predicted: &[Option<f64>],
        metrics: &Metrics,
    ) -> Option<f64> {
        let correlation = metrics.rho_lag1.max(0.0);
        let widening = (1.0 + correlation) / (1.0 - correlation);
        let freedom = metrics.independent.checked_sub(metrics.num_model_params).filter(|freedom| *freedom > 0)?;
        let variance = match self {
            Fitted::Curve { curve, is_billing } => {
                let size = curve.parameters();
                let mut matrix = vec![0.0; size * size];
                let mut add = |row: &[f64], weight: f64| {
                    for one in 0..size {
                        for other in 0..size {
                            matrix[one * size + other] += weight * row[one] * row[other];
                        }
                    }
                };
                let mut scatter = 0.0;
                if *is_billing {
                    for bill in billed(before, predicted) {
                        add(&mean_gradient(curve, before, bill.days), bill.weight());
                        scatter += bill.weight() * bill.residual * bill.residual;
                    }
                } else {
                    for (row, _, temperature, value) in before.complete() {
                        add(&curve.gradient(temperature), 1.0);
                        scatter += predicted[row].map_or(0.0, |predicted| (value - predicted).powi(2));
                    }
                }
                let mut sum = vec![0.0; size];
                let mut rows = 0.0;
                for (_, _, temperature, _) in after.complete() {
                    rows += 1.0;
                    sum.iter_mut().zip(curve.gradient(temperature)).for_each(|(sum, value)| *sum += value);
                }
                scatter / freedom as f64 * (Symmetric::factorise(&matrix, size).quadratic(&sum) + rows)
            }
            Fitted::Weeks { months, .. } => {
                let places = place_of_month(months);
                let mut scatters = vec![(0.0, 0.0); months.len()];
                for (row, known, _, value) in before.complete() {
                    if let (Some(place), Some(predicted)) = (places[known.month_place()], predicted[row]) {
                        scatters[place].0 += (value - predicted).powi(2);
                        scatters[place].1 += 1.0;
                    }
                }
                let mut hours_of = vec![Vec::new(); months.len()];
                for (_, known, temperature, _) in after.complete() {
                    if let Some(place) = places[known.month_place()]
                        && months[place].week.knows(known.hour_of_week)
                    {
                        hours_of[place].push((known.hour_of_week, temperature));
                    }
                }
                let mut variance = 0.0;
                for ((month, (scatter, rows)), hours) in months.iter().zip(scatters).zip(&hours_of) {
                    if hours.is_empty() {
                        continue;
                    }
                    // A month's parameters rest on its neighbours too; its own share of them is about a half.
                    let own = if months.len() > 1 { 0.5 } else { 1.0 };
                    let left = rows - own * month.week.parameters as f64;
                    if left <= 0.0 {
                        return None;
                    }
                    let leverage = month.week.leverage_of_sum(hours.iter().copied())?;
                    variance += scatter / left * (leverage + hours.len() as f64);
                }
                variance
            }
        };
        let uncertainty = t_critical(0.10, freedom)? * (variance * widening).sqrt();
        uncertainty.is_finite().then_some(uncertainty)
    }
}

/// Which of the models speaks for each month, January first.
fn place_of_month(months: &[MonthModel]) -> [Option<usize>; 12] {
    let mut places = [None; 12];
    for (place, model) in months.iter().enumerate() {
        for month in &model.months {
            places[*month as usize - 1] = Some(place);
        }
    }
    places
}

/// A bill with the residual of its mean daily use.
struct Billed {
    days: (usize, usize),
    residual: f64,
}

impl Billed {
    fn weight(&self) -> f64 {
        (self.days.1 - self.days.0) as f64
    }
}

fn billed(series: &Series, predicted: &[Option<f64>]) -> Vec<Billed> {
    let residual = |&(start, end): &(usize, usize)| {
        let rows = (start..end).filter_map(|row| Some(series.rows[row].value? - predicted[row]?));
        let (sum, count) = rows.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        (count > 0.0).then(|| Billed { days: (start, end), residual: sum / count })
    };
    series.bills.iter().filter_map(residual).collect()
}

fn mean_gradient(curve: &ChangePoint, series: &Series, (start, end): (usize, usize)) -> [f64; MOST_PARAMETERS] {
    let (mut mean, mut count) = ([0.0; MOST_PARAMETERS], 0.0_f64);
    for temperature in series.rows[start..end].iter().filter_map(|row| row.temperature) {
        count += 1.0;
        mean.iter_mut().zip(curve.gradient(temperature)).for_each(|(sum, value)| *sum += value);
    }
    mean.map(|sum| sum / count.max(1.0))
}

fn metrics(fitted: &Fitted, before: &Series, predicted: &[Option<f64>]) -> Metrics {
    let pairs: Vec<(f64, f64)> =
        before.complete().filter_map(|(row, _, _, value)| Some((value, predicted[row]?))).collect();
    let independent: Vec<f64> = match fitted {
        Fitted::Curve { is_billing: true, .. } => {
            billed(before, predicted).into_iter().map(|bill| bill.residual).collect()
        }
        _ => pairs.iter().map(|(value, predicted)| value - predicted).collect(),
    };
    // Monthly models rest on twice the rows that they speak for.
    let used = match fitted {
        Fitted::Weeks { months, .. } if months.len() > 1 => fitted.parameters().div_ceil(2),
        _ => fitted.parameters(),
    };
    Metrics::of(&pairs, &independent, used)
}

fn savings(after: &Series, predicted: &[Option<f64>]) -> Option<Savings> {
    let pairs: Vec<(f64, f64)> =
        after.rows.iter().zip(predicted).filter_map(|(row, predicted)| Some(((*predicted)?, row.value?))).collect();
    let predicted_sum: f64 = pairs.iter().map(|(predicted, _)| predicted).sum();
    let observed_sum: f64 = pairs.iter().map(|(_, observed)| observed).sum();
    (!pairs.is_empty()).then_some(Savings {
        savings: predicted_sum - observed_sum,
        predicted_sum,
        observed_sum,
        rows: pairs.len(),
    })
}

/// The approximate form of ASHRAE Guideline 14 for this model. Rows count, for bills the bills.
fn ashrae(model: MeterModel, metrics: &Metrics, before: &Series, savings: Savings) -> Option<f64> {
    let rows = savings.rows as f64;
    let (interval, rows) = match model {
        MeterModel::Billing => {
            let days_of_bill = before.days() / (metrics.independent as f64).max(1.0);
            (Interval::Month, (rows / days_of_bill).round().max(1.0))
        }
        MeterModel::DailyLegacy => (Interval::Day, rows),
        MeterModel::HourlyCaltrack | MeterModel::Towt => (Interval::Hour, rows),
    };
    ashrae_width(interval, metrics, rows, savings.predicted_sum)
}
