//! Reading a park from its sheets: every cell against its declaration first, then what cells say about each
//! other. All faults at once; a park is returned only when there is none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::details::details;
use super::sheets::{self, SHEETS};
use super::weather::{self, Weather};
use super::works::{self, Works};
use super::*;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind, Place as FaultPlace};
use crate::table::{Cell, CodeLists, Kind, Origin, Row, Sheet, SheetSpec, parse_instant, read_rows};

/// Viet Nam keeps one time all year.
const VIET_NAM_UTC_OFFSET_H: f64 = 7.0;

/// Reads the sheets of one park. `sheets` holds them by the names of [`SHEETS`] and `park`.
pub fn read_park(sheets: &BTreeMap<String, Sheet>, catalogue: &Catalogue) -> (Option<Park>, Vec<Fault>) {
    let mut faults = Vec::new();
    missing_and_unknown_sheets(sheets, &mut faults);
    let lists = code_lists(sheets, catalogue);
    let mut park = read_particulars(sheets, &lists, &mut faults);

    for spec in SHEETS {
        let Some(sheet) = sheets.get(spec.name) else { continue };
        let rows = read_rows(spec, sheet, &lists, &mut faults);
        duplicates(spec, &rows, &mut faults);
        match spec.name {
            "enterprises" => park.enterprises = rows.iter().map(enterprise).collect(),
            "records" => park.records = records(&rows, catalogue, &mut faults),
            "drivers" => park.drivers = rows.iter().filter_map(|row| driver(row, &mut faults)).collect(),
            "meters" => park.meters = rows.iter().filter_map(|row| meter(row, catalogue, &mut faults)).collect(),
            "readings" => park.readings = readings(&rows, &mut faults),
            "stations" => park.weather.stations = rows.iter().map(weather::station).collect(),
            "weather" => park.weather.series = weather::series(&rows, &mut faults),
            "streams" => park.streams = rows.iter().filter_map(|row| stream(row, catalogue, &mut faults)).collect(),
            "composition" => composition(&rows, &mut park.streams, &mut faults),
            "links" => {
                let link = |row: &Row| works::site_link(row, catalogue, &mut faults);
                park.works.links = rows.iter().filter_map(link).collect();
            }
            "plants" => park.works.plants = works::plants(&rows, &park.streams, &mut faults),
            "exchanges" => {
                park.exchanges = rows.iter().filter_map(|row| exchange(row, &mut faults)).collect();
            }
            "survey" => park.survey = survey(&rows, &mut faults),
            "facts" => park.facts = facts(&rows, &mut faults),
            "measures" => park.measures = rows.iter().filter_map(|row| measure(row, catalogue, &mut faults)).collect(),
            "adjustments" => {
                park.adjustments = super::adjustments::adjustments(&rows, &park.measures, catalogue, &mut faults);
            }
            "key_readings" => {
                park.key_readings = super::key_readings::key_readings(&rows, &park.measures, catalogue, &mut faults);
            }
            "plans" => park.plans = super::plans::plans(&rows, &park.measures, catalogue, &mut faults),
            _ => unreachable!("every sheet of SHEETS is read above"),
        }
    }
    faults.sort();
    faults.dedup();
    (faults.is_empty().then_some(park), faults)
}

/// `park.toml` as the sheet `park`, so that both forms pass through the same checks.
pub fn particulars_from_toml(name: &str, text: &str) -> Result<Sheet, Fault> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| Fault {
        place: FaultPlace {
            file: name.to_string(),
            line: error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1)),
            ..FaultPlace::default()
        },
        kind: FaultKind::UnreadableFile,
        found: error.message().to_string(),
        expected: "TOML".to_string(),
    })?;
    let rows = table
        .iter()
        .map(|(key, value)| {
            let line = text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |index| index + 1);
            let cell = match value {
                toml::Value::String(text) => Cell::text(text.clone()),
                toml::Value::Integer(number) => Cell::Number(*number as f64),
                toml::Value::Float(number) => Cell::Number(*number),
                toml::Value::Boolean(yes) => Cell::text(if *yes { "yes" } else { "no" }),
                other => Cell::text(other.to_string()),
            };
            (line, vec![Cell::text(key.clone()), cell])
        })
        .collect();
    let columns = vec!["key".to_string(), "value".to_string()];
    Ok(Sheet { name: name.to_string(), origin: Origin::File, columns, rows })
}

