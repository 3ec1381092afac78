//! A cell as a moment or a number. Ways of writing that could mean two things are not read.

use engine::fault::FaultKind;

use super::mapping::{Decimal, TimeFormat};
use crate::time::{DAY_US, SECOND_US};

/// A cell of any kind of file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Empty,
    Text(&'a str),
    Number(f64),
    /// A moment without an offset, in microseconds since 1970 of its own time.
    Local(i64),
    /// A moment, in microseconds since 1970, UTC.
    Instant(i64),
}

/// What is wrong with a cell and what was expected.
pub(crate) type Wrong = (FaultKind, &'static str);

// Meters of before are not read by interval, and a clock that is wrong is mostly far off.
const EARLIEST_US: i64 = 7_305 * DAY_US;
const LATEST_US: i64 = 47_482 * DAY_US;

impl Cell<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.chars().take(80).collect(),
            Cell::Number(number) => number.to_string(),
            Cell::Local(us) | Cell::Instant(us) => {
                jiff::Timestamp::from_microsecond(*us).map_or_else(|_| us.to_string(), |at| at.to_string())
            }
        }
    }

    /// The moment, for a file whose moments are this far ahead of UTC where they do not say it.
    pub(crate) fn moment(&self, format: TimeFormat, ahead_us: i64) -> Result<i64, Wrong> {
        let at_us = match (format, self) {
            (_, Cell::Instant(at_us)) => Some(*at_us),
            (TimeFormat::Written | TimeFormat::Excel, Cell::Local(local_us)) => Some(local_us - ahead_us),
            (TimeFormat::Written, Cell::Text(text)) => written(text.trim()).map(|(us, offset)| match offset {
                Some(offset_us) => us - offset_us,
                None => us - ahead_us,
            }),
            (TimeFormat::Excel, cell) => cell.plain_number().map(|serial| excel(serial) - ahead_us),
            (TimeFormat::UnixSeconds, cell) => cell.plain_number().map(|seconds| (seconds * 1e6).round() as i64),
            (TimeFormat::UnixMilliseconds, cell) => cell.plain_number().map(|ms| (ms * 1e3).round() as i64),
            _ => None,
        };
        let expected = match format {
            TimeFormat::Written => "2024-03-01T00:15+07:00 | 01/03/2024 00:15",
            TimeFormat::Excel => "45352.010417",
            TimeFormat::UnixSeconds => "1709226900",
            TimeFormat::UnixMilliseconds => "1709226900000",
        };
        let at_us = at_us.ok_or((FaultKind::NotADate, expected))?;
        match (EARLIEST_US..LATEST_US).contains(&at_us) {
            true => Ok(at_us),
            false => Err((FaultKind::ImplausibleDate, "1990 … 2099")),
        }
    }

    pub(crate) fn number(&self, decimal: Decimal) -> Result<f64, Wrong> {
        let expected = match decimal {
            Decimal::Point => "1234.5",
            Decimal::Comma => "1.234,5",
        };
        let number = match (self, decimal) {
            (Cell::Number(number), _) => Some(*number),
            (Cell::Text(text), Decimal::Point) => with_point(text.trim()),
            (Cell::Text(text), Decimal::Comma) => with_comma(text.trim()),
            _ => None,
        };
        number.filter(|number| number.is_finite()).ok_or((FaultKind::NotANumber, expected))
    }

    fn plain_number(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number),
            Cell::Text(text) => with_point(text.trim()),
            _ => None,
        }
    }
}

pub(crate) fn excel(serial: f64) -> i64 {
    // 25,569 days lie between Excel's first and 1970. Serials carry about a microsecond; a second is what was meant.
    ((serial - 25_569.0) * 86_400.0).round() as i64 * SECOND_US
}

fn with_point(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if is_plain { text.parse().ok() } else { None }
}

