//! What takes mixed-integer problems to tell: networks, the curve and the failures of the network page, the split of a deal
//! sheet. A job computes it, one for all who ask the same, and its answer is kept by what was asked, whoever asks next; a
//! page waits for it a moment and shows the rest meanwhile.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::ParkId;
use engine::matching::objective::{Chosen, Wanted};
use engine::matching::split::Split;
use engine::source::Digest;

use super::network::address;
use crate::decision::Further;
use crate::error::AppError;
use crate::jobs::{Job, Jobs};
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::api;
use crate::web::frame::ParkFrame;

/// A page waits so often and so long each time before it shows itself without the answer: 1.5 s.
const WAITS: usize = 30;
const WAIT: Duration = Duration::from_millis(50);
/// Answers that are kept; beyond, those of one question go.
const MOST_KEPT: usize = 256;
/// Key of the address under which a job was cancelled: it is not started again until somebody asks.
pub const STOPPED: &str = "stopped";
/// Key of a job's address under which the page stands that waits for it.
const AT: &str = "at";

#[derive(Clone)]
pub enum Answer {
    /// One for each that was wanted.
    Networks(Arc<Vec<Chosen>>),
    Further(Arc<Further>),
    Split(Arc<Split>),
}

/// The jobs of all pages and what came out of them.
#[derive(Clone, Default)]
pub struct Awaited {
    jobs: Jobs<Answer>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    answers: BTreeMap<Digest, Answer>,
    /// Identifiers of jobs by what was asked about which park.
    started: BTreeMap<(ParkId, Digest), String>,
}

impl Known {
    fn keep(&mut self, question: Digest, answer: Answer) {
        while self.answers.len() >= MOST_KEPT {
            self.answers.pop_first();
        }
        self.answers.insert(question, answer);
    }
}

pub enum Found {
    Ready(Answer),
    Running(Arc<Job<Answer>>),
    /// Cancelled, and not asked for again.
    Stopped,
    /// It came to its end without an answer.
    Failed,
    /// Too many jobs run already.
    Busy,
}

/// Who asks about which park.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    user: &'a str,
    park: &'a ParkId,
    /// A job was cancelled here.
    is_stopped: bool,
}

impl<'a> Asker<'a> {
    pub fn of(page: &'a Page, park: &'a ParkId) -> Asker<'a> {
        Asker { user: &page.user.id, park, is_stopped: page.query.contains_key(STOPPED) }
    }
}

/// In place of what is not known yet.
#[derive(Template)]
#[template(path = "waiting.html")]
pub struct Waiting {
    pub page: Page,
    /// The page that waits.
    again: String,
    running: Option<Running>,
    /// Key of what is said where no job runs.
    why_not: &'static str,
}

/// In place of a page that rests on a network which is not chosen yet: nothing of it is told by half.
#[derive(Template)]
#[template(path = "computing.html")]
pub struct Computing {
    page: Page,
    frame: ParkFrame,
    waiting: Waiting,
}

struct Running {
    progress_path: String,
    cancel_path: String,
    done: usize,
    of: usize,
}

impl Awaited {
    /// The answer to a question, if it comes in a moment. `work` is one of so many parts and tells the job how far it is.
    pub async fn ask(
        &self,
        asker: Asker<'_>,
        question: Digest,
        of: usize,
        work: impl FnOnce(&Job<Answer>) -> Option<Answer> + Send + 'static,
    ) -> Found {
        if let Some(answer) = self.answer(&question) {
            return Found::Ready(answer);
        }
        if asker.is_stopped {
            return Found::Stopped;
        }
        let user = asker.user;
        let Some(job) = self.job(asker, question, of, work) else { return Found::Busy };
        for _ in 0..WAITS {
            if job.is_over() {
                break;
            }
            tokio::time::sleep(WAIT).await;
        }
        found(job, user)
    }

    /// The networks that are wanted, if they come in a moment. One job chooses them one after the other, and each is kept as
    /// soon as it is there.
    pub async fn networks(&self, asker: Asker<'_>, wanted: Vec<Wanted>) -> Result<Arc<Vec<Chosen>>, Found> {
        if wanted.is_empty() {
            return Ok(Arc::default());
        }
        let questions: Vec<Digest> = wanted.iter().map(question).collect();
        let asked = match &questions[..] {
            [one] => one.clone(),
            all => Digest::of(format!("{all:?}").as_bytes()),
        };
        let awaited = self.clone();
        let parts = wanted.iter().map(Wanted::parts).sum();
        let work = move |job: &Job<Answer>| {
            let (mut chosen, mut before) = (Vec::new(), 0);
            for (one, question) in wanted.iter().zip(questions) {
                let network = match awaited.network_of(&question) {
                    Some(network) => network,
                    None => one.choose_while(&mut |done| {
                        job.tell(before + done);
                        !job.is_cancelled()
                    })?,
                };
                before += one.parts();
                job.tell(before);
                awaited.known.lock().ok()?.keep(question, Answer::Networks(Arc::new(vec![network.clone()])));
                chosen.push(network);
            }
            Some(Answer::Networks(Arc::new(chosen)))
        };
        match self.ask(asker, asked, parts, work).await {
            Found::Ready(Answer::Networks(chosen)) => Ok(chosen),
            found => Err(found),
        }
    }

    /// A network that was chosen before.
    pub fn known_network(&self, wanted: &Wanted) -> Option<Chosen> {
        self.network_of(&question(wanted))
    }

    fn network_of(&self, question: &Digest) -> Option<Chosen> {
        match self.answer(question)? {
            Answer::Networks(chosen) => chosen.first().cloned(),
            _ => None,
        }
    }

