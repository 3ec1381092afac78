//! Three electricity meters with hourly readings of two years. Their sums are the bills of the same months.

use std::collections::BTreeMap;

use engine::period::Period;
use jiff::civil::{Date, Weekday};

use crate::bills::{Bills, cost, key};
use crate::calendar::{FIRST_YEAR, days};
use crate::random::Random;

/// A measure whose saving the meter sees: in force from this day on.
pub struct MeteredSaving {
    pub enterprise: &'static str,
    pub from: Date,
    pub rate: f64,
}

pub struct Meter {
    pub id: &'static str,
    pub enterprise: &'static str,
    pub name_vi: &'static str,
    pub name_en: &'static str,
    /// Load at night and on Sunday against a working hour.
    night: f64,
    sunday: f64,
}

pub const METERS: &[Meter] = &[
    Meter {
        id: "M1",
        enterprise: "E02",
        name_vi: "Công tơ tổng xưởng đông lạnh",
        name_en: "Main meter, freezing plant",
        night: 0.72,
        sunday: 0.70,
    },
    Meter {
        id: "M2",
        enterprise: "E11",
        name_vi: "Công tơ tổng máy xeo",
        name_en: "Main meter, paper machine",
        night: 0.88,
        sunday: 0.62,
    },
    Meter {
        id: "M3",
        enterprise: "E19",
        name_vi: "Công tơ tổng lò và cán",
        name_en: "Main meter, furnace and rolling",
        night: 1.15,
        sunday: 0.55,
    },
];

/// What the meters counted, and what they would have counted without the measures, by enterprise and month.
pub struct Metered {
    pub rows: Vec<Vec<String>>,
    pub saved_kwh: BTreeMap<(String, Period), f64>,
    /// Rows of `drivers.csv`: what the freezing plant put out each day.
    pub output: Vec<Vec<String>>,
}

/// The meter whose site tells its output by the day, so that a daily measurement plan can be carried out.
const WITH_OUTPUT: &str = "M1";
/// Part of a mean day's load that runs whatever is frozen.
const IDLE: f64 = 0.4;

/// Spreads each month's electricity over its hours, takes the savings off, and puts the sums back into the bills.
pub fn meter(seed: u64, bills: &mut Bills, savings: &[MeteredSaving]) -> Metered {
    let mut metered = Metered { rows: Vec::new(), saved_kwh: BTreeMap::new(), output: Vec::new() };
    for meter in METERS {
        let made: BTreeMap<Period, f64> = bills
            .get(&key(meter.enterprise, "product"))
            .into_iter()
            .flat_map(|series| series.bills.iter().map(|bill| (bill.period, bill.amount)))
            .collect();
        // A stream of its own: the readings stay as they are.
        let mut scatter = Random::new(seed, "output by the day");
        let Some(series) = bills.get_mut(&key(meter.enterprise, "electricity")) else { continue };
        let mut random = Random::new(seed, meter.id);
        let mut hours: Vec<(Date, usize, f64)> = Vec::new();
        series.basis = "metered";
        for bill in series.bills.iter_mut().filter(|bill| bill.period.start().year() > FIRST_YEAR) {
            let shape = shape(meter, &bill.period, &mut random);
            let whole: f64 = shape.iter().map(|(_, _, weight)| weight).sum();
            if let Some(made) = made.get(&bill.period).filter(|_| meter.id == WITH_OUTPUT) {
                metered.output.extend(output(meter.enterprise, &shape, whole, *made, &mut scatter));
            }
            let (mut counted, mut saved) = (0.0, 0.0);
            for (day, hour, weight) in shape {
                let without = bill.amount * weight / whole;
                let rate = savings
                    .iter()
                    .find(|saving| saving.enterprise == meter.enterprise && day >= saving.from)
                    .map_or(0.0, |saving| saving.rate);
                let value = (10.0 * without * (1.0 - rate)).round() / 10.0;
                counted += value;
                saved += without - value;
                hours.push((day, hour, value));
            }
            bill.amount = counted.round();
            bill.cost_vnd = cost(&bill.period, bill.amount, series.price_vnd);
            metered.saved_kwh.insert((meter.enterprise.to_string(), bill.period), saved);
        }
        metered.rows.extend(flawed(meter.id, &hours, &mut random));
    }
    metered
}

/// Hours of a month with their share of its load: two shifts, a lunch break, quiet nights and Sundays.
fn shape(meter: &Meter, month: &Period, random: &mut Random) -> Vec<(Date, usize, f64)> {
    let mut hours = Vec::new();
    for day in days(month) {
        let whole_day = if day.weekday() == Weekday::Sunday { meter.sunday } else { 1.0 } * random.noise(0.03);
        for hour in 0..24 {
            let of_day = match hour {
                6 | 21 => (1.0 + meter.night) / 2.0,
                7..=10 | 13..=17 => 1.0,
                11 | 12 => 0.92,
                18..=20 => 0.96,
                _ => meter.night,
            };
            hours.push((day, hour, whole_day * of_day * random.noise(0.025)));
        }
    }
    hours
}

/// What was made on each day of a month: the load beyond the idle part follows it.
fn output(
    enterprise: &str,
    shape: &[(Date, usize, f64)],
    whole: f64,
    made: f64,
    random: &mut Random,
) -> Vec<Vec<String>> {
    let mut days: BTreeMap<Date, f64> = BTreeMap::new();
    for (day, _, weight) in shape {
        *days.entry(*day).or_default() += weight / whole;
    }
    let idle = IDLE / days.len() as f64;
    let row = |(day, share): (&Date, &f64)| {
        let amount = made * (share - idle) / (1.0 - IDLE) * random.noise(0.02);
        [enterprise, "daily-output", &day.to_string(), &day.to_string(), &format!("{amount:.1}"), "t"]
            .map(str::to_string)
            .to_vec()
    };
    days.iter().map(row).collect()
}

/// The readings as they arrive: a few hours blank, some never sent, and on M3 a stretch that hangs at one value.
fn flawed(id: &str, hours: &[(Date, usize, f64)], random: &mut Random) -> Vec<Vec<String>> {
    let blank: Vec<(usize, usize)> = (0..6).map(|_| (random.index(hours.len()), 1 + random.index(5))).collect();
    let unsent = (random.index(hours.len() - 60), if id == "M3" { 40 } else { 4 });
    let frozen = (id == "M3").then(|| (hours.len() * 2 / 3 + random.index(200), 31));
    let inside = |(start, length): (usize, usize), place: usize| (start..start + length).contains(&place);
    let mut rows = Vec::new();
    for (place, (day, hour, value)) in hours.iter().enumerate() {
        if inside(unsent, place) {
            continue;
        }
        let hangs = frozen.filter(|stretch| inside(*stretch, place));
        let value = hangs.map_or(*value, |(start, _)| hours[start].2);
        let is_blank = hangs.is_none() && blank.iter().any(|gap| inside(*gap, place));
        let shown = if is_blank { String::new() } else { format!("{value:.1}") };
        rows.push(vec![id.to_string(), format!("{day}T{hour:02}:00+07:00"), shown]);
    }
    rows
}

/// The rows of `meters.csv`.
pub fn rows() -> Vec<Vec<String>> {
    let row = |meter: &Meter| {
        [meter.id, meter.enterprise, "electricity", "kWh", meter.name_vi, meter.name_en, "main"].map(str::to_string)
    };
    METERS.iter().map(|meter| row(meter).to_vec()).collect()
}
