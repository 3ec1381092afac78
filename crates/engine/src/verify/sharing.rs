//! Built measures at one place (enterprise, resource, meter or bills): which part of what is seen there each of them gets, and
//! whether the baseline of one holds the change of another. See `docs/methods/savings.md`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::allocation::{Allocation, Expected, Share, allocate};
use super::measures::{Comparison, HeldBack};
use super::monthly::Verification;
use super::promise::share_of_year;
use crate::catalogue::Catalogue;
use crate::ids::MeasureId;
use crate::park::{Measure, Park};
use crate::period::Period;

/// How shares are found that nobody stated, with the version of its figures.
pub(super) const BY_EXPECTATION: &str = "shares-by-expectation/2";

/// What a place saved and how it is shared. Amounts are in the canonical unit of the resource, widths are halves of 90 %
/// intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sharing {
    pub way: SharedBy,
    pub whole: f64,
    pub whole_uncertainty_90: f64,
    /// Of every built measure at the place, in the order of the park; `expected` is 0 where shares are stated.
    pub shares: Vec<Share>,
    /// The whole less the shares.
    pub unassigned: f64,
}

/// How shares came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedBy {
    /// Stated in the sheet.
    Stated,
    /// By what each was expected to save and how certain that was.
    Expected,
    /// In proportion to what each was expected to save: of one at least nobody said how certain that was.
    Proportion,
}

impl SharedBy {
    pub fn code(self) -> &'static str {
        match self {
            SharedBy::Stated => "stated",
            SharedBy::Expected => "expected",
            SharedBy::Proportion => "proportion",
        }
    }
}

impl Sharing {
    /// Saving and half its 90 % interval of one of the measures.
    pub fn of(&self, measure: &MeasureId) -> Option<(f64, f64)> {
        let share = self.shares.iter().find(|share| share.name == measure.as_str())?;
        Some((share.saving, share.uncertainty_90))
    }

    /// Which part of the whole a measure gets; 0 where nothing was saved that could be shared.
    pub fn part_of(&self, measure: &Measure) -> f64 {
        match (self.way, self.of(&measure.id)) {
            (SharedBy::Expected | SharedBy::Proportion, Some((saving, _))) if self.whole > 0.0 => saving / self.whole,
            (SharedBy::Expected | SharedBy::Proportion, _) => 0.0,
            (SharedBy::Stated, _) => measure.share_or_whole(),
        }
    }
}

/// The built measures of a park with their comparisons, by place.
pub(super) struct Places<'a> {
    park: &'a Park,
    catalogue: &'a Catalogue,
    period: Period,
    comparisons: &'a BTreeMap<MeasureId, Comparison>,
}

/// What being together with others means for one measure.
#[derive(Default)]
pub(super) struct Together {
    pub(super) sharing: Option<Sharing>,
    /// Reasons that are [`HeldBack::is_of_place`].
    pub(super) held_back: Vec<HeldBack>,
}

