//! Every meter of a park, or of all parks that the reader works in, by one model: a job with progress, and its table with
//! filters in the address and as files.

#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ParkId;
use engine::period::parse_date;
use engine::report::document::{self, Block, Document, Section};
use engine::verify::park_meter::ParkModel;
use serde::Deserialize;
use store::Stamp;
use tokio::runtime::Handle;

use super::hides_readings;
use super::model::{choices, model_href};
use crate::error::AppError;
use crate::jobs::Job;
use crate::page::{Page, escape, html};
use crate::screening::{self, Around, Line, Outcome, Source, Watch};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::web::sharing::looks;
use crate::words::text_with;
use crate::{wording, workbook};
pub use told::{Asked, told};

/// Meters that one page lists; the files hold all of them.
const MOST_ROWS: usize = 500;
/// Meters that are computed at the same time.
const WORKERS: usize = 2;

/// What a job ends in.
pub struct Screening {
    model: ParkModel,
    around: Around,
    lines: Vec<Line>,
    /// The parks as they were read.
    stamps: BTreeMap<ParkId, Stamp>,
}

#[derive(Template)]
#[template(path = "screening.html")]
struct ScreeningPage {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    faults: Vec<String>,
    action: String,
    models: Vec<Choice>,
    is_around_day: bool,
    day: String,
    /// Whether the reader works in other parks as well.
    has_others: bool,
    is_of_all: bool,
    running: Option<Running>,
    is_gone: bool,
    is_outdated: bool,
    result: Option<Shown>,
    portfolio: String,
}

/// A job on its way.
#[derive(Template)]
#[template(path = "screening_job.html")]
struct Running {
    page: Page,
    progress_path: String,
    cancel_path: String,
    done: usize,
    of: usize,
}

struct Shown {
    title: String,
    terms: String,
    job: String,
    outcomes: Vec<Choice>,
    query: String,
    sorts: Vec<Choice>,
    table: Option<Table>,
    cut: String,
    csv: String,
    xlsx: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Order {
    model: String,
    around: String,
    day: String,
    parks: String,
}

pub async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let asked = |name: &str, otherwise: &str| page.query.get(name).cloned().unwrap_or(otherwise.to_string());
    let order = Order {
        model: asked("model", ""),
        around: asked("around", "installed"),
        day: asked("day", ""),
        parks: asked("parks", ""),
    };
    render(&app, page, &park, order, Vec::new()).await
}

