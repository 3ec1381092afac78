//! Deal sheets: the worked example of `docs/methods/deal.md`, the laws of a fair split, and what the law says.

use engine::catalogue::{Files, read_catalogue};
use engine::ids::{EnterpriseId, StreamId};
use engine::matching::carbon::ExchangeFactors;
use engine::matching::deal::{Deal, DealItem, DealRules, Deals, Party, Risk, Step, deal, read_deal_rules};
use engine::matching::law::{ConditionStanding, LegalStatus};
use engine::matching::split::{Core, EXACT_PLAYERS, Share, Split, SplitMethod, split_network};
use engine::matching::{Candidates, MatchingRules, Reason, choose_network, find_exchanges, likely_exchanges};
use engine::observe::profiles::{Firm, profile};
use engine::park::{LicenceKind, Park, Rhythm, StreamDetails};
use engine::period::Period;

use super::parks::{self, Draft, catalogue, give, park, site, take};

/// Power plant, cement works and block maker of `docs/methods/matching.md`.
fn ash_park() -> Park {
    park(
        [site("power", "3510", 0.0), site("cement", "2394", 10.0), site("blocks", "2395", 20.0)],
        [
            give("ash", "power").named("Fly ash").ewc("100102").quantity(1_200.0).price(800_000.0).treated(150_000.0),
            take("raw", "cement").named("Fly ash").ewc("100102").quantity(500.0).price(400_000.0),
            take("binder", "blocks").named("Fly ash").ewc("100102").quantity(900.0).price(450_000.0),
        ],
    )
}

fn sheet(park: &Park, giver: &str, taker: &str) -> Deal {
    let candidates = find_exchanges(park, catalogue());
    let network = choose_network(&candidates);
    let of =
        |exchange: &&engine::matching::Exchange| exchange.giver.as_str() == giver && exchange.taker.as_str() == taker;
    let exchange = candidates.exchanges.iter().find(of).unwrap();
    let rules = DealRules::default();
    let factors = ExchangeFactors::default();
    let deals = Deals {
        park,
        candidates: &candidates,
        network: &network,
        catalogue: catalogue(),
        rules: &rules,
        factors: &factors,
        period: Period::year(2024).unwrap(),
    };
    deal(exchange, &deals).unwrap()
}

fn near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 0.51), "{found:?}, expected {expected}");
}

#[test]
fn the_sheet_of_the_worked_example() {
    let sheet = sheet(&ash_park(), "ash", "raw");
    assert_eq!((sheet.quantity, sheet.is_in_network), (Some(300.0), true));
    let line = |item, party| {
        let found = sheet.lines.iter().find(|line| line.item == item && line.party == party).unwrap();
        (found.per_unit_vnd, found.a_year_vnd)
    };
    assert_eq!(line(DealItem::DisposalAvoided, Party::Giver), (Some(800_000.0), Some(240_000_000.0)));
    assert_eq!(line(DealItem::Treatment, Party::Giver).0, Some(-150_000.0));
    assert_eq!(line(DealItem::Treatment, Party::Taker).0, Some(0.0));
    near(line(DealItem::Haulage, Party::Taker).0, -28_600.0);
    // The giver pays up to 650,000 to be rid of a tonne, the taker pays up to 371,400 to have it.
    near(sheet.price.lowest_vnd, -650_000.0);
    near(sheet.price.highest_vnd, 371_400.0);
    near(sheet.price.fair_vnd, -139_300.0);
    near(sheet.price.gain_each_vnd, 510_700.0);
    near(sheet.price.haulage_vnd, 28_600.0);
    assert_eq!((sheet.transport.trips_a_year, sheet.transport.load_t), (Some(20.0), Some(15.0)));
}

