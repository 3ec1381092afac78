//! The split where links cost something by the year or plants stand between: a coalition is worth its best network less
//! what it pays by the year. Whoever runs a plant is a player like every other.
//!
//! What an enterprise adds in parts of the network that do not bear on each other adds up, so each part is a game of its
//! own players: most have few, and all their coalitions can be valued.

use std::collections::{BTreeMap, BTreeSet};

use super::super::objective::lexicographic::Pair;
use super::super::objective::works::Part;
use super::super::objective::{Ground, GroundOf, Objective};
use super::super::{Candidates, GoOn};
use super::{Core, Draw, EXACT_PLAYERS, ORDERS, SEED, Share, Split, SplitMethod, core_of, sampled_shares, shapley_of};
use crate::ids::EnterpriseId;

/// The split among all enterprises that exchanges connect with `with`. Parks without links and plants get that of
/// [`super::split_network`]. Streams have no prices of their own here, so there is no split by prices.
pub fn split_network_of(from: GroundOf<'_>, candidates: &Candidates, with: &EnterpriseId) -> Option<Split> {
    if from.park.works.is_empty() {
        return super::split_network(candidates, with);
    }
    Splitting::new(from, candidates, with)?.split(&mut || true)
}

/// A split to be computed: every coalition is a network to be solved.
#[derive(Debug)]
pub struct Splitting {
    ground: Ground,
    players: Vec<EnterpriseId>,
    games: Vec<Game>,
}

/// A part of the network and who has streams in it.
#[derive(Debug)]
struct Game {
    /// Places of links of the ground.
    links: Vec<usize>,
    /// Places among all players.
    players: Vec<usize>,
}

/// What came out of one game; shares by its players.
struct Shared {
    worth: f64,
    /// By the bits of the coalition, where each was valued.
    coalitions: Option<Vec<f64>>,
    shapley: Vec<f64>,
    within: Vec<f64>,
}

impl Splitting {
    /// `None` where no exchange connects the enterprise with anybody.
    pub fn new(from: GroundOf<'_>, candidates: &Candidates, with: &EnterpriseId) -> Option<Splitting> {
        let ground = Ground::of(from, candidates);
        let players = connected(&ground, with);
        if players.len() < 2 {
            return None;
        }
        let parts = ground.parts(&ground.values(Objective::Benefit, &BTreeSet::new()), &charges(&ground));
        let mut games = Vec::new();
        for Part { links, .. } in parts {
            let owners: BTreeSet<&EnterpriseId> = links.iter().flat_map(|link| ends(&ground, *link)).collect();
            let places: Vec<usize> = (0..players.len()).filter(|place| owners.contains(&players[*place])).collect();
            if !places.is_empty() {
                games.push(Game { links, players: places });
            }
        }
        Some(Splitting { ground, players, games })
    }

    /// Coalitions to be valued, for whoever tells how far the work is.
    pub fn coalitions(&self) -> usize {
        self.games.iter().map(Game::coalitions).sum()
    }

    /// `go_on` is asked once for each coalition. `None` where it says no.
    pub fn split(&self, go_on: GoOn<'_>) -> Option<Split> {
        let mut draw = Draw(SEED);
        let mut shared = Vec::new();
        for game in &self.games {
            shared.push((game, game.share(&self.ground, &self.players, &mut draw, go_on)?));
        }
        let n = self.players.len();
        let (mut shapley, mut squares) = (vec![0.0; n], vec![0.0; n]);
        for (game, one) in &shared {
            for (own, &place) in game.players.iter().enumerate() {
                shapley[place] += one.shapley[own];
                squares[place] += one.within[own] * one.within[own];
            }
        }
        let is_exact = shared.iter().all(|(_, one)| one.coalitions.is_some());
        let method = match is_exact {
            true => SplitMethod::Exact { coalitions: self.coalitions() },
            false => SplitMethod::Sampled { orders: ORDERS, seed: SEED },
        };
        let shares = self.players.iter().enumerate().map(|(place, player)| Share {
            enterprise: player.clone(),
            shapley_vnd: shapley[place],
            within_vnd: (!is_exact).then(|| squares[place].sqrt()),
            by_prices_vnd: None,
        });
        Some(Split {
            worth_vnd: shared.iter().map(|(_, one)| one.worth).sum(),
            core: self.core(&shared, &shapley),
            shares: shares.collect(),
            method,
        })
    }

