//! Words of a verification that was carried out by a measurement plan: its method, what it refused, what took no part, its
//! terms and figures. The page and the certificate say the same.

use engine::catalogue::Catalogue;
use engine::language::{Language, format_date, format_number};
use engine::park::adjustments::Adjustment;
use engine::park::key_readings::{HOUR, KeyQuantity, KeyReading};
use engine::park::plans::{Plan, PlannedModel, Step, TEMPERATURE};
use engine::park::{Measure, Meter, Park};
use engine::period::Period;
use engine::quantity::Dimension;
use engine::verify::adjustment::{AdjustmentProblem, AdjustmentRefusal};
use engine::verify::by_key_parameter::KeyParameter;
use engine::verify::by_plan::{ByPlan, ModelAnswer, PlanReason};
use engine::verify::isolation::{IsolationRefusal, IsolationSide};
use engine::verify::meter::Coefficients;
use engine::verify::meter_rows::{Excluded, Why};
use engine::verify::metrics::Metrics;
use engine::verify::monthly::Verification;
use engine::verify::plant::{PlantCoefficients, Reason};
use engine::verify::term::Term;
use jiff::civil::Date;

use super::saving::{figures, predictor};
use crate::words::{text, text_with};

/// A method of a claim in words with its code, `hồi quy, theo ngày (regression-day/2)`.
pub fn method(language: Language, code: &str) -> String {
    format!("{} ({code})", method_name(language, code))
}

/// A method of a claim in words.
pub fn method_name(language: Language, code: &str) -> String {
    let name = code.split('/').next().unwrap_or(code);
    match name.rsplit_once('-').and_then(|(model, step)| Some((PlannedModel::parse(model)?, Step::parse(step)?))) {
        Some((of, step)) => format!("{}, {}", model(language, of), self::step(language, step)),
        None if name == PlannedModel::RegressionMonthly.code() => text(language, "report-method-regression"),
        None => match PlannedModel::parse(name).filter(|one| !one.is_of_meter()) {
            Some(one) => model(language, one),
            None => text(language, "report-method-expectation"),
        },
    }
}

pub fn model(language: Language, model: PlannedModel) -> String {
    text(language, &format!("planned-model-{}", model.code().replace('_', "-")))
}

/// What a plan does that looks at no meter and no bills: it agrees on a saving, or reads the device itself. `scale` is the printed
/// `unit` of one canonical.
pub fn without_meter(language: Language, plan: &Plan, (scale, unit): (f64, &str)) -> Option<String> {
    if plan.model == PlannedModel::KeyParameter {
        return Some(text(language, "planned-key-parameter"));
    }
    let saving = plan.expected_saving_a_year.filter(|_| !plan.model.is_measured())? * scale;
    let saving = format_number(language, saving, super::decimals(saving));
    let facts = [("saving", &*saving), ("unit", unit), ("reason", &*plan.note)];
    Some(text_with(language, "planned-stipulated", &facts))
}

pub fn step(language: Language, step: Step) -> String {
    text(language, &format!("planned-step-{}", step.code()))
}

/// Why no saving is told, in sentences with what is missing.
pub fn refusals(language: Language, park: &Park, catalogue: &Catalogue, verification: &Verification) -> Vec<String> {
    match verification {
        Verification::Saving(_) => Vec::new(),
        Verification::Refused { reasons } => reasons.iter().map(|one| super::refusal(language, one)).collect(),
        Verification::Planned(planned) => {
            planned.reasons.iter().map(|one| reason(language, park, catalogue, one)).collect()
        }
    }
}

