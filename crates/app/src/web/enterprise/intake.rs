//! Records of an enterprise that come from elsewhere: read, shown as they were understood, and kept when somebody says
//! so. Nothing is kept of a file with a fault.

use std::collections::BTreeMap;

use anyhow::Context;
use askama::Template;
use axum::extract::{Form, Multipart, Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::EnterpriseId;
use engine::park::Record;
use engine::period::Period;
use store::{Declared, EvidenceAt, EvidenceError, NewEvidence, Proves, PutError, RecordAt, RecordError};

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::files::kind::{media_type, plain_name};
use crate::intake::{Proposed, Reader, form};
use crate::page::{Page, html};
use crate::state::{App, ParkView};
use crate::web::frame::{self, ParkFrame};
use crate::wording;

/// A file larger than this is no list of records.
const LARGEST: usize = 10 * 1024 * 1024;
/// Longest block that is pasted.
const LONGEST_TEXT: usize = 500_000;

#[derive(Template)]
#[template(path = "enterprise_intake.html")]
struct IntakePage {
    page: Page,
    frame: ParkFrame,
    name: String,
    finding: String,
    faults: Vec<String>,
    rows: Vec<Row>,
    /// The word for the file that was put aside, and its name; or the pasted text.
    aside: String,
    file_name: String,
    text: String,
    /// The document does not say which period it is for.
    asks_period: bool,
    address: String,
    confirm_href: String,
    form_href: String,
    own_href: String,
}

/// A record as it was understood, beside what is declared now.
struct Row {
    place: String,
    resource: String,
    period: String,
    amount: String,
    unit: String,
    basis: &'static str,
    basis_word: String,
    source: String,
    cost: String,
    now: String,
}

/// What is to be read.
#[derive(Default)]
struct Handed {
    aside: String,
    file_name: String,
    bytes: Vec<u8>,
    text: String,
    period: String,
}

type PlaceOf = UrlPath<(String, String)>;

pub async fn show(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    render(&app, page, &view, &EnterpriseId::new(id), Handed::default(), Vec::new(), Vec::new())
}

/// The sheet of the enterprise with the records of the page's year.
pub async fn sheet(State(app): State<App>, page: Page, UrlPath((park, id)): PlaceOf) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let (id, scope) = (EnterpriseId::new(id), page.user.scope());
    let own = app.store.load_enterprise_view(&scope, &view.key.id, &id).await?.ok_or(AppError::NotFound)?;
    let (catalogue, language, day, period) = (app.catalogue, page.language, app.today(), page.period());
    let bytes = tokio::task::spawn_blocking(move || {
        let records: Vec<&Record> = own.records.iter().filter(|record| record.period.overlaps(&period)).collect();
        form::workbook(catalogue, language, &records, day)
    })
    .await
    .context("write the sheet")?
    .context("write the sheet")?;
    let plain: String = id.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{plain}-records.xlsx\"")),
    ];
    Ok((headers, bytes).into_response())
}

/// Reads what was handed in and shows it; nothing is kept yet but the file, aside.
pub async fn receive(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): PlaceOf,
    mut parts: Multipart,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(id);
    let mut handed = Handed::default();
    let unread = |error: axum::extract::multipart::MultipartError| unreadable(&error.to_string());
    loop {
        let field = match parts.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => return render(&app, page, &view, &id, handed, Vec::new(), vec![unread(error)]),
        };
        let name = field.name().unwrap_or_default().to_string();
        let file_name = plain_name(field.file_name().unwrap_or_default());
        let bytes = match field.bytes().await {
            Ok(bytes) => bytes,
            Err(error) => return render(&app, page, &view, &id, handed, Vec::new(), vec![unread(error)]),
        };
        match name.as_str() {
            "file" if !bytes.is_empty() => (handed.file_name, handed.bytes) = (file_name, bytes.to_vec()),
            "text" => handed.text = String::from_utf8_lossy(&bytes).into_owned(),
            _ => {}
        }
    }
    if handed.bytes.len() > LARGEST || handed.text.len() > LONGEST_TEXT {
        let fault = unreadable(&format!("> {LARGEST} bytes"));
        return render(&app, page, &view, &id, Handed::default(), Vec::new(), vec![fault]);
    }
    let (proposed, faults) = read(&app, &page, &view, &id, &handed).await?;
    if faults.is_empty() && !handed.bytes.is_empty() {
        handed.aside = app.store.put_aside(&page.user.actor(app.now_us()), &handed.bytes).await?;
    }
    render(&app, page, &view, &id, handed, proposed, faults)
}

