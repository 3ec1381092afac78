//! Verified savings in one sum: what the verifications of a park have in common, found from its data, and the interval of
//! their sum with it. Park, province and nation add up by this one way. Method: `docs/methods/savings.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::measures::{Explaining, MeasureVerification, Source, explaining_months};
use super::monthly::{MonthlySaving, Verification};
use super::portfolio::{CommonError, Member, PortfolioRefusal, PortfolioSum, drift_effect, portfolio};
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeasureId, MeterId, ParkId, ResourceId, StationId};
use crate::observe;
use crate::park::{Measure, Park};
use crate::period::Period;

/// Something that several savings rest on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A weather station; of one park where only this park knows it.
    Station { park: Option<ParkId>, station: StationId },
    /// A thermometer of the site.
    Thermometer { park: ParkId, meter: MeterId },
    /// What counts a product of a site.
    Production { park: ParkId, enterprise: EnterpriseId, product: ResourceId },
    /// A declared driver; the first of the enterprises that declare it with the same figures names it.
    Driver { park: ParkId, enterprise: EnterpriseId, driver: String },
}

impl Cause {
    pub fn is_weather(&self) -> bool {
        match self {
            Cause::Station { .. } | Cause::Thermometer { .. } => true,
            Cause::Driver { driver, .. } => driver.contains("degree-days"),
            Cause::Production { .. } => false,
        }
    }
}

/// The data that a saving comes from. Measures with the same place are shares of one saving, or at least of one meter's
/// error; where they were installed at different times the interval is a little too wide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    pub park: ParkId,
    pub enterprise: EnterpriseId,
    pub resource: ResourceId,
    /// `None`: bills.
    pub meter: Option<MeterId>,
}

/// What a saving shares with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    pub comparison: Comparison,
    /// By how much of itself the saving rises when the cause reads all of its value too high after the installation and
    /// right before it. Signed.
    pub effects: BTreeMap<Cause, f64>,
    /// Whether causes were looked for. They are known of the regression by months; a meter's model is not taken apart.
    pub is_traced: bool,
}

/// Months that two declared drivers must have in common, with the same figures throughout, to be taken for one.
const SAME_MONTHS: usize = 12;

/// What each measured saving of a park rests on. A saving that was not measured has no entry.
pub fn shared(
    park: &Park,
    catalogue: &Catalogue,
    verifications: &[MeasureVerification],
) -> BTreeMap<MeasureId, Shared> {
    let mut declared: Vec<(Cause, BTreeMap<Period, f64>)> = Vec::new();
    let mut answer = BTreeMap::new();
    for verification in verifications {
        let is_meant = |measure: &&Measure| measure.id == verification.measure;
        let (Some(measure), Some(comparison)) = (park.measures.iter().find(is_meant), &verification.comparison) else {
            continue;
        };
        if comparison.saving().is_none() {
            continue;
        }
        // At the device itself no weather, product or driver explains anything.
        let is_of_device = comparison.from == Source::Device;
        let by_months = match &comparison.verification {
            Verification::Saving(saving) => Some(saving),
            Verification::Planned(_) | Verification::Refused { .. } => None,
        };
        let mut effects: BTreeMap<Cause, f64> = BTreeMap::new();
        if let Some(saving) = by_months {
            for series in explaining_months(park, catalogue, measure) {
                let Some(slope) = slope(saving, &series.0).filter(|_| saving.saving.saving != 0.0) else { continue };
                let (cause, sign) = cause(park, catalogue, measure, &series, &mut declared);
                let read: f64 = saving.reporting.iter().filter_map(|month| value_of(&series, month.first_day)).sum();
                *effects.entry(cause).or_default() += sign * drift_effect(slope, read, 1.0) / saving.saving.saving;
            }
        }
        let comparison = Comparison {
            park: park.id.clone(),
            enterprise: measure.enterprise.clone(),
            resource: measure.resource.clone(),
            meter: park.meter_of(measure).cloned(),
        };
        let is_traced = by_months.is_some() || is_of_device;
        answer.insert(measure.id.clone(), Shared { comparison, effects, is_traced });
    }
    answer
}

