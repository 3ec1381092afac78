//! `ghg` as a person at a terminal meets it.

mod binary;

use std::fs;

use binary::{code, congsinh, folder, json, stderr, stdout};

#[test]
fn an_account_is_told_and_written() {
    let out = folder("ghg");
    let words = ["ghg", "examples/khu-mau", "--enterprise", "E09", "--period", "2023", "--as-of", "2025-01-31"];
    let output = congsinh(&[&words[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("theo hợp đồng: chưa biết"), "{}", stdout(&output));
    let mut written: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    written.sort();
    let expected = ["en.docx", "en.pdf", "en.xlsx", "json", "vi.docx", "vi.pdf", "vi.xlsx"];
    assert_eq!(written, expected.map(|ending| format!("khu-mau-E09-ghg-2023.{ending}")));

    let told = json(&congsinh(&[&words[..], &["--json"]].concat()));
    let location = &told["sums"]["parts"]["location"];
    let line = told["lines"].as_array().unwrap().iter().find(|line| line["part"] == "location").unwrap();
    let expected = line["activity"]["amount"].as_f64().unwrap() * 0.6592;
    assert!((location["value_kg"].as_f64().unwrap() - expected).abs() < 1e-6 * expected);
    assert_eq!(line["factors"][0]["edition"], "vn-grid-2023");
}

#[test]
fn what_is_not_there_is_told_with_what_was_expected() {
    for (more, expected) in [
        (["--enterprise", "E99"], "expected one of E01"),
        (["--warming", "ar7"], "ipcc-ar6"),
        (["--grid", "vn-grid-1999"], "vn-grid-2023"),
    ] {
        let output = congsinh(&[&["ghg", "examples/khu-mau"], &more[..]].concat());
        assert_eq!(code(&output), 2, "{more:?}");
        assert!(stderr(&output).contains(expected), "{more:?}: {}", stderr(&output));
    }
}
