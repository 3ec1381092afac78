//! Networks through treatment plants and shared facilities: the worked example, every choice tried on small networks,
//! and what must hold of any answer.

mod random;

use engine::fault::{Fault, FaultKind};
use engine::matching::network::{
    Facility, FlowFault, InstallationCosts, InstallationTables, Installations, InstalledFlows, InstalledSolution, Link,
    NetworkAnswer, NetworkFile, NetworkProblem, NetworkRefusal, NetworkTask, Plant, PlantLink, PlantQuality, PlantSide,
    Proof, Quality, TransportProblem, check_installed_flows, plant_flows_csv, read_fixed, read_installations,
    read_problem, read_quality, solve_installed, solve_network,
};
use random::Random;

const GIVERS: &str = "id,qty_dt,q0\nslag,100,2.0\nash,60,0.5\n";
const TAKERS: &str = "id,qty_dt,l0\nbricks,50,1.0\nroad,80,3.0\n";
const EDGES: &str = "giver,taker,benefit_kvnd_t,fixed_kvnd_yr\nslag,road,20,0\nash,bricks,60,0\n";
const PLANTS: &str = "id,capacity_dt,yield,cost_kvnd_t,fixed_kvnd_yr,o0\nmill,80,0.5,10,100,0.8\n";
const PLANT_LINKS: &str =
    "side,from,to,benefit_kvnd_t,fixed_kvnd_yr\nin,slag,mill,30,0\nin,ash,mill,20,0\nout,mill,bricks,100,0\n";
const FACILITIES: &str = "id,capacity_dt\nquay,30\n";
const FACILITY_LINKS: &str = "facility,side,from,to\nquay,out,mill,bricks\nquay,direct,slag,road\n";

#[test]
fn the_worked_example_of_the_method_page_holds() {
    let (task, _, installations) = example(NetworkProblem::Transport);
    let solution = solved(&task, &installations);
    check_flow(&solution.flows.links, &[70.0, 10.0]);
    check_flow(&solution.flows.plant_links, &[30.0, 50.0, 40.0]);
    check_worth(&solution, 710.0);

    let (task, _, installations) = example_with(NetworkProblem::Transport, true);
    let solution = solved(&task, &installations);
    check_flow(&solution.flows.links, &[0.0, 20.0]);
    check_flow(&solution.flows.plant_links, &[60.0, 0.0, 30.0]);
    check_worth(&solution, 540.0);

    let (task, file, installations) = example(NetworkProblem::FixedCharge);
    let solution = solved(&task, &installations);
    check_worth(&solution, 610.0);
    assert_eq!(
        plant_flows_csv(&file, &installations, &solution.flows),
        "side,from,to,flow_dt\nin,ash,mill,50\nin,slag,mill,30\nout,mill,bricks,40\n"
    );
    let answer = NetworkAnswer::of_installed(&task, &solution);
    assert_eq!((answer.problem, answer.links_used, answer.objective_int), (NetworkProblem::FixedCharge, 5, None));
}

#[test]
fn without_a_solver_plants_are_refused() {
    let (task, _, installations) = example(NetworkProblem::Transport);
    assert_eq!(solve_installed(&task, &installations, None), Err(NetworkRefusal::NoSolver));
}

#[test]
fn without_plants_the_optimum_is_that_of_the_network() {
    let mut random = Random(3);
    for round in 0..24 {
        let (task, _) = random_task(&mut random, round % 2 == 0, round % 4 < 2);
        let nothing = Installations {
            fixed: task.fixed.is_some().then(InstallationCosts::default),
            quality: task.quality.is_some().then(PlantQuality::default),
            ..Installations::default()
        };
        let expected = solve_network(&task, Some(&solver::solve)).unwrap().objective;
        let solution = solved(&task, &nothing);
        assert!(
            (solution.objective - expected).abs() <= 1e-6 * expected.max(1.0),
            "round {round}: {expected} {solution:?}"
        );
    }
}

