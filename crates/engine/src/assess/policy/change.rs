//! The edition that a change set makes of another.

use super::{ChangeSet, RowChange};
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Framework, Indicator, Rule};
use crate::fault::{Fault, FaultKind, Place};
use crate::ids::CriterionId;

/// The edition after the change, rows in their order and new ones at the end; or everything that is wrong with the
/// change set. Places name the row and the key.
pub fn changed(edition: &Framework, changes: &ChangeSet, catalogue: &Catalogue) -> Result<Framework, Vec<Fault>> {
    let mut faults = Vec::new();
    for id in changes.rows.keys().chain(&changes.dropped) {
        if edition.criterion(id).is_none() {
            faults.push(fault(id, "", FaultKind::UnknownReference, id.as_str(), edition.id.as_str()));
        }
    }
    for id in changes.rows.keys().filter(|id| changes.dropped.contains(*id)) {
        faults.push(fault(id, "", FaultKind::Contradiction, id.as_str(), ""));
    }
    let mut criteria = Vec::new();
    for criterion in edition.criteria.iter().filter(|criterion| !changes.dropped.contains(&criterion.id)) {
        let change = changes.rows.get(&criterion.id).copied().unwrap_or_default();
        criteria.push(changed_row(criterion, change, catalogue, &mut faults));
    }
    for criterion in &changes.added {
        let is_there = criteria.iter().any(|row: &Criterion| row.id == criterion.id);
        if is_there {
            faults.push(fault(&criterion.id, "id", FaultKind::Duplicate, criterion.id.as_str(), "once"));
        }
        check_numbers(criterion, &mut faults);
        criteria.push(criterion.clone());
    }
    if criteria.is_empty() {
        faults.push(fault(&CriterionId::new(""), "", FaultKind::MissingValue, "", "[[criterion]]"));
    }
    if faults.is_empty() { Ok(Framework { criteria, ..edition.clone() }) } else { Err(faults) }
}

fn changed_row(criterion: &Criterion, change: RowChange, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Criterion {
    let mut row = criterion.clone();
    row.target = change.target.unwrap_or(row.target);
    row.rule = change.direction.unwrap_or(row.rule);
    row.coverage = change.coverage.or(row.coverage);
    match (change.min_employees, catalogue.indicator(criterion)) {
        (None, _) => {}
        (Some(min_employees), Some(Indicator::SurveyShare { question, .. })) => {
            row.indicator = Some(Indicator::SurveyShare { question: question.clone(), min_employees });
        }
        (Some(_), other) => {
            let found = other.map_or("", Indicator::code);
            faults.push(fault(&row.id, "min_employees", FaultKind::Contradiction, found, "survey_share"));
        }
    }
    let indicator = catalogue.indicator(criterion);
    if change.coverage.is_some() && !indicator.is_some_and(is_share_of_amounts) {
        let expected = Indicator::PLAIN.iter().filter(|plain| is_share_of_amounts(plain)).map(Indicator::code);
        let expected = expected.collect::<Vec<_>>().join(" | ");
        let found = indicator.map_or("", Indicator::code);
        faults.push(fault(&row.id, "coverage", FaultKind::Contradiction, found, &expected));
    }
    check_numbers(&row, faults);
    row
}

/// Whether the value rests on recorded months, so that a coverage can be asked of it.
pub fn is_share_of_amounts(indicator: &Indicator) -> bool {
    match indicator {
        Indicator::WastewaterTreatedShare
        | Indicator::WastewaterReusedShare
        | Indicator::WasteReusedShare
        | Indicator::WasteLandfillShare
        | Indicator::EnergyMeteredShare => true,
        Indicator::Answer { .. }
        | Indicator::SurveyShare { .. }
        | Indicator::ExchangeCount
        | Indicator::SymbiosisIso => false,
    }
}

fn check_numbers(row: &Criterion, faults: &mut Vec<Fault>) {
    let is_outside = row.unit == "percent" && !(0.0..=100.0).contains(&row.target);
    if !row.target.is_finite() {
        faults.push(fault(&row.id, "target", FaultKind::NotANumber, &row.target.to_string(), "number"));
    } else if is_outside {
        faults.push(fault(&row.id, "target", FaultKind::OutOfRange, &row.target.to_string(), "0 … 100"));
    } else if row.rule == Rule::Yes && row.target != 1.0 {
        faults.push(fault(&row.id, "target", FaultKind::OutOfRange, &row.target.to_string(), "1"));
    } else if row.target < 0.0 {
        // Every value is a share, a count or a yes.
        faults.push(fault(&row.id, "target", FaultKind::OutOfRange, &row.target.to_string(), "0 …"));
    }
    if let Some(share) = row.coverage.filter(|share| !(0.0..=1.0).contains(share)) {
        faults.push(fault(&row.id, "coverage", FaultKind::OutOfRange, &share.to_string(), "0 … 1"));
    }
}

pub(super) fn fault(id: &CriterionId, key: &str, kind: FaultKind, found: &str, expected: &str) -> Fault {
    let column = if key.is_empty() { id.to_string() } else { format!("{id}.{key}") };
    Fault {
        place: Place { file: "changes".to_string(), column: Some(column), ..Place::default() },
        kind,
        found: found.to_string(),
        expected: expected.to_string(),
    }
}
