//! Change sets as people write them: a TOML file, flags of a command, an address. All of them are lists of wishes, and
//! everything wrong with any wish is told at once.

use std::collections::BTreeMap;

use toml::de::{DeArray, DeTable, DeValue};

use super::change::{changed, fault};
use super::{ChangeSet, RowChange};
use crate::assess::found::Terms;
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Framework, Rule};
use crate::fault::{Fault, FaultKind, Place};
use crate::ids::CriterionId;

/// One thing that somebody wants changed of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Where it was written; its column is filled in when a fault is told.
    pub place: Place,
    pub criterion: CriterionId,
    pub field: Field,
    /// As it was written. `drop` and `add` need none.
    pub value: String,
}

/// What may be changed of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Target,
    Direction,
    MinEmployees,
    Coverage,
    /// The row goes.
    Drop,
    /// The row comes from another edition, as it stands there.
    Add,
}

impl Field {
    pub const ALL: [Field; 6] =
        [Field::Target, Field::Direction, Field::MinEmployees, Field::Coverage, Field::Drop, Field::Add];

    pub fn code(self) -> &'static str {
        match self {
            Field::Target => "target",
            Field::Direction => "direction",
            Field::MinEmployees => "min_employees",
            Field::Coverage => "coverage",
            Field::Drop => "drop",
            Field::Add => "add",
        }
    }
}

impl Wish {
    /// `VN35-37-2C.target` with `30`. Without a field the target is meant. `None` for the key of something else, such as
    /// another part of an address.
    pub fn of_pair(file: &str, key: &str, value: &str) -> Option<Wish> {
        let (id, field) = match key.rsplit_once('.') {
            Some((id, code)) => (id, Field::ALL.into_iter().find(|field| field.code() == code)?),
            None => (key, Field::Target),
        };
        let place = Place { file: file.to_string(), ..Place::default() };
        let (criterion, value) = (CriterionId::new(id.trim()), value.trim().to_string());
        Some(Wish { place, criterion, field, value })
    }

    fn column(&self) -> String {
        format!("{}.{}", self.criterion, self.field.code())
    }
}

/// The wishes of a file, and what is wrong with its form; the wishes that are none of that are read all the same, so that
/// their own faults are told with it.
///
/// ```toml
/// drop = ["VN35-37-1D"]
/// add = ["VN82-1"]
/// [row.VN35-37-2C]
/// target = 30
/// direction = "at_least"
/// min_employees = 100
/// coverage = 0.9
/// ```
pub fn wishes_of_toml(file: &str, text: &str) -> (Vec<Wish>, Vec<Fault>) {
    let mut reader = Reader { file, text, wishes: Vec::new(), faults: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(1, |span| reader.line(span.start));
        reader.fault(line, "", FaultKind::UnreadableFile, error.message(), "TOML");
    }
    if errors.is_empty() {
        reader.file(table.get_ref());
    }
    (reader.wishes, reader.faults)
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    wishes: Vec<Wish>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) {
        for (key, value) in table.iter() {
            let line = self.line(key.span().start);
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("drop", DeValue::Array(ids)) => self.ids(Field::Drop, ids, line),
                ("add", DeValue::Array(ids)) => self.ids(Field::Add, ids, line),
                ("row", DeValue::Table(rows)) => self.rows(rows),
                ("drop" | "add", other) => {
                    self.fault(line, key.get_ref(), FaultKind::UnreadableFile, other.type_str(), "[\"…\"]");
                }
                ("row", other) => self.fault(line, "row", FaultKind::UnreadableFile, other.type_str(), "[row.…]"),
                (unknown, _) => self.fault(line, unknown, FaultKind::UnknownColumn, unknown, "drop | add | row"),
            }
        }
    }

    fn ids(&mut self, field: Field, ids: &DeArray<'_>, line: usize) {
        for id in ids.iter() {
            match id.get_ref().as_str() {
                Some(id) => self.wish(line, id, field, String::new()),
                None => self.fault(line, field.code(), FaultKind::UnreadableFile, id.get_ref().type_str(), "\"…\""),
            }
        }
    }

    fn rows(&mut self, rows: &DeTable<'_>) {
        for (id, row) in rows.iter() {
            let Some(row) = row.get_ref().as_table() else {
                let line = self.line(id.span().start);
                self.fault(line, id.get_ref(), FaultKind::UnreadableFile, row.get_ref().type_str(), "[row.…]");
                continue;
            };
            for (key, value) in row.iter() {
                let line = self.line(key.span().start);
                let column = format!("{}.{}", id.get_ref(), key.get_ref());
                let of_row = &Field::ALL[..4];
                let Some(field) = of_row.iter().find(|field| field.code() == key.get_ref().as_ref()) else {
                    let known = of_row.iter().map(|field| field.code()).collect::<Vec<_>>().join(" | ");
                    self.fault(line, &column, FaultKind::UnknownColumn, key.get_ref(), &known);
                    continue;
                };
                let written = match value.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    DeValue::Integer(number) => number.as_str().to_string(),
                    DeValue::Float(number) => number.as_str().to_string(),
                    other => {
                        self.fault(line, &column, FaultKind::UnreadableFile, other.type_str(), expected(*field));
                        continue;
                    }
                };
                self.wish(line, id.get_ref(), *field, written);
            }
        }
    }

    fn wish(&mut self, line: usize, id: &str, field: Field, value: String) {
        let place = Place { file: self.file.to_string(), line: Some(line), ..Place::default() };
        self.wishes.push(Wish { place, criterion: CriterionId::new(id), field, value });
    }

    fn fault(&mut self, line: usize, column: &str, kind: FaultKind, found: &str, expected: &str) {
        let column = Some(column.to_string()).filter(|column| !column.is_empty());
        let place = Place { file: self.file.to_string(), line: Some(line), column, ..Place::default() };
        self.faults.push(Fault { place, kind, found: found.to_string(), expected: expected.to_string() });
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count()
    }
}

