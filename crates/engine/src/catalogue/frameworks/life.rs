//! The life of an edition: written as a draft, published from a date, replaced by another. A published edition is
//! never written over, so that what was assessed under it can be assessed again.

use std::collections::BTreeSet;

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
    /// There is no edition of this name.
    NoSuchEdition,
    /// An edition of the catalogue with rows has this name.
    NameTaken,
    /// What it replaces is still a draft.
    FormerIsDraft,
    /// Another edition has taken the place of what it replaces already.
    FormerReplaced,
    /// It would be in force on days that another edition of its line is in force on.
    Overlaps,
}

impl Refusal {
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Empty => "empty",
            Refusal::AlreadyPublished => "already-published",
            Refusal::NotPublished => "not-published",
            Refusal::TooEarly => "too-early",
            Refusal::Itself => "itself",
            Refusal::NoSuchEdition => "no-such-edition",
            Refusal::NameTaken => "name-taken",
            Refusal::FormerIsDraft => "former-is-draft",
            Refusal::FormerReplaced => "former-replaced",
            Refusal::Overlaps => "overlaps",
        }
    }
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

/// Editions of one line whose validity overlaps: a day belongs to one of them. Editions are of one line where each
/// replaces the next, or both replace the same. An empty edition claims no day.
pub fn overlaps(editions: &[&Framework]) -> Vec<Overlap> {
    let filled: Vec<&Framework> = editions.iter().copied().filter(|edition| !edition.is_empty()).collect();
    let mut found = Vec::new();
    for (place, one) in filled.iter().enumerate() {
        for other in &filled[place + 1..] {
            if line(one, editions) == line(other, editions)
                && first_day(one).max(first_day(other)) <= last_day(one).min(last_day(other))
            {
                let is_in_order = (first_day(one), &one.id) <= (first_day(other), &other.id);
                let (former, later) = if is_in_order { (one, other) } else { (other, one) };
                found.push(Overlap { former: former.id.clone(), later: later.id.clone() });
            }
        }
    }
    found.sort();
    found
}

/// The first edition of the line that an edition belongs to; the smallest id where they replace each other in a ring.
fn line<'e>(edition: &'e Framework, editions: &[&'e Framework]) -> &'e FrameworkId {
    let mut walked = BTreeSet::from([&edition.id]);
    let mut first = edition;
    while let Some(former) = &first.replaces {
        if !walked.insert(former) {
            return walked.first().copied().unwrap_or(former);
        }
        match editions.iter().find(|known| known.id == *former) {
            Some(known) => first = known,
            // The line is known by the name of an edition that is not.
            None => return former,
        }
    }
    &first.id
}

fn first_day(edition: &Framework) -> Date {
    edition.valid_from.unwrap_or(Date::MIN)
}

fn last_day(edition: &Framework) -> Date {
    edition.valid_to.unwrap_or(Date::MAX)
}