    fn answer(&self, question: &Digest) -> Option<Answer> {
        self.known.lock().ok()?.answers.get(question).cloned()
    }

    /// The job for this question, which the user waits for from now on; started where none runs.
    fn job(
        &self,
        Asker { user, park, .. }: Asker<'_>,
        question: Digest,
        of: usize,
        work: impl FnOnce(&Job<Answer>) -> Option<Answer> + Send + 'static,
    ) -> Option<Arc<Job<Answer>>> {
        let key = (park.clone(), question.clone());
        // Held until the job is started: two who ask at once shall not start two.
        let mut all = self.known.lock().ok()?;
        if let Some(job) = all.started.get(&key).and_then(|id| self.jobs.join(user, id)) {
            return Some(job);
        }
        let known = self.known.clone();
        let job = self.jobs.start(user, park, of, move |job| {
            let answer = work(job)?;
            known.lock().ok()?.keep(question, answer.clone());
            Some(answer)
        });
        let job = job.ok()?;
        all.started.retain(|_, id| self.jobs.runs(id));
        all.started.insert(key, job.id.clone());
        Some(job)
    }
}

/// Whoever wants the same network of the same streams and links asks the same.
fn question(wanted: &Wanted) -> Digest {
    Digest::of(format!("{wanted:?}").as_bytes())
}

/// What a job is to a user.
fn found(job: Arc<Job<Answer>>, user: &str) -> Found {
    match job.answer() {
        Some(answer) => Found::Ready(answer.clone()),
        None if !job.is_waited_for_by(user) => Found::Stopped,
        None if job.is_over() => Found::Failed,
        None => Found::Running(job),
    }
}

impl Waiting {
    /// What the page at this address waits for.
    pub fn of(page: &Page, park: &ParkId, found: &Found) -> Waiting {
        let running = match found {
            Found::Running(job) => Some(Running {
                progress_path: job_path(page, park, &job.id, ""),
                cancel_path: job_path(page, park, &job.id, "/cancel"),
                done: job.done(),
                of: job.of,
            }),
            _ => None,
        };
        Waiting {
            again: back(page, ""),
            running,
            why_not: match found {
                Found::Busy => "waiting-busy",
                Found::Failed => "waiting-failed",
                _ => "waiting-stopped",
            },
            page: page.clone(),
        }
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Parts done, and of how many; 0 where no job runs.
    pub fn progress(&self) -> (usize, usize) {
        self.running.as_ref().map_or((0, 0), |running| (running.done, running.of))
    }
}

impl Computing {
    pub fn of(app: &App, page: &Page, view: &ParkView, waiting: Waiting) -> Computing {
        Computing { frame: ParkFrame::of(app, page, view, ""), page: page.clone(), waiting }
    }

    /// 202, as page, as the part of one that a dialog shows, or for programs. A file leads to the page of the network: what
    /// is loaded again and again would be saved as often.
    pub fn answer(self, is_api: bool) -> Result<Response, AppError> {
        let Computing { page, waiting, frame } = &self;
        if is_api {
            return Ok(api::network::not_yet(waiting));
        }
        if is_file(&page.path) {
            return Ok(Redirect::to(&page.at(&format!("/parks/{}/matching", frame.id))).into_response());
        }
        let response = if page.is_fragment { html(waiting)? } else { html(&self)? };
        Ok((StatusCode::ACCEPTED, response).into_response())
    }
}

/// An error holds one, and errors are told.
impl fmt::Debug for Computing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is being computed", self.page.path)
    }
}

fn is_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

/// The address of a job, which keeps where somebody waits for it and what was asked there.
fn job_path(page: &Page, park: &ParkId, id: &str, rest: &str) -> String {
    let path = format!("/parks/{park}/matching/jobs/{id}{rest}");
    let changes = BTreeMap::from([(AT, page.path.clone()), (STOPPED, String::new())]);
    address(&Page { path, ..page.clone() }, &changes)
}

/// The page as the address of a job tells it; the park's network where that is no page of the park.
fn waiting_page(page: &Page, park: &ParkId) -> Page {
    let is_of_park = |path: &&String| path.starts_with(&format!("/parks/{park}/"));
    let path = page.query.get(AT).filter(is_of_park).cloned();
    let path = path.unwrap_or_else(|| format!("/parks/{park}/matching"));
    let mut query = page.query.clone();
    query.remove(AT);
    Page { path, query, ..page.clone() }
}

/// The page that waits.
fn back(page: &Page, stopped: &str) -> String {
    address(page, &BTreeMap::from([(STOPPED, stopped.to_string())]))
}

type PlaceOf = UrlPath<(String, String)>;

/// How far a job is; once it is over, the page that waits for it.
pub async fn progress(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let park = ParkId::new(park);
    let job = app.awaited.jobs.find(&page.user.id, &park, &id).ok_or(AppError::NotFound)?;
    let at = waiting_page(&page, &park);
    if !page.is_fragment {
        return Ok(Redirect::to(&back(&at, "")).into_response());
    }
    match found(job, &page.user.id) {
        // The script loads its page anew, which then holds the answer.
        Found::Ready(_) => Ok([(HeaderName::from_static("hx-refresh"), "true")].into_response()),
        found => html(&Waiting::of(&at, &park, &found)),
    }
}

pub async fn cancel(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let park = ParkId::new(park);
    let job = app.awaited.jobs.find(&page.user.id, &park, &id).ok_or(AppError::NotFound)?;
    job.leave(&page.user.id);
    Ok(Redirect::to(&back(&waiting_page(&page, &park), "1")).into_response())
}
