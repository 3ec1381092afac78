//! Objectives, trade-off, scenarios and robustness: hand examples, and every network of tiny grounds.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, ResourceId, StreamId};
use engine::matching::carbon::{ExchangeFactors, read_exchange_factors};
use engine::matching::objective::lexicographic::{Pair, WideLink, WideProblem, prove_wide, solve_wide};
use engine::matching::objective::{Ground, GroundOf, Objective, Side, WeighedLink, Weights};
use engine::matching::robustness::random::Random;
use engine::matching::robustness::{Simulation, Spread, critical_links, distribution, failures};
use engine::matching::scenario::{Scenario, Tried, differences};
use engine::matching::tradeoff::trade_off;
use engine::matching::{ExchangeUnit, MatchingRules, choose_network, find_exchanges};
use engine::park::{Park, Record, StreamKind};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;

use crate::parks::{catalogue, give, park, random_park, site, take};

fn ground_of(park: &Park) -> Ground {
    let (rules, factors) = (MatchingRules::default(), ExchangeFactors::default());
    let period = Period::year(2024).unwrap();
    let from = GroundOf { park, catalogue: catalogue(), rules: &rules, factors: &factors, period, solver: None };
    Ground::of(from, &find_exchanges(park, catalogue()))
}

fn try_on(park: &Park, scenario: &Scenario) -> Tried {
    let (rules, factors) = (MatchingRules::default(), ExchangeFactors::default());
    let period = Period::year(2024).unwrap();
    scenario.try_on(GroundOf { park, catalogue: catalogue(), rules: &rules, factors: &factors, period, solver: None })
}

/// Ash of a power plant for two makers of blocks, as in the method page.
fn ash_park() -> Park {
    park(
        [site("power", "3510", 0.0), site("near", "2395", 10.0 / 1.3), site("far", "2395", 40.0 / 1.3)],
        [
            give("ash", "power").named("Fly ash").ewc("100102").quantity(100.0).price(800_000.0).treated(100_000.0),
            take("binder-near", "near").named("Fly ash").ewc("100102").quantity(60.0).price(300_000.0),
            take("binder-far", "far").named("Fly ash").ewc("100102").quantity(80.0).price(500_000.0),
        ],
    )
}

#[test]
fn the_network_of_greatest_benefit_is_that_of_the_report() {
    for seed in 1..=60 {
        let park = random_park(seed, 9);
        let network = choose_network(&find_exchanges(&park, catalogue()));
        let chosen = try_on(&park, &Scenario::default());
        assert_eq!(chosen.chosen.totals.benefit_vnd, network.benefit_vnd, "seed {seed}");
        assert_eq!(chosen.chosen.value, chosen.chosen.bound);
        let expected: BTreeMap<(StreamId, StreamId), f64> =
            network.exchanges.iter().map(|one| ((one.giver.clone(), one.taker.clone()), one.quantity)).collect();
        let found: BTreeMap<(StreamId, StreamId), f64> =
            chosen.flows.iter().map(|(pair, flow)| (pair.clone(), flow.quantity)).collect();
        assert_eq!(found, expected, "seed {seed}");
    }
}

#[test]
fn co2e_is_avoided_purchase_and_disposal_less_treatment_and_haulage() {
    let ground = ground_of(&ash_park());
    // 800 + 5 − 5 − 10 km × 0.1, and 40 km × 0.1.
    let co2e: Vec<Option<i64>> = ground.links.iter().map(|link| link.co2e).collect();
    assert_eq!(co2e, [Some(796), Some(799)]);
    let carbon = ground.links[1].carbon.as_ref().unwrap();
    assert!((carbon.net_kg() - 799.0).abs() < 1e-6 && carbon.unconfirmed);
}

