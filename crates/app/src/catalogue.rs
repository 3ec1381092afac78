//! The catalogue that is built into the binary.

use std::sync::OnceLock;

use anyhow::bail;
use engine::catalogue::{Catalogue, Files, read_catalogue};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../catalogue"]
#[include = "*.csv"]
#[include = "*.toml"]
#[include = "**/*.csv"]
#[include = "**/*.toml"]
struct CatalogueFiles;

/// The outlines of the provinces, for maps.
#[derive(RustEmbed)]
#[folder = "../../catalogue/provinces"]
#[include = "*.geojson"]
pub struct Outlines;

/// The catalogue, read once. A faulty catalogue stops the program: nothing may be computed with it.
pub fn catalogue() -> anyhow::Result<&'static Catalogue> {
    static CATALOGUE: OnceLock<Result<Catalogue, String>> = OnceLock::new();
    match CATALOGUE.get_or_init(load) {
        Ok(catalogue) => Ok(catalogue),
        Err(faults) => bail!("the catalogue has faults:\n{faults}"),
    }
}

fn load() -> Result<Catalogue, String> {
    let mut files = Files::new();
    for path in CatalogueFiles::iter() {
        if let Some(file) = CatalogueFiles::get(&path) {
            files.insert(path.to_string(), String::from_utf8_lossy(&file.data).into_owned());
        }
    }
    let (catalogue, faults) = read_catalogue(&files);
    if faults.is_empty() { Ok(catalogue) } else { Err(faults.iter().map(|fault| format!("{fault}\n")).collect()) }
}
