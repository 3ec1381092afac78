//! The network as a decision: for what it is chosen, what one aim costs in the other, scenarios side by side, and what
//! is left when something fails. Everything that is asked stands in the address. Only for those who see every
//! enterprise; what was not shared with them is not in the park that is computed.

mod draws;
mod rows;
#[cfg(test)]
pub mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::AssumptionRow;
use super::figures::Figures;
use super::waiting::{self, Asker, Found, STOPPED, Waiting};
use super::works::{self, WorksShown};
use crate::decision::{Asked, Decision, Work, pose};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::reasons::Reasons;
use crate::state::{App, ParkView};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::web::steps;
use crate::wording;
pub use draws::DrawnNetwork;
use draws::Draws;
use rows::{Compared, Curve, ExchangeRow, FailureRow, LinkRow, ScenarioForm, Words};

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/matching/network", Rule::WholePark, show)
        .post("/parks/{park}/matching/network/draws", Rule::WholePark, draws::start)
        .get("/parks/{park}/matching/network/draws/{job}", Rule::WholePark, draws::progress)
        .post("/parks/{park}/matching/network/draws/{job}/cancel", Rule::WholePark, draws::cancel)
}

#[derive(Template)]
#[template(path = "network.html")]
struct Shown {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    proof: String,
    /// Where something could not be weighed, or a point of the curve is shown.
    notes: Vec<String>,
    faults: Vec<String>,
    matching: String,
    here: String,
    /// What every form of the page keeps of the address besides its own fields.
    kept_of_objective: Vec<(String, String)>,
    kept_of_scenarios: Vec<(String, String)>,
    objectives: Vec<Choice>,
    weights: [String; 3],
    curves: Vec<Choice>,
    figures: Option<Figures>,
    exchanges: Vec<ExchangeRow>,
    curve: Option<Curve>,
    scenarios: Vec<ScenarioForm>,
    compared: Option<Compared>,
    loss_unit: String,
    /// `None` where there are too many links to fail each of them while somebody waits.
    failures: Option<Vec<FailureRow>>,
    links: Option<Vec<LinkRow>>,
    works: Option<WorksShown>,
    /// In place of what is not computed yet, and where that begins.
    waiting: Option<Waiting>,
    stage: Stage,
    draws: Draws,
    source: String,
    assumptions: Vec<AssumptionRow>,
}

/// What the page waits for first; what comes after it waits as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Network,
    Scenarios,
    /// Curve, failures and links.
    Further,
}

