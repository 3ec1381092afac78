//! Claims added up by status in the five quantities, of a park and of the nation, decided together.

use std::collections::{BTreeMap, BTreeSet};

use engine::catalogue::Catalogue;
use engine::claim::Claim;
use engine::ids::{EnterpriseId, MeasureId, ParkId, ResourceId};
use engine::park::{Park, Status};
use engine::report::ParkReport;
use engine::verify::measures::MeasureVerification;
use engine::verify::portfolio::PortfolioSum;
use engine::verify::sums::{self, Assumptions, Part, Shared};

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
    /// What was saved of it, in its canonical unit, and half the width of that.
    pub resource: ResourceId,
    pub amount: f64,
    pub half: Option<f64>,
    /// What the saving rests on that others may rest on as well; `None` for what was not measured.
    pub shared: Option<Shared>,
}

impl ParkClaims {
    pub fn of(park: &Park, report: &ParkReport, catalogue: &Catalogue) -> ParkClaims {
        let shared = sums::shared(park, catalogue, &report.verifications);
        let part = |verification: &MeasureVerification| ClaimPart {
            measure: verification.measure.clone(),
            enterprise: verification.claim.enterprise.clone(),
            status: verification.claim.status,
            values: verification.claim.impact.values(),
            halves: halves(&verification.claim),
            resource: verification.claim.resource.clone(),
            amount: verification.claim.amount,
            half: verification.claim.uncertainty_90,
            shared: shared.get(&verification.measure).cloned(),
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

/// The interval of a sum as it is published, without assumptions. `None` where a part that counts was not measured, or
/// nothing counts.
pub fn half_width<'a>(parts: impl Iterator<Item = (&'a ParkId, &'a ClaimPart)>, quantity: usize) -> Option<HalfWidth> {
    let mut of_enterprises: BTreeMap<(&ParkId, &EnterpriseId), Vec<&ClaimPart>> = BTreeMap::new();
    for (park, part) in parts {
        of_enterprises.entry((park, &part.enterprise)).or_default().push(part);
    }
    let all = of_enterprises.values().flatten().copied();
    let value = quantity_sum(all, quantity, &Assumptions::default())?.uncertainty_90;
    let of_one = |parts: &Vec<&ClaimPart>| quantity_sum(parts.iter().copied(), quantity, &Assumptions::default());
    let squares: Vec<f64> =
        of_enterprises.values().filter_map(of_one).map(|sum| sum.uncertainty_90 * sum.uncertainty_90).collect();
    Some(HalfWidth { value, may_be_told: auth::may_publish(&squares) })
}

/// One of the five quantities added up, with its interval: the one way in which park, province and nation add up.
pub fn quantity_sum<'a>(
    claims: impl Iterator<Item = &'a ClaimPart>,
    quantity: usize,
    assumptions: &Assumptions,
) -> Option<PortfolioSum> {
    sums::sum_of(&quantity_parts(claims, quantity)?, assumptions).ok()
}

/// The parts of such a sum; `None` where one that counts was not measured.
pub fn quantity_parts<'a>(claims: impl Iterator<Item = &'a ClaimPart>, quantity: usize) -> Option<Vec<Part<'a>>> {
    let part = |claim: &'a ClaimPart| claim.part(claim.values[quantity], claim.halves?[quantity]);
    claims.filter(|claim| claim.values[quantity] != 0.0).map(part).collect()
}

impl ClaimPart {
    fn part(&self, saving: f64, half_90: f64) -> Option<Part<'_>> {
        Some(Part { measure: &self.measure, saving, half_90, shared: self.shared.as_ref()? })
    }
}

/// Verified or measured savings of one resource, added up.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSaving {
    pub resource: ResourceId,
    pub amount: f64,
    /// `None` where one of them was not measured.
    pub uncertainty_90: Option<f64>,
}

/// Claims added up by resource; only for somebody who may see them.
pub fn savings_by_resource<'a>(claims: impl Iterator<Item = &'a ClaimPart>) -> Vec<ResourceSaving> {
    let mut by_resource: BTreeMap<&ResourceId, Vec<&ClaimPart>> = BTreeMap::new();
    for claim in claims {
        by_resource.entry(&claim.resource).or_default().push(claim);
    }
    let saving = |(resource, claims): (&ResourceId, Vec<&ClaimPart>)| {
        let parts: Option<Vec<Part>> = claims.iter().map(|claim| claim.part(claim.amount, claim.half?)).collect();
        let sum = parts.and_then(|parts| sums::sum_of(&parts, &Assumptions::default()).ok());
        ResourceSaving {
            resource: resource.clone(),
            amount: claims.iter().map(|claim| claim.amount).sum(),
            uncertainty_90: sum.map(|sum| sum.uncertainty_90),
        }
    };
    by_resource.into_iter().map(saving).collect()
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
    above_parks(parks, status, &BTreeMap::new()).0
}

/// The same, and what may be told of each province beside the nation and all parks. Provinces are decided last and in the
/// order of their names, so that they change nothing of what the nation is told.
pub fn above_parks<'a>(
    parks: &[&'a ParkClaims],
    status: Status,
    provinces: &BTreeMap<String, Vec<&'a ParkClaims>>,
) -> (BTreeSet<usize>, BTreeMap<String, BTreeSet<usize>>) {
    if !parks.iter().all(|park| park.is_of_a_year) {
        return Default::default();
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
    for parks in provinces.values() {
        let of_province = |quantity: &usize| {
            let parts = parks.iter().flat_map(|park| claimed(park, status, *quantity));
            Total::one_of("province", parts.collect())
        };
        totals.extend(ORDER.iter().map(of_province));
    }
    let answer = told(&totals);
    let mut decided = answer[first..].chunks(QUANTITIES).map(|told| -> BTreeSet<usize> {
        ORDER.into_iter().zip(told).filter(|(_, told)| **told).map(|(quantity, _)| quantity).collect()
    });
    let nation = decided.next().unwrap_or_default();
    (nation, provinces.keys().cloned().zip(decided).collect())
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
        let order = Order { period, as_of: jiff::civil::date(2025, 1, 31), framework };
        ParkClaims::of(&park, &report(&park, catalogue, &order), catalogue)
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
            resource: ResourceId::new("electricity"),
            amount: value,
            half,
            shared: Some(Shared {
                comparison: sums::Comparison {
                    park: ParkId::new("a"),
                    enterprise: EnterpriseId::new(enterprise),
                    resource: ResourceId::new("electricity"),
                    meter: None,
                    device: None,
                },
                effects: BTreeMap::new(),
                stated: BTreeMap::new(),
                untraced: None,
            }),
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
