//! The measurement plan of a measure: what to expect before it is built, the form, and the plan held against what came out.

use std::collections::{BTreeMap, BTreeSet};

use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ResourceId;
use engine::park::{Measure, Meter, Park, Status};
use engine::quantity::Dimension;
use engine::verify::inputs;
use engine::verify::measures::{MeasureVerification, Source};
use engine::verify::monthly::Verification;
use engine::verify::outlook::{Expected, MONTHS_TRIED, Outlook, months_needed, outlook};
use serde::{Deserialize, Serialize};
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
use crate::wording::{self, saving as words};

const LONGEST_NOTE: usize = 1_000;
const MOST_MONTHS: usize = 36;

/// What is agreed: amounts in the canonical unit of the resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    /// `None`: bills.
    meter: Option<String>,
    /// The engine's name of the method.
    model: String,
    predictors: Vec<String>,
    expected_saving_a_year: f64,
    /// Half the 90 % interval over the planned months, as the data of that day let expect; `None` where they did not.
    expected_uncertainty_90: Option<f64>,
    /// Months of the reporting period.
    months: usize,
    note: String,
}

/// The section of the page.
#[derive(Default)]
pub struct Section {
    /// Whether there is anything to show.
    pub is_shown: bool,
    pub finding: String,
    /// Months, interval, what is expected to be saved in them, what that says.
    pub outlook: Vec<[String; 4]>,
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
    pub expected: String,
    pub months: String,
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
        let plan = kept.pop().map(|kept| read(&kept).map(|plan| (plan, kept))).transpose()?;
        let words = Words::of(page, view, measure);
        let is_built = !matches!(verification.claim.status, Status::Proposed | Status::Approved);
        let planned = plan.as_ref().map(|(plan, _)| plan);
        let expected = planned.map(|plan| plan.expected_saving_a_year).or_else(|| words.declared());
        let outlook = if is_built { Vec::new() } else { words.outlook() };
        let may_plan = view.sight == Sight::Whole && !is_built;
        let at = format!("/parks/{}/verify/{}/plan", view.key.id, escape(measure.id.as_str()));
        Ok(Section {
            is_shown: may_plan || planned.is_some() || !outlook.is_empty(),
            finding: if is_built { String::new() } else { words.finding(&outlook, expected) },
            outlook: words.rows(&outlook, expected),
            unit: words.unit,
            planned: plan.as_ref().map(|(plan, kept)| words.planned(plan, kept)).unwrap_or_default(),
            against: planned.filter(|_| is_built).map_or_else(Vec::new, |plan| words.against(plan, verification)),
            action: if may_plan { page.at(&at) } else { String::new() },
            faults: Vec::new(),
            meters: words.meters(planned.map(|plan| plan.meter.as_deref().unwrap_or_default())),
            predictors: words.predictors(planned),
            expected: expected.map_or_else(String::new, |value| as_typed(page.language, value * words.scale)),
            months: planned.map_or(12, |plan| plan.months).to_string(),
            note: planned.map(|plan| plan.note.clone()).unwrap_or_default(),
        })
    }
}

