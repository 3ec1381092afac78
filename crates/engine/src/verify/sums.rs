//! Verified savings in one sum: what the verifications of a park have in common, found from its data, and the interval of
//! their sum with it. Park, province and nation add up by this one way. Method: `docs/methods/savings.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::causes::effects;
pub use super::causes::{Cause, Untraced};
use super::measures::{MeasureVerification, Source};
use super::portfolio::{CommonError, Member, PortfolioRefusal, PortfolioSum, portfolio};
use crate::catalogue::Catalogue;
use crate::ids::{EnterpriseId, MeasureId, MeterId, ParkId, ResourceId};
use crate::park::{Measure, Park};

/// The data that a saving comes from. Measures with the same place are shares of one saving, or at least of one meter's
/// error; where they were installed at different times the interval is a little too wide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    /// `None`: bills.
    pub meter: Option<MeterId>,
    /// The measure whose device was read by itself: a comparison of its own, whatever the meter shows.
    pub device: Option<MeasureId>,
}

/// What a saving shares with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    pub comparison: Comparison,
    /// By how much of itself the saving rises when the cause reads all of its value too high after the installation and
    /// right before it. Signed.
    pub effects: BTreeMap<Cause, f64>,
    /// What errors of instruments that were stated with their readings do to it, as shares of the saving: halves of 90 %
    /// intervals that are in its interval already. Signed.
    pub stated: BTreeMap<Cause, f64>,
    /// Why not everything that it rests on was found; `None` where it was.
    pub untraced: Option<Untraced>,
}

/// What each measured saving of a park rests on. A saving that was not measured has no entry.
pub fn shared(
    park: &Park,
    catalogue: &Catalogue,
    verifications: &[MeasureVerification],
) -> BTreeMap<MeasureId, Shared> {
    let mut declared = Vec::new();
    let mut answer = BTreeMap::new();
    for verification in verifications {
        let is_meant = |measure: &&Measure| measure.id == verification.measure;
        let (Some(measure), Some(comparison)) = (park.measures.iter().find(is_meant), &verification.comparison) else {
            continue;
        };
        let Some((saving, _)) = comparison.saving() else { continue };
        let found = effects(park, catalogue, (measure, verification), &mut declared);
        let share = |(cause, effect): (Cause, f64)| (saving != 0.0).then(|| (cause, effect / saving));
        let is_of_device = comparison.from == Source::Device;
        let comparison = Comparison {
            park: park.id.clone(),
            enterprise: measure.enterprise.clone(),
            resource: measure.resource.clone(),
            meter: park.meter_of(measure).cloned(),
            device: is_of_device.then(|| measure.id.clone()),
        };
        answer.insert(
            measure.id.clone(),
            Shared {
                comparison,
                effects: found.drifting.into_iter().filter_map(share).collect(),
                stated: found.stated.into_iter().filter_map(share).collect(),
                untraced: found.untraced,
            },
        );
    }
    answer
}

/// What nobody measured: half widths of 90 % intervals as shares, and the correlation of own errors. All zero unless
/// somebody says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Assumptions {
    /// Between the own errors of any two comparisons, 0 to 1.
    pub own_correlation: f64,
    /// How far a station or a thermometer drifts between the years that are compared, as a share of degree days.
    pub weather_drift_90: f64,
    /// The same of what counts products, and of other drivers.
    pub production_drift_90: f64,
}

impl Assumptions {
    /// How far a cause drifts.
    pub fn drift(&self, cause: &Cause) -> f64 {
        if cause.is_weather() { self.weather_drift_90 } else { self.production_drift_90 }
    }
}

/// One saving of a sum, in the unit of the sum.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    pub measure: &'a MeasureId,
    pub saving: f64,
    pub half_90: f64,
    pub shared: &'a Shared,
}

