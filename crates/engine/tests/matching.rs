//! Matching: each rule on a park of two sites, and the laws that hold for any park.

#[path = "matching/beyond.rs"]
mod beyond;
#[path = "matching/deal.rs"]
mod deal;
#[path = "matching/decisions.rs"]
mod decisions;
#[path = "matching/details.rs"]
mod details;
#[path = "matching/laws.rs"]
mod laws;
#[path = "matching/parks.rs"]
mod parks;

use engine::ids::{EnterpriseId, ExchangeId, StreamId};
use engine::language::Label;
use engine::matching::{
    Candidates, CodeAgreement, Exchange, HazardousBy, MatchingRules, Missing, Obstacle, Reason, Standing,
    choose_network, find_exchanges, find_exchanges_by, read_rules, why_no_match,
};
use engine::park::{Park, RunningExchange, StreamKind};
use engine::quantity::Amount;

use parks::{catalogue, catalogue_folder, give, park, site, take};

// Relation.

#[test]
fn a_known_exchange_is_a_reason_that_names_its_source() {
    let park = park(
        [site("power", "3510", 0.0), site("cement", "2394", 3.0)],
        [give("ash", "power").named("Fly ash").ewc("100102"), take("raw-mix", "cement").named("Pozzolan or fly ash")],
    );
    let exchange = only_exchange(&park);
    assert_eq!(exchange.standing, Standing::Ready);
    let Some(Reason::KnownExchange {
        id,
        used_as,
        seen_at,
        agreement,
        giver_isic_digits,
        taker_isic_digits,
        strength,
        ..
    }) = exchange.reasons.iter().find(|reason| reason.code() == "known_exchange")
    else {
        panic!("no known exchange among {:?}", exchange.reasons)
    };
    assert_eq!((*id, used_as.as_str()), (1, "cement raw mix / pozzolan"));
    assert!(!seen_at.is_empty());
    assert_eq!((*agreement, *giver_isic_digits, *taker_isic_digits), (CodeAgreement::Code6, 4, 4));
    assert!((strength - 1.0).abs() < 1e-12);
}

#[test]
fn the_relation_weakens_with_every_digit_that_differs() {
    let strength = |giver_isic: &str, ewc: &str, taker_isic: &str| {
        let park = park(
            [site("power", giver_isic, 0.0), site("cement", taker_isic, 3.0)],
            [give("ash", "power").named("Coal fly ash").ewc(ewc), take("raw-mix", "cement").named("Fly ash")],
        );
        find_exchanges(&park, catalogue()).exchanges.first().map(|exchange| exchange.score.relation)
    };
    // 2394 and 2395 are both known takers of fly ash; 2399 shares three digits with them, 2310 two.
    let expect = [
        ("3510", "100102", "2394", Some(1.0)),
        ("3510", "100102", "2399", Some(0.7)),
        ("3510", "100102", "2310", Some(0.4)),
        ("1701", "100102", "2394", Some(0.6)),
        ("3510", "100117", "2394", Some(0.6)),
        // Four digits of the code and two of the taker: 0.24 is chance.
        ("3510", "100117", "2310", None),
        ("3510", "100102", "1410", None),
        ("3510", "200139", "2394", None),
    ];
    for (giver, ewc, taker, expected) in expect {
        let found = strength(giver, ewc, taker);
        let agrees = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
            (found, expected) => found == expected,
        };
        assert!(agrees, "{giver} {ewc} {taker}: found {found:?}, expected {expected:?}");
    }
}

#[test]
fn a_taker_that_asks_for_the_code_needs_no_known_exchange() {
    let exchange = only_exchange(&park(
        [site("a", "1410", 0.0), site("b", "2610", 1.0)],
        [give("x", "a").ewc("160605"), take("y", "b").ewc("160605")],
    ));
    assert!(exchange.reasons.contains(&Reason::SameCode { ewc: "160605".to_string() }));
    assert_eq!(exchange.score.relation, 1.0);
}

