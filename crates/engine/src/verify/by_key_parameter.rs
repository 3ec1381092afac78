//! The verification of a measure at the device itself, by readings of its key parameter: rate before, rate after, hours.
//! See `docs/methods/savings.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::by_plan::{ByPlan, ModelAnswer, PlanReason};
use super::isolation::{Instruments, IsolatedSaving, Isolation, isolated};
use super::meter::Savings;
use super::plan_rows::reporting;
use crate::park::key_readings::{KeyQuantity, KeyReading};
use crate::park::plans::Plan;
use crate::park::{Measure, Park};
use crate::period::Period;
use crate::quantity::Dimension;

/// The saving of a key parameter with what it was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyParameter {
    pub found: IsolatedSaving,
    pub dimension: Dimension,
    pub readings_before: usize,
    pub readings_after: usize,
    /// Hours that the device ran in the reporting period, as far as they are known.
    pub hours: f64,
    /// Days of which the hours are known, and days of the reporting period.
    pub days_known: i64,
    pub days: i64,
    pub has_one_instrument: bool,
}

/// The readings that a verification takes, in the order of the sheet.
pub(super) struct Taken<'a> {
    before: Vec<&'a KeyReading>,
    after: Vec<&'a KeyReading>,
    hours: Vec<&'a KeyReading>,
    /// Hours that lie in the reporting period only in part; nobody said how many of them.
    across: Vec<&'a KeyReading>,
    reporting: Option<Period>,
}

impl<'a> Taken<'a> {
    /// Rates of any day before the installation, rates and hours of the reporting period.
    pub(super) fn of(
        park: &'a Park,
        measure: &Measure,
        plan: &Plan,
        (installed, period): (Period, Period),
    ) -> Taken<'a> {
        let reporting = reporting(Some(plan), installed, period);
        let of = |what: KeyQuantity, is_taken: &dyn Fn(&Period) -> bool| -> Vec<&'a KeyReading> {
            let own = park.key_readings.iter().filter(|one| one.measure == measure.id && one.what == what);
            own.filter(|one| is_taken(&one.period)).collect()
        };
        let is_inside = |one: &Period| {
            reporting.is_some_and(|reporting| reporting.start() <= one.start() && one.end() <= reporting.end())
        };
        let is_across = |one: &Period| reporting.is_some_and(|reporting| reporting.overlaps(one)) && !is_inside(one);
        Taken {
            before: of(KeyQuantity::Rate, &|one| one.end() <= installed.start()),
            after: of(KeyQuantity::Rate, &is_inside),
            hours: of(KeyQuantity::Hours, &is_inside),
            across: of(KeyQuantity::Hours, &is_across),
            reporting,
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'a KeyReading> {
        [&self.before, &self.after, &self.hours, &self.across].into_iter().flatten().copied()
    }
}

/// Carries out a plan by key parameter; refused with everything that is missing.
pub(super) fn carry_out(dimension: Dimension, plan: &Plan, taken: &Taken) -> ByPlan {
    let mut answer = ByPlan::refused(plan, Vec::new());
    let across = taken.across.iter().map(|one| PlanReason::HoursAcross { period: one.period });
    answer.reasons.extend(across);
    if taken.hours.is_empty() && taken.across.is_empty() {
        answer.reasons.push(PlanReason::NoHours);
    }
    let input = isolation(taken);
    match isolated(&input) {
        Err(refusals) => answer.reasons.extend(refusals.into_iter().map(PlanReason::Isolation)),
        Ok(found) if answer.reasons.is_empty() => {
            answer.savings = Some(Savings {
                savings: found.saving,
                predicted_sum: found.rate_before * input.hours,
                observed_sum: found.rate_after * input.hours,
                rows: taken.hours.len(),
            });
            answer.uncertainty_90 = Some(found.uncertainty_90);
            answer.answer = Some(ModelAnswer::KeyParameter(Box::new(KeyParameter {
                found,
                dimension,
                readings_before: taken.before.len(),
                readings_after: taken.after.len(),
                hours: input.hours,
                days_known: taken.hours.iter().map(|one| one.period.days()).sum(),
                days: taken.reporting.map_or(0, |reporting| reporting.days()),
                has_one_instrument: matches!(input.instruments, Instruments::One { .. }),
            })));
        }
        Ok(_) => {}
    }
    answer
}

/// What the errors of each instrument do to a saving, as half-widths that are in its interval already: signed, by what was read
/// and by the instrument. `None` of the rates where one side was read by several instruments, of which the largest error
/// counts: nobody can say whose it is.
pub(super) struct OfInstruments {
    pub(super) rates: Option<BTreeMap<String, f64>>,
    pub(super) hours: BTreeMap<String, f64>,
}

pub(super) fn of_instruments(taken: &Taken, found: &IsolatedSaving) -> OfInstruments {
    let input = isolation(taken);
    let difference = found.rate_before - found.rate_after;
    let mut hours: BTreeMap<String, f64> = BTreeMap::new();
    for one in &taken.hours {
        *hours.entry(one.instrument.clone()).or_default() += difference * one.value * one.error_90;
    }
    let only = |readings: &[&KeyReading]| {
        let first = readings.first()?.instrument.clone();
        readings.iter().all(|one| one.instrument == first).then_some(first)
    };
    let rates = only(&taken.before).zip(only(&taken.after)).map(|(before, after)| match input.instruments {
        Instruments::One { error_90 } => BTreeMap::from([(before, difference * input.hours * error_90)]),
        Instruments::Several { before_90, after_90 } => BTreeMap::from([
            (before, found.rate_before * input.hours * before_90),
            (after, -found.rate_after * input.hours * after_90),
        ]),
    });
    OfInstruments { rates, hours }
}

/// One hour counter errs in one direction, so that errors of its readings are added; of several rates the largest error counts.
fn isolation(taken: &Taken) -> Isolation {
    let values = |readings: &[&KeyReading]| readings.iter().map(|one| one.value).collect::<Vec<f64>>();
    let largest = |readings: &[&KeyReading]| readings.iter().map(|one| one.error_90).fold(0.0, f64::max);
    let (before_90, after_90) = (largest(&taken.before), largest(&taken.after));
    let mut names = taken.before.iter().chain(&taken.after).map(|one| &one.instrument);
    let first = names.next();
    Isolation {
        rates_before: values(&taken.before),
        rates_after: values(&taken.after),
        hours: values(&taken.hours).iter().sum(),
        hours_uncertainty_90: taken.hours.iter().map(|one| one.value * one.error_90).sum(),
        instruments: match names.all(|name| Some(name) == first) {
            true => Instruments::One { error_90: before_90.max(after_90) },
            false => Instruments::Several { before_90, after_90 },
        },
    }
}
