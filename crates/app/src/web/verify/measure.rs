//! One measure: its model, the tests it passed, its saving month by month, and why its claim stands where it stands.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{MeterId, ResourceId};
use engine::park::{Measure, Status};
use engine::quantity::Dimension;
use engine::verify::by_plan::method;
use engine::verify::isolation::STIPULATED;
use engine::verify::measures::{Comparison, MeasureVerification, Source};
use engine::verify::monthly::{MonthlySaving, Verification};
use engine::verify::promise::Promise;
use engine::verify::sufficiency::Refusal;
use engine::verify::validity::{Role, ValidityTest};
use jiff::civil::Date;
use serde::Serialize;

use super::residuals::Residuals;
use super::signed::{Section, Signatures};
use super::{adjustments, excluded, held_back, may_see, month_list, plan, planned, step};
use crate::error::AppError;
use crate::page::{Page, html, island};
use crate::publish::QUANTITIES;
use crate::state::{App, ParkView};
use crate::web::audit::row_href;
use crate::web::frame::{self, ParkFrame};
use crate::web::sharing::looks::{self, What};
use crate::web::steps::{self, Number};
use crate::wording::{self, Names, planned as planned_words, saving as words, sharing};
use crate::words::text_with;

#[derive(Template)]
#[template(path = "measure.html")]
struct One {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    name: String,
    ladder: Vec<LadderStep>,
    status: String,
    facts: Vec<(String, String)>,
    impact: Vec<(String, &'static str, Number)>,
    held_back: Vec<String>,
    excluded: Vec<excluded::Row>,
    refusals: Vec<String>,
    failed: Vec<TestRow>,
    model: Option<Model>,
    planned: Option<planned::Section>,
    /// By which plan the verification was carried out, or that there is none.
    by_plan: String,
    /// Non-routine adjustments, and the saving without them; empty where none was recorded.
    adjustments: Vec<String>,
    /// What was read at the device, reading by reading.
    key_readings: Vec<String>,
    adjusting: adjustments::Section,
    /// How the saving of the place is shared; empty where the measure is alone there.
    sharing: Vec<String>,
    signed: Section,
    plan: plan::Section,
    list: String,
    history_href: String,
    source: String,
    is_unconfirmed: bool,
}

struct LadderStep {
    name: String,
    class: &'static str,
}

/// Everything about a model that was found valid.
struct Model {
    equation: String,
    unit: &'static str,
    terms: Vec<Term>,
    statistics: Vec<(String, String)>,
    tests: Vec<TestRow>,
    fit: String,
    cumulative: String,
    fit_finding: String,
    cumulative_finding: String,
    baseline: Vec<MonthRow>,
    reporting: Vec<ReportingRow>,
    left: Residuals,
    notes: Vec<String>,
}

struct Term {
    name: String,
    coefficient: String,
    error: String,
    t: String,
    p: String,
}

struct TestRow {
    name: String,
    predictor: String,
    value: String,
    threshold: String,
    passed: bool,
    role: String,
}

struct MonthRow {
    month: String,
    raw_month: String,
    observed: Number,
    fitted: Number,
    residual: Number,
}

struct ReportingRow {
    month: String,
    raw_month: String,
    observed: Number,
    predicted: Number,
    saving: Number,
    cumulative: Number,
    uncertainty: Number,
    outside: String,
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, measure)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_begun(&app, &page, &park).await?;
    let (verification, measure) = find(&view, &measure)?;
    let enterprise = &verification.claim.enterprise;
    looks::at(&app, &page.user, &view.key.id, enterprise, What::Measure, measure.id.as_str()).await?;
    let signatures = Signatures::of(&app, &page, &view, measure).await?;
    let section = Section::of(&page, &view, verification, &signatures);
    let plan = plan::Section::of(&app, &page, &view, verification, measure).await?;
    page_of(&app, &page, &view, (verification, measure), (section, plan))
}

/// The page of a measure with what is said of its signatures and of its measurement plan.
pub fn page_of(
    app: &App,
    page: &Page,
    view: &ParkView,
    (verification, measure): (&MeasureVerification, &Measure),
    (signed, plan): (Section, plan::Section),
) -> Result<Response, AppError> {
    let adjusting = adjustments::Section::of(page, view, verification, measure);
    page_with(app, page, view, (verification, measure), (signed, plan, adjusting))
}

