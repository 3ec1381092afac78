//! A meter's readings by month, day or hour of the park's own time, as bars and as a table.

use std::collections::BTreeMap;

use engine::language::format_date;
use engine::observe::readings::{MeterMonth, Way, by_month};
use engine::park::{Meter, Park};
use engine::period::{Period, parse_date};
use engine::quantity::Dimension;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, ToSpan};
use readings::Grain;

use super::{ahead_us, batch_months, local, sheet_values, way};
use crate::error::AppError;
use crate::page::{BarSeries, Bars, Page, island};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::wording;

/// Bars that one page shows.
const MOST_BARS: i64 = 1_500;

/// Which part of a meter's readings, and how fine.
pub struct Range {
    pub grain: Grain,
    pub period: Period,
    /// Something in the address was no grain or no day.
    is_misread: bool,
    /// There was more than a page shows; the latest is shown.
    is_cut: bool,
}

pub struct GrainLink {
    pub name: String,
    pub href: String,
    pub is_chosen: bool,
}

impl Range {
    /// What the address asks for with `grain`, `from` and `to` (the last day, which is in); else the twelve months up to
    /// the meter's last, its last 31 days, or its last seven by the hour.
    pub fn asked(page: &Page, last_month: Option<Period>) -> Range {
        let asked = |name: &str| page.query.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let grain = asked("grain").map(|code| Grain::parse(code).filter(|grain| *grain != Grain::Raw));
        let (from, to) = (asked("from").map(parse_date), asked("to").map(parse_date));
        let is_misread =
            [grain.is_some_and(|grain| grain.is_none()), from == Some(None), to == Some(None)].contains(&true);
        let grain = grain.flatten().unwrap_or(Grain::Month);
        let end = match to.flatten().and_then(|last| last.tomorrow().ok()) {
            Some(end) => end,
            None => last_month.unwrap_or(page.period()).end(),
        };
        let back = |span: Span| end.saturating_sub(span);
        let start = from.flatten().unwrap_or(match grain {
            Grain::Month => back(12.months()),
            Grain::Day => back(31.days()),
            Grain::Hour | Grain::Raw => back(7.days()),
        });
        let (period, is_turned) = match Period::new(start, end) {
            Some(period) => (period, false),
            None => (Period::new(back(1.days()), end).unwrap_or(page.period()), true),
        };
        let whole = if grain == Grain::Month { whole_months(period) } else { period };
        let (period, is_cut) = cut(grain, whole);
        Range { grain, period, is_misread: is_misread || is_turned, is_cut }
    }

    pub fn last_day(&self) -> Date {
        self.period.end().yesterday().unwrap_or(self.period.end())
    }

    pub fn notes(&self, page: &Page) -> Vec<String> {
        let told = [(self.is_misread, "meter-misread"), (self.is_cut, "meter-cut")];
        told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, key)| page.t(key)).collect()
    }

    /// The same meter by month, day and hour, each up to the same day.
    pub fn grains(&self, page: &Page) -> Vec<GrainLink> {
        let mut query = page.query.clone();
        query.remove("from");
        query.insert("to".to_string(), self.last_day().to_string());
        let page = Page { query, ..page.clone() };
        let link = |grain: Grain| GrainLink {
            name: page.t(&format!("meter-grain-{}", grain.code())),
            href: page.with("grain", grain.code()),
            is_chosen: grain == self.grain,
        };
        [Grain::Month, Grain::Day, Grain::Hour].map(link).into()
    }

    /// When each bar begins, in local time.
    fn starts(&self) -> Vec<DateTime> {
        let step = match self.grain {
            Grain::Month => 1.months(),
            Grain::Day => 1.days(),
            Grain::Hour | Grain::Raw => 1.hours(),
        };
        let (first, end) = (midnight(self.period.start()), midnight(self.period.end()));
        first.series(step).take_while(|start| *start < end).collect()
    }

    /// The start of the bar that a local moment belongs to.
    fn start_of(&self, at: DateTime) -> DateTime {
        match self.grain {
            Grain::Month => midnight(at.date().first_of_month()),
            Grain::Day => midnight(at.date()),
            Grain::Hour | Grain::Raw => at.date().at(at.hour(), 0, 0, 0),
        }
    }

    fn name(&self, page: &Page, start: DateTime) -> String {
        match self.grain {
            Grain::Month => Period::month(start.year(), start.month())
                .map_or_else(String::new, |month| wording::period(page.language, &month)),
            Grain::Day => format_date(start.date()),
            Grain::Hour | Grain::Raw => format!("{} {:02}:00", format_date(start.date()), start.hour()),
        }
    }

    /// How many readings an hourly meter of the sheet has in the bar.
    fn hours(&self, start: DateTime) -> i64 {
        match self.grain {
            Grain::Month => i64::from(start.date().days_in_month()) * 24,
            Grain::Day => 24,
            Grain::Hour | Grain::Raw => 1,
        }
    }
}

fn midnight(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}

fn whole_months(period: Period) -> Period {
    let months = period.months();
    let whole = months.first().zip(months.last()).and_then(|(first, last)| Period::new(first.start(), last.end()));
    whole.unwrap_or(period)
}

/// The end of a period that a page can show.
fn cut(grain: Grain, period: Period) -> (Period, bool) {
    let most = match grain {
        Grain::Month => 20.years(),
        Grain::Day => MOST_BARS.days(),
        Grain::Hour | Grain::Raw => (MOST_BARS / 24).days(),
    };
    let earliest = period.end().saturating_sub(most);
    match Period::new(earliest.max(period.start()), period.end()) {
        Some(shown) => (shown, shown != period),
        None => (period, false),
    }
}

