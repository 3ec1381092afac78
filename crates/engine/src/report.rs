//! Report: what the enterprise, park, province, nation and donor hand over.

pub mod document;
pub mod forms;
pub mod greenhouse;
pub mod obligations;
pub mod procedure;
pub mod worth;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::assess::{self, Assessment, CriterionResult};
use crate::catalogue::Catalogue;
use crate::catalogue::frameworks::Framework;
use crate::claim::{Claim, Impact};
use crate::ids::{CriterionId, FrameworkId, ParkId};
use crate::language::Label;
use crate::matching::carbon::ExchangeFactors;
use crate::matching::objective::works::Solver;
use crate::matching::objective::{GroundOf, Wanted};
use crate::matching::{self, Candidates, MatchingRules, Network};
use crate::observe::{self, Balance, Gap};
use crate::park::{Park, Status};
use crate::period::Period;
use crate::plan::{self, Closing, Plan};
use crate::source::{ENGINE_VERSION, Run};
use crate::verify::measures::{MeasureVerification, verify_measures};

/// All six steps for one park and one period. The page, the API, the workbook and the PDF print this one value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParkReport {
    pub run: Run,
    pub park: ParkId,
    pub name: Label,
    pub province: String,
    pub synthetic: bool,
    pub enterprises: usize,
    pub balance: Balance,
    /// One per framework, the chosen framework first.
    pub assessments: Vec<Assessment>,
    /// Missing data, the one that settles most criteria first.
    pub ranked_gaps: Vec<(Gap, Vec<CriterionId>)>,
    pub gap_table: Vec<GapRow>,
    pub candidates: Candidates,
    pub network: Network,
    pub plan: Plan,
    pub verifications: Vec<MeasureVerification>,
    /// Claims added up by status. Statuses are never added together.
    pub totals: BTreeMap<Status, StatusTotal>,
}

/// One criterion that is not met or unknown, with what would close it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapRow {
    pub framework: FrameworkId,
    pub criterion: CriterionResult,
    pub label: Label,
    pub closing: Option<Closing>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusTotal {
    pub claims: usize,
    pub impact: Impact,
    /// Claims of saved energy without a factor: as long as there is one, the sum of emissions is unknown.
    pub without_factor: usize,
}

impl StatusTotal {
    /// In the order of [`Impact::values`].
    pub fn values(&self) -> [Option<f64>; 5] {
        let mut values = self.impact.values().map(Some);
        if self.without_factor > 0 {
            values[4] = None;
        }
        values
    }
}

/// What a report is asked for.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    pub period: Period,
    pub as_of: Date,
    /// The framework that the report is about; the others follow it.
    pub framework: &'a Framework,
}

/// Computes everything that is handed over about a park.
pub fn report(park: &Park, catalogue: &Catalogue, order: &Order) -> ParkReport {
    report_with(park, catalogue, order, None)
}

/// The same with a solver, which the network of a park with yearly costs of links or shared plants needs.
pub fn report_with(park: &Park, catalogue: &Catalogue, order: &Order, solver: Option<Solver>) -> ParkReport {
    let candidates = matching::find_exchanges(park, catalogue);
    let (rules, factors) = (MatchingRules::default(), ExchangeFactors::default());
    let from = GroundOf { park, catalogue, rules: &rules, factors: &factors, period: order.period, solver };
    let network = matching::choose_network_of(from, &candidates);
    report_on(park, catalogue, order, candidates, network)
}

/// The same while its network is still to be chosen: what rests on that (network, plan, what closes gaps) is of a park that
/// exchanges nothing, until [`ParkReport::with_network`] replaces it. And the network that is wanted; `None` where the
/// report is whole, because its network needs no mixed-integer problem.
pub fn report_begun(
    park: &Park,
    catalogue: &Catalogue,
    order: &Order,
    solver: Option<Solver>,
) -> (ParkReport, Option<Wanted>) {
    let candidates = matching::find_exchanges(park, catalogue);
    let (rules, factors) = (MatchingRules::default(), ExchangeFactors::default());
    let from = GroundOf { park, catalogue, rules: &rules, factors: &factors, period: order.period, solver };
    let wanted = matching::wanted_network(from, &candidates);
    let (network, wanted) = match wanted {
        Some(wanted) if wanted.parts() > 0 => (Network::empty(), Some(wanted)),
        Some(wanted) => (matching::network_of(&wanted.ground, &wanted.choose()), None),
        None => (matching::choose_network(&candidates), None),
    };
    (report_on(park, catalogue, order, candidates, network), wanted)
}

