//! Verify: which savings of measures are proven, by which model, and why others are not.

mod adjustments;
mod certificate;
mod excluded;
mod measure;
mod plan;
mod planned;
pub mod portfolio;
mod residuals;
mod signed;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::MeasureId;
use engine::park::Status;
use engine::quantity::Dimension;
use engine::report::StatusTotal;
use engine::verify::measures::MeasureVerification;

use super::frame::{self, ParkFrame};
use super::steps::{self, Mark, Number};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::publish::{self, QUANTITIES, ResourceSaving, StatusSums, half_width};
use crate::state::{App, ParkView};
use crate::web::routes::{Routes, Rule};
use crate::wording::{self, Names};
use crate::words::text_with;

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/verify", Rule::Park, list)
        .get("/parks/{park}/portfolio", Rule::Park, portfolio::show)
        .get("/parks/{park}/verify/{measure}", Rule::Measure, measure::show)
        .post("/parks/{park}/verify/{measure}/plan", Rule::WholePark, plan::save)
        .post("/parks/{park}/verify/{measure}/sign", Rule::WholePark, signed::sign)
        .post("/parks/{park}/verify/{measure}/adjustments", Rule::ImportPark, adjustments::save)
        .post("/parks/{park}/verify/{measure}/adjustments/withdraw", Rule::ImportPark, adjustments::withdraw)
        .get("/parks/{park}/verify/{measure}/certificate.pdf", Rule::Measure, certificate::pdf)
        .get("/parks/{park}/verify/{measure}/certificate.docx", Rule::Measure, certificate::docx)
        .get("/verify/check", Rule::Public, certificate::check)
}