#[test]
fn co2e_stands_in_the_sheet_and_stays_unknown_where_it_is() {
    let known = sheet(&ash_park(), "ash", "raw").carbon.unwrap();
    // As in the worked example of `docs/methods/scenarios.md`, over 13 km: 800 + 5 − 5 − 13 × 0.1.
    near(Some(known.net_kg()), 798.7);
    assert!(known.unconfirmed);
    let mut park = ash_park();
    park.streams.iter_mut().for_each(|stream| stream.ewc = Some("101208".to_string()));
    let candidates = find_exchanges(&park, catalogue());
    assert!(candidates.exchanges.iter().any(|exchange| exchange.giver.as_str() == "ash"));
    assert_eq!(sheet(&park, "ash", "raw").carbon, None, "no factor is no zero");
}

#[test]
fn what_is_not_stated_leaves_its_end_of_the_band_open() {
    let mut park = ash_park();
    park.streams[1].price_vnd = None;
    let sheet = sheet(&park, "ash", "raw");
    near(sheet.price.lowest_vnd, -650_000.0);
    assert_eq!((sheet.price.highest_vnd, sheet.price.fair_vnd), (None, None));
    assert!(sheet.risks.contains(&Risk::PriceUnknown { party: Party::Taker, item: DealItem::PurchaseAvoided }));
    let asked = sheet.steps.iter().find(|step| matches!(&step.step, Step::Provide { .. })).unwrap();
    assert_eq!(asked.who, Party::Taker);
    assert!(!sheet.steps.iter().any(|step| step.step == Step::SignAgreement));
}

fn shares(split: &Split) -> Vec<(&str, f64, f64)> {
    let of = |share: &Share| (share.shapley_vnd, share.by_prices_vnd.unwrap());
    split.shares.iter().map(|share| (share.enterprise.as_str(), of(share).0, of(share).1)).collect()
}

#[test]
fn the_split_of_the_worked_example_by_hand() {
    let candidates = find_exchanges(&ash_park(), catalogue());
    let split = split_network(&candidates, &EnterpriseId::new("cement")).unwrap();
    assert_eq!(split.worth_vnd, 1_245_000_000.0);
    assert_eq!(split.method, SplitMethod::Exact { coalitions: 8 });
    assert_eq!(split.core, Core::Holds);
    // Power with cement alone 510.5 million, with blocks alone 938.7, all three 1,245.0.
    let expected = [
        ("blocks", 2_407.7e6 / 6.0, 900.0 * 22_000.0),
        ("cement", 1_123.1e6 / 6.0, 0.0),
        ("power", 3_939.2e6 / 6.0, 1_200.0 * 1_021_000.0),
    ];
    for ((name, shapley, prices), (expected, by_shapley, by_prices)) in shares(&split).into_iter().zip(expected) {
        assert_eq!(name, expected);
        assert!((shapley - by_shapley).abs() < 1.0 && (prices - by_prices).abs() < 1.0, "{name} {shapley} {prices}");
    }
}

/// One giver, two equal takers of all that it has: either taker with the giver makes the whole.
#[test]
fn equal_takers_get_the_same_and_an_unstable_split_names_who_would_leave() {
    let park = park(
        [site("power", "3510", 0.0), site("b", "2394", 1.0), site("c", "2394", 1.0)],
        [give("ash", "power").ewc("100102"), take("b", "b").ewc("100102"), take("c", "c").ewc("100102")],
    );
    let split = split_network(&find_exchanges(&park, catalogue()), &EnterpriseId::new("power")).unwrap();
    let worth = split.worth_vnd;
    let expected = [("b", worth / 6.0), ("c", worth / 6.0), ("power", worth * 2.0 / 3.0)];
    for ((name, shapley, _), (expected, by_hand)) in shares(&split).into_iter().zip(expected) {
        assert!(name == expected && (shapley - by_hand).abs() < 1e-3, "{name}: {shapley}, expected {by_hand}");
    }
    let Core::Blocked { enterprises, excess_vnd } = &split.core else { panic!("{:?}", split.core) };
    assert!(enterprises.len() == 2 && enterprises.contains(&EnterpriseId::new("power")), "{enterprises:?}");
    assert!((excess_vnd - worth / 6.0).abs() < 1e-3);
    // By prices the scarce side has it all, and nobody leaves.
    assert!((shares(&split)[2].2 - worth).abs() < 1e-3);
}

