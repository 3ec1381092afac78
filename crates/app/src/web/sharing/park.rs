//! What the operator of a park sees of its enterprises beyond the law, and which consultants work for the park.

use askama::Template;
use axum::extract::{Form, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::ParkId;
use store::{Assignment, Receiver, Share, Subject};

use super::{Fields, Line, People, asked, assignment_line, give, subject_name};
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, Choice, ParkFrame};

#[derive(Template)]
#[template(path = "park_sharing.html")]
struct ParkSharingPage {
    page: Page,
    frame: ParkFrame,
    finding: String,
    address: String,
    faults: Vec<(String, String)>,
    enterprises: Table,
    assignments: Vec<Line>,
    consultants: Vec<Choice>,
    until: String,
    today: String,
}

pub async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    render(&app, page, &park, Vec::new()).await
}

async fn render(app: &App, page: Page, park: &str, faults: Vec<(String, String)>) -> Result<Response, AppError> {
    let view = frame::view_of_records(app, &page, park).await?;
    auth::may(&page.user, &Action::AssignPark(view.key.clone()))?;
    let (scope, today) = (page.user.scope(), app.today());
    let people = People::load(app).await?;
    let all = app.store.shares(&scope, &view.key.id).await?;
    let is_ours = |share: &&Share| share.receiver == Receiver::Operator && share.holds_on(today);
    let shares: Vec<&Share> = all.iter().filter(is_ours).collect();
    let given = app.store.assignments(&scope, &view.key.id).await?;
    let given: Vec<Assignment> = given.into_iter().filter(|given| given.holds_on(today)).collect();
    let enterprises = &view.computed.park.enterprises;
    let has_all = enterprises.iter().filter(|enterprise| {
        Subject::ALL
            .into_iter()
            .all(|subject| shares.iter().any(|share| share.enterprise == enterprise.id && share.subject == subject))
    });
    let finding = page.t3(
        "sharing-park-finding",
        "shared",
        page.count(has_all.count()),
        "enterprises",
        page.count(enterprises.len()),
        "consultants",
        page.count(given.len()),
    );
    let has_failed = !faults.is_empty();
    let response = html(&ParkSharingPage {
        finding,
        address: address(&view.key.id),
        faults,
        enterprises: table(&page, &view, &shares),
        assignments: given.iter().map(|given| assignment_line(&page, &people, given)).collect(),
        consultants: people.consultants(),
        until: asked::proposed_end(today).to_string(),
        today: today.to_string(),
        frame: ParkFrame::of(app, &page, &view, ""),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

fn address(park: &ParkId) -> String {
    format!("/parks/{park}/sharing")
}

pub async fn assign(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let id = ParkId::new(park.as_str());
    match give(&app, &page, &id, None, &form).await? {
        Ok(()) => Ok(Redirect::to(&address(&id)).into_response()),
        Err(faults) => render(&app, page, &park, faults).await,
    }
}

pub async fn end(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let park = ParkId::new(park);
    let id = form.get("id").map(String::as_str).unwrap_or_default();
    match app.store.end_assignment(&page.user.actor(app.now_us()), &park, None, id).await? {
        true => Ok(Redirect::to(&address(&park)).into_response()),
        false => Err(AppError::NotFound),
    }
}

/// Enterprise by enterprise, until when each subject is shared.
fn table(page: &Page, view: &ParkView, shares: &[&Share]) -> Table {
    let rows = view
        .computed
        .park
        .enterprises
        .iter()
        .map(|enterprise| {
            let mut row = vec![Cell::text(enterprise.name.get(page.language))];
            row.extend(Subject::ALL.map(|subject| {
                let of = shares.iter().filter(|share| share.enterprise == enterprise.id && share.subject == subject);
                match of.map(|share| share.ends_on).max() {
                    Some(day) => Cell::chip("outcome met", page.t1("sharing-until", "date", page.date(&day))),
                    None => Cell::chip("outcome not-met", page.t("sharing-not-shared")),
                }
            }));
            row
        })
        .collect();
    let mut columns = vec![Column::text(page.t("figure-enterprise"))];
    columns.extend(Subject::ALL.map(|subject| Column::text(subject_name(page, subject))));
    Table::new("shared", page.t("sharing-park-title"), columns, rows)
}