fn slope(saving: &MonthlySaving, name: &str) -> Option<f64> {
    let place = saving.model.names.iter().position(|known| known == name)?;
    saving.model.coef.get(place).copied()
}

fn value_of((_, _, months): &Explaining, first_day: jiff::civil::Date) -> Option<f64> {
    months.get(&Period::month(first_day.year(), first_day.month())?).copied()
}

/// Where a predictor comes from, and its sign: a thermometer that reads too warm counts too few heating degree days.
fn cause(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    series: &Explaining,
    declared: &mut Vec<(Cause, BTreeMap<Period, f64>)>,
) -> (Cause, f64) {
    let name = series.0.as_str();
    let (park_id, enterprise) = (park.id.clone(), measure.enterprise.clone());
    let product = ResourceId::new(name);
    if catalogue.resource(&product).is_some_and(|resource| resource.flow == Flow::Product) {
        return (Cause::Production { park: park_id, enterprise, product }, 1.0);
    }
    let is_own = |driver: &crate::park::Driver| driver.enterprise == enterprise && driver.driver == name;
    let thermometer = park
        .meters
        .iter()
        .find(|meter| meter.enterprise == enterprise && meter.resource.as_str() == "outdoor-temperature");
    if name.ends_with("-degree-days") {
        let sign = if name.starts_with("heating") { -1.0 } else { 1.0 };
        if let Some(meter) = thermometer {
            return (Cause::Thermometer { park: park_id, meter: meter.id.clone() }, sign);
        }
        let from = park.enterprise(&enterprise).and_then(|enterprise| enterprise.place).or(park.place);
        let station = observe::weather::nearest(park, catalogue, from);
        if let Some(near) = station.filter(|_| !park.drivers.iter().any(is_own)) {
            let of_park = (!catalogue.stations.contains_key(&near.station)).then_some(park_id);
            return (Cause::Station { park: of_park, station: near.station }, sign);
        }
    }
    let is_same = |(cause, known): &&(Cause, BTreeMap<Period, f64>)| {
        matches!(cause, Cause::Driver { driver, .. } if driver == name) && is_one_series(known, &series.2)
    };
    if let Some((cause, _)) = declared.iter().find(is_same) {
        return (cause.clone(), 1.0);
    }
    let cause = Cause::Driver { park: park_id, enterprise, driver: name.to_string() };
    declared.push((cause.clone(), series.2.clone()));
    (cause, 1.0)
}

/// The same figures in every month that both have, in enough months and not one figure throughout.
fn is_one_series(one: &BTreeMap<Period, f64>, other: &BTreeMap<Period, f64>) -> bool {
    let both: Vec<(f64, f64)> = one.iter().filter_map(|(month, value)| Some((*value, *other.get(month)?))).collect();
    let varies = both.iter().any(|(value, _)| *value != both[0].0);
    both.len() >= SAME_MONTHS && varies && both.iter().all(|(one, other)| one == other)
}

/// What nobody measured: half widths of 90 % intervals as shares, and the correlation of own errors. All zero unless
/// somebody says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Assumptions {
    /// Between the own errors of any two comparisons, 0 to 1.
    pub own_correlation: f64,
    /// How far a station or a thermometer drifts between the years that are compared, as a share of degree days.
    pub weather_drift_90: f64,
    /// The same of what counts products, and of other drivers.
    pub production_drift_90: f64,
}

impl Assumptions {
    fn drift(&self, cause: &Cause) -> f64 {
        if cause.is_weather() { self.weather_drift_90 } else { self.production_drift_90 }
    }
}

/// One saving of a sum, in the unit of the sum.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    pub measure: &'a MeasureId,
    pub saving: f64,
    pub half_90: f64,
    pub shared: &'a Shared,
}

