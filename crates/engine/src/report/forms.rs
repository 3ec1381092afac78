//! Forms of the state, filled from what a park has: each field with its value and where that came from, or why it is empty.
//! A required field that is missing is a fault to be shown and never a zero. See `docs/methods/forms.md`.

mod checks;
pub mod life;
mod partners;
mod sources;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::assess::{Assessment, Lack};
use crate::catalogue::Catalogue;
use crate::catalogue::forms::{Field, FieldKind, Form, Formula, Visible};
use crate::claim::Claim;
use crate::ids::{ClaimId, CriterionId, EnterpriseId, ExchangeId, FieldId, FormId, MeasureId};
use crate::language::Label;
use crate::observe::Balance;
use crate::park::Park;

pub use checks::Warning;
pub use partners::ExchangePart;

/// A form of one reporter for one year. Writers of docx, xlsx and JSON print it as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilledForm {
    pub form: FormId,
    pub number: String,
    pub title: Label,
    /// The reporting year N.
    pub year: i16,
    /// The enterprise that reports; `None`: the park.
    pub enterprise: Option<EnterpriseId>,
    /// In printed order, headings included.
    pub fields: Vec<FilledField>,
    pub warnings: Vec<Warning>,
    /// Where the specification contradicts itself.
    pub contradictions: Vec<Label>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilledField {
    /// The row as it is asked, with the years of the report in its labels.
    #[serde(flatten)]
    pub field: Field,
    pub content: Content,
    /// What stood there before it was overridden, and why it was.
    pub overridden: Option<Overridden>,
    /// The exchanges that a quantity of symbiosis consists of, as far as they are known.
    pub parts: Vec<ExchangePart>,
}

impl FilledForm {
    pub fn field(&self, id: &FieldId) -> Option<&FilledField> {
        self.fields.iter().find(|row| row.field.id == *id)
    }

    /// What is told to those to whom the form is handed in: every value, and not which records, claims and enterprises
    /// stand behind it.
    pub fn without_sources(mut self) -> FilledForm {
        for row in &mut self.fields {
            row.parts.clear();
            row.content.forget_sources();
            if let Some(overridden) = &mut row.overridden {
                overridden.before.forget_sources();
            }
        }
        self.warnings.clear();
        self
    }
}

impl FilledField {
    pub fn value(&self) -> Option<&FieldValue> {
        match &self.content {
            Content::Filled { value, .. } => Some(value),
            Content::Empty { .. } => None,
        }
    }

    /// Whether a row that the reporter must fill is empty. What the state's system fills itself is not missed.
    pub fn is_missing(&self) -> bool {
        use Empty::{Heading, Hidden, InStateRegister};
        let is_others = matches!(&self.content, Content::Empty { why: Heading | Hidden | InStateRegister });
        self.field.required && self.value().is_none() && !is_others
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "content", rename_all = "snake_case")]
pub enum Content {
    Filled { value: FieldValue, origin: Origin },
    Empty { why: Empty },
}

impl Content {
    fn filled(value: FieldValue, origin: Origin) -> Content {
        Content::Filled { value, origin }
    }

    fn empty(why: Empty) -> Content {
        Content::Empty { why }
    }

    fn forget_sources(&mut self) {
        match self {
            Content::Filled { origin, .. } => origin.forget(),
            Content::Empty { why: Empty::CannotTellApart { enterprises } } => enterprises.clear(),
            Content::Empty { .. } => {}
        }
    }
}

/// In the unit of the field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum FieldValue {
    Number(f64),
    Text(String),
    YesNo(bool),
    Date(Date),
    /// Names of files or other evidence.
    Files(Vec<String>),
    /// Rows of a table; `None` is a cell that nobody has filled.
    Table(Vec<Vec<Option<FieldValue>>>),
}

impl Origin {
    /// Leaves the kind of the source and not which.
    fn forget(&mut self) {
        match self {
            Origin::Records { lines } => lines.clear(),
            Origin::Claims { claims } => claims.clear(),
            Origin::Measures { measures } => measures.clear(),
            Origin::Exchanges { exchanges } => exchanges.clear(),
            Origin::Forms { enterprises } => enterprises.clear(),
            Origin::Particulars
            | Origin::Register { .. }
            | Origin::Criterion { .. }
            | Origin::Formula { .. }
            | Origin::Typed => {}
        }
    }
}

