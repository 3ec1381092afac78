//! The deal sheet of one exchange: who saves what, which prices leave both better off, what has to be carried and
//! permitted, what could go wrong, and who does what next. Method: `docs/methods/deal.md`.

mod risks;
mod rules;
mod steps;
mod works;

use serde::{Deserialize, Serialize};

use super::benefit::per_unit;
use super::carbon::{Carbon, CarbonBook, ExchangeFactors};
use super::law::{LegalVerdict, legal_verdict};
use super::{Candidates, Exchange, ExchangeUnit, Network};
use crate::catalogue::Catalogue;
use crate::ids::{EnterpriseId, StreamId};
use crate::language::Label;
use crate::park::{Park, StreamKind};
use crate::period::Period;

pub use risks::Risk;
pub use rules::{DealRules, read_deal_rules};
pub use steps::{NextStep, Step};

/// Everything two sides need to talk about one exchange. Money per t, m³ or MWh unless it says a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deal {
    pub giver: StreamId,
    pub taker: StreamId,
    pub giver_enterprise: EnterpriseId,
    pub taker_enterprise: EnterpriseId,
    pub unit: ExchangeUnit,
    /// A year: what the best network sends over this exchange, else the most that the pair could exchange.
    pub quantity: Option<f64>,
    pub is_in_network: bool,
    pub lines: Vec<DealLine>,
    pub price: PriceBand,
    pub transport: Transport,
    /// CO₂e per t, m³ or MWh; `None` where a factor or a figure of it is missing, which is not zero.
    pub carbon: Option<Carbon>,
    pub law: LegalVerdict,
    pub risks: Vec<Risk>,
    pub steps: Vec<NextStep>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Giver,
    Taker,
    Both,
    Operator,
}

/// What one side saves or pays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DealLine {
    pub item: DealItem,
    pub party: Party,
    /// Savings above zero, costs below; `None`: nobody stated it.
    pub per_unit_vnd: Option<f64>,
    pub a_year_vnd: Option<f64>,
    /// Who bears it, or what it costs, is an assumption of the sheet.
    pub is_assumed: bool,
    /// Of a link or plant of the park.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealItem {
    DisposalAvoided,
    PurchaseAvoided,
    Treatment,
    Haulage,
    /// Its part of what a link costs by the year.
    LinkCost,
    /// What a plant takes for treatment, and its part of what the plant costs by the year.
    PlantCost,
}

/// Prices at which both gain; the taker pays the giver, below zero the giver pays the taker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceBand {
    /// Below it the giver loses: costs that it bears − disposal avoided.
    pub lowest_vnd: Option<f64>,
    /// Above it the taker loses: purchase avoided − costs that it bears.
    pub highest_vnd: Option<f64>,
    /// The middle: both gain the same, which for two is the Shapley value. Only where a band is there.
    pub fair_vnd: Option<f64>,
    /// What each of the two gains per unit at the fair price.
    pub gain_each_vnd: Option<f64>,
    /// What every price rises by where the giver hauls instead of the taker.
    pub haulage_vnd: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transport {
    pub means: Means,
    pub km: Option<f64>,
    /// Of materials: full trucks in a year, rounded up, by an assumed load.
    pub trips_a_year: Option<f64>,
    pub load_t: Option<f64>,
    pub a_year_vnd: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    Truck,
    Pipe,
}

/// What a sheet is made from.
pub struct Deals<'a> {
    pub park: &'a Park,
    pub candidates: &'a Candidates,
    pub network: &'a Network,
    pub catalogue: &'a Catalogue,
    pub rules: &'a DealRules,
    pub factors: &'a ExchangeFactors,
    /// Its year's grid and the fuels recorded in it count for the CO₂e.
    pub period: Period,
}

/// The sheet of an exchange. The taker is taken to haul, and each side to bear the treatment that it states; both
/// are told as assumptions. `None` where a stream of the exchange is not in the park.
pub fn deal(exchange: &Exchange, of: &Deals<'_>) -> Option<Deal> {
    let law = legal_verdict(exchange, of.park, of.catalogue)?;
    let is_this = |chosen: &&super::ChosenExchange| chosen.giver == exchange.giver && chosen.taker == exchange.taker;
    let chosen = of.network.exchanges.iter().find(is_this);
    let quantity = chosen.map(|chosen| chosen.quantity).or(exchange.quantity);
    let lines = lines(exchange, quantity, of);
    let price = price(exchange, &lines);
    let risks = risks::risks(exchange, &lines, &law, of);
    let steps = steps::steps(exchange, &price, &law, &risks);
    Some(Deal {
        giver: exchange.giver.clone(),
        taker: exchange.taker.clone(),
        giver_enterprise: exchange.giver_enterprise.clone(),
        taker_enterprise: exchange.taker_enterprise.clone(),
        unit: exchange.unit,
        quantity,
        is_in_network: chosen.is_some(),
        lines,
        price,
        transport: transport(exchange, quantity, of.rules),
        carbon: carbon(exchange, of),
        law,
        risks,
        steps,
    })
}

