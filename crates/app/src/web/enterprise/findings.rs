//! An enterprise's findings one by one, each with its answer or the place to give one.

use std::collections::BTreeMap;

use axum::extract::{Form, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Redirect, Response};
use engine::ids::EnterpriseId;
use serde_json::json;
use store::{Evidence, FindingAnswer, FindingAt, Proves, RecordError};

use super::evidence::Files;

use crate::auth::Sight;
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::frame;
use crate::web::observe::findings::{Judged, anchor, cell_href};
use crate::wording::{self, Names, finding};

/// Longest comment that is kept.
const LONGEST_COMMENT: usize = 1_000;

pub struct Item {
    pub anchor: String,
    pub key: String,
    pub figures: String,
    pub severity: &'static str,
    pub severity_word: String,
    pub rule: String,
    pub place: String,
    pub period: String,
    pub reason: String,
    pub href: String,
    pub answer: Option<Said>,
    /// Files that prove the answer.
    pub files: Option<Files>,
    /// What was said of earlier figures.
    pub lapsed: Option<Said>,
}

pub struct Said {
    pub comment: String,
    pub by: String,
    pub at: String,
}

/// The open findings of an enterprise and the answered ones.
pub fn items(
    app: &App,
    page: &Page,
    view: &ParkView,
    id: &EnterpriseId,
    judged: &[Judged],
    people: &BTreeMap<String, String>,
    evidence: &[Evidence],
) -> (Vec<Item>, Vec<Item>) {
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let said = |answer: &FindingAnswer| Said {
        comment: answer.comment.clone(),
        by: people.get(&answer.answered_by).unwrap_or(&answer.answered_by).clone(),
        at: crate::web::park::moment(answer.answered_at_us, view.computed.park.utc_offset_h),
    };
    let item = |one: &Judged| Item {
        anchor: anchor(&one.key),
        key: one.key.clone(),
        figures: one.finding.figures(),
        severity: one.finding.severity.code(),
        severity_word: finding::severity(page.language, one.finding.severity),
        rule: finding::rule(page.language, one.finding.reason.rule()),
        place: finding::place(&names, &view.computed.park, &one.finding.spot),
        period: wording::period(page.language, &one.finding.period),
        reason: finding::reason(&names, one.finding, view.sight == Sight::Whole),
        href: cell_href(page, view, one.finding),
        answer: one.answer.as_ref().map(said),
        files: one.answer.as_ref().map(|_| {
            let proves = Proves::Answer { finding: one.key.clone() };
            Files::among(app, page, view, id, &proves, evidence, people)
        }),
        lapsed: one.lapsed.as_ref().map(said),
    };
    judged.iter().filter(|one| one.finding.enterprise == *id).map(item).partition(|item: &Item| item.answer.is_none())
}

/// Keeps an answer to a finding that stands, with the figures that whoever answers has seen.
pub async fn answer(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
    headers: axum::http::HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    let field = |name: &str| form.get(name).map_or("", |text| text.trim());
    let (key, comment) = (field("finding"), field("comment"));
    let standing = view.computed.report.balance.findings.iter().find(|finding| finding.key() == key);
    let mut faults = Vec::new();
    match standing {
        None => faults.push(page.t("answer-fault-gone")),
        Some(finding) if finding.enterprise != id => return Err(AppError::NotFound),
        Some(finding) if finding.figures() != field("figures") => faults.push(page.t("answer-fault-changed")),
        Some(_) => {}
    }
    if comment.is_empty() {
        faults.push(page.t("answer-fault-empty"));
    }
    if comment.chars().count() > LONGEST_COMMENT {
        faults.push(page.t1("answer-fault-long", "most", LONGEST_COMMENT));
    }
    if faults.is_empty() {
        let at = FindingAt {
            park: view.key.id.clone(),
            enterprise: id.clone(),
            finding: key.to_string(),
            figures: field("figures").to_string(),
        };
        let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
        app.store.answer_finding(&actor, &scope, &at, comment).await.map_err(|error| match error {
            RecordError::Store(error) => AppError::Internal(error),
            RecordError::NotFound => AppError::NotFound,
            _ => AppError::Forbidden { sign_in: false },
        })?;
    }
    if super::wants_json(&headers) {
        let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        return Ok((status, Json(json!({ "finding": key, "faults": faults }))).into_response());
    }
    if !faults.is_empty() {
        let faults = faults.into_iter().map(|message| (anchor(key), message)).collect();
        let response = super::render(&app, page, &view, &id, faults).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
    }
    let address = page.at(&format!("/parks/{park}/enterprises/{id}"));
    Ok(Redirect::to(&format!("{address}#findings")).into_response())
}
