//! What a greenhouse gas account says: parts, sums, why something is not known.

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::language::{Language, format_number};
use engine::report::greenhouse::{Account, FactorUse, Line, Part, Range, Sum, Unknown};

use super::decimals;
use crate::words::{text, text_with};

pub const UNIT: &str = "t CO₂e";

pub fn part(language: Language, part: Part) -> String {
    text(language, &format!("greenhouse-part-{}", part.code()))
}

pub fn unknown(language: Language, why: Unknown) -> String {
    text(language, &format!("greenhouse-unknown-{}", why.code()))
}

/// Tonnes, without their unit.
pub fn tonnes(language: Language, kg: f64) -> String {
    let tonnes = kg / 1_000.0;
    format_number(language, tonnes, decimals(tonnes))
}

pub fn range(language: Language, range: &Range) -> String {
    format!("{} … {}", tonnes(language, range.low), tonnes(language, range.high))
}

/// The value of a sum, or at least what, or that nothing is known.
pub fn sum(language: Language, sum: &Sum) -> String {
    match sum.value_kg {
        Some(kg) => tonnes(language, kg),
        None if sum.known_kg > 0.0 => {
            text_with(language, "greenhouse-at-least", &[("amount", &tonnes(language, sum.known_kg))])
        }
        None => "?".to_string(),
    }
}

/// What a sum lacks.
pub fn lack(language: Language, sum: &Sum) -> String {
    let (unknown, gaps) = (sum.unknown.to_string(), sum.gaps.to_string());
    let mut lacks = Vec::new();
    if sum.lines == 0 {
        lacks.push(text(language, "greenhouse-nothing"));
    }
    if sum.unknown > 0 {
        lacks.push(text_with(language, "greenhouse-lines-unknown", &[("count", &unknown)]));
    }
    if sum.gaps > 0 {
        lacks.push(text_with(language, "greenhouse-gaps-in-sum", &[("count", &gaps)]));
    }
    if lacks.is_empty() { text(language, "greenhouse-complete") } else { lacks.join("; ") }
}

/// Codes of the editions that a line was reckoned with, each once.
pub fn editions(line: &Line) -> String {
    let mut codes: Vec<&str> = line.factors.iter().map(|factor| factor.edition.as_str()).collect();
    codes.dedup();
    codes.join(", ")
}

/// Every factor of an account once.
pub fn factors(account: &Account) -> Vec<&FactorUse> {
    let all = account.lines.iter().flat_map(|line| &line.factors);
    let by_id: BTreeMap<(&str, &str), &FactorUse> =
        all.map(|factor| ((factor.edition.as_str(), factor.id.as_str()), factor)).collect();
    by_id.into_values().collect()
}

pub fn edition(language: Language, catalogue: &Catalogue, id: &str) -> String {
    catalogue.factor_editions.get(id).map_or_else(|| id.to_string(), |found| found.label.get(language).to_string())
}

/// What has to be said of a factor besides its source.
pub fn factor_note(language: Language, factor: &FactorUse) -> String {
    let mut notes = Vec::new();
    if factor.stands_in {
        notes.push(text(language, "greenhouse-stands-in"));
    }
    if factor.unconfirmed {
        notes.push(text(language, "unconfirmed"));
    }
    notes.join("; ")
}

/// The figure that one look should take away.
pub fn finding(language: Language, account: &Account) -> String {
    let of = |part: Part| account.sums.parts.get(&part).copied().unwrap_or_default();
    let with_unit = |value: &Sum| match value.value_kg.is_some() || value.known_kg > 0.0 {
        true => format!("{} {UNIT}", sum(language, value)),
        false => text(language, "greenhouse-not-known"),
    };
    let told = [
        ("scope1", with_unit(&account.sums.scope_1)),
        ("location", with_unit(&of(Part::Location))),
        ("market", with_unit(&of(Part::Market))),
    ];
    let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
    text_with(language, "greenhouse-finding", &told)
}

/// The sums of an account in the order in which they are told, each with its name. Market and location stay apart.
pub fn sums(language: Language, account: &Account) -> Vec<(String, Sum)> {
    let named = |key: &str, sum: Sum| (text(language, key), sum);
    let of = |wanted: Part| (part(language, wanted), account.sums.parts.get(&wanted).copied().unwrap_or_default());
    vec![
        of(Part::Combustion),
        of(Part::Process),
        of(Part::Fugitive),
        named("greenhouse-scope-1", account.sums.scope_1),
        of(Part::Location),
        of(Part::Market),
        named("greenhouse-with-location", account.sums.with_location),
        named("greenhouse-with-market", account.sums.with_market),
        of(Part::Biogenic),
    ]
}
