//! Matching: feasible exchanges with their reasons, the best network with its proof, and why streams find no match.

mod beyond;
pub mod deal;
mod figures;
mod likely;
pub mod network;
mod own_deal;
mod ranking;
mod waiting;
mod works;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, ParkId};
use engine::matching::{Exchange, MatchingRules, Proof, ShadowPrice, Standing, Unmatched};
use engine::park::Direction;
use engine::report::ParkReport;
use engine::source::Basis;

use super::frame::{self, ParkFrame};
use super::report::{Part, Words, words as report_words};
use super::steps::{self, Mark, Number};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::publish::{self, CodedExchange, MatchingTotals};
use crate::reasons::{self, Reasons};
use crate::state::{App, ParkView};
use crate::web::routes::{Routes, Rule};
use crate::wording::Names;
use figures::{Figures, PricedRow};
pub use network::DrawnNetwork;
use ranking::{Quality, TakerRow, likely_takers, quality};
pub use waiting::{Asker, Awaited, Computing, Waiting};

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/matching", Rule::Park, list)
        .get("/parks/{park}/matching/{exchange}", Rule::WholePark, one)
        .get("/parks/{park}/matching/{exchange}/deal.pdf", Rule::WholePark, deal::pdf)
        .get("/parks/{park}/matching/{exchange}/deal.docx", Rule::WholePark, deal::docx)
        .get("/parks/{park}/matching/{exchange}/deal.xlsx", Rule::WholePark, deal::xlsx)
        .get("/parks/{park}/enterprises/{enterprise}/beyond", Rule::Enterprise, beyond::show)
        .get("/parks/{park}/enterprises/{enterprise}/deals/{stream}/{partner}", Rule::Enterprise, own_deal::show)
        .get("/parks/{park}/matching/jobs/{job}", Rule::Park, waiting::progress)
        .post("/parks/{park}/matching/jobs/{job}/cancel", Rule::Park, waiting::cancel)
        .merge(network::routes())
}

#[derive(Template)]
#[template(path = "matching.html")]
struct List {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    has_streams: bool,
    counts: Vec<(String, String)>,
    observe: String,
    parts: Vec<PartRow>,
    /// In place of the network and its parts.
    waiting: Option<Waiting>,
    whole: Option<Whole>,
    likely: Option<likely::Likely>,
    own: Option<Own>,
    /// Where the enterprise looks for partners in other parks; empty for those who have none of their own.
    beyond: String,
    quality: Option<Quality>,
    source: String,
}

/// Sums of one kind of stream, withheld where they must be.
struct PartRow {
    kind: String,
    unit: &'static str,
    exchanges: Number,
    quantity: Number,
    benefit: Number,
}

/// Everything by name.
struct Whole {
    /// The page where the network is decided.
    decide: String,
    figures: Option<Figures>,
    chosen: Vec<PricedRow>,
    proof: String,
    works: Option<works::WorksShown>,
    candidates: Vec<CandidateRow>,
    needs: Vec<NeedRow>,
    prices: Vec<PriceRow>,
    unmatched: Vec<UnmatchedRow>,
    assumptions: Vec<AssumptionRow>,
}

struct CandidateRow {
    href: String,
    giver: String,
    taker: String,
    stream: String,
    is_hazardous: bool,
    is_chosen: bool,
    is_running: bool,
    standing: String,
    standing_class: &'static str,
    score: Number,
    quantity: Number,
    unit: &'static str,
    per_unit: Number,
    benefit: Number,
    distance: Number,
    precedent: String,
    reasons: Vec<String>,
    is_unconfirmed: bool,
    mark: Mark,
}

struct NeedRow {
    href: String,
    pair: String,
    missing: Vec<String>,
    at_stake: Number,
}

struct PriceRow {
    stream: String,
    direction: String,
    unit: &'static str,
    price: Number,
    quantity: Number,
    used: Number,
}

struct UnmatchedRow {
    summary: String,
    obstacles: Vec<String>,
    attempts: Vec<AttemptRow>,
    takers: Vec<TakerRow>,
}

struct AttemptRow {
    pair: String,
    obstacles: Vec<String>,
    missing: Vec<String>,
    distance: Number,
    is_unconfirmed: bool,
}

struct AssumptionRow {
    name: String,
    value: Number,
    unit: String,
    source: String,
    is_unconfirmed: bool,
}

/// What one enterprise sees of its own exchanges.
struct Own {
    ready: usize,
    rows: Vec<OwnRow>,
    unmatched: Vec<UnmatchedRow>,
}

