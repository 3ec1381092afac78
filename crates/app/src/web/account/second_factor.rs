//! Setting up a second factor, and switching it off.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use store::Account;
use totp_rs::Secret;

use super::{is_owner, own};
use crate::error::AppError;
use crate::page::{Page, STEP_COOKIE, cookie, cookie_name, cookies, html, token_hash};
use crate::people::{STEP_US, Step};
use crate::state::App;
use crate::web::gate::Visitor;
use crate::web::sign_in::{code, random_token, session};

const RECOVERY_CODES: usize = 10;
/// Letters and digits of a recovery code: 80 random bits.
const RECOVERY_LENGTH: usize = 20;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactor {
    page: Page,
    account: Account,
    is_required: bool,
    /// The key to type and the picture to scan; empty once it is set up.
    key: String,
    picture: String,
    /// Shown once, right after setting up.
    codes: Vec<String>,
    /// Key of what went wrong; empty where nothing did.
    fault: &'static str,
}

pub async fn page(State(app): State<App>, page: Page, headers: HeaderMap) -> Result<Response, AppError> {
    let account = own(&app, &page).await?;
    show(&app, page, &headers, account, "").await
}

async fn show(
    app: &App,
    page: Page,
    headers: &HeaderMap,
    account: Account,
    fault: &'static str,
) -> Result<Response, AppError> {
    let is_required = session::must_set_up(app, &account);
    let mut response = if account.has_second_factor {
        let (key, picture, codes) = (String::new(), String::new(), Vec::new());
        html(&SecondFactor { page, account, is_required, key, picture, codes, fault })?
    } else {
        let (token, secret) = set_up(app, headers, &account);
        let label = account.mail.as_deref().unwrap_or(account.user.id.as_str());
        let picture = code::totp(&secret, label)?.to_qr_base64();
        let picture = picture.map_err(|error| anyhow::anyhow!("draw the picture of a key: {error}"))?;
        let key = secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
        let codes = Vec::new();
        let mut response = html(&SecondFactor { page, account, is_required, key, picture, codes, fault })?;
        session::set(response.headers_mut(), &cookie(app, STEP_COOKIE, &token, STEP_US / 1_000_000))?;
        response
    };
    if !fault.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The key that is being set up; a new one where none is, so that a page that is loaded again shows the same.
fn set_up(app: &App, headers: &HeaderMap, account: &Account) -> (String, String) {
    let now = app.now_us();
    if let Some((token, secret)) = waiting(app, headers, account) {
        return (token, secret);
    }
    let secret = Secret::from(rand::random::<[u8; 20]>()).to_base32();
    let step = Step::SetUp { user: account.user.id.to_string(), secret: secret.clone() };
    (app.people.begin(step, now), secret)
}

fn waiting(app: &App, headers: &HeaderMap, account: &Account) -> Option<(String, String)> {
    let token = cookies(headers).remove(&cookie_name(app, STEP_COOKIE))?;
    match app.people.step(&token, app.now_us())? {
        Step::SetUp { user, secret } if user == account.user.id.as_str() => Some((token, secret)),
        _ => None,
    }
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
}

pub async fn confirm(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, AppError> {
    let account = own(&app, &page).await?;
    if account.has_second_factor {
        return Ok(Redirect::to("/account/second-factor").into_response());
    }
    let Some((token, secret)) = waiting(&app, &headers, &account) else {
        return show(&app, page, &headers, account, "second-factor-fault-late").await;
    };
    let Some(step) = code::step_of(&secret, &code::tidy(&given.code), app.now_us())? else {
        return show(&app, page, &headers, account, "second-factor-fault-code").await;
    };
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes: Vec<String> = codes.iter().map(|shown| token_hash(&code::tidy(shown))).collect();
    let actor = page.user.actor(app.now_us());
    app.store.switch_second_factor_on(&actor, &account.user.id, &secret, step, &hashes).await?;
    app.people.take(&token, app.now_us());
    // Sessions that were opened without the second factor end, this one begins anew.
    app.store.end_sessions(&actor, &account.user.id, None).await?;
    let mut answer = HeaderMap::new();
    session::renew(&app, &visitor, &headers, &account, &mut answer).await?;
    session::set(&mut answer, &cookie(&app, STEP_COOKIE, "", 0))?;
    let page = page.in_new_session(&app, &answer).await?;
    let account = own(&app, &page).await?;
    let (key, picture) = (String::new(), String::new());
    let is_required = false;
    let shown = html(&SecondFactor { page, account, is_required, key, picture, codes, fault: "" })?;
    Ok((answer, shown).into_response())
}

pub async fn switch_off(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, AppError> {
    let account = own(&app, &page).await?;
    // Who signs in through a provider has no password to give.
    let is_owner =
        account.user.password_hash.is_none() || is_owner(&app, &visitor, &headers, &account, &given.password).await?;
    if !is_owner || !account.has_second_factor || !code::is_right(&app, &account, &given.code).await? {
        return show(&app, page, &headers, account, "second-factor-fault-off").await;
    }
    app.store.switch_second_factor_off(&page.user.actor(app.now_us()), &account.user.id).await?;
    let mut response = Redirect::to("/account").into_response();
    session::renew(&app, &visitor, &headers, &account, response.headers_mut()).await?;
    Ok(response)
}

/// Groups of five, for people who write it down.
fn recovery_code() -> String {
    let letters = &random_token()[..RECOVERY_LENGTH];
    letters.as_bytes().chunks(5).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}
