//! Workbooks to download: the blank template, and the park as it is stored, in the form that an import reads.

use std::collections::BTreeMap;

use anyhow::Context;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::park::adjustments::Adjustment;
use engine::park::key_readings::{HOUR, KeyQuantity, KeyReading};
use engine::park::plans::{Plan, written};
use engine::park::sheets::{PARK, SHEETS};
use engine::park::works::{Investment, SharedPlant, SiteLink, YearlyCost};
use engine::park::{Direction, EnterpriseRole, LicenceKind, Park, PhysicalForm, Rhythm, StreamKind};
use engine::period::Period;
use engine::quantity::Amount;
use engine::table::{Cell, Origin, Sheet};
use jiff::civil::Date;

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::Page;
use crate::state::App;
use crate::template;
use crate::web::sharing::looks;

pub async fn blank(State(app): State<App>) -> Result<Response, AppError> {
    let lists = app.catalogue.code_lists();
    let bytes = template::workbook(&BTreeMap::new(), &lists, app.today()).context("write the template")?;
    Ok(download("congsinh-template.xlsx", bytes))
}

pub async fn of_the_park(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
) -> Result<Response, AppError> {
    let key = app.park_key(&ParkId::new(park)).await?;
    auth::may(&page.user, &Action::ImportPark(key.clone()))?;
    let park = app.store.load_park_view(&page.user.scope(), &key.id).await?.ok_or(AppError::NotFound)?;
    looks::at_all(&app, &page.user, &key.id, "workbook.xlsx").await?;
    let (lists, day) = (app.catalogue.code_lists(), app.today());
    let bytes = tokio::task::spawn_blocking(move || template::workbook(&sheets(&park), &lists, day))
        .await
        .context("write the workbook")?
        .context("write the workbook")?;
    Ok(download(&format!("{}.xlsx", key.id), bytes))
}

fn download(name: &str, bytes: Vec<u8>) -> Response {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}

/// A park as the sheets that it could be read from again.
pub fn sheets(park: &Park) -> BTreeMap<String, Sheet> {
    let mut sheets = BTreeMap::from([(PARK.name.to_string(), particulars(park))]);
    for spec in SHEETS {
        let rows = rows(park, spec.name);
        let sheet = Sheet {
            name: spec.name.to_string(),
            origin: Origin::Workbook,
            columns: spec.columns.iter().map(|column| column.name.to_string()).collect(),
            rows: rows.into_iter().enumerate().map(|(index, cells)| (index + 2, cells)).collect(),
        };
        sheets.insert(spec.name.to_string(), sheet);
    }
    sheets
}

fn particulars(park: &Park) -> Sheet {
    let value = |column: &str| match column {
        "park" => text(park.id.as_str()),
        "name_vi" => text(&park.name.vi),
        "name_en" => text(&park.name.en),
        "province" => text(&park.province),
        "area_ha" => maybe(park.area_ha),
        "latitude" => maybe(park.place.map(|place| place.latitude)),
        "longitude" => maybe(park.place.map(|place| place.longitude)),
        "developer" => maybe_text(&park.developer),
        "utc_offset_h" => Cell::Number(park.utc_offset_h),
        "synthetic" => yes(park.synthetic),
        "note" => maybe_text(&park.note),
        _ => Cell::Empty,
    };
    let rows =
        PARK.columns.iter().enumerate().map(|(index, column)| (index + 2, vec![text(column.name), value(column.name)]));
    Sheet {
        name: PARK.name.to_string(),
        origin: Origin::Workbook,
        columns: vec!["key".to_string(), "value".to_string()],
        rows: rows.collect(),
    }
}

/// Rows of one sheet, in the order of its declared columns.
fn rows(park: &Park, sheet: &str) -> Vec<Vec<Cell>> {
    match sheet {
        "enterprises" => enterprises(park),
        "records" => records(park),
        "drivers" => drivers(park),
        "meters" => meters(park),
        "readings" => readings(park),
        "stations" => stations(park),
        "weather" => weather(park),
        "streams" => streams(park),
        "composition" => composition(park),
        "links" => links(park),
        "plants" => plants(park),
        "exchanges" => exchanges(park),
        "survey" => survey(park),
        "facts" => facts(park),
        "measures" => measures(park),
        "plans" => plans(park),
        "adjustments" => adjustments(park),
        "key_readings" => key_readings(park),
        _ => Vec::new(),
    }
}

