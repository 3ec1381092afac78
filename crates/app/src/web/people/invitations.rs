//! Invitations: whom somebody may invite, into what, and which invitations are open.

use std::time::Instant;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::{Label, Language};
use serde::Deserialize;
use store::{Invitation, NewInvitation, Organisation, UserId};

use super::fits_place;
use crate::auth::{self, Action, Role};
use crate::error::AppError;
use crate::mail::Letter;
use crate::page::{Page, html, token_hash};
use crate::state::App;
use crate::web::account::moment;
use crate::web::limits::Rate;
use crate::web::sign_in::random_token;
use crate::words::{text, text_with};

const OPEN_DAYS: i64 = 7;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;
/// Letters that one account may cause.
const LETTERS: Rate = Rate { per_minute: 5.0, burst: 30.0 };

/// What somebody may be invited into.
struct Place {
    value: String,
    name: Label,
    organisation: Option<Organisation>,
    park: Option<ParkId>,
    enterprise: Option<EnterpriseId>,
    province: Option<String>,
}

#[derive(Template)]
#[template(path = "invitations.html")]
struct Invitations {
    page: Page,
    open: String,
    lines: Vec<Line>,
    /// Value and name of each place; roles only where the inviter may choose.
    places: Vec<(String, String)>,
    roles: Vec<Role>,
    mail: String,
    fault: &'static str,
}

struct Line {
    id: String,
    mail: String,
    role: String,
    until: String,
    status: &'static str,
}

pub async fn page(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    show(&app, page, String::new(), "").await
}

