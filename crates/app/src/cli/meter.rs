//! `verify meter`: one meter before and after, by a published model or one of ours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use engine::fault::Fault;
use engine::period::parse_date;
use engine::verify::meter::{MeterModel, Prediction, TemperatureUnit, verify_meter};
use engine::verify::meter_file::{MeterRow, read_meter, read_with};
use engine::verify::plant::{PlantModel, PlantPredictor, PlantSpec, verify_plant};
use engine::verify::validity::Sign;

use super::{Answer, Stop, print_json};
use crate::files;

#[derive(Args)]
pub struct Arguments {
    /// daily_legacy, billing, hourly_caltrack or towt; or, with production: regression, change_point or towt_production
    #[arg(long)]
    model: String,
    /// timestamp,value,temperature and further columns before the change; .csv or .csv.gz
    #[arg(long)]
    baseline: PathBuf,
    /// The same after it
    #[arg(long)]
    reporting: PathBuf,
    /// F or C; without it models with production look at no temperature
    #[arg(long)]
    temperature_unit: Option<String>,
    /// A column that may explain the use, whose slope is not negative; NAME=any and NAME=not-positive say otherwise
    #[arg(long)]
    predictor: Vec<String>,
    /// A column of standstill (0 or 1, or days), whose slope is not positive
    #[arg(long)]
    shutdown: Vec<String>,
    /// A day that is no working day
    #[arg(long)]
    holiday: Vec<String>,
    /// Where to write timestamp,period,observed,predicted
    #[arg(long)]
    predictions: Option<PathBuf>,
}

pub fn verify(arguments: &Arguments) -> Answer {
    let unit = arguments.temperature_unit.as_deref().map(unit_of).transpose()?;
    if let Some(model) = PlantModel::parse(&arguments.model) {
        let spec = spec(arguments, model, unit)?;
        let names: Vec<String> = spec.predictors.iter().map(|predictor| predictor.name.clone()).collect();
        let [baseline, reporting] = periods(arguments, |file, text| read_with(file, text, &names))?;
        let answer = verify_plant(&spec, &baseline, &reporting);
        write_predictions(arguments, &answer.predictions, &baseline, &reporting)?;
        return print_json(&answer);
    }
    let model = model_of(&arguments.model, &PlantModel::ALL.map(PlantModel::code))?;
    let unit = unit.ok_or_else(|| Stop::Usage("--temperature-unit: expected F or C".to_string()))?;
    if !(arguments.predictor.is_empty() && arguments.shutdown.is_empty() && arguments.holiday.is_empty()) {
        let ours = PlantModel::ALL.map(PlantModel::code).join(", ");
        return Err(Stop::Usage(format!("model `{}` takes no predictors; {ours} do", model.code())));
    }
    let [baseline, reporting] = periods(arguments, read_meter)?;
    let answer = verify_meter(model, &baseline, &reporting, unit);
    write_predictions(arguments, &answer.predictions, &baseline, &reporting)?;
    print_json(&answer)
}

/// A published model; `others` are named beside them where none is meant.
pub fn model_of(name: &str, others: &[&str]) -> Result<MeterModel, Stop> {
    let known = || [&MeterModel::ALL.map(MeterModel::code), others].concat().join(", ");
    MeterModel::parse(name).ok_or_else(|| Stop::Usage(format!("model `{name}`: expected one of {}", known())))
}

pub fn unit_of(name: &str) -> Result<TemperatureUnit, Stop> {
    match name {
        "F" => Ok(TemperatureUnit::Fahrenheit),
        "C" => Ok(TemperatureUnit::Celsius),
        other => Err(Stop::Usage(format!("temperature unit `{other}`: expected F or C"))),
    }
}

fn spec(arguments: &Arguments, model: PlantModel, temperature: Option<TemperatureUnit>) -> Result<PlantSpec, Stop> {
    let mut predictors: Vec<PlantPredictor> = arguments.predictor.iter().map(|text| predictor(text)).collect();
    let standstill = |name: &String| PlantPredictor { name: name.clone(), sign: Sign::NotPositive };
    predictors.extend(arguments.shutdown.iter().map(standstill));
    let mut holidays = Vec::new();
    for text in &arguments.holiday {
        let day = parse_date(text).ok_or_else(|| Stop::Usage(format!("holiday `{text}`: expected 2024-09-02")))?;
        holidays.push(day);
    }
    let mut names: Vec<&str> = predictors.iter().map(|predictor| predictor.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Stop::Usage(format!("predictor `{}`: named twice", pair[0])));
    }
    if names.is_empty() && temperature.is_none() {
        return Err(Stop::Usage("nothing explains the use: expected --predictor or --temperature-unit".to_string()));
    }
    Ok(PlantSpec { model, predictors, holidays, temperature })
}

fn predictor(text: &str) -> PlantPredictor {
    let (name, sign) = match text.rsplit_once('=') {
        Some((name, "any")) => (name, Sign::Any),
        Some((name, "not-positive")) => (name, Sign::NotPositive),
        Some((name, "not-negative")) => (name, Sign::NotNegative),
        _ => (text, Sign::NotNegative),
    };
    PlantPredictor { name: name.to_string(), sign }
}

/// Baseline and reporting period, or the faults of both files at once.
fn periods(
    arguments: &Arguments,
    read: impl Fn(&str, &str) -> Result<Vec<MeterRow>, Vec<Fault>>,
) -> Result<[Vec<MeterRow>; 2], Stop> {
    let (baseline, reporting) = (rows(&arguments.baseline, &read)?, rows(&arguments.reporting, &read)?);
    match (baseline, reporting) {
        (Ok(baseline), Ok(reporting)) => Ok([baseline, reporting]),
        (baseline, reporting) => {
            Err(Stop::Faults([baseline.err(), reporting.err()].into_iter().flatten().flatten().collect()))
        }
    }
}

/// The rows of a file of a meter, or everything that is wrong with it.
pub fn rows(
    path: &Path,
    read: impl Fn(&str, &str) -> Result<Vec<MeterRow>, Vec<Fault>>,
) -> anyhow::Result<Result<Vec<MeterRow>, Vec<Fault>>> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(match files::read_text(path)? {
        Ok(text) => read(&file, &text),
        Err(fault) => Err(vec![fault]),
    })
}

fn write_predictions(
    arguments: &Arguments,
    predictions: &[Prediction],
    baseline: &[MeterRow],
    reporting: &[MeterRow],
) -> anyhow::Result<()> {
    let Some(path) = &arguments.predictions else { return Ok(()) };
    fs::write(path, predictions_csv(predictions, baseline, reporting))
        .with_context(|| format!("write {}", path.display()))
}

fn predictions_csv(predictions: &[Prediction], baseline: &[MeterRow], reporting: &[MeterRow]) -> String {
    let mut text = String::from("timestamp,period,observed,predicted\n");
    for prediction in predictions {
        let (period, rows) = if prediction.is_baseline { ("baseline", baseline) } else { ("reporting", reporting) };
        let shown = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let (observed, predicted) = (shown(prediction.observed), shown(prediction.predicted));
        text.push_str(&format!("{},{period},{observed},{predicted}\n", rows[prediction.row].stamp));
    }
    text
}
