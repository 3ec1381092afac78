//! A network with yearly costs of links, laid out for the search: links by giver, and by taker.

use crate::matching::network::transport::TransportProblem;

const NONE: u32 = u32::MAX;

/// A link that could earn something. Money in thousand VND, quantities in 0.1 t.
#[derive(Clone, Copy, Debug)]
pub struct CostedLink {
    pub giver: u32,
    pub taker: u32,
    /// What 0.1 t earns.
    pub profit: f64,
    /// What having the link costs a year.
    pub fixed: f64,
    /// The lesser of supply and demand.
    pub cap: f64,
    /// Its place in the problem.
    pub number: u32,
}

/// Links in the order of givers, and within a giver of the problem.
pub struct Layout {
    pub supply: Vec<f64>,
    pub demand: Vec<f64>,
    pub links: Vec<CostedLink>,
    first_of_giver: Vec<u32>,
    first_of_taker: Vec<u32>,
    by_taker: Vec<u32>,
}

impl Layout {
    /// Leaves out links that earn nothing even in full: no best network needs them.
    pub fn new(problem: &TransportProblem, fixed: &[i64]) -> Layout {
        let mut links = Vec::new();
        for (number, (link, &fixed)) in problem.links().iter().zip(fixed).enumerate() {
            let cap = problem.supply()[link.giver as usize].min(problem.demand()[link.taker as usize]) as f64;
            let (profit, fixed) = (link.benefit as f64 / 10.0, fixed as f64);
            if profit * cap > fixed {
                links.push(CostedLink {
                    giver: link.giver,
                    taker: link.taker,
                    profit,
                    fixed,
                    cap,
                    number: number as u32,
                });
            }
        }
        let quantities = |side: &[i64]| side.iter().map(|quantity| *quantity as f64).collect();
        Layout::of(quantities(problem.supply()), quantities(problem.demand()), links)
    }

    pub fn of(supply: Vec<f64>, demand: Vec<f64>, mut links: Vec<CostedLink>) -> Layout {
        links.sort_by_key(|link| (link.giver, link.number));
        let first_of_giver = firsts(supply.len(), links.iter().map(|link| link.giver));
        let first_of_taker = firsts(demand.len(), links.iter().map(|link| link.taker));
        let mut next = first_of_taker.clone();
        let mut by_taker = vec![0; links.len()];
        for (place, link) in (0..).zip(&links) {
            by_taker[next[link.taker as usize] as usize] = place;
            next[link.taker as usize] += 1;
        }
        Layout { supply, demand, links, first_of_giver, first_of_taker, by_taker }
    }

    /// Places of a giver's links.
    pub fn of_giver(&self, giver: usize) -> std::ops::Range<usize> {
        self.first_of_giver[giver] as usize..self.first_of_giver[giver + 1] as usize
    }

    /// Places of a taker's links.
    pub fn of_taker(&self, taker: usize) -> &[u32] {
        &self.by_taker[self.first_of_taker[taker] as usize..self.first_of_taker[taker + 1] as usize]
    }

    /// The same network with some of its links only.
    pub fn keeping(&self, is_kept: impl Fn(usize) -> bool) -> Layout {
        let links = self.links.iter().enumerate().filter(|(place, _)| is_kept(*place)).map(|(_, link)| *link);
        Layout::of(self.supply.clone(), self.demand.clone(), links.collect())
    }

    /// Networks that share neither giver nor taker, each by itself and numbered anew, in the order of their first
    /// givers. Givers and takers without links are in none.
    pub fn components(&self) -> Vec<Layout> {
        let givers = self.supply.len();
        let mut head: Vec<u32> = (0..(givers + self.demand.len()) as u32).collect();
        for link in &self.links {
            let (a, b) = (head_of(&mut head, link.giver), head_of(&mut head, givers as u32 + link.taker));
            head[a.max(b) as usize] = a.min(b);
        }
        let mut component_of_head = vec![NONE; head.len()];
        let mut number = vec![NONE; head.len()];
        let mut parts: Vec<(Vec<f64>, Vec<f64>, Vec<CostedLink>)> = Vec::new();
        for link in &self.links {
            let taker = givers + link.taker as usize;
            let component = &mut component_of_head[head_of(&mut head, link.giver) as usize];
            if *component == NONE {
                *component = parts.len() as u32;
                parts.push(Default::default());
            }
            let (supply, demand, links) = &mut parts[*component as usize];
            if number[link.giver as usize] == NONE {
                number[link.giver as usize] = supply.len() as u32;
                supply.push(self.supply[link.giver as usize]);
            }
            if number[taker] == NONE {
                number[taker] = demand.len() as u32;
                demand.push(self.demand[link.taker as usize]);
            }
            links.push(CostedLink { giver: number[link.giver as usize], taker: number[taker], ..*link });
        }
        parts.into_iter().map(|(supply, demand, links)| Layout::of(supply, demand, links)).collect()
    }
}

/// Where each group begins when its members are put side by side.
fn firsts(groups: usize, members: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut first = vec![0; groups + 1];
    for group in members {
        first[group as usize + 1] += 1;
    }
    for group in 0..groups {
        first[group + 1] += first[group];
    }
    first
}

/// The lowest of those found connected so far; halves the way there.
pub fn head_of(head: &mut [u32], mut node: u32) -> u32 {
    while head[node as usize] != node {
        head[node as usize] = head[head[node as usize] as usize];
        node = head[node as usize];
    }
    node
}
