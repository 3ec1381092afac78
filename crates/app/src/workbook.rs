//! A report document as an Excel workbook: a first sheet with the words, then one sheet per table. Numbers and dates
//! stay numbers and dates; text is written as text, so nothing typed by a user runs as a formula. The same document
//! and date give the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use engine::language::{Language, format_number};
use engine::report::document::{Bars, Block, Cell, Column, Document, Table};
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook, Worksheet,
};

/// Rows of a table sheet, counted from 0: caption, marks, then the header.
const CAPTION_ROW: u32 = 0;
const MARKS_ROW: u32 = 1;
const HEADER_ROW: u32 = 2;

/// Excel refuses longer sheet names and longer texts.
const SHEET_NAME_LETTERS: usize = 31;
const CELL_LETTERS: usize = 32_000;

/// Widths of columns in characters.
const NARROWEST: usize = 8;
const WIDEST: usize = 60;

/// The document as an `.xlsx` file, dated `date`.
pub fn write(document: &Document, date: Date) -> anyhow::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(document, date)?);
    let looks = Looks::new();
    let first_name = match document.language {
        Language::Vi => "Báo cáo",
        Language::En => "Report",
    };
    let tables = name_tables(document, first_name);
    let mut first = Worksheet::new();
    first.set_name(first_name)?;
    write_words(&mut first, document, &tables, &looks)?;
    workbook.push_worksheet(first);
    for (name, table) in &tables {
        let mut sheet = Worksheet::new();
        sheet.set_name(name)?;
        write_table(&mut sheet, document, table, &looks).with_context(|| format!("sheet {name}"))?;
        workbook.push_worksheet(sheet);
    }
    Ok(workbook.save_to_buffer()?)
}

fn properties(document: &Document, date: Date) -> anyhow::Result<DocProperties> {
    let created = excel_date(date).with_context(|| format!("date {date} is outside the years of Excel"))?;
    Ok(DocProperties::new()
        .set_title(text(&document.title))
        .set_subject(text(&document.subtitle))
        .set_author("congsinh")
        .set_comment(text(&document.footer))
        .set_creation_datetime(&created))
}

/// Every table with the name of its sheet: its own identifier, or that of its section.
fn name_tables<'a>(document: &'a Document, first_name: &str) -> Vec<(String, &'a Table)> {
    // Excel compares names without case and keeps "History" for itself.
    let mut taken = BTreeSet::from([first_name.to_lowercase(), "history".to_string()]);
    let mut named = Vec::new();
    for section in &document.sections {
        for block in &section.blocks {
            if let Block::Table(table) = block {
                let wanted = if table.id.trim().is_empty() { &section.id } else { &table.id };
                named.push((sheet_name(wanted, &mut taken), table));
            }
        }
    }
    named
}

/// A name Excel accepts: at most 31 letters, none of `[]:*?/\`, not taken yet.
fn sheet_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let allowed = |letter: char| if "[]:*?/\\'".contains(letter) || letter.is_control() { '-' } else { letter };
    let plain: String = wanted.trim().chars().map(allowed).take(SHEET_NAME_LETTERS).collect();
    let plain = if plain.is_empty() { "table".to_string() } else { plain };
    let mut name = plain.clone();
    let mut count = 1;
    while !taken.insert(name.to_lowercase()) {
        count += 1;
        let ending = format!("-{count}");
        name = plain.chars().take(SHEET_NAME_LETTERS - ending.len()).collect::<String>() + &ending;
    }
    name
}

// The first sheet.

