//! Sheets as they come from a CSV file or a workbook, and the declared columns they are read against.
//! One declaration per sheet serves reading, checking, writing, the blank template and `docs/formats.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultKind, Place};
use crate::period::parse_date;

/// A cell before anybody has asked what it should mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Date(Date),
    /// A workbook cell that calculates. Refused: the file must hold values that can be traced.
    Formula(String),
}

impl Cell {
    pub fn text(value: impl Into<String>) -> Cell {
        let value = value.into();
        if value.trim().is_empty() { Cell::Empty } else { Cell::Text(value.trim().to_string()) }
    }

    /// As the person who typed it would recognise it.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Date(date) => date.to_string(),
            Cell::Formula(formula) => format!("={formula}"),
        }
    }
}

/// Which kind of file a sheet came from; decides how a place in it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    File,
    Workbook,
}

/// A header and rows, each with its line as the editor shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// `records.csv`, or `records` in a workbook.
    pub name: String,
    pub origin: Origin,
    pub columns: Vec<String>,
    pub rows: Vec<(usize, Vec<Cell>)>,
}

impl Sheet {
    fn place(&self, line: usize, column: &str) -> Place {
        let cell = match self.origin {
            Origin::File => None,
            Origin::Workbook => self
                .columns
                .iter()
                .position(|name| name == column)
                .map(|index| format!("{}{line}", column_letters(index))),
        };
        Place { file: self.name.clone(), line: Some(line), column: Some(column.to_string()), cell }
    }

    pub fn fault(&self, line: usize, column: &str, kind: FaultKind, found: String, expected: String) -> Fault {
        Fault { place: self.place(line, column), kind, found, expected }
    }
}

/// `A`, `B`, …, `Z`, `AA`, as spreadsheets count.
pub fn column_letters(index: usize) -> String {
    let mut letters = String::new();
    let mut rest = index + 1;
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.insert(0, char::from(b'A' + digit as u8));
        rest = (rest - 1) / 26;
    }
    letters
}

/// Reads CSV text. The separator is `,` or, as Vietnamese Excel saves it, `;`: whichever the header uses more.
pub fn read_csv(name: &str, text: &str) -> Result<Sheet, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = text.lines().next().unwrap_or("");
    let delimiter = if header.matches(';').count() > header.matches(',').count() { b';' } else { b',' };
    // The reader would take the rest of the file for one cell, and the rows in it would be lost without a word.
    if let Some(line) = unclosed_quote(text, delimiter) {
        return Err(Fault {
            place: Place { file: name.to_string(), line: Some(line), ..Place::default() },
            kind: FaultKind::UnreadableFile,
            found: "\"".to_string(),
            expected: "\"…\"".to_string(),
        });
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut sheet = Sheet { name: name.to_string(), origin: Origin::File, columns: Vec::new(), rows: Vec::new() };
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Fault {
            place: Place { file: name.to_string(), line: Some(index + 1), ..Place::default() },
            kind: FaultKind::UnreadableFile,
            found: error.to_string(),
            expected: "CSV in UTF-8".to_string(),
        })?;
        let line = line_of(text, &record).unwrap_or(index + 1);
        if index == 0 {
            sheet.columns = record.iter().map(|cell| cell.trim().to_string()).collect();
        } else if record.iter().any(|cell| !cell.trim().is_empty()) {
            sheet.rows.push((line, record.iter().map(Cell::text).collect()));
        }
    }
    Ok(sheet)
}

/// The line on which a record of this text begins. The reader places it right behind the record before, which may leave the
/// end of that line, as Windows writes it, and blank lines still to be counted.
pub fn line_of(text: &str, record: &csv::StringRecord) -> Option<usize> {
    let position = record.position()?;
    let rest = text.as_bytes().get(position.byte() as usize..)?;
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    Some(position.line() as usize + ends.filter(|byte| **byte == b'\n').count())
}

