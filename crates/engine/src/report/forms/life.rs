//! The life of a form: draft, submitted, returned, received. The names of the state's system are these four; the order in
//! which it passes them is our reading of two texts that disagree.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::FilledForm;
use crate::ids::FieldId;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FormState {
    #[default]
    Draft,
    Submitted {
        on: Date,
    },
    /// Sent back with what is to be changed.
    Returned {
        on: Date,
        reason: String,
    },
    Received {
        on: Date,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum FormAct {
    Submit,
    Return { reason: String },
    Receive,
}

/// Why an act is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum FormRefusal {
    /// The act does not follow on the present state.
    NotNow,
    /// Rows that must be filled are empty.
    Incomplete { fields: Vec<FieldId> },
    /// A form is not sent back without a word.
    NoReason,
    /// The day lies before that of the last act.
    TooEarly,
}

impl FormState {
    pub fn code(&self) -> &'static str {
        match self {
            FormState::Draft => "draft",
            FormState::Submitted { .. } => "submitted",
            FormState::Returned { .. } => "returned",
            FormState::Received { .. } => "received",
        }
    }

    /// Whether values may be changed.
    pub fn may_be_written(&self) -> bool {
        matches!(self, FormState::Draft | FormState::Returned { .. })
    }

    fn since(&self) -> Option<Date> {
        match self {
            FormState::Draft => None,
            FormState::Submitted { on } | FormState::Returned { on, .. } | FormState::Received { on } => Some(*on),
        }
    }

    /// The state after an act on a day. Handing in asks for the form as it stands; without it nothing can be handed in.
    pub fn after(&self, act: &FormAct, form: Option<&FilledForm>, on: Date) -> Result<FormState, FormRefusal> {
        if self.since().is_some_and(|since| on < since) {
            return Err(FormRefusal::TooEarly);
        }
        match (self, act) {
            (FormState::Draft | FormState::Returned { .. }, FormAct::Submit) => {
                let form = form.ok_or(FormRefusal::NotNow)?;
                let missing = form.fields.iter().filter(|row| row.is_missing());
                let fields: Vec<FieldId> = missing.map(|row| row.field.id.clone()).collect();
                if fields.is_empty() {
                    Ok(FormState::Submitted { on })
                } else {
                    Err(FormRefusal::Incomplete { fields })
                }
            }
            (FormState::Submitted { .. }, FormAct::Return { reason }) if reason.trim().is_empty() => {
                Err(FormRefusal::NoReason)
            }
            (FormState::Submitted { .. }, FormAct::Return { reason }) => {
                Ok(FormState::Returned { on, reason: reason.clone() })
            }
            (FormState::Submitted { .. }, FormAct::Receive) => Ok(FormState::Received { on }),
            _ => Err(FormRefusal::NotNow),
        }
    }
}
