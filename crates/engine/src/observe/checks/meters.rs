//! Meters against each other and against the bills of the same months.

use std::collections::BTreeMap;

use super::super::readings::by_month;
use super::{Finding, Reason, Spot};
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, ResourceId};
use crate::park::{Meter, Park};
use crate::period::Period;

/// What two meters of one accuracy class may differ by before the sum of the parts is too much.
const SUBMETER_MARGIN: f64 = 1.02;
/// How far a bill may lie from the main meter of the same month.
const BILL_MARGIN: f64 = 0.1;

pub(super) fn findings(park: &Park, catalogue: &Catalogue, period: Period) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((enterprise, resource), meters) in by_resource(park, catalogue) {
        let mains: Vec<&&Meter> = meters.iter().filter(|meter| meter.is_main).collect();
        // Two main meters each count a part of the site; which bill or submeter belongs to which is not known.
        let [main] = mains[..] else { continue };
        let whole = months(park, catalogue, main, period);
        let submeters: Vec<BTreeMap<Period, f64>> = meters
            .iter()
            .filter(|meter| !meter.is_main)
            .map(|submeter| months(park, catalogue, submeter, period))
            .collect();
        for (month, main_amount) in &whole {
            // A submeter without this month only makes the sum smaller, so what is too much stays too much.
            let parts: f64 = submeters.iter().filter_map(|months| months.get(month)).sum();
            if parts > main_amount * SUBMETER_MARGIN {
                let spot = Spot::Meter { meter: main.id.clone(), resource: resource.clone() };
                let reason = Reason::SubmetersAboveMain { submeters: parts, main: *main_amount };
                found.push(Finding::new(enterprise, spot, *month, reason));
            }
        }
        found.extend(bills_against_meter(park, catalogue, enterprise, resource, &whole));
    }
    found
}

/// Meters of what a site uses; a thermometer counts nothing.
fn by_resource<'a>(
    park: &'a Park,
    catalogue: &Catalogue,
) -> BTreeMap<(&'a EnterpriseId, &'a ResourceId), Vec<&'a Meter>> {
    let mut meters: BTreeMap<_, Vec<&Meter>> = BTreeMap::new();
    for meter in &park.meters {
        if catalogue.resource(&meter.resource).is_some_and(|resource| resource.flow != Flow::Condition) {
            meters.entry((&meter.enterprise, &meter.resource)).or_default().push(meter);
        }
    }
    meters
}

/// What a meter read by month, in the canonical unit; months with too few readings are left out.
fn months(park: &Park, catalogue: &Catalogue, meter: &Meter, period: Period) -> BTreeMap<Period, f64> {
    let Some(unit) = catalogue.units.get(&meter.unit) else { return BTreeMap::new() };
    by_month(park, &meter.id)
        .into_iter()
        .filter(|month| month.month.overlaps(&period))
        .filter_map(|month| Some((month.month, month.amount? * unit.factor)))
        .collect()
}

fn bills_against_meter(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: &EnterpriseId,
    resource: &ResourceId,
    metered: &BTreeMap<Period, f64>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for record in park.records.iter().filter(|record| record.enterprise == *enterprise && record.resource == *resource)
    {
        let (Some(metered), Some(billed)) = (metered.get(&record.period), catalogue.canonical(&record.amount)) else {
            continue;
        };
        if (billed - metered).abs() > BILL_MARGIN * metered.max(billed) {
            found.push(Finding::of_record(record, Reason::BasesDisagree { billed, metered: *metered }));
        }
    }
    found
}