struct OwnRow {
    /// Its deal sheet.
    href: String,
    stream: String,
    direction: String,
    partner: String,
    quantity: String,
    benefit: String,
    distance: String,
    standing: String,
    standing_class: &'static str,
    is_chosen: bool,
    reasons: Vec<String>,
    precedents: String,
    missing: Vec<String>,
}

async fn list(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let (view, waiting) = frame::view_so_far(&app, &page, &park).await?;
    let report = &view.computed.report;
    let totals = publish::matching_totals(report, view.computed.told());
    let own = match &view.sight {
        Sight::Own(enterprise) => Some(own(&app, &page, &view, enterprise)),
        _ => None,
    };
    let likely = match view.sight {
        Sight::Whole => Some(likely::of(&app, &page, &view).await?),
        _ => None,
    };
    let beyond = match &view.sight {
        Sight::Own(enterprise) => page.at(&format!("/parks/{park}/enterprises/{enterprise}/beyond")),
        _ => String::new(),
    };
    let template = List {
        likely,
        beyond,
        first_line: match &waiting {
            Some(waiting) => page.t(network::not_yet_key(Some(waiting))),
            None => first_line(&page, &view, &totals, own.as_ref()),
        },
        waiting,
        has_streams: totals.streams > 0,
        counts: counts(&page, &totals, view.computed.lacks_network),
        parts: parts(&page, &view, &totals),
        whole: (view.sight == Sight::Whole).then(|| whole(&app, &page, &view)),
        quality: (own.is_some() || view.sight == Sight::Whole).then(|| quality(&page)).flatten(),
        own,
        source: steps::source_line(&page, report),
        observe: page.at(&format!("/parks/{park}/observe")),
        frame: ParkFrame::of(&app, &page, &view, "matching"),
        page,
    };
    html(&template)
}

fn first_line(page: &Page, view: &ParkView, totals: &MatchingTotals, own: Option<&Own>) -> String {
    let ready = page.count(totals.ready);
    if totals.streams == 0 {
        return page.t("matching-empty");
    }
    if totals.ready == 0 {
        let (streams, unmatched) = (page.count(totals.streams), page.count(totals.streams_without_exchange));
        return page.t2("matching-first-none", "streams", streams, "unmatched", unmatched);
    }
    if let Some(own) = own {
        return page.t2("matching-first-own", "own", page.count(own.ready), "ready", ready);
    }
    let network = &view.computed.report.network;
    let benefit = match view.sight {
        Sight::Whole => Some(network.benefit_vnd),
        _ => totals.benefit_vnd.value,
    };
    match benefit {
        Some(benefit) => page.t3(
            "matching-first",
            "ready",
            ready,
            "benefit",
            page.money(benefit),
            "proof",
            proof(page, &view.computed.report),
        ),
        None => page.t1("matching-first-withheld", "ready", ready),
    }
}

fn proof(page: &Page, report: &ParkReport) -> String {
    match report.network.proof {
        Proof::Optimal => page.t("matching-proven"),
        Proof::Gap => page.t1("matching-not-proven", "gap", page.n(100.0 * report.network.gap, 2)),
    }
}

fn counts(page: &Page, totals: &MatchingTotals, lacks_network: bool) -> Vec<(String, String)> {
    let counts = [
        ("matching-streams", totals.streams),
        ("matching-ready", totals.ready),
        ("matching-needs-data", totals.needs_data),
        ("matching-needs-analysis", totals.needs_analysis),
        ("matching-rejected", totals.rejected),
        ("matching-unmatched", totals.streams_without_exchange),
        ("matching-links-used", totals.chosen),
    ];
    let told = counts.into_iter().filter(|(key, _)| !(lacks_network && *key == "matching-links-used"));
    told.map(|(key, count)| (page.t(key), page.count(count))).collect()
}

fn parts(page: &Page, view: &ParkView, totals: &MatchingTotals) -> Vec<PartRow> {
    let network = &view.computed.report.network;
    let is_whole = view.sight == Sight::Whole;
    network
        .parts
        .iter()
        .zip(&totals.parts)
        .map(|(part, total)| PartRow {
            kind: reasons::kind_name(page.language, part.kind),
            unit: reasons::exchange_unit(part.unit),
            exchanges: Number::new(page, part.links_used as f64, 0),
            quantity: if is_whole {
                Number::new(page, part.quantity, 0)
            } else {
                Number::sum(page, total.quantity, 1.0, 0)
            },
            benefit: if is_whole {
                Number::new(page, part.benefit_vnd / 1e6, 0)
            } else {
                Number::sum(page, total.benefit_vnd, 1e6, 0)
            },
        })
        .collect()
}

