//! The rows of a form as its page shows them: value, origin or reason, warnings, and the fields to write into.

use std::collections::BTreeMap;

use engine::catalogue::forms::{Field, FieldKind};
use engine::ids::FieldId;
use engine::park::{Park, RunningExchange};
use engine::report::forms::{Content, Empty, FieldValue, FilledField, FilledForm, Origin};

use super::address;
use crate::forms::Standing;
use crate::page::{Page, escape};
use crate::state::App;
use crate::web::audit::People;
use crate::web::enterprise::as_typed;
use crate::web::frame::Choice;
use crate::wording::{Names, form as words};

/// Empty lines that a table offers beside those that are filled.
const BLANK_LINES: usize = 2;

pub struct Section {
    pub heading: String,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub anchor: String,
    pub number: String,
    pub label: String,
    pub unit: String,
    pub is_heading: bool,
    pub is_required: bool,
    pub is_missing: bool,
    pub value: String,
    /// Lines of a table with the names of its columns.
    pub columns: Vec<String>,
    pub lines: Vec<Vec<String>>,
    /// The mark beside the value, and the way to its provenance; empty for those who do not see it.
    pub origin: String,
    pub origin_class: &'static str,
    pub origin_href: String,
    /// Why it is empty.
    pub why: String,
    /// What was overridden, why, by whom and when.
    pub overridden: String,
    pub warnings: Vec<String>,
    pub input: Option<Input>,
}

/// What may be written into a row.
pub struct Input {
    pub id: String,
    /// `text`, `number`, `textarea`, `choice` or `table`.
    pub kind: &'static str,
    pub name: String,
    pub value: String,
    pub choices: Vec<Choice>,
    /// Of a table: the name and the text of each cell.
    pub cells: Vec<Vec<(String, String)>>,
    /// True where a value stands already, so that another needs a reason.
    pub is_override: bool,
    pub reason_name: String,
    pub reason: String,
    pub may_clear: bool,
    /// How a quantity of symbiosis divides over exchanges: name, exchange, text.
    pub parts: Vec<(String, String, String)>,
}

pub fn anchor(id: &FieldId) -> String {
    format!("row-{id}")
}

pub fn is_heading(row: &FilledField) -> bool {
    row.field.kind == FieldKind::Label
}

/// Asked only in another case.
pub fn is_hidden(row: &FilledField) -> bool {
    matches!(row.content, Content::Empty { why: Empty::Hidden })
}

/// Whether another value needs a reason: something stands there that nobody typed, or it is computed.
pub fn takes_override(row: &FilledField) -> bool {
    let is_typed = matches!(row.content, Content::Filled { origin: Origin::Typed, .. }) && row.overridden.is_none();
    let is_computed = row.field.formula.is_some() && !row.field.editable;
    is_computed || (row.value().is_some() && !is_typed)
}

/// The exchanges over which a quantity of this row may be divided.
pub fn exchanges_of<'a>(park: &'a Park, form: &FilledForm, field: &Field) -> Vec<&'a RunningExchange> {
    let Some(enterprise) = form.enterprise.as_ref().filter(|_| field.is_shared_by_partners()) else {
        return Vec::new();
    };
    let is_theirs = |exchange: &&RunningExchange| exchange.giver == *enterprise || exchange.taker == *enterprise;
    park.exchanges.iter().filter(is_theirs).collect()
}

/// A value as it is typed back.
pub fn typed_text(page: &Page, value: &FieldValue) -> String {
    match value {
        FieldValue::Number(number) => as_typed(page.language, *number),
        FieldValue::YesNo(yes) => if *yes { "yes" } else { "no" }.to_string(),
        FieldValue::Files(files) => files.join("\n"),
        FieldValue::Table(_) => String::new(),
        FieldValue::Text(_) | FieldValue::Date(_) => words::value(page.language, value),
    }
}