pub fn reason(language: Language, park: &Park, catalogue: &Catalogue, reason: &PlanReason) -> String {
    let meter = |id: &str| name_of(language, park, id);
    let with = |key: &str, facts: &[(&str, &str)]| text_with(language, key, facts);
    match reason {
        PlanReason::MeterGone { meter } => with("planned-reason-meter-gone", &[("meter", meter)]),
        PlanReason::MeterOfAnother { meter: id } => with("planned-reason-meter-of-another", &[("meter", &meter(id))]),
        PlanReason::NoReadings { meter: id } => with("planned-reason-no-readings", &[("meter", &meter(id))]),
        PlanReason::TooCoarse { meter: id, found_s, step } => {
            let hours = format_number(language, *found_s as f64 / 3_600.0, 0);
            let step = self::step(language, *step);
            with("planned-reason-too-coarse", &[("meter", &meter(id)), ("hours", &hours), ("step", &step)])
        }
        PlanReason::PredictorUnknown { name, step } => {
            let name = column(language, park, catalogue, name);
            let step = self::step(language, *step);
            with("planned-reason-predictor-unknown", &[("name", &name), ("step", &step)])
        }
        PlanReason::NoTemperature { step } => {
            with("planned-reason-no-temperature", &[("step", &self::step(language, *step))])
        }
        PlanReason::NoSpan => with("planned-reason-no-span", &[]),
        PlanReason::NoHours => with("planned-reason-no-hours", &[]),
        PlanReason::HoursAcross { period } => {
            with("planned-reason-hours-across", &[("period", &super::period(language, period))])
        }
        PlanReason::Isolation(IsolationRefusal::TooFewReadings { side, found, needed }) => {
            let side = text(
                language,
                match side {
                    IsolationSide::Before => "residuals-before",
                    IsolationSide::After => "residuals-after",
                },
            );
            let (found, needed) = (found.to_string(), needed.to_string());
            with("planned-reason-too-few-readings", &[("side", &side), ("found", &found), ("needed", &needed)])
        }
        PlanReason::Isolation(IsolationRefusal::NotUsable) => with("planned-reason-not-usable", &[]),
        PlanReason::Model(one) => rule(language, park, catalogue, one),
        PlanReason::Published { rule, found, needed, enough_on } => {
            let code = serde_json::to_value(rule).ok().and_then(|code| code.as_str().map(str::to_string));
            sentence(language, &code.unwrap_or_default(), "", (*found, *needed, *enough_on))
        }
    }
}

fn rule(language: Language, park: &Park, catalogue: &Catalogue, one: &Reason) -> String {
    let name = one.column.as_ref().map(|name| column(language, park, catalogue, name)).unwrap_or_default();
    sentence(language, one.code.code(), &name, (one.found, one.needed, one.enough_on))
}

/// A rule with what was found and what is needed, and the day on which the readings would be enough.
fn sentence(
    language: Language,
    code: &str,
    column: &str,
    (found, needed, enough_on): (f64, f64, Option<Date>),
) -> String {
    let (found, needed) = (figures(language, found), figures(language, needed));
    let facts = [("column", column), ("found", &*found), ("needed", &*needed)];
    let told = text_with(language, &format!("planned-rule-{code}"), &facts);
    match enough_on {
        Some(day) => format!("{told} {}", text_with(language, "planned-enough-on", &[("day", &format_date(day))])),
        None => told,
    }
}

fn name_of(language: Language, park: &Park, id: &str) -> String {
    let meter = park.meters.iter().find(|meter| meter.id.as_str() == id);
    meter.map_or_else(|| id.to_string(), |meter: &Meter| meter.name.get(language).to_string())
}

/// What explains the use: a meter by its name, else as everywhere.
pub fn column(language: Language, park: &Park, catalogue: &Catalogue, name: &str) -> String {
    match park.meters.iter().any(|meter| meter.id.as_str() == name) {
        true => name_of(language, park, name),
        false => predictor(language, catalogue, name),
    }
}

/// The day, or the days of a week or month, `05/03/2024`.
pub fn days(step: Step, first_day: Date) -> String {
    match step {
        Step::Month => super::saving::month(first_day),
        Step::Hour | Step::Day | Step::Week => format_date(first_day),
    }
}

/// What a row of a model is called; hours are told by their days.
pub fn row(language: Language, step: Step) -> String {
    let key = match step {
        Step::Hour | Step::Day => "planned-row-day",
        Step::Week => "planned-row-week",
        Step::Month => "verify-month",
    };
    text(language, key)
}

/// Why rows take no part, with the readings that were there.
pub fn why(language: Language, step: Step, one: &Excluded) -> String {
    let (rows, present, expected) = (one.rows.to_string(), one.present.to_string(), one.expected.to_string());
    let facts = [("rows", &*rows), ("present", &*present), ("expected", &*expected)];
    let told = text_with(language, &format!("planned-why-{}", one.why.code()), &facts);
    match step {
        Step::Hour => format!("{} {told}", text_with(language, "planned-hours", &facts)),
        _ => told,
    }
}