#[test]
fn a_material_without_a_factor_is_left_out_and_counted() {
    let park = park(
        [site("a", "1410", 0.0), site("b", "2610", 1.0)],
        [give("x", "a").ewc("160605"), take("y", "b").ewc("160605")],
    );
    let ground = ground_of(&park);
    assert_eq!(ground.links[0].co2e, None);
    let by_co2e = ground.choose(Objective::Co2e);
    assert_eq!((by_co2e.unweighed, by_co2e.totals.exchanges), (1, 0));
    let by_benefit = ground.choose(Objective::Benefit);
    assert_eq!((by_benefit.unweighed, by_benefit.totals.exchanges, by_benefit.totals.co2e_unknown), (0, 1, 1));
    assert_eq!(by_benefit.totals.co2e_t, 0.0);
}

#[test]
fn what_costs_more_than_it_saves_enters_where_co2e_counts() {
    // 900 km: haulage of 1,980,000 VND/t eats up what the exchange saves.
    let park = park(
        [site("power", "3510", 0.0), site("far", "2395", 900.0 / 1.3)],
        [
            give("ash", "power").named("Fly ash").ewc("100102").price(800_000.0),
            take("binder", "far").named("Fly ash").ewc("100102").price(300_000.0),
        ],
    );
    let ground = ground_of(&park);
    assert_eq!((ground.links.len(), ground.links[0].is_ready), (1, false));
    assert_eq!(ground.links[0].benefit, -880);
    assert_eq!(ground.choose(Objective::Benefit).totals.exchanges, 0);
    let chosen = ground.choose(Objective::Co2e);
    // 800 + 5 − 90 kg/t for 100 t.
    assert_eq!((chosen.totals.co2e_t, chosen.totals.benefit_vnd), (71.5, -88_000_000.0));
    // One t of CO2e must be worth 880,000 / 0.715 VND before it pays.
    let mix = |co2e_vnd_per_t| Objective::Mix(Weights { money: 1.0, co2e_vnd_per_t, disposal_vnd_per_t: 0.0 });
    assert_eq!(ground.choose(mix(1_229_000.0)).totals.exchanges, 0);
    assert_eq!(ground.choose(mix(1_233_000.0)).totals.exchanges, 1);
}

#[test]
fn water_and_heat_need_the_grid_and_the_fuel_of_the_taker() {
    let park = park(
        [site("a", "1313", 0.0), site("b", "1313", 1.0 / 1.3)],
        [
            give("w", "a").kind(StreamKind::Water, "m3").price(3_000.0).holds("COD", 10.0, "mg/l"),
            take("v", "b").kind(StreamKind::Water, "m3").price(12_000.0).holds("COD", 50.0, "mg/l"),
        ],
    );
    let ground = ground_of(&park);
    // Grid of 2024: 2023's 0.6592 stands in and is marked. 0.6592 × (0.4 + 0.6 − 0.02) kg = 646.016 g.
    assert_eq!(ground.links[0].co2e, Some(646));
    let mut abroad = park.clone();
    abroad.province = String::new();
    assert_eq!(ground_of(&abroad).links[0].co2e, None);
}

#[test]
fn heat_relieves_the_boiler_of_the_taker_as_it_recorded_its_fuel() {
    let mut hot = give("h", "a").kind(StreamKind::Heat, "MWh").price(0.0);
    let mut cold = take("c", "b").kind(StreamKind::Heat, "MWh").price(1_000_000.0);
    (hot.0.temperature_c, cold.0.temperature_c) = (Some(90.0), Some(50.0));
    let mut park = park([site("a", "1313", 0.0), site("b", "1313", 1.0 / 1.3)], [hot, cold]);
    assert_eq!(ground_of(&park).links[0].co2e, None, "nobody knows what b burns");
    park.records.push(Record {
        enterprise: EnterpriseId::new("b"),
        resource: ResourceId::new("bituminous-coal"),
        period: Period::month(2024, 3).unwrap(),
        amount: Amount { value: 100.0, unit: "t".to_string() },
        basis: Basis::Invoiced,
        source: "bill".to_string(),
        cost_vnd: None,
        line: 2,
    });
    // (94,600 + 10 × 28 + 1.5 × 265) kg/TJ = 343 kg/MWh; / 0.8 − 0.6592 × 1 km × 5 kWh = 425.5 kg/MWh.
    assert_eq!(ground_of(&park).links[0].co2e, Some(425));
    park.records[0].period = Period::month(2023, 3).unwrap();
    assert_eq!(ground_of(&park).links[0].co2e, None, "a record of another year");
}

