//! A document as a value: what the web page, the workbook and the PDF all print. Numbers stay numbers until
//! each of them is printed, so that a workbook can be calculated with.

use serde::{Deserialize, Serialize};

use crate::language::Language;

/// One hand-over in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub language: Language,
    /// Who writes to whom; absent from what is a report and no letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<Letter>,
    pub title: String,
    pub subtitle: String,
    /// Marks that stand on every page, such as "synthetic data".
    pub marks: Vec<String>,
    /// The block under the title: place, period, date, edition, digest.
    pub particulars: Vec<(String, String)>,
    pub sections: Vec<Section>,
    /// Printed at the foot of every page: product, version, date.
    pub footer: String,
}

/// What makes a document one that goes to an authority: the heads, the addressee and who signs. Printed under the words
/// that stand on every such paper of the state; what is empty is left out, or dotted where a person fills it in by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The body above the issuer; empty where there is none.
    pub superior: String,
    pub issuer: String,
    /// As given by whoever keeps the register of letters; empty where it is filled in by hand.
    pub number: String,
    pub place_and_day: String,
    pub addressed_to: String,
    /// Who gets a copy.
    pub recipients: Vec<String>,
    pub signatures: Vec<Signature>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// In what office: "Giám đốc".
    pub role: String,
    /// Below it in brackets: "ký tên, đóng dấu".
    pub note: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Names the sheet of a workbook and the anchor of a page: `gaps`, `options`, `exchanges`, `claims`.
    pub id: String,
    pub heading: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Paragraph(String),
    /// A caution or explanation set apart from the running text.
    Note(String),
    Table(Table),
    /// Horizontal bars; also the no-script form of a chart.
    Bars(Bars),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub id: String,
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Source line below the table.
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub heading: String,
    /// Printed in the heading, in brackets.
    pub unit: Option<String>,
    /// Decimals of numbers in this column.
    pub decimals: usize,
    /// Share of the width in PDF, relative to the other columns.
    pub width: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    Text(String),
    Number(f64),
    Date(jiff::civil::Date),
    /// Nothing is known; the text says why. Printed as "?", never as zero.
    Unknown(String),
    Empty,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bars {
    pub caption: String,
    pub unit: String,
    pub decimals: usize,
    pub bars: Vec<(String, f64)>,
}

impl Column {
    pub fn text(heading: impl Into<String>, width: u8) -> Column {
        Column { heading: heading.into(), unit: None, decimals: 0, width }
    }

    pub fn number(heading: impl Into<String>, unit: impl Into<String>, decimals: usize, width: u8) -> Column {
        Column { heading: heading.into(), unit: Some(unit.into()), decimals, width }
    }
}
