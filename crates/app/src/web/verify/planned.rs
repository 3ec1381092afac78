//! The part of a measure's page that its measurement plan gives: the model, its figures, what it leaves, and which days took
//! no part and why.

use engine::verify::by_plan::ByPlan;

use super::residuals::Residuals;
use crate::page::Page;
use crate::state::ParkView;
use crate::web::steps::Number;
use crate::wording::{planned as words, saving::figures};

pub struct Section {
    pub unit: &'static str,
    /// Name, what one unit adds, its standard error.
    pub terms: Vec<[String; 3]>,
    pub statistics: Vec<(String, String)>,
    /// Terms of which the reporting mean lies outside the baseline.
    pub outside: String,
    pub left: Option<Residuals>,
    /// What a row of the model is called: day, week, month.
    pub row: String,
    pub excluded: Vec<Row>,
    pub excluded_finding: String,
}

pub struct Row {
    pub day: String,
    pub raw_day: String,
    pub side: String,
    pub why: String,
    pub is_counted: bool,
    pub readings: Number,
}

impl Section {
    /// Values times `scale` are in `unit`.
    pub fn of(page: &Page, view: &ParkView, planned: &ByPlan, (scale, unit): (f64, &'static str)) -> Section {
        let (park, catalogue) = (&view.computed.park, &view.computed.catalogue);
        let number = |value: f64| figures(page.language, value * scale);
        let terms = words::terms(page.language, park, catalogue, planned).into_iter();
        let outside = match &planned.answer {
            Some(engine::verify::by_plan::ModelAnswer::Plant(answer)) => answer.outside_range.join(", "),
            _ => String::new(),
        };
        let left_out = planned.excluded.iter().filter(|one| !words::counts(one.why)).count();
        Section {
            unit,
            terms: terms
                .map(|(name, slope, error)| [name, number(slope), error.map(number).unwrap_or_default()])
                .collect(),
            statistics: words::statistics(page.language, planned, (scale, unit)),
            outside,
            left: (!planned.rows.is_empty()).then(|| Residuals::of_rows(page, planned, (scale, unit))),
            row: words::row(page.language, planned.step),
            excluded: planned.excluded.iter().map(|one| row(page, planned, one)).collect(),
            excluded_finding: page.t2(
                "planned-excluded-finding",
                "out",
                page.count(left_out),
                "raised",
                page.count(planned.excluded.len() - left_out),
            ),
        }
    }
}

fn row(page: &Page, planned: &ByPlan, one: &engine::verify::meter_rows::Excluded) -> Row {
    let first = one.period.start();
    Row {
        day: words::days(planned.step, first),
        raw_day: first.to_string(),
        side: page.t(if one.is_baseline { "residuals-before" } else { "residuals-after" }),
        why: words::why(page.language, planned.step, one),
        is_counted: words::counts(one.why),
        readings: Number::new(page, one.present as f64, 0),
    }
}
