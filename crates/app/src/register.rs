//! Taking a register over from a file: reading it, deciding about it and keeping it. The page and the command do the
//! same by these functions.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind, Place};
use engine::register::{
    Comparison, Decision, Field, Mapping, ReadRegister, Register, RegisterKind, State, compare, find_header,
    guess_mapping, heading, read_register,
};
use engine::source::Digest;
use engine::table::{Sheet, read_csv};
use jiff::civil::Date;
use store::{ImportDraft, Store};

use crate::files;

/// What a file would do to the register.
pub struct Preview {
    pub sheet: Sheet,
    pub read: ReadRegister,
    /// Without faults only.
    pub comparison: Option<Comparison>,
}

/// Where a file comes from and of which day it speaks.
pub struct Origin {
    pub stated_on: Date,
    pub source: String,
    pub licence: String,
    /// The province that a board's import is bound to.
    pub province: Option<String>,
}

/// The sheet of a file in which most columns are recognised, its header found below whatever stands above it.
pub fn read_file(kind: RegisterKind, name: &str, bytes: &[u8]) -> Result<Sheet, Vec<Fault>> {
    let sheets: Vec<Sheet> = if files::is_workbook(bytes) {
        let (sheets, faults) = files::workbook_sheets(bytes);
        if !faults.is_empty() {
            return Err(faults);
        }
        sheets.into_values().collect()
    } else {
        let text = files::text_of(name, bytes).map_err(|fault| vec![fault])?;
        vec![read_csv(name, &text).map_err(|fault| vec![fault])?]
    };
    let found = sheets.iter().map(|sheet| find_header(kind, sheet));
    let best = found.max_by_key(|sheet| guess_mapping(kind, &sheet.columns, &Mapping::new()).len());
    match best {
        Some(sheet) if !sheet.rows.is_empty() => Ok(sheet),
        _ => Err(vec![Fault {
            place: Place { file: name.to_string(), ..Place::default() },
            kind: FaultKind::MissingValue,
            found: String::new(),
            expected: kind.code().to_string(),
        }]),
    }
}

/// A draft with the mapping that the headings and earlier imports suggest.
pub async fn draft(
    store: &Store,
    kind: RegisterKind,
    file_name: &str,
    bytes: &[u8],
    sheet: &Sheet,
    origin: Origin,
) -> anyhow::Result<ImportDraft> {
    let headings: BTreeSet<String> =
        sheet.columns.iter().map(|column| heading(column)).filter(|heading| !heading.is_empty()).collect();
    let remembered = store.remembered_mapping(kind, &headings.into_iter().collect::<Vec<_>>()).await?;
    Ok(ImportDraft {
        kind,
        file_name: file_name.to_string(),
        sha256: Digest::of(bytes),
        sheet: serde_json::to_string(sheet)?,
        mapping: guess_mapping(kind, &sheet.columns, &remembered),
        decisions: BTreeMap::new(),
        stated_on: origin.stated_on,
        source: origin.source,
        licence: origin.licence,
        province: origin.province,
    })
}

/// Reads a draft's rows by its mapping and holds them against the register.
pub fn preview(draft: &ImportDraft, register: &Register, catalogue: &Catalogue) -> anyhow::Result<Preview> {
    let sheet: Sheet = serde_json::from_str(&draft.sheet).context("the sheet of an import")?;
    let provinces = &catalogue.provinces;
    let codes = &catalogue.industries.keys().cloned().collect();
    let mut read = read_register(draft.kind, &sheet, &draft.mapping, draft.stated_on, register, provinces, codes);
    if let Some(province) = &draft.province {
        read.faults.extend(elsewhere(&sheet, &read, register, province));
    }
    let comparison = read.faults.is_empty().then(|| {
        let said = State {
            stated_on: Some(draft.stated_on),
            source: draft.source.clone(),
            licence: draft.licence.clone(),
            ..State::default()
        };
        compare(register, draft.kind, &read.rows, &said, &draft.decisions, provinces)
    });
    Ok(Preview { sheet, read, comparison })
}

/// Rows that are not of a board's own province, and rows that do not say where they are.
fn elsewhere(sheet: &Sheet, read: &ReadRegister, register: &Register, province: &str) -> Vec<Fault> {
    let of_park = |park: &String| {
        let park = register.entry(RegisterKind::Park, park)?;
        park.latest().text(Field::ProvinceAfter).map(str::to_string)
    };
    let mut faults = Vec::new();
    for row in &read.rows {
        let found = row.facts.get(&Field::Park).and_then(of_park);
        let found = found.or_else(|| row.facts.get(&Field::ProvinceAfter).cloned());
        if found.as_deref() != Some(province) {
            let kind = if found.is_none() { FaultKind::MissingValue } else { FaultKind::OutOfRange };
            faults.push(sheet.fault(row.line, "province", kind, found.unwrap_or_default(), province.to_string()));
        }
    }
    faults
}

/// Takes the likeliest candidate for every open question.
pub fn accept_likeliest(comparison: &Comparison) -> BTreeMap<usize, Decision> {
    let likeliest = comparison.outcomes.iter().filter_map(|(line, outcome)| match outcome {
        engine::register::Outcome::Question { candidates } => {
            Some((*line, Decision::Same(candidates.first()?.code.clone())))
        }
        _ => None,
    });
    likeliest.collect()
}
