//! What the model leaves: the residual of every month before and after, and their cumulative sum. A baseline that drifts, and
//! the month in which the saving begins, show here before any interval does.

use engine::verify::monthly::MonthlySaving;
use jiff::civil::Date;

use crate::page::{BarSeries, Bars, Page, island};
use crate::web::steps::Number;
use crate::wording::saving as words;

pub struct Residuals {
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
    month: Date,
    is_baseline: bool,
    /// Observed less predicted.
    residual: f64,
    /// Predicted less observed since the first month of the baseline: rises while less is used than the model expects.
    sum: f64,
}

fn left(saving: &MonthlySaving) -> Vec<Left> {
    let before = saving.baseline.iter().map(|month| (month.first_day, true, month.residual));
    let after = saving.reporting.iter().map(|month| (month.first_day, false, -month.saving));
    let mut sum = 0.0;
    let month = |(month, is_baseline, residual): (Date, bool, f64)| {
        sum -= residual;
        Left { month, is_baseline, residual, sum }
    };
    before.chain(after).map(month).collect()
}

impl Residuals {
    /// Values times `scale` are in `unit`, with so many decimals.
    pub fn of(page: &Page, saving: &MonthlySaving, (scale, unit): (f64, &str), decimals: usize) -> Residuals {
        let left = left(saving);
        let number = |value: f64| Number::new(page, value * scale, decimals);
        let side = |is_baseline| page.t(if is_baseline { "residuals-before" } else { "residuals-after" });
        let is_less = |month: &&Left| !month.is_baseline && month.residual < 0.0;
        let after = saving.reporting.len();
        let highest = left.iter().filter(|month| month.is_baseline).map(|month| month.sum.abs()).fold(0.0, f64::max);
        let end = left.last().map_or(0.0, |month| month.sum);
        let bars = |key: &str, value: fn(&Left) -> f64| {
            let of = |is_baseline: bool| -> Vec<Option<f64>> {
                let value = |month: &Left| (month.is_baseline == is_baseline).then(|| value(month) * scale);
                left.iter().map(value).collect()
            };
            island(&Bars {
                unit: unit.to_string(),
                value_name: page.t(key),
                direction: "vertical",
                stacked: true,
                categories: left.iter().map(|month| words::month(month.month)).collect(),
                series: vec![
                    BarSeries { name: side(true), role: "second", values: of(true) },
                    BarSeries { name: side(false), role: "first", values: of(false) },
                ],
            })
        };
        let less = page.count(left.iter().filter(is_less).count());
        let (end, highest) = (page.n(end * scale, decimals), page.n(highest * scale, decimals));
        Residuals {
            finding: page.t2("residuals-finding", "less", less, "months", page.count(after)),
            chart: bars("verify-residual", |month| month.residual),
            sums_finding: page.t3("residuals-sum-finding", "end", end, "highest", highest, "unit", unit),
            sums_chart: bars("residuals-sum", |month| month.sum),
            rows: left
                .iter()
                .map(|month| Row {
                    month: words::month(month.month),
                    raw_month: month.month.to_string(),
                    side: side(month.is_baseline),
                    residual: number(month.residual),
                    sum: number(month.sum),
                })
                .collect(),
        }
    }
}
