//! Which reports a park or an enterprise owes, by when and by which law, or what would have to be known to tell.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::duties::Reporter;
use engine::ids::{EnterpriseId, FormId};
use engine::language::format_date;
use engine::park::EnterpriseRole;
use engine::report::obligations::{Profile, profile_of};

use crate::auth::Sight;
use crate::error::AppError;
use crate::obligations::{Dated, Left, Owed, Papers};
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::wording::obligation as words;

pub fn routes() -> Routes {
    Routes::new().get("/parks/{park}/obligations", Rule::Park, of_park).get(
        "/parks/{park}/enterprises/{enterprise}/obligations",
        Rule::Enterprise,
        of_enterprise,
    )
}

#[derive(Template)]
#[template(path = "obligations.html")]
struct ObligationsPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    own_href: String,
    finding: String,
    facts: Vec<(String, String)>,
    papers: Vec<Paper>,
    duties: Vec<Line>,
    deadlines: Option<Table>,
    enterprises: Option<Table>,
}

/// What somebody may state of a paper.
struct Paper {
    name: &'static str,
    label: String,
    choices: Vec<Choice>,
}

struct Line {
    label: String,
    href: String,
    class: &'static str,
    answer: String,
    due: String,
    left: String,
    /// A day of the calendar that the time left rests on was not confirmed.
    is_left_unconfirmed: bool,
    law: String,
    recipient: String,
    note: String,
    source: String,
    is_unconfirmed: bool,
}

/// What is owed by a park, or by one of its enterprises as far as its data tell.
pub fn owed(app: &App, page: &Page, view: &ParkView, enterprise: Option<&EnterpriseId>) -> Owed {
    let profile = match enterprise {
        Some(id) => profile_of(&view.computed.park, id, &view.computed.report.balance, app.catalogue),
        None => Profile::unknown(Reporter::Park),
    };
    Owed::of(Papers::of_query(&page.query).on(profile), app.catalogue, page.today)
}

async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let own = format!("/parks/{park}");
    let enterprises = enterprises(&app, &page, &view);
    let name = view.computed.park.name.get(page.language).to_string();
    render(&app, page, &view, None, name, own, enterprises)
}

async fn of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    let name = view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?.name.get(page.language).to_string();
    let own = format!("/parks/{park}/enterprises/{id}");
    render(&app, page, &view, Some(&id), name, own, None)
}

fn render(
    app: &App,
    page: Page,
    view: &ParkView,
    enterprise: Option<&EnterpriseId>,
    name: String,
    own: String,
    enterprises: Option<Table>,
) -> Result<Response, AppError> {
    let owed = owed(app, &page, view, enterprise);
    html(&ObligationsPage {
        name,
        finding: finding(&page, &owed),
        facts: facts(app, &page, &owed.profile),
        papers: papers(&page, enterprise.is_some()),
        duties: owed.duties.iter().map(|one| line(app, &page, &own, one)).collect(),
        deadlines: deadlines(&page, &owed),
        enterprises,
        own_href: page.at(&own),
        frame: ParkFrame::of(app, &page, view, "report"),
        page,
    })
}

fn finding(page: &Page, owed: &Owed) -> String {
    let counts =
        page.t2("obligation-finding", "applying", page.count(owed.applying()), "open", page.count(owed.open()));
    match owed.nearest() {
        Some(day) => format!("{counts}; {}", page.t1("obligation-nearest", "day", format_date(day))),
        None => counts,
    }
}

/// What is known of the reporter.
fn facts(app: &App, page: &Page, profile: &Profile) -> Vec<(String, String)> {
    if profile.reporter == Reporter::Park {
        return Vec::new();
    }
    let language = page.language;
    let industry = profile.isic4.as_ref().map_or_else(
        || page.t("obligation-not-known"),
        |code| {
            let label = app.catalogue.industries.get(code).map_or("", |label| label.get(language));
            format!("{code} {label}")
        },
    );
    let employees =
        profile.employees.map_or_else(|| page.t("obligation-not-known"), |count| page.count(count as usize));
    vec![
        (page.t("enterprise-industry"), industry),
        (page.t("enterprise-employees"), employees),
        (page.t("obligation-energy"), words::amount(language, profile.energy_toe, "TOE")),
        (page.t("obligation-wastewater"), words::amount(language, profile.wastewater_m3_day, "m³")),
    ]
}