fn expected(field: Field) -> &'static str {
    match field {
        Field::Target => "number",
        Field::Direction => "at_least | at_most | yes",
        Field::MinEmployees => "0 …",
        Field::Coverage => "0 … 1",
        Field::Drop | Field::Add => "",
    }
}

/// The change set that wishes make of an edition, or everything that is wrong with them. What the edition says already
/// is no change, so that two who wish the same get the same change set.
pub fn change_set(edition: &Framework, wishes: &[Wish], catalogue: &Catalogue) -> Result<ChangeSet, Vec<Fault>> {
    let (changes, mut faults) = read(wishes, catalogue);
    if let Err(found) = changed(edition, &changes, catalogue) {
        faults.extend(found.into_iter().map(|fault| placed(fault, wishes)));
    }
    faults.sort_by(|a, b| a.place.cmp(&b.place));
    if faults.is_empty() { Ok(without_the_same(edition, changes, catalogue)) } else { Err(faults) }
}

fn read(wishes: &[Wish], catalogue: &Catalogue) -> (ChangeSet, Vec<Fault>) {
    let mut changes = ChangeSet::default();
    let mut faults = Vec::new();
    let mut said: BTreeMap<(&CriterionId, Field), &str> = BTreeMap::new();
    for wish in wishes {
        let mut told = |kind, found: &str, expected: &str| {
            let place = Place { column: Some(wish.column()), ..wish.place.clone() };
            faults.push(Fault { place, kind, found: found.to_string(), expected: expected.to_string() });
        };
        if let Some(before) = said.insert((&wish.criterion, wish.field), &wish.value)
            && before != wish.value
        {
            told(FaultKind::Duplicate, &wish.value, before);
            continue;
        }
        let is_read = match wish.field {
            Field::Target => number(&wish.value).map(|target| row(&mut changes, wish).target = Some(target)),
            Field::Coverage => number(&wish.value).map(|share| row(&mut changes, wish).coverage = Some(share)),
            Field::MinEmployees => {
                let count = wish.value.parse().ok();
                count.map(|count| row(&mut changes, wish).min_employees = Some(count))
            }
            Field::Direction => {
                let rule = Rule::ALL.into_iter().find(|rule| rule.code() == wish.value);
                rule.map(|rule| row(&mut changes, wish).direction = Some(rule))
            }
            Field::Drop => {
                changes.dropped.insert(wish.criterion.clone());
                Some(())
            }
            Field::Add => match of_other_edition(&wish.criterion, catalogue) {
                Some(criterion) => {
                    changes.added.push(criterion.clone());
                    Some(())
                }
                None => {
                    told(FaultKind::UnknownReference, wish.criterion.as_str(), "catalogue/frameworks");
                    continue;
                }
            },
        };
        if is_read.is_none() {
            // The row is looked up all the same, so that a wrong id is told with a wrong value.
            row(&mut changes, wish);
            let kind = match wish.field {
                Field::Direction => FaultKind::UnknownCode,
                _ if wish.value.is_empty() => FaultKind::MissingValue,
                _ => FaultKind::NotANumber,
            };
            told(kind, &wish.value, expected(wish.field));
        }
    }
    changes.added.sort_by(|a, b| a.id.cmp(&b.id));
    changes.added.dedup_by(|a, b| a.id == b.id);
    (changes, faults)
}