// Every network of a tiny ground.

fn tiny(seed: u64) -> Ground {
    let mut random = Random::new(seed);
    let mut below = |limit: u64| random.next() % limit;
    let side = |name: String, steps: u64| Side {
        enterprise: EnterpriseId::new(format!("e-{name}")),
        stream: StreamId::new(name),
        steps: steps as i64,
        basis: Basis::Declared,
    };
    let givers = (0..3).map(|number| side(format!("g{number}"), below(4))).collect();
    let takers = (0..2).map(|number| side(format!("t{number}"), below(4))).collect();
    let mut links = Vec::new();
    for giver in 0..3 {
        for taker in 0..2 {
            if below(5) > 0 {
                links.push(WeighedLink {
                    giver,
                    taker,
                    kind: StreamKind::Material,
                    unit: ExchangeUnit::Tonne,
                    benefit: below(12) as i64 - 3,
                    parts_vnd: [0.0; 4],
                    co2e: (below(8) > 0).then(|| below(12) as i64 - 3),
                    carbon: None,
                    is_kept_from_disposal: giver != 1,
                    distance_km: None,
                    most: None,
                    is_ready: true,
                });
            }
        }
    }
    Ground { givers, takers, links, works: Default::default() }
}

/// All flows in whole steps within the limits.
fn all_flows(ground: &Ground) -> Vec<Vec<i64>> {
    let mut found = vec![Vec::new()];
    for link in &ground.links {
        let most = ground.givers[link.giver].steps.min(ground.takers[link.taker].steps);
        found = found
            .into_iter()
            .flat_map(|flows: Vec<i64>| (0..=most).map(move |flow| flows.iter().copied().chain([flow]).collect()))
            .collect();
    }
    found.retain(|flows: &Vec<i64>| {
        let sum = |of: &dyn Fn(&WeighedLink) -> bool| -> i64 {
            ground.links.iter().zip(flows).filter(|(link, _)| of(link)).map(|(_, flow)| flow).sum()
        };
        let gives =
            (0..ground.givers.len()).all(|giver| sum(&|link| link.giver == giver) <= ground.givers[giver].steps);
        gives && (0..ground.takers.len()).all(|taker| sum(&|link| link.taker == taker) <= ground.takers[taker].steps)
    });
    found
}

/// Both sums of flows that use no link of unknown CO₂e: VND and g.
fn money_and_co2e(ground: &Ground, flows: &[i64]) -> Option<(i128, i128)> {
    let mut sums = (0, 0);
    for (link, &flow) in ground.links.iter().zip(flows).filter(|(_, flow)| **flow > 0) {
        sums.0 += i128::from(link.benefit * flow * 100);
        sums.1 += i128::from(link.co2e? * flow * 100);
    }
    Some(sums)
}

#[test]
fn every_objective_is_greatest_among_all_networks() {
    for seed in 1..=60 {
        let ground = tiny(seed);
        let all = all_flows(&ground);
        let benefit = |flows: &Vec<i64>| -> i128 {
            ground.links.iter().zip(flows).map(|(link, flow)| i128::from(link.benefit * flow * 100)).sum()
        };
        let kept = |flows: &Vec<i64>| -> i128 {
            let kept = ground.links.iter().zip(flows).filter(|(link, _)| link.is_kept_from_disposal);
            kept.map(|(_, flow)| i128::from(flow * 100)).sum()
        };
        assert_eq!(ground.choose(Objective::Benefit).value, all.iter().map(benefit).max().unwrap(), "seed {seed}");
        let by_disposal = ground.choose(Objective::Disposal);
        let best = all.iter().map(|flows| (kept(flows), benefit(flows))).max().unwrap();
        assert_eq!((by_disposal.value, benefit(&by_disposal.flows)), best, "seed {seed}");
        let by_co2e = ground.choose(Objective::Co2e);
        let best =
            all.iter().filter_map(|flows| money_and_co2e(&ground, flows)).map(|(vnd, g)| (g, vnd)).max().unwrap();
        assert_eq!((by_co2e.value, benefit(&by_co2e.flows)), best, "seed {seed}");
        assert_eq!(by_co2e.value, by_co2e.bound);
    }
}

