//! A case that passes through a procedure: which step it is at, who must act, until when. Pure: days come in, states come
//! out. See `docs/methods/obligations.md`.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::calendar::{Calendar, Deadline, UnknownYear};
use crate::catalogue::duties::{Actor, Counting, Limit, Procedure, Step};

/// What a case is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    pub procedure: &'a Procedure,
    pub calendar: &'a Calendar,
    pub today: Date,
}

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub on: Date,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A step was done: the parts of the dossier that came with it, and of a deciding step what was decided.
    Done { step: String, parts: Vec<String>, outcome: Option<Outcome> },
    /// One of those who were asked gave its opinion.
    Opinion { by: String, view: View },
    /// The dossier went back to whoever handed it in; it begins again at the first step.
    Returned,
    /// The case is no longer pursued.
    Closed,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Granted,
    Refused,
}

/// What an opinion says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    Agrees,
    /// Agrees if something is mended or supplemented.
    Conditional,
    Disagrees,
}

/// What holds of a case after its events. Limits run from the steps since the dossier last came back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The steps that were done, in the order of the procedure.
    pub done: Vec<Done>,
    /// Who gave an opinion, on which day.
    pub opinions: BTreeMap<String, Date>,
    pub returned_on: Option<Date>,
    pub closed_on: Option<Date>,
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub step: String,
    pub on: Date,
}

/// Where a case stands on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// At a step: who must act, until when.
    At(Awaited),
    /// All steps are done.
    Finished {
        on: Date,
        outcome: Option<Outcome>,
    },
    Closed {
        on: Date,
    },
}

/// A step that is still to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    pub step: String,
    pub actor: Actor,
    pub due: Due,
    pub is_late: bool,
}

/// The last day of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "due", rename_all = "snake_case")]
pub enum Due {
    By {
        deadline: Deadline,
    },
    /// The step from which the limit runs is not done yet.
    NotYet,
    /// The law leaves it open, or it could not be read.
    Open,
    CannotTell {
        year: UnknownYear,
    },
}

impl Due {
    pub fn day(&self) -> Option<Date> {
        match self {
            Due::By { deadline } => Some(deadline.day),
            _ => None,
        }
    }
}

/// Why an event is not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepRefusal {
    /// Another step is due, or none.
    NotNow,
    /// The day lies before that of what must come before.
    TooEarly,
    /// The day has not come yet.
    InFuture,
    /// Parts of the dossier are missing, so it is not handed in.
    Incomplete,
    /// Not all who were asked have answered, and their time is not over.
    OpinionsMissing,
    /// A deciding step without a decision.
    NoOutcome,
    /// Nobody of this name was asked.
    NotAsked,
    /// This one has given its opinion already.
    SaidAlready,
}

impl StepRefusal {
    pub fn code(self) -> &'static str {
        match self {
            StepRefusal::NotNow => "not-now",
            StepRefusal::TooEarly => "too-early",
            StepRefusal::InFuture => "in-future",
            StepRefusal::Incomplete => "incomplete",
            StepRefusal::OpinionsMissing => "opinions-missing",
            StepRefusal::NoOutcome => "no-outcome",
            StepRefusal::NotAsked => "not-asked",
            StepRefusal::SaidAlready => "said-already",
        }
    }
}

/// How an event stood to the limit of its step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    pub event: Event,
    /// `None` for what has no limit of its own: a return, a closing.
    pub due: Option<Due>,
    pub is_late: bool,
}

