//! The latest changes of a park, for those who may see all of it.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::audit::People;
use crate::web::figures::table::{Cell, Column, Table};

/// Rows that are shown, and rows of the log that are looked through for them.
const SHOWN: usize = 10;
const LOOKED_AT: usize = 200;

pub async fn table(app: &App, page: &Page, view: &ParkView) -> Result<Table, AppError> {
    let people = People::of(app).await?;
    let rows = app
        .store
        .latest_audit(&page.user.scope(), LOOKED_AT)
        .await?
        .into_iter()
        .filter(|row| row.park.as_ref() == Some(&view.key.id) && row.action != "look")
        .take(SHOWN)
        .map(|row| {
            vec![
                Cell::text(moment(row.at_us, view.computed.park.utc_offset_h)).sorted_by(row.at_us),
                Cell::text(page.t(&format!(
                    "park-change-{}-{}",
                    row.entity.replace('_', "-"),
                    row.action.replace(' ', "-")
                ))),
                Cell::text(row.entity_id),
                Cell::text(people.name(page, &row.actor)),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("park-change-when")),
        Column::text(page.t("park-change-what")),
        Column::text(page.t("park-change-of")),
        Column::text(page.t("park-change-who")),
    ];
    Ok(Table::new("changes", page.t("park-changes"), columns, rows).stacked())
}

/// `dd/MM/yyyy HH:mm` at the park.
pub fn moment(at_us: i64, utc_offset_h: f64) -> String {
    let offset = Offset::from_seconds((utc_offset_h * 3600.0) as i32).unwrap_or(Offset::UTC);
    let Ok(at) = Timestamp::from_microsecond(at_us) else { return "–".to_string() };
    let local = offset.to_datetime(at);
    format!("{} {:02}:{:02}", engine::language::format_date(local.date()), local.hour(), local.minute())
}
