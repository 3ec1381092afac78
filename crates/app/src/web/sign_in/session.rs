//! How a session begins, and how often somebody may try. Whoever signed in from a device before has tries of their
//! own there, so that strangers who use up theirs lock nobody out.

use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::response::{IntoResponse, Redirect, Response};
use store::{Account, Actor, Session};

use super::random_token;
use crate::auth::{Role, User};
use crate::error::{AppError, SET_UP_PATH};
use crate::page::{DEVICE_COOKIE, SESSION_COOKIE, STEP_COOKIE, cookie, cookie_name, cookies, token_hash};
use crate::people::{STEP_US, Step};
use crate::state::App;
use crate::web::gate::{Visitor, Way};
use crate::web::limits::{Rate, network};

/// How long a session lasts at most, however busy it is.
pub const SESSION_HOURS: i64 = 12;
const HOUR_US: i64 = 3_600 * 1_000_000;
const DEVICE_DAYS: i64 = 365;
/// Characters that are kept of what a browser says of itself.
const MOST_DEVICE_CHARACTERS: usize = 300;

/// Wrong passwords: of strangers for one account, of strangers from one address, of one known device.
const OF_ACCOUNT: Rate = Rate { per_minute: 1.0, burst: 10.0 };
const OF_ADDRESS: Rate = Rate { per_minute: 10.0, burst: 40.0 };
const OF_DEVICE: Rate = Rate { per_minute: 2.0, burst: 10.0 };

/// What a try was taken from.
pub struct Tries(Vec<String>);

impl Tries {
    /// Takes one try, or says when there will be one. Unknown names are counted like known ones.
    pub async fn take(
        app: &App,
        visitor: &Visitor,
        headers: &HeaderMap,
        typed: &str,
        account: Option<&Account>,
    ) -> Result<Tries, AppError> {
        let buckets = match (account, device(app, headers)) {
            (Some(account), Some(device)) if app.store.knows_device(&account.user.id, &token_hash(&device)).await? => {
                vec![(format!("sign-in device {} {}", account.user.id, token_hash(&device)), OF_DEVICE)]
            }
            _ => vec![
                (format!("sign-in account {}", token_hash(&typed.trim().to_lowercase())), OF_ACCOUNT),
                (format!("sign-in {}", network(visitor.address)), OF_ADDRESS),
            ],
        };
        let mut taken = Tries(Vec::new());
        for (key, rate) in buckets {
            if let Err(seconds) = app.limits.take(&key, rate, Instant::now()) {
                taken.give_back(app);
                return Err(AppError::TooMany(seconds));
            }
            taken.0.push(key);
        }
        Ok(taken)
    }

    /// A right password does not count as a try.
    pub fn give_back(&self, app: &App) {
        for key in &self.0 {
            app.limits.give_back(key, Instant::now());
        }
    }
}

fn device(app: &App, headers: &HeaderMap) -> Option<String> {
    cookies(headers).remove(&cookie_name(app, DEVICE_COOKIE)).filter(|token| token.len() == random_token().len())
}

/// After the first proof of who somebody is: asks for the code, or begins the session.
pub async fn go_on(app: &App, visitor: &Visitor, headers: &HeaderMap, account: &Account) -> Result<Response, AppError> {
    if !account.has_second_factor {
        return start(app, visitor, headers, account).await;
    }
    let token = app.people.begin(Step::Code { user: account.user.id.to_string() }, app.now_us());
    let cookie = cookie(app, STEP_COOKIE, &token, STEP_US / 1_000_000);
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/sign-in/code")).into_response())
}

/// Begins a session under a new token; one that was open in this browser ends.
pub async fn start(app: &App, visitor: &Visitor, headers: &HeaderMap, account: &Account) -> Result<Response, AppError> {
    let user = User::identified(&app.store, &account.user, app.today()).await?;
    let home = user.map_or_else(|| "/".to_string(), |user| user.home());
    let home = if must_set_up(app, account) { SET_UP_PATH.to_string() } else { home };
    let mut response = Redirect::to(&home).into_response();
    renew(app, visitor, headers, account, response.headers_mut()).await?;
    if !account.user.is_demo {
        let known = device(app, headers).unwrap_or_else(random_token);
        app.store.remember_device(&account.user.id, &token_hash(&known), app.now_us()).await?;
        set(response.headers_mut(), &cookie(app, DEVICE_COOKIE, &known, DEVICE_DAYS * 24 * 3_600))?;
    }
    Ok(response)
}

/// Puts a new session in the place of the one that the visitor came with.
pub async fn renew(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    account: &Account,
    answer: &mut HeaderMap,
) -> Result<(), AppError> {
    let now = app.now_us();
    if let Way::Session(old) = &visitor.way {
        app.store.end_session(&visitor.user.actor(now), old).await?;
    }
    let token = random_token();
    let said = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = Session {
        token_hash: token_hash(&token),
        user: account.user.id.clone(),
        created_at_us: now,
        expires_at_us: now + SESSION_HOURS * HOUR_US,
        csrf: random_token(),
        address: visitor.address.to_string(),
        device: said.chars().take(MOST_DEVICE_CHARACTERS).collect(),
    };
    app.store.create_session(&actor(account, now)?, &session).await?;
    set(answer, &cookie(app, SESSION_COOKIE, &token, SESSION_HOURS * 3_600))
}

/// Somebody as the log knows them, before they have a session.
pub fn actor(account: &Account, now_us: i64) -> Result<Actor, AppError> {
    let user = User::of(&account.user).ok_or(AppError::Forbidden { sign_in: true })?;
    Ok(user.actor(now_us))
}

pub fn set(headers: &mut HeaderMap, cookie: &str) -> Result<(), AppError> {
    let value = cookie.parse().map_err(|error| AppError::Internal(anyhow::anyhow!("write a cookie: {error}")))?;
    headers.append(SET_COOKIE, value);
    Ok(())
}

pub fn must_set_up(app: &App, account: &Account) -> bool {
    let role = Role::parse(&account.user.role);
    !account.has_second_factor && role.is_some_and(|role| app.people.second_factor_roles.contains(&role))
}
