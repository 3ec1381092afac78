//! All that the registry knows about one park, with who says so and under which licence.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::places::ProvinceEdition;
use engine::register::{Field, RegisterKind};

use super::register::{self, Entry};
use super::{Bar, parks};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;
use crate::web::register::{StateLine, may_see, states};

#[derive(Template)]
#[template(path = "registered_park.html")]
struct Registered {
    page: Page,
    bar: Bar,
    name: String,
    other_name: String,
    finding: String,
    provinces: Vec<(String, String, Option<String>)>,
    area: Option<String>,
    status: String,
    year: Option<String>,
    developer: Option<String>,
    programme: String,
    place: Option<String>,
    note: Option<String>,
    source: Vec<SourceLine>,
    licence: String,
    is_from_osm: bool,
    data: parks::Data,
    neighbours: Vec<parks::Line>,
    /// What was true when, where that has changed.
    states: Vec<StateLine>,
    /// Enterprises that the register has here, for those who may see them.
    sites: Vec<(String, String)>,
}

/// A part of a source: a link where the whole of it is an address.
struct SourceLine {
    text: String,
    href: Option<String>,
}

/// Parks of the same province that are shown.
const NEIGHBOURS: usize = 8;

pub async fn show(State(app): State<App>, page: Page, UrlPath(code): UrlPath<String>) -> Result<Response, AppError> {
    let register = register::load(&app, &page.user).await?;
    let entry = register.entries.iter().find(|entry| entry.park.code == code).ok_or(AppError::NotFound)?;
    let provinces = &app.catalogue.provinces;
    let own = entry.province(provinces, page.provinces());
    let neighbours = register
        .entries
        .iter()
        .filter(|other| other.park.code != code && own.is_some())
        .filter(|other| other.province(provinces, page.provinces()) == own)
        .take(NEIGHBOURS)
        .map(|other| parks::line(&app, &page, other))
        .collect();
    let park = &entry.park;
    let line = parks::line(&app, &page, entry);
    let states = states_of(&app, &page, &register, &code);
    let sites = sites(&app, &page, &register, &code);
    html(&Registered {
        bar: Bar::of(&*app.whole_catalogue().await?, &page),
        finding: finding(&page, entry, &line),
        other_name: park.name.get(page.language.other()).to_string(),
        provinces: places(&app, &page, entry),
        area: park.area_ha.is_some().then(|| format!("{} ha", line.area)),
        year: park.year_text.clone(),
        developer: park.developer.clone(),
        place: park.place.map(|place| format!("{}° N, {}° E", page.n(place.latitude, 4), page.n(place.longitude, 4))),
        note: park.note.clone(),
        source: park.source.split("; ").map(source).collect(),
        licence: park.licence.clone(),
        is_from_osm: park.place.is_some() || park.licence.contains("ODbL"),
        name: line.name,
        status: line.status,
        programme: line.programme,
        data: line.data,
        neighbours,
        states,
        sites,
        page,
    })
}

/// `Đang hoạt động tại Cần Thơ, 135 ha theo nguồn; chưa có số liệu vận hành trong hệ thống.`
fn finding(page: &Page, entry: &Entry, line: &parks::Line) -> String {
    let mut parts = vec![page.t2("nation-registered-at", "status", &line.status, "province", &line.province)];
    parts.push(match entry.park.area_ha {
        Some(_) => page.t1("nation-registered-area", "area", &line.area),
        None => page.t("nation-registered-no-area"),
    });
    let data = if entry.data.is_some() { "nation-registered-data" } else { "nation-registered-no-data" };
    format!("{}; {}", parts.join(", "), page.t(data))
}

/// Edition, name and address of the province in each edition.
fn places(app: &App, page: &Page, entry: &Entry) -> Vec<(String, String, Option<String>)> {
    [ProvinceEdition::After, ProvinceEdition::Before]
        .into_iter()
        .map(|edition| {
            let province = entry.province(&app.catalogue.provinces, edition);
            let name = match province {
                Some(province) => province.name.get(page.language).to_string(),
                None => page.t(&format!("nation-unknown-province-{}", edition.code())),
            };
            let href = province.map(|province| format!("/provinces/{}?provinces={}", province.code, edition.code()));
            (page.t(&format!("nation-edition-{}", edition.code())), name, href)
        })
        .collect()
}

fn states_of(app: &App, page: &Page, register: &register::Register, code: &str) -> Vec<StateLine> {
    let entry = register.whole.entry(RegisterKind::Park, code);
    match entry.filter(|entry| entry.states.len() > 1) {
        Some(entry) => states(app, page, &register.whole, entry),
        None => Vec::new(),
    }
}

/// Enterprises that are shown.
const SITES: usize = 200;

fn sites(app: &App, page: &Page, register: &register::Register, code: &str) -> Vec<(String, String)> {
    let sites = register.whole.sites(Field::Park, code);
    let seen = sites.filter(|site| may_see(&page.user, &register.whole, &app.catalogue.provinces, site));
    seen.take(SITES)
        .filter_map(|site| {
            let code = site.latest().text(Field::Enterprise)?;
            let enterprise = register.whole.entry(RegisterKind::Enterprise, code)?;
            let name = enterprise.name().get(page.language).to_string();
            Some((name, page.at(&format!("/enterprises/{}", escape(code)))))
        })
        .collect()
}

fn source(text: &str) -> SourceLine {
    let address = text.split(' ').next().unwrap_or_default();
    let is_address = address.starts_with("https://") || address.starts_with("http://");
    SourceLine { text: text.to_string(), href: is_address.then(|| address.to_string()) }
}
