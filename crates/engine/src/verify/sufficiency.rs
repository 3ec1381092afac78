//! Whether there is enough data for a verified saving, and if not: what is missing, and how many more months.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::monthly::{Month, MonthlyInput};
use super::regression::{RegressionRefusal, is_usable};
use super::saving::SavingRefusal;
use super::search::PREDICTORS_TO_SEARCH;
use super::validity::ValidityTest;

/// A year, so that every season of production and weather is in the model.
pub const BASELINE_MONTHS: usize = 12;
/// Months beyond the number of coefficients: with fewer, the scatter itself is hardly known.
pub const SPARE_MONTHS: usize = 6;
/// Largest share of months without a value between the first and the last of the baseline.
pub const MISSING_SHARE: f64 = 0.10;

/// Which of the two periods a reason speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Baseline,
    Reporting,
}

/// Why no saving is stated. `more_months` says how many further months would answer this reason, where months can.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Refusal {
    /// Fewer months with a value than max(12, coefficients + 6).
    BaselineTooShort {
        found: usize,
        needed: usize,
        more_months: usize,
    },
    /// More than a tenth of the months between first and last have no value.
    MonthsMissing {
        missing: Vec<Date>,
        span: usize,
        share: f64,
        allowed: f64,
        more_months: usize,
    },
    ReportingEmpty {
        more_months: usize,
    },
    DuplicateMonth {
        side: Side,
        first_day: Date,
    },
    NotFirstOfMonth {
        side: Side,
        date: Date,
    },
    /// Reporting starts before the baseline ends; the baseline must be the time before the change.
    PeriodsOverlap {
        baseline_last: Date,
        reporting_first: Date,
    },
    NoPredictors,
    TooManyPredictors {
        found: usize,
        allowed: usize,
    },
    DuplicatePredictor {
        name: String,
    },
    PredictorCount {
        side: Side,
        first_day: Date,
        found: usize,
        expected: usize,
    },
    /// `name` is `energy` or a predictor.
    NotFinite {
        side: Side,
        first_day: Date,
        name: String,
    },
    /// The energy is the same in every month of the baseline: an estimate or a flat rate, not a meter.
    OneValueEnergy {
        value: f64,
    },
    /// The predictor is the same in every month, and no other one is left.
    OneValuePredictor {
        name: String,
        value: f64,
    },
    /// The predictors are combinations of each other, or could not be fitted for another reason.
    NoModelFitted {
        refusals: Vec<RegressionRefusal>,
    },
    /// No subset of the predictors gives a valid model. `predictors` and `failed_tests` are those of the model with
    /// the highest adjusted R².
    NoValidModel {
        tried: usize,
        predictors: Vec<String>,
        failed_tests: Vec<ValidityTest>,
        more_months: Option<usize>,
    },
    /// A valid model, but no saving with a bound.
    SavingRefused {
        refusal: SavingRefusal,
    },
}

impl Refusal {
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::BaselineTooShort { .. } => "baseline-too-short",
            Refusal::MonthsMissing { .. } => "months-missing",
            Refusal::ReportingEmpty { .. } => "reporting-empty",
            Refusal::DuplicateMonth { .. } => "duplicate-month",
            Refusal::NotFirstOfMonth { .. } => "not-first-of-month",
            Refusal::PeriodsOverlap { .. } => "periods-overlap",
            Refusal::NoPredictors => "no-predictors",
            Refusal::TooManyPredictors { .. } => "too-many-predictors",
            Refusal::DuplicatePredictor { .. } => "duplicate-predictor",
            Refusal::PredictorCount { .. } => "predictor-count",
            Refusal::NotFinite { .. } => "not-finite",
            Refusal::OneValueEnergy { .. } => "one-value-energy",
            Refusal::OneValuePredictor { .. } => "one-value-predictor",
            Refusal::NoModelFitted { .. } => "no-model-fitted",
            Refusal::NoValidModel { .. } => "no-valid-model",
            Refusal::SavingRefused { .. } => "saving-refused",
        }
    }

    /// Further months that would answer this reason; `None` where months alone do not.
    pub fn more_months(&self) -> Option<usize> {
        match self {
            Refusal::BaselineTooShort { more_months, .. }
            | Refusal::MonthsMissing { more_months, .. }
            | Refusal::ReportingEmpty { more_months } => Some(*more_months),
            Refusal::NoValidModel { more_months, .. } => *more_months,
            _ => None,
        }
    }
}

/// Months a model with this many coefficients needs, the intercept counted: max(12, coefficients + 6).
pub fn months_needed(coefficients: usize) -> usize {
    BASELINE_MONTHS.max(coefficients + SPARE_MONTHS)
}

/// Everything that can be said against the data before a model is tried; empty when a model may be tried.
pub fn refusals(input: &MonthlyInput) -> Vec<Refusal> {
    let mut reasons = predictor_refusals(input);
    for (side, months) in [(Side::Baseline, &input.baseline), (Side::Reporting, &input.reporting)] {
        reasons.extend(month_refusals(side, months, input));
    }
    reasons.extend(length_refusals(input));
    reasons
}

/// Months without a value between the first and the last, as first days.
pub fn missing_months(months: &[Month]) -> Vec<Date> {
    let present: BTreeSet<i32> = months.iter().map(|month| month_number(month.first_day)).collect();
    let (Some(&first), Some(&last)) = (present.first(), present.last()) else {
        return Vec::new();
    };
    (first..=last).filter(|number| !present.contains(number)).filter_map(first_day).collect()
}

