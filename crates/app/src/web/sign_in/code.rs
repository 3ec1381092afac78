//! The second factor at sign-in: a code of an authenticator, or one of the recovery codes.

use std::time::Instant;

use anyhow::Context;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use store::{Account, UserId};
use totp_rs::{Builder, Secret, Totp};

use super::session;
use crate::error::AppError;
use crate::page::{Page, STEP_COOKIE, cookie, cookie_name, cookies, html, token_hash};
use crate::people::Step;
use crate::state::App;
use crate::web::gate::Visitor;
use crate::web::limits::Rate;

/// Codes that may be tried for one account. They are asked only after the password, so this locks nobody out.
const CODES: Rate = Rate { per_minute: 2.0, burst: 6.0 };

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct Asking {
    page: Page,
    has_failed: bool,
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    code: String,
}

pub async fn page(State(app): State<App>, page: Page, headers: HeaderMap) -> Result<Response, AppError> {
    match waiting(&app, &headers) {
        Some(_) => html(&Asking { page, has_failed: false }),
        None => Ok(Redirect::to("/sign-in").into_response()),
    }
}

pub async fn enter(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, AppError> {
    let Some((token, user)) = waiting(&app, &headers) else { return Ok(Redirect::to("/sign-in").into_response()) };
    let account = app.store.account(&UserId::new(user)).await?.filter(|account| account.is_active);
    let Some(account) = account else { return Ok(Redirect::to("/sign-in").into_response()) };
    if !is_right(&app, &account, &given.code).await? {
        let actor = visitor.user.actor(app.now_us());
        app.store.note_failed_sign_in(&actor, Some(&account.user.id), "code").await?;
        let response = html(&Asking { page, has_failed: true })?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
    }
    app.people.take(&token, app.now_us());
    let mut response = session::start(&app, &visitor, &headers, &account).await?;
    session::set(response.headers_mut(), &cookie(&app, STEP_COOKIE, "", 0))?;
    Ok(response)
}

fn waiting(app: &App, headers: &HeaderMap) -> Option<(String, String)> {
    let token = cookies(headers).remove(&cookie_name(app, STEP_COOKIE))?;
    match app.people.step(&token, app.now_us())? {
        Step::Code { user } => Some((token, user)),
        Step::SetUp { .. } | Step::AtProvider(_) => None,
    }
}

/// Whether this code, or recovery code, is one of the account's; it is used up thereby.
pub async fn is_right(app: &App, account: &Account, typed: &str) -> Result<bool, AppError> {
    let user = &account.user.id;
    app.limits.take(&format!("code {user}"), CODES, Instant::now()).map_err(AppError::TooMany)?;
    let Some(secret) = app.store.second_factor(user).await? else { return Ok(false) };
    let actor = session::actor(account, app.now_us())?;
    let typed = tidy(typed);
    if let Some(step) = step_of(&secret, &typed, app.now_us())? {
        return Ok(app.store.use_step(&actor, user, step).await?);
    }
    Ok(app.store.use_recovery_code(&actor, user, &token_hash(&typed)).await?)
}

/// People copy codes with blanks and hyphens.
pub fn tidy(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).take(64).collect()
}

/// The step that a code belongs to: this one, the one before or the one after.
pub fn step_of(secret: &str, code: &str, now_us: i64) -> anyhow::Result<Option<i64>> {
    let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    if !is_code {
        return Ok(None);
    }
    let seconds = u64::try_from(now_us / 1_000_000).unwrap_or_default();
    Ok(totp(secret, "")?.check(code, seconds).and_then(|step| i64::try_from(step).ok()))
}

pub fn totp(secret: &str, account: &str) -> anyhow::Result<Totp> {
    let secret = Secret::try_from_base32(secret).ok().context("the key of a second factor is not in base 32")?;
    // In an otpauth address a colon parts issuer and account.
    let account = account.replace(':', " ");
    let builder = Builder::new().with_secret(secret).with_skew(1).with_account_name(account);
    builder.with_issuer(Some("congsinh")).build().map_err(|error| anyhow::anyhow!("second factor: {error}"))
}
