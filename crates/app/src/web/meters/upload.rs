//! A file of readings handed in on the page of a meter, by the way in that programs use: all of it is kept or nothing,
//! and every fault is told at once. It may hold readings of other meters of the park.

use axum::extract::{Multipart, Path as UrlPath, State};
use axum::response::Response;
use engine::fault::{Fault, FaultKind, Place};
use engine::ids::{MeterId, ParkId};
use readings::AcceptError;
use readings::ingest::{Asked, CounterEventKind, Ingested, Mapping};

use super::{moment, render};
use crate::error::AppError;
use crate::metering::faults_of;
use crate::page::Page;
use crate::state::App;
use crate::wording;

/// What became of a file.
#[derive(Default)]
pub struct Told {
    /// What was kept, and what is to know of it.
    pub kept: Vec<String>,
    pub faults: Vec<String>,
    pub faults_title: String,
    /// What the form held, so that it need not be typed again.
    pub mapping: String,
}

impl Told {
    pub fn has_failed(&self) -> bool {
        !self.faults.is_empty()
    }
}

#[derive(Default)]
struct Upload {
    name: String,
    bytes: Vec<u8>,
    mapping: String,
}

pub async fn receive(
    State(app): State<App>,
    page: Page,
    UrlPath((park, meter)): UrlPath<(String, String)>,
    form: Multipart,
) -> Result<Response, AppError> {
    let told = match read(form).await {
        Ok(upload) => take_in(&app, &page, &ParkId::new(park.as_str()), upload).await?,
        Err(error) => refused(&page, &[unreadable("", &error.to_string(), "")], 0, String::new()),
    };
    // Links of the page lead to where it is shown, not to where files are sent.
    let path = page.path.trim_end_matches("/readings").to_string();
    render(&app, Page { path, ..page }, &park, &MeterId::new(meter), told).await
}

async fn read(mut form: Multipart) -> Result<Upload, axum::extract::multipart::MultipartError> {
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("readings") => {
                upload.name = field.file_name().unwrap_or_default().to_string();
                upload.bytes = field.bytes().await?.to_vec();
            }
            Some("mapping") => upload.mapping = field.text().await?,
            _ => {}
        }
    }
    Ok(upload)
}

async fn take_in(app: &App, page: &Page, park: &ParkId, upload: Upload) -> Result<Told, AppError> {
    let Upload { name, bytes, mapping } = upload;
    if bytes.is_empty() {
        return Ok(refused(page, &[unreadable(&name, "", FILES)], 0, mapping));
    }
    let said = match mapping.trim() {
        "" => None,
        text => match Mapping::parse(text) {
            Ok(said) => Some(said),
            Err(error) => {
                return Ok(refused(page, &[unreadable(&page.t("meter-mapping"), &error, "TOML")], 0, mapping));
            }
        },
    };
    let (actor, asked) = (page.user.actor(app.now_us()), Asked { mapping: said, key: None });
    let content = Box::new(std::io::Cursor::new(bytes));
    match app.readings.ingest_from(&actor, app.catalogue, park, &name, content, &asked).await {
        Ok(ingested) => {
            app.fold_soon(park);
            let ahead_us = app.readings.ahead_us(&page.user.scope(), park).await?;
            Ok(Told { kept: kept(page, &ingested, ahead_us), ..Told::default() })
        }
        Err(error) => match faults_of(&name, error) {
            Ok((faults, untold)) => Ok(refused(page, &faults, untold, mapping)),
            Err(AcceptError::NoPark(_)) => Err(AppError::NotFound),
            Err(error) => Err(AppError::Internal(error.into())),
        },
    }
}

const FILES: &str = ".csv | .csv.gz | .xlsx | .parquet | .jsonl";

fn unreadable(file: &str, found: &str, expected: &str) -> Fault {
    let place = Place { file: file.to_string(), ..Place::default() };
    Fault { place, kind: FaultKind::UnreadableFile, found: found.to_string(), expected: expected.to_string() }
}

fn refused(page: &Page, faults: &[Fault], untold: usize, mapping: String) -> Told {
    let mut texts: Vec<String> = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
    if untold > 0 {
        texts.push(page.t1("cli-readings-more-faults", "count", page.count(untold)));
    }
    let faults_title = page.t1("import-faults", "count", page.count(faults.len() + untold));
    Told { faults: texts, faults_title, mapping, kept: Vec::new() }
}

/// What was kept, and where counters began anew.
fn kept(page: &Page, ingested: &Ingested, ahead_us: i64) -> Vec<String> {
    let receipt = &ingested.receipt;
    let told = if receipt.is_repetition {
        page.t2("meter-repeated", "count", page.count(receipt.readings.max(0) as usize), "seq", receipt.seq)
    } else {
        let of = page.t2(
            "meter-kept-of",
            "count",
            page.count(receipt.readings.max(0) as usize),
            "meters",
            page.count(receipt.meters),
        );
        page.t3("meter-kept", "what", of, "seq", receipt.seq, "empty", page.count(ingested.empty_cells))
    };
    let event = |event: &readings::ingest::CounterEvent| {
        let key = match event.kind {
            CounterEventKind::RollOver => "meter-roll-over",
            CounterEventKind::Reset => "meter-reset",
        };
        let states = format!("{} → {}", event.from, event.to);
        page.t3(key, "meter", &event.meter, "at", moment(event.to_us, ahead_us), "states", states)
    };
    std::iter::once(told).chain(ingested.events.iter().map(event)).collect()
}
