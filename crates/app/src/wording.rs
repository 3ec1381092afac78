//! What the engine's values are called in each language: units, gaps, acts, faults, reasons for refusal.

use engine::assess::{Act, CriterionResult, Outcome, Score};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Rule;
use engine::fault::{Fault, FaultKind};
use engine::ids::FrameworkId;
use engine::language::{Language, format_date, format_number};
use engine::observe::Gap;
use engine::park::{Park, Status};
use engine::period::Period;
use engine::quantity::Dimension;
use engine::source::Basis;
use engine::verify::measures::HeldBack;
use engine::verify::sufficiency::Refusal;

pub mod certificate;
pub mod deal;
pub mod dossier;
mod expected;
pub mod finding;
pub mod form;
pub mod greenhouse;
pub mod obligation;
mod place;
pub mod planned;
pub mod profile;
pub mod promise;
pub mod ranking;
pub mod saving;
pub mod sharing;

use crate::words::{has, text, text_with};

/// A canonical value in the unit that people read, with that unit.
pub fn shown(dimension: Dimension, canonical: f64) -> (f64, &'static str) {
    match dimension {
        Dimension::Energy => (canonical / 1_000.0, "MWh"),
        Dimension::Volume => (canonical, "m³"),
        Dimension::Mass => (canonical / 1_000.0, "t"),
        Dimension::Emissions => (canonical / 1_000.0, "t CO₂e"),
        Dimension::Money => (canonical, "đồng"),
        Dimension::Area => (canonical / 10_000.0, "ha"),
        Dimension::Count => (canonical, ""),
        Dimension::Temperature => (canonical, "°C"),
        Dimension::DegreeDays => (canonical, "K·d"),
    }
}

/// As many decimals as the size of a value deserves: three leading figures, at most three decimals.
pub fn decimals(value: f64) -> usize {
    match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    }
}

/// `1.234,5 MWh`
pub fn amount(language: Language, dimension: Dimension, canonical: f64) -> String {
    let (value, unit) = shown(dimension, canonical);
    let number = format_number(language, value, decimals(value));
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

/// Money in words that fit a line: tỷ, triệu or đồng in Vietnamese; billion, million or VND in English.
pub fn money(language: Language, vnd: f64) -> String {
    let (value, key) = match vnd.abs() {
        v if v >= 1e9 => (vnd / 1e9, "money-billion"),
        v if v >= 1e6 => (vnd / 1e6, "money-million"),
        _ => (vnd, "money-vnd"),
    };
    let places = if key == "money-vnd" { 0 } else { decimals(value).min(1) };
    text_with(language, key, &[("value", &format_number(language, value, places))])
}

/// Full figure in đồng, as shown on hover and in tables.
pub fn money_in_full(language: Language, vnd: f64) -> String {
    text_with(language, "money-vnd", &[("value", &format_number(language, vnd, 0))])
}

/// `năm 2024`, `tháng 03/2024` or both dates.
pub fn period(language: Language, period: &Period) -> String {
    let start = period.start();
    let year = i32::from(start.year()).to_string();
    if Period::year(start.year()) == Some(*period) {
        return year;
    }
    if Period::month(start.year(), start.month()) == Some(*period) {
        return format!("{:02}/{year}", start.month());
    }
    let last = period.end().yesterday().unwrap_or(period.end());
    let (from, to) = (engine::language::format_date(start), engine::language::format_date(last));
    text_with(language, "period-from-to", &[("from", &from), ("to", &to)])
}

pub fn months(language: Language, months: &[Period]) -> String {
    months.iter().map(|month| period(language, month)).collect::<Vec<_>>().join(", ")
}

pub fn basis(language: Language, basis: Basis) -> String {
    text(language, &format!("basis-{}", basis.code()))
}

/// What an assumption rests on; a text is named as it stands.
pub fn source_of_assumption(language: Language, source: &str) -> String {
    match source {
        "from memory" => text(language, "assumption-from-memory"),
        "own choice" => text(language, "assumption-own-choice"),
        "set by hand, no data; from memory" => text(language, "assumption-set-by-hand"),
        other => other.to_string(),
    }
}

pub fn outcome(language: Language, outcome: Outcome) -> String {
    text(language, &format!("outcome-{}", outcome.code().replace('_', "-")))
}

/// Class of the style sheet for an outcome.
pub fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "met",
        Outcome::NotMet => "not-met",
        Outcome::Unknown => "unknown",
        Outcome::NotApplicable => "not-applicable",
    }
}

pub fn status(language: Language, status: Status) -> String {
    text(language, &format!("status-{}", status.code()))
}

/// `52 trên 63 tiêu chí áp dụng đạt (1 không áp dụng, 0 chưa đủ dữ liệu)`: never a bare percentage.
pub fn score(language: Language, score: &Score) -> String {
    let [met, applicable, not_applicable, unknown] =
        [score.met, score.applicable, score.not_applicable, score.unknown].map(|count| count.to_string());
    let counts: [(&str, &str); 4] =
        [("met", &met), ("applicable", &applicable), ("not_applicable", &not_applicable), ("unknown", &unknown)];
    text_with(language, "score", &counts)
}

