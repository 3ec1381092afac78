//! What the law asks of an exchange: `exchange_law.csv`. When a rule applies stands in `matching/law.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::FaultKind;
use crate::language::Label;

const FILE: &str = "exchange_law.csv";

/// Every rule that `matching/law.rs` may cite.
pub const RULES: [&str; 20] = [
    "hazardous-waste",
    "ordinary-waste",
    "by-product",
    "product",
    "water-reuse",
    "heat-supply",
    "hazardous-taker-licence",
    "hazardous-haulage",
    "hazardous-manifest",
    "waste-taker-licence",
    "waste-handover",
    "by-product-recognition",
    "product-quality",
    "water-quality",
    "water-licence",
    "pressure-equipment",
    "within-park",
    "symbiosis-counts",
    "symbiosis-iso",
    "symbiosis-agreement",
];

/// One rule with who has to keep it and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRule {
    pub rule: String,
    pub party: RuleParty,
    pub label: Label,
    /// Text and, where it is known, article.
    pub basis: Label,
    pub source: Label,
    pub unconfirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleParty {
    Giver,
    Taker,
    Both,
}

#[derive(Deserialize)]
struct RuleRow {
    rule: String,
    party: RuleParty,
    label_vi: String,
    label_en: String,
    basis_vi: String,
    basis_en: String,
    source: String,
    source_vi: String,
    unconfirmed: bool,
}

/// The rules by their code. A rule that is missing, unknown, there twice or confirmed from memory is a fault.
pub(super) fn read(reader: &mut Reader<'_>) -> BTreeMap<String, ExchangeRule> {
    let mut rules = BTreeMap::new();
    for (index, row) in reader.csv::<RuleRow>(FILE).into_iter().enumerate() {
        let line = Some(index + 2);
        if !RULES.contains(&row.rule.as_str()) {
            reader.fault(FILE, line, FaultKind::UnknownCode, &row.rule, &RULES.join(" | "));
        }
        let is_remembered = row.source.contains("from memory") || row.source.contains("second hand");
        if is_remembered && !row.unconfirmed {
            reader.fault(FILE, line, FaultKind::Contradiction, &row.rule, "unconfirmed = true (nobody read it)");
        }
        let rule = ExchangeRule {
            rule: row.rule.clone(),
            party: row.party,
            label: Label::new(row.label_vi, row.label_en),
            basis: Label::new(row.basis_vi, row.basis_en),
            source: Label::new(row.source_vi, row.source),
            unconfirmed: row.unconfirmed,
        };
        if rules.insert(row.rule.clone(), rule).is_some() {
            reader.fault(FILE, line, FaultKind::Duplicate, &row.rule, "once");
        }
    }
    for missing in RULES.iter().filter(|rule| !rules.contains_key(**rule)) {
        reader.fault(FILE, None, FaultKind::MissingValue, "", missing);
    }
    rules
}

impl RuleParty {
    pub fn code(self) -> &'static str {
        match self {
            RuleParty::Giver => "giver",
            RuleParty::Taker => "taker",
            RuleParty::Both => "both",
        }
    }
}