fn enterprises(park: &Park) -> Vec<Vec<Cell>> {
    let role = |role| match role {
        EnterpriseRole::Tenant => "tenant",
        EnterpriseRole::Utility => "utility",
        EnterpriseRole::Developer => "developer",
    };
    let row = |e: &engine::park::Enterprise| {
        vec![
            text(e.id.as_str()),
            text(&e.name.vi),
            text(&e.name.en),
            maybe_text(&e.tax_code),
            text(&e.isic4),
            text(role(e.role)),
            maybe(e.employees.map(f64::from)),
            maybe(e.place.map(|place| place.latitude)),
            maybe(e.place.map(|place| place.longitude)),
        ]
    };
    park.enterprises.iter().map(row).collect()
}

fn records(park: &Park) -> Vec<Vec<Cell>> {
    let row = |r: &engine::park::Record| {
        let [from, to] = days(&r.period);
        let [amount, unit] = amount(&r.amount);
        let basis = text(r.basis.code());
        let cost = maybe(r.cost_vnd);
        vec![
            text(r.enterprise.as_str()),
            text(r.resource.as_str()),
            from,
            to,
            amount,
            unit,
            basis,
            text(&r.source),
            cost,
        ]
    };
    park.records.iter().map(row).collect()
}

fn drivers(park: &Park) -> Vec<Vec<Cell>> {
    let row = |d: &engine::park::Driver| {
        let [from, to] = days(&d.period);
        vec![text(d.enterprise.as_str()), text(&d.driver), from, to, Cell::Number(d.value), maybe_text(&d.unit)]
    };
    park.drivers.iter().map(row).collect()
}

fn meters(park: &Park) -> Vec<Vec<Cell>> {
    let row = |m: &engine::park::Meter| {
        vec![
            text(m.id.as_str()),
            text(m.enterprise.as_str()),
            text(m.resource.as_str()),
            text(&m.unit),
            text(&m.name.vi),
            text(&m.name.en),
            text(if m.is_main { "main" } else { "sub" }),
        ]
    };
    park.meters.iter().map(row).collect()
}

fn readings(park: &Park) -> Vec<Vec<Cell>> {
    let of_meter = |(meter, readings): (&engine::ids::MeterId, &Vec<engine::park::Reading>)| {
        let row = |r: &engine::park::Reading| vec![text(meter.as_str()), text(&r.at.to_string()), maybe(r.value)];
        readings.iter().map(row).collect::<Vec<_>>()
    };
    park.readings.iter().flat_map(of_meter).collect()
}

fn stations(park: &Park) -> Vec<Vec<Cell>> {
    let row = |station: &engine::park::weather::Station| {
        vec![
            text(station.id.as_str()),
            text(&station.name.vi),
            text(&station.name.en),
            maybe(station.place.map(|place| place.latitude)),
            maybe(station.place.map(|place| place.longitude)),
            text(&station.source),
        ]
    };
    park.weather.stations.iter().map(row).collect()
}

fn weather(park: &Park) -> Vec<Vec<Cell>> {
    use engine::park::weather::TemperatureSeries;
    let row =
        |station: &engine::ids::StationId, at: String, celsius| vec![text(station.as_str()), text(&at), maybe(celsius)];
    let of_station = |(station, series): (&engine::ids::StationId, &TemperatureSeries)| match series {
        TemperatureSeries::Hourly(readings) => {
            readings.iter().map(|one| row(station, one.at.to_string(), one.value)).collect::<Vec<_>>()
        }
        TemperatureSeries::Daily(days) => days.iter().map(|one| row(station, one.day.to_string(), one.value)).collect(),
    };
    park.weather.series.iter().flat_map(of_station).collect()
}

fn streams(park: &Park) -> Vec<Vec<Cell>> {
    let row = |s: &engine::park::Stream| {
        let [quantity, unit] = amount(&s.quantity);
        vec![
            text(s.id.as_str()),
            text(s.enterprise.as_str()),
            text(if s.direction == Direction::Give { "give" } else { "take" }),
            text(kind_code(s.kind)),
            text(&s.name.vi),
            text(&s.name.en),
            maybe_text(&s.ewc),
            quantity,
            unit,
            yes(s.hazardous),
            yes(s.licensed),
            maybe(s.price_vnd),
            maybe(s.treatment_vnd),
            maybe(s.temperature_c),
            text(s.basis.code()),
            text(&s.source),
            maybe_text(&s.details.cpc),
            maybe_code(s.details.form.map(PhysicalForm::code)),
            maybe_code(s.details.rhythm.map(Rhythm::code)),
            maybe_text(&s.details.months_cell()),
            maybe_day(s.details.available_from),
            maybe_day(s.details.ended_on.and_then(|ended| ended.yesterday().ok())),
            maybe_text(&s.details.hazard_group),
            maybe_code(s.details.licence_kind.map(LicenceKind::code)),
            maybe_text(&s.details.licence_number),
        ]
    };
    park.streams.iter().map(row).collect()
}

