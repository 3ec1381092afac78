//! Quantities and prices drawn at random: a job that is started, watched and stopped, and its answer on the page.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ParkId;
use engine::matching::carbon::ExchangeFactors;
use engine::matching::objective::{Ground, Objective};
use engine::matching::robustness::{Distribution, Simulated, Simulation, Spread};
use serde::Deserialize;

use super::rows::scaled;
use super::{decision, template};
use crate::decision::{Asked, Decision};
use crate::error::AppError;
use crate::jobs::Job;
use crate::page::{Bars, Page, html, island};
use crate::reasons::Reasons;
use crate::state::{App, ParkView};
use crate::web::frame;
use crate::web::steps::Number;
use crate::wording;

const MOST_DRAWS: usize = 10_000;
/// Draws between two looks at whether the job was stopped.
const PART: usize = 25;

/// What a job ends in, with the network that it is about.
pub struct DrawnNetwork {
    ground: Ground,
    objective: Objective,
    spread: Spread,
    simulated: Simulated,
}

/// The section of the page.
#[derive(Default)]
pub struct Draws {
    pub faults: Vec<String>,
    pub action: String,
    pub draws: String,
    pub seed: String,
    pub quantity: String,
    pub price: String,
    pub running: Option<Running>,
    pub is_stopped: bool,
    /// The park has changed since, or what the reader may see of it.
    pub is_outdated: bool,
    pub result: Option<Drawn>,
}

/// A job on its way.
#[derive(Template)]
#[template(path = "network_job.html")]
pub struct Running {
    pub page: Page,
    pub progress_path: String,
    pub cancel_path: String,
    pub done: usize,
    pub of: usize,
}

pub struct Drawn {
    pub finding: String,
    pub terms: String,
    pub unit: String,
    pub policies: Vec<PolicyRow>,
    pub chart: String,
    /// Exchange, its share of draws, and whether it is in the network as declared.
    pub uses: Vec<(String, Number, bool)>,
}

/// What one policy comes to.
pub struct PolicyRow {
    pub name: String,
    pub cells: Vec<Number>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Order {
    draws: String,
    seed: String,
    quantity: String,
    price: String,
}

/// An order that can be carried out.
struct Terms {
    draws: usize,
    seed: u64,
    spread: Spread,
}

impl Terms {
    /// Everything that is wrong at once.
    fn of(page: &Page, order: &Order) -> Result<Terms, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut number = |key: &str, text: &str, otherwise: f64, least: f64, most: f64| -> f64 {
            let place = Place { file: page.t("network-draws"), column: Some(key.to_string()), ..Place::default() };
            let text = text.trim();
            let fault = |kind| Fault { place, kind, found: text.to_string(), expected: format!("{least} – {most}") };
            match text.replace(',', ".").parse::<f64>() {
                _ if text.is_empty() => otherwise,
                Ok(value) if (least..=most).contains(&value) => value,
                Ok(_) => {
                    faults.push(fault(FaultKind::OutOfRange));
                    otherwise
                }
                Err(_) => {
                    faults.push(fault(FaultKind::NotANumber));
                    otherwise
                }
            }
        };
        let price = ExchangeFactors::default().spread_price.value;
        let draws = number("draws", &order.draws, 1_000.0, 100.0, MOST_DRAWS as f64);
        let seed = number("seed", &order.seed, 1.0, 0.0, 1e9);
        let quantity = match order.quantity.trim() {
            "" => None,
            text => Some(number("quantity", text, 0.0, 0.0, 100.0) / 100.0),
        };
        let price = number("price", &order.price, 100.0 * price, 0.0, 100.0) / 100.0;
        let (draws, seed) = (draws as usize, seed as u64);
        if faults.is_empty() { Ok(Terms { draws, seed, spread: Spread { quantity, price } }) } else { Err(faults) }
    }
}

