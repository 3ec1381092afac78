//! Observe: what was handed in, what is missing, what looks wrong, and the way to hand in more.

mod calls;
pub mod findings;
mod gaps;
mod import;
pub use import::{locked, not_shared};
pub mod periods;
mod tables;
#[cfg(test)]
pub mod tests;
mod workbook;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::observe::Severity;

use crate::auth::{self, Action, Sight};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::figures::table::Table;
use crate::web::frame::{self, ParkFrame};
use crate::web::meters::list::{self, MeterList};
use crate::web::routes::{Routes, Rule};
use findings::Judged;

pub use tables::is_of;

pub fn routes() -> Routes {
    Routes::new()
        .get("/parks/{park}/observe", Rule::Park, show)
        .get("/parks/{park}/gaps", Rule::WholePark, calls::ranked)
        .get("/parks/{park}/enterprises/{enterprise}/call", Rule::Enterprise, calls::letter)
        .get("/parks/{park}/enterprises/{enterprise}/call.pdf", Rule::Enterprise, calls::pdf)
        .get("/parks/{park}/import", Rule::ImportPark, import::page)
        .post("/parks/{park}/import", Rule::ImportPark, import::receive)
        .get("/parks/{park}/workbook.xlsx", Rule::ImportPark, workbook::of_the_park)
        .get("/template.xlsx", Rule::Public, workbook::blank)
}

#[derive(Template)]
#[template(path = "observe.html")]
struct ObservePage {
    page: Page,
    frame: ParkFrame,
    finding: String,
    totals: Table,
    has_hidden: bool,
    enterprises: Option<Table>,
    own_href: String,
    gaps: Option<Table>,
    gaps_title: String,
    /// The ranked gaps with the calls for data; empty for those who do not see every enterprise.
    gaps_href: String,
    findings: Option<Table>,
    findings_title: String,
    answered: Option<Table>,
    answered_title: String,
    periods: Option<Table>,
    meters: MeterList,
    /// Addresses for those who may replace the park's data; empty for the others.
    import_href: String,
    workbook_href: String,
}

async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_begun(&app, &page, &park).await?;
    let balance = &view.computed.report.balance;
    let judged = findings::judged(&app, &page, &view).await?;
    let marks = app.store.period_marks(&page.user.scope(), &view.key.id).await?;
    let open_judged = judged.iter().filter(|one| one.answer.is_none()).count();
    let (open, suspicious) = if view.sight.names_any() {
        let is_suspicious = |one: &&Judged| one.answer.is_none() && one.finding.severity < Severity::Notice;
        (open_judged, judged.iter().filter(is_suspicious).count())
    } else {
        (balance.findings.len(), balance.suspicious())
    };
    let (open_findings, answered) = findings::tables(&app, &page, &view, &judged);
    let finding = page.t3(
        "observe-finding",
        "covered",
        page.count(balance.months_covered),
        "expected",
        page.count(balance.months_expected),
        "suspicions",
        page.count(suspicious),
    );
    let (totals, has_hidden) = tables::totals(&app, &page, &view);
    let may_import = auth::may(&page.user, &Action::ImportPark(view.key.clone())).is_ok();
    let own_href = match &view.sight {
        Sight::Own(own) => page.at(&format!("/parks/{}/enterprises/{own}", view.key.id)),
        _ => String::new(),
    };
    let meters = list::of(&app, &page, &view, None).await?;
    html(&ObservePage {
        finding,
        totals,
        has_hidden,
        enterprises: (view.sight == Sight::Whole).then(|| tables::enterprises(&app, &page, &view)),
        own_href,
        gaps_href: if view.sight.shows_names() {
            page.at(&format!("/parks/{}/gaps", view.key.id))
        } else {
            String::new()
        },
        gaps: gaps::table(&app, &page, &view),
        gaps_title: page.t1("observe-gaps", "count", page.count(balance.gaps.len())),
        findings_title: page.t1("observe-suspicions", "count", page.count(open)),
        findings: open_findings,
        answered_title: page.t1("observe-answered", "count", page.count(judged.len() - open_judged)),
        answered,
        periods: periods::matrix(&page, &view, &marks),
        meters,
        import_href: if may_import { format!("/parks/{}/import", view.key.id) } else { String::new() },
        workbook_href: if may_import { format!("/parks/{}/workbook.xlsx", view.key.id) } else { String::new() },
        frame: ParkFrame::of(&app, &page, &view, "observe"),
        page,
    })
}
