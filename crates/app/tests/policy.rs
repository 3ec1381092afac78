//! `congsinh policy` and `assess` over a nation of generated parks: what the command says of kept values is what assessing
//! every park again under both editions says.

mod binary;
#[path = "../../engine/tests/policy/parks.rs"]
mod parks;
#[path = "../../engine/tests/repository/mod.rs"]
mod repository;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use binary::{code, congsinh, folder, json, stderr, stdout};
use engine::assess::policy::wishes::{Wish, change_set};
use engine::assess::policy::{ChangeSet, changed};
use engine::assess::{Outcome, assess};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::ids::FrameworkId;
use engine::language::Language;
use engine::observe::observe;
use engine::park::Park;
use engine::period::Period;
use serde_json::Value;
use store::{Actor, Store, User, UserId};

const PARKS: usize = 400;
const DECREE: &str = "vn-decree-35-2022";
const WISHES: [(&str, &str); 4] =
    [("VN35-37-2C.target", "45"), ("VN35-37-2C.min_employees", "100"), ("VN35-37-2B.target", "2"), ("VN82-5A.add", "")];

fn keep(data: &Path, nation: &[Park]) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = Store::open(&data.join("congsinh.sqlite")).await.unwrap();
        for park in nation {
            store.save_park(&Actor::system(1), park, "generated").await.unwrap();
        }
        for (role, province) in [("ministry", None), ("provincial-board", Some("92")), ("park-operator", None)] {
            let user = User {
                id: UserId::new(role),
                name: role.to_string(),
                role: role.to_string(),
                park: None,
                enterprise: None,
                province: province.map(str::to_string),
                language: Language::En,
                password_hash: None,
                is_demo: false,
            };
            store.save_user(&Actor::system(1), &user).await.unwrap();
        }
    });
}

fn changes(catalogue: &Catalogue) -> (Framework, ChangeSet) {
    let edition = catalogue.frameworks[&FrameworkId::new(DECREE)].clone();
    let wishes = WISHES.map(|(key, value)| Wish::of_pair("test", key, value).unwrap());
    let changes = change_set(&edition, &wishes, catalogue).unwrap();
    (edition, changes)
}

/// Park, criterion, outcome before and after.
type Flips = BTreeSet<(String, String, String, String)>;

fn by_brute_force(nation: &[Park], catalogue: &Catalogue) -> Flips {
    let (before, changes) = changes(catalogue);
    let after = changed(&before, &changes, catalogue).unwrap();
    let year = Period::year(2024).unwrap();
    let mut flips = Flips::new();
    for park in nation {
        let balance = observe(park, catalogue, year);
        let (old, new) = (assess(park, &balance, &before, catalogue), assess(park, &balance, &after, catalogue));
        for result in &new.criteria {
            let Some(was) = old.criteria.iter().find(|was| was.id == result.id) else { continue };
            if was.outcome != result.outcome {
                let code = |outcome: Outcome| outcome.code().to_string();
                flips.insert((park.id.to_string(), result.id.to_string(), code(was.outcome), code(result.outcome)));
            }
        }
    }
    flips
}

fn told(answer: &Value) -> Flips {
    let text = |flip: &Value, key: &str| flip[key].as_str().unwrap().to_string();
    let flips = answer["effect"]["flips"].as_array().unwrap().iter();
    flips.map(|flip| (text(flip, "park"), text(flip, "criterion"), text(flip, "before"), text(flip, "after"))).collect()
}

fn policy<'a>(data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["policy", "--data", data, "--as-of", "2025-01-31", "--json", "--set", "VN35-37-2C=45"];
    let wishes = ["--set", "VN35-37-2C.min_employees=100", "--set", "VN35-37-2B.target=2", "--add", "VN82-5A"];
    words.into_iter().chain(wishes).chain(more.iter().copied()).collect()
}

