//! One enterprise: what it should do next, its records as a grid, its streams, options and measures.

mod evidence;
mod findings;
mod grid;
mod history;
mod intake;
mod lists;
mod number;
mod periods;
pub mod profile;
mod save;
#[cfg(test)]
pub mod tests;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use engine::ids::{EnterpriseId, ResourceId};

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::figures::Mark;
use crate::web::figures::table::Table;
use crate::web::figures::total_href;
use crate::web::frame::{self, Choice, ParkFrame};
use crate::web::meters::{self, list::MeterList};
use crate::web::observe;
use crate::web::routes::{Routes, Rule};
use crate::wording;
use grid::Grid;
use lists::Task;
use periods::Periods;

pub use number::{parse as as_number, write as as_typed};

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/enterprises/{enterprise}", Rule::Enterprise, show)
        .post("/parks/{park}/enterprises/{enterprise}/records", Rule::EditEnterprise, save::save)
        .get("/parks/{park}/enterprises/{enterprise}/evidence", Rule::Enterprise, evidence::show)
        .post("/parks/{park}/enterprises/{enterprise}/evidence", Rule::EditEnterprise, evidence::attach)
        .get("/parks/{park}/enterprises/{enterprise}/evidence/{evidence}", Rule::Enterprise, evidence::download)
        .post(
            "/parks/{park}/enterprises/{enterprise}/evidence/{evidence}/withdraw",
            Rule::EditEnterprise,
            evidence::withdraw,
        )
        .get("/parks/{park}/enterprises/{enterprise}/intake", Rule::Enterprise, intake::show)
        .post("/parks/{park}/enterprises/{enterprise}/intake", Rule::EditEnterprise, intake::receive)
        .post("/parks/{park}/enterprises/{enterprise}/intake/confirm", Rule::EditEnterprise, intake::confirm)
        .get("/parks/{park}/enterprises/{enterprise}/records.xlsx", Rule::Enterprise, intake::sheet)
        .post("/parks/{park}/enterprises/{enterprise}/findings", Rule::EditEnterprise, findings::answer)
        .post("/parks/{park}/enterprises/{enterprise}/periods", Rule::EditEnterprise, periods::complete)
        .post("/parks/{park}/enterprises/{enterprise}/approvals", Rule::ApproveRecords, periods::approve)
        .get("/parks/{park}/enterprises/{enterprise}/profile", Rule::Enterprise, profile::show)
        .post("/parks/{park}/enterprises/{enterprise}/profile", Rule::EditEnterprise, profile::answer)
        .get("/parks/{park}/enterprises/{enterprise}/history/{resource}/{month}", Rule::Enterprise, history::show)
}

#[derive(Template)]
#[template(path = "enterprise.html")]
struct EnterprisePage {
    page: Page,
    frame: ParkFrame,
    name: String,
    facts: Vec<(String, String)>,
    finding: String,
    tasks: Vec<Task>,
    resources: Vec<Choice>,
    bases: Vec<Choice>,
    grid: Grid,
    /// Sum of the grid's resource over the period, with its mark.
    total: Option<(String, Mark)>,
    save_href: String,
    faults: Vec<(String, String)>,
    open: Vec<findings::Item>,
    answered: Vec<findings::Item>,
    answer_href: String,
    periods: Periods,
    streams: Option<Table>,
    options: Option<Table>,
    measures: Option<Table>,
    meters: MeterList,
    history_href: String,
    evidence_href: String,
    intake_href: String,
    forms_href: String,
    obligations_href: String,
    greenhouse_href: String,
    profile_href: String,
    /// Partners in other parks.
    beyond_href: String,
    profile_link: String,
    evidence_count: usize,
}

async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    render(&app, page, &view, &EnterpriseId::new(enterprise), Vec::new()).await
}

