//! The repository on disk, for the tests that look at it as a whole.

#![allow(dead_code)] // Each test file uses a part.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use engine::catalogue::{Catalogue, Files, read_catalogue};
use engine::fault::Fault;
use engine::ids::{MeasureId, MeterId};
use engine::park::Park;
use engine::park::plans::{Plan, PlannedModel, Step};
use engine::park::read::{particulars_from_toml, read_park};
use engine::table::{Sheet, read_csv};

/// Folders that tools fill and git does not keep.
const NOT_OURS: [&str; 6] = [".git", "target", "node_modules", "dist", "data", "out"];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the tests lie in the repository")
}

/// Paths below the root, with `/` as the separator, sorted.
pub fn files() -> Vec<String> {
    files_below("")
}

pub fn files_below(folder: &str) -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(folder), &mut found);
    let mut names: Vec<String> = found
        .iter()
        .map(|path| path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/"))
        .collect();
    names.sort();
    names
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry of a readable folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

pub fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text of a file, unless it is none (a font, a packed sheet, a workbook).
pub fn text_if_any(path: &str) -> Option<String> {
    String::from_utf8(fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))).ok()
}

/// The catalogue as it lies on disk, with everything that is wrong with it.
pub fn catalogue_and_faults() -> (Catalogue, Vec<Fault>) {
    let files: Files = files_below("catalogue")
        .into_iter()
        .filter(|path| path.ends_with(".csv") || path.ends_with(".toml"))
        .map(|path| (path.trim_start_matches("catalogue/").to_string(), text(&path)))
        .collect();
    read_catalogue(&files)
}

pub fn catalogue() -> Catalogue {
    let (catalogue, faults) = catalogue_and_faults();
    assert_eq!(faults, []);
    catalogue
}

/// A park of `examples/`.
pub fn example(name: &str) -> Park {
    let (park, faults) = read_park(&sheets_of(name), &catalogue());
    assert_eq!(faults, []);
    park.unwrap()
}

/// A measurement plan that says what it must: a year after the installation, no columns, nothing expected.
pub fn bare_plan(measure: &str, meter: Option<&str>, model: PlannedModel, step: Step) -> Plan {
    Plan {
        measure: MeasureId::new(measure),
        meter: meter.map(MeterId::new),
        model,
        step,
        predictors: Vec::new(),
        holidays: Vec::new(),
        left_out: Vec::new(),
        begins: None,
        expected_saving_a_year: None,
        target: None,
        expected_uncertainty_90: None,
        months: 12,
        note: String::new(),
    }
}

/// An example with one sheet put in the place of its own, and the faults of that.
pub fn example_with(name: &str, sheet: &str, text: &str) -> (Option<Park>, Vec<Fault>) {
    let mut sheets = sheets_of(name);
    sheets.insert(sheet.to_string(), read_csv(&format!("{sheet}.csv"), text).unwrap());
    read_park(&sheets, &catalogue())
}

fn sheets_of(name: &str) -> BTreeMap<String, Sheet> {
    let mut sheets = BTreeMap::new();
    for path in files_below(&format!("examples/{name}")) {
        let file = path.rsplit('/').next().unwrap_or_default().to_string();
        let stem = file.split('.').next().unwrap_or_default().to_string();
        let bytes = fs::read(root().join(&path)).unwrap();
        let sheet = match file.as_str() {
            file if file.ends_with(".toml") => particulars_from_toml(file, &String::from_utf8(bytes).unwrap()),
            file if file.ends_with(".csv") => read_csv(file, &String::from_utf8(bytes).unwrap()),
            file if file.ends_with(".csv.gz") => {
                let mut text = String::new();
                flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
                read_csv(file, &text)
            }
            _ => continue,
        };
        sheets.insert(stem, sheet.unwrap_or_else(|fault| panic!("{fault}")));
    }
    sheets
}