#[test]
fn the_trade_off_is_the_upper_hull_of_all_networks() {
    let mut longest = 0;
    for seed in 1..=80 {
        let ground = tiny(seed);
        let mut all: Vec<(i128, i128)> =
            all_flows(&ground).iter().filter_map(|flows| money_and_co2e(&ground, flows)).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        let found = trade_off(&ground, Objective::Benefit, Objective::Co2e, 100);
        assert!(found.is_complete);
        let points: Vec<(i128, i128)> = found.points.iter().map(|point| (point.first, point.second)).collect();
        assert_eq!(points, hull(&all), "seed {seed}");
        longest = longest.max(points.len());
        for point in &found.points {
            let best = all.iter().map(|(a, b)| point.weights.0 * a + point.weights.1 * b).max().unwrap();
            assert_eq!(point.weights.0 * point.first + point.weights.1 * point.second, best);
        }
    }
    assert!(longest >= 4, "the grounds held curves of at most {longest} points");
}

/// From the greatest first value to the greatest second: the corners that some weighting of the two prefers.
fn hull(all: &[(i128, i128)]) -> Vec<(i128, i128)> {
    let mut corners: Vec<(i128, i128)> = Vec::new();
    for &point in all {
        if corners.last().is_some_and(|last| point.1 <= last.1) {
            continue;
        }
        while let [.., a, b] = corners[..] {
            // Above the line from a to the new point, b stays a corner.
            if (b.0 - a.0) * (point.1 - a.1) > (b.1 - a.1) * (point.0 - a.0) {
                break;
            }
            corners.pop();
        }
        corners.push(point);
    }
    corners
}

#[test]
fn the_worked_example_has_two_points() {
    let found = trade_off(&ground_of(&ash_park()), Objective::Benefit, Objective::Co2e, 100);
    let points: Vec<(i128, i128)> = found.points.iter().map(|point| (point.first, point.second)).collect();
    assert_eq!(points, [(108_520_000, 79_660_000), (103_160_000, 79_780_000)]);
    assert_eq!(found.chosen(1).unwrap().totals.benefit_vnd, 103_160_000.0);
    assert!(found.chosen(2).is_none());
}

#[test]
fn a_curve_that_is_cut_says_so() {
    let cut = (1..=80).map(tiny).find_map(|ground| {
        let whole = trade_off(&ground, Objective::Benefit, Objective::Co2e, 100);
        (whole.points.len() > 3).then(|| trade_off(&ground, Objective::Benefit, Objective::Co2e, 3))
    });
    let cut = cut.expect("a curve of more than three points");
    assert!(!cut.is_complete);
    assert_eq!(cut.points.len(), 3);
}

#[test]
fn losses_are_those_of_all_networks_without_the_link_or_the_partner() {
    for seed in 1..=40 {
        let ground = tiny(seed);
        let chosen = ground.choose(Objective::Benefit);
        let all = all_flows(&ground);
        let worth = |flows: &Vec<i64>| -> i64 {
            ground.links.iter().zip(flows).map(|(link, flow)| link.benefit * flow * 100).sum()
        };
        let best = |keep: &dyn Fn(&Vec<i64>) -> bool| all.iter().filter(|flows| keep(flows)).map(worth).max().unwrap();
        let whole = best(&|_| true);
        for critical in critical_links(&ground, &chosen, Objective::Benefit) {
            assert_eq!(critical.loss, (whole - best(&|flows| flows[critical.link] == 0)) as f64, "seed {seed}");
            assert!(critical.loss_unmended >= critical.loss);
        }
        let tried = Tried::of(ground.clone(), chosen);
        for failure in failures(&tried, Objective::Benefit) {
            let touches = |link: &WeighedLink| {
                ground.givers[link.giver].enterprise == failure.enterprise
                    || ground.takers[link.taker].enterprise == failure.enterprise
            };
            let spared =
                |flows: &Vec<i64>| ground.links.iter().zip(flows).all(|(link, flow)| *flow == 0 || !touches(link));
            assert_eq!(failure.loss, (whole - best(&spared)) as f64, "seed {seed}");
            assert!(failure.loss_unmended >= failure.loss && failure.loss > 0.0);
        }
    }
}

