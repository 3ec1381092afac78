//! State forms of a park and of its enterprises: the list with what is still missing, and one form row by row with where each
//! value came from.

mod act;
mod export;
mod input;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::duties::Reporter;
use engine::ids::{EnterpriseId, FormId, ParkId};
use engine::language::format_date;
use engine::park::Park;
use engine::period::Period;
use engine::report::forms::FilledForm;
use engine::report::forms::life::FormState;
use store::{FormAt, FormMark};

use crate::auth::{self, Action, ParkKey, Sight};
use crate::error::AppError;
use crate::forms::document::is_asked;
use crate::forms::{Standing, form_of, forms_of, reporting_year, standing};
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::audit::People;
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, ParkFrame};
use crate::web::routes::{Routes, Rule};
use crate::wording::{self, Names, form as words};
use rows::Section;

pub fn routes() -> Routes {
    const PARK: Rule = Rule::ParkForm;
    const ENTERPRISE: Rule = Rule::EnterpriseForm;
    Routes::new()
        .get("/parks/{park}/forms", PARK, of_park)
        .get("/parks/{park}/forms/{form}", PARK, show)
        .post("/parks/{park}/forms/{form}", Rule::WriteParkForm, act::write)
        .post("/parks/{park}/forms/{form}/submit", Rule::SubmitParkForm, act::submit)
        .post("/parks/{park}/forms/{form}/receive", Rule::ReceiveForm, act::receive)
        .get("/parks/{park}/forms/{form}/export/{format}", PARK, export::file)
        .get("/parks/{park}/enterprises/{enterprise}/forms", ENTERPRISE, of_enterprise)
        .get("/parks/{park}/enterprises/{enterprise}/forms/{form}", ENTERPRISE, show)
        .post("/parks/{park}/enterprises/{enterprise}/forms/{form}", Rule::WriteEnterpriseForm, act::write)
        .post("/parks/{park}/enterprises/{enterprise}/forms/{form}/submit", Rule::SubmitEnterpriseForm, act::submit)
        .post("/parks/{park}/enterprises/{enterprise}/forms/{form}/receive", Rule::ReceiveForm, act::receive)
        .get("/parks/{park}/enterprises/{enterprise}/forms/{form}/export/{format}", ENTERPRISE, export::file)
}

/// Park, enterprise and form of an address, by name.
type Place = UrlPath<BTreeMap<String, String>>;

/// Which report an address means: of the year after the one whose data the page shows.
pub async fn place(app: &App, page: &Page, names: &BTreeMap<String, String>) -> Result<(ParkKey, FormAt), AppError> {
    let name = |key: &str| names.get(key).ok_or(AppError::NotFound);
    let key = app.park_key(&ParkId::new(name("park")?)).await?;
    let at = FormAt {
        park: key.id.clone(),
        enterprise: names.get("enterprise").map(EnterpriseId::new),
        form: FormId::new(name("form")?),
        year: reporting_year(page.period()),
    };
    form_of(app.catalogue, &at).ok_or(AppError::NotFound)?;
    Ok((key, at))
}

/// The address of a report; `rest` is what follows it.
pub fn address(page: &Page, at: &FormAt, rest: &str) -> String {
    let form = crate::page::escape(at.form.as_str());
    page.at(&format!("{}/forms/{form}{rest}", reporter_path(at)))
}

fn reporter_path(at: &FormAt) -> String {
    match &at.enterprise {
        Some(enterprise) => format!("/parks/{}/enterprises/{enterprise}", at.park),
        None => format!("/parks/{}", at.park),
    }
}

#[derive(Template)]
#[template(path = "forms.html")]
struct FormsPage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    forms: Table,
    /// Reports of enterprises, for those who see them by name or receive them.
    enterprises: Option<Table>,
    obligations_href: String,
}

async fn of_park(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let enterprises = enterprises(&app, &page, &view).await?;
    let name = view.computed.park.name.get(page.language).to_string();
    list(&app, page, &view, None, name, enterprises).await
}

async fn of_enterprise(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    let name = view.computed.park.enterprise(&id).ok_or(AppError::NotFound)?.name.get(page.language).to_string();
    list(&app, page, &view, Some(id), name, None).await
}

