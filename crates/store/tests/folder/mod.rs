//! A park of `examples/`, read from its folder as the command line does it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use engine::catalogue::{Files, read_catalogue};
use engine::park::Park;
use engine::park::read::{particulars_from_toml, read_park};
use engine::park::sheets::{PARK, SHEETS};
use engine::table::read_csv;
use flate2::read::GzDecoder;

/// The park in `examples/NAME`; it must be without fault.
pub fn example(name: &str) -> Park {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Files::new();
    read_files(&repository.join("catalogue"), "", &mut files);
    let (catalogue, faults) = read_catalogue(&files);
    assert!(faults.is_empty(), "{faults:?}");

    let folder = repository.join("examples").join(name);
    let mut sheets = BTreeMap::new();
    let particulars = fs::read_to_string(folder.join("park.toml")).unwrap();
    sheets.insert(PARK.name.to_string(), particulars_from_toml("park.toml", &particulars).unwrap());
    for spec in SHEETS {
        let plain = folder.join(format!("{}.csv", spec.name));
        let packed = folder.join(format!("{}.csv.gz", spec.name));
        let text = match (plain.is_file(), packed.is_file()) {
            (true, _) => fs::read_to_string(plain).unwrap(),
            (_, true) => unpack(&packed),
            _ => continue,
        };
        sheets.insert(spec.name.to_string(), read_csv(spec.name, &text).unwrap());
    }
    let (park, faults) = read_park(&sheets, &catalogue);
    park.unwrap_or_else(|| panic!("examples/{name} has faults: {faults:?}"))
}

fn read_files(folder: &Path, below: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            read_files(&entry.path(), &format!("{path}/"), files);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.insert(path, text);
        }
    }
}

fn unpack(path: &Path) -> String {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}