#[test]
fn a_forged_proof_is_refused() {
    let link = |giver, taker, first| WideLink { giver, taker, value: Pair(first, 1) };
    let problem = WideProblem {
        supply: vec![3, 2],
        demand: vec![2, 2],
        links: vec![link(0, 0, 9), link(0, 1, 5), link(1, 0, 8)],
    };
    let solution = solve_wide(&problem);
    assert_eq!((solution.value, solution.bound), (Pair(27, 4), Pair(27, 4)));
    assert_eq!(prove_wide(&problem, &solution), Ok(()));
    let mut more = solution.clone();
    more.flows[0] += 1;
    assert!(prove_wide(&problem, &more).is_err());
    let mut cheaper = solution.clone();
    cheaper.taker_price[0] = Pair(0, 0);
    assert!(prove_wide(&problem, &cheaper).is_err());
    let mut praised = solution;
    praised.value = Pair(28, 4);
    assert!(prove_wide(&problem, &praised).is_err());
}

// Scenarios.

fn pairs(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[test]
fn a_scenario_goes_through_an_address_and_back() {
    let park = ash_park();
    let said = pairs(&[
        ("objective", "mix"),
        ("money", "1"),
        ("co2e", "200000"),
        ("kept", "0"),
        ("leaves", "far"),
        ("quantity", "ash*0.5; binder-near=20"),
        ("disposal", "1.5"),
        ("forbid", "ash--binder-far"),
        ("without", "water; heat"),
    ]);
    let scenario = Scenario::of_pairs("a", &said, &park).unwrap();
    assert_eq!(scenario.pairs().into_iter().collect::<BTreeMap<_, _>>(), said);
    assert_eq!(Scenario::of_pairs("a", &BTreeMap::new(), &park), Ok(Scenario::default()));
    let comma = Scenario::of_pairs("a", &pairs(&[("quantity", "ash*0,5")]), &park).unwrap();
    assert_eq!(comma.pairs(), [("quantity".to_string(), "ash*0.5".to_string())]);
}

#[test]
fn all_faults_of_a_scenario_are_told_at_once() {
    let said = pairs(&[
        ("objective", "profit"),
        ("leaves", "far nobody"),
        ("quantity", "ash*x; ash=1; none*2; nonsense"),
        ("haulage", "-1"),
        ("forbid", "ash"),
        ("without", "steam"),
        ("colour", "red"),
    ]);
    let faults = Scenario::of_pairs("scenario a", &said, &ash_park()).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "scenario a, objective: unknown-code: found \"profit\", expected benefit | co2e | disposal | mix",
            "scenario a, leaves: unknown-reference: found \"nobody\", expected E01",
            "scenario a, quantity: not-a-number: found \"x\", expected 0.5 | 0,5",
            "scenario a, quantity: unreadable-file: found \"nonsense\", expected G01*0.5; G02=100",
            "scenario a, quantity: duplicate: found \"ash\", expected once",
            "scenario a, quantity: unknown-reference: found \"none\", expected G01",
            "scenario a, haulage: out-of-range: found \"-1\", expected 0 – 100",
            "scenario a, forbid: unreadable-file: found \"ash\", expected G01--T01",
            "scenario a, without: unknown-code: found \"steam\", expected material | water | heat",
            "scenario a, colour: unknown-column: found \"colour\", expected objective | money | co2e | kept | leaves | \
             quantity | disposal | purchase | haulage | forbid | without",
        ]
    );
}