#[test]
fn who_asks_for_another_code_is_not_offered_what_its_industry_could_use() {
    let candidates = find_exchanges(
        &park(
            [site("steel", "2410", 0.0), site("cement", "2394", 1.0)],
            [
                give("slag", "steel").named("Granulated blast furnace slag").ewc("100202"),
                take("ash", "cement").named("Fly ash").ewc("100102"),
            ],
        ),
        catalogue(),
    );
    assert!(candidates.exchanges.is_empty());
    let Some(Obstacle::NoRelation { asked_ewc, known_takers, .. }) = best_obstacle(&candidates, "slag") else {
        panic!("{:?}", candidates.unmatched)
    };
    assert_eq!(asked_ewc.as_deref(), Some("100102"));
    assert!(known_takers.contains(&"2394".to_string()), "{known_takers:?}");
}

#[test]
fn a_neighbouring_code_needs_the_takers_words() {
    let found = |wish: &str| {
        let streams =
            [give("ash", "power").named("Fly ash").ewc("100102"), take("filler", "blocks").named(wish).ewc("100101")];
        find_exchanges(&park([site("power", "3510", 0.0), site("blocks", "2395", 1.0)], streams), catalogue())
    };
    assert_eq!(found("Coal ash as binder").exchanges.len(), 1);
    assert!(found("Block filler").exchanges.is_empty());
}

#[test]
fn an_industry_alone_does_not_make_a_wish() {
    let exchange = only_exchange(&park(
        [site("power", "3510", 0.0), site("cement", "2394", 1.0)],
        [give("ash", "power").named("Fly ash").ewc("100102"), take("bags", "cement").named("Paper bags")],
    ));
    assert_eq!(exchange.standing, Standing::NeedsData);
    assert_eq!(exchange.missing, [Missing::WasteCodeAsked { stream: StreamId::new("bags") }]);
}

#[test]
fn without_a_code_the_name_and_the_giver_must_agree() {
    let with_name = |name: &str, giver_isic: &str| {
        let park = park(
            [site("rice", giver_isic, 0.0), site("boiler", "3510", 1.0)],
            [give("husk", "rice").named(name), take("fuel", "boiler").named("Biomass boiler fuel")],
        );
        find_exchanges(&park, catalogue()).exchanges.len()
    };
    assert_eq!(with_name("Rice husk", "1061"), 1);
    assert_eq!(with_name("Broken pallets", "1061"), 0);
    assert_eq!(with_name("Rice husk", "2610"), 0);
}

// Hard rules.

#[test]
fn hazardous_waste_goes_only_to_a_licensed_taker() {
    let streams = |licensed: bool| {
        let taker = take("recovery", "smelter").ewc("060502");
        [give("sludge", "boards").ewc("060502").hazardous(), if licensed { taker.licensed() } else { taker }]
    };
    let sites = || [site("boards", "2610", 0.0), site("smelter", "2420", 1.0)];
    let law = &MatchingRules::default().hazardous_licence;

    let refused = find_exchanges(&park(sites(), streams(false)), catalogue());
    assert!(refused.exchanges.is_empty());
    assert_eq!(
        refused.rejections[0].obstacles,
        [Obstacle::HazardousUnlicensed {
            hazardous_by: HazardousBy::Declared,
            source: law.source.clone(),
            unconfirmed: true,
        }]
    );

    let allowed = only_exchange(&park(sites(), streams(true)));
    assert!(allowed.hazardous && allowed.reasons.iter().any(|reason| reason.code() == "licensed_taker"));
}

#[test]
fn a_hazardous_code_counts_where_the_declaration_says_no() {
    let candidates = find_exchanges(
        &park(
            [site("boards", "2610", 0.0), site("smelter", "2420", 1.0)],
            [give("sludge", "boards").ewc("060502"), take("recovery", "smelter").ewc("060502")],
        ),
        catalogue(),
    );
    assert!(matches!(
        candidates.rejections[0].obstacles[..],
        [Obstacle::HazardousUnlicensed { hazardous_by: HazardousBy::Code, .. }]
    ));
}

