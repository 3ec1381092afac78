//! What a verified saving rests on that others may rest on as well: stations, thermometers, meters, production, drivers and
//! instruments, found from its verification. Method: `docs/methods/savings.md`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::by_key_parameter::{Taken, of_instruments};
use super::by_plan::{ByPlan, ModelAnswer};
use super::isolation::IsolatedSaving;
use super::measures::{Explaining, MeasureVerification, explaining_months};
use super::monthly::{MonthlySaving, Verification};
use super::plan_rows::{Thermometer, thermometer};
use super::portfolio::drift_effect;
use crate::catalogue::{Catalogue, Flow};
use crate::ids::{EnterpriseId, MeterId, ParkId, ResourceId, StationId};
use crate::park::key_readings::KeyQuantity;
use crate::park::plans::TEMPERATURE;
use crate::park::{Driver, Measure, Park};
use crate::period::Period;

/// Something that several savings rest on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A weather station; of one park where only this park knows it.
    Station { park: Option<ParkId>, station: StationId },
    /// A thermometer of the site.
    Thermometer { park: ParkId, meter: MeterId },
    /// A meter of the site that explains the use of another.
    Meter { park: ParkId, meter: MeterId },
    /// What counts a product of a site.
    Production { park: ParkId, enterprise: EnterpriseId, product: ResourceId },
    /// A declared driver; the first of the enterprises that declare it with the same figures names it.
    Driver { park: ParkId, enterprise: EnterpriseId, driver: String },
    /// What devices of the park were read with.
    Instrument { park: ParkId, what: KeyQuantity, instrument: String },
}

impl Cause {
    pub fn is_weather(&self) -> bool {
        match self {
            Cause::Station { .. } | Cause::Thermometer { .. } => true,
            Cause::Driver { driver, .. } => driver.contains("degree-days"),
            Cause::Meter { .. } | Cause::Production { .. } | Cause::Instrument { .. } => false,
        }
    }

    /// The same text for the same cause and no other.
    pub(super) fn code(&self) -> String {
        match self {
            Cause::Station { park, station } => {
                format!("station/{}/{station}", park.as_ref().map_or("", ParkId::as_str))
            }
            Cause::Thermometer { park, meter } => format!("thermometer/{park}/{meter}"),
            Cause::Meter { park, meter } => format!("meter/{park}/{meter}"),
            Cause::Production { park, enterprise, product } => format!("production/{park}/{enterprise}/{product}"),
            Cause::Driver { park, enterprise, driver } => format!("driver/{park}/{enterprise}/{driver}"),
            Cause::Instrument { park, what, instrument } => {
                format!("instrument/{park}/{}/{instrument}", what.code())
            }
        }
    }
}

/// Why not everything that a saving rests on could be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untraced {
    /// The rates of one side were read by several instruments, of which the largest error counts.
    SeveralInstruments,
}

/// What moves a saving, in its own unit.
#[derive(Default)]
pub(super) struct Effects {
    /// When the cause reads all of its value too high after the installation, and right before it.
    pub(super) drifting: BTreeMap<Cause, f64>,
    /// By what an instrument was stated to err, at 90 %; it is in the interval of the saving.
    pub(super) stated: BTreeMap<Cause, f64>,
    pub(super) untraced: Option<Untraced>,
}

/// Drivers that were met so far, with their figures.
pub(super) type Declared = Vec<(Cause, BTreeMap<Period, f64>)>;

/// Rows that two declared drivers must have in common, with the same figures throughout, to be taken for one.
const SAME_ROWS: usize = 12;

/// What moves the saving of a verification, by how it was verified.
pub(super) fn effects(
    park: &Park,
    catalogue: &Catalogue,
    (measure, verification): (&Measure, &MeasureVerification),
    declared: &mut Declared,
) -> Effects {
    let comparison = verification.comparison.as_ref().map(|comparison| &comparison.verification);
    let mut found = Effects::default();
    match comparison {
        Some(Verification::Saving(saving)) => {
            for series in explaining_months(park, catalogue, measure) {
                let Some(slope) = slope(saving, &series.0) else { continue };
                let read: f64 = saving.reporting.iter().filter_map(|month| value_of(&series, month.first_day)).sum();
                let (cause, sign) = of_months(park, catalogue, measure, &series.0, declared);
                *found.drifting.entry(cause).or_default() += sign * drift_effect(slope, read, 1.0);
            }
        }
        Some(Verification::Planned(planned)) => match &planned.answer {
            Some(ModelAnswer::KeyParameter(answer)) => {
                of_device(park, (measure, verification.claim.period), &answer.found, &mut found);
            }
            _ => of_model(park, catalogue, measure, planned, declared, &mut found),
        },
        Some(Verification::Refused { .. }) | None => {}
    }
    found
}

fn slope(saving: &MonthlySaving, name: &str) -> Option<f64> {
    let place = saving.model.names.iter().position(|known| known == name)?;
    saving.model.coef.get(place).copied()
}

