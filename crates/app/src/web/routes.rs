//! The ways in. A route cannot be added without the rule that must hold for it: the rule is asked before the page's
//! own code runs, and the tests go through the list of all ways in with every role.

mod access;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use engine::ids::{EnterpriseId, ParkId};
use store::OwnedSheet;

use super::gate::{Visitor, Way, may_change};
use super::sharing::looks;
use crate::auth::{self, Action, DossierRight, ParkKey};
use crate::error::{AppError, refusal};
use crate::state::App;

pub use access::page as access_page;

/// What must hold for whoever asks for a route. The names of places come from its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Public,
    SignedIn,
    /// `{park}`: at least its totals.
    Park,
    /// `{park}`: every enterprise by name.
    WholePark,
    /// `{park}` and `{measure}`: whose measure it is.
    Measure,
    /// `{park}` and `{meter}`: whose meter it is.
    Meter,
    /// `{park}`, `{sheet}` and `{row}`: whose row it is.
    Row,
    /// `{park}` and `{enterprise}`: the enterprise by name.
    Enterprise,
    EditEnterprise,
    /// `{park}`: its operator, who approves what its enterprises completed.
    ApproveRecords,
    ImportPark,
    /// `{park}`: its state forms, as far as the reader is concerned with them.
    ParkForm,
    WriteParkForm,
    SubmitParkForm,
    /// `{park}`: forms of it and of its enterprises are handed in to the reader.
    ReceiveForm,
    /// `{park}` and `{enterprise}`: state forms of the enterprise.
    EnterpriseForm,
    WriteEnterpriseForm,
    SubmitEnterpriseForm,
    /// `{park}`: its operator, who says how the park judges itself.
    SelfAssess,
    /// `{park}`: its consultant and the board of its province, who judge it from outside.
    ReviewAssess,
    /// `{park}` and `{enterprise}`: the enterprise itself.
    ShareEnterprise,
    /// `{park}`: its operator.
    AssignPark,
    /// The register of enterprises, as far as it is the reader's.
    Register,
    /// Imports into the register.
    RegisterImports,
    /// Dossiers and deadlines, as far as they are the reader's; with `{park}` of that park.
    Dossiers,
    /// `{park}`, and `{dossier}` unless one is started: something about it.
    Dossier(DossierRight),
    /// `{park}` and `{enterprise}`: start a dossier of the enterprise.
    EnterpriseDossier,
    /// What is said of the nation as a whole.
    EditNation,
    Log,
    /// Everybody's accounts.
    People,
    /// The page of invitations.
    Invite,
    /// Editions of frameworks are written and published.
    EditFrameworks,
}

/// One way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub method: Method,
    pub path: &'static str,
    pub rule: Rule,
}

/// A router that knows its doors.
#[derive(Default)]
pub struct Routes {
    pub doors: Vec<Door>,
    router: Router<App>,
}

impl Routes {
    pub fn new() -> Routes {
        Routes::default()
    }

    pub fn get<T: 'static>(self, path: &'static str, rule: Rule, handler: impl Handler<T, App>) -> Routes {
        self.add(Method::GET, MethodFilter::GET, path, rule, handler)
    }

    pub fn post<T: 'static>(self, path: &'static str, rule: Rule, handler: impl Handler<T, App>) -> Routes {
        self.add(Method::POST, MethodFilter::POST, path, rule, handler)
    }

    pub fn merge(mut self, other: Routes) -> Routes {
        self.doors.extend(other.doors);
        Routes { router: self.router.merge(other.router), ..self }
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }

    fn add<T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        rule: Rule,
        handler: impl Handler<T, App>,
    ) -> Routes {
        self.doors.push(Door { method, path, rule });
        let guard = axum::middleware::from_fn(move |request, next| guarded(rule, request, next));
        Routes { router: self.router.route(path, on(filter, handler).route_layer(guard)), ..self }
    }
}

/// Asks the rule book before the route's own code runs, and of a change where it comes from.
async fn guarded(rule: Rule, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    match answered(rule, request, next).await {
        Ok(response) => response,
        Err(error) => refusal(error, is_api),
    }
}

async fn answered(rule: Rule, request: Request, next: Next) -> Result<Response, AppError> {
    let (mut parts, body) = request.into_parts();
    let app = parts.extensions.get::<App>().cloned().ok_or_else(no_gate)?;
    let visitor = parts.extensions.get::<Visitor>().cloned().ok_or_else(no_gate)?;
    let action = admitted(rule, &app, &visitor, &mut parts).await?;
    let path = parts.uri.path().to_string();
    let response = next.run(unforged(&visitor, parts, body).await?).await;
    let looked_at = match action {
        Action::SeeEnterprise(park, enterprise) | Action::SeeForm(park, Some(enterprise)) => Some((park, enterprise)),
        Action::Dossier(DossierRight::See, park, Some(enterprise)) => Some((park, enterprise)),
        // The pages of measures write down themselves which one was looked at.
        Action::SeeRow(park, Some(enterprise)) if matches!(rule, Rule::Row | Rule::Meter) => Some((park, enterprise)),
        _ => None,
    };
    if let Some((park, enterprise)) = looked_at
        && response.status().is_success()
    {
        // A look that could not be written down is not shown.
        looks::at_page(&app, &visitor.user, &park.id, &enterprise, &path).await?;
    }
    Ok(response)
}

