//! What a deal sheet assumes, read from `catalogue/deal_rules.toml`.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultKind, Place};
use crate::matching::Assumption;

const FILE: &str = "deal_rules.toml";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DealRules {
    pub truck_load_t: Assumption,
    pub near_limit_share: Assumption,
    pub single_partner_share: Assumption,
    pub thin_benefit_share: Assumption,
    pub varying_months: Assumption,
}

/// Reads the rules; every fault is told.
pub fn read_deal_rules(text: &str) -> Result<DealRules, Vec<Fault>> {
    let fault = |line: Option<usize>, kind: FaultKind, found: &str, expected: &str| Fault {
        place: Place { file: FILE.to_string(), line, ..Place::default() },
        kind,
        found: found.to_string(),
        expected: expected.to_string(),
    };
    let rules: DealRules = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        vec![fault(line, FaultKind::UnreadableFile, error.message(), "")]
    })?;
    let mut faults = Vec::new();
    for (name, assumption, unit) in rules.expected() {
        if !assumption.value.is_finite() || assumption.value <= 0.0 {
            faults.push(fault(None, FaultKind::OutOfRange, &format!("{name} = {}", assumption.value), "> 0"));
        }
        if assumption.unit != unit {
            faults.push(fault(None, FaultKind::WrongUnit, &format!("{name}: {}", assumption.unit), unit));
        }
        if assumption.source.contains("from memory") && !assumption.unconfirmed {
            faults.push(fault(None, FaultKind::Contradiction, name, "unconfirmed = true (source: from memory)"));
        }
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

/// The rules as they stand in the repository when the program is built.
impl Default for DealRules {
    fn default() -> DealRules {
        read_deal_rules(include_str!("../../../../../catalogue/deal_rules.toml"))
            .unwrap_or_else(|faults| panic!("the repository's own rules of deal sheets have faults: {faults:?}"))
    }
}

impl DealRules {
    /// All figures, for pages that list what a result rests on.
    pub fn assumptions(&self) -> Vec<&Assumption> {
        self.expected().into_iter().map(|(_, assumption, _)| assumption).collect()
    }

    fn expected(&self) -> [(&'static str, &Assumption, &'static str); 5] {
        [
            ("truck_load_t", &self.truck_load_t, "t"),
            ("near_limit_share", &self.near_limit_share, "1"),
            ("single_partner_share", &self.single_partner_share, "1"),
            ("thin_benefit_share", &self.thin_benefit_share, "1"),
            ("varying_months", &self.varying_months, "1"),
        ]
    }
}
