//! The greenhouse gas account of an enterprise, and of a park as far as its reader may see it.

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::catalogue::factor_editions::EditionKind;
use engine::ids::EnterpriseId;
use engine::language::Language;
use engine::report::greenhouse::{Account, Line, Part, Sum};

use crate::auth::Sight;
use crate::error::AppError;
use crate::forms::document::Format;
use crate::greenhouse::document::{self, Sheet};
use crate::greenhouse::{editions_of_query, of_report};
use crate::page::{Page, html};
use crate::publish::{self, PartSum};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{Mark, claim_href, total_href, with_pair};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::web::sharing::looks;
use crate::wording::{self, Names, greenhouse as words};

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/greenhouse-gases", Rule::Park, of_park)
        .get("/parks/{park}/greenhouse-gases/{format}", Rule::WholePark, sheet_of_park)
        .get("/parks/{park}/enterprises/{enterprise}/greenhouse-gases", Rule::Enterprise, of_enterprise)
        .get("/parks/{park}/enterprises/{enterprise}/greenhouse-gases/{format}", Rule::Enterprise, sheet_of_enterprise)
}

#[derive(Template)]
#[template(path = "greenhouse.html")]
struct GreenhousePage {
    page: Page,
    frame: ParkFrame,
    name: String,
    own_href: String,
    finding: String,
    warmings: Vec<Choice>,
    grids: Vec<Choice>,
    sums: Table,
    /// Sums are withheld from this reader.
    is_reduced: bool,
    enterprises: Option<Table>,
    lines: Option<Table>,
    factors: Option<Table>,
    avoided: Option<Table>,
    gaps: Vec<String>,
    downloads: Vec<(String, String)>,
    json_href: String,
    digests: String,
}

/// The account that the page's period and editions ask for.
pub fn account(page: &Page, view: &ParkView, enterprise: Option<&EnterpriseId>) -> Account {
    let computed = &view.computed;
    let editions = editions_of_query(&page.query, &computed.catalogue);
    of_report(&computed.park, &computed.report, &computed.catalogue, enterprise, editions)
}

async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let name = view.computed.park.name.get(page.language).to_string();
    let account = account(&page, &view, None);
    let own = format!("/parks/{park}");
    if view.sight == Sight::Whole {
        let enterprises = Some(enterprises(&page, &view));
        return render(&app, page, &view, &account, (name, own), enterprises);
    }
    let told = publish::greenhouse_sums(&account, view.computed.told());
    html(&GreenhousePage {
        finding: page.t("greenhouse-finding-reduced"),
        sums: told_sums(&page, &told),
        is_reduced: true,
        enterprises: None,
        lines: None,
        factors: Some(factors(&page, &view, &account)),
        avoided: None,
        gaps: Vec::new(),
        downloads: Vec::new(),
        ..page_of(&app, page, &view, &account, (name, own))
    })
}

async fn of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    let name = view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?.name.get(page.language).to_string();
    let account = account(&page, &view, Some(&id));
    render(&app, page, &view, &account, (name, format!("/parks/{park}/enterprises/{id}")), None)
}

fn render(
    app: &App,
    page: Page,
    view: &ParkView,
    account: &Account,
    at: (String, String),
    enterprises: Option<Table>,
) -> Result<Response, AppError> {
    let is_own = account.enterprise.is_some();
    let names = Names { language: page.language, catalogue: &view.computed.catalogue, park: Some(&view.computed.park) };
    let has_lines = !account.lines.is_empty();
    html(&GreenhousePage {
        finding: words::finding(page.language, account),
        sums: sums(&page, account),
        enterprises,
        lines: (is_own && has_lines).then(|| lines(&page, view, &names, account)),
        factors: has_lines.then(|| factors(&page, view, account)),
        avoided: avoided(&page, view, &names, account),
        gaps: account.gaps.iter().map(|gap| names.gap(gap)).collect(),
        downloads: downloads(&page, &at.1),
        ..page_of(app, page, view, account, at)
    })
}

