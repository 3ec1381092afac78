//! What a file would change in the register: which rows say what is known, which change it, which are new, and which
//! might be something that the register knows by another name. That last question is a person's to answer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::read::RegisterRow;
use super::similar::{likeness, significant};
use super::{Entry, Facts, Field, Register, RegisterKind, State, slug};
use crate::catalogue::places::{ProvinceEdition, Provinces};

/// Two names from here on may mean the same.
const ALIKE: f64 = 0.72;
/// Candidates that a person is shown.
const MOST_CANDIDATES: usize = 5;
/// A word that so many names share tells nothing.
const COMMON_WORD: usize = 400;

/// What somebody decided about a row, by its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It is this entry.
    Same(String),
    New,
    /// It is left out.
    Skip,
}

/// Why an entry may be what a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    TaxCode,
    Name,
    SimilarName,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    pub code: String,
    pub name: String,
    /// 0 … 1.
    pub likeness: f64,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    Unchanged {
        code: String,
    },
    /// Field, what was known, what the file says.
    Changed {
        code: String,
        fields: Vec<(Field, Option<String>, String)>,
    },
    New {
        code: String,
    },
    /// Nobody has decided yet.
    Question {
        candidates: Vec<Candidate>,
    },
    /// The register holds what a later day brought.
    Older {
        code: String,
        known_on: Option<Date>,
    },
    Skipped,
    /// An earlier line of the file means the same entry.
    Repeats {
        code: String,
        line: usize,
    },
}

/// An entry before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryChange {
    pub before: Option<Entry>,
    pub after: Entry,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Each row by its line.
    pub outcomes: BTreeMap<usize, Outcome>,
    /// What is written when there is no question left; of each entry one.
    pub changes: Vec<EntryChange>,
}

impl Comparison {
    pub fn questions(&self) -> usize {
        self.outcomes.values().filter(|outcome| matches!(outcome, Outcome::Question { .. })).count()
    }

    pub fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.values().filter(|outcome| is(outcome)).count()
    }
}

/// Holds the rows of a file against the register. `said` gives day, source and licence of what the file says.
pub fn compare(
    register: &Register,
    kind: RegisterKind,
    rows: &[RegisterRow],
    said: &State,
    decisions: &BTreeMap<usize, Decision>,
    provinces: &Provinces,
) -> Comparison {
    let known = Known::of(register, kind, provinces);
    let mut comparison = Comparison::default();
    let mut after: BTreeMap<(RegisterKind, String), Entry> = BTreeMap::new();
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut new: BTreeMap<String, String> = BTreeMap::new();
    let mut codes: BTreeSet<String> =
        register.entries.get(&kind).into_iter().flatten().map(|(c, _)| c.clone()).collect();
    for row in rows {
        let (own, site) = parts(kind, &row.facts);
        let own = State { facts: own, ..said.clone() };
        let found = match decisions.get(&row.line) {
            Some(Decision::Skip) => {
                comparison.outcomes.insert(row.line, Outcome::Skipped);
                continue;
            }
            Some(Decision::Same(code)) if register.entry(kind, code).is_some() => Found::Is(code.clone()),
            Some(Decision::New) => Found::New,
            _ => known.find(&own),
        };
        let code = match found {
            Found::Ask(candidates) => {
                comparison.outcomes.insert(row.line, Outcome::Question { candidates });
                continue;
            }
            Found::Is(code) => code,
            // A second row of a new enterprise, in another park, means the one that the first row made.
            Found::New => match site.as_ref().and_then(|_| new.get(&identity(&own))) {
                Some(code) => code.clone(),
                None => free_code(&own, &codes),
            },
        };
        if !codes.contains(&code) {
            new.insert(identity(&own), code.clone());
        }
        codes.insert(code.clone());
        let unit = site
            .as_ref()
            .and_then(|site| site.get(&Field::Park))
            .map_or_else(|| code.clone(), |park| site_code(&code, park));
        if let Some(line) = lines.insert(unit.clone(), row.line) {
            lines.insert(unit, line);
            comparison.outcomes.insert(row.line, Outcome::Repeats { code, line });
            continue;
        }
        let mut outcome = amend(register, kind, &code, &own, &mut after);
        if let Some(mut facts) = site {
            let park = facts.get(&Field::Park).cloned().unwrap_or_default();
            facts.insert(Field::Enterprise, code.clone());
            let of_site = amend(
                register,
                RegisterKind::Site,
                &site_code(&code, &park),
                &State { facts, ..said.clone() },
                &mut after,
            );
            outcome = together(outcome, of_site);
        }
        comparison.outcomes.insert(row.line, outcome);
    }
    comparison.changes = after
        .into_iter()
        .map(|((kind, code), after)| EntryChange { before: register.entry(kind, &code).cloned(), after })
        .filter(|change| change.before.as_ref() != Some(&change.after))
        .collect();
    comparison
}

