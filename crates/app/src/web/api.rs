//! The JSON API: the figures of the pages, by the same rights, and its description.

mod accounts;
mod answers;
mod description;
pub mod network;
mod readings;
mod savings;
mod weather;

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Response};
use engine::ids::EnterpriseId;

use answers::{Answer, ParkEntry};
pub use description::WhichProvinces;
use description::{
    Described, WhichEnterprise, WhichExchange, WhichForm, WhichPapers, WhichPark, WhichReport, description,
};

use super::frame;
use crate::auth::{self, Action, Sight};
use crate::error::{ApiError, AppError};
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::enterprise::profile;
use crate::web::matching::deal;
use crate::web::nation::register::{self, RegisteredPark};
use crate::web::routes::{Routes, Rule};
use crate::web::sharing::looks;

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/parks", Rule::Public, parks)
        .get("/api/registry", Rule::Public, registry)
        .get("/api/openapi.json", Rule::Public, openapi)
        .get("/api/docs", Rule::Public, docs)
        .get("/api/parks/{park}/report", Rule::WholePark, report)
        .get("/api/parks/{park}/assessments", Rule::Park, assessments)
        .get("/api/parks/{park}/exchanges", Rule::Park, exchanges)
        .get("/api/parks/{park}/exchanges/{exchange}", Rule::WholePark, deal_sheet)
        .get("/api/parks/{park}/network", Rule::WholePark, network::chosen)
        .get("/api/parks/{park}/network/tradeoff", Rule::WholePark, network::tradeoff)
        .get("/api/parks/{park}/network/scenarios", Rule::WholePark, network::scenarios)
        .get("/api/parks/{park}/network/failures", Rule::WholePark, network::failures)
        .get("/api/parks/{park}/options", Rule::Park, options)
        .get("/api/parks/{park}/claims", Rule::Park, claims)
        .get("/api/parks/{park}/portfolio", Rule::Park, savings::of_park)
        .get("/api/parks/{park}/screening", Rule::WholePark, savings::of_meters)
        .get("/api/portfolio", Rule::Policy, savings::of_nation)
        .get("/api/parks/{park}/balance", Rule::Park, balance)
        .get("/api/parks/{park}/findings", Rule::Park, findings)
        .get("/api/parks/{park}/periods", Rule::Park, periods)
        .get("/api/parks/{park}/forms/{form}", Rule::ParkForm, form_of_park)
        .get("/api/parks/{park}/enterprises/{enterprise}/forms/{form}", Rule::EnterpriseForm, form_of_enterprise)
        .get("/api/parks/{park}/obligations", Rule::Park, obligations_of_park)
        .get("/api/parks/{park}/enterprises/{enterprise}/obligations", Rule::Enterprise, obligations_of_enterprise)
        .get("/api/parks/{park}/greenhouse-gases", Rule::Park, accounts::of_park)
        .get("/api/parks/{park}/enterprises/{enterprise}/greenhouse-gases", Rule::Enterprise, accounts::of_enterprise)
        .get("/api/parks/{park}/weather", Rule::Park, weather::of_park)
        .get("/api/readings", Rule::SignedIn, readings::query)
        .get("/api/parks/{park}/enterprises/{enterprise}/profile", Rule::Enterprise, likely_streams)
        .post("/api/parks/{park}/readings", Rule::ImportPark, readings::take_in)
        .get("/api/parks/{park}/readings/{meter}", Rule::Meter, readings::series)
}

/// Whether requests to an address bring files and not forms.
pub fn takes_files(path: &str) -> bool {
    path.strip_prefix("/api/parks/").and_then(|rest| rest.split_once('/')).is_some_and(|(_, rest)| rest == "readings")
}

type Answered = Result<Json<Answer>, ApiError>;

/// Parks whose figures the reader may see at least as totals.
#[utoipa::path(get, tag = "public", path = "/api/parks", responses((status = 200, body = [ParkEntry])))]
async fn parks(State(app): State<App>, page: Page) -> Result<Json<Vec<ParkEntry>>, ApiError> {
    let mut entries = Vec::new();
    for park in app.store.list_parks(&auth::whole()).await? {
        let key = app.key_of(park.id.clone(), &park.province);
        if auth::may(&page.user, &Action::SeePark(key.clone())).is_ok() {
            entries.push(ParkEntry::of(&park, &auth::sight(&page.user, &key)));
        }
    }
    Ok(Json(entries))
}