#[test]
fn content_is_held_against_every_limit_of_the_taker() {
    let verdict = |content: Option<(f64, &str)>| {
        let mut husk = give("ash", "power").ewc("100102");
        if let Some((value, unit)) = content {
            husk = husk.holds(" Chloride", value, unit);
        }
        let taker = take("mix", "cement").ewc("100102").holds("chloride", 0.1, "percent");
        find_exchanges(&park([site("power", "3510", 0.0), site("cement", "2394", 1.0)], [husk, taker]), catalogue())
    };
    let within = verdict(Some((0.1, "percent")));
    assert_eq!(within.exchanges[0].standing, Standing::Ready);
    assert!(within.exchanges[0].reasons.contains(&Reason::WithinLimits {
        substance: "chloride".to_string(),
        value: 0.1,
        limit: 0.1,
        unit: "percent".to_string(),
    }));

    let above = verdict(Some((0.11, "percent")));
    assert!(above.exchanges.is_empty());
    assert_eq!(
        above.rejections[0].obstacles,
        [Obstacle::AboveLimit {
            substance: "chloride".to_string(),
            value: 0.11,
            limit: 0.1,
            unit: "percent".to_string(),
        }]
    );

    let stream = StreamId::new("ash");
    let unknown = verdict(None);
    assert_eq!(unknown.exchanges[0].standing, Standing::NeedsAnalysis);
    assert_eq!(
        unknown.exchanges[0].missing,
        [Missing::Content { stream: stream.clone(), substance: "chloride".to_string(), unit: "percent".to_string() }]
    );
    assert!(choose_network(&unknown).exchanges.is_empty());

    // 500 mg/kg would be within 0.1 %, but a percentage may be by volume or by dry mass: people must say.
    let other_unit = verdict(Some((500.0, "mg/kg")));
    assert_eq!(other_unit.exchanges[0].standing, Standing::NeedsAnalysis);
    assert_eq!(
        other_unit.exchanges[0].missing,
        [Missing::ContentInUnit {
            stream,
            substance: "chloride".to_string(),
            found: "mg/kg".to_string(),
            unit: "percent".to_string(),
        }]
    );
}

#[test]
fn heat_flows_only_downhill_and_not_far() {
    let verdict = |giver_c: Option<f64>, km: f64| {
        let mut heat = give("steam", "a").kind(StreamKind::Heat, "GJ");
        heat.0.temperature_c = giver_c;
        let mut wash = take("wash", "b").kind(StreamKind::Heat, "MWh");
        wash.0.temperature_c = Some(60.0);
        // Heat is worth more than a pipe of a kilometre costs.
        wash.0.price_vnd = Some(1_000_000.0);
        find_exchanges(&park([site("a", "1020", 0.0), site("b", "1313", km)], [heat, wash]), catalogue())
    };
    let warm = verdict(Some(70.0), 1.0);
    assert_eq!(warm.exchanges[0].standing, Standing::Ready, "{:?}", warm.exchanges[0]);
    assert!(warm.exchanges[0].reasons.contains(&Reason::WarmEnough { giver_c: 70.0, taker_c: 60.0, lead_k: 10.0 }));

    let cold = verdict(Some(69.9), 1.0);
    assert_eq!(cold.rejections[0].obstacles, [Obstacle::TooCold { giver_c: 69.9, taker_c: 60.0, needed_c: 70.0 }]);

    let unknown = verdict(None, 1.0);
    assert_eq!(unknown.exchanges[0].standing, Standing::NeedsData);
    assert_eq!(unknown.exchanges[0].missing, [Missing::Temperature { stream: StreamId::new("steam") }]);

    let far = verdict(Some(90.0), 1.6);
    assert!(
        matches!(far.rejections[0].obstacles[..], [Obstacle::TooFar { reach_km: 2.0, km }] if (km - 2.08).abs() < 0.001)
    );
}

