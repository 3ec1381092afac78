//! Claims added up by status in the five quantities, of a park and of the nation, decided together.

use std::collections::BTreeSet;

use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::park::Status;
use engine::report::ParkReport;
use engine::verify::measures::MeasureVerification;

use super::disclosure::{Parts, Total, told};
use super::told::is_of_a_year;

/// The five quantities: MWh, m³, TJ, t, t CO₂e.
pub const QUANTITIES: usize = 5;
/// In order of importance: emissions last, for they follow from the others.
const ORDER: [usize; QUANTITIES] = [0, 1, 2, 3, 4];

type Contributor = (ParkId, EnterpriseId);
type Claimed = Parts<Contributor, MeasureId>;

/// The claims of a park as far as sums need them: small enough to be kept for every park of a nation.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkClaims {
    pub park: ParkId,
    pub is_of_a_year: bool,
    pub claims: Vec<ClaimPart>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClaimPart {
    pub measure: MeasureId,
    pub enterprise: EnterpriseId,
    pub status: Status,
    pub values: [f64; QUANTITIES],
}

impl ParkClaims {
    pub fn of(report: &ParkReport) -> ParkClaims {
        let part = |verification: &MeasureVerification| ClaimPart {
            measure: verification.measure.clone(),
            enterprise: verification.claim.enterprise.clone(),
            status: verification.claim.status,
            values: verification.claim.impact.values(),
        };
        ParkClaims {
            park: report.park.clone(),
            is_of_a_year: is_of_a_year(report),
            claims: report.verifications.iter().map(part).collect(),
        }
    }

    pub fn of_status(&self, status: Status) -> impl Iterator<Item = &ClaimPart> {
        self.claims.iter().filter(move |claim| claim.status == status)
    }
}

/// One quantity of the claims of one status; with no claim it has no part.
fn claimed(park: &ParkClaims, status: Status, quantity: usize) -> Claimed {
    park.of_status(status)
        .map(|claim| {
            let contributor = (park.park.clone(), claim.enterprise.clone());
            ((contributor, claim.measure.clone()), claim.values[quantity])
        })
        .collect()
}

/// Quantities of a park's claims of one status that may be told. A measure saves one resource, and its emissions are
/// that amount times a known factor: sums of energy and of emissions are decided as sums of the same parts.
pub fn park_quantities(park: &ParkClaims, status: Status) -> BTreeSet<usize> {
    let totals: Vec<_> = ORDER.iter().map(|quantity| Total::whole(claimed(park, status, *quantity))).collect();
    ORDER.into_iter().zip(told(&totals)).filter(|(_, told)| *told).map(|(quantity, _)| quantity).collect()
}

/// Quantities of several parks' claims of one status that may be told beside what is told of each of them.
pub fn nation_quantities(parks: &[&ParkClaims], status: Status) -> BTreeSet<usize> {
    if !parks.iter().all(|park| park.is_of_a_year) {
        return BTreeSet::new();
    }
    let mut totals: Vec<Total<Contributor, MeasureId>> = Vec::new();
    for park in parks {
        let of_park = park_quantities(park, status);
        totals.extend(of_park.into_iter().map(|quantity| Total::one_of("park", claimed(park, status, quantity))));
    }
    let first = totals.len();
    let of_all = |quantity: &usize| {
        let parts = parks.iter().flat_map(|park| claimed(park, status, *quantity));
        Total::whole(parts.collect())
    };
    totals.extend(ORDER.iter().map(of_all));
    let answer = told(&totals);
    ORDER.into_iter().zip(&answer[first..]).filter(|(_, told)| **told).map(|(quantity, _)| quantity).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::report::{Order, report};

    use super::*;
    use crate::{auth, catalogue, demo};

    fn sample() -> ParkClaims {
        let catalogue = catalogue::catalogue().unwrap();
        let park = demo::example("khu-mau", catalogue).unwrap();
        let framework = catalogue.frameworks.values().next().unwrap();
        let period = engine::period::Period::year(2024).unwrap();
        ParkClaims::of(&report(&park, catalogue, &Order { period, as_of: jiff::civil::date(2025, 1, 31), framework }))
    }

    /// Whether somebody who looks at the nation's sum alone would tell it.
    fn naive(parks: &[&ParkClaims], status: Status, quantity: usize) -> bool {
        let mut sizes: BTreeMap<Contributor, f64> = BTreeMap::new();
        for ((contributor, _), amount) in parks.iter().flat_map(|park| claimed(park, status, quantity)) {
            *sizes.entry(contributor).or_default() += amount.abs();
        }
        auth::may_publish(&sizes.into_values().collect::<Vec<f64>>())
    }

    #[test]
    fn a_small_park_is_not_the_nation_less_the_others() {
        let mut large = sample();
        // Every claim counts alike, so that only who is in the sum decides.
        for claim in &mut large.claims {
            claim.status = Status::Verified;
            claim.values = [1.0, 0.0, 0.0, 0.0, 0.0];
        }
        let mut small = large.clone();
        small.park = ParkId::new("small");
        small.claims.truncate(1);
        let (status, quantity) = (Status::Verified, 0);
        assert!(park_quantities(&large, status).contains(&quantity));
        assert!(!park_quantities(&small, status).contains(&quantity));
        assert!(naive(&[&large, &small], status, quantity), "alone, the nation's sum looks safe");
        assert!(!nation_quantities(&[&large, &small], status).contains(&quantity));
        // Of one park alone the nation's sum is the park's own.
        assert!(nation_quantities(&[&large], status).contains(&quantity));
    }
}