fn write_words(
    sheet: &mut Worksheet,
    document: &Document,
    tables: &[(String, &Table)],
    looks: &Looks,
) -> anyhow::Result<()> {
    sheet.set_column_width(0, 34)?.set_column_width(1, 96)?;
    set_paper(sheet, document)?;
    let mut lines = Lines { sheet, looks, row: 0 };
    lines.wide(&document.title, &looks.title)?;
    if !document.subtitle.is_empty() {
        lines.wide(&document.subtitle, &looks.quiet)?;
    }
    for mark in &document.marks {
        lines.wide(mark, &looks.mark)?;
    }
    lines.row += 1;
    for (name, value) in &document.particulars {
        lines.pair(name, value)?;
    }
    let mut names = tables.iter().map(|(name, _)| name);
    for section in &document.sections {
        lines.row += 1;
        lines.wide(&section.heading, &looks.heading)?;
        for block in &section.blocks {
            match block {
                Block::Paragraph(words) => lines.pair("", words)?,
                Block::Note(words) => lines.note(words)?,
                Block::Bars(bars) => lines.bars(bars, document.language)?,
                Block::Table(table) => {
                    let name = names.next().context("every table has its sheet")?;
                    lines.link(name, &table.caption)?;
                }
            }
        }
    }
    lines.row += 1;
    lines.wide(&document.footer, &looks.quiet)
}

/// Writes the first sheet line by line.
struct Lines<'a> {
    sheet: &'a mut Worksheet,
    looks: &'a Looks,
    row: u32,
}

impl Lines<'_> {
    fn wide(&mut self, words: &str, look: &Format) -> anyhow::Result<()> {
        self.sheet.write_string_with_format(self.row, 0, text(words), look)?;
        self.row += 1;
        Ok(())
    }

    fn pair(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        if !name.is_empty() {
            self.sheet.write_string_with_format(self.row, 0, text(name), &self.looks.quiet)?;
        }
        self.sheet.write_string_with_format(self.row, 1, text(value), &self.looks.wrapped)?;
        self.row += 1;
        Ok(())
    }

    fn note(&mut self, words: &str) -> anyhow::Result<()> {
        self.sheet.write_string_with_format(self.row, 1, text(words), &self.looks.note)?;
        self.row += 1;
        Ok(())
    }

    fn link(&mut self, name: &str, caption: &str) -> anyhow::Result<()> {
        let target = Url::new(format!("internal:'{name}'!A1")).set_text(name);
        self.sheet.write_url(self.row, 0, target)?;
        self.sheet.write_string_with_format(self.row, 1, text(caption), &self.looks.wrapped)?;
        self.row += 1;
        Ok(())
    }

    fn bars(&mut self, bars: &Bars, language: Language) -> anyhow::Result<()> {
        let caption =
            if bars.unit.is_empty() { bars.caption.clone() } else { format!("{} ({})", bars.caption, bars.unit) };
        self.wide(&caption, &self.looks.bold)?;
        for (label, value) in &bars.bars {
            self.sheet.write_string_with_format(self.row, 0, text(label), &self.looks.wrapped)?;
            write_number(
                self.sheet,
                self.row,
                1,
                *value,
                bars.decimals,
                language,
                &self.looks.bar_number(bars.decimals),
            )?;
            self.row += 1;
        }
        Ok(())
    }
}

// A sheet with one table.

fn write_table(sheet: &mut Worksheet, document: &Document, table: &Table, looks: &Looks) -> anyhow::Result<()> {
    sheet.write_string_with_format(CAPTION_ROW, 0, text(&table.caption), &looks.heading)?;
    if !document.marks.is_empty() {
        sheet.write_string_with_format(MARKS_ROW, 0, text(&document.marks.join(" · ")), &looks.mark)?;
    }
    let mut number_looks: BTreeMap<usize, Format> = BTreeMap::new();
    for (index, column) in table.columns.iter().enumerate() {
        let place = u16::try_from(index).context("too many columns for a sheet")?;
        sheet.write_string_with_format(HEADER_ROW, place, header(column), &looks.header)?;
        sheet.set_column_width(place, u32::try_from(column_width(table, index))?)?;
        number_looks.entry(column.decimals).or_insert_with(|| number_look(column.decimals));
    }
    let mut row_index = HEADER_ROW;
    for row in &table.rows {
        row_index += 1;
        for (index, (column, cell)) in table.columns.iter().zip(row).enumerate() {
            let place = u16::try_from(index)?;
            let look = &number_looks[&column.decimals];
            write_cell(sheet, row_index, place, cell, column.decimals, document.language, look, looks)?;
        }
    }
    if !table.source.is_empty() {
        sheet.write_string_with_format(row_index + 2, 0, text(&table.source), &looks.quiet)?;
    }
    sheet.set_freeze_panes(HEADER_ROW + 1, 0)?;
    sheet.set_repeat_rows(HEADER_ROW, HEADER_ROW)?;
    let last_column = u16::try_from(table.columns.len())?.checked_sub(1);
    if let Some(last_column) = last_column.filter(|_| !table.rows.is_empty()) {
        sheet.autofilter(HEADER_ROW, 0, row_index, last_column)?;
    }
    set_paper(sheet, document)
}

