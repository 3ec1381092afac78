//! How the saving of a place is shared among its measures, in one language: the page and the certificate say the same.

use engine::language::{Language, format_number};
use engine::park::{Measure, Park};
use engine::verify::measures::MeasureVerification;

use crate::words::{text, text_with};

/// The whole and how its shares came about, each share, and what stays for none. `scale` is canonical units in one of the
/// printed `unit`. Empty where the measure is alone.
pub fn lines(
    language: Language,
    park: &Park,
    verification: &MeasureVerification,
    (scale, unit): (f64, &str),
) -> Vec<String> {
    let Some(sharing) = &verification.sharing else { return Vec::new() };
    let amount = |canonical: f64| {
        let value = canonical * scale;
        format_number(language, value, super::decimals(value))
    };
    let (whole, half) = (amount(sharing.whole), amount(sharing.whole_uncertainty_90));
    let way = text(language, &format!("sharing-by-{}", sharing.way.code()));
    let whole = [("saving", &*whole), ("half", &*half), ("unit", unit), ("way", &*way)];
    let mut lines = vec![text_with(language, "sharing-whole", &whole)];
    for share in &sharing.shares {
        let measure = park.measures.iter().find(|one| one.id.as_str() == share.name);
        let name = measure.map_or_else(|| share.name.clone(), |one| format!("{} {}", one.id, one.name.get(language)));
        let part = measure.map_or(0.0, |one| 100.0 * sharing.part_of(one));
        let (part, saving, half) =
            (format_number(language, part, 0), amount(share.saving), amount(share.uncertainty_90));
        let facts = [("name", &*name), ("part", &*part), ("saving", &*saving), ("half", &*half), ("unit", unit)];
        lines.push(text_with(language, "sharing-place-share", &facts));
    }
    let unassigned = amount(sharing.unassigned);
    lines.push(text_with(language, "sharing-unassigned", &[("saving", &*unassigned), ("unit", unit)]));
    lines
}

/// The share of a measure in percent; empty where several stand at one place and it is not known.
pub fn share(language: Language, measure: &Measure, verification: &MeasureVerification) -> String {
    let is_unknown = measure.share.is_none()
        && verification.sharing.is_none()
        && verification.held_back.iter().any(|reason| reason.is_of_place());
    match is_unknown {
        true => String::new(),
        false => format!("{} %", format_number(language, 100.0 * verification.claim.share, 0)),
    }
}
