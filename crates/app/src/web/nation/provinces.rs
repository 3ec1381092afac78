//! Every indicator by province, in either edition, and the provinces as they were called on a day. Every park falls in
//! exactly one row, so that the totals are equal in both editions.

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use engine::catalogue::Catalogue;
use engine::catalogue::places::{Province, ProvinceEdition, Provinces};
use engine::ids::ResourceId;
use engine::period::parse_date;
use engine::register::{Field, RegisterKind};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::data::{self, DataPark};
use super::register::{self, Register};
use super::{Bar, words};
use crate::error::{ApiError, AppError};
use crate::page::{Page, html};
use crate::state::App;

/// What is counted or added up of each park.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    Registered,
    Planned,
    Established,
    Operating,
    WithData,
    AreaHa,
    LeasableHa,
    OccupiedHa,
    Sites,
    /// What may be told of it over the parks that the reader may see.
    Resource(ResourceId),
}

impl Indicator {
    pub fn code(&self) -> String {
        match self {
            Indicator::Registered => "registered".to_string(),
            Indicator::Planned => "planned".to_string(),
            Indicator::Established => "established".to_string(),
            Indicator::Operating => "operating".to_string(),
            Indicator::WithData => "with-data".to_string(),
            Indicator::AreaHa => "area-ha".to_string(),
            Indicator::LeasableHa => "leasable-ha".to_string(),
            Indicator::OccupiedHa => "occupied-ha".to_string(),
            Indicator::Sites => "sites".to_string(),
            Indicator::Resource(id) => id.to_string(),
        }
    }
}

/// A park with where it lies and what it adds to each indicator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    pub before: Option<String>,
    pub after: Option<String>,
    pub amounts: BTreeMap<Indicator, f64>,
}

/// Sums by province code; `None` where it is not known in which one a park lies.
pub type Sums = BTreeMap<Option<String>, BTreeMap<Indicator, f64>>;

/// Every park in exactly one province of an edition.
pub fn by_province(parks: &[Counted], edition: ProvinceEdition) -> Sums {
    let mut sums = Sums::new();
    for park in parks {
        let code = match edition {
            ProvinceEdition::Before => &park.before,
            ProvinceEdition::After => &park.after,
        };
        let row = sums.entry(code.clone()).or_default();
        for (indicator, amount) in &park.amounts {
            *row.entry(indicator.clone()).or_default() += amount;
        }
    }
    sums
}

pub fn totals(parks: &[Counted]) -> BTreeMap<Indicator, f64> {
    let mut totals = BTreeMap::new();
    for (indicator, amount) in parks.iter().flat_map(|park| &park.amounts) {
        *totals.entry(indicator.clone()).or_default() += amount;
    }
    totals
}

/// The province of a stored park in both editions. A code that both editions use leaves the old province open where
/// several were merged into the new one.
fn places(provinces: &Provinces, code: &str) -> (Option<String>, Option<String>) {
    let after = provinces.after_code(code).map(|province| province.code.clone());
    let before = match provinces.after.contains_key(code) {
        true => provinces.only_old(code).map(|province| province.code.clone()),
        false => provinces.before.get(code).map(|province| province.code.clone()),
    };
    (before, after)
}