#[test]
fn water_needs_a_stated_quality_and_stays_within_five_kilometres() {
    let verdict = |limit: Option<f64>, km: f64| {
        let water = give("rinse", "a").kind(StreamKind::Water, "m3").holds("cod", 30.0, "mg/l").price(9_000.0);
        let mut cooling = take("cooling", "b").kind(StreamKind::Water, "m3").price(12_000.0);
        if let Some(limit) = limit {
            cooling = cooling.holds("COD", limit, "mg/l");
        }
        find_exchanges(&park([site("a", "1020", 0.0), site("b", "1313", km)], [water, cooling]), catalogue())
    };
    assert_eq!(verdict(Some(50.0), 1.0).exchanges[0].standing, Standing::Ready);
    assert_eq!(verdict(Some(20.0), 1.0).rejections[0].obstacles[0].code(), "above_limit");
    assert_eq!(verdict(None, 1.0).exchanges[0].missing, [Missing::QualityNeeded { stream: StreamId::new("cooling") }]);
    assert_eq!(verdict(None, 1.0).exchanges[0].standing, Standing::NeedsAnalysis);
    assert!(verdict(Some(50.0), 4.0).rejections[0].obstacles.iter().any(|obstacle| obstacle.code() == "too_far"));
}

#[test]
fn a_site_does_not_exchange_with_itself() {
    let candidates = find_exchanges(
        &park([site("a", "1410", 0.0)], [give("x", "a").ewc("040222"), take("y", "a").ewc("040222")]),
        catalogue(),
    );
    assert!(candidates.exchanges.is_empty());
    assert_eq!(candidates.rejections[0].obstacles, [Obstacle::SameEnterprise]);
}

#[test]
fn a_quantity_of_nothing_is_an_obstacle_and_an_absurd_one_is_a_gap() {
    let verdict = |quantity: f64, unit: &str| {
        let mut stream = give("x", "a").ewc("040222");
        stream.0.quantity = Amount { value: quantity, unit: unit.to_string() };
        find_exchanges(
            &park([site("a", "1410", 0.0), site("b", "1311", 1.0)], [stream, take("y", "b").ewc("040222")]),
            catalogue(),
        )
    };
    assert_eq!(verdict(0.0, "t").rejections[0].obstacles, [Obstacle::NothingToExchange]);
    for (quantity, unit) in [(1e300, "t"), (f64::NAN, "t"), (5.0, "kWh"), (5.0, "barrels")] {
        let candidates = verdict(quantity, unit);
        let exchange = &candidates.exchanges[0];
        assert!(
            exchange.missing.contains(&Missing::UsableQuantity { stream: StreamId::new("x") }),
            "{quantity} {unit}"
        );
        assert!(choose_network(&candidates).exchanges.is_empty());
    }
}

// Distance, benefit, score.

#[test]
fn an_unknown_place_is_not_next_door() {
    let mut sites = [site("a", "1410", 0.0), site("b", "1311", 1.0)];
    sites[1].place = None;
    let exchange = only_exchange(&park(sites, [give("x", "a").ewc("040222"), take("y", "b").ewc("040222")]));
    assert_eq!(exchange.distance_km, None);
    assert_eq!(exchange.standing, Standing::NeedsData);
    assert_eq!(exchange.missing, [Missing::Place { enterprise: EnterpriseId::new("b") }]);
    assert_eq!((exchange.benefit.per_unit_vnd, exchange.benefit.haulage_vnd), (None, None));
}

#[test]
fn the_benefit_is_what_the_worked_example_says() {
    // Disposal 800,000 VND/t, purchase 400 VND/kg, treatment 150,000 VND/t, 10 km straight.
    let mut mix = take("mix", "cement").ewc("100102").price(400.0);
    mix.0.quantity = Amount { value: 500_000.0, unit: "kg".to_string() };
    let ash = give("ash", "power").ewc("100102").price(800_000.0).treated(150_000.0).quantity(1_200.0);
    let exchange = only_exchange(&park([site("power", "3510", 0.0), site("cement", "2394", 10.0)], [ash, mix]));
    let benefit = &exchange.benefit;
    assert_eq!(exchange.quantity, Some(500.0));
    assert_eq!(benefit.avoided_disposal_vnd, Some(800_000.0));
    assert_eq!(benefit.avoided_purchase_vnd, Some(400_000.0));
    assert_eq!(benefit.treatment_vnd, Some(150_000.0));
    assert!((exchange.distance_km.unwrap() - 13.0).abs() < 1e-6);
    assert!((benefit.haulage_vnd.unwrap() - 28_600.0).abs() < 0.01);
    assert!((benefit.per_unit_vnd.unwrap() - 1_021_400.0).abs() < 0.01);
    assert_eq!((benefit.at_least_vnd, benefit.at_most_vnd), (benefit.per_unit_vnd, benefit.per_unit_vnd));

    // 0.4 · 1 + 0.2 · 500/1200 + 0.2 · (1 − 13/100) + 0.2 · 1021400/1200000
    let expected = 0.4 + 0.2 * 500.0 / 1_200.0 + 0.2 * 0.87 + 0.2 * 1_021_400.0 / 1_200_000.0;
    assert!((exchange.score.value - expected).abs() < 1e-6, "{} {expected}", exchange.score.value);
}

