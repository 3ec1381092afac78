//! What is told of a park's weather: its stations from the nearest, what they cover, degree days for a base.

use engine::catalogue::Catalogue;
use engine::observe::weather::{Coverage, MonthDegreeDays, Near, coverage, degree_days, near};
use engine::park::{Park, Place};
use serde::Serialize;

/// Base that degree days are counted from unless another is asked for, in °C.
pub const USUAL_BASE_C: f64 = 18.0;

/// Bases that may be asked for.
pub const BASES_C: std::ops::RangeInclusive<f64> = -30.0..=40.0;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeatherTold {
    /// Where distances are measured from; `None` where nobody said where the park or the enterprise lies.
    pub from: Option<Place>,
    pub base_c: f64,
    pub stations: Vec<StationTold>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StationTold {
    #[serde(flatten)]
    pub near: Near,
    /// The nearest with values: what verification takes.
    pub is_used: bool,
    pub coverage: Option<Coverage>,
    pub months: Vec<MonthDegreeDays>,
}

pub fn weather(park: &Park, catalogue: &Catalogue, from: Option<Place>, base_c: f64) -> WeatherTold {
    let stations = near(park, catalogue, from);
    let used = stations.iter().find(|near| near.has_series).map(|near| near.station.clone());
    let told = |near: Near| StationTold {
        is_used: used.as_ref() == Some(&near.station),
        coverage: coverage(park, &near.station),
        months: degree_days(park, &near.station, base_c),
        near,
    };
    WeatherTold { from, base_c, stations: stations.into_iter().map(told).collect() }
}
