//! Reads the file of a meter: `timestamp,value,temperature` and further columns by name, stamps with their offset from
//! UTC.

use csv::StringRecord;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use crate::fault::{Fault, FaultKind, Place};
use crate::table::line_of;

/// One row as written, in time order.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterRow {
    /// As it stood in the file.
    pub stamp: String,
    /// On the clock on the wall.
    pub local: DateTime,
    pub offset_s: i32,
    /// Missing where the cell is empty; never zero.
    pub value: Option<f64>,
    /// In the unit of the file.
    pub temperature: Option<f64>,
    /// Further columns in the order in which they were asked for: production, shutdown flags.
    pub others: Vec<Option<f64>>,
}

impl MeterRow {
    /// Since 1970 in UTC.
    pub fn seconds(&self) -> i64 {
        let zone = Offset::from_seconds(self.offset_s).unwrap_or(Offset::UTC);
        zone.to_timestamp(self.local).map_or(0, |stamp| stamp.as_second())
    }

    /// The local time on a clock with another offset.
    pub fn at_offset(&self, offset_s: i32) -> DateTime {
        if offset_s == self.offset_s {
            return self.local;
        }
        let moved = jiff::SignedDuration::from_secs(i64::from(offset_s - self.offset_s));
        self.local.checked_add(moved).unwrap_or(self.local)
    }
}

/// Larger numbers are slips of the keyboard.
const LARGEST: f64 = 1e15;
/// Hotter and colder than any place, in either unit.
const TEMPERATURES: std::ops::RangeInclusive<f64> = -130.0..=160.0;

/// Columns are found by name, others are left alone. Every fault is returned, the rows only when there is none. Two
/// hours of an autumn night share a local time but not an offset, and are two rows.
pub fn read_meter(file: &str, text: &str) -> Result<Vec<MeterRow>, Vec<Fault>> {
    read_columns(file, text, &["temperature"], &[])
}

/// As [`read_meter`] with further columns, found by their exact names. A temperature is read where there is one, and needed
/// only by who asks for it; every column that is missing is named.
pub fn read_with(file: &str, text: &str, others: &[String]) -> Result<Vec<MeterRow>, Vec<Fault>> {
    read_columns(file, text, &[], others)
}

fn read_columns(file: &str, text: &str, needed: &[&str], others: &[String]) -> Result<Vec<MeterRow>, Vec<Fault>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![whole(file, FaultKind::UnreadableFile, error.to_string(), "CSV")]),
    };
    let place = |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    let exact = |name: &String| header.iter().position(|column| column.trim() == name);
    let missing_column =
        |name: &str| whole(file, FaultKind::MissingColumn, header.iter().collect::<Vec<_>>().join(", "), name);
    let mut faults: Vec<Fault> = ["timestamp", "value"]
        .iter()
        .chain(needed)
        .filter(|name| place(name).is_none())
        .map(|name| missing_column(name))
        .collect();
    faults.extend(others.iter().filter(|name| exact(name).is_none()).map(|name| missing_column(name)));
    let temperature = place("temperature");
    let (Some(stamp), Some(value)) = (place("timestamp"), place("value")) else { return Err(faults) };
    let others: Vec<(&String, usize)> = others.iter().filter_map(|name| Some((name, exact(name)?))).collect();
    let mut rows: Vec<MeterRow> = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line() as usize;
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                faults.push(whole(file, FaultKind::UnreadableFile, error.to_string(), "CSV"));
                break;
            }
        }
        let line = line_of(text, &record).unwrap_or(line);
        let mut fault = |column: &str, kind, found: &str, expected: &str| {
            faults.push(Fault {
                place: Place { file: file.to_string(), line: Some(line), column: Some(column.to_string()), cell: None },
                kind,
                found: found.to_string(),
                expected: expected.to_string(),
            });
        };
        let cell = |index: usize| record.get(index).unwrap_or_default().trim();
        let read_value = number(cell(value), -LARGEST..=LARGEST);
        if let Err(kind) = read_value {
            fault("value", kind, cell(value), "a number, or nothing");
        }
        let warm = temperature.map(cell).unwrap_or_default();
        let read_temperature = number(warm, TEMPERATURES);
        if let Err(kind) = read_temperature {
            fault("temperature", kind, warm, "-130 to 160, or nothing");
        }
        let mut read_others = Vec::with_capacity(others.len());
        for &(name, index) in &others {
            let read = number(cell(index), -LARGEST..=LARGEST);
            if let Err(kind) = read {
                fault(name, kind, cell(index), "a number, or nothing");
            }
            read_others.push(read.unwrap_or(None));
        }
        let Some((local, offset_s)) = moment(cell(stamp)) else {
            fault("timestamp", FaultKind::NotADate, cell(stamp), "2024-01-31 13:00:00+07:00");
            continue;
        };
        let row = MeterRow {
            stamp: cell(stamp).to_string(),
            local,
            offset_s,
            value: read_value.unwrap_or(None),
            temperature: read_temperature.unwrap_or(None),
            others: read_others,
        };
        match rows.last().map(|last| last.seconds().cmp(&row.seconds())) {
            Some(std::cmp::Ordering::Equal) => {
                fault("timestamp", FaultKind::Duplicate, cell(stamp), "each moment once")
            }
            Some(std::cmp::Ordering::Greater) => {
                fault("timestamp", FaultKind::Contradiction, cell(stamp), "rows in the order of time")
            }
            _ => rows.push(row),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

fn whole(file: &str, kind: FaultKind, found: String, expected: &str) -> Fault {
    let place = Place { file: file.to_string(), ..Place::default() };
    Fault { place, kind, found, expected: expected.to_string() }
}

fn number(cell: &str, range: std::ops::RangeInclusive<f64>) -> Result<Option<f64>, FaultKind> {
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        Ok(number) if number.is_finite() => Err(FaultKind::OutOfRange),
        _ => Err(FaultKind::NotANumber),
    }
}

fn moment(cell: &str) -> Option<(DateTime, i32)> {
    let pieces = Pieces::parse(cell).ok()?;
    let offset = pieces.to_numeric_offset()?;
    Some((pieces.date().to_datetime(pieces.time()?), offset.seconds()))
}
