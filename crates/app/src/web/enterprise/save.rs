//! Saving cells of the grid, one by one as they are typed or all at once. What was declared before is kept.

use std::collections::BTreeMap;

use axum::extract::{Form, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Redirect, Response};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::{Park, Record};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use serde::Serialize;
use store::{Declared, RecordAt, RecordError};

use super::{grid, number};
use crate::auth::ParkKey;
use crate::error::AppError;
use crate::page::Page;
use crate::state::App;
use crate::web::figures::with_pair;
use crate::web::frame;
use crate::wording;

/// What somebody who types an amount can say that it rests on.
pub const BASES: [Basis; 4] = [Basis::Metered, Basis::Invoiced, Basis::Declared, Basis::Estimated];

/// Longest name of a document that is kept.
const LONGEST_SOURCE: usize = 200;

pub fn basis_asked(code: Option<&str>) -> Option<Basis> {
    code.and_then(Basis::parse).filter(|basis| BASES.contains(basis))
}

/// What became of the cells; the grid shows it cell by cell.
#[derive(Default, Serialize)]
struct Answer {
    saved: Vec<String>,
    faults: Vec<CellFault>,
    status: String,
}

#[derive(Serialize)]
struct CellFault {
    name: String,
    message: String,
}

/// The cells of one month, as typed; `None` where a cell was not sent.
#[derive(Default)]
struct Typed {
    amount: Option<String>,
    cost: Option<String>,
    source: Option<String>,
}

impl Typed {
    fn names(&self, month: &Period) -> Vec<String> {
        [("amount", &self.amount), ("cost", &self.cost), ("source", &self.source)]
            .into_iter()
            .filter(|(_, text)| text.is_some())
            .map(|(column, _)| format!("{column}.{month}"))
            .collect()
    }
}

pub async fn save(
    State(app): State<App>,
    page: Page,
    UrlPath((park, enterprise)): UrlPath<(String, String)>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, AppError> {
    let key = app.park_key(&ParkId::new(park.as_str())).await?;
    let id = EnterpriseId::new(enterprise);
    let resource = ResourceId::new(form.get("resource").map(String::as_str).unwrap_or_default());
    if app.catalogue.resource(&resource).is_none() {
        return Err(AppError::NotFound);
    }
    let mut editor = Editor { app: &app, page: &page, key, id, resource, form: &form, answer: Answer::default() };
    editor.save_all().await?;
    let Editor { answer, id, resource, .. } = editor;

    let has_failed = !answer.faults.is_empty();
    if super::wants_json(&headers) {
        let status = if has_failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        return Ok((status, Json(answer)).into_response());
    }
    if has_failed {
        let mut page = page;
        page.query.insert("resource".to_string(), resource.to_string());
        let view = frame::view_of_records(&app, &page, &park).await?;
        let faults = answer.faults.into_iter().map(|fault| (fault.name, fault.message)).collect();
        let response = super::render(&app, page, &view, &id, faults).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
    }
    let address = page.at(&format!("/parks/{park}/enterprises/{id}"));
    Ok(Redirect::to(&format!("{}#records", with_pair(address, "resource", resource.as_str()))).into_response())
}

struct Editor<'a> {
    app: &'a App,
    page: &'a Page,
    key: ParkKey,
    id: EnterpriseId,
    resource: ResourceId,
    form: &'a BTreeMap<String, String>,
    answer: Answer,
}

/// What is to be done about one month.
enum Change {
    Nothing,
    Withdraw,
    Add(Declared),
    Correct(Declared),
}

