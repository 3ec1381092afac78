//! Results by status in the five quantities, over parks: what may be told of them, and where a sum comes from.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, ParkId};
use engine::park::Status;
use engine::source::ENGINE_VERSION;

use super::data::{self, DataPark};
use super::register;
use crate::auth;
use crate::error::AppError;
use crate::page::{Page, html};
use crate::publish::{self, ParkClaims};
use crate::state::App;
use crate::wording;

pub const REAL: &str = "real";
pub const SAMPLE: &str = "sample";

/// The five quantities of the pilot: MWh, m³, TJ, t, t CO₂e.
const QUANTITIES: usize = 5;

/// A sum, and whether it may be told to a reader who may not see its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown {
    /// There is no claim of this status.
    Nothing,
    Sum(f64),
    Withheld,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatusSum {
    pub status: Status,
    /// `None`: so few that the count would tell about one of them.
    pub claims: Option<usize>,
    pub quantities: [Shown; QUANTITIES],
    /// Half the widths of the 90 % intervals of the sums that are told, where they may be told as well.
    pub halves: [Option<f64>; QUANTITIES],
}

/// Claims of the parks added up by status; statuses are never added together. Every enterprise that contributes
/// is one contributor, and where the reader may not see every park each park is one too.
pub fn sum(parks: &[&DataPark]) -> Vec<StatusSum> {
    let sees_all = parks.iter().all(|park| park.stored.may_see);
    Status::LADDER.into_iter().map(|status| status_sum(parks, status, sees_all)).collect()
}

fn status_sum(parks: &[&DataPark], status: Status, sees_all: bool) -> StatusSum {
    let of_parks: Vec<&ParkClaims> = parks.iter().map(|park| &park.digest.claims).collect();
    told_sum(parks, status, sees_all, &publish::nation_quantities(&of_parks, status))
}

/// The same where it was decided already which quantities may be told beside what else is told.
pub fn told_sum(parks: &[&DataPark], status: Status, sees_all: bool, told: &BTreeSet<usize>) -> StatusSum {
    let mut by_enterprise: BTreeMap<(&ParkId, &EnterpriseId), [f64; QUANTITIES]> = BTreeMap::new();
    let mut by_park: BTreeMap<&ParkId, [f64; QUANTITIES]> = BTreeMap::new();
    let mut claims = 0;
    for park in parks {
        let id = &park.stored.summary.id;
        for claim in park.digest.claims.of_status(status) {
            claims += 1;
            add(by_enterprise.entry((id, &claim.enterprise)).or_default(), claim.values);
            add(by_park.entry(id).or_default(), claim.values);
        }
    }
    let few = |contributors: usize| contributors < auth::FEWEST_CONTRIBUTORS;
    let hides_count = claims > 0 && !sees_all && (few(by_enterprise.len()) || few(by_park.len()));
    let quantities: [Shown; QUANTITIES] = std::array::from_fn(|at| {
        let column = |values: &[f64; QUANTITIES]| values[at];
        let enterprises: Vec<f64> = by_enterprise.values().map(column).collect();
        let parks: Vec<f64> = by_park.values().map(column).collect();
        shown(&enterprises, &parks, told.contains(&at), sees_all)
    });
    let halves = std::array::from_fn(|at| {
        let parts = parks.iter().map(|park| &park.digest.claims);
        let parts = parts.flat_map(|park| park.of_status(status).map(move |part| (&park.park, part)));
        let half = publish::half_width(parts, at).filter(|half| half.may_be_told)?;
        matches!(quantities[at], Shown::Sum(_)).then_some(half.value)
    });
    StatusSum { status, claims: (!hides_count).then_some(claims), quantities, halves }
}

