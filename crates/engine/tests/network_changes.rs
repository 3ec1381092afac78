//! A solved network that takes changes: after each of them it is what solving again gives, and proved.

use engine::fault::FaultKind;
use engine::matching::network::{
    BENEFIT_LIMIT, Change, ChangeFault, ChangedNetwork, Link, NetworkFile, Side, SolvedNetwork, TransportProblem,
    TransportSolution, prove, read_changes, read_problem, solve_transport,
};

const GIVERS: &str = include_str!("cases/symbiosis/givers.csv");
const TAKERS: &str = include_str!("cases/symbiosis/takers.csv");
const EDGES: &str = include_str!("cases/symbiosis/edges.csv");

#[test]
fn after_every_change_the_network_is_what_solving_again_gives() {
    let mut random = Random(77);
    let mut changes_made = [0; 6];
    for round in 0..120 {
        let mut model = Model::random(&mut random, round);
        let mut network = SolvedNetwork::new(&model.problem());
        for step in 0..60 {
            let change = model.random_change(&mut random);
            let before = network.objective_int();
            assert_eq!(network.apply(&change), Ok(()), "round {round}, step {step}: {change:?}");
            model.make(&change);
            changes_made[kind(&change)] += 1;
            let problem = model.problem();
            assert_eq!(network.problem(), problem, "round {round}, step {step}: {change:?}");
            let solution = network.solution();
            assert_eq!(prove(&problem, &solution), Ok(()), "round {round}, step {step}: {change:?}");
            assert_eq!(solution.objective_int, solve_transport(&problem).objective_int, "round {round}, step {step}");
            check_laws(&problem, &solution);
            if matches!(change, Change::AddStream { .. } | Change::AddLink(_)) {
                assert!(network.objective_int() >= before, "what may be used need not be: round {round}, step {step}");
            }
            if matches!(change, Change::RemoveStream { .. } | Change::RemoveLink(_)) {
                assert!(network.objective_int() <= before, "less cannot be worth more: round {round}, step {step}");
            }
        }
    }
    assert!(changes_made.iter().all(|made| *made > 200), "{changes_made:?}");
}

#[test]
fn a_change_made_and_taken_back_leaves_the_optimum_as_it_was() {
    let problem = reference().transport().unwrap();
    let mut network = SolvedNetwork::new(&problem);
    for (giver, &quantity) in (0..).zip(problem.supply()) {
        for changed in [0, quantity / 2, quantity * 3, quantity] {
            network.apply(&Change::SetQuantity { side: Side::Giver, stream: giver, quantity: changed }).unwrap();
        }
        assert_eq!(network.objective_int(), 55_093_873, "giver {giver}");
    }
    for (number, link) in (0..).zip(problem.links()) {
        for benefit in [link.benefit / 2, -5, link.benefit + 700, link.benefit] {
            network.apply(&Change::SetBenefit { link: number, benefit }).unwrap();
        }
        assert_eq!(network.objective_int(), 55_093_873, "link {number}");
    }
    assert_eq!(prove(&problem, &network.solution()), Ok(()));
}

#[test]
fn a_network_built_up_stream_by_stream_is_the_network_solved_at_once() {
    let problem = reference().transport().unwrap();
    let nothing = TransportProblem::new(vec![], problem.demand().to_vec(), vec![]).unwrap();
    let mut network = SolvedNetwork::new(&nothing);
    for (giver, &quantity) in (0..).zip(problem.supply()) {
        let of_giver = problem.links().iter().filter(|link| link.giver == giver);
        let links = of_giver.map(|link| (link.taker, link.benefit)).collect();
        network.apply(&Change::AddStream { side: Side::Giver, quantity, links }).unwrap();
    }
    assert_eq!(network.objective_int(), 55_093_873);
    assert_eq!(prove(&network.problem(), &network.solution()), Ok(()));
}

