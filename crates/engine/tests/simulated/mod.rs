//! Made-up plants whose saving is known: production of two lines, weather of a warm place, and errors that follow each
//! other. Each plant draws its own; from what and why stands in `docs/methods/uncertainty.md`. The same seed gives the same
//! plants on every machine.
#![allow(dead_code, unused_imports)] // Used by tests and by an example; none of them needs everything.

mod counts;

pub use counts::Counts;
use engine::verify::interval::Interval;
use engine::verify::meter::TemperatureUnit;
use engine::verify::meter_file::MeterRow;
use engine::verify::plant::{PlantModel, PlantPredictor, PlantSpec};
use engine::verify::validity::Sign;
use jiff::civil::{DateTime, Weekday, date};
use jiff::{Span, ToSpan};

/// How the errors of the plants follow each other. Hours of the drawn kinds follow from hour to hour and from day to day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Errors {
    /// Each plant has its ρ: atanh ρ is normal around 0.3 with standard deviation 0.5.
    AsMeters,
    /// Each plant has its ρ, every value from 0 to 0.8 as likely as any other.
    Even,
    /// Each row follows the one before it by this ρ.
    FirstOrder(f64),
}

/// Where production of the reporting period lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reach {
    /// Its mean between the quartiles of the baseline.
    Inside,
    /// Its mean 2 to 20 % above the highest value of the baseline.
    Outside,
}

/// One cell of the tables of coverage.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub interval: Interval,
    /// Rows of the baseline; the reporting period is a year.
    pub baseline: usize,
    pub errors: Errors,
    pub reach: Reach,
    /// Columns beside the two true ones that say nothing.
    pub idle_columns: usize,
}

pub struct Plant {
    pub spec: PlantSpec,
    pub baseline: Vec<MeterRow>,
    pub reporting: Vec<MeterRow>,
    pub saving: f64,
    /// Temperature above which the plant cools.
    pub balance: f64,
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

/// What one plant is, drawn once. Use is 100 a row on average, each line makes 10 a row.
struct Nature {
    idle_load: f64,
    slopes: [f64; 2],
    /// Per degree above the balance point.
    cooling: f64,
    balance: f64,
    mean_temperature: f64,
    season: f64,
    weather: f64,
    phase: f64,
    /// Standard deviation of production over its mean.
    spread: [f64; 2],
    memory: f64,
    scatter: f64,
    share_saved: f64,
    building: usize,
}

impl Nature {
    fn of(interval: Interval, draw: &mut Draw) -> Nature {
        let idle_load = draw.between(15.0, 50.0);
        let of_first = draw.between(0.5, 0.85);
        let made = 0.1 * (90.0 - idle_load);
        // Memory of production, scatter in per cent of use, and rows of building.
        let (memory, scatter, building) = match interval {
            Interval::Hour => ((0.95, 0.99), (5.0, 20.0), (336.0, 1_440.0)),
            Interval::Day => ((0.5, 0.9), (3.0, 10.0), (14.0, 90.0)),
            Interval::Week => ((0.2, 0.7), (2.0, 7.0), (2.0, 13.0)),
            Interval::Month => ((0.0, 0.5), (2.0, 6.0), (1.0, 4.0)),
        };
        Nature {
            idle_load,
            slopes: [made * of_first, made * (1.0 - of_first)],
            cooling: draw.between(0.5, 2.5),
            balance: draw.between(18.0, 24.0),
            mean_temperature: draw.between(22.0, 28.0),
            season: draw.between(1.5, 6.0),
            weather: draw.between(0.8, 2.0),
            phase: draw.uniform(),
            spread: [draw.between(0.1, 0.25), draw.between(0.1, 0.25)],
            memory: draw.between(memory.0, memory.1),
            scatter: draw.between(scatter.0, scatter.1),
            share_saved: draw.between(0.0, 0.2),
            building: draw.between(building.0, building.1).floor() as usize,
        }
    }

    fn temperature(&self, interval: Interval, place: usize, hour: f64, weather: f64) -> f64 {
        let turn = |share: f64| (std::f64::consts::TAU * share).sin();
        let day = if interval == Interval::Hour { 3.0 * turn((hour - 9.0) / 24.0) } else { 0.0 };
        let season = turn(place as f64 / year(interval) as f64 + self.phase);
        self.mean_temperature + self.season * season + self.weather * weather + day
    }