impl FieldValue {
    pub fn number(&self) -> Option<f64> {
        match self {
            FieldValue::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "snake_case")]
pub enum Origin {
    /// The particulars of the park or the enterprise.
    Particulars,
    /// The register of projects and investors.
    Register {
        metric: String,
    },
    /// Lines of the sheet `records`.
    Records {
        lines: Vec<usize>,
    },
    Claims {
        claims: Vec<ClaimId>,
    },
    Measures {
        measures: Vec<MeasureId>,
    },
    Exchanges {
        exchanges: Vec<ExchangeId>,
    },
    Criterion {
        criterion: CriterionId,
    },
    /// Computed from other rows of the form.
    Formula {
        fields: Vec<FieldId>,
    },
    /// Forms of enterprises.
    Forms {
        enterprises: Vec<EnterpriseId>,
    },
    /// Written by the reporter.
    Typed,
}

/// Why a field is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Empty {
    Heading,
    /// Asked only in another case.
    Hidden,
    /// Comes from the register of the state's system, which has not been taken over.
    InStateRegister,
    /// Nobody has said it.
    NotGiven,
    /// The criterion behind it is unknown.
    Unknown {
        lacks: Vec<Lack>,
    },
    /// The criterion behind it does not apply.
    NotApplicable {
        reason: String,
    },
    /// A row that it is computed from is empty, or the whole of a share is zero.
    CannotCompute {
        fields: Vec<FieldId>,
    },
    /// Partners of one exchange report a total without its parts, so that it would be counted twice.
    CannotTellApart {
        enterprises: Vec<EnterpriseId>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overridden {
    pub before: Content,
    pub reason: String,
}

/// A value that a person puts in place of what was filled, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Override {
    pub value: FieldValue,
    pub reason: String,
}

/// A value that the reporter writes into a row that nothing else fills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Typed {
    pub value: FieldValue,
    /// How a quantity of symbiosis divides over exchanges.
    #[serde(default)]
    pub parts: Vec<ExchangePart>,
}

/// Everything that a form is filled from.
pub struct FormOrder<'a> {
    pub form: &'a Form,
    /// The reporting year N. Savings are of the year before.
    pub year: i16,
    /// The enterprise that reports; `None`: the park.
    pub enterprise: Option<&'a EnterpriseId>,
    pub park: &'a Park,
    /// Of the year before the reporting year.
    pub balance: &'a Balance,
    pub claims: &'a [Claim],
    /// Under the indicators of forms A.5 and B5.
    pub assessment: Option<&'a Assessment>,
    /// What is known of investor, representative and project, by metric.
    pub register: &'a BTreeMap<String, FieldValue>,
    pub typed: &'a BTreeMap<FieldId, Typed>,
    pub overrides: &'a BTreeMap<FieldId, Override>,
    /// Forms B.4 of the park's enterprises for the same year, for form A.4.
    pub enterprise_forms: &'a [FilledForm],
    pub catalogue: &'a Catalogue,
}

/// Fills a form. What is typed goes before what is found, formulas come last, and overrides stand apart with what they
/// replaced.
pub fn fill(order: &FormOrder) -> FilledForm {
    let mut form = FilledForm {
        form: order.form.id.clone(),
        number: order.form.number.clone(),
        title: order.form.title.clone(),
        year: order.year,
        enterprise: order.enterprise.cloned(),
        fields: order.form.fields.iter().map(|field| blank(field, order.year)).collect(),
        warnings: Vec::new(),
        contradictions: order.form.contradictions.clone(),
    };
    let mut warnings = Vec::new();
    for (field, filled) in order.form.fields.iter().zip(&mut form.fields) {
        if field.formula.is_none() || field.editable {
            (filled.content, filled.parts) = first_found(order, field, &mut warnings);
        }
    }
    overrule(&mut form, order, |field| field.formula.is_none());
    for field in order.form.fields.iter().filter(|field| field.formula.is_some()) {
        compute(&mut form, field, &mut warnings);
    }
    overrule(&mut form, order, |field| field.formula.is_some());
    hide(&mut form, order);
    form.warnings = checks::warnings(&form, order);
    form.warnings.extend(warnings);
    form
}

fn blank(field: &Field, year: i16) -> FilledField {
    FilledField {
        field: field.of_year(year),
        content: Content::empty(if field.kind == FieldKind::Label { Empty::Heading } else { Empty::NotGiven }),
        overridden: None,
        parts: Vec::new(),
    }
}

