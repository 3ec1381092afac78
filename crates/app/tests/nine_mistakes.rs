//! A workbook with nine mistakes tells all nine at once, each with its sheet and cell, and nothing is stored.

mod binary;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use binary::{code, congsinh, folder, json, root, stderr};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

const SHEETS: [&str; 10] = [
    "enterprises",
    "records",
    "drivers",
    "meters",
    "streams",
    "composition",
    "exchanges",
    "survey",
    "facts",
    "measures",
];

/// Cells of a sheet, header first.
type Rows = Vec<Vec<String>>;

#[test]
fn the_workbook_without_mistakes_is_taken() {
    let (workbook, data) = (folder("good-workbook").join("park.xlsx"), folder("good-store"));
    write(&workbook, &sheets(), |_| {});
    let output = congsinh(&["check", workbook.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = congsinh(&["import", workbook.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_ne!(fs::read_dir(&data).unwrap().count(), 0, "the store holds the park");
}

#[test]
fn nine_mistakes_are_nine_faults_and_nothing_is_stored() {
    let (workbook, data) = (folder("faulty-workbook").join("park.xlsx"), folder("faulty-store"));
    let expected = write_with_nine_mistakes(&workbook);

    let output = congsinh(&["check", workbook.to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let answer = json(&output);
    let mut found: Vec<(String, String)> = answer["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let place = &fault["place"];
            let cell = format!("{}!{}", place["file"].as_str().unwrap(), place["cell"].as_str().unwrap_or("no cell"));
            (cell, fault["kind"].as_str().unwrap().to_string())
        })
        .collect();
    found.sort();
    assert_eq!(found, expected);

    for language in ["vi", "en"] {
        let output = congsinh(&["check", workbook.to_str().unwrap(), "--language", language]);
        assert_eq!(code(&output), 1);
        let messages = stderr(&output);
        for (cell, _) in &expected {
            assert!(messages.lines().any(|line| line.contains(cell.as_str())), "{cell} in\n{messages}");
        }
        assert!(output.stdout.is_empty());
    }

    let output = congsinh(&["import", workbook.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "nothing is stored");
}

/// Plants the mistakes and says where each must be found.
fn write_with_nine_mistakes(path: &Path) -> Vec<(String, String)> {
    let mut sheets = sheets();
    let mut expected = Vec::new();
    let mut expect =
        |sheet: &str, cell: String, kind: &str| expected.push((format!("{sheet}!{cell}"), kind.to_string()));

    // An electricity bill in tonnes, an unknown resource, a negative amount, a bill that begins in the month before.
    let records = sheets.get_mut("records").unwrap();
    let electricity = row_of(records, "resource", "electricity");
    expect("records", set(records, electricity, "unit", "t"), "wrong-unit");
    let water = row_of(records, "resource", "supply-water");
    expect("records", set(records, water, "resource", "holy-water"), "unknown-code");
    let waste = row_of(records, "resource", "waste-recycled");
    expect("records", set(records, waste, "amount", "-12.5"), "negative-amount");
    let second_bill = second_bill(records);
    expect("records", set(records, second_bill, "from", "2022-01-20"), "overlapping-periods");

    let survey = sheets.get_mut("survey").unwrap();
    let dropped = column(survey, "answered_on");
    survey.iter_mut().for_each(|row| drop(row.remove(dropped)));
    expect("survey", format!("{}1", letter(dropped)), "missing-column");

    let streams = sheets.get_mut("streams").unwrap();
    expect("streams", set(streams, 3, "quantity", "12 tấn"), "not-a-number");

    let drivers = sheets.get_mut("drivers").unwrap();
    expect("drivers", set(drivers, 5, "from", "1900-01-15"), "implausible-date");

    let enterprises = sheets.get_mut("enterprises").unwrap();
    let again = enterprises[1].clone();
    enterprises.push(again);
    expect("enterprises", format!("A{}", enterprises.len()), "duplicate");

    let composition = &sheets["composition"];
    let value = column(composition, "value");
    expect("composition", format!("{}2", letter(value)), "formula");

    write(path, &sheets, |workbook| {
        let worksheet = workbook.worksheet_from_name("composition").unwrap();
        worksheet.write_formula(1, value as u16, Formula::new("=6+6").set_result("12")).unwrap();
    });
    expected.sort();
    expected
}

/// The sheets of the sample park. Readings are left out: 50,000 rows would teach this test nothing.
fn sheets() -> BTreeMap<String, Rows> {
    let read = |name: &str| {
        let path = root().join(format!("examples/khu-mau/{name}.csv"));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_string).collect());
        rows.collect::<Rows>()
    };
    let mut sheets: BTreeMap<String, Rows> = SHEETS.iter().map(|name| (name.to_string(), read(name))).collect();
    let particulars: toml::Table =
        fs::read_to_string(root().join("examples/khu-mau/park.toml")).unwrap().parse().unwrap();
    let mut park = vec![vec!["key".to_string(), "value".to_string()]];
    for (key, value) in particulars {
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Boolean(true) => "yes".to_string(),
            other => other.to_string(),
        };
        park.push(vec![key, value]);
    }
    sheets.insert("park".to_string(), park);
    sheets
}

fn write(path: &Path, sheets: &BTreeMap<String, Rows>, finish: impl FnOnce(&mut Workbook)) {
    let mut workbook = Workbook::new();
    for (name, rows) in sheets {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(name).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                write_cell(worksheet, row as u32, column as u16, &rows[0][column], cell);
            }
        }
    }
    finish(&mut workbook);
    workbook.save(path).unwrap();
}

/// Days as days, amounts as numbers and codes as text, as people leave them in a workbook.
fn write_cell(worksheet: &mut Worksheet, row: u32, column: u16, heading: &str, cell: &str) {
    const DAYS: [&str; 9] =
        ["from", "to", "since", "until", "answered_on", "stated_on", "status_on", "installed_from", "installed_to"];
    const CODES: [&str; 4] = ["isic4", "ewc", "tax_code", "province"];
    let day = DAYS.contains(&heading).then(|| ExcelDateTime::parse_from_str(cell).ok()).flatten();
    let number = (!CODES.contains(&heading)).then(|| cell.parse::<f64>().ok()).flatten();
    match (day, number) {
        (Some(day), _) => {
            let format = Format::new().set_num_format("dd/mm/yyyy");
            worksheet.write_datetime_with_format(row, column, &day, &format).unwrap();
        }
        (None, Some(number)) => {
            worksheet.write_number(row, column, number).unwrap();
        }
        (None, None) => {
            worksheet.write_string(row, column, cell).unwrap();
        }
    }
}

/// Changes a cell and names it as the workbook will.
fn set(rows: &mut Rows, row: usize, heading: &str, value: &str) -> String {
    let column = column(rows, heading);
    rows[row][column] = value.to_string();
    format!("{}{}", letter(column), row + 1)
}

fn column(rows: &Rows, heading: &str) -> usize {
    rows[0].iter().position(|name| name == heading).unwrap_or_else(|| panic!("no column {heading}"))
}

fn row_of(rows: &Rows, heading: &str, value: &str) -> usize {
    let column = column(rows, heading);
    rows.iter().position(|row| row[column] == value).unwrap_or_else(|| panic!("no row with {heading} {value}"))
}

/// A bill for February 2022 that follows one for January of the same enterprise and resource, neither touched above.
fn second_bill(rows: &Rows) -> usize {
    let [from, resource] = ["from", "resource"].map(|name| column(rows, name));
    let is_second = |row: &Vec<String>| row[from] == "2022-02-01" && row[resource] == "product";
    rows.iter().position(is_second).expect("monthly production")
}

fn letter(column: usize) -> char {
    char::from(b'A' + column as u8)
}