fn row<'c>(changes: &'c mut ChangeSet, wish: &Wish) -> &'c mut RowChange {
    changes.rows.entry(wish.criterion.clone()).or_default()
}

/// `30`, `12.5` or `12,5`.
fn number(text: &str) -> Option<f64> {
    text.replace(',', ".").parse().ok()
}

fn of_other_edition<'c>(id: &CriterionId, catalogue: &'c Catalogue) -> Option<&'c Criterion> {
    catalogue.frameworks.values().find_map(|framework| framework.criterion(id))
}

/// The same fault at the place where the wish was written.
fn placed(found: Fault, wishes: &[Wish]) -> Fault {
    let Some(column) = &found.place.column else { return found };
    let wrote = |wish: &&Wish| {
        let id = wish.criterion.as_str();
        wish.column() == *column || id == column || column.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'))
    };
    let exact = wishes.iter().find(|wish| wish.column() == *column);
    match exact.or_else(|| wishes.iter().find(wrote)) {
        Some(wish) => Fault { place: Place { column: found.place.column.clone(), ..wish.place.clone() }, ..found },
        None => found,
    }
}

fn without_the_same(edition: &Framework, changes: ChangeSet, catalogue: &Catalogue) -> ChangeSet {
    let rows = changes.rows.into_iter().filter_map(|(id, change)| {
        let row = edition.criterion(&id)?;
        let terms = Terms::of(row, catalogue.indicator(row));
        let change = RowChange {
            target: change.target.filter(|target| *target != row.target),
            direction: change.direction.filter(|rule| *rule != row.rule),
            min_employees: change.min_employees.filter(|count| *count != terms.min_employees),
            coverage: change.coverage.filter(|share| *share != terms.coverage),
        };
        (change != RowChange::default()).then_some((id, change))
    });
    ChangeSet { rows: rows.collect(), ..changes }
}

impl ChangeSet {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.dropped.is_empty() && self.added.is_empty()
    }

    /// The pairs of [`Wish::of_pair`] that make this change set, in one fixed order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut push = |id: &CriterionId, field: Field, value: Option<String>| {
            pairs.extend(value.map(|value| (format!("{id}.{}", field.code()), value)));
        };
        for (id, change) in &self.rows {
            push(id, Field::Target, change.target.map(|target| target.to_string()));
            push(id, Field::Direction, change.direction.map(|rule| rule.code().to_string()));
            push(id, Field::MinEmployees, change.min_employees.map(|count| count.to_string()));
            push(id, Field::Coverage, change.coverage.map(|share| share.to_string()));
        }
        for id in &self.dropped {
            push(id, Field::Drop, Some("1".to_string()));
        }
        for criterion in &self.added {
            push(&criterion.id, Field::Add, Some("1".to_string()));
        }
        pairs
    }

    /// The file that [`wishes_of_toml`] reads. Rows that no edition of the catalogue has cannot be written down.
    pub fn to_toml(&self) -> String {
        let quoted = |id: &CriterionId| toml::Value::String(id.to_string()).to_string();
        let list = |ids: Vec<&CriterionId>| ids.into_iter().map(quoted).collect::<Vec<_>>().join(", ");
        let mut text = String::new();
        if !self.dropped.is_empty() {
            text += &format!("drop = [{}]\n", list(self.dropped.iter().collect()));
        }
        if !self.added.is_empty() {
            text += &format!("add = [{}]\n", list(self.added.iter().map(|criterion| &criterion.id).collect()));
        }
        for (id, change) in &self.rows {
            let is_bare = id.as_str().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            text += &format!("[row.{}]\n", if is_bare { id.to_string() } else { quoted(id) });
            let number = |value: f64| toml::Value::Float(value).to_string();
            let lines = [
                (Field::Target, change.target.map(number)),
                (Field::Direction, change.direction.map(|rule| format!("\"{}\"", rule.code()))),
                (Field::MinEmployees, change.min_employees.map(|count| count.to_string())),
                (Field::Coverage, change.coverage.map(number)),
            ];
            for (field, value) in lines.into_iter().filter_map(|(field, value)| Some((field, value?))) {
                text += &format!("{} = {value}\n", field.code());
            }
        }
        text
    }
}

/// The wishes of flags that are no wish at all, each with what was expected.
pub fn no_wish(file: &str, written: &str) -> Fault {
    let known = Field::ALL[..4].iter().map(|field| format!("CRITERION.{}=…", field.code()));
    let expected = known.collect::<Vec<_>>().join(" | ");
    let mut told = fault(&CriterionId::new(""), "", FaultKind::UnknownColumn, written, &expected);
    told.place = Place { file: file.to_string(), ..Place::default() };
    told
}
