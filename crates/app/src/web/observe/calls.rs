//! Gaps ranked by what they would settle, and the call for data: a bilingual letter to an enterprise that says what is
//! missing, why, by when, and where to enter it.

use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::ids::EnterpriseId;
use engine::language::{Language, format_date};
use engine::observe::Gap;
use engine::report::Order;
use engine::report::document::{
    Block, Cell as Printed, Column as PrintedColumn, Document, Section, Table as PrintedTable,
};
use engine::report::worth::{Worth, worths};
use jiff::ToSpan;
use jiff::civil::Date;

use super::gaps::entry;
use super::tables::is_of;
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, ParkFrame};
use crate::web::sharing::looks;
use crate::wording::Names;
use crate::words::{text, text_with};

/// Gaps that a page asks the engine about; each is a report of the park.
const MOST_ASKED: usize = 40;
/// Days until an answer is asked for, unless the address names a day.
const DAYS_TO_ANSWER: i64 = 14;

#[derive(Template)]
#[template(path = "gaps.html")]
struct GapsPage {
    page: Page,
    frame: ParkFrame,
    finding: String,
    gaps: Option<Table>,
}

/// Every gap of the park with what it would settle.
pub async fn ranked(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    auth::may(&page.user, &Action::SeeWholePark(view.key.clone()))?;
    looks::at_all(&app, &page.user, &view.key.id, "gaps").await?;
    let ranked = asked(&app, &page, &view, None).await?;
    let settling = ranked.iter().filter(|(_, worth)| worth.as_ref().is_some_and(|worth| worth.total() > 0)).count();
    let finding = page.t2("gaps-finding", "count", page.count(ranked.len()), "settling", page.count(settling));
    html(&GapsPage {
        gaps: table(&app, &page, &view, &ranked),
        finding,
        frame: ParkFrame::of(&app, &page, &view, "observe"),
        page,
    })
}

/// The gaps of the park, or of one enterprise, each asked about.
async fn asked(
    app: &App,
    page: &Page,
    view: &ParkView,
    of: Option<&EnterpriseId>,
) -> Result<Vec<(Gap, Option<Worth>)>, AppError> {
    let (computed, of) = (Arc::clone(&view.computed), of.cloned());
    let framework = computed.catalogue.frameworks.get(&page.framework()).cloned().ok_or(AppError::NotFound)?;
    let (period, as_of) = (page.period(), app.today());
    let ranked = tokio::task::spawn_blocking(move || {
        let order = Order { period, as_of, framework: &framework };
        let gaps = computed.report.balance.gaps.iter().filter(|gap| of.as_ref().is_none_or(|id| is_of(gap, id)));
        worths(&computed.park, &computed.report, &computed.catalogue, &order, gaps, MOST_ASKED)
    });
    Ok(ranked.await.context("ask what gaps would settle")?)
}

fn table(app: &App, page: &Page, view: &ParkView, ranked: &[(Gap, Option<Worth>)]) -> Option<Table> {
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let rows: Vec<Vec<Cell>> = ranked
        .iter()
        .map(|(gap, worth)| {
            let call = enterprise_of(gap)
                .map_or_else(String::new, |id| page.at(&format!("/parks/{}/enterprises/{id}/call", view.key.id)));
            vec![
                Cell::text(names.gap(gap)),
                match worth {
                    Some(worth) => Cell::number(page.count(worth.total()), worth.total() as f64),
                    None => Cell::no_number("?", page.t("gaps-not-asked")),
                },
                Cell::text(worth.as_ref().map_or_else(String::new, |worth| settles(page.language, worth))),
                Cell::link(page.t("observe-enter"), entry(page, view, gap)),
                Cell::link(page.t("gaps-call"), call),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("observe-gap")),
        Column::number(page.t("gaps-settles"), ""),
        Column::text(page.t("gaps-what")),
        Column::text(page.t("observe-act")),
        Column::text(page.t("gaps-letter")),
    ];
    (!rows.is_empty()).then(|| Table::new("gaps", page.t("observe-gaps-label"), columns, rows).stacked())
}

fn enterprise_of(gap: &Gap) -> Option<&EnterpriseId> {
    match gap {
        Gap::MissingMonths { enterprise, .. } | Gap::NeverReported { enterprise, .. } => Some(enterprise),
        _ => None,
    }
}

/// `2 tiêu chí, 14 giải pháp, 0 khai báo kết quả`
fn settles(language: Language, worth: &Worth) -> String {
    let (criteria, options, claims) =
        (worth.criteria.len().to_string(), worth.options.to_string(), worth.claims.len().to_string());
    let counts = [("criteria", criteria.as_str()), ("options", &options), ("claims", &claims)];
    text_with(language, "gaps-settles-what", &counts)
}

/// The letter in one language.
struct Letter {
    language: Language,
    title: String,
    greeting: String,
    why: String,
    /// What is missing, what it would settle, and where it is entered.
    lines: Vec<(String, String, String)>,
    by_when: String,
    sender: String,
    mail_href: String,
}

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    letters: Vec<Letter>,
    due: String,
    pdf_href: String,
    own_href: String,
}

type Place = UrlPath<(String, String)>;

