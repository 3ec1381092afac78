//! What a state form says: its values, where they came from, why a row is empty, what looks wrong, and why a step is refused.

use engine::catalogue::forms::Field;
use engine::ids::FieldId;
use engine::language::{Language, format_date, format_number};
use engine::report::forms::life::{FormRefusal, FormState};
use engine::report::forms::{Content, Empty, FieldValue, FilledForm, Origin, Warning};

use super::Names;
use crate::words::{has, text, text_with};

/// Decimals that the forms of the state can hold.
const MOST_DECIMALS: usize = 5;

/// Digits of what was calculated that say anything.
const DIGITS: usize = 6;

/// A number with the decimals that it has, at most five; one that has more than two was calculated, and is told by six digits.
pub fn number(language: Language, value: f64) -> String {
    let is_short = (value * 100.0 - (value * 100.0).round()).abs() < 1e-6;
    let digits_before = value.abs().max(1.0).log10() as usize + 1;
    let decimals = if is_short { 2 } else { DIGITS.saturating_sub(digits_before).min(MOST_DECIMALS) };
    let printed = format_number(language, value, decimals);
    if decimals == 0 { printed } else { printed.trim_end_matches('0').trim_end_matches([',', '.']).to_string() }
}

/// A value in one line; a table by how many rows it has.
pub fn value(language: Language, value: &FieldValue) -> String {
    match value {
        FieldValue::Number(value) => number(language, *value),
        FieldValue::Text(text) => text.clone(),
        FieldValue::YesNo(yes) => text(language, if *yes { "yes" } else { "no" }),
        FieldValue::Date(date) => format_date(*date),
        FieldValue::Files(files) => files.join("; "),
        FieldValue::Table(rows) => text_with(language, "form-table-rows", &[("count", &rows.len().to_string())]),
    }
}

/// What stood in a row, or why it was empty.
pub fn content(names: &Names, form: &FilledForm, content: &Content) -> String {
    match content {
        Content::Filled { value: filled, .. } => value(names.language, filled),
        Content::Empty { why } => empty(names, form, why),
    }
}

/// The unit as printed; empty where a row has none.
pub fn unit(language: Language, unit: &str) -> String {
    if unit.is_empty() {
        return String::new();
    }
    let key = format!("form-unit-{}", unit.to_lowercase().replace([' ', '/'], "-"));
    if has(language, &key) { text(language, &key) } else { unit.to_string() }
}

/// What a form is called: its number, as the state gives it.
pub fn called(language: Language, number: &str) -> String {
    match (language, number.strip_prefix("Mẫu ")) {
        (Language::En, Some(number)) => format!("Form {number}"),
        _ => number.to_string(),
    }
}

/// `1.2.3 Điện năng tiết kiệm`
pub fn field_name(language: Language, field: &Field) -> String {
    format!("{} {}", field.number, field.label.get(language)).trim().to_string()
}

fn name_of(language: Language, form: &FilledForm, id: &FieldId) -> String {
    form.field(id).map_or_else(|| id.to_string(), |row| field_name(language, &row.field))
}

fn names_of(language: Language, form: &FilledForm, ids: &[FieldId]) -> String {
    ids.iter().map(|id| name_of(language, form, id)).collect::<Vec<_>>().join("; ")
}

pub fn state(language: Language, state: &FormState) -> String {
    text(language, &format!("form-state-{}", state.code()))
}

/// The kind of the source of a value: the mark beside it.
pub fn origin(language: Language, origin: &Origin) -> String {
    text(language, &format!("form-origin-{}", origin_code(origin)))
}

pub fn origin_code(origin: &Origin) -> &'static str {
    match origin {
        Origin::Particulars => "particulars",
        Origin::Register { .. } => "register",
        Origin::Records { .. } => "records",
        Origin::Claims { .. } => "claims",
        Origin::Measures { .. } => "measures",
        Origin::Exchanges { .. } => "exchanges",
        Origin::Criterion { .. } => "criterion",
        Origin::Formula { .. } => "formula",
        Origin::Forms { .. } => "forms",
        Origin::Typed => "typed",
    }
}

