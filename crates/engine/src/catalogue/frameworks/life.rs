//! The life of an edition: written as a draft, published from a date, replaced by another. A published edition is
//! never written over, so that what was assessed under it can be assessed again.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Framework;
use crate::ids::FrameworkId;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// May be written over; nothing is assessed under it but a trial.
    #[default]
    Draft,
    Published {
        from: Date,
    },
    /// Was in force from `from` until the day before `on`.
    Replaced {
        from: Date,
        on: Date,
        by: FrameworkId,
    },
}

/// Why a step in the life of an edition is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It has no rows.
    Empty,
    /// It is published already, so its rows are fixed.
    AlreadyPublished,
    /// Only what is published can be replaced.
    NotPublished,
    /// The day lies on or before the day from which it is in force.
    TooEarly,
    /// An edition does not replace itself.
    Itself,
}

impl Stage {
    pub fn code(&self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Published { .. } => "published",
            Stage::Replaced { .. } => "replaced",
        }
    }

    pub fn may_be_written(&self) -> bool {
        *self == Stage::Draft
    }

    /// Publishes a draft from a day on.
    pub fn publish(&self, edition: &Framework, from: Date) -> Result<Stage, Refusal> {
        match self {
            Stage::Draft if edition.is_empty() => Err(Refusal::Empty),
            Stage::Draft => Ok(Stage::Published { from }),
            _ => Err(Refusal::AlreadyPublished),
        }
    }

    /// Ends a published edition on the day before another takes its place.
    pub fn replace(&self, edition: &Framework, by: &FrameworkId, on: Date) -> Result<Stage, Refusal> {
        match self {
            Stage::Published { .. } if edition.id == *by => Err(Refusal::Itself),
            Stage::Published { from } if on <= *from => Err(Refusal::TooEarly),
            Stage::Published { from } => Ok(Stage::Replaced { from: *from, on, by: by.clone() }),
            _ => Err(Refusal::NotPublished),
        }
    }

    pub fn is_in_force(&self, day: Date) -> bool {
        match self {
            Stage::Draft => false,
            Stage::Published { from } => *from <= day,
            Stage::Replaced { from, on, .. } => *from <= day && day < *on,
        }
    }

    /// The edition with the dates of its stage: in force from its first day until its last.
    pub fn dated(&self, edition: &Framework) -> Framework {
        let (valid_from, valid_to) = match self {
            Stage::Draft => (edition.valid_from, edition.valid_to),
            Stage::Published { from } => (Some(*from), None),
            Stage::Replaced { from, on, .. } => (Some(*from), on.yesterday().ok()),
        };
        Framework { valid_from, valid_to, ..edition.clone() }
    }
}

/// Two editions of one line that claim the same days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Overlap {
    pub former: FrameworkId,
    pub later: FrameworkId,
}

/// Editions whose validity overlaps that of the one they replace: a day belongs to one edition of a line. An empty
/// edition claims no day.
pub fn overlaps(editions: &[&Framework]) -> Vec<Overlap> {
    let mut found = Vec::new();
    for later in editions.iter().filter(|edition| !edition.is_empty()) {
        let former = editions.iter().find(|edition| later.replaces.as_ref() == Some(&edition.id));
        let Some(former) = former else { continue };
        let begins = later.valid_from.unwrap_or(Date::MIN);
        let ends = former.valid_to.unwrap_or(Date::MAX);
        if begins <= ends {
            found.push(Overlap { former: former.id.clone(), later: later.id.clone() });
        }
    }
    found
}
