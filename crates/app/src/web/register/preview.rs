//! One import: which column means what, what the file would change, the names that somebody must decide about, taking
//! it over and undoing it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::period::parse_date;
use engine::register::{Decision, EntryChange, Field, Outcome, Register, RegisterKind, fields_of, heading};
use store::{ImportDraft, ImportStatus, RegisterError, RegisterImport};

use super::{imports, words};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::register::{self, Preview};
use crate::state::App;
use crate::web::frame::Choice;
use crate::wording;

/// Faults, rows and columns that a page lists; the rest is counted.
const LISTED: usize = 200;
/// Values of a column that are shown to recognise it by.
const EXAMPLES: usize = 3;

#[derive(Template)]
#[template(path = "register_import.html")]
struct ImportPage {
    page: Page,
    id: String,
    file: String,
    kind: String,
    sha256: String,
    status: &'static str,
    finding: String,
    stated_on: String,
    source: String,
    licence: String,
    columns: Vec<Column>,
    faults_title: String,
    faults: Vec<String>,
    questions: Vec<Question>,
    passed_over: String,
    changes_title: String,
    changes: Vec<ChangeLine>,
    is_open: bool,
    may_commit: bool,
    may_undo: bool,
    alert: String,
}

struct Column {
    name: String,
    /// Name of the form field.
    key: String,
    examples: String,
    choices: Vec<Choice>,
}

struct Question {
    line: usize,
    name: String,
    /// Value of the form field, what it says, and whether it is chosen.
    answers: Vec<Choice>,
}

struct ChangeLine {
    line: String,
    name: String,
    outcome: String,
    detail: String,
}

pub async fn show(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    let import = load(&app, &page, &id).await?;
    render(&app, page, import, "").await
}

async fn load(app: &App, page: &Page, id: &str) -> Result<RegisterImport, AppError> {
    let import = app.store.register_import(id).await?.ok_or(AppError::NotFound)?;
    if imports::is_readers(page, &import) { Ok(import) } else { Err(AppError::NotFound) }
}

/// The rows of a draft against the register as it is now; computing may take a second for a nation.
async fn previewed(app: &App, draft: &ImportDraft) -> Result<(Arc<Register>, Preview), AppError> {
    let register = app.register().await?;
    let (of, draft, catalogue) = (register.clone(), draft.clone(), app.catalogue);
    let preview = tokio::task::spawn_blocking(move || register::preview(&draft, &of, catalogue));
    Ok((register, preview.await.context("preview an import")??))
}

