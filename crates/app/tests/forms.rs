//! `form` and `obligations` as a person at a terminal meets them.

mod binary;

use std::fs;

use binary::{code, congsinh, folder, json, stderr, stdout};
use serde_json::Value;

fn form(name: &str, more: &[&str], out: &str) -> std::process::Output {
    let mut words = vec!["form", "examples/khu-mau", "--form", name, "--as-of", "2025-01-31", "--out", out];
    words.extend(more);
    congsinh(&words)
}

#[test]
fn every_form_of_the_sample_park_is_written_in_every_format() {
    for (name, file, more) in [
        ("A.4", "khu-mau-vn-a4-2025", &[][..]),
        ("a5", "khu-mau-vn-a5-2025", &[]),
        ("B5", "khu-mau-vn-b5-2025", &[]),
        ("B.4", "khu-mau-E03-vn-b4-2025", &["--enterprise", "E03"]),
    ] {
        let out = folder(&format!("form-{file}"));
        let output = form(name, more, out.to_str().unwrap());
        assert_eq!(code(&output), 0, "{name}: {}", stderr(&output));
        assert!(stdout(&output).contains("dòng bắt buộc"), "{name}");
        let mut written: Vec<String> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        written.sort();
        let expected = ["en.docx", "en.pdf", "en.xlsx", "json", "vi.docx", "vi.pdf", "vi.xlsx"];
        assert_eq!(written, expected.map(|ending| format!("{file}.{ending}")), "{name}");
        for name in written {
            assert!(fs::metadata(out.join(&name)).unwrap().len() > 500, "{name}");
        }
    }
}

#[test]
fn one_day_gives_the_same_form_twice() {
    let (first, second) = (folder("form-first"), folder("form-second"));
    for out in [&first, &second] {
        assert_eq!(code(&form("B5", &[], out.to_str().unwrap())), 0);
    }
    for entry in fs::read_dir(&first).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(fs::read(first.join(&name)).unwrap() == fs::read(second.join(&name)).unwrap(), "{name:?} differs");
    }
}

#[test]
fn a_form_says_of_each_row_where_it_comes_from() {
    let out = folder("form-json");
    let filled = json(&form("A.4", &["--json"], out.to_str().unwrap()));
    let rows = filled["fields"].as_array().unwrap();
    let area = rows.iter().find(|row| row["id"] == "A4-I-2.5.1").unwrap();
    assert_eq!(
        (&area["content"]["value"]["value"], &area["content"]["origin"]["origin"]),
        (&900.0.into(), &"particulars".into())
    );
    let empty = rows.iter().filter(|row| row["content"]["content"] == "empty");
    assert!(empty.clone().count() > 20 && empty.clone().all(|row| row["content"]["why"]["why"].is_string()));
}

#[test]
fn what_is_asked_wrongly_is_told_with_what_is_there() {
    for (words, expected) in [
        (&["--form", "C.9"][..], "vn-a4"),
        (&["--form", "B.4"], "E01"),
        (&["--form", "A.4", "--enterprise", "E01"], "--enterprise"),
        (&["--form", "B.4", "--enterprise", "E99"], "E01"),
    ] {
        let out = folder("form-wrong");
        let mut all = vec!["form", "examples/khu-mau", "--out", out.to_str().unwrap()];
        all.extend(words);
        let output = congsinh(&all);
        assert_eq!(code(&output), 2, "{words:?}");
        assert!(stderr(&output).contains(expected), "{words:?}: {}", stderr(&output));
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0, "nothing is half written");
    }
}

fn duty<'v>(owed: &'v Value, obligation: &str) -> &'v Value {
    owed["duties"].as_array().unwrap().iter().find(|one| one["obligation"] == obligation).unwrap()
}

#[test]
fn duties_follow_from_what_is_said_and_stay_open_without_it() {
    let said = |more: &[&str]| {
        let mut words = vec!["obligations", "--as-of", "2026-11-28", "--json"];
        words.extend(more);
        let output = congsinh(&words);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        json(&output)
    };
    let nothing = said(&[]);
    assert!(nothing["duties"].as_array().unwrap().iter().all(|one| one["answer"]["answer"] == "cannot_tell"));
    let cement =
        said(&["--sector", "2394", "--employees", "300", "--energy", "1200", "--ghg-list", "yes", "--permit", "no"]);
    for (obligation, answer) in [
        ("designated-energy-user", "applies"),
        ("ghg-own-track", "applies"),
        ("rules-100-workers", "applies"),
        ("environment-report", "does_not_apply"),
        ("wastewater-monitoring", "cannot_tell"),
    ] {
        assert_eq!(duty(&cement, obligation)["answer"]["answer"], answer, "{obligation}");
    }
    let inventory = duty(&cement, "ghg-inventory");
    assert_eq!(
        (&inventory["answer"]["before"], &inventory["left"]["last_day"]["day"]),
        (&"2027-03-31".into(), &"2027-03-30".into())
    );
    assert!(inventory["left"]["last_day"]["unconfirmed"] == true, "Tết of 2027 is not decided");
    let park = json(&congsinh(&["obligations", "examples/khu-mau", "--json", "--as-of", "2025-01-31"]));
    assert_eq!(
        duty(&park, "form-a4")["answer"],
        serde_json::json!({ "answer": "cannot_tell", "because": "certificate" })
    );
}

#[test]
fn an_enterprise_of_a_park_answers_by_its_data() {
    let output = congsinh(&["obligations", "examples/khu-mau", "--enterprise", "E09", "--as-of", "2025-01-31"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(
        told.contains("chưa rõ") && told.contains("tư vấn pháp lý") && told.contains("Nghị định 35/2022/NĐ-CP"),
        "{told}"
    );
    let output = congsinh(&["obligations", "examples/khu-mau", "--enterprise", "E99"]);
    assert!(code(&output) == 2 && stderr(&output).contains("E01"), "{}", stderr(&output));
    assert_eq!(code(&congsinh(&["obligations", "--energy", "-5"])), 2);
}
