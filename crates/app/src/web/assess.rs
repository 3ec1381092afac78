//! Assess: the criteria of a framework with outcome, value, threshold and evidence, and what would make one met.

mod beside;
mod guidance;
mod opinions;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::assess::{ANSWER_VALID_MONTHS, Act, Assessment, CriterionResult, ENOUGH_COVERAGE, Lack, Outcome};
use engine::catalogue::frameworks::{Criterion, Framework, Indicator};
use engine::ids::EnterpriseId;
use engine::quantity::Dimension;

use opinions::{Opinions, Said};

use super::frame::{self, ParkFrame};
use super::steps::{self, Mark, Number};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{BarSeries, Bars, Page, escape, html, island};
use crate::state::{App, ParkView};
use crate::web::routes::{Routes, Rule};
use crate::wording::{self, Names};
use crate::words::has;

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/assess", Rule::Park, list)
        .get("/parks/{park}/assess/{criterion}", Rule::Park, one)
        .post("/parks/{park}/assess/{criterion}/self", Rule::SelfAssess, opinions::state_own)
        .post("/parks/{park}/assess/{criterion}/review", Rule::ReviewAssess, opinions::state_review)
        .get("/parks/{park}/assess/editions", Rule::Park, beside::editions)
        .get("/parks/{park}/assess/years", Rule::Park, beside::years)
        .get("/parks/{park}/assess/parks", Rule::Park, beside::parks)
        .get("/law-map", Rule::SignedIn, guidance::law_map)
}

#[derive(Template)]
#[template(path = "assess.html")]
struct List {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    is_whole: bool,
    beside: BesideLinks,
    framework: String,
    /// What is said of the criteria beside what is computed; empty where nobody has spoken.
    said: String,
    categories: Vec<Category>,
    comparison: Vec<Compared>,
    bars: String,
    source: String,
}

/// Where the same data are looked at from other sides.
struct BesideLinks {
    editions: String,
    years: String,
    parks: String,
}

struct Category {
    name: String,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    href: String,
    label: String,
    value: String,
    /// Numerator and denominator.
    fraction: String,
    raw_value: String,
    target: String,
    outcome_class: &'static str,
    outcome: String,
    /// In which ways data are missing, and how much is covered.
    lacks: String,
    opinions: Opinions,
    mark: Option<Mark>,
    evidence: Vec<String>,
    /// How many documents there are, where this reader may not see which.
    evidence_note: String,
    /// Why the criterion itself is marked; `None` for a confirmed one.
    unconfirmed: Option<String>,
    not_applicable: String,
}

struct Compared {
    name: String,
    href: String,
    counts: [Number; 6],
    percent: String,
    unconfirmed: usize,
}

async fn list(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let report = &view.computed.report;
    let assessment = report.assessments.first().ok_or(AppError::NotFound)?;
    let framework = view.computed.catalogue.frameworks.get(&assessment.framework).ok_or(AppError::NotFound)?;
    let said = opinions::current(&app, &page, &view).await?;
    let frame = ParkFrame::of(&app, &page, &view, "assess");
    html(&List {
        first_line: wording::score(page.language, &assessment.score),
        is_whole: view.sight == Sight::Whole,
        beside: {
            let of = |side: &str| page.at(&format!("/parks/{park}/assess/{side}"));
            BesideLinks { editions: of("editions"), years: of("years"), parks: of("parks") }
        },
        framework: wording::framework(&view.computed.catalogue, page.language, &framework.id),
        said: opinions::counted(&page, &said, assessment),
        categories: categories(&page, &view, assessment, framework, &said),
        comparison: report.assessments.iter().map(|other| compared(&page, &view, other)).collect(),
        bars: island(&bars(&page, &view, &report.assessments)),
        source: steps::source_line(&page, report),
        frame,
        page,
    })
}

/// Rows under their categories, in the order in which the framework names them.
fn categories(
    page: &Page,
    view: &ParkView,
    assessment: &Assessment,
    framework: &Framework,
    said: &Said,
) -> Vec<Category> {
    let mut categories: Vec<(String, Category)> = Vec::new();
    for (result, criterion) in assessment.criteria.iter().zip(&framework.criteria) {
        let row = row(page, view, framework, (result, criterion), said);
        match categories.iter_mut().find(|(code, _)| *code == criterion.category) {
            Some((_, category)) => category.rows.push(row),
            None => {
                let name = category_name(page, &criterion.category);
                categories.push((criterion.category.clone(), Category { name, rows: vec![row] }));
            }
        }
    }
    categories.into_iter().map(|(_, category)| category).collect()
}