#[expect(clippy::too_many_arguments, reason = "a cell is its place, its value and its look")]
fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    decimals: usize,
    language: Language,
    number_look: &Format,
    looks: &Looks,
) -> anyhow::Result<()> {
    match cell {
        Cell::Text(words) => {
            sheet.write_string_with_format(row, column, text(words), &looks.wrapped)?;
        }
        Cell::Number(value) => write_number(sheet, row, column, *value, decimals, language, number_look)?,
        Cell::Date(date) => match excel_date(*date) {
            Some(day) => {
                sheet.write_datetime_with_format(row, column, &day, &looks.date)?;
            }
            // Excel's calendar starts in 1900.
            None => {
                sheet.write_string_with_format(row, column, engine::language::format_date(*date), &looks.wrapped)?;
            }
        },
        Cell::Unknown(reason) => {
            sheet.write_string_with_format(row, column, unknown(reason), &looks.unknown)?;
        }
        Cell::Empty => {}
    }
    Ok(())
}

/// A number as a number; what is not finite as the dash it is printed as elsewhere, because Excel has no such number.
fn write_number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: f64,
    decimals: usize,
    language: Language,
    look: &Format,
) -> anyhow::Result<()> {
    if value.is_finite() {
        sheet.write_number_with_format(row, column, value, look)?;
    } else {
        sheet.write_string_with_format(row, column, format_number(language, value, decimals), look)?;
    }
    Ok(())
}

fn header(column: &Column) -> String {
    match column.unit.as_deref().filter(|unit| !unit.is_empty()) {
        Some(unit) => text(&format!("{} ({unit})", column.heading)),
        None => text(&column.heading),
    }
}

fn unknown(reason: &str) -> String {
    let reason = text(reason);
    if reason.is_empty() { "?".to_string() } else { format!("? ({reason})") }
}

/// Wide enough for what the column holds, within bounds; longer text wraps.
fn column_width(table: &Table, index: usize) -> usize {
    let column = &table.columns[index];
    let heading = header(column).split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    let cells = table.rows.iter().filter_map(|row| row.get(index)).map(|cell| match cell {
        Cell::Text(words) => words.lines().map(|line| line.chars().count()).max().unwrap_or(0),
        Cell::Number(value) => format_number(Language::En, *value, column.decimals).chars().count(),
        Cell::Date(_) => 10,
        Cell::Unknown(reason) => unknown(reason).chars().count().min(24),
        Cell::Empty => 0,
    });
    // The arrow of the filter covers the end of the header.
    (cells.fold(heading + 3, usize::max) + 2).clamp(NARROWEST, WIDEST)
}

// What both kinds of sheet share.

/// A4, one page wide, with title and marks above and page numbers below when printed.
fn set_paper(sheet: &mut Worksheet, document: &Document) -> anyhow::Result<()> {
    let printable =
        |words: &str, letters: usize| text(words).chars().take(letters).collect::<String>().replace('&', "&&");
    let head = format!("&L{}&R{}", printable(&document.title, 60), printable(&document.marks.join(" · "), 50));
    let foot = format!("&L{}&R&P/&N", printable(&document.footer, 90));
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_header(head).set_footer(foot);
    Ok(())
}

/// `None` outside the years 1900 to 9999.
fn excel_date(date: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    ExcelDateTime::from_ymd(year, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?).ok()
}

