//! The rows of a plant's meter as its models look at them, and whether they are enough: what is missing, and until when.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::interval::{Interval, day_number, later};
use super::meter_file::MeterRow;
use super::regression::is_usable;
use super::term::Known;

/// A rule that the data do not meet. `enough_on` is the day on which they would, if the meter goes on being read
/// without gaps; missing where waiting does not help.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub code: Cause,
    /// The column it speaks of, where it speaks of one.
    pub column: Option<String>,
    pub found: f64,
    pub needed: f64,
    pub enough_on: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Most rows stand neither an hour, a day, a week nor a month apart. Found: rows.
    NoInterval,
    /// Reporting rows have another interval than those of the baseline. Both as days.
    OtherInterval,
    /// Rows that stand before the one above them.
    NotInOrder,
    /// Rows that stand in the same hour, day, week or month as another one.
    DuplicateSteps,
    /// Values beyond any meter, or not a number.
    NotUsable,
    /// Intervals between the first and the last row of the baseline, both counted.
    BaselineTooShort,
    /// Share of intervals of the baseline that have a value.
    ValuesMissing,
    /// Share of the baseline's rows in which this column has a value.
    ColumnMissing,
    /// Rows below zero: the meter runs backwards, or feeds out.
    NegativeValues,
    /// Longest run of one value, not zero, as a share of the rows: the meter is frozen, or its values are estimates.
    Frozen,
    /// The value is the same in every row.
    OneValue,
    /// A predictor has one value in the whole baseline, and explains nothing.
    OneValuePredictor,
    /// A predictor is a combination of others.
    Collinear,
    /// Rows with value and all predictors, as many as the model needs.
    TooFewRows,
    /// Models tried, none of them valid.
    NoValidModel,
    /// The fit is exact to a millionth: the values were computed from the predictors, not measured.
    NoScatter,
    /// Errors follow each other so closely that the saving has no bound.
    NoBound,
    /// The reporting period starts after the last row of the baseline. As numbers of intervals.
    PeriodsOverlap,
    /// Rows of the reporting period with value and all predictors.
    NothingToCompare,
}

impl Cause {
    pub const ALL: [Cause; 19] = [
        Cause::NoInterval,
        Cause::OtherInterval,
        Cause::NotInOrder,
        Cause::DuplicateSteps,
        Cause::NotUsable,
        Cause::BaselineTooShort,
        Cause::ValuesMissing,
        Cause::ColumnMissing,
        Cause::NegativeValues,
        Cause::Frozen,
        Cause::OneValue,
        Cause::OneValuePredictor,
        Cause::Collinear,
        Cause::TooFewRows,
        Cause::NoValidModel,
        Cause::NoScatter,
        Cause::NoBound,
        Cause::PeriodsOverlap,
        Cause::NothingToCompare,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Cause::NoInterval => "no-interval",
            Cause::OtherInterval => "other-interval",
            Cause::NotInOrder => "not-in-order",
            Cause::DuplicateSteps => "duplicate-steps",
            Cause::NotUsable => "not-usable",
            Cause::BaselineTooShort => "baseline-too-short",
            Cause::ValuesMissing => "values-missing",
            Cause::ColumnMissing => "column-missing",
            Cause::NegativeValues => "negative-values",
            Cause::Frozen => "frozen",
            Cause::OneValue => "one-value",
            Cause::OneValuePredictor => "one-value-predictor",
            Cause::Collinear => "collinear",
            Cause::TooFewRows => "too-few-rows",
            Cause::NoValidModel => "no-valid-model",
            Cause::NoScatter => "no-scatter",
            Cause::NoBound => "no-bound",
            Cause::PeriodsOverlap => "periods-overlap",
            Cause::NothingToCompare => "nothing-to-compare",
        }
    }

    /// With these no model can be fitted at all; with the others one can, but must not be used.
    fn stops(self) -> bool {
        matches!(
            self,
            Cause::NoInterval
                | Cause::OtherInterval
                | Cause::NotInOrder
                | Cause::DuplicateSteps
                | Cause::NotUsable
                | Cause::OneValue
                | Cause::TooFewRows
        )
    }
}

