//! What changed besides the measure: another line, a closed hall. Each adjustment says why, by what evidence, and how
//! much: as an amount, as a column that is on while it lasts, or both.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::meter_file::MeterRow;
use super::plant::{PlantPredictor, PlantSpec};
use super::regression::is_usable;
use super::validity::Sign;
use crate::period::Period;

/// A non-routine adjustment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    pub name: String,
    /// What happened, in a sentence.
    pub reason: String,
    /// Where that is written: a document, a log, a photograph.
    pub evidence: String,
    /// While it lasted; half-open.
    pub period: Period,
    pub amount: Option<Amount>,
    /// Whether a column, 1 while it lasts, is to find its size from the readings.
    pub as_column: bool,
}

/// What the change did to the use of the reporting period. Positive: it used more because of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub use_added: f64,
    /// Half the width of its 90 % interval.
    pub uncertainty_90: f64,
}

/// A saving before and after its adjustments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustedSaving {
    pub unadjusted: f64,
    pub unadjusted_uncertainty_90: f64,
    /// Unadjusted plus the use that the changes added.
    pub saving: f64,
    /// The uncertainties of saving and amounts, added in squares.
    pub uncertainty_90: f64,
    /// In the order given; those without an amount are left to the model.
    pub amounts: Vec<(String, Amount)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum AdjustmentRefusal {
    NoReason {
        name: String,
    },
    NoEvidence {
        name: String,
    },
    /// Neither an amount nor a column.
    NothingToAdjust {
        name: String,
    },
    NotUsable {
        name: String,
    },
    Duplicate {
        name: String,
    },
}

/// Why an adjustment that was recorded cannot be made; the saving is then not told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum AdjustmentProblem {
    /// It began before the reporting period or lasts beyond it: how much of its amount belongs to the period nobody said.
    Across {
        name: String,
    },
    /// A column needs a plan with one of the models of plants.
    NeedsModel {
        name: String,
    },
    Refused(AdjustmentRefusal),
}

/// What a park recorded.
pub(super) fn of_park(recorded: &crate::park::adjustments::Adjustment) -> Adjustment {
    let half = recorded.uncertainty_90.unwrap_or_default();
    Adjustment {
        name: recorded.name.clone(),
        reason: recorded.reason.clone(),
        evidence: recorded.evidence.clone(),
        period: recorded.period,
        amount: recorded.use_added.map(|use_added| Amount { use_added, uncertainty_90: half }),
        as_column: recorded.as_column,
    }
}

/// A saving with the adjustments of its reporting period; `None` where there are none. Those that lie wholly outside it
/// change nothing.
pub(super) fn adjusted(
    (saving, uncertainty_90): (f64, f64),
    recorded: &[Adjustment],
    reporting: Option<Period>,
    has_columns: bool,
) -> Result<Option<AdjustedSaving>, Vec<AdjustmentProblem>> {
    let mut problems = Vec::new();
    let mut meant = Vec::new();
    for one in recorded {
        if one.as_column && !has_columns {
            problems.push(AdjustmentProblem::NeedsModel { name: one.name.clone() });
        }
        let Some(reporting) = reporting.filter(|reporting| reporting.overlaps(&one.period)) else { continue };
        let is_added = one.amount.is_some() && !one.as_column;
        if is_added && reporting.intersection(&one.period) != Some(one.period) {
            problems.push(AdjustmentProblem::Across { name: one.name.clone() });
        }
        meant.push(one.clone());
    }
    match adjust(saving, uncertainty_90, &meant) {
        _ if !problems.is_empty() => Err(problems),
        Err(refusals) => Err(refusals.into_iter().map(AdjustmentProblem::Refused).collect()),
        Ok(_) if meant.is_empty() => Ok(None),
        Ok(adjusted) => Ok(Some(adjusted)),
    }
}

/// Adds the amounts to a saving. An adjustment that is a column as well is already in the saving; its amount is then listed
/// for comparison and not added again. All refusals at once.
pub fn adjust(
    saving: f64,
    uncertainty_90: f64,
    adjustments: &[Adjustment],
) -> Result<AdjustedSaving, Vec<AdjustmentRefusal>> {
    let refusals = inspect(adjustments);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (mut adjusted, mut square) = (saving, uncertainty_90 * uncertainty_90);
    let mut amounts = Vec::new();
    for adjustment in adjustments {
        let Some(amount) = adjustment.amount else { continue };
        if !adjustment.as_column {
            adjusted += amount.use_added;
            square += amount.uncertainty_90 * amount.uncertainty_90;
        }
        amounts.push((adjustment.name.clone(), amount));
    }
    Ok(AdjustedSaving {
        unadjusted: saving,
        unadjusted_uncertainty_90: uncertainty_90,
        saving: adjusted,
        uncertainty_90: square.sqrt(),
        amounts,
    })
}

/// The model and its rows with a column for each adjustment that asks for one, 1 while it lasts. A change that did not
/// begin in the baseline has one value there, and the model refuses it by name: then an amount is what is needed.
pub fn with_columns(spec: &PlantSpec, rows: &[MeterRow], adjustments: &[Adjustment]) -> (PlantSpec, Vec<MeterRow>) {
    let columns: Vec<&Adjustment> = adjustments.iter().filter(|adjustment| adjustment.as_column).collect();
    let mut spec = spec.clone();
    let named = columns.iter().map(|adjustment| PlantPredictor { name: adjustment.name.clone(), sign: Sign::Any });
    spec.predictors.extend(named);
    let lasts =
        |adjustment: &Adjustment, day: Date| (adjustment.period.start()..adjustment.period.end()).contains(&day);
    let with = |row: &MeterRow| {
        let day = row.local.date();
        let flags = columns.iter().map(|adjustment| Some(f64::from(u8::from(lasts(adjustment, day)))));
        let others = row.others.iter().copied().chain(flags).collect();
        MeterRow { others, ..row.clone() }
    };
    let rows = rows.iter().map(with).collect();
    (spec, rows)
}

fn inspect(adjustments: &[Adjustment]) -> Vec<AdjustmentRefusal> {
    let mut refusals = Vec::new();
    for (place, adjustment) in adjustments.iter().enumerate() {
        let name = || adjustment.name.clone();
        if adjustment.reason.trim().is_empty() {
            refusals.push(AdjustmentRefusal::NoReason { name: name() });
        }
        if adjustment.evidence.trim().is_empty() {
            refusals.push(AdjustmentRefusal::NoEvidence { name: name() });
        }
        if adjustment.amount.is_none() && !adjustment.as_column {
            refusals.push(AdjustmentRefusal::NothingToAdjust { name: name() });
        }
        let usable = |amount: &Amount| {
            is_usable(amount.use_added) && is_usable(amount.uncertainty_90) && amount.uncertainty_90 >= 0.0
        };
        if !adjustment.amount.as_ref().is_none_or(usable) {
            refusals.push(AdjustmentRefusal::NotUsable { name: name() });
        }
        if adjustments[..place].iter().any(|earlier| earlier.name == adjustment.name) {
            refusals.push(AdjustmentRefusal::Duplicate { name: name() });
        }
    }
    refusals
}
