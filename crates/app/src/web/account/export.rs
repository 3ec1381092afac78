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
    let rows = app.store.audit_by(&auth::whole(), user.as_str()).await?;
    let acts: Vec<_> = rows
        .iter()
        .map(|row| {
            // An address that was refused may name what is others'.
            let of = Some(&row.entity_id).filter(|_| row.entity != "request");
            json!({ "at": time(row.at_us), "action": row.action, "entity": row.entity, "of": of })
        })
        .collect();
    let access = app.store.access(user, None, app.today()).await?;
    let assignments: Vec<_> = access
        .assignments
        .iter()
        .map(|given| {
            json!({
                "park": given.park, "enterprise": given.enterprise,
                "starts_on": given.starts_on, "ends_on": given.ends_on,
            })
        })
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
        "assignments": assignments,
        "acts": acts,
    });
    let headers = [(CONTENT_DISPOSITION, "attachment; filename=\"congsinh-account.json\"")];
    Ok((headers, Json(document)).into_response())
}

fn time(at_us: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(at_us).ok().map(|at| at.to_string())
}
