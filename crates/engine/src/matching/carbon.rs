//! CO₂e of an exchange, avoided and caused, by factors of `catalogue/exchange_factors.toml`.
//! Formulas: `docs/methods/scenarios.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assumption::{Assumption, AssumptionFile};
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind};
use crate::ids::EnterpriseId;
use crate::language::Label;
use crate::observe;
use crate::park::{Park, Stream, StreamKind};
use crate::period::Period;
use crate::source::{Basis, Digest};

const FILE: AssumptionFile = AssumptionFile("exchange_factors.toml");

/// What an exchange avoids and causes per unit, and how far quantities and prices may stray.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeFactors {
    pub truck_kg_per_t_km: Assumption,
    pub boiler_efficiency: Assumption,
    pub heat_pump_kwh_per_mwh_km: Assumption,
    pub water_supply_kwh_per_m3: Assumption,
    pub wastewater_kwh_per_m3: Assumption,
    pub reuse_treatment_kwh_per_m3: Assumption,
    pub water_pump_kwh_per_m3_km: Assumption,
    pub spread_metered: Assumption,
    pub spread_invoiced: Assumption,
    pub spread_calculated: Assumption,
    pub spread_declared: Assumption,
    pub spread_estimated: Assumption,
    pub spread_price: Assumption,
    pub material: Vec<MaterialFactor>,
}

/// kg CO₂e per t of a material, by the beginning of the giver's waste code and of the taker's industry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaterialFactor {
    pub ewc: String,
    pub taker_isic4: String,
    pub label_vi: String,
    pub label_en: String,
    /// Avoided: what the taker no longer buys.
    pub purchase: f64,
    /// Avoided: the giver's disposal.
    pub disposal: f64,
    /// Caused, where giver or taker states a cost of treatment.
    pub treatment: f64,
    pub source: String,
    pub unconfirmed: bool,
}

/// kg CO₂e per t, m³ or MWh: avoided purchase and disposal, caused treatment and haulage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carbon {
    pub purchase_kg: f64,
    pub disposal_kg: f64,
    pub treatment_kg: f64,
    pub haulage_kg: f64,
    /// True where one of its factors has no source that somebody opened.
    pub unconfirmed: bool,
}

impl Carbon {
    /// Avoided less caused, kg CO₂e per unit.
    pub fn net_kg(&self) -> f64 {
        self.purchase_kg + self.disposal_kg - self.treatment_kg - self.haulage_kg
    }
}

/// Reads the factors. Every fault is told.
pub fn read_exchange_factors(text: &str) -> Result<ExchangeFactors, Vec<Fault>> {
    let factors: ExchangeFactors = FILE.parse(text)?;
    let mut faults = Vec::new();
    for (name, assumption, most, unit) in factors.expected() {
        let is_allowed = |value| (0.0..=most).contains(&value);
        faults.extend(FILE.figure_faults(name, assumption, is_allowed, &format!("0 – {most}"), unit));
        faults.extend(FILE.source_fault(name, &assumption.source, assumption.unconfirmed));
    }
    if factors.boiler_efficiency.value <= 0.0 {
        faults.push(FILE.fault(FaultKind::OutOfRange, "boiler_efficiency = 0", "> 0"));
    }
    for row in &factors.material {
        let name = format!("{} → {}", row.ewc, row.taker_isic4);
        if [row.purchase, row.disposal, row.treatment].iter().any(|kg| !kg.is_finite()) {
            faults.push(FILE.fault(FaultKind::NotANumber, &name, "kg CO2e/t"));
        }
        faults.extend(FILE.source_fault(&name, &row.source, row.unconfirmed));
        if factors
            .material
            .iter()
            .filter(|other| (&other.ewc, &other.taker_isic4) == (&row.ewc, &row.taker_isic4))
            .count()
            > 1
        {
            faults.push(FILE.fault(FaultKind::Duplicate, &name, ""));
        }
    }
    if faults.is_empty() { Ok(factors) } else { Err(faults) }
}

/// The factors as they stand in the repository when the program is built.
impl Default for ExchangeFactors {
    fn default() -> ExchangeFactors {
        read_exchange_factors(include_str!("../../../../catalogue/exchange_factors.toml"))
            .unwrap_or_else(|faults| panic!("the repository's own exchange factors have faults: {faults:?}"))
    }
}

