//! Greenhouse gas accounts of a park and of its enterprises.

use axum::Json;
use axum::extract::{Path as UrlPath, State};
use engine::ids::EnterpriseId;
use serde_json::json;

use super::answers::Answer;
use super::description::{WhichEditions, WhichEnterprise, WhichPark, WhichReport};
use super::{Answered, answer};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::Page;
use crate::publish;
use crate::state::App;
use crate::web::frame;
use crate::web::greenhouse::account;

/// The greenhouse gas account of the park: every line with activity, factors and their editions, basis, range and digest, sums
/// that say what they lack, and beside them what was avoided. Others than its developer and consultant get sums by part,
/// as far as no enterprise can be read out of them.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/greenhouse-gases", params(WhichPark, WhichReport, WhichEditions),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
pub async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let account = account(&page, &view, None);
    match view.sight {
        Sight::Whole => answer(&app, &page, &view, "greenhouse-gases", &account).await,
        _ => {
            let parts = publish::greenhouse_sums(&account, view.computed.told());
            Ok(Json(Answer::of(&view, &json!({ "editions": account.editions, "parts": parts }))?))
        }
    }
}

/// The greenhouse gas account of an enterprise, line by line.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/enterprises/{enterprise}/greenhouse-gases",
    params(WhichPark, WhichEnterprise, WhichReport, WhichEditions),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
pub async fn of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?;
    Ok(Json(Answer::of(&view, &account(&page, &view, Some(&id)))?))
}
