//! Ordinary least squares with intercept: the model of a meter on production and weather, with everything that
//! is needed to judge it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::distributions::{f_critical, f_upper, t_critical, t_two_sided};
use super::least_squares::{Column, Factor, mean, residual_in_double_width};

/// What may explain the energy: production of a line, degree days, shift days. One value per month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predictor {
    pub name: String,
    pub values: Vec<f64>,
}

/// A fitted model. Lists start with the intercept. Serialised, the keys are the contract of `verify regress`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    pub n: usize,
    /// Coefficients, the intercept included.
    pub p: usize,
    pub df_resid: usize,
    pub names: Vec<String>,
    pub coef: Vec<f64>,
    pub se: Vec<f64>,
    #[serde(deserialize_with = "numbers_or_infinity")]
    pub t: Vec<f64>,
    pub p_value: Vec<f64>,
    pub sse: f64,
    pub sst: f64,
    pub r2: f64,
    pub r2_adj: f64,
    /// Infinite (`null` in JSON, as are the t values) when the fit leaves no scatter at all.
    #[serde(rename = "F", deserialize_with = "number_or_infinity")]
    pub f: f64,
    #[serde(rename = "F_p")]
    pub f_p: f64,
    #[serde(rename = "F_crit_010")]
    pub f_crit_010: f64,
    pub sigma: f64,
    pub ybar: f64,
    /// Missing when the mean is zero.
    pub cv_rmse: Option<f64>,
    pub nmbe: Option<f64>,
    /// Correlation of each residual with the one before it; zero when there is no scatter to correlate.
    pub rho_lag1: f64,
    #[serde(deserialize_with = "number_or_infinity")]
    pub n_eff: f64,
    pub t90: f64,
    #[serde(skip)]
    design: Design,
}

/// What prediction and the variance of a saving need beyond the published keys. Empty on a model read back from
/// JSON: such a model can be shown, but not applied.
#[derive(Clone, Debug, Default, PartialEq)]
struct Design {
    predictors: Vec<PredictorRange>,
    scales: Vec<f64>,
    factor: Factor,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
    inflation: Vec<f64>,
}

/// Where a predictor lay in the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictorRange {
    pub minimum: f64,
    pub maximum: f64,
    pub mean: f64,
    pub standard_deviation: f64,
}

/// Why no model can be fitted. A wrong model would be worse than none.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum RegressionRefusal {
    NoPredictors,
    TooManyPredictors { found: usize, allowed: usize },
    TooFewRows { found: usize, needed: usize },
    UnequalLength { name: String, found: usize, expected: usize },
    NotFinite { name: String, row: usize },
    ConstantResponse { value: f64 },
    ConstantPredictor { name: String, value: f64 },
    Collinear { names: Vec<String> },
}

/// Not-a-number fails this too. Larger numbers are slips of the keyboard, and their squares would overflow.
const LARGEST: f64 = 1e100;
const RESPONSE: &str = "response";
const REFINEMENTS: usize = 3;

