//! The network of a park that has links with yearly costs and shared plants: the worked example of the method page, and
//! every choice tried on small ones.

mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engine::catalogue::{Catalogue, Files, read_catalogue};
use engine::fault::{Fault, FaultKind};
use engine::ids::{EnterpriseId, PlantId, SiteLinkId, StreamId};
use engine::matching::carbon::ExchangeFactors;
use engine::matching::objective::works::{GroundPlant, GroundWorks, PaidItem, Solver, Unsolved, Way};
use engine::matching::objective::{Chosen, Ground, GroundOf, Objective, Side, WeighedLink};
use engine::matching::robustness::{critical_links, failures, failures_while};
use engine::matching::scenario::{Scenario, Tried};
use engine::matching::split::{Core, SplitMethod, Splitting};
use engine::matching::tradeoff::{trade_off, trade_off_while};
use engine::matching::{
    ExchangeUnit, MatchingRules, Network, Proof, choose_network, choose_network_of, find_exchanges, wanted_network,
};
use engine::park::read::{particulars_from_toml, read_park};
use engine::park::{Park, StreamKind};
use engine::period::Period;
use engine::source::Basis;
use engine::table::read_csv;
use random::Random;

const SOLVER: Option<Solver> = Some(Solver(solver::solve));

const ENTERPRISES: &str = "enterprise,name_vi,name_en,isic4,role,latitude,longitude
mill,Xay bột,Mill,1061,tenant,10.1,105.7
dryer,Trạm sấy,Dryer,3821,utility,10.1,105.7
feed,Thức ăn,Feed,1080,tenant,10.1,105.7
";
const STREAMS: &str =
    "stream,enterprise,direction,kind,name_vi,name_en,ewc,quantity,unit,hazardous,price_vnd,treatment_vnd,basis,source
wet,mill,give,material,Bã ướt,Wet pulp,190210,1000,t,no,500000,0,declared,test
into,dryer,take,material,Bã ướt,Wet pulp,190210,800,t,no,0,0,declared,test
dry,dryer,give,material,Bã khô,Dry pulp,190203,800,t,no,0,0,declared,test
meal,feed,take,material,Bã khô,Dry pulp,190203,600,t,no,900000,0,declared,test
";
const PLANTS: &str = "plant,name_vi,name_en,input,output,output_share,treatment_vnd,yearly_vnd,status,basis,source
P1,Trạm sấy,Dryer,into,dry,0.5,100000,50000000,proposed,estimated,test
";

fn catalogue() -> Catalogue {
    fn gather(folder: &Path, prefix: &str, files: &mut Files) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => gather(&entry.path(), &format!("{name}/"), files),
                false => {
                    files.insert(name, std::fs::read_to_string(entry.path()).unwrap());
                }
            }
        }
    }
    let mut files = Files::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue"), "", &mut files);
    read_catalogue(&files).0
}

fn read(catalogue: &Catalogue, more: &[(&str, &str)]) -> (Option<Park>, Vec<Fault>) {
    let toml = "park = \"p\"\nname_vi = \"Khu\"\nname_en = \"Park\"\n";
    let mut sheets = BTreeMap::from([("park".to_string(), particulars_from_toml("park.toml", toml).unwrap())]);
    let own = [("enterprises", ENTERPRISES), ("records", RECORDS), ("streams", STREAMS)];
    for (name, text) in own.iter().chain(more) {
        sheets.insert(name.to_string(), read_csv(&format!("{name}.csv"), text).unwrap());
    }
    read_park(&sheets, catalogue)
}

const RECORDS: &str = "enterprise,resource,from,to,amount,unit,basis,source
mill,electricity,2024-01-01,2024-01-31,1,MWh,declared,test
";

struct Case {
    catalogue: Catalogue,
    park: Park,
    rules: MatchingRules,
    factors: ExchangeFactors,
}

