//! The whole registry as a table, with filters in the address, and the same as CSV.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::catalogue::places::{ProvinceEdition, Provinces};
use engine::language::fold;

use super::register::{self, Entry, Register};
use super::words;
use super::{Bar, place, tally};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;
use crate::web::frame::Choice;

#[derive(Template)]
#[template(path = "parks.html")]
struct Parks {
    page: Page,
    finding: String,
    bar: Bar,
    query: String,
    provinces: Vec<Choice>,
    statuses: Vec<Choice>,
    lines: Vec<Line>,
    is_filtered: bool,
    clear_href: String,
    csv_href: String,
    /// Parks with data that the registry does not know and the reader may open.
    own: Vec<OwnLine>,
}

/// A registered park in words.
pub struct Line {
    pub name: String,
    pub href: String,
    pub province: String,
    pub province_href: Option<String>,
    /// The province in the other edition, where its name differs.
    pub elsewhere: String,
    pub area: String,
    pub area_value: String,
    pub status: String,
    pub programme: String,
    pub data: Data,
    /// More words that the table's own filter finds.
    pub text: String,
    pub source: String,
}

pub struct Data {
    pub text: String,
    pub href: Option<String>,
    pub has: bool,
}

struct OwnLine {
    name: String,
    href: String,
    is_synthetic: bool,
    province: String,
    enterprises: String,
}

pub async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let register = register::load(&app, &page.user).await?;
    let provinces = &app.catalogue.provinces;
    let filter = Filter::of(&page);
    let found: Vec<&Entry> = register.entries.iter().filter(|entry| filter.takes(entry, provinces)).collect();
    let bar = Bar::of(&*app.whole_catalogue().await?, &page);
    let count = tally::count(None, found.iter().copied());
    let finding = match filter.is_empty() {
        true => page.t3(
            "nation-parks-finding",
            "parks",
            page.count(count.registered),
            "operating",
            page.count(count.operating),
            "with",
            page.count(count.with_data),
        ),
        false => page.t2(
            "nation-parks-finding-filtered",
            "found",
            page.count(count.registered),
            "parks",
            page.count(register.entries.len()),
        ),
    };
    html(&Parks {
        finding,
        lines: found.iter().map(|entry| line(&app, &page, entry)).collect(),
        provinces: province_choices(&page, provinces, &register, filter.province.as_deref()),
        statuses: status_choices(&page, filter.status.as_deref()),
        is_filtered: !filter.is_empty(),
        clear_href: page.at("/parks"),
        csv_href: csv_href(&page),
        own: own(&app, &page, &register),
        query: page.query.get("q").cloned().unwrap_or_default(),
        bar,
        page,
    })
}

/// What the address asks for.
struct Filter {
    edition: ProvinceEdition,
    /// Folded words, all of which must occur.
    words: Vec<String>,
    province: Option<String>,
    status: Option<String>,
}

/// Value of the province filter for parks whose province is not known.
const NO_PROVINCE: &str = "none";

impl Filter {
    fn of(page: &Page) -> Filter {
        let given = |name: &str| page.query.get(name).filter(|value| !value.is_empty()).cloned();
        let query = fold(page.query.get("q").map_or("", String::as_str));
        Filter {
            edition: page.provinces(),
            words: query.split_whitespace().map(str::to_string).collect(),
            province: given("province"),
            status: given("status"),
        }
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.province.is_none() && self.status.is_none()
    }

    fn takes(&self, entry: &Entry, provinces: &Provinces) -> bool {
        let is_in_province = self.province.as_ref().is_none_or(|wanted| {
            let lies_in = entry.province(provinces, self.edition).map_or(NO_PROVINCE, |province| &province.code);
            lies_in == wanted
        });
        let has_status =
            self.status.as_ref().is_none_or(|wanted| words::status_kind(entry.park.status.as_deref()) == wanted);
        is_in_province && has_status && self.has_words(entry, provinces)
    }

