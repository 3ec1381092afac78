//! Who may see an enterprise: what the law opens, what it shares with whom until when, who works for it or for its
//! park, and who looked.

mod asked;
pub mod looks;
mod park;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Form, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::{EnterpriseId, ParkId};
use store::{Assignment, NewAssignment, NewShare, Receiver, Share, Subject, UserId};

use crate::auth::{self, Action, Role};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::web::routes::{Routes, Rule};
use asked::Asked;

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/enterprises/{enterprise}/sharing", Rule::ShareEnterprise, show)
        .post("/parks/{park}/enterprises/{enterprise}/sharing/share", Rule::ShareEnterprise, share)
        .post("/parks/{park}/enterprises/{enterprise}/sharing/withdraw", Rule::ShareEnterprise, withdraw)
        .post("/parks/{park}/enterprises/{enterprise}/sharing/assign", Rule::ShareEnterprise, assign)
        .post("/parks/{park}/enterprises/{enterprise}/sharing/end", Rule::ShareEnterprise, end)
        .post("/parks/{park}/enterprises/{enterprise}/sharing/beyond", Rule::ShareEnterprise, beyond)
        .get("/parks/{park}/sharing", Rule::AssignPark, park::show)
        .post("/parks/{park}/sharing/assign", Rule::AssignPark, park::assign)
        .post("/parks/{park}/sharing/end", Rule::AssignPark, park::end)
}

type Place = UrlPath<(String, String)>;
type Fields = Form<BTreeMap<String, String>>;

#[derive(Template)]
#[template(path = "sharing.html")]
struct SharingPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    address: String,
    faults: Vec<(String, String)>,
    /// What the law opens, to whom, and why.
    by_law: Table,
    shares: Vec<Line>,
    subjects: Vec<Choice>,
    receivers: Vec<Choice>,
    /// Since when the enterprise may be found from other parks; `None` where it may not.
    beyond_since: Option<String>,
    beyond_href: String,
    assignments: Vec<Line>,
    consultants: Vec<Choice>,
    /// Last day that a form proposes.
    until: String,
    today: String,
    looks: Option<Table>,
    past: Option<Table>,
}

/// Something that holds today and can be taken back.
pub struct Line {
    pub id: String,
    pub what: String,
    pub to: String,
    pub until: String,
}

async fn show(State(app): State<App>, page: Page, UrlPath((park, enterprise)): Place) -> Result<Response, AppError> {
    render(&app, page, &park, &EnterpriseId::new(enterprise), Vec::new()).await
}

