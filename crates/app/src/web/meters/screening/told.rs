//! What a screening ended in, as programs read it.

use std::collections::BTreeMap;

use engine::fault::{Fault, FaultKind, Place};
use engine::ids::ParkId;
use engine::language::Label;
use engine::source::Basis;
use serde::Serialize;

use super::{Screening, chosen, is_outdated};
use crate::error::AppError;
use crate::page::Page;
use crate::screening::{Around, Line, Outcome, Row, row};
use crate::state::App;
use crate::web::meters::model::model_href;
use crate::web::sharing::looks;
use crate::wording;

pub enum Asked {
    Ready(Told),
    /// Meters done, and of how many.
    Running(usize, usize),
    /// The address names no job.
    Faulty(Vec<String>),
}

#[derive(Serialize)]
pub struct Told {
    model: &'static str,
    /// `installed`: the days on which the measures of each meter were installed; or the one day.
    around: String,
    /// Whether something came to one of the parks since it was read.
    is_outdated: bool,
    /// Meters by outcome, whatever the address leaves out.
    counts: BTreeMap<&'static str, usize>,
    meters: Vec<MeterTold>,
}

#[derive(Serialize)]
struct MeterTold {
    name: Label,
    /// How its figures come about, and where they can be read day by day.
    basis: Basis,
    source: String,
    /// The saving over what would have been used.
    relative: Option<f64>,
    #[serde(flatten)]
    row: Row,
}

/// The answer of the job that the address names, with its filters and its order. Whose readings they are is shown who read
/// them.
pub async fn told(app: &App, page: &Page, park: &ParkId) -> Result<Asked, AppError> {
    let Some(id) = page.query.get("job").filter(|id| !id.is_empty()) else {
        let place = Place { file: page.t("screening-title"), column: Some("job".to_string()), ..Place::default() };
        let expected = format!("POST /parks/{park}/screening");
        let fault = Fault { place, kind: FaultKind::MissingValue, found: String::new(), expected };
        return Ok(Asked::Faulty(vec![wording::fault(page.language, &fault)]));
    };
    let job = app.screenings.find(&page.user.id, park, id).ok_or(AppError::NotFound)?;
    if !job.is_over() {
        return Ok(Asked::Running(job.done(), job.of));
    }
    // One that was stopped has no answer.
    let found = job.answer().ok_or(AppError::NotFound)?;
    for park in found.stamps.keys() {
        looks::at_all(app, &page.user, park, "api/screening").await?;
    }
    Ok(Asked::Ready(Told {
        model: found.model.code(),
        around: match found.around {
            Around::Installed => "installed".to_string(),
            Around::Day(day) => day.to_string(),
        },
        is_outdated: is_outdated(app, found).await?,
        counts: counts(found),
        meters: chosen(page, found).into_iter().map(|line| meter(page, found, line)).collect(),
    }))
}

fn counts(found: &Screening) -> BTreeMap<&'static str, usize> {
    let count = |outcome: Outcome| found.lines.iter().filter(|line| line.outcome == outcome).count();
    Outcome::ALL.into_iter().map(|outcome| (outcome.code(), count(outcome))).collect()
}

fn meter(page: &Page, found: &Screening, line: &Line) -> MeterTold {
    MeterTold {
        name: line.name.clone(),
        basis: Basis::Calculated,
        source: model_href(page, line.park.as_str(), line.meter.as_str(), found.model, found.around),
        relative: line.relative(),
        row: row(line, page.language),
    }
}
