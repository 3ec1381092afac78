//! Solves the engine's linear and mixed-integer problems with HiGHS. A crate of its own because HiGHS takes minutes
//! to build and needs cmake, a C++ compiler and libclang (`docs/decisions/0008-highs-behind-a-value.md`).

use engine::linear::{Limits, LinearAnswer, LinearProblem};
use highs::{ColProblem, HighsModelStatus, HighsSolutionStatus, Sense};

/// HiGHS on one thread, so that the same problem takes the same way. Fits `engine::linear::LinearSolver`.
///
/// Errors: the problem is refused (a value that is no number, bounds that cross), or the solver gave up.
pub fn solve(problem: &LinearProblem, limits: &Limits) -> Result<LinearAnswer, String> {
    if problem.columns.is_empty() {
        return Ok(LinearAnswer {
            values: Some(Vec::new()),
            prices: Some(vec![0.0; problem.rows.len()]),
            bound: 0.0,
            is_optimal: true,
        });
    }
    let is_whole = problem.columns.iter().any(|column| column.is_whole);
    let scale = if is_whole { scale(problem) } else { 1.0 };
    let mut model =
        posed(problem, scale).try_optimise(Sense::Maximise).map_err(|status| format!("HiGHS: {status:?}"))?;
    model.make_quiet();
    model.set_option("threads", 1);
    model.set_option("time_limit", limits.seconds);
    model.set_option("mip_max_nodes", limits.branches);
    model.set_option("mip_rel_gap", limits.gap);
    model.set_option("mip_abs_gap", 0.0);
    model.set_option("mip_feasibility_tolerance", 1e-9);
    model.set_option("primal_feasibility_tolerance", 1e-9);
    if !limits.seeks_values {
        for search in ["mip_heuristic_run_rins", "mip_heuristic_run_rens", "mip_heuristic_run_root_reduced_cost"] {
            model.set_option(search, false);
        }
    }
    if let Some(start) = &limits.start {
        model.set_solution(Some(start), None, None, None);
    }
    let solved = model.try_solve().map_err(|status| format!("HiGHS: {status:?}"))?;
    let status = solved.status();
    let has_values = solved.primal_solution_status() == HighsSolutionStatus::Feasible;
    let is_optimal = status == HighsModelStatus::Optimal;
    // HiGHS calls its limit of branches one of solutions.
    let is_stopped = matches!(status, HighsModelStatus::ReachedTimeLimit | HighsModelStatus::ReachedSolutionLimit);
    if !is_optimal && !is_stopped {
        return Err(format!("HiGHS ended with {status:?}"));
    }
    let solution = solved.get_solution();
    let bound = match is_whole {
        true => solved.double_info_value(c"mip_dual_bound").map_err(|status| format!("HiGHS: {status:?}"))?,
        false if is_optimal => solved.objective_value(),
        false => f64::INFINITY,
    };
    Ok(LinearAnswer {
        values: has_values.then(|| solution.columns().to_vec()),
        prices: (!is_whole && is_optimal).then(|| solution.dual_rows().to_vec()),
        bound: bound / scale,
        is_optimal,
    })
}

/// Brings the greatest worth near a thousand, by a power of two so that nothing is rounded. With worths of millions HiGHS cannot
/// keep its tolerances: it gives up on the first linear problem and branches without a bound.
fn scale(problem: &LinearProblem) -> f64 {
    let greatest = problem.columns.iter().map(|column| column.worth.abs()).fold(0.0, f64::max);
    if greatest > 0.0 { (1_000.0 / greatest).log2().floor().exp2() } else { 1.0 }
}

fn posed(problem: &LinearProblem, scale: f64) -> ColProblem {
    let mut posed = ColProblem::default();
    let mut terms = vec![Vec::new(); problem.columns.len()];
    for row in &problem.rows {
        let number = posed.add_row(..=row.most);
        for (column, factor) in &row.terms {
            terms[*column as usize].push((number, *factor));
        }
    }
    for (column, terms) in problem.columns.iter().zip(terms) {
        let bounds = column.least..=column.greatest;
        posed.add_column_with_integrality(column.worth * scale, bounds, terms, column.is_whole);
    }
    posed
}
