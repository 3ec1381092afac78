//! Non-routine adjustments of a measure: the form that records one, and taking one back. Both write the sheet `adjustments`
//! of the park, so that the verification is anew what it would be with that sheet handed in.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::fault::{Fault, FaultKind, Place};
use engine::park::adjustments::Adjustment;
use engine::park::{Measure, Status};
use engine::period::{Period, parse_date};
use engine::quantity::Dimension;
use engine::verify::measures::MeasureVerification;
use jiff::civil::{Date, date};
use serde::Deserialize;
use store::AdjustmentError;

use super::{measure, plan, signed};
use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, escape};
use crate::state::{App, ParkView};
use crate::web::enterprise::as_number;
use crate::web::frame::{self, Choice};
use crate::wording;

const LONGEST_NAME: usize = 80;
const LONGEST_TEXT: usize = 1_000;
/// As sheets have it.
const DAYS: [Date; 2] = [date(1970, 1, 1), date(2100, 12, 31)];

/// Whether its size is stated, or a column lets the model find it.
const AMOUNT: &str = "amount";
const COLUMN: &str = "column";

/// The part of the page that changes what is recorded.
#[derive(Default)]
pub struct Section {
    /// Where to write; empty for whoever may not, and where nothing was built.
    pub action: String,
    pub withdraw: String,
    /// What can be taken back.
    pub names: Vec<String>,
    pub faults: Vec<String>,
    pub kinds: Vec<Choice>,
    pub units: Vec<Choice>,
    pub typed: Typed,
}

/// The form as it was sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub kind: String,
    pub from: String,
    pub to: String,
    pub use_added: String,
    pub uncertainty_90: String,
    pub unit: String,
    pub reason: String,
    pub evidence: String,
    pub stated_by: String,
}

impl Section {
    pub fn of(page: &Page, view: &ParkView, verification: &MeasureVerification, measure: &Measure) -> Section {
        let is_built = !matches!(verification.claim.status, Status::Proposed | Status::Approved);
        if !is_built || auth::may(&page.user, &Action::ImportPark(view.key.clone())).is_err() {
            return Section::default();
        }
        let at = format!("/parks/{}/verify/{}/adjustments", view.key.id, escape(measure.id.as_str()));
        let printed = wording::shown(dimension(view, measure), 1.0).1;
        let typed = Typed {
            kind: AMOUNT.to_string(),
            unit: printed.replace('³', "3"),
            stated_by: page.user.name.clone(),
            ..Typed::default()
        };
        Section {
            action: page.at(&at),
            withdraw: page.at(&format!("{at}/withdraw")),
            names: view.computed.park.adjustments_of(&measure.id).map(|one| one.name.clone()).collect(),
            ..Section::default()
        }
        .typed(page, view, measure, typed)
    }

    fn typed(self, page: &Page, view: &ParkView, measure: &Measure, typed: Typed) -> Section {
        let kind = |code: &str| Choice {
            value: code.to_string(),
            name: page.t(&format!("adjustment-kind-{code}")),
            is_chosen: typed.kind == code,
        };
        let unit = |code: String| Choice { is_chosen: typed.unit == code, name: code.clone(), value: code };
        let units = view.computed.catalogue.unit_codes(dimension(view, measure));
        Section {
            kinds: [AMOUNT, COLUMN].map(kind).into(),
            units: units.into_iter().map(unit).collect(),
            typed,
            ..self
        }
    }
}

fn dimension(view: &ParkView, measure: &Measure) -> Dimension {
    let resource = view.computed.catalogue.resource(&measure.resource);
    resource.map_or(Dimension::Energy, |resource| resource.dimension)
}

/// Everything that is wrong with a form.
struct Reader<'a> {
    page: &'a Page,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, field: &str, kind: FaultKind, found: &str, expected: impl Into<String>) {
        // The form stands beside its faults: the field alone says where.
        let place = Place { file: self.page.t(&format!("adjustment-{field}")), ..Place::default() };
        self.faults.push(Fault { place, kind, found: found.to_string(), expected: expected.into() });
    }

    fn text(&mut self, field: &str, text: &str, longest: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.fault(field, FaultKind::MissingValue, "", "text");
        }
        let length = text.chars().count();
        if length > longest {
            self.fault(field, FaultKind::OutOfRange, &length.to_string(), format!("≤ {longest}"));
        }
        text.to_string()
    }

    fn day(&mut self, field: &str, text: &str) -> Option<Date> {
        match parse_date(text.trim()) {
            Some(day) if (DAYS[0]..=DAYS[1]).contains(&day) => return Some(day),
            Some(_) => {
                self.fault(field, FaultKind::ImplausibleDate, text, format!("{} … {}", DAYS[0], DAYS[1]));
            }
            None if text.trim().is_empty() => self.fault(field, FaultKind::MissingValue, "", "2024-06-01"),
            None => self.fault(field, FaultKind::NotADate, text, "2024-06-01"),
        }
        None
    }

    /// `None` for an empty field as well; whoever needs it says so.
    fn number(&mut self, field: &str, text: &str) -> Option<f64> {
        let number = as_number(self.page.language, text.trim());
        if number.is_none() && !text.trim().is_empty() {
            self.fault(field, FaultKind::NotANumber, text, self.page.n(1234.5, 1));
        }
        number
    }
}