fn papers(page: &Page, is_enterprise: bool) -> Vec<Paper> {
    let said = Papers::of_query(&page.query).values();
    let paper = |(name, said): (&'static str, Option<bool>)| {
        let code = said.map_or("", |yes| if yes { "yes" } else { "no" });
        let choice = |value: &str, name: String| Choice { value: value.to_string(), name, is_chosen: value == code };
        Paper {
            name,
            label: page.t(&format!("obligation-paper-{}", name.replace('_', "-"))),
            choices: vec![
                choice("", page.t("obligation-not-known")),
                choice("yes", page.t("yes")),
                choice("no", page.t("no")),
            ],
        }
    };
    // A park is asked for its certificate only.
    let asked = if is_enterprise { Papers::NAMES.len() } else { 1 };
    Papers::NAMES.into_iter().zip(said).take(asked).map(paper).collect()
}

fn line(app: &App, page: &Page, own: &str, one: &Dated) -> Line {
    let (language, duty) = (page.language, &one.duty);
    // A form of the state has its page here.
    let form = duty.obligation.strip_prefix("form-").map(|code| FormId::new(format!("vn-{code}")));
    let form = form.filter(|form| app.catalogue.forms.contains_key(form));
    Line {
        label: duty.label.get(language).to_string(),
        href: form.map_or_else(String::new, |form| page.at(&format!("{own}/forms/{form}"))),
        class: words::answer_class(&duty.answer),
        answer: words::answer(language, duty),
        due: words::due(language, &duty.answer),
        left: one.left.as_ref().map_or_else(String::new, |left| words::left(language, left)),
        is_left_unconfirmed: matches!(one.left, Some(Left::Known(left)) if left.last_day.unconfirmed),
        law: words::law(language, app.catalogue, duty),
        recipient: duty.recipient.get(language).to_string(),
        note: duty.note.get(language).to_string(),
        source: duty.source.get(language).to_string(),
        is_unconfirmed: duty.unconfirmed,
    }
}

/// The days of what applies, nearest first, in working days.
fn deadlines(page: &Page, owed: &Owed) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = owed
        .duties
        .iter()
        .filter_map(|one| Some((one, one.before()?)))
        .map(|(one, before)| {
            let (last, count) = match &one.left {
                Some(Left::Known(left)) => (
                    Cell::text(format_date(left.last_day.day)).sorted_by(left.last_day.day),
                    Cell::number(page.count(left.working_days as usize), f64::from(left.working_days)),
                ),
                _ => (Cell::text("?"), Cell::no_number("?", page.t("obligation-no-calendar"))),
            };
            vec![
                Cell::text(format_date(before)).sorted_by(before),
                last,
                count,
                Cell::text(one.duty.label.get(page.language)),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("obligation-before-day")),
        Column::text(page.t("obligation-last-day")),
        Column::number(page.t("obligation-days-left"), ""),
        Column::text(page.t("obligation-report")),
    ];
    (!rows.is_empty()).then(|| Table::new("deadlines", page.t("obligation-deadlines"), columns, rows))
}

/// How many duties each enterprise has, for those who see every enterprise by name.
fn enterprises(app: &App, page: &Page, view: &ParkView) -> Option<Table> {
    if view.sight != Sight::Whole {
        return None;
    }
    let tenants = view.computed.park.enterprises.iter().filter(|one| one.role != EnterpriseRole::Developer);
    let rows: Vec<Vec<Cell>> = tenants
        .map(|enterprise| {
            let profile = profile_of(&view.computed.park, &enterprise.id, &view.computed.report.balance, app.catalogue);
            let owed = Owed::of(profile, app.catalogue, page.today);
            let href = page.at(&format!("/parks/{}/enterprises/{}/obligations", view.key.id, enterprise.id));
            vec![
                Cell::link(enterprise.name.get(page.language), href),
                Cell::number(page.count(owed.applying()), owed.applying() as f64),
                Cell::number(page.count(owed.open()), owed.open() as f64),
                Cell::text(words::amount(page.language, owed.profile.energy_toe, "TOE"))
                    .sorted_by(owed.profile.energy_toe.map_or(-1.0, |amount| amount.value)),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("form-enterprise")),
        Column::number(page.t("obligation-applying"), ""),
        Column::number(page.t("obligation-open"), ""),
        Column::text(page.t("obligation-energy")),
    ];
    (!rows.is_empty()).then(|| Table::new("enterprises", page.t("obligation-enterprises"), columns, rows))
}