/// A park of `n` takers of one ash, each with its own distance, price and wish, drawn without a generator.
fn row_of_takers(n: usize) -> Park {
    let takers = |place: usize| {
        let wish = 20.0 + 37.0 * ((place * 7) % 11) as f64;
        let price = 200_000.0 + 41_000.0 * ((place * 5) % 13) as f64;
        take(&format!("t{place:02}"), &format!("e{place:02}")).ewc("100102").quantity(wish).price(price)
    };
    let sites = (0..n).map(|place| site(&format!("e{place:02}"), "2394", 1.0 + place as f64));
    let givers = [site("p", "3510", 0.0), site("q", "3510", 3.0)];
    let streams = [give("ash", "p").ewc("100102").quantity(400.0), give("dust", "q").ewc("100102").quantity(150.0)];
    park(givers.into_iter().chain(sites), streams.into_iter().chain((0..n).map(takers)))
}

/// Efficiency and individual rationality, and that the split by prices is in the core, for parks of several sizes.
#[test]
fn shares_add_up_and_nobody_pays_for_taking_part() {
    for n in [2, 5, 8, 15] {
        let candidates = find_exchanges(&row_of_takers(n), catalogue());
        let split = split_network(&candidates, &EnterpriseId::new("p")).unwrap();
        let is_exact = matches!(split.method, SplitMethod::Exact { .. });
        assert_eq!((split.shares.len(), is_exact), (n + 2, n + 2 <= EXACT_PLAYERS));
        let sum = |of: fn(&Share) -> f64| split.shares.iter().map(of).sum::<f64>();
        for total in [sum(|share| share.shapley_vnd), sum(|share| share.by_prices_vnd.unwrap())] {
            assert!((total - split.worth_vnd).abs() < 1.0, "{n}: {total}, expected {}", split.worth_vnd);
        }
        assert!(split.shares.iter().all(|share| share.shapley_vnd > -1e-3 && share.by_prices_vnd.unwrap() > -1e-3));
        assert!(split.shares.iter().all(|share| share.within_vnd.is_none() == is_exact));
        // No pair of enterprises is better off alone than by prices.
        for one in candidates.exchanges.iter() {
            let of = |id: &EnterpriseId| split.shares.iter().find(|share| share.enterprise == *id).unwrap();
            let both =
                of(&one.giver_enterprise).by_prices_vnd.unwrap() + of(&one.taker_enterprise).by_prices_vnd.unwrap();
            let alone = one.quantity.unwrap() * (one.benefit.per_unit_vnd.unwrap() / 1_000.0).round() * 1_000.0;
            assert!(both >= alone - 1.0, "{}: {both} below {alone}", one.code());
        }
    }
}

#[test]
fn who_adds_nothing_gets_nothing() {
    // No ash is left for a taker that saves less than every other and lies farther off.
    let mut park = row_of_takers(3);
    park.streams[0].quantity.value = 10.0;
    park.streams[1].quantity.value = 0.0;
    let candidates = find_exchanges(&park, catalogue());
    let split = split_network(&candidates, &EnterpriseId::new("p")).unwrap();
    assert!(!split.shares.iter().any(|share| share.enterprise.as_str() == "q"), "it has no ready exchange");
    let network = choose_network(&candidates);
    assert_eq!(network.exchanges.len(), 1);
    let alone = find_exchanges(&row_of_takers(1), catalogue());
    let two = split_network(&alone, &EnterpriseId::new("e00")).unwrap();
    assert_eq!(two.shares.len(), 3);
    assert!(split_network(&candidates, &EnterpriseId::new("q")).is_none());
}

