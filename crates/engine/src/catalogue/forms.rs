//! Forms of the state as data: what is asked in which order, of whom, and how computed rows are computed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Reader;
use super::duties::Reporter;
use crate::fault::FaultKind;
use crate::ids::{FieldId, FormId};
use crate::language::Label;

/// One form. Its id is its file stem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Form {
    pub id: FormId,
    /// As printed: `Mẫu A.4`.
    pub number: String,
    pub title: Label,
    /// Of whom it tells.
    pub subject: Reporter,
    pub legal_basis: Label,
    pub reporter: Label,
    pub recipient: Label,
    /// Where the specification contradicts itself.
    pub contradictions: Vec<Label>,
    pub source: Label,
    /// In printed order.
    pub fields: Vec<Field>,
}

/// One row of a form, or one column of a table in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub id: FieldId,
    /// As printed; not unique in form A.4.
    pub number: String,
    pub part: String,
    pub section: Label,
    /// Years stand in it as `[N-1]`.
    pub label: Label,
    pub kind: FieldKind,
    pub unit: String,
    pub required: bool,
    /// The state's system fills it from its own register.
    pub auto_fill: bool,
    pub editable: bool,
    pub formula: Option<Formula>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub visible: Visible,
    pub options: Vec<String>,
    /// What it asks for; the same name in two forms is the same quantity. Ours, not the specification's.
    pub metric: String,
    /// Columns of a table.
    pub columns: Vec<Field>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Textarea,
    Number,
    Integer,
    Date,
    YesNo,
    File,
    Table,
    /// A heading that holds no value.
    Label,
}

/// How a computed row is computed. A closed set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// 100 × part ÷ whole.
    Share {
        part: FieldId,
        whole: FieldId,
    },
    Sum {
        fields: Vec<FieldId>,
    },
}

/// When a row is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visible {
    Always,
    /// The investor is a person.
    Person,
    /// The investor is an enterprise or another organisation.
    Organisation,
    /// Another row is answered with yes.
    Ticked {
        field: FieldId,
    },
}

impl Form {
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == *id)
    }
}

impl Field {
    /// The row with the years of a report in its labels.
    pub fn of_year(&self, year: i16) -> Field {
        Field {
            label: Label::new(with_years(&self.label.vi, year), with_years(&self.label.en, year)),
            columns: self.columns.iter().map(|column| column.of_year(year)).collect(),
            ..self.clone()
        }
    }

    /// Whether both partners of an exchange report the same quantity here, so that it must be divided over exchanges to be
    /// added up. Money is each partner's own, and symbioses are counted from the list of exchanges.
    pub fn is_shared_by_partners(&self) -> bool {
        let is_money = ["symbiosis.cost_", "symbiosis.income_"].iter().any(|prefix| self.metric.starts_with(prefix));
        let is_quantity = matches!(self.kind, FieldKind::Number | FieldKind::Integer) && self.unit != "percent";
        is_quantity && self.metric.starts_with("symbiosis.") && !is_money && !self.metric.starts_with("symbiosis.count")
    }
}

/// A text with the years of a report in place of `[N-1]` and the like.
pub fn with_years(text: &str, year: i16) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, bracket)) = rest.split_once('[') {
        told.push_str(before);
        let Some((inside, after)) = bracket.split_once(']') else { break };
        match year_of(inside, year) {
            Some(named) => told.push_str(&named.to_string()),
            None => told.push_str(&format!("[{inside}]")),
        }
        rest = after;
    }
    told.push_str(rest);
    told
}

fn year_of(inside: &str, year: i16) -> Option<i16> {
    let plain: String = inside.chars().filter(|letter| !letter.is_whitespace()).collect();
    let offset = ["Nămkỳbáocáo", "Năm", "N"].iter().find_map(|name| plain.strip_prefix(name))?;
    if offset.is_empty() { Some(year) } else { Some(year + offset.parse::<i16>().ok()?) }
}

#[derive(Deserialize)]
struct FormFile {
    form: FormHead,
    field: Vec<FieldRow>,
}

#[derive(Deserialize)]
struct FormHead {
    id: FormId,
    form_number: String,
    subject: Reporter,
    title_vi: String,
    title_en: String,
    legal_basis_vi: String,
    legal_basis: String,
    reporter_vi: String,
    reporter: String,
    recipient_vi: String,
    recipient: String,
    contradictions_vi: Vec<String>,
    contradictions: Vec<String>,
    source_vi: String,
    source: String,
    field_count: usize,
}

#[derive(Deserialize)]
struct FieldRow {
    id: FieldId,
    number: String,
    part: String,
    section_vi: String,
    section_en: String,
    label_vi: String,
    label_en: String,
    #[serde(rename = "type")]
    kind: FieldKind,
    unit: String,
    required: bool,
    auto_fill: bool,
    editable: bool,
    computed: String,
    min: Option<f64>,
    max: Option<f64>,
    visible_when: Option<String>,
    #[serde(default)]
    options: Vec<String>,
    metric: String,
    #[serde(default)]
    column: Vec<FieldRow>,
}

