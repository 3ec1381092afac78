//! The weather stations of a park: distance, coverage, and degree days by month.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::language::format_date;
use engine::observe::weather::Rhythm;

use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::weather::{BASES_C, StationTold, USUAL_BASE_C, WeatherTold, weather};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::with_pair;
use crate::web::frame::{self, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::wording;

pub fn routes() -> Routes {
    Routes::new().get("/parks/{park}/weather", Rule::Park, show)
}

#[derive(Template)]
#[template(path = "weather.html")]
struct WeatherPage {
    page: Page,
    frame: ParkFrame,
    finding: String,
    base: f64,
    stations: Table,
    months: Option<Table>,
    /// Days without a mean at the station that is used.
    gaps: Vec<String>,
    used: String,
    template_href: String,
    json_href: String,
}

/// The base in the address, within bounds.
pub fn base_of(page: &Page) -> f64 {
    let asked = page.query.get("base").and_then(|text| text.replace(',', ".").parse::<f64>().ok());
    asked.filter(|base| BASES_C.contains(base)).unwrap_or(USUAL_BASE_C)
}

pub fn of_view(view: &ParkView, base_c: f64) -> WeatherTold {
    let park = &view.computed.park;
    weather(park, &view.computed.catalogue, park.place, base_c)
}

async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let base = base_of(&page);
    let told = of_view(&view, base);
    let used = told.stations.iter().find(|station| station.is_used);
    let json = with_pair(page.at(&format!("/api/parks/{park}/weather")), "base", &base.to_string());
    html(&WeatherPage {
        finding: finding(&page, used),
        base,
        stations: stations(&page, &told),
        months: used.map(|station| months(&page, station)),
        gaps: used.map_or_else(Vec::new, |station| gaps(&page, station)),
        used: used.map_or_else(String::new, |station| name(&page, station)),
        template_href: "/template.xlsx".to_string(),
        json_href: json,
        frame: ParkFrame::of(&app, &page, &view, "observe"),
        page,
    })
}

fn name(page: &Page, station: &StationTold) -> String {
    station.near.name.get(page.language).to_string()
}

fn km(page: &Page, station: &StationTold) -> String {
    station.near.distance_km.map_or_else(|| "?".to_string(), |km| page.n(km, 1))
}

fn finding(page: &Page, used: Option<&StationTold>) -> String {
    match used {
        Some(station) => page.t2("weather-finding", "name", name(page, station), "km", km(page, station)),
        None => page.t("weather-finding-none"),
    }
}

fn stations(page: &Page, told: &WeatherTold) -> Table {
    let row = |station: &StationTold| {
        let distance = match station.near.distance_km {
            Some(km) => Cell::number(page.n(km, 1), km),
            None => Cell::no_number("?", page.t("weather-no-place")),
        };
        let state = if station.is_used { page.t("weather-used") } else { String::new() };
        let mut source = match station.near.source.contains("from memory") {
            true => page.t("weather-from-memory"),
            false => station.near.source.clone(),
        };
        if station.near.unconfirmed {
            source = format!("{source} ({})", page.t("unconfirmed"));
        }
        vec![
            Cell::text(format!("{} ({})", name(page, station), station.near.station)),
            distance,
            Cell::text(covered(page, station)),
            Cell::text(state),
            Cell::text(source),
        ]
    };
    let columns = vec![
        Column::text(page.t("weather-station")),
        Column::number(page.t("weather-distance"), "km"),
        Column::text(page.t("weather-coverage")),
        Column::text(page.t("weather-use")),
        Column::text(page.t("greenhouse-source")),
    ];
    Table::new("stations", page.t("weather-stations"), columns, told.stations.iter().map(row).collect()).stacked()
}

/// From when to when, how much of it is there, and what was filled.
fn covered(page: &Page, station: &StationTold) -> String {
    let Some(coverage) = &station.coverage else { return page.t("weather-no-values") };
    let rhythm = match coverage.rhythm {
        Rhythm::Hourly => "weather-hours",
        Rhythm::Daily => "weather-days",
    };
    let present = page.t2(rhythm, "present", page.count(coverage.present), "expected", page.count(coverage.expected));
    let span = page.t2("period-from-to", "from", format_date(coverage.first), "to", format_date(coverage.last));
    match coverage.filled {
        0 => format!("{span}: {present}"),
        filled => format!("{span}: {present}; {}", page.t1("weather-filled", "count", page.count(filled))),
    }
}

fn months(page: &Page, station: &StationTold) -> Table {
    let number = |value: Option<f64>| match value {
        Some(value) => Cell::number(page.n(value, 1), value),
        None => Cell::no_number("?", page.t("weather-too-few-days")),
    };
    let rows = station
        .months
        .iter()
        .map(|month| {
            let days = page.t2("weather-days", "present", month.days, "expected", month.days_expected);
            let filled = page.t1("weather-filled", "count", page.count(month.filled_hours));
            vec![
                Cell::text(wording::period(page.language, &month.month)).sorted_by(month.month),
                number(month.heating),
                number(month.cooling),
                Cell::text(if month.filled_hours == 0 { days } else { format!("{days}; {filled}") }),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("weather-month")),
        Column::number(page.t("weather-heating"), "K·d"),
        Column::number(page.t("weather-cooling"), "K·d"),
        Column::text(page.t("weather-coverage")),
    ];
    Table::new("months", page.t("weather-degree-days"), columns, rows)
}

fn gaps(page: &Page, station: &StationTold) -> Vec<String> {
    let gaps = station.coverage.iter().flat_map(|coverage| &coverage.gaps);
    gaps.map(|gap| wording::period(page.language, gap)).collect()
}

#[cfg(test)]
mod tests;
