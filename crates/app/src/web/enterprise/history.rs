//! All that was ever declared for one month of one resource, with the way back to an earlier figure.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::{EnterpriseId, ResourceId};
use engine::period::Period;
use store::{Proves, RecordAt, RecordError};

use super::evidence::Files;
use super::{grid, number};
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::figures::{name_of, with_pair};
use crate::web::frame::{self, ParkFrame};
use crate::wording;

#[derive(Template)]
#[template(path = "enterprise_history.html")]
struct HistoryPage {
    page: Page,
    frame: ParkFrame,
    history: History,
}

#[derive(Template)]
#[template(path = "enterprise_history_part.html")]
struct HistoryPart {
    page: Page,
    history: History,
}

struct History {
    title: String,
    finding: String,
    versions: Vec<Version>,
    month: String,
    resource: String,
    save_href: String,
    grid_href: String,
    all_href: String,
    /// Files that prove the record that holds; `None` where none does.
    files: Option<Files>,
}

struct Version {
    at: String,
    by: String,
    amount: String,
    unit: String,
    basis: &'static str,
    basis_word: String,
    source: String,
    cost: String,
    is_current: bool,
    /// The amount as the grid would take it.
    typed: String,
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise, resource, month)): UrlPath<(String, String, String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let (id, resource) = (EnterpriseId::new(enterprise), ResourceId::new(resource));
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let name = name_of(&page, &view, &id).ok_or(AppError::NotFound)?;
    let label = app.catalogue.resource(&resource).ok_or(AppError::NotFound)?.label.get(page.language).to_string();
    let month = Period::parse(&month).ok_or(AppError::NotFound)?;
    let at = RecordAt { park: view.key.id.clone(), enterprise: id.clone(), resource: resource.clone(), period: month };
    let versions = app.store.record_history(&page.user.scope(), &at).await.map_err(|error| match error {
        RecordError::Store(error) => AppError::Internal(error),
        _ => AppError::Forbidden { sign_in: false },
    })?;
    let unit = grid::unit(app.catalogue, &resource, &grid::records(&view.computed.park, &id, &resource));
    let people: Vec<store::User> = app.store.users().await?;
    let person = |actor: &str| match actor {
        "system" => page.t("park-change-system"),
        other => {
            people.iter().find(|user| user.id.as_str() == other).map_or(other.to_string(), |user| user.name.clone())
        }
    };
    let offset = view.computed.park.utc_offset_h;
    let versions: Vec<Version> = versions
        .into_iter()
        .rev()
        .map(|version| Version {
            at: crate::web::park::moment(version.recorded_at_us, offset),
            by: person(&version.recorded_by),
            amount: number::write(page.language, version.record.amount.value),
            unit: app
                .catalogue
                .units
                .get(&version.record.amount.unit)
                .map_or(version.record.amount.unit.clone(), |unit| unit.label.get(page.language).to_string()),
            basis: version.record.basis.code(),
            basis_word: wording::basis(page.language, version.record.basis),
            cost: version.record.cost_vnd.map_or_else(|| "–".to_string(), |cost| page.n(cost, 0)),
            is_current: version.superseded_at_us.is_none(),
            typed: grid::amount_text(app.catalogue, page.language, &version.record, &unit),
            source: version.record.source,
        })
        .collect();
    let proves = Proves::Record { resource: resource.clone(), period: month };
    let files = match versions.iter().any(|version| version.is_current) {
        true => Some(Files::of(&app, &page, &view, &id, &proves).await?),
        false => None,
    };
    let grid_href = page.at(&format!("/parks/{park}/enterprises/{id}"));
    let history = History {
        title: page.t3(
            "enterprise-history-title",
            "enterprise",
            name,
            "resource",
            label,
            "month",
            wording::period(page.language, &month),
        ),
        finding: page.t1("enterprise-history-finding", "count", page.count(versions.len())),
        versions,
        files,
        month: month.to_string(),
        save_href: page.at(&format!("/parks/{park}/enterprises/{id}/records")),
        all_href: page.at(&format!("/parks/{park}/enterprises/{id}/history")),
        grid_href: with_pair(grid_href, "resource", resource.as_str()),
        resource: resource.to_string(),
    };
    if page.is_fragment {
        return html(&HistoryPart { page, history });
    }
    html(&HistoryPage { frame: ParkFrame::of(&app, &page, &view, "observe"), page, history })
}