impl Case {
    fn of(more: &[(&str, &str)]) -> Case {
        let catalogue = catalogue();
        let (park, faults) = read(&catalogue, more);
        let park = park.unwrap_or_else(|| panic!("{faults:?}"));
        Case { park, catalogue, rules: MatchingRules::default(), factors: ExchangeFactors::default() }
    }

    fn from(&self, solver: Option<Solver>) -> GroundOf<'_> {
        let period = Period::year(2024).unwrap();
        GroundOf {
            park: &self.park,
            catalogue: &self.catalogue,
            rules: &self.rules,
            factors: &self.factors,
            period,
            solver,
        }
    }

    fn network(&self) -> Network {
        choose_network_of(self.from(SOLVER), &find_exchanges(&self.park, &self.catalogue))
    }
}

fn links(rows: &str) -> String {
    format!(
        "link,name_vi,name_en,means,giver,taker,kind,charged,yearly_vnd,investment_vnd,life_years,discount_rate,capacity,unit,basis,source\n{rows}"
    )
}

#[test]
fn the_worked_example_of_the_method_page_holds() {
    let network = Case::of(&[("plants", PLANTS)]).network();
    // 800 t in at 500 − 100 thousand, 400 t out at 900 thousand, less 50 million.
    assert_eq!((network.benefit_vnd, network.proof), (630e6, Proof::Optimal));
    assert_eq!(network.exchanges.iter().map(|one| one.quantity).collect::<Vec<_>>(), [400.0, 800.0]);
    assert_eq!((network.waste_diverted_t, network.gap), (800.0, 0.0));
    let works = network.works.unwrap();
    assert_eq!((works.yearly_costs_vnd, works.paid.len()), (50e6, 1));
    assert_eq!((works.paid[0].quantity, works.paid[0].capacity), (800.0, Some(800.0)));

    // Each pair pays its lorries anew, so two pairs do.
    let lorries = links("L1,Xe,Lorries,truck,,,material,each,10000000,,,,,,quoted,test\n");
    let network = Case::of(&[("plants", PLANTS), ("links", &lorries)]).network();
    assert_eq!(network.benefit_vnd, 610e6);
    assert_eq!(network.works.unwrap().paid.len(), 3);
    let store = links("L1,Kho,Store,storage,,,material,once,10000000,,,,,,quoted,test\n");
    assert_eq!(Case::of(&[("plants", PLANTS), ("links", &store)]).network().benefit_vnd, 620e6);

    // A link that carries 300 t a year: 300 × 400 thousand + 150 × 900 thousand − 50 million.
    let narrow = links("L1,Ống,Pipe,pipe,mill,dryer,material,once,0,,,,300,t,quoted,test\n");
    let network = Case::of(&[("plants", PLANTS), ("links", &narrow)]).network();
    assert_eq!((network.benefit_vnd, network.proof), (205e6, Proof::Optimal));

    // 100 million over 10 years at 10 %: 16.2745 million a year.
    let built = links("L1,Ống,Pipe,pipe,mill,dryer,material,once,,100000000,10,0.1,,,quoted,test\n");
    let network = Case::of(&[("plants", PLANTS), ("links", &built)]).network();
    assert!((network.benefit_vnd - (630e6 - 16_274_539.0)).abs() < 1.0, "{}", network.benefit_vnd);
}

/// The example has a dryer, a water plant and four links, one of them of unknown cost.
fn example() -> Case {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/khu-lan-can");
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let sheets = ["enterprises", "records", "streams", "composition", "links", "plants"];
    let mut sheets: BTreeMap<String, _> =
        sheets.map(|name| (name.to_string(), read_csv(name, &text(&format!("{name}.csv"))).unwrap())).into();
    sheets.insert("park".to_string(), particulars_from_toml("park.toml", &text("park.toml")).unwrap());
    let mut case = Case::of(&[]);
    let (park, faults) = read_park(&sheets, &case.catalogue);
    case.park = park.unwrap_or_else(|| panic!("{faults:?}"));
    case
}

