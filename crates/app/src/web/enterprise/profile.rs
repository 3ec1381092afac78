//! What an enterprise likely uses, gives off and could take, for it to confirm, correct or dismiss. All of it is
//! estimated; what is confirmed becomes the enterprise's own word.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use axum::extract::{Form, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use engine::catalogue::profiles::ProfileSubject;
use engine::ids::{EnterpriseId, StreamId};
use engine::observe::profiles::Proposal;
use engine::park::{Direction, Enterprise, Stream, StreamKind};
use engine::period::Period;
use engine::quantity::{Amount, Dimension};
use engine::source::Basis;
use serde::Serialize;
use serde_json::json;
use store::{Declared, ProposalAnswer, ProposalAt, RecordError, Subject};

use super::number;
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::profile::{Judged, ProposalState, firm, judged};
use crate::state::{App, ParkView};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::wording::{self, profile as words};

#[derive(Template)]
#[template(path = "enterprise_profile.html")]
struct ProfilePage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    lead: String,
    year: String,
    faults: Vec<(String, String)>,
    /// Proposals that wait for an answer, and those of which only the quantity is missing.
    open: Vec<Row>,
    answered: Vec<Row>,
    may_answer: bool,
    address: String,
    own_href: String,
    json_href: String,
}

struct Row {
    key: String,
    input: String,
    label: String,
    about: String,
    direction: String,
    likelihood: String,
    is_hazardous: bool,
    quantity: String,
    has_range: bool,
    is_unconfirmed: bool,
    reasons: Vec<String>,
    places: usize,
    typed: String,
    units: Vec<Choice>,
    /// For the readers of a screen: what a button is about.
    what: String,
    state: String,
    has_answer: bool,
    is_half_answered: bool,
}

type PlaceOf = UrlPath<(String, String)>;

/// The answers of the API: what was looked for, and every proposal with its state.
#[derive(Serialize)]
pub struct ProfileAnswer {
    sector: String,
    employees: Option<u32>,
    product_t: Option<f64>,
    proposals: Vec<Judged>,
}

pub async fn show(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    render(&app, page, &view, &EnterpriseId::new(id), &BTreeMap::new(), Vec::new()).await
}

/// What the API tells of an enterprise's profile.
pub async fn told(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Result<ProfileAnswer, AppError> {
    let (sector, proposals) = of(app, page, view, id).await?;
    let firm = firm(enterprise(view, id)?, &view.computed.report.balance);
    Ok(ProfileAnswer { sector, employees: firm.employees, product_t: firm.product_t, proposals })
}

/// How many proposals wait for an answer.
pub async fn waiting(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Result<usize, AppError> {
    let (_, proposals) = of(app, page, view, id).await?;
    Ok(proposals.iter().filter(|one| one.state == ProposalState::Open).count())
}

fn enterprise<'a>(view: &'a ParkView, id: &EnterpriseId) -> Result<&'a Enterprise, AppError> {
    view.computed.park.enterprise(id).ok_or(AppError::NotFound)
}