async fn render(app: &App, page: Page, import: RegisterImport, alert: &'static str) -> Result<Response, AppError> {
    let draft = &import.draft;
    let is_open = import.status == ImportStatus::Draft;
    let mut view = ImportPage {
        id: import.id.clone(),
        file: draft.file_name.clone(),
        kind: page.t(&format!("register-kind-{}", draft.kind.code())),
        sha256: draft.sha256.short().to_string(),
        status: import.status.code(),
        finding: String::new(),
        stated_on: draft.stated_on.to_string(),
        source: draft.source.clone(),
        licence: draft.licence.clone(),
        columns: Vec::new(),
        faults_title: String::new(),
        faults: Vec::new(),
        questions: Vec::new(),
        passed_over: String::new(),
        changes_title: String::new(),
        changes: Vec::new(),
        is_open,
        may_commit: false,
        may_undo: import.status == ImportStatus::Committed,
        alert: if alert.is_empty() { String::new() } else { page.t(alert) },
        page,
    };
    if is_open {
        let (register, preview) = previewed(app, draft).await?;
        open(app, &mut view, draft, &register, &preview);
    } else {
        let (added, changed) = (view.page.count(import.added), view.page.count(import.changed));
        view.finding = view.page.t2(&format!("register-import-{}", view.status), "added", added, "changed", changed);
        let register = app.register().await?;
        let changes = app.store.register_import_changes(&import.id).await?;
        view.changes_title = view.page.t1("register-import-changed", "count", view.page.count(changes.len()));
        view.changes =
            changes.iter().take(LISTED).map(|change| committed_line(app, &view.page, &register, change)).collect();
    }
    let response = html(&view)?;
    Ok(if alert.is_empty() { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

fn open(app: &App, view: &mut ImportPage, draft: &ImportDraft, register: &Register, preview: &Preview) {
    let page = &view.page;
    let name_at = preview.sheet.columns.iter().position(|column| {
        let name = if draft.kind == RegisterKind::Site { Field::Enterprise } else { Field::NameVi };
        draft.mapping.get(&heading(column)) == Some(&name)
    });
    let name_of = |line: usize| {
        let row = preview.sheet.rows.iter().find(|(at, _)| *at == line);
        row.and_then(|(_, cells)| cells.get(name_at?)).map(|cell| cell.shown()).unwrap_or_default()
    };
    let faults = &preview.read.faults;
    view.columns = columns(page, draft, preview);
    view.passed_over = match preview.read.passed_over.len() {
        0 => String::new(),
        count => page.t1("register-import-passed-over", "count", page.count(count)),
    };
    let Some(comparison) = &preview.comparison else {
        view.finding = page.t1("register-import-faulty", "count", page.count(faults.len()));
        view.faults_title = page.t1("import-faults", "count", page.count(faults.len()));
        view.faults = faults.iter().take(LISTED).map(|fault| wording::fault(page.language, fault)).collect();
        if faults.len() > LISTED {
            view.faults.push(page.t1("register-more", "count", page.count(faults.len() - LISTED)));
        }
        return;
    };
    let counted = |is: fn(&Outcome) -> bool| page.count(comparison.count(is));
    view.finding = page.t3(
        "register-import-finding",
        "new",
        counted(|outcome| matches!(outcome, Outcome::New { .. })),
        "changed",
        counted(|outcome| matches!(outcome, Outcome::Changed { .. })),
        "unchanged",
        counted(|outcome| matches!(outcome, Outcome::Unchanged { .. })),
    );
    if comparison.questions() > 0 {
        let questions = page.t1("register-import-questions", "count", page.count(comparison.questions()));
        view.finding = format!("{}; {questions}", view.finding);
    }
    view.may_commit = comparison.questions() == 0 && !comparison.changes.is_empty();
    for (line, outcome) in &comparison.outcomes {
        match outcome {
            Outcome::Question { candidates } => {
                let decided = draft.decisions.get(line);
                let mut answers: Vec<Choice> = candidates
                    .iter()
                    .map(|candidate| Choice {
                        value: format!("same:{}", candidate.code),
                        name: page.t2(
                            "register-import-same",
                            "name",
                            &candidate.name,
                            "likeness",
                            page.n(candidate.likeness * 100.0, 0),
                        ),
                        is_chosen: decided == Some(&Decision::Same(candidate.code.clone())),
                    })
                    .collect();
                for (value, key, decision) in
                    [("new", "register-import-new", Decision::New), ("skip", "register-import-skip", Decision::Skip)]
                {
                    let is_chosen = decided == Some(&decision);
                    answers.push(Choice { value: value.to_string(), name: page.t(key), is_chosen });
                }
                if view.questions.len() < LISTED {
                    view.questions.push(Question { line: *line, name: name_of(*line), answers });
                }
            }
            Outcome::Unchanged { .. } => {}
            outcome if view.changes.len() < LISTED => {
                view.changes.push(ChangeLine {
                    line: line.to_string(),
                    name: name_of(*line),
                    outcome: page.t(&format!("register-outcome-{}", outcome_code(outcome))),
                    detail: detail(app, page, register, outcome),
                });
            }
            _ => {}
        }
    }
    view.changes_title = page.t1("register-import-would-change", "count", page.count(comparison.changes.len()));
}

fn outcome_code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged { .. } => "unchanged",
        Outcome::Changed { .. } => "changed",
        Outcome::New { .. } => "new",
        Outcome::Question { .. } => "question",
        Outcome::Older { .. } => "older",
        Outcome::Skipped => "skipped",
        Outcome::Repeats { .. } => "repeats",
    }
}

fn detail(app: &App, page: &Page, register: &Register, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Changed { fields, .. } => {
            let one = |(field, before, after): &(Field, Option<String>, String)| {
                difference(app, page, register, *field, before.as_deref(), after)
            };
            fields.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        Outcome::Older { known_on, .. } => known_on.map(engine::language::format_date).unwrap_or_default(),
        Outcome::Repeats { line, .. } => page.t1("register-import-line", "line", line),
        _ => String::new(),
    }
}

fn difference(app: &App, page: &Page, register: &Register, field: Field, before: Option<&str>, after: &str) -> String {
    let value = |fact: &str| words::value(app, page, register, field, fact);
    let name = page.t(&format!("register-field-{}", field.code().replace('_', "-")));
    format!("{name}: {} → {}", before.map_or_else(|| "–".to_string(), value), value(after))
}

fn committed_line(app: &App, page: &Page, register: &Register, change: &EntryChange) -> ChangeLine {
    let before = change.before.as_ref().map(|before| &before.latest().facts);
    let after = &change.after.latest().facts;
    let differences = after.iter().filter_map(|(field, fact)| {
        let known = before?.get(field);
        (known != Some(fact)).then(|| difference(app, page, register, *field, known.map(String::as_str), fact))
    });
    ChangeLine {
        line: change.after.code.clone(),
        name: change.after.name().get(page.language).to_string(),
        outcome: page.t(if before.is_some() { "register-outcome-changed" } else { "register-outcome-new" }),
        detail: differences.collect::<Vec<_>>().join("; "),
    }
}

fn columns(page: &Page, draft: &ImportDraft, preview: &Preview) -> Vec<Column> {
    let named = preview.sheet.columns.iter().enumerate().filter(|(_, column)| !column.is_empty());
    named
        .map(|(at, column)| {
            let filled = preview.sheet.rows.iter().filter_map(|(_, cells)| cells.get(at)).map(|cell| cell.shown());
            let examples: Vec<String> = filled.filter(|text| !text.is_empty()).take(EXAMPLES).collect();
            let chosen = draft.mapping.get(&heading(column));
            let none =
                Choice { value: String::new(), name: page.t("register-field-none"), is_chosen: chosen.is_none() };
            let fields = fields_of(draft.kind).iter().map(|field| Choice {
                value: field.code().to_string(),
                name: page.t(&format!("register-field-{}", field.code().replace('_', "-"))),
                is_chosen: chosen == Some(field),
            });
            Column {
                name: column.clone(),
                key: format!("column.{}", heading(column)),
                examples: examples.join(" · "),
                choices: std::iter::once(none).chain(fields).collect(),
            }
        })
        .collect()
}

/// Takes what was decided: columns, day, source, and names.
pub async fn decide(
    State(app): State<App>,
    page: Page,
    UrlPath(id): UrlPath<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let import = load(&app, &page, &id).await?;
    let mut draft = import.draft.clone();
    if form.keys().any(|key| key.starts_with("column.")) {
        draft.mapping = form
            .iter()
            .filter_map(|(key, code)| Some((key.strip_prefix("column.")?.to_string(), Field::parse(code)?)))
            .collect();
    }
    if let Some(on) = form.get("stated_on").and_then(|text| parse_date(text)) {
        draft.stated_on = on;
    }
    for (name, kept) in [("source", &mut draft.source), ("licence", &mut draft.licence)] {
        if let Some(text) = form.get(name).filter(|text| !text.trim().is_empty()) {
            *kept = text.trim().to_string();
        }
    }
    for (key, answer) in &form {
        let Some(line) = key.strip_prefix("line.").and_then(|line| line.parse().ok()) else { continue };
        match answer.as_str() {
            "new" => draft.decisions.insert(line, Decision::New),
            "skip" => draft.decisions.insert(line, Decision::Skip),
            same => match same.strip_prefix("same:") {
                Some(code) => draft.decisions.insert(line, Decision::Same(code.to_string())),
                None => draft.decisions.remove(&line),
            },
        };
    }
    if form.contains_key("accept") {
        let (_, preview) = previewed(&app, &draft).await?;
        draft.decisions.extend(preview.comparison.as_ref().map(register::accept_likeliest).unwrap_or_default());
    }
    match app.store.amend_register_import(&page.user.actor(app.now_us()), &id, &draft).await {
        Ok(()) => Ok(back(&id)),
        Err(error) => refused(&app, page, import, error).await,
    }
}

pub async fn commit(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    let import = load(&app, &page, &id).await?;
    if import.status != ImportStatus::Draft {
        return render(&app, page, import, "register-alert-closed").await;
    }
    let (register, preview) = previewed(&app, &import.draft).await?;
    let ready = preview.comparison.filter(|comparison| comparison.questions() == 0);
    let Some(comparison) = ready else { return render(&app, page, import, "register-alert-open").await };
    let actor = page.user.actor(app.now_us());
    match app.store.commit_register_import(&actor, &id, register.revision, &comparison.changes).await {
        Ok(()) => Ok(back(&id)),
        Err(error) => refused(&app, page, import, error).await,
    }
}

pub async fn discard(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    let import = load(&app, &page, &id).await?;
    match app.store.discard_register_import(&page.user.actor(app.now_us()), &id).await {
        Ok(()) => Ok(back(&id)),
        Err(error) => refused(&app, page, import, error).await,
    }
}

pub async fn undo(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    let import = load(&app, &page, &id).await?;
    match app.store.undo_register_import(&page.user.actor(app.now_us()), &id).await {
        Ok(()) => Ok(back(&id)),
        Err(error) => refused(&app, page, import, error).await,
    }
}

fn back(id: &str) -> Response {
    Redirect::to(&format!("/register-imports/{}", escape(id))).into_response()
}

async fn refused(app: &App, page: Page, import: RegisterImport, error: RegisterError) -> Result<Response, AppError> {
    let alert = match error {
        RegisterError::NotFound => "register-alert-closed",
        RegisterError::Changed => "register-alert-moved",
        RegisterError::BuiltUpon(_) => "register-alert-built-upon",
        RegisterError::Store(error) => return Err(error.into()),
    };
    render(app, page, import, alert).await
}
