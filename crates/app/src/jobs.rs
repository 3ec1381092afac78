//! Work that may take longer than two seconds: it runs beside the requests, tells how far it is, and can be stopped. A
//! job belongs to whoever started it, and to those who asked for the same while it ran; it is gone when the program ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use engine::ids::ParkId;

use crate::web::sign_in::random_token;

/// Jobs that run at the same time, over all users.
const MOST_RUNNING: usize = 4;
/// Jobs that are remembered; of those that are over the oldest goes first.
const MOST_KEPT: usize = 64;

/// The jobs that end in one kind of answer.
pub struct Jobs<T> {
    kept: Arc<Mutex<Kept<T>>>,
}

struct Kept<T> {
    jobs: BTreeMap<String, Arc<Job<T>>>,
    started: u64,
}

pub struct Job<T> {
    pub id: String,
    /// Whether each of those who asked still waits for it.
    askers: Mutex<BTreeMap<String, bool>>,
    park: ParkId,
    /// In the order of starting.
    number: u64,
    pub of: usize,
    done: AtomicUsize,
    is_cancelled: AtomicBool,
    is_over: AtomicBool,
    answer: OnceLock<T>,
}

/// Too many jobs run already.
#[derive(Debug)]
pub struct Busy;

impl<T> Default for Jobs<T> {
    fn default() -> Jobs<T> {
        Jobs { kept: Arc::new(Mutex::new(Kept { jobs: BTreeMap::new(), started: 0 })) }
    }
}

impl<T> Clone for Jobs<T> {
    fn clone(&self) -> Jobs<T> {
        Jobs { kept: self.kept.clone() }
    }
}

impl<T: Send + Sync + 'static> Jobs<T> {
    /// Starts work of so many parts. The user no longer waits for an earlier job.
    pub fn start(
        &self,
        user: &str,
        park: &ParkId,
        of: usize,
        work: impl FnOnce(&Job<T>) -> Option<T> + Send + 'static,
    ) -> Result<Arc<Job<T>>, Busy> {
        let job = {
            let Ok(mut kept) = self.kept.lock() else { return Err(Busy) };
            kept.jobs.values().for_each(|earlier| earlier.leave(user));
            if kept.jobs.values().filter(|job| !job.is_over()).count() >= MOST_RUNNING {
                return Err(Busy);
            }
            while kept.jobs.len() >= MOST_KEPT {
                let over = kept.jobs.values().filter(|job| job.is_over());
                let Some(oldest) = over.min_by_key(|job| job.number).map(|job| job.id.clone()) else { break };
                kept.jobs.remove(&oldest);
            }
            kept.started += 1;
            let job = Arc::new(Job {
                id: random_token(),
                askers: Mutex::new(BTreeMap::from([(user.to_string(), true)])),
                park: park.clone(),
                number: kept.started,
                of,
                done: AtomicUsize::new(0),
                is_cancelled: AtomicBool::new(false),
                is_over: AtomicBool::new(false),
                answer: OnceLock::new(),
            });
            kept.jobs.insert(job.id.clone(), job.clone());
            job
        };
        let running = job.clone();
        tokio::task::spawn_blocking(move || {
            // Over also when the work panics: a place is never kept by what no longer runs.
            let _over = Over(&running);
            if let Some(answer) = work(&running) {
                let _ = running.answer.set(answer);
            }
        });
        Ok(job)
    }

    /// A job of this user about this park.
    pub fn find(&self, user: &str, park: &ParkId, id: &str) -> Option<Arc<Job<T>>> {
        let kept = self.kept.lock().ok()?;
        kept.jobs.get(id).filter(|job| job.is_of(user) && job.park == *park).cloned()
    }

    pub fn runs(&self, id: &str) -> bool {
        self.kept.lock().is_ok_and(|kept| kept.jobs.get(id).is_some_and(|job| !job.is_over()))
    }

    /// A job that runs becomes the user's as well; they no longer wait for another. `None` where it does not run.
    pub fn join(&self, user: &str, id: &str) -> Option<Arc<Job<T>>> {
        let kept = self.kept.lock().ok()?;
        let job = kept.jobs.get(id).filter(|job| !job.is_over() && !job.is_cancelled())?.clone();
        kept.jobs.values().filter(|other| other.id != id).for_each(|other| other.leave(user));
        job.askers.lock().ok()?.insert(user.to_string(), true);
        Some(job)
    }
}

