//! The provenance of a claim: what was measured, by which method, on whose evidence.

use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::MeasureId;
use engine::quantity::Dimension;
use engine::verify::measures::{Comparison, MeasureVerification, Source};

use super::{Figure, name_of, total_href};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::frame;
use crate::web::sharing::looks::{self, What};
use crate::wording;

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, measure)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let measure = MeasureId::new(measure);
    let found = view.computed.report.verifications.iter().find(|verification| verification.measure == measure);
    let found = found.ok_or(AppError::NotFound)?;
    let enterprise = &found.claim.enterprise;
    looks::at(&app, &page.user, &view.key.id, enterprise, What::Measure, found.measure.as_str()).await?;
    describe(&app, &page, &view, found).answer(&app, page, &view)
}

fn describe(app: &App, page: &Page, view: &ParkView, verification: &MeasureVerification) -> Figure {
    let claim = &verification.claim;
    let resource = app.catalogue.resource(&claim.resource);
    let dimension = resource.map_or(Dimension::Energy, |resource| resource.dimension);
    let amount = match claim.uncertainty_90 {
        Some(half) => page.t2(
            "figure-plus-minus",
            "amount",
            page.amount(dimension, claim.amount),
            "half",
            page.amount(dimension, half),
        ),
        None => page.amount(dimension, claim.amount),
    };
    let mut figure = Figure {
        title: claim.name.get(page.language).to_string(),
        finding: page.t2(
            "figure-claim-finding",
            "status",
            wording::status(page.language, claim.status),
            "amount",
            &amount,
        ),
        ..Figure::default()
    };
    let enterprise_page = page.at(&format!("/parks/{}/enterprises/{}", view.key.id, claim.enterprise));
    let enterprise = name_of(page, view, &claim.enterprise).unwrap_or_default();
    figure.link(page.t("figure-enterprise"), enterprise, enterprise_page);
    figure.fact(page.t("figure-status"), wording::status(page.language, claim.status));
    figure.fact(page.t("figure-amount"), amount);
    figure.fact(page.t("figure-basis"), wording::basis(page.language, claim.basis));
    figure.fact(page.t("figure-period"), wording::period(page.language, &claim.period));
    let resource_name = resource.map_or_else(|| claim.resource.to_string(), |r| r.label.get(page.language).to_string());
    let records = total_href(page, &view.key.id, &claim.resource, Some(&claim.enterprise));
    figure.link(page.t("figure-resource"), resource_name, records);
    figure.fact(page.t("figure-method"), wording::planned::method(page.language, &claim.method));
    figure.fact(page.t("figure-attributed"), format!("{} %", page.n(100.0 * claim.share, 0)));
    if let Some(comparison) = &verification.comparison {
        compared(&mut figure, page, view, comparison);
    }
    for factor in &claim.factors {
        figure.sourced(page, page.t("figure-factors"), factor.clone(), claim.unconfirmed);
    }
    let given = |text: &Option<String>| text.clone().unwrap_or_else(|| page.t("figure-not-given"));
    figure.fact(page.t("figure-evidence"), given(&claim.evidence));
    figure.fact(page.t("figure-signer"), given(&claim.signer));
    for reason in &verification.held_back {
        figure.notes.push(wording::held_back(page.language, *reason));
    }
    figure.fact(page.t("figure-claim-inputs"), claim.inputs.short());
    figure.run(page, &view.computed.report.run);
    figure
}

fn compared(figure: &mut Figure, page: &Page, view: &ParkView, comparison: &Comparison) {
    let from = match &comparison.from {
        Source::Bills => page.t("figure-from-bills"),
        Source::Device => page.t("verify-from-device"),
        Source::Meter(meter) => page.t1("figure-from-meter", "meter", meter),
    };
    figure.fact(page.t("figure-from"), from);
    if !comparison.excluded.is_empty() {
        figure.fact(page.t("figure-excluded"), wording::months(page.language, &comparison.excluded));
    }
    let (park, catalogue) = (&view.computed.park, &view.computed.catalogue);
    figure.notes.extend(wording::planned::refusals(page.language, park, catalogue, &comparison.verification));
}
