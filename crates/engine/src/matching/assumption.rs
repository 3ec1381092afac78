//! Figures that nobody measured for a park, kept in files of the catalogue: how such a file is read, and its faults.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultKind, Place};
use crate::language::Label;

/// A figure that nobody measured for this park.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    pub label_vi: String,
    pub label_en: String,
    pub value: f64,
    pub unit: String,
    pub source: String,
    pub unconfirmed: bool,
}

impl Assumption {
    pub fn label(&self) -> Label {
        Label::new(&self.label_vi, &self.label_en)
    }
}

/// The name of a TOML file of assumptions.
pub(super) struct AssumptionFile(pub &'static str);

impl AssumptionFile {
    pub(super) fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T, Vec<Fault>> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
            let fault = self.fault(FaultKind::UnreadableFile, error.message(), "");
            vec![Fault { place: Place { line, ..fault.place }, ..fault }]
        })
    }

    /// What is wrong with value and unit: `allowed` says in words what `is_allowed` asks of a finite value.
    pub(super) fn figure_faults(
        &self,
        name: &str,
        assumption: &Assumption,
        is_allowed: impl Fn(f64) -> bool,
        allowed: &str,
        unit: &str,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !assumption.value.is_finite() || !is_allowed(assumption.value) {
            faults.push(self.fault(FaultKind::OutOfRange, &format!("{name} = {}", assumption.value), allowed));
        }
        if assumption.unit != unit {
            faults.push(self.fault(FaultKind::WrongUnit, &format!("{name}: {}", assumption.unit), unit));
        }
        faults
    }

    /// What is only remembered is not confirmed.
    pub(super) fn source_fault(&self, name: &str, source: &str, unconfirmed: bool) -> Option<Fault> {
        let is_wrong = source.contains("from memory") && !unconfirmed;
        is_wrong.then(|| self.fault(FaultKind::Contradiction, name, "unconfirmed = true (source: from memory)"))
    }

    pub(super) fn fault(&self, kind: FaultKind, found: &str, expected: &str) -> Fault {
        let place = Place { file: self.0.to_string(), ..Place::default() };
        Fault { place, kind, found: found.to_string(), expected: expected.to_string() }
    }
}
