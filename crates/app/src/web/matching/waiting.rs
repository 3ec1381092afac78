//! What takes many networks to tell: the curve and the failures of the network page, the split of a deal sheet. A job
//! computes it and its answer is kept by what was asked, whoever asks next; a page waits for it a moment and shows the
//! rest meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::http::HeaderName;
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::ParkId;
use engine::matching::split::Split;
use engine::source::Digest;

use super::network::address;
use crate::decision::Further;
use crate::error::AppError;
use crate::jobs::{Job, Jobs};
use crate::page::{Page, html};
use crate::state::App;

/// A page waits so often and so long each time before it shows itself without the answer: 1.5 s.
const WAITS: usize = 30;
const WAIT: Duration = Duration::from_millis(50);
/// Answers that are kept; beyond, those of one question go.
const MOST_KEPT: usize = 256;
/// Key of the address under which a job was cancelled: it is not started again until somebody asks.
pub const STOPPED: &str = "stopped";

#[derive(Clone)]
pub enum Answer {
    Further(Arc<Further>),
    Split(Arc<Split>),
}

/// The jobs of both pages and what came out of them.
#[derive(Clone, Default)]
pub struct Awaited {
    jobs: Jobs<Answer>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    answers: BTreeMap<Digest, Answer>,
    /// Identifiers of jobs by who started them and what was asked.
    started: BTreeMap<(String, Digest), String>,
}

pub enum Found {
    Ready(Answer),
    Running(Arc<Job<Answer>>),
    /// Cancelled, and not asked for again.
    Stopped,
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
    is_stopped: bool,
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
        let Some(job) = self.job(asker, question, of, work) else { return Found::Busy };
        for _ in 0..WAITS {
            if job.is_over() {
                break;
            }
            tokio::time::sleep(WAIT).await;
        }
        job.answer().cloned().map_or(Found::Running(job), Found::Ready)
    }

    fn answer(&self, question: &Digest) -> Option<Answer> {
        self.known.lock().ok()?.answers.get(question).cloned()
    }

    /// The user's job for this question, started now where none runs.
    fn job(
        &self,
        Asker { user, park, .. }: Asker<'_>,
        question: Digest,
        of: usize,
        work: impl FnOnce(&Job<Answer>) -> Option<Answer> + Send + 'static,
    ) -> Option<Arc<Job<Answer>>> {
        let key = (user.to_string(), question.clone());
        let id = self.known.lock().ok()?.started.get(&key).cloned();
        let earlier = id.and_then(|id| self.jobs.find(user, park, &id));
        if let Some(job) = earlier.filter(|job| !job.is_over() && !job.is_cancelled()) {
            return Some(job);
        }
        let known = self.known.clone();
        let job = self.jobs.start(user, park, of, move |job| {
            let answer = work(job)?;
            if let Ok(mut known) = known.lock() {
                while known.answers.len() >= MOST_KEPT {
                    known.answers.pop_first();
                }
                known.answers.insert(question, answer.clone());
            }
            Some(answer)
        });
        let job = job.ok()?;
        let mut known = self.known.lock().ok()?;
        // A user has one job at a time.
        known.started.retain(|(other, _), _| other != user);
        known.started.insert(key, job.id.clone());
        Some(job)
    }
}

impl Waiting {
    /// `at`: the last part of the waiting page's address below the park's exchanges.
    pub fn of(page: &Page, park: &ParkId, at: &str, found: &Found) -> Waiting {
        let running = match found {
            Found::Running(job) => Some(Running {
                progress_path: job_path(page, park, at, &job.id, ""),
                cancel_path: job_path(page, park, at, &job.id, "/cancel"),
                done: job.done(),
                of: job.of,
            }),
            _ => None,
        };
        Waiting {
            again: back(page, park, at, ""),
            running,
            is_stopped: matches!(found, Found::Stopped),
            page: page.clone(),
        }
    }

    /// Parts done, and of how many; 0 where no job runs.
    pub fn progress(&self) -> (usize, usize) {
        self.running.as_ref().map_or((0, 0), |running| (running.done, running.of))
    }
}

/// The address of a job, which keeps what the waiting page was asked.
fn job_path(page: &Page, park: &ParkId, at: &str, id: &str, rest: &str) -> String {
    let path = format!("/parks/{park}/matching/jobs/{id}{rest}");
    address(&Page { path, ..page.clone() }, &BTreeMap::from([("at", at.to_string()), (STOPPED, String::new())]))
}

/// The waiting page.
fn back(page: &Page, park: &ParkId, at: &str, stopped: &str) -> String {
    let path = format!("/parks/{park}/matching/{}", crate::page::escape(at));
    address(&Page { path, ..page.clone() }, &BTreeMap::from([("at", String::new()), (STOPPED, stopped.to_string())]))
}

type PlaceOf = UrlPath<(String, String)>;

/// How far a job is; once it is over, the page that waits for it.
pub async fn progress(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let park = ParkId::new(park);
    let job = app.awaited.jobs.find(&page.user.id, &park, &id).ok_or(AppError::NotFound)?;
    let at = page.query.get("at").cloned().unwrap_or_default();
    if !page.is_fragment {
        return Ok(Redirect::to(&back(&page, &park, &at, "")).into_response());
    }
    if job.answer().is_some() {
        // The script loads its page anew, which then holds the answer.
        return Ok([(HeaderName::from_static("hx-refresh"), "true")].into_response());
    }
    let found = if job.is_over() || job.is_cancelled() { Found::Stopped } else { Found::Running(job) };
    html(&Waiting::of(&page, &park, &at, &found))
}

pub async fn cancel(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let park = ParkId::new(park);
    let job = app.awaited.jobs.find(&page.user.id, &park, &id).ok_or(AppError::NotFound)?;
    job.cancel();
    let at = page.query.get("at").cloned().unwrap_or_default();
    Ok(Redirect::to(&back(&page, &park, &at, "1")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slowly(job: &Job<Answer>) -> Option<Answer> {
        while !job.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    #[tokio::test]
    async fn an_answer_is_computed_once_and_a_cancelled_job_is_not_started_again() {
        let awaited = Awaited::default();
        let park = ParkId::new("a");
        let anna = Asker { user: "anna", park: &park, is_stopped: false };
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let further = |_: &Job<Answer>| Some(Answer::Further(Arc::default()));
        assert!(matches!(awaited.ask(anna, one.clone(), 1, further).await, Found::Ready(_)));
        let berta = Asker { user: "berta", ..anna };
        assert!(matches!(awaited.ask(berta, one.clone(), 1, |_| panic!("known")).await, Found::Ready(_)));

        let Found::Running(job) = awaited.ask(anna, other.clone(), 9, slowly).await else { panic!("not running") };
        let Found::Running(same) = awaited.ask(anna, other.clone(), 9, slowly).await else { panic!("not running") };
        assert_eq!(job.id, same.id);
        job.cancel();
        let stopped = Asker { is_stopped: true, ..anna };
        assert!(matches!(awaited.ask(stopped, other.clone(), 9, slowly).await, Found::Stopped));
        assert!(matches!(awaited.ask(stopped, one, 9, slowly).await, Found::Ready(_)), "what is known is told");
        assert!(matches!(awaited.ask(anna, other, 1, further).await, Found::Ready(_)), "asked for again");
    }
}
