//! What looks wrong in a filled form. A figure is never clamped: it is told and stands.

use serde::{Deserialize, Serialize};

use super::{FieldValue, FilledField, FilledForm, FormOrder};
use crate::catalogue::forms::{Field, FieldKind};
use crate::ids::{EnterpriseId, ExchangeId, FieldId};

/// Digits of a number before and after the decimal mark, and letters of a long text, as the specification bounds them.
const MOST_WHOLE_DIGITS: f64 = 1e15;
const MOST_DECIMALS: i32 = 5;
const MOST_LETTERS: usize = 3000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// Must be filled and is empty.
    Missing {
        field: FieldId,
    },
    /// A cell of a table that must be filled and is empty.
    MissingCell {
        field: FieldId,
        row: usize,
        column: usize,
    },
    Below {
        field: FieldId,
        value: f64,
        min: f64,
    },
    Above {
        field: FieldId,
        value: f64,
        max: f64,
    },
    /// A count that is no whole number.
    NotWhole {
        field: FieldId,
        value: f64,
    },
    TooManyDigits {
        field: FieldId,
        value: f64,
    },
    TooLong {
        field: FieldId,
        letters: usize,
    },
    /// The value is of another kind than the row asks for.
    WrongKind {
        field: FieldId,
    },
    /// The four kinds of land together are more than the park.
    PartsAboveWhole {
        field: FieldId,
        parts: f64,
        whole: f64,
    },
    DiffersFromFormula {
        field: FieldId,
        stated: f64,
        computed: f64,
    },
    /// What is written stands, and the data say something else.
    DiffersFromData {
        field: FieldId,
        found: FieldValue,
    },
    PartnersDiffer {
        field: FieldId,
        exchange: ExchangeId,
        least: f64,
        most: f64,
    },
    /// Enterprises with verified claims about the quantity have handed in no form that reports it.
    WithoutForm {
        field: FieldId,
        enterprises: Vec<EnterpriseId>,
    },
    /// Claims that are not verified were left out.
    ClaimsLeftOut {
        field: FieldId,
        claims: usize,
    },
    /// Exchanges without an amount that can be added were left out.
    ExchangesLeftOut {
        field: FieldId,
        exchanges: Vec<ExchangeId>,
    },
}

impl Warning {
    /// The row that it is about.
    pub fn field(&self) -> &FieldId {
        match self {
            Warning::Missing { field }
            | Warning::MissingCell { field, .. }
            | Warning::Below { field, .. }
            | Warning::Above { field, .. }
            | Warning::NotWhole { field, .. }
            | Warning::TooManyDigits { field, .. }
            | Warning::TooLong { field, .. }
            | Warning::WrongKind { field }
            | Warning::PartsAboveWhole { field, .. }
            | Warning::DiffersFromFormula { field, .. }
            | Warning::DiffersFromData { field, .. }
            | Warning::PartnersDiffer { field, .. }
            | Warning::WithoutForm { field, .. }
            | Warning::ClaimsLeftOut { field, .. }
            | Warning::ExchangesLeftOut { field, .. } => field,
        }
    }
}

/// Equal to the last decimal that a form can hold.
pub(super) fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.5 * 10f64.powi(-MOST_DECIMALS) + 1e-9 * a.abs().max(b.abs())
}

pub(super) fn warnings(form: &FilledForm, order: &FormOrder) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (field, row) in order.form.fields.iter().zip(&form.fields) {
        if row.is_missing() {
            warnings.push(Warning::Missing { field: field.id.clone() });
        }
        match row.value() {
            Some(FieldValue::Number(value)) => number(field, *value, &mut warnings),
            Some(FieldValue::Text(text)) if text.chars().count() > MOST_LETTERS => {
                warnings.push(Warning::TooLong { field: field.id.clone(), letters: text.chars().count() });
            }
            Some(FieldValue::Table(rows)) => cells(field, rows, &mut warnings),
            _ => {}
        }
        if row.value().is_some_and(|value| !fits(field.kind, value)) {
            warnings.push(Warning::WrongKind { field: field.id.clone() });
        }
    }
    warnings.extend(land(form));
    warnings
}

fn number(field: &Field, value: f64, warnings: &mut Vec<Warning>) {
    let id = || field.id.clone();
    if let Some(min) = field.min.filter(|min| value < *min) {
        warnings.push(Warning::Below { field: id(), value, min });
    }
    if let Some(max) = field.max.filter(|max| value > *max) {
        warnings.push(Warning::Above { field: id(), value, max });
    }
    if field.kind == FieldKind::Integer && value.fract() != 0.0 {
        warnings.push(Warning::NotWhole { field: id(), value });
    }
    if value.abs() >= MOST_WHOLE_DIGITS {
        warnings.push(Warning::TooManyDigits { field: id(), value });
    }
}

fn cells(field: &Field, rows: &[Vec<Option<FieldValue>>], warnings: &mut Vec<Warning>) {
    for (row, cells) in rows.iter().enumerate() {
        for (index, column) in field.columns.iter().enumerate() {
            let is_empty = cells.get(index).is_none_or(Option::is_none);
            if column.required && is_empty {
                warnings.push(Warning::MissingCell { field: field.id.clone(), row, column: index });
            }
        }
    }
}

fn fits(kind: FieldKind, value: &FieldValue) -> bool {
    match kind {
        FieldKind::Number | FieldKind::Integer => matches!(value, FieldValue::Number(_)),
        FieldKind::Text | FieldKind::Textarea => matches!(value, FieldValue::Text(_)),
        FieldKind::Date => matches!(value, FieldValue::Date(_)),
        FieldKind::YesNo => matches!(value, FieldValue::YesNo(_)),
        FieldKind::File => matches!(value, FieldValue::Files(_)),
        FieldKind::Table => matches!(value, FieldValue::Table(_)),
        FieldKind::Label => false,
    }
}

fn land(form: &FilledForm) -> Option<Warning> {
    let row = |metric: &str| form.fields.iter().find(|row| row.field.metric == metric);
    let number = |row: &FilledField| row.value().and_then(FieldValue::number);
    let total = row("land.total")?;
    let whole = number(total)?;
    let kinds = ["land.green", "land.roads", "land.technical", "land.social"];
    let parts: f64 = kinds.iter().filter_map(|metric| number(row(metric)?)).sum();
    (parts > whole).then(|| Warning::PartsAboveWhole { field: total.field.id.clone(), parts, whole })
}
