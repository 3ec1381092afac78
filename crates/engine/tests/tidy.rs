//! The shape of the repository: which way the arrows point, what each room must not contain, who may use what.

mod repository;

use std::collections::BTreeSet;
use std::process::Command;

use repository::{files, files_below, root, text, text_if_any};

/// The steps in their order; a step may use those before it.
const STEPS: [&str; 6] = ["observe", "assess", "matching", "plan", "verify", "report"];

#[test]
fn the_engine_is_arithmetic() {
    const FORBIDDEN: [&str; 16] = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::time",
        "SystemTime",
        "HashMap",
        "HashSet",
        "rand::",
        "async",
        "await",
        "println!",
        "eprintln!",
        "tracing",
        "Timestamp::now",
    ];
    let mut found = Vec::new();
    for path in rust_files("crates/engine/src") {
        for (line, code) in code_lines(&text(&path)) {
            for word in FORBIDDEN {
                if has_word(&code, word) {
                    found.push(format!("{path}:{line}: {word}"));
                }
            }
        }
    }
    assert_none(found, "the engine computes and does nothing else");
}

#[test]
fn a_step_looks_left() {
    let mut found = Vec::new();
    for path in rust_files("crates/engine/src") {
        // Vocabulary stands left of every step and uses none.
        let place = step_of(&path).map_or(0, |step| step + 1);
        for named in crate_modules(&text(&path)) {
            let Some(used) = STEPS.iter().position(|step| *step == named) else { continue };
            if used >= place && step_of(&path) != Some(used) && path != "crates/engine/src/lib.rs" {
                found.push(format!("{path} uses {named}"));
            }
        }
    }
    assert_none(found, "observe, assess, matching, plan, verify, report: a step may look left, never right");
}

#[test]
fn crates_depend_one_way() {
    let allowed: [(&str, &[&str]); 7] = [
        ("engine", &[]),
        ("store", &["engine"]),
        ("readings", &["engine", "store"]),
        ("print", &["engine"]),
        ("sample", &["engine"]),
        ("solver", &["engine"]),
        ("app", &["engine", "store", "readings", "print", "solver"]),
    ];
    let ours: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
    let mut found = Vec::new();
    for (name, may_use) in allowed {
        let manifest: toml::Table = text(&format!("crates/{name}/Cargo.toml")).parse().expect("a manifest is TOML");
        for section in ["dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for dependency in dependencies.keys().map(String::as_str) {
                if ours.contains(&dependency) && !may_use.contains(&dependency) {
                    found.push(format!("{name} depends on {dependency}"));
                }
            }
        }
    }
    assert_none(
        found,
        "app uses store, readings, print, solver and engine; readings uses store and engine; engine uses none",
    );
}

#[test]
fn only_auth_says_what_may_be_seen() {
    let mut found = Vec::new();
    for path in rust_files("crates/app/src") {
        let is_auth = path == "crates/app/src/auth.rs" || path.starts_with("crates/app/src/auth/");
        for (line, code) in code_lines(&text(&path)) {
            if !is_auth && (code.contains("Scope::granted") || code.contains("Scope::system")) {
                found.push(format!("{path}:{line}"));
            }
        }
    }
    assert_none(found, "only crates/app/src/auth.rs makes a Scope");
}

/// The log can only be complete when nothing else reaches a connection that writes.
#[test]
fn only_the_audit_log_hands_out_the_writing_connection() {
    let mut found = Vec::new();
    for path in rust_files("crates") {
        let is_source = path.contains("/src/");
        let is_audit = path == "crates/store/src/audit.rs" || path.starts_with("crates/store/src/audit/");
        // The room that connects gives the writing connection to whoever asks by `connections.write`.
        let opens = path == "crates/store/src/database.rs";
        for (line, code) in code_lines(&text(&path)) {
            let reaches_writer =
                !is_audit && (code.contains("connections.write(") || !opens && code.contains(".writers"));
            let opens_another =
                !is_audit && !opens && (code.contains("PoolOptions") || code.contains("::connect_with"));
            let begins = !is_audit && !opens && (code.contains("begin_with(") || code.contains(".begin()"));
            let knows_sql = !path.starts_with("crates/store/") && has_word(&code, "sqlx");
            if is_source && (reaches_writer || opens_another || begins || knows_sql) {
                found.push(format!("{path}:{line}"));
            }
        }
    }
    assert_none(found, "only Store::write of crates/store/src/audit.rs hands out a connection that writes");
}

#[test]
fn every_route_names_its_rule() {
    let mut found = Vec::new();
    for path in rust_files("crates/app/src") {
        for (line, code) in code_lines(&text(&path)) {
            if path != "crates/app/src/web/routes.rs" && (code.contains(".route(") || code.contains("MethodRouter")) {
                found.push(format!("{path}:{line}"));
            }
        }
    }
    assert_none(found, "a route is added by Routes::get or Routes::post, which ask for its rule");
}

#[test]
fn a_long_file_is_split_by_subject() {
    const MOST_LINES: usize = 700;
    let long = rust_files("crates")
        .into_iter()
        .map(|path| (text(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"));
    assert_none(long.collect(), "a file above 700 lines holds more than one subject");
}

#[test]
fn modules_have_no_mod_rs() {
    let found = files_below("crates").into_iter().filter(|path| path.contains("/src/") && path.ends_with("/mod.rs"));
    assert_none(found.collect(), "a step that grows keeps its file and gains a folder: plan.rs and plan/finance.rs");
}

#[test]
fn nothing_names_a_folder_of_one_machine() {
    // Written in parts so that this file does not find itself.
    let folders = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat(), ["/ho", "me/"].concat()];
    let mut found = Vec::new();
    for path in files() {
        let Some(text) = text_if_any(&path) else { continue };
        for (index, line) in text.lines().enumerate() {
            for folder in &folders {
                // Within an address or a longer path these are somebody's page names, not a machine's folders.
                let is_absolute = line.match_indices(folder.as_str()).any(|(at, _)| {
                    !line[..at]
                        .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '}' | '/'))
                });
                if is_absolute {
                    found.push(format!("{path}:{}: {folder}", index + 1));
                }
            }
        }
    }
    assert_none(found, "the repository works wherever it lies");
}

