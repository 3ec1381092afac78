//! Which enterprise has completed which month, and what was approved: a small matrix of enterprises and months.

use std::collections::BTreeMap;

use engine::ids::EnterpriseId;
use engine::period::Period;
use serde::Serialize;
use store::{PeriodMark, PeriodState, Resources};

use crate::page::Page;
use crate::state::ParkView;
use crate::web::figures::name_of;
use crate::web::figures::table::{Cell, Column, Table};
use crate::wording;

/// How far a month of an enterprise has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MonthState {
    pub state: PeriodState,
    /// Only some resources have come this far.
    pub is_partial: bool,
    /// It was approved once, and records were changed after that.
    pub was_corrected: bool,
}

/// The furthest state that holds for all resources of the month; where there is none, the furthest of any group.
pub fn month_state(marks: &[&PeriodMark], month: &Period) -> MonthState {
    let covers = |mark: &&&PeriodMark| mark.period.start() <= month.start() && month.end() <= mark.period.end();
    let furthest = |is_meant: fn(&PeriodMark) -> bool| {
        marks.iter().filter(covers).filter(|mark| mark.is_current && is_meant(mark)).map(|mark| mark.state).max()
    };
    let whole = furthest(|mark| mark.resources == Resources::All);
    let part = furthest(|mark| mark.resources != Resources::All);
    let is_partial = part > whole;
    let was_corrected =
        marks.iter().filter(covers).any(|mark| mark.state == PeriodState::Approved && mark.changed_at_us.is_some());
    let state = whole.max(part).unwrap_or(PeriodState::Open);
    MonthState { state, is_partial, was_corrected }
}

/// The enterprises that the reader may see by the months of the page's year.
pub fn matrix(page: &Page, view: &ParkView, marks: &[PeriodMark]) -> Option<Table> {
    let year = page.period().start().year();
    let months: Vec<Period> = (1..=12).filter_map(|month| Period::month(year, month)).collect();
    let mut by_enterprise: BTreeMap<&EnterpriseId, Vec<&PeriodMark>> = BTreeMap::new();
    for mark in marks {
        by_enterprise.entry(&mark.enterprise).or_default().push(mark);
    }
    let none = Vec::new();
    let rows: Vec<Vec<Cell>> = view
        .computed
        .park
        .enterprises
        .iter()
        .filter_map(|enterprise| Some((enterprise, name_of(page, view, &enterprise.id)?)))
        .map(|(enterprise, name)| {
            let marks = by_enterprise.get(&enterprise.id).unwrap_or(&none);
            let href = page.at(&format!("/parks/{}/enterprises/{}", view.key.id, enterprise.id));
            let cells = months.iter().map(|month| cell(page, month_state(marks, month)));
            std::iter::once(Cell::link(name, format!("{href}#periods"))).chain(cells).collect()
        })
        .collect();
    let columns = std::iter::once(Column::text(page.t("figure-enterprise")))
        .chain(months.iter().map(|month| Column::text(wording::period(page.language, month))));
    let columns = columns.collect();
    (!rows.is_empty()).then(|| Table::new("periods", page.t1("period-matrix", "year", year), columns, rows))
}

fn cell(page: &Page, month: MonthState) -> Cell {
    let word = page.t(&format!("period-short-{}", month.state.code()));
    let mut text = if month.is_partial { page.t1("period-partly", "state", word) } else { word };
    if month.was_corrected {
        text = format!("{text} *");
    }
    let title = if month.was_corrected { page.t("period-corrected") } else { String::new() };
    Cell { title, ..Cell::chip(format!("state {}", month.state.code()), text).sorted_by(month.state as usize) }
}

/// Enterprise-months of the page's year by state, for those who see no enterprise.
pub fn counts(page: &Page, view: &ParkView, marks: &[PeriodMark]) -> BTreeMap<&'static str, usize> {
    let year = page.period().start().year();
    let mut counts: BTreeMap<&'static str, usize> =
        PeriodState::ALL.into_iter().map(|state| (state.code(), 0)).collect();
    for enterprise in &view.computed.park.enterprises {
        let own: Vec<&PeriodMark> = marks.iter().filter(|mark| mark.enterprise == enterprise.id).collect();
        for month in (1..=12).filter_map(|month| Period::month(year, month)) {
            *counts.entry(month_state(&own, &month).state.code()).or_default() += 1;
        }
    }
    counts
}
