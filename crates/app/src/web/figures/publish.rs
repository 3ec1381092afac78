//! Which sums may be shown to somebody who may not see their parts.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, ResourceId};
use engine::observe::Balance;

/// Contributions of each enterprise.
pub type Parts = BTreeMap<EnterpriseId, f64>;

/// What each enterprise contributes to the park's total of a resource.
pub fn parts_of(balance: &Balance, resource: &ResourceId) -> Parts {
    balance.sites.iter().filter_map(|(id, site)| Some((id.clone(), site.get(resource)?.amount))).collect()
}

/// Sums of groups, as they may be shown: those that stand alone, and the rest in one sum.
pub struct Shown<K> {
    pub groups: Vec<(K, f64)>,
    /// Groups that may only be shown together.
    pub rest: Option<f64>,
}

/// Splits groups into those whose sums are told, largest first, and a rest. The whole is the sum of both; that the rest
/// tells nothing was part of the decision.
pub fn groups<K: Ord + Clone>(groups: &BTreeMap<K, Parts>, is_told: impl Fn(&K) -> bool) -> Shown<K> {
    let sum = |parts: &Parts| parts.values().sum::<f64>();
    let mut shown: Vec<(K, f64)> =
        groups.iter().filter(|(key, _)| is_told(key)).map(|(key, parts)| (key.clone(), sum(parts))).collect();
    shown.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest: f64 = groups.iter().filter(|(key, _)| !is_told(key)).map(|(_, parts)| sum(parts)).sum();
    Shown { groups: shown, rest: Some(rest).filter(|rest| *rest > 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_alone_is_in_the_rest() {
        let parts = |amount: f64| Parts::from([(EnterpriseId::new("A"), amount)]);
        let given = BTreeMap::from([("few", parts(3.0)), ("many", parts(13.0)), ("some", parts(6.0))]);
        let shown = groups(&given, |key| *key != "few");
        assert_eq!((shown.groups, shown.rest), (vec![("many", 13.0), ("some", 6.0)], Some(3.0)));
        assert_eq!(groups(&given, |_| true).rest, None);
    }
}