fn missing_and_unknown_sheets(sheets: &BTreeMap<String, Sheet>, faults: &mut Vec<Fault>) {
    let known: Vec<&SheetSpec> = std::iter::once(&sheets::PARK).chain(SHEETS).collect();
    let whole = |file: &str, kind, found: &str, expected: String| Fault {
        place: FaultPlace { file: file.to_string(), ..FaultPlace::default() },
        kind,
        found: found.to_string(),
        expected,
    };
    for spec in &known {
        if spec.required && !sheets.contains_key(spec.name) {
            faults.push(whole(spec.name, FaultKind::MissingFile, "", spec.name.to_string()));
        }
    }
    for (name, sheet) in sheets {
        if !known.iter().any(|spec| spec.name == name) {
            let names = known.iter().map(|spec| spec.name).collect::<Vec<_>>().join(", ");
            faults.push(whole(&sheet.name, FaultKind::UnknownSheet, name, names));
        }
    }
}

/// The catalogue's codes and the identifiers of the park's own sheets. Identifiers are taken from every row,
/// faulty ones too, and a list that could not be read is left out: one fault must not cause a second elsewhere.
fn code_lists(sheets: &BTreeMap<String, Sheet>, catalogue: &Catalogue) -> CodeLists {
    let mut lists = catalogue.code_lists();
    for name in ["enterprises", "meters", "stations", "streams", "measures"] {
        let Some(spec) = SHEETS.iter().find(|spec| spec.name == name) else { continue };
        let Some(sheet) = sheets.get(name) else {
            lists.insert(name.to_string(), BTreeSet::new());
            continue;
        };
        if let Some(index) = sheet.columns.iter().position(|column| column == spec.columns[0].name) {
            let ids = sheet.rows.iter().filter_map(|(_, cells)| cells.get(index)).map(Cell::shown).collect();
            lists.insert(name.to_string(), ids);
        }
    }
    lists
}

fn read_particulars(sheets: &BTreeMap<String, Sheet>, lists: &CodeLists, faults: &mut Vec<Fault>) -> Park {
    let mut park = Park {
        id: ParkId::new(""),
        name: Label::default(),
        province: String::new(),
        area_ha: None,
        place: None,
        developer: None,
        utc_offset_h: VIET_NAM_UTC_OFFSET_H,
        synthetic: false,
        note: None,
        enterprises: Vec::new(),
        records: Vec::new(),
        drivers: Vec::new(),
        meters: Vec::new(),
        readings: BTreeMap::new(),
        metered: BTreeMap::new(),
        weather: Weather::default(),
        streams: Vec::new(),
        works: Works::default(),
        exchanges: Vec::new(),
        survey: Vec::new(),
        facts: Vec::new(),
        measures: Vec::new(),
        plans: Vec::new(),
        adjustments: Vec::new(),
        key_readings: Vec::new(),
    };
    let Some(sheet) = sheets.get("park") else { return park };
    let mut given: BTreeMap<String, (usize, Cell)> = BTreeMap::new();
    for (line, cells) in &sheet.rows {
        let key = cells.first().map(Cell::shown).unwrap_or_default();
        let value = cells.get(1).cloned().unwrap_or(Cell::Empty);
        if !sheets::PARK.columns.iter().any(|column| column.name == key) {
            let known = sheets::PARK.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
            faults.push(sheet.fault(*line, "key", FaultKind::UnknownColumn, key, known));
        } else if given.insert(key.clone(), (*line, value)).is_some() {
            faults.push(sheet.fault(*line, "key", FaultKind::Duplicate, key, "once".to_string()));
        }
    }
    // Each key is checked as a sheet of one cell, so that the fault names its own line.
    let mut values: BTreeMap<&str, Cell> = BTreeMap::new();
    for column in sheets::PARK.columns {
        let (line, cell) = given.remove(column.name).unwrap_or((1, Cell::Empty));
        let spec = SheetSpec { columns: std::slice::from_ref(column), ..sheets::PARK };
        let single = Sheet { columns: vec![column.name.to_string()], rows: vec![(line, vec![cell])], ..sheet.clone() };
        let mut found = Vec::new();
        if let Some(row) = read_rows(&spec, &single, lists, &mut found).first() {
            values.insert(column.name, row.number(column.name).map_or(Cell::text(row.text(column.name)), Cell::Number));
        }
        for fault in &mut found {
            fault.place.cell = (sheet.origin == Origin::Workbook).then(|| format!("B{line}"));
        }
        faults.extend(found);
    }
    let text = |name: &str| values.get(name).map(Cell::shown).filter(|text| !text.is_empty());
    let number = |name: &str| match values.get(name) {
        Some(Cell::Number(number)) => Some(*number),
        _ => None,
    };
    park.id = ParkId::new(text("park").unwrap_or_default());
    park.name = Label::new(text("name_vi").unwrap_or_default(), text("name_en").unwrap_or_default());
    park.province = text("province").unwrap_or_default();
    park.area_ha = number("area_ha");
    park.place = place(number("latitude"), number("longitude"));
    park.developer = text("developer");
    park.utc_offset_h = number("utc_offset_h").unwrap_or(VIET_NAM_UTC_OFFSET_H);
    park.synthetic = text("synthetic").as_deref() == Some("yes");
    park.note = text("note");
    park
}

