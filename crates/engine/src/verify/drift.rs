//! What an instrument that drifts does to a meter's model: how the predicted use of the rows compared moves with production,
//! drivers and temperature. See `docs/methods/savings.md`.

use std::collections::BTreeMap;

use super::measures::{COOLING_BASE_C, HEATING_BASE_C};
use super::meter::{Coefficients, MeterAnswer};
use super::meter_file::MeterRow;
use super::plant::{PlantAnswer, PlantCoefficients};
use super::term::Term;
use crate::park::plans::{Plan, TEMPERATURE};

/// By how much the predicted use rises when a column, or the temperature (`outdoor-temperature`), reads all of its value too
/// high: signed, by its name in the plan. What the model does not look at is not in it.
pub type Moved = BTreeMap<String, f64>;

/// Degrees that a thermometer rises when the degree days that it gives drift by all of their value: those beyond the bases
/// that degree days are counted from, whatever the balance points of a model are.
fn warming(celsius: f64) -> f64 {
    (celsius - COOLING_BASE_C).max(0.0) + (HEATING_BASE_C - celsius).max(0.0)
}

/// Of a model of plants over the rows of the reporting period that entered its saving.
pub(super) fn of_plant(answer: &PlantAnswer, reporting: &[MeterRow], plan: &Plan) -> Moved {
    let is_whole = |row: &&MeterRow| {
        row.value.is_some()
            && row.others.iter().all(Option::is_some)
            && (row.temperature.is_some() || !plan.has_temperature())
    };
    let rows: Vec<&MeterRow> = reporting.iter().filter(is_whole).collect();
    let mut moved = Moved::new();
    match &answer.coefficients {
        Some(PlantCoefficients::Terms(found)) => {
            for (term, slope) in found.terms.iter().zip(found.model.coef.iter().skip(1)) {
                add_term(&mut moved, term, *slope, &rows, plan);
            }
        }
        Some(PlantCoefficients::Week(week)) => {
            let knows = |row: &&MeterRow| week.level[hour_of_week(row)].is_some();
            let rows: Vec<&MeterRow> = rows.into_iter().filter(knows).collect();
            for production in &week.production {
                add_term(&mut moved, &production.term, production.slope, &rows, plan);
            }
            if !week.busy.is_empty() {
                let line = |row: &MeterRow| match week.busy[hour_of_week(row)] {
                    true => &week.busy_line,
                    false => &week.other_line,
                };
                let of_row = |row: &&MeterRow| row.temperature.map(|now| line(row).slope_at(now) * warming(now));
                moved.insert(TEMPERATURE.to_string(), rows.iter().filter_map(of_row).sum());
            }
        }
        None => {}
    }
    moved
}

/// One term of a model: slope × how it moves. The calendar moves with no drift, nor does the column of an adjustment.
fn add_term(moved: &mut Moved, term: &Term, slope: f64, rows: &[&MeterRow], plan: &Plan) {
    let name = match term {
        Term::Predictor { name, .. } | Term::Knee { name, .. } => name,
        Term::Temperature | Term::Heating { .. } | Term::Cooling { .. } => TEMPERATURE,
        // A level that is reached or not is the same a little higher or lower.
        Term::Running { .. } | Term::Step { .. } | Term::Saturday | Term::Sunday | Term::Holiday => return,
    };
    if name == TEMPERATURE || plan.predictors.iter().any(|planned| planned == name) {
        let sum: f64 = rows.iter().filter_map(|row| moves(term, row)).sum();
        *moved.entry(name.to_string()).or_default() += slope * sum;
    }
}

/// By how much the value of a term rises in one row; `None` where it does not move.
fn moves(term: &Term, row: &MeterRow) -> Option<f64> {
    let other = |column: &usize| row.others.get(*column).copied().flatten();
    match term {
        Term::Predictor { column, .. } => other(column),
        Term::Knee { column, knee, .. } => other(column).filter(|value| value > knee),
        Term::Temperature => row.temperature.map(warming),
        Term::Heating { balance } => row.temperature.filter(|now| now < balance).map(|now| -warming(now)),
        Term::Cooling { balance } => row.temperature.filter(|now| now > balance).map(warming),
        Term::Running { .. } | Term::Step { .. } | Term::Saturday | Term::Sunday | Term::Holiday => None,
    }
}

/// °F in one °C: slopes of the published models are by °F.
const FAHRENHEIT: f64 = 1.8;

/// Of a published model, which looks at the temperature alone.
pub(super) fn of_published(answer: &MeterAnswer, reporting: &[MeterRow]) -> Moved {
    let Some(coefficients) = &answer.coefficients else { return Moved::new() };
    // Use per °F at a row; `None` where nothing is predicted.
    let slope = |row: &MeterRow, fahrenheit: f64| match coefficients {
        Coefficients::Curve(curve) => {
            let heating =
                curve.heating.filter(|slope| fahrenheit < slope.balance).map_or(0.0, |slope| slope.per_degree);
            let cooling =
                curve.cooling.filter(|slope| fahrenheit > slope.balance).map_or(0.0, |slope| slope.per_degree);
            Some(cooling - heating)
        }
        Coefficients::Weeks(months) => {
            let month = months.iter().find(|month| month.months.contains(&row.local.month()))?;
            let hour = hour_of_week(row);
            month.week.knows(hour).then(|| month.week.line(hour).slope_at(fahrenheit))
        }
    };
    let of_row = |row: &MeterRow| {
        let celsius = row.temperature.filter(|_| row.value.is_some())?;
        Some(slope(row, celsius * FAHRENHEIT + 32.0)? * FAHRENHEIT * warming(celsius))
    };
    Moved::from([(TEMPERATURE.to_string(), reporting.iter().filter_map(of_row).sum())])
}

fn hour_of_week(row: &MeterRow) -> usize {
    row.local.weekday().to_monday_zero_offset() as usize * 24 + row.local.hour() as usize
}
