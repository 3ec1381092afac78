//! Everything that is kept about the reader, as one JSON document. Secrets are named, not shown.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::own;
use crate::auth;
use crate::error::AppError;
use crate::page::Page;
use crate::state::App;

/// The latest rows of the log that are looked through for the reader's own acts.
const MOST_ROWS: usize = 10_000;

pub async fn download(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let account = own(&app, &page).await?;
    let (user, now) = (&account.user.id, app.now_us());
    let sessions = app.store.sessions_of(user, now).await?;
    let sessions: Vec<_> = sessions
        .iter()
        .map(|session| {
            json!({
                "created_at": time(session.created_at_us), "last_seen_at": time(session.last_seen_us),
                "address": session.address, "device": session.device,
            })
        })
        .collect();
    let tokens = app.store.tokens_of(user, now).await?;
    let tokens: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "name": token.name, "scope": token.scope, "park": token.park,
                "created_at": time(token.created_at_us), "expires_at": time(token.expires_at_us),
                "last_used_at": token.last_used_us.map(time),
            })
        })
        .collect();
    let identities = app.store.identities_of(user).await?;
    let identities: Vec<_> = identities
        .iter()
        .map(|identity| {
            json!({
                "issuer": identity.issuer, "subject": identity.subject,
                "linked_at": time(identity.created_at_us),
            })
        })
        .collect();
    let rows = app.store.latest_audit(&auth::whole(), MOST_ROWS).await?;
    let acts: Vec<_> = rows
        .iter()
        .filter(|row| row.actor == user.as_str())
        .map(|row| json!({ "at": time(row.at_us), "action": row.action, "entity": row.entity, "of": row.entity_id }))
        .collect();
    let document = json!({
        "id": user,
        "name": account.user.name,
        "mail": account.mail,
        "role": account.user.role,
        "organisation": account.organisation,
        "park": account.user.park,
        "enterprise": account.user.enterprise,
        "province": account.user.province,
        "language": account.user.language.code(),
        "has_password": account.user.password_hash.is_some(),
        "has_second_factor": account.has_second_factor,
        "recovery_codes_left": app.store.recovery_codes_left(user).await?,
        "sessions": sessions,
        "tokens": tokens,
        "single_sign_on": identities,
        "acts": acts,
    });
    let headers = [(CONTENT_DISPOSITION, "attachment; filename=\"congsinh-account.json\"")];
    Ok((headers, Json(document)).into_response())
}

fn time(at_us: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(at_us).ok().map(|at| at.to_string())
}