#[test]
fn each_change_does_what_it_says() {
    let park = ash_park();
    let benefit = |said: &[(&str, &str)]| {
        let scenario = Scenario::of_pairs("a", &pairs(said), &park).unwrap();
        try_on(&park, &scenario).chosen.totals.benefit_vnd
    };
    // Near: 800 + 300 − 100 − 22 = 978; far: 800 + 500 − 100 − 88 = 1,112 thousand VND/t. 80 t far, 20 t near.
    let near = 978_000.0;
    let far = 1_112_000.0;
    assert_eq!(benefit(&[]), 80.0 * far + 20.0 * near);
    assert_eq!(benefit(&[("leaves", "far")]), 60.0 * near);
    assert_eq!(benefit(&[("quantity", "ash*0.5")]), 50.0 * far);
    assert_eq!(benefit(&[("quantity", "binder-far=10")]), 10.0 * far + 60.0 * near);
    assert_eq!(benefit(&[("disposal", "2")]), 80.0 * (far + 800_000.0) + 20.0 * (near + 800_000.0));
    // Where nothing is bought the near one is worth more: 678 against 612.
    assert_eq!(benefit(&[("purchase", "0")]), 60.0 * 678_000.0 + 40.0 * 612_000.0);
    // At four times the haulage the far one is worth 848, the near one 912: 60 t near, 40 t far.
    assert_eq!(benefit(&[("haulage", "4")]), 60.0 * 912_000.0 + 40.0 * 848_000.0);
    assert_eq!(benefit(&[("forbid", "ash--binder-far")]), 60.0 * near);
    assert_eq!(benefit(&[("without", "material")]), 0.0);
}

#[test]
fn networks_side_by_side_differ_where_they_differ() {
    let park = ash_park();
    let base = try_on(&park, &Scenario::default());
    let scenario = Scenario::of_pairs("a", &pairs(&[("leaves", "far")]), &park).unwrap();
    let differing = differences(&base, &try_on(&park, &scenario));
    let told: Vec<(&str, &str, f64, f64)> =
        differing.iter().map(|one| (one.giver.as_str(), one.taker.as_str(), one.before, one.after)).collect();
    assert_eq!(told, [("ash", "binder-far", 80.0, 0.0), ("ash", "binder-near", 20.0, 60.0)]);
    assert!(differences(&base, &base).is_empty());
    let failed = failures(&base, Objective::Benefit);
    let far = failed.iter().find(|failure| failure.enterprise.as_str() == "far").unwrap();
    assert_eq!(far.loss, 80.0 * 1_112_000.0 - 40.0 * 978_000.0);
    assert_eq!(far.loss_unmended, far.loss);
    assert_eq!(far.substitutes.len(), 1);
    // The power plant keeps 60 t near; nobody else loses.
    assert_eq!(far.losers, [(EnterpriseId::new("power"), 80.0 * 1_112_000.0 - 40.0 * 978_000.0)]);
}

// Chance.

#[test]
fn the_generator_gives_its_published_numbers() {
    let mut random = Random::new(1_234_567);
    let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
    assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
}

#[test]
fn value_at_risk_of_a_known_distribution_is_met_within_its_error() {
    // Triangular from −1 to 1: F(x) = (1 + x)² / 2 below 0. At 5 % x = √0.1 − 1, the mean below it 2/3 √0.1 − 1.
    let mut random = Random::new(7);
    let values: Vec<f64> = (0..20_000).map(|_| random.triangular()).collect();
    let found = distribution(&values, 0.0);
    let (var, cvar) = (1.0 - 0.1_f64.sqrt(), 1.0 - 2.0 / 3.0 * 0.1_f64.sqrt());
    let (low, high) = found.risk_95.interval;
    assert!(low <= var && var <= high && high - low < 0.05, "{low} – {high}, {var}");
    assert!((found.risk_95.value_at_risk - var).abs() < 0.02);
    assert!((found.risk_95.conditional - cvar).abs() < 0.01);
    assert!(found.mean.abs() < 3.0 * found.mean_error);
    assert!((found.sd - (1.0 / 6.0_f64).sqrt()).abs() < 0.01);
    assert!((found.below_plan - 0.5).abs() < 0.02);
}

