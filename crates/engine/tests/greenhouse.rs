//! Greenhouse gas accounts, held against cases computed by hand, and the laws that hold for every park.

mod repository;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::claim::Claim;
use engine::ids::{EnterpriseId, ResourceId};
use engine::observe::{Balance, Gap, observe};
use engine::park::{Park, Record};
use engine::period::{Period, parse_date};
use engine::quantity::Amount;
use engine::report::greenhouse::{Account, Editions, Gas, Line, Order, Part, Unknown, account};
use engine::source::{Basis, Run};
use engine::verify::measures::verify_measures;
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static SAMPLE: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

const OWN: &str = "E01";

/// The sample park in which one enterprise has recorded nothing but these yearly amounts.
fn with(records: &[(&str, f64, &str)], year: i16) -> Park {
    let mut park = SAMPLE.clone();
    park.records = (2..)
        .zip(records)
        .map(|(line, (resource, value, unit))| Record {
            enterprise: EnterpriseId::new(OWN),
            resource: ResourceId::new(*resource),
            period: Period::year(year).unwrap(),
            amount: Amount { value: *value, unit: unit.to_string() },
            basis: Basis::Invoiced,
            source: format!("Hóa đơn {line}"),
            cost_vnd: None,
            line,
        })
        .collect();
    park
}

fn reckon(park: &Park, year: i16, enterprise: Option<&str>, editions: Editions) -> Account {
    let balance = observe(park, &CATALOGUE, Period::year(year).unwrap());
    reckon_beside(park, &balance, enterprise, editions, &[])
}

fn reckon_beside(
    park: &Park,
    balance: &Balance,
    enterprise: Option<&str>,
    editions: Editions,
    claims: &[Claim],
) -> Account {
    let run = Run {
        engine: "test".to_string(),
        period: balance.period.to_string(),
        as_of: parse_date("2025-01-31").unwrap(),
        inputs: park.digest(),
        catalogue: CATALOGUE.digest(),
    };
    let order = Order { enterprise: enterprise.map(EnterpriseId::new), editions, run: &run };
    account(park, balance, &CATALOGUE, claims.iter(), &order)
}

fn own(records: &[(&str, f64, &str)]) -> Account {
    reckon(&with(records, 2023), 2023, Some(OWN), Editions::default())
}

fn sixth_report() -> Editions {
    Editions { warming: "ipcc-ar6".to_string(), ..Editions::default() }
}

/// Part, gas and kg CO₂e of every line, in order.
fn check(account: &Account, expected: &[(Part, Gas, Option<f64>)]) {
    let found: Vec<_> = account.lines.iter().map(|line| (line.part, line.gas, line.emissions_kg)).collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((part, gas, kg), (expected_part, expected_gas, expected_kg)) in found.iter().zip(expected) {
        assert_eq!((part, gas), (expected_part, expected_gas), "{found:?}");
        match (kg, expected_kg) {
            (Some(kg), Some(expected)) => assert!((kg - expected).abs() < 1e-6 * expected.max(1.0), "{kg} {expected}"),
            _ => assert_eq!(kg, expected_kg, "{found:?}"),
        }
    }
}

#[test]
fn a_thousand_tonnes_of_anthracite_gas_by_gas() {
    // 26.7 TJ; 267 kg of CH₄ and 40.05 kg of N₂O.
    let account = own(&[("anthracite", 1_000.0, "t")]);
    check(
        &account,
        &[
            (Part::Combustion, Gas::Co2, Some(2_624_610.0)),
            (Part::Combustion, Gas::Ch4, Some(7_476.0)),
            (Part::Combustion, Gas::N2o, Some(10_613.25)),
        ],
    );
    let range = account.lines[0].range.unwrap();
    assert!((range.low - 2_113_639.13).abs() < 1.0 && (range.high - 3_170_045.05).abs() < 1.0, "{range:?}");
    assert_eq!(account.sums.scope_1.value_kg.map(f64::round), Some(2_642_699.0));
    // Three gases of one fuel share its calorific value: their deviations add up.
    let strays: f64 = account.lines.iter().map(|line| line.range.unwrap().high - line.emissions_kg.unwrap()).sum();
    let whole = account.sums.scope_1.range.unwrap();
    assert!((whole.high - account.sums.scope_1.known_kg - strays).abs() < 1e-6);
}

#[test]
fn the_carbon_dioxide_of_wood_stands_apart() {
    let account = own(&[("wood", 100.0, "t")]);
    check(
        &account,
        &[
            (Part::Combustion, Gas::Ch4, Some(1_310.4)),
            (Part::Combustion, Gas::N2o, Some(1_653.6)),
            (Part::Biogenic, Gas::Co2, Some(174_720.0)),
        ],
    );
    assert_eq!(account.sums.scope_1.value_kg.map(f64::round), Some(2_964.0));
}

