//! Energy that the sites of a park receive, by carrier and by industry, as a Sankey diagram with its table.

use std::collections::BTreeMap;

use engine::ids::ResourceId;
use engine::park::{EnterpriseRole, Park};
use engine::source::Basis;
use serde::Serialize;

use crate::page::{Page, island};
use crate::publish::{division, received};
use crate::state::{App, ParkView};
use crate::web::figures::publish::{self, Parts};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{Mark, total_href};

pub struct EnergyFigure {
    pub title: String,
    /// JSON of the diagram.
    pub data: String,
    pub table: Table,
    pub note: String,
}

#[derive(Serialize)]
struct Sankey {
    unit: &'static str,
    nodes: Vec<Node>,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Node {
    id: String,
    name: String,
    kind: &'static str,
    href: Option<String>,
}

#[derive(Serialize)]
struct Link {
    source: String,
    target: String,
    value: f64,
    note: Option<String>,
    estimated: bool,
}

/// Identifier of the node in the middle.
const SITES: &str = "sites";

/// `None` when nothing was recorded, or nothing may be shown.
pub fn figure(app: &App, page: &Page, view: &ParkView) -> Option<EnergyFigure> {
    let balance = &view.computed.report.balance;
    let park = &view.computed.park;
    let mut by_carrier: BTreeMap<ResourceId, Parts> = BTreeMap::new();
    let mut by_industry: BTreeMap<String, Parts> = BTreeMap::new();
    for (enterprise, site) in &balance.sites {
        let division = division(park, enterprise);
        for (id, total) in site {
            let Some(energy) = received(total) else { continue };
            *by_carrier.entry(id.clone()).or_default().entry(enterprise.clone()).or_default() += energy;
            *by_industry.entry(division.clone()).or_default().entry(enterprise.clone()).or_default() += energy;
        }
    }
    let told = view.computed.told();
    let sees_parts = view.sight.shows_names();
    if !sees_parts && !told.energy {
        return None;
    }
    let carriers = publish::groups(&by_carrier, |id| sees_parts || told.resources.contains(id));
    let industries = publish::groups(&by_industry, |division| sees_parts || told.industries.contains(division));
    let whole: f64 = carriers.groups.iter().map(|(_, energy)| energy).sum::<f64>() + carriers.rest.unwrap_or(0.0);
    let (largest, energy) = carriers.groups.first()?;

    let mut draft = Draft { page, whole, nodes: Vec::new(), links: Vec::new(), rows: Vec::new() };
    draft.nodes.push(Node { id: SITES.to_string(), name: page.t("park-energy-sites"), kind: "site", href: None });
    let carrier_name = |id: &ResourceId| {
        app.catalogue.resource(id).map_or_else(|| id.to_string(), |r| r.label.get(page.language).to_string())
    };
    for (id, energy) in &carriers.groups {
        let basis = balance.park.get(id).map_or(Basis::Estimated, |total| total.basis());
        let href = total_href(page, &view.key.id, id, None);
        draft.input(id.as_str(), carrier_name(id), *energy, Some((basis, href)));
    }
    if let Some(rest) = carriers.rest {
        draft.input("other", page.t("park-energy-other"), rest, None);
    }
    for (division, energy) in &industries.groups {
        let label = app.catalogue.industries.get(division);
        let name = label.map_or_else(|| division.clone(), |label| label.get(page.language).to_string());
        draft.output(&format!("isic-{division}"), name, *energy);
    }
    if let Some(rest) = industries.rest {
        draft.output("isic-other", page.t("park-energy-other-industries"), rest);
    }
    let title = page.t3(
        "park-energy-title",
        "carrier",
        carrier_name(largest),
        "share",
        page.n(100.0 * energy / whole, 0),
        "total",
        page.n(whole, 0),
    );
    Some(EnergyFigure {
        title,
        table: draft.table(),
        data: island(&Sankey { unit: "MWh", nodes: draft.nodes, links: draft.links }),
        note: note(page, park, by_carrier.contains_key(&ResourceId::new("steam")), &view.sight),
    })
}

/// What the reader must know to add these figures up.
fn note(page: &Page, park: &Park, has_steam: bool, sight: &crate::auth::Sight) -> String {
    let has_utility = park.enterprises.iter().any(|e| e.role == EnterpriseRole::Utility && e.isic4.starts_with("35"));
    let mut notes = Vec::new();
    if has_steam && has_utility {
        notes.push(page.t("park-energy-steam"));
    }
    if !sight.shows_names() {
        notes.push(page.t("park-energy-merged"));
    }
    notes.join(" ")
}

struct Draft<'a> {
    page: &'a Page,
    whole: f64,
    nodes: Vec<Node>,
    links: Vec<Link>,
    rows: Vec<Vec<Cell>>,
}

impl Draft<'_> {
    fn input(&mut self, id: &str, name: String, energy: f64, figure: Option<(Basis, String)>) {
        let href = figure.as_ref().map(|(_, href)| href.clone());
        let basis = figure.as_ref().map(|(basis, _)| crate::wording::basis(self.page.language, *basis));
        self.nodes.push(Node { id: id.to_string(), name: name.clone(), kind: "input", href });
        self.links.push(Link {
            source: id.to_string(),
            target: SITES.to_string(),
            value: energy,
            note: basis,
            estimated: figure.as_ref().is_some_and(|(basis, _)| *basis == Basis::Estimated),
        });
        let mut cell = Cell::number(self.page.n(energy, 0), energy);
        let first = match figure {
            Some((basis, href)) => {
                cell = cell.with_mark(Mark::new(self.page, basis, href.clone(), name.clone()));
                Cell::link(name, href).in_dialog()
            }
            None => Cell::text(name),
        };
        self.row(first, self.page.t("park-energy-in"), cell, energy);
    }

    fn output(&mut self, id: &str, name: String, energy: f64) {
        self.nodes.push(Node { id: id.to_string(), name: name.clone(), kind: "output", href: None });
        self.links.push(Link {
            source: SITES.to_string(),
            target: id.to_string(),
            value: energy,
            note: None,
            estimated: false,
        });
        let cell = Cell::number(self.page.n(energy, 0), energy);
        self.row(Cell::text(name), self.page.t("park-energy-out"), cell, energy);
    }

    fn row(&mut self, name: Cell, direction: String, amount: Cell, energy: f64) {
        let share = 100.0 * energy / self.whole;
        self.rows.push(vec![name, Cell::text(direction), amount, Cell::number(self.page.n(share, 1), share)]);
    }

    fn table(&mut self) -> Table {
        let columns = vec![
            Column::text(self.page.t("park-energy-name")),
            Column::text(self.page.t("park-energy-direction")),
            Column::number(self.page.t("park-energy-amount"), "MWh"),
            Column::number(self.page.t("figure-share"), "%"),
        ];
        Table::new("energy", self.page.t("park-energy-table"), columns, std::mem::take(&mut self.rows))
    }
}
