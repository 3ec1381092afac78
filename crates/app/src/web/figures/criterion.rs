//! The provenance of a criterion: numerator, denominator, what is missing, the evidence, and the rule's own source.

use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::assess::{Act, CriterionResult};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework, Indicator};
use engine::ids::{CriterionId, FrameworkId, ResourceId};
use engine::quantity::Dimension;

use super::table::{Cell, Column, Table};
use super::{Figure, Mark, name_of, total_href};
use crate::error::AppError;
use crate::page::Page;
use crate::state::{App, ParkView};
use crate::web::frame;
use crate::wording;

pub async fn show(
    State(app): State<App>,
    page: Page,
    UrlPath((park, framework, criterion)): UrlPath<(String, String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let (framework, id) = (FrameworkId::new(framework), CriterionId::new(criterion));
    let framework = view.computed.catalogue.frameworks.get(&framework).ok_or(AppError::NotFound)?;
    let criterion = framework.criteria.iter().find(|criterion| criterion.id == id).ok_or(AppError::NotFound)?;
    let assessments = &view.computed.report.assessments;
    let assessment = assessments.iter().find(|a| a.framework == framework.id).ok_or(AppError::NotFound)?;
    let result = assessment.criteria.iter().find(|result| result.id == id).ok_or(AppError::NotFound)?;
    describe(&app, &page, &view, framework, criterion, result).answer(&app, page, &view)
}

/// How the value of a criterion of an edition is obtained.
pub fn indicator_of<'v>(view: &'v ParkView, framework: &FrameworkId, criterion: &CriterionId) -> Option<&'v Indicator> {
    let catalogue = &view.computed.catalogue;
    catalogue.indicator(catalogue.frameworks.get(framework)?.criterion(criterion)?)
}

/// Whether the amounts behind a criterion may be shown to this reader. Counts of enterprises always may.
pub fn may_show_amounts(view: &ParkView, catalogue: &Catalogue, indicator: Option<&Indicator>) -> bool {
    let Some(shares) = indicator.and_then(Shares::of) else { return true };
    // A sum of totals that are told tells nothing that they do not.
    let balance = &view.computed.report.balance;
    let is_told = |resource: &ResourceId| {
        !balance.park.contains_key(resource) || view.computed.told().resources.contains(resource)
    };
    view.sight.shows_names()
        || [shares.whole, shares.part].into_iter().all(|choice| choice.resources(catalogue).iter().all(is_told))
}

/// Resources that a share is made of.
#[derive(Clone, Copy)]
enum Choice {
    Groups(&'static [&'static str]),
    One(&'static str),
}

impl Choice {
    fn resources(self, catalogue: &Catalogue) -> Vec<ResourceId> {
        catalogue
            .resources
            .iter()
            .filter(|(id, resource)| match self {
                Choice::Groups(groups) => groups.contains(&resource.group.as_str()),
                Choice::One(wanted) => id.as_str() == wanted,
            })
            .map(|(id, _)| id.clone())
            .collect()
    }
}

/// A criterion whose value is a share of recorded amounts.
struct Shares {
    whole: Choice,
    part: Choice,
    dimension: Dimension,
}

impl Shares {
    fn of(indicator: &Indicator) -> Option<Shares> {
        const ENERGY: &[&str] = &["electricity", "fuel", "biomass", "steam"];
        let shares = |whole, part, dimension| Some(Shares { whole, part, dimension });
        match indicator {
            Indicator::WastewaterTreatedShare => {
                shares(Choice::Groups(&["wastewater"]), Choice::Groups(&["treated-wastewater"]), Dimension::Volume)
            }
            Indicator::WastewaterReusedShare => {
                shares(Choice::Groups(&["wastewater"]), Choice::Groups(&["reused-water"]), Dimension::Volume)
            }
            Indicator::WasteReusedShare => {
                shares(Choice::Groups(&["waste-ordinary"]), Choice::One("waste-reused"), Dimension::Mass)
            }
            Indicator::WasteLandfillShare => {
                shares(Choice::Groups(&["waste-ordinary"]), Choice::One("waste-landfill"), Dimension::Mass)
            }
            Indicator::EnergyMeteredShare => shares(Choice::Groups(ENERGY), Choice::Groups(ENERGY), Dimension::Energy),
            Indicator::Answer { .. }
            | Indicator::SurveyShare { .. }
            | Indicator::ExchangeCount
            | Indicator::SymbiosisIso => None,
        }
    }
}

