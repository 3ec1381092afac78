//! Single sign-on: to the provider and back. Somebody is let in whom the provider's subject is linked with, or who has
//! an open invitation for an address that the provider has verified; an account that exists is linked only by its owner.

use std::time::Instant;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use store::UserId;

use super::{invitation, session};
use crate::error::AppError;
use crate::oidc::{Person, Provider};
use crate::page::{Page, STEP_COOKIE, cookie, cookie_name, cookies, html};
use crate::people::{STEP_US, Step};
use crate::state::App;
use crate::web::gate::Visitor;
use crate::web::limits::{Rate, network};

const BACK: &str = "/sign-in/return";
/// Journeys to providers from one address: each asks the provider something.
const JOURNEYS: Rate = Rate { per_minute: 10.0, burst: 20.0 };

#[derive(Template)]
#[template(path = "sign_in_refused.html")]
struct Refused {
    page: Page,
    /// Part of the key of the text that says why.
    why: &'static str,
}

fn refuse(page: Page, why: &'static str) -> Result<Response, AppError> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&Refused { page, why })?).into_response())
}

pub async fn depart(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, AppError> {
    leave_for(&app, page, &visitor, None).await
}

/// Sends somebody to the provider that the address names; `links` is who wants to link their account.
pub async fn leave_for(app: &App, page: Page, visitor: &Visitor, links: Option<String>) -> Result<Response, AppError> {
    let key = format!("provider {}", network(visitor.address));
    app.limits.take(&key, JOURNEYS, Instant::now()).map_err(AppError::TooMany)?;
    let asked = page.query.get("provider");
    let provider = app.people.providers.iter().find(|known| Some(&known.id) == asked).ok_or(AppError::NotFound)?;
    match provider.depart(&app.people.link(BACK), links).await {
        Ok((address, journey)) => {
            let token = app.people.begin(Step::AtProvider(journey), app.now_us());
            let mut response = Redirect::to(&address).into_response();
            session::set(response.headers_mut(), &cookie(app, STEP_COOKIE, &token, STEP_US / 1_000_000))?;
            Ok(response)
        }
        Err(error) => {
            tracing::error!(provider = provider.id, error = format!("{error:#}"), "a provider cannot be reached");
            refuse(page, "unreachable")
        }
    }
}

pub async fn arrive(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let token = cookies(&headers).remove(&cookie_name(&app, STEP_COOKIE)).unwrap_or_default();
    // Taken, not looked at: an answer of a provider is heard once.
    let Some(Step::AtProvider(journey)) = app.people.take(&token, app.now_us()) else { return refuse(page, "late") };
    let provider = app.people.providers.iter().find(|known| known.id == journey.provider);
    let Some(provider) = provider else { return refuse(page, "late") };
    let asked = |name: &str| page.query.get(name).map(String::as_str).unwrap_or_default();
    let person = match provider.arrive(&journey, &app.people.link(BACK), asked("state"), asked("code")).await {
        Ok(person) => person,
        Err(error) => {
            tracing::warn!(provider = provider.id, error = format!("{error:#}"), "a sign-in by a provider failed");
            return refuse(page, "failed");
        }
    };
    match &journey.links {
        Some(user) => link(&app, page, &visitor, user, &person).await,
        None => let_in(&app, page, &visitor, &headers, provider, person).await,
    }
}

async fn link(app: &App, page: Page, visitor: &Visitor, user: &str, person: &Person) -> Result<Response, AppError> {
    // Whoever began to link must still be who they were.
    if visitor.user.id != user || !visitor.user.is_signed_in() {
        return refuse(page, "late");
    }
    let actor = visitor.user.actor(app.now_us());
    let is_linked = app.store.link_identity(&actor, &UserId::new(user), &person.issuer, &person.subject).await?;
    if is_linked { Ok(Redirect::to("/account").into_response()) } else { refuse(page, "taken") }
}

async fn let_in(
    app: &App,
    page: Page,
    visitor: &Visitor,
    headers: &HeaderMap,
    provider: &Provider,
    person: Person,
) -> Result<Response, AppError> {
    let linked = app.store.account_of_identity(&person.issuer, &person.subject).await?;
    if let Some(account) = linked {
        if !account.is_active {
            return refuse(page, "unknown");
        }
        return session::go_on(app, visitor, headers, &account).await;
    }
    if !provider.welcomes(person.mail.as_deref()) {
        return refuse(page, "domain");
    }
    let Some(mail) = &person.mail else { return refuse(page, "unverified") };
    let Some(invitation) = app.store.invitation_for(mail, app.now_us()).await? else {
        app.store.note_failed_sign_in(&visitor.user.actor(app.now_us()), None, "provider").await?;
        return refuse(page, "unknown");
    };
    let name = person.name.as_deref().unwrap_or(mail);
    let account = invitation::account_of(&invitation, name, page.language);
    let Some(account) = invitation::take(app, &invitation, account, None).await? else {
        return refuse(page, "unknown");
    };
    let actor = session::actor(&account, app.now_us())?;
    app.store.link_identity(&actor, &account.user.id, &person.issuer, &person.subject).await?;
    session::start(app, visitor, headers, &account).await
}