#[test]
fn what_leaks_and_what_a_process_gives_off_is_scope_1() {
    let records = [("hfc-134a", 12.0, "kg"), ("process-emissions", 40.0, "t CO2e")];
    let kilograms = [(Part::Process, Gas::Co2e, Some(40_000.0)), (Part::Fugitive, Gas::Hfc, Some(15_600.0))];
    check(&own(&records), &kilograms);
    let sixth = reckon(&with(&records, 2023), 2023, Some(OWN), sixth_report());
    check(&sixth, &[kilograms[0], (Part::Fugitive, Gas::Hfc, Some(18_360.0))]);
}

#[test]
fn the_grid_never_stands_in_for_contracts() {
    let without = own(&[("electricity", 2_000.0, "MWh")]);
    check(&without, &[(Part::Location, Gas::Co2, Some(1_318_400.0)), (Part::Market, Gas::Co2e, None)]);
    assert_eq!(without.lines[1].unknown, Some(Unknown::NoResidualMix));
    assert_eq!(without.sums.parts[&Part::Market].value_kg, None);
    assert_eq!(without.sums.with_market.value_kg, None);
    assert_eq!(without.sums.with_location.value_kg.map(f64::round), Some(1_318_400.0));

    let electricity = ("electricity", 2_000.0, "MWh");
    let half = own(&[electricity, ("contract-electricity", 500.0, "MWh"), ("contract-emissions", 0.0, "t CO2e")]);
    let parts = [(Part::Location, Gas::Co2, Some(1_318_400.0)), (Part::Market, Gas::Co2e, Some(0.0))];
    check(&half, &[parts[0], parts[1], (Part::Market, Gas::Co2e, None)]);
    assert_eq!(half.lines[2].activity.amount, 1_500_000.0);

    let silent = own(&[electricity, ("contract-electricity", 2_000.0, "MWh")]);
    assert_eq!(silent.lines[1].unknown, Some(Unknown::ContractSilent));

    // Of 2,500 MWh contracted 2,000 were used: 80 of the 100 t.
    let more = [electricity, ("contract-electricity", 2_500.0, "MWh"), ("contract-emissions", 100.0, "t CO2e")];
    check(&own(&more), &[parts[0], (Part::Market, Gas::Co2e, Some(80_000.0))]);
}

#[test]
fn steam_is_what_its_seller_says() {
    let silent = own(&[("steam", 1_000.0, "GJ")]);
    assert!(silent.lines.iter().all(|line| line.unknown == Some(Unknown::SellerSilent)));
    let told = own(&[("steam", 1_000.0, "GJ"), ("steam-emissions", 70.0, "t CO2e")]);
    check(&told, &[(Part::Location, Gas::Co2e, Some(70_000.0)), (Part::Market, Gas::Co2e, Some(70_000.0))]);
}

#[test]
fn a_year_without_a_grid_factor_is_estimated_and_a_foreign_grid_unknown() {
    let account = reckon(&with(&[("electricity", 1.0, "MWh")], 2024), 2024, Some(OWN), Editions::default());
    let line = &account.lines[0];
    assert_eq!((line.basis, line.factors[0].edition.as_str()), (Basis::Estimated, "vn-grid-2023"));
    assert!(line.factors[0].stands_in);
    let mut abroad = with(&[("electricity", 1.0, "MWh")], 2023);
    abroad.province = String::new();
    let account = reckon(&abroad, 2023, Some(OWN), Editions::default());
    assert_eq!(account.lines[0].unknown, Some(Unknown::NoGrid));
}

#[test]
fn what_was_not_recorded_is_a_gap_and_no_zero() {
    let nothing = own(&[]);
    assert_eq!((nothing.lines.len(), nothing.sums.with_location.value_kg), (0, None));
    assert!(nothing.gaps.iter().any(|gap| matches!(gap, Gap::NeverReported { .. })));

    let mut park = with(&[("electricity", 1.0, "MWh")], 2023);
    park.records[0].period = Period::parse("2023-01-01/2023-07-01").unwrap();
    let account = reckon(&park, 2023, Some(OWN), Editions::default());
    let sum = account.sums.parts[&Part::Location];
    assert!(sum.value_kg.is_some() && sum.gaps == 1 && !sum.is_complete());
    let [Gap::MissingMonths { months, .. }] = account.gaps.as_slice() else { panic!("{:?}", account.gaps) };
    assert_eq!(months.len(), 6);
}

