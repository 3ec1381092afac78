//! Rows become readings in the units of the park's meters.

use std::collections::BTreeMap;

use engine::fault::{Fault, FaultKind, Place};
use engine::ids::MeterId;

use super::cells::Cell;
use super::counter::{self, Counter, CounterEvent};
use super::mapping::{Kind, Layout, Mapping, Stamp};
use super::{Context, FaultList, Sheet, whole_file};
use crate::accept::MeterReadings;
use crate::time::SECOND_US;

/// What a file holds.
pub(crate) struct Collected {
    pub(crate) meters: BTreeMap<MeterId, MeterReadings>,
    pub(crate) empty_cells: usize,
    pub(crate) events: Vec<CounterEvent>,
}

/// A meter of the file.
struct Of {
    id: MeterId,
    kind: Kind,
    digits: Option<u32>,
    /// From what the file says to the meter's unit.
    factor: f64,
    values: Vec<(i64, f64)>,
}

/// Where in a row everything is.
enum Places {
    Long { time: usize, value: usize, meter: usize },
    OneMeter { time: usize, value: usize, of: Option<usize> },
    Wide { time: usize, columns: Vec<(usize, Option<usize>)> },
}

struct Reader<'a> {
    file: &'a str,
    header: Vec<String>,
    mapping: &'a Mapping,
    context: &'a Context<'a>,
    ahead_us: i64,
    meters: Vec<Of>,
    /// The file's names; `None` for one that is no meter, which is told once.
    known: BTreeMap<String, Option<usize>>,
    last_name: Option<(String, Option<usize>)>,
    empty_cells: usize,
    faults: FaultList,
}

pub(crate) fn collect(
    file: &str,
    sheet: &mut dyn Sheet,
    mapping: &Mapping,
    context: &Context<'_>,
) -> Result<Collected, FaultList> {
    let ahead_us = mapping.utc_offset_h.map_or(context.ahead_us, |hours| (hours * 3_600e6).round() as i64);
    let mut reader = Reader {
        file,
        header: sheet.header().to_vec(),
        mapping,
        context,
        ahead_us,
        meters: Vec::new(),
        known: BTreeMap::new(),
        last_name: None,
        empty_cells: 0,
        faults: FaultList::default(),
    };
    let places = reader.places(sheet.first_line());
    let Some(places) = places.filter(|_| reader.faults.is_empty()) else { return Err(reader.faults) };

    let mut unreadable = FaultList::default();
    sheet.rows(mapping, &mut |line, cells| reader.row(&places, line, cells), &mut |fault| unreadable.push(fault));
    for fault in unreadable.faults {
        reader.faults.push(fault);
    }
    reader.finish()
}

