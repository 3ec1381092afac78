//! Files of a park folder in memory, and writing them out.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use engine::table::{SheetSpec, write_csv};
use flate2::Compression;
use flate2::write::GzEncoder;

/// File name → bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folder {
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    pub fn text(&mut self, name: &str, text: String) {
        self.files.insert(name.to_string(), text.into_bytes());
    }

    /// A sheet with the columns that the format declares.
    pub fn sheet(&mut self, spec: &SheetSpec, rows: &[Vec<String>]) {
        self.text(&format!("{}.csv", spec.name), csv(spec, rows));
    }

    /// The same, as `.csv.gz` without name and time inside, so that it is the same bytes each time.
    pub fn compressed_sheet(&mut self, spec: &SheetSpec, rows: &[Vec<String>]) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(csv(spec, rows).as_bytes()).expect("writing to memory does not fail");
        let bytes = encoder.finish().expect("writing to memory does not fail");
        self.files.insert(format!("{}.csv.gz", spec.name), bytes);
    }
}

fn csv(spec: &SheetSpec, rows: &[Vec<String>]) -> String {
    let columns: Vec<&str> = spec.columns.iter().map(|column| column.name).collect();
    // Optional columns stand at the end of a sheet; those that no row fills are left out.
    let width = rows.first().map_or(columns.len(), Vec::len);
    write_csv(&columns[..width.min(columns.len())], rows)
}

/// Writes the files; what else lies in the folder (its README) stays.
pub fn write_folder(folder: &Folder, path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| format!("create {}", path.display()))?;
    for (name, bytes) in &folder.files {
        let file = path.join(name);
        fs::write(&file, bytes).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}
