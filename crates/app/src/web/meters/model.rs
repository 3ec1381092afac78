//! One meter by one of the meter models: fit, residuals, cumulative saving with its band, and which days were left out and why.
//! Model and dates stand in the address.

use std::collections::BTreeMap;

use anyhow::Context;
use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::MeterId;
use engine::language::format_date;
use engine::park::Park;
use engine::period::{Period, parse_date};
use engine::verify::chained::Window;
use engine::verify::meter_rows::Excluded;
use engine::verify::park_meter::{
    ModelStep, ParkAnswer, ParkModel, Thermometer, answer, cumulative, installed, thermometer,
};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::{hides_readings, last_month, meter_href};
use crate::error::AppError;
use crate::page::{BarSeries, Bars, Page, escape, html, island};
use crate::screening::{Around, Reason, Source, barred_words, days, load};
use crate::state::{App, ParkView};
use crate::web::figures::name_of;
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, Choice, ParkFrame};
use crate::wording::{self, planned};
use crate::words::text_with;

#[derive(Template)]
#[template(path = "meter_model.html")]
struct ModelPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    meter: String,
    enterprise: String,
    enterprise_href: String,
    finding: String,
    notes: Vec<String>,
    models: Vec<Choice>,
    is_around_day: bool,
    day: String,
    facts: Vec<(String, String)>,
    barred: Vec<String>,
    fitted: Option<Fitted>,
    left_out_title: String,
    left_out: Option<Table>,
}

/// What there is to see where a model could be fitted.
struct Fitted {
    unit: String,
    fit_finding: String,
    fit: String,
    fit_table: Table,
    residuals: String,
    residual_table: Table,
    cumulative_finding: String,
    cumulative: String,
    cumulative_table: Option<Table>,
}

/// What the address asks for; what it does not say is chosen by what the meter has, and said.
struct Asked {
    model: ParkModel,
    around: Around,
    notes: Vec<String>,
}

/// The address of the page.
pub fn model_href(page: &Page, park: &str, meter: &str, model: ParkModel, around: Around) -> String {
    let path = page.at(&format!("/parks/{park}/meters/{}/model", escape(meter)));
    let join = if path.contains('?') { '&' } else { '?' };
    let around = match around {
        Around::Installed => "around=installed".to_string(),
        Around::Day(day) => format!("around=day&day={day}"),
    };
    format!("{path}{join}model={}&{around}", model.code())
}

pub fn choices(page: &Page, chosen: &str) -> Vec<Choice> {
    let choice = |model: ParkModel| Choice {
        value: model.code().to_string(),
        name: page.t(&format!("model-{}", model.code())),
        is_chosen: model.code() == chosen,
    };
    ParkModel::ALL.map(choice).into()
}

