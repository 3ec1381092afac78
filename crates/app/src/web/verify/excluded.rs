//! Which months a verification leaves out, or takes with hours missing, and why.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::MeterId;
use engine::observe::readings::{MeterMonth, by_month};
use engine::park::{Measure, Park};
use engine::period::Period;
use engine::verify::inputs::window_months;
use engine::verify::measures::{Comparison, Source};
use engine::verify::monthly::Verification;
use jiff::civil::Date;

use crate::page::Page;
use crate::wording::saving as words;

pub struct Row {
    pub month: String,
    pub raw_month: String,
    pub why: String,
    pub is_counted: bool,
}

/// Months of baseline and reporting period from the first that the source speaks of, where something is to be told.
pub fn rows(page: &Page, park: &Park, measure: &Measure, comparison: &Comparison) -> Vec<Row> {
    let Some(installed) = measure.installed else { return Vec::new() };
    let used: Option<BTreeSet<Date>> = match &comparison.verification {
        Verification::Saving(saving) => {
            let reporting = saving.reporting.iter().map(|month| month.first_day);
            Some(saving.baseline.iter().map(|month| month.first_day).chain(reporting).collect())
        }
        Verification::Refused { .. } => None,
        // What a plan leaves out is told by its own rows.
        Verification::Planned(_) => return Vec::new(),
    };
    let source = match &comparison.from {
        Source::Meter(meter) => Known::Meter(
            by_month(park, &MeterId::new(meter.as_str())).into_iter().map(|month| (month.month, month)).collect(),
        ),
        Source::Device => return Vec::new(),
        Source::Bills => Known::Bills(bills(park, measure), comparison.excluded.iter().copied().collect()),
    };
    let months = window_months(installed, page.period()).into_iter();
    let told = months.skip_while(|month| !source.speaks_of(month)).filter_map(|month| {
        let is_left_out = used.as_ref().is_some_and(|used| !used.contains(&month.start()));
        let (why, is_counted) = source.why(page, &month, is_left_out)?;
        let (start, month) = (month.start(), words::month(month.start()));
        Some(Row { month, raw_month: start.to_string(), why, is_counted })
    });
    told.collect()
}

/// What is known of each month's use.
enum Known {
    Meter(BTreeMap<Period, MeterMonth>),
    /// Bills, and months that look like a slipped unit.
    Bills(Vec<Period>, BTreeSet<Period>),
}

fn bills(park: &Park, measure: &Measure) -> Vec<Period> {
    let is_of_measure =
        |record: &&engine::park::Record| record.enterprise == measure.enterprise && record.resource == measure.resource;
    park.records.iter().filter(is_of_measure).map(|record| record.period).collect()
}

impl Known {
    fn speaks_of(&self, month: &Period) -> bool {
        match self {
            Known::Meter(months) => months.contains_key(month),
            Known::Bills(bills, _) => bills.iter().any(|bill| bill.overlaps(month)),
        }
    }

    /// Why a month is left out, or that it counts with hours missing; `None` where there is nothing to tell.
    fn why(&self, page: &Page, month: &Period, is_left_out: bool) -> Option<(String, bool)> {
        match self {
            Known::Meter(months) => match months.get(month) {
                None => Some((page.t("excluded-no-readings"), false)),
                Some(known) if known.amount.is_none() => Some((hours(page, "excluded-few-hours", known), false)),
                Some(_) if is_left_out => Some((page.t("excluded-no-predictor"), false)),
                Some(known) if known.hours_present < known.hours_expected => {
                    Some((hours(page, "excluded-raised", known), true))
                }
                Some(_) => None,
            },
            Known::Bills(_, slipped) if slipped.contains(month) => Some((page.t("excluded-slipped"), false)),
            Known::Bills(bills, _) => {
                let is_one_month = |bill: &&Period| bill.overlaps(month) && bill.end() <= month.end();
                match bills.iter().any(|bill| bill.overlaps(month)) {
                    false => Some((page.t("excluded-no-bill"), false)),
                    true if !is_left_out => None,
                    true if bills.iter().find(is_one_month).is_some_and(|bill| bill.days() >= 25) => {
                        Some((page.t("excluded-no-predictor"), false))
                    }
                    true => Some((page.t("excluded-not-a-month"), false)),
                }
            }
        }
    }
}

fn hours(page: &Page, key: &str, known: &MeterMonth) -> String {
    let (present, expected) = (page.count(known.hours_present), page.count(known.hours_expected));
    page.t3(key, "present", present, "expected", expected, "frozen", page.count(known.hours_frozen))
}
