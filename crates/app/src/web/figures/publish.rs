//! Which sums may be shown to somebody who may not see their parts.

use std::collections::BTreeMap;

use engine::ids::{EnterpriseId, ResourceId};
use engine::observe::Balance;

use crate::auth::{self, Sight};

/// Contributions of each enterprise.
pub type Parts = BTreeMap<EnterpriseId, f64>;

/// What each enterprise contributes to the park's total of a resource.
pub fn parts_of(balance: &Balance, resource: &ResourceId) -> Parts {
    balance.sites.iter().filter_map(|(id, site)| Some((id.clone(), site.get(resource)?.amount))).collect()
}

pub fn may_show(sight: &Sight, parts: &Parts) -> bool {
    sight.shows_names() || auth::may_publish(&parts.values().map(|part| part.abs()).collect::<Vec<f64>>())
}

/// Sums of groups, as they may be shown: those that stand alone, and the rest in one sum.
pub struct Shown<K> {
    pub groups: Vec<(K, f64)>,
    /// Groups that may only be shown together.
    pub rest: Option<f64>,
}

/// Splits groups into those whose sums may be shown and a rest. The whole is the sum of both, so the rest must be
/// publishable too: shown groups are moved into it, smallest first, until it is. `None`: not even the whole may be shown.
pub fn groups<K: Ord + Clone>(sight: &Sight, groups: &BTreeMap<K, Parts>) -> Option<Shown<K>> {
    if !may_show(sight, &together(groups.values())) {
        return None;
    }
    let sum = |parts: &Parts| parts.values().sum::<f64>();
    let mut shown: Vec<(K, f64)> = groups
        .iter()
        .filter(|(_, parts)| may_show(sight, parts))
        .map(|(key, parts)| (key.clone(), sum(parts)))
        .collect();
    shown.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    loop {
        let is_shown = |key: &K| shown.iter().any(|(other, _)| other == key);
        let rest = together(groups.iter().filter(|(key, _)| !is_shown(key)).map(|(_, parts)| parts));
        let is_safe = rest.values().all(|part| *part == 0.0) || may_show(sight, &rest);
        if is_safe || shown.is_empty() {
            let rest = Some(sum(&rest)).filter(|rest| *rest > 0.0);
            return Some(Shown { groups: shown, rest });
        }
        shown.pop();
    }
}

fn together<'a>(groups: impl Iterator<Item = &'a Parts>) -> Parts {
    let mut sums = Parts::new();
    for (id, part) in groups.flatten() {
        *sums.entry(id.clone()).or_default() += part;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(&str, f64)]) -> Parts {
        parts.iter().map(|(id, part)| (EnterpriseId::new(*id), *part)).collect()
    }

    fn check(given: &[(&str, Parts)], expected_groups: &[&str], expected_rest: Option<f64>) {
        let given: BTreeMap<String, Parts> = given.iter().map(|(k, p)| (k.to_string(), p.clone())).collect();
        let shown = groups(&Sight::Totals, &given).unwrap();
        let names: Vec<&str> = shown.groups.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names.as_slice(), shown.rest), (expected_groups, expected_rest));
    }

    #[test]
    fn a_small_group_is_never_found_by_subtraction() {
        let many = parts(&[("A", 5.0), ("B", 4.0), ("C", 4.0)]);
        let some = parts(&[("D", 2.0), ("E", 2.0), ("F", 2.0)]);
        let few = parts(&[("G", 3.0), ("H", 1.0)]);
        check(&[("many", many.clone()), ("some", some.clone())], &["many", "some"], None);
        check(&[("many", many), ("some", some), ("few", few)], &["many"], Some(10.0));
    }

    #[test]
    fn nothing_is_shown_of_two_enterprises() {
        let given = BTreeMap::from([("one".to_string(), parts(&[("A", 5.0), ("B", 4.0)]))]);
        assert!(groups(&Sight::Totals, &given).is_none());
        assert_eq!(groups(&Sight::Whole, &given).map(|shown| shown.groups.len()), Some(1));
    }
}
