//! What of a park's greenhouse gas account may be told to those who do not see its enterprises.

use engine::report::greenhouse::{Account, Part, Sum, sum};
use serde::Serialize;

use super::Told;

/// One part of the account over the park.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartSum {
    pub part: Part,
    /// `None` where the sum would tell what is withheld elsewhere.
    pub sum: Option<Sum>,
}

/// Emissions are amounts × factors that everybody may read. A part is told when every amount in it is told already, so
/// that it says nothing new; what contracts cover is told of no resource and so never.
pub fn greenhouse_sums(account: &Account, told: &Told) -> Vec<PartSum> {
    let is_told = |part: Part| {
        let mut lines = account.lines.iter().filter(|line| line.part == part);
        let rests_on_papers = |line: &engine::report::greenhouse::Line| {
            // Emissions that a seller states are no public factor times an amount.
            line.factors.is_empty() && line.emissions_kg.is_some() && part != Part::Process
        };
        part != Part::Market && lines.all(|line| told.resources.contains(&line.resource) && !rests_on_papers(line))
    };
    let of = |part: Part| sum(account.lines.iter().filter(|line| line.part == part), &account.gaps);
    Part::ALL.into_iter().map(|part| PartSum { part, sum: is_told(part).then(|| of(part)) }).collect()
}
