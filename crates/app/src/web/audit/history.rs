//! What happened here: who changed a park, an enterprise, a row of a sheet or a user, when, and from what to what.
//! Whoever may see the thing by name sees its history; those who see totals see that something happened.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, MeasureId, MeterId, ParkId, StreamId};
use engine::park::Park;
use serde_json::Value;
use store::AuditRow;

use super::people::People;
use super::words::{Difference, Words};
use crate::auth::{self, Action, Sight};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::figures::name_of;
use crate::web::frame::{self, ParkFrame};
use crate::web::routes::{Routes, Rule};

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/history", Rule::Park, of_park)
        .get("/parks/{park}/history/{sheet}/{row}", Rule::Row, of_row)
        .get("/parks/{park}/enterprises/{enterprise}/history", Rule::Enterprise, of_enterprise)
        .get("/audit/users/{user}", Rule::Log, of_user)
        .get("/account/history", Rule::SignedIn, of_own_account)
}

/// The address of the history of a row of a sheet.
pub fn row_href(page: &Page, park: &ParkId, sheet: &str, id: &str) -> String {
    page.at(&format!("/parks/{park}/history/{sheet}/{}", crate::page::escape(id)))
}

#[derive(Template)]
#[template(path = "history.html")]
struct ParkHistory {
    page: Page,
    frame: ParkFrame,
    history: History,
}

#[derive(Template)]
#[template(path = "history_user.html")]
struct UserHistory {
    page: Page,
    history: History,
}

struct History {
    title: String,
    finding: String,
    lines: Vec<Line>,
    note: String,
}

struct Line {
    at: String,
    at_value: i64,
    who: String,
    what: String,
    differences: Vec<Difference>,
    /// Changes that the row only counts.
    more: String,
}

/// Rows that one page shows.
const ROWS: usize = 200;

async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let rows = app.store.audit_of_park(&page.user.scope(), &view.key.id, ROWS, is_a_change).await?;
    let teller = Teller::of(&app, &page, &view).await?;
    let lines = rows.iter().map(|row| teller.line(row, |_| true)).collect();
    let title = page.t1("history-title", "of", view.computed.park.name.get(page.language));
    teller.answer(title, lines, page.t("history-note"))
}

async fn of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let name = name_of(&page, &view, &id).ok_or(AppError::NotFound)?;
    let is_of = |change: &Value| change["of"].as_array().is_some_and(|of| of.iter().any(|of| of == id.as_str()));
    let is_wanted = |row: &AuditRow| is_a_change(row) && (row.enterprise.as_ref() == Some(&id) || concerns(row, is_of));
    let rows = app.store.audit_of_park(&page.user.scope(), &view.key.id, ROWS, is_wanted).await?;
    let teller = Teller::of(&app, &page, &view).await?;
    let lines = rows.iter().map(|row| teller.line(row, is_of)).collect();
    teller.answer(page.t1("history-title", "of", name), lines, page.t("history-note"))
}

async fn of_row(
    State(app): State<App>,
    page: Page,
    UrlPath((park, sheet, id)): UrlPath<(String, String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let (enterprise, name) = owner_and_name(&page, &view.computed.park, &sheet, &id).ok_or(AppError::NotFound)?;
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), enterprise))?;
    // A meter's readings and a measure's adjustments are sheets of their own and a part of its history.
    let is_this = |change: &Value| {
        let same_sheet = change["sheet"] == sheet.as_str() || sheet == "meters" && change["sheet"] == "readings";
        let is_adjustment = sheet == "measures" && change["sheet"] == "adjustments";
        let of_measure = |name: &str| name.strip_prefix(&id).is_some_and(|rest| rest.starts_with('/'));
        same_sheet && change["id"] == id.as_str() || is_adjustment && change["id"].as_str().is_some_and(of_measure)
    };
    // A stream that was declared by confirming a proposal has rows of its own.
    let alone = format!("{}/{id}", view.key.id);
    let is_wanted = |row: &AuditRow| {
        let is_import = row.entity == "park" && row.action == "save" && concerns(row, is_this);
        is_import || sheet == "streams" && row.entity == "stream" && row.entity_id == alone
    };
    let rows = app.store.audit_of_park(&page.user.scope(), &view.key.id, ROWS, is_wanted).await?;
    let teller = Teller::of(&app, &page, &view).await?;
    let lines = rows.iter().map(|row| teller.line(row, is_this)).collect();
    teller.answer(page.t1("history-title", "of", name), lines, page.t("history-note-import"))
}

