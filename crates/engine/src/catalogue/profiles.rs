//! What enterprises of a sector likely use, give off and make: `profiles.csv`.

use serde::{Deserialize, Serialize};

use super::{Catalogue, Flow, Reader};
use crate::fault::FaultKind;
use crate::ids::ResourceId;
use crate::language::Label;
use crate::park::{Direction, StreamKind};

/// One stream that enterprises of a sector are likely to have.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileRow {
    /// ISIC Rev. 4: section, division, group or class.
    pub sector: String,
    /// Words, one of which names what is made; empty: whatever is made.
    pub products: Vec<String>,
    pub direction: Direction,
    pub about: ProfileSubject,
    pub label: Label,
    pub likelihood: Likelihood,
    /// `None` where nobody could be quoted.
    pub rate: Option<Rate>,
    pub source: Label,
    pub unconfirmed: bool,
}

/// What one employee of a sector makes in a year.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputRow {
    pub sector: String,
    pub rate: Rate,
    pub source: Label,
    pub unconfirmed: bool,
}

/// A resource that is recorded by period, or a stream with its yearly quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileSubject {
    Resource(ResourceId),
    Stream { kind: StreamKind, ewc: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    Always,
    Often,
    Sometimes,
}

/// What a rate is for one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RateDriver {
    Employee,
    /// A tonne of product.
    Product,
}

/// An amount in a year for each employee or each tonne of product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub driver: RateDriver,
    pub low: f64,
    pub high: f64,
    pub unit: String,
}

const FILE: &str = "profiles.csv";

/// The rows in their order. Cells that do not fit together are faults.
pub(super) fn read(reader: &mut Reader<'_>) -> (Vec<ProfileRow>, Vec<OutputRow>) {
    let (mut profiles, mut outputs) = (Vec::new(), Vec::new());
    for (index, row) in reader.csv::<Row>(FILE).into_iter().enumerate() {
        match row.read() {
            Ok(Read::Stream(row)) => profiles.push(row),
            Ok(Read::Output(row)) => outputs.push(row),
            Err((found, expected)) => {
                reader.fault(FILE, Some(index + 2), FaultKind::Contradiction, &found, expected);
            }
        }
    }
    (profiles, outputs)
}

enum Read {
    Stream(ProfileRow),
    Output(OutputRow),
}

#[derive(Deserialize)]
struct Row {
    sector: String,
    product: String,
    direction: String,
    resource: String,
    ewc: String,
    kind: Option<StreamKind>,
    name_vi: String,
    name_en: String,
    likelihood: Likelihood,
    driver: Option<RateDriver>,
    low: Option<f64>,
    high: Option<f64>,
    unit: String,
    source: String,
    source_vi: String,
    unconfirmed: bool,
}

impl Row {
    fn read(self) -> Result<Read, (String, &'static str)> {
        let name = format!("{} {}{}", self.sector, self.resource, self.ewc);
        let rate = match (self.driver, self.low, self.high) {
            (Some(driver), Some(low), Some(high)) if 0.0 < low && low <= high => {
                Some(Rate { driver, low, high, unit: self.unit })
            }
            (None, None, None) if self.unit.is_empty() => None,
            _ => return Err((name, "driver, 0 < low <= high and unit, or none of them")),
        };
        if (self.source == "from memory") != self.unconfirmed || self.source_vi.is_empty() {
            return Err((name, "unconfirmed = (source = from memory), source_vi"));
        }
        let (source, unconfirmed) = (Label::new(self.source_vi, self.source), self.unconfirmed);
        if self.direction == "make" {
            let per_employee = rate.filter(|rate| rate.driver == RateDriver::Employee);
            let rate = per_employee.ok_or((name, "what is made has a rate for each employee"))?;
            return Ok(Read::Output(OutputRow { sector: self.sector, rate, source, unconfirmed }));
        }
        let direction = match self.direction.as_str() {
            "give" => Direction::Give,
            "take" => Direction::Take,
            _ => return Err((self.direction, "give | take | make")),
        };
        let ewc = Some(self.ewc).filter(|code| !code.is_empty());
        let about = match (self.resource.is_empty(), self.kind) {
            (false, None) if ewc.is_none() => ProfileSubject::Resource(ResourceId::new(self.resource)),
            (true, Some(kind)) => ProfileSubject::Stream { kind, ewc },
            _ => return Err((name, "a resource, or a kind of stream with or without a waste code")),
        };
        let products = self.product.split(';').filter(|word| !word.is_empty()).map(str::to_string).collect();
        Ok(Read::Stream(ProfileRow {
            sector: self.sector,
            products,
            direction,
            about,
            label: Label::new(self.name_vi, self.name_en),
            likelihood: self.likelihood,
            rate,
            source,
            unconfirmed,
        }))
    }
}

/// Codes, units and flows that do not fit the rest of the catalogue: the file, what was found, what was expected.
pub(super) fn cross_checks(catalogue: &Catalogue) -> Vec<(&'static str, String, String)> {
    let mut faults = Vec::new();
    let mut fault = |found: &str, expected: &str| faults.push((FILE, found.to_string(), expected.to_string()));
    let sectors = catalogue.profiles.iter().map(|row| &row.sector);
    for sector in sectors.chain(catalogue.outputs.iter().map(|row| &row.sector)) {
        if !catalogue.industries.contains_key(sector) {
            fault(sector, "isic4");
        }
    }
    for row in &catalogue.profiles {
        let dimension = match &row.about {
            ProfileSubject::Resource(id) => {
                let flow = match row.direction {
                    Direction::Take => Flow::In,
                    Direction::Give => Flow::Out,
                };
                let resource = catalogue.resource(id).filter(|resource| resource.flow == flow);
                if resource.is_none() {
                    fault(id.as_str(), "a resource that flows this way");
                }
                resource.map(|resource| resource.dimension)
            }
            ProfileSubject::Stream { ewc, .. } => {
                if let Some(code) = ewc.as_ref().filter(|code| !catalogue.waste_codes.contains_key(*code)) {
                    fault(code, "ewc");
                }
                None
            }
        };
        if let Some(rate) = &row.rate {
            let unit = catalogue.units.get(&rate.unit);
            if unit.is_none_or(|unit| dimension.is_some_and(|dimension| unit.dimension != dimension)) {
                fault(&rate.unit, "a unit of what the row is about");
            }
        }
    }
    for row in catalogue.outputs.iter().filter(|row| row.rate.unit != "t") {
        fault(&row.rate.unit, "t");
    }
    faults
}
