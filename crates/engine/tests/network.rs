//! The transport network: a known optimum, an independent algorithm on small networks, and a proof that
//! cannot be forged.

use engine::fault::FaultKind;
use engine::matching::network::{
    BENEFIT_LIMIT, Link, NetworkAnswer, NetworkFile, NetworkProblem, ProblemFault, Proof, ProofFault, TransportProblem,
    TransportSolution, flows_csv, prove, read_problem, solve_transport,
};

const GIVERS: &str = include_str!("cases/symbiosis/givers.csv");
const TAKERS: &str = include_str!("cases/symbiosis/takers.csv");
const EDGES: &str = include_str!("cases/symbiosis/edges.csv");
const REFERENCE_FLOWS: &str = include_str!("cases/symbiosis/transport_solution.csv");

#[test]
fn the_reference_network_reaches_its_known_optimum() {
    let problem = reference().transport().unwrap();
    let solution = solve_transport(&problem);
    assert_eq!(solution.objective_int, 55_093_873);
    assert_eq!(solution.bound_int, 55_093_873);
    assert_eq!(solution.links_used, 38);
    assert_eq!(prove(&problem, &solution), Ok(()));
}

#[test]
fn the_answer_has_the_keys_and_units_of_the_contract() {
    let answer = NetworkAnswer::transport(&solve_transport(&reference().transport().unwrap()));
    let expected = serde_json::json!({
        "problem": "transport", "objective_kvnd_yr": 5_509_387.3, "objective_int": 55_093_873,
        "bound": 5_509_387.3, "gap": 0.0, "proof": "optimal", "links_used": 38, "cpu_seconds": null,
    });
    assert_eq!(serde_json::to_value(&answer).unwrap(), expected);
    for problem in NetworkProblem::ALL {
        assert_eq!(NetworkProblem::parse(problem.code()), Some(problem));
    }
}

#[test]
fn the_reference_flows_are_proved_best_by_our_prices() {
    let file = reference();
    let problem = file.transport().unwrap();
    let mut solution = solve_transport(&problem);
    solution.flows = flows_of(&file, REFERENCE_FLOWS);
    assert_eq!(prove(&problem, &solution), Ok(()));
}

#[test]
fn flows_are_written_in_the_order_of_ids_and_read_back_the_same() {
    let file = reference();
    let solution = solve_transport(&file.transport().unwrap());
    let text = flows_csv(&file, &solution);
    assert_eq!(flows_of(&file, &text), solution.flows);
    let pairs: Vec<(u32, u32)> = flow_rows(&text).iter().map(|(giver, taker, _)| (*giver, *taker)).collect();
    assert!(pairs.is_sorted());
}

#[test]
fn small_networks_agree_with_an_independent_algorithm() {
    let mut random = Random(2_024);
    for round in 0..1_500 {
        let problem = random_problem(&mut random, round);
        let solution = solve_transport(&problem);
        assert_eq!(prove(&problem, &solution), Ok(()), "round {round}: {problem:?}");
        assert_eq!(solution.objective_int, best_by_bellman_ford(&problem), "round {round}: {problem:?}");
        assert_eq!(solution, solve_transport(&problem), "round {round}");
    }
}

/// Many paths for each giver, many of which use up the flows that earlier ones left: the search goes on after each.
#[test]
fn networks_in_which_everything_is_needed_agree_with_an_independent_algorithm() {
    let mut random = Random(77);
    for round in 0..60 {
        let problem = problem_in_balance(&mut random, round);
        let solution = solve_transport(&problem);
        assert_eq!(prove(&problem, &solution), Ok(()), "round {round}: {problem:?}");
        assert_eq!(solution.objective_int, best_by_bellman_ford(&problem), "round {round}: {problem:?}");
    }
}

#[test]
fn the_order_of_links_does_not_change_the_optimum() {
    let problem = reference().transport().unwrap();
    let mut links = problem.links().to_vec();
    links.reverse();
    let reversed = TransportProblem::new(problem.supply().to_vec(), problem.demand().to_vec(), links).unwrap();
    assert_eq!(solve_transport(&reversed).objective_int, 55_093_873);
}

