//! The ground of a problem that comes in tables: what its links are worth, what they avoid and what they keep.

use std::io::BufRead;

use super::{Ground, Side, WeighedLink};
use crate::fault::{Fault, FaultKind};
use crate::ids::{EnterpriseId, StreamId};
use crate::matching::ExchangeUnit;
use crate::matching::network::{BENEFIT_LIMIT, LinkRow, NetworkFile, StreamRow};
use crate::matching::table::{Table, Width};
use crate::park::StreamKind;
use crate::source::Basis;

/// Reads `co2e_kg_t` (kg of CO₂e that a tonne avoids, less what it causes; empty where it is not known) and `kept` (1
/// where the giver pays to be rid of the stream today, else 0) of `edges.csv`, from which `file` was read. Quantities
/// are materials in 0.1 t. Every fault is returned; the ground only when there is none.
pub fn read_ground(file: &NetworkFile, edges_csv: impl BufRead) -> (Option<Ground>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut table = Table::new("edges.csv", edges_csv, &["co2e_kg_t", "kept"], &[], Width::Full, &mut faults);
    let mut links = Vec::new();
    let mut rows = file.links.iter();
    while table.next_row(&mut faults) {
        let co2e = match table.has_value("co2e_kg_t") {
            true => table.whole_number("co2e_kg_t", -BENEFIT_LIMIT..=BENEFIT_LIMIT, &mut faults),
            false => None,
        };
        let is_kept = match table.value_of("kept", &mut faults) {
            Some("1") => true,
            Some("0") | None => false,
            Some(other) => {
                faults.push(table.fault("kept", FaultKind::UnknownCode, other, "0 | 1".to_owned()));
                false
            }
        };
        links.extend(rows.next().map(|row| link(row, co2e, is_kept)));
    }
    let ground = Ground { givers: sides(&file.givers), takers: sides(&file.takers), links, works: Default::default() };
    (faults.is_empty().then_some(ground), faults)
}

fn link(row: &LinkRow, co2e: Option<i64>, is_kept: bool) -> WeighedLink {
    WeighedLink {
        giver: row.giver as usize,
        taker: row.taker as usize,
        kind: StreamKind::Material,
        unit: ExchangeUnit::Tonne,
        benefit: row.benefit_kvnd_t,
        parts_vnd: [0.0; 4],
        co2e,
        carbon: None,
        is_kept_from_disposal: is_kept,
        distance_km: None,
        most: None,
        is_ready: row.benefit_kvnd_t > 0,
    }
}

/// Each stream is an enterprise of its own: the tables say nothing else.
fn sides(streams: &[StreamRow]) -> Vec<Side> {
    let side = |row: &StreamRow| Side {
        stream: StreamId::new(row.id.as_str()),
        enterprise: EnterpriseId::new(row.id.as_str()),
        steps: row.quantity_dt,
        basis: Basis::Declared,
    };
    streams.iter().map(side).collect()
}