fn composition(park: &Park) -> Vec<Vec<Cell>> {
    let of_stream = |s: &engine::park::Stream| {
        let row = |(substance, content): (&String, &Amount)| {
            let [value, unit] = amount(content);
            vec![text(s.id.as_str()), text(substance), value, unit]
        };
        s.composition.iter().map(row).collect::<Vec<_>>()
    };
    park.streams.iter().flat_map(of_stream).collect()
}

fn kind_code(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Material => "material",
        StreamKind::Water => "water",
        StreamKind::Heat => "heat",
    }
}

fn links(park: &Park) -> Vec<Vec<Cell>> {
    let row = |link: &SiteLink| {
        let [running, investment, life, rate] = cost(&link.cost);
        let [capacity, unit] = link.capacity.as_ref().map_or([Cell::Empty, Cell::Empty], amount);
        vec![
            text(link.id.as_str()),
            text(&link.name.vi),
            text(&link.name.en),
            text(link.means.code()),
            maybe_code(link.giver.as_ref().map(EnterpriseId::as_str)),
            maybe_code(link.taker.as_ref().map(EnterpriseId::as_str)),
            maybe_code(link.kind.map(kind_code)),
            text(link.charged.code()),
            running,
            investment,
            life,
            rate,
            capacity,
            unit,
            text(link.basis.code()),
            text(&link.source),
        ]
    };
    park.works.links.iter().map(row).collect()
}

fn plants(park: &Park) -> Vec<Vec<Cell>> {
    let row = |plant: &SharedPlant| {
        let [running, investment, life, rate] = cost(&plant.cost);
        vec![
            text(plant.id.as_str()),
            text(&plant.name.vi),
            text(&plant.name.en),
            text(plant.input.as_str()),
            text(plant.output.as_str()),
            Cell::Number(plant.output_share),
            maybe(plant.treatment_vnd),
            running,
            investment,
            life,
            rate,
            text(plant.status.code()),
            text(plant.basis.code()),
            text(&plant.source),
        ]
    };
    park.works.plants.iter().map(row).collect()
}

fn cost(cost: &YearlyCost) -> [Cell; 4] {
    let investment = |of: fn(&Investment) -> f64| maybe(cost.investment.as_ref().map(of));
    [
        maybe(cost.running_vnd),
        investment(|investment| investment.vnd),
        investment(|investment| f64::from(investment.life_years)),
        investment(|investment| investment.discount_rate),
    ]
}

fn exchanges(park: &Park) -> Vec<Vec<Cell>> {
    let row = |x: &engine::park::RunningExchange| {
        let [quantity, unit] = x.quantity.as_ref().map_or([Cell::Empty, Cell::Empty], amount);
        vec![
            text(x.id.as_str()),
            text(x.giver.as_str()),
            text(x.taker.as_str()),
            text(&x.name.vi),
            text(&x.name.en),
            quantity,
            unit,
            maybe_day(x.since),
            maybe_day(x.ended_on.and_then(|ended| ended.yesterday().ok())),
            maybe_text(&x.evidence),
        ]
    };
    park.exchanges.iter().map(row).collect()
}

fn survey(park: &Park) -> Vec<Vec<Cell>> {
    let row = |a: &engine::park::Answer| {
        let evidence = maybe_text(&a.evidence);
        vec![text(a.enterprise.as_str()), text(&a.question), yes(a.yes), Cell::Date(a.answered_on), evidence]
    };
    park.survey.iter().map(row).collect()
}

fn facts(park: &Park) -> Vec<Vec<Cell>> {
    let row = |f: &engine::park::Fact| {
        let why_not = maybe_text(&f.not_applicable);
        vec![text(&f.fact), maybe(f.value), Cell::Date(f.stated_on), maybe_text(&f.evidence), why_not]
    };
    park.facts.iter().map(row).collect()
}