#[test]
fn the_flips_of_four_hundred_parks_are_those_of_assessing_each_again() {
    let catalogue = repository::catalogue();
    let nation = parks::nation(35, PARKS, &catalogue);
    let data = folder("policy");
    keep(&data, &nation);
    let data = data.to_str().unwrap();
    let began = Instant::now();
    let output = congsinh(&policy(data, &[]));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    println!("{PARKS} parks in {:.1} s", began.elapsed().as_secs_f64());
    let answer = json(&output);
    let expected = by_brute_force(&nation, &catalogue);
    assert!(expected.len() > 50, "{} flips", expected.len());
    assert_eq!(told(&answer), expected);
    assert_eq!(answer["effect"]["whole"]["parks"], PARKS);

    // Whoever sees totals is told the same of every park whose tenants stay hidden, and the others are counted.
    let ministry = json(&congsinh(&policy(data, &["--as", "ministry"])));
    let left_out: BTreeSet<&str> = ministry["left_out"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(!left_out.is_empty() && left_out.len() < PARKS);
    let without: Flips = expected.iter().filter(|flip| !left_out.contains(flip.0.as_str())).cloned().collect();
    assert_eq!(told(&ministry), without);

    // A board is told of its province, and an operator of nothing.
    let board = json(&congsinh(&policy(data, &["--as", "provincial-board"])));
    let provinces = board["parks"].as_array().unwrap().iter().map(|park| park["province"].as_str().unwrap());
    assert_eq!(provinces.collect::<BTreeSet<_>>(), BTreeSet::from(["92"]));
    assert_eq!(code(&congsinh(&policy(data, &["--as", "park-operator"]))), 3);
    let own = ["--as", "ministry", "--framework", "catalogue/frameworks/vn-decree-82-2018.toml"];
    let own = congsinh(&["policy", "--data", data].into_iter().chain(own).collect::<Vec<_>>());
    assert_eq!(code(&own), 0, "an edition of the catalogue by its file: {}", stderr(&own));
}

#[test]
fn everything_wrong_with_a_change_is_told_at_once() {
    let file = folder("policy-faults").join("changes.toml");
    fs::write(&file, "drop = [\"NONE\"]\n[row.VN35-37-2C]\ntarget = 130\nlimit = 3\n").unwrap();
    let file = file.to_str().unwrap();
    let output = congsinh(&["policy", "examples/khu-mau", "--changes", file, "--set", "no wish", "--json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(json(&output)["faults"].as_array().unwrap().len(), 4, "{}", stderr(&output));
    fs::write(file, "drop = [\"NONE\"]\n[row.VN35-37-2C]\ntarget = 130\n").unwrap();
    let output = congsinh(&["policy", "examples/khu-mau", "--changes", file, "--set", "VN35-37-2B=few", "--json"]);
    assert_eq!(json(&output)["faults"].as_array().unwrap().len(), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("changes.toml dòng 3"), "{}", stderr(&output));
}

#[test]
fn a_folder_of_parks_is_tried_and_assessed_park_by_park() {
    let nation = sample::nation::Nation { seed: 7, parks: 6, enterprises: 5, months: 12 };
    let out = folder("policy-folder");
    nation.write(&out).unwrap();
    let parks = out.join("parks");
    let parks = parks.to_str().unwrap();
    let output = congsinh(&["assess", parks, "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(json(&output)["parks"].as_array().unwrap().len(), 6);
    assert_eq!(stdout(&congsinh(&["assess", parks])).lines().count(), 7);

    let note = out.join("note.docx");
    let words = ["policy", parks, "--set", "VN35-37-2B=0", "--as-of", "2025-01-31", "--language", "en"];
    let output = congsinh(&words.into_iter().chain(["--note", note.to_str().unwrap()]).collect::<Vec<_>>());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("6 of 6 parks change an outcome"), "{told}");
    assert!(fs::read(&note).unwrap().starts_with(b"PK"));
    assert_eq!(code(&congsinh(&["policy", parks, "--note", "note.txt"])), 2);

    // A fault names its park.
    fs::write(out.join("parks/th-002/records.csv"), "enterprise\n").unwrap();
    let output = congsinh(&["policy", parks]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("th-002/records"), "{}", stderr(&output));
}
