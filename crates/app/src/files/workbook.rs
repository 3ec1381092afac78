//! A workbook, read cell by cell and within bounds: a small file may claim cells at the far end of a sheet, repeat one
//! long text a million times, or unpack to far more than it weighs.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, copy, sink};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use engine::fault::{Fault, FaultKind, Place};
use engine::table::{Cell, Origin, Sheet};
use jiff::civil::Date;
use zip::ZipArchive;

use super::kind::OLE;
use super::{MOST_BYTES, Sheets, old_workbook};

/// Parts of a workbook's archive, columns of a sheet, and filled cells of a workbook.
const MOST_PARTS: usize = 1_000;
const MOST_COLUMNS: u32 = 200;
const MOST_CELLS: usize = 3_000_000;

/// The sheets of a workbook whose names the format knows. Others, such as the instructions of the template, are
/// passed over when their name starts with `_`.
pub fn workbook_sheets(bytes: &[u8]) -> Sheets {
    if bytes.starts_with(OLE) {
        return old_workbook::sheets(bytes);
    }
    let mut sheets = BTreeMap::new();
    let mut faults = Vec::new();
    if let Err(fault) = unpacks_within_bounds(bytes) {
        return (sheets, vec![fault]);
    }
    let mut workbook: Xlsx<_> = match open_workbook_from_rs(Cursor::new(bytes)) {
        Ok(workbook) => workbook,
        Err(error) => {
            let error: calamine::XlsxError = error;
            return (sheets, vec![fault("workbook", error.to_string(), "xlsx")]);
        }
    };
    let mut room = Room::default();
    for name in workbook.sheet_names() {
        if name.starts_with('_') {
            continue;
        }
        match read_sheet(&mut workbook, &name, &mut room) {
            Ok(sheet) => {
                sheets.insert(name.clone(), sheet);
            }
            Err(fault) => faults.push(fault),
        }
    }
    (sheets, faults)
}

pub(super) fn fault(file: &str, found: String, expected: &str) -> Fault {
    Fault {
        place: Place { file: file.to_string(), ..Place::default() },
        kind: FaultKind::UnreadableFile,
        found,
        expected: expected.to_string(),
    }
}

/// Unpacks every part and throws it away: what the archive says of its own sizes need not be true.
fn unpacks_within_bounds(bytes: &[u8]) -> Result<(), Fault> {
    let unreadable = |error: String| fault("workbook", error, "xlsx");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(error.to_string()))?;
    if archive.len() > MOST_PARTS {
        return Err(unreadable(format!("{} parts", archive.len())));
    }
    let mut left = MOST_BYTES;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|error| unreadable(error.to_string()))?;
        let unpacked = copy(&mut part.take(left + 1), &mut sink()).map_err(|error| unreadable(error.to_string()))?;
        if unpacked > left {
            return Err(fault("workbook", format!("> {MOST_BYTES} bytes"), "≤ 200 MB"));
        }
        left -= unpacked;
    }
    Ok(())
}

/// How much more may be read of a workbook.
pub(super) struct Room {
    cells: usize,
    text: usize,
}

impl Default for Room {
    fn default() -> Room {
        Room { cells: MOST_CELLS, text: MOST_BYTES as usize }
    }
}

impl Room {
    pub(super) fn take(&mut self, sheet: &str, text: usize) -> Result<(), Fault> {
        match (self.cells.checked_sub(1), self.text.checked_sub(text)) {
            (Some(cells), Some(text)) => {
                *self = Room { cells, text };
                Ok(())
            }
            (None, _) => Err(fault(sheet, format!("> {MOST_CELLS} cells"), "≤ 3,000,000 cells")),
            (_, None) => Err(fault(sheet, format!("> {MOST_BYTES} bytes"), "≤ 200 MB")),
        }
    }
}

/// Filled cells by row and column.
pub(super) type Filled = BTreeMap<(u32, u32), Cell>;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

fn read_sheet(workbook: &mut Book, name: &str, room: &mut Room) -> Result<Sheet, Fault> {
    let mut filled = values(workbook, name, room)?;
    filled.extend(formulas(workbook, name, room)?);
    filled.retain(|_, cell| *cell != Cell::Empty);
    sheet_of(name, filled)
}

