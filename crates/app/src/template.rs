//! The workbook that people fill in: blank with drop-downs and an example row, or filled from a park folder.
//! The description of the format for `docs/formats.md` comes from the same declarations.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use engine::park::sheets::{PARK, SHEETS};
use engine::table::{Cell, ColumnSpec, Kind, Sheet, SheetSpec};
use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, Formula, Note, Workbook, Worksheet, XlsxError,
};

use crate::cli::{Answer, Global, Stop, as_of};
use crate::{catalogue, files};

/// Rows of the blank template that offer drop-downs.
const ROWS_WITH_LISTS: u32 = 2_000;

pub fn write(out: &Path, fill: Option<&Path>, global: &Global) -> Answer {
    let sheets = match fill {
        None => BTreeMap::new(),
        Some(folder) if folder.is_dir() => {
            let (sheets, faults) = files::folder_sheets(folder)?;
            if !faults.is_empty() {
                return Err(Stop::Faults(faults));
            }
            sheets
        }
        Some(folder) => return Err(Stop::Usage(format!("{}: no such folder", folder.display()))),
    };
    let lists = catalogue::catalogue()?.code_lists();
    let day = as_of(global);
    let bytes = workbook(&sheets, &lists, day).context("write the workbook")?;
    std::fs::write(out, bytes).with_context(|| format!("write {}", out.display()))?;
    println!("{}", out.display());
    Ok(())
}

/// The workbook as bytes; the same sheets and day give the same bytes.
pub fn workbook(
    sheets: &BTreeMap<String, Sheet>,
    lists: &engine::table::CodeLists,
    day: jiff::civil::Date,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)?;
    workbook.set_properties(&DocProperties::new().set_title("congsinh").set_creation_datetime(&created));
    let list_columns = write_lists(workbook.add_worksheet(), lists)?;
    write_particulars(workbook.add_worksheet(), sheets.get(PARK.name))?;
    for spec in SHEETS {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(spec.name)?;
        write_header(worksheet, spec)?;
        match sheets.get(spec.name) {
            Some(sheet) => write_rows(worksheet, spec, sheet)?,
            None if sheets.is_empty() => write_example(worksheet, spec)?,
            None => {}
        }
        add_drop_downs(worksheet, spec, &list_columns)?;
    }
    workbook.save_to_buffer()
}

/// The sheet `_lists` holds every code that a drop-down offers; the reader passes over it.
fn write_lists(
    worksheet: &mut Worksheet,
    lists: &engine::table::CodeLists,
) -> Result<BTreeMap<String, String>, XlsxError> {
    worksheet.set_name("_lists")?;
    let mut ranges = BTreeMap::new();
    for (column, (name, codes)) in lists.iter().enumerate() {
        worksheet.write_string(0, column as u16, name)?;
        for (row, code) in codes.iter().enumerate() {
            worksheet.write_string(row as u32 + 1, column as u16, code)?;
        }
        let letters = engine::table::column_letters(column);
        ranges.insert(name.clone(), format!("=_lists!${letters}$2:${letters}${}", codes.len() + 1));
    }
    Ok(ranges)
}

fn write_particulars(worksheet: &mut Worksheet, sheet: Option<&Sheet>) -> Result<(), XlsxError> {
    worksheet.set_name(PARK.name)?;
    let head = header_format();
    for (column, name) in ["key", "value"].iter().enumerate() {
        worksheet.write_string_with_format(0, column as u16, *name, &head)?;
    }
    worksheet.set_column_width(0, 18)?.set_column_width(1, 48)?;
    let given = |key: &str| {
        sheet.and_then(|sheet| {
            let row = sheet.rows.iter().find(|(_, cells)| cells.first().is_some_and(|cell| cell.shown() == key));
            row.and_then(|(_, cells)| cells.get(1).cloned())
        })
    };
    for (index, column) in PARK.columns.iter().enumerate() {
        let row = index as u32 + 1;
        worksheet.write_string(row, 0, column.name)?;
        worksheet.insert_note(row, 0, &Note::new(format!("{} · {}", column.vi, column.en)))?;
        let cell = match sheet {
            Some(_) => given(column.name).unwrap_or(Cell::Empty),
            None => Cell::text(column.example),
        };
        write_cell(worksheet, row, 1, column, &cell)?;
    }
    Ok(())
}

fn write_header(worksheet: &mut Worksheet, spec: &SheetSpec) -> Result<(), XlsxError> {
    let head = header_format();
    worksheet.set_freeze_panes(1, 0)?;
    for (index, column) in spec.columns.iter().enumerate() {
        let index = index as u16;
        worksheet.write_string_with_format(0, index, column.name, &head)?;
        let required = if column.required { " *" } else { "" };
        worksheet.insert_note(0, index, &Note::new(format!("{}{required} · {}", column.vi, column.en)))?;
        let width = if matches!(column.kind, Kind::Text) { 28.0 } else { 14.0 };
        worksheet.set_column_width(index, width)?;
    }
    Ok(())
}

fn header_format() -> Format {
    Format::new().set_bold().set_background_color(0x00E3_EFE6)
}

fn write_example(worksheet: &mut Worksheet, spec: &SheetSpec) -> Result<(), XlsxError> {
    for (index, column) in spec.columns.iter().enumerate() {
        write_cell(worksheet, 1, index as u16, column, &Cell::text(column.example))?;
    }
    Ok(())
}

fn write_rows(worksheet: &mut Worksheet, spec: &SheetSpec, sheet: &Sheet) -> Result<(), XlsxError> {
    for (row, (_, cells)) in sheet.rows.iter().enumerate() {
        for (index, column) in spec.columns.iter().enumerate() {
            let position = sheet.columns.iter().position(|name| name == column.name);
            if let Some(cell) = position.and_then(|position| cells.get(position)) {
                write_cell(worksheet, row as u32 + 1, index as u16, column, cell)?;
            }
        }
    }
    Ok(())
}

