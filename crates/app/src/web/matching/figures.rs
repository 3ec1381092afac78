//! The best network as a drawing, as a flow of benefit, and as a table. Only for those who may see every enterprise.

use std::collections::BTreeMap;

use engine::ids::EnterpriseId;
use engine::matching::{ChosenExchange, Exchange};
use engine::report::ParkReport;
use engine::source::Basis;
use serde::Serialize;

use super::super::steps::{Mark, Number};
use crate::page::{Page, island};
use crate::reasons::{self, Reasons};
use crate::state::Computed;
use crate::wording::Names;

/// Both charts with their findings.
pub struct Figures {
    pub network: String,
    pub network_finding: String,
    pub sankey: String,
    pub sankey_finding: String,
    /// Giver, taker and million VND a year: the table of the flow.
    pub pairs: Vec<(String, String, Number)>,
}

/// What every table of a network's exchanges tells of one.
pub struct ChosenRow {
    /// Empty where the exchange does not pay and so has no page.
    pub href: String,
    pub giver: String,
    pub taker: String,
    pub stream: String,
    pub kind: String,
    pub quantity: Number,
    pub unit: &'static str,
    pub benefit: Number,
}

/// One exchange of the park's network of greatest benefit.
pub struct PricedRow {
    pub exchange: ChosenRow,
    pub per_unit: Number,
    pub mark: Mark,
}

impl ChosenRow {
    pub fn of(
        page: &Page,
        names: &Names,
        words: &Reasons,
        report: &ParkReport,
        exchange: &ChosenExchange,
    ) -> ChosenRow {
        ChosenRow {
            href: if has_page(report, exchange) { page.at(&path(report, exchange)) } else { String::new() },
            giver: names.enterprise(&exchange.giver_enterprise),
            taker: names.enterprise(&exchange.taker_enterprise),
            stream: super::stream_name(words, &exchange.giver),
            kind: reasons::kind_name(page.language, exchange.kind),
            quantity: Number::new(page, exchange.quantity, 0),
            unit: reasons::exchange_unit(exchange.unit),
            benefit: Number::new(page, exchange.benefit_vnd / 1e6, 1),
        }
    }
}

/// An exchange that does not pay has no page; as the way to a plant or from one it may still be chosen.
fn has_page(report: &ParkReport, exchange: &ChosenExchange) -> bool {
    let is_this = |other: &Exchange| (&other.giver, &other.taker) == (&exchange.giver, &exchange.taker);
    report.candidates.exchanges.iter().any(is_this)
}

fn path(report: &ParkReport, exchange: &ChosenExchange) -> String {
    super::exchange_path(report, &format!("{}--{}", exchange.giver, exchange.taker))
}

pub fn chosen(page: &Page, names: &Names, words: &Reasons, report: &ParkReport) -> Vec<PricedRow> {
    let mut rows: Vec<&ChosenExchange> = report.network.exchanges.iter().collect();
    rows.sort_by(|a, b| b.benefit_vnd.total_cmp(&a.benefit_vnd).then_with(|| a.giver.cmp(&b.giver)));
    rows.into_iter()
        .map(|exchange| PricedRow {
            exchange: ChosenRow::of(page, names, words, report, exchange),
            per_unit: Number::new(page, exchange.benefit_per_unit_vnd / 1e3, 1),
            mark: Mark::new(page, Basis::Calculated, &path(report, exchange)),
        })
        .collect()
}

#[derive(Serialize)]
struct Network {
    unit: String,
    nodes: Vec<NetworkNode>,
    links: Vec<NetworkLink>,
}

#[derive(Serialize)]
struct NetworkNode {
    id: String,
    name: String,
    lon: Option<f64>,
    lat: Option<f64>,
    kind: &'static str,
    href: String,
}

#[derive(Serialize)]
struct NetworkLink {
    source: String,
    target: String,
    value: f64,
    name: String,
    kind: &'static str,
    chosen: bool,
    note: String,
    href: String,
}

#[derive(Serialize)]
struct Sankey {
    unit: String,
    nodes: Vec<SankeyNode>,
    links: Vec<SankeyLink>,
}

#[derive(Serialize)]
struct SankeyNode {
    id: String,
    name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct SankeyLink {
    source: String,
    target: String,
    value: f64,
}

impl Figures {
    pub fn of(page: &Page, names: &Names, computed: &Computed) -> Figures {
        Figures::of_exchanges(page, names, computed, &computed.report.network.exchanges)
    }