/// A plant that changes nothing, for every link from giver to taker a plant of its own.
#[test]
fn plants_that_lose_and_cost_nothing_are_as_good_as_links() {
    let mut random = Random(5);
    for round in 0..24 {
        let (task, _) = random_task(&mut random, round % 2 == 0, round % 4 < 2);
        let expected = solve_network(&task, Some(&solver::solve)).unwrap().objective;
        let links = task.transport.links();
        let (supply, demand) = (task.transport.supply().to_vec(), task.transport.demand().to_vec());
        let transport = TransportProblem::new(supply, demand, Vec::new()).unwrap();
        let direct = NetworkTask { transport, fixed: task.fixed.as_ref().map(|_| Vec::new()), ..task.clone() };
        let plant = |number: usize| Plant { id: number.to_string(), capacity: i64::MAX, output: 1.0, cost: 0 };
        let into = |(plant, link): (u32, &Link)| {
            [
                PlantLink { side: PlantSide::In, plant, stream: link.giver, benefit: link.benefit },
                PlantLink { side: PlantSide::Out, plant, stream: link.taker, benefit: 0 },
            ]
        };
        let content = |link: &Link| {
            let quality = task.quality.as_ref();
            let count = quality.map_or(0, |quality| quality.count);
            let giver = link.giver as usize;
            (0..count).filter_map(move |kind| Some(quality?.content[giver * count + kind]))
        };
        let content: Vec<f64> = links.iter().flat_map(content).collect();
        let installations = Installations {
            plants: (0..links.len()).map(plant).collect(),
            links: (0..).zip(links).flat_map(into).collect(),
            facilities: Vec::new(),
            fixed: task
                .fixed
                .as_ref()
                .map(|fixed| InstallationCosts { plants: fixed.clone(), links: vec![0; 2 * links.len()] }),
            quality: task.quality.as_ref().map(|_| PlantQuality { limit: vec![None; content.len()], content }),
        };
        let solution = solved(&direct, &installations);
        assert!(
            (solution.objective - expected).abs() <= 1e-6 * expected.max(1.0),
            "round {round}: {expected} {solution:?} {task:?}"
        );
        assert_eq!(solution.proof, Proof::Optimal, "round {round}: {solution:?}");
    }
}

/// Every set of links and plants opened in turn, and the network without costs over them.
#[test]
fn small_networks_agree_with_trying_every_choice() {
    let mut random = Random(9);
    for round in 0..8 {
        let (task, installations) = random_task(&mut random, true, round % 2 == 0);
        let solution = solved(&task, &installations);
        let best = best_of_all_choices(&task, &installations);
        assert!(
            (solution.objective - best).abs() <= 1e-6 * best.max(1.0),
            "round {round}: {best} {solution:?} {task:?} {installations:?}"
        );
        assert_eq!(solution.proof, Proof::Optimal, "round {round}: {solution:?}");
    }
}

#[test]
fn a_plant_never_worsens_a_network_and_a_facility_never_betters_it() {
    let mut random = Random(13);
    for round in 0..40 {
        let (task, all) = random_task(&mut random, round % 2 == 0, round % 4 < 2);
        let mut without_plant = all.clone();
        // Without its links a plant cannot take in anything.
        let is_kept = |link: &PlantLink| link.plant != 1;
        let kept: Vec<usize> = (0..all.links.len()).filter(|place| is_kept(&all.links[*place])).collect();
        without_plant.links = kept.iter().map(|place| all.links[*place]).collect();
        if let (Some(fixed), Some(all)) = (&mut without_plant.fixed, &all.fixed) {
            fixed.links = kept.iter().map(|place| all.links[*place]).collect();
        }
        for facility in &mut without_plant.facilities {
            let places = facility.plant_links.iter().filter_map(|link| kept.iter().position(|k| *k == *link as usize));
            facility.plant_links = places.map(|place| place as u32).collect();
        }
        let without_facility = Installations { facilities: Vec::new(), ..all.clone() };
        let worth = |installations| solved(&task, installations).objective;
        let (fewer, with, free) = (worth(&without_plant), worth(&all), worth(&without_facility));
        assert!(fewer <= with + 1e-6 * with && with <= free + 1e-6 * free, "round {round}: {fewer} {with} {free}");
    }
}