async fn show(app: &App, page: Page, mail: String, fault: &'static str) -> Result<Response, AppError> {
    let now = app.now_us();
    let visible = visible(app, &page).await?;
    let lines = visible.iter().map(|invitation| Line {
        id: invitation.offer.id.clone(),
        mail: Some(invitation.offer.mail.clone()).filter(|mail| !mail.is_empty()).unwrap_or_else(|| "–".to_string()),
        role: page.t(&format!("role-{}", invitation.offer.role)),
        until: moment(invitation.offer.expires_at_us),
        status: status(invitation, now),
    });
    let is_administrator = page.user.role == Role::Administrator;
    let places = places(app, &page).await?.into_iter();
    let response = html(&Invitations {
        open: page.count(visible.iter().filter(|invitation| invitation.is_open(now)).count()),
        lines: lines.collect(),
        places: places.map(|place| (place.value, place.name.get(page.language).to_string())).collect(),
        roles: if is_administrator { Role::ALL.into_iter().skip(1).collect() } else { Vec::new() },
        mail,
        fault,
        page,
    })?;
    Ok(if fault.is_empty() { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

fn status(invitation: &Invitation, now_us: i64) -> &'static str {
    match (invitation.accepted_at_us, invitation.revoked_at_us) {
        (Some(_), _) => "accepted",
        (None, Some(_)) => "revoked",
        (None, None) if invitation.is_open(now_us) => "open",
        (None, None) => "late",
    }
}

/// The invitations that the reader could have sent.
async fn visible(app: &App, page: &Page) -> Result<Vec<Invitation>, AppError> {
    let invitations = app.store.invitations().await?.into_iter();
    Ok(invitations.filter(|invitation| may_invite(page, &invitation.offer).is_ok()).collect())
}

fn may_invite(page: &Page, offer: &NewInvitation) -> Result<(), AppError> {
    let role = Role::parse(&offer.role).ok_or(AppError::NotFound)?;
    let action = Action::Invite { role, park: offer.park.clone(), enterprise: offer.enterprise.clone() };
    Ok(auth::may(&page.user, &action)?)
}

/// Whom the reader may invite for: an operator for the own park and its enterprises, an enterprise for itself, the
/// administrator for every organisation and park.
async fn places(app: &App, page: &Page) -> Result<Vec<Place>, AppError> {
    let user = &page.user;
    let mut places = Vec::new();
    match (user.role, &user.park) {
        (Role::Administrator, _) => {
            places.push(nowhere());
            places.extend(app.store.organisations().await?.into_iter().map(at_organisation));
            for park in app.store.list_parks(&auth::whole()).await? {
                places.push(at_park(park.id, park.name));
            }
        }
        (Role::ParkOperator | Role::EnterpriseEditor, Some(id)) => {
            let Some(park) = app.store.load_park_view(&user.scope(), id).await? else { return Ok(places) };
            if user.role == Role::ParkOperator {
                places.push(at_park(park.id.clone(), park.name.clone()));
            }
            let own = park.enterprises.iter().filter(|enterprise| match &user.enterprise {
                Some(own) => *own == enterprise.id,
                None => user.role == Role::ParkOperator,
            });
            places.extend(own.map(|enterprise| at_enterprise(&park.id, &enterprise.id, enterprise.name.clone())));
        }
        _ => {}
    }
    Ok(places)
}

fn nowhere() -> Place {
    let none = |language| text(language, "invitations-nowhere");
    Place {
        value: "none".to_string(),
        name: Label::new(none(Language::Vi), none(Language::En)),
        organisation: None,
        park: None,
        enterprise: None,
        province: None,
    }
}

fn at_organisation(organisation: Organisation) -> Place {
    Place {
        value: format!("organisation:{}", organisation.id),
        name: organisation.name.clone(),
        park: organisation.park.clone(),
        enterprise: organisation.enterprise.clone(),
        province: organisation.province.clone(),
        organisation: Some(organisation),
    }
}

fn at_park(park: ParkId, name: Label) -> Place {
    let organisation = Organisation {
        id: format!("developer-{park}"),
        kind: "park-developer".to_string(),
        name,
        park: Some(park),
        enterprise: None,
        province: None,
    };
    at_organisation(organisation)
}

fn at_enterprise(park: &ParkId, enterprise: &EnterpriseId, name: Label) -> Place {
    let organisation = Organisation {
        id: format!("enterprise-{park}-{enterprise}"),
        kind: "enterprise".to_string(),
        name,
        park: Some(park.clone()),
        enterprise: Some(enterprise.clone()),
        province: None,
    };
    at_organisation(organisation)
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    mail: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    language: String,
}

pub async fn invite(State(app): State<App>, page: Page, Form(given): Form<Given>) -> Result<Response, AppError> {
    let mail = given.mail.trim().to_string();
    let is_address = mail.len() <= 200 && mail.parse::<lettre::Address>().is_ok();
    if !is_address {
        return show(&app, page, mail, "invitations-fault-mail").await;
    }
    let place = places(&app, &page).await?.into_iter().find(|place| place.value == given.place);
    let Some(place) = place else { return show(&app, page, mail, "invitations-fault-place").await };
    let role = match page.user.role {
        Role::Administrator => Role::parse(&given.role),
        // Whom the others may invite follows from where.
        _ if place.enterprise.is_some() => Some(Role::EnterpriseEditor),
        _ => Some(Role::ParkOperator),
    };
    let fits =
        |role: &Role| fits_place(*role, place.park.as_ref(), place.enterprise.as_ref(), place.province.as_deref());
    let Some(role) = role.filter(fits) else { return show(&app, page, mail, "invitations-fault-role").await };
    let now = app.now_us();
    let offer = NewInvitation {
        id: random_token()[..16].to_string(),
        mail,
        role: role.code().to_string(),
        organisation: place.organisation.as_ref().map(|organisation| organisation.id.clone()),
        park: place.park,
        enterprise: place.enterprise,
        province: place.province,
        language: Language::parse(&given.language).unwrap_or(page.language),
        expires_at_us: now + OPEN_DAYS * DAY_US,
    };
    may_invite(&page, &offer)?;
    if app.store.account_by_mail(&offer.mail).await?.is_some() {
        return show(&app, page, offer.mail, "invitations-fault-known").await;
    }
    let key = format!("invite {}", page.user.id);
    app.limits.take(&key, LETTERS, Instant::now()).map_err(AppError::TooMany)?;
    send(&app, &page, &offer, place.organisation).await?;
    Ok(Redirect::to("/invitations").into_response())
}

async fn send(
    app: &App,
    page: &Page,
    offer: &NewInvitation,
    organisation: Option<Organisation>,
) -> Result<(), AppError> {
    let actor = page.user.actor(app.now_us());
    if let Some(organisation) = &organisation
        && !app.store.organisations().await?.iter().any(|known| known.id == organisation.id)
    {
        app.store.save_organisation(&actor, organisation).await?;
    }
    let token = random_token();
    app.store.invite(&actor, &UserId::new(&page.user.id), offer, &token_hash(&token)).await?;
    let link = app.people.link(&format!("/sign-in/invitation?token={token}&lang={}", offer.language.code()));
    let language = offer.language;
    let at = organisation.map_or("congsinh".to_string(), |organisation| organisation.name.get(language).to_string());
    let role = text(language, &format!("role-{}", offer.role));
    let until = moment(offer.expires_at_us);
    let words = [
        ("inviter", page.user.name.as_str()),
        ("organisation", &at),
        ("role", &role),
        ("link", &link),
        ("until", &until),
    ];
    let letter = Letter {
        to: offer.mail.clone(),
        subject: text(language, "mail-invitation-subject"),
        text: text_with(language, "mail-invitation", &words),
    };
    app.people.mail.send("invitation", letter);
    Ok(())
}

#[derive(Deserialize)]
pub struct Revoked {
    #[serde(default)]
    invitation: String,
}

pub async fn revoke(State(app): State<App>, page: Page, Form(revoked): Form<Revoked>) -> Result<Response, AppError> {
    let visible = visible(&app, &page).await?;
    if visible.iter().any(|invitation| invitation.offer.id == revoked.invitation) {
        app.store.revoke_invitation(&page.user.actor(app.now_us()), &revoked.invitation).await?;
    }
    Ok(Redirect::to("/invitations").into_response())
}
