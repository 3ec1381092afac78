//! Faults in what people hand in: what, where, what was found and what was expected. All of them at once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a fault stands, so that the person who can mend it knows where to click.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// File or sheet: `records.csv`, or `records` in a workbook.
    pub file: String,
    /// Line of the file or row of the sheet, counted from 1 as the editor shows it. `None`: the whole file.
    pub line: Option<usize>,
    /// Name of the column, and for workbooks the cell, `D17`.
    pub column: Option<String>,
    pub cell: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cell, self.line) {
            (Some(cell), _) => write!(f, "{}!{cell}", self.file)?,
            (None, Some(line)) => write!(f, "{} line {line}", self.file)?,
            (None, None) => write!(f, "{}", self.file)?,
        }
        match &self.column {
            Some(column) => write!(f, ", {column}"),
            None => Ok(()),
        }
    }
}

/// What is wrong. The code names the sentence in each language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    MissingFile,
    MissingColumn,
    MissingValue,
    UnreadableFile,
    NotANumber,
    NotADate,
    NotAPeriod,
    ImplausibleDate,
    NegativeAmount,
    OutOfRange,
    UnknownCode,
    UnknownReference,
    WrongUnit,
    Duplicate,
    OverlappingPeriods,
    Formula,
    UnknownSheet,
    UnknownColumn,
    Contradiction,
}

impl FaultKind {
    pub fn code(self) -> &'static str {
        match self {
            FaultKind::MissingFile => "missing-file",
            FaultKind::MissingColumn => "missing-column",
            FaultKind::MissingValue => "missing-value",
            FaultKind::UnreadableFile => "unreadable-file",
            FaultKind::NotANumber => "not-a-number",
            FaultKind::NotADate => "not-a-date",
            FaultKind::NotAPeriod => "not-a-period",
            FaultKind::ImplausibleDate => "implausible-date",
            FaultKind::NegativeAmount => "negative-amount",
            FaultKind::OutOfRange => "out-of-range",
            FaultKind::UnknownCode => "unknown-code",
            FaultKind::UnknownReference => "unknown-reference",
            FaultKind::WrongUnit => "wrong-unit",
            FaultKind::Duplicate => "duplicate",
            FaultKind::OverlappingPeriods => "overlapping-periods",
            FaultKind::Formula => "formula",
            FaultKind::UnknownSheet => "unknown-sheet",
            FaultKind::UnknownColumn => "unknown-column",
            FaultKind::Contradiction => "contradiction",
        }
    }
}

/// One fault. `found` and `expected` are data (a code, a number, a list of codes), worded by the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    pub place: Place,
    pub kind: FaultKind,
    pub found: String,
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind.code())?;
        if !self.found.is_empty() {
            write!(f, ": found \"{}\"", self.found)?;
        }
        if !self.expected.is_empty() {
            write!(f, ", expected {}", self.expected)?;
        }
        Ok(())
    }
}
