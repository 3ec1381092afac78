//! The log of changes for the administrator: who did what and when, and whether the chain of hashes is whole.

mod history;
mod people;
#[cfg(test)]
mod tests;
mod words;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use store::{AuditReport, AuditRow};

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;
use crate::web::routes::{Routes, Rule};
use words::Words;

pub use history::row_href;
pub use people::People;

pub fn routes() -> Routes {
    Routes::new().get("/audit", Rule::Log, show).merge(history::routes())
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    page: Page,
    finding: String,
    /// Where the chain breaks, and why; empty where it is whole.
    broken: String,
    lines: Vec<Line>,
    shown: String,
    head: String,
}

struct Line {
    number: i64,
    at: String,
    at_value: i64,
    actor: String,
    role: String,
    action: String,
    entity: String,
    entity_id: String,
    /// Its history, where the administrator may read one.
    href: String,
    hash: String,
}

/// Rows that one page shows.
const ROWS: usize = 200;
/// Characters of a hash that are enough to compare by eye.
const HASH_SHOWN: usize = 12;

async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::SeeAudit)?;
    let report = app.store.verify_audit().await?;
    // Rows about people and the registry belong to no park, so the reader's own scope would leave them out.
    let rows = app.store.latest_audit(&auth::whole(), ROWS).await?;
    let people = People::of(&app).await?;
    let words = Words { app: &app, page: &page };
    let key = if report.broken.is_none() { "audit-finding-sound" } else { "audit-finding-broken" };
    html(&Audit {
        finding: page.t1(key, "rows", page.n(report.rows as f64, 0)),
        broken: broken(&page, &report),
        shown: page.count(rows.len()),
        lines: rows.iter().map(|row| line(&words, &people, row)).collect(),
        head: report.head.as_deref().map(short).unwrap_or_default(),
        page,
    })
}

fn broken(page: &Page, report: &AuditReport) -> String {
    match &report.broken {
        Some(link) => page.t2("audit-broken", "number", link.seq, "reason", &link.reason),
        None => String::new(),
    }
}

/// What changed is told without the amounts, and an enterprise without its name: the log shows that the rules were
/// kept, not what an enterprise declared.
fn line(words: &Words, people: &People, row: &AuditRow) -> Line {
    let page = words.page;
    let hidden = page.t("audit-an-enterprise");
    let entity_id = match &row.enterprise {
        // Which record, measure or exchange was looked at, and what somebody asked for in vain, would tell of it.
        Some(_) if row.action == "look" => hidden.clone(),
        _ if row.action == "refuse" => beginning(&row.entity_id),
        Some(enterprise) => {
            let parts = row.entity_id.split('/');
            parts
                .map(|part| if part == enterprise.as_str() { hidden.as_str() } else { part })
                .collect::<Vec<_>>()
                .join("/")
        }
        None => row.entity_id.clone(),
    };
    let href = match row.entity.as_str() {
        "user" => format!("/audit/users/{}", crate::page::escape(&row.entity_id)),
        "park" => page.at(&format!("/parks/{}/history", row.entity_id)),
        _ => String::new(),
    };
    Line {
        number: row.seq,
        at: at(row.at_us),
        at_value: row.at_us,
        actor: people.name(page, &row.actor),
        role: if row.actor_role == "system" { "–".to_string() } else { words.word("role", &row.actor_role) },
        action: words.action(row),
        entity: words.word("audit-entity", &row.entity),
        entity_id,
        href,
        hash: short(&row.hash),
    }
}

/// The part of a refused address that names no more than a park and a room of it.
fn beginning(asked: &str) -> String {
    let parts: Vec<&str> = asked.split('/').collect();
    if parts.len() <= 4 { asked.to_string() } else { format!("{}/…", parts[..4].join("/")) }
}

/// dd/MM/yyyy HH:mm:ss on Viet Nam's clock.
fn at(at_us: i64) -> String {
    match super::nation::local(at_us) {
        Some(at) => format!(
            "{} {:02}:{:02}:{:02}",
            engine::language::format_date(at.date()),
            at.hour(),
            at.minute(),
            at.second()
        ),
        None => "–".to_string(),
    }
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH_SHOWN).collect()
}
