//! Plan: options by payback, the abatement cost curve, and what would close each shortfall. Estimates, no results.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use engine::catalogue::CatalogueOption;
use engine::ids::OptionId;
use engine::plan::{Plan, Proposal};
use engine::source::Basis;
use serde::Serialize;

use super::frame::{self, ParkFrame};
use super::steps::{self, Mark, Number, Rows};
use crate::auth::Sight;
use crate::error::AppError;
use crate::page::{Page, escape, html, island};
use crate::publish::{self, OptionSums, PlanSums};
use crate::state::{App, ParkView};
use crate::web::routes::{Routes, Rule};
use crate::wording::{self, Names};

pub fn routes() -> Routes {
    Routes::new().get("/parks/{park}/plan", Rule::Park, list).get("/parks/{park}/plan/{option}", Rule::Park, one)
}

#[derive(Template)]
#[template(path = "plan.html")]
struct List {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    notice: String,
    has_options: bool,
    observe: String,
    curve: Option<Curve>,
    rows: Option<Rows>,
    options: Vec<OptionRow>,
    sums: Vec<SumRow>,
    closings: Vec<Framework>,
    discount_rate: String,
    source: String,
}

/// The abatement cost curve with its table.
struct Curve {
    finding: String,
    data: String,
    steps: Vec<CurveRow>,
}

struct CurveRow {
    name: String,
    href: String,
    abatement: Number,
    cost: Number,
}

struct OptionRow {
    enterprise: String,
    option: String,
    group: String,
    saving: Number,
    range: String,
    unit: &'static str,
    money: Number,
    investment: Number,
    payback: Number,
    value: Number,
    abatement: Number,
    cost: Number,
    counts: bool,
    is_complete: bool,
    unconfirmed: Option<String>,
    mark: Mark,
}

/// One option over all enterprises.
struct SumRow {
    option: String,
    enterprises: Number,
    counting: Number,
    investment: Number,
    abatement: Number,
    cost: Number,
    is_unconfirmed: bool,
    mark: Mark,
}

struct Framework {
    name: String,
    rows: Vec<ClosingRow>,
}

struct ClosingRow {
    id: String,
    href: String,
    label: String,
    outcome: String,
    outcome_class: &'static str,
    act: String,
    through: Vec<String>,
    cost: Option<String>,
    is_unconfirmed: bool,
}

async fn list(State(app): State<App>, page: Page, UrlPath(park): UrlPath<String>) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let report = &view.computed.report;
    let names = frame::names(&app, &page, &view);
    let own = match &view.sight {
        Sight::Own(enterprise) => Some(publish::own_plan(&app, &view.computed, enterprise)),
        _ => None,
    };
    // The plan whose options this reader may see one by one.
    let shown: Option<&Plan> = if view.sight == Sight::Whole { Some(&report.plan) } else { own.as_ref() };
    let sums = publish::plan_sums(&report.plan, view.computed.told());
    let own_names = own_names(&app, &page, &view);
    let row_names = if own.is_some() { &own_names } else { &names };
    let rows = shown.map(|plan| Rows::of(&page, plan.proposals.len()));
    let options = match (shown, &rows) {
        (Some(plan), Some(rows)) => {
            plan.proposals.iter().take(rows.shown).map(|p| option_row(&page, row_names, &view, p)).collect()
        }
        _ => Vec::new(),
    };
    let template = List {
        first_line: first_line(&page, shown, &sums),
        notice: match view.sight {
            Sight::Whole => String::new(),
            Sight::Own(_) => page.t("plan-own"),
            _ => page.t("steps-totals-only"),
        },
        has_options: sums.proposals > 0,
        observe: page.at(&format!("/parks/{park}/observe")),
        curve: match shown {
            Some(plan) => curve(&page, row_names, &view, plan),
            None => curve_of_sums(&page, &view, &sums.options),
        },
        rows,
        options,
        sums: sums.options.iter().map(|sum| sum_row(&page, &view, sum)).collect(),
        closings: closings(&app, &page, &names, &view),
        discount_rate: page.n(100.0 * report.plan.assumptions.discount_rate, 0),
        source: steps::source_line(&page, report),
        frame: ParkFrame::of(&app, &page, &view, "plan"),
        page,
    };
    html(&template)
}

/// Names for rows that are all about the reader's own enterprise.
fn own_names<'a>(app: &App, page: &Page, view: &'a ParkView) -> Names<'a> {
    Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) }
}

fn first_line(page: &Page, shown: Option<&Plan>, sums: &PlanSums) -> String {
    let counting = |plan: &Plan| plan.proposals.iter().filter(|proposal| proposal.counts).count();
    let line = |count: usize, investment: String, potential: String| {
        page.t3("plan-first", "count", page.count(count), "investment", investment, "potential", potential)
    };
    let tonnes = |t: f64| format!("{} t CO₂e", page.n(t, 0));
    match shown {
        _ if sums.proposals == 0 => page.t("plan-empty"),
        Some(plan) => line(counting(plan), page.money(plan.investment_vnd), tonnes(plan.potential.emissions.t())),
        None => line(
            sums.counting,
            steps::money_of(page, sums.investment_vnd),
            sums.potential_t_co2e.value.map_or_else(|| page.t("steps-withheld-short"), tonnes),
        ),
    }
}

