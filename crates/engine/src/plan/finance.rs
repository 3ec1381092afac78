//! Is it worth the money? Payback, annuity, net present value, internal rate of return and the cost of
//! a tonne of CO₂e avoided. Method, assumptions and limits: `docs/methods/finance.md`.
//!
//! Money is in đồng and time in whole years; rates are fractions of one (0.10 is ten percent a year).
//! `None` always means "there is no such figure", never zero.

use crate::annuity::{is_rate, present_value_factor};
use crate::quantity::Emissions;

/// No equipment in a plan is held longer; a longer life is taken for a slip of the keyboard.
pub const LONGEST_LIFE_YEARS: u32 = 200;

/// Money put into a measure once, and what it brings and costs in each full year of its life.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Project {
    pub investment_vnd: f64,
    /// Money saved in a year: resource saved × its price.
    pub yearly_saving_vnd: f64,
    /// Money spent in a year to keep it running, without the cost of the capital.
    pub yearly_cost_vnd: f64,
    pub life_years: u32,
}

impl Project {
    /// What stays of a year's saving after its running cost.
    pub fn yearly_net_saving_vnd(&self) -> f64 {
        self.yearly_saving_vnd - self.yearly_cost_vnd
    }

    /// The flows at the end of years 0, 1, …, n: the investment first, then the net savings.
    pub fn cash_flows_vnd(&self) -> Option<Vec<f64>> {
        self.checked()?;
        let mut flows = vec![-self.investment_vnd];
        flows.extend((0..self.life_years).map(|_| self.yearly_net_saving_vnd()));
        Some(flows)
    }

    fn checked(&self) -> Option<&Project> {
        let is_finite =
            self.investment_vnd.is_finite() && self.yearly_saving_vnd.is_finite() && self.yearly_cost_vnd.is_finite();
        let lives = (1..=LONGEST_LIFE_YEARS).contains(&self.life_years);
        (is_finite && self.investment_vnd >= 0.0 && lives).then_some(self)
    }
}

/// Years until the net savings have returned the investment, interest left aside:
/// investment ÷ (yearly saving − yearly cost). `None` when a year brings nothing net. It may exceed the life.
/// Source: standard textbook finance formula (simple payback).
/// By hand: 500 million ÷ (180 − 20) million a year = 3.125 years.
pub fn simple_payback_years(project: &Project) -> Option<f64> {
    let project = project.checked()?;
    let net_saving = project.yearly_net_saving_vnd();
    (net_saving > 0.0).then(|| project.investment_vnd / net_saving)
}

/// Equal yearly payment that returns the investment with interest over its life:
/// investment × r ÷ (1 − (1 + r)⁻ⁿ), and investment ÷ n at r = 0.
/// Source: standard textbook finance formula (annuity, capital recovery factor).
/// By hand: 500 million at 10 % over 10 years: 1.1¹⁰ = 2.593742, 0.1 ÷ (1 − 1 ÷ 2.593742) = 0.162745,
/// × 500 million = 81.37 million a year.
pub fn annuity_vnd(project: &Project, discount_rate: f64) -> Option<f64> {
    let project = project.checked()?;
    Some(project.investment_vnd / present_value_factor(discount_rate, project.life_years)?)
}

/// Worth today of all flows of a project: −investment + (saving − cost) × (1 − (1 + r)⁻ⁿ) ÷ r.
/// Source: standard textbook finance formula (net present value of constant yearly flows).
/// By hand: −500 + 160 × 6.144567 = 483.13 million at 10 % over 10 years.
pub fn net_present_value_vnd(project: &Project, discount_rate: f64) -> Option<f64> {
    let project = project.checked()?;
    let factor = present_value_factor(discount_rate, project.life_years)?;
    Some(project.yearly_net_saving_vnd() * factor - project.investment_vnd)
}

/// Worth today of flows that differ from year to year: Σ flowₜ ÷ (1 + r)ᵗ, the first flow at year 0.
/// Source: standard textbook finance formula (net present value).
/// By hand: −100, 60, 60 at 10 %: −100 + 54.545 + 49.587 = 4.132.
pub fn net_present_value_of_flows_vnd(flows_vnd: &[f64], discount_rate: f64) -> Option<f64> {
    if !is_rate(discount_rate) || flows_vnd.is_empty() {
        return None;
    }
    let value = value_at(flows_vnd, 1.0 / (1.0 + discount_rate));
    value.is_finite().then_some(value)
}

