//! The pages on security name files and tests; what they name is there, so that they cannot promise what nobody holds.

mod repository;

use repository::{files, files_below, text};

/// Words in backticks, outside code blocks.
fn quoted(page: &str) -> Vec<String> {
    text(page)
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2).map(str::to_string).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_file_that_is_named_is_there() {
    let files = files();
    let mut missing = Vec::new();
    for page in files_below("docs/security") {
        for name in quoted(&page).into_iter().filter(|name| name.ends_with(".rs")) {
            let places = [name.clone(), format!("crates/{name}"), format!("crates/app/src/{name}")];
            if !places.iter().any(|place| files.contains(place)) {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "a file is named that is not there:\n  {}", missing.join("\n  "));
}

#[test]
fn every_test_that_is_named_is_there() {
    let code: Vec<String> =
        files_below("crates").iter().filter(|path| path.ends_with(".rs")).map(|path| text(path)).collect();
    // A sentence of four words or more in one name is what only tests are called.
    let is_test = |name: &str| {
        name.matches('_').count() >= 3 && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    let mut missing = Vec::new();
    for page in files_below("docs/security") {
        for name in quoted(&page).into_iter().filter(|name| is_test(name)) {
            if !code.iter().any(|text| text.contains(&format!("fn {name}("))) {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "a test is named that is not there:\n  {}", missing.join("\n  "));
}
