//! The register: parks, economic zones, developers, authorities, enterprises and their sites. Public knowledge, each
//! statement with its source and licence. What was true when stands in states whose days never overlap.

mod compare;
mod read;
mod similar;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::places::{Province, ProvinceEdition, Provinces};
use crate::ids::{EnterpriseId, ParkId};
use crate::language::{Label, fold};
use crate::park::Place;

pub use compare::{Candidate, Comparison, Decision, EntryChange, Outcome, Why, compare, site_code};
pub use read::{
    Mapping, ReadRegister, RegisterRow, fields_of, find_header, guess_mapping, heading, read_register, written_number,
};
pub use similar::{likeness, significant};

/// What an entry of the register is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegisterKind {
    /// An industrial park, export processing zone or cluster.
    Park,
    /// An economic zone; parks may lie in it.
    Zone,
    /// Who builds and runs the infrastructure of parks.
    Developer,
    /// Who manages parks for the state: a board, a ministry.
    Authority,
    Enterprise,
    /// An enterprise in a park.
    Site,
}

impl RegisterKind {
    pub const ALL: [RegisterKind; 6] = [
        RegisterKind::Park,
        RegisterKind::Zone,
        RegisterKind::Developer,
        RegisterKind::Authority,
        RegisterKind::Enterprise,
        RegisterKind::Site,
    ];

    pub fn code(self) -> &'static str {
        match self {
            RegisterKind::Park => "park",
            RegisterKind::Zone => "zone",
            RegisterKind::Developer => "developer",
            RegisterKind::Authority => "authority",
            RegisterKind::Enterprise => "enterprise",
            RegisterKind::Site => "site",
        }
    }

    pub fn parse(code: &str) -> Option<RegisterKind> {
        RegisterKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What the register knows of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The code that the file itself uses.
    Code,
    NameVi,
    NameEn,
    TaxCode,
    /// Province as a file writes it; kept as the two codes below.
    Province,
    ProvinceBefore,
    ProvinceAfter,
    Address,
    Status,
    AreaHa,
    LeasableHa,
    OccupiedHa,
    /// A year as its source prints it.
    Year,
    EstablishedOn,
    OperatingSince,
    Sector,
    Isic4,
    Employees,
    Ownership,
    /// Names or codes of other entries.
    Developer,
    Authority,
    Zone,
    Park,
    Enterprise,
    Latitude,
    Longitude,
    Programme,
    Note,
}

impl Field {
    pub const ALL: [Field; 28] = [
        Field::Code,
        Field::NameVi,
        Field::NameEn,
        Field::TaxCode,
        Field::Province,
        Field::ProvinceBefore,
        Field::ProvinceAfter,
        Field::Address,
        Field::Status,
        Field::AreaHa,
        Field::LeasableHa,
        Field::OccupiedHa,
        Field::Year,
        Field::EstablishedOn,
        Field::OperatingSince,
        Field::Sector,
        Field::Isic4,
        Field::Employees,
        Field::Ownership,
        Field::Developer,
        Field::Authority,
        Field::Zone,
        Field::Park,
        Field::Enterprise,
        Field::Latitude,
        Field::Longitude,
        Field::Programme,
        Field::Note,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Field::Code => "code",
            Field::NameVi => "name_vi",
            Field::NameEn => "name_en",
            Field::TaxCode => "tax_code",
            Field::Province => "province",
            Field::ProvinceBefore => "province_before",
            Field::ProvinceAfter => "province_after",
            Field::Address => "address",
            Field::Status => "status",
            Field::AreaHa => "area_ha",
            Field::LeasableHa => "leasable_ha",
            Field::OccupiedHa => "occupied_ha",
            Field::Year => "year",
            Field::EstablishedOn => "established_on",
            Field::OperatingSince => "operating_since",
            Field::Sector => "sector",
            Field::Isic4 => "isic4",
            Field::Employees => "employees",
            Field::Ownership => "ownership",
            Field::Developer => "developer",
            Field::Authority => "authority",
            Field::Zone => "zone",
            Field::Park => "park",
            Field::Enterprise => "enterprise",
            Field::Latitude => "latitude",
            Field::Longitude => "longitude",
            Field::Programme => "programme",
            Field::Note => "note",
        }
    }

    pub fn parse(code: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.code() == code)
    }
}

/// What is known, by field; what is not known has no place in it. Numbers are written as Rust writes them.
pub type Facts = BTreeMap<Field, String>;

/// What was true from a day until another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// `None`: since when is not known.
    pub from: Option<Date>,
    /// The first day on which it was no longer so; `None`: it still is.
    pub until: Option<Date>,
    /// The day of which the source speaks.
    pub stated_on: Option<Date>,
    pub facts: Facts,
    pub source: String,
    pub licence: String,
}

impl State {
    pub fn text(&self, field: Field) -> Option<&str> {
        self.facts.get(&field).map(String::as_str)
    }