#[test]
fn the_worked_example_of_the_method_page_holds() {
    let problem = posed(&[30, 20], &[25, 15], &[(0, 0, 90), (0, 1, 50), (1, 0, 80)]);
    let solution = solve_transport(&problem);
    assert_eq!(solution.flows, [15, 15, 10]);
    assert_eq!(solution.objective_int, 2_900);
    assert_eq!((solution.giver_price, solution.taker_price), (vec![10, 0], vec![80, 40]));
}

#[test]
fn degenerate_networks_are_solved_and_proved() {
    check(&posed(&[], &[], &[]), &[]);
    check(&posed(&[5], &[5], &[]), &[]);
    check(&posed(&[0], &[5], &[(0, 0, 7)]), &[0]);
    check(&posed(&[5], &[0], &[(0, 0, 7)]), &[0]);
    check(&posed(&[0], &[0], &[(0, 0, 7)]), &[0]);
    check(&posed(&[5], &[5], &[(0, 0, -7)]), &[0]);
    check(&posed(&[5], &[5], &[(0, 0, 0)]), &[0]);
    // Parallel links: the better one carries everything.
    check(&posed(&[5], &[9], &[(0, 0, 3), (0, 0, 4)]), &[0, 5]);
    // All benefits equal: any full network is best, and the prices still prove it.
    let equal = solve_transport(&posed(&[4, 4, 4], &[6, 6], &[(0, 0, 9), (0, 1, 9), (1, 0, 9), (1, 1, 9), (2, 1, 9)]));
    assert_eq!(equal.objective_int, 12 * 9);
}

#[test]
fn quantities_and_benefits_at_their_limits_do_not_overflow() {
    let half = i64::MAX / 2;
    let links = [(0, 0, BENEFIT_LIMIT), (0, 1, BENEFIT_LIMIT - 1), (1, 0, BENEFIT_LIMIT), (1, 1, 1)];
    let problem = posed(&[half, half], &[half, half], &links);
    let solution = solve_transport(&problem);
    let expected = i128::from(half) * (2 * i128::from(BENEFIT_LIMIT) - 1);
    assert_eq!(solution.objective_int, expected);
    // Beyond the whole numbers that JSON readers keep, the answer carries the money alone.
    assert_eq!(NetworkAnswer::transport(&solution).objective_int, None);
}

#[test]
fn a_problem_that_cannot_be_posed_names_every_fault() {
    let links = [(2, 0, 5), (0, 7, 5), (0, 0, BENEFIT_LIMIT + 1)].map(link).to_vec();
    let faults = TransportProblem::new(vec![-1, 4], vec![3, -2], links).unwrap_err();
    let expected = [
        ProblemFault::NegativeSupply { giver: 0, quantity: -1 },
        ProblemFault::NegativeDemand { taker: 1, quantity: -2 },
        ProblemFault::UnknownGiver { link: 0, giver: 2 },
        ProblemFault::UnknownTaker { link: 1, taker: 7 },
        ProblemFault::BenefitOutOfRange { link: 2, benefit: BENEFIT_LIMIT + 1 },
    ];
    assert_eq!(faults, expected);
    let too_much = TransportProblem::new(vec![i64::MAX, 1], vec![], vec![]);
    assert_eq!(too_much, Err(vec![ProblemFault::TotalTooLarge]));
}

