//! A meter: what it read, what is missing or strange in it, what was ever said of a day, and the way to hand in more.
//! Readings of the sheet and those that came in batches stand side by side; of a month in batches the sheet's do not
//! count.

mod day;
pub mod list;
mod model;
pub mod screening;
mod series;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::ids::MeterId;
use engine::language::format_date;
use engine::observe::readings::{Way, by_month};
use engine::park::{Meter, Park};
use engine::period::Period;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use readings::{Finding, FindingKind, findings_among};
use store::Subject;

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::{App, ParkView};
use crate::web::audit::row_href;
use crate::web::enterprise::as_typed;
use crate::web::figures::name_of;
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::wording;
use day::Day;
use series::{GrainLink, Range};
use upload::Told;

pub use screening::Screening;

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/meters/{meter}", Rule::Meter, show)
        .get("/parks/{park}/meters/{meter}/model", Rule::Meter, model::show)
        .post("/parks/{park}/meters/{meter}/readings", Rule::ImportPark, upload::receive)
        .get("/parks/{park}/screening", Rule::WholePark, screening::show)
        .post("/parks/{park}/screening", Rule::WholePark, screening::start)
        .get("/parks/{park}/screening/{job}", Rule::WholePark, screening::progress)
        .post("/parks/{park}/screening/{job}/cancel", Rule::WholePark, screening::cancel)
        .get("/parks/{park}/screening/{job}/meters.csv", Rule::WholePark, screening::csv)
        .get("/parks/{park}/screening/{job}/meters.xlsx", Rule::WholePark, screening::xlsx)
}

pub fn meter_href(page: &Page, view: &ParkView, meter: &MeterId) -> String {
    page.at(&format!("/parks/{}/meters/{}", view.key.id, escape(meter.as_str())))
}

#[derive(Template)]
#[template(path = "meter.html")]
struct MeterPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    enterprise: String,
    enterprise_href: String,
    finding: String,
    facts: Vec<(String, String)>,
    /// Why nothing of its readings is shown; empty where they are.
    hidden: String,
    /// What of the address could not be understood or shown in full.
    notes: Vec<String>,
    grains: Vec<GrainLink>,
    grain: &'static str,
    from: String,
    to: String,
    chart_title: String,
    unit: String,
    /// JSON of the bars.
    chart: String,
    table: Table,
    source: String,
    findings_title: String,
    findings: Option<Table>,
    day: Option<Day>,
    /// The page of its model; empty for a thermometer and for readings that are not shared.
    model_href: String,
    /// Where a file of readings is sent; empty for those who may not.
    upload_href: String,
    told: Told,
    history_href: String,
}

async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, meter)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    render(&app, page, &park, &MeterId::new(meter), Told::default()).await
}

