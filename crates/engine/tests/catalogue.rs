//! The whole catalogue as it lies on disk: complete, with a source for each row, and nothing has lost the mark that
//! nobody has confirmed it.

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::catalogue::places::ProvinceEdition;
use engine::ids::FrameworkId;
use engine::quantity::{Amount, Dimension};
use engine::table::read_csv;
use repository::{catalogue, catalogue_and_faults, files_below, text};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

#[test]
fn it_reads_without_a_fault() {
    let (_, faults) = catalogue_and_faults();
    assert_eq!(faults, []);
}

#[test]
fn every_toml_and_csv_file_can_be_read() {
    for path in files_below("catalogue") {
        if path.ends_with(".csv") {
            let sheet = read_csv(&path, &text(&path)).unwrap_or_else(|fault| panic!("{fault}"));
            assert!(!sheet.rows.is_empty(), "{path}");
            for (line, cells) in &sheet.rows {
                assert_eq!(cells.len(), sheet.columns.len(), "{path}:{line}");
            }
        } else if path.ends_with(".toml") {
            text(&path).parse::<toml::Table>().unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
}

#[test]
fn four_frameworks_have_ninety_five_criteria() {
    let sizes: Vec<(&str, usize)> =
        CATALOGUE.frameworks.values().map(|framework| (framework.id.as_str(), framework.criteria.len())).collect();
    assert_eq!(
        sizes,
        [
            ("international-eip-2017", 52),
            ("vn-circular-05-2025", 23),
            ("vn-decree-35-2022", 11),
            ("vn-decree-82-2018", 9),
        ]
    );
    assert_eq!(sizes.iter().map(|(_, count)| count).sum::<usize>(), 95);
}

/// Guidance is ours and from memory; what is said about the law keeps its mark until somebody has read the text.
#[test]
fn every_criterion_has_guidance_in_both_languages() {
    let every = CATALOGUE.frameworks.values().flat_map(|framework| &framework.criteria);
    let without: Vec<&str> = every
        .map(|criterion| &criterion.id)
        .filter(|id| !CATALOGUE.guidance.contains_key(id))
        .map(|id| id.as_str())
        .collect();
    assert_eq!(without, [""; 0]);
    for (id, guidance) in &CATALOGUE.guidance {
        let actions = guidance.actions.iter().map(|action| &action.label);
        for text in [&guidance.meaning, &guidance.convincing, &guidance.example].into_iter().chain(actions) {
            assert!(!text.vi.trim().is_empty() && !text.en.trim().is_empty(), "{id}: {text:?}");
        }
        assert!(!guidance.actions.is_empty() && !guidance.source.is_empty() && guidance.unconfirmed, "{id}");
    }
}

#[test]
fn what_the_law_says_about_criteria_keeps_its_mark() {
    assert_eq!(CATALOGUE.legal_texts.values().filter(|text| text.unconfirmed).count(), 8);
    assert_eq!(CATALOGUE.legal_links.iter().filter(|link| link.unconfirmed).count(), 19);
    for link in &CATALOGUE.legal_links {
        assert!(!link.source.is_empty() && !link.why.vi.is_empty() && !link.why.en.is_empty(), "{link:?}");
        assert!(link.unconfirmed || !link.source.contains("from memory"), "{link:?}");
    }
}

#[test]
fn the_law_of_exchanges_keeps_its_mark() {
    let rules = CATALOGUE.exchange_law.values();
    assert_eq!((rules.clone().count(), rules.clone().filter(|rule| rule.unconfirmed).count()), (20, 17));
    for rule in rules {
        let texts = [&rule.label, &rule.basis, &rule.source];
        assert!(texts.iter().all(|text| !text.vi.is_empty() && !text.en.is_empty()), "{rule:?}");
    }
}

#[test]
fn every_row_says_who_says_so() {
    for framework in CATALOGUE.frameworks.values() {
        for criterion in &framework.criteria {
            assert!(!criterion.source.en.trim().is_empty(), "{} {}", framework.id, criterion.id);
        }
    }
    for factor in CATALOGUE.factors.values() {
        assert!(!factor.source.trim().is_empty(), "{}", factor.id);
        assert!(!factor.unit.trim().is_empty(), "{}", factor.id);
    }
    for option in CATALOGUE.options.values() {
        assert!(!option.source.trim().is_empty(), "{}", option.id);
    }
    for exchange in &CATALOGUE.known_exchanges {
        assert!(!exchange.source.trim().is_empty(), "known exchange {}", exchange.id);
        assert!(!exchange.stream_vi.trim().is_empty(), "known exchange {}", exchange.id);
    }
    for row in &CATALOGUE.profiles {
        assert!(
            row.unconfirmed || row.source.en.contains("http"),
            "{} {}: a page that was read",
            row.sector,
            row.label.en
        );
    }
    for (rule, row) in matching_rules() {
        assert!(row.get("source").is_some_and(|source| source.is_str()), "{rule}");
    }
}

/// Every Vietnamese text of these rows has letters that English does not; one that has none was not written yet.
/// A reader can open a document, a page or a repository; a number by which somebody kept a text says nothing to anybody else.
#[test]
fn sources_name_no_number_that_only_we_know() {
    let is_number = |word: &str| word.len() >= 10 && word.bytes().all(|byte| byte.is_ascii_digit());
    let files = files_below("catalogue").into_iter().filter(|path| path.ends_with(".toml") || path.ends_with(".csv"));
    for path in files.filter(|path| !path.ends_with("/units.csv")) {
        let text = text(&path);
        let found: Vec<&str> =
            text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| is_number(word)).collect();
        assert!(found.is_empty() && !text.contains("GitHub text"), "{path}: {found:?}");
    }
}

#[test]
fn criteria_are_told_in_vietnamese() {
    for criterion in CATALOGUE.frameworks.values().flat_map(|framework| &framework.criteria) {
        let asked = [&criterion.label, &criterion.applies_to, &criterion.evidence, &criterion.source];
        let note = Some(&criterion.note).filter(|note| !note.en.is_empty());
        for text in asked.into_iter().chain(note) {
            assert!(
                text.vi.chars().any(|letter| letter.is_alphabetic() && !letter.is_ascii()),
                "{}: {text:?}",
                criterion.id
            );
            assert!(text.en.is_ascii(), "{}: {text:?}", criterion.id);
        }
    }
}

/// How many rows are unconfirmed today. A row loses the mark only together with a source that was read; then the
/// number here changes in the same commit.
#[test]
fn what_is_unconfirmed_keeps_the_mark() {
    let unconfirmed = |id: &str| {
        let framework = &CATALOGUE.frameworks[&FrameworkId::new(id)];
        framework.criteria.iter().filter(|criterion| criterion.unconfirmed).count()
    };
    assert_eq!(unconfirmed("international-eip-2017"), 52);
    assert_eq!(unconfirmed("vn-decree-82-2018"), 1);
    assert_eq!(unconfirmed("vn-decree-35-2022"), 2);
    assert_eq!(unconfirmed("vn-circular-05-2025"), 0);
    assert_eq!(CATALOGUE.factors.values().filter(|factor| factor.unconfirmed).count(), 92);
    for option in CATALOGUE.options.values() {
        assert!(option.unconfirmed, "{}: its figures are from memory", option.id);
    }
    for (rule, row) in matching_rules() {
        let is_unconfirmed = row["unconfirmed"].as_bool().expect("a mark");
        let is_remembered = row["source"].as_str().unwrap_or_default().contains("from memory");
        assert!(is_unconfirmed || !is_remembered, "{rule}");
    }
    let profiles = CATALOGUE.profiles.iter().filter(|row| row.unconfirmed).count();
    let outputs = CATALOGUE.outputs.iter().filter(|row| row.unconfirmed).count();
    assert_eq!((profiles, outputs), (81, 15));
    for factor in CATALOGUE.factors.values().filter(|factor| factor.source.contains("(memory")) {
        assert!(factor.unconfirmed, "{}", factor.id);
    }
}

#[test]
fn factors_have_units_and_years() {
    assert_eq!(CATALOGUE.factors.len(), 145);
    for factor in CATALOGUE.factors.values().filter(|factor| factor.group == "grid_electricity") {
        assert!(factor.year.is_some(), "{}: a grid factor belongs to a data year", factor.id);
    }
}

#[test]
fn provinces_of_both_editions_cover_each_other() {
    let provinces = &CATALOGUE.provinces;
    assert_eq!(provinces.edition(ProvinceEdition::Before).len(), 63);
    assert_eq!(provinces.edition(ProvinceEdition::After).len(), 34);
    assert_eq!(provinces.crosswalk.len(), 63);
    let reached: BTreeSet<&String> = provinces.crosswalk.values().collect();
    assert_eq!(reached, provinces.after.keys().collect::<BTreeSet<_>>(), "every new province has an old one");
    let unchanged = count_by(provinces.crosswalk.values()).into_values().filter(|olds| *olds == 1).count();
    assert_eq!(unchanged, 11, "11 provinces unchanged, 52 merged into 23");
}

#[test]
fn totals_do_not_depend_on_the_edition_of_provinces() {
    let provinces = &CATALOGUE.provinces;
    let parks = registered_parks();
    let old: BTreeMap<&str, usize> =
        count_by(parks.iter().map(|park| park.before.as_str()).filter(|code| !code.is_empty()));
    let new: BTreeMap<&str, usize> =
        count_by(parks.iter().filter(|park| !park.before.is_empty()).map(|park| park.after.as_str()));
    let mut carried: BTreeMap<&str, usize> = BTreeMap::new();
    for (code, count) in &old {
        *carried.entry(provinces.crosswalk[*code].as_str()).or_default() += count;
    }
    assert_eq!(carried, new);
}

#[test]
fn every_registered_park_lies_in_a_province() {
    let parks = registered_parks();
    assert_eq!(parks.len(), 144);
    for park in &parks {
        assert!(CATALOGUE.provinces.after.contains_key(&park.after), "{}: {}", park.name, park.after);
        assert!(park.before.is_empty() || CATALOGUE.provinces.before.contains_key(&park.before), "{}", park.name);
        assert!(!park.source.is_empty() && !park.licence.is_empty(), "{}", park.name);
    }
}

#[test]
fn outlines_have_one_shape_for_each_province() {
    for (file, edition) in
        [("provinces_2024.geojson", ProvinceEdition::Before), ("provinces_2025.geojson", ProvinceEdition::After)]
    {
        let outlines: serde_json::Value = serde_json::from_str(&text(&format!("catalogue/provinces/{file}"))).unwrap();
        let features = outlines["features"].as_array().unwrap();
        let drawn: BTreeSet<&str> =
            features.iter().map(|feature| feature["properties"]["code"].as_str().unwrap()).collect();
        let known: BTreeSet<&str> = CATALOGUE.provinces.edition(edition).keys().map(String::as_str).collect();
        assert_eq!(drawn, known, "{file}");
    }
}

#[test]
fn known_exchanges_and_options_are_enough_to_start_with() {
    assert_eq!(CATALOGUE.known_exchanges.len(), 125);
    assert!(CATALOGUE.options.len() >= 40, "{}", CATALOGUE.options.len());
    let resources: BTreeSet<&str> = CATALOGUE.options.values().map(|option| option.resource.as_str()).collect();
    let groups: BTreeSet<&str> = CATALOGUE.resources.values().map(|resource| resource.group.as_str()).collect();
    assert!(resources.is_subset(&groups), "{resources:?} in {groups:?}");
}

#[test]
fn codes_are_as_many_as_their_lists_have() {
    assert_eq!(CATALOGUE.waste_codes.len(), 842);
    assert_eq!(CATALOGUE.waste_codes.values().filter(|code| code.hazardous).count(), 408);
    assert_eq!(CATALOGUE.industries.len(), 766);
}

#[test]
fn units_convert_as_they_are_defined() {
    for (value, unit, dimension, canonical) in [
        (1.0, "kWh", Dimension::Energy, 1.0),
        (1.0, "MWh", Dimension::Energy, 1_000.0),
        (3.6, "MJ", Dimension::Energy, 1.0),
        (3.6, "GJ", Dimension::Energy, 1_000.0),
        (3.6, "TJ", Dimension::Energy, 1_000_000.0),
        // One international-table BTU is 1,055.05585262 J.
        (3.6, "MMBtu", Dimension::Energy, 1_055.055_852_62),
        (1.0, "1000m3", Dimension::Volume, 1_000.0),
        (1.0, "l", Dimension::Volume, 0.001),
        (1.0, "t", Dimension::Mass, 1_000.0),
        (1.0, "t CO2e", Dimension::Emissions, 1_000.0),
        (1.0, "ha", Dimension::Area, 10_000.0),
        (9.0, "degF d", Dimension::DegreeDays, 5.0),
    ] {
        let converted = CATALOGUE.canonical(&Amount { value, unit: unit.to_string() }).unwrap();
        assert!((converted / canonical - 1.0).abs() < 1e-12, "{value} {unit} is {converted}, expected {canonical}");
        assert_eq!(CATALOGUE.units[unit].dimension, dimension, "{unit}");
    }
    for dimension in CATALOGUE.resources.values().map(|resource| resource.dimension) {
        let units = CATALOGUE.unit_codes(dimension);
        let is_canonical_there = units.iter().any(|unit| CATALOGUE.units[unit].factor == 1.0);
        assert!(is_canonical_there, "{dimension:?} has no unit of factor 1 among {units:?}");
    }
}

struct RegisteredPark {
    name: String,
    before: String,
    after: String,
    source: String,
    licence: String,
}

fn registered_parks() -> Vec<RegisteredPark> {
    let sheet = read_csv("parks.csv", &text("examples/viet-nam/parks.csv")).unwrap();
    let index = |name: &str| sheet.columns.iter().position(|column| column == name).unwrap();
    let columns = ["name_vi", "code_2024", "code_2025", "source", "licence"].map(index);
    let rows = sheet.rows.iter().map(|(_, cells)| {
        let [name, before, after, source, licence] = columns.map(|column| cells[column].shown());
        RegisteredPark { name, before, after, source, licence }
    });
    rows.collect()
}

fn matching_rules() -> BTreeMap<String, toml::Table> {
    let file: toml::Table = text("catalogue/matching_rules.toml").parse().unwrap();
    let rules: BTreeMap<String, toml::Table> = file
        .into_iter()
        .filter_map(|(name, value)| match value {
            toml::Value::Table(table) if table.contains_key("unconfirmed") => Some((name, table)),
            _ => None,
        })
        .collect();
    assert!(!rules.is_empty());
    rules
}

fn count_by<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}
