//! Savings of the parks that the reader may see, by province and status: the same sums and intervals as on a park's page,
//! told by the rules of disclosure.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::park::Status;

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
    let register = register::load(&app, &page.user).await?;
    let period = super::shown_period(&page);
    let (parks, _) = data::load(&app, &page, &register, period).await?;
    let (samples, real): (Vec<&DataPark>, Vec<&DataPark>) =
        parks.iter().partition(|park| park.stored.summary.synthetic);
    let kind = |key: &str, parks: &[&DataPark], is_synthetic| kind(&app, &page, (key, is_synthetic), parks);
    let kinds = [kind("portfolio-nation-real", &real, false), kind("portfolio-nation-sample", &samples, true)];
    html(&Portfolio {
        kinds: kinds.into_iter().flatten().collect(),
        period: wording::period(page.language, &period),
        page,
    })
}

/// `None` where the reader sees no park with something built.
fn kind(app: &App, page: &Page, (key, is_synthetic): (&str, bool), parks: &[&DataPark]) -> Option<Kind> {
    let provinces = by_province(app, parks);
    let claims: Vec<&ParkClaims> = parks.iter().map(|park| &park.digest.claims).collect();
    let of_provinces: BTreeMap<String, Vec<&ParkClaims>> = provinces
        .iter()
        .map(|(code, parks)| (code.clone(), parks.iter().map(|park| &park.digest.claims).collect()))
        .collect();
    let seen: Vec<&DataPark> = parks.iter().copied().filter(|park| park.stored.may_see).collect();
    let mut rows = Vec::new();
    for status in SHOWN {
        let (nation, told) = publish::above_parks(&claims, status, &of_provinces);
        if seen.len() == parks.len() {
            let sum = told_sum(parks, status, true, &nation);
            rows.extend(row(page, page.t("portfolio-nation-all"), parks.len(), &sum));
        }
        for (code, parks) in &provinces {
            let nothing = BTreeSet::new();
            let sees_all = parks.iter().all(|park| park.stored.may_see);
            let sum = told_sum(parks, status, sees_all, told.get(code).unwrap_or(&nothing));
            if parks.iter().any(|park| park.stored.may_see) {
                rows.extend(row(page, province(app, page, code), parks.len(), &sum));
            }
        }
    }
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
        parks: seen.iter().map(link).collect(),
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

/// `None` where nothing of this status stands.
fn row(page: &Page, name: String, parks: usize, sum: &StatusSum) -> Option<Vec<Cell>> {
    if sum.claims == Some(0) {
        return None;
    }
    let place = Status::LADDER.iter().position(|step| *step == sum.status).map_or(0, |place| place + 1);
    let mut row = vec![
        Cell::text(name),
        Cell::ladder("ladder-small", place, wording::status(page.language, sum.status)),
        Cell::number(page.count(parks), parks as f64),
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
    Some(row)
}
