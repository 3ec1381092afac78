//! Periods of an enterprise: completed, approved by level, reopened with a reason; every step with who and when.

use std::collections::BTreeMap;

use axum::extract::{Form, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Redirect, Response};
use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, ParkId};
use engine::period::Period;
use serde_json::json;
use store::{PeriodAt, PeriodError, PeriodMark, PeriodState, Resources, Step};

use crate::auth::{self, Action, ParkKey, User};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::frame::{self, Choice};
use crate::wording;

/// Longest reason that is kept.
const LONGEST_REASON: usize = 500;
/// What stands for every resource.
const ALL: &str = "all";

/// The periods of an enterprise with their steps, and the form that completes one.
pub struct Periods {
    pub lines: Vec<Line>,
    pub periods: Vec<Choice>,
    pub groups: Vec<Choice>,
    pub complete_href: String,
    pub approve_href: String,
}

/// One period with all that was done about it, latest first.
pub struct Line {
    pub period: String,
    pub period_code: String,
    pub group: String,
    pub group_code: String,
    pub state: &'static str,
    pub state_word: String,
    pub steps: Vec<String>,
    /// The level that the reader may approve as; empty where they may not, or not yet.
    pub level: String,
    pub may_reopen: bool,
    /// Where the reopening is sent: an approval is reopened by those who approve.
    pub reopen_href: String,
}

impl Periods {
    pub fn of(
        app: &App,
        page: &Page,
        view: &ParkView,
        id: &EnterpriseId,
        marks: &[PeriodMark],
        people: &BTreeMap<String, String>,
    ) -> Periods {
        let address = format!("/parks/{}/enterprises/{id}", view.key.id);
        let (complete_href, approve_href) =
            (page.at(&format!("{address}/periods")), page.at(&format!("{address}/approvals")));
        let mut places: BTreeMap<(Period, &str), Vec<&PeriodMark>> = BTreeMap::new();
        for mark in marks.iter().filter(|mark| mark.enterprise == *id) {
            places.entry((mark.period, mark.resources.name())).or_default().push(mark);
        }
        let approves = auth::may(&page.user, &Action::ApproveRecords(view.key.clone())).is_ok();
        let lines = places.into_iter().filter_map(|((period, group), mut steps)| {
            steps.reverse();
            let current = steps.iter().find(|mark| mark.is_current)?;
            let level =
                level_of(app.catalogue, &page.user).filter(|level| next_level(app.catalogue, current) == Some(level));
            let is_approved = current.state == PeriodState::Approved;
            Some(Line {
                period: wording::period(page.language, &period),
                period_code: period.to_string(),
                group: group_name(page, group),
                group_code: group.to_string(),
                state: current.state.code(),
                state_word: state_word(page, current.state),
                steps: steps.iter().map(|mark| step_text(app, page, view, mark, people)).collect(),
                level: level.filter(|_| approves).unwrap_or_default().to_string(),
                may_reopen: current.state != PeriodState::Reopened && (!is_approved || approves),
                reopen_href: if is_approved { approve_href.clone() } else { complete_href.clone() },
            })
        });
        let lines = lines.collect();
        Periods {
            lines,
            periods: period_choices(page),
            groups: group_choices(app, page, view, id),
            complete_href,
            approve_href,
        }
    }
}

pub fn state_word(page: &Page, state: PeriodState) -> String {
    page.t(&format!("period-{}", state.code()))
}

fn group_name(page: &Page, group: &str) -> String {
    if group == ALL { page.t("period-all-resources") } else { page.t(&format!("group-{group}")) }
}

/// Who did what when, with the reason, and whether records were changed after an approval.
fn step_text(app: &App, page: &Page, view: &ParkView, mark: &PeriodMark, people: &BTreeMap<String, String>) -> String {
    let moment = |at_us| crate::web::park::moment(at_us, view.computed.park.utc_offset_h);
    let by = people.get(&mark.marked_by).unwrap_or(&mark.marked_by).clone();
    let what = match &mark.level {
        Some(level) => page.t1("period-approved-by", "level", level_name(app.catalogue, page, level)),
        None => state_word(page, mark.state),
    };
    let mut text = page.t3("period-step", "what", what, "by", by, "at", moment(mark.marked_at_us));
    if let Some(reason) = &mark.reason {
        text = format!("{text}: {reason}");
    }
    match mark.changed_at_us {
        Some(at_us) if mark.state != PeriodState::Reopened => {
            format!("{text}. {}", page.t1("period-changed", "at", moment(at_us)))
        }
        _ => text,
    }
}

