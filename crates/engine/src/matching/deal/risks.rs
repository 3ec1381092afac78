//! What could go wrong with an exchange, each risk with the figure that triggers it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DealItem, DealLine, Deals, LegalVerdict, Party};
use crate::ids::StreamId;
use crate::language::Label;
use crate::matching::{Exchange, ExchangeUnit, Reason, Standing};
use crate::park::{Stream, StreamKind};
use crate::source::Basis;

/// Fewer months tell nothing about how a quantity varies.
const FEWEST_MONTHS: usize = 6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Risk {
    /// One partner takes, or brings, this share of a stream, and no other ready exchange stands behind it.
    SinglePartner {
        party: Party,
        stream: StreamId,
        share: f64,
    },
    /// What the giver still has to dispose of elsewhere, or the taker still has to buy, a year.
    Rest {
        party: Party,
        quantity: f64,
        unit: ExchangeUnit,
    },
    /// Relative deviation of the giver's monthly records of the same kind.
    QuantityVaries {
        deviation: f64,
        months: usize,
    },
    /// A quantity that nobody measured.
    QuantityUnproven {
        stream: StreamId,
        basis: Basis,
    },
    NearLimit {
        substance: String,
        value: f64,
        limit: f64,
        unit: String,
    },
    /// The taker limits nothing, so any quality could arrive.
    NoLimitStated,
    /// Both run in these many months only.
    Seasons {
        months: usize,
    },
    /// Nobody said when the two run.
    RhythmUnknown {
        stream: StreamId,
    },
    /// One of them ends on this day.
    Ends {
        ended_on: Date,
    },
    PriceUnknown {
        party: Party,
        item: DealItem,
    },
    /// Share of the avoided cost that treatment and haulage leave.
    ThinBenefit {
        share: f64,
    },
    /// Rules of law behind the sheet that nobody has confirmed.
    UnconfirmedLaw {
        rules: usize,
    },
    /// A licence that the law asks for was declared missing.
    LicenceMissing {
        rule: String,
    },
    /// No other plant of the park takes in such a stream.
    SinglePlant {
        name: Label,
    },
    /// Share of a link's or plant's capacity that the network uses.
    NearCapacity {
        name: Label,
        share: f64,
    },
    /// Nobody has quoted the cost of a link or plant.
    CostEstimated {
        name: Label,
    },
    PlantProposed {
        name: Label,
    },
}

pub(super) fn risks(exchange: &Exchange, lines: &[DealLine], law: &LegalVerdict, of: &Deals<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    partners(exchange, of, &mut risks);
    quantities(exchange, of, &mut risks);
    quality(exchange, of, &mut risks);
    time(exchange, of, &mut risks);
    for line in lines.iter().filter(|line| line.per_unit_vnd.is_none()) {
        risks.push(Risk::PriceUnknown { party: line.party, item: line.item });
    }
    if let Some(share) = exchange.score.benefit.filter(|share| *share < of.rules.thin_benefit_share.value) {
        risks.push(Risk::ThinBenefit { share });
    }
    let missing = |condition: &&crate::matching::law::Condition| {
        condition.standing == crate::matching::law::ConditionStanding::NotMet
    };
    for condition in law.conditions.iter().filter(missing) {
        risks.push(Risk::LicenceMissing { rule: condition.rule.rule.clone() });
    }
    super::works::risks(exchange, of, &mut risks);
    if law.unconfirmed() > 0 {
        risks.push(Risk::UnconfirmedLaw { rules: law.unconfirmed() });
    }
    risks
}

/// A side depends on the other where it sends or gets most of its stream here and has no other ready exchange.
fn partners(exchange: &Exchange, of: &Deals<'_>, risks: &mut Vec<Risk>) {
    for (party, stream) in [(Party::Giver, &exchange.giver), (Party::Taker, &exchange.taker)] {
        let others = of.candidates.exchanges.iter().filter(|other| {
            other.standing == Standing::Ready
                && (other.giver == *stream || other.taker == *stream)
                && (&other.giver, &other.taker) != (&exchange.giver, &exchange.taker)
        });
        let Some(whole) = of.candidates.streams.get(stream).and_then(|offer| offer.quantity) else { continue };
        let Some(quantity) = exchange.quantity.filter(|_| whole > 0.0) else { continue };
        let share = quantity / whole;
        if share >= of.rules.single_partner_share.value && others.count() == 0 {
            risks.push(Risk::SinglePartner { party, stream: stream.clone(), share });
        }
    }
}