impl<'a> Places<'a> {
    pub(super) fn of(
        park: &'a Park,
        catalogue: &'a Catalogue,
        period: Period,
        comparisons: &'a BTreeMap<MeasureId, Comparison>,
    ) -> Places<'a> {
        Places { park, catalogue, period, comparisons }
    }

    pub(super) fn together(&self, measure: &Measure) -> Together {
        let all = at_place_of(self.park, measure);
        // What was agreed on, or read at the device itself, takes nothing from what its place shows.
        let is_of_meter = self.park.plan(&measure.id).is_none_or(|plan| plan.model.is_of_meter());
        if !measure.status.is_built() || !is_of_meter || all.len() < 2 {
            return Together::default();
        }
        let mut together = match self.share(measure, &all) {
            Ok(sharing) => Together { sharing, held_back: Vec::new() },
            Err(reason) => Together { sharing: None, held_back: vec![reason] },
        };
        let clean_from = self.comparisons.get(&measure.id).and_then(|one| clean_from(measure, one, &all));
        together.held_back.extend(clean_from.map(|clean_from| HeldBack::BaselineHoldsOther { clean_from }));
        together
    }

    /// Shares as stated, or by expectations where nobody stated one; `None` where no saving is told.
    fn share(&self, measure: &Measure, all: &[&Measure]) -> Result<Option<Sharing>, HeldBack> {
        let stated: f64 = all.iter().filter_map(|one| one.share).sum();
        if stated > 1.0 + 1e-9 {
            return Err(HeldBack::SharesAboveOne);
        }
        let saving = self.comparisons.get(&measure.id).and_then(Comparison::saving);
        match all.iter().filter(|one| one.share.is_some()).count() {
            count if count == all.len() => Ok(saving.map(|saving| by_statement(saving, all))),
            0 => {
                if !self.is_one_comparison(measure, all) {
                    return Err(HeldBack::SharesOfDifferentComparisons);
                }
                saving.map(|saving| self.by_expectation(saving, measure, all)).transpose()
            }
            _ => Err(HeldBack::SharesPartlyStated),
        }
    }

    /// Whether all were installed on the same days and are verified in the same way with the same result.
    fn is_one_comparison(&self, measure: &Measure, all: &[&Measure]) -> bool {
        let of = |one: &Measure| {
            let comparison = self.comparisons.get(&one.id)?;
            Some((comparison.from.clone(), comparison.method(), comparison.saving()))
        };
        all.iter().all(|one| one.installed == measure.installed && of(one) == of(measure))
    }

    fn by_expectation(
        &self,
        (whole, half): (f64, f64),
        measure: &Measure,
        all: &[&Measure],
    ) -> Result<Sharing, HeldBack> {
        let days = self.comparisons.get(&measure.id).and_then(Comparison::days);
        let share_of_year = days.and_then(|days| share_of_year(days, self.period));
        let share_of_year = share_of_year.ok_or(HeldBack::SharesNeedExpectations)?;
        let is_certain = all.iter().all(|one| one.expected_uncertainty_90.is_some());
        let canonical = |one: &Measure| -> Option<Expected> {
            let amount = one.expected_saving.as_ref()?;
            let unit = self.catalogue.units.get(&amount.unit)?;
            let width = one.expected_uncertainty_90.filter(|_| is_certain).unwrap_or(0.0);
            Some(Expected {
                name: one.id.to_string(),
                saving: amount.value * unit.factor * share_of_year,
                uncertainty_90: width * unit.factor * share_of_year,
            })
        };
        let expected: Option<Vec<Expected>> = all.iter().map(|one| canonical(one)).collect();
        let expected = expected.ok_or(HeldBack::SharesNeedExpectations)?;
        let way = match expected.iter().any(|one| one.uncertainty_90 > 0.0) {
            true => SharedBy::Expected,
            false => SharedBy::Proportion,
        };
        let Allocation { shares, unassigned } =
            allocate(whole, half, &expected).map_err(|_| HeldBack::SharesNeedExpectations)?;
        Ok(Sharing { way, whole, whole_uncertainty_90: half, shares, unassigned })
    }
}

/// The built measures at the same place, this one among them, in the order of the park.
pub(super) fn at_place_of<'a>(park: &'a Park, measure: &Measure) -> Vec<&'a Measure> {
    let place = |one: &Measure| (one.enterprise.clone(), one.resource.clone(), park.meter_of(one).cloned());
    let own = place(measure);
    park.measures.iter().filter(|one| one.status.is_built() && place(one) == own).collect()
}

fn by_statement((whole, half): (f64, f64), all: &[&Measure]) -> Sharing {
    let share = |one: &&Measure| Share {
        name: one.id.to_string(),
        expected: 0.0,
        saving: whole * one.share_or_whole(),
        uncertainty_90: half * one.share_or_whole(),
    };
    let shares: Vec<Share> = all.iter().map(share).collect();
    let given: f64 = all.iter().map(|one| one.share_or_whole()).sum();
    Sharing { way: SharedBy::Stated, whole, whole_uncertainty_90: half, shares, unassigned: whole * (1.0 - given) }
}

/// The day from which a baseline holds no change of another measure, where it does hold one.
fn clean_from(measure: &Measure, comparison: &Comparison, all: &[&Measure]) -> Option<Date> {
    let first = first_of_baseline(comparison)?;
    let installed = measure.installed?;
    let earlier = all.iter().filter_map(|one| one.installed).filter(|one| one.start() < installed.start());
    earlier.map(|one| one.end()).filter(|end| first < *end).max()
}

/// The first day of the baseline that counts.
fn first_of_baseline(comparison: &Comparison) -> Option<Date> {
    match &comparison.verification {
        Verification::Saving(saving) => saving.baseline.first().map(|month| month.first_day),
        Verification::Planned(planned) => planned.rows.iter().find(|row| row.is_baseline).map(|row| row.first_day),
        Verification::Refused { .. } => None,
    }
}