/// The same with what was typed into the form of adjustments.
pub fn page_with(
    app: &App,
    page: &Page,
    view: &ParkView,
    (verification, measure): (&MeasureVerification, &Measure),
    (signed, plan, adjusting): (Section, plan::Section, adjustments::Section),
) -> Result<Response, AppError> {
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let words = Words { app, page, names: &names, view };
    let claim = &verification.claim;
    let comparison = verification.comparison.as_ref();
    let (refusals, failed) = match comparison.map(|comparison| &comparison.verification) {
        Some(Verification::Refused { reasons }) => words.refusals(reasons),
        Some(refused) => {
            (planned_words::refusals(page.language, &view.computed.park, app.catalogue, refused), Vec::new())
        }
        None => (Vec::new(), Vec::new()),
    };
    let model = comparison.and_then(|comparison| match &comparison.verification {
        Verification::Saving(saving) => Some(words.model(comparison.dimension, saving)),
        Verification::Refused { .. } | Verification::Planned(_) => None,
    });
    let planned = comparison.and_then(|comparison| match &comparison.verification {
        Verification::Planned(planned) if planned.answer.is_some() => {
            Some(planned::Section::of(page, view, planned, wording::shown(comparison.dimension, 1.0)))
        }
        _ => None,
    });
    let template = One {
        first_line: words.first_line(verification),
        name: claim.name.get(page.language).to_string(),
        ladder: ladder(page, claim.status),
        status: wording::status(page.language, claim.status),
        facts: words.facts(verification, measure, &signed.digest),
        impact: claim
            .values()
            .into_iter()
            .zip(QUANTITIES)
            .map(|(value, (key, unit, decimals))| (page.t(key), unit, Number::maybe(page, value, decimals)))
            .collect(),
        held_back: held_back(page, view, verification),
        excluded: comparison.map_or_else(Vec::new, |it| excluded::rows(page, &view.computed.park, measure, it)),
        refusals,
        failed,
        model,
        planned,
        by_plan: words.by_plan(measure),
        adjustments: words.adjustments(measure, comparison),
        key_readings: planned_words::key_readings(page.language, &view.computed.park, app.catalogue, measure),
        adjusting,
        sharing: words.sharing(verification),
        is_unconfirmed: claim.unconfirmed,
        signed,
        plan,
        list: page.at(&format!("/parks/{}/verify", view.key.id)),
        history_href: row_href(page, &view.key.id, "measures", measure.id.as_str()),
        source: steps::source_line(page, &view.computed.report),
        frame: ParkFrame::of(app, page, view, "verify"),
        page: page.clone(),
    };
    html(&template)
}

/// The measure, for somebody who may see its enterprise. Nobody else learns whether it exists.
pub fn find<'a>(view: &'a ParkView, id: &str) -> Result<(&'a MeasureVerification, &'a Measure), AppError> {
    let report = &view.computed.report;
    let found = report
        .verifications
        .iter()
        .filter(|verification| may_see(view, verification))
        .find(|verification| verification.measure.as_str() == id);
    let verification = found.ok_or(AppError::NotFound)?;
    let measure = view.computed.park.measures.iter().find(|measure| measure.id == verification.measure);
    Ok((verification, measure.ok_or(AppError::NotFound)?))
}

fn ladder(page: &Page, status: Status) -> Vec<LadderStep> {
    let place = step(status);
    Status::LADDER
        .into_iter()
        .enumerate()
        .map(|(index, status)| LadderStep {
            name: wording::status(page.language, status),
            class: match index + 1 {
                index if index < place => "done",
                index if index == place => "current",
                _ => "",
            },
        })
        .collect()
}

struct Words<'a> {
    app: &'a App,
    page: &'a Page,
    names: &'a Names<'a>,
    view: &'a ParkView,
}

