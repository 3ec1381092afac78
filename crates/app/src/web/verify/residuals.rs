//! What the model leaves: the residual of every month before and after, and their cumulative sum. A baseline that drifts, and
//! the month in which the saving begins, show here before any interval does.

use engine::park::plans::Step;
use engine::verify::by_plan::ByPlan;
use engine::verify::monthly::MonthlySaving;
use jiff::civil::Date;

use crate::page::{BarSeries, Bars, Page, island};
use crate::web::steps::Number;
use crate::wording::decimals;
use crate::wording::saving as words;

pub struct Residuals {
    pub unit: String,
    /// What a row is called: month, day, week.
    pub row: String,
    pub why: String,
    pub finding: String,
    pub chart: String,
    pub sums_finding: String,
    pub sums_chart: String,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub month: String,
    pub raw_month: String,
    pub side: String,
    pub residual: Number,
    pub sum: Number,
}

struct Left {
    /// The first day of the row, and how it is told.
    first_day: Date,
    name: String,
    is_baseline: bool,
    /// Observed less predicted.
    residual: f64,
    /// Predicted less observed since the first month of the baseline: rises while less is used than the model expects.
    sum: f64,
}

/// Rows in order with observed less predicted, and the running sum.
fn left(rows: impl Iterator<Item = (Date, String, bool, f64)>) -> Vec<Left> {
    let mut sum = 0.0;
    let row = |(first_day, name, is_baseline, residual): (Date, String, bool, f64)| {
        sum -= residual;
        Left { first_day, name, is_baseline, residual, sum }
    };
    rows.map(row).collect()
}

impl Residuals {
    /// Values times `scale` are in `unit`, with so many decimals.
    pub fn of(page: &Page, saving: &MonthlySaving, shown: (f64, &str), decimals: usize) -> Residuals {
        let before = saving.baseline.iter().map(|month| (month.first_day, true, month.residual));
        let after = saving.reporting.iter().map(|month| (month.first_day, false, -month.saving));
        let months = before.chain(after).map(|(day, is_baseline, left)| (day, words::month(day), is_baseline, left));
        let words = ["verify-month", "residuals-why", "residuals-finding"];
        Residuals::told(page, left(months), shown, decimals, words)
    }

    /// The rows of a model that a plan chose; hours added up to days.
    pub fn of_rows(page: &Page, planned: &ByPlan, (scale, unit): (f64, &str)) -> Residuals {
        let mean = planned.rows.iter().map(|row| row.observed).sum::<f64>() / planned.rows.len().max(1) as f64;
        let rows = planned.rows.iter().map(|row| {
            let name = crate::wording::planned::days(planned.step, row.first_day);
            (row.first_day, name, row.is_baseline, row.observed - row.predicted)
        });
        let words = match planned.step {
            Step::Hour | Step::Day => ["planned-row-day", "residuals-why-day", "residuals-finding-day"],
            Step::Week => ["planned-row-week", "residuals-why-week", "residuals-finding-week"],
            Step::Month => ["verify-month", "residuals-why", "residuals-finding"],
        };
        Residuals::told(page, left(rows), (scale, unit), decimals(mean * scale).max(1), words)
    }

    fn told(
        page: &Page,
        left: Vec<Left>,
        (scale, unit): (f64, &str),
        decimals: usize,
        [row, why, finding]: [&str; 3],
    ) -> Residuals {
        let number = |value: f64| Number::new(page, value * scale, decimals);
        let side = |is_baseline| page.t(if is_baseline { "residuals-before" } else { "residuals-after" });
        let is_less = |row: &&Left| !row.is_baseline && row.residual < 0.0;
        let after = left.iter().filter(|row| !row.is_baseline).count();
        let highest = left.iter().filter(|row| row.is_baseline).map(|row| row.sum.abs()).fold(0.0, f64::max);
        let end = left.last().map_or(0.0, |row| row.sum);
        let bars = |key: &str, value: fn(&Left) -> f64| {
            let of = |is_baseline: bool| -> Vec<Option<f64>> {
                let value = |row: &Left| (row.is_baseline == is_baseline).then(|| value(row) * scale);
                left.iter().map(value).collect()
            };
            island(&Bars {
                unit: unit.to_string(),
                value_name: page.t(key),
                direction: "vertical",
                stacked: true,
                categories: left.iter().map(|row| row.name.clone()).collect(),
                series: vec![
                    BarSeries { name: side(true), role: "second", values: of(true) },
                    BarSeries { name: side(false), role: "first", values: of(false) },
                ],
            })
        };
        let less = page.count(left.iter().filter(is_less).count());
        let (end, highest) = (page.n(end * scale, decimals), page.n(highest * scale, decimals));
        Residuals {
            unit: unit.to_string(),
            row: page.t(row),
            why: page.t(why),
            finding: page.t2(finding, "less", less, "months", page.count(after)),
            chart: bars("verify-residual", |row| row.residual),
            sums_finding: page.t3("residuals-sum-finding", "end", end, "highest", highest, "unit", unit),
            sums_chart: bars("residuals-sum", |row| row.sum),
            rows: left
                .iter()
                .map(|row| Row {
                    month: row.name.clone(),
                    raw_month: row.first_day.to_string(),
                    side: side(row.is_baseline),
                    residual: number(row.residual),
                    sum: number(row.sum),
                })
                .collect(),
        }
    }
}