/// The line of a quote that opens a cell and is not closed.
fn unclosed_quote(text: &str, delimiter: u8) -> Option<usize> {
    let (mut line, mut opened, mut is_start) = (1, None, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, opened) {
            (b'"', None) if is_start => opened = Some(line),
            // Two quotes within a cell stand for one.
            (b'"', Some(_)) if bytes.peek() == Some(&b'"') => _ = bytes.next(),
            (b'"', Some(_)) => opened = None,
            _ => {}
        }
        line += usize::from(byte == b'\n');
        is_start = opened.is_none() && (byte == delimiter || byte == b'\n');
    }
    opened
}

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Free text.
    Text,
    /// A short code made here, unique in its sheet when it is the sheet's first column.
    Id,
    /// A number from `min` to `max`.
    Number {
        min: f64,
        max: f64,
    },
    Whole {
        min: f64,
        max: f64,
    },
    Date,
    /// yyyy-MM-ddTHH:mm with offset or Z.
    Instant,
    YesNo,
    /// One of a few words fixed by the product.
    Choice(&'static [&'static str]),
    /// A code of the catalogue; the list is named.
    Code(&'static str),
    /// An identifier of another sheet's first column.
    Reference(&'static str),
}

/// An amount that may not be negative.
pub const AMOUNT: Kind = Kind::Number { min: 0.0, max: f64::INFINITY };
/// A share from 0 to 1.
pub const SHARE: Kind = Kind::Number { min: 0.0, max: 1.0 };

#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub vi: &'static str,
    pub en: &'static str,
    /// One example value, shown in the blank template and in `docs/formats.md`.
    pub example: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub struct SheetSpec {
    pub name: &'static str,
    pub required: bool,
    pub vi: &'static str,
    pub en: &'static str,
    pub columns: &'static [ColumnSpec],
}

/// Codes that cells are checked against: list name → codes; filled from the catalogue and from the park's own sheets.
pub type CodeLists = BTreeMap<String, BTreeSet<String>>;

/// A row whose cells all passed their declared kind.
#[derive(Debug)]
pub struct Row<'a> {
    pub sheet: &'a Sheet,
    pub line: usize,
    cells: BTreeMap<&'static str, Cell>,
}

impl Row<'_> {
    /// The text of a cell; empty when the cell is empty.
    pub fn text(&self, column: &str) -> String {
        self.cells.get(column).map(Cell::shown).unwrap_or_default()
    }

    pub fn optional_text(&self, column: &str) -> Option<String> {
        self.cells.get(column).map(Cell::shown).filter(|text| !text.is_empty())
    }

    pub fn number(&self, column: &str) -> Option<f64> {
        match self.cells.get(column) {
            Some(Cell::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn date(&self, column: &str) -> Option<Date> {
        match self.cells.get(column) {
            Some(Cell::Date(date)) => Some(*date),
            _ => None,
        }
    }

    pub fn yes(&self, column: &str) -> Option<bool> {
        self.optional_text(column).map(|text| text == "yes")
    }

    pub fn fault(&self, column: &str, kind: FaultKind, expected: impl Into<String>) -> Fault {
        self.sheet.fault(self.line, column, kind, self.text(column), expected.into())
    }
}

/// Reads a sheet against its declaration. Faulty rows are left out and every fault is told once.
pub fn read_rows<'a>(spec: &SheetSpec, sheet: &'a Sheet, lists: &CodeLists, faults: &mut Vec<Fault>) -> Vec<Row<'a>> {
    let missing: Vec<&ColumnSpec> = spec
        .columns
        .iter()
        .filter(|column| column.required && !sheet.columns.iter().any(|c| c == column.name))
        .collect();
    for column in &missing {
        // The header cell where the format has this column; the sheet itself has none to point at.
        let index = spec.columns.iter().position(|other| other.name == column.name).unwrap_or_default();
        let cell = (sheet.origin == Origin::Workbook).then(|| format!("{}1", column_letters(index)));
        faults.push(Fault {
            place: Place { file: sheet.name.clone(), line: Some(1), column: Some(column.name.to_string()), cell },
            kind: FaultKind::MissingColumn,
            found: sheet.columns.join(", "),
            expected: column.name.to_string(),
        });
    }
    for column in &sheet.columns {
        if !column.is_empty() && !spec.columns.iter().any(|c| c.name == column) {
            faults.push(sheet.fault(
                1,
                column,
                FaultKind::UnknownColumn,
                column.clone(),
                spec.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", "),
            ));
        }
    }
    if !missing.is_empty() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for (line, cells) in &sheet.rows {
        let before = faults.len();
        let mut read = BTreeMap::new();
        for column in spec.columns {
            let cell = sheet
                .columns
                .iter()
                .position(|name| name == column.name)
                .and_then(|index| cells.get(index))
                .unwrap_or(&Cell::Empty);
            match read_cell(column, cell, lists) {
                Ok(value) => {
                    read.insert(column.name, value);
                }
                Err((kind, expected)) => faults.push(sheet.fault(*line, column.name, kind, cell.shown(), expected)),
            }
        }
        if faults.len() == before {
            rows.push(Row { sheet, line: *line, cells: read });
        }
    }
    rows
}

