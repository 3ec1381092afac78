//! Figures of the nation as others published them, with what does not fit together; more can be added and withdrawn.

use askama::Template;
use axum::Form;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::catalogue::places::ProvinceEdition;
use engine::catalogue::series::{ConsistencyNote, NationalFigure, NationalIndicator, QUALIFIERS, consistency};
use engine::language::{Language, fold};
use engine::register::{slug, written_number};
use serde::Deserialize;

use crate::auth::{self, Action};
use crate::error::AppError;
use crate::page::{Page, html};
use crate::state::App;

#[derive(Template)]
#[template(path = "series.html")]
struct Series {
    page: Page,
    finding: String,
    notes: Vec<String>,
    groups: Vec<Group>,
    /// Indicators and qualifiers that the form offers; empty for those who may not add.
    indicators: Vec<(String, String)>,
    qualifiers: Vec<(String, String)>,
    fault: String,
}

struct Group {
    name: String,
    lines: Vec<Line>,
}

struct Line {
    figure: String,
    value: f64,
    as_of: String,
    printed: String,
    source: String,
    unconfirmed: bool,
    note: String,
    /// Address to withdraw it at; empty for those of the catalogue and for those who may not.
    withdraw: String,
}

async fn figures(app: &App) -> Result<(Vec<NationalFigure>, usize), AppError> {
    let mut figures = app.catalogue.national_figures.clone();
    let first_added = figures.len();
    figures.extend(app.store.national_figures().await?);
    Ok((figures, first_added))
}

pub async fn show(State(app): State<App>, page: Page) -> Result<Response, AppError> {
    render(&app, page, "").await
}

async fn render(app: &App, page: Page, fault: &'static str) -> Result<Response, AppError> {
    let (figures, first_added) = figures(app).await?;
    let may_edit = auth::may(&page.user, &Action::EditRegister { province: None }).is_ok();
    let notes = consistency(&figures, app.catalogue.provinces.edition(ProvinceEdition::Before).len());
    let line = |(at, figure): (usize, &NationalFigure)| Line {
        figure: page.t1(
            &format!("nation-qualifier-{}", figure.qualifier),
            "value",
            page.n(figure.value, decimals(figure.value)),
        ),
        value: figure.value,
        as_of: if figure.as_of.is_empty() { page.t("series-as-of-unknown") } else { figure.as_of.clone() },
        printed: figure.printed.clone(),
        source: figure.source.clone(),
        unconfirmed: figure.unconfirmed,
        note: match page.language {
            Language::Vi => figure.note_vi.clone(),
            Language::En => figure.note_en.clone(),
        },
        withdraw: match may_edit && at >= first_added {
            true => format!("/series/{}/withdraw", figure.id),
            false => String::new(),
        },
    };
    let group = |indicator: NationalIndicator| Group {
        name: page.t(&format!("series-{}", indicator.code())),
        lines: figures.iter().enumerate().filter(|(_, figure)| figure.indicator == indicator).map(line).collect(),
    };
    let groups: Vec<Group> =
        NationalIndicator::ALL.into_iter().map(group).filter(|group| !group.lines.is_empty()).collect();
    let response = html(&Series {
        finding: page.t2("series-finding", "figures", page.count(figures.len()), "notes", page.count(notes.len())),
        notes: notes.iter().map(|note| told(&page, note, &figures)).collect(),
        groups,
        indicators: match may_edit {
            true => NationalIndicator::ALL
                .map(|indicator| (indicator.code().to_string(), page.t(&format!("series-{}", indicator.code()))))
                .into(),
            false => Vec::new(),
        },
        qualifiers: QUALIFIERS.map(|code| (code.to_string(), page.t(&format!("series-qualifier-{code}")))).into(),
        fault: if fault.is_empty() { String::new() } else { page.t(fault) },
        page,
    })?;
    Ok(if fault.is_empty() { response } else { (StatusCode::UNPROCESSABLE_ENTITY, response).into_response() })
}

fn decimals(value: f64) -> usize {
    if value.fract() == 0.0 { 0 } else { 1 }
}

