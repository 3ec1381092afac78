//! Measured plants and simulated buildings of published test data, rewritten as a park folder.
//! What each file holds and whose it is: `examples/meters/README.md`.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use engine::park::sheets;
use engine::period::Period;
use engine::table::{Cell, Sheet, read_csv};
use flate2::read::GzDecoder;

use crate::calendar::last_day;
use crate::folder::Folder;

/// A plant: code here, code in the data, its name there, what it burns, its second predictor.
struct Plant {
    id: &'static str,
    source: &'static str,
    name_vi: &'static str,
    name_en: &'static str,
    resource: &'static str,
    driver: &'static str,
}

const HEATING: &str = "heating-degree-days";
const COOLING: &str = "cooling-degree-days";

#[rustfmt::skip]
const PLANTS: &[Plant] = &[
    Plant { id: "V1", source: "verifi_4oif6zvif", name_vi: "HQ (Simple), khí đốt", name_en: "HQ (Simple), natural gas", resource: "fuel-energy", driver: HEATING },
    Plant { id: "V2", source: "verifi_kphwjk5og", name_vi: "HQ (Simple), điện", name_en: "HQ (Simple), electricity", resource: "electricity", driver: COOLING },
    Plant { id: "V3", source: "verifi_y0ddzwqo3", name_vi: "Peanuts (Average), khí đốt", name_en: "Peanuts (Average), natural gas", resource: "fuel-energy", driver: HEATING },
    Plant { id: "V4", source: "verifi_h1f01pg8t", name_vi: "Peanuts (Average), điện", name_en: "Peanuts (Average), electricity", resource: "electricity", driver: COOLING },
    Plant { id: "V5", source: "verifi_p336cqtt9", name_vi: "Roasting (Advanced), khí đốt 1", name_en: "Roasting (Advanced), natural gas 1", resource: "fuel-energy", driver: HEATING },
    Plant { id: "V6", source: "verifi_pfrzv1lt6", name_vi: "Roasting (Advanced), khí đốt 2", name_en: "Roasting (Advanced), natural gas 2", resource: "fuel-energy", driver: HEATING },
    Plant { id: "V7", source: "verifi_50vk8quru", name_vi: "Roasting (Advanced), điện 1", name_en: "Roasting (Advanced), electricity 1", resource: "electricity", driver: COOLING },
    Plant { id: "V8", source: "verifi_wzxetistq", name_vi: "Roasting (Advanced), điện 2", name_en: "Roasting (Advanced), electricity 2", resource: "electricity", driver: COOLING },
];

/// Building → meters of electricity and outdoor temperature.
const BUILDINGS: &[(&str, &str)] = &[("B1", "116975"), ("B2", "117154")];

/// The boundary between the compared years; no measure is documented in the data. A plant loses its last month of
/// 2023, a building the first of 2019, because one day at least must count as installation.
const PLANT_BOUNDARY: (&str, &str) = ("2023-12-01", "2023-12-31");
const BUILDING_BOUNDARY: (&str, &str) = ("2019-01-01", "2019-01-01");

/// Reads `verifi_monthly.csv` and the hourly files of the buildings from a folder.
pub fn read(from: &Path) -> anyhow::Result<Folder> {
    let mut records = Vec::new();
    let mut drivers = Vec::new();
    plants(&open(&from.join("verifi_monthly.csv"))?, &mut records, &mut drivers)?;
    let mut readings = Vec::new();
    for (building, source) in BUILDINGS {
        let (mut energy, mut warmth) = (Vec::new(), Vec::new());
        for year in ["baseline", "reporting"] {
            hours(building, &open(&from.join(format!("{source}.{year}.hourly.csv.gz")))?, &mut energy, &mut warmth)?;
        }
        readings.append(&mut energy);
        readings.append(&mut warmth);
    }
    let mut folder = Folder::default();
    folder.text("park.toml", PARTICULARS.to_string());
    folder.sheet(&sheets::ENTERPRISES, &enterprises());
    folder.sheet(&sheets::RECORDS, &records);
    folder.sheet(&sheets::DRIVERS, &drivers);
    folder.sheet(&sheets::METERS, &meters());
    folder.compressed_sheet(&sheets::READINGS, &readings);
    folder.sheet(&sheets::MEASURES, &measures());
    Ok(folder)
}

const PARTICULARS: &str = r#"park = "meters"
name_vi = "Nhà máy và tòa nhà thử phương pháp (Hoa Kỳ)"
name_en = "Plants and buildings to try the methods on (USA)"
utc_offset_h = -6
synthetic = true
note = "Không phải một khu công nghiệp: 8 bộ số liệu nhà máy ví dụ (ORNL VERIFI) và 2 tòa nhà mô phỏng (NREL ComStock, CC BY 3.0 US). Not a park: 8 data sets of example plants (ORNL VERIFI) and 2 simulated buildings (NREL ComStock, CC BY 3.0 US)."
"#;

fn open(path: &Path) -> anyhow::Result<Sheet> {
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let name = path.display().to_string();
    let mut text = String::new();
    if name.ends_with(".gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).with_context(|| format!("unpack {name}"))?;
    } else {
        text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    }
    match read_csv(&name, &text) {
        Ok(sheet) => Ok(sheet),
        Err(fault) => anyhow::bail!("{name}: {}", fault.found),
    }
}

