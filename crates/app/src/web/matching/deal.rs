//! The deal sheet of an exchange: as the page shows it, as files, and as the API answers it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::Context;
use axum::extract::{Path as UrlPath, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use engine::language::Language;
use engine::matching::carbon::ExchangeFactors;
use engine::matching::deal::{Deal, DealRules, Deals, deal};
use engine::matching::objective::GroundOf;
use engine::matching::split::{Split, Splitting, split_network};
use engine::matching::{Exchange, MatchingRules, Standing};
use engine::report::document::Document;
use engine::source::Digest;
use serde::Serialize;

use super::waiting::{self, Asker, Found, Waiting};
use crate::error::AppError;
use crate::page::{Page, escape};
use crate::solving::SOLVER;
use crate::state::{App, Computed, ParkView};
use crate::web::frame;
use crate::web::sharing::looks::{self, What};
use crate::wording::deal::{Told, deal_document};
use crate::workbook;

/// A deal with the split of the network that it belongs to.
#[derive(Serialize)]
pub struct Sheet {
    pub deal: Deal,
    /// `None` where the exchange is not ready, nobody can tell yet what it adds; and while it is computed.
    pub split: Option<Split>,
}

/// The exchange of an address. Whoever looks at it leaves a trace with both enterprises.
pub async fn exchange<'a>(app: &App, page: &Page, view: &'a ParkView, code: &str) -> Result<&'a Exchange, AppError> {
    let exchanges = &view.computed.report.candidates.exchanges;
    let exchange = exchanges.iter().find(|exchange| exchange.code() == code).ok_or(AppError::NotFound)?;
    for enterprise in [&exchange.giver_enterprise, &exchange.taker_enterprise] {
        looks::at(app, &page.user, &view.key.id, enterprise, What::Exchange, code).await?;
    }
    Ok(exchange)
}

/// The sheet of an exchange, made apart from the requests that are answered meanwhile; and what its split waits for, where
/// coalitions take their time.
pub async fn sheet(
    app: &App,
    page: &Page,
    view: &ParkView,
    exchange: &Exchange,
) -> Result<(Sheet, Option<Waiting>), AppError> {
    let (computed, wanted) = (view.computed.clone(), exchange.clone());
    let made = tokio::task::spawn_blocking(move || Some((deal_of(&computed, &wanted)?, begin(&computed, &wanted))));
    let (deal, begun) = made.await.context("make the deal sheet")?.ok_or(AppError::NotFound)?;
    let splitting = match begun {
        Begun::Known(split) => return Ok((Sheet { deal, split }, None)),
        Begun::Heavy(splitting) => splitting,
    };
    let question = Digest::of(format!("{splitting:?}").as_bytes());
    let found = app.awaited.ask(Asker::of(page, &view.key.id), question, splitting.coalitions(), move |job| {
        let mut done = 0;
        let split = splitting.split(&mut || {
            job.tell(done);
            done += 1;
            !job.is_cancelled()
        })?;
        Some(waiting::Answer::Split(Arc::new(split)))
    });
    Ok(match found.await {
        Found::Ready(waiting::Answer::Split(split)) => (Sheet { deal, split: Some((*split).clone()) }, None),
        found => {
            let waiting = Waiting::of(page, &view.key.id, &found);
            (Sheet { deal, split: None }, Some(waiting))
        }
    })
}

/// A split, or one whose coalitions are mixed-integer problems each.
enum Begun {
    Known(Option<Split>),
    Heavy(Splitting),
}

/// Nobody can tell yet what an exchange that is not ready adds.
fn begin(computed: &Computed, exchange: &Exchange) -> Begun {
    let (matching, factors) = (MatchingRules::default(), ExchangeFactors::default());
    let from = GroundOf {
        park: &computed.park,
        catalogue: &computed.catalogue,
        rules: &matching,
        factors: &factors,
        period: computed.report.balance.period,
        solver: SOLVER,
    };
    let (candidates, giver) = (&computed.report.candidates, &exchange.giver_enterprise);
    if exchange.standing != Standing::Ready {
        Begun::Known(None)
    } else if computed.park.works.is_empty() {
        Begun::Known(split_network(candidates, giver))
    } else {
        Splitting::new(from, candidates, giver).map_or(Begun::Known(None), Begun::Heavy)
    }
}

/// The deal alone.
pub fn deal_of(computed: &Computed, exchange: &Exchange) -> Option<Deal> {
    let report = &computed.report;
    let (rules, factors) = (DealRules::default(), ExchangeFactors::default());
    let deals = Deals {
        park: &computed.park,
        candidates: &report.candidates,
        network: &report.network,
        catalogue: &computed.catalogue,
        rules: &rules,
        factors: &factors,
        period: report.balance.period,
    };
    deal(exchange, &deals)
}

pub fn document(sheet: &Sheet, computed: &Computed, language: Language) -> Document {
    let rules = DealRules::default();
    let told = Told {
        park: &computed.park,
        catalogue: &computed.catalogue,
        rules: &rules,
        split: sheet.split.as_ref(),
        as_of: computed.report.run.as_of,
    };
    deal_document(&sheet.deal, &told, language)
}

type PlaceOf = UrlPath<(String, String)>;

pub async fn pdf(State(app): State<App>, page: Page, UrlPath((park, code)): PlaceOf) -> Result<Response, AppError> {
    file(&app, &page, &park, &code, Format::Pdf).await
}

pub async fn docx(State(app): State<App>, page: Page, UrlPath((park, code)): PlaceOf) -> Result<Response, AppError> {
    file(&app, &page, &park, &code, Format::Docx).await
}

pub async fn xlsx(State(app): State<App>, page: Page, UrlPath((park, code)): PlaceOf) -> Result<Response, AppError> {
    file(&app, &page, &park, &code, Format::Xlsx).await
}

#[derive(Clone, Copy)]
enum Format {
    Pdf,
    Docx,
    Xlsx,
}

async fn file(app: &App, page: &Page, park: &str, code: &str, format: Format) -> Result<Response, AppError> {
    let view = frame::view(app, page, park).await?;
    let (sheet, waiting) = sheet(app, page, &view, exchange(app, page, &view, code).await?).await?;
    if waiting.is_some() {
        // A file without its split would be taken for the whole sheet; the page shows how far the split is.
        return Ok(Redirect::to(&page.at(&format!("/parks/{park}/matching/{}", escape(code)))).into_response());
    }
    let document = document(&sheet, &view.computed, page.language);
    let as_of = view.computed.report.run.as_of;
    let written = tokio::task::spawn_blocking(move || match format {
        Format::Pdf => ::print::pdf(&document, as_of),
        Format::Docx => ::print::docx(&document, as_of),
        Format::Xlsx => workbook::write(&document, as_of),
    });
    let bytes = written.await.context("write the deal sheet")??;
    let (ending, kind) = match format {
        Format::Pdf => ("pdf", "application/pdf"),
        Format::Docx => ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        Format::Xlsx => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    };
    // A name that every file system takes, whatever the streams are called.
    let plain: String = code.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"deal-{plain}.{}.{ending}\"", page.code())),
    ];
    Ok((headers, bytes).into_response())
}
