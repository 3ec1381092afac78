//! What experts know, read from `catalogue/`: frameworks, factors, units, resources, codes, options, provinces.
//! Rust holds the arithmetic, never the figures.

pub mod calendar;
pub mod duties;
pub mod exchange_law;
pub mod factor_editions;
pub mod factors;
pub mod forms;
pub mod frameworks;
pub mod guidance;
pub mod places;
pub mod profiles;
pub mod ranking;
pub mod series;
pub mod stations;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultKind, Place};
use crate::ids::{CriterionId, FormId, FrameworkId, OptionId, ResourceId, StationId};
use crate::language::Label;
use crate::park::StreamKind;
use crate::quantity::{Amount, Dimension};
use crate::source::Digest;
use crate::table::CodeLists;

use calendar::Calendar;
use duties::{Obligation, Procedure};
use factor_editions::FactorEdition;
use factors::Factor;
use forms::Form;
use frameworks::{Framework, Indicator};
use guidance::{Guidance, LegalLink, LegalText};
use places::Provinces;
use stations::KnownStation;

/// Everything in `catalogue/`, checked.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub units: BTreeMap<String, Unit>,
    pub resources: BTreeMap<ResourceId, Resource>,
    pub factors: BTreeMap<String, Factor>,
    /// Editions that accounts of greenhouse gases name, by their code.
    pub factor_editions: BTreeMap<String, FactorEdition>,
    pub frameworks: BTreeMap<FrameworkId, Framework>,
    /// Editions that have a name and no rows yet. Nothing is scored by them.
    pub empty_editions: BTreeMap<FrameworkId, Framework>,
    pub indicators: BTreeMap<CriterionId, Indicator>,
    pub guidance: BTreeMap<CriterionId, Guidance>,
    /// Texts of law by their code, and what they say about criteria.
    pub legal_texts: BTreeMap<String, LegalText>,
    pub legal_links: Vec<LegalLink>,
    pub forms: BTreeMap<FormId, Form>,
    pub obligations: Vec<Obligation>,
    pub procedures: Vec<Procedure>,
    /// Public holidays.
    pub calendar: Calendar,
    pub facts: BTreeMap<String, FactSpec>,
    pub questions: BTreeMap<String, Question>,
    pub options: BTreeMap<OptionId, CatalogueOption>,
    pub provinces: Provinces,
    /// Weather stations and where they stand.
    pub stations: BTreeMap<StationId, KnownStation>,
    pub waste_codes: BTreeMap<String, WasteCode>,
    /// Industries that a chapter or subchapter of the waste list belongs to; chapters that are missing fit everywhere.
    pub waste_sectors: BTreeMap<String, WasteSector>,
    pub industries: BTreeMap<String, Label>,
    /// Products of CPC 2.1, five digits.
    pub products: BTreeSet<String>,
    /// The section of each division of ISIC Rev. 4: `C` of `13`.
    pub sections: BTreeMap<String, String>,
    /// What enterprises of a sector likely use and give off.
    pub profiles: Vec<profiles::ProfileRow>,
    /// What one employee of a sector makes in a year.
    pub outputs: Vec<profiles::OutputRow>,
    pub known_exchanges: Vec<KnownExchange>,
    /// What takers of a stream are ranked by.
    pub ranking: ranking::Ranking,
    /// What the law asks of exchanges, by the code of the rule.
    pub exchange_law: BTreeMap<String, exchange_law::ExchangeRule>,
    /// Figures of the nation as others published them.
    pub national_figures: Vec<series::NationalFigure>,
    /// Who approves the records of a period, in this order.
    pub approval_levels: Vec<ApprovalLevel>,
    /// Digest of all files; results name it.
    pub digest: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub dimension: Dimension,
    /// Canonical units in one of these.
    pub factor: f64,
    pub label: Label,
}

