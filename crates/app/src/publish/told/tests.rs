//! Attacks on the published sums of a park, each of which works against a publisher that looks at one sum alone.

use engine::ids::EnterpriseId;
use engine::park::{Park, Record};
use engine::report::{Order, report};

use super::*;
use crate::auth;
use crate::catalogue::catalogue;
use crate::demo;
use crate::publish::balance_sums;

fn sample() -> Park {
    demo::example("khu-mau", catalogue().unwrap()).unwrap()
}

fn report_of(park: &Park, period: &str) -> ParkReport {
    let catalogue = catalogue().unwrap();
    let framework = catalogue.frameworks.values().next().unwrap();
    let period = Period::parse(period).unwrap();
    report(park, catalogue, &Order { period, as_of: jiff::civil::date(2025, 1, 31), framework })
}

fn told_of(park: &Park, report: &ParkReport, periods: Periods) -> Told {
    Told::of(park, report, periods, catalogue().unwrap())
}

/// What somebody who sees totals is told of a resource, in its canonical unit.
fn told_amount(park: &Park, period: &str, periods: Periods, resource: &str) -> Option<f64> {
    let report = report_of(park, period);
    let sums = balance_sums(&report.balance, &told_of(park, &report, periods));
    sums.into_iter().find(|sum| sum.resource.as_str() == resource)?.amount.value
}

fn keep(park: &Park, keep: impl Fn(&Record) -> bool) -> Park {
    Park { records: park.records.iter().filter(|record| keep(record)).cloned().collect(), ..park.clone() }
}

fn is_of(record: &Record, enterprises: &[&str], resource: &str) -> bool {
    record.resource.as_str() == resource && enterprises.contains(&record.enterprise.as_str())
}

#[test]
fn the_sample_park_is_told_of() {
    let (park, report) = (sample(), report_of(&sample(), "2024"));
    let told = told_of(&park, &report, Periods::Years);
    assert!(told.energy && told.potential && told.investment);
    let electricity = ResourceId::new("electricity");
    assert!(told.resources.contains(&electricity) && told.resources.len() >= 5, "{:?}", told.resources);
    assert!(told.industries.len() >= 2 && !told.investments.is_empty(), "{told:?}");
}

#[test]
fn a_single_contributor_and_a_giant_are_not_told() {
    let park = sample();
    let before = told_amount(&park, "2024", Periods::Years, "chemicals");
    assert!(before.is_some());
    let two =
        keep(&park, |record| record.resource.as_str() != "chemicals" || is_of(record, &["E01", "E02"], "chemicals"));
    assert_eq!(told_amount(&two, "2024", Periods::Years, "chemicals"), None);
    let mut giant = park;
    for record in giant.records.iter_mut().filter(|record| is_of(record, &["E01"], "chemicals")) {
        record.amount.value *= 1e4;
    }
    assert_eq!(told_amount(&giant, "2024", Periods::Years, "chemicals"), None);
}

#[test]
fn overlapping_periods_cannot_be_subtracted() {
    // In December one enterprise alone recorded: the year less its first eleven months is its amount.
    let december = Period::month(2024, 12).unwrap();
    let park = keep(&sample(), |record| {
        record.resource.as_str() != "electricity"
            || record.enterprise.as_str() == "E01"
            || !record.period.overlaps(&december)
    });
    let park = Park { readings: BTreeMap::new(), ..park };
    let attack = |periods| {
        let year = told_amount(&park, "2024", periods, "electricity")?;
        Some(year - told_amount(&park, "2024-01-01/2024-12-01", periods, "electricity")?)
    };
    let secret =
        report_of(&park, "2024-12").balance.sites[&EnterpriseId::new("E01")][&ResourceId::new("electricity")].amount;
    let naive = attack(Periods::Any).expect("looked at one by one, both are told");
    assert!((naive - secret).abs() < 1e-6 * secret, "{naive} {secret}");
    assert_eq!(attack(Periods::Years), None);
    assert!(told_amount(&park, "2024", Periods::Years, "electricity").is_some());
}

#[test]
fn an_industry_is_not_what_is_left_of_all_others() {
    let park = sample();
    let report = report_of(&park, "2024");
    let mut by_industry: BTreeMap<String, BTreeMap<EnterpriseId, f64>> = BTreeMap::new();
    for (id, site) in &report.balance.sites {
        for mwh in site.values().filter_map(received) {
            *by_industry.entry(division(&park, id)).or_default().entry(id.clone()).or_default() += mwh;
        }
    }
    let rest = |is_told: &dyn Fn(&String) -> bool| {
        let left = by_industry.iter().filter(|(division, _)| !is_told(division));
        left.flat_map(|(_, parts)| parts.values().copied()).collect::<Vec<f64>>()
    };
    let told = told_of(&park, &report, Periods::Years);
    let left = rest(&|division| told.industries.contains(division));
    assert!(left.is_empty() || auth::may_publish(&left));
    assert!(
        told.industries
            .iter()
            .all(|division| auth::may_publish(&by_industry[division].values().copied().collect::<Vec<_>>()))
    );

    // With one small industry that may not be told and all others large, a publisher of one sum at a time gives it away.
    let small: Vec<String> =
        by_industry.iter().filter(|(_, parts)| parts.len() < 3).map(|(name, _)| name.clone()).collect();
    let keeps = |record: &Record| {
        let division = division(&park, &record.enterprise);
        division == small[0] || !small.contains(&division)
    };
    let planted = keep(&park, keeps);
    let report = report_of(&planted, "2024");
    let told = told_of(&planted, &report, Periods::Years);
    let large: Vec<&String> = by_industry
        .iter()
        .filter(|(_, parts)| auth::may_publish(&parts.values().copied().collect::<Vec<_>>()))
        .map(|(name, _)| name)
        .collect();
    let naive_left =
        by_industry.iter().filter(|(name, _)| !large.contains(name) && (**name == small[0] || !small.contains(name)));
    let naive_left: Vec<f64> = naive_left.flat_map(|(_, parts)| parts.values().copied()).collect();
    assert!(!auth::may_publish(&naive_left), "what the naive publisher leaves tells: {naive_left:?}");
    let withheld = large.iter().filter(|name| !told.industries.contains(**name)).count();
    assert!(withheld > 0, "one of the large is withheld so that the small one is not what is left");
}

#[test]
fn a_split_by_basis_does_not_tell_who_estimates() {
    let mut park = sample();
    let month = Period::month(2024, 5).unwrap();
    let one = park.records.iter_mut().find(|record| is_of(record, &["E01"], "electricity") && record.period == month);
    one.expect("a bill of May").basis = Basis::Estimated;
    let report = report_of(&park, "2024");
    let told = told_of(&park, &report, Periods::Years);
    let electricity = ResourceId::new("electricity");
    assert!(told.resources.contains(&electricity));
    assert!(!told.bases.contains(&(electricity.clone(), Basis::Estimated)));
    // Nor is it the rest when all other bases are told.
    let bases = &report.balance.park[&electricity].by_basis;
    assert!(
        bases.keys().any(|basis| *basis != Basis::Estimated && !told.bases.contains(&(electricity.clone(), *basis)))
    );
}
