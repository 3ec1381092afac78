//! The solver of linear problems that this program was built with, and the report that uses it. A problem that was solved
//! to its end is solved once: report, matching page, network page and deal sheet ask for the same parts of a network.

#[cfg(feature = "milp")]
use std::collections::BTreeMap;
#[cfg(feature = "milp")]
use std::sync::Mutex;

use engine::catalogue::Catalogue;
#[cfg(feature = "milp")]
use engine::linear::{Limits, LinearAnswer, LinearProblem};
use engine::matching::objective::Wanted;
use engine::matching::objective::works::Solver;
use engine::park::Park;
use engine::report::{Order, ParkReport, report_with};
#[cfg(feature = "milp")]
use engine::source::Digest;

#[cfg(feature = "milp")]
pub const SOLVER: Option<Solver> = Some(Solver(solve));
#[cfg(not(feature = "milp"))]
pub const SOLVER: Option<Solver> = None;

/// Answers that are kept: those of a park have a few hundred numbers each.
#[cfg(feature = "milp")]
const MOST_KEPT: usize = 10_000;
#[cfg(feature = "milp")]
static KEPT: Mutex<BTreeMap<Digest, LinearAnswer>> = Mutex::new(BTreeMap::new());

/// By HiGHS, or as it was answered before. What ended early is asked again: the machine may have more time then.
#[cfg(feature = "milp")]
fn solve(problem: &LinearProblem, limits: &Limits) -> Result<LinearAnswer, String> {
    let digest = Digest::of(format!("{problem:?} {limits:?}").as_bytes());
    if let Some(answer) = KEPT.lock().ok().and_then(|kept| kept.get(&digest).cloned()) {
        return Ok(answer);
    }
    let answer = solver::solve(problem, limits)?;
    if answer.is_optimal
        && let Ok(mut kept) = KEPT.lock()
    {
        while kept.len() >= MOST_KEPT {
            kept.pop_first();
        }
        kept.insert(digest, answer.clone());
    }
    Ok(answer)
}

pub fn report(park: &Park, catalogue: &Catalogue, order: &Order) -> ParkReport {
    report_with(park, catalogue, order, SOLVER)
}

/// The report as far as it needs no mixed-integer problem, and the network that it lacks.
pub fn report_begun(park: &Park, catalogue: &Catalogue, order: &Order) -> (ParkReport, Option<Wanted>) {
    engine::report::report_begun(park, catalogue, order, SOLVER)
}
