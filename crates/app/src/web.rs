//! The web application: its routes, its frame, and the server that runs it.

mod api;
mod assess;
mod audit;
mod enterprise;
mod figures;
mod frame;
mod matching;
mod nation;
mod observe;
mod park;
mod plan;
mod report;
mod sign_in;
mod steps;
mod verify;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context;
use axum::Router;
use axum::extract::{Path as UrlPath, Query, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use engine::language::Language;
use rust_embed::RustEmbed;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::catalogue::Outlines;
use crate::error::AppError;
use crate::page::LANGUAGE_COOKIE;
use crate::state::App;

/// Style sheet, fonts and scripts, built by `./run` from `web/`. A build without them still works: pages then show
/// tables in place of charts.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Assets;

/// What pages may load: our own files, and the small pictures inside the style sheet.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// Largest request body.
const MOST_BYTES: usize = 50 * 1024 * 1024;

pub fn router(app: App) -> Router {
    let secure = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    pages()
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/{*path}", get(asset))
        .route("/geo/{file}", get(outline))
        .fallback(|| async { AppError::NotFound })
        .layer(axum::extract::DefaultBodyLimit::max(MOST_BYTES))
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(secure(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
                .layer(secure(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(secure(header::REFERRER_POLICY, "same-origin"))
                .layer(CompressionLayer::new())
                .layer(axum::middleware::from_fn(remember_language)),
        )
        .with_state(app)
}

/// A language chosen in an address stays chosen: links need not carry it.
async fn remember_language(request: Request, next: Next) -> Response {
    let query = Query::<BTreeMap<String, String>>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
    let chosen = query.get("lang").and_then(|code| Language::parse(code));
    let mut response = next.run(request).await;
    // A download in the other language does not change the language of the pages.
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(language) = chosen.filter(|_| is_page) {
        let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age=31536000", language.code());
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// The pages of each subject, from their own rooms.
fn pages() -> Router<App> {
    Router::new()
        .merge(nation::routes())
        .merge(park::routes())
        .merge(observe::routes())
        .merge(enterprise::routes())
        .merge(figures::routes())
        .merge(assess::routes())
        .merge(matching::routes())
        .merge(plan::routes())
        .merge(verify::routes())
        .merge(report::routes())
        .merge(api::routes())
        .merge(audit::routes())
}

/// Listens until it is asked to stop.
pub async fn serve(app: App, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    ready(listener.local_addr()?);
    axum::serve(listener, router(app)).with_graceful_shutdown(stop_signal()).await.context("serve")
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

async fn asset(UrlPath(path): UrlPath<String>) -> Response {
    embedded(Assets::get(&path), &path)
}

async fn outline(UrlPath(file): UrlPath<String>) -> Response {
    embedded(Outlines::get(&file), &file)
}

fn embedded(file: Option<rust_embed::EmbeddedFile>, path: &str) -> Response {
    let Some(file) = file else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json" | "geojson" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, file.data.into_owned()).into_response()
}
