//! A solved network that stays in memory and takes changes. After each of them flows and prices are again a best
//! pair; only what the change reaches is looked at. Method: `docs/methods/network.md`.

mod numbering;
mod repair;

use std::fmt;

use self::numbering::Numbering;
use self::repair::{CarryingLink, Flows};
use super::transport::{
    BENEFIT_LIMIT, Link, Proof, ProofFault, TransportProblem, TransportSolution, prove, solve_transport,
};

/// Which end of a link a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Giver,
    Taker,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Giver, Side::Taker];

    pub fn other(self) -> Side {
        match self {
            Side::Giver => Side::Taker,
            Side::Taker => Side::Giver,
        }
    }
}

/// One change of a solved network. Streams and links by their numbers, quantities in 0.1 t a year, benefits in
/// thousand VND per tonne. What is added gets the next number of its kind; numbers are never used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new stream and its links: the stream at the other end and the benefit of each.
    AddStream {
        side: Side,
        quantity: i64,
        links: Vec<(u32, i64)>,
    },
    /// Its links go with it.
    RemoveStream {
        side: Side,
        stream: u32,
    },
    SetQuantity {
        side: Side,
        stream: u32,
        quantity: i64,
    },
    AddLink(Link),
    RemoveLink(u32),
    SetBenefit {
        link: u32,
        benefit: i64,
    },
}

/// Why a change cannot be made. The network is then as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeFault {
    UnknownStream {
        side: Side,
        stream: u32,
    },
    UnknownLink {
        link: u32,
    },
    NegativeQuantity {
        quantity: i64,
    },
    BenefitOutOfRange {
        benefit: i64,
    },
    /// The sum of all quantities of one side would leave the range of whole numbers kept.
    TotalTooLarge,
    /// More streams or links than 32-bit numbering holds.
    TooMany,
}

/// Givers, takers, links and a best network of them with the prices that prove it.
#[derive(Clone, Debug)]
pub struct SolvedNetwork {
    /// By the numbers inside.
    flows: Flows,
    numbering: Numbering,
    total: [i128; 2],
}

impl SolvedNetwork {
    /// Solves the problem from the beginning. Streams and links keep its numbers.
    pub fn new(problem: &TransportProblem) -> SolvedNetwork {
        let solution = solve_transport(problem);
        SolvedNetwork::laid_out(problem, &solution)
    }

    /// A network whose solution is known already; the proof is checked.
    pub fn of(problem: &TransportProblem, solution: &TransportSolution) -> Result<SolvedNetwork, ProofFault> {
        prove(problem, solution)?;
        Ok(SolvedNetwork::laid_out(problem, solution))
    }

    fn laid_out(problem: &TransportProblem, solution: &TransportSolution) -> SolvedNetwork {
        let total = [problem.supply(), problem.demand()]
            .map(|quantities| quantities.iter().map(|&quantity| i128::from(quantity)).sum());
        let numbering = Numbering::of(problem);
        let (problem, solution) = numbering.renumbered(problem, solution);
        SolvedNetwork { flows: Flows::new(&problem, &solution), numbering, total }
    }

