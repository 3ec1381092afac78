//! Signing in and out. Under `congsinh demo` one click chooses a role; elsewhere name and password, then a code where
//! a second factor is set up, or a provider of single sign-on.

pub mod code;
mod invitation;
mod lost;
mod provider;
pub mod session;

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use crate::auth::Role;
use crate::error::AppError;
use crate::page::{Page, SESSION_COOKIE, cookie, html};
use crate::password;
use crate::state::App;
use crate::web::gate::{Visitor, Way};
use crate::web::routes::{Routes, Rule};

pub use lost::weakness_for;
pub use provider::leave_for;
pub use session::Tries;

pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", Rule::Public, page)
        .post("/sign-in", Rule::Public, enter)
        .post("/sign-out", Rule::SignedIn, leave)
        .get("/sign-in/code", Rule::Public, code::page)
        .post("/sign-in/code", Rule::Public, code::enter)
        .get("/sign-in/lost", Rule::Public, lost::page)
        .post("/sign-in/lost", Rule::Public, lost::ask)
        .get("/sign-in/reset", Rule::Public, lost::reset_page)
        .post("/sign-in/reset", Rule::Public, lost::reset)
        .get("/sign-in/invitation", Rule::Public, invitation::page)
        .post("/sign-in/invitation", Rule::Public, invitation::accept)
        .get("/sign-in/with", Rule::Public, provider::depart)
        .get("/sign-in/return", Rule::Public, provider::arrive)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    /// Role code and name of each demo user; empty outside the demo.
    demo: Vec<DemoUser>,
    /// Identifier and name of each provider of single sign-on.
    providers: Vec<(String, String)>,
    has_failed: bool,
}

struct DemoUser {
    id: String,
    name: String,
    role: Role,
}

async fn page(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    show(&app, page, false).await
}

async fn show(app: &App, page: Page, has_failed: bool) -> Result<Response, AppError> {
    let users = if app.is_demo { app.store.users().await? } else { Vec::new() };
    let mut demo: Vec<DemoUser> = users
        .into_iter()
        .filter(|user| user.is_demo)
        .filter_map(|user| {
            Some(DemoUser { id: user.id.as_str().to_string(), role: Role::parse(&user.role)?, name: user.name })
        })
        .collect();
    demo.sort_by_key(|user| user.role);
    let language = page.language;
    let providers = app.people.providers.iter();
    let providers = providers.map(|known| (known.id.clone(), known.name(language).to_string())).collect();
    let response = html(&SignIn { page, demo, providers, has_failed })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
}

async fn enter(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Result<Response, AppError> {
    let account = app.store.account_named(&given.user).await?;
    if let Some(account) = account.as_ref().filter(|account| app.is_demo && account.user.is_demo) {
        return session::start(&app, &visitor, &headers, account).await;
    }
    // Demo users exist only under the demo, even in a store that a demo has filled.
    let account = account.filter(|account| account.is_active && !account.user.is_demo);
    let tries = Tries::take(&app, &visitor, &headers, &given.user, account.as_ref()).await?;
    let hash = account.as_ref().and_then(|account| account.user.password_hash.as_ref());
    let is_right = password::is_right(hash, &given.password).await?;
    let Some(account) = account.as_ref().filter(|_| is_right) else {
        let known = account.as_ref().map(|account| &account.user.id);
        app.store.note_failed_sign_in(&visitor.user.actor(app.now_us()), known, "password").await?;
        return show(&app, page, true).await;
    };
    tries.give_back(&app);
    session::go_on(&app, &visitor, &headers, account).await
}

async fn leave(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, AppError> {
    if let Way::Session(token_hash) = &visitor.way {
        app.store.end_session(&page.user.actor(app.now_us()), token_hash).await?;
    }
    Ok(([(SET_COOKIE, cookie(&app, SESSION_COOKIE, "", 0))], Redirect::to("/")).into_response())
}

/// 256 random bits in hexadecimal.
pub fn random_token() -> String {
    rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}
