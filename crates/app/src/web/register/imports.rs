//! Files handed in for the register: the list of them, and handing in another.

use anyhow::Context;
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::language::format_date;
use engine::period::parse_date;
use engine::register::RegisterKind;
use store::RegisterImport;

use crate::auth::{self, Action, Role};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::register::{Origin, draft, read_file};
use crate::state::App;
use crate::web::account::moment;
use crate::wording;

/// Kinds that a file can be about. Sites come with their enterprises.
pub const KINDS: [RegisterKind; 5] = [
    RegisterKind::Park,
    RegisterKind::Enterprise,
    RegisterKind::Zone,
    RegisterKind::Developer,
    RegisterKind::Authority,
];

/// Imports that the list shows.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "register_imports.html")]
struct Imports {
    page: Page,
    finding: String,
    kinds: Vec<(String, String)>,
    today: String,
    faults: Vec<String>,
    faults_title: String,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    file: String,
    kind: String,
    status: &'static str,
    stated_on: String,
    source: String,
    changes: String,
    made: String,
    by: String,
}

pub async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    with_faults(&app, page, Vec::new()).await
}

async fn with_faults(app: &App, page: Page, faults: Vec<Fault>) -> Result<Response, AppError> {
    let imports = app.store.register_imports(SHOWN).await?;
    let own: Vec<&RegisterImport> = imports.iter().filter(|import| is_readers(&page, import)).collect();
    let has_failed = !faults.is_empty();
    let response = html(&Imports {
        finding: page.t1("register-imports-finding", "count", page.count(own.len())),
        kinds: KINDS.map(|kind| (kind.code().to_string(), page.t(&format!("register-kind-{}", kind.code())))).into(),
        today: app.today().to_string(),
        faults_title: page.t1("import-faults", "count", page.count(faults.len())),
        faults: faults.iter().map(|fault| wording::fault(page.language, fault)).collect(),
        lines: own.into_iter().map(|import| line(&page, import)).collect(),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// A board sees its own province's imports; ministry and administrator see all of them.
pub fn is_readers(page: &Page, import: &RegisterImport) -> bool {
    auth::may(&page.user, &Action::EditRegister { province: import.draft.province.clone() }).is_ok()
}

fn line(page: &Page, import: &RegisterImport) -> Line {
    Line {
        href: format!("/register-imports/{}", import.id),
        file: import.draft.file_name.clone(),
        kind: page.t(&format!("register-kind-{}", import.draft.kind.code())),
        status: import.status.code(),
        stated_on: format_date(import.draft.stated_on),
        source: import.draft.source.clone(),
        changes: page.t2(
            "register-import-changes",
            "added",
            page.count(import.added),
            "changed",
            page.count(import.changed),
        ),
        made: moment(import.made_at_us),
        by: import.made_by.clone(),
    }
}

/// What the form sent.
#[derive(Default)]
struct Upload {
    name: String,
    bytes: Vec<u8>,
    kind: String,
    stated_on: String,
    source: String,
    licence: String,
}

pub async fn receive(State(app): State<App>, page: Page, form: Multipart) -> Result<Response, AppError> {
    let upload = match read(form).await {
        Ok(upload) => upload,
        Err(error) => return with_faults(&app, page, vec![fault("file", &error.to_string(), "xlsx | csv")]).await,
    };
    // A board's import is bound to its province.
    let province = page.user.province.clone().filter(|_| page.user.role == Role::ProvincialBoard);
    auth::may(&page.user, &Action::EditRegister { province: province.clone() })?;
    let mut faults = Vec::new();
    let kind = RegisterKind::parse(&upload.kind).filter(|kind| KINDS.contains(kind));
    if kind.is_none() {
        faults.push(fault("kind", &upload.kind, &KINDS.map(RegisterKind::code).join(" | ")));
    }
    let stated_on = parse_date(&upload.stated_on);
    if stated_on.is_none() {
        faults.push(fault("stated_on", &upload.stated_on, "yyyy-MM-dd"));
    }
    if upload.source.trim().is_empty() {
        faults.push(fault("source", "", "text"));
    }
    let (Some(kind), Some(stated_on), true) = (kind, stated_on, faults.is_empty()) else {
        return with_faults(&app, page, faults).await;
    };
    let (name, bytes) = (upload.name.clone(), upload.bytes);
    let (bytes, read) = tokio::task::spawn_blocking(move || {
        let read = read_file(kind, &name, &bytes);
        (bytes, read)
    })
    .await
    .context("read a register")?;
    let sheet = match read {
        Ok(sheet) => sheet,
        Err(faults) => return with_faults(&app, page, faults).await,
    };
    let (source, licence) = (upload.source.trim().to_string(), upload.licence.trim().to_string());
    let origin = Origin { stated_on, source, licence, province };
    let draft = draft(&app.store, kind, &upload.name, &bytes, &sheet, origin).await?;
    let id = app.store.draft_register_import(&page.user.actor(app.now_us()), &draft).await?;
    Ok(Redirect::to(&format!("/register-imports/{id}")).into_response())
}

async fn read(mut form: Multipart) -> Result<Upload, axum::extract::multipart::MultipartError> {
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default().to_string().as_str() {
            "file" => {
                upload.name = field.file_name().unwrap_or_default().to_string();
                upload.bytes = field.bytes().await?.to_vec();
            }
            "kind" => upload.kind = field.text().await?,
            "stated_on" => upload.stated_on = field.text().await?,
            "source" => upload.source = field.text().await?,
            "licence" => upload.licence = field.text().await?,
            _ => {}
        }
    }
    Ok(upload)
}

fn fault(column: &str, found: &str, expected: &str) -> Fault {
    let place = Place { file: "register".to_string(), column: Some(column.to_string()), ..Place::default() };
    let kind = if found.is_empty() { FaultKind::MissingValue } else { FaultKind::UnknownCode };
    Fault { place, kind, found: found.to_string(), expected: expected.to_string() }
}
