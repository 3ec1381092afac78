//! Errors of which each follows the one before it: eₜ = ρ eₜ₋₁ + new. How likely each ρ is, and what it does to a sum.
//! Where rows are sums of finer ones, only a share of their variance follows; the rest is new in each row.

use super::design::{Design, product};
use super::mixture::Part;

/// ρ is looked for as tanh z, |z| at most this: |ρ| below 0.98.
const WIDEST: f64 = 2.3;
const FIRST_LOOK: usize = 24;
const SECOND_LOOK: usize = 40;
/// So many of its standard deviations are looked at: the tails are thin, but there the sum's error is largest.
const REACH: f64 = 12.0;
const WHOLE: f64 = 0.01;
/// Shares of the variance that may follow, where not all of it must; and how many ρ are looked at for each.
const SHARES: [f64; 3] = [0.25, 0.5, 0.75];
const LOOK_BY_SHARE: usize = 24;

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
    /// What goes on after the last row, expected from the residuals and from each column, and its variance over that of
    /// an error.
    state: f64,
    state_of_columns: Vec<f64>,
    state_variance: f64,
}

impl FirstOrder<'_> {
    fn degrees(&self) -> usize {
        self.residuals.len().saturating_sub(self.design.rank())
    }

    /// Likelihood of ρ in O(n p²), when this share of the variance follows: each row is compared with what is expected of
    /// it from those before. `None` where nothing is left over.
    fn at(&self, rho: f64, share: f64) -> Option<At> {
        let size = self.design.rank();
        let degrees = self.degrees();
        let mut matrix = vec![0.0; size * size];
        let mut right = vec![0.0; size];
        let (mut square, mut log_determinant) = (0.0, 0.0);
        let mut new = vec![0.0; size];
        let (mut state, mut state_of_columns, mut state_variance) = (0.0, vec![0.0; size], share);
        for row in 0..self.residuals.len() {
            if row > 0 {
                let link = power(rho, self.steps[row] - self.steps[row - 1]);
                state *= link;
                state_of_columns.iter_mut().for_each(|state| *state *= link);
                state_variance = link * link * state_variance + share * (1.0 - link * link);
            }
            let spread = state_variance + 1.0 - share;
            let (gain, scale) = (state_variance / spread, 1.0 / spread.sqrt());
            log_determinant += spread.ln();
            let mut value = self.residuals[row] - state;
            state += gain * value;
            for ((new, state), column) in new.iter_mut().zip(&mut state_of_columns).zip(self.design.row(row)) {
                *new = column - *state;
                *state += gain * *new;
                *new *= scale;
            }
            state_variance *= 1.0 - gain;
            value *= scale;
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
        let variance = left / degrees as f64;
        Some(At { restricted, plain, shift, factor: matrix, variance, state, state_of_columns, state_variance })
    }

    /// The ρ of highest restricted likelihood, and where around it the likelihood lies: the centre and half-width in z.
    fn mode(&self) -> Option<(f64, f64)> {
        let value = |z: f64| self.at(z.tanh(), 1.0).map_or(f64::NEG_INFINITY, |at| at.restricted);
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
        self.over(&[((centre - reach).max(-WIDEST), (centre + reach).min(WIDEST), 1.0, SECOND_LOOK)], summed, reporting)
    }

    /// The same where any share of the variance may follow; of ρ those from 0 on, for without it no share is known.
    pub(super) fn parts_by_share(&self, summed: &[f64], reporting: &[i64]) -> Option<Vec<Part>> {
        let (mode, reach) = self.mode()?;
        let centre = ((mode / WHOLE).round() * WHOLE).max(0.0);
        let mut looks = vec![((centre - reach).max(0.0), (centre + reach).min(WIDEST), 1.0, SECOND_LOOK)];
        looks.extend(SHARES.map(|share| (0.0, WIDEST, share, LOOK_BY_SHARE)));
        self.over(&looks, summed, reporting).map(|(parts, _)| parts)
    }

    /// Over these looks: from z to z, the share of the variance that follows, and steps.
    fn over(&self, looks: &[(f64, f64, f64, usize)], summed: &[f64], reporting: &[i64]) -> Option<(Vec<Part>, f64)> {
        let turned = self.design.turned(summed);
        let (mut parts, mut plain) = (Vec::new(), Vec::new());
        for &(low, high, share, steps) in looks {
            for step in 0..=steps {
                let rho = (low + (high - low) * step as f64 / steps as f64).tanh();
                let Some(at) = self.at(rho, share) else { continue };
                // Equal steps in z are unequal ones in ρ.
                let before = 0.5 * (1.0 + rho).ln() + (1.0 - rho * rho).ln() + ((high - low) / steps as f64).ln();
                parts.push(self.part(&at, rho, share, &turned, reporting, before));
                plain.push(at.plain + before);
            }
        }
        let highest = plain.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let evidence = highest + plain.iter().map(|value| (value - highest).exp()).sum::<f64>().ln();
        let total = parts.iter().map(|part| part.log_weight).fold(f64::NEG_INFINITY, f64::max);
        let whole = total + parts.iter().map(|part| (part.log_weight - total).exp()).sum::<f64>().ln();
        parts.iter_mut().for_each(|part| part.log_weight -= whole);
        highest.is_finite().then_some((parts, evidence))
    }

    /// `before`: the logarithm of what is held of this ρ before the data.
    fn part(&self, at: &At, rho: f64, share: f64, turned: &[f64], reporting: &[i64], before: f64) -> Part {
        let last = self.steps.last().copied().unwrap_or_default();
        let carried: f64 = reporting.iter().filter(|step| **step > last).map(|step| power(rho, step - last)).sum();
        let reached: Vec<f64> =
            turned.iter().zip(&at.state_of_columns).map(|(sum, state)| sum - carried * state).collect();
        let half = forwards(&at.factor, self.design.rank(), &reached);
        let own = share * correlated_sum(reporting, rho) + (1.0 - share) * reporting.len() as f64
            - carried * carried * (share - at.state_variance);
        Part {
            log_weight: at.restricted + before,
            centre: product(&at.shift, &reached) + carried * at.state,
            scale: (at.variance * (product(&half, &half) + own)).max(0.0).sqrt(),
            degrees: self.degrees(),
        }
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
