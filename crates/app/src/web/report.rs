//! Report: the park's document as a page and as files for those who may see the whole park; totals for the others.

use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::language::{Language, format_date};
use engine::report::document::{Bars, Block, Cell, Column, Document};

use super::frame::{self, ParkFrame};
use super::steps::{self, Number};
use super::verify::{TotalRow, total_rows};
use crate::auth::{self, Action, Sight};
use crate::document::{Extent, park_document};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::publish::{self, QUANTITIES};
use crate::state::{App, Computed, ParkView};
use crate::web::routes::{Routes, Rule};
use crate::web::sharing::looks;
use crate::{wording, workbook};

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/report", Rule::Park, show)
        .get("/parks/{park}/report.pdf", Rule::WholePark, pdf)
        .get("/parks/{park}/report.xlsx", Rule::WholePark, xlsx)
        .get("/parks/{park}/report.json", Rule::WholePark, json)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Shown {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    downloads: Vec<Download>,
    /// State forms, for those who write or receive them, and duties to report.
    further: Vec<Download>,
    document: Option<Words>,
    all_rows: String,
    scores: Vec<ScoreRow>,
    quantities: Vec<(String, &'static str)>,
    totals: Vec<TotalRow>,
    sums: Vec<SumRow>,
    source: String,
}

struct Download {
    href: String,
    name: String,
}

struct ScoreRow {
    name: String,
    score: String,
    percent: String,
}

struct SumRow {
    resource: String,
    amount: Number,
    unit: &'static str,
    contributors: usize,
}

/// A document ready to be printed: every number in the page's language.
pub struct Words {
    pub title: String,
    pub particulars: Vec<(String, String)>,
    pub sections: Vec<Section>,
    pub footer: String,
}

pub struct Section {
    pub id: String,
    pub heading: String,
    pub parts: Vec<Part>,
}

pub enum Part {
    Paragraph(String),
    Note(String),
    Table(Table),
}

pub struct Table {
    pub caption: String,
    pub columns: Vec<Heading>,
    pub rows: Vec<Vec<Printed>>,
    pub source: String,
}

pub struct Heading {
    pub name: String,
    pub unit: String,
    pub is_number: bool,
}

pub struct Printed {
    pub text: String,
    pub raw: String,
    pub is_number: bool,
}

async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let report = &view.computed.report;
    let is_whole = view.sight == Sight::Whole;
    let wants_all = page.query.get("rows").is_some_and(|rows| rows == "all");
    let extent = if wants_all { Extent::Whole } else { Extent::Printed };
    let document = is_whole.then(|| {
        let document = park_document(report, &view.computed.park, &view.computed.catalogue, page.language, extent);
        words(&page, document)
    });
    let template = Shown {
        first_line: page.t2("report-first", "period", page.period_name(), "date", format_date(report.run.as_of)),
        downloads: if is_whole { downloads(&page, &park) } else { Vec::new() },
        further: further(&page, &view, &park),
        all_rows: if is_whole && !wants_all { page.with("rows", "all") } else { String::new() },
        scores: report
            .assessments
            .iter()
            .map(|assessment| ScoreRow {
                name: wording::framework(&view.computed.catalogue, page.language, &assessment.framework),
                score: wording::score(page.language, &assessment.score),
                percent: wording::percent(page.language, &assessment.score).unwrap_or_else(|| "–".to_string()),
            })
            .collect(),
        quantities: QUANTITIES.iter().map(|(key, unit, _)| (page.t(key), *unit)).collect(),
        totals: total_rows(&page, &view, &publish::status_sums(&view.computed)),
        sums: if is_whole { Vec::new() } else { sums(&app, &page, &view) },
        source: steps::source_line(&page, report),
        document,
        frame: ParkFrame::of(&app, &page, &view, "report"),
        page,
    };
    html(&template)
}

/// Every file in both languages, for the period and framework that are shown.
fn downloads(page: &Page, park: &str) -> Vec<Download> {
    let mut downloads = Vec::new();
    for (format, languages) in
        [("pdf", &Language::ALL[..]), ("xlsx", &Language::ALL[..]), ("json", &Language::ALL[..1])]
    {
        for language in languages {
            let path = page.at(&format!("/parks/{park}/report.{format}"));
            let joint = if path.contains('?') { '&' } else { '?' };
            let key = format!("report-download-{format}");
            let name = match format {
                "json" => page.t(&key),
                _ => page.t1(&key, "language", page.t(&format!("report-language-{}", language.code()))),
            };
            downloads.push(Download { href: format!("{path}{joint}lang={}", language.code()), name });
        }
    }
    downloads
}

fn further(page: &Page, view: &ParkView, park: &str) -> Vec<Download> {
    let link = |path: &str, key: &str| Download { href: page.at(&format!("/parks/{park}/{path}")), name: page.t(key) };
    let mut further = vec![
        link("obligations", "obligation-title"),
        link("greenhouse-gases", "greenhouse-title"),
        link("weather", "weather-title"),
    ];
    if auth::may(&page.user, &Action::SeeForm(view.key.clone(), None)).is_ok() {
        further.insert(0, link("forms", "form-list-title"));
    }
    further
}

