//! What a fault expected, in the reader's language. Codes, ranges and examples stand as they are; the few phrases that
//! the engine says have their words, with what changes in them (a line, a file, a number) kept in its place.

use engine::language::Language;

use crate::words::text_if_complete;

/// The names of what changes in a phrase, in its order.
const PLACES: [&str; 4] = ["a", "b", "c", "d"];

pub fn expected(language: Language, said: &str) -> String {
    let (key, changing) = parts(said);
    // The name of a column may be the one word of a phrase.
    let worded = (changing.len() <= PLACES.len())
        .then(|| text_if_complete(language, &key, &PLACES.into_iter().zip(changing).collect::<Vec<_>>()));
    worded.flatten().unwrap_or_else(|| said.to_string())
}

/// The key of a phrase is made of its plain words; everything else changes from fault to fault.
fn parts(said: &str) -> (String, Vec<&str>) {
    let tokens = said.split_whitespace().map(|token| token.trim_end_matches([',', ';']));
    let (words, changing): (Vec<&str>, Vec<&str>) =
        tokens.partition(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_lowercase()));
    (format!("expected-{}", words.join("-")), changing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use engine::fault::{Fault, FaultKind, Place};

    use super::*;
    use crate::words::has;

    #[test]
    fn phrases_are_worded_and_codes_are_not() {
        let vi = |said| expected(Language::Vi, said);
        assert_eq!(vi("once, see line 12"), "đúng một lần, xem dòng 12");
        assert_eq!(vi("an id of givers.csv"), "một mã của givers.csv");
        assert_eq!(vi("1 to 60"), "1 đến 60");
        for code in ["to", "material | water | heat", "yyyy-MM-dd | dd/MM/yyyy", "G01*0.5; G02=100", "≠ E01", ""] {
            assert_eq!(vi(code), code);
        }
        assert_eq!(expected(Language::En, "once, see line 12"), "once, see line 12");
        let place = Place { file: "plants".to_string(), column: Some("input".to_string()), ..Place::default() };
        let twice = Fault { place, kind: FaultKind::Duplicate, found: "T01".to_string(), expected: "once".to_string() };
        assert_eq!(crate::wording::fault(Language::Vi, &twice), "plants, input: \"T01\" lặp lại, cần đúng một lần");
    }

    /// Every phrase that a fault is made with in the sources has its words. What only the catalogue of the program can
    /// have wrong is left out: nobody is shown it.
    #[test]
    fn every_phrase_that_a_fault_expects_has_its_words() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = Vec::new();
        for part in ["engine/src", "readings/src", "app/src"] {
            sources(&crates.join(part), &mut files);
        }
        let (mut found, mut missing) = (0, BTreeSet::new());
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for phrase in phrases(text.split("#[cfg(test)]\nmod tests").next().unwrap()) {
                found += 1;
                let (key, _) = parts(&phrase);
                if !has(Language::Vi, &key) {
                    missing.insert(format!("{}: {phrase}: {key}", file.display()));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
        assert!(found > 20, "the search finds {found}");
    }

    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.to_string_lossy();
            let is_of_catalogue = name.contains("/catalogue") && !name.ends_with("/frameworks/read.rs");
            let is_left_out = is_of_catalogue || name.ends_with("/assumption.rs") || name.contains("/tests");
            if path.is_dir() {
                sources(&path, files);
            } else if name.ends_with(".rs") && !is_left_out {
                files.push(path);
            }
        }
    }

    /// Texts in the statement of a kind of fault, or of what is expected, that are made of words: two of them side by
    /// side, or one that is known to be said.
    fn phrases(source: &str) -> Vec<String> {
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n").replace("'\"'", "").replace("\\\"", "'");
        let (mut found, mut before) = (Vec::new(), String::new());
        for (number, part) in code.split('"').enumerate() {
            let is_text = number % 2 == 1;
            let makes_faults = ["FaultKind::", "expected: ", "expected = "].iter().any(|mark| before.contains(mark));
            if is_text && makes_faults && !before.contains("write!") && !part.starts_with("expected ") {
                found.push(with_examples(part));
            }
            if !is_text {
                before.push_str(part);
                let end = [";\n", "}\n"].iter().filter_map(|end| before.rfind(end)).max();
                before.drain(..end.map_or(0, |at| at + 2));
            }
        }
        found.retain(|text| is_phrase(text));
        found
    }

    /// `once, see line {line}` as it may come out.
    fn with_examples(text: &str) -> String {
        let mut parts = text.split('{');
        let first = parts.next().unwrap_or_default().to_string();
        parts.fold(first, |said, part| said + "1" + part.split_once('}').map_or("", |(_, rest)| rest))
    }

    fn is_phrase(text: &str) -> bool {
        let is_word = |token: &str| token.len() > 1 && token.bytes().all(|byte| byte.is_ascii_lowercase());
        let tokens: Vec<&str> = text.split_whitespace().collect();
        tokens.windows(2).any(|pair| is_word(pair[0].trim_end_matches([',', ';'])) && is_word(pair[1]))
            || ["once", "text"].contains(&text)
    }
}
