//! Editions of frameworks: those of the catalogue and those that administrators write, with their stages. Everybody who
//! is signed in reads them.

mod compare;
mod example;
mod write;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::life::Stage;
use engine::catalogue::frameworks::write::write_framework;
use engine::catalogue::frameworks::{Criterion, Framework, Indicator};
use engine::ids::FrameworkId;
use engine::language::format_date;

use crate::auth::{self, Action};
use crate::editions;
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;
use crate::web::account::moment;
use crate::web::routes::{Routes, Rule};
use crate::wording;

pub fn routes() -> Routes {
    Routes::new()
        .get("/frameworks", Rule::SignedIn, list)
        .post("/frameworks", Rule::EditFrameworks, write::start)
        .get("/frameworks/{framework}", Rule::SignedIn, one)
        .post("/frameworks/{framework}", Rule::EditFrameworks, write::write_over)
        .get("/frameworks/{framework}/edition.toml", Rule::SignedIn, export)
        .get("/frameworks/{framework}/compare", Rule::SignedIn, compare::show)
        .get("/frameworks/{framework}/row", Rule::EditFrameworks, write::row)
        .post("/frameworks/{framework}/row", Rule::EditFrameworks, write::save_row)
        .post("/frameworks/{framework}/publish", Rule::EditFrameworks, write::publish)
        .get("/worked-example", Rule::SignedIn, example::show)
}

/// Where an edition stands in its life; those of the catalogue have none.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    Catalogue,
    /// Of the catalogue, named and without rows.
    Empty,
    Store(Stage),
}

impl Standing {
    fn code(&self) -> &'static str {
        match self {
            Standing::Catalogue => "catalogue",
            Standing::Empty => "empty",
            Standing::Store(stage) => stage.code(),
        }
    }
}

/// An edition with where it stands.
struct Known {
    framework: Framework,
    standing: Standing,
    /// The revision that was read, of one of the store.
    revision: i64,
    toml: String,
}

/// Every edition there is by its name.
async fn every(app: &App) -> Result<Vec<Known>, AppError> {
    let whole = app.whole_catalogue().await?;
    let mut known: Vec<Known> = Vec::new();
    for edition in editions::all(&app.store, app.catalogue).await? {
        let standing = Standing::Store(edition.kept.stage.clone());
        let (revision, toml) = (edition.kept.revision, edition.kept.toml);
        known.push(Known { framework: edition.framework, standing, revision, toml });
    }
    let of_catalogue = whole.frameworks.values().map(|framework| (framework, Standing::Catalogue));
    for (framework, standing) in of_catalogue.chain(whole.empty_editions.values().map(|one| (one, Standing::Empty))) {
        // One that is being filled stands as the draft that fills it.
        if known.iter().all(|one| one.framework.id != framework.id) {
            known.push(Known { framework: framework.clone(), standing, revision: 0, toml: String::new() });
        }
    }
    known.sort_by(|a, b| a.framework.id.cmp(&b.framework.id));
    Ok(known)
}

async fn find(app: &App, id: &str) -> Result<Known, AppError> {
    every(app).await?.into_iter().find(|one| one.framework.id.as_str() == id).ok_or(AppError::NotFound)
}

#[derive(Template)]
#[template(path = "frameworks.html")]
struct List {
    page: Page,
    first_line: String,
    rows: Vec<Line>,
    may_edit: bool,
    typed: write::Start,
    faults_title: String,
    faults: Vec<String>,
}

struct Line {
    id: String,
    href: String,
    name: String,
    stage: String,
    class: &'static str,
    validity: String,
    replaces: String,
    rows: usize,
    confirmed: usize,
    unconfirmed: usize,
}

