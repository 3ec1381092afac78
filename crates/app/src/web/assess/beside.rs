//! The same data looked at from several sides: one park under every edition, through the years, and beside other parks.

use std::collections::BTreeMap;

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::assess::{self, Assessment, CriterionResult, Outcome, Score};
use engine::catalogue::frameworks::compare::{MatchedBy, correspondence};
use engine::catalogue::frameworks::{Criterion, Framework};
use engine::ids::{CriterionId, FrameworkId};
use engine::observe;
use engine::period::Period;

use super::lacks;
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::{App, ParkView};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::wording;

/// A table of criteria against editions, years or parks.
#[derive(Template)]
#[template(path = "assess_beside.html")]
struct Beside {
    page: Page,
    frame: ParkFrame,
    title: String,
    first_line: String,
    notes: Vec<String>,
    /// What to hold it against, where there is a choice.
    choices: Vec<Choice>,
    columns: Vec<Head>,
    rows: Vec<Row>,
    back: String,
}

struct Head {
    name: String,
    href: String,
    score: String,
    percent: String,
}

struct Row {
    /// Empty for a row that the chosen edition does not have.
    id: String,
    label: String,
    href: String,
    target: String,
    cells: Vec<Cell>,
    /// Whether the columns do not all say the same.
    differs: bool,
}

/// One result; without an outcome where there is none.
#[derive(Default)]
struct Cell {
    outcome: String,
    class: &'static str,
    value: String,
    note: String,
}

impl Cell {
    fn of(page: &Page, result: &CriterionResult, criterion: &Criterion) -> Cell {
        Cell {
            outcome: wording::outcome(page.language, result.outcome),
            class: wording::outcome_class(result.outcome),
            value: wording::criterion_value(page.language, result),
            note: lacks(page, result, criterion),
        }
    }
}

/// Whether two columns that have a result say different things.
fn differ(cells: &[Cell]) -> bool {
    let mut told = cells.iter().map(|cell| cell.class).filter(|class| !class.is_empty());
    let first = told.next();
    told.any(|class| Some(class) != first)
}

fn head(page: &Page, name: String, href: String, score: &Score) -> Head {
    Head {
        name,
        href,
        score: wording::score(page.language, score),
        percent: wording::percent(page.language, score).unwrap_or_else(|| "–".to_string()),
    }
}

fn row_of(page: &Page, view: &ParkView, criterion: &Criterion, cells: Vec<Cell>) -> Row {
    let href = format!("/parks/{}/assess/{}", view.key.id, escape(criterion.id.as_str()));
    Row {
        id: criterion.id.to_string(),
        label: page.label(&criterion.label).to_string(),
        href: page.at(&href),
        target: wording::target(page.language, criterion.rule, criterion.target, &criterion.unit),
        differs: differ(&cells),
        cells,
    }
}

fn chosen<'v>(view: &'v ParkView) -> Result<(&'v Assessment, &'v Framework), AppError> {
    let assessment = view.computed.report.assessments.first().ok_or(AppError::NotFound)?;
    let framework = view.computed.catalogue.frameworks.get(&assessment.framework).ok_or(AppError::NotFound)?;
    Ok((assessment, framework))
}

fn back(page: &Page, view: &ParkView) -> String {
    page.at(&format!("/parks/{}/assess", view.key.id))
}

/// The park under every edition on the same data; with `with` only under the chosen one and another, and then with the
/// rows that only the other has.
pub async fn editions(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let (_, framework) = chosen(&view)?;
    let with = page.query.get("with").map(FrameworkId::new).filter(|id| *id != framework.id);
    let assessments: Vec<&Assessment> = view
        .computed
        .report
        .assessments
        .iter()
        .filter(|one| with.as_ref().is_none_or(|id| one.framework == *id) || one.framework == framework.id)
        .collect();
    if with.is_some() && assessments.len() < 2 {
        return Err(AppError::NotFound);
    }
    let shown: Vec<(&Assessment, &Framework, Partners)> = assessments
        .iter()
        .filter_map(|one| {
            let other = view.computed.catalogue.frameworks.get(&one.framework)?;
            Some((*one, other, partners(framework, other)))
        })
        .collect();
    let mut rows: Vec<Row> = framework
        .criteria
        .iter()
        .map(|criterion| {
            let cells = shown.iter().map(|side| corresponding(&page, framework, criterion, side)).collect();
            row_of(&page, &view, criterion, cells)
        })
        .collect();
    if with.is_some() {
        rows.extend(only_there(&page, &view, &shown));
    }
    let differing = rows.iter().filter(|row| row.differs).count();
    html(&Beside {
        title: page.t("beside-editions"),
        first_line: page.t2("beside-editions-first", "count", page.count(shown.len()), "differ", page.count(differing)),
        notes: vec![page.t("beside-editions-note")],
        choices: choices(&page, &view, framework, with.as_ref()),
        columns: shown
            .iter()
            .map(|(assessment, other, _)| {
                let name = wording::framework(&view.computed.catalogue, page.language, &other.id);
                let own = Page { path: format!("/parks/{}/assess", view.key.id), ..page.clone() };
                head(&page, name, own.with("framework", other.id.as_str()), &assessment.score)
            })
            .collect(),
        rows,
        back: back(&page, &view),
        frame: ParkFrame::of(&app, &page, &view, "assess"),
        page,
    })
}