/// Why a row is empty.
pub fn empty(names: &Names, form: &FilledForm, why: &Empty) -> String {
    let language = names.language;
    match why {
        Empty::Heading => text(language, "form-empty-heading"),
        Empty::Hidden => text(language, "form-empty-hidden"),
        Empty::InStateRegister => text(language, "form-empty-in-state-register"),
        Empty::NotGiven => text(language, "form-empty-not-given"),
        Empty::Unknown { lacks } => {
            let lack = |code: &str| text(language, &format!("form-lack-{}", code.replace('_', "-")));
            let lacks = lacks.iter().map(|one| lack(one.code())).collect::<Vec<_>>().join("; ");
            text_with(language, "form-empty-unknown", &[("lacks", &lacks)])
        }
        Empty::NotApplicable { reason } => text_with(language, "form-empty-not-applicable", &[("reason", reason)]),
        Empty::CannotCompute { fields } => {
            text_with(language, "form-empty-cannot-compute", &[("fields", &names_of(language, form, fields))])
        }
        Empty::CannotTellApart { enterprises } => {
            text_with(language, "form-empty-cannot-tell-apart", &[("enterprises", &names.enterprises(enterprises))])
        }
    }
}

/// What looks wrong, with the row that it is about.
pub fn warning(names: &Names, form: &FilledForm, warning: &Warning) -> String {
    format!("{}: {}", name_of(names.language, form, warning.field()), warning_of_row(names, form, warning))
}

/// What looks wrong, where the row is named beside it.
pub fn warning_of_row(names: &Names, form: &FilledForm, warning: &Warning) -> String {
    let language = names.language;
    let key = format!("form-warning-{}", warning_code(warning));
    let n = |value: f64| number(language, value);
    let say = |arguments: &[(&str, &str)]| text_with(language, &key, arguments);
    match warning {
        Warning::Missing { .. } | Warning::WrongKind { .. } => say(&[]),
        Warning::MissingCell { field, row: line, column } => {
            let column = form.field(field).and_then(|row| row.field.columns.get(*column));
            let column = column.map_or("", |column| column.label.get(language));
            say(&[("line", &(line + 1).to_string()), ("column", column)])
        }
        Warning::Below { value, min, .. } => say(&[("value", &n(*value)), ("least", &n(*min))]),
        Warning::Above { value, max, .. } => say(&[("value", &n(*value)), ("most", &n(*max))]),
        Warning::NotWhole { value, .. } | Warning::TooManyDigits { value, .. } => say(&[("value", &n(*value))]),
        Warning::TooLong { letters, .. } => say(&[("letters", &letters.to_string())]),
        Warning::PartsAboveWhole { parts, whole, .. } => say(&[("parts", &n(*parts)), ("whole", &n(*whole))]),
        Warning::DiffersFromFormula { stated, computed, .. } => {
            say(&[("stated", &n(*stated)), ("computed", &n(*computed))])
        }
        Warning::DiffersFromData { found, .. } => say(&[("found", &value(language, found))]),
        Warning::PartnersDiffer { exchange, least, most, .. } => {
            say(&[("exchange", exchange.as_str()), ("least", &n(*least)), ("most", &n(*most))])
        }
        Warning::WithoutForm { enterprises, .. } => say(&[("enterprises", &names.enterprises(enterprises))]),
        Warning::ClaimsLeftOut { claims, .. } => say(&[("count", &claims.to_string())]),
        Warning::ExchangesLeftOut { exchanges, .. } => {
            let exchanges = exchanges.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
            say(&[("exchanges", &exchanges)])
        }
    }
}