#[test]
fn what_costs_more_than_it_saves_is_not_worth_it() {
    let candidates = find_exchanges(
        &park(
            [site("a", "1410", 0.0), site("b", "1311", 500.0)],
            [give("x", "a").ewc("040222").price(100_000.0), take("y", "b").ewc("040222").price(200_000.0)],
        ),
        catalogue(),
    );
    assert!(matches!(
        candidates.rejections[0].obstacles[..],
        [Obstacle::NotWorthIt { benefit_vnd, .. }] if (benefit_vnd - (300_000.0 - 650.0 * 2_200.0)).abs() < 1.0
    ));
}

#[test]
fn a_missing_price_never_counts_as_zero() {
    let with = |disposal: Option<f64>, purchase: Option<f64>, treatment: Option<f64>| {
        let mut x = give("x", "a").ewc("040222");
        let mut y = take("y", "b").ewc("040222");
        (x.0.price_vnd, y.0.price_vnd, x.0.treatment_vnd, y.0.treatment_vnd) = (disposal, purchase, treatment, None);
        find_exchanges(&park([site("a", "1410", 0.0), site("b", "1311", 10.0)], [x, y]), catalogue())
    };
    let (giver, taker) = (StreamId::new("x"), StreamId::new("y"));
    let cases = [
        (with(None, Some(5e5), Some(0.0)), Missing::DisposalPrice { stream: giver.clone() }),
        (with(Some(5e5), None, Some(0.0)), Missing::PurchasePrice { stream: taker.clone() }),
        (with(Some(5e5), Some(5e5), None), Missing::TreatmentCost { giver, taker }),
    ];
    for (candidates, missing) in &cases {
        let exchange = &candidates.exchanges[0];
        assert_eq!(exchange.standing, Standing::NeedsData);
        assert_eq!(exchange.missing.as_slice(), std::slice::from_ref(missing));
        assert_eq!((exchange.benefit.per_unit_vnd, exchange.score.benefit), (None, None));
        assert!(choose_network(candidates).exchanges.is_empty());
    }
    // What is known still bounds the benefit: 500,000 saved less 28,600 haulage, or at most 1,000,000 − 28,600.
    let bound = |index: usize| &cases[index].0.exchanges[0].benefit;
    assert!((bound(0).at_least_vnd.unwrap() - 471_400.0).abs() < 0.01 && bound(0).at_most_vnd.is_none());
    assert!((bound(2).at_most_vnd.unwrap() - 971_400.0).abs() < 0.01 && bound(2).at_least_vnd.is_none());
    // Zero, stated, is a price: then the haulage makes it a loss.
    assert!(with(Some(0.0), Some(0.0), Some(0.0)).exchanges.is_empty());
}

#[test]
fn a_price_beyond_reason_asks_for_a_second_look() {
    let candidates = find_exchanges(
        &park(
            [site("a", "1410", 0.0), site("b", "1311", 1.0)],
            [give("x", "a").ewc("040222").price(1e15), take("y", "b").ewc("040222")],
        ),
        catalogue(),
    );
    assert_eq!(candidates.exchanges[0].missing[0].code(), "plausible_price");
    assert_eq!(candidates.exchanges[0].standing, Standing::NeedsData);
}

