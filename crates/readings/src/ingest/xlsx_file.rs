//! Workbooks: the first sheet, or the one that the mapping names; its first row is the header.

use std::io::{Cursor, Read};

use calamine::{Data, Range, Reader, Xlsx};
use engine::fault::{Fault, FaultKind};

use super::cells::{Cell, excel};
use super::mapping::Mapping;
use super::{Sheet, whole_file};

struct XlsxSheet {
    name: String,
    header: Vec<String>,
    workbook: Xlsx<Cursor<Vec<u8>>>,
    first: Range<Data>,
}

/// A sheet has at most 1,048,576 rows; what is larger than this is no workbook of readings.
const MOST_BYTES: u64 = 256 << 20;

pub(crate) fn open(name: &str, content: Box<dyn Read + Send>) -> Result<Box<dyn Sheet>, Fault> {
    let unreadable = |found: String| whole_file(name, FaultKind::UnreadableFile, &found, ".xlsx");
    let mut bytes = Vec::new();
    content.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(whole_file(name, FaultKind::OutOfRange, &format!("> {MOST_BYTES} B"), "≤ 256 MiB"));
    }
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(error.to_string()))?;
    let first = workbook.worksheet_range_at(0);
    let Some(Ok(first)) = first else {
        return Err(unreadable(first.map_or(String::new(), |error| format!("{:?}", error.err()))));
    };
    let header = header(&first);
    Ok(Box::new(XlsxSheet { name: name.to_string(), header, workbook, first }))
}

fn header(range: &Range<Data>) -> Vec<String> {
    let first = range.rows().next().unwrap_or_default();
    first.iter().map(|cell| cell.to_string().trim().to_string()).collect()
}

impl Sheet for XlsxSheet {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn first_line(&self) -> usize {
        2
    }

    fn rows(&mut self, mapping: &Mapping, take: &mut dyn FnMut(usize, &[Cell<'_>]), faults: &mut dyn FnMut(Fault)) {
        let named;
        let range = match &mapping.sheet {
            None => &self.first,
            Some(sheet) => match self.workbook.worksheet_range(sheet) {
                Ok(range) if header(&range) == self.header => {
                    named = range;
                    &named
                }
                Ok(range) => {
                    let (found, expected) = (header(&range).join(", "), self.header.join(", "));
                    faults(whole_file(&self.name, FaultKind::MissingColumn, &found, &expected));
                    return;
                }
                Err(_) => {
                    let expected = self.workbook.sheet_names().join(" | ");
                    faults(whole_file(&self.name, FaultKind::UnknownSheet, sheet, &expected));
                    return;
                }
            },
        };
        let first_line = range.start().map_or(1, |(row, _)| row as usize + 1);
        for (at, row) in range.rows().enumerate().skip(1) {
            let cells: Vec<Cell<'_>> = row.iter().map(cell).collect();
            if !cells.iter().all(Cell::is_empty) {
                take(first_line + at, &cells);
            }
        }
    }
}

fn cell(data: &Data) -> Cell<'_> {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(text),
        Data::Float(number) => Cell::Number(*number),
        Data::Int(number) => Cell::Number(*number as f64),
        Data::DateTime(moment) => Cell::Local(excel(moment.as_f64())),
        Data::Bool(true) => Cell::Text("TRUE"),
        Data::Bool(false) => Cell::Text("FALSE"),
        _ => Cell::Text("#"),
    }
}
