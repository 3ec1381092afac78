//! A table of records with headings in either language, in one of two shapes: a row for each record, or a row for each
//! month with a column for each resource.

use engine::catalogue::{Flow, Resource};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ResourceId;
use engine::language::fold;
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use engine::table::{Cell, Origin, Sheet, read_csv};

use super::{Proposed, Read, Reader};
use crate::web::as_number;
use crate::wording;

/// Records that one block may bring.
const MOST_RECORDS: usize = 2_000;
const LONGEST_SOURCE: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Resource,
    Period,
    Amount,
    Unit,
    Basis,
    Source,
    Cost,
}

/// Headings by what they may be called, folded.
const HEADINGS: [(Column, &[&str]); 7] = [
    (Column::Resource, &["tai nguyen", "resource"]),
    (Column::Period, &["ky", "thang", "period", "month"]),
    (Column::Amount, &["so luong", "luong", "amount", "quantity"]),
    (Column::Unit, &["don vi", "unit"]),
    (Column::Basis, &["nguon so lieu", "basis"]),
    (Column::Source, &["chung tu", "document", "source"]),
    (Column::Cost, &["chi phi", "cost", "chi phi (dong)", "cost (vnd)"]),
];

/// A block of text as a sheet: tabs as Excel pastes them, else CSV.
pub fn sheet_of_text(name: &str, text: &str) -> Result<Sheet, Fault> {
    let header = text.lines().next().unwrap_or_default();
    if !header.contains('\t') {
        return read_csv(name, text);
    }
    let cells = |line: &str| line.split('\t').map(Cell::text).collect::<Vec<_>>();
    let rows = text.lines().enumerate().skip(1).map(|(index, line)| (index + 1, cells(line)));
    let rows = rows.filter(|(_, cells)| cells.iter().any(|cell| *cell != Cell::Empty)).collect();
    let columns = header.split('\t').map(|name| name.trim().to_string()).collect();
    Ok(Sheet { name: name.to_string(), origin: Origin::Workbook, columns, rows })
}

