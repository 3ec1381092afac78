//! The certificate of a measure's saving as files, and the page on which anyone who has one can have its digest checked.

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::ids::ParkId;
use engine::period::Period;
use engine::source::Digest;
use engine::verify::inputs;

use super::measure;
use super::signed::Signatures;
use crate::auth;
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;
use crate::web::frame;
use crate::web::sharing::looks::{self, What};
use crate::wording::certificate::{Told, certificate};

type PlaceOf = UrlPath<(String, String)>;

pub async fn pdf(State(app): State<App>, page: Page, UrlPath(at): PlaceOf) -> Result<Response, AppError> {
    file(&app, &page, at, ("pdf", "application/pdf")).await
}

pub async fn docx(State(app): State<App>, page: Page, UrlPath(at): PlaceOf) -> Result<Response, AppError> {
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    file(&app, &page, at, ("docx", kind)).await
}

async fn file(
    app: &App,
    page: &Page,
    (park, id): (String, String),
    (ending, kind): (&'static str, &str),
) -> Result<Response, AppError> {
    let view = frame::view_begun(app, page, &park).await?;
    let (verification, measure) = measure::find(&view, &id)?;
    looks::at(app, &page.user, &view.key.id, &measure.enterprise, What::Export, measure.id.as_str()).await?;
    let signatures = Signatures::of(app, page, &view, measure).await?;
    let check = format!(
        "/verify/check?park={}&measure={}&period={}&digest={}",
        escape(view.key.id.as_str()),
        escape(measure.id.as_str()),
        escape(&page.period().to_string()),
        signatures.digest.as_str()
    );
    let as_of = view.computed.report.run.as_of;
    let told = Told {
        park: &view.computed.park,
        catalogue: &view.computed.catalogue,
        verification,
        measure,
        pieces: &signatures.pieces,
        signed: signatures.last.as_ref(),
        is_partial: signatures.is_partial,
        as_of,
        check_at: app.people.link(&check),
    };
    let document = certificate(&told);
    let written = tokio::task::spawn_blocking(move || match ending {
        "pdf" => ::print::pdf(&document, as_of),
        _ => ::print::docx(&document, as_of),
    });
    let bytes = written.await.context("write the certificate")??;
    // A name that every file system takes, whatever the measure is called.
    let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"certificate-{plain}.{ending}\"")),
    ];
    Ok((headers, bytes).into_response())
}

#[derive(Template)]
#[template(path = "verify_check.html")]
struct Check {
    page: Page,
    park: String,
    measure: String,
    period: String,
    digest: String,
    /// Code of the answer, `equal`, `changed` or `unknown`; empty before anything was asked.
    answer: &'static str,
    word: String,
    sentence: String,
}

/// Computes the digest anew and says whether it is still that of the certificate. It tells nothing of a measure to
/// somebody who does not hold its digest already.
pub async fn check(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let asked = |key: &str| page.query.get(key).map(|text| text.trim().to_string()).unwrap_or_default();
    let (park, measure, period, digest) = (asked("park"), asked("measure"), asked("period"), asked("digest"));
    let answer = match digest.is_empty() {
        true => "",
        false => held_against(&app, &park, &measure, &period, &digest).await?,
    };
    let told =
        |kind: &str| if answer.is_empty() { String::new() } else { page.t(&format!("certificate-{kind}-{answer}")) };
    let (word, sentence) = (told("answer"), told("check"));
    html(&Check { park, measure, period, digest, answer, word, sentence, page })
}

async fn held_against(
    app: &App,
    park: &str,
    measure: &str,
    period: &str,
    digest: &str,
) -> Result<&'static str, AppError> {
    let id = ParkId::new(park);
    let Some(period) = Period::parse(period) else { return Ok("unknown") };
    let stamp = app.store.park_stamp(&id).await?;
    let (Some(stamp), Some(digest)) = (stamp, Digest::parse(digest)) else { return Ok("unknown") };
    let Some(mut loaded) = app.store.load_park(&auth::whole(), &id).await? else { return Ok("unknown") };
    loaded.metered = app.metered(&auth::whole(), &loaded, stamp).await?;
    let found = loaded.measures.iter().find(|one| one.id.as_str() == measure);
    if let Some(found) = found
        && inputs::digest(&inputs::pieces(&loaded, app.catalogue, period, found)) == digest
    {
        return Ok("equal");
    }
    let signed = app.store.signed_verifications(&auth::whole(), &id).await?;
    let is_meant = signed.iter().any(|one| one.measure.as_str() == measure && one.inputs == digest.as_str());
    Ok(if is_meant { "changed" } else { "unknown" })
}
