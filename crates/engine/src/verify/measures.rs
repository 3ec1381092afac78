//! Verification of the measures of a park: which months are compared, what explains them, and which claim follows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::adjustment::{AdjustedSaving, Adjustment, AdjustmentProblem, adjusted, of_park};
use super::by_plan::{ByPlan, ModelAnswer, PlanReason, carry_out};
use super::isolation::{Determination, STIPULATED, Stipulated};
use super::monthly::{METHOD, Month, MonthlyInput, MonthlyPredictor, Verification, verify_monthly};
use super::promise::{days_since, share_of_year};
use super::sharing::{Places, Sharing, Together};
use super::validity::Sign;
use crate::catalogue::{Catalogue, Flow};
use crate::claim::{Claim, Impact};
use crate::ids::{ClaimId, MeasureId};
use crate::observe::weather::MonthDegreeDays;
use crate::observe::{self, Balance};
use crate::park::plans::{Plan, Step};
use crate::park::{Measure, Park, Status};
use crate::period::Period;
use crate::quantity::Dimension;
use crate::source::{Basis, Digest};

/// A measure, what the data say about its saving, and the claim that this supports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureVerification {
    pub measure: MeasureId,
    /// The data that were compared; `None` for a measure that is not built yet.
    pub comparison: Option<Comparison>,
    pub claim: Claim,
    /// How the saving at its place is shared, where several built measures stand there and a saving is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<Sharing>,
    /// Why the claim does not stand higher on the ladder.
    pub held_back: Vec<HeldBack>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub from: Source,
    pub dimension: Dimension,
    pub verification: Verification,
    /// Months whose record looks like a slipped unit; they count as missing.
    pub excluded: Vec<Period>,
    /// The saving with the non-routine adjustments that were recorded for the reporting period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<AdjustedSaving>,
    /// Why an adjustment that was recorded cannot be made; no saving is told then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unadjustable: Vec<AdjustmentProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Bills,
    Meter(String),
    /// Readings of the device itself.
    Device,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBack {
    NotBuilt,
    /// No installation dates, so that no month is surely before or after.
    NoInstallationDates,
    /// Too little or unsuitable data; the comparison lists the reasons.
    Refused,
    /// The saving is measured; it is verified once somebody signs for it with evidence.
    NotSigned,
    /// The interval holds zero: nothing is shown to have been saved.
    NotSignificant,
    /// A non-routine adjustment that was recorded cannot be made; the comparison says which.
    AdjustmentUnusable,
    /// The saving was agreed on and not measured.
    Stipulated,
    /// Measures at one place claim more than the whole saving together.
    SharesAboveOne,
    /// Some of the measures at one place state a share and others do not.
    SharesPartlyStated,
    /// Nobody stated shares, and the measures at one place are not one comparison: other days of installation, another plan.
    SharesOfDifferentComparisons,
    /// Nobody stated shares, and there is no expectation of every measure to share by.
    SharesNeedExpectations,
    /// The baseline holds the change of a measure that was installed earlier at the same place.
    BaselineHoldsOther {
        /// First day without it.
        clean_from: Date,
    },
}

impl HeldBack {
    /// Whether it keeps what was measured at a place of several measures from counting as this measure's.
    pub fn is_of_place(self) -> bool {
        matches!(
            self,
            HeldBack::SharesAboveOne
                | HeldBack::SharesPartlyStated
                | HeldBack::SharesOfDifferentComparisons
                | HeldBack::SharesNeedExpectations
                | HeldBack::BaselineHoldsOther { .. }
        )
    }
}

/// How far back a baseline may reach.
pub(super) const BASELINE_MONTHS: i32 = 24;
/// Daily mean temperatures below and above which heating and cooling are assumed to work, in °C.
pub(super) const HEATING_BASE_C: f64 = 15.0;
pub(super) const COOLING_BASE_C: f64 = 18.0;

