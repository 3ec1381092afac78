//! Networks with quality limits and yearly costs: known optima, every choice tried on small networks, and what must
//! hold of any answer.

mod random;

use engine::fault::FaultKind;
use engine::linear::{Limits, LinearProblem};
use engine::matching::network::{
    Effort, FlowFault, Link, NetworkAnswer, NetworkFile, NetworkRefusal, NetworkTask, Proof, Quality, TransportProblem,
    check_flows, mixed_flows_csv, read_fixed, read_problem, read_quality, solve_network, solve_network_with,
};
use random::Random;

const GIVERS: &str = include_str!("../../engine/tests/cases/symbiosis/givers.csv");
const TAKERS: &str = include_str!("../../engine/tests/cases/symbiosis/takers.csv");
const EDGES: &str = include_str!("../../engine/tests/cases/symbiosis/edges.csv");
const OPTIMUM: &str = include_str!("../../engine/tests/cases/symbiosis/optimum.json");

#[test]
fn the_four_published_optima_are_reached_and_proved() {
    let optimum: serde_json::Value = serde_json::from_str(OPTIMUM).unwrap();
    for (has_costs, has_quality) in [(false, false), (false, true), (true, false), (true, true)] {
        let task = reference(has_costs, has_quality);
        let solution = solve_network(&task, Some(&solver::solve)).unwrap();
        let answer = NetworkAnswer::of_task(&task, &solution);
        let expected = optimum[answer.problem.code()]["objective_kvnd_yr"].as_f64().unwrap();
        assert!((answer.objective_kvnd_yr - expected).abs() <= 1e-6 * expected, "{answer:?}, expected {expected}");
        assert_eq!((answer.proof, answer.gap), (Proof::Optimal, 0.0), "{answer:?}");
        assert_eq!(answer.objective_int.is_some(), !has_quality);
        assert_eq!(check_flows(&task, &solution.flows), Ok(()));
    }
}

#[test]
fn without_a_solver_costs_still_get_a_network_and_a_bound() {
    let task = reference(true, false);
    let solution = solve_network(&task, None).unwrap();
    let best = 3_971_999.8;
    assert!(solution.objective <= best + 1e-6 && best <= solution.bound + 1e-6, "{solution:?}");
    assert!(solution.bound - solution.objective <= 0.03 * solution.bound, "{} {}", solution.objective, solution.bound);
    let refused = solve_network(&reference(false, true), None);
    assert_eq!(refused, Err(NetworkRefusal::NoSolver));
}

#[test]
fn the_worked_examples_of_the_method_page_hold() {
    let ash = transport(&[30, 20], &[25, 15], &[(0, 0, 90), (0, 1, 50), (1, 0, 80)]);
    let task = NetworkTask { transport: ash, fixed: Some(vec![100, 60, 70]), quality: None };
    let solution = solve_network(&task, Some(&solver::solve)).unwrap();
    assert_eq!(solution.flows, [25.0, 0.0, 0.0]);
    assert_eq!((solution.objective, solution.proof), (125.0, Proof::Optimal));
    assert_eq!(task.worth(&[15.0, 15.0, 10.0]), 60.0);

    let mix = transport(&[30, 20], &[25], &[(0, 0, 90), (1, 0, 80)]);
    let quality = Quality { count: 1, content: vec![1.4, 0.6], limit: vec![1.0] };
    let task = NetworkTask { transport: mix, fixed: None, quality: Some(quality) };
    let solution = solve_network(&task, Some(&solver::solve)).unwrap();
    assert!((solution.objective - 212.5).abs() < 1e-6 && (solution.bound - 212.5).abs() < 1e-6, "{solution:?}");
    assert!(solution.flows.iter().all(|flow| (flow - 12.5).abs() < 1e-6), "{solution:?}");
    assert_eq!(solution.proof, Proof::Optimal);
}

#[test]
fn small_networks_agree_with_trying_every_choice_of_links() {
    let mut random = Random(7);
    for round in 0..60 {
        let task = random_task(&mut random, round % 2 == 0);
        let solution = solve_network(&task, Some(&solver::solve)).unwrap();
        let best = best_of_all_choices(&task);
        assert!(
            (solution.objective - best).abs() <= 1e-6 * best.max(1.0),
            "round {round}: {best} {solution:?} {task:?}"
        );
        assert_eq!(solution.proof, Proof::Optimal, "round {round}: {solution:?} {task:?}");
    }
}

