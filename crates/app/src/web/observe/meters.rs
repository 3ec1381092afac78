//! Meters by month: what they read, and how much of the month they read.

use engine::observe::readings::{MeterMonth, by_month};
use engine::park::{Meter, Park};
use engine::quantity::Dimension;
use serde::Serialize;

use crate::page::{Page, island};
use crate::state::{App, ParkView};
use crate::web::audit::row_href;
use crate::web::figures::name_of;
use crate::web::figures::table::{Cell, Column, Table};
use crate::wording;

pub struct MeterFigure {
    pub id: String,
    pub title: String,
    pub unit: String,
    /// JSON of the bars.
    pub data: String,
    pub table: Table,
    pub history_href: String,
}

#[derive(Serialize)]
struct Bars {
    unit: String,
    value_name: String,
    direction: &'static str,
    stacked: bool,
    categories: Vec<String>,
    series: Vec<Series>,
}

#[derive(Serialize)]
struct Series {
    name: String,
    role: &'static str,
    values: Vec<Option<f64>>,
}

/// The meters of the enterprises that the reader may see, in the page's period.
pub fn figures(app: &App, page: &Page, view: &ParkView) -> Vec<MeterFigure> {
    let park = &view.computed.park;
    let period = page.period();
    park.meters
        .iter()
        .filter_map(|meter| Some((meter, name_of(page, view, &meter.enterprise)?)))
        .map(|(meter, enterprise)| {
            let months: Vec<MeterMonth> =
                by_month(park, &meter.id).into_iter().filter(|month| month.month.overlaps(&period)).collect();
            figure(app, page, park, meter, &enterprise, &months)
        })
        .collect()
}

/// Why no meter is shown: there is none, or they are the enterprises' own.
pub fn none(page: &Page, view: &ParkView) -> String {
    match view.computed.park.meters.len() {
        0 => page.t("observe-meters-none"),
        count => page.t1("observe-meters-hidden", "count", page.count(count)),
    }
}

fn figure(app: &App, page: &Page, park: &Park, meter: &Meter, enterprise: &str, months: &[MeterMonth]) -> MeterFigure {
    let unit = app.catalogue.units.get(&meter.unit);
    let (factor, dimension) = unit.map_or((1.0, Dimension::Count), |unit| (unit.factor, unit.dimension));
    // A temperature is a mean over the month, everything else a sum.
    let is_mean = dimension == Dimension::Temperature;
    let amount = |month: &MeterMonth| {
        let value = if is_mean { month.mean } else { month.amount };
        value.map(|value| wording::shown(dimension, value * factor).0)
    };
    let shown_unit = wording::shown(dimension, 0.0).1.to_string();
    let complete = months.iter().filter(|month| month.amount.is_some()).count();
    let name = format!("{enterprise}: {}", meter.name.get(page.language));
    let data = Bars {
        unit: shown_unit.clone(),
        value_name: page.t("observe-meter-amount"),
        direction: "vertical",
        stacked: false,
        categories: months.iter().map(|month| wording::period(page.language, &month.month)).collect(),
        series: vec![Series {
            name: meter.name.get(page.language).to_string(),
            role: "first",
            values: months.iter().map(amount).collect(),
        }],
    };
    let rows = months
        .iter()
        .map(|month| {
            let share = 100.0 * month.hours_present as f64 / month.hours_expected.max(1) as f64;
            vec![
                Cell::text(wording::period(page.language, &month.month)).sorted_by(month.month.start()),
                match amount(month) {
                    Some(value) => Cell::number(page.n(value, wording::decimals(value)), value),
                    None => Cell::no_number("?", page.t("observe-meter-thin")),
                },
                Cell::number(page.n(share, 1), share),
                Cell::number(page.count(month.hours_frozen), month.hours_frozen as f64),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("observe-month")),
        Column::number(page.t("observe-meter-amount"), shown_unit.clone()),
        Column::number(page.t("observe-meter-present"), "%"),
        Column::number(page.t("observe-meter-frozen"), page.t("observe-hours")),
    ];
    let id = format!("meter-{}", meter.id);
    MeterFigure {
        title: page.t3(
            "observe-meter-title",
            "meter",
            name.clone(),
            "complete",
            page.count(complete),
            "months",
            page.count(months.len()),
        ),
        unit: shown_unit,
        data: island(&data),
        table: Table::new(&format!("{id}-table"), name, columns, rows),
        history_href: row_href(page, &park.id, "meters", meter.id.as_str()),
        id,
    }
}
