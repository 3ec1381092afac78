//! Weather stations with their places, so that a park can name one without measuring where it stands.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Reader;
use crate::fault::FaultKind;
use crate::ids::StationId;
use crate::language::Label;
use crate::park::Place;

const FILE: &str = "stations.csv";

#[derive(Clone, Debug, PartialEq)]
pub struct KnownStation {
    pub name: Label,
    pub place: Place,
    pub source: String,
    pub unconfirmed: bool,
}

#[derive(Deserialize)]
struct StationRow {
    station: String,
    name_vi: String,
    name_en: String,
    latitude: f64,
    longitude: f64,
    source: String,
    unconfirmed: bool,
}

pub(super) fn read(reader: &mut Reader<'_>) -> BTreeMap<StationId, KnownStation> {
    let mut stations = BTreeMap::new();
    for (index, row) in reader.csv::<StationRow>(FILE).into_iter().enumerate() {
        let line = Some(index + 2);
        if !(-90.0..=90.0).contains(&row.latitude) || !(-180.0..=180.0).contains(&row.longitude) {
            reader.fault(FILE, line, FaultKind::OutOfRange, &row.station, "-90 … 90, -180 … 180");
        }
        if row.source.contains("from memory") && !row.unconfirmed {
            reader.fault(FILE, line, FaultKind::Contradiction, &row.station, "unconfirmed = true (nobody read it)");
        }
        let station = KnownStation {
            name: Label::new(row.name_vi, row.name_en),
            place: Place { latitude: row.latitude, longitude: row.longitude },
            source: row.source,
            unconfirmed: row.unconfirmed,
        };
        if stations.insert(StationId::new(row.station.as_str()), station).is_some() {
            reader.fault(FILE, line, FaultKind::Duplicate, &row.station, "once");
        }
    }
    stations
}