impl Words<'_> {
    fn first_line(&self, verification: &MeasureVerification) -> String {
        let (page, claim) = (self.page, &verification.claim);
        let dimension = self.dimension(&claim.resource);
        let (value, unit) = wording::shown(dimension, claim.amount);
        let decimals = wording::decimals(value);
        let status = wording::status(page.language, claim.status);
        match claim.uncertainty_90 {
            Some(half) => text_with(
                page.language,
                "verify-one-first",
                &[
                    ("status", &status),
                    ("saving", &page.n(value, decimals)),
                    ("half", &page.n(wording::shown(dimension, half).0, decimals)),
                    ("unit", unit),
                ],
            ),
            None => text_with(
                page.language,
                if claim.method == STIPULATED { "verify-one-stipulated" } else { "verify-one-expected" },
                &[("status", &status), ("saving", &page.n(value, decimals)), ("unit", unit)],
            ),
        }
    }

    fn sharing(&self, verification: &MeasureVerification) -> Vec<String> {
        let printed = wording::shown(self.dimension(&verification.claim.resource), 1.0);
        sharing::lines(self.page.language, &self.view.computed.park, verification, printed)
    }

    fn adjustments(&self, measure: &Measure, comparison: Option<&Comparison>) -> Vec<String> {
        let (page, park) = (self.page, &self.view.computed.park);
        let (scale, unit) = wording::shown(self.dimension(&measure.resource), 1.0);
        let told = park.adjustments_of(&measure.id);
        let mut told: Vec<String> =
            told.map(|one| planned_words::adjustment(page.language, one, (scale, unit))).collect();
        if let Some(adjusted) = comparison.and_then(|comparison| comparison.adjusted.as_ref()) {
            let figure = |value: f64| figures(page, value * scale);
            let (saving, half) = (figure(adjusted.unadjusted), figure(adjusted.unadjusted_uncertainty_90));
            told.push(page.t3("adjustment-without", "saving", saving, "half", half, "unit", unit));
        }
        told
    }

    /// Which plan steers, or that the measure is verified by months because it has none.
    fn by_plan(&self, measure: &Measure) -> String {
        let (page, park) = (self.page, &self.view.computed.park);
        let Some(plan) = park.plan(&measure.id) else { return page.t("planned-none") };
        let printed = wording::shown(self.dimension(&measure.resource), 1.0);
        if let Some(told) = planned_words::without_meter(page.language, plan, printed) {
            return told;
        }
        let meter = plan.meter.as_ref().and_then(|id| park.meter(id));
        let source = match (&plan.meter, meter) {
            (None, _) => page.t("verify-from-bills"),
            (Some(_), Some(meter)) => page.t1("verify-from-meter", "meter", meter.name.get(page.language)),
            (Some(id), None) => page.t1("verify-from-meter", "meter", id.as_str()),
        };
        let model = planned_words::method_name(page.language, &method(plan.model, plan.step));
        let names = planned_words::listed(page.language, park, self.app.catalogue, &plan.predictors);
        page.t3("planned-steers", "source", source, "model", model, "predictors", names)
    }

    fn dimension(&self, resource: &ResourceId) -> Dimension {
        self.app.catalogue.resource(resource).map_or(Dimension::Energy, |resource| resource.dimension)
    }

    /// The digest is the one that a certificate prints and that can be checked.
    fn facts(&self, verification: &MeasureVerification, measure: &Measure, digest: &str) -> Vec<(String, String)> {
        let (page, claim) = (self.page, &verification.claim);
        let comparison = verification.comparison.as_ref();
        let excluded = comparison.map_or(String::new(), |c| wording::months(page.language, &c.excluded));
        let printed = wording::shown(self.dimension(&claim.resource), 1.0);
        let promise = Promise::of(&self.view.computed.park, self.app.catalogue, verification);
        let expected = |one: Promise| wording::promise::expected(page.language, verification, &one, printed);
        let installed = measure.installed.map_or(String::new(), |period| wording::period(page.language, &period));
        [
            ("report-enterprise", self.names.enterprise(&claim.enterprise)),
            ("report-resource", self.names.resource(&claim.resource)),
            ("verify-expected", promise.map_or(String::new(), expected)),
            ("report-investment", measure.investment_vnd.map_or(String::new(), |vnd| page.money(vnd))),
            ("verify-installed", installed),
            ("verify-from", comparison.map_or(String::new(), |comparison| self.source(comparison))),
            ("verify-excluded", with_reason(page, excluded)),
            ("verify-share", sharing::share(page.language, measure, verification)),
            ("verify-period", wording::period(page.language, &claim.period)),
            ("report-method", planned_words::method(page.language, &claim.method)),
            ("verify-factors", claim.factors.join("; ")),
            ("report-evidence", claim.evidence.clone().unwrap_or_default()),
            ("report-signer", claim.signer.clone().unwrap_or_default()),
            ("verify-digest", digest.to_string()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (page.t(key), value))
        .collect()
    }

    fn source(&self, comparison: &Comparison) -> String {
        match &comparison.from {
            Source::Bills => self.page.t("verify-from-bills"),
            Source::Device => self.page.t("verify-from-device"),
            Source::Meter(id) => {
                let meter = self.view.computed.park.meter(&MeterId::new(id.as_str()));
                let name = meter.map_or(id.as_str(), |meter| meter.name.get(self.page.language));
                self.page.t1("verify-from-meter", "meter", name)
            }
        }
    }

    /// Refusals in sentences with what was found, and the tests that no model passed.
    fn refusals(&self, reasons: &[Refusal]) -> (Vec<String>, Vec<TestRow>) {
        let page = self.page;
        let mut lines = Vec::new();
        let mut failed = Vec::new();
        for reason in reasons {
            lines.push(wording::refusal(page.language, reason));
            match reason {
                Refusal::BaselineTooShort { found, needed, .. } => {
                    lines.push(page.t2(
                        "verify-found-needed",
                        "found",
                        page.count(*found),
                        "needed",
                        page.count(*needed),
                    ));
                }
                Refusal::MonthsMissing { missing, .. } => {
                    lines.extend(month_list(page, "verify-missing-months", missing));
                }
                Refusal::NoValidModel { failed_tests, .. } => {
                    failed.extend(failed_tests.iter().map(|test| self.test(test)));
                }
                _ => {}
            }
        }
        (lines, failed)
    }

    fn model(&self, dimension: Dimension, saving: &MonthlySaving) -> Model {
        let page = self.page;
        // Canonical units in one of the printed unit.
        let (scale, unit) = wording::shown(dimension, 1.0);
        let model = &saving.model;
        let decimals = wording::decimals(model.ybar * scale).max(1);
        let number = |value: f64| Number::new(page, value * scale, decimals);
        let names: Vec<String> = model.names.iter().map(|name| self.predictor(name)).collect();
        let terms = names.iter().enumerate().map(|(place, name)| Term {
            name: name.clone(),
            coefficient: figures(page, model.coef[place] * scale),
            error: figures(page, model.se[place] * scale),
            t: figures(page, model.t[place]),
            p: probability(page, model.p_value[place]),
        });
        let (total, unit_total) = wording::shown(dimension, saving.saving.saving);
        let places = wording::decimals(total);
        Model {
            equation: words::equation(page.language, self.app.catalogue, model, (scale, unit)),
            unit,
            terms: terms.collect(),
            statistics: self.statistics(saving, scale, unit),
            tests: saving.validity.tests.iter().map(|test| self.test(test)).collect(),
            fit: island(&fit(saving, scale, unit)),
            cumulative: island(&cumulative(saving, scale, unit)),
            fit_finding: page.t1("verify-fit-finding", "r2", page.n(100.0 * model.r2, 1)),
            cumulative_finding: page.t3(
                "verify-cumulative-finding",
                "saving",
                page.n(total, places),
                "half",
                page.n(saving.saving.uncertainty_90 * scale, places),
                "unit",
                unit_total,
            ),
            baseline: saving
                .baseline
                .iter()
                .map(|month| MonthRow {
                    month: words::month(month.first_day),
                    raw_month: month_code(month.first_day),
                    observed: number(month.energy),
                    fitted: number(month.fitted),
                    residual: number(month.residual),
                })
                .collect(),
            reporting: saving
                .reporting
                .iter()
                .map(|month| ReportingRow {
                    month: words::month(month.first_day),
                    raw_month: month_code(month.first_day),
                    observed: number(month.energy),
                    predicted: number(month.predicted),
                    saving: number(month.saving),
                    cumulative: number(month.cumulative_saving),
                    uncertainty: number(month.cumulative_uncertainty_90),
                    outside: month.outside_range.iter().map(|name| self.predictor(name)).collect::<Vec<_>>().join(", "),
                })
                .collect(),
            left: Residuals::of(page, saving, (scale, unit), decimals),
            notes: self.notes(saving),
        }
    }

    fn statistics(&self, saving: &MonthlySaving, scale: f64, unit: &str) -> Vec<(String, String)> {
        let (page, model) = (self.page, &saving.model);
        let percent = |value: f64| format!("{} %", page.n(100.0 * value, 2));
        let maybe = |value: Option<f64>, words: &dyn Fn(f64) -> String| value.map_or("–".to_string(), words);
        [
            ("verify-stat-n", page.count(model.n)),
            ("verify-stat-p", page.count(model.p)),
            ("verify-stat-r2", page.n(model.r2, 3)),
            ("verify-stat-r2-adj", page.n(model.r2_adj, 3)),
            ("verify-stat-cv", maybe(model.cv_rmse, &percent)),
            ("verify-stat-nmbe", maybe(model.nmbe, &percent)),
            ("verify-stat-sigma", format!("{} {unit}", figures(page, model.sigma * scale))),
            ("verify-stat-f", format!("{} (p {})", figures(page, model.f), probability(page, model.f_p))),
            ("verify-stat-dw", maybe(saving.durbin_watson, &|value| page.n(value, 2))),
            ("verify-stat-rho", page.n(model.rho_lag1, 2)),
            ("verify-stat-t90", page.n(model.t90, 3)),
            ("verify-stat-predicted", format!("{} {unit}", figures(page, saving.saving.predicted * scale))),
            ("verify-stat-observed", format!("{} {unit}", figures(page, saving.saving.observed * scale))),
            ("verify-stat-relative", maybe(saving.saving.relative, &percent)),
            (
                "verify-stat-models",
                page.t2(
                    "verify-models",
                    "tried",
                    page.count(saving.models_tried),
                    "valid",
                    page.count(saving.models_valid),
                ),
            ),
            ("verify-stat-left-out", saving.left_out.iter().map(|n| self.predictor(n)).collect::<Vec<_>>().join(", ")),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (page.t(key), value))
        .collect()
    }

    fn test(&self, test: &ValidityTest) -> TestRow {
        let page = self.page;
        TestRow {
            name: page.t(&format!("verify-test-{}", test.test.code())),
            predictor: test.predictor.as_ref().map_or(String::new(), |name| self.predictor(name)),
            value: probability(page, test.value),
            threshold: page.n(test.threshold, if test.threshold.fract() == 0.0 { 0 } else { 2 }),
            passed: test.passed,
            role: page.t(match test.role {
                Role::Required => "verify-role-required",
                Role::Reported => "verify-role-reported",
            }),
        }
    }

    fn notes(&self, saving: &MonthlySaving) -> Vec<String> {
        let page = self.page;
        let mut notes: Vec<String> =
            saving.notes.iter().map(|note| page.t(&format!("verify-note-{}", note.code()))).collect();
        notes.extend(month_list(page, "verify-missing-baseline", &saving.baseline_missing));
        notes.extend(month_list(page, "verify-missing-reporting", &saving.reporting_missing));
        notes
    }

    /// What explains the use: a product, a declared driver, degree days; `intercept` is the part that does not change.
    fn predictor(&self, name: &str) -> String {
        words::predictor(self.page.language, self.app.catalogue, name)
    }
}

