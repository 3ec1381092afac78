//! What the palette finds: parks, enterprises, provinces of both editions, developers, pages, criteria, options and
//! documents, without regard to diacritics. Nobody finds what they may not open.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::catalogue::Catalogue;
use engine::catalogue::places::ProvinceEdition;
use engine::ids::ParkId;
use engine::language::Label;
use serde::Serialize;

use crate::auth::{self, Action};
use crate::error::{ApiError, AppError};
use crate::page::{Page, escape};
use crate::search::{Detail, Index, Item};
use crate::state::App;

#[derive(Serialize)]
struct Answer {
    results: Vec<Hit>,
}

#[derive(Clone, Serialize)]
pub struct Hit {
    title: String,
    detail: String,
    href: String,
    kind: &'static str,
}

/// Hits that are answered.
const MOST: usize = 12;
/// Longest query that is looked at, in characters.
const LONGEST_QUERY: usize = 100;

pub async fn answer(State(app): State<App>, page: Page) -> Result<Response, ApiError> {
    let query: String = page.query.get("q").map_or("", String::as_str).chars().take(LONGEST_QUERY).collect();
    let names = app.index().await?;
    let here = of_reader(&app, &page).await?;
    let may_find = |item: &Item| auth::may(&page.user, &item.action).is_ok();
    // Pages, criteria and options are few and come after the names of things.
    let mut found = names.find(&query, MOST, may_find);
    found.extend(here.find(&query, MOST - found.len(), may_find));
    let results = found.into_iter().map(|item| hit(&page, item)).collect();
    Ok(Json(Answer { results }).into_response())
}

fn hit(page: &Page, item: &Item) -> Hit {
    let detail = match &item.detail {
        Detail::None => String::new(),
        Detail::Text(text) => text.get(page.language).to_string(),
        Detail::Key(key) => page.t(key),
        Detail::Province(of) => {
            let [before, after] = of.as_ref();
            let chosen = if page.provinces() == ProvinceEdition::Before { before } else { after };
            chosen.as_ref().map(|name| name.get(page.language).to_string()).unwrap_or_default()
        }
    };
    // What names its own context keeps it.
    let href = if item.path.contains('?') { item.path.clone() } else { page.at(&item.path) };
    Hit { title: item.title.get(page.language).to_string(), detail, href, kind: item.kind }
}

const STEPS: [&str; 6] = ["observe", "assess", "matching", "plan", "verify", "report"];

/// What there is to find for this reader beside the names: pages, and the criteria, options and documents of a park
/// that they may open.
async fn of_reader(app: &App, page: &Page) -> Result<Index, AppError> {
    let mut index = Index::default();
    pages(page, &mut index);
    // Criteria and options are read in a park; those who may open none have no page for them.
    let mut park = page.own_park().cloned();
    if park.is_none() && page.user.is_signed_in() {
        let parks = app.store.list_parks(&auth::whole()).await?;
        let may_see = |park: &store::ParkSummary| {
            auth::may(&page.user, &Action::SeePark(app.key_of(park.id.clone(), &park.province))).is_ok()
        };
        park = parks.into_iter().find(may_see).map(|park| park.id);
    }
    if let Some(park) = park {
        let key = app.park_key(&park).await?;
        if auth::may(&page.user, &Action::SeePark(key.clone())).is_ok() {
            let may_have_files = auth::may(&page.user, &Action::SeeWholePark(key)).is_ok();
            let catalogue = app.whole_catalogue().await?;
            criteria_options_and_documents(&catalogue, page, &park, may_have_files, &mut index);
        }
    }
    Ok(index)
}

fn pages(page: &Page, index: &mut Index) {
    let mut pages =
        vec![("frame-nation".to_string(), "/".to_string()), ("frame-parks".to_string(), "/parks".to_string())];
    if let Some(park) = page.own_park() {
        pages.push(("frame-own-park".to_string(), format!("/parks/{park}")));
        pages.extend(STEPS.map(|step| (format!("step-{step}"), format!("/parks/{park}/{step}"))));
    }
    if !page.user.is_signed_in() {
        pages.push(("frame-sign-in".to_string(), "/sign-in".to_string()));
    }
    for (key, path, action) in [
        ("frame-audit", "/audit", Action::SeeAudit),
        ("frame-enterprises", "/enterprises", Action::SeeRegister),
        ("register-imports-title", "/register-imports", Action::SeeRegisterImports),
        ("editions-title", "/frameworks", Action::SeeOwnAccount),
        ("law-title", "/law-map", Action::SeeOwnAccount),
        ("example-title", "/worked-example", Action::SeeOwnAccount),
    ] {
        if auth::may(&page.user, &action).is_ok() {
            pages.push((key.to_string(), path.to_string()));
        }
    }
    pages.extend(
        ["zone", "developer", "authority"].map(|kind| (format!("register-title-{kind}"), format!("/register/{kind}"))),
    );
    for (key, path) in pages {
        let title = both(|language| crate::words::text(language, &key));
        let detail = Detail::Key("nation-search-page".to_string());
        index.add(Item::new("page", title, detail, path, Action::SeePublic), "");
    }
}

fn both(text: impl Fn(engine::language::Language) -> String) -> Label {
    Label::new(text(engine::language::Language::Vi), text(engine::language::Language::En))
}

fn criteria_options_and_documents(
    catalogue: &Catalogue,
    page: &Page,
    park: &ParkId,
    may_have_files: bool,
    index: &mut Index,
) {
    for framework in catalogue.frameworks.values() {
        let name = both(|language| crate::wording::framework(catalogue, language, &framework.id));
        for criterion in &framework.criteria {
            let path = format!("/parks/{park}/assess/{}", escape(criterion.id.as_str()));
            let path = at_framework(page.clone(), &path, framework.id.as_str());
            let detail = Detail::Text(name.clone());
            index.add(
                Item::new("criterion", criterion.label.clone(), detail, path, Action::SeePublic),
                criterion.id.as_str(),
            );
        }
        let path = at_framework(page.clone(), &format!("/parks/{park}/assess"), framework.id.as_str());
        let detail = Detail::Key("nation-search-framework".to_string());
        index.add(Item::new("document", name, detail, path, Action::SeePublic), framework.id.as_str());
    }
    for option in catalogue.options.values() {
        let path = format!("/parks/{park}/plan/{}", escape(option.id.as_str()));
        let detail = Detail::Key("nation-search-option".to_string());
        index.add(Item::new("option", option.label(), detail, path, Action::SeePublic), option.id.as_str());
    }
    if may_have_files {
        for (key, file) in [
            ("search-report-pdf", "report.pdf"),
            ("search-report-xlsx", "report.xlsx"),
            ("search-workbook", "workbook.xlsx"),
        ] {
            let title = both(|language| crate::words::text(language, key));
            let detail = Detail::Key("nation-search-document".to_string());
            let path = format!("/parks/{park}/{file}");
            index.add(Item::new("document", title, detail, path, Action::SeePublic), file);
        }
    }
}

/// An address in the page's context but for the framework.
fn at_framework(mut page: Page, path: &str, framework: &str) -> String {
    page.query.insert("framework".to_string(), framework.to_string());
    page.at(path)
}
