//! Evidence files of an enterprise: attached to a record or an answer, listed with their hash, handed out as downloads.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::multipart::MultipartError;
use axum::extract::{Form, Multipart, Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::period::Period;
use store::{Evidence, EvidenceAt, EvidenceError, LARGEST_EVIDENCE, MOST_EVIDENCE, NewEvidence, Proves, Subject};

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::files::kind::{KINDS, media_type, plain_name};
use crate::page::{Page, escape, html};
use crate::state::{App, ParkView};
use crate::web::frame::{self, ParkFrame};
use crate::wording::{self, Names, finding};

/// Files of one record or answer, with the place to attach another.
pub struct Files {
    pub files: Vec<File>,
    pub upload_href: String,
    /// Hidden fields that say what the next file proves.
    pub fields: Vec<(&'static str, String)>,
    pub accept: String,
    /// Why the content is not open to the reader; empty where it is.
    pub closed: String,
}

pub struct File {
    pub name: String,
    pub size: String,
    pub sha256: String,
    pub by: String,
    pub at: String,
    pub href: String,
    pub withdraw_href: String,
    /// What it proves, where the list is of several things.
    pub proves: String,
}

impl Files {
    /// The files of one thing.
    pub async fn of(
        app: &App,
        page: &Page,
        view: &ParkView,
        id: &EnterpriseId,
        proves: &Proves,
    ) -> Result<Files, AppError> {
        let all = app.store.evidence(&page.user.scope(), &view.key.id).await?;
        let people = super::people(app, page).await?;
        Ok(Files::among(app, page, view, id, proves, &all, &people))
    }

    pub fn among(
        app: &App,
        page: &Page,
        view: &ParkView,
        id: &EnterpriseId,
        proves: &Proves,
        all: &[Evidence],
        people: &BTreeMap<String, String>,
    ) -> Files {
        let own = all.iter().filter(|one| one.enterprise == *id && one.proves == *proves);
        let fields = match proves {
            Proves::Record { resource, period } => {
                vec![("resource", resource.to_string()), ("period", period.to_string())]
            }
            Proves::Answer { finding } => vec![("finding", finding.clone())],
        };
        let is_open = page.user.scope().covers_subject(&view.key.id, id, Subject::Costs);
        Files {
            files: own.map(|one| file(app, page, view, one, people)).collect(),
            upload_href: page.at(&address(&view.key.id, id)),
            fields,
            accept: KINDS.map(|(kind, _)| format!(".{kind}")).join(","),
            closed: if is_open { String::new() } else { page.t("evidence-closed") },
        }
    }
}

fn address(park: &ParkId, enterprise: &EnterpriseId) -> String {
    format!("/parks/{park}/enterprises/{enterprise}/evidence")
}

fn file(app: &App, page: &Page, view: &ParkView, one: &Evidence, people: &BTreeMap<String, String>) -> File {
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let address = address(&view.key.id, &one.enterprise);
    let kilobytes = one.bytes as f64 / 1_024.0;
    File {
        name: one.file_name.clone(),
        size: page.n(kilobytes, wording::decimals(kilobytes).min(1)),
        sha256: one.sha256.clone(),
        by: people.get(&one.added_by).unwrap_or(&one.added_by).clone(),
        at: crate::web::park::moment(one.added_at_us, view.computed.park.utc_offset_h),
        href: page.at(&format!("{address}/{}", one.id)),
        withdraw_href: page.at(&format!("{address}/{}/withdraw", one.id)),
        proves: match &one.proves {
            Proves::Record { resource, period } => {
                format!("{}, {}", names.resource(resource), wording::period(page.language, period))
            }
            Proves::Answer { finding: key } => {
                let rule = key.split('/').next().unwrap_or_default();
                page.t1("evidence-of-answer", "rule", finding::rule(page.language, rule))
            }
        },
    }
}

#[derive(Template)]
#[template(path = "enterprise_evidence.html")]
struct EvidencePage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    faults: Vec<String>,
    files: Vec<File>,
    closed: String,
    own_href: String,
}

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    list(&app, page, &view, &EnterpriseId::new(enterprise), Vec::new()).await
}