/// The rate at which the net present value is zero.
///
/// `None` when there is no such rate, and when there might be several: flows that change their sign once
/// have exactly one; flows that change it more often are answered only if their running total starts
/// negative, ends positive and changes sign once, which leaves exactly one rate above zero. A rate below
/// zero is an answer too: the project does not return its investment.
/// Source: standard textbook finance formula (internal rate of return); uniqueness by Descartes' rule of
/// signs and by Norstrøm's condition on the running total.
/// By hand: −100 and 110 a year later: −100 + 110 ÷ (1 + r) = 0, r = 10 %.
pub fn internal_rate_of_return(flows_vnd: &[f64]) -> Option<f64> {
    if flows_vnd.iter().any(|flow| !flow.is_finite()) {
        return None;
    }
    // Years without a flow at either end do not move the root, but would hide the first and last sign.
    let first = flows_vnd.iter().position(|flow| *flow != 0.0)?;
    let last = flows_vnd.iter().rposition(|flow| *flow != 0.0)?;
    let flows = scaled(&flows_vnd[first..=last]);
    let has_one_rate = sign_changes(&flows) == 1;
    if !has_one_rate && !has_one_positive_rate(&flows) {
        return None;
    }
    let discount_factor = root(&flows)?;
    let rate = 1.0 / discount_factor - 1.0;
    rate.is_finite().then_some(rate)
}

/// What a tonne of CO₂e avoided costs: (annuity of the investment + yearly cost − yearly saving) ÷ tonnes a
/// year. Below zero the measure earns money while it avoids emissions. `None` when it avoids nothing: a
/// cost per tonne has no meaning then.
/// Source: standard textbook finance formula (levelised cost of abatement).
/// By hand: (81.37 + 20 − 180) million ÷ 59.328 t = −1.325 million đồng a tonne.
pub fn abatement_cost_vnd_per_t(project: &Project, yearly_abatement: Emissions, discount_rate: f64) -> Option<f64> {
    let abatement_t = yearly_abatement.t();
    let avoids_emissions = abatement_t.is_finite() && abatement_t > 0.0;
    if !avoids_emissions {
        return None;
    }
    let yearly_total = annuity_vnd(project, discount_rate)? - project.yearly_net_saving_vnd();
    let cost = yearly_total / abatement_t;
    cost.is_finite().then_some(cost)
}

/// Σ flowₜ × xᵗ with the discount factor x = 1 ÷ (1 + r), by Horner's rule.
fn value_at(flows: &[f64], discount_factor: f64) -> f64 {
    flows.iter().rev().fold(0.0, |value, flow| value * discount_factor + flow)
}

/// The same flows with the largest at one: the rate is the same and sums cannot overflow.
fn scaled(flows: &[f64]) -> Vec<f64> {
    let largest = flows.iter().fold(0.0_f64, |largest, flow| largest.max(flow.abs()));
    flows.iter().map(|flow| flow / largest).collect()
}

