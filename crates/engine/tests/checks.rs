//! Each check finds the mistake that was planted for it, and nothing else about it; the good park has none of them.

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, MeterId, ResourceId};
use engine::observe::{Finding, Reason, Severity, observe};
use engine::park::{Meter, Park, Record};
use engine::period::Period;
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static GOOD: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

fn year() -> Period {
    Period::year(2024).unwrap()
}

fn by_key(park: &Park) -> BTreeMap<String, Finding> {
    observe(park, &CATALOGUE, year()).findings.into_iter().map(|finding| (finding.key(), finding)).collect()
}

/// Plants a mistake and expects exactly these findings beyond those of the good park.
fn check(expected: &[&str], plant: impl FnOnce(&mut Park)) -> Vec<Finding> {
    let mut park = GOOD.clone();
    plant(&mut park);
    let before = by_key(&GOOD);
    let new: BTreeMap<String, Finding> =
        by_key(&park).into_iter().filter(|(key, _)| !before.contains_key(key)).collect();
    assert_eq!(new.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    new.into_values().collect()
}

fn record<'a>(park: &'a mut Park, enterprise: &str, resource: &str, month: &str) -> &'a mut Record {
    let period = Period::parse(month).unwrap();
    let is_meant = |record: &&mut Record| {
        record.enterprise.as_str() == enterprise && record.resource.as_str() == resource && record.period == period
    };
    park.records.iter_mut().find(is_meant).unwrap()
}

fn of_series<'a>(park: &'a mut Park, enterprise: &str, resource: &str) -> impl Iterator<Item = &'a mut Record> {
    park.records
        .iter_mut()
        .filter(move |record| record.enterprise.as_str() == enterprise && record.resource.as_str() == resource)
}

#[test]
fn the_good_park_has_what_was_planted_in_it_and_nothing_else() {
    let rules: BTreeSet<&str> =
        observe(&GOOD, &CATALOGUE, year()).findings.iter().map(|finding| finding.reason.rule()).collect();
    assert_eq!(rules, BTreeSet::from(["jump", "missing-months", "unit-slip"]));
}

#[test]
fn a_slipped_unit_is_an_error() {
    for factor in [10.0, 1_000.0, 0.001] {
        let found = check(&["unit-slip/E23/electricity/2024-05"], |park| {
            record(park, "E23", "electricity", "2024-05").amount.value *= factor;
        });
        assert_eq!(found[0].severity, Severity::Error);
        let Reason::UnitSlip { found, usual } = found[0].reason else { panic!() };
        assert!((0.5..2.0).contains(&(found / usual / factor)), "{found} {usual}");
    }
}

#[test]
fn a_jump_is_a_warning_unless_production_explains_it() {
    let found = check(&["jump/E01/electricity/2024-05"], |park| {
        record(park, "E01", "electricity", "2024-05").amount.value *= 4.0;
    });
    assert_eq!(found[0].severity, Severity::Warning);
    check(&[], |park| {
        record(park, "E01", "electricity", "2024-05").amount.value *= 4.0;
        of_series(park, "E01", "product")
            .find(|record| record.period.to_string() == "2024-05")
            .unwrap()
            .amount
            .value *= 4.0;
    });
}

#[test]
fn months_that_are_missing_in_a_row_are_one_finding() {
    let found = check(
        &["missing-months/E01/electricity/2024-03-01/2024-05-01", "missing-months/E01/electricity/2024-08"],
        |park| {
            park.records.retain(|record| {
                let is_gone = ["2024-03", "2024-04", "2024-08"].contains(&record.period.to_string().as_str());
                !(record.enterprise.as_str() == "E01" && record.resource.as_str() == "electricity" && is_gone)
            })
        },
    );
    assert_eq!(found[0].reason, Reason::MissingMonths { months: 2 });
}