fn quantities(exchange: &Exchange, of: &Deals<'_>, risks: &mut Vec<Risk>) {
    let offered = |stream| of.candidates.streams.get(stream).and_then(|offer| offer.quantity);
    for (party, stream) in [(Party::Giver, &exchange.giver), (Party::Taker, &exchange.taker)] {
        let rest = offered(stream).zip(exchange.quantity).map(|(whole, exchanged)| whole - exchanged);
        if let Some(quantity) = rest.filter(|rest| *rest > 0.0) {
            risks.push(Risk::Rest { party, quantity, unit: exchange.unit });
        }
        if let Some(stream) = find(of, stream).filter(|s| matches!(s.basis, Basis::Declared | Basis::Estimated)) {
            risks.push(Risk::QuantityUnproven { stream: stream.id.clone(), basis: stream.basis });
        }
    }
    if let Some((deviation, months)) = deviation(exchange, of)
        && deviation > of.rules.varying_months.value
    {
        risks.push(Risk::QuantityVaries { deviation, months });
    }
}

/// Standard deviation over mean of what the giver recorded of such waste or waste water, month by month.
fn deviation(exchange: &Exchange, of: &Deals<'_>) -> Option<(f64, usize)> {
    let group = match (exchange.kind, exchange.hazardous) {
        (StreamKind::Material, false) => "waste-ordinary",
        (StreamKind::Material, true) => "waste-hazardous",
        (StreamKind::Water, _) => "wastewater",
        (StreamKind::Heat, _) => return None,
    };
    let mut months: BTreeMap<Date, f64> = BTreeMap::new();
    for record in of.park.records.iter().filter(|record| record.enterprise == exchange.giver_enterprise) {
        let is_of_group = of.catalogue.resource(&record.resource).is_some_and(|resource| resource.group == group);
        if is_of_group && record.period.months().len() == 1 {
            *months.entry(record.period.start()).or_default() += of.catalogue.canonical(&record.amount)?;
        }
    }
    if months.len() < FEWEST_MONTHS {
        return None;
    }
    let count = months.len() as f64;
    let mean = months.values().sum::<f64>() / count;
    let variance = months.values().map(|amount| (amount - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean > 0.0).then(|| (variance.sqrt() / mean, months.len()))
}

fn quality(exchange: &Exchange, of: &Deals<'_>, risks: &mut Vec<Risk>) {
    for reason in &exchange.reasons {
        match reason {
            Reason::WithinLimits { substance, value, limit, unit }
                if *limit > 0.0 && value / limit >= of.rules.near_limit_share.value =>
            {
                let (substance, unit) = (substance.clone(), unit.clone());
                risks.push(Risk::NearLimit { substance, value: *value, limit: *limit, unit });
            }
            Reason::NoLimitStated => risks.push(Risk::NoLimitStated),
            _ => {}
        }
    }
}

fn time(exchange: &Exchange, of: &Deals<'_>, risks: &mut Vec<Risk>) {
    for reason in &exchange.reasons {
        match reason {
            Reason::SeasonsOverlap { months, .. } => risks.push(Risk::Seasons { months: months.len() }),
            Reason::AvailableTogether { ended_on: Some(ended_on), .. } => {
                risks.push(Risk::Ends { ended_on: *ended_on });
            }
            _ => {}
        }
    }
    for stream in [&exchange.giver, &exchange.taker] {
        if let Some(stream) = find(of, stream).filter(|stream| stream.details.rhythm.is_none()) {
            risks.push(Risk::RhythmUnknown { stream: stream.id.clone() });
        }
    }
}

fn find<'a>(of: &Deals<'a>, id: &StreamId) -> Option<&'a Stream> {
    of.park.streams.iter().find(|stream| stream.id == *id)
}

impl Risk {
    pub fn code(&self) -> &'static str {
        match self {
            Risk::SinglePartner { .. } => "single_partner",
            Risk::Rest { .. } => "rest",
            Risk::QuantityVaries { .. } => "quantity_varies",
            Risk::QuantityUnproven { .. } => "quantity_unproven",
            Risk::NearLimit { .. } => "near_limit",
            Risk::NoLimitStated => "no_limit_stated",
            Risk::Seasons { .. } => "seasons",
            Risk::RhythmUnknown { .. } => "rhythm_unknown",
            Risk::Ends { .. } => "ends",
            Risk::PriceUnknown { .. } => "price_unknown",
            Risk::ThinBenefit { .. } => "thin_benefit",
            Risk::UnconfirmedLaw { .. } => "unconfirmed_law",
            Risk::LicenceMissing { .. } => "licence_missing",
            Risk::SinglePlant { .. } => "single_plant",
            Risk::NearCapacity { .. } => "near_capacity",
            Risk::CostEstimated { .. } => "cost_estimated",
            Risk::PlantProposed { .. } => "plant_proposed",
        }
    }
}
