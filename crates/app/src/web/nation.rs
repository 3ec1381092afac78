//! The nation: how many parks there are, which have data, what they meet and what came of it; the registry of real
//! parks, their provinces in both editions, and the search over all of it.

mod data;
mod parks;
mod place;
pub mod portfolio;
mod province;
pub mod provinces;
mod published;
pub mod register;
mod registered;
mod results;
mod search;
mod series;
mod tally;
#[cfg(test)]
mod tests;
mod words;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::catalogue::Catalogue;
use engine::catalogue::places::ProvinceEdition;
use engine::ids::ParkId;
use engine::period::Period;
use serde::Serialize;

use crate::auth;
use crate::error::AppError;
use crate::page::{Page, escape, html, island};
use crate::state::App;
use crate::web::frame::Choice;
use crate::web::routes::{Routes, Rule};
use data::DataPark;
pub use data::local;
use place::Line;
use published::Published;
use register::Register;
use results::StatusLine;
pub use words::status as status_words;

pub fn routes() -> Routes {
    Routes::new()
        .get("/", Rule::Public, show)
        .get("/parks", Rule::Public, parks::show)
        .get("/parks.csv", Rule::Public, parks::download)
        .get("/registry/{code}", Rule::Public, registered::show)
        .get("/provinces/{code}", Rule::Public, province::show)
        .get("/results/{kind}/{status}", Rule::Public, results::show)
        .get("/portfolio", Rule::Policy, portfolio::show)
        .get("/provinces", Rule::Public, provinces::show)
        .get("/series", Rule::Public, series::show)
        .post("/series", Rule::EditNation, series::add)
        .post("/series/{series}/withdraw", Rule::EditNation, series::withdraw)
        .get("/api/provinces", Rule::Public, provinces::answer)
        .get("/api/search", Rule::Public, search::answer)
}

#[derive(Template)]
#[template(path = "nation.html")]
struct Nation {
    page: Page,
    finding: String,
    /// What the finding leaves out: sample parks, parks abroad, parks outside the registry.
    notes: Vec<String>,
    bar: Bar,
    map_title: String,
    map: String,
    outlines: &'static str,
    places: Vec<Line>,
    places_total: Line,
    results: Vec<ResultTable>,
    ages: Vec<data::Age>,
    published: Vec<Published>,
}

/// Results by status of real parks, or of samples.
struct ResultTable {
    id: &'static str,
    heading: String,
    is_synthetic: bool,
    lines: Vec<StatusLine>,
}

async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let register = register::load(&app, &page.user).await?;
    let period = shown_period(&page);
    let (parks, waiting) = data::load(&app, &page, &register, period).await?;
    let edition = page.provinces();
    let rows = tally::tally(&register, &app.catalogue.provinces, edition);
    let total = tally::total(&rows);
    let (real, samples): (Vec<&DataPark>, Vec<&DataPark>) =
        parks.iter().partition(|park| !park.stored.summary.synthetic);
    let lines = |parks: &[&DataPark], kind| results::lines(&page, &results::sum(parks), kind);
    let mut results = vec![ResultTable {
        id: "results-real",
        heading: page.t("nation-results-real"),
        is_synthetic: false,
        lines: lines(&real, results::REAL),
    }];
    if !samples.is_empty() {
        results.push(ResultTable {
            id: "results-sample",
            heading: page.t("nation-results-sample"),
            is_synthetic: true,
            lines: lines(&samples, results::SAMPLE),
        });
    }
    let catalogue = app.whole_catalogue().await?;
    html(&Nation {
        finding: finding(&catalogue, &page, &register, &real, period),
        notes: notes(&page, &register, &samples, waiting),
        bar: Bar::of(&catalogue, &page),
        map_title: page.t2(
            "nation-map-title",
            "parks",
            page.count(total.registered),
            "provinces",
            page.count(rows.iter().filter(|row| row.province.is_some() && row.registered > 0).count()),
        ),
        map: island(&map(&app, &page, &register, &parks, &rows)),
        outlines: outlines(edition),
        places: rows.iter().map(|row| place::line(&page, row)).collect(),
        places_total: place::line(&page, &total),
        results,
        ages: parks.iter().filter(|park| park.stored.may_see).map(|park| data::age(&app, &page, park)).collect(),
        published: published::figures(&page),
        page,
    })
}

/// `144 khu trong sổ đăng ký, 79 có số liệu 2024; 12 đạt mọi tiêu chí đã biết của NĐ 35/2022`.
fn finding(catalogue: &Catalogue, page: &Page, register: &Register, real: &[&DataPark], period: Period) -> String {
    let with_data: Vec<&&DataPark> = real.iter().filter(|park| park.digest.has_data).collect();
    let key = if with_data.is_empty() { "nation-finding-none" } else { "nation-finding" };
    let (registered, with) = (page.count(register.entries.len()), page.count(with_data.len()));
    let period = crate::wording::period(page.language, &period);
    let first = page.t3(key, "registered", registered, "with", with, "period", period);
    if with_data.is_empty() {
        return first;
    }
    // How many parks meet everything says something about a single park when there are only one or two.
    let may_tell = with_data.iter().all(|park| park.stored.may_see) || with_data.len() >= auth::FEWEST_CONTRIBUTORS;
    let framework = crate::wording::framework(catalogue, page.language, &page.framework());
    let met = with_data.iter().filter(|park| park.meets_all_that_is_known()).count();
    let second = match may_tell {
        true => page.t2("nation-finding-met", "met", page.count(met), "framework", framework),
        false => page.t("nation-finding-withheld"),
    };
    format!("{first}; {second}")
}

