//! `verify certificate` and `verify batch` on real input.

mod binary;

use std::fs;

use binary::{code, congsinh, folder, json, root, stderr, stdout};
use serde_json::Value;

const PARK: &str = "examples/khu-mau";

fn certificate(rest: &[&str]) -> std::process::Output {
    let mut arguments = vec!["verify", "certificate", PARK];
    arguments.extend(rest);
    congsinh(&arguments)
}

#[test]
fn a_certificate_is_written_and_its_digest_checked() {
    let out = folder("certificate");
    let told = json(&certificate(&["A01", "--period", "2024", "--json"]));
    assert_eq!((&told["status"], &told["is_draft"]), (&Value::from("verified"), &Value::from(false)));
    let digest = told["digest"].as_str().unwrap();
    assert_eq!(digest.len(), 64);
    for (name, start) in [("a.pdf", &b"%PDF"[..]), ("a.docx", b"PK")] {
        let path = out.join(name);
        let output = certificate(&["A01", "--out", path.to_str().unwrap(), "--as-of", "2025-01-31"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(fs::read(&path).unwrap().starts_with(start), "{name}");
    }
    assert_eq!(code(&certificate(&["A01", "--check", digest])), 0);
    // The same measure over another year rests on other inputs.
    assert_eq!(code(&certificate(&["A01", "--period", "2023", "--check", digest])), 1);
    let no_digest = certificate(&["A01", "--check", "abc"]);
    assert_eq!(code(&no_digest), 2);
    assert!(stderr(&no_digest).contains("expected the 64 hexadecimal digits"));
    let draft = json(&certificate(&["A06", "--json"]));
    assert_eq!((&draft["status"], &draft["is_draft"]), (&Value::from("measured"), &Value::from(true)));
}

/// Of A10 eleven whole months are compared, in either language and for programs.
#[test]
fn a_certificate_holds_the_promise_against_the_days_compared() {
    let told = json(&certificate(&["A10", "--period", "2024", "--json"]));
    assert_eq!(told["days_compared"], 335.0);
    let expected = told["expected"].as_f64().unwrap();
    assert!((expected - 2_700_000.0 * 335.0 / 366.0).abs() < 1e-6, "{expected}");
    for (language, words) in [
        ("vi", "Dự kiến ban đầu: 2.700 MWh một năm; dự kiến 2.471 MWh cho 335 ngày được so sánh"),
        ("en", "First expected: 2,700 MWh a year; 2,471 MWh expected for the 335 days compared"),
    ] {
        let output = certificate(&["A10", "--period", "2024", "--language", language]);
        assert!(stdout(&output).contains(words), "{}", stdout(&output));
    }
}

#[test]
fn what_has_no_certificate_says_so() {
    for (rest, words) in [
        (["A99", "--out", "a.pdf"], "expected one of A01"),
        (["A16", "--out", "a.pdf"], "rejected or superseded"),
        (["A01", "--out", "a.txt"], ".pdf or .docx"),
    ] {
        let output = certificate(&rest);
        assert_eq!(code(&output), 2, "{rest:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn a_batch_has_one_line_for_every_meter_and_no_meter_stops_the_others() {
    let meters = folder("batch");
    fs::create_dir_all(&meters).unwrap();
    let cases = root().join("crates/engine/tests/cases/mv");
    for part in ["baseline", "reporting"] {
        let from = cases.join(format!("116975.{part}.daily.csv.gz"));
        for meter in ["a", "b"] {
            fs::copy(&from, meters.join(format!("{meter}.{part}.csv.gz"))).unwrap();
        }
    }
    fs::write(meters.join("broken.baseline.csv"), "timestamp,value,temperature\nyesterday,1,2\n").unwrap();
    fs::copy(cases.join("116975.reporting.daily.csv.gz"), meters.join("broken.reporting.csv.gz")).unwrap();
    let folder = meters.to_str().unwrap();
    let arguments = ["verify", "batch", folder, "--model", "daily_legacy", "--temperature-unit", "F", "--workers", "2"];
    let output = congsinh(&arguments);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let table = stdout(&output);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let told: Vec<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[1])).collect();
    assert_eq!(told, [("a", "saving"), ("b", "saving"), ("broken", "faulty")]);
    assert_eq!(rows[0].iter().skip(2).collect::<Vec<_>>(), rows[1].iter().skip(2).collect::<Vec<_>>());
    assert!(rows[2][rows[2].len() - 1].contains("yesterday"), "{:?}", rows[2]);

    // The line is what the command for one meter says.
    let paths = ["baseline", "reporting"].map(|part| meters.join(format!("a.{part}.csv.gz")));
    let one = json(&congsinh(&[
        "verify",
        "meter",
        "--model",
        "daily_legacy",
        "--temperature-unit",
        "F",
        "--baseline",
        paths[0].to_str().unwrap(),
        "--reporting",
        paths[1].to_str().unwrap(),
    ]));
    let savings: f64 = rows[0][2].parse().unwrap();
    assert_eq!(savings, one["savings"]["savings"].as_f64().unwrap());
}

#[test]
fn a_folder_without_meters_is_refused() {
    let empty = folder("batch-empty");
    fs::create_dir_all(&empty).unwrap();
    let folder = empty.to_str().unwrap();
    let output = congsinh(&["verify", "batch", folder, "--model", "towt", "--temperature-unit", "C"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("METER.baseline.csv"), "{}", stderr(&output));
}

#[test]
fn every_meter_of_a_park_has_its_line_and_two_runs_give_the_same_table() {
    let arguments = |workers| {
        ["verify", "batch", "--park", PARK, "--model", "regression", "--around", "2024-01-01", "--workers", workers]
    };
    let (one, two) = (congsinh(&arguments("1")), congsinh(&arguments("2")));
    assert_eq!(code(&one), 0, "{}", stderr(&one));
    assert_eq!(stdout(&one), stdout(&two));
    let table = stdout(&one);
    let told: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(told, ["M1", "M2", "M3"]);
    let unknown = congsinh(&["verify", "batch", "--park", PARK, "--model", "billing"]);
    assert_eq!(code(&unknown), 2);
    assert!(stderr(&unknown).contains("towt_production"), "{}", stderr(&unknown));
}

#[test]
fn tables_of_savings_and_of_years_are_added_up_or_told_what_is_wrong() {
    let folder = folder("portfolio");
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        folder.join(name).to_str().unwrap().to_string()
    };
    let savings = file("savings.csv", "name,saving,own_90,cause:sensor\na,100,3,5\nb,100,4,7\n");
    assert_eq!(json(&congsinh(&["verify", "portfolio", &savings]))["uncertainty_90"].as_f64(), Some(13.0));
    let wrong = file("wrong.csv", "name,saving,own_90\na,x,-1\n");
    let refused = congsinh(&["verify", "portfolio", &wrong, "--r", "3"]);
    assert_eq!(code(&refused), 1);
    assert_eq!(stderr(&refused).lines().count(), 4, "three faults and how many: {}", stderr(&refused));
    let years = file("years.csv", "year,actual,predicted,uncertainty_90\n2022,1000,1000,20\n2024,950,1000,0\n");
    assert_eq!(json(&congsinh(&["verify", "chained", &years]))["ratio"].as_f64(), Some(0.95));
}
