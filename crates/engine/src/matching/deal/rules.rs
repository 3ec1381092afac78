//! What a deal sheet assumes, read from `catalogue/deal_rules.toml`.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::matching::assumption::{Assumption, AssumptionFile};

const FILE: AssumptionFile = AssumptionFile("deal_rules.toml");

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
    let rules: DealRules = FILE.parse(text)?;
    let mut faults = Vec::new();
    for (name, assumption, unit) in rules.expected() {
        faults.extend(FILE.figure_faults(name, assumption, |value| value > 0.0, "> 0", unit));
        faults.extend(FILE.source_fault(name, &assumption.source, assumption.unconfirmed));
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
