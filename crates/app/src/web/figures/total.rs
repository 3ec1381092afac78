//! The provenance of a total: of the park, or of one enterprise.

use std::collections::BTreeMap;

use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, ResourceId};
use engine::observe::Total;
use engine::park::Record;
use engine::period::Period;
use engine::source::Basis;
use store::Proves;

use super::publish::parts_of;
use super::table::{Cell, Column, Table};
use super::{Figure, Mark, name_of, total_href, with_pair};
use crate::auth::{self, Action, Sight};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::enterprise::as_typed;
use crate::web::frame;
use crate::web::meters::meter_href;
use crate::web::sharing::looks::{self, What};
use crate::wording;

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, resource)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let resource = ResourceId::new(resource);
    let label = app.catalogue.resource(&resource).ok_or(AppError::NotFound)?.label.get(page.language).to_string();
    let enterprise = page.query.get("enterprise").map(|id| EnterpriseId::new(id.as_str()));
    let balance = &view.computed.report.balance;
    let total = match &enterprise {
        None => balance.park.get(&resource),
        Some(id) => {
            auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
            looks::at(&app, &page.user, &view.key.id, id, What::Figure, resource.as_str()).await?;
            balance.sites.get(id).ok_or(AppError::NotFound)?.get(&resource)
        }
    };
    let of_whom = match &enterprise {
        None => view.computed.report.name.get(page.language).to_string(),
        Some(id) => name_of(&page, &view, id).ok_or(AppError::NotFound)?,
    };
    let mut figure =
        Figure { title: page.t2("figure-total-title", "resource", &label, "of", &of_whom), ..Figure::default() };
    let Some(total) = total else {
        figure.finding = page.t1("figure-total-none", "period", page.period_name());
        return figure.answer(&app, page, &view);
    };
    let told = view.computed.told();
    let sees_parts = enterprise.is_some() || view.sight.shows_names();
    if !sees_parts && !told.resources.contains(&resource) {
        figure.finding = page.t("figure-suppressed");
        figure.fact(page.t("figure-records"), page.count(total.records.len()));
        figure.run(&page, &view.computed.report.run);
        return figure.answer(&app, page, &view);
    }
    figure.finding = page.t2(
        "figure-total-finding",
        "amount",
        page.amount(total.dimension, total.amount),
        "period",
        page.period_name(),
    );
    particulars(&mut figure, &page, total, sees_parts || told.costs.contains(&resource));
    figure.tables.push((
        page.t("figure-by-basis"),
        by_basis(&page, total, |basis| sees_parts || told.bases.contains(&(resource.clone(), basis))),
    ));
    let files = file_counts(&app, &page, &view).await?;
    match &enterprise {
        Some(id) => {
            let rows = records(&view, &resource, Some(id), page.period());
            figure.tables.push((page.t("figure-records-title"), record_table(&app, &page, &view, &rows, &files)));
            metered(&mut figure, &page, &view, &resource, Some(id));
        }
        None => of_the_park(&mut figure, &app, &page, &view, &resource, &files),
    }
    figure.run(&page, &view.computed.report.run);
    figure.answer(&app, page, &view)
}

fn particulars(figure: &mut Figure, page: &Page, total: &Total, shows_cost: bool) {
    figure.fact(page.t("figure-amount"), page.amount(total.dimension, total.amount));
    figure.fact(page.t("figure-basis"), wording::basis(page.language, total.basis()));
    let months = page.t2(
        "figure-months-of",
        "covered",
        page.count(total.months_covered),
        "expected",
        page.count(total.months_expected),
    );
    figure.fact(page.t("figure-months"), months);
    figure.fact(page.t("figure-records"), page.count(total.records.len()));
    if let Some(energy) = total.energy {
        figure.fact(page.t("figure-energy"), page.amount(engine::quantity::Dimension::Energy, energy.canonical()));
    }
    if let Some(emissions) = &total.emissions {
        let amount = page.amount(engine::quantity::Dimension::Emissions, emissions.value.canonical());
        let basis = wording::basis(page.language, emissions.basis);
        figure.fact(page.t("figure-emissions"), format!("{amount} ({basis})"));
        figure.sourced(page, page.t("figure-factors"), emissions.source.clone(), emissions.unconfirmed);
    }
    match total.cost_vnd {
        Some(_) if !shows_cost => figure.fact(page.t("figure-cost"), page.t("figure-suppressed")),
        Some(cost) => figure.fact(page.t("figure-cost"), wording::money_in_full(page.language, cost)),
        None => figure.fact(page.t("figure-cost"), page.t("figure-cost-unknown")),
    }
    figure.fact(page.t("figure-method"), page.t("figure-total-method"));
}

