//! Writes an edition as TOML. Read again it is the same edition, in meaning and to the last digit.

use toml::Value;

use super::{Criterion, Framework, Indicator};
use crate::ids::CriterionId;
use crate::language::Label;

/// The TOML text of an edition. Its id is not in the text: the file is named after it.
pub fn write_framework(framework: &Framework) -> String {
    let mut lines = head(framework);
    for criterion in &framework.criteria {
        lines.push(String::new());
        lines.push("[[criterion]]".to_string());
        lines.extend(row(criterion));
    }
    lines.join("\n") + "\n"
}

/// The TOML text of an edition with a row as somebody typed it, in the place of one of its rows or as its last. What is
/// typed stands there as it is, by its keys, so that the reader says what is wrong with it; what is empty is left out.
pub fn write_with_row(framework: &Framework, typed: &[(&str, String)], in_place_of: Option<&CriterionId>) -> String {
    let mut lines = head(framework);
    let typed = || -> Vec<String> {
        let given = typed.iter().filter(|(_, value)| !value.is_empty());
        given.map(|(key, value)| format!("{key} = {}", typed_value(key, value))).collect()
    };
    for criterion in &framework.criteria {
        lines.extend([String::new(), "[[criterion]]".to_string()]);
        lines.extend(if in_place_of == Some(&criterion.id) { typed() } else { row(criterion) });
    }
    if in_place_of.is_none() {
        lines.extend([String::new(), "[[criterion]]".to_string()]);
        lines.extend(typed());
    }
    lines.join("\n") + "\n"
}

/// Keys of a row that are numbers, and that are yes or no.
const NUMBERS: [&str; 4] = ["target", "coverage", "valid_months", "indicator.min_employees"];
const FLAGS: [&str; 2] = ["needs_evidence", "unconfirmed"];

fn typed_value(key: &str, value: &str) -> String {
    let is_number = NUMBERS.contains(&key) && value.parse::<f64>().is_ok_and(f64::is_finite);
    let is_flag = FLAGS.contains(&key) && matches!(value, "true" | "false");
    if is_number || is_flag { value.to_string() } else { Value::String(value.to_string()).to_string() }
}

fn head(framework: &Framework) -> Vec<String> {
    let mut lines = vec![text("framework", &framework.name), text("version", &framework.version)];
    lines.push(text("status", &framework.status));
    let dates = [("valid_from", framework.valid_from), ("valid_to", framework.valid_to)];
    lines.extend(dates.into_iter().filter_map(|(key, date)| Some(text(key, &date?.to_string()))));
    lines.extend(framework.replaces.iter().map(|id| text("replaces", id.as_str())));
    lines.extend(both("note", &framework.note));
    lines
}

fn row(criterion: &Criterion) -> Vec<String> {
    let mut lines = vec![text("id", criterion.id.as_str())];
    lines.extend(criterion.replaces.iter().map(|id| text("replaces", id.as_str())));
    lines.push(text("category", &criterion.category));
    lines.extend(optional("topic", &criterion.topic));
    lines.push(text("kind", &criterion.kind));
    lines.push(text("label_en", &criterion.label.en));
    lines.push(text("label_vi", &criterion.label.vi));
    lines.push(text("unit", &criterion.unit));
    lines.push(number("target", criterion.target));
    lines.push(text("direction", criterion.rule.code()));
    lines.extend(criterion.indicator.iter().map(|indicator| format!("indicator = {}", inline(indicator))));
    lines.extend(criterion.coverage.map(|share| number("coverage", share)));
    lines.extend(criterion.valid_months.map(|months| format!("valid_months = {months}")));
    if criterion.needs_evidence {
        lines.push("needs_evidence = true".to_string());
    }
    lines.extend(both("applies_to", &criterion.applies_to));
    lines.extend(both("evidence", &criterion.evidence));
    lines.extend(both("legal", &criterion.legal));
    lines.extend(both("source", &criterion.source));
    lines.push(format!("unconfirmed = {}", criterion.unconfirmed));
    lines.extend(optional("confidence", &criterion.confidence));
    lines.extend(both("note", &criterion.note));
    lines
}

fn inline(indicator: &Indicator) -> String {
    let rule = text("rule", indicator.code());
    match indicator {
        Indicator::Answer { fact } => format!("{{ {rule}, {} }}", text("fact", fact)),
        Indicator::SurveyShare { question, min_employees } => {
            format!("{{ {rule}, {}, min_employees = {min_employees} }}", text("question", question))
        }
        _ => format!("{{ {rule} }}"),
    }
}

fn both(key: &str, label: &Label) -> Vec<String> {
    optional(key, &label.en).into_iter().chain(optional(&format!("{key}_vi"), &label.vi)).collect()
}

fn optional(key: &str, value: &str) -> Option<String> {
    (!value.is_empty()).then(|| text(key, value))
}

fn text(key: &str, value: &str) -> String {
    format!("{key} = {}", Value::String(value.to_string()))
}

fn number(key: &str, value: f64) -> String {
    format!("{key} = {}", Value::Float(value))
}