/// Something that sites take in, give off or make.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub label: Label,
    pub dimension: Dimension,
    pub flow: Flow,
    /// What options and totals speak of: `electricity`, `fuel`, `supply-water`, …
    pub group: String,
    /// Key of the fuel's factors (`ncv-…`, `co2-…`), for fuels declared by mass.
    pub fuel: Option<String>,
    /// Which of the pilot's quantities a saving of it counts into.
    pub pilot: Option<Pilot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    In,
    Out,
    Product,
    Condition,
}

/// The pilot's quantities: MWh, m³, TJ of fossil fuel, t of chemicals and waste; t CO₂e follow from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pilot {
    Electricity,
    Water,
    Fuel,
    Materials,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FactSpec {
    pub label: Label,
    pub unit: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub label: Label,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WasteCode {
    pub hazardous: bool,
    pub name_en: String,
}

/// One of those who approve records.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalLevel {
    pub level: String,
    /// Code of the role that approves at this level.
    pub role: String,
    pub label: Label,
    pub source: String,
}

/// The industries that give off the wastes of one chapter or subchapter of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct WasteSector {
    /// ISIC Rev. 4 prefixes.
    pub isic4: Vec<String>,
    pub unconfirmed: bool,
    pub source: String,
}

/// A kind of exchange that is known to work somewhere.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct KnownExchange {
    pub id: u32,
    pub giver_isic4: String,
    pub giver_industry: String,
    pub stream: String,
    pub stream_vi: String,
    pub ewc6: String,
    pub kind: String,
    pub hazardous: u8,
    pub taker_isic4: String,
    pub taker_industry: String,
    #[serde(rename = "use")]
    pub used_as: String,
    pub limiting_quality: String,
    pub source: String,
}

impl KnownExchange {
    pub fn stream_kind(&self) -> Option<StreamKind> {
        match self.kind.as_str() {
            "material" => Some(StreamKind::Material),
            "water" => Some(StreamKind::Water),
            "energy" => Some(StreamKind::Heat),
            _ => None,
        }
    }

    /// The places and publications that it is known from; common knowledge is none.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.source.split(';').map(str::trim).filter(|place| !place.is_empty() && !place.ends_with("general"))
    }
}

/// Something that could be done: what it touches, what it saves and costs, in ranges.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CatalogueOption {
    pub id: OptionId,
    pub label_vi: String,
    pub label_en: String,
    pub description_vi: String,
    pub description_en: String,
    /// ISIC Rev. 4 prefixes; empty: any sector.
    pub sectors: Vec<String>,
    /// Group of resources, as in `resources.csv`.
    pub resource: String,
    pub share_low: f64,
    pub share_high: f64,
    pub saving_low: f64,
    pub saving_mid: f64,
    pub saving_high: f64,
    pub cost_basis: String,
    pub cost_low_kvnd: f64,
    pub cost_mid_kvnd: f64,
    pub cost_high_kvnd: f64,
    pub investment_floor_mvnd: f64,
    pub yearly_cost_share: f64,
    pub life_years: u32,
    pub overlap_group: String,
    /// What to measure to prove it, Vietnamese and English.
    pub evidence: String,
    pub evidence_en: String,
    pub unconfirmed: bool,
    pub source: String,
    pub confidence: String,
}

impl CatalogueOption {
    pub fn label(&self) -> Label {
        Label::new(&self.label_vi, &self.label_en)
    }

    pub fn description(&self) -> Label {
        Label::new(&self.description_vi, &self.description_en)
    }
}

/// The files of a catalogue by their path below `catalogue/`.
pub type Files = BTreeMap<String, String>;