/// Keeps what was shown: it is read again from what was handed in, so that nobody can slip in something else.
pub async fn confirm(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): PlaceOf,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let view = frame::view_of_records(&app, &page, &park).await?;
    let id = EnterpriseId::new(id);
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let actor = page.user.actor(app.now_us());
    let mut handed = Handed {
        aside: field("aside"),
        file_name: plain_name(&field("file_name")),
        text: field("text"),
        period: field("period"),
        ..Handed::default()
    };
    if !handed.aside.is_empty() {
        match app.store.taken_up(&actor, &handed.aside).await? {
            Some(bytes) => handed.bytes = bytes,
            None => {
                let fault = page.t("intake-fault-gone");
                return render_told(&app, page, &view, &id, Handed::default(), Vec::new(), vec![fault]);
            }
        }
    }
    let (mut proposed, mut faults) = read(&app, &page, &view, &id, &handed).await?;
    let asked = Period::parse(&handed.period);
    for one in proposed.iter_mut().filter(|one| one.period.is_none()) {
        one.period = asked;
    }
    if proposed.iter().any(|one| one.period.is_none()) {
        let found = handed.period.clone();
        let place = Place { file: handed.file_name.clone(), ..Place::default() };
        faults.push(Fault { place, kind: FaultKind::NotAPeriod, found, expected: "2024-03".to_string() });
    }
    if !faults.is_empty() {
        return render(&app, page, &view, &id, handed, proposed, faults);
    }
    let records: Vec<(RecordAt, Declared)> =
        proposed.iter().filter_map(|one| Some((at(&view, &id, one)?, declared(one)))).collect();
    let scope = page.user.scope();
    let note = if handed.file_name.is_empty() { "block" } else { handed.file_name.as_str() };
    let put = match app.store.put_records(&actor, &scope, (&view.key.id, &id), &records, note).await {
        Ok(put) => put,
        Err(PutError::Store(error)) => return Err(AppError::Internal(error)),
        Err(PutError::Refused(refused)) => {
            let told = refused.iter().map(|(index, error)| refusal(&page, proposed.get(*index), error));
            let told = told.collect::<Result<Vec<_>, AppError>>()?;
            return render_told(&app, page, &view, &id, handed, proposed, told);
        }
    };
    if !handed.bytes.is_empty() && media_type(&handed.file_name, &handed.bytes) == Ok("application/xml") {
        keep_invoice(&app, &page, &handed, &records).await?;
    }
    let address = page.at(&format!("/parks/{park}/enterprises/{id}/intake"));
    let joint = if address.contains('?') { '&' } else { '?' };
    let counts = format!("added={}&corrected={}&unchanged={}", put.added, put.corrected, put.unchanged);
    Ok(Redirect::to(&format!("{address}{joint}{counts}")).into_response())
}

/// The invoice proves each record that was read from it.
async fn keep_invoice(
    app: &App,
    page: &Page,
    handed: &Handed,
    records: &[(RecordAt, Declared)],
) -> Result<(), AppError> {
    for (at, _) in records {
        let proves = Proves::Record { resource: at.resource.clone(), period: at.period };
        let place = EvidenceAt { park: at.park.clone(), enterprise: at.enterprise.clone(), proves };
        let new = NewEvidence { file_name: &handed.file_name, media_type: "application/xml", bytes: &handed.bytes };
        let (actor, scope) = (page.user.actor(app.now_us()), page.user.scope());
        match app.store.add_evidence(&actor, &scope, &place, &new).await {
            // Handed in once more it is there already; a full list of evidence proves enough.
            Ok(_) | Err(EvidenceError::Same | EvidenceError::TooMany) => {}
            Err(EvidenceError::Store(error)) => return Err(AppError::Internal(error)),
            Err(_) => return Err(AppError::Forbidden { sign_in: false }),
        }
    }
    Ok(())
}

async fn read(
    app: &App,
    page: &Page,
    view: &ParkView,
    id: &EnterpriseId,
    handed: &Handed,
) -> Result<(Vec<Proposed>, Vec<Fault>), AppError> {
    let enterprise = view.computed.park.enterprise(id).ok_or(AppError::NotFound)?;
    let (catalogue, language, tax_code) = (app.catalogue, page.language, enterprise.tax_code.clone());
    let (name, bytes, text) = (handed.file_name.clone(), handed.bytes.clone(), handed.text.clone());
    let pasted = page.t("intake-pasted");
    let (proposed, mut faults) = tokio::task::spawn_blocking(move || {
        let reader = Reader { catalogue, language, tax_code: tax_code.as_deref() };
        if bytes.is_empty() { reader.text(&pasted, &text) } else { reader.file(&name, &bytes) }
    })
    .await
    .context("read records")?;
    faults.extend(twice(&proposed));
    if proposed.is_empty() && faults.is_empty() {
        faults.push(unreadable(""));
    }
    Ok((proposed, faults))
}

/// Two rows for one resource whose periods overlap: which of them holds is not ours to choose.
fn twice(proposed: &[Proposed]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, one) in proposed.iter().enumerate() {
        let earlier = proposed.iter().take(index).find(|other| {
            let overlap = one.period.zip(other.period).is_some_and(|(one, other)| one.overlaps(&other));
            one.resource == other.resource && (overlap || one.period.is_none())
        });
        if let Some(other) = earlier {
            faults.push(Fault {
                place: Place { file: one.place.clone(), ..Place::default() },
                kind: FaultKind::Duplicate,
                found: format!("{} {}", one.resource, one.period.map_or(String::new(), |period| period.to_string())),
                expected: format!("≠ {}", other.place),
            });
        }
    }
    faults
}