#[test]
fn what_was_avoided_is_beside_and_never_taken_off() {
    let balance = observe(&SAMPLE, &CATALOGUE, Period::year(2024).unwrap());
    let claims: Vec<Claim> =
        verify_measures(&SAMPLE, &balance, &CATALOGUE).into_iter().map(|verification| verification.claim).collect();
    let account = reckon_beside(&SAMPLE, &balance, None, Editions::default(), &claims);
    assert!(account.avoided.iter().any(|avoided| avoided.emissions_kg.is_some_and(|kg| kg > 0.0)));
    let own = reckon_beside(&SAMPLE, &balance, Some("E03"), Editions::default(), &claims);
    assert!(!own.avoided.is_empty() && own.avoided.iter().all(|avoided| avoided.enterprise.as_str() == "E03"));
    let without = reckon_beside(&SAMPLE, &balance, None, Editions::default(), &[]);
    assert_eq!(account.sums, without.sums);
    assert!(without.avoided.is_empty());
}

#[test]
fn lines_add_up_to_sums_and_enterprises_to_the_park() {
    for year in [2022, 2024] {
        let park = reckon(&SAMPLE, year, None, Editions::default());
        for (part, sum) in &park.sums.parts {
            let lines: f64 =
                park.lines.iter().filter(|line| line.part == *part).filter_map(|line| line.emissions_kg).sum();
            assert!((lines - sum.known_kg).abs() <= 1e-9 * lines.abs(), "{part:?}");
        }
        let scope_1: f64 =
            [Part::Combustion, Part::Process, Part::Fugitive].map(|part| park.sums.parts[&part].known_kg).iter().sum();
        assert!((scope_1 - park.sums.scope_1.known_kg).abs() <= 1e-9 * scope_1);
        let own: f64 = SAMPLE
            .enterprises
            .iter()
            .map(|one| reckon(&SAMPLE, year, Some(one.id.as_str()), Editions::default()).sums.with_location.known_kg)
            .sum();
        assert!((own - park.sums.with_location.known_kg).abs() <= 1e-9 * own, "{year}");
    }
}

/// The balance counts the same emissions its own way.
#[test]
fn the_account_agrees_with_the_balance() {
    let account = reckon(&SAMPLE, 2024, None, Editions::default());
    let balance = observe(&SAMPLE, &CATALOGUE, Period::year(2024).unwrap());
    for (id, total) in &balance.park {
        let Some(expected) = &total.emissions else { continue };
        let is_in = |line: &&Line| line.resource == *id && !matches!(line.part, Part::Market | Part::Biogenic);
        let found: f64 = account.lines.iter().filter(is_in).filter_map(|line| line.emissions_kg).sum();
        assert!((found - expected.value.kg()).abs() < 1e-9 * found, "{id}: {found} {}", expected.value.kg());
    }
}

/// Lines that another edition changes, and no others.
fn changed(year: i16, editions: Editions, is_affected: fn(&Line) -> bool) {
    let before = reckon(&SAMPLE, year, None, Editions::default());
    let after = reckon(&SAMPLE, year, None, editions);
    assert_eq!(before.lines.len(), after.lines.len());
    for (old, new) in before.lines.iter().zip(&after.lines) {
        assert_eq!((old.part, &old.enterprise, &old.resource), (new.part, &new.enterprise, &new.resource));
        assert_eq!(old.digest != new.digest, is_affected(old), "{} {} {:?}", old.enterprise, old.resource, old.gas);
        assert_eq!(
            old.emissions_kg != new.emissions_kg,
            is_affected(old) && old.gas != Gas::Co2 || is_affected(old) && old.part == Part::Location
        );
    }
}

#[test]
fn another_edition_changes_the_lines_that_name_it_and_no_others() {
    changed(2023, sixth_report(), |line| line.factors.iter().any(|factor| factor.edition == "ipcc-ar5"));
    let earlier = Editions { grid: Some("vn-grid-2022".to_string()), ..Editions::default() };
    changed(2023, earlier, |line| line.part == Part::Location && line.resource.as_str() == "electricity");
}

#[test]
fn every_line_says_what_made_it() {
    let account = reckon(&SAMPLE, 2024, None, Editions::default());
    let digests: BTreeSet<_> = account.lines.iter().map(|line| line.digest.clone()).collect();
    assert_eq!(digests.len(), account.lines.len());
    for line in &account.lines {
        assert!(!line.activity.sources.is_empty());
        assert_eq!(line.emissions_kg.is_none(), line.unknown.is_some());
        assert!(line.unknown.is_some() || !line.factors.is_empty());
        assert!(line.factors.iter().all(|factor| CATALOGUE.factor_editions.contains_key(&factor.edition)));
    }
}

#[test]
fn an_unknown_edition_is_told_with_those_that_are_known() {
    let wrong = Editions { grid: Some("vn-grid-1999".to_string()), warming: "ar7".to_string(), ..Editions::default() };
    let unknown = wrong.unknown(&CATALOGUE);
    assert_eq!(unknown.len(), 2);
    assert!(unknown.iter().all(|(_, known)| !known.is_empty()));
    assert!(Editions::default().unknown(&CATALOGUE).is_empty());
}