/// Reads a catalogue. Every fault of every file is told.
pub fn read_catalogue(files: &Files) -> (Catalogue, Vec<Fault>) {
    let mut reader = Reader { files, faults: Vec::new() };
    let (profiles, outputs) = profiles::read(&mut reader);
    let mut catalogue = Catalogue {
        units: reader.units(),
        resources: reader.resources(),
        factors: factors::read(&mut reader),
        factor_editions: factor_editions::read(&mut reader),
        facts: reader.csv::<FactRow>("facts.csv").into_iter().map(FactRow::entry).collect(),
        questions: reader.csv::<QuestionRow>("questions.csv").into_iter().map(QuestionRow::entry).collect(),
        options: reader.options(),
        provinces: places::read(&mut reader),
        stations: stations::read(&mut reader),
        waste_codes: reader.csv::<WasteRow>("codes/ewc.csv").into_iter().map(WasteRow::entry).collect(),
        waste_sectors: reader
            .csv::<WasteSectorRow>("waste_sectors.csv")
            .into_iter()
            .map(WasteSectorRow::entry)
            .collect(),
        industries: reader.industries(),
        products: reader.csv::<ProductRow>("codes/isic4_cpc21.csv").into_iter().map(ProductRow::code).collect(),
        sections: reader.sections(),
        profiles,
        outputs,
        known_exchanges: reader.csv("known_exchanges.csv"),
        ranking: ranking::read(&mut reader),
        exchange_law: exchange_law::read(&mut reader),
        national_figures: series::read(&mut reader),
        approval_levels: reader.csv::<LevelRow>("approval_levels.csv").into_iter().map(LevelRow::entry).collect(),
        ..Catalogue::default()
    };
    (catalogue.frameworks, catalogue.empty_editions) = frameworks::read_frameworks(&mut reader);
    catalogue.indicators = frameworks::read_indicators(&mut reader);
    catalogue.guidance = guidance::read(&mut reader);
    (catalogue.legal_texts, catalogue.legal_links) = guidance::read_law(&mut reader);
    catalogue.forms = forms::read(&mut reader);
    catalogue.obligations = duties::read_obligations(&mut reader);
    catalogue.procedures = duties::read_procedures(&mut reader);
    catalogue.calendar = calendar::read(&mut reader);
    cross_checks(&catalogue, &mut reader.faults);
    catalogue.digest = Some(Digest::of_value(files));
    let mut faults = reader.faults;
    faults.sort();
    (catalogue, faults)
}

impl Catalogue {
    pub fn unit_codes(&self, dimension: Dimension) -> Vec<String> {
        self.units.iter().filter(|(_, unit)| unit.dimension == dimension).map(|(code, _)| code.clone()).collect()
    }

    /// A declared amount in the canonical unit of its dimension. Units were checked when the park was read.
    pub fn canonical(&self, amount: &Amount) -> Option<f64> {
        self.units.get(&amount.unit).map(|unit| amount.value * unit.factor)
    }

    pub fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.get(id)
    }

    /// Whether a waste of this code arises in this industry; the longest row that fits the code decides.
    pub fn waste_fits_sector(&self, ewc: &str, isic4: &str) -> bool {
        let rows = self.waste_sectors.iter().filter(|(prefix, _)| ewc.starts_with(prefix.as_str()));
        let Some((_, sector)) = rows.max_by_key(|(prefix, _)| prefix.len()) else { return true };
        sector.isic4.iter().any(|prefix| isic4.starts_with(prefix.as_str()))
    }

    /// The lists that the cells of a park are checked against.
    pub fn code_lists(&self) -> CodeLists {
        let keys = |codes: Vec<String>| codes.into_iter().collect::<BTreeSet<_>>();
        BTreeMap::from([
            ("provinces".to_string(), keys(self.provinces.codes())),
            ("units".to_string(), keys(self.units.keys().cloned().collect())),
            ("resources".to_string(), keys(self.resources.keys().map(|id| id.to_string()).collect())),
            ("isic4".to_string(), keys(self.industries.keys().cloned().collect())),
            ("cpc".to_string(), self.products.clone()),
            ("ewc".to_string(), keys(self.waste_codes.keys().cloned().collect())),
            ("questions".to_string(), keys(self.questions.keys().cloned().collect())),
            ("facts".to_string(), keys(self.facts.keys().cloned().collect())),
            ("options".to_string(), keys(self.options.keys().map(|id| id.to_string()).collect())),
        ])
    }

    pub fn digest(&self) -> Digest {
        self.digest.clone().unwrap_or_else(|| Digest::of(b""))
    }
}

