//! The measurement plan of a measure: what to expect before it is built, the form, and the plan held against what came out.

use std::collections::{BTreeMap, BTreeSet};

use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::MeterId;
use engine::park::plans::{Plan, PlannedModel, Step, spans, written};
use engine::park::{Measure, Meter, Park, Status};
use engine::period::parse_date;
use engine::quantity::Dimension;
use engine::verify::by_plan::{PlanReason, method};
use engine::verify::measures::MeasureVerification;
use engine::verify::monthly::Verification;
use engine::verify::outlook::{
    Expected, MONTHS_TRIED, Outlook, available, choices, months_needed, outlook, outlook_of,
};
use engine::verify::promise::Covered;
use store::{KeptPlan, NewPlan};

use super::measure;
use super::signed::Signatures;
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, escape};
use crate::state::{App, ParkView};
use crate::web::account::moment;
use crate::web::enterprise::{as_number, as_typed};
use crate::web::frame::{self, Choice};
use crate::wording::{self, planned, promise};
use crate::words::has;

const LONGEST_NOTE: usize = 1_000;
const MOST_MONTHS: usize = 36;

/// The section of the page.
#[derive(Default)]
pub struct Section {
    /// Whether there is anything to show.
    pub is_shown: bool,
    pub finding: String,
    /// Months, interval, what is expected to be saved in them, what that says.
    pub outlook: Vec<[String; 4]>,
    /// What could be planned: source, model, interval of a year, months needed, what that says.
    pub choices: Vec<[String; 5]>,
    pub unit: &'static str,
    /// What was planned, by whom and when; empty where nothing was.
    pub planned: String,
    /// What, as planned, as it came out, and whether they differ.
    pub against: Vec<(String, String, String, bool)>,
    /// Where to plan; empty for whoever may not.
    pub action: String,
    pub faults: Vec<String>,
    pub meters: Vec<Choice>,
    pub predictors: Vec<Choice>,
    pub models: Vec<Choice>,
    pub steps: Vec<Choice>,
    pub expected: String,
    pub months: String,
    pub begins: String,
    pub target: String,
    pub holidays: String,
    pub left_out: String,
    pub note: String,
}

impl Section {
    pub async fn of(
        app: &App,
        page: &Page,
        view: &ParkView,
        verification: &MeasureVerification,
        measure: &Measure,
    ) -> Result<Section, AppError> {
        let mut kept = app.store.measurement_plans(&page.user.scope(), &view.key.id).await?;
        kept.retain(|plan| plan.measure == measure.id && plan.superseded_at_us.is_none());
        let plan = kept.pop().map(|kept| kept.plan().map(|plan| (plan, kept))).transpose()?;
        let words = Words::of(page, view, measure);
        let is_built = !matches!(verification.claim.status, Status::Proposed | Status::Approved);
        let planned = plan.as_ref().map(|(plan, _)| plan);
        let expected = planned.and_then(|plan| plan.expected_saving_a_year).or_else(|| words.declared());
        let target = planned.and_then(|plan| plan.target).unwrap_or(1.0);
        let outlook = if is_built { Vec::new() } else { words.outlook(planned) };
        let may_plan = view.sight == Sight::Whole && !is_built;
        let at = format!("/parks/{}/verify/{}/plan", view.key.id, escape(measure.id.as_str()));
        Ok(Section {
            is_shown: may_plan || planned.is_some() || !outlook.is_empty(),
            finding: if is_built { String::new() } else { words.finding(&outlook, expected, target) },
            outlook: words.rows(&outlook, expected, target),
            choices: if may_plan { words.choices(expected, target) } else { Vec::new() },
            unit: words.unit,
            planned: plan.as_ref().map(|(plan, kept)| words.planned(plan, kept)).unwrap_or_default(),
            against: planned
                .filter(|plan| is_built && plan.model.is_measured())
                .map_or_else(Vec::new, |plan| words.against(plan, verification)),
            action: if may_plan { page.at(&at) } else { String::new() },
            faults: Vec::new(),
            meters: words.meters(planned.map(|plan| plan.meter.as_ref().map_or("", |meter| meter.as_str()))),
            predictors: words.predictors(planned),
            models: words.models(planned.map_or(PlannedModel::RegressionMonthly, |plan| plan.model)),
            steps: words.steps(planned.map_or(Step::Month, |plan| plan.step)),
            expected: expected.map_or_else(String::new, |value| as_typed(page.language, value * words.scale)),
            months: planned.map_or(12, |plan| plan.months).to_string(),
            begins: planned.and_then(|plan| plan.begins).map_or_else(String::new, |day| day.to_string()),
            target: planned.and_then(|plan| plan.target).map_or_else(String::new, |one| as_typed(page.language, one)),
            holidays: planned.map(|plan| written(&plan.holidays)).unwrap_or_default(),
            left_out: planned.map(|plan| written(&plan.left_out)).unwrap_or_default(),
            note: planned.map(|plan| plan.note.clone()).unwrap_or_default(),
        })
    }
}

