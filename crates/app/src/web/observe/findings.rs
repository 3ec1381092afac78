//! Findings of the checks with the answers that people gave: the open ones first, the answered ones in a list of their
//! own. Those who may not see whose they are see how many there are by rule.

use std::collections::BTreeMap;

use engine::ids::EnterpriseId;
use engine::observe::{Finding, Severity, Spot};
use serde::Serialize;
use store::FindingAnswer;

use crate::auth::Sight;
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{name_of, total_href, with_pair};
use crate::wording::{self, Names, finding};

/// A finding with what was said about it.
#[derive(Serialize)]
pub struct Judged<'a> {
    pub key: String,
    #[serde(flatten)]
    pub finding: &'a Finding,
    /// The answer that holds.
    pub answer: Option<FindingAnswer>,
    /// An answer to earlier figures; it no longer holds.
    pub lapsed: Option<FindingAnswer>,
}

/// The findings that the reader may see one by one, each with its answer.
pub async fn judged<'a>(app: &App, page: &Page, view: &'a ParkView) -> Result<Vec<Judged<'a>>, AppError> {
    let answers = app.store.finding_answers(&page.user.scope(), &view.key.id).await?;
    let latest: BTreeMap<&str, &FindingAnswer> = answers
        .iter()
        .filter(|answer| answer.superseded_at_us.is_none())
        .map(|answer| (answer.finding.as_str(), answer))
        .collect();
    let findings = &view.computed.report.balance.findings;
    let judged = findings.iter().filter(|finding| name_of(page, view, &finding.enterprise).is_some()).map(|finding| {
        let key = finding.key();
        let said = latest.get(key.as_str()).map(|answer| (*answer).clone());
        let (answer, lapsed) = match said {
            Some(answer) if answer.figures == finding.figures() => (Some(answer), None),
            other => (None, other),
        };
        Judged { key, finding, answer, lapsed }
    });
    Ok(judged.collect())
}

/// How many findings there are by rule and severity, the gravest first.
pub fn counts(view: &ParkView) -> Vec<(Severity, &'static str, usize)> {
    let mut counts: BTreeMap<(Severity, &'static str), usize> = BTreeMap::new();
    for finding in &view.computed.report.balance.findings {
        *counts.entry((finding.severity, finding.reason.rule())).or_default() += 1;
    }
    counts.into_iter().map(|((severity, rule), count)| (severity, rule, count)).collect()
}

/// The open findings, and the answered ones; `None` where there is none.
pub fn tables(app: &App, page: &Page, view: &ParkView, judged: &[Judged]) -> (Option<Table>, Option<Table>) {
    if !view.sight.names_any() {
        return (by_rule(page, view), None);
    }
    let open: Vec<&Judged> = judged.iter().filter(|one| one.answer.is_none()).collect();
    let answered: Vec<&Judged> = judged.iter().filter(|one| one.answer.is_some()).collect();
    let columns = |more: Option<&str>| {
        let last = more.unwrap_or("observe-act");
        ["observe-severity", "figure-enterprise", "observe-cell", "figure-period", "observe-reason", last]
            .map(|key| Column::text(page.t(key)))
            .into()
    };
    let open_table = (!open.is_empty()).then(|| {
        let rows = open.iter().map(|one| row(app, page, view, one)).collect();
        Table::new("findings", page.t("observe-suspicions-label"), columns(None), rows).stacked()
    });
    let answered_table = (!answered.is_empty()).then(|| {
        let rows = answered.iter().map(|one| row(app, page, view, one)).collect();
        let label = page.t("observe-answered-label");
        Table::new("answered", label, columns(Some("observe-answer")), rows).stacked()
    });
    (open_table, answered_table)
}

fn by_rule(page: &Page, view: &ParkView) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = counts(view)
        .into_iter()
        .map(|(severity, rule, count)| {
            vec![
                Cell::text(finding::rule(page.language, rule)),
                severity_cell(page, severity),
                Cell::number(page.count(count), count as f64),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("observe-rule")),
        Column::text(page.t("observe-severity")),
        Column::number(page.t("observe-count"), ""),
    ];
    (!rows.is_empty()).then(|| Table::new("findings", page.t("observe-suspicions-label"), columns, rows))
}

fn row(app: &App, page: &Page, view: &ParkView, one: &Judged) -> Vec<Cell> {
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let Finding { severity, enterprise, spot, period, .. } = one.finding;
    let own = answer_href(page, view, enterprise, one.finding);
    vec![
        severity_cell(page, *severity),
        Cell::link(name_of(page, view, enterprise).unwrap_or_default(), own.clone()),
        Cell::link(finding::place(&names, &view.computed.park, spot), cell_href(page, view, one.finding)),
        Cell::text(wording::period(page.language, period)).sorted_by(period.start()),
        Cell::text(finding::reason(&names, one.finding, view.sight == Sight::Whole)),
        match &one.answer {
            Some(answer) => Cell::text(answer.comment.clone()),
            None => Cell::link(page.t("observe-answer-act"), own),
        },
    ]
}

pub fn severity_cell(page: &Page, severity: Severity) -> Cell {
    let class = format!("severity {}", severity.code());
    Cell::chip(class, finding::severity(page.language, severity)).sorted_by(severity as usize)
}

/// Where the finding is answered, in the year that it is about.
fn answer_href(page: &Page, view: &ParkView, enterprise: &EnterpriseId, finding: &Finding) -> String {
    let address = page.at(&format!("/parks/{}/enterprises/{enterprise}", view.key.id));
    format!("{address}#{}", anchor(&finding.key()))
}

/// An element's name for a finding.
pub fn anchor(key: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' };
    format!("finding.{}", key.chars().map(plain).collect::<String>())
}

/// The cell that a finding points at: a record's own, or what was added up.
pub fn cell_href(page: &Page, view: &ParkView, finding: &Finding) -> String {
    let (park, enterprise) = (&view.key.id, &finding.enterprise);
    match &finding.spot {
        Spot::Record { resource, .. } => {
            let year = finding.period.start().year();
            let address = format!("/parks/{park}/enterprises/{enterprise}?period={year}");
            format!("{}#amount.{}", with_pair(address, "resource", resource.as_str()), finding.period)
        }
        Spot::Resource { resource } => total_href(page, park, resource, Some(enterprise)),
        Spot::Meter { meter, .. } => crate::web::meters::meter_href(page, view, meter),
        Spot::Stream { stream } => crate::web::audit::row_href(page, park, "streams", stream.as_str()),
    }
}
