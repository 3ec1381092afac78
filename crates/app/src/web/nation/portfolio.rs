//! Savings of the parks that the reader may see, by province and status: the same sums and intervals as on a park's page,
//! told by the rules of disclosure.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::park::Status;
use engine::period::Period;
use engine::source::Basis;
use serde::Serialize;
use utoipa::ToSchema;

use super::data::{self, DataPark};
use super::register;
use super::results::{Shown, StatusSum, told_sum};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::publish::{self, ParkClaims, QUANTITIES};
use crate::state::App;
use crate::web::figures::table::{Cell, Column, Table};
use crate::wording;

/// Rungs that stand for something built; the others are intentions.
const SHOWN: [Status; 3] = [Status::Verified, Status::Measured, Status::Built];

#[derive(Template)]
#[template(path = "portfolio_nation.html")]
struct Portfolio {
    page: Page,
    kinds: Vec<Kind>,
    period: String,
}

/// Real parks, or samples.
struct Kind {
    heading: String,
    is_synthetic: bool,
    sums: Table,
    parks: Vec<(String, String)>,
}

pub async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    let (parks, period, _) = load(&app, &page).await?;
    let kind = |(is_synthetic, parks): (bool, Vec<&DataPark>)| {
        let key = if is_synthetic { "portfolio-nation-sample" } else { "portfolio-nation-real" };
        kind(&app, &page, (key, is_synthetic), &parks)
    };
    html(&Portfolio {
        kinds: by_kind(&parks).into_iter().filter_map(kind).collect(),
        period: wording::period(page.language, &period),
        page,
    })
}

/// The parks of the period that is shown, and how many are still being computed.
async fn load(app: &App, page: &Page) -> Result<(Vec<DataPark>, Period, usize), AppError> {
    let register = register::load(app, &page.user).await?;
    let period = super::shown_period(page);
    let (parks, waiting) = data::load(app, page, &register, period).await?;
    Ok((parks, period, waiting))
}

/// Real parks, then samples: never added together.
fn by_kind(parks: &[DataPark]) -> [(bool, Vec<&DataPark>); 2] {
    let (samples, real) = parks.iter().partition(|park| park.stored.summary.synthetic);
    [(false, real), (true, samples)]
}

/// What may be told of one status in a province, or in all of the country.
struct Told {
    /// `None`: the whole country.
    province: Option<String>,
    parks: usize,
    sum: StatusSum,
}

/// Only what stands for something; provinces where the reader sees no park are left out.
fn told(app: &App, parks: &[&DataPark]) -> Vec<Told> {
    let provinces = by_province(app, parks);
    let claims: Vec<&ParkClaims> = parks.iter().map(|park| &park.digest.claims).collect();
    let of_provinces: BTreeMap<String, Vec<&ParkClaims>> = provinces
        .iter()
        .map(|(code, parks)| (code.clone(), parks.iter().map(|park| &park.digest.claims).collect()))
        .collect();
    let sees_every = parks.iter().all(|park| park.stored.may_see);
    let mut told = Vec::new();
    for status in SHOWN {
        let (nation, of_province) = publish::above_parks(&claims, status, &of_provinces);
        if sees_every {
            let sum = told_sum(parks, status, true, &nation);
            told.push(Told { province: None, parks: parks.len(), sum });
        }
        for (code, parks) in &provinces {
            let nothing = BTreeSet::new();
            let sees_all = parks.iter().all(|park| park.stored.may_see);
            let sum = told_sum(parks, status, sees_all, of_province.get(code).unwrap_or(&nothing));
            if parks.iter().any(|park| park.stored.may_see) {
                told.push(Told { province: Some(code.clone()), parks: parks.len(), sum });
            }
        }
    }
    told.retain(|one| one.sum.claims != Some(0));
    told
}

/// `None` where the reader sees no park with something built.
fn kind(app: &App, page: &Page, (key, is_synthetic): (&str, bool), parks: &[&DataPark]) -> Option<Kind> {
    let rows: Vec<_> = told(app, parks).iter().map(|one| row(app, page, one)).collect();
    let mut columns = vec![
        Column::text(page.t("portfolio-province")),
        Column::text(page.t("report-status")),
        Column::number(page.t("portfolio-parks"), ""),
        Column::number(page.t("portfolio-measures"), ""),
    ];
    columns.extend(QUANTITIES.map(|(key, unit, _)| Column::number(page.t(key), unit)));
    let link = |park: &&DataPark| {
        let summary = &park.stored.summary;
        let name = summary.name.get(page.language).to_string();
        (name, page.at(&format!("/parks/{}/portfolio", summary.id)))
    };
    (!rows.is_empty()).then(|| Kind {
        heading: page.t(key),
        is_synthetic,
        sums: Table::new(key, page.t(key), columns, rows),
        parks: parks.iter().filter(|park| park.stored.may_see).map(link).collect(),
    })
}