/// A framework that somebody brought along may have categories of its own.
fn category_name(page: &Page, code: &str) -> String {
    let key = format!("assess-category-{}", code.replace('_', "-"));
    if has(page.language, &key) { page.t(&key) } else { code.replace('_', " ") }
}

fn row(
    page: &Page,
    view: &ParkView,
    framework: &Framework,
    (result, criterion): (&CriterionResult, &Criterion),
    said: &Said,
) -> Row {
    let park = &view.computed.report.park;
    let is_whole = view.sight == Sight::Whole;
    let figure = steps::criterion_path(park, framework.id.as_str(), result.id.as_str());
    let path = format!("/parks/{park}/assess/{}", escape(result.id.as_str()));
    Row {
        id: result.id.to_string(),
        href: page.at(&path),
        label: criterion.label.get(page.language).to_string(),
        value: wording::criterion_value(page.language, result),
        fraction: fraction(page, view, result, criterion),
        raw_value: result.value.map_or(String::new(), |value| value.to_string()),
        target: wording::target(page.language, criterion.rule, criterion.target, &criterion.unit),
        outcome_class: wording::outcome_class(result.outcome),
        outcome: wording::outcome(page.language, result.outcome),
        lacks: lacks(page, result, criterion),
        opinions: Opinions::of(page, view, said, result),
        mark: result.basis.map(|basis| Mark::new(page, basis, &figure)),
        evidence_note: match result.evidence.len() {
            0 => String::new(),
            count => page.t1("assess-evidence-count", "count", page.count(count)),
        },
        evidence: if is_whole { result.evidence.clone() } else { Vec::new() },
        unconfirmed: result.unconfirmed.then(|| why_unconfirmed(page, criterion)),
        not_applicable: result.not_applicable.clone().unwrap_or_default(),
    }
}

/// In which ways data are missing, with the coverage that was found and that is wanted.
fn lacks(page: &Page, result: &CriterionResult, criterion: &Criterion) -> String {
    let wanted = criterion.coverage.unwrap_or(ENOUGH_COVERAGE);
    let mut words: Vec<String> = Vec::new();
    for lack in &result.lacks {
        words.push(match (lack, result.coverage) {
            (Lack::NoData, Some(found)) => {
                let percent = |share: f64| page.n((100.0 * share).floor(), 0);
                page.t2("assess-lack-coverage", "found", percent(found), "wanted", percent(wanted))
            }
            (Lack::NoData, None) => page.t("assess-lack-no-data"),
            (Lack::TooOld, _) => {
                let months = criterion.valid_months.map_or(ANSWER_VALID_MONTHS as usize, |months| months as usize);
                page.t1("assess-lack-too-old", "months", page.count(months))
            }
            (Lack::NotConfirmed, _) if matches!(act_of(result), Some(Act::AddRule)) => page.t("assess-lack-no-rule"),
            (Lack::NotConfirmed, _) => page.t("assess-lack-not-confirmed"),
        });
    }
    words.join("; ")
}

fn act_of(result: &CriterionResult) -> Option<&Act> {
    result.shortfall.as_ref().map(|shortfall| &shortfall.act)
}

/// Numerator and denominator in words; amounts only for those who see the park's enterprises.
fn fraction(page: &Page, view: &ParkView, result: &CriterionResult, criterion: &Criterion) -> String {
    let amount = shown_amount(page, view, result, criterion);
    match (result.numerator, result.denominator) {
        (Some(numerator), Some(denominator)) => format!("{} / {}", amount(numerator), amount(denominator)),
        _ => String::new(),
    }
}

/// How numerator and denominator of a criterion are printed. Shares of amounts rest on what single sites recorded; other
/// shares count enterprises.
fn shown_amount<'p>(
    page: &'p Page,
    view: &ParkView,
    result: &CriterionResult,
    criterion: &Criterion,
) -> impl Fn(f64) -> String + use<'p> {
    let dimension = view.computed.catalogue.indicator(criterion).and_then(dimension);
    let (is_whole, is_share) = (view.sight == Sight::Whole, result.denominator.is_some());
    move |value| match dimension {
        Some(_) if !is_whole => page.t("steps-withheld-short"),
        Some(dimension) => page.amount(dimension, value),
        None if is_share => page.t1("assess-enterprises", "count", page.n(value, 0)),
        None => page.n(value, 0),
    }
}