/// What every park of the register, and every park with data beside it, adds.
pub fn counted(catalogue: &Catalogue, register: &Register, data: &[DataPark]) -> Vec<Counted> {
    let provinces = &catalogue.provinces;
    let mut sites: BTreeMap<&str, f64> = BTreeMap::new();
    for site in register.whole.of(RegisterKind::Site) {
        *sites.entry(site.latest().text(Field::Park).unwrap_or_default()).or_default() += 1.0;
    }
    let told = |id: &engine::ids::ParkId| data.iter().find(|park| park.stored.summary.id == *id);
    let mut parks = Vec::new();
    for entry in &register.entries {
        let code = |edition| entry.province(provinces, edition).map(|province| province.code.clone());
        let park = &entry.park;
        let mut amounts = BTreeMap::from([(Indicator::Registered, 1.0)]);
        let kind = match words::status_kind(park.status.as_deref()) {
            words::OPERATING => Some(Indicator::Operating),
            "planned" | "approved" => Some(Indicator::Planned),
            "established" | "under-construction" | "started" => Some(Indicator::Established),
            _ => None,
        };
        amounts.extend(kind.map(|kind| (kind, 1.0)));
        for (indicator, area) in [
            (Indicator::AreaHa, park.area_ha),
            (Indicator::LeasableHa, park.leasable_ha),
            (Indicator::OccupiedHa, park.occupied_ha),
            (Indicator::Sites, sites.get(park.code.as_str()).copied()),
        ] {
            amounts.extend(area.map(|area| (indicator, area)));
        }
        if let Some(stored) = &entry.data {
            amounts.insert(Indicator::WithData, 1.0);
            amounts.extend(told(&stored.summary.id).map(resources).unwrap_or_default());
        }
        let (before, after) = (code(ProvinceEdition::Before), code(ProvinceEdition::After));
        parks.push(Counted { before, after, amounts });
    }
    // Samples are none of the nation's.
    for stored in register.outside.iter().filter(|park| park.is_in_nation && !park.summary.synthetic) {
        let (before, after) = places(provinces, &stored.summary.province);
        let mut amounts = BTreeMap::from([(Indicator::WithData, 1.0)]);
        amounts.extend(told(&stored.summary.id).map(resources).unwrap_or_default());
        parks.push(Counted { before, after, amounts });
    }
    parks
}

/// What may be told of a park's resources to a reader who may see the park's totals.
fn resources(park: &DataPark) -> BTreeMap<Indicator, f64> {
    if !park.stored.may_see {
        return BTreeMap::new();
    }
    let told = park.digest.resources.iter().filter_map(|(id, sum)| Some((Indicator::Resource(id.clone()), sum.value?)));
    told.collect()
}

#[derive(Template)]
#[template(path = "provinces.html")]
struct ProvincesPage {
    page: Page,
    bar: Bar,
    finding: String,
    notes: Vec<String>,
    on: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    total: Row,
}

struct Column {
    name: String,
    unit: String,
}

struct Row {
    name: String,
    full_name: String,
    href: Option<String>,
    cells: Vec<Cell>,
}

struct Cell {
    text: String,
    value: String,
}

/// The table and what it says, for the page and for programs.
async fn table(app: &App, page: &Page, day: Date) -> Result<(Vec<Counted>, usize), AppError> {
    let register = register::load_on(app, &page.user, day).await?;
    let (data, waiting) = data::load(app, page, &register, super::period(page)).await?;
    Ok((counted(app.catalogue, &register, &data), waiting))
}

/// The day that the address asks for, else today.
fn day(page: &Page) -> Date {
    page.query.get("on").and_then(|text| parse_date(text)).unwrap_or(page.today)
}

pub async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let day = day(&page);
    // A day has its own division; who wants the other one says so.
    let edition = match page.query.contains_key("on") && !page.query.contains_key("provinces") {
        true => ProvinceEdition::on(day),
        false => page.provinces(),
    };
    let (parks, waiting) = table(&app, &page, day).await?;
    let sums = by_province(&parks, edition);
    let totals = totals(&parks);
    let indicators: Vec<Indicator> = totals.keys().cloned().collect();
    let provinces = app.catalogue.provinces.edition(edition);
    let mut rows: Vec<Row> = provinces
        .values()
        .map(|province| {
            row(&app, &page, Some((province, edition)), &indicators, sums.get(&Some(province.code.clone())), day)
        })
        .collect();
    if let Some(unknown) = sums.get(&None) {
        let mut row = row(&app, &page, None, &indicators, Some(unknown), day);
        row.name = page.t(&format!("nation-unknown-province-{}", edition.code()));
        rows.push(row);
    }
    let mut total = row(&app, &page, None, &indicators, Some(&totals), day);
    total.name = page.t("nation-total");
    let mut notes = vec![page.t("provinces-note")];
    if waiting > 0 {
        notes.push(page.t1("nation-note-waiting", "count", page.count(waiting)));
    }
    html(&ProvincesPage {
        bar: Bar::of(&*app.whole_catalogue().await?, &page),
        finding: page.t3(
            "provinces-finding",
            "provinces",
            page.count(provinces.len()),
            "date",
            engine::language::format_date(day),
            "parks",
            page.count(totals.get(&Indicator::Registered).copied().unwrap_or_default() as usize),
        ),
        notes,
        on: day.to_string(),
        columns: indicators.iter().map(|indicator| column(&app, &page, indicator)).collect(),
        rows,
        total,
        page,
    })
}

