//! Handing in a whole park as a workbook: all faults at once and nothing stored, or a new revision.

use anyhow::Context;
use askama::Template;
use axum::extract::{Multipart, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ParkId;
use engine::language::Language;
use engine::park::sheets::PARK;
use store::{Locked, SaveParkError, Subject, Unshared};

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::files;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::frame::{self, ParkFrame};
use crate::wording;
use crate::words::text_with;

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    page: Page,
    frame: ParkFrame,
    finding: String,
    faults: Vec<String>,
    faults_title: String,
    is_done: bool,
    observe_href: String,
}

pub async fn page(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    show(&app, page, &park, Vec::new()).await
}

async fn show(app: &App, page: Page, park: &str, faults: Vec<Fault>) -> Result<Response, AppError> {
    let view = frame::view_of_records(app, &page, park).await?;
    auth::may(&page.user, &Action::ImportPark(view.key.clone()))?;
    let revision = app.store.park_revision(&view.key.id).await?.ok_or(AppError::NotFound)?;
    let is_done = faults.is_empty() && page.query.contains_key("done");
    let key = if is_done { "import-done" } else { "import-finding" };
    let has_failed = !faults.is_empty();
    let response = html(&ImportPage {
        finding: page.t1(key, "revision", revision),
        faults_title: page.t1("import-faults", "count", page.count(faults.len())),
        faults: faults.iter().map(|fault| wording::fault(page.language, fault)).collect(),
        is_done,
        observe_href: page.at(&format!("/parks/{}/observe", view.key.id)),
        frame: ParkFrame::of(app, &page, &view, "observe"),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// What the form sent.
struct Upload {
    name: String,
    bytes: Vec<u8>,
}

pub async fn receive(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    form: Multipart,
) -> Result<Response, AppError> {
    let key = app.park_key(&ParkId::new(park.as_str())).await?;
    let upload = match read(form).await {
        Ok(upload) => upload,
        Err(error) => return show(&app, page, &park, vec![unreadable(&error.to_string())]).await,
    };
    if upload.bytes.is_empty() {
        return show(&app, page, &park, vec![unreadable("")]).await;
    }
    let (catalogue, bytes) = (app.catalogue, upload.bytes);
    let (read, mut faults) = tokio::task::spawn_blocking(move || files::read_workbook(&bytes, catalogue))
        .await
        .context("read the workbook")?;
    if let Some(read) = read.as_ref().filter(|read| read.id != key.id) {
        faults.push(another_park(&read.id, &key.id));
    }
    match read.filter(|_| faults.is_empty()) {
        Some(read) => {
            let (actor, scope, note) =
                (page.user.actor(app.now_us()), page.user.scope(), format!("import: {}", upload.name));
            match app.store.save_park_view(&actor, &scope, read, &note).await {
                Ok(_) => Ok(Redirect::to(&format!("/parks/{}/import?done=1", key.id)).into_response()),
                Err(SaveParkError::Store(error)) => Err(error.into()),
                Err(SaveParkError::Locked(found)) => {
                    let faults = found.iter().map(|lock| locked(page.language, lock)).collect();
                    show(&app, page, &park, faults).await
                }
                Err(SaveParkError::Unshared(found)) => {
                    let faults = found.iter().map(|unshared| not_shared(page.language, unshared)).collect();
                    show(&app, page, &park, faults).await
                }
            }
        }
        None => show(&app, page, &park, faults).await,
    }
}

async fn read(mut form: Multipart) -> Result<Upload, axum::extract::multipart::MultipartError> {
    let mut upload = Upload { name: String::new(), bytes: Vec::new() };
    while let Some(field) = form.next_field().await? {
        if field.name() == Some("workbook") {
            upload.name = field.file_name().unwrap_or_default().to_string();
            upload.bytes = field.bytes().await?.to_vec();
        }
    }
    Ok(upload)
}

fn unreadable(found: &str) -> Fault {
    Fault {
        place: Place { file: "workbook".to_string(), ..Place::default() },
        kind: FaultKind::UnreadableFile,
        found: found.to_string(),
        expected: "xlsx".to_string(),
    }
}

/// A record of an approved period.
pub fn locked(language: Language, lock: &Locked) -> Fault {
    let approved = wording::period(language, &lock.approved);
    Fault {
        place: Place { file: "records".to_string(), column: Some("amount".to_string()), ..Place::default() },
        kind: FaultKind::Contradiction,
        found: format!("{} {} {}", lock.enterprise, lock.resource, lock.period),
        expected: text_with(language, "period-import-expected", &[("period", &approved)]),
    }
}

/// A row of what its enterprise keeps to itself.
pub fn not_shared(language: Language, unshared: &Unshared) -> Fault {
    let (sheet, column) = match unshared.subject {
        Subject::Streams => ("streams", "stream"),
        Subject::Costs => ("records", "cost_vnd"),
        Subject::Readings => ("readings", "meter"),
    };
    Fault {
        place: Place { file: sheet.to_string(), column: Some(column.to_string()), ..Place::default() },
        kind: FaultKind::Contradiction,
        found: unshared.id.clone(),
        expected: text_with(language, "sharing-import-expected", &[("enterprise", unshared.enterprise.as_str())]),
    }
}

fn another_park(found: &ParkId, expected: &ParkId) -> Fault {
    Fault {
        place: Place {
            file: PARK.name.to_string(),
            line: Some(2),
            column: Some("park".to_string()),
            cell: Some("B2".to_string()),
        },
        kind: FaultKind::Contradiction,
        found: found.to_string(),
        expected: expected.to_string(),
    }
}
