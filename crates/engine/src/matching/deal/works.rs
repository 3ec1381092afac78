//! Yearly costs of links and plants in a deal sheet: who bears which part of them, and what could go wrong with them.

use super::{DealItem, DealLine, Deals, Party, Risk};
use crate::ids::{PlantId, SiteLinkId};
use crate::matching::Exchange;
use crate::matching::objective::works::{Paid, PaidItem};
use crate::park::works::{CostBasis, PlantStatus, SharedPlant, SiteLink};

/// What the exchange bears of the yearly costs of what it runs over, by its part of all that runs over it in the network;
/// alone where the network does not use it. The taker is taken to bear a link, as it hauls; the plant's enterprise its
/// plant.
pub(super) fn lines(exchange: &Exchange, quantity: Option<f64>, of: &Deals<'_>) -> Vec<DealLine> {
    let line = |item, name: &crate::language::Label, per_unit_vnd: Option<f64>| DealLine {
        item,
        party: Party::Taker,
        per_unit_vnd: per_unit_vnd.map(|vnd| 0.0 - vnd),
        a_year_vnd: per_unit_vnd.zip(quantity).map(|(vnd, quantity)| 0.0 - vnd * quantity),
        is_assumed: true,
        name: Some(name.clone()),
    };
    let carried = |paid: Option<&Paid>| paid.map(|paid| paid.quantity).or(quantity).filter(|carried| *carried > 0.0);
    let by_unit = |a_year: Option<f64>, carried: Option<f64>| match a_year {
        Some(0.0) => Some(0.0),
        a_year => a_year.zip(carried).map(|(vnd, carried)| vnd / carried),
    };
    let of_links = links(exchange, of).map(|link| {
        let per_unit = by_unit(link.cost.a_year_vnd(), carried(paid_link(&link.id, exchange, of)));
        line(DealItem::LinkCost, &link.name, per_unit)
    });
    let into = plants(exchange, of).filter(|plant| plant.input == exchange.taker);
    let of_plants = into.map(|plant| {
        let yearly = by_unit(plant.cost.a_year_vnd(), carried(paid_plant(&plant.id, of)));
        let per_unit = yearly.zip(plant.treatment_vnd).map(|(yearly, treatment)| yearly + treatment);
        line(DealItem::PlantCost, &plant.name, per_unit)
    });
    of_links.chain(of_plants).collect()
}

pub(super) fn risks(exchange: &Exchange, of: &Deals<'_>, risks: &mut Vec<Risk>) {
    let near = |paid: Option<&Paid>, name: &crate::language::Label| {
        let paid = paid?;
        let share = paid.quantity / paid.capacity.filter(|capacity| *capacity > 0.0)?;
        let is_near = share >= of.rules.near_limit_share.value;
        is_near.then(|| Risk::NearCapacity { name: name.clone(), share })
    };
    for link in links(exchange, of) {
        risks.extend(near(paid_link(&link.id, exchange, of), &link.name));
        if link.basis == CostBasis::Estimated {
            risks.push(Risk::CostEstimated { name: link.name.clone() });
        }
    }
    for plant in plants(exchange, of) {
        let others = of.park.works.plants.iter().filter(|other| other.id != plant.id && is_like(plant, other, of));
        if others.count() == 0 {
            risks.push(Risk::SinglePlant { name: plant.name.clone() });
        }
        risks.extend(near(paid_plant(&plant.id, of), &plant.name));
        if plant.basis == CostBasis::Estimated {
            risks.push(Risk::CostEstimated { name: plant.name.clone() });
        }
        if plant.status == PlantStatus::Proposed {
            risks.push(Risk::PlantProposed { name: plant.name.clone() });
        }
    }
}

/// Whether two plants take in the same waste code.
fn is_like(one: &SharedPlant, other: &SharedPlant, of: &Deals<'_>) -> bool {
    let code = |plant: &SharedPlant| {
        let stream = of.park.streams.iter().find(|stream| stream.id == plant.input)?;
        Some((stream.kind, stream.ewc.clone()))
    };
    code(one) == code(other)
}

fn links<'a>(exchange: &'a Exchange, of: &Deals<'a>) -> impl Iterator<Item = &'a SiteLink> {
    let is_over =
        |link: &&SiteLink| link.carries(&exchange.giver_enterprise, &exchange.taker_enterprise, exchange.kind);
    of.park.works.links.iter().filter(is_over)
}

fn plants<'a>(exchange: &'a Exchange, of: &Deals<'a>) -> impl Iterator<Item = &'a SharedPlant> {
    let is_at = |plant: &&SharedPlant| plant.input == exchange.taker || plant.output == exchange.giver;
    of.park.works.plants.iter().filter(is_at)
}

fn paid<'a>(of: &Deals<'a>) -> impl Iterator<Item = &'a Paid> {
    of.network.works.iter().flat_map(|works| &works.paid)
}

fn paid_link<'a>(link: &SiteLinkId, exchange: &Exchange, of: &Deals<'a>) -> Option<&'a Paid> {
    paid(of).find(|paid| {
        let is_this = matches!(&paid.item, PaidItem::Link { link: id, .. } if id == link);
        is_this && paid.exchanges.iter().any(|(giver, taker)| *giver == exchange.giver && *taker == exchange.taker)
    })
}

fn paid_plant<'a>(plant: &PlantId, of: &Deals<'a>) -> Option<&'a Paid> {
    paid(of).find(|paid| matches!(&paid.item, PaidItem::Plant { plant: id } if id == plant))
}
