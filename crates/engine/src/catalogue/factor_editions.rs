//! Editions of emission factors: what an account of greenhouse gases is reckoned with, by kind, country and year.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::factors::Factor;
use super::{Catalogue, Reader};
use crate::fault::FaultKind;
use crate::language::Label;

const FILE: &str = "factor_editions.toml";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EditionKind {
    /// Calorific values, and emissions of burning by fuel and gas.
    Combustion,
    /// Warming potentials over 100 years.
    Warming,
    /// Emissions of a country's electricity in one data year.
    Grid,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FactorEdition {
    pub id: String,
    pub kind: EditionKind,
    /// ISO 3166, two letters; empty where the edition is no country's own.
    pub country: String,
    /// Of publication; of a grid the data year.
    pub year: i16,
    pub label: Label,
    /// How the identifiers of its factors begin; of combustion what follows `co2-`.
    pub factors: String,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Deserialize)]
struct EditionFile {
    edition: Vec<EditionRow>,
}

#[derive(Deserialize)]
struct EditionRow {
    id: String,
    kind: EditionKind,
    country: String,
    year: i16,
    label_vi: String,
    label_en: String,
    factors: String,
    source: String,
    unconfirmed: bool,
}

pub(super) fn read(reader: &mut Reader<'_>) -> BTreeMap<String, FactorEdition> {
    let mut editions = BTreeMap::new();
    for row in reader.toml::<EditionFile>(FILE).map(|file| file.edition).unwrap_or_default() {
        if row.source.is_empty() {
            reader.fault(FILE, None, FaultKind::MissingValue, &row.id, "source");
        }
        if row.source.contains("from memory") && !row.unconfirmed {
            reader.fault(FILE, None, FaultKind::Contradiction, &row.id, "unconfirmed = true (nobody read it)");
        }
        if (row.kind == EditionKind::Grid) != (row.country.len() == 2) {
            reader.fault(FILE, None, FaultKind::Contradiction, &row.country, "a country for a grid, none for others");
        }
        let edition = FactorEdition {
            id: row.id.clone(),
            kind: row.kind,
            country: row.country,
            year: row.year,
            label: Label::new(row.label_vi, row.label_en),
            factors: row.factors,
            source: row.source,
            unconfirmed: row.unconfirmed,
        };
        if editions.insert(row.id.clone(), edition).is_some() {
            reader.fault(FILE, None, FaultKind::Duplicate, &row.id, "once");
        }
    }
    editions
}

/// Editions that no factor belongs to.
pub(super) fn without_factors(catalogue: &Catalogue) -> Vec<String> {
    let has_factors = |edition: &FactorEdition| match edition.kind {
        EditionKind::Combustion => {
            let start = format!("co2-{}", edition.factors);
            catalogue.factors.keys().any(|id| id.starts_with(&start))
        }
        EditionKind::Warming => catalogue.factors.keys().any(|id| id.starts_with(&edition.factors)),
        EditionKind::Grid => catalogue.factors.contains_key(&edition.factors),
    };
    let editions = catalogue.factor_editions.values();
    editions.filter(|edition| !has_factors(edition)).map(|edition| edition.id.clone()).collect()
}

impl Catalogue {
    /// An edition of a kind by its code.
    pub fn factor_edition(&self, kind: EditionKind, id: &str) -> Option<&FactorEdition> {
        self.factor_editions.get(id).filter(|edition| edition.kind == kind)
    }

    pub fn editions_of(&self, kind: EditionKind) -> impl Iterator<Item = &FactorEdition> {
        self.factor_editions.values().filter(move |edition| edition.kind == kind)
    }

    /// The grid of a country in a year: its own edition, else the latest published earlier one, which then stands in.
    pub fn grid_edition(&self, country: &str, year: i16) -> Option<&FactorEdition> {
        let of_country = self.editions_of(EditionKind::Grid).filter(|edition| edition.country == country);
        of_country.filter(|edition| edition.year <= year).max_by_key(|edition| edition.year)
    }

    /// A factor of burning a fuel: `what` is `ncv`, `co2`, `ch4` or `n2o`.
    pub fn combustion_factor(&self, edition: &FactorEdition, what: &str, fuel: &str) -> Option<&Factor> {
        self.factors.get(&format!("{what}-{}{fuel}", edition.factors))
    }

    /// The warming potential of a gas. Later editions tell methane of fossil and of other origin apart.
    pub fn warming_factor(&self, edition: &FactorEdition, gas: &str, is_biomass: bool) -> Option<&Factor> {
        let origin = if is_biomass { "non-fossil" } else { "fossil" };
        let of_both = self.factors.get(&format!("{}{gas}", edition.factors));
        of_both.or_else(|| self.factors.get(&format!("{}{gas}-{origin}", edition.factors)))
    }
}
