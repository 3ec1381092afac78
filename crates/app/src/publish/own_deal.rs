//! The deal sheet as one of its two sides may see it: its own figures as they are, of the other side bands or nothing.

use engine::catalogue::exchange_law::RuleParty;
use engine::ids::{EnterpriseId, StreamId};
use engine::matching::Exchange;
use engine::matching::deal::{Deal, DealItem, DealLine, Party};
use engine::matching::law::Condition;
use engine::report::ParkReport;

use super::matching::{CodedExchange, Codes, coded};

/// What an enterprise is told of a deal. Money per t, m³ or MWh.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnDeal {
    pub exchange: CodedExchange,
    /// The own side.
    pub party: Party,
    /// Own savings above zero, own costs below; `None`: not stated. Haulage and yearly costs of links are not among them.
    pub lines: Vec<(DealItem, Option<f64>)>,
    /// Of the taker, who hauls: haulage at both ends of the band of distance; open beyond its last.
    pub haulage_vnd: Option<(f64, Option<f64>)>,
    /// The price from which on the giver gains, or up to which the taker gains before haulage.
    pub price_vnd: Option<f64>,
    /// kg CO₂e avoided less caused, as a band of powers of ten, below zero where more is caused; `None`: not known.
    pub co2e_kg: Option<(f64, f64)>,
    pub is_co2e_unconfirmed: bool,
    /// What the law asks of the own side, and of both.
    pub conditions: Vec<Condition>,
}

/// The exchange of an own stream with the partner of this letter, and how it is coded; letters as in `own_matching`.
pub fn own_exchange<'a>(
    report: &'a ParkReport,
    own: &EnterpriseId,
    stream: &StreamId,
    partner: &str,
) -> Option<(&'a Exchange, CodedExchange)> {
    let mut codes = Codes::default();
    let exchanges = report.candidates.exchanges.iter();
    let own_ones = exchanges.filter(|exchange| exchange.giver_enterprise == *own || exchange.taker_enterprise == *own);
    let mut told = own_ones.map(|exchange| (exchange, coded(report, exchange, own, &mut codes)));
    told.find(|(_, coded)| coded.own_stream == *stream && coded.partner == partner)
}

pub fn own_deal(exchange: &Exchange, coded: CodedExchange, deal: &Deal, own: &EnterpriseId) -> OwnDeal {
    let (party, own_rules) = match exchange.giver_enterprise == *own {
        true => (Party::Giver, RuleParty::Giver),
        false => (Party::Taker, RuleParty::Taker),
    };
    // What a shared link takes by the unit would tell what others send over it.
    let is_told = |line: &&DealLine| !matches!(line.item, DealItem::Haulage | DealItem::LinkCost);
    let own_lines = deal.lines.iter().filter(|line| line.party == party).filter(is_told);
    let lines: Vec<(DealItem, Option<f64>)> = own_lines.map(|line| (line.item, line.per_unit_vnd)).collect();
    let gain = lines.iter().try_fold(0.0, |sum, (_, vnd)| Some(sum + (*vnd)?));
    let rate = exchange.benefit.haulage_vnd.zip(exchange.distance_km).filter(|(_, km)| *km > 0.0);
    let haulage_vnd = rate.zip(coded.distance_band_km).map(|((vnd, km), (from, to))| {
        let per_km = vnd / km;
        (from * per_km, to.map(|to| to * per_km))
    });
    let co2e = deal.carbon.as_ref().map(|carbon| carbon.net_kg());
    OwnDeal {
        party,
        lines,
        haulage_vnd: haulage_vnd.filter(|_| party == Party::Taker),
        price_vnd: gain.map(|gain| if party == Party::Giver { 0.0 - gain } else { gain }),
        co2e_kg: co2e.map(signed_band),
        is_co2e_unconfirmed: deal.carbon.as_ref().is_some_and(|carbon| carbon.unconfirmed),
        conditions: deal
            .law
            .conditions
            .iter()
            .filter(|condition| [own_rules, RuleParty::Both].contains(&condition.rule.party))
            .cloned()
            .collect(),
        exchange: coded,
    }
}

/// The powers of ten around a figure, turned for one below zero; 0 to 0 for none.
fn signed_band(value: f64) -> (f64, f64) {
    match super::matching::band(value.abs()) {
        Some((low, high)) if value < 0.0 => (0.0 - high, 0.0 - low),
        Some(band) => band,
        None => (0.0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_keep_their_sign() {
        assert_eq!(
            (signed_band(798.7), signed_band(-20.0), signed_band(0.0)),
            ((100.0, 1_000.0), (-100.0, -10.0), (0.0, 0.0))
        );
    }
}
