//! Quantities: one type per dimension with one canonical unit inside, and only the products we mean.

use std::iter::Sum;
use std::ops::{Add, Div, Mul, Neg, Sub};

use serde::{Deserialize, Serialize};

/// What kind of amount a number is. The canonical unit of each is what every total is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    Energy,
    Volume,
    Mass,
    Emissions,
    Money,
    Area,
    Count,
    Temperature,
    DegreeDays,
}

impl Dimension {
    pub const ALL: [Dimension; 9] = [
        Dimension::Energy,
        Dimension::Volume,
        Dimension::Mass,
        Dimension::Emissions,
        Dimension::Money,
        Dimension::Area,
        Dimension::Count,
        Dimension::Temperature,
        Dimension::DegreeDays,
    ];

    /// The unit that a value of this dimension is kept in.
    pub fn canonical_unit(self) -> &'static str {
        match self {
            Dimension::Energy => "kWh",
            Dimension::Volume => "m3",
            Dimension::Mass => "kg",
            Dimension::Emissions => "kg CO2e",
            Dimension::Money => "VND",
            Dimension::Area => "m2",
            Dimension::Count => "1",
            Dimension::Temperature => "degC",
            Dimension::DegreeDays => "K d",
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Dimension::Energy => "energy",
            Dimension::Volume => "volume",
            Dimension::Mass => "mass",
            Dimension::Emissions => "emissions",
            Dimension::Money => "money",
            Dimension::Area => "area",
            Dimension::Count => "count",
            Dimension::Temperature => "temperature",
            Dimension::DegreeDays => "degree-days",
        }
    }

    pub fn parse(code: &str) -> Option<Dimension> {
        Dimension::ALL.into_iter().find(|dimension| dimension.code() == code)
    }
}

/// An amount as somebody declared it: kept as typed, converted once at the door.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub value: f64,
    pub unit: String,
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $dimension:expr, $($from:ident, $to:ident, $factor:expr);+ $(;)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            pub const ZERO: $name = $name(0.0);
            pub const DIMENSION: Dimension = $dimension;

            $(
                pub fn $from(value: f64) -> $name { $name(value * $factor) }
                pub fn $to(self) -> f64 { self.0 / $factor }
            )+

            /// The value in the canonical unit of the dimension.
            pub fn canonical(self) -> f64 { self.0 }
            pub fn from_canonical(value: f64) -> $name { $name(value) }
        }

        impl Add for $name { type Output = $name; fn add(self, other: $name) -> $name { $name(self.0 + other.0) } }
        impl Sub for $name { type Output = $name; fn sub(self, other: $name) -> $name { $name(self.0 - other.0) } }
        impl Neg for $name { type Output = $name; fn neg(self) -> $name { $name(-self.0) } }
        impl Mul<f64> for $name { type Output = $name; fn mul(self, factor: f64) -> $name { $name(self.0 * factor) } }
        impl Div<$name> for $name { type Output = f64; fn div(self, other: $name) -> f64 { self.0 / other.0 } }
        impl Sum for $name { fn sum<I: Iterator<Item = $name>>(values: I) -> $name { values.fold($name::ZERO, Add::add) } }
    };
}

quantity!(
    /// Energy, kept in kWh.
    Energy, Dimension::Energy,
    from_kwh, kwh, 1.0; from_mwh, mwh, 1_000.0; from_gj, gj, 1.0 / 0.0036; from_tj, tj, 1_000.0 / 0.0036
);
quantity!(
    /// Volume of water or gas, kept in m³.
    Volume, Dimension::Volume, from_m3, m3, 1.0
);
quantity!(
    /// Mass, kept in kg.
    Mass, Dimension::Mass, from_kg, kg, 1.0; from_t, t, 1_000.0
);
quantity!(
    /// Greenhouse gas emissions, kept in kg CO₂e.
    Emissions, Dimension::Emissions, from_kg, kg, 1.0; from_t, t, 1_000.0
);
quantity!(
    /// Money, kept in đồng.
    Money, Dimension::Money, from_vnd, vnd, 1.0; from_million_vnd, million_vnd, 1_000_000.0
);

/// Emissions per unit of energy, kept in kg CO₂e per kWh.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmissionIntensity(f64);

impl EmissionIntensity {
    pub fn from_t_per_mwh(value: f64) -> EmissionIntensity {
        EmissionIntensity(value)
    }

    pub fn from_kg_per_tj(value: f64) -> EmissionIntensity {
        EmissionIntensity(value / Energy::from_tj(1.0).kwh())
    }

    pub fn t_per_mwh(self) -> f64 {
        self.0
    }
}

impl Mul<EmissionIntensity> for Energy {
    type Output = Emissions;
    fn mul(self, intensity: EmissionIntensity) -> Emissions {
        Emissions::from_kg(self.kwh() * intensity.0)
    }
}

/// Net calorific value of a fuel, kept in kWh per kg.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalorificValue(f64);

impl CalorificValue {
    pub fn from_tj_per_gg(value: f64) -> CalorificValue {
        CalorificValue(Energy::from_tj(value).kwh() / 1_000_000.0)
    }
}

impl Mul<CalorificValue> for Mass {
    type Output = Energy;
    fn mul(self, value: CalorificValue) -> Energy {
        Energy::from_kwh(self.kg() * value.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pilot_programme_figures_give_its_printed_emissions() {
        // 22,000 MWh with the grid factor of 2017 and 140 TJ with 94.6 t/TJ.
        let electricity = Energy::from_mwh(22_000.0) * EmissionIntensity::from_t_per_mwh(0.8649);
        let fuel = Energy::from_tj(140.0) * EmissionIntensity::from_kg_per_tj(94_600.0);
        let total = electricity + fuel;
        assert_eq!(format!("{:.2}", total.t() / 1_000.0), "32.27");
    }

    #[test]
    fn conversions_return_what_they_were_given() {
        for value in [0.0, 1.0, 12.34, 98_765.432_1] {
            assert!((Energy::from_tj(value).tj() - value).abs() < 1e-9 * value.max(1.0));
            assert!((Energy::from_gj(value).gj() - value).abs() < 1e-9 * value.max(1.0));
            assert!((Mass::from_t(value).t() - value).abs() < 1e-9 * value.max(1.0));
        }
    }

    #[test]
    fn a_tonne_of_anthracite_holds_its_calorific_value() {
        let heat = Mass::from_t(1.0) * CalorificValue::from_tj_per_gg(26.7);
        assert!((heat.gj() - 26.7).abs() < 1e-9);
    }
}
