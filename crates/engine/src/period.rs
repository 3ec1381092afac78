//! Periods of time, half-open: `start` is in, `end` is out.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// From `start` (in) to `end` (out). `end` is always later than `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Period {
    start: Date,
    end: Date,
}

impl Period {
    pub fn new(start: Date, end: Date) -> Option<Period> {
        (start < end).then_some(Period { start, end })
    }

    /// A calendar year. `None` outside the years 1 to 9998.
    pub fn year(year: i16) -> Option<Period> {
        Period::new(Date::new(year, 1, 1).ok()?, Date::new(year.checked_add(1)?, 1, 1).ok()?)
    }

    pub fn month(year: i16, month: i8) -> Option<Period> {
        let start = Date::new(year, month, 1).ok()?;
        let end = if month == 12 { Date::new(year.checked_add(1)?, 1, 1) } else { Date::new(year, month + 1, 1) };
        Period::new(start, end.ok()?)
    }

    /// `2024`, `2024-03` or `2024-01-01/2024-07-01` (the last day is out).
    pub fn parse(text: &str) -> Option<Period> {
        let text = text.trim();
        if let Some((start, end)) = text.split_once('/') {
            return Period::new(parse_date(start)?, parse_date(end)?);
        }
        match text.split_once('-') {
            None => Period::year(four_digits(text)?),
            Some((year, month)) => Period::month(four_digits(year)?, two_digits(month)?),
        }
    }

    pub fn start(&self) -> Date {
        self.start
    }

    pub fn end(&self) -> Date {
        self.end
    }

    pub fn days(&self) -> i64 {
        days_between(self.start, self.end)
    }

    pub fn contains(&self, date: Date) -> bool {
        self.start <= date && date < self.end
    }

    pub fn overlaps(&self, other: &Period) -> bool {
        self.start < other.end && other.start < self.end
    }

    pub fn intersection(&self, other: &Period) -> Option<Period> {
        Period::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// The calendar months that this period touches, in order.
    pub fn months(&self) -> Vec<Period> {
        let mut months = Vec::new();
        let mut next = Period::month(self.start.year(), self.start.month());
        while let Some(month) = next {
            if month.start >= self.end {
                break;
            }
            months.push(month);
            next = Period::month(month.end.year(), month.end.month());
        }
        months
    }

    /// The year before, month by month: the same days one calendar year earlier.
    pub fn previous_year(&self) -> Option<Period> {
        let year = jiff::Span::new().years(1);
        Period::new(self.start.checked_sub(year).ok()?, self.end.checked_sub(year).ok()?)
    }
}

pub fn days_between(start: Date, end: Date) -> i64 {
    i64::from((end - start).get_days())
}

/// A date written yyyy-MM-dd or dd/MM/yyyy; nothing else is guessed.
pub fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some((day, rest)) = text.split_once('/') {
        let (month, year) = rest.split_once('/')?;
        return Date::new(four_digits(year)?, two_digits(month)?, two_digits(day)?).ok();
    }
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    Date::new(four_digits(year)?, two_digits(month)?, two_digits(day)?).ok()
}

fn four_digits(text: &str) -> Option<i16> {
    (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn two_digits(text: &str) -> Option<i8> {
    ((1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

impl fmt::Display for Period {
    /// As short as `parse` reads it back: `2024`, `2024-03`, else both dates.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Period::year(self.start.year()) == Some(*self) {
            write!(f, "{:04}", self.start.year())
        } else if Period::month(self.start.year(), self.start.month()) == Some(*self) {
            write!(f, "{:04}-{:02}", self.start.year(), self.start.month())
        } else {
            write!(f, "{}/{}", self.start, self.end)
        }
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

impl TryFrom<String> for Period {
    type Error = String;
    fn try_from(text: String) -> Result<Period, String> {
        Period::parse(&text)
            .ok_or_else(|| format!("`{text}` is not a period such as 2024, 2024-03 or 2024-01-01/2024-07-01"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Period::parse(text).map(|p| p.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn periods_are_read_and_printed_the_same_way() {
        check("2024", Some("2024"));
        check("2024-03", Some("2024-03"));
        check("2024-01-01/2025-01-01", Some("2024"));
        check("2024-01-15/2024-02-15", Some("2024-01-15/2024-02-15"));
        check("2024-02-15/2024-01-15", None);
        check("2024-13", None);
        check("24", None);
        check("+024", None);
    }

    #[test]
    fn consecutive_years_meet_without_a_gap_or_a_shared_day() {
        let (a, b) = (Period::year(2024).unwrap(), Period::year(2025).unwrap());
        assert_eq!(a.end(), b.start());
        assert!(!a.overlaps(&b));
        assert_eq!((a.days(), b.days(), a.months().len()), (366, 365, 12));
    }

    #[test]
    fn vietnamese_and_iso_dates_are_the_same_day() {
        assert_eq!(parse_date("31/12/2024"), parse_date("2024-12-31"));
        assert_eq!(parse_date("31/02/2024"), None);
        assert_eq!(parse_date("12/31/2024"), None);
    }
}
