//! What devices and gateways publish: JSON objects, one or several in a message. The mapping says which keys hold the
//! moment, the value and the meter; an object without a meter speaks of the one that ends the topic.

use std::collections::BTreeSet;

use engine::fault::{Fault, FaultKind, Place};
use serde_json::{Map, Value};

use super::Sheet;
use super::cells::Cell;
use super::mapping::{Layout, Mapping};

/// A message as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
}

const EXPECTED: &str = r#"{"meter": "M1", "at": "2024-03-01T00:15+07:00", "value": 1.5}"#;

pub(crate) struct Messages<'a> {
    name: String,
    header: Vec<String>,
    messages: &'a [Message],
}

impl<'a> Messages<'a> {
    /// A sheet with the columns that the mapping names, or with `meter`, `at` and `value`.
    pub(crate) fn open(name: &str, messages: &'a [Message], mapping: &Mapping) -> Messages<'a> {
        let header = match mapping.layout {
            Layout::Long => {
                let [meter, value] = keys(mapping);
                vec![meter.to_string(), mapping.time.clone(), value.to_string()]
            }
            Layout::Wide => {
                let objects = messages.iter().flat_map(|message| objects(&message.payload).unwrap_or_default());
                let names: BTreeSet<String> =
                    objects.flat_map(|object| object.into_iter().map(|(key, _)| key)).collect();
                let others = names.into_iter().filter(|name| *name != mapping.time);
                std::iter::once(mapping.time.clone()).chain(others).collect()
            }
        };
        Messages { name: name.to_string(), header, messages }
    }
}

/// What the messages mean where nobody said it.
pub(crate) fn usual_mapping() -> Mapping {
    Mapping { time: "at".to_string(), ..Mapping::default() }
}

fn keys(mapping: &Mapping) -> [&str; 2] {
    [mapping.meter.as_deref().unwrap_or("meter"), mapping.value.as_deref().unwrap_or("value")]
}

/// The objects of a payload: alone, in an array, or one after the other.
fn objects(payload: &[u8]) -> Result<Vec<Map<String, Value>>, String> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(payload).into_iter::<Value>() {
        let values = match value.map_err(|error| error.to_string())? {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            match value {
                Value::Object(object) => found.push(object),
                other => return Err(other.to_string()),
            }
        }
    }
    if found.is_empty() { Err(String::new()) } else { Ok(found) }
}

impl Sheet for Messages<'_> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn first_line(&self) -> usize {
        1
    }

    /// A line is a message.
    fn rows(&mut self, mapping: &Mapping, take: &mut dyn FnMut(usize, &[Cell<'_>]), faults: &mut dyn FnMut(Fault)) {
        for (at, message) in self.messages.iter().enumerate() {
            let line = at + 1;
            let mut fault = |column: Option<&str>, kind, found: &str, expected: &str| {
                let column = column.map(str::to_string);
                let place = Place { file: self.name.clone(), line: Some(line), column, cell: None };
                let found = found.chars().take(120).collect();
                faults(Fault { place, kind, found, expected: expected.to_string() });
            };
            let objects = match objects(&message.payload) {
                Ok(objects) => objects,
                Err(_) => {
                    fault(None, FaultKind::UnreadableFile, &String::from_utf8_lossy(&message.payload), EXPECTED);
                    continue;
                }
            };
            let of_topic = message.topic.rsplit('/').next().unwrap_or_default();
            for object in &objects {
                let cells: Vec<Cell<'_>> = match mapping.layout {
                    Layout::Long => {
                        let [meter, value] = keys(mapping);
                        let of = object.get(meter).map_or(Cell::Text(of_topic), cell);
                        let Some(value) = object.get(value) else {
                            // A key that is not there may be misspelt; `null` says that nothing is known.
                            let found = object.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                            fault(Some(value), FaultKind::MissingColumn, &found, value);
                            continue;
                        };
                        vec![of, object.get(&mapping.time).map_or(Cell::Empty, cell), cell(value)]
                    }
                    Layout::Wide => self.header.iter().map(|name| object.get(name).map_or(Cell::Empty, cell)).collect(),
                };
                take(line, &cells);
            }
        }
    }
}

fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Empty,
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => number.as_f64().map_or(Cell::Empty, Cell::Number),
        // Shown as the fault that it is.
        Value::Bool(true) => Cell::Text("true"),
        Value::Bool(false) => Cell::Text("false"),
        Value::Array(_) => Cell::Text("[…]"),
        Value::Object(_) => Cell::Text("{…}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(mapping: &Mapping, messages: &[(&str, &str)]) -> (Vec<String>, Vec<String>, usize) {
        let message =
            |(topic, text): &(&str, &str)| Message { topic: topic.to_string(), payload: text.as_bytes().into() };
        let messages: Vec<Message> = messages.iter().map(message).collect();
        let mut sheet = Messages::open("mqtt", &messages, mapping);
        let header = sheet.header().to_vec();
        let (mut taken, mut faults) = (Vec::new(), 0);
        let mut take = |line: usize, cells: &[Cell<'_>]| {
            let cells: Vec<String> = cells.iter().map(Cell::shown).collect();
            taken.push(format!("{line}: {}", cells.join("|")));
        };
        sheet.rows(mapping, &mut take, &mut |_| faults += 1);
        (header, taken, faults)
    }

    #[test]
    fn objects_come_alone_in_arrays_and_one_after_the_other() {
        let (header, taken, faults) = rows(
            &usual_mapping(),
            &[
                ("khu/M1", r#"{"at": "2024-01-01T00:00Z", "value": 1.5, "quality": "good"}"#),
                ("khu/x", r#"[{"meter": "M2", "at": "a", "value": null}, {"meter": "M3", "at": "b", "value": 2}]"#),
                ("khu/M4", "{\"at\": \"c\", \"value\": 1}\n{\"at\": \"d\", \"value\": 2}\n"),
            ],
        );
        assert_eq!(header, ["meter", "at", "value"]);
        assert_eq!(taken, ["1: M1|2024-01-01T00:00Z|1.5", "2: M2|a|", "2: M3|b|2", "3: M4|c|1", "3: M4|d|2"]);
        assert_eq!(faults, 0);
    }

    #[test]
    fn what_is_no_object_or_lacks_the_value_is_a_fault() {
        for wrong in ["", "12.5", "[1, 2]", "{\"at\": \"a\"}", "{\"at\": \"a\", \"val\": 1}", "{\"at\": ", "\u{0}"] {
            let (_, taken, faults) = rows(&usual_mapping(), &[("khu/M1", wrong)]);
            assert_eq!((taken.len(), faults), (0, 1), "{wrong}");
        }
    }

    #[test]
    fn the_mapping_names_the_keys() {
        let mapping = Mapping { time: "ts".into(), value: Some("kWh".into()), ..Mapping::default() };
        let (_, taken, _) = rows(&mapping, &[("a/M7", r#"{"ts": 1700000000, "kWh": 3}"#)]);
        assert_eq!(taken, ["1: M7|1700000000|3"]);
        let mapping = Mapping { time: "ts".into(), layout: Layout::Wide, ..Mapping::default() };
        let wide = [("a", r#"{"ts": 1, "M1": 3}"#), ("a", r#"{"ts": 2, "M2": 4, "M1": null}"#)];
        let (header, taken, _) = rows(&mapping, &wide);
        assert_eq!(header, ["ts", "M1", "M2"]);
        assert_eq!(taken, ["1: 1|3|", "2: 2||4"]);
    }
}
