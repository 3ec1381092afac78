//! The savings of a park together, as programs read them: the claims, their sums with interval, what they have in common,
//! what was promised, and what counts for nothing.

use std::collections::BTreeMap;

use engine::claim::Claim;
use engine::ids::{EnterpriseId, MeasureId, MeterId, ParkId, ResourceId};
use engine::park::key_readings::KeyQuantity;
use engine::park::{Park, Status};
use engine::verify::isolation::STIPULATED;
use engine::verify::measures::MeasureVerification;
use engine::verify::sums::{Assumptions, Cause, Comparison, Effect, Untraced, shared_causes, shared_comparisons};
use serde::Serialize;

use super::{SHOWN, Words, asked, of_status, parts};
use crate::page::Page;
use crate::publish::{self, ClaimPart, QUANTITIES, QUANTITY_KEYS, StatusSums, quantity_sum};
use crate::state::{App, ParkView};
use crate::web::verify::{held_back, may_see};
use crate::wording::Names;

#[derive(Serialize)]
pub struct Told {
    assumptions: Assumed,
    /// Those that the reader may see one by one, each with its basis, method, factors, evidence and status.
    claims: Vec<Claim>,
    /// Of those claims; statuses are never added together.
    sums: Vec<Sum>,
    causes: Vec<CauseTold>,
    /// Measures that are shares of one saving.
    comparisons: Vec<Shares>,
    /// Measures with an interval that rests on something which could not be found.
    untraced: Vec<UntracedTold>,
    /// Measures of which the saving was agreed on, by its grounds: nothing was measured, and a sum with them has no interval.
    agreed: Vec<Agreed>,
    promised: Vec<Promised>,
    nothing: Vec<CountsForNothing>,
    /// Sums of the park, withheld where they would tell about single enterprises.
    published: Vec<StatusSums>,
}

/// What nobody measured, as the address says it.
#[derive(Serialize)]
struct Assumed {
    own_correlation: f64,
    weather_drift_percent: f64,
    production_drift_percent: f64,
}

/// One quantity of one status.
#[derive(Serialize)]
pub struct Sum {
    pub status: Status,
    quantity: &'static str,
    /// Its place among the five quantities.
    #[serde(skip)]
    pub place: usize,
    pub measures: usize,
    pub value: f64,
    /// `null` where one of them was not measured.
    pub uncertainty_90: Option<f64>,
    /// As if they were independent, and as if all errors were one.
    pub root_sum_square_90: Option<f64>,
    pub all_together_90: Option<f64>,
}

/// What several verifications of a sum rest on.
#[derive(Serialize)]
pub struct CauseTold {
    pub status: Status,
    quantity: &'static str,
    #[serde(skip)]
    pub place: usize,
    #[serde(rename = "cause")]
    code: CauseCode,
    #[serde(skip)]
    pub cause: Cause,
    pub measures: Vec<MeasureId>,
    /// What a drift of one percent does to the sum, signed, and the drift assumed; `null` of an instrument whose error was stated
    /// with its readings.
    pub effect_of_one_percent: Option<f64>,
    pub drift_percent: Option<f64>,
    /// What the drift assumed, or the error stated, does to the sum. Signed.
    pub effect: f64,
}

/// A cause by its codes.
#[derive(Serialize)]
struct CauseCode {
    /// `station`, `thermometer`, `meter`, `production`, `driver`, `rate-instrument` or `hour-counter`.
    kind: &'static str,
    /// `null`: a station that the catalogue knows.
    park: Option<ParkId>,
    /// Whose production it is; of a driver the first that declares it with these figures.
    enterprise: Option<EnterpriseId>,
    /// Of the station, the meter, the product or the driver; of an instrument its name in the sheet.
    code: String,
}

/// Measures of which not everything could be traced, and why.
#[derive(Serialize)]
pub struct UntracedTold {
    /// `several-instruments`.
    pub reason: Untraced,
    pub measures: Vec<MeasureId>,
}

/// Measures that were agreed on by the same grounds.
#[derive(Serialize)]
pub struct Agreed {
    pub grounds: String,
    pub measures: Vec<MeasureId>,
}

/// Measures that are shares of one saving, and the data that it comes from.
#[derive(Serialize)]
pub struct Shares {
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    /// `null`: bills.
    meter: Option<MeterId>,
    pub measures: Vec<MeasureId>,
}