fn report_on(
    park: &Park,
    catalogue: &Catalogue,
    order: &Order,
    candidates: Candidates,
    network: Network,
) -> ParkReport {
    let balance = observe::observe(park, catalogue, order.period);
    let assessments = assess_all(park, &balance, catalogue, order.framework);
    let plan = plan::plan(park, &balance, &assessments, &network, catalogue, plan::Assumptions::default());
    let verifications = verify_measures(park, &balance, catalogue);
    ParkReport {
        run: Run {
            engine: ENGINE_VERSION.to_string(),
            period: order.period.to_string(),
            as_of: order.as_of,
            inputs: park.digest(),
            catalogue: catalogue.digest(),
        },
        park: park.id.clone(),
        name: park.name.clone(),
        province: park.province.clone(),
        synthetic: park.synthetic,
        enterprises: park.enterprises.len(),
        ranked_gaps: assess::rank_gaps(&assessments),
        gap_table: gap_table(&assessments, catalogue, order.framework, &plan),
        totals: totals(verifications.iter().map(|verification| &verification.claim)),
        balance,
        assessments,
        candidates,
        network,
        plan,
        verifications,
    }
}

impl ParkReport {
    /// The report with this network and what rests on it.
    pub fn with_network(
        self,
        park: &Park,
        catalogue: &Catalogue,
        framework: &Framework,
        network: Network,
    ) -> ParkReport {
        let assumptions = plan::Assumptions::default();
        let plan = plan::plan(park, &self.balance, &self.assessments, &network, catalogue, assumptions);
        let gap_table = gap_table(&self.assessments, catalogue, framework, &plan);
        ParkReport { network, plan, gap_table, ..self }
    }
}

fn assess_all(park: &Park, balance: &Balance, catalogue: &Catalogue, chosen: &Framework) -> Vec<Assessment> {
    std::iter::once(chosen)
        .chain(catalogue.frameworks.values().filter(|framework| framework.id != chosen.id))
        .map(|framework| assess::assess(park, balance, framework, catalogue))
        .collect()
}

fn gap_table(assessments: &[Assessment], catalogue: &Catalogue, chosen: &Framework, plan: &Plan) -> Vec<GapRow> {
    let mut rows = Vec::new();
    for assessment in assessments {
        let framework = catalogue.frameworks.get(&assessment.framework).unwrap_or(chosen);
        for (result, criterion) in assessment.criteria.iter().zip(&framework.criteria) {
            if result.shortfall.is_some() {
                rows.push(GapRow {
                    framework: assessment.framework.clone(),
                    criterion: result.clone(),
                    label: criterion.label.clone(),
                    closing: plan
                        .closings
                        .iter()
                        .find(|closing| closing.framework == assessment.framework && closing.criterion == result.id)
                        .cloned(),
                });
            }
        }
    }
    rows
}

/// Claims added up by status. A rejected or superseded claim is in none of the sums.
pub fn totals<'a>(claims: impl Iterator<Item = &'a Claim>) -> BTreeMap<Status, StatusTotal> {
    let mut totals: BTreeMap<Status, StatusTotal> =
        Status::LADDER.into_iter().map(|status| (status, StatusTotal::default())).collect();
    for claim in claims {
        if let Some(total) = totals.get_mut(&claim.status) {
            total.claims += 1;
            total.impact = total.impact + claim.impact;
            total.without_factor += usize::from(claim.values()[4].is_none());
        }
    }
    totals
}