/// Every file of the enterprise; `faults` say why one was not taken.
async fn list(
    app: &App,
    page: Page,
    view: &ParkView,
    id: &EnterpriseId,
    faults: Vec<String>,
) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::SeeEnterprise(view.key.clone(), id.clone()))?;
    let enterprise = view.computed.park.enterprise(id).ok_or(AppError::NotFound)?;
    let people = super::people(app, &page).await?;
    let all = app.store.evidence(&page.user.scope(), &view.key.id).await?;
    let files: Vec<File> =
        all.iter().filter(|one| one.enterprise == *id).map(|one| file(app, &page, view, one, &people)).collect();
    let is_open = page.user.scope().covers_subject(&view.key.id, id, Subject::Costs);
    let has_failed = !faults.is_empty();
    let response = html(&EvidencePage {
        name: enterprise.name.get(page.language).to_string(),
        finding: page.t1("evidence-finding", "count", page.count(files.len())),
        faults,
        files,
        closed: if is_open { String::new() } else { page.t("evidence-closed") },
        own_href: page.at(&format!("/parks/{}/enterprises/{id}", view.key.id)),
        frame: ParkFrame::of(app, &page, view, "observe"),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

/// What the form sent.
#[derive(Default)]
struct Upload {
    fields: BTreeMap<String, String>,
    name: String,
    bytes: Vec<u8>,
}

async fn read(mut form: Multipart) -> Result<Upload, MultipartError> {
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default().to_string().as_str() {
            "file" => {
                upload.name = plain_name(field.file_name().unwrap_or_default());
                upload.bytes = field.bytes().await?.to_vec();
            }
            other => {
                let name = other.to_string();
                upload.fields.insert(name, field.text().await?);
            }
        }
    }
    Ok(upload)
}

/// What the form says that the file proves.
fn proves(fields: &BTreeMap<String, String>) -> Option<Proves> {
    if let Some(finding) = fields.get("finding") {
        return Some(Proves::Answer { finding: finding.clone() });
    }
    let period = Period::parse(fields.get("period")?)?;
    Some(Proves::Record { resource: ResourceId::new(fields.get("resource")?.as_str()), period })
}

pub async fn attach(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
    form: Multipart,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(enterprise);
    let upload = match read(form).await {
        Ok(upload) => upload,
        Err(error) => return list(&app, page, &view, &id, vec![page_fault(&error)]).await,
    };
    let proves = proves(&upload.fields).ok_or(AppError::NotFound)?;
    let mut faults = Vec::new();
    if upload.bytes.len() > LARGEST_EVIDENCE {
        faults.push(page.t1("evidence-fault-size", "most", page.count(LARGEST_EVIDENCE / (1024 * 1024))));
    }
    let kind = media_type(&upload.name, &upload.bytes);
    if let Err(found) = &kind {
        let expected = KINDS.map(|(kind, _)| kind).join(", ");
        faults.push(page.t2("evidence-fault-kind", "found", found, "expected", expected));
    }
    if let (Ok(media_type), true) = (kind, faults.is_empty()) {
        let at = EvidenceAt { park: view.key.id.clone(), enterprise: id.clone(), proves: proves.clone() };
        let new = NewEvidence { file_name: &upload.name, media_type, bytes: &upload.bytes };
        let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
        match app.store.add_evidence(&actor, &scope, &at, &new).await {
            Ok(_) => {}
            Err(error) => faults.push(told(&page, error)?),
        }
    }
    if !faults.is_empty() {
        return list(&app, page, &view, &id, faults).await;
    }
    Ok(Redirect::to(&place(&page, &view.key.id, &id, &proves)).into_response())
}

fn page_fault(error: &MultipartError) -> String {
    error.to_string()
}

/// The page on which the file is seen beside what it proves.
fn place(page: &Page, park: &ParkId, id: &EnterpriseId, proves: &Proves) -> String {
    let own = format!("/parks/{park}/enterprises/{id}");
    match proves {
        Proves::Record { resource, period }
            if Period::parse(&period.to_string()).is_some() && !period.to_string().contains('/') =>
        {
            page.at(&format!("{own}/history/{}/{period}", escape(resource.as_str())))
        }
        Proves::Record { .. } => page.at(&format!("{own}/evidence")),
        Proves::Answer { .. } => format!("{}#findings", page.at(&own)),
    }
}

/// What a reader can mend, in a sentence; the rest is an error of its own.
fn told(page: &Page, error: EvidenceError) -> Result<String, AppError> {
    Ok(match error {
        EvidenceError::TooLarge(_) => {
            page.t1("evidence-fault-size", "most", page.count(LARGEST_EVIDENCE / (1024 * 1024)))
        }
        EvidenceError::TooMany => page.t1("evidence-fault-many", "most", page.count(MOST_EVIDENCE)),
        EvidenceError::Same => page.t("evidence-fault-same"),
        EvidenceError::Locked(period) => {
            page.t1("evidence-fault-locked", "period", wording::period(page.language, &period))
        }
        EvidenceError::NotFound => return Err(AppError::NotFound),
        EvidenceError::OutsideScope | EvidenceError::Unshared => return Err(AppError::Forbidden { sign_in: false }),
        EvidenceError::Store(error) => return Err(AppError::Internal(error)),
    })
}

type Place = UrlPath<(String, String, String)>;

pub async fn withdraw(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise, evidence)): Place,
    Form(_): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let (key, id) = (app.park_key(&ParkId::new(park.as_str())).await?, EnterpriseId::new(enterprise));
    let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
    if let Err(error) = app.store.remove_evidence(&actor, &scope, &key.id, &id, &evidence).await {
        let fault = told(&page, error)?;
        let view = frame::view_of_records(&app, &page, &park).await?;
        return list(&app, page, &view, &id, vec![fault]).await;
    }
    Ok(Redirect::to(&page.at(&address(&key.id, &id))).into_response())
}

/// The content as a download: never shown inside a page, never guessed at.
pub async fn download(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise, evidence)): Place,
) -> Result<Response, AppError> {
    let (park, id) = (ParkId::new(park), EnterpriseId::new(enterprise));
    let found = app.store.evidence_content(&page.user.scope(), &park, &id, &evidence).await;
    let (evidence, bytes) = match found {
        Ok(found) => found,
        Err(error) => {
            told(&page, error)?;
            return Err(AppError::NotFound);
        }
    };
    let plain: String = evidence.file_name.chars().map(|c| if c.is_ascii() && c != '\\' { c } else { '_' }).collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", escape(&evidence.file_name));
    let headers = [
        (header::CONTENT_TYPE, evidence.media_type),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_string()),
    ];
    Ok((headers, bytes).into_response())
}
