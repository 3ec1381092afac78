//! How often the 90 % interval holds the true saving: `coverage PLANTS [TABLE [KIND [SEEDS]]]` makes that many plants for
//! each cell and prints one row a cell, as Markdown, with the share in per cent for every form. Tables: `population`,
//! `even`, `correlation`, `idle`; kinds: `month`, `week`, `day`, `hour`; `all` for either. Another number of SEEDS gives
//! other plants. The tables of `docs/methods/uncertainty.md` come from here.

#[path = "../tests/simulated/mod.rs"]
mod simulated;

use cpu_time::ProcessTime;
use engine::verify::interval::Interval;
use simulated::{Cell, Counts, Errors, Reach};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |place: usize, otherwise: u64| arguments.get(place).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let wanted = |place: usize, code: &str| arguments.get(place).is_none_or(|text| text == code || text == "all");
    let (plants, seeds) = (number(0, 1_000), number(3, 1));
    for (table, cells) in tables() {
        if !wanted(1, table) {
            continue;
        }
        println!("\n{table}\n\n{}", Counts::heading());
        for cell in cells.into_iter().filter(|cell| wanted(2, cell.interval.code())) {
            let began = ProcessTime::now();
            let row = over_threads(&cell, plants, seeds).row(&cell);
            println!("{row} {:.0} |", began.elapsed().as_secs_f64());
        }
    }
}

/// Each thread counts every so-manieth plant; whole numbers and widths add up to the same whatever their number.
fn over_threads(cell: &Cell, plants: u64, seeds: u64) -> Counts {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    std::thread::scope(|scope| {
        let count =
            |first: u64| scope.spawn(move || Counts::of(cell, seeds, (first..plants).step_by(threads as usize)));
        let running: Vec<_> = (0..threads).map(count).collect();
        running.into_iter().fold(Counts::default(), |sum, thread| sum.with(thread.join().expect("no plant panics")))
    })
}

const KINDS: [(Interval, usize); 6] = [
    (Interval::Month, 12),
    (Interval::Month, 24),
    (Interval::Month, 36),
    (Interval::Week, 52),
    (Interval::Day, 365),
    (Interval::Hour, 8_760),
];

fn tables() -> Vec<(&'static str, Vec<Cell>)> {
    let of = |errors: &dyn Fn(Interval) -> Vec<Errors>, reaches: &[Reach], idle_columns: usize| -> Vec<Cell> {
        let mut cells = Vec::new();
        for (interval, baseline) in KINDS {
            for errors in errors(interval) {
                cells.extend(reaches.iter().map(|&reach| Cell { interval, baseline, errors, reach, idle_columns }));
            }
        }
        cells
    };
    let both = [Reach::Inside, Reach::Outside];
    let fixed = |interval: Interval| {
        let highest = if interval == Interval::Hour { 0.9 } else { 0.7 };
        [0.0, 0.3, 0.5, 0.7, 0.9].into_iter().filter(|rho| *rho <= highest).map(Errors::FirstOrder).collect()
    };
    let drawn = |_| vec![Errors::AsMeters];
    let mut idle = of(&drawn, &[Reach::Outside], 4);
    idle.retain(|cell| cell.interval != Interval::Hour);
    vec![
        ("population", of(&drawn, &both, 0)),
        ("even", of(&|_| vec![Errors::Even], &both, 0)),
        ("correlation", of(&fixed, &both, 0)),
        ("idle", idle),
    ]
}
