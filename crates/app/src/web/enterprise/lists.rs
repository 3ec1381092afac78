//! What an enterprise should do, what it gives off and takes in, and what it could do.

use std::collections::BTreeSet;

use engine::ids::EnterpriseId;
use engine::observe::{Gap, Reason};
use engine::park::{Direction, EnterpriseRole, Stream};

use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::audit::row_href;
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::with_pair;
use crate::web::observe;
use crate::web::observe::findings::{Judged, anchor};
use crate::web::park::measure_table;
use crate::wording::{self, Names, finding};

pub struct Task {
    pub text: String,
    pub href: String,
}

/// Missing months, unanswered questions and points to check, of this enterprise alone.
pub fn tasks(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId, judged: &[Judged]) -> Vec<Task> {
    let report = &view.computed.report;
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let own = page.at(&format!("/parks/{}/enterprises/{id}", view.key.id));
    let mut tasks: Vec<Task> = report
        .balance
        .gaps
        .iter()
        .filter(|gap| observe::is_of(gap, id))
        .map(|gap| Task {
            text: names.gap(gap),
            href: match gap {
                Gap::MissingMonths { resource, .. } => {
                    format!("{}#records", with_pair(own.clone(), "resource", resource.as_str()))
                }
                _ => format!("{own}#records"),
            },
        })
        .collect();
    // Months that are missing stand among the gaps already.
    let is_task = |one: &&Judged| {
        let is_gap = matches!(one.finding.reason, Reason::MissingMonths { .. });
        one.finding.enterprise == *id && one.answer.is_none() && !is_gap
    };
    for one in judged.iter().filter(is_task) {
        let place = finding::place(&names, &view.computed.park, &one.finding.spot);
        let period = wording::period(page.language, &one.finding.period);
        let reason = finding::rule(page.language, one.finding.reason.rule());
        tasks.push(Task {
            text: page.t3("enterprise-task-check", "resource", place, "period", period, "reason", reason),
            href: format!("#{}", anchor(&one.key)),
        });
    }
    for question in unanswered(view, id) {
        tasks.push(Task {
            text: page.t1("enterprise-task-answer", "question", names.question(question)),
            href: String::new(),
        });
    }
    tasks
}

/// Questions of any framework that wait for this enterprise's answer.
fn unanswered<'a>(view: &'a ParkView, id: &EnterpriseId) -> BTreeSet<&'a str> {
    view.computed
        .report
        .assessments
        .iter()
        .flat_map(|assessment| &assessment.criteria)
        .flat_map(|criterion| &criterion.gaps)
        .filter_map(|gap| match gap {
            Gap::Unanswered { question, enterprises } if enterprises.contains(id) => Some(question.as_str()),
            _ => None,
        })
        .collect()
}

/// Months that are there, of those expected, over the resources that the enterprise reports and those every tenant uses.
pub fn months(app: &App, view: &ParkView, id: &EnterpriseId) -> (usize, usize) {
    let report = &view.computed.report;
    let months = report.balance.period.months().len();
    let site = report.balance.sites.get(id);
    let is_tenant = view.computed.park.enterprise(id).is_some_and(|e| e.role == EnterpriseRole::Tenant);
    let (covered, mut expected) = site.into_iter().flatten().fold((0, 0), |(covered, expected), (_, total)| {
        (covered + total.months_covered, expected + total.months_expected)
    });
    for group in ["electricity", "supply-water"] {
        let has =
            site.into_iter().flatten().any(|(id, _)| app.catalogue.resource(id).is_some_and(|r| r.group == group));
        if is_tenant && !has {
            expected += months;
        }
    }
    (covered, expected)
}

