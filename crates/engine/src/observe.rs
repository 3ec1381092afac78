//! Observe: what goes into and out of each site and the park, and how sure we are.

pub mod checks;
mod metered;
pub mod profiles;
pub mod readings;
pub mod weather;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Flow, Pilot, Resource};
use crate::claim::Impact;
use crate::ids::{EnterpriseId, ResourceId};
use crate::park::{EnterpriseRole, Park, Record};
use crate::period::Period;
use crate::quantity::{Dimension, EmissionIntensity, Emissions, Energy, Mass, Volume};
use crate::source::{Basis, Figure};

pub use checks::{Finding, Reason, Severity, Spot};
pub use metered::MeteredMonth;

use metered::Metered;

/// Streams in and out of the sites and of the park over a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    pub period: Period,
    pub sites: BTreeMap<EnterpriseId, SiteBalance>,
    /// Sums over the sites.
    pub park: BTreeMap<ResourceId, Total>,
    pub gaps: Vec<Gap>,
    /// What looks wrong, the gravest first.
    pub findings: Vec<Finding>,
    /// Enterprise-months of electricity and water that are there, of those expected.
    pub months_covered: usize,
    pub months_expected: usize,
}

pub type SiteBalance = BTreeMap<ResourceId, Total>;

/// The sum of one resource over the period, with how it was obtained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    pub dimension: Dimension,
    pub flow: Flow,
    /// In the canonical unit of the dimension.
    pub amount: f64,
    pub by_basis: BTreeMap<Basis, f64>,
    pub months_covered: usize,
    pub months_expected: usize,
    /// Lines of the sheet `records` that were summed.
    pub records: Vec<usize>,
    /// Months that no record speaks of and the site's main meters read. Empty in sums over sites: meters are their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metered: Vec<MeteredMonth>,
    /// What was paid; `None` when any bill does not say.
    pub cost_vnd: Option<f64>,
    /// Heat content of fuels and electricity.
    pub energy: Option<Energy>,
    /// Emissions of using it, with the factors that gave them. `None`: nothing is emitted or no factor is known.
    pub emissions: Option<Figure<Emissions>>,
}

impl Total {
    /// The weakest basis among the summed records: a chain is as strong as its weakest link.
    pub fn basis(&self) -> Basis {
        self.by_basis.keys().max().copied().unwrap_or(Basis::Estimated)
    }

    pub fn is_complete(&self) -> bool {
        self.months_covered >= self.months_expected
    }
}

/// Something that is not known and would be needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Gap {
    /// A resource that is reported, but not for these months.
    MissingMonths { enterprise: EnterpriseId, resource: ResourceId, months: Vec<Period> },
    /// A site that never reported what every site uses.
    NeverReported { enterprise: EnterpriseId, group: String },
    /// A question of the survey without a usable answer.
    Unanswered { question: String, enterprises: Vec<EnterpriseId> },
    /// Answers that are older than the framework accepts.
    TooOld { what: String },
    /// A fact that the park has not stated.
    NotStated { fact: String },
    /// A fact that the park has stated without the evidence that is asked for.
    NotProven { fact: String },
    /// Nothing was recorded that the share could be taken of.
    NothingRecorded { group: String },
    /// The criterion itself could not be confirmed.
    NoRule { criterion: String },
}

/// Groups of resources that every site uses; a site without them has a gap, not a zero.
const USED_EVERYWHERE: [&str; 2] = ["electricity", "supply-water"];

/// The balance of a park over a period.
///
/// A record that reaches beyond the period counts by the share of its days that lie inside. Months that no record
/// touches are taken from the site's main meters, as far as readings came in batches. Totals keep the basis of every
/// part. See `docs/methods/observe.md`.
pub fn observe(park: &Park, catalogue: &Catalogue, period: Period) -> Balance {
    let grid = grid(park, catalogue, period);
    let metered = metered::months(park, catalogue);
    let mut sites: BTreeMap<EnterpriseId, SiteBalance> = BTreeMap::new();
    for enterprise in &park.enterprises {
        let mut by_resource: BTreeMap<&ResourceId, Vec<&Record>> = BTreeMap::new();
        for record in park.records.iter().filter(|record| record.enterprise == enterprise.id) {
            by_resource.entry(&record.resource).or_default().push(record);
        }
        for (_, resource) in metered.keys().filter(|(id, _)| **id == enterprise.id) {
            by_resource.entry(resource).or_default();
        }
        let totals = by_resource
            .into_iter()
            .filter_map(|(id, records)| {
                let resource = catalogue.resource(id)?;
                let metered = metered.get(&(&enterprise.id, id)).map_or(&[][..], Vec::as_slice);
                Some((id.clone(), total(resource, (&records, metered), catalogue, period, grid.as_ref())?))
            })
            .collect();
        sites.insert(enterprise.id.clone(), totals);
    }
    let gaps = gaps(park, catalogue, (&sites, &metered), period);
    let (months_covered, months_expected) = coverage(park, catalogue, &sites, period);
    Balance {
        period,
        park: add_sites(&sites),
        findings: checks::findings(park, catalogue, &sites, &gaps, period),
        sites,
        gaps,
        months_covered,
        months_expected,
    }
}

