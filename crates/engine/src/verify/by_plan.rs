//! The verification of a measure as its measurement plan says: by which meter, which model, which columns. A plan that
//! cannot be carried out is refused with what is missing; nothing else is computed in its place.
//! See `docs/methods/measurement-plan.md`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::adjustment::{Adjustment, of_park, with_columns};
use super::by_key_parameter::{self, KeyParameter, Taken};
use super::drift::{Moved, of_plant, of_published};
use super::isolation::{IsolationRefusal, KEY_PARAMETER, STIPULATED};
use super::meter::{
    Disqualification, MeterAnswer, MeterModel, Prediction, Rule, Savings, TemperatureUnit, verify_meter,
};
use super::meter_file::MeterRow;
use super::meter_rows::{Excluded, MeterRows, Spans};
use super::monthly::METHOD;
use super::plan_rows::{PlanRows, enough_on, rows};
use super::plant::{PlantAnswer, PlantModel, PlantPredictor, PlantSpec, Reason, verify_plant};
use crate::catalogue::Catalogue;
use crate::park::plans::{Plan, PlannedModel, Step};
use crate::park::{Measure, Park};
use crate::period::Period;
use crate::quantity::Dimension;

/// What came of a plan. Amounts are in the canonical unit of the measure's resource, temperatures in °C.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByPlan {
    /// Model, step and version.
    pub method: String,
    pub model: PlannedModel,
    pub step: Step,
    /// Why no saving is told, all reasons at once; empty where one is.
    pub reasons: Vec<PlanReason>,
    /// Rows that both were observed and can be predicted.
    pub savings: Option<Savings>,
    /// Half the width of the 90 % interval.
    pub uncertainty_90: Option<f64>,
    /// The model's own answer, as far as one was fitted.
    pub answer: Option<ModelAnswer>,
    /// Observed and predicted use in order of time; hours added up to days.
    pub rows: Vec<Compared>,
    /// Rows that take no part or were raised, in order of time.
    pub excluded: Vec<Excluded>,
    /// What drifts of its columns and of the temperature do to the prediction of the rows compared.
    #[serde(skip)]
    pub moved: Moved,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelAnswer {
    Plant(Box<PlantAnswer>),
    Published(Box<MeterAnswer>),
    KeyParameter(Box<KeyParameter>),
}

/// One day, week or month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub first_day: Date,
    pub is_baseline: bool,
    pub observed: f64,
    pub predicted: f64,
}

/// Why a plan was not carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum PlanReason {
    /// The park has no such meter.
    MeterGone {
        meter: String,
    },
    /// It measures another resource, or at another enterprise.
    MeterOfAnother {
        meter: String,
    },
    NoReadings {
        meter: String,
    },
    /// Its readings stand farther apart than the rows of the plan.
    TooCoarse {
        meter: String,
        found_s: i64,
        step: Step,
    },
    /// Nothing of this name is known of the site by such rows.
    PredictorUnknown {
        name: String,
        step: Step,
    },
    /// Neither a thermometer of the site nor a station gives temperatures by such rows.
    NoTemperature {
        step: Step,
    },
    /// Days beyond the calendar.
    NoSpan,
    /// Nobody told the hours that the device ran in the reporting period.
    NoHours,
    /// Hours that lie in the reporting period only in part.
    HoursAcross {
        period: Period,
    },
    /// What a saving by key parameter asks for.
    Isolation(IsolationRefusal),
    /// What the models of plants ask for.
    Model(Reason),
    /// What the published models ask for; `enough_on` where waiting helps.
    Published {
        rule: Rule,
        found: f64,
        needed: f64,
        enough_on: Option<Date>,
    },
}

impl ByPlan {
    /// Saving and half its 90 % interval.
    pub fn saving(&self) -> Option<(f64, f64)> {
        let savings = self.savings.filter(|_| self.reasons.is_empty())?;
        Some((savings.savings, self.uncertainty_90?))
    }

    /// A plan that cannot even be begun.
    pub(super) fn refused(plan: &Plan, reasons: Vec<PlanReason>) -> ByPlan {
        ByPlan {
            method: method(plan.model, plan.step),
            model: plan.model,
            step: plan.step,
            reasons,
            savings: None,
            uncertainty_90: None,
            answer: None,
            rows: Vec::new(),
            excluded: Vec::new(),
            moved: Moved::new(),
        }
    }
}

/// `regression-day/2`: the model, its step, and the version of its figures.
pub fn method(model: PlannedModel, step: Step) -> String {
    let version = match kind_of(model) {
        Kind::Monthly => return METHOD.to_string(),
        Kind::KeyParameter => return KEY_PARAMETER.to_string(),
        Kind::Stipulated => return STIPULATED.to_string(),
        Kind::Plant(model) => model.version(),
        Kind::Published(model) => model.version(),
    };
    format!("{}-{}/{version}", model.code(), step.code())
}

enum Kind {
    Monthly,
    KeyParameter,
    Stipulated,
    Plant(PlantModel),
    Published(MeterModel),
}

