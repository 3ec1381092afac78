//! What stands between the sites of a park: links that cost something by the year, and plants that several share. All
//! of it may be left out; a cost that nobody stated is unknown, not zero.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Direction, Stream, StreamKind};
use crate::annuity::present_value_factor;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind};
use crate::ids::{EnterpriseId, PlantId, SiteLinkId, StreamId};
use crate::language::Label;
use crate::quantity::Amount;
use crate::table::Row;

pub const MEANS: &[&str] = &["pipe", "truck", "storage", "other"];
pub const CHARGED: &[&str] = &["once", "each"];
pub const STATUSES: &[&str] = &["existing", "proposed"];
pub const COST_BASES: &[&str] = &["quoted", "estimated"];

/// Links and plants in the order of their sheets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Works {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SiteLink>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plants: Vec<SharedPlant>,
}

/// A pipe, a contract with a haulier or a store over which exchanges run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteLink {
    pub id: SiteLinkId,
    pub name: Label,
    pub means: LinkMeans,
    /// Whose exchanges run over it; `None`: anybody's.
    pub giver: Option<EnterpriseId>,
    pub taker: Option<EnterpriseId>,
    /// What runs over it; `None`: everything.
    pub kind: Option<StreamKind>,
    pub charged: Charged,
    pub cost: YearlyCost,
    /// Of a year, by the unit of its kind; only where there is one kind. Of each pair anew where each pays anew.
    pub capacity: Option<Amount>,
    pub basis: CostBasis,
    pub source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkMeans {
    Pipe,
    Truck,
    Storage,
    Other,
}

/// How often a link's cost is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Charged {
    /// Once for all exchanges that run over it: a shared pipe, a store.
    Once,
    /// By every pair of enterprises anew: a contract, a pipe of its own.
    Each,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CostBasis {
    Quoted,
    Estimated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlantStatus {
    Existing,
    Proposed,
}

/// What something costs by the year, whatever it carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct YearlyCost {
    /// Rent, contract, upkeep.
    pub running_vnd: Option<f64>,
    pub investment: Option<Investment>,
}

/// Money laid out once, and what makes a yearly cost of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Investment {
    pub vnd: f64,
    pub life_years: u32,
    /// A share, above −1: 0.1 is 10 % a year.
    pub discount_rate: f64,
}

/// A plant that makes one stream of another. Both are streams of the enterprise that runs it: the quantity of the input
/// is what it can take in by the year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedPlant {
    pub id: PlantId,
    pub name: Label,
    pub owner: EnterpriseId,
    pub input: StreamId,
    pub output: StreamId,
    /// t, m³ or MWh given off for a t, m³ or MWh taken in; above 0.
    pub output_share: f64,
    /// VND for a t, m³ or MWh taken in.
    pub treatment_vnd: Option<f64>,
    pub cost: YearlyCost,
    pub status: PlantStatus,
    pub basis: CostBasis,
    pub source: String,
}

impl Works {
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.plants.is_empty()
    }
}

impl YearlyCost {
    /// VND a year: running cost and annuity of the investment. `None` where nobody stated either.
    pub fn a_year_vnd(&self) -> Option<f64> {
        let annuity = self.investment.map(|investment| investment.a_year_vnd());
        match (self.running_vnd, annuity) {
            (None, None) => None,
            (running, annuity) => Some(running.unwrap_or(0.0) + annuity.unwrap_or(0.0)),
        }
    }
}

impl Investment {
    /// `I · r ÷ (1 − (1 + r)^−n)`, and `I ÷ n` without a rate.
    pub fn a_year_vnd(&self) -> f64 {
        present_value_factor(self.discount_rate, self.life_years).map_or(f64::INFINITY, |factor| self.vnd / factor)
    }
}

impl SiteLink {
    /// Whether an exchange between these two runs over it.
    pub fn carries(&self, giver: &EnterpriseId, taker: &EnterpriseId, kind: StreamKind) -> bool {
        self.giver.as_ref().is_none_or(|own| own == giver)
            && self.taker.as_ref().is_none_or(|own| own == taker)
            && self.kind.is_none_or(|own| own == kind)
    }
}

pub(super) fn site_link(row: &Row<'_>, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Option<SiteLink> {
    let party = |column: &str| row.optional_text(column).map(EnterpriseId::new);
    let (giver, taker) = (party("giver"), party("taker"));
    if giver.is_some() && giver == taker {
        faults.push(row.fault("taker", FaultKind::Contradiction, format!("≠ {}", row.text("giver"))));
    }
    let kind = row.optional_text("kind").and_then(|code| KINDS.into_iter().find(|kind| kind_code(*kind) == code));
    let capacity = capacity(row, kind, catalogue, faults);
    Some(SiteLink {
        id: SiteLinkId::new(row.text("link")),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        means: LinkMeans::parse(&row.text("means"))?,
        giver,
        taker,
        kind,
        charged: if row.text("charged") == "each" { Charged::Each } else { Charged::Once },
        cost: yearly_cost(row, faults),
        capacity,
        basis: basis(row),
        source: row.text("source"),
    })
}