#[test]
fn a_forged_proof_is_refused() {
    let problem = posed(&[30, 20], &[25, 15], &[(0, 0, 90), (0, 1, 50), (1, 0, 80)]);
    let refusal = |forge: fn(&mut TransportSolution)| {
        let mut solution = solve_transport(&problem);
        forge(&mut solution);
        prove(&problem, &solution)
    };
    assert_eq!(refusal(|_| ()), Ok(()));
    assert_eq!(refusal(|s| s.flows[0] = -1), Err(ProofFault::NegativeFlow { link: 0 }));
    assert_eq!(refusal(|s| s.flows[1] = 16), Err(ProofFault::SupplyExceeded { giver: 0 }));
    assert_eq!(refusal(|s| s.flows = vec![10, 16, 10]), Err(ProofFault::DemandExceeded { taker: 1 }));
    assert_eq!(refusal(|s| s.flows[0] = i64::MAX), Err(ProofFault::SupplyExceeded { giver: 0 }));
    assert_eq!(refusal(|s| s.giver_price[1] = -1), Err(ProofFault::NegativeGiverPrice { giver: 1 }));
    assert_eq!(refusal(|s| s.taker_price[1] = -1), Err(ProofFault::NegativeTakerPrice { taker: 1 }));
    assert_eq!(refusal(|s| s.giver_price[0] = 9), Err(ProofFault::LinkUnderpriced { link: 0 }));
    assert_eq!(
        refusal(|s| s.objective_int = 2_901),
        Err(ProofFault::WrongObjective { stated: 2_901, computed: 2_900 })
    );
    assert_eq!(refusal(|s| s.bound_int = 2_899), Err(ProofFault::WrongBound { stated: 2_899, computed: 2_900 }));
    assert_eq!(refusal(|s| s.links_used = 2), Err(ProofFault::WrongLinksUsed { stated: 2, computed: 3 }));
    assert_eq!(refusal(|s| s.taker_price.clear()), Err(ProofFault::Shape));
    // A worse network, honestly stated, does not meet its bound.
    let worse = |s: &mut TransportSolution| {
        s.flows[2] = 9;
        s.objective_int = 2_820;
    };
    assert_eq!(refusal(worse), Err(ProofFault::GapLeft { objective: 2_820, bound: 2_900 }));
    // Prices too high, honestly stated, prove nothing either.
    let dearer = |s: &mut TransportSolution| {
        s.giver_price[0] += 1;
        s.bound_int = 2_930;
    };
    assert_eq!(refusal(dearer), Err(ProofFault::GapLeft { objective: 2_900, bound: 2_930 }));
    assert_eq!(solve_transport(&problem).proof, Proof::Optimal);
}

#[test]
fn ids_may_be_texts_and_columns_may_stand_anywhere() {
    let givers = "\u{feff}qty_dt,firm, id\n30,Dệt A,bùn 1\n20,\"Giấy, B\",9\n";
    let takers = "id,qty_dt\r\n10,25\r\n\"gạch, C\",15\r\n";
    let edges = "benefit_kvnd_t,taker,giver,fixed_kvnd_yr\n90,10,bùn 1,\n50,\"gạch, C\",bùn 1,700\n80,10,9,\n";
    let (file, faults) = read_problem(givers.as_bytes(), takers.as_bytes(), edges.as_bytes());
    assert_eq!(faults, []);
    let file = file.unwrap();
    assert_eq!(file.links.iter().map(|link| link.fixed_kvnd_yr).collect::<Vec<_>>(), [None, Some(700), None]);
    let solution = solve_transport(&file.transport().unwrap());
    let expected = "giver,taker,flow_dt\n9,10,10\nbùn 1,10,15\nbùn 1,\"gạch, C\",15\n";
    assert_eq!(flows_csv(&file, &solution), expected);
}