/// Numbers as numbers, days as days, and everything else as text, whatever it looks like.
fn write_cell(
    worksheet: &mut Worksheet,
    row: u32,
    index: u16,
    column: &ColumnSpec,
    cell: &Cell,
) -> Result<(), XlsxError> {
    let shown = cell.shown();
    if shown.is_empty() {
        return Ok(());
    }
    match column.kind {
        Kind::Number { .. } | Kind::Whole { .. } => match shown.parse::<f64>() {
            Ok(number) => worksheet.write_number(row, index, number)?,
            Err(_) => worksheet.write_string(row, index, &shown)?,
        },
        Kind::Date => match engine::period::parse_date(&shown) {
            Some(date) => {
                let day = ExcelDateTime::from_ymd(date.year() as u16, date.month() as u8, date.day() as u8)?;
                worksheet.write_datetime_with_format(row, index, &day, &Format::new().set_num_format("dd/mm/yyyy"))?
            }
            None => worksheet.write_string(row, index, &shown)?,
        },
        _ => worksheet.write_string(row, index, &shown)?,
    };
    Ok(())
}

fn add_drop_downs(
    worksheet: &mut Worksheet,
    spec: &SheetSpec,
    lists: &BTreeMap<String, String>,
) -> Result<(), XlsxError> {
    for (index, column) in spec.columns.iter().enumerate() {
        let rule = match column.kind {
            Kind::Choice(words) => DataValidation::new().allow_list_strings(words)?,
            Kind::YesNo => DataValidation::new().allow_list_strings(&["yes", "no"])?,
            Kind::Code(list) => match lists.get(list) {
                Some(range) => DataValidation::new().allow_list_formula(Formula::new(range)),
                None => continue,
            },
            Kind::Reference(sheet) => {
                DataValidation::new().allow_list_formula(Formula::new(format!("={sheet}!$A$2:$A${ROWS_WITH_LISTS}")))
            }
            _ => continue,
        };
        worksheet.add_data_validation(1, index as u16, ROWS_WITH_LISTS, index as u16, &rule)?;
    }
    Ok(())
}

/// Prints a generated page of the documentation.
pub fn print_docs(page: &str) -> Answer {
    match page {
        "formats" => {
            print!("{}", formats_page());
            Ok(())
        }
        "access" => {
            print!("{}", crate::web::access_page(&crate::web::routes().doors));
            Ok(())
        }
        "commands" => crate::cli::print_json(&crate::cli::commands()),
        other => Err(Stop::Usage(format!("page `{other}`: expected formats, access or commands"))),
    }
}

/// `docs/formats.md`, from the declarations that `check` reads against.
pub fn formats_page() -> String {
    let mut page = String::from(
        "# The format of a park\n\nGenerated by `congsinh docs formats` from the declarations that `check` reads against; \
         a test keeps this page equal to them.\n\nA park is a folder with `park.toml` and one CSV file per sheet (`.csv` or \
         `.csv.gz`, separated by `,` or `;`, UTF-8), or one `.xlsx` workbook with the same sheets; there the sheet `park` \
         has the columns `key` and `value`. Sheets whose name begins with `_` are passed over. `*` marks what must be \
         filled in. Dates are `yyyy-MM-dd` or `dd/MM/yyyy`; `to` is the last day, included. Formulas are refused: a cell \
         holds the value itself.\n",
    );
    for spec in std::iter::once(&PARK).chain(SHEETS) {
        let required = if spec.required { " *" } else { "" };
        let _ = write!(page, "\n## {}{required}\n\n{} · {}\n\n", spec.name, spec.vi, spec.en);
        page.push_str("| column | tiếng Việt | English | holds | example |\n|---|---|---|---|---|\n");
        for column in spec.columns {
            let required = if column.required { " *" } else { "" };
            let _ = writeln!(
                page,
                "| `{}`{required} | {} | {} | {} | {} |",
                column.name,
                column.vi,
                column.en,
                holds(column.kind),
                column.example
            );
        }
    }
    page
}

fn holds(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_string(),
        Kind::Id => "a code, unique in this sheet".to_string(),
        Kind::Number { min, max } => format!("number{}", bounds(min, max)),
        Kind::Whole { min, max } => format!("whole number{}", bounds(min, max)),
        Kind::Date => "day".to_string(),
        Kind::Instant => "moment with offset".to_string(),
        Kind::YesNo => "yes or no".to_string(),
        Kind::Choice(words) => words.join(", "),
        Kind::Code(list) => format!("code of the catalogue list `{list}`"),
        Kind::Reference(sheet) => format!("code in the sheet `{sheet}`"),
    }
}

fn bounds(min: f64, max: f64) -> String {
    match (min.is_finite(), max.is_finite()) {
        (true, true) => format!(" from {min} to {max}"),
        (true, false) => format!(", at least {min}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_formats_is_what_check_reads_against() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, formats_page(), "write it anew with `congsinh docs formats > docs/formats.md`");
    }

    #[test]
    fn the_blank_template_has_every_sheet_and_reads_back() {
        let lists = catalogue::catalogue().unwrap().code_lists();
        let bytes = workbook(&BTreeMap::new(), &lists, jiff::civil::date(2025, 1, 31)).unwrap();
        let (sheets, faults) = files::workbook_sheets(&bytes);
        assert_eq!(faults, []);
        assert_eq!(sheets.len(), SHEETS.len() + 1);
        let again = workbook(&BTreeMap::new(), &lists, jiff::civil::date(2025, 1, 31)).unwrap();
        assert!(bytes == again, "the same day gives the same bytes");
    }
}
