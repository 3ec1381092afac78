//! How much of a network stands when a partner fails, a link is lost, or quantities and prices are not as declared.
//! Formulas: `docs/methods/scenarios.md`.

pub mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::GoOn;
use super::carbon::ExchangeFactors;
use super::objective::{Chosen, Ground, Objective, Totals, money_steps};
use super::scenario::{Difference, Tried, differences};
use crate::ids::EnterpriseId;
use random::Random;

/// The best network without one enterprise.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub enterprise: EnterpriseId,
    /// What the objective loses, in its own unit: VND, t CO₂e or t.
    pub loss: f64,
    /// And what it would lose if no exchange were added or widened in its place.
    pub loss_unmended: f64,
    pub totals: Totals,
    /// The others whose exchanges are worth less, the greatest loss first: benefit of all exchanges they take part in.
    pub losers: Vec<(EnterpriseId, f64)>,
    /// Exchanges of the others that appear or carry more.
    pub substitutes: Vec<Difference>,
}

/// What the best network loses when one of its links is forbidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Critical {
    /// Number of the link in its ground.
    pub link: usize,
    pub loss: f64,
    pub loss_unmended: f64,
}

/// An objective's sum in its own unit: VND a year, t CO₂e a year or t a year.
pub fn in_unit(objective: Objective, value: i128) -> f64 {
    match objective {
        Objective::Benefit | Objective::Mix(_) => value as f64,
        Objective::Co2e => value as f64 / 1e6,
        Objective::Disposal => value as f64 / 1e3,
    }
}

/// For each enterprise of the network: the best network without it. The greatest loss first.
pub fn failures(tried: &Tried, objective: Objective) -> Vec<Failure> {
    failures_while(tried, objective, &mut || true).unwrap_or_default()
}

/// The same while `go_on` says so, asked once for each enterprise of [`partners`].
pub fn failures_while(tried: &Tried, objective: Objective, go_on: GoOn<'_>) -> Option<Vec<Failure>> {
    let before = benefit_by_enterprise(tried);
    let failure = |enterprise| go_on().then(|| failure(tried, objective, &before, enterprise));
    let mut failures: Vec<Failure> = before.keys().map(failure).collect::<Option<_>>()?;
    failures.sort_by(|a, b| b.loss.total_cmp(&a.loss).then_with(|| a.enterprise.cmp(&b.enterprise)));
    Some(failures)
}

/// How many enterprises take part in a network.
pub fn partners(tried: &Tried) -> usize {
    benefit_by_enterprise(tried).len()
}

fn failure(
    tried: &Tried,
    objective: Objective,
    before: &BTreeMap<EnterpriseId, f64>,
    enterprise: &EnterpriseId,
) -> Failure {
    let chosen = &tried.chosen;
    let without = tried.ground.without(enterprise);
    let again = without.choose(objective);
    let left = without.choose_without(objective, &unused(chosen));
    let after = Tried::of(without, again);
    let now = benefit_by_enterprise(&after);
    let lost = |(id, vnd): (&EnterpriseId, &f64)| (id.clone(), vnd - now.get(id).unwrap_or(&0.0));
    let others = before.iter().filter(|(id, _)| *id != enterprise).map(lost);
    let mut losers: Vec<(EnterpriseId, f64)> = others.filter(|(_, vnd)| *vnd > 0.0).collect();
    losers.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Failure {
        enterprise: enterprise.clone(),
        loss: in_unit(objective, chosen.value - after.chosen.value),
        loss_unmended: in_unit(objective, chosen.value - left.value),
        totals: after.chosen.totals,
        losers,
        substitutes: differences(tried, &after).into_iter().filter(|one| one.after > one.before).collect(),
    }
}

/// For each link of the network: the exact loss when it is forbidden. The greatest loss first.
pub fn critical_links(ground: &Ground, chosen: &Chosen, objective: Objective) -> Vec<Critical> {
    critical_links_while(ground, chosen, objective, &mut || true).unwrap_or_default()
}

