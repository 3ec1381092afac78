//! A site against the other sites of its industry.

use std::collections::BTreeMap;

use super::super::SiteBalance;
use super::{Finding, Per, Reason, Spot, median};
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, ResourceId};
use crate::park::{Direction, Enterprise, Park};
use crate::period::Period;
use crate::quantity::Dimension;

/// Resources that every site of an industry uses in like measure.
const COMPARED: [&str; 2] = ["electricity", "supply-water"];
/// Fewer others than this are no sector.
const ENOUGH_PEERS: usize = 5;
/// How far from the median of the others an intensity must lie …
const FAR_FROM_MEDIAN: f64 = 8.0;
/// … and how far beyond the nearest of the others: a site that has one like it is no outlier.
const FAR_FROM_NEAREST: f64 = 3.0;

/// Sites whose use for each tonne of product lies far outside that of their division. Where too few of them say what
/// they make, employees take the place of the product.
pub(super) fn outliers(
    park: &Park,
    catalogue: &Catalogue,
    sites: &BTreeMap<EnterpriseId, SiteBalance>,
    period: Period,
) -> Vec<Finding> {
    let mut divisions: BTreeMap<&str, Vec<&Enterprise>> = BTreeMap::new();
    for tenant in park.tenants() {
        divisions.entry(tenant.isic4.get(..2).unwrap_or(&tenant.isic4)).or_default().push(tenant);
    }
    let mut found = Vec::new();
    for (division, enterprises) in divisions {
        for resource in COMPARED.map(ResourceId::new) {
            for per in [Per::Product, Per::Employee] {
                let intensities: Vec<(&EnterpriseId, f64)> = enterprises
                    .iter()
                    .filter_map(|one| Some((&one.id, intensity(one, sites.get(&one.id)?, catalogue, &resource, per)?)))
                    .collect();
                if intensities.len() <= ENOUGH_PEERS {
                    continue;
                }
                found.extend(far_from_others(&intensities, division, &resource, per, period));
                break;
            }
        }
    }
    found
}

fn far_from_others(
    intensities: &[(&EnterpriseId, f64)],
    division: &str,
    resource: &ResourceId,
    per: Per,
    period: Period,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (enterprise, own) in intensities {
        let others: Vec<f64> =
            intensities.iter().filter(|(other, _)| other != enterprise).map(|(_, value)| *value).collect();
        let peers = others.len();
        let is_alone = others.iter().all(|other| apart(*own, *other) > FAR_FROM_NEAREST);
        let Some(median) = median(others).filter(|median| is_alone && apart(*own, *median) > FAR_FROM_MEDIAN) else {
            continue;
        };
        let reason = Reason::SectorOutlier { per, found: *own, median, peers, division: division.to_string() };
        found.push(Finding::new(enterprise, Spot::Resource { resource: resource.clone() }, period, reason));
    }
    found
}

/// How many times one is the other, whichever is larger.
fn apart(one: f64, other: f64) -> f64 {
    (one / other).max(other / one)
}

/// Use of a month, in the canonical unit, for each tonne made in it or for each employee; months without a record
/// count neither above nor below the line.
fn intensity(
    enterprise: &Enterprise,
    site: &SiteBalance,
    catalogue: &Catalogue,
    resource: &ResourceId,
    per: Per,
) -> Option<f64> {
    let used = site.get(resource).filter(|total| total.months_covered > 0)?;
    let by_month = used.amount / used.months_covered as f64;
    let of = match per {
        Per::Employee => f64::from(enterprise.employees?),
        Per::Product => {
            let made = site.iter().filter(|(id, total)| {
                let is_product = catalogue.resource(id).is_some_and(|resource| resource.flow == Flow::Product);
                is_product && total.dimension == Dimension::Mass && total.months_covered > 0
            });
            const KG_PER_T: f64 = 1_000.0;
            made.map(|(_, total)| total.amount / total.months_covered as f64).sum::<f64>() / KG_PER_T
        }
    };
    (of > 0.0 && by_month > 0.0).then(|| by_month / of)
}

/// Wastes given off under a code of another industry. Chapters of the list that belong to no industry fit everywhere.
pub(super) fn waste_codes(park: &Park, catalogue: &Catalogue, period: Period) -> Vec<Finding> {
    let mut found = Vec::new();
    for stream in park.streams.iter().filter(|stream| stream.direction == Direction::Give) {
        let (Some(ewc), Some(enterprise)) = (&stream.ewc, park.enterprise(&stream.enterprise)) else { continue };
        if !catalogue.waste_fits_sector(ewc, &enterprise.isic4) {
            let reason = Reason::WasteCodeOutsideSector { ewc: ewc.clone(), isic4: enterprise.isic4.clone() };
            let spot = Spot::Stream { stream: stream.id.clone() };
            found.push(Finding::new(&stream.enterprise, spot, period, reason));
        }
    }
    found
}