/// What the reporter wrote, else what was found. A word that stands beside something else found is told.
fn first_found(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> (Content, Vec<ExchangePart>) {
    if field.kind == FieldKind::Label {
        return (Content::empty(Empty::Heading), Vec::new());
    }
    let Some(typed) = order.typed.get(&field.id) else { return found(order, field, warnings) };
    if let (Content::Filled { value, .. }, _) = found(order, field, &mut Vec::new())
        && value != typed.value
    {
        warnings.push(Warning::DiffersFromData { field: field.id.clone(), found: value });
    }
    (Content::filled(typed.value.clone(), Origin::Typed), typed.parts.clone())
}

/// What the register says, else what enterprises reported, else what the park's data say.
fn found(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> (Content, Vec<ExchangePart>) {
    if let Some(value) = order.register.get(&field.metric) {
        return (Content::filled(value.clone(), Origin::Register { metric: field.metric.clone() }), Vec::new());
    }
    let from_forms = partners::from_forms(order, field, warnings);
    if let Some(content) = from_forms {
        return (content, Vec::new());
    }
    match sources::find(order, field, warnings) {
        Some(found) => found,
        None if field.auto_fill => (Content::empty(Empty::InStateRegister), Vec::new()),
        None => (Content::empty(Empty::NotGiven), Vec::new()),
    }
}

fn compute(form: &mut FilledForm, field: &Field, warnings: &mut Vec<Warning>) {
    let Some(formula) = &field.formula else { return };
    let number = |id: &FieldId| form.field(id)?.value()?.number();
    let (fields, value) = match formula {
        Formula::Share { part, whole } => {
            let value = number(part).zip(number(whole)).filter(|(_, whole)| *whole > 0.0);
            (vec![part.clone(), whole.clone()], value.map(|(part, whole)| 100.0 * part / whole))
        }
        Formula::Sum { fields } => (fields.clone(), fields.iter().map(number).sum::<Option<f64>>()),
    };
    let content = match value {
        Some(value) => Content::filled(FieldValue::Number(value), Origin::Formula { fields }),
        None => {
            let empty: Vec<FieldId> = fields.iter().filter(|id| number(id).is_none()).cloned().collect();
            Content::empty(Empty::CannotCompute { fields: if empty.is_empty() { fields } else { empty } })
        }
    };
    let Some(row) = form.fields.iter_mut().find(|row| row.field.id == field.id) else { return };
    // In a row that may be edited the formula is a suggestion: a value stands, and the difference is told.
    match (row.value().and_then(FieldValue::number), value) {
        (Some(stated), computed) if field.editable => {
            if let Some(computed) = computed.filter(|computed| !checks::is_close(stated, *computed)) {
                warnings.push(Warning::DiffersFromFormula { field: field.id.clone(), stated, computed });
            }
        }
        _ => row.content = content,
    }
}

/// Puts overrides in place, for the rows that are meant.
fn overrule(form: &mut FilledForm, order: &FormOrder, is_meant: impl Fn(&Field) -> bool) {
    for (field, row) in order.form.fields.iter().zip(&mut form.fields) {
        if let Some(over) = order.overrides.get(&field.id).filter(|_| is_meant(field) && field.kind != FieldKind::Label)
        {
            let before = std::mem::replace(&mut row.content, Content::filled(over.value.clone(), Origin::Typed));
            row.overridden = Some(Overridden { before, reason: over.reason.clone() });
        }
    }
}

/// Empties the rows that are asked only in another case.
fn hide(form: &mut FilledForm, order: &FormOrder) {
    let is_person = order.register.get("investor.type") == Some(&FieldValue::Text("Cá nhân".to_string()));
    let ticked: Vec<FieldId> = form
        .fields
        .iter()
        .filter(|row| row.value() == Some(&FieldValue::YesNo(true)))
        .map(|row| row.field.id.clone())
        .collect();
    for (field, row) in order.form.fields.iter().zip(&mut form.fields) {
        let is_visible = match &field.visible {
            Visible::Always => true,
            Visible::Person => is_person,
            Visible::Organisation => !is_person,
            Visible::Ticked { field } => ticked.contains(field),
        };
        if !is_visible {
            row.content = Content::empty(Empty::Hidden);
            row.overridden = None;
        }
    }
}