pub async fn letter(State(app): State<App>, page: Page, UrlPath((park, id)): Place) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let id = EnterpriseId::new(id);
    let enterprise = view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?;
    let due = due(&app, &page);
    let letters = letters(&app, &page, &view, &id, due).await?;
    let own = format!("/parks/{}/enterprises/{id}", view.key.id);
    let pdf_href = crate::web::figures::with_pair(page.at(&format!("{own}/call.pdf")), "due", &due.to_string());
    html(&CallPage {
        name: enterprise.name.get(page.language).to_string(),
        finding: page.t2(
            "call-finding",
            "count",
            page.count(letters.first().map_or(0, |letter| letter.lines.len())),
            "due",
            format_date(due),
        ),
        letters,
        due: due.to_string(),
        pdf_href,
        own_href: page.at(&own),
        frame: ParkFrame::of(&app, &page, &view, "observe"),
        page,
    })
}

pub async fn pdf(State(app): State<App>, page: Page, UrlPath((park, id)): Place) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let id = EnterpriseId::new(id);
    let letters = letters(&app, &page, &view, &id, due(&app, &page)).await?;
    let (document, day) = (document(&view, &letters, app.today()), app.today());
    let bytes =
        tokio::task::spawn_blocking(move || ::print::pdf(&document, day)).await.context("print the letter")??;
    let plain: String = id.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{plain}-call-for-data.pdf\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// The day that the address names, else two weeks from today.
fn due(app: &App, page: &Page) -> Date {
    let named = page.query.get("due").and_then(|day| engine::period::parse_date(day));
    named.unwrap_or_else(|| app.today().saturating_add(DAYS_TO_ANSWER.days()))
}

/// The same letter in Vietnamese and in English.
async fn letters(
    app: &App,
    page: &Page,
    view: &ParkView,
    id: &EnterpriseId,
    due: Date,
) -> Result<Vec<Letter>, AppError> {
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let enterprise = view.computed.park.enterprise(id).ok_or(AppError::NotFound)?;
    let ranked = asked(app, page, view, Some(id)).await?;
    let report = &view.computed.report;
    let letter = |language: Language| {
        let names = Names { language, catalogue: app.catalogue, park: Some(&view.computed.park) };
        let lines: Vec<(String, String, String)> = ranked
            .iter()
            .filter(|(gap, _)| enterprise_of(gap).is_some())
            .map(|(gap, worth)| {
                let worth = worth.as_ref().map_or_else(String::new, |worth| settles(language, worth));
                (names.gap(gap), worth, app.people.link(&entry(page, view, gap)))
            })
            .collect();
        let (park, name) = (report.name.get(language), enterprise.name.get(language));
        let title = text_with(language, "call-title", &[("park", park), ("period", &page.period().to_string())]);
        let greeting = text_with(language, "call-greeting", &[("enterprise", name)]);
        let why = text_with(language, "call-why", &[("park", park)]);
        let by_when = text_with(language, "call-by-when", &[("date", &format_date(due))]);
        let sender = text_with(language, "call-sender", &[("park", park)]);
        let listed: Vec<String> = lines.iter().map(|(what, _, link)| format!("- {what}\n  {link}")).collect();
        let body = [greeting.as_str(), &why, &listed.join("\n"), &by_when, &sender].join("\n\n");
        let mail_href = format!("mailto:?subject={}&body={}", escape(&title), escape(&body));
        Letter { language, title, greeting, why, lines, by_when, sender, mail_href }
    };
    Ok(Language::ALL.into_iter().map(letter).collect())
}

fn document(view: &ParkView, letters: &[Letter], day: Date) -> Document {
    let section = |letter: &Letter| {
        let language = letter.language;
        let rows = letter
            .lines
            .iter()
            .map(|(what, worth, link)| [what, worth, link].map(|cell| Printed::Text(cell.clone())).into());
        let columns = vec![
            PrintedColumn::text(text(language, "observe-gap"), 4),
            PrintedColumn::text(text(language, "gaps-what"), 3),
            PrintedColumn::text(text(language, "call-where"), 4),
        ];
        let table = PrintedTable {
            id: format!("missing-{}", language.code()),
            caption: text(language, "observe-gaps-label"),
            columns,
            rows: rows.collect(),
            source: String::new(),
        };
        Section {
            id: format!("call-{}", language.code()),
            heading: letter.title.clone(),
            blocks: vec![
                Block::Paragraph(letter.greeting.clone()),
                Block::Paragraph(letter.why.clone()),
                Block::Table(table),
                Block::Paragraph(letter.by_when.clone()),
                Block::Paragraph(letter.sender.clone()),
            ],
        }
    };
    let report = &view.computed.report;
    let titles: Vec<String> = Language::ALL.map(|language| text(language, "call-short")).into();
    let marks =
        if report.synthetic { Language::ALL.map(|language| text(language, "synthetic")).into() } else { Vec::new() };
    Document {
        language: Language::Vi,
        letter: None,
        title: titles.join(" · "),
        subtitle: report.name.vi.clone(),
        marks,
        particulars: Vec::new(),
        sections: letters.iter().map(section).collect(),
        footer: format!("congsinh · {}", format_date(day)),
    }
}