impl Line {
    fn of(page: &Page, known: &Known) -> Line {
        let framework = &known.framework;
        let unconfirmed = framework.criteria.iter().filter(|row| row.unconfirmed).count();
        Line {
            id: framework.id.to_string(),
            href: page.at(&path(&framework.id)),
            name: format!("{} ({})", framework.name, framework.version),
            stage: page.t(stage_key(&known.standing)),
            class: match known.standing {
                Standing::Catalogue | Standing::Store(Stage::Published { .. }) => "met",
                Standing::Empty | Standing::Store(Stage::Draft) => "unknown",
                Standing::Store(Stage::Replaced { .. }) => "not-applicable",
            },
            validity: validity(page, framework),
            replaces: framework.replaces.as_ref().map(ToString::to_string).unwrap_or_default(),
            rows: framework.criteria.len(),
            confirmed: framework.criteria.len() - unconfirmed,
            unconfirmed,
        }
    }
}

fn path(id: &FrameworkId) -> String {
    format!("/frameworks/{}", escape(id.as_str()))
}

fn stage_key(standing: &Standing) -> &'static str {
    match standing {
        Standing::Catalogue => "edition-stage-catalogue",
        Standing::Empty => "edition-stage-empty",
        Standing::Store(Stage::Draft) => "edition-stage-draft",
        Standing::Store(Stage::Published { .. }) => "edition-stage-published",
        Standing::Store(Stage::Replaced { .. }) => "edition-stage-replaced",
    }
}

/// `15/07/2022 – 31/12/2026`; an open end is a dash, an unknown beginning a question mark.
fn validity(page: &Page, framework: &Framework) -> String {
    match (framework.valid_from, framework.valid_to) {
        (None, None) => page.t("edition-no-days"),
        (from, to) => {
            let from = from.map_or_else(|| "?".to_string(), format_date);
            format!("{from} – {}", to.map_or_else(|| "…".to_string(), format_date))
        }
    }
}

fn may_edit(page: &Page) -> bool {
    auth::may(&page.user, &Action::EditFrameworks).is_ok()
}

async fn list(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    show_list(&app, page, write::Start::default(), (String::new(), Vec::new())).await
}