    pub fn number(&self, field: Field) -> Option<f64> {
        self.text(field)?.parse().ok()
    }

    pub fn date(&self, field: Field) -> Option<Date> {
        self.text(field)?.parse().ok()
    }

    /// The name in both languages; where only one is known it stands for both.
    pub fn name(&self) -> Label {
        let (vi, en) = (self.text(Field::NameVi), self.text(Field::NameEn));
        Label::new(vi.or(en).unwrap_or_default(), en.or(vi).unwrap_or_default())
    }

    pub fn place(&self) -> Option<Place> {
        Some(Place { latitude: self.number(Field::Latitude)?, longitude: self.number(Field::Longitude)? })
    }

    /// The province in an edition. The old province of a place that is known by its new one only is known where the
    /// new one was not merged from several.
    pub fn province<'a>(&self, provinces: &'a Provinces, edition: ProvinceEdition) -> Option<&'a Province> {
        provinces.of(edition, self.text(Field::ProvinceBefore), self.text(Field::ProvinceAfter))
    }
}

/// One park, zone, developer, authority, enterprise or site, through time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub kind: RegisterKind,
    pub code: String,
    /// By day, the oldest first; never empty.
    pub states: Vec<State>,
}

impl Entry {
    pub fn new(kind: RegisterKind, code: impl Into<String>, state: State) -> Entry {
        Entry { kind, code: code.into(), states: vec![state] }
    }

    /// What was true on a day.
    pub fn on(&self, day: Date) -> Option<&State> {
        self.states
            .iter()
            .rev()
            .find(|state| state.from.is_none_or(|from| from <= day) && state.until.is_none_or(|until| day < until))
    }

    /// What is known last.
    pub fn latest(&self) -> &State {
        self.states.last().expect("an entry has at least one state")
    }

    pub fn name(&self) -> Label {
        self.latest().name()
    }

    /// Every name that it ever had, folded, for search.
    pub fn name_fold(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for state in self.states.iter().rev() {
            for name in [Field::NameVi, Field::NameEn].into_iter().filter_map(|field| state.text(field)) {
                let folded = fold(name);
                if !names.contains(&folded) {
                    names.push(folded);
                }
            }
        }
        names.join(" ")
    }

    /// The entry with what a source says of a day. `None` where the register already holds what a later day brought.
    /// A source of the same day corrects; one of a later day ends the state before. Facts that it does not name stay.
    pub fn amended(&self, said: &State) -> Option<Entry> {
        let latest = self.latest();
        let is_older = said.stated_on.is_some_and(|on| latest.stated_on.is_some_and(|known| on < known));
        if is_older {
            return None;
        }
        let mut facts = latest.facts.clone();
        facts.extend(said.facts.iter().map(|(field, fact)| (*field, fact.clone())));
        let mut entry = self.clone();
        if facts == latest.facts {
            return Some(entry);
        }
        let is_correction =
            said.stated_on.is_none() || latest.stated_on.is_none() || said.stated_on == latest.stated_on;
        let new = State { facts, from: latest.from, until: latest.until, ..said.clone() };
        let last = entry.states.len() - 1;
        if is_correction {
            entry.states[last] = new;
        } else {
            entry.states[last].until = said.stated_on;
            entry.states.push(State { from: said.stated_on, until: None, ..new });
        }
        Some(entry)
    }
}

/// Where the register meets the data of this store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub park: Option<ParkId>,
    pub enterprise: Option<EnterpriseId>,
}

/// The register as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Register {
    /// Counts its changes.
    pub revision: i64,
    pub entries: BTreeMap<RegisterKind, BTreeMap<String, Entry>>,
    pub links: BTreeMap<(RegisterKind, String), Link>,
}

impl Register {
    pub fn of(&self, kind: RegisterKind) -> impl Iterator<Item = &Entry> {
        self.entries.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    pub fn entry(&self, kind: RegisterKind, code: &str) -> Option<&Entry> {
        self.entries.get(&kind)?.get(code)
    }

    pub fn count(&self, kind: RegisterKind) -> usize {
        self.entries.get(&kind).map_or(0, BTreeMap::len)
    }

    pub fn link(&self, kind: RegisterKind, code: &str) -> Link {
        self.links.get(&(kind, code.to_string())).cloned().unwrap_or_default()
    }

    pub fn insert(&mut self, entry: Entry) {
        self.entries.entry(entry.kind).or_default().insert(entry.code.clone(), entry);
    }

    /// The sites of a park or of an enterprise.
    pub fn sites<'a>(&'a self, field: Field, code: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.of(RegisterKind::Site).filter(move |site| site.latest().text(field) == Some(code))
    }
}

/// `Khu công nghiệp Trà Nóc 1` → `tra-noc-1`: the name without its kind, in letters that fit an address.
pub fn slug(name: &str) -> String {
    let folded = fold(name);
    let rest = folded.strip_prefix("khu cong nghiep ").unwrap_or(&folded);
    let words: Vec<&str> = rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests;
