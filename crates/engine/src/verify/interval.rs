//! How often a meter is read, and where a row stands in time.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::meter_file::MeterRow;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Hour,
    Day,
    Week,
    Month,
}

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

impl Interval {
    pub const ALL: [Interval; 4] = [Interval::Hour, Interval::Day, Interval::Week, Interval::Month];

    pub fn code(self) -> &'static str {
        match self {
            Interval::Hour => "hour",
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::Month => "month",
        }
    }

    /// That of most distances between neighbours; `None` where it is none of the four. Days of 23 and 25 hours and months
    /// of 28 to 31 days count as such.
    pub fn of_rows(rows: &[MeterRow]) -> Option<Interval> {
        let mut count = [0_usize; 4];
        let mut others = 0_usize;
        for pair in rows.windows(2) {
            match Interval::of_distance(pair[1].seconds() - pair[0].seconds()) {
                Some(interval) => count[interval as usize] += 1,
                None => others += 1,
            }
        }
        let most = Interval::ALL.into_iter().max_by_key(|interval| count[*interval as usize])?;
        (count[most as usize] > others).then_some(most)
    }

    fn of_distance(seconds: i64) -> Option<Interval> {
        let hour = |days: i64| (days * DAY_S - HOUR_S)..=(days * DAY_S + HOUR_S);
        match seconds {
            HOUR_S => Some(Interval::Hour),
            s if hour(1).contains(&s) => Some(Interval::Day),
            s if hour(7).contains(&s) => Some(Interval::Week),
            s if (28 * DAY_S - HOUR_S..=31 * DAY_S + HOUR_S).contains(&s) => Some(Interval::Month),
            _ => None,
        }
    }

    /// Number of the interval a row stands in, counted from 1970: hours by the time that passes, so that no night in which
    /// clocks change is longer or shorter; the others by the calendar.
    pub fn step(self, row: &MeterRow) -> i64 {
        match self {
            Interval::Hour => row.seconds().div_euclid(HOUR_S),
            Interval::Day => day_number(row.local.date()),
            Interval::Week => day_number(row.local.date()).div_euclid(7),
            Interval::Month => i64::from(row.local.year()) * 12 + i64::from(row.local.month()) - 1,
        }
    }

    /// Mean days of one interval.
    pub fn days(self) -> f64 {
        match self {
            Interval::Hour => 1.0 / 24.0,
            Interval::Day => 1.0,
            Interval::Week => 7.0,
            Interval::Month => 30.4375,
        }
    }

    /// Intervals of a year, as many as a baseline needs to have seen every season.
    pub fn in_a_year(self) -> usize {
        match self {
            Interval::Hour => 8_760,
            Interval::Day => 365,
            Interval::Week => 52,
            Interval::Month => 12,
        }
    }
}

/// Days since 1 January 1970.
pub(super) fn day_number(date: Date) -> i64 {
    let midnight = DateTime::from_parts(date, Time::midnight());
    Offset::UTC.to_timestamp(midnight).map_or(0, |stamp| stamp.as_second().div_euclid(DAY_S))
}

/// The day that comes this many intervals after a date; `None` beyond the calendar.
pub fn later(date: Date, interval: Interval, count: usize) -> Option<Date> {
    let count = i64::try_from(count).ok()?;
    let span = match interval {
        Interval::Hour => jiff::Span::new().try_days(count.checked_add(23)? / 24).ok()?,
        Interval::Day => jiff::Span::new().try_days(count).ok()?,
        Interval::Week => jiff::Span::new().try_weeks(count).ok()?,
        Interval::Month => jiff::Span::new().try_months(count).ok()?,
    };
    date.checked_add(span).ok()
}