/// The same while `go_on` says so, asked once for each link of the network.
pub fn critical_links_while(
    ground: &Ground,
    chosen: &Chosen,
    objective: Objective,
    go_on: GoOn<'_>,
) -> Option<Vec<Critical>> {
    let unused = unused(chosen);
    let used = (0..ground.links.len()).filter(|link| chosen.flows[*link] > 0);
    let critical = |link| {
        go_on().then(|| {
            let again = ground.choose_without(objective, &BTreeSet::from([link]));
            let left = ground.choose_without(objective, &unused.iter().copied().chain([link]).collect());
            Critical {
                link,
                loss: in_unit(objective, chosen.value - again.value),
                loss_unmended: in_unit(objective, chosen.value - left.value),
            }
        })
    };
    let mut links: Vec<Critical> = used.map(critical).collect::<Option<_>>()?;
    links.sort_by(|a, b| b.loss.total_cmp(&a.loss).then(a.link.cmp(&b.link)));
    Some(links)
}

fn unused(chosen: &Chosen) -> BTreeSet<usize> {
    chosen.flows.iter().enumerate().filter(|(_, flow)| **flow == 0).map(|(link, _)| link).collect()
}

fn benefit_by_enterprise(tried: &Tried) -> BTreeMap<EnterpriseId, f64> {
    let mut benefits = BTreeMap::new();
    for flow in tried.flows.values() {
        for enterprise in [&flow.giver_enterprise, &flow.taker_enterprise] {
            *benefits.entry(enterprise.clone()).or_default() += flow.benefit_vnd;
        }
    }
    benefits
}

/// How far quantities and prices stray, as shares of what is declared; each by a triangular distribution around it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// One for all streams; `None`: by the basis of each.
    pub quantity: Option<f64>,
    pub price: f64,
}

impl Spread {
    pub fn of(factors: &ExchangeFactors) -> Spread {
        Spread { quantity: None, price: factors.spread_price.value }
    }
}

/// Draws of quantities and prices over one network, a part at a time, so that whoever runs it can stop. A draw depends
/// on the seed and its number alone: the parts do not matter.
pub struct Simulation {
    objective: Objective,
    seed: u64,
    spread_price: f64,
    /// The spread of each giver's and each taker's quantity.
    spreads: (Vec<f64>, Vec<f64>),
    planned: f64,
    ground: Ground,
    drawn: Ground,
    unused: BTreeSet<usize>,
    fixed: Vec<f64>,
    chosen_again: Vec<f64>,
    uses: Vec<usize>,
}

/// What the draws came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    pub draws: usize,
    pub seed: u64,
    /// The objective's sum as declared, in its own unit.
    pub planned: f64,
    /// Only the links of the network, with quantities as good as they can be.
    pub fixed: Distribution,
    /// The best network of each draw.
    pub chosen_again: Distribution,
    /// For each link of the ground: the share of draws in whose best network it is.
    pub use_shares: Vec<f64>,
}

/// Of the objective's sum, in its own unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    pub mean: f64,
    /// Standard error of the mean: sd / √n.
    pub mean_error: f64,
    pub sd: f64,
    /// At 5, 25, 50, 75 and 95 %.
    pub quantiles: [f64; 5],
    pub risk_90: Risk,
    pub risk_95: Risk,
    /// Share of draws that fall below what is planned.
    pub below_plan: f64,
}

/// How much less than planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Risk {
    /// The loss against the plan that is not exceeded in so many percent of the draws.
    pub value_at_risk: f64,
    /// Lower and upper end of its 95 % interval from the order of the draws.
    pub interval: (f64, f64),
    /// The mean loss of the draws beyond.
    pub conditional: f64,
}

impl Simulation {
    pub fn new(
        ground: &Ground,
        chosen: &Chosen,
        objective: Objective,
        spread: Spread,
        factors: &ExchangeFactors,
        seed: u64,
    ) -> Simulation {
        let of = |sides: &[super::objective::Side]| {
            sides.iter().map(|side| spread.quantity.unwrap_or_else(|| factors.spread(side.basis))).collect()
        };
        Simulation {
            objective,
            seed,
            spread_price: spread.price,
            spreads: (of(&ground.givers), of(&ground.takers)),
            planned: in_unit(objective, chosen.value),
            ground: ground.clone(),
            drawn: ground.clone(),
            unused: unused(chosen),
            fixed: Vec::new(),
            chosen_again: Vec::new(),
            uses: vec![0; ground.links.len()],
        }
    }

