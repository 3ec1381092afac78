//! A verified saving of one meter on monthly data: choose a model, judge it, state the saving or say why not.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::averaging::{alternatives, over_models};
use super::by_plan::ByPlan;
use super::design::Design;
use super::distributions::{f_upper, t_two_sided};
use super::regression::{Predictor, Regression, RegressionRefusal, durbin_watson};
use super::saving::{ReportingRow, Saving, saving};
use super::search::{Candidate, PREDICTORS_IN_MODEL, Search, search_with_signs};
use super::sufficiency::{Refusal, SPARE_MONTHS, missing_months, month_number, refusals};
use super::uncertainty::{Question, Uncertainty, uncertainty};
use super::validity::{
    Conditions, EVERY_SLOPE, MODEL_SIGNIFICANCE, ONE_SLOPE, Sign, TestName, Validity, ValidityTest, validity,
};

/// Energy and predictors of one meter. A month without a value is left out, never zero. Any unit, the same throughout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthlyInput {
    pub predictors: Vec<MonthlyPredictor>,
    pub baseline: Vec<Month>,
    pub reporting: Vec<Month>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthlyPredictor {
    pub name: String,
    pub sign: Sign,
}

/// One month; predictors in the order of `MonthlyInput::predictors`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Month {
    pub first_day: Date,
    pub energy: f64,
    pub predictors: Vec<f64>,
}