/// What is known of the source, because nobody could check it.
fn why_unconfirmed(page: &Page, criterion: &Criterion) -> String {
    let mut why = format!(
        "{} {}",
        page.t("unconfirmed-why"),
        page.t1("assess-source-is", "source", criterion.source.get(page.language))
    );
    let note = criterion.note.get(page.language);
    if !note.is_empty() {
        why = format!("{why} {note}");
    }
    why
}

fn compared(page: &Page, view: &ParkView, assessment: &Assessment) -> Compared {
    let score = &assessment.score;
    let counts =
        [score.met, score.not_met, score.unknown, score.applicable, score.not_applicable, assessment.criteria.len()];
    Compared {
        name: wording::framework(&view.computed.catalogue, page.language, &assessment.framework),
        href: Page { path: format!("/parks/{}/assess", view.computed.report.park), ..page.clone() }
            .with("framework", assessment.framework.as_str()),
        counts: counts.map(|count| Number::new(page, count as f64, 0)),
        percent: wording::percent(page.language, score).unwrap_or_else(|| "–".to_string()),
        unconfirmed: assessment.criteria.iter().filter(|criterion| criterion.unconfirmed).count(),
    }
}

/// How many criteria of each framework have which outcome.
fn bars(page: &Page, view: &ParkView, assessments: &[Assessment]) -> Bars<usize> {
    let series = Outcome::ALL.into_iter().map(|outcome| BarSeries {
        name: wording::outcome(page.language, outcome),
        role: wording::outcome_class(outcome),
        values: assessments.iter().map(|assessment| crate::document::count(assessment, outcome)).collect(),
    });
    Bars {
        unit: page.t("assess-criteria-unit"),
        value_name: page.t("assess-criteria-count"),
        direction: "horizontal",
        stacked: true,
        categories: assessments
            .iter()
            .map(|a| wording::framework(&view.computed.catalogue, page.language, &a.framework))
            .collect(),
        series: series.collect(),
    }
}

#[derive(Template)]
#[template(path = "criterion.html")]
struct One {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    row: Row,
    framework: String,
    category: String,
    kind: String,
    facts: Vec<(String, String)>,
    guide: Option<guidance::Guide>,
    law: Vec<guidance::Link>,
    law_map: String,
    /// Words of both sides that were superseded, newest first.
    history: Vec<opinions::Word>,
    forms: opinions::Forms,
    fault: &'static str,
    gaps: Vec<String>,
    /// Absent where the criterion is met or does not apply.
    closing: Option<ClosingWords>,
    list: String,
    plan: String,
}

struct ClosingWords {
    act: String,
    distance: String,
    cost: Option<String>,
    through: Vec<String>,
    /// Enterprises to turn to, under what they are asked for.
    asked: Vec<(String, Vec<String>)>,
}