pub fn site_code(enterprise: &str, park: &str) -> String {
    format!("{enterprise}@{park}")
}

/// Facts that are of an enterprise's place in a park rather than of the enterprise.
const OF_SITE: [Field; 6] =
    [Field::Park, Field::Address, Field::Latitude, Field::Longitude, Field::AreaHa, Field::OperatingSince];

/// A row of enterprises that names a park speaks of the enterprise and of its site there.
fn parts(kind: RegisterKind, facts: &Facts) -> (Facts, Option<Facts>) {
    if kind != RegisterKind::Enterprise || !facts.contains_key(&Field::Park) {
        return (facts.clone(), None);
    }
    let (site, own): (Facts, Facts) =
        facts.iter().map(|(field, fact)| (*field, fact.clone())).partition(|(field, _)| OF_SITE.contains(field));
    (own, Some(site))
}

/// Writes what is said into the entry as it will be, and says what that changes.
fn amend(
    register: &Register,
    kind: RegisterKind,
    code: &str,
    said: &State,
    after: &mut BTreeMap<(RegisterKind, String), Entry>,
) -> Outcome {
    let key = (kind, code.to_string());
    let Some(before) = after.get(&key).or_else(|| register.entry(kind, code)) else {
        after.insert(key, Entry::new(kind, code, said.clone()));
        return Outcome::New { code: code.to_string() };
    };
    let Some(amended) = before.amended(said) else {
        return Outcome::Older { code: code.to_string(), known_on: before.latest().stated_on };
    };
    let latest = before.latest();
    let fields: Vec<_> = said
        .facts
        .iter()
        .filter(|(field, fact)| latest.facts.get(field) != Some(*fact))
        .map(|(field, fact)| (*field, latest.facts.get(field).cloned(), fact.clone()))
        .collect();
    if fields.is_empty() {
        return Outcome::Unchanged { code: code.to_string() };
    }
    after.insert(key, amended);
    Outcome::Changed { code: code.to_string(), fields }
}

/// What a row does to an enterprise and to its site, in one word.
fn together(own: Outcome, site: Outcome) -> Outcome {
    match (own, site) {
        (Outcome::Changed { code, mut fields }, Outcome::Changed { fields: more, .. }) => {
            fields.extend(more);
            Outcome::Changed { code, fields }
        }
        (Outcome::Unchanged { code }, Outcome::Changed { fields, .. }) => Outcome::Changed { code, fields },
        // The enterprise is known; that it is in this park is news.
        (Outcome::Unchanged { code }, Outcome::New { code: site }) => {
            Outcome::Changed { code, fields: vec![(Field::Park, None, site)] }
        }
        (own, _) => own,
    }
}

/// What tells a new enterprise from another new one of the same file.
fn identity(said: &State) -> String {
    let name = || said.text(Field::NameVi).unwrap_or_default();
    said.text(Field::TaxCode).map_or_else(|| format!("name {}", name()), |code| format!("tax code {code}"))
}

/// The tax code where there is one, else the name; a number behind it where that is taken.
fn free_code(said: &State, taken: &BTreeSet<String>) -> String {
    let name = said.name();
    let base =
        said.text(Field::Code).or_else(|| said.text(Field::TaxCode)).map_or_else(|| slug(&significant(&name.vi)), slug);
    let base = if base.is_empty() { "entry".to_string() } else { base };
    let province = said.text(Field::ProvinceAfter).map(|province| format!("{base}-{province}"));
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut free = std::iter::once(base.clone()).chain(province).chain(numbered).filter(|code| !taken.contains(code));
    free.next().expect("numbers do not end")
}

enum Found {
    Is(String),
    Ask(Vec<Candidate>),
    New,
}

/// The register by what a row may be recognised by.
struct Known<'a> {
    by_tax_code: BTreeMap<&'a str, Vec<&'a Entry>>,
    by_file_code: BTreeMap<&'a str, Vec<&'a Entry>>,
    by_name: BTreeMap<String, Vec<&'a Entry>>,
    by_word: BTreeMap<String, Vec<usize>>,
    names: Vec<(String, &'a Entry)>,
    provinces: &'a Provinces,
}

