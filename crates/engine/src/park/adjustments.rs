//! Non-routine adjustments of a measure's saving, as the park recorded them: what else changed, why, by what evidence, and
//! who says so. See `docs/methods/savings.md`.

use serde::{Deserialize, Serialize};

use super::Measure;
use super::read::period;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind};
use crate::ids::{EnterpriseId, MeasureId};
use crate::period::Period;
use crate::table::Row;

/// Another line, a closed hall: something beside the measure that changed the use while it lasted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    pub measure: MeasureId,
    /// Whose measure it is.
    pub enterprise: EnterpriseId,
    /// Short, and one of its kind at the measure.
    pub name: String,
    pub period: Period,
    /// What it added to the use in that time, in the canonical unit of the measure's resource; below zero: it took away.
    pub use_added: Option<f64>,
    /// Half the width of its 90 % interval.
    pub uncertainty_90: Option<f64>,
    /// Whether a column, 1 while it lasts, is to find its size from the readings.
    pub as_column: bool,
    pub reason: String,
    pub evidence: String,
    pub stated_by: String,
}

/// Adjustments from the rows of their sheet. An amount without its uncertainty or unit, a row with neither amount nor column,
/// and a name that a measure has twice are faults.
pub(super) fn adjustments(
    rows: &[Row],
    measures: &[Measure],
    catalogue: &Catalogue,
    faults: &mut Vec<Fault>,
) -> Vec<Adjustment> {
    let mut adjustments: Vec<Adjustment> = Vec::new();
    for row in rows {
        let Some(measure) = measures.iter().find(|one| one.id.as_str() == row.text("measure")) else { continue };
        let name = row.text("name");
        if adjustments.iter().any(|one| one.measure == measure.id && one.name == name) {
            faults.push(row.fault("name", FaultKind::Duplicate, "once"));
        }
        let Some(period) = period(row, faults) else { continue };
        let (amount, half) = (row.number("use_added"), row.number("uncertainty_90"));
        let as_column = row.yes("as_column") == Some(true);
        let dimension = catalogue.resource(&measure.resource).map(|resource| resource.dimension);
        let unit = catalogue.units.get(&row.text("unit")).filter(|unit| Some(unit.dimension) == dimension);
        if amount.is_none() && !as_column {
            faults.push(row.fault("use_added", FaultKind::MissingValue, "use_added | as_column"));
        }
        if amount.is_some() && half.is_none() {
            faults.push(row.fault("uncertainty_90", FaultKind::MissingValue, "≥ 0"));
        }
        if let (Some(_), None, Some(dimension)) = (amount, unit, dimension) {
            faults.push(row.fault("unit", FaultKind::WrongUnit, catalogue.unit_codes(dimension).join(" | ")));
        }
        let canonical = |value: f64| unit.map(|unit| value * unit.factor);
        adjustments.push(Adjustment {
            measure: measure.id.clone(),
            enterprise: measure.enterprise.clone(),
            name,
            period,
            use_added: amount.and_then(canonical),
            uncertainty_90: half.filter(|_| amount.is_some()).and_then(canonical),
            as_column,
            reason: row.text("reason"),
            evidence: row.text("evidence"),
            stated_by: row.text("stated_by"),
        });
    }
    adjustments
}
