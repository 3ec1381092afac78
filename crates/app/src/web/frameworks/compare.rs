//! What an edition changes in another, row by row.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::frameworks::Framework;
use engine::catalogue::frameworks::compare::{Change, MatchedBy, RowChange, compare};
use engine::ids::CriterionId;

use super::{every, find, path};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::frame::Choice;

#[derive(Template)]
#[template(path = "framework_compare.html")]
struct Compared {
    page: Page,
    name: String,
    former: String,
    first_line: String,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    back: String,
}

struct Row {
    former: String,
    later: String,
    label: String,
    change: String,
    class: &'static str,
    matched: String,
    fields: Vec<(String, String, String)>,
}

/// Against the edition in `with`, else the one it replaces, else the first other.
pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath(framework): UrlPath<String>,
) -> Result<Response, AppError> {
    let later = find(&app, &framework).await?.framework;
    let others: Vec<Framework> =
        every(&app).await?.into_iter().map(|one| one.framework).filter(|one| one.id != later.id).collect();
    let wanted = page.query.get("with").map(String::as_str).filter(|id| !id.is_empty());
    let wanted = wanted.or(later.replaces.as_ref().map(|id| id.as_str()));
    let former = match wanted {
        Some(id) => others.iter().find(|one| one.id.as_str() == id),
        None => others.first(),
    };
    let former = former.ok_or(AppError::NotFound)?;
    let comparison = compare(former, &later);
    let count = |change| page.count(comparison.count(change));
    let changed = format!(
        "{}; {}",
        page.t2("compare-first", "same", count(Change::Same), "changed", count(Change::Changed)),
        page.t2("compare-first-rest", "added", count(Change::Added), "removed", count(Change::Removed)),
    );
    html(&Compared {
        name: format!("{} ({})", later.name, later.version),
        former: format!("{} ({})", former.name, former.version),
        first_line: changed,
        choices: others
            .iter()
            .map(|one| Choice {
                value: one.id.to_string(),
                name: format!("{} ({})", one.name, one.version),
                is_chosen: one.id == former.id,
            })
            .collect(),
        rows: comparison.rows.iter().map(|change| row(&page, former, &later, change)).collect(),
        back: page.at(&path(&later.id)),
        page,
    })
}

fn row(page: &Page, former: &Framework, later: &Framework, change: &RowChange) -> Row {
    let id = |id: &Option<CriterionId>| id.as_ref().map(ToString::to_string).unwrap_or_default();
    let of_later = change.later.as_ref().and_then(|id| later.criterion(id));
    let criterion = of_later.or_else(|| change.former.as_ref().and_then(|id| former.criterion(id)));
    let (key, class) = match change.change {
        Change::Same => ("compare-same", "not-applicable"),
        Change::Changed => ("compare-changed", "not-met"),
        Change::Added => ("compare-added", "met"),
        Change::Removed => ("compare-removed", "unknown"),
    };
    Row {
        former: id(&change.former),
        later: id(&change.later),
        label: criterion.map_or(String::new(), |row| page.label(&row.label).to_string()),
        change: page.t(key),
        class,
        matched: change.matched_by.map_or(String::new(), |by| page.t(matched_key(by))),
        fields: change
            .fields
            .iter()
            .map(|field| (field.field.to_string(), told(&field.former), told(&field.later)))
            .collect(),
    }
}

fn matched_key(by: MatchedBy) -> &'static str {
    match by {
        MatchedBy::Replaces => "matched-replaces",
        MatchedBy::Id => "matched-id",
        MatchedBy::Topic => "matched-topic",
    }
}

fn told(value: &str) -> String {
    if value.is_empty() { "–".to_string() } else { value.to_string() }
}