/// A non-routine adjustment in one sentence: time, amount, reason, evidence, who. `scale` turns canonical units into `unit`.
pub fn adjustment(language: Language, one: &Adjustment, (scale, unit): (f64, &str)) -> String {
    let figure = |value: f64| figures(language, value * scale);
    let amount = match (one.use_added, one.uncertainty_90) {
        (Some(added), half) => format!("{} ± {} {unit}", figure(added), figure(half.unwrap_or_default())),
        (None, _) => text(language, "adjustment-by-model"),
    };
    let facts = [
        ("name", &*one.name),
        ("period", &*super::period(language, &one.period)),
        ("amount", &*amount),
        ("reason", &*one.reason),
        ("evidence", &*one.evidence),
        ("by", &*one.stated_by),
    ];
    text_with(language, "adjustment-told", &facts)
}

/// Why an adjustment cannot be made.
pub fn problem(language: Language, problem: &AdjustmentProblem) -> String {
    let (key, name) = match problem {
        AdjustmentProblem::Across { name } => ("adjustment-across", name),
        AdjustmentProblem::NeedsModel { name } => ("adjustment-needs-model", name),
        AdjustmentProblem::Refused(
            AdjustmentRefusal::NoReason { name }
            | AdjustmentRefusal::NoEvidence { name }
            | AdjustmentRefusal::NothingToAdjust { name }
            | AdjustmentRefusal::NotUsable { name }
            | AdjustmentRefusal::Duplicate { name },
        ) => ("adjustment-refused", name),
    };
    text_with(language, key, &[("name", name)])
}

/// Whether a row counts although something is said of it.
pub fn counts(why: Why) -> bool {
    why == Why::Raised
}

/// Terms of the model with what one unit of each adds; of a model by the hour of the week only its columns.
pub fn terms(
    language: Language,
    park: &Park,
    catalogue: &Catalogue,
    planned: &ByPlan,
) -> Vec<(String, f64, Option<f64>)> {
    let column = |name: &str| column(language, park, catalogue, name);
    match &planned.answer {
        Some(ModelAnswer::Plant(answer)) => match &answer.coefficients {
            Some(PlantCoefficients::Terms(terms)) => {
                let names = terms.terms.iter().map(|one| term(language, &column, one));
                let intercept = std::iter::once(text(language, "verify-driver-intercept"));
                let figures = terms.model.coef.iter().zip(&terms.model.se);
                intercept.chain(names).zip(figures).map(|(name, (slope, error))| (name, *slope, Some(*error))).collect()
            }
            Some(PlantCoefficients::Week(week)) => {
                let slope = |one: &engine::verify::week_production::ProductionSlope| {
                    (term(language, &column, &one.term), one.slope, Some(one.standard_error))
                };
                week.production.iter().map(slope).collect()
            }
            None => Vec::new(),
        },
        Some(ModelAnswer::Published(answer)) => match &answer.coefficients {
            Some(Coefficients::Curve(curve)) => {
                let fahrenheit = |key: &str, slope: Option<engine::verify::change_point::Slope>| {
                    slope.map(|one| {
                        let celsius = format_number(language, (one.balance - 32.0) / 1.8, 1);
                        // Slopes are told for one degree Celsius, as all temperatures here.
                        (text_with(language, key, &[("balance", &celsius)]), one.per_degree * 1.8, None)
                    })
                };
                let base = Some((text(language, "verify-driver-intercept"), curve.base, None));
                let heating = fahrenheit("term-heating", curve.heating);
                [base, heating, fahrenheit("term-cooling", curve.cooling)].into_iter().flatten().collect()
            }
            Some(Coefficients::Weeks(_)) | None => Vec::new(),
        },
        Some(ModelAnswer::KeyParameter(_)) | None => Vec::new(),
    }
}