/// The answer. A refusal is an answer too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Verification {
    Saving(Box<MonthlySaving>),
    Refused {
        reasons: Vec<Refusal>,
    },
    /// A measurement plan with a model of a meter, or one that could not be carried out.
    Planned(Box<ByPlan>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthlySaving {
    pub saving: Saving,
    /// The form of `saving.uncertainty_90` and all others beside it. Missing where the fit leaves no scatter; the form is
    /// then that with n / n′.
    #[serde(default)]
    pub uncertainty: Option<Uncertainty>,
    pub model: Regression,
    pub validity: Validity,
    /// Missing when the fit leaves no scatter.
    pub durbin_watson: Option<f64>,
    pub models_tried: usize,
    pub models_valid: usize,
    /// Predictors with one value in the whole baseline; they cannot explain anything.
    pub left_out: Vec<String>,
    pub baseline: Vec<BaselineMonth>,
    pub reporting: Vec<ReportingMonth>,
    /// Months without a value between first and last; the reporting ones are not part of the saving.
    pub baseline_missing: Vec<Date>,
    pub reporting_missing: Vec<Date>,
    pub notes: Vec<Note>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineMonth {
    pub first_day: Date,
    pub energy: f64,
    pub fitted: f64,
    pub residual: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportingMonth {
    pub first_day: Date,
    pub energy: f64,
    pub predicted: f64,
    pub saving: f64,
    pub cumulative_saving: f64,
    pub cumulative_uncertainty_90: f64,
    /// Predictors of the model that lay outside their baseline range in this month.
    pub outside_range: Vec<String>,
}

/// What the reader of a saving must know besides the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The 90 % interval holds zero: the data do not show that anything was saved.
    ZeroInsideInterval,
    /// The interval lies below zero: more was used than expected.
    UsedMore,
    /// The residuals follow each other (ρ > 0); the interval was widened for it.
    ResidualsCorrelated,
    /// The mean of a predictor lies outside the baseline range and beyond three standard deviations.
    OutsideBaseline,
    /// The fit is exact to a millionth. Metered energy never is: it may have been calculated from the predictors.
    FitWithoutScatter,
    ReportingMonthsMissing,
    BaselineMonthsMissing,
}

impl Note {
    pub fn code(self) -> &'static str {
        match self {
            Note::ZeroInsideInterval => "zero-inside-interval",
            Note::UsedMore => "used-more",
            Note::ResidualsCorrelated => "residuals-correlated",
            Note::OutsideBaseline => "outside-baseline",
            Note::FitWithoutScatter => "fit-without-scatter",
            Note::ReportingMonthsMissing => "reporting-months-missing",
            Note::BaselineMonthsMissing => "baseline-months-missing",
        }
    }
}

/// The method with the version of its figures, which is raised whenever a change of the program changes them.
pub const METHOD: &str = "regression-monthly/2";

/// Share of the spread below which a fit is exact to a millionth.
const WITHOUT_SCATTER: f64 = 1e-12;

/// The method of `docs/methods/verification.md`, one line per step. The order of months and predictors in the input
/// does not matter.
pub fn verify_monthly(input: &MonthlyInput) -> Verification {
    let reasons = refusals(input);
    if !reasons.is_empty() {
        return Verification::Refused { reasons };
    }
    let (baseline, reporting) = (in_order(&input.baseline), in_order(&input.reporting));
    let (response, predictors, signs) = columns(input, &baseline);
    let most = PREDICTORS_IN_MODEL.min(baseline.len() - SPARE_MONTHS - 1);
    let mut search = search_with_signs(&response, &predictors, &signs, most);
    let Some(best) = search.best.take() else {
        return Verification::Refused { reasons: without_model(search) };
    };
    match with_model(input, &baseline, &reporting, &search, best.model) {
        Ok(saving) => Verification::Saving(Box::new(saving)),
        Err(refusal) => Verification::Refused { reasons: vec![refusal] },
    }
}

fn in_order(months: &[Month]) -> Vec<&Month> {
    let mut months: Vec<&Month> = months.iter().collect();
    months.sort_by_key(|month| month.first_day);
    months
}

/// The baseline as columns, predictors by name, so that the order of the input leaves no trace in the last digit.
fn columns(input: &MonthlyInput, baseline: &[&Month]) -> (Vec<f64>, Vec<Predictor>, Vec<Sign>) {
    let response = baseline.iter().map(|month| month.energy).collect();
    let places = order_of(input);
    let column = |&place: &usize| Predictor {
        name: input.predictors[place].name.clone(),
        values: baseline.iter().map(|month| month.predictors[place]).collect(),
    };
    let predictors = places.iter().map(column).collect();
    (response, predictors, places.iter().map(|&place| input.predictors[place].sign).collect())
}

fn order_of(input: &MonthlyInput) -> Vec<usize> {
    let mut places: Vec<usize> = (0..input.predictors.len()).collect();
    places.sort_by(|&a, &b| input.predictors[a].name.cmp(&input.predictors[b].name));
    places
}

fn with_model(
    input: &MonthlyInput,
    baseline: &[&Month],
    reporting: &[&Month],
    search: &Search,
    model: Regression,
) -> Result<MonthlySaving, Refusal> {
    let places = places_of(&model, input);
    let signs: Vec<Sign> = places.iter().map(|&place| input.predictors[place].sign).collect();
    let row = |month: &&Month| ReportingRow {
        predictors: places.iter().map(|&place| month.predictors[place]).collect(),
        observed: month.energy,
    };
    let rows: Vec<ReportingRow> = reporting.iter().map(row).collect();
    let reporting_values: Vec<Vec<f64>> = rows.iter().map(|row| row.predictors.clone()).collect();
    let validity = validity(&model, &Conditions { signs: &signs, reporting: &reporting_values });
    let mut total = saving(&model, &rows).map_err(|refusal| Refusal::SavingRefused { refusal })?;
    let mut months = reporting_months(&model, reporting, &rows);
    let uncertainty = uncertainty_of(input, baseline, reporting, &model, &places, total.predicted);
    if let Some(found) = &uncertainty {
        // Part sums keep their proportion to the whole.
        let wider = found.half_width_90 / total.uncertainty_90;
        months.iter_mut().for_each(|month| month.cumulative_uncertainty_90 *= wider);
        total.uncertainty_90 = found.half_width_90;
        total.relative = (total.saving != 0.0).then(|| total.uncertainty_90 / total.saving.abs());
        if let Some(last) = months.last_mut() {
            last.cumulative_uncertainty_90 = total.uncertainty_90;
        }
    }
    let (baseline_missing, reporting_missing) = (missing_months(&input.baseline), missing_months(&input.reporting));
    let notes = notes(&model, &validity, &total, &baseline_missing, &reporting_missing);
    Ok(MonthlySaving {
        baseline: baseline_months(&model, baseline),
        reporting: months,
        durbin_watson: durbin_watson(model.residuals()),
        models_tried: search.tried,
        models_valid: search.valid,
        left_out: constants(&search.refusals).map(|(name, _)| name).collect(),
        saving: total,
        uncertainty,
        validity,
        model,
        baseline_missing,
        reporting_missing,
        notes,
    })
}

/// All forms for the chosen model, and the interval over all models that it was chosen from.
fn uncertainty_of(
    input: &MonthlyInput,
    baseline: &[&Month],
    reporting: &[&Month],
    model: &Regression,
    places: &[usize],
    predicted: f64,
) -> Option<Uncertainty> {
    let steps = |months: &[&Month]| -> Vec<i64> {
        months.iter().map(|month| i64::from(month_number(month.first_day))).collect()
    };
    let (before, after) = (steps(baseline), steps(reporting));
    let column = |place: &usize| -> Vec<f64> { baseline.iter().map(|month| month.predictors[*place]).collect() };
    let design = Design::new(
        &std::iter::once(vec![1.0; baseline.len()]).chain(places.iter().map(column)).collect::<Vec<Vec<f64>>>(),
    );
    let sums = places.iter().map(|&place| reporting.iter().map(|month| month.predictors[place]).sum());
    let summed: Vec<f64> = std::iter::once(reporting.len() as f64).chain(sums).collect();
    if model.sse <= WITHOUT_SCATTER * model.sst {
        return None;
    }
    let found = uncertainty(&Question {
        design: &design,
        steps: &before,
        residuals: model.residuals(),
        summed: &summed,
        reporting: &after,
        moved: None,
    })?;
    let (response, predictors, signs) = columns(input, baseline);
    let most = PREDICTORS_IN_MODEL.min(baseline.len() - SPARE_MONTHS - 1);
    let order = order_of(input);
    let rows: Vec<Vec<f64>> =
        reporting.iter().map(|month| order.iter().map(|&place| month.predictors[place]).collect()).collect();
    let others = alternatives(&response, &predictors, &signs, most, &rows);
    match over_models(&others, predicted, &before, &after) {
        Some(width) if others.len() > 1 => Some(found.over_models(width)),
        _ => Some(found),
    }
}

/// Where the predictors of the model stand in the input.
fn places_of(model: &Regression, input: &MonthlyInput) -> Vec<usize> {
    let place = |name: &String| input.predictors.iter().position(|predictor| predictor.name == *name);
    model.names.iter().skip(1).filter_map(place).collect()
}

fn baseline_months(model: &Regression, months: &[&Month]) -> Vec<BaselineMonth> {
    let fits = model.fitted().iter().zip(model.residuals());
    let month = |(month, (fitted, residual)): (&&Month, (&f64, &f64))| BaselineMonth {
        first_day: month.first_day,
        energy: month.energy,
        fitted: *fitted,
        residual: *residual,
    };
    months.iter().zip(fits).map(month).collect()
}

fn reporting_months(model: &Regression, months: &[&Month], rows: &[ReportingRow]) -> Vec<ReportingMonth> {
    let mut result = Vec::with_capacity(rows.len());
    for (place, (month, row)) in months.iter().zip(rows).enumerate() {
        let (Some(predicted), Ok(so_far)) = (model.predict(&row.predictors), saving(model, &rows[..=place])) else {
            continue;
        };
        let values = model.names.iter().skip(1).zip(model.ranges()).zip(&row.predictors);
        let outside = values.filter(|((_, range), value)| **value < range.minimum || **value > range.maximum);
        result.push(ReportingMonth {
            first_day: month.first_day,
            energy: month.energy,
            predicted,
            saving: predicted - month.energy,
            cumulative_saving: so_far.saving,
            cumulative_uncertainty_90: so_far.uncertainty_90,
            outside_range: outside.map(|((name, _), _)| name.clone()).collect(),
        });
    }
    result
}

fn notes(
    model: &Regression,
    validity: &Validity,
    saving: &Saving,
    baseline_missing: &[Date],
    reporting_missing: &[Date],
) -> Vec<Note> {
    let outside = |test: &ValidityTest| test.test == TestName::PredictorRange && !test.passed;
    let all = [
        (saving.saving.abs() <= saving.uncertainty_90, Note::ZeroInsideInterval),
        (saving.saving < -saving.uncertainty_90, Note::UsedMore),
        (saving.autocorrelation_factor > 1.0, Note::ResidualsCorrelated),
        (validity.tests.iter().any(outside), Note::OutsideBaseline),
        (model.sse <= WITHOUT_SCATTER * model.sst, Note::FitWithoutScatter),
        (!reporting_missing.is_empty(), Note::ReportingMonthsMissing),
        (!baseline_missing.is_empty(), Note::BaselineMonthsMissing),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, note)| note).collect()
}

