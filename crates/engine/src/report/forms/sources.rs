//! Where the park's own data fill a field. Savings are those of verified claims of the year before the reporting year.

use super::{Content, Empty, ExchangePart, FieldValue, FormOrder, Origin, Warning};
use crate::assess::Outcome;
use crate::catalogue::Flow;
use crate::catalogue::forms::{Field, FieldKind};
use crate::claim::Claim;
use crate::ids::{CriterionId, EnterpriseId, ExchangeId, MeasureId};
use crate::language::{Language, format_number};
use crate::park::{Enterprise, EnterpriseRole, Measure, RunningExchange, Status};
use crate::period::Period;
use crate::quantity::Dimension;

type Found = (Content, Vec<ExchangePart>);

/// What the park's data say; `None` when they say nothing about this quantity.
pub(super) fn find(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> Option<Found> {
    let metric = field.metric.as_str();
    let whole = |content: Content| Some((content, Vec::new()));
    if let Some(text) = particulars(order, metric) {
        return whole(Content::filled(text, Origin::Particulars));
    }
    if let Some(content) = criterion(order, field) {
        return whole(content);
    }
    match metric {
        "production" => whole(production(order)?),
        "recp.firms_cumulative"
        | "recp.measures_cumulative"
        | "recp.firms_year"
        | "recp.measures_year"
        | "recp.firms_planned" => whole(measures(order, metric)?),
        "recp.fuel_saved" => whole(fuel_saved(order, field, warnings)?),
        metric if metric.starts_with("recp.") => whole(saving(order, field, warnings)?),
        metric if metric.starts_with("symbiosis.") => exchanges(order, field, warnings),
        _ => None,
    }
}

/// Names and codes of the park and of the enterprise that reports.
fn particulars(order: &FormOrder, metric: &str) -> Option<FieldValue> {
    let developer = || order.park.enterprises.iter().find(|enterprise| enterprise.role == EnterpriseRole::Developer);
    let enterprise: Option<&Enterprise> = match order.enterprise {
        Some(id) => order.park.enterprise(id),
        None => developer(),
    };
    let text = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty()).map(FieldValue::Text);
    match metric {
        "investor.name" => {
            let name = enterprise.map(|enterprise| enterprise.name.vi.as_str());
            let developer = order.park.developer.as_deref().filter(|_| order.enterprise.is_none());
            text(developer.or(name)?)
        }
        "organisation.name" => text(&enterprise?.name.vi),
        "investor.tax_code" => text(enterprise?.tax_code.as_deref()?),
        // A square hectometre is a hectare, the unit of both.
        "land.total" => order.park.area_ha.map(FieldValue::Number),
        _ => None,
    }
}

/// The indicators of forms A.5 and B5 from the park's assessment.
fn criterion(order: &FormOrder, field: &Field) -> Option<Content> {
    let id = CriterionId::new(format!("VNC05-{}", field.metric));
    let result = order.assessment?.criteria.iter().find(|result| result.id == id)?;
    if result.outcome == Outcome::NotApplicable {
        let reason = result.not_applicable.clone().unwrap_or_default();
        return Some(Content::empty(Empty::NotApplicable { reason }));
    }
    let Some(value) = result.value else {
        return Some(Content::empty(Empty::Unknown { lacks: result.lacks.clone() }));
    };
    let value =
        if field.kind == FieldKind::YesNo { FieldValue::YesNo(value == 1.0) } else { FieldValue::Number(value) };
    Some(Content::filled(value, Origin::Criterion { criterion: id }))
}

/// One row for each product that was recorded: name, unit, design capacity, output, energy, revenue. Only name, unit and
/// output are known.
fn production(order: &FormOrder) -> Option<Content> {
    let site = order.balance.sites.get(order.enterprise?)?;
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for (id, total) in site.iter().filter(|(_, total)| total.flow == Flow::Product) {
        let resource = order.catalogue.resource(id)?;
        let (unit, amount) = match total.dimension {
            Dimension::Mass => (Some("tấn/năm"), total.amount / 1_000.0),
            // The form offers no unit for pieces.
            _ => (None, total.amount),
        };
        rows.push(vec![
            Some(FieldValue::Text(resource.label.vi.clone())),
            unit.map(|unit| FieldValue::Text(unit.to_string())),
            None,
            Some(FieldValue::Text(format_number(Language::Vi, amount, 1))),
            None,
            None,
        ]);
        lines.extend(&total.records);
    }
    (!rows.is_empty()).then(|| Content::filled(FieldValue::Table(rows), Origin::Records { lines }))
}