#[test]
fn the_worked_example_of_the_method_page_holds() {
    let problem = posed(&[30, 20], &[25, 15], &[(0, 0, 90), (0, 1, 50), (1, 0, 80)]);
    let mut network = SolvedNetwork::new(&problem);
    let add = Change::AddStream { side: Side::Taker, quantity: 12, links: vec![(1, 60)] };
    assert_eq!(network.apply(&add), Ok(()));
    assert_eq!(network.objective_int(), 3_540);
    assert_eq!([0, 1, 2, 3].map(|link| network.flow(link).unwrap()), [17, 13, 8, 12]);
    assert_eq!([0, 1].map(|giver| network.price(Side::Giver, giver).unwrap()), [50, 40]);
    assert_eq!([0, 1, 2].map(|taker| network.price(Side::Taker, taker).unwrap()), [40, 0, 20]);
}

#[test]
fn a_change_that_cannot_be_made_changes_nothing() {
    let problem = posed(&[30, 20], &[25, 15], &[(0, 0, 90), (0, 1, 50), (1, 0, 80)]);
    let mut network = SolvedNetwork::new(&problem);
    network.apply(&Change::RemoveLink(1)).unwrap();
    network.apply(&Change::RemoveStream { side: Side::Taker, stream: 1 }).unwrap();
    let (giver, taker) = (Side::Giver, Side::Taker);
    let cases = [
        (Change::RemoveStream { side: giver, stream: 2 }, ChangeFault::UnknownStream { side: giver, stream: 2 }),
        (Change::RemoveStream { side: taker, stream: 1 }, ChangeFault::UnknownStream { side: taker, stream: 1 }),
        (Change::RemoveLink(1), ChangeFault::UnknownLink { link: 1 }),
        (Change::SetBenefit { link: 9, benefit: 1 }, ChangeFault::UnknownLink { link: 9 }),
        (
            Change::SetBenefit { link: 0, benefit: BENEFIT_LIMIT + 1 },
            ChangeFault::BenefitOutOfRange { benefit: BENEFIT_LIMIT + 1 },
        ),
        (Change::SetQuantity { side: giver, stream: 0, quantity: -1 }, ChangeFault::NegativeQuantity { quantity: -1 }),
        (Change::SetQuantity { side: giver, stream: 0, quantity: i64::MAX }, ChangeFault::TotalTooLarge),
        (
            Change::AddStream { side: giver, quantity: 4, links: vec![(0, 5), (1, 5)] },
            ChangeFault::UnknownStream { side: taker, stream: 1 },
        ),
        (
            Change::AddLink(Link { giver: 0, taker: 1, benefit: 9 }),
            ChangeFault::UnknownStream { side: taker, stream: 1 },
        ),
    ];
    let (before, solution) = (network.problem(), network.solution());
    for (change, fault) in cases {
        assert_eq!(network.apply(&change), Err(fault), "{change:?}");
        assert!(!fault.to_string().is_empty());
        assert_eq!((network.problem(), network.solution()), (before.clone(), solution.clone()), "{change:?}");
    }
    assert_eq!((network.flow(1), network.price(taker, 1)), (None, None));
}

#[test]
fn quantities_and_benefits_at_their_limits_do_not_overflow() {
    let half = i64::MAX / 2;
    let links = [(0, 0, BENEFIT_LIMIT), (0, 1, BENEFIT_LIMIT - 1), (1, 0, BENEFIT_LIMIT), (1, 1, 1)];
    let mut network = SolvedNetwork::new(&posed(&[half, 0], &[half, half], &links));
    network.apply(&Change::SetQuantity { side: Side::Giver, stream: 1, quantity: half }).unwrap();
    assert_eq!(network.objective_int(), i128::from(half) * (2 * i128::from(BENEFIT_LIMIT) - 1));
    network.apply(&Change::SetBenefit { link: 3, benefit: BENEFIT_LIMIT }).unwrap();
    assert_eq!(network.objective_int(), i128::from(half) * 2 * i128::from(BENEFIT_LIMIT));
    network.apply(&Change::RemoveStream { side: Side::Taker, stream: 0 }).unwrap();
    assert_eq!(network.objective_int(), i128::from(half) * i128::from(BENEFIT_LIMIT));
}