#[derive(Template)]
#[template(path = "verify.html")]
struct List {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    notice: String,
    has_measures: bool,
    rows: Vec<MeasureRow>,
    may_see_rows: bool,
    quantities: Vec<(String, &'static str)>,
    totals: Vec<TotalRow>,
    portfolio: String,
    source: String,
}

struct MeasureRow {
    href: String,
    name: String,
    enterprise: String,
    resource: String,
    status: String,
    step: usize,
    saving: Number,
    uncertainty: Number,
    unit: &'static str,
    impact: Vec<Number>,
    held_back: Vec<String>,
    is_unconfirmed: bool,
    mark: Mark,
}

pub(super) struct TotalRow {
    pub status: String,
    pub step: usize,
    pub claims: Number,
    pub values: Vec<Number>,
}

async fn list(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_begun(&app, &page, &park).await?;
    let report = &view.computed.report;
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let visible: Vec<&MeasureVerification> =
        report.verifications.iter().filter(|verification| may_see(&view, verification)).collect();
    let sums = publish::status_sums(&view.computed);
    let template = List {
        first_line: first_line(&app, &page, &names, &view, &visible, &sums),
        notice: match view.sight {
            Sight::Whole => String::new(),
            Sight::Own(_) => page.t("verify-own"),
            _ => page.t("steps-totals-only"),
        },
        has_measures: !report.verifications.is_empty(),
        rows: visible.iter().map(|verification| measure_row(&app, &page, &names, &view, verification)).collect(),
        may_see_rows: matches!(view.sight, Sight::Whole | Sight::Own(_)),
        quantities: QUANTITIES.iter().map(|(key, unit, _)| (page.t(key), *unit)).collect(),
        totals: total_rows(&page, &view, &sums),
        portfolio: page.at(&format!("/parks/{}/portfolio", view.key.id)),
        source: steps::source_line(&page, report),
        frame: ParkFrame::of(&app, &page, &view, "verify"),
        page,
    };
    html(&template)
}

pub(super) fn may_see(view: &ParkView, verification: &MeasureVerification) -> bool {
    match &view.sight {
        Sight::Whole => true,
        Sight::Own(own) => verification.claim.enterprise == *own,
        _ => false,
    }
}

fn first_line(
    app: &App,
    page: &Page,
    names: &Names,
    view: &ParkView,
    visible: &[&MeasureVerification],
    sums: &[StatusSums],
) -> String {
    let may_see_rows = matches!(view.sight, Sight::Whole | Sight::Own(_));
    let count = |status| match may_see_rows {
        true => visible.iter().filter(|verification| verification.claim.status == status).count(),
        false => sums.iter().find(|sums| sums.status == status).map_or(0, |sums| sums.claims),
    };
    let (verified, measured) = (count(Status::Verified), count(Status::Measured));
    if verified == 0 {
        return page.t1("verify-first-none", "measured", page.count(measured));
    }
    if may_see_rows {
        let is_visible = |measure: &MeasureId| visible.iter().any(|verification| verification.measure == *measure);
        let claims = view.computed.claims().of_status(Status::Verified).filter(|claim| is_visible(&claim.measure));
        let savings = publish::savings_by_resource(claims);
        let parts: Vec<String> = savings.iter().map(|saving| saving_words(app, page, names, saving)).collect();
        return page.t1("verify-first", "savings", parts.join("; "));
    }
    let emissions =
        sums.iter().find(|sums| sums.status == Status::Verified).and_then(|sums| sums.emissions_t_co2e.value);
    let emissions = emissions.map_or_else(|| page.t("steps-withheld"), |t| format!("{} t CO₂e", page.n(t, 0)));
    let (verified, measured) = (page.count(verified), page.count(measured));
    page.t3("verify-first-totals", "verified", verified, "measured", measured, "emissions", emissions)
}

/// `điện 884 ± 128 MWh`
fn saving_words(app: &App, page: &Page, names: &Names, saving: &ResourceSaving) -> String {
    let dimension = app.catalogue.resource(&saving.resource).map_or(Dimension::Energy, |resource| resource.dimension);
    let (value, unit) = wording::shown(dimension, saving.amount);
    let half = saving.uncertainty_90.map(|half| wording::shown(dimension, half).0);
    let decimals = wording::decimals(value);
    let half = half.map_or(String::new(), |half| format!(" ± {}", page.n(half, decimals)));
    format!("{} {}{half} {unit}", names.resource(&saving.resource), page.n(value, decimals))
}

fn measure_row(
    app: &App,
    page: &Page,
    names: &Names,
    view: &ParkView,
    verification: &MeasureVerification,
) -> MeasureRow {
    let claim = &verification.claim;
    let path = format!("/parks/{}/verify/{}", view.computed.report.park, escape(claim.measure.as_str()));
    let figure = format!("/parks/{}/figures/claim/{}", view.computed.report.park, escape(claim.measure.as_str()));
    let dimension = app.catalogue.resource(&claim.resource).map_or(Dimension::Energy, |resource| resource.dimension);
    let (value, unit) = wording::shown(dimension, claim.amount);
    let half = claim.uncertainty_90.map(|half| wording::shown(dimension, half).0);
    let decimals = wording::decimals(value).min(1);
    let impact = claim.values();
    MeasureRow {
        href: page.at(&path),
        name: claim.name.get(page.language).to_string(),
        enterprise: names.enterprise(&claim.enterprise),
        resource: names.resource(&claim.resource),
        status: wording::status(page.language, claim.status),
        step: step(claim.status),
        saving: Number::new(page, value, decimals),
        uncertainty: Number::maybe(page, half, decimals),
        unit,
        impact: impact
            .iter()
            .zip(QUANTITIES)
            .map(|(value, (_, _, places))| Number::maybe(page, *value, places))
            .collect(),
        held_back: held_back(page, view, verification),
        is_unconfirmed: claim.unconfirmed,
        mark: Mark::new(page, claim.basis, &figure),
    }
}

/// Why the claim stands no higher, with what is missing.
pub(super) fn held_back(page: &Page, view: &ParkView, verification: &MeasureVerification) -> Vec<String> {
    let mut reasons: Vec<String> =
        verification.held_back.iter().map(|reason| wording::held_back(page.language, *reason)).collect();
    if let Some(comparison) = &verification.comparison {
        let (park, catalogue) = (&view.computed.park, &view.computed.catalogue);
        reasons.extend(comparison.unadjustable.iter().map(|one| wording::planned::problem(page.language, one)));
        reasons.extend(wording::planned::refusals(page.language, park, catalogue, &comparison.verification));
    }
    reasons
}

/// Place on the ladder, from one; zero beside it.
pub(super) fn step(status: Status) -> usize {
    Status::LADDER.iter().position(|step| *step == status).map_or(0, |place| place + 1)
}

/// Sums by status: exact for somebody who sees the whole park, else withheld where they must be.
pub(super) fn total_rows(page: &Page, view: &ParkView, sums: &[StatusSums]) -> Vec<TotalRow> {
    let is_whole = view.sight == Sight::Whole;
    let parts = view.computed.claims();
    sums.iter()
        .map(|sum| {
            let exact = view.computed.report.totals.get(&sum.status).map(StatusTotal::values);
            let values = sum.values().into_iter().enumerate().map(|(place, published)| {
                let decimals = QUANTITIES[place].2;
                let (number, half) = match exact.filter(|_| is_whole) {
                    Some(exact) => {
                        let half = half_width(parts.of_status(sum.status).map(|part| (&parts.park, part)), place);
                        (Number::maybe(page, exact[place], decimals), half.map(|half| half.value))
                    }
                    None => (Number::sum(page, published, 1.0, decimals), sum.uncertainty_90[place]),
                };
                with_half(page, number, half, decimals)
            });
            TotalRow {
                status: wording::status(page.language, sum.status),
                step: step(sum.status),
                claims: Number::new(page, sum.claims as f64, 0),
                values: values.collect(),
            }
        })
        .collect()
}

/// `884 ± 128`; as it is where no interval is known.
fn with_half(page: &Page, number: Number, half: Option<f64>, decimals: usize) -> Number {
    match half.filter(|_| !number.raw.is_empty()) {
        Some(half) => Number { shown: format!("{} ± {}", number.shown, page.n(half, decimals)), ..number },
        None => number,
    }
}

/// `{ key }` with the months of a list, `01/2024, 02/2024`.
fn month_list(page: &Page, key: &str, months: &[jiff::civil::Date]) -> Option<String> {
    if months.is_empty() {
        return None;
    }
    let names: Vec<String> = months.iter().map(|day| format!("{:02}/{}", day.month(), day.year())).collect();
    Some(text_with(page.language, key, &[("months", &names.join(", "))]))
}
