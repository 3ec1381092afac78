//! What stands in a model of a plant's meter beside its base load: production, degrees, calendar, and the places at which
//! a line bends or jumps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::validity::Sign;

/// One column of a model. `column` is the place of a predictor among those named by the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "term", rename_all = "snake_case")]
pub enum Term {
    /// A column of the file as it stands: production of a line, shutdown days.
    Predictor {
        name: String,
        column: usize,
        sign: Sign,
    },
    /// 1 where production is above zero: what running at all costs beside idling.
    Running {
        name: String,
        column: usize,
    },
    /// max(production − knee, 0): the slope changes there.
    Knee {
        name: String,
        column: usize,
        knee: f64,
    },
    /// 1 where production is at least `from`: another boiler, a second shift.
    Step {
        name: String,
        column: usize,
        from: f64,
    },
    /// Temperature as a straight line.
    Temperature,
    /// max(balance − T, 0), in degrees of the file.
    Heating {
        balance: f64,
    },
    /// max(T − balance, 0).
    Cooling {
        balance: f64,
    },
    Saturday,
    Sunday,
    /// A day the caller named as a holiday.
    Holiday,
}

/// What a model may look at in one row.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// In degrees of the file.
    pub temperature: Option<f64>,
    /// Predictors in the order in which the caller named them.
    pub others: &'a [Option<f64>],
    /// 0 is Monday.
    pub weekday: usize,
    /// 0 to 23.
    pub hour: usize,
    pub is_holiday: bool,
}

impl Known<'_> {
    fn other(&self, column: usize) -> Option<f64> {
        self.others.get(column).copied().flatten()
    }
}

impl Term {
    /// `None` where the row does not hold what the term needs.
    pub fn value(&self, known: &Known) -> Option<f64> {
        let flag = |is_so: bool| f64::from(u8::from(is_so));
        Some(match self {
            Term::Predictor { column, .. } => known.other(*column)?,
            Term::Running { column, .. } => flag(known.other(*column)? > 0.0),
            Term::Knee { column, knee, .. } => (known.other(*column)? - knee).max(0.0),
            Term::Step { column, from, .. } => flag(known.other(*column)? >= *from),
            Term::Temperature => known.temperature?,
            Term::Heating { balance } => (balance - known.temperature?).max(0.0),
            Term::Cooling { balance } => (known.temperature? - balance).max(0.0),
            Term::Saturday => flag(known.weekday == 5 && !known.is_holiday),
            Term::Sunday => flag(known.weekday == 6 && !known.is_holiday),
            Term::Holiday => flag(known.is_holiday),
        })
    }

    /// How the prediction moves when the place moves at which this term begins; `None` for terms without such a place,
    /// and for steps, whose place is known far better than their height.
    pub fn at_place(&self, slope: f64, known: &Known) -> Option<f64> {
        let begun = match self {
            Term::Heating { .. } => 1.0,
            Term::Cooling { .. } | Term::Knee { .. } => -1.0,
            _ => return None,
        };
        let is_beyond = self.value(known)? > 0.0;
        Some(if is_beyond { begun * slope } else { 0.0 })
    }

    /// What is known of the slope before looking at the data.
    pub fn sign(&self) -> Sign {
        match self {
            Term::Predictor { sign, .. } => *sign,
            Term::Heating { .. } | Term::Cooling { .. } | Term::Running { .. } => Sign::NotNegative,
            _ => Sign::Any,
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Predictor { name, .. } => f.write_str(name),
            Term::Running { name, .. } => write!(f, "{name} > 0"),
            Term::Knee { name, knee, .. } => write!(f, "{name} above {knee}"),
            Term::Step { name, from, .. } => write!(f, "{name} >= {from}"),
            Term::Temperature => f.write_str("temperature"),
            Term::Heating { balance } => write!(f, "heating below {balance}"),
            Term::Cooling { balance } => write!(f, "cooling above {balance}"),
            Term::Saturday => f.write_str("saturday"),
            Term::Sunday => f.write_str("sunday"),
            Term::Holiday => f.write_str("holiday"),
        }
    }
}