/// The rows of another edition that stand for rows of the chosen one.
type Partners = BTreeMap<CriterionId, Vec<(CriterionId, MatchedBy)>>;

fn partners(chosen: &Framework, other: &Framework) -> Partners {
    let mut partners = Partners::new();
    if chosen.id == other.id {
        return partners;
    }
    for (one, two, by) in correspondence(chosen, other) {
        partners.entry(one).or_default().push((two, by));
    }
    partners
}

/// What another edition says where a row of the chosen one stands.
fn corresponding(
    page: &Page,
    chosen: &Framework,
    criterion: &Criterion,
    (assessment, other, partners): &(&Assessment, &Framework, Partners),
) -> Cell {
    let result = |id: &CriterionId| {
        let place = other.criteria.iter().position(|row| row.id == *id)?;
        Some((assessment.criteria.get(place)?, &other.criteria[place]))
    };
    if other.id == chosen.id {
        return result(&criterion.id).map(|(found, row)| Cell::of(page, found, row)).unwrap_or_default();
    }
    let Some(((id, by), more)) = partners.get(&criterion.id).and_then(|found| found.split_first()) else {
        return Cell::default();
    };
    let Some((found, row)) = result(id) else { return Cell::default() };
    let mut cell = Cell::of(page, found, row);
    let ids: Vec<&str> = std::iter::once(id).chain(more.iter().map(|(id, _)| id)).map(CriterionId::as_str).collect();
    let target = wording::target(page.language, row.rule, row.target, &row.unit);
    cell.note = page.t3("beside-partner", "id", ids.join(", "), "target", target, "by", page.t(matched_key(*by)));
    cell
}

fn matched_key(by: MatchedBy) -> &'static str {
    match by {
        MatchedBy::Replaces => "matched-replaces",
        MatchedBy::Id => "matched-id",
        MatchedBy::Topic => "matched-topic",
    }
}

/// Rows of the other edition without a partner in the chosen one.
fn only_there(page: &Page, view: &ParkView, shown: &[(&Assessment, &Framework, Partners)]) -> Vec<Row> {
    let Some((assessment, other, partners)) = shown.get(1) else { return Vec::new() };
    let taken: Vec<&CriterionId> = partners.values().flatten().map(|(id, _)| id).collect();
    let free = assessment.criteria.iter().zip(&other.criteria).filter(|(_, row)| !taken.contains(&&row.id));
    free.map(|(result, criterion)| {
        let mut row = row_of(page, view, criterion, vec![Cell::default(), Cell::of(page, result, criterion)]);
        row.href =
            Page { path: format!("/parks/{}/assess/{}", view.key.id, escape(criterion.id.as_str())), ..page.clone() }
                .with("framework", other.id.as_str());
        row
    })
    .collect()
}

/// All editions, or the chosen one with one other.
fn choices(page: &Page, view: &ParkView, framework: &Framework, with: Option<&FrameworkId>) -> Vec<Choice> {
    let all = Choice { value: String::new(), name: page.t("beside-all-editions"), is_chosen: with.is_none() };
    let others = view.computed.catalogue.frameworks.keys().filter(|id| **id != framework.id).map(|id| Choice {
        value: id.to_string(),
        name: wording::framework(&view.computed.catalogue, page.language, id),
        is_chosen: with == Some(id),
    });
    std::iter::once(all).chain(others).collect()
}

/// Years that are compared at most, the latest ones.
const MOST_YEARS: usize = 8;

/// The chosen edition through the years that the park has records of.
pub async fn years(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let (_, framework) = chosen(&view)?;
    let mut years: Vec<i16> = view.computed.park.records.iter().map(|record| record.period.start().year()).collect();
    years.sort_unstable();
    years.dedup();
    let years: Vec<Period> = years.into_iter().rev().take(MOST_YEARS).rev().filter_map(Period::year).collect();
    let (computed, edition, wanted) = (view.computed.clone(), framework.clone(), years.clone());
    let assessments: Vec<Assessment> = tokio::task::spawn_blocking(move || {
        let of_year = |year: &Period| {
            let balance = observe::observe(&computed.park, &computed.catalogue, *year);
            assess::assess(&computed.park, &balance, &edition, &computed.catalogue)
        };
        wanted.iter().map(of_year).collect()
    })
    .await
    .context("assess the years")?;
    let rows: Vec<Row> = framework
        .criteria
        .iter()
        .enumerate()
        .map(|(place, criterion)| {
            let results = assessments.iter().filter_map(|assessment| assessment.criteria.get(place));
            row_of(&page, &view, criterion, results.map(|result| Cell::of(&page, result, criterion)).collect())
        })
        .collect();
    let differing = rows.iter().filter(|row| row.differs).count();
    html(&Beside {
        title: page.t("beside-years"),
        first_line: page.t2("beside-years-first", "count", page.count(years.len()), "differ", page.count(differing)),
        notes: in_force(&page, framework, &years),
        choices: Vec::new(),
        columns: years
            .iter()
            .zip(&assessments)
            .map(|(year, assessment)| {
                let own = Page { path: format!("/parks/{}/assess", view.key.id), ..page.clone() };
                let name = wording::period(page.language, year);
                head(&page, name.clone(), own.with("period", &name), &assessment.score)
            })
            .collect(),
        rows,
        back: back(&page, &view),
        frame: ParkFrame::of(&app, &page, &view, "assess"),
        page,
    })
}