#[test]
fn every_fault_of_the_three_tables_is_named_with_its_line() {
    let givers = "id,qty_dt\n1,12.5\n2,-3\n\n2,4\n,5\n3,99999999999999999999\n";
    let takers = "id,quantity\n1,5\n";
    let edges = "giver,taker,benefit_kvnd_t\n1,1,5\n8,1,\n1,1,12,5\n1,1,3000000000\n";
    let (file, faults) = read_problem(givers.as_bytes(), takers.as_bytes(), edges.as_bytes());
    assert_eq!(file, None);
    let mut found = Vec::new();
    for fault in &faults {
        let column = fault.place.column.as_deref().unwrap_or("-");
        found.push((fault.place.file.as_str(), fault.place.line.unwrap_or(0), column, fault.kind));
    }
    let expected = [
        ("givers.csv", 2, "qty_dt", FaultKind::NotANumber),
        ("givers.csv", 3, "qty_dt", FaultKind::NegativeAmount),
        ("givers.csv", 5, "id", FaultKind::Duplicate),
        ("givers.csv", 6, "id", FaultKind::MissingValue),
        ("givers.csv", 7, "qty_dt", FaultKind::OutOfRange),
        ("takers.csv", 1, "qty_dt", FaultKind::MissingColumn),
        ("edges.csv", 3, "giver", FaultKind::UnknownReference),
        ("edges.csv", 3, "benefit_kvnd_t", FaultKind::MissingValue),
        ("edges.csv", 4, "-", FaultKind::Contradiction),
        ("edges.csv", 5, "benefit_kvnd_t", FaultKind::OutOfRange),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_quantity_no_benefit_or_no_table_is_refused_by_name() {
    let streams = "id,qty_dt\n1,5\n";
    let edges = "giver,taker,benefit_kvnd_t\n1,1,5\n";
    let check = |givers: &[u8], edges: &[u8], line: usize, kind: FaultKind| {
        let (file, faults) = read_problem(givers, streams.as_bytes(), edges);
        let shown: String = String::from_utf8_lossy(givers).chars().take(60).collect();
        assert_eq!(file, None, "{shown}");
        let found: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.kind)).collect();
        assert_eq!(found, [(Some(line), kind)], "{shown}: {faults:?}");
    };
    for (quantity, kind) in [
        ("NaN", FaultKind::NotANumber),
        ("inf", FaultKind::NotANumber),
        ("1e3", FaultKind::NotANumber),
        ("-", FaultKind::NotANumber),
        ("-0.5", FaultKind::NotANumber),
        ("-1", FaultKind::NegativeAmount),
        ("-99999999999999999999999999999999999999999999", FaultKind::NegativeAmount),
        ("99999999999999999999999999999999999999999999", FaultKind::OutOfRange),
    ] {
        check(format!("id,qty_dt\n1,{quantity}\n").as_bytes(), edges.as_bytes(), 2, kind);
    }
    for (benefit, kind) in
        [("NaN", FaultKind::NotANumber), ("2147483648", FaultKind::OutOfRange), ("-2147483648", FaultKind::OutOfRange)]
    {
        let edges = format!("giver,taker,benefit_kvnd_t\n1,1,{benefit}\n");
        check(streams.as_bytes(), edges.as_bytes(), 2, kind);
    }
    check(b"id,qty_dt\n1,5\n\xff\xfe,5\n", edges.as_bytes(), 3, FaultKind::UnreadableFile);
    check(b"id,qty_dt\n1,5\n\"2,5\n\n7,1\n", edges.as_bytes(), 3, FaultKind::UnreadableFile);
    let long = format!("id,qty_dt\n1,5\n{},5\n", "x".repeat(2_000_000));
    check(long.as_bytes(), edges.as_bytes(), 3, FaultKind::UnreadableFile);
    let half = i64::MAX / 2 + 1;
    let (file, faults) =
        read_problem(format!("id,qty_dt\n1,{half}\n2,{half}\n").as_bytes(), streams.as_bytes(), edges.as_bytes());
    assert_eq!((file, faults[0].kind, faults[0].place.line), (None, FaultKind::OutOfRange, None));
}

