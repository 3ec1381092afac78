//! How often the 90 % interval holds the true saving: `coverage PLANTS [hour|day|week|month]` makes that many plants for
//! each cell and prints one row a cell, as Markdown, with the share in per cent for every form. The table of
//! `docs/methods/uncertainty.md` comes from here.

#[path = "../tests/simulated/mod.rs"]
mod simulated;

use cpu_time::ProcessTime;
use engine::verify::interval::Interval;
use engine::verify::plant::verify_plant;
use engine::verify::uncertainty::Form;
use simulated::{Cell, Errors};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let plants: u64 = arguments.first().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let wanted = |interval: Interval| arguments.get(1).is_none_or(|code| code == interval.code());
    let forms: Vec<&str> = Form::ALL.iter().map(|form| form.code()).collect();
    println!(
        "| rows | errors | production | idle columns | chosen | {} | ashrae | median width | refused | s |",
        forms.join(" | ")
    );
    println!("|---{}|", "|---".repeat(forms.len() + 8));
    for cell in cells().into_iter().filter(|cell| wanted(cell.interval)) {
        let began = ProcessTime::now();
        println!("{} {:.0} |", row(&cell, plants), began.elapsed().as_secs_f64());
    }
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (interval, baseline) in [
        (Interval::Month, 12),
        (Interval::Month, 24),
        (Interval::Month, 36),
        (Interval::Week, 52),
        (Interval::Day, 365),
    ] {
        for rho in [0.0, 0.3, 0.5, 0.7] {
            for production in [1.0, 1.3] {
                let errors = Errors::FirstOrder(rho);
                cells.push(Cell { interval, baseline, errors, production, idle_columns: 0 });
            }
        }
        for rho in [0.0, 0.5] {
            let errors = Errors::FirstOrder(rho);
            cells.push(Cell { interval, baseline, errors, production: 1.3, idle_columns: 4 });
        }
    }
    for errors in
        [Errors::FirstOrder(0.0), Errors::FirstOrder(0.7), Errors::FirstOrder(0.95), Errors::TwoSpeeds(0.7, 0.6)]
    {
        for production in [1.0, 1.3] {
            cells.push(Cell { interval: Interval::Hour, baseline: 8_760, errors, production, idle_columns: 0 });
        }
    }
    cells
}

fn row(cell: &Cell, plants: u64) -> String {
    let calendar = cell.calendar();
    let (mut refused, mut held, mut ashrae) = (0_u64, vec![0_u64; Form::ALL.len() + 1], 0_u64);
    let mut widths = Vec::new();
    for seed in 0..plants {
        let plant = cell.plant(seed, &calendar);
        let answer = verify_plant(&plant.spec, &plant.baseline, &plant.reporting);
        let (Some(savings), Some(uncertainty)) = (answer.savings, answer.uncertainty) else {
            refused += 1;
            continue;
        };
        let error = (savings.savings - plant.saving).abs();
        held[0] += u64::from(error <= uncertainty.half_width_90);
        for (place, form) in Form::ALL.iter().enumerate() {
            held[place + 1] += u64::from(uncertainty.by(*form).is_some_and(|width| error <= width));
        }
        ashrae += u64::from(answer.ashrae_uncertainty_90.is_some_and(|width| error <= width));
        widths.push(uncertainty.half_width_90 / savings.predicted_sum);
    }
    widths.sort_by(f64::total_cmp);
    let told = (plants - refused).max(1) as f64;
    let share = |count: &u64| format!("{:.1}", 100.0 * *count as f64 / told);
    let shares: Vec<String> = held.iter().chain([&ashrae]).map(share).collect();
    let errors = match cell.errors {
        Errors::FirstOrder(rho) => format!("rho {rho}"),
        Errors::TwoSpeeds(hour, day) => format!("rho {hour} hour, {day} day"),
    };
    let median = widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN);
    let (rows, code) = (cell.baseline, cell.interval.code());
    format!(
        "| {rows} {code} | {errors} | {} | {} | {} | {:.1} % | {refused} |",
        cell.production,
        cell.idle_columns,
        shares.join(" | "),
        100.0 * median,
    )
}
