//! The papers of a dossier as one archive, for whoever hands them in.

use anyhow::Context;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::period::parse_date;
use store::{Evidence, EvidenceError};

use crate::dossiers::papers::{Enclosed, Loaded, Particulars, archive, report_of};
use crate::dossiers::{self, Followed};
use crate::error::AppError;
use crate::files::kind::plain_name;
use crate::page::Page;
use crate::state::App;
use crate::web::frame;
use crate::web::sharing::looks;

/// Longest text that is printed in the head of a paper.
const LONGEST: usize = 100;

pub async fn download(
    State(app): State<App>,
    page: Page,
    UrlPath((park, dossier)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let one = dossiers::one(&app, &page.user, &park, &dossier).await?;
    if one.dossier.enterprise.is_none() {
        looks::at_all(&app, &page.user, &one.key.id, "papers.zip").await?;
    }
    let asked =
        |name: &str| -> String { page.query.get(name).map_or("", |text| text.trim()).chars().take(LONGEST).collect() };
    let particulars = Particulars {
        number: asked("number"),
        place: asked("place"),
        day: parse_date(&asked("day")),
        role: asked("role"),
        name: asked("name"),
    };
    let (framework, period) = report_of(&app, &one);
    // The archive holds the whole report.
    let view = frame::view_in(&app, &page, &one.key.id, &framework, period).await?;
    let loaded = Loaded::with(&app, &page.user, &one, view.computed).await?;
    let enclosed = enclosed(&app, &page, &one, &loaded.evidence).await?;
    let name = format!("dossier-{}-{}.zip", plain(&one.key.id.to_string()), plain(&one.procedure.id));
    let bytes = tokio::task::spawn_blocking(move || {
        let sources = loaded.sources(&app, &one, &particulars);
        archive(&sources, enclosed).map(|archive| archive.bytes)
    })
    .await
    .context("write the papers of a dossier")??;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect()
}

/// The content of the evidence under names that do not repeat; what was not shared is named.
async fn enclosed(app: &App, page: &Page, one: &Followed, all: &[Evidence]) -> Result<Enclosed, AppError> {
    let mut enclosed = Enclosed::default();
    for file in all {
        let name = format!("{}-{}", file.sha256.get(..12).unwrap_or(&file.sha256), plain_name(&file.file_name));
        if enclosed.files.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let scope = page.user.scope();
        match app.store.evidence_content(&scope, &one.key.id, &file.enterprise, &file.id).await {
            Ok((_, bytes)) => enclosed.files.push((name, bytes)),
            Err(EvidenceError::Unshared) => enclosed.withheld.push(file.file_name.clone()),
            Err(error) => return Err(AppError::Internal(error.into())),
        }
    }
    Ok(enclosed)
}