/// The page without its figures.
fn page_of(app: &App, page: Page, view: &ParkView, account: &Account, at: (String, String)) -> GreenhousePage {
    let (name, own) = at;
    let run = &account.run;
    GreenhousePage {
        frame: ParkFrame::of(app, &page, view, "report"),
        name,
        own_href: page.at(&own),
        finding: String::new(),
        warmings: editions(&page, view, EditionKind::Warming, &account.editions.warming),
        grids: grids(&page, view, account),
        sums: Table::new("sums", String::new(), Vec::new(), Vec::new()),
        is_reduced: false,
        enterprises: None,
        lines: None,
        factors: None,
        avoided: None,
        gaps: Vec::new(),
        downloads: Vec::new(),
        json_href: address(&page, &format!("/api{own}/greenhouse-gases")),
        digests: page.t3(
            "greenhouse-made-by",
            "inputs",
            run.inputs.short(),
            "catalogue",
            run.catalogue.short(),
            "engine",
            &run.engine,
        ),
        page,
    }
}

/// An address that keeps the editions besides the usual context.
fn address(page: &Page, path: &str) -> String {
    let kept = ["warming", "grid"].into_iter().filter_map(|name| Some((name, page.query.get(name)?)));
    kept.fold(page.at(path), |address, (name, value)| with_pair(address, name, value))
}

fn editions(page: &Page, view: &ParkView, kind: EditionKind, chosen: &str) -> Vec<Choice> {
    let choice = |edition: &engine::catalogue::factor_editions::FactorEdition| Choice {
        value: edition.id.clone(),
        name: edition.label.get(page.language).to_string(),
        is_chosen: edition.id == chosen,
    };
    view.computed.catalogue.editions_of(kind).map(choice).collect()
}

/// Grids, the latest first, below that of the year.
fn grids(page: &Page, view: &ParkView, account: &Account) -> Vec<Choice> {
    let asked = account.editions.grid.as_deref().unwrap_or_default();
    let of_year = Choice { value: String::new(), name: page.t("greenhouse-grid-of-year"), is_chosen: asked.is_empty() };
    let others = editions(page, view, EditionKind::Grid, asked).into_iter().rev();
    std::iter::once(of_year).chain(others).collect()
}

fn value(page: &Page, sum: &Sum) -> Cell {
    match sum.value_kg {
        Some(kg) => Cell::number(words::sum(page.language, sum), kg / 1_000.0),
        None => Cell::no_number(words::sum(page.language, sum), words::lack(page.language, sum)),
    }
}

fn sums(page: &Page, account: &Account) -> Table {
    let row = |(name, sum): (String, Sum)| {
        let range = sum.range.as_ref().map_or_else(String::new, |range| words::range(page.language, range));
        let chip = if sum.is_complete() { "outcome met" } else { "outcome unknown" };
        vec![Cell::text(name), value(page, &sum), Cell::text(range), Cell::chip(chip, words::lack(page.language, &sum))]
    };
    let rows = words::sums(page.language, account).into_iter().map(row).collect();
    let columns = vec![
        Column::text(page.t("greenhouse-part")),
        Column::number(page.t("greenhouse-emissions"), words::UNIT),
        Column::text(page.t("greenhouse-range")),
        Column::text(page.t("greenhouse-state")),
    ];
    Table::new("sums", page.t("greenhouse-sums"), columns, rows).stacked()
}

/// Sums by part for those who see no enterprise.
fn told_sums(page: &Page, told: &[PartSum]) -> Table {
    let row = |one: &PartSum| {
        let (cell, state) = match &one.sum {
            Some(sum) => (value(page, sum), words::lack(page.language, sum)),
            None => (Cell::no_number("–", page.t("steps-withheld")), page.t("steps-withheld-short")),
        };
        vec![Cell::text(words::part(page.language, one.part)), cell, Cell::text(state)]
    };
    let columns = vec![
        Column::text(page.t("greenhouse-part")),
        Column::number(page.t("greenhouse-emissions"), words::UNIT),
        Column::text(page.t("greenhouse-state")),
    ];
    Table::new("sums", page.t("greenhouse-sums"), columns, told.iter().map(row).collect())
}