pub fn percent(language: Language, score: &Score) -> Option<String> {
    score.percent().map(|percent| format!("{} %", format_number(language, f64::from(percent), 0)))
}

/// The unit of a criterion, as printed.
pub fn criterion_unit(language: Language, unit: &str) -> String {
    match unit {
        "percent" => "%".to_string(),
        other => text(language, &format!("unit-{}", other.replace('_', "-"))),
    }
}

/// `≥ 20 %`, `≤ 50 %` or `có`.
pub fn target(language: Language, rule: Rule, target: f64, unit: &str) -> String {
    let number = format_number(language, target, if target.fract() == 0.0 { 0 } else { 1 });
    match rule {
        Rule::Yes => text(language, "yes"),
        Rule::AtLeast => format!("≥ {number} {}", criterion_unit(language, unit)),
        Rule::AtMost => format!("≤ {number} {}", criterion_unit(language, unit)),
    }
}

/// The value of a criterion as printed; a range where missing data leave one open.
pub fn criterion_value(language: Language, result: &CriterionResult) -> String {
    let unit = criterion_unit(language, &result.unit);
    let one = |value: f64| match result.unit.as_str() {
        "yes_no" => text(language, if value == 1.0 { "yes" } else { "no" }),
        _ => format_number(language, value, if value.fract().abs() < 1e-9 { 0 } else { 1 }),
    };
    match (result.value, result.range) {
        _ if result.not_applicable.is_some() => "–".to_string(),
        (Some(value), _) if result.unit == "yes_no" => one(value),
        (Some(value), _) => format!("{} {unit}", one(value)),
        (None, Some((low, high))) if result.unit == "yes_no" => format!("{} … {}", one(low), one(high)),
        (None, Some((low, high))) => format!("{} … {} {unit}", one(low), one(high)),
        (None, None) => "?".to_string(),
    }
}

/// Words for the park's own things inside gaps and acts.
pub struct Names<'a> {
    pub language: Language,
    pub catalogue: &'a Catalogue,
    /// `None` where enterprises must not be named; then they are only counted.
    pub park: Option<&'a Park>,
}

impl Names<'_> {
    pub fn enterprise(&self, id: &engine::ids::EnterpriseId) -> String {
        self.park
            .and_then(|park| park.enterprise(id))
            .map_or_else(|| id.to_string(), |enterprise| enterprise.name.get(self.language).to_string())
    }

    pub fn resource(&self, id: &engine::ids::ResourceId) -> String {
        self.catalogue
            .resource(id)
            .map_or_else(|| id.to_string(), |resource| resource.label.get(self.language).to_string())
    }

    pub fn group(&self, group: &str) -> String {
        text(self.language, &format!("group-{group}"))
    }

    pub fn question(&self, code: &str) -> String {
        self.catalogue
            .questions
            .get(code)
            .map_or_else(|| code.to_string(), |question| question.label.get(self.language).to_string())
    }

    pub fn fact(&self, code: &str) -> String {
        self.catalogue
            .facts
            .get(code)
            .map_or_else(|| code.to_string(), |fact| fact.label.get(self.language).to_string())
    }

    /// Names where they may be shown, and always how many.
    pub fn enterprises(&self, ids: &[engine::ids::EnterpriseId]) -> String {
        const SHOWN: usize = 5;
        let count = ids.len().to_string();
        if self.park.is_none() || ids.is_empty() {
            return text_with(self.language, "enterprises-count", &[("count", &count)]);
        }
        let names: Vec<String> = ids.iter().take(SHOWN).map(|id| self.enterprise(id)).collect();
        let more = if ids.len() > SHOWN { ", …" } else { "" };
        let names = format!("{}{more}", names.join(", "));
        text_with(self.language, "enterprises-named", &[("count", &count), ("names", &names)])
    }

    pub fn gap(&self, gap: &Gap) -> String {
        let language = self.language;
        match gap {
            Gap::MissingMonths { enterprise, resource, months: missing } => {
                let who =
                    if self.park.is_some() { self.enterprise(enterprise) } else { text(language, "one-enterprise") };
                let (resource, missing) = (self.resource(resource), months(language, missing));
                text_with(
                    language,
                    "gap-missing-months",
                    &[("enterprise", &who), ("resource", &resource), ("months", &missing)],
                )
            }
            Gap::NeverReported { enterprise, group } => {
                let who =
                    if self.park.is_some() { self.enterprise(enterprise) } else { text(language, "one-enterprise") };
                text_with(language, "gap-never-reported", &[("enterprise", &who), ("group", &self.group(group))])
            }
            Gap::Unanswered { question, enterprises } => text_with(
                language,
                "gap-unanswered",
                &[("question", &self.question(question)), ("enterprises", &self.enterprises(enterprises))],
            ),
            Gap::TooOld { what } => text_with(language, "gap-too-old", &[("what", &self.fact(what))]),
            Gap::NotStated { fact } => text_with(language, "gap-not-stated", &[("fact", &self.fact(fact))]),
            Gap::NotProven { fact } => text_with(language, "gap-not-proven", &[("fact", &self.fact(fact))]),
            Gap::NothingRecorded { group } => {
                text_with(language, "gap-nothing-recorded", &[("group", &self.group(group))])
            }
            Gap::NoRule { criterion } => text_with(language, "gap-no-rule", &[("criterion", criterion)]),
        }
    }

    pub fn act(&self, act: &Act) -> String {
        let language = self.language;
        match act {
            Act::MoreEnterprises { question, needed, unanswered, .. } => {
                let (needed, open) = (needed.to_string(), unanswered.len().to_string());
                let question = self.question(question);
                text_with(
                    language,
                    "act-more-enterprises",
                    &[("needed", &needed), ("question", &question), ("unanswered", &open)],
                )
            }
            Act::MoreExchanges { needed } => {
                text_with(language, "act-more-exchanges", &[("needed", &needed.to_string())])
            }
            Act::IsoSystems { enterprises } => {
                text_with(language, "act-iso-systems", &[("enterprises", &self.enterprises(enterprises))])
            }
            Act::MoreOf { what, needed } => {
                let dimension = match what.as_str() {
                    "treated-wastewater" | "reused-water" => Dimension::Volume,
                    "metered-energy" => Dimension::Energy,
                    _ => Dimension::Mass,
                };
                let needed = amount(language, dimension, *needed);
                text_with(language, "act-more-of", &[("needed", &needed), ("what", &self.group(what))])
            }
            Act::State { fact } => text_with(language, "act-state", &[("fact", &self.fact(fact))]),
            Act::Change { fact } => text_with(language, "act-change", &[("fact", &self.fact(fact))]),
            Act::Record { groups } => {
                let groups = groups.iter().map(|group| self.group(group)).collect::<Vec<_>>().join(", ");
                text_with(language, "act-record", &[("groups", &groups)])
            }
            Act::AddRule => text(language, "act-add-rule"),
        }
    }
}

