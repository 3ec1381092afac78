//! What was expected of a measure, held against the days that its verification covers: the page of the measure, its
//! certificate, its plan and the portfolio say the same.

use engine::language::{Language, format_number};
use engine::verify::isolation::STIPULATED;
use engine::verify::measures::MeasureVerification;
use engine::verify::promise::{Covered, Promise};

use crate::words::text_with;

/// Whole days as they are; rows by the hour leave a tenth.
pub fn days(language: Language, days: f64) -> String {
    let is_whole = (days - days.round()).abs() < 0.05;
    format_number(language, days, if is_whole { 0 } else { 1 })
}

/// The expectation of a year, and what of it falls on the days compared. `scale` is canonical units in one of the printed
/// `unit`.
pub fn expected(
    language: Language,
    verification: &MeasureVerification,
    promise: &Promise,
    (scale, unit): (f64, &str),
) -> String {
    let year = amount(language, promise.a_year * scale);
    match &promise.covered {
        Some(covered) => {
            let (amount, days) = (amount(language, covered.expected * scale), days(language, covered.days));
            let facts = [("year", &*year), ("amount", &*amount), ("days", &*days), ("unit", unit)];
            let is_agreed = verification.claim.method == STIPULATED;
            text_with(language, if is_agreed { "promise-agreed" } else { "promise-compared" }, &facts)
        }
        None => text_with(language, "promise-not-compared", &[("year", &*year), ("unit", unit)]),
    }
}

/// What of an expectation falls on the days compared, alone.
pub fn covered(language: Language, covered: &Covered, (scale, unit): (f64, &str)) -> String {
    let (amount, days) = (amount(language, covered.expected * scale), days(language, covered.days));
    text_with(language, "promise-covered", &[("amount", &*amount), ("days", &*days), ("unit", unit)])
}

fn amount(language: Language, value: f64) -> String {
    format_number(language, value, super::decimals(value))
}
