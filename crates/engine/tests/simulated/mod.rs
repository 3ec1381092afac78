//! Made-up plants whose saving is known: production of two lines, weather of a hot place, and errors that follow each
//! other. The same seed gives the same plants on every machine.
#![allow(dead_code)] // Used by a test and by an example; neither needs everything.

use engine::verify::interval::Interval;
use engine::verify::meter::TemperatureUnit;
use engine::verify::meter_file::MeterRow;
use engine::verify::plant::{PlantModel, PlantPredictor, PlantSpec};
use engine::verify::validity::Sign;
use jiff::civil::{DateTime, date};
use jiff::{Span, ToSpan};

/// How the errors of the plants follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Errors {
    /// Each row follows the one before it by ρ.
    FirstOrder(f64),
    /// Half of the variance follows from hour to hour by the first ρ, half from day to day by the second; for hours.
    TwoSpeeds(f64, f64),
}

/// One cell of the table of coverage.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub interval: Interval,
    /// Rows of the baseline; the reporting period is a year.
    pub baseline: usize,
    pub errors: Errors,
    /// Production of the reporting period over that of the baseline; 1.3 lies outside its range.
    pub production: f64,
    /// Columns beside the two true ones that say nothing.
    pub idle_columns: usize,
}

pub struct Plant {
    pub spec: PlantSpec,
    pub baseline: Vec<MeterRow>,
    pub reporting: Vec<MeterRow>,
    pub saving: f64,
}

/// A permuted congruential generator with normal numbers by Box and Muller.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Draw {
        let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03);
        draw.uniform();
        draw
    }

    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Empty rows with their stamps, from 1 January 2022 on.
pub fn calendar(interval: Interval, rows: usize) -> Vec<MeterRow> {
    let first = date(2022, 1, 1).at(0, 0, 0, 0);
    let step = |count: i64| -> Span {
        match interval {
            Interval::Hour => count.hours(),
            Interval::Day => count.days(),
            Interval::Week => count.weeks(),
            Interval::Month => count.months(),
        }
    };
    let row = |count: usize| {
        let local: DateTime = first.checked_add(step(count as i64)).unwrap();
        MeterRow {
            stamp: local.to_string(),
            local,
            offset_s: 7 * 3600,
            value: None,
            temperature: None,
            others: Vec::new(),
        }
    };
    (0..rows).map(row).collect()
}

pub fn year(interval: Interval) -> usize {
    match interval {
        Interval::Hour => 8_760,
        Interval::Day => 365,
        Interval::Week => 52,
        Interval::Month => 12,
    }
}

impl Cell {
    /// Rows of baseline, one interval of building (a week of hours and days), and reporting year.
    pub fn calendar(&self) -> Vec<MeterRow> {
        calendar(self.interval, self.baseline + self.building() + year(self.interval))
    }

    fn building(&self) -> usize {
        match self.interval {
            Interval::Hour => 168,
            Interval::Day => 7,
            Interval::Week | Interval::Month => 1,
        }
    }

    /// The plant of this seed on the calendar of the cell.
    pub fn plant(&self, seed: u64, calendar: &[MeterRow]) -> Plant {
        let mut draw = Draw::new(seed);
        let per_year = year(self.interval) as f64;
        let (load, slope_one, slope_two) = (draw.between(3.0, 8.0), draw.between(0.5, 2.0), draw.between(0.2, 1.0));
        let (cooling, share) = (draw.between(0.1, 0.4), draw.between(0.05, 0.2));
        let scatter = draw.between(0.5, 1.2);
        let phase = draw.uniform();
        let noise = self.noise(&mut draw, calendar.len());
        let (mut weather, mut lines) = (0.0, [0.0; 2]);
        let after = self.baseline + self.building();
        let mut rows = Vec::with_capacity(calendar.len());
        let mut saving = 0.0;
        for (place, empty) in calendar.iter().enumerate() {
            // Weather and production have memory too; months see less of it.
            let memory = match self.interval {
                Interval::Hour => 0.97,
                Interval::Day => 0.7,
                Interval::Week => 0.4,
                Interval::Month => 0.1,
            };
            let fresh = |draw: &mut Draw, before: f64| -> f64 {
                memory * before + (1.0_f64 - memory * memory).sqrt() * draw.normal()
            };
            weather = fresh(&mut draw, weather);
            lines = [fresh(&mut draw, lines[0]), fresh(&mut draw, lines[1])];
            let season = (std::f64::consts::TAU * (place as f64 / per_year + phase)).sin();
            let hour_of_day = f64::from(empty.local.hour());
            let day_wave = (std::f64::consts::TAU * (hour_of_day - 9.0) / 24.0).sin();
            let temperature = 26.0
                + 4.0 * season
                + 1.5 * weather
                + if self.interval == Interval::Hour { 3.0 * day_wave } else { 0.0 };
            let is_sunday = empty.local.weekday() == jiff::civil::Weekday::Sunday;
            let sunday = if matches!(self.interval, Interval::Hour | Interval::Day) && is_sunday { 0.7 } else { 1.0 };
            let shift = if self.interval == Interval::Hour && !(7.0..19.0).contains(&hour_of_day) { 0.8 } else { 1.0 };
            let factor = if place >= after { self.production } else { 1.0 };
            let made = lines.map(|line| factor * (10.0 + 1.5 * line));
            let mut others: Vec<Option<f64>> = made.map(Some).to_vec();
            others.extend((0..self.idle_columns).map(|_| Some(50.0 + 5.0 * draw.normal())));
            let mut expected = load * sunday * shift + slope_one * made[0] + slope_two * made[1];
            expected += cooling * (temperature - 22.0_f64).max(0.0);
            let mut value = expected + scatter * noise[place];
            if place >= after {
                saving += share * expected;
                value -= share * expected;
            }
            rows.push(MeterRow { value: Some(value), temperature: Some(temperature), others, ..empty.clone() });
        }
        let reporting = rows.split_off(after);
        rows.truncate(self.baseline);
        Plant { spec: self.spec(), baseline: rows, reporting, saving }
    }

    fn spec(&self) -> PlantSpec {
        let named = |name: String| PlantPredictor { name, sign: Sign::NotNegative };
        let idle =
            (0..self.idle_columns).map(|place| PlantPredictor { name: format!("idle_{place}"), sign: Sign::Any });
        let model = if self.interval == Interval::Hour { PlantModel::TowtProduction } else { PlantModel::Regression };
        PlantSpec {
            model,
            predictors: ["line_1", "line_2"].map(String::from).map(named).into_iter().chain(idle).collect(),
            holidays: Vec::new(),
            temperature: Some(TemperatureUnit::Celsius),
        }
    }

    /// Errors of variance one.
    fn noise(&self, draw: &mut Draw, rows: usize) -> Vec<f64> {
        let mut follow = |rho: f64, rows: usize| -> Vec<f64> {
            let mut error = draw.normal();
            let next = |_| {
                let now = error;
                error = rho * error + (1.0 - rho * rho).sqrt() * draw.normal();
                now
            };
            (0..rows).map(next).collect()
        };
        match self.errors {
            Errors::FirstOrder(rho) => follow(rho, rows),
            Errors::TwoSpeeds(by_hour, by_day) => {
                let (hours, days) = (follow(by_hour, rows), follow(by_day, rows / 24 + 1));
                let mean = |place: usize| std::f64::consts::FRAC_1_SQRT_2 * (hours[place] + days[place / 24]);
                (0..rows).map(mean).collect()
            }
        }
    }
}