/// Text a cell can hold: no control characters but line ends, within Excel's length.
fn text(words: &str) -> String {
    let allowed = |letter: &char| !letter.is_control() || *letter == '\n';
    let mut kept: String =
        words.chars().map(|letter| if letter == '\t' { ' ' } else { letter }).filter(allowed).collect();
    if let Some((end, _)) = kept.char_indices().nth(CELL_LETTERS) {
        kept.truncate(end);
        kept.push('…');
    }
    kept
}

fn number_look(decimals: usize) -> Format {
    let fraction = "0".repeat(decimals.min(15));
    let pattern = if fraction.is_empty() { "#,##0".to_string() } else { format!("#,##0.{fraction}") };
    Format::new().set_num_format(pattern).set_align(FormatAlign::Top)
}

struct Looks {
    title: Format,
    heading: Format,
    header: Format,
    bold: Format,
    quiet: Format,
    mark: Format,
    note: Format,
    wrapped: Format,
    unknown: Format,
    date: Format,
}

impl Looks {
    fn new() -> Looks {
        let (accent, tint, grey) = (Color::RGB(0x17594A), Color::RGB(0xEDF3F0), Color::RGB(0x5C686B));
        let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        Looks {
            title: Format::new().set_bold().set_font_size(16).set_font_color(accent),
            heading: Format::new().set_bold().set_font_size(12).set_font_color(accent),
            header: wrapped
                .clone()
                .set_bold()
                .set_background_color(tint)
                .set_align(FormatAlign::Bottom)
                .set_border_bottom(FormatBorder::Thin),
            bold: Format::new().set_bold(),
            quiet: Format::new().set_font_color(grey).set_align(FormatAlign::Top),
            mark: Format::new().set_bold().set_font_color(Color::RGB(0x8A4B08)),
            note: wrapped.clone().set_background_color(tint),
            unknown: wrapped.clone().set_font_color(grey),
            date: Format::new().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Top),
            wrapped,
        }
    }

    fn bar_number(&self, decimals: usize) -> Format {
        number_look(decimals).set_align(FormatAlign::Left)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};
    use jiff::civil::date;

    use super::*;
    use engine::report::document::Section;

    #[test]
    fn the_same_document_and_date_give_the_same_bytes() -> anyhow::Result<()> {
        let document = document();
        let first = write(&document, date(2026, 3, 1))?;
        assert!(first == write(&document, date(2026, 3, 1))?, "bytes differ between two writes");
        assert!(first != write(&document, date(2026, 3, 2))?, "the date is not in the bytes");
        Ok(())
    }

    #[test]
    fn numbers_and_dates_stay_numbers_and_dates() -> anyhow::Result<()> {
        let mut book = read(&document())?;
        let sheet = book.worksheet_range("flows")?;
        assert_eq!(sheet.get_value((2, 1)), Some(&Data::String("Khối lượng (t/năm)".to_string())));
        assert_eq!(sheet.get_value((3, 1)), Some(&Data::Float(1234.5)));
        // Days since 1900 as Excel counts them.
        let Some(Data::DateTime(day)) = sheet.get_value((3, 2)) else { panic!("the date is not a date: {sheet:?}") };
        assert_eq!(day.as_f64(), 46_090.0);
        assert_eq!(sheet.get_value((4, 1)), Some(&Data::String("? (chưa có đồng hồ)".to_string())));
        assert_eq!(sheet.get_value((4, 2)), Some(&Data::Empty));
        assert_eq!(sheet.get_value((5, 1)), Some(&Data::String("–".to_string())));
        Ok(())
    }

    #[test]
    fn text_that_looks_like_a_formula_stays_text() -> anyhow::Result<()> {
        let mut book = read(&document())?;
        let sheet = book.worksheet_range("flows")?;
        let first_column: Vec<String> =
            (3..7).filter_map(|row| sheet.get_value((row, 0))).map(|cell| cell.to_string()).collect();
        assert_eq!(first_column, ["=1+1", "+84 292", "-x", "@SUM(A1)"]);
        assert!(book.worksheet_formula("flows")?.is_empty());
        Ok(())
    }

    #[test]
    fn every_table_has_a_sheet_of_its_own_with_marks() -> anyhow::Result<()> {
        let mut book = read(&document())?;
        let names = book.sheet_names();
        assert_eq!(names, ["Báo cáo", "flows", "FLOWS-2", "plan--costs--a-very-long-name-i", "empty"]);
        for name in &names[1..] {
            let sheet = book.worksheet_range(name)?;
            assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("Dữ liệu giả lập".to_string())), "{name}");
        }
        let words = book.worksheet_range("Báo cáo")?;
        let all: Vec<String> = words.cells().map(|(_, _, cell)| cell.to_string()).collect();
        for expected in ["Báo cáo thử", "Dữ liệu giả lập", "Kỳ", "2025", "Đoạn văn", "Lưu ý", "-3.5", "flows"]
        {
            assert!(all.iter().any(|cell| cell == expected), "{expected} is missing in {all:?}");
        }
        Ok(())
    }

    #[test]
    fn poor_documents_are_written_too() -> anyhow::Result<()> {
        let mut document = document();
        document.title = "\u{0}&R\u{7}".to_string();
        document.footer = "&".repeat(400);
        document.marks = vec!["x".repeat(50_000)];
        document.sections = vec![section("History", vec![table("", vec![], vec![vec![Cell::Empty]])])];
        read(&document)?;
        document.sections.clear();
        read(&document)?;
        assert!(write(&document, date(1850, 1, 1)).is_err());
        Ok(())
    }

    fn read(document: &Document) -> anyhow::Result<Xlsx<Cursor<Vec<u8>>>> {
        Ok(Xlsx::new(Cursor::new(write(document, date(2026, 3, 1))?))?)
    }

    fn section(id: &str, blocks: Vec<Block>) -> Section {
        Section { id: id.to_string(), heading: "Mục".to_string(), blocks }
    }

    fn table(id: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Block {
        Block::Table(Table {
            id: id.to_string(),
            caption: "Bảng".to_string(),
            columns,
            rows,
            source: "Nguồn".to_string(),
        })
    }

    fn document() -> Document {
        let words = |words: &str| Cell::Text(words.to_string());
        let columns =
            vec![Column::text("Tên", 3), Column::number("Khối lượng", "t/năm", 1, 1), Column::text("Ngày", 1)];
        let rows = vec![
            vec![words("=1+1"), Cell::Number(1234.5), Cell::Date(date(2026, 3, 9))],
            vec![words("+84 292"), Cell::Unknown("chưa có đồng hồ".to_string()), Cell::Empty],
            vec![words("-x"), Cell::Number(f64::NAN), Cell::Date(date(1850, 3, 9))],
            vec![words("@SUM(A1)")],
        ];
        let bars = Bars {
            caption: "Hình".to_string(),
            unit: "%".to_string(),
            decimals: 1,
            bars: vec![("a".to_string(), -3.5), ("b".to_string(), f64::INFINITY)],
        };
        Document {
            language: Language::Vi,
            letter: None,
            title: "Báo cáo thử".to_string(),
            subtitle: "Khu Mẫu & kỳ 2025".to_string(),
            marks: vec!["Dữ liệu giả lập".to_string()],
            particulars: vec![("Kỳ".to_string(), "2025".to_string())],
            sections: vec![
                section(
                    "gaps",
                    vec![
                        Block::Paragraph("Đoạn văn".to_string()),
                        Block::Note("Lưu ý".to_string()),
                        table("flows", columns.clone(), rows),
                        table("FLOWS", columns.clone(), vec![]),
                        Block::Bars(bars),
                    ],
                ),
                section(
                    "x",
                    vec![table("plan/[costs] a very long name indeed".replace(' ', "-").as_str(), columns, vec![])],
                ),
                section("empty", vec![table("", vec![], vec![])]),
            ],
            footer: "congsinh".to_string(),
        }
    }
}