async fn render(app: &App, page: Page, park: &str, order: Order, faults: Vec<Fault>) -> Result<Response, AppError> {
    let view = frame::view_of_records(app, &page, park).await?;
    let asked = page.query.get("job").filter(|id| !id.is_empty());
    let job = asked.and_then(|id| app.screenings.find(&page.user.id, &view.key.id, id));
    let found = job.as_ref().and_then(|job| job.answer());
    let is_outdated = match found {
        Some(found) => is_outdated(app, found).await?,
        None => false,
    };
    let chosen = found.map_or(order.model.as_str(), |found| found.model.code());
    let (is_around_day, day) = match found.map(|found| found.around) {
        Some(Around::Day(day)) => (true, day.to_string()),
        Some(Around::Installed) => (false, String::new()),
        None => (order.around == "day", order.day.clone()),
    };
    let has_failed = !faults.is_empty();
    let response = html(&ScreeningPage {
        first_line: match found {
            Some(found) => finding(&page, found),
            None => page.t("screening-lead"),
        },
        faults: faults.iter().map(|fault| wording::fault(page.language, fault)).collect(),
        action: page.at(&format!("/parks/{park}/screening")),
        models: choices(&page, chosen),
        is_around_day,
        day,
        has_others: page.user.parks().len() > 1,
        is_of_all: order.parks == "all" || found.is_some_and(|found| found.stamps.len() > 1),
        running: job.as_ref().filter(|job| !job.is_over()).map(|job| running(&page, &view.key.id, job)),
        is_gone: asked.is_some() && job.as_ref().is_none_or(|job| job.is_over() && job.answer().is_none()),
        is_outdated,
        result: found.zip(job.as_ref()).map(|(found, job)| shown(&page, &view, found, &job.id)),
        portfolio: page.at(&format!("/parks/{park}/portfolio")),
        frame: ParkFrame::of(app, &page, &view, "verify"),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// Whether something came to one of the parks since it was read.
async fn is_outdated(app: &App, found: &Screening) -> Result<bool, AppError> {
    for (park, stamp) in &found.stamps {
        if app.store.park_stamp(park).await? != Some(*stamp) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn terms(page: &Page, order: &Order) -> Result<(ParkModel, Around), Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |kind, field: &str, found: &str, expected: String| {
        let place = Place { file: page.t("screening-title"), column: Some(page.t(field)), ..Place::default() };
        faults.push(Fault { place, kind, found: found.to_string(), expected });
    };
    let model = ParkModel::parse(&order.model);
    if model.is_none() {
        let known: Vec<&str> = ParkModel::ALL.iter().map(|model| model.code()).collect();
        fault(FaultKind::UnknownCode, "model-model", &order.model, known.join(", "));
    }
    let around = match (order.around.as_str(), parse_date(&order.day)) {
        ("installed", _) => Some(Around::Installed),
        ("day", Some(day)) => Some(Around::Day(day)),
        ("day", None) => {
            fault(FaultKind::NotADate, "model-day", &order.day, "2024-01-01".to_string());
            None
        }
        (other, _) => {
            fault(FaultKind::UnknownCode, "model-around", other, "installed, day".to_string());
            None
        }
    };
    model.zip(around).ok_or(faults)
}

pub async fn start(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    Form(order): Form<Order>,
) -> Result<Response, AppError> {
    let page = Page { path: format!("/parks/{park}/screening"), ..page };
    let (model, around) = match terms(&page, &order) {
        Ok(terms) => terms,
        Err(faults) => return render(&app, page, &park, order, faults).await,
    };
    let here = ParkId::new(&park);
    let mut parks = BTreeSet::from([here.clone()]);
    if order.parks == "all" {
        parks.extend(page.user.parks().into_iter().cloned());
    }
    let (mut tasks, mut stamps) = (Vec::new(), BTreeMap::new());
    for park in &parks {
        let view = frame::view_of_records(&app, &page, park.as_str()).await?;
        looks::at_all(&app, &page.user, park, "meters.csv").await?;
        stamps.insert(park.clone(), app.store.park_stamp(park).await?.ok_or(AppError::NotFound)?);
        let batches = Some((app.readings.clone(), page.user.scope()));
        let source = Arc::new(Source { park: Arc::new(view.computed.park.clone()), batches });
        tasks.extend(screening::tasks(&source, app.catalogue, |meter| !hides_readings(&view, meter)));
    }
    let (catalogue, handle) = (app.catalogue, Handle::current());
    let job = app.screenings.start(&page.user.id, &here, tasks.len(), move |job: &Job<Screening>| {
        let read = |task: &screening::Task, window| {
            handle.block_on(screening::load(&task.source, catalogue, &task.meter, model, window))
        };
        let watch = Watch { is_stopped: &|| job.is_cancelled(), tell: &|done| job.tell(done) };
        let lines = screening::all(&tasks, (model, around), WORKERS, read, &watch);
        Some(Screening { model, around, lines, stamps })
    });
    let job = job.map_err(|_| AppError::TooMany(30))?;
    let Order { model, around, day, parks } = order;
    let kept = [("model", model), ("around", around), ("day", day), ("parks", parks)];
    let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
    let mut page = page;
    page.query.extend(kept.map(|(name, value)| (name.to_string(), value)));
    Ok(Redirect::to(&address(&page, &park, &job.id)).into_response())
}

fn address(page: &Page, park: &str, job: &str) -> String {
    let page = Page { path: format!("/parks/{park}/screening"), ..page.clone() };
    page.with("job", job)
}

/// How far a job is; once it is over, where its answer stands.
pub async fn progress(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let park = ParkId::new(park);
    let job = app.screenings.find(&page.user.id, &park, &id).ok_or(AppError::NotFound)?;
    if !page.is_fragment {
        return Ok(Redirect::to(&address(&page, park.as_str(), &id)).into_response());
    }
    if job.is_over() {
        // The script loads its page anew, which then holds the answer.
        return Ok([(HeaderName::from_static("hx-refresh"), "true")].into_response());
    }
    html(&running(&page, &park, &job))
}

fn running(page: &Page, park: &ParkId, job: &Job<Screening>) -> Running {
    let at = |rest: &str| {
        Page { path: format!("/parks/{park}/screening/{}{rest}", job.id), ..page.clone() }.with("job", &job.id)
    };
    Running { progress_path: at(""), cancel_path: at("/cancel"), done: job.done(), of: job.of, page: page.clone() }
}

pub async fn cancel(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let job = app.screenings.find(&page.user.id, &ParkId::new(&park), &id).ok_or(AppError::NotFound)?;
    job.cancel();
    Ok(Redirect::to(&address(&page, &park, &id)).into_response())
}

fn finding(page: &Page, found: &Screening) -> String {
    let count = |outcome| page.count(found.lines.iter().filter(|line| line.outcome == outcome).count());
    let told = [
        ("count", &*page.count(found.lines.len())),
        ("saving", &count(Outcome::Saving)),
        ("disqualified", &count(Outcome::Disqualified)),
        ("faulty", &count(Outcome::Faulty)),
        ("failed", &count(Outcome::Failed)),
        ("left", &count(Outcome::NotRun)),
    ];
    text_with(page.language, "screening-done", &told)
}

/// The lines that the address asks for, sorted as it asks.
fn chosen<'a>(page: &Page, found: &'a Screening) -> Vec<&'a Line> {
    let asked = |name: &str| page.query.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let words = asked("q").map(engine::language::fold).unwrap_or_default();
    let is_meant = |line: &&Line| {
        let name = format!("{} {} {} {}", line.meter, line.enterprise, line.name.vi, line.name.en);
        asked("outcome").is_none_or(|outcome| line.outcome.code() == outcome)
            && words.split_whitespace().all(|word| engine::language::fold(&name).contains(word))
    };
    let mut lines: Vec<&Line> = found.lines.iter().filter(is_meant).collect();
    let of = |pick: fn(&Line) -> Option<f64>| move |line: &&Line| pick(line).unwrap_or(f64::NEG_INFINITY);
    let mut largest = |key: &dyn Fn(&&Line) -> f64| lines.sort_by(|a, b| key(b).total_cmp(&key(a)));
    match asked("sort") {
        Some("saving") => largest(&of(|line| line.savings)),
        Some("relative") => largest(&of(Line::relative)),
        Some("scatter") => largest(&of(|line| line.cvrmse_adj)),
        _ => {}
    }
    lines
}

fn shown(page: &Page, view: &ParkView, found: &Screening, job: &str) -> Shown {
    let lines = chosen(page, found);
    let is_chosen = |name: &str, value: &str| page.query.get(name).is_some_and(|chosen| chosen == value);
    let all =
        Choice { value: String::new(), name: page.t("screening-all"), is_chosen: !page.query.contains_key("outcome") };
    let outcome = |outcome: Outcome| Choice {
        value: outcome.code().to_string(),
        name: page.t(&format!("screening-outcome-{}", outcome.code())),
        is_chosen: is_chosen("outcome", outcome.code()),
    };
    let sort = |code: &str| Choice {
        value: code.to_string(),
        name: page.t(&format!("screening-sort-{code}")),
        is_chosen: is_chosen("sort", code),
    };
    let file = |name: &str| {
        let kept = ["q", "outcome", "sort", "lang"];
        let pairs = page.query.iter().filter(|(name, _)| kept.contains(&name.as_str()));
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", escape(value))).collect();
        format!("/parks/{}/screening/{job}/meters.{name}?{}", view.key.id, pairs.join("&"))
    };
    let cut = match lines.len() > MOST_ROWS {
        true => page.t2("screening-cut", "shown", page.count(MOST_ROWS), "count", page.count(lines.len())),
        false => String::new(),
    };
    Shown {
        title: page.t1("screening-table", "count", page.count(lines.len())),
        terms: terms_words(page, found),
        job: job.to_string(),
        outcomes: std::iter::once(all).chain(Outcome::ALL.map(outcome)).collect(),
        query: page.query.get("q").cloned().unwrap_or_default(),
        sorts: ["meter", "saving", "relative", "scatter"].map(sort).into(),
        table: table(page, found, &lines[..lines.len().min(MOST_ROWS)]),
        cut,
        csv: file("csv"),
        xlsx: file("xlsx"),
    }
}

fn terms_words(page: &Page, found: &Screening) -> String {
    let model = page.t(&format!("model-{}", found.model.code()));
    match found.around {
        Around::Installed => page.t1("screening-terms-installed", "model", model),
        Around::Day(day) => page.t2("screening-terms-day", "model", model, "day", page.date(&day)),
    }
}

fn table(page: &Page, found: &Screening, lines: &[&Line]) -> Option<Table> {
    let number = |value: Option<f64>, decimals: fn(f64) -> usize| match value {
        Some(value) => Cell::number(page.n(value, decimals(value)), value),
        None => Cell::no_number("–", ""),
    };
    let percent = |value: Option<f64>| number(value.map(|share| 100.0 * share), |_| 1);
    let row = |line: &&Line| {
        let href = model_href(page, line.park.as_str(), line.meter.as_str(), found.model, found.around);
        let chip = match line.outcome {
            Outcome::Saving => "outcome met",
            Outcome::NotRun => "outcome not-applicable",
            _ => "outcome not-met",
        };
        vec![
            Cell::link(format!("{} {}", line.meter, line.name.get(page.language)), href),
            Cell::text(match found.stamps.len() {
                1 => line.enterprise.to_string(),
                _ => format!("{}, {}", line.park, line.enterprise),
            }),
            Cell::chip(chip, page.t(&format!("screening-outcome-{}", line.outcome.code()))),
            number(line.savings, wording::decimals),
            number(line.half_90, wording::decimals),
            Cell::text(line.unit.clone()),
            percent(line.relative()),
            percent(line.cvrmse_adj),
            number(line.r_squared, |_| 2),
            Cell::number(page.count(line.days_left_out), line.days_left_out as f64),
            Cell::text(screening::reasons(line, page.language)),
        ]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    let columns = vec![
        Column::text(page.t("meters-meter")),
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("screening-outcome")),
        Column::number(page.t("verify-saving"), ""),
        Column::number(page.t("report-uncertainty"), ""),
        Column::text(page.t("report-unit")),
        Column::number(page.t("screening-relative"), "%"),
        Column::number(page.t("verify-stat-cv"), "%"),
        Column::number(page.t("verify-stat-r2"), ""),
        Column::number(page.t("model-days-left-out"), ""),
        Column::text(page.t("report-reason")),
    ];
    (!rows.is_empty()).then(|| Table::new("screening", page.t("screening-title"), columns, rows))
}

pub async fn csv(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let job = app.screenings.find(&page.user.id, &ParkId::new(&park), &id).ok_or(AppError::NotFound)?;
    let found = job.answer().ok_or(AppError::NotFound)?;
    let text = screening::csv(chosen(&page, found).into_iter(), page.language)?;
    Ok(file("csv", "text/csv; charset=utf-8", text.into_bytes()))
}

pub async fn xlsx(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let job = app.screenings.find(&page.user.id, &ParkId::new(&park), &id).ok_or(AppError::NotFound)?;
    let found = job.answer().ok_or(AppError::NotFound)?;
    let bytes = workbook::write(&document(&page, &park, found), app.today())?;
    Ok(file("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes))
}

fn file(ending: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"meters.{ending}\"")),
    ];
    (headers, bytes).into_response()
}

fn document(page: &Page, park: &str, found: &Screening) -> Document {
    use document::Cell;
    let lines = chosen(page, found);
    let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let row = |line: &&Line| {
        vec![
            Cell::Text(line.park.to_string()),
            Cell::Text(line.meter.to_string()),
            Cell::Text(line.name.get(page.language).to_string()),
            Cell::Text(line.enterprise.to_string()),
            Cell::Text(page.t(&format!("screening-outcome-{}", line.outcome.code()))),
            line.window.map_or(Cell::Empty, |window| Cell::Date(window.baseline.start())),
            line.window.map_or(Cell::Empty, |window| Cell::Date(window.reporting.start())),
            number(line.savings),
            number(line.half_90),
            number(line.predicted),
            number(line.observed),
            Cell::Text(line.unit.clone()),
            number(line.relative().map(|share| 100.0 * share)),
            number(line.cvrmse_adj.map(|share| 100.0 * share)),
            number(line.r_squared),
            Cell::Number(line.days_left_out as f64),
            Cell::Text(screening::reasons(line, page.language)),
        ]
    };
    let column = |key: &str, unit: &str, decimals: usize| document::Column {
        heading: page.t(key),
        unit: (!unit.is_empty()).then(|| unit.to_string()),
        decimals,
        width: 2,
    };
    let columns = vec![
        column("portfolio-parks", "", 0),
        column("meter-code", "", 0),
        column("meters-meter", "", 0),
        column("figure-enterprise", "", 0),
        column("screening-outcome", "", 0),
        column("model-baseline-from", "", 0),
        column("model-reporting-from", "", 0),
        column("verify-saving", "", 1),
        column("report-uncertainty", "", 1),
        column("verify-predicted", "", 1),
        column("verify-observed", "", 1),
        column("report-unit", "", 0),
        column("screening-relative", "%", 1),
        column("verify-stat-cv", "%", 1),
        column("verify-stat-r2", "", 2),
        column("model-days-left-out", "", 0),
        column("report-reason", "", 0),
    ];
    let table = document::Table {
        id: "meters".to_string(),
        caption: page.t("screening-title"),
        columns,
        rows: lines.iter().map(row).collect(),
        source: terms_words(page, found),
    };
    Document {
        language: page.language,
        letter: None,
        title: page.t("screening-title"),
        subtitle: park.to_string(),
        marks: Vec::new(),
        particulars: vec![(page.t("model-model"), terms_words(page, found))],
        sections: vec![Section {
            id: "meters".to_string(),
            heading: page.t("screening-title"),
            blocks: vec![Block::Paragraph(finding(page, found)), Block::Table(table)],
        }],
        footer: format!("congsinh {}, {}", engine::source::ENGINE_VERSION, page.today),
    }
}