/// The national registry of industrial parks: public data with source and licence of every row.
#[utoipa::path(get, tag = "public", path = "/api/registry", responses((status = 200, body = [Object])))]
async fn registry(State(app): State<App>, page: Page) -> Result<Json<Vec<RegisteredPark>>, ApiError> {
    let register = register::load(&app, &page.user).await?;
    Ok(Json(register.entries.into_iter().map(|entry| entry.park).collect()))
}

/// This description.
#[utoipa::path(get, tag = "public", path = "/api/openapi.json", responses((status = 200, body = Object)))]
async fn openapi() -> Result<Json<utoipa::openapi::OpenApi>, ApiError> {
    Ok(Json(description()))
}

/// All six steps of a park, as in the file that the report page hands out. For its developer and consultant only.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/report", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn report(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    answer(&app, &page, &view, "report", &view.computed.report).await
}

/// The park against every framework, the chosen one first. Evidence, amounts and enterprises only for its developer
/// and consultant.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/assessments", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn assessments(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    answer(&app, &page, &view, "assessments", &answers::assessments(&view)).await
}

/// Feasible exchanges and the best network. An enterprise gets its own with the other side coded (`OwnMatching`),
/// others counts and sums (`MatchingTotals`).
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/exchanges", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn exchanges(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    answer(&app, &page, &view, "exchanges", &answers::exchanges(&view)).await
}

/// The deal sheet of one exchange: savings and costs of each side, prices at which both gain, transport, what the law
/// asks with source and confirmation, risks, next steps, and the split of the network that it belongs to. 202 while the split is computed. For the park's
/// developer and consultant only.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/exchanges/{exchange}",
    params(WhichPark, WhichExchange, WhichReport),
    responses((status = 200, body = Answer), (status = 202, body = network::NotYet), (status = 401), (status = 403), (status = 404)))]
async fn deal_sheet(
    State(app): State<App>,
    page: Page,
    UrlPath((park, exchange)): UrlPath<(String, String)>,
) -> Result<Response, ApiError> {
    let view = frame::view(&app, &page, &park).await?;
    let exchange = deal::exchange(&app, &page, &view, &exchange).await?;
    let (sheet, waiting) = deal::sheet(&app, &page, &view, exchange).await?;
    match waiting {
        Some(waiting) => Ok(network::not_yet(&waiting)),
        None => Ok(Json(Answer::of(&view, &sheet)?).into_response()),
    }
}

/// Options by payback with the abatement cost curve. An enterprise gets its own plan, others sums by option
/// (`PlanSums`).
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/options", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn options(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    answer(&app, &page, &view, "options", &answers::options(&app, &view)).await
}

/// Measures with model and claim, and sums by status, never added together. An enterprise gets its own measures,
/// others the sums (`StatusSums`).
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/claims", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn claims(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    answer(&app, &page, &view, "claims", &answers::claims(&view)).await
}

/// What goes into and out of sites and park. An enterprise gets its own site, others sums by resource (`ResourceSum`).
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/balance", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn balance(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    answer(&app, &page, &view, "balance", &answers::balance(&view)).await
}

/// What looks wrong in the data, with the answers that hold. An enterprise gets its own findings, others how many there
/// are by rule.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/findings", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn findings(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let findings = answers::findings(&app, &page, &view).await?;
    answer(&app, &page, &view, "findings", &findings).await
}

/// Which periods were completed, approved and reopened, by whom and when. An enterprise gets its own, others the
/// enterprise-months of the year by state. A step is taken by a POST of `step`, `period` and `group` to
/// `/parks/{park}/enterprises/{enterprise}/periods` (complete, reopen) or `/approvals` (approve, reopen).
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/periods", params(WhichPark, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn periods(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let periods = answers::periods(&app, &page, &view).await?;
    answer(&app, &page, &view, "periods", &periods).await
}