fn by_basis(page: &Page, total: &Total, is_told: impl Fn(Basis) -> bool) -> Table {
    let unit = wording::shown(total.dimension, 0.0).1;
    let rows = Basis::ALL
        .into_iter()
        .filter_map(|basis| Some((basis, *total.by_basis.get(&basis)?)))
        .map(|(basis, amount)| {
            let value = wording::shown(total.dimension, amount).0;
            if !is_told(basis) {
                let hidden = || Cell::no_number(page.t("figure-hidden"), page.t("figure-suppressed"));
                return vec![Cell::text(wording::basis(page.language, basis)), hidden(), hidden()];
            }
            let share = if total.amount == 0.0 { 0.0 } else { 100.0 * amount / total.amount };
            vec![
                Cell::text(wording::basis(page.language, basis)),
                Cell::number(page.n(value, wording::decimals(value)), value),
                Cell::number(page.n(share, 1), share),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-basis")),
        Column::number(page.t("figure-amount"), unit),
        Column::number(page.t("figure-share"), "%"),
    ];
    Table::new("by-basis", page.t("figure-by-basis"), columns, rows)
}

/// What the park's total is made of: by enterprise for those who may see it, else how many there are.
fn of_the_park(
    figure: &mut Figure,
    app: &App,
    page: &Page,
    view: &ParkView,
    resource: &ResourceId,
    files: &FileCounts,
) {
    let balance = &view.computed.report.balance;
    let parts = parts_of(balance, resource);
    figure.fact(page.t("figure-contributors"), page.count(parts.len()));
    if let Sight::Own(own) = &view.sight
        && let Some(part) = balance.sites.get(own).and_then(|site| site.get(resource))
    {
        let href = total_href(page, &view.key.id, resource, Some(own));
        figure.link(page.t("figure-own-part"), page.amount(part.dimension, part.amount), href);
    }
    if view.sight != Sight::Whole {
        figure.notes.push(page.t("figure-parts-hidden"));
        return;
    }
    figure.tables.push((page.t("figure-by-enterprise"), enterprise_table(page, view, resource)));
    if !page.is_fragment {
        let rows = records(view, resource, None, page.period());
        figure.tables.push((page.t("figure-records-title"), record_table(app, page, view, &rows, files)));
        metered(figure, page, view, resource, None);
    }
}

/// Months that stand in the total by readings in batches, each with the way to its meter.
fn metered(figure: &mut Figure, page: &Page, view: &ParkView, resource: &ResourceId, only: Option<&EnterpriseId>) {
    let sites = view.computed.report.balance.sites.iter().filter(|(id, _)| only.is_none_or(|only| only == *id));
    let totals = sites.filter_map(|(id, site)| Some((id, site.get(resource)?)));
    let mut unit = "";
    let mut rows = Vec::new();
    for (id, total) in totals {
        let enterprise = name_of(page, view, id).unwrap_or_default();
        for month in &total.metered {
            let (value, shown_unit) = wording::shown(total.dimension, month.amount);
            unit = shown_unit;
            rows.push(vec![
                Cell::text(wording::period(page.language, &month.month)).sorted_by(month.month.start()),
                Cell::text(enterprise.clone()),
                Cell::link(month.meter.to_string(), meter_href(page, view, &month.meter)),
                Cell::number(page.n(value, wording::decimals(value)), value),
                Cell::text(wording::basis(page.language, Basis::Metered)),
            ]);
        }
    }
    if rows.is_empty() {
        return;
    }
    figure.fact(page.t("figure-metered"), page.count(rows.len()));
    figure.notes.push(page.t("figure-metered-note"));
    let columns = vec![
        Column::text(page.t("figure-period")),
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("meters-meter")),
        Column::number(page.t("figure-metered-whole"), unit),
        Column::text(page.t("figure-basis")),
    ];
    let title = page.t("figure-metered-title");
    figure.tables.push((title.clone(), Table::new("metered", title, columns, rows)));
}

fn enterprise_table(page: &Page, view: &ParkView, resource: &ResourceId) -> Table {
    let balance = &view.computed.report.balance;
    let mut unit = "";
    let rows = balance
        .sites
        .iter()
        .filter_map(|(id, site)| Some((id, site.get(resource)?)))
        .map(|(id, total)| {
            let name = name_of(page, view, id).unwrap_or_default();
            let href = total_href(page, &view.key.id, resource, Some(id));
            let (value, shown_unit) = wording::shown(total.dimension, total.amount);
            unit = shown_unit;
            let months = format!("{}/{}", total.months_covered, total.months_expected);
            vec![
                Cell::link(name.clone(), href.clone()),
                Cell::number(page.n(value, wording::decimals(value)), value).with_mark(Mark::new(
                    page,
                    total.basis(),
                    href,
                    name,
                )),
                Cell::text(months).sorted_by(total.months_covered),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-enterprise")),
        Column::number(page.t("figure-amount"), unit),
        Column::text(page.t("figure-months")),
    ];
    Table::new("by-enterprise", page.t("figure-by-enterprise"), columns, rows)
}

/// Records that reach into a period, as declared.
fn records<'a>(
    view: &'a ParkView,
    resource: &ResourceId,
    enterprise: Option<&EnterpriseId>,
    period: Period,
) -> Vec<&'a Record> {
    let mut records: Vec<&Record> = view
        .computed
        .park
        .records
        .iter()
        .filter(|record| record.resource == *resource && record.period.overlaps(&period))
        .filter(|record| enterprise.is_none_or(|id| record.enterprise == *id))
        .collect();
    records.sort_by(|a, b| (&a.enterprise, a.period).cmp(&(&b.enterprise, b.period)));
    records
}

/// How many files prove each record: by enterprise, resource and period.
type FileCounts = BTreeMap<(EnterpriseId, ResourceId, Period), usize>;

async fn file_counts(app: &App, page: &Page, view: &ParkView) -> Result<FileCounts, AppError> {
    let mut counts = FileCounts::new();
    for evidence in app.store.evidence(&page.user.scope(), &view.key.id).await? {
        if let Proves::Record { resource, period } = evidence.proves {
            *counts.entry((evidence.enterprise, resource, period)).or_default() += 1;
        }
    }
    Ok(counts)
}

fn record_table(app: &App, page: &Page, view: &ParkView, records: &[&Record], files: &FileCounts) -> Table {
    let rows = records
        .iter()
        .map(|record| {
            let unit = app
                .catalogue
                .units
                .get(&record.amount.unit)
                .map_or(record.amount.unit.as_str(), |unit| unit.label.get(page.language));
            let inside = record.period.intersection(&page.period()).map_or(0, |part| part.days());
            let share = 100.0 * inside as f64 / record.period.days() as f64;
            let cell = format!("/parks/{}/enterprises/{}", view.key.id, record.enterprise);
            let cell = with_pair(page.at(&cell), "resource", record.resource.as_str());
            let line = if record.line == 0 { page.t("figure-line-typed") } else { page.count(record.line) };
            vec![
                Cell::link(wording::period(page.language, &record.period), format!("{cell}#amount.{}", record.period))
                    .sorted_by(record.period.start()),
                Cell::text(name_of(page, view, &record.enterprise).unwrap_or_default()),
                Cell::number(as_typed(page.language, record.amount.value), record.amount.value),
                Cell::text(unit),
                Cell::number(page.n(share, 0), share),
                Cell::text(wording::basis(page.language, record.basis)),
                Cell::text(record.source.clone()),
                Cell::text(line).sorted_by(record.line),
                files_cell(page, view, record, files),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-period")),
        Column::text(page.t("figure-enterprise")),
        Column::number(page.t("figure-declared"), ""),
        Column::text(page.t("figure-unit")),
        Column::number(page.t("figure-inside"), "%"),
        Column::text(page.t("figure-basis")),
        Column::text(page.t("figure-document")),
        Column::text(page.t("figure-line")),
        Column::text(page.t("figure-files")),
    ];
    Table::new("records", page.t("figure-records-title"), columns, rows)
}

/// The number of files that prove a record, leading to them.
fn files_cell(page: &Page, view: &ParkView, record: &Record, files: &FileCounts) -> Cell {
    let about = (record.enterprise.clone(), record.resource.clone(), record.period);
    match files.get(&about) {
        None => Cell::text("–").sorted_by(0),
        Some(count) => {
            let href = page.at(&format!("/parks/{}/enterprises/{}/evidence", view.key.id, record.enterprise));
            Cell::link(page.count(*count), href).sorted_by(count)
        }
    }
}
