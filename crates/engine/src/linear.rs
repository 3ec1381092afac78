//! Linear and mixed-integer problems as values, and what a solver answers. The engine poses such a problem and gets
//! the solver passed in: which program solves it, and that there is one at all, is for the caller to say.

/// Greatest Σ worth·x so that every row holds, `least ≤ x ≤ greatest`, and whole columns are whole numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinearProblem {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// What one unit adds to the objective.
    pub worth: f64,
    pub least: f64,
    pub greatest: f64,
    pub is_whole: bool,
}

/// `Σ factor·x ≤ most`; columns by their place, each at most once.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub most: f64,
    pub terms: Vec<(u32, f64)>,
}

/// When a solver may stop before it is done, and what it may start from.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Wall seconds. Where the answer shall not depend on the machine's speed, `branches` stops first.
    pub seconds: f64,
    /// Branches looked at where columns are whole.
    pub branches: i32,
    /// Stop when (bound − objective) / bound is not above this.
    pub gap: f64,
    /// Values that keep every row: the answer is never worth less.
    pub start: Option<Vec<f64>>,
    /// Whether to look for better values by searches of its own. Where the start is nearly the best, they only keep
    /// the solver from proving it.
    pub seeks_values: bool,
}

/// What a solver found. Nothing of it is taken on trust: who asked checks the values and reckons the bound anew
/// wherever that is possible.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearAnswer {
    /// Values of the columns; none when nothing was found in time.
    pub values: Option<Vec<f64>>,
    /// What one unit more of `most` adds, row by row; only where no column is whole.
    pub prices: Option<Vec<f64>>,
    /// No values are worth more, says the solver.
    pub bound: f64,
    pub is_optimal: bool,
}

/// A program that solves linear problems. An error says why it could not even try.
pub type LinearSolver<'a> = &'a dyn Fn(&LinearProblem, &Limits) -> Result<LinearAnswer, String>;

impl Default for Limits {
    fn default() -> Limits {
        Limits { seconds: f64::INFINITY, branches: i32::MAX, gap: 1e-9, start: None, seeks_values: true }
    }
}

impl LinearProblem {
    /// Adds a column and returns its place.
    pub fn add_column(&mut self, column: Column) -> u32 {
        self.columns.push(column);
        self.columns.len() as u32 - 1
    }

    /// Adds a row and returns its place.
    pub fn add_row(&mut self, most: f64, terms: Vec<(u32, f64)>) -> usize {
        self.rows.push(Row { most, terms });
        self.rows.len() - 1
    }
}

impl Column {
    /// Any amount from 0 up to `greatest`.
    pub fn amount(worth: f64, greatest: f64) -> Column {
        Column { worth, least: 0.0, greatest, is_whole: false }
    }

    /// No or yes, 0 or 1.
    pub fn choice(worth: f64) -> Column {
        Column { worth, least: 0.0, greatest: 1.0, is_whole: true }
    }
}