    /// Few enterprises: every coalition of all. Else the split is stable where it is in each part; whether coalitions that
    /// would leave one part gain in all of them is not looked at.
    fn core(&self, shared: &[(&Game, Shared)], shapley: &[f64]) -> Core {
        let n = self.players.len();
        let coalitions = |one: &Shared| one.coalitions.clone();
        let known: Option<Vec<Vec<f64>>> = shared.iter().map(|(_, one)| coalitions(one)).collect();
        let Some(known) = known else { return Core::Unchecked };
        if n <= EXACT_PLAYERS {
            let own = |game: &Game, coalition: usize| -> usize {
                game.players.iter().enumerate().map(|(own, place)| (coalition >> place & 1) << own).sum()
            };
            let worth = |coalition| {
                shared.iter().zip(&known).map(|((game, _), worth)| worth[own(game, coalition)]).sum::<f64>()
            };
            let worth: Vec<f64> = (0..1_usize << n).map(worth).collect();
            return core_of(&worth, shapley, &self.players.iter().collect::<Vec<_>>());
        }
        let holds = shared.iter().zip(&known).all(|((game, one), worth)| {
            let players: Vec<&EnterpriseId> = game.players.iter().map(|place| &self.players[*place]).collect();
            core_of(worth, &one.shapley, &players) == Core::Holds
        });
        if holds { Core::Holds } else { Core::Unchecked }
    }
}

impl Game {
    fn coalitions(&self) -> usize {
        let n = self.players.len();
        if n <= EXACT_PLAYERS { 1 << n } else { ORDERS * n + 1 }
    }

    fn share(&self, ground: &Ground, all: &[EnterpriseId], draw: &mut Draw, go_on: GoOn<'_>) -> Option<Shared> {
        let n = self.players.len();
        let (values, charges) = (ground.values(Objective::Benefit, &BTreeSet::new()), charges(ground));
        let mut known: BTreeMap<Vec<bool>, f64> = BTreeMap::new();
        let mut is_stopped = false;
        let mut worth = |is_in: &[bool]| -> f64 {
            is_stopped = is_stopped || !go_on();
            if is_stopped {
                return 0.0;
            }
            *known.entry(is_in.to_vec()).or_insert_with(|| {
                let members = self.players.iter().zip(is_in).filter(|(_, is_in)| **is_in);
                let members: BTreeSet<&EnterpriseId> = members.map(|(place, _)| &all[*place]).collect();
                let mut own = vec![None; values.len()];
                for link in &self.links {
                    if ends(ground, *link).iter().all(|end| members.contains(end)) {
                        own[*link] = values[*link];
                    }
                }
                ground.solve_works(&own, &charges).value.0 as f64
            })
        };
        let shared = if n <= EXACT_PLAYERS {
            let members = |coalition: usize| (0..n).map(|place| coalition >> place & 1 == 1).collect::<Vec<bool>>();
            let coalitions: Vec<f64> = (0..1_usize << n).map(|coalition| worth(&members(coalition))).collect();
            Shared {
                worth: coalitions.last().copied().unwrap_or(0.0),
                shapley: shapley_of(n, &coalitions),
                within: vec![0.0; n],
                coalitions: Some(coalitions),
            }
        } else {
            let all = worth(&vec![true; n]);
            let (shapley, within) = sampled_shares(n, ORDERS, draw, |is_in, _| worth(is_in));
            Shared { worth: all, coalitions: None, shapley, within }
        };
        (!is_stopped).then_some(shared)
    }
}

fn charges(ground: &Ground) -> Vec<Pair> {
    ground.charges(Objective::Benefit).into_iter().map(|charge| Pair(charge, charge)).collect()
}

fn ends(ground: &Ground, link: usize) -> [&EnterpriseId; 2] {
    let link = &ground.links[link];
    [&ground.givers[link.giver].enterprise, &ground.takers[link.taker].enterprise]
}

fn connected(ground: &Ground, start: &EnterpriseId) -> Vec<EnterpriseId> {
    let mut reached = BTreeSet::from([start.clone()]);
    loop {
        let before = reached.len();
        for link in 0..ground.links.len() {
            let ends = ends(ground, link);
            if ends.iter().any(|end| reached.contains(*end)) {
                reached.extend(ends.map(Clone::clone));
            }
        }
        if reached.len() == before {
            return reached.into_iter().collect();
        }
    }
}