fn describe(
    app: &App,
    page: &Page,
    view: &ParkView,
    framework: &Framework,
    criterion: &Criterion,
    result: &CriterionResult,
) -> Figure {
    let language = page.language;
    let indicator = view.computed.catalogue.indicator(criterion);
    let names = frame::names(app, page, view);
    let outcome = wording::outcome(language, result.outcome);
    let value = wording::criterion_value(language, result);
    let mut figure = Figure {
        title: criterion.label.get(language).to_string(),
        finding: page.t3(
            "figure-criterion-finding",
            "outcome",
            &outcome,
            "value",
            &value,
            "target",
            wording::target(language, criterion.rule, criterion.target, &criterion.unit),
        ),
        ..Figure::default()
    };
    figure.fact(page.t("figure-framework"), wording::framework(&view.computed.catalogue, page.language, &framework.id));
    figure.fact(page.t("figure-outcome"), outcome);
    figure.fact(page.t("figure-value"), value);
    fraction(&mut figure, app, page, view, indicator, result);
    if let Some(basis) = result.basis {
        figure.fact(page.t("figure-basis"), wording::basis(language, basis));
    }
    if let Some(reason) = &result.not_applicable {
        figure.fact(page.t("figure-not-applicable"), reason.clone());
    }
    if let Some(shortfall) = &result.shortfall {
        let hides_amount =
            matches!(shortfall.act, Act::MoreOf { .. }) && !may_show_amounts(view, app.catalogue, indicator);
        let act = if hides_amount { page.t("figure-suppressed") } else { names.act(&shortfall.act) };
        figure.fact(page.t("figure-closing"), act);
    }
    evidence(&mut figure, page, view, indicator, result);
    figure.notes.extend(result.gaps.iter().map(|gap| names.gap(gap)));
    if view.sight.shows_names() {
        figure.tables.extend(records(app, page, view, indicator));
    }
    figure.sourced(page, page.t("figure-rule-source"), criterion.source.get(language), criterion.unconfirmed);
    figure.run(page, &view.computed.report.run);
    figure
}

/// Numerator and denominator: amounts with their unit, or counts.
fn fraction(
    figure: &mut Figure,
    app: &App,
    page: &Page,
    view: &ParkView,
    indicator: Option<&Indicator>,
    result: &CriterionResult,
) {
    let dimension = indicator.and_then(Shares::of).map(|shares| shares.dimension);
    let is_shown = may_show_amounts(view, app.catalogue, indicator);
    let worded = |value: f64| match dimension {
        Some(_) if !is_shown => page.t("figure-suppressed"),
        Some(dimension) => page.amount(dimension, value),
        None => page.n(value, 0),
    };
    if let Some(numerator) = result.numerator {
        figure.fact(page.t("figure-numerator"), worded(numerator));
    }
    if let Some(denominator) = result.denominator {
        figure.fact(page.t("figure-denominator"), worded(denominator));
    }
}

/// The park's own evidence is for every reader; what enterprises handed in only for those who may see them.
fn evidence(
    figure: &mut Figure,
    page: &Page,
    view: &ParkView,
    indicator: Option<&Indicator>,
    result: &CriterionResult,
) {
    let is_parks_own = matches!(indicator, Some(Indicator::Answer { .. }));
    let text = match result.evidence.len() {
        0 => page.t("figure-not-given"),
        _ if is_parks_own || view.sight.shows_names() => result.evidence.join("; "),
        count => page.t1("figure-evidence-count", "count", page.count(count)),
    };
    figure.fact(page.t("figure-evidence"), text);
}

/// What was handed in that the value follows from.
fn records(app: &App, page: &Page, view: &ParkView, indicator: Option<&Indicator>) -> Option<(String, Table)> {
    match indicator? {
        Indicator::SurveyShare { question, .. } => Some(answers(page, view, question)),
        Indicator::SymbiosisIso => Some(answers(page, view, "iso-management")),
        Indicator::ExchangeCount => Some(exchanges(page, view)),
        Indicator::Answer { fact } => Some(facts(page, view, fact)),
        indicator => Shares::of(indicator).map(|shares| amounts(app, page, view, &shares)),
    }
}

