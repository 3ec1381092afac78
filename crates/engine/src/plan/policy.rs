//! What compliance with a changed rule costs: the cheapest known way of every park to every row that it does not meet.
//! See `docs/methods/policy.md`.

use serde::{Deserialize, Serialize};

use super::{Plan, Proposal, RECP_QUESTION};
use crate::assess::found::{Kept, Terms, is_asked};
use crate::assess::policy::KeptValue;
use crate::assess::{Act, assess};
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::{Criterion, Framework, Indicator, Rule};
use crate::ids::{CriterionId, EnterpriseId};
use crate::matching::Network;
use crate::observe::Balance;
use crate::park::Park;

/// The cheapest proposal at a tenant that answered no, by which it could answer yes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start<'p> {
    pub employees: Option<u32>,
    pub proposal: &'p Proposal,
}

/// What is kept of a park's plan, so that a row can be priced for any target and scope. It names no enterprise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeptPlan {
    /// For each row that counts tenants that apply RECP, by investment.
    pub starts: Vec<(CriterionId, Vec<KeptStart>)>,
    /// Exchanges of the best network.
    pub exchanges: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptStart {
    pub employees: Option<u32>,
    pub investment_vnd: f64,
    /// A year; `None` where the bills do not say what the use costs.
    pub saving_vnd: Option<f64>,
}

/// What a park needs for a row that it does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "needs", rename_all = "snake_case")]
pub enum Needs {
    /// So many more tenants must start; so many starts have a price.
    Starts { needed: usize, priced: usize },
    /// So many more exchanges must run; so many are in the best network.
    Exchanges { needed: usize, found: usize },
    /// No way is known to the plan.
    Unpriced,
}

/// The starts of a park for a row, by investment; empty for rows that do not count tenants that apply RECP.
pub fn starts<'p>(
    park: &Park,
    balance: &Balance,
    plan: &'p Plan,
    criterion: &Criterion,
    catalogue: &Catalogue,
) -> Vec<Start<'p>> {
    let answered_no = answered_no(park, balance, criterion, catalogue);
    let mut starts: Vec<Start> = answered_no
        .iter()
        .filter_map(|enterprise| {
            let employees = park.enterprise(enterprise)?.employees;
            Some(Start { employees, proposal: super::cheapest_start(&plan.proposals, enterprise)? })
        })
        .collect();
    starts.sort_by(|a, b| super::by_investment(a.proposal, b.proposal));
    starts
}

pub fn keep_plan<'c>(
    park: &Park,
    balance: &Balance,
    plan: &Plan,
    network: &Network,
    catalogue: &Catalogue,
    criteria: impl Iterator<Item = &'c Criterion>,
) -> KeptPlan {
    let kept = |start: Start| KeptStart {
        employees: start.employees,
        investment_vnd: start.proposal.investment_vnd.mid,
        saving_vnd: start.proposal.money_vnd.map(|money| money.mid),
    };
    let of_row = |criterion: &Criterion| {
        let starts = starts(park, balance, plan, criterion, catalogue);
        (criterion.id.clone(), starts.into_iter().map(kept).collect())
    };
    KeptPlan {
        starts: criteria.filter(|criterion| counts_recp(criterion, catalogue)).map(of_row).collect(),
        exchanges: network.exchanges.len(),
    }
}

pub fn counts_recp(criterion: &Criterion, catalogue: &Catalogue) -> bool {
    let indicator = catalogue.indicator(criterion);
    matches!(indicator, Some(Indicator::SurveyShare { question, .. }) if question == RECP_QUESTION)
}

/// Tenants of any size that answered no: those that the row names as soon as all must say yes.
fn answered_no(park: &Park, balance: &Balance, criterion: &Criterion, catalogue: &Catalogue) -> Vec<EnterpriseId> {
    if !counts_recp(criterion, catalogue) {
        return Vec::new();
    }
    let indicator = Indicator::SurveyShare { question: RECP_QUESTION.to_string(), min_employees: 0 };
    let (indicator, rule, target) = (Some(indicator), Rule::AtLeast, 100.0);
    let of_all = Framework { criteria: vec![Criterion { indicator, rule, target, ..criterion.clone() }], ..nameless() };
    let assessment = assess(park, balance, &of_all, catalogue);
    let shortfalls = assessment.criteria.into_iter().filter_map(|result| result.shortfall);
    let answered_no = shortfalls.filter_map(|shortfall| match shortfall.act {
        Act::MoreEnterprises { answered_no, .. } => Some(answered_no),
        _ => None,
    });
    answered_no.flatten().collect()
}

fn nameless() -> Framework {
    Framework {
        id: crate::ids::FrameworkId::new(""),
        name: String::new(),
        version: String::new(),
        status: String::new(),
        valid_from: None,
        valid_to: None,
        replaces: None,
        note: crate::language::Label::default(),
        criteria: Vec::new(),
    }
}

/// What a park that does not meet a row needs to meet it.
pub fn needs(criterion: &Criterion, value: &KeptValue, plan: &KeptPlan, catalogue: &Catalogue) -> Needs {
    let indicator = catalogue.indicator(criterion);
    let terms = Terms::of(criterion, indicator);
    let more = |has: f64, all: f64| (criterion.target / 100.0 * all - has).max(0.0).ceil() as usize;
    match (&value.kept, criterion.rule) {
        (Kept::Survey { question, .. }, Rule::AtLeast) if question == RECP_QUESTION => {
            let (yes, asked) = value.kept.answered(terms);
            let priced = plan.starts_in(&criterion.id, terms.min_employees).count();
            Needs::Starts { needed: more(f64::from(yes), f64::from(asked)), priced }
        }
        (Kept::Range { low, .. }, Rule::AtLeast) if indicator == Some(&Indicator::ExchangeCount) => {
            let needed = (criterion.target - low).max(0.0).ceil() as usize;
            Needs::Exchanges { needed, found: plan.exchanges }
        }
        _ => Needs::Unpriced,
    }
}

impl KeptPlan {
    /// The starts within a scope, by investment.
    pub fn starts_in(&self, criterion: &CriterionId, min_employees: u32) -> impl Iterator<Item = &KeptStart> {
        let of_row = self.starts.iter().filter(move |(id, _)| id == criterion);
        let starts = of_row.flat_map(|(_, starts)| starts);
        starts.filter(move |start| is_asked(start.employees, min_employees))
    }
}