fn column(app: &App, page: &Page, indicator: &Indicator) -> Column {
    match indicator {
        Indicator::Resource(id) => {
            let resource = app.catalogue.resource(id);
            let unit = resource.map(|resource| crate::wording::shown(resource.dimension, 0.0).1).unwrap_or_default();
            Column {
                name: resource.map_or_else(|| id.to_string(), |resource| resource.label.get(page.language).to_string()),
                unit: unit.to_string(),
            }
        }
        other => Column {
            name: page.t(&format!("provinces-{}", other.code())),
            unit: if other.code().ends_with("-ha") { "ha".to_string() } else { String::new() },
        },
    }
}

fn row(
    app: &App,
    page: &Page,
    of: Option<(&Province, ProvinceEdition)>,
    indicators: &[Indicator],
    sums: Option<&BTreeMap<Indicator, f64>>,
    day: Date,
) -> Row {
    let cell = |indicator: &Indicator| match sums.and_then(|sums| sums.get(indicator)) {
        None => Cell { text: "–".to_string(), value: String::new() },
        Some(amount) => {
            let shown = match indicator {
                Indicator::Resource(id) => match app.catalogue.resource(id) {
                    Some(resource) => crate::wording::shown(resource.dimension, *amount).0,
                    None => *amount,
                },
                _ => *amount,
            };
            Cell { text: page.n(shown, 0), value: format!("{shown:.3}") }
        }
    };
    Row {
        name: of.map(|(province, _)| province.name.get(page.language).to_string()).unwrap_or_default(),
        full_name: of.map(|(province, _)| province.full_name_on(day).to_string()).unwrap_or_default(),
        href: of.map(|(province, edition)| format!("/provinces/{}?provinces={}", province.code, edition.code())),
        cells: indicators.iter().map(cell).collect(),
    }
}

/// A province of an edition with its sums; amounts in the canonical units kWh, m³ and kg.
#[derive(Serialize, ToSchema)]
pub struct ProvinceSums {
    /// `null` where it is not known in which province a park lies.
    pub province: Option<String>,
    pub name_vi: String,
    pub name_en: String,
    /// Its name with its type on the day that was asked for.
    pub full_name_vi: String,
    pub sums: BTreeMap<String, f64>,
}

#[derive(Serialize, ToSchema)]
pub struct ProvincesAnswer {
    pub edition: String,
    pub on: String,
    pub period: String,
    /// Parks with data that are still being computed.
    pub waiting: usize,
    pub provinces: Vec<ProvinceSums>,
    pub totals: BTreeMap<String, f64>,
}

/// Every indicator by province, in the edition that `provinces` names.
#[utoipa::path(get, tag = "public", path = "/api/provinces",
    params(super::super::api::WhichProvinces), responses((status = 200, body = ProvincesAnswer)))]