    /// Words of the names, of both provinces and of the developer count.
    fn has_words(&self, entry: &Entry, provinces: &Provinces) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let places = ProvinceEdition::ALL.into_iter().filter_map(|edition| entry.province(provinces, edition));
        let places: Vec<String> = places.map(|province| fold(&province.name.vi)).collect();
        let developer = fold(entry.park.developer.as_deref().unwrap_or_default());
        let text = format!("{} {} {developer}", entry.park.name_fold, places.join(" "));
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

pub fn line(app: &App, page: &Page, entry: &Entry) -> Line {
    let park = &entry.park;
    let (chosen, other) = match page.provinces() {
        ProvinceEdition::After => (ProvinceEdition::After, ProvinceEdition::Before),
        ProvinceEdition::Before => (ProvinceEdition::Before, ProvinceEdition::After),
    };
    let province = entry.province(&app.catalogue.provinces, chosen);
    let elsewhere = entry.province(&app.catalogue.provinces, other).map(|province| province.name.get(page.language));
    let name = province.map(|province| province.name.get(page.language));
    Line {
        name: park.name.get(page.language).to_string(),
        href: page.at(&format!("/registry/{}", escape(&park.code))),
        province: name.map_or_else(|| page.t(&format!("nation-unknown-province-{}", chosen.code())), str::to_string),
        province_href: province.map(|province| page.at(&format!("/provinces/{}", province.code))),
        elsewhere: elsewhere
            .filter(|elsewhere| Some(*elsewhere) != name)
            .map(|elsewhere| page.t1(&format!("nation-province-in-{}", other.code()), "province", elsewhere))
            .unwrap_or_default(),
        area: park.area_ha.map_or_else(|| "–".to_string(), |area| page.n(area, area_decimals(area))),
        area_value: park.area_ha.map(|area| area.to_string()).unwrap_or_default(),
        status: words::status(page.language, park.status.as_deref()),
        programme: words::programme(page.language, park.programme.as_deref()),
        data: data(page, entry),
        text: format!("{} {}", park.name_fold, park.developer.as_deref().unwrap_or_default()),
        source: park.source.clone(),
    }
}

/// As many decimals as the source gave, two at most.
pub fn area_decimals(area: f64) -> usize {
    match area {
        area if area.fract() == 0.0 => 0,
        area if (area * 10.0).fract().abs() < 1e-6 => 1,
        _ => 2,
    }
}

fn data(page: &Page, entry: &Entry) -> Data {
    match &entry.data {
        None => Data { text: "–".to_string(), href: None, has: false },
        Some(stored) => Data {
            text: page.t("nation-has-data"),
            href: stored.may_see.then(|| page.at(&format!("/parks/{}", stored.summary.id))),
            has: true,
        },
    }
}

fn province_choices(page: &Page, provinces: &Provinces, register: &Register, chosen: Option<&str>) -> Vec<Choice> {
    let rows = tally::tally(register, provinces, page.provinces());
    let mut choices: Vec<Choice> = rows
        .iter()
        .filter(|row| row.registered > 0)
        .map(|row| {
            let value = row.province.as_ref().map_or(NO_PROVINCE, |province| &province.code).to_string();
            let line = place::line(page, row);
            let name = format!("{} ({})", line.name, page.count(row.registered));
            Choice { is_chosen: chosen == Some(value.as_str()), value, name }
        })
        .collect();
    choices.sort_by_cached_key(|choice| (choice.value == NO_PROVINCE, fold(&choice.name)));
    choices.insert(0, Choice { value: String::new(), name: page.t("nation-all-provinces"), is_chosen: false });
    choices
}

fn status_choices(page: &Page, chosen: Option<&str>) -> Vec<Choice> {
    let all = Choice { value: String::new(), name: page.t("nation-all-statuses"), is_chosen: false };
    let kinds = words::status_kinds().map(|kind| Choice {
        value: kind.to_string(),
        name: page.t(&format!("nation-status-{kind}")),
        is_chosen: chosen == Some(kind),
    });
    std::iter::once(all).chain(kinds).collect()
}

fn own(app: &App, page: &Page, register: &Register) -> Vec<OwnLine> {
    let line = |park: &register::StoredPark| OwnLine {
        name: park.summary.name.get(page.language).to_string(),
        href: page.at(&format!("/parks/{}", park.summary.id)),
        is_synthetic: park.summary.synthetic,
        province: app
            .catalogue
            .provinces
            .after_code(&park.summary.province)
            .map_or_else(|| page.t("nation-abroad"), |province| province.name.get(page.language).to_string()),
        enterprises: page.count(park.summary.enterprises),
    };
    register.outside.iter().filter(|park| park.may_see).map(line).collect()
}

fn csv_href(page: &Page) -> String {
    let kept = ["q", "province", "status", "provinces", "lang"];
    let pairs: Vec<String> = kept
        .into_iter()
        .filter_map(|name| Some(format!("{name}={}", escape(page.query.get(name).filter(|v| !v.is_empty())?))))
        .collect();
    if pairs.is_empty() { "/parks.csv".to_string() } else { format!("/parks.csv?{}", pairs.join("&")) }
}

const COLUMNS: [&str; 14] = [
    "code",
    "name_vi",
    "name_en",
    "province_2024",
    "code_2024",
    "province_2025",
    "code_2025",
    "area_ha",
    "year",
    "developer",
    "status",
    "programme",
    "source",
    "licence",
];

/// The rows of the table, as the registry holds them. Coordinates have a licence of their own and stay out.
pub async fn download(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let register = register::load(&app, &page.user).await?;
    let provinces = &app.catalogue.provinces;
    let filter = Filter::of(&page);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| AppError::Internal(anyhow::Error::new(error).context("write the registry as CSV"));
    writer.write_record(COLUMNS).map_err(failed)?;
    for entry in register.entries.iter().filter(|entry| filter.takes(entry, provinces)) {
        let park = &entry.park;
        let place = |edition| match entry.province(provinces, edition) {
            Some(province) => (province.name.vi.clone(), province.code.clone()),
            None => (String::new(), String::new()),
        };
        let ((before, code_before), (after, code_after)) =
            (place(ProvinceEdition::Before), place(ProvinceEdition::After));
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let row = [
            park.code.clone(),
            park.name.vi.clone(),
            park.name.en.clone(),
            before,
            code_before,
            after,
            code_after,
            park.area_ha.map(|area| area.to_string()).unwrap_or_default(),
            or_empty(&park.year_text),
            or_empty(&park.developer),
            or_empty(&park.status),
            or_empty(&park.programme),
            park.source.clone(),
            park.licence.clone(),
        ];
        writer.write_record(row.map(harmless)).map_err(failed)?;
    }
    let rows = writer.into_inner().map_err(|error| anyhow::anyhow!("write the registry as CSV: {error}"))?;
    // The byte order mark tells Excel that the letters are UTF-8.
    let body = [b"\xef\xbb\xbf".as_slice(), &rows].concat();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"congsinh-parks.csv\""),
    ];
    Ok((headers, body).into_response())
}

/// Text that a spreadsheet would run as a formula is marked as text.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