/// Provinces of today's edition: those of the edition before would divide the same parks another way, and both together
/// would tell more than either.
fn by_province<'a>(app: &App, parks: &[&'a DataPark]) -> BTreeMap<String, Vec<&'a DataPark>> {
    let mut provinces: BTreeMap<String, Vec<&DataPark>> = BTreeMap::new();
    for park in parks {
        if let Some(province) = app.catalogue.provinces.after_code(&park.stored.summary.province) {
            provinces.entry(province.code.clone()).or_default().push(park);
        }
    }
    provinces
}

fn province(app: &App, page: &Page, code: &str) -> String {
    let province = app.catalogue.provinces.after.get(code);
    province.map_or_else(|| code.to_string(), |province| province.name.get(page.language).to_string())
}

fn row(app: &App, page: &Page, told: &Told) -> Vec<Cell> {
    let sum = &told.sum;
    let place = Status::LADDER.iter().position(|step| *step == sum.status).map_or(0, |place| place + 1);
    let name = match &told.province {
        Some(code) => province(app, page, code),
        None => page.t("portfolio-nation-all"),
    };
    let mut row = vec![
        Cell::text(name),
        Cell::ladder("ladder-small", place, wording::status(page.language, sum.status)),
        Cell::number(page.count(told.parks), told.parks as f64),
        match sum.claims {
            Some(claims) => Cell::number(page.count(claims), claims as f64),
            None => Cell::no_number(page.t("nation-withheld"), ""),
        },
    ];
    row.extend(sum.quantities.iter().zip(sum.halves).map(|(shown, half)| match shown {
        Shown::Nothing => Cell::no_number("–", ""),
        Shown::Withheld => Cell::no_number(page.t("nation-withheld"), page.t("figure-suppressed")),
        Shown::Sum(value) => {
            let decimals = wording::decimals(*value);
            let half = half.map_or_else(String::new, |half| format!(" ± {}", page.n(half, decimals)));
            Cell::number(format!("{}{half}", page.n(*value, decimals)), *value)
        }
    }));
    row
}

/// Savings above parks, as programs read them.
#[derive(Serialize, ToSchema)]
pub struct PortfolioAnswer {
    pub period: String,
    /// Parks with data that are still being computed.
    pub waiting: usize,
    pub real: KindAnswer,
    /// Made-up parks.
    pub samples: KindAnswer,
}

#[derive(Serialize, ToSchema)]
pub struct KindAnswer {
    /// Those whose savings the reader may see by themselves, at `/api/parks/{park}/portfolio`.
    pub parks: Vec<String>,
    pub sums: Vec<SumAnswer>,
}

#[derive(Serialize, ToSchema)]
pub struct SumAnswer {
    /// Code in today's edition; `null`: the whole country.
    pub province: Option<String>,
    pub name_vi: String,
    pub name_en: String,
    pub status: String,
    pub basis: String,
    /// Parks with data there.
    pub parks: usize,
    /// `null`: so few that the count would tell about one of them.
    pub claims: Option<usize>,
    /// `electricity_mwh`, `water_m3`, `fuel_tj`, `materials_t`, `emissions_t_co2e`.
    pub quantities: BTreeMap<String, QuantityAnswer>,
}

#[derive(Serialize, ToSchema)]
pub struct QuantityAnswer {
    /// `null` where there is no claim, or where it must be withheld.
    pub value: Option<f64>,
    /// Half the width of the 90 % interval, where all of it was measured and it may be told.
    pub uncertainty_90: Option<f64>,
    pub is_withheld: bool,
}

/// What the page tells.
pub async fn answer_of(app: &App, page: &Page) -> Result<PortfolioAnswer, AppError> {
    let (parks, period, waiting) = load(app, page).await?;
    let [(_, real), (_, samples)] = by_kind(&parks);
    let kind = |parks: &[&DataPark]| KindAnswer {
        parks: parks.iter().filter(|park| park.stored.may_see).map(|park| park.stored.summary.id.to_string()).collect(),
        sums: told(app, parks).iter().map(|one| sum_answer(app, one)).collect(),
    };
    Ok(PortfolioAnswer { period: period.to_string(), waiting, real: kind(&real), samples: kind(&samples) })
}

fn sum_answer(app: &App, told: &Told) -> SumAnswer {
    let province = told.province.as_ref().and_then(|code| app.catalogue.provinces.after.get(code));
    let quantity = |shown: &Shown, half: Option<f64>| QuantityAnswer {
        value: match shown {
            Shown::Sum(value) => Some(*value),
            Shown::Nothing | Shown::Withheld => None,
        },
        uncertainty_90: half,
        is_withheld: *shown == Shown::Withheld,
    };
    let quantities = told.sum.quantities.iter().zip(told.sum.halves).map(|(shown, half)| quantity(shown, half));
    SumAnswer {
        name_vi: province.map(|province| province.name.vi.clone()).unwrap_or_default(),
        name_en: province.map(|province| province.name.en.clone()).unwrap_or_default(),
        province: told.province.clone(),
        status: told.sum.status.code().to_string(),
        basis: Basis::Calculated.code().to_string(),
        parks: told.parks,
        claims: told.sum.claims,
        quantities: publish::QUANTITY_KEYS.map(str::to_string).into_iter().zip(quantities).collect(),
    }
}
