//! What the tests share: the repository's catalogue, and reading a park folder through the product's own door.

#![allow(dead_code)] // Each test file uses a part.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use engine::catalogue::{Catalogue, Files, read_catalogue};
use engine::park::Park;
use engine::park::read::{particulars_from_toml, read_park};
use engine::table::{Sheet, read_csv};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn catalogue() -> Catalogue {
    fn add(files: &mut Files, base: &Path, below: &Path) {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(files, base, &path);
            } else if path.extension().is_some_and(|extension| extension == "csv" || extension == "toml") {
                let name = path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    let base = root().join("catalogue");
    add(&mut files, &base, &base);
    let (catalogue, faults) = read_catalogue(&files);
    assert_eq!(faults, []);
    catalogue
}

fn sheets(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Sheet> {
    let mut sheets = BTreeMap::new();
    for (name, bytes) in files {
        let text = text(name, bytes);
        let (stem, _) = name.split_once('.').unwrap();
        let sheet = if name.ends_with(".toml") { particulars_from_toml(name, &text) } else { read_csv(name, &text) };
        sheets.insert(stem.to_string(), sheet.unwrap());
    }
    sheets
}

pub fn text(name: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes.to_vec()).unwrap();
    }
    text
}

pub fn read(files: &BTreeMap<String, Vec<u8>>, catalogue: &Catalogue) -> Park {
    let (park, faults) = read_park(&sheets(files), catalogue);
    assert_eq!(faults.iter().take(5).collect::<Vec<_>>(), Vec::<&engine::fault::Fault>::new());
    park.unwrap()
}