    pub fn draws(&self) -> usize {
        self.fixed.len()
    }

    pub fn advance(&mut self, draws: usize) {
        for _ in 0..draws {
            self.draw();
            let fixed = self.drawn.choose_without(self.objective, &self.unused);
            let again = self.drawn.choose(self.objective);
            self.fixed.push(in_unit(self.objective, fixed.value));
            self.chosen_again.push(in_unit(self.objective, again.value));
            for (uses, _) in self.uses.iter_mut().zip(&again.flows).filter(|(_, flow)| **flow > 0) {
                *uses += 1;
            }
        }
    }

    /// Nothing was drawn yet: `None`.
    pub fn finish(&self) -> Option<Simulated> {
        let draws = self.draws();
        (draws > 0).then(|| Simulated {
            draws,
            seed: self.seed,
            planned: self.planned,
            fixed: distribution(&self.fixed, self.planned),
            chosen_again: distribution(&self.chosen_again, self.planned),
            use_shares: self.uses.iter().map(|uses| *uses as f64 / draws as f64).collect(),
        })
    }

    /// Every quantity, every giver's disposal, every taker's purchase and the cost of haulage, each on its own.
    fn draw(&mut self) {
        let mut random = Random::of_draw(self.seed, self.draws() as u64);
        let sides = [
            (&self.ground.givers, &mut self.drawn.givers, &self.spreads.0),
            (&self.ground.takers, &mut self.drawn.takers, &self.spreads.1),
        ];
        for (declared, drawn, spreads) in sides {
            for ((declared, drawn), spread) in declared.iter().zip(drawn).zip(spreads) {
                drawn.steps = (declared.steps as f64 * (1.0 + spread * random.triangular())).floor().max(0.0) as i64;
            }
        }
        let price = self.spread_price;
        let disposal: Vec<f64> = self.ground.givers.iter().map(|_| 1.0 + price * random.triangular()).collect();
        let purchase: Vec<f64> = self.ground.takers.iter().map(|_| 1.0 + price * random.triangular()).collect();
        let haulage = 1.0 + price * random.triangular();
        for link in &mut self.drawn.links {
            let [avoided_disposal, avoided_purchase, treatment, hauled] = link.parts_vnd;
            let per_unit = avoided_disposal * disposal[link.giver] + avoided_purchase * purchase[link.taker]
                - treatment
                - hauled * haulage;
            link.benefit = money_steps(per_unit, link.unit);
        }
    }
}

/// Mean, spread, quantiles and risk of values against a plan. The values are at least one.
pub fn distribution(values: &[f64], planned: f64) -> Distribution {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mean = sorted.iter().copied().fold(0.0, f64::add) / n;
    let squares = sorted.iter().map(|value| (value - mean) * (value - mean)).fold(0.0, f64::add);
    let sd = if sorted.len() > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 };
    Distribution {
        mean,
        mean_error: sd / n.sqrt(),
        sd,
        quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| quantile(&sorted, share)),
        risk_90: risk(&sorted, planned, 0.90),
        risk_95: risk(&sorted, planned, 0.95),
        below_plan: sorted.iter().filter(|value| **value < planned).count() as f64 / n,
    }
}

fn risk(sorted: &[f64], planned: f64, confidence: f64) -> Risk {
    let n = sorted.len() as f64;
    let share = 1.0 - confidence;
    // The number of draws below the true quantile is binomial; 1.96 of its deviations either way.
    let apart = 1.96 * (share * confidence / n).sqrt();
    let worst = &sorted[..((share * n).ceil() as usize).clamp(1, sorted.len())];
    Risk {
        value_at_risk: planned - quantile(sorted, share),
        interval: (planned - quantile(sorted, share + apart), planned - quantile(sorted, share - apart)),
        conditional: planned - worst.iter().copied().fold(0.0, f64::add) / worst.len() as f64,
    }
}

/// Between the two nearest of the sorted values: place 1 + share × (n − 1).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}