pub async fn answer(State(app): State<App>, page: Page) -> Result<Json<ProvincesAnswer>, ApiError> {
    let day = day(&page);
    let edition = page.provinces();
    let (parks, waiting) = table(&app, &page, day).await?;
    let coded = |sums: &BTreeMap<Indicator, f64>| sums.iter().map(|(of, amount)| (of.code(), *amount)).collect();
    let known = app.catalogue.provinces.edition(edition);
    let provinces = by_province(&parks, edition).into_iter().map(|(code, sums)| {
        let province = code.as_ref().and_then(|code| known.get(code));
        ProvinceSums {
            name_vi: province.map(|province| province.name.vi.clone()).unwrap_or_default(),
            name_en: province.map(|province| province.name.en.clone()).unwrap_or_default(),
            full_name_vi: province.map(|province| province.full_name_on(day).to_string()).unwrap_or_default(),
            sums: coded(&sums),
            province: code,
        }
    });
    Ok(Json(ProvincesAnswer {
        edition: edition.code().to_string(),
        on: day.to_string(),
        period: super::period(&page).to_string(),
        waiting,
        provinces: provinces.collect(),
        totals: coded(&totals(&parks)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parks all over the old provinces, one in a new province whose old one is not known, and one nowhere.
    fn parks(provinces: &Provinces) -> Vec<Counted> {
        let mut parks: Vec<Counted> = provinces
            .crosswalk
            .iter()
            .enumerate()
            .map(|(at, (before, after))| Counted {
                before: Some(before.clone()),
                after: Some(after.clone()),
                amounts: BTreeMap::from([
                    (Indicator::Registered, 1.0),
                    (Indicator::AreaHa, 100.25 + at as f64),
                    (Indicator::Resource(ResourceId::new("electricity")), 1e6 / (at as f64 + 3.0)),
                ]),
            })
            .collect();
        parks.push(Counted { before: None, after: Some("79".to_string()), ..parks[0].clone() });
        parks.push(Counted { before: None, after: None, ..parks[1].clone() });
        parks
    }

    fn sum(sums: &Sums, indicator: &Indicator) -> f64 {
        sums.values().filter_map(|row| row.get(indicator)).sum()
    }

    #[test]
    fn every_indicator_has_the_same_total_in_both_editions() {
        let provinces = &crate::catalogue::catalogue().unwrap().provinces;
        let parks = parks(provinces);
        for (indicator, total) in totals(&parks) {
            for edition in ProvinceEdition::ALL {
                let found = sum(&by_province(&parks, edition), &indicator);
                assert!((found - total).abs() <= 1e-9 * total, "{indicator:?} {edition:?}: {found} {total}");
            }
        }
        assert_eq!(by_province(&parks, ProvinceEdition::Before).len(), 64);
        assert_eq!(by_province(&parks, ProvinceEdition::After).len(), 35);
    }

    #[test]
    fn a_province_that_moves_takes_its_parks_along_and_changes_nothing_else() {
        let provinces = &crate::catalogue::catalogue().unwrap().provinces;
        let before = parks(provinces);
        // Bình Dương (74), a part of Hồ Chí Minh (79) since 2025, goes to Đồng Nai (75).
        let mut after = before.clone();
        let mut moved: BTreeMap<Indicator, f64> = BTreeMap::new();
        for park in after.iter_mut().filter(|park| park.before.as_deref() == Some("74")) {
            park.after = Some("75".to_string());
            for (indicator, amount) in &park.amounts {
                *moved.entry(indicator.clone()).or_default() += amount;
            }
        }
        assert_eq!(moved.get(&Indicator::Registered), Some(&1.0));
        assert_eq!(by_province(&before, ProvinceEdition::Before), by_province(&after, ProvinceEdition::Before));
        let (one, other) = (by_province(&before, ProvinceEdition::After), by_province(&after, ProvinceEdition::After));
        for (code, row) in &other {
            let known = &one[code];
            for (indicator, amount) in row {
                let sign = match code.as_deref() {
                    Some("79") => -1.0,
                    Some("75") => 1.0,
                    _ => 0.0,
                };
                let expected = known[indicator] + sign * moved[indicator];
                assert!((amount - expected).abs() <= 1e-9 * expected.abs(), "{code:?} {indicator:?}");
            }
        }
        for (indicator, total) in totals(&after) {
            let known = totals(&before)[&indicator];
            assert!((total - known).abs() <= 1e-9 * known, "{indicator:?}");
        }
    }

    #[test]
    fn a_code_that_both_editions_use_leaves_the_old_province_open_where_several_were_merged() {
        let provinces = &crate::catalogue::catalogue().unwrap().provinces;
        let place = |code: &str| places(provinces, code);
        assert_eq!(place("74"), (Some("74".to_string()), Some("79".to_string())));
        assert_eq!(place("79"), (None, Some("79".to_string())));
        assert_eq!(place("01"), (Some("01".to_string()), Some("01".to_string())));
        assert_eq!(place("elsewhere"), (None, None));
    }

    #[test]
    fn dong_nai_is_a_city_from_30_april_2026() {
        let provinces = &crate::catalogue::catalogue().unwrap().provinces;
        let dong_nai = &provinces.after["75"];
        assert_eq!(dong_nai.full_name_on(jiff::civil::date(2026, 4, 29)), "Tỉnh Đồng Nai");
        assert_eq!(dong_nai.full_name_on(jiff::civil::date(2026, 4, 30)), "Thành phố Đồng Nai");
        assert_eq!(provinces.before["75"].full_name_on(jiff::civil::date(2024, 1, 1)), "Tỉnh Đồng Nai");
    }
}
