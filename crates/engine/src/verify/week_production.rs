//! Time of week and temperature with production beside them: 168 levels that are taken out by their means, broken lines in
//! temperature for busy and other hours, and a slope for each production column.

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use super::plant::PlantSpec;
use super::plant_rows::{Cause, Reason, Table, reason};
use super::symmetric::Symmetric;
use super::term::{Known, Term};
use super::week::{BrokenLine, HOURS, HourRow, busy_hours, sixth_knots};

/// Use = level of the hour of the week + broken line in temperature + Σ slope × production.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeekProduction {
    /// Empty where the model looks at no temperature.
    pub busy: Vec<bool>,
    /// `None` for an hour of the week without any value: nothing is predicted there. 0 is Monday from 0:00 to 1:00.
    pub level: Vec<Option<f64>>,
    /// Degrees of the file, as are the slopes.
    pub busy_line: BrokenLine,
    pub other_line: BrokenLine,
    pub production: Vec<ProductionSlope>,
    /// Levels and slopes that the values determine.
    pub parameters: usize,
}

/// Use per unit of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductionSlope {
    pub term: Term,
    pub slope: f64,
    /// σ √ of the diagonal of (XᵀX)⁻¹, as if hours were independent: for the eye, not for the saving.
    pub standard_error: f64,
}

/// A week: with less, not even every hour of it has a value.
const LEAST_ROWS: usize = HOURS;
const ROUNDS: usize = 3;

/// Least squares of levels and slopes. The levels are eliminated exactly: slopes are those of values and columns less
/// their means in the hour of the week. Knots lie at the sixths of all temperatures.
pub(super) fn fit_week_production(
    spec: &PlantSpec,
    before: &Table,
) -> Result<(WeekProduction, WeekSpread), Vec<Reason>> {
    if before.interval != Interval::Hour {
        return Err(vec![reason(Cause::OtherInterval, None, before.interval.days(), Interval::Hour.days())]);
    }
    let count = before.complete().count();
    if count < LEAST_ROWS {
        return Err(vec![reason(Cause::TooFewRows, None, count as f64, LEAST_ROWS as f64)]);
    }
    let terms: Vec<Term> = super::plant_terms::fixed_terms(spec, before)
        .into_iter()
        .filter(|term| matches!(term, Term::Predictor { .. } | Term::Holiday))
        .collect();
    let (busy, knots) = temperature_parts(spec, before);
    let mut week = WeekProduction {
        busy,
        level: vec![None; HOURS],
        busy_line: BrokenLine { knots: knots.clone(), slopes: Vec::new() },
        other_line: BrokenLine { knots, slopes: Vec::new() },
        production: terms.into_iter().map(|term| ProductionSlope { term, slope: 0.0, standard_error: 0.0 }).collect(),
        parameters: 0,
    };
    let rows: Vec<(usize, Vec<f64>, f64)> = before
        .complete()
        .filter_map(|(row, value)| Some((hour_of_week(&row.known), week.slope_columns(&row.known)?, value)))
        .collect();
    let size = rows.first().map_or(0, |(_, columns, _)| columns.len());
    let means = Means::of(&rows, size);
    let (system, slopes) = slopes(&rows, &means, size);
    let mut scatter = 0.0;
    for (hour, columns, value) in &rows {
        let explained: f64 =
            (0..size).map(|place| (columns[place] - means.columns[*hour][place]) * slopes[place]).sum();
        scatter += (value - means.value[*hour] - explained).powi(2);
    }
    for hour in (0..HOURS).filter(|hour| means.count[*hour] > 0.0) {
        let explained: f64 = means.columns[hour].iter().zip(&slopes).map(|(mean, slope)| mean * slope).sum();
        week.level[hour] = Some(means.value[hour] - explained);
    }
    week.parameters = means.count.iter().filter(|count| **count > 0.0).count() + system.rank();
    week.take(&slopes);
    let Some(left) = rows.len().checked_sub(week.parameters).filter(|left| *left > 0) else {
        return Err(vec![reason(Cause::TooFewRows, None, rows.len() as f64, week.parameters as f64 + 1.0)]);
    };
    let first = size - week.production.len();
    for (place, production) in week.production.iter_mut().enumerate() {
        let mut unit = vec![0.0; size];
        unit[first + place] = 1.0;
        production.standard_error = (scatter / left as f64 * system.quadratic(&unit)).max(0.0).sqrt();
    }
    Ok((week, WeekSpread { means, system }))
}

/// Which hours of the week are busy, and the knots; nothing without temperatures.
fn temperature_parts(spec: &PlantSpec, before: &Table) -> (Vec<bool>, Vec<f64>) {
    let Some(unit) = spec.temperature else { return (Vec::new(), Vec::new()) };
    let row = |(row, value): (&super::plant_rows::Row, f64)| {
        let temperature = unit.to_fahrenheit(row.known.temperature?);
        Some(HourRow { hour_of_week: hour_of_week(&row.known), temperature, value, weight: 1.0 })
    };
    let rows: Vec<HourRow> = before.complete().filter_map(row).collect();
    let temperatures: Vec<f64> = before.complete().filter_map(|(row, _)| row.known.temperature).collect();
    (busy_hours(&rows), sixth_knots(&temperatures))
}

fn hour_of_week(known: &Known) -> usize {
    known.weekday * 24 + known.hour
}

/// What the influence of a row needs: the means that were taken out, and XᵀX of what was left.
pub(super) struct WeekSpread {
    means: Means,
    system: Symmetric,
}

