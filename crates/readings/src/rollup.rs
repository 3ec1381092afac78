//! Hours, days and months of each meter, added up while sorted readings pass by once, and the step between them.

use std::collections::BTreeMap;

use engine::ids::MeterId;
use store::{MeterState, SegmentKind};

use crate::time::{DAY_US, HOUR_US, Month};

/// What the readings of a meter within an hour, a day or a month come to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) meter: String,
    pub(crate) start_local_us: i64,
    pub(crate) count: i64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// The rollups of one park and month.
pub(crate) struct Rollups {
    ahead_us: i64,
    month_start_local_us: i64,
    pub(crate) hours: Vec<Bucket>,
    pub(crate) days: Vec<Bucket>,
    pub(crate) months: Vec<Bucket>,
    steps: BTreeMap<MeterId, Steps>,
    last: Option<(MeterId, i64)>,
}

/// How often each step between neighbours is there.
#[derive(Default)]
pub(crate) struct Steps(BTreeMap<i64, i64>);

impl Steps {
    /// Of readings by time.
    pub(crate) fn of(values: &[(i64, f64)]) -> Steps {
        let mut steps = Steps::default();
        values.windows(2).for_each(|pair| steps.add(pair[1].0 - pair[0].0));
        steps
    }

    pub(crate) fn add(&mut self, step_us: i64) {
        *self.0.entry(step_us).or_default() += 1;
    }

    /// The most frequent, the shorter of two that are equally frequent, and how often it is there.
    pub(crate) fn usual(&self) -> (Option<i64>, i64) {
        let most = self.0.iter().rev().max_by_key(|(_, times)| **times);
        most.map_or((None, 0), |(step, times)| (Some(*step), *times))
    }
}

impl Rollups {
    pub(crate) fn of(month: &Month, ahead_us: i64) -> Rollups {
        let month_start_local_us = month.first_day() * DAY_US;
        Rollups {
            ahead_us,
            month_start_local_us,
            hours: Vec::new(),
            days: Vec::new(),
            months: Vec::new(),
            steps: BTreeMap::new(),
            last: None,
        }
    }

    /// Takes the next reading; readings come sorted by meter and time.
    pub(crate) fn add(&mut self, meter: &str, at_us: i64, value: f64) {
        let local = at_us + self.ahead_us;
        add_to(&mut self.hours, meter, local - local.rem_euclid(HOUR_US), value);
        add_to(&mut self.days, meter, local - local.rem_euclid(DAY_US), value);
        add_to(&mut self.months, meter, self.month_start_local_us, value);
        match &mut self.last {
            Some((of, last_us)) if of.as_str() == meter => {
                self.steps.entry(of.clone()).or_default().add(at_us - *last_us);
                *last_us = at_us;
            }
            last => *last = Some((MeterId::new(meter), at_us)),
        }
    }

    /// The usual step of each meter of which there are two readings: one that sends them singly has none in a batch.
    pub(crate) fn states(&self) -> BTreeMap<MeterId, MeterState> {
        let state = |steps: &Steps| {
            let (step_us, steps_seen) = steps.usual();
            MeterState { step_us, steps_seen, counter: None }
        };
        self.steps.iter().map(|(meter, steps)| (meter.clone(), state(steps))).collect()
    }

    pub(crate) fn kinds(&self) -> [(SegmentKind, &[Bucket]); 3] {
        [(SegmentKind::Hour, &self.hours), (SegmentKind::Day, &self.days), (SegmentKind::Month, &self.months)]
    }
}

fn add_to(buckets: &mut Vec<Bucket>, meter: &str, start_local_us: i64, value: f64) {
    match buckets.last_mut() {
        Some(last) if last.start_local_us == start_local_us && last.meter == meter => {
            last.count += 1;
            last.sum += value;
            last.min = last.min.min(value);
            last.max = last.max.max(value);
        }
        _ => {
            let meter = meter.to_string();
            buckets.push(Bucket { meter, start_local_us, count: 1, sum: value, min: value, max: value });
        }
    }
}
