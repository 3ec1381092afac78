//! Lays the links out for the search: neighbours in the network become neighbours in memory. A search touches
//! a few dozen givers and takers, whatever the size of the network; what costs time is fetching them.

use super::transport::{Link, TransportProblem};

const UNNUMBERED: u32 = u32::MAX;

/// A link as the search reads it, those of one giver side by side. Givers and takers by their new numbers.
#[derive(Clone, Copy, Default)]
pub struct Arc {
    /// Benefit less the taker's price when last put in order; no less than now.
    pub net: u32,
    pub taker: u32,
    pub benefit: u32,
}

/// The arcs by giver, and what each new number stood for in the problem.
pub struct Neighbourhoods {
    /// Arcs of giver g: `first_arc[g]..first_arc[g + 1]`.
    pub first_arc: Vec<u32>,
    pub arcs: Vec<Arc>,
    pub giver_of: Vec<u32>,
    pub taker_of: Vec<u32>,
}

/// Numbers givers and takers in the order in which a walk over the links meets them, breadth first, from the
/// lowest giver not yet met. A link worth 0 or less is left out: with prices never below 0 it is always
/// covered, and no best network needs it.
pub fn neighbourhoods(problem: &TransportProblem) -> Neighbourhoods {
    let links_of_giver = grouped(problem, problem.supply().len(), |number, link| (link.giver, number));
    let givers_of_taker = grouped(problem, problem.demand().len(), |_, link| (link.taker, link.giver));
    let links = problem.links();

    let mut giver_of = Vec::with_capacity(problem.supply().len());
    let mut taker_of = Vec::with_capacity(problem.demand().len());
    let mut giver_is_met = vec![false; problem.supply().len()];
    let mut taker_number = vec![UNNUMBERED; problem.demand().len()];
    let mut first_arc = Vec::with_capacity(problem.supply().len() + 1);
    let mut arcs = Vec::with_capacity(links_of_giver.members.len());
    for start in 0..problem.supply().len() as u32 {
        if giver_is_met[start as usize] {
            continue;
        }
        giver_is_met[start as usize] = true;
        giver_of.push(start);
        while first_arc.len() < giver_of.len() {
            let giver = giver_of[first_arc.len()];
            first_arc.push(arcs.len() as u32);
            for &number in links_of_giver.of(giver) {
                let link = links[number as usize];
                if taker_number[link.taker as usize] == UNNUMBERED {
                    taker_number[link.taker as usize] = taker_of.len() as u32;
                    taker_of.push(link.taker);
                    for &other in givers_of_taker.of(link.taker) {
                        if !giver_is_met[other as usize] {
                            giver_is_met[other as usize] = true;
                            giver_of.push(other);
                        }
                    }
                }
                let (taker, benefit) = (taker_number[link.taker as usize], link.benefit as u32);
                arcs.push(Arc { net: benefit, taker, benefit });
            }
        }
    }
    first_arc.push(arcs.len() as u32);
    let without_link = (0..).zip(&taker_number).filter(|(_, number)| **number == UNNUMBERED);
    taker_of.extend(without_link.map(|(taker, _)| taker));
    Neighbourhoods { first_arc, arcs, giver_of, taker_of }
}

/// Members by the group they belong to, in the order of the links.
struct Grouped {
    first: Vec<u32>,
    members: Vec<u32>,
}

impl Grouped {
    fn of(&self, group: u32) -> &[u32] {
        &self.members[self.first[group as usize] as usize..self.first[group as usize + 1] as usize]
    }
}

/// Group and member of every link worth more than 0, sorted by counting.
fn grouped(problem: &TransportProblem, groups: usize, group_and_member: impl Fn(u32, &Link) -> (u32, u32)) -> Grouped {
    let worth_using = || (0..).zip(problem.links()).filter(|(_, link)| link.benefit > 0);
    let mut first = vec![0_u32; groups + 1];
    for (number, link) in worth_using() {
        first[group_and_member(number, link).0 as usize + 1] += 1;
    }
    for group in 0..groups {
        first[group + 1] += first[group];
    }
    let mut next_place = first.clone();
    let mut members = vec![0; first[groups] as usize];
    for (number, link) in worth_using() {
        let (group, member) = group_and_member(number, link);
        let place = &mut next_place[group as usize];
        members[*place as usize] = member;
        *place += 1;
    }
    Grouped { first, members }
}
