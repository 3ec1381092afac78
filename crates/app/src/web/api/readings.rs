//! Readings of meters: programs send them and ask for them. What is answered with success outlives a power cut.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::fault::Fault;
use engine::ids::{MeterId, ParkId};
use engine::period::{Period, parse_date};
use readings::ingest::{Asked, FaultList, IngestError};
use readings::{AcceptError, Bounds, Grain, QueryError, Receipt};
use serde::{Deserialize, Serialize};
use store::Scope;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use super::description::WhichPark;
use crate::error::{ApiError, AppError};
use crate::page::Page;
use crate::state::App;

/// A batch that is kept.
#[derive(Serialize, ToSchema)]
pub struct Taken {
    /// Its name: the key that came with it, or the digest of its readings.
    batch: String,
    /// Its number within the park; a later batch outranks an earlier one.
    seq: i64,
    readings: i64,
    /// True where it was kept already and nothing changed.
    is_repetition: bool,
    /// Lines without a value: nothing is known of them, which is not zero.
    empty: usize,
}

/// Why nothing was kept.
#[derive(Serialize, ToSchema)]
pub struct Refusal {
    /// `faults`, `unknown-meters` or `key-taken`.
    error: &'static str,
    /// Number of faults; the first of them follow.
    count: usize,
    #[schema(value_type = Vec<Object>)]
    faults: Vec<Fault>,
    /// Meters that the park does not have.
    meters: Vec<MeterCode>,
}

type MeterCode = String;

const KEY: &str = "idempotency-key";
const LONGEST_KEY: usize = 200;

/// Takes readings in, one on a line: CSV with the header `meter,at,value` (or one that was mapped before), or JSON
/// lines `{"meter", "at", "value"}`. All of it is kept or nothing; the answer comes when it is safe. The same
/// `Idempotency-Key` again is the same batch; without one, readings that are kept already change nothing.
#[utoipa::path(post, tag = "park", path = "/api/parks/{park}/readings", params(WhichPark,
        ("Idempotency-Key" = Option<String>, Header, description = "The sender's own name for the batch.")),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses((status = 200, body = Taken), (status = 401), (status = 403), (status = 404), (status = 409, body = Refusal),
        (status = 413), (status = 415), (status = 422, body = Refusal)))]
pub async fn take_in(
    State(app): State<App>,
    page: Page,
    UrlPath(park): UrlPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(CONTENT_TYPE.as_str()).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let name = match kind {
        "text/csv" => "body.csv",
        "application/x-ndjson" | "application/jsonl" => "body.jsonl",
        _ => return Ok(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response()),
    };
    let key = text(KEY).map(|key| key.chars().take(LONGEST_KEY).collect());
    let asked = Asked { mapping: None, key };
    let actor = page.user.actor(app.now_us());
    let content = Box::new(std::io::Cursor::new(body));
    let park = ParkId::new(park);
    match app.readings.ingest_from(&actor, app.catalogue, &park, name, content, &asked).await {
        Ok(ingested) => {
            app.fold_soon(&park);
            let Receipt { batch, seq, readings, is_repetition, .. } = ingested.receipt;
            let empty = ingested.empty_cells;
            Ok(Json(Taken { batch, seq, readings, is_repetition, empty }).into_response())
        }
        Err(error) => refused(error),
    }
}

fn refused(error: IngestError) -> Result<Response, ApiError> {
    let refusal = |status: StatusCode, error, list: FaultList, meters| {
        let refusal = Refusal { error, count: list.count, faults: list.faults, meters };
        Ok((status, Json(refusal)).into_response())
    };
    match error {
        IngestError::Faults(list) => refusal(StatusCode::UNPROCESSABLE_ENTITY, "faults", list, Vec::new()),
        IngestError::Accept(AcceptError::UnknownMeters(meters)) => {
            let meters = meters.iter().map(ToString::to_string).collect();
            refusal(StatusCode::UNPROCESSABLE_ENTITY, "unknown-meters", FaultList::default(), meters)
        }
        IngestError::Accept(AcceptError::KeyTaken(_)) => {
            refusal(StatusCode::CONFLICT, "key-taken", FaultList::default(), Vec::new())
        }
        IngestError::Accept(AcceptError::NoPark(_)) => Err(AppError::NotFound.into()),
        IngestError::Accept(AcceptError::Failed(error)) | IngestError::Failed(error) => {
            Err(AppError::Internal(error).into())
        }
    }
}

/// Which part of a meter's readings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// First local day.
    #[param(example = "2024-03-01")]
    from: String,
    /// The local day after the last.
    #[param(example = "2024-04-01")]
    to: String,
    /// `raw`, `hour`, `day` (unless given) or `month`.
    grain: Option<String>,
}

/// A meter over a period.
#[derive(Serialize, ToSchema)]
pub struct SeriesAnswer {
    park: String,
    meter: String,
    unit: String,
    /// Always metered.
    basis: &'static str,
    grain: &'static str,
    /// False where there are more; ask from the last one on.
    is_complete: bool,
    values: Vec<SeriesValue>,
}

