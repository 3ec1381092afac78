//! What the park says of a criterion itself, and what a reviewer says: beside the outcome that is computed and beside each
//! other. Where they disagree it is shown; none takes the place of another.

use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::assess::{Assessment, CriterionResult, Outcome};
use engine::ids::CriterionId;
use serde::Deserialize;
use store::{Opinion, OpinionAt, OpinionSide, StatedOpinion};

use crate::auth::{self, Action, Sight};
use crate::error::AppError;
use crate::page::{Page, escape};
use crate::state::{App, ParkView};
use crate::web::account::moment;
use crate::web::enterprise::as_number;
use crate::web::frame;
use crate::wording;

/// What is said now of a park's criteria under one edition for one period.
#[derive(Default)]
pub struct Said(Vec<StatedOpinion>);

impl Said {
    fn of(&self, criterion: &CriterionId, side: OpinionSide) -> Option<&StatedOpinion> {
        self.0.iter().find(|said| said.criterion == *criterion && said.side == side)
    }
}

/// One side's word as printed.
pub struct Word {
    pub side: String,
    pub outcome: String,
    pub class: &'static str,
    pub value: String,
    /// Empty for those who see of the park only their own enterprise: it may name others.
    pub reason: String,
    pub by: String,
    pub at: String,
}

/// What both sides say of one criterion.
#[derive(Default)]
pub struct Opinions {
    pub own: Option<Word>,
    pub review: Option<Word>,
    /// Who disagrees with whom, in words; empty where nobody does.
    pub disagreement: String,
}