fn value_of((_, _, months): &Explaining, first_day: Date) -> Option<f64> {
    months.get(&Period::month(first_day.year(), first_day.month())?).copied()
}

/// Where a predictor by months comes from, and its sign: a thermometer that reads too warm counts too few heating degree
/// days.
fn of_months(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    name: &str,
    declared: &mut Declared,
) -> (Cause, f64) {
    let enterprise = &measure.enterprise;
    if name.ends_with("-degree-days") {
        let sign = if name.starts_with("heating") { -1.0 } else { 1.0 };
        let is_own = |driver: &Driver| driver.enterprise == *enterprise && driver.driver == name;
        match of_temperature(park, catalogue, enterprise) {
            Some(cause @ Cause::Thermometer { .. }) => return (cause, sign),
            Some(cause) if !park.drivers.iter().any(is_own) => return (cause, sign),
            _ => {}
        }
    }
    (of_column(park, catalogue, enterprise, name, declared), 1.0)
}

/// A model of a meter by what it was found to lean on.
fn of_model(
    park: &Park,
    catalogue: &Catalogue,
    measure: &Measure,
    planned: &ByPlan,
    declared: &mut Declared,
    found: &mut Effects,
) {
    for (name, effect) in &planned.moved {
        let meter = park.meter(&MeterId::new(name)).filter(|meter| meter.enterprise == measure.enterprise);
        let cause = match meter {
            _ if name == TEMPERATURE => of_temperature(park, catalogue, &measure.enterprise),
            Some(meter) => Some(Cause::Meter { park: park.id.clone(), meter: meter.id.clone() }),
            None => Some(of_column(park, catalogue, &measure.enterprise, name, declared)),
        };
        if let Some(cause) = cause {
            *found.drifting.entry(cause).or_default() += effect;
        }
    }
}

/// Instruments of one name are one instrument in a park.
fn of_device(park: &Park, (measure, period): (&Measure, Period), saving: &IsolatedSaving, found: &mut Effects) {
    let (Some(plan), Some(installed)) = (park.plan(&measure.id), measure.installed) else { return };
    let of = of_instruments(&Taken::of(park, measure, plan, (installed, period)), saving);
    if of.rates.is_none() {
        found.untraced = Some(Untraced::SeveralInstruments);
    }
    let rates = of.rates.unwrap_or_default();
    for (what, by_name) in [(KeyQuantity::Rate, rates), (KeyQuantity::Hours, of.hours)] {
        let cause = |instrument| Cause::Instrument { park: park.id.clone(), what, instrument };
        found.stated.extend(by_name.into_iter().map(|(instrument, effect)| (cause(instrument), effect)));
    }
}

/// What measures the temperature at a site.
fn of_temperature(park: &Park, catalogue: &Catalogue, enterprise: &EnterpriseId) -> Option<Cause> {
    Some(match thermometer(park, catalogue, enterprise)? {
        Thermometer::Meter(meter) => Cause::Thermometer { park: park.id.clone(), meter },
        Thermometer::Station(station) => {
            let park = (!catalogue.stations.contains_key(&station)).then(|| park.id.clone());
            Cause::Station { park, station }
        }
    })
}

/// Production, or a driver that is declared.
fn of_column(
    park: &Park,
    catalogue: &Catalogue,
    enterprise: &EnterpriseId,
    name: &str,
    declared: &mut Declared,
) -> Cause {
    let product = ResourceId::new(name);
    if catalogue.resource(&product).is_some_and(|resource| resource.flow == Flow::Product) {
        return Cause::Production { park: park.id.clone(), enterprise: enterprise.clone(), product };
    }
    let own = park.drivers.iter().filter(|one| one.enterprise == *enterprise && one.driver == name);
    let figures: BTreeMap<Period, f64> = own.map(|one| (one.period, one.value)).collect();
    let is_same = |(cause, known): &&(Cause, BTreeMap<Period, f64>)| {
        matches!(cause, Cause::Driver { driver, .. } if driver == name) && is_one_series(known, &figures)
    };
    if let Some((cause, _)) = declared.iter().find(is_same) {
        return cause.clone();
    }
    let cause = Cause::Driver { park: park.id.clone(), enterprise: enterprise.clone(), driver: name.to_string() };
    declared.push((cause.clone(), figures));
    cause
}

/// The same figures in every row that both have, in enough rows and not one figure throughout.
fn is_one_series(one: &BTreeMap<Period, f64>, other: &BTreeMap<Period, f64>) -> bool {
    let both: Vec<(f64, f64)> = one.iter().filter_map(|(row, value)| Some((*value, *other.get(row)?))).collect();
    let varies = both.iter().any(|(value, _)| *value != both[0].0);
    both.len() >= SAME_ROWS && varies && both.iter().all(|(one, other)| one == other)
}
