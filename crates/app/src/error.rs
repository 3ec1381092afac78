//! What can go wrong on a request, and how it is told: as a page or as JSON, logged once.

use askama::Template;
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{Html, IntoResponse, Redirect, Response};
use engine::language::Language;

use crate::auth::Forbidden;
use crate::web::Computing;
use crate::words::text;

/// Where a second factor is set up.
pub const SET_UP_PATH: &str = "/account/second-factor";

#[derive(Debug)]
pub enum AppError {
    NotFound,
    Forbidden {
        sign_in: bool,
    },
    /// The account must bring a second factor and has none yet: only the page that sets one up is open.
    SecondFactorMissing,
    /// Asked too often; after so many seconds it may be asked again.
    TooMany(u64),
    /// A request larger than one of its kind may be.
    TooLarge,
    /// The network that the answer rests on is being computed.
    NotYet(Box<Computing>),
    Internal(anyhow::Error),
}

impl From<anyhow::Error> for AppError {
    fn from(error: anyhow::Error) -> AppError {
        AppError::Internal(error)
    }
}

impl From<Forbidden> for AppError {
    fn from(forbidden: Forbidden) -> AppError {
        AppError::Forbidden { sign_in: forbidden.sign_in }
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> AppError {
        AppError::Internal(error.into())
    }
}

impl AppError {
    pub fn status(&self) -> StatusCode {
        match self {
            AppError::NotFound => StatusCode::NOT_FOUND,
            AppError::Forbidden { sign_in: true } => StatusCode::UNAUTHORIZED,
            AppError::Forbidden { sign_in: false } => StatusCode::FORBIDDEN,
            AppError::SecondFactorMissing => StatusCode::FORBIDDEN,
            AppError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            AppError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            AppError::NotYet(_) => StatusCode::ACCEPTED,
            AppError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            AppError::NotFound => "not-found",
            AppError::Forbidden { sign_in: true } => "sign-in",
            AppError::Forbidden { sign_in: false } => "forbidden",
            AppError::SecondFactorMissing => "second-factor",
            AppError::TooMany(_) => "too-many",
            AppError::TooLarge => "too-large",
            AppError::NotYet(_) => "not-yet",
            AppError::Internal(_) => "internal",
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    code: &'static str,
    is_sign_in: bool,
    texts: Vec<(Language, String, String)>,
}

/// The answer to a request that was refused or failed, as JSON or as a page. It is logged here, once.
pub fn refusal(error: AppError, is_api: bool) -> Response {
    let error = match error {
        AppError::NotYet(computing) => match computing.answer(is_api) {
            Ok(response) => return response,
            Err(error) => error,
        },
        error => error,
    };
    if let AppError::Internal(error) = &error {
        tracing::error!(error = format!("{error:#}"), "request failed");
    }
    if matches!(error, AppError::SecondFactorMissing) && !is_api {
        return Redirect::to(SET_UP_PATH).into_response();
    }
    let mut response = if is_api {
        (error.status(), Json(serde_json::json!({ "error": error.code() }))).into_response()
    } else {
        error_page(&error)
    };
    if let AppError::TooMany(seconds) = error {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Pages answer in both languages: an error may come before anybody knows who asks.
fn error_page(error: &AppError) -> Response {
    let texts = Language::ALL
        .into_iter()
        .map(|language| {
            let title = text(language, &format!("error-{}", error.code()));
            (language, title, text(language, &format!("error-{}-why", error.code())))
        })
        .collect();
    let page = ErrorPage { code: error.code(), is_sign_in: error.code() == "sign-in", texts };
    match page.render() {
        Ok(html) => (error.status(), Html(html)).into_response(),
        Err(_) => error.status().into_response(),
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        refusal(self, false)
    }
}

/// The same for the API.
pub struct ApiError(pub AppError);

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> ApiError {
        ApiError(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        refusal(self.0, true)
    }
}