fn answers(page: &Page, view: &ParkView, question: &str) -> (String, Table) {
    let mut given: Vec<_> = view.computed.park.survey.iter().filter(|answer| answer.question == question).collect();
    given.sort_by(|a, b| (&a.enterprise, a.answered_on).cmp(&(&b.enterprise, b.answered_on)));
    let rows = given
        .into_iter()
        .map(|answer| {
            vec![
                Cell::text(name_of(page, view, &answer.enterprise).unwrap_or_default()),
                Cell::text(page.t(if answer.yes { "yes" } else { "no" })),
                Cell::text(page.date(&answer.answered_on)).sorted_by(answer.answered_on),
                Cell::text(answer.evidence.clone().unwrap_or_default()),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("figure-answer")),
        Column::text(page.t("figure-date")),
        Column::text(page.t("figure-evidence")),
    ];
    (page.t("figure-answers"), Table::new("answers", page.t("figure-answers"), columns, rows))
}

fn exchanges(page: &Page, view: &ParkView) -> (String, Table) {
    let name = |id| name_of(page, view, id).unwrap_or_default();
    let day = |date: Option<jiff::civil::Date>| date.map_or_else(|| "–".to_string(), |date| page.date(&date));
    let rows = view
        .computed
        .park
        .exchanges
        .iter()
        .map(|exchange| {
            vec![
                Cell::text(exchange.name.get(page.language)),
                Cell::text(name(&exchange.giver)),
                Cell::text(name(&exchange.taker)),
                Cell::text(day(exchange.since)),
                Cell::text(day(exchange.ended_on.and_then(|ended| ended.yesterday().ok()))),
                Cell::text(exchange.evidence.clone().unwrap_or_default()),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-stream")),
        Column::text(page.t("figure-giver")),
        Column::text(page.t("figure-taker")),
        Column::text(page.t("figure-since")),
        Column::text(page.t("figure-until")),
        Column::text(page.t("figure-evidence")),
    ];
    (page.t("figure-exchanges"), Table::new("exchanges", page.t("figure-exchanges"), columns, rows))
}

fn facts(page: &Page, view: &ParkView, fact: &str) -> (String, Table) {
    let rows = view
        .computed
        .park
        .facts
        .iter()
        .filter(|row| row.fact == fact)
        .map(|row| {
            let value = row
                .value
                .map_or_else(|| "–".to_string(), |value| page.n(value, if value.fract() == 0.0 { 0 } else { 2 }));
            vec![
                Cell::text(page.date(&row.stated_on)).sorted_by(row.stated_on),
                Cell::text(value),
                Cell::text(row.evidence.clone().unwrap_or_default()),
                Cell::text(row.not_applicable.clone().unwrap_or_default()),
            ]
        })
        .collect();
    let columns = vec![
        Column::text(page.t("figure-date")),
        Column::text(page.t("figure-value")),
        Column::text(page.t("figure-evidence")),
        Column::text(page.t("figure-not-applicable")),
    ];
    (page.t("figure-facts"), Table::new("facts", page.t("figure-facts"), columns, rows))
}

/// Totals by enterprise of the resources that the share is made of; each leads to its records.
fn amounts(app: &App, page: &Page, view: &ParkView, shares: &Shares) -> (String, Table) {
    let mut resources = shares.whole.resources(app.catalogue);
    resources.extend(shares.part.resources(app.catalogue));
    resources.sort();
    resources.dedup();
    let mut rows = Vec::new();
    for (id, site) in &view.computed.report.balance.sites {
        for resource in &resources {
            let (Some(total), Some(row)) = (site.get(resource), app.catalogue.resource(resource)) else { continue };
            let name = name_of(page, view, id).unwrap_or_default();
            let label = row.label.get(page.language);
            let href = total_href(page, &view.key.id, resource, Some(id));
            let (value, unit) = wording::shown(total.dimension, total.amount);
            rows.push(vec![
                Cell::link(name.clone(), href.clone()),
                Cell::text(label),
                Cell::number(page.n(value, wording::decimals(value)), value).with_mark(Mark::new(
                    page,
                    total.basis(),
                    href,
                    format!("{name}, {label}"),
                )),
                Cell::text(unit),
            ]);
        }
    }
    let columns = vec![
        Column::text(page.t("figure-enterprise")),
        Column::text(page.t("figure-resource")),
        Column::number(page.t("figure-amount"), ""),
        Column::text(page.t("figure-unit")),
    ];
    (page.t("figure-by-enterprise"), Table::new("amounts", page.t("figure-by-enterprise"), columns, rows))
}
