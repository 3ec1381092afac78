//! How long a changed rule over a nation of generated parks takes. `cargo run -p engine --example policy`

#[path = "../tests/policy/parks.rs"]
mod parks;
#[path = "../tests/repository/mod.rs"]
mod repository;

use std::time::Instant;

use engine::assess::policy::{ChangeSet, Effect, KeptPark, RowChange, changed, keep, simulate};
use engine::assess::{Outcome, assess};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::ids::FrameworkId;
use engine::matching::{choose_network, find_exchanges};
use engine::observe::observe;
use engine::park::Park;
use engine::period::Period;
use engine::plan::policy::{KeptPlan, Needs, keep_plan, needs};
use engine::plan::{Assumptions, plan};

const PARKS: usize = 400;
const ROUNDS: usize = 21;

fn main() {
    let catalogue = repository::catalogue();
    let year = Period::year(2024).expect("2024 is a year");
    let every: Vec<_> = catalogue.frameworks.values().flat_map(|framework| &framework.criteria).collect();
    let began = Instant::now();
    let kept: Vec<(KeptPark, KeptPlan)> =
        parks::nation(1, PARKS, &catalogue).iter().map(|park| of_park(park, &catalogue, year)).collect();
    let (kept, plans): (Vec<KeptPark>, Vec<KeptPlan>) = kept.into_iter().unzip();
    println!("{PARKS} parks kept in {} ms", began.elapsed().as_millis());

    // All criteria of all editions in one, every target that is a number moved.
    let mut edition = catalogue.frameworks[&FrameworkId::new("vn-decree-35-2022")].clone();
    edition.criteria = every.into_iter().cloned().collect();
    let moved = edition.criteria.iter().filter(|row| row.unit == "percent");
    let change = |target: f64| RowChange { target: Some((target + 10.0).min(100.0)), ..RowChange::default() };
    let changes =
        ChangeSet { rows: moved.map(|row| (row.id.clone(), change(row.target))).collect(), ..ChangeSet::default() };
    let after = changed(&edition, &changes, &catalogue).expect("the change set has no fault");
    let try_once = || simulate(&edition, &changes, &kept, &catalogue).expect("the change set has no fault");
    let effect = try_once();
    println!(
        "{} criteria, {} changed, {} flips, {} open, n = {ROUNDS}",
        edition.criteria.len(),
        changes.rows.len(),
        effect.flips.len(),
        effect.open.len(),
    );
    measure("outcomes", || try_once().parks.len());
    measure("outcomes and the least-cost way of every park", || {
        let effect = try_once();
        starts_needed(&effect, &edition, &kept, &plans, &catalogue)
            + starts_needed(&effect, &after, &kept, &plans, &catalogue)
    });
}

fn of_park(park: &Park, catalogue: &Catalogue, year: Period) -> (KeptPark, KeptPlan) {
    let every = || catalogue.frameworks.values().flat_map(|framework| &framework.criteria);
    let balance = observe(park, catalogue, year);
    let network = choose_network(&find_exchanges(park, catalogue));
    let assessments: Vec<_> =
        catalogue.frameworks.values().map(|framework| assess(park, &balance, framework, catalogue)).collect();
    let plan = plan(park, &balance, &assessments, &network, catalogue, Assumptions::default());
    (keep(park, &balance, catalogue, every()), keep_plan(park, &balance, &plan, &network, catalogue, every()))
}

/// Goes every way of every park to every row that it does not meet after the change.
fn starts_needed(
    effect: &Effect,
    edition: &Framework,
    kept: &[KeptPark],
    plans: &[KeptPlan],
    catalogue: &Catalogue,
) -> usize {
    let mut sum = 0;
    for ((told, park), plan) in effect.parks.iter().zip(kept).zip(plans) {
        for (id, (_, after)) in effect.criteria.iter().zip(&told.outcomes) {
            let Some(row) = edition.criterion(id).filter(|_| *after == Some(Outcome::NotMet)) else { continue };
            if let Needs::Starts { needed, .. } = needs(row, &park.values[id], plan, catalogue) {
                sum += needed;
            }
        }
    }
    sum
}

fn measure(what: &str, mut work: impl FnMut() -> usize) {
    let mut millis: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(work());
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    millis.sort_by(f64::total_cmp);
    println!("{what}: median {:.1} ms, least {:.1}, most {:.1}", millis[ROUNDS / 2], millis[0], millis[ROUNDS - 1]);
}