fn predictor_refusals(input: &MonthlyInput) -> Vec<Refusal> {
    let found = input.predictors.len();
    let mut reasons = Vec::new();
    if found == 0 {
        reasons.push(Refusal::NoPredictors);
    }
    if found > PREDICTORS_TO_SEARCH {
        reasons.push(Refusal::TooManyPredictors { found, allowed: PREDICTORS_TO_SEARCH });
    }
    let mut seen = BTreeSet::new();
    for predictor in &input.predictors {
        if !seen.insert(&predictor.name) {
            reasons.push(Refusal::DuplicatePredictor { name: predictor.name.clone() });
        }
    }
    reasons
}

fn month_refusals(side: Side, months: &[Month], input: &MonthlyInput) -> Vec<Refusal> {
    let expected = input.predictors.len();
    let mut reasons = Vec::new();
    let mut count: BTreeMap<Date, usize> = BTreeMap::new();
    for month in months {
        let first_day = month.first_day;
        *count.entry(first_day).or_default() += 1;
        if first_day.day() != 1 {
            reasons.push(Refusal::NotFirstOfMonth { side, date: first_day });
        }
        if month.predictors.len() != expected {
            let found = month.predictors.len();
            reasons.push(Refusal::PredictorCount { side, first_day, found, expected });
        }
        let names = std::iter::once("energy").chain(input.predictors.iter().map(|predictor| predictor.name.as_str()));
        for (name, value) in names.zip(std::iter::once(&month.energy).chain(&month.predictors)) {
            if !is_usable(*value) {
                reasons.push(Refusal::NotFinite { side, first_day, name: name.to_string() });
            }
        }
    }
    let twice = count.into_iter().filter(|(_, count)| *count > 1);
    reasons.extend(twice.map(|(first_day, _)| Refusal::DuplicateMonth { side, first_day }));
    reasons
}

fn length_refusals(input: &MonthlyInput) -> Vec<Refusal> {
    let mut reasons = Vec::new();
    let present: BTreeSet<i32> = input.baseline.iter().map(|month| month_number(month.first_day)).collect();
    let (found, needed) = (present.len(), months_needed(2));
    if found < needed {
        reasons.push(Refusal::BaselineTooShort { found, needed, more_months: needed - found });
    }
    let missing = missing_months(&input.baseline);
    let span = found + missing.len();
    let allowed = (MISSING_SHARE * span as f64).floor() as usize;
    if missing.len() > allowed {
        reasons.push(Refusal::MonthsMissing {
            more_months: missing.len() - allowed,
            share: missing.len() as f64 / span as f64,
            allowed: MISSING_SHARE,
            missing,
            span,
        });
    }
    if input.reporting.is_empty() {
        reasons.push(Refusal::ReportingEmpty { more_months: 1 });
    }
    let baseline_last = input.baseline.iter().map(|month| month.first_day).max();
    let reporting_first = input.reporting.iter().map(|month| month.first_day).min();
    if let (Some(baseline_last), Some(reporting_first)) = (baseline_last, reporting_first)
        && reporting_first <= baseline_last
    {
        reasons.push(Refusal::PeriodsOverlap { baseline_last, reporting_first });
    }
    reasons
}

pub(super) fn month_number(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

fn first_day(number: i32) -> Option<Date> {
    let year = i16::try_from(number.div_euclid(12)).ok()?;
    let month = i8::try_from(number.rem_euclid(12) + 1).ok()?;
    Date::new(year, month, 1).ok()
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Baseline => "baseline",
            Side::Reporting => "reporting period",
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Refusal::*;
        match self {
            BaselineTooShort { found, needed, more_months } => {
                write!(f, "the baseline has {found} months, {needed} are needed: {more_months} more")
            }
            MonthsMissing { missing, span, more_months, .. } => {
                let days: Vec<String> = missing.iter().map(|day| day.strftime("%Y-%m").to_string()).collect();
                let found = missing.len();
                write!(f, "{found} of {span} baseline months are missing ({}): supply {more_months}", days.join(", "))
            }
            ReportingEmpty { .. } => write!(f, "the reporting period is empty: at least 1 month is needed"),
            DuplicateMonth { side, first_day } => write!(f, "{side}: {} twice", first_day.strftime("%Y-%m")),
            NotFirstOfMonth { side, date } => write!(f, "{side}: {date} is not the first day of a month"),
            PeriodsOverlap { baseline_last, reporting_first } => write!(
                f,
                "the reporting period starts {reporting_first}, but the baseline lasts to the month of {baseline_last}"
            ),
            NoPredictors => write!(f, "no predictor is named: production or degree days are needed"),
            TooManyPredictors { found, allowed } => write!(f, "{found} predictors, at most {allowed} can be searched"),
            DuplicatePredictor { name } => write!(f, "two predictors are named \"{name}\""),
            PredictorCount { side, first_day, found, expected } => {
                write!(f, "{side}: {} has {found} predictors, expected {expected}", first_day.strftime("%Y-%m"))
            }
            NotFinite { side, first_day, name } => {
                write!(f, "{side}: {} \"{name}\" is not a number", first_day.strftime("%Y-%m"))
            }
            OneValueEnergy { value } => write!(f, "the energy is {value} in every baseline month"),
            OneValuePredictor { name, value } => write!(f, "\"{name}\" is {value} in every baseline month"),
            NoModelFitted { refusals } => {
                let texts: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                write!(f, "no model could be fitted: {}", texts.join("; "))
            }
            NoValidModel { tried, predictors, failed_tests, more_months } => {
                let tests: Vec<&str> = failed_tests.iter().map(|test| test.test.code()).collect();
                let (names, tests) = (predictors.join(", "), tests.join(", "));
                write!(f, "none of {tried} models is valid; the nearest, on {names}, fails {tests}")?;
                match more_months {
                    Some(months) => write!(f, "; about {months} more months would do if the scatter stays"),
                    None => Ok(()),
                }
            }
            SavingRefused { refusal } => write!(f, "{refusal}"),
        }
    }
}