async fn of(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Result<(String, Vec<Judged>), AppError> {
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let enterprise = enterprise(view, id)?;
    let answers = app.store.proposal_answers(&page.user.scope(), &view.key.id).await?;
    let firm = firm(enterprise, &view.computed.report.balance);
    // The industry of an enterprise was held against the list when the park was read.
    judged(app.catalogue, &view.computed.park, enterprise, &firm, &answers).map_err(|_| AppError::NotFound)
}

/// The page; `typed` holds what was typed for a proposal whose answer was not kept.
async fn render(
    app: &App,
    page: Page,
    view: &ParkView,
    id: &EnterpriseId,
    typed: &BTreeMap<String, String>,
    faults: Vec<(String, String)>,
) -> Result<Response, AppError> {
    let (sector, judged) = of(app, &page, view, id).await?;
    let enterprise = enterprise(view, id)?;
    let may_edit = auth::may(&page.user, &Action::EditEnterprise(view.key.clone(), id.clone())).is_ok();
    let may_answer = may_edit && page.user.scope().covers_subject(&view.key.id, id, Subject::Streams);
    let count = |state: ProposalState| judged.iter().filter(|one| one.state == state).count();
    let answered = judged.iter().filter(|one| one.answer.is_some()).count();
    let finding = page.t3(
        "profile-finding",
        "open",
        page.count(count(ProposalState::Open)),
        "answered",
        page.count(answered),
        "declared",
        page.count(count(ProposalState::Declared)),
    );
    let known = firm(enterprise, &view.computed.report.balance);
    let lead = page.t1("profile-lead", "from", words::firm(page.language, app.catalogue, &sector, &known));
    let row = |(index, one): (usize, &Judged)| row(app, &page, index, one, typed);
    let is_open = |one: &&Judged| matches!(one.state, ProposalState::Open | ProposalState::QuantityUnknown);
    let own = page.at(&format!("/parks/{}/enterprises/{id}", view.key.id));
    html(&ProfilePage {
        name: enterprise.name.get(page.language).to_string(),
        finding,
        lead,
        year: page.period().start().year().to_string(),
        faults,
        open: judged.iter().filter(is_open).enumerate().map(row).collect(),
        answered: judged.iter().filter(|one| one.answer.is_some()).enumerate().map(row).collect(),
        may_answer,
        address: page.at(&format!("/parks/{}/enterprises/{id}/profile", view.key.id)),
        own_href: own,
        json_href: page.at(&format!("/api/parks/{}/enterprises/{id}/profile", view.key.id)),
        frame: ParkFrame::of(app, &page, view, "observe"),
        page,
    })
}

fn row(app: &App, page: &Page, index: usize, one: &Judged, typed: &BTreeMap<String, String>) -> Row {
    let (language, proposal) = (page.language, &one.proposal);
    let is_typed = typed.get("proposal") == Some(&proposal.key);
    let field = |name: &str| typed.get(name).filter(|_| is_typed).cloned().unwrap_or_default();
    let label = proposal.label.get(language).to_string();
    let state = match one.state {
        ProposalState::Open => "profile-state-open",
        ProposalState::QuantityUnknown => "profile-state-unknown",
        ProposalState::Declared => "profile-state-declared",
        ProposalState::Dismissed => "profile-state-dismissed",
    };
    Row {
        input: format!("quantity-{index}"),
        about: words::about(language, app.catalogue, proposal),
        direction: words::direction(language, proposal),
        likelihood: page.t(&format!("profile-{:?}", proposal.likelihood).to_lowercase()),
        is_hazardous: proposal.hazardous,
        quantity: words::quantity(language, app.catalogue, proposal),
        has_range: proposal.range.is_some(),
        is_unconfirmed: proposal.unconfirmed,
        reasons: words::reasons(language, app.catalogue, proposal),
        places: proposal.places.len(),
        typed: field("quantity"),
        units: units(app, page, proposal, &field("unit")),
        what: format!("{}: {label}", words::direction(language, proposal)),
        state: page.t(state),
        has_answer: one.answer.is_some(),
        is_half_answered: one.state == ProposalState::QuantityUnknown,
        key: proposal.key.clone(),
        label,
    }
}

fn dimension(app: &App, proposal: &Proposal) -> Dimension {
    match &proposal.about {
        ProfileSubject::Resource(id) => app.catalogue.resource(id).map_or(Dimension::Mass, |row| row.dimension),
        ProfileSubject::Stream { kind: StreamKind::Material, .. } => Dimension::Mass,
        ProfileSubject::Stream { kind: StreamKind::Water, .. } => Dimension::Volume,
        ProfileSubject::Stream { kind: StreamKind::Heat, .. } => Dimension::Energy,
    }
}

/// Units of what it is about: the one asked for first, then that of the range, else the usual one.
fn units(app: &App, page: &Page, proposal: &Proposal, asked: &str) -> Vec<Choice> {
    let dimension = dimension(app, proposal);
    let usual = match dimension {
        Dimension::Volume => "m3",
        Dimension::Energy if proposal.key == "take/electricity" => "kWh",
        Dimension::Energy => "GJ",
        _ => "t",
    };
    let codes = app.catalogue.unit_codes(dimension);
    let of_range = proposal.range.as_ref().map(|range| range.unit.as_str());
    let chosen = Some(asked).filter(|code| codes.iter().any(|known| known == code)).or(of_range).unwrap_or(usual);
    let choice = |code: String| Choice {
        name: app.catalogue.units.get(&code).map_or(code.clone(), |unit| unit.label.get(page.language).to_string()),
        is_chosen: code == chosen,
        value: code,
    };
    codes.into_iter().map(choice).collect()
}

/// Confirms, corrects, dismisses or takes back; without a quantity a confirmation says that it is not known.
pub async fn answer(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): PlaceOf,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(id);
    let (_, judged) = of(&app, &page, &view, &id).await?;
    let field = |name: &str| form.get(name).map_or("", |text| text.trim());
    let key = field("proposal");
    let standing = judged.iter().find(|one| one.proposal.key == key);
    let at = ProposalAt { park: view.key.id.clone(), enterprise: id.clone(), proposal: key.to_string() };
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
    let done = match (standing, field("act")) {
        (None, _) => Err(page.t("profile-fault-gone")),
        (Some(_), "dismiss") => {
            kept(&page, app.store.answer_proposal(&actor, &scope, &at, &ProposalAnswer::Dismissed).await)?
        }
        (Some(_), "back") => kept(&page, app.store.take_proposal_back(&actor, &scope, &at).await)?,
        (Some(one), "confirm") => match said(&app, &page, &id, &one.proposal, field("quantity"), field("unit")) {
            Err(fault) => Err(fault),
            Ok(answer) => kept(&page, app.store.answer_proposal(&actor, &scope, &at, &answer).await)?,
        },
        _ => Err(page.t("profile-fault-act")),
    };
    let faults: Vec<String> = done.err().into_iter().collect();
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    if super::wants_json(&headers) {
        return Ok((status, Json(json!({ "proposal": key, "faults": faults }))).into_response());
    }
    if !faults.is_empty() {
        let is_open = |one: &&Judged| matches!(one.state, ProposalState::Open | ProposalState::QuantityUnknown);
        let index = judged.iter().filter(is_open).position(|one| one.proposal.key == key);
        let input = index.map_or("open".to_string(), |index| format!("quantity-{index}"));
        let faults = faults.into_iter().map(|message| (input.clone(), message)).collect();
        let response = render(&app, page, &view, &id, &form, faults).await?;
        return Ok((status, response).into_response());
    }
    Ok(Redirect::to(&page.at(&format!("/parks/{park}/enterprises/{id}/profile"))).into_response())
}

