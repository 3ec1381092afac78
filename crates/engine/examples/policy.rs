//! How long a changed rule over a nation of generated parks takes. `cargo run -p engine --example policy`

#[path = "../tests/policy/parks.rs"]
mod parks;
#[path = "../tests/repository/mod.rs"]
mod repository;

use std::time::Instant;

use engine::assess::policy::{ChangeSet, KeptPark, RowChange, keep, simulate};
use engine::ids::FrameworkId;
use engine::observe::observe;
use engine::period::Period;

const PARKS: usize = 400;
const ROUNDS: usize = 21;

fn main() {
    let catalogue = repository::catalogue();
    let year = Period::year(2024).expect("2024 is a year");
    let every: Vec<_> = catalogue.frameworks.values().flat_map(|framework| &framework.criteria).collect();
    let began = Instant::now();
    let kept: Vec<KeptPark> = parks::nation(1, PARKS, &catalogue)
        .iter()
        .map(|park| keep(park, &observe(park, &catalogue, year), &catalogue, every.iter().copied()))
        .collect();
    println!("{PARKS} parks kept in {} ms", began.elapsed().as_millis());

    // All criteria of all editions in one, every target that is a number moved.
    let mut edition = catalogue.frameworks[&FrameworkId::new("vn-decree-35-2022")].clone();
    edition.criteria = every.into_iter().cloned().collect();
    let moved = edition.criteria.iter().filter(|row| row.unit == "percent");
    let change = |target: f64| RowChange { target: Some((target + 10.0).min(100.0)), ..RowChange::default() };
    let changes =
        ChangeSet { rows: moved.map(|row| (row.id.clone(), change(row.target))).collect(), ..ChangeSet::default() };
    let mut millis: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let effect = simulate(&edition, &changes, &kept, &catalogue).expect("the change set has no fault");
            assert_eq!(effect.parks.len(), PARKS);
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    let effect = simulate(&edition, &changes, &kept, &catalogue).expect("the change set has no fault");
    println!(
        "{} criteria, {} changed, {} flips, {} open: median {:.1} ms, least {:.1}, most {:.1}, n = {ROUNDS}",
        edition.criteria.len(),
        changes.rows.len(),
        effect.flips.len(),
        effect.open.len(),
        millis[ROUNDS / 2],
        millis[0],
        millis[ROUNDS - 1],
    );
}
