//! The web application: its routes, its frame, and the server that runs it.

mod account;
mod api;
mod assess;
mod audit;
mod dossiers;
mod enterprise;
mod figures;
pub mod forms;
mod frame;
mod frameworks;
pub mod gate;
mod greenhouse;
#[cfg(test)]
mod leaks;
pub mod limits;
mod matching;
mod meters;
mod nation;
pub mod obligations;
pub mod observe;
mod park;
mod people;
mod plan;
mod policy;
pub mod register;
mod report;
mod routes;
mod sharing;
pub mod sign_in;
mod steps;
mod verify;
mod weather;

use std::net::SocketAddr;

use anyhow::Context;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path as UrlPath};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::trace::TraceLayer;

use crate::catalogue::Outlines;
use crate::error::AppError;
use crate::state::App;
pub use enterprise::as_number;
pub use matching::{Awaited, Computing, DrawnNetwork};
pub use meters::Screening;
pub use routes::access_page;
use routes::{Routes, Rule};
pub use sign_in::random_token;

/// Style sheet, fonts and scripts, built by `./run` from `web/`. A build without them still works: pages then show
/// tables in place of charts.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Assets;

pub fn router(app: App) -> Router {
    routes()
        .into_router()
        .fallback(|| async { AppError::NotFound })
        // The gate has bounded every body already, by what kind of request it is.
        .layer(DefaultBodyLimit::disable())
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(CompressionLayer::new())
                .layer(axum::middleware::from_fn_with_state(app.clone(), gate::pass)),
        )
        .with_state(app)
}

/// Every way in, from the rooms of the subjects.
pub fn routes() -> Routes {
    Routes::new()
        .merge(nation::routes())
        .merge(register::routes())
        .merge(policy::routes())
        .merge(park::routes())
        .merge(observe::routes())
        .merge(meters::routes())
        .merge(enterprise::routes())
        .merge(figures::routes())
        .merge(assess::routes())
        .merge(frameworks::routes())
        .merge(matching::routes())
        .merge(plan::routes())
        .merge(verify::routes())
        .merge(report::routes())
        .merge(forms::routes())
        .merge(greenhouse::routes())
        .merge(obligations::routes())
        .merge(weather::routes())
        .merge(dossiers::routes())
        .merge(api::routes())
        .merge(audit::routes())
        .merge(sharing::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(people::routes())
        .get("/assets/{*path}", Rule::Public, asset)
        .get("/geo/{file}", Rule::Public, outline)
}

/// Listens until it is asked to stop.
pub async fn serve(app: App, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let local = listener.local_addr()?;
    // Unless somebody said by which address we are known, links in letters lead to where we listen.
    app.people.public_url.get_or_init(|| format!("http://{local}"));
    ready(local);
    // Whoever searches first does not wait for the index.
    let warm = app.clone();
    tokio::spawn(async move {
        if let Err(error) = warm.index().await {
            tracing::warn!("the index of names: {error:?}");
        }
    });
    let left = app.clone();
    tokio::spawn(async move {
        if let Err(error) = left.fold_what_is_left().await {
            tracing::warn!("fold the readings that are left: {error:?}");
        }
    });
    tokio::spawn(crate::dossiers::reminders::keep_sending(app.clone()));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(until_stopped()).await.context("serve")
}

/// Until Ctrl+C, or the sign by which a service is stopped.
pub async fn until_stopped() {
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