/// The page; `faults` are the fields that could not be taken, with what was expected.
async fn render(
    app: &App,
    page: Page,
    park: &str,
    id: &EnterpriseId,
    faults: Vec<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(app, &page, park).await?;
    auth::may(&page.user, &Action::ShareEnterprise(view.key.clone(), id.clone()))?;
    let enterprise = view.computed.park.enterprise(id).ok_or(AppError::NotFound)?;
    let (scope, today) = (page.user.scope(), app.today());
    let people = People::load(app).await?;
    let all: Vec<Share> = app.store.shares(&scope, &view.key.id).await?;
    let (shares, past): (Vec<Share>, Vec<Share>) = all.into_iter().partition(|share| share.holds_on(today));
    let assignments = app.store.assignments(&scope, &view.key.id).await?;
    let (of_enterprise, of_park): (Vec<Assignment>, Vec<Assignment>) =
        assignments.into_iter().filter(|given| given.holds_on(today)).partition(|given| given.enterprise.is_some());
    let looks = looks::table(app, &page, &view, id).await?;
    let findable = app.store.findable(&scope).await?;
    let findable = findable.iter().find(|one| one.park == view.key.id && one.enterprise == *id);
    let offset = view.computed.park.utc_offset_h;
    let finding = page.t2(
        "sharing-finding",
        "shares",
        page.count(shares.len()),
        "looks",
        page.count(looks.as_ref().map_or(0, |table| table.rows.len())),
    );
    let name = enterprise.name.get(page.language).to_string();
    let has_failed = !faults.is_empty();
    let response = html(&SharingPage {
        name,
        finding,
        address: address(&view.key.id, id),
        faults,
        by_law: by_law(&page),
        shares: shares.iter().map(|share| line(&page, &people, share)).collect(),
        subjects: subjects(&page),
        receivers: receivers(&page, &people, &of_park),
        beyond_since: findable.map(|one| crate::web::park::moment(one.given_at_us, offset)),
        beyond_href: page.at(&format!("/parks/{}/enterprises/{id}/beyond", view.key.id)),
        assignments: of_enterprise.iter().map(|given| assignment_line(&page, &people, given)).collect(),
        consultants: people.consultants(),
        until: asked::proposed_end(today).to_string(),
        today: today.to_string(),
        looks,
        past: past_table(&page, &people, &view, &past),
        frame: ParkFrame::of(app, &page, &view, ""),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

fn address(park: &ParkId, enterprise: &EnterpriseId) -> String {
    format!("/parks/{park}/enterprises/{enterprise}/sharing")
}

async fn share(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let (park_id, id) = (ParkId::new(park.as_str()), EnterpriseId::new(enterprise));
    let scope = page.user.scope();
    let mut asked = Asked::of(&page, &form);
    let subjects = asked.one_of("subject", |code| match code {
        EVERYTHING => Some(Subject::ALL.into()),
        one => Subject::parse(one).map(|subject| BTreeSet::from([subject])),
    });
    let holding = app.store.assignments(&scope, &park_id).await?;
    let receiver = asked.one_of("receiver", |code| match code {
        OPERATOR => Some(Receiver::Operator),
        user => holding
            .iter()
            .find(|given| given.holds_on(app.today()) && given.enterprise.is_none() && given.user.as_str() == user)
            .map(|given| Receiver::Consultant(given.user.clone())),
    });
    let ends_on = asked.last_day("ends_on", app.today());
    let faults = asked.faults;
    let (Some(subjects), Some(receiver), Some(ends_on)) = (subjects, receiver, ends_on) else {
        return render(&app, page, &park, &id, faults).await;
    };
    let new = NewShare { park: park_id.clone(), enterprise: id.clone(), subjects, receiver, ends_on };
    app.store.share(&page.user.actor(app.now_us()), &scope, &new).await?;
    Ok(Redirect::to(&address(&park_id, &id)).into_response())
}

async fn withdraw(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let (park, enterprise) = (ParkId::new(park), EnterpriseId::new(enterprise));
    let id = form.get("id").map(String::as_str).unwrap_or_default();
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
    match app.store.withdraw_share(&actor, &scope, &park, &enterprise, id).await? {
        true => Ok(Redirect::to(&address(&park, &enterprise)).into_response()),
        false => Err(AppError::NotFound),
    }
}

/// Lets the enterprise be found from other parks, or takes that back. What is so already stays as it is.
async fn beyond(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let (park_id, id) = (ParkId::new(park.as_str()), EnterpriseId::new(enterprise));
    let mut asked = Asked::of(&page, &form);
    let opens = asked.one_of("beyond", |code| match code {
        "open" => Some(true),
        "close" => Some(false),
        _ => None,
    });
    let faults = asked.faults;
    let Some(opens) = opens else { return render(&app, page, &park, &id, faults).await };
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
    match opens {
        true => app.store.open_beyond(&actor, &scope, &park_id, &id).await?,
        false => app.store.close_beyond(&actor, &scope, &park_id, &id).await?,
    };
    Ok(Redirect::to(&format!("{}#beyond", address(&park_id, &id))).into_response())
}

async fn assign(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let id = EnterpriseId::new(enterprise);
    match give(&app, &page, &ParkId::new(park.as_str()), Some(&id), &form).await? {
        Ok(()) => Ok(Redirect::to(&address(&ParkId::new(park), &id)).into_response()),
        Err(faults) => render(&app, page, &park, &id, faults).await,
    }
}

async fn end(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let (park, enterprise) = (ParkId::new(park), EnterpriseId::new(enterprise));
    let id = form.get("id").map(String::as_str).unwrap_or_default();
    match app.store.end_assignment(&page.user.actor(app.now_us()), &park, Some(&enterprise), id).await? {
        true => Ok(Redirect::to(&address(&park, &enterprise)).into_response()),
        false => Err(AppError::NotFound),
    }
}

/// Gives an assignment as a form asks for it, or says which fields could not be taken.
async fn give(
    app: &App,
    page: &Page,
    park: &ParkId,
    enterprise: Option<&EnterpriseId>,
    form: &BTreeMap<String, String>,
) -> Result<Result<(), Vec<(String, String)>>, AppError> {
    let people = People::load(app).await?;
    let mut asked = Asked::of(page, form);
    let user = asked.one_of("consultant", |id| people.consultant(id));
    let ends_on = asked.last_day("assigned_until", app.today());
    let faults = asked.faults;
    let (Some(user), Some(ends_on)) = (user, ends_on) else { return Ok(Err(faults)) };
    let new =
        NewAssignment { user, park: park.clone(), enterprise: enterprise.cloned(), starts_on: app.today(), ends_on };
    app.store.assign(&page.user.actor(app.now_us()), &new).await?;
    Ok(Ok(()))
}

/// Value of the choice that stands for whoever operates the park.
const OPERATOR: &str = "operator";
/// Value of the choice that stands for every subject.
const EVERYTHING: &str = "everything";

/// Names of those who have an account.
pub struct People(Vec<store::User>);

impl People {
    pub async fn load(app: &App) -> Result<People, AppError> {
        Ok(People(app.store.users().await?))
    }

    fn name(&self, id: &UserId) -> String {
        self.0.iter().find(|user| user.id == *id).map_or_else(|| id.to_string(), |user| user.name.clone())
    }

    fn consultant(&self, id: &str) -> Option<UserId> {
        let is_asked = |user: &&store::User| user.id.as_str() == id && user.role == Role::Consultant.code();
        self.0.iter().find(is_asked).map(|user| user.id.clone())
    }

    fn consultants(&self) -> Vec<Choice> {
        let of_role = self.0.iter().filter(|user| user.role == Role::Consultant.code());
        of_role.map(|user| Choice { value: user.id.to_string(), name: user.name.clone(), is_chosen: false }).collect()
    }
}

fn by_law(page: &Page) -> Table {
    let operator = page.t("sharing-to-operator-and-consultants");
    let mut rows: Vec<[String; 3]> = ["records", "survey", "measures", "exchanges"]
        .map(|subject| {
            [page.t(&format!("sharing-subject-{subject}")), operator.clone(), page.t(&format!("sharing-law-{subject}"))]
        })
        .into();
    rows.push([page.t("sharing-subject-totals"), page.t("sharing-to-state"), page.t("sharing-law-totals")]);
    let rows = rows.into_iter().map(|row| row.map(Cell::text).into()).collect();
    let columns = ["sharing-what", "sharing-to", "sharing-why"].map(|key| Column::text(page.t(key)));
    Table::new("by-law", page.t("sharing-by-law"), columns.into(), rows).stacked()
}

fn subjects(page: &Page) -> Vec<Choice> {
    let everything = Choice { value: EVERYTHING.to_string(), name: page.t("sharing-everything"), is_chosen: false };
    let choice = |subject: Subject| Choice {
        value: subject.code().to_string(),
        name: subject_name(page, subject),
        is_chosen: subject == Subject::Streams,
    };
    Subject::ALL.into_iter().map(choice).chain([everything]).collect()
}

pub fn subject_name(page: &Page, subject: Subject) -> String {
    page.t(&format!("sharing-subject-{}", subject.code()))
}

fn receivers(page: &Page, people: &People, of_park: &[Assignment]) -> Vec<Choice> {
    let operator = Choice { value: OPERATOR.to_string(), name: page.t("sharing-operator"), is_chosen: true };
    let consultants = of_park.iter().map(|given| Choice {
        value: given.user.to_string(),
        name: people.name(&given.user),
        is_chosen: false,
    });
    std::iter::once(operator).chain(consultants).collect()
}

fn receiver(page: &Page, people: &People, receiver: &Receiver) -> String {
    match receiver {
        Receiver::Operator => page.t("sharing-operator"),
        Receiver::Consultant(user) => people.name(user),
    }
}

fn line(page: &Page, people: &People, share: &Share) -> Line {
    Line {
        id: share.id.clone(),
        what: subject_name(page, share.subject),
        to: receiver(page, people, &share.receiver),
        until: page.date(&share.ends_on),
    }
}

fn assignment_line(page: &Page, people: &People, given: &Assignment) -> Line {
    Line {
        id: given.id.clone(),
        what: page.t(if given.enterprise.is_some() { "sharing-for-enterprise" } else { "sharing-for-park" }),
        to: people.name(&given.user),
        until: page.date(&given.ends_on),
    }
}

/// What was shared once and is no longer.
fn past_table(page: &Page, people: &People, view: &ParkView, past: &[Share]) -> Option<Table> {
    let offset = view.computed.park.utc_offset_h;
    let rows: Vec<Vec<Cell>> = past
        .iter()
        .map(|share| {
            let ended = match share.withdrawn_at_us {
                Some(at_us) => page.t1("sharing-withdrawn-at", "at", crate::web::park::moment(at_us, offset)),
                None => page.t1("sharing-ran-out-on", "date", page.date(&share.ends_on)),
            };
            vec![
                Cell::text(subject_name(page, share.subject)),
                Cell::text(receiver(page, people, &share.receiver)),
                Cell::text(ended),
            ]
        })
        .collect();
    let columns = ["sharing-what", "sharing-to", "sharing-ended"].map(|key| Column::text(page.t(key)));
    (!rows.is_empty()).then(|| Table::new("past", page.t("sharing-past"), columns.into(), rows).stacked())
}

#[cfg(test)]
mod tests;
