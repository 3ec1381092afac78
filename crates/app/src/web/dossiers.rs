//! Dossiers: all that the reader may see, those of a park with the form that starts one, one dossier with its next step,
//! the calendar of deadlines.

mod deadlines;
mod papers;
mod show;
mod write;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::catalogue::duties::Reporter;
use engine::ids::{EnterpriseId, ParkId};
use engine::report::procedure::Standing;
use store::{DossierError, NewDossier};

use crate::auth::{self, Action, DossierRight, ParkKey};
use crate::dossiers::{self, Followed};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::Choice;
use crate::web::routes::{Routes, Rule};
use crate::wording::dossier as words;

pub fn routes() -> Routes {
    let (see, write) = (Rule::Dossier(DossierRight::See), Rule::Dossier(DossierRight::Write));
    Routes::new()
        .get("/dossiers", Rule::Dossiers, overview)
        .get("/deadlines", Rule::Dossiers, deadlines::page)
        .get("/deadlines.ics", Rule::Dossiers, deadlines::calendar)
        .post("/deadlines/reminders", Rule::Dossiers, deadlines::choose)
        .get("/parks/{park}/dossiers", Rule::Dossiers, of_park)
        .post("/parks/{park}/dossiers", Rule::Dossier(DossierRight::Start), start)
        .post("/parks/{park}/enterprises/{enterprise}/dossiers", Rule::EnterpriseDossier, start_of_enterprise)
        .get("/parks/{park}/dossiers/{dossier}", see, show::page)
        .post("/parks/{park}/dossiers/{dossier}/entries", write, write::entry)
        .post("/parks/{park}/dossiers/{dossier}/opinions", Rule::Dossier(DossierRight::Opine), write::opinion)
        .post("/parks/{park}/dossiers/{dossier}/withdraw", write, write::withdraw)
        .get("/parks/{park}/dossiers/{dossier}/papers.zip", Rule::Dossier(DossierRight::Prepare), papers::download)
}

type Fields = Form<BTreeMap<String, String>>;

#[derive(Template)]
#[template(path = "dossiers.html")]
struct Overview {
    page: Page,
    /// Name and address of the park whose dossiers these are; empty on the page of all.
    park: Option<(String, String)>,
    finding: String,
    faults: Vec<String>,
    table: Option<Table>,
    starts: Vec<Start>,
}

/// A form that starts a dossier: of the park, or of one of these enterprises.
struct Start {
    of: String,
    procedures: Vec<Choice>,
    year: i16,
    /// What each button says, and where it sends the form.
    targets: Vec<(String, String)>,
}

async fn overview(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let all = dossiers::all(&app, &page.user, None).await?;
    let (table, finding) = (table(&page, &all), finding(&page, &all));
    html(&Overview { park: None, finding, faults: Vec::new(), table, starts: Vec::new(), page })
}

async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    render(&app, page, &ParkId::new(park), Vec::new()).await
}

