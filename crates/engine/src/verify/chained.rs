//! Baselines that move with time, and years that are held against each other through the year of the model.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::period::Period;

/// A baseline and the reporting period that is held against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub baseline: Period,
    pub reporting: Period,
}

/// Sliding baselines: each reporting period of `reporting_months` is held against the `baseline_months` just before it,
/// from the first day on which there is a whole baseline until `end`; a reporting period that is not over by then is left
/// out. What such windows save is over the year before, each: they are chained, never added up. Empty where months are 0.
pub fn sliding(first: Date, end: Date, baseline_months: i32, reporting_months: i32) -> Vec<Window> {
    let mut windows = Vec::new();
    if baseline_months < 1 || reporting_months < 1 {
        return windows;
    }
    let later = |date: Date, months: i32| date.checked_add(months.months()).ok();
    for round in 0.. {
        let from = later(first, round * reporting_months);
        let changed = from.and_then(|from| later(from, baseline_months));
        let until = changed.and_then(|changed| later(changed, reporting_months)).filter(|until| *until <= end);
        let (Some(from), Some(changed), Some(until)) = (from, changed, until) else { break };
        let (Some(baseline), Some(reporting)) = (Period::new(from, changed), Period::new(changed, until)) else {
            break;
        };
        windows.push(Window { baseline, reporting });
    }
    windows
}

/// A year by the meter and by the model, whichever year the model was fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelledYear {
    pub actual: f64,
    pub predicted: f64,
    /// Half the width of the 90 % interval of predicted less actual. 0 for the year of the model itself, where both sums
    /// are equal by construction.
    pub uncertainty_90: f64,
}

/// (act_r ÷ pred_r) ÷ (act_b ÷ pred_b), and what it means for the reporting year.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainedSaving {
    /// Below 1 where less was used than before.
    pub ratio: f64,
    /// 1 − ratio.
    pub improvement: f64,
    /// Use that the reporting year would have had at the intensity of the baseline year: act_r ÷ ratio.
    pub adjusted_baseline: f64,
    /// adjusted_baseline − act_r.
    pub saving: f64,
    /// Half the width of the 90 % interval of `saving`, the errors of both years independent of each other.
    pub uncertainty_90: f64,
    /// The same if both errors are one, the other way round in each year: the most it can be.
    pub uncertainty_90_at_most: f64,
}

/// `None` where one of the four sums is not a positive number. Relative uncertainties of the two years are added in
/// squares: u(ratio) ÷ ratio = √((u_r ÷ pred_r)² + (u_b ÷ pred_b)²).
pub fn chained(baseline: ModelledYear, reporting: ModelledYear) -> Option<ChainedSaving> {
    let sums = [baseline.actual, baseline.predicted, reporting.actual, reporting.predicted];
    let widths = [baseline.uncertainty_90, reporting.uncertainty_90];
    if !sums.iter().all(|sum| *sum > 0.0 && sum.is_finite()) || !widths.iter().all(|u| *u >= 0.0 && u.is_finite()) {
        return None;
    }
    let ratio = (reporting.actual / reporting.predicted) / (baseline.actual / baseline.predicted);
    let adjusted_baseline = reporting.actual / ratio;
    let (one, other) = (baseline.uncertainty_90 / baseline.predicted, reporting.uncertainty_90 / reporting.predicted);
    Some(ChainedSaving {
        ratio,
        improvement: 1.0 - ratio,
        adjusted_baseline,
        saving: adjusted_baseline - reporting.actual,
        uncertainty_90: adjusted_baseline * (one * one + other * other).sqrt(),
        uncertainty_90_at_most: adjusted_baseline * (one + other),
    })
}

/// Several years one after the other: the product of their ratios, with relative uncertainties added in squares. Gives
/// the ratio of the last to the first year and half the width of its 90 % interval; `None` for an empty chain.
pub fn chain(links: &[ChainedSaving]) -> Option<(f64, f64)> {
    let ratio: f64 = links.iter().map(|link| link.ratio).product();
    let squares: f64 = links.iter().map(|link| (link.uncertainty_90 / link.adjusted_baseline).powi(2)).sum();
    (!links.is_empty()).then_some((ratio, ratio * squares.sqrt()))
}