fn values(workbook: &mut Book, name: &str, room: &mut Room) -> Result<Filled, Fault> {
    let unreadable = |error: calamine::XlsxError| fault(name, error.to_string(), "xlsx");
    let mut filled = Filled::new();
    let mut cells = workbook.worksheet_cells_reader(name).map_err(unreadable)?;
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let text = match cell.get_value() {
            calamine::DataRef::Empty => continue,
            calamine::DataRef::SharedString(text) => text.len(),
            calamine::DataRef::String(text) => text.len(),
            _ => 0,
        };
        room.take(name, text)?;
        filled.insert(cell.get_position(), cell_of(&Data::from(cell.get_value().clone())));
    }
    Ok(filled)
}

fn formulas(workbook: &mut Book, name: &str, room: &mut Room) -> Result<Filled, Fault> {
    let unreadable = |error: calamine::XlsxError| fault(name, error.to_string(), "xlsx");
    let mut filled = Filled::new();
    let mut formulas = workbook.worksheet_cells_reader(name).map_err(unreadable)?;
    while let Some(cell) = formulas.next_formula().map_err(unreadable)? {
        if !cell.get_value().is_empty() {
            room.take(name, cell.get_value().len())?;
            filled.insert(cell.get_position(), Cell::Formula(cell.get_value().clone()));
        }
    }
    Ok(filled)
}

pub(super) fn sheet_of(name: &str, filled: Filled) -> Result<Sheet, Fault> {
    let mut sheet = Sheet { name: name.to_string(), origin: Origin::Workbook, columns: Vec::new(), rows: Vec::new() };
    let Some(last) = filled.keys().map(|(_, column)| *column).max() else { return Ok(sheet) };
    if last >= MOST_COLUMNS {
        let place = Place { file: name.to_string(), ..Place::default() };
        let found = format!("{} columns", last + 1);
        return Err(Fault { place, kind: FaultKind::UnreadableFile, found, expected: "≤ 200 columns".to_string() });
    }
    let width = last as usize + 1;
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    for ((row, column), cell) in filled {
        let cells = rows.entry(row).or_insert_with(|| vec![Cell::Empty; width]);
        cells[column as usize] = cell;
    }
    let header = rows.remove(&0).unwrap_or_else(|| vec![Cell::Empty; width]);
    sheet.columns = header.iter().map(Cell::shown).collect();
    sheet.rows = rows.into_iter().map(|(row, cells)| (row as usize + 1, cells)).collect();
    Ok(sheet)
}

pub(super) fn cell_of(data: &Data) -> Cell {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn workbook(fill: impl Fn(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        fill(workbook.add_worksheet().set_name("records").unwrap());
        workbook.save_to_buffer().unwrap()
    }

    fn faults(bytes: &[u8]) -> Vec<String> {
        workbook_sheets(bytes).1.iter().map(|fault| format!("{} {}", fault.found, fault.expected)).collect()
    }

    #[test]
    fn a_cell_at_the_far_end_of_a_sheet_is_a_fault_and_costs_nothing() {
        let far = workbook(|sheet| {
            sheet.write_number(0, 0, 1.0).unwrap();
            sheet.write_number(1_048_575, 16_383, 1.0).unwrap();
        });
        assert_eq!(faults(&far), ["16384 columns ≤ 200 columns"]);
        let deep = workbook(|sheet| {
            sheet.write_string(0, 0, "enterprise").unwrap();
            sheet.write_number(1_048_575, 1, 1.0).unwrap();
        });
        let (sheets, faults) = workbook_sheets(&deep);
        assert!(faults.is_empty());
        assert_eq!(sheets["records"].rows.len(), 1);
        assert_eq!(sheets["records"].rows[0].0, 1_048_576);
    }

    #[test]
    fn a_long_text_repeated_in_many_cells_is_a_fault() {
        let long = "x".repeat(30_000);
        let many = workbook(|sheet| {
            for row in 0..8_000 {
                sheet.write_string(row, 0, &long).unwrap();
            }
        });
        assert!(many.len() < 1_000_000, "{} bytes", many.len());
        assert_eq!(faults(&many), [format!("> {MOST_BYTES} bytes ≤ 200 MB")]);
    }

    #[test]
    fn an_archive_that_unpacks_to_more_than_it_may_is_a_fault() {
        use std::io::Write;
        let mut bytes = Cursor::new(Vec::new());
        let mut archive = zip::ZipWriter::new(&mut bytes);
        archive.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeroes = vec![0; 1024 * 1024];
        for _ in 0..201 {
            archive.write_all(&zeroes).unwrap();
        }
        archive.finish().unwrap();
        assert!(bytes.get_ref().len() < 1_000_000);
        assert_eq!(faults(bytes.get_ref()), [format!("> {MOST_BYTES} bytes ≤ 200 MB")]);
    }
}
