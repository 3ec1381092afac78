//! The sheet that one enterprise fills in: a row for each record, drop-downs for resource, unit and basis in the words
//! of the reader's language. What comes back is read by `block`.

use engine::catalogue::Catalogue;
use engine::language::Language;
use engine::park::Record;
use engine::source::Basis;
use jiff::civil::Date;
use rust_xlsxwriter::{DataValidation, DocProperties, ExcelDateTime, Format, Formula, Workbook, XlsxError};

use crate::wording;

/// Rows that offer drop-downs.
const ROWS: u32 = 500;
const SHEET: &str = "records";
const LISTS: &str = "_lists";
const HEADINGS: [(&str, f64); 7] = [
    ("Tài nguyên / Resource", 34.0),
    ("Kỳ / Period", 12.0),
    ("Số lượng / Amount", 16.0),
    ("Đơn vị / Unit", 12.0),
    ("Nguồn số liệu / Basis", 20.0),
    ("Chứng từ / Document", 34.0),
    ("Chi phí (đồng) / Cost (VND)", 20.0),
];

/// The workbook of one enterprise with these records in it; the same records and day give the same bytes.
pub fn workbook(
    catalogue: &Catalogue,
    language: Language,
    records: &[&Record],
    day: Date,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)?;
    workbook.set_properties(&DocProperties::new().set_title("congsinh").set_creation_datetime(&created));
    let label = |id| catalogue.resource(id).map_or_else(String::new, |row| row.label.get(language).to_string());
    let resources: Vec<String> = catalogue.resources.keys().map(label).collect();
    let units: Vec<String> = catalogue.units.keys().cloned().collect();
    let bases: Vec<String> = Basis::ALL.map(|basis| wording::basis(language, basis)).into();

    let sheet = workbook.add_worksheet().set_name(SHEET)?;
    let head = Format::new().set_bold().set_background_color(0x00E3_EFE6);
    sheet.set_freeze_panes(1, 0)?;
    for (column, (heading, width)) in (0u16..).zip(HEADINGS) {
        sheet.write_string_with_format(0, column, heading, &head)?.set_column_width(column, width)?;
    }
    for (row, record) in (1u32..).zip(records) {
        // What looks like a formula is a text, whoever wrote it.
        sheet.write_string(row, 0, label(&record.resource))?;
        sheet.write_string(row, 1, record.period.to_string())?;
        sheet.write_number(row, 2, record.amount.value)?;
        sheet.write_string(row, 3, &record.amount.unit)?;
        sheet.write_string(row, 4, wording::basis(language, record.basis))?;
        sheet.write_string(row, 5, &record.source)?;
        if let Some(cost) = record.cost_vnd {
            sheet.write_number(row, 6, cost)?;
        }
    }
    let last = ROWS.max(records.len() as u32 + ROWS);
    for (column, list, letter) in [(0, &resources, 'A'), (3, &units, 'B'), (4, &bases, 'C')] {
        let range = Formula::new(format!("={LISTS}!${letter}$2:${letter}${}", list.len() + 1));
        let rule = DataValidation::new().allow_list_formula(range);
        sheet.add_data_validation(1, column, last, column, &rule)?;
    }
    let lists = workbook.add_worksheet().set_name(LISTS)?;
    for (column, (name, list)) in (0u16..).zip([("resources", &resources), ("units", &units), ("bases", &bases)]) {
        lists.write_string(0, column, name)?;
        for (row, word) in (1u32..).zip(list) {
            lists.write_string(row, column, word)?;
        }
    }
    workbook.save_to_buffer()
}
