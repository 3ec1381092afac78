//! The audit commands on a store of their own.

mod binary;

use std::fs;

use binary::{code, congsinh, folder, json, stderr, stdout};

#[test]
fn a_log_is_checked_written_out_and_held_against_its_head() {
    let data = folder("audit-data");
    let data = data.to_str().unwrap();
    let empty = congsinh(&["audit", "verify", "--data", data]);
    assert_eq!(code(&empty), 2, "{}", stdout(&empty));

    let imported = congsinh(&["import", "examples/kalundborg", "--data", data]);
    assert_eq!(code(&imported), 0, "{}", stderr(&imported));
    let head = stdout(&congsinh(&["audit", "head", "--data", data])).trim().to_string();
    assert!(head.starts_with("1:") && head.len() == 66, "{head}");

    let checked = congsinh(&["audit", "verify", "--data", data, "--head", &head, "--json"]);
    assert_eq!(code(&checked), 0, "{}", stderr(&checked));
    let check = json(&checked);
    assert_eq!((&check["rows"], &check["findings"]), (&1.into(), &serde_json::json!([])));

    // Heads of a longer log and of another one: the log was cut off, or is not the one.
    let other = format!("1:{}", "0".repeat(64));
    let later = format!("9:{}", "0".repeat(64));
    let broken = congsinh(&["audit", "verify", "--data", data, "--head", &other, "--head", &later, "--language", "en"]);
    assert_eq!(code(&broken), 1);
    let words = stdout(&broken);
    assert!(words.contains("Row 1: another row than") && words.contains("Row 9: the log is cut off"), "{words}");
    assert!(words.contains("2 places do not fit in 1 row"), "{words}");
    assert_eq!(code(&congsinh(&["audit", "verify", "--data", data, "--head", "nonsense"])), 2);

    let (one, two) = (folder("audit-one"), folder("audit-two"));
    for out in [&one, &two] {
        let exported = congsinh(&["audit", "export", out.to_str().unwrap(), "--data", data]);
        assert_eq!(code(&exported), 0, "{}", stderr(&exported));
    }
    for name in ["audit.jsonl", "README.md", "head.txt"] {
        assert_eq!(fs::read(one.join(name)).unwrap(), fs::read(two.join(name)).unwrap(), "{name}");
    }
    assert_eq!(fs::read_to_string(one.join("head.txt")).unwrap().trim(), head);
    let line = fs::read_to_string(one.join("audit.jsonl")).unwrap();
    let entry: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    assert_eq!((&entry["row"][0], &entry["row"][5]), (&1.into(), &"park".into()));
    assert!(head.ends_with(entry["hash"].as_str().unwrap()));
}