/// The text of a named column in a row.
fn cell(sheet: &Sheet, cells: &[Cell], column: &str) -> anyhow::Result<String> {
    let place = sheet.columns.iter().position(|name| name == column);
    let text = place.and_then(|place| cells.get(place)).map(Cell::shown);
    text.with_context(|| format!("{}: column {column} is missing", sheet.name))
}

fn plants(sheet: &Sheet, records: &mut Vec<Vec<String>>, drivers: &mut Vec<Vec<String>>) -> anyhow::Result<()> {
    for plant in PLANTS {
        for (_, cells) in &sheet.rows {
            if cell(sheet, cells, "id")? != plant.source {
                continue;
            }
            let (year, number) = (cell(sheet, cells, "year")?.parse()?, cell(sheet, cells, "month")?.parse()?);
            let month = Period::month(year, number).with_context(|| format!("{year}-{number} is no month"))?;
            let (from, to) = (month.start().to_string(), last_day(&month).to_string());
            let mut record = |resource: &str, amount: String, unit: &str, basis: &str| {
                let row = [plant.id, resource, &from, &to, &amount, unit, basis, plant.source, ""];
                records.push(row.map(str::to_string).to_vec());
            };
            record(plant.resource, cell(sheet, cells, "energy_mmbtu")?, "MMBtu", "invoiced");
            record("product-count", cell(sheet, cells, "x1")?, "piece", "declared");
            let degree_days = cell(sheet, cells, "x2")?;
            drivers.push([plant.id, plant.driver, &from, &to, &degree_days, "degF d"].map(str::to_string).to_vec());
        }
    }
    Ok(())
}

/// Hours of one year. Stamps keep their offset; degrees Fahrenheit become Celsius: (°F − 32) / 1.8.
fn hours(
    building: &str,
    sheet: &Sheet,
    energy: &mut Vec<Vec<String>>,
    warmth: &mut Vec<Vec<String>>,
) -> anyhow::Result<()> {
    for (_, cells) in &sheet.rows {
        // 2018-01-01 00:00:00-06:00 → 2018-01-01T00:00-06:00
        let stamp = cell(sheet, cells, "timestamp")?.replacen(' ', "T", 1).replacen(":00:00", ":00", 1);
        energy.push(vec![building.to_string(), stamp.clone(), cell(sheet, cells, "value")?]);
        let fahrenheit = cell(sheet, cells, "temperature")?;
        let celsius = match fahrenheit.parse::<f64>() {
            Ok(degrees) => format!("{:.2}", (degrees - 32.0) / 1.8),
            Err(_) => String::new(),
        };
        warmth.push(vec![format!("{building}-T"), stamp, celsius]);
    }
    Ok(())
}

fn enterprises() -> Vec<Vec<String>> {
    let row = |id: &str, vi: &str, en: &str, isic4: &str| {
        [id, vi, en, "", isic4, "tenant", "", "", ""].map(str::to_string).to_vec()
    };
    let plants = PLANTS.iter().map(|plant| row(plant.id, plant.name_vi, plant.name_en, "1079"));
    let buildings = BUILDINGS.iter().map(|(id, source)| {
        row(id, &format!("Tòa nhà mô phỏng {source}"), &format!("Simulated building {source}"), "6810")
    });
    plants.chain(buildings).collect()
}

fn meters() -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (building, source) in BUILDINGS {
        let thermometer = format!("{building}-T");
        let (vi, en) = (format!("Điện tòa nhà {source}"), format!("Electricity of building {source}"));
        rows.push([building, building, "electricity", "kWh", &vi, &en, "main"].map(str::to_string).to_vec());
        let (vi, en) = (format!("Nhiệt độ ngoài trời {source}"), format!("Outdoor temperature {source}"));
        let row = [thermometer.as_str(), building, "outdoor-temperature", "degC", &vi, &en, "sub"];
        rows.push(row.map(str::to_string).to_vec());
    }
    rows
}

fn measures() -> Vec<Vec<String>> {
    let row = |place: &str, resource: &str, meter: &str, (from, to): (&str, &str)| {
        let id = format!("M-{place}");
        let evidence = "Không có biện pháp được ghi nhận: ngày chỉ là ranh giới giữa hai kỳ so sánh. \
                        No measure is documented: the dates only mark the boundary between the compared years.";
        let cells = [
            &id,
            place,
            "",
            "Ranh giới hai kỳ so sánh",
            "Boundary of the compared years",
            resource,
            meter,
            "built",
            to,
            from,
            to,
            "",
            "",
            "",
            "1",
            "",
            evidence,
            "",
        ];
        cells.map(str::to_string).to_vec()
    };
    let plants = PLANTS.iter().map(|plant| row(plant.id, plant.resource, "", PLANT_BOUNDARY));
    let buildings = BUILDINGS.iter().map(|(id, _)| row(id, "electricity", id, BUILDING_BOUNDARY));
    plants.chain(buildings).collect()
}