/// The sum of savings with its interval. Shares of one comparison have one error, which is theirs together; causes that
/// drift count by the assumptions. Beside it, [`PortfolioSum::root_sum_square_90`] takes every measure for itself.
pub fn sum_of(parts: &[Part], assumptions: &Assumptions) -> Result<PortfolioSum, Vec<PortfolioRefusal>> {
    let mut comparisons: BTreeMap<&Comparison, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        comparisons.entry(&part.shared.comparison).or_default().push(part);
    }
    let together: Vec<Member> = comparisons
        .values()
        .map(|parts| Member {
            name: name(parts[0]),
            saving: parts.iter().map(|part| part.saving).sum(),
            own_90: parts.iter().map(|part| own(part) * part.saving.signum()).sum::<f64>().abs(),
            common: parts.iter().flat_map(|part| common(part, assumptions)).collect(),
        })
        .collect();
    let apart: Vec<Member> = parts
        .iter()
        .map(|part| Member {
            name: name(part),
            saving: part.saving,
            own_90: own(part),
            common: common(part, assumptions),
        })
        .collect();
    let sum = portfolio(&together, assumptions.own_correlation)?;
    let beside = portfolio(&apart, assumptions.own_correlation)?;
    Ok(PortfolioSum { root_sum_square_90: beside.root_sum_square_90, all_together_90: beside.all_together_90, ..sum })
}

fn name(part: &Part) -> String {
    format!("{}/{}", part.shared.comparison.park, part.measure)
}

/// The width without what instruments were stated to err by.
fn own(part: &Part) -> f64 {
    let stated: f64 = part.shared.stated.values().map(|share| (share * part.saving).powi(2)).sum();
    (part.half_90 * part.half_90 - stated).max(0.0).sqrt()
}

fn common(part: &Part, assumptions: &Assumptions) -> Vec<CommonError> {
    let drifting = part.shared.effects.iter().map(|(cause, share)| (cause, share * assumptions.drift(cause)));
    let stated = part.shared.stated.iter().map(|(cause, share)| (cause, *share));
    let effect = |(cause, share): (&Cause, f64)| CommonError { source: cause.code(), effect_90: share * part.saving };
    drifting.chain(stated).map(effect).collect()
}

/// A cause that several comparisons share, and what it does to their sum.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedCause {
    pub cause: Cause,
    pub measures: Vec<MeasureId>,
    pub effect: Effect,
}

/// What a cause does to a sum. Signed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// By how much the sum rises for each hundredth that the cause drifts.
    OfAHundredth(f64),
    /// Half the 90 % interval of what an instrument was stated to err by.
    Stated(f64),
}

/// The causes that two or more comparisons of a sum have in common, in order.
pub fn shared_causes(parts: &[Part]) -> Vec<SharedCause> {
    let mut found: BTreeMap<&Cause, (Vec<&Part>, Effect)> = BTreeMap::new();
    for part in parts {
        for (cause, share) in &part.shared.effects {
            let (parts, effect) = found.entry(cause).or_insert((Vec::new(), Effect::OfAHundredth(0.0)));
            parts.push(part);
            effect.add(0.01 * share * part.saving);
        }
        for (cause, share) in &part.shared.stated {
            let (parts, effect) = found.entry(cause).or_insert((Vec::new(), Effect::Stated(0.0)));
            parts.push(part);
            effect.add(share * part.saving);
        }
    }
    let comparisons = |parts: &[&Part]| parts.iter().map(|part| &part.shared.comparison).collect::<BTreeSet<_>>().len();
    let causes = found.into_iter().filter(|(_, (parts, _))| comparisons(parts) > 1);
    causes
        .map(|(cause, (parts, effect))| SharedCause {
            cause: cause.clone(),
            measures: parts.iter().map(|part| part.measure.clone()).collect(),
            effect,
        })
        .collect()
}

impl Effect {
    fn add(&mut self, more: f64) {
        match self {
            Effect::OfAHundredth(sum) | Effect::Stated(sum) => *sum += more,
        }
    }
}

/// Measures of which several are shares of one comparison.
pub fn shared_comparisons<'a>(parts: &[Part<'a>]) -> Vec<(&'a Comparison, Vec<&'a MeasureId>)> {
    let mut found: BTreeMap<&Comparison, Vec<&MeasureId>> = BTreeMap::new();
    for part in parts {
        found.entry(&part.shared.comparison).or_default().push(part.measure);
    }
    found.into_iter().filter(|(_, measures)| measures.len() > 1).collect()
}
