//! The transport network: which giver sends how much to which taker, so that the total benefit is greatest.
//! The problem, its solution with shadow prices, and the check that proves the solution best.

use std::fmt;

use super::shortest_paths;

/// A possible exchange: one giver, one taker and what one tonne is worth to both together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub giver: u32,
    pub taker: u32,
    /// Thousand VND per tonne. A link that costs more than it saves may stand here; it is never used.
    pub benefit: i64,
}

/// Greatest benefit per tonne, either sign: two thousand billion VND. The solver keeps prices in 32 bits.
pub const BENEFIT_LIMIT: i64 = i32::MAX as i64;

/// What can be given, what can be taken, and over which links. Quantities in 0.1 t, upper limits on both sides:
/// what is not exchanged is disposed of or bought, and that alternative is already inside each benefit.
/// Two links between the same pair are parallel links; each keeps its own flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportProblem {
    supply: Vec<i64>,
    demand: Vec<i64>,
    links: Vec<Link>,
}

/// Why a transport problem cannot be posed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemFault {
    NegativeSupply {
        giver: usize,
        quantity: i64,
    },
    NegativeDemand {
        taker: usize,
        quantity: i64,
    },
    /// The sum of all quantities of one side leaves the range of whole numbers kept.
    TotalTooLarge,
    UnknownGiver {
        link: usize,
        giver: u32,
    },
    UnknownTaker {
        link: usize,
        taker: u32,
    },
    BenefitOutOfRange {
        link: usize,
        benefit: i64,
    },
    /// More givers, takers or links than 32-bit numbering holds.
    TooMany {
        count: usize,
    },
}

/// A solution that nobody needs to take on trust: the prices bound every other network from above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportSolution {
    /// Quantity over each link, 0.1 t, in the order of the problem's links.
    pub flows: Vec<i64>,
    /// Sum of benefit × flow.
    pub objective_int: i128,
    /// Sum of supply × giver price + demand × taker price: no network can be worth more.
    pub bound_int: i128,
    /// What one tonne more of this giver's supply would add, thousand VND.
    pub giver_price: Vec<i64>,
    /// What one tonne more of this taker's demand would add, thousand VND.
    pub taker_price: Vec<i64>,
    pub links_used: usize,
    pub proof: Proof,
}

/// What a solver can say about its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Objective and bound are equal.
    Optimal,
    /// The bound stands above the objective by the gap printed beside it.
    Gap,
}

/// The first thing found wrong with a claimed proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofFault {
    /// Flows or prices do not have one value per link, giver and taker.
    Shape,
    NegativeFlow {
        link: usize,
    },
    SupplyExceeded {
        giver: usize,
    },
    DemandExceeded {
        taker: usize,
    },
    NegativeGiverPrice {
        giver: usize,
    },
    NegativeTakerPrice {
        taker: usize,
    },
    /// Giver price and taker price together stay below what the link is worth.
    LinkUnderpriced {
        link: usize,
    },
    /// The objective stated is not the worth of the flows.
    WrongObjective {
        stated: i128,
        computed: i128,
    },
    /// The bound stated is not the worth of the limits at the prices.
    WrongBound {
        stated: i128,
        computed: i128,
    },
    WrongLinksUsed {
        stated: usize,
        computed: usize,
    },
    /// Flows and prices are both allowed, but do not meet: not proved best.
    GapLeft {
        objective: i128,
        bound: i128,
    },
}

