//! Measures of a park by the steps of the ladder. Steps are never added together.

use engine::park::Status;
use engine::quantity::Dimension;
use engine::verify::measures::MeasureVerification;

use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{Mark, claim_href, name_of};
use crate::{publish, wording};

/// The five quantities by status; a sum that would give a part of it away is left out.
pub fn totals(page: &Page, view: &ParkView) -> Table {
    let report = &view.computed.report;
    let published = publish::status_sums(&view.computed);
    let rows = report
        .totals
        .iter()
        .zip(published)
        .map(|((status, total), published)| {
            let mut row = vec![
                Cell::text(wording::status(page.language, *status)),
                Cell::number(page.count(total.claims), total.claims as f64),
            ];
            row.extend(total.values().into_iter().zip(published.values()).map(|(value, published)| match value {
                None => Cell::no_number("–", page.t("report-no-factor")),
                Some(value) if view.sight.shows_names() || published.value.is_some() => {
                    Cell::number(page.n(value, wording::decimals(value)), value)
                }
                Some(_) => Cell::no_number(page.t("figure-hidden"), page.t("figure-suppressed")),
            }));
            row
        })
        .collect();
    let columns = vec![
        Column::text(page.t("park-status")),
        Column::number(page.t("park-measures-count"), ""),
        Column::number(page.t("report-electricity"), "MWh"),
        Column::number(page.t("report-water"), "m³"),
        Column::number(page.t("report-fuel"), "TJ"),
        Column::number(page.t("report-materials"), "t"),
        Column::number(page.t("report-emissions"), "t CO₂e"),
    ];
    Table::new("totals", page.t("park-totals"), columns, rows)
}

/// Measure by measure, of the enterprises that the reader may see; highest on the ladder first.
pub fn measures(app: &App, page: &Page, view: &ParkView) -> Option<Table> {
    let mut seen: Vec<&MeasureVerification> = view
        .computed
        .report
        .verifications
        .iter()
        .filter(|verification| name_of(page, view, &verification.claim.enterprise).is_some())
        .collect();
    seen.sort_by(|a, b| b.claim.status.cmp(&a.claim.status).then_with(|| a.measure.cmp(&b.measure)));
    measure_table(app, page, view, &seen)
}

pub fn measure_table(app: &App, page: &Page, view: &ParkView, seen: &[&MeasureVerification]) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = seen.iter().map(|verification| measure(app, page, view, verification)).collect();
    let columns = vec![
        Column::text(page.t("park-measure")),
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("park-status")),
        Column::number(page.t("park-saving"), ""),
        Column::number(page.t("park-uncertainty"), ""),
        Column::text(page.t("figure-unit")),
    ];
    (!rows.is_empty()).then(|| Table::new("measures", page.t("park-measures"), columns, rows).stacked())
}

fn measure(app: &App, page: &Page, view: &ParkView, verification: &MeasureVerification) -> Vec<Cell> {
    let claim = &verification.claim;
    let dimension = app.catalogue.resource(&claim.resource).map_or(Dimension::Energy, |resource| resource.dimension);
    let (value, unit) = wording::shown(dimension, claim.amount);
    let name = claim.name.get(page.language);
    let href = claim_href(page, &view.key.id, &verification.measure);
    let uncertainty = match claim.uncertainty_90.map(|half| wording::shown(dimension, half).0) {
        Some(half) => Cell::number(page.n(half, wording::decimals(half)), half),
        None => Cell::no_number("–", ""),
    };
    vec![
        Cell::link(name, href.clone()).in_dialog(),
        Cell::text(name_of(page, view, &claim.enterprise).unwrap_or_default()),
        Cell::ladder(ladder_class(claim.status), step(claim.status), wording::status(page.language, claim.status)),
        Cell::number(page.n(value, wording::decimals(value)), value).with_mark(Mark::new(
            page,
            claim.basis,
            href,
            name,
        )),
        uncertainty,
        Cell::text(unit),
    ]
}

/// From 1, proposed, to 5, verified; 0 for what left the ladder.
fn step(status: Status) -> usize {
    Status::LADDER.iter().position(|other| *other == status).map_or(0, |index| index + 1)
}

fn ladder_class(status: Status) -> &'static str {
    match status {
        Status::Rejected => "ladder-small rejected",
        Status::Superseded => "ladder-small superseded",
        _ => "ladder-small",
    }
}