async fn admitted(rule: Rule, app: &App, visitor: &Visitor, parts: &mut Parts) -> Result<Action, AppError> {
    let is_for_people_alone =
        matches!(rule, Rule::SignedIn | Rule::Log | Rule::People | Rule::Invite | Rule::EditFrameworks);
    if is_for_people_alone && matches!(visitor.way, Way::Token { .. }) {
        return Err(AppError::Forbidden { sign_in: false });
    }
    let named = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| AppError::NotFound)?;
    let named: BTreeMap<&str, &str> = named.iter().collect();
    let action = action(rule, app, &named).await?;
    auth::may(&visitor.user, &action)?;
    Ok(action)
}

/// The request, once it has shown that a change comes from our own pages and this session.
async fn unforged(visitor: &Visitor, parts: Parts, body: Body) -> Result<Request, AppError> {
    if parts.method != Method::POST {
        return Ok(Request::from_parts(parts, body));
    }
    // The gate has read the body already, and no more of it than may be.
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| AppError::Internal(error.into()))?;
    may_change(&parts, visitor, &bytes)?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn no_gate() -> AppError {
    AppError::Internal(anyhow::anyhow!("the request did not come through the gate"))
}

async fn action(rule: Rule, app: &App, named: &BTreeMap<&str, &str>) -> Result<Action, AppError> {
    let name = |key: &str| named.get(key).copied().ok_or(AppError::NotFound);
    let park = async || app.park_key(&ParkId::new(name("park")?)).await;
    let enterprise = || Ok::<_, AppError>(EnterpriseId::new(name("enterprise")?));
    Ok(match rule {
        Rule::Public => Action::SeePublic,
        Rule::SignedIn => Action::SeeOwnAccount,
        Rule::Park => Action::SeePark(park().await?),
        Rule::WholePark => Action::SeeWholePark(park().await?),
        Rule::Measure => row(app, park().await?, OwnedSheet::Measures, name("measure")?).await?,
        Rule::Meter => row(app, park().await?, OwnedSheet::Meters, name("meter")?).await?,
        Rule::Row => {
            let sheet = OwnedSheet::parse(name("sheet")?).ok_or(AppError::NotFound)?;
            row(app, park().await?, sheet, name("row")?).await?
        }
        Rule::Enterprise => Action::SeeEnterprise(park().await?, enterprise()?),
        Rule::EditEnterprise => Action::EditEnterprise(park().await?, enterprise()?),
        Rule::ApproveRecords => Action::ApproveRecords(park().await?),
        Rule::ImportPark => Action::ImportPark(park().await?),
        Rule::ParkForm => Action::SeeForm(park().await?, None),
        Rule::WriteParkForm => Action::WriteForm(park().await?, None),
        Rule::SubmitParkForm => Action::SubmitForm(park().await?, None),
        Rule::ReceiveForm => Action::ReceiveForm(park().await?),
        Rule::EnterpriseForm => Action::SeeForm(park().await?, Some(enterprise()?)),
        Rule::WriteEnterpriseForm => Action::WriteForm(park().await?, Some(enterprise()?)),
        Rule::SubmitEnterpriseForm => Action::SubmitForm(park().await?, Some(enterprise()?)),
        Rule::SelfAssess => Action::SelfAssess(park().await?),
        Rule::ReviewAssess => Action::ReviewAssess(park().await?),
        Rule::ShareEnterprise => Action::ShareEnterprise(park().await?, enterprise()?),
        Rule::AssignPark => Action::AssignPark(park().await?),
        Rule::Register => Action::SeeRegister,
        Rule::RegisterImports => Action::SeeRegisterImports,
        Rule::Dossiers => match named.contains_key("park") {
            true => Action::SeeDossiers(Some(park().await?)),
            false => Action::SeeDossiers(None),
        },
        Rule::Dossier(right) => {
            let park = park().await?;
            let enterprise = match named.get("dossier") {
                Some(dossier) => {
                    let found = app.store.dossier(&auth::whole(), &park.id, dossier).await?;
                    found.and_then(|found| found.enterprise)
                }
                None => None,
            };
            Action::Dossier(right, park, enterprise)
        }
        Rule::EnterpriseDossier => Action::Dossier(DossierRight::Start, park().await?, Some(enterprise()?)),
        Rule::EditNation => Action::EditRegister { province: None },
        Rule::Log => Action::SeeAudit,
        Rule::People => Action::ManagePeople,
        Rule::Invite => Action::SeeInvitations,
        Rule::EditFrameworks => Action::EditFrameworks,
    })
}

async fn row(app: &App, park: ParkKey, sheet: OwnedSheet, id: &str) -> Result<Action, AppError> {
    let owner = app.store.owner(&auth::whole(), &park.id, sheet, id).await?;
    Ok(Action::SeeRow(park, owner))
}

#[cfg(test)]
mod tests;
