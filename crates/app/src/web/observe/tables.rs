//! Totals of the park by resource, and of each enterprise.

use engine::catalogue::Flow;
use engine::ids::EnterpriseId;
use engine::observe::{Gap, SiteBalance, Total};
use engine::quantity::{Dimension, Energy};

use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{Mark, total_href};
use crate::{auth, wording};

/// One row per resource, and whether any figure had to be left out.
pub fn totals(app: &App, page: &Page, view: &ParkView) -> (Table, bool) {
    let balance = &view.computed.report.balance;
    let mut has_hidden = false;
    let rows = balance
        .park
        .iter()
        .map(|(id, total)| {
            let label = app.catalogue.resource(id).map_or(id.as_str(), |resource| resource.label.get(page.language));
            let sees_parts = view.sight.shows_names();
            let is_shown = sees_parts || view.computed.told().resources.contains(id);
            let shows_cost = sees_parts || view.computed.told().costs.contains(id);
            has_hidden |= !is_shown;
            let hidden = || Cell::no_number(page.t("figure-hidden"), page.t("figure-suppressed"));
            let href = total_href(page, &view.key.id, id, None);
            let (value, unit) = wording::shown(total.dimension, total.amount);
            let amount = if is_shown { Cell::number(page.n(value, wording::decimals(value)), value) } else { hidden() };
            let months = format!("{}/{}", page.count(total.months_covered), page.count(total.months_expected));
            vec![
                Cell::link(label, href.clone()).in_dialog(),
                Cell::text(page.t(flow(total.flow))),
                amount.with_mark(Mark::new(page, total.basis(), href, label)),
                Cell::text(unit),
                Cell::text(months).sorted_by(total.months_covered),
                if is_shown { emissions(page, total) } else { hidden() },
                match total.cost_vnd {
                    Some(_) if !shows_cost => hidden(),
                    Some(cost) => Cell::number(page.n(cost / 1e6, 0), cost),
                    None => Cell::no_number("?", page.t("figure-cost-unknown")),
                },
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-resource")),
        Column::text(page.t("observe-direction")),
        Column::number(page.t("figure-amount"), ""),
        Column::text(page.t("figure-unit")),
        Column::text(page.t("observe-months")),
        Column::number(page.t("figure-emissions"), "t CO₂e"),
        Column::number(page.t("figure-cost"), page.t("park-million")),
    ];
    (Table::new("totals", page.t("observe-totals"), columns, rows), has_hidden)
}

fn flow(flow: Flow) -> &'static str {
    match flow {
        Flow::In => "report-flow-in",
        Flow::Out => "report-flow-out",
        Flow::Product => "report-flow-product",
        Flow::Condition => "report-flow-condition",
    }
}

fn emissions(page: &Page, total: &Total) -> Cell {
    match &total.emissions {
        Some(figure) => {
            let value = wording::shown(Dimension::Emissions, figure.value.canonical()).0;
            Cell::number(page.n(value, wording::decimals(value)), value)
        }
        None => Cell::no_number("–", page.t("observe-no-factor")),
    }
}

/// Enterprise by enterprise; only for those who see the whole park.
pub fn enterprises(app: &App, page: &Page, view: &ParkView) -> Table {
    debug_assert!(view.sight == auth::Sight::Whole);
    let balance = &view.computed.report.balance;
    let park = &view.computed.park;
    let empty = SiteBalance::new();
    let rows = park
        .enterprises
        .iter()
        .map(|enterprise| {
            let site = balance.sites.get(&enterprise.id).unwrap_or(&empty);
            let industry = app.catalogue.industries.get(&enterprise.isic4);
            let href = page.at(&format!("/parks/{}/enterprises/{}", park.id, enterprise.id));
            let water = group(app, site, "supply-water", |total| Some(total.amount));
            let electricity = group(app, site, "electricity", |total| total.energy.map(Energy::mwh));
            let emitted = group_of_all(site, |total| Some(total.emissions.as_ref()?.value.t()));
            let (covered, expected) = months(site);
            let gaps = balance.gaps.iter().filter(|gap| is_of(gap, &enterprise.id)).count();
            let odd = balance.findings.iter().filter(|finding| finding.enterprise == enterprise.id).count();
            vec![
                Cell::link(enterprise.name.get(page.language), href),
                Cell::text(industry.map_or(enterprise.isic4.as_str(), |label| label.get(page.language))),
                number(page, electricity),
                number(page, water),
                number(page, emitted),
                Cell::text(format!("{covered}/{expected}")).sorted_by(covered),
                Cell::number(page.count(gaps), gaps as f64),
                Cell::number(page.count(odd), odd as f64),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("observe-industry")),
        Column::number(page.t("report-electricity"), "MWh"),
        Column::number(page.t("report-water"), "m³"),
        Column::number(page.t("figure-emissions"), "t CO₂e"),
        Column::text(page.t("observe-months")),
        Column::number(page.t("observe-gaps-count"), ""),
        Column::number(page.t("observe-suspicions-count"), ""),
    ];
    Table::new("enterprises", page.t("observe-enterprises"), columns, rows)
}

fn number(page: &Page, value: Option<f64>) -> Cell {
    match value {
        Some(value) => Cell::number(page.n(value, wording::decimals(value)), value),
        None => Cell::no_number("?", page.t("observe-not-recorded")),
    }
}

/// Sum over the resources of one group; `None` when none is recorded.
fn group(app: &App, site: &SiteBalance, wanted: &str, value: impl Fn(&Total) -> Option<f64>) -> Option<f64> {
    let parts: Vec<f64> = site
        .iter()
        .filter(|(id, _)| app.catalogue.resource(id).is_some_and(|resource| resource.group == wanted))
        .filter_map(|(_, total)| value(total))
        .collect();
    (!parts.is_empty()).then(|| parts.iter().sum())
}

fn group_of_all(site: &SiteBalance, value: impl Fn(&Total) -> Option<f64>) -> Option<f64> {
    let parts: Vec<f64> = site.values().filter_map(value).collect();
    (!parts.is_empty()).then(|| parts.iter().sum())
}

/// Months that are there, of those expected, over what the site reports.
fn months(site: &SiteBalance) -> (usize, usize) {
    site.values()
        .fold((0, 0), |(covered, expected), total| (covered + total.months_covered, expected + total.months_expected))
}

/// Whether a gap is one of this enterprise's own.
pub fn is_of(gap: &Gap, id: &EnterpriseId) -> bool {
    match gap {
        Gap::MissingMonths { enterprise, .. } | Gap::NeverReported { enterprise, .. } => enterprise == id,
        Gap::Unanswered { enterprises, .. } => enterprises.contains(id),
        Gap::TooOld { .. }
        | Gap::NotStated { .. }
        | Gap::NotProven { .. }
        | Gap::NothingRecorded { .. }
        | Gap::NoRule { .. } => false,
    }
}
