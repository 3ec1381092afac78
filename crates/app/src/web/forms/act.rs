//! Writing into a form, handing it in, sending it back, receiving it.

use std::collections::BTreeMap;

use axum::extract::{Form, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use engine::ids::FieldId;
use engine::report::forms::FilledForm;
use engine::report::forms::life::{FormAct, FormRefusal};
use serde_json::json;
use store::{FormAt, FormError};

use super::input::Reader;
use super::{Place, address, place, render, rows};
use crate::error::AppError;
use crate::forms::{Standing, standing};
use crate::page::Page;
use crate::state::App;
use crate::web::frame;
use crate::wording::form as words;

/// Longest reason of a return that is kept.
const LONGEST_REASON: usize = 2_000;

type Fields = Form<BTreeMap<String, String>>;

/// Keeps what was typed: all rows, or none and every fault.
pub async fn write(
    State(app): State<App>,
    page: Page,
    UrlPath(names): Place,
    headers: HeaderMap,
    Form(typed): Fields,
) -> Result<Response, AppError> {
    let (key, at) = place(&app, &page, &names).await?;
    let standing = standing(&app, &page.user, &key, at).await?;
    let Some(form) = standing.form.as_ref().filter(|_| standing.may.write) else {
        return refuse(&app, page, standing, &headers, &typed, "form-fault-closed").await;
    };
    let view = frame::view_of_records(&app, &page, key.id.as_str()).await?;
    let reader = Reader { page: &page, form, park: &view.computed.park, typed: &typed };
    let (changes, faults) = reader.read();
    if !faults.is_empty() {
        return told(&app, page, standing, &headers, &typed, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if changes.is_empty() {
        return done(&page, &standing.at, &headers);
    }
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope_of_reports(&key));
    let kept = app.store.write_form(&actor, &scope, &standing.at, &changes).await;
    outcome(&app, page, standing, &headers, &typed, kept).await
}

/// Hands the form in as it stands.
pub async fn submit(
    State(app): State<App>,
    page: Page,
    UrlPath(names): Place,
    headers: HeaderMap,
    Form(typed): Fields,
) -> Result<Response, AppError> {
    let (key, at) = place(&app, &page, &names).await?;
    let standing = standing(&app, &page.user, &key, at).await?;
    let Some(form) = standing.form.as_ref().filter(|_| standing.may.submit) else {
        return refuse(&app, page, standing, &headers, &typed, "form-fault-closed").await;
    };
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope_of_reports(&key));
    let kept = app.store.submit_form(&actor, &scope, &standing.at, form, app.today()).await;
    outcome(&app, page, standing, &headers, &typed, kept).await
}

/// Receives a form that was handed in, or sends it back with the reason.
pub async fn receive(
    State(app): State<App>,
    page: Page,
    UrlPath(names): Place,
    headers: HeaderMap,
    Form(typed): Fields,
) -> Result<Response, AppError> {
    let (key, at) = place(&app, &page, &names).await?;
    let standing = standing(&app, &page.user, &key, at).await?;
    let field = |name: &str| typed.get(name).map_or("", |text| text.trim());
    let act = match field("act") {
        "receive" => FormAct::Receive,
        "return" if field("reason").chars().count() > LONGEST_REASON => {
            let fault = page.t1("form-fault-reason-long", "most", page.count(LONGEST_REASON));
            let faults = vec![("reason".to_string(), fault)];
            return told(&app, page, standing, &headers, &typed, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        "return" => FormAct::Return { reason: field("reason").to_string() },
        _ => return refuse(&app, page, standing, &headers, &typed, "form-fault-act").await,
    };
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope_of_reports(&key));
    let kept = app.store.answer_form(&actor, &scope, &standing.at, &act, app.today()).await;
    outcome(&app, page, standing, &headers, &typed, kept).await
}

/// A refusal of the whole, by the key of its sentence.
async fn refuse(
    app: &App,
    page: Page,
    standing: Standing,
    headers: &HeaderMap,
    typed: &BTreeMap<String, String>,
    why: &str,
) -> Result<Response, AppError> {
    let faults = vec![("form".to_string(), page.t(why))];
    told(app, page, standing, headers, typed, faults, StatusCode::CONFLICT).await
}

async fn outcome(
    app: &App,
    page: Page,
    standing: Standing,
    headers: &HeaderMap,
    typed: &BTreeMap<String, String>,
    kept: Result<(), FormError>,
) -> Result<Response, AppError> {
    match kept {
        Ok(()) => done(&page, &standing.at, headers),
        Err(FormError::Closed) => refuse(app, page, standing, headers, typed, "form-fault-closed").await,
        Err(FormError::Refused(refusal)) => {
            let faults = refused(&page, standing.form.as_ref(), &refusal);
            told(app, page, standing, headers, typed, faults, StatusCode::CONFLICT).await
        }
        Err(FormError::OutsideScope) => Err(AppError::Forbidden { sign_in: false }),
        Err(FormError::NotFound) => Err(AppError::NotFound),
        Err(FormError::Store(error)) => Err(AppError::Internal(error)),
    }
}

/// Each row that is missing is a fault with the way to it.
fn refused(page: &Page, form: Option<&FilledForm>, refusal: &FormRefusal) -> Vec<(String, String)> {
    match refusal {
        FormRefusal::Incomplete { fields } => {
            let row = |id: &FieldId| {
                let row = form.and_then(|form| form.field(id));
                let name = row.map_or_else(|| id.to_string(), |row| words::field_name(page.language, &row.field));
                (rows::anchor(id), format!("{name}: {}", page.t("form-warning-missing")))
            };
            fields.iter().map(row).collect()
        }
        FormRefusal::NoReason => vec![("reason".to_string(), words::refusal(page.language, form, refusal))],
        FormRefusal::NotNow | FormRefusal::TooEarly => {
            vec![("form".to_string(), words::refusal(page.language, form, refusal))]
        }
    }
}

fn done(page: &Page, at: &FormAt, headers: &HeaderMap) -> Result<Response, AppError> {
    if wants_json(headers) {
        return Ok(Json(json!({ "faults": [] })).into_response());
    }
    Ok(Redirect::to(&address(page, at, "")).into_response())
}

async fn told(
    app: &App,
    page: Page,
    standing: Standing,
    headers: &HeaderMap,
    typed: &BTreeMap<String, String>,
    faults: Vec<(String, String)>,
    status: StatusCode,
) -> Result<Response, AppError> {
    if wants_json(headers) {
        let messages: Vec<&String> = faults.iter().map(|(_, message)| message).collect();
        return Ok((status, Json(json!({ "faults": messages }))).into_response());
    }
    Ok((status, render(app, page, standing, typed, faults).await?).into_response())
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}
