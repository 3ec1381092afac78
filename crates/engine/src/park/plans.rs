//! Measurement plans: how the saving of a measure is to be shown. A measure has at most one, and its verification is
//! carried out by it. See `docs/methods/measurement-plan.md`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Measure;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind};
use crate::ids::{MeasureId, MeterId};
use crate::period::{Period, parse_date};
use crate::table::Row;

/// What was agreed. Amounts are in the canonical unit of the measure's resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub measure: MeasureId,
    /// `None`: bills.
    pub meter: Option<MeterId>,
    pub model: PlannedModel,
    #[serde(default)]
    pub step: Step,
    /// What may explain the use: products, drivers, meters of the site, `outdoor-temperature`.
    #[serde(default)]
    pub predictors: Vec<String>,
    /// Days that are no working days whatever their weekday; they stay in both periods.
    #[serde(default)]
    pub holidays: Vec<Period>,
    /// Days that take no part: a shutdown that everybody knew of.
    #[serde(default)]
    pub left_out: Vec<Period>,
    /// First day of the reporting period; `None` or an earlier day: the day after the installation.
    #[serde(default)]
    pub begins: Option<Date>,
    /// In the canonical unit.
    pub expected_saving_a_year: Option<f64>,
    /// The 90 % half-width over the saving that is good enough.
    #[serde(default)]
    pub target: Option<f64>,
    /// Half the 90 % interval over the planned months, as the data of that day let expect; `None` where they did not.
    #[serde(default)]
    pub expected_uncertainty_90: Option<f64>,
    /// Months of the reporting period.
    pub months: usize,
    #[serde(default)]
    pub note: String,
}

/// The models that a plan may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PlannedModel {
    /// The regression by months that measures without a plan are verified by; on bills or a meter.
    #[serde(rename = "regression-monthly", alias = "regression-monthly/1")]
    RegressionMonthly,
    #[serde(rename = "regression")]
    Regression,
    #[serde(rename = "change_point")]
    ChangePoint,
    #[serde(rename = "towt_production")]
    TowtProduction,
    #[serde(rename = "towt")]
    Towt,
    #[serde(rename = "daily_legacy")]
    DailyLegacy,
    #[serde(rename = "hourly_caltrack")]
    HourlyCaltrack,
    /// Nothing of a meter: readings of the device itself, rate before, rate after, and hours.
    #[serde(rename = "key_parameter")]
    KeyParameter,
    /// Nothing is measured: the expected saving was agreed on, and the note says by what and why.
    #[serde(rename = "stipulated")]
    Stipulated,
}

/// How far apart the rows of a model stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Hour,
    Day,
    /// From Monday.
    Week,
    #[default]
    Month,
}

/// Codes of [`PlannedModel`], for the sheet.
pub const MODELS: &[&str] = &[
    "regression-monthly",
    "regression",
    "change_point",
    "towt_production",
    "towt",
    "daily_legacy",
    "hourly_caltrack",
    "key_parameter",
    "stipulated",
];
/// Codes of [`Step`], for the sheet.
pub const STEPS: &[&str] = &["hour", "day", "week", "month"];

/// The name by which a plan asks for temperatures.
pub const TEMPERATURE: &str = "outdoor-temperature";

impl PlannedModel {
    pub const ALL: [PlannedModel; 9] = [
        PlannedModel::RegressionMonthly,
        PlannedModel::Regression,
        PlannedModel::ChangePoint,
        PlannedModel::TowtProduction,
        PlannedModel::Towt,
        PlannedModel::DailyLegacy,
        PlannedModel::HourlyCaltrack,
        PlannedModel::KeyParameter,
        PlannedModel::Stipulated,
    ];

    pub fn code(self) -> &'static str {
        MODELS[self as usize]
    }

    pub fn parse(code: &str) -> Option<PlannedModel> {
        PlannedModel::ALL.into_iter().find(|model| model.code() == code)
    }

    /// The steps at which it can be fitted.
    pub fn steps(self) -> &'static [Step] {
        match self {
            PlannedModel::RegressionMonthly | PlannedModel::KeyParameter | PlannedModel::Stipulated => &[Step::Month],
            PlannedModel::Regression | PlannedModel::ChangePoint => &[Step::Day, Step::Week, Step::Month],
            PlannedModel::DailyLegacy => &[Step::Day],
            PlannedModel::TowtProduction | PlannedModel::Towt | PlannedModel::HourlyCaltrack => &[Step::Hour],
        }
    }

    /// Whether it looks at any reading or bill.
    pub fn is_measured(self) -> bool {
        self != PlannedModel::Stipulated
    }

    /// Whether it compares what a meter or bills show, which several measures may share.
    pub fn is_of_meter(self) -> bool {
        !matches!(self, PlannedModel::KeyParameter | PlannedModel::Stipulated)
    }

    /// Whether it is fitted to rows of a meter's readings, by its step.
    pub fn has_rows(self) -> bool {
        self.is_of_meter() && self != PlannedModel::RegressionMonthly
    }

    /// The published models look at the temperature and at nothing else.
    pub fn is_published(self) -> bool {
        matches!(self, PlannedModel::Towt | PlannedModel::DailyLegacy | PlannedModel::HourlyCaltrack)
    }
}