#[test]
fn one_more_giver_never_makes_a_network_worse() {
    let mut random = Random(11);
    for round in 0..20 {
        let task = random_task(&mut random, round % 2 == 0);
        let mut fewer = task.clone();
        let last = task.transport.supply().len() as u32 - 1;
        let is_kept = |link: &Link| link.giver != last;
        let kept = task.transport.links().iter().zip(task.fixed.as_ref().unwrap()).filter(|(link, _)| is_kept(link));
        let (links, fixed): (Vec<Link>, Vec<i64>) = kept.map(|(link, fixed)| (*link, *fixed)).unzip();
        fewer.fixed = Some(fixed);
        fewer.transport =
            TransportProblem::new(task.transport.supply().to_vec(), task.transport.demand().to_vec(), links).unwrap();
        let with = solve_network(&task, Some(&solver::solve)).unwrap();
        let without = solve_network(&fewer, Some(&solver::solve)).unwrap();
        assert!(with.objective >= without.objective - 1e-6 * without.objective.abs(), "round {round}");
        for (task, solution) in [(&task, &with), (&fewer, &without)] {
            assert!(solution.bound >= solution.objective, "round {round}");
            assert_eq!(check_flows(task, &solution.flows), Ok(()), "round {round}");
        }
    }
}

#[test]
fn a_large_network_goes_to_the_solver_by_regions_and_is_never_lost_to_its_failure() {
    let mut random = Random(5);
    let quantities: Vec<i64> = (0..1_600).map(|_| 10 + random.below(1_500) as i64).collect();
    let links: Vec<(u32, u32, i64)> =
        (0..4_800).map(|number| (number % 800, random.below(800) as u32, 600 + random.below(900) as i64)).collect();
    let fixed = links.iter().map(|_| 2_000 + random.below(30_000) as i64).collect();
    let transport = transport(&quantities[..800], &quantities[800..], &links);
    let task = NetworkTask { transport, fixed: Some(fixed), quality: None };
    let alone = solve_network(&task, None).unwrap();

    // The first regions are solved, the others fail: what was known before stands there. Bounds take no branches.
    let calls = std::cell::RefCell::new([0, 0]);
    let flawed = |problem: &LinearProblem, limits: &Limits| {
        assert!(limits.start.is_some() && !limits.seeks_values, "{limits:?}");
        let is_bound = limits.branches == 1;
        let count = &mut calls.borrow_mut()[usize::from(is_bound)];
        *count += 1;
        if *count > if is_bound { 1 } else { 2 } {
            return Err("gave up".to_owned());
        }
        solver::solve(problem, limits)
    };
    let by_regions = Effort { links_at_once: 1_000, ..Effort::default() };
    let solution = solve_network_with(&task, Some(&flawed), by_regions).unwrap();
    assert!(calls.borrow()[0] > 2 && calls.borrow()[1] > 1, "{calls:?}");
    assert!(solution.objective >= alone.objective - 1e-6 && solution.bound < alone.bound, "{alone:?} {solution:?}");
    assert!(solution.bound >= solution.objective);
    assert_eq!(check_flows(&task, &solution.flows), Ok(()));

    let whole = solve_network_with(&task, Some(&solver::solve), by_regions).unwrap();
    assert!(
        whole.objective > alone.objective + 1.0 && whole.bound < solution.bound,
        "{} {}",
        alone.objective,
        whole.objective
    );
    assert_eq!(check_flows(&task, &whole.flows), Ok(()));

    let none = Effort { regions: 0, ..by_regions };
    let unasked = solve_network_with(&task, Some(&|_, _| panic!("no region is asked for")), none).unwrap();
    assert_eq!(unasked.bound, alone.bound);

    for effort in [by_regions, Effort::default()] {
        let failing = solve_network_with(&task, Some(&|_, _| Err("always fails".to_owned())), effort).unwrap();
        assert!(
            (failing.objective - alone.objective).abs() < 1e-6
                && (failing.bound - alone.bound).abs() <= 1e-6 * alone.bound
        );
        assert_eq!(check_flows(&task, &failing.flows), Ok(()));
    }
}

#[test]
fn flows_that_break_a_condition_are_refused() {
    let quality = Quality { count: 1, content: vec![1.4, 0.6], limit: vec![1.0] };
    let transport = transport(&[30, 20], &[25], &[(0, 0, 90), (1, 0, 80)]);
    let task = NetworkTask { transport, fixed: None, quality: Some(quality) };
    assert_eq!(check_flows(&task, &[12.5, 12.5]), Ok(()));
    assert_eq!(check_flows(&task, &[13.0, 12.0]), Err(FlowFault::QualityExceeded { taker: 0, quality: 0 }));
    assert_eq!(check_flows(&task, &[13.0, 13.0]), Err(FlowFault::DemandExceeded { taker: 0 }));
    assert_eq!(check_flows(&task, &[0.0, 21.0]), Err(FlowFault::SupplyExceeded { giver: 1 }));
    assert_eq!(check_flows(&task, &[-1.0, 0.0]), Err(FlowFault::NegativeFlow { link: 0 }));
    assert_eq!(check_flows(&task, &[f64::NAN, 0.0]), Err(FlowFault::NegativeFlow { link: 0 }));
    assert_eq!(check_flows(&task, &[0.0]), Err(FlowFault::Shape));
}

