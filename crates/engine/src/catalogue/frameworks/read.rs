//! Reads an edition from its TOML text: every fault at once, each with its line, its criterion and its key.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::{Criterion, Framework, Indicator, KINDS, Rule};
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind, Place};
use crate::ids::{CriterionId, FrameworkId};
use crate::language::Label;
use crate::period::parse_date;

/// What stands above the rows.
const HEAD_KEYS: [&str; 9] =
    ["framework", "version", "status", "valid_from", "valid_to", "replaces", "note", "note_vi", "criterion"];

/// What may stand in a row.
const ROW_KEYS: [&str; 26] = [
    "id",
    "replaces",
    "category",
    "topic",
    "kind",
    "label_en",
    "label_vi",
    "unit",
    "target",
    "direction",
    "indicator",
    "coverage",
    "valid_months",
    "needs_evidence",
    "applies_to",
    "applies_to_vi",
    "evidence",
    "evidence_vi",
    "legal",
    "legal_vi",
    "source",
    "source_vi",
    "unconfirmed",
    "confidence",
    "note",
    "note_vi",
];

/// In how many languages an edition must speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Languages {
    /// Ours: whom it is asked of, what proves it and who says so, in Vietnamese and in English.
    Both,
    /// One that somebody brings along; a text that is given in one language is shown in both.
    Either,
}

/// Reads an edition that a user brings along to assess by. It must have rows.
pub fn read_framework(path: &str, stem: &str, text: &str) -> Result<Framework, Vec<Fault>> {
    let (framework, mut faults) = read_edition(path, stem, text, Languages::Either, None);
    let is_empty = framework.as_ref().is_some_and(Framework::is_empty);
    if is_empty && faults.is_empty() {
        faults.push(Fault {
            place: Place { file: path.to_string(), ..Place::default() },
            kind: FaultKind::MissingValue,
            found: String::new(),
            expected: "[[criterion]]".to_string(),
        });
    }
    framework.filter(|_| faults.is_empty()).ok_or(faults)
}

/// Reads an edition that an administrator writes: it may still be empty, and what it refers to must be in the catalogue.
/// It comes out only without faults.
pub fn read_draft(path: &str, stem: &str, text: &str, catalogue: &Catalogue) -> (Option<Framework>, Vec<Fault>) {
    let (framework, faults) = read_edition(path, stem, text, Languages::Either, Some(catalogue));
    (framework.filter(|_| faults.is_empty()), faults)
}

/// Reads an edition of the catalogue.
pub(super) fn read_ours(path: &str, stem: &str, text: &str) -> Result<Framework, Vec<Fault>> {
    let (framework, faults) = read_edition(path, stem, text, Languages::Both, None);
    framework.filter(|_| faults.is_empty()).ok_or(faults)
}

fn read_edition(
    path: &str,
    stem: &str,
    text: &str,
    languages: Languages,
    catalogue: Option<&Catalogue>,
) -> (Option<Framework>, Vec<Fault>) {
    let mut reader = EditionReader { path, text, languages, catalogue, faults: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map(|span| reader.line(span.start));
        reader.fault(line, None, FaultKind::UnreadableFile, error.message(), "framework TOML");
    }
    if !errors.is_empty() {
        return (None, reader.faults);
    }
    let framework = reader.edition(stem, table.get_ref());
    reader.faults.sort();
    (framework, reader.faults)
}

/// A table of the file: the head, a row or the indicator of a row.
struct Part<'t> {
    table: &'t DeTable<'t>,
    line: usize,
    /// What its keys are named after: `VN35-37-2C.`, or nothing for the head.
    prefix: String,
}

struct EditionReader<'a> {
    path: &'a str,
    text: &'a str,
    languages: Languages,
    catalogue: Option<&'a Catalogue>,
    faults: Vec<Fault>,
}