impl WeekSpread {
    /// How much of the error of each baseline row enters the predicted sum over the reporting rows; `None` for rows that
    /// the model does not look at.
    pub(super) fn influence(&self, week: &WeekProduction, before: &[Known], reporting: &[Known]) -> Vec<Option<f64>> {
        let mut count = vec![0.0; HOURS];
        let mut reach: Vec<f64> = vec![0.0; self.means.columns[0].len()];
        for known in reporting {
            let hour = hour_of_week(known);
            let Some(columns) = week.slope_columns(known).filter(|_| week.level[hour].is_some()) else { continue };
            count[hour] += 1.0;
            let mean = &self.means.columns[hour];
            reach.iter_mut().zip(columns.iter().zip(mean)).for_each(|(sum, (value, mean))| *sum += value - mean);
        }
        let slopes = self.system.solve(&reach);
        let row = |known: &Known| {
            let hour = hour_of_week(known);
            let columns = week.slope_columns(known)?;
            let centred = columns.iter().zip(&self.means.columns[hour]).map(|(value, mean)| value - mean);
            let own = count[hour] / self.means.count[hour];
            Some(own + centred.zip(&slopes).map(|(x, slope)| x * slope).sum::<f64>())
        };
        before.iter().map(row).collect()
    }
}

/// Means of values and columns in each hour of the week.
struct Means {
    count: Vec<f64>,
    value: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

impl Means {
    fn of(rows: &[(usize, Vec<f64>, f64)], size: usize) -> Means {
        let mut means =
            Means { count: vec![0.0; HOURS], value: vec![0.0; HOURS], columns: vec![vec![0.0; size]; HOURS] };
        for (hour, columns, value) in rows {
            means.count[*hour] += 1.0;
            means.value[*hour] += value;
            means.columns[*hour].iter_mut().zip(columns).for_each(|(sum, value)| *sum += value);
        }
        for hour in (0..HOURS).filter(|hour| means.count[*hour] > 0.0) {
            let count = means.count[hour];
            means.value[hour] /= count;
            means.columns[hour].iter_mut().for_each(|sum| *sum /= count);
        }
        means
    }
}

fn slopes(rows: &[(usize, Vec<f64>, f64)], means: &Means, size: usize) -> (Symmetric, Vec<f64>) {
    let mut matrix = vec![0.0; size * size];
    let centred = |hour: usize, columns: &[f64]| -> Vec<f64> {
        columns.iter().zip(&means.columns[hour]).map(|(value, mean)| value - mean).collect()
    };
    for (hour, columns, _) in rows {
        let x = centred(*hour, columns);
        for one in 0..size {
            for other in 0..=one {
                matrix[one * size + other] += x[one] * x[other];
            }
        }
    }
    for one in 0..size {
        for other in 0..one {
            matrix[other * size + one] = matrix[one * size + other];
        }
    }
    let system = Symmetric::factorise(&matrix, size);
    let mut slopes = vec![0.0; size];
    // Later rounds work on what the first left over, and so restore the digits that XᵀX costs.
    for _ in 0..ROUNDS {
        let mut right = vec![0.0; size];
        for (hour, columns, value) in rows {
            let x = centred(*hour, columns);
            let explained: f64 = x.iter().zip(&slopes).map(|(x, slope)| x * slope).sum();
            let left = value - means.value[*hour] - explained;
            right.iter_mut().zip(&x).for_each(|(sum, x)| *sum += x * left);
        }
        slopes.iter_mut().zip(system.solve(&right)).for_each(|(slope, step)| *slope += step);
    }
    (system, slopes)
}

impl WeekProduction {
    pub fn predict(&self, known: &Known) -> Option<f64> {
        let level = self.level.get(hour_of_week(known)).copied().flatten()?;
        let columns = self.slope_columns(known)?;
        Some(level + columns.iter().zip(self.slopes()).map(|(x, slope)| x * slope).sum::<f64>())
    }

    pub fn terms(&self) -> Vec<Term> {
        let mut terms: Vec<Term> = self.production.iter().map(|production| production.term.clone()).collect();
        if !self.busy.is_empty() {
            terms.push(Term::Temperature);
        }
        terms
    }

    /// A column for each weekday, then the slopes. Summed over a day it is the row of a model of days: the levels of a
    /// weekday's hours are one level there.
    pub(super) fn columns(&self, known: &Known) -> Option<Vec<f64>> {
        self.level.get(hour_of_week(known)).copied().flatten()?;
        let mut row = vec![0.0; 7];
        row[known.weekday] = 1.0;
        row.extend(self.slope_columns(known)?);
        Some(row)
    }

    /// Piece lengths of busy and of other hours, one of both zero; then production.
    fn slope_columns(&self, known: &Known) -> Option<Vec<f64>> {
        let mut columns = Vec::new();
        if !self.busy.is_empty() {
            let lengths = BrokenLine::lengths(&self.busy_line.knots, known.temperature?);
            let is_busy = self.busy[hour_of_week(known)];
            for side in [true, false] {
                columns.extend(lengths.iter().map(|length| if side == is_busy { *length } else { 0.0 }));
            }
        }
        for production in &self.production {
            columns.push(production.term.value(known)?);
        }
        Some(columns)
    }

    fn slopes(&self) -> impl Iterator<Item = f64> {
        let lines = self.busy_line.slopes.iter().chain(&self.other_line.slopes).copied();
        lines.chain(self.production.iter().map(|production| production.slope))
    }

    fn take(&mut self, slopes: &[f64]) {
        let pieces = (slopes.len() - self.production.len()) / 2;
        self.busy_line.slopes = slopes[..pieces].to_vec();
        self.other_line.slopes = slopes[pieces..2 * pieces].to_vec();
        for (production, slope) in self.production.iter_mut().zip(&slopes[2 * pieces..]) {
            production.slope = *slope;
        }
    }
}