/// Verifies every measure of a park for one period.
///
/// A measure's saving is what the site would have used, by a model of its months before the installation, less what
/// it used. See `docs/methods/verification.md`.
pub fn verify_measures(park: &Park, balance: &Balance, catalogue: &Catalogue) -> Vec<MeasureVerification> {
    let stand = || park.measures.iter().filter(|one| !matches!(one.status, Status::Rejected | Status::Superseded));
    let is_compared = |measure: &&Measure| measure.status.is_built() && stipulated(park, measure).is_none();
    let compared = stand().filter(is_compared).filter_map(|measure| {
        Some((measure.id.clone(), compare(park, balance, catalogue, measure, measure.installed?)))
    });
    let comparisons: BTreeMap<MeasureId, Comparison> = compared.collect();
    let places = Places::of(park, catalogue, balance.period, &comparisons);
    stand()
        .map(|measure| {
            let comparison = comparisons.get(&measure.id).cloned();
            verify_measure(park, balance, catalogue, measure, (comparison, places.together(measure)))
        })
        .collect()
}

fn verify_measure(
    park: &Park,
    balance: &Balance,
    catalogue: &Catalogue,
    measure: &Measure,
    (comparison, together): (Option<Comparison>, Together),
) -> MeasureVerification {
    let is_built = measure.status.is_built();
    let mut held_back = Vec::new();
    if !is_built {
        held_back.push(HeldBack::NotBuilt);
    } else if measure.installed.is_none() {
        held_back.push(HeldBack::NoInstallationDates);
    }
    let agreed = agreed(park, measure, balance.period);
    if is_built && stipulated(park, measure).is_some() {
        held_back.push(HeldBack::Stipulated);
    }
    let Together { sharing, held_back: of_place } = together;
    let whole = comparison.as_ref().and_then(Comparison::saving);
    // A share is one of what a meter or bills show.
    let is_of_meter = park.plan(&measure.id).is_none_or(|plan| plan.model.is_of_meter());
    let share = if is_of_meter { measure.share_or_whole() } else { 1.0 };
    let saving = match &sharing {
        Some(sharing) => sharing.of(&measure.id),
        None => whole.map(|(saved, half)| (saved * share, half * share)),
    };
    if let Some(comparison) = comparison.as_ref().filter(|_| whole.is_none()) {
        let is_adjusted = comparison.unadjustable.is_empty();
        held_back.push(if is_adjusted { HeldBack::Refused } else { HeldBack::AdjustmentUnusable });
    }
    let is_crowded = !of_place.is_empty();
    held_back.extend(of_place);
    let is_signed = measure.signer.is_some() && measure.evidence.is_some();
    let status = match saving {
        Some(_) if is_crowded => Status::Built,
        Some((saved, half)) if saved.abs() <= half => {
            held_back.push(HeldBack::NotSignificant);
            Status::Measured
        }
        Some(_) if measure.status == Status::Verified && is_signed => Status::Verified,
        Some(_) => {
            held_back.push(HeldBack::NotSigned);
            Status::Measured
        }
        None if agreed.is_some() => Determination::Stipulated.capped(measure.status),
        None if is_built => Status::Built,
        None => measure.status,
    };
    let figures = match (saving, &agreed) {
        (None, Some(agreed)) => Figures {
            amount: agreed.saving,
            uncertainty_90: None,
            basis: Determination::Stipulated.best_basis(),
            method: STIPULATED.to_string(),
        },
        (Some((saved, half)), _) if status != Status::Built => Figures {
            amount: saved,
            uncertainty_90: Some(half),
            basis: Basis::Calculated,
            method: comparison.as_ref().map_or_else(String::new, Comparison::method),
        },
        _ => Figures {
            amount: measure.expected_saving.as_ref().and_then(|a| catalogue.canonical(a)).unwrap_or(0.0)
                * measure.share_or_whole(),
            uncertainty_90: None,
            basis: Basis::Estimated,
            method: "declared-expectation/1".to_string(),
        },
    };
    let inputs = match &sharing {
        None if agreed.is_some() => Digest::of_value(&(measure, &agreed, balance.period)),
        Some(sharing) => Digest::of_value(&(measure, &comparison, balance.period, sharing)),
        None => Digest::of_value(&(measure, &comparison, balance.period)),
    };
    let share = sharing.as_ref().map_or(share, |sharing| sharing.part_of(measure));
    let grid = observe::grid(park, catalogue, balance.period);
    MeasureVerification {
        measure: measure.id.clone(),
        claim: Claim { share, ..claim(measure, catalogue, grid.as_ref(), balance.period, status, figures, inputs) },
        comparison,
        sharing,
        held_back,
    }
}