async fn render(app: &App, page: Page, park: &ParkId, faults: Vec<String>) -> Result<Response, AppError> {
    let key = app.park_key(park).await?;
    let all = dossiers::all(app, &page.user, Some(park)).await?;
    let names = app.store.list_parks(&auth::whole()).await?;
    let name = names.into_iter().find(|one| one.id == *park).map(|one| one.name.get(page.language).to_string());
    let has_failed = !faults.is_empty();
    let response = html(&Overview {
        park: Some((name.unwrap_or_else(|| park.to_string()), format!("/parks/{park}"))),
        finding: finding(&page, &all),
        faults,
        table: table(&page, &all),
        starts: starts(app, &page, &key).await?,
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

fn finding(page: &Page, all: &[Followed]) -> String {
    let open = all.iter().filter(|one| matches!(one.standing, Standing::At(_))).count();
    let late = all.iter().filter(|one| one.is_late()).count();
    let over = page.count(all.len() - open);
    page.t3("dossiers-finding", "open", page.count(open), "late", page.count(late), "over", over)
}

fn table(page: &Page, all: &[Followed]) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = all.iter().map(|one| row(page, one)).collect();
    let columns = ["subject", "procedure", "state", "step", "actor", "due"]
        .map(|name| Column::text(page.t(&format!("dossiers-column-{name}"))));
    (!rows.is_empty()).then(|| Table::new("dossiers", page.t("dossiers-table"), columns.into(), rows).stacked())
}

fn row(page: &Page, one: &Followed) -> Vec<Cell> {
    let language = page.language;
    let (class, word) = words::state(language, &one.standing, &one.awaited);
    let (step, actor) = match &one.standing {
        Standing::At(at) => (words::step_name(language, one.procedure, &at.step), words::actor(language, at.actor)),
        _ => (words::standing(language, one.procedure, &one.standing), "–".to_string()),
    };
    let due = match (&one.standing, one.next_day()) {
        (_, Some(day)) => {
            let distance = words::distance(language, page.today, day);
            let is_unconfirmed =
                one.awaited.iter().any(|awaited| awaited.due.day() == Some(day) && words::is_unconfirmed(&awaited.due));
            let mark = if is_unconfirmed { format!(" [{}]", page.t("unconfirmed")) } else { String::new() };
            Cell::text(format!("{} ({distance}){mark}", page.date(&day))).sorted_by(day)
        }
        (Standing::At(at), None) => Cell::text(words::due(language, &at.due)).sorted_by(""),
        _ => Cell::text("–").sorted_by(""),
    };
    vec![
        Cell::link(one.subject(language), one.address()),
        Cell::text(one.title(language)),
        Cell::chip(class, word),
        Cell::text(step),
        Cell::text(actor),
        due,
    ]
}

/// The dossiers that the reader may start: of the park, or of the enterprise they work for.
async fn starts(app: &App, page: &Page, key: &ParkKey) -> Result<Vec<Start>, AppError> {
    let year = page.today.year() - 1;
    let may = |enterprise: Option<EnterpriseId>| {
        auth::may(&page.user, &Action::Dossier(DossierRight::Start, key.clone(), enterprise)).is_ok()
    };
    let mut starts = Vec::new();
    if may(None) {
        starts.push(Start {
            of: page.t("dossiers-of-park"),
            procedures: choices(app, page, Reporter::Park),
            year,
            targets: vec![(page.t("dossiers-start"), format!("/parks/{}/dossiers", key.id))],
        });
    }
    let names = app.store.enterprise_names(&page.user.dossier_scope()).await?;
    let own = names.into_iter().filter(|one| one.park == key.id && may(Some(one.enterprise.clone())));
    let targets: Vec<(String, String)> = own
        .map(|one| {
            let address = format!("/parks/{}/enterprises/{}/dossiers", key.id, one.enterprise);
            (page.t1("dossiers-start-of", "name", one.name.get(page.language)), address)
        })
        .collect();
    if !targets.is_empty() {
        let procedures = choices(app, page, Reporter::Enterprise);
        starts.push(Start { of: page.t("dossiers-of-enterprise"), procedures, year, targets });
    }
    Ok(starts)
}

fn choices(app: &App, page: &Page, subject: Reporter) -> Vec<Choice> {
    let choice = |procedure: &engine::catalogue::duties::Procedure| Choice {
        value: procedure.id.clone(),
        name: page.label(&procedure.label).to_string(),
        is_chosen: false,
    };
    dossiers::procedures(subject, app.catalogue).map(choice).collect()
}

async fn start(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    Form(form): Fields,
) -> Result<Response, AppError> {
    begin(&app, page, &ParkId::new(park), None, &form).await
}

async fn start_of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
    Form(form): Fields,
) -> Result<Response, AppError> {
    begin(&app, page, &ParkId::new(park), Some(EnterpriseId::new(enterprise)), &form).await
}

async fn begin(
    app: &App,
    page: Page,
    park: &ParkId,
    enterprise: Option<EnterpriseId>,
    form: &BTreeMap<String, String>,
) -> Result<Response, AppError> {
    let field = |name: &str| form.get(name).map_or("", |text| text.trim());
    let subject = if enterprise.is_some() { Reporter::Enterprise } else { Reporter::Park };
    let Some(procedure) =
        dossiers::procedures(subject, app.catalogue).find(|procedure| procedure.id == field("procedure"))
    else {
        let fault = page.t("dossier-fault-procedure");
        return render(app, page, park, vec![fault]).await;
    };
    let last = page.today.year();
    let year = field("year").parse::<i16>().ok().filter(|year| (2000..=last).contains(year));
    if procedure.yearly && year.is_none() {
        let fault = page.t1("dossier-fault-year", "last", last);
        return render(app, page, park, vec![fault]).await;
    }
    let new = NewDossier {
        park: park.clone(),
        enterprise,
        procedure: procedure.id.clone(),
        year: year.filter(|_| procedure.yearly),
    };
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.dossier_scope());
    let id = app.store.start_dossier(&actor, &scope, &new).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/parks/{park}/dossiers/{id}")).into_response())
}

/// What a page cannot put into words of its own.
fn refused(error: DossierError) -> AppError {
    match error {
        DossierError::Store(error) => AppError::Internal(error),
        DossierError::OutsideScope => AppError::Forbidden { sign_in: false },
        _ => AppError::NotFound,
    }
}
