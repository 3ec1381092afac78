//! What compliance costs and saves: for each row the cheapest known way of every park that does not meet it.

use std::sync::Arc;

use engine::assess::Outcome;
use engine::assess::found::Terms;
use engine::assess::policy::Effect;
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework};
use engine::ids::CriterionId;
use engine::plan::policy::{KeptStart, Needs, needs};
use serde::Serialize;

use super::{Eyes, LabPark};

/// A row before and after; `None` where an edition has no such row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowCost {
    pub criterion: CriterionId,
    pub before: Option<Cost>,
    pub after: Option<Cost>,
}

/// Over all parks that do not meet a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    pub not_met: usize,
    /// Parks whose whole way is priced and told.
    pub priced: usize,
    /// Parks whose way has a price that would tell of single enterprises.
    pub withheld: usize,
    /// Further tenants that must start, and exchanges that must run, whether they have a price or not.
    pub starts: usize,
    pub exchanges: usize,
    /// Of the priced parks.
    pub investment_vnd: Bounds,
    /// A year, of the priced parks.
    pub saving_vnd: Bounds,
}

/// Two sums between which the true one lies, from what may be told; equal where it may be told itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bounds {
    pub low: f64,
    pub high: f64,
}

/// The rows that some park fails, in the order of the effect.
pub fn of(
    before: &Framework,
    after: &Framework,
    effect: &Effect,
    parks: &[&Arc<LabPark>],
    eyes: Eyes,
    catalogue: &Catalogue,
) -> Vec<RowCost> {
    let row = |(at, id): (usize, &CriterionId)| {
        let cost = |edition: &Framework, is_before: bool| {
            let criterion = edition.criterion(id)?;
            let failing = parks.iter().zip(&effect.parks).filter(|(_, told)| {
                let (was, is) = told.outcomes[at];
                (if is_before { was } else { is }) == Some(Outcome::NotMet)
            });
            let mut cost = Cost::default();
            failing.for_each(|(park, _)| cost.add(park, criterion, eyes, catalogue));
            Some(cost)
        };
        let (before, after) = (cost(before, true), cost(after, false));
        let is_failed = [before, after].into_iter().flatten().any(|cost| cost.not_met > 0);
        is_failed.then(|| RowCost { criterion: id.clone(), before, after })
    };
    effect.criteria.iter().enumerate().filter_map(row).collect()
}

impl Cost {
    fn add(&mut self, park: &LabPark, criterion: &Criterion, eyes: Eyes, catalogue: &Catalogue) {
        self.not_met += 1;
        match needs(criterion, &park.kept.values[&criterion.id], &park.plan, catalogue) {
            Needs::Starts { needed, priced } => {
                self.starts += needed;
                if priced >= needed {
                    self.add_starts(park, criterion, needed, eyes, catalogue);
                }
            }
            Needs::Exchanges { needed, .. } => self.exchanges += needed,
            Needs::Unpriced => {}
        }
    }

    fn add_starts(&mut self, park: &LabPark, criterion: &Criterion, needed: usize, eyes: Eyes, catalogue: &Catalogue) {
        let scope = Terms::of(criterion, catalogue.indicator(criterion)).min_employees;
        let starts: Vec<&KeptStart> = park.plan.starts_in(&criterion.id, scope).collect();
        // Sums over another scope have not been decided beside those over its own.
        let is_told = park.told.contains(&criterion.id) && scope == own_scope(criterion, catalogue);
        if eyes == Eyes::Totals && !is_told {
            self.withheld += 1;
            return;
        }
        let sum =
            |count: usize, of: fn(&KeptStart) -> f64| -> f64 { starts.iter().take(count).map(|start| of(start)).sum() };
        let investment = |count| sum(count, |start| start.investment_vnd);
        // A start is taken from the plan only with a payback, which needs what it saves.
        let saving = |count| sum(count, |start| start.saving_vnd.unwrap_or_default());
        let all = starts.len();
        self.priced += 1;
        if eyes == Eyes::Owner || needed == all {
            self.investment_vnd.add(investment(needed), investment(needed));
            self.saving_vnd.add(saving(needed), saving(needed));
        } else {
            // The cheapest cost on average no more than all.
            self.investment_vnd.add(0.0, investment(all) * needed as f64 / all as f64);
            self.saving_vnd.add(0.0, saving(all));
        }
    }
}

impl Bounds {
    fn add(&mut self, low: f64, high: f64) {
        self.low += low;
        self.high += high;
    }
}

/// The scope that the row has in its own edition.
fn own_scope(criterion: &Criterion, catalogue: &Catalogue) -> u32 {
    let own = catalogue.frameworks.values().find_map(|framework| framework.criterion(&criterion.id));
    own.map_or(0, |own| Terms::of(own, catalogue.indicator(own)).min_employees)
}
