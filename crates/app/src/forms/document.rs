//! A state form as a document: on paper the rows as the form prints them, in a workbook every row with its origin.

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::catalogue::forms::FieldKind;
use engine::ids::ParkId;
use engine::language::{Language, format_date};
use engine::park::Park;
use engine::report::document::{Block, Cell, Column, Document, Letter, Section, Signature, Table};
use engine::report::forms::life::FormState;
use engine::report::forms::{Content, Empty, FieldValue, FilledField, FilledForm};
use jiff::civil::Date;

use crate::wording::{Names, form as words};
use crate::words::{text, text_with};
use crate::workbook;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Docx,
    Pdf,
    Xlsx,
    Json,
}

impl Format {
    pub const ALL: [Format; 4] = [Format::Docx, Format::Pdf, Format::Xlsx, Format::Json];

    pub fn code(self) -> &'static str {
        match self {
            Format::Docx => "docx",
            Format::Pdf => "pdf",
            Format::Xlsx => "xlsx",
            Format::Json => "json",
        }
    }

    pub fn parse(code: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.code() == code)
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Format::Pdf => "application/pdf",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Json => "application/json",
        }
    }
}

/// A form with what its paper says besides.
pub struct Paper<'a> {
    pub catalogue: &'a Catalogue,
    pub park: &'a Park,
    pub form: &'a FilledForm,
    pub state: &'a FormState,
    /// The day on which it is written.
    pub day: Date,
    pub language: Language,
}

/// `khu-mau-E01-vn-b4-2025.vi.xlsx`: a name that every file system takes.
pub fn file_name(park: &ParkId, form: &FilledForm, language: Language, format: Format) -> String {
    let enterprise = form.enterprise.as_ref().map_or(String::new(), |id| format!("-{id}"));
    let whole = format!("{park}{enterprise}-{}-{}", form.form, form.year);
    let plain: String = whole.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    match format {
        Format::Json => format!("{plain}.json"),
        _ => format!("{plain}.{}.{}", language.code(), format.code()),
    }
}

pub fn write(paper: &Paper, format: Format) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Json => serde_json::to_vec_pretty(paper.form).context("write a form as JSON"),
        Format::Xlsx => workbook::write(&paper.workbook(), paper.day),
        Format::Docx => print::docx(&paper.printed(), paper.day),
        Format::Pdf => print::pdf(&paper.printed(), paper.day),
    }
}

/// Whether a row is asked of this reporter and is no heading.
pub fn is_asked(row: &FilledField) -> bool {
    let why = match &row.content {
        Content::Filled { .. } => return true,
        Content::Empty { why } => why,
    };
    !matches!(why, Empty::Hidden | Empty::Heading)
}

