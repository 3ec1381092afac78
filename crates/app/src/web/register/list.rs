//! Lists of the register by kind, with filters in the address; long ones in pages.

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::places::ProvinceEdition;
use engine::language::fold;
use engine::register::{Entry, Field, Register, RegisterKind};

use super::{is_public, words};
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, escape, html};
use crate::state::App;
use crate::web::frame::Choice;

#[derive(Template)]
#[template(path = "register_list.html")]
struct List {
    page: Page,
    title: String,
    finding: String,
    query: String,
    provinces: Vec<Choice>,
    lines: Vec<Line>,
    is_enterprises: bool,
    action: String,
    previous: Option<String>,
    next: Option<String>,
    imports_href: Option<String>,
}

struct Line {
    name: String,
    href: String,
    province: String,
    /// Parks of its sites, or what else tells it apart.
    where_it_is: String,
    detail: String,
}

/// Lines of one page.
const LINES: usize = 100;

pub async fn public(State(app): State<App>, page: Page, UrlPath(kind): UrlPath<String>) -> Result<Response, AppError> {
    let kind = RegisterKind::parse(&kind).filter(|kind| is_public(*kind)).ok_or(AppError::NotFound)?;
    let action = format!("/register/{}", kind.code());
    show(&app, page, kind, action).await
}

pub async fn enterprises(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    show(&app, page, RegisterKind::Enterprise, "/enterprises".to_string()).await
}

async fn show(app: &App, page: Page, kind: RegisterKind, action: String) -> Result<Response, AppError> {
    let register = app.register().await?;
    let provinces = &app.catalogue.provinces;
    let query = page.query.get("q").cloned().unwrap_or_default();
    let folded = fold(&query);
    let wanted: Vec<&str> = folded.split_whitespace().collect();
    let province = page.query.get("province").filter(|code| !code.is_empty()).cloned();
    let sites = Sites::of(&register, kind);
    let visible: Vec<&Entry> = register
        .of(kind)
        .filter(|entry| kind != RegisterKind::Enterprise || sites.may_see(app, &page, &register, entry))
        .collect();
    let is_wanted = |entry: &&&Entry| {
        let text = || format!("{} {}", entry.name_fold(), entry.latest().text(Field::TaxCode).unwrap_or_default());
        let has_words = wanted.is_empty() || {
            let text = text();
            wanted.iter().all(|word| text.contains(word))
        };
        let lies = |code: &String| sites.province(&register, entry, provinces, page.provinces()).as_ref() == Some(code);
        has_words && province.as_ref().is_none_or(lies)
    };
    let found: Vec<&Entry> = visible.iter().filter(is_wanted).copied().collect();
    let at = page.query.get("page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1).max(1);
    let lines = found.iter().skip((at - 1) * LINES).take(LINES);
    let turned = |to: usize| page.with("page", &to.to_string());
    let may_import = auth::may(&page.user, &Action::SeeRegisterImports).is_ok();
    let plural = page.t(&format!("register-kind-{}", kind.code()));
    html(&List {
        finding: match found.len() == visible.len() {
            true => page.t2("register-list-finding", "count", page.count(visible.len()), "kind", &plural),
            false => page.t3(
                "register-list-filtered",
                "found",
                page.count(found.len()),
                "count",
                page.count(visible.len()),
                "kind",
                &plural,
            ),
        },
        lines: lines.map(|entry| line(app, &page, &register, &sites, entry)).collect(),
        provinces: province_choices(app, &page, province.as_deref()),
        previous: (at > 1).then(|| turned(at - 1)),
        next: (at * LINES < found.len()).then(|| turned(at + 1)),
        is_enterprises: kind == RegisterKind::Enterprise,
        imports_href: may_import.then(|| "/register-imports".to_string()),
        title: page.t(&format!("register-title-{}", kind.code())),
        query,
        action,
        page,
    })
}

/// The sites of every enterprise, found once for a whole list.
struct Sites<'a> {
    by_enterprise: std::collections::BTreeMap<&'a str, Vec<&'a Entry>>,
}

impl<'a> Sites<'a> {
    fn of(register: &'a Register, kind: RegisterKind) -> Sites<'a> {
        let mut by_enterprise: std::collections::BTreeMap<&str, Vec<&Entry>> = Default::default();
        if kind == RegisterKind::Enterprise {
            for site in register.of(RegisterKind::Site) {
                if let Some(enterprise) = site.latest().text(Field::Enterprise) {
                    by_enterprise.entry(enterprise).or_default().push(site);
                }
            }
        }
        Sites { by_enterprise }
    }

    fn sites(&self, entry: &Entry) -> &[&'a Entry] {
        self.by_enterprise.get(entry.code.as_str()).map_or(&[], Vec::as_slice)
    }

    fn may_see(&self, app: &App, page: &Page, register: &Register, entry: &Entry) -> bool {
        let action = super::seen_through(register, &app.catalogue.provinces, entry, self.sites(entry));
        auth::may(&page.user, &action).is_ok()
    }

    /// Where it says itself that it is, else where its first park is.
    fn province(
        &self,
        register: &Register,
        entry: &Entry,
        provinces: &engine::catalogue::places::Provinces,
        edition: ProvinceEdition,
    ) -> Option<String> {
        let park = || register.entry(RegisterKind::Park, self.sites(entry).first()?.latest().text(Field::Park)?);
        let own = entry.latest().province(provinces, edition);
        own.or_else(|| park()?.latest().province(provinces, edition)).map(|province| province.code.clone())
    }
}

fn line(app: &App, page: &Page, register: &Register, sites: &Sites, entry: &Entry) -> Line {
    let provinces = app.catalogue.provinces.edition(page.provinces());
    let code = sites.province(register, entry, &app.catalogue.provinces, page.provinces());
    let latest = entry.latest();
    let parks: Vec<String> = sites
        .sites(entry)
        .iter()
        .filter_map(|site| Some(words::value(app, page, register, Field::Park, site.latest().text(Field::Park)?)))
        .collect();
    let told = |field: Field| latest.text(field).map(|fact| words::value(app, page, register, field, fact));
    let address = match entry.kind {
        RegisterKind::Enterprise => format!("/enterprises/{}", escape(&entry.code)),
        kind => format!("/register/{}/{}", kind.code(), escape(&entry.code)),
    };
    Line {
        name: latest.name().get(page.language).to_string(),
        href: page.at(&address),
        province: code
            .and_then(|code| provinces.get(&code))
            .map_or_else(|| "–".to_string(), |province| province.name.get(page.language).to_string()),
        where_it_is: if parks.is_empty() { told(Field::Address).unwrap_or_default() } else { parks.join("; ") },
        detail: told(Field::Isic4).or_else(|| told(Field::Sector)).or_else(|| told(Field::TaxCode)).unwrap_or_default(),
    }
}

fn province_choices(app: &App, page: &Page, chosen: Option<&str>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = app
        .catalogue
        .provinces
        .edition(page.provinces())
        .values()
        .map(|province| Choice {
            value: province.code.clone(),
            name: province.name.get(page.language).to_string(),
            is_chosen: chosen == Some(province.code.as_str()),
        })
        .collect();
    choices.sort_by_cached_key(|choice| fold(&choice.name));
    choices.insert(0, Choice { value: String::new(), name: page.t("nation-all-provinces"), is_chosen: false });
    choices
}