impl TransportProblem {
    /// All faults at once, in the order givers, takers, links.
    pub fn new(supply: Vec<i64>, demand: Vec<i64>, links: Vec<Link>) -> Result<TransportProblem, Vec<ProblemFault>> {
        let mut faults = Vec::new();
        for count in [supply.len(), demand.len(), links.len()] {
            if count >= u32::MAX as usize {
                faults.push(ProblemFault::TooMany { count });
            }
        }
        for (giver, &quantity) in supply.iter().enumerate().filter(|(_, quantity)| **quantity < 0) {
            faults.push(ProblemFault::NegativeSupply { giver, quantity });
        }
        for (taker, &quantity) in demand.iter().enumerate().filter(|(_, quantity)| **quantity < 0) {
            faults.push(ProblemFault::NegativeDemand { taker, quantity });
        }
        for side in [&supply, &demand] {
            let total: i128 = side.iter().map(|&quantity| i128::from(quantity.max(0))).sum();
            if total > i128::from(i64::MAX) {
                faults.push(ProblemFault::TotalTooLarge);
            }
        }
        for (number, link) in links.iter().enumerate() {
            if link.giver as usize >= supply.len() {
                faults.push(ProblemFault::UnknownGiver { link: number, giver: link.giver });
            }
            if link.taker as usize >= demand.len() {
                faults.push(ProblemFault::UnknownTaker { link: number, taker: link.taker });
            }
            if !(-BENEFIT_LIMIT..=BENEFIT_LIMIT).contains(&link.benefit) {
                faults.push(ProblemFault::BenefitOutOfRange { link: number, benefit: link.benefit });
            }
        }
        if faults.is_empty() { Ok(TransportProblem { supply, demand, links }) } else { Err(faults) }
    }

    pub fn supply(&self) -> &[i64] {
        &self.supply
    }

    pub fn demand(&self) -> &[i64] {
        &self.demand
    }

    pub fn links(&self) -> &[Link] {
        &self.links
    }
}

/// The network of greatest total benefit, exact in whole numbers, with its proof checked before it is returned.
///
/// Greatest sum of w·x over the links, with every giver's outflow at most its supply, every taker's inflow at
/// most its demand, x ≥ 0. Method: successive shortest paths with prices. Formula, proof and worked example:
/// `docs/methods/network.md`.
pub fn solve_transport(problem: &TransportProblem) -> TransportSolution {
    let (flows, giver_price, taker_price) = shortest_paths::flows_and_prices(problem);
    let solution = TransportSolution {
        objective_int: worth_of_flows(problem, &flows),
        bound_int: worth_of_limits(problem, &giver_price, &taker_price),
        links_used: flows.iter().filter(|flow| **flow > 0).count(),
        flows,
        giver_price,
        taker_price,
        proof: Proof::Optimal,
    };
    if let Err(fault) = prove(problem, &solution) {
        panic!("the transport solver returned a network that its own prices do not prove: {fault}");
    }
    solution
}

/// Checks a solution without knowing how it was found: weak duality. For allowed flows and allowed prices
/// Σ w·x ≤ Σ (u + v)·x ≤ Σ supply·u + Σ demand·v, so where both ends are equal neither can be improved.
pub fn prove(problem: &TransportProblem, solution: &TransportSolution) -> Result<(), ProofFault> {
    let shapes_agree = solution.flows.len() == problem.links.len()
        && solution.giver_price.len() == problem.supply.len()
        && solution.taker_price.len() == problem.demand.len();
    if !shapes_agree {
        return Err(ProofFault::Shape);
    }
    check_flows(problem, solution)?;
    check_prices(problem, solution)?;

    let objective = worth_of_flows(problem, &solution.flows);
    if objective != solution.objective_int {
        return Err(ProofFault::WrongObjective { stated: solution.objective_int, computed: objective });
    }
    let bound = worth_of_limits(problem, &solution.giver_price, &solution.taker_price);
    if bound != solution.bound_int {
        return Err(ProofFault::WrongBound { stated: solution.bound_int, computed: bound });
    }
    let links_used = solution.flows.iter().filter(|flow| **flow > 0).count();
    if links_used != solution.links_used {
        return Err(ProofFault::WrongLinksUsed { stated: solution.links_used, computed: links_used });
    }
    if objective != bound {
        return Err(ProofFault::GapLeft { objective, bound });
    }
    Ok(())
}

fn check_flows(problem: &TransportProblem, solution: &TransportSolution) -> Result<(), ProofFault> {
    let mut supply_left = problem.supply.clone();
    let mut demand_left = problem.demand.clone();
    for (number, (link, &flow)) in problem.links.iter().zip(&solution.flows).enumerate() {
        if flow < 0 {
            return Err(ProofFault::NegativeFlow { link: number });
        }
        if flow == 0 {
            continue;
        }
        // Subtracting from what is left cannot overflow, adding up flows from a stranger could.
        let supply = &mut supply_left[link.giver as usize];
        if flow > *supply {
            return Err(ProofFault::SupplyExceeded { giver: link.giver as usize });
        }
        *supply -= flow;
        let demand = &mut demand_left[link.taker as usize];
        if flow > *demand {
            return Err(ProofFault::DemandExceeded { taker: link.taker as usize });
        }
        *demand -= flow;
    }
    Ok(())
}