/// What an enterprise likely uses, gives off and could take, with ranges, reasons and sources: all of it estimated, each
/// with its state (`open`, `quantity-unknown`, `declared`, `dismissed`). An answer is given by a POST of `proposal`,
/// `act` (confirm, dismiss, back), `quantity` and `unit` to `/parks/{park}/enterprises/{enterprise}/profile`.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/enterprises/{enterprise}/profile",
    params(WhichPark, WhichEnterprise, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn likely_streams(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let told = profile::told(&app, &page, &view, &EnterpriseId::new(enterprise)).await?;
    // The guard of the address writes down who looked at this one enterprise.
    Ok(Json(Answer::of(&view, &told)?))
}

/// A state form of the park (`vn-a4`, `vn-a5`, `vn-b5`) for the year after the period's: each row with its value and where
/// it came from, or why it is empty; warnings; its state and steps. A draft is for those who write it, what was handed in
/// also for the board of the province. Values are written by a POST of `value.ROW` (and `reason.ROW` for an override) to
/// `/parks/{park}/forms/{form}`, steps taken by a POST to `/submit` and `/receive` below it.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/forms/{form}", params(WhichPark, WhichForm, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn form_of_park(
    State(app): State<App>,
    page: Page,
    UrlPath(names): UrlPath<BTreeMap<String, String>>,
) -> Answered {
    let (view, told) = form(&app, &page, &names).await?;
    // It names the partners of exchanges.
    looks::at_all(&app, &page.user, &view.key.id, "api/forms").await?;
    Ok(Json(Answer::of(&view, &told)?))
}

/// A state form of an enterprise (`vn-b4`), as the forms of a park. A draft is for the enterprise, what was handed in also
/// for the park's operator and the board.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/enterprises/{enterprise}/forms/{form}",
    params(WhichPark, WhichEnterprise, WhichForm, WhichReport),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn form_of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath(names): UrlPath<BTreeMap<String, String>>,
) -> Answered {
    let (view, told) = form(&app, &page, &names).await?;
    Ok(Json(Answer::of(&view, &told)?))
}

async fn form(
    app: &App,
    page: &Page,
    names: &BTreeMap<String, String>,
) -> Result<(ParkView, serde_json::Value), AppError> {
    let (key, at) = super::forms::place(app, page, names).await?;
    let view = frame::view(app, page, key.id.as_str()).await?;
    if let Some(enterprise) = &at.enterprise {
        view.computed.park.enterprise(enterprise).ok_or(AppError::NotFound)?;
    }
    let standing = crate::forms::standing(app, &page.user, &key, at).await?;
    let told = serde_json::json!({
        "state": standing.state,
        "year": standing.at.year,
        "form": standing.form,
        "digest": standing.digest,
        "steps": standing.marks,
    });
    Ok((view, told))
}

/// Which reports the park owes: whether each applies and why, the day before which it is due, working days left, the text
/// of law, and whether somebody confirmed it. `certified=yes|no` says what data do not.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/obligations", params(WhichPark, WhichReport, WhichPapers),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn obligations_of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let owed = super::obligations::owed(&app, &page, &view, None);
    Ok(Json(Answer::of(&view, &owed)?))
}

/// Which reports an enterprise owes, from its industry, size, energy and wastewater, and from what is said of its papers.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/enterprises/{enterprise}/obligations",
    params(WhichPark, WhichEnterprise, WhichReport, WhichPapers),
    responses((status = 200, body = Answer), (status = 401), (status = 403), (status = 404)))]
async fn obligations_of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Answered {
    let view = frame::view(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?;
    let owed = super::obligations::owed(&app, &page, &view, Some(&id));
    Ok(Json(Answer::of(&view, &owed)?))
}

async fn answer<T: serde::Serialize>(app: &App, page: &Page, view: &ParkView, name: &str, data: &T) -> Answered {
    if view.sight == Sight::Whole {
        // Such an answer names every enterprise.
        looks::at_all(app, &page.user, &view.key.id, &format!("api/{name}")).await?;
    }
    Ok(Json(Answer::of(view, data)?))
}

#[derive(Template)]
#[template(path = "api_docs.html")]
struct Docs {
    page: Page,
    first_line: String,
    paths: Vec<Described>,
}

/// This description as a page to read.
#[utoipa::path(get, tag = "public", path = "/api/docs", responses((status = 200, content_type = "text/html", body = String)))]
async fn docs(page: Page) -> Result<Response, AppError> {
    let paths = description::described();
    html(&Docs { first_line: page.t1("api-first", "count", page.count(paths.len())), paths, page })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_address_is_described_and_nothing_else_is() {
        let doors = crate::web::routes().doors.into_iter().map(|door| door.path);
        let answering: BTreeSet<String> = doors.filter(|path| path.starts_with("/api/")).map(str::to_string).collect();
        let described: BTreeSet<String> = description().paths.paths.keys().cloned().collect();
        assert_eq!(answering, described);
    }
}