fn notes(page: &Page, register: &Register, samples: &[&DataPark], waiting: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let outside = register.outside.iter().filter(|park| !park.summary.synthetic && park.is_in_nation).count();
    let abroad = register.outside.iter().filter(|park| !park.summary.synthetic && !park.is_in_nation).count();
    for (key, count) in [
        ("nation-note-waiting", waiting),
        ("nation-note-sample", samples.len()),
        ("nation-note-outside", outside),
        ("nation-note-abroad", abroad),
    ] {
        if count > 0 {
            notes.push(page.t1(key, "count", page.count(count)));
        }
    }
    notes
}

/// The context bar of pages above the parks.
pub struct Bar {
    pub editions: Vec<Choice>,
    pub periods: Vec<Choice>,
    pub frameworks: Vec<Choice>,
    /// Kept when the form is sent, so that choosing does not change the language.
    pub lang: Option<String>,
}

/// Years that the bar offers, the default one first.
const YEARS_OFFERED: i16 = 5;

impl Bar {
    pub fn of(catalogue: &Catalogue, page: &Page) -> Bar {
        let chosen = shown_period(page);
        Bar {
            editions: editions(page),
            periods: years(page)
                .into_iter()
                .map(|year| Choice {
                    value: year.start().year().to_string(),
                    name: crate::wording::period(page.language, &year),
                    is_chosen: year == chosen,
                })
                .collect(),
            frameworks: catalogue
                .frameworks
                .keys()
                .map(|id| Choice {
                    value: id.to_string(),
                    name: crate::wording::framework(catalogue, page.language, id),
                    is_chosen: *id == page.framework(),
                })
                .collect(),
            lang: page.query.get("lang").cloned(),
        }
    }
}

pub fn editions(page: &Page) -> Vec<Choice> {
    [ProvinceEdition::After, ProvinceEdition::Before]
        .into_iter()
        .map(|edition| Choice {
            value: edition.code().to_string(),
            name: page.t(&format!("nation-edition-{}", edition.code())),
            is_chosen: edition == page.provinces(),
        })
        .collect()
}

fn years(page: &Page) -> Vec<Period> {
    let latest = page.default_period.start().year();
    (0..YEARS_OFFERED).filter_map(|back| Period::year(latest - back)).collect()
}

/// The period of the address, where the bar offers it: this page is open to everybody, and each further period
/// would cost a computation.
pub fn shown_period(page: &Page) -> Period {
    let asked = page.period();
    if years(page).contains(&asked) { asked } else { page.default_period }
}

fn outlines(edition: ProvinceEdition) -> &'static str {
    match edition {
        ProvinceEdition::Before => "/geo/provinces_2024.geojson",
        ProvinceEdition::After => "/geo/provinces_2025.geojson",
    }
}

/// What the map island draws.
#[derive(Serialize)]
struct Map {
    value_name: String,
    unit: String,
    regions: Vec<Region>,
    points: Vec<Point>,
}

#[derive(Serialize)]
struct Region {
    code: String,
    name: String,
    /// `None` where the registry names no park: it is not complete, so that is not the same as none.
    value: Option<usize>,
    note: String,
    href: String,
}

#[derive(Serialize)]
struct Point {
    id: String,
    name: String,
    lon: f64,
    lat: f64,
    outcome: Option<&'static str>,
    note: String,
    href: String,
}

fn map(app: &App, page: &Page, register: &Register, parks: &[DataPark], rows: &[tally::Row]) -> Map {
    let provinces = app.catalogue.provinces.edition(page.provinces());
    let regions = provinces.values().map(|province| {
        let row = rows.iter().find(|row| row.province.as_ref().is_some_and(|p| p.code == province.code));
        let (registered, operating) = row.map_or((0, 0), |row| (row.registered, row.operating));
        Region {
            code: province.code.clone(),
            name: province.name.get(page.language).to_string(),
            value: (registered > 0).then_some(registered),
            note: match registered {
                0 => page.t("nation-map-note-none"),
                _ => page.t2("nation-map-note", "parks", page.count(registered), "operating", page.count(operating)),
            },
            href: page.at(&format!("/provinces/{}", province.code)),
        }
    });
    Map {
        value_name: page.t("nation-map-value"),
        unit: page.t("nation-unit-parks"),
        regions: regions.collect(),
        points: points(page, register, parks),
    }
}

/// Registered parks whose place is known, and parks with data that the reader may see.
fn points(page: &Page, register: &Register, parks: &[DataPark]) -> Vec<Point> {
    let outcome_of = |id: &ParkId| {
        parks.iter().find(|park| park.stored.summary.id == *id && park.stored.may_see).and_then(DataPark::outcome)
    };
    let registered = register.entries.iter().filter_map(|entry| {
        let place = entry.park.place?;
        Some(Point {
            id: entry.park.code.clone(),
            name: entry.park.name.get(page.language).to_string(),
            lon: place.longitude,
            lat: place.latitude,
            outcome: entry.data.as_ref().and_then(|data| outcome_of(&data.summary.id)),
            note: words::status(page.language, entry.park.status.as_deref()),
            href: page.at(&format!("/registry/{}", escape(&entry.park.code))),
        })
    });
    let outside =
        parks.iter().filter(|park| park.stored.may_see && register.is_outside(&park.stored)).filter_map(|park| {
            let place = park.digest.place?;
            Some(Point {
                id: park.stored.summary.id.to_string(),
                name: park.stored.summary.name.get(page.language).to_string(),
                lon: place.longitude,
                lat: place.latitude,
                outcome: park.outcome(),
                note: if park.stored.summary.synthetic { page.t("synthetic") } else { String::new() },
                href: page.at(&format!("/parks/{}", park.stored.summary.id)),
            })
        });
    registered.chain(outside).collect()
}
