//! A lost password: a letter with a link that sets a new one. Whether an account exists shows neither in the answer
//! nor in its time.

use std::time::Instant;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use store::Account;

use super::{random_token, session};
use crate::error::AppError;
use crate::mail::Letter;
use crate::page::{Page, html, token_hash};
use crate::password::{self, Weakness};
use crate::state::App;
use crate::web::gate::Visitor;
use crate::web::limits::{Rate, network};
use crate::words::{text, text_with};

const RESET_US: i64 = 30 * 60 * 1_000_000;
/// Letters to one mail address, and questions from one network address.
const LETTERS: Rate = Rate { per_minute: 0.2, burst: 3.0 };
const QUESTIONS: Rate = Rate { per_minute: 6.0, burst: 12.0 };

#[derive(Template)]
#[template(path = "sign_in_lost.html")]
struct Lost {
    page: Page,
    is_sent: bool,
}

pub async fn page(page: Page) -> Result<Response, AppError> {
    html(&Lost { page, is_sent: false })
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    mail: String,
}

pub async fn ask(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    Form(asked): Form<Asked>,
) -> Result<Response, AppError> {
    let key = format!("reset {}", network(visitor.address));
    app.limits.take(&key, QUESTIONS, Instant::now()).map_err(AppError::TooMany)?;
    // Everything that depends on whether there is such an account happens after the answer.
    tokio::spawn(async move {
        if let Err(error) = write_to(&app, &asked.mail).await {
            tracing::error!(error = format!("{error:#}"), "a letter about a lost password was not written");
        }
    });
    html(&Lost { page, is_sent: true })
}

async fn write_to(app: &App, typed: &str) -> anyhow::Result<()> {
    let account = app.store.account_by_mail(typed).await?.filter(|account| account.is_active && !account.user.is_demo);
    let Some(account) = account else { return Ok(()) };
    let Some(mail) = account.mail.clone() else { return Ok(()) };
    let key = format!("reset letter {}", account.user.id);
    if app.limits.take(&key, LETTERS, Instant::now()).is_err() {
        // The letters before are valid still, and the next one goes out in a few minutes.
        return Ok(());
    }
    let (token, now) = (random_token(), app.now_us());
    let Ok(actor) = session::actor(&account, now) else { return Ok(()) };
    app.store.allow_reset(&actor, &account.user.id, &token_hash(&token), now + RESET_US).await?;
    let link = app.people.link(&format!("/sign-in/reset?token={token}"));
    let language = account.user.language;
    let subject = text(language, "mail-reset-subject");
    let words = [("name", account.user.name.as_str()), ("link", &link)];
    app.people.mail.send("reset", Letter { to: mail, subject, text: text_with(language, "mail-reset", &words) });
    Ok(())
}

#[derive(Template)]
#[template(path = "sign_in_reset.html")]
struct Reset {
    page: Page,
    /// Empty where the link is no good any more.
    token: String,
    weakness: Option<Weakness>,
}

pub async fn reset_page(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let token = page.query.get("token").cloned().unwrap_or_default();
    let user = app.store.reset_of(&token_hash(&token), app.now_us()).await?;
    show(page, user.map(|_| token).unwrap_or_default(), None)
}

fn show(page: Page, token: String, weakness: Option<Weakness>) -> Result<Response, AppError> {
    let is_fine = !token.is_empty() && weakness.is_none();
    let response = html(&Reset { page, token, weakness })?;
    Ok(if is_fine { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

pub async fn reset(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Result<Response, AppError> {
    let hash_of_token = token_hash(&chosen.token);
    let user = app.store.reset_of(&hash_of_token, app.now_us()).await?;
    let account = match &user {
        Some(user) => app.store.account(user).await?,
        None => None,
    };
    let Some(account) = account else { return show(page, String::new(), None) };
    if let Some(weakness) = weakness_for(&app, &account, &chosen.password).await? {
        return show(page, chosen.token, Some(weakness));
    }
    let hash = password::hash(&chosen.password).await?;
    let actor = session::actor(&account, app.now_us())?;
    if !app.store.reset_password(&actor, &account.user.id, &hash_of_token, &hash).await? {
        return show(page, String::new(), None);
    }
    // The letter proves the mailbox, not the second factor.
    session::go_on(&app, &visitor, &headers, &account).await
}

/// What is wrong with a password for this account.
pub async fn weakness_for(app: &App, account: &Account, password: &str) -> Result<Option<Weakness>, AppError> {
    let organisations = app.store.organisations().await?;
    let own = organisations.iter().find(|known| Some(&known.id) == account.organisation.as_ref());
    let mut known = vec![account.user.name.as_str(), account.user.id.as_str(), "congsinh"];
    known.extend(account.mail.as_deref());
    known.extend(own.into_iter().flat_map(|own| [own.name.vi.as_str(), own.name.en.as_str()]));
    Ok(password::weakness(password, &known))
}
