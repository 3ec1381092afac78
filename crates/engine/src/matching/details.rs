//! Verdicts on what streams say beyond their quantity: product, form, dates and seasons. What is not said judges nothing.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::relation::Relation;
use super::{ExchangeUnit, Missing, Obstacle, Offer, Reason};
use crate::park::Stream;

/// Verdicts on a pair, to be added to the others.
#[derive(Default)]
pub(super) struct Details {
    pub reasons: Vec<Reason>,
    pub obstacles: Vec<Obstacle>,
    pub missing: Vec<Missing>,
    /// What can pass in a year in the months that both share.
    pub season_limit: Option<f64>,
}

/// Who names the very product that is given asks for it, whatever the waste codes say.
pub(super) fn by_product(give: &Stream, take: &Stream, relation: Option<Relation>) -> Option<Relation> {
    let Some(cpc) = give.details.cpc.as_ref().filter(|given| take.details.cpc.as_ref() == Some(given)) else {
        return relation;
    };
    let mut reasons = vec![Reason::SameProduct { cpc: cpc.clone() }];
    reasons.extend(relation.into_iter().flat_map(|relation| relation.reasons));
    Some(Relation { strength: 1.0, reasons, is_asked_for: true })
}

pub(super) fn judge(give: (&Stream, &Offer), take: (&Stream, &Offer)) -> Details {
    let mut verdict = Details::default();
    judge_form(give.0, take.0, &mut verdict);
    judge_dates(give.0, take.0, &mut verdict);
    judge_seasons(give, take, &mut verdict);
    verdict
}

/// A taker that asks for no form takes every form.
fn judge_form(give: &Stream, take: &Stream, verdict: &mut Details) {
    let Some(taker) = take.details.form else { return };
    let Some(giver) = give.details.form else {
        verdict.missing.push(Missing::Form { stream: give.id.clone() });
        return;
    };
    let is_treated = [give, take].into_iter().any(|stream| stream.treatment_vnd.is_some_and(|vnd| vnd > 0.0));
    if giver == taker {
        verdict.reasons.push(Reason::SameForm { form: giver });
    } else if !giver.can_become(taker) {
        verdict.obstacles.push(Obstacle::OtherForm { giver, taker });
    } else if is_treated {
        verdict.reasons.push(Reason::FormByTreatment { giver, taker });
    } else {
        verdict.missing.push(Missing::FormTreatment { giver: give.id.clone(), taker: take.id.clone() });
    }
}

/// An end that nobody stated is open.
fn judge_dates(give: &Stream, take: &Stream, verdict: &mut Details) {
    let latest = |dates: [Option<Date>; 2]| dates.into_iter().flatten().max();
    let earliest = |dates: [Option<Date>; 2]| dates.into_iter().flatten().min();
    let from = latest([give.details.available_from, take.details.available_from]);
    let ended_on = earliest([give.details.ended_on, take.details.ended_on]);
    match (from, ended_on) {
        (None, None) => {}
        (Some(from), Some(ended_on)) if ended_on <= from => {
            verdict.obstacles.push(Obstacle::NotAtTheSameTime { ended_on, from });
        }
        _ => verdict.reasons.push(Reason::AvailableTogether { from, ended_on }),
    }
}

/// What can pass in a year = months shared × the smaller of giver's and taker's quantity in one of their own months.
fn judge_seasons((give, given): (&Stream, &Offer), (take, taken): (&Stream, &Offer), verdict: &mut Details) {
    let (Some(giver), Some(taker)) = (give.details.running_months(), take.details.running_months()) else { return };
    let months: BTreeSet<u8> = giver.intersection(&taker).copied().collect();
    if months.is_empty() {
        verdict.obstacles.push(Obstacle::SeasonsApart { giver_months: giver, taker_months: taker });
        return;
    }
    if months.len() == 12 {
        return;
    }
    let (giver_months, taker_months) = (giver.len(), taker.len());
    let monthly = given.quantity.zip(taken.quantity);
    let quantity = monthly
        .map(|(given, taken)| (given / giver_months as f64).min(taken / taker_months as f64) * months.len() as f64);
    verdict.season_limit = quantity;
    let unit = ExchangeUnit::of(give.kind);
    verdict.reasons.push(Reason::SeasonsOverlap { months, giver_months, taker_months, quantity, unit });
}
