//! The solver of linear problems that this program was built with, and the report that uses it.

use engine::catalogue::Catalogue;
use engine::matching::objective::works::Solver;
use engine::park::Park;
use engine::report::{Order, ParkReport, report_with};

#[cfg(feature = "milp")]
pub const SOLVER: Option<Solver> = Some(Solver(solver::solve));
#[cfg(not(feature = "milp"))]
pub const SOLVER: Option<Solver> = None;

pub fn report(park: &Park, catalogue: &Catalogue, order: &Order) -> ParkReport {
    report_with(park, catalogue, order, SOLVER)
}