impl Case {
    /// The case after events that were written down, in their order.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Case {
        let mut case = Case::default();
        for event in events {
            case.apply(event);
        }
        case
    }

    /// The case after one more event, or every reason why it cannot be.
    pub fn after(&self, course: &Course, event: &Event) -> Result<Case, Vec<StepRefusal>> {
        let refusals = self.refusals(course, event);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut case = self.clone();
        case.apply(event);
        Ok(case)
    }

    /// Each event with the limit that it had to keep.
    pub fn history(course: &Course, events: &[Event]) -> Vec<Passed> {
        let mut case = Case::default();
        let mut history = Vec::new();
        for event in events {
            let step = match &event.what {
                What::Done { step, .. } => course.procedure.step(step),
                What::Opinion { .. } => course.procedure.consultation(),
                What::Returned | What::Closed => None,
            };
            let due = step.map(|step| case.due(step, course.calendar));
            let is_late = due.and_then(|due| due.day()).is_some_and(|day| event.on > day);
            history.push(Passed { event: event.clone(), due, is_late });
            case.apply(event);
        }
        history
    }

    /// The step that is due; `None` when all are done or the case is closed.
    pub fn step<'p>(&self, procedure: &'p Procedure) -> Option<&'p Step> {
        procedure.steps.get(self.done.len()).filter(|_| self.closed_on.is_none())
    }

    /// Where the case stands.
    pub fn standing(&self, course: &Course) -> Standing {
        if let Some(on) = self.closed_on {
            return Standing::Closed { on };
        }
        match self.awaited(course).into_iter().next() {
            Some(awaited) => Standing::At(awaited),
            None => {
                Standing::Finished { on: self.done.last().map_or(course.today, |last| last.on), outcome: self.outcome }
            }
        }
    }

    /// Every step that is still to be done, in its order. A limit may run, and be over, before its step is due.
    pub fn awaited(&self, course: &Course) -> Vec<Awaited> {
        if self.closed_on.is_some() {
            return Vec::new();
        }
        let rest = course.procedure.steps.iter().skip(self.done.len());
        rest.map(|step| {
            let due = self.due(step, course.calendar);
            let is_late = due.day().is_some_and(|day| course.today > day);
            Awaited { step: step.id.clone(), actor: step.actor, due, is_late }
        })
        .collect()
    }

    /// Those who were asked and have not answered.
    pub fn silent<'p>(&self, step: &'p Step) -> Vec<&'p str> {
        let asked = step.consulted.iter().map(|asked| asked.id.as_str());
        asked.filter(|id| !self.opinions.contains_key(*id)).collect()
    }

    fn refusals(&self, course: &Course, event: &Event) -> Vec<StepRefusal> {
        let mut refusals = match &event.what {
            What::Done { step, parts, outcome } => self.against_step(course, step, parts, *outcome, event.on),
            What::Opinion { by, .. } => self.against_opinion(course.procedure, by, event.on),
            What::Returned => {
                let is_under_way = self.step(course.procedure).is_some() && !self.done.is_empty();
                if is_under_way { self.against_day(event.on) } else { vec![StepRefusal::NotNow] }
            }
            What::Closed if self.step(course.procedure).is_none() => vec![StepRefusal::NotNow],
            What::Closed => self.against_day(event.on),
        };
        if event.on > course.today {
            refusals.push(StepRefusal::InFuture);
        }
        refusals
    }

    fn against_step(
        &self,
        course: &Course,
        step: &str,
        parts: &[String],
        outcome: Option<Outcome>,
        on: Date,
    ) -> Vec<StepRefusal> {
        let Some(due) = self.step(course.procedure).filter(|due| due.id == step) else {
            return vec![StepRefusal::NotNow];
        };
        let mut refusals = self.against_day(on);
        let is_whole = course.procedure.dossier.iter().all(|part| part.if_any || parts.contains(&part.id));
        if self.done.is_empty() && !is_whole {
            refusals.push(StepRefusal::Incomplete);
        }
        let time_is_over = match self.due(due, course.calendar) {
            Due::By { deadline } => on > deadline.day,
            // Where no limit is known nobody can be held to it.
            _ => true,
        };
        if !self.silent(due).is_empty() && !time_is_over {
            refusals.push(StepRefusal::OpinionsMissing);
        }
        let is_before_an_opinion = !due.consulted.is_empty() && self.opinions.values().any(|opinion| on < *opinion);
        if is_before_an_opinion && !refusals.contains(&StepRefusal::TooEarly) {
            refusals.push(StepRefusal::TooEarly);
        }
        if due.decides && outcome.is_none() {
            refusals.push(StepRefusal::NoOutcome);
        }
        refusals
    }

    /// An opinion may come as long as nothing is decided, also after its time.
    fn against_opinion(&self, procedure: &Procedure, by: &str, on: Date) -> Vec<StepRefusal> {
        let Some(at) = procedure.steps.iter().position(|step| !step.consulted.is_empty()) else {
            return vec![StepRefusal::NotAsked];
        };
        if self.done.len() < at || self.step(procedure).is_none() {
            return vec![StepRefusal::NotNow];
        }
        let mut refusals = Vec::new();
        if !procedure.steps[at].consulted.iter().any(|asked| asked.id == by) {
            refusals.push(StepRefusal::NotAsked);
        }
        if self.opinions.contains_key(by) {
            refusals.push(StepRefusal::SaidAlready);
        }
        let asked_on = at.checked_sub(1).and_then(|before| self.done.get(before));
        if asked_on.is_some_and(|asked| on < asked.on) {
            refusals.push(StepRefusal::TooEarly);
        }
        refusals
    }

    fn against_day(&self, on: Date) -> Vec<StepRefusal> {
        let last = self.done.last().map(|last| last.on).or(self.returned_on);
        if last.is_some_and(|last| on < last) { vec![StepRefusal::TooEarly] } else { Vec::new() }
    }

    fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Done { step, outcome, .. } => {
                self.done.push(Done { step: step.clone(), on: event.on });
                self.outcome = outcome.or(self.outcome);
            }
            What::Opinion { by, .. } => {
                self.opinions.insert(by.clone(), event.on);
            }
            What::Returned => *self = Case { returned_on: Some(event.on), ..Case::default() },
            What::Closed => self.closed_on = Some(event.on),
        }
    }

    fn due(&self, step: &Step, calendar: &Calendar) -> Due {
        let Some(limit) = &step.limit else { return Due::Open };
        let Some(from) = self.done.iter().find(|done| done.step == limit.from) else { return Due::NotYet };
        match deadline(limit, from.on, calendar) {
            Ok(deadline) => Due::By { deadline },
            Err(year) => Due::CannotTell { year },
        }
    }
}

/// The last day of a limit that begins on a day.
fn deadline(limit: &Limit, from: Date, calendar: &Calendar) -> Result<Deadline, UnknownYear> {
    match limit.counting {
        Counting::Working => calendar.deadline(from, limit.days),
        Counting::Calendar => {
            let last = from.checked_add(i64::from(limit.days).days()).map_err(|_| UnknownYear { year: from.year() })?;
            let deadline = calendar.worked_from(last)?;
            // That plain days are meant was not read, so the day carries the mark.
            Ok(Deadline { unconfirmed: true, ..deadline })
        }
    }
}
