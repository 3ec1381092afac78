//! Readings of the key parameter of a measure: what the device takes while it runs, before and after the change, and how many
//! hours it ran. See `docs/methods/savings.md`.

use serde::{Deserialize, Serialize};

use super::Measure;
use super::read::period;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, FaultKind};
use crate::ids::{EnterpriseId, MeasureId};
use crate::period::Period;
use crate::quantity::Dimension;
use crate::table::Row;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyReading {
    pub measure: MeasureId,
    /// Whose measure it is.
    pub enterprise: EnterpriseId,
    pub what: KeyQuantity,
    pub period: Period,
    /// A rate in the canonical unit of the measure's resource per hour, or hours.
    pub value: f64,
    /// Error of the instrument at 90 %, as a share of the reading.
    pub error_90: f64,
    pub instrument: String,
    pub evidence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyQuantity {
    /// What the device takes in an hour while it runs; power, where that is electricity.
    Rate,
    /// Hours that it ran.
    Hours,
}

/// Codes of [`KeyQuantity`], for the sheet.
pub const KEY_QUANTITIES: &[&str] = &["rate", "hours"];

impl KeyQuantity {
    pub const ALL: [KeyQuantity; 2] = [KeyQuantity::Rate, KeyQuantity::Hours];

    pub fn code(self) -> &'static str {
        KEY_QUANTITIES[self as usize]
    }

    pub fn parse(code: &str) -> Option<KeyQuantity> {
        KeyQuantity::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// The unit of hours, in the sheet.
pub const HOUR: &str = "h";
/// Units of power with their worth in kWh per hour.
const POWERS: [(&str, f64); 3] = [("kW", 1.0), ("MW", 1_000.0), ("W", 0.001)];
const HOURS_OF_A_DAY: f64 = 24.0;

/// Readings from the rows of their sheet. A unit that is none of the quantity, a rate that lies neither before nor after the
/// installation, more hours than the days have, and hours that were told twice are faults.
pub(super) fn key_readings(
    rows: &[Row],
    measures: &[Measure],
    catalogue: &Catalogue,
    faults: &mut Vec<Fault>,
) -> Vec<KeyReading> {
    let mut readings: Vec<KeyReading> = Vec::new();
    for row in rows {
        let Some(measure) = measures.iter().find(|one| one.id.as_str() == row.text("measure")) else { continue };
        let (Some(what), Some(value), Some(error_90)) =
            (KeyQuantity::parse(&row.text("what")), row.number("value"), row.number("error_90"))
        else {
            continue;
        };
        let period = period(row, faults);
        let factor = match what {
            KeyQuantity::Hours => (row.text("unit") == HOUR).then_some(1.0),
            KeyQuantity::Rate => per_hour(&row.text("unit"), measure, catalogue),
        };
        if factor.is_none() {
            faults.push(row.fault("unit", FaultKind::WrongUnit, units(what, measure, catalogue).join(" | ")));
        }
        let (Some(period), Some(factor)) = (period, factor) else { continue };
        match (what, measure.installed) {
            (KeyQuantity::Rate, Some(installed)) if period.overlaps(&installed) => {
                let outside = format!("< {} | ≥ {}", installed.start(), installed.end());
                faults.push(row.fault("from", FaultKind::Contradiction, outside));
            }
            (KeyQuantity::Hours, _) => {
                let most = HOURS_OF_A_DAY * period.days() as f64;
                if value > most {
                    faults.push(row.fault("value", FaultKind::OutOfRange, format!("≤ {most}")));
                }
                let is_told = |one: &KeyReading| {
                    one.measure == measure.id && one.what == KeyQuantity::Hours && one.period.overlaps(&period)
                };
                if readings.iter().any(is_told) {
                    faults.push(row.fault("from", FaultKind::OverlappingPeriods, "once"));
                }
            }
            (KeyQuantity::Rate, _) => {}
        }
        readings.push(KeyReading {
            measure: measure.id.clone(),
            enterprise: measure.enterprise.clone(),
            what,
            period,
            value: value * factor,
            error_90,
            instrument: row.text("instrument"),
            evidence: row.text("evidence"),
        });
    }
    readings
}

fn dimension(measure: &Measure, catalogue: &Catalogue) -> Option<Dimension> {
    catalogue.resource(&measure.resource).map(|resource| resource.dimension)
}

/// What one of a unit per hour is in the canonical unit of the measure's resource per hour: `kW`, `MWh/h`, `m3/h`.
fn per_hour(unit: &str, measure: &Measure, catalogue: &Catalogue) -> Option<f64> {
    let dimension = dimension(measure, catalogue)?;
    let power = POWERS.iter().find(|(power, _)| *power == unit && dimension == Dimension::Energy);
    if let Some((_, factor)) = power {
        return Some(*factor);
    }
    let unit = catalogue.units.get(unit.strip_suffix("/h")?)?;
    (unit.dimension == dimension).then_some(unit.factor)
}

/// The units that a reading may have.
fn units(what: KeyQuantity, measure: &Measure, catalogue: &Catalogue) -> Vec<String> {
    let dimension = dimension(measure, catalogue).filter(|_| what == KeyQuantity::Rate);
    let Some(dimension) = dimension else { return vec![HOUR.to_string()] };
    let powers = POWERS.iter().filter(|_| dimension == Dimension::Energy).map(|(power, _)| power.to_string());
    powers.chain(catalogue.unit_codes(dimension).iter().map(|unit| format!("{unit}/h"))).collect()
}
