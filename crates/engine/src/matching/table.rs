//! One table of streams or links under way: its columns by name, the row just read, and the faults of its cells.

mod rows;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::RangeInclusive;

use crate::fault::{Fault, FaultKind, Place};
use rows::{RowFault, Rows};

/// Which rows are whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As many values as columns.
    Full,
    /// Empty values at the end may be left out.
    UpToFull,
}

/// A value as it is written into a table: in quotation marks where it needs them.
pub fn quoted(value: &str) -> Cow<'_, str> {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\"")).into()
    } else {
        value.into()
    }
}

pub struct Table<'a, R> {
    file: &'a str,
    rows: Rows<R>,
    headers: Vec<String>,
    columns: Vec<(String, usize)>,
    width: usize,
    rule: Width,
    is_readable: bool,
}

impl<'a, R: BufRead> Table<'a, R> {
    pub fn new(
        file: &'a str,
        input: R,
        required: &[&str],
        optional: &[&str],
        rule: Width,
        faults: &mut Vec<Fault>,
    ) -> Table<'a, R> {
        let (rows, headers, columns) = (Rows::new(input), Vec::new(), Vec::new());
        let mut table = Table { file, rows, headers, columns, width: 0, rule, is_readable: true };
        let headers = table.read_headers(faults);
        table.width = headers.len();
        for &name in required.iter().chain(optional) {
            let mut places = headers.iter().enumerate().filter(|(_, header)| *header == name).map(|(place, _)| place);
            if let Some(place) = places.next() {
                table.columns.push((name.to_owned(), place));
            }
            if places.next().is_some() {
                faults.push(table.fault(name, FaultKind::Duplicate, name, "one column of this name".to_owned()));
            }
        }
        for name in required.iter().filter(|name| !headers.iter().any(|header| header == *name)) {
            faults.push(table.fault(name, FaultKind::MissingColumn, &headers.join(", "), required.join(", ")));
            table.is_readable = false;
        }
        table.headers = headers;
        table
    }

    /// Adds a column that must be there. Says whether it is.
    pub fn require(&mut self, name: &str, faults: &mut Vec<Fault>) -> bool {
        let mut places = (0..).zip(&self.headers).filter(|(_, header)| *header == name).map(|(place, _)| place);
        let Some(place) = places.next() else {
            if self.is_readable {
                faults.push(self.fault(name, FaultKind::MissingColumn, &self.headers.join(", "), name.to_owned()));
            }
            return false;
        };
        if places.next().is_some() {
            faults.push(self.fault(name, FaultKind::Duplicate, name, "one column of this name".to_owned()));
        }
        self.columns.push((name.to_owned(), place));
        true
    }

    /// The names of all columns of the table.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    fn read_headers(&mut self, faults: &mut Vec<Fault>) -> Vec<String> {
        match self.rows.next() {
            Ok(_) => (0..self.rows.count())
                .filter_map(|place| self.rows.get(place))
                .map(|name| name.trim().to_owned())
                .collect(),
            Err(fault) => {
                faults.push(self.unreadable(&fault));
                Vec::new()
            }
        }
    }

    /// Whether all required columns are there.
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// The line of the present row.
    pub fn line(&self) -> usize {
        self.rows.line
    }

    /// Moves on to the next row that is whole.
    pub fn next_row(&mut self, faults: &mut Vec<Fault>) -> bool {
        while self.is_readable {
            match self.rows.next() {
                Ok(false) => return false,
                Ok(true) => {
                    let count = self.rows.count();
                    if count == self.width || self.rule == Width::UpToFull && count < self.width {
                        return true;
                    }
                    faults.push(Fault {
                        place: self.place(None),
                        kind: FaultKind::Contradiction,
                        found: format!("{count} values"),
                        expected: format!("{} values, as many as columns", self.width),
                    });
                }
                Err(fault) => {
                    faults.push(self.unreadable(&fault));
                    return false;
                }
            }
        }
        false
    }

    /// Empty where the column or the value is not there.
    pub fn value(&self, column: &str) -> &str {
        let place = self.columns.iter().find(|(name, _)| *name == column).map(|(_, place)| *place);
        place.and_then(|place| self.rows.get(place)).unwrap_or_default().trim()
    }

    pub fn has_value(&self, column: &str) -> bool {
        !self.value(column).is_empty()
    }

    pub fn value_of(&self, column: &str, faults: &mut Vec<Fault>) -> Option<&str> {
        let value = self.value(column);
        if value.is_empty() {
            faults.push(self.fault(column, FaultKind::MissingValue, "", "a value".to_owned()));
            return None;
        }
        Some(value)
    }

    /// The `id` of the row; `lines` says on which line each was read first.
    pub fn new_id(&self, lines: &mut BTreeMap<String, usize>, faults: &mut Vec<Fault>) -> Option<String> {
        let id = self.value_of("id", faults)?.to_owned();
        if let Some(first) = lines.insert(id.clone(), self.line()) {
            let expected = format!("an id used once; line {first} has it too");
            faults.push(self.fault("id", FaultKind::Duplicate, &id, expected));
        }
        Some(id)
    }

    pub fn whole_number(&self, column: &str, range: RangeInclusive<i64>, faults: &mut Vec<Fault>) -> Option<i64> {
        let value = self.value_of(column, faults)?;
        if let Ok(number) = value.parse::<i64>()
            && range.contains(&number)
        {
            return Some(number);
        }
        // Digits alone are a number that is only too great, however many there are.
        let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.push(self.fault(column, FaultKind::NotANumber, value, "a whole number".to_owned()));
            return None;
        }
        let is_below_zero = value.starts_with('-') && *range.start() == 0;
        let kind = if is_below_zero { FaultKind::NegativeAmount } else { FaultKind::OutOfRange };
        faults.push(self.fault(column, kind, value, format!("{} to {}", range.start(), range.end())));
        None
    }

    pub fn fault(&self, column: &str, kind: FaultKind, found: &str, expected: String) -> Fault {
        Fault { place: self.place(Some(column)), kind, found: found.to_owned(), expected }
    }

    fn place(&self, column: Option<&str>) -> Place {
        Place { file: self.file.to_owned(), line: Some(self.rows.line), column: column.map(str::to_owned), cell: None }
    }

    fn unreadable(&self, fault: &RowFault) -> Fault {
        let (found, expected) = match fault {
            RowFault::Unreadable(error) => (error.as_str(), "a file that can be read to its end"),
            RowFault::NotUtf8 => ("other bytes", "UTF-8"),
            RowFault::TooLong => ("more than a million bytes in a row", "CSV"),
            RowFault::OpenQuote => ("an open quotation mark", "\"…\""),
        };
        Fault {
            place: self.place(None),
            kind: FaultKind::UnreadableFile,
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
    }
}