pub(super) fn place(latitude: Option<f64>, longitude: Option<f64>) -> Option<Place> {
    Some(Place { latitude: latitude?, longitude: longitude? })
}

/// The first column of a sheet that declares it as its identifier holds each value once.
fn duplicates(spec: &SheetSpec, rows: &[Row], faults: &mut Vec<Fault>) {
    let first = &spec.columns[0];
    if first.kind != Kind::Id {
        return;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let id = row.text(first.name);
        match seen.get(&id) {
            Some(line) => faults.push(row.fault(first.name, FaultKind::Duplicate, format!("once, see line {line}"))),
            None => {
                seen.insert(id, row.line);
            }
        }
    }
    if spec.name == "enterprises" {
        let mut taxes: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let Some(tax) = row.optional_text("tax_code") else { continue };
            let same_id = rows.iter().filter(|other| other.text(first.name) == row.text(first.name)).count() > 1;
            match taxes.get(&tax) {
                Some(line) if !same_id => {
                    faults.push(row.fault("tax_code", FaultKind::Duplicate, format!("once, see line {line}")));
                }
                _ => {
                    taxes.insert(tax, row.line);
                }
            }
        }
    }
}

fn enterprise(row: &Row) -> Enterprise {
    Enterprise {
        id: EnterpriseId::new(row.text("enterprise")),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        tax_code: row.optional_text("tax_code"),
        isic4: row.text("isic4"),
        role: match row.text("role").as_str() {
            "utility" => EnterpriseRole::Utility,
            "developer" => EnterpriseRole::Developer,
            _ => EnterpriseRole::Tenant,
        },
        employees: row.number("employees").map(|count| count as u32),
        place: place(row.number("latitude"), row.number("longitude")),
    }
}

/// `from` and `to` (included) of a row as a half-open period.
pub(super) fn period(row: &Row, faults: &mut Vec<Fault>) -> Option<Period> {
    let (from, to) = (row.date("from")?, row.date("to")?);
    let period = to.tomorrow().ok().and_then(|end| Period::new(from, end));
    if period.is_none() {
        faults.push(row.fault("to", FaultKind::NotAPeriod, format!("≥ {from}")));
    }
    period
}

