//! The lines of an account: activity × factors, gas by gas.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Activity, Editions, FactorUse, Gas, Line, Part, Range, Unknown};
use crate::catalogue::factor_editions::{EditionKind, FactorEdition};
use crate::catalogue::factors::Factor;
use crate::catalogue::{Catalogue, Pilot, Resource};
use crate::ids::{EnterpriseId, ResourceId};
use crate::observe::{SiteBalance, Total};
use crate::park::Park;
use crate::period::Period;
use crate::quantity::{CalorificValue, Dimension, EmissionIntensity, Energy, Mass};
use crate::source::{Basis, Digest};

/// Whether a resource belongs in an account.
pub(super) fn emits(resource: &Resource) -> bool {
    resource.pilot == Some(Pilot::Electricity)
        || matches!(resource.group.as_str(), "fuel" | "biomass" | "refrigerant" | "process-emissions" | "steam")
}

/// What all lines of one account are reckoned with.
pub(super) struct Reckoner<'a> {
    park: &'a Park,
    catalogue: &'a Catalogue,
    period: Period,
    combustion: Option<&'a FactorEdition>,
    warming: Option<&'a FactorEdition>,
    grid: Option<&'a FactorEdition>,
}

/// A line before its basis, range and digest are known.
struct Draft<'a> {
    part: Part,
    /// The resource whose records say so, where it is another than the one that was used.
    told_by: Option<&'static str>,
    gas: Gas,
    amount: f64,
    /// `Err` says why nothing is known.
    emissions_kg: Result<f64, Unknown>,
    factors: Vec<(&'a Factor, &'a FactorEdition)>,
}