/// It was made by hand, so what is expected can be reckoned: 4,500 t of sludge make 1,800 t, and 155,000 m³ of reuse water
/// are all that is asked for.
#[test]
fn the_example_with_links_and_plants_uses_both_plants() {
    let network = example().network();
    assert_eq!((network.proof, network.gap), (Proof::Optimal, 0.0));
    assert_eq!(network.benefit_vnd.round(), 3_113_086_024.0);
    let flow = |giver: &str| -> f64 {
        network.exchanges.iter().filter(|one| one.giver.as_str() == giver).map(|one| one.quantity).sum()
    };
    assert_eq!((flow("G01") + flow("G02"), flow("G03"), flow("G08")), (4_500.0, 1_800.0, 155_000.0));
    let works = network.works.unwrap();
    let of = |wanted: fn(&PaidItem) -> bool| works.paid.iter().filter(|one| wanted(&one.item)).count();
    assert_eq!((of(|item| matches!(item, PaidItem::Plant { .. })), works.paid.len()), (2, 7));
    assert_eq!(works.paid.iter().filter(|one| one.a_year_vnd.is_none()).count(), 1, "the store that nobody priced");
}

#[test]
fn a_network_is_chosen_part_by_part_and_can_be_stopped() {
    let case = example();
    let wanted = wanted_network(case.from(SOLVER), &find_exchanges(&case.park, &case.catalogue)).unwrap();
    assert!(wanted.parts() > 1, "sludge and water do not bear on each other");
    assert_eq!(Scenario::default().pose_on(case.from(SOLVER)), wanted, "the report and the page want the same");
    let mut told = Vec::new();
    let chosen = wanted.choose_while(&mut |done| {
        told.push(done);
        true
    });
    assert_eq!(chosen, Some(wanted.choose()));
    assert_eq!(told, (0..wanted.parts()).collect::<Vec<_>>());
    assert_eq!(wanted.choose_while(&mut |done| done < 1), None);
    let case = Case::of(&[]);
    assert_eq!(wanted_network(case.from(SOLVER), &find_exchanges(&case.park, &case.catalogue)), None);
    assert_eq!(Scenario::default().pose_on(case.from(SOLVER)).parts(), 0);
}

#[test]
fn what_costs_more_than_it_brings_is_not_used() {
    let dear = PLANTS.replace("50000000", "690000000");
    let network = Case::of(&[("plants", &dear)]).network();
    assert_eq!((network.benefit_vnd, network.exchanges.len(), network.proof), (0.0, 0, Proof::Optimal));
    let cheaper = PLANTS.replace("50000000", "670000000");
    assert_eq!(Case::of(&[("plants", &cheaper)]).network().benefit_vnd, 10e6);
}

#[test]
fn an_unknown_cost_is_told_and_not_taken_for_zero() {
    let unknown = PLANTS.replace("100000,50000000", ",");
    let works = Case::of(&[("plants", &unknown)]).network().works.unwrap();
    assert_eq!((works.paid[0].a_year_vnd, works.paid[0].lacks_treatment_cost), (None, true));
}

#[test]
fn a_park_without_links_and_plants_has_the_same_network_as_ever() {
    let case = Case::of(&[]);
    let candidates = find_exchanges(&case.park, &case.catalogue);
    assert_eq!(case.network(), choose_network(&candidates));
    assert!(!serde_json::to_string(&case.network()).unwrap().contains("works"));
    assert!(!serde_json::to_string(&case.park).unwrap().contains("works"));
}

#[test]
fn without_a_solver_nothing_is_chosen_and_the_reason_is_told() {
    let case = Case::of(&[("plants", PLANTS)]);
    let network = choose_network_of(case.from(None), &find_exchanges(&case.park, &case.catalogue));
    assert_eq!((network.exchanges.len(), network.proof), (0, Proof::Gap));
    assert!(network.bound_vnd >= 630e6);
    assert_eq!(network.works.unwrap().refusal, Some(Unsolved::NoSolver));
}

