//! Every command, tried with the rights of every role: who is refused is told so, and it stands in the log.

mod binary;

use std::path::Path;

use binary::{code, congsinh, folder, json, root, stderr};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use store::{Actor, Store, User, UserId};

/// Commands that open a store, with the roles that may use them. Without `--as` everybody may who can read the store.
const OF_THE_STORE: &[(&str, &[&str])] = &[
    ("import", &["park-operator"]),
    ("user add", &["administrator"]),
    ("user erase", &["administrator"]),
    ("user tidy", &["administrator"]),
    ("audit verify", &["administrator"]),
    ("audit head", &["administrator"]),
    ("audit export", &["administrator"]),
    ("migrate", &[]),
    ("framework list", &ROLES),
    ("framework export", &ROLES),
    ("framework compare", &ROLES),
    ("framework import", &["administrator"]),
    ("framework publish", &["administrator"]),
    // Over the parks whose totals the account may see.
    ("policy", &["provincial-board", "ministry", "programme-officer", "administrator"]),
    ("register import", &["provincial-board", "ministry", "administrator"]),
    ("register undo", &["provincial-board", "ministry", "administrator"]),
    ("register imports", &["provincial-board", "ministry", "administrator"]),
    ("register link", &["ministry", "administrator"]),
    ("register link-same", &["ministry", "administrator"]),
    ("readings ingest", &["park-operator"]),
    // They answer of what the account may see, which may be nothing.
    ("readings query", &ROLES),
    ("readings check", &ROLES),
    ("readings history", &ROLES),
    ("readings compact", &[]),
    ("readings sweep", &[]),
];
/// It does not end by itself, so it is tried only by those whom it refuses: nobody's account may.
const SERVE: &str = "serve";
/// Commands without a store: they read what their user can read.
const OF_FILES: [&str; 27] = [
    "demo",
    "template",
    "check",
    "run",
    "assess",
    "dossier",
    "framework check",
    "profile",
    "form",
    "ghg",
    "weather",
    "obligations",
    "match rank",
    "match candidates",
    "match network",
    "solve network",
    "verify meter",
    "verify certificate",
    "verify batch",
    "verify portfolio",
    "verify chained",
    "verify regress",
    "verify search",
    "docs",
    "read-xls",
    "cluster scheduler",
    "cluster executor",
];

const ROLES: [&str; 7] = [
    "enterprise-editor",
    "park-operator",
    "consultant",
    "provincial-board",
    "ministry",
    "programme-officer",
    "administrator",
];

fn with_people(data: &Path) {
    let park = root().join("examples/khu-mau");
    let output = congsinh(&["import", park.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&data.join("congsinh.sqlite")).await.unwrap();
        for role in ROLES {
            let works_in_park = matches!(role, "enterprise-editor" | "park-operator");
            let user = User {
                id: UserId::new(role),
                name: role.to_string(),
                role: role.to_string(),
                park: works_in_park.then(|| ParkId::new("khu-mau")),
                enterprise: (role == "enterprise-editor").then(|| EnterpriseId::new("E01")),
                province: (role == "provincial-board").then(|| "92".to_string()),
                language: Language::En,
                password_hash: None,
                is_demo: false,
            };
            store.save_user(&Actor::system(1), &user).await.unwrap();
        }
    });
}

