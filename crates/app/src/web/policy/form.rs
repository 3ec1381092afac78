//! The form of changes: a line for each row of the edition, and the rows that could be added.

use std::collections::BTreeMap;

use engine::assess::policy::is_share_of_amounts;
use engine::assess::policy::wishes::{Field, Wish};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework, Indicator, Rule};
use engine::ids::CriterionId;

use crate::page::Page;
use crate::policy::{SCOPES, wording as words};
use crate::web::frame::Choice;
use crate::wording;

pub struct Form {
    pub rows: Vec<Row>,
    pub others: Vec<OtherEdition>,
    /// What is kept of the context when the form is sent.
    pub hidden: Vec<(String, String)>,
}

pub struct Row {
    pub id: String,
    pub label: String,
    pub now: String,
    pub is_unconfirmed: bool,
    pub is_dropped: bool,
    /// As it was typed; empty while it is not changed.
    pub target: String,
    /// A yes has no other target and no direction.
    pub is_number: bool,
    pub directions: Vec<Choice>,
    /// Empty where the row does not ask tenants.
    pub scopes: Vec<Choice>,
    /// Empty where the row is no share of recorded amounts.
    pub coverages: Vec<Choice>,
}

pub struct OtherEdition {
    pub name: String,
    pub is_open: bool,
    pub rows: Vec<OtherRow>,
}

pub struct OtherRow {
    pub id: String,
    pub label: String,
    pub target: String,
    pub is_chosen: bool,
}

/// Coverages that the form offers.
const COVERAGES: [f64; 7] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0];

impl Form {
    pub fn of(catalogue: &Catalogue, page: &Page, edition: &Framework, wishes: &[Wish]) -> Form {
        let wishes: BTreeMap<(&CriterionId, Field), &str> =
            wishes.iter().map(|wish| ((&wish.criterion, wish.field), wish.value.as_str())).collect();
        let kept = ["framework", "period", "kind", "lang"];
        let hidden = kept.into_iter().filter_map(|name| Some((name.to_string(), page.query.get(name)?.clone())));
        let others = catalogue.frameworks.values().filter(|other| other.id != edition.id);
        Form {
            rows: edition.criteria.iter().map(|row| line(catalogue, page, row, &wishes)).collect(),
            others: others.map(|other| other_edition(catalogue, page, edition, other, &wishes)).collect(),
            hidden: hidden.collect(),
        }
    }
}

type Wishes<'w> = BTreeMap<(&'w CriterionId, Field), &'w str>;

fn line(catalogue: &Catalogue, page: &Page, row: &Criterion, wishes: &Wishes) -> Row {
    let language = page.language;
    let wish = |field: Field| wishes.get(&(&row.id, field)).copied().unwrap_or_default();
    let indicator = catalogue.indicator(row);
    let terms = words::terms(row, catalogue);
    let is_number = row.rule != Rule::Yes;
    let choices = |field: Field, offered: Vec<(String, String)>| -> Vec<Choice> {
        let keep = Choice { value: String::new(), name: page.t("policy-keep"), is_chosen: wish(field).is_empty() };
        let offered = offered.into_iter().map(|(value, name)| Choice { is_chosen: wish(field) == value, value, name });
        std::iter::once(keep).chain(offered).collect()
    };
    let directions = [Rule::AtLeast, Rule::AtMost].into_iter().filter(|rule| *rule != row.rule);
    let scopes = SCOPES.into_iter().filter(|scope| *scope != terms.min_employees);
    let coverages = COVERAGES.into_iter().filter(|share| *share != terms.coverage);
    Row {
        id: row.id.to_string(),
        label: page.label(&row.label).to_string(),
        now: now(catalogue, page, row),
        is_unconfirmed: row.unconfirmed,
        is_dropped: wishes.contains_key(&(&row.id, Field::Drop)),
        target: wish(Field::Target).to_string(),
        is_number,
        directions: match is_number {
            true => choices(
                Field::Direction,
                directions.map(|rule| (rule.code().to_string(), words::direction(language, rule))).collect(),
            ),
            false => Vec::new(),
        },
        scopes: match indicator {
            Some(Indicator::SurveyShare { .. }) => choices(
                Field::MinEmployees,
                scopes.map(|scope| (scope.to_string(), words::scope(language, scope))).collect(),
            ),
            _ => Vec::new(),
        },
        coverages: match indicator.is_some_and(is_share_of_amounts) {
            true => choices(
                Field::Coverage,
                coverages.map(|share| (share.to_string(), words::coverage(language, share))).collect(),
            ),
            false => Vec::new(),
        },
    }
}

/// The target in force, with the scope or the coverage that belongs to it.
fn now(catalogue: &Catalogue, page: &Page, row: &Criterion) -> String {
    let terms = words::terms(row, catalogue);
    let target = wording::target(page.language, row.rule, row.target, &row.unit);
    match catalogue.indicator(row) {
        Some(Indicator::SurveyShare { .. }) => {
            format!("{target}, {}", words::scope(page.language, terms.min_employees))
        }
        Some(indicator) if is_share_of_amounts(indicator) => {
            format!("{target}, {}", words::coverage(page.language, terms.coverage))
        }
        _ => target,
    }
}

fn other_edition(
    catalogue: &Catalogue,
    page: &Page,
    edition: &Framework,
    other: &Framework,
    wishes: &Wishes,
) -> OtherEdition {
    let is_new = |row: &&Criterion| edition.criterion(&row.id).is_none();
    let rows = other.criteria.iter().filter(is_new).map(|row| OtherRow {
        id: row.id.to_string(),
        label: page.label(&row.label).to_string(),
        target: wording::target(page.language, row.rule, row.target, &row.unit),
        is_chosen: wishes.contains_key(&(&row.id, Field::Add)),
    });
    let rows: Vec<OtherRow> = rows.collect();
    OtherEdition {
        name: wording::framework(catalogue, page.language, &other.id),
        is_open: rows.iter().any(|row| row.is_chosen),
        rows,
    }
}