#[test]
fn what_runs_already_is_named() {
    let mut park = park(
        [site("a", "1410", 0.0), site("b", "1311", 1.0)],
        [give("x", "a").ewc("040222"), take("y", "b").ewc("040222")],
    );
    park.exchanges.push(RunningExchange {
        id: ExchangeId::new("R1"),
        giver: EnterpriseId::new("a"),
        taker: EnterpriseId::new("b"),
        name: Label::new("Vải vụn", "Cuttings"),
        quantity: None,
        since: None,
        ended_on: None,
        evidence: None,
    });
    assert_eq!(only_exchange(&park).running, [ExchangeId::new("R1")]);
}

// Why no match?

#[test]
fn the_nearest_attempt_comes_first() {
    let candidates = find_exchanges(
        &park(
            [
                site("power", "3510", 0.0),
                site("cement", "2394", 1.0),
                site("blocks", "2395", 2.0),
                site("sewing", "1410", 1.0),
            ],
            [
                give("ash", "power").named("Fly ash").ewc("100102").holds("loss on ignition", 12.0, "percent"),
                take("mix", "cement").ewc("100102").holds("loss on ignition", 6.0, "percent"),
                take("binder", "blocks").ewc("100102").holds("loss on ignition", 10.0, "percent"),
                take("thread", "sewing").named("Thread").ewc("040222"),
            ],
        ),
        catalogue(),
    );
    let why = why_no_match(&candidates, &StreamId::new("ash")).unwrap();
    let takers: Vec<&str> = why.attempts.iter().map(|attempt| attempt.taker.as_str()).collect();
    assert_eq!(takers, ["binder", "mix", "thread"]);
    assert_eq!(why.counterparts, 3);
    assert_eq!(why.obstacles[0].code(), "above_limit");
    assert_eq!(why.attempts[2].obstacles[0].code(), "no_relation");
}

#[test]
fn a_stream_alone_of_its_kind_has_no_counterpart() {
    let candidates = find_exchanges(&park([site("a", "1410", 0.0)], [give("x", "a").ewc("040222")]), catalogue());
    let why = why_no_match(&candidates, &StreamId::new("x")).unwrap();
    assert_eq!(why.obstacles, [Obstacle::NoCounterpart { kind: StreamKind::Material }]);
    assert!(why.attempts.is_empty());
}

// Rules file.

#[test]
fn the_rules_file_is_whole_and_its_faults_are_named() {
    let text = std::fs::read_to_string(catalogue_folder().join("matching_rules.toml")).unwrap();
    assert_eq!(read_rules(&text), Ok(MatchingRules::default()));
    let patched = |from: &str, to: &str| read_rules(&text.replacen(from, to, 1)).unwrap_err().len();
    assert_eq!(patched("value = 1.3", "value = 0.9"), 1);
    assert_eq!(patched("unit = \"VND/(t km)\"", "unit = \"USD/(t km)\""), 1);
    assert_eq!(patched("unconfirmed = true", "unconfirmed = false"), 1);
    assert_eq!(patched("[detour]", "[detours]"), 1);
}

#[test]
fn another_assumption_gives_another_benefit() {
    let park = park(
        [site("a", "1410", 0.0), site("b", "1311", 10.0)],
        [give("x", "a").ewc("040222"), take("y", "b").ewc("040222")],
    );
    let mut rules = MatchingRules::default();
    rules.haulage_vnd_per_t_km.value = 0.0;
    let free = find_exchanges_by(&park, catalogue(), &rules).exchanges[0].benefit.per_unit_vnd.unwrap();
    let paid = find_exchanges(&park, catalogue()).exchanges[0].benefit.per_unit_vnd.unwrap();
    assert!((free - paid - 28_600.0).abs() < 0.01);
}

fn only_exchange(park: &Park) -> Exchange {
    let candidates = find_exchanges(park, catalogue());
    assert_eq!(candidates.exchanges.len(), 1, "rejections: {:?}", candidates.rejections);
    candidates.exchanges[0].clone()
}

fn best_obstacle(candidates: &Candidates, stream: &str) -> Option<Obstacle> {
    why_no_match(candidates, &StreamId::new(stream))?.obstacles.first().cloned()
}