impl<'a> Reckoner<'a> {
    pub fn new(park: &'a Park, catalogue: &'a Catalogue, period: Period, editions: &Editions) -> Reckoner<'a> {
        // The catalogue knows the Vietnamese grid only; a park without a Vietnamese province lies elsewhere.
        let country = if park.province.is_empty() { "" } else { "VN" };
        let grid = match &editions.grid {
            Some(id) => catalogue.factor_edition(EditionKind::Grid, id).filter(|grid| grid.country == country),
            None => catalogue.grid_edition(country, period.start().year()),
        };
        Reckoner {
            park,
            catalogue,
            period,
            combustion: catalogue.factor_edition(EditionKind::Combustion, &editions.combustion),
            warming: catalogue.factor_edition(EditionKind::Warming, &editions.warming),
            grid,
        }
    }

    /// Everything that one enterprise emitted.
    pub fn lines(&self, enterprise: &EnterpriseId, site: &SiteBalance) -> Vec<Line> {
        let mut lines = Vec::new();
        for (id, total) in site {
            let Some(resource) = self.catalogue.resource(id) else { continue };
            let drafts = match resource.group.as_str() {
                _ if resource.pilot == Some(Pilot::Electricity) => self.electricity(total, site),
                "fuel" | "biomass" => self.burned(resource, total),
                "refrigerant" => vec![self.leaked(id, total)],
                "process-emissions" => vec![recorded(Part::Process, total.amount, Ok(total.amount))],
                "steam" => self.steam(total, site),
                _ => continue,
            };
            for draft in drafts {
                let told_by = draft.told_by.and_then(|code| site.get_key_value(&ResourceId::new(code)));
                let (id, total) = told_by.unwrap_or((id, total));
                lines.push(self.line(enterprise, id, total, draft));
            }
        }
        lines
    }

    /// Fuel: mass × calorific value × emission factor × warming potential. Source: IPCC Guidelines 2006, volume 2,
    /// tier 1, as `factors.toml` cites it. The CO₂ of biomass is biogenic.
    fn burned(&self, resource: &Resource, total: &Total) -> Vec<Draft<'a>> {
        let is_biomass = resource.group == "biomass";
        let gases = [(Gas::Co2, "co2"), (Gas::Ch4, "ch4"), (Gas::N2o, "n2o")];
        let gas = |(gas, code): (Gas, &str)| {
            let part = if is_biomass && gas == Gas::Co2 { Part::Biogenic } else { Part::Combustion };
            let factors = self.factors_of_burning(resource, code, is_biomass);
            let emissions_kg = factors.as_ref().ok_or(Unknown::NoFactor).map(|[heat, emission, warming]| {
                let heat = Mass::from_kg(total.amount) * CalorificValue::from_tj_per_gg(heat.0.value);
                // Kilograms of the gas itself; the potential makes CO₂e of them.
                let gas = heat * EmissionIntensity::from_kg_per_tj(emission.0.value);
                gas.kg() * warming.0.value
            });
            let factors = factors.map_or_else(Vec::new, Vec::from);
            Draft { part, told_by: None, gas, amount: total.amount, emissions_kg, factors }
        };
        match (resource.dimension, &resource.fuel) {
            (Dimension::Mass, Some(_)) => gases.into_iter().map(gas).collect(),
            // Heat of a fuel that is not named.
            _ => vec![recorded(Part::Combustion, total.amount, Err(Unknown::NoFactor))],
        }
    }

    fn factors_of_burning(
        &self,
        resource: &Resource,
        gas: &str,
        is_biomass: bool,
    ) -> Option<[(&'a Factor, &'a FactorEdition); 3]> {
        let (fuel, combustion, warming) = (resource.fuel.as_ref()?, self.combustion?, self.warming?);
        Some([
            (self.catalogue.combustion_factor(combustion, "ncv", fuel)?, combustion),
            (self.catalogue.combustion_factor(combustion, gas, fuel)?, combustion),
            (self.catalogue.warming_factor(warming, gas, is_biomass)?, warming),
        ])
    }

    /// What was topped up had leaked before: mass × warming potential.
    fn leaked(&self, id: &ResourceId, total: &Total) -> Draft<'a> {
        let gas = if id.as_str() == "sf6" { Gas::Sf6 } else { Gas::Hfc };
        let factor = self.warming.and_then(|edition| {
            let factor = self.catalogue.warming_factor(edition, id.as_str(), false)?;
            Some((factor, edition))
        });
        let emissions_kg = factor.map(|(factor, _)| total.amount * factor.value).ok_or(Unknown::NoFactor);
        let factors = factor.into_iter().collect();
        Draft { part: Part::Fugitive, told_by: None, gas, amount: total.amount, emissions_kg, factors }
    }

    /// Electricity twice: by the grid, and by what contracts and certificates say of it. The one never stands in for the
    /// other.
    fn electricity(&self, total: &Total, site: &SiteBalance) -> Vec<Draft<'a>> {
        let factor = self.grid.and_then(|edition| Some((self.catalogue.factors.get(&edition.factors)?, edition)));
        let by_grid = factor.map(|(factor, _)| {
            let intensity = EmissionIntensity::from_t_per_mwh(factor.value);
            (Energy::from_kwh(total.amount) * intensity).kg()
        });
        let mut drafts = vec![Draft {
            part: Part::Location,
            told_by: None,
            gas: Gas::Co2,
            amount: total.amount,
            emissions_kg: by_grid.ok_or(Unknown::NoGrid),
            factors: factor.into_iter().collect(),
        }];
        let of = |id: &str| site.get(&ResourceId::new(id)).map(|total| total.amount);
        let contracted = of("contract-electricity").unwrap_or(0.0);
        let covered = contracted.min(total.amount);
        if covered > 0.0 {
            // What was contracted beyond the use belongs to nobody's account.
            let stated = of("contract-emissions").map(|emissions| emissions * covered / contracted);
            let by_contract = recorded(Part::Market, covered, stated.ok_or(Unknown::ContractSilent));
            drafts.push(Draft { told_by: Some("contract-electricity"), ..by_contract });
        }
        if covered < total.amount {
            drafts.push(recorded(Part::Market, total.amount - covered, Err(Unknown::NoResidualMix)));
        }
        drafts
    }

    /// Purchased steam: as its seller states, by either basis.
    fn steam(&self, total: &Total, site: &SiteBalance) -> Vec<Draft<'a>> {
        let stated = site.get(&ResourceId::new("steam-emissions")).map(|stated| stated.amount);
        let of = |part| recorded(part, total.amount, stated.ok_or(Unknown::SellerSilent));
        vec![of(Part::Location), of(Part::Market)]
    }

    fn line(&self, enterprise: &EnterpriseId, id: &ResourceId, total: &Total, draft: Draft<'a>) -> Line {
        let year = self.period.start().year();
        let factors: Vec<FactorUse> = draft
            .factors
            .iter()
            .map(|(factor, edition)| FactorUse {
                id: factor.id.clone(),
                value: factor.value,
                unit: factor.unit.clone(),
                edition: edition.id.clone(),
                source: factor.source.clone(),
                unconfirmed: factor.unconfirmed || edition.unconfirmed,
                stands_in: edition.kind == EditionKind::Grid && edition.year != year,
            })
            .collect();
        let of_factors = match factors.iter().any(|factor| factor.stands_in) {
            true => Basis::Estimated,
            false => Basis::Calculated,
        };
        let basis = if factors.is_empty() { total.basis() } else { total.basis().max(of_factors) };
        let activity = self.activity(enterprise, id, total, draft.amount);
        let emissions_kg = draft.emissions_kg.ok();
        Line {
            part: draft.part,
            gas: draft.gas,
            unknown: draft.emissions_kg.err(),
            range: emissions_kg.and_then(|value| range(value, &draft.factors)),
            unconfirmed: factors.iter().any(|factor| factor.unconfirmed),
            digest: digest(&(draft.part, enterprise, id, draft.gas), (&activity, total), (emissions_kg, &factors)),
            enterprise: enterprise.clone(),
            resource: id.clone(),
            emissions_kg,
            activity,
            factors,
            basis,
        }
    }

    fn activity(&self, enterprise: &EnterpriseId, id: &ResourceId, total: &Total, amount: f64) -> Activity {
        let own = self.park.records.iter().filter(|record| record.enterprise == *enterprise && record.resource == *id);
        let bills = own.filter(|record| record.period.overlaps(&self.period)).map(|record| record.source.clone());
        let meters = total.metered.iter().map(|month| month.meter.to_string());
        let sources: BTreeSet<String> = bills.chain(meters).collect();
        Activity {
            amount,
            dimension: total.dimension,
            basis: total.basis(),
            sources: sources.into_iter().collect(),
            records: total.records.clone(),
            months_covered: total.months_covered,
            months_expected: total.months_expected,
        }
    }
}