fn sums(app: &App, page: &Page, view: &ParkView) -> Vec<SumRow> {
    let names = frame::names(app, page, view);
    publish::balance_sums(&view.computed.report.balance, view.computed.told())
        .into_iter()
        .map(|sum| {
            let (scale, unit) = wording::shown(sum.dimension, 1.0);
            SumRow {
                resource: names.resource(&sum.resource),
                amount: Number::sum(page, sum.amount, 1.0 / scale, 0),
                unit,
                contributors: sum.amount.contributors,
            }
        })
        .collect()
}

pub fn words(page: &Page, document: Document) -> Words {
    Words {
        title: document.title,
        particulars: document.particulars,
        footer: document.footer,
        sections: document
            .sections
            .into_iter()
            .map(|section| Section {
                id: section.id,
                heading: section.heading,
                parts: section.blocks.into_iter().map(|block| part(page, block)).collect(),
            })
            .collect(),
    }
}

fn part(page: &Page, block: Block) -> Part {
    match block {
        Block::Paragraph(text) => Part::Paragraph(text),
        Block::Note(text) => Part::Note(text),
        Block::Bars(bars) => Part::Table(table_of_bars(page, bars)),
        Block::Table(table) => Part::Table(Table {
            caption: table.caption,
            rows: table.rows.iter().map(|row| printed_row(page, row, &table.columns)).collect(),
            columns: table
                .columns
                .iter()
                .enumerate()
                .map(|(place, column)| Heading {
                    name: column.heading.clone(),
                    unit: column.unit.clone().unwrap_or_default(),
                    is_number: table.rows.iter().any(|row| matches!(row.get(place), Some(Cell::Number(_)))),
                })
                .collect(),
            source: table.source,
        }),
    }
}

fn printed_row(page: &Page, row: &[Cell], columns: &[Column]) -> Vec<Printed> {
    row.iter()
        .zip(columns)
        .map(|(cell, column)| match cell {
            Cell::Text(text) => Printed { text: text.clone(), raw: String::new(), is_number: false },
            Cell::Number(value) => {
                Printed { text: page.n(*value, column.decimals), raw: value.to_string(), is_number: true }
            }
            Cell::Date(date) => Printed { text: format_date(*date), raw: date.to_string(), is_number: false },
            Cell::Unknown(why) => Printed { text: format!("? {why}"), raw: String::new(), is_number: false },
            Cell::Empty => Printed { text: String::new(), raw: String::new(), is_number: false },
        })
        .collect()
}

/// Bars are told as a table; the step pages draw them.
fn table_of_bars(page: &Page, bars: Bars) -> Table {
    let number = |value: f64| Printed { text: page.n(value, bars.decimals), raw: value.to_string(), is_number: true };
    let text = |text: String| Printed { text, raw: String::new(), is_number: false };
    Table {
        columns: vec![
            Heading { name: page.t("report-option"), unit: String::new(), is_number: false },
            Heading { name: page.t("report-value"), unit: bars.unit.clone(), is_number: true },
        ],
        rows: bars.bars.iter().map(|(name, value)| vec![text(name.clone()), number(*value)]).collect(),
        caption: bars.caption,
        source: String::new(),
    }
}

/// The whole park, for those who may see each of its enterprises.
async fn whole(app: &App, page: &Page, park: &str, file: &str) -> Result<Arc<Computed>, AppError> {
    let view = frame::view(app, page, park).await?;
    if view.sight != Sight::Whole {
        return Err(AppError::Forbidden { sign_in: false });
    }
    looks::at_all(app, &page.user, &view.key.id, file).await?;
    Ok(view.computed)
}

async fn pdf(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let computed = whole(&app, &page, &park, "report.pdf").await?;
    let language = page.language;
    let as_of = computed.report.run.as_of;
    let bytes = tokio::task::spawn_blocking(move || {
        let document = park_document(&computed.report, &computed.park, &computed.catalogue, language, Extent::Printed);
        ::print::pdf(&document, as_of)
    })
    .await
    .context("print the report")??;
    Ok(file(&page, &park, "pdf", "application/pdf", bytes))
}

async fn xlsx(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let computed = whole(&app, &page, &park, "report.xlsx").await?;
    let language = page.language;
    let as_of = computed.report.run.as_of;
    let bytes = tokio::task::spawn_blocking(move || {
        let document = park_document(&computed.report, &computed.park, &computed.catalogue, language, Extent::Whole);
        workbook::write(&document, as_of)
    })
    .await
    .context("write the report")??;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(&page, &park, "xlsx", kind, bytes))
}

async fn json(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let computed = whole(&app, &page, &park, "report.json").await?;
    let bytes = serde_json::to_vec_pretty(&computed.report).context("write report.json")?;
    Ok(file(&page, &park, "json", "application/json", bytes))
}

fn file(page: &Page, park: &str, format: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    // A name that every file system takes, whatever the park is called.
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect()
    };
    let name = format!("{}-{}.{}.{format}", plain(park), plain(&page.period().to_string()), page.code());
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