async fn list(
    app: &App,
    page: Page,
    view: &ParkView,
    enterprise: Option<EnterpriseId>,
    name: String,
    enterprises: Option<Table>,
) -> Result<Response, AppError> {
    let reporter = if enterprise.is_some() { Reporter::Enterprise } else { Reporter::Park };
    let year = reporting_year(page.period());
    let (mut rows, mut handed_in) = (Vec::new(), 0);
    for form in forms_of(app.catalogue, reporter) {
        let at = FormAt { park: view.key.id.clone(), enterprise: enterprise.clone(), form, year };
        let standing = standing(app, &page.user, &view.key, at).await?;
        handed_in += usize::from(!standing.state.may_be_written());
        rows.push(row(app, &page, &standing));
    }
    let finding = page.t3(
        "form-list-finding",
        "year",
        i32::from(year),
        "handed",
        page.count(handed_in),
        "all",
        page.count(rows.len()),
    );
    let columns = vec![
        Column::text(page.t("form-number")),
        Column::text(page.t("form-title")),
        Column::text(page.t("form-state")),
        Column::number(page.t("form-missing"), ""),
    ];
    // An enterprise's duties are for those who see the enterprise; the board sees what is handed in to it.
    let obligations = match &enterprise {
        None => format!("/parks/{}/obligations", view.key.id),
        Some(id) if auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone())).is_ok() => {
            format!("/parks/{}/enterprises/{id}/obligations", view.key.id)
        }
        Some(_) => String::new(),
    };
    html(&FormsPage {
        name,
        finding,
        forms: Table::new("forms", page.t("form-list-title"), columns, rows).stacked(),
        enterprises,
        obligations_href: if obligations.is_empty() { obligations } else { page.at(&obligations) },
        frame: ParkFrame::of(app, &page, view, "report"),
        page,
    })
}

fn row(app: &App, page: &Page, standing: &Standing) -> Vec<Cell> {
    let form = form_of(app.catalogue, &standing.at);
    let title = form.map_or_else(String::new, |form| form.title.get(page.language).to_string());
    let number = form.map_or_else(|| standing.at.form.to_string(), |form| words::called(page.language, &form.number));
    let missing = standing.form.as_ref().map(missing);
    vec![
        Cell::link(number, address(page, &standing.at, "")),
        Cell::text(title),
        Cell::chip(format!("state {}", state_class(&standing.state)), state_since(page, &standing.state)),
        match missing {
            Some(count) => Cell::number(page.count(count), count as f64),
            None => Cell::no_number("?", page.t("form-closed-draft")),
        },
    ]
}

fn missing(form: &FilledForm) -> usize {
    form.fields.iter().filter(|row| row.is_missing()).count()
}

fn state_since(page: &Page, state: &FormState) -> String {
    let word = words::state(page.language, state);
    match state {
        FormState::Draft => word,
        FormState::Submitted { on } | FormState::Returned { on, .. } | FormState::Received { on } => {
            format!("{word}, {}", format_date(*on))
        }
    }
}

/// Class of the style sheet for a state; the words say the rest.
fn state_class(state: &FormState) -> &'static str {
    match state {
        FormState::Draft => "open",
        FormState::Submitted { .. } => "completed",
        FormState::Returned { .. } => "reopened",
        FormState::Received { .. } => "approved",
    }
}

/// How far the enterprises' own reports are. Whoever does not see every enterprise reads of those that have handed one in.
async fn enterprises(app: &App, page: &Page, view: &ParkView) -> Result<Option<Table>, AppError> {
    let (key, year) = (&view.key, reporting_year(page.period()));
    let marks = app.store.form_marks(&page.user.scope_of_reports(key), &key.id, year).await?;
    let mut rows = Vec::new();
    for form in forms_of(app.catalogue, Reporter::Enterprise) {
        for enterprise in &view.computed.park.enterprises {
            let at = FormAt { park: key.id.clone(), enterprise: Some(enterprise.id.clone()), form: form.clone(), year };
            let current = marks.iter().find(|mark| mark.is_current && mark.at == at);
            if current.is_none() && view.sight != Sight::Whole {
                continue;
            }
            let state = current.map_or(FormState::Draft, |mark| mark.state.clone());
            rows.push(vec![
                Cell::link(enterprise.name.get(page.language), address(page, &at, "")),
                Cell::text(
                    form_of(app.catalogue, &at)
                        .map_or_else(String::new, |form| words::called(page.language, &form.number)),
                ),
                Cell::chip(format!("state {}", state_class(&state)), state_since(page, &state)),
            ]);
        }
    }
    let columns = ["form-enterprise", "form-number", "form-state"].map(|key| Column::text(page.t(key)));
    Ok((!rows.is_empty()).then(|| Table::new("enterprises", page.t("form-enterprises"), columns.into(), rows)))
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    page: Page,
    frame: ParkFrame,
    /// Who reports, with their page.
    name: String,
    own_href: String,
    list_href: String,
    number: String,
    title: String,
    finding: String,
    facts: Vec<(String, String)>,
    state_class: &'static str,
    state_word: String,
    /// What the board wants changed.
    reason: String,
    faults: Vec<(String, String)>,
    sections: Vec<Section>,
    is_closed_draft: bool,
    may_write: bool,
    may_submit: bool,
    may_receive: bool,
    warnings: Vec<(String, String)>,
    contradictions: Vec<String>,
    steps: Vec<String>,
    downloads: Vec<(String, String)>,
    address: String,
    submit_href: String,
    receive_href: String,
}

async fn show(State(app): State<App>, page: Page, UrlPath(names): Place) -> Result<Response, AppError> {
    let (key, at) = place(&app, &page, &names).await?;
    let standing = standing(&app, &page.user, &key, at).await?;
    render(&app, page, standing, &BTreeMap::new(), Vec::new()).await
}

