//! Signing in and out. Under `congsinh demo` one click chooses a role; elsewhere name and password.

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::{Session, UserId};

use crate::auth::Role;
use crate::error::AppError;
use crate::page::{Page, SESSION_COOKIE, cookies, html, token_hash};
use crate::state::App;
use crate::web::routes::{Routes, Rule};

pub fn routes() -> Routes {
    Routes::new().get("/sign-in", Rule::Public, page).post("/sign-in", Rule::Public, enter).post(
        "/sign-out",
        Rule::SignedIn,
        leave,
    )
}

/// How long a session lasts.
const SESSION_HOURS: i64 = 12;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    /// Role code and name of each demo user; empty outside the demo.
    demo: Vec<DemoUser>,
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
    let response = html(&SignIn { page, demo, has_failed })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    #[serde(default)]
    password: String,
}

async fn enter(State(app): State<App>, page: Page, Form(given): Form<Credentials>) -> Result<Response, AppError> {
    let user = app.store.user(&UserId::new(&given.user)).await?;
    let is_welcome = user.as_ref().is_some_and(|user| {
        (app.is_demo && user.is_demo)
            || user.password_hash.as_ref().is_some_and(|hash| is_password(hash.as_str(), &given.password))
    });
    let Some(user) = user.filter(|_| is_welcome) else { return show(&app, page, true).await };
    let token = random_token();
    let now = app.now_us();
    let session = Session {
        token_hash: token_hash(&token),
        user: user.id.clone(),
        created_at_us: now,
        expires_at_us: now + SESSION_HOURS * 3_600_000_000,
        csrf: random_token(),
    };
    let actor = store::Actor::new(user.id.as_str(), &user.role, now);
    app.store.create_session(&actor, &session).await?;
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}", SESSION_HOURS * 3600);
    let identified = crate::auth::User::identified(&app.store, &user, app.today()).await?;
    let home = identified.map_or("/".to_string(), |user| user.home());
    Ok(([(SET_COOKIE, cookie)], Redirect::to(&home)).into_response())
}

async fn leave(State(app): State<App>, page: Page, headers: HeaderMap) -> Result<Response, AppError> {
    if let Some(token) = cookies(&headers).get(SESSION_COOKIE) {
        app.store.end_session(&page.user.actor(app.now_us()), &token_hash(token)).await?;
    }
    let cookie = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// 256 random bits in hexadecimal.
pub fn random_token() -> String {
    rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_password(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