fn whole(app: &App, page: &Page, view: &ParkView) -> Whole {
    let computed = &view.computed;
    let report = &computed.report;
    let words = Reasons { language: page.language, catalogue: app.catalogue, park: &computed.park };
    let names = frame::names(app, page, view);
    let candidates = &report.candidates;
    let network = &report.network;
    Whole {
        decide: page.at(&format!("/parks/{}/matching/network", report.park)),
        chosen: figures::chosen(page, &names, &words, report),
        figures: (!network.exchanges.is_empty()).then(|| Figures::of(page, &names, computed)),
        proof: page.t3(
            "matching-proof-line",
            "benefit",
            page.money(network.benefit_vnd),
            "bound",
            page.money(network.bound_vnd),
            "gap",
            page.n(100.0 * network.gap, 2),
        ),
        works: works_shown(page, &names, view),
        candidates: candidates.exchanges.iter().map(|e| candidate(page, &names, &words, report, e)).collect(),
        needs: candidates
            .exchanges
            .iter()
            .filter(|exchange| exchange.standing != Standing::Ready)
            .map(|exchange| need(page, &words, report, exchange))
            .collect(),
        prices: network.prices.iter().map(|price| price_row(page, &words, price)).collect(),
        unmatched: candidates.unmatched.iter().map(|row| unmatched(app, page, &names, &words, row)).collect(),
        assumptions: assumptions(page),
    }
}

fn works_shown(page: &Page, names: &Names, view: &ParkView) -> Option<works::WorksShown> {
    let of_network = view.computed.report.network.works.as_ref();
    let paid = of_network.map_or(&[][..], |works| &works.paid);
    let refusal = of_network.and_then(|works| works.refusal);
    works::shown(page, names, &view.computed.park, paid, refusal)
}

fn exchange_path(report: &ParkReport, code: &str) -> String {
    format!("/parks/{}/matching/{}", report.park, escape(code))
}

fn candidate(page: &Page, names: &Names, words: &Reasons, report: &ParkReport, exchange: &Exchange) -> CandidateRow {
    let path = exchange_path(report, &exchange.code());
    let per_unit = exchange.benefit.per_unit_vnd;
    CandidateRow {
        href: page.at(&path),
        giver: names.enterprise(&exchange.giver_enterprise),
        taker: names.enterprise(&exchange.taker_enterprise),
        stream: stream_name(words, &exchange.giver),
        is_hazardous: exchange.hazardous,
        is_chosen: is_chosen(report, exchange),
        is_running: !exchange.running.is_empty(),
        standing: reasons::standing(page.language, exchange.standing),
        standing_class: reasons::standing_class(exchange.standing),
        score: Number::new(page, 100.0 * exchange.score.value, 0),
        quantity: Number::maybe(page, exchange.quantity, 0),
        unit: reasons::exchange_unit(exchange.unit),
        per_unit: Number::maybe(page, per_unit.map(|vnd| vnd / 1e3), 1),
        benefit: Number::maybe(page, per_unit.zip(exchange.quantity).map(|(vnd, quantity)| vnd * quantity / 1e6), 1),
        distance: Number::maybe(page, exchange.distance_km, 2),
        precedent: reasons::seen_at(&exchange.reasons).unwrap_or("–").to_string(),
        reasons: exchange.reasons.iter().map(|reason| words.reason(reason)).collect(),
        is_unconfirmed: reasons::is_unconfirmed(&exchange.reasons, &[]),
        mark: Mark::new(page, Basis::Calculated, &path),
    }
}

fn stream_name(words: &Reasons, id: &engine::ids::StreamId) -> String {
    let stream = words.park.streams.iter().find(|stream| stream.id == *id);
    stream.map_or_else(|| id.to_string(), |stream| stream.name.get(words.language).to_string())
}

fn is_chosen(report: &ParkReport, exchange: &Exchange) -> bool {
    report.network.exchanges.iter().any(|chosen| chosen.giver == exchange.giver && chosen.taker == exchange.taker)
}

fn need(page: &Page, words: &Reasons, report: &ParkReport, exchange: &Exchange) -> NeedRow {
    let yearly = exchange.benefit.per_unit_vnd.or(exchange.benefit.at_most_vnd).zip(exchange.quantity);
    NeedRow {
        href: page.at(&exchange_path(report, &exchange.code())),
        pair: format!("{} → {}", words.stream(&exchange.giver), words.stream(&exchange.taker)),
        missing: exchange.missing.iter().map(|missing| words.missing(missing)).collect(),
        at_stake: Number::maybe(page, yearly.map(|(vnd, quantity)| vnd * quantity / 1e6), 1),
    }
}

