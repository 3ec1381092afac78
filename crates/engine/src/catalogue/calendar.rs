//! Working days in Viet Nam: Monday to Friday without public holidays, and Saturdays that are worked in exchange.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;
use crate::language::Label;
use crate::period::parse_date;

/// The days that differ from the weekday's rule, for the years that are listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calendar {
    pub days: BTreeMap<Date, SpecialDay>,
    /// Years whose holidays are listed. Nothing is said of any other.
    pub years: BTreeSet<i16>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpecialDay {
    pub kind: DayKind,
    pub name: Label,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    Holiday,
    /// A day of the weekend that is worked in exchange for another.
    Working,
}

/// The last day of a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deadline {
    pub day: Date,
    /// A special day that nobody has confirmed lies within it.
    pub unconfirmed: bool,
}

/// The holidays of this year are not in the catalogue, so nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownYear {
    pub year: i16,
}

impl Calendar {
    /// Whether a day is worked.
    pub fn is_working(&self, day: Date) -> Result<bool, UnknownYear> {
        if !self.years.contains(&day.year()) {
            return Err(UnknownYear { year: day.year() });
        }
        Ok(match self.days.get(&day) {
            Some(special) => special.kind == DayKind::Working,
            None => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
        })
    }

    /// The day on which so many working days have passed; the first counts from the day after the start.
    pub fn deadline(&self, start: Date, working_days: u32) -> Result<Deadline, UnknownYear> {
        let mut deadline = Deadline { day: start, unconfirmed: false };
        let mut left = working_days;
        while left > 0 {
            deadline.day = deadline.day.tomorrow().map_err(|_| UnknownYear { year: deadline.day.year() })?;
            left -= u32::from(self.is_working(deadline.day)?);
            deadline.unconfirmed |= self.days.get(&deadline.day).is_some_and(|day| day.unconfirmed);
        }
        Ok(deadline)
    }

    /// The first day from this one on that is worked: a limit whose last day is a day off ends on it (Civil Code 2015,
    /// Article 148.5).
    pub fn worked_from(&self, day: Date) -> Result<Deadline, UnknownYear> {
        let mut deadline = Deadline { day, unconfirmed: false };
        loop {
            let is_working = self.is_working(deadline.day)?;
            deadline.unconfirmed |= self.days.get(&deadline.day).is_some_and(|day| day.unconfirmed);
            if is_working {
                return Ok(deadline);
            }
            deadline.day = deadline.day.tomorrow().map_err(|_| UnknownYear { year: deadline.day.year() })?;
        }
    }
}

#[derive(Deserialize)]
struct DayRow {
    day: String,
    kind: DayKind,
    name_vi: String,
    name_en: String,
    source: String,
    unconfirmed: bool,
}

pub(super) fn read(reader: &mut Reader) -> Calendar {
    let mut calendar = Calendar::default();
    for row in reader.csv::<DayRow>("holidays.csv") {
        let Some(day) = parse_date(&row.day) else {
            reader.fault("holidays.csv", None, FaultKind::NotADate, &row.day, "yyyy-MM-dd");
            continue;
        };
        let name = Label::new(row.name_vi, row.name_en);
        let special = SpecialDay { kind: row.kind, name, source: row.source, unconfirmed: row.unconfirmed };
        if calendar.days.insert(day, special).is_some() {
            reader.fault("holidays.csv", None, FaultKind::Duplicate, &row.day, "once");
        }
        calendar.years.insert(day.year());
    }
    calendar
}
