//! Savings together, of a park and above parks, and every meter of a park by one model.

use axum::Json;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answers::Answer;
use super::description::{WhichAssumptions, WhichPark, WhichReport, WhichScreening};
use super::network::{NotTaken, NotYet};
use crate::error::ApiError;
use crate::page::Page;
use crate::state::App;
use crate::web::frame;
use crate::web::meters::screening;
use crate::web::nation::portfolio::{PortfolioAnswer, answer_of};
use crate::web::verify::portfolio;

/// Savings of the parks that the reader may see, by province and status, told by the rules of disclosure: real parks and
/// samples apart.
#[utoipa::path(get, tag = "public", path = "/api/portfolio", params(WhichReport),
    responses((status = 200, body = PortfolioAnswer), (status = 401), (status = 403), (status = 404)))]
pub async fn of_nation(State(app): State<App>, page: Page) -> Result<Json<PortfolioAnswer>, ApiError> {
    Ok(Json(answer_of(&app, &page).await?))
}

/// The savings of a park together: claims with basis, method, factors, evidence and status; sums by status and quantity with
/// their interval; what the verifications have in common; what was promised of the days compared and what became of it; what
/// counts for nothing and why. An enterprise gets its own, others the published sums.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/portfolio", params(WhichPark, WhichReport, WhichAssumptions),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404), (status = 422, body = NotTaken)))]
pub async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, ApiError> {
    let view = frame::view(&app, &page, &park).await?;
    match portfolio::told(&app, &page, &view) {
        Ok(told) => Ok(super::answer(&app, &page, &view, "portfolio", &told).await?.into_response()),
        Err(faults) => Ok(not_taken(faults)),
    }
}

/// Every meter by one model, as a job of the reader ended in: saving with its interval, fit, days left out, and why there is
/// none. A job is started by a POST of `model`, `around` (`installed` or `day`), `day` and `parks` (`all`: every park that the
/// reader works in) to `/parks/{park}/screening`, whose answer leads to an address with its `job`. 202 while it runs.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/screening", params(WhichPark, WhichReport, WhichScreening),
    responses((status = 200, body = Answer), (status = 202, body = NotYet), (status = 401), (status = 403), (status = 404), (status = 422, body = NotTaken)))]
pub async fn of_meters(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
) -> Result<Response, ApiError> {
    let view = frame::view(&app, &page, &park).await?;
    Ok(match screening::told(&app, &page, &view.key.id).await? {
        screening::Asked::Ready(told) => Json(Answer::of(&view, &told)?).into_response(),
        screening::Asked::Running(done, of) => {
            (StatusCode::ACCEPTED, [(header::RETRY_AFTER, "2")], Json(NotYet { done, of })).into_response()
        }
        screening::Asked::Faulty(faults) => not_taken(faults),
    })
}

fn not_taken(faults: Vec<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(NotTaken { faults })).into_response()
}
