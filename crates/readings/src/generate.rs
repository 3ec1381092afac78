//! Meters from a seed, with truths planted in them: readings that are missing, days that are sent again and put right.
//! Every value is a multiple of a quarter, so that sums are exact in whatever order they are added.

use std::collections::BTreeMap;
use std::ops::Range;

use engine::ids::{EnterpriseId, MeterId, ParkId, ResourceId};
use engine::language::Label;
use engine::park::{Enterprise, EnterpriseRole, Meter, Park};

use crate::{Arrivals, MeterReadings};

/// What to generate. The same plan gives the same readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub meters: usize,
    /// Readings that each meter would have if none were missing.
    pub readings: usize,
    pub step_us: i64,
    /// The first moment, microseconds since 1970, UTC.
    pub start_us: i64,
}

/// A run of readings that a meter does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantedGap {
    pub meter: usize,
    pub readings: Range<usize>,
}

const ENTERPRISES: usize = 50;

impl Plan {
    pub fn park(&self, id: &str) -> Park {
        let enterprise = |number: usize| Enterprise {
            id: EnterpriseId::new(format!("dn-{number:02}")),
            name: Label::new(format!("Doanh nghiệp {number}"), format!("Enterprise {number}")),
            tax_code: None,
            isic4: "1701".to_string(),
            role: EnterpriseRole::Tenant,
            employees: None,
            place: None,
        };
        let meter = |number: usize| Meter {
            id: self.meter(number),
            enterprise: EnterpriseId::new(format!("dn-{:02}", number % ENTERPRISES)),
            resource: ResourceId::new("electricity"),
            unit: "kWh".to_string(),
            name: Label::new(format!("Công tơ {number}"), format!("Meter {number}")),
            is_main: false,
        };
        Park {
            id: ParkId::new(id),
            name: Label::new("Khu đo đếm", "Metered park"),
            province: "92".to_string(),
            area_ha: None,
            place: None,
            developer: None,
            utc_offset_h: 7.0,
            synthetic: true,
            note: None,
            enterprises: (0..ENTERPRISES).map(enterprise).collect(),
            records: Vec::new(),
            drivers: Vec::new(),
            meters: (0..self.meters).map(meter).collect(),
            readings: BTreeMap::new(),
            metered: BTreeMap::new(),
            weather: Default::default(),
            streams: Vec::new(),
            works: Default::default(),
            exchanges: Vec::new(),
            survey: Vec::new(),
            facts: Vec::new(),
            measures: Vec::new(),
            plans: Vec::new(),
            adjustments: Vec::new(),
            key_readings: Vec::new(),
        }
    }

    pub fn meter(&self, number: usize) -> MeterId {
        MeterId::new(format!("M{number:05}"))
    }

    pub fn at_us(&self, reading: usize) -> i64 {
        self.start_us + reading as i64 * self.step_us
    }

    /// What a meter measured, unless a batch put it right.
    pub fn value(&self, meter: usize, reading: usize) -> f64 {
        let of_day = (reading as i64 * self.step_us).rem_euclid(86_400_000_000) as f64 / 86_400_000_000.0;
        let base = 40.0 + (self.random(meter as u64, 1) % 400) as f64;
        let shape = 1.0 + 0.6 * (of_day * std::f64::consts::TAU - 2.0).sin();
        let noise = (self.random(meter as u64, reading as u64 + 1_000) % 33) as f64 - 16.0;
        ((base * shape + noise).max(1.0) * 4.0).round() / 4.0
    }

    /// One meter in ten lacks a run of readings, one reading to two days long, in the middle of its time.
    pub fn gap(&self, meter: usize) -> Option<PlantedGap> {
        if !self.random(meter as u64, 2).is_multiple_of(10) || self.readings < 8 {
            return None;
        }
        let longest = (2 * 86_400_000_000 / self.step_us).min(self.readings as i64 / 4).max(1) as u64;
        let length = (1 + self.random(meter as u64, 3) % longest) as usize;
        let start = self.readings / 4 + (self.random(meter as u64, 4) % (self.readings as u64 / 4)) as usize;
        Some(PlantedGap { meter, readings: start..start + length })
    }

    /// One meter in twenty sent a quarter of its time wrong at first.
    pub fn corrected(&self, meter: usize) -> Option<Range<usize>> {
        let is_corrected = self.random(meter as u64, 5).is_multiple_of(20) && self.readings >= 8;
        is_corrected.then(|| self.readings / 8..self.readings / 8 + self.readings / 4)
    }

    /// The readings of a stretch of time, as they came at first.
    pub fn arrivals(&self, stretch: Range<usize>) -> Arrivals {
        self.collect(
            |meter, reading| {
                let is_wrong = self.corrected(meter).is_some_and(|wrong| wrong.contains(&reading));
                Some(self.value(meter, reading) + if is_wrong { 7.25 } else { 0.0 })
            },
            stretch,
        )
    }

    /// What was sent again to put it right.
    pub fn corrections(&self) -> Arrivals {
        let is_corrected =
            |meter: usize, reading: usize| self.corrected(meter).is_some_and(|wrong| wrong.contains(&reading));
        self.collect(
            |meter, reading| is_corrected(meter, reading).then(|| self.value(meter, reading)),
            0..self.readings,
        )
    }

    /// How many readings there are in the end, and their sum.
    pub fn truth(&self) -> (u64, f64) {
        let (mut count, mut sum) = (0, 0.0);
        for meter in 0..self.meters {
            let gap = self.gap(meter);
            for reading in 0..self.readings {
                if !gap.as_ref().is_some_and(|gap| gap.readings.contains(&reading)) {
                    count += 1;
                    sum += self.value(meter, reading);
                }
            }
        }
        (count, sum)
    }

    fn collect(&self, value: impl Fn(usize, usize) -> Option<f64>, stretch: Range<usize>) -> Arrivals {
        let mut meters = BTreeMap::new();
        for meter in 0..self.meters {
            let gap = self.gap(meter);
            let is_there = |reading: &usize| !gap.as_ref().is_some_and(|gap| gap.readings.contains(reading));
            let values = stretch.clone().filter(is_there);
            let values: Vec<(i64, f64)> =
                values.filter_map(|reading| Some((self.at_us(reading), value(meter, reading)?))).collect();
            if !values.is_empty() {
                meters.insert(self.meter(meter), MeterReadings { values, counter: None });
            }
        }
        Arrivals::new(meters).expect("a plan says each moment once")
    }

    /// SplitMix64 of the seed and two numbers: small, even, and the same everywhere.
    fn random(&self, one: u64, other: u64) -> u64 {
        let mut state = self.seed ^ one.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ other.wrapping_mul(0xd1b5_4a32_d192_ed03);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }
}
