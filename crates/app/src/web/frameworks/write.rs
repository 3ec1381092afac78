//! Administrators write editions: a draft is started, written over as a whole or row by row, and published. A draft is
//! kept only without faults; all of them are told at once, each with its line, its criterion and its key.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::catalogue::frameworks::life::{Refusal, Stage};
use engine::catalogue::frameworks::write::{write_framework, write_with_row};
use engine::catalogue::frameworks::{Criterion, Framework, Indicator, KINDS, Rule};
use engine::fault::Fault;
use engine::ids::{CriterionId, FrameworkId};
use engine::period::parse_date;
use serde::Deserialize;

use super::{Known, Standing, find, path, show_list, show_one};
use crate::editions::{self, Refused};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::frame::Choice;
use crate::wording;

/// What the form that starts a draft held, so that it need not be typed again.
#[derive(Default)]
pub struct Start {
    pub id: String,
    pub from: String,
    pub toml: String,
}

/// Why something was not kept, in words: a title, and every fault.
fn told(page: &Page, refused: Refused) -> Result<(String, Vec<String>), AppError> {
    let single = |key: &str| (page.t(key), Vec::new());
    Ok(match refused {
        Refused::Faults(faults) => faults_told(page, &faults),
        Refused::Life(refusal) => single(&format!("edition-refusal-{}", refusal.code())),
        Refused::Name => single("edition-refusal-name"),
        Refused::Changed => single("edition-refusal-changed"),
        Refused::Failed(error) => return Err(AppError::Internal(error)),
    })
}

fn faults_told(page: &Page, faults: &[Fault]) -> (String, Vec<String>) {
    let texts = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
    (page.t1("import-faults", "count", page.count(faults.len())), texts)
}

/// Starts a draft: from the text or file that was handed in, else as a copy of an edition.
pub async fn start(State(app): State<App>, page: Page, form: Multipart) -> Result<Response, AppError> {
    let Ok(mut typed) = read_start(form).await else {
        let faults = (page.t("edition-refusal-upload"), Vec::new());
        return show_list(&app, page, Start::default(), faults).await;
    };
    let id = FrameworkId::new(typed.id.trim());
    let toml = match typed.toml.trim() {
        "" => match copied(&app, &typed.from, &id).await? {
            Some(toml) => toml,
            None => {
                let faults = (page.t("edition-refusal-nothing"), Vec::new());
                return show_list(&app, page, typed, faults).await;
            }
        },
        _ => std::mem::take(&mut typed.toml),
    };
    let actor = page.user.actor(app.now_us());
    match editions::save_draft(&app.store, app.catalogue, &actor, (&id, None), &toml).await {
        Ok(_) => Ok(Redirect::to(&path(&id)).into_response()),
        Err(refused) => {
            let faults = told(&page, refused)?;
            // A text that was copied is not shown as if it had been typed.
            let toml = if typed.from.is_empty() { toml } else { String::new() };
            show_list(&app, page, Start { toml, ..typed }, faults).await
        }
    }
}

async fn read_start(mut form: Multipart) -> Result<Start, axum::extract::multipart::MultipartError> {
    let mut start = Start::default();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_string();
        let text = String::from_utf8_lossy(&field.bytes().await?).into_owned();
        match name.as_str() {
            "id" => start.id = text,
            "from" => start.from = text,
            // A file and a text are two ways to hand in the same; an empty one says nothing.
            "toml" | "file" if !text.trim().is_empty() => start.toml = text,
            _ => {}
        }
    }
    Ok(start)
}

/// The text of an edition as the draft of another: it takes that one's place unless it fills it, and has no days yet.
async fn copied(app: &App, from: &str, id: &FrameworkId) -> Result<Option<String>, AppError> {
    if from.is_empty() {
        return Ok(None);
    }
    let Known { framework, .. } = find(app, from).await?;
    let replaces = if framework.id == *id { framework.replaces.clone() } else { Some(framework.id.clone()) };
    let status = "draft".to_string();
    let draft = Framework { id: id.clone(), replaces, status, valid_from: None, valid_to: None, ..framework };
    Ok(Some(write_framework(&draft)))
}