fn read_cell(column: &ColumnSpec, cell: &Cell, lists: &CodeLists) -> Result<Cell, (FaultKind, String)> {
    if let Cell::Formula(_) = cell {
        return Err((FaultKind::Formula, describe(column.kind)));
    }
    if *cell == Cell::Empty {
        return if column.required { Err((FaultKind::MissingValue, describe(column.kind))) } else { Ok(Cell::Empty) };
    }
    let shown = cell.shown();
    match column.kind {
        Kind::Text | Kind::Id => Ok(Cell::Text(shown)),
        Kind::Number { min, max } => read_number(cell, min, max, column.kind),
        Kind::Whole { min, max } => match read_number(cell, min, max, column.kind)? {
            Cell::Number(number) if number.fract() != 0.0 => Err((FaultKind::NotANumber, describe(column.kind))),
            number => Ok(number),
        },
        Kind::Date => read_date(cell),
        Kind::Instant => match cell {
            Cell::Text(text) if parse_instant(text).is_some() => Ok(Cell::Text(text.clone())),
            _ => Err((FaultKind::NotADate, describe(column.kind))),
        },
        Kind::YesNo => choice(&shown, &["yes", "no"]),
        Kind::Choice(words) => choice(&shown, words),
        Kind::Code(list) => match lists.get(list) {
            Some(codes) if !codes.contains(&shown) => Err((FaultKind::UnknownCode, list.to_string())),
            _ => Ok(Cell::Text(shown)),
        },
        Kind::Reference(list) => match lists.get(list) {
            Some(codes) if !codes.contains(&shown) => Err((FaultKind::UnknownReference, list.to_string())),
            _ => Ok(Cell::Text(shown)),
        },
    }
}

fn choice(shown: &str, words: &[&str]) -> Result<Cell, (FaultKind, String)> {
    let folded = shown.to_lowercase();
    match words.iter().find(|word| **word == folded) {
        Some(word) => Ok(Cell::Text(word.to_string())),
        None => Err((FaultKind::UnknownCode, words.join(" | "))),
    }
}

fn read_number(cell: &Cell, min: f64, max: f64, kind: Kind) -> Result<Cell, (FaultKind, String)> {
    let number = match cell {
        Cell::Number(number) => *number,
        // `parse` would take "inf", "nan" and "1e9"; a bill holds none of them.
        Cell::Text(text) if text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') => {
            text.parse().map_err(|_| (FaultKind::NotANumber, describe(kind)))?
        }
        _ => return Err((FaultKind::NotANumber, describe(kind))),
    };
    if !number.is_finite() {
        Err((FaultKind::NotANumber, describe(kind)))
    } else if number < min {
        Err((if min == 0.0 { FaultKind::NegativeAmount } else { FaultKind::OutOfRange }, describe(kind)))
    } else if number > max {
        Err((FaultKind::OutOfRange, describe(kind)))
    } else {
        Ok(Cell::Number(number))
    }
}