#[test]
fn flows_that_break_a_condition_are_refused() {
    let (task, _, mut installations) = example_with(NetworkProblem::TransportBlending, true);
    let check = |installations: &Installations, links: [f64; 2], plant_links: [f64; 3]| {
        let flows = InstalledFlows { links: links.to_vec(), plant_links: plant_links.to_vec() };
        check_installed_flows(&task, installations, &flows)
    };
    assert_eq!(check(&installations, [0.0, 10.0], [60.0, 0.0, 30.0]), Ok(()));
    assert_eq!(check(&installations, [0.0, 10.0], [60.0, 0.0, 29.0]), Err(FlowFault::PlantUnbalanced { plant: 0 }));
    assert_eq!(check(&installations, [0.0, 10.0], [60.0, 0.0, 31.0]), Err(FlowFault::FacilityExceeded { facility: 0 }));
    assert_eq!(check(&installations, [1.0, 0.0], [60.0, 0.0, 30.0]), Err(FlowFault::FacilityExceeded { facility: 0 }));
    assert_eq!(check(&installations, [0.0, 10.0], [50.0, 52.0, 51.0]), Err(FlowFault::SupplyExceeded { giver: 1 }));
    assert_eq!(check(&installations, [0.0, 30.0], [60.0, 0.0, 30.0]), Err(FlowFault::DemandExceeded { taker: 0 }));
    assert_eq!(check(&installations, [0.0, 0.0], [-1.0, 0.0, 0.0]), Err(FlowFault::NegativePlantFlow { link: 0 }));
    assert_eq!(check(&installations, [f64::NAN, 0.0], [0.0; 3]), Err(FlowFault::NegativeFlow { link: 0 }));
    installations.facilities[0].capacity = 100;
    assert_eq!(check(&installations, [0.0, 0.0], [82.0, 0.0, 41.0]), Err(FlowFault::PlantExceeded { plant: 0 }));
    installations.quality = Some(PlantQuality { content: vec![1.2], limit: vec![Some(1.5)] });
    let mixed = check(&installations, [0.0, 10.0], [40.0, 0.0, 20.0]);
    assert_eq!(mixed, Err(FlowFault::PlantQualityExceeded { plant: 0, quality: 0 }));
    let mixed = check(&installations, [0.0, 3.0], [20.0, 20.0, 20.0]);
    assert_eq!(mixed, Err(FlowFault::QualityExceeded { taker: 0, quality: 0 }));
    let short = InstalledFlows { links: vec![0.0; 2], plant_links: vec![0.0; 2] };
    assert_eq!(check_installed_flows(&task, &installations, &short), Err(FlowFault::Shape));
}

#[test]
fn every_fault_of_the_tables_is_told_with_its_place() {
    let (file, _) = read_problem(GIVERS.as_bytes(), TAKERS.as_bytes(), EDGES.as_bytes());
    let tables = InstallationTables {
        plants: Some(&b"id,capacity_dt,yield,cost_kvnd_t,o0,o1\nmill,80,1.5,-1,,1\nmill,x,0.5,1,1,1\n"[..]),
        plant_links: Some(&b"side,from,to,benefit_kvnd_t\nup,slag,mill,1\nin,mill,slag,1\nout,mill,road,a\n"[..]),
        facilities: Some(&b"id,capacity_dt\nquay,\n"[..]),
        facility_links: Some(
            &b"facility,side,from,to\nquay,out,mill,road\npier,in,slag,mill\nquay,out,mill,road\n"[..],
        ),
    };
    let (found, faults) = read_installations(tables, &file.unwrap(), NetworkProblem::FixedChargeBlending, Some(1));
    assert_eq!(found, None);
    let expected = [
        ("plants.csv", 1, "fixed_kvnd_yr", FaultKind::MissingColumn),
        ("plants.csv", 1, "o1", FaultKind::UnknownColumn),
        ("plants.csv", 2, "yield", FaultKind::OutOfRange),
        ("plants.csv", 2, "cost_kvnd_t", FaultKind::NegativeAmount),
        ("plants.csv", 2, "o0", FaultKind::MissingValue),
        ("plants.csv", 3, "id", FaultKind::Duplicate),
        ("plants.csv", 3, "capacity_dt", FaultKind::NotANumber),
        ("plant_links.csv", 1, "fixed_kvnd_yr", FaultKind::MissingColumn),
        ("plant_links.csv", 2, "side", FaultKind::UnknownCode),
        ("plant_links.csv", 3, "from", FaultKind::UnknownReference),
        ("plant_links.csv", 3, "to", FaultKind::UnknownReference),
        ("plant_links.csv", 4, "benefit_kvnd_t", FaultKind::NotANumber),
        ("facilities.csv", 2, "capacity_dt", FaultKind::MissingValue),
        ("facility_links.csv", 3, "facility", FaultKind::UnknownReference),
        ("facility_links.csv", 3, "to", FaultKind::UnknownReference),
        ("facility_links.csv", 4, "to", FaultKind::Duplicate),
    ];
    assert_eq!(places(&faults), expected);
}