fn option_path(view: &ParkView, option: &OptionId) -> String {
    format!("/parks/{}/plan/{}", view.computed.report.park, escape(option.as_str()))
}

fn option_row(page: &Page, names: &Names, view: &ParkView, proposal: &Proposal) -> OptionRow {
    let (mid, unit) = wording::shown(proposal.dimension, proposal.saving.mid);
    let scaled = |value: f64| wording::shown(proposal.dimension, value).0;
    let decimals = wording::decimals(mid).min(1);
    OptionRow {
        enterprise: names.enterprise(&proposal.enterprise),
        option: proposal.label.get(page.language).to_string(),
        group: names.group(&proposal.group),
        saving: Number::new(page, mid, decimals),
        range: format!(
            "{} … {}",
            page.n(scaled(proposal.saving.low), decimals),
            page.n(scaled(proposal.saving.high), decimals)
        ),
        unit,
        money: Number::maybe(page, proposal.money_vnd.map(|money| money.mid / 1e6), 1),
        investment: Number::new(page, proposal.investment_vnd.mid / 1e6, 0),
        payback: Number::maybe(page, proposal.payback_years, 1),
        value: Number::maybe(page, proposal.net_present_value_vnd.map(|vnd| vnd / 1e6), 0),
        abatement: Number::maybe(page, proposal.abatement_t_co2e, 1),
        cost: Number::maybe(page, proposal.cost_vnd_per_t.map(|cost| cost / 1e3), 0),
        counts: proposal.counts,
        is_complete: proposal.is_complete,
        unconfirmed: proposal.unconfirmed.then(|| page.t1("steps-unconfirmed-why", "why", &proposal.source)),
        mark: Mark::new(page, Basis::Estimated, &option_path(view, &proposal.option)),
    }
}

fn sum_row(page: &Page, view: &ParkView, sum: &OptionSums) -> SumRow {
    SumRow {
        option: sum.label.get(page.language).to_string(),
        enterprises: Number::new(page, sum.enterprises as f64, 0),
        counting: Number::new(page, sum.counting as f64, 0),
        investment: Number::sum(page, sum.investment_vnd, 1e6, 0),
        abatement: Number::sum(page, sum.abatement_t_co2e, 1.0, 1),
        cost: Number::maybe(page, sum.cost_vnd_per_t.map(|cost| cost / 1e3), 0),
        is_unconfirmed: sum.unconfirmed,
        mark: Mark::new(page, Basis::Estimated, &option_path(view, &sum.option)),
    }
}

/// Data of the island.
#[derive(Serialize)]
struct Macc {
    width_name: String,
    width_unit: String,
    height_name: String,
    height_unit: String,
    blocks: Vec<Block>,
}

#[derive(Serialize)]
struct Block {
    name: String,
    width: f64,
    height: f64,
    chosen: bool,
    href: String,
}

fn curve(page: &Page, names: &Names, view: &ParkView, plan: &Plan) -> Option<Curve> {
    let blocks = plan.curve.iter().map(|step| Block {
        name: format!("{}: {}", names.enterprise(&step.step.enterprise), step.step.label.get(page.language)),
        width: step.step.abatement_t_co2e,
        height: step.cost_vnd_per_t,
        chosen: true,
        href: page.at(&option_path(view, &OptionId::new(step.step.id.as_str()))),
    });
    curve_of(page, blocks.collect())
}

fn curve_of_sums(page: &Page, view: &ParkView, sums: &[OptionSums]) -> Option<Curve> {
    let blocks = sums.iter().filter_map(|sum| {
        Some(Block {
            name: sum.label.get(page.language).to_string(),
            width: sum.abatement_t_co2e.value.filter(|tonnes| *tonnes > 0.0)?,
            height: sum.cost_vnd_per_t?,
            chosen: true,
            href: page.at(&option_path(view, &sum.option)),
        })
    });
    curve_of(page, blocks.collect())
}

fn curve_of(page: &Page, blocks: Vec<Block>) -> Option<Curve> {
    if blocks.is_empty() {
        return None;
    }
    let total: f64 = blocks.iter().map(|block| block.width).sum();
    let paying: f64 = blocks.iter().filter(|block| block.height < 0.0).map(|block| block.width).sum();
    let steps = blocks
        .iter()
        .map(|block| CurveRow {
            name: block.name.clone(),
            href: block.href.clone(),
            abatement: Number::new(page, block.width, 1),
            cost: Number::new(page, block.height / 1e3, 0),
        })
        .collect();
    let data = Macc {
        width_name: page.t("plan-abatement"),
        width_unit: page.t("plan-abatement-unit"),
        height_name: page.t("plan-abatement-cost"),
        height_unit: page.t("plan-abatement-cost-unit"),
        blocks,
    };
    let finding = page.t2("plan-curve-finding", "paying", page.n(paying, 0), "total", page.n(total, 0));
    Some(Curve { finding, data: island(&data), steps })
}

