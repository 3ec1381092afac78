//! The 36 months of the sample park: their days, working days and warmth.

use engine::period::Period;
use jiff::civil::{Date, Weekday};

use crate::random::Random;

pub const FIRST_YEAR: i16 = 2022;
pub const LAST_YEAR: i16 = 2024;

/// Working days that holidays take, by month of 2022, 2023 and 2024; Tết moves between January and February.
const HOLIDAYS: [[i64; 12]; 3] =
    [[2, 5, 0, 2, 2, 0, 0, 0, 2, 0, 0, 0], [6, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 0], [1, 6, 0, 2, 1, 0, 0, 0, 2, 0, 0, 0]];

/// Mean temperature of each month in °C. Invented for a warm delta, not taken from a station.
const WARMTH: [f64; 12] = [25.6, 26.3, 27.7, 28.8, 28.3, 27.6, 27.2, 27.1, 27.0, 27.1, 27.0, 25.9];

/// Base of the cooling degree days, in °C.
pub const COOLING_BASE_C: f64 = 22.0;

/// All months, in order.
pub fn months() -> Vec<Period> {
    (FIRST_YEAR..=LAST_YEAR).flat_map(|year| (1..=12).filter_map(move |month| Period::month(year, month))).collect()
}

/// The last day that belongs to a period, as sheets write it.
pub fn last_day(period: &Period) -> Date {
    period.end().yesterday().unwrap_or(period.start())
}

pub fn days(period: &Period) -> Vec<Date> {
    period.start().series(jiff::Span::new().days(1)).take(period.days() as usize).collect()
}

/// Days of a month without Sundays and holidays.
pub fn working_days(month: &Period) -> i64 {
    let weekdays = days(month).iter().filter(|day| day.weekday() != Weekday::Sunday).count() as i64;
    let year = usize::try_from(month.start().year() - FIRST_YEAR).unwrap_or(0);
    weekdays - HOLIDAYS[year.min(2)][month.start().month() as usize - 1]
}

/// Cooling degree days of every month, one weather for the whole park: Σ (T − 22 °C), in K·d.
pub fn cooling_degree_days(seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed, "weather");
    months()
        .iter()
        .map(|month| {
            let warmth = WARMTH[month.start().month() as usize - 1] + 0.45 * random.normal().clamp(-2.5, 2.5);
            (10.0 * (warmth - COOLING_BASE_C) * month.days() as f64).round() / 10.0
        })
        .collect()
}