fn level_name(catalogue: &Catalogue, page: &Page, level: &str) -> String {
    let found = catalogue.approval_levels.iter().find(|one| one.level == level);
    found.map_or(level.to_string(), |one| one.label.get(page.language).to_string())
}

/// The level that somebody approves as.
fn level_of<'a>(catalogue: &'a Catalogue, user: &User) -> Option<&'a str> {
    catalogue.approval_levels.iter().find(|level| level.role == user.role.code()).map(|level| level.level.as_str())
}

/// The level whose turn it is; `None` where every level has approved or the period is not completed.
fn next_level<'a>(catalogue: &'a Catalogue, current: &PeriodMark) -> Option<&'a str> {
    let levels: Vec<&str> = catalogue.approval_levels.iter().map(|level| level.level.as_str()).collect();
    match current.state {
        PeriodState::Completed => levels.first().copied(),
        PeriodState::Approved => {
            let at = levels.iter().position(|level| Some(*level) == current.level.as_deref())?;
            levels.get(at + 1).copied()
        }
        PeriodState::Open | PeriodState::Reopened => None,
    }
}

/// The page's year and its months.
fn period_choices(page: &Page) -> Vec<Choice> {
    let year = page.period().start().year();
    let months = super::grid::months(year);
    let choice = |period: &Period| Choice {
        value: period.to_string(),
        name: wording::period(page.language, period),
        is_chosen: false,
    };
    Period::year(year).iter().chain(&months).map(choice).collect()
}

/// All resources, and each group that the enterprise reports.
fn group_choices(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Vec<Choice> {
    let records = view.computed.park.records.iter().filter(|record| record.enterprise == *id);
    let mut groups: Vec<&str> =
        records.filter_map(|record| Some(app.catalogue.resource(&record.resource)?.group.as_str())).collect();
    groups.sort_unstable();
    groups.dedup();
    let choice =
        |group: &str| Choice { value: group.to_string(), name: group_name(page, group), is_chosen: group == ALL };
    std::iter::once(ALL).chain(groups).map(choice).collect()
}

type Fields = Form<BTreeMap<String, String>>;

/// Completes a period, or reopens one that is not approved yet.
pub async fn complete(
    State(app): State<App>,
    page: Page,
    UrlPath(place): UrlPath<(String, String)>,
    headers: HeaderMap,
    Form(form): Fields,
) -> Result<Response, AppError> {
    take(&app, page, place, &headers, &form, |_, _, at, marks, reason| {
        Ok(match form.get("step").map(String::as_str) {
            Some("reopen") if current(marks, at).is_some_and(|mark| mark.state == PeriodState::Approved) => {
                // What was approved is reopened by those who approve.
                return Err(AppError::Forbidden { sign_in: false });
            }
            Some("reopen") => Some(Step::Reopen { reason }),
            Some("complete") => Some(Step::Complete),
            _ => None,
        })
    })
    .await
}

/// Approves a completed period as the reader's level, or reopens an approved one.
pub async fn approve(
    State(app): State<App>,
    page: Page,
    UrlPath(place): UrlPath<(String, String)>,
    headers: HeaderMap,
    Form(form): Fields,
) -> Result<Response, AppError> {
    take(&app, page, place, &headers, &form, |catalogue, user, _, _, reason| {
        Ok(match form.get("step").map(String::as_str) {
            Some("reopen") => Some(Step::Reopen { reason }),
            Some("approve") => {
                let level = level_of(catalogue, user).ok_or(AppError::Forbidden { sign_in: false })?;
                let at = catalogue.approval_levels.iter().position(|one| one.level == level).unwrap_or_default();
                let after = at.checked_sub(1).and_then(|before| catalogue.approval_levels.get(before));
                Some(Step::Approve { level: level.to_string(), after: after.map(|level| level.level.clone()) })
            }
            _ => None,
        })
    })
    .await
}

fn current<'a>(marks: &'a [PeriodMark], at: &PeriodAt) -> Option<&'a PeriodMark> {
    marks.iter().find(|mark| {
        mark.is_current
            && mark.enterprise == at.enterprise
            && mark.period == at.period
            && mark.resources.name() == at.resources.name()
    })
}