/// The page; `faults` are cells that were not saved, with the reason.
async fn render(
    app: &App,
    page: Page,
    view: &ParkView,
    id: &EnterpriseId,
    faults: Vec<(String, String)>,
) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let park = &view.computed.park;
    let enterprise = park.enterprise(id).ok_or(AppError::NotFound)?;
    let judged = observe::findings::judged(app, &page, view).await?;
    let marks = app.store.period_marks(&page.user.scope(), &view.key.id).await?;
    let people = people(app, &page).await?;
    let evidence = app.store.evidence(&page.user.scope(), &view.key.id).await?;
    let (open, answered) = findings::items(app, &page, view, id, &judged, &people, &evidence);
    let tasks = lists::tasks(app, &page, view, id, &judged);
    let resource = chosen_resource(app, &page, view, id);
    let year = page.period().start().year();
    let grid = Grid::of(app, &page, park, id, &resource, year);
    let waiting = profile::waiting(app, &page, view, id).await?;
    let (covered, expected) = lists::months(app, view, id);
    let finding = page.t3(
        "enterprise-finding",
        "tasks",
        page.count(tasks.len()),
        "covered",
        page.count(covered),
        "expected",
        page.count(expected),
    );
    let total = view.computed.report.balance.sites.get(id).and_then(|site| site.get(&resource)).map(|total| {
        let href = total_href(&page, &view.key.id, &resource, Some(id));
        let mark = Mark::new(&page, total.basis(), href, grid.label.clone());
        (page.amount(total.dimension, total.amount), mark)
    });
    let industry = app.catalogue.industries.get(&enterprise.isic4).map(|label| label.get(page.language));
    let mut facts = vec![
        (page.t("enterprise-industry"), format!("{} {}", enterprise.isic4, industry.unwrap_or_default())),
        (page.t("enterprise-employees"), enterprise.employees.map_or("?".to_string(), |n| page.count(n as usize))),
    ];
    facts.extend(enterprise.tax_code.clone().map(|code| (page.t("enterprise-tax"), code)));
    html(&EnterprisePage {
        name: enterprise.name.get(page.language).to_string(),
        facts,
        finding,
        tasks,
        resources: resource_choices(app, &page, view, id, &resource),
        bases: basis_choices(&page),
        grid,
        total,
        save_href: page.at(&format!("/parks/{}/enterprises/{id}/records", view.key.id)),
        faults,
        open,
        answered,
        answer_href: page.at(&format!("/parks/{}/enterprises/{id}/findings", view.key.id)),
        periods: Periods::of(app, &page, view, id, &marks, &people),
        streams: lists::streams(app, &page, view, id),
        options: lists::options(app, &page, view, id),
        measures: lists::measures(app, &page, view, id),
        forms_href: page.at(&format!("/parks/{}/enterprises/{id}/forms", view.key.id)),
        obligations_href: page.at(&format!("/parks/{}/enterprises/{id}/obligations", view.key.id)),
        greenhouse_href: page.at(&format!("/parks/{}/enterprises/{id}/greenhouse-gases", view.key.id)),
        profile_href: page.at(&format!("/parks/{}/enterprises/{id}/profile", view.key.id)),
        beyond_href: page.at(&format!("/parks/{}/enterprises/{id}/beyond", view.key.id)),
        profile_link: page.t1("profile-link", "count", page.count(waiting)),
        meters: meters::list::of(app, &page, view, Some(id)).await?,
        intake_href: page.at(&format!("/parks/{}/enterprises/{id}/intake", view.key.id)),
        evidence_href: page.at(&format!("/parks/{}/enterprises/{id}/evidence", view.key.id)),
        evidence_count: evidence.iter().filter(|one| one.enterprise == *id).count(),
        history_href: page.at(&format!("/parks/{}/enterprises/{id}/history", view.key.id)),
        frame: ParkFrame::of(app, &page, view, "observe"),
        page,
    })
}

/// Names of everybody who may have said or done something, by their code.
pub async fn people(app: &App, page: &Page) -> Result<BTreeMap<String, String>, AppError> {
    let users = app.store.users().await?;
    let named = users.into_iter().map(|user| (user.id.as_str().to_string(), user.name));
    Ok(named.chain([("system".to_string(), page.t("park-change-system"))]).collect())
}

/// Whether a program or a script asked, and not the form of a page.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

/// The resource in the address; else electricity, or whatever the enterprise reports first.
fn chosen_resource(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> ResourceId {
    let asked = page.query.get("resource").map(|resource| ResourceId::new(resource.as_str()));
    if let Some(known) = asked.filter(|resource| app.catalogue.resource(resource).is_some()) {
        return known;
    }
    let reported =
        view.computed.park.records.iter().filter(|record| record.enterprise == *id).map(|record| &record.resource);
    let usual = ResourceId::new("electricity");
    let mut reported: Vec<&ResourceId> = reported.collect();
    reported.sort();
    if reported.contains(&&usual) { usual } else { reported.first().map_or(usual, |first| (*first).clone()) }
}

/// What the enterprise reports first, then the rest of the catalogue.
fn resource_choices(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId, chosen: &ResourceId) -> Vec<Choice> {
    let is_reported = |resource: &ResourceId| {
        view.computed.park.records.iter().any(|record| record.enterprise == *id && record.resource == *resource)
    };
    let choices = |wanted: bool| {
        app.catalogue.resources.iter().filter(move |(resource, _)| is_reported(resource) == wanted).map(
            |(resource, row)| Choice {
                value: resource.to_string(),
                name: row.label.get(page.language).to_string(),
                is_chosen: resource == chosen,
            },
        )
    };
    choices(true).chain(choices(false)).collect()
}

/// What newly typed amounts rest on; the first choice leaves a corrected record's own basis.
fn basis_choices(page: &Page) -> Vec<Choice> {
    let chosen = save::basis_asked(page.query.get("basis").map(String::as_str));
    let kept = Choice { value: String::new(), name: page.t("enterprise-basis-kept"), is_chosen: chosen.is_none() };
    std::iter::once(kept)
        .chain(save::BASES.into_iter().map(|basis| Choice {
            value: basis.code().to_string(),
            name: wording::basis(page.language, basis),
            is_chosen: chosen == Some(basis),
        }))
        .collect()
}
