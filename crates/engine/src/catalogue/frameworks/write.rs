//! Writes an edition as TOML. Read again it is the same edition, in meaning and to the last digit.

use toml::Value;

use super::{Criterion, Framework, Indicator};
use crate::language::Label;

/// The TOML text of an edition. Its id is not in the text: the file is named after it.
pub fn write_framework(framework: &Framework) -> String {
    let mut lines = vec![text("framework", &framework.name), text("version", &framework.version)];
    lines.push(text("status", &framework.status));
    let dates = [("valid_from", framework.valid_from), ("valid_to", framework.valid_to)];
    lines.extend(dates.into_iter().filter_map(|(key, date)| Some(text(key, &date?.to_string()))));
    lines.extend(framework.replaces.iter().map(|id| text("replaces", id.as_str())));
    lines.extend(both("note", &framework.note));
    for criterion in &framework.criteria {
        lines.push(String::new());
        lines.push("[[criterion]]".to_string());
        lines.extend(row(criterion));
    }
    lines.join("\n") + "\n"
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
