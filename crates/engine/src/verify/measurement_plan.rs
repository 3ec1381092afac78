//! A measurement plan, before anything is built: which meter, which model, how uncertain the expected saving will be, and how
//! long it must be measured. The same plan carries out the verification.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::interval::{Interval, later};
use super::meter_file::MeterRow;
use super::plant::{PlantAnswer, PlantSpec, Reason, Trial, trial, verify_plant};

/// What is planned. Stored as it is; `carry_out` needs nothing else but the readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasurementPlan {
    /// Name of the meter, as the park knows it.
    pub meter: String,
    pub spec: PlantSpec,
    /// Saving that the measure is expected to bring, as a share of the use that the model expects; above 0, at most 1.
    pub expected_share: f64,
    /// The 90 % half-width over the saving that is good enough: 0.5 is half of it.
    pub target: f64,
    /// Day on which the reporting period is to begin; missing while nobody knows.
    pub begins: Option<Date>,
}

/// What the plan promises, from baseline readings alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanOutlook {
    pub interval: Option<Interval>,
    /// The same reasons as a verification would give, except those about a reporting period, which is not there yet; with
    /// the day on which the baseline would be long enough. Expectations are made where a model can be fitted at all.
    pub disqualification: Vec<Reason>,
    /// After 1, 2, 3, 6, 9, 12, 18, 24 and 36 months of measurement.
    pub expectations: Vec<Expectation>,
    /// Fewest months after which `relative` is at most the target; missing where 36 are not enough.
    pub months_needed: Option<usize>,
    /// The day after those months, where the plan says when it begins.
    pub enough_on: Option<Date>,
    /// The smallest saving, as a share of use, that a year of measurement would show with the target's certainty.
    pub least_share_in_a_year: Option<f64>,
}

/// How well a saving of the expected size would be known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    pub months: usize,
    /// Use that the model expects in that time, production and weather as in the baseline.
    pub predicted: f64,
    pub saving: f64,
    pub uncertainty_90: f64,
    /// uncertainty_90 ÷ saving.
    pub relative: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum PlanRefusal {
    /// Above 0, at most 1.
    ExpectedShare { found: f64 },
    /// Above 0.
    Target { found: f64 },
}

const LOOKED_AT: [usize; 9] = [1, 2, 3, 6, 9, 12, 18, 24, 36];

/// The baseline's own production and weather are taken once more, row by row, as the reporting period: uncertainty by the form
/// that the verification will use. A plan holds as long as the plant runs as it did.
pub fn outlook(plan: &MeasurementPlan, baseline: &[MeterRow]) -> Result<PlanOutlook, Vec<PlanRefusal>> {
    let refusals = inspect(plan);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (interval, disqualification, trial) = trial(&plan.spec, baseline);
    let mut outlook = PlanOutlook {
        interval,
        disqualification,
        expectations: Vec::new(),
        months_needed: None,
        enough_on: None,
        least_share_in_a_year: None,
    };
    let Some(trial) = trial else { return Ok(outlook) };
    let expect = |months: usize| expectation(plan, &trial, months);
    outlook.expectations = LOOKED_AT.into_iter().filter_map(expect).collect();
    let is_enough = |expectation: &Expectation| expectation.relative <= plan.target;
    if let Some(place) = outlook.expectations.iter().position(is_enough) {
        let low = place.checked_sub(1).map_or(1, |before| outlook.expectations[before].months + 1);
        let high = outlook.expectations[place].months;
        outlook.months_needed =
            (low..high).find(|months| expect(*months).as_ref().is_some_and(is_enough)).or(Some(high));
    }
    outlook.enough_on =
        outlook.months_needed.zip(plan.begins).and_then(|(months, begins)| later(begins, Interval::Month, months));
    let year = outlook.expectations.iter().find(|expectation| expectation.months == 12);
    outlook.least_share_in_a_year = year.map(|year| year.uncertainty_90 / (plan.target * year.predicted.abs()));
    Ok(outlook)
}

/// The verification that was planned, once there are readings of both periods.
pub fn carry_out(plan: &MeasurementPlan, baseline: &[MeterRow], reporting: &[MeterRow]) -> PlantAnswer {
    verify_plant(&plan.spec, baseline, reporting)
}

fn expectation(plan: &MeasurementPlan, trial: &Trial, months: usize) -> Option<Expectation> {
    let rows = (months * trial.interval().in_a_year()).div_ceil(12);
    let (predicted, uncertainty_90) = trial.repeated(rows)?;
    let saving = plan.expected_share * predicted.abs();
    (saving > 0.0).then(|| Expectation { months, predicted, saving, uncertainty_90, relative: uncertainty_90 / saving })
}

fn inspect(plan: &MeasurementPlan) -> Vec<PlanRefusal> {
    let mut refusals = Vec::new();
    if !(plan.expected_share > 0.0 && plan.expected_share <= 1.0) {
        refusals.push(PlanRefusal::ExpectedShare { found: plan.expected_share });
    }
    if !(plan.target > 0.0 && plan.target.is_finite()) {
        refusals.push(PlanRefusal::Target { found: plan.target });
    }
    refusals
}