/// Whether a verification that tells a saving uses a predictor that the plan named. A published model uses the temperature and
/// nothing else.
pub fn is_used(verification: &Verification, name: &str) -> bool {
    let uses = |term: &Term| match term {
        Term::Predictor { name: used, .. }
        | Term::Running { name: used, .. }
        | Term::Knee { name: used, .. }
        | Term::Step { name: used, .. } => used == name,
        Term::Temperature | Term::Heating { .. } | Term::Cooling { .. } => name == TEMPERATURE,
        Term::Saturday | Term::Sunday | Term::Holiday => false,
    };
    match verification {
        Verification::Saving(saving) => saving.model.names.iter().any(|used| used == name),
        Verification::Planned(planned) => match &planned.answer {
            Some(ModelAnswer::Plant(answer)) => match &answer.coefficients {
                Some(PlantCoefficients::Terms(found)) => found.terms.iter().any(uses),
                // Every hour of the week has its temperature.
                Some(PlantCoefficients::Week(week)) => {
                    name == TEMPERATURE || week.production.iter().any(|slope| uses(&slope.term))
                }
                None => false,
            },
            Some(ModelAnswer::Published(_)) => name == TEMPERATURE,
            Some(ModelAnswer::KeyParameter(_)) | None => false,
        },
        Verification::Refused { .. } => false,
    }
}

fn term(language: Language, column: &dyn Fn(&str) -> String, term: &Term) -> String {
    let at = |key: &str, place: f64| text_with(language, key, &[("balance", &format_number(language, place, 1))]);
    let of = |key: &str, name: &str, place: f64| {
        let place = figures(language, place);
        text_with(language, key, &[("name", &*column(name)), ("place", &place)])
    };
    match term {
        Term::Predictor { name, .. } => column(name),
        Term::Running { name, .. } => of("term-running", name, 0.0),
        Term::Knee { name, knee, .. } => of("term-knee", name, *knee),
        Term::Step { name, from, .. } => of("term-step", name, *from),
        Term::Temperature => text(language, "term-temperature"),
        Term::Heating { balance } => at("term-heating", *balance),
        Term::Cooling { balance } => at("term-cooling", *balance),
        Term::Saturday => text(language, "term-saturday"),
        Term::Sunday => text(language, "term-sunday"),
        Term::Holiday => text(language, "term-holiday"),
    }
}

/// Figures of the fit and of the sums; `scale` turns canonical units into the printed one.
pub fn statistics(language: Language, planned: &ByPlan, (scale, unit): (f64, &str)) -> Vec<(String, String)> {
    let metrics: Option<&Metrics> = match &planned.answer {
        Some(ModelAnswer::Plant(answer)) => answer.metrics.as_ref(),
        Some(ModelAnswer::Published(answer)) => answer.metrics.as_ref(),
        Some(ModelAnswer::KeyParameter(_)) | None => None,
    };
    let percent = |value: f64| format!("{} %", format_number(language, 100.0 * value, 2));
    let amount = |value: f64| format!("{} {unit}", figures(language, value * scale));
    let mut told = Vec::new();
    if let Some(metrics) = metrics {
        told.extend([
            ("planned-stat-rows", metrics.n.to_string()),
            ("verify-stat-p", metrics.num_model_params.to_string()),
            ("verify-stat-r2", format_number(language, metrics.r_squared, 3)),
            ("verify-stat-r2-adj", format_number(language, metrics.r_squared_adj, 3)),
            ("verify-stat-cv", percent(metrics.cvrmse_adj)),
            ("verify-stat-nmbe", percent(metrics.nmbe)),
            ("verify-stat-rho", format_number(language, metrics.rho_lag1, 2)),
        ]);
    }
    if let Some(ModelAnswer::KeyParameter(answer)) = &planned.answer {
        told.extend(of_device(language, answer, &amount));
    }
    if let Some(savings) = planned.savings {
        let rows = (!planned.rows.is_empty()).then(|| ("planned-stat-reporting", savings.rows.to_string()));
        told.extend(rows);
        told.extend([
            ("verify-stat-predicted", amount(savings.predicted_sum)),
            ("verify-stat-observed", amount(savings.observed_sum)),
        ]);
        let relative = planned.uncertainty_90.filter(|_| savings.savings != 0.0);
        told.extend(relative.map(|half| ("verify-stat-relative", percent(half / savings.savings.abs()))));
    }
    if let Some(ModelAnswer::Plant(answer)) = &planned.answer {
        let forms = answer
            .uncertainty
            .as_ref()
            .map(|found| text(language, &format!("planned-form-{}", found.form.code().replace('_', "-"))));
        told.extend(forms.map(|form| ("planned-stat-form", form)));
    }
    told.into_iter().map(|(key, value)| (text(language, key), value)).collect()
}

