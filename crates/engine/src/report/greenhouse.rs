//! Greenhouse gas accounts of an enterprise or a park: what was emitted in a period, line by line, and what was avoided
//! beside it.

mod lines;
mod sums;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::catalogue::factor_editions::EditionKind;
use crate::claim::Claim;
use crate::ids::{EnterpriseId, MeasureId, ResourceId};
use crate::language::Label;
use crate::observe::{Balance, Gap};
use crate::park::{Park, Status};
use crate::period::Period;
use crate::quantity::Dimension;
use crate::source::{Basis, Digest, Run};

pub use sums::{Range, Sum, sum};

/// What an enterprise, or all of a park, emitted in a period. Amounts of emissions are in kg CO₂e.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub run: Run,
    pub period: Period,
    /// Whose account it is; `None` for the whole park.
    pub enterprise: Option<EnterpriseId>,
    pub editions: Editions,
    pub lines: Vec<Line>,
    pub sums: Sums,
    /// Savings that were claimed for a period that overlaps this one. They stand beside the account: what was emitted is
    /// what was emitted, and no saving is taken off it.
    pub avoided: Vec<Avoided>,
    /// What is missing of the activity data.
    pub gaps: Vec<Gap>,
}

/// The editions that an account is reckoned with, by their codes in `factor_editions.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editions {
    pub combustion: String,
    pub warming: String,
    /// `None`: that of the data year, or the latest earlier one where the year's own was not published.
    pub grid: Option<String>,
}

impl Default for Editions {
    /// What the Vietnamese rules use: the guidelines of 2006 with the potentials of the fifth assessment report.
    fn default() -> Editions {
        Editions { combustion: "ipcc-2006".to_string(), warming: "ipcc-ar5".to_string(), grid: None }
    }
}

impl Editions {
    /// Codes that the catalogue does not know, each with those that were expected.
    pub fn unknown(&self, catalogue: &Catalogue) -> Vec<(String, Vec<String>)> {
        let named = [
            (EditionKind::Combustion, Some(&self.combustion)),
            (EditionKind::Warming, Some(&self.warming)),
            (EditionKind::Grid, self.grid.as_ref()),
        ];
        let known = |kind| catalogue.editions_of(kind).map(|edition| edition.id.clone()).collect();
        named
            .into_iter()
            .filter_map(|(kind, id)| Some((kind, id?)))
            .filter(|(kind, id)| catalogue.factor_edition(*kind, id).is_none())
            .map(|(kind, id)| (id.clone(), known(kind)))
            .collect()
    }
}

/// Where an emission belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Scope 1: fuels burned on the site.
    Combustion,
    /// Scope 1: what a process gives off, as recorded.
    Process,
    /// Scope 1: gases that leaked and were topped up.
    Fugitive,
    /// Scope 2 by the grid that the site draws from.
    Location,
    /// Scope 2 by contracts and certificates.
    Market,
    /// CO₂ of biomass; in no scope.
    Biogenic,
}

impl Part {
    pub const ALL: [Part; 6] =
        [Part::Combustion, Part::Process, Part::Fugitive, Part::Location, Part::Market, Part::Biogenic];

    pub fn code(self) -> &'static str {
        match self {
            Part::Combustion => "combustion",
            Part::Process => "process",
            Part::Fugitive => "fugitive",
            Part::Location => "location",
            Part::Market => "market",
            Part::Biogenic => "biogenic",
        }
    }

    pub fn is_scope_1(self) -> bool {
        matches!(self, Part::Combustion | Part::Process | Part::Fugitive)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gas {
    Co2,
    Ch4,
    N2o,
    Hfc,
    Sf6,
    /// Several gases, told together as CO₂e.
    Co2e,
}

impl Gas {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Gas::Co2 => "CO₂",
            Gas::Ch4 => "CH₄",
            Gas::N2o => "N₂O",
            Gas::Hfc => "HFC",
            Gas::Sf6 => "SF₆",
            Gas::Co2e => "CO₂e",
        }
    }
}

/// One gas from one resource at one enterprise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub part: Part,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    pub gas: Gas,
    pub activity: Activity,
    /// In kg CO₂e; `None` where it is not known.
    pub emissions_kg: Option<f64>,
    /// Why it is not known.
    pub unknown: Option<Unknown>,
    /// The activity times the first factor, times the second, …; empty where the emissions themselves were recorded.
    pub factors: Vec<FactorUse>,
    /// The weakest of the activity's and the factors' bases.
    pub basis: Basis,
    /// Where the truth may lie, 95 %, as far as the factors tell it.
    pub range: Option<Range>,
    pub unconfirmed: bool,
    /// Of what it was computed from: the activity and the factors with their editions.
    pub digest: Digest,
}

/// What was used, in the canonical unit of its dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    pub amount: f64,
    pub dimension: Dimension,
    pub basis: Basis,
    /// Invoices, forms and meters that say so, each once.
    pub sources: Vec<String>,
    /// Lines of the sheet `records`.
    pub records: Vec<usize>,
    pub months_covered: usize,
    pub months_expected: usize,
}

