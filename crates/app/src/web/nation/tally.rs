//! The registry counted by province. Every park falls in exactly one row, so the totals are equal in both editions.

use std::collections::BTreeMap;

use engine::catalogue::places::{Province, ProvinceEdition, Provinces};

use super::register::{Entry, Register};
use super::words;

/// Counts of one province. `province` is `None` where the registry does not say in which one a park lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub province: Option<Province>,
    pub is_total: bool,
    pub registered: usize,
    pub operating: usize,
    pub with_data: usize,
    /// Parks whose area the registry states.
    pub area_known: usize,
    /// Sum of the areas that are stated, in hectares.
    pub area_ha: f64,
}

/// One row for each province of the edition, most parks first; parks of an unknown province last.
pub fn tally(register: &Register, provinces: &Provinces, edition: ProvinceEdition) -> Vec<Row> {
    let mut rows: BTreeMap<String, Row> = provinces
        .edition(edition)
        .iter()
        .map(|(code, province)| (code.clone(), Row { province: Some(province.clone()), ..Row::default() }))
        .collect();
    let mut unknown = Row::default();
    for entry in &register.entries {
        let row = entry.province(provinces, edition).and_then(|province| rows.get_mut(&province.code));
        add(row.unwrap_or(&mut unknown), entry);
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    // Equal counts keep the order of the codes.
    rows.sort_by_key(|row| std::cmp::Reverse(row.registered));
    if unknown.registered > 0 {
        rows.push(unknown);
    }
    rows
}

/// The counts of some parks, whatever their province.
pub fn count<'a>(province: Option<Province>, entries: impl Iterator<Item = &'a Entry>) -> Row {
    let mut row = Row { province, ..Row::default() };
    entries.for_each(|entry| add(&mut row, entry));
    row
}

fn add(row: &mut Row, entry: &Entry) {
    row.registered += 1;
    row.operating += usize::from(words::status_kind(entry.park.status.as_deref()) == words::OPERATING);
    row.with_data += usize::from(entry.data.is_some());
    if let Some(area) = entry.park.area_ha {
        row.area_known += 1;
        row.area_ha += area;
    }
}

pub fn total(rows: &[Row]) -> Row {
    let mut total = Row { is_total: true, ..Row::default() };
    for row in rows {
        total.registered += row.registered;
        total.operating += row.operating;
        total.with_data += row.with_data;
        total.area_known += row.area_known;
        total.area_ha += row.area_ha;
    }
    total
}