    /// Makes one change and repairs what it broke. Objective and bound are equal again at the end, and the prices
    /// of all streams that were touched still cover their links; together with what held before, that is the
    /// whole proof anew.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeFault> {
        self.check(change)?;
        match self.numbering.change(change) {
            Change::AddStream { side, quantity, links } => {
                self.total[side as usize] += i128::from(quantity);
                self.flows.add_stream(side, quantity, &links);
            }
            Change::RemoveStream { side, stream } => {
                self.total[side as usize] -= i128::from(self.flows.quantity(side, stream));
                self.flows.remove_stream(side, stream);
            }
            Change::SetQuantity { side, stream, quantity } => {
                self.total[side as usize] += i128::from(quantity) - i128::from(self.flows.quantity(side, stream));
                self.flows.set_quantity(side, stream, quantity);
            }
            Change::AddLink(link) => self.flows.add_link(link),
            Change::RemoveLink(link) => self.flows.remove_link(link),
            Change::SetBenefit { link, benefit } => self.flows.set_benefit(link, benefit),
        }
        self.flows.check_what_was_touched();
        Ok(())
    }

    /// Sum of benefit × flow.
    pub fn objective_int(&self) -> i128 {
        self.flows.objective
    }

    /// What one tonne more of a stream would add, thousand VND. None for a stream that is not there.
    pub fn price(&self, side: Side, stream: u32) -> Option<i64> {
        let stream = self.numbering.stream(side, stream);
        self.flows.is_there(side, stream).then(|| self.flows.price(side, stream))
    }

    /// Quantity over a link, 0.1 t. None for a link that is not there.
    pub fn flow(&self, link: u32) -> Option<i64> {
        self.flows.link(self.numbering.link_number(link)).map(|present| present.flow)
    }

    /// The problem as it stands. A removed stream stays as one of quantity 0 without links, so that streams keep
    /// their numbers; links move up into the places of removed ones, in their order.
    pub fn problem(&self) -> TransportProblem {
        let [supply, demand] = Side::BOTH.map(|side| self.of_streams(side, |stream| self.flows.quantity(side, stream)));
        let links = self.links().map(|link| self.numbering.link_outside(link.as_link())).collect();
        TransportProblem::new(supply, demand, links).expect("each change was checked before it was made")
    }

    /// The solution of `problem`, in its order. `prove` checks it as a whole.
    pub fn solution(&self) -> TransportSolution {
        let flows: Vec<i64> = self.links().map(|link| link.flow).collect();
        let [giver_price, taker_price] =
            Side::BOTH.map(|side| self.of_streams(side, |stream| self.flows.price(side, stream)));
        TransportSolution {
            objective_int: self.flows.objective,
            bound_int: self.flows.bound,
            links_used: flows.iter().filter(|flow| **flow > 0).count(),
            flows,
            giver_price,
            taker_price,
            proof: Proof::Optimal,
        }
    }

    /// A figure of every stream of a side, in the order outside.
    fn of_streams(&self, side: Side, figure: impl Fn(u32) -> i64) -> Vec<i64> {
        (0..self.flows.count(side) as u32).map(|stream| figure(self.numbering.stream(side, stream))).collect()
    }

    /// The links that are there, in the order outside.
    fn links(&self) -> impl Iterator<Item = &CarryingLink> {
        let numbers = 0..self.flows.count_of_links() as u32;
        numbers.filter_map(|link| self.flows.link(self.numbering.link_number(link)))
    }

    fn check(&self, change: &Change) -> Result<(), ChangeFault> {
        match change {
            Change::AddStream { side, quantity, links } => {
                self.check_quantity(*side, 0, *quantity)?;
                self.check_count(self.flows.count(*side), 1)?;
                self.check_count(self.flows.count_of_links(), links.len())?;
                links.iter().try_for_each(|(other, benefit)| {
                    self.check_stream(side.other(), *other)?;
                    check_benefit(*benefit)
                })
            }
            Change::RemoveStream { side, stream } => self.check_stream(*side, *stream),
            Change::SetQuantity { side, stream, quantity } => {
                self.check_stream(*side, *stream)?;
                let present = self.flows.quantity(*side, self.numbering.stream(*side, *stream));
                self.check_quantity(*side, present, *quantity)
            }
            Change::AddLink(link) => {
                self.check_stream(Side::Giver, link.giver)?;
                self.check_stream(Side::Taker, link.taker)?;
                self.check_count(self.flows.count_of_links(), 1)?;
                check_benefit(link.benefit)
            }
            Change::RemoveLink(link) => self.check_link(*link),
            Change::SetBenefit { link, benefit } => {
                self.check_link(*link)?;
                check_benefit(*benefit)
            }
        }
    }

    fn check_stream(&self, side: Side, stream: u32) -> Result<(), ChangeFault> {
        let is_there = self.flows.is_there(side, self.numbering.stream(side, stream));
        if is_there { Ok(()) } else { Err(ChangeFault::UnknownStream { side, stream }) }
    }

    fn check_link(&self, link: u32) -> Result<(), ChangeFault> {
        let is_there = self.flows.link(self.numbering.link_number(link)).is_some();
        if is_there { Ok(()) } else { Err(ChangeFault::UnknownLink { link }) }
    }

    fn check_quantity(&self, side: Side, present: i64, quantity: i64) -> Result<(), ChangeFault> {
        if quantity < 0 {
            return Err(ChangeFault::NegativeQuantity { quantity });
        }
        let total = self.total[side as usize] - i128::from(present) + i128::from(quantity);
        if total > i128::from(i64::MAX) { Err(ChangeFault::TotalTooLarge) } else { Ok(()) }
    }

    fn check_count(&self, present: usize, more: usize) -> Result<(), ChangeFault> {
        if present + more >= u32::MAX as usize { Err(ChangeFault::TooMany) } else { Ok(()) }
    }
}

fn check_benefit(benefit: i64) -> Result<(), ChangeFault> {
    if (-BENEFIT_LIMIT..=BENEFIT_LIMIT).contains(&benefit) {
        Ok(())
    } else {
        Err(ChangeFault::BenefitOutOfRange { benefit })
    }
}

impl fmt::Display for ChangeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeFault::UnknownStream { side: Side::Giver, stream } => write!(f, "no giver {stream}"),
            ChangeFault::UnknownStream { side: Side::Taker, stream } => write!(f, "no taker {stream}"),
            ChangeFault::UnknownLink { link } => write!(f, "no link {link}"),
            ChangeFault::NegativeQuantity { quantity } => write!(f, "quantity is {quantity}, expected 0 or more"),
            ChangeFault::BenefitOutOfRange { benefit } => {
                write!(f, "benefit is {benefit}, expected at most {BENEFIT_LIMIT} either way")
            }
            ChangeFault::TotalTooLarge => write!(f, "quantities add up to more than {}", i64::MAX),
            ChangeFault::TooMany => write!(f, "more streams or links than {}", u32::MAX),
        }
    }
}