/// The page; `told` is what became of a file that was just handed in.
async fn render(app: &App, page: Page, park: &str, id: &MeterId, told: Told) -> Result<Response, AppError> {
    let view = frame::view_of_records(app, &page, park).await?;
    let park = &view.computed.park;
    let meter = park.meter(id).ok_or(AppError::NotFound)?;
    let enterprise = name_of(&page, &view, &meter.enterprise).ok_or(AppError::NotFound)?;
    let is_hidden = hides_readings(&view, meter);
    let range = Range::asked(&page, last_month(park, id));
    let judged = match is_hidden {
        true => Judged::default(),
        false => judged(app, &page, &view, Some(meter), range.period).await?,
    };
    let shown = series::of(app, &page, &view, meter, &range).await?;
    let upload_href = match auth::may(&page.user, &Action::ImportPark(view.key.clone())) {
        Ok(()) => format!("/parks/{}/meters/{}/readings", view.key.id, escape(id.as_str())),
        Err(_) => String::new(),
    };
    let day = if is_hidden { None } else { Some(day::of(app, &page, &view, meter).await?) };
    let has_failed = told.has_failed();
    let response = html(&MeterPage {
        name: meter.name.get(page.language).to_string(),
        enterprise_href: page.at(&format!("/parks/{}/enterprises/{}", view.key.id, meter.enterprise)),
        finding: finding(&page, park, meter, &range, &judged, is_hidden),
        facts: facts(app, &page, park, meter, &judged),
        hidden: if is_hidden { page.t("meter-hidden") } else { String::new() },
        notes: range.notes(&page),
        grains: range.grains(&page),
        grain: range.grain.code(),
        from: range.period.start().to_string(),
        to: range.last_day().to_string(),
        chart_title: page.t1("meter-chart", "meter", meter.name.get(page.language)),
        unit: shown.unit,
        chart: shown.chart,
        table: shown.table,
        source: source(&page, park, id),
        findings_title: page.t1("meter-findings", "count", page.count(judged.findings.len())),
        findings: findings_table(app, &page, park, meter, &judged.findings),
        day,
        model_href: match is_hidden || meter.resource.as_str() == "outdoor-temperature" {
            true => String::new(),
            false => page.at(&format!("/parks/{}/meters/{}/model", view.key.id, escape(id.as_str()))),
        },
        upload_href,
        told,
        history_href: row_href(&page, &view.key.id, "meters", id.as_str()),
        frame: ParkFrame::of(app, &page, &view, "observe"),
        enterprise,
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// Whether the enterprise has not shared the readings with the reader. What a measure claims is there to check.
fn hides_readings(view: &ParkView, meter: &Meter) -> bool {
    let mut unshared = view.unshared.iter().filter(|(subject, _)| *subject == Subject::Readings);
    let is_unshared = unshared.any(|(_, enterprises)| enterprises.contains(&meter.enterprise));
    is_unshared && !view.computed.park.measures.iter().any(|measure| measure.meter.as_ref() == Some(&meter.id))
}

/// What is to be looked at, and when meters were read last; microseconds since 1970, UTC.
#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    latest: BTreeMap<MeterId, i64>,
}

impl Judged {
    fn count(&self, meter: &MeterId, kind: FindingKind) -> usize {
        self.findings.iter().filter(|finding| finding.meter == *meter && finding.kind == kind).count()
    }
}

/// One meter, or all of the park, over a period of local days. Only readings that the reader may see are looked at.
async fn judged(
    app: &App,
    page: &Page,
    view: &ParkView,
    meter: Option<&Meter>,
    period: Period,
) -> Result<Judged, AppError> {
    let park = &view.computed.park;
    let kept = app.meter_findings(&page.user.scope(), &park.id, meter.map(|meter| &meter.id), period).await?;
    let mut judged = Judged { findings: kept.findings.clone(), latest: kept.latest.clone() };
    let meters = park.meters.iter().filter(|one| meter.is_none_or(|meter| meter.id == one.id));
    for meter in meters.filter(|meter| name_of(page, view, &meter.enterprise).is_some()) {
        let values = sheet_values(park, &meter.id);
        if let Some((at_us, _)) = values.last() {
            let latest = judged.latest.entry(meter.id.clone()).or_insert(*at_us);
            *latest = (*latest).max(*at_us);
        }
        let in_batches = batch_months(park, &meter.id);
        let is_asked = |at_us: i64| period.contains(local(at_us, ahead_us(park)).date());
        let values: Vec<(i64, f64)> = values.into_iter().filter(|(at_us, _)| is_asked(*at_us)).collect();
        let mut found = findings_among(&meter.id, &values, ahead_us(park));
        found.retain(|finding| {
            let span = [finding.from_us, finding.to_us].map(|at_us| local(at_us, ahead_us(park)).date());
            !in_batches.iter().any(|month| month.start() <= span[1] && span[0] < month.end())
        });
        judged.findings.extend(found);
    }
    judged.findings.sort_by(|a, b| (&a.meter, a.from_us, a.kind).cmp(&(&b.meter, b.from_us, b.kind)));
    Ok(judged)
}

/// Values of the sheet by time; a reading without a value is none.
fn sheet_values(park: &Park, meter: &MeterId) -> Vec<(i64, f64)> {
    let readings = park.readings.get(meter).into_iter().flatten();
    readings.filter_map(|reading| Some((reading.at.as_microsecond(), reading.value?))).collect()
}

/// Months that batches speak of.
fn batch_months(park: &Park, meter: &MeterId) -> BTreeSet<Period> {
    park.metered.get(meter).into_iter().flat_map(|metered| &metered.months).map(|sum| sum.period).collect()
}

fn last_month(park: &Park, meter: &MeterId) -> Option<Period> {
    by_month(park, meter).last().map(|month| month.month)
}

/// How far the park's local time is ahead of UTC, in microseconds.
fn ahead_us(park: &Park) -> i64 {
    (park.utc_offset_h * 3_600_000_000.0).round() as i64
}

fn local(at_us: i64, ahead_us: i64) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::from_microsecond(at_us + ahead_us).unwrap_or_default())
}

/// In the park's own time; seconds only where there are any.
fn moment(at_us: i64, ahead_us: i64) -> String {
    let at = local(at_us, ahead_us);
    let (date, time) = (format_date(at.date()), at.time());
    match time.second() {
        0 => format!("{date} {:02}:{:02}", time.hour(), time.minute()),
        second => format!("{date} {:02}:{:02}:{second:02}", time.hour(), time.minute()),
    }
}