/// The total of one resource at one site; `None` when nothing was recorded in the period.
fn total(
    resource: &Resource,
    (records, metered): (&[&Record], &[MeteredMonth]),
    catalogue: &Catalogue,
    period: Period,
    grid: Option<&Grid>,
) -> Option<Total> {
    let mut total = Total {
        dimension: resource.dimension,
        flow: resource.flow,
        amount: 0.0,
        by_basis: BTreeMap::new(),
        months_covered: 0,
        months_expected: period.months().len(),
        records: Vec::new(),
        metered: Vec::new(),
        cost_vnd: Some(0.0),
        energy: None,
        emissions: None,
    };
    let mut covered = BTreeSet::new();
    for record in records {
        let Some(inside) = record.period.intersection(&period) else { continue };
        let share = inside.days() as f64 / record.period.days() as f64;
        let amount = catalogue.canonical(&record.amount)? * share;
        total.amount += amount;
        *total.by_basis.entry(record.basis).or_default() += amount;
        total.records.push(record.line);
        total.cost_vnd = total.cost_vnd.zip(record.cost_vnd).map(|(sum, cost)| sum + cost * share);
        covered.extend(covered_months(&inside));
    }
    for month in metered {
        let Some(inside) = month.month.intersection(&period) else { continue };
        let amount = month.amount * inside.days() as f64 / month.month.days() as f64;
        total.amount += amount;
        *total.by_basis.entry(Basis::Metered).or_default() += amount;
        total.metered.push(month.clone());
        // A meter does not say what was paid.
        total.cost_vnd = None;
        covered.extend(covered_months(&inside));
    }
    if total.records.is_empty() && total.metered.is_empty() {
        return None;
    }
    total.months_covered = covered.len();
    total.energy = energy(resource, total.amount, catalogue);
    total.emissions = emissions(resource, total.amount, catalogue, grid);
    Some(total)
}

/// Months of which a span covers more than half.
fn covered_months(span: &Period) -> Vec<Period> {
    span.months()
        .into_iter()
        .filter(|month| month.intersection(span).is_some_and(|part| 2 * part.days() > month.days()))
        .collect()
}

/// Heat content: electricity and steam as they are, fuels by their net calorific value.
pub fn energy(resource: &Resource, amount: f64, catalogue: &Catalogue) -> Option<Energy> {
    match (&resource.fuel, resource.dimension) {
        (Some(fuel), Dimension::Mass) => Some(Mass::from_kg(amount) * catalogue.calorific_value(fuel)?.value),
        (None, Dimension::Energy) => Some(Energy::from_kwh(amount)),
        _ => None,
    }
}

/// The intensity of the grid that a park draws from, in the year of a period. The catalogue knows the Vietnamese grid
/// only, so a park without a Vietnamese province has none.
pub fn grid(park: &Park, catalogue: &Catalogue, period: Period) -> Option<Grid> {
    if park.province.is_empty() { None } else { catalogue.grid_intensity(period.start().year()) }
}

pub type Grid = Figure<EmissionIntensity>;

/// Emissions of using an amount: electricity by the grid's intensity of the year, fuels by burning them.
/// `None` where no factor fits.
pub fn emissions(
    resource: &Resource,
    amount: f64,
    catalogue: &Catalogue,
    grid: Option<&Grid>,
) -> Option<Figure<Emissions>> {
    if resource.pilot == Some(Pilot::Electricity) {
        let grid = grid?;
        return Some(Figure {
            value: Energy::from_kwh(amount) * grid.value,
            basis: grid.basis,
            source: grid.source.clone(),
            unconfirmed: grid.unconfirmed,
        });
    }
    let fuel = resource.fuel.as_ref()?;
    let intensity = catalogue.combustion_intensity(fuel, resource.group == "biomass")?;
    let heat = catalogue.calorific_value(fuel)?;
    Some(Figure {
        value: Mass::from_kg(amount) * heat.value * intensity.value,
        basis: Basis::Calculated,
        source: format!("{}; {}", heat.source, intensity.source),
        unconfirmed: heat.unconfirmed || intensity.unconfirmed,
    })
}

fn add_sites(sites: &BTreeMap<EnterpriseId, SiteBalance>) -> BTreeMap<ResourceId, Total> {
    let mut park: BTreeMap<ResourceId, Total> = BTreeMap::new();
    for (id, part) in sites.values().flatten() {
        match park.get_mut(id) {
            None => {
                park.insert(id.clone(), Total { metered: Vec::new(), ..part.clone() });
            }
            Some(sum) => {
                sum.amount += part.amount;
                for (basis, amount) in &part.by_basis {
                    *sum.by_basis.entry(*basis).or_default() += amount;
                }
                sum.months_covered += part.months_covered;
                sum.months_expected += part.months_expected;
                sum.records.extend(&part.records);
                sum.cost_vnd = sum.cost_vnd.zip(part.cost_vnd).map(|(a, b)| a + b);
                sum.energy = sum.energy.zip(part.energy).map(|(a, b)| a + b);
                sum.emissions = match (sum.emissions.take(), &part.emissions) {
                    (Some(mut figure), Some(other)) => {
                        figure.value = figure.value + other.value;
                        Some(figure)
                    }
                    _ => None,
                };
            }
        }
    }
    park
}

