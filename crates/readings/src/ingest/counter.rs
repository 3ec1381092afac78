//! A counter's states become what passed between them. It may go over its highest number, or begin anew when it was
//! changed; whatever else runs backwards is a fault. `docs/methods/readings.md` has the rules and a worked example.

use engine::fault::FaultKind;
use engine::ids::MeterId;
use jiff::Timestamp;
use serde::Serialize;

/// A counter and what it showed last.
pub(crate) struct Counter<'a> {
    pub(crate) meter: &'a MeterId,
    pub(crate) digits: Option<u32>,
    pub(crate) before: Option<(i64, f64)>,
    /// What passed from one state to the next so far.
    pub(crate) usual: Option<f64>,
}

/// A counter that began anew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CounterEvent {
    pub meter: MeterId,
    pub kind: CounterEventKind,
    /// Between these two states.
    pub from_us: i64,
    pub to_us: i64,
    pub from: f64,
    pub to: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CounterEventKind {
    /// From its highest number over zero.
    RollOver,
    /// Back to zero; what passed before the reset is lost.
    Reset,
}

type Values = Vec<(i64, f64)>;
type Wrong = (FaultKind, String, String);

/// A counter that is this near to its highest number may go over it in one step.
const NEAR_THE_END: f64 = 0.9;
/// A counter that was set to zero shows no more than this many of its usual steps, and less than half of before.
const STEPS_AFTER_RESET: f64 = 3.0;

pub(crate) fn sorted(mut states: Values) -> Values {
    states.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    states
}

/// What passed from each state to the next, at the moment of the earlier one. States come sorted by time.
pub(crate) fn differences(counter: &Counter<'_>, states: &Values) -> (Values, Vec<CounterEvent>, Vec<Wrong>) {
    let (mut values, mut events, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let first_us = states.first().map(|(at_us, _)| *at_us);
    let before = counter.before.filter(|(at_us, _)| first_us.is_some_and(|first_us| *at_us < first_us));
    let all: Values = before.into_iter().chain(states.iter().copied()).collect();
    let usual = usual_difference(&all).or(counter.usual).unwrap_or_default();

    for pair in all.windows(2) {
        let ((from_us, from), (to_us, to)) = (pair[0], pair[1]);
        if from_us == to_us {
            if from != to {
                let found = format!("{} {}: {from} | {to}", counter.meter, moment(from_us));
                wrong.push((FaultKind::Contradiction, found, String::new()));
            }
            continue;
        }
        let event = |kind| CounterEvent { meter: counter.meter.clone(), kind, from_us, to_us, from, to };
        let highest = counter.digits.map(|digits| 10_f64.powi(digits as i32));
        let goes_over = highest.filter(|highest| from > NEAR_THE_END * highest && to < (1.0 - NEAR_THE_END) * highest);
        if to >= from {
            values.push((from_us, to - from));
        } else if let Some(highest) = goes_over {
            events.push(event(CounterEventKind::RollOver));
            values.push((from_us, to + highest - from));
        } else if to >= 0.0 && to <= STEPS_AFTER_RESET * usual && to < from / 2.0 {
            events.push(event(CounterEventKind::Reset));
            values.push((from_us, to));
        } else {
            let found = format!("{} {}: {from} → {to}", counter.meter, moment(to_us));
            wrong.push((FaultKind::OutOfRange, found, format!("≥ {from}")));
        }
        if highest.is_some_and(|highest| to >= highest) {
            let found = format!("{} {}: {to}", counter.meter, moment(to_us));
            let most = highest.unwrap_or_default();
            wrong.push((FaultKind::OutOfRange, found, format!("< {most}")));
        }
    }
    (values, events, wrong)
}

/// The median of what passed from one state to the next; `None` where nothing did.
fn usual_difference(states: &Values) -> Option<f64> {
    let steps = states.windows(2).map(|pair| pair[1].1 - pair[0].1);
    let mut forward: Vec<f64> = steps.filter(|step| *step > 0.0).collect();
    forward.sort_by(f64::total_cmp);
    forward.get(forward.len() / 2).copied()
}

fn moment(at_us: i64) -> String {
    Timestamp::from_microsecond(at_us).map_or_else(|_| at_us.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: Option<u32>, before: Option<f64>, states: &[f64]) -> (Vec<f64>, Vec<CounterEventKind>, usize) {
        let meter = MeterId::new("M1");
        let counter = Counter { meter: &meter, digits, before: before.map(|state| (-1, state)), usual: None };
        let states: Values = states.iter().enumerate().map(|(at, state)| (at as i64, *state)).collect();
        let (values, events, wrong) = differences(&counter, &states);
        let values = values.into_iter().map(|(_, value)| value).collect();
        (values, events.into_iter().map(|event| event.kind).collect(), wrong.len())
    }

    #[test]
    fn a_counter_goes_over_is_reset_or_is_wrong() {
        use CounterEventKind::{Reset, RollOver};
        // As in docs/methods/readings.md.
        assert_eq!(check(None, None, &[100.0, 110.0, 125.0]), (vec![10.0, 15.0], vec![], 0));
        assert_eq!(check(None, Some(92.0), &[100.0, 110.0]), (vec![8.0, 10.0], vec![], 0));
        assert_eq!(check(Some(4), None, &[9_980.0, 9_990.0, 5.0, 15.0]), (vec![10.0, 15.0, 10.0], vec![RollOver], 0));
        assert_eq!(check(Some(6), None, &[9_980.0, 9_990.0, 5.0, 15.0]), (vec![10.0, 5.0, 10.0], vec![Reset], 0));
        assert_eq!(check(None, None, &[9_980.0, 9_990.0, 9_000.0, 9_010.0]), (vec![10.0, 10.0], vec![], 1));
        assert_eq!(check(None, None, &[10.0, 20.0, 35.0, 20.0]), (vec![10.0, 15.0], vec![], 1));
        assert_eq!(check(Some(3), None, &[990.0, 1_010.0]), (vec![20.0], vec![], 1));
        assert_eq!(check(None, None, &[5.0]), (vec![], vec![], 0));
    }

    #[test]
    fn a_state_that_comes_alone_is_held_against_what_is_usual() {
        let meter = MeterId::new("M1");
        let alone = |usual, state| {
            let counter = Counter { meter: &meter, digits: None, before: Some((0, 9_980.0)), usual };
            let (values, events, wrong) = differences(&counter, &vec![(1, state)]);
            (values, events.len(), wrong.len())
        };
        assert_eq!(alone(Some(10.0), 12.0), (vec![(0, 12.0)], 1, 0));
        assert_eq!(alone(Some(10.0), 9_000.0), (vec![], 0, 1));
        assert_eq!(alone(None, 12.0), (vec![], 0, 1));
    }
}