impl Reader<'_> {
    fn places(&mut self, first_line: usize) -> Option<Places> {
        let time = self.column(&self.mapping.time.clone());
        self.stamp_is_clear();
        match self.mapping.layout {
            Layout::Long => {
                let value = self.column(&self.mapping.value.clone().unwrap_or_else(|| "value".to_string()));
                match self.mapping.only_meter.clone() {
                    Some(meter) => {
                        let of = self.meter(&meter, first_line, "only_meter");
                        Some(Places::OneMeter { time: time?, value: value?, of })
                    }
                    None => {
                        let meter = self.column(&self.mapping.meter.clone().unwrap_or_else(|| "meter".to_string()));
                        Some(Places::Long { time: time?, value: value?, meter: meter? })
                    }
                }
            }
            Layout::Wide => {
                let time = time?;
                let others = self.header.clone().into_iter().enumerate();
                let others = others.filter(|(at, name)| *at != time && !self.mapping.ignore.contains(name));
                let others: Vec<(usize, String)> = others.collect();
                let line = first_line.saturating_sub(1).max(1);
                let columns = others.into_iter().map(|(at, name)| (at, self.meter(&name, line, &name))).collect();
                Some(Places::Wide { time, columns })
            }
        }
    }

    fn column(&mut self, name: &str) -> Option<usize> {
        let mut found = self.header.iter().enumerate().filter(|(_, column)| *column == name).map(|(at, _)| at);
        match (found.next(), found.next()) {
            (Some(at), None) => Some(at),
            (None, _) => {
                let expected = self.header.join(" | ");
                self.faults.push(whole_file(self.file, FaultKind::MissingColumn, name, &expected));
                None
            }
            (Some(_), Some(_)) => {
                self.faults.push(whole_file(self.file, FaultKind::Duplicate, name, ""));
                None
            }
        }
    }

    fn stamp_is_clear(&mut self) {
        if self.mapping.stamp == Stamp::End && !self.mapping.step_minutes.is_some_and(|minutes| minutes > 0.0) {
            let found = "stamp = \"end\"";
            self.faults.push(whole_file(self.file, FaultKind::MissingValue, found, "step_minutes = 15"));
        }
    }

    /// The meter that the file calls so.
    fn meter(&mut self, name: &str, line: usize, column: &str) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let of = self.mapping.meters.get(name).cloned().unwrap_or_default();
        let id = MeterId::new(of.is.as_deref().unwrap_or(name));
        let found = self.context.meters.get(&id);
        let place = None;
        let Some(meter) = found else {
            let expected = self.context.meters.keys().take(12).map(MeterId::as_str).collect::<Vec<_>>().join(" | ");
            self.fault(line, column, FaultKind::UnknownReference, name, &expected);
            self.known.insert(name.to_string(), place);
            return None;
        };
        let unit = of.unit.as_ref().or(self.mapping.unit.as_ref());
        let conversion = match unit {
            None => Some(1.0),
            Some(unit) => self.conversion(unit, &meter.unit),
        };
        let Some(conversion) = conversion else {
            let found = unit.cloned().unwrap_or_default();
            self.fault(line, column, FaultKind::WrongUnit, &found, &meter.unit.clone());
            self.known.insert(name.to_string(), None);
            return None;
        };
        let multiplier = of.multiplier.or(self.mapping.multiplier).unwrap_or(1.0);
        self.meters.push(Of {
            id,
            kind: of.kind.unwrap_or(self.mapping.kind),
            digits: of.digits.or(self.mapping.digits),
            factor: conversion * multiplier,
            values: Vec::new(),
        });
        let place = Some(self.meters.len() - 1);
        self.known.insert(name.to_string(), place);
        place
    }

    fn conversion(&self, from: &str, to: &str) -> Option<f64> {
        let units = &self.context.catalogue.units;
        let (from, to) = (units.get(from)?, units.get(to)?);
        (from.dimension == to.dimension).then(|| from.factor / to.factor)
    }

    fn row(&mut self, places: &Places, line: usize, cells: &[Cell<'_>]) {
        let cell = |at: usize| cells.get(at).copied().unwrap_or(Cell::Empty);
        match places {
            Places::Long { time, value, meter } => {
                let name = match cell(*meter) {
                    Cell::Text(name) if !name.trim().is_empty() => self.meter_of_row(name.trim(), line, *meter),
                    Cell::Number(number) => self.meter_of_row(&number.to_string(), line, *meter),
                    other => {
                        let column = self.header[*meter].clone();
                        self.fault(line, &column, FaultKind::MissingValue, &other.shown(), "");
                        None
                    }
                };
                self.reading(line, (*time, cell(*time)), (*value, cell(*value)), name);
            }
            Places::OneMeter { time, value, of } => {
                self.reading(line, (*time, cell(*time)), (*value, cell(*value)), *of);
            }
            Places::Wide { time, columns } => {
                let Some(at_us) = self.moment(line, *time, cell(*time)) else { return };
                for (column, of) in columns {
                    if let Some(value) = self.value(line, *column, cell(*column)) {
                        self.keep(*of, at_us, value);
                    }
                }
            }
        }
    }

    /// Rows of one meter mostly follow each other.
    fn meter_of_row(&mut self, name: &str, line: usize, column: usize) -> Option<usize> {
        if let Some((last, place)) = &self.last_name
            && last == name
        {
            return *place;
        }
        let column = self.header[column].clone();
        let place = self.meter(name, line, &column);
        self.last_name = Some((name.to_string(), place));
        place
    }

    fn reading(&mut self, line: usize, time: (usize, Cell<'_>), value: (usize, Cell<'_>), of: Option<usize>) {
        let at_us = self.moment(line, time.0, time.1);
        let value = self.value(line, value.0, value.1);
        if let (Some(at_us), Some(value)) = (at_us, value) {
            self.keep(of, at_us, value);
        }
    }

    fn keep(&mut self, of: Option<usize>, at_us: i64, value: f64) {
        if let Some(of) = of {
            self.meters[of].values.push((at_us, value));
        }
    }

    fn moment(&mut self, line: usize, column: usize, cell: Cell<'_>) -> Option<i64> {
        let step_us = match (self.mapping.stamp, self.mapping.step_minutes) {
            (Stamp::End, Some(minutes)) => (minutes * 60.0 * SECOND_US as f64).round() as i64,
            _ => 0,
        };
        match cell.moment(self.mapping.time_format, self.ahead_us) {
            Ok(at_us) => Some(at_us - step_us),
            Err((kind, expected)) => {
                let name = self.header[column].clone();
                self.fault(line, &name, kind, &cell.shown(), expected);
                None
            }
        }
    }

    fn value(&mut self, line: usize, column: usize, cell: Cell<'_>) -> Option<f64> {
        if cell.is_empty() {
            self.empty_cells += 1;
            return None;
        }
        match cell.number(self.mapping.decimal) {
            Ok(value) => Some(value),
            Err((kind, expected)) => {
                let name = self.header[column].clone();
                self.fault(line, &name, kind, &cell.shown(), expected);
                None
            }
        }
    }

    fn fault(&mut self, line: usize, column: &str, kind: FaultKind, found: &str, expected: &str) {
        let place =
            Place { file: self.file.to_string(), line: Some(line), column: Some(column.to_string()), cell: None };
        self.faults.push(Fault { place, kind, found: found.to_string(), expected: expected.to_string() });
    }

    /// Counters become differences, and everything comes to the meter's unit.
    fn finish(mut self) -> Result<Collected, FaultList> {
        let mut collected = Collected { meters: BTreeMap::new(), empty_cells: self.empty_cells, events: Vec::new() };
        for mut of in std::mem::take(&mut self.meters) {
            let entry = collected.meters.entry(of.id.clone()).or_default();
            if of.kind == Kind::Counter {
                let before = self.context.meters.get(&of.id).and_then(|meter| meter.state.counter);
                let usual = self.context.usual.get(&of.id).map(|value| value / of.factor);
                let counter = Counter { meter: &of.id, digits: of.digits, before, usual };
                let states = counter::sorted(std::mem::take(&mut of.values));
                entry.counter = states.last().copied();
                let (values, events, faults) = counter::differences(&counter, &states);
                for (kind, found, expected) in faults {
                    self.faults.push(whole_file(self.file, kind, &found, &expected));
                }
                of.values = values;
                collected.events.extend(events);
            }
            entry.values.extend(of.values.into_iter().map(|(at_us, value)| (at_us, value * of.factor)));
        }
        collected.meters.retain(|_, readings| !readings.values.is_empty() || readings.counter.is_some());
        if self.faults.is_empty() { Ok(collected) } else { Err(self.faults) }
    }
}
