//! Emission and conversion factors: chosen by what they are for and the data year, never "the latest".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Catalogue, Reader};
use crate::fault::FaultKind;
use crate::quantity::{CalorificValue, EmissionIntensity};
use crate::source::{Basis, Figure};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    pub id: String,
    pub group: String,
    pub label: String,
    pub value: f64,
    pub unit: String,
    pub year: Option<i16>,
    pub source: String,
    pub unconfirmed: bool,
    #[serde(default)]
    pub confidence: String,
    #[serde(default)]
    pub note: String,
    /// The 95 % limits of the value, where a source tells them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub range_source: String,
    #[serde(default)]
    pub range_unconfirmed: bool,
}

impl Factor {
    /// How far below and above the value the truth may lie, as shares of it.
    pub fn spread(&self) -> Option<(f64, f64)> {
        let (low, high) = (self.low?, self.high?);
        Some((1.0 - low / self.value, high / self.value - 1.0))
    }
}

#[derive(Deserialize)]
struct FactorFile {
    factor: Vec<Factor>,
}

pub(super) fn read(reader: &mut Reader) -> BTreeMap<String, Factor> {
    let mut factors = BTreeMap::new();
    for factor in reader.toml::<FactorFile>("factors.toml").map(|file| file.factor).unwrap_or_default() {
        let id = factor.id.clone();
        if !factor.value.is_finite() || factor.value < 0.0 {
            reader.fault("factors.toml", None, FaultKind::OutOfRange, &id, "≥ 0");
        }
        let is_around = |low: f64, high: f64| 0.0 <= low && low <= factor.value && factor.value <= high;
        let has_range = factor.low.is_some() || factor.high.is_some();
        if has_range && !factor.low.zip(factor.high).is_some_and(|(low, high)| is_around(low, high)) {
            reader.fault("factors.toml", None, FaultKind::OutOfRange, &id, "0 ≤ low ≤ value ≤ high");
        }
        if has_range == factor.range_source.is_empty() {
            reader.fault("factors.toml", None, FaultKind::MissingValue, &id, "low, high, range_source");
        }
        if factor.source.is_empty() {
            reader.fault("factors.toml", None, FaultKind::MissingValue, &id, "source");
        }
        if factors.insert(id.clone(), factor).is_some() {
            reader.fault("factors.toml", None, FaultKind::Duplicate, &id, "once");
        }
    }
    factors
}

impl Catalogue {
    /// The grid's emission intensity in a year. Where the year's own figure was not published, the latest
    /// published earlier one stands in: the method page says so, the basis is then `Estimated` and the source
    /// names the year that was used. Research values are never chosen.
    pub fn grid_intensity(&self, year: i16) -> Option<Figure<EmissionIntensity>> {
        let official = |factor: &&Factor| {
            factor.group == "grid_electricity" && factor.id.strip_prefix("grid-vn-").is_some_and(|year| year.len() == 4)
        };
        let factor = self
            .factors
            .values()
            .filter(official)
            .filter(|factor| factor.year.is_some_and(|published| published <= year))
            .max_by_key(|factor| factor.year)?;
        let is_own_year = factor.year == Some(year);
        Some(Figure {
            value: EmissionIntensity::from_t_per_mwh(factor.value),
            basis: if is_own_year { Basis::Calculated } else { Basis::Estimated },
            source: format!("{}: {} {} ({})", factor.id, factor.value, factor.unit, factor.source),
            unconfirmed: factor.unconfirmed,
        })
    }

    /// Net calorific value of a fuel by mass.
    pub fn calorific_value(&self, fuel: &str) -> Option<Figure<CalorificValue>> {
        let factor = self.factors.get(&format!("ncv-{fuel}"))?;
        Some(Figure {
            value: CalorificValue::from_tj_per_gg(factor.value),
            basis: Basis::Calculated,
            source: format!("{}: {} {} ({})", factor.id, factor.value, factor.unit, factor.source),
            unconfirmed: factor.unconfirmed,
        })
    }

    /// Emissions of burning a fuel, CO₂ with CH₄ and N₂O by the warming potentials of the fifth assessment
    /// report. The CO₂ of biomass is biogenic and left out here.
    pub fn combustion_intensity(&self, fuel: &str, is_biomass: bool) -> Option<Figure<EmissionIntensity>> {
        let co2 = self.factors.get(&format!("co2-{fuel}"))?;
        let ch4 = self.factors.get(&format!("ch4-{fuel}"))?;
        let n2o = self.factors.get(&format!("n2o-{fuel}"))?;
        let (gwp_ch4, gwp_n2o) = (self.factors.get("gwp-ar5-ch4")?, self.factors.get("gwp-ar5-n2o")?);
        let direct = if is_biomass { 0.0 } else { co2.value };
        let kg_per_tj = direct + ch4.value * gwp_ch4.value + n2o.value * gwp_n2o.value;
        Some(Figure {
            value: EmissionIntensity::from_kg_per_tj(kg_per_tj),
            basis: Basis::Calculated,
            source: format!("{}, {}, {}, gwp-ar5 ({})", co2.id, ch4.id, n2o.id, co2.source),
            unconfirmed: [co2, ch4, n2o, gwp_ch4, gwp_n2o].iter().any(|factor| factor.unconfirmed),
        })
    }
}