/// Energy = b₀ + Σ bⱼ xⱼ, by least squares; standard errors σ √diag((XᵀX)⁻¹), σ² = SSE / (n − p); two-sided t and
/// F tests; CV(RMSE) = σ / mean; NMBE = Σ residuals / ((n − p) mean); effective n = n (1 − ρ) / (1 + ρ) with the
/// lag-1 correlation ρ of the residuals. Rows are in time order. Worked example: `docs/methods/verification.md`.
pub fn regress(response: &[f64], predictors: &[Predictor]) -> Result<Regression, RegressionRefusal> {
    inspect(response, predictors)?;
    let columns = predictors.iter().map(Column::prepare).collect::<Result<Vec<_>, _>>()?;
    let factor = factorise(&columns, predictors)?;
    let (coef, explained) = solve(response, predictors, &columns, &factor);
    let residuals = residuals(response, predictors, &coef);

    let (n, p) = (response.len(), predictors.len() + 1);
    let df_resid = n - p;
    let ybar = mean(response);
    let sse: f64 = residuals.iter().map(|e| e * e).sum();
    let sst: f64 = response.iter().map(|y| (y - ybar) * (y - ybar)).sum();
    let sigma = (sse / df_resid as f64).sqrt();
    let r2 = 1.0 - sse / sst;
    let f = explained / predictors.len() as f64 / (sse / df_resid as f64);

    let inflation = inflations(&factor, predictors.len());
    let se = standard_errors(n, sigma, &columns, &factor, &inflation);
    let t: Vec<f64> = coef.iter().zip(&se).map(|(coef, se)| if *coef == 0.0 { 0.0 } else { coef / se }).collect();
    let rho_lag1 = lag_one_correlation(&residuals);
    Ok(Regression {
        n,
        p,
        df_resid,
        names: std::iter::once("intercept".to_string()).chain(predictors.iter().map(|p| p.name.clone())).collect(),
        p_value: t.iter().map(|t| t_two_sided(*t, df_resid)).collect(),
        coef,
        se,
        t,
        sse,
        sst,
        r2,
        r2_adj: 1.0 - (1.0 - r2) * (n as f64 - 1.0) / df_resid as f64,
        f,
        f_p: f_upper(f, predictors.len(), df_resid),
        f_crit_010: f_critical(0.10, predictors.len(), df_resid).unwrap_or(f64::INFINITY),
        sigma,
        ybar,
        cv_rmse: (ybar != 0.0).then(|| sigma / ybar),
        nmbe: (ybar != 0.0).then(|| residuals.iter().sum::<f64>() / (df_resid as f64 * ybar)),
        rho_lag1,
        n_eff: n as f64 * (1.0 - rho_lag1) / (1.0 + rho_lag1),
        t90: t_critical(0.10, df_resid).unwrap_or(f64::INFINITY),
        design: Design {
            predictors: predictors.iter().map(range).collect(),
            scales: columns.iter().map(|column| column.scale).collect(),
            fitted: response.iter().zip(&residuals).map(|(y, e)| y - e).collect(),
            residuals,
            inflation,
            factor,
        },
    })
}

impl Regression {
    /// False for a model read back from JSON, which shows its figures but no longer knows its baseline rows.
    pub fn can_predict(&self) -> bool {
        !self.design.scales.is_empty()
    }

    /// Energy that this model expects; predictors in the order of the names. `None` when their number differs.
    pub fn predict(&self, predictors: &[f64]) -> Option<f64> {
        let (intercept, slopes) = self.coef.split_first()?;
        (slopes.len() == predictors.len())
            .then(|| intercept + slopes.iter().zip(predictors).map(|(slope, value)| slope * value).sum::<f64>())
    }

    pub fn fitted(&self) -> &[f64] {
        &self.design.fitted
    }

    pub fn residuals(&self) -> &[f64] {
        &self.design.residuals
    }

    /// Where each predictor lay in the baseline, in the order of the names.
    pub fn ranges(&self) -> &[PredictorRange] {
        &self.design.predictors
    }

    /// Variance inflation factor of each predictor, in the order of the names.
    pub fn inflation(&self) -> &[f64] {
        &self.design.inflation
    }

    /// (1, x̄) (XᵀX)⁻¹ (1, x̄)ᵀ of a mean row: 1/n + d (XcᵀXc)⁻¹ dᵀ with d = x̄ − baseline mean. Times σ² it is the
    /// variance of the prediction there. `None` on a model read back from JSON.
    pub(super) fn leverage(&self, mean_row: &[f64]) -> Option<f64> {
        let design = &self.design;
        if !self.can_predict() || mean_row.len() != design.scales.len() {
            return None;
        }
        let distances: Vec<f64> = (0..mean_row.len())
            .map(|place| (mean_row[place] - design.predictors[place].mean) / design.scales[place])
            .collect();
        Some(1.0 / self.n as f64 + design.factor.leverage(&distances))
    }
}

