//! Where a fault stands, in the reader's language. Names of files, sheets, cells and columns stay as they are; the words
//! around them, and what the program itself calls a place, do not.

use engine::fault::Place;
use engine::language::Language;

use crate::words::{text, text_with};

/// Places that no file of the reader has the name of.
const NAMED: [&str; 5] = ["block", "changes", "parks", "register", "workbook"];

/// `records.csv line 12, amount`, `records!D17, amount` in a workbook.
pub fn place(language: Language, place: &Place) -> String {
    let file = match NAMED.contains(&place.file.as_str()) {
        true => text(language, &format!("place-{}", place.file)),
        false => place.file.clone(),
    };
    let file = match (&place.cell, place.line) {
        (Some(cell), _) => format!("{file}!{cell}"),
        (None, Some(line)) => text_with(language, "place-line", &[("file", &file), ("line", &line.to_string())]),
        (None, None) => file,
    };
    match &place.column {
        Some(column) => format!("{file}, {column}"),
        None => file,
    }
}

#[cfg(test)]
mod tests {
    use engine::fault::{Fault, FaultKind};

    use super::*;

    fn at(file: &str, line: Option<usize>, cell: Option<&str>, column: Option<&str>) -> Place {
        Place { file: file.to_string(), line, column: column.map(str::to_string), cell: cell.map(str::to_string) }
    }

    fn check(place: &Place, vi: &str, en: &str) {
        assert_eq!(super::place(Language::Vi, place), vi);
        assert_eq!(super::place(Language::En, place), en);
    }

    #[test]
    fn a_place_speaks_the_language_of_the_reader() {
        let line = at("records.csv", Some(12), None, Some("amount"));
        check(&line, "records.csv dòng 12, amount", "records.csv line 12, amount");
        // English is what the engine says.
        assert_eq!(super::place(Language::En, &line), line.to_string());
        check(&at("records", Some(17), Some("D17"), Some("amount")), "records!D17, amount", "records!D17, amount");
        check(&at("records.csv", None, None, None), "records.csv", "records.csv");
        check(&at("workbook", None, None, None), "tệp Excel", "workbook");
        check(&at("register", Some(3), None, Some("name")), "sổ đăng ký dòng 3, name", "register line 3, name");
    }

    #[test]
    fn a_fault_speaks_of_other_lines_in_the_same_language() {
        let fault = |expected: &str| Fault {
            place: at("records.csv", Some(12), None, Some("from")),
            kind: FaultKind::OverlappingPeriods,
            found: "2024-03".to_string(),
            expected: expected.to_string(),
        };
        for expected in ["≠ 2024-03, line 7", "once, see line 7"] {
            let told = crate::wording::fault(Language::Vi, &fault(expected));
            assert!(
                told.contains("records.csv dòng 12") && told.contains("dòng 7") && !told.contains("line"),
                "{told}"
            );
            let told = crate::wording::fault(Language::En, &fault(expected));
            assert!(told.contains("records.csv line 12") && told.contains("line 7"), "{told}");
        }
    }

    #[test]
    fn every_named_place_has_its_words() {
        for name in NAMED {
            assert!(crate::words::has(Language::Vi, &format!("place-{name}")), "{name}");
        }
    }
}
