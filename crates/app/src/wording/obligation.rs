//! What a duty says: whether it applies and why, by when, and what would have to be known to tell.

use engine::catalogue::Catalogue;
use engine::catalogue::duties::Trigger;
use engine::language::{Language, format_date, format_number};
use engine::report::obligations::{Amount, Answer, Because, Duty};

use crate::obligations::Left;
use crate::words::{text, text_with};

fn because_key(because: Because) -> String {
    because.code().replace('_', "-")
}

/// `Áp dụng vì …`, `Không áp dụng vì …` or `Chưa rõ, cần biết …`.
pub fn answer(language: Language, duty: &Duty) -> String {
    match &duty.answer {
        Answer::Applies { .. } => {
            text_with(language, "obligation-applies", &[("because", &trigger(language, duty.trigger))])
        }
        Answer::DoesNotApply { because } => {
            let because = text(language, &format!("obligation-not-{}", because_key(*because)));
            text_with(language, "obligation-does-not-apply", &[("because", &because)])
        }
        Answer::CannotTell { because } => {
            let because = text(language, &format!("obligation-need-{}", because_key(*because)));
            text_with(language, "obligation-cannot-tell", &[("because", &because)])
        }
    }
}

/// Class of the style sheet for an answer.
pub fn answer_class(answer: &Answer) -> &'static str {
    match answer {
        Answer::Applies { .. } => "met",
        Answer::DoesNotApply { .. } => "not-applicable",
        Answer::CannotTell { .. } => "unknown",
    }
}

/// What makes a duty apply, with its threshold.
pub fn trigger(language: Language, trigger: Trigger) -> String {
    let with = |key: &str, threshold: f64| {
        let decimals = if threshold.fract() == 0.0 { 0 } else { 1 };
        text_with(language, key, &[("threshold", &format_number(language, threshold, decimals))])
    };
    match trigger {
        Trigger::EcoCertified => text(language, "obligation-trigger-certificate"),
        Trigger::GhgList => text(language, "obligation-trigger-ghg-list"),
        Trigger::EnvironmentPermit => text(language, "obligation-trigger-permit"),
        Trigger::EnergyToe(threshold) => with("obligation-trigger-energy", threshold),
        Trigger::WastewaterM3Day(threshold) => with("obligation-trigger-wastewater", threshold),
        Trigger::EmployeesAbove(threshold) => with("obligation-trigger-employees", threshold),
    }
}

/// The day before which it is due, or that none was read; empty where the duty does not stand.
pub fn due(language: Language, answer: &Answer) -> String {
    match answer {
        Answer::Applies { before: Some(before) } => {
            text_with(language, "obligation-before", &[("day", &format_date(*before))])
        }
        Answer::Applies { before: None } => text(language, "obligation-no-day"),
        Answer::DoesNotApply { .. } | Answer::CannotTell { .. } => String::new(),
    }
}

/// The last working day on which it is in time, and how many are left.
pub fn left(language: Language, left: &Left) -> String {
    match left {
        Left::Known(left) => text_with(
            language,
            "obligation-left",
            &[("day", &format_date(left.last_day.day)), ("count", &left.working_days.to_string())],
        ),
        Left::Unknown(unknown) => {
            text_with(language, "obligation-unknown-year", &[("year", &unknown.year.to_string())])
        }
    }
}

/// The text of law and the place in it.
pub fn law(language: Language, catalogue: &Catalogue, duty: &Duty) -> String {
    let named = catalogue.legal_texts.get(&duty.text).map(|text| text.label.get(language).to_string());
    let named = named.unwrap_or_else(|| duty.text.clone());
    if duty.place.is_empty() { named } else { format!("{named}, {}", duty.place) }
}

/// An amount; one of which months are missing is at least that.
pub fn amount(language: Language, amount: Option<Amount>, unit: &str) -> String {
    let Some(amount) = amount else { return text(language, "obligation-not-known") };
    let number = format!("{} {unit}", format_number(language, amount.value, super::decimals(amount.value)));
    if amount.is_complete { number } else { text_with(language, "obligation-at-least", &[("amount", &number)]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::has;

    #[test]
    fn every_property_has_its_words() {
        for because in Because::ALL {
            for (language, way) in
                Language::ALL.into_iter().flat_map(|language| [(language, "not"), (language, "need")])
            {
                let key = format!("obligation-{way}-{}", because_key(because));
                assert!(has(language, &key), "{key} in {}", language.code());
            }
        }
    }
}