fn capacity(row: &Row<'_>, kind: Option<StreamKind>, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Option<Amount> {
    let value = row.number("capacity")?;
    let Some(kind) = kind else {
        // A t and a m³ do not add up.
        faults.push(row.fault("kind", FaultKind::MissingValue, "material | water | heat"));
        return None;
    };
    let unit = row.text("unit");
    if catalogue.units.get(&unit).is_none_or(|unit| unit.dimension != kind.dimension()) {
        faults.push(row.fault("unit", FaultKind::WrongUnit, catalogue.unit_codes(kind.dimension()).join(" | ")));
        return None;
    }
    Some(Amount { value, unit })
}

/// An investment needs its life and its rate: without them nobody can say what it costs by the year.
fn yearly_cost(row: &Row<'_>, faults: &mut Vec<Fault>) -> YearlyCost {
    let (life, rate) = (row.number("life_years"), row.number("discount_rate"));
    let investment = row.number("investment_vnd").and_then(|vnd| {
        for (column, value, expected) in [("life_years", life, "1 – 100"), ("discount_rate", rate, "0 – 1")] {
            if value.is_none() && row.optional_text(column).is_none() {
                faults.push(row.fault(column, FaultKind::MissingValue, expected));
            }
        }
        Some(Investment { vnd, life_years: life? as u32, discount_rate: rate? })
    });
    YearlyCost { running_vnd: row.number("yearly_vnd"), investment }
}

fn basis(row: &Row<'_>) -> CostBasis {
    if row.text("basis") == "quoted" { CostBasis::Quoted } else { CostBasis::Estimated }
}

/// Plants from the rows of the sheet; `streams` are those of the park.
pub(super) fn plants(rows: &[Row<'_>], streams: &[Stream], faults: &mut Vec<Fault>) -> Vec<SharedPlant> {
    let mut used = BTreeSet::new();
    rows.iter().filter_map(|row| plant(row, streams, &mut used, faults)).collect()
}

fn plant(
    row: &Row<'_>,
    streams: &[Stream],
    used: &mut BTreeSet<StreamId>,
    faults: &mut Vec<Fault>,
) -> Option<SharedPlant> {
    let mut stream = |column: &str, direction: Direction, expected: &str| {
        let found = streams.iter().find(|stream| stream.id.as_str() == row.text(column))?;
        if found.direction != direction {
            faults.push(row.fault(column, FaultKind::Contradiction, expected));
        }
        if !used.insert(found.id.clone()) {
            faults.push(row.fault(column, FaultKind::Duplicate, "once"));
        }
        Some(found)
    };
    let (input, output) = (stream("input", Direction::Take, "take"), stream("output", Direction::Give, "give"));
    let (input, output) = (input?, output?);
    if input.enterprise != output.enterprise {
        faults.push(row.fault("output", FaultKind::Contradiction, format!("= {}", input.enterprise)));
    }
    let output_share = row.number("output_share")?;
    if output_share <= 0.0 {
        faults.push(row.fault("output_share", FaultKind::OutOfRange, "> 0"));
    }
    Some(SharedPlant {
        id: PlantId::new(row.text("plant")),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        owner: input.enterprise.clone(),
        input: input.id.clone(),
        output: output.id.clone(),
        output_share,
        treatment_vnd: row.number("treatment_vnd"),
        cost: yearly_cost(row, faults),
        status: if row.text("status") == "existing" { PlantStatus::Existing } else { PlantStatus::Proposed },
        basis: basis(row),
        source: row.text("source"),
    })
}

const KINDS: [StreamKind; 3] = [StreamKind::Material, StreamKind::Water, StreamKind::Heat];

fn kind_code(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "material",
        StreamKind::Water => "water",
        StreamKind::Heat => "heat",
    }
}

impl LinkMeans {
    pub const ALL: [LinkMeans; 4] = [LinkMeans::Pipe, LinkMeans::Truck, LinkMeans::Storage, LinkMeans::Other];

    pub fn code(self) -> &'static str {
        match self {
            LinkMeans::Pipe => "pipe",
            LinkMeans::Truck => "truck",
            LinkMeans::Storage => "storage",
            LinkMeans::Other => "other",
        }
    }

    pub fn parse(code: &str) -> Option<LinkMeans> {
        LinkMeans::ALL.into_iter().find(|means| means.code() == code)
    }
}

impl Charged {
    pub const ALL: [Charged; 2] = [Charged::Once, Charged::Each];

    pub fn code(self) -> &'static str {
        match self {
            Charged::Once => "once",
            Charged::Each => "each",
        }
    }
}

impl CostBasis {
    pub const ALL: [CostBasis; 2] = [CostBasis::Quoted, CostBasis::Estimated];

    pub fn code(self) -> &'static str {
        match self {
            CostBasis::Quoted => "quoted",
            CostBasis::Estimated => "estimated",
        }
    }
}

impl PlantStatus {
    pub const ALL: [PlantStatus; 2] = [PlantStatus::Existing, PlantStatus::Proposed];

    pub fn code(self) -> &'static str {
        match self {
            PlantStatus::Existing => "existing",
            PlantStatus::Proposed => "proposed",
        }
    }
}
