//! What the document tells in the language of its reader.

use engine::period::Period;
use engine::report::{Order, report};

use super::*;
use crate::catalogue::catalogue;
use crate::demo;

/// The rows of one table, as text.
fn rows(document: &Document, id: &str) -> Vec<String> {
    let tables = document.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
        Block::Table(table) if table.id == id => Some(table),
        _ => None,
    });
    tables.flat_map(|table| table.rows.iter().map(|row| format!("{row:?}"))).collect()
}

#[test]
fn the_evidence_asked_for_is_told_in_the_readers_language() {
    let catalogue = catalogue().expect("the catalogue has no faults");
    let park = demo::example("khu-mau", catalogue).expect("the sample park");
    let period = Period::year(2024).expect("a year");
    for framework in catalogue.frameworks.values() {
        let report = report(&park, catalogue, &Order { period, as_of: jiff::civil::date(2025, 1, 31), framework });
        for language in Language::ALL {
            let document = park_document(&report, &park, catalogue, language, Extent::Whole);
            let rows = rows(&document, &format!("{}-evidence", framework.id));
            assert_eq!(rows.len(), framework.criteria.len(), "{}", framework.id);
            for (row, criterion) in rows.iter().zip(&framework.criteria) {
                for told in [&criterion.label, &criterion.applies_to, &criterion.evidence, &criterion.source] {
                    let (own, other) = (told.get(language), told.get(language.other()));
                    assert!(row.contains(&format!("Text({own:?})")), "{own} in {row}");
                    assert!(!row.contains(&format!("Text({other:?})")), "{other} in {row}");
                }
                let is_marked = row.ends_with(&format!("Text({:?})]", text(language, "unconfirmed")));
                assert_eq!(is_marked, criterion.unconfirmed, "{row}");
            }
        }
    }
}

#[test]
fn paper_asks_for_the_evidence_of_the_chosen_framework_only() {
    let catalogue = catalogue().expect("the catalogue has no faults");
    let park = demo::example("khu-mau", catalogue).expect("the sample park");
    let period = Period::year(2024).expect("a year");
    let framework = &catalogue.frameworks[&engine::ids::FrameworkId::new("vn-decree-35-2022")];
    let report = report(&park, catalogue, &Order { period, as_of: jiff::civil::date(2025, 1, 31), framework });
    let document = park_document(&report, &park, catalogue, Language::Vi, Extent::Printed);
    assert_eq!(rows(&document, "vn-decree-35-2022-evidence").len(), 11);
    assert_eq!(rows(&document, "international-eip-2017-evidence").len(), 0);
}
