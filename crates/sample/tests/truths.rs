//! The engine finds what was planted: missing months, odd records, savings, matches and outcomes, in parks of
//! several seeds.

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::{catalogue, read};
use engine::assess::assess;
use engine::catalogue::Catalogue;
use engine::matching::{Standing, find_exchanges};
use engine::observe::{Balance, Gap, Reason, observe};
use engine::park::{Park, Status};
use engine::period::Period;
use engine::verify::measures::{Comparison, HeldBack, verify_measures};
use engine::verify::monthly::Verification;
use sample::generate;
use serde_json::Value;

const SEEDS: [u64; 2] = [2024, 7];

struct Case {
    seed: u64,
    park: Park,
    balance: Balance,
    truth: Value,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| SEEDS.map(case).into());

fn case(seed: u64) -> Case {
    let sample = generate(seed);
    let park = read(&sample.folder.files, &CATALOGUE);
    let balance = observe(&park, &CATALOGUE, Period::year(2024).unwrap());
    Case { seed, park, balance, truth: serde_json::from_str(&sample.truth).unwrap() }
}

fn list<'a>(truth: &'a Value, name: &str) -> &'a [Value] {
    truth[name].as_array().unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[test]
fn every_missing_month_is_found_and_no_other() {
    for Case { seed, park, truth, .. } in CASES.iter() {
        let all = Period::new(Period::year(2022).unwrap().start(), Period::year(2024).unwrap().end()).unwrap();
        let gaps = observe(park, &CATALOGUE, all).gaps;
        let mut found = Vec::new();
        let mut never = Vec::new();
        for gap in gaps {
            match gap {
                Gap::MissingMonths { enterprise, resource, months } => {
                    let months: Vec<String> = months.iter().map(Period::to_string).collect();
                    found.push(format!("{enterprise} {resource} {}", months.join(" ")));
                }
                Gap::NeverReported { enterprise, group } => never.push(format!("{enterprise} {group}")),
                _ => {}
            }
        }
        let planted = list(truth, "missing_months").iter().map(|row| {
            let months: Vec<&str> =
                row["months"].as_array().unwrap().iter().map(|month| month.as_str().unwrap()).collect();
            format!("{} {} {}", text(row, "enterprise"), text(row, "resource"), months.join(" "))
        });
        assert_eq!(found, planted.collect::<Vec<_>>(), "seed {seed}");
        let mut planted: Vec<String> = list(truth, "never_reported")
            .iter()
            .map(|row| format!("{} {}", text(row, "enterprise"), text(row, "group")))
            .collect();
        planted.sort();
        never.sort();
        assert_eq!(never, planted, "seed {seed}");
    }
}

#[test]
fn every_odd_record_is_found_and_no_other() {
    for Case { seed, park, truth, .. } in CASES.iter() {
        let mut found = Vec::new();
        for year in [2022, 2023, 2024] {
            let balance = observe(park, &CATALOGUE, Period::year(year).unwrap());
            found.extend(balance.findings.iter().filter_map(|finding| {
                let kind = match finding.reason {
                    Reason::UnitSlip { .. } => "unit_slip",
                    Reason::Jump { .. } => "jump",
                    // These are gaps, and held against the truth above.
                    Reason::MissingMonths { .. } => return None,
                    _ => panic!("seed {seed}: nothing of this kind was planted: {finding:?}"),
                };
                Some(format!("{} {} {} {kind}", finding.enterprise, finding.spot.resource().unwrap(), finding.period))
            }));
        }
        let mut planted: Vec<String> = list(truth, "suspicious")
            .iter()
            .map(|row| {
                [text(row, "enterprise"), text(row, "resource"), text(row, "month"), text(row, "kind")].join(" ")
            })
            .collect();
        found.sort();
        planted.sort();
        assert_eq!(found, planted, "seed {seed}");
    }
}

