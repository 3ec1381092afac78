//! A park as a value: its enterprises and everything they declared, read from sheets and written back to them.

pub mod adjustments;
pub mod details;
pub mod key_readings;
pub mod plans;
pub mod read;
pub mod sheets;
pub mod weather;
pub mod works;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{EnterpriseId, ExchangeId, MeasureId, MeterId, OptionId, ParkId, ResourceId, StreamId};
use crate::language::Label;
use crate::period::Period;
use crate::quantity::Amount;
use crate::source::{Basis, Digest};

use adjustments::Adjustment;
use key_readings::KeyReading;
use plans::Plan;
use weather::Weather;
use works::Works;

pub use details::{LicenceKind, PhysicalForm, Rhythm, StreamDetails};

/// One park with all that was handed in. Every reference inside has been checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Park {
    pub id: ParkId,
    pub name: Label,
    /// Province code, of either edition.
    pub province: String,
    pub area_ha: Option<f64>,
    pub place: Option<Place>,
    pub developer: Option<String>,
    /// Hours ahead of UTC; decides which readings belong to which day and month.
    pub utc_offset_h: f64,
    pub synthetic: bool,
    pub note: Option<String>,
    pub enterprises: Vec<Enterprise>,
    pub records: Vec<Record>,
    pub drivers: Vec<Driver>,
    pub meters: Vec<Meter>,
    pub readings: BTreeMap<MeterId, Vec<Reading>>,
    /// What meters read by readings that came in batches and lie outside the sheets. Of a month that is in here the
    /// sheet's readings do not count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metered: BTreeMap<MeterId, Metered>,
    #[serde(default, skip_serializing_if = "Weather::is_empty")]
    pub weather: Weather,
    pub streams: Vec<Stream>,
    #[serde(default, skip_serializing_if = "Works::is_empty")]
    pub works: Works,
    pub exchanges: Vec<RunningExchange>,
    pub survey: Vec<Answer>,
    pub facts: Vec<Fact>,
    pub measures: Vec<Measure>,
    /// At most one for each measure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Plan>,
    /// Non-routine adjustments, in the order of their sheet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
    /// Readings of key parameters, in the order of their sheet.
    #[serde(default)]
    pub key_readings: Vec<KeyReading>,
}

/// WGS84, degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
}

/// Mean radius of the Earth.
const EARTH_KM: f64 = 6_371.0;

impl Place {
    /// Great-circle distance on a sphere: 2 R asin √(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2)). Source: from memory
    /// (haversine formula).
    pub fn km_to(self, other: Place) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let across = ((to - from) / 2.0).sin().powi(2);
        let along = ((other.longitude - self.longitude).to_radians() / 2.0).sin().powi(2);
        2.0 * EARTH_KM * (across + from.cos() * to.cos() * along).clamp(0.0, 1.0).sqrt().asin()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnterpriseRole {
    Tenant,
    Utility,
    Developer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enterprise {
    pub id: EnterpriseId,
    pub name: Label,
    pub tax_code: Option<String>,
    pub isic4: String,
    pub role: EnterpriseRole,
    pub employees: Option<u32>,
    pub place: Option<Place>,
}

/// An amount that someone declared for a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    pub period: Period,
    pub amount: Amount,
    pub basis: Basis,
    pub source: String,
    pub cost_vnd: Option<f64>,
    /// Line of the sheet it was read from, so that a figure can be traced to its cell.
    pub line: usize,
}

/// What drives consumption besides products.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    pub enterprise: EnterpriseId,
    pub driver: String,
    pub period: Period,
    pub value: f64,
    pub unit: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    pub id: MeterId,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    pub unit: String,
    pub name: Label,
    /// True for the meter that counts the whole site.
    pub is_main: bool,
}

/// A timestamped meter value; `None` where the meter gave none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub at: Timestamp,
    pub value: Option<f64>,
}

/// Readings of a meter that came in batches, added up by the park's local time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metered {
    /// Calendar months, in order.
    pub months: Vec<MeterSum>,
    /// Days, in order; only of thermometers, whose degree days are counted by the day.
    pub days: Vec<MeterSum>,
    /// Hours, in order; only of meters that a measurement plan looks at more closely than by months.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Reading>,
}

/// What the readings of a meter within a period come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterSum {
    pub period: Period,
    /// Of the readings that are there and do not hang, in the meter's unit.
    pub sum: f64,
    pub readings: usize,
    /// Readings that repeat one value for a day or longer; they are not in the sum.
    pub frozen: usize,
    /// The usual step between two readings, in seconds; `None` where none is known or it is longer than a day, so that
    /// nobody can say how much of the period was read.
    pub step_s: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Give,
    Take,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamKind {
    Material,
    Water,
    Heat,
}

/// What a site gives off or takes in, regularly. Quantities are per year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    pub id: StreamId,
    pub enterprise: EnterpriseId,
    pub direction: Direction,
    pub kind: StreamKind,
    pub name: Label,
    pub ewc: Option<String>,
    pub quantity: Amount,
    pub hazardous: bool,
    pub licensed: bool,
    /// Paid today per declared unit: for disposal by a giver, for purchase by a taker.
    pub price_vnd: Option<f64>,
    pub treatment_vnd: Option<f64>,
    pub temperature_c: Option<f64>,
    pub basis: Basis,
    pub source: String,
    /// Content of a given stream, upper limit of a taken one, by substance.
    pub composition: BTreeMap<String, Amount>,
    #[serde(default, skip_serializing_if = "StreamDetails::is_blank")]
    pub details: StreamDetails,
}

