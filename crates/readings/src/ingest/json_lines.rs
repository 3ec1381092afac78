//! One reading a line, as programs send them: `{"meter": "M1", "at": "2024-03-01T00:15+07:00", "value": 1.5}`.

use std::io::{BufRead, BufReader, Read};

use engine::fault::{Fault, FaultKind, Place};
use serde::Deserialize;

use super::Sheet;
use super::cells::Cell;
use super::mapping::Mapping;

struct JsonLines {
    name: String,
    header: Vec<String>,
    lines: BufReader<Box<dyn Read + Send>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    meter: String,
    at: String,
    /// `null` is no value, which is not zero; the key itself may not be missing.
    #[serde(deserialize_with = "Option::deserialize")]
    value: Option<f64>,
}

const EXPECTED: &str = r#"{"meter": "M1", "at": "2024-03-01T00:15+07:00", "value": 1.5}"#;

pub(crate) fn open(name: &str, content: Box<dyn Read + Send>) -> Box<dyn Sheet> {
    let header = ["meter", "at", "value"].map(str::to_string).to_vec();
    Box::new(JsonLines { name: name.to_string(), header, lines: BufReader::new(content) })
}

impl Sheet for JsonLines {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn first_line(&self) -> usize {
        1
    }

    fn rows(&mut self, _mapping: &Mapping, take: &mut dyn FnMut(usize, &[Cell<'_>]), faults: &mut dyn FnMut(Fault)) {
        for (at, text) in self.lines.by_ref().lines().enumerate() {
            let line = at + 1;
            let mut fault = |found: &str| {
                let place = Place { file: self.name.clone(), line: Some(line), column: None, cell: None };
                let found = found.chars().take(120).collect();
                faults(Fault { place, kind: FaultKind::UnreadableFile, found, expected: EXPECTED.to_string() });
            };
            let text = match text {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => text,
                Err(error) => return fault(&error.to_string()),
            };
            match serde_json::from_str::<Line>(&text) {
                Ok(reading) => {
                    let value = reading.value.map_or(Cell::Empty, Cell::Number);
                    take(line, &[Cell::Text(&reading.meter), Cell::Text(&reading.at), value]);
                }
                Err(_) => fault(&text),
            }
        }
    }
}