/// The sum of savings with its interval. Shares of one comparison have one error, which is theirs together; causes that
/// drift count by the assumptions. Beside it, [`PortfolioSum::root_sum_square_90`] takes every measure for itself.
pub fn sum_of(parts: &[Part], assumptions: &Assumptions) -> Result<PortfolioSum, Vec<PortfolioRefusal>> {
    let mut comparisons: BTreeMap<&Comparison, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        comparisons.entry(&part.shared.comparison).or_default().push(part);
    }
    let together: Vec<Member> = comparisons
        .values()
        .map(|parts| Member {
            name: name(parts[0]),
            saving: parts.iter().map(|part| part.saving).sum(),
            own_90: parts.iter().map(|part| part.half_90 * part.saving.signum()).sum::<f64>().abs(),
            common: parts.iter().flat_map(|part| common(part, assumptions)).collect(),
        })
        .collect();
    let apart: Vec<Member> = parts
        .iter()
        .map(|part| Member {
            name: name(part),
            saving: part.saving,
            own_90: part.half_90,
            common: common(part, assumptions),
        })
        .collect();
    let sum = portfolio(&together, assumptions.own_correlation)?;
    let beside = portfolio(&apart, assumptions.own_correlation)?;
    Ok(PortfolioSum { root_sum_square_90: beside.root_sum_square_90, all_together_90: beside.all_together_90, ..sum })
}

fn name(part: &Part) -> String {
    format!("{}/{}", part.shared.comparison.park, part.measure)
}

fn common(part: &Part, assumptions: &Assumptions) -> Vec<CommonError> {
    let effect = |(cause, share): (&Cause, &f64)| CommonError {
        source: code(cause),
        effect_90: share * part.saving * assumptions.drift(cause),
    };
    part.shared.effects.iter().map(effect).collect()
}

/// The same text for the same cause and no other.
fn code(cause: &Cause) -> String {
    match cause {
        Cause::Station { park, station } => {
            format!("station/{}/{station}", park.as_ref().map_or("", ParkId::as_str))
        }
        Cause::Thermometer { park, meter } => format!("thermometer/{park}/{meter}"),
        Cause::Production { park, enterprise, product } => format!("production/{park}/{enterprise}/{product}"),
        Cause::Driver { park, enterprise, driver } => format!("driver/{park}/{enterprise}/{driver}"),
    }
}

/// A cause that several comparisons share, and what it does to their sum.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedCause {
    pub cause: Cause,
    pub measures: Vec<MeasureId>,
    /// By how much the sum rises for each hundredth that the cause drifts. Signed.
    pub effect_of_a_hundredth: f64,
}

/// The causes that two or more comparisons of a sum have in common, in order.
pub fn shared_causes(parts: &[Part]) -> Vec<SharedCause> {
    let mut found: BTreeMap<&Cause, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        for cause in part.shared.effects.keys() {
            found.entry(cause).or_default().push(part);
        }
    }
    let comparisons = |parts: &[&Part]| parts.iter().map(|part| &part.shared.comparison).collect::<BTreeSet<_>>().len();
    let causes = found.into_iter().filter(|(_, parts)| comparisons(parts) > 1);
    causes
        .map(|(cause, parts)| SharedCause {
            cause: cause.clone(),
            measures: parts.iter().map(|part| part.measure.clone()).collect(),
            effect_of_a_hundredth: parts.iter().map(|part| 0.01 * part.saving * part.shared.effects[cause]).sum(),
        })
        .collect()
}

/// Measures of which several are shares of one comparison.
pub fn shared_comparisons<'a>(parts: &[Part<'a>]) -> Vec<(&'a Comparison, Vec<&'a MeasureId>)> {
    let mut found: BTreeMap<&Comparison, Vec<&MeasureId>> = BTreeMap::new();
    for part in parts {
        found.entry(&part.shared.comparison).or_default().push(part.measure);
    }
    found.into_iter().filter(|(_, measures)| measures.len() > 1).collect()
}