struct Rows<'a> {
    page: &'a Page,
    standing: &'a Standing,
    form: &'a FilledForm,
    park: &'a Park,
    people: &'a People,
    names: Names<'a>,
    /// What was sent and not kept.
    typed: &'a BTreeMap<String, String>,
}

/// The rows in printed order under the headings of their sections.
pub fn sections(
    app: &App,
    page: &Page,
    standing: &Standing,
    form: &FilledForm,
    park: &Park,
    people: &People,
    typed: &BTreeMap<String, String>,
) -> Vec<Section> {
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(park) };
    let rows = Rows { page, standing, form, park, people, names, typed };
    let mut sections: Vec<Section> = Vec::new();
    for row in form.fields.iter().filter(|row| !is_hidden(row)) {
        let heading = row.field.section.get(page.language);
        if sections.last().is_none_or(|last| last.heading != heading) {
            sections.push(Section { heading: heading.to_string(), rows: Vec::new() });
        }
        if let Some(last) = sections.last_mut() {
            last.rows.push(rows.row(row));
        }
    }
    sections
}

impl Rows<'_> {
    fn row(&self, row: &FilledField) -> Row {
        let (page, field) = (self.page, &row.field);
        let language = page.language;
        let (value, origin, why) = match &row.content {
            Content::Filled { value, origin } => (words::value(language, value), Some(origin), String::new()),
            Content::Empty { why } => (String::new(), None, words::empty(&self.names, self.form, why)),
        };
        let lines = match row.value() {
            Some(FieldValue::Table(lines)) => {
                let text =
                    |cell: &Option<FieldValue>| cell.as_ref().map_or("?".to_string(), |v| words::value(language, v));
                lines.iter().map(|cells| cells.iter().map(text).collect()).collect()
            }
            _ => Vec::new(),
        };
        let input = if self.standing.may.write { self.input(row) } else { None };
        let warnings = self.form.warnings.iter().filter(|one| *one.field() == field.id);
        Row {
            anchor: anchor(&field.id),
            number: field.number.clone(),
            label: field.label.get(language).to_string(),
            unit: words::unit(language, &field.unit),
            is_heading: is_heading(row),
            is_required: field.required,
            is_missing: row.is_missing(),
            // What is typed stands in its own field.
            value: if lines.is_empty() && input.as_ref().is_none_or(|input| input.is_override) {
                value
            } else {
                String::new()
            },
            columns: field.columns.iter().map(|column| column.label.get(language).to_string()).collect(),
            lines,
            origin: origin.map_or_else(String::new, |origin| words::origin(language, origin)),
            origin_class: origin.map_or("", origin_class),
            origin_href: if origin.is_some() && self.standing.may.sources {
                address(page, &self.standing.at, &format!("/rows/{}", escape(field.id.as_str())))
            } else {
                String::new()
            },
            why: if is_heading(row) { String::new() } else { why },
            overridden: self.overridden(row),
            warnings: warnings.map(|one| words::warning(&self.names, self.form, one)).collect(),
            input,
        }
    }

    fn overridden(&self, row: &FilledField) -> String {
        let Some(over) = &row.overridden else { return String::new() };
        let before = words::content(&self.names, self.form, &over.before);
        let mut text = self.page.t2("form-overridden", "before", before, "reason", &over.reason);
        if let Some((by, at_us)) = self.standing.entries.written.get(&row.field.id) {
            let at = crate::web::park::moment(*at_us, self.park.utc_offset_h);
            text = format!("{text} ({}, {at})", self.people.name(self.page, by));
        }
        text
    }

    fn input(&self, row: &FilledField) -> Option<Input> {
        let (page, field) = (self.page, &row.field);
        if is_heading(row) {
            return None;
        }
        let is_override = takes_override(row);
        if is_override && row.value().is_none() && row.field.formula.is_some() {
            // What is computed of rows that are empty waits for them.
            return None;
        }
        let name = format!("value.{}", field.id);
        let sent = |name: &str| self.typed.get(name).cloned();
        let standing = if is_override && row.overridden.is_none() { None } else { row.value() };
        let value = sent(&name).unwrap_or_else(|| standing.map_or_else(String::new, |value| typed_text(page, value)));
        let kind = match field.kind {
            FieldKind::Table => "table",
            FieldKind::YesNo => "choice",
            _ if !field.options.is_empty() => "choice",
            FieldKind::Textarea | FieldKind::File => "textarea",
            FieldKind::Number | FieldKind::Integer => "number",
            FieldKind::Text | FieldKind::Date | FieldKind::Label => "text",
        };
        let reason_name = format!("reason.{}", field.id);
        let kept_reason = row.overridden.as_ref().map(|over| over.reason.clone());
        Some(Input {
            id: format!("value-{}", field.id),
            kind,
            choices: if kind == "choice" { self.choices(field, &value) } else { Vec::new() },
            cells: if kind == "table" { self.cells(row) } else { Vec::new() },
            value,
            is_override,
            reason: sent(&reason_name).or(kept_reason).unwrap_or_default(),
            reason_name,
            may_clear: row.overridden.is_some(),
            parts: self.parts(row),
            name,
        })
    }

    fn choices(&self, field: &Field, chosen: &str) -> Vec<Choice> {
        let choice = |value: &str, name: String| Choice { value: value.to_string(), name, is_chosen: value == chosen };
        let mut choices = vec![choice("", "–".to_string())];
        match field.kind {
            FieldKind::YesNo => {
                choices.extend(["yes", "no"].map(|code| choice(code, self.page.t(code))));
            }
            _ => choices.extend(field.options.iter().map(|option| choice(option, option.clone()))),
        }
        choices
    }

    /// Cells of a table with some blank lines below.
    fn cells(&self, row: &FilledField) -> Vec<Vec<(String, String)>> {
        let lines: &[Vec<Option<FieldValue>>] = match row.value() {
            Some(FieldValue::Table(lines)) => lines,
            _ => &[],
        };
        let cell = |line: usize, column: usize| {
            let name = format!("cell.{}.{line}.{column}", row.field.id);
            let kept = lines.get(line).and_then(|cells| cells.get(column)?.as_ref());
            let text = self.typed.get(&name).cloned();
            (name, text.unwrap_or_else(|| kept.map_or_else(String::new, |value| typed_text(self.page, value))))
        };
        let columns = row.field.columns.len();
        (0..lines.len() + BLANK_LINES).map(|line| (0..columns).map(|column| cell(line, column)).collect()).collect()
    }

    fn parts(&self, row: &FilledField) -> Vec<(String, String, String)> {
        let exchanges = exchanges_of(self.park, self.form, &row.field).into_iter();
        exchanges
            .map(|exchange| {
                let name = format!("part.{}.{}", row.field.id, exchange.id);
                let kept = row.parts.iter().find(|part| part.exchange == exchange.id);
                let text = self.typed.get(&name).cloned();
                let text = text
                    .unwrap_or_else(|| kept.map_or_else(String::new, |part| as_typed(self.page.language, part.amount)));
                let (giver, taker) = (self.names.enterprise(&exchange.giver), self.names.enterprise(&exchange.taker));
                (name, format!("{}: {giver} → {taker}", exchange.id), text)
            })
            .collect()
    }
}

/// The colour of the mark: what the value rests on.
fn origin_class(origin: &Origin) -> &'static str {
    match origin {
        Origin::Records { .. } | Origin::Exchanges { .. } | Origin::Particulars | Origin::Register { .. } => "declared",
        Origin::Claims { .. } | Origin::Measures { .. } => "metered",
        Origin::Criterion { .. } | Origin::Formula { .. } | Origin::Forms { .. } => "calculated",
        Origin::Typed => "declared",
    }
}