/// Emissions that were recorded themselves, or are not known.
fn recorded<'a>(part: Part, amount: f64, emissions_kg: Result<f64, Unknown>) -> Draft<'a> {
    Draft { part, told_by: None, gas: Gas::Co2e, amount, emissions_kg, factors: Vec::new() }
}

/// Factors of a product stray independently: the squares of their shares add up. Warming potentials are conventions and
/// do not stray; where any other factor does not tell how far it does, nothing is told.
fn range(value: f64, factors: &[(&Factor, &FactorEdition)]) -> Option<Range> {
    let mut squares = (0.0, 0.0);
    let straying: Vec<_> = factors.iter().filter(|(_, edition)| edition.kind != EditionKind::Warming).collect();
    if straying.is_empty() {
        return None;
    }
    for (factor, _) in straying {
        let (below, above) = factor.spread()?;
        squares.0 += below * below;
        squares.1 += above * above;
    }
    let low = (value * (1.0 - squares.0.sqrt())).max(0.0);
    Some(Range { low, high: value * (1.0 + squares.1.sqrt()) })
}

fn digest(
    about: &impl Serialize,
    (activity, total): (&Activity, &Total),
    (emissions_kg, factors): (Option<f64>, &[FactorUse]),
) -> Digest {
    Digest::of_value(&(about, activity.amount, &activity.sources, &total.by_basis, emissions_kg, factors))
}