pub async fn start(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    Form(order): Form<Order>,
) -> Result<Response, AppError> {
    // The form is sent to the address of the draws with what the page was asked.
    let page = Page { path: format!("/parks/{park}/matching/network"), ..page };
    let view = frame::view_begun(&app, &page, &park).await?;
    let asked = Asked::of(page.language, &page.query, &view.computed.park);
    let (Some(decision), waiting) = decision(&app, &page, &view, &asked).await? else {
        // There is no network yet to draw for; the page shows how far it is.
        return Ok(Redirect::to(&super::address(&page, &BTreeMap::new())).into_response());
    };
    let terms = match Terms::of(&page, &order) {
        Ok(terms) => terms,
        Err(faults) => {
            let mut draws = shown(&app, &page, &view, &asked, &decision);
            draws.faults = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
            (draws.draws, draws.seed, draws.quantity, draws.price) =
                (order.draws, order.seed, order.quantity, order.price);
            let response = html(&template(&app, page, &view, asked, Some(&decision), waiting, draws))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
        }
    };
    let (ground, chosen, objective) = (decision.base.ground, decision.base.chosen, asked.base.objective);
    let job = app.draws.start(&page.user.id, &view.key.id, terms.draws, move |job: &Job<DrawnNetwork>| {
        let factors = ExchangeFactors::default();
        let mut simulation = Simulation::new(&ground, &chosen, objective, terms.spread, &factors, terms.seed);
        while simulation.draws() < terms.draws {
            if job.is_cancelled() {
                return None;
            }
            simulation.advance(PART.min(terms.draws - simulation.draws()));
            job.tell(simulation.draws());
        }
        let simulated = simulation.finish()?;
        Some(DrawnNetwork { ground, objective, spread: terms.spread, simulated })
    });
    let job = job.map_err(|_| AppError::TooMany(30))?;
    let at = super::address(&page, &BTreeMap::from([("job", job.id.clone())]));
    Ok(Redirect::to(&format!("{at}#draws")).into_response())
}

/// How far a job is; once it is over, where its answer stands.
pub async fn progress(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let job = app.draws.find(&page.user.id, &ParkId::new(&park), &id).ok_or(AppError::NotFound)?;
    let page = Page { path: format!("/parks/{park}/matching/network"), ..page };
    if !page.is_fragment {
        let answer = super::address(&page, &BTreeMap::from([("job", id)]));
        return Ok(Redirect::to(&format!("{answer}#draws")).into_response());
    }
    if job.is_over() {
        // The script loads its page anew, which then holds the answer.
        return Ok([(HeaderName::from_static("hx-refresh"), "true")].into_response());
    }
    html(&running(&page, &ParkId::new(&park), &job))
}

fn running(page: &Page, park: &ParkId, job: &Job<DrawnNetwork>) -> Running {
    let at = |rest: &str| draws_path(page, park, &format!("/{}{rest}", job.id));
    Running { progress_path: at(""), cancel_path: at("/cancel"), done: job.done(), of: job.of, page: page.clone() }
}

/// An address of the draws that keeps what the page is asked.
fn draws_path(page: &Page, park: &ParkId, rest: &str) -> String {
    let path = format!("/parks/{park}/matching/network/draws{rest}");
    super::address(&Page { path, ..page.clone() }, &BTreeMap::from([("job", String::new())]))
}

pub async fn cancel(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let job = app.draws.find(&page.user.id, &ParkId::new(&park), &id).ok_or(AppError::NotFound)?;
    job.cancel();
    let page = Page { path: format!("/parks/{park}/matching/network"), ..page };
    Ok(Redirect::to(&format!("{}#draws", super::address(&page, &BTreeMap::from([("job", id)])))).into_response())
}

