//! What was typed into a form: each text held against the kind of its row. Every fault is told at once with its row.

use std::collections::BTreeMap;

use engine::catalogue::forms::{Field, FieldKind};
use engine::ids::FieldId;
use engine::park::Park;
use engine::period::parse_date;
use engine::report::forms::{ExchangePart, FieldValue, FilledField, FilledForm, Override, Typed};
use store::FieldChange;

use super::rows::{exchanges_of, is_heading, is_hidden, takes_override, typed_text};
use crate::page::Page;
use crate::web::as_number;
use crate::wording::form as words;

/// Letters of a long text, as the specification bounds them, and of a reason.
const MOST_LETTERS: usize = 3_000;
const LONGEST_REASON: usize = 500;
/// Lines of a table that are read.
const MOST_LINES: usize = 200;

pub struct Reader<'a> {
    pub page: &'a Page,
    pub form: &'a FilledForm,
    pub park: &'a Park,
    pub typed: &'a BTreeMap<String, String>,
}

/// Changes by row, and faults by the input that they are about.
pub type Read = (Vec<(FieldId, FieldChange)>, Vec<(String, String)>);

impl Reader<'_> {
    pub fn read(&self) -> Read {
        let (mut changes, mut faults) = (Vec::new(), Vec::new());
        if let Some(row) = self.cleared() {
            changes.push((row.field.id.clone(), FieldChange::Override(None)));
            return (changes, faults);
        }
        for row in self.form.fields.iter().filter(|row| !is_heading(row) && !is_hidden(row)) {
            match if takes_override(row) { self.overridden(row) } else { self.written(row) } {
                Ok(Some(change)) => changes.push((row.field.id.clone(), change)),
                Ok(None) => {}
                Err(message) => {
                    let name = words::field_name(self.page.language, &row.field);
                    faults.push((format!("value-{}", row.field.id), format!("{name}: {message}")));
                }
            }
        }
        (changes, faults)
    }

    /// The row whose override is taken away; nothing else is read then.
    fn cleared(&self) -> Option<&FilledField> {
        let id = FieldId::new(self.typed.get("clear")?);
        self.form.field(&id)
    }

    fn text(&self, name: &str, id: &FieldId) -> Option<&str> {
        self.typed.get(&format!("{name}.{id}")).map(|text| text.trim())
    }

    fn is_sent(&self, field: &Field) -> bool {
        let cell = format!("cell.{}.", field.id);
        self.text("value", &field.id).is_some() || self.typed.keys().any(|name| name.starts_with(&cell))
    }

    /// A row that nothing else fills; empty takes back what was typed.
    fn written(&self, row: &FilledField) -> Result<Option<FieldChange>, String> {
        if !self.is_sent(&row.field) {
            return Ok(None);
        }
        let value = self.value(row)?;
        let parts = self.parts(row, value.as_ref())?;
        if value.as_ref() == row.value() && parts == row.parts {
            return Ok(None);
        }
        Ok(Some(FieldChange::Typed(value.map(|value| Typed { value, parts }))))
    }

    /// Another value in the place of the one that was found, with the reason.
    fn overridden(&self, row: &FilledField) -> Result<Option<FieldChange>, String> {
        if !self.is_sent(&row.field) {
            return Ok(None);
        }
        let value = self.value(row)?.filter(|value| Some(value) != self.found(row));
        let reason = self.text("reason", &row.field.id).unwrap_or_default();
        let kept = row.overridden.as_ref().map(|over| over.reason.as_str());
        match (value, reason) {
            (None, "") => Ok(None),
            (None, same) if Some(same) == kept => Ok(None),
            (None, _) => Err(self.page.t("form-fault-no-value")),
            (Some(_), "") => Err(self.page.t("form-fault-no-reason")),
            (Some(_), reason) if reason.chars().count() > LONGEST_REASON => {
                Err(self.page.t1("form-fault-reason-long", "most", LONGEST_REASON))
            }
            (Some(value), same) if row.value() == Some(&value) && Some(same) == kept => Ok(None),
            (Some(value), reason) => {
                Ok(Some(FieldChange::Override(Some(Override { value, reason: reason.to_string() }))))
            }
        }
    }

    /// The value that stands without an override: a table is sent back as it was shown.
    fn found<'r>(&self, row: &'r FilledField) -> Option<&'r FieldValue> {
        match row.overridden {
            None if row.field.kind == FieldKind::Table => row.value(),
            _ => None,
        }
    }

    /// `None` where nothing was typed. What comes back as it was shown is the value that stands, with all its decimals.
    fn value(&self, row: &FilledField) -> Result<Option<FieldValue>, String> {
        if row.field.kind == FieldKind::Table {
            return self.table(&row.field);
        }
        let text = self.text("value", &row.field.id).unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        match row.value() {
            Some(value) if typed_text(self.page, value) == text => Ok(Some(value.clone())),
            _ => self.one(&row.field, text).map(Some),
        }
    }

    fn one(&self, field: &Field, text: &str) -> Result<FieldValue, String> {
        let page = self.page;
        if text.chars().count() > MOST_LETTERS {
            return Err(page.t1("form-fault-long", "most", page.count(MOST_LETTERS)));
        }
        let is_offered = field.options.is_empty() || field.options.iter().any(|option| option == text);
        match field.kind {
            FieldKind::Number | FieldKind::Integer => {
                let number = as_number(page.language, text).map(FieldValue::Number);
                number.ok_or_else(|| page.t1("form-fault-number", "found", text))
            }
            FieldKind::Date => {
                parse_date(text).map(FieldValue::Date).ok_or_else(|| page.t1("form-fault-date", "found", text))
            }
            FieldKind::YesNo => match text {
                "yes" => Ok(FieldValue::YesNo(true)),
                "no" => Ok(FieldValue::YesNo(false)),
                other => Err(page.t1("form-fault-choice", "found", other)),
            },
            FieldKind::File => {
                let files = text.lines().map(|line| line.trim().to_string()).filter(|line| !line.is_empty());
                Ok(FieldValue::Files(files.collect()))
            }
            _ if !is_offered => Err(page.t1("form-fault-choice", "found", text)),
            _ => Ok(FieldValue::Text(text.replace("\r\n", "\n"))),
        }
    }

    /// Lines without a word are left out; a cell without one stays empty.
    fn table(&self, field: &Field) -> Result<Option<FieldValue>, String> {
        let mut lines = Vec::new();
        for line in 0..MOST_LINES {
            let text = |column: usize| {
                let text = self.typed.get(&format!("cell.{}.{line}.{column}", field.id));
                text.map_or("", |text| text.trim())
            };
            if (0..field.columns.len()).all(|column| text(column).is_empty()) {
                continue;
            }
            let mut cells = Vec::new();
            for (index, column) in field.columns.iter().enumerate() {
                // What a column offers is a suggestion: a product may be counted in another unit.
                let free = Field { options: Vec::new(), ..column.clone() };
                cells.push(match text(index) {
                    "" => None,
                    text => Some(self.one(&free, text).map_err(|message| {
                        let name = column.label.get(self.page.language);
                        format!("{} {}, {name}: {message}", self.page.t("form-line"), line + 1)
                    })?),
                });
            }
            lines.push(cells);
        }
        Ok((!lines.is_empty()).then_some(FieldValue::Table(lines)))
    }

    /// How a quantity divides over exchanges; together no more than the whole.
    fn parts(&self, row: &FilledField, value: Option<&FieldValue>) -> Result<Vec<ExchangePart>, String> {
        let mut parts = Vec::new();
        for exchange in exchanges_of(self.park, self.form, &row.field) {
            let text = self.typed.get(&format!("part.{}.{}", row.field.id, exchange.id)).map_or("", |text| text.trim());
            if text.is_empty() {
                continue;
            }
            let amount = as_number(self.page.language, text);
            let amount = amount.ok_or_else(|| self.page.t1("form-fault-number", "found", text))?;
            parts.push(ExchangePart { exchange: exchange.id.clone(), amount });
        }
        let sum: f64 = parts.iter().map(|part| part.amount).sum();
        let whole = value.and_then(FieldValue::number);
        if !parts.is_empty() && whole.is_none_or(|whole| sum > whole * (1.0 + 1e-9)) {
            let whole = value.map_or_else(|| "–".to_string(), |value| typed_text(self.page, value));
            let sum = words::number(self.page.language, sum);
            return Err(self.page.t2("form-fault-parts", "parts", sum, "whole", whole));
        }
        Ok(parts)
    }
}
