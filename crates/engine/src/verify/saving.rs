//! The saving of a reporting period against a baseline model, with its uncertainty in exact form.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::regression::{Regression, is_usable};

/// One row of the reporting period; predictors in the order of the model's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportingRow {
    pub predictors: Vec<f64>,
    pub observed: f64,
}

/// Sums over the rows. The unit is the caller's. Figures without a bound are `null` in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saving {
    pub predicted: f64,
    pub observed: f64,
    /// Predicted less observed; negative when more was used than expected.
    pub saving: f64,
    /// Half the width of the two-sided 90 % interval; of a monthly verification by the form that it names.
    pub uncertainty_90: f64,
    /// Uncertainty over the size of the saving. Missing when the saving is zero.
    pub relative: Option<f64>,
    pub rows: usize,
    /// √ of the variance with n / n′.
    pub standard_error: f64,
    /// n / n′: by how much positive autocorrelation of the residuals widened the variance; 1 without.
    pub autocorrelation_factor: f64,
    /// The approximate form of ASHRAE Guideline 14 for monthly data, for comparison. Missing where it is not defined.
    pub ashrae_uncertainty_90: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum SavingRefusal {
    NoRows,
    PredictorCount {
        row: usize,
        found: usize,
        expected: usize,
    },
    NotFinite {
        row: usize,
    },
    /// The model was read back from JSON and no longer knows its baseline rows.
    ModelWithoutBaseline,
    /// The lag-1 correlation of the residuals is 1: no number of rows is independent.
    ResidualsFullyCorrelated,
}

/// S = Σ (predicted − observed) over m rows, with Var(S) = σ² [1ᵀXᵣ (XᵀX)⁻¹ Xᵣᵀ1 + m] × n / n′. The first term is the
/// uncertainty of the model where the reporting period lies, the second the scatter of the rows themselves. For
/// positive lag-1 autocorrelation ρ of the baseline residuals n′ = n (1 − ρ) / (1 + ρ); otherwise n′ = n, because a
/// negative correlation estimated from a dozen residuals is no reason to promise more. The interval is
/// ± t(0.95, n − p) √Var(S). Worked example: `docs/methods/verification.md`.
pub fn saving(baseline: &Regression, reporting: &[ReportingRow]) -> Result<Saving, SavingRefusal> {
    inspect(baseline, reporting)?;
    let rows = reporting.len() as f64;
    let size = baseline.p - 1;
    let mean_row: Vec<f64> =
        (0..size).map(|place| reporting.iter().map(|row| row.predictors[place]).sum::<f64>() / rows).collect();
    let leverage = baseline.leverage(&mean_row).ok_or(SavingRefusal::ModelWithoutBaseline)?;
    let predicted: f64 = reporting.iter().filter_map(|row| baseline.predict(&row.predictors)).sum();
    let observed: f64 = reporting.iter().map(|row| row.observed).sum();
    let saving = predicted - observed;

    let correlation = baseline.rho_lag1.max(0.0);
    let autocorrelation_factor = (1.0 + correlation) / (1.0 - correlation);
    if !autocorrelation_factor.is_finite() {
        return Err(SavingRefusal::ResidualsFullyCorrelated);
    }
    // 1ᵀXᵣ is m times the mean row, so the quadratic form is m² times its leverage.
    let variance = baseline.sigma * baseline.sigma * (rows * rows * leverage + rows) * autocorrelation_factor;
    let standard_error = variance.sqrt();
    let uncertainty_90 = baseline.t90 * standard_error;
    Ok(Saving {
        predicted,
        observed,
        saving,
        uncertainty_90,
        relative: (saving != 0.0).then(|| uncertainty_90 / saving.abs()),
        rows: reporting.len(),
        standard_error,
        autocorrelation_factor,
        ashrae_uncertainty_90: ashrae_uncertainty(baseline, predicted, reporting.len()),
    })
}

/// t CV (E / m) √((n / n′)(1 + 2 / n′) m) × (−0.00022 M² + 0.03306 M + 0.94054), for monthly data M = m months; n′ here
/// with either sign of the correlation. The polynomial turns down after 75 months, where it means nothing.
fn ashrae_uncertainty(baseline: &Regression, predicted: f64, rows: usize) -> Option<f64> {
    let cv = baseline.cv_rmse?.abs();
    if rows > 75 || !(baseline.n_eff > 0.0 && baseline.n_eff.is_finite()) {
        return None;
    }
    let (n, effective, m) = (baseline.n as f64, baseline.n_eff, rows as f64);
    let improvement = (-0.00022 * m + 0.03306) * m + 0.94054;
    let spread = (n / effective * (1.0 + 2.0 / effective) * m).sqrt();
    Some(baseline.t90 * cv * (predicted.abs() / m) * spread * improvement)
}

fn inspect(baseline: &Regression, reporting: &[ReportingRow]) -> Result<(), SavingRefusal> {
    if !baseline.can_predict() {
        return Err(SavingRefusal::ModelWithoutBaseline);
    }
    if reporting.is_empty() {
        return Err(SavingRefusal::NoRows);
    }
    let expected = baseline.p - 1;
    for (row, values) in reporting.iter().enumerate() {
        if values.predictors.len() != expected {
            return Err(SavingRefusal::PredictorCount { row, found: values.predictors.len(), expected });
        }
        if !std::iter::once(&values.observed).chain(&values.predictors).all(|value| is_usable(*value)) {
            return Err(SavingRefusal::NotFinite { row });
        }
    }
    Ok(())
}

impl fmt::Display for SavingRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SavingRefusal::NoRows => write!(f, "the reporting period is empty"),
            SavingRefusal::PredictorCount { row, found, expected } => {
                write!(f, "reporting row {} has {found} predictors, expected {expected}", row + 1)
            }
            SavingRefusal::NotFinite { row } => write!(f, "reporting row {} holds an unusable number", row + 1),
            SavingRefusal::ModelWithoutBaseline => write!(f, "the model no longer knows its baseline; fit it again"),
            SavingRefusal::ResidualsFullyCorrelated => {
                write!(f, "the residuals of the baseline are fully correlated, so the uncertainty has no bound")
            }
        }
    }
}

impl std::error::Error for SavingRefusal {}