/// An exchange that runs already, as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningExchange {
    pub id: ExchangeId,
    pub giver: EnterpriseId,
    pub taker: EnterpriseId,
    pub name: Label,
    pub quantity: Option<Amount>,
    pub since: Option<Date>,
    /// The first day on which it no longer ran.
    pub ended_on: Option<Date>,
    pub evidence: Option<String>,
}

/// An enterprise's answer to a question of the survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub enterprise: EnterpriseId,
    pub question: String,
    pub yes: bool,
    pub answered_on: Date,
    pub evidence: Option<String>,
}

/// The park's own answer to something that records cannot settle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub fact: String,
    pub value: Option<f64>,
    pub stated_on: Date,
    pub evidence: Option<String>,
    /// The reason why it does not apply; then there is no value.
    pub not_applicable: Option<String>,
}

/// The ladder of a measure and of its claims. Sums never mix its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Proposed,
    Approved,
    Built,
    Measured,
    Verified,
    Rejected,
    Superseded,
}

impl Status {
    pub const LADDER: [Status; 5] =
        [Status::Proposed, Status::Approved, Status::Built, Status::Measured, Status::Verified];

    pub fn code(self) -> &'static str {
        match self {
            Status::Proposed => "proposed",
            Status::Approved => "approved",
            Status::Built => "built",
            Status::Measured => "measured",
            Status::Verified => "verified",
            Status::Rejected => "rejected",
            Status::Superseded => "superseded",
        }
    }

    pub fn parse(code: &str) -> Option<Status> {
        Status::LADDER.into_iter().chain([Status::Rejected, Status::Superseded]).find(|status| status.code() == code)
    }

    /// Whether the measure stands, whatever is known of its saving.
    pub fn is_built(self) -> bool {
        matches!(self, Status::Built | Status::Measured | Status::Verified)
    }
}

/// An option chosen for a site, with an owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    pub id: MeasureId,
    pub enterprise: EnterpriseId,
    pub option: Option<OptionId>,
    pub name: Label,
    pub resource: ResourceId,
    pub meter: Option<MeterId>,
    pub status: Status,
    pub status_on: Date,
    /// The days of installation; they belong neither to the baseline nor to the reporting period.
    pub installed: Option<Period>,
    pub expected_saving: Option<Amount>,
    pub investment_vnd: Option<f64>,
    /// Half the width of the 90 % interval of the expected saving, in its unit; `None`: nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_uncertainty_90: Option<f64>,
    /// Which part of what its meter or its bills show is this measure's; `None`: nobody stated it. Of a measure that is
    /// alone that is the whole; several are given shares by what they were expected to save.
    pub share: Option<f64>,
    pub owner: Option<String>,
    pub evidence: Option<String>,
    pub signer: Option<String>,
}

impl Measure {
    /// The stated share, or the whole.
    pub fn share_or_whole(&self) -> f64 {
        self.share.unwrap_or(1.0)
    }
}

impl Park {
    /// The park without the readings of its meters and weather stations, which are the most of it: for whoever changes a
    /// copy and has no use for them.
    pub fn without_readings(&self) -> Park {
        Park {
            id: self.id.clone(),
            name: self.name.clone(),
            province: self.province.clone(),
            developer: self.developer.clone(),
            note: self.note.clone(),
            enterprises: self.enterprises.clone(),
            records: self.records.clone(),
            drivers: self.drivers.clone(),
            meters: self.meters.clone(),
            readings: BTreeMap::new(),
            metered: BTreeMap::new(),
            streams: self.streams.clone(),
            works: self.works.clone(),
            exchanges: self.exchanges.clone(),
            survey: self.survey.clone(),
            facts: self.facts.clone(),
            measures: self.measures.clone(),
            plans: self.plans.clone(),
            adjustments: self.adjustments.clone(),
            key_readings: self.key_readings.clone(),
            weather: Weather::default(),
            ..*self
        }
    }

    pub fn enterprise(&self, id: &EnterpriseId) -> Option<&Enterprise> {
        self.enterprises.iter().find(|enterprise| enterprise.id == *id)
    }

    pub fn tenants(&self) -> impl Iterator<Item = &Enterprise> {
        self.enterprises.iter().filter(|enterprise| enterprise.role == EnterpriseRole::Tenant)
    }

    pub fn meter(&self, id: &MeterId) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.id == *id)
    }

    pub fn plan(&self, measure: &MeasureId) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.measure == *measure)
    }

    pub fn adjustments_of<'a>(&'a self, measure: &'a MeasureId) -> impl Iterator<Item = &'a Adjustment> {
        self.adjustments.iter().filter(move |one| one.measure == *measure)
    }

    /// The meter that a measure is verified by: its plan's where it has one, its row's else. `None`: bills.
    pub fn meter_of<'a>(&'a self, measure: &'a Measure) -> Option<&'a MeterId> {
        match self.plan(&measure.id) {
            Some(plan) => plan.meter.as_ref(),
            None => measure.meter.as_ref(),
        }
    }

    /// Digest of everything that was handed in; results name it.
    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }
}
