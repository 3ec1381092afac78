//! What a site's main meters add to its balance: months that no record speaks of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::readings::{MeterMonth, Way, by_month};
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeterId, ResourceId};
use crate::park::{Meter, Park};
use crate::period::Period;

/// A month that stands in a balance by its readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeteredMonth {
    pub meter: MeterId,
    pub month: Period,
    /// Of the whole month, in the canonical unit of the resource.
    pub amount: f64,
}

/// Months by enterprise and resource.
pub(super) type Metered<'a> = BTreeMap<(&'a EnterpriseId, &'a ResourceId), Vec<MeteredMonth>>;

/// The months of main meters that readings in batches fill and no record touches.
///
/// A bill or a declaration holds against the meter; `checks` tells where they disagree. Where a site has several main
/// meters each counts a part of it, so that a month counts only when all of them have it. See `docs/methods/observe.md`.
pub(super) fn months<'a>(park: &'a Park, catalogue: &Catalogue) -> Metered<'a> {
    let mut metered = Metered::new();
    if park.metered.is_empty() {
        return metered;
    }
    let mut mains: BTreeMap<(&EnterpriseId, &ResourceId), Vec<&Meter>> = BTreeMap::new();
    for meter in park.meters.iter().filter(|meter| meter.is_main) {
        if catalogue.resource(&meter.resource).is_some_and(|resource| resource.flow != Flow::Condition) {
            mains.entry((&meter.enterprise, &meter.resource)).or_default().push(meter);
        }
    }
    for ((enterprise, resource), meters) in mains {
        let is_recorded = |month: &Period| {
            let mut own = park.records.iter().filter(|one| one.enterprise == *enterprise && one.resource == *resource);
            own.any(|record| record.period.overlaps(month))
        };
        let mut by_month: BTreeMap<Period, Vec<MeteredMonth>> = BTreeMap::new();
        for month in meters.iter().flat_map(|meter| of_meter(park, catalogue, meter)) {
            by_month.entry(month.month).or_default().push(month);
        }
        by_month.retain(|month, of_month| of_month.len() == meters.len() && !is_recorded(month));
        if !by_month.is_empty() {
            metered.insert((enterprise, resource), by_month.into_values().flatten().collect());
        }
    }
    metered
}

fn of_meter(park: &Park, catalogue: &Catalogue, meter: &Meter) -> Vec<MeteredMonth> {
    let Some(unit) = catalogue.units.get(&meter.unit) else { return Vec::new() };
    let whole = |month: MeterMonth| {
        let amount = month.amount.filter(|_| month.way == Way::Batches)? * unit.factor;
        Some(MeteredMonth { meter: meter.id.clone(), month: month.month, amount })
    };
    by_month(park, &meter.id).into_iter().filter_map(whole).collect()
}
