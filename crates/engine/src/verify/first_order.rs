//! Errors of which each follows the one before it: eₜ = ρ eₜ₋₁ + new. How likely each ρ is, and what it does to a sum.

use super::design::{Design, product};
use super::mixture::Part;

/// ρ is looked for as tanh z, |z| at most this: |ρ| below 0.98.
const WIDEST: f64 = 2.3;
const FIRST_LOOK: usize = 24;
const SECOND_LOOK: usize = 40;
/// So many of its standard deviations are looked at: the tails are thin, but there the sum's error is largest.
const REACH: f64 = 12.0;
const WHOLE: f64 = 0.01;

/// Residuals of a linear model with their places in time, in steps of the interval, rising; gaps are allowed.
#[derive(Clone, Copy)]
pub(super) struct FirstOrder<'a> {
    pub(super) design: &'a Design,
    pub(super) steps: &'a [i64],
    pub(super) residuals: &'a [f64],
}

/// What one ρ says.
struct At {
    /// Restricted likelihood: the columns are taken out first, so that ρ is not made small by the fit.
    restricted: f64,
    /// Likelihood for the comparison of models with different columns.
    plain: f64,
    /// Generalised less ordinary least squares, in terms of the basis.
    shift: Vec<f64>,
    /// Lower factor of XᵀΩ⁻¹X.
    factor: Vec<f64>,
    /// Stationary variance of an error.
    variance: f64,
}

impl FirstOrder<'_> {
    fn degrees(&self) -> usize {
        self.residuals.len().saturating_sub(self.design.rank())
    }

    /// Likelihood of ρ in O(n p²): each row is compared with the one before it. `None` where nothing is left over.
    fn at(&self, rho: f64) -> Option<At> {
        let size = self.design.rank();
        let degrees = self.degrees();
        let mut matrix = vec![0.0; size * size];
        let mut right = vec![0.0; size];
        let (mut square, mut log_determinant) = (0.0, 0.0);
        let mut new = vec![0.0; size];
        for row in 0..self.residuals.len() {
            let (mut value, mut scale) = (self.residuals[row], 1.0);
            new.copy_from_slice(self.design.row(row));
            if row > 0 {
                let link = power(rho, self.steps[row] - self.steps[row - 1]);
                let spread = 1.0 - link * link;
                log_determinant += spread.ln();
                scale = 1.0 / spread.sqrt();
                value -= link * self.residuals[row - 1];
                new.iter_mut().zip(self.design.row(row - 1)).for_each(|(new, before)| *new -= link * before);
            }
            value *= scale;
            new.iter_mut().for_each(|new| *new *= scale);
            square += value * value;
            for one in 0..size {
                right[one] += new[one] * value;
                for other in 0..=one {
                    matrix[one * size + other] += new[one] * new[other];
                }
            }
        }
        factorise(&mut matrix, size)?;
        let half = forwards(&matrix, size, &right);
        let left = square - product(&half, &half);
        if degrees == 0 || left.is_nan() || left <= 0.0 {
            return None;
        }
        let log_columns: f64 = (0..size).map(|place| matrix[place * size + place].ln()).sum();
        let plain = -0.5 * log_determinant - 0.5 * self.residuals.len() as f64 * left.ln();
        let restricted = -0.5 * log_determinant - log_columns - 0.5 * degrees as f64 * left.ln();
        let shift = backwards(&matrix, size, &half);
        Some(At { restricted, plain, shift, factor: matrix, variance: left / degrees as f64 })
    }

    /// The ρ of highest restricted likelihood, and where around it the likelihood lies: the centre and half-width in z.
    fn mode(&self) -> Option<(f64, f64)> {
        let value = |z: f64| self.at(z.tanh()).map_or(f64::NEG_INFINITY, |at| at.restricted);
        let places: Vec<f64> =
            (0..=FIRST_LOOK).map(|step| WIDEST * (2.0 * step as f64 / FIRST_LOOK as f64 - 1.0)).collect();
        let best = places.iter().map(|z| (*z, value(*z))).reduce(|a, b| if b.1 > a.1 { b } else { a })?;
        best.1.is_finite().then_some(())?;
        let step = 2.0 * WIDEST / FIRST_LOOK as f64;
        let (mut low, mut high) = ((best.0 - step).max(-WIDEST), (best.0 + step).min(WIDEST));
        for _ in 0..20 {
            let (one, other) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if value(one) < value(other) { low = one } else { high = other }
        }
        Some((0.5 * (low + high), REACH / (self.residuals.len() as f64).sqrt()))
    }

    /// The likeliest correlation of neighbours. `None` where no error is left over.
    pub(super) fn correlation(&self) -> Option<f64> {
        self.mode().map(|(z, _)| z.tanh())
    }

    /// The saving's error by every ρ that may be true, weighed by how likely each is: Σ predicted − Σ observed around the
    /// ordinary least-squares answer. `summed` is the row 1ᵀXᵣ, `reporting` the steps of the reporting period, into which
    /// the last error of the baseline still reaches.
    /// Before the data ρ has a density that rises with √(1 + ρ): positive in 65 of 100 meters, as in those we have
    /// (`docs/methods/uncertainty.md`), and not small near 1.
    /// The second number is the logarithm of the plain likelihood over all ρ, by which models are compared.
    pub(super) fn parts(&self, summed: &[f64], reporting: &[i64]) -> Option<(Vec<Part>, f64)> {
        let (mode, reach) = self.mode()?;
        // Rounding in the search for the mode must not move the places that are looked at.
        let centre = (mode / WHOLE).round() * WHOLE;
        let (low, high) = ((centre - reach).max(-WIDEST), (centre + reach).min(WIDEST));
        let turned = self.design.turned(summed);
        let size = self.design.rank();
        let mut parts = Vec::new();
        let mut plain = Vec::new();
        for step in 0..=SECOND_LOOK {
            let rho = (low + (high - low) * step as f64 / SECOND_LOOK as f64).tanh();
            let Some(at) = self.at(rho) else { continue };
            let (last_row, last_error, carried) = self.carried(reporting, rho)?;
            let reached: Vec<f64> = turned.iter().zip(last_row).map(|(sum, last)| sum - carried * last).collect();
            let half = forwards(&at.factor, size, &reached);
            let own = correlated_sum(reporting, rho) - carried * carried;
            let variance = at.variance * (product(&half, &half) + own);
            // Equal steps in z are unequal ones in ρ.
            let before = 0.5 * (1.0 + rho).ln() + (1.0 - rho * rho).ln() + (high - low).ln();
            parts.push(Part {
                log_weight: at.restricted + before,
                centre: product(&at.shift, &reached) + carried * last_error,
                scale: variance.max(0.0).sqrt(),
                degrees: self.degrees(),
            });
            plain.push(at.plain + before);
        }
        let highest = plain.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let evidence = highest + plain.iter().map(|value| (value - highest).exp()).sum::<f64>().ln();
        let total = parts.iter().map(|part| part.log_weight).fold(f64::NEG_INFINITY, f64::max);
        let whole = total + parts.iter().map(|part| (part.log_weight - total).exp()).sum::<f64>().ln();
        parts.iter_mut().for_each(|part| part.log_weight -= whole);
        highest.is_finite().then_some((parts, evidence))
    }

    /// The last row of the baseline with its error, and how many times that error is expected in the sum of the reporting
    /// period.
    fn carried(&self, reporting: &[i64], rho: f64) -> Option<(&[f64], f64, f64)> {
        let (last, error) = (*self.steps.last()?, *self.residuals.last()?);
        let carried = reporting.iter().filter(|step| **step > last).map(|step| power(rho, step - last)).sum();
        Some((self.design.row(self.residuals.len() - 1), error, carried))
    }
}