fn kind_of(model: PlannedModel) -> Kind {
    match model {
        PlannedModel::RegressionMonthly => Kind::Monthly,
        PlannedModel::Regression => Kind::Plant(PlantModel::Regression),
        PlannedModel::ChangePoint => Kind::Plant(PlantModel::ChangePoint),
        PlannedModel::TowtProduction => Kind::Plant(PlantModel::TowtProduction),
        PlannedModel::Towt => Kind::Published(MeterModel::Towt),
        PlannedModel::DailyLegacy => Kind::Published(MeterModel::DailyLegacy),
        PlannedModel::HourlyCaltrack => Kind::Published(MeterModel::HourlyCaltrack),
        PlannedModel::KeyParameter => Kind::KeyParameter,
        PlannedModel::Stipulated => Kind::Stipulated,
    }
}

/// Carries out a plan: of a model of a meter rows of both periods, model, saving, and what took no part.
/// `None` for the regression by months, which `measures` carries out, and for what is not measured.
pub(super) fn carry_out(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    plan: &Plan,
    (installed, period): (Period, Period),
) -> Option<ByPlan> {
    let kind = kind_of(plan.model);
    match kind {
        Kind::Monthly | Kind::Stipulated => return None,
        Kind::KeyParameter => {
            let resource = catalogue.resource(&measure.resource);
            let dimension = resource.map_or(Dimension::Energy, |resource| resource.dimension);
            let taken = Taken::of(park, measure, plan, (installed, period));
            return Some(by_key_parameter::carry_out(dimension, plan, &taken));
        }
        Kind::Plant(_) | Kind::Published(_) => {}
    }
    let Some(spans) = Spans::of(plan, installed, period) else {
        return Some(ByPlan::refused(plan, vec![PlanReason::NoSpan]));
    };
    let of_plan = match rows(park, catalogue, measure, plan, spans) {
        Ok(rows) => rows,
        Err(reasons) => return Some(ByPlan::refused(plan, reasons)),
    };
    let rows = &of_plan.rows;
    let mut found = ByPlan::refused(plan, Vec::new());
    let predictions = match kind {
        Kind::Monthly | Kind::KeyParameter | Kind::Stipulated => return None,
        Kind::Plant(_) => {
            let adjustments: Vec<Adjustment> = park.adjustments_of(&measure.id).map(of_park).collect();
            let spec = spec_of(plan, &of_plan);
            let (_, baseline) = with_columns(&spec, &rows.baseline, &adjustments);
            let (spec, reporting) = with_columns(&spec, &rows.reporting, &adjustments);
            let answer = verify_plant(&spec, &baseline, &reporting);
            found.reasons = answer.disqualification.iter().cloned().map(PlanReason::Model).collect();
            (found.savings, found.uncertainty_90) = (answer.savings, answer.savings_uncertainty_90);
            let predictions = answer.predictions.clone();
            found.moved = of_plant(&answer, &reporting, plan);
            found.answer = Some(ModelAnswer::Plant(Box::new(answer)));
            predictions
        }
        Kind::Published(model) => {
            let answer = verify_meter(model, &rows.baseline, &rows.reporting, TemperatureUnit::Celsius);
            let reasons = answer.disqualification.iter().map(|one| published(one, &rows.baseline));
            found.reasons = reasons.collect();
            (found.savings, found.uncertainty_90) = (answer.savings, answer.savings_uncertainty_90);
            let predictions = answer.predictions.clone();
            found.moved = of_published(&answer, &rows.reporting);
            found.answer = Some(ModelAnswer::Published(Box::new(answer)));
            predictions
        }
    };
    found.rows = compared(rows, &predictions);
    found.excluded = of_plan.rows.excluded;
    Some(found)
}

/// The specification of a plan's model over its rows.
pub(super) fn spec_of(plan: &Plan, rows: &PlanRows) -> PlantSpec {
    let named = plan.columns().zip(&rows.signs);
    let days = plan.holidays.iter().flat_map(|span| {
        let days = span.start().series(jiff::Span::new().days(1));
        days.take_while(|day| *day < span.end())
    });
    PlantSpec {
        model: match kind_of(plan.model) {
            Kind::Plant(model) => model,
            Kind::Monthly | Kind::KeyParameter | Kind::Stipulated | Kind::Published(_) => PlantModel::Regression,
        },
        predictors: named.map(|(name, sign)| PlantPredictor { name: name.clone(), sign: *sign }).collect(),
        holidays: days.collect(),
        temperature: plan.has_temperature().then_some(TemperatureUnit::Celsius),
    }
}

pub(super) fn published(one: &Disqualification, baseline: &[MeterRow]) -> PlanReason {
    let days = (one.code == Rule::BaselineTooShort).then_some(one.needed.ceil() as usize);
    PlanReason::Published {
        rule: one.code,
        found: one.found,
        needed: one.needed,
        enough_on: days.and_then(|days| enough_on(baseline, days)),
    }
}

fn compared(rows: &MeterRows, predictions: &[Prediction]) -> Vec<Compared> {
    let mut days: BTreeMap<Date, Compared> = BTreeMap::new();
    for prediction in predictions {
        let period = if prediction.is_baseline { &rows.baseline } else { &rows.reporting };
        let (Some(row), Some(observed), Some(predicted)) =
            (period.get(prediction.row), prediction.observed, prediction.predicted)
        else {
            continue;
        };
        let first_day = row.local.date();
        let nothing = Compared { first_day, is_baseline: prediction.is_baseline, observed: 0.0, predicted: 0.0 };
        let day = days.entry(first_day).or_insert(nothing);
        day.observed += observed;
        day.predicted += predicted;
    }
    days.into_values().collect()
}
