//! Networks by slope scaling: the yearly cost of a link is charged by the unit, at what flowed over it last, and
//! the transport problem is solved again.

use super::layout::Layout;
use crate::matching::network::transport::{Link, TransportProblem, TransportSolution, solve_transport};

/// The best network of some rounds of slope scaling, and the takers' prices of the first round: there every link is
/// charged as if it were used in full, so no network earns more.
pub fn scaled(layout: &Layout, rounds: usize) -> (Vec<f64>, Vec<f64>) {
    let mut charge: Vec<f64> = layout.links.iter().map(|link| link.fixed / link.cap).collect();
    let first = transport(layout, &charge);
    let scale = scale(layout);
    let prices = first.taker_price.iter().map(|price| *price as f64 / scale).collect();
    let mut flows = whole(&first.flows);
    let mut best = flows.clone();
    for _ in 0..rounds {
        charge_by_flows(layout, &flows, &mut charge);
        flows = charged(layout, &charge);
        if worth(layout, &flows) > worth(layout, &best) {
            best.clone_from(&flows);
        }
    }
    (best, prices)
}

/// The best flows where each unit over a link pays `charge`.
pub fn charged(layout: &Layout, charge: &[f64]) -> Vec<f64> {
    whole(&transport(layout, charge).flows)
}

/// The best flows over open links, whose cost is paid already.
pub fn over_open_links(layout: &Layout, is_open: &[bool]) -> Vec<f64> {
    let charge = is_open.iter().zip(&layout.links).map(|(open, link)| if *open { 0.0 } else { link.profit });
    charged(layout, &charge.collect::<Vec<_>>())
}

/// Charges links that are used by what flows; others keep their charge.
pub fn charge_by_flows(layout: &Layout, flows: &[f64], charge: &mut [f64]) {
    for ((charge, link), flow) in charge.iter_mut().zip(&layout.links).zip(flows) {
        if *flow > 0.0 {
            *charge = link.fixed / flow;
        }
    }
}

/// Charges links the more, the less both sides wanted them while the bound was lowered.
pub fn charge_by_wanted(layout: &Layout, wanted: &[f64], least: f64) -> Vec<f64> {
    layout.links.iter().zip(wanted).map(|(link, wanted)| link.fixed / link.cap / wanted.max(least)).collect()
}

fn worth(layout: &Layout, flows: &[f64]) -> f64 {
    let used = layout.links.iter().zip(flows).filter(|(_, flow)| **flow > 0.0);
    used.map(|(link, flow)| link.profit * flow - link.fixed).sum()
}

/// Money in whole numbers, so fine that rounding a charge costs next to nothing.
fn scale(layout: &Layout) -> f64 {
    let greatest = layout.links.iter().map(|link| link.profit).fold(1.0, f64::max);
    (1.0e9 / greatest).min(1.0e4)
}

fn transport(layout: &Layout, charge: &[f64]) -> TransportSolution {
    let scale = scale(layout);
    let quantities = |side: &[f64]| side.iter().map(|quantity| *quantity as i64).collect();
    let links = layout.links.iter().zip(charge).map(|(link, charge)| Link {
        giver: link.giver,
        taker: link.taker,
        benefit: ((link.profit - charge).max(0.0) * scale) as i64,
    });
    let problem = TransportProblem::new(quantities(&layout.supply), quantities(&layout.demand), links.collect())
        .expect("a network that was posed once can be posed again");
    solve_transport(&problem)
}

fn whole(flows: &[i64]) -> Vec<f64> {
    flows.iter().map(|flow| *flow as f64).collect()
}
