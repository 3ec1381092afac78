//! The ranking of takers that pages show: prepared once, and how good it was when it was last measured.

use std::sync::OnceLock;

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::matching::Ranker;
use serde::Deserialize;

/// Written by `./run bench matching`; `crates/engine/tests/ranking.rs` fails when ranker or tables changed since.
const RECORDED: &str = include_str!("../../../docs/figures/matching.json");

/// What was measured, with which command and when.
#[derive(Debug, Deserialize)]
pub struct Recorded {
    pub command: String,
    pub date: String,
    pub figures: Figures,
}

#[derive(Debug, Deserialize)]
pub struct Figures {
    /// Known exchanges of each place, ranked by what the other places teach.
    pub split_by_place: Measured,
    /// Exchanges that the table never held, where somebody had some.
    pub held_back: Option<Measured>,
}

#[derive(Debug, Deserialize)]
pub struct Measured {
    /// Exchanges, and the places that they come from.
    pub n: usize,
    pub places: usize,
    pub methods: Vec<MethodFigures>,
}

/// Shares of exchanges whose true taker is among the first, and the mean of 1 / its rank.
#[derive(Debug, Deserialize)]
pub struct MethodFigures {
    pub method: String,
    pub hit_1: Interval,
    pub hit_3: Interval,
    pub hit_5: Interval,
    pub hit_10: Interval,
    pub mrr: Interval,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Measured {
    pub fn method(&self, code: &str) -> Option<&MethodFigures> {
        self.methods.iter().find(|figures| figures.method == code)
    }
}

pub fn recorded() -> anyhow::Result<Recorded> {
    serde_json::from_str(RECORDED).context("docs/figures/matching.json")
}

pub fn ranker(catalogue: &'static Catalogue) -> &'static Ranker<'static> {
    static RANKER: OnceLock<Ranker<'static>> = OnceLock::new();
    RANKER.get_or_init(|| Ranker::new(catalogue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::has;
    use engine::language::Language;

    #[test]
    fn the_recorded_figures_can_be_told() {
        let recorded = recorded().unwrap();
        let split = &recorded.figures.split_by_place;
        assert!(split.n >= 100 && split.places >= 50, "{split:?}");
        for measured in std::iter::once(split).chain(&recorded.figures.held_back) {
            assert_eq!(measured.methods.len(), 6);
            for figures in &measured.methods {
                for interval in [figures.hit_1, figures.hit_3, figures.hit_5, figures.hit_10, figures.mrr] {
                    assert!(interval.low <= interval.value && interval.value <= interval.high, "{figures:?}");
                }
                for language in Language::ALL {
                    assert!(has(language, &format!("ranking-method-{}", figures.method)), "{}", figures.method);
                }
            }
        }
    }
}