#[derive(Deserialize)]
pub struct WriteOver {
    #[serde(default)]
    revision: i64,
    #[serde(default)]
    toml: String,
}

pub async fn write_over(
    State(app): State<App>,
    page: Page,
    UrlPath(framework): UrlPath<String>,
    Form(form): Form<WriteOver>,
) -> Result<Response, AppError> {
    let known = find(&app, &framework).await?;
    let id = known.framework.id;
    let actor = page.user.actor(app.now_us());
    let kept = editions::save_draft(&app.store, app.catalogue, &actor, (&id, Some(form.revision)), &form.toml).await;
    match kept {
        Ok(_) => Ok(Redirect::to(&path(&id)).into_response()),
        Err(refused) => {
            let faults = told(&page, refused)?;
            show_one(&app, page, &framework, Some(form.toml), faults).await
        }
    }
}

#[derive(Deserialize)]
pub struct Publish {
    #[serde(default)]
    from: String,
}

pub async fn publish(
    State(app): State<App>,
    page: Page,
    UrlPath(framework): UrlPath<String>,
    Form(form): Form<Publish>,
) -> Result<Response, AppError> {
    let id = FrameworkId::new(framework.as_str());
    let Some(from) = parse_date(form.from.trim()) else {
        let faults = (page.t("edition-refusal-date"), Vec::new());
        return show_one(&app, page, &framework, None, faults).await;
    };
    let actor = page.user.actor(app.now_us());
    match editions::publish(&app.store, app.catalogue, &actor, &id, from).await {
        Ok(()) => Ok(Redirect::to(&path(&id)).into_response()),
        Err(refused) => {
            let faults = told(&page, refused)?;
            show_one(&app, page, &framework, None, faults).await
        }
    }
}

#[derive(Template)]
#[template(path = "framework_row.html")]
struct RowPage {
    page: Page,
    name: String,
    title: String,
    /// The row that is written over; empty for a new one.
    criterion: String,
    revision: i64,
    fields: Vec<Field>,
    base: String,
    faults_title: String,
    faults: Vec<String>,
}

/// One key of a row with what it holds.
struct Field {
    key: &'static str,
    name: String,
    value: String,
    choices: Vec<Choice>,
    is_long: bool,
}

/// Keys of a row in the order of the form.
const KEYS: [&str; 28] = [
    "id",
    "replaces",
    "category",
    "topic",
    "kind",
    "label_vi",
    "label_en",
    "unit",
    "direction",
    "target",
    "indicator.rule",
    "indicator.fact",
    "indicator.question",
    "indicator.min_employees",
    "coverage",
    "valid_months",
    "needs_evidence",
    "applies_to_vi",
    "applies_to",
    "evidence_vi",
    "evidence",
    "legal_vi",
    "legal",
    "source_vi",
    "source",
    "unconfirmed",
    "note_vi",
    "note",
];
const LONG: [&str; 8] = ["label_vi", "label_en", "evidence_vi", "evidence", "source_vi", "source", "note_vi", "note"];