/// Years in which the edition was not in force are compared all the same, and told.
fn in_force(page: &Page, framework: &Framework, years: &[Period]) -> Vec<String> {
    let is_outside = |year: &&Period| {
        framework.valid_from.is_some_and(|from| year.end() <= from)
            || framework.valid_to.is_some_and(|to| to < year.start())
    };
    let outside: Vec<String> =
        years.iter().filter(is_outside).map(|year| wording::period(page.language, year)).collect();
    let mut notes = vec![page.t("beside-years-note")];
    if !outside.is_empty() {
        notes.push(page.t1("beside-years-outside", "years", outside.join(", ")));
    }
    notes
}

/// Parks that are shown one by one; more are counted.
const MOST_PARKS: usize = 8;

/// The chosen edition in this park and in the others that the reader may see.
pub async fn parks(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let (_, framework) = chosen(&view)?;
    let mut seen = app.store.list_parks(&auth::whole()).await?;
    seen.retain(|other| {
        let key = app.key_of(other.id.clone(), &other.province);
        auth::may(&page.user, &Action::SeePark(key)).is_ok()
    });
    seen.sort_by_key(|other| (other.id != view.key.id, other.id.clone()));
    let mut asked = Vec::new();
    for other in &seen {
        let stamp = app.store.park_stamp(&other.id).await?.ok_or(AppError::NotFound)?;
        asked.push((other.id.clone(), stamp));
    }
    let digests = app.digests(&asked, &framework.id, page.period()).await?;
    let waiting = digests.iter().filter(|digest| digest.is_none()).count();
    // Of other parks only the outcomes are told, which everybody who may see them finds on their own pages.
    let known: Vec<_> = seen.iter().zip(&digests).filter_map(|(park, digest)| Some((park, digest.as_ref()?))).collect();
    let shown = &known[..known.len().min(MOST_PARKS)];
    let rows = framework
        .criteria
        .iter()
        .enumerate()
        .map(|(place, criterion)| {
            let outcomes = || known.iter().filter_map(|(_, digest)| digest.outcomes.get(place).copied());
            let mut cells: Vec<Cell> =
                shown.iter().map(|(_, digest)| outcome_cell(&page, digest.outcomes.get(place).copied())).collect();
            if known.len() > shown.len() {
                cells.push(Cell { value: counts(&page, outcomes()), ..Cell::default() });
            }
            row_of(&page, &view, criterion, cells)
        })
        .collect();
    let mut columns: Vec<Head> = shown
        .iter()
        .map(|(other, digest)| {
            let name = page.label(&other.name).to_string();
            head(&page, name, page.at(&format!("/parks/{}/assess", other.id)), &digest.score)
        })
        .collect();
    if known.len() > shown.len() {
        let name = page.t1("beside-all-parks", "count", page.count(known.len()));
        columns.push(Head { name, href: String::new(), score: String::new(), percent: String::new() });
    }
    let mut notes = vec![page.t("beside-parks-note")];
    if waiting > 0 {
        notes.push(page.t1("beside-parks-waiting", "count", page.count(waiting)));
    }
    html(&Beside {
        title: page.t("beside-parks"),
        first_line: page.t1("beside-parks-first", "count", page.count(known.len())),
        notes,
        choices: Vec::new(),
        columns,
        rows,
        back: back(&page, &view),
        frame: ParkFrame::of(&app, &page, &view, "assess"),
        page,
    })
}

fn outcome_cell(page: &Page, outcome: Option<Outcome>) -> Cell {
    outcome.map_or_else(Cell::default, |outcome| Cell {
        outcome: wording::outcome(page.language, outcome),
        class: wording::outcome_class(outcome),
        ..Cell::default()
    })
}

/// `5 đạt, 2 chưa đạt`
fn counts(page: &Page, outcomes: impl Iterator<Item = Outcome>) -> String {
    let mut by_outcome: BTreeMap<Outcome, usize> = BTreeMap::new();
    outcomes.for_each(|outcome| *by_outcome.entry(outcome).or_default() += 1);
    let told = by_outcome
        .into_iter()
        .map(|(outcome, count)| format!("{} {}", page.count(count), wording::outcome(page.language, outcome)));
    told.collect::<Vec<_>>().join(", ")
}