fn sign_changes(values: &[f64]) -> usize {
    let signs: Vec<bool> = values.iter().filter(|value| **value != 0.0).map(|value| *value > 0.0).collect();
    signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

fn has_one_positive_rate(flows: &[f64]) -> bool {
    let mut total = 0.0;
    let running_totals: Vec<f64> = flows
        .iter()
        .map(|flow| {
            total += flow;
            total
        })
        .collect();
    running_totals[0] < 0.0 && total > 0.0 && sign_changes(&running_totals) == 1
}

/// The discount factor above zero where the value of the flows is zero. Both callers' conditions make sure
/// that the root lies on the side of one which the sign at one tells.
fn root(flows: &[f64]) -> Option<f64> {
    let at_zero = flows[0];
    let at_one = value_at(flows, 1.0);
    if at_one == 0.0 {
        return Some(1.0);
    }
    let is_below_one = (at_zero > 0.0) != (at_one > 0.0);
    let (mut low, mut high) = if is_below_one { (0.0, 1.0) } else { (1.0, upper_bracket(flows, at_zero)?) };
    // Halving ends when no number lies between the two bounds.
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return Some(high);
        }
        if (value_at(flows, middle) > 0.0) == (at_zero > 0.0) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// A discount factor above one beyond the root, found by doubling.
fn upper_bracket(flows: &[f64], at_zero: f64) -> Option<f64> {
    let mut high = 2.0;
    loop {
        let value = value_at(flows, high);
        if !value.is_finite() {
            return None;
        }
        if (value > 0.0) != (at_zero > 0.0) {
            return Some(high);
        }
        high *= 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the method page.
    const EXAMPLE: Project =
        Project { investment_vnd: 500e6, yearly_saving_vnd: 180e6, yearly_cost_vnd: 20e6, life_years: 10 };

    fn check(found: Option<f64>, expected: f64, tolerance: f64) {
        let found = found.expect("there is a figure");
        assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
    }

    #[test]
    fn the_worked_example_gives_the_figures_found_by_hand() {
        check(simple_payback_years(&EXAMPLE), 3.125, 1e-12);
        check(annuity_vnd(&EXAMPLE, 0.10), 81.3727e6, 50.0);
        check(net_present_value_vnd(&EXAMPLE, 0.10), 483.1307e6, 50.0);
        check(internal_rate_of_return(&EXAMPLE.cash_flows_vnd().expect("valid")), 0.296, 0.0005);
        check(abatement_cost_vnd_per_t(&EXAMPLE, Emissions::from_t(59.328), 0.10), -1.32530e6, 10.0);
    }

    #[test]
    fn a_project_that_saves_nothing_has_no_payback_and_loses_its_investment() {
        let idle = Project { yearly_saving_vnd: 0.0, yearly_cost_vnd: 0.0, ..EXAMPLE };
        assert_eq!(simple_payback_years(&idle), None);
        check(net_present_value_vnd(&idle, 0.10), -500e6, 1e-6);
        assert_eq!(internal_rate_of_return(&idle.cash_flows_vnd().expect("valid")), None);
        check(abatement_cost_vnd_per_t(&idle, Emissions::from_t(1.0), 0.10), 81.3727e6, 50.0);
    }

    #[test]
    fn a_project_that_costs_more_than_it_saves_has_no_payback_and_no_rate() {
        let losing = Project { yearly_saving_vnd: 10e6, ..EXAMPLE };
        assert_eq!(simple_payback_years(&losing), None);
        assert_eq!(internal_rate_of_return(&losing.cash_flows_vnd().expect("valid")), None);
        check(net_present_value_vnd(&losing, 0.0), -600e6, 1e-6);
    }

    #[test]
    fn a_project_without_a_sensible_life_or_investment_has_no_figures() {
        let wrong = [
            Project { life_years: 0, ..EXAMPLE },
            Project { life_years: u32::MAX, ..EXAMPLE },
            Project { investment_vnd: -1.0, ..EXAMPLE },
            Project { investment_vnd: f64::NAN, ..EXAMPLE },
            Project { yearly_saving_vnd: f64::INFINITY, ..EXAMPLE },
        ];
        for project in wrong {
            assert_eq!(simple_payback_years(&project), None, "{project:?}");
            assert_eq!(annuity_vnd(&project, 0.10), None, "{project:?}");
            assert_eq!(net_present_value_vnd(&project, 0.10), None, "{project:?}");
            assert_eq!(project.cash_flows_vnd(), None, "{project:?}");
            assert_eq!(abatement_cost_vnd_per_t(&project, Emissions::from_t(1.0), 0.10), None, "{project:?}");
        }
    }

    #[test]
    fn a_rate_that_is_no_rate_is_refused() {
        for rate in [-1.0, -2.0, f64::NAN, f64::INFINITY] {
            assert_eq!(annuity_vnd(&EXAMPLE, rate), None);
            assert_eq!(net_present_value_vnd(&EXAMPLE, rate), None);
            assert_eq!(net_present_value_of_flows_vnd(&[-1.0, 2.0], rate), None);
        }
    }

    #[test]
    fn rates_near_zero_meet_the_figure_at_zero() {
        check(annuity_vnd(&EXAMPLE, 0.0), 50e6, 1e-6);
        check(annuity_vnd(&EXAMPLE, 1e-13), 50e6, 1e-3);
        check(annuity_vnd(&EXAMPLE, -1e-13), 50e6, 1e-3);
    }

    #[test]
    fn what_avoids_nothing_has_no_cost_per_tonne() {
        for abatement_t in [0.0, -5.0, f64::NAN] {
            assert_eq!(abatement_cost_vnd_per_t(&EXAMPLE, Emissions::from_t(abatement_t), 0.10), None);
        }
    }

    #[test]
    fn a_free_measure_pays_back_at_once_and_has_no_rate_of_return() {
        let free = Project { investment_vnd: 0.0, ..EXAMPLE };
        check(simple_payback_years(&free), 0.0, 0.0);
        assert_eq!(internal_rate_of_return(&free.cash_flows_vnd().expect("valid")), None);
    }

    #[test]
    fn both_ways_to_the_net_present_value_agree_and_the_annuity_of_it_closes() {
        for life_years in [1, 2, 7, 25, 200] {
            for rate in [-0.3, -0.01, 0.0, 0.02, 0.1, 0.5, 3.0] {
                let project = Project { life_years, ..EXAMPLE };
                let closed = net_present_value_vnd(&project, rate).expect("valid");
                let flows = project.cash_flows_vnd().expect("valid");
                check(net_present_value_of_flows_vnd(&flows, rate), closed, 1e-9 * (closed.abs() + 500e6));
                // Saving just enough to pay the annuity is worth nothing today.
                let annuity = annuity_vnd(&project, rate).expect("valid");
                let even = Project { yearly_saving_vnd: annuity, yearly_cost_vnd: 0.0, ..project };
                check(net_present_value_vnd(&even, rate), 0.0, 1e-3);
            }
        }
    }

    #[test]
    fn the_rate_of_return_makes_the_net_present_value_zero() {
        let flow_lists: [&[f64]; 7] = [
            &[-100.0, 110.0],
            &[-100.0, 60.0, 60.0],
            &[-100.0, 10.0, 10.0],
            &[-1e12, 0.0, 0.0, 4e12],
            &[-1.0, 1e9],
            &[0.0, -50.0, 20.0, 40.0, 0.0],
            &[-500.0, 300.0, 300.0, -60.0, 300.0, 300.0],
        ];
        for flows in flow_lists {
            let rate = internal_rate_of_return(flows).expect("there is one rate");
            let largest = flows.iter().fold(0.0_f64, |largest, flow| largest.max(flow.abs()));
            check(net_present_value_of_flows_vnd(flows, rate), 0.0, 1e-9 * largest);
        }
        check(internal_rate_of_return(&[-100.0, 110.0]), 0.10, 1e-12);
        check(internal_rate_of_return(&[100.0, -110.0]), 0.10, 1e-12);
        check(internal_rate_of_return(&[-100.0, 50.0, 50.0]), 0.0, 1e-12);
        check(internal_rate_of_return(&[-100.0, 60.0]), -0.4, 1e-12);
    }

    #[test]
    fn no_rate_or_more_than_one_is_no_answer() {
        let flow_lists: [&[f64]; 6] = [
            &[],
            &[0.0, 0.0],
            &[10.0, 20.0],
            &[-10.0, -20.0],
            // Two rates fit, 10 % and 20 %.
            &[-100.0, 230.0, -132.0],
            &[-100.0, f64::NAN],
        ];
        for flows in flow_lists {
            assert_eq!(internal_rate_of_return(flows), None, "{flows:?}");
        }
    }

    #[test]
    fn the_longest_life_still_has_a_rate() {
        let project = Project { investment_vnd: 1e12, yearly_saving_vnd: 1.0, yearly_cost_vnd: 0.0, life_years: 200 };
        let rate = internal_rate_of_return(&project.cash_flows_vnd().expect("valid"));
        assert!(rate.is_some_and(|rate| rate < 0.0));
    }

    /// What the check of the catalogue reads of an option.
    #[derive(serde::Deserialize)]
    struct OptionRow {
        id: String,
        cost_low_kvnd: f64,
        cost_mid_kvnd: f64,
        cost_high_kvnd: f64,
        payback_check_price_kvnd: f64,
        yearly_cost_share: f64,
        life_years: u32,
    }

    #[derive(serde::Deserialize)]
    struct OptionFile {
        option: Vec<OptionRow>,
    }

    #[test]
    fn every_option_of_the_catalogue_pays_back_within_reason() {
        let text = include_str!("../../../../catalogue/options.toml");
        let file: OptionFile = toml::from_str(text).expect("the catalogue can be read");
        assert!(file.option.len() >= 45);
        for option in &file.option {
            for cost_kvnd in [option.cost_low_kvnd, option.cost_mid_kvnd, option.cost_high_kvnd] {
                // One unit saved a year, at the price that the row is checked with.
                let project = Project {
                    investment_vnd: cost_kvnd * 1e3,
                    yearly_saving_vnd: option.payback_check_price_kvnd * 1e3,
                    yearly_cost_vnd: cost_kvnd * 1e3 * option.yearly_cost_share,
                    life_years: option.life_years,
                };
                let years = simple_payback_years(&project).unwrap_or(f64::INFINITY);
                assert!((0.2..=12.0).contains(&years), "{} at {cost_kvnd}: {years} years", option.id);
            }
        }
    }
}