/// A row as it is typed into the form, in the order of [`KEYS`].
type Typed = Vec<(&'static str, String)>;

fn typed_of(criterion: Option<&Criterion>) -> Typed {
    let Some(row) = criterion else {
        let usual = |key| match key {
            "kind" => "criterion",
            "direction" => Rule::AtLeast.code(),
            "unit" => "percent",
            "unconfirmed" => "true",
            _ => "",
        };
        return KEYS.map(|key| (key, usual(key).to_string())).to_vec();
    };
    let (mut fact, mut question, mut employees) = (String::new(), String::new(), String::new());
    match &row.indicator {
        Some(Indicator::Answer { fact: of }) => fact.clone_from(of),
        Some(Indicator::SurveyShare { question: of, min_employees }) => {
            question.clone_from(of);
            employees = min_employees.to_string();
        }
        _ => {}
    }
    let optional = |value: Option<String>| value.unwrap_or_default();
    let value = |key: &str| match key {
        "id" => row.id.to_string(),
        "replaces" => optional(row.replaces.as_ref().map(ToString::to_string)),
        "category" => row.category.clone(),
        "topic" => row.topic.clone(),
        "kind" => row.kind.clone(),
        "label_vi" => row.label.vi.clone(),
        "label_en" => row.label.en.clone(),
        "unit" => row.unit.clone(),
        "direction" => row.rule.code().to_string(),
        "target" => row.target.to_string(),
        "indicator.rule" => optional(row.indicator.as_ref().map(|indicator| indicator.code().to_string())),
        "indicator.fact" => fact.clone(),
        "indicator.question" => question.clone(),
        "indicator.min_employees" => employees.clone(),
        "coverage" => optional(row.coverage.map(|share| share.to_string())),
        "valid_months" => optional(row.valid_months.map(|months| months.to_string())),
        "needs_evidence" => row.needs_evidence.to_string(),
        "applies_to_vi" => row.applies_to.vi.clone(),
        "applies_to" => row.applies_to.en.clone(),
        "evidence_vi" => row.evidence.vi.clone(),
        "evidence" => row.evidence.en.clone(),
        "legal_vi" => row.legal.vi.clone(),
        "legal" => row.legal.en.clone(),
        "source_vi" => row.source.vi.clone(),
        "source" => row.source.en.clone(),
        "unconfirmed" => row.unconfirmed.to_string(),
        "note_vi" => row.note.vi.clone(),
        "note" => row.note.en.clone(),
        _ => String::new(),
    };
    KEYS.map(|key| (key, value(key))).to_vec()
}

/// Codes that a key may have; none where anything may be typed.
fn codes(app: &App, key: &str) -> Vec<String> {
    let of = |codes: &[&str]| codes.iter().map(|code| (*code).to_string()).collect::<Vec<_>>();
    let or_nothing = |codes: Vec<String>| std::iter::once(String::new()).chain(codes).collect();
    match key {
        "kind" => of(&KINDS),
        "direction" => of(&Rule::ALL.map(Rule::code)),
        "needs_evidence" => of(&["false", "true"]),
        "unconfirmed" => of(&["true", "false"]),
        "indicator.rule" => {
            let mut codes = of(&["answer", "survey_share"]);
            codes.extend(Indicator::PLAIN.iter().map(|indicator| indicator.code().to_string()));
            or_nothing(codes)
        }
        "indicator.fact" => or_nothing(app.catalogue.facts.keys().cloned().collect()),
        "indicator.question" => or_nothing(app.catalogue.questions.keys().cloned().collect()),
        _ => Vec::new(),
    }
}

/// A draft of the store, or the refusal to write what is fixed.
fn draft(known: &Known) -> Result<(), Refused> {
    match &known.standing {
        Standing::Store(Stage::Draft) => Ok(()),
        Standing::Store(_) => Err(Refused::Life(Refusal::AlreadyPublished)),
        Standing::Catalogue | Standing::Empty => Err(Refused::Life(Refusal::NameTaken)),
    }
}

pub async fn row(
    State(app): State<App>,
    page: Page,
    UrlPath(framework): UrlPath<String>,
) -> Result<Response, AppError> {
    let known = find(&app, &framework).await?;
    if let Err(refused) = draft(&known) {
        let faults = told(&page, refused)?;
        return show_one(&app, page, &framework, None, faults).await;
    }
    let id = page.query.get("criterion").cloned().unwrap_or_default();
    let criterion = match id.as_str() {
        "" => None,
        id => Some(known.framework.criterion(&CriterionId::new(id)).ok_or(AppError::NotFound)?),
    };
    show_row(&app, page, &known, &id, typed_of(criterion), (String::new(), Vec::new()))
}

fn show_row(
    app: &App,
    page: Page,
    known: &Known,
    criterion: &str,
    typed: Typed,
    (faults_title, faults): (String, Vec<String>),
) -> Result<Response, AppError> {
    let field = |(key, value): (&'static str, String)| Field {
        key,
        name: page.t(&format!("row-{}", key.replace(['_', '.'], "-"))),
        choices: codes(app, key)
            .into_iter()
            .map(|code| Choice { is_chosen: code == value, name: code_name(&page, app, key, &code), value: code })
            .collect(),
        is_long: LONG.contains(&key),
        value,
    };
    let is_faulty = !faults_title.is_empty();
    let response = html(&RowPage {
        name: format!("{} ({})", known.framework.name, known.framework.version),
        title: match criterion {
            "" => page.t("row-new"),
            id => page.t1("row-edit", "id", id),
        },
        criterion: criterion.to_string(),
        revision: known.revision,
        fields: typed.into_iter().map(field).collect(),
        base: path(&known.framework.id),
        faults_title,
        faults,
        page,
    })?;
    Ok(if is_faulty { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// What a code is called; facts and questions by their text.
fn code_name(page: &Page, app: &App, key: &str, code: &str) -> String {
    match (key, code) {
        (_, "") => page.t("row-as-catalogue"),
        ("indicator.fact", code) => {
            app.catalogue.facts.get(code).map_or(code.to_string(), |fact| page.label(&fact.label).to_string())
        }
        ("indicator.question", code) => app
            .catalogue
            .questions
            .get(code)
            .map_or(code.to_string(), |question| page.label(&question.label).to_string()),
        ("kind", code) => page.t(&format!("assess-kind-{code}")),
        ("needs_evidence" | "unconfirmed", code) => page.t(if code == "true" { "yes" } else { "no" }),
        (_, code) => page.t(&format!("row-code-{}", code.replace('_', "-"))),
    }
}

#[derive(Deserialize)]
pub struct SaveRow {
    #[serde(default)]
    revision: i64,
    /// The row that is written over; empty for a new one.
    #[serde(default)]
    criterion: String,
    /// `save` or `remove`.
    #[serde(default)]
    act: String,
    #[serde(flatten)]
    typed: std::collections::BTreeMap<String, String>,
}

pub async fn save_row(
    State(app): State<App>,
    page: Page,
    UrlPath(framework): UrlPath<String>,
    Form(form): Form<SaveRow>,
) -> Result<Response, AppError> {
    let known = find(&app, &framework).await?;
    if let Err(refused) = draft(&known) {
        let faults = told(&page, refused)?;
        return show_one(&app, page, &framework, None, faults).await;
    }
    let in_place_of = Some(CriterionId::new(form.criterion.as_str())).filter(|_| !form.criterion.is_empty());
    if in_place_of.as_ref().is_some_and(|id| known.framework.criterion(id).is_none()) {
        return Err(AppError::NotFound);
    }
    let value = |key: &str| form.typed.get(key).map_or("", |value| value.trim()).to_string();
    let typed: Typed = KEYS.map(|key| (key, value(key))).to_vec();
    let toml = match (form.act.as_str(), &in_place_of) {
        ("remove", Some(id)) => {
            let mut less = known.framework.clone();
            less.criteria.retain(|row| row.id != *id);
            write_framework(&less)
        }
        _ => write_with_row(&known.framework, &typed, in_place_of.as_ref()),
    };
    let id = &known.framework.id;
    let actor = page.user.actor(app.now_us());
    match editions::save_draft(&app.store, app.catalogue, &actor, (id, Some(form.revision)), &toml).await {
        Ok(_) => Ok(Redirect::to(&format!("{}#rows", path(id))).into_response()),
        Err(refused) => {
            let faults = told(&page, refused)?;
            show_row(&app, page, &known, &form.criterion, typed, faults)
        }
    }
}
