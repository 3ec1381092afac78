//! Provinces of both editions, before and from 1 July 2025, and the crosswalk between them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;
use crate::language::Label;

/// Which division into provinces a page or a total uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProvinceEdition {
    /// 63 provinces, until 30 June 2025.
    #[serde(rename = "2024")]
    Before,
    /// 34 provinces, from 1 July 2025.
    #[default]
    #[serde(rename = "2025")]
    After,
}

impl ProvinceEdition {
    pub const ALL: [ProvinceEdition; 2] = [ProvinceEdition::Before, ProvinceEdition::After];

    pub fn code(self) -> &'static str {
        match self {
            ProvinceEdition::Before => "2024",
            ProvinceEdition::After => "2025",
        }
    }

    pub fn parse(code: &str) -> Option<ProvinceEdition> {
        ProvinceEdition::ALL.into_iter().find(|edition| edition.code() == code)
    }

    /// The edition in force on a day.
    pub fn on(date: Date) -> ProvinceEdition {
        if date < jiff::civil::date(2025, 7, 1) { ProvinceEdition::Before } else { ProvinceEdition::After }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Province {
    pub code: String,
    pub name: Label,
    /// Its name with its type, as it is now.
    pub full_name_vi: String,
    /// What it was called within its edition, each until a day, by day.
    #[serde(skip)]
    pub named: Vec<NamedUntil>,
}

/// A province's type changes without its borders: it keeps its code and gets another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedUntil {
    /// The first day on which it was no longer called so.
    pub until: Date,
    pub full_name_vi: String,
    pub source: String,
}

impl Province {
    pub fn full_name_on(&self, day: Date) -> &str {
        self.named.iter().find(|named| day < named.until).map_or(&self.full_name_vi, |named| &named.full_name_vi)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provinces {
    pub before: BTreeMap<String, Province>,
    pub after: BTreeMap<String, Province>,
    /// Old code → new code; every old province lies in exactly one new one.
    pub crosswalk: BTreeMap<String, String>,
}

impl Provinces {
    pub fn edition(&self, edition: ProvinceEdition) -> &BTreeMap<String, Province> {
        match edition {
            ProvinceEdition::Before => &self.before,
            ProvinceEdition::After => &self.after,
        }
    }

    pub fn codes(&self) -> Vec<String> {
        self.before.keys().chain(self.after.keys()).cloned().collect()
    }

    /// The province of the newer edition that a code of either edition lies in. Codes that both editions use
    /// name the same place: a merged province kept the code of the one that gave its seat.
    pub fn after_code(&self, code: &str) -> Option<&Province> {
        self.after.get(code).or_else(|| self.after.get(self.crosswalk.get(code)?))
    }

    /// The province in an edition of a place that is known by the code of its old or of its new province.
    pub fn of(&self, edition: ProvinceEdition, before: Option<&str>, after: Option<&str>) -> Option<&Province> {
        match edition {
            ProvinceEdition::After => {
                let code = after.or_else(|| self.crosswalk.get(before?).map(String::as_str))?;
                self.after.get(code)
            }
            ProvinceEdition::Before => match before {
                Some(code) => self.before.get(code),
                None => self.only_old(after?),
            },
        }
    }

    /// The old province of a new one that was not merged from several; a merged one leaves it open.
    pub fn only_old(&self, after: &str) -> Option<&Province> {
        let mut old = self.crosswalk.iter().filter(|(_, new)| *new == after).map(|(old, _)| old);
        match (old.next(), old.next()) {
            (Some(code), None) => self.before.get(code),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct ProvinceRow {
    code: String,
    name_vi: String,
    name_en: String,
    full_name_vi: String,
}

#[derive(Deserialize)]
struct ChangeRow {
    code: String,
    until: Date,
    full_name_vi: String,
    source: String,
}

#[derive(Deserialize)]
struct CrosswalkRow {
    code_2024: String,
    code_2025: String,
}

pub(super) fn read(reader: &mut Reader) -> Provinces {
    let mut edition = |path: &str| -> BTreeMap<String, Province> {
        reader
            .csv::<ProvinceRow>(path)
            .into_iter()
            .map(|row| {
                let name = Label::new(row.name_vi, row.name_en);
                let province = Province { code: row.code, name, full_name_vi: row.full_name_vi, named: Vec::new() };
                (province.code.clone(), province)
            })
            .collect()
    };
    let (before, mut after) = (edition("provinces/provinces_2024.csv"), edition("provinces/provinces_2025.csv"));
    for change in reader.csv::<ChangeRow>("provinces/changes.csv") {
        let named = NamedUntil { until: change.until, full_name_vi: change.full_name_vi, source: change.source };
        match after.get_mut(&change.code) {
            Some(province) => province.named.push(named),
            None => reader.fault("provinces/changes.csv", None, FaultKind::UnknownCode, &change.code, "provinces_2025"),
        }
    }
    after.values_mut().for_each(|province| province.named.sort_by_key(|named| named.until));
    let crosswalk: BTreeMap<String, String> = reader
        .csv::<CrosswalkRow>("provinces/crosswalk.csv")
        .into_iter()
        .map(|row| (row.code_2024, row.code_2025))
        .collect();
    for old in before.keys() {
        if !crosswalk.get(old).is_some_and(|new| after.contains_key(new)) {
            reader.fault("provinces/crosswalk.csv", None, FaultKind::MissingValue, old, "code_2025");
        }
    }
    Provinces { before, after, crosswalk }
}