impl ExchangeFactors {
    /// All figures but the materials, for pages that list what a result rests on.
    pub fn assumptions(&self) -> Vec<&Assumption> {
        self.expected().into_iter().map(|(_, assumption, _, _)| assumption).collect()
    }

    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }

    /// How far a quantity of this basis may stray, as a share of it.
    pub fn spread(&self, basis: Basis) -> f64 {
        match basis {
            Basis::Metered => &self.spread_metered,
            Basis::Invoiced => &self.spread_invoiced,
            Basis::Calculated => &self.spread_calculated,
            Basis::Declared => &self.spread_declared,
            Basis::Estimated => &self.spread_estimated,
        }
        .value
    }

    fn expected(&self) -> [(&'static str, &Assumption, f64, &'static str); 13] {
        let most = 1e6;
        [
            ("truck_kg_per_t_km", &self.truck_kg_per_t_km, most, "kg CO2e/(t km)"),
            ("boiler_efficiency", &self.boiler_efficiency, 1.0, "1"),
            ("heat_pump_kwh_per_mwh_km", &self.heat_pump_kwh_per_mwh_km, most, "kWh/(MWh km)"),
            ("water_supply_kwh_per_m3", &self.water_supply_kwh_per_m3, most, "kWh/m3"),
            ("wastewater_kwh_per_m3", &self.wastewater_kwh_per_m3, most, "kWh/m3"),
            ("reuse_treatment_kwh_per_m3", &self.reuse_treatment_kwh_per_m3, most, "kWh/m3"),
            ("water_pump_kwh_per_m3_km", &self.water_pump_kwh_per_m3_km, most, "kWh/(m3 km)"),
            ("spread_metered", &self.spread_metered, 1.0, "1"),
            ("spread_invoiced", &self.spread_invoiced, 1.0, "1"),
            ("spread_calculated", &self.spread_calculated, 1.0, "1"),
            ("spread_declared", &self.spread_declared, 1.0, "1"),
            ("spread_estimated", &self.spread_estimated, 1.0, "1"),
            ("spread_price", &self.spread_price, 1.0, "1"),
        ]
    }

    /// The row whose codes agree with the giver's stream and the taker's industry, the longest first.
    fn material(&self, ewc: &str, taker_isic4: &str) -> Option<&MaterialFactor> {
        let fits = |row: &&MaterialFactor| ewc.starts_with(&row.ewc) && taker_isic4.starts_with(&row.taker_isic4);
        self.material.iter().filter(fits).max_by_key(|row| (row.ewc.len(), row.taker_isic4.len()))
    }
}

impl MaterialFactor {
    pub fn label(&self) -> Label {
        Label::new(&self.label_vi, &self.label_en)
    }
}

/// What the CO₂e of a park's exchanges is reckoned with.
pub struct CarbonBook<'a> {
    factors: &'a ExchangeFactors,
    /// kg CO₂e per kWh of electricity, and whether that is unconfirmed or of another year.
    grid: Option<(f64, bool)>,
    /// kg CO₂e per MWh of heat content of the fuels that an enterprise burns.
    fuels: BTreeMap<EnterpriseId, (f64, bool)>,
    industries: BTreeMap<EnterpriseId, String>,
}

