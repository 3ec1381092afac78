//! Scenarios: a change that somebody keeps under a name, shares, opens again and compares with another.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::assess::policy::wishes::{change_set, wishes_of_toml};
use engine::assess::policy::{ChangeSet, Verdict};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::Framework;
use engine::ids::{FrameworkId, ParkId};
use engine::language::format_date;
use serde::Deserialize;
use store::{NewScenario, Scenario, UserId};

use super::{Asked, ContextBar, context, render, trial};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::policy::note::finding;
use crate::policy::{Trial, population, wording as words};
use crate::state::App;
use crate::web::frame::Choice;
use crate::web::nation::{local, shown_period};
use crate::wording;

pub struct ScenarioLine {
    pub id: String,
    pub name: String,
    pub framework: String,
    pub author: String,
    pub saved: String,
    pub is_shared: bool,
    pub is_own: bool,
}

/// What the reader may open, the latest first.
pub async fn lines(app: &App, page: &Page) -> Result<Vec<ScenarioLine>, AppError> {
    let reader = UserId::new(&page.user.id);
    let scenarios = app.store.scenarios(&reader).await?;
    let mut authors: BTreeMap<UserId, String> = BTreeMap::new();
    for author in scenarios.iter().map(|scenario| &scenario.author) {
        if !authors.contains_key(author) {
            let name = app.store.user(author).await?.map(|user| user.name).unwrap_or_default();
            authors.insert(author.clone(), name);
        }
    }
    let catalogue = app.whole_catalogue().await?;
    let line = |scenario: Scenario| ScenarioLine {
        framework: wording::framework(&catalogue, page.language, &FrameworkId::new(&scenario.framework)),
        author: authors.get(&scenario.author).cloned().unwrap_or_default(),
        saved: local(scenario.saved_at_us).map(|at| format_date(at.date())).unwrap_or_default(),
        is_own: scenario.author == reader,
        is_shared: scenario.is_shared,
        id: scenario.id,
        name: scenario.name,
    };
    Ok(scenarios.into_iter().map(line).collect())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct New {
    name: String,
    framework: String,
    changes: String,
    shared: Option<String>,
}

const LONGEST_NAME: usize = 120;

pub async fn save(State(app): State<App>, mut page: Page, Form(form): Form<New>) -> Result<Response, AppError> {
    let catalogue = app.whole_catalogue().await?;
    let edition = catalogue.frameworks.get(&FrameworkId::new(&form.framework));
    let changes = edition.and_then(|edition| changes_of(&catalogue, edition, &form.changes));
    let name = form.name.trim();
    let is_named = !name.is_empty() && name.chars().count() <= LONGEST_NAME;
    let Some((edition, changes)) = edition.zip(changes).filter(|(_, changes)| is_named && !changes.is_empty()) else {
        // The page as it was, with what is wrong.
        page.query = form_address(&catalogue, &form);
        return render(&app, page, "policy-scenario-fault").await;
    };
    let new = NewScenario {
        name: name.to_string(),
        framework: edition.id.to_string(),
        changes: changes.to_toml(),
        is_shared: form.shared.is_some(),
    };
    let id = app.store.save_scenario(&page.user.actor(app.now_us()), &new).await?;
    Ok(Redirect::to(&format!("/policy/scenarios/{id}")).into_response())
}

fn changes_of(catalogue: &Catalogue, edition: &Framework, toml: &str) -> Option<ChangeSet> {
    let (wishes, faults) = wishes_of_toml("changes", toml);
    if faults.is_empty() { change_set(edition, &wishes, catalogue).ok() } else { None }
}

fn form_address(catalogue: &Catalogue, form: &New) -> BTreeMap<String, String> {
    let edition = catalogue.frameworks.get(&FrameworkId::new(&form.framework));
    let changes = edition.and_then(|edition| changes_of(catalogue, edition, &form.changes)).unwrap_or_default();
    let framework = edition.map(|edition| ("framework".to_string(), edition.id.to_string()));
    framework.into_iter().chain(changes.pairs()).collect()
}

/// Leads to the address that holds the scenario's change.
pub async fn open(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    let scenario = app.store.scenario(&UserId::new(&page.user.id), &id).await?.ok_or(AppError::NotFound)?;
    let catalogue = app.whole_catalogue().await?;
    let edition = catalogue.frameworks.get(&FrameworkId::new(&scenario.framework)).ok_or(AppError::NotFound)?;
    // Whoever wrote it wrote it as a change set; its pairs are told with their faults when the edition has changed.
    let (wishes, _) = wishes_of_toml("changes", &scenario.changes);
    let pair = |wish: engine::assess::policy::wishes::Wish| {
        let value = if wish.value.is_empty() { "1".to_string() } else { wish.value };
        format!("&{}={}", escape(&format!("{}.{}", wish.criterion, wish.field.code())), escape(&value))
    };
    let pairs: String = wishes.into_iter().map(pair).collect();
    Ok(Redirect::to(&format!("/policy?framework={}{pairs}", escape(edition.id.as_str()))).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Sharing {
    shared: Option<String>,
}

pub async fn share(
    State(app): State<App>,
    page: Page,
    UrlPath(id): UrlPath<String>,
    Form(form): Form<Sharing>,
) -> Result<Response, AppError> {
    let actor = page.user.actor(app.now_us());
    match app.store.share_scenario(&actor, &id, form.shared.is_some()).await? {
        true => Ok(Redirect::to("/policy#scenarios").into_response()),
        false => Err(AppError::NotFound),
    }
}

pub async fn withdraw(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    match app.store.withdraw_scenario(&page.user.actor(app.now_us()), &id).await? {
        true => Ok(Redirect::to("/policy#scenarios").into_response()),
        false => Err(AppError::NotFound),
    }
}

#[derive(Template)]
#[template(path = "policy_compare.html")]
struct Compared {
    page: Page,
    finding: String,
    context: ContextBar,
    choices: [Vec<Choice>; 2],
    sides: Vec<Side>,
    counts: Vec<Count>,
    parks: Vec<Differing>,
}

struct Side {
    name: String,
    href: String,
    finding: String,
    changes: Vec<String>,
    fault: String,
}

struct Count {
    name: String,
    /// Of the first and of the second, as a number and as it is printed.
    values: Vec<(usize, String)>,
}

struct Differing {
    park: String,
    province: String,
    verdicts: [String; 2],
}

/// Two scenarios over the same parks and the same year.
pub async fn compare(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let (reader, catalogue) = (UserId::new(&page.user.id), app.whole_catalogue().await?);
    let (mut sides, mut trials) = (Vec::new(), Vec::new());
    for name in ["first", "second"] {
        let Some(id) = page.query.get(name).filter(|id| !id.is_empty()) else { continue };
        let scenario = app.store.scenario(&reader, id).await?.ok_or(AppError::NotFound)?;
        let tried = tried(&app, &page, &scenario).await?;
        sides.push(side(&catalogue, &page, &scenario, tried.as_ref()));
        trials.extend(tried.map(|(_, _, trial)| trial));
    }
    let (_, kind) =
        population(&app, &page.user, page.query.get("kind").and_then(|code| super::Kind::parse(code))).await?;
    let parks = match &trials[..] {
        [first, second] => differing(&app, &page, first, second),
        _ => Vec::new(),
    };
    let scenarios = app.store.scenarios(&reader).await?;
    let choices = ["first", "second"].map(|name| {
        let chosen = page.query.get(name).map_or("", String::as_str);
        let choice = |scenario: &Scenario| Choice {
            value: scenario.id.clone(),
            name: scenario.name.clone(),
            is_chosen: scenario.id == chosen,
        };
        scenarios.iter().map(choice).collect()
    });
    html(&Compared {
        finding: match trials.len() {
            2 => page.t1("policy-compare-finding", "count", page.count(parks.len())),
            _ => page.t("policy-compare"),
        },
        context: context(&catalogue, &page, kind),
        choices,
        sides,
        counts: counts(&page, &trials),
        parks,
        page,
    })
}

type Tried = (Framework, ChangeSet, Trial);

/// `None` where the scenario can no longer be tried.
async fn tried(app: &App, page: &Page, scenario: &Scenario) -> Result<Option<Tried>, AppError> {
    let catalogue = app.whole_catalogue().await?;
    let framework = FrameworkId::new(&scenario.framework);
    let Some(edition) = catalogue.frameworks.get(&framework).cloned() else { return Ok(None) };
    let Some(changes) = changes_of(&catalogue, &edition, &scenario.changes) else { return Ok(None) };
    let kind = page.query.get("kind").and_then(|code| super::Kind::parse(code));
    let period = shown_period(page);
    let asked = Asked { catalogue, edition, period, kind, wishes: Vec::new(), changes: Ok(changes.clone()) };
    let tried = trial(app, page, &asked, &changes).await?.ok();
    Ok(tried.map(|(trial, _)| (asked.edition, changes, trial)))
}

fn side(catalogue: &Catalogue, page: &Page, scenario: &Scenario, tried: Option<&Tried>) -> Side {
    let changes = tried.map_or_else(Vec::new, |(edition, changes, _)| {
        let after = engine::assess::policy::changed(edition, changes, catalogue);
        let after = after.unwrap_or_else(|_| edition.clone());
        words::changes(page.language, catalogue, edition, &after, changes)
            .into_iter()
            .map(|line| format!("{} {}: {} → {}", line.criterion, line.what, line.before, line.after))
            .collect()
    });
    Side {
        name: scenario.name.clone(),
        href: format!("/policy/scenarios/{}", scenario.id),
        finding: tried.map(|(_, _, trial)| finding(trial, page.language)).unwrap_or_default(),
        changes,
        fault: if tried.is_none() { page.t("policy-compare-missing") } else { String::new() },
    }
}

fn counts(page: &Page, trials: &[Trial]) -> Vec<Count> {
    let of = |name: String, value: fn(&Trial) -> usize| {
        let values = trials.iter().map(value).map(|count| (count, page.count(count)));
        Count { name, values: values.collect() }
    };
    if trials.is_empty() {
        return Vec::new();
    }
    vec![
        of(page.t("policy-parks"), |trial| trial.effect.whole.parks),
        of(page.t("policy-compare-flipping"), |trial| trial.effect.whole.flipping),
        of(page.t("policy-verdict-meets"), |trial| trial.effect.whole.meets_after),
        of(page.t("policy-verdict-fails"), |trial| trial.effect.whole.fails_after),
        of(page.t("policy-verdict-open"), |trial| trial.effect.whole.open_after),
    ]
}

/// Parks that both trials hold and judge differently.
fn differing(app: &App, page: &Page, first: &Trial, second: &Trial) -> Vec<Differing> {
    let verdicts = |trial: &Trial| -> BTreeMap<ParkId, Verdict> {
        trial.effect.parks.iter().map(|park| (park.park.clone(), park.verdict_after)).collect()
    };
    let (one, other) = (verdicts(first), verdicts(second));
    let pairs = one.iter().filter_map(|(park, verdict)| Some((park, *verdict, *other.get(park)?)));
    let differing = pairs.filter(|(_, verdict, other)| verdict != other);
    differing
        .filter_map(|(park, one, other)| {
            let park = first.park(park)?;
            let province = app.catalogue.provinces.after_code(&park.province);
            Some(Differing {
                park: page.label(&park.name).to_string(),
                province: province.map_or_else(String::new, |found| page.label(&found.name).to_string()),
                verdicts: [one, other].map(|verdict| words::verdict(page.language, verdict)),
            })
        })
        .collect()
}
