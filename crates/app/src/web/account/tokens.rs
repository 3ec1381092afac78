//! Tokens for programs: made here, shown once, revoked here.

use axum::Extension;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::ParkId;
use serde::Deserialize;
use store::{ApiToken, UserId};

use super::{Told, show};
use crate::error::AppError;
use crate::page::{Page, token_hash};
use crate::state::App;
use crate::web::gate::Visitor;
use crate::web::sign_in::random_token;

/// What every token begins with, so that one that was published by mistake can be searched for.
const PREFIX: &str = "cs_";
const DAY_US: i64 = 24 * 3_600 * 1_000_000;
const MOST_DAYS: i64 = 365;
const MOST_TOKENS: usize = 20;

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    park: String,
    #[serde(default)]
    days: String,
}

pub async fn create(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, AppError> {
    let name: String = wanted.name.trim().chars().take(100).collect();
    let days = wanted.days.trim().parse::<i64>().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    let is_scope = matches!(wanted.scope.as_str(), "read" | "write");
    let park = Some(ParkId::new(wanted.park.trim())).filter(|park| !park.as_str().is_empty());
    let is_park = match &park {
        Some(park) => app.park_key(park).await.is_ok(),
        None => true,
    };
    let (user, now) = (UserId::new(&page.user.id), app.now_us());
    let has_room = app.store.tokens_of(&user, now).await?.len() < MOST_TOKENS;
    let Some(days) = days.filter(|_| !name.is_empty() && is_scope && is_park && has_room) else {
        return show(&app, page, &visitor, Told { fault: "account-fault-token", ..Told::default() }).await;
    };
    let shown = format!("{PREFIX}{}", random_token());
    let token = ApiToken {
        id: random_token()[..16].to_string(),
        user,
        name,
        scope: wanted.scope,
        park,
        created_at_us: now,
        expires_at_us: now + days * DAY_US,
        last_used_us: None,
    };
    app.store.create_token(&page.user.actor(now), &token, &token_hash(&shown)).await?;
    show(&app, page, &visitor, Told { new_token: Some(shown), ..Told::default() }).await
}

#[derive(Deserialize)]
pub struct Revoked {
    #[serde(default)]
    token: String,
}

pub async fn revoke(State(app): State<App>, page: Page, Form(revoked): Form<Revoked>) -> Result<Response, AppError> {
    let actor = page.user.actor(app.now_us());
    app.store.revoke_token(&actor, &UserId::new(&page.user.id), &revoked.token).await?;
    Ok(Redirect::to("/account#tokens").into_response())
}
