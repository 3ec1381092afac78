//! Everybody's accounts, for the administrator; and invitations, for those who may invite.

mod invitations;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Label;
use serde::Deserialize;
use store::{Account, Organisation, UserId};

use crate::auth::{self, Action, Role};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;
use crate::web::account::moment;
use crate::web::routes::{Routes, Rule};

pub fn routes() -> Routes {
    Routes::new()
        .get("/people", Rule::People, list)
        .get("/people/person", Rule::People, person)
        .post("/people/person", Rule::People, act)
        .post("/people/organisations", Rule::People, save_organisation)
        .get("/invitations", Rule::Invite, invitations::page)
        .post("/invitations", Rule::Invite, invitations::invite)
        .post("/invitations/revoke", Rule::Invite, invitations::revoke)
}

/// Kinds of organisation.
pub const KINDS: [&str; 7] =
    ["park-developer", "enterprise", "consultancy", "board", "ministry", "programme-office", "donor"];

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    page: Page,
    people: Vec<Line>,
    active: String,
    organisations: Vec<Organisation>,
    kinds: [&'static str; 7],
    fault: &'static str,
}

struct Line {
    id: String,
    name: String,
    mail: String,
    role: String,
    organisation: String,
    status: &'static str,
}

async fn list(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    show_list(&app, page, "").await
}

