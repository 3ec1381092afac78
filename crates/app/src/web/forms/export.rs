//! A form as a file: as it stands for those who write it, as it was handed in for those it goes to.

use anyhow::Context;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::language::Language;

use super::{Place, place};
use crate::error::AppError;
use crate::forms::document::{self, Format};
use crate::forms::standing;
use crate::page::Page;
use crate::state::App;
use crate::web::frame;
use crate::web::sharing::looks;

/// The formats with their languages.
pub const FORMATS: &[(&str, &[Language])] =
    &[("docx", &Language::ALL), ("pdf", &Language::ALL), ("xlsx", &Language::ALL), ("json", &[Language::Vi])];

pub async fn file(State(app): State<App>, page: Page, UrlPath(names): Place) -> Result<Response, AppError> {
    let (key, at) = place(&app, &page, &names).await?;
    let format = names.get("format").and_then(|name| Format::parse(name)).ok_or(AppError::NotFound)?;
    let standing = standing(&app, &page.user, &key, at).await?;
    let form = standing.form.ok_or(AppError::NotFound)?;
    let view = frame::view_of_records(&app, &page, key.id.as_str()).await?;
    if standing.at.enterprise.is_none() {
        // A form of the park may name enterprises; a form of an enterprise is written down by the guard of the address.
        looks::at_all(&app, &page.user, &key.id, &format!("{}.{}", standing.at.form, format.code())).await?;
    }
    let name = document::file_name(&standing.at.park, &form, page.language, format);
    let (language, day, state, catalogue) = (page.language, app.today(), standing.state, app.catalogue);
    let computed = view.computed;
    let bytes = tokio::task::spawn_blocking(move || {
        let paper = document::Paper { catalogue, park: &computed.park, form: &form, state: &state, day, language };
        document::write(&paper, format)
    })
    .await
    .context("write a form")??;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
