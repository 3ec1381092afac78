//! The marginal abatement cost curve: which emissions can be avoided at what cost per tonne, cheapest
//! first, nothing counted twice. Method: `docs/methods/plan.md`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::EnterpriseId;
use crate::language::Label;

/// One option at one enterprise, as a candidate for the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Code of the option or measure; ties are broken by it.
    pub id: String,
    pub enterprise: EnterpriseId,
    pub label: Label,
    /// Options of one group at one enterprise work on the same use and must not be added up.
    pub overlap_group: Option<String>,
    /// `None` where a price is missing; such a step gives way to every step that has a value.
    pub net_present_value_vnd: Option<f64>,
    /// Emissions avoided in a year.
    pub abatement_t_co2e: f64,
    /// `None` where a price is missing or nothing is avoided.
    pub cost_vnd_per_t: Option<f64>,
}

/// The option that counts within its overlap group, and the ones it stands in for, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub chosen: Step,
    pub alternatives: Vec<Step>,
}

/// One bar of the curve: `from_t` to `to_t` wide, `cost_vnd_per_t` high.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveStep {
    pub step: Step,
    pub cost_vnd_per_t: f64,
    pub from_t: f64,
    pub to_t: f64,
    pub alternatives: Vec<Step>,
}

/// Of each overlap group at one enterprise the option with the larger net present value counts; the others
/// are its alternatives. An option without a group stands alone, and the same option handed in twice counts
/// once. Ties: the larger abatement, then the identifier. In the order of enterprise and option.
pub fn choose_within_groups(steps: &[Step]) -> Vec<Choice> {
    let mut groups: BTreeMap<(&EnterpriseId, GroupKey<'_>), Vec<&Step>> = BTreeMap::new();
    for step in steps {
        groups.entry((&step.enterprise, group_key(step))).or_default().push(step);
    }
    let mut choices = Vec::new();
    for (_, mut members) in groups {
        members.sort_by(|a, b| by_worth(a, b));
        let mut members = members.into_iter().cloned();
        if let Some(chosen) = members.next() {
            choices.push(Choice { chosen, alternatives: members.collect() });
        }
    }
    choices.sort_by(|a, b| identity(&a.chosen).cmp(&identity(&b.chosen)));
    choices
}

/// The curve of what counts: chosen steps by rising cost per tonne, ties by option and enterprise, each
/// beginning where the one before it ends, so that the last `to_t` is the sum of the chosen abatements.
///
/// A chosen step that avoids nothing, or whose cost per tonne is not known, has no bar; it stays in
/// [`choose_within_groups`] and in the table of options.
pub fn abatement_curve(steps: &[Step]) -> Vec<CurveStep> {
    let mut bars: Vec<(f64, Choice)> = Vec::new();
    for choice in choose_within_groups(steps) {
        if let Some(cost) = cost_on_curve(&choice.chosen) {
            bars.push((cost, choice));
        }
    }
    bars.sort_by(|(cost_a, a), (cost_b, b)| {
        cost_a.total_cmp(cost_b).then_with(|| option_first(&a.chosen).cmp(&option_first(&b.chosen)))
    });

    let mut from_t = 0.0;
    let mut curve = Vec::new();
    for (cost_vnd_per_t, Choice { chosen, alternatives }) in bars {
        let to_t = from_t + chosen.abatement_t_co2e;
        curve.push(CurveStep { step: chosen, cost_vnd_per_t, from_t, to_t, alternatives });
        from_t = to_t;
    }
    curve
}

/// How far the savings of several options shrink when all of them work on one use of a resource: each acts
/// on what the others leave, so together they save 1 − Π(1 − fᵢ) of it and not Σ fᵢ. The scale is the
/// one divided by the other; every saving is multiplied by it, and the total never exceeds the use.
/// Fractions outside 0 to 1 are taken at the nearer end; without any saving the scale is one.
/// By hand: 0.2 and 0.1 save 1 − 0.8 × 0.9 = 0.28 together; the scale is 0.28 ÷ 0.30 = 0.9333.
pub fn joint_scale(saved_fractions: &[f64]) -> f64 {
    let mut fractions: Vec<f64> = saved_fractions.iter().copied().filter(|fraction| *fraction > 0.0).collect();
    // Sorted, because sums and products of floating-point numbers depend on their order.
    fractions.sort_by(f64::total_cmp);
    let capped = fractions.iter().map(|fraction| fraction.min(1.0));
    let sum: f64 = capped.clone().sum();
    let left: f64 = capped.map(|fraction| 1.0 - fraction).product();
    if sum > 0.0 { (1.0 - left) / sum } else { 1.0 }
}

/// A group and an option may carry the same code; they are different keys all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum GroupKey<'a> {
    Group(&'a str),
    Alone(&'a str),
}

fn group_key(step: &Step) -> GroupKey<'_> {
    match step.overlap_group.as_deref() {
        Some(group) => GroupKey::Group(group),
        None => GroupKey::Alone(&step.id),
    }
}

/// Best first. Beyond the stated ties the remaining fields decide, so that the order of input never does.
fn by_worth(a: &Step, b: &Step) -> Ordering {
    worth(b)
        .total_cmp(&worth(a))
        .then_with(|| amount(b).total_cmp(&amount(a)))
        .then_with(|| a.id.cmp(&b.id))
        .then_with(|| cost(a).total_cmp(&cost(b)))
        .then_with(|| a.label.cmp(&b.label))
}

/// An unknown value ranks below every known one, even below a heavy loss.
fn worth(step: &Step) -> f64 {
    step.net_present_value_vnd.filter(|value| value.is_finite()).unwrap_or(f64::NEG_INFINITY)
}

fn amount(step: &Step) -> f64 {
    if step.abatement_t_co2e.is_finite() { step.abatement_t_co2e } else { f64::NEG_INFINITY }
}

fn cost(step: &Step) -> f64 {
    step.cost_vnd_per_t.filter(|cost| cost.is_finite()).unwrap_or(f64::INFINITY)
}

fn cost_on_curve(step: &Step) -> Option<f64> {
    let avoids_emissions = step.abatement_t_co2e.is_finite() && step.abatement_t_co2e > 0.0;
    step.cost_vnd_per_t.filter(|cost| cost.is_finite() && avoids_emissions)
}

fn identity(step: &Step) -> (&EnterpriseId, &str) {
    (&step.enterprise, &step.id)
}

fn option_first(step: &Step) -> (&str, &EnterpriseId) {
    (&step.id, &step.enterprise)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(enterprise: &str, id: &str, group: &str, worth: f64, abatement: f64, cost: f64) -> Step {
        Step {
            id: id.to_string(),
            enterprise: EnterpriseId::new(enterprise),
            label: Label::new(id, id),
            overlap_group: (!group.is_empty()).then(|| group.to_string()),
            net_present_value_vnd: Some(worth),
            abatement_t_co2e: abatement,
            cost_vnd_per_t: Some(cost),
        }
    }

    fn park() -> Vec<Step> {
        vec![
            step("seafood", "defrost", "", 40e6, 12.0, -900e3),
            step("seafood", "vsd-compressor", "air-supply", 90e6, 30.0, -400e3),
            step("seafood", "sequencing", "air-supply", 70e6, 25.0, -700e3),
            step("textile", "vsd-compressor", "air-supply", 55e6, 18.0, -400e3),
            step("textile", "economiser", "boiler", 80e6, 60.0, -250e3),
            step("textile", "new-boiler", "boiler", -20e6, 110.0, 150e3),
            step("paper", "shoe-press", "", -300e6, 75.0, 480e3),
            step("paper", "fibre", "", 200e6, 0.0, 0.0),
        ]
    }

    fn names(curve: &[CurveStep]) -> Vec<String> {
        curve.iter().map(|bar| format!("{} {} {}-{}", bar.step.enterprise, bar.step.id, bar.from_t, bar.to_t)).collect()
    }

    #[test]
    fn the_cheapest_tonne_comes_first_and_ties_go_by_identifier() {
        assert_eq!(
            names(&abatement_curve(&park())),
            [
                "seafood defrost 0-12",
                "seafood vsd-compressor 12-42",
                "textile vsd-compressor 42-60",
                "textile economiser 60-120",
                "paper shoe-press 120-195",
            ]
        );
    }

    #[test]
    fn of_a_group_the_larger_net_present_value_counts_and_the_rest_are_alternatives() {
        let curve = abatement_curve(&park());
        let economiser = &curve[3];
        assert_eq!(economiser.step.id, "economiser");
        assert_eq!(economiser.alternatives.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["new-boiler"]);
    }

    #[test]
    fn no_group_counts_twice_at_one_enterprise() {
        let curve = abatement_curve(&park());
        let mut seen: Vec<_> = curve
            .iter()
            .filter_map(|bar| bar.step.overlap_group.as_ref().map(|group| (&bar.step.enterprise, group)))
            .collect();
        let counted = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), counted);
    }

    #[test]
    fn the_width_is_the_sum_of_what_was_chosen() {
        let chosen: f64 = choose_within_groups(&park()).iter().map(|choice| choice.chosen.abatement_t_co2e).sum();
        let curve = abatement_curve(&park());
        assert_eq!(curve[curve.len() - 1].to_t, chosen);
        assert_eq!(curve[0].from_t, 0.0);
        for pair in curve.windows(2) {
            assert_eq!(pair[0].to_t, pair[1].from_t);
            assert!(pair[0].cost_vnd_per_t <= pair[1].cost_vnd_per_t);
        }
    }

    #[test]
    fn every_step_handed_in_is_chosen_or_an_alternative() {
        let choices = choose_within_groups(&park());
        let listed: usize = choices.iter().map(|choice| 1 + choice.alternatives.len()).sum();
        assert_eq!(listed, park().len());
    }

    #[test]
    fn the_order_of_input_changes_nothing() {
        let expected = abatement_curve(&park());
        let mut steps = park();
        steps.reverse();
        assert_eq!(abatement_curve(&steps), expected);
        for _ in 0..park().len() {
            steps.rotate_left(3);
            steps.swap(0, 4);
            assert_eq!(abatement_curve(&steps), expected);
        }
    }

    #[test]
    fn the_same_option_handed_in_twice_counts_once() {
        let mut steps = park();
        steps.extend(park());
        let expected = abatement_curve(&park());
        let doubled = abatement_curve(&steps);
        assert_eq!(names(&doubled), names(&expected));
    }

    #[test]
    fn an_option_without_a_known_value_gives_way_and_one_without_a_cost_has_no_bar() {
        let mut unpriced = step("a", "unpriced", "group", 0.0, 99.0, 0.0);
        unpriced.net_present_value_vnd = None;
        unpriced.cost_vnd_per_t = None;
        let loss = step("a", "loss", "group", -1e12, 1.0, 5.0);
        assert_eq!(names(&abatement_curve(&[unpriced.clone(), loss])), ["a loss 0-1"]);
        assert_eq!(names(&abatement_curve(&[unpriced.clone()])), [] as [String; 0]);
        assert_eq!(choose_within_groups(&[unpriced]).len(), 1);
    }

    #[test]
    fn figures_that_are_no_numbers_do_no_harm() {
        let steps = [
            step("a", "b", "g", f64::NAN, f64::NAN, f64::NAN),
            step("a", "c", "g", f64::INFINITY, -3.0, 1.0),
            step("a", "d", "g", 1.0, 2.0, 3.0),
            step("a", "e", "", 1.0, -2.0, 3.0),
        ];
        assert_eq!(names(&abatement_curve(&steps)), ["a d 0-2"]);
        assert_eq!(abatement_curve(&[]), []);
    }

    #[test]
    fn a_group_and_an_option_of_the_same_name_stay_apart() {
        let steps = [step("a", "x", "", 1.0, 2.0, 3.0), step("a", "y", "x", 1.0, 2.0, 4.0)];
        assert_eq!(abatement_curve(&steps).len(), 2);
    }

    #[test]
    fn savings_on_one_use_shrink_together_and_never_exceed_it() {
        assert!((joint_scale(&[0.2, 0.1]) - 0.28 / 0.30).abs() < 1e-12);
        assert_eq!(joint_scale(&[0.2, 0.1, 0.4]), joint_scale(&[0.4, 0.2, 0.1]));
        assert!((joint_scale(&[0.35]) - 1.0).abs() < 1e-12);
        for nothing in [&[][..], &[0.0, 0.0], &[-1.0, f64::NAN]] {
            assert_eq!(joint_scale(nothing), 1.0);
        }
        for fractions in [&[0.9, 0.9, 0.9][..], &[1.0, 1.0], &[0.7, 0.5]] {
            let together = fractions.iter().sum::<f64>() * joint_scale(fractions);
            assert!(together <= 1.0 + 1e-12, "{together}");
        }
        assert_eq!(joint_scale(&[7.0]), 1.0);
    }
}
