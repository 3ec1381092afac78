//! One entry of the register through time, with its source, and what belongs to it.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::register::{Entry, Field, Register, RegisterKind};

use super::words::{self, Told};
use super::{is_public, may_see};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;

#[derive(Template)]
#[template(path = "register_entry.html")]
struct EntryPage {
    page: Page,
    name: String,
    other_name: String,
    finding: String,
    list_title: String,
    list_href: String,
    states: Vec<StateLine>,
    related_title: String,
    related: Vec<(String, String)>,
}

pub struct StateLine {
    pub validity: String,
    /// Its name then, where that is not the name now.
    pub name: String,
    pub facts: Vec<Told>,
    pub source: String,
    pub licence: String,
    pub stated_on: String,
}

pub async fn public(
    State(app): State<App>,
    page: Page,
    UrlPath((kind, code)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let kind = RegisterKind::parse(&kind).filter(|kind| is_public(*kind)).ok_or(AppError::NotFound)?;
    show(&app, page, kind, &code).await
}

/// An enterprise that the reader may not see is not there for them.
pub async fn enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath(code): UrlPath<String>,
) -> Result<Response, AppError> {
    let register = app.register().await?;
    let found = register.entry(RegisterKind::Enterprise, &code).ok_or(AppError::NotFound)?;
    if !may_see(&page.user, &register, &app.catalogue.provinces, found) {
        return Err(AppError::NotFound);
    }
    show(&app, page, RegisterKind::Enterprise, &code).await
}

async fn show(app: &App, page: Page, kind: RegisterKind, code: &str) -> Result<Response, AppError> {
    let register = app.register().await?;
    let entry = register.entry(kind, code).ok_or(AppError::NotFound)?;
    let related = related(app, &page, &register, entry);
    let latest = entry.latest();
    let list_href = match kind {
        RegisterKind::Enterprise => "/enterprises".to_string(),
        kind => format!("/register/{}", kind.code()),
    };
    html(&EntryPage {
        name: latest.name().get(page.language).to_string(),
        other_name: latest.name().get(page.language.other()).to_string(),
        finding: page.t2(
            "register-entry-finding",
            "states",
            page.count(entry.states.len()),
            "related",
            page.count(related.len()),
        ),
        list_title: page.t(&format!("register-title-{}", kind.code())),
        list_href: page.at(&list_href),
        states: states(app, &page, &register, entry),
        related_title: page.t(if kind == RegisterKind::Enterprise { "register-sites" } else { "register-parks" }),
        related,
        page,
    })
}

/// The states of an entry, the newest first.
pub fn states(app: &App, page: &Page, register: &Register, entry: &Entry) -> Vec<StateLine> {
    let now = entry.latest().name();
    let line = |state: &engine::register::State| StateLine {
        validity: words::validity(page, state),
        name: if state.name() == now { String::new() } else { state.name().get(page.language).to_string() },
        facts: words::told(app, page, register, state),
        source: state.source.clone(),
        licence: state.licence.clone(),
        stated_on: state.stated_on.map(engine::language::format_date).unwrap_or_default(),
    };
    entry.states.iter().rev().map(line).collect()
}

/// The sites of an enterprise; the parks of a zone, a developer or an authority.
fn related(app: &App, page: &Page, register: &Register, entry: &Entry) -> Vec<(String, String)> {
    if entry.kind == RegisterKind::Enterprise {
        return register
            .sites(Field::Enterprise, &entry.code)
            .filter_map(|site| {
                let park = site.latest().text(Field::Park)?;
                let address = site.latest().text(Field::Address).map(|at| format!(", {at}")).unwrap_or_default();
                let name = words::value(app, page, register, Field::Park, park);
                Some((format!("{name}{address}"), page.at(&format!("/registry/{}", escape(park)))))
            })
            .collect();
    }
    let field = match entry.kind {
        RegisterKind::Zone => Field::Zone,
        RegisterKind::Developer => Field::Developer,
        _ => Field::Authority,
    };
    let names = [entry.latest().text(Field::NameVi), entry.latest().text(Field::NameEn), Some(entry.code.as_str())];
    register
        .of(RegisterKind::Park)
        .filter(|park| park.latest().text(field).is_some_and(|named| names.contains(&Some(named))))
        .map(|park| {
            let href = page.at(&format!("/registry/{}", escape(&park.code)));
            (park.name().get(page.language).to_string(), href)
        })
        .collect()
}