/// The plan of a measure whose saving was agreed on.
fn stipulated<'a>(park: &'a Park, measure: &Measure) -> Option<&'a Plan> {
    park.plan(&measure.id).filter(|plan| !plan.model.is_measured())
}

/// What was agreed for the days of the period after the installation of a built measure.
fn agreed(park: &Park, measure: &Measure, period: Period) -> Option<Stipulated> {
    let plan = stipulated(park, measure).filter(|_| measure.status.is_built())?;
    let saving = plan.expected_saving_a_year? * share_of_year(days_since(park, period, measure)?, period)?;
    Some(Stipulated { saving, reason: plan.note.clone() })
}

struct Figures {
    amount: f64,
    uncertainty_90: Option<f64>,
    basis: Basis,
    method: String,
}

fn claim(
    measure: &Measure,
    catalogue: &Catalogue,
    grid: Option<&observe::Grid>,
    period: Period,
    status: Status,
    figures: Figures,
    inputs: Digest,
) -> Claim {
    let (impact, emissions) = match catalogue.resource(&measure.resource) {
        Some(resource) => observe::impact(resource, figures.amount, catalogue, grid),
        None => (Impact::default(), None),
    };
    Claim {
        id: ClaimId::new(format!("{}@{period}", measure.id)),
        measure: measure.id.clone(),
        enterprise: measure.enterprise.clone(),
        name: measure.name.clone(),
        resource: measure.resource.clone(),
        status,
        period,
        amount: figures.amount,
        uncertainty_90: figures.uncertainty_90,
        basis: figures.basis,
        share: measure.share_or_whole(),
        impact,
        method: figures.method,
        factors: emissions.iter().map(|figure| figure.source.clone()).collect(),
        inputs,
        evidence: measure.evidence.clone(),
        signer: measure.signer.clone(),
        unconfirmed: emissions.is_some_and(|figure| figure.unconfirmed),
    }
}

impl Comparison {
    /// Saving and half its 90 % interval, adjustments made; `None` where it was refused.
    pub fn saving(&self) -> Option<(f64, f64)> {
        if !self.unadjustable.is_empty() {
            return None;
        }
        if let Some(adjusted) = &self.adjusted {
            return Some((adjusted.saving, adjusted.uncertainty_90));
        }
        match &self.verification {
            Verification::Saving(saving) => Some((saving.saving.saving, saving.saving.uncertainty_90)),
            Verification::Planned(planned) => planned.saving(),
            Verification::Refused { .. } => None,
        }
    }

    /// What computed it, with the version of its figures.
    pub fn method(&self) -> String {
        match &self.verification {
            Verification::Planned(planned) => planned.method.clone(),
            Verification::Saving(_) | Verification::Refused { .. } => METHOD.to_string(),
        }
    }
}

fn compare(park: &Park, balance: &Balance, catalogue: &Catalogue, measure: &Measure, installed: Period) -> Comparison {
    let plan = park.plan(&measure.id);
    let planned = plan.and_then(|plan| carry_out(park, catalogue, measure, plan, (installed, balance.period)));
    let (verification, excluded) = match planned {
        Some(planned) => (Verification::Planned(Box::new(planned)), Vec::new()),
        None => by_months(park, balance, catalogue, measure, installed),
    };
    let comparison = Comparison {
        from: match (plan, park.meter_of(measure)) {
            (Some(plan), _) if !plan.model.is_of_meter() => Source::Device,
            (_, Some(meter)) => Source::Meter(meter.to_string()),
            (_, None) => Source::Bills,
        },
        dimension: catalogue.resource(&measure.resource).map_or(Dimension::Energy, |resource| resource.dimension),
        verification,
        excluded,
        adjusted: None,
        unadjustable: Vec::new(),
    };
    with_adjustments(park, measure, comparison, (installed, balance.period))
}

fn with_adjustments(
    park: &Park,
    measure: &Measure,
    comparison: Comparison,
    (installed, period): (Period, Period),
) -> Comparison {
    let recorded: Vec<Adjustment> = park.adjustments_of(&measure.id).map(of_park).collect();
    let Some(saving) = comparison.saving().filter(|_| !recorded.is_empty()) else { return comparison };
    let begins = park.plan(&measure.id).and_then(|plan| plan.begins);
    let first = installed.end().max(period.start()).max(begins.unwrap_or(installed.end()));
    let answer = match &comparison.verification {
        Verification::Planned(planned) => planned.answer.as_ref(),
        Verification::Saving(_) | Verification::Refused { .. } => None,
    };
    let has_columns = matches!(answer, Some(ModelAnswer::Plant(_)));
    match adjusted(saving, &recorded, Period::new(first, period.end()), has_columns) {
        Ok(adjusted) => Comparison { adjusted, ..comparison },
        Err(unadjustable) => Comparison { unadjustable, ..comparison },
    }
}

