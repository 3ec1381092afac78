//! Comma-separated values, also with semicolons or tabs, in UTF-8 with or without a mark at the beginning.

use std::io::{BufRead, BufReader, Read};

use engine::fault::{Fault, FaultKind, Place};

use super::cells::Cell;
use super::mapping::Mapping;
use super::{Sheet, whole_file};

pub(crate) struct CsvSheet {
    name: String,
    header: Vec<String>,
    reader: csv::Reader<Box<dyn Read + Send>>,
    /// Lines end as Windows ends them. The reader stands before the second sign of such an end when it has read a row.
    ends_in_two_signs: bool,
}

/// A first line longer than this is no header.
const HEADER_BYTES: u64 = 1 << 20;
/// What one file may unpack to.
const MOST_BYTES: u64 = 16 << 30;

impl CsvSheet {
    pub(crate) fn open(name: &str, content: Box<dyn Read + Send>) -> Result<Box<dyn Sheet>, Fault> {
        let unreadable = |found: &str| whole_file(name, FaultKind::UnreadableFile, found, "CSV, UTF-8");
        let mut content = BufReader::with_capacity(1 << 20, content.take(MOST_BYTES));
        let mut first = Vec::new();
        let read = content.by_ref().take(HEADER_BYTES).read_until(b'\n', &mut first);
        read.map_err(|error| unreadable(&error.to_string()))?;
        let line = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first).to_vec();
        let Ok(text) = std::str::from_utf8(&line) else { return Err(unreadable("≠ UTF-8")) };
        if text.trim().is_empty() || text.contains('\0') {
            return Err(unreadable(text.trim()));
        }
        let delimiter = delimiter(text);
        let mut only_header = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(&line[..]);
        let header = only_header.records().next().and_then(Result::ok).unwrap_or_default();
        let header = header.iter().map(|column| column.trim().to_string()).collect();
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(Box::new(content) as Box<dyn Read + Send>);
        let ends_in_two_signs = line.ends_with(b"\r\n");
        Ok(Box::new(CsvSheet { name: name.to_string(), header, reader, ends_in_two_signs }))
    }

    fn fault(&self, line: usize, kind: FaultKind, found: String, expected: String) -> Fault {
        let place = Place { file: self.name.clone(), line: Some(line), column: None, cell: None };
        Fault { place, kind, found, expected }
    }
}

/// The sign that the header has most of.
fn delimiter(header: &str) -> u8 {
    let count = |sign: u8| header.bytes().filter(|byte| *byte == sign).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

impl Sheet for CsvSheet {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn first_line(&self) -> usize {
        2
    }

    fn rows(&mut self, _mapping: &Mapping, take: &mut dyn FnMut(usize, &[Cell<'_>]), faults: &mut dyn FnMut(Fault)) {
        let mut record = csv::ByteRecord::new();
        loop {
            // The header is line 1 and was taken off before.
            let at = self.reader.position();
            let line = at.line() as usize + 1 + usize::from(self.ends_in_two_signs && at.record() > 0);
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => return,
                Ok(true) => {}
                Err(error) => {
                    faults(self.fault(line, FaultKind::UnreadableFile, error.to_string(), "CSV".to_string()));
                    return;
                }
            }
            if record.len() != self.header.len() {
                let (found, expected) = (record.len().to_string(), self.header.len().to_string());
                faults(self.fault(line, FaultKind::MissingColumn, found, expected));
                continue;
            }
            let Ok(cells) = record.iter().map(std::str::from_utf8).collect::<Result<Vec<&str>, _>>() else {
                let found = String::from_utf8_lossy(record.as_slice()).chars().take(80).collect();
                faults(self.fault(line, FaultKind::UnreadableFile, found, "UTF-8".to_string()));
                continue;
            };
            let cells: Vec<Cell<'_>> = cells.into_iter().map(Cell::Text).collect();
            take(line, &cells);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_the_same_line_however_lines_end() {
        for end in ["\n", "\r\n"] {
            let text = ["time,meter,value", "2024-01-01,M1,1", "2024-01-02,M1", "2024-01-03,M1,3", "x", ""].join(end);
            let mut sheet =
                CsvSheet::open("a.csv", Box::new(std::io::Cursor::new(text.into_bytes()))).expect("a sheet");
            let (mut taken, mut faulty) = (Vec::new(), Vec::new());
            sheet
                .rows(&Mapping::default(), &mut |line, _| taken.push(line), &mut |fault| faulty.push(fault.place.line));
            assert_eq!((taken, faulty), (vec![2, 4], vec![Some(3), Some(5)]), "{end:?}");
        }
    }
}