    /// Of another network of the same park.
    pub fn of_exchanges(page: &Page, names: &Names, computed: &Computed, exchanges: &[ChosenExchange]) -> Figures {
        let benefit_vnd = exchanges.iter().map(|exchange| exchange.benefit_vnd).fold(0.0, std::ops::Add::add);
        let mut pairs: BTreeMap<(&EnterpriseId, &EnterpriseId), f64> = BTreeMap::new();
        for exchange in exchanges {
            *pairs.entry((&exchange.giver_enterprise, &exchange.taker_enterprise)).or_default() +=
                exchange.benefit_vnd / 1e6;
        }
        let mut roles: BTreeMap<&EnterpriseId, (bool, bool)> = BTreeMap::new();
        for (giver, taker) in pairs.keys() {
            roles.entry(giver).or_default().0 = true;
            roles.entry(taker).or_default().1 = true;
        }
        let givers = roles.values().filter(|(gives, _)| *gives).count();
        let takers = roles.values().filter(|(_, takes)| *takes).count();
        let mut rows: Vec<(String, String, f64)> = pairs
            .iter()
            .map(|((giver, taker), value)| (names.enterprise(giver), names.enterprise(taker), *value))
            .collect();
        rows.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        let finding = match computed.park.works.is_empty() {
            true => "matching-network-finding",
            false => "matching-network-finding-before-costs",
        };
        Figures {
            network: island(&drawing(page, names, computed, exchanges, &roles)),
            network_finding: page.t2(finding, "count", page.count(exchanges.len()), "benefit", page.money(benefit_vnd)),
            sankey: island(&flow(page, names, &pairs, &roles)),
            sankey_finding: page.t2(
                "matching-sankey-finding",
                "givers",
                page.count(givers),
                "takers",
                page.count(takers),
            ),
            pairs: rows.into_iter().map(|(giver, taker, value)| (giver, taker, Number::new(page, value, 1))).collect(),
        }
    }
}

type Roles<'a> = BTreeMap<&'a EnterpriseId, (bool, bool)>;

fn drawing(page: &Page, names: &Names, computed: &Computed, exchanges: &[ChosenExchange], roles: &Roles) -> Network {
    let report = &computed.report;
    let words = Reasons { language: page.language, catalogue: names.catalogue, park: &computed.park };
    let nodes = roles.iter().map(|(id, (gives, takes))| {
        let place = computed.park.enterprise(id).and_then(|enterprise| enterprise.place);
        NetworkNode {
            id: id.to_string(),
            name: names.enterprise(id),
            lon: place.map(|place| place.longitude),
            lat: place.map(|place| place.latitude),
            kind: match (gives, takes) {
                (true, true) => "both",
                (true, false) => "giver",
                _ => "taker",
            },
            href: page.at(&format!("/parks/{}/enterprises/{id}", report.park)),
        }
    });
    let href = |exchange: &ChosenExchange| has_page(report, exchange).then(|| page.at(&path(report, exchange)));
    let links = exchanges.iter().map(|exchange| NetworkLink {
        source: exchange.giver_enterprise.to_string(),
        target: exchange.taker_enterprise.to_string(),
        value: exchange.benefit_vnd / 1e6,
        name: super::stream_name(&words, &exchange.giver),
        kind: reasons::kind_code(exchange.kind),
        chosen: true,
        note: format!("{} {}", page.n(exchange.quantity, 0), reasons::exchange_unit(exchange.unit)),
        href: href(exchange).unwrap_or_default(),
    });
    Network { unit: page.t("matching-network-unit"), nodes: nodes.collect(), links: links.collect() }
}

fn flow(page: &Page, names: &Names, pairs: &BTreeMap<(&EnterpriseId, &EnterpriseId), f64>, roles: &Roles) -> Sankey {
    let nodes = roles.iter().map(|(id, (gives, takes))| SankeyNode {
        id: id.to_string(),
        name: names.enterprise(id),
        kind: match (gives, takes) {
            (true, true) => "exchange",
            (true, false) => "input",
            _ => "output",
        },
    });
    let links = pairs.iter().map(|((giver, taker), value)| SankeyLink {
        source: giver.to_string(),
        target: taker.to_string(),
        value: *value,
    });
    Sankey { unit: page.t("matching-network-unit"), nodes: nodes.collect(), links: links.collect() }
}
