//! Looks at an enterprise by somebody else: written down before the page is shown, and shown to the enterprise.

use engine::ids::{EnterpriseId, ParkId};
use store::Note;

use crate::auth::User;
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::audit::People;
use crate::web::figures::table::{Cell, Column, Table};
use crate::words::has;

/// Looks that the enterprise is shown.
const SHOWN: usize = 200;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Enterprise,
    Record,
    Figure,
    Measure,
    Exchange,
    Export,
}

impl What {
    pub fn code(self) -> &'static str {
        match self {
            What::Enterprise => "enterprise",
            What::Record => "record",
            What::Figure => "figure",
            What::Measure => "measure",
            What::Exchange => "exchange",
            What::Export => "export",
        }
    }
}

/// A page whose address names the enterprise.
pub async fn at_page(
    app: &App,
    user: &User,
    park: &ParkId,
    enterprise: &EnterpriseId,
    path: &str,
) -> Result<(), AppError> {
    let own = format!("/parks/{park}/enterprises/{enterprise}");
    let rest = match path.strip_prefix(&own) {
        Some(rest) => rest.trim_start_matches('/'),
        // The history of one of its rows.
        None => path.strip_prefix(&format!("/parks/{park}/")).unwrap_or(path),
    };
    let what = if rest.is_empty() { What::Enterprise } else { What::Record };
    at(app, user, park, enterprise, what, rest).await
}

/// Something of one enterprise. Its own people leave no trace: it is theirs.
pub async fn at(
    app: &App,
    user: &User,
    park: &ParkId,
    enterprise: &EnterpriseId,
    what: What,
    id: &str,
) -> Result<(), AppError> {
    if user.is_enterprise(park, enterprise) {
        return Ok(());
    }
    let note = Note::look(park, Some(enterprise), what.code(), id);
    Ok(app.store.note(&user.actor(app.now_us()), note).await?)
}

/// A file or an answer with every enterprise of the park in it: one row of the log that each of them is shown.
pub async fn at_all(app: &App, user: &User, park: &ParkId, file: &str) -> Result<(), AppError> {
    let note = Note::look(park, None, What::Export.code(), file);
    Ok(app.store.note(&user.actor(app.now_us()), note).await?)
}

/// Who looked at an enterprise, newest first.
pub async fn table(
    app: &App,
    page: &Page,
    view: &ParkView,
    enterprise: &EnterpriseId,
) -> Result<Option<Table>, AppError> {
    let rows = app.store.looks_at(&page.user.scope(), &view.key.id, enterprise, SHOWN).await?;
    let people = People::of(app).await?;
    let offset = view.computed.park.utc_offset_h;
    let rows: Vec<Vec<Cell>> = rows
        .into_iter()
        .map(|row| {
            let what = page.t(&format!("sharing-look-{}", row.entity));
            let role = format!("role-{}", row.actor_role);
            let role = if has(page.language, &role) { page.t(&role) } else { row.actor_role };
            let what = if row.entity_id.is_empty() { what } else { format!("{what}: {}", row.entity_id) };
            vec![
                Cell::text(crate::web::park::moment(row.at_us, offset)).sorted_by(row.at_us),
                Cell::text(people.name(page, &row.actor)),
                Cell::text(role),
                Cell::text(what),
            ]
        })
        .collect();
    let columns = ["sharing-look-when", "sharing-look-who", "sharing-look-role", "sharing-look-what"];
    let columns = columns.map(|key| Column::text(page.t(key)));
    Ok((!rows.is_empty()).then(|| Table::new("looks", page.t("sharing-looks"), columns.into(), rows).stacked()))
}