fn read(kept: &KeptPlan) -> Result<Plan, AppError> {
    let plan = serde_json::from_str(&kept.content);
    Ok(plan.map_err(|error| anyhow::anyhow!("the measurement plan {}: {error}", kept.id))?)
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
        Some(expected * self.measure.share)
    }

    fn outlook(&self) -> Vec<Outlook> {
        outlook(self.park(), &self.view.computed.catalogue, self.measure)
    }

    fn finding(&self, outlook: &[Outlook], expected: Option<f64>) -> String {
        let page = self.page;
        match expected {
            None => page.t("plan-finding-no-expectation"),
            Some(_) if outlook.is_empty() => page.t("plan-finding-no-data"),
            Some(expected) => match months_needed(outlook, expected) {
                Some(months) => page.t1("plan-finding-months", "months", page.count(months)),
                None => page.t("plan-finding-never"),
            },
        }
    }

    fn rows(&self, outlook: &[Outlook], expected: Option<f64>) -> Vec<[String; 4]> {
        let page = self.page;
        let row = |one: &Outlook| {
            let share = expected.map(|expected| expected.abs() * one.months as f64 / 12.0);
            let saved = share.map_or_else(|| "–".to_string(), |share| self.amount(share));
            let (half, says) = match &one.outcome {
                Expected::Interval { uncertainty_90, placebo, .. } => {
                    let mut says = match share {
                        Some(share) if *uncertainty_90 < share => page.t("plan-suffices"),
                        Some(_) => page.t("plan-too-short"),
                        None => String::new(),
                    };
                    if placebo.abs() > *uncertainty_90 {
                        says = format!("{says} {}", page.t1("plan-placebo", "amount", self.amount(*placebo)));
                    }
                    (format!("± {}", self.amount(*uncertainty_90)), says)
                }
                Expected::Refused(reasons) => {
                    let told = reasons.iter().map(|reason| wording::refusal(page.language, reason));
                    ("?".to_string(), told.collect::<Vec<_>>().join(" "))
                }
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
        words::predictor(self.page.language, &self.view.computed.catalogue, name)
    }

    /// Names of what may explain the use of the site.
    fn known_predictors(&self) -> BTreeSet<String> {
        let park = self.park();
        let is_product = |id: &ResourceId| {
            let resource = self.view.computed.catalogue.resource(id);
            resource.is_some_and(|resource| resource.flow == engine::catalogue::Flow::Product)
        };
        let own = park.records.iter().filter(|record| record.enterprise == self.measure.enterprise);
        let products = own.filter(|record| is_product(&record.resource)).map(|record| record.resource.to_string());
        let drivers = park.drivers.iter().filter(|driver| driver.enterprise == self.measure.enterprise);
        products.chain(drivers.map(|driver| driver.driver.clone())).collect()
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
        let facts = [
            ("by", &*page.t(&format!("role-{}", kept.planned_as))),
            ("at", &*moment(kept.planned_at_us)),
            ("source", &*self.source(plan.meter.as_deref())),
            ("model", plan.model.as_str()),
            ("predictors", &*names.join(", ")),
            ("saving", &*self.amount(plan.expected_saving_a_year)),
            ("half", &*half),
            ("months", &*page.count(plan.months)),
            ("unit", self.unit),
        ];
        let told = crate::words::text_with(page.language, "plan-planned", &facts);
        if plan.note.is_empty() { told } else { format!("{told} {}", plan.note) }
    }

    /// The plan line by line against the verification that it became.
    fn against(&self, plan: &Plan, verification: &MeasureVerification) -> Vec<(String, String, String, bool)> {
        let page = self.page;
        let comparison = verification.comparison.as_ref();
        let from = comparison.map(|comparison| match &comparison.from {
            Source::Bills => None,
            Source::Meter(meter) => Some(meter.clone()),
        });
        let saving = comparison.and_then(|comparison| match &comparison.verification {
            Verification::Saving(saving) => Some(saving),
            Verification::Refused { .. } => None,
        });
        let share = plan.months as f64 / 12.0;
        let unknown = || "?".to_string();
        let list = |names: &[String]| names.iter().map(|name| self.predictor(name)).collect::<Vec<_>>().join(", ");
        let found: Option<Vec<String>> = saving.map(|saving| saving.model.names.iter().skip(1).cloned().collect());
        let is_outside = found.as_ref().is_some_and(|found| found.iter().any(|name| !plan.predictors.contains(name)));
        let line = |key: &str, planned: String, found: String, differs: bool| (page.t(key), planned, found, differs);
        let rows = saving.map(|saving| saving.saving.rows);
        let amount = |value: f64| format!("{} {}", self.amount(value), self.unit);
        vec![
            line(
                "verify-from",
                self.source(plan.meter.as_deref()),
                from.as_ref().map_or_else(unknown, |from| self.source(from.as_deref())),
                from.is_some_and(|from| from != plan.meter),
            ),
            line(
                "report-method",
                plan.model.clone(),
                verification.claim.method.clone(),
                plan.model != verification.claim.method,
            ),
            line("verify-predictor", list(&plan.predictors), found.as_deref().map_or_else(unknown, list), is_outside),
            line(
                "plan-months",
                page.count(plan.months),
                rows.map_or_else(unknown, |rows| page.count(rows)),
                rows.is_some_and(|rows| rows < plan.months),
            ),
            line(
                "report-saving",
                amount(plan.expected_saving_a_year * share),
                saving.map_or_else(unknown, |_| amount(verification.claim.amount)),
                saving.is_some() && verification.claim.amount < plan.expected_saving_a_year * share,
            ),
            line(
                "report-uncertainty",
                plan.expected_uncertainty_90.map_or_else(unknown, amount),
                verification.claim.uncertainty_90.map_or_else(unknown, amount),
                plan.expected_uncertainty_90
                    .zip(verification.claim.uncertainty_90)
                    .is_some_and(|(planned, found)| found > planned),
            ),
        ]
    }

    /// A plan from the fields of the form, or everything that is wrong with them.
    fn read(&self, form: &BTreeMap<String, String>) -> Result<Plan, Vec<Fault>> {
        let field = |key: &str| form.get(key).map(|text| text.trim()).unwrap_or_default();
        let mut faults = Vec::new();
        let mut fault = |key: &str, kind, expected: String| {
            let place = Place { file: self.page.t("plan-title"), column: Some(self.page.t(key)), ..Place::default() };
            faults.push(Fault { place, kind, found: field(key_of(key)).to_string(), expected });
        };
        let meter = field("meter");
        if !meter.is_empty() && !self.own_meters().any(|own| own.id.as_str() == meter) {
            let own: Vec<&str> = self.own_meters().map(|own| own.id.as_str()).collect();
            fault("verify-from", FaultKind::UnknownCode, own.join(", "));
        }
        let expected = as_number(self.page.language, field("expected")).filter(|value| *value > 0.0);
        if expected.is_none() {
            fault("plan-expected", FaultKind::NotANumber, self.page.n(1234.5, 1));
        }
        let months = field("months").parse::<usize>().ok().filter(|months| (1..=MOST_MONTHS).contains(months));
        if months.is_none() {
            fault("plan-months", FaultKind::OutOfRange, format!("1 – {MOST_MONTHS}"));
        }
        let known = self.known_predictors();
        let predictors: Vec<String> =
            known.into_iter().filter(|name| form.contains_key(&format!("predictor.{name}"))).collect();
        if predictors.is_empty() {
            fault("verify-predictor", FaultKind::MissingValue, "≥ 1".to_string());
        }
        let note = field("note");
        if note.chars().count() > LONGEST_NOTE {
            fault("plan-note", FaultKind::OutOfRange, format!("≤ {LONGEST_NOTE}"));
        }
        let (Some(expected), Some(months), []) = (expected, months, faults.as_slice()) else { return Err(faults) };
        let meter = (!meter.is_empty()).then(|| meter.to_string());
        let measured = Measure { meter: meter.as_deref().map(engine::ids::MeterId::new), ..self.measure.clone() };
        Ok(Plan {
            expected_uncertainty_90: interval(self.park(), &self.view.computed.catalogue, &measured, months),
            meter,
            model: inputs::METHOD.to_string(),
            predictors,
            expected_saving_a_year: expected / self.scale,
            months,
            note: note.to_string(),
        })
    }
}

/// The field of the form behind a label.
fn key_of(label: &str) -> &str {
    match label {
        "verify-from" => "meter",
        "plan-expected" => "expected",
        "plan-months" => "months",
        _ => "",
    }
}

/// The interval to expect of the nearest length that is at least so many months.
fn interval(park: &Park, catalogue: &engine::catalogue::Catalogue, measure: &Measure, months: usize) -> Option<f64> {
    let tried = MONTHS_TRIED.into_iter().find(|tried| *tried >= months)?;
    let outlook = outlook(park, catalogue, measure);
    outlook.into_iter().find(|one| one.months == tried).and_then(|one| match one.outcome {
        Expected::Interval { uncertainty_90, .. } => Some(uncertainty_90),
        Expected::Refused(_) => None,
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
    let view = frame::view(&app, &page, &park).await?;
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
            section.faults = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
            let field = |key: &str| form.get(key).cloned().unwrap_or_default();
            (section.expected, section.months, section.note) = (field("expected"), field("months"), field("note"));
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