impl Step {
    pub const ALL: [Step; 4] = [Step::Hour, Step::Day, Step::Week, Step::Month];

    pub fn code(self) -> &'static str {
        STEPS[self as usize]
    }

    pub fn parse(code: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.code() == code)
    }
}

impl Plan {
    /// Whether the outdoor temperature may explain the use.
    pub fn has_temperature(&self) -> bool {
        self.model.is_published() || self.predictors.iter().any(|name| name == TEMPERATURE)
    }

    /// Predictors beside the temperature.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        let is_used = !self.model.is_published();
        self.predictors.iter().filter(move |name| is_used && *name != TEMPERATURE)
    }

    /// What of it contradicts itself: the field and what was expected.
    pub fn contradictions(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let steps = self.model.steps();
        if !steps.contains(&self.step) {
            found.push(("step", steps.iter().map(|step| step.code()).collect::<Vec<_>>().join(" | ")));
        }
        if self.model.has_rows() && self.meter.is_none() {
            found.push(("meter", "meters".to_string()));
        }
        if self.model == PlannedModel::RegressionMonthly && self.predictors.is_empty() {
            found.push(("predictors", "≥ 1".to_string()));
        }
        if self.model == PlannedModel::Stipulated {
            if self.expected_saving_a_year.is_none() {
                found.push(("expected_saving", "≥ 0".to_string()));
            }
            if self.note.trim().is_empty() {
                found.push(("note", "≥ 1".to_string()));
            }
        }
        if !self.model.is_of_meter() && !self.predictors.is_empty() {
            found.push(("predictors", String::new()));
        }
        if !self.model.has_rows() {
            // It knows no days.
            let days = [("holidays", &self.holidays), ("left_out", &self.left_out)];
            found
                .extend(days.into_iter().filter(|(_, days)| !days.is_empty()).map(|(field, _)| (field, String::new())));
        }
        found
    }
}

/// Plans from the rows of their sheet. What contradicts itself, a second plan of a measure, and a unit that does not
/// measure the measure's resource are faults.
pub(super) fn plans(rows: &[Row], measures: &[Measure], catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for row in rows {
        let measure = MeasureId::new(row.text("measure"));
        if plans.iter().any(|plan| plan.measure == measure) {
            faults.push(row.fault("measure", FaultKind::Duplicate, "once"));
        }
        let spans = |name: &str, faults: &mut Vec<Fault>| {
            let spans = spans(&row.text(name));
            if spans.is_none() {
                faults.push(row.fault(name, FaultKind::NotADate, "2024-02-08..2024-02-14; 2024-09-02"));
            }
            spans.unwrap_or_default()
        };
        let (holidays, left_out) = (spans("holidays", faults), spans("left_out", faults));
        let resource = measures.iter().find(|one| one.id == measure).map(|one| &one.resource);
        let dimension = resource.and_then(|id| catalogue.resource(id)).map(|resource| resource.dimension);
        let unit = catalogue.units.get(&row.text("unit"));
        let fits = dimension.zip(unit).is_some_and(|(dimension, unit)| unit.dimension == dimension);
        let expected = row.number("expected_saving");
        if let (Some(_), Some(dimension), false) = (expected, dimension, fits) {
            faults.push(row.fault("unit", FaultKind::WrongUnit, catalogue.unit_codes(dimension).join(" | ")));
        }
        let (Some(model), Some(step)) = (PlannedModel::parse(&row.text("model")), Step::parse(&row.text("step")))
        else {
            continue;
        };
        let Some(months) = row.number("months") else { continue };
        let plan = Plan {
            measure,
            meter: row.optional_text("meter").map(MeterId::new),
            model,
            step,
            predictors: listed(&row.text("predictors")),
            holidays,
            left_out,
            begins: row.date("begins"),
            expected_saving_a_year: expected.zip(unit).map(|(value, unit)| value * unit.factor),
            target: row.number("target"),
            expected_uncertainty_90: None,
            months: months as usize,
            note: row.text("note"),
        };
        for (field, expected) in plan.contradictions() {
            faults.push(row.fault(field, FaultKind::Contradiction, expected));
        }
        plans.push(plan);
    }
    plans
}

/// Parts between semicolons.
pub fn listed(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_string).collect()
}

/// `2024-02-08..2024-02-14; 2024-09-02`: days and spans of days, the last day included. `None` where a part is neither.
pub fn spans(text: &str) -> Option<Vec<Period>> {
    let span = |part: String| {
        let (first, last) = part.split_once("..").unwrap_or((&part, &part));
        Period::new(parse_date(first.trim())?, parse_date(last.trim())?.tomorrow().ok()?)
    };
    listed(text).into_iter().map(span).collect()
}

/// As [`spans`] reads them.
pub fn written(spans: &[Period]) -> String {
    let part = |span: &Period| match span.end().yesterday() {
        Ok(last) if last != span.start() => format!("{}..{last}", span.start()),
        _ => span.start().to_string(),
    };
    spans.iter().map(part).collect::<Vec<_>>().join("; ")
}