#[test]
fn figures_of_few_values_can_be_checked_by_hand() {
    let found = distribution(&[1.0, 2.0, 3.0, 4.0, 5.0], 6.0);
    assert_eq!((found.mean, found.quantiles[2], found.below_plan), (3.0, 3.0, 1.0));
    assert!((found.sd - 2.5_f64.sqrt()).abs() < 1e-12 && (found.mean_error - 0.5_f64.sqrt()).abs() < 1e-12);
    // Place 0.1 × 4 = 0.4 between 1 and 2.
    assert!((found.risk_90.value_at_risk - 4.6).abs() < 1e-9);
    assert_eq!(found.risk_90.conditional, 5.0);
}

#[test]
fn draws_depend_on_the_seed_and_not_on_the_parts_they_are_made_in() {
    let ground = ground_of(&ash_park());
    let factors = ExchangeFactors::default();
    let chosen = ground.choose(Objective::Benefit);
    let run = |seed, parts: &[usize]| {
        let mut simulation =
            Simulation::new(&ground, &chosen, Objective::Benefit, Spread::of(&factors), &factors, seed);
        for part in parts {
            simulation.advance(*part);
        }
        simulation.finish().unwrap()
    };
    assert_eq!(run(1, &[300]), run(1, &[1, 99, 200]));
    assert_ne!(run(1, &[300]).fixed, run(2, &[300]).fixed);
    let found = run(3, &[2_000]);
    assert!(found.chosen_again.mean >= found.fixed.mean);
    assert!(found.use_shares.iter().all(|share| (0.0..=1.0).contains(share)));
}

#[test]
fn one_link_strays_as_its_quantity_does() {
    let park = park(
        [site("power", "3510", 0.0), site("near", "2395", 1.0)],
        [
            give("ash", "power").named("Fly ash").ewc("100102").quantity(1_000.0),
            take("binder", "near").named("Fly ash").ewc("100102").quantity(5_000.0),
        ],
    );
    let ground = ground_of(&park);
    let factors = ExchangeFactors::default();
    let chosen = ground.choose(Objective::Benefit);
    let spread = Spread { quantity: Some(0.2), price: 0.0 };
    let mut simulation = Simulation::new(&ground, &chosen, Objective::Benefit, spread, &factors, 11);
    assert!(simulation.finish().is_none());
    simulation.advance(5_000);
    let found = simulation.finish().unwrap();
    assert_eq!(found.fixed, found.chosen_again);
    assert_eq!(found.use_shares, [1.0]);
    let plan = found.planned;
    assert!((found.fixed.mean / plan - 1.0).abs() < 4.0 * found.fixed.mean_error / plan + 1e-4);
    assert!((found.fixed.sd / plan - 0.2 / 6.0_f64.sqrt()).abs() < 0.003);
    let expected = 0.2 * (1.0 - 0.1_f64.sqrt());
    let (low, high) = found.fixed.risk_95.interval;
    assert!(low / plan - 1e-4 <= expected && expected <= high / plan + 1e-4);
}

#[test]
fn factors_with_faults_are_refused_with_all_of_them() {
    let text = include_str!("../../../../catalogue/exchange_factors.toml");
    let faulty = text.replacen("value = 0.1\nunit = \"kg CO2e/(t km)\"", "value = -1.0\nunit = \"kg\"", 1).replacen(
        "unconfirmed = true",
        "unconfirmed = false",
        1,
    );
    let faults = read_exchange_factors(&faulty).unwrap_err();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(read_exchange_factors("x = 1").is_err());
    let all = BTreeSet::from_iter(ExchangeFactors::default().assumptions().iter().map(|one| one.label_en.clone()));
    assert_eq!(all.len(), 13);
}
