//! A record against the other records of its own site and resource.

use std::collections::BTreeMap;

use super::{Finding, Reason, Series, median};
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, ResourceId};
use crate::park::{Park, Record};
use crate::period::Period;

/// How far a month may lie from the site's own median before it is a jump.
const JUMP: f64 = 2.5;
/// How near to a power of ten a ratio must be to be called a slipped unit.
const SLIP_TOLERANCE: f64 = 1.6;
/// Fewer records than this have no history to compare with.
const ENOUGH_HISTORY: usize = 6;
/// As many equal figures in a row as no bill repeats by chance.
const REPEATED: usize = 3;

pub(super) fn findings(park: &Park, catalogue: &Catalogue, series: &Series, period: Period) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((enterprise, resource), records) in &series.0 {
        found.extend(odd_records(park, catalogue, enterprise, resource, records, period));
        found.extend(repeated(catalogue, records, period));
    }
    found
}

/// Records of one resource at one enterprise that look like a slipped unit. Verification leaves them out.
pub fn slipped_units(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: &EnterpriseId,
    resource: &ResourceId,
    period: Period,
) -> Vec<Period> {
    let is_meant = |record: &&Record| record.enterprise == *enterprise && record.resource == *resource;
    let records: Vec<&Record> = park.records.iter().filter(is_meant).collect();
    odd_records(park, catalogue, enterprise, resource, &records, period)
        .into_iter()
        .filter(|finding| matches!(finding.reason, Reason::UnitSlip { .. }))
        .map(|finding| finding.period)
        .collect()
}

/// Records that lie far from the median daily use of all of them.
fn odd_records(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: &EnterpriseId,
    resource: &ResourceId,
    records: &[&Record],
    period: Period,
) -> Vec<Finding> {
    let per_day = |record: &Record| {
        catalogue.canonical(&record.amount).map(|amount| amount / record.period.days() as f64).unwrap_or(0.0)
    };
    let Some(usual) = median(records.iter().map(|record| per_day(record)).collect()) else { return Vec::new() };
    if records.len() < ENOUGH_HISTORY || usual <= 0.0 {
        return Vec::new();
    }
    let is_product = catalogue.resource(resource).is_some_and(|resource| resource.flow == Flow::Product);
    let product = product_ratio(park, catalogue, enterprise);
    let mut odd = Vec::new();
    for record in records.iter().filter(|record| record.period.overlaps(&period)) {
        let days = record.period.days() as f64;
        let (found, usual) = (per_day(record) * days, usual * days);
        let ratio = found / usual;
        let made = product.get(&record.period).copied();
        // A month without production explains a month without use.
        if ratio <= 0.0 && made != Some(0.0) {
            odd.push(Finding::of_record(record, Reason::Zero { usual }));
        }
        if ratio <= 0.0 {
            continue;
        }
        let explained = if is_product { 1.0 } else { made.unwrap_or(1.0).max(0.1) };
        let unexplained = ratio / explained;
        if is_power_of_ten(ratio) && is_power_of_ten(unexplained) {
            odd.push(Finding::of_record(record, Reason::UnitSlip { found, usual }));
        } else if !is_product && is_far(ratio) && is_far(unexplained) {
            odd.push(Finding::of_record(record, Reason::Jump { found, usual }));
        }
    }
    odd
}

fn is_far(ratio: f64) -> bool {
    !(1.0 / JUMP..=JUMP).contains(&ratio)
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

/// Runs of the same amount, one finding for each run, at its last record.
fn repeated(catalogue: &Catalogue, records: &[&Record], period: Period) -> Vec<Finding> {
    let mut found = Vec::new();
    for run in records.chunk_by(|one, next| one.amount == next.amount && one.period.end() == next.period.start()) {
        let Some(last) = run.last().filter(|last| last.period.overlaps(&period)) else { continue };
        let Some(amount) = catalogue.canonical(&last.amount) else { continue };
        if run.len() >= REPEATED && amount > 0.0 {
            found.push(Finding::of_record(last, Reason::Repeated { found: amount, times: run.len() }));
        }
    }
    found
}