/// A found saving lies within twice its own 90 % interval of the truth (about 3.3 standard errors, so that other
/// seeds pass too) and misses it by at most 4 % of the use; thin data are refused.
#[test]
fn savings_are_found_within_their_uncertainty() {
    for Case { seed, park, balance, truth } in CASES.iter() {
        let verified = verify_measures(park, balance, &CATALOGUE);
        for planted in list(truth, "savings") {
            let name = format!("seed {seed}, {}", text(planted, "measure"));
            let measure = verified.iter().find(|v| v.measure.as_str() == text(planted, "measure")).unwrap();
            let comparison = measure.comparison.as_ref().unwrap();
            let Some((found, half)) = comparison.saving() else {
                assert_eq!(text(planted, "kind"), "refused", "{name}: {:?}", comparison.verification);
                continue;
            };
            assert_ne!(text(planted, "kind"), "refused", "{name}");
            let saved = planted["saving"].as_f64().unwrap();
            let error = (found - saved).abs();
            let (used, months, by) = match &comparison.verification {
                Verification::Saving(saving) => {
                    let used: f64 = saving.reporting.iter().map(|month| month.energy).sum();
                    (used, saving.reporting.len(), saving.model.names.join(" + "))
                }
                Verification::Planned(planned) => {
                    let after: Vec<_> = planned.rows.iter().filter(|row| !row.is_baseline).collect();
                    let months: BTreeSet<_> = after.iter().map(|row| row.first_day.first_of_month()).collect();
                    (after.iter().map(|row| row.observed).sum(), months.len(), planned.method.clone())
                }
                Verification::Refused { .. } => panic!("{name}: refused with a saving"),
            };
            assert!(
                error <= 2.0 * half && error <= 0.04 * used,
                "{name}: saved {saved:.0}, found {found:.0} ± {half:.0}, used {used:.0}, by {by}",
            );
            assert_eq!(months, planted["by_month"].as_array().unwrap().len(), "{name}");
        }
    }
}

/// Use that fell with production is no saving, thin data carry no claim, and a true saving is shown to be one; of the
/// true ones at least seven in ten lie inside the 90 % interval itself.
#[test]
fn only_true_savings_are_claimed() {
    for Case { seed, park, balance, truth } in CASES.iter() {
        let verified = verify_measures(park, balance, &CATALOGUE);
        let (mut inside, mut saved) = (0, 0);
        for planted in list(truth, "savings") {
            let measure = verified.iter().find(|v| v.measure.as_str() == text(planted, "measure")).unwrap();
            let name = format!("seed {seed}, {}: {:?}", measure.measure, measure.held_back);
            let (claim, held_back) = (&measure.claim, &measure.held_back);
            match text(planted, "kind") {
                "nothing" => assert!(held_back.contains(&HeldBack::NotSignificant), "{name}"),
                "refused" => {
                    assert!(held_back.contains(&HeldBack::Refused) && claim.uncertainty_90.is_none(), "{name}");
                    assert!(claim.status < Status::Measured, "{name}");
                }
                _ => {
                    assert!(
                        claim.status >= Status::Measured && !held_back.contains(&HeldBack::NotSignificant),
                        "{name}"
                    );
                    saved += 1;
                    let found = measure.comparison.as_ref().and_then(Comparison::saving);
                    let (found, half) = found.unwrap_or_else(|| panic!("{name}: no saving"));
                    let error = (found - planted["saving"].as_f64().unwrap()).abs();
                    inside += usize::from(error <= half);
                }
            }
        }
        assert!(inside * 10 >= saved * 7, "seed {seed}: {inside} of {saved} inside the interval");
    }
}

#[test]
fn pairs_match_or_do_not_as_planted() {
    for Case { seed, park, truth, .. } in CASES.iter() {
        let candidates = find_exchanges(park, &CATALOGUE);
        let find = |pair: &Value| {
            let (give, take) = (text(pair, "give"), text(pair, "take"));
            candidates.exchanges.iter().find(|x| x.giver.as_str() == give && x.taker.as_str() == take)
        };
        for pair in list(truth, "candidates") {
            let exchange = find(pair);
            assert!(exchange.is_some_and(|x| x.standing == Standing::Ready), "seed {seed}: {pair} {exchange:?}");
        }
        for pair in list(truth, "rejected") {
            let (give, take, reason) = (text(pair, "give"), text(pair, "take"), text(pair, "reason"));
            if reason == "content_unknown" {
                assert_eq!(find(pair).map(|x| x.standing), Some(Standing::NeedsAnalysis), "seed {seed}: {pair}");
                continue;
            }
            assert!(find(pair).is_none(), "seed {seed}: {pair}");
            let rejection = candidates.rejections.iter().find(|x| x.giver.as_str() == give && x.taker.as_str() == take);
            let codes: Vec<&str> =
                rejection.iter().flat_map(|x| &x.obstacles).map(|obstacle| obstacle.code()).collect();
            if reason == "no_relation" {
                assert!(rejection.is_none(), "seed {seed}: {pair}");
            } else {
                assert_eq!(codes, [reason], "seed {seed}: {pair}");
            }
        }
    }
}

#[test]
fn criteria_have_the_planted_outcomes() {
    for Case { seed, park, balance, truth } in CASES.iter() {
        for (framework, outcomes) in truth["assessment"].as_object().unwrap() {
            let framework = CATALOGUE.frameworks.values().find(|f| f.id.as_str() == framework).unwrap();
            for criterion in assess(park, balance, framework, &CATALOGUE).criteria {
                let expected = outcomes[criterion.id.as_str()].as_str();
                assert_eq!(Some(criterion.outcome.code()), expected, "seed {seed}: {}", criterion.id);
            }
        }
    }
}