#[test]
fn a_table_without_its_partner_and_a_link_that_is_not_one_are_faults() {
    let edges = format!("{EDGES}ash,bricks,50,0\n");
    let (file, _) = read_problem(GIVERS.as_bytes(), TAKERS.as_bytes(), edges.as_bytes());
    let tables = InstallationTables {
        plants: Some(PLANTS.as_bytes()),
        plant_links: None,
        facilities: Some(FACILITIES.as_bytes()),
        facility_links: Some(&b"facility,side,from,to\nquay,direct,ash,bricks\n"[..]),
    };
    let (found, faults) = read_installations(tables, &file.unwrap(), NetworkProblem::Transport, None);
    assert_eq!(found, None);
    assert_eq!((faults[0].kind, faults[0].place.file.as_str()), (FaultKind::MissingFile, "plant_links.csv"));
    assert_eq!(places(&faults[1..]), [("facility_links.csv", 2, "to", FaultKind::Contradiction)]);
}

fn places(faults: &[Fault]) -> Vec<(&str, usize, &str, FaultKind)> {
    let has_place = |fault: &Fault| fault.place.line.is_some() && fault.place.column.is_some();
    assert!(faults.iter().all(has_place), "{faults:?}");
    faults
        .iter()
        .map(|fault| {
            let place = &fault.place;
            (place.file.as_str(), place.line.unwrap(), place.column.as_deref().unwrap(), fault.kind)
        })
        .collect()
}

/// An answer whose flows keep all conditions and whose bound is not below its worth.
fn solved(task: &NetworkTask, installations: &Installations) -> InstalledSolution {
    let solution = solve_installed(task, installations, Some(&solver::solve)).unwrap();
    assert_eq!(check_installed_flows(task, installations, &solution.flows), Ok(()));
    assert!(solution.bound >= solution.objective, "{solution:?}");
    solution
}

fn check_flow(flows: &[f64], expected: &[f64]) {
    let is_near = flows.iter().zip(expected).all(|(flow, expected)| (flow - expected).abs() < 1e-6);
    assert!(is_near && flows.len() == expected.len(), "{flows:?}, expected {expected:?}");
}

fn check_worth(solution: &InstalledSolution, expected: f64) {
    assert!((solution.objective - expected).abs() < 1e-6, "{solution:?}, expected {expected}");
    assert!((solution.bound - expected).abs() < 1e-4, "{solution:?}, expected {expected}");
    assert_eq!(solution.proof, Proof::Optimal);
}

fn example(problem: NetworkProblem) -> (NetworkTask, NetworkFile, Installations) {
    example_with(problem, false)
}

fn example_with(problem: NetworkProblem, has_quay: bool) -> (NetworkTask, NetworkFile, Installations) {
    let (file, faults) = read_problem(GIVERS.as_bytes(), TAKERS.as_bytes(), EDGES.as_bytes());
    assert_eq!(faults, []);
    let file = file.unwrap();
    let tables = InstallationTables {
        plants: Some(PLANTS.as_bytes()),
        plant_links: Some(PLANT_LINKS.as_bytes()),
        facilities: has_quay.then_some(FACILITIES.as_bytes()),
        facility_links: has_quay.then_some(FACILITY_LINKS.as_bytes()),
    };
    let (installations, faults) = read_installations(tables, &file, problem, Some(1));
    assert_eq!(faults, []);
    let has_quality = problem == NetworkProblem::TransportBlending;
    let task = NetworkTask {
        transport: file.transport().unwrap(),
        fixed: (problem == NetworkProblem::FixedCharge).then(|| read_fixed(EDGES.as_bytes()).0.unwrap()),
        quality: has_quality.then(|| read_quality(GIVERS.as_bytes(), TAKERS.as_bytes()).0.unwrap()),
    };
    (task, file, installations.unwrap())
}

