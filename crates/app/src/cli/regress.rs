//! `verify regress` and `verify search`: regressions on the columns of a CSV file.

use std::path::Path;

use anyhow::anyhow;
use engine::fault::FaultKind;
use engine::table::{Cell, Sheet, read_csv};
use engine::verify::regression::{self, Predictor};
use engine::verify::search;

use super::{Answer, Stop, print_json};
use crate::files;

pub fn regress(csv: &Path, response: &str, predictors: &[String]) -> Answer {
    let (response, predictors) = columns(csv, response, predictors)?;
    match regression::regress(&response, &predictors) {
        Ok(model) => print_json(&model),
        // A refusal is an answer: it says what is missing.
        Err(refusal) => print_json(&serde_json::json!({ "refused": refusal })),
    }
}

pub fn search(csv: &Path, response: &str, predictors: &[String], max: usize) -> Answer {
    let (response, predictors) = columns(csv, response, predictors)?;
    print_json(&search::search(&response, &predictors, max))
}

/// The response and the predictors of a file; every cell that is not a number is a fault.
fn columns(path: &Path, response: &str, names: &[String]) -> Result<(Vec<f64>, Vec<Predictor>), Stop> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sheet =
        files::read_text(path)?.and_then(|text| read_csv(&file, &text)).map_err(|fault| Stop::Faults(vec![fault]))?;
    let mut faults = Vec::new();
    let mut values = Vec::new();
    for name in std::iter::once(response).chain(names.iter().map(String::as_str)) {
        match sheet.columns.iter().position(|column| column == name) {
            Some(index) => values.push(numbers(&sheet, name, index, &mut faults)),
            None => {
                faults.push(sheet.fault(1, name, FaultKind::MissingColumn, sheet.columns.join(", "), name.to_string()))
            }
        }
    }
    if !faults.is_empty() {
        return Err(Stop::Faults(faults));
    }
    let mut values = values.into_iter();
    let response = values.next().ok_or_else(|| Stop::Failed(anyhow!("the response column was read above")))?;
    let predictors = names.iter().cloned().zip(values).map(|(name, values)| Predictor { name, values }).collect();
    Ok((response, predictors))
}

fn numbers(sheet: &Sheet, name: &str, index: usize, faults: &mut Vec<engine::fault::Fault>) -> Vec<f64> {
    let mut numbers = Vec::new();
    for (line, cells) in &sheet.rows {
        let cell = cells.get(index).unwrap_or(&Cell::Empty);
        match cell.shown().parse::<f64>() {
            Ok(number) if number.is_finite() => numbers.push(number),
            _ => faults.push(sheet.fault(*line, name, FaultKind::NotANumber, cell.shown(), "1234.5".to_string())),
        }
    }
    numbers
}
