//! Parks on disk: a folder of CSV and TOML, or one workbook with the same sheets.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind, Place};
use engine::park::Park;
use engine::park::read::{particulars_from_toml, read_park};
use engine::park::sheets::{PARK, SHEETS};
use engine::table::{Cell, Origin, Sheet, read_csv};
use flate2::read::GzDecoder;
use jiff::civil::Date;

/// More than this is no park but an accident or an attack.
const MOST_BYTES: u64 = 200 * 1024 * 1024;

/// What reading a park gives: the park when there is no fault, and all faults.
pub type Read_ = (Option<Park>, Vec<Fault>);

/// Reads a park folder or workbook.
pub fn read(path: &Path, catalogue: &Catalogue) -> anyhow::Result<Read_> {
    let (sheets, mut faults) = if path.is_dir() {
        folder_sheets(path)?
    } else {
        let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
        workbook_sheets(&bytes)
    };
    let (park, found) = read_park(&sheets, catalogue);
    faults.extend(found);
    Ok((if faults.is_empty() { park } else { None }, faults))
}

/// Reads a workbook from memory, as it arrives by upload.
pub fn read_workbook(bytes: &[u8], catalogue: &Catalogue) -> Read_ {
    let (sheets, mut faults) = workbook_sheets(bytes);
    let (park, found) = if faults.is_empty() { read_park(&sheets, catalogue) } else { (None, Vec::new()) };
    faults.extend(found);
    (if faults.is_empty() { park } else { None }, faults)
}

type Sheets = (BTreeMap<String, Sheet>, Vec<Fault>);

pub fn folder_sheets(folder: &Path) -> anyhow::Result<Sheets> {
    let mut sheets = BTreeMap::new();
    let mut faults = Vec::new();
    let particulars = folder.join("park.toml");
    if particulars.is_file() {
        let text = fs::read_to_string(&particulars).with_context(|| format!("read {}", particulars.display()))?;
        match particulars_from_toml("park.toml", &text) {
            Ok(sheet) => {
                sheets.insert(PARK.name.to_string(), sheet);
            }
            Err(fault) => faults.push(fault),
        }
    }
    for spec in SHEETS {
        for file in [format!("{}.csv", spec.name), format!("{}.csv.gz", spec.name)] {
            let path = folder.join(&file);
            if !path.is_file() {
                continue;
            }
            let text = read_text(&path)?;
            match text.and_then(|text| read_csv(&file, &text)) {
                Ok(sheet) => {
                    sheets.insert(spec.name.to_string(), sheet);
                }
                Err(fault) => faults.push(fault),
            }
        }
    }
    Ok((sheets, faults))
}

/// Text of a file, unpacked when its name ends in `.gz`.
pub fn read_text(path: &Path) -> anyhow::Result<Result<String, Fault>> {
    let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut bytes = Vec::new();
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let read = if is_packed {
        GzDecoder::new(file).take(MOST_BYTES + 1).read_to_end(&mut bytes)
    } else {
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes)
    };
    let fault = |found: String, expected: &str| Fault {
        place: Place {
            file: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            ..Place::default()
        },
        kind: FaultKind::UnreadableFile,
        found,
        expected: expected.to_string(),
    };
    Ok(match read {
        Err(error) => Err(fault(error.to_string(), "gzip")),
        Ok(_) if bytes.len() as u64 > MOST_BYTES => Err(fault(format!("> {MOST_BYTES} bytes"), "≤ 200 MB")),
        Ok(_) => String::from_utf8(bytes).map_err(|error| fault(error.to_string(), "UTF-8")),
    })
}

/// The sheets of a workbook whose names the format knows. Others, such as the instructions of the template, are
/// passed over when their name starts with `_`.
pub fn workbook_sheets(bytes: &[u8]) -> Sheets {
    let mut sheets = BTreeMap::new();
    let mut faults = Vec::new();
    let unreadable = |file: &str, error: String| Fault {
        place: Place { file: file.to_string(), ..Place::default() },
        kind: FaultKind::UnreadableFile,
        found: error,
        expected: "xlsx".to_string(),
    };
    let mut workbook: Xlsx<_> = match open_workbook_from_rs(std::io::Cursor::new(bytes)) {
        Ok(workbook) => workbook,
        Err(error) => {
            let error: calamine::XlsxError = error;
            return (sheets, vec![unreadable("workbook", error.to_string())]);
        }
    };
    for name in workbook.sheet_names() {
        if name.starts_with('_') {
            continue;
        }
        match (workbook.worksheet_range(&name), workbook.worksheet_formula(&name)) {
            (Ok(range), Ok(formulas)) => {
                sheets.insert(name.clone(), sheet_of(&name, &range, &formulas));
            }
            (Err(error), _) | (_, Err(error)) => faults.push(unreadable(&name, error.to_string())),
        }
    }
    (sheets, faults)
}

fn sheet_of(name: &str, range: &calamine::Range<Data>, formulas: &calamine::Range<String>) -> Sheet {
    let mut sheet = Sheet { name: name.to_string(), origin: Origin::Workbook, columns: Vec::new(), rows: Vec::new() };
    let (Some(start), Some(end)) = (range.start(), range.end()) else { return sheet };
    let cell = |row: u32, column: u32| -> Cell {
        match formulas.get_value((row, column)) {
            Some(formula) if !formula.is_empty() => Cell::Formula(formula.clone()),
            _ => range.get_value((row, column)).map_or(Cell::Empty, cell_of),
        }
    };
    sheet.columns = (0..=end.1).map(|column| cell(0, column).shown()).collect();
    for row in start.0.max(1)..=end.0 {
        let cells: Vec<Cell> = (0..=end.1).map(|column| cell(row, column)).collect();
        if cells.iter().any(|cell| *cell != Cell::Empty) {
            sheet.rows.push((row as usize + 1, cells));
        }
    }
    sheet
}

fn cell_of(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) => Cell::text(text.clone()),
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::Bool(yes) => Cell::text(if *yes { "yes" } else { "no" }),
        Data::DateTime(moment) => {
            date_of_serial(moment.as_f64()).map_or_else(|| Cell::Number(moment.as_f64()), Cell::Date)
        }
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::text(text.clone()),
        other => Cell::text(other.to_string()),
    }
}

/// The day of a spreadsheet's serial number; day 1 is 1 January 1900, and 1900 is taken for a leap year there.
fn date_of_serial(serial: f64) -> Option<Date> {
    let days = serial.floor() as i64;
    let base = if days < 60 { jiff::civil::date(1899, 12, 31) } else { jiff::civil::date(1899, 12, 30) };
    base.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