impl<'a> CarbonBook<'a> {
    /// The grid is that of the period's year; the fuels are those that enterprises recorded in the period.
    pub fn new(park: &Park, catalogue: &Catalogue, factors: &'a ExchangeFactors, period: Period) -> CarbonBook<'a> {
        let grid = observe::grid(park, catalogue, period);
        CarbonBook {
            factors,
            grid: grid.map(|grid| (grid.value.t_per_mwh(), grid.unconfirmed || grid.basis == Basis::Estimated)),
            fuels: fuels(park, catalogue, period),
            industries: park.enterprises.iter().map(|one| (one.id.clone(), one.isic4.clone())).collect(),
        }
    }

    /// `None` where a factor or a figure is missing: the CO₂e of this exchange is not known, which is not zero.
    pub fn carbon(&self, give: &Stream, take: &Stream, km: Option<f64>) -> Option<Carbon> {
        let km = km?;
        let factors = self.factors;
        let is_treated = give.treatment_vnd.unwrap_or(0.0) + take.treatment_vnd.unwrap_or(0.0) > 0.0;
        let is_disposed_of = give.price_vnd? > 0.0;
        let when = |holds: bool, kg: f64| if holds { kg } else { 0.0 };
        match give.kind {
            StreamKind::Material => {
                let row = factors.material(give.ewc.as_deref()?, self.industries.get(&take.enterprise)?)?;
                Some(Carbon {
                    purchase_kg: row.purchase,
                    disposal_kg: when(is_disposed_of, row.disposal),
                    treatment_kg: when(is_treated, row.treatment),
                    haulage_kg: km * factors.truck_kg_per_t_km.value,
                    unconfirmed: row.unconfirmed || factors.truck_kg_per_t_km.unconfirmed,
                })
            }
            StreamKind::Water => {
                let (kg_per_kwh, is_grid_unconfirmed) = self.grid?;
                let used = [
                    &factors.water_supply_kwh_per_m3,
                    &factors.wastewater_kwh_per_m3,
                    &factors.reuse_treatment_kwh_per_m3,
                    &factors.water_pump_kwh_per_m3_km,
                ];
                Some(Carbon {
                    purchase_kg: kg_per_kwh * factors.water_supply_kwh_per_m3.value,
                    disposal_kg: when(is_disposed_of, kg_per_kwh * factors.wastewater_kwh_per_m3.value),
                    treatment_kg: when(is_treated, kg_per_kwh * factors.reuse_treatment_kwh_per_m3.value),
                    haulage_kg: kg_per_kwh * km * factors.water_pump_kwh_per_m3_km.value,
                    unconfirmed: is_grid_unconfirmed || used.iter().any(|factor| factor.unconfirmed),
                })
            }
            StreamKind::Heat => {
                let (kg_per_kwh, is_grid_unconfirmed) = self.grid?;
                let (kg_per_mwh, is_fuel_unconfirmed) = self.fuels.get(&take.enterprise)?;
                Some(Carbon {
                    purchase_kg: kg_per_mwh / factors.boiler_efficiency.value,
                    disposal_kg: 0.0,
                    treatment_kg: 0.0,
                    haulage_kg: kg_per_kwh * km * factors.heat_pump_kwh_per_mwh_km.value,
                    unconfirmed: is_grid_unconfirmed
                        || *is_fuel_unconfirmed
                        || factors.boiler_efficiency.unconfirmed
                        || factors.heat_pump_kwh_per_mwh_km.unconfirmed,
                })
            }
        }
    }
}

/// Mean emissions of the fuels that each enterprise recorded in the period, kg CO₂e per MWh of heat content. An
/// enterprise that records steam or no fuel, or a fuel without factors, is not in it.
fn fuels(park: &Park, catalogue: &Catalogue, period: Period) -> BTreeMap<EnterpriseId, (f64, bool)> {
    let mut sums: BTreeMap<&EnterpriseId, Option<(f64, f64, bool)>> = BTreeMap::new();
    for record in park.records.iter().filter(|record| within(record.period, period)) {
        let Some(resource) = catalogue.resource(&record.resource) else { continue };
        if !matches!(resource.group.as_str(), "fuel" | "biomass" | "steam") {
            continue;
        }
        let added = catalogue.canonical(&record.amount).and_then(|amount| {
            let heat = observe::energy(resource, amount, catalogue)?;
            let emitted = observe::emissions(resource, amount, catalogue, None)?;
            Some((emitted.value.canonical(), heat.mwh(), emitted.unconfirmed))
        });
        let sum = sums.entry(&record.enterprise).or_insert(Some((0.0, 0.0, false)));
        *sum = sum
            .zip(added)
            .map(|((kg, mwh, mark), (more_kg, more_mwh, other))| (kg + more_kg, mwh + more_mwh, mark || other));
    }
    let mean = |(id, sum): (&EnterpriseId, Option<(f64, f64, bool)>)| {
        let (kg, mwh, unconfirmed) = sum?;
        (mwh > 0.0).then(|| (id.clone(), (kg / mwh, unconfirmed)))
    };
    sums.into_iter().filter_map(mean).collect()
}

fn within(inner: Period, outer: Period) -> bool {
    inner.start() >= outer.start() && inner.end() <= outer.end()
}