/// The regression by months, with what the plan of the measure chose where it has one.
fn by_months(
    park: &Park,
    balance: &Balance,
    catalogue: &Catalogue,
    measure: &Measure,
    installed: Period,
) -> (Verification, Vec<Period>) {
    let plan = park.plan(&measure.id);
    let mut explaining = explaining_months(park, catalogue, measure);
    if let Some(plan) = plan {
        let reasons = not_there(park, measure, plan, &explaining);
        if !reasons.is_empty() {
            return (Verification::Planned(Box::new(ByPlan::refused(plan, reasons))), Vec::new());
        }
        explaining.retain(|(name, _, _)| plan.predictors.contains(name));
    }
    let (used, excluded) = match park.meter_of(measure) {
        Some(meter) => (metered_months(park, catalogue, meter), Vec::new()),
        None => billed_months(park, balance, catalogue, measure),
    };
    let earliest = installed.start().checked_sub(Span::new().months(BASELINE_MONTHS)).unwrap_or(installed.start());
    let first = plan.and_then(|plan| plan.begins).map_or(installed.end(), |begins| begins.max(installed.end()));
    let months = |keep: &dyn Fn(&Period) -> bool| -> Vec<Month> {
        used.iter()
            .filter(|(month, _)| keep(month))
            .filter_map(|(month, amount)| {
                let predictors = explaining.iter().map(|(_, _, values)| values.get(month).copied());
                Some(Month {
                    first_day: month.start(),
                    energy: *amount,
                    predictors: predictors.collect::<Option<Vec<f64>>>()?,
                })
            })
            .collect()
    };
    let input = MonthlyInput {
        predictors: explaining
            .iter()
            .map(|(name, sign, _)| MonthlyPredictor { name: name.clone(), sign: *sign })
            .collect(),
        baseline: months(&|month| month.start() >= earliest && month.end() <= installed.start()),
        reporting: months(&|month| {
            month.start() >= first && balance.period.start() <= month.start() && month.end() <= balance.period.end()
        }),
    };
    (verify_monthly(&input), excluded)
}

/// What a plan for the regression by months names and the park does not have.
fn not_there(park: &Park, measure: &Measure, plan: &Plan, explaining: &[Explaining]) -> Vec<PlanReason> {
    let mut reasons = Vec::new();
    if let Some(id) = &plan.meter {
        match park.meter(id) {
            None => reasons.push(PlanReason::MeterGone { meter: id.to_string() }),
            Some(meter) if meter.enterprise != measure.enterprise || meter.resource != measure.resource => {
                reasons.push(PlanReason::MeterOfAnother { meter: id.to_string() });
            }
            Some(_) => {}
        }
    }
    let is_known = |name: &&String| explaining.iter().any(|(known, _, _)| known == *name);
    let unknown = plan.predictors.iter().filter(|name| !is_known(name));
    reasons.extend(unknown.map(|name| PlanReason::PredictorUnknown { name: name.clone(), step: Step::Month }));
    reasons
}

/// Calendar months of bills. A bill for less than 25 days or for several months is left out: it says nothing
/// about one month.
fn billed_months(
    park: &Park,
    balance: &Balance,
    catalogue: &Catalogue,
    measure: &Measure,
) -> (BTreeMap<Period, f64>, Vec<Period>) {
    let mut used = BTreeMap::new();
    for record in &park.records {
        if record.enterprise == measure.enterprise
            && record.resource == measure.resource
            && let Some(month) = calendar_month(&record.period)
            && let Some(amount) = catalogue.canonical(&record.amount)
        {
            *used.entry(month).or_default() += amount;
        }
    }
    // The balance looks at its own period only; the baseline must be looked at too.
    let whole = used.keys().next().zip(used.keys().last()).and_then(|(a, b)| Period::new(a.start(), b.end()));
    let whole = whole.unwrap_or(balance.period);
    let slips: BTreeSet<Period> =
        observe::checks::slipped_units(park, catalogue, &measure.enterprise, &measure.resource, whole)
            .iter()
            .filter_map(calendar_month)
            .collect();
    used.retain(|month, _| !slips.contains(month));
    (used, slips.into_iter().collect())
}