/// Σ (eᵢ − eᵢ₋₁)² / Σ eᵢ²: about 2 without autocorrelation, towards 0 with positive. `None` without scatter.
pub fn durbin_watson(residuals: &[f64]) -> Option<f64> {
    let squares: f64 = residuals.iter().map(|e| e * e).sum();
    let steps: f64 = residuals.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
    (squares > 0.0).then(|| steps / squares)
}

/// 1 / (1 − Rⱼ²), Rⱼ² of each predictor on the others: how many times the variance of its slope is larger than if it
/// stood alone.
pub fn variance_inflation(predictors: &[Predictor]) -> Result<Vec<f64>, RegressionRefusal> {
    let rows = predictors.first().map_or(0, |predictor| predictor.values.len());
    inspect_predictors(rows, predictors)?;
    let columns = predictors.iter().map(Column::prepare).collect::<Result<Vec<_>, _>>()?;
    Ok(inflations(&factorise(&columns, predictors)?, predictors.len()))
}

/// Refuses what cannot be fitted, whichever subset of the predictors is taken.
pub(super) fn inspect_response(response: &[f64]) -> Result<(), RegressionRefusal> {
    if let Some(row) = first_not_finite(response) {
        return Err(RegressionRefusal::NotFinite { name: RESPONSE.to_string(), row });
    }
    match response.first() {
        Some(&value) if response.iter().all(|other| *other == value) => {
            Err(RegressionRefusal::ConstantResponse { value })
        }
        _ => Ok(()),
    }
}

fn inspect(response: &[f64], predictors: &[Predictor]) -> Result<(), RegressionRefusal> {
    inspect_predictors(response.len(), predictors)?;
    inspect_response(response)
}

/// At least one degree of freedom must be left for the scatter: n ≥ p + 1.
pub(super) fn inspect_predictors(rows: usize, predictors: &[Predictor]) -> Result<(), RegressionRefusal> {
    if predictors.is_empty() {
        return Err(RegressionRefusal::NoPredictors);
    }
    let needed = predictors.len() + 2;
    if rows < needed {
        return Err(RegressionRefusal::TooFewRows { found: rows, needed });
    }
    for predictor in predictors {
        inspect_predictor(rows, predictor)?;
    }
    Ok(())
}

pub(super) fn inspect_predictor(rows: usize, predictor: &Predictor) -> Result<(), RegressionRefusal> {
    let name = || predictor.name.clone();
    if predictor.values.len() != rows {
        return Err(RegressionRefusal::UnequalLength { name: name(), found: predictor.values.len(), expected: rows });
    }
    match first_not_finite(&predictor.values) {
        Some(row) => Err(RegressionRefusal::NotFinite { name: name(), row }),
        None => Ok(()),
    }
}

pub(super) fn is_usable(value: f64) -> bool {
    value.abs() <= LARGEST
}

fn first_not_finite(values: &[f64]) -> Option<usize> {
    values.iter().position(|value| !is_usable(*value))
}

fn factorise(columns: &[Column], predictors: &[Predictor]) -> Result<Factor, RegressionRefusal> {
    let columns: Vec<&Column> = columns.iter().collect();
    Factor::of(&columns).map_err(|dependence| {
        let mut names: Vec<String> = dependence.others.iter().map(|&other| predictors[other].name.clone()).collect();
        names.push(predictors[dependence.column].name.clone());
        RegressionRefusal::Collinear { names }
    })
}