#[test]
fn a_quality_or_cost_that_is_missing_is_a_fault_with_its_place() {
    let givers = "id,qty_dt,q0,q1\n1,5,0.5,\n2,5,x,1\n";
    let takers = "id,qty_dt,l0\n1,5,1\n";
    let (quality, faults) = read_quality(givers.as_bytes(), takers.as_bytes());
    assert_eq!(quality, None);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| {
            (fault.place.file.as_str(), fault.place.line.unwrap(), fault.place.column.as_deref().unwrap(), fault.kind)
        })
        .collect();
    let expected = [
        ("givers.csv", 2, "q1", FaultKind::MissingValue),
        ("givers.csv", 3, "q0", FaultKind::NotANumber),
        ("takers.csv", 1, "l1", FaultKind::MissingColumn),
    ];
    assert_eq!(found, expected);
    let (fixed, faults) = read_fixed("giver,taker,benefit_kvnd_t,fixed_kvnd_yr\n1,1,5,7\n1,1,5,\n".as_bytes());
    assert_eq!(
        (fixed, faults.len(), faults[0].kind, faults[0].place.line),
        (None, 1, FaultKind::MissingValue, Some(3))
    );
}

#[test]
fn fractions_are_written_with_as_many_places_as_they_need() {
    let (file, _) = read_problem(
        &b"id,qty_dt\na,30\nb,20\n"[..],
        &b"id,qty_dt\nc,25\n"[..],
        &b"giver,taker,benefit_kvnd_t\na,c,9\nb,c,8\n"[..],
    );
    assert_eq!(mixed_flows_csv(&file.unwrap(), &[12.5, 12.0]), "giver,taker,flow_dt\na,c,12.5\nb,c,12\n");
}

fn reference(has_costs: bool, has_quality: bool) -> NetworkTask {
    let (file, faults) = read_problem(GIVERS.as_bytes(), TAKERS.as_bytes(), EDGES.as_bytes());
    assert_eq!(faults, []);
    let file: NetworkFile = file.unwrap();
    NetworkTask {
        transport: file.transport().unwrap(),
        fixed: has_costs.then(|| read_fixed(EDGES.as_bytes()).0.unwrap()),
        quality: has_quality.then(|| read_quality(GIVERS.as_bytes(), TAKERS.as_bytes()).0.unwrap()),
    }
}

fn transport(supply: &[i64], demand: &[i64], links: &[(u32, u32, i64)]) -> TransportProblem {
    let links = links.iter().map(|(giver, taker, benefit)| Link { giver: *giver, taker: *taker, benefit: *benefit });
    TransportProblem::new(supply.to_vec(), demand.to_vec(), links.collect()).unwrap()
}

/// Costs alone, or costs and qualities; at most 8 links.
fn random_task(random: &mut Random, has_quality: bool) -> NetworkTask {
    let quantities: Vec<i64> = (0..7).map(|_| random.below(30) as i64).collect();
    let links: Vec<(u32, u32, i64)> =
        (0..8).map(|_| (random.below(4) as u32, random.below(3) as u32, random.below(120) as i64 - 10)).collect();
    let mut values = |count: usize, least: f64| -> Vec<f64> {
        (0..count).map(|_| least + random.below(100) as f64 / 100.0).collect()
    };
    let quality = Quality { count: 2, content: values(8, 0.0), limit: values(6, 0.2) };
    NetworkTask {
        transport: transport(&quantities[..4], &quantities[4..], &links),
        fixed: Some((0..8).map(|_| random.below(80) as i64).collect()),
        quality: has_quality.then_some(quality),
    }
}

/// Opens every set of links in turn, and asks for the best flows over them by the problem without costs.
fn best_of_all_choices(task: &NetworkTask) -> f64 {
    let (links, fixed) = (task.transport.links(), task.fixed.as_ref().unwrap());
    let mut best = 0.0_f64;
    for choice in 0..1_u32 << links.len() {
        let is_open = |number: usize| choice >> number & 1 == 1;
        let open: Vec<Link> = (0..links.len()).filter(|number| is_open(*number)).map(|number| links[number]).collect();
        let (supply, demand) = (task.transport.supply().to_vec(), task.transport.demand().to_vec());
        let transport = TransportProblem::new(supply, demand, open).unwrap();
        let paid: i64 = (0..links.len()).filter(|number| is_open(*number)).map(|number| fixed[number]).sum();
        let free = NetworkTask { transport, fixed: None, quality: task.quality.clone() };
        best = best.max(solve_network(&free, Some(&solver::solve)).unwrap().objective - paid as f64);
    }
    best
}
