//! A case that passes through a procedure: which step it is at, who must act, until when. Pure: days come in, states come
//! out. See `docs/methods/obligations.md`.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::calendar::{Calendar, Deadline, UnknownYear};
use crate::catalogue::duties::{Actor, Counting, Limit, Procedure, Step};

/// The steps that were done, in the order of the procedure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub done: Vec<Done>,
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
    At {
        step: String,
        actor: Actor,
        due: Due,
        is_late: bool,
    },
    Finished {
        on: Date,
    },
}

/// The last day of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "due", rename_all = "snake_case")]
pub enum Due {
    By {
        deadline: Deadline,
    },
    /// The law leaves it open, or it could not be read.
    Open,
    CannotTell {
        year: UnknownYear,
    },
}

/// Why a step is not written down as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepRefusal {
    /// Another step is due, or none.
    NotNow,
    /// The day lies before that of the step before.
    TooEarly,
    /// Parts of the dossier are missing, so it is not handed in.
    Incomplete,
}

impl Case {
    /// The step that is due; `None` when all are done.
    pub fn step<'p>(&self, procedure: &'p Procedure) -> Option<&'p Step> {
        procedure.steps.get(self.done.len())
    }

    /// The case after a step. The first one is taken only with every part of the dossier.
    pub fn after(&self, procedure: &Procedure, step: &str, parts: &[String], on: Date) -> Result<Case, StepRefusal> {
        let due = self.step(procedure).filter(|due| due.id == step).ok_or(StepRefusal::NotNow)?;
        if self.done.last().is_some_and(|last| on < last.on) {
            return Err(StepRefusal::TooEarly);
        }
        let is_whole = procedure.dossier.iter().all(|part| parts.contains(&part.id));
        if self.done.is_empty() && !is_whole {
            return Err(StepRefusal::Incomplete);
        }
        let mut case = self.clone();
        case.done.push(Done { step: due.id.clone(), on });
        Ok(case)
    }

    /// Where the case stands on a day.
    pub fn standing(&self, procedure: &Procedure, calendar: &Calendar, today: Date) -> Standing {
        let Some(step) = self.step(procedure) else {
            return Standing::Finished { on: self.done.last().map_or(today, |last| last.on) };
        };
        let due = match &step.limit {
            None => Due::Open,
            Some(limit) => self.due(limit, calendar),
        };
        let is_late = matches!(due, Due::By { deadline } if today > deadline.day);
        Standing::At { step: step.id.clone(), actor: step.actor, due, is_late }
    }

    fn due(&self, limit: &Limit, calendar: &Calendar) -> Due {
        let Some(from) = self.done.iter().find(|done| done.step == limit.from) else { return Due::Open };
        match limit.counting {
            Counting::Working => match calendar.deadline(from.on, limit.days) {
                Ok(deadline) => Due::By { deadline },
                Err(year) => Due::CannotTell { year },
            },
            Counting::Calendar => match from.on.checked_add(i64::from(limit.days).days()) {
                // That plain days are meant was not read, so the day carries the mark.
                Ok(day) => Due::By { deadline: Deadline { day, unconfirmed: true } },
                Err(_) => Due::CannotTell { year: UnknownYear { year: from.on.year() } },
            },
        }
    }
}
