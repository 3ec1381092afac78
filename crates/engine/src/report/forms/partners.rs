//! Forms of enterprises as a source of the park's form. Both partners of an exchange report it, so a quantity of
//! symbiosis is added up by exchange and not by enterprise; money is each partner's own and is added up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Content, Empty, FieldValue, FilledField, FormOrder, Origin, Warning, checks, sources};
use crate::catalogue::forms::{Field, FieldKind};
use crate::ids::{EnterpriseId, ExchangeId};

/// The part of a quantity that belongs to one exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExchangePart {
    pub exchange: ExchangeId,
    pub amount: f64,
}

/// A quantity as one enterprise reports it.
struct Reported<'a> {
    enterprise: &'a EnterpriseId,
    row: &'a FilledField,
    amount: f64,
}

/// The sum of what enterprises report for a quantity of the park's form; `None` when none of them reports it.
pub(super) fn from_forms(order: &FormOrder, field: &Field, warnings: &mut Vec<Warning>) -> Option<Content> {
    let is_quantity = matches!(field.kind, FieldKind::Number | FieldKind::Integer) && field.unit != "percent";
    if order.enterprise.is_some() || !is_quantity || field.metric.is_empty() {
        return None;
    }
    let mut reported = Vec::new();
    for form in order.enterprise_forms.iter().filter(|form| form.year == order.year) {
        let Some(enterprise) = &form.enterprise else { continue };
        let rows = form.fields.iter().filter(|row| row.field.metric == field.metric && row.field.unit == field.unit);
        for row in rows {
            if let Some(amount) = row.value().and_then(FieldValue::number) {
                reported.push(Reported { enterprise, row, amount });
            }
        }
    }
    if reported.is_empty() {
        return None;
    }
    // The two forms count exchanges up to different years, so a count of symbioses is taken from the park's own list.
    if field.metric == "symbiosis.count" {
        return None;
    }
    let enterprises: Vec<EnterpriseId> = reported.iter().map(|row| row.enterprise.clone()).collect();
    let without_form = without_form(order, field, &enterprises);
    if !without_form.is_empty() {
        warnings.push(Warning::WithoutForm { field: field.id.clone(), enterprises: without_form });
    }
    let sum = if field.is_shared_by_partners() {
        match sum_by_exchange(order, field, &reported, warnings) {
            Ok(sum) => sum,
            Err(enterprises) => return Some(Content::empty(Empty::CannotTellApart { enterprises })),
        }
    } else {
        reported.iter().map(|row| row.amount).sum()
    };
    Some(Content::filled(FieldValue::Number(sum), Origin::Forms { enterprises }))
}

/// Enterprises with verified claims about the quantity whose forms do not report it: what they saved is not in the sum.
fn without_form(order: &FormOrder, field: &Field, reporting: &[EnterpriseId]) -> Vec<EnterpriseId> {
    let found = sources::find(order, field, &mut Vec::new());
    let Some((Content::Filled { origin: Origin::Claims { claims }, .. }, _)) = found else { return Vec::new() };
    let mut enterprises: Vec<EnterpriseId> = order
        .claims
        .iter()
        .filter(|claim| claims.contains(&claim.id) && !reporting.contains(&claim.enterprise))
        .map(|claim| claim.enterprise.clone())
        .collect();
    enterprises.sort();
    enterprises.dedup();
    enterprises
}

/// Adds up a quantity of symbiosis, each exchange once. What is not divided over exchanges counts as the enterprise's
/// own as long as none of its partners reports the quantity; else nobody can tell, and the enterprises are named.
fn sum_by_exchange(
    order: &FormOrder,
    field: &Field,
    reported: &[Reported],
    warnings: &mut Vec<Warning>,
) -> Result<f64, Vec<EnterpriseId>> {
    let mut by_exchange: BTreeMap<&ExchangeId, Vec<f64>> = BTreeMap::new();
    let mut undivided = 0.0;
    let mut doubtful: BTreeSet<EnterpriseId> = BTreeSet::new();
    for row in reported {
        for part in &row.row.parts {
            by_exchange.entry(&part.exchange).or_default().push(part.amount);
        }
        let divided: f64 = row.row.parts.iter().map(|part| part.amount).sum();
        if checks::is_close(divided, row.amount) {
            continue;
        }
        let partners = partners(order, row);
        let reporting = reported.iter().filter(|other| partners.contains(other.enterprise));
        let reporting: Vec<EnterpriseId> = reporting.map(|other| other.enterprise.clone()).collect();
        if !reporting.is_empty() {
            doubtful.insert(row.enterprise.clone());
            doubtful.extend(reporting);
        }
        undivided += row.amount - divided;
    }
    if !doubtful.is_empty() {
        return Err(doubtful.into_iter().collect());
    }
    let mut sum = undivided;
    for (exchange, amounts) in by_exchange {
        // Where partners differ the smaller figure counts, so that the park claims what both stand behind.
        let least = amounts.iter().copied().fold(f64::INFINITY, f64::min);
        let most = amounts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !checks::is_close(least, most) {
            let (field, exchange) = (field.id.clone(), exchange.clone());
            warnings.push(Warning::PartnersDiffer { field, exchange, least, most });
        }
        sum += least;
    }
    Ok(sum)
}

/// Partners of an enterprise in the exchanges that its parts do not name.
fn partners<'a>(order: &FormOrder<'a>, row: &Reported) -> BTreeSet<&'a EnterpriseId> {
    order
        .park
        .exchanges
        .iter()
        .filter(|exchange| !row.row.parts.iter().any(|part| part.exchange == exchange.id))
        .filter_map(|exchange| {
            if exchange.giver == *row.enterprise {
                Some(&exchange.taker)
            } else if exchange.taker == *row.enterprise {
                Some(&exchange.giver)
            } else {
                None
            }
        })
        .collect()
}
