//! What a measure's verification would come to before the measure is built: the uncertainty to expect, and how many months it
//! takes. See `docs/methods/measurement-plan.md`.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::by_plan::{PlanReason, carry_out, spec_of};
use super::inputs::known_months;
use super::measurement_plan::{self, Expectation, MeasurementPlan};
use super::measures::{explaining_months, verify_measures};
use super::meter_rows::Spans;
use super::monthly::Verification;
use super::plan_rows::{columns_at, rows};
use super::sufficiency::Refusal;
use crate::catalogue::Catalogue;
use crate::ids::MeterId;
use crate::observe::Balance;
use crate::park::plans::{Plan, PlannedModel, Step, TEMPERATURE};
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
    /// The same of a plan with a model of a meter.
    Unable(Vec<PlanReason>),
}

/// The verification by months, of months in which nothing was changed, for each length of [`MONTHS_TRIED`]. Empty where no
/// month of the measure's meter or bills is known. No plan is asked.
pub fn outlook(park: &Park, catalogue: &Catalogue, measure: &Measure) -> Vec<Outlook> {
    by_months(park, catalogue, measure, None)
}

/// What the verification by a plan would come to. Plans by months and with published models are carried out as if the
/// measure had been installed before the last months that are known; for the models of plants the baseline's own rows are
/// taken once more, as `measurement_plan` does.
pub fn outlook_of(park: &Park, catalogue: &Catalogue, measure: &Measure, plan: &Plan) -> Vec<Outlook> {
    let plan = Plan { begins: None, ..plan.clone() };
    match plan.model {
        PlannedModel::RegressionMonthly => by_months(park, catalogue, measure, Some(plan)),
        // What the readings after the change will scatter by is not known before, and what is agreed on does not scatter.
        PlannedModel::KeyParameter | PlannedModel::Stipulated => Vec::new(),
        _ => by_rows(park, catalogue, measure, &plan),
    }
}

fn by_months(park: &Park, catalogue: &Catalogue, measure: &Measure, plan: Option<Plan>) -> Vec<Outlook> {
    // What is built already changed the months after it: those before it speak of the plant as it was.
    let before = measure.installed.map(|installed| installed.start());
    let mut park = park.clone();
    // Another plan must not steer what is looked at for this one.
    park.plans.retain(|other| other.measure != measure.id);
    park.plans.extend(plan);
    // What happened since changes nothing of what is to be expected.
    park.adjustments.clear();
    let known = known_months(&park, catalogue, measure);
    let Some(last) = known.into_iter().rfind(|month| before.is_none_or(|day| month.end() <= day)) else {
        return Vec::new();
    };
    MONTHS_TRIED.into_iter().filter_map(|months| pretended(&mut park, catalogue, measure, last, months)).collect()
}

fn by_rows(park: &Park, catalogue: &Catalogue, measure: &Measure, plan: &Plan) -> Vec<Outlook> {
    let known = match known_days(park, catalogue, measure, plan) {
        Ok(known) => known,
        Err(reasons) => return vec![Outlook { months: MONTHS_TRIED[3], outcome: Expected::Unable(reasons) }],
    };
    if plan.model.is_published() {
        return MONTHS_TRIED
            .into_iter()
            .filter_map(|months| carried_out(park, catalogue, measure, plan, known, months))
            .collect();
    }
    let nothing = || vec![Outlook { months: MONTHS_TRIED[3], outcome: Expected::Unable(vec![PlanReason::NoSpan]) }];
    let Some(after) = known.end().tomorrow().ok().and_then(|day| Period::new(known.end(), day)) else {
        return nothing();
    };
    let Some(spans) = Spans::of(plan, after, after) else { return nothing() };
    let rows = match rows(park, catalogue, measure, plan, spans) {
        Ok(rows) => rows,
        Err(reasons) => return vec![Outlook { months: MONTHS_TRIED[3], outcome: Expected::Unable(reasons) }],
    };
    // Of the width nothing depends on what is expected.
    let meter = plan.meter.as_ref().map(ToString::to_string).unwrap_or_default();
    let asked =
        MeasurementPlan { meter, spec: spec_of(plan, &rows), expected_share: 1.0, target: 1.0, begins: plan.begins };
    let Ok(found) = measurement_plan::outlook(&asked, &rows.rows.baseline) else { return nothing() };
    if found.expectations.is_empty() || !found.disqualification.is_empty() {
        let reasons = found.disqualification.into_iter().map(PlanReason::Model).collect();
        return vec![Outlook { months: MONTHS_TRIED[3], outcome: Expected::Unable(reasons) }];
    }
    let expected = |one: &Expectation| Outlook {
        months: one.months,
        outcome: Expected::Interval {
            uncertainty_90: one.uncertainty_90 * measure.share_or_whole(),
            placebo: 0.0,
            predictors: plan.columns().cloned().collect(),
        },
    };
    found.expectations.iter().filter(|one| MONTHS_TRIED.contains(&one.months)).map(expected).collect()
}