fn lines(exchange: &Exchange, quantity: Option<f64>, of: &Deals<'_>) -> Vec<DealLine> {
    let benefit = &exchange.benefit;
    let treatment = |id: &StreamId| {
        let stream = of.park.streams.iter().find(|stream| stream.id == *id)?;
        let stated = per_unit(stream.treatment_vnd, stream, exchange.unit, of.catalogue);
        // Once one side states a cost, the other's silence says that it has none, as in the benefit.
        stated.or(benefit.treatment_vnd.map(|_| 0.0))
    };
    let cost = |vnd: Option<f64>| vnd.map(|vnd| 0.0 - vnd);
    let of_streams = [
        (DealItem::DisposalAvoided, Party::Giver, benefit.avoided_disposal_vnd, false),
        (DealItem::Treatment, Party::Giver, cost(treatment(&exchange.giver)), true),
        (DealItem::PurchaseAvoided, Party::Taker, benefit.avoided_purchase_vnd, false),
        (DealItem::Treatment, Party::Taker, cost(treatment(&exchange.taker)), true),
        (DealItem::Haulage, Party::Taker, cost(benefit.haulage_vnd), true),
    ]
    .map(|(item, party, per_unit_vnd, is_assumed)| DealLine {
        item,
        party,
        per_unit_vnd,
        a_year_vnd: per_unit_vnd.zip(quantity).map(|(vnd, quantity)| vnd * quantity),
        is_assumed,
        name: None,
    });
    of_streams.into_iter().chain(works::lines(exchange, quantity, of)).collect()
}

/// Lowest price = −(savings − costs of the giver), highest = savings − costs of the taker; unknown where one of the
/// lines is. Fair = their mean where the lowest is not above the highest.
fn price(exchange: &Exchange, lines: &[DealLine]) -> PriceBand {
    let gain = |party: Party| {
        let own = lines.iter().filter(|line| line.party == party);
        own.map(|line| line.per_unit_vnd).try_fold(0.0, |sum, vnd| Some(sum + vnd?))
    };
    let (lowest_vnd, highest_vnd) = (gain(Party::Giver).map(|gain| 0.0 - gain), gain(Party::Taker));
    let band = lowest_vnd.zip(highest_vnd).filter(|(lowest, highest)| lowest <= highest);
    PriceBand {
        lowest_vnd,
        highest_vnd,
        fair_vnd: band.map(|(lowest, highest)| (lowest + highest) / 2.0),
        gain_each_vnd: band.map(|(lowest, highest)| (highest - lowest) / 2.0),
        haulage_vnd: exchange.benefit.haulage_vnd,
    }
}

fn transport(exchange: &Exchange, quantity: Option<f64>, rules: &DealRules) -> Transport {
    let is_truck = exchange.kind == StreamKind::Material;
    let load_t = is_truck.then_some(rules.truck_load_t.value);
    Transport {
        means: if is_truck { Means::Truck } else { Means::Pipe },
        km: exchange.distance_km,
        trips_a_year: load_t.zip(quantity).map(|(load, quantity)| (quantity / load).ceil()),
        load_t,
        a_year_vnd: exchange.benefit.haulage_vnd.zip(quantity).map(|(vnd, quantity)| vnd * quantity),
    }
}

fn carbon(exchange: &Exchange, of: &Deals<'_>) -> Option<Carbon> {
    let stream = |id: &StreamId| of.park.streams.iter().find(|stream| stream.id == *id);
    let book = CarbonBook::new(of.park, of.catalogue, of.factors, of.period);
    book.carbon(stream(&exchange.giver)?, stream(&exchange.taker)?, exchange.distance_km)
}

impl Party {
    pub fn code(self) -> &'static str {
        match self {
            Party::Giver => "giver",
            Party::Taker => "taker",
            Party::Both => "both",
            Party::Operator => "operator",
        }
    }
}

impl DealItem {
    pub fn code(self) -> &'static str {
        match self {
            DealItem::DisposalAvoided => "disposal_avoided",
            DealItem::PurchaseAvoided => "purchase_avoided",
            DealItem::Treatment => "treatment",
            DealItem::Haulage => "haulage",
            DealItem::LinkCost => "link_cost",
            DealItem::PlantCost => "plant_cost",
        }
    }
}