#[test]
fn a_forged_solution_is_not_taken_over() {
    let problem = posed(&[30, 20], &[25, 15], &[(0, 0, 90), (0, 1, 50), (1, 0, 80)]);
    let mut solution = solve_transport(&problem);
    assert!(SolvedNetwork::of(&problem, &solution).is_ok());
    solution.flows[2] = 9;
    assert!(SolvedNetwork::of(&problem, &solution).is_err());
}

#[test]
fn a_table_of_changes_is_read_in_the_ids_of_the_network() {
    let text = "op,side,id,giver,taker,qty_dt,benefit_kvnd_t,fixed_kvnd_yr\n\
                add,giver,bùn 3,,,12,,\nadd,link,,bùn 3,t1,,70,500\nadd,link,,bùn 3,t2,,65,\n\
                set,taker,t1,,,40\nset,link,,g1,t2,,55\nremove,link,,g2,t1\nremove,giver,g2\nadd,giver,g2,,,7\n\
                add,edge,,g1,t1,,91\nadd,link,,g2,t2,,9\n";
    let (changed, faults) = read_changes("change.csv", text.as_bytes(), small_file());
    assert_eq!(faults, []);
    let ChangedNetwork { changes, rows, file } = changed.unwrap();
    let expected = [
        Change::AddStream { side: Side::Giver, quantity: 12, links: vec![(0, 70), (1, 65)] },
        Change::SetQuantity { side: Side::Taker, stream: 0, quantity: 40 },
        Change::SetBenefit { link: 1, benefit: 55 },
        Change::RemoveLink(2),
        Change::RemoveStream { side: Side::Giver, stream: 1 },
        Change::AddStream { side: Side::Giver, quantity: 7, links: vec![] },
        Change::AddLink(Link { giver: 0, taker: 0, benefit: 91 }),
        Change::AddLink(Link { giver: 3, taker: 1, benefit: 9 }),
    ];
    assert_eq!((changes.as_slice(), rows), (expected.as_slice(), 10));
    let mut network = SolvedNetwork::new(&small_file().transport().unwrap());
    for change in &changes {
        network.apply(change).unwrap();
    }
    assert_eq!(network.problem(), file.transport().unwrap());
    assert_eq!(file.links.iter().filter_map(|link| link.fixed_kvnd_yr).collect::<Vec<_>>(), [500]);
}

#[test]
fn a_shorter_table_needs_only_the_columns_its_rows_use() {
    let text = "op,side,id,quantity_dt\nset,giver,g1,3\nremove,taker,t2\n";
    let (changed, faults) = read_changes("change.csv", text.as_bytes(), small_file());
    assert_eq!(faults, []);
    let expected = [
        Change::SetQuantity { side: Side::Giver, stream: 0, quantity: 3 },
        Change::RemoveStream { side: Side::Taker, stream: 1 },
    ];
    assert_eq!(changed.unwrap().changes, expected);
    let (changed, faults) = read_changes("change.csv", "op,side,id\n".as_bytes(), small_file());
    assert_eq!((changed.map(|changed| changed.changes), faults), (Some(vec![]), vec![]));
}