fn price_row(page: &Page, words: &Reasons, price: &ShadowPrice) -> PriceRow {
    PriceRow {
        stream: words.stream(&price.stream),
        direction: direction(page, price.direction),
        unit: reasons::exchange_unit(price.unit),
        price: Number::new(page, price.vnd_per_unit / 1e3, 1),
        quantity: Number::new(page, price.quantity, 0),
        used: Number::new(page, price.quantity_used, 0),
    }
}

fn direction(page: &Page, direction: Direction) -> String {
    page.t(match direction {
        Direction::Give => "matching-direction-give",
        Direction::Take => "matching-direction-take",
    })
}

fn unmatched(app: &App, page: &Page, names: &Names, words: &Reasons, unmatched: &Unmatched) -> UnmatchedRow {
    UnmatchedRow {
        summary: page.t3(
            "matching-why-not-summary",
            "stream",
            words.stream(&unmatched.stream),
            "count",
            page.count(unmatched.counterparts),
            "obstacles",
            page.count(unmatched.obstacles.len()),
        ),
        obstacles: unmatched.obstacles.iter().map(|obstacle| words.obstacle(obstacle)).collect(),
        attempts: unmatched
            .attempts
            .iter()
            .map(|attempt| AttemptRow {
                pair: format!("{} → {}", names.enterprise(&attempt.giver_enterprise), words.stream(&attempt.taker)),
                obstacles: attempt.obstacles.iter().map(|obstacle| words.obstacle(obstacle)).collect(),
                missing: attempt.missing.iter().map(|missing| words.missing(missing)).collect(),
                distance: Number::maybe(page, attempt.distance_km, 2),
                is_unconfirmed: reasons::is_unconfirmed(&attempt.reasons, &attempt.obstacles),
            })
            .collect(),
        takers: likely_takers(page, app.catalogue, words.park, &unmatched.stream),
    }
}

fn assumptions(page: &Page) -> Vec<AssumptionRow> {
    MatchingRules::default()
        .assumptions()
        .into_iter()
        .map(|(_, assumption)| AssumptionRow {
            name: assumption.label().get(page.language).to_string(),
            value: Number::new(page, assumption.value, if assumption.value.fract() == 0.0 { 0 } else { 1 }),
            unit: if assumption.unit == "1" { String::new() } else { assumption.unit.clone() },
            source: assumption.source.clone(),
            is_unconfirmed: assumption.unconfirmed,
        })
        .collect()
}

fn own(app: &App, page: &Page, view: &ParkView, enterprise: &EnterpriseId) -> Own {
    let coded = publish::own_matching(&view.computed.report, view.computed.told(), enterprise);
    let words = Reasons { language: page.language, catalogue: app.catalogue, park: &view.computed.park };
    Own {
        ready: coded.exchanges.iter().filter(|exchange| exchange.standing == Standing::Ready).count(),
        rows: coded
            .exchanges
            .iter()
            .map(|exchange| own_row(page, &words, &view.key.id, enterprise, exchange))
            .collect(),
        unmatched: coded
            .unmatched
            .iter()
            .map(|row| UnmatchedRow {
                summary: page.t3(
                    "matching-why-not-summary",
                    "stream",
                    stream_name(&words, &row.own_stream),
                    "count",
                    page.count(row.counterparts),
                    "obstacles",
                    page.count(row.obstacles.len()),
                ),
                obstacles: Vec::new(),
                attempts: row
                    .attempts
                    .iter()
                    .map(|(partner, obstacles)| AttemptRow {
                        pair: page.t1("steps-enterprise-code", "code", partner),
                        obstacles: obstacles.iter().map(|word| reasons::coded_obstacle(page.language, word)).collect(),
                        missing: Vec::new(),
                        distance: Number::none(),
                        is_unconfirmed: obstacles.iter().any(|word| word.code == "hazardous_unlicensed"),
                    })
                    .collect(),
                takers: likely_takers(page, app.catalogue, words.park, &row.own_stream),
            })
            .collect(),
    }
}