pub fn unreadable(name: &str, found: &str, expected: &str) -> Fault {
    Fault {
        place: Place { file: name.to_string(), ..Place::default() },
        kind: FaultKind::UnreadableFile,
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

fn missing_column(sheet: &Sheet, expected: &str) -> Fault {
    Fault {
        place: Place { file: sheet.name.clone(), ..Place::default() },
        kind: FaultKind::MissingColumn,
        found: String::new(),
        expected: expected.to_string(),
    }
}

pub fn read(reader: &Reader, sheet: &Sheet) -> Read {
    if sheet.rows.len() > MOST_RECORDS {
        let found = format!("{} rows", sheet.rows.len());
        return (Vec::new(), vec![unreadable(&sheet.name, &found, &format!("≤ {MOST_RECORDS}"))]);
    }
    let columns: Vec<Option<Column>> = sheet.columns.iter().map(|heading| column_of(heading)).collect();
    let has = |column| columns.contains(&Some(column));
    let mut block = Block { reader, sheet, faults: Vec::new() };
    if !has(Column::Period) {
        block.faults.push(missing_column(sheet, "Tháng, Month"));
        return (Vec::new(), block.faults);
    }
    let proposed = if has(Column::Resource) { block.long(&columns) } else { block.wide(&columns) };
    (proposed, block.faults)
}

/// A heading may say the same in both languages: `Tài nguyên / Resource`.
fn column_of(heading: &str) -> Option<Column> {
    let parts: Vec<String> = heading.split('/').map(|part| fold(part.trim())).collect();
    let found = HEADINGS.iter().find(|(_, names)| parts.iter().any(|part| names.contains(&part.as_str())));
    found.map(|(column, _)| *column)
}

struct Block<'a> {
    reader: &'a Reader<'a>,
    sheet: &'a Sheet,
    faults: Vec<Fault>,
}

impl Block<'_> {
    /// A row for each record.
    fn long(&mut self, columns: &[Option<Column>]) -> Vec<Proposed> {
        for needed in [Column::Amount, Column::Unit] {
            if !columns.contains(&Some(needed)) {
                let names = HEADINGS.iter().find(|(column, _)| *column == needed).map_or("", |(_, names)| names[0]);
                self.faults.push(missing_column(self.sheet, names));
            }
        }
        if !self.faults.is_empty() {
            return Vec::new();
        }
        let mut proposed = Vec::new();
        for (line, cells) in &self.sheet.rows {
            let cell = |wanted: Column| {
                let index = columns.iter().position(|column| *column == Some(wanted));
                index.map_or((usize::MAX, Cell::Empty), |index| {
                    (index, cells.get(index).cloned().unwrap_or(Cell::Empty))
                })
            };
            let row = Row { line: *line };
            let resource = self.resource(&row, cell(Column::Resource));
            let period = self.period(&row, cell(Column::Period));
            let amount = self.number(&row, cell(Column::Amount));
            let unit = self.unit(&row, cell(Column::Unit), resource.as_ref());
            let basis = self.basis(&row, cell(Column::Basis));
            let source = self.source(&row, cell(Column::Source));
            let (at, cost) = cell(Column::Cost);
            let cost_vnd = if cost == Cell::Empty { Some(None) } else { self.number(&row, (at, cost)).map(Some) };
            let place = self.place(&row, cell(Column::Amount).0);
            if let (Some(resource), Some(period), Some(value), Some(unit), Some(basis), Some(source), Some(cost_vnd)) =
                (resource, period, amount, unit, basis, source, cost_vnd)
            {
                let amount = Amount { value, unit };
                proposed.push(Proposed { place, resource, period: Some(period), amount, basis, source, cost_vnd });
            }
        }
        proposed
    }

    /// A row for each month, a column for each resource with its unit in brackets: `Điện mua (kWh)`.
    fn wide(&mut self, columns: &[Option<Column>]) -> Vec<Proposed> {
        let mut resources: Vec<(usize, ResourceId, String)> = Vec::new();
        for (index, heading) in self.sheet.columns.iter().enumerate() {
            if columns[index].is_some() || heading.is_empty() {
                continue;
            }
            let (name, unit) = match heading.rsplit_once('(') {
                Some((name, unit)) => (name.trim(), unit.trim_end_matches(')').trim()),
                None => (heading.as_str(), ""),
            };
            let row = Row { line: 1 };
            let resource = self.resource(&row, (index, Cell::text(name)));
            let unit = self.unit(&row, (index, Cell::text(unit)), resource.as_ref());
            if let (Some(resource), Some(unit)) = (resource, unit) {
                resources.push((index, resource, unit));
            }
        }
        let month_at = columns.iter().position(|column| *column == Some(Column::Period)).unwrap_or_default();
        let mut proposed = Vec::new();
        for (line, cells) in &self.sheet.rows {
            let row = Row { line: *line };
            let month = cells.get(month_at).cloned().unwrap_or(Cell::Empty);
            let Some(period) = self.period(&row, (month_at, month)) else { continue };
            for (index, resource, unit) in &resources {
                let cell = cells.get(*index).cloned().unwrap_or(Cell::Empty);
                // An empty cell says nothing; it is not a zero.
                if cell == Cell::Empty {
                    continue;
                }
                let Some(value) = self.number(&row, (*index, cell)) else { continue };
                proposed.push(Proposed {
                    place: self.place(&row, *index),
                    resource: resource.clone(),
                    period: Some(period),
                    amount: Amount { value, unit: unit.clone() },
                    basis: Basis::Declared,
                    source: self.sheet.name.clone(),
                    cost_vnd: None,
                });
            }
        }
        proposed
    }

    fn place(&self, row: &Row, index: usize) -> String {
        format!("{}{}", engine::table::column_letters(index.min(16_383)), row.line)
    }

    fn fault(&mut self, row: &Row, index: usize, kind: FaultKind, found: &Cell, expected: String) {
        let column = self.sheet.columns.get(index).cloned().unwrap_or_default();
        let kind = if matches!(found, Cell::Formula(_)) { FaultKind::Formula } else { kind };
        let kind = if *found == Cell::Empty { FaultKind::MissingValue } else { kind };
        self.faults.push(self.sheet.fault(row.line, &column, kind, found.shown(), expected));
    }

    fn resource(&mut self, row: &Row, (index, cell): (usize, Cell)) -> Option<ResourceId> {
        let found = self.reader.resource(&cell.shown());
        if found.is_none() {
            // What a bill or a form speaks of first; what contracts say of it is no example.
            let used = |resource: &&Resource| resource.flow != Flow::Condition;
            let labels = self.reader.catalogue.resources.values().filter(used).take(4);
            let examples: Vec<&str> = labels.map(|resource| resource.label.get(self.reader.language)).collect();
            self.fault(row, index, FaultKind::UnknownCode, &cell, format!("{}, …", examples.join(", ")));
        }
        found
    }

    fn period(&mut self, row: &Row, (index, cell): (usize, Cell)) -> Option<Period> {
        let found = match &cell {
            Cell::Date(date) => Period::month(date.year(), date.month()),
            // Excel takes a year for a number.
            Cell::Number(number) if number.fract() == 0.0 => Period::parse(&number.to_string()),
            Cell::Text(text) => period_of(text),
            _ => None,
        };
        if found.is_none() {
            self.fault(row, index, FaultKind::NotAPeriod, &cell, "03/2024 | 2024-03 | 2024".to_string());
        }
        found
    }

    fn number(&mut self, row: &Row, (index, cell): (usize, Cell)) -> Option<f64> {
        let found = match &cell {
            Cell::Number(number) => Some(*number),
            Cell::Text(text) => as_number(self.reader.language, text),
            _ => None,
        };
        match found {
            Some(number) if number < 0.0 => {
                self.fault(row, index, FaultKind::NegativeAmount, &cell, "≥ 0".to_string());
                None
            }
            Some(number) if number.is_finite() => Some(number),
            _ => {
                let example = engine::language::format_number(self.reader.language, 1234.5, 1);
                self.fault(row, index, FaultKind::NotANumber, &cell, example);
                None
            }
        }
    }

    fn unit(&mut self, row: &Row, (index, cell): (usize, Cell), resource: Option<&ResourceId>) -> Option<String> {
        let catalogue = self.reader.catalogue;
        let dimension = catalogue.resource(resource?)?.dimension;
        let found = self.reader.unit(&cell.shown());
        let fits = |unit: &String| catalogue.units.get(unit).is_some_and(|unit| unit.dimension == dimension);
        let found = found.filter(fits);
        if found.is_none() {
            self.fault(row, index, FaultKind::WrongUnit, &cell, catalogue.unit_codes(dimension).join(" | "));
        }
        found
    }

    /// Where nothing is said, it is a declaration.
    fn basis(&mut self, row: &Row, (index, cell): (usize, Cell)) -> Option<Basis> {
        if cell == Cell::Empty {
            return Some(Basis::Declared);
        }
        let wanted = fold(&cell.shown());
        let is_called = |basis: &Basis| {
            let words = engine::language::Language::ALL.map(|language| fold(&wording::basis(language, *basis)));
            basis.code() == wanted || words.contains(&wanted)
        };
        let found = Basis::ALL.into_iter().find(is_called);
        if found.is_none() {
            let words = Basis::ALL.map(|basis| wording::basis(self.reader.language, basis));
            self.fault(row, index, FaultKind::UnknownCode, &cell, words.join(" | "));
        }
        found
    }

    fn source(&mut self, row: &Row, (index, cell): (usize, Cell)) -> Option<String> {
        let text = cell.shown();
        if text.chars().count() > LONGEST_SOURCE {
            self.fault(row, index, FaultKind::OutOfRange, &cell, format!("≤ {LONGEST_SOURCE}"));
            return None;
        }
        Some(if text.is_empty() { self.sheet.name.clone() } else { text })
    }
}