/// The unit of a row must measure what its resource is.
fn unit_fits(row: &Row, resource: &str, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> bool {
    let Some(resource) = catalogue.resources.get(&ResourceId::new(resource)) else { return false };
    let unit = row.text("unit");
    let fits = catalogue.units.get(&unit).is_some_and(|unit| unit.dimension == resource.dimension);
    if !fits {
        faults.push(row.fault("unit", FaultKind::WrongUnit, catalogue.unit_codes(resource.dimension).join(" | ")));
    }
    fits
}

fn records(rows: &[Row], catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut last: BTreeMap<(String, String), Vec<(Period, usize)>> = BTreeMap::new();
    for row in rows {
        let resource = row.text("resource");
        let fits = unit_fits(row, &resource, catalogue, faults);
        let Some(period) = period(row, faults) else { continue };
        let earlier = last.entry((row.text("enterprise"), resource.clone())).or_default();
        if let Some((other, line)) = earlier.iter().find(|(other, _)| other.overlaps(&period)) {
            faults.push(row.fault("from", FaultKind::OverlappingPeriods, format!("≠ {other}, line {line}")));
        }
        earlier.push((period, row.line));
        if fits && let Some(value) = row.number("amount") {
            records.push(Record {
                enterprise: EnterpriseId::new(row.text("enterprise")),
                resource: ResourceId::new(resource),
                period,
                amount: Amount { value, unit: row.text("unit") },
                basis: basis(row),
                source: row.text("source"),
                cost_vnd: row.number("cost_vnd"),
                line: row.line,
            });
        }
    }
    records
}

fn basis(row: &Row) -> Basis {
    Basis::parse(&row.text("basis")).unwrap_or(Basis::Declared)
}

fn driver(row: &Row, faults: &mut Vec<Fault>) -> Option<Driver> {
    Some(Driver {
        enterprise: EnterpriseId::new(row.text("enterprise")),
        driver: row.text("driver"),
        period: period(row, faults)?,
        value: row.number("value")?,
        unit: row.optional_text("unit"),
    })
}

fn meter(row: &Row, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Option<Meter> {
    unit_fits(row, &row.text("resource"), catalogue, faults).then(|| Meter {
        id: MeterId::new(row.text("meter")),
        enterprise: EnterpriseId::new(row.text("enterprise")),
        resource: ResourceId::new(row.text("resource")),
        unit: row.text("unit"),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        is_main: row.text("scope") == "main",
    })
}

fn readings(rows: &[Row], faults: &mut Vec<Fault>) -> BTreeMap<MeterId, Vec<Reading>> {
    let mut readings: BTreeMap<MeterId, BTreeMap<Timestamp, Option<f64>>> = BTreeMap::new();
    for row in rows {
        let Some(at) = parse_instant(&row.text("at")) else { continue };
        let series = readings.entry(MeterId::new(row.text("meter"))).or_default();
        if series.insert(at, row.number("value")).is_some() {
            faults.push(row.fault("at", FaultKind::Duplicate, "once"));
        }
    }
    readings
        .into_iter()
        .map(|(meter, series)| (meter, series.into_iter().map(|(at, value)| Reading { at, value }).collect()))
        .collect()
}

fn stream(row: &Row, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Option<Stream> {
    let kind = match row.text("kind").as_str() {
        "water" => StreamKind::Water,
        "heat" => StreamKind::Heat,
        _ => StreamKind::Material,
    };
    let dimension = kind.dimension();
    let unit = row.text("unit");
    if catalogue.units.get(&unit).is_none_or(|unit| unit.dimension != dimension) {
        faults.push(row.fault("unit", FaultKind::WrongUnit, catalogue.unit_codes(dimension).join(" | ")));
        return None;
    }
    Some(Stream {
        id: StreamId::new(row.text("stream")),
        enterprise: EnterpriseId::new(row.text("enterprise")),
        direction: if row.text("direction") == "give" { Direction::Give } else { Direction::Take },
        kind,
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        ewc: row.optional_text("ewc"),
        quantity: Amount { value: row.number("quantity")?, unit },
        hazardous: row.yes("hazardous") == Some(true),
        licensed: row.yes("licensed") == Some(true),
        price_vnd: row.number("price_vnd"),
        treatment_vnd: row.number("treatment_vnd"),
        temperature_c: row.number("temperature_c"),
        basis: basis(row),
        source: row.text("source"),
        composition: BTreeMap::new(),
        details: details(row, faults),
    })
}

fn composition(rows: &[Row], streams: &mut [Stream], faults: &mut Vec<Fault>) {
    for row in rows {
        let id = row.text("stream");
        let Some(stream) = streams.iter_mut().find(|stream| stream.id.as_str() == id) else { continue };
        let Some(value) = row.number("value") else { continue };
        let amount = Amount { value, unit: row.text("unit") };
        if stream.composition.insert(row.text("substance"), amount).is_some() {
            faults.push(row.fault("substance", FaultKind::Duplicate, "once"));
        }
    }
}

fn exchange(row: &Row, faults: &mut Vec<Fault>) -> Option<RunningExchange> {
    let quantity = match (row.number("quantity"), row.optional_text("unit")) {
        (Some(value), Some(unit)) => Some(Amount { value, unit }),
        (Some(_), None) => {
            faults.push(row.fault("unit", FaultKind::MissingValue, "units"));
            return None;
        }
        _ => None,
    };
    if row.text("giver") == row.text("taker") {
        faults.push(row.fault("taker", FaultKind::Contradiction, format!("≠ {}", row.text("giver"))));
        return None;
    }
    Some(RunningExchange {
        id: ExchangeId::new(row.text("exchange")),
        giver: EnterpriseId::new(row.text("giver")),
        taker: EnterpriseId::new(row.text("taker")),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        quantity,
        since: row.date("since"),
        ended_on: row.date("until").and_then(|day: Date| day.tomorrow().ok()),
        evidence: row.optional_text("evidence"),
    })
}

fn survey(rows: &[Row], faults: &mut Vec<Fault>) -> Vec<Answer> {
    let mut seen: BTreeSet<(String, String, Date)> = BTreeSet::new();
    let mut answers = Vec::new();
    for row in rows {
        let Some(answered_on) = row.date("answered_on") else { continue };
        if !seen.insert((row.text("enterprise"), row.text("question"), answered_on)) {
            faults.push(row.fault("question", FaultKind::Duplicate, "once"));
        }
        answers.push(Answer {
            enterprise: EnterpriseId::new(row.text("enterprise")),
            question: row.text("question"),
            yes: row.yes("answer") == Some(true),
            answered_on,
            evidence: row.optional_text("evidence"),
        });
    }
    answers
}

fn facts(rows: &[Row], faults: &mut Vec<Fault>) -> Vec<Fact> {
    let mut seen: BTreeSet<(String, Date)> = BTreeSet::new();
    let mut facts = Vec::new();
    for row in rows {
        let Some(stated_on) = row.date("stated_on") else { continue };
        let (value, not_applicable) = (row.number("value"), row.optional_text("not_applicable"));
        match (value, &not_applicable) {
            (None, None) => faults.push(row.fault("value", FaultKind::MissingValue, "value | not_applicable")),
            (Some(_), Some(_)) => {
                faults.push(row.fault("not_applicable", FaultKind::Contradiction, "value | not_applicable"))
            }
            _ => {}
        }
        if !seen.insert((row.text("fact"), stated_on)) {
            faults.push(row.fault("fact", FaultKind::Duplicate, "once"));
        }
        facts.push(Fact {
            fact: row.text("fact"),
            value,
            stated_on,
            evidence: row.optional_text("evidence"),
            not_applicable,
        });
    }
    facts
}

fn measure(row: &Row, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Option<Measure> {
    let resource = row.text("resource");
    let expected_saving = match row.number("expected_saving") {
        Some(value) => {
            if !unit_fits(row, &resource, catalogue, faults) {
                return None;
            }
            Some(Amount { value, unit: row.text("unit") })
        }
        None => None,
    };
    let installed = match (row.date("installed_from"), row.date("installed_to")) {
        (Some(from), Some(to)) => {
            let period = to.tomorrow().ok().and_then(|end| Period::new(from, end));
            if period.is_none() {
                faults.push(row.fault("installed_to", FaultKind::NotAPeriod, format!("≥ {from}")));
            }
            period
        }
        (Some(_), None) => {
            faults.push(row.fault("installed_to", FaultKind::MissingValue, "yyyy-MM-dd"));
            None
        }
        (None, Some(_)) => {
            faults.push(row.fault("installed_from", FaultKind::MissingValue, "yyyy-MM-dd"));
            None
        }
        (None, None) => None,
    };
    Some(Measure {
        id: MeasureId::new(row.text("measure")),
        enterprise: EnterpriseId::new(row.text("enterprise")),
        option: row.optional_text("option").map(OptionId::new),
        name: Label::new(row.text("name_vi"), row.text("name_en")),
        resource: ResourceId::new(resource),
        meter: row.optional_text("meter").map(MeterId::new),
        status: Status::parse(&row.text("status"))?,
        status_on: row.date("status_on")?,
        installed,
        expected_saving,
        investment_vnd: row.number("investment_vnd"),
        expected_uncertainty_90: expected_uncertainty(row, faults),
        share: row.number("share"),
        owner: row.optional_text("owner"),
        evidence: row.optional_text("evidence"),
        signer: row.optional_text("signer"),
    })
}

/// The width of an expectation, told only beside the expectation.
fn expected_uncertainty(row: &Row, faults: &mut Vec<Fault>) -> Option<f64> {
    let width = row.number("expected_uncertainty_90")?;
    if row.number("expected_saving").is_none() {
        faults.push(row.fault("expected_saving", FaultKind::MissingValue, "≥ 0"));
    }
    Some(width)
}

impl StreamKind {
    /// What the quantity of such a stream measures.
    pub fn dimension(self) -> crate::quantity::Dimension {
        match self {
            StreamKind::Material => crate::quantity::Dimension::Mass,
            StreamKind::Water => crate::quantity::Dimension::Volume,
            StreamKind::Heat => crate::quantity::Dimension::Energy,
        }
    }
}