impl<'a> Known<'a> {
    fn of(register: &'a Register, kind: RegisterKind, provinces: &'a Provinces) -> Known<'a> {
        let mut known = Known {
            by_tax_code: BTreeMap::new(),
            by_file_code: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_word: BTreeMap::new(),
            names: Vec::new(),
            provinces,
        };
        for entry in register.of(kind) {
            let latest = entry.latest();
            if let Some(code) = latest.text(Field::TaxCode) {
                known.by_tax_code.entry(code).or_default().push(entry);
            }
            if let Some(code) = latest.text(Field::Code) {
                known.by_file_code.entry(code).or_default().push(entry);
            }
            // By the names of every state: an older list uses an older name.
            let mut names: BTreeSet<String> = BTreeSet::new();
            for state in &entry.states {
                names.extend([Field::NameVi, Field::NameEn].into_iter().filter_map(|f| state.text(f)).map(significant));
            }
            for name in names {
                for word in name.split(' ').collect::<BTreeSet<_>>() {
                    known.by_word.entry(word.to_string()).or_default().push(known.names.len());
                }
                known.by_name.entry(name.clone()).or_default().push(entry);
                known.names.push((name, entry));
            }
        }
        known
    }

    fn find(&self, said: &State) -> Found {
        if let Some([entry]) = said.text(Field::Code).and_then(|code| self.by_file_code.get(code)).map(Vec::as_slice) {
            return Found::Is(entry.code.clone());
        }
        let name = significant(&said.name().vi);
        if let Some(entries) = said.text(Field::TaxCode).and_then(|code| self.by_tax_code.get(code)) {
            return match entries.as_slice() {
                [entry] => Found::Is(entry.code.clone()),
                _ => Found::Ask(entries.iter().map(|entry| candidate(entry, &name, Why::TaxCode)).collect()),
            };
        }
        let tax_code_differs = |entry: &Entry| {
            let (known, said) = (entry.latest().text(Field::TaxCode), said.text(Field::TaxCode));
            known.is_some() && said.is_some() && known != said
        };
        let alike: Vec<&Entry> = self
            .by_name
            .get(&name)
            .into_iter()
            .flatten()
            .copied()
            .filter(|entry| !self.is_elsewhere(entry, said) && !tax_code_differs(entry))
            .collect();
        match alike.as_slice() {
            [entry] => return Found::Is(entry.code.clone()),
            [] => {}
            several => return Found::Ask(several.iter().map(|entry| candidate(entry, &name, Why::Name)).collect()),
        }
        let mut candidates: Vec<Candidate> = self
            .near(&name)
            .into_iter()
            .filter(|entry| !self.is_elsewhere(entry, said) && !tax_code_differs(entry))
            .map(|entry| candidate(entry, &name, Why::SimilarName))
            .filter(|candidate| candidate.likeness >= ALIKE)
            .collect();
        candidates.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then_with(|| a.code.cmp(&b.code)));
        candidates.dedup_by(|a, b| a.code == b.code);
        candidates.truncate(MOST_CANDIDATES);
        if candidates.is_empty() { Found::New } else { Found::Ask(candidates) }
    }

    /// Whether both say in which province they are, and these differ.
    fn is_elsewhere(&self, entry: &Entry, said: &State) -> bool {
        let province = |state: &State| state.province(self.provinces, ProvinceEdition::After).map(|p| p.code.clone());
        match (province(entry.latest()), province(said)) {
            (Some(known), Some(said)) => known != said,
            _ => false,
        }
    }

    /// Entries that share a word with a name, unless every name has it.
    fn near(&self, name: &str) -> Vec<&'a Entry> {
        let mut found: BTreeMap<&str, &Entry> = BTreeMap::new();
        for word in name.split(' ') {
            let Some(at) = self.by_word.get(word).filter(|at| at.len() <= COMMON_WORD) else { continue };
            for (_, entry) in at.iter().map(|at| &self.names[*at]) {
                found.insert(&entry.code, entry);
            }
        }
        found.into_values().collect()
    }
}

fn candidate(entry: &Entry, name: &str, why: Why) -> Candidate {
    let likeness = entry
        .states
        .iter()
        .flat_map(|state| [Field::NameVi, Field::NameEn].into_iter().filter_map(|field| state.text(field)))
        .map(|known| likeness(&significant(known), name))
        .fold(0.0, f64::max);
    Candidate { code: entry.code.clone(), name: entry.name().vi, likeness, why }
}
