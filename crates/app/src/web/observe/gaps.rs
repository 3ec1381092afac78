//! What is missing: one by one for those who may see whose it is, else only how much.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::observe::Gap;

use super::tables::is_of;
use crate::auth::Sight;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::with_pair;
use crate::wording::Names;

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
        .map(|gap| vec![Cell::text(names.gap(gap)), Cell::link(page.t("observe-enter"), entry(page, view, gap))])
        .collect();
    (vec![Column::text(page.t("observe-gap")), Column::text(page.t("observe-act"))], rows)
}

/// Where what is missing is entered: the form of the enterprise, resource and year. Empty where no form settles it.
pub fn entry(page: &Page, view: &ParkView, gap: &Gap) -> String {
    let park = &view.key.id;
    match gap {
        Gap::MissingMonths { enterprise, resource, .. } => cells(page, park, enterprise, Some(resource)),
        Gap::NeverReported { enterprise, group } => {
            // The group of what every site uses is called as its first resource.
            cells(page, park, enterprise, Some(&ResourceId::new(group.as_str())))
        }
        _ => String::new(),
    }
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
