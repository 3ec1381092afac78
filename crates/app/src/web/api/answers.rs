//! What the API answers about a park, by what its reader may see.

use anyhow::Context;
use engine::assess::Assessment;
use engine::claim::Claim;
use engine::observe::SiteBalance;
use engine::park::Status;
use engine::plan::Plan;
use engine::report::{ParkReport, StatusTotal};
use engine::verify::measures::MeasureVerification;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::ParkSummary;
use utoipa::ToSchema;

use crate::auth::{self, Sight};
use crate::error::AppError;
use crate::page::Page;
use crate::publish::{self, MatchingTotals, OwnMatching, PlanSums, ResourceSum, StatusSums};
use crate::state::{App, ParkView};
use crate::web::figures::name_of;
use crate::web::observe::{findings, periods};

/// Every answer about a park: what it is about, what made it, how much of it the reader sees, and the figures.
#[derive(Serialize, ToSchema)]
pub struct Answer {
    pub park: String,
    pub name_vi: String,
    pub name_en: String,
    /// True for made-up data.
    pub synthetic: bool,
    pub period: String,
    pub framework: String,
    pub as_of: String,
    pub engine: String,
    /// Digests of the park's data and of the catalogue: the same digests give the same figures.
    pub inputs: String,
    pub catalogue: String,
    /// `whole`: every enterprise; `own`: one's own and sums; `totals`: sums only.
    pub sees: String,
    #[schema(value_type = Value)]
    pub data: Value,
}

/// A park in the list of parks.
#[derive(Serialize, ToSchema)]
pub struct ParkEntry {
    pub park: String,
    pub name_vi: String,
    pub name_en: String,
    pub province: String,
    pub synthetic: bool,
    pub enterprises: usize,
    pub revision: i64,
    pub sees: String,
}

impl ParkEntry {
    pub fn of(park: &ParkSummary, sight: &Sight) -> ParkEntry {
        ParkEntry {
            park: park.id.to_string(),
            name_vi: park.name.vi.clone(),
            name_en: park.name.en.clone(),
            province: park.province.clone(),
            synthetic: park.synthetic,
            enterprises: park.enterprises,
            revision: park.revision.0,
            sees: sees(sight).to_string(),
        }
    }
}

impl Answer {
    pub fn of<T: Serialize>(view: &ParkView, data: &T) -> Result<Answer, AppError> {
        let report: &ParkReport = &view.computed.report;
        Ok(Answer {
            park: report.park.to_string(),
            name_vi: report.name.vi.clone(),
            name_en: report.name.en.clone(),
            synthetic: report.synthetic,
            period: report.run.period.clone(),
            framework: report.assessments.first().map_or(String::new(), |first| first.framework.to_string()),
            as_of: report.run.as_of.to_string(),
            engine: report.run.engine.clone(),
            inputs: report.run.inputs.as_str().to_string(),
            catalogue: report.run.catalogue.as_str().to_string(),
            sees: sees(&view.sight).to_string(),
            data: serde_json::to_value(data).context("write an answer")?,
        })
    }
}

fn sees(sight: &Sight) -> &'static str {
    match sight {
        Sight::Whole => "whole",
        Sight::Own(_) => "own",
        Sight::Totals => "totals",
        Sight::Registry => "registry",
    }
}

pub fn assessments(view: &ParkView) -> Vec<Assessment> {
    let assessments = &view.computed.report.assessments;
    match view.sight {
        Sight::Whole => assessments.clone(),
        _ => assessments.iter().map(publish::without_enterprises).collect(),
    }
}

/// Exchanges in the form that the reader may have.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Exchanges {
    Whole(Value),
    Own(OwnMatching),
    Totals(MatchingTotals),
}

pub fn exchanges(view: &ParkView) -> Exchanges {
    let report = &view.computed.report;
    match &view.sight {
        Sight::Whole => Exchanges::Whole(json!({ "candidates": report.candidates, "network": report.network })),
        Sight::Own(own) => Exchanges::Own(publish::own_matching(report, view.computed.told(), own)),
        _ => Exchanges::Totals(publish::matching_totals(report, view.computed.told())),
    }
}