async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    if page.query.values().any(String::is_empty) {
        // A sent form says more than it must.
        return Ok(Redirect::to(&address(&page, &BTreeMap::new())).into_response());
    }
    let view = frame::view_begun(&app, &page, &park).await?;
    let asked = Asked::of(page.language, &page.query, &view.computed.park);
    let (decision, waiting) = decision(&app, &page, &view, &asked).await?;
    let draws = decision.as_ref().map(|decision| draws::shown(&app, &page, &view, &asked, decision));
    let is_faulty = !asked.faults.is_empty();
    let response = html(&template(&app, page, &view, asked, decision.as_ref(), waiting, draws.unwrap_or_default()))?;
    Ok(if is_faulty { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// Everything that is asked, or what is known already and what the rest waits for: the network, then its scenarios, then
/// what takes many networks.
pub async fn decision(
    app: &App,
    page: &Page,
    view: &ParkView,
    asked: &Asked,
) -> Result<(Option<Decision>, Option<Waiting>), AppError> {
    let (computed, wanted, period, catalogue) = (view.computed.clone(), asked.clone(), page.period(), app.catalogue);
    let decided = tokio::task::spawn_blocking(move || {
        let posed = pose(&computed.park, catalogue, period, &wanted);
        if posed.is_heavy() { Err(posed) } else { Ok(posed.choose().completed(&wanted)) }
    });
    let posed = match decided.await.context("decide on the network")? {
        Ok(decision) => return Ok((Some(decision), None)),
        Err(posed) => posed,
    };
    let asker = Asker::of(page, &view.key.id);
    let waiting = |found: &Found| Some(Waiting::of(page, &view.key.id, found));
    let base = match app.awaited.networks(asker, vec![posed.base.clone()]).await {
        Ok(chosen) => chosen[0].clone(),
        Err(found) => return Ok((None, waiting(&found))),
    };
    let decision = match app.awaited.networks(asker, posed.of_scenarios()).await {
        Ok(chosen) => posed.begun(base, Some(&chosen)),
        Err(found) => return Ok((Some(posed.begun(base, None)), waiting(&found))),
    };
    let work = Work::of(&decision, asked);
    let found = app.awaited.ask(asker, decision.question(asked), work.parts(), move |job| {
        let further = work.run(&mut |done| {
            job.tell(done);
            !job.is_cancelled()
        })?;
        Some(waiting::Answer::Further(Arc::new(further)))
    });
    Ok(match found.await {
        Found::Ready(waiting::Answer::Further(further)) => (Some(decision.with(asked, further)), None),
        found => (Some(decision), waiting(&found)),
    })
}

fn template(
    app: &App,
    page: Page,
    view: &ParkView,
    asked: Asked,
    decision: Option<&Decision>,
    waiting: Option<Waiting>,
    draws: Draws,
) -> Shown {
    let names = frame::names(app, &page, view);
    let reasons = Reasons { language: page.language, catalogue: app.catalogue, park: &view.computed.park };
    let words = Words { page: &page, names: &names, reasons: &reasons, report: &view.computed.report };
    let shown = decision.map(Decision::shown);
    let exchanges = shown.map(rows::chosen_exchanges).unwrap_or_default();
    let failures = decision.and_then(|decision| decision.further.failures.as_ref());
    let links = decision.and_then(|decision| Some((decision, decision.further.critical.as_ref()?)));
    Shown {
        works: shown.and_then(|shown| {
            let paid = shown.ground.paid(&shown.chosen.flows);
            works::shown(&page, &names, &view.computed.park, &paid, shown.chosen.refusal)
        }),
        first_line: match decision {
            Some(decision) => words.first_line(&asked, decision),
            None => page.t(not_yet_key(waiting.as_ref())),
        },
        proof: shown.map_or(String::new(), |shown| words.proof(asked.base.objective, &shown.chosen)),
        notes: decision.map(|decision| words.notes(&asked, decision)).unwrap_or_default(),
        stage: match decision {
            None => Stage::Network,
            Some(decision) if decision.are_scenarios_pending => Stage::Scenarios,
            Some(_) => Stage::Further,
        },
        faults: asked.faults.iter().map(|fault| wording::fault(page.language, fault)).collect(),
        matching: page.at(&format!("/parks/{}/matching", view.key.id)),
        here: format!("/parks/{}/matching/network", view.key.id),
        kept_of_objective: kept(&page, |key| {
            !["objective", "money", "co2e", "kept", "curve", "point", "job", STOPPED].contains(&key)
        }),
        kept_of_scenarios: kept(&page, |key| !key.contains('.') && key != "job" && key != STOPPED),
        // As it was said, also where it was wrong: a form shows what was typed.
        objectives: words.objectives(page.query.get("objective").map_or("benefit", String::as_str)),
        weights: ["money", "co2e", "kept"].map(|key| page.query.get(key).cloned().unwrap_or_default()),
        curves: words.curves(asked.curve),
        figures: (!exchanges.is_empty()).then(|| Figures::of_exchanges(&page, &names, &view.computed, &exchanges)),
        exchanges: shown.map(|shown| words.exchanges(shown)).unwrap_or_default(),
        curve: decision.and_then(|decision| words.curve(&asked, decision)),
        scenarios: words.forms(&asked),
        compared: decision.and_then(|decision| words.compared(&asked, decision)),
        loss_unit: words.unit(asked.base.objective),
        failures: failures.map(|failures| words.failures(&asked, failures)),
        links: links.map(|(decision, links)| words.links(&asked, &decision.base, links)),
        source: steps::source_line(&page, &view.computed.report),
        assumptions: words.assumptions(),
        frame: ParkFrame::of(app, &page, view, "matching"),
        waiting,
        draws,
        page,
    }
}

/// Key of the first line where the network is not there.
pub fn not_yet_key(waiting: Option<&Waiting>) -> &'static str {
    if waiting.is_some_and(Waiting::is_running) { "network-first-waiting" } else { "network-first-lacking" }
}

/// What the address says besides the fields of a form.
fn kept(page: &Page, keeps: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let pairs = page.query.iter().filter(|(key, value)| !value.is_empty() && keeps(key));
    pairs.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// This address with some pairs changed; an empty value takes a pair away.
pub fn address(page: &Page, changes: &BTreeMap<&str, String>) -> String {
    let mut query = page.query.clone();
    query.extend(changes.iter().map(|(key, value)| (key.to_string(), value.clone())));
    let pairs = query.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    if pairs.is_empty() { page.path.clone() } else { format!("{}?{}", page.path, pairs.join("&")) }
}