#[test]
fn every_file_of_the_catalogue_is_described() {
    let readme = text("catalogue/README.md");
    let missing = files_below("catalogue")
        .into_iter()
        .map(|path| path.trim_start_matches("catalogue/").to_string())
        .filter(|path| path != "README.md" && !readme.contains(&format!("`{path}`")));
    assert_none(missing.collect(), "catalogue/README.md names every file with its source and licence");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut found = Vec::new();
    for path in files().into_iter().filter(|path| path.ends_with(".md")) {
        let folder = root().join(&path).parent().expect("a file lies in a folder").to_path_buf();
        for target in link_targets(&text(&path)) {
            let file = target.split('#').next().unwrap_or_default();
            let is_elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !is_elsewhere && !folder.join(file).exists() {
                found.push(format!("{path}: {target}"));
            }
        }
    }
    assert_none(found, "a link names a file that is not there");
}

#[test]
fn everything_we_build_with_has_an_allowed_licence() {
    let allowed = allowed_licences();
    let mut found = Vec::new();
    for (name, licence) in rust_licences().into_iter().chain(web_licences()) {
        if !is_allowed(&licence, &allowed) {
            found.push(format!("{name}: {licence}"));
        }
    }
    assert_none(found, "licences are allowed in deny.toml, after reading them");
}

#[test]
fn licences_are_read_as_expressions() {
    let allowed: BTreeSet<String> = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_string).into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("Apache-2.0 OR GPL-2.0-only", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND LGPL-2.1-only", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

fn assert_none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

fn rust_files(folder: &str) -> Vec<String> {
    files_below(folder).into_iter().filter(|path| path.ends_with(".rs")).collect()
}

/// Lines of code with their numbers: comments and the tests at the end of a file are left out.
fn code_lines(text: &str) -> Vec<(usize, String)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default().to_string()))
        .collect()
}

/// Whether a word stands in the line on its own and not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let after = &line[at + word.len()..];
        let ends_open = word.ends_with(is_letter);
        !(line[..at].ends_with(is_letter) || ends_open && after.starts_with(is_letter))
    })
}

/// Which step a file of the engine belongs to.
fn step_of(path: &str) -> Option<usize> {
    let name = path.trim_start_matches("crates/engine/src/");
    let room = name.split('/').next().unwrap_or(name).trim_end_matches(".rs");
    STEPS.iter().position(|step| *step == room)
}

/// First names after `crate::`, those in `use crate::{a, b::c}` too.
fn crate_modules(text: &str) -> BTreeSet<String> {
    let code: Vec<String> = code_lines(text).into_iter().map(|(_, line)| line).collect();
    let code = code.join("\n");
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => {
                names.insert(head(rest));
            }
        }
    }
    names
}

fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(head(group[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(head(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn head(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Targets of `[words](target)`, outside code blocks.
fn link_targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            if let Some(end) = rest.find(')') {
                targets.push(rest[..end].to_string());
            }
        }
    }
    targets
}

/// `licenses.allow` of deny.toml, which cargo-deny reads as well.
fn allowed_licences() -> BTreeSet<String> {
    let file: toml::Table = text("deny.toml").parse().expect("deny.toml is TOML");
    let names = file["licenses"]["allow"].as_array().expect("licenses.allow is a list");
    names.iter().filter_map(toml::Value::as_str).map(str::to_string).collect()
}

/// Every crate in the build for this machine. `cargo` has fetched them all before a test can run.
fn rust_licences() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(|package| (field(package, "name"), field(package, "license"))).collect()
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("rustc names its host").to_string()
}

/// Everything that web/package-lock.json installs.
fn web_licences() -> Vec<(String, String)> {
    let lock: serde_json::Value = serde_json::from_str(&text("web/package-lock.json")).expect("the lock file is JSON");
    let packages = lock["packages"].as_object().expect("packages");
    let installed = packages.iter().filter(|(path, _)| !path.is_empty());
    // htmx.org writes 0BSD in its own way.
    let licence = |package| field(package, "license").replace("BSD-0-Clause", "0BSD");
    // Its Readme says MIT; its package.json forgot to. The provider that the browser tests sign in at asks for it.
    let declared = installed.filter(|(path, _)| *path != "node_modules/only");
    declared.map(|(path, package)| (path.clone(), licence(package))).collect()
}

fn field(value: &serde_json::Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_string()
}

/// Whether a licence expression can be satisfied with allowed licences: `OR` (or `/`) needs one side, `AND` both.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let answer = any_of(&words, &mut at, allowed);
    answer && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut answer = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        // Both sides are read, so that `at` moves on whatever the answer is.
        let other = all_of(words, at, allowed);
        answer = answer || other;
    }
    answer
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut answer = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        let other = one(words, at, allowed);
        answer = answer && other;
    }
    answer
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let answer = any_of(words, at, allowed);
        *at += 1;
        return answer;
    }
    if words.get(*at) == Some(&"WITH") {
        // An exception only permits more.
        *at += 2;
    }
    allowed.contains(*word)
}
