//! Claims added up by status in the five quantities, of a park and of the nation, decided together.

use std::collections::BTreeSet;

use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::park::Status;
use engine::report::ParkReport;

use super::disclosure::{Parts, Total, told};

/// The five quantities: MWh, m³, TJ, t, t CO₂e.
pub const QUANTITIES: usize = 5;
/// In order of importance: emissions last, for they follow from the others.
const ORDER: [usize; QUANTITIES] = [0, 1, 2, 3, 4];

type Contributor = (ParkId, EnterpriseId);
type Claimed = Parts<Contributor, MeasureId>;

/// One quantity of the claims of one status; with no claim it has no part.
fn claimed(report: &ParkReport, status: Status, quantity: usize) -> Claimed {
    let claims = report.verifications.iter().filter(|verification| verification.claim.status == status);
    claims
        .map(|verification| {
            let contributor = (report.park.clone(), verification.claim.enterprise.clone());
            ((contributor, verification.measure.clone()), verification.claim.impact.values()[quantity])
        })
        .collect()
}

/// Quantities of a park's claims of one status that may be told. A measure saves one resource, and its emissions are
/// that amount times a known factor: sums of energy and of emissions are decided as sums of the same parts.
pub fn park_quantities(report: &ParkReport, status: Status) -> BTreeSet<usize> {
    let totals: Vec<_> = ORDER.iter().map(|quantity| Total::whole(claimed(report, status, *quantity))).collect();
    ORDER.into_iter().zip(told(&totals)).filter(|(_, told)| *told).map(|(quantity, _)| quantity).collect()
}

/// Quantities of several parks' claims of one status that may be told beside what is told of each of them, and of the
/// two sums of real and of sample parks.
pub fn nation_quantities(reports: &[&ParkReport], status: Status) -> BTreeSet<usize> {
    let mut totals: Vec<Total<Contributor, MeasureId>> = Vec::new();
    for report in reports {
        let of_park = park_quantities(report, status);
        totals.extend(of_park.into_iter().map(|quantity| Total::one_of("park", claimed(report, status, quantity))));
    }
    let first = totals.len();
    let of_all = |quantity: &usize| {
        let parts = reports.iter().flat_map(|report| claimed(report, status, *quantity));
        Total::whole(parts.collect())
    };
    totals.extend(ORDER.iter().map(of_all));
    let answer = told(&totals);
    ORDER.into_iter().zip(&answer[first..]).filter(|(_, told)| **told).map(|(quantity, _)| quantity).collect()
}
