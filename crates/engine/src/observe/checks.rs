//! Points in the records that look wrong: named rules, each finding with its cell and its reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SiteBalance;
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, ResourceId};
use crate::park::{Park, Record};
use crate::period::Period;

/// A record, or two totals, that somebody should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspicion {
    pub kind: SuspicionKind,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    /// Line of the sheet `records`, where one record is meant.
    pub line: Option<usize>,
    pub period: Period,
    /// What was found, and what the rule compares it with, in the canonical unit.
    pub found: f64,
    pub compared_with: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspicionKind {
    /// About 10, 100 or 1,000 times (or a tenth … of) what the site usually uses: a wrong unit or a slipped comma.
    UnitSlip,
    /// Far from the site's own history without production to explain it.
    Jump,
    /// More wastewater than water that came in.
    MoreOutThanIn,
}

/// How far a month may lie from the site's own median before it is a jump.
const JUMP: f64 = 2.5;
/// How near to a power of ten a ratio must be to be called a slipped unit.
const SLIP_TOLERANCE: f64 = 1.6;
/// Fewer records than this have no history to compare with.
const ENOUGH_HISTORY: usize = 6;

pub fn suspicions(
    park: &Park,
    catalogue: &Catalogue,
    sites: &BTreeMap<EnterpriseId, SiteBalance>,
    period: Period,
) -> Vec<Suspicion> {
    let mut series: BTreeMap<(&EnterpriseId, &ResourceId), Vec<&Record>> = BTreeMap::new();
    for record in &park.records {
        series.entry((&record.enterprise, &record.resource)).or_default().push(record);
    }
    let mut found = Vec::new();
    for ((enterprise, resource), records) in &series {
        let product = product_ratio(park, catalogue, enterprise);
        found.extend(odd_records(records, catalogue, period, resource, &product));
    }
    found.extend(sites.iter().filter_map(|(enterprise, site)| more_out_than_in(enterprise, site, catalogue, period)));
    found
}

/// Records of one resource at one site that lie far from the median daily use of all of them.
fn odd_records(
    records: &[&Record],
    catalogue: &Catalogue,
    period: Period,
    resource: &ResourceId,
    product: &BTreeMap<Period, f64>,
) -> Vec<Suspicion> {
    let per_day = |record: &Record| {
        catalogue.canonical(&record.amount).map(|amount| amount / record.period.days() as f64).unwrap_or(0.0)
    };
    let Some(usual) = median(records.iter().map(|record| per_day(record)).collect()) else { return Vec::new() };
    if records.len() < ENOUGH_HISTORY || usual <= 0.0 {
        return Vec::new();
    }
    let is_product = catalogue.resource(resource).is_some_and(|resource| resource.flow == Flow::Product);
    let mut odd = Vec::new();
    for record in records.iter().filter(|record| record.period.overlaps(&period)) {
        let ratio = per_day(record) / usual;
        if ratio <= 0.0 {
            continue;
        }
        let explained = if is_product { 1.0 } else { product.get(&record.period).copied().unwrap_or(1.0).max(0.1) };
        let unexplained = ratio / explained;
        let kind = if is_power_of_ten(ratio) && is_power_of_ten(unexplained) {
            SuspicionKind::UnitSlip
        } else if !is_product && !(1.0 / JUMP..=JUMP).contains(&ratio) && !(1.0 / JUMP..=JUMP).contains(&unexplained) {
            SuspicionKind::Jump
        } else {
            continue;
        };
        odd.push(Suspicion {
            kind,
            enterprise: record.enterprise.clone(),
            resource: resource.clone(),
            line: Some(record.line),
            period: record.period,
            found: per_day(record) * record.period.days() as f64,
            compared_with: usual * record.period.days() as f64,
        });
    }
    odd
}

fn is_power_of_ten(ratio: f64) -> bool {
    [10.0, 100.0, 1_000.0].iter().any(|power| {
        let distance = if ratio > 1.0 { ratio / power } else { 1.0 / (ratio * power) };
        (1.0 / SLIP_TOLERANCE..=SLIP_TOLERANCE).contains(&distance)
    })
}

/// Production of each month against the site's median month.
fn product_ratio(park: &Park, catalogue: &Catalogue, enterprise: &EnterpriseId) -> BTreeMap<Period, f64> {
    let is_product = |id: &ResourceId| catalogue.resource(id).is_some_and(|resource| resource.flow == Flow::Product);
    let mut made: BTreeMap<Period, f64> = BTreeMap::new();
    for record in park.records.iter().filter(|record| record.enterprise == *enterprise && is_product(&record.resource))
    {
        *made.entry(record.period).or_default() += catalogue.canonical(&record.amount).unwrap_or(0.0);
    }
    match median(made.values().copied().collect()) {
        Some(usual) if usual > 0.0 => made.into_iter().map(|(period, amount)| (period, amount / usual)).collect(),
        _ => BTreeMap::new(),
    }
}

fn more_out_than_in(
    enterprise: &EnterpriseId,
    site: &SiteBalance,
    catalogue: &Catalogue,
    period: Period,
) -> Option<Suspicion> {
    let group = |name: &str| -> f64 {
        site.iter()
            .filter(|(id, _)| catalogue.resource(id).is_some_and(|resource| resource.group == name))
            .map(|(_, total)| total.amount)
            .sum()
    };
    let (water, waste) = (group("supply-water") + group("reused-water"), group("wastewater"));
    (water > 0.0 && waste > water).then(|| Suspicion {
        kind: SuspicionKind::MoreOutThanIn,
        enterprise: enterprise.clone(),
        resource: ResourceId::new("wastewater"),
        line: None,
        period,
        found: waste,
        compared_with: water,
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}
