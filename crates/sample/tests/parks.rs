//! Generated parks are the same each time, are what the repository holds, and pass the product's own checks.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{catalogue, read, root, text};
use sample::{Folder, generate};

/// The park files of an example as they lie on disk.
fn on_disk(name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(root().join("examples").join(name)).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().to_string();
        if file.ends_with(".csv") || file.ends_with(".csv.gz") || file.ends_with(".toml") {
            files.insert(file, fs::read(&path).unwrap());
        }
    }
    files
}

/// Compares what is inside, so that another version of the compressor is no difference.
fn assert_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in one {
        assert!(text(name, bytes) == text(name, &other[name]), "{name} differs");
    }
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_does_not() {
    let (first, second, other) = (generate(2024), generate(2024), generate(7));
    assert_eq!(first.folder, second.folder);
    assert_eq!(first.truth, second.truth);
    assert_ne!(first.folder.files["records.csv"], other.folder.files["records.csv"]);
}

#[test]
fn the_repository_holds_what_the_generator_gives() {
    let sample = generate(2024);
    assert_same(&sample.folder.files, &on_disk("khu-mau"));
    assert_eq!(sample.truth, fs::read_to_string(root().join("examples/truths/khu-mau.json")).unwrap());
}

#[test]
fn parks_of_two_seeds_have_no_fault_and_the_promised_size() {
    let catalogue = catalogue();
    for seed in [2024, 7] {
        let Folder { files } = generate(seed).folder;
        let park = read(&files, &catalogue);
        assert!(park.synthetic);
        assert_eq!((park.enterprises.len(), park.meters.len()), (40, 3));
        assert!((8_000..=10_000).contains(&park.records.len()), "{} records", park.records.len());
        assert!(files.values().map(Vec::len).sum::<usize>() < 2_500_000);
    }
}

#[test]
fn the_other_examples_have_no_fault() {
    let catalogue = catalogue();
    for name in ["kalundborg", "khu-lan-can", "meters"] {
        read(&on_disk(name), &catalogue);
    }
}

#[test]
fn every_coordinate_belongs_to_one_real_park() {
    let rows = |name: &str| {
        let text = fs::read_to_string(root().join("examples/viet-nam").join(name)).unwrap();
        let sheet = engine::table::read_csv(name, &text).unwrap();
        let place = |column: &str| sheet.columns.iter().position(|name| name == column).unwrap();
        let (park, province) = (place("name_vi"), place("code_2025"));
        sheet.rows.iter().map(|(_, cells)| (cells[park].shown(), cells[province].shown())).collect::<Vec<_>>()
    };
    let (parks, places) = (rows("parks.csv"), rows("coordinates_osm.csv"));
    assert_eq!((parks.len(), places.len()), (144, 32));
    for place in places {
        assert_eq!(parks.iter().filter(|park| **park == place).count(), 1, "{place:?}");
    }
}