#[test]
fn values_in_quotation_marks_may_hold_commas_marks_and_line_ends() {
    let givers = "id,note,qty_dt\n\"a \"\"b\"\", c\",\"two\n\nlines\",5\n\n\nlast,,x\n";
    let (_, faults) =
        read_problem(givers.as_bytes(), "id,qty_dt\n".as_bytes(), "giver,taker,benefit_kvnd_t\n".as_bytes());
    let found: Vec<_> = faults.iter().map(|fault| (fault.place.line, fault.kind)).collect();
    assert_eq!(found, [(Some(7), FaultKind::NotANumber)]);
    let (file, faults) = read_problem(
        givers.replace(",x", ",7").as_bytes(),
        "id,qty_dt\n".as_bytes(),
        "giver,taker,benefit_kvnd_t".as_bytes(),
    );
    assert_eq!(faults, []);
    let ids: Vec<_> = file.unwrap().givers.into_iter().map(|giver| giver.id).collect();
    assert_eq!(ids, ["a \"b\", c", "last"]);
}

#[test]
fn networks_without_a_side_or_in_pieces_are_solved() {
    let (streams, nothing, no_links) = ("id,qty_dt\n1,5\n", "id,qty_dt\n", "giver,taker,benefit_kvnd_t\n");
    for (givers, takers) in [(streams, nothing), (nothing, streams), (nothing, nothing), (streams, streams)] {
        let (file, faults) = read_problem(givers.as_bytes(), takers.as_bytes(), no_links.as_bytes());
        assert_eq!(faults, []);
        let file = file.unwrap();
        let solution = solve_transport(&file.transport().unwrap());
        assert_eq!((solution.objective_int, flows_csv(&file, &solution).as_str()), (0, "giver,taker,flow_dt\n"));
    }
    // Two pieces that share nothing, and a giver and a taker without any link.
    let problem = posed(&[4, 4, 9], &[3, 6, 2], &[(0, 0, 7), (1, 1, 5)]);
    check(&problem, &[3, 4]);
    assert_eq!(solve_transport(&problem).giver_price, [0, 5, 0]);
}

#[test]
fn empty_tables_are_a_missing_header_and_not_an_empty_network() {
    let (file, faults) = read_problem([].as_slice(), [].as_slice(), [].as_slice());
    assert_eq!(file, None);
    assert!(faults.iter().all(|fault| fault.kind == FaultKind::MissingColumn));
    assert_eq!(faults.len(), 7);
    let (file, faults) =
        read_problem("id,qty_dt\n".as_bytes(), "id,qty_dt\n".as_bytes(), "giver,taker,benefit_kvnd_t\n".as_bytes());
    assert_eq!((file, faults), (Some(NetworkFile::default()), vec![]));
}

fn reference() -> NetworkFile {
    let (file, faults) = read_problem(GIVERS.as_bytes(), TAKERS.as_bytes(), EDGES.as_bytes());
    assert_eq!(faults, []);
    file.unwrap()
}

fn link((giver, taker, benefit): (u32, u32, i64)) -> Link {
    Link { giver, taker, benefit }
}

fn posed(supply: &[i64], demand: &[i64], links: &[(u32, u32, i64)]) -> TransportProblem {
    TransportProblem::new(supply.to_vec(), demand.to_vec(), links.iter().copied().map(link).collect()).unwrap()
}

fn check(problem: &TransportProblem, flows: &[i64]) {
    let solution = solve_transport(problem);
    assert_eq!(solution.flows, flows);
    assert_eq!(prove(problem, &solution), Ok(()));
}

fn flow_rows(text: &str) -> Vec<(u32, u32, i64)> {
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let values: Vec<i64> = line.split(',').map(|value| value.parse().unwrap()).collect();
        rows.push((values[0] as u32, values[1] as u32, values[2]));
    }
    rows
}

/// Flows by link from a table of flows; the reference numbers its streams from 0 and has no parallel links.
fn flows_of(file: &NetworkFile, text: &str) -> Vec<i64> {
    let mut flows = vec![0; file.links.len()];
    for (giver, taker, flow) in flow_rows(text) {
        let place = file.links.iter().position(|link| (link.giver, link.taker) == (giver, taker)).unwrap();
        flows[place] = flow;
    }
    flows
}