fn finding(page: &Page, park: &Park, meter: &Meter, range: &Range, judged: &Judged, is_hidden: bool) -> String {
    if is_hidden {
        return page.t("meter-finding-hidden");
    }
    let months = by_month(park, &meter.id);
    if months.is_empty() {
        return page.t("meter-finding-none");
    }
    let complete = months.iter().filter(|month| month.month.overlaps(&range.period) && month.amount.is_some()).count();
    let months =
        page.t2("meter-months", "complete", page.count(complete), "months", page.count(range.period.months().len()));
    format!("{months}; {}", counts(page, |kind| judged.count(&meter.id, kind)))
}

/// `2 khoảng trống, 1 giá trị vọt, 0 giá trị treo`
fn counts(page: &Page, count: impl Fn(FindingKind) -> usize) -> String {
    page.t3(
        "meter-counts",
        "gaps",
        page.count(count(FindingKind::Gap)),
        "spikes",
        page.count(count(FindingKind::Spike)),
        "frozen",
        page.count(count(FindingKind::Frozen)),
    )
}

fn facts(app: &App, page: &Page, park: &Park, meter: &Meter, judged: &Judged) -> Vec<(String, String)> {
    let resource = app.catalogue.resource(&meter.resource);
    let resource = resource.map_or(meter.resource.as_str(), |resource| resource.label.get(page.language));
    let unit = app.catalogue.units.get(&meter.unit).map_or(meter.unit.as_str(), |unit| unit.label.get(page.language));
    let latest = judged.latest.get(&meter.id).map(|at_us| moment(*at_us, ahead_us(park)));
    vec![
        (page.t("meter-code"), meter.id.to_string()),
        (page.t("figure-resource"), resource.to_string()),
        (page.t("meter-kind"), kind(page, meter)),
        (page.t("figure-unit"), unit.to_string()),
        (page.t("meter-latest"), latest.unwrap_or_else(|| "–".to_string())),
    ]
}

fn kind(page: &Page, meter: &Meter) -> String {
    page.t(if meter.is_main { "meter-main" } else { "meter-sub" })
}

/// Where the readings lie, and which months of each.
fn source(page: &Page, park: &Park, meter: &MeterId) -> String {
    let months = by_month(park, meter);
    let count = |way: Way| months.iter().filter(|month| month.way == way).count();
    let (sheet, batches) = (count(Way::Sheet), count(Way::Batches));
    match (sheet, batches) {
        (0, 0) => String::new(),
        (_, 0) => page.t("meter-source-sheet"),
        (0, _) => page.t("meter-source-batches"),
        _ => page.t2("meter-source-both", "batches", page.count(batches), "sheet", page.count(sheet)),
    }
}

fn way(page: &Page, way: Way) -> String {
    page.t(match way {
        Way::Sheet => "meter-way-sheet",
        Way::Batches => "meter-way-batches",
    })
}

fn findings_table(app: &App, page: &Page, park: &Park, meter: &Meter, findings: &[Finding]) -> Option<Table> {
    let unit = app.catalogue.units.get(&meter.unit).map_or(meter.unit.as_str(), |unit| unit.label.get(page.language));
    let none = || Cell::no_number("–", "");
    let value = |value: Option<f64>| match value {
        Some(value) => Cell::number(as_typed(page.language, value), value),
        None => none(),
    };
    let row = |finding: &Finding| {
        let time = |at_us: i64| Cell::text(moment(at_us, ahead_us(park))).sorted_by(at_us);
        let limit = finding.limit.filter(|_| finding.kind == FindingKind::Spike);
        let limit = limit.map_or_else(none, |limit| Cell::number(page.n(limit, wording::decimals(limit)), limit));
        vec![
            Cell::text(page.t(kind_key(finding.kind))),
            time(finding.from_us),
            time(finding.to_us),
            Cell::number(page.count(finding.readings.max(0) as usize), finding.readings as f64),
            value(finding.value),
            limit,
        ]
    };
    let columns = vec![
        Column::text(page.t("meter-finding-kind")),
        Column::text(page.t("meter-from")),
        Column::text(page.t("meter-until")),
        Column::number(page.t("meter-readings"), ""),
        Column::number(page.t("meter-value"), unit),
        Column::number(page.t("meter-limit"), unit),
    ];
    let rows: Vec<_> = findings.iter().map(row).collect();
    let label = page.t1("meter-findings", "count", page.count(rows.len()));
    (!rows.is_empty()).then(|| Table::new("meter-findings", label, columns, rows))
}

fn kind_key(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Gap => "meter-gap",
        FindingKind::Spike => "meter-spike",
        FindingKind::Frozen => "meter-frozen",
    }
}
