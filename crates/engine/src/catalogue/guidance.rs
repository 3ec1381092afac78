//! Guidance for criteria, and what other texts of law say about the same subject: whether they support a criterion,
//! repeat it or contradict it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;
use crate::ids::CriterionId;
use crate::language::Label;

/// What helps a park to meet a criterion. One guidance may serve criteria of several editions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guidance {
    pub meaning: Label,
    /// The evidence that convinces an assessor.
    pub convincing: Label,
    pub example: Label,
    pub actions: Vec<TypicalAction>,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypicalAction {
    pub label: Label,
    pub cost: CostClass,
}

/// What an action costs a park of usual size, in classes: papers and hours, below 1 billion đồng, below 20, more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostClass {
    Paper,
    Low,
    Medium,
    High,
}

/// A text of law that criteria are held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegalText {
    pub label: Label,
    pub field: LegalField,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalField {
    Parks,
    Environment,
    Energy,
    Industry,
    Labour,
}

/// What one text says about the subject of a criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegalLink {
    pub criterion: CriterionId,
    /// Code of the text.
    pub text: String,
    /// The article or form row, where it is known.
    pub place: Label,
    pub relation: Relation,
    pub why: Label,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It asks for something that helps to meet the criterion or to prove it.
    Supports,
    /// It asks for the same.
    Repeats,
    /// It asks for something that does not go with the criterion, or leaves open what the criterion settles.
    Contradicts,
}

#[derive(Deserialize)]
struct GuidanceFile {
    guidance: Vec<GuidanceRow>,
}

#[derive(Deserialize)]
struct GuidanceRow {
    criteria: Vec<CriterionId>,
    meaning_vi: String,
    meaning_en: String,
    convincing_vi: String,
    convincing_en: String,
    example_vi: String,
    example_en: String,
    action: Vec<ActionRow>,
    source: String,
    unconfirmed: bool,
}

#[derive(Deserialize)]
struct ActionRow {
    vi: String,
    en: String,
    cost: CostClass,
}

#[derive(Deserialize)]
struct TextRow {
    text: String,
    field: LegalField,
    label_vi: String,
    label_en: String,
    source: String,
    unconfirmed: bool,
}

#[derive(Deserialize)]
struct LinkRow {
    criterion: CriterionId,
    text: String,
    place_vi: String,
    place_en: String,
    relation: Relation,
    why_vi: String,
    why_en: String,
    source: String,
    unconfirmed: bool,
}

pub(super) fn read(reader: &mut Reader) -> BTreeMap<CriterionId, Guidance> {
    let rows = reader.toml::<GuidanceFile>("guidance.toml").map(|file| file.guidance).unwrap_or_default();
    let mut guidance = BTreeMap::new();
    for row in rows {
        let told = Guidance {
            meaning: Label::new(row.meaning_vi, row.meaning_en),
            convincing: Label::new(row.convincing_vi, row.convincing_en),
            example: Label::new(row.example_vi, row.example_en),
            actions: row
                .action
                .into_iter()
                .map(|action| TypicalAction { label: Label::new(action.vi, action.en), cost: action.cost })
                .collect(),
            source: row.source,
            unconfirmed: row.unconfirmed,
        };
        for criterion in row.criteria {
            if guidance.insert(criterion.clone(), told.clone()).is_some() {
                reader.fault("guidance.toml", None, FaultKind::Duplicate, criterion.as_str(), "once");
            }
        }
    }
    guidance
}

/// The texts by their code, and what they say about criteria. A link to a text that is not listed is a fault.
pub(super) fn read_law(reader: &mut Reader) -> (BTreeMap<String, LegalText>, Vec<LegalLink>) {
    let mut texts = BTreeMap::new();
    for row in reader.csv::<TextRow>("legal_texts.csv") {
        let label = Label::new(row.label_vi, row.label_en);
        let text = LegalText { label, field: row.field, source: row.source, unconfirmed: row.unconfirmed };
        texts.insert(row.text, text);
    }
    let mut links = Vec::new();
    for row in reader.csv::<LinkRow>("legal_links.csv") {
        if !texts.contains_key(&row.text) {
            reader.fault("legal_links.csv", None, FaultKind::UnknownReference, &row.text, "legal_texts.csv");
        }
        links.push(LegalLink {
            criterion: row.criterion,
            text: row.text,
            place: Label::new(row.place_vi, row.place_en),
            relation: row.relation,
            why: Label::new(row.why_vi, row.why_en),
            source: row.source,
            unconfirmed: row.unconfirmed,
        });
    }
    (texts, links)
}