/// Enterprises and measures by the year in which a measure was built. A park without a list of measures says nothing; on
/// a list, a year without an entry is a zero.
fn measures(order: &FormOrder, metric: &str) -> Option<Content> {
    if order.park.measures.is_empty() || order.enterprise.is_some() {
        return None;
    }
    let built = |measure: &&Measure| measure.status.is_built();
    let year = |measure: &Measure| measure.installed.map_or(measure.status_on, |installed| installed.start()).year();
    let meant: Vec<&Measure> = match metric {
        "recp.firms_planned" => {
            let is_planned = |measure: &&Measure| matches!(measure.status, Status::Proposed | Status::Approved);
            order.park.measures.iter().filter(is_planned).collect()
        }
        "recp.firms_year" | "recp.measures_year" => {
            order.park.measures.iter().filter(built).filter(|measure| year(measure) == order.year - 1).collect()
        }
        _ => order.park.measures.iter().filter(built).filter(|measure| year(measure) <= order.year - 2).collect(),
    };
    let mut firms: Vec<&EnterpriseId> = meant.iter().map(|measure| &measure.enterprise).collect();
    firms.sort();
    firms.dedup();
    let count = if metric.starts_with("recp.firms") { firms.len() } else { meant.len() };
    let measures: Vec<MeasureId> = meant.iter().map(|measure| measure.id.clone()).collect();
    Some(Content::filled(FieldValue::Number(count as f64), Origin::Measures { measures }))
}

/// The verified claims of the reporter in the year before, about resources of some groups. Those that are only
/// expected or measured are left out and told.
fn claims<'a>(order: &FormOrder<'a>, field: &Field, groups: &[&str], warnings: &mut Vec<Warning>) -> Vec<&'a Claim> {
    let Some(year) = Period::year(order.year - 1) else { return Vec::new() };
    let meant = order.claims.iter().filter(|claim| {
        let group = order.catalogue.resource(&claim.resource).map(|resource| resource.group.as_str());
        let is_ours = order.enterprise.is_none_or(|id| claim.enterprise == *id);
        is_ours && is_within(claim.period, year) && group.is_some_and(|group| groups.contains(&group))
    });
    let (verified, others): (Vec<&Claim>, Vec<&Claim>) = meant.partition(|claim| claim.status == Status::Verified);
    let is_open = |claim: &&&Claim| matches!(claim.status, Status::Built | Status::Measured);
    let left_out = others.iter().filter(is_open).count();
    if left_out > 0 {
        warnings.push(Warning::ClaimsLeftOut { field: field.id.clone(), claims: left_out });
    }
    verified
}

fn is_within(period: Period, year: Period) -> bool {
    period.intersection(&year) == Some(period)
}