struct Row {
    line: usize,
}

/// `2024-03`, `03/2024`, `tháng 3/2024`, `2024`.
fn period_of(text: &str) -> Option<Period> {
    let text = fold(text);
    let text = ["thang", "month", "ky", "nam", "year"]
        .iter()
        .fold(text.as_str(), |text, word| text.trim_start_matches(word).trim());
    if let Some((month, year)) = text.split_once('/') {
        let is_month = month.len() <= 2 && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        if is_month {
            return Period::month(year.parse().ok()?, month.parse().ok()?);
        }
    }
    Period::parse(text)
}

#[cfg(test)]
mod tests {
    use engine::language::Language;

    use super::*;
    use crate::catalogue::catalogue;
    use crate::intake::form;

    fn reader(language: Language) -> Reader<'static> {
        Reader { catalogue: catalogue().unwrap(), language, tax_code: None }
    }

    fn check(language: Language, text: &str, expected: &[&str]) {
        let (proposed, faults) = reader(language).text("block", text);
        let mut said: Vec<String> = proposed
            .iter()
            .map(|one| {
                let period = one.period.map_or(String::new(), |period| period.to_string());
                let (value, unit) = (one.amount.value, &one.amount.unit);
                format!(
                    "{} {} {period} {value} {unit} {} {:?}",
                    one.place,
                    one.resource,
                    one.basis.code(),
                    one.cost_vnd
                )
            })
            .collect();
        said.extend(faults.iter().map(|fault| fault.to_string()));
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn a_row_for_each_record_is_read_in_both_languages() {
        check(
            Language::Vi,
            "Tài nguyên\tTháng\tSố lượng\tĐơn vị\tNguồn số liệu\tChi phí\nĐiện mua\t03/2024\t1.234,5\tkWh\thóa đơn\t2.500.000\nNước cấp\ttháng 4/2024\t310\tm3\t\t",
            &[
                "C2 electricity 2024-03 1234.5 kWh invoiced Some(2500000.0)",
                "C3 supply-water 2024-04 310 m3 declared None",
            ],
        );
        check(
            Language::En,
            "Resource,Period,Amount,Unit\nPurchased electricity,2024-03,\"1,234.5\",MWh",
            &["C2 electricity 2024-03 1234.5 MWh declared None"],
        );
    }

    #[test]
    fn a_row_for_each_month_leaves_empty_cells_out() {
        check(
            Language::Vi,
            "Tháng\tĐiện mua (MWh)\tNước cấp (m³)\n01/2024\t12,5\t\n02/2024\t13\t0",
            &[
                "B2 electricity 2024-01 12.5 MWh declared None",
                "B3 electricity 2024-02 13 MWh declared None",
                "C3 supply-water 2024-02 0 m3 declared None",
            ],
        );
    }

    #[test]
    fn every_fault_is_told_with_its_cell() {
        check(
            Language::Vi,
            "Tài nguyên\tKỳ\tSố lượng\tĐơn vị\nĐiện\t13/2024\t12.5\tkWh\nĐiện mua\t2024\t-3\tm3\nĐiện mua\t2024\t\tkWh",
            &[
                "block!A2, Tài nguyên: unknown-code: found \"Điện\", expected Than antraxit, Than bitum, Hóa chất, Dầu DO, …",
                "block!B2, Kỳ: not-a-period: found \"13/2024\", expected 03/2024 | 2024-03 | 2024",
                "block!C2, Số lượng: not-a-number: found \"12.5\", expected 1.234,5",
                "block!C3, Số lượng: not-a-number: found \"-3\", expected 1.234,5",
                "block!D3, Đơn vị: wrong-unit: found \"m3\", expected GJ | GWh | MJ | MMBtu | MWh | TJ | kWh",
                "block!C4, Số lượng: missing-value, expected 1.234,5",
            ],
        );
        check(Language::Vi, "Điện mua\t5", &["block: missing-column, expected Tháng, Month"]);
        check(
            Language::Vi,
            "Tháng\tĐiện mua\n01/2024\t5",
            &["block!B1, Điện mua: missing-value, expected GJ | GWh | MJ | MMBtu | MWh | TJ | kWh"],
        );
    }

    #[test]
    fn the_sheet_of_an_enterprise_reads_back_as_it_was_written() {
        let park = crate::demo::example("khu-mau", catalogue().unwrap()).unwrap();
        let own: Vec<&engine::park::Record> =
            park.records.iter().filter(|record| record.enterprise.as_str() == "E01").take(100).collect();
        for language in Language::ALL {
            let day = jiff::civil::date(2025, 1, 31);
            let bytes = form::workbook(catalogue().unwrap(), language, &own, day).unwrap();
            assert!(bytes == form::workbook(catalogue().unwrap(), language, &own, day).unwrap());
            let (proposed, faults) = reader(language).file("records.xlsx", &bytes);
            assert_eq!(faults, []);
            assert_eq!(proposed.len(), own.len());
            for (one, record) in proposed.iter().zip(&own) {
                assert_eq!(
                    (&one.resource, one.period, &one.amount),
                    (&record.resource, Some(record.period), &record.amount)
                );
                assert_eq!((one.basis, &one.source, one.cost_vnd), (record.basis, &record.source, record.cost_vnd));
            }
        }
    }
}
