//! The same use billed twice. The import and the form refuse two records of one resource that overlap; a bill that was
//! entered under two resources of one group passes both.

use super::{Finding, Reason, Series};
use crate::catalogue::Catalogue;
use crate::ids::EnterpriseId;
use crate::park::{Park, Record};
use crate::period::Period;

pub(super) fn findings(park: &Park, catalogue: &Catalogue, series: &Series, period: Period) -> Vec<Finding> {
    let mut found = Vec::new();
    for enterprise in &park.enterprises {
        let own: Vec<&Vec<&Record>> = of_enterprise(series, &enterprise.id).collect();
        for (index, one) in own.iter().enumerate() {
            found.extend(
                one.windows(2)
                    .filter(|pair| pair[0].period.overlaps(&pair[1].period))
                    .map(|pair| double(catalogue, pair[1], pair[0])),
            );
            for other in own.iter().skip(index + 1).filter(|other| is_one_group(catalogue, one[0], other[0])) {
                found.extend(billed_twice(catalogue, one, other));
            }
        }
    }
    found.retain(|finding| finding.period.overlaps(&period));
    found
}

fn of_enterprise<'a>(series: &'a Series, id: &EnterpriseId) -> impl Iterator<Item = &'a Vec<&'a Record>> {
    series.0.iter().filter(move |((enterprise, _), _)| *enterprise == id).map(|(_, records)| records)
}

fn is_one_group(catalogue: &Catalogue, one: &Record, other: &Record) -> bool {
    let group = |record: &Record| catalogue.resource(&record.resource).map(|resource| resource.group.as_str());
    group(one).is_some() && group(one) == group(other)
}

/// The same amount on the same document for the same time under another resource.
fn billed_twice(catalogue: &Catalogue, one: &[&Record], other: &[&Record]) -> Vec<Finding> {
    let mut found = Vec::new();
    for record in other {
        let twin = one.iter().find(|twin| {
            let is_same_bill = twin.source == record.source && !record.source.trim().is_empty();
            let amounts = (catalogue.canonical(&twin.amount), catalogue.canonical(&record.amount));
            is_same_bill && twin.period.overlaps(&record.period) && amounts.0 == amounts.1 && amounts.0 > Some(0.0)
        });
        found.extend(twin.map(|twin| double(catalogue, record, twin)));
    }
    found
}

fn double(catalogue: &Catalogue, record: &Record, other: &Record) -> Finding {
    Finding::of_record(
        record,
        Reason::OverlappingBills {
            found: catalogue.canonical(&record.amount).unwrap_or_default(),
            other: other.resource.clone(),
            other_period: other.period,
            document: other.source.clone(),
        },
    )
}
