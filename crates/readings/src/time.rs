//! Moments in microseconds since 1970, UTC, and the local days and months of a park.

use jiff::civil::Date;

pub(crate) const SECOND_US: i64 = 1_000_000;
pub(crate) const HOUR_US: i64 = 3_600 * SECOND_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// A local month with its first moment and the first after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Month {
    first: Date,
    pub(crate) start_us: i64,
    pub(crate) end_us: i64,
}

impl Month {
    /// The local month of a moment, for a park whose time is this far ahead of UTC.
    pub(crate) fn of(at_us: i64, ahead_us: i64) -> Month {
        let first = date_of((at_us + ahead_us).div_euclid(DAY_US)).first_of_month();
        Month::starting(first, ahead_us)
    }

    /// `2024-03`
    pub(crate) fn parse(code: &str, ahead_us: i64) -> Option<Month> {
        let first: Date = format!("{code}-01").parse().ok()?;
        Some(Month::starting(first, ahead_us))
    }

    fn starting(first: Date, ahead_us: i64) -> Month {
        let start = days_of(first);
        let end = start + i64::from(first.days_in_month());
        Month { first, start_us: start * DAY_US - ahead_us, end_us: end * DAY_US - ahead_us }
    }

    pub(crate) fn contains(&self, at_us: i64) -> bool {
        (self.start_us..self.end_us).contains(&at_us)
    }

    pub(crate) fn code(&self) -> String {
        format!("{:04}-{:02}", self.first.year(), self.first.month())
    }

    pub(crate) fn first_day(&self) -> i64 {
        days_of(self.first)
    }
}

/// Days since 1970-01-01.
pub(crate) fn days_of(date: Date) -> i64 {
    let since = date.since((jiff::Unit::Day, EPOCH));
    since.map_or(0, |span| i64::from(span.get_days()))
}

/// The date so many days after 1970-01-01; the nearest that a calendar holds where it is out of all reason.
pub(crate) fn date_of(days: i64) -> Date {
    EPOCH.saturating_add(jiff::Span::new().days(days.clamp(-700_000, 2_900_000)))
}

const EPOCH: Date = Date::constant(1970, 1, 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_the_parks_own() {
        let seven_hours = 7 * HOUR_US;
        // 2024-02-29T17:00Z is midnight of 1 March at UTC+7.
        let at = 1_709_226_000 * SECOND_US;
        let march = Month::of(at, seven_hours);
        assert_eq!((march.code().as_str(), march.start_us), ("2024-03", at));
        assert_eq!(Month::of(at - 1, seven_hours).code(), "2024-02");
        assert_eq!(Month::of(at - 1, seven_hours).end_us, at);
        assert_eq!(Month::parse("2024-03", seven_hours), Some(march));
        assert_eq!(date_of(march.first_day()).to_string(), "2024-03-01");
        assert_eq!(Month::of(-1, 0).code(), "1969-12");
    }
}