/// Drawn orders agree with all orders: eleven takers more are needed for the draw, so the two are held against each
/// other through takers that are doubled without any wish.
#[test]
fn drawn_orders_come_near_the_exact_value() {
    let exact = split_network(&find_exchanges(&row_of_takers(8), catalogue()), &EnterpriseId::new("p")).unwrap();
    let mut wider = row_of_takers(8);
    // Five more that hardly want anything: they change little, and make thirteen.
    for place in 20..25 {
        wider.enterprises.push(site(&format!("e{place}"), "2394", 1.0));
        wider.streams.push(take(&format!("t{place}"), &format!("e{place}")).ewc("100102").quantity(0.1).0);
    }
    let drawn = split_network(&find_exchanges(&wider, catalogue()), &EnterpriseId::new("p")).unwrap();
    assert!(matches!(drawn.method, SplitMethod::Sampled { .. }) && drawn.core == Core::Unchecked);
    for share in &exact.shares {
        let other = drawn.shares.iter().find(|other| other.enterprise == share.enterprise).unwrap();
        let allowed = 2.0 * other.within_vnd.unwrap() + 500_000.0;
        assert!((other.shapley_vnd - share.shapley_vnd).abs() <= allowed, "{other:?} against {share:?}");
    }
    let again = split_network(&find_exchanges(&wider, catalogue()), &EnterpriseId::new("p")).unwrap();
    assert_eq!(drawn, again, "the same seed gives the same");
}

// Law.

fn with(mut draft: Draft, details: StreamDetails) -> Draft {
    draft.0.details = details;
    draft
}

fn pair(giver: Draft, taker: Draft) -> Deal {
    sheet(&park([site("a", "3510", 0.0), site("b", "2394", 1.0)], [giver, taker]), "x", "y")
}

#[test]
fn the_status_follows_hazard_and_codes() {
    let cpc = || StreamDetails { cpc: Some("21231".to_string()), ..StreamDetails::default() };
    let ash = || give("x", "a").ewc("100102");
    let wish = || take("y", "b").ewc("100102");
    assert_eq!(pair(ash(), wish()).law.status, LegalStatus::Waste);
    assert_eq!(pair(with(ash(), cpc()), wish()).law.status, LegalStatus::ByProduct);
    let product = pair(with(give("x", "a"), cpc()), with(take("y", "b"), cpc()));
    assert_eq!(product.law.status, LegalStatus::Product);
    let hazardous = pair(with(ash().hazardous(), cpc()), wish().licensed());
    assert_eq!(hazardous.law.status, LegalStatus::HazardousWaste);
    let taker = hazardous.law.conditions.iter().find(|one| one.rule.rule == "hazardous-taker-licence").unwrap();
    assert_eq!(taker.standing, ConditionStanding::Declared);
}

#[test]
fn a_verdict_cites_its_rule_and_whether_it_was_confirmed() {
    let licence = StreamDetails {
        licence_kind: Some(LicenceKind::Environmental),
        licence_number: Some("12/GPMT".to_string()),
        ..StreamDetails::default()
    };
    let sheet = pair(give("x", "a").ewc("100102"), with(take("y", "b").ewc("100102"), licence));
    let rule = sheet.law.status_rule.as_ref().unwrap();
    assert!(rule.rule == "ordinary-waste" && rule.unconfirmed && rule.source.en == "from memory");
    let taker = sheet.law.conditions.iter().find(|one| one.rule.rule == "waste-taker-licence").unwrap();
    assert_eq!((taker.standing, taker.licence.as_deref()), (ConditionStanding::Declared, Some("12/GPMT")));
    let counts = sheet.law.conditions.iter().find(|one| one.rule.rule == "symbiosis-counts").unwrap();
    assert!(!counts.rule.unconfirmed && counts.rule.source.en.contains("Decree 35/2022"));
    assert!(sheet.risks.contains(&Risk::UnconfirmedLaw { rules: sheet.law.unconfirmed() }));
}

#[test]
fn without_any_code_the_status_is_unknown_and_somebody_has_to_say() {
    let shells = give("x", "a").named("Shrimp shells");
    let wish = take("y", "b").named("Shrimp shells");
    let park = park([site("a", "1020", 0.0), site("b", "2011", 1.0)], [shells, wish]);
    let candidates = find_exchanges(&park, catalogue());
    assert_eq!(candidates.exchanges.len(), 1, "shells without a code find the maker of chitin by name");
    let sheet = sheet(&park, "x", "y");
    assert_eq!((sheet.law.status, sheet.law.status_rule.is_none()), (LegalStatus::Unknown, true));
    let step = Step::StateCode { stream: StreamId::new("x") };
    assert!(sheet.steps.iter().any(|one| one.step == step && one.who == Party::Giver));
}

