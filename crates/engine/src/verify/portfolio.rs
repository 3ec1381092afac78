//! The saving of several measures together. Errors that they share, of one sensor or one model, do not average out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One measure's saving, in the unit of the sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub name: String,
    pub saving: f64,
    /// Half the width of the 90 % interval from this meter's own errors alone.
    pub own_90: f64,
    /// What it shares with others; empty when nothing.
    #[serde(default)]
    pub common: Vec<CommonError>,
}

/// A cause that moves several savings at once: a production meter, a temperature sensor, one model for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommonError {
    /// The same word at every member that shares it.
    pub source: String,
    /// By how much this saving moves when the cause lies at the upper end of its own 90 % interval. Signed: what raises
    /// one saving may lower another.
    pub effect_90: f64,
}

/// The sum with its interval, and what it would have been had nothing been shared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortfolioSum {
    pub saving: f64,
    /// Half the width of the 90 % interval of the sum.
    pub uncertainty_90: f64,
    /// √ of the sum of squares of the members' whole uncertainties, as if they were independent.
    pub root_sum_square_90: f64,
    /// Sum of the members' whole uncertainties, as if all errors were one.
    pub all_together_90: f64,
    /// The part of each cause, signed; by its name.
    pub by_source: BTreeMap<String, f64>,
    /// Correlation that was assumed between the own errors of any two members.
    pub own_correlation: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum PortfolioRefusal {
    NoMembers,
    /// A saving, an uncertainty or an effect is not a usable number, or an own uncertainty is negative.
    NotUsable {
        name: String,
    },
    DuplicateMember {
        name: String,
    },
    /// Outside 0 to 1.
    Correlation {
        found: f64,
    },
}

/// S = Σ Sᵢ, u² = Σᵢ uᵢ² + r Σᵢ≠ⱼ uᵢ uⱼ + Σₖ (Σᵢ cᵢₖ)²: own errors uᵢ, correlated by r between any two members (0 where the
/// meters have nothing in common but the weather that the models know), and the effects cᵢₖ of each common cause k, which
/// add up before they are squared. All reasons for a refusal are returned at once.
pub fn portfolio(members: &[Member], own_correlation: f64) -> Result<PortfolioSum, Vec<PortfolioRefusal>> {
    let refusals = inspect(members, own_correlation);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut by_source: BTreeMap<String, f64> = BTreeMap::new();
    for common in members.iter().flat_map(|member| &member.common) {
        *by_source.entry(common.source.clone()).or_default() += common.effect_90;
    }
    let sum: f64 = members.iter().map(|member| member.own_90).sum();
    let squares: f64 = members.iter().map(|member| member.own_90 * member.own_90).sum();
    let own = squares + own_correlation * (sum * sum - squares).max(0.0);
    let shared: f64 = by_source.values().map(|effect| effect * effect).sum();
    let whole: Vec<f64> = members.iter().map(Member::whole_90).collect();
    Ok(PortfolioSum {
        saving: members.iter().map(|member| member.saving).sum(),
        uncertainty_90: (own + shared).sqrt(),
        root_sum_square_90: whole.iter().map(|width| width * width).sum::<f64>().sqrt(),
        all_together_90: whole.iter().sum(),
        by_source,
        own_correlation,
    })
}

impl Member {
    /// Half the width of the 90 % interval of this saving alone, shared causes included. A cause named twice at one member
    /// is one cause.
    pub fn whole_90(&self) -> f64 {
        let mut effects: BTreeMap<&str, f64> = BTreeMap::new();
        for common in &self.common {
            *effects.entry(&common.source).or_default() += common.effect_90;
        }
        let shared: f64 = effects.values().map(|effect| effect * effect).sum();
        (self.own_90 * self.own_90 + shared).sqrt()
    }
}

/// What a sensor does to a saving when it reads differently after the change than before: slope × its sum over the reporting
/// period × the drift, a share. An error that stays the same in both periods is taken up by the slope and does nothing.
pub fn drift_effect(slope: f64, reporting_sum: f64, drift_90: f64) -> f64 {
    slope * reporting_sum * drift_90
}

fn inspect(members: &[Member], own_correlation: f64) -> Vec<PortfolioRefusal> {
    let mut refusals = Vec::new();
    if members.is_empty() {
        refusals.push(PortfolioRefusal::NoMembers);
    }
    if !(0.0..=1.0).contains(&own_correlation) {
        refusals.push(PortfolioRefusal::Correlation { found: own_correlation });
    }
    for (place, member) in members.iter().enumerate() {
        let numbers = member.common.iter().map(|common| common.effect_90).chain([member.saving, member.own_90]);
        if member.own_90 < 0.0 || numbers.into_iter().any(|number| !super::regression::is_usable(number)) {
            refusals.push(PortfolioRefusal::NotUsable { name: member.name.clone() });
        }
        if members[..place].iter().any(|earlier| earlier.name == member.name) {
            refusals.push(PortfolioRefusal::DuplicateMember { name: member.name.clone() });
        }
    }
    refusals
}
