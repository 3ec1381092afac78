//! The policy laboratory: a changed rule over all parks that the reader may see. The change stands in the address.

mod form;
mod scenarios;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::assess::policy::ChangeSet;
use engine::assess::policy::wishes::{Wish, change_set};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::fault::Fault;
use engine::period::Period;
use engine::report::document::Document;

use super::frame::Choice;
use super::nation::{Bar, shown_period};
use super::report::{Part, Words, words};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::policy::note::{finding, impact_note};
use crate::policy::{Eyes, Kind, Question, Trial, population, try_changes};
use crate::state::App;
use crate::web::routes::{Routes, Rule};
use crate::wording;
use form::Form;
use scenarios::ScenarioLine;

pub fn routes() -> Routes {
    Routes::new()
        .get("/policy", Rule::Policy, show)
        .get("/policy/note.docx", Rule::Policy, docx)
        .get("/policy/note.pdf", Rule::Policy, pdf)
        .get("/policy/changes.toml", Rule::Policy, toml)
        .get("/policy/compare", Rule::Policy, scenarios::compare)
        .post("/policy/scenarios", Rule::Policy, scenarios::save)
        .get("/policy/scenarios/{scenario}", Rule::Policy, scenarios::open)
        .post("/policy/scenarios/{scenario}/share", Rule::Policy, scenarios::share)
        .post("/policy/scenarios/{scenario}/withdraw", Rule::Policy, scenarios::withdraw)
}

#[derive(Template)]
#[template(path = "policy.html")]
struct Shown {
    page: Page,
    finding: String,
    is_sample: bool,
    faults: Vec<String>,
    context: ContextBar,
    form: Form,
    /// What is handed over; absent while there is no park.
    document: Option<Words>,
    downloads: Vec<(String, String)>,
    scenarios: Vec<ScenarioLine>,
    /// The change as the form that saves it sends it; empty while nothing is changed.
    changes: String,
    framework: String,
    scenario_fault: String,
    reset_href: String,
}

/// The context bar: edition, period and kind of parks.
struct ContextBar {
    frameworks: Vec<Choice>,
    periods: Vec<Choice>,
    kinds: Vec<Choice>,
    lang: Option<String>,
}

/// What an address asks for.
struct Asked {
    /// With the editions that the store publishes.
    catalogue: Arc<Catalogue>,
    edition: Framework,
    period: Period,
    kind: Option<Kind>,
    wishes: Vec<Wish>,
    changes: Result<ChangeSet, Vec<Fault>>,
}

impl Asked {
    async fn of(app: &App, page: &Page) -> Result<Asked, AppError> {
        let catalogue = app.whole_catalogue().await?;
        let edition = catalogue.frameworks.get(&page.framework()).cloned().ok_or(AppError::NotFound)?;
        let file = page.t("policy-form");
        let is_wish = |(key, value): &(&String, &String)| key.contains('.') && !value.trim().is_empty();
        let wishes = page.query.iter().filter(is_wish);
        let wishes: Vec<Wish> = wishes.filter_map(|(key, value)| Wish::of_pair(&file, key, value)).collect();
        let kind = page.query.get("kind").and_then(|code| Kind::parse(code));
        let changes = change_set(&edition, &wishes, &catalogue);
        Ok(Asked { catalogue, edition, period: shown_period(page), kind, wishes, changes })
    }
}

/// The pairs of an address: what is asked and, in its one fixed order, what is changed.
fn address(page: &Page, path: &str, changes: &ChangeSet) -> String {
    let kept = ["framework", "period", "kind", "lang"];
    let context = kept.into_iter().filter_map(|name| Some((name.to_string(), page.query.get(name)?.clone())));
    let pairs = context.filter(|(_, value)| !value.is_empty()).chain(changes.pairs());
    let query: Vec<String> = pairs.map(|(name, value)| format!("{}={}", escape(&name), escape(&value))).collect();
    if query.is_empty() { path.to_string() } else { format!("{path}?{}", query.join("&")) }
}

/// Whether the address says more than it must, as a sent form does: then the reader is led to the short one.
fn is_wordy(page: &Page, changes: &ChangeSet) -> bool {
    let said = page.query.iter().filter(|(key, _)| key.contains('.'));
    let said: BTreeMap<String, String> = said.map(|(key, value)| (key.clone(), value.clone())).collect();
    said != changes.pairs().into_iter().collect()
}

async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    render(&app, page, "").await
}