/// What was promised of a measure and what became of it, in the unit that it is printed in.
#[derive(Serialize)]
struct Promised {
    measure: MeasureId,
    enterprise: EnterpriseId,
    status: Status,
    unit: &'static str,
    promised_a_year: f64,
    /// The days that the comparison covers, and what was promised of them; `null` where nothing was compared.
    days_compared: Option<f64>,
    promised: Option<f64>,
    measured: Option<f64>,
    uncertainty_90: Option<f64>,
    percent: Option<f64>,
    /// `kept`, `less`, `more` or `not-measured`.
    verdict: &'static str,
}

/// A measure that no measured saving stands for.
#[derive(Serialize)]
struct CountsForNothing {
    measure: MeasureId,
    enterprise: EnterpriseId,
    status: Status,
    reasons: Vec<String>,
}

/// What the page of the same address tells; or everything that its assumptions cannot be.
pub fn told(app: &App, page: &Page, view: &ParkView) -> Result<Told, Vec<String>> {
    let (assumptions, _, faults) = asked(page);
    if !faults.is_empty() {
        return Err(faults);
    }
    let report = &view.computed.report;
    let seen: Vec<&MeasureVerification> = report.verifications.iter().filter(|one| may_see(view, one)).collect();
    let is_seen = |claim: &&ClaimPart| seen.iter().any(|one| one.measure == claim.measure);
    let claims: Vec<&ClaimPart> = view.computed.claims().claims.iter().filter(is_seen).collect();
    let names = Names { language: page.language, catalogue: app.catalogue, park: Some(&view.computed.park) };
    let words = Words { page, view, names, app, assumptions };
    let promises = words.promises(&seen);
    let promised = promises.iter().map(|one| Promised {
        measure: one.of.measure.clone(),
        enterprise: one.of.claim.enterprise.clone(),
        status: one.of.claim.status,
        unit: one.unit,
        promised_a_year: one.a_year,
        days_compared: one.covered.map(|covered| covered.days),
        promised: one.covered.map(|covered| covered.expected),
        measured: one.measured.map(|(value, _)| value),
        uncertainty_90: one.measured.map(|(_, half)| half),
        percent: one.percent(),
        verdict: one.verdict().trim_start_matches("portfolio-"),
    });
    let is_nothing = |one: &&&MeasureVerification| ![Status::Verified, Status::Measured].contains(&one.claim.status);
    let nothing = seen.iter().filter(is_nothing).map(|one| CountsForNothing {
        measure: one.measure.clone(),
        enterprise: one.claim.enterprise.clone(),
        status: one.claim.status,
        reasons: held_back(page, view, one),
    });
    Ok(Told {
        assumptions: Assumed {
            own_correlation: assumptions.own_correlation,
            weather_drift_percent: 100.0 * assumptions.weather_drift_90,
            production_drift_percent: 100.0 * assumptions.production_drift_90,
        },
        claims: seen.iter().map(|one| one.claim.clone()).collect(),
        sums: sums(&claims, &assumptions),
        causes: causes(&claims, &assumptions),
        comparisons: comparisons(&claims),
        untraced: untraced(&claims),
        agreed: agreed(&view.computed.park, &seen),
        promised: promised.collect(),
        nothing: nothing.collect(),
        published: publish::status_sums(&view.computed),
    })
}

/// Each status with each quantity that something counts in.
pub fn sums(claims: &[&ClaimPart], assumptions: &Assumptions) -> Vec<Sum> {
    let mut sums = Vec::new();
    for (status, place) in statuses_and_places() {
        let of: Vec<&ClaimPart> = of_status(claims, status, place);
        if of.is_empty() {
            continue;
        }
        let sum = quantity_sum(of.iter().copied(), place, assumptions);
        sums.push(Sum {
            status,
            quantity: QUANTITY_KEYS[place],
            place,
            measures: of.len(),
            value: of.iter().map(|claim| claim.values[place]).sum(),
            uncertainty_90: sum.as_ref().map(|sum| sum.uncertainty_90),
            root_sum_square_90: sum.as_ref().map(|sum| sum.root_sum_square_90),
            all_together_90: sum.as_ref().map(|sum| sum.all_together_90),
        });
    }
    sums
}