fn closings(app: &App, page: &Page, names: &Names, view: &ParkView) -> Vec<Framework> {
    let report = &view.computed.report;
    let mut frameworks: BTreeMap<usize, Framework> = BTreeMap::new();
    for row in &report.gap_table {
        let Some(place) = report.assessments.iter().position(|a| a.framework == row.framework) else { continue };
        let Some(closing) = &row.closing else { continue };
        let framework = frameworks.entry(place).or_insert_with(|| Framework {
            name: wording::framework(&view.computed.catalogue, page.language, &row.framework),
            rows: Vec::new(),
        });
        framework.rows.push(ClosingRow {
            id: row.criterion.id.to_string(),
            href: page.at(&format!("/parks/{}/assess/{}", report.park, escape(row.criterion.id.as_str()))),
            label: row.label.get(page.language).to_string(),
            outcome: wording::outcome(page.language, row.criterion.outcome),
            outcome_class: wording::outcome_class(row.criterion.outcome),
            act: steps::act(names, &closing.act),
            through: steps::through(names, app.catalogue, closing),
            cost: steps::closing_cost(page, names, view.computed.told(), closing),
            is_unconfirmed: row.criterion.unconfirmed,
        });
    }
    frameworks.into_values().collect()
}

#[derive(Template)]
#[template(path = "option.html")]
struct One {
    page: Page,
    frame: ParkFrame,
    first_line: String,
    label: String,
    description: String,
    facts: Vec<(String, String)>,
    unconfirmed: bool,
    options: Vec<OptionRow>,
    sum: Option<SumRow>,
    list: String,
    source: String,
}

/// One option of the catalogue with its source, and what it would do at the enterprises that this reader may see.
async fn one(
    State(app): State<App>,
    page: Page,
    UrlPath((park, option)): UrlPath<(String, String)>,
) -> Result<Response, AppError> {
    let view = frame::view(&app, &page, &park).await?;
    let option = app.catalogue.options.get(&OptionId::new(option)).ok_or(AppError::NotFound)?;
    let plan = &view.computed.report.plan;
    let sums = publish::option_sums(plan, view.computed.told());
    let sum = sums.iter().find(|sum| sum.option == option.id);
    let may_see = |proposal: &&Proposal| match &view.sight {
        Sight::Whole => true,
        Sight::Own(own) => proposal.enterprise == *own,
        _ => false,
    };
    let names = own_names(&app, &page, &view);
    let proposals = plan.proposals.iter().filter(|proposal| proposal.option == option.id).filter(may_see);
    let label = option.label().get(page.language).to_string();
    let template = One {
        first_line: page.t2(
            "plan-option-first",
            "option",
            &label,
            "count",
            page.count(sum.map_or(0, |sum| sum.enterprises)),
        ),
        description: option.description().get(page.language).to_string(),
        facts: facts(&page, &names, option),
        unconfirmed: option.unconfirmed,
        options: proposals.map(|proposal| option_row(&page, &names, &view, proposal)).collect(),
        sum: sum.map(|sum| sum_row(&page, &view, sum)),
        list: page.at(&format!("/parks/{park}/plan")),
        source: steps::source_line(&page, &view.computed.report),
        frame: ParkFrame::of(&app, &page, &view, "plan"),
        label,
        page,
    };
    html(&template)
}

fn facts(page: &Page, names: &Names, option: &CatalogueOption) -> Vec<(String, String)> {
    let percent = |low: f64, high: f64| format!("{} … {} %", page.n(100.0 * low, 0), page.n(100.0 * high, 0));
    let evidence = match page.language {
        engine::language::Language::Vi => &option.evidence,
        engine::language::Language::En => &option.evidence_en,
    };
    let sectors = if option.sectors.is_empty() { page.t("plan-all-sectors") } else { option.sectors.join(", ") };
    [
        ("plan-fact-resource", names.group(&option.resource)),
        ("plan-fact-sectors", sectors),
        ("plan-fact-share", percent(option.share_low, option.share_high)),
        ("plan-fact-saving", percent(option.saving_low, option.saving_high)),
        (
            "plan-fact-cost",
            format!(
                "{} … {} {}",
                page.n(option.cost_low_kvnd, 0),
                page.n(option.cost_high_kvnd, 0),
                page.t(&format!("plan-cost-{}", option.cost_basis.replace('_', "-")))
            ),
        ),
        ("plan-fact-floor", page.money(option.investment_floor_mvnd * 1e6)),
        ("plan-fact-yearly", format!("{} %", page.n(100.0 * option.yearly_cost_share, 1))),
        ("plan-fact-life", format!("{} {}", option.life_years, page.t("steps-year"))),
        ("plan-fact-overlap", option.overlap_group.clone()),
        ("plan-fact-evidence", evidence.clone()),
        ("plan-fact-source", option.source.clone()),
        ("plan-fact-confidence", option.confidence.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(key, value)| (page.t(key), value))
    .collect()
}