async fn render(app: &App, page: Page, scenario_fault: &'static str) -> Result<Response, AppError> {
    let asked = Asked::of(app, &page).await?;
    if let Ok(changes) = &asked.changes
        && scenario_fault.is_empty()
        && is_wordy(&page, changes)
    {
        return Ok(Redirect::to(&address(&page, "/policy", changes)).into_response());
    }
    let (parks, kind) = population(app, &page.user, asked.kind).await?;
    let (changes, mut faults) = match &asked.changes {
        Ok(changes) => (changes.clone(), Vec::new()),
        Err(faults) => (ChangeSet::default(), faults.clone()),
    };
    let tried = trial(app, &page, &asked, &changes).await?;
    let (trial, waiting) = match tried {
        Ok(tried) => tried,
        Err(found) => {
            faults.extend(found);
            let unchanged = trial(app, &page, &asked, &ChangeSet::default()).await?;
            unchanged.map_err(|faults| AppError::Internal(anyhow::anyhow!("an unchanged edition: {faults:?}")))?
        }
    };
    let note = || impact_note(&trial, &asked.edition, &changes, waiting, &asked.catalogue, page.language);
    let shown = Shown {
        finding: if parks.is_empty() { page.t("policy-empty") } else { finding(&trial, page.language) },
        is_sample: kind == Kind::Sample,
        faults: faults.iter().map(|fault| wording::fault(page.language, fault)).collect(),
        context: context(&asked.catalogue, &page, kind),
        form: Form::of(&asked.catalogue, &page, &asked.edition, &asked.wishes),
        document: (!parks.is_empty()).then(|| words(&page, note())),
        downloads: if faults.is_empty() { downloads(&page, &changes) } else { Vec::new() },
        scenarios: scenarios::lines(app, &page).await?,
        changes: if faults.is_empty() { changes.to_toml() } else { String::new() },
        framework: asked.edition.id.to_string(),
        scenario_fault: if scenario_fault.is_empty() { String::new() } else { page.t(scenario_fault) },
        reset_href: address(&page, "/policy", &ChangeSet::default()),
        page,
    };
    let is_refused = !shown.faults.is_empty() || !shown.scenario_fault.is_empty();
    let response = html(&shown)?;
    Ok(if is_refused { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

type Tried = Result<(Trial, usize), Vec<Fault>>;

/// The trial for the reader, and how many parks are still being computed.
async fn trial(app: &App, page: &Page, asked: &Asked, changes: &ChangeSet) -> Result<Tried, AppError> {
    let (parks, _) = population(app, &page.user, asked.kind).await?;
    let (parks, waiting) = app.lab_parks(&parks, &asked.catalogue.digest(), asked.period).await?;
    let (edition, changes, catalogue) = (asked.edition.clone(), changes.clone(), asked.catalogue.clone());
    let (period, as_of, eyes) = (asked.period, app.today(), Eyes::of(&page.user));
    let tried = tokio::task::spawn_blocking(move || {
        let question = Question { edition: &edition, changes: &changes, period, as_of, eyes };
        try_changes(&question, &parks, &catalogue)
    });
    Ok(tried.await.context("try the change")?.map(|trial| (trial, waiting)))
}

fn context(catalogue: &Catalogue, page: &Page, kind: Kind) -> ContextBar {
    let bar = Bar::of(catalogue, page);
    let kinds = Kind::ALL.map(|of| Choice {
        value: of.code().to_string(),
        name: page.t(&format!("policy-kind-{}", of.code())),
        is_chosen: of == kind,
    });
    ContextBar { frameworks: bar.frameworks, periods: bar.periods, kinds: kinds.into(), lang: bar.lang }
}

/// Name and address of every file.
fn downloads(page: &Page, changes: &ChangeSet) -> Vec<(String, String)> {
    let note = |format: &str, name: &str| {
        let name = format!("{} ({name})", page.t("policy-note-download"));
        (name, address(page, &format!("/policy/note.{format}"), changes))
    };
    let mut downloads = vec![note("docx", "Word"), note("pdf", "PDF")];
    if !changes.is_empty() {
        downloads.push((page.t("policy-download-toml"), address(page, "/policy/changes.toml", changes)));
    }
    downloads
}

async fn docx(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let document = document(&app, &page).await?;
    let as_of = app.today();
    let bytes = tokio::task::spawn_blocking(move || ::print::docx(&document, as_of));
    let bytes = bytes.await.context("write the note")??;
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    Ok(file(&page, "docx", kind, bytes))
}

async fn pdf(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let document = document(&app, &page).await?;
    let as_of = app.today();
    let bytes = tokio::task::spawn_blocking(move || ::print::pdf(&document, as_of));
    let bytes = bytes.await.context("print the note")??;
    Ok(file(&page, "pdf", "application/pdf", bytes))
}

async fn toml(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let changes = Asked::of(&app, &page).await?.changes.map_err(|_| AppError::NotFound)?;
    Ok(file(&page, "toml", "application/toml; charset=utf-8", changes.to_toml().into_bytes()))
}

/// The note of the address; an address with faults has none.
async fn document(app: &App, page: &Page) -> Result<Document, AppError> {
    let asked = Asked::of(app, page).await?;
    let Ok(changes) = &asked.changes else { return Err(AppError::NotFound) };
    let (trial, waiting) = trial(app, page, &asked, changes).await?.map_err(|_| AppError::NotFound)?;
    Ok(impact_note(&trial, &asked.edition, changes, waiting, &asked.catalogue, page.language))
}

fn file(page: &Page, format: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let name = format!("policy-{}.{}.{format}", page.framework(), page.code());
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
