//! Small symmetric systems XᵀX b = Xᵀy of columns that may depend on each other: solved for the independent ones,
//! with the directions in which the solution is free, so that a caller can take the shortest solution.

/// A column counts as dependent when less than this share of its square is left without the columns before it.
const DEPENDENT: f64 = 1e-11;

/// XᵀX of a handful of columns, factorised. Row by row, `size` × `size`.
#[derive(Clone, Debug)]
pub(super) struct Symmetric {
    size: usize,
    /// Lower triangle of the factor of the scaled matrix, in the order of `pivots`.
    factor: Vec<f64>,
    scale: Vec<f64>,
    /// Independent columns, largest first.
    pivots: Vec<usize>,
    dependent: Vec<usize>,
    scaled: Vec<f64>,
}

impl Symmetric {
    /// Cholesky with pivots on columns scaled to length one; what is left over at the end depends on the rest.
    pub(super) fn factorise(matrix: &[f64], size: usize) -> Symmetric {
        let length = |column: usize| matrix[column * size + column].max(0.0).sqrt();
        let scale: Vec<f64> =
            (0..size).map(|column| if length(column) > 0.0 { 1.0 / length(column) } else { 0.0 }).collect();
        let mut scaled = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..size {
                scaled[row * size + column] = matrix[row * size + column] * scale[row] * scale[column];
            }
        }
        let mut left: Vec<f64> = (0..size).map(|column| scaled[column * size + column]).collect();
        let mut factor = vec![0.0; size * size];
        let mut pivots: Vec<usize> = Vec::with_capacity(size);
        let mut open: Vec<usize> = (0..size).collect();
        while let Some(place) = (0..open.len()).max_by(|&a, &b| left[open[a]].total_cmp(&left[open[b]])) {
            let pivot = open[place];
            if left[pivot] <= DEPENDENT {
                break;
            }
            open.remove(place);
            let step = pivots.len();
            let root = left[pivot].sqrt();
            factor[pivot * size + step] = root;
            for &other in &open {
                let known: f64 =
                    (0..step).map(|before| factor[pivot * size + before] * factor[other * size + before]).sum();
                let entry = (scaled[pivot * size + other] - known) / root;
                factor[other * size + step] = entry;
                left[other] -= entry * entry;
            }
            pivots.push(pivot);
        }
        Symmetric { size, factor, scale, pivots, dependent: open, scaled }
    }

    pub(super) fn rank(&self) -> usize {
        self.pivots.len()
    }

    /// A solution of M b = r with zeros for the dependent columns.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = right.iter().zip(&self.scale).map(|(value, scale)| value * scale).collect();
        let solved = self.solve_scaled(&scaled);
        solved.iter().zip(&self.scale).map(|(value, scale)| value * scale).collect()
    }

    fn solve_scaled(&self, right: &[f64]) -> Vec<f64> {
        let rank = self.rank();
        let mut half = vec![0.0; rank];
        for (step, &pivot) in self.pivots.iter().enumerate() {
            let row = &self.factor[pivot * self.size..];
            let known: f64 = (0..step).map(|before| row[before] * half[before]).sum();
            half[step] = (right[pivot] - known) / row[step];
        }
        let mut solved = vec![0.0; self.size];
        for step in (0..rank).rev() {
            let pivot = self.pivots[step];
            let known: f64 = (step + 1..rank)
                .map(|after| self.factor[self.pivots[after] * self.size + step] * solved[self.pivots[after]])
                .sum();
            solved[pivot] = (half[step] - known) / self.factor[pivot * self.size + step];
        }
        solved
    }

    /// One vector for every dependent column: adding it to a solution gives another one.
    pub(super) fn free_directions(&self) -> Vec<Vec<f64>> {
        let direction = |&column: &usize| {
            let mut direction = vec![0.0; self.size];
            if self.scale[column] > 0.0 {
                let against: Vec<f64> = (0..self.size).map(|row| -self.scaled[row * self.size + column]).collect();
                let solved = self.solve_scaled(&against);
                for (place, value) in solved.iter().enumerate() {
                    direction[place] = value * self.scale[place] / self.scale[column];
                }
            }
            direction[column] = 1.0;
            direction
        };
        self.dependent.iter().map(direction).collect()
    }

    /// d M⁻¹ dᵀ over the independent columns.
    pub(super) fn quadratic(&self, d: &[f64]) -> f64 {
        self.solve(d).iter().zip(d).map(|(solved, value)| solved * value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependent_column_leaves_one_direction_free() {
        // Columns (1, 0), (0, 2), (1, 2): the third is the sum of the first two.
        let matrix = [1.0, 0.0, 1.0, 0.0, 4.0, 4.0, 1.0, 4.0, 5.0];
        let system = Symmetric::factorise(&matrix, 3);
        let solved = system.solve(&[1.0, 4.0, 5.0]);
        let product = |row: usize| (0..3).map(|column| matrix[row * 3 + column] * solved[column]).sum::<f64>();
        assert_eq!(system.rank(), 2);
        assert!((0..3).all(|row| (product(row) - [1.0, 4.0, 5.0][row]).abs() < 1e-12), "{solved:?}");
        let free = &system.free_directions()[0];
        let moved = |row: usize| (0..3).map(|column| matrix[row * 3 + column] * free[column]).sum::<f64>();
        assert!((0..3).all(|row| moved(row).abs() < 1e-12) && free.iter().any(|value| value.abs() > 0.1), "{free:?}");
    }
}