#[derive(Serialize)]
pub struct Options {
    /// Every proposal that the reader may see one by one.
    pub plan: Option<Plan>,
    pub sums: PlanSums,
}

pub fn options(app: &App, view: &ParkView) -> Options {
    let report = &view.computed.report;
    Options {
        plan: match &view.sight {
            Sight::Whole => Some(report.plan.clone()),
            Sight::Own(own) => Some(publish::own_plan(app, &view.computed, own)),
            _ => None,
        },
        sums: publish::plan_sums(&report.plan, view.computed.told()),
    }
}

#[derive(Serialize)]
pub struct Claims {
    /// Measures that the reader may see one by one.
    pub measures: Vec<MeasureVerification>,
    /// Exact sums of those measures; `None` where the reader sees none.
    pub totals: Option<BTreeMap<Status, StatusTotal>>,
    /// Sums of the park, withheld where they would tell about single enterprises.
    pub published: Vec<StatusSums>,
}

pub fn claims(view: &ParkView) -> Claims {
    let report = &view.computed.report;
    let may_see = |claim: &Claim| match &view.sight {
        Sight::Whole => true,
        Sight::Own(own) => claim.enterprise == *own,
        _ => false,
    };
    Claims {
        measures: report.verifications.iter().filter(|verification| may_see(&verification.claim)).cloned().collect(),
        totals: match &view.sight {
            Sight::Whole => Some(report.totals.clone()),
            Sight::Own(own) => Some(publish::own_totals(report, own)),
            _ => None,
        },
        published: publish::status_sums(&view.computed),
    }
}

/// The balance in the form that the reader may have.
#[derive(Serialize)]
#[serde(untagged)]
pub enum BalanceAnswer {
    Whole(Value),
    Reduced { site: Option<SiteBalance>, park: Vec<ResourceSum>, months_covered: usize, months_expected: usize },
}

pub fn balance(view: &ParkView) -> BalanceAnswer {
    let balance = &view.computed.report.balance;
    match &view.sight {
        Sight::Whole => BalanceAnswer::Whole(json!(balance)),
        sight => BalanceAnswer::Reduced {
            site: match sight {
                Sight::Own(own) => balance.sites.get(own).cloned(),
                _ => None,
            },
            park: publish::balance_sums(balance, view.computed.told()),
            months_covered: balance.months_covered,
            months_expected: balance.months_expected,
        },
    }
}

/// The findings in the form that the reader may have.
pub async fn findings(app: &App, page: &Page, view: &ParkView) -> Result<Value, AppError> {
    if !view.sight.names_any() {
        let count = |(severity, rule, count)| json!({ "rule": rule, "severity": severity, "count": count });
        return Ok(findings::counts(view).into_iter().map(count).collect());
    }
    let judged = findings::judged(app, page, view).await?;
    let mut told = serde_json::to_value(judged).context("write the findings")?;
    if view.sight != Sight::Whole {
        // With its own figure and what is usual an enterprise would read the others'.
        let listed = told.as_array_mut().into_iter().flatten();
        listed.filter_map(Value::as_object_mut).for_each(|finding| _ = finding.remove("median"));
    }
    Ok(told)
}

/// The steps of the periods in the form that the reader may have.
pub async fn periods(app: &App, page: &Page, view: &ParkView) -> Result<Value, AppError> {
    if !view.sight.names_any() {
        let marks = app.store.period_marks(&auth::whole(), &view.key.id).await?;
        return Ok(json!({ "enterprise_months": periods::counts(page, view, &marks) }));
    }
    let mut marks = app.store.period_marks(&page.user.scope(), &view.key.id).await?;
    marks.retain(|mark| name_of(page, view, &mark.enterprise).is_some());
    Ok(json!({ "marks": marks }))
}