/// A note in words, naming the figures by what they are and who says so.
fn told(page: &Page, note: &ConsistencyNote, figures: &[NationalFigure]) -> String {
    let named = |id: &String| {
        let figure = figures.iter().find(|figure| figure.id == *id);
        figure.map_or_else(
            || id.clone(),
            |figure| {
                let name = page.t(&format!("series-{}", figure.indicator.code()));
                format!("{name} {} ({})", page.n(figure.value, decimals(figure.value)), figure.source)
            },
        )
    };
    match note {
        ConsistencyNote::ShareDoesNotFit { part, whole, computed_percent, printed_percent, .. } => {
            let pair = page.t2("series-note-of", "part", named(part), "whole", named(whole));
            page.t3(
                "series-note-share",
                "pair",
                pair,
                "computed",
                page.n(*computed_percent, 1),
                "printed",
                page.n(*printed_percent, 1),
            )
        }
        ConsistencyNote::PartAboveWhole { part, whole } => {
            page.t2("series-note-part", "part", named(part), "whole", named(whole))
        }
        ConsistencyNote::SourcesDiffer { figures: ids, lowest, highest } => page.t3(
            "series-note-sources",
            "figures",
            ids.iter().map(named).collect::<Vec<_>>().join("; "),
            "lowest",
            page.n(*lowest, decimals(*lowest)),
            "highest",
            page.n(*highest, decimals(*highest)),
        ),
        ConsistencyNote::ImplausibleGrowth { figure, percent } => {
            page.t2("series-note-growth", "figure", named(figure), "percent", page.n(*percent, 0))
        }
        ConsistencyNote::MoreThanThereAre { figure, there_are } => {
            page.t2("series-note-more", "figure", named(figure), "count", page.count(*there_are))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Added {
    indicator: String,
    as_of: String,
    value: String,
    printed: String,
    qualifier: String,
    source: String,
    note: String,
    is_confirmed: Option<String>,
}

/// Longest text of a figure that is kept.
const LONGEST: usize = 300;

pub async fn add(State(app): State<App>, page: Page, Form(form): Form<Added>) -> Result<Response, AppError> {
    let as_of = form.as_of.trim();
    let is_time = as_of.is_empty()
        || engine::period::Period::parse(as_of).is_some()
        || as_of.parse::<jiff::civil::Date>().is_ok();
    let parsed = (NationalIndicator::parse(&form.indicator), written_number(form.value.trim()));
    let (Some(indicator), Some(value), true) = (parsed.0, parsed.1, is_time) else {
        return render(&app, page, "series-fault").await;
    };
    let is_whole = !form.source.trim().is_empty() && QUALIFIERS.contains(&form.qualifier.as_str());
    let is_short = [&form.source, &form.note, &form.printed].iter().all(|text| text.chars().count() <= LONGEST);
    if !is_whole || !is_short || value < 0.0 {
        return render(&app, page, "series-fault").await;
    }
    let printed = Some(form.printed.trim().to_string()).filter(|text| !text.is_empty());
    let figure = NationalFigure {
        id: slug(&format!("{} {as_of} {}", indicator.code(), fold(&form.source))).chars().take(80).collect(),
        indicator,
        as_of: as_of.to_string(),
        value,
        printed: printed.unwrap_or_else(|| form.value.trim().to_string()),
        qualifier: form.qualifier,
        source: form.source.trim().to_string(),
        unconfirmed: form.is_confirmed.is_none(),
        note_vi: form.note.trim().to_string(),
        note_en: form.note.trim().to_string(),
    };
    match app.store.add_national_figure(&page.user.actor(app.now_us()), &figure).await? {
        true => Ok(Redirect::to("/series").into_response()),
        false => render(&app, page, "series-twice").await,
    }
}

pub async fn withdraw(State(app): State<App>, page: Page, UrlPath(id): UrlPath<String>) -> Result<Response, AppError> {
    match app.store.withdraw_national_figure(&page.user.actor(app.now_us()), &id).await? {
        true => Ok(Redirect::to("/series").into_response()),
        false => Err(AppError::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::has;

    #[test]
    fn every_indicator_and_qualifier_has_its_words() {
        let indicators = NationalIndicator::ALL.map(|indicator| format!("series-{}", indicator.code()));
        let qualifiers =
            QUALIFIERS.iter().flat_map(|code| [format!("series-qualifier-{code}"), format!("nation-qualifier-{code}")]);
        for key in indicators.into_iter().chain(qualifiers) {
            assert!(Language::ALL.into_iter().all(|language| has(language, &key)), "{key}");
        }
    }
}