impl Asked {
    fn of(app: &App, page: &Page, park: &Park, meter: &engine::park::Meter) -> Asked {
        let asked = |name: &str| page.query.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let mut notes = Vec::new();
        let known = asked("model").map(ParkModel::parse);
        if known == Some(None) {
            notes.push(page.t1("model-unknown", "found", asked("model").unwrap_or_default()));
        }
        let has_thermometer = thermometer(park, app.catalogue, &meter.enterprise).is_some();
        let usual = ParkModel::ALL[if has_thermometer { 0 } else { 3 }];
        let day = asked("day").map(parse_date);
        if day == Some(None) {
            notes.push(page.t1("model-no-day", "found", asked("day").unwrap_or_default()));
        }
        let is_installed = installed(park, &meter.id).is_some();
        let around = match (asked("around"), day.flatten()) {
            (Some("day") | None, Some(day)) => Around::Day(day),
            (Some("installed"), _) => Around::Installed,
            (None, None) if is_installed => Around::Installed,
            _ => {
                let end = last_month(park, &meter.id).unwrap_or(page.period()).end();
                let day = end.saturating_sub(1.year());
                notes.push(page.t1("model-around-last", "day", page.date(&day)));
                Around::Day(day)
            }
        };
        Asked { model: known.flatten().unwrap_or(usual), around, notes }
    }
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, meter)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let park = &view.computed.park;
    let id = MeterId::new(meter);
    let meter = park.meter(&id).ok_or(AppError::NotFound)?;
    let enterprise = name_of(&page, &view, &meter.enterprise).ok_or(AppError::NotFound)?;
    let asked = Asked::of(&app, &page, park, meter);
    let window = asked.around.window(park, &id);
    let found = match window {
        _ if hides_readings(&view, meter) => Err(page.t("meter-hidden")),
        None => Err(Reason::NothingInstalled.words(page.language)),
        Some(window) => computed(&app, &page, &view, meter, asked.model, window).await?,
    };
    let unit = app.catalogue.units.get(&meter.unit).map_or(meter.unit.as_str(), |unit| unit.label.get(page.language));
    let words = Words { page: &page, unit, model: asked.model };
    let mut notes = asked.notes;
    let (finding, facts, barred, fitted, left_out) = match &found {
        Ok((answer, sums)) => (
            words.finding(answer),
            words.facts(answer),
            answer.barred.iter().map(|one| barred_words(page.language, one)).collect(),
            words.fitted(answer, sums),
            answer.left_out.as_slice(),
        ),
        Err(why) => {
            notes.push(why.clone());
            (page.t("model-none"), Vec::new(), Vec::new(), None, &[][..])
        }
    };
    let periods = window.map(|window| words.periods(&app, park, meter, window)).unwrap_or_default();
    html(&ModelPage {
        name: meter.name.get(page.language).to_string(),
        meter: meter_href(&page, &view, &id),
        enterprise_href: page.at(&format!("/parks/{}/enterprises/{}", view.key.id, meter.enterprise)),
        finding,
        notes,
        models: choices(&page, asked.model.code()),
        is_around_day: matches!(asked.around, Around::Day(_)),
        day: match asked.around {
            Around::Day(day) => day.to_string(),
            Around::Installed => String::new(),
        },
        facts: periods.into_iter().chain(facts).collect(),
        barred,
        fitted,
        left_out_title: words.left_out_title(left_out),
        left_out: words.left_out(left_out),
        frame: ParkFrame::of(&app, &page, &view, "observe"),
        enterprise,
        page: page.clone(),
    })
}

type Computed = (ParkAnswer, Vec<(Date, f64, Option<f64>)>);

async fn computed(
    app: &App,
    page: &Page,
    view: &ParkView,
    meter: &engine::park::Meter,
    model: ParkModel,
    window: Window,
) -> Result<Result<Computed, String>, AppError> {
    let batches = Some((app.readings.clone(), page.user.scope()));
    let source = Source { park: std::sync::Arc::new(view.computed.park.clone()), batches };
    let data = match load(&source, app.catalogue, meter, model, window).await {
        Ok(data) => data,
        Err(reason) => return Ok(Err(reason.words(page.language))),
    };
    let work = move || {
        let found = answer(model, &data, window);
        let sums = if found.savings.is_some() { cumulative(model, &data, window) } else { Vec::new() };
        (found, sums)
    };
    Ok(Ok(tokio::task::spawn_blocking(work).await.context("fit the model of a meter")?))
}

struct Words<'a> {
    page: &'a Page,
    unit: &'a str,
    model: ParkModel,
}

/// Data of the chart of observed and predicted.
#[derive(Serialize)]
struct Fit {
    unit: String,
    months: Vec<FitMonth>,
    installed: Option<String>,
}

#[derive(Serialize)]
struct FitMonth {
    month: String,
    observed: Option<f64>,
    predicted: Option<f64>,
    residual: Option<f64>,
}

#[derive(Serialize)]
struct Cumulative {
    unit: String,
    confidence: f64,
    months: Vec<CumulativeMonth>,
}

#[derive(Serialize)]
struct CumulativeMonth {
    month: String,
    saving: f64,
    low: Option<f64>,
    high: Option<f64>,
}

