//! Golden parks: every example goes through all six steps, and what comes out is compared with `expected/`.
//! `./run bless` rewrites `expected/`; read the difference before you commit it. What was planted in the sample park
//! is held against the truths in `crates/sample/tests/truths.rs`.

mod repository;

use std::collections::BTreeMap;
use std::fs;

use engine::ids::FrameworkId;
use engine::matching::Standing;
use engine::period::{Period, parse_date};
use engine::report::{Order, ParkReport, report};
use engine::verify::monthly::Verification;
use repository::{catalogue, example, files_below, root};
use serde_json::{Value, json};

/// Relative difference that two machines may show.
const TOLERANCE: f64 = 1e-6;
/// Digits that are written: more than the tolerance asks for, few enough to read.
const DIGITS: usize = 9;

#[test]
fn khu_mau_gives_what_is_expected() {
    check("khu-mau", &["2024"]);
}

#[test]
fn kalundborg_gives_what_is_expected() {
    check("kalundborg", &["2024"]);
}

/// Its network needs a solver, which this crate has not; `crates/solver/tests/park_network.rs` holds it.
#[test]
fn khu_lan_can_gives_what_is_expected() {
    check("khu-lan-can", &["2024"]);
}

/// The plants are compared in 2024, the buildings in 2019.
#[test]
fn meters_give_what_is_expected() {
    check("meters", &["2019", "2024"]);
}

#[test]
fn every_example_with_a_park_is_golden() {
    let parks: Vec<String> = files_below("examples").into_iter().filter(|path| path.ends_with("/park.toml")).collect();
    let expected = ["kalundborg", "khu-lan-can", "khu-mau", "meters"];
    assert_eq!(parks, expected.map(|park| format!("examples/{park}/park.toml")));
}

#[test]
fn a_report_is_the_same_each_time() {
    let (park, catalogue) = (example("khu-mau"), catalogue());
    let order = Order {
        period: Period::year(2024).unwrap(),
        as_of: parse_date("2025-01-31").unwrap(),
        framework: &catalogue.frameworks[&FrameworkId::new("vn-decree-35-2022")],
    };
    let once = serde_json::to_string(&report(&park, &catalogue, &order)).unwrap();
    let twice = serde_json::to_string(&report(&park, &catalogue, &order)).unwrap();
    assert!(once == twice);
}

fn check(name: &str, periods: &[&str]) {
    let (park, catalogue) = (example(name), catalogue());
    let order = |period: &str| Order {
        period: Period::parse(period).unwrap(),
        as_of: parse_date("2025-01-31").unwrap(),
        framework: &catalogue.frameworks[&FrameworkId::new("vn-decree-35-2022")],
    };
    let found: BTreeMap<&str, Value> =
        periods.iter().map(|period| (*period, summary(&report(&park, &catalogue, &order(period))))).collect();
    let found = serde_json::to_value(found).unwrap();

    let path = root().join("examples").join(name).join("expected/summary.json");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, serde_json::to_string_pretty(&rounded(&found)).unwrap() + "\n").unwrap();
        return;
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}; ./run bless", path.display()));
    let mut differences = Vec::new();
    compare(name, &serde_json::from_str(&text).unwrap(), &found, &mut differences);
    assert!(differences.is_empty(), "./run bless if this is meant:\n  {}", differences.join("\n  "));
}