/// A factor as it was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactorUse {
    pub id: String,
    pub value: f64,
    pub unit: String,
    /// Code of its edition.
    pub edition: String,
    pub source: String,
    pub unconfirmed: bool,
    /// It is of an earlier year than the data: the year's own was not published.
    pub stands_in: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// The edition has no factor for the fuel or gas.
    NoFactor,
    /// No grid of the park's country is in the catalogue for the year or before.
    NoGrid,
    /// Electricity that no contract or certificate covers, and no residual mix of the country is known.
    NoResidualMix,
    /// The contract or certificate does not say what the electricity emitted.
    ContractSilent,
    /// The seller of steam has not said what it emitted.
    SellerSilent,
}

impl Unknown {
    pub fn code(self) -> &'static str {
        match self {
            Unknown::NoFactor => "no-factor",
            Unknown::NoGrid => "no-grid",
            Unknown::NoResidualMix => "no-residual-mix",
            Unknown::ContractSilent => "contract-silent",
            Unknown::SellerSilent => "seller-silent",
        }
    }
}

/// Sums of the lines. Market and location are two answers to one question and are never added together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    pub parts: BTreeMap<Part, Sum>,
    pub scope_1: Sum,
    /// Scope 1 and scope 2 by location.
    pub with_location: Sum,
    /// Scope 1 and scope 2 by contracts.
    pub with_market: Sum,
}

/// A claim of saving and what it avoided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Avoided {
    pub measure: MeasureId,
    pub enterprise: EnterpriseId,
    pub name: Label,
    pub status: Status,
    /// The claim's own period.
    pub period: Period,
    /// In kg CO₂e; `None` where no factor fits.
    pub emissions_kg: Option<f64>,
    pub basis: Basis,
    pub claim: Digest,
}

/// What an account is asked for.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    pub enterprise: Option<EnterpriseId>,
    pub editions: Editions,
    pub run: &'a Run,
}

/// The account of an enterprise or a park over the period of its balance.
///
/// Each line is an activity × factor × warming potential; a line without a factor is unknown, and so is a sum over it.
/// See `docs/methods/greenhouse-gases.md`.
pub fn account<'a>(
    park: &Park,
    balance: &Balance,
    catalogue: &Catalogue,
    claims: impl Iterator<Item = &'a Claim>,
    order: &Order<'_>,
) -> Account {
    let is_asked = |id: &EnterpriseId| order.enterprise.as_ref().is_none_or(|own| own == id);
    let reckoner = lines::Reckoner::new(park, catalogue, balance.period, &order.editions);
    let mut lines: Vec<Line> = balance
        .sites
        .iter()
        .filter(|(enterprise, _)| is_asked(enterprise))
        .flat_map(|(enterprise, site)| reckoner.lines(enterprise, site))
        .collect();
    lines.sort_by(|a, b| key(a).cmp(&key(b)));
    let gaps: Vec<Gap> = balance.gaps.iter().filter(|gap| is_of_account(gap, catalogue, &is_asked)).cloned().collect();
    let avoided = claims.filter(|claim| is_asked(&claim.enterprise) && claim.period.overlaps(&balance.period));
    Account {
        run: order.run.clone(),
        period: balance.period,
        enterprise: order.enterprise.clone(),
        editions: order.editions.clone(),
        sums: sums(&lines, &gaps),
        avoided: avoided.filter(|claim| Status::LADDER.contains(&claim.status)).map(avoided_by).collect(),
        lines,
        gaps,
    }
}

fn key(line: &Line) -> (Part, &EnterpriseId, &ResourceId, Gas) {
    (line.part, &line.enterprise, &line.resource, line.gas)
}

/// Whether something that is missing bears on the account.
fn is_of_account(gap: &Gap, catalogue: &Catalogue, is_asked: &impl Fn(&EnterpriseId) -> bool) -> bool {
    match gap {
        Gap::MissingMonths { enterprise, resource, .. } => {
            is_asked(enterprise) && catalogue.resource(resource).is_some_and(lines::emits)
        }
        Gap::NeverReported { enterprise, group } => is_asked(enterprise) && group == "electricity",
        _ => false,
    }
}

fn sums(lines: &[Line], gaps: &[Gap]) -> Sums {
    let of = |is_in: &dyn Fn(Part) -> bool| sum(lines.iter().filter(|line| is_in(line.part)), gaps);
    Sums {
        parts: Part::ALL.into_iter().map(|part| (part, of(&|other| other == part))).collect(),
        scope_1: of(&Part::is_scope_1),
        with_location: of(&|part| part.is_scope_1() || part == Part::Location),
        with_market: of(&|part| part.is_scope_1() || part == Part::Market),
    }
}

fn avoided_by(claim: &Claim) -> Avoided {
    Avoided {
        measure: claim.measure.clone(),
        enterprise: claim.enterprise.clone(),
        name: claim.name.clone(),
        status: claim.status,
        period: claim.period,
        emissions_kg: claim.values()[4].map(|tonnes| tonnes * 1_000.0),
        basis: claim.basis,
        claim: claim.inputs.clone(),
    }
}