#[derive(Serialize, ToSchema)]
pub struct SeriesValue {
    /// When it begins, UTC.
    at: String,
    /// The value, or the sum of the values that are there.
    value: f64,
    /// How many readings are there, and how many there would be if none were missing; null where that is not known.
    count: i64,
    expected: Option<i64>,
}

const MOST_VALUES: usize = 50_000;

/// A meter's readings, or their sums by hour, day or month in the park's local time. What is missing is absent, not zero.
#[utoipa::path(get, tag = "park", path = "/api/parks/{park}/readings/{meter}",
    params(WhichPark, ("meter" = String, Path, description = "Code of the meter.", example = "M1"), Part),
    responses((status = 200, body = SeriesAnswer), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub async fn series(
    State(app): State<App>,
    page: Page,
    UrlPath((park, meter)): UrlPath<(String, String)>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    let (park, meter) = (ParkId::new(park), MeterId::new(meter));
    let period = parse_date(&part.from).zip(parse_date(&part.to)).and_then(|(from, to)| Period::new(from, to));
    let grain = Grain::parse(part.grain.as_deref().unwrap_or(Grain::Day.code()));
    let (Some(period), Some(grain)) = (period, grain) else { return Ok(StatusCode::BAD_REQUEST.into_response()) };
    let scope: Scope = page.user.scope();
    let meters = app.store.seen_meters(&scope, Some(&park)).await.map_err(AppError::Internal)?;
    // A meter whose readings are not shared is for this reader one that is not there.
    let Some(seen) = meters.into_iter().find(|seen| seen.id == meter) else { return Err(AppError::NotFound.into()) };
    let points = app.readings.series(&scope, (&park, &meter), period, grain, MOST_VALUES + 1).await;
    let mut points = points.map_err(AppError::Internal)?;
    let is_complete = points.len() <= MOST_VALUES;
    points.truncate(MOST_VALUES);
    let value = |point: readings::Point| SeriesValue {
        at: jiff::Timestamp::from_microsecond(point.at_us).map_or_else(|_| String::new(), |at| at.to_string()),
        value: point.value,
        count: point.count,
        expected: point.expected,
    };
    let (park, meter, grain) = (park.to_string(), meter.to_string(), grain.code());
    let values = points.into_iter().map(value).collect();
    let answer = SeriesAnswer { park, meter, unit: seen.unit, basis: "metered", grain, is_complete, values };
    Ok(Json(answer).into_response())
}

/// A question in SQL.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Question {
    /// One SELECT over `readings`, `readings_hour`, `readings_day`, `readings_month` and `meters`.
    #[param(example = "select meter, month, sum, count, expected from readings_month order by meter, month")]
    sql: String,
    /// How many rows at most; 1,000 unless given, 10,000 at most.
    limit: Option<usize>,
}

/// The answer to a question.
#[derive(Serialize, ToSchema)]
pub struct Answered {
    /// Name and type of each column.
    #[schema(value_type = Vec<Object>)]
    columns: serde_json::Value,
    #[schema(value_type = Vec<Object>)]
    rows: serde_json::Value,
    /// False where there are more rows than were asked for.
    is_complete: bool,
}

const USUAL_ROWS: usize = 1_000;
const MOST_ROWS: usize = 10_000;
const LONGEST_QUESTION: Duration = Duration::from_secs(30);
/// So many questions are answered at a time; others wait.
static AT_A_TIME: Semaphore = Semaphore::const_new(2);

/// Answers one SELECT over the meters whose readings are open to the reader; nothing can be changed by it. It is
/// answered by the cluster where there is one. What is wrong with a question is said with status 422.
#[utoipa::path(get, tag = "park", path = "/api/readings", params(Question),
    responses((status = 200, body = Answered), (status = 400), (status = 401), (status = 422, content_type = "text/plain", body = String),
        (status = 504, content_type = "text/plain", body = String)))]
pub async fn query(State(app): State<App>, page: Page, Query(question): Query<Question>) -> Result<Response, ApiError> {
    let rows = question.limit.unwrap_or(USUAL_ROWS).min(MOST_ROWS);
    let bounds = Bounds { rows, time: LONGEST_QUESTION };
    let _turn = AT_A_TIME.acquire().await.map_err(|closed| AppError::Internal(closed.into()))?;
    match app.readings.query(&page.user.scope(), &question.sql, bounds).await {
        Ok(answer) => {
            let is_complete = answer.is_complete;
            let mut json = answer.json().map_err(AppError::Internal)?;
            let (columns, rows) = (json["columns"].take(), json["rows"].take());
            Ok(Json(Answered { columns, rows, is_complete }).into_response())
        }
        Err(QueryError::Refused(why)) => Ok((StatusCode::UNPROCESSABLE_ENTITY, why).into_response()),
        Err(late @ QueryError::TooLong(_)) => Ok((StatusCode::GATEWAY_TIMEOUT, late.to_string()).into_response()),
        Err(QueryError::Failed(error)) => Err(AppError::Internal(error).into()),
    }
}
