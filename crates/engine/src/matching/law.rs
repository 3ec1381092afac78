//! What the law says about an exchange: what the stream is, who needs what, may it stay in the park. Each verdict names
//! its rule in `catalogue/exchange_law.csv` with its source and whether that was confirmed. Method: `docs/methods/deal.md`.

use serde::{Deserialize, Serialize};

use super::Exchange;
use crate::catalogue::Catalogue;
use crate::catalogue::exchange_law::ExchangeRule;
use crate::ids::StreamId;
use crate::park::{LicenceKind, Park, Stream, StreamKind};

/// The legal side of one exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegalVerdict {
    pub status: LegalStatus,
    /// The rule behind the status; `None` where it is unknown.
    pub status_rule: Option<ExchangeRule>,
    /// What would settle an unknown status: waste code or product code of this stream.
    pub needs_code: Option<StreamId>,
    /// The exchange stays in the park; the rule that allows it there.
    pub place: ExchangeRule,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalStatus {
    HazardousWaste,
    Waste,
    ByProduct,
    Product,
    Water,
    Heat,
    /// Neither a waste code nor a product code was stated.
    Unknown,
}

/// Something that the law asks of one side or of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub rule: ExchangeRule,
    pub standing: ConditionStanding,
    /// The licence that was declared, where it is what settles the condition.
    pub licence: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionStanding {
    /// Declared to be there; nobody has seen the paper.
    Declared,
    /// Declared not to be there.
    NotMet,
    /// The data do not tell.
    Unknown,
    /// To be done when the exchange begins.
    ToDo,
}

/// The legal verdict on an exchange, by what its two streams declare. `None` where a stream of it is not in the park.
pub fn legal_verdict(exchange: &Exchange, park: &Park, catalogue: &Catalogue) -> Option<LegalVerdict> {
    let stream = |id: &StreamId| park.streams.iter().find(|stream| stream.id == *id);
    let (give, take) = (stream(&exchange.giver)?, stream(&exchange.taker)?);
    let rule = |code: &str| {
        let found = catalogue.exchange_law.get(code).cloned();
        found.unwrap_or_else(|| panic!("the catalogue was read with every rule of exchanges, but not {code}"))
    };
    let status = status(exchange, give);
    let conditions = conditions(status, take)
        .into_iter()
        .map(|(code, standing)| Condition {
            rule: rule(code),
            standing,
            licence: (standing == ConditionStanding::Declared).then(|| take.details.licence_number.clone()).flatten(),
        })
        .collect();
    Some(LegalVerdict {
        status,
        status_rule: status.rule().map(rule),
        needs_code: (status == LegalStatus::Unknown).then(|| give.id.clone()),
        place: rule("within-park"),
        conditions,
    })
}

/// Hazard first: nothing makes a product of what is hazardous waste. Then the codes that the giver states.
fn status(exchange: &Exchange, give: &Stream) -> LegalStatus {
    match give.kind {
        StreamKind::Heat => return LegalStatus::Heat,
        StreamKind::Water => return LegalStatus::Water,
        StreamKind::Material => {}
    }
    if exchange.hazardous || give.details.hazard_group.is_some() {
        return LegalStatus::HazardousWaste;
    }
    match (&give.ewc, &give.details.cpc) {
        (Some(_), Some(_)) => LegalStatus::ByProduct,
        (Some(_), None) => LegalStatus::Waste,
        (None, Some(_)) => LegalStatus::Product,
        (None, None) => LegalStatus::Unknown,
    }
}

fn conditions(status: LegalStatus, take: &Stream) -> Vec<(&'static str, ConditionStanding)> {
    use ConditionStanding::{Declared, NotMet, ToDo, Unknown};
    let mut conditions = match status {
        LegalStatus::HazardousWaste => vec![
            ("hazardous-taker-licence", if take.licensed { Declared } else { NotMet }),
            ("hazardous-haulage", Unknown),
            ("hazardous-manifest", ToDo),
        ],
        LegalStatus::Waste | LegalStatus::Unknown => {
            let is_licensed =
                matches!(take.details.licence_kind, Some(LicenceKind::Environmental | LicenceKind::Registration));
            vec![("waste-taker-licence", if is_licensed { Declared } else { Unknown }), ("waste-handover", ToDo)]
        }
        LegalStatus::ByProduct => vec![("by-product-recognition", Unknown)],
        LegalStatus::Product => vec![("product-quality", Unknown)],
        LegalStatus::Water => vec![("water-quality", Unknown), ("water-licence", Unknown)],
        LegalStatus::Heat => vec![("pressure-equipment", Unknown)],
    };
    conditions.extend([("symbiosis-counts", ToDo), ("symbiosis-iso", Unknown), ("symbiosis-agreement", ToDo)]);
    conditions
}

impl LegalStatus {
    pub fn code(self) -> &'static str {
        match self {
            LegalStatus::HazardousWaste => "hazardous_waste",
            LegalStatus::Waste => "waste",
            LegalStatus::ByProduct => "by_product",
            LegalStatus::Product => "product",
            LegalStatus::Water => "water",
            LegalStatus::Heat => "heat",
            LegalStatus::Unknown => "unknown",
        }
    }

    fn rule(self) -> Option<&'static str> {
        match self {
            LegalStatus::HazardousWaste => Some("hazardous-waste"),
            LegalStatus::Waste => Some("ordinary-waste"),
            LegalStatus::ByProduct => Some("by-product"),
            LegalStatus::Product => Some("product"),
            LegalStatus::Water => Some("water-reuse"),
            LegalStatus::Heat => Some("heat-supply"),
            LegalStatus::Unknown => None,
        }
    }
}

impl ConditionStanding {
    pub fn code(self) -> &'static str {
        match self {
            ConditionStanding::Declared => "declared",
            ConditionStanding::NotMet => "not_met",
            ConditionStanding::Unknown => "unknown",
            ConditionStanding::ToDo => "to_do",
        }
    }
}

impl LegalVerdict {
    /// Rules cited here that nobody has confirmed, each once.
    pub fn unconfirmed(&self) -> usize {
        let conditions = self.conditions.iter().map(|condition| &condition.rule);
        let cited = conditions.chain(&self.status_rule).chain([&self.place]);
        cited.filter(|rule| rule.unconfirmed).count()
    }
}
