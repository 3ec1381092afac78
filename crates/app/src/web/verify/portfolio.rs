//! The savings of a park together: sums by status and quantity with their interval, what the verifications have in common,
//! what was promised beside what was measured, and what counts for nothing and why.

#[cfg(test)]
mod tests;
mod told;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::ids::MeasureId;
use engine::park::Status;
use engine::park::key_readings::KeyQuantity;
use engine::quantity::Dimension;
use engine::verify::measures::MeasureVerification;
use engine::verify::promise::{self, Covered};
use engine::verify::sums::{Assumptions, Cause, Part, Untraced};
use serde::Serialize;

use super::{TotalRow, held_back, may_see, step, total_rows};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{BarSeries, Bars, Page, escape, html, island};
use crate::publish::{self, ClaimPart, QUANTITIES, quantity_parts};
use crate::state::{App, ParkView};
use crate::web::figures::table::{Cell, Column, Table};
use crate::web::frame::{self, ParkFrame};
use crate::web::steps;
use crate::wording::{self, Names, saving as words};
pub use told::told;

/// Rungs that stand for something built; the others are intentions.
const SHOWN: [Status; 3] = [Status::Verified, Status::Measured, Status::Built];
/// Highest drift that the address may name, in percent.
const MOST_DRIFT: f64 = 20.0;

#[derive(Template)]
#[template(path = "portfolio.html")]
struct Portfolio {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    notice: String,
    /// Whether the reader sees the parts: every one of the park, or those of the own enterprise.
    sees_parts: bool,
    fields: Vec<Field>,
    faults: Vec<String>,
    sums: Option<Table>,
    causes: Option<Table>,
    comparisons: Vec<String>,
    promised_finding: String,
    chart: String,
    promised: Option<Table>,
    nothing: Option<Table>,
    quantities: Vec<(String, &'static str)>,
    totals: Vec<TotalRow>,
    list: String,
    screening: String,
    source: String,
}

/// An assumption as its form shows it.
struct Field {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
}

pub async fn show(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view_begun(&app, &page, &park).await?;
    let report = &view.computed.report;
    let seen: Vec<&MeasureVerification> = report.verifications.iter().filter(|one| may_see(&view, one)).collect();
    let is_seen = |claim: &&ClaimPart| seen.iter().any(|one| one.measure == claim.measure);
    let claims: Vec<&ClaimPart> = view.computed.claims().claims.iter().filter(is_seen).collect();
    let (assumptions, fields, faults) = asked(&page);
    let words = Words {
        page: &page,
        view: &view,
        names: Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) },
        app: &app,
        assumptions,
    };
    let promises = words.promises(&seen);
    let template = Portfolio {
        first_line: words.first_line(&seen, &promises),
        notice: match view.sight {
            Sight::Whole => String::new(),
            Sight::Own(_) => page.t("portfolio-own"),
            _ => page.t("portfolio-totals-only"),
        },
        sees_parts: matches!(view.sight, Sight::Whole | Sight::Own(_)),
        fields,
        faults,
        sums: words.sums(&claims),
        causes: words.causes(&claims),
        comparisons: words.comparisons(&claims, &seen),
        promised_finding: words.promised_finding(&promises),
        chart: words.chart(&promises),
        promised: words.promised(&promises),
        nothing: words.nothing(&seen),
        quantities: QUANTITIES.iter().map(|(key, unit, _)| (page.t(key), *unit)).collect(),
        totals: total_rows(&page, &view, &publish::status_sums(&view.computed)),
        list: page.at(&format!("/parks/{park}/verify")),
        screening: match view.sight {
            Sight::Whole => page.at(&format!("/parks/{park}/screening")),
            _ => String::new(),
        },
        source: steps::source_line(&page, report),
        frame: ParkFrame::of(&app, &page, &view, "verify"),
        page: page.clone(),
    };
    html(&template)
}

