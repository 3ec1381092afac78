//! What the pages of assess, matching, plan, verify and report share: marks of basis, sums that may be withheld,
//! gaps and acts for readers who may not see enterprises.

use std::collections::BTreeMap;

use engine::assess::Act;
use engine::catalogue::Catalogue;
use engine::ids::ParkId;
use engine::language::format_date;
use engine::observe::Gap;
use engine::plan::{Closing, Through};
use engine::report::ParkReport;
use engine::source::Basis;

use crate::page::{Page, escape};
use crate::publish::{PublishedSum, Told};
use crate::wording::{self, Names};
use crate::words::text_with;

/// How a figure was obtained, with the address that tells where it comes from.
pub struct Mark {
    pub code: &'static str,
    pub word: String,
    pub href: String,
}

impl Mark {
    pub fn new(page: &Page, basis: Basis, path: &str) -> Mark {
        Mark { code: basis.code(), word: wording::basis(page.language, basis), href: page.at(path) }
    }
}

/// Address of one criterion's figure.
pub fn criterion_path(park: &ParkId, framework: &str, criterion: &str) -> String {
    format!("/parks/{park}/figures/criterion/{}/{}", escape(framework), escape(criterion))
}

/// One cell of a table of numbers: the raw value to sort by, and what is printed.
pub struct Number {
    pub raw: String,
    pub shown: String,
}

impl Number {
    pub fn new(page: &Page, value: f64, decimals: usize) -> Number {
        Number { raw: value.to_string(), shown: page.n(value, decimals) }
    }

    pub fn maybe(page: &Page, value: Option<f64>, decimals: usize) -> Number {
        value.map_or_else(Number::none, |value| Number::new(page, value, decimals))
    }

    pub fn none() -> Number {
        Number { raw: String::new(), shown: "–".to_string() }
    }

    /// A sum that may be withheld; then the words say so.
    pub fn sum(page: &Page, sum: PublishedSum, scale: f64, decimals: usize) -> Number {
        match sum.value {
            Some(value) => Number::new(page, value / scale, decimals),
            None => Number { raw: String::new(), shown: page.t("steps-withheld-short") },
        }
    }
}

/// Money of a sum in words, or that it is withheld.
pub fn money_of(page: &Page, sum: PublishedSum) -> String {
    sum.value.map_or_else(|| page.t("steps-withheld"), |value| page.money(value))
}

/// Where the figures of a page come from.
pub fn source_line(page: &Page, report: &ParkReport) -> String {
    page.t2("steps-source-catalogue", "catalogue", report.run.catalogue.short(), "date", format_date(report.run.as_of))
}

/// What is missing: for each enterprise where it may be named, else counted.
pub fn gap_lines(names: &Names, gaps: &[Gap]) -> Vec<String> {
    if names.park.is_some() {
        return gaps.iter().map(|gap| names.gap(gap)).collect();
    }
    let mut counted: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for gap in gaps {
        match gap {
            Gap::MissingMonths { resource, .. } => {
                *counted.entry(("steps-gap-months", names.resource(resource))).or_default() += 1;
            }
            Gap::NeverReported { group, .. } => {
                *counted.entry(("steps-gap-never", names.group(group))).or_default() += 1;
            }
            other => lines.push(names.gap(other)),
        }
    }
    lines.extend(counted.into_iter().map(|((key, what), count)| {
        let name = if key == "steps-gap-months" { "resource" } else { "group" };
        text_with(names.language, key, &[("count", &count.to_string()), (name, &what)])
    }));
    lines
}

/// What would close a shortfall. The amount that is needed and the share together would give a withheld total away.
pub fn act(names: &Names, act: &Act) -> String {
    match act {
        Act::MoreOf { what, .. } if names.park.is_none() => {
            text_with(names.language, "steps-more-of", &[("what", &names.group(what))])
        }
        other => names.act(other),
    }
}

/// Through whom a criterion would be closed: named only where enterprises may be.
pub fn through(names: &Names, catalogue: &Catalogue, closing: &Closing) -> Vec<String> {
    if names.park.is_none() {
        return Vec::new();
    }
    closing
        .through
        .iter()
        .map(|step| match step {
            Through::Proposal { enterprise, option } => {
                let label = catalogue.options.get(option).map(|option| option.label());
                let label = label.as_ref().map_or(option.as_str(), |label| label.get(names.language));
                format!("{}: {label}", names.enterprise(enterprise))
            }
            Through::Exchange { giver, taker } => {
                format!("{} → {}", names.enterprise(giver), names.enterprise(taker))
            }
        })
        .collect()
}

/// What a closing costs, withheld where it would tell about single enterprises.
pub fn closing_cost(page: &Page, names: &Names, told: &Told, closing: &Closing) -> Option<String> {
    let cost = closing.investment_vnd?;
    if names.park.is_some() {
        return Some(page.money(cost));
    }
    let is_told = told.closings.contains(&(closing.framework.clone(), closing.criterion.clone()));
    Some(if is_told { page.money(cost) } else { page.t("steps-withheld") })
}

/// Rows shown at first of a long table, unless the address asks for all.
pub const FIRST_ROWS: usize = 100;

/// How many rows a long table shows, and the link to the rest.
pub struct Rows {
    pub line: String,
    pub link: String,
    pub link_text: String,
    pub shown: usize,
}

impl Rows {
    pub fn of(page: &Page, count: usize) -> Rows {
        let wants_all = page.query.get("rows").is_some_and(|rows| rows == "all");
        let shown = if wants_all { count } else { count.min(FIRST_ROWS) };
        let (link, link_text) = match (count > FIRST_ROWS, wants_all) {
            (false, _) => (String::new(), String::new()),
            (true, true) => (page.with("rows", "first"), page.t("steps-fewer-rows")),
            (true, false) => (page.with("rows", "all"), page.t1("steps-all-rows", "count", page.count(count))),
        };
        let line = page.t2("steps-first-rows", "shown", page.count(shown), "count", page.count(count));
        Rows { line, link, link_text, shown }
    }
}

#[cfg(test)]
mod tests;