/// Walks the files and gathers faults.
pub struct Reader<'a> {
    pub files: &'a Files,
    pub faults: Vec<Fault>,
}

impl Reader<'_> {
    pub fn text(&mut self, path: &str) -> &str {
        if !self.files.contains_key(path) {
            self.fault(path, None, FaultKind::MissingFile, "", path);
        }
        self.files.get(path).map_or("", String::as_str)
    }

    pub fn fault(&mut self, path: &str, line: Option<usize>, kind: FaultKind, found: &str, expected: &str) {
        self.faults.push(Fault {
            place: Place { file: path.to_string(), line, ..Place::default() },
            kind,
            found: found.to_string(),
            expected: expected.to_string(),
        });
    }

    pub fn csv<T: DeserializeOwned>(&mut self, path: &str) -> Vec<T> {
        let text = self.text(path).to_string();
        let mut rows = Vec::new();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for (index, row) in reader.deserialize().enumerate() {
            match row {
                Ok(row) => rows.push(row),
                Err(error) => {
                    let line = error.position().map_or(index + 2, |position| position.line() as usize);
                    self.fault(path, Some(line), FaultKind::UnreadableFile, &error.to_string(), "");
                }
            }
        }
        rows
    }

    pub fn toml<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let text = self.text(path).to_string();
        match toml::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
                self.fault(path, line, FaultKind::UnreadableFile, error.message(), "");
                None
            }
        }
    }

    fn units(&mut self) -> BTreeMap<String, Unit> {
        let mut units = BTreeMap::new();
        for row in self.csv::<UnitRow>("units.csv") {
            match Dimension::parse(&row.dimension) {
                Some(dimension) => {
                    let unit = Unit { dimension, factor: row.factor, label: Label::new(row.label_vi, row.label_en) };
                    units.insert(row.unit, unit);
                }
                None => self.fault("units.csv", None, FaultKind::UnknownCode, &row.dimension, "dimension"),
            }
        }
        units
    }

    fn resources(&mut self) -> BTreeMap<ResourceId, Resource> {
        let mut resources = BTreeMap::new();
        for row in self.csv::<ResourceRow>("resources.csv") {
            let Some(dimension) = Dimension::parse(&row.dimension) else {
                self.fault("resources.csv", None, FaultKind::UnknownCode, &row.dimension, "dimension");
                continue;
            };
            let resource = Resource {
                label: Label::new(row.label_vi, row.label_en),
                dimension,
                flow: row.flow,
                group: row.group,
                fuel: row.fuel,
                pilot: row.pilot,
            };
            resources.insert(ResourceId::new(row.resource), resource);
        }
        resources
    }

    fn options(&mut self) -> BTreeMap<OptionId, CatalogueOption> {
        let mut options = BTreeMap::new();
        for option in self.toml::<OptionFile>("options.toml").map(|file| file.option).unwrap_or_default() {
            let id = option.id.clone();
            if options.insert(id.clone(), option).is_some() {
                self.fault("options.toml", None, FaultKind::Duplicate, id.as_str(), "once");
            }
        }
        options
    }

    /// ISIC Rev. 4 in English; the Vietnamese name where VSIC 2007 has the same code.
    fn industries(&mut self) -> BTreeMap<String, Label> {
        let vietnamese: BTreeMap<String, String> = self
            .csv::<VsicRow>("codes/vsic2007.csv")
            .into_iter()
            .filter(|row| !row.name_en_isic4_same_code.is_empty())
            .map(|row| (row.code, row.name_vi))
            .collect();
        self.csv::<IsicRow>("codes/isic4.csv")
            .into_iter()
            .map(|row| {
                let vi = vietnamese.get(&row.code).cloned().unwrap_or_else(|| row.name_en.clone());
                (row.code, Label::new(vi, row.name_en))
            })
            .collect()
    }

    fn class_codes(&mut self) -> BTreeSet<String> {
        let rows = self.csv::<IsicRow>("codes/isic4.csv").into_iter();
        rows.map(|row| row.code).filter(|code| code.len() == 4).collect()
    }

    /// Divisions stand below their section in the list.
    fn sections(&mut self) -> BTreeMap<String, String> {
        let mut section = String::new();
        let mut sections = BTreeMap::new();
        for row in self.csv::<IsicRow>("codes/isic4.csv") {
            match row.code.len() {
                1 => section = row.code,
                2 => {
                    sections.insert(row.code, section.clone());
                }
                _ => {}
            }
        }
        sections
    }
}