/// Sums of the hours or days that have both an observed and a predicted value.
#[derive(Clone, Copy, Default)]
struct Both {
    observed: f64,
    predicted: f64,
    steps: usize,
    is_baseline: bool,
}

fn by<K: Ord>(steps: &[ModelStep], key: impl Fn(&ModelStep) -> K) -> BTreeMap<K, Both> {
    let mut sums: BTreeMap<K, Both> = BTreeMap::new();
    for step in steps {
        if let (Some(observed), Some(predicted)) = (step.observed, step.predicted) {
            let sum = sums.entry(key(step)).or_default();
            *sum = Both {
                observed: sum.observed + observed,
                predicted: sum.predicted + predicted,
                steps: sum.steps + 1,
                is_baseline: step.is_baseline,
            };
        }
    }
    sums
}

impl Words<'_> {
    fn finding(&self, answer: &ParkAnswer) -> String {
        let page = self.page;
        let Some(savings) = answer.savings else { return page.t("model-none") };
        let decimals = wording::decimals(savings.savings);
        let half = answer.half_90.map_or_else(|| "?".to_string(), |half| page.n(half, decimals));
        let told = [
            ("saving", &*page.n(savings.savings, decimals)),
            ("half", &half),
            ("unit", self.unit),
            ("percent", &page.n(100.0 * savings.savings / savings.predicted_sum, 1)),
        ];
        let key = match (answer.is_usable(), answer.half_90) {
            (false, _) => "model-finding-barred",
            (true, Some(half)) if savings.savings.abs() <= half => "model-finding-nothing",
            (true, _) => "model-finding",
        };
        text_with(page.language, key, &told)
    }

    fn periods(&self, app: &App, park: &Park, meter: &engine::park::Meter, window: Window) -> Vec<(String, String)> {
        let page = self.page;
        let source = match thermometer(park, app.catalogue, &meter.enterprise) {
            None => page.t("model-temperature-none"),
            Some(Thermometer::Meter(id)) => {
                park.meter(&id).map_or(id.to_string(), |meter| meter.name.get(page.language).to_string())
            }
            Some(Thermometer::Station(id)) => {
                let own = park.weather.station(&id).map(|station| station.name.get(page.language).to_string());
                page.t1("portfolio-cause-station", "name", own.unwrap_or_else(|| id.to_string()))
            }
        };
        vec![
            (page.t("model-baseline"), wording::period(page.language, &window.baseline)),
            (page.t("model-reporting"), wording::period(page.language, &window.reporting)),
            (page.t("model-temperature"), source),
        ]
    }

    fn facts(&self, answer: &ParkAnswer) -> Vec<(String, String)> {
        let page = self.page;
        let mut facts = Vec::new();
        if let Some(metrics) = &answer.metrics {
            facts.push((page.t("model-rows"), page.count(metrics.n)));
            facts.push((page.t("verify-stat-r2"), page.n(metrics.r_squared, 3)));
            facts.push((page.t("verify-stat-cv"), format!("{} %", page.n(100.0 * metrics.cvrmse_adj, 1))));
            facts.push((page.t("verify-stat-nmbe"), format!("{} %", page.n(100.0 * metrics.nmbe, 2))));
            facts.push((page.t("verify-stat-rho"), page.n(metrics.rho_lag1, 2)));
        }
        if let Some(savings) = answer.savings {
            let number = |value: f64| format!("{} {}", page.n(value, wording::decimals(value)), self.unit);
            facts.push((page.t("verify-stat-predicted"), number(savings.predicted_sum)));
            facts.push((page.t("verify-stat-observed"), number(savings.observed_sum)));
            if let Some(ashrae) = answer.ashrae_90 {
                facts.push((page.t("model-ashrae"), format!("± {}", number(ashrae))));
            }
        }
        facts
    }

    fn fitted(&self, answer: &ParkAnswer, sums: &[(Date, f64, Option<f64>)]) -> Option<Fitted> {
        let page = self.page;
        let metrics = answer.metrics.as_ref()?;
        let months = by(&answer.steps, |step| step.at.date().first_of_month());
        let days = by(&answer.steps, |step| step.at.date());
        let (end, half) = sums.last().map(|(_, saving, half)| (*saving, *half))?;
        let decimals = wording::decimals(end);
        let half = half.map_or_else(|| "?".to_string(), |half| page.n(half, decimals));
        Some(Fitted {
            unit: self.unit.to_string(),
            fit_finding: page.t1("model-fit-finding", "r2", page.n(100.0 * metrics.r_squared, 1)),
            fit: self.fit(&months),
            fit_table: self.fit_table(&months),
            residuals: self.residuals(&days),
            residual_table: self.residual_table(&days),
            cumulative_finding: page.t3(
                "verify-cumulative-finding",
                "saving",
                page.n(end, decimals),
                "half",
                half,
                "unit",
                self.unit,
            ),
            cumulative: self.cumulative(sums),
            cumulative_table: self.cumulative_table(sums),
        })
    }

    fn fit(&self, months: &BTreeMap<Date, Both>) -> String {
        let month = |(month, both): (&Date, &Both)| FitMonth {
            month: month.strftime("%Y-%m").to_string(),
            observed: Some(both.observed),
            predicted: Some(both.predicted),
            residual: Some(both.observed - both.predicted),
        };
        let first = months.iter().find(|(_, both)| !both.is_baseline);
        island(&Fit {
            unit: self.unit.to_string(),
            months: months.iter().map(month).collect(),
            installed: first.map(|(month, _)| month.strftime("%Y-%m").to_string()),
        })
    }

    fn side(&self, both: &Both) -> String {
        self.page.t(if both.is_baseline { "model-baseline" } else { "model-reporting" })
    }

    fn row(&self, name: String, day: &Date, both: &Both) -> Vec<Cell> {
        let page = self.page;
        let number = |value: f64| Cell::number(page.n(value, wording::decimals(both.observed)), value);
        vec![
            Cell::text(name).sorted_by(day),
            Cell::text(self.side(both)),
            Cell::number(page.count(both.steps), both.steps as f64),
            number(both.observed),
            number(both.predicted),
            number(both.observed - both.predicted),
        ]
    }

    fn columns(&self, first: &str) -> Vec<Column> {
        let page = self.page;
        vec![
            Column::text(page.t(first)),
            Column::text(page.t("verify-period")),
            Column::number(page.t("model-steps"), ""),
            Column::number(page.t("verify-observed"), self.unit),
            Column::number(page.t("verify-predicted"), self.unit),
            Column::number(page.t("verify-residual"), self.unit),
        ]
    }

    fn fit_table(&self, months: &BTreeMap<Date, Both>) -> Table {
        let name = |day: &Date| wording::saving::month(*day);
        let rows = months.iter().map(|(day, both)| self.row(name(day), day, both)).collect();
        Table::new("fit-months", self.page.t("verify-fit"), self.columns("verify-month"), rows)
    }

    /// By the day also where the model works by the hour, so that a chart stays readable.
    fn residuals(&self, days: &BTreeMap<Date, Both>) -> String {
        let page = self.page;
        let of = |is_baseline: bool| -> Vec<Option<f64>> {
            let residual = |both: &Both| (both.is_baseline == is_baseline).then_some(both.observed - both.predicted);
            days.values().map(residual).collect()
        };
        island(&Bars {
            unit: self.unit.to_string(),
            value_name: page.t("verify-residual"),
            direction: "vertical",
            stacked: true,
            categories: days.keys().map(|day| format_date(*day)).collect(),
            series: vec![
                BarSeries { name: page.t("model-baseline"), role: "second", values: of(true) },
                BarSeries { name: page.t("model-reporting"), role: "first", values: of(false) },
            ],
        })
    }

    fn residual_table(&self, days: &BTreeMap<Date, Both>) -> Table {
        let rows = days.iter().map(|(day, both)| self.row(format_date(*day), day, both)).collect();
        Table::new("residual-days", self.page.t("verify-residual"), self.columns("meter-day-asked"), rows)
    }

    fn cumulative(&self, sums: &[(Date, f64, Option<f64>)]) -> String {
        let month = |(day, saving, half): &(Date, f64, Option<f64>)| CumulativeMonth {
            month: day.strftime("%Y-%m").to_string(),
            saving: *saving,
            low: half.map(|half| saving - half),
            high: half.map(|half| saving + half),
        };
        let months = sums.iter().map(month).collect();
        island(&Cumulative { unit: self.unit.to_string(), confidence: 0.9, months })
    }

    fn cumulative_table(&self, sums: &[(Date, f64, Option<f64>)]) -> Option<Table> {
        let page = self.page;
        let row = |(day, saving, half): &(Date, f64, Option<f64>)| {
            let decimals = wording::decimals(*saving);
            vec![
                Cell::text(format_date(*day)).sorted_by(day),
                Cell::number(page.n(*saving, decimals), *saving),
                match half {
                    Some(half) => Cell::number(page.n(*half, decimals), *half),
                    None => Cell::no_number("?", ""),
                },
            ]
        };
        let columns = vec![
            Column::text(page.t("model-until")),
            Column::number(page.t("verify-cumulative"), self.unit),
            Column::number(page.t("report-uncertainty"), self.unit),
        ];
        let rows: Vec<_> = sums.iter().map(row).collect();
        (!rows.is_empty()).then(|| Table::new("cumulative-months", page.t("verify-cumulative"), columns, rows))
    }

    fn left_out_title(&self, left_out: &[Excluded]) -> String {
        self.page.t1("model-left-out", "count", self.page.count(days(left_out)))
    }

    /// Days of one kind that follow each other stand in one row.
    fn left_out(&self, left_out: &[Excluded]) -> Option<Table> {
        let page = self.page;
        let mut runs: Vec<Excluded> = Vec::new();
        let mut sorted: Vec<&Excluded> = left_out.iter().collect();
        sorted.sort_by_key(|one| (one.why, one.period.start()));
        for one in sorted {
            let follows = |run: &&mut Excluded| {
                (run.period.end(), run.is_baseline, run.why) == (one.period.start(), one.is_baseline, one.why)
            };
            match runs.last_mut().filter(follows) {
                Some(run) => {
                    run.period = Period::new(run.period.start(), one.period.end()).unwrap_or(run.period);
                    run.rows += one.rows;
                    run.present += one.present;
                    run.expected += one.expected;
                }
                None => runs.push(one.clone()),
            }
        }
        runs.sort_by_key(|run| (run.period.start(), run.why));
        let row = |run: &Excluded| {
            let (first, last) = (run.period.start(), run.period.end().yesterday().unwrap_or(run.period.end()));
            let name = match run.period.days() {
                1 => format_date(first),
                _ => format!("{} – {}", format_date(first), format_date(last)),
            };
            let standing = if planned::counts(run.why) { "excluded-counted" } else { "excluded-left-out" };
            vec![
                Cell::text(name).sorted_by(first),
                Cell::text(page.t(if run.is_baseline { "model-baseline" } else { "model-reporting" })),
                Cell::text(page.t(standing)),
                Cell::number(page.count(run.present), run.present as f64),
                Cell::text(planned::why(page.language, self.model.step(), run)),
            ]
        };
        let columns = vec![
            Column::text(page.t("meter-day-asked")),
            Column::text(page.t("verify-period")),
            Column::text(page.t("excluded-standing")),
            Column::number(page.t("planned-readings"), ""),
            Column::text(page.t("excluded-why")),
        ];
        let rows: Vec<_> = runs.iter().map(row).collect();
        (!rows.is_empty()).then(|| Table::new("left-out", page.t("excluded-title"), columns, rows))
    }
}