/// What the address assumes. What cannot be is told, and nothing is assumed in its place.
fn asked(page: &Page) -> (Assumptions, Vec<Field>, Vec<String>) {
    let mut faults = Vec::new();
    let mut fields = Vec::new();
    let mut number = |name: &'static str, most: f64| -> f64 {
        let text = page.query.get(name).map_or("", |text| text.trim());
        let value = match text.replace(',', ".").parse::<f64>() {
            _ if text.is_empty() => 0.0,
            Ok(value) if (0.0..=most).contains(&value) => value,
            _ => {
                let range = format!("0 – {}", page.n(most, 0));
                let label = page.t(&format!("portfolio-{name}"));
                faults.push(page.t3("portfolio-fault", "name", label, "found", text, "expected", range));
                0.0
            }
        };
        let (label, hint) = (page.t(&format!("portfolio-{name}")), page.t(&format!("portfolio-{name}-hint")));
        let shown = if text.is_empty() { "0".to_string() } else { text.to_string() };
        fields.push(Field { name, label, hint, value: shown });
        value
    };
    let assumptions = Assumptions {
        own_correlation: number("r", 1.0),
        weather_drift_90: number("weather", MOST_DRIFT) / 100.0,
        production_drift_90: number("production", MOST_DRIFT) / 100.0,
    };
    (assumptions, fields, faults)
}

/// What was promised of a measure and what became of it, in the unit that it is printed in.
struct Promise<'a> {
    of: &'a MeasureVerification,
    a_year: f64,
    /// What was compared; `None` where nothing was.
    covered: Option<Covered>,
    /// Value and half the width of its interval; `None` where nothing was measured.
    measured: Option<(f64, f64)>,
    unit: &'static str,
}

impl Promise<'_> {
    /// What was measured, with half the width of its interval, and what was expected of the days compared.
    fn held(&self) -> Option<(f64, f64, f64)> {
        let (value, half) = self.measured?;
        Some((value, half, self.covered.filter(|covered| covered.expected > 0.0)?.expected))
    }

    fn percent(&self) -> Option<f64> {
        self.held().map(|(value, _, expected)| 100.0 * value / expected)
    }

    fn band(&self) -> Option<[f64; 2]> {
        self.held().map(|(value, half, expected)| [value - half, value + half].map(|end| 100.0 * end / expected))
    }

    fn verdict(&self) -> &'static str {
        match self.held() {
            None => "portfolio-not-measured",
            Some((value, half, expected)) if value + half < expected => "portfolio-less",
            Some((value, half, expected)) if value - half > expected => "portfolio-more",
            Some(_) => "portfolio-kept",
        }
    }
}

/// Bars with a band around each and a line across.
#[derive(Serialize)]
struct BandedBars {
    #[serde(flatten)]
    bars: Bars<Option<f64>>,
    bands: Vec<Option<[f64; 2]>>,
    line: Line,
}

#[derive(Serialize)]
struct Line {
    name: String,
    value: f64,
}

struct Words<'a> {
    page: &'a Page,
    view: &'a ParkView,
    names: Names<'a>,
    app: &'a App,
    assumptions: Assumptions,
}