/// Share of intervals that must have a value, as for the published models.
const LEAST_SHARE: f64 = 0.9;
/// A year less a tenth: 329 days, 47 weeks; months are needed all twelve.
const LEAST_YEAR: f64 = 0.9;
/// One value over a tenth of the baseline is no meter that runs.
const MOST_FROZEN: f64 = 0.1;
/// Rows beyond coefficients that the scatter is estimated from.
pub(super) const SPARE_ROWS: usize = 6;

/// One period of a meter, by the interval of its baseline.
pub(super) struct Table<'a> {
    pub(super) interval: Interval,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) has_temperature: bool,
    first_day: Option<Date>,
}

#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// Place in the file.
    pub(super) place: usize,
    pub(super) step: i64,
    pub(super) day: i64,
    pub(super) value: Option<f64>,
    pub(super) known: Known<'a>,
    pub(super) is_whole: bool,
}

impl<'a> Table<'a> {
    /// `has_temperature`: whether the model is to look at temperatures; rows without one then take no part.
    pub(super) fn new(interval: Interval, rows: &'a [MeterRow], has_temperature: bool, holidays: &[Date]) -> Table<'a> {
        let row = |(place, row): (usize, &'a MeterRow)| {
            let known = Known {
                temperature: row.temperature,
                others: &row.others,
                weekday: row.local.weekday().to_monday_zero_offset() as usize,
                hour: row.local.hour() as usize,
                is_holiday: holidays.contains(&row.local.date()),
            };
            let has_others = row.others.iter().all(Option::is_some);
            Row {
                place,
                step: interval.step(row),
                day: day_number(row.local.date()),
                value: row.value,
                known,
                is_whole: has_others && (row.temperature.is_some() || !has_temperature),
            }
        };
        Table {
            interval,
            rows: rows.iter().enumerate().map(row).collect(),
            has_temperature,
            first_day: rows.first().map(|row| row.local.date()),
        }
    }

    /// Rows with a value and all that a model may look at, with that value.
    pub(super) fn complete(&self) -> impl Iterator<Item = (&Row<'a>, f64)> {
        self.rows.iter().filter(|row| row.is_whole).filter_map(|row| Some((row, row.value?)))
    }

    /// Intervals from the first row to the last.
    fn span(&self) -> usize {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else { return 0 };
        usize::try_from(last.step - first.step + 1).unwrap_or(0)
    }
}

/// Everything that can be said against the data before a model is tried, and whether one may be tried at all.
/// `names` are the predictors in the order of the rows' others.
pub(super) fn sufficiency(before: &Table, after: &Table, names: &[String]) -> (Vec<Reason>, bool) {
    let mut reasons = order(before);
    reasons.extend(order(after));
    reasons.extend(length(before, names));
    reasons.extend(values(before, names));
    let compared = after.complete().count() as f64;
    if compared < 1.0 {
        reasons.push(reason(Cause::NothingToCompare, None, compared, 1.0));
    }
    if let (Some(last), Some(first)) = (before.rows.last(), after.rows.first())
        && first.step <= last.step
    {
        reasons.push(reason(Cause::PeriodsOverlap, None, first.step as f64, last.step as f64 + 1.0));
    }
    let may_fit = !reasons.iter().any(|reason| reason.code.stops());
    (reasons, may_fit)
}

pub(super) fn reason(code: Cause, column: Option<&str>, found: f64, needed: f64) -> Reason {
    Reason { code, column: column.map(str::to_string), found, needed, enough_on: None }
}

fn order(table: &Table) -> Vec<Reason> {
    let pairs = || table.rows.windows(2);
    let backwards = pairs().filter(|pair| pair[1].step < pair[0].step).count();
    let twice = pairs().filter(|pair| pair[1].step == pair[0].step).count();
    let unusable = |row: &&Row| {
        let numbers = row.known.others.iter().copied().chain([row.value, row.known.temperature]);
        numbers.flatten().any(|value| !is_usable(value))
    };
    let unusable = table.rows.iter().filter(unusable).count();
    [(Cause::NotInOrder, backwards), (Cause::DuplicateSteps, twice), (Cause::NotUsable, unusable)]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(code, count)| reason(code, None, count as f64, 0.0))
        .collect()
}