impl EditionReader<'_> {
    fn edition(&mut self, stem: &str, table: &DeTable<'_>) -> Option<Framework> {
        let head = Part { table, line: 1, prefix: String::new() };
        self.unknown_keys(&head, &HEAD_KEYS);
        let name = self.required_text(&head, "framework");
        let version = self.required_text(&head, "version");
        let status = self.required_text(&head, "status");
        let (valid_from, valid_to) = (self.date(&head, "valid_from"), self.date(&head, "valid_to"));
        if let (Some(from), Some(to)) = (valid_from, valid_to)
            && from > to
        {
            self.fault_at(&head, "valid_to", FaultKind::NotAPeriod, &to.to_string(), &format!("{from} …"));
        }
        let criteria = self.rows(&head);
        let note = self.both_texts(&head, "note", true);
        Some(Framework {
            id: FrameworkId::new(stem),
            name: name?,
            version: version?,
            status: status?,
            valid_from,
            valid_to,
            replaces: self.text(&head, "replaces").map(FrameworkId::new),
            note,
            criteria: criteria.into_iter().flatten().collect(),
        })
    }

    /// One entry for each row; `None` for a row with faults.
    fn rows(&mut self, head: &Part) -> Vec<Option<Criterion>> {
        let Some(value) = head.table.get("criterion") else { return Vec::new() };
        let Some(rows) = value.get_ref().as_array() else {
            self.fault_at(head, "criterion", FaultKind::UnreadableFile, value.get_ref().type_str(), "[[criterion]]");
            return Vec::new();
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut criteria = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let line = self.line(row.span().start);
            let Some(table) = row.get_ref().as_table() else {
                self.fault(Some(line), None, FaultKind::UnreadableFile, row.get_ref().type_str(), "[[criterion]]");
                continue;
            };
            let id = table.get("id").and_then(|id| id.get_ref().as_str()).unwrap_or_default().trim().to_string();
            let name = if id.is_empty() { format!("criterion {}", index + 1) } else { id.clone() };
            let part = Part { table, line, prefix: format!("{name}.") };
            if let Some(first) = seen.get(&id).filter(|_| !id.is_empty()) {
                self.fault_at(&part, "id", FaultKind::Duplicate, &id, &format!("once, line {first}"));
            }
            seen.entry(id).or_insert(line);
            criteria.push(self.row(&part));
        }
        criteria
    }

    fn row(&mut self, row: &Part) -> Option<Criterion> {
        self.unknown_keys(row, &ROW_KEYS);
        let id = self.required_text(row, "id");
        let category = self.required_text(row, "category");
        let kind = self.choice(row, "kind", &KINDS);
        let label = self.label(row);
        let unit = self.required_text(row, "unit");
        let rule = self.choice(row, "direction", &Rule::ALL.map(Rule::code));
        let rule = rule.and_then(|code| Rule::ALL.into_iter().find(|rule| rule.code() == code));
        let target = self.number(row, "target");
        if target.is_none() && !row.table.contains_key("target") {
            self.fault_at(row, "target", FaultKind::MissingValue, "", "number");
        }
        self.plausible_target(row, unit.as_deref(), rule, target);
        let coverage = self.number(row, "coverage");
        if let Some(share) = coverage.filter(|share| !(0.0..=1.0).contains(share)) {
            self.fault_at(row, "coverage", FaultKind::OutOfRange, &share.to_string(), "0 … 1");
        }
        let source = self.both_texts(row, "source", false);
        let criterion = Criterion {
            id: CriterionId::new(id.clone().unwrap_or_default()),
            replaces: self.text(row, "replaces").map(CriterionId::new),
            category: category.clone().unwrap_or_default(),
            topic: self.text(row, "topic").unwrap_or_default(),
            kind: kind.clone().unwrap_or_default(),
            label,
            unit: unit.clone().unwrap_or_default(),
            rule: rule.unwrap_or(Rule::AtLeast),
            target: target.unwrap_or_default(),
            indicator: self.indicator(row),
            coverage,
            valid_months: self.whole(row, "valid_months", 1),
            needs_evidence: self.flag(row, "needs_evidence").unwrap_or_default(),
            applies_to: self.both_texts(row, "applies_to", self.languages == Languages::Either),
            evidence: self.both_texts(row, "evidence", self.languages == Languages::Either),
            legal: self.both_texts(row, "legal", true),
            source,
            unconfirmed: self.required_flag(row, "unconfirmed"),
            confidence: self.text(row, "confidence").unwrap_or_default(),
            note: self.both_texts(row, "note", true),
        };
        let is_whole = [&id, &category, &kind, &unit].iter().all(|text| text.is_some());
        (is_whole && rule.is_some() && target.is_some()).then_some(criterion)
    }

    /// A yes has the target 1, and a percentage lies between 0 and 100.
    fn plausible_target(&mut self, row: &Part, unit: Option<&str>, rule: Option<Rule>, target: Option<f64>) {
        let Some(target) = target else { return };
        if rule == Some(Rule::Yes) && target != 1.0 {
            self.fault_at(row, "target", FaultKind::OutOfRange, &target.to_string(), "1");
        } else if unit == Some("percent") && !(0.0..=100.0).contains(&target) {
            self.fault_at(row, "target", FaultKind::OutOfRange, &target.to_string(), "0 … 100");
        }
    }

    fn indicator(&mut self, row: &Part) -> Option<Indicator> {
        let value = row.table.get("indicator")?;
        let Some(table) = value.get_ref().as_table() else {
            self.fault_at(row, "indicator", FaultKind::UnreadableFile, value.get_ref().type_str(), "{ rule = \"…\" }");
            return None;
        };
        let part = Part { table, line: self.line(value.span().start), prefix: format!("{}indicator.", row.prefix) };
        let mut codes = vec!["answer", "survey_share"];
        codes.extend(Indicator::PLAIN.iter().map(Indicator::code));
        match self.choice(&part, "rule", &codes)?.as_str() {
            "answer" => {
                self.unknown_keys(&part, &["rule", "fact"]);
                let fact = self.required_text(&part, "fact")?;
                let is_known = self.catalogue.is_none_or(|catalogue| catalogue.facts.contains_key(&fact));
                if !is_known {
                    self.fault_at(&part, "fact", FaultKind::UnknownReference, &fact, "facts.csv");
                }
                Some(Indicator::Answer { fact })
            }
            "survey_share" => {
                self.unknown_keys(&part, &["rule", "question", "min_employees"]);
                let question = self.required_text(&part, "question")?;
                let is_known = self.catalogue.is_none_or(|catalogue| catalogue.questions.contains_key(&question));
                if !is_known {
                    self.fault_at(&part, "question", FaultKind::UnknownReference, &question, "questions.csv");
                }
                let min_employees = self.whole(&part, "min_employees", 0).unwrap_or_default();
                Some(Indicator::SurveyShare { question, min_employees })
            }
            code => {
                self.unknown_keys(&part, &["rule"]);
                Indicator::PLAIN.into_iter().find(|indicator| indicator.code() == code)
            }
        }
    }

    fn label(&mut self, row: &Part) -> Label {
        let (vi, en) = (self.text(row, "label_vi"), self.text(row, "label_en"));
        for (key, text) in [("label_vi", &vi), ("label_en", &en)] {
            if text.is_none() {
                self.fault_at(row, key, FaultKind::MissingValue, "", "text");
            }
        }
        Label::new(vi.unwrap_or_default(), en.unwrap_or_default())
    }

    /// A text that stands under its key in English and under `…_vi` in Vietnamese. Where it may be absent it may still
    /// not be absent in one of the two languages of an edition of ours.
    fn both_texts(&mut self, part: &Part, key: &str, may_be_absent: bool) -> Label {
        let key_vi = format!("{key}_vi");
        let (vi, en) = (self.text(part, &key_vi), self.text(part, key));
        if vi.is_none() && en.is_none() {
            if !may_be_absent {
                self.fault_at(part, key, FaultKind::MissingValue, "", "text");
                if self.languages == Languages::Both {
                    self.fault_at(part, &key_vi, FaultKind::MissingValue, "", "text");
                }
            }
            return Label::default();
        }
        if self.languages == Languages::Both {
            for (key, text) in [(key, &en), (key_vi.as_str(), &vi)] {
                if text.is_none() {
                    self.fault_at(part, key, FaultKind::MissingValue, "", "text");
                }
            }
        }
        match (vi, en) {
            (Some(vi), Some(en)) => Label::new(vi, en),
            (Some(text), None) | (None, Some(text)) => Label::new(text.clone(), text),
            (None, None) => Label::default(),
        }
    }

    fn required_text(&mut self, part: &Part, key: &str) -> Option<String> {
        let text = self.text(part, key);
        if text.is_none() {
            self.fault_at(part, key, FaultKind::MissingValue, "", "text");
        }
        text
    }

    /// A text that says something; a blank one counts as absent.
    fn text(&mut self, part: &Part, key: &str) -> Option<String> {
        let value = part.table.get(key)?.get_ref();
        let Some(text) = value.as_str() else {
            self.fault_at(part, key, FaultKind::UnreadableFile, value.type_str(), "text");
            return None;
        };
        Some(text.trim().to_string()).filter(|text| !text.is_empty())
    }

    fn choice(&mut self, part: &Part, key: &str, codes: &[&str]) -> Option<String> {
        let code = self.text(part, key);
        match &code {
            Some(code) if codes.contains(&code.as_str()) => {}
            Some(code) => self.fault_at(part, key, FaultKind::UnknownCode, code, &codes.join(" | ")),
            None => self.fault_at(part, key, FaultKind::MissingValue, "", &codes.join(" | ")),
        }
        code.filter(|code| codes.contains(&code.as_str()))
    }

    fn number(&mut self, part: &Part, key: &str) -> Option<f64> {
        let value = part.table.get(key)?.get_ref();
        let number = match value {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|whole| whole as f64)
            }
            _ => None,
        };
        let number = number.filter(|number| number.is_finite());
        if number.is_none() {
            let found = value.as_str().unwrap_or(value.type_str()).to_string();
            self.fault_at(part, key, FaultKind::NotANumber, &found, "number");
        }
        number
    }

    fn whole(&mut self, part: &Part, key: &str, least: u32) -> Option<u32> {
        let number = self.number(part, key)?;
        let whole = (number.fract() == 0.0 && number >= f64::from(least) && number <= f64::from(u32::MAX))
            .then_some(number as u32);
        if whole.is_none() {
            self.fault_at(part, key, FaultKind::OutOfRange, &number.to_string(), &format!("{least} …"));
        }
        whole
    }

    fn flag(&mut self, part: &Part, key: &str) -> Option<bool> {
        let value = part.table.get(key)?.get_ref();
        if value.as_bool().is_none() {
            self.fault_at(
                part,
                key,
                FaultKind::UnknownCode,
                value.as_str().unwrap_or(value.type_str()),
                "true | false",
            );
        }
        value.as_bool()
    }

    /// A mark that may not be forgotten.
    fn required_flag(&mut self, part: &Part, key: &str) -> bool {
        if !part.table.contains_key(key) {
            self.fault_at(part, key, FaultKind::MissingValue, "", "true | false");
        }
        self.flag(part, key).unwrap_or(true)
    }

    fn date(&mut self, part: &Part, key: &str) -> Option<Date> {
        let text = self.text(part, key)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.fault_at(part, key, FaultKind::NotADate, &text, "yyyy-MM-dd");
        }
        date
    }

    /// A key that nobody reads is a slip of the pen, and what it was to say would be lost without a word.
    fn unknown_keys(&mut self, part: &Part, known: &[&str]) {
        let known: BTreeSet<&str> = known.iter().copied().collect();
        for key in part.table.keys() {
            if !known.contains(key.get_ref().as_ref()) {
                let line = self.line(key.span().start);
                let column = format!("{}{}", part.prefix, key.get_ref());
                self.fault(Some(line), Some(column), FaultKind::UnknownColumn, key.get_ref(), "");
            }
        }
    }

    /// A fault at a key: on its line when it is there, else on the line where its table begins.
    fn fault_at(&mut self, part: &Part, key: &str, kind: FaultKind, found: &str, expected: &str) {
        let line = part.table.get_key_value(key).map_or(part.line, |(key, _)| self.line(key.span().start));
        self.fault(Some(line), Some(format!("{}{key}", part.prefix)), kind, found, expected);
    }

    fn fault(&mut self, line: Option<usize>, column: Option<String>, kind: FaultKind, found: &str, expected: &str) {
        self.faults.push(Fault {
            place: Place { file: self.path.to_string(), line, column, cell: None },
            kind,
            found: found.to_string(),
            expected: expected.to_string(),
        });
    }

    /// The line that a byte of the text lies on, counted from 1.
    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "framework = \"F\"\nversion = \"1\"\nstatus = \"in_force\"\n[[criterion]]\nid = \"F-1\"\n\
        category = \"social\"\nkind = \"criterion\"\nlabel_en = \"Yearly report\"\nlabel_vi = \"Báo cáo hằng năm\"\n\
        unit = \"yes_no\"\ntarget = 1.0\ndirection = \"yes\"\nunconfirmed = true\nsource = \"Decree\"\n";

    /// Keys of the row that are told to be missing.
    fn check_missing(languages: Languages, rest: &str, expected: &[&str]) {
        let (_, faults) = read_edition("frameworks/f.toml", "f", &format!("{HEAD}{rest}"), languages, None);
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::MissingValue), "{faults:?}");
        let mut keys: Vec<&str> =
            faults.iter().map(|fault| fault.place.column.as_deref().unwrap_or_default()).collect();
        keys.sort();
        assert_eq!(keys, expected);
    }

    #[test]
    fn an_edition_of_the_catalogue_speaks_both_languages() {
        let complete = "applies_to = \"park\"\napplies_to_vi = \"khu công nghiệp\"\nevidence = \"report\"\n\
            evidence_vi = \"báo cáo\"\nsource_vi = \"Nghị định\"\n";
        check_missing(Languages::Both, complete, &[]);
        check_missing(Languages::Both, &format!("{complete}note = \"weaker reading\"\n"), &["F-1.note_vi"]);
        check_missing(Languages::Both, &format!("{complete}legal_vi = \"Điều 37\"\n"), &["F-1.legal"]);
        let only_english = "applies_to = \"park\"\nevidence = \"report\"\n";
        check_missing(Languages::Both, only_english, &["F-1.applies_to_vi", "F-1.evidence_vi", "F-1.source_vi"]);
        check_missing(
            Languages::Both,
            "evidence_vi = \"báo cáo\"\n",
            &["F-1.applies_to", "F-1.applies_to_vi", "F-1.evidence", "F-1.source_vi"],
        );
        check_missing(Languages::Either, only_english, &[]);
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
