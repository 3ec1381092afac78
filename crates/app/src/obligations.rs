//! Duties of a reporter with the working days that are left, for pages, API and command.

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::catalogue::calendar::UnknownYear;
use engine::report::obligations::{Answer, Duty, Profile, TimeLeft, find, time_left};
use jiff::civil::Date;
use serde::Serialize;

/// What only papers say, as somebody states it; it is kept in the address and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    pub certified: Option<bool>,
    pub ghg_list: Option<bool>,
    pub permit: Option<bool>,
}

impl Papers {
    pub const NAMES: [&'static str; 3] = ["certified", "ghg_list", "permit"];

    pub fn of_query(query: &BTreeMap<String, String>) -> Papers {
        let said = |name: &str| match query.get(name).map(String::as_str) {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        };
        let [certified, ghg_list, permit] = Papers::NAMES.map(said);
        Papers { certified, ghg_list, permit }
    }

    pub fn values(self) -> [Option<bool>; 3] {
        [self.certified, self.ghg_list, self.permit]
    }

    /// The profile with what the papers say.
    pub fn on(self, profile: Profile) -> Profile {
        Profile {
            eco_certified: self.certified.or(profile.eco_certified),
            on_ghg_list: self.ghg_list.or(profile.on_ghg_list),
            environment_permit: self.permit.or(profile.environment_permit),
            ..profile
        }
    }
}

/// A duty with the time that is left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dated {
    #[serde(flatten)]
    pub duty: Duty,
    /// `None` where no day is known.
    pub left: Option<Left>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Left {
    Known(TimeLeft),
    /// The holidays of the year are not listed.
    Unknown(UnknownYear),
}

impl Dated {
    pub fn before(&self) -> Option<Date> {
        match self.duty.answer {
            Answer::Applies { before } => before,
            Answer::DoesNotApply { .. } | Answer::CannotTell { .. } => None,
        }
    }

    fn rank(&self) -> (u8, Option<Date>) {
        match &self.duty.answer {
            Answer::Applies { before: Some(day) } => (0, Some(*day)),
            Answer::Applies { before: None } => (1, None),
            Answer::CannotTell { .. } => (2, None),
            Answer::DoesNotApply { .. } => (3, None),
        }
    }
}

/// What a reporter owes: the nearest day first, then what has no day, what cannot be told, and what does not apply.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Owed {
    pub profile: Profile,
    pub as_of: Date,
    pub duties: Vec<Dated>,
}

impl Owed {
    pub fn of(profile: Profile, catalogue: &Catalogue, today: Date) -> Owed {
        let left = |duty: &Duty| match duty.answer {
            Answer::Applies { before: Some(before) } => {
                Some(time_left(&catalogue.calendar, today, before).map_or_else(Left::Unknown, Left::Known))
            }
            _ => None,
        };
        let dated = |duty: Duty| Dated { left: left(&duty), duty };
        let mut duties: Vec<Dated> = find(&profile, catalogue, today).into_iter().map(dated).collect();
        // Within a rank the order of the catalogue stays.
        duties.sort_by_key(Dated::rank);
        Owed { profile, as_of: today, duties }
    }

    pub fn applying(&self) -> usize {
        self.duties.iter().filter(|one| matches!(one.duty.answer, Answer::Applies { .. })).count()
    }

    pub fn open(&self) -> usize {
        self.duties.iter().filter(|one| matches!(one.duty.answer, Answer::CannotTell { .. })).count()
    }

    /// The nearest day before which something is due.
    pub fn nearest(&self) -> Option<Date> {
        self.duties.iter().find_map(Dated::before)
    }
}