#[test]
fn every_fault_of_a_table_of_changes_is_named_with_its_line() {
    let text = "op,side,id,giver,taker,qty_dt,benefit_kvnd_t\n\
                drop,giver,g1\nset,firm,g1\nset,giver,g7,,,4\nset,giver,g1,,,NaN\nadd,taker,t1,,,4\n\
                add,giver,g3,,,-4\nadd,link,,g3,t1,,many\nremove,taker,t2\nset,taker,t2,,,5\nset,giver,g1,,,9223372036854775807\n\
                remove,link,,g2,t2\nset,link,,g1,,,3\n\nset,giver,,,,1,2,3,4\nadd,link,,g1,t1,,8\nset,link,,g1,t1,,9\n,giver,g1\n";
    let (changed, faults) = read_changes("change.csv", text.as_bytes(), small_file());
    assert_eq!(changed, None);
    let mut found = Vec::new();
    for fault in &faults {
        assert_eq!(fault.place.file, "change.csv");
        found.push((fault.place.line.unwrap(), fault.place.column.as_deref().unwrap_or("-"), fault.kind));
    }
    let expected = [
        (2, "op", FaultKind::UnknownCode),
        (3, "side", FaultKind::UnknownCode),
        (4, "id", FaultKind::UnknownReference),
        (5, "qty_dt", FaultKind::NotANumber),
        (6, "id", FaultKind::Duplicate),
        (7, "qty_dt", FaultKind::NegativeAmount),
        (8, "benefit_kvnd_t", FaultKind::NotANumber),
        (10, "id", FaultKind::UnknownReference),
        (11, "qty_dt", FaultKind::OutOfRange),
        (12, "taker", FaultKind::UnknownReference),
        (13, "taker", FaultKind::MissingValue),
        (15, "-", FaultKind::Contradiction),
        (17, "giver", FaultKind::Contradiction),
        (18, "op", FaultKind::MissingValue),
    ];
    assert_eq!(found, expected);
}

/// What must hold of every answer, checked here without the product's own check.
fn check_laws(problem: &TransportProblem, solution: &TransportSolution) {
    let mut given = vec![0; problem.supply().len()];
    let mut taken = vec![0; problem.demand().len()];
    let mut worth = 0_i128;
    for (link, &flow) in problem.links().iter().zip(&solution.flows) {
        assert!(flow >= 0);
        given[link.giver as usize] += flow;
        taken[link.taker as usize] += flow;
        worth += i128::from(link.benefit) * i128::from(flow);
    }
    assert!(given.iter().zip(problem.supply()).all(|(given, supply)| given <= supply));
    assert!(taken.iter().zip(problem.demand()).all(|(taken, demand)| taken <= demand));
    assert_eq!(given.iter().sum::<i64>(), taken.iter().sum::<i64>());
    assert_eq!(worth, solution.objective_int);
    assert_eq!(solution.bound_int, solution.objective_int);
}

/// A network as plain lists, changed in the plainest way. Streams keep their numbers.
struct Model {
    quantities: [Vec<i64>; 2],
    is_there: [Vec<bool>; 2],
    /// By number; None once removed.
    links: Vec<Option<Link>>,
    quantity_limit: u64,
    benefit_limit: u64,
}

impl Model {
    fn random(random: &mut Random, round: u64) -> Model {
        let (quantity_limit, benefit_limit) = [(4, 4), (20, 12), (1_000, 1_000)][(round % 3) as usize];
        let quantities =
            [(); 2].map(|()| (0..1 + random.below(8)).map(|_| random.below(quantity_limit) as i64).collect());
        let is_there = [0, 1].map(|side| vec![true; (&quantities as &[Vec<i64>; 2])[side].len()]);
        let mut model = Model { quantities, is_there, links: Vec::new(), quantity_limit, benefit_limit };
        for _ in 0..random.below(50) {
            let link = model.random_link(random);
            model.links.push(link);
        }
        model
    }

    fn problem(&self) -> TransportProblem {
        let [supply, demand] = self.quantities.clone();
        TransportProblem::new(supply, demand, self.links.iter().copied().flatten().collect()).unwrap()
    }

    fn random_change(&self, random: &mut Random) -> Change {
        loop {
            let side = Side::BOTH[random.below(2) as usize];
            let quantity = random.below(self.quantity_limit) as i64;
            let change = match random.below(6) {
                0 => {
                    let others = (0..random.below(6)).filter_map(|_| self.random_stream(side.other(), random));
                    let others: Vec<u32> = others.collect();
                    let links = others.into_iter().map(|other| (other, self.random_benefit(random))).collect();
                    Some(Change::AddStream { side, quantity, links })
                }
                1 => self.random_stream(side, random).map(|stream| Change::RemoveStream { side, stream }),
                2 => self.random_stream(side, random).map(|stream| Change::SetQuantity { side, stream, quantity }),
                3 => self.random_link(random).map(Change::AddLink),
                4 => self.random_link_number(random).map(Change::RemoveLink),
                _ => self
                    .random_link_number(random)
                    .map(|link| Change::SetBenefit { link, benefit: self.random_benefit(random) }),
            };
            if let Some(change) = change {
                return change;
            }
        }
    }

