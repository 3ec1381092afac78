//! Several measures behind one meter: what the meter saw is shared out by what each was expected to save, and together they
//! never get more than the whole.

use serde::{Deserialize, Serialize};

use super::regression::is_usable;

/// What is known of one measure besides the meter: an engineering estimate, or a measurement of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    pub name: String,
    /// Not negative, in the unit of the meter.
    pub saving: f64,
    /// Half the width of its 90 % interval.
    pub uncertainty_90: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub name: String,
    pub expected: f64,
    pub saving: f64,
    pub uncertainty_90: f64,
}

/// The shares, and what is left for none of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    pub shares: Vec<Share>,
    /// The whole less the shares; never negative when anything was saved.
    pub unassigned: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum AllocationRefusal {
    NoMeasures,
    /// A number is not usable, or negative.
    NotUsable {
        name: String,
    },
    DuplicateMeasure {
        name: String,
    },
    /// Neither an expectation nor an uncertainty to share by.
    NothingToShareBy,
}

/// aᵢ = eᵢ + wᵢ (S − Σe), wᵢ = uᵢ² ÷ Σu²: the difference between meter and expectations goes to the least certain ones.
/// A share is not negative, and not above the upper end of its own interval; what that leaves stays unassigned.
/// Var(aᵢ) = uᵢ² (1 − wᵢ) + wᵢ² u_S², the meter's error with its weight. Without uncertainties the whole is shared in
/// proportion to the expectations. Where the meter saw no saving every share is 0, with the uncertainty of the whole.
pub fn allocate(
    whole: f64,
    whole_uncertainty_90: f64,
    measures: &[Expected],
) -> Result<Allocation, Vec<AllocationRefusal>> {
    let refusals = inspect(whole, whole_uncertainty_90, measures);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let expected: f64 = measures.iter().map(|measure| measure.saving).sum();
    let squares: f64 = measures.iter().map(|measure| measure.uncertainty_90.powi(2)).sum();
    let weight = |measure: &Expected| {
        if squares > 0.0 { measure.uncertainty_90.powi(2) / squares } else { measure.saving / expected }
    };
    let mut shares: Vec<Share> = measures
        .iter()
        .map(|measure| {
            let weight = weight(measure);
            let most = if squares > 0.0 { measure.saving + measure.uncertainty_90 } else { f64::INFINITY };
            let share = measure.saving + weight * (whole - expected);
            let own = measure.uncertainty_90.powi(2) * (1.0 - weight);
            Share {
                name: measure.name.clone(),
                expected: measure.saving,
                saving: share.clamp(0.0, most),
                uncertainty_90: (own + (weight * whole_uncertainty_90).powi(2)).sqrt(),
            }
        })
        .collect();
    // What was raised to zero is taken from the others, in proportion.
    let total: f64 = shares.iter().map(|share| share.saving).sum();
    let room = whole.max(0.0);
    if total > room {
        shares.iter_mut().for_each(|share| share.saving *= room / total);
    }
    let given: f64 = shares.iter().map(|share| share.saving).sum();
    Ok(Allocation { unassigned: whole - given, shares })
}

fn inspect(whole: f64, whole_uncertainty_90: f64, measures: &[Expected]) -> Vec<AllocationRefusal> {
    let mut refusals = Vec::new();
    if measures.is_empty() {
        refusals.push(AllocationRefusal::NoMeasures);
    }
    let is_amount = |value: f64| is_usable(value) && value >= 0.0;
    if !is_usable(whole) || !is_amount(whole_uncertainty_90) {
        refusals.push(AllocationRefusal::NotUsable { name: "whole".to_string() });
    }
    for (place, measure) in measures.iter().enumerate() {
        if !is_amount(measure.saving) || !is_amount(measure.uncertainty_90) {
            refusals.push(AllocationRefusal::NotUsable { name: measure.name.clone() });
        }
        if measures[..place].iter().any(|earlier| earlier.name == measure.name) {
            refusals.push(AllocationRefusal::DuplicateMeasure { name: measure.name.clone() });
        }
    }
    let has_something = measures.iter().any(|measure| measure.saving > 0.0 || measure.uncertainty_90 > 0.0);
    if !measures.is_empty() && !has_something {
        refusals.push(AllocationRefusal::NothingToShareBy);
    }
    refusals
}