impl Words<'_> {
    fn first_line(&self, seen: &[&MeasureVerification], promises: &[Promise]) -> String {
        let page = self.page;
        if !matches!(self.view.sight, Sight::Whole | Sight::Own(_)) {
            return page.t("portfolio-first-totals");
        }
        let count = |status| page.count(seen.iter().filter(|one| one.claim.status == status).count());
        let counts = page.t3(
            "portfolio-first",
            "verified",
            count(Status::Verified),
            "measured",
            count(Status::Measured),
            "built",
            count(Status::Built),
        );
        let measured: Vec<f64> = promises.iter().filter_map(Promise::percent).collect();
        match measured.len() {
            0 => counts,
            many => {
                let mut sorted = measured;
                sorted.sort_by(f64::total_cmp);
                let middle = (sorted[(many - 1) / 2] + sorted[many / 2]) / 2.0;
                format!("{counts}; {}", page.t1("portfolio-first-median", "percent", page.n(middle, 0)))
            }
        }
    }

    /// Each status with each quantity that something counts in.
    fn sums(&self, claims: &[&ClaimPart]) -> Option<Table> {
        let page = self.page;
        let row = |sum: told::Sum| {
            let (key, unit, _) = QUANTITIES[sum.place];
            let decimals = wording::decimals(sum.value);
            let width = |value: Option<f64>| match value {
                Some(value) => Cell::number(page.n(value, decimals), value),
                None => Cell::no_number("–", page.t("portfolio-not-measured")),
            };
            vec![
                Cell::text(format!("{}: {}", wording::status(page.language, sum.status), page.t(key)))
                    .sorted_by(format!("{}{}", 9 - step(sum.status), sum.place)),
                Cell::number(page.count(sum.measures), sum.measures as f64),
                Cell::number(page.n(sum.value, decimals), sum.value),
                width(sum.uncertainty_90),
                width(sum.root_sum_square_90),
                width(sum.all_together_90),
                Cell::text(unit),
            ]
        };
        let rows: Vec<_> = told::sums(claims, &self.assumptions).into_iter().map(row).collect();
        let columns = vec![
            Column::text(page.t("portfolio-of")),
            Column::number(page.t("portfolio-measures"), ""),
            Column::number(page.t("portfolio-sum"), ""),
            Column::number(page.t("portfolio-interval"), ""),
            Column::number(page.t("portfolio-root"), ""),
            Column::number(page.t("portfolio-plain"), ""),
            Column::text(page.t("report-unit")),
        ];
        (!rows.is_empty()).then(|| Table::new("sums", page.t("portfolio-sums"), columns, rows))
    }

    /// What two or more verifications rest on together, with what its drift does to the sum.
    fn causes(&self, claims: &[&ClaimPart]) -> Option<Table> {
        let page = self.page;
        let row = |found: told::CauseTold| {
            let (key, unit, _) = QUANTITIES[found.place];
            let decimals = wording::decimals(found.effect_of_one_percent.unwrap_or(found.effect));
            let of_drift = |value: Option<f64>, decimals| match value {
                Some(value) => Cell::number(page.n(value, decimals), value),
                None => Cell::no_number("–", page.t("portfolio-stated")),
            };
            vec![
                Cell::text(self.cause(&found.cause)),
                Cell::text(format!("{}: {}", wording::status(page.language, found.status), page.t(key))),
                Cell::text(self.measures(&found.measures)).sorted_by(found.measures.len()),
                of_drift(found.effect_of_one_percent, decimals),
                of_drift(found.drift_percent, 1),
                Cell::number(page.n(found.effect, decimals), found.effect),
                Cell::text(unit),
            ]
        };
        let rows: Vec<_> = told::causes(claims, &self.assumptions).into_iter().map(row).collect();
        let columns = vec![
            Column::text(page.t("portfolio-cause")),
            Column::text(page.t("portfolio-of")),
            Column::text(page.t("portfolio-measures")),
            Column::number(page.t("portfolio-one-percent"), ""),
            Column::number(page.t("portfolio-drift"), "%"),
            Column::number(page.t("portfolio-effect"), ""),
            Column::text(page.t("report-unit")),
        ];
        (!rows.is_empty()).then(|| Table::new("causes", page.t("portfolio-causes"), columns, rows))
    }

    fn cause(&self, cause: &Cause) -> String {
        let (page, park) = (self.page, &self.view.computed.park);
        match cause {
            Cause::Station { station, .. } => {
                let own = park.weather.station(station).map(|station| &station.name);
                let known = self.app.catalogue.stations.get(station).map(|station| &station.name);
                let name = own.or(known).map_or(station.as_str(), |name| name.get(page.language));
                page.t1("portfolio-cause-station", "name", name)
            }
            Cause::Thermometer { meter, .. } | Cause::Meter { meter, .. } => {
                let name = park.meter(meter).map_or(meter.as_str(), |meter| meter.name.get(page.language));
                let is_meter = matches!(cause, Cause::Meter { .. });
                page.t1(if is_meter { "portfolio-cause-meter" } else { "portfolio-cause-thermometer" }, "name", name)
            }
            Cause::Instrument { what, instrument, .. } => match what {
                KeyQuantity::Rate => page.t1("portfolio-cause-rate-instrument", "name", instrument),
                KeyQuantity::Hours => page.t1("portfolio-cause-hour-counter", "name", instrument),
            },
            Cause::Production { enterprise, product, .. } => page.t2(
                "portfolio-cause-production",
                "product",
                self.names.resource(product),
                "enterprise",
                self.names.enterprise(enterprise),
            ),
            Cause::Driver { driver, .. } => {
                let name = words::predictor(page.language, self.app.catalogue, driver);
                page.t1("portfolio-cause-driver", "name", name)
            }
        }
    }

    fn measures(&self, measures: &[MeasureId]) -> String {
        measures.iter().map(MeasureId::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Measures that are shares of one saving: one error, not several; those of which not everything could be traced; and those
    /// that were agreed on.
    fn comparisons(&self, claims: &[&ClaimPart], seen: &[&MeasureVerification]) -> Vec<String> {
        let line = |one: told::Shares| {
            self.page.t3(
                "portfolio-one-comparison",
                "measures",
                self.measures(&one.measures),
                "enterprise",
                self.names.enterprise(&one.enterprise),
                "resource",
                self.names.resource(&one.resource),
            )
        };
        let untraced = told::untraced(claims).into_iter().map(|one| {
            let key = match one.reason {
                Untraced::SeveralInstruments => "portfolio-untraced-several-instruments",
            };
            self.page.t1(key, "measures", self.measures(&one.measures))
        });
        let agreed = told::agreed(&self.view.computed.park, seen);
        let agreed = agreed.into_iter().map(|one| {
            let key = if one.measures.len() > 1 { "portfolio-agreed-together" } else { "portfolio-agreed" };
            self.page.t2(key, "measures", self.measures(&one.measures), "grounds", one.grounds.trim_end_matches('.'))
        });
        told::comparisons(claims).into_iter().map(line).chain(untraced).chain(agreed).collect()
    }

    fn promises<'a>(&self, seen: &[&'a MeasureVerification]) -> Vec<Promise<'a>> {
        let (park, catalogue) = (&self.view.computed.park, self.app.catalogue);
        let promise = |of: &&'a MeasureVerification| {
            let promise = promise::Promise::of(park, catalogue, of)?;
            if !of.claim.status.is_built() || promise.a_year <= 0.0 {
                return None;
            }
            let (scale, unit) = wording::shown(self.dimension(of), 1.0);
            let covered = promise.covered.map(|one| Covered { expected: one.expected * scale, ..one });
            let measured = of.claim.uncertainty_90.map(|half| (of.claim.amount * scale, half * scale));
            Some(Promise { of, a_year: promise.a_year * scale, covered, measured, unit })
        };
        seen.iter().filter_map(promise).collect()
    }

    fn dimension(&self, of: &MeasureVerification) -> Dimension {
        let resource = self.app.catalogue.resource(&of.claim.resource);
        resource.map_or(Dimension::Energy, |resource| resource.dimension)
    }

    fn promised_finding(&self, promises: &[Promise]) -> String {
        let page = self.page;
        let count = |verdict: &str| page.count(promises.iter().filter(|one| one.verdict() == verdict).count());
        page.t3(
            "portfolio-promised-finding",
            "kept",
            count("portfolio-kept"),
            "less",
            count("portfolio-less"),
            "more",
            count("portfolio-more"),
        )
    }

    /// Empty where nothing was measured.
    fn chart(&self, promises: &[Promise]) -> String {
        let page = self.page;
        let measured: Vec<&Promise> = promises.iter().filter(|one| one.measured.is_some()).collect();
        if measured.is_empty() {
            return String::new();
        }
        let bars = Bars {
            unit: "%".to_string(),
            value_name: page.t("portfolio-of-promise"),
            direction: "horizontal",
            stacked: false,
            categories: measured.iter().map(|one| one.of.claim.name.get(page.language).to_string()).collect(),
            series: vec![BarSeries {
                name: page.t("portfolio-measured"),
                role: "first",
                values: measured.iter().map(|one| one.percent()).collect(),
            }],
        };
        island(&BandedBars {
            bars,
            bands: measured.iter().map(|one| one.band()).collect(),
            line: Line { name: page.t("portfolio-promise"), value: 100.0 },
        })
    }

    fn promised(&self, promises: &[Promise]) -> Option<Table> {
        let page = self.page;
        let row = |one: &Promise| {
            let number = |value: f64| Cell::number(page.n(value, wording::decimals(one.a_year).min(1)), value);
            let maybe = |value: Option<f64>| value.map_or_else(|| Cell::no_number("–", page.t(one.verdict())), number);
            let percent = match one.percent() {
                Some(percent) => Cell::number(page.n(percent, 0), percent),
                None => Cell::no_number("–", page.t(one.verdict())),
            };
            vec![
                self.link(one.of),
                Cell::text(self.names.enterprise(&one.of.claim.enterprise)),
                self.status(one.of),
                number(one.a_year),
                match one.covered {
                    Some(covered) => Cell::number(wording::promise::days(page.language, covered.days), covered.days),
                    None => Cell::no_number("–", page.t("portfolio-not-compared")),
                },
                match one.covered {
                    Some(covered) => number(covered.expected),
                    None => Cell::no_number("–", page.t("portfolio-not-compared")),
                },
                maybe(one.measured.map(|(value, _)| value)),
                maybe(one.measured.map(|(_, half)| half)),
                Cell::text(one.unit),
                percent,
                Cell::text(page.t(one.verdict())),
            ]
        };
        let rows: Vec<_> = promises.iter().map(row).collect();
        let columns = vec![
            Column::text(page.t("report-measure")),
            Column::text(page.t("report-enterprise")),
            Column::text(page.t("report-status")),
            Column::number(page.t("portfolio-year"), page.t("portfolio-a-year")),
            Column::number(page.t("portfolio-compared"), page.t("portfolio-days")),
            Column::number(page.t("portfolio-expected"), page.t("portfolio-for-these-days")),
            Column::number(page.t("portfolio-measured"), ""),
            Column::number(page.t("report-uncertainty"), ""),
            Column::text(page.t("report-unit")),
            Column::number(page.t("portfolio-of-promise"), "%"),
            Column::text(page.t("portfolio-verdict")),
        ];
        (!rows.is_empty()).then(|| Table::new("promised", page.t("portfolio-promised"), columns, rows))
    }

    /// Measures that no measured saving stands for.
    fn nothing(&self, seen: &[&MeasureVerification]) -> Option<Table> {
        let page = self.page;
        let counts = [Status::Verified, Status::Measured];
        let rows: Vec<_> = seen
            .iter()
            .filter(|one| !counts.contains(&one.claim.status))
            .map(|one| {
                vec![
                    self.link(one),
                    Cell::text(self.names.enterprise(&one.claim.enterprise)),
                    self.status(one),
                    Cell::text(held_back(page, self.view, one).join("; ")),
                ]
            })
            .collect();
        let columns = vec![
            Column::text(page.t("report-measure")),
            Column::text(page.t("report-enterprise")),
            Column::text(page.t("report-status")),
            Column::text(page.t("report-reason")),
        ];
        (!rows.is_empty()).then(|| Table::new("nothing", page.t("portfolio-nothing"), columns, rows).stacked())
    }

    fn link(&self, of: &MeasureVerification) -> Cell {
        let path = format!("/parks/{}/verify/{}", self.view.key.id, escape(of.measure.as_str()));
        Cell::link(format!("{} {}", of.measure, of.claim.name.get(self.page.language)), self.page.at(&path))
    }

    fn status(&self, of: &MeasureVerification) -> Cell {
        let status = of.claim.status;
        Cell::ladder("ladder-small", step(status), wording::status(self.page.language, status))
    }
}

fn of_status<'a>(claims: &[&'a ClaimPart], status: Status, quantity: usize) -> Vec<&'a ClaimPart> {
    let is_meant = |claim: &&ClaimPart| claim.status == status && claim.values[quantity] != 0.0;
    claims.iter().copied().filter(is_meant).collect()
}

/// The measured parts of one sum; none where one of them was not measured.
fn parts<'a>(claims: &[&'a ClaimPart], status: Status, quantity: usize) -> Vec<Part<'a>> {
    quantity_parts(of_status(claims, status, quantity).into_iter(), quantity).unwrap_or_default()
}