async fn show_list(
    app: &App,
    page: Page,
    typed: write::Start,
    (faults_title, faults): (String, Vec<String>),
) -> Result<Response, AppError> {
    let every = every(app).await?;
    let is_scored =
        |one: &&Known| matches!(one.standing, Standing::Catalogue | Standing::Store(Stage::Published { .. }));
    let drafts = every.iter().filter(|one| one.standing == Standing::Store(Stage::Draft)).count();
    let scored = every.iter().filter(is_scored).count();
    let is_faulty = !faults_title.is_empty();
    let response = html(&List {
        first_line: page.t3(
            "editions-first",
            "count",
            page.count(every.len()),
            "scored",
            page.count(scored),
            "drafts",
            page.count(drafts),
        ),
        rows: every.iter().map(|one| Line::of(&page, one)).collect(),
        may_edit: may_edit(&page),
        typed,
        faults_title,
        faults,
        page,
    })?;
    Ok(if is_faulty { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

#[derive(Template)]
#[template(path = "framework.html")]
struct One {
    page: Page,
    line: Line,
    first_line: String,
    note: String,
    status: String,
    rows: Vec<Row>,
    states: Vec<(String, String)>,
    compare: String,
    export: String,
    /// Whether the reader may write it: an administrator, and a draft.
    may_write: bool,
    may_edit: bool,
    revision: i64,
    toml: String,
    base: String,
    from: String,
    faults_title: String,
    faults: Vec<String>,
}

struct Row {
    id: String,
    edit: String,
    label: String,
    category: String,
    target: String,
    how: String,
    asks: String,
    legal: String,
    source: String,
    unconfirmed: bool,
}

impl Row {
    fn of(page: &Page, catalogue: &Catalogue, framework: &Framework, criterion: &Criterion) -> Row {
        let id = criterion.id.as_str();
        Row {
            id: id.to_string(),
            edit: page.at(&format!("{}/row", path(&framework.id))),
            label: page.label(&criterion.label).to_string(),
            category: criterion.category.replace('_', " "),
            target: wording::target(page.language, criterion.rule, criterion.target, &criterion.unit),
            how: how(page, catalogue, criterion),
            asks: asks(page, criterion),
            legal: page.label(&criterion.legal).to_string(),
            source: page.label(&criterion.source).to_string(),
            unconfirmed: criterion.unconfirmed,
        }
    }
}

/// How the value of a criterion is obtained, in words.
fn how(page: &Page, catalogue: &Catalogue, criterion: &Criterion) -> String {
    match catalogue.indicator(criterion) {
        None => page.t("indicator-none"),
        Some(Indicator::Answer { fact }) => {
            let label = catalogue.facts.get(fact).map_or(fact.as_str(), |known| page.label(&known.label));
            page.t1("indicator-answer", "fact", label)
        }
        Some(Indicator::SurveyShare { question, min_employees }) => {
            let label = catalogue.questions.get(question).map_or(question.as_str(), |known| page.label(&known.label));
            page.t2("indicator-survey-share", "question", label, "employees", page.count(*min_employees as usize))
        }
        Some(plain) => page.t(&format!("indicator-{}", plain.code().replace('_', "-"))),
    }
}

/// What a row asks of data beyond the usual.
fn asks(page: &Page, criterion: &Criterion) -> String {
    let mut asks = Vec::new();
    if let Some(coverage) = criterion.coverage {
        asks.push(page.t1("edition-asks-coverage", "percent", page.n(100.0 * coverage, 0)));
    }
    if let Some(months) = criterion.valid_months {
        asks.push(page.t1("edition-asks-months", "months", page.count(months as usize)));
    }
    if criterion.needs_evidence {
        asks.push(page.t("edition-asks-evidence"));
    }
    asks.join("; ")
}

async fn one(State(app): State<App>, page: Page, UrlPath(framework): UrlPath<String>) -> Result<Response, AppError> {
    show_one(&app, page, &framework, None, (String::new(), Vec::new())).await
}

/// The page of an edition; `typed` is a text that was refused, so that it can be mended.
async fn show_one(
    app: &App,
    page: Page,
    id: &str,
    typed: Option<String>,
    (faults_title, faults): (String, Vec<String>),
) -> Result<Response, AppError> {
    let known = find(app, id).await?;
    let framework = &known.framework;
    let base = path(&framework.id);
    let states = app.store.edition_states(&framework.id).await?;
    let without_rule = framework.criteria.iter().filter(|row| app.catalogue.indicator(row).is_none()).count();
    let line = Line::of(&page, &known);
    let is_faulty = !faults_title.is_empty();
    let response = html(&One {
        first_line: page.t3(
            "edition-first",
            "rows",
            page.count(line.rows),
            "unconfirmed",
            page.count(line.unconfirmed),
            "without",
            page.count(without_rule),
        ),
        note: page.label(&framework.note).to_string(),
        status: framework.status.clone(),
        rows: framework.criteria.iter().map(|row| Row::of(&page, app.catalogue, framework, row)).collect(),
        states: states
            .iter()
            .map(|state| {
                let stage = page.t(stage_key(&Standing::Store(state.stage.clone())));
                (
                    format!("{}: {stage}", state.revision),
                    format!("{}, {}", state.written_by, moment(state.written_at_us)),
                )
            })
            .collect(),
        compare: page.at(&format!("{base}/compare")),
        export: format!("{base}/edition.toml"),
        may_write: may_edit(&page) && known.standing == Standing::Store(Stage::Draft),
        may_edit: may_edit(&page),
        revision: known.revision,
        toml: typed.unwrap_or_else(|| known.toml.clone()),
        from: page.today.to_string(),
        base,
        line,
        faults_title,
        faults,
        page,
    })?;
    Ok(if is_faulty { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

async fn export(State(app): State<App>, UrlPath(framework): UrlPath<String>) -> Result<Response, AppError> {
    let known = find(&app, &framework).await?;
    // What an administrator wrote is handed out as it was written, comments and all.
    let text = if known.toml.is_empty() { write_framework(&known.framework) } else { known.toml };
    let name = format!("attachment; filename=\"{}.toml\"", known.framework.id);
    let headers =
        [(header::CONTENT_TYPE, "application/toml; charset=utf-8".to_string()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

#[cfg(test)]
mod tests;