/// Three givers, two takers, two plants, one facility; 3 links from giver to taker and 5 of plants.
fn random_task(random: &mut Random, has_costs: bool, has_quality: bool) -> (NetworkTask, Installations) {
    let mut below = |limit: u64| random.below(limit) as i64;
    let supply: Vec<i64> = (0..3).map(|_| below(40)).collect();
    let demand: Vec<i64> = (0..2).map(|_| below(40)).collect();
    let links: Vec<Link> =
        (0..3).map(|_| Link { giver: below(3) as u32, taker: below(2) as u32, benefit: below(100) - 10 }).collect();
    let plant = |below: &mut dyn FnMut(u64) -> i64, number: usize| Plant {
        id: number.to_string(),
        capacity: below(50),
        output: (below(10) + 1) as f64 / 10.0,
        cost: below(10),
    };
    let plants = vec![plant(&mut below, 0), plant(&mut below, 1)];
    let mut plant_links = Vec::new();
    for (side, plant) in
        [(PlantSide::In, 0), (PlantSide::In, 1), (PlantSide::In, 1), (PlantSide::Out, 0), (PlantSide::Out, 1)]
    {
        let stream = if side == PlantSide::In { below(3) } else { below(2) } as u32;
        plant_links.push(PlantLink { side, plant, stream, benefit: below(120) - 10 });
    }
    let facility = Facility { id: "pipe".to_owned(), capacity: below(30), links: vec![0], plant_links: vec![1, 3] };
    let mut costs = |count: usize| -> Vec<i64> { (0..count).map(|_| below(60)).collect() };
    let fixed = has_costs.then(|| costs(3));
    let of_plants = has_costs.then(|| InstallationCosts { plants: costs(2), links: costs(5) });
    let mut values = |count: usize, least: f64| -> Vec<f64> {
        (0..count).map(|_| least + random.below(100) as f64 / 100.0).collect()
    };
    let quality = has_quality.then(|| Quality { count: 1, content: values(3, 0.0), limit: values(2, 0.2) });
    let plant_quality =
        has_quality.then(|| PlantQuality { content: values(2, 0.0), limit: vec![None, Some(values(1, 0.3)[0])] });
    let task = NetworkTask { transport: TransportProblem::new(supply, demand, links).unwrap(), fixed, quality };
    let installations = Installations {
        plants,
        links: plant_links,
        facilities: vec![facility],
        fixed: of_plants,
        quality: plant_quality,
    };
    (task, installations)
}

fn best_of_all_choices(task: &NetworkTask, installations: &Installations) -> f64 {
    let (direct, costs) = (task.fixed.as_ref().unwrap(), installations.fixed.as_ref().unwrap());
    let fixed = [direct.as_slice(), &costs.links, &costs.plants].concat();
    let (links, plant_links) = (direct.len(), costs.links.len());
    let mut best = 0.0_f64;
    for choice in 0..1_u32 << fixed.len() {
        let is_open = |number: usize| choice >> number & 1 == 1;
        let paid: i64 = (0..fixed.len()).filter(|number| is_open(*number)).map(|number| fixed[number]).sum();
        // What is closed costs so much by the tonne that it is not used; a plant that is closed has no room.
        let mut free = task.clone();
        free.fixed = None;
        let closed = |number: usize, benefit: i64| if is_open(number) { benefit } else { -1_000_000 };
        let choose = |(number, link): (usize, &Link)| Link { benefit: closed(number, link.benefit), ..*link };
        let chosen = task.transport.links().iter().enumerate().map(choose).collect();
        free.transport =
            TransportProblem::new(task.transport.supply().to_vec(), task.transport.demand().to_vec(), chosen).unwrap();
        let mut open = installations.clone();
        for (number, link) in open.links.iter_mut().enumerate() {
            link.benefit = closed(links + number, link.benefit);
        }
        for (_, plant) in
            open.plants.iter_mut().enumerate().filter(|(number, _)| !is_open(links + plant_links + number))
        {
            plant.capacity = 0;
        }
        best = best.max(solved(&free, &open).objective - paid as f64);
    }
    best
}