/// Every enterprise with its scopes, for those who see all of them.
fn enterprises(page: &Page, view: &ParkView) -> Table {
    let rows = view
        .computed
        .park
        .enterprises
        .iter()
        .map(|enterprise| {
            let account = account(page, view, Some(&enterprise.id));
            let own = format!("/parks/{}/enterprises/{}/greenhouse-gases", view.key.id, enterprise.id);
            let part = |part: Part| value(page, &account.sums.parts.get(&part).copied().unwrap_or_default());
            vec![
                Cell::link(enterprise.name.get(page.language), address(page, &own)),
                value(page, &account.sums.scope_1),
                part(Part::Location),
                part(Part::Market),
                part(Part::Biogenic),
                Cell::number(page.count(account.gaps.len()), account.gaps.len() as f64),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("form-enterprise")),
        Column::number(page.t("greenhouse-scope-1"), words::UNIT),
        Column::number(words::part(page.language, Part::Location), words::UNIT),
        Column::number(words::part(page.language, Part::Market), words::UNIT),
        Column::number(words::part(page.language, Part::Biogenic), words::UNIT),
        Column::number(page.t("greenhouse-gaps"), ""),
    ];
    Table::new("enterprises", page.t("greenhouse-enterprises"), columns, rows)
}

fn lines(page: &Page, view: &ParkView, names: &Names<'_>, account: &Account) -> Table {
    let rows = account.lines.iter().map(|one| line(page, view, names, one)).collect();
    let columns = vec![
        Column::text(page.t("greenhouse-part")),
        Column::text(page.t("greenhouse-resource-and-gas")),
        Column::text(page.t("greenhouse-activity")),
        Column::number(page.t("greenhouse-emissions"), words::UNIT),
        Column::text(page.t("greenhouse-range")),
        Column::text(page.t("greenhouse-edition")),
        Column::text(page.t("greenhouse-digest")),
    ];
    Table::new("lines", page.t("greenhouse-lines"), columns, rows).stacked()
}

fn line(page: &Page, view: &ParkView, names: &Names<'_>, line: &Line) -> Vec<Cell> {
    let (language, activity) = (page.language, &line.activity);
    let href = total_href(page, &view.key.id, &line.resource, Some(&line.enterprise));
    let resource = names.resource(&line.resource);
    let mark = Mark::new(page, activity.basis, href, resource.clone());
    let emissions = match (line.emissions_kg, line.unknown) {
        (Some(kg), _) => Cell::number(words::tonnes(language, kg), kg / 1_000.0),
        (None, Some(why)) => Cell::no_number("?", words::unknown(language, why)),
        (None, None) => Cell::no_number("?", String::new()),
    };
    // A line without a factor says why in the place of its editions.
    let mut editions = line.unknown.map_or_else(|| words::editions(line), |why| words::unknown(language, why));
    if line.factors.iter().any(|factor| factor.stands_in) {
        editions = format!("{editions} ({})", page.t("greenhouse-stands-in"));
    }
    if line.unconfirmed {
        editions = format!("{editions} ({})", page.t("unconfirmed"));
    }
    vec![
        Cell::text(words::part(language, line.part)),
        Cell::text(format!("{resource}: {}", line.gas.symbol())),
        Cell::text(page.amount(activity.dimension, activity.amount)).with_mark(mark),
        emissions,
        Cell::text(line.range.as_ref().map_or_else(String::new, |range| words::range(language, range))),
        Cell::text(editions),
        Cell::text(line.digest.short()),
    ]
}

fn factors(page: &Page, view: &ParkView, account: &Account) -> Table {
    let row = |factor: &engine::report::greenhouse::FactorUse| {
        vec![
            Cell::text(&factor.id),
            Cell::number(page.n(factor.value, wording::decimals(factor.value)), factor.value),
            Cell::text(&factor.unit),
            Cell::text(words::edition(page.language, &view.computed.catalogue, &factor.edition)),
            Cell::text(words::factor_note(page.language, factor)),
            Cell::text(&factor.source),
        ]
    };
    let columns = vec![
        Column::text(page.t("greenhouse-factor")),
        Column::number(page.t("form-value"), ""),
        Column::text(page.t("report-unit")),
        Column::text(page.t("greenhouse-edition")),
        Column::text(page.t("form-note")),
        Column::text(page.t("greenhouse-source")),
    ];
    let rows = words::factors(account).into_iter().map(row).collect();
    Table::new("factors", page.t("greenhouse-factors"), columns, rows).stacked()
}

fn avoided(page: &Page, view: &ParkView, names: &Names<'_>, account: &Account) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = account
        .avoided
        .iter()
        .map(|avoided| {
            let amount = match avoided.emissions_kg {
                Some(kg) => Cell::number(words::tonnes(page.language, kg), kg / 1_000.0),
                None => Cell::no_number("?", page.t("greenhouse-unknown-no-factor")),
            };
            let href = claim_href(page, &view.key.id, &avoided.measure);
            let mark = Mark::new(page, avoided.basis, href, avoided.name.get(page.language));
            vec![
                Cell::text(avoided.name.get(page.language)),
                Cell::text(names.enterprise(&avoided.enterprise)),
                Cell::text(wording::status(page.language, avoided.status)),
                Cell::text(wording::period(page.language, &avoided.period)).sorted_by(avoided.period),
                amount.with_mark(mark),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("greenhouse-measure")),
        Column::text(page.t("form-enterprise")),
        Column::text(page.t("greenhouse-status")),
        Column::text(page.t("greenhouse-period")),
        Column::number(page.t("greenhouse-avoided-amount"), words::UNIT),
    ];
    (!rows.is_empty()).then(|| Table::new("avoided", page.t("greenhouse-avoided"), columns, rows).stacked())
}

fn downloads(page: &Page, own: &str) -> Vec<(String, String)> {
    let mut downloads = Vec::new();
    for format in [Format::Docx, Format::Pdf, Format::Xlsx] {
        for language in Language::ALL {
            let file = address(page, &format!("{own}/greenhouse-gases/{}", format.code()));
            let name = page.t2(
                "greenhouse-download",
                "format",
                page.t(&format!("greenhouse-format-{}", format.code())),
                "language",
                page.t(&format!("report-language-{}", language.code())),
            );
            downloads.push((with_pair(file, "lang", language.code()), name));
        }
    }
    downloads
}

async fn sheet_of_park(
    State(app): State<App>,
    page: Page,
    UrlPath((park, format)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let format = Format::parse(&format).ok_or(AppError::NotFound)?;
    // Such a sheet names every enterprise.
    looks::at_all(&app, &page.user, &view.key.id, &format!("greenhouse-gases.{}", format.code())).await?;
    sheet(&app, &page, view, None, format).await
}

async fn sheet_of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise, format)): UrlPath<(String, String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let format = Format::parse(&format).ok_or(AppError::NotFound)?;
    let id = EnterpriseId::new(enterprise);
    view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?;
    sheet(&app, &page, view, Some(id), format).await
}

async fn sheet(
    app: &App,
    page: &Page,
    view: ParkView,
    enterprise: Option<EnterpriseId>,
    format: Format,
) -> Result<Response, AppError> {
    let account = account(page, &view, enterprise.as_ref());
    let (language, day, computed) = (page.language, app.today(), view.computed);
    let name = document::file_name(&computed.park, &account, language, format);
    let bytes = tokio::task::spawn_blocking(move || {
        let sheet = Sheet { catalogue: &computed.catalogue, park: &computed.park, account: &account, day, language };
        document::write(&sheet, format)
    })
    .await
    .context("write an inventory sheet")??;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

#[cfg(test)]
mod tests;