/// Rates, hours, and what each adds to the width of a saving by key parameter.
fn of_device(language: Language, answer: &KeyParameter, amount: &dyn Fn(f64) -> String) -> Vec<(&'static str, String)> {
    let count = |found: usize| found.to_string();
    let rate = |rate: f64, readings: usize| {
        let unit = per_hour(answer.dimension);
        let facts = [("rate", &*figures(language, rate)), ("unit", &*unit), ("count", &*count(readings))];
        text_with(language, "planned-rate", &facts)
    };
    let (hours, known, days) =
        (figures(language, answer.hours), answer.days_known.to_string(), answer.days.to_string());
    let hours = text_with(language, "planned-hours-known", &[("hours", &*hours), ("known", &*known), ("days", &*days)]);
    let instruments = if answer.has_one_instrument { "planned-instrument-one" } else { "planned-instrument-several" };
    let instruments = format!("{} ({})", amount(answer.found.from_instrument_90), text(language, instruments));
    vec![
        ("planned-stat-rate-before", rate(answer.found.rate_before, answer.readings_before)),
        ("planned-stat-rate-after", rate(answer.found.rate_after, answer.readings_after)),
        ("planned-stat-hours", hours),
        ("planned-stat-from-rates", amount(answer.found.from_rates_90)),
        ("planned-stat-from-hours", amount(answer.found.from_hours_90)),
        ("planned-stat-from-instrument", instruments),
    ]
}

/// The canonical unit of a rate.
fn per_hour(dimension: Dimension) -> String {
    match dimension {
        Dimension::Energy => "kW".to_string(),
        Dimension::Volume => "m³/h".to_string(),
        other => format!("{}/h", other.canonical_unit()),
    }
}

fn day_or_days(language: Language, period: &Period) -> String {
    match period.days() {
        1 => format_date(period.start()),
        _ => super::period(language, period),
    }
}

/// What was read at the device of a measure, reading by reading, in the order of the sheet.
pub fn key_readings(language: Language, park: &Park, catalogue: &Catalogue, measure: &Measure) -> Vec<String> {
    let dimension = catalogue.resource(&measure.resource).map_or(Dimension::Energy, |resource| resource.dimension);
    let told = |one: &KeyReading| {
        let unit = match one.what {
            KeyQuantity::Rate => per_hour(dimension),
            KeyQuantity::Hours => HOUR.to_string(),
        };
        let error = format_number(language, 100.0 * one.error_90, 1);
        let facts = [
            ("what", &*text(language, &format!("key-reading-{}", one.what.code()))),
            ("period", &*day_or_days(language, &one.period)),
            ("value", &*figures(language, one.value)),
            ("unit", &*unit),
            ("error", &*error),
            ("instrument", &*one.instrument),
            ("evidence", &*one.evidence),
        ];
        text_with(language, "key-reading-told", &facts)
    };
    park.key_readings.iter().filter(|one| one.measure == measure.id).map(told).collect()
}

/// Observed and predicted use of the reporting period added up by months, for documents.
pub fn by_month(planned: &ByPlan) -> Vec<(Date, f64, f64)> {
    let mut months: Vec<(Date, f64, f64)> = Vec::new();
    for row in planned.rows.iter().filter(|row| !row.is_baseline) {
        let month = row.first_day.first_of_month();
        match months.last_mut().filter(|last| last.0 == month) {
            Some(last) => (last.1, last.2) = (last.1 + row.observed, last.2 + row.predicted),
            None => months.push((month, row.observed, row.predicted)),
        }
    }
    months
}

/// The name of the outdoor temperature or of a column, for lists of a plan's predictors.
pub fn listed(language: Language, park: &Park, catalogue: &Catalogue, names: &[String]) -> String {
    let told = names.iter().map(|name| column(language, park, catalogue, name));
    match names.is_empty() {
        true => text(language, "planned-calendar"),
        false => told.collect::<Vec<_>>().join(", "),
    }
}
