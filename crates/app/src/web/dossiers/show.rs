//! One dossier: where it stands, its steps with their limits, its parts, opinions, the next step as a form, its log.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::report::procedure::{Case, Due, Event, Outcome, Passed, Standing, View, What};
use store::{DossierEntry, EntryKind};

use crate::auth::{self, Action, DossierRight};
use crate::dossiers::papers::{self, Draft};
use crate::dossiers::{self, Followed};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::account::moment;
use crate::web::enterprise::people;
use crate::web::frame::Choice;
use crate::wording::dossier as words;

#[derive(Template)]
#[template(path = "dossier.html")]
struct DossierPage {
    page: Page,
    title: String,
    subject: String,
    park_name: String,
    park_href: String,
    address: String,
    finding: String,
    state: (&'static str, String),
    faults: Vec<String>,
    legal: String,
    sets: String,
    started: String,
    started_by: String,
    open: String,
    source: String,
    is_unconfirmed: bool,
    steps: Vec<StepRow>,
    parts: Vec<PartRow>,
    /// What the draft lacks, part by part; empty for those who do not see it.
    missing: Vec<(String, Vec<String>)>,
    papers: Option<PapersForm>,
    asked: String,
    opinions: Vec<OpinionRow>,
    next: Option<NextForm>,
    opinion_form: Vec<Choice>,
    views: Vec<Choice>,
    may_return: bool,
    may_close: bool,
    log: Vec<LogRow>,
    today: String,
}

struct StepRow {
    name: String,
    actor: String,
    limit: String,
    when: String,
    distance: String,
    /// Class and word of what became of it.
    state: (&'static str, String),
    is_unconfirmed: bool,
    open: String,
}

struct PartRow {
    name: String,
    if_any: bool,
    draft: String,
    received: String,
    is_received: bool,
}

struct OpinionRow {
    by: String,
    view: String,
    class: &'static str,
    on: String,
    number: String,
    note: String,
    is_late: bool,
}

struct NextForm {
    step: String,
    name: String,
    lead: String,
    /// Parts that may come with it: code, name, whether "if any".
    parts: Vec<(String, String, bool)>,
    asks_sets: bool,
    sets: String,
    outcomes: Vec<Choice>,
}

struct PapersForm {
    href: String,
    place: String,
    role: String,
}

struct LogRow {
    id: String,
    what: String,
    on: String,
    details: Vec<String>,
    by: String,
    /// Why it was withdrawn; empty where it holds.
    withdrawn: String,
    may_withdraw: bool,
}

pub async fn page(
    State(app): State<App>,
    page: Page,
    UrlPath((park, dossier)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let followed = dossiers::one(&app, &page.user, &park, &dossier).await?;
    render(&app, page, &followed, Vec::new()).await
}

/// The page; `faults` say why something was not written down.
pub async fn render(app: &App, page: Page, one: &Followed, faults: Vec<String>) -> Result<Response, AppError> {
    let language = page.language;
    let may = |right: DossierRight| {
        let action = Action::Dossier(right, one.key.clone(), one.dossier.enterprise.clone());
        auth::may(&page.user, &action).is_ok()
    };
    let drafts = match may(DossierRight::Prepare) {
        true => Some(papers::drafts_of(app, &page.user, one, language).await?),
        false => None,
    };
    let people = people(app, &page).await?;
    let name = |id: &str| people.get(id).cloned().unwrap_or_else(|| id.to_string());
    let (is_open, may_write) = (matches!(one.standing, Standing::At(_)), may(DossierRight::Write));
    let standing: Vec<Event> = one.dossier.standing().into_iter().map(|(_, event)| event.clone()).collect();
    let history = Case::history(&one.course(app.catalogue), &standing);
    let has_failed = !faults.is_empty();
    let procedure = one.procedure;
    let response = html(&DossierPage {
        title: one.title(language),
        subject: one.subject(language),
        park_name: one.park.get(language).to_string(),
        park_href: format!("/parks/{}", one.key.id),
        address: one.address(),
        finding: words::standing(language, procedure, &one.standing),
        state: words::state(language, &one.standing, &one.awaited),
        faults,
        legal: procedure.legal.get(language).to_string(),
        sets: procedure.sets.map_or_else(|| page.t("dossier-sets-unknown"), |sets| sets.to_string()),
        started: moment(one.dossier.started_at_us),
        started_by: name(&one.dossier.started_by),
        open: procedure.open.get(language).to_string(),
        source: procedure.source.clone(),
        is_unconfirmed: procedure.unconfirmed,
        steps: steps(&page, one, &history),
        parts: parts(&page, one, &standing, drafts.as_deref()),
        missing: drafts.iter().flatten().filter_map(|draft| lacks(one, draft, &page)).collect(),
        papers: drafts.is_some().then(|| papers_form(app, &page, one)),
        asked: asked(&page, one),
        opinions: opinions(&page, one, &history),
        next: if is_open && may_write { next_form(&page, one) } else { None },
        opinion_form: if may(DossierRight::Opine) { opinion_form(&page, one) } else { Vec::new() },
        views: [View::Agrees, View::Conditional, View::Disagrees]
            .map(|view| choice(words::view_code(view), words::view(language, view)))
            .into(),
        may_return: is_open && may_write && !one.case.done.is_empty(),
        may_close: is_open && may_write,
        log: log(&page, one, may_write, &people),
        today: page.today.to_string(),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

fn choice(value: &str, name: String) -> Choice {
    Choice { value: value.to_string(), name, is_chosen: false }
}

/// Every step of the procedure: those that were done since the dossier last came back, and those that are awaited.
fn steps(page: &Page, one: &Followed, history: &[Passed]) -> Vec<StepRow> {
    let language = page.language;
    let last_return = history.iter().rposition(|passed| passed.event.what == What::Returned).map_or(0, |at| at + 1);
    let row = |(at, step): (usize, &engine::catalogue::duties::Step)| {
        let done = history[last_return..].iter().find(|passed| match &passed.event.what {
            What::Done { step: done, .. } => *done == step.id,
            _ => false,
        });
        let awaited = one.awaited.iter().find(|awaited| awaited.step == step.id);
        let due = done.and_then(|done| done.due).or(awaited.map(|awaited| awaited.due)).unwrap_or(Due::Open);
        let state = match (done, awaited) {
            (Some(done), _) if done.is_late => ("severity error", page.t("dossier-done-late")),
            (Some(done), _) if done.due.and_then(|due| due.day()).is_some() => {
                ("outcome met", page.t("dossier-done-in-time"))
            }
            (Some(_), _) => ("outcome met", page.t("dossier-state-finished")),
            (None, Some(awaited)) if awaited.is_late => ("severity error", page.t("dossier-state-late")),
            (None, Some(_)) if at == one.case.done.len() => ("state completed", page.t("dossier-now")),
            _ => ("", String::new()),
        };
        let due_words = words::due(language, &due);
        StepRow {
            name: page.label(&step.label).to_string(),
            actor: words::actor(language, step.actor),
            limit: words::limit(language, one.procedure, step),
            when: match done {
                Some(done) if due.day().is_some() => {
                    let on = page.t1("dossier-done-on", "date", page.date(&done.event.on));
                    format!("{on} ({due_words})")
                }
                Some(done) => page.t1("dossier-done-on", "date", page.date(&done.event.on)),
                None => due_words,
            },
            distance: match (done, due.day()) {
                (None, Some(day)) => words::distance(language, page.today, day),
                _ => String::new(),
            },
            state,
            is_unconfirmed: words::is_unconfirmed(&due),
            open: step.open.get(language).to_string(),
        }
    };
    one.procedure.steps.iter().enumerate().map(row).collect()
}

fn parts(page: &Page, one: &Followed, standing: &[Event], drafts: Option<&[Draft]>) -> Vec<PartRow> {
    let last = standing.iter().rposition(|event| event.what == What::Returned).map_or(0, |at| at + 1);
    let handed_in = |part: &str| {
        standing[last..].iter().find_map(|event| match &event.what {
            What::Done { parts, .. } if parts.iter().any(|given| given == part) => Some(event.on),
            _ => None,
        })
    };
    let row = |part: &engine::catalogue::duties::DossierPart| {
        let draft = match drafts {
            None => page.t("dossier-draft-hidden"),
            Some(drafts) => match drafts.iter().find(|draft| draft.part == part.id) {
                None => page.t("dossier-draft-none"),
                Some(draft) if draft.missing.is_empty() => page.t("dossier-draft-complete"),
                Some(draft) => page.t1("dossier-draft-missing", "count", draft.missing.len()),
            },
        };
        let received = handed_in(&part.id);
        PartRow {
            name: page.label(&part.label).to_string(),
            if_any: part.if_any,
            draft,
            is_received: received.is_some(),
            received: match received {
                Some(on) => page.t1("dossier-part-received-on", "date", page.date(&on)),
                None => page.t("dossier-part-not-received"),
            },
        }
    };
    one.procedure.dossier.iter().map(row).collect()
}

fn lacks(one: &Followed, draft: &Draft, page: &Page) -> Option<(String, Vec<String>)> {
    let part = one.procedure.dossier.iter().find(|part| part.id == draft.part);
    let name = part.map_or_else(|| draft.document.title.clone(), |part| page.label(&part.label).to_string());
    (!draft.missing.is_empty()).then(|| (name, draft.missing.clone()))
}

fn papers_form(app: &App, page: &Page, one: &Followed) -> PapersForm {
    let province = one.key.province.as_ref().and_then(|code| app.catalogue.provinces.after_code(code));
    PapersForm {
        href: format!("{}/papers.zip", one.address()),
        place: province.map_or_else(String::new, |province| page.label(&province.name).to_string()),
        role: page.t("paper-signer-role"),
    }
}

fn asked(page: &Page, one: &Followed) -> String {
    let Some(step) = one.procedure.consultation() else { return String::new() };
    let (asked, said) = (step.consulted.len(), step.consulted.len() - one.case.silent(step).len());
    page.t2("dossier-opinions-asked", "asked", page.count(asked), "said", page.count(said))
}

fn opinions(page: &Page, one: &Followed, history: &[Passed]) -> Vec<OpinionRow> {
    let last_return = history.iter().rposition(|passed| passed.event.what == What::Returned).map_or(0, |at| at + 1);
    let entries = one.dossier.standing();
    let row = |asked: &engine::catalogue::duties::Consulted| {
        let by = page.label(&asked.label).to_string();
        let said = history.iter().enumerate().skip(last_return).find_map(|(at, passed)| match &passed.event.what {
            What::Opinion { by, view } if *by == asked.id => Some((entries[at].0, passed, *view)),
            _ => None,
        });
        match said {
            None => OpinionRow {
                by,
                view: page.t("dossier-opinion-waiting"),
                class: "state open",
                on: "–".to_string(),
                number: String::new(),
                note: String::new(),
                is_late: false,
            },
            Some((entry, passed, view)) => OpinionRow {
                by,
                view: words::view(page.language, view),
                class: match view {
                    View::Agrees => "outcome met",
                    View::Conditional => "outcome unknown",
                    View::Disagrees => "outcome not-met",
                },
                on: page.date(&passed.event.on),
                number: entry.number.clone(),
                note: entry.note.clone(),
                is_late: passed.is_late,
            },
        }
    };
    one.procedure.consultation().into_iter().flat_map(|step| &step.consulted).map(row).collect()
}

fn next_form(page: &Page, one: &Followed) -> Option<NextForm> {
    let step = one.case.step(one.procedure)?;
    let is_first = one.case.done.is_empty();
    let parts = one.procedure.dossier.iter().filter(|_| is_first);
    let outcomes = [Outcome::Granted, Outcome::Refused];
    Some(NextForm {
        step: step.id.clone(),
        name: page.label(&step.label).to_string(),
        lead: page.t1("dossier-next-of", "actor", words::actor(page.language, step.actor)),
        parts: parts.map(|part| (part.id.clone(), page.label(&part.label).to_string(), part.if_any)).collect(),
        asks_sets: is_first && !one.procedure.dossier.is_empty(),
        sets: one.procedure.sets.map_or_else(String::new, |sets| sets.to_string()),
        outcomes: match step.decides {
            true => outcomes
                .map(|outcome| choice(words::outcome_code(outcome), words::outcome(page.language, outcome)))
                .into(),
            false => Vec::new(),
        },
    })
}

/// Those who may still be heard: asked, silent, and nothing decided.
fn opinion_form(page: &Page, one: &Followed) -> Vec<Choice> {
    let Some(at) = one.procedure.steps.iter().position(|step| !step.consulted.is_empty()) else { return Vec::new() };
    if one.case.done.len() < at || one.case.step(one.procedure).is_none() {
        return Vec::new();
    }
    let asked = &one.procedure.steps[at].consulted;
    let silent = asked.iter().filter(|asked| !one.case.opinions.contains_key(&asked.id));
    silent.map(|asked| choice(&asked.id, page.label(&asked.label).to_string())).collect()
}

/// Everything that was written down, the latest first.
fn log(page: &Page, one: &Followed, may_write: bool, people: &BTreeMap<String, String>) -> Vec<LogRow> {
    let row = |entry: &DossierEntry| {
        let withdrawal = one.dossier.entries.iter().find(|other| other.kind == EntryKind::Withdrawal(entry.id.clone()));
        let role = page.t(&format!("role-{}", entry.written_as));
        let name = people.get(&entry.written_by).unwrap_or(&entry.written_by);
        let is_withdrawal = matches!(entry.kind, EntryKind::Withdrawal(_));
        let mut details = Vec::new();
        if let Some(sets) = entry.sets {
            details.push(page.t1("dossier-entry-sets", "sets", sets));
        }
        if !entry.number.is_empty() {
            details.push(page.t1("dossier-entry-number", "number", &entry.number));
        }
        if !entry.note.is_empty() {
            details.push(entry.note.clone());
        }
        LogRow {
            id: entry.id.clone(),
            what: what(page, one, &entry.kind),
            on: match &entry.kind {
                EntryKind::Event(event) => page.date(&event.on),
                EntryKind::Withdrawal(_) => String::new(),
            },
            details,
            by: page.t3("dossier-entry-by", "name", name, "role", role, "at", moment(entry.written_at_us)),
            withdrawn: withdrawal
                .map_or_else(String::new, |withdrawal| page.t1("dossier-entry-withdrawn", "reason", &withdrawal.note)),
            may_withdraw: may_write && withdrawal.is_none() && !is_withdrawal,
        }
    };
    one.dossier.entries.iter().rev().map(row).collect()
}

fn what(page: &Page, one: &Followed, kind: &EntryKind) -> String {
    let EntryKind::Event(event) = kind else { return page.t("dossier-event-withdrawn") };
    match &event.what {
        What::Done { step, outcome, .. } => {
            let name = words::step_name(page.language, one.procedure, step);
            let said = outcome
                .map_or_else(|| name.clone(), |outcome| format!("{name}: {}", words::outcome(page.language, outcome)));
            page.t1("dossier-event-done", "step", said)
        }
        What::Opinion { by, view } => {
            let asked = one.procedure.consultation().into_iter().flat_map(|step| &step.consulted);
            let name =
                asked.clone().find(|asked| asked.id == *by).map_or(by.as_str(), |asked| page.label(&asked.label));
            page.t2("dossier-event-opinion", "by", name, "view", words::view(page.language, *view))
        }
        What::Returned => page.t("dossier-event-returned"),
        What::Closed => page.t("dossier-event-closed"),
    }
}
