//! What a measure's verification would come to before the measure is built: the uncertainty to expect, and how many months it
//! takes. See `docs/methods/measurement-plan.md`.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::inputs::known_months;
use super::measures::verify_measures;
use super::monthly::Verification;
use super::sufficiency::Refusal;
use crate::catalogue::Catalogue;
use crate::observe::Balance;
use crate::park::{Measure, Park, Status};
use crate::period::Period;

/// Lengths of reporting period that are tried.
pub const MONTHS_TRIED: [usize; 4] = [3, 6, 9, 12];

/// A verification as if the measure had been installed so many months before the last month that is known, and had saved
/// nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// Months of the reporting period.
    pub months: usize,
    pub outcome: Expected,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// In the canonical unit of the resource, over the reporting period, share applied.
    Interval {
        /// Half the width of the 90 % interval.
        uncertainty_90: f64,
        /// What the model takes for a saving although nothing was saved; outside the interval the model does not hold.
        placebo: f64,
        predictors: Vec<String>,
    },
    /// Why nothing could be said, with what is missing.
    Refused(Vec<Refusal>),
}

/// The verification of months in which nothing was changed, for each length of [`MONTHS_TRIED`]. Empty where no month of
/// the measure's meter or bills is known.
pub fn outlook(park: &Park, catalogue: &Catalogue, measure: &Measure) -> Vec<Outlook> {
    // What is built already changed the months after it: those before it speak of the plant as it was.
    let before = measure.installed.map(|installed| installed.start());
    let known = known_months(park, catalogue, measure);
    let Some(last) = known.into_iter().rfind(|month| before.is_none_or(|day| month.end() <= day)) else {
        return Vec::new();
    };
    let mut park = park.clone();
    MONTHS_TRIED.into_iter().filter_map(|months| pretended(&mut park, catalogue, measure, last, months)).collect()
}

/// The shortest reporting period whose interval is no wider than what is expected to be saved in it; `None` where even the
/// longest is too short. `a_year` is the expected saving of twelve months, in the same unit.
pub fn months_needed(outlook: &[Outlook], a_year: f64) -> Option<usize> {
    let shows = |one: &&Outlook| match &one.outcome {
        Expected::Interval { uncertainty_90, .. } => *uncertainty_90 < a_year.abs() * one.months as f64 / 12.0,
        Expected::Refused(_) => false,
    };
    outlook.iter().find(shows).map(|one| one.months)
}

fn pretended(
    park: &mut Park,
    catalogue: &Catalogue,
    measure: &Measure,
    last: Period,
    months: usize,
) -> Option<Outlook> {
    let first = back(last.end(), months)?;
    let installed = Period::new(back(first, 1)?, first)?;
    park.measures = vec![Measure {
        status: Status::Built,
        installed: Some(installed),
        signer: None,
        evidence: None,
        ..measure.clone()
    }];
    let period = Period::new(first, last.end())?;
    let verification = verify_measures(park, &balance_of(period), catalogue).pop()?.comparison?.verification;
    let outcome = match verification {
        Verification::Saving(saving) => Expected::Interval {
            uncertainty_90: saving.saving.uncertainty_90 * measure.share,
            placebo: saving.saving.saving * measure.share,
            predictors: saving.model.names.iter().skip(1).cloned().collect(),
        },
        Verification::Refused { reasons } => Expected::Refused(reasons),
    };
    Some(Outlook { months, outcome })
}

fn back(day: Date, months: usize) -> Option<Date> {
    day.checked_sub(Span::new().months(i32::try_from(months).ok()?)).ok()
}

/// Of a verification only the period of a balance is asked.
fn balance_of(period: Period) -> Balance {
    Balance {
        period,
        sites: BTreeMap::new(),
        park: BTreeMap::new(),
        gaps: Vec::new(),
        findings: Vec::new(),
        months_covered: 0,
        months_expected: 0,
    }
}
