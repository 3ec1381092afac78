//! Our side of `./run bench verify`: `meters FOLDER N` fits and applies the published models to the meters of a folder, N
//! times each from parsed rows, and prints one JSON document. `bench/verify/bench` holds it against the references.

use std::path::Path;

use cpu_time::ProcessTime;
use engine::verify::meter::{MeterModel, TemperatureUnit, verify_meter};
use engine::verify::meter_file::{MeterRow, read_meter};
use engine::verify::regression::Predictor;
use engine::verify::search::search;
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, times] = arguments.as_slice() else { panic!("usage: meters FOLDER N") };
    let (folder, times) = (Path::new(folder), times.parse::<usize>().unwrap_or(9));
    let mut answers = Vec::new();
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".csv").map(str::to_string))
        .collect();
    names.sort();
    for name in &names {
        let [meter, "baseline", step] = name.split('.').collect::<Vec<_>>()[..] else { continue };
        let models: &[MeterModel] = match step {
            "daily" => &[MeterModel::DailyLegacy],
            "monthly" => &[MeterModel::Billing],
            _ => &[MeterModel::HourlyCaltrack, MeterModel::Towt],
        };
        for &model in models {
            let (baseline, reporting) = (rows(folder, meter, "baseline", step), rows(folder, meter, "reporting", step));
            let run = || verify_meter(model, &baseline, &reporting, TemperatureUnit::Fahrenheit);
            let answer = run();
            let seconds = timed(times, || {
                std::hint::black_box(run());
            });
            answers.push(json!({
                "meter": meter,
                "model": model.code(),
                "seconds": seconds,
                "sse": answer.metrics.map(|metrics| metrics.sse),
                "savings": answer.savings,
            }));
        }
    }
    println!("{}", json!({ "meters": answers, "search": searched(times) }));
}

/// The 162 subsets of up to four of eight predictors over 36 months, on made-up figures both sides make alike.
fn searched(times: usize) -> Value {
    let value = |row: usize, column: usize| 100.0 + ((row * 37 + column * 101 + row * row * (column + 3)) % 97) as f64;
    let predictors: Vec<Predictor> = (0..8)
        .map(|column| Predictor { name: format!("x{column}"), values: (0..36).map(|row| value(row, column)).collect() })
        .collect();
    let response: Vec<f64> =
        (0..36).map(|row| 50.0 + 2.0 * value(row, 0) + 0.5 * value(row, 3) + (row * 53 % 29) as f64).collect();
    let found = search(&response, &predictors, 4);
    let seconds = timed(times, || {
        std::hint::black_box(search(&response, &predictors, 4));
    });
    json!({ "seconds": seconds, "answer": serde_json::to_value(&found).unwrap_or_default() })
}

fn rows(folder: &Path, meter: &str, period: &str, step: &str) -> Vec<MeterRow> {
    let name = format!("{meter}.{period}.{step}.csv");
    let text = std::fs::read_to_string(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    read_meter(&name, &text).unwrap_or_else(|faults| panic!("{name}: {}", faults[0]))
}

fn timed(times: usize, mut work: impl FnMut()) -> Vec<f64> {
    (0..times)
        .map(|_| {
            let began = ProcessTime::now();
            work();
            began.elapsed().as_secs_f64()
        })
        .collect()
}