/// Numbers that are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Up to 7 givers and 7 takers, sparse to dense, with zero quantities, parallel links, losses and many ties.
fn random_problem(random: &mut Random, round: u64) -> TransportProblem {
    let (quantity_limit, benefit_limit) = [(4, 4), (20, 12), (1_000, 1_000)][(round % 3) as usize];
    let supply: Vec<i64> = (0..1 + random.below(7)).map(|_| random.below(quantity_limit) as i64).collect();
    let demand: Vec<i64> = (0..1 + random.below(7)).map(|_| random.below(quantity_limit) as i64).collect();
    let mut links = Vec::new();
    for _ in 0..random.below(40) {
        let giver = random.below(supply.len() as u64) as u32;
        let taker = random.below(demand.len() as u64) as u32;
        let benefit = random.below(benefit_limit * 5 / 4) as i64 - benefit_limit as i64 / 4;
        links.push(Link { giver, taker, benefit });
    }
    TransportProblem::new(supply, demand, links).unwrap()
}

/// 30 givers, 30 takers and 300 links; as much is taken as is given. Every other time one giver has half of it.
fn problem_in_balance(random: &mut Random, round: u64) -> TransportProblem {
    let mut supply: Vec<i64> = (0..30).map(|_| 1 + random.below(30) as i64).collect();
    let mut demand: Vec<i64> = (0..30).map(|_| 1 + random.below(30) as i64).collect();
    if round.is_multiple_of(2) {
        supply[0] = supply.iter().sum();
    }
    let (given, taken): (i64, i64) = (supply.iter().sum(), demand.iter().sum());
    let short_side = if given < taken { &mut supply } else { &mut demand };
    short_side[1] += (given - taken).abs();
    let links = (0..300).map(|_| Link {
        giver: random.below(30) as u32,
        taker: random.below(30) as u32,
        benefit: 1 + random.below(200) as i64,
    });
    TransportProblem::new(supply, demand, links.collect()).unwrap()
}

/// Least-cost flow by Bellman and Ford on the whole residual network from one source to one sink, a path at a
/// time, as long as a path still gains. Shares nothing with the solver: no prices, no order, no early end.
fn best_by_bellman_ford(problem: &TransportProblem) -> i128 {
    let (givers, takers) = (problem.supply().len(), problem.demand().len());
    let (source, sink) = (givers + takers, givers + takers + 1);
    // Every edge is followed by its reverse: from, to, capacity left, cost.
    let mut edges: Vec<(usize, usize, i64, i64)> = Vec::new();
    let mut add = |from, to, capacity, cost: i64| {
        edges.push((from, to, capacity, cost));
        edges.push((to, from, 0, -cost));
    };
    for (giver, &quantity) in problem.supply().iter().enumerate() {
        add(source, giver, quantity, 0);
    }
    for (taker, &quantity) in problem.demand().iter().enumerate() {
        add(givers + taker, sink, quantity, 0);
    }
    for link in problem.links() {
        add(link.giver as usize, givers + link.taker as usize, i64::MAX, -link.benefit);
    }
    let mut total = 0;
    loop {
        let mut cost_to = vec![None; sink + 1];
        let mut edge_to = vec![usize::MAX; sink + 1];
        cost_to[source] = Some(0_i64);
        for _ in 0..=sink {
            for (number, &(from, to, capacity, cost)) in edges.iter().enumerate() {
                let Some(start) = cost_to[from] else { continue };
                if capacity > 0 && cost_to[to].is_none_or(|present| start + cost < present) {
                    cost_to[to] = Some(start + cost);
                    edge_to[to] = number;
                }
            }
        }
        let Some(cost) = cost_to[sink].filter(|cost| *cost < 0) else { return total };
        let mut path = Vec::new();
        let mut place = sink;
        while place != source {
            path.push(edge_to[place]);
            place = edges[edge_to[place]].0;
        }
        let quantity = path.iter().map(|number| edges[*number].2).min().unwrap();
        for number in path {
            edges[number].2 -= quantity;
            edges[number ^ 1].2 = edges[number ^ 1].2.saturating_add(quantity);
        }
        total -= i128::from(quantity) * i128::from(cost);
    }
}