impl<T> Job<T> {
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    pub fn tell(&self, done: usize) {
        self.done.store(done, Ordering::Relaxed);
    }

    fn is_of(&self, user: &str) -> bool {
        self.askers.lock().is_ok_and(|askers| askers.contains_key(user))
    }

    pub fn is_waited_for_by(&self, user: &str) -> bool {
        self.askers.lock().is_ok_and(|askers| askers.get(user) == Some(&true))
    }

    /// The user no longer waits for it; with the last of them it stops.
    pub fn leave(&self, user: &str) {
        let Ok(mut askers) = self.askers.lock() else { return };
        let Some(waits) = askers.get_mut(user) else { return };
        *waits = false;
        if askers.values().all(|waits| !waits) {
            self.cancel();
        }
    }

    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Asked by the work between its parts.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// `None` while it runs, and for good where it was stopped.
    pub fn answer(&self) -> Option<&T> {
        self.answer.get()
    }
}

struct Over<'a, T>(&'a Job<T>);

impl<T> Drop for Over<'_, T> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Counts until it is stopped or has counted far enough.
    fn count(job: &Job<usize>) -> Option<usize> {
        for done in 1..=job.of {
            if job.is_cancelled() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
            job.tell(done);
        }
        Some(job.of)
    }

    async fn over(job: &Job<usize>) {
        while !job.is_over() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_job_answers_its_user_and_nobody_else() {
        let jobs = Jobs::default();
        let park = ParkId::new("a");
        let job = jobs.start("anna", &park, 3, count).unwrap();
        over(&job).await;
        assert_eq!((job.answer(), job.done()), (Some(&3), 3));
        assert!(jobs.find("anna", &park, &job.id).is_some());
        assert!(jobs.find("berta", &park, &job.id).is_none());
        assert!(jobs.find("anna", &ParkId::new("b"), &job.id).is_none());
    }

    #[tokio::test]
    async fn a_job_stops_when_it_is_told_to_or_when_its_user_starts_another() {
        let jobs = Jobs::default();
        let park = ParkId::new("a");
        let first = jobs.start("anna", &park, 1_000_000, count).unwrap();
        let second = jobs.start("anna", &park, 1_000_000, count).unwrap();
        over(&first).await;
        assert!(!second.is_over());
        second.cancel();
        over(&second).await;
        assert_eq!((first.answer(), second.answer()), (None, None));
    }

    #[tokio::test]
    async fn a_job_that_several_wait_for_stops_with_the_last_of_them() {
        let jobs = Jobs::default();
        let park = ParkId::new("a");
        let job = jobs.start("anna", &park, 1_000_000, count).unwrap();
        assert_eq!(jobs.join("berta", &job.id).unwrap().id, job.id);
        assert!(jobs.find("berta", &park, &job.id).is_some());
        job.leave("clara");
        job.leave("anna");
        assert!(!job.is_waited_for_by("anna") && job.is_waited_for_by("berta") && !job.is_cancelled());
        let other = jobs.start("berta", &park, 1_000_000, count).unwrap();
        over(&job).await;
        assert!(job.is_cancelled() && job.answer().is_none());
        assert!(jobs.join("anna", &job.id).is_none(), "what was stopped is not joined");
        other.cancel();
    }

    #[tokio::test]
    async fn no_more_than_so_many_jobs_run_and_a_place_comes_free() {
        let jobs = Jobs::default();
        let park = ParkId::new("a");
        let started = (0..MOST_RUNNING).map(|user| jobs.start(&user.to_string(), &park, 1_000_000, count).unwrap());
        let running: Vec<_> = started.collect();
        assert!(jobs.start("late", &park, 1, count).is_err());
        running[0].cancel();
        over(&running[0]).await;
        assert!(jobs.start("late", &park, 1, count).is_ok());
        running.iter().for_each(|job| job.cancel());
    }

    #[tokio::test]
    async fn the_oldest_that_is_over_is_forgotten_first() {
        let jobs = Jobs::default();
        let park = ParkId::new("a");
        let first = jobs.start("anna", &park, 0, count).unwrap();
        over(&first).await;
        for _ in 0..MOST_KEPT {
            let job = jobs.start("anna", &park, 0, count).unwrap();
            over(&job).await;
        }
        assert!(jobs.find("anna", &park, &first.id).is_none());
        assert_eq!(jobs.kept.lock().unwrap().jobs.len(), MOST_KEPT);
    }
}
