//! Which links to open, put to a mixed-integer solver: of a whole network, or of a region whose links to others are
//! cut in two at given shares.

use super::layout::Layout;
use super::slope;
use crate::linear::{Column, Limits, LinearAnswer, LinearProblem, LinearSolver};

/// A link between two sides, or the half of one that falls to one side.
pub struct Choice {
    /// Places of the sides in the list of quantities: giver and taker, or one of them.
    pub sides: [Option<u32>; 2],
    /// What the full link earns, thousand VND a year.
    pub profit: f64,
    /// What opening it costs, thousand VND a year.
    pub fixed: f64,
    /// Greatest flow, 0.1 t a year; above 0.
    pub cap: f64,
}

/// The mixed-integer problem: first how full each link is, from 0 to 1, then whether it is open. Everything is put
/// as parts of the whole, since quantities and limits lie far apart.
pub fn posed(quantities: &[f64], choices: &[Choice]) -> LinearProblem {
    let mut linear = LinearProblem::default();
    let mut rows = vec![Vec::new(); quantities.len()];
    for choice in choices {
        let column = linear.add_column(Column::amount(choice.profit, 1.0));
        for side in choice.sides.into_iter().flatten() {
            rows[side as usize].push((column, choice.cap / quantities[side as usize]));
        }
    }
    for choice in choices {
        linear.add_column(Column::choice(-choice.fixed));
    }
    for terms in rows.into_iter().filter(|terms| !terms.is_empty()) {
        linear.add_row(1.0, terms);
    }
    let count = choices.len() as u32;
    for place in 0..count {
        linear.add_row(0.0, vec![(place, 1.0), (count + place, -1.0)]);
    }
    linear
}

/// The best choice of links of a layout from `start`, and the solver's bound. Flows come back whole; none where the
/// solver found none or failed, and the bound is infinite where it failed: what was known before then stands.
pub fn choose_links(
    layout: &Layout,
    start: Option<Vec<f64>>,
    limits: Limits,
    solver: LinearSolver,
) -> (Option<Vec<f64>>, f64) {
    let givers = layout.supply.len() as u32;
    let quantities = [&layout.supply[..], &layout.demand[..]].concat();
    let choices: Vec<Choice> = layout
        .links
        .iter()
        .map(|link| Choice {
            sides: [Some(link.giver), Some(givers + link.taker)],
            profit: link.profit * link.cap,
            fixed: link.fixed,
            cap: link.cap,
        })
        .collect();
    let start = start.map(|flows| {
        let parts = flows.iter().zip(&layout.links).map(|(flow, link)| flow / link.cap);
        parts.chain(flows.iter().map(|flow| f64::from(*flow > 0.0))).collect()
    });
    let answer = solver(&posed(&quantities, &choices), &Limits { start, ..limits });
    let Ok(LinearAnswer { values, bound, .. }) = answer else { return (None, f64::INFINITY) };
    // With the choices settled the rest is a transport problem, and that has whole flows.
    let flows = values.map(|values| {
        let (parts, choices) = values.split_at(layout.links.len());
        let is_open: Vec<bool> = choices.iter().zip(parts).map(|(open, part)| *open > 0.5 && *part > 1e-9).collect();
        slope::over_open_links(layout, &is_open)
    });
    (flows, bound)
}