/// What the readings within a bar come to.
#[derive(Clone, Copy)]
struct Bar {
    sum: f64,
    count: i64,
    expected: Option<i64>,
    way: Way,
}

pub struct Shown {
    pub unit: String,
    pub chart: String,
    pub table: Table,
}

pub async fn of(app: &App, page: &Page, view: &ParkView, meter: &Meter, range: &Range) -> Result<Shown, AppError> {
    let park = &view.computed.park;
    let bars = bars(app, page, park, meter, range).await?;
    let unit = app.catalogue.units.get(&meter.unit);
    let (factor, dimension) = unit.map_or((1.0, Dimension::Count), |unit| (unit.factor, unit.dimension));
    let shown_unit = wording::shown(dimension, 0.0).1.to_string();
    let shown = |value: f64| wording::shown(dimension, value * factor).0;
    // A temperature is a mean, everything else a sum.
    let is_mean = dimension == Dimension::Temperature;
    let value = |bar: &Bar| shown(if is_mean { bar.sum / bar.count as f64 } else { bar.sum });
    let starts = range.starts();
    let name = meter.name.get(page.language).to_string();
    let chart = Bars {
        unit: shown_unit.clone(),
        value_name: page.t("observe-meter-amount"),
        direction: "vertical",
        stacked: false,
        categories: starts.iter().map(|start| range.name(page, *start)).collect(),
        series: vec![BarSeries {
            name: name.clone(),
            role: "first",
            values: starts.iter().map(|start| bars.get(start).map(&value)).collect(),
        }],
    };
    let months = by_month(park, &meter.id);
    let rows = starts
        .iter()
        .map(|start| {
            let mut row = vec![Cell::text(range.name(page, *start)).sorted_by(start)];
            match bars.get(start) {
                Some(bar) => {
                    row.push(Cell::number(page.n(value(bar), wording::decimals(value(bar))), value(bar)));
                    row.push(there(page, bar));
                    row.push(Cell::text(way(page, bar.way)));
                }
                None => {
                    row.push(Cell::no_number("?", page.t("meter-nothing")));
                    row.push(Cell::text("0").sorted_by(0));
                    row.push(Cell::text("–"));
                }
            }
            if range.grain == Grain::Month {
                let month = months.iter().find(|month| month.month.start() == start.date());
                row.insert(2, whole_month(page, month, is_mean, shown));
            }
            row
        })
        .collect();
    let mut columns = vec![
        Column::text(page.t("meter-time")),
        Column::number(page.t("observe-meter-amount"), shown_unit.clone()),
        Column::text(page.t("meter-there")),
        Column::text(page.t("meter-way")),
    ];
    if range.grain == Grain::Month {
        columns.insert(2, Column::number(page.t("meter-whole-month"), shown_unit.clone()));
    }
    let table = Table::new("meter-series", page.t1("meter-chart", "meter", name), columns, rows);
    Ok(Shown { unit: shown_unit, chart: island(&chart), table })
}

/// Bars by their local start; what has no reading has no bar.
async fn bars(
    app: &App,
    page: &Page,
    park: &Park,
    meter: &Meter,
    range: &Range,
) -> Result<BTreeMap<DateTime, Bar>, AppError> {
    let (in_batches, ahead_us) = (batch_months(park, &meter.id), ahead_us(park));
    let mut bars = BTreeMap::new();
    for (at_us, value) in sheet_values(park, &meter.id) {
        let at = local(at_us, ahead_us);
        let is_asked = range.period.contains(at.date());
        if !is_asked || in_batches.iter().any(|month| month.contains(at.date())) {
            continue;
        }
        let start = range.start_of(at);
        let nothing = Bar { sum: 0.0, count: 0, expected: Some(range.hours(start)), way: Way::Sheet };
        let bar = bars.entry(start).or_insert(nothing);
        bar.sum += value;
        bar.count += 1;
    }
    if in_batches.iter().any(|month| month.overlaps(&range.period)) {
        let (scope, at) = (page.user.scope(), (&park.id, &meter.id));
        let points = app.readings.series(&scope, at, range.period, range.grain, MOST_BARS as usize + 1).await?;
        for point in points {
            let bar = Bar { sum: point.value, count: point.count, expected: point.expected, way: Way::Batches };
            bars.insert(local(point.at_us, ahead_us), bar);
        }
    }
    Ok(bars)
}

/// Readings there of those expected.
fn there(page: &Page, bar: &Bar) -> Cell {
    let count = page.count(bar.count.max(0) as usize);
    match bar.expected.filter(|expected| *expected > 0) {
        Some(expected) => Cell::text(format!("{count}/{}", page.count(expected as usize))),
        None => Cell::text(count),
    }
    .sorted_by(bar.count)
}

/// What counts for the whole month in balance and verification.
fn whole_month(page: &Page, month: Option<&MeterMonth>, is_mean: bool, shown: impl Fn(f64) -> f64) -> Cell {
    let value = month.and_then(|month| if is_mean { month.mean } else { month.amount }).map(shown);
    match value {
        Some(value) => Cell::number(page.n(value, wording::decimals(value)), value),
        None => Cell::no_number("?", page.t("observe-meter-thin")),
    }
}