/// Which resources a row of savings is about, and what is added up of them.
fn saving(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> Option<Content> {
    let groups: &[&str] = match field.metric.as_str() {
        "recp.electricity_saved" | "recp.co2_electricity" | "recp.cost_electricity" => &["electricity"],
        "recp.co2_fuel" | "recp.cost_fuel" => &["fuel"],
        "recp.co2_total" => &["electricity", "fuel"],
        "recp.water_saved" | "recp.cost_water" => &["supply-water"],
        "recp.wastewater_avoided" | "recp.cost_wastewater" => &["wastewater"],
        "recp.material_saved" | "recp.cost_material" => &["materials"],
        "recp.chemical_saved" | "recp.cost_chemical" => &["chemicals"],
        _ => return None,
    };
    let claims = claims(order, field, groups, warnings);
    let amount = |claim: &Claim| -> Option<f64> {
        match field.unit.as_str() {
            "million VND" => Some(claim.amount * price(order, claim)? / 1e6),
            "t/year" if field.metric.contains("co2") => claim.values()[4],
            "t/year" => Some(claim.amount / 1_000.0),
            "kWh" | "m3/year" => Some(claim.amount),
            _ => None,
        }
    };
    if claims.is_empty() {
        return None;
    }
    let sum: Option<f64> = claims.iter().map(|claim| amount(claim)).sum();
    let claims = claims.into_iter().map(|claim| claim.id.clone()).collect();
    Some(Content::filled(FieldValue::Number(sum?), Origin::Claims { claims }))
}

/// What the enterprise paid for one canonical unit, by its own bills of the year.
fn price(order: &FormOrder, claim: &Claim) -> Option<f64> {
    let total = order.balance.sites.get(&claim.enterprise)?.get(&claim.resource)?;
    total.cost_vnd.filter(|_| total.amount > 0.0).map(|cost| cost / total.amount)
}

/// Fuels by name in text, or their mass in tonnes where the form asks for a number.
fn fuel_saved(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> Option<Content> {
    let claims = claims(order, field, &["fuel"], warnings);
    let tonnes = |claim: &&Claim| -> Option<f64> {
        let resource = order.catalogue.resource(&claim.resource)?;
        (resource.dimension == Dimension::Mass).then_some(claim.amount / 1_000.0)
    };
    let amounts: Vec<f64> = claims.iter().map(tonnes).collect::<Option<_>>()?;
    if amounts.is_empty() {
        return None;
    }
    let value = match field.kind {
        FieldKind::Number => FieldValue::Number(amounts.iter().sum()),
        _ => {
            let told = claims.iter().zip(&amounts).filter_map(|(claim, amount)| {
                let name = &order.catalogue.resource(&claim.resource)?.label.vi;
                Some(format!("{name}: {} tấn", format_number(Language::Vi, *amount, 1)))
            });
            FieldValue::Text(told.collect::<Vec<String>>().join("; "))
        }
    };
    let claims = claims.iter().map(|claim| claim.id.clone()).collect();
    Some(Content::filled(value, Origin::Claims { claims }))
}

/// What is known of the exchanges that run. A park that lists none says nothing.
fn exchanges(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> Option<Found> {
    if order.park.exchanges.is_empty() {
        return None;
    }
    // Form B.4 counts up to the reporting year, form A.4 up to the year before.
    let last_year = if order.enterprise.is_some() { order.year } else { order.year - 1 };
    let end = Period::year(last_year)?.end();
    let running: Vec<&RunningExchange> = order
        .park
        .exchanges
        .iter()
        .filter(|exchange| order.enterprise.is_none_or(|id| exchange.giver == *id || exchange.taker == *id))
        .filter(|exchange| exchange.since.is_none_or(|since| since < end))
        .collect();
    let ids = || running.iter().map(|exchange| exchange.id.clone()).collect::<Vec<ExchangeId>>();
    let filled = |value| Some((Content::filled(value, Origin::Exchanges { exchanges: ids() }), Vec::new()));
    match field.metric.as_str() {
        "symbiosis.count" => filled(FieldValue::Number(running.len() as f64)),
        "symbiosis.type.exchange" => filled(FieldValue::YesNo(!running.is_empty())),
        "symbiosis.type" if !running.is_empty() => filled(FieldValue::Text(field.options.first()?.clone())),
        "symbiosis.partners_same_park" if !running.is_empty() => {
            filled(FieldValue::Text(partners(order, &running).join("; ")))
        }
        "symbiosis.evidence_files" if running.iter().any(|exchange| exchange.evidence.is_some()) => {
            filled(FieldValue::Files(running.iter().filter_map(|exchange| exchange.evidence.clone()).collect()))
        }
        "symbiosis.secondary_material_used" => tonnes(order, field, &running, warnings, |exchange| &exchange.taker),
        "symbiosis.secondary_material_supplied" => tonnes(order, field, &running, warnings, |exchange| &exchange.giver),
        _ => None,
    }
}

fn partners(order: &FormOrder, running: &[&RunningExchange]) -> Vec<String> {
    let mut names: Vec<String> = running
        .iter()
        .flat_map(|exchange| [&exchange.giver, &exchange.taker])
        .filter(|id| order.enterprise != Some(id))
        .filter_map(|id| Some(order.park.enterprise(id)?.name.vi.clone()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Tonnes that pass in the exchanges that ran through the year before; an enterprise counts those in which it is on the
/// side that is meant. Declared amounts are of a year.
fn tonnes(
    order: &FormOrder,
    field: &Field,
    running: &[&RunningExchange],
    warnings: &mut Vec<Warning>,
    side: impl Fn(&RunningExchange) -> &EnterpriseId,
) -> Option<Found> {
    let year = Period::year(order.year - 1)?;
    let meant: Vec<&&RunningExchange> = running
        .iter()
        .filter(|exchange| order.enterprise.is_none_or(|id| side(exchange) == id))
        .filter(|exchange| exchange.ended_on.is_none_or(|ended| ended > year.start()))
        .collect();
    let (mut parts, mut left_out) = (Vec::new(), Vec::new());
    for exchange in meant {
        let is_whole_year = exchange.since.is_none_or(|since| since <= year.start())
            && exchange.ended_on.is_none_or(|ended| ended >= year.end());
        let mass = exchange.quantity.as_ref().and_then(|amount| {
            let is_mass = order.catalogue.units.get(&amount.unit)?.dimension == Dimension::Mass;
            order.catalogue.canonical(amount).filter(|_| is_mass)
        });
        match mass.filter(|_| is_whole_year) {
            Some(kg) => parts.push(ExchangePart { exchange: exchange.id.clone(), amount: kg / 1_000.0 }),
            None => left_out.push(exchange.id.clone()),
        }
    }
    if !left_out.is_empty() {
        warnings.push(Warning::ExchangesLeftOut { field: field.id.clone(), exchanges: left_out });
    }
    if parts.is_empty() {
        return None;
    }
    let exchanges = parts.iter().map(|part| part.exchange.clone()).collect();
    let sum = parts.iter().map(|part| part.amount).sum();
    Some((Content::filled(FieldValue::Number(sum), Origin::Exchanges { exchanges }), parts))
}