/// The days of which the plan's meter is known, up to the installation of a measure that is built.
fn known_days(park: &Park, catalogue: &Catalogue, measure: &Measure, plan: &Plan) -> Result<Period, Vec<PlanReason>> {
    let whole = Period::new(jiff::civil::date(1, 1, 1), jiff::civil::date(9999, 1, 1));
    let whole = whole.ok_or_else(|| vec![PlanReason::NoSpan])?;
    let spans = Spans { baseline: whole, reporting: None };
    let rows = rows(park, catalogue, measure, plan, spans)?.rows;
    let with_value = || rows.baseline.iter().filter(|row| row.value.is_some()).map(|row| row.local.date());
    let last = with_value().next_back().and_then(|day| day.tomorrow().ok());
    let known = with_value().next().zip(last).and_then(|(first, last)| {
        let before = measure.installed.map_or(last, |installed| installed.start().min(last));
        Period::new(first, before)
    });
    known.ok_or_else(|| {
        let meter = plan.meter.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![PlanReason::NoReadings { meter }]
    })
}

/// A plan carried out as if the measure had been installed on the day before the last so many months.
fn carried_out(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    plan: &Plan,
    known: Period,
    months: usize,
) -> Option<Outlook> {
    let first = back(known.end(), months)?;
    let installed = Period::new(first.yesterday().ok()?, first)?;
    let found = carry_out(park, catalogue, measure, plan, (installed, Period::new(first, known.end())?))?;
    let outcome = match found.saving() {
        Some((saving, half)) => Expected::Interval {
            uncertainty_90: half * measure.share_or_whole(),
            placebo: saving * measure.share_or_whole(),
            predictors: Vec::new(),
        },
        None => Expected::Unable(found.reasons),
    };
    Some(Outlook { months, outcome })
}

/// What may be planned for a measure: its bills, and each meter of its site that measures the resource, by the models that
/// the data of the site allow, with all columns that are known at their step.
pub fn choices(park: &Park, catalogue: &Catalogue, measure: &Measure) -> Vec<Plan> {
    let meters =
        park.meters.iter().filter(|one| one.enterprise == measure.enterprise && one.resource == measure.resource);
    let meters: Vec<&MeterId> = meters.map(|meter| &meter.id).collect();
    let mut choices = Vec::new();
    let mut add = |meter: Option<&MeterId>, model: PlannedModel, step: Step| {
        let predictors = available(park, catalogue, measure, meter, step);
        let has_temperature = predictors.iter().any(|name| name == TEMPERATURE);
        let has_column = predictors.iter().any(|name| name != TEMPERATURE);
        let is_of_use = match model {
            PlannedModel::KeyParameter | PlannedModel::Stipulated => false,
            PlannedModel::RegressionMonthly => has_column,
            PlannedModel::TowtProduction => has_column,
            _ if model.is_published() => has_temperature,
            _ => has_column || has_temperature,
        };
        if is_of_use {
            choices.push(blank(measure, meter, model, step, predictors));
        }
    };
    add(None, PlannedModel::RegressionMonthly, Step::Month);
    for meter in meters {
        for model in PlannedModel::ALL {
            for step in model.steps() {
                // By months the regression of the measures says the same in more detail; bends are for whoever asks.
                let is_offered = model == PlannedModel::RegressionMonthly || *step != Step::Month;
                if is_offered && model != PlannedModel::ChangePoint {
                    add(Some(meter), model, *step);
                }
            }
        }
    }
    choices
}

fn blank(measure: &Measure, meter: Option<&MeterId>, model: PlannedModel, step: Step, predictors: Vec<String>) -> Plan {
    Plan {
        measure: measure.id.clone(),
        meter: meter.cloned(),
        model,
        step,
        predictors,
        holidays: Vec::new(),
        left_out: Vec::new(),
        begins: None,
        expected_saving_a_year: None,
        target: None,
        expected_uncertainty_90: None,
        months: 12,
        note: String::new(),
    }
}

/// What may explain the use at a step, by name.
pub fn available(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    meter: Option<&MeterId>,
    step: Step,
) -> Vec<String> {
    if step == Step::Month {
        return explaining_months(park, catalogue, measure).into_iter().map(|(name, _, _)| name).collect();
    }
    columns_at(park, catalogue, measure, meter, step)
}

/// The shortest reporting period whose interval is no wider than what is expected to be saved in it; `None` where even the
/// longest is too short. `a_year` is the expected saving of twelve months, in the same unit.
pub fn months_needed(outlook: &[Outlook], a_year: f64) -> Option<usize> {
    let shows = |one: &&Outlook| match &one.outcome {
        Expected::Interval { uncertainty_90, .. } => *uncertainty_90 < a_year.abs() * one.months as f64 / 12.0,
        Expected::Refused(_) | Expected::Unable(_) => false,
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
            uncertainty_90: saving.saving.uncertainty_90 * measure.share_or_whole(),
            placebo: saving.saving.saving * measure.share_or_whole(),
            predictors: saving.model.names.iter().skip(1).cloned().collect(),
        },
        Verification::Refused { reasons } => Expected::Refused(reasons),
        Verification::Planned(planned) => Expected::Unable(planned.reasons),
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