#[test]
fn failures_and_scenarios_know_plants_and_links() {
    let case = Case::of(&[("plants", PLANTS)]);
    let tried = Scenario::default().try_on(case.from(SOLVER));
    assert_eq!(tried.chosen.totals.benefit_vnd, 630e6);
    assert_eq!(tried.chosen.totals.yearly_costs_vnd, 50e6);
    // Whoever fails, the chain is broken.
    let failed = failures(&tried, Objective::Benefit);
    assert_eq!(failed.iter().map(|one| one.loss).collect::<Vec<_>>(), [630e6; 3]);
    assert!(critical_links(&tried.ground, &tried.chosen, Objective::Benefit).iter().all(|link| link.loss == 630e6));
    let pairs = BTreeMap::from([("quantity".to_string(), "into*0.5".to_string())]);
    let half = Scenario::of_pairs("a", &pairs, &case.park).unwrap().try_on(case.from(SOLVER));
    assert_eq!(half.chosen.totals.benefit_vnd, 290e6);
}

#[test]
fn every_fault_of_the_two_sheets_is_told_at_once() {
    let catalogue = catalogue();
    let bad_links = links(
        "L1,a,a,pipe,mill,mill,,once,,5,,,10,t,quoted,test\nL1,a,a,pipe,mill,feed,,once,,,,,,,quoted,test\n\
         L2,a,a,boat,nobody,,gas,twice,-1,,,,,,heard,\n",
    );
    let bad_plants = "plant,name_vi,name_en,input,output,output_share,status,basis,source
P1,a,a,wet,meal,0,proposed,estimated,test
P2,a,a,into,wet,0.5,existing,estimated,test
";
    let (park, faults) = read(&catalogue, &[("links", &bad_links), ("plants", bad_plants)]);
    assert!(park.is_none());
    let has = |file: &str, line: usize, column: &str, kind: FaultKind| {
        let found = faults.iter().any(|fault| {
            let place = &fault.place;
            place.file == file
                && place.line == Some(line)
                && place.column.as_deref() == Some(column)
                && fault.kind == kind
        });
        assert!(found, "{file} {line} {column} {kind:?} in {faults:#?}");
    };
    has("links.csv", 2, "taker", FaultKind::Contradiction);
    has("links.csv", 2, "kind", FaultKind::MissingValue);
    has("links.csv", 2, "life_years", FaultKind::MissingValue);
    has("links.csv", 2, "discount_rate", FaultKind::MissingValue);
    has("links.csv", 3, "link", FaultKind::Duplicate);
    has("links.csv", 4, "means", FaultKind::UnknownCode);
    has("links.csv", 4, "giver", FaultKind::UnknownReference);
    has("links.csv", 4, "yearly_vnd", FaultKind::NegativeAmount);
    has("plants.csv", 2, "input", FaultKind::Contradiction);
    has("plants.csv", 2, "output", FaultKind::Contradiction);
    has("plants.csv", 2, "output_share", FaultKind::OutOfRange);
    has("plants.csv", 3, "output", FaultKind::Duplicate);
    has("plants.csv", 3, "output", FaultKind::Contradiction);
}