/// The page of a form; `typed` is what was sent and not kept, `faults` why.
async fn render(
    app: &App,
    page: Page,
    standing: Standing,
    typed: &BTreeMap<String, String>,
    faults: Vec<(String, String)>,
) -> Result<Response, AppError> {
    let at = &standing.at;
    let view = frame::view_of_records(app, &page, at.park.as_str()).await?;
    let form = form_of(app.catalogue, at).ok_or(AppError::NotFound)?;
    let park = &view.computed.park;
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(park) };
    let people = People::of(app).await?;
    let sections = match &standing.form {
        Some(filled) => rows::sections(app, &page, &standing, filled, park, &people, typed),
        None => Vec::new(),
    };
    let warnings = standing.form.iter().flat_map(|filled| {
        filled.warnings.iter().map(|one| (rows::anchor(one.field()), words::warning(&names, filled, one)))
    });
    let name = match &at.enterprise {
        Some(id) => park.enterprise(id).ok_or(AppError::NotFound)?.name.get(page.language),
        None => park.name.get(page.language),
    };
    let reason = match &standing.state {
        FormState::Returned { reason, .. } => reason.clone(),
        _ => String::new(),
    };
    html(&FormPage {
        name: name.to_string(),
        own_href: page.at(&reporter_path(at)),
        list_href: page.at(&format!("{}/forms", reporter_path(at))),
        number: words::called(page.language, &form.number),
        title: form.title.get(page.language).to_string(),
        finding: finding(&page, &standing),
        facts: facts(&page, &standing, form),
        state_class: state_class(&standing.state),
        state_word: state_since(&page, &standing.state),
        reason,
        faults,
        is_closed_draft: standing.form.is_none(),
        may_write: standing.may.write,
        may_submit: standing.may.submit,
        may_receive: standing.may.receive,
        warnings: warnings.collect(),
        contradictions: form.contradictions.iter().map(|label| label.get(page.language).to_string()).collect(),
        steps: standing.marks.iter().map(|mark| step(&page, park, &people, mark)).collect(),
        downloads: if standing.form.is_some() { downloads(&page, at) } else { Vec::new() },
        address: address(&page, at, ""),
        submit_href: address(&page, at, "/submit"),
        receive_href: address(&page, at, "/receive"),
        sections,
        frame: ParkFrame::of(app, &page, &view, "report"),
        page,
    })
}

fn finding(page: &Page, standing: &Standing) -> String {
    let Some(form) = &standing.form else { return page.t("form-finding-closed") };
    let all = form.fields.iter().filter(|row| is_asked(row)).count();
    let filled = form.fields.iter().filter(|row| row.value().is_some()).count();
    page.t3("form-finding", "filled", page.count(filled), "all", page.count(all), "missing", page.count(missing(form)))
}

fn facts(page: &Page, standing: &Standing, form: &engine::catalogue::forms::Form) -> Vec<(String, String)> {
    let year = standing.at.year;
    let data = Period::year(year - 1).map_or_else(String::new, |period| wording::period(page.language, &period));
    let mut facts = vec![
        (page.t("form-year"), year.to_string()),
        (page.t("form-data-of"), data),
        (page.t("form-reporter"), form.reporter.get(page.language).to_string()),
        (page.t("form-recipient"), form.recipient.get(page.language).to_string()),
        (page.t("form-legal-basis"), form.legal_basis.get(page.language).to_string()),
        (page.t("form-source"), form.source.get(page.language).to_string()),
    ];
    facts.extend(standing.digest.as_ref().map(|digest| (page.t("form-digest"), digest.chars().take(12).collect())));
    facts
}

/// Who took a step when, with the reason or the digest.
fn step(page: &Page, park: &Park, people: &People, mark: &FormMark) -> String {
    let at = crate::web::park::moment(mark.marked_at_us, park.utc_offset_h);
    let (what, by) = (words::state(page.language, &mark.state), people.name(page, &mark.marked_by));
    let text = page.t3("form-step", "what", what, "by", by, "at", at);
    match (&mark.state, &mark.digest) {
        (FormState::Returned { reason, .. }, _) => format!("{text}: {reason}"),
        (_, Some(digest)) => {
            format!("{text} ({} {})", page.t("form-digest"), digest.chars().take(12).collect::<String>())
        }
        _ => text,
    }
}

fn downloads(page: &Page, at: &FormAt) -> Vec<(String, String)> {
    let mut downloads = Vec::new();
    for (format, languages) in export::FORMATS {
        for language in *languages {
            let path = address(page, at, &format!("/export/{format}"));
            let href = crate::web::figures::with_pair(path, "lang", language.code());
            let name = match *format {
                "json" => "JSON".to_string(),
                _ => format!("{} ({})", format.to_uppercase(), page.t(&format!("report-language-{}", language.code()))),
            };
            downloads.push((href, name));
        }
    }
    downloads
}
