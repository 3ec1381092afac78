//! Claims added up by status in the five quantities, of a park and of the nation, decided together.

use std::collections::{BTreeMap, BTreeSet};

use engine::claim::Claim;
use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::park::Status;
use engine::report::ParkReport;
use engine::verify::measures::MeasureVerification;

use super::disclosure::{Parts, Total, told};
use super::told::is_of_a_year;
use crate::auth;

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
    /// Half the widths of their 90 % intervals; `None` for what was not measured.
    pub halves: Option<[f64; QUANTITIES]>,
}

impl ParkClaims {
    pub fn of(report: &ParkReport) -> ParkClaims {
        let part = |verification: &MeasureVerification| ClaimPart {
            measure: verification.measure.clone(),
            enterprise: verification.claim.enterprise.clone(),
            status: verification.claim.status,
            values: verification.claim.impact.values(),
            halves: halves(&verification.claim),
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

/// The interval of the amount, in proportion: the five quantities follow from it by factors that are taken as exact.
fn halves(claim: &Claim) -> Option<[f64; QUANTITIES]> {
    let relative = claim.uncertainty_90.filter(|_| claim.amount != 0.0)? / claim.amount.abs();
    Some(claim.impact.values().map(|value| value.abs() * relative))
}

/// The interval of a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalfWidth {
    /// Half the width of the 90 % interval.
    pub value: f64,
    /// Whether it may be told to those who do not see the parts: no single contributor makes up most of it.
    pub may_be_told: bool,
}

/// Root of the sum of squares: errors of different claims are taken as independent. `None` where a part that counts was
/// not measured, or nothing counts.
pub fn half_width<'a>(parts: impl Iterator<Item = (&'a ParkId, &'a ClaimPart)>, quantity: usize) -> Option<HalfWidth> {
    let mut squares: BTreeMap<(&ParkId, &EnterpriseId), f64> = BTreeMap::new();
    for (park, part) in parts.filter(|(_, part)| part.values[quantity] != 0.0) {
        *squares.entry((park, &part.enterprise)).or_default() += part.halves?[quantity].powi(2);
    }
    let parts: Vec<f64> = squares.into_values().collect();
    let value = parts.iter().sum::<f64>().sqrt();
    (!parts.is_empty()).then(|| HalfWidth { value, may_be_told: auth::may_publish(&parts) })
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
    use engine::report::{Order, report};

    use super::*;
    use crate::{catalogue, demo};

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

    #[test]
    fn an_interval_of_a_sum_adds_squares_and_is_told_of_many_only() {
        let part = |enterprise: &str, value: f64, half: Option<f64>| ClaimPart {
            measure: MeasureId::new(enterprise),
            enterprise: EnterpriseId::new(enterprise),
            status: Status::Verified,
            values: [value, 0.0, 0.0, 0.0, 0.0],
            halves: half.map(|half| [half, 0.0, 0.0, 0.0, 0.0]),
        };
        let park = ParkId::new("a");
        let of = |parts: &[ClaimPart]| half_width(parts.iter().map(|part| (&park, part)), 0);
        let three = [part("x", 10.0, Some(3.0)), part("y", 20.0, Some(4.0)), part("z", 5.0, Some(12.0))];
        // 9 + 16 + 144: more than 80 % of the squares come from one.
        assert_eq!(of(&three), Some(HalfWidth { value: 13.0, may_be_told: false }));
        let even = [part("x", 10.0, Some(2.0)), part("y", 20.0, Some(3.0)), part("z", 5.0, Some(6.0))];
        assert_eq!(of(&even), Some(HalfWidth { value: 7.0, may_be_told: true }));
        assert_eq!(of(&even[..2]), Some(HalfWidth { value: 13.0_f64.sqrt(), may_be_told: false }));
        // What was not measured has no interval, and neither has a sum with it.
        assert_eq!(of(&[part("x", 10.0, Some(2.0)), part("y", 20.0, None)]), None);
        assert_eq!(of(&[part("x", 0.0, None)]), None);
    }
}