#[test]
fn a_site_that_always_writes_the_wrong_unit_is_found_by_its_sector() {
    let found = check(&["sector-outlier/E03/electricity/2024"], |park| {
        of_series(park, "E03", "electricity").for_each(|record| record.amount.value *= 1_000.0);
    });
    let Reason::SectorOutlier { peers, ref division, found, median, .. } = found[0].reason else { panic!() };
    assert_eq!((peers, division.as_str()), (7, "10"));
    assert!(found / median > 100.0);
    // A division of five sites is too small to say what is usual.
    check(&[], |park| {
        of_series(park, "E11", "electricity").for_each(|record| record.amount.value *= 1_000.0);
        park.meters.retain(|meter| meter.enterprise.as_str() != "E11");
    });
}

/// A submeter that counts a share of what the main meter counts.
fn submeter(park: &mut Park, share: f64) {
    let main = park.meter(&MeterId::new("M1")).unwrap().clone();
    let mut readings = park.readings[&main.id].clone();
    readings.iter_mut().for_each(|reading| reading.value = reading.value.map(|value| value * share));
    let id = MeterId::new(format!("M1-{}", park.meters.len()));
    park.readings.insert(id.clone(), readings);
    park.meters.push(Meter { id, is_main: false, ..main });
}

#[test]
fn submeters_cannot_count_more_than_the_main_meter() {
    check(&[], |park| {
        submeter(park, 0.6);
        submeter(park, 0.4);
    });
    let found = {
        let mut park = GOOD.clone();
        submeter(&mut park, 0.6);
        submeter(&mut park, 0.5);
        observe(&park, &CATALOGUE, year()).findings
    };
    let above: Vec<&Finding> = found.iter().filter(|finding| finding.reason.rule() == "submeters-above-main").collect();
    assert!(above.len() >= 10, "{}", above.len());
    for finding in above {
        let Reason::SubmetersAboveMain { submeters, main } = finding.reason else { panic!() };
        assert!((submeters / main - 1.1).abs() < 1e-9 && finding.severity == Severity::Error);
        assert!(finding.key().starts_with("submeters-above-main/E02/meter:M1/2024-"), "{}", finding.key());
    }
}

#[test]
fn a_bill_that_the_main_meter_denies_is_found() {
    check(&["bases-disagree/E02/electricity/2024-05"], |park| {
        record(park, "E02", "electricity", "2024-05").amount.value *= 1.3;
    });
    check(&[], |park| record(park, "E02", "electricity", "2024-05").amount.value *= 1.05);
}

#[test]
fn more_wastewater_than_water_is_found() {
    check(&["more-out-than-in/E01/wastewater/2024"], |park| {
        of_series(park, "E01", "wastewater").for_each(|record| record.amount.value *= 2.0);
    });
}

#[test]
fn the_waste_code_of_another_industry_is_found() {
    let found = check(&["waste-code-outside-sector/E02/stream:G02/2024"], |park| {
        park.streams.iter_mut().find(|stream| stream.id.as_str() == "G02").unwrap().ewc = Some("100202".to_string());
    });
    let Reason::WasteCodeOutsideSector { ref ewc, ref isic4 } = found[0].reason else { panic!() };
    assert_eq!((ewc.as_str(), isic4.as_str()), ("100202", "1020"));
    // Packaging belongs to no industry.
    check(&[], |park| {
        park.streams.iter_mut().find(|stream| stream.id.as_str() == "G02").unwrap().ewc = Some("150101".to_string());
    });
}

#[test]
fn every_known_exchange_gives_off_what_fits_its_industry() {
    for exchange in CATALOGUE.known_exchanges.iter().filter(|exchange| !exchange.ewc6.is_empty()) {
        let fits = CATALOGUE.waste_fits_sector(&exchange.ewc6, &exchange.giver_isic4);
        assert!(fits, "{}: {} from {}", exchange.id, exchange.ewc6, exchange.giver_isic4);
    }
}