fn adjustments(park: &Park) -> Vec<Vec<Cell>> {
    let row = |one: &Adjustment| {
        let [from, to] = days(&one.period);
        let unit = canonical_unit(park, &one.measure).filter(|_| one.use_added.is_some());
        vec![
            text(one.measure.as_str()),
            text(&one.name),
            from,
            to,
            maybe(one.use_added),
            maybe(one.uncertainty_90),
            text(unit.unwrap_or_default()),
            yes(one.as_column),
            text(&one.reason),
            text(&one.evidence),
            text(&one.stated_by),
        ]
    };
    park.adjustments.iter().map(row).collect()
}

fn key_readings(park: &Park) -> Vec<Vec<Cell>> {
    let row = |one: &KeyReading| {
        let [from, to] = days(&one.period);
        let unit = match (one.what, canonical_unit(park, &one.measure)) {
            (KeyQuantity::Hours, _) => HOUR.to_string(),
            (KeyQuantity::Rate, unit) => format!("{}/h", unit.unwrap_or_default()),
        };
        vec![
            text(one.measure.as_str()),
            text(one.what.code()),
            from,
            to,
            Cell::Number(one.value),
            text(&unit),
            Cell::Number(one.error_90),
            text(&one.instrument),
            text(&one.evidence),
        ]
    };
    park.key_readings.iter().map(row).collect()
}

/// The unit in which plans and adjustments of a measure keep their amounts.
fn canonical_unit(park: &Park, measure: &MeasureId) -> Option<&'static str> {
    let catalogue = crate::catalogue::catalogue().ok()?;
    let measure = park.measures.iter().find(|one| one.id == *measure)?;
    Some(catalogue.resource(&measure.resource)?.dimension.canonical_unit())
}

fn plans(park: &Park) -> Vec<Vec<Cell>> {
    let row = |plan: &Plan| {
        let unit = canonical_unit(park, &plan.measure).filter(|_| plan.expected_saving_a_year.is_some());
        vec![
            text(plan.measure.as_str()),
            maybe_text(&plan.meter.as_ref().map(ToString::to_string)),
            text(plan.model.code()),
            text(plan.step.code()),
            text(&plan.predictors.join("; ")),
            text(&written(&plan.holidays)),
            text(&written(&plan.left_out)),
            plan.begins.map_or(Cell::Empty, Cell::Date),
            maybe(plan.expected_saving_a_year),
            text(unit.unwrap_or_default()),
            Cell::Number(plan.months as f64),
            maybe(plan.target),
            text(&plan.note),
        ]
    };
    park.plans.iter().map(row).collect()
}

fn measures(park: &Park) -> Vec<Vec<Cell>> {
    let row = |m: &engine::park::Measure| {
        let [installed_from, installed_to] = m.installed.as_ref().map_or([Cell::Empty, Cell::Empty], days);
        let [expected, unit] = m.expected_saving.as_ref().map_or([Cell::Empty, Cell::Empty], amount);
        vec![
            text(m.id.as_str()),
            text(m.enterprise.as_str()),
            m.option.as_ref().map_or(Cell::Empty, |option| text(option.as_str())),
            text(&m.name.vi),
            text(&m.name.en),
            text(m.resource.as_str()),
            m.meter.as_ref().map_or(Cell::Empty, |meter| text(meter.as_str())),
            text(m.status.code()),
            Cell::Date(m.status_on),
            installed_from,
            installed_to,
            expected,
            unit,
            maybe(m.investment_vnd),
            maybe(m.share),
            maybe_text(&m.owner),
            maybe_text(&m.evidence),
            maybe_text(&m.signer),
            maybe(m.expected_uncertainty_90),
        ]
    };
    park.measures.iter().map(row).collect()
}

fn text(text: &str) -> Cell {
    Cell::text(text)
}

fn maybe_text(text: &Option<String>) -> Cell {
    text.as_deref().map_or(Cell::Empty, Cell::text)
}

fn maybe_code(code: Option<&str>) -> Cell {
    code.map_or(Cell::Empty, Cell::text)
}

fn maybe(number: Option<f64>) -> Cell {
    number.map_or(Cell::Empty, Cell::Number)
}

fn maybe_day(date: Option<Date>) -> Cell {
    date.map_or(Cell::Empty, Cell::Date)
}

fn yes(is: bool) -> Cell {
    text(if is { "yes" } else { "no" })
}

fn amount(amount: &Amount) -> [Cell; 2] {
    [Cell::Number(amount.value), text(&amount.unit)]
}

/// First and last day, both included.
fn days(period: &Period) -> [Cell; 2] {
    [Cell::Date(period.start()), Cell::Date(period.end().yesterday().unwrap_or(period.end()))]
}
