//! One's own account: particulars, password, second factor, sessions, tokens, single sign-on, and what is kept.

mod export;
mod second_factor;
mod tokens;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use engine::language::Language;
use serde::Deserialize;
use store::{Account, UserId};

use crate::error::AppError;
use crate::page::{Page, html};
use crate::password::{self, Weakness};
use crate::state::App;
use crate::web::gate::{Visitor, Way};
use crate::web::routes::{Routes, Rule};
use crate::web::sign_in::{Tries, session};

pub fn routes() -> Routes {
    Routes::new()
        .get("/account", Rule::SignedIn, page)
        .post("/account", Rule::SignedIn, change)
        .post("/account/password", Rule::SignedIn, change_password)
        .post("/account/sessions", Rule::SignedIn, end_session)
        .post("/account/tokens", Rule::SignedIn, tokens::create)
        .post("/account/tokens/revoke", Rule::SignedIn, tokens::revoke)
        .get("/account/link", Rule::SignedIn, link)
        .post("/account/unlink", Rule::SignedIn, unlink)
        .get("/account/export.json", Rule::SignedIn, export::download)
        .get("/account/second-factor", Rule::SignedIn, second_factor::page)
        .post("/account/second-factor", Rule::SignedIn, second_factor::confirm)
        .post("/account/second-factor/off", Rule::SignedIn, second_factor::switch_off)
}

#[derive(Template)]
#[template(path = "account.html")]
struct Overview {
    page: Page,
    account: Account,
    organisation: String,
    sessions: Vec<SessionLine>,
    tokens: Vec<TokenLine>,
    parks: Vec<(String, String)>,
    codes_left: i64,
    providers: Vec<ProviderLine>,
    told: Told,
}

/// What an act led to, for the page that is shown after it.
#[derive(Default)]
struct Told {
    /// A token that was just made: the only time it is shown.
    new_token: Option<String>,
    weakness: Option<Weakness>,
    /// Key of what went wrong; empty where nothing did.
    fault: &'static str,
}

struct SessionLine {
    token_hash: String,
    device: String,
    address: String,
    since: String,
    seen: String,
    is_this: bool,
}

struct TokenLine {
    id: String,
    name: String,
    scope: String,
    park: String,
    until: String,
    used: String,
}

struct ProviderLine {
    id: String,
    name: String,
    is_linked: bool,
}

