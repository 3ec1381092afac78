//! What a proposal of a profile says: its range, its reasons, and what it is about.

use engine::catalogue::Catalogue;
use engine::catalogue::profiles::{ProfileSubject, Rate, RateDriver};
use engine::language::{Language, format_number};
use engine::observe::profiles::{Firm, Ground, Level, Proposal, Range, level_of};
use engine::park::Direction;

use super::decimals;
use crate::words::{text, text_with};

/// The range, or why there is none.
pub fn quantity(language: Language, catalogue: &Catalogue, proposal: &Proposal) -> String {
    match &proposal.range {
        Some(known) => range(language, catalogue, known),
        None if proposal.is_too_wide => text(language, "profile-too-wide"),
        None => text(language, "profile-no-range"),
    }
}

/// `32.000 … 100.000 m³`, the ends rounded outwards to two figures: a range is no measurement.
fn range(language: Language, catalogue: &Catalogue, range: &Range) -> String {
    let (low, high) = (rounded(range.low, f64::floor), rounded(range.high, f64::ceil));
    ends(language, catalogue, low, high, &range.unit)
}

fn rounded(value: f64, towards: fn(f64) -> f64) -> f64 {
    let step = 10f64.powf(value.log10().floor() - 1.0);
    // A value on a step must not leave it by the last digit of the division.
    let steps = value / step;
    let near = steps.round();
    step * if (steps - near).abs() < 1e-9 { near } else { towards(steps) }
}

fn ends(language: Language, catalogue: &Catalogue, low: f64, high: f64, unit: &str) -> String {
    let number = |value: f64| format_number(language, value, decimals(value));
    let unit = catalogue.units.get(unit).map_or(unit, |unit| unit.label.get(language));
    format!("{} … {} {unit}", number(low), number(high))
}

pub fn direction(language: Language, proposal: &Proposal) -> String {
    let key = match (proposal.direction, &proposal.about) {
        (Direction::Give, _) => "profile-gives",
        (Direction::Take, ProfileSubject::Resource(_)) => "profile-uses",
        (Direction::Take, ProfileSubject::Stream { .. }) => "profile-could-take",
    };
    text(language, key)
}

/// The resource by its name, or the waste code; nothing for heat and water.
pub fn about(language: Language, catalogue: &Catalogue, proposal: &Proposal) -> String {
    match &proposal.about {
        ProfileSubject::Resource(id) => {
            catalogue.resource(id).map_or_else(String::new, |resource| resource.label.get(language).to_string())
        }
        ProfileSubject::Stream { ewc, .. } => {
            ewc.as_ref().map_or_else(String::new, |code| text_with(language, "profile-code", &[("code", code)]))
        }
    }
}

/// What the profile was made from: sector and size.
pub fn firm(language: Language, catalogue: &Catalogue, sector: &str, firm: &Firm) -> String {
    let whole = |value: f64| format_number(language, value, 0);
    let mut parts = vec![sector_name(language, catalogue, sector)];
    if let Some(employees) = firm.employees {
        parts.push(text_with(language, "profile-employees", &[("count", &whole(f64::from(employees)))]));
    }
    if let Some(tonnes) = firm.product_t {
        parts.push(text_with(language, "profile-output", &[("count", &whole(tonnes))]));
    }
    if firm.employees.is_none() && firm.product_t.is_none() {
        parts.push(text(language, "profile-no-size"));
    }
    parts.extend(firm.products.iter().cloned());
    parts.join(", ")
}

fn sector_name(language: Language, catalogue: &Catalogue, sector: &str) -> String {
    let name = catalogue.industries.get(sector).map(|label| label.get(language)).unwrap_or_default();
    format!("{sector} {name}").trim_end().to_string()
}

/// Each reason in a sentence, and the places where the stream was seen in one more.
pub fn reasons(language: Language, catalogue: &Catalogue, proposal: &Proposal) -> Vec<String> {
    let mut reasons: Vec<String> = proposal.grounds.iter().map(|one| ground(language, catalogue, one)).collect();
    if !proposal.places.is_empty() {
        let names: Vec<&str> = proposal.places.iter().map(String::as_str).collect();
        let count = proposal.places.len().to_string();
        reasons.push(text_with(language, "profile-places", &[("count", &count), ("names", &names.join("; "))]));
    }
    reasons
}

fn ground(language: Language, catalogue: &Catalogue, ground: &Ground) -> String {
    let place = |level: Level, sector: &str| {
        let level = match level {
            Level::Class => "profile-class",
            Level::Group => "profile-group",
            Level::Division => "profile-division",
            Level::Section => "profile-section",
        };
        format!("{} {}", text(language, level), sector_name(language, catalogue, sector))
    };
    match ground {
        Ground::Stated { sector, level, rate, output, widened, source, unconfirmed: _ } => {
            let own_level = level_of(sector);
            let stated = text_with(language, "profile-stated", &[("sector", &place(own_level, sector))]);
            let mut parts = vec![stated];
            parts.extend(rate.as_ref().map(|rate| rate_words(language, catalogue, rate)));
            parts.extend(output.as_ref().map(|rate| {
                let ends = ends(language, catalogue, rate.low, rate.high, &rate.unit);
                text_with(language, "profile-by-output", &[("range", &ends)])
            }));
            if *widened > 1.0 {
                let factor = format_number(language, *widened, 1);
                let near = place(*level, sector.get(..digits(*level)).unwrap_or(sector));
                parts.push(text_with(language, "profile-widened", &[("factor", &factor), ("sector", &near)]));
            } else if own_level != *level {
                let near = place(*level, sector.get(..digits(*level)).unwrap_or(sector));
                parts.push(text_with(language, "profile-neighbour", &[("sector", &near)]));
            }
            let source = text_with(language, "profile-source-is", &[("source", source.get(language))]);
            format!("{}. {source}", parts.join("; "))
        }
        Ground::Seen { isic4, level: _, exchanges } => {
            let count = exchanges.len().to_string();
            let sector = place(Level::Class, isic4);
            text_with(language, "profile-seen", &[("sector", &sector), ("count", &count)])
        }
    }
}

fn rate_words(language: Language, catalogue: &Catalogue, rate: &Rate) -> String {
    let ends = ends(language, catalogue, rate.low, rate.high, &rate.unit);
    let key = match rate.driver {
        RateDriver::Employee => "profile-per-employee",
        RateDriver::Product => "profile-per-product",
    };
    text_with(language, key, &[("range", &ends)])
}

fn digits(level: Level) -> usize {
    match level {
        Level::Section => 1,
        Level::Division => 2,
        Level::Group => 3,
        Level::Class => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_rounded_outwards_to_two_figures() {
        for (value, down, up) in
            [(32_000.0, 32_000.0, 32_000.0), (1_234.0, 1_200.0, 1_300.0), (0.0567, 0.056, 0.057), (9.99, 9.9, 10.0)]
        {
            assert!((rounded(value, f64::floor) - down).abs() < 1e-9, "{value}");
            assert!((rounded(value, f64::ceil) - up).abs() < 1e-9, "{value}");
        }
    }
}