fn gaps(
    park: &Park,
    catalogue: &Catalogue,
    (sites, metered): (&BTreeMap<EnterpriseId, SiteBalance>, &Metered<'_>),
    period: Period,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for enterprise in &park.enterprises {
        let recorded =
            park.records.iter().filter(|record| record.enterprise == enterprise.id).map(|record| &record.resource);
        let of_meters = metered.keys().filter(|(id, _)| **id == enterprise.id).map(|(_, resource)| *resource);
        let reported: BTreeSet<&ResourceId> = recorded.chain(of_meters).collect();
        for resource in &reported {
            let months = missing_months(park, metered, (&enterprise.id, resource), period);
            if !months.is_empty() {
                let (enterprise, resource) = (enterprise.id.clone(), (*resource).clone());
                gaps.push(Gap::MissingMonths { enterprise, resource, months });
            }
        }
        let has = |group: &str| {
            reported.iter().any(|id| catalogue.resource(id).is_some_and(|resource| resource.group == group))
        };
        for group in USED_EVERYWHERE {
            if enterprise.role == EnterpriseRole::Tenant && !has(group) {
                gaps.push(Gap::NeverReported { enterprise: enterprise.id.clone(), group: group.to_string() });
            }
        }
    }
    debug_assert!(sites.len() == park.enterprises.len());
    gaps.sort();
    gaps
}

/// Months of the period without a record or a metered month of a resource that the site does report.
fn missing_months(
    park: &Park,
    metered: &Metered<'_>,
    (enterprise, resource): (&EnterpriseId, &ResourceId),
    period: Period,
) -> Vec<Period> {
    let recorded = park
        .records
        .iter()
        .filter(|record| record.enterprise == *enterprise && record.resource == *resource)
        .map(|record| record.period);
    let of_meters = metered.get(&(enterprise, resource)).into_iter().flatten().map(|month| month.month);
    let covered: BTreeSet<Period> = recorded
        .chain(of_meters)
        .filter_map(|span| span.intersection(&period))
        .flat_map(|inside| covered_months(&inside))
        .collect();
    period.months().into_iter().filter(|month| !covered.contains(month)).collect()
}

fn coverage(
    park: &Park,
    catalogue: &Catalogue,
    sites: &BTreeMap<EnterpriseId, SiteBalance>,
    period: Period,
) -> (usize, usize) {
    let months = period.months().len();
    let (mut covered, mut expected) = (0, 0);
    for tenant in park.tenants() {
        for group in USED_EVERYWHERE {
            expected += months;
            covered += sites
                .get(&tenant.id)
                .into_iter()
                .flatten()
                .filter(|(id, _)| catalogue.resource(id).is_some_and(|resource| resource.group == group))
                .map(|(_, total)| total.months_covered)
                .max()
                .unwrap_or(0);
        }
    }
    (covered, expected)
}

impl Balance {
    /// How many points look wrong; notices only ask for a word.
    pub fn suspicious(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity < Severity::Notice).count()
    }

    /// Sum over the park of all resources of a group, in the canonical unit. `None` when nothing is recorded.
    pub fn park_group(&self, catalogue: &Catalogue, group: &str) -> Option<f64> {
        let mut parts = self
            .park
            .iter()
            .filter(|(id, _)| catalogue.resource(id).is_some_and(|resource| resource.group == group))
            .map(|(_, total)| total.amount)
            .peekable();
        parts.peek()?;
        Some(parts.sum())
    }
}

/// What saving an amount of a resource (canonical unit) means in the five quantities, and the factors used.
pub fn impact(
    resource: &Resource,
    amount: f64,
    catalogue: &Catalogue,
    grid: Option<&Grid>,
) -> (Impact, Option<Figure<Emissions>>) {
    let emissions = emissions(resource, amount, catalogue, grid);
    let mut impact =
        Impact { emissions: emissions.as_ref().map_or(Emissions::ZERO, |figure| figure.value), ..Impact::default() };
    match resource.pilot {
        Some(Pilot::Electricity) => impact.electricity = Energy::from_kwh(amount),
        Some(Pilot::Water) => impact.water = Volume::from_m3(amount),
        Some(Pilot::Fuel) => impact.fuel = energy(resource, amount, catalogue).unwrap_or(Energy::ZERO),
        Some(Pilot::Materials) => impact.materials = Mass::from_kg(amount),
        None => {}
    }
    (impact, emissions)
}