fn add(sums: &mut [f64; QUANTITIES], values: [f64; QUANTITIES]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// A sum that is told beside those of the parks; where the reader may not see every park, parks are contributors too.
fn shown(enterprises: &[f64], parks: &[f64], is_told: bool, sees_all: bool) -> Shown {
    if enterprises.is_empty() {
        return Shown::Nothing;
    }
    let may_tell = |parts: &[f64]| match parts.iter().all(|part| *part == 0.0) {
        // None of many has any: nobody's amount can be told from that.
        true => parts.len() >= auth::FEWEST_CONTRIBUTORS,
        false => auth::may_publish(parts),
    };
    match is_told
        && (enterprises.iter().any(|part| *part != 0.0) || may_tell(enterprises))
        && (sees_all || may_tell(parks))
    {
        true => Shown::Sum(parks.iter().sum()),
        false => Shown::Withheld,
    }
}

/// A row of the table.
pub struct StatusLine {
    pub name: String,
    /// Rung of the ladder, 1 to 5.
    pub rung: usize,
    pub claims: String,
    pub claims_value: String,
    pub cells: Vec<Amount>,
    /// Where the sums come from; empty where there is nothing to tell.
    pub href: String,
}

pub struct Amount {
    pub text: String,
    pub value: String,
    pub is_withheld: bool,
}

pub fn lines(page: &Page, sums: &[StatusSum], kind: &str) -> Vec<StatusLine> {
    let line = |(index, sum): (usize, &StatusSum)| StatusLine {
        name: wording::status(page.language, sum.status),
        rung: index + 1,
        claims: sum.claims.map_or_else(|| page.t("nation-withheld"), |claims| page.count(claims)),
        claims_value: sum.claims.map(|claims| claims.to_string()).unwrap_or_default(),
        cells: sum.quantities.iter().zip(sum.halves).map(|(shown, half)| amount(page, *shown, half)).collect(),
        href: match sum.quantities.iter().any(|shown| matches!(shown, Shown::Sum(_))) {
            true => page.at(&format!("/results/{kind}/{}", sum.status.code())),
            false => String::new(),
        },
    };
    sums.iter().enumerate().map(line).collect()
}

fn amount(page: &Page, shown: Shown, half: Option<f64>) -> Amount {
    match shown {
        Shown::Nothing => Amount { text: "–".to_string(), value: String::new(), is_withheld: false },
        Shown::Withheld => Amount { text: page.t("nation-withheld"), value: String::new(), is_withheld: true },
        Shown::Sum(value) => {
            let decimals = wording::decimals(value);
            let half = half.map_or_else(String::new, |half| format!(" ± {}", page.n(half, decimals)));
            let text = format!("{}{half}", page.n(value, decimals));
            Amount { text, value: value.to_string(), is_withheld: false }
        }
    }
}

/// Where a national sum comes from: its parks, as far as the reader may see them.
#[derive(Template)]
#[template(path = "results.html")]
struct Provenance {
    page: Page,
    title: String,
    is_synthetic: bool,
    parks: Vec<ParkLine>,
    /// Empty where there are none, or so few that their number would tell about one of them.
    unseen: String,
    engine: &'static str,
    period: String,
}

struct ParkLine {
    name: String,
    href: String,
    line: StatusLine,
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((kind, status)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let is_synthetic = match kind.as_str() {
        REAL => false,
        SAMPLE => true,
        _ => return Err(AppError::NotFound),
    };
    let status = Status::parse(&status).filter(|status| Status::LADDER.contains(status)).ok_or(AppError::NotFound)?;
    let register = register::load(&app, &page.user).await?;
    let period = super::shown_period(&page);
    let (all, _) = data::load(&app, &page, &register, period).await?;
    let parks: Vec<&DataPark> =
        all.iter().filter(|park| park.stored.summary.synthetic == is_synthetic && has_claim(park, status)).collect();
    let seen: BTreeSet<&ParkId> =
        parks.iter().filter(|park| park.stored.may_see).map(|park| &park.stored.summary.id).collect();
    let park_lines = parks.iter().filter(|park| park.stored.may_see).filter_map(|park| {
        let sums = [status_sum(&[*park], status, true)];
        Some(ParkLine {
            name: park.stored.summary.name.get(page.language).to_string(),
            href: page.at(&format!("/parks/{}/verify", park.stored.summary.id)),
            line: lines(&page, &sums, &kind).pop()?,
        })
    });
    let unseen = match parks.len() - seen.len() {
        unseen if unseen >= auth::FEWEST_CONTRIBUTORS => {
            page.t1("nation-provenance-unseen", "count", page.count(unseen))
        }
        _ => String::new(),
    };
    html(&Provenance {
        title: page.t1("nation-provenance-title", "status", wording::status(page.language, status)),
        is_synthetic,
        parks: park_lines.collect(),
        unseen,
        engine: ENGINE_VERSION,
        period: wording::period(page.language, &period),
        page,
    })
}

fn has_claim(park: &DataPark, status: Status) -> bool {
    park.digest.claims.of_status(status).next().is_some()
}
