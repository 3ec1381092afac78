//! A table as the pages about data print it: first column as row header, numbers with the raw value to sort by.

use askama::Template;

use super::Mark;

#[derive(Template)]
#[template(path = "figure_table.html")]
pub struct Table {
    pub id: String,
    /// Says to those who cannot see it what the table holds.
    pub label: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// True where a phone shows each row as a block: tables of sentences.
    pub is_stacked: bool,
}

pub struct Column {
    pub heading: String,
    pub unit: String,
    pub is_number: bool,
}

#[derive(Default)]
pub struct Cell {
    pub text: String,
    pub href: String,
    /// True where the link opens as a dialog.
    pub opens_dialog: bool,
    /// Raw number or ISO date; `Some("")` sorts last.
    pub value: Option<String>,
    pub is_number: bool,
    /// Class of a chip around the text, such as `outcome met`.
    pub chip: String,
    /// Step on the ladder, 1 to 5, for chips that show one; 0 for the others.
    pub step: usize,
    pub title: String,
    pub marks: Vec<Mark>,
}

impl Table {
    pub fn new(id: &str, label: String, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Table {
        Table { id: id.to_string(), label, columns, rows, is_stacked: false }
    }

    /// Heading with its unit, for the labels of stacked rows.
    fn label_of(&self, index: &usize) -> String {
        match self.columns.get(*index) {
            Some(column) if column.unit.is_empty() => column.heading.clone(),
            Some(column) => format!("{}, {}", column.heading, column.unit),
            None => String::new(),
        }
    }

    pub fn stacked(self) -> Table {
        Table { is_stacked: true, ..self }
    }
}

impl Column {
    pub fn text(heading: String) -> Column {
        Column { heading, unit: String::new(), is_number: false }
    }

    pub fn number(heading: String, unit: impl Into<String>) -> Column {
        Column { heading, unit: unit.into(), is_number: true }
    }
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    pub fn link(text: impl Into<String>, href: String) -> Cell {
        Cell { text: text.into(), href, ..Cell::default() }
    }

    pub fn number(shown: impl Into<String>, value: f64) -> Cell {
        Cell { text: shown.into(), value: Some(value.to_string()), is_number: true, ..Cell::default() }
    }

    /// A number that is not known, or must not be shown; `why` is told on hover.
    pub fn no_number(shown: impl Into<String>, why: impl Into<String>) -> Cell {
        Cell { text: shown.into(), value: Some(String::new()), is_number: true, title: why.into(), ..Cell::default() }
    }

    pub fn chip(class: impl Into<String>, text: impl Into<String>) -> Cell {
        Cell { text: text.into(), chip: class.into(), ..Cell::default() }
    }

    pub fn ladder(class: &str, step: usize, text: impl Into<String>) -> Cell {
        Cell { step, ..Cell::chip(class, text) }.sorted_by(step)
    }

    pub fn with_mark(mut self, mark: Mark) -> Cell {
        self.marks.push(mark);
        self
    }

    pub fn in_dialog(mut self) -> Cell {
        self.opens_dialog = true;
        self
    }

    /// What to sort by when the text is not it.
    pub fn sorted_by(mut self, value: impl ToString) -> Cell {
        self.value = Some(value.to_string());
        self
    }
}