#[test]
fn a_faulty_table_of_law_and_faulty_rules_are_told() {
    let mut files: Files = parks::catalogue_files();
    let law = files.get_mut("exchange_law.csv").unwrap();
    *law = law.replacen("ordinary-waste", "common-waste", 1).replacen("theo trí nhớ,true", "theo trí nhớ,false", 1);
    let (_, faults) = read_catalogue(&files);
    let told: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.kind.code(), fault.found)).collect();
    assert_eq!(told, ["missing-value ", "contradiction hazardous-waste", "unknown-code common-waste"]);
    let faults = read_deal_rules("[truck_load_t]\nvalue = \"much\"\n").unwrap_err();
    assert_eq!(faults[0].kind.code(), "unreadable-file");
}

// Risks.

#[test]
fn each_risk_has_the_figure_that_triggers_it() {
    let wet = give("x", "a").ewc("100102").quantity(90.0).holds("moisture", 9.0, "percent");
    let seasonal = StreamDetails { rhythm: Some(Rhythm::Seasonal), months: [1, 2].into(), ..StreamDetails::default() };
    let all_year = StreamDetails { rhythm: Some(Rhythm::Continuous), ..StreamDetails::default() };
    let wish = take("y", "b").ewc("100102").holds("moisture", 10.0, "percent");
    let sheet = pair(with(wet, seasonal), with(wish, all_year));
    // Two months of a twelfth of 100 t.
    let quantity = 100.0 / 12.0 * 2.0;
    assert_eq!(sheet.quantity.map(|quantity| (quantity * 10.0).floor() / 10.0), Some(16.6));
    assert!(sheet.risks.contains(&Risk::Seasons { months: 2 }));
    let limit = Risk::NearLimit { substance: "moisture".into(), value: 9.0, limit: 10.0, unit: "percent".into() };
    assert!(sheet.risks.contains(&limit));
    let rest = |party: Party| {
        sheet.risks.iter().find_map(|risk| match risk {
            Risk::Rest { party: found, quantity, .. } if *found == party => Some(*quantity),
            _ => None,
        })
    };
    assert!((rest(Party::Giver).unwrap() - (90.0 - quantity)).abs() < 1e-9);
    assert!((rest(Party::Taker).unwrap() - (100.0 - quantity)).abs() < 1e-9);
    let whole = pair(give("x", "a").ewc("100102"), take("y", "b").ewc("100102"));
    let alone = whole.risks.iter().filter(|risk| risk.code() == "single_partner").count();
    assert_eq!(alone, 2, "{:?}", whole.risks);
    assert!(whole.risks.contains(&Risk::NoLimitStated));
}

// Likely streams.

#[test]
fn what_is_likely_is_found_and_enters_nothing() {
    let park = park([site("plant", "3510", 0.0), site("cement", "2394", 2.0)], []);
    let open = park
        .enterprises
        .iter()
        .map(|enterprise| {
            let firm = Firm { sector: enterprise.isic4.clone(), employees: Some(200), ..Firm::default() };
            (enterprise.id.clone(), profile(&firm, catalogue()).unwrap().proposals)
        })
        .collect();
    let likely = likely_exchanges(&park, catalogue(), &MatchingRules::default(), &open);
    let ash = likely.iter().find(|pair| pair.giver.name.en.contains("fly ash")).unwrap();
    assert_eq!((ash.giver.enterprise.as_str(), ash.taker.enterprise.as_str()), ("plant", "cement"));
    assert!(ash.giver.proposal.is_some() && ash.giver.declared.is_none());
    assert!(ash.reasons.iter().any(|reason| matches!(reason, Reason::KnownExchange { .. })));
    assert!(likely.is_sorted_by_key(|pair| pair.likelihood()));
    let candidates: Candidates = find_exchanges(&park, catalogue());
    assert!(candidates.exchanges.is_empty() && choose_network(&candidates).exchanges.is_empty());
}