/// Three givers and two takers, of which the last giver is what a plant makes of what the last taker takes in.
fn tiny(seed: u64) -> Ground {
    let mut random = Random(seed);
    let mut below = |limit: u64| random.below(limit) as i64;
    let side = |id: String, steps| Side {
        stream: StreamId::new(id.as_str()),
        enterprise: EnterpriseId::new(id.as_str()),
        steps,
        basis: Basis::Declared,
    };
    let givers = (0..3).map(|number| side(format!("g{number}"), 1 + below(4))).collect();
    let takers = (0..2).map(|number| side(format!("t{number}"), 1 + below(4))).collect();
    let mut links = Vec::new();
    for (giver, taker) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)] {
        links.push(WeighedLink {
            giver,
            taker,
            kind: StreamKind::Material,
            unit: ExchangeUnit::Tonne,
            benefit: below(12) - 3,
            parts_vnd: [0.0; 4],
            co2e: (below(8) > 0).then(|| below(12) - 3),
            carbon: None,
            is_kept_from_disposal: giver != 1,
            distance_km: None,
            most: None,
            is_ready: true,
        });
    }
    let way = |name: &str, links: Vec<usize>, cost: i64, capacity| Way {
        link: SiteLinkId::new(name),
        pair: None,
        a_year_vnd: Some(cost as f64),
        capacity,
        links,
    };
    let ways = vec![way("a", vec![0, 2], 100 * below(12), None), way("b", vec![1], 100 * below(9), Some(below(4)))];
    let plant = GroundPlant {
        plant: PlantId::new("p"),
        input: Some(1),
        output: Some(2),
        output_share: [0.5, 1.0, 1.6][below(3) as usize],
        a_year_vnd: Some(100.0 * below(10) as f64),
        has_treatment_cost: true,
    };
    Ground { givers, takers, links, works: GroundWorks { ways, plants: vec![plant], solver: SOLVER } }
}

/// All flows in whole steps that keep every limit.
fn all_flows(ground: &Ground) -> Vec<Vec<i64>> {
    let mut found = vec![Vec::new()];
    for link in &ground.links {
        let most = ground.givers[link.giver].steps.min(ground.takers[link.taker].steps);
        found = found
            .into_iter()
            .flat_map(|flows: Vec<i64>| (0..=most).map(move |flow| [flows.clone(), vec![flow]].concat()))
            .collect();
    }
    let share = ground.works.plants[0].output_share;
    found.retain(|flows| {
        let sum = |of: &dyn Fn(usize, &WeighedLink) -> bool| -> i64 {
            let links = ground.links.iter().zip(flows).enumerate();
            links.filter(|(number, (link, _))| of(*number, link)).map(|(_, (_, flow))| flow).sum()
        };
        (0..3).all(|giver| sum(&|_, link| link.giver == giver) <= ground.givers[giver].steps)
            && (0..2).all(|taker| sum(&|_, link| link.taker == taker) <= ground.takers[taker].steps)
            && ground
                .works
                .ways
                .iter()
                .all(|way| way.capacity.is_none_or(|most| sum(&|number, _| way.links.contains(&number)) <= most))
            && sum(&|_, link| link.giver == 2) == (share * sum(&|_, link| link.taker == 1) as f64).floor() as i64
    });
    found
}

fn worth(ground: &Ground, flows: &[i64], objective: Objective) -> Option<i128> {
    let mut sum = 0;
    for (link, &flow) in ground.links.iter().zip(flows).filter(|(_, flow)| **flow > 0) {
        sum += i128::from(flow)
            * match objective {
                Objective::Co2e => 100 * i128::from(link.co2e?),
                _ => 100 * i128::from(link.benefit),
            };
    }
    if objective == Objective::Benefit {
        sum -= ground.yearly_costs_vnd(flows) as i128;
    }
    Some(sum)
}

#[test]
fn every_network_is_greatest_among_all_networks() {
    let mut with_output = 0;
    for seed in 1..=80 {
        let ground = tiny(seed);
        let all = all_flows(&ground);
        let by_benefit = ground.choose(Objective::Benefit);
        let best = all.iter().filter_map(|flows| worth(&ground, flows, Objective::Benefit)).max();
        assert_eq!((by_benefit.refusal, Some(by_benefit.value)), (None, best), "seed {seed}");
        assert_eq!(by_benefit.bound, by_benefit.value, "seed {seed}");
        assert_eq!(by_benefit.totals.benefit_vnd, by_benefit.value as f64, "seed {seed}");
        with_output += usize::from(by_benefit.flows[4] > 0);

        let by_co2e = ground.choose(Objective::Co2e);
        let best = all.iter().filter_map(|flows| {
            Some((worth(&ground, flows, Objective::Co2e)?, worth(&ground, flows, Objective::Benefit)?))
        });
        let found = (by_co2e.value, by_co2e.totals.benefit_vnd as i128);
        assert_eq!(Some(found), best.max(), "seed {seed}: co2e");
    }
    assert!(with_output > 10, "{with_output}");
}

