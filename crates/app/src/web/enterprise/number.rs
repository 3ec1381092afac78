//! Numbers as people type them, in the language of the page.

use engine::language::{Language, format_number};

/// More digits than any bill has; longer text is not a number that somebody meant.
const LONGEST: usize = 24;
/// Decimals that a cell shows at most.
const DECIMALS: usize = 6;

/// `1.234,5` in Vietnamese, `1,234.5` in English. Groups must be whole: `12.5` is no Vietnamese number, for nobody
/// can tell whether it means twelve and a half or a slip in `12.500`.
pub fn parse(language: Language, text: &str) -> Option<f64> {
    let (group, point) = match language {
        Language::Vi => ('.', ','),
        Language::En => (',', '.'),
    };
    let plain: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect();
    if plain.is_empty() || plain.len() > LONGEST {
        return None;
    }
    let (whole, fraction) = plain.split_once(point).unwrap_or((&plain, "0"));
    let groups: Vec<&str> = whole.split(group).collect();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = groups.len() == 1
        || (groups.first().is_some_and(|first| first.len() <= 3)
            && groups.iter().skip(1).all(|group| group.len() == 3));
    if !groups.iter().all(|group| is_digits(group)) || !is_grouped || !is_digits(fraction) {
        return None;
    }
    format!("{}.{fraction}", groups.concat()).parse().ok()
}

/// The number as [`parse`] reads it back, without idle zeros.
pub fn write(language: Language, value: f64) -> String {
    let text = format_number(language, value, DECIMALS);
    text.trim_end_matches('0').trim_end_matches([',', '.']).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, text: &str, expected: Option<f64>) {
        assert_eq!(parse(language, text), expected, "{text}");
    }

    #[test]
    fn each_language_reads_its_own_numbers() {
        check(Language::Vi, "1.234,5", Some(1234.5));
        check(Language::Vi, "1234,5", Some(1234.5));
        check(Language::Vi, " 12 500 ", Some(12500.0));
        check(Language::Vi, "12.500", Some(12500.0));
        check(Language::En, "1,234.5", Some(1234.5));
        check(Language::En, "12.500", Some(12.5));
        check(Language::En, "0", Some(0.0));
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for text in ["12.5", "1.2345", "1,234,5", "1,5 tấn", "-5", "1e9", "inf", "", ",5", "5,", "1..000", ".500"] {
            check(Language::Vi, text, None);
        }
        for text in ["1,5", "12,3456", "1.2.3", "−5"] {
            check(Language::En, text, None);
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for language in Language::ALL {
            for value in [0.0, 1.0, 120.0, 1000.0, 1234.5, 0.25, 98_765_432.125] {
                assert_eq!(parse(language, &write(language, value)), Some(value));
            }
        }
    }
}