/// Why the search found nothing: no predictor that varies, nothing that could be fitted, or nothing valid.
fn without_model(search: Search) -> Vec<Refusal> {
    if let Some(nearest) = search.nearest {
        return vec![Refusal::NoValidModel {
            tried: search.tried,
            predictors: nearest.model.names.iter().skip(1).cloned().collect(),
            failed_tests: nearest.validity.failed().cloned().collect(),
            more_months: months_to_validity(&nearest),
        }];
    }
    let one_value = |refusal: &RegressionRefusal| match refusal {
        RegressionRefusal::ConstantResponse { value } => Some(Refusal::OneValueEnergy { value: *value }),
        RegressionRefusal::ConstantPredictor { name, value } => {
            Some(Refusal::OneValuePredictor { name: name.clone(), value: *value })
        }
        _ => None,
    };
    let mut reasons: Vec<Refusal> = search.refusals.iter().filter_map(one_value).collect();
    let others: Vec<_> = search.refusals.into_iter().filter(|refusal| one_value(refusal).is_none()).collect();
    if !others.is_empty() {
        reasons.push(Refusal::NoModelFitted { refusals: others });
    }
    reasons
}

fn constants(refusals: &[RegressionRefusal]) -> impl Iterator<Item = (String, f64)> {
    refusals.iter().filter_map(|refusal| match refusal {
        RegressionRefusal::ConstantPredictor { name, value } => Some((name.clone(), *value)),
        _ => None,
    })
}

/// Longest wait that is worth naming: three years.
const LONGEST_WAIT: usize = 36;

/// How many more months would make this model valid if slopes, scatter and the spread of the predictors stay as they
/// are: t grows with √n, F with its degrees of freedom, R² and signs do not change. An estimate, no promise.
fn months_to_validity(nearest: &Candidate) -> Option<usize> {
    let model = &nearest.model;
    let stays = |test: &ValidityTest| matches!(test.test, TestName::RSquared | TestName::ExpectedSign);
    if nearest.validity.failed().any(stays) {
        return None;
    }
    let slopes = model.p - 1;
    (1..=LONGEST_WAIT).find(|more| {
        let degrees = model.df_resid + more;
        let longer = ((model.n + more) as f64 / model.n as f64).sqrt();
        let p_values = model.t.iter().skip(1).map(|t| t_two_sided(t * longer, degrees));
        let (smallest, largest) = p_values.fold((1.0_f64, 0.0_f64), |(low, high), p| (low.min(p), high.max(p)));
        let f = model.f * degrees as f64 / model.df_resid as f64;
        f_upper(f, slopes, degrees) < MODEL_SIGNIFICANCE && largest < EVERY_SLOPE && smallest < ONE_SLOPE
    })
}
