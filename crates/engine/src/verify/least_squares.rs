//! Least squares by Householder reflections on columns that are centred and brought to length one.
//! Centring takes the intercept out and equal lengths take the units out, so that neither a year written as
//! 1962 nor a production in kilograms costs digits.

use super::regression::{Predictor, RegressionRefusal};

/// A column counts as a combination of others when less than this share of its spread is left without them.
const COLLINEAR: f64 = 1e-9;
/// A predictor that varies by less than this share of its size has one value, give or take rounding.
const CONSTANT: f64 = 1e-12;

/// One predictor, centred and of length one: `value = mean + scale × shape`.
pub(super) struct Column {
    pub(super) mean: f64,
    pub(super) scale: f64,
    shape: Vec<f64>,
}

impl Column {
    /// The values are finite; `regression` has looked.
    pub(super) fn prepare(predictor: &Predictor) -> Result<Column, RegressionRefusal> {
        let values = &predictor.values;
        let size = values.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
        let mean = mean(values);
        let mut shape: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let spread = shape.iter().fold(0.0_f64, |spread, value| spread.max(value.abs()));
        if spread <= CONSTANT * size {
            return Err(RegressionRefusal::ConstantPredictor { name: predictor.name.clone(), value: mean });
        }
        // Dividing by the largest first keeps the squares away from overflow and underflow.
        shape.iter_mut().for_each(|value| *value /= spread);
        let length = shape.iter().map(|value| value * value).sum::<f64>().sqrt();
        shape.iter_mut().for_each(|value| *value /= length);
        Ok(Column { mean, scale: spread * length, shape })
    }
}

/// One column is a combination of others: its place and theirs.
pub(super) struct Dependence {
    pub(super) column: usize,
    pub(super) others: Vec<usize>,
}

/// Q and R of the centred columns. The buffers are kept between fits, because a search makes hundreds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Factor {
    rows: usize,
    size: usize,
    /// Column by column: R above the diagonal, the reflector from the diagonal down.
    work: Vec<f64>,
    diagonal: Vec<f64>,
    weight: Vec<f64>,
}

impl Factor {
    /// Q and R of these columns, or the first column that is a combination of those before it.
    pub(super) fn of(columns: &[&Column]) -> Result<Factor, Dependence> {
        let mut factor = Factor::default();
        factor.decompose(columns)?;
        Ok(factor)
    }

    pub(super) fn decompose(&mut self, columns: &[&Column]) -> Result<(), Dependence> {
        self.rows = columns.first().map_or(0, |column| column.shape.len());
        self.size = columns.len();
        self.work.clear();
        self.diagonal.clear();
        self.weight.clear();
        for (place, column) in columns.iter().enumerate() {
            self.work.extend_from_slice(&column.shape);
            let (done, open) = self.work.split_at_mut(place * self.rows);
            for earlier in 0..place {
                reflect(&done[earlier * self.rows..], earlier, self.weight[earlier], open);
            }
            let below = &mut open[place..];
            let length = below.iter().map(|value| value * value).sum::<f64>().sqrt();
            if length < COLLINEAR {
                return Err(self.dependence(place));
            }
            let pivot = below[0];
            below[0] += length.copysign(pivot);
            self.weight.push(1.0 / (length * (length + pivot.abs())));
            self.diagonal.push(-length.copysign(pivot));
        }
        Ok(())
    }

    /// Which earlier columns the dependent one is made of: those with a share that is not rounding.
    fn dependence(&self, column: usize) -> Dependence {
        let mut shares = self.work[column * self.rows..column * self.rows + column].to_vec();
        self.back_substitute(&mut shares);
        let others = (0..column).filter(|&other| shares[other].abs() > 1e-6).collect();
        Dependence { column, others }
    }

    /// Turns y into Qᵀy: the first `size` entries are explained, the rest is what is left over.
    pub(super) fn rotate(&self, y: &mut [f64]) {
        for place in 0..self.size {
            reflect(&self.work[place * self.rows..], place, self.weight[place], y);
        }
    }

    /// Solves R x = b in place, for as many entries as `b` has.
    pub(super) fn back_substitute(&self, b: &mut [f64]) {
        for row in (0..b.len()).rev() {
            let (open, solved) = b.split_at_mut(row + 1);
            let known: f64 = solved.iter().zip(row + 1..).map(|(x, column)| self.upper(row, column) * x).sum();
            open[row] = (open[row] - known) / self.diagonal[row];
        }
    }

    /// d (XᵀX)⁻¹ dᵀ for one row d of centred and scaled predictors: the squared length of R⁻ᵀ d.
    pub(super) fn leverage(&self, d: &[f64]) -> f64 {
        let mut solved: Vec<f64> = Vec::with_capacity(self.size);
        for (row, value) in d.iter().enumerate().take(self.size) {
            let known: f64 = solved.iter().enumerate().map(|(earlier, x)| self.upper(earlier, row) * x).sum();
            solved.push((value - known) / self.diagonal[row]);
        }
        solved.iter().map(|value| value * value).sum()
    }

    /// The diagonal of (XᵀX)⁻¹ in scaled columns, one call per column. As the columns have length one, this is
    /// also the variance inflation factor.
    pub(super) fn inflation(&self, place: usize, scratch: &mut Vec<f64>) -> f64 {
        // Row `place` of R⁻¹, by solving Rᵀ z = e_place forwards: entries before `place` stay zero.
        scratch.clear();
        scratch.resize(self.size, 0.0);
        scratch[place] = 1.0 / self.diagonal[place];
        let mut squares = scratch[place] * scratch[place];
        for column in place + 1..self.size {
            let known: f64 = (place..column).map(|earlier| scratch[earlier] * self.upper(earlier, column)).sum();
            scratch[column] = -known / self.diagonal[column];
            squares += scratch[column] * scratch[column];
        }
        squares
    }

    fn upper(&self, row: usize, column: usize) -> f64 {
        self.work[column * self.rows + row]
    }
}

/// Mirrors `y` at the plane of one reflector, which lives in `reflector[from..]`.
fn reflect(reflector: &[f64], from: usize, weight: f64, y: &mut [f64]) {
    let mirror = &reflector[from..y.len()];
    let projection: f64 = mirror.iter().zip(&y[from..]).map(|(v, y)| v * y).sum();
    let step = projection * weight;
    for (y, v) in y[from..].iter_mut().zip(mirror) {
        *y -= step * v;
    }
}

/// Mean with one correction, so that centring does not lose the last digits of large numbers.
pub(super) fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let rough = values.iter().sum::<f64>() / count;
    rough + values.iter().map(|value| value - rough).sum::<f64>() / count
}

/// y − b₀ − Σ bⱼ xⱼ in twice the usual digits. The residual of a good fit is a small difference of large numbers;
/// computed plainly it would be rounding.
pub(super) fn residual_in_double_width(observed: f64, coefficients: &[f64], row: impl Iterator<Item = f64>) -> f64 {
    let (mut high, mut low) = (observed, 0.0);
    for (coefficient, value) in coefficients.iter().zip(std::iter::once(1.0).chain(row)) {
        let product = -coefficient * value;
        let rounding = (-coefficient).mul_add(value, -product);
        let sum = high + product;
        let part = sum - high;
        low += (high - (sum - part)) + (product - part) + rounding;
        high = sum;
    }
    high + low
}
