//! Numbers inside a solved network: neighbours in the network are neighbours in memory, for a change looks at a few dozen
//! streams whatever the size of the network. Outside, streams and links keep the problem's numbers; what is added later has the
//! same number inside and outside.

use super::super::neighbours::neighbourhoods;
use super::super::transport::{Link, TransportProblem, TransportSolution};
use super::{Change, Side};

#[derive(Clone, Debug)]
pub struct Numbering {
    /// Of the streams of each side.
    inside: [Vec<u32>; 2],
    outside: [Vec<u32>; 2],
    links_inside: Vec<u32>,
}

impl Numbering {
    pub fn of(problem: &TransportProblem) -> Numbering {
        let layout = neighbourhoods(problem);
        let outside = [layout.giver_of, layout.taker_of];
        let inside = outside.each_ref().map(|outside| inverse(outside));
        let mut order: Vec<u32> = (0..problem.links().len() as u32).collect();
        order.sort_by_key(|link| inside[Side::Giver as usize][problem.links()[*link as usize].giver as usize]);
        Numbering { inside, outside, links_inside: inverse(&order) }
    }

    /// The same problem and solution by the numbers inside.
    pub fn renumbered(
        &self,
        problem: &TransportProblem,
        solution: &TransportSolution,
    ) -> (TransportProblem, TransportSolution) {
        let links_outside = inverse(&self.links_inside);
        let [supply, demand] = [problem.supply(), problem.demand()];
        let [givers, takers] = &self.outside;
        let links = links_outside.iter().map(|link| self.link(problem.links()[*link as usize])).collect();
        let inside = TransportProblem::new(picked(supply, givers), picked(demand, takers), links)
            .expect("the problem by other numbers");
        let solution = TransportSolution {
            flows: picked(&solution.flows, &links_outside),
            giver_price: picked(&solution.giver_price, givers),
            taker_price: picked(&solution.taker_price, takers),
            ..*solution
        };
        (inside, solution)
    }

    pub fn stream(&self, side: Side, outside: u32) -> u32 {
        self.inside[side as usize].get(outside as usize).copied().unwrap_or(outside)
    }

    pub fn stream_outside(&self, side: Side, inside: u32) -> u32 {
        self.outside[side as usize].get(inside as usize).copied().unwrap_or(inside)
    }

    pub fn link_number(&self, outside: u32) -> u32 {
        self.links_inside.get(outside as usize).copied().unwrap_or(outside)
    }

    pub fn link(&self, outside: Link) -> Link {
        let giver = self.stream(Side::Giver, outside.giver);
        Link { giver, taker: self.stream(Side::Taker, outside.taker), ..outside }
    }

    pub fn link_outside(&self, inside: Link) -> Link {
        let giver = self.stream_outside(Side::Giver, inside.giver);
        Link { giver, taker: self.stream_outside(Side::Taker, inside.taker), ..inside }
    }

    pub fn change(&self, outside: &Change) -> Change {
        match outside {
            Change::AddStream { side, quantity, links } => {
                let links = links.iter().map(|(other, benefit)| (self.stream(side.other(), *other), *benefit));
                Change::AddStream { side: *side, quantity: *quantity, links: links.collect() }
            }
            Change::RemoveStream { side, stream } => {
                Change::RemoveStream { side: *side, stream: self.stream(*side, *stream) }
            }
            Change::SetQuantity { side, stream, quantity } => {
                Change::SetQuantity { side: *side, stream: self.stream(*side, *stream), quantity: *quantity }
            }
            Change::AddLink(link) => Change::AddLink(self.link(*link)),
            Change::RemoveLink(link) => Change::RemoveLink(self.link_number(*link)),
            Change::SetBenefit { link, benefit } => {
                Change::SetBenefit { link: self.link_number(*link), benefit: *benefit }
            }
        }
    }
}

fn inverse(numbers: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; numbers.len()];
    for (place, number) in (0..).zip(numbers) {
        inverse[*number as usize] = place;
    }
    inverse
}

fn picked(values: &[i64], numbers: &[u32]) -> Vec<i64> {
    numbers.iter().map(|number| values[*number as usize]).collect()
}
