//! Links that carry at most so much: two sites that meet in some months only.

use super::transport::{BENEFIT_LIMIT, Link, TransportProblem, TransportSolution, solve_transport};

/// Greatest benefit of a link with a limit of its own: its stand-in below has to outbid it twice.
pub const CAPPED_BENEFIT_LIMIT: i64 = BENEFIT_LIMIT / 2 - 1;

/// The best network where link `i` carries at most `capacity[i]`; `None`: as much as both sides have.
///
/// A link (giver g, taker t, benefit w, capacity c) becomes a taker a and a giver b of quantity c each with the links
/// g→a of M + w, b→t of M and b→a of 2 M, M = |w| + 1. Whatever g sends to a, the best answer sends from b to t and
/// leaves the rest of c on b→a, so that all three together are worth 2 M c + w x. The constant 2 M c is taken off again
/// from objective and bound. Proof of the whole is that of the problem with the stand-ins. Prices of a link's limit
/// stay in the bound; the solution has those of givers and takers only.
///
/// Panics where `capacity` has not one value per link, or a capped link is worth more than [`CAPPED_BENEFIT_LIMIT`].
pub fn solve_capacitated(problem: &TransportProblem, capacity: &[Option<i64>]) -> TransportSolution {
    assert_eq!(capacity.len(), problem.links().len(), "one capacity for each link");
    if capacity.iter().all(Option::is_none) {
        return solve_transport(problem);
    }
    let (givers, takers) = (problem.supply().len(), problem.demand().len());
    let (mut supply, mut demand) = (problem.supply().to_vec(), problem.demand().to_vec());
    let mut links = Vec::new();
    // Where the flow of each link of the problem is read.
    let mut place = Vec::with_capacity(capacity.len());
    let mut constant: i128 = 0;
    for (link, capacity) in problem.links().iter().zip(capacity) {
        place.push(links.len());
        let Some(capacity) = *capacity else {
            links.push(*link);
            continue;
        };
        let (entry, exit) = (demand.len() as u32, supply.len() as u32);
        demand.push(capacity);
        supply.push(capacity);
        let stand_in = link.benefit.abs() + 1;
        links.push(Link { giver: link.giver, taker: entry, benefit: stand_in + link.benefit });
        links.push(Link { giver: exit, taker: link.taker, benefit: stand_in });
        links.push(Link { giver: exit, taker: entry, benefit: 2 * stand_in });
        constant += 2 * i128::from(stand_in) * i128::from(capacity);
    }
    let wider = TransportProblem::new(supply, demand, links)
        .unwrap_or_else(|faults| panic!("a network with capacities makes a problem, but: {faults:?}"));
    let solved = solve_transport(&wider);
    let flows: Vec<i64> = place.into_iter().map(|index| solved.flows[index]).collect();
    TransportSolution {
        objective_int: solved.objective_int - constant,
        bound_int: solved.bound_int - constant,
        links_used: flows.iter().filter(|flow| **flow > 0).count(),
        flows,
        giver_price: solved.giver_price[..givers].to_vec(),
        taker_price: solved.taker_price[..takers].to_vec(),
        proof: solved.proof,
    }
}
