//! What is missing and what looks wrong: one by one for those who may see whose it is, else only how much.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::observe::{Gap, Suspicion};
use engine::quantity::Dimension;

use super::tables::is_of;
use crate::auth::Sight;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{name_of, total_href, with_pair};
use crate::wording::{self, Names};

/// `None` when nothing that the reader may know of is missing.
pub fn table(app: &App, page: &Page, view: &ParkView) -> Option<Table> {
    let gaps = &view.computed.report.balance.gaps;
    let (columns, rows) = match &view.sight {
        Sight::Totals | Sight::Registry => counted(app, page, gaps),
        Sight::Whole => named(app, page, view, gaps.iter().collect()),
        Sight::Own(own) => named(app, page, view, gaps.iter().filter(|gap| is_of(gap, own)).collect()),
    };
    (!rows.is_empty()).then(|| Table::new("gaps", page.t("observe-gaps-label"), columns, rows).stacked())
}

type Draft = (Vec<Column>, Vec<Vec<Cell>>);

fn named(app: &App, page: &Page, view: &ParkView, gaps: Vec<&Gap>) -> Draft {
    // Every gap in this list is of an enterprise that the reader may see, so its name may be taken from the park.
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let rows = gaps
        .into_iter()
        .map(|gap| {
            let href = match gap {
                Gap::MissingMonths { enterprise, resource, .. } => {
                    cells(page, &view.key.id, enterprise, Some(resource))
                }
                Gap::NeverReported { enterprise, .. } => cells(page, &view.key.id, enterprise, None),
                _ => String::new(),
            };
            vec![Cell::text(names.gap(gap)), Cell::link(page.t("observe-enter"), href)]
        })
        .collect();
    (vec![Column::text(page.t("observe-gap")), Column::text(page.t("observe-act"))], rows)
}

/// Where a record of an enterprise is typed in.
fn cells(page: &Page, park: &ParkId, enterprise: &EnterpriseId, resource: Option<&ResourceId>) -> String {
    let address = page.at(&format!("/parks/{park}/enterprises/{enterprise}"));
    resource.map_or(address.clone(), |resource| with_pair(address, "resource", resource.as_str()))
}

/// By resource: at how many enterprises, and how many months together.
fn counted(app: &App, page: &Page, gaps: &[Gap]) -> Draft {
    let mut missing: BTreeMap<String, (BTreeSet<&EnterpriseId>, usize)> = BTreeMap::new();
    for gap in gaps {
        let (what, enterprise, months) = match gap {
            Gap::MissingMonths { enterprise, resource, months } => {
                let label = app.catalogue.resource(resource).map(|resource| resource.label.get(page.language));
                (label.unwrap_or(resource.as_str()).to_string(), enterprise, months.len())
            }
            Gap::NeverReported { enterprise, group } => {
                let group = page.t(&format!("group-{group}"));
                (page.t1("observe-never", "group", group), enterprise, 0)
            }
            _ => continue,
        };
        let entry = missing.entry(what).or_default();
        entry.0.insert(enterprise);
        entry.1 += months;
    }
    let rows = missing
        .into_iter()
        .map(|(what, (enterprises, months))| {
            vec![
                Cell::text(what),
                Cell::number(page.count(enterprises.len()), enterprises.len() as f64),
                Cell::number(page.count(months), months as f64),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("observe-missing")),
        Column::number(page.t("observe-enterprises-count"), ""),
        Column::number(page.t("observe-months-missing"), ""),
    ];
    (columns, rows)
}

pub fn suspicions(app: &App, page: &Page, view: &ParkView) -> Option<Table> {
    let points = &view.computed.report.balance.suspicions;
    let seen: Vec<&Suspicion> =
        points.iter().filter(|point| name_of(page, view, &point.enterprise).is_some()).collect();
    let (columns, rows) = match view.sight {
        Sight::Totals | Sight::Registry => by_kind(page, points),
        Sight::Whole | Sight::Own(_) => one_by_one(app, page, view, &seen),
    };
    (!rows.is_empty()).then(|| Table::new("suspicions", page.t("observe-suspicions-label"), columns, rows).stacked())
}

fn one_by_one(app: &App, page: &Page, view: &ParkView, points: &[&Suspicion]) -> Draft {
    let rows = points
        .iter()
        .map(|point| {
            let resource = app.catalogue.resource(&point.resource);
            let label = resource.map_or(point.resource.as_str(), |resource| resource.label.get(page.language));
            let dimension = resource.map_or(Dimension::Volume, |resource| resource.dimension);
            let amount = |value: f64| {
                let shown = wording::shown(dimension, value).0;
                Cell::number(page.n(shown, wording::decimals(shown)), shown)
            };
            // A point about one record leads to its cell, one about a total to what was summed.
            let href = match point.line {
                Some(_) => {
                    let month = point.period.to_string();
                    let year = point.period.start().year().to_string();
                    let address = format!("/parks/{}/enterprises/{}?period={year}", view.key.id, point.enterprise);
                    format!("{}#amount.{month}", with_pair(address, "resource", point.resource.as_str()))
                }
                None => total_href(page, &view.key.id, &point.resource, Some(&point.enterprise)),
            };
            vec![
                Cell::link(name_of(page, view, &point.enterprise).unwrap_or_default(), href),
                Cell::text(label),
                Cell::text(wording::period(page.language, &point.period)).sorted_by(point.period.start()),
                Cell::text(wording::suspicion(page.language, point.kind)),
                amount(point.found),
                amount(point.compared_with),
                Cell::text(wording::shown(dimension, 0.0).1),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("figure-resource")),
        Column::text(page.t("figure-period")),
        Column::text(page.t("observe-reason")),
        Column::number(page.t("observe-found"), ""),
        Column::number(page.t("observe-usual"), ""),
        Column::text(page.t("figure-unit")),
    ];
    (columns, rows)
}

fn by_kind(page: &Page, points: &[Suspicion]) -> Draft {
    let mut counts = BTreeMap::new();
    for point in points {
        *counts.entry(point.kind).or_insert(0usize) += 1;
    }
    let rows = counts
        .into_iter()
        .map(|(kind, count)| {
            vec![Cell::text(wording::suspicion(page.language, kind)), Cell::number(page.count(count), count as f64)]
        })
        .collect();
    (vec![Column::text(page.t("observe-reason")), Column::number(page.t("observe-count"), "")], rows)
}