fn length(before: &Table, names: &[String]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let span = before.span();
    let year = before.interval.in_a_year();
    let needed = if before.interval == Interval::Month { year } else { (year as f64 * LEAST_YEAR).ceil() as usize };
    let on = |intervals: usize| later(before.first_day?, before.interval, intervals);
    if span < needed {
        let short = reason(Cause::BaselineTooShort, None, span as f64, needed as f64);
        reasons.push(Reason { enough_on: on(needed), ..short });
    }
    // So many intervals until the gaps there are make up the share that is allowed.
    let until = |missing: usize| on((missing as f64 / (1.0 - LEAST_SHARE) - 1e-9).ceil() as usize);
    let with_value = before.rows.iter().filter(|row| row.value.is_some()).count();
    let share = with_value as f64 / span.max(1) as f64;
    if share < LEAST_SHARE {
        let few = reason(Cause::ValuesMissing, None, share, LEAST_SHARE);
        reasons.push(Reason { enough_on: until(span.saturating_sub(with_value)), ..few });
    }
    let rows = before.rows.len();
    let mut column = |name: &str, has: &dyn Fn(&Row) -> bool| {
        let count = before.rows.iter().filter(|row| has(row)).count();
        let share = count as f64 / rows.max(1) as f64;
        if share < LEAST_SHARE {
            let few = reason(Cause::ColumnMissing, Some(name), share, LEAST_SHARE);
            reasons.push(Reason { enough_on: until(rows - count), ..few });
        }
    };
    for (place, name) in names.iter().enumerate() {
        column(name, &|row| row.known.others.get(place).copied().flatten().is_some());
    }
    if before.has_temperature {
        column("temperature", &|row| row.known.temperature.is_some());
    }
    let complete = before.complete().count();
    let least = 2 + SPARE_ROWS;
    if complete < least {
        let few = reason(Cause::TooFewRows, None, complete as f64, least as f64);
        reasons.push(Reason { enough_on: on(span + least - complete), ..few });
    }
    reasons
}

fn values(before: &Table, names: &[String]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let found: Vec<f64> = before.rows.iter().filter_map(|row| row.value).collect();
    let negative = found.iter().filter(|value| **value < 0.0).count();
    if negative > 0 {
        reasons.push(reason(Cause::NegativeValues, None, negative as f64, 0.0));
    }
    let one_value = |values: &[f64]| values.first().is_some_and(|first| values.iter().all(|value| value == first));
    if found.len() > 1 && one_value(&found) {
        reasons.push(reason(Cause::OneValue, None, 1.0, 2.0));
    } else {
        let share = longest_run(&found) as f64 / found.len().max(1) as f64;
        // Two equal months of twelve are chance; a run needs some length before its share says anything.
        if share > MOST_FROZEN && longest_run(&found) >= 4 {
            reasons.push(reason(Cause::Frozen, None, share, MOST_FROZEN));
        }
    }
    for (place, name) in names.iter().enumerate() {
        let column: Vec<f64> =
            before.rows.iter().filter_map(|row| row.known.others.get(place).copied().flatten()).collect();
        if one_value(&column) {
            reasons.push(reason(Cause::OneValuePredictor, Some(name), 1.0, 2.0));
        }
    }
    reasons
}

/// Zeros are left out: a plant that stands still uses nothing, day after day.
fn longest_run(values: &[f64]) -> usize {
    let (mut longest, mut run) = (0, 0);
    for (place, value) in values.iter().enumerate() {
        run = if *value == 0.0 {
            0
        } else if place > 0 && values[place - 1] == *value {
            run + 1
        } else {
            1
        };
        longest = longest.max(run);
    }
    longest
}
