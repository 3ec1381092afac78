//! The deal sheet of an enterprise's own exchange: its own side by figures, the other coded and in bands.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, StreamId};
use engine::matching::deal::Party;

use super::{OwnRow, deal, own_row};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::publish::{OwnDeal, own_deal, own_exchange};
use crate::reasons::{self, Reasons};
use crate::state::App;
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, ParkFrame};

#[derive(Template)]
#[template(path = "own_deal.html")]
struct OwnDealPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    title: String,
    finding: String,
    row: OwnRow,
    savings: Table,
    notes: Vec<String>,
    law: Option<Table>,
    own_href: String,
    matching: String,
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise, stream, partner)): UrlPath<(String, String, String, String)>,
) -> Result<Response, AppError> {
    let (id, stream) = (EnterpriseId::new(enterprise), StreamId::new(stream));
    let view = frame::view(&app, &page, &park).await?;
    let enterprise = view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?;
    let report = &view.computed.report;
    let (exchange, coded) = own_exchange(report, &id, &stream, &partner).ok_or(AppError::NotFound)?;
    let deal = deal::deal_of(&view.computed, exchange).ok_or(AppError::NotFound)?;
    let own = own_deal(exchange, coded, &deal, &id);
    let words = Reasons { language: page.language, catalogue: app.catalogue, park: &view.computed.park };
    let row = own_row(&page, &words, &view.key.id, &id, &own.exchange);
    let unit = reasons::exchange_unit(deal.unit);
    html(&OwnDealPage {
        name: enterprise.name.get(page.language).to_string(),
        title: page.t2("own-deal-title", "stream", &row.stream, "partner", &row.partner),
        finding: finding(&page, &own, unit),
        savings: savings(&page, &own, unit),
        notes: notes(&page, &own, unit),
        law: law(&page, &own),
        own_href: page.at(&format!("/parks/{}/enterprises/{id}", view.key.id)),
        matching: page.at(&format!("/parks/{}/matching", view.key.id)),
        frame: ParkFrame::of(&app, &page, &view, "matching"),
        row,
        page,
    })
}

/// The price up to which, or from which on, the own side gains.
fn finding(page: &Page, own: &OwnDeal, unit: &str) -> String {
    let Some(price) = own.price_vnd else { return page.t("own-deal-open") };
    let key = match (own.party, price < 0.0) {
        (Party::Giver, true) => "own-deal-giver-pays",
        (Party::Giver, false) => "own-deal-giver",
        _ => "own-deal-taker",
    };
    page.t2(key, "money", page.money(price.abs()), "unit", unit)
}

fn savings(page: &Page, own: &OwnDeal, unit: &str) -> Table {
    let code = |code: &str| code.replace('_', "-");
    let mut rows: Vec<Vec<Cell>> = own
        .lines
        .iter()
        .map(|(item, vnd)| {
            let figure = match vnd {
                Some(vnd) => Cell::number(page.n(vnd / 1e3, 1), vnd / 1e3),
                None => Cell::no_number(page.t("deal-not-stated"), ""),
            };
            vec![Cell::text(page.t(&format!("deal-item-{}", code(item.code())))), figure]
        })
        .collect();
    if let Some((from, to)) = own.haulage_vnd {
        let figure = match to {
            Some(to) => format!("{} – {}", page.n(0.0 - to / 1e3, 1), page.n(0.0 - from / 1e3, 1)),
            None => page.t2("matching-band-beyond", "from", page.n(from / 1e3, 1), "unit", ""),
        };
        rows.push(vec![Cell::text(page.t("deal-item-haulage")), Cell::number(figure, 0.0 - from / 1e3)]);
    }
    let money = format!("{}/{unit}", page.t("matching-per-unit-unit"));
    let columns = vec![Column::text(page.t("deal-item")), Column::number(page.t("deal-per-unit"), money)];
    Table::new("own-savings", page.t("own-deal-savings"), columns, rows)
}

fn notes(page: &Page, own: &OwnDeal, unit: &str) -> Vec<String> {
    let carbon = match own.co2e_kg {
        Some((from, to)) => {
            let key = if own.is_co2e_unconfirmed { "own-deal-co2e-unconfirmed" } else { "own-deal-co2e" };
            page.t3(key, "from", page.n(from, 0), "to", page.n(to, 0), "unit", unit)
        }
        None => page.t("deal-carbon-unknown"),
    };
    let mut notes = vec![page.t("own-deal-other"), carbon];
    if own.haulage_vnd.is_some() {
        notes.push(page.t("own-deal-haulage"));
    }
    notes
}

fn law(page: &Page, own: &OwnDeal) -> Option<Table> {
    let row = |condition: &engine::matching::law::Condition| {
        let rule = &condition.rule;
        let mark = if rule.unconfirmed { "unconfirmed" } else { "deal-law-confirmed" };
        vec![
            Cell::text(rule.label.get(page.language)),
            Cell::text(page.t(&format!("condition-{}", condition.standing.code().replace('_', "-")))),
            Cell::text(rule.basis.get(page.language)),
            Cell::text(rule.source.get(page.language)),
            Cell::text(page.t(mark)),
        ]
    };
    let rows: Vec<Vec<Cell>> = own.conditions.iter().map(row).collect();
    let columns = ["deal-law-rule", "deal-law-standing", "deal-law-basis", "matching-source", "report-mark"];
    let columns = columns.map(|key| Column::text(page.t(key))).into();
    (!rows.is_empty()).then(|| Table::new("own-law", page.t("own-deal-law"), columns, rows).stacked())
}