/// The first and last day that a record may carry. Earlier dates are what spreadsheets make of small numbers.
const EARLIEST: &str = "1970-01-01";
const LATEST: &str = "2100-12-31";

fn read_date(cell: &Cell) -> Result<Cell, (FaultKind, String)> {
    let date = match cell {
        Cell::Date(date) => Some(*date),
        Cell::Text(text) => parse_date(text),
        _ => None,
    };
    let Some(date) = date else { return Err((FaultKind::NotADate, describe(Kind::Date))) };
    let plausible =
        parse_date(EARLIEST).is_some_and(|first| first <= date) && parse_date(LATEST).is_some_and(|last| date <= last);
    if plausible { Ok(Cell::Date(date)) } else { Err((FaultKind::ImplausibleDate, format!("{EARLIEST} … {LATEST}"))) }
}

/// A moment with its offset: `2024-01-31T23:00+07:00` or `…Z`.
pub fn parse_instant(text: &str) -> Option<jiff::Timestamp> {
    text.replacen(' ', "T", 1).parse().ok()
}

/// What was expected, in words that need no translation: a pattern, a range, a list.
fn describe(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_string(),
        Kind::Id => "A-Z a-z 0-9 -".to_string(),
        Kind::Number { min, max } | Kind::Whole { min, max } => match (min.is_finite(), max.is_finite()) {
            (true, true) => format!("{min} … {max}"),
            (true, false) => format!("1234.5 (≥ {min})"),
            _ => "1234.5".to_string(),
        },
        Kind::Date => "yyyy-MM-dd | dd/MM/yyyy".to_string(),
        Kind::Instant => "2024-01-31T23:00+07:00".to_string(),
        Kind::YesNo => "yes | no".to_string(),
        Kind::Choice(words) => words.join(" | "),
        Kind::Code(list) | Kind::Reference(list) => list.to_string(),
    }
}

/// Writes rows as CSV with the declared columns.
pub fn write_csv(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(columns).expect("writing to memory does not fail");
    for row in rows {
        writer.write_record(row).expect("writing to memory does not fail");
    }
    String::from_utf8(writer.into_inner().expect("writing to memory does not fail")).expect("our cells are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_spreadsheets_count() {
        assert_eq!([0, 25, 26, 701, 702].map(column_letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told_with_its_line() {
        let line = |text: &str| read_csv("a.csv", text).err().and_then(|fault| fault.place.line);
        assert_eq!(line("x,y\n1,\"a\n2,b\n3,c\n"), Some(2));
        for text in ["x,y\n1,\"a\"\"b\"\n", "x,y\n1,5\" pipe\n", "x,y\n1,\"two\nlines\"\n", "x,y\n\"\",\"\"\n"] {
            assert_eq!(line(text), None, "{text}");
        }
    }

    #[test]
    fn lines_are_counted_alike_however_they_end() {
        for end in ["\n", "\r\n"] {
            let text = ["x,y", "1,2", "", "3,\"4", "5\"", "6,7", ""].join(end);
            let sheet = read_csv("a.csv", &text).unwrap();
            assert_eq!(sheet.rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 6], "{end:?}");
        }
    }

    #[test]
    fn semicolons_and_a_byte_order_mark_are_read() {
        let sheet = read_csv("a.csv", "\u{feff}x;y\n1;2,5\n;\n3;4\n").unwrap();
        assert_eq!(sheet.columns, ["x", "y"]);
        assert_eq!(sheet.rows[1].0, 4);
    }
}