/// What two or more verifications rest on together, with what its drift does to the sum.
pub fn causes(claims: &[&ClaimPart], assumptions: &Assumptions) -> Vec<CauseTold> {
    let mut causes = Vec::new();
    for (status, place) in statuses_and_places() {
        for found in shared_causes(&parts(claims, status, place)) {
            let drift = 100.0 * assumptions.drift(&found.cause);
            let (effect_of_one_percent, drift_percent, effect) = match found.effect {
                Effect::OfAHundredth(one) => (Some(one), Some(drift), drift * one),
                Effect::Stated(effect) => (None, None, effect),
            };
            causes.push(CauseTold {
                status,
                quantity: QUANTITY_KEYS[place],
                place,
                effect_of_one_percent,
                drift_percent,
                effect,
                code: code(&found.cause),
                cause: found.cause,
                measures: found.measures,
            });
        }
    }
    causes
}

/// Measures that are shares of one saving: one error, not several. Each comparison once, in order.
pub fn comparisons(claims: &[&ClaimPart]) -> Vec<Shares> {
    let mut told = BTreeMap::new();
    for (status, place) in statuses_and_places() {
        for (comparison, measures) in shared_comparisons(&parts(claims, status, place)) {
            told.insert(comparison.clone(), measures.into_iter().cloned().collect());
        }
    }
    let shares = |(comparison, measures): (Comparison, Vec<MeasureId>)| Shares {
        enterprise: comparison.enterprise,
        resource: comparison.resource,
        meter: comparison.meter,
        measures,
    };
    told.into_iter().map(shares).collect()
}

fn code(cause: &Cause) -> CauseCode {
    match cause {
        Cause::Station { park, station } => {
            CauseCode { kind: "station", park: park.clone(), enterprise: None, code: station.to_string() }
        }
        Cause::Thermometer { park, meter } => {
            CauseCode { kind: "thermometer", park: Some(park.clone()), enterprise: None, code: meter.to_string() }
        }
        Cause::Meter { park, meter } => {
            CauseCode { kind: "meter", park: Some(park.clone()), enterprise: None, code: meter.to_string() }
        }
        Cause::Instrument { park, what, instrument } => CauseCode {
            kind: match what {
                KeyQuantity::Rate => "rate-instrument",
                KeyQuantity::Hours => "hour-counter",
            },
            park: Some(park.clone()),
            enterprise: None,
            code: instrument.clone(),
        },
        Cause::Production { park, enterprise, product } => CauseCode {
            kind: "production",
            park: Some(park.clone()),
            enterprise: Some(enterprise.clone()),
            code: product.to_string(),
        },
        Cause::Driver { park, enterprise, driver } => CauseCode {
            kind: "driver",
            park: Some(park.clone()),
            enterprise: Some(enterprise.clone()),
            code: driver.clone(),
        },
    }
}

/// What has an interval but rests on something that could not be found, by the reason.
pub fn untraced(claims: &[&ClaimPart]) -> Vec<UntracedTold> {
    let mut found: BTreeMap<Untraced, Vec<MeasureId>> = BTreeMap::new();
    for claim in claims {
        if let Some(reason) = claim.shared.as_ref().and_then(|shared| shared.untraced) {
            found.entry(reason).or_default().push(claim.measure.clone());
        }
    }
    found.into_iter().map(|(reason, measures)| UntracedTold { reason, measures }).collect()
}

/// Built measures whose saving was agreed on, those with the same grounds together.
pub fn agreed(park: &Park, seen: &[&MeasureVerification]) -> Vec<Agreed> {
    let mut found: BTreeMap<&str, Vec<MeasureId>> = BTreeMap::new();
    for one in seen.iter().filter(|one| one.claim.method == STIPULATED) {
        let grounds = park.plan(&one.measure).map_or("", |plan| plan.note.trim());
        found.entry(grounds).or_default().push(one.measure.clone());
    }
    found.into_iter().map(|(grounds, measures)| Agreed { grounds: grounds.to_string(), measures }).collect()
}

fn statuses_and_places() -> impl Iterator<Item = (Status, usize)> {
    SHOWN.into_iter().flat_map(|status| (0..QUANTITIES.len()).map(move |place| (status, place)))
}