fn cross_checks(catalogue: &Catalogue, faults: &mut Vec<Fault>) {
    let mut fault = |file: &str, kind, found: &str, expected: &str| {
        faults.push(Fault {
            place: Place { file: file.to_string(), ..Place::default() },
            kind,
            found: found.to_string(),
            expected: expected.to_string(),
        });
    };
    for (id, resource) in &catalogue.resources {
        if let Some(fuel) = &resource.fuel {
            for prefix in ["ncv", "co2", "ch4", "n2o"] {
                if !catalogue.factors.contains_key(&format!("{prefix}-{fuel}")) {
                    fault("resources.csv", FaultKind::UnknownReference, id.as_str(), &format!("{prefix}-{fuel}"));
                }
            }
        }
    }
    for edition in factor_editions::without_factors(catalogue) {
        fault("factor_editions.toml", FaultKind::UnknownReference, &edition, "factors.toml");
    }
    for framework in catalogue.frameworks.values() {
        for criterion in &framework.criteria {
            if criterion.indicator.is_none() && !catalogue.indicators.contains_key(&criterion.id) {
                fault("indicators.toml", FaultKind::MissingValue, "", criterion.id.as_str());
            }
        }
    }
    let is_criterion =
        |id: &CriterionId| catalogue.frameworks.values().any(|framework| framework.criterion(id).is_some());
    for criterion in catalogue.guidance.keys().filter(|id| !is_criterion(id)) {
        fault("guidance.toml", FaultKind::UnknownReference, criterion.as_str(), "frameworks");
    }
    for link in catalogue.legal_links.iter().filter(|link| !is_criterion(&link.criterion)) {
        fault("legal_links.csv", FaultKind::UnknownReference, link.criterion.as_str(), "frameworks");
    }
    for obligation in catalogue.obligations.iter().filter(|row| !catalogue.legal_texts.contains_key(&row.text)) {
        fault("obligations.csv", FaultKind::UnknownReference, &obligation.text, "legal_texts.csv");
    }
    for (criterion, indicator) in &catalogue.indicators {
        let known = match indicator {
            Indicator::Answer { fact } => catalogue.facts.contains_key(fact),
            Indicator::SurveyShare { question, .. } => catalogue.questions.contains_key(question),
            _ => true,
        };
        if !known {
            fault("indicators.toml", FaultKind::UnknownReference, criterion.as_str(), "facts.csv | questions.csv");
        }
    }
    for option in catalogue.options.values() {
        let shares = [option.share_low, option.share_high, option.saving_low, option.saving_mid, option.saving_high];
        let is_ordered = option.saving_low <= option.saving_mid
            && option.saving_mid <= option.saving_high
            && option.share_low <= option.share_high
            && option.cost_low_kvnd <= option.cost_mid_kvnd
            && option.cost_mid_kvnd <= option.cost_high_kvnd;
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) || !is_ordered || option.life_years == 0 {
            fault(
                "options.toml",
                FaultKind::OutOfRange,
                option.id.as_str(),
                "low ≤ mid ≤ high, shares 0 … 1, life > 0",
            );
        }
        for sector in &option.sectors {
            if !catalogue.industries.keys().any(|code| code.starts_with(sector.as_str())) {
                fault("options.toml", FaultKind::UnknownCode, sector, "isic4");
            }
        }
        if option.unconfirmed != (option.source == "from memory") {
            fault("options.toml", FaultKind::Contradiction, option.id.as_str(), "unconfirmed = (source = from memory)");
        }
    }
    for (prefix, sector) in &catalogue.waste_sectors {
        if !catalogue.waste_codes.keys().any(|code| code.starts_with(prefix.as_str())) {
            fault("waste_sectors.csv", FaultKind::UnknownCode, prefix, "ewc");
        }
        for isic4 in sector.isic4.iter().filter(|code| !catalogue.industries.contains_key(*code)) {
            fault("waste_sectors.csv", FaultKind::UnknownCode, isic4, "isic4");
        }
    }
    for (file, found, expected) in profiles::cross_checks(catalogue) {
        fault(file, FaultKind::UnknownCode, &found, &expected);
    }
    for exchange in &catalogue.known_exchanges {
        if !exchange.ewc6.is_empty() && !catalogue.waste_codes.contains_key(&exchange.ewc6) {
            fault("known_exchanges.csv", FaultKind::UnknownCode, &exchange.ewc6, "ewc");
        }
        for code in [&exchange.giver_isic4, &exchange.taker_isic4] {
            if !catalogue.industries.contains_key(code) {
                fault("known_exchanges.csv", FaultKind::UnknownCode, code, "isic4");
            }
        }
    }
}