/// Whose row it is and what it is called.
fn owner_and_name(page: &Page, park: &Park, sheet: &str, id: &str) -> Option<(EnterpriseId, String)> {
    let (enterprise, name) = match sheet {
        "streams" => {
            let stream = park.streams.iter().find(|stream| stream.id == StreamId::new(id))?;
            (&stream.enterprise, &stream.name)
        }
        "measures" => {
            let measure = park.measures.iter().find(|measure| measure.id == MeasureId::new(id))?;
            (&measure.enterprise, &measure.name)
        }
        "meters" => {
            let meter = park.meter(&MeterId::new(id))?;
            (&meter.enterprise, &meter.name)
        }
        _ => return None,
    };
    Some((enterprise.clone(), name.get(page.language).to_string()))
}

async fn of_user(State(app): State<App>, page: Page, UrlPath(user): UrlPath<String>) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::SeeAudit)?;
    user_history(&app, page, &user).await
}

async fn of_own_account(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::SeeOwnAccount)?;
    let own = page.user.id.clone();
    user_history(&app, page, &own).await
}

async fn user_history(app: &App, page: Page, user: &str) -> Result<Response, AppError> {
    // Rows about people belong to no park, so the reader's own scope would leave them out.
    let mut rows = app.store.audit_of(&auth::whole(), "user", user).await?;
    if rows.is_empty() {
        return Err(AppError::NotFound);
    }
    rows.reverse();
    rows.truncate(ROWS);
    let people = People::of(app).await?;
    let lines: Vec<Line> = {
        let words = Words { app, page: &page };
        rows.iter()
            .map(|row| Line {
                at: super::at(row.at_us),
                at_value: row.at_us,
                who: people.name(&page, &row.actor),
                what: words.action(row),
                differences: words.differences_of_user(row),
                more: String::new(),
            })
            .collect()
    };
    let title = page.t1("history-title", "of", people.name(&page, user));
    let history = History { finding: finding(&page, &lines), title, lines, note: page.t("history-note-user") };
    html(&UserHistory { page, history })
}

/// Looks and refusals changed nothing here.
fn is_a_change(row: &AuditRow) -> bool {
    row.before_json.is_some() || row.after_json.is_some()
}

/// Whether an import lists a change that is wanted, or is the first one, in which everything is new.
fn concerns(row: &AuditRow, is_wanted: impl Fn(&Value) -> bool) -> bool {
    let is_first = row.entity == "park" && row.before_json.is_none();
    is_first || changes(row).is_some_and(|(changes, more)| more > 0 || changes.iter().any(is_wanted))
}

fn changes(row: &AuditRow) -> Option<(Vec<Value>, u64)> {
    let after: Value = serde_json::from_str(row.after_json.as_deref()?).ok()?;
    let changes = after["changes"].as_array()?.clone();
    Some((changes, after["more_changes"].as_u64().unwrap_or(0)))
}

struct Teller<'a> {
    app: &'a App,
    page: &'a Page,
    view: &'a ParkView,
    people: People,
}

impl<'a> Teller<'a> {
    async fn of(app: &'a App, page: &'a Page, view: &'a ParkView) -> Result<Teller<'a>, AppError> {
        Ok(Teller { app, page, view, people: People::of(app).await? })
    }

    fn line(&self, row: &AuditRow, is_wanted: impl Fn(&Value) -> bool) -> Line {
        let words = Words { app: self.app, page: self.page };
        let shows_amounts = matches!(self.view.sight, Sight::Whole | Sight::Own(_));
        let mut more = String::new();
        let differences = match (shows_amounts, changes(row)) {
            (false, _) => Vec::new(),
            (true, None) => words.differences(row),
            (true, Some((changes, left))) => {
                if left > 0 {
                    more = self.page.t1("history-more", "count", self.page.count(left as usize));
                }
                changes.iter().filter(|change| is_wanted(change)).flat_map(|change| words.of_change(change)).collect()
            }
        };
        let is_first = row.entity == "park" && row.before_json.is_none();
        Line {
            at: crate::web::park::moment(row.at_us, self.view.computed.park.utc_offset_h),
            at_value: row.at_us,
            who: self.people.name(self.page, &row.actor),
            what: if is_first { self.page.t("history-first-import") } else { words.subject(row) },
            differences,
            more,
        }
    }

    fn answer(self, title: String, lines: Vec<Line>, note: String) -> Result<Response, AppError> {
        let frame = ParkFrame::of(self.app, self.page, self.view, "");
        let history = History { title, finding: finding(self.page, &lines), lines, note };
        html(&ParkHistory { page: self.page.clone(), frame, history })
    }
}

fn finding(page: &Page, lines: &[Line]) -> String {
    match lines.first() {
        None => page.t("history-finding-none"),
        Some(latest) => page.t2("history-finding", "count", page.count(lines.len()), "at", &latest.at),
    }
}
