//! Weather stations of a park.

use axum::Json;
use axum::extract::{Path as UrlPath, State};

use super::Answered;
use super::answers::Answer;
use super::description::{WhichBase, WhichPark, WhichReport};
use crate::page::Page;
use crate::state::App;
use crate::web::frame;
use crate::web::weather::{base_of, of_view};

/// The weather stations of the park and of the catalogue, the nearest first, with what their series cover and the degree
/// days of each month for a base.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/weather", params(WhichPark, WhichReport, WhichBase),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
pub async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    Ok(Json(Answer::of(&view, &of_view(&view, base_of(&page)))?))
}
