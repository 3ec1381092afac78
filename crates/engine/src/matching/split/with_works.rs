//! The split where links cost something by the year or plants stand between: a coalition is worth its best network less
//! what it pays by the year. Whoever runs a plant is a player like every other.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Candidates;
use super::super::objective::{Ground, GroundOf, Objective};
use super::{Draw, SEED, Share, Split, SplitMethod, core_of, sampled_shares, shapley_of};
use crate::ids::EnterpriseId;

/// Up to so many enterprises every coalition is valued: each is a mixed-integer problem.
const EXACT_PLAYERS: usize = 8;
const ORDERS: usize = 10;

/// The split among all enterprises that exchanges connect with `with`. Parks without links and plants get that of
/// [`super::split_network`]. Streams have no prices of their own here, so there is no split by prices.
pub fn split_network_of(from: GroundOf<'_>, candidates: &Candidates, with: &EnterpriseId) -> Option<Split> {
    if from.park.works.is_empty() {
        return super::split_network(candidates, with);
    }
    let ground = Ground::of(from, candidates);
    let players = connected(&ground, with);
    (players.len() > 1).then(|| Game { ground: &ground, players, known: BTreeMap::new() }.split())
}

fn connected(ground: &Ground, start: &EnterpriseId) -> Vec<EnterpriseId> {
    let mut reached = BTreeSet::from([start.clone()]);
    loop {
        let before = reached.len();
        for link in &ground.links {
            let ends = [&ground.givers[link.giver].enterprise, &ground.takers[link.taker].enterprise];
            if ends.iter().any(|end| reached.contains(*end)) {
                reached.extend(ends.map(Clone::clone));
            }
        }
        if reached.len() == before {
            return reached.into_iter().collect();
        }
    }
}

struct Game<'a> {
    ground: &'a Ground,
    players: Vec<EnterpriseId>,
    known: BTreeMap<Vec<bool>, f64>,
}

impl Game<'_> {
    /// VND a year.
    fn worth(&mut self, is_in: &[bool]) -> f64 {
        if let Some(worth) = self.known.get(is_in) {
            return *worth;
        }
        let members: BTreeSet<&EnterpriseId> =
            self.players.iter().zip(is_in).filter(|(_, is_in)| **is_in).map(|(player, _)| player).collect();
        let mut ground = self.ground.clone();
        for side in ground.givers.iter_mut().chain(&mut ground.takers) {
            if !members.contains(&side.enterprise) {
                side.steps = 0;
            }
        }
        let worth = ground.choose(Objective::Benefit).value as f64;
        self.known.insert(is_in.to_vec(), worth);
        worth
    }

    fn split(mut self) -> Split {
        let n = self.players.len();
        let worth_vnd = self.worth(&vec![true; n]);
        let (shapley, within, method, core) = if n <= EXACT_PLAYERS {
            let members = |coalition: usize| (0..n).map(|place| coalition >> place & 1 == 1).collect::<Vec<bool>>();
            let worth: Vec<f64> = (0..1_usize << n).map(|coalition| self.worth(&members(coalition))).collect();
            let shapley = shapley_of(n, &worth);
            let core = core_of(&worth, &shapley, &self.players.iter().collect::<Vec<_>>());
            (shapley, None, SplitMethod::Exact { coalitions: worth.len() }, core)
        } else {
            let (mean, within) = sampled_shares(n, ORDERS, &mut Draw(SEED), |is_in, _| self.worth(is_in));
            (mean, Some(within), SplitMethod::Sampled { orders: ORDERS, seed: SEED }, super::Core::Unchecked)
        };
        let shares = self.players.iter().enumerate().map(|(place, player)| Share {
            enterprise: player.clone(),
            shapley_vnd: shapley[place],
            within_vnd: within.as_ref().map(|within| within[place]),
            by_prices_vnd: None,
        });
        Split { worth_vnd, shares: shares.collect(), method, core }
    }
}