/// What a confirmation declares: a record for the year of the page, or a stream.
fn said(
    app: &App,
    page: &Page,
    id: &EnterpriseId,
    proposal: &Proposal,
    quantity: &str,
    unit: &str,
) -> Result<ProposalAnswer, String> {
    if quantity.is_empty() {
        return Ok(ProposalAnswer::Confirmed);
    }
    let value = number::parse(page.language, quantity).filter(|value| value.is_finite() && *value > 0.0);
    let value = value.ok_or_else(|| page.t1("profile-fault-number", "found", quantity))?;
    let codes = app.catalogue.unit_codes(dimension(app, proposal));
    if !codes.iter().any(|code| code == unit) {
        return Err(page.t2("profile-fault-unit", "found", unit, "expected", codes.join(", ")));
    }
    let amount = Amount { value, unit: unit.to_string() };
    let source = page.t("profile-source");
    Ok(match &proposal.about {
        ProfileSubject::Resource(resource) => {
            let year = page.period().start().year();
            let period = Period::year(year).ok_or_else(|| page.t1("profile-fault-year", "year", year))?;
            let declared = Declared { amount, basis: Basis::Declared, source, cost_vnd: None };
            ProposalAnswer::Record { resource: resource.clone(), period, declared }
        }
        ProfileSubject::Stream { kind, ewc } => ProposalAnswer::Stream(Box::new(Stream {
            id: stream_id(id, proposal),
            enterprise: id.clone(),
            direction: proposal.direction,
            kind: *kind,
            name: proposal.label.clone(),
            ewc: ewc.clone(),
            quantity: amount,
            hazardous: proposal.hazardous,
            licensed: false,
            price_vnd: None,
            treatment_vnd: None,
            temperature_c: None,
            basis: Basis::Declared,
            source,
            composition: BTreeMap::new(),
            details: Default::default(),
        })),
    })
}

/// `E01-give-020202`: letters, digits and hyphens, as a sheet takes them.
fn stream_id(id: &EnterpriseId, proposal: &Proposal) -> StreamId {
    let way = match proposal.direction {
        Direction::Give => "give",
        Direction::Take => "take",
    };
    let rest = proposal.key.trim_start_matches(way).trim_start_matches('/').replace('/', "-");
    StreamId::new(format!("{id}-{way}-{rest}"))
}

/// The outcome of a write: a fault to show, or an error of another kind.
fn kept<T>(page: &Page, outcome: Result<T, RecordError>) -> Result<Result<(), String>, AppError> {
    Ok(match outcome {
        Ok(_) => Ok(()),
        Err(RecordError::Store(error)) => return Err(AppError::Internal(error)),
        Err(RecordError::OutsideScope) => return Err(AppError::Forbidden { sign_in: false }),
        Err(RecordError::NotFound) => Err(page.t("profile-fault-gone")),
        Err(RecordError::Locked(lock)) => {
            Err(page.t1("enterprise-fault-locked", "period", wording::period(page.language, &lock.approved)))
        }
        Err(RecordError::Overlaps(other)) => {
            Err(page.t1("enterprise-fault-overlaps", "period", wording::period(page.language, &other)))
        }
    })
}