impl Editor<'_> {
    async fn save_all(&mut self) -> Result<(), AppError> {
        let before = self.load().await?;
        let unit = grid::unit(self.app.catalogue, &self.resource, &grid::records(&before, &self.id, &self.resource));
        for (month, typed) in self.typed() {
            let records = grid::records(&before, &self.id, &self.resource);
            let change = self.change(&month, &typed, records.get(&month).copied(), &unit);
            match change {
                Err(fault) => self.answer.faults.push(fault),
                Ok(change) => self.apply(&month, &typed, change).await?,
            }
        }
        let after = self.load().await?;
        let year =
            self.form.get("year").and_then(|year| year.parse().ok()).unwrap_or(self.page.period().start().year());
        let records = grid::records(&after, &self.id, &self.resource);
        self.answer.status = grid::status(self.page, &records, year);
        Ok(())
    }

    async fn load(&self) -> Result<Park, AppError> {
        let scope = self.page.user.scope();
        self.app.store.load_enterprise_view(&scope, &self.key.id, &self.id).await?.ok_or(AppError::NotFound)
    }

    /// The cells that were sent, by month. A name that is none of the grid's is passed over.
    fn typed(&self) -> BTreeMap<Period, Typed> {
        let mut months: BTreeMap<Period, Typed> = BTreeMap::new();
        for (name, text) in self.form {
            let Some((column, month)) = name.split_once('.') else { continue };
            let is_month =
                |period: &Period| Period::month(period.start().year(), period.start().month()) == Some(*period);
            let Some(month) = Period::parse(month).filter(is_month) else { continue };
            let text = Some(text.trim().to_string());
            match column {
                "amount" => months.entry(month).or_default().amount = text,
                "cost" => months.entry(month).or_default().cost = text,
                "source" => months.entry(month).or_default().source = text,
                _ => {}
            }
        }
        months
    }

    /// What the cells of a month ask for, held against the record that is there.
    fn change(&self, month: &Period, typed: &Typed, record: Option<&Record>, unit: &str) -> Result<Change, CellFault> {
        let language = self.page.language;
        let catalogue = self.app.catalogue;
        let shown_amount =
            record.map_or_else(String::new, |record| grid::amount_text(catalogue, language, record, unit));
        let shown_cost = record.map_or_else(String::new, |record| grid::cost_text(language, record));
        let shown_source = record.map_or_else(String::new, |record| record.source.clone());
        let amount = typed.amount.clone().filter(|text| *text != shown_amount);
        let cost = typed.cost.clone().filter(|text| *text != shown_cost);
        let source = typed.source.clone().filter(|text| *text != shown_source);
        if amount.is_none() && cost.is_none() && source.is_none() {
            return Ok(Change::Nothing);
        }
        if amount.as_deref() == Some("") {
            return Ok(Change::Withdraw);
        }
        let amount = match (&amount, record) {
            (Some(text), _) => Amount { value: self.number("amount", month, text)?, unit: unit.to_string() },
            (None, Some(record)) => record.amount.clone(),
            (None, None) => {
                return Err(self.fault(&typed.names(month)[0], self.page.t("enterprise-fault-amount-first")));
            }
        };
        let cost_vnd = match &cost {
            Some(text) if text.is_empty() => None,
            Some(text) => Some(self.number("cost", month, text)?),
            None => record.and_then(|record| record.cost_vnd),
        };
        let source = match source {
            Some(text) if text.chars().count() > LONGEST_SOURCE => {
                let message = self.page.t1("enterprise-fault-source", "most", LONGEST_SOURCE);
                return Err(self.fault(&format!("source.{month}"), message));
            }
            Some(text) if !text.is_empty() => text,
            _ if !shown_source.is_empty() => shown_source,
            _ => self.page.t("enterprise-typed-here"),
        };
        let kept = record.map_or(Basis::Declared, |record| record.basis);
        let basis = basis_asked(self.form.get("basis").map(String::as_str)).unwrap_or(kept);
        let declared = Declared { amount, basis, source, cost_vnd };
        Ok(if record.is_some() { Change::Correct(declared) } else { Change::Add(declared) })
    }

    fn number(&self, column: &str, month: &Period, text: &str) -> Result<f64, CellFault> {
        number::parse(self.page.language, text).filter(|value| value.is_finite()).ok_or_else(|| {
            let message = self.page.t1("enterprise-fault-number", "found", text);
            self.fault(&format!("{column}.{month}"), message)
        })
    }

    fn fault(&self, name: &str, message: String) -> CellFault {
        CellFault { name: name.to_string(), message }
    }

    async fn apply(&mut self, month: &Period, typed: &Typed, change: Change) -> Result<(), AppError> {
        let store = &self.app.store;
        let (actor, scope) = (self.page.user.actor(self.app.now_us()), self.page.user.scope());
        let at = RecordAt {
            park: self.key.id.clone(),
            enterprise: self.id.clone(),
            resource: self.resource.clone(),
            period: *month,
        };
        let done = match &change {
            Change::Nothing => Ok(()),
            Change::Withdraw => store.withdraw_record(&actor, &scope, &at).await.map(|_| ()),
            Change::Add(declared) => store.add_record(&actor, &scope, &at, declared).await.map(|_| ()),
            Change::Correct(declared) => store.correct_record(&actor, &scope, &at, declared).await.map(|_| ()),
        };
        let names = typed.names(month);
        let message = match done {
            Ok(()) => {
                self.answer.saved.extend(names);
                return Ok(());
            }
            Err(RecordError::OutsideScope) => return Err(AppError::Forbidden { sign_in: false }),
            Err(RecordError::Store(error)) => return Err(AppError::Internal(error)),
            Err(RecordError::Locked(lock)) => {
                self.page.t1("enterprise-fault-locked", "period", wording::period(self.page.language, &lock.approved))
            }
            Err(RecordError::NotFound) => self.page.t("enterprise-fault-gone"),
            Err(RecordError::Overlaps(other)) => {
                self.page.t1("enterprise-fault-overlaps", "period", wording::period(self.page.language, &other))
            }
        };
        let faults = names.into_iter().map(|name| CellFault { name, message: message.clone() });
        self.answer.faults.extend(faults);
        Ok(())
    }
}