pub(super) fn calendar_month(period: &Period) -> Option<Period> {
    let month = Period::month(period.start().year(), period.start().month())?;
    (period.days() >= 25 && period.end() <= month.end()).then_some(month)
}

pub(super) fn metered_months(park: &Park, catalogue: &Catalogue, id: &crate::ids::MeterId) -> BTreeMap<Period, f64> {
    let Some(factor) = park.meter(id).and_then(|meter| catalogue.units.get(&meter.unit)).map(|unit| unit.factor) else {
        return BTreeMap::new();
    };
    observe::readings::by_month(park, id)
        .into_iter()
        .filter_map(|month| Some((month.month, month.amount? * factor)))
        .collect()
}

pub(super) type Explaining = (String, Sign, BTreeMap<Period, f64>);

/// What may explain the use of a site: its products, its declared drivers, and degree days from a temperature meter.
pub(super) fn explaining_months(park: &Park, catalogue: &Catalogue, measure: &Measure) -> Vec<Explaining> {
    let mut explaining: BTreeMap<String, (Sign, BTreeMap<Period, f64>)> = BTreeMap::new();
    for record in park.records.iter().filter(|record| record.enterprise == measure.enterprise) {
        let is_product = catalogue.resource(&record.resource).is_some_and(|resource| resource.flow == Flow::Product);
        if is_product
            && let Some(month) = calendar_month(&record.period)
            && let Some(amount) = catalogue.canonical(&record.amount)
        {
            let entry =
                explaining.entry(record.resource.to_string()).or_insert_with(|| (Sign::NotNegative, BTreeMap::new()));
            *entry.1.entry(month).or_default() += amount;
        }
    }
    for driver in park.drivers.iter().filter(|driver| driver.enterprise == measure.enterprise) {
        if let Some(month) = calendar_month(&driver.period) {
            let sign = if driver.driver.contains("degree-days") { Sign::NotNegative } else { Sign::Any };
            explaining
                .entry(driver.driver.clone())
                .or_insert_with(|| (sign, BTreeMap::new()))
                .1
                .insert(month, driver.value);
        }
    }
    let thermometer = park
        .meters
        .iter()
        .find(|meter| meter.enterprise == measure.enterprise && meter.resource.as_str() == "outdoor-temperature");
    if let Some(meter) = thermometer {
        let heating = observe::readings::degree_days(park, &meter.id, HEATING_BASE_C);
        let cooling = observe::readings::degree_days(park, &meter.id, COOLING_BASE_C);
        let only = |days: BTreeMap<Period, (f64, f64)>, pick: fn((f64, f64)) -> f64| {
            days.into_iter().map(|(month, pair)| (month, pick(pair))).collect()
        };
        explaining.insert("heating-degree-days".into(), (Sign::NotNegative, only(heating, |pair| pair.0)));
        explaining.insert("cooling-degree-days".into(), (Sign::NotNegative, only(cooling, |pair| pair.1)));
    }
    if thermometer.is_none() {
        of_station(park, catalogue, measure, &mut explaining);
    }
    explaining.into_iter().map(|(name, (sign, values))| (name, sign, values)).collect()
}

/// Degree days of the nearest weather station, where the enterprise neither measures nor declares its own.
fn of_station(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    explaining: &mut BTreeMap<String, (Sign, BTreeMap<Period, f64>)>,
) {
    let from = park.enterprise(&measure.enterprise).and_then(|enterprise| enterprise.place).or(park.place);
    let Some(near) = observe::weather::nearest(park, catalogue, from) else { return };
    let months = |base, pick: fn(&MonthDegreeDays) -> Option<f64>| {
        let months = observe::weather::degree_days(park, &near.station, base);
        months.iter().filter_map(|month| Some((month.month, pick(month)?))).collect()
    };
    for (name, values) in [
        ("heating-degree-days", months(HEATING_BASE_C, |month| month.heating)),
        ("cooling-degree-days", months(COOLING_BASE_C, |month| month.cooling)),
    ] {
        explaining.entry(name.to_string()).or_insert((Sign::NotNegative, values));
    }
}
