//! The frame of every page about a park: where we are, the context bar, and the six steps with their counts.

use engine::assess::Outcome;
use engine::ids::{FrameworkId, ParkId};
use engine::matching::Standing;
use engine::park::Status;
use engine::period::Period;

use crate::auth::{self, Action, Sight};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::matching::{Asker, Computing, Waiting};
use crate::wording::Names;
use crate::{document, wording};

/// What `park_frame.html` prints above a step's own content.
pub struct ParkFrame {
    pub id: String,
    pub name: String,
    pub province: String,
    pub synthetic: bool,
    pub steps: Vec<Step>,
    pub periods: Vec<Choice>,
    pub frameworks: Vec<Choice>,
    /// What enterprises have not shared with the reader, and what it would add; empty where nothing is held back.
    pub unshared: String,
    /// The page where the reader shares or assigns; empty for those who have none.
    pub sharing_href: String,
    /// The page of the park's dossiers; empty for those who have none to see.
    pub dossiers_href: String,
}

pub struct Step {
    pub href: String,
    pub name: String,
    /// Class of the dot: an outcome's.
    pub dot: &'static str,
    pub count: String,
    pub is_current: bool,
}

/// One entry of a drop-down.
pub struct Choice {
    pub value: String,
    pub name: String,
    pub is_chosen: bool,
}

impl ParkFrame {
    pub fn of(app: &App, page: &Page, view: &ParkView, current: &str) -> ParkFrame {
        let report = &view.computed.report;
        let id = report.park.to_string();
        ParkFrame {
            name: report.name.get(page.language).to_string(),
            province: app
                .catalogue
                .provinces
                .after_code(&report.province)
                .map_or_else(String::new, |province| province.name.get(page.language).to_string()),
            synthetic: report.synthetic,
            unshared: unshared(page, view),
            sharing_href: sharing_href(page, view),
            dossiers_href: match auth::may(&page.user, &Action::SeeDossiers(Some(view.key.clone()))) {
                Ok(()) => format!("/parks/{id}/dossiers"),
                Err(_) => String::new(),
            },
            steps: steps(page, view, current, &id),
            periods: periods(page, view),
            frameworks: view
                .computed
                .catalogue
                .frameworks
                .values()
                .map(|framework| Choice {
                    value: framework.id.to_string(),
                    name: wording::framework(&view.computed.catalogue, page.language, &framework.id),
                    is_chosen: framework.id == page.framework(),
                })
                .collect(),
            id,
        }
    }
}

fn unshared(page: &Page, view: &ParkView) -> String {
    let part = |(subject, enterprises): &(store::Subject, std::collections::BTreeSet<_>)| {
        page.t1(&format!("sharing-unshared-{}", subject.code()), "count", page.count(enterprises.len()))
    };
    let parts: Vec<String> = view.unshared.iter().map(part).collect();
    if parts.is_empty() { String::new() } else { page.t1("sharing-unshared", "parts", parts.join("; ")) }
}

fn sharing_href(page: &Page, view: &ParkView) -> String {
    let park = &view.key.id;
    let own = match &view.sight {
        Sight::Own(own) if page.user.is_enterprise(park, own) => format!("/parks/{park}/enterprises/{own}/sharing"),
        Sight::Whole if auth::may(&page.user, &Action::AssignPark(view.key.clone())).is_ok() => {
            format!("/parks/{park}/sharing")
        }
        _ => return String::new(),
    };
    page.at(&own)
}

fn steps(page: &Page, view: &ParkView, current: &str, id: &str) -> Vec<Step> {
    let report = &view.computed.report;
    let score = report.assessments.first().map(|assessment| assessment.score).unwrap_or_default();
    let verified = report.totals.get(&Status::Verified).map_or(0, |total| total.claims);
    let balance = &report.balance;
    let is_begun = view.computed.lacks_network;
    let worth_doing = report.plan.proposals.iter().filter(|proposal| proposal.counts && !is_begun).count();
    let is_complete = balance.months_covered == balance.months_expected;
    let all_met = score.met == score.applicable && score.applicable > 0;
    let row = |code: &'static str, is_done: bool, count: String| Step {
        href: page.at(&format!("/parks/{id}/{code}")),
        name: page.t(&format!("step-{code}")),
        dot: if is_done { "met" } else { "unknown" },
        count,
        is_current: code == current,
    };
    vec![
        row("observe", is_complete, format!("{}/{}", balance.months_covered, balance.months_expected)),
        row("assess", all_met, format!("{}/{}", score.met, score.applicable)),
        row("matching", !report.network.exchanges.is_empty(), report.candidates.count(Standing::Ready).to_string()),
        row("plan", worth_doing > 0, if is_begun { "…".to_string() } else { worth_doing.to_string() }),
        row("verify", verified > 0, format!("{verified}/{}", report.verifications.len())),
        row("report", true, String::new()),
    ]
}

