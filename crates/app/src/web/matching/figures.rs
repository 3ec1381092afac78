//! The best network as a drawing, as a flow of benefit, and as a table. Only for those who may see every enterprise.

mod stops;

use std::collections::BTreeMap;

use engine::matching::{ChosenExchange, Exchange};
use engine::report::ParkReport;
use engine::source::Basis;
use serde::Serialize;

use super::super::steps::{Mark, Number};
use crate::page::{Page, island};
use crate::reasons::{self, Reasons};
use crate::state::Computed;
use crate::wording::Names;
use stops::{Party, Stop, Stops};

/// Both charts with their findings.
pub struct Figures {
    pub network: String,
    pub network_finding: String,
    pub sankey: String,
    pub sankey_finding: String,
    /// Giver, taker and million VND a year: the table of the flow.
    pub pairs: Vec<(Party, Party, Number)>,
}

/// What every table of a network's exchanges tells of one.
pub struct ChosenRow {
    /// Empty where the exchange does not pay and so has no page.
    pub href: String,
    pub giver: Party,
    pub taker: Party,
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
        let stops = Stops { page, names, park: words.park };
        ChosenRow {
            href: if has_page(report, exchange) { page.at(&path(report, exchange)) } else { String::new() },
            giver: stops.party(stops.giver(exchange)),
            taker: stops.party(stops.taker(exchange)),
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
    href: String,
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
        let stops = Stops { page, names, park: &computed.park };
        let benefit_vnd = exchanges.iter().map(|exchange| exchange.benefit_vnd).fold(0.0, std::ops::Add::add);
        let mut pairs = Pairs::new();
        let mut roles = Roles::new();
        for exchange in exchanges {
            let (giver, taker) = (stops.giver(exchange), stops.taker(exchange));
            *pairs.entry((giver, taker)).or_default() += exchange.benefit_vnd / 1e6;
            roles.entry(giver).or_default().0 = true;
            roles.entry(taker).or_default().1 = true;
        }
        let mut rows: Vec<_> = pairs
            .iter()
            .map(|((giver, taker), value)| (stops.name(*giver), stops.name(*taker), *giver, *taker, *value))
            .collect();
        rows.sort_by(|a, b| b.4.total_cmp(&a.4).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        let row = |(_, _, giver, taker, value)| (stops.party(giver), stops.party(taker), Number::new(page, value, 1));
        let finding = match computed.park.works.is_empty() {
            true => "matching-network-finding",
            false => "matching-network-finding-before-costs",
        };
        Figures {
            network: island(&drawing(&stops, computed, exchanges, &roles)),
            network_finding: page.t2(finding, "count", page.count(exchanges.len()), "benefit", page.money(benefit_vnd)),
            sankey: island(&flow(&stops, &pairs, &roles)),
            sankey_finding: sankey_finding(page, &roles),
            pairs: rows.into_iter().map(row).collect(),
        }
    }
}

/// Giver and taker with what they exchange, million VND a year.
type Pairs<'a> = BTreeMap<(Stop<'a>, Stop<'a>), f64>;

/// Who gives, who takes.
type Roles<'a> = BTreeMap<Stop<'a>, (bool, bool)>;

/// Plants are counted apart: they only pass on.
fn sankey_finding(page: &Page, roles: &Roles) -> String {
    let enterprises = roles.iter().filter(|(stop, _)| matches!(stop, Stop::Enterprise(_)));
    let (gives, takes): (Vec<bool>, Vec<bool>) = enterprises.map(|(_, role)| *role).unzip();
    let count = |roles: &[bool]| page.count(roles.iter().filter(|role| **role).count());
    let (givers, takers, plants) = (count(&gives), count(&takes), roles.len() - gives.len());
    match plants {
        0 => page.t2("matching-sankey-finding", "givers", givers, "takers", takers),
        plants => {
            page.t3("matching-sankey-finding-plants", "givers", givers, "takers", takers, "plants", page.count(plants))
        }
    }
}

fn drawing(stops: &Stops, computed: &Computed, exchanges: &[ChosenExchange], roles: &Roles) -> Network {
    let (page, report) = (stops.page, &computed.report);
    let words = Reasons { language: page.language, catalogue: stops.names.catalogue, park: &computed.park };
    let nodes = roles.iter().map(|(stop, role)| {
        let place = stops.place(*stop);
        NetworkNode {
            id: stops.code(*stop),
            name: stops.name(*stop),
            lon: place.map(|place| place.longitude),
            lat: place.map(|place| place.latitude),
            kind: match (stop, role) {
                (Stop::Plant(_), _) => "plant",
                (_, (true, true)) => "both",
                (_, (true, false)) => "giver",
                _ => "taker",
            },
            href: stops.href(*stop),
        }
    });
    let href = |exchange: &ChosenExchange| has_page(report, exchange).then(|| page.at(&path(report, exchange)));
    let links = exchanges.iter().map(|exchange| NetworkLink {
        source: stops.code(stops.giver(exchange)),
        target: stops.code(stops.taker(exchange)),
        value: exchange.benefit_vnd / 1e6,
        name: super::stream_name(&words, &exchange.giver),
        kind: reasons::kind_code(exchange.kind),
        chosen: true,
        note: format!("{} {}", page.n(exchange.quantity, 0), reasons::exchange_unit(exchange.unit)),
        href: href(exchange).unwrap_or_default(),
    });
    Network { unit: page.t("matching-network-unit"), nodes: nodes.collect(), links: links.collect() }
}

fn flow(stops: &Stops, pairs: &Pairs, roles: &Roles) -> Sankey {
    let nodes = roles.iter().map(|(stop, role)| SankeyNode {
        id: stops.code(*stop),
        name: stops.name(*stop),
        kind: match (stop, role) {
            (Stop::Plant(_), _) => "plant",
            (_, (true, true)) => "exchange",
            (_, (true, false)) => "input",
            _ => "output",
        },
        href: stops.href(*stop),
    });
    let links = pairs.iter().map(|((giver, taker), value)| SankeyLink {
        source: stops.code(*giver),
        target: stops.code(*taker),
        value: *value,
    });
    Sankey { unit: stops.page.t("matching-network-unit"), nodes: nodes.collect(), links: links.collect() }
}
