//! Retrofit isolation: the device alone, by its rate before and after and the hours it ran; and savings that are only
//! stipulated, which are said to be so.

use serde::{Deserialize, Serialize};

use super::distributions::t_critical;
use super::regression::is_usable;
use crate::park::Status;
use crate::source::Basis;

/// A key parameter, measured: what the device takes while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isolation {
    /// Readings of the rate before and after the change, in use per hour; a reading each, far enough apart to be independent.
    pub rates_before: Vec<f64>,
    pub rates_after: Vec<f64>,
    /// Hours of operation in the reporting period, measured.
    pub hours: f64,
    /// Half the width of the 90 % interval of the hours.
    pub hours_uncertainty_90: f64,
    pub instruments: Instruments,
}

/// Errors of what the rates were read with, as shares of the reading, at 90 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instruments {
    /// One for both rates: its error is the same in both, and only the difference has it.
    One { error_90: f64 },
    /// Not one and the same: the errors are independent.
    Several { before_90: f64, after_90: f64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IsolatedSaving {
    pub saving: f64,
    pub uncertainty_90: f64,
    pub rate_before: f64,
    pub rate_after: f64,
    /// What the scatter of the readings, the hours and the instrument each contribute, as half-widths.
    pub from_rates_90: f64,
    pub from_hours_90: f64,
    pub from_instrument_90: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum IsolationRefusal {
    /// Readings before the change (`before`) or after it; at least 3 are needed to know their scatter.
    TooFewReadings {
        side: IsolationSide,
        found: usize,
        needed: usize,
    },
    NotUsable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IsolationSide {
    Before,
    After,
}

const LEAST_READINGS: usize = 3;

/// S = (r₀ − r₁) h. u² = (h u_Δ)² + (Δ u_h)² + (u_Δ u_h)² + (h u_δ)²: u_Δ the 90 % half-width of the difference of two means
/// (t with the degrees of freedom of Welch and Satterthwaite), u_δ what the instruments do to the difference: Δ δ where one
/// scales both rates alike, √((r₀ δ₀)² + (r₁ δ₁)²) where they are not the same.
/// Source of the propagation: JCGM 100:2008 (GUM), clause 5.1.2, with the product term of its note; from memory.
pub fn isolated(input: &Isolation) -> Result<IsolatedSaving, Vec<IsolationRefusal>> {
    let refusals = inspect(input);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (before, after) = (Rate::of(&input.rates_before), Rate::of(&input.rates_after));
    let variance = before.variance_of_mean + after.variance_of_mean;
    let difference = before.mean - after.mean;
    let rates = t_critical(0.10, welch(&before, &after)).unwrap_or(f64::INFINITY) * variance.sqrt();
    let from_rates_90 = input.hours * rates;
    let from_hours_90 = difference.abs() * input.hours_uncertainty_90;
    let from_instrument_90 = input.hours
        * match input.instruments {
            Instruments::One { error_90 } => difference.abs() * error_90,
            Instruments::Several { before_90, after_90 } => (before.mean * before_90).hypot(after.mean * after_90),
        };
    let product = rates * input.hours_uncertainty_90;
    let square = from_rates_90.powi(2) + from_hours_90.powi(2) + from_instrument_90.powi(2) + product.powi(2);
    Ok(IsolatedSaving {
        saving: difference * input.hours,
        uncertainty_90: square.sqrt(),
        rate_before: before.mean,
        rate_after: after.mean,
        from_rates_90,
        from_hours_90,
        from_instrument_90,
    })
}

struct Rate {
    mean: f64,
    variance_of_mean: f64,
    degrees: f64,
}

impl Rate {
    fn of(readings: &[f64]) -> Rate {
        let count = readings.len() as f64;
        let mean = readings.iter().sum::<f64>() / count;
        let squares: f64 = readings.iter().map(|reading| (reading - mean).powi(2)).sum();
        Rate { mean, variance_of_mean: squares / (count - 1.0) / count, degrees: count - 1.0 }
    }
}

/// Whole degrees of freedom, rounded down; those of the smaller side where neither scatters.
fn welch(one: &Rate, other: &Rate) -> usize {
    let sum = one.variance_of_mean + other.variance_of_mean;
    let parts = one.variance_of_mean.powi(2) / one.degrees + other.variance_of_mean.powi(2) / other.degrees;
    let degrees = if parts > 0.0 { sum * sum / parts } else { one.degrees.min(other.degrees) };
    degrees.floor().max(1.0) as usize
}

fn inspect(input: &Isolation) -> Vec<IsolationRefusal> {
    let mut refusals = Vec::new();
    for (side, readings) in [(IsolationSide::Before, &input.rates_before), (IsolationSide::After, &input.rates_after)] {
        if readings.len() < LEAST_READINGS {
            refusals.push(IsolationRefusal::TooFewReadings { side, found: readings.len(), needed: LEAST_READINGS });
        }
    }
    let (before_90, after_90) = match input.instruments {
        Instruments::One { error_90 } => (error_90, error_90),
        Instruments::Several { before_90, after_90 } => (before_90, after_90),
    };
    let amounts = [input.hours, input.hours_uncertainty_90, before_90, after_90];
    let rates = input.rates_before.iter().chain(&input.rates_after);
    if !rates.copied().all(is_usable) || !amounts.into_iter().all(|value| is_usable(value) && value >= 0.0) {
        refusals.push(IsolationRefusal::NotUsable);
    }
    refusals
}

/// The method of a saving by key parameter, with the version of its figures.
pub const KEY_PARAMETER: &str = "key_parameter/1";
/// The method of a saving that was agreed on and not measured, with the version of its figures.
pub const STIPULATED: &str = "stipulated/1";

/// A saving that was agreed on and not measured: so many lamps, so many hours by contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stipulated {
    pub saving: f64,
    /// By what it was agreed and why: a catalogue, a contract, a table of a programme.
    pub reason: String,
}

/// How a saving was determined. It says how far up the ladder its claim may go, whatever its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Determination {
    /// A model of a meter, before and after.
    WholeMeter,
    /// A key parameter, measured at the device.
    KeyParameter,
    /// Agreed on.
    Stipulated,
}

impl Determination {
    pub const ALL: [Determination; 3] =
        [Determination::WholeMeter, Determination::KeyParameter, Determination::Stipulated];

    pub fn code(self) -> &'static str {
        match self {
            Determination::WholeMeter => "whole-meter",
            Determination::KeyParameter => "key-parameter",
            Determination::Stipulated => "stipulated",
        }
    }

    /// What a figure of this kind is at best: nothing that was agreed on is ever better than calculated.
    pub fn best_basis(self) -> Basis {
        match self {
            Determination::WholeMeter | Determination::KeyParameter => Basis::Metered,
            Determination::Stipulated => Basis::Calculated,
        }
    }

    /// The highest step of the ladder: nobody measured what was agreed on, so it stays at what was built.
    pub fn highest_status(self) -> Status {
        match self {
            Determination::WholeMeter | Determination::KeyParameter => Status::Verified,
            Determination::Stipulated => Status::Built,
        }
    }

    /// The lower of what a claim asks for and what this determination allows. Steps off the ladder stay as they are.
    pub fn capped(self, status: Status) -> Status {
        match status {
            Status::Rejected | Status::Superseded => status,
            _ => status.min(self.highest_status()),
        }
    }
}
