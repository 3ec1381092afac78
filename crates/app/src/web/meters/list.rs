//! The meters of a park or of an enterprise, with what is to be looked at in each.

use engine::ids::EnterpriseId;
use engine::observe::readings::by_month;
use readings::FindingKind;

use super::{Judged, ahead_us, counts, hides_readings, judged, kind, meter_href, moment};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::figures::name_of;
use crate::web::figures::table::{Cell, Column, Table};

pub struct MeterList {
    pub title: String,
    /// None where there is no meter to show.
    pub table: Option<Table>,
    /// Why no meter is shown.
    pub note: String,
}

/// The meters that the reader may see, in the page's period.
pub async fn of(app: &App, page: &Page, view: &ParkView, only: Option<&EnterpriseId>) -> Result<MeterList, AppError> {
    let park = &view.computed.park;
    let meters: Vec<_> = park
        .meters
        .iter()
        .filter(|meter| only.is_none_or(|enterprise| meter.enterprise == *enterprise))
        .filter_map(|meter| Some((meter, name_of(page, view, &meter.enterprise)?)))
        .collect();
    if meters.is_empty() {
        let note = match (only, park.meters.len()) {
            (Some(_), _) => page.t("meters-none-own"),
            (None, 0) => page.t("observe-meters-none"),
            (None, count) => page.t1("observe-meters-hidden", "count", page.count(count)),
        };
        return Ok(MeterList { title: page.t("meters-title"), table: None, note });
    }
    let period = page.period();
    let judged = judged(app, page, view, None, period).await?;
    let mut rows = Vec::new();
    for (meter, enterprise) in &meters {
        let resource = app.catalogue.resource(&meter.resource);
        let resource = resource.map_or(meter.resource.as_str(), |resource| resource.label.get(page.language));
        let mut row = vec![
            Cell::link(meter.name.get(page.language), meter_href(page, view, &meter.id)),
            Cell::text(enterprise.clone()),
            Cell::text(format!("{resource}, {}", kind(page, meter))),
        ];
        if hides_readings(view, meter) {
            row.push(Cell::text(page.t("meter-not-shared")).sorted_by(""));
            row.push(Cell::text("–").sorted_by(""));
            row.extend(KINDS.map(|_| Cell::no_number("–", page.t("meter-hidden"))));
        } else {
            let months = by_month(park, &meter.id);
            let complete =
                months.iter().filter(|month| month.month.overlaps(&period) && month.amount.is_some()).count();
            row.push(Cell::text(format!("{complete}/{}", period.months().len())).sorted_by(complete));
            let latest = judged.latest.get(&meter.id);
            row.push(match latest {
                Some(at_us) => Cell::text(moment(*at_us, ahead_us(park))).sorted_by(at_us),
                None => Cell::text("–").sorted_by(""),
            });
            row.extend(KINDS.map(|kind| count_cell(page, &judged, meter, kind)));
        }
        rows.push(row);
    }
    let columns = vec![
        Column::text(page.t("meters-meter")),
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("meter-kind")),
        Column::text(page.t("observe-months")),
        Column::text(page.t("meter-latest")),
        Column::number(page.t("meters-gaps"), ""),
        Column::number(page.t("meters-spikes"), ""),
        Column::number(page.t("meters-frozen"), ""),
    ];
    let is_listed = |meter: &engine::ids::MeterId| meters.iter().any(|(listed, _)| listed.id == *meter);
    let count = |kind| judged.findings.iter().filter(|one| one.kind == kind && is_listed(&one.meter)).count();
    let found = counts(page, count);
    let title = page.t2("meters-title-found", "count", page.count(meters.len()), "found", found);
    Ok(MeterList {
        title,
        table: Some(Table::new("meters", page.t("meters-title"), columns, rows)),
        note: String::new(),
    })
}

const KINDS: [FindingKind; 3] = [FindingKind::Gap, FindingKind::Spike, FindingKind::Frozen];

fn count_cell(page: &Page, judged: &Judged, meter: &engine::park::Meter, kind: FindingKind) -> Cell {
    let count = judged.count(&meter.id, kind);
    Cell::number(page.count(count), count as f64)
}
