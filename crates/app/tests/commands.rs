//! The commands on real input: what they print, what they write, how they end.

mod binary;

use std::fs;

use binary::{code, congsinh, folder, json, root, stderr, stdout};
use serde_json::Value;

#[test]
fn the_sample_park_has_no_fault() {
    let output = congsinh(&["check", "examples/khu-mau", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let counts = json(&output);
    assert_eq!((&counts["park"], &counts["enterprises"]), (&Value::from("khu-mau"), &Value::from(40)));
    assert_eq!(counts["faults"], Value::Array(Vec::new()));
}

#[test]
fn every_example_park_has_no_fault() {
    for park in ["kalundborg", "meters"] {
        let output = congsinh(&["check", &format!("examples/{park}")]);
        assert_eq!(code(&output), 0, "{park}: {}", stderr(&output));
    }
}

#[test]
fn the_workbook_and_the_folder_are_the_same_park() {
    let digest = |park: &str| json(&congsinh(&["check", park, "--json"]))["digest"].clone();
    let folder = digest("examples/khu-mau");
    assert!(folder.is_string());
    assert_eq!(digest("examples/khu-mau.xlsx"), folder, "write it anew with ./run sample");
}

#[test]
fn one_day_gives_the_same_bytes_twice() {
    let (first, second) = (folder("run-first"), folder("run-second"));
    for out in [&first, &second] {
        let out = out.to_string_lossy();
        let output =
            congsinh(&["run", "examples/khu-mau", "--period", "2024", "--as-of", "2025-01-31", "--out", out.as_ref()]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    let names = |folder: &std::path::Path| {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let written = names(&first);
    assert_eq!(written, ["report.en.pdf", "report.en.xlsx", "report.json", "report.vi.pdf", "report.vi.xlsx"]);
    assert_eq!(names(&second), written);
    for name in written {
        let (one, other) = (fs::read(first.join(&name)).unwrap(), fs::read(second.join(&name)).unwrap());
        assert!(!one.is_empty() && one == other, "{name} differs");
    }
}

#[test]
fn another_day_is_named_in_the_report() {
    let out = folder("run-other-day");
    let output = congsinh(&["run", "examples/kalundborg", "--as-of", "2025-02-01", "--out", out.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["run"]["as_of"], "2025-02-01");
}

#[test]
fn a_score_names_its_denominator() {
    let output =
        congsinh(&["assess", "examples/khu-mau", "--framework", "vn-circular-05-2025", "--period", "2024", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let score = &json(&output)["score"];
    let count = |name: &str| score[name].as_u64().unwrap();
    assert_eq!(count("met") + count("not_met") + count("unknown"), count("applicable"));
    assert_eq!(count("applicable") + count("not_applicable"), 23);
    let words =
        stdout(&congsinh(&["--language", "en", "assess", "examples/khu-mau", "--framework", "vn-circular-05-2025"]));
    let first = words.lines().next().unwrap();
    for part in [count("met"), count("applicable"), count("not_applicable"), count("unknown")] {
        assert!(first.contains(&part.to_string()), "{first}");
    }
}

#[test]
fn a_framework_of_ones_own_is_read_from_a_file() {
    let path = folder("own-framework").join("own-2025.toml");
    let text = fs::read_to_string(root().join("catalogue/frameworks/vn-decree-82-2018.toml")).unwrap();
    fs::write(&path, text).unwrap();
    let output = congsinh(&["assess", "examples/khu-mau", "--framework", path.to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let assessment = json(&output);
    assert_eq!(assessment["framework"], "own-2025");
    assert_eq!(assessment["criteria"].as_array().unwrap().len(), 9);
}

#[test]
fn the_best_network_is_found_and_proved() {
    let out = folder("network").join("flows.csv");
    let output = congsinh(&[
        "solve",
        "network",
        "crates/engine/tests/cases/symbiosis",
        "--problem",
        "transport",
        "--flows",
        out.to_str().unwrap(),
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let answer = json(&output);
    assert_eq!(answer["objective_int"], 55_093_873);
    assert_eq!((answer["proof"].as_str(), answer["gap"].as_f64()), (Some("optimal"), Some(0.0)));
    assert!(fs::read_to_string(out).unwrap().lines().count() > 1);
}

#[cfg(feature = "milp")]
#[test]
fn networks_with_quality_limits_and_costs_reach_the_published_optima() {
    let text = fs::read_to_string(root().join("crates/engine/tests/cases/symbiosis/optimum.json")).unwrap();
    let optimum: Value = serde_json::from_str(&text).unwrap();
    for problem in ["transport_blending", "fixed_charge", "fixed_charge_blending"] {
        let out = folder("network-conditions").join(format!("{problem}.csv"));
        let flows = out.to_str().unwrap();
        let case = "crates/engine/tests/cases/symbiosis";
        let output = congsinh(&["solve", "network", case, "--problem", problem, "--flows", flows]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let answer = json(&output);
        let expected = optimum[problem]["objective_kvnd_yr"].as_f64().unwrap();
        let found = answer["objective_kvnd_yr"].as_f64().unwrap();
        assert!((found - expected).abs() <= 1e-6 * expected, "{answer}");
        assert_eq!(answer["proof"], "optimal");
        let rows = fs::read_to_string(out).unwrap().lines().count() as u64 - 1;
        assert_eq!(answer["links_used"].as_u64(), Some(rows));
    }
}

/// Longley's data with the certified results that `tests/cases/mv` of the engine carries.
#[test]
fn a_regression_prints_certified_figures() {
    let text = fs::read_to_string(root().join("crates/engine/tests/cases/mv/linear_exact.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let longley = cases.iter().find(|case| case["id"] == "longley").unwrap();
    let names = ["deflator", "product", "unemployed", "army", "population", "year"];
    let mut csv = format!("employed,{}\n", names.join(","));
    for (row, employed) in longley["X"].as_array().unwrap().iter().zip(longley["y"].as_array().unwrap()) {
        let cells: Vec<String> = row.as_array().unwrap().iter().skip(1).map(Value::to_string).collect();
        csv += &format!("{employed},{}\n", cells.join(","));
    }
    let path = folder("regress").join("longley.csv");
    fs::write(&path, csv).unwrap();

    let mut arguments = vec!["verify", "regress", path.to_str().unwrap(), "--response", "employed"];
    for name in names {
        arguments.extend(["--predictor", name]);
    }
    let output = congsinh(&arguments);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let found = json(&output);
    for key in ["coef", "se"] {
        let certified = longley["exact"][key].as_array().unwrap();
        for (found, certified) in found[key].as_array().unwrap().iter().zip(certified) {
            let (found, certified) = (found.as_f64().unwrap(), certified.as_f64().unwrap());
            assert!((found / certified - 1.0).abs() < 1e-7, "{key}: {found}, expected {certified}");
        }
    }
}

#[test]
fn a_blank_template_is_the_same_each_time() {
    let folder = folder("template");
    let write = |name: &str| {
        let path = folder.join(name);
        let output = congsinh(&["template", path.to_str().unwrap(), "--as-of", "2025-01-31"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        fs::read(path).unwrap()
    };
    assert!(write("a.xlsx") == write("b.xlsx"));
}

#[test]
fn wrong_usage_ends_with_two() {
    for arguments in [
        vec!["nonsense"],
        vec!["check"],
        vec!["check", "examples/no-such-park"],
        vec!["assess", "examples/khu-mau", "--framework", "no-such-framework"],
        vec!["assess", "examples/khu-mau", "--period", "last-year"],
        vec!["run", "examples/khu-mau", "--as-of", "31-31-2025"],
        vec!["solve", "network", "crates/engine/tests/cases/symbiosis", "--problem", "no-such-problem"],
        vec!["solve", "network", "no-such-folder", "--problem", "transport"],
        vec!["verify", "regress", "examples/khu-mau/drivers.csv", "--response", "value"],
    ] {
        let output = congsinh(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_missing_column_of_a_regression_is_a_fault() {
    let output = congsinh(&[
        "verify",
        "regress",
        "examples/khu-mau/drivers.csv",
        "--response",
        "energy",
        "--predictor",
        "value",
    ]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    let file = folder("unwritable").join("a-file");
    fs::write(&file, "").unwrap();
    let out = file.join("below");
    let output = congsinh(&["run", "examples/kalundborg", "--out", out.to_str().unwrap()]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
}

#[test]
fn the_profile_of_one_firm_needs_nothing_else() {
    let output = congsinh(&["profile", "--sector", "C13", "--employees", "300"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    for word in ["tất cả là ước tính", "13 ", "300 lao động", "Bùn", "lấy từ ngành lân cận", "chưa biết lượng"]
    {
        assert!(told.contains(word), "{word}: {told}");
    }
    let output = congsinh(&["profile", "--sector", "1103", "--output", "10000", "--json"]);
    let told = json(&output);
    let water = told["proposals"].as_array().unwrap().iter().find(|one| one["key"] == "take/supply-water").unwrap();
    assert_eq!((water["basis"].as_str(), water["range"]["low"].as_f64()), (Some("estimated"), Some(32_000.0)));
    assert!(water["grounds"][0]["stated"]["source"]["en"].as_str().unwrap().contains("UNEP"));

    for sector in ["C99", "bia", ""] {
        let output = congsinh(&["profile", "--sector", sector]);
        assert_eq!(code(&output), 2, "{sector}");
        assert!(stderr(&output).contains("không phải mã ngành"), "{}", stderr(&output));
    }
    assert_eq!(code(&congsinh(&["profile", "--sector", "C", "--output", "-1"])), 2);
}

#[test]
fn a_dossier_is_drafted_from_a_folder_and_says_what_is_missing() {
    let out = folder("dossier").join("dossier.zip");
    let path = out.to_string_lossy().into_owned();
    let with = |more: &[&str]| {
        let all =
            ["dossier", "examples/khu-mau", "--period", "2024", "--as-of", "2025-01-31", "--out", &path, "--json"];
        congsinh(&[&all[..], more].concat())
    };
    let output = with(&["--number", "15/CV", "--place", "Cần Thơ", "--day", "31/01/2025", "--signer", "Nguyễn Văn An"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = json(&output);
    assert!(told["files"].as_array().unwrap().contains(&Value::from("vi/1-registration.docx")), "{told}");
    let missing: Vec<&str> = told["missing"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(missing.iter().any(|one| one.contains("Địa chỉ trụ sở chính")), "{missing:?}");
    assert!(!missing.iter().any(|one| one.contains("Người đại diện")), "the signer was named: {missing:?}");
    let first = fs::read(&out).unwrap();
    assert!(first.starts_with(b"PK"));

    let enterprise = ["--procedure", "enterprise-certificate"];
    for (wrong, expected) in [
        (&["--procedure", "nothing"][..], "expected one of park-certificate"),
        (&enterprise[..], "expected --enterprise"),
        (&[enterprise[0], enterprise[1], "--enterprise", "E99"][..], "has none of this code"),
        (&["--enterprise", "E01"][..], "expected no --enterprise"),
    ] {
        let output = with(wrong);
        assert_eq!(code(&output), 2, "{wrong:?}");
        assert!(stderr(&output).contains(expected), "{wrong:?}: {}", stderr(&output));
    }
    assert_eq!(fs::read(&out).unwrap(), first, "what is wrong writes nothing");

    let told = json(&with(&["--procedure", "yearly-follow-up"]));
    let files = told["files"].as_array().unwrap();
    for form in ["1-form-a4", "2-form-a5", "3-form-b5"] {
        assert!(files.contains(&Value::from(format!("vi/{form}.docx"))), "{files:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let output = binary::with_nobody_reading(&["docs", "formats"]);
    assert!(output.status.success(), "{}: {}", output.status, stderr(&output));
    assert_eq!(stderr(&output), "");
}