async fn show_list(app: &App, page: Page, fault: &'static str) -> Result<Response, AppError> {
    let organisations = app.store.organisations().await?;
    let accounts = app.store.accounts().await?;
    let people = accounts.iter().map(|account| Line {
        id: account.user.id.to_string(),
        name: name(&page, account),
        mail: account.mail.clone().unwrap_or_else(|| "–".to_string()),
        role: page.t(&format!("role-{}", account.user.role)),
        organisation: organisation_name(&page, account, &organisations),
        status: status(account),
    });
    let response = html(&People {
        people: people.collect(),
        active: page.count(accounts.iter().filter(|account| account.is_active).count()),
        organisations,
        kinds: KINDS,
        fault,
        page,
    })?;
    Ok(if fault.is_empty() { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

fn name(page: &Page, account: &Account) -> String {
    if account.is_erased { page.t("people-erased") } else { account.user.name.clone() }
}

fn organisation_name(page: &Page, account: &Account, organisations: &[Organisation]) -> String {
    let organisation = organisations.iter().find(|known| Some(&known.id) == account.organisation.as_ref());
    organisation.map_or("–".to_string(), |known| known.name.get(page.language).to_string())
}

fn status(account: &Account) -> &'static str {
    match (account.is_erased, account.is_active) {
        (true, _) => "erased",
        (false, true) => "active",
        (false, false) => "inactive",
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct Person {
    page: Page,
    account: Account,
    name: String,
    organisation: String,
    status: &'static str,
    roles: Vec<Role>,
    sessions: String,
    seen: String,
    fault: &'static str,
}

async fn person(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    // Without a name in the address there is nobody to show; the list has everybody.
    let Some(id) = page.query.get("user").cloned() else { return Ok(Redirect::to("/people").into_response()) };
    show_person(&app, page, &id, "").await
}

async fn show_person(app: &App, page: Page, id: &str, fault: &'static str) -> Result<Response, AppError> {
    let account = app.store.account(&UserId::new(id)).await?.ok_or(AppError::NotFound)?;
    let sessions = app.store.sessions_of(&account.user.id, app.now_us()).await?;
    let organisations = app.store.organisations().await?;
    let response = html(&Person {
        name: name(&page, &account),
        organisation: organisation_name(&page, &account, &organisations),
        status: status(&account),
        roles: Role::ALL.into_iter().skip(1).collect(),
        sessions: page.count(sessions.len()),
        seen: sessions.first().map_or("–".to_string(), |session| moment(session.last_seen_us)),
        fault,
        account,
        page,
    })?;
    Ok(if fault.is_empty() { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

#[derive(Deserialize)]
struct Act {
    #[serde(default)]
    user: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    role: String,
    /// Set when somebody says that they know that erasing cannot be undone.
    #[serde(default)]
    sure: String,
}

async fn act(State(app): State<App>, page: Page, Form(act): Form<Act>) -> Result<Response, AppError> {
    let (user, actor) = (UserId::new(&act.user), page.user.actor(app.now_us()));
    let mut account = app.store.account(&user).await?.ok_or(AppError::NotFound)?;
    // Nobody shuts themselves out: the last administrator would be gone.
    let is_self = page.user.id == act.user;
    match act.act.as_str() {
        "sessions" => {
            app.store.end_sessions(&actor, &user, None).await?;
        }
        _ if is_self => return show_person(&app, page, &act.user, "people-fault-self").await,
        _ if account.is_erased => return show_person(&app, page, &act.user, "people-fault-erased").await,
        "role" => {
            let Some(role) = Role::parse(&act.role).filter(|role| fits(*role, &account)) else {
                return show_person(&app, page, &act.user, "people-fault-role").await;
            };
            account.user.role = role.code().to_string();
            app.store.save_account(&actor, &account).await?;
            // What a page showed under the old role must not stay open under it.
            app.store.end_sessions(&actor, &user, None).await?;
        }
        "deactivate" | "activate" => {
            account.is_active = act.act == "activate";
            app.store.save_account(&actor, &account).await?;
            app.store.end_sessions(&actor, &user, None).await?;
        }
        "erase" if act.sure == "yes" => {
            app.store.erase_person(&actor, &user).await?;
        }
        "erase" => return show_person(&app, page, &act.user, "people-fault-sure").await,
        _ => return show_person(&app, page, &act.user, "people-fault-act").await,
    }
    Ok(Redirect::to(&format!("/people/person?user={}", escape(&act.user))).into_response())
}

/// Whether an account has the place that a role needs.
fn fits(role: Role, account: &Account) -> bool {
    let user = &account.user;
    fits_place(role, user.park.as_ref(), user.enterprise.as_ref(), user.province.as_deref())
}

pub fn fits_place(
    role: Role,
    park: Option<&ParkId>,
    enterprise: Option<&EnterpriseId>,
    province: Option<&str>,
) -> bool {
    match role {
        Role::Public | Role::Machine => false,
        Role::EnterpriseEditor => park.is_some() && enterprise.is_some(),
        Role::ParkOperator => park.is_some() && enterprise.is_none(),
        Role::ProvincialBoard => province.is_some(),
        Role::Consultant | Role::Ministry | Role::ProgrammeOfficer | Role::Administrator => true,
    }
}

#[derive(Deserialize)]
struct NewOrganisation {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name_vi: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    park: String,
    #[serde(default)]
    enterprise: String,
    #[serde(default)]
    province: String,
}

async fn save_organisation(
    State(app): State<App>,
    page: Page,
    Form(new): Form<NewOrganisation>,
) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::ManagePeople)?;
    let given = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
    let (Some(vi), Some(en)) = (given(&new.name_vi), given(&new.name_en)) else {
        return show_list(&app, page, "people-fault-organisation").await;
    };
    let organisation = Organisation {
        id: slug(&en),
        kind: new.kind.clone(),
        name: Label::new(vi, en),
        park: given(&new.park).map(ParkId::new),
        enterprise: given(&new.enterprise).map(EnterpriseId::new),
        province: given(&new.province),
    };
    let is_park_known = match &organisation.park {
        Some(park) => app.park_key(park).await.is_ok(),
        None => true,
    };
    let has_park = organisation.enterprise.is_none() || organisation.park.is_some();
    let is_known = KINDS.contains(&organisation.kind.as_str()) && !organisation.id.is_empty();
    if !is_known || !is_park_known || !has_park {
        return show_list(&app, page, "people-fault-organisation").await;
    }
    app.store.save_organisation(&page.user.actor(app.now_us()), &organisation).await?;
    Ok(Redirect::to("/people#organisations").into_response())
}

/// A name in letters that fit an identifier.
fn slug(name: &str) -> String {
    let folded = engine::language::fold(name);
    let words: Vec<&str> = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}