/// The rules of the sheet, and all of them at once.
fn read(page: &Page, view: &ParkView, measure: &Measure, typed: &Typed) -> Result<Adjustment, Vec<Fault>> {
    let catalogue = &view.computed.catalogue;
    let mut reader = Reader { page, faults: Vec::new() };
    let name = reader.text("name", &typed.name, LONGEST_NAME);
    if view.computed.park.adjustments_of(&measure.id).any(|one| one.name == name) {
        reader.fault("name", FaultKind::Duplicate, &name, "once");
    }
    let as_column = typed.kind == COLUMN;
    if ![AMOUNT, COLUMN].contains(&typed.kind.as_str()) {
        reader.fault("kind", FaultKind::UnknownCode, &typed.kind, format!("{AMOUNT} | {COLUMN}"));
    }
    let days = (reader.day("from", &typed.from), reader.day("to", &typed.to));
    let period = match days {
        (Some(from), Some(to)) => to.tomorrow().ok().and_then(|end| Period::new(from, end)),
        _ => None,
    };
    if let ((Some(from), Some(_)), None) = (days, period) {
        reader.fault("to", FaultKind::NotAPeriod, &typed.to, format!("≥ {from}"));
    }
    let is_said = !typed.use_added.trim().is_empty();
    let amount = reader.number("use-added", &typed.use_added);
    let half = reader.number("uncertainty", &typed.uncertainty_90);
    if !is_said && !as_column {
        reader.fault("use-added", FaultKind::MissingValue, "", page.n(1234.5, 1));
    }
    if is_said && typed.uncertainty_90.trim().is_empty() {
        reader.fault("uncertainty", FaultKind::MissingValue, "", "≥ 0");
    }
    if half.is_some_and(|half| half < 0.0) {
        reader.fault("uncertainty", FaultKind::NegativeAmount, &typed.uncertainty_90, "≥ 0");
    }
    let dimension = dimension(view, measure);
    let unit = catalogue.units.get(typed.unit.trim()).filter(|unit| unit.dimension == dimension);
    if is_said && unit.is_none() {
        reader.fault("unit", FaultKind::WrongUnit, &typed.unit, catalogue.unit_codes(dimension).join(" | "));
    }
    let reason = reader.text("reason", &typed.reason, LONGEST_TEXT);
    let evidence = reader.text("evidence", &typed.evidence, LONGEST_TEXT);
    let stated_by = reader.text("stated-by", &typed.stated_by, LONGEST_NAME);
    let canonical = |value: f64| unit.map(|unit| value * unit.factor);
    match period {
        Some(period) if reader.faults.is_empty() => Ok(Adjustment {
            measure: measure.id.clone(),
            enterprise: measure.enterprise.clone(),
            name,
            period,
            use_added: amount.and_then(canonical),
            uncertainty_90: half.filter(|_| is_said).and_then(canonical),
            as_column,
            reason,
            evidence,
            stated_by,
        }),
        _ => Err(reader.faults),
    }
}

type PlaceOf = UrlPath<(String, String)>;

/// Records an adjustment, or tells everything that is wrong beside what was typed.
pub async fn save(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): PlaceOf,
    Form(typed): Form<Typed>,
) -> Result<Response, AppError> {
    let page = Page { path: format!("/parks/{park}/verify/{}", escape(&id)), ..page };
    let view = frame::view_begun(&app, &page, &park).await?;
    let (verification, measure) = measure::find(&view, &id)?;
    if Section::of(&page, &view, verification, measure).action.is_empty() {
        return Err(AppError::NotFound);
    }
    let mut faults = match read(&page, &view, measure, &typed) {
        Err(faults) => faults,
        Ok(new) => {
            let actor = page.user.actor(app.now_us());
            match app.store.add_adjustment(&actor, &page.user.scope(), &view.key.id, &new).await {
                Ok(_) => return Ok(back(&page)),
                // Somebody recorded one of this name since the page was read.
                Err(AdjustmentError::Taken) => Vec::new(),
                Err(error) => return Err(refused(error)),
            }
        }
    };
    if faults.is_empty() {
        let mut reader = Reader { page: &page, faults };
        reader.fault("name", FaultKind::Duplicate, typed.name.trim(), "once");
        faults = reader.faults;
    }
    let signatures = signed::Signatures::of(&app, &page, &view, measure).await?;
    let signed = signed::Section::of(&page, &view, verification, &signatures);
    let plan = plan::Section::of(&app, &page, &view, verification, measure).await?;
    let section = Section::of(&page, &view, verification, measure).typed(&page, &view, measure, typed);
    let faults = faults.iter().map(|fault| wording::fault(page.language, fault)).collect();
    let section = Section { faults, ..section };
    let response = measure::page_with(&app, &page, &view, (verification, measure), (signed, plan, section))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response())
}

/// Takes an adjustment back.
pub async fn withdraw(
    State(app): State<App>,
    page: Page,
    UrlPath((park, id)): PlaceOf,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let page = Page { path: format!("/parks/{park}/verify/{}", escape(&id)), ..page };
    let view = frame::view_begun(&app, &page, &park).await?;
    let (_, measure) = measure::find(&view, &id)?;
    let name = form.get("name").map(String::as_str).unwrap_or_default();
    let actor = page.user.actor(app.now_us());
    let of = (&view.key.id, &measure.id);
    app.store.withdraw_adjustment(&actor, &page.user.scope(), of, name).await.map_err(refused)?;
    Ok(back(&page))
}

fn back(page: &Page) -> Response {
    Redirect::to(&format!("{}#adjustments", page.at(&page.path))).into_response()
}

fn refused(error: AdjustmentError) -> AppError {
    match error {
        AdjustmentError::NotFound | AdjustmentError::OutsideScope => AppError::NotFound,
        other => AppError::Internal(other.into()),
    }
}