fn own_row(page: &Page, words: &Reasons, park: &ParkId, own: &EnterpriseId, exchange: &CodedExchange) -> OwnRow {
    let unit = if exchange.unit == "m3" { "m³" } else { exchange.unit.as_str() };
    let between = |(low, high): (f64, f64), unit: &str| {
        page.t3("matching-band-from-to", "from", page.n(low, 0), "to", page.n(high, 0), "unit", unit)
    };
    let money = |(low, high): (f64, f64)| format!("{} – {}", page.money(low), page.money(high));
    let (stream, partner) = (escape(exchange.own_stream.as_str()), &exchange.partner);
    OwnRow {
        href: page.at(&format!("/parks/{park}/enterprises/{own}/deals/{stream}/{partner}")),
        stream: stream_name(words, &exchange.own_stream),
        direction: direction(page, exchange.direction),
        partner: page.t1("steps-enterprise-code", "code", &exchange.partner),
        quantity: exchange.quantity_band.map_or("–".to_string(), |band| between(band, unit)),
        benefit: exchange.benefit_band_vnd.map_or("–".to_string(), money),
        distance: match exchange.distance_band_km {
            Some((low, Some(high))) => between((low, high), "km"),
            Some((low, None)) => page.t2("matching-band-beyond", "from", page.n(low, 0), "unit", "km"),
            None => "–".to_string(),
        },
        standing: reasons::standing(page.language, exchange.standing),
        standing_class: reasons::standing_class(exchange.standing),
        is_chosen: exchange.chosen,
        reasons: coded_reasons(page, &exchange.reasons),
        precedents: exchange.precedents.join("; "),
        missing: exchange.missing.iter().map(|side| reasons::coded_missing(page.language, side)).collect(),
    }
}

/// Reasons without their figures: several limits that are kept are one of them.
fn coded_reasons(page: &Page, codes: &[String]) -> Vec<String> {
    let mut words: Vec<String> = codes.iter().map(|code| reasons::coded_reason(page.language, code)).collect();
    words.dedup();
    words
}

#[derive(Template)]
#[template(path = "exchange.html")]
struct One {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    title: String,
    row: CandidateRow,
    parts: Vec<(String, Number)>,
    missing: Vec<String>,
    assumptions: Vec<AssumptionRow>,
    /// The deal sheet, as its files print it.
    document: Words,
    /// In place of the split.
    waiting: Option<Waiting>,
    downloads: Vec<(String, String)>,
    list: String,
}

/// One exchange with what its benefit is made of, where its figures come from, and its deal sheet.
async fn one(
    State(app): State<App>,
    page: Page,
    UrlPath((park, code)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let report = &view.computed.report;
    let exchange = deal::exchange(&app, &page, &view, &code).await?;
    let (sheet, waiting) = deal::sheet(&app, &page, &view, exchange).await?;
    let words = Reasons { language: page.language, catalogue: app.catalogue, park: &view.computed.park };
    let names = frame::names(&app, &page, &view);
    let row = candidate(&page, &names, &words, report, exchange);
    let benefit = &exchange.benefit;
    let parts = [
        ("matching-part-disposal", benefit.avoided_disposal_vnd),
        ("matching-part-purchase", benefit.avoided_purchase_vnd),
        ("matching-part-treatment", benefit.treatment_vnd.map(|vnd| -vnd)),
        ("matching-part-haulage", benefit.haulage_vnd.map(|vnd| -vnd)),
        ("matching-per-unit", benefit.per_unit_vnd),
    ];
    let first_line = match (benefit.per_unit_vnd, exchange.quantity) {
        (Some(per_unit), Some(quantity)) => crate::words::text_with(
            page.language,
            "matching-exchange-first",
            &[
                ("standing", &row.standing),
                ("benefit", &page.money(per_unit)),
                ("unit", row.unit),
                ("quantity", &page.n(quantity, 0)),
            ],
        ),
        _ => page.t1("matching-exchange-open", "standing", &row.standing),
    };
    let template = One {
        first_line,
        title: page.t2(
            "matching-exchange-title",
            "giver",
            words.stream(&exchange.giver),
            "taker",
            words.stream(&exchange.taker),
        ),
        parts: parts.map(|(key, vnd)| (page.t(key), Number::maybe(&page, vnd.map(|vnd| vnd / 1e3), 1))).into(),
        missing: exchange.missing.iter().map(|missing| words.missing(missing)).collect(),
        assumptions: assumptions(&page),
        document: report_words(&page, deal::document(&sheet, &view.computed, page.language)),
        downloads: ["pdf", "docx", "xlsx"]
            .map(|format| {
                let path = exchange_path(report, &code);
                (page.t(&format!("deal-download-{format}")), page.at(&format!("{path}/deal.{format}")))
            })
            .into(),
        list: page.at(&format!("/parks/{park}/matching")),
        waiting,
        frame: ParkFrame::of(&app, &page, &view, "matching"),
        row,
        page,
    };
    html(&template)
}