/// What a reader of the report would notice if it changed.
fn summary(report: &ParkReport) -> Value {
    let assessments: BTreeMap<&str, Value> = report
        .assessments
        .iter()
        .map(|assessment| {
            let outcomes: BTreeMap<&str, &str> =
                assessment.criteria.iter().map(|criterion| (criterion.id.as_str(), criterion.outcome.code())).collect();
            (assessment.framework.as_str(), json!({ "score": assessment.score, "outcomes": outcomes }))
        })
        .collect();
    let inputs: BTreeMap<&str, f64> =
        report.balance.park.iter().map(|(resource, total)| (resource.as_str(), total.amount)).collect();
    let totals: BTreeMap<&str, Value> = report
        .totals
        .iter()
        .map(|(status, total)| {
            let [mwh, m3, tj, t, t_co2e] = total.values();
            let row = json!({
                "claims": total.claims, "electricity_mwh": mwh, "water_m3": m3, "fuel_tj": tj, "materials_t": t,
                "emissions_t_co2e": t_co2e,
            });
            (status.code(), row)
        })
        .collect();
    json!({
        "balance": {
            "months_covered": report.balance.months_covered,
            "months_expected": report.balance.months_expected,
            "amounts_canonical": inputs,
            "gaps": report.balance.gaps.len(),
            "suspicions": report.balance.suspicious(),
        },
        "assessments": assessments,
        "matching": {
            "ready": report.candidates.count(Standing::Ready),
            "candidates": report.candidates.exchanges.len(),
            "rejections": report.candidates.rejections.len(),
            "unmatched": report.candidates.unmatched.len(),
        },
        "network": {
            "benefit_vnd": report.network.benefit_vnd,
            "bound_vnd": report.network.bound_vnd,
            "proof": report.network.proof,
            "exchanges": report.network.exchanges.iter().map(chosen).collect::<BTreeMap<_, _>>(),
            "waste_diverted_t": report.network.waste_diverted_t,
            "water_reused_m3": report.network.water_reused_m3,
            "heat_reused_mwh": report.network.heat_reused_mwh,
        },
        "plan": {
            "proposals": report.plan.proposals.len(),
            "counted": report.plan.proposals.iter().filter(|proposal| proposal.counts).count(),
            "investment_vnd": report.plan.investment_vnd,
            "potential": report.plan.potential.values(),
            "closings": report.plan.closings.len(),
        },
        "claims": report.verifications.iter().map(claim).collect::<BTreeMap<_, _>>(),
        "totals": totals,
    })
}

fn chosen(exchange: &engine::matching::ChosenExchange) -> (String, Value) {
    let name = format!("{} to {}", exchange.giver, exchange.taker);
    (name, json!({ "quantity": exchange.quantity, "benefit_vnd": exchange.benefit_vnd }))
}

fn claim(verification: &engine::verify::measures::MeasureVerification) -> (String, Value) {
    let claim = &verification.claim;
    let outcome = match verification.comparison.as_ref().map(|comparison| &comparison.verification) {
        None => json!("not compared"),
        Some(Verification::Refused { reasons }) => json!({ "refused": reasons.len() }),
        Some(Verification::Planned(planned)) => {
            json!({ "method": planned.method, "rows": planned.rows.len(), "excluded": planned.excluded.len() })
        }
        Some(Verification::Saving(saving)) => {
            json!({ "model": saving.model.names, "months": saving.reporting.len(), "saving": saving.saving.saving })
        }
    };
    let row = json!({
        "status": claim.status.code(), "amount": claim.amount, "uncertainty_90": claim.uncertainty_90,
        "held_back": verification.held_back, "comparison": outcome,
    });
    (claim.measure.to_string(), row)
}

fn rounded(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            // Adding 0 turns -0, which an empty sum gives, into 0.
            let number = number.as_f64().unwrap() + 0.0;
            json!(format!("{number:.*e}", DIGITS - 1).parse::<f64>().unwrap())
        }
        Value::Array(items) => items.iter().map(rounded).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, item)| (name.clone(), rounded(item))).collect())
        }
        other => other.clone(),
    }
}

fn compare(place: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            if (a - b).abs() > TOLERANCE * a.abs().max(b.abs()).max(1e-9) {
                differences.push(format!("{place}: expected {a}, found {b}"));
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let (a, b) = (a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null));
                compare(&format!("{place}.{name}"), a, b, differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{place}[{index}]"), a, b, differences);
            }
        }
        (a, b) if a == b => {}
        (a, b) => differences.push(format!("{place}: expected {a}, found {b}")),
    }
}
