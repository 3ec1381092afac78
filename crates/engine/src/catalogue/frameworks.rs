//! Frameworks as data: editions, their criteria, and how the value of each criterion is obtained.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::{Fault, FaultKind, Place};
use crate::ids::{CriterionId, FrameworkId};
use crate::language::Label;
use crate::period::parse_date;

/// One edition of a framework, valid between two dates. Its id is its file stem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Framework {
    pub id: FrameworkId,
    pub name: String,
    pub version: String,
    pub status: String,
    pub valid_from: Option<Date>,
    /// The last day on which it is in force.
    pub valid_to: Option<Date>,
    pub criteria: Vec<Criterion>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Criterion {
    pub id: CriterionId,
    pub category: String,
    pub topic: String,
    /// `prerequisite`, `performance` or `criterion`.
    pub kind: String,
    pub label: Label,
    pub unit: String,
    pub rule: Rule,
    pub target: f64,
    /// Whom or what it is asked of.
    pub applies_to: Label,
    /// What would prove it.
    pub evidence: Label,
    pub source: Label,
    pub unconfirmed: bool,
    pub confidence: String,
    pub note: Label,
}

/// What makes a criterion met. A closed set: a new kind of rule is a new variant and a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    AtLeast,
    AtMost,
    Yes,
}

impl Rule {
    pub fn is_met(self, value: f64, target: f64) -> bool {
        match self {
            Rule::AtLeast => value >= target,
            Rule::AtMost => value <= target,
            Rule::Yes => value == 1.0,
        }
    }
}

/// How the value of a criterion is obtained.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Indicator {
    /// The park states it, with evidence.
    Answer {
        fact: String,
    },
    /// Share of tenants with more than `min_employees` workers that answer yes.
    SurveyShare {
        question: String,
        min_employees: u32,
    },
    /// Exchanges between two enterprises that ran during the period.
    ExchangeCount,
    /// Whether every enterprise that takes part in an exchange says it runs ISO management systems.
    SymbiosisIso,
    WastewaterTreatedShare,
    WastewaterReusedShare,
    WasteReusedShare,
    WasteLandfillShare,
    EnergyMeteredShare,
}

#[derive(Deserialize)]
struct FrameworkFile {
    framework: String,
    version: String,
    status: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    #[serde(default)]
    criterion: Vec<CriterionRow>,
}

#[derive(Deserialize)]
struct CriterionRow {
    id: CriterionId,
    category: String,
    #[serde(default)]
    topic: String,
    kind: String,
    label_en: String,
    label_vi: String,
    unit: String,
    target: f64,
    direction: Rule,
    #[serde(default)]
    applies_to: String,
    #[serde(default)]
    applies_to_vi: String,
    #[serde(default)]
    evidence: String,
    #[serde(default)]
    evidence_vi: String,
    source: String,
    #[serde(default)]
    source_vi: String,
    unconfirmed: bool,
    #[serde(default)]
    confidence: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    note_vi: String,
}

impl CriterionRow {
    /// The texts beside the label, with their names: column, English, Vietnamese.
    fn texts(&self) -> [(&'static str, &str, &str); 4] {
        [
            ("applies_to", &self.applies_to, &self.applies_to_vi),
            ("evidence", &self.evidence, &self.evidence_vi),
            ("source", &self.source, &self.source_vi),
            ("note", &self.note, &self.note_vi),
        ]
    }
}

/// In how many languages an edition must speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Languages {
    /// Ours: whom it is asked of, what proves it and who says so, in Vietnamese and in English.
    Both,
    /// One that somebody brings along; a text that is given in one language is shown in both.
    Either,
}

#[derive(Deserialize)]
struct IndicatorFile {
    indicator: Vec<IndicatorRow>,
}

#[derive(Deserialize)]
struct IndicatorRow {
    criterion: CriterionId,
    #[serde(flatten)]
    indicator: Indicator,
}

pub(super) fn read_frameworks(reader: &mut Reader) -> BTreeMap<FrameworkId, Framework> {
    let paths: Vec<String> = reader
        .files
        .keys()
        .filter(|path| path.starts_with("frameworks/") && path.ends_with(".toml"))
        .cloned()
        .collect();
    let mut frameworks = BTreeMap::new();
    for path in paths {
        let stem = path.trim_start_matches("frameworks/").trim_end_matches(".toml").to_string();
        let text = reader.text(&path).to_string();
        match read_edition(&path, &stem, &text, Languages::Both) {
            Ok(framework) => {
                frameworks.insert(framework.id.clone(), framework);
            }
            Err(faults) => reader.faults.extend(faults),
        }
    }
    frameworks
}

/// Reads an edition that a user brings along.
pub fn read_framework(path: &str, stem: &str, text: &str) -> Result<Framework, Vec<Fault>> {
    read_edition(path, stem, text, Languages::Either)
}