struct Words<'a> {
    page: &'a Page,
    view: &'a ParkView,
    measure: &'a Measure,
    /// Canonical units in one of the printed unit, and its name.
    scale: f64,
    unit: &'static str,
}

impl<'a> Words<'a> {
    fn of(page: &'a Page, view: &'a ParkView, measure: &'a Measure) -> Words<'a> {
        let resource = view.computed.catalogue.resource(&measure.resource);
        let (scale, unit) = wording::shown(resource.map_or(Dimension::Energy, |resource| resource.dimension), 1.0);
        Words { page, view, measure, scale, unit }
    }

    fn park(&self) -> &Park {
        &self.view.computed.park
    }

    fn amount(&self, canonical: f64) -> String {
        let value = canonical * self.scale;
        self.page.n(value, wording::decimals(value))
    }

    /// What the row of the measure expects of a year.
    fn declared(&self) -> Option<f64> {
        let catalogue = &self.view.computed.catalogue;
        let expected = self.measure.expected_saving.as_ref().and_then(|amount| catalogue.canonical(amount))?;
        Some(expected * self.measure.share_or_whole())
    }

    /// Of the plan that is there, and by months where there is none.
    fn outlook(&self, planned: Option<&Plan>) -> Vec<Outlook> {
        let catalogue = &self.view.computed.catalogue;
        match planned {
            Some(plan) => outlook_of(self.park(), catalogue, self.measure, plan),
            None => outlook(self.park(), catalogue, self.measure),
        }
    }

    /// Each way in which the saving could be shown, from the park's own readings.
    fn choices(&self, expected: Option<f64>, target: f64) -> Vec<[String; 5]> {
        let (page, catalogue) = (self.page, &self.view.computed.catalogue);
        let row = |plan: &Plan| {
            let outlook = outlook_of(self.park(), catalogue, self.measure, plan);
            let longest = outlook.iter().rfind(|one| matches!(one.outcome, Expected::Interval { .. }));
            let half = match longest.map(|one| (&one.outcome, one.months)) {
                Some((Expected::Interval { uncertainty_90, .. }, months)) => {
                    let half = self.amount(*uncertainty_90);
                    page.t2("plan-choice-half", "half", half, "months", page.count(months))
                }
                _ => "?".to_string(),
            };
            let needed = expected.and_then(|expected| months_needed(&outlook, expected * target));
            let says = match (longest, needed) {
                (None, _) => outlook.last().map(|one| self.refused(one)).unwrap_or_default(),
                (Some(_), Some(_)) => page.t("plan-suffices"),
                (Some(_), None) if expected.is_none() => String::new(),
                (Some(_), None) => page.t("plan-too-short"),
            };
            let says = if outlook.is_empty() { page.t("plan-finding-no-data") } else { says };
            let model = planned::method_name(page.language, &method(plan.model, plan.step));
            let meter = plan.meter.as_ref().map(|meter| meter.as_str());
            let needed = needed.map_or_else(|| "–".to_string(), |months| page.count(months));
            [self.source(meter), model, half, needed, says]
        };
        choices(self.park(), catalogue, self.measure).iter().map(row).collect()
    }

    /// Why nothing can be told of a length.
    fn refused(&self, one: &Outlook) -> String {
        let told: Vec<String> = match &one.outcome {
            Expected::Interval { .. } => Vec::new(),
            Expected::Refused(reasons) => {
                reasons.iter().map(|reason| wording::refusal(self.page.language, reason)).collect()
            }
            Expected::Unable(reasons) => reasons.iter().map(|reason| self.reason(reason)).collect(),
        };
        told.join(" ")
    }

    fn reason(&self, reason: &PlanReason) -> String {
        planned::reason(self.page.language, self.park(), &self.view.computed.catalogue, reason)
    }

    fn models(&self, chosen: PlannedModel) -> Vec<Choice> {
        let choice = |model: PlannedModel| Choice {
            value: model.code().to_string(),
            name: planned::model(self.page.language, model),
            is_chosen: model == chosen,
        };
        PlannedModel::ALL.map(choice).into()
    }

    fn steps(&self, chosen: Step) -> Vec<Choice> {
        let choice = |step: Step| Choice {
            value: step.code().to_string(),
            name: planned::step(self.page.language, step),
            is_chosen: step == chosen,
        };
        Step::ALL.map(choice).into()
    }

    fn finding(&self, outlook: &[Outlook], expected: Option<f64>, target: f64) -> String {
        let page = self.page;
        match expected {
            None => page.t("plan-finding-no-expectation"),
            Some(_) if outlook.is_empty() => page.t("plan-finding-no-data"),
            Some(expected) => match months_needed(outlook, expected * target) {
                Some(months) => page.t1("plan-finding-months", "months", page.count(months)),
                None => page.t("plan-finding-never"),
            },
        }
    }

    fn rows(&self, outlook: &[Outlook], expected: Option<f64>, target: f64) -> Vec<[String; 4]> {
        let page = self.page;
        let row = |one: &Outlook| {
            let share = expected.map(|expected| expected.abs() * one.months as f64 / 12.0);
            let saved = share.map_or_else(|| "–".to_string(), |share| self.amount(share));
            let (half, says) = match &one.outcome {
                Expected::Interval { uncertainty_90, placebo, .. } => {
                    let mut says = match share {
                        Some(share) if *uncertainty_90 < target * share => page.t("plan-suffices"),
                        Some(_) => page.t("plan-too-short"),
                        None => String::new(),
                    };
                    if placebo.abs() > *uncertainty_90 {
                        says = format!("{says} {}", page.t1("plan-placebo", "amount", self.amount(*placebo)));
                    }
                    (format!("± {}", self.amount(*uncertainty_90)), says)
                }
                Expected::Refused(_) | Expected::Unable(_) => ("?".to_string(), self.refused(one)),
            };
            [page.count(one.months), half, saved, says.trim().to_string()]
        };
        outlook.iter().map(row).collect()
    }

    fn source(&self, meter: Option<&str>) -> String {
        match meter {
            None => self.page.t("verify-from-bills"),
            Some(id) => {
                let meter = self.own_meters().find(|meter| meter.id.as_str() == id);
                let name = meter.map_or(id, |meter| meter.name.get(self.page.language));
                self.page.t1("verify-from-meter", "meter", name)
            }
        }
    }

    fn own_meters(&self) -> impl Iterator<Item = &Meter> {
        let is_own =
            |meter: &&Meter| meter.enterprise == self.measure.enterprise && meter.resource == self.measure.resource;
        self.park().meters.iter().filter(is_own)
    }

    fn predictor(&self, name: &str) -> String {
        planned::column(self.page.language, self.park(), &self.view.computed.catalogue, name)
    }

    /// Names of what may explain the use of the site, at whatever step.
    fn known_predictors(&self) -> BTreeSet<String> {
        let catalogue = &self.view.computed.catalogue;
        let at = |step: Step| available(self.park(), catalogue, self.measure, None, step);
        Step::ALL.into_iter().flat_map(at).collect()
    }

    fn meters(&self, chosen: Option<&str>) -> Vec<Choice> {
        let declared = self.measure.meter.as_ref().map(|meter| meter.as_str()).unwrap_or_default();
        let chosen = chosen.unwrap_or(declared);
        let choice = |value: &str, name: String| Choice { value: value.to_string(), name, is_chosen: value == chosen };
        let bills = choice("", self.source(None));
        let meters = self.own_meters().map(|meter| choice(meter.id.as_str(), self.source(Some(meter.id.as_str()))));
        std::iter::once(bills).chain(meters).collect()
    }

    fn predictors(&self, planned: Option<&Plan>) -> Vec<Choice> {
        let is_chosen = |name: &String| planned.is_none_or(|plan| plan.predictors.contains(name));
        let choice = |name: String| Choice { name: self.predictor(&name), is_chosen: is_chosen(&name), value: name };
        self.known_predictors().into_iter().map(choice).collect()
    }

    fn planned(&self, plan: &Plan, kept: &KeptPlan) -> String {
        let page = self.page;
        let names: Vec<String> = plan.predictors.iter().map(|name| self.predictor(name)).collect();
        let half = plan.expected_uncertainty_90.map_or_else(|| "?".to_string(), |half| self.amount(half));
        // The program itself brings in the plans of a park that it is started with.
        let role = format!("role-{}", kept.planned_as);
        let by = page.t(if has(page.language, &role) { &role } else { "plan-by-program" });
        let source = self.source(plan.meter.as_ref().map(|meter| meter.as_str()));
        let facts = [
            ("by", &*by),
            ("at", &*moment(kept.planned_at_us)),
            ("source", &*source),
            ("model", &*planned::method(page.language, &method(plan.model, plan.step))),
            ("predictors", &*names.join(", ")),
            ("saving", &*plan.expected_saving_a_year.map_or_else(|| "?".to_string(), |saving| self.amount(saving))),
            ("half", &*half),
            ("months", &*page.count(plan.months)),
            ("unit", self.unit),
        ];
        // What looks at no meter has no predictors, and no interval is to be expected.
        let key = if plan.model.is_of_meter() { "plan-planned" } else { "plan-planned-apart" };
        let told = crate::words::text_with(page.language, key, &facts);
        if plan.note.is_empty() { told } else { format!("{told} {}", plan.note) }
    }

    /// The plan line by line against the verification that it became.
    fn against(&self, plan: &Plan, verification: &MeasureVerification) -> Vec<(String, String, String, bool)> {
        let page = self.page;
        let comparison = verification.comparison.as_ref().map(|comparison| &comparison.verification);
        let unknown = || "?".to_string();
        let line = |key: &str, planned: String, found: String, differs: bool| (page.t(key), planned, found, differs);
        let months = match comparison {
            Some(Verification::Saving(saving)) => Some(saving.saving.rows),
            Some(Verification::Planned(found)) if found.saving().is_some() => Some(planned::by_month(found).len()),
            _ => None,
        };
        let used: Option<Vec<String>> = match comparison {
            Some(Verification::Saving(saving)) => {
                Some(saving.model.names.iter().skip(1).map(|name| self.predictor(name)).collect())
            }
            Some(Verification::Planned(found)) if found.saving().is_some() => {
                let catalogue = &self.view.computed.catalogue;
                let terms = planned::terms(page.language, self.park(), catalogue, found);
                Some(terms.into_iter().skip(1).map(|(name, _, _)| name).collect())
            }
            _ => None,
        };
        let list = planned::listed(page.language, self.park(), &self.view.computed.catalogue, &plan.predictors);
        let amount = |value: f64| format!("{} {}", self.amount(value), self.unit);
        let covered = plan.expected_saving_a_year.and_then(|a_year| Covered::of(self.park(), verification, a_year));
        let expected = covered.map(|one| promise::covered(page.language, &one, (self.scale, self.unit)));
        let a_year = plan.expected_saving_a_year.map(|a_year| page.t1("plan-a-year", "amount", amount(a_year)));
        let claim = &verification.claim;
        let has_saving = months.is_some();
        let mut lines = vec![line(
            "report-method",
            planned::method(page.language, &method(plan.model, plan.step)),
            comparison.map_or_else(unknown, |_| planned::method(page.language, &claim.method)),
            has_saving && method(plan.model, plan.step) != claim.method,
        )];
        // Readings of the device itself have neither.
        if plan.model.is_of_meter() {
            let is_used = |name: &String| comparison.is_none_or(|found| planned::is_used(found, name));
            lines.push(line(
                "verify-predictor",
                list,
                used.map_or_else(unknown, |used| used.join(", ")),
                has_saving && !plan.predictors.iter().all(is_used),
            ));
            lines.push(line(
                "plan-months",
                page.count(plan.months),
                months.map_or_else(unknown, |months| page.count(months)),
                months.is_some_and(|months| months < plan.months),
            ));
        }
        lines.extend([
            line(
                "verify-saving",
                expected.or(a_year).unwrap_or_else(unknown),
                if has_saving { amount(claim.amount) } else { unknown() },
                has_saving && covered.is_some_and(|one| claim.amount < one.expected),
            ),
            line(
                "report-uncertainty",
                plan.expected_uncertainty_90.map_or_else(unknown, amount),
                claim.uncertainty_90.map_or_else(unknown, amount),
                plan.expected_uncertainty_90.zip(claim.uncertainty_90).is_some_and(|(planned, found)| found > planned),
            ),
        ]);
        lines
    }

    /// A plan from the fields of the form, or everything that is wrong with them.
    fn read(&self, form: &BTreeMap<String, String>) -> Result<Plan, Vec<String>> {
        let (page, catalogue) = (self.page, &self.view.computed.catalogue);
        let field = |key: &str| form.get(key).map(|text| text.trim()).unwrap_or_default();
        let mut faults = Vec::new();
        let mut fault = |label: &str, key: &str, kind, expected: String| {
            let place = Place { file: page.t("plan-title"), column: Some(page.t(label)), ..Place::default() };
            faults.push(Fault { place, kind, found: field(key).to_string(), expected });
        };
        let meter = field("meter");
        if !meter.is_empty() && !self.own_meters().any(|own| own.id.as_str() == meter) {
            let own: Vec<&str> = self.own_meters().map(|own| own.id.as_str()).collect();
            fault("verify-from", "meter", FaultKind::UnknownCode, own.join(", "));
        }
        let expected = as_number(page.language, field("expected")).filter(|value| *value > 0.0);
        if expected.is_none() {
            fault("plan-expected", "expected", FaultKind::NotANumber, page.n(1234.5, 1));
        }
        let months = field("months").parse::<usize>().ok().filter(|months| (1..=MOST_MONTHS).contains(months));
        if months.is_none() {
            fault("plan-months", "months", FaultKind::OutOfRange, format!("1 – {MOST_MONTHS}"));
        }
        // A form without these fields asks for the plan by months.
        let model = PlannedModel::parse(field("model")).unwrap_or(PlannedModel::RegressionMonthly);
        let step = Step::parse(field("step")).unwrap_or(Step::Month);
        let target = as_number(page.language, field("target")).filter(|target| (0.01..=10.0).contains(target));
        if !field("target").is_empty() && target.is_none() {
            fault("plan-target", "target", FaultKind::OutOfRange, format!("{} – 10", page.n(0.01, 2)));
        }
        let begins = parse_date(field("begins"));
        if !field("begins").is_empty() && begins.is_none() {
            fault("plan-begins", "begins", FaultKind::NotADate, "2024-01-31".to_string());
        }
        let (holidays, left_out) = (spans(field("holidays")), spans(field("left_out")));
        for (label, key, found) in [("plan-holidays", "holidays", &holidays), ("plan-left-out", "left_out", &left_out)]
        {
            if found.is_none() {
                fault(label, key, FaultKind::NotADate, "2024-02-08..2024-02-14; 2024-09-02".to_string());
            }
        }
        let known = self.known_predictors();
        let predictors: Vec<String> =
            known.into_iter().filter(|name| form.contains_key(&format!("predictor.{name}"))).collect();
        let note = field("note");
        if note.chars().count() > LONGEST_NOTE {
            fault("plan-note", "note", FaultKind::OutOfRange, format!("≤ {LONGEST_NOTE}"));
        }
        let mut plan = Plan {
            measure: self.measure.id.clone(),
            meter: (!meter.is_empty()).then(|| MeterId::new(meter)),
            model,
            step,
            predictors,
            holidays: holidays.unwrap_or_default(),
            left_out: left_out.unwrap_or_default(),
            begins,
            expected_saving_a_year: expected.map(|expected| expected / self.scale),
            target,
            expected_uncertainty_90: None,
            months: months.unwrap_or_default(),
            note: note.to_string(),
        };
        for (key, expected) in plan.contradictions() {
            let is_missing = !expected.is_empty() && ["predictors", "expected_saving", "note"].contains(&key);
            let kind = if is_missing { FaultKind::MissingValue } else { FaultKind::Contradiction };
            fault(label_of(key), key, kind, expected);
        }
        let mut told: Vec<String> = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
        if told.is_empty() {
            let outlook = outlook_of(self.park(), catalogue, self.measure, &plan);
            plan.expected_uncertainty_90 = interval(&outlook, plan.months);
            told = self.obstacles(&outlook);
        }
        if told.is_empty() { Ok(plan) } else { Err(told) }
    }

    /// Why a plan could not even be begun: what it names is not there. Too few readings are no obstacle; time brings more.
    fn obstacles(&self, outlook: &[Outlook]) -> Vec<String> {
        let is_obstacle = |reason: &&PlanReason| {
            !matches!(reason, PlanReason::Model(_) | PlanReason::Published { .. } | PlanReason::NoReadings { .. })
        };
        let Some(Expected::Unable(reasons)) = outlook.first().map(|one| &one.outcome) else { return Vec::new() };
        reasons.iter().filter(is_obstacle).map(|reason| self.reason(reason)).collect()
    }
}

/// The label of a field of the form.
fn label_of(key: &str) -> &str {
    match key {
        "meter" => "verify-from",
        "step" => "plan-step",
        "expected_saving" => "plan-expected",
        "note" => "plan-note",
        "holidays" => "plan-holidays",
        "left_out" => "plan-left-out",
        _ => "verify-predictor",
    }
}

/// The interval to expect of the nearest length that is at least so many months.
fn interval(outlook: &[Outlook], months: usize) -> Option<f64> {
    let tried = MONTHS_TRIED.into_iter().find(|tried| *tried >= months)?;
    outlook.iter().find(|one| one.months == tried).and_then(|one| match one.outcome {
        Expected::Interval { uncertainty_90, .. } => Some(uncertainty_90),
        Expected::Refused(_) | Expected::Unable(_) => None,
    })
}

/// Keeps a plan in the place of the measure's earlier one, as long as the measure is not built.
pub async fn save(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let page = Page { path: format!("/parks/{park}/verify/{}", escape(&id)), ..page };
    let view = frame::view_begun(&app, &page, &park).await?;
    let (verification, measure) = measure::find(&view, &id)?;
    if !matches!(verification.claim.status, Status::Proposed | Status::Approved) {
        return Err(AppError::NotFound);
    }
    let plan = Words::of(&page, &view, measure).read(&form);
    let plan = match plan {
        Ok(plan) => plan,
        Err(faults) => {
            let signatures = Signatures::of(&app, &page, &view, measure).await?;
            let signed = super::signed::Section::of(&page, &view, verification, &signatures);
            let mut section = Section::of(&app, &page, &view, verification, measure).await?;
            section.faults = faults;
            let field = |key: &str| form.get(key).cloned().unwrap_or_default();
            (section.expected, section.months, section.note) = (field("expected"), field("months"), field("note"));
            (section.begins, section.target) = (field("begins"), field("target"));
            (section.holidays, section.left_out) = (field("holidays"), field("left_out"));
            section.models.iter_mut().for_each(|model| model.is_chosen = model.value == field("model"));
            section.steps.iter_mut().for_each(|step| step.is_chosen = step.value == field("step"));
            section.meters.iter_mut().for_each(|meter| meter.is_chosen = meter.value == field("meter"));
            for predictor in &mut section.predictors {
                predictor.is_chosen = form.contains_key(&format!("predictor.{}", predictor.value));
            }
            let response = measure::page_of(&app, &page, &view, (verification, measure), (signed, section))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
        }
    };
    let content = serde_json::to_string(&plan).map_err(|error| AppError::Internal(error.into()))?;
    let new = NewPlan {
        park: view.key.id.clone(),
        enterprise: measure.enterprise.clone(),
        measure: measure.id.clone(),
        content,
    };
    let kept = app.store.save_measurement_plan(&page.user.actor(app.now_us()), &page.user.scope(), &new).await;
    kept.map_err(|error| AppError::Internal(error.into()))?;
    Ok(Redirect::to(&format!("{}#plan", page.at(&page.path))).into_response())
}
