//! What can go wrong on a request, and how it is told: as a page or as JSON, logged once.

use askama::Template;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use engine::language::Language;

use crate::auth::Forbidden;
use crate::words::text;

#[derive(Debug)]
pub enum AppError {
    NotFound,
    Forbidden { sign_in: bool },
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
            AppError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            AppError::NotFound => "not-found",
            AppError::Forbidden { sign_in: true } => "sign-in",
            AppError::Forbidden { sign_in: false } => "forbidden",
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

/// Pages answer in both languages: an error may come before anybody knows who asks.
impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = self.status();
        if let AppError::Internal(error) = &self {
            tracing::error!(error = format!("{error:#}"), "request failed");
        }
        let texts = Language::ALL
            .into_iter()
            .map(|language| {
                let title = text(language, &format!("error-{}", self.code()));
                (language, title, text(language, &format!("error-{}-why", self.code())))
            })
            .collect();
        let page = ErrorPage { code: self.code(), is_sign_in: self.code() == "sign-in", texts };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => status.into_response(),
        }
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
        if let AppError::Internal(error) = &self.0 {
            tracing::error!(error = format!("{error:#}"), "request failed");
        }
        let body = serde_json::json!({ "error": self.0.code() });
        (self.0.status(), Json(body)).into_response()
    }
}
