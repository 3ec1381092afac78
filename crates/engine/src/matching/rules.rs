//! The rules and assumptions of matching, read from `catalogue/matching_rules.toml`.

use serde::{Deserialize, Serialize};

use super::assumption::{Assumption, AssumptionFile};
use crate::fault::Fault;
use crate::language::Label;
use crate::source::Digest;

const FILE: AssumptionFile = AssumptionFile("matching_rules.toml");

/// What decides which streams may be exchanged, and what carrying them costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchingRules {
    pub hazardous_licence: LegalRule,
    pub detour: Assumption,
    pub haulage_vnd_per_t_km: Assumption,
    pub water_pipe_vnd_per_m3_km: Assumption,
    pub heat_pipe_vnd_per_mwh_km: Assumption,
    pub water_reach_km: Assumption,
    pub heat_reach_km: Assumption,
    /// Shapes the score of a material; it forbids nothing.
    pub material_reach_km: Assumption,
    pub temperature_lead_k: Assumption,
}

/// A rule that the law makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalRule {
    pub label_vi: String,
    pub label_en: String,
    pub source: String,
    pub unconfirmed: bool,
}

/// Reads the rules. Every fault is told; without rules there is no matching.
pub fn read_rules(text: &str) -> Result<MatchingRules, Vec<Fault>> {
    let rules: MatchingRules = FILE.parse(text)?;
    let mut faults = Vec::new();
    for (name, assumption, least, unit) in rules.expected() {
        faults.extend(FILE.figure_faults(name, assumption, |value| value >= least, &format!("≥ {least}"), unit));
    }
    for (name, source, unconfirmed) in rules.sources() {
        faults.extend(FILE.source_fault(name, source, unconfirmed));
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

/// The rules as they stand in the repository when the program is built.
impl Default for MatchingRules {
    fn default() -> MatchingRules {
        read_rules(include_str!("../../../../catalogue/matching_rules.toml"))
            .unwrap_or_else(|faults| panic!("the repository's own matching rules have faults: {faults:?}"))
    }
}

impl MatchingRules {
    /// All figures with their names, for pages that list what a result rests on.
    pub fn assumptions(&self) -> Vec<(&'static str, &Assumption)> {
        self.expected().into_iter().map(|(name, assumption, _, _)| (name, assumption)).collect()
    }

    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }

    fn expected(&self) -> [(&'static str, &Assumption, f64, &'static str); 8] {
        [
            ("detour", &self.detour, 1.0, "1"),
            ("haulage_vnd_per_t_km", &self.haulage_vnd_per_t_km, 0.0, "VND/(t km)"),
            ("water_pipe_vnd_per_m3_km", &self.water_pipe_vnd_per_m3_km, 0.0, "VND/(m3 km)"),
            ("heat_pipe_vnd_per_mwh_km", &self.heat_pipe_vnd_per_mwh_km, 0.0, "VND/(MWh km)"),
            ("water_reach_km", &self.water_reach_km, 0.0, "km"),
            ("heat_reach_km", &self.heat_reach_km, 0.0, "km"),
            ("material_reach_km", &self.material_reach_km, 0.0, "km"),
            ("temperature_lead_k", &self.temperature_lead_k, 0.0, "K"),
        ]
    }

    fn sources(&self) -> Vec<(&'static str, &str, bool)> {
        let legal = &self.hazardous_licence;
        let mut sources = vec![("hazardous_licence", legal.source.as_str(), legal.unconfirmed)];
        for (name, assumption) in self.assumptions() {
            sources.push((name, &assumption.source, assumption.unconfirmed));
        }
        sources
    }
}

impl LegalRule {
    pub fn label(&self) -> Label {
        Label::new(&self.label_vi, &self.label_en)
    }
}
