//! From an invitation to an account: the link of the letter, then name, language and password.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use engine::language::Language;
use serde::Deserialize;
use store::{Account, Invitation, PasswordHash, User, UserId};

use super::{lost, random_token, session};
use crate::error::AppError;
use crate::page::{Page, html, token_hash};
use crate::password::{self, Weakness};
use crate::state::App;
use crate::web::gate::Visitor;

/// Longest name of a person.
pub const MOST_NAME: usize = 100;

#[derive(Template)]
#[template(path = "sign_in_invitation.html")]
struct Invited {
    page: Page,
    /// Empty where the link is no good any more.
    token: String,
    mail: String,
    role: String,
    organisation: String,
    name: String,
    has_no_name: bool,
    weakness: Option<Weakness>,
}

#[derive(Default, Deserialize)]
pub struct Given {
    #[serde(default)]
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    password: String,
}

pub async fn page(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let given = Given { token: page.query.get("token").cloned().unwrap_or_default(), ..Given::default() };
    let invitation = app.store.invitation_of(&token_hash(&given.token), app.now_us()).await?;
    show(&app, page, invitation, given, false, None).await
}

async fn show(
    app: &App,
    page: Page,
    invitation: Option<Invitation>,
    given: Given,
    has_no_name: bool,
    weakness: Option<Weakness>,
) -> Result<Response, AppError> {
    let is_fine = invitation.is_some() && !has_no_name && weakness.is_none();
    let organisations = app.store.organisations().await?;
    let offer = invitation.map(|invitation| invitation.offer);
    let id = offer.as_ref().and_then(|offer| offer.organisation.as_ref());
    let organisation = organisations.iter().find(|known| Some(&known.id) == id);
    let response = html(&Invited {
        organisation: organisation.map_or(String::new(), |known| known.name.get(page.language).to_string()),
        token: offer.as_ref().map(|_| given.token).unwrap_or_default(),
        role: offer.as_ref().map_or(String::new(), |offer| page.t(&format!("role-{}", offer.role))),
        mail: offer.map(|offer| offer.mail).unwrap_or_default(),
        name: given.name,
        has_no_name,
        weakness,
        page,
    })?;
    Ok(if is_fine { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

pub async fn accept(
    State(app): State<App>,
    page: Page,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, AppError> {
    let found = app.store.invitation_of(&token_hash(&given.token), app.now_us()).await?;
    let Some(invitation) = found else { return show(&app, page, None, given, false, None).await };
    let language = Language::parse(&given.language).unwrap_or(page.language);
    let account = account_of(&invitation, &given.name, language);
    let has_no_name = account.user.name.is_empty();
    let weakness = lost::weakness_for(&app, &account, &given.password).await?;
    if has_no_name || weakness.is_some() {
        return show(&app, page, Some(invitation), given, has_no_name, weakness).await;
    }
    let hash = password::hash(&given.password).await?;
    match take(&app, &invitation, account, Some(hash)).await? {
        Some(account) => session::start(&app, &visitor, &headers, &account).await,
        None => show(&app, page, None, given, false, None).await,
    }
}

/// The account that an invitation makes, under an identifier that says nothing about the person.
pub fn account_of(invitation: &Invitation, name: &str, language: Language) -> Account {
    let offer = &invitation.offer;
    Account {
        user: User {
            id: UserId::new(format!("u-{}", &random_token()[..16])),
            name: name.trim().chars().take(MOST_NAME).collect(),
            role: offer.role.clone(),
            park: offer.park.clone(),
            enterprise: offer.enterprise.clone(),
            province: offer.province.clone(),
            language,
            password_hash: None,
            is_demo: false,
        },
        mail: Some(offer.mail.clone()),
        organisation: offer.organisation.clone(),
        is_active: true,
        has_second_factor: false,
        is_erased: false,
    }
}

/// Makes the account; `None` where the invitation is not open any more, or somebody has the address already.
pub async fn take(
    app: &App,
    invitation: &Invitation,
    account: Account,
    password: Option<PasswordHash>,
) -> Result<Option<Account>, AppError> {
    if app.store.account_by_mail(&invitation.offer.mail).await?.is_some() {
        return Ok(None);
    }
    let actor = session::actor(&account, app.now_us())?;
    let id = &invitation.offer.id;
    let is_taken = app.store.accept_invitation(&actor, id, &account, password.as_ref()).await?;
    Ok(is_taken.then_some(account))
}