fn check_prices(problem: &TransportProblem, solution: &TransportSolution) -> Result<(), ProofFault> {
    if let Some(giver) = solution.giver_price.iter().position(|price| *price < 0) {
        return Err(ProofFault::NegativeGiverPrice { giver });
    }
    if let Some(taker) = solution.taker_price.iter().position(|price| *price < 0) {
        return Err(ProofFault::NegativeTakerPrice { taker });
    }
    for (number, link) in problem.links.iter().enumerate() {
        let giver_price = solution.giver_price[link.giver as usize];
        let taker_price = solution.taker_price[link.taker as usize];
        if giver_price.saturating_add(taker_price) < link.benefit {
            return Err(ProofFault::LinkUnderpriced { link: number });
        }
    }
    Ok(())
}

fn worth_of_flows(problem: &TransportProblem, flows: &[i64]) -> i128 {
    let worth = |(link, flow): (&Link, &i64)| i128::from(link.benefit) * i128::from(*flow);
    problem.links.iter().zip(flows).filter(|(_, flow)| **flow != 0).map(worth).sum()
}

fn worth_of_limits(problem: &TransportProblem, giver_price: &[i64], taker_price: &[i64]) -> i128 {
    let worth = |(quantity, price): (&i64, &i64)| i128::from(*quantity) * i128::from(*price);
    let givers: i128 = problem.supply.iter().zip(giver_price).map(worth).sum();
    let takers: i128 = problem.demand.iter().zip(taker_price).map(worth).sum();
    givers + takers
}

impl fmt::Display for ProblemFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemFault::NegativeSupply { giver, quantity } => {
                write!(f, "giver {giver}: supply is {quantity}, expected 0 or more")
            }
            ProblemFault::NegativeDemand { taker, quantity } => {
                write!(f, "taker {taker}: demand is {quantity}, expected 0 or more")
            }
            ProblemFault::TotalTooLarge => write!(f, "quantities add up to more than {}", i64::MAX),
            ProblemFault::UnknownGiver { link, giver } => write!(f, "link {link}: no giver {giver}"),
            ProblemFault::UnknownTaker { link, taker } => write!(f, "link {link}: no taker {taker}"),
            ProblemFault::BenefitOutOfRange { link, benefit } => {
                write!(f, "link {link}: benefit is {benefit}, expected at most {BENEFIT_LIMIT} either way")
            }
            ProblemFault::TooMany { count } => write!(f, "{count} rows, expected fewer than {}", u32::MAX),
        }
    }
}

impl fmt::Display for ProofFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProofFault::Shape => write!(f, "flows and prices do not fit the problem's size"),
            ProofFault::NegativeFlow { link } => write!(f, "link {link}: flow below 0"),
            ProofFault::SupplyExceeded { giver } => write!(f, "giver {giver}: gives more than its supply"),
            ProofFault::DemandExceeded { taker } => write!(f, "taker {taker}: takes more than its demand"),
            ProofFault::NegativeGiverPrice { giver } => write!(f, "giver {giver}: price below 0"),
            ProofFault::NegativeTakerPrice { taker } => write!(f, "taker {taker}: price below 0"),
            ProofFault::LinkUnderpriced { link } => write!(f, "link {link}: its two prices stay below its benefit"),
            ProofFault::WrongObjective { stated, computed } => {
                write!(f, "objective stated {stated}, computed {computed}")
            }
            ProofFault::WrongBound { stated, computed } => write!(f, "bound stated {stated}, computed {computed}"),
            ProofFault::WrongLinksUsed { stated, computed } => {
                write!(f, "links used stated {stated}, computed {computed}")
            }
            ProofFault::GapLeft { objective, bound } => write!(f, "objective {objective} stays below bound {bound}"),
        }
    }
}
