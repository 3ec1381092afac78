//! What a pair is worth, and what it may not be: the figures that every search goes by.

use serde::{Deserialize, Serialize};

use super::{Giver, Taker};

/// Mean radius of the Earth, as in the matching of a park.
pub(super) const EARTH_KM: f64 = 6_371.0;

/// Figures of the benefit and of the filters. Money in thousand VND. The defaults are those that give the links of
/// the test case `symbiosis` back; they were set by hand there and are nobody's prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    pub haulage_kvnd_t_km: f64,
    /// Road over straight line.
    pub detour: f64,
    /// A content may be so many times its limit: the rest is diluted or treated by the taker.
    pub most_over_limit: f64,
    /// Share of its price that a taker saves on a stream of its own class.
    pub share: f64,
    /// The same on a stream of its alternative class.
    pub alternative_share: f64,
    /// Treatment of any stream, per t.
    pub treatment_kvnd_t: f64,
    /// More treatment for each quality: so much times what its content over its limit exceeds `treated_from`.
    pub treatment_over_kvnd_t: f64,
    pub treated_from: f64,
    /// More treatment of a hazardous stream, per t.
    pub hazardous_kvnd_t: f64,
    /// Leaves out pairs inside one firm.
    pub between_firms: bool,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            haulage_kvnd_t_km: 2.2,
            detour: 1.3,
            most_over_limit: 1.5,
            share: 0.7,
            alternative_share: 0.45,
            treatment_kvnd_t: 70.0,
            treatment_over_kvnd_t: 60.0,
            treated_from: 0.6,
            hazardous_kvnd_t: 161.5,
            between_firms: false,
        }
    }
}

/// A figure of the terms that the bound of the search does not allow.
#[derive(Clone, Debug, PartialEq)]
pub struct TermsFault {
    pub name: &'static str,
    pub found: f64,
    pub least: f64,
    pub most: f64,
}

impl Terms {
    /// Every figure that lies outside its range. The bound needs costs of 0 or more and shares of at most 1.
    pub fn faults(&self) -> Vec<TermsFault> {
        const MOST: f64 = 1e9;
        let ranges = [
            ("haulage", self.haulage_kvnd_t_km, 0.0, MOST),
            ("detour", self.detour, 1.0, 100.0),
            ("most-over-limit", self.most_over_limit, 0.0, MOST),
            ("share", self.share, 0.0, 1.0),
            ("alternative-share", self.alternative_share, 0.0, 1.0),
            ("treatment", self.treatment_kvnd_t, 0.0, MOST),
            ("treatment-over", self.treatment_over_kvnd_t, 0.0, MOST),
            ("treated-from", self.treated_from, 0.0, MOST),
            ("hazardous", self.hazardous_kvnd_t, 0.0, MOST),
        ];
        let outside = ranges.into_iter().filter(|(_, found, least, most)| !(*least..=*most).contains(found));
        outside.map(|(name, found, least, most)| TermsFault { name, found, least, most }).collect()
    }

    /// Haulage for one Earth radius of straight line.
    pub(super) fn haulage_per_radius(&self) -> f64 {
        self.haulage_kvnd_t_km * self.detour * EARTH_KM
    }

    /// What a giver saves before anything is known of the taker: disposal less the treatment of any stream.
    pub(super) fn saved_by(&self, giver: &Giver) -> f64 {
        let hazard = if giver.hazardous { self.hazardous_kvnd_t } else { 0.0 };
        giver.disposal_kvnd_t - self.treatment_kvnd_t - hazard
    }

    /// What a taker saves on a stream of its class, and of its alternative class where that is another one.
    pub(super) fn saved_by_taker(&self, taker: &Taker) -> [Option<(u32, f64)>; 2] {
        let alternative = taker.alternative.filter(|class| *class != taker.class);
        [
            Some((taker.class, self.share * taker.price_kvnd_t)),
            alternative.map(|class| (class, self.alternative_share * taker.price_kvnd_t)),
        ]
    }

    /// Treatment that contents near or above their limits cost, or None where one is too far above.
    /// Rises with each content and falls with each limit, in the last digit too: a bound may rest on it.
    pub(super) fn treatment_over(&self, contents: impl Iterator<Item = f64>, limits: &[f64]) -> Option<f64> {
        let mut over = 0.0;
        for (content, limit) in contents.zip(limits) {
            // An unknown content (infinite) is within no limit but that of a taker who sets none.
            if content > self.most_over_limit * limit {
                return None;
            }
            // `max` passes the 0/0 of a clean stream and a taker who allows nothing, and the ∞/∞ of an unknown
            // content that nobody limits: neither is treated.
            over += (content / limit - self.treated_from).max(0.0);
        }
        Some(self.treatment_over_kvnd_t * over)
    }
}

/// Road between two places: great-circle distance × detour, km.
pub fn road_km(giver: &Giver, taker: &Taker, terms: &Terms) -> f64 {
    let one = direction(giver.latitude, giver.longitude);
    let other = direction(taker.latitude, taker.longitude);
    terms.detour * EARTH_KM * angle(chord_squared(one, other))
}

/// A place as a point of the unit sphere: poles and the date line are places like any other.
pub(super) fn direction(latitude: f64, longitude: f64) -> [f64; 3] {
    let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians());
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
}

/// Square of the straight line through the Earth, in radii.
pub(super) fn chord_squared(one: [f64; 3], other: [f64; 3]) -> f64 {
    (0..3).map(|axis| (one[axis] - other[axis]).powi(2)).sum()
}

/// Great circle over a chord, in radii: 2 asin(c / 2).
pub(super) fn angle(chord_squared: f64) -> f64 {
    2.0 * (chord_squared.sqrt() / 2.0).min(1.0).asin()
}