impl Paper<'_> {
    fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    fn names(&self) -> Names<'_> {
        Names { language: self.language, catalogue: self.catalogue, park: Some(self.park) }
    }

    /// Rows that are asked of this reporter.
    fn rows(&self) -> impl Iterator<Item = &FilledField> {
        let is_asked = |row: &&FilledField| !matches!(row.content, Content::Empty { why: Empty::Hidden });
        self.form.fields.iter().filter(is_asked)
    }

    fn reporter(&self) -> String {
        let enterprise = self.form.enterprise.as_ref().and_then(|id| self.park.enterprise(id));
        match (enterprise, &self.park.developer) {
            (Some(enterprise), _) => enterprise.name.get(self.language).to_string(),
            (None, Some(developer)) => developer.clone(),
            (None, None) => self.park.name.get(self.language).to_string(),
        }
    }

    /// The form as it is printed and handed in: one table for each part, in which the headings below it are rows.
    pub fn printed(&self) -> Document {
        let mut sections: Vec<Section> = Vec::new();
        let mut below = "";
        for row in self.rows() {
            let printed = row.field.section.get(self.language);
            let (part, heading) = printed.split_once(" / ").unwrap_or((printed, ""));
            if sections.last().is_none_or(|last| last.heading != part) {
                let id = format!("s{}", sections.len() + 1);
                let called = words::called(self.language, &self.form.number);
                let told = [("number", called.as_str()), ("part", &row.field.part)];
                let caption = text_with(self.language, "form-caption", &told);
                let table = Table { caption, ..self.table(&id, self.printed_columns()) };
                sections.push(Section { id, heading: part.to_string(), blocks: vec![Block::Table(table)] });
                below = "";
            }
            if let Some(Section { blocks, .. }) = sections.last_mut() {
                if let Some(Block::Table(table)) = blocks.first_mut() {
                    if heading != below {
                        let heading = Cell::Text(heading.replace(" / ", " – "));
                        table.rows.push(vec![Cell::Empty, heading, Cell::Empty, Cell::Empty]);
                    }
                    table.rows.push(self.printed_row(row));
                }
                below = heading;
                blocks.extend(self.lines(row).map(Block::Table));
            }
        }
        sections.extend(self.overridden());
        Document { letter: Some(self.letter()), ..self.document(sections) }
    }

    /// Every row in one sheet with its origin; tables, warnings and contradictions in sheets of their own.
    pub fn workbook(&self) -> Document {
        let columns = vec![
            Column::text(self.t("form-part"), 1),
            Column::text(self.t("form-row-number"), 1),
            Column::text(self.t("form-row"), 8),
            Column::text(self.t("form-unit"), 2),
            Column { unit: None, ..Column::number(self.t("form-value"), "", self.decimals(), 3) },
            Column::text(self.t("form-origin"), 3),
            Column::text(self.t("form-note"), 6),
        ];
        let mut rows = self.table("rows", columns);
        rows.rows = self.rows().map(|row| self.sheet_row(row)).collect();
        let mut blocks = vec![Block::Table(rows)];
        blocks.extend(self.rows().filter_map(|row| self.lines(row)).map(Block::Table));
        let heading = self.t("form-rows");
        let mut sections = vec![Section { id: "form".to_string(), heading, blocks }];
        sections.extend(self.listed("warnings", "form-warnings", self.warnings()));
        let contradictions = self.form.contradictions.iter().map(|label| label.get(self.language).to_string());
        sections.extend(self.listed("contradictions", "form-contradictions", contradictions.collect()));
        self.document(sections)
    }

    fn document(&self, sections: Vec<Section>) -> Document {
        let mut marks = Vec::new();
        if self.park.synthetic {
            marks.push(self.t("synthetic"));
        }
        if self.state.may_be_written() {
            marks.push(self.t("form-mark-draft"));
        }
        Document {
            language: self.language,
            letter: None,
            title: self.form.title.get(self.language).to_string(),
            subtitle: text_with(
                self.language,
                "form-subtitle",
                &[
                    ("number", &words::called(self.language, &self.form.number)),
                    ("name", self.park.name.get(self.language)),
                    ("year", &self.form.year.to_string()),
                ],
            ),
            marks,
            particulars: self.particulars(),
            sections,
            footer: text_with(self.language, "report-footer", &[("date", &format_date(self.day))]),
        }
    }

    /// The heads of a paper that goes to an authority. Number and day are filled in by hand by whoever keeps the letters.
    fn letter(&self) -> Letter {
        let form = self.catalogue.forms.get(&self.form.form);
        let province = self.catalogue.provinces.after_code(&self.park.province);
        let province = province.map_or("…", |province| province.name.get(self.language));
        let signer = self.form.fields.iter().find(|row| row.field.metric == "representative.name");
        let signer = match signer.and_then(FilledField::value) {
            Some(FieldValue::Text(name)) => name.clone(),
            _ => String::new(),
        };
        let year = self.day.year().to_string();
        Letter {
            superior: String::new(),
            issuer: self.reporter(),
            number: String::new(),
            place_and_day: text_with(self.language, "form-place-and-day", &[("place", province), ("year", &year)]),
            addressed_to: form.map_or_else(String::new, |form| form.recipient.get(self.language).to_string()),
            recipients: vec![self.t("form-copy-above"), self.t("form-copy-kept")],
            signatures: vec![Signature { role: self.t("form-signer"), note: self.t("form-signer-note"), name: signer }],
        }
    }

    fn particulars(&self) -> Vec<(String, String)> {
        let form = self.catalogue.forms.get(&self.form.form);
        let said = |label: Option<&engine::language::Label>| {
            label.map_or(String::new(), |one| one.get(self.language).to_string())
        };
        vec![
            (self.t("form-reporter"), self.reporter()),
            (self.t("report-particulars-park"), self.park.name.get(self.language).to_string()),
            (self.t("form-recipient"), said(form.map(|form| &form.recipient))),
            (self.t("form-year"), self.form.year.to_string()),
            (self.t("form-data-of"), (self.form.year - 1).to_string()),
            (self.t("form-legal-basis"), said(form.map(|form| &form.legal_basis))),
            (self.t("form-state"), words::state(self.language, self.state)),
        ]
    }

    fn table(&self, id: &str, columns: Vec<Column>) -> Table {
        Table { id: id.to_string(), caption: String::new(), columns, rows: Vec::new(), source: String::new() }
    }

    fn printed_columns(&self) -> Vec<Column> {
        vec![
            Column::text(self.t("form-row-number"), 2),
            Column::text(self.t("form-row"), 9),
            Column::text(self.t("form-unit"), 2),
            Column::text(self.t("form-value"), 5),
        ]
    }

    fn printed_row(&self, row: &FilledField) -> Vec<Cell> {
        let value = match &row.content {
            Content::Filled { value, .. } => Cell::Text(words::value(self.language, value)),
            Content::Empty { why: Empty::Heading } => Cell::Empty,
            Content::Empty { why } if row.field.required => Cell::Unknown(words::empty(&self.names(), self.form, why)),
            Content::Empty { .. } => Cell::Empty,
        };
        vec![
            Cell::Text(row.field.number.clone()),
            Cell::Text(row.field.label.get(self.language).to_string()),
            Cell::Text(words::unit(self.language, &row.field.unit)),
            value,
        ]
    }

    /// Decimals that the numbers of the form need, at most two in the look of a cell; the cell itself holds all.
    fn decimals(&self) -> usize {
        let is_whole = |row: &FilledField| row.value().and_then(FieldValue::number).is_none_or(|n| n.fract() == 0.0);
        if self.form.fields.iter().all(is_whole) { 0 } else { 2 }
    }

    fn sheet_row(&self, row: &FilledField) -> Vec<Cell> {
        let (value, origin, mut note) = match &row.content {
            Content::Filled { value, origin } => {
                let cell = match value {
                    FieldValue::Number(number) => Cell::Number(*number),
                    FieldValue::Date(date) => Cell::Date(*date),
                    other => Cell::Text(words::value(self.language, other)),
                };
                (cell, words::origin(self.language, origin), String::new())
            }
            Content::Empty { why: Empty::Heading } => (Cell::Empty, String::new(), String::new()),
            Content::Empty { why } => {
                (Cell::Unknown(String::new()), String::new(), words::empty(&self.names(), self.form, why))
            }
        };
        if let Some(over) = &row.overridden {
            let before = words::content(&self.names(), self.form, &over.before);
            note = text_with(self.language, "form-overridden", &[("before", &before), ("reason", &over.reason)]);
        }
        vec![
            Cell::Text(row.field.part.clone()),
            Cell::Text(row.field.number.clone()),
            Cell::Text(row.field.label.get(self.language).to_string()),
            Cell::Text(words::unit(self.language, &row.field.unit)),
            value,
            Cell::Text(origin),
            Cell::Text(note),
        ]
    }

    /// The lines of a row that is a table.
    fn lines(&self, row: &FilledField) -> Option<Table> {
        let FieldValue::Table(lines) = row.value().filter(|_| row.field.kind == FieldKind::Table)? else { return None };
        let columns = row.field.columns.iter().map(|column| Column::text(column.label.get(self.language), 3)).collect();
        let cell = |cell: &Option<FieldValue>| match cell {
            Some(value) => Cell::Text(words::value(self.language, value)),
            None => Cell::Unknown(String::new()),
        };
        Some(Table {
            caption: words::field_name(self.language, &row.field),
            rows: lines.iter().map(|cells| cells.iter().map(cell).collect()).collect(),
            ..self.table(row.field.id.as_str(), columns)
        })
    }

    /// What a person put in the place of what was found, with the reason: whoever receives the form reads both.
    fn overridden(&self) -> Option<Section> {
        let over = self.rows().filter_map(|row| Some((row, row.overridden.as_ref()?)));
        let rows: Vec<Vec<Cell>> = over
            .map(|(row, over)| {
                let value = row.value().map_or_else(String::new, |value| words::value(self.language, value));
                vec![
                    Cell::Text(words::field_name(self.language, &row.field)),
                    Cell::Text(words::content(&self.names(), self.form, &over.before)),
                    Cell::Text(value),
                    Cell::Text(over.reason.clone()),
                ]
            })
            .collect();
        let columns = [("form-row", 6), ("form-before", 3), ("form-value", 3), ("form-reason", 5)];
        let columns = columns.map(|(key, width)| Column::text(self.t(key), width)).into();
        let table = Table { rows, ..self.table("overridden", columns) };
        let is_empty = table.rows.is_empty();
        let (id, heading) = ("overridden".to_string(), self.t("form-overridden-rows"));
        (!is_empty).then(|| Section { id, heading, blocks: vec![Block::Table(table)] })
    }

    fn warnings(&self) -> Vec<String> {
        self.form.warnings.iter().map(|one| words::warning(&self.names(), self.form, one)).collect()
    }

    fn listed(&self, id: &str, heading: &str, texts: Vec<String>) -> Option<Section> {
        let heading = self.t(heading);
        let rows = texts.into_iter().map(|text| vec![Cell::Text(text)]).collect::<Vec<_>>();
        let is_empty = rows.is_empty();
        let table = Table { rows, ..self.table(id, vec![Column::text(heading.clone(), 1)]) };
        (!is_empty).then(|| Section { id: id.to_string(), heading, blocks: vec![Block::Table(table)] })
    }
}