    fn make(&mut self, change: &Change) {
        match change {
            Change::AddStream { side, quantity, links } => {
                let number = self.quantities[*side as usize].len() as u32;
                self.quantities[*side as usize].push(*quantity);
                self.is_there[*side as usize].push(true);
                for &(other, benefit) in links {
                    let (giver, taker) = if *side == Side::Giver { (number, other) } else { (other, number) };
                    self.links.push(Some(Link { giver, taker, benefit }));
                }
            }
            Change::RemoveStream { side, stream } => {
                self.quantities[*side as usize][*stream as usize] = 0;
                self.is_there[*side as usize][*stream as usize] = false;
                for link in &mut self.links {
                    let end = |link: &Link| if *side == Side::Giver { link.giver } else { link.taker };
                    *link = link.filter(|link| end(link) != *stream);
                }
            }
            Change::SetQuantity { side, stream, quantity } => {
                self.quantities[*side as usize][*stream as usize] = *quantity;
            }
            Change::AddLink(link) => self.links.push(Some(*link)),
            Change::RemoveLink(link) => self.links[*link as usize] = None,
            Change::SetBenefit { link, benefit } => self.links[*link as usize].as_mut().unwrap().benefit = *benefit,
        }
    }

    fn random_stream(&self, side: Side, random: &mut Random) -> Option<u32> {
        let is_there = &self.is_there[side as usize];
        let numbers: Vec<u32> =
            (0..).zip(is_there).filter(|(_, is_there)| **is_there).map(|(number, _)| number).collect();
        (!numbers.is_empty()).then(|| numbers[random.below(numbers.len() as u64) as usize])
    }

    fn random_link(&self, random: &mut Random) -> Option<Link> {
        let (giver, taker) = (self.random_stream(Side::Giver, random)?, self.random_stream(Side::Taker, random)?);
        Some(Link { giver, taker, benefit: self.random_benefit(random) })
    }

    fn random_link_number(&self, random: &mut Random) -> Option<u32> {
        let numbers: Vec<u32> =
            (0..).zip(&self.links).filter(|(_, link)| link.is_some()).map(|(number, _)| number).collect();
        (!numbers.is_empty()).then(|| numbers[random.below(numbers.len() as u64) as usize])
    }

    fn random_benefit(&self, random: &mut Random) -> i64 {
        random.below(self.benefit_limit * 5 / 4) as i64 - self.benefit_limit as i64 / 4
    }
}

fn kind(change: &Change) -> usize {
    match change {
        Change::AddStream { .. } => 0,
        Change::RemoveStream { .. } => 1,
        Change::SetQuantity { .. } => 2,
        Change::AddLink(_) => 3,
        Change::RemoveLink(_) => 4,
        Change::SetBenefit { .. } => 5,
    }
}

fn reference() -> NetworkFile {
    let (file, faults) = read_problem(GIVERS.as_bytes(), TAKERS.as_bytes(), EDGES.as_bytes());
    assert_eq!(faults, []);
    file.unwrap()
}

fn small_file() -> NetworkFile {
    let (givers, takers) = ("id,qty_dt\ng1,30\ng2,20\n", "id,qty_dt\nt1,25\nt2,15\n");
    let edges = "giver,taker,benefit_kvnd_t\ng1,t1,90\ng1,t2,50\ng2,t1,80\n";
    let (file, faults) = read_problem(givers.as_bytes(), takers.as_bytes(), edges.as_bytes());
    assert_eq!(faults, []);
    file.unwrap()
}

fn posed(supply: &[i64], demand: &[i64], links: &[(u32, u32, i64)]) -> TransportProblem {
    let links = links.iter().map(|&(giver, taker, benefit)| Link { giver, taker, benefit }).collect();
    TransportProblem::new(supply.to_vec(), demand.to_vec(), links).unwrap()
}

/// Numbers that are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
