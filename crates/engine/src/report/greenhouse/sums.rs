//! Sums of an account: what is known, whether it is all, and how far the factors let it stray.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Line;
use crate::ids::ResourceId;
use crate::observe::Gap;

/// From `low` to `high`, in kg CO₂e.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    /// In kg CO₂e; `None` where nothing was recorded or a line is unknown.
    pub value_kg: Option<f64>,
    /// Of the lines that are known: the whole is at least this.
    pub known_kg: f64,
    pub lines: usize,
    /// Lines whose emissions are not known.
    pub unknown: usize,
    /// Enterprises and resources with months missing, or that never reported: the value is then of what was recorded.
    pub gaps: usize,
    /// 95 %; `None` where the factors of a line do not tell theirs.
    pub range: Option<Range>,
}

impl Sum {
    /// Whether it is all that there is to tell.
    pub fn is_complete(&self) -> bool {
        self.value_kg.is_some() && self.gaps == 0
    }
}

/// The sum of some lines of an account with these gaps.
///
/// Lines of one resource share their factors, so that their deviations add up; those of different resources are taken
/// as independent, and their squares add up. Source: error propagation of the IPCC guidelines, approach 1 (from memory).
pub fn sum<'a>(lines: impl Iterator<Item = &'a Line>, gaps: &[Gap]) -> Sum {
    let mut sum = Sum::default();
    let mut resources: BTreeSet<&ResourceId> = BTreeSet::new();
    let mut strays: BTreeMap<&ResourceId, (f64, f64)> = BTreeMap::new();
    let mut has_range = true;
    for line in lines {
        sum.lines += 1;
        resources.insert(&line.resource);
        let Some(emissions) = line.emissions_kg else {
            sum.unknown += 1;
            continue;
        };
        sum.known_kg += emissions;
        match line.range {
            Some(range) => {
                let stray = strays.entry(&line.resource).or_default();
                stray.0 += emissions - range.low;
                stray.1 += range.high - emissions;
            }
            None => has_range = false,
        }
    }
    sum.value_kg = (sum.lines > 0 && sum.unknown == 0).then_some(sum.known_kg);
    sum.gaps = gaps.iter().filter(|gap| bears_on(gap, &resources)).count();
    let root = |side: fn(&(f64, f64)) -> f64| strays.values().map(|stray| side(stray).powi(2)).sum::<f64>().sqrt();
    sum.range = sum
        .value_kg
        .filter(|_| has_range)
        .map(|value| Range { low: (value - root(|stray| stray.0)).max(0.0), high: value + root(|stray| stray.1) });
    sum
}

fn bears_on(gap: &Gap, resources: &BTreeSet<&ResourceId>) -> bool {
    match gap {
        Gap::MissingMonths { resource, .. } => resources.contains(resource),
        Gap::NeverReported { .. } => resources.iter().any(|resource| resource.as_str() == "electricity"),
        _ => false,
    }
}