/// Reads which period is meant, asks which step it is, takes it, and shows what came of it. All faults at once.
async fn take(
    app: &App,
    page: Page,
    (park, enterprise): (String, String),
    headers: &HeaderMap,
    form: &BTreeMap<String, String>,
    step: impl FnOnce(&Catalogue, &User, &PeriodAt, &[PeriodMark], String) -> Result<Option<Step>, AppError>,
) -> Result<Response, AppError> {
    let (key, id) = (app.park_key(&ParkId::new(park.as_str())).await?, EnterpriseId::new(enterprise));
    let field = |name: &str| form.get(name).map_or("", |text| text.trim());
    let mut faults = Vec::new();
    let period = Period::parse(field("period")).filter(is_month_or_year);
    if period.is_none() {
        faults.push(page.t1("period-fault-period", "found", field("period")));
    }
    let resources = resources(app.catalogue, field("group"));
    if resources.is_none() {
        faults.push(page.t1("period-fault-group", "found", field("group")));
    }
    let reason = field("reason").to_string();
    if field("step") == "reopen" && (reason.is_empty() || reason.chars().count() > LONGEST_REASON) {
        faults.push(page.t1("period-fault-reason", "most", LONGEST_REASON));
    }
    if let (Some(period), Some(resources), true) = (period, resources, faults.is_empty()) {
        let at = PeriodAt { park: key.id.clone(), enterprise: id.clone(), period, resources };
        let marks = app.store.period_marks(&page.user.scope(), &key.id).await?;
        match step(app.catalogue, &page.user, &at, &marks, reason)? {
            Some(step) => faults.extend(fault_of(app, &page, &at, &step).await?),
            None => faults.push(page.t1("period-fault-step", "found", field("step"))),
        }
    }
    answer(app, page, &key, &id, headers, faults).await
}

fn is_month_or_year(period: &Period) -> bool {
    let start = period.start();
    Period::year(start.year()) == Some(*period) || Period::month(start.year(), start.month()) == Some(*period)
}

/// A group of the catalogue with its resources.
fn resources(catalogue: &Catalogue, group: &str) -> Option<Resources> {
    if group == ALL {
        return Some(Resources::All);
    }
    let of_group = catalogue.resources.iter().filter(|(_, resource)| resource.group == group);
    let these: std::collections::BTreeSet<_> = of_group.map(|(id, _)| id.clone()).collect();
    (!these.is_empty()).then(|| Resources::Group(group.to_string(), these))
}

/// Takes the step; the sentence when the state of the period does not allow it.
async fn fault_of(app: &App, page: &Page, at: &PeriodAt, step: &Step) -> Result<Option<String>, AppError> {
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
    match app.store.mark_period(&actor, &scope, at, step).await {
        Ok(()) => Ok(None),
        Err(PeriodError::WrongState(state)) => {
            Ok(Some(page.t1("period-fault-state", "state", state_word(page, state))))
        }
        Err(PeriodError::LevelBefore(level)) => {
            Ok(Some(page.t1("period-fault-level", "level", level_name(app.catalogue, page, &level))))
        }
        Err(PeriodError::OutsideScope) => Err(AppError::Forbidden { sign_in: false }),
        Err(PeriodError::NotFound) => Err(AppError::NotFound),
        Err(PeriodError::Store(error)) => Err(AppError::Internal(error)),
    }
}

async fn answer(
    app: &App,
    page: Page,
    key: &ParkKey,
    id: &EnterpriseId,
    headers: &HeaderMap,
    faults: Vec<String>,
) -> Result<Response, AppError> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    if super::wants_json(headers) {
        return Ok((status, Json(json!({ "faults": faults }))).into_response());
    }
    if !faults.is_empty() {
        let view = frame::view_of_records(app, &page, key.id.as_str()).await?;
        let faults = faults.into_iter().map(|message| ("periods".to_string(), message)).collect();
        return Ok((status, super::render(app, page, &view, id, faults).await?).into_response());
    }
    let address = page.at(&format!("/parks/{}/enterprises/{id}", key.id));
    Ok(Redirect::to(&format!("{address}#periods")).into_response())
}
