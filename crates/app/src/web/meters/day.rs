//! Everything that was ever said of a meter's day: each version with where it came from, when and by whom, and which of
//! them holds.

use engine::park::Meter;
use engine::period::parse_date;
use jiff::civil::Date;

use super::{ahead_us, batch_months, local, moment, sheet_values};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::audit::People;
use crate::web::enterprise::as_typed;
use crate::web::figures::table::{Cell, Column, Table};

pub struct Day {
    /// What the form shows, yyyy-MM-dd.
    pub day: String,
    pub finding: String,
    pub table: Option<Table>,
}

/// The day in the address; nothing is looked up without one.
pub async fn of(app: &App, page: &Page, view: &ParkView, meter: &Meter) -> Result<Day, AppError> {
    let asked = page.query.get("day").map(String::as_str).filter(|text| !text.is_empty());
    let Some(day) = asked else { return Ok(Day { day: String::new(), finding: String::new(), table: None }) };
    let Some(day) = parse_date(day) else {
        return Ok(Day { day: String::new(), finding: page.t("meter-misread"), table: None });
    };
    let rows = rows(app, page, view, meter, day).await?;
    let unit = app.catalogue.units.get(&meter.unit).map_or(meter.unit.as_str(), |unit| unit.label.get(page.language));
    let columns = vec![
        Column::text(page.t("meter-time")),
        Column::number(page.t("meter-value"), unit),
        Column::text(page.t("meter-state")),
        Column::text(page.t("meter-said-by")),
        Column::text(page.t("meter-received")),
        Column::text(page.t("park-change-who")),
    ];
    let superseded = rows.iter().filter(|(_, holds)| !holds).count();
    let finding = page.t3(
        "meter-day-finding",
        "day",
        page.date(&day),
        "count",
        page.count(rows.len() - superseded),
        "superseded",
        page.count(superseded),
    );
    let rows: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
    let table = (!rows.is_empty()).then(|| Table::new("meter-day", finding.clone(), columns, rows));
    Ok(Day { day: day.to_string(), finding, table })
}

/// Rows by time, the oldest version first, each with whether it holds.
async fn rows(
    app: &App,
    page: &Page,
    view: &ParkView,
    meter: &Meter,
    day: Date,
) -> Result<Vec<(Vec<Cell>, bool)>, AppError> {
    let park = &view.computed.park;
    let (ahead_us, people) = (ahead_us(park), People::of(app).await?);
    let state = |holds: bool| {
        Cell::text(page.t(if holds { "cli-readings-holds" } else { "cli-readings-superseded" })).sorted_by(holds)
    };
    let time = |at_us: i64| Cell::text(moment(at_us, ahead_us)).sorted_by(at_us);
    let number = |value: f64| Cell::number(as_typed(page.language, value), value);
    let mut rows = Vec::new();
    // What the sheet says of a month in batches does not count.
    let holds = !batch_months(park, &meter.id).iter().any(|month| month.contains(day));
    for (at_us, value) in sheet_values(park, &meter.id) {
        if local(at_us, ahead_us).date() == day {
            let sheet = Cell::text(page.t("meter-way-sheet"));
            let row = vec![time(at_us), number(value), state(holds), sheet, Cell::text("–"), Cell::text("–")];
            rows.push(((at_us, 0), row, holds));
        }
    }
    let versions = app.readings.history(&page.user.scope(), &park.id, &meter.id, day).await?;
    for version in versions {
        let source = page.t2("meter-batch", "seq", version.seq, "source", &version.source);
        let row = vec![
            time(version.at_us),
            number(version.value),
            state(version.holds),
            Cell::text(source),
            time(version.received_at_us),
            Cell::text(people.name(page, &version.received_by)),
        ];
        rows.push(((version.at_us, version.seq), row, version.holds));
    }
    rows.sort_by_key(|(key, _, _)| *key);
    Ok(rows.into_iter().map(|(_, row, holds)| (row, holds)).collect())
}
