//! The grid of one resource and year: a row for each month, with what was declared for it.

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, ResourceId};
use engine::language::Language;
use engine::park::{Park, Record};
use engine::period::Period;
use engine::quantity::{Amount, Dimension};

use super::number;
use crate::page::{Page, escape};
use crate::state::App;
use crate::wording;

pub struct Grid {
    pub resource: ResourceId,
    pub label: String,
    /// The unit that amounts are typed in, as it is written.
    pub unit_label: String,
    pub year: i16,
    pub rows: Vec<Row>,
    /// `11 trên 12 tháng đủ`
    pub status: String,
}

pub struct Row {
    /// `2024-03`
    pub month: String,
    pub name: String,
    pub amount: String,
    pub cost: String,
    pub source: String,
    /// Class and word of the basis; empty where nothing was declared.
    pub basis: &'static str,
    pub basis_word: String,
    /// The longer period that the month is part of; then it is not typed in here.
    pub part_of: String,
    pub history_href: String,
}

impl Grid {
    pub fn of(app: &App, page: &Page, park: &Park, id: &EnterpriseId, resource: &ResourceId, year: i16) -> Grid {
        let records = records(park, id, resource);
        let unit = unit(app.catalogue, resource, &records);
        let language = page.language;
        let label = app.catalogue.resource(resource).map_or(resource.as_str(), |row| row.label.get(language));
        let rows = months(year)
            .into_iter()
            .map(|month| {
                let record = records.get(&month);
                let part_of = records.keys().find(|other| record.is_none() && other.overlaps(&month));
                let path = format!("/parks/{}/enterprises/{id}/history/{}/{month}", park.id, escape(resource.as_str()));
                Row {
                    name: wording::period(language, &month),
                    amount: record
                        .map_or_else(String::new, |record| amount_text(app.catalogue, language, record, &unit)),
                    cost: record.map_or_else(String::new, |record| cost_text(language, record)),
                    source: record.map_or_else(String::new, |record| record.source.clone()),
                    basis: record.map_or("", |record| record.basis.code()),
                    basis_word: record.map_or_else(String::new, |record| wording::basis(language, record.basis)),
                    part_of: part_of.map_or_else(String::new, |other| wording::period(language, other)),
                    history_href: page.at(&path),
                    month: month.to_string(),
                }
            })
            .collect();
        Grid {
            resource: resource.clone(),
            label: label.to_string(),
            unit_label: app.catalogue.units.get(&unit).map_or(unit, |row| row.label.get(language).to_string()),
            year,
            rows,
            status: status(page, &records, year),
        }
    }
}

/// Records of one resource at one enterprise, by their period.
pub fn records<'a>(park: &'a Park, id: &EnterpriseId, resource: &ResourceId) -> BTreeMap<Period, &'a Record> {
    park.records
        .iter()
        .filter(|record| record.enterprise == *id && record.resource == *resource)
        .map(|record| (record.period, record))
        .collect()
}

/// The unit that the latest record was declared in; before the first one a usual unit of the dimension.
pub fn unit(catalogue: &Catalogue, resource: &ResourceId, records: &BTreeMap<Period, &Record>) -> String {
    if let Some(latest) = records.values().last() {
        return latest.amount.unit.clone();
    }
    let dimension = catalogue.resource(resource).map_or(Dimension::Count, |row| row.dimension);
    let usual = match dimension {
        Dimension::Energy => "kWh",
        Dimension::Volume => "m3",
        Dimension::Mass => "t",
        Dimension::Count => "piece",
        other => other.canonical_unit(),
    };
    if catalogue.units.contains_key(usual) {
        return usual.to_string();
    }
    catalogue.unit_codes(dimension).into_iter().next().unwrap_or_default()
}

/// The amount of a record in the unit of the grid, as the cell shows it.
pub fn amount_text(catalogue: &Catalogue, language: Language, record: &Record, unit: &str) -> String {
    converted(catalogue, &record.amount, unit).map_or_else(String::new, |value| number::write(language, value))
}

pub fn cost_text(language: Language, record: &Record) -> String {
    record.cost_vnd.map_or_else(String::new, |cost| number::write(language, cost))
}

fn converted(catalogue: &Catalogue, amount: &Amount, unit: &str) -> Option<f64> {
    if amount.unit == unit {
        return Some(amount.value);
    }
    Some(catalogue.canonical(amount)? / catalogue.units.get(unit)?.factor)
}

pub fn months(year: i16) -> Vec<Period> {
    (1..=12).filter_map(|month| Period::month(year, month)).collect()
}

/// How many months of the year are there.
pub fn status(page: &Page, records: &BTreeMap<Period, &Record>, year: i16) -> String {
    let covered = months(year).iter().filter(|month| records.keys().any(|other| covers(other, month))).count();
    page.t2("enterprise-status", "covered", page.count(covered), "expected", page.count(12))
}

/// A month is there when more than half of its days are.
fn covers(record: &Period, month: &Period) -> bool {
    record.intersection(month).is_some_and(|part| 2 * part.days() > month.days())
}