pub fn streams(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Option<Table> {
    let own = view.computed.park.streams.iter().filter(|stream| stream.enterprise == *id);
    let rows: Vec<Vec<Cell>> = own.map(|stream| stream_row(app, page, view, stream)).collect();
    let columns = vec![
        Column::text(page.t("enterprise-stream")),
        Column::text(page.t("observe-direction")),
        Column::number(page.t("enterprise-quantity"), ""),
        Column::text(page.t("figure-unit")),
        Column::text(page.t("enterprise-waste-code")),
        Column::text(page.t("enterprise-composition")),
        Column::text(page.t("figure-basis")),
        Column::text(page.t("figure-document")),
        Column::text(page.t("history-link")),
    ];
    (!rows.is_empty()).then(|| Table::new("streams", page.t("enterprise-streams"), columns, rows).stacked())
}

fn stream_row(app: &App, page: &Page, view: &ParkView, stream: &Stream) -> Vec<Cell> {
    let unit = app.catalogue.units.get(&stream.quantity.unit);
    let unit = unit.map_or(stream.quantity.unit.as_str(), |unit| unit.label.get(page.language));
    let composition: Vec<String> = stream
        .composition
        .iter()
        .map(|(substance, content)| {
            let unit = if content.unit == "percent" { "%" } else { content.unit.as_str() };
            format!("{substance} {} {unit}", page.n(content.value, wording::decimals(content.value)))
        })
        .collect();
    let direction = match stream.direction {
        Direction::Give => "enterprise-gives",
        Direction::Take => "enterprise-takes",
    };
    let mut code = stream.ewc.clone().unwrap_or_else(|| "–".to_string());
    if stream.hazardous {
        code = format!("{code} ({})", page.t("enterprise-hazardous"));
    }
    vec![
        Cell::text(stream.name.get(page.language)),
        Cell::text(page.t(direction)),
        Cell::number(page.n(stream.quantity.value, wording::decimals(stream.quantity.value)), stream.quantity.value),
        Cell::text(unit),
        Cell::text(code),
        Cell::text(composition.join("; ")),
        Cell::text(wording::basis(page.language, stream.basis)),
        Cell::text(stream.source.clone()),
        Cell::link(page.t("history-link"), row_href(page, &view.key.id, "streams", stream.id.as_str())),
    ]
}

/// Proposals for this enterprise. They are estimates, and say so.
pub fn options(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Option<Table> {
    let names = Names { language: page.language, catalogue: app.catalogue, park: None };
    let rows: Vec<Vec<Cell>> = view
        .computed
        .report
        .plan
        .proposals
        .iter()
        .filter(|proposal| proposal.enterprise == *id)
        .map(|proposal| {
            let (mid, unit) = wording::shown(proposal.dimension, proposal.saving.mid);
            let ends = [proposal.saving.low, proposal.saving.high].map(|end| {
                let end = wording::shown(proposal.dimension, end).0;
                page.n(end, wording::decimals(end))
            });
            let millions = |vnd: f64| Cell::number(page.n(vnd / 1e6, 0), vnd);
            vec![
                Cell::text(proposal.label.get(page.language)),
                Cell::text(names.group(&proposal.group)),
                Cell::number(page.n(mid, wording::decimals(mid)), mid),
                Cell::text(ends.join(" … ")),
                Cell::text(unit),
                proposal
                    .money_vnd
                    .map_or_else(|| Cell::no_number("?", page.t("figure-cost-unknown")), |money| millions(money.mid)),
                millions(proposal.investment_vnd.mid),
                proposal
                    .payback_years
                    .map_or_else(|| Cell::no_number("?", ""), |years| Cell::number(page.n(years, 1), years)),
                if proposal.unconfirmed {
                    Cell::chip("mark unconfirmed", page.t("unconfirmed"))
                } else {
                    Cell::text("")
                },
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("report-option")),
        Column::text(page.t("report-resource")),
        Column::number(page.t("report-saving"), ""),
        Column::text(page.t("enterprise-range")),
        Column::text(page.t("figure-unit")),
        Column::number(page.t("report-money"), page.t("park-million")),
        Column::number(page.t("report-investment"), page.t("park-million")),
        Column::number(page.t("report-payback"), page.t("report-years")),
        Column::text(page.t("report-mark")),
    ];
    (!rows.is_empty()).then(|| Table::new("options", page.t("enterprise-options"), columns, rows).stacked())
}

pub fn measures(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId) -> Option<Table> {
    let own: Vec<_> = view.computed.report.verifications.iter().filter(|v| v.claim.enterprise == *id).collect();
    measure_table(app, page, view, &own)
}
