//! `verify meter`: one meter before and after, by a published model.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::verify::meter::{MeterAnswer, MeterModel, TemperatureUnit, verify_meter};
use engine::verify::meter_file::{MeterRow, read_meter};

use super::{Answer, Stop, print_json};
use crate::files;

#[derive(Args)]
pub struct Arguments {
    /// daily_legacy, billing, hourly_caltrack or towt
    #[arg(long)]
    model: String,
    /// timestamp,value,temperature before the change; .csv or .csv.gz
    #[arg(long)]
    baseline: PathBuf,
    /// The same after it
    #[arg(long)]
    reporting: PathBuf,
    /// F or C
    #[arg(long)]
    temperature_unit: String,
    /// Where to write timestamp,period,observed,predicted
    #[arg(long)]
    predictions: Option<PathBuf>,
}

pub fn verify(arguments: &Arguments) -> Answer {
    let (model, unit) = (model_of(&arguments.model)?, unit_of(&arguments.temperature_unit)?);
    let mut faults = Vec::new();
    let mut periods = Vec::new();
    for path in [&arguments.baseline, &arguments.reporting] {
        match rows(path)? {
            Ok(rows) => periods.push(rows),
            Err(found) => faults.extend(found),
        }
    }
    let [baseline, reporting] = periods.as_slice() else { return Err(Stop::Faults(faults)) };
    let answer = verify_meter(model, baseline, reporting, unit);
    if let Some(path) = &arguments.predictions {
        fs::write(path, predictions_csv(&answer, baseline, reporting))
            .with_context(|| format!("write {}", path.display()))?;
    }
    print_json(&answer)
}

pub fn model_of(name: &str) -> Result<MeterModel, Stop> {
    let known = || MeterModel::ALL.map(MeterModel::code).join(", ");
    MeterModel::parse(name).ok_or_else(|| Stop::Usage(format!("model `{name}`: expected one of {}", known())))
}

pub fn unit_of(name: &str) -> Result<TemperatureUnit, Stop> {
    match name {
        "F" => Ok(TemperatureUnit::Fahrenheit),
        "C" => Ok(TemperatureUnit::Celsius),
        other => Err(Stop::Usage(format!("temperature unit `{other}`: expected F or C"))),
    }
}

/// The rows of a file of a meter, or everything that is wrong with it.
pub fn rows(path: &Path) -> anyhow::Result<Result<Vec<MeterRow>, Vec<engine::fault::Fault>>> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(match files::read_text(path)? {
        Ok(text) => read_meter(&file, &text),
        Err(fault) => Err(vec![fault]),
    })
}

fn predictions_csv(answer: &MeterAnswer, baseline: &[MeterRow], reporting: &[MeterRow]) -> String {
    let mut text = String::from("timestamp,period,observed,predicted\n");
    for prediction in &answer.predictions {
        let (period, rows) = if prediction.is_baseline { ("baseline", baseline) } else { ("reporting", reporting) };
        let shown = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let (observed, predicted) = (shown(prediction.observed), shown(prediction.predicted));
        text.push_str(&format!("{},{period},{observed},{predicted}\n", rows[prediction.row].stamp));
    }
    text
}
