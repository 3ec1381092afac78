//! The overview of a park: what it meets, what would change that most, where its energy goes, what changed.

mod changes;
mod energy;
mod ladder;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::assess::{Act, rank_gaps};
use engine::ids::EnterpriseId;
use engine::plan::{Closing, Through};

use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::figures::{criterion_href, indicator_of, may_show_amounts, name_of};
use crate::web::frame::{self, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::wording;
use energy::EnergyFigure;

pub use changes::moment;
pub use ladder::measure_table;

pub fn routes() -> Routes {
    Routes::new().get("/parks/{park}", Rule::Park, show)
}

#[derive(Template)]
#[template(path = "park.html")]
struct ParkPage {
    page: Page,
    frame: ParkFrame,
    finding: String,
    assess_href: String,
    gaps: Vec<NextDatum>,
    closings: Option<Table>,
    energy: Option<EnergyFigure>,
    totals: Table,
    measures: Option<Table>,
    changes: Option<Table>,
    own_href: String,
}

/// Missing data, with how many criteria of the chosen framework it would settle.
struct NextDatum {
    text: String,
    settles: String,
    href: String,
}

/// How many rows answer "what would change that most".
const FIRST: usize = 5;

async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let (met, applicable, unknown) = frame::met_of_applicable(&view);
    let finding = page.t3(
        "park-finding",
        "met",
        page.count(met),
        "applicable",
        page.count(applicable),
        "unknown",
        page.count(unknown),
    );
    let changes = match view.sight {
        Sight::Whole => Some(changes::table(&app, &page, &view).await?),
        _ => None,
    };
    let own_href = match &view.sight {
        Sight::Own(own) => page.at(&format!("/parks/{}/enterprises/{own}", view.key.id)),
        _ => String::new(),
    };
    html(&ParkPage {
        finding,
        assess_href: page.at(&format!("/parks/{}/assess", view.key.id)),
        gaps: next_data(&app, &page, &view),
        closings: closings(&app, &page, &view),
        energy: energy::figure(&app, &page, &view),
        totals: ladder::totals(&page, &view),
        measures: ladder::measures(&app, &page, &view),
        changes,
        own_href,
        frame: ParkFrame::of(&app, &page, &view, ""),
        page,
    })
}

/// The data that would settle most criteria of the chosen framework.
fn next_data(app: &App, page: &Page, view: &ParkView) -> Vec<NextDatum> {
    let names = frame::names(app, page, view);
    let chosen = view.computed.report.assessments.iter().take(1).cloned().collect::<Vec<_>>();
    rank_gaps(&chosen)
        .into_iter()
        .take(FIRST)
        .map(|(gap, criteria)| NextDatum {
            text: names.gap(&gap),
            settles: page.t1("park-settles", "count", page.count(criteria.len())),
            href: match (&chosen.first(), criteria.first()) {
                (Some(first), Some(criterion)) => criterion_href(page, &view.key.id, &first.framework, criterion),
                _ => String::new(),
            },
        })
        .collect()
}

/// What closes the open criteria of the chosen framework, cheapest known first.
fn closings(app: &App, page: &Page, view: &ParkView) -> Option<Table> {
    let report = &view.computed.report;
    let chosen = report.assessments.first()?;
    let mut open: Vec<_> = report.gap_table.iter().filter(|row| row.framework == chosen.framework).collect();
    open.sort_by(|a, b| {
        let cost = |row: &engine::report::GapRow| row.closing.as_ref().and_then(|closing| closing.investment_vnd);
        cost(a)
            .unwrap_or(f64::INFINITY)
            .total_cmp(&cost(b).unwrap_or(f64::INFINITY))
            .then_with(|| a.criterion.id.cmp(&b.criterion.id))
    });
    let names = frame::names(app, page, view);
    let rows: Vec<Vec<Cell>> = open
        .into_iter()
        .map(|row| {
            let result = &row.criterion;
            let act = match result.shortfall.as_ref().map(|shortfall| &shortfall.act) {
                Some(Act::MoreOf { .. })
                    if !may_show_amounts(view, app.catalogue, indicator_of(view, &row.framework, &result.id)) =>
                {
                    page.t("figure-suppressed")
                }
                Some(act) => names.act(act),
                None => String::new(),
            };
            let through = row.closing.as_ref().map_or_else(String::new, |closing| through(app, page, view, closing));
            let cost = row.closing.as_ref().and_then(|closing| closing.investment_vnd.map(|cost| (closing, cost)));
            let cost = match cost {
                Some((closing, cost)) if may_show_cost(view, closing) => Cell::number(page.n(cost / 1e6, 0), cost),
                Some(_) => Cell::no_number(page.t("figure-hidden"), page.t("figure-suppressed")),
                None => Cell::no_number("?", page.t("park-cost-unknown")),
            };
            let class = format!("outcome {}", wording::outcome_class(result.outcome));
            vec![
                Cell::link(
                    row.label.get(page.language),
                    criterion_href(page, &view.key.id, &row.framework, &result.id),
                )
                .in_dialog(),
                Cell::chip(class, wording::outcome(page.language, result.outcome)),
                Cell::text(if through.is_empty() { act } else { format!("{act}: {through}") }),
                cost,
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("park-criterion")),
        Column::text(page.t("park-outcome")),
        Column::text(page.t("park-act")),
        Column::number(page.t("park-cost"), page.t("park-million")),
    ];
    (!rows.is_empty()).then(|| Table::new("closings", page.t("park-closings"), columns, rows).stacked())
}

/// The enterprises or exchanges that would do it: by name where names may be shown, else how many.
fn through(app: &App, page: &Page, view: &ParkView, closing: &Closing) -> String {
    if closing.through.is_empty() {
        return String::new();
    }
    if !view.sight.shows_names() {
        return page.t1("park-through-count", "count", page.count(closing.through.len()));
    }
    let name = |id: &EnterpriseId| name_of(page, view, id).unwrap_or_default();
    let worded = closing.through.iter().map(|step| match step {
        Through::Proposal { enterprise, option } => {
            let label = app.catalogue.options.get(option).map(|option| option.label());
            format!(
                "{} ({})",
                name(enterprise),
                label.as_ref().map_or(option.as_str(), |label| label.get(page.language))
            )
        }
        Through::Exchange { giver, taker } => format!("{} → {}", name(giver), name(taker)),
    });
    worded.collect::<Vec<_>>().join(", ")
}

/// A cost that adds up what single enterprises would pay is shown like any other sum of theirs.
fn may_show_cost(view: &ParkView, closing: &Closing) -> bool {
    let key = (closing.framework.clone(), closing.criterion.clone());
    view.sight.shows_names() || view.computed.told().closings.contains(&key)
}