#[derive(Deserialize)]
struct ProductRow {
    cpc: String,
}

impl ProductRow {
    /// The file has lost the zeros in front.
    fn code(self) -> String {
        format!("{:0>5}", self.cpc)
    }
}

#[derive(Deserialize)]
struct UnitRow {
    unit: String,
    dimension: String,
    factor: f64,
    label_vi: String,
    label_en: String,
}

#[derive(Deserialize)]
struct ResourceRow {
    resource: String,
    label_vi: String,
    label_en: String,
    dimension: String,
    flow: Flow,
    group: String,
    fuel: Option<String>,
    pilot: Option<Pilot>,
}

#[derive(Deserialize)]
struct FactRow {
    fact: String,
    label_vi: String,
    label_en: String,
    unit: String,
}

impl FactRow {
    fn entry(self) -> (String, FactSpec) {
        (self.fact, FactSpec { label: Label::new(self.label_vi, self.label_en), unit: self.unit })
    }
}

#[derive(Deserialize)]
struct QuestionRow {
    question: String,
    label_vi: String,
    label_en: String,
}

impl QuestionRow {
    fn entry(self) -> (String, Question) {
        (self.question, Question { label: Label::new(self.label_vi, self.label_en) })
    }
}

#[derive(Deserialize)]
struct WasteRow {
    code: String,
    hazardous: u8,
    name_en: String,
}

impl WasteRow {
    fn entry(self) -> (String, WasteCode) {
        (self.code, WasteCode { hazardous: self.hazardous == 1, name_en: self.name_en })
    }
}

#[derive(Deserialize)]
struct LevelRow {
    level: String,
    role: String,
    label_vi: String,
    label_en: String,
    source: String,
}

impl LevelRow {
    fn entry(self) -> ApprovalLevel {
        let label = Label::new(self.label_vi, self.label_en);
        ApprovalLevel { level: self.level, role: self.role, label, source: self.source }
    }
}

#[derive(Deserialize)]
struct WasteSectorRow {
    ewc: String,
    isic4: String,
    unconfirmed: bool,
    source: String,
}

impl WasteSectorRow {
    fn entry(self) -> (String, WasteSector) {
        let isic4 = self.isic4.split(';').map(str::to_string).collect();
        (self.ewc, WasteSector { isic4, unconfirmed: self.unconfirmed, source: self.source })
    }
}

#[derive(Deserialize)]
struct IsicRow {
    code: String,
    name_en: String,
}

#[derive(Deserialize)]
struct VsicRow {
    code: String,
    name_vi: String,
    name_en_isic4_same_code: String,
}

#[derive(Deserialize)]
struct OptionFile {
    option: Vec<CatalogueOption>,
}
