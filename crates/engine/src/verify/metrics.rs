//! How a model fits its baseline, in the figures that programmes ask for, and the approximate uncertainty that is made
//! of them.

use serde::{Deserialize, Serialize};

use super::distributions::t_critical;
use super::interval::Interval;

/// How the model fits the baseline. RMSE, CV and R² count rows (days, hours); `n_prime` counts what is independent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub n: usize,
    /// Rows for days and hours, bills for bills.
    pub independent: usize,
    /// n (1 − ρ) / (1 + ρ) of what is independent, ρ the lag-1 correlation of its residuals in time order.
    pub n_prime: f64,
    pub ddof: usize,
    pub num_model_params: usize,
    pub rmse: f64,
    /// √(SSE / (n − p)).
    pub rmse_adj: f64,
    pub cvrmse: f64,
    pub cvrmse_adj: f64,
    /// `rmse_adj` over the interquartile range of the observed values.
    pub pnrmse_adj: f64,
    pub nmbe: f64,
    pub mae: f64,
    pub r_squared: f64,
    pub r_squared_adj: f64,
    pub sse: f64,
    pub rho_lag1: f64,
}

impl Metrics {
    /// Pairs of observed and predicted values in time order, the residuals that count as independent (for bills one a
    /// bill), and the number of parameters.
    pub fn of(pairs: &[(f64, f64)], independent: &[f64], num_model_params: usize) -> Metrics {
        let n = pairs.len();
        let count = n as f64;
        let mean = pairs.iter().map(|(value, _)| value).sum::<f64>() / count;
        let residuals: Vec<f64> = pairs.iter().map(|(value, predicted)| value - predicted).collect();
        let sse: f64 = residuals.iter().map(|e| e * e).sum();
        let sst: f64 = pairs.iter().map(|(value, _)| (value - mean).powi(2)).sum();
        let rho_lag1 = lag_one(independent);
        let ddof = n.saturating_sub(num_model_params);
        let rmse = (sse / count).sqrt();
        let rmse_adj = (sse / ddof as f64).sqrt();
        let r_squared = 1.0 - sse / sst;
        Metrics {
            n,
            independent: independent.len(),
            n_prime: independent.len() as f64 * (1.0 - rho_lag1) / (1.0 + rho_lag1),
            ddof,
            num_model_params,
            rmse,
            rmse_adj,
            cvrmse: rmse / mean,
            cvrmse_adj: rmse_adj / mean,
            pnrmse_adj: rmse_adj / interquartile_range(pairs.iter().map(|(value, _)| *value).collect()),
            nmbe: residuals.iter().sum::<f64>() / count / mean,
            mae: residuals.iter().map(|e| e.abs()).sum::<f64>() / count,
            r_squared,
            r_squared_adj: 1.0 - (1.0 - r_squared) * (count - 1.0) / ddof as f64,
            sse,
            rho_lag1,
        }
    }
}

/// t CV (E / m) √((n / n′)(1 + 2 / n′) m) × g over m rows (bills) reported, of M months: g = 1.26 for hours,
/// −0.00024 M² + 0.03535 M + 1.00286 for days and −0.00022 M² + 0.03306 M + 0.94054 for months. There is no form for
/// weeks, and none beyond 75 months, where the polynomials turn down.
pub fn ashrae_width(interval: Interval, metrics: &Metrics, rows: f64, predicted_sum: f64) -> Option<f64> {
    let (months, improvement) = match interval {
        Interval::Hour => (rows / 730.5, 1.26),
        Interval::Day => {
            let months = rows / 30.4375;
            (months, (-0.00024 * months + 0.03535) * months + 1.00286)
        }
        Interval::Month => (rows, (-0.00022 * rows + 0.03306) * rows + 0.94054),
        Interval::Week => return None,
    };
    let n = metrics.independent as f64;
    let freedom = metrics.independent.checked_sub(metrics.num_model_params).filter(|freedom| *freedom > 0)?;
    if !(metrics.n_prime > 0.0 && metrics.n_prime.is_finite()) || months > 75.0 {
        return None;
    }
    let spread = (n / metrics.n_prime * (1.0 + 2.0 / metrics.n_prime) * rows).sqrt();
    let width =
        t_critical(0.10, freedom)? * metrics.cvrmse_adj.abs() * (predicted_sum.abs() / rows) * spread * improvement;
    width.is_finite().then_some(width)
}

/// Pearson's correlation of each value with the one before it; 0 without scatter.
pub(super) fn lag_one(values: &[f64]) -> f64 {
    if values.len() < 3 {
        return 0.0;
    }
    let (before, after) = (&values[..values.len() - 1], &values[1..]);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_before, mean_after) = (mean(before), mean(after));
    let (mut both, mut square_before, mut square_after) = (0.0, 0.0, 0.0);
    for (a, b) in before.iter().zip(after) {
        let (a, b) = (a - mean_before, b - mean_after);
        both += a * b;
        square_before += a * a;
        square_after += b * b;
    }
    let scale = (square_before * square_after).sqrt();
    if scale > 0.0 { both / scale } else { 0.0 }
}

/// Between the quartiles, interpolated linearly.
fn interquartile_range(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let last = (values.len() - 1) as f64;
    let mut quantile = |share: f64| {
        let place = share * last;
        let (_, low, above) = values.select_nth_unstable_by(place.floor() as usize, f64::total_cmp);
        let next = above.iter().copied().min_by(f64::total_cmp).unwrap_or(*low);
        *low + place.fract() * (next - *low)
    };
    quantile(0.75) - quantile(0.25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_the_values_in_order() {
        for count in 1..60_usize {
            let values: Vec<f64> = (0..count).map(|place| (place * place * 31 % 17) as f64 / 3.0).collect();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let at = |quarters: usize| {
                let (place, rest) = (quarters * (count - 1) / 4, (quarters * (count - 1) % 4) as f64 / 4.0);
                sorted[place] + rest * (sorted[(place + 1).min(count - 1)] - sorted[place])
            };
            assert_eq!(interquartile_range(values), at(3) - at(1), "{count}");
        }
    }
}
