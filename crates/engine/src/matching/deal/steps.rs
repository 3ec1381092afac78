//! Who does what next: first what is missing, then what the law asks, then what a risk asks, then the agreement.

use serde::{Deserialize, Serialize};

use super::{LegalVerdict, Party, PriceBand, Risk};
use crate::catalogue::exchange_law::{ExchangeRule, RuleParty};
use crate::ids::StreamId;
use crate::language::Label;
use crate::matching::law::ConditionStanding;
use crate::matching::{Exchange, Missing};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextStep {
    pub who: Party,
    pub step: Step,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Step {
    Provide {
        missing: Missing,
    },
    /// State a waste code or a product code, so that the law knows what the stream is.
    StateCode {
        stream: StreamId,
    },
    /// Show that a condition of the law is met.
    ShowCondition {
        rule: ExchangeRule,
    },
    /// Say in which months the stream runs.
    StateRhythm {
        stream: StreamId,
    },
    /// Have a sample tested before the first delivery.
    TestSample {
        substance: Option<String>,
    },
    MeasureQuantity {
        stream: StreamId,
    },
    /// Ask a lawyer or the authority about rules that nobody has confirmed.
    ConfirmLaw {
        rules: usize,
    },
    /// Have the cost of a link or plant quoted.
    AskForQuote {
        name: Label,
    },
    /// Decide whether a proposed plant is built.
    DecidePlant {
        name: Label,
    },
    AgreePrice {
        lowest_vnd: f64,
        highest_vnd: f64,
    },
    /// Sign an agreement; it is also the evidence of form A.4.
    SignAgreement,
}

pub(super) fn steps(exchange: &Exchange, price: &PriceBand, law: &LegalVerdict, risks: &[Risk]) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    let mut push = |who, step| steps.push(NextStep { who, step });
    for missing in &exchange.missing {
        push(who_knows(missing, exchange), Step::Provide { missing: missing.clone() });
    }
    if let Some(stream) = &law.needs_code {
        push(Party::Giver, Step::StateCode { stream: stream.clone() });
    }
    for condition in &law.conditions {
        if matches!(condition.standing, ConditionStanding::Unknown | ConditionStanding::NotMet) {
            push(party(condition.rule.party), Step::ShowCondition { rule: condition.rule.clone() });
        }
    }
    for risk in risks {
        match risk {
            Risk::RhythmUnknown { stream } => {
                push(side(stream, exchange), Step::StateRhythm { stream: stream.clone() });
            }
            Risk::NearLimit { substance, .. } => {
                push(Party::Giver, Step::TestSample { substance: Some(substance.clone()) });
            }
            Risk::NoLimitStated => push(Party::Taker, Step::TestSample { substance: None }),
            Risk::QuantityUnproven { stream, .. } => {
                push(side(stream, exchange), Step::MeasureQuantity { stream: stream.clone() });
            }
            Risk::CostEstimated { name } => push(Party::Operator, Step::AskForQuote { name: name.clone() }),
            Risk::PlantProposed { name } => push(Party::Operator, Step::DecidePlant { name: name.clone() }),
            Risk::UnconfirmedLaw { rules } => push(Party::Operator, Step::ConfirmLaw { rules: *rules }),
            _ => {}
        }
    }
    if let (Some(lowest_vnd), Some(highest_vnd), Some(_)) = (price.lowest_vnd, price.highest_vnd, price.fair_vnd) {
        push(Party::Both, Step::AgreePrice { lowest_vnd, highest_vnd });
        push(Party::Both, Step::SignAgreement);
    }
    steps
}

fn party(party: RuleParty) -> Party {
    match party {
        RuleParty::Giver => Party::Giver,
        RuleParty::Taker => Party::Taker,
        RuleParty::Both => Party::Both,
    }
}

fn side(stream: &StreamId, exchange: &Exchange) -> Party {
    if *stream == exchange.giver { Party::Giver } else { Party::Taker }
}

fn who_knows(missing: &Missing, exchange: &Exchange) -> Party {
    match missing {
        Missing::Content { stream, .. }
        | Missing::ContentInUnit { stream, .. }
        | Missing::QualityNeeded { stream }
        | Missing::Temperature { stream }
        | Missing::DisposalPrice { stream }
        | Missing::PurchasePrice { stream }
        | Missing::WasteCodeAsked { stream }
        | Missing::UsableQuantity { stream }
        | Missing::Form { stream } => side(stream, exchange),
        Missing::Place { enterprise } if *enterprise == exchange.giver_enterprise => Party::Giver,
        Missing::Place { .. } => Party::Taker,
        Missing::TreatmentCost { .. } | Missing::PlausiblePrice { .. } | Missing::FormTreatment { .. } => Party::Both,
    }
}

impl Step {
    pub fn code(&self) -> &'static str {
        match self {
            Step::Provide { .. } => "provide",
            Step::StateCode { .. } => "state_code",
            Step::ShowCondition { .. } => "show_condition",
            Step::StateRhythm { .. } => "state_rhythm",
            Step::TestSample { .. } => "test_sample",
            Step::MeasureQuantity { .. } => "measure_quantity",
            Step::ConfirmLaw { .. } => "confirm_law",
            Step::AskForQuote { .. } => "ask_for_quote",
            Step::DecidePlant { .. } => "decide_plant",
            Step::AgreePrice { .. } => "agree_price",
            Step::SignAgreement => "sign_agreement",
        }
    }
}
