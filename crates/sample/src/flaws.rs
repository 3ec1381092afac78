//! Faults planted in the bills: missing months, slipped units, jumps; and what was never reported at all.

use engine::period::Period;

use crate::bills::{Bills, as_billed, key};
use crate::random::Random;
use crate::truth::{Flaws, MissingMonths, NeverReported, Suspicious, SuspiciousKind};

/// Series that may lose months. No measure is judged by them, and no wastewater is balanced against them.
const MAY_LOSE_MONTHS: &[(&str, &str)] = &[
    ("E04", "electricity"),
    ("E05", "diesel"),
    ("E06", "chemicals"),
    ("E07", "electricity"),
    ("E10", "wood"),
    ("E13", "anthracite"),
    ("E14", "supply-water"),
    ("E16", "wood"),
    ("E18", "electricity"),
    ("E22", "electricity"),
    ("E24", "raw-material"),
    ("E27", "raw-material"),
    ("E28", "lpg"),
    ("E29", "supply-water"),
    ("E30", "electricity"),
    ("E31", "steam"),
    ("E32", "anthracite"),
    ("E33", "bituminous-coal"),
    ("E34", "electricity"),
    ("E38", "chemicals"),
];

/// First month (counted from January 2022) and length of each hole; `None`: anywhere in the 36 months.
const HOLES: &[(Option<usize>, usize)] =
    &[(Some(34), 2), (Some(29), 3), (Some(25), 1), (Some(31), 1), (None, 3), (None, 1), (None, 1), (None, 2)];

/// What sites never handed in, though every site uses it: enterprise, resource.
const NEVER: &[(&str, &str)] = &[("E21", "electricity"), ("E10", "supply-water"), ("E36", "supply-water")];

/// Enterprise, resource, first month and number of months to choose from, kind, factor.
const SUSPICIOUS: &[(&str, &str, usize, usize, SuspiciousKind, f64)] = &[
    ("E36", "diesel", 6, 12, SuspiciousKind::UnitSlip, 1_000.0),
    ("E10", "electricity", 13, 10, SuspiciousKind::UnitSlip, 10.0),
    ("E35", "supply-water", 27, 6, SuspiciousKind::UnitSlip, 10.0),
    ("E13", "waste-landfill", 26, 4, SuspiciousKind::Jump, 4.0),
    ("E22", "lpg", 31, 4, SuspiciousKind::Jump, 3.8),
];

pub fn plant(seed: u64, bills: &mut Bills, peaks: &[(String, Period, f64)]) -> Flaws {
    let mut random = Random::new(seed, "flaws");
    let never_reported = never_reported(bills);
    let suspicious = suspicious(bills, &mut random);
    let missing_months = missing_months(bills, &mut random);
    let explained = peaks
        .iter()
        .map(|(enterprise, month, factor)| Suspicious {
            enterprise: enterprise.clone(),
            resource: "raw-material".to_string(),
            month: *month,
            kind: SuspiciousKind::Jump,
            factor: *factor,
        })
        .collect();
    Flaws { missing_months, never_reported, suspicious, explained }
}

fn never_reported(bills: &mut Bills) -> Vec<NeverReported> {
    NEVER
        .iter()
        .map(|(enterprise, resource)| {
            bills.remove(&key(enterprise, resource));
            NeverReported { enterprise: enterprise.to_string(), group: resource.to_string() }
        })
        .collect()
}

/// A slipped unit changes the amount and leaves the sum to pay; a jump changes both.
fn suspicious(bills: &mut Bills, random: &mut Random) -> Vec<Suspicious> {
    let mut planted = Vec::new();
    for (enterprise, resource, first, span, kind, factor) in SUSPICIOUS {
        let place = first + random.index(*span);
        let Some(series) = bills.get_mut(&key(enterprise, resource)) else { continue };
        let unit = series.unit;
        let bill = &mut series.bills[place];
        bill.amount = as_billed(bill.amount * factor, unit);
        if *kind == SuspiciousKind::Jump {
            bill.cost_vnd = bill.cost_vnd.map(|cost| cost * factor);
        }
        planted.push(Suspicious {
            enterprise: enterprise.to_string(),
            resource: resource.to_string(),
            month: bill.period,
            kind: *kind,
            factor: *factor,
        });
    }
    planted
}

fn missing_months(bills: &mut Bills, random: &mut Random) -> Vec<MissingMonths> {
    let series = random.shuffled(MAY_LOSE_MONTHS.to_vec());
    let mut missing = Vec::new();
    for ((enterprise, resource), (first, length)) in series.into_iter().zip(HOLES) {
        let Some(series) = bills.get_mut(&key(enterprise, resource)) else { continue };
        let first = first.unwrap_or_else(|| random.index(series.bills.len() - length));
        let months: Vec<Period> = series.bills.drain(first..first + length).map(|bill| bill.period).collect();
        missing.push(MissingMonths { enterprise: enterprise.to_string(), resource: resource.to_string(), months });
    }
    missing.sort_by(|a, b| (&a.enterprise, &a.resource).cmp(&(&b.enterprise, &b.resource)));
    missing
}