/// Reads one edition from its TOML text.
fn read_edition(path: &str, stem: &str, text: &str, languages: Languages) -> Result<Framework, Vec<Fault>> {
    let fault = |line, kind, found: &str, expected: &str| Fault {
        place: Place { file: path.to_string(), line, ..Place::default() },
        kind,
        found: found.to_string(),
        expected: expected.to_string(),
    };
    let file: FrameworkFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        vec![fault(line, FaultKind::UnreadableFile, error.message(), "framework TOML")]
    })?;
    let mut faults = Vec::new();
    let mut date = |text: &Option<String>| {
        let text = text.as_deref()?;
        let date = parse_date(text);
        if date.is_none() {
            faults.push(fault(None, FaultKind::NotADate, text, "yyyy-MM-dd"));
        }
        date
    };
    let (valid_from, valid_to) = (date(&file.valid_from), date(&file.valid_to));
    let mut seen = std::collections::BTreeSet::new();
    for row in &file.criterion {
        if !seen.insert(row.id.clone()) {
            faults.push(fault(None, FaultKind::Duplicate, row.id.as_str(), "once"));
        }
        if !row.target.is_finite() {
            faults.push(fault(None, FaultKind::NotANumber, row.id.as_str(), "target"));
        }
        if row.source.is_empty() || row.label_vi.is_empty() || row.label_en.is_empty() {
            faults.push(fault(None, FaultKind::MissingValue, row.id.as_str(), "source, label_vi, label_en"));
        }
        if languages == Languages::Both {
            let missing = missing_texts(row);
            if !missing.is_empty() {
                faults.push(fault(None, FaultKind::MissingValue, row.id.as_str(), &missing.join(", ")));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let criteria = file
        .criterion
        .into_iter()
        .map(|row| Criterion {
            id: row.id,
            category: row.category,
            topic: row.topic,
            kind: row.kind,
            label: Label::new(row.label_vi, row.label_en),
            unit: row.unit,
            rule: row.direction,
            target: row.target,
            applies_to: in_both(row.applies_to_vi, row.applies_to),
            evidence: in_both(row.evidence_vi, row.evidence),
            source: in_both(row.source_vi, row.source),
            unconfirmed: row.unconfirmed,
            confidence: row.confidence,
            note: in_both(row.note_vi, row.note),
        })
        .collect();
    Ok(Framework {
        id: FrameworkId::new(stem),
        name: file.framework,
        version: file.version,
        status: file.status,
        valid_from,
        valid_to,
        criteria,
    })
}

/// Texts of a row that are missing in one language. Only a note may be missing in both.
fn missing_texts(row: &CriterionRow) -> Vec<String> {
    let mut missing = Vec::new();
    for (column, en, vi) in row.texts() {
        let may_be_absent = column == "note" && en.is_empty() && vi.is_empty();
        if may_be_absent {
            continue;
        }
        if en.trim().is_empty() {
            missing.push(column.to_string());
        }
        if vi.trim().is_empty() {
            missing.push(format!("{column}_vi"));
        }
    }
    missing
}

fn in_both(vi: String, en: String) -> Label {
    match (vi.is_empty(), en.is_empty()) {
        (true, false) => Label::new(en.clone(), en),
        (false, true) => Label::new(vi.clone(), vi),
        _ => Label { vi, en },
    }
}

pub(super) fn read_indicators(reader: &mut Reader) -> BTreeMap<CriterionId, Indicator> {
    let rows = reader.toml::<IndicatorFile>("indicators.toml").map(|file| file.indicator).unwrap_or_default();
    let mut indicators = BTreeMap::new();
    for row in rows {
        let id = row.criterion.clone();
        if indicators.insert(row.criterion, row.indicator).is_some() {
            reader.fault("indicators.toml", None, FaultKind::Duplicate, id.as_str(), "once");
        }
    }
    indicators
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "framework = \"F\"\nversion = \"1\"\nstatus = \"in_force\"\n[[criterion]]\nid = \"F-1\"\n\
        category = \"social\"\nkind = \"criterion\"\nlabel_en = \"Yearly report\"\nlabel_vi = \"Báo cáo hằng năm\"\n\
        unit = \"yes_no\"\ntarget = 1.0\ndirection = \"yes\"\nunconfirmed = true\nsource = \"Decree\"\n";

    fn check_faults(languages: Languages, rest: &str, expected: &[&str]) {
        let read = read_edition("frameworks/f.toml", "f", &format!("{HEAD}{rest}"), languages);
        let faults = read.err().unwrap_or_default();
        let expected_faults: Vec<(&str, &str)> = expected.iter().map(|texts| ("F-1", *texts)).collect();
        let found: Vec<(&str, &str)> = faults.iter().map(|f| (f.found.as_str(), f.expected.as_str())).collect();
        assert_eq!(found, expected_faults);
    }

    #[test]
    fn an_edition_of_the_catalogue_speaks_both_languages() {
        let complete = "applies_to = \"park\"\napplies_to_vi = \"khu công nghiệp\"\nevidence = \"report\"\n\
            evidence_vi = \"báo cáo\"\nsource_vi = \"Nghị định\"\n";
        check_faults(Languages::Both, complete, &[]);
        check_faults(Languages::Both, &format!("{complete}note = \"weaker reading\"\n"), &["note_vi"]);
        let only_english = "applies_to = \"park\"\nevidence = \"report\"\n";
        check_faults(Languages::Both, only_english, &["applies_to_vi, evidence_vi, source_vi"]);
        check_faults(
            Languages::Both,
            "evidence_vi = \"báo cáo\"\n",
            &["applies_to, applies_to_vi, evidence, source_vi"],
        );
        check_faults(Languages::Either, only_english, &[]);
    }

    #[test]
    fn an_edition_brought_along_in_one_language_is_shown_in_both() {
        let text = format!("{HEAD}evidence = \"report\"\napplies_to_vi = \"khu công nghiệp\"\n");
        let framework = read_framework("f.toml", "f", &text).expect("nothing is missing that must be there");
        let criterion = &framework.criteria[0];
        assert_eq!(criterion.evidence, Label::new("report", "report"));
        assert_eq!(criterion.applies_to, Label::new("khu công nghiệp", "khu công nghiệp"));
        assert_eq!(criterion.note, Label::default());
    }
}
