//! What the page of the network computes, as JSON: the network by objective, the trade-off curve, scenarios side by side,
//! and what fails. For those who see every enterprise of the park; what was not shared with them is not in it.

use axum::Json;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::Answer;
use super::description::{WhichObjective, WhichPark, WhichReport, WhichScenario};
use crate::decision::{Asked, Decision, told};
use crate::error::{ApiError, AppError};
use crate::page::Page;
use crate::state::App;
use crate::web::frame;
use crate::web::matching::Waiting;
use crate::web::matching::network::decision;
use crate::web::sharing::looks;
use crate::wording;

/// Everything of an address that could not be taken, each with what was expected.
#[derive(Serialize, ToSchema)]
pub struct NotTaken {
    pub faults: Vec<String>,
}

/// The network in which an objective is greatest, with its totals, its bound and its exchanges; or a point of the
/// trade-off curve. 202 while it is computed.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/network", params(WhichPark, WhichReport, WhichObjective),
    responses((status = 200, body = Answer), (status = 202, body = NotYet), (status = 401), (status = 403), (status = 404), (status = 422, body = NotTaken)))]
pub async fn chosen(state: State<App>, page: Page, park: UrlPath<String>) -> Result<Response, ApiError> {
    answer(state, page, park, "network", told::network).await
}

/// What of the benefit is given up for CO₂e or for waste kept from disposal: all networks between the two that no other
/// beats in both. 202 while they are computed.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/network/tradeoff",
    params(WhichPark, WhichReport, WhichObjective),
    responses((status = 200, body = Answer), (status = 202, body = NotYet), (status = 401), (status = 403), (status = 404), (status = 422, body = NotTaken)))]
pub async fn tradeoff(state: State<App>, page: Page, park: UrlPath<String>) -> Result<Response, ApiError> {
    answer(state, page, park, "network/tradeoff", told::curve).await
}

/// Up to four scenarios beside the base, each with its network and what differs. 202 while they are computed.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/network/scenarios",
    params(WhichPark, WhichReport, WhichObjective, WhichScenario),
    responses((status = 200, body = Answer), (status = 202, body = NotYet), (status = 401), (status = 403), (status = 404), (status = 422, body = NotTaken)))]
pub async fn scenarios(state: State<App>, page: Page, park: UrlPath<String>) -> Result<Response, ApiError> {
    answer(state, page, park, "network/scenarios", told::compared).await
}

/// What the network loses when a partner or an exchange fails, with and without a substitute. 202 while it is computed.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/network/failures",
    params(WhichPark, WhichReport, WhichObjective),
    responses((status = 200, body = Answer), (status = 202, body = NotYet), (status = 401), (status = 403), (status = 404), (status = 422, body = NotTaken)))]
pub async fn failures(state: State<App>, page: Page, park: UrlPath<String>) -> Result<Response, ApiError> {
    answer(state, page, park, "network/failures", told::failures).await
}

/// What takes many networks to tell.
const NEED_FURTHER: [&str; 2] = ["network/tradeoff", "network/failures"];

/// How far the computation is that the answer waits for; the same address has the answer later.
#[derive(Serialize, ToSchema)]
pub struct NotYet {
    pub done: usize,
    pub of: usize,
}

/// 202, and when to ask again.
pub fn not_yet(waiting: &Waiting) -> Response {
    let (done, of) = waiting.progress();
    (StatusCode::ACCEPTED, [(header::RETRY_AFTER, "2")], Json(NotYet { done, of })).into_response()
}

/// An answer names enterprises: each of them is shown who read it.
async fn answer<T: Serialize>(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    name: &'static str,
    tell: fn(&Asked, &Decision) -> T,
) -> Result<Response, ApiError> {
    let view = frame::view_begun(&app, &page, &park).await?;
    let asked = Asked::of(page.language, &page.query, &view.computed.park);
    if !asked.faults.is_empty() {
        let faults = asked.faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(NotTaken { faults })).into_response());
    }
    let (decision, waiting) = decision(&app, &page, &view, &asked).await?;
    let is_there = |decision: &Decision| match name {
        "network/scenarios" => !decision.are_scenarios_pending,
        _ if NEED_FURTHER.contains(&name) || asked.point.is_some() => !decision.is_pending,
        _ => true,
    };
    let decision = match (decision.filter(is_there), waiting) {
        (Some(decision), _) => decision,
        (None, Some(waiting)) => return Ok(not_yet(&waiting)),
        (None, None) => return Err(AppError::NotFound.into()),
    };
    looks::at_all(&app, &page.user, &view.key.id, &format!("api/{name}")).await?;
    Ok(Json(Answer::of(&view, &tell(&asked, &decision))?).into_response())
}
