//! What is written down of a dossier: a step, a return, its end, an opinion, and that an entry was mistaken.

use std::collections::BTreeMap;

use axum::extract::{Form, Path as UrlPath, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::period::parse_date;
use engine::report::procedure::{Event, Outcome, View, What};
use jiff::civil::Date;
use store::{DossierError, NewEntry};

use super::{Fields, refused, show};
use crate::dossiers::{self, Followed};
use crate::error::AppError;
use crate::page::Page;
use crate::state::App;
use crate::wording::dossier as words;

/// Longest number of a paper, and longest note, that are kept.
const LONGEST_NUMBER: usize = 60;
const LONGEST_NOTE: usize = 1_000;

type Place = UrlPath<(String, String)>;

/// The fields of a form, with every fault that was found in them.
struct Asked<'a> {
    page: &'a Page,
    form: &'a BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Asked<'_> {
    fn field(&self, name: &str) -> String {
        self.form.get(name).map_or("", |text| text.trim()).to_string()
    }

    fn day(&mut self) -> Option<Date> {
        let day = parse_date(&self.field("on"));
        if day.is_none() {
            self.faults.push(self.page.t("dossier-fault-date"));
        }
        day
    }

    fn text(&mut self, name: &str, label: &str, most: usize) -> String {
        let text = self.field(name);
        if text.chars().count() > most {
            self.faults.push(self.page.t2("dossier-fault-long", "field", self.page.t(label), "most", most));
        }
        text
    }

    fn sets(&mut self) -> Option<u32> {
        let text = self.field("sets");
        if text.is_empty() {
            return None;
        }
        let sets = text.parse().ok().filter(|sets| (1..=99).contains(sets));
        if sets.is_none() {
            self.faults.push(self.page.t("dossier-fault-sets"));
        }
        sets
    }

    fn note(&mut self) -> String {
        self.text("note", "dossier-note", LONGEST_NOTE)
    }

    fn reason(&mut self) -> String {
        let reason = self.text("note", "dossier-reason", LONGEST_NOTE);
        if reason.is_empty() {
            self.faults.push(self.page.t("dossier-fault-reason"));
        }
        reason
    }
}

pub async fn entry(
    State(app): State<App>,
    page: Page,
    UrlPath((park, dossier)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let one = dossiers::one(&app, &page.user, &park, &dossier).await?;
    let mut asked = Asked { page: &page, form: &form, faults: Vec::new() };
    let (on, number) = (asked.day(), asked.text("number", "dossier-number", LONGEST_NUMBER));
    let (what, note, sets) = match asked.field("act").as_str() {
        "done" => {
            let step = asked.field("step");
            let outcome = match asked.field("outcome").as_str() {
                "granted" => Some(Outcome::Granted),
                "refused" => Some(Outcome::Refused),
                _ => None,
            };
            let decides = one.procedure.step(&step).is_some_and(|step| step.decides);
            if decides && number.is_empty() {
                asked.faults.push(page.t("dossier-fault-number"));
            }
            let sets = asked.sets();
            (Some(What::Done { step, parts: parts(&one, &form), outcome }), asked.note(), sets)
        }
        "returned" => (Some(What::Returned), asked.reason(), None),
        "closed" => (Some(What::Closed), asked.reason(), None),
        _ => {
            asked.faults.push(page.t("dossier-fault-unknown"));
            (None, String::new(), None)
        }
    };
    let faults = asked.faults;
    let new = on.zip(what).map(|(on, what)| NewEntry { event: Event { on, what }, sets, number, note });
    keep(&app, page, &one, faults, new).await
}

pub async fn opinion(
    State(app): State<App>,
    page: Page,
    UrlPath((park, dossier)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let one = dossiers::one(&app, &page.user, &park, &dossier).await?;
    let mut asked = Asked { page: &page, form: &form, faults: Vec::new() };
    let (on, number, note) = (asked.day(), asked.text("number", "dossier-number", LONGEST_NUMBER), asked.note());
    let view = match asked.field("view").as_str() {
        "agrees" => Some(View::Agrees),
        "conditional" => Some(View::Conditional),
        "disagrees" => Some(View::Disagrees),
        _ => None,
    };
    if view.is_none() {
        asked.faults.push(page.t("dossier-fault-view"));
    }
    let (by, faults) = (asked.field("by"), asked.faults);
    let event = on.zip(view).map(|(on, view)| Event { on, what: What::Opinion { by, view } });
    let new = event.map(|event| NewEntry { event, sets: None, number, note });
    keep(&app, page, &one, faults, new).await
}

pub async fn withdraw(
    State(app): State<App>,
    page: Page,
    UrlPath((park, dossier)): Place,
    Form(form): Fields,
) -> Result<Response, AppError> {
    let one = dossiers::one(&app, &page.user, &park, &dossier).await?;
    let mut asked = Asked { page: &page, form: &form, faults: Vec::new() };
    let (entry, reason) = (asked.field("entry"), asked.reason());
    let mut faults = asked.faults;
    if faults.is_empty() {
        let (actor, scope) = (page.user.actor(app.now_us()), page.user.dossier_scope());
        let (key, course) = (&one.key.id, one.course(app.catalogue));
        let done =
            app.store.withdraw_dossier_entry(&actor, &scope, key, &one.dossier.id, &course, &entry, &reason).await;
        match done {
            Ok(()) => return Ok(Redirect::to(&one.address()).into_response()),
            Err(DossierError::RestedOn) => faults.push(page.t("dossier-withdraw-rested-on")),
            Err(DossierError::NotFound) => faults.push(page.t("dossier-withdraw-gone")),
            Err(error) => return Err(refused(error)),
        }
    }
    show::render(&app, page, &one, faults).await
}

/// The parts of the dossier that are ticked.
fn parts(one: &Followed, form: &BTreeMap<String, String>) -> Vec<String> {
    let all = one.procedure.dossier.iter().map(|part| part.id.clone());
    all.filter(|part| form.contains_key(&format!("part-{part}"))).collect()
}

/// Keeps an entry, or shows the dossier with every reason why it was not kept.
async fn keep(
    app: &App,
    page: Page,
    one: &Followed,
    mut faults: Vec<String>,
    new: Option<NewEntry>,
) -> Result<Response, AppError> {
    let course = one.course(app.catalogue);
    let Some(new) = new else { return show::render(app, page, one, faults).await };
    let given = match &new.event.what {
        What::Done { parts, .. } => parts.clone(),
        _ => Vec::new(),
    };
    let in_words = |refusals: Vec<_>| {
        refusals
            .into_iter()
            .map(|refusal| words::refusal(page.language, one.procedure, &one.case, &given, refusal))
            .collect::<Vec<String>>()
    };
    if !faults.is_empty() {
        faults.extend(one.case.after(&course, &new.event).err().map(in_words).unwrap_or_default());
        return show::render(app, page, one, faults).await;
    }
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.dossier_scope());
    match app.store.add_dossier_entry(&actor, &scope, &one.key.id, &one.dossier.id, &course, &new).await {
        Ok(_) => Ok(Redirect::to(&one.address()).into_response()),
        Err(DossierError::Refused(refusals)) => {
            let faults = in_words(refusals);
            show::render(app, page, one, faults).await
        }
        Err(error) => Err(refused(error)),
    }
}
