//! What the template prints: the document with every number and date written in its language, every table's columns
//! measured, and everything people wrote cleaned of control characters.

mod columns;

use std::collections::BTreeSet;

use engine::language::{Language, format_date, format_number};
use engine::report::document::{Bars, Block, Cell, Document, Section, Table};
use jiff::civil::Date;
use serde::Serialize;

use crate::fonts;

/// A table with more columns than this turns its section on its side.
const COLUMNS_UPRIGHT: usize = 7;

/// Words longer than this (digests, addresses) may be broken anywhere.
const LONGEST_WORD: usize = 28;

#[derive(Serialize)]
pub struct Content {
    language: &'static str,
    title: String,
    subtitle: String,
    marks: Vec<String>,
    particulars: Vec<(String, String)>,
    footer: String,
    page_word: &'static str,
    year: i16,
    month: i8,
    day: i8,
    /// Sections that share an orientation, in order.
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Run {
    sideways: bool,
    pieces: Vec<Piece>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Piece {
    Heading { text: String },
    Paragraph { text: String },
    Note { text: String },
    Table(PrintedTable),
    Bars(PrintedBars),
}

#[derive(Serialize)]
struct PrintedTable {
    number: String,
    caption: String,
    /// Points.
    font_size: f64,
    columns: Vec<PrintedColumn>,
    cells: Vec<PrintedCell>,
    /// Why cells show "?", numbered from 1.
    reasons: Vec<String>,
    source: String,
}

#[derive(Serialize)]
struct PrintedColumn {
    heading: String,
    unit: String,
    is_numeric: bool,
    /// Points, padding included.
    width: f64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PrintedCell {
    Text(String),
    /// "?" with the number of its reason below the table; 0 where no reason was given.
    Unknown(usize),
}

#[derive(Serialize)]
struct PrintedBars {
    number: String,
    caption: String,
    unit: String,
    /// Where zero lies, percent of the width of the drawing.
    zero: f64,
    bars: Vec<PrintedBar>,
}

#[derive(Serialize)]
struct PrintedBar {
    label: String,
    value: String,
    start: f64,
    length: f64,
    is_negative: bool,
}

/// The few words the page itself says.
struct Words {
    page: &'static str,
    table: &'static str,
    figure: &'static str,
    unprintable: &'static str,
}

impl Words {
    fn of(language: Language) -> Words {
        match language {
            Language::Vi => Words {
                page: "Trang",
                table: "Bảng",
                figure: "Hình",
                unprintable: "Phông chữ của bản in không có các ký tự sau (mã Unicode):",
            },
            Language::En => Words {
                page: "Page",
                table: "Table",
                figure: "Figure",
                unprintable: "The fonts of this print lack these characters (Unicode code points):",
            },
        }
    }
}

impl Content {
    pub fn prepare(document: &Document, date: Date) -> Content {
        let words = Words::of(document.language);
        let mut printer = Printer { language: document.language, words, tables: 0, figures: 0 };
        let mut content = Content {
            language: document.language.code(),
            title: clean(&document.title),
            subtitle: clean(&document.subtitle),
            marks: document.marks.iter().map(|mark| clean(mark)).collect(),
            particulars: document.particulars.iter().map(|(name, value)| (clean(name), clean(value))).collect(),
            footer: clean(&document.footer),
            page_word: printer.words.page,
            year: date.year(),
            month: date.month(),
            day: date.day(),
            runs: Vec::new(),
        };
        for section in &document.sections {
            content.append(section_is_wide(section), printer.section(section));
        }
        if let Some(text) = printer.unprintable_note(document) {
            content.append(false, vec![Piece::Note { text }]);
        }
        content
    }

    fn append(&mut self, sideways: bool, mut pieces: Vec<Piece>) {
        match self.runs.last_mut() {
            Some(run) if run.sideways == sideways => run.pieces.append(&mut pieces),
            _ => self.runs.push(Run { sideways, pieces }),
        }
    }
}

/// The whole section turns, not the table alone: a heading stays with its table and the reader turns the paper once.
fn section_is_wide(section: &Section) -> bool {
    section.blocks.iter().any(|block| match block {
        Block::Table(table) => table.columns.len() > COLUMNS_UPRIGHT,
        _ => false,
    })
}

struct Printer {
    language: Language,
    words: Words,
    tables: usize,
    figures: usize,
}

impl Printer {
    fn section(&mut self, section: &Section) -> Vec<Piece> {
        let sideways = section_is_wide(section);
        let mut pieces = Vec::new();
        if !section.heading.is_empty() {
            pieces.push(Piece::Heading { text: clean(&section.heading) });
        }
        for block in &section.blocks {
            match block {
                Block::Paragraph(text) => {
                    pieces.extend(paragraphs(text).map(|text| Piece::Paragraph { text }));
                }
                Block::Note(text) => pieces.push(Piece::Note { text: clean(text) }),
                Block::Table(table) => pieces.push(Piece::Table(self.table(table, sideways))),
                Block::Bars(bars) => pieces.push(Piece::Bars(self.bars(bars))),
            }
        }
        pieces
    }

    fn table(&mut self, table: &Table, sideways: bool) -> PrintedTable {
        self.tables += 1;
        let mut reasons = Vec::new();
        let mut rows = Vec::new();
        for row in &table.rows {
            let mut cells: Vec<PrintedCell> = Vec::new();
            for (index, column) in table.columns.iter().enumerate() {
                let cell = row.get(index).unwrap_or(&Cell::Empty);
                cells.push(self.cell(cell, column.decimals, &mut reasons));
            }
            rows.push(cells);
        }
        let (font_size, columns) = columns::fit(table, &rows, sideways);
        PrintedTable {
            number: format!("{} {}", self.words.table, self.tables),
            caption: clean(&table.caption),
            font_size,
            columns,
            cells: rows.into_iter().flatten().collect(),
            reasons,
            source: clean(&table.source),
        }
    }

    fn cell(&self, cell: &Cell, decimals: usize, reasons: &mut Vec<String>) -> PrintedCell {
        match cell {
            Cell::Text(text) => PrintedCell::Text(clean(text)),
            Cell::Number(value) => PrintedCell::Text(format_number(self.language, *value, decimals)),
            Cell::Date(date) => PrintedCell::Text(format_date(*date)),
            Cell::Unknown(reason) => PrintedCell::Unknown(reason_number(reasons, clean(reason))),
            Cell::Empty => PrintedCell::Text(String::new()),
        }
    }

    /// Bars share one scale that always contains zero; values are divided by the largest size first, so that no
    /// difference overflows. A value that is not finite gets no bar.
    fn bars(&mut self, bars: &Bars) -> PrintedBars {
        self.figures += 1;
        let finite = || bars.bars.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
        let largest = finite().map(f64::abs).fold(0.0, f64::max);
        let scaled = |value: f64| if largest > 0.0 && value.is_finite() { value / largest } else { 0.0 };
        let low = finite().map(scaled).fold(0.0, f64::min);
        let high = finite().map(scaled).fold(0.0, f64::max);
        let percent = if high > low { 100.0 / (high - low) } else { 0.0 };
        let drawn = bars.bars.iter().map(|(label, value)| PrintedBar {
            label: clean(label),
            value: format_number(self.language, *value, bars.decimals),
            start: (scaled(*value).min(0.0) - low) * percent,
            length: scaled(*value).abs() * percent,
            is_negative: *value < 0.0,
        });
        PrintedBars {
            number: format!("{} {}", self.words.figure, self.figures),
            caption: clean(&bars.caption),
            unit: clean(&bars.unit),
            zero: -low * percent,
            bars: drawn.collect(),
        }
    }

    /// A name in a script without glyphs must not vanish silently: its code points can be looked up.
    fn unprintable_note(&self, document: &Document) -> Option<String> {
        let missing = unprintable(document);
        if missing.is_empty() {
            return None;
        }
        let codes: Vec<String> = missing.iter().map(|letter| format!("U+{:04X}", *letter as u32)).collect();
        Some(format!("{} {}", self.words.unprintable, codes.join(", ")))
    }
}

/// The characters of a document that the fonts cannot print.
pub fn unprintable(document: &Document) -> BTreeSet<char> {
    let mut missing = BTreeSet::new();
    let mut look = |text: &str| missing.extend(fonts::unprintable(text));
    look(&document.title);
    look(&document.subtitle);
    look(&document.footer);
    document.marks.iter().for_each(|mark| look(mark));
    for (name, value) in &document.particulars {
        look(name);
        look(value);
    }
    for section in &document.sections {
        look(&section.heading);
        for block in &section.blocks {
            look_at_block(block, &mut look);
        }
    }
    missing
}

fn look_at_block(block: &Block, look: &mut impl FnMut(&str)) {
    match block {
        Block::Paragraph(text) | Block::Note(text) => look(text),
        Block::Bars(bars) => {
            look(&bars.caption);
            look(&bars.unit);
            bars.bars.iter().for_each(|(label, _)| look(label));
        }
        Block::Table(table) => {
            look(&table.caption);
            look(&table.source);
            for column in &table.columns {
                look(&column.heading);
                look(column.unit.as_deref().unwrap_or_default());
            }
            for cell in table.rows.iter().flatten() {
                if let Cell::Text(text) | Cell::Unknown(text) = cell {
                    look(text);
                }
            }
        }
    }
}

/// The number of a reason, counted from 1; the same reason keeps its number. No reason, number 0.
fn reason_number(reasons: &mut Vec<String>, reason: String) -> usize {
    if reason.is_empty() {
        return 0;
    }
    if let Some(index) = reasons.iter().position(|known| *known == reason) {
        return index + 1;
    }
    reasons.push(reason);
    reasons.len()
}

fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    text.split('\n').map(clean).filter(|line| !line.trim().is_empty())
}

/// Text without control characters (line ends stay), with break points in words too long for a line.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut letters_since_break = 0;
    for letter in text.trim_end().chars() {
        let letter = if letter == '\t' { ' ' } else { letter };
        if letter.is_control() && letter != '\n' {
            continue;
        }
        if letter.is_whitespace() {
            letters_since_break = 0;
        } else if letters_since_break == LONGEST_WORD {
            cleaned.push(BREAK_POINT);
            letters_since_break = 1;
        } else {
            letters_since_break += 1;
        }
        cleaned.push(letter);
    }
    cleaned
}

/// Zero-width space: a line may end here.
const BREAK_POINT: char = '\u{200b}';