async fn one(
    State(app): State<App>,
    page: Page,
    UrlPath((park, criterion)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    show_one(&app, page, (&park, &criterion), "").await
}

/// The page of a criterion, with what is wrong with the word that somebody wanted to say of it.
async fn show_one(
    app: &App,
    page: Page,
    (park, criterion): (&str, &str),
    fault: &'static str,
) -> Result<Response, AppError> {
    let view = frame::view(app, &page, park).await?;
    let report = &view.computed.report;
    let found = report.assessments.iter().find_map(|assessment| {
        let place = assessment.criteria.iter().position(|result| result.id.as_str() == criterion)?;
        let framework = view.computed.catalogue.frameworks.get(&assessment.framework)?;
        Some((framework, &assessment.criteria[place], framework.criteria.get(place)?))
    });
    let (framework, result, criterion) = found.ok_or(AppError::NotFound)?;
    let names = frame::names(app, &page, &view);
    let said = opinions::current(app, &page, &view).await?;
    let kind = format!("assess-kind-{}", criterion.kind);
    let template = One {
        first_line: page.t3(
            "assess-one-first",
            "outcome",
            wording::outcome(page.language, result.outcome),
            "value",
            wording::criterion_value(page.language, result),
            "target",
            wording::target(page.language, criterion.rule, criterion.target, &criterion.unit),
        ),
        row: row(&page, &view, framework, (result, criterion), &said),
        framework: wording::framework(&view.computed.catalogue, page.language, &framework.id),
        category: category_name(&page, &criterion.category),
        kind: if has(page.language, &kind) { page.t(&kind) } else { criterion.kind.clone() },
        facts: facts(&page, &view, result, criterion),
        guide: guidance::guide(app.catalogue, &page, criterion),
        law: guidance::links(app.catalogue, &page, criterion),
        law_map: page.at("/law-map"),
        history: opinions::superseded(app, &page, &view, &result.id).await?,
        forms: opinions::Forms::of(&page, &view, result),
        fault,
        gaps: steps::gap_lines(&names, &result.gaps),
        closing: closing(app, &page, &names, &view, framework, result),
        list: page.at(&format!("/parks/{park}/assess")),
        plan: page.at(&format!("/parks/{park}/plan")),
        frame: ParkFrame::of(app, &page, &view, "assess"),
        page,
    };
    let response = html(&template)?;
    Ok(if fault.is_empty() { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

fn facts(page: &Page, view: &ParkView, result: &CriterionResult, criterion: &Criterion) -> Vec<(String, String)> {
    let amount = shown_amount(page, view, result, criterion);
    let mut facts: Vec<(&str, String)> = Vec::new();
    facts.extend(result.numerator.map(|numerator| ("assess-numerator", amount(numerator))));
    facts.extend(result.denominator.map(|denominator| ("assess-denominator", amount(denominator))));
    if result.value.is_none() && result.range.is_some() {
        facts.push(("assess-range", wording::criterion_value(page.language, result)));
    }
    let lacks = lacks(page, result, criterion);
    facts.push(("assess-lacks", if lacks.is_empty() { page.t("assess-lacks-none") } else { lacks }));
    facts.extend(result.not_applicable.clone().map(|why| ("assess-not-applicable", why)));
    facts.push(("assess-applies-to", criterion.applies_to.get(page.language).to_string()));
    facts.push(("assess-evidence-asked", criterion.evidence.get(page.language).to_string()));
    facts.push(("assess-legal", criterion.legal.get(page.language).to_string()));
    facts.push(("assess-source", criterion.source.get(page.language).to_string()));
    facts.push(("assess-note", criterion.note.get(page.language).to_string()));
    facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (page.t(key), value)).collect()
}

/// What numerator and denominator are amounts of; `None` where they count enterprises.
fn dimension(indicator: &Indicator) -> Option<Dimension> {
    match indicator {
        Indicator::WastewaterTreatedShare | Indicator::WastewaterReusedShare => Some(Dimension::Volume),
        Indicator::WasteReusedShare | Indicator::WasteLandfillShare => Some(Dimension::Mass),
        Indicator::EnergyMeteredShare => Some(Dimension::Energy),
        Indicator::Answer { .. }
        | Indicator::SurveyShare { .. }
        | Indicator::ExchangeCount
        | Indicator::SymbiosisIso => None,
    }
}

fn closing(
    app: &App,
    page: &Page,
    names: &Names,
    view: &ParkView,
    framework: &Framework,
    result: &CriterionResult,
) -> Option<ClosingWords> {
    let report = &view.computed.report;
    let shortfall = result.shortfall.as_ref()?;
    let closing =
        report.plan.closings.iter().find(|closing| closing.framework == framework.id && closing.criterion == result.id);
    let distance = shortfall.distance.filter(|distance| *distance > 0.0 && result.unit != "yes_no");
    Some(ClosingWords {
        act: steps::act(names, &shortfall.act),
        distance: distance.map_or(String::new(), |distance| {
            let unit = wording::criterion_unit(page.language, &result.unit);
            format!("{} {unit}", page.n(distance, if distance.fract() == 0.0 { 0 } else { 1 }))
        }),
        cost: closing.and_then(|closing| steps::closing_cost(page, names, view.computed.told(), closing)),
        through: closing.map_or(Vec::new(), |closing| steps::through(names, app.catalogue, closing)),
        asked: if names.park.is_some() { asked(names, &shortfall.act) } else { Vec::new() },
    })
}

/// Enterprises that the act speaks of: asked for an answer, or for another one.
fn asked(names: &Names, act: &Act) -> Vec<(String, Vec<String>)> {
    let named = |key: &str, ids: &[EnterpriseId]| {
        let ids = ids.iter().map(|id| names.enterprise(id)).collect();
        (crate::words::text(names.language, key), ids)
    };
    let rows = match act {
        Act::MoreEnterprises { answered_no, unanswered, .. } => {
            vec![named("assess-unanswered", unanswered), named("assess-answered-no", answered_no)]
        }
        Act::IsoSystems { enterprises } => vec![named("assess-without-iso", enterprises)],
        _ => Vec::new(),
    };
    rows.into_iter().filter(|(_, ids): &(String, Vec<String>)| !ids.is_empty()).collect()
}

#[cfg(test)]
mod tests;