/// One fault in a sentence, with its place.
pub fn fault(language: Language, fault: &Fault) -> String {
    let place = place::place(language, &fault.place);
    let found = match fault.kind {
        // What cannot be read is told by the engine, not by the file.
        FaultKind::UnreadableFile => expected::expected(language, &fault.found),
        _ => fault.found.clone(),
    };
    text_with(
        language,
        &format!("fault-{}", fault.kind.code()),
        &[("place", &place), ("found", &found), ("expected", &expected::expected(language, &fault.expected))],
    )
}

pub fn held_back(language: Language, reason: HeldBack) -> String {
    match reason {
        HeldBack::NotBuilt => text(language, "held-back-not-built"),
        HeldBack::NoInstallationDates => text(language, "held-back-no-installation-dates"),
        HeldBack::Refused => text(language, "held-back-refused"),
        HeldBack::NotSigned => text(language, "held-back-not-signed"),
        HeldBack::NotSignificant => text(language, "held-back-not-significant"),
        HeldBack::AdjustmentUnusable => text(language, "held-back-adjustment-unusable"),
        HeldBack::Stipulated => text(language, "held-back-stipulated"),
        HeldBack::SharesAboveOne => text(language, "held-back-shares-above-one"),
        HeldBack::SharesPartlyStated => text(language, "held-back-shares-partly-stated"),
        HeldBack::SharesOfDifferentComparisons => text(language, "held-back-shares-of-different-comparisons"),
        HeldBack::SharesNeedExpectations => text(language, "held-back-shares-need-expectations"),
        HeldBack::BaselineHoldsOther { clean_from } => {
            text_with(language, "held-back-baseline-holds-other", &[("day", &format_date(clean_from))])
        }
    }
}

/// Why a saving is not stated, with what would be needed.
pub fn refusal(language: Language, reason: &Refusal) -> String {
    let sentence = text(language, &format!("refusal-{}", reason.code()));
    match reason.more_months() {
        Some(count) if count > 0 => {
            format!("{sentence} {}", text_with(language, "refusal-more-months", &[("count", &count.to_string())]))
        }
        _ => sentence,
    }
}

/// The framework's short name; one that we have no name for is called as it calls itself, with its edition.
pub fn framework(catalogue: &Catalogue, language: Language, id: &FrameworkId) -> String {
    let key = format!("framework-{id}");
    match catalogue.frameworks.get(id) {
        _ if has(language, &key) => text(language, &key),
        Some(framework) => format!("{} ({})", framework.name, framework.version),
        None => id.to_string(),
    }
}