impl Opinions {
    pub fn of(page: &Page, view: &ParkView, said: &Said, result: &CriterionResult) -> Opinions {
        let [own, review] = OpinionSide::ALL.map(|side| said.of(&result.id, side));
        let outcome = |stated: Option<&StatedOpinion>| stated.map(|stated| stated.opinion.outcome);
        let is_apart = |a: Option<Outcome>, b: Option<Outcome>| a.zip(b).is_some_and(|(a, b)| a != b);
        let computed = Some(result.outcome);
        let disagreements = [
            (is_apart(outcome(own), outcome(review)), "opinion-self-against-review"),
            (is_apart(outcome(own), computed), "opinion-self-against-computed"),
            (is_apart(outcome(review), computed), "opinion-review-against-computed"),
        ];
        let told = disagreements.into_iter().filter(|(is_apart, _)| *is_apart).map(|(_, key)| page.t(key));
        Opinions {
            disagreement: told.collect::<Vec<_>>().join("; "),
            own: own.map(|stated| word(page, view, stated, &result.unit)),
            review: review.map(|stated| word(page, view, stated, &result.unit)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_none() && self.review.is_none()
    }
}

fn word(page: &Page, view: &ParkView, stated: &StatedOpinion, unit: &str) -> Word {
    let may_read = matches!(view.sight, Sight::Whole | Sight::Totals);
    let value = stated.opinion.value.map(|value| match unit {
        "yes_no" => page.t(if value == 1.0 { "yes" } else { "no" }),
        _ => {
            let decimals = if value.fract() == 0.0 { 0 } else { 2 };
            format!("{} {}", page.n(value, decimals), wording::criterion_unit(page.language, unit))
        }
    });
    Word {
        side: page.t(side_key(stated.side)),
        outcome: wording::outcome(page.language, stated.opinion.outcome),
        class: wording::outcome_class(stated.opinion.outcome),
        value: value.unwrap_or_default(),
        reason: if may_read { stated.opinion.reason.clone() } else { String::new() },
        by: page.t(&format!("role-{}", stated.stated_as)),
        at: moment(stated.stated_at_us),
    }
}

fn side_key(side: OpinionSide) -> &'static str {
    match side {
        OpinionSide::Own => "opinion-self",
        OpinionSide::Review => "opinion-review",
    }
}

/// What holds now.
pub async fn current(app: &App, page: &Page, view: &ParkView) -> Result<Said, AppError> {
    let mut said = app.store.opinions(&page.user.scope(), &view.key.id).await?;
    let is_of_page = |one: &StatedOpinion| one.edition == page.framework() && one.period == page.period();
    said.retain(|one| is_of_page(one) && one.superseded_at_us.is_none());
    Ok(Said(said))
}

/// What was said before of a criterion, newest first.
pub async fn superseded(
    app: &App,
    page: &Page,
    view: &ParkView,
    criterion: &CriterionId,
) -> Result<Vec<Word>, AppError> {
    let said = app.store.opinions(&page.user.scope(), &view.key.id).await?;
    let is_earlier = |one: &&StatedOpinion| {
        one.criterion == *criterion
            && one.edition == page.framework()
            && one.period == page.period()
            && one.superseded_at_us.is_some()
    };
    let criterion = view.computed.catalogue.frameworks.get(&page.framework()).and_then(|f| f.criterion(criterion));
    let unit = criterion.map_or("", |criterion| criterion.unit.as_str());
    Ok(said.iter().rev().filter(is_earlier).map(|stated| word(page, view, stated, unit)).collect())
}

/// `3 tiêu chí đã tự đánh giá, 2 đã thẩm tra, 1 có ý kiến khác nhau`; empty where nobody has spoken.
pub fn counted(page: &Page, said: &Said, assessment: &Assessment) -> String {
    if said.0.is_empty() {
        return String::new();
    }
    let count = |side| said.0.iter().filter(|one| one.side == side).count();
    let is_disputed = |result: &&CriterionResult| {
        let outcomes = said.0.iter().filter(|one| one.criterion == result.id).map(|one| one.opinion.outcome);
        outcomes.into_iter().any(|outcome| outcome != result.outcome)
    };
    let disputed = assessment.criteria.iter().filter(is_disputed).count();
    let (own, review) = (page.count(count(OpinionSide::Own)), page.count(count(OpinionSide::Review)));
    page.t3("opinion-counted", "self", own, "review", review, "disputed", page.count(disputed))
}

/// Forms that the reader may fill in.
pub struct Forms {
    pub open: Vec<OpenForm>,
    pub outcomes: Vec<(&'static str, String)>,
    pub has_value: bool,
    pub unit: String,
}

/// One side's form: where it is sent, and keys of what it asks for.
pub struct OpenForm {
    pub action: String,
    pub title: &'static str,
    pub reason: &'static str,
}

impl Forms {
    pub fn of(page: &Page, view: &ParkView, result: &CriterionResult) -> Forms {
        // A word is said of a row of the edition that the address names.
        let edition = view.computed.catalogue.frameworks.get(&page.framework());
        let is_of_edition = edition.is_some_and(|edition| edition.criterion(&result.id).is_some());
        let may = |action: Action| is_of_edition && auth::may(&page.user, &action).is_ok();
        let path = |part: &str| {
            let (park, criterion) = (&view.key.id, escape(result.id.as_str()));
            page.at(&format!("/parks/{park}/assess/{criterion}/{part}"))
        };
        let mut open = Vec::new();
        if may(Action::SelfAssess(view.key.clone())) {
            open.push(OpenForm { action: path("self"), title: "opinion-state-self", reason: "opinion-evidence" });
        }
        if may(Action::ReviewAssess(view.key.clone())) {
            open.push(OpenForm { action: path("review"), title: "opinion-state-review", reason: "opinion-reason" });
        }
        Forms {
            open,
            outcomes: Outcome::ALL.map(|outcome| (outcome.code(), wording::outcome(page.language, outcome))).to_vec(),
            has_value: result.unit != "yes_no",
            unit: wording::criterion_unit(page.language, &result.unit),
        }
    }
}

#[derive(Deserialize)]
pub struct Stated {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    reason: String,
}

/// Longest evidence note or reason, in characters.
const LONGEST_REASON: usize = 2_000;

pub async fn state_own(
    State(app): State<App>,
    page: Page,
    UrlPath((park, criterion)): UrlPath<(String, String)>,
    Form(stated): Form<Stated>,
) -> Result<Response, AppError> {
    state(&app, page, (&park, &criterion), OpinionSide::Own, &stated).await
}

pub async fn state_review(
    State(app): State<App>,
    page: Page,
    UrlPath((park, criterion)): UrlPath<(String, String)>,
    Form(stated): Form<Stated>,
) -> Result<Response, AppError> {
    state(&app, page, (&park, &criterion), OpinionSide::Review, &stated).await
}

async fn state(
    app: &App,
    page: Page,
    (park, criterion): (&str, &str),
    side: OpinionSide,
    stated: &Stated,
) -> Result<Response, AppError> {
    let view = frame::view(app, &page, park).await?;
    let at = OpinionAt {
        park: view.key.id.clone(),
        edition: page.framework(),
        criterion: CriterionId::new(criterion),
        period: page.period(),
    };
    // What is said must be said of a row of the edition that the address names.
    let edition = view.computed.catalogue.frameworks.get(&at.edition);
    edition.and_then(|edition| edition.criterion(&at.criterion)).ok_or(AppError::NotFound)?;
    let opinion = match read(&page, side, stated) {
        Ok(opinion) => opinion,
        Err(fault) => return super::show_one(app, page, (park, criterion), fault).await,
    };
    let actor = page.user.actor(app.now_us());
    app.store.state_opinion(&actor, &page.user.scope(), &at, side, &opinion).await.map_err(anyhow::Error::from)?;
    let path = page.at(&format!("/parks/{}/assess/{}", at.park, escape(criterion)));
    Ok(Redirect::to(&format!("{path}#opinions")).into_response())
}

/// What was typed, or the key of the sentence that says what is wrong with it.
fn read(page: &Page, side: OpinionSide, stated: &Stated) -> Result<Opinion, &'static str> {
    let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.code() == stated.outcome);
    let outcome = outcome.ok_or("opinion-fault-outcome")?;
    let value = match stated.value.trim() {
        "" => None,
        typed => Some(as_number(page.language, typed).ok_or("opinion-fault-value")?),
    };
    let reason = stated.reason.trim();
    if reason.chars().count() > LONGEST_REASON {
        return Err("opinion-fault-long");
    }
    match side {
        OpinionSide::Own if reason.is_empty() && outcome == Outcome::Met => Err("opinion-fault-evidence"),
        OpinionSide::Review if reason.is_empty() => Err("opinion-fault-reason"),
        _ => Ok(Opinion { outcome, value, reason: reason.to_string() }),
    }
}
