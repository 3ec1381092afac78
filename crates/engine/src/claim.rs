//! Claims: amounts of saving or impact with status, period, inputs, evidence and signer; and the five quantities
//! that the programme counts in.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::ids::{ClaimId, EnterpriseId, MeasureId, ResourceId};
use crate::language::Label;
use crate::park::Status;
use crate::period::Period;
use crate::quantity::{Emissions, Energy, Mass, Volume};
use crate::source::{Basis, Digest};

/// The five quantities of the 2014–2019 pilot: electricity (MWh), fresh water (m³), fossil fuel (TJ), chemicals and
/// waste (t), greenhouse gases (t CO₂e).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    pub electricity: Energy,
    pub water: Volume,
    pub fuel: Energy,
    pub materials: Mass,
    pub emissions: Emissions,
}

impl Add for Impact {
    type Output = Impact;
    fn add(self, other: Impact) -> Impact {
        Impact {
            electricity: self.electricity + other.electricity,
            water: self.water + other.water,
            fuel: self.fuel + other.fuel,
            materials: self.materials + other.materials,
            emissions: self.emissions + other.emissions,
        }
    }
}

impl Impact {
    pub fn scaled(self, share: f64) -> Impact {
        Impact {
            electricity: self.electricity * share,
            water: self.water * share,
            fuel: self.fuel * share,
            materials: self.materials * share,
            emissions: self.emissions * share,
        }
    }

    /// The five values in the units they are printed in, in the order MWh, m³, TJ, t, t CO₂e.
    pub fn values(&self) -> [f64; 5] {
        [self.electricity.mwh(), self.water.m3(), self.fuel.tj(), self.materials.t(), self.emissions.t()]
    }
}

impl Claim {
    /// The five values in the order of [`Impact::values`]. Emissions are unknown, not zero, where energy was saved and
    /// no factor fits.
    pub fn values(&self) -> [Option<f64>; 5] {
        let [electricity, water, fuel, materials, emissions] = self.impact.values();
        let is_energy = electricity != 0.0 || fuel != 0.0;
        let is_unknown = is_energy && self.factors.is_empty();
        [Some(electricity), Some(water), Some(fuel), Some(materials), (!is_unknown).then_some(emissions)]
    }
}

/// An amount of saving with everything needed to compute it again. Never edited: a correction supersedes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub id: ClaimId,
    pub measure: MeasureId,
    pub enterprise: EnterpriseId,
    pub name: Label,
    pub resource: ResourceId,
    /// How far up the ladder the evidence carries it; never higher than what was declared and computed.
    pub status: Status,
    pub period: Period,
    /// Saving in the canonical unit of the resource, share attributed already applied.
    pub amount: f64,
    /// Half the width of the 90 % interval; only for measured and verified claims.
    pub uncertainty_90: Option<f64>,
    pub basis: Basis,
    pub share: f64,
    pub impact: Impact,
    /// What computed it: `regression-monthly/2` or `declared-expectation/1`.
    pub method: String,
    pub factors: Vec<String>,
    pub inputs: Digest,
    pub evidence: Option<String>,
    pub signer: Option<String>,
    pub unconfirmed: bool,
}
