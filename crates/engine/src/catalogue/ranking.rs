//! What takers are ranked by: words that name a material, what a material is used for, and how much each kind of
//! evidence weighs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;
use crate::language::Label;

/// The tables of the ranking: `stream_words.csv`, `material_uses.csv`, `ranking_weights.csv`.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    pub materials: BTreeMap<String, Material>,
    pub uses: BTreeMap<String, MaterialUse>,
    pub weights: BTreeMap<Part, Weight>,
}

/// A class of material and how people call it.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// Never empty; the first one is its name.
    pub words_vi: Vec<String>,
    pub words_en: Vec<String>,
    /// Keys of `material_uses.csv`, the likeliest first.
    pub uses: Vec<String>,
    pub unconfirmed: bool,
    pub source: String,
}

/// What a material can be used for, and by which classes of ISIC Rev. 4, the likeliest first.
#[derive(Clone, Debug, PartialEq)]
pub struct MaterialUse {
    pub isic4: Vec<String>,
    pub label: Label,
    pub unconfirmed: bool,
    pub source: String,
}

/// A kind of evidence for a taker. Each spreads one whole over the classes of ISIC Rev. 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What the material named in the words, or in the name of the waste code, is used for.
    Uses,
    /// Takers in known exchanges of the same waste code, subchapter or chapter.
    WasteCode,
    /// Takers in known exchanges of the same giving industry.
    Giver,
    /// Takers in known exchanges whose stream is called alike.
    Words,
    /// The giver's own industry takes it back.
    SameIndustry,
    /// Industries whose name holds words of the stream.
    Names,
    /// Takers in all known exchanges.
    Popular,
    /// Classes in the divisions of known takers.
    Neighbours,
    /// Every class alike.
    Any,
}

/// How much a part counts where all of them have something to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    pub value: f64,
    /// Learnt from `known_exchanges.csv`; the learnt weights add up to 1. Otherwise set by hand: a share of the whole.
    pub learnt: bool,
    pub unconfirmed: bool,
    pub source: String,
}

impl Material {
    pub fn label(&self) -> Label {
        let first = |words: &[String]| words.first().cloned().unwrap_or_default();
        Label::new(first(&self.words_vi), first(&self.words_en))
    }
}

impl Part {
    pub const ALL: [Part; 9] = [
        Part::Uses,
        Part::WasteCode,
        Part::Giver,
        Part::Words,
        Part::SameIndustry,
        Part::Names,
        Part::Popular,
        Part::Neighbours,
        Part::Any,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Part::Uses => "uses",
            Part::WasteCode => "waste-code",
            Part::Giver => "giver",
            Part::Words => "words",
            Part::SameIndustry => "same-industry",
            Part::Names => "names",
            Part::Popular => "popular",
            Part::Neighbours => "neighbours",
            Part::Any => "any",
        }
    }

    fn parse(code: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.code() == code)
    }
}

pub fn read(reader: &mut Reader<'_>) -> Ranking {
    let ranking = Ranking { materials: materials(reader), uses: uses(reader), weights: weights(reader) };
    let named: BTreeSet<&String> = ranking.materials.values().flat_map(|material| &material.uses).collect();
    for unknown in named.into_iter().filter(|name| !ranking.uses.contains_key(*name)) {
        reader.fault("stream_words.csv", None, FaultKind::UnknownReference, unknown, "material_uses.csv");
    }
    ranking
}

fn materials(reader: &mut Reader<'_>) -> BTreeMap<String, Material> {
    const FILE: &str = "stream_words.csv";
    let mut materials = BTreeMap::new();
    let mut phrases = BTreeSet::new();
    for row in reader.csv::<MaterialRow>(FILE) {
        let material = Material {
            words_vi: list(&row.words_vi),
            words_en: list(&row.words_en),
            uses: list(&row.uses),
            unconfirmed: row.unconfirmed,
            source: row.source,
        };
        if material.words_vi.is_empty() || material.words_en.is_empty() || material.uses.is_empty() {
            reader.fault(FILE, None, FaultKind::MissingValue, &row.material, "words_vi, words_en, uses");
        }
        // One word may be written alike in both languages (CO2), but it names one material only.
        let own: BTreeSet<&String> = material.words_vi.iter().chain(&material.words_en).collect();
        for twice in own.into_iter().filter(|phrase| !phrases.insert((*phrase).clone())) {
            reader.fault(FILE, None, FaultKind::Duplicate, twice, "once");
        }
        if materials.insert(row.material.clone(), material).is_some() {
            reader.fault(FILE, None, FaultKind::Duplicate, &row.material, "once");
        }
    }
    materials
}

fn uses(reader: &mut Reader<'_>) -> BTreeMap<String, MaterialUse> {
    const FILE: &str = "material_uses.csv";
    let classes = reader.class_codes();
    let mut uses = BTreeMap::new();
    for row in reader.csv::<UseRow>(FILE) {
        let isic4 = list(&row.isic4);
        if isic4.is_empty() {
            reader.fault(FILE, None, FaultKind::MissingValue, &row.key, "isic4");
        }
        for unknown in isic4.iter().filter(|code| !classes.contains(*code)) {
            reader.fault(FILE, None, FaultKind::UnknownCode, unknown, "isic4");
        }
        let label = Label::new(row.label_vi, row.label_en);
        let found = MaterialUse { isic4, label, unconfirmed: row.unconfirmed, source: row.source };
        if uses.insert(row.key.clone(), found).is_some() {
            reader.fault(FILE, None, FaultKind::Duplicate, &row.key, "once");
        }
    }
    uses
}

fn weights(reader: &mut Reader<'_>) -> BTreeMap<Part, Weight> {
    const FILE: &str = "ranking_weights.csv";
    let mut weights = BTreeMap::new();
    for row in reader.csv::<WeightRow>(FILE) {
        let Some(part) = Part::parse(&row.part) else {
            let known = Part::ALL.map(Part::code).join(" | ");
            reader.fault(FILE, None, FaultKind::UnknownCode, &row.part, &known);
            continue;
        };
        if !(0.0..=1.0).contains(&row.weight) {
            reader.fault(FILE, None, FaultKind::OutOfRange, &row.part, "0 … 1");
        }
        let weight = Weight { value: row.weight, learnt: row.learnt, unconfirmed: row.unconfirmed, source: row.source };
        if weights.insert(part, weight).is_some() {
            reader.fault(FILE, None, FaultKind::Duplicate, &row.part, "once");
        }
    }
    for part in Part::ALL.into_iter().filter(|part| !weights.contains_key(part)) {
        reader.fault(FILE, None, FaultKind::MissingValue, "", part.code());
    }
    weights
}

fn list(cell: &str) -> Vec<String> {
    cell.split(';').map(str::trim).filter(|word| !word.is_empty()).map(str::to_string).collect()
}

#[derive(Deserialize)]
struct MaterialRow {
    material: String,
    words_vi: String,
    words_en: String,
    uses: String,
    unconfirmed: bool,
    source: String,
}

#[derive(Deserialize)]
struct UseRow {
    #[serde(rename = "use")]
    key: String,
    isic4: String,
    label_vi: String,
    label_en: String,
    unconfirmed: bool,
    source: String,
}

#[derive(Deserialize)]
struct WeightRow {
    part: String,
    weight: f64,
    learnt: bool,
    unconfirmed: bool,
    source: String,
}
