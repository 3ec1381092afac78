//! What the template prints: the document with every number and date written in its language, every table's columns
//! measured, and everything people wrote cleaned of control characters.

mod columns;

use std::collections::BTreeSet;

use engine::language::{Language, format_date, format_number};
use engine::report::document::{Bars, Block, Cell, Document, Letter, Section, Signature, Table};
use jiff::civil::Date;
use serde::Serialize;

use crate::fonts;

/// A table with more columns than this turns its section on its side.
const COLUMNS_UPRIGHT: usize = 7;

/// Stands for what a person fills in by hand.
const BY_HAND: &str = "..............";

/// Words longer than this (digests, addresses) may be broken anywhere.
const LONGEST_WORD: usize = 28;

#[derive(Serialize)]
pub struct Content {
    pub language: &'static str,
    pub letter: Option<PrintedLetter>,
    pub title: String,
    pub subtitle: String,
    pub marks: Vec<String>,
    pub particulars: Vec<(String, String)>,
    pub footer: String,
    pub page_word: &'static str,
    year: i16,
    month: i8,
    day: i8,
    /// Sections that share an orientation, in order.
    pub runs: Vec<Run>,
}

/// Heads and signatures, with the words that stand on every paper of the state.
#[derive(Serialize)]
pub struct PrintedLetter {
    pub superior: String,
    pub issuer: String,
    pub nation: &'static str,
    pub motto: &'static str,
    /// "Số: 12/CV".
    pub number: String,
    pub place_and_day: String,
    /// "Kính gửi: …"; empty where it is addressed to nobody.
    pub addressed_to: String,
    pub recipients_word: &'static str,
    pub recipients: Vec<String>,
    pub signatures: Vec<PrintedSignature>,
}

#[derive(Serialize)]
pub struct PrintedSignature {
    pub role: String,
    pub note: String,
    pub name: String,
}

#[derive(Serialize)]
pub struct Run {
    pub sideways: bool,
    pub pieces: Vec<Piece>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Piece {
    Heading { text: String },
    Paragraph { text: String },
    Note { text: String },
    Table(PrintedTable),
    Bars(PrintedBars),
}

#[derive(Serialize)]
pub struct PrintedTable {
    pub number: String,
    pub caption: String,
    /// Points.
    pub font_size: f64,
    pub columns: Vec<PrintedColumn>,
    pub cells: Vec<PrintedCell>,
    /// Why cells show "?", numbered from 1.
    pub reasons: Vec<String>,
    pub source: String,
}

#[derive(Serialize)]
pub struct PrintedColumn {
    pub heading: String,
    pub unit: String,
    pub is_numeric: bool,
    /// Points, padding included.
    pub width: f64,
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum PrintedCell {
    Text(String),
    /// "?" with the number of its reason below the table; 0 where no reason was given.
    Unknown(usize),
}

#[derive(Serialize)]
pub struct PrintedBars {
    pub number: String,
    pub caption: String,
    pub unit: String,
    /// Where zero lies, percent of the width of the drawing.
    pub zero: f64,
    pub bars: Vec<PrintedBar>,
}

#[derive(Serialize)]
pub struct PrintedBar {
    pub label: String,
    pub value: String,
    pub start: f64,
    pub length: f64,
    pub is_negative: bool,
}

/// The few words the page itself says.
struct Words {
    page: &'static str,
    table: &'static str,
    figure: &'static str,
    unprintable: &'static str,
    nation: &'static str,
    motto: &'static str,
    number: &'static str,
    addressed_to: &'static str,
    recipients: &'static str,
}

impl Words {
    fn of(language: Language) -> Words {
        match language {
            Language::Vi => Words {
                page: "Trang",
                table: "Bảng",
                figure: "Hình",
                unprintable: "Phông chữ của bản in không có các ký tự sau (mã Unicode):",
                nation: "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                motto: "Độc lập - Tự do - Hạnh phúc",
                number: "Số:",
                addressed_to: "Kính gửi:",
                recipients: "Nơi nhận:",
            },
            Language::En => Words {
                page: "Page",
                table: "Table",
                figure: "Figure",
                unprintable: "The fonts of this print lack these characters (Unicode code points):",
                nation: "SOCIALIST REPUBLIC OF VIET NAM",
                motto: "Independence - Freedom - Happiness",
                number: "No.:",
                addressed_to: "To:",
                recipients: "Recipients:",
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
            letter: document.letter.as_ref().map(|letter| printer.letter(letter)),
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
        content
    }

    /// A name in a script without glyphs must not vanish silently: its code points can be looked up.
    pub fn tell_unprintable(&mut self, document: &Document) {
        let missing = unprintable(document);
        if missing.is_empty() {
            return;
        }
        let codes: Vec<String> = missing.iter().map(|letter| format!("U+{:04X}", *letter as u32)).collect();
        let words = Words::of(document.language).unprintable;
        self.append(false, vec![Piece::Note { text: format!("{words} {}", codes.join(", ")) }]);
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
    fn letter(&self, letter: &Letter) -> PrintedLetter {
        let words = &self.words;
        let after =
            |word: &str, text: &str| if text.is_empty() { String::new() } else { format!("{word} {}", clean(text)) };
        let signature = |signature: &Signature| PrintedSignature {
            role: clean(&signature.role),
            note: clean(&signature.note),
            name: clean(&signature.name),
        };
        PrintedLetter {
            superior: clean(&letter.superior),
            issuer: clean(&letter.issuer),
            nation: words.nation,
            motto: words.motto,
            number: format!(
                "{} {}",
                words.number,
                if letter.number.is_empty() { BY_HAND.to_string() } else { clean(&letter.number) }
            ),
            place_and_day: clean(&letter.place_and_day),
            addressed_to: after(words.addressed_to, &letter.addressed_to),
            recipients_word: words.recipients,
            recipients: letter.recipients.iter().map(|recipient| clean(recipient)).collect(),
            signatures: letter.signatures.iter().map(signature).collect(),
        }
    }

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
}

/// The characters of a document that the fonts cannot print.
pub fn unprintable(document: &Document) -> BTreeSet<char> {
    let mut missing = BTreeSet::new();
    let mut look = |text: &str| missing.extend(fonts::unprintable(text));
    look(&document.title);
    look(&document.subtitle);
    look(&document.footer);
    document.marks.iter().for_each(|mark| look(mark));
    if let Some(letter) = &document.letter {
        let of = [&letter.superior, &letter.issuer, &letter.number, &letter.place_and_day, &letter.addressed_to];
        of.into_iter().chain(&letter.recipients).for_each(|text| look(text));
        letter.signatures.iter().flat_map(|of| [&of.role, &of.note, &of.name]).for_each(|text| look(text));
    }
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
pub const BREAK_POINT: char = '\u{200b}';