async fn page(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, AppError> {
    show(&app, page, &visitor, Told::default()).await
}

async fn show(app: &App, page: Page, visitor: &Visitor, told: Told) -> Result<Response, AppError> {
    let account = own(app, &page).await?;
    let (user, now) = (account.user.id.clone(), app.now_us());
    let sessions = app.store.sessions_of(&user, now).await?.into_iter();
    let sessions = sessions.map(|session| SessionLine {
        is_this: visitor.way == Way::Session(session.token_hash.clone()),
        token_hash: session.token_hash,
        device: device_words(&page, &session.device),
        address: session.address,
        since: moment(session.created_at_us),
        seen: moment(session.last_seen_us),
    });
    let sessions: Vec<SessionLine> = sessions.collect();
    let tokens = app.store.tokens_of(&user, now).await?.into_iter();
    let tokens = tokens.map(|token| TokenLine {
        id: token.id,
        name: token.name,
        scope: page.t(&format!("account-token-{}", token.scope)),
        park: token.park.map_or("–".to_string(), |park| park.to_string()),
        until: moment(token.expires_at_us),
        used: token.last_used_us.map_or("–".to_string(), moment),
    });
    let linked = app.store.identities_of(&user).await?;
    let providers = app.people.providers.iter().map(|provider| ProviderLine {
        id: provider.id.clone(),
        name: provider.name(page.language).to_string(),
        is_linked: linked.iter().any(|identity| identity.issuer == provider.issuer),
    });
    let organisations = app.store.organisations().await?;
    let organisation = organisations.into_iter().find(|known| Some(&known.id) == account.organisation.as_ref());
    let is_fine = told.fault.is_empty() && told.weakness.is_none();
    let response = html(&Overview {
        organisation: organisation.map_or("–".to_string(), |known| known.name.get(page.language).to_string()),
        tokens: tokens.collect(),
        parks: parks(app, &page).await?,
        codes_left: app.store.recovery_codes_left(&user).await?,
        providers: providers.collect(),
        sessions,
        account,
        told,
        page,
    })?;
    Ok(if is_fine { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

/// The account of the reader.
async fn own(app: &App, page: &Page) -> Result<Account, AppError> {
    app.store.account(&UserId::new(&page.user.id)).await?.ok_or(AppError::NotFound)
}

/// Parks that a token may be kept to: those with data.
async fn parks(app: &App, page: &Page) -> Result<Vec<(String, String)>, AppError> {
    let parks = app.store.list_parks(&page.user.scope()).await?.into_iter();
    Ok(parks.map(|park| (park.id.to_string(), park.name.get(page.language).to_string())).collect())
}

#[derive(Deserialize)]
struct Particulars {
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
}

async fn change(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    Form(given): Form<Particulars>,
) -> Result<Response, AppError> {
    let mut account = own(&app, &page).await?;
    let name: String = given.name.trim().chars().take(100).collect();
    if name.is_empty() {
        return show(&app, page, &visitor, Told { fault: "account-fault-name", ..Told::default() }).await;
    }
    account.user.name = name;
    account.user.language = Language::parse(&given.language).unwrap_or(account.user.language);
    app.store.save_account(&page.user.actor(app.now_us()), &account).await?;
    Ok(Redirect::to("/account").into_response())
}

#[derive(Deserialize)]
struct Passwords {
    #[serde(default)]
    old: String,
    #[serde(default)]
    new: String,
}

async fn change_password(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(given): Form<Passwords>,
) -> Result<Response, AppError> {
    let account = own(&app, &page).await?;
    if !is_owner(&app, &visitor, &headers, &account, &given.old).await? {
        return show(&app, page, &visitor, Told { fault: "account-fault-password", ..Told::default() }).await;
    }
    let weakness = crate::web::sign_in::weakness_for(&app, &account, &given.new).await?;
    if weakness.is_some() {
        return show(&app, page, &visitor, Told { weakness, ..Told::default() }).await;
    }
    let hash = password::hash(&given.new).await?;
    let but = match &visitor.way {
        Way::Session(token_hash) => Some(token_hash.as_str()),
        Way::Stranger | Way::Token { .. } => None,
    };
    app.store.set_password(&page.user.actor(app.now_us()), &account.user.id, &hash, but).await?;
    let mut response = Redirect::to("/account").into_response();
    session::renew(&app, &visitor, &headers, &account, response.headers_mut()).await?;
    Ok(response)
}

/// Whether the reader knows the account's password; tries are counted as at sign-in.
async fn is_owner(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    account: &Account,
    typed: &str,
) -> Result<bool, AppError> {
    let tries = Tries::take(app, visitor, headers, account.user.id.as_str(), Some(account)).await?;
    let is_right = password::is_right(account.user.password_hash.as_ref(), typed).await?;
    if is_right {
        tries.give_back(app);
    } else {
        let actor = visitor.user.actor(app.now_us());
        app.store.note_failed_sign_in(&actor, Some(&account.user.id), "password").await?;
    }
    Ok(is_right)
}

#[derive(Deserialize)]
struct Ended {
    /// The hash of the session's token, or `others`.
    #[serde(default)]
    session: String,
}

async fn end_session(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    Form(ended): Form<Ended>,
) -> Result<Response, AppError> {
    let (user, actor) = (UserId::new(&page.user.id), page.user.actor(app.now_us()));
    match (ended.session.as_str(), &visitor.way) {
        ("others", Way::Session(this)) => {
            app.store.end_sessions(&actor, &user, Some(this)).await?;
        }
        (named, _) => {
            app.store.revoke_session(&actor, &user, named).await?;
        }
    }
    Ok(Redirect::to("/account#sessions").into_response())
}

async fn link(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, AppError> {
    let user = page.user.id.clone();
    crate::web::sign_in::leave_for(&app, page, &visitor, Some(user)).await
}

#[derive(Deserialize)]
struct Unlinked {
    #[serde(default)]
    provider: String,
}

async fn unlink(State(app): State<App>, page: Page, Form(unlinked): Form<Unlinked>) -> Result<Response, AppError> {
    let provider = app.people.providers.iter().find(|known| known.id == unlinked.provider);
    let provider = provider.ok_or(AppError::NotFound)?;
    let actor = page.user.actor(app.now_us());
    app.store.unlink_identities(&actor, &UserId::new(&page.user.id), &provider.issuer).await?;
    Ok(Redirect::to("/account").into_response())
}

/// dd/MM/yyyy HH:mm on Viet Nam's clock.
pub fn moment(at_us: i64) -> String {
    match super::nation::local(at_us) {
        Some(at) => {
            format!("{} {:02}:{:02}", engine::language::format_date(at.date()), at.hour(), at.minute())
        }
        None => "–".to_string(),
    }
}

/// A browser in words. Edge and Chrome also call themselves Safari, so the order matters.
fn device_words(page: &Page, said: &str) -> String {
    let find =
        |marks: &[(&str, &'static str)]| marks.iter().find(|(mark, _)| said.contains(mark)).map(|(_, name)| *name);
    let browser = find(&[
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("coc_coc", "Cốc Cốc"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => page.t2("account-device", "browser", browser, "system", system),
        (Some(only), None) | (None, Some(only)) => only.to_string(),
        (None, None) => page.t("account-device-unknown"),
    }
}

#[cfg(test)]
mod tests;