/// Coefficients, and the part of the sum of squares that the predictors explain. The first solution is corrected by
/// fitting its own residuals, which are computed in double width: that recovers the digits an ill-conditioned
/// problem loses.
fn solve(response: &[f64], predictors: &[Predictor], columns: &[Column], factor: &Factor) -> (Vec<f64>, f64) {
    let mut coef = vec![0.0; predictors.len() + 1];
    let mut explained = 0.0;
    let mut left = response.to_vec();
    for round in 0..=REFINEMENTS {
        let level = mean(&left);
        left.iter_mut().for_each(|value| *value -= level);
        factor.rotate(&mut left);
        left.truncate(predictors.len());
        if round == 0 {
            explained = left.iter().map(|value| value * value).sum();
        }
        factor.back_substitute(&mut left);
        let mut intercept = level;
        for (place, column) in columns.iter().enumerate() {
            let slope = left[place] / column.scale;
            coef[place + 1] += slope;
            intercept -= slope * column.mean;
        }
        coef[0] += intercept;
        left = residuals(response, predictors, &coef);
    }
    (coef, explained)
}

fn residuals(response: &[f64], predictors: &[Predictor], coef: &[f64]) -> Vec<f64> {
    let row = |row: usize| predictors.iter().map(move |predictor| predictor.values[row]);
    response.iter().enumerate().map(|(place, y)| residual_in_double_width(*y, coef, row(place))).collect()
}

fn inflations(factor: &Factor, size: usize) -> Vec<f64> {
    let mut scratch = Vec::with_capacity(size);
    (0..size).map(|place| factor.inflation(place, &mut scratch)).collect()
}

fn standard_errors(n: usize, sigma: f64, columns: &[Column], factor: &Factor, inflation: &[f64]) -> Vec<f64> {
    let origin: Vec<f64> = columns.iter().map(|column| column.mean / column.scale).collect();
    let intercept = sigma * (1.0 / n as f64 + factor.leverage(&origin)).sqrt();
    let slopes = columns.iter().zip(inflation).map(|(column, inflation)| sigma * inflation.sqrt() / column.scale);
    std::iter::once(intercept).chain(slopes).collect()
}

fn range(predictor: &Predictor) -> PredictorRange {
    let values = &predictor.values;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    PredictorRange {
        minimum: values.iter().copied().fold(f64::INFINITY, f64::min),
        maximum: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        mean,
        standard_deviation: (squares / (values.len() as f64 - 1.0)).sqrt(),
    }
}

/// Pearson's correlation of e₂..eₙ with e₁..eₙ₋₁, each around its own mean.
fn lag_one_correlation(residuals: &[f64]) -> f64 {
    let (Some(later), Some(earlier)) = (residuals.get(1..), residuals.get(..residuals.len().saturating_sub(1))) else {
        return 0.0;
    };
    let (mean_later, mean_earlier) = (mean(later), mean(earlier));
    let (mut both, mut squares_later, mut squares_earlier) = (0.0, 0.0, 0.0);
    for (later, earlier) in later.iter().zip(earlier) {
        let (later, earlier) = (later - mean_later, earlier - mean_earlier);
        both += later * earlier;
        squares_later += later * later;
        squares_earlier += earlier * earlier;
    }
    let scatter = (squares_later * squares_earlier).sqrt();
    if scatter > 0.0 { (both / scatter).clamp(-1.0, 1.0) } else { 0.0 }
}

fn number_or_infinity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

fn numbers_or_infinity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Option<f64>>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f64::INFINITY)).collect())
}

impl fmt::Display for RegressionRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RegressionRefusal::*;
        match self {
            NoPredictors => write!(f, "no predictors were given"),
            TooManyPredictors { found, allowed } => write!(f, "{found} predictors, at most {allowed} can be searched"),
            TooFewRows { found, needed } => write!(f, "{found} rows, at least {needed} are needed"),
            UnequalLength { name, found, expected } => {
                write!(f, "\"{name}\" has {found} values, the response has {expected}")
            }
            NotFinite { name, row } => write!(f, "\"{name}\" row {} is not a usable number", row + 1),
            ConstantResponse { value } => write!(f, "the response is {value} in every row"),
            ConstantPredictor { name, value } => write!(f, "\"{name}\" is {value} in every row"),
            Collinear { names } => write!(f, "these are combinations of each other: {}", names.join(", ")),
        }
    }
}

impl std::error::Error for RegressionRefusal {}
