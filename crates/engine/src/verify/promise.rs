//! What a measure was to save in the days that its verification covers, so that a promise of a year is never held against
//! less or more than was compared. See `docs/methods/savings.md`.

use jiff::Span;
use jiff::civil::Date;

use super::by_plan::{ByPlan, ModelAnswer};
use super::isolation::STIPULATED;
use super::measures::{Comparison, MeasureVerification};
use super::meter_rows::Why;
use super::monthly::Verification;
use super::plan_rows::reporting;
use crate::catalogue::Catalogue;
use crate::park::plans::Step;
use crate::park::{Measure, Park};
use crate::period::Period;

/// What was expected of a measure, with the share attributed to it, in the canonical unit of its resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    pub a_year: f64,
    /// What the verification covers; `None` where nothing was compared.
    pub covered: Option<Covered>,
}

/// The days that a saving is of, and what was to be saved in them. What was agreed on is of the days since the installation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Covered {
    /// Rows by the hour count as parts of days.
    pub days: f64,
    pub expected: f64,
}

impl Promise {
    /// `None` where nobody said what to expect.
    pub fn of(park: &Park, catalogue: &Catalogue, verification: &MeasureVerification) -> Option<Promise> {
        let measure = park.measures.iter().find(|measure| measure.id == verification.measure)?;
        let plan = park.plan(&measure.id);
        // A share is one of what a meter or bills show.
        let is_of_meter = plan.is_none_or(|plan| plan.model.is_of_meter());
        let share = if is_of_meter { measure.share_or_whole() } else { 1.0 };
        let a_year = catalogue.canonical(measure.expected_saving.as_ref()?)? * share;
        Some(Promise { a_year, covered: Covered::of(park, verification, a_year) })
    }
}

impl Covered {
    /// What a verification covers of an expectation of a year; `None` where nothing was compared.
    pub fn of(park: &Park, verification: &MeasureVerification, a_year: f64) -> Option<Covered> {
        let period = verification.claim.period;
        let days = match &verification.comparison {
            Some(comparison) => comparison.days()?,
            None if verification.claim.method == STIPULATED => {
                let measure = park.measures.iter().find(|measure| measure.id == verification.measure)?;
                days_since(park, period, measure)?
            }
            None => return None,
        };
        Some(Covered { days, expected: a_year * share_of_year(days, period)? })
    }
}

impl Comparison {
    /// The days that the saving is of: whole months by their days, rows that entered it, days of which a device's hours are
    /// known. `None` where no saving is told.
    pub fn days(&self) -> Option<f64> {
        self.saving()?;
        match &self.verification {
            Verification::Saving(saving) => {
                let months = saving.reporting.iter().filter_map(|month| days_of_month(month.first_day));
                Some(months.sum())
            }
            Verification::Planned(planned) => planned.days(),
            Verification::Refused { .. } => None,
        }
    }
}

impl ByPlan {
    fn days(&self) -> Option<f64> {
        if let Some(ModelAnswer::KeyParameter(answer)) = &self.answer {
            return Some(answer.days_known as f64);
        }
        let rows = self.savings?.rows as f64;
        Some(match self.step {
            Step::Hour => rows / 24.0,
            Step::Day => rows,
            Step::Week => 7.0 * rows,
            Step::Month => {
                // A month without a column may be predicted all the same; it is no part of the saving.
                let without: Vec<Date> =
                    self.excluded.iter().filter(|one| one.why == Why::NoColumn).map(|one| one.period.start()).collect();
                let after = self.rows.iter().filter(|row| !row.is_baseline && !without.contains(&row.first_day));
                after.filter_map(|row| days_of_month(row.first_day)).sum()
            }
        })
    }
}

fn days_of_month(first_day: Date) -> Option<f64> {
    Some(Period::month(first_day.year(), first_day.month())?.days() as f64)
}

/// The days of a period after the installation, and not before the plan begins. `None` where there are none.
pub(super) fn days_since(park: &Park, period: Period, measure: &Measure) -> Option<f64> {
    Some(reporting(park.plan(&measure.id), measure.installed?, period)?.days() as f64)
}

/// Which part so many days are of the year that ends with a period; expectations are of a year, and taken as spread evenly
/// over it. `None` beyond the calendar.
pub(super) fn share_of_year(days: f64, period: Period) -> Option<f64> {
    let year = Period::new(period.end().checked_sub(Span::new().years(1)).ok()?, period.end())?;
    Some(days / year.days() as f64)
}