    fn expected(&self, interval: Interval, stamp: &DateTime, temperature: f64, made: [f64; 2]) -> f64 {
        let has_days = matches!(interval, Interval::Hour | Interval::Day);
        let sunday = if has_days && stamp.weekday() == Weekday::Sunday { 0.7 } else { 1.0 };
        let shift = if interval == Interval::Hour && !(7..19).contains(&stamp.hour()) { 0.8 } else { 1.0 };
        let cooled = self.cooling * (temperature - self.balance).max(0.0);
        self.idle_load * sunday * shift + self.slopes[0] * made[0] + self.slopes[1] * made[1] + cooled
    }
}

/// A series of variance one of which each value follows the one before it.
fn follow(draw: &mut Draw, rho: f64, rows: usize) -> Vec<f64> {
    let mut value = draw.normal();
    let next = |_| {
        let now = value;
        value = rho * value + (1.0 - rho * rho).sqrt() * draw.normal();
        now
    };
    (0..rows).map(next).collect()
}

impl Cell {
    /// Rows of baseline, building at its longest, and reporting year.
    pub fn calendar(&self) -> Vec<MeterRow> {
        let building = match self.interval {
            Interval::Hour => 1_440,
            Interval::Day => 90,
            Interval::Week => 13,
            Interval::Month => 4,
        };
        calendar(self.interval, self.baseline + building + year(self.interval))
    }

    /// Seed of one plant: no two cells share theirs, so that they do not move together.
    pub fn seed(&self, seeds: u64, number: u64) -> u64 {
        let name = format!("{self} {} {seeds}", self.idle_columns);
        let mixed = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        name.bytes().fold(0xCBF2_9CE4_8422_2325, mixed).wrapping_add(number)
    }

    /// The plant of this seed on the calendar of the cell.
    pub fn plant(&self, seed: u64, calendar: &[MeterRow]) -> Plant {
        let mut draw = Draw::new(seed);
        let nature = Nature::of(self.interval, &mut draw);
        let rows = calendar.len();
        let noise = self.noise(&mut draw, rows);
        let weather = follow(&mut draw, if self.interval == Interval::Hour { 0.97 } else { nature.memory }, rows);
        let (after, end) = (self.baseline + nature.building, self.baseline + nature.building + year(self.interval));
        let lines: [Vec<f64>; 2] = nature.spread.map(|spread| self.line(&mut draw, spread, nature.memory, after, end));
        let mut saving = 0.0;
        let mut row = |place: usize| {
            let empty = &calendar[place];
            let hour = f64::from(empty.local.hour());
            let temperature = nature.temperature(self.interval, place, hour, weather[place]);
            let made = [lines[0][place], lines[1][place]];
            let mut others: Vec<Option<f64>> = made.map(Some).to_vec();
            others.extend((0..self.idle_columns).map(|_| Some(50.0 + 5.0 * draw.normal())));
            let expected = nature.expected(self.interval, &empty.local, temperature, made);
            let saved = if place >= after { nature.share_saved * expected } else { 0.0 };
            saving += saved;
            let value = expected - saved + nature.scatter * noise[place];
            MeterRow { value: Some(value), temperature: Some(temperature), others, ..empty.clone() }
        };
        let baseline = (0..self.baseline).map(&mut row).collect();
        let reporting = (after..end).map(&mut row).collect();
        Plant { spec: self.spec(), baseline, reporting, saving, balance: nature.balance }
    }

    /// Production of one line, brought to where the cell wants it in the reporting period.
    fn line(&self, draw: &mut Draw, spread: f64, memory: f64, after: usize, end: usize) -> Vec<f64> {
        let mut made: Vec<f64> =
            follow(draw, memory, end).into_iter().map(|value| 10.0 * (1.0 + spread * value).max(0.0)).collect();
        let known = &made[..self.baseline];
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let wanted = match self.reach {
            Reach::Inside => {
                let middle = mean(known);
                let squares: f64 = known.iter().map(|value| (value - middle).powi(2)).sum();
                middle + draw.between(-0.67, 0.67) * (squares / known.len() as f64).sqrt()
            }
            Reach::Outside => draw.between(1.02, 1.2) * known.iter().copied().fold(0.0, f64::max),
        };
        let factor = wanted / mean(&made[after..]);
        made[after..].iter_mut().for_each(|value| *value *= factor);
        made
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
        let rho = match self.errors {
            Errors::AsMeters => (0.3 + 0.5 * draw.normal()).tanh(),
            Errors::Even => draw.between(0.0, 0.8),
            Errors::FirstOrder(rho) => return follow(draw, rho, rows),
        };
        if self.interval != Interval::Hour {
            return follow(draw, rho, rows);
        }
        let (by_hour, share_of_days) = (draw.between(0.7, 0.9), draw.between(0.3, 0.6));
        let (hours, days) = (follow(draw, by_hour, rows), follow(draw, rho, rows / 24 + 1));
        let both = |place: usize| (1.0 - share_of_days).sqrt() * hours[place] + share_of_days.sqrt() * days[place / 24];
        (0..rows).map(both).collect()
    }
}