#[test]
fn one_bill_under_two_resources_is_counted_twice() {
    // Groundwater is new to the site, so that its other months are missing.
    let missing = [
        "missing-months/E01/groundwater/2024-01-01/2024-05-01",
        "missing-months/E01/groundwater/2024-06-01/2025-01-01",
    ];
    let enter_as_groundwater = |park: &mut Park, share: f64| {
        let mut other = record(park, "E01", "supply-water", "2024-05").clone();
        other.resource = ResourceId::new("groundwater");
        other.amount.value *= share;
        park.records.push(other);
    };
    let twice = "overlapping-bills/E01/supply-water/2024-05";
    let found = check(&[missing[0], missing[1], twice], |park| enter_as_groundwater(park, 1.0));
    let Reason::OverlappingBills { ref other, .. } = found[2].reason else { panic!() };
    assert_eq!(other.as_str(), "groundwater");
    // The same document for two amounts lists two things.
    check(&missing, |park| enter_as_groundwater(park, 0.2));
}

#[test]
fn two_overlapping_records_of_one_resource_are_found() {
    // It overlaps the record before it and the one after it.
    let keys = ["overlapping-bills/E01/electricity/2024-05-10/2024-06-10", "overlapping-bills/E01/electricity/2024-06"];
    check(&keys, |park| {
        let mut twin = record(park, "E01", "electricity", "2024-05").clone();
        twin.period = Period::parse("2024-05-10/2024-06-10").unwrap();
        park.records.push(twin);
    });
}

#[test]
fn a_month_without_use_is_told_unless_nothing_was_made() {
    check(&["zero/E01/electricity/2024-05"], |park| record(park, "E01", "electricity", "2024-05").amount.value = 0.0);
}

#[test]
fn the_same_figure_three_months_in_a_row_is_told() {
    let repeat = |park: &mut Park, months: &[&str]| {
        let value = record(park, "E01", "electricity", "2024-05").amount.clone();
        months.iter().for_each(|month| record(park, "E01", "electricity", month).amount = value.clone());
    };
    check(&[], |park| repeat(park, &["2024-06"]));
    check(&["repeated/E01/electricity/2024-07"], |park| repeat(park, &["2024-06", "2024-07"]));
}

#[test]
fn the_key_of_a_finding_outlives_its_figures_and_its_line() {
    let plant = |factor: f64, line: usize| {
        let mut park = GOOD.clone();
        let record = record(&mut park, "E01", "electricity", "2024-05");
        record.amount.value *= factor;
        record.line = line;
        by_key(&park).remove("unit-slip/E01/electricity/2024-05").unwrap()
    };
    let (one, moved, changed) = (plant(10.0, 5), plant(10.0, 9), plant(10.1, 5));
    assert_eq!(one.figures(), moved.figures());
    assert_ne!(one.figures(), changed.figures());
    // Another month's figure moves what is usual, and leaves the answer alone.
    let mut park = GOOD.clone();
    record(&mut park, "E01", "electricity", "2024-05").amount.value *= 10.0;
    record(&mut park, "E01", "electricity", "2023-02").amount.value *= 1.2;
    record(&mut park, "E01", "electricity", "2023-05").amount.value *= 1.2;
    assert_eq!(by_key(&park)["unit-slip/E01/electricity/2024-05"].figures(), one.figures());
}

#[test]
fn a_finding_reads_back_from_json() {
    let mut park = GOOD.clone();
    record(&mut park, "E01", "electricity", "2024-05").amount.value *= 10.0;
    park.enterprises.retain(|enterprise| enterprise.id == EnterpriseId::new("E01"));
    let findings = observe(&park, &CATALOGUE, year()).findings;
    let text = serde_json::to_string(&findings).unwrap();
    assert!(text.contains(r#""rule":"unit-slip""#), "{text}");
    assert_eq!(serde_json::from_str::<Vec<Finding>>(&text).unwrap(), findings);
}