/// 1ᵀΩ1 over these steps: the variance of the sum of as many errors, over that of one.
pub(super) fn correlated_sum(steps: &[i64], rho: f64) -> f64 {
    weighted_sum(steps.iter().map(|step| (*step, 1.0)), rho)
}

/// wᵀΩw in one pass: what earlier errors still hold fades with each step.
pub(super) fn weighted_sum(weights: impl Iterator<Item = (i64, f64)>, rho: f64) -> f64 {
    let (mut sum, mut earlier, mut last) = (0.0, 0.0, None);
    for (step, weight) in weights {
        if let Some(last) = last {
            earlier *= power(rho, step - last);
        }
        sum += weight * weight + 2.0 * weight * earlier;
        earlier += weight;
        last = Some(step);
    }
    sum
}

fn power(rho: f64, steps: i64) -> f64 {
    rho.powi(steps.clamp(0, 100_000) as i32)
}

/// Lower triangular factor in place, row by row. `None` where the matrix is not positive.
fn factorise(matrix: &mut [f64], size: usize) -> Option<()> {
    for column in 0..size {
        for row in column..size {
            let known: f64 =
                (0..column).map(|before| matrix[row * size + before] * matrix[column * size + before]).sum();
            let entry = matrix[row * size + column] - known;
            if row == column {
                if entry.is_nan() || entry <= 0.0 {
                    return None;
                }
                matrix[row * size + column] = entry.sqrt();
            } else {
                matrix[row * size + column] = entry / matrix[column * size + column];
            }
        }
    }
    Some(())
}

fn forwards(factor: &[f64], size: usize, right: &[f64]) -> Vec<f64> {
    let mut solved: Vec<f64> = Vec::with_capacity(size);
    for row in 0..size {
        let known = product(&factor[row * size..row * size + row], &solved);
        solved.push((right[row] - known) / factor[row * size + row]);
    }
    solved
}

fn backwards(factor: &[f64], size: usize, right: &[f64]) -> Vec<f64> {
    let mut solved = right.to_vec();
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| factor[below * size + row] * solved[below]).sum();
        solved[row] = (solved[row] - known) / factor[row * size + row];
    }
    solved
}