/// `1.234,5`: points only between groups of three.
fn with_comma(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once(',').unwrap_or((text, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let groups: Vec<&str> = digits.split('.').collect();
    let is_grouped =
        groups.len() == 1 || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
    let all_digits = groups.iter().chain([&fraction]).all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_grouped || !all_digits || digits.is_empty() {
        return None;
    }
    format!("{sign}{}.{fraction}0", groups.concat()).parse().ok()
}

/// Microseconds since 1970 of the moment's own time, and its offset where it says one.
fn written(text: &str) -> Option<(i64, Option<i64>)> {
    let bytes = text.as_bytes();
    let (year, month, day, rest) = match bytes {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] => {
            (digits(&[*y1, *y2, *y3, *y4])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?, rest)
        }
        [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4, rest @ ..] => {
            (digits(&[*y1, *y2, *y3, *y4])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?, rest)
        }
        _ => return None,
    };
    let days = days_from(year, month, day)?;
    let [b'T' | b' ', h1, h2, b':', i1, i2, rest @ ..] = rest else { return None };
    let (hour, minute) = (digits(&[*h1, *h2])?, digits(&[*i1, *i2])?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (digits(&[*s1, *s2])?, rest),
        rest => (0, rest),
    };
    let (fraction_us, rest) = match rest {
        [b'.', rest @ ..] => {
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let shown = digits(&rest[..count.min(6)])?;
            (shown * 10_i64.pow(6 - count.min(6) as u32), &rest[count..])
        }
        rest => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local_us = days * DAY_US + ((hour * 60 + minute) * 60 + second) * SECOND_US + fraction_us;
    let offset_us = match rest {
        [] => None,
        [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let minutes = match rest {
                [b':', m1, m2] | [m1, m2] => digits(&[*m1, *m2])?,
                [] => 0,
                _ => return None,
            };
            let ahead = (digits(&[*h1, *h2])? * 60 + minutes) * 60 * SECOND_US;
            Some(if *sign == b'-' { -ahead } else { ahead })
        }
        _ => return None,
    };
    Some((local_us, offset_us))
}

fn digits(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(bytes.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

/// Days since 1970-01-01 in the Gregorian calendar, counted from 1 March so that a leap day is a year's last.
fn days_from(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN_HOURS: i64 = 7 * 3_600 * SECOND_US;

    fn moment(cell: Cell<'_>, format: TimeFormat) -> Result<i64, FaultKind> {
        cell.moment(format, SEVEN_HOURS).map(|us| us / SECOND_US).map_err(|(kind, _)| kind)
    }

    #[test]
    fn one_moment_in_many_ways() {
        // 2024-03-01T00:15:00+07:00
        let expected = Ok(1_709_226_900);
        for text in [
            "2024-03-01T00:15+07:00",
            "2024-02-29T17:15:00Z",
            "2024-02-29 17:15:00.000000+00",
            "2024-03-01 00:15",
            "01/03/2024 00:15",
            "01/03/2024 00:15:00",
            "2024-02-29T12:15-0500",
        ] {
            assert_eq!(moment(Cell::Text(text), TimeFormat::Written), expected, "{text}");
        }
        assert_eq!(moment(Cell::Number(45_352.010_416_666_66), TimeFormat::Excel), expected);
        assert_eq!(moment(Cell::Text("1709226900"), TimeFormat::UnixSeconds), expected);
        assert_eq!(moment(Cell::Number(1_709_226_900_000.0), TimeFormat::UnixMilliseconds), expected);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in
            ["2024-02-30 00:00", "31/04/2024 00:00", "2024-03-01", "3/1/2024 00:15", "2024-03-01T24:00", "x", ""]
        {
            assert_eq!(moment(Cell::Text(text), TimeFormat::Written), Err(FaultKind::NotADate), "{text}");
        }
        assert_eq!(moment(Cell::Text("1709226900"), TimeFormat::Written), Err(FaultKind::NotADate));
        assert_eq!(moment(Cell::Text("0001-03-01T00:00"), TimeFormat::Written), Err(FaultKind::ImplausibleDate));
        assert_eq!(moment(Cell::Number(1e300), TimeFormat::UnixSeconds), Err(FaultKind::ImplausibleDate));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for text in ["1970-01-01", "2000-02-29", "2024-12-31", "1999-03-01", "2100-02-28"] {
            let date: jiff::civil::Date = text.parse().unwrap();
            let days = days_from(date.year().into(), date.month().into(), date.day().into());
            assert_eq!(days, Some(crate::time::days_of(date)), "{text}");
        }
        assert_eq!(days_from(2100, 2, 29), None);
    }

    #[test]
    fn a_number_means_one_thing() {
        for (text, decimal, expected) in [
            ("1234.5", Decimal::Point, Some(1234.5)),
            ("1,234.5", Decimal::Point, None),
            ("1234,5", Decimal::Point, None),
            ("nan", Decimal::Point, None),
            ("inf", Decimal::Point, None),
            ("1e999", Decimal::Point, None),
            ("1.234,5", Decimal::Comma, Some(1234.5)),
            ("-1234,5", Decimal::Comma, Some(-1234.5)),
            ("1.234.567", Decimal::Comma, Some(1_234_567.0)),
            ("1.23,5", Decimal::Comma, None),
            ("1234.5", Decimal::Comma, None),
            ("", Decimal::Comma, None),
        ] {
            assert_eq!(Cell::Text(text).number(decimal).ok(), expected, "{text}");
        }
    }
}