#[test]
fn points_of_a_curve_are_proved_and_none_beats_another() {
    for seed in 1..=40 {
        let ground = tiny(seed);
        let curve = trade_off(&ground, Objective::Benefit, Objective::Co2e, 50);
        assert!(curve.is_complete, "seed {seed}");
        for pair in curve.points.windows(2) {
            assert!(pair[0].first > pair[1].first && pair[0].second < pair[1].second, "seed {seed}");
        }
        let chosen = curve.chosen(0).unwrap();
        assert_eq!(chosen.value, chosen.bound, "seed {seed}");
    }
}

#[test]
fn paid_works_name_the_exchanges_that_use_them() {
    for seed in 1..=20 {
        let ground = tiny(seed);
        let Chosen { flows, totals, .. } = ground.choose(Objective::Benefit);
        let paid = ground.paid(&flows);
        let sum: f64 = paid.iter().filter_map(|one| one.a_year_vnd).sum();
        assert_eq!(sum, totals.yearly_costs_vnd, "seed {seed}");
        let plants: BTreeSet<bool> = paid.iter().map(|one| matches!(one.item, PaidItem::Plant { .. })).collect();
        assert_eq!(plants.contains(&true), flows[1] + flows[3] > 0, "seed {seed}");
        let tried = Tried::of(ground, Chosen { flows, totals, value: 0, bound: 0, unweighed: 0, refusal: None });
        for one in &paid {
            assert!(one.exchanges.iter().all(|pair| tried.flows.contains_key(pair)), "seed {seed}");
        }
    }
}

#[test]
fn a_split_values_every_coalition_of_each_part_and_can_be_stopped() {
    let case = Case::of(&[("plants", PLANTS)]);
    let candidates = find_exchanges(&case.park, &case.catalogue);
    let splitting = Splitting::new(case.from(SOLVER), &candidates, &EnterpriseId::new("feed")).unwrap();
    let mut asked = 0;
    let split = splitting.split(&mut || {
        asked += 1;
        true
    });
    let split = split.unwrap();
    assert_eq!((asked, splitting.coalitions()), (8, 8));
    assert_eq!(
        (split.worth_vnd, split.method, &split.core),
        (630e6, SplitMethod::Exact { coalitions: 8 }, &Core::Holds)
    );
    // With the dryer and the mill alone nothing leaves the dryer; without either nothing enters it.
    for share in &split.shares {
        assert!((share.shapley_vnd - 210e6).abs() < 1.0, "{share:?}");
        assert_eq!((share.within_vnd, share.by_prices_vnd), (None, None));
    }
    assert_eq!(splitting.split(&mut || false), None);
    let tried = Scenario::default().try_on(case.from(SOLVER));
    assert_eq!(failures_while(&tried, Objective::Benefit, &mut || false), None);
    assert_eq!(trade_off_while(&tried.ground, Objective::Benefit, Objective::Disposal, 9, &mut || false), None);
}

#[test]
fn what_no_link_or_plant_touches_is_chosen_without_a_solver() {
    let way = Way { link: SiteLinkId::new("L"), pair: None, a_year_vnd: Some(1e6), capacity: None, links: vec![4] };
    for seed in 0..50 {
        let mut ground = tiny(seed);
        ground.works = GroundWorks::default();
        ground.links[4].benefit = -1;
        let expected = ground.choose(Objective::Benefit);
        // The only link that costs something by the year is one over which nothing is gained.
        ground.works.ways = vec![way.clone()];
        let chosen = ground.choose(Objective::Benefit);
        assert_eq!((chosen.value, chosen.is_proved(), chosen.refusal), (expected.value, true, None), "{seed}");
    }
}
