//! What one more datum would settle. Each gap of an enterprise is asked about by filling it with a stand-in and
//! computing again: which criteria are then known, which options
//! have a complete figure, which claims are no longer refused.
//! The stand-ins are thrown away; only the counts are told. See `docs/methods/observe.md`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::assess::Outcome;
use crate::catalogue::Catalogue;
use crate::ids::{CriterionId, EnterpriseId, MeasureId, OptionId, ResourceId};
use crate::observe::Gap;
use crate::park::{Park, Record};
use crate::period::Period;
use crate::quantity::Amount;
use crate::report::{Order, ParkReport, report};
use crate::source::Basis;

/// What would be known if a gap were closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worth {
    /// Criteria of any framework that are unknown now and would not be.
    pub criteria: BTreeSet<CriterionId>,
    /// Options that have no figure at an enterprise, or one from incomplete months, and would have a complete one.
    pub options: usize,
    /// Measures whose saving is refused now and would not be.
    pub claims: BTreeSet<MeasureId>,
}

impl Worth {
    pub fn total(&self) -> usize {
        self.criteria.len() + self.options + self.claims.len()
    }
}

/// These gaps with their worth, the one that settles most first. `asked` bounds how many are asked about; the others
/// follow with `None`, as do those that no record could fill.
pub fn worths<'a>(
    park: &Park,
    known: &ParkReport,
    catalogue: &Catalogue,
    order: &Order,
    gaps: impl IntoIterator<Item = &'a Gap>,
    asked: usize,
) -> Vec<(Gap, Option<Worth>)> {
    let before = Known::of(known);
    let mut worths: Vec<(Gap, Option<Worth>)> = Vec::new();
    for gap in gaps {
        let filled = if worths.len() < asked { filled(park, gap, catalogue, order.period) } else { None };
        let worth = filled.map(|filled| before.compared(&Known::of(&report(&filled, catalogue, order))));
        worths.push((gap.clone(), worth));
    }
    let total = |worth: &Option<Worth>| worth.as_ref().map(Worth::total);
    worths.sort_by(|a, b| total(&b.1).cmp(&total(&a.1)).then_with(|| a.0.cmp(&b.0)));
    worths
}

/// What a report knows and what it refuses.
struct Known {
    unknown: BTreeSet<CriterionId>,
    options: BTreeSet<(EnterpriseId, OptionId)>,
    refused: BTreeSet<MeasureId>,
}

impl Known {
    fn of(report: &ParkReport) -> Known {
        let criteria = report.assessments.iter().flat_map(|assessment| &assessment.criteria);
        let proposals = report.plan.proposals.iter().filter(|proposal| proposal.is_complete);
        let is_refused = |verification: &&crate::verify::measures::MeasureVerification| {
            let comparison = verification.comparison.as_ref();
            comparison.is_some_and(|comparison| comparison.saving().is_none())
        };
        Known {
            unknown: criteria.filter(|one| one.outcome == Outcome::Unknown).map(|one| one.id.clone()).collect(),
            options: proposals.map(|one| (one.enterprise.clone(), one.option.clone())).collect(),
            refused: report.verifications.iter().filter(is_refused).map(|one| one.measure.clone()).collect(),
        }
    }

    fn compared(&self, after: &Known) -> Worth {
        Worth {
            criteria: self.unknown.difference(&after.unknown).cloned().collect(),
            options: after.options.difference(&self.options).count(),
            claims: self.refused.difference(&after.refused).cloned().collect(),
        }
    }
}

/// The park with a gap filled by what is usual; `None` for what no record could fill.
fn filled(park: &Park, gap: &Gap, catalogue: &Catalogue, period: Period) -> Option<Park> {
    let (enterprise, resource, months) = match gap {
        Gap::MissingMonths { enterprise, resource, months } => (enterprise, resource.clone(), months.clone()),
        Gap::NeverReported { enterprise, group } => {
            // The first resource of the group stands for it: `electricity`, `supply-water`.
            let is_named = catalogue.resources.get_key_value(&ResourceId::new(group.as_str())).map(|(id, _)| id);
            let in_group =
                || catalogue.resources.iter().find(|(_, resource)| resource.group == *group).map(|(id, _)| id);
            (enterprise, is_named.or_else(in_group)?.clone(), period.months())
        }
        _ => return None,
    };
    let amount = usual_day(park, catalogue, enterprise, &resource)?;
    let unit = catalogue.resource(&resource)?.dimension.canonical_unit().to_string();
    let mut filled = park.clone();
    filled.records.extend(months.into_iter().map(|month| Record {
        enterprise: enterprise.clone(),
        resource: resource.clone(),
        period: month,
        amount: Amount { value: amount * month.days() as f64, unit: unit.clone() },
        basis: Basis::Estimated,
        source: String::new(),
        cost_vnd: None,
        line: 0,
    }));
    Some(filled)
}

/// The middle of what the enterprise uses in a day, or of what the park's enterprises use where it says nothing.
fn usual_day(park: &Park, catalogue: &Catalogue, enterprise: &EnterpriseId, resource: &ResourceId) -> Option<f64> {
    let days = |is_meant: &dyn Fn(&Record) -> bool| -> Vec<f64> {
        let of = park.records.iter().filter(|record| record.resource == *resource && is_meant(record));
        of.filter_map(|record| Some(catalogue.canonical(&record.amount)? / record.period.days() as f64)).collect()
    };
    let own = days(&|record| record.enterprise == *enterprise);
    let mut amounts = if own.is_empty() { days(&|_| true) } else { own };
    amounts.sort_by(f64::total_cmp);
    amounts.get(amounts.len() / 2).copied()
}