/// The section as the address asks for it: the job that it names, if it is the reader's and about this network.
pub fn shown(app: &App, page: &Page, view: &ParkView, asked: &Asked, decision: &Decision) -> Draws {
    let park = &view.key.id;
    let mut draws = Draws {
        action: draws_path(page, park, ""),
        draws: "1000".to_string(),
        seed: "1".to_string(),
        ..Draws::default()
    };
    let Some(job) = page.query.get("job").and_then(|id| app.draws.find(&page.user.id, park, id)) else {
        return draws;
    };
    match job.answer() {
        // The same streams and links as now: what was withdrawn or mended since is told of no longer.
        Some(drawn) if drawn.ground == decision.base.ground && drawn.objective == asked.base.objective => {
            draws.draws = drawn.simulated.draws.to_string();
            draws.seed = drawn.simulated.seed.to_string();
            draws.quantity =
                drawn.spread.quantity.map_or_else(String::new, |share| (100.0 * share).round().to_string());
            draws.price = (100.0 * drawn.spread.price).round().to_string();
            draws.result = Some(result(app, page, view, decision, drawn));
        }
        Some(_) => draws.is_outdated = true,
        None if job.is_over() || job.is_cancelled() => draws.is_stopped = true,
        None => {
            draws.running = Some(running(page, park, &job));
        }
    }
    draws
}

fn result(app: &App, page: &Page, view: &ParkView, decision: &Decision, drawn: &DrawnNetwork) -> Drawn {
    let reasons = Reasons { language: page.language, catalogue: app.catalogue, park: &view.computed.park };
    let (simulated, objective) = (&drawn.simulated, drawn.objective);
    let number = |value: f64| {
        let (value, decimals) = scaled(objective, value);
        Number::new(page, value, decimals)
    };
    let unit = super::rows::unit(page, objective);
    let row =
        |key: &str, of: &Distribution| PolicyRow {
            name: page.t(key),
            cells: [of.mean, of.mean_error, of.sd]
                .into_iter()
                .chain(of.quantiles)
                .map(number)
                .chain([Number::new(page, 100.0 * of.below_plan, 0)])
                .chain([&of.risk_90, &of.risk_95].into_iter().flat_map(|risk| {
                    [risk.value_at_risk, risk.interval.0, risk.interval.1, risk.conditional].map(number)
                }))
                .collect(),
        };
    let mut uses: Vec<(usize, f64)> = simulated.use_shares.iter().copied().enumerate().collect();
    uses.retain(|(link, share)| *share > 0.0 || decision.base.chosen.flows[*link] > 0);
    uses.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let risk = &simulated.fixed.risk_95;
    Drawn {
        finding: page.t3(
            "network-draws-finding",
            "value",
            format!("{} {unit}", number(risk.value_at_risk).shown),
            "low",
            number(risk.interval.0).shown,
            "high",
            number(risk.interval.1).shown,
        ),
        terms: page.t3(
            "network-draws-terms",
            "draws",
            page.count(simulated.draws),
            "seed",
            simulated.seed,
            "planned",
            format!("{} {unit}", number(simulated.planned).shown),
        ),
        policies: vec![
            row("network-policy-fixed", &simulated.fixed),
            row("network-policy-again", &simulated.chosen_again),
        ],
        chart: island(&chart(page, objective, &unit, simulated)),
        uses: uses
            .into_iter()
            .map(|(link, share)| {
                let one = &drawn.ground.links[link];
                let (giver, taker) = (&drawn.ground.givers[one.giver].stream, &drawn.ground.takers[one.taker].stream);
                let name = format!("{} → {}", reasons.stream(giver), reasons.stream(taker));
                (name, Number::new(page, 100.0 * share, 0), decision.base.chosen.flows[link] > 0)
            })
            .collect(),
        unit,
    }
}

/// Quantiles of both policies side by side.
fn chart(page: &Page, objective: Objective, unit: &str, simulated: &Simulated) -> Bars<f64> {
    let series = |key: &str, role, of: &Distribution| crate::page::BarSeries {
        name: page.t(key),
        role,
        values: of.quantiles.iter().map(|value| scaled(objective, *value).0).collect(),
    };
    Bars {
        unit: unit.to_string(),
        value_name: page.t("network-draws-result"),
        direction: "vertical",
        stacked: false,
        categories: ["5 %", "25 %", "50 %", "75 %", "95 %"].map(str::to_string).into(),
        series: vec![
            series("network-policy-fixed", "first", &simulated.fixed),
            series("network-policy-again", "second", &simulated.chosen_again),
        ],
    }
}
