//! One province in the edition of the context: its registered parks, and what it was or became on 1 July 2025.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::places::{Province, ProvinceEdition, Provinces};

use super::place::{self, Line as Counts};
use super::register::{self, Entry};
use super::{Bar, parks, tally};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;

#[derive(Template)]
#[template(path = "province.html")]
struct ProvincePage {
    page: Page,
    bar: Bar,
    name: String,
    full_name: String,
    finding: String,
    /// What it was made of, or what it became.
    change: String,
    parts: Vec<Counts>,
    lines: Vec<parks::Line>,
    csv_href: String,
}

pub async fn show(State(app): State<App>, page: Page, UrlPath(code): UrlPath<String>) -> Result<Response, AppError> {
    let provinces = &app.catalogue.provinces;
    let edition = page.provinces();
    // An old code in an address with the newer edition leads to the province that it became part of.
    let province = match edition {
        ProvinceEdition::After => provinces.after_code(&code),
        ProvinceEdition::Before => provinces.before.get(&code),
    };
    let province = province.ok_or(AppError::NotFound)?;
    let register = register::load(&app, &page.user).await?;
    let here: Vec<&Entry> =
        register.entries.iter().filter(|entry| entry.province(provinces, edition) == Some(province)).collect();
    let counts = tally::count(Some(province.clone()), here.iter().copied());
    let old = register::old_provinces(provinces, &province.code);
    let is_merged = edition == ProvinceEdition::After && old.len() > 1;
    let change = match edition {
        ProvinceEdition::After if is_merged => {
            let names: Vec<&str> = old.iter().map(|old| old.name.get(page.language)).collect();
            page.t1("nation-province-merged", "provinces", names.join(", "))
        }
        ProvinceEdition::After => page.t("nation-province-unchanged"),
        ProvinceEdition::Before => {
            let new = provinces.crosswalk.get(&province.code).and_then(|new| provinces.after.get(new));
            let new = new.map_or("–", |new| new.name.get(page.language));
            page.t1("nation-province-became", "province", new)
        }
    };
    let parts = if is_merged { parts(&page, provinces, &old, &here) } else { Vec::new() };
    let line = place::line(&page, &counts);
    let area = match counts.area_known {
        0 => page.t("nation-province-no-area"),
        _ => page.t2("nation-province-area", "area", &line.area, "known", counts.area_known),
    };
    let first = page.t2(
        "nation-province-finding",
        "parks",
        page.count(counts.registered),
        "operating",
        page.count(counts.operating),
    );
    html(&ProvincePage {
        bar: Bar::of(&*app.whole_catalogue().await?, &page),
        name: province.name.get(page.language).to_string(),
        full_name: province.full_name_vi.clone(),
        finding: format!("{first}; {area}"),
        change,
        parts,
        lines: here.iter().map(|entry| parks::line(&app, &page, entry)).collect(),
        csv_href: format!("/parks.csv?province={}&provinces={}", province.code, edition.code()),
        page,
    })
}

/// The old provinces of a merged one, each with its parks; those whose old province is unknown in a row of their own.
fn parts(page: &Page, provinces: &Provinces, old: &[&Province], here: &[&Entry]) -> Vec<Counts> {
    let lies_in = |entry: &&&Entry, code: Option<&str>| {
        entry.province(provinces, ProvinceEdition::Before).map(|province| province.code.as_str()) == code
    };
    let row = |province: Option<&Province>| {
        let code = province.map(|province| province.code.as_str());
        tally::count(province.cloned(), here.iter().filter(|entry| lies_in(entry, code)).copied())
    };
    let mut rows: Vec<tally::Row> = old.iter().map(|old| row(Some(old))).collect();
    let unknown = row(None);
    if unknown.registered > 0 {
        rows.push(unknown);
    }
    let old_page = Page { query: [("provinces".to_string(), "2024".to_string())].into(), ..page.clone() };
    rows.iter().map(|row| place::line(&old_page, row)).collect()
}