pub(super) fn read(reader: &mut Reader) -> BTreeMap<FormId, Form> {
    let paths: Vec<String> = reader.files.keys().filter(|path| path.starts_with("forms/")).cloned().collect();
    let mut forms = BTreeMap::new();
    for path in paths {
        let Some(file) = reader.toml::<FormFile>(&path) else { continue };
        let stem = path.trim_start_matches("forms/").trim_end_matches(".toml");
        if file.form.id.as_str() != stem {
            reader.fault(&path, None, FaultKind::Contradiction, file.form.id.as_str(), stem);
        }
        let fields = file.field.len();
        if fields != file.form.field_count {
            reader.fault(
                &path,
                None,
                FaultKind::Contradiction,
                &fields.to_string(),
                &file.form.field_count.to_string(),
            );
        }
        if file.form.contradictions.len() != file.form.contradictions_vi.len() {
            reader.fault(&path, None, FaultKind::MissingValue, "", "contradictions_vi");
        }
        let form = form(&path, file, reader);
        forms.insert(form.id.clone(), form);
    }
    forms
}

fn form(path: &str, file: FormFile, reader: &mut Reader) -> Form {
    // Numbers are looked up with their part, because form A.4 uses nine of them twice.
    let ids: BTreeMap<String, FieldId> = file
        .field
        .iter()
        .flat_map(|row| {
            [(format!("{} {}", row.part, row.number), row.id.clone()), (row.number.clone(), row.id.clone())]
        })
        .collect();
    let head = file.form;
    let contradictions = head.contradictions_vi.into_iter().zip(head.contradictions);
    Form {
        id: head.id,
        number: head.form_number,
        subject: head.subject,
        title: Label::new(head.title_vi, head.title_en),
        legal_basis: Label::new(head.legal_basis_vi, head.legal_basis),
        reporter: Label::new(head.reporter_vi, head.reporter),
        recipient: Label::new(head.recipient_vi, head.recipient),
        contradictions: contradictions.map(|(vi, en)| Label::new(vi, en)).collect(),
        source: Label::new(head.source_vi, head.source),
        fields: file.field.into_iter().map(|row| field(path, row, &ids, reader)).collect(),
    }
}

fn field(path: &str, row: FieldRow, ids: &BTreeMap<String, FieldId>, reader: &mut Reader) -> Field {
    let formula = (!row.computed.is_empty()).then(|| formula(&row.computed, ids));
    if formula == Some(None) {
        reader.fault(path, None, FaultKind::UnknownReference, &row.computed, row.id.as_str());
    }
    let visible = visible(row.visible_when.as_deref(), ids);
    if visible.is_none() {
        let found = row.visible_when.as_deref().unwrap_or_default();
        reader.fault(path, None, FaultKind::UnknownReference, found, row.id.as_str());
    }
    Field {
        id: row.id,
        number: row.number,
        part: row.part,
        section: Label::new(row.section_vi, row.section_en),
        label: Label::new(row.label_vi, row.label_en),
        kind: row.kind,
        unit: row.unit,
        required: row.required,
        auto_fill: row.auto_fill,
        editable: row.editable,
        formula: formula.flatten(),
        min: row.min,
        max: row.max,
        visible: visible.unwrap_or(Visible::Always),
        options: row.options,
        metric: row.metric,
        columns: row.column.into_iter().map(|column| field(path, column, ids, reader)).collect(),
    }
}

/// `100 * [part] / [whole]`, or a sum of references; `None` when it is neither or names a row that is not there.
fn formula(text: &str, ids: &BTreeMap<String, FieldId>) -> Option<Formula> {
    if let Some((part, whole)) = text.strip_prefix("100 *").and_then(|share| share.split_once('/')) {
        return Some(Formula::Share { part: reference(part, ids)?, whole: reference(whole, ids)? });
    }
    let fields: Option<Vec<FieldId>> = text.split('+').map(|part| reference(part, ids)).collect();
    Some(Formula::Sum { fields: fields? })
}

fn reference(text: &str, ids: &BTreeMap<String, FieldId>) -> Option<FieldId> {
    ids.get(text.trim().strip_prefix('[')?.strip_suffix(']')?).cloned()
}

fn visible(text: Option<&str>, ids: &BTreeMap<String, FieldId>) -> Option<Visible> {
    match text {
        None => Some(Visible::Always),
        Some("investor type is person") => Some(Visible::Person),
        Some("investor type is enterprise or organisation") => Some(Visible::Organisation),
        Some(other) => Some(Visible::Ticked { field: reference(other.strip_suffix("is ticked")?, ids)? }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_stand_in_the_labels_in_place_of_their_signs() {
        for (text, expected) in [
            ("Nhiên liệu năm [N-1]", "Nhiên liệu năm 2024"),
            ("trong năm [N -1] và [N+3]", "trong năm 2024 và 2028"),
            ("Giảm nước thải năm [Năm -1]", "Giảm nước thải năm 2024"),
            ("Bảng năm [Năm kỳ báo cáo - 1]", "Bảng năm 2024"),
            ("đến năm [N] (mạng [lưới])", "đến năm 2025 (mạng [lưới])"),
        ] {
            assert_eq!(with_years(text, 2025), expected);
        }
    }
}
