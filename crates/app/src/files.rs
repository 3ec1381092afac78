//! Parks on disk: a folder of CSV and TOML, or one workbook with the same sheets.

pub mod kind;
pub mod old_workbook;
mod workbook;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind, Place};
use engine::park::Park;
use engine::park::read::{particulars_from_toml, read_park};
use engine::park::sheets::{PARK, SHEETS};
use engine::table::{Sheet, read_csv};
use flate2::read::GzDecoder;

pub use workbook::workbook_sheets;

/// More than this is no park but an accident or an attack.
const MOST_BYTES: u64 = 200 * 1024 * 1024;

/// What reading a park gives: the park when there is no fault, and all faults.
pub type Read_ = (Option<Park>, Vec<Fault>);

/// Reads a park folder or workbook.
pub fn read(path: &Path, catalogue: &Catalogue) -> anyhow::Result<Read_> {
    let (sheets, mut faults) = if path.is_dir() {
        folder_sheets(path)?
    } else {
        let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
        workbook_sheets(&bytes)
    };
    let (park, found) = read_park(&sheets, catalogue);
    faults.extend(found);
    Ok((if faults.is_empty() { park } else { None }, faults))
}

/// The parks in a folder of parks, by name; `None` for a folder that is a park itself, and for a workbook.
pub fn parks_below(path: &Path) -> anyhow::Result<Option<Vec<PathBuf>>> {
    if !path.is_dir() || path.join("park.toml").exists() {
        return Ok(None);
    }
    let entries = fs::read_dir(path).with_context(|| format!("read {}", path.display()))?;
    let entries: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    let is_park = |path: &PathBuf| {
        path.join("park.toml").is_file() || (path.is_file() && path.extension().is_some_and(|kind| kind == "xlsx"))
    };
    let mut parks: Vec<PathBuf> = entries.into_iter().filter(is_park).collect();
    parks.sort();
    Ok(Some(parks).filter(|parks| !parks.is_empty()))
}

/// Reads a workbook from memory, as it arrives by upload.
pub fn read_workbook(bytes: &[u8], catalogue: &Catalogue) -> Read_ {
    let (sheets, mut faults) = workbook_sheets(bytes);
    let (park, found) = if faults.is_empty() { read_park(&sheets, catalogue) } else { (None, Vec::new()) };
    faults.extend(found);
    (if faults.is_empty() { park } else { None }, faults)
}

/// Whether the content is a workbook's, of either format; else it is text.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK") || bytes.starts_with(kind::OLE)
}

type Sheets = (BTreeMap<String, Sheet>, Vec<Fault>);

pub fn folder_sheets(folder: &Path) -> anyhow::Result<Sheets> {
    let mut sheets = BTreeMap::new();
    let mut faults = Vec::new();
    let particulars = folder.join("park.toml");
    if particulars.is_file() {
        let text = fs::read_to_string(&particulars).with_context(|| format!("read {}", particulars.display()))?;
        match particulars_from_toml("park.toml", &text) {
            Ok(sheet) => {
                sheets.insert(PARK.name.to_string(), sheet);
            }
            Err(fault) => faults.push(fault),
        }
    }
    for spec in SHEETS {
        for file in [format!("{}.csv", spec.name), format!("{}.csv.gz", spec.name)] {
            let path = folder.join(&file);
            if !path.is_file() {
                continue;
            }
            let text = read_text(&path)?;
            match text.and_then(|text| read_csv(&file, &text)) {
                Ok(sheet) => {
                    sheets.insert(spec.name.to_string(), sheet);
                }
                Err(fault) => faults.push(fault),
            }
        }
    }
    Ok((sheets, faults))
}

/// Text of a file, unpacked when its name ends in `.gz`.
pub fn read_text(path: &Path) -> anyhow::Result<Result<String, Fault>> {
    let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(text_from(&name, file))
}

/// Text of a file in memory, unpacked when its name ends in `.gz`.
pub fn text_of(name: &str, bytes: &[u8]) -> Result<String, Fault> {
    text_from(name, bytes)
}

fn text_from(name: &str, file: impl Read) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let read = if name.ends_with(".gz") {
        GzDecoder::new(file).take(MOST_BYTES + 1).read_to_end(&mut bytes)
    } else {
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes)
    };
    let fault = |found: String, expected: &str| Fault {
        place: Place { file: name.to_string(), ..Place::default() },
        kind: FaultKind::UnreadableFile,
        found,
        expected: expected.to_string(),
    };
    match read {
        Err(error) => Err(fault(error.to_string(), "gzip")),
        Ok(_) if bytes.len() as u64 > MOST_BYTES => Err(fault(format!("> {MOST_BYTES} bytes"), "≤ 200 MB")),
        Ok(_) => String::from_utf8(bytes).map_err(|error| fault(error.to_string(), "UTF-8")),
    }
}
