//! The columns of a linear model as right angles: what the error of a sum needs, whatever the columns are.

/// A column counts as a combination of earlier ones when less than this share of its length is left without them.
const DEPENDENT: f64 = 1e-9;

/// Orthonormal columns of a model, row by row, with how the given columns are made of them. Columns that depend on
/// earlier ones are left out: they change neither fit nor prediction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    rows: usize,
    /// Row by row, `rank` values each.
    basis: Vec<f64>,
    /// For each column kept: its place among those given, and its shares of the basis up to itself.
    kept: Vec<(usize, Vec<f64>)>,
}

impl Design {
    /// Columns of equal length, the intercept among them. The order matters only where columns depend on each other.
    pub fn new(columns: &[Vec<f64>]) -> Design {
        let rows = columns.first().map_or(0, Vec::len);
        let mut vectors: Vec<Vec<f64>> = Vec::new();
        let mut kept = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let length = product(column, column).sqrt();
            if !(length > 0.0 && length.is_finite()) {
                continue;
            }
            let mut left = column.clone();
            let mut shares = vec![0.0; vectors.len()];
            // Twice is enough: the second pass takes away what rounding left of the first.
            for _ in 0..2 {
                for (share, vector) in shares.iter_mut().zip(&vectors) {
                    let part = product(&left, vector);
                    *share += part;
                    left.iter_mut().zip(vector).for_each(|(left, value)| *left -= part * value);
                }
            }
            let rest = product(&left, &left).sqrt();
            if rest <= DEPENDENT * length {
                continue;
            }
            left.iter_mut().for_each(|value| *value /= rest);
            shares.push(rest);
            vectors.push(left);
            kept.push((place, shares));
        }
        let basis = (0..rows).flat_map(|row| vectors.iter().map(move |vector| vector[row])).collect();
        Design { rows, basis, kept }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns that do not depend on each other.
    pub fn rank(&self) -> usize {
        self.kept.len()
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.basis[row * self.rank()..(row + 1) * self.rank()]
    }

    /// A row d of the given columns in terms of the basis: q with q · basis row = the same prediction.
    pub fn turned(&self, given: &[f64]) -> Vec<f64> {
        let mut turned: Vec<f64> = Vec::with_capacity(self.rank());
        for (place, shares) in &self.kept {
            let value = given.get(*place).copied().unwrap_or(0.0);
            let known: f64 = shares.iter().zip(&turned).map(|(share, q)| share * q).sum();
            let own = shares.last().copied().unwrap_or(1.0);
            turned.push((value - known) / own);
        }
        turned
    }

    /// a = X (XᵀX)⁻¹ d: how much of the error of each row enters the prediction of d.
    pub fn influence(&self, turned: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|row| product(self.row(row), turned)).collect()
    }

    /// What of a column the model does not explain.
    pub fn residuals(&self, values: &[f64]) -> Vec<f64> {
        let mut left = values.to_vec();
        for _ in 0..2 {
            let mut sums = vec![0.0; self.rank()];
            for (row, value) in left.iter().enumerate() {
                sums.iter_mut().zip(self.row(row)).for_each(|(sum, q)| *sum += q * value);
            }
            for (row, value) in left.iter_mut().enumerate() {
                *value -= product(&self.basis[row * sums.len()..(row + 1) * sums.len()], &sums);
            }
        }
        left
    }
}

pub(super) fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_turned_into_the_influence_of_its_rows() {
        // A line through 0, 1, 2, 3: the prediction at 5 is Σ aᵢ yᵢ with aᵢ = 1/4 + (xᵢ − 1.5)(5 − 1.5) / 5.
        let design = Design::new(&[vec![1.0; 4], vec![0.0, 1.0, 2.0, 3.0], vec![2.0; 4]]);
        assert_eq!(design.rank(), 2);
        let influence = design.influence(&design.turned(&[1.0, 5.0, 2.0]));
        let expected = [-0.8, -0.1, 0.6, 1.3];
        assert!(influence.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{influence:?}");
        let left = design.residuals(&[1.0, 3.0, 5.0, 8.0]);
        assert!(left.iter().sum::<f64>().abs() < 1e-12 && (product(&left, &left) - 0.3).abs() < 1e-12, "{left:?}");
    }
}