fn unreadable(found: &str) -> Fault {
    Fault {
        place: Place { file: "block".to_string(), ..Place::default() },
        kind: FaultKind::UnreadableFile,
        found: found.to_string(),
        expected: "Tháng, Tài nguyên, Số lượng, Đơn vị".to_string(),
    }
}

fn at(view: &ParkView, id: &EnterpriseId, one: &Proposed) -> Option<RecordAt> {
    let (park, enterprise) = (view.key.id.clone(), id.clone());
    Some(RecordAt { park, enterprise, resource: one.resource.clone(), period: one.period? })
}

fn declared(one: &Proposed) -> Declared {
    Declared { amount: one.amount.clone(), basis: one.basis, source: one.source.clone(), cost_vnd: one.cost_vnd }
}

/// Why a record is not kept, with its place.
fn refusal(page: &Page, one: Option<&Proposed>, error: &RecordError) -> Result<String, AppError> {
    let place = one.map_or(String::new(), |one| one.place.clone());
    let what = match error {
        RecordError::Overlaps(other) => {
            page.t1("enterprise-fault-overlaps", "period", wording::period(page.language, other))
        }
        RecordError::Locked(lock) => {
            page.t1("enterprise-fault-locked", "period", wording::period(page.language, &lock.approved))
        }
        RecordError::NotFound => return Err(AppError::NotFound),
        _ => return Err(AppError::Forbidden { sign_in: false }),
    };
    Ok(format!("{place}: {what}"))
}

fn render(
    app: &App,
    page: Page,
    view: &ParkView,
    id: &EnterpriseId,
    handed: Handed,
    proposed: Vec<Proposed>,
    faults: Vec<Fault>,
) -> Result<Response, AppError> {
    let told = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
    render_told(app, page, view, id, handed, proposed, told)
}

fn render_told(
    app: &App,
    page: Page,
    view: &ParkView,
    id: &EnterpriseId,
    handed: Handed,
    proposed: Vec<Proposed>,
    faults: Vec<String>,
) -> Result<Response, AppError> {
    auth::may(&page.user, &Action::EditEnterprise(view.key.clone(), id.clone()))?;
    let enterprise = view.computed.park.enterprise(id).ok_or(AppError::NotFound)?;
    let rows: Vec<Row> = proposed.iter().map(|one| row(app, &page, view, id, one)).collect();
    let count = |name: &str| page.query.get(name).cloned().unwrap_or_default();
    let finding = match (rows.is_empty(), page.query.contains_key("added")) {
        (true, true) => page.t3(
            "intake-done",
            "added",
            count("added"),
            "corrected",
            count("corrected"),
            "unchanged",
            count("unchanged"),
        ),
        (true, false) => page.t("intake-why"),
        (false, _) => page.t1("intake-finding", "count", page.count(rows.len())),
    };
    let own = format!("/parks/{}/enterprises/{id}", view.key.id);
    let has_failed = !faults.is_empty();
    let response = html(&IntakePage {
        name: enterprise.name.get(page.language).to_string(),
        finding,
        asks_period: proposed.iter().any(|one| one.period.is_none()),
        aside: handed.aside,
        file_name: handed.file_name,
        text: handed.text,
        rows: if has_failed { Vec::new() } else { rows },
        faults,
        address: page.at(&format!("{own}/intake")),
        confirm_href: page.at(&format!("{own}/intake/confirm")),
        form_href: page.at(&format!("{own}/records.xlsx")),
        own_href: page.at(&own),
        frame: ParkFrame::of(app, &page, view, "observe"),
        page,
    })?;
    Ok(if has_failed { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() } else { response })
}

fn row(app: &App, page: &Page, view: &ParkView, id: &EnterpriseId, one: &Proposed) -> Row {
    let unit = |code: &str| {
        app.catalogue.units.get(code).map_or(code.to_string(), |unit| unit.label.get(page.language).to_string())
    };
    let is_now = |record: &&Record| {
        record.enterprise == *id && record.resource == one.resource && Some(record.period) == one.period
    };
    let now = view.computed.park.records.iter().find(is_now);
    let write = |value: f64| super::number::write(page.language, value);
    Row {
        place: one.place.clone(),
        resource: app
            .catalogue
            .resource(&one.resource)
            .map_or(one.resource.to_string(), |resource| resource.label.get(page.language).to_string()),
        period: one.period.map_or("?".to_string(), |period| wording::period(page.language, &period)),
        amount: write(one.amount.value),
        unit: unit(&one.amount.unit),
        basis: one.basis.code(),
        basis_word: wording::basis(page.language, one.basis),
        source: one.source.clone(),
        cost: one.cost_vnd.map_or("–".to_string(), write),
        now: now.map_or("–".to_string(), |now| format!("{} {}", write(now.amount.value), unit(&now.amount.unit))),
    }
}
