//! What a trial says, in words.

use engine::assess::Lack;
use engine::assess::found::Terms;
use engine::assess::policy::wishes::Field;
use engine::assess::policy::{ChangeSet, Verdict, Wanted};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework, Rule};
use engine::language::{Language, format_number};

use super::costs::Bounds;
use crate::wording::{self, Names};
use crate::words::{text, text_with};

/// One change of one row.
pub struct ChangeLine {
    pub criterion: String,
    pub label: String,
    pub what: String,
    pub before: String,
    pub after: String,
}

/// Every change in words, dropped and new rows at the end.
pub fn changes(
    language: Language,
    catalogue: &Catalogue,
    edition: &Framework,
    after: &Framework,
    changes: &ChangeSet,
) -> Vec<ChangeLine> {
    let mut lines = Vec::new();
    for (id, change) in &changes.rows {
        let (Some(old), Some(new)) = (edition.criterion(id), after.criterion(id)) else { continue };
        let mut push = |field: Field, say: &dyn Fn(&Criterion) -> String| {
            lines.push(line(language, old, field_name(language, field), say(old), say(new)));
        };
        // A target reads with its direction, so that both make one line.
        if change.target.is_some() || change.direction.is_some() {
            push(Field::Target, &|row| wording::target(language, row.rule, row.target, &row.unit));
        }
        if change.min_employees.is_some() {
            push(Field::MinEmployees, &|row| scope(language, terms(row, catalogue).min_employees));
        }
        if change.coverage.is_some() {
            push(Field::Coverage, &|row| coverage(language, terms(row, catalogue).coverage));
        }
    }
    let target = |row: &Criterion| wording::target(language, row.rule, row.target, &row.unit);
    for old in changes.dropped.iter().filter_map(|id| edition.criterion(id)) {
        lines.push(line(language, old, field_name(language, Field::Drop), target(old), "–".to_string()));
    }
    for new in &changes.added {
        lines.push(line(language, new, field_name(language, Field::Add), "–".to_string(), target(new)));
    }
    lines
}

fn line(language: Language, row: &Criterion, what: String, before: String, after: String) -> ChangeLine {
    let label = row.label.get(language).to_string();
    ChangeLine { criterion: row.id.to_string(), label, what, before, after }
}

pub fn terms(row: &Criterion, catalogue: &Catalogue) -> Terms {
    Terms::of(row, catalogue.indicator(row))
}

pub fn field_name(language: Language, field: Field) -> String {
    text(language, &format!("policy-field-{}", field.code().replace('_', "-")))
}

pub fn direction(language: Language, rule: Rule) -> String {
    text(language, &format!("policy-direction-{}", rule.code().replace('_', "-")))
}

/// Tenants that are asked.
pub fn scope(language: Language, min_employees: u32) -> String {
    match min_employees {
        0 => text(language, "policy-scope-all"),
        count => text_with(language, "policy-scope", &[("count", &format_number(language, f64::from(count), 0))]),
    }
}

pub fn coverage(language: Language, share: f64) -> String {
    let percent = format_number(language, 100.0 * share, 0);
    text_with(language, "policy-coverage", &[("percent", &percent)])
}

pub fn verdict(language: Language, verdict: Verdict) -> String {
    let code = match verdict {
        Verdict::Meets => "meets",
        Verdict::Fails => "fails",
        Verdict::Open => "open",
    };
    text(language, &format!("policy-verdict-{code}"))
}

/// One value, both ends of what is still possible, or a question mark.
pub fn range(language: Language, unit: &str, range: Option<(f64, f64)>) -> String {
    let name = wording::criterion_unit(language, unit);
    let one = |value: f64| match unit {
        "yes_no" => text(language, if value == 1.0 { "yes" } else { "no" }),
        _ => format_number(language, value, if value.fract().abs() < 1e-9 { 0 } else { 1 }),
    };
    match range {
        None => text(language, "unknown-mark"),
        Some((low, high)) if unit == "yes_no" && low == high => one(low),
        Some((low, high)) if unit == "yes_no" => format!("{} … {}", one(low), one(high)),
        Some((low, high)) if low == high => format!("{} {name}", one(low)),
        Some((low, high)) => format!("{} … {} {name}", one(low), one(high)),
    }
}

pub fn lacks(language: Language, lacks: &[Lack]) -> String {
    let word = |lack: &Lack| text(language, &format!("policy-lack-{}", lack.code().replace('_', "-")));
    lacks.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What would have to be handed in.
pub fn wanted(names: &Names, wanted: &Wanted) -> String {
    let language = names.language;
    match wanted {
        Wanted::Answers { question, enterprises } => text_with(
            language,
            "policy-wanted-answers",
            &[("question", &names.question(question)), ("count", &enterprises.to_string())],
        ),
        Wanted::Statement { fact } => text_with(language, "policy-wanted-statement", &[("fact", &names.fact(fact))]),
        Wanted::Records { group, enterprises: 0 } if group == "tenants" => text(language, "policy-wanted-tenants"),
        Wanted::Records { group, enterprises: 0 } => {
            text_with(language, "policy-wanted-first-records", &[("group", &names.group(group))])
        }
        Wanted::Records { group, enterprises } => text_with(
            language,
            "policy-wanted-records",
            &[("group", &names.group(group)), ("count", &enterprises.to_string())],
        ),
        Wanted::Rule => text(language, "policy-wanted-rule"),
    }
}

/// A sum of money, or the two between which it lies.
pub fn bounds(language: Language, bounds: Bounds) -> String {
    let (low, high) = (wording::money(language, bounds.low), wording::money(language, bounds.high));
    match bounds.low {
        _ if low == high => low,
        0.0 => text_with(language, "policy-at-most", &[("high", &high)]),
        _ => text_with(language, "policy-between", &[("low", &low), ("high", &high)]),
    }
}