fn with_reason(page: &Page, months: String) -> String {
    if months.is_empty() { months } else { page.t1("verify-excluded-why", "months", months) }
}

fn figures(page: &Page, value: f64) -> String {
    words::figures(page.language, value)
}

fn probability(page: &Page, value: f64) -> String {
    words::probability(page.language, value)
}

fn month_code(day: Date) -> String {
    format!("{}-{:02}", day.year(), day.month())
}

/// Data of the fit island.
#[derive(Serialize)]
struct Fit {
    unit: &'static str,
    months: Vec<FitMonth>,
    installed: Option<String>,
}

#[derive(Serialize)]
struct FitMonth {
    month: String,
    observed: f64,
    predicted: f64,
    residual: f64,
}

fn fit(saving: &MonthlySaving, scale: f64, unit: &'static str) -> Fit {
    let baseline = saving.baseline.iter().map(|month| (month.first_day, month.energy, month.fitted));
    let reporting = saving.reporting.iter().map(|month| (month.first_day, month.energy, month.predicted));
    Fit {
        unit,
        months: baseline
            .chain(reporting)
            .map(|(day, observed, predicted)| FitMonth {
                month: month_code(day),
                observed: observed * scale,
                predicted: predicted * scale,
                residual: (observed - predicted) * scale,
            })
            .collect(),
        installed: saving.reporting.first().map(|month| month_code(month.first_day)),
    }
}

/// Data of the cumulative island.
#[derive(Serialize)]
struct Cumulative {
    unit: &'static str,
    confidence: f64,
    months: Vec<CumulativeMonth>,
}

#[derive(Serialize)]
struct CumulativeMonth {
    month: String,
    saving: f64,
    low: f64,
    high: f64,
}

fn cumulative(saving: &MonthlySaving, scale: f64, unit: &'static str) -> Cumulative {
    let month = |month: &engine::verify::monthly::ReportingMonth| CumulativeMonth {
        month: month_code(month.first_day),
        saving: month.cumulative_saving * scale,
        low: (month.cumulative_saving - month.cumulative_uncertainty_90) * scale,
        high: (month.cumulative_saving + month.cumulative_uncertainty_90) * scale,
    };
    Cumulative { unit, confidence: 0.9, months: saving.reporting.iter().map(month).collect() }
}