fn refusals(data: &Path) -> usize {
    let out = data.join("log");
    let _ = std::fs::remove_dir_all(&out);
    let output = congsinh(&["audit", "export", out.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let log = std::fs::read_dir(&out).unwrap().map(|file| file.unwrap().path());
    let mut log = log.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"));
    let log = log.next().expect("the log");
    std::fs::read_to_string(log).unwrap().matches("\"refuse\"").count()
}

fn arguments(command: &str, data: &Path) -> Vec<String> {
    let file = |name: &str| data.join(name).to_str().unwrap().to_string();
    let mut words: Vec<String> = command.split(' ').map(str::to_string).collect();
    match command {
        "import" => words.push(root().join("examples/khu-mau").to_str().unwrap().to_string()),
        "user add" => words.extend(["new", "--name", "New", "--role", "ministry"].map(str::to_string)),
        "user erase" => words.push("consultant".to_string()),
        "register import" => {
            let list = file("list.csv");
            std::fs::write(&list, "Tên khu công nghiệp,Tỉnh\nKCN Thử,Cần Thơ\n").unwrap();
            words.extend([
                list,
                "--kind".to_string(),
                "park".to_string(),
                "--source".to_string(),
                "a list".to_string(),
            ]);
        }
        "framework export" => words.push("vn-decree-35-2022".to_string()),
        "framework compare" => words.extend(["vn-decree-82-2018", "vn-decree-35-2022"].map(str::to_string)),
        "framework import" => {
            let edition = root().join("catalogue/frameworks/vn-decree-35-2022.toml");
            words.extend([edition.to_str().unwrap(), "--name", "vn-decree-2027"].map(str::to_string));
        }
        "framework publish" => words.extend(["none", "--from", "2027-01-01"].map(str::to_string)),
        // What there is not is wrong usage, after the rights were asked.
        "register undo" => words.push("none".to_string()),
        "register link" => words.extend(["park", "none", "khu-mau"].map(str::to_string)),
        "readings ingest" => {
            let readings = root().join("examples/khu-mau/readings.csv.gz");
            words.extend([readings.to_str().unwrap(), "--park", "khu-mau"].map(str::to_string));
        }
        "readings query" => words.push("select count(*) from readings".to_string()),
        "readings check" => words.extend(["--park", "khu-mau"].map(str::to_string)),
        "readings history" => words.extend(["M1", "2023-01-01", "--park", "khu-mau"].map(str::to_string)),
        "audit export" => words.push(file("export")),
        "migrate" => {
            words.extend(["--from".to_string(), file("congsinh.sqlite"), "--to".to_string(), file("copy.sqlite")])
        }
        SERVE => words.extend(["--listen", "127.0.0.1:0"].map(str::to_string)),
        _ => {}
    }
    // What `migrate` opens it names itself.
    if command != "migrate" {
        words.extend(["--data".to_string(), data.to_str().unwrap().to_string()]);
    }
    words
}

#[test]
fn a_command_has_the_rights_of_the_account_it_acts_as() {
    let data = folder("rights");
    with_people(&data);
    let mut refused = 0;
    for role in ROLES {
        for (command, allowed) in OF_THE_STORE.iter().chain(&[(SERVE, &[][..])]) {
            let before = refusals(&data);
            let mut words = arguments(command, &data);
            words.extend(["--as".to_string(), role.to_string()]);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = binary::congsinh_with(&words, "mưa rào tháng bảy trên sông Hậu");
            let what = format!("{role}: {command}: {}", stderr(&output));
            if allowed.contains(&role) {
                // The operator's park holds what its enterprises have not shared, which an import may not touch.
                let expected: &[i32] = match *command {
                    "import" => &[0, 1],
                    "register undo" | "register link" | "framework publish" => &[2],
                    _ => &[0],
                };
                assert!(expected.contains(&code(&output)), "{what}");
                assert_eq!(refusals(&data), before, "{what}");
            } else {
                assert_eq!(code(&output), 3, "{what}");
                assert_eq!(refusals(&data), before + 1, "{what}");
                refused += 1;
            }
        }
    }
    assert!(refused > 40, "{refused} refused");
    let output = congsinh(&["audit", "head", "--data", data.to_str().unwrap(), "--as", "nobody-at-all"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
}

/// The list above is the program's own: a command that is added without a word on its rights fails here.
#[test]
fn every_command_says_what_it_needs() {
    let output = congsinh(&["docs", "commands"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let mut found: Vec<String> = serde_json::from_value(json(&output)).unwrap();
    let mut expected: Vec<String> = OF_THE_STORE.iter().map(|(command, _)| command.to_string()).collect();
    expected.extend(OF_FILES.iter().map(|command| command.to_string()));
    expected.push(SERVE.to_string());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