/// The calendar years that the park has records of, latest first.
fn periods(page: &Page, view: &ParkView) -> Vec<Choice> {
    let chosen = page.period();
    let mut years: Vec<i16> = view.computed.park.records.iter().map(|record| record.period.start().year()).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    let mut choices: Vec<Choice> = years
        .into_iter()
        .map(|year| Choice {
            value: year.to_string(),
            name: year.to_string(),
            is_chosen: chosen.to_string() == year.to_string(),
        })
        .collect();
    if choices.iter().all(|choice| !choice.is_chosen) {
        let name = wording::period(page.language, &chosen);
        choices.insert(0, Choice { value: chosen.to_string(), name, is_chosen: true });
    }
    choices
}

/// The report of the park in the address, in the page's period and framework, for its reader.
///
/// Errors: [`AppError::NotYet`] while its network is being computed.
pub async fn view(app: &App, page: &Page, park: &str) -> Result<ParkView, AppError> {
    view_in(app, page, &ParkId::new(park), &page.framework(), page.period()).await
}

/// The same in another framework and period.
pub async fn view_in(
    app: &App,
    page: &Page,
    park: &ParkId,
    framework: &FrameworkId,
    period: Period,
) -> Result<ParkView, AppError> {
    match asked_for(app, page, park, framework, period).await? {
        (view, None) => Ok(view),
        (view, Some(waiting)) => Err(AppError::NotYet(Box::new(Computing::of(app, page, &view, waiting)))),
    }
}

/// The same for a page that shows those who see every enterprise what it can without the network, and what the rest waits
/// for. Sums for others are told together or not at all.
pub async fn view_so_far(app: &App, page: &Page, park: &str) -> Result<(ParkView, Option<Waiting>), AppError> {
    match asked_for(app, page, &ParkId::new(park), &page.framework(), page.period()).await? {
        (view, Some(waiting)) if view.sight != Sight::Whole => {
            Err(AppError::NotYet(Box::new(Computing::of(app, page, &view, waiting))))
        }
        found => Ok(found),
    }
}

/// The same for a page to which the network has nothing to say: those who see every enterprise do not wait for it.
pub async fn view_begun(app: &App, page: &Page, park: &str) -> Result<ParkView, AppError> {
    let records = view_of_records(app, page, park).await?;
    let waits = records.computed.lacks_network && records.sight != Sight::Whole;
    if waits { view(app, page, park).await } else { Ok(records) }
}

/// The same for a page that tells no sums to those who do not see their parts: nobody waits for the network, which is there
/// if it is known.
pub async fn view_of_records(app: &App, page: &Page, park: &str) -> Result<ParkView, AppError> {
    let park = ParkId::new(park);
    let (view, left) = app.park_view_begun(&page.user, &park, &page.framework(), page.period()).await?;
    let Some(left) = left else { return Ok(view) };
    match app.awaited.known_network(&left.wanted) {
        Some(chosen) => app.with_network(view, left, Some(chosen)).await,
        None => Ok(view),
    }
}

async fn asked_for(
    app: &App,
    page: &Page,
    park: &ParkId,
    framework: &FrameworkId,
    period: Period,
) -> Result<(ParkView, Option<Waiting>), AppError> {
    let (view, left) = app.park_view_begun(&page.user, park, framework, period).await?;
    let Some(left) = left else { return Ok((view, None)) };
    if !page.is_read {
        return Ok((app.with_network(view, left, None).await?, None));
    }
    match app.awaited.networks(Asker::of(page, park), vec![left.wanted.clone()]).await {
        Ok(chosen) => Ok((app.with_network(view, left, chosen.first().cloned()).await?, None)),
        Err(found) => {
            let waiting = Waiting::of(page, park, &found);
            Ok((view, Some(waiting)))
        }
    }
}

/// Words for a park's own things: with names for those who may see them, else only counts.
pub fn names<'a>(app: &App, page: &Page, view: &'a ParkView) -> Names<'a> {
    let park = (view.sight == Sight::Whole).then_some(&view.computed.park);
    Names { language: page.language, catalogue: app.catalogue, park }
}

/// `7 trên 11`, for first lines.
pub fn met_of_applicable(view: &ParkView) -> (usize, usize, usize) {
    view.computed.report.assessments.first().map_or((0, 0, 0), |assessment| {
        (assessment.score.met, assessment.score.applicable, document::count(assessment, Outcome::Unknown))
    })
}