fn warning_code(warning: &Warning) -> &'static str {
    match warning {
        Warning::Missing { .. } => "missing",
        Warning::MissingCell { .. } => "missing-cell",
        Warning::Below { .. } => "below",
        Warning::Above { .. } => "above",
        Warning::NotWhole { .. } => "not-whole",
        Warning::TooManyDigits { .. } => "too-many-digits",
        Warning::TooLong { .. } => "too-long",
        Warning::WrongKind { .. } => "wrong-kind",
        Warning::PartsAboveWhole { .. } => "parts-above-whole",
        Warning::DiffersFromFormula { .. } => "differs-from-formula",
        Warning::DiffersFromData { .. } => "differs-from-data",
        Warning::PartnersDiffer { .. } => "partners-differ",
        Warning::WithoutForm { .. } => "without-form",
        Warning::ClaimsLeftOut { .. } => "claims-left-out",
        Warning::ExchangesLeftOut { .. } => "exchanges-left-out",
    }
}

/// Why a step is refused.
pub fn refusal(language: Language, form: Option<&FilledForm>, refusal: &FormRefusal) -> String {
    match refusal {
        FormRefusal::NotNow => text(language, "form-refusal-not-now"),
        FormRefusal::NoReason => text(language, "form-refusal-no-reason"),
        FormRefusal::TooEarly => text(language, "form-refusal-too-early"),
        FormRefusal::Incomplete { fields } => {
            let rows = form.map_or_else(String::new, |form| names_of(language, form, fields));
            let count = fields.len().to_string();
            text_with(language, "form-refusal-incomplete", &[("count", &count), ("rows", &rows)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that are looked up by code; each has one in both languages.
    #[test]
    fn every_code_of_a_form_has_its_word() {
        let codes = [
            (
                "form-origin",
                &[
                    "particulars",
                    "register",
                    "records",
                    "claims",
                    "measures",
                    "exchanges",
                    "criterion",
                    "formula",
                    "forms",
                    "typed",
                ][..],
            ),
            ("form-state", &["draft", "submitted", "returned", "received"]),
            ("form-lack", &["no-data", "too-old", "not-confirmed"]),
            (
                "form-warning",
                &[
                    "missing",
                    "missing-cell",
                    "below",
                    "above",
                    "not-whole",
                    "too-many-digits",
                    "too-long",
                    "wrong-kind",
                    "parts-above-whole",
                    "differs-from-formula",
                    "differs-from-data",
                    "partners-differ",
                    "without-form",
                    "claims-left-out",
                    "exchanges-left-out",
                ],
            ),
            ("form-refusal", &["not-now", "incomplete", "no-reason", "too-early"]),
        ];
        for (prefix, codes) in codes {
            for code in codes {
                for language in Language::ALL {
                    assert!(has(language, &format!("{prefix}-{code}")), "{prefix}-{code} in {}", language.code());
                }
            }
        }
    }

    #[test]
    fn every_unit_of_a_form_has_its_word() {
        let catalogue = crate::catalogue::catalogue().unwrap();
        let rows = catalogue.forms.values().flat_map(|form| &form.fields);
        for field in rows.flat_map(|field| std::iter::once(field).chain(&field.columns)) {
            let key = format!("form-unit-{}", field.unit.to_lowercase().replace([' ', '/'], "-"));
            assert!(field.unit.is_empty() || Language::ALL.iter().all(|language| has(*language, &key)), "{key}");
        }
    }

    #[test]
    fn numbers_keep_the_decimals_that_they_have() {
        for (given, vi, en) in [
            (0.0, "0", "0"),
            (100.0, "100", "100"),
            (1_800.0, "1.800", "1,800"),
            (1_234.5, "1.234,5", "1,234.5"),
            (0.123_456_7, "0,12346", "0.12346"),
            (1_000_000.0, "1.000.000", "1,000,000"),
            (894_492.422_99, "894.492", "894,492"),
            (1_637.371_5, "1.637,37", "1,637.37"),
            (-522.139_94, "−522,14", "−522.14"),
            (12_345_678.25, "12.345.678,25", "12,345,678.25"),
            (12_345_670.123, "12.345.670", "12,345,670"),
        ] {
            assert_eq!((number(Language::Vi, given).as_str(), number(Language::En, given).as_str()), (vi, en));
        }
    }
}
