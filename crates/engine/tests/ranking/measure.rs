//! How well takers are ranked: hits, reciprocal ranks, the baselines to beat, and intervals by drawing places anew.

use std::collections::{BTreeMap, BTreeSet};

use engine::catalogue::ranking::{Part, Weight};
use engine::catalogue::{Catalogue, KnownExchange};
use engine::language::fold;
use engine::matching::rank::{RankQuery, Ranker, learn_weights, mixture, place_of};
use serde_json::{Value, json};

/// Simple ways that a ranker must beat.
pub const BASELINES: [&str; 3] = ["popularity", "code-vote", "word-overlap"];
/// The part learnt from the table of known exchanges alone, and the whole with the table of material uses.
pub const LEARNT: &str = "learnt";
pub const WHOLE: &str = "ranker";
/// The whole, had whoever wrote the material uses never thought of the taker that is asked for.
pub const FORGETTING: &str = "forgetting";
const RANKERS: [&str; 3] = [LEARNT, WHOLE, FORGETTING];
const DEPTHS: [usize; 4] = [1, 3, 5, 10];
const DRAWS: usize = 10_000;

/// A real exchange and the place of its taker in each ranking; `None`: not in it.
pub struct Case {
    pub place: String,
    pub ranks: BTreeMap<&'static str, Option<usize>>,
}

/// A giving side and the taker that is to be found.
pub struct Asked {
    pub place: String,
    pub giver_isic4: String,
    pub ewc: Option<String>,
    pub text: String,
    pub taker_isic4: String,
}

impl Asked {
    pub fn of(known: &KnownExchange) -> Asked {
        Asked {
            place: place_of(known),
            giver_isic4: known.giver_isic4.clone(),
            ewc: Some(known.ewc6.clone()).filter(|code| !code.is_empty()),
            text: known.stream.clone(),
            taker_isic4: known.taker_isic4.clone(),
        }
    }

    fn query(&self) -> RankQuery<'_> {
        RankQuery { giver_isic4: &self.giver_isic4, ewc: self.ewc.as_deref(), text: &self.text }
    }
}

/// Every known exchange, ranked by what other places teach, weights included.
pub fn split_by_place(catalogue: &Catalogue) -> Vec<Case> {
    let places: BTreeSet<String> = catalogue.known_exchanges.iter().map(place_of).collect();
    let mut cases = Vec::new();
    for place in places {
        let is_here = |known: &&KnownExchange| place_of(known) == place;
        // A row that two places know is no stranger to either.
        let names_it = |known: &&KnownExchange| is_here(known) || known.places().any(|other| other.contains(&place));
        let known: Vec<&KnownExchange> = catalogue.known_exchanges.iter().filter(|known| !names_it(known)).collect();
        let asked = catalogue.known_exchanges.iter().filter(is_here).map(Asked::of);
        cases.extend(try_out(catalogue, &known, &weights(catalogue, &known), asked));
    }
    cases
}

/// Exchanges that the table never saw, ranked by all of it.
pub fn held_back(catalogue: &Catalogue, asked: Vec<Asked>) -> Vec<Case> {
    let known: Vec<&KnownExchange> = catalogue.known_exchanges.iter().collect();
    try_out(catalogue, &known, &catalogue.ranking.weights, asked)
}

/// The weights of the catalogue with those put in their place that these rows teach.
fn weights(catalogue: &Catalogue, known: &[&KnownExchange]) -> BTreeMap<Part, Weight> {
    let mut weights = catalogue.ranking.weights.clone();
    let learnt: Vec<Part> = weights.iter().filter(|(_, weight)| weight.learnt).map(|(part, _)| *part).collect();
    for (part, value) in learn_weights(catalogue, known, &learnt) {
        weights.get_mut(&part).expect("learnt parts stand in the catalogue").value = value;
    }
    weights
}

fn try_out(
    catalogue: &Catalogue,
    known: &[&KnownExchange],
    weights: &BTreeMap<Part, Weight>,
    asked: impl IntoIterator<Item = Asked>,
) -> Vec<Case> {
    let learnt = weights.iter().filter(|(_, weight)| weight.learnt).map(|(part, weight)| (*part, weight.clone()));
    let whole = Ranker::of(catalogue, known, &mixture(weights));
    let learnt = Ranker::of(catalogue, known, &mixture(&learnt.collect()));
    let position = |ranker: &Ranker, asked: &Asked| {
        let takers = ranker.rank(&asked.query(), usize::MAX);
        takers.iter().position(|taker| taker.isic4 == asked.taker_isic4).map(|at| at + 1)
    };
    let rank = |asked: Asked| {
        let forgetful = without_use(catalogue, &asked.taker_isic4);
        let forgetting = Ranker::of(&forgetful, known, &mixture(weights));
        let ranks = BTreeMap::from([
            ("popularity", by_votes(known, &asked, |_| 0.0)),
            ("code-vote", by_votes(known, &asked, |row| code_vote(&asked, row))),
            ("word-overlap", by_votes(known, &asked, |row| word_overlap(&asked, row))),
            (LEARNT, position(&learnt, &asked)),
            (WHOLE, position(&whole, &asked)),
            (FORGETTING, position(&forgetting, &asked)),
        ]);
        Case { place: asked.place.clone(), ranks }
    };
    asked.into_iter().map(rank).collect()
}

/// The catalogue as it would be if nobody had thought of this industry as a user of any material.
fn without_use(catalogue: &Catalogue, isic4: &str) -> Catalogue {
    let mut ranking = catalogue.ranking.clone();
    for used in ranking.uses.values_mut() {
        used.isic4.retain(|class| class != isic4);
    }
    Catalogue {
        industries: catalogue.industries.clone(),
        sections: catalogue.sections.clone(),
        waste_codes: catalogue.waste_codes.clone(),
        ranking,
        ..Catalogue::default()
    }
}

/// The rank of the true taker when each known exchange votes for its own; equal votes stand by popularity, then by code.
fn by_votes(known: &[&KnownExchange], asked: &Asked, vote: impl Fn(&KnownExchange) -> f64) -> Option<usize> {
    let mut votes: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for row in known {
        let taker = votes.entry(&row.taker_isic4).or_default();
        *taker = (taker.0 + vote(row), taker.1 + 1);
    }
    let mut ranked: Vec<(&str, (f64, usize))> = votes.into_iter().collect();
    ranked.sort_by(|(a, one), (b, other)| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)).then_with(|| a.cmp(b)));
    ranked.iter().position(|(taker, _)| *taker == asked.taker_isic4).map(|at| at + 1)
}

/// 3, 2, 1 for six, four, two digits of the waste code and 2, 1 for four, two of the giver's industry.
fn code_vote(asked: &Asked, row: &KnownExchange) -> f64 {
    let equal = |one: &str, other: &str| one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let code = asked.ewc.as_ref().map_or(0, |ewc| equal(ewc, &row.ewc6) / 2);
    let giver = equal(&asked.giver_isic4, &row.giver_isic4) / 2;
    (code + giver) as f64
}

/// The share of the asked words that stream and use of the row hold.
fn word_overlap(asked: &Asked, row: &KnownExchange) -> f64 {
    let words = |text: &str| -> BTreeSet<String> {
        let folded = fold(text);
        let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() > 2);
        words.map(str::to_string).collect()
    };
    let (own, other) = (words(&asked.text), words(&format!("{} {}", row.stream, row.used_as)));
    own.intersection(&other).count() as f64 / own.len().max(1) as f64
}

/// Hits and mean reciprocal rank of every method with their 95 % intervals, and the rankers against the best baseline.
pub fn figures(cases: &[Case]) -> Value {
    let mut places: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        places.entry(&case.place).or_default().push(case);
    }
    let places: Vec<Vec<&Case>> = places.into_values().collect();
    let everything: Vec<&Case> = places.iter().flatten().copied().collect();
    let draws = draws(&places);
    let interval = |measure: &dyn Fn(&[&Case]) -> f64| {
        let mut values: Vec<f64> = draws.iter().map(|draw| measure(draw)).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| rounded(values[(share * (values.len() - 1) as f64).round() as usize]);
        json!({ "value": rounded(measure(&everything)), "low": at(0.025), "high": at(0.975) })
    };
    let methods: Vec<Value> = BASELINES
        .into_iter()
        .chain(RANKERS)
        .map(|method| {
            let hit = |depth: usize| interval(&|cases: &[&Case]| hit(cases, method, depth));
            let [one, three, five, ten] = DEPTHS.map(hit);
            let mrr = interval(&|cases: &[&Case]| mean_reciprocal_rank(cases, method));
            json!({ "method": method, "hit_1": one, "hit_3": three, "hit_5": five, "hit_10": ten, "mrr": mrr })
        })
        .collect();
    let against = |method: &'static str, measure: &dyn Fn(&[&Case], &str) -> f64| {
        let best = BASELINES.into_iter().max_by(|a, b| measure(&everything, a).total_cmp(&measure(&everything, b)));
        let best = best.expect("there are baselines");
        let difference = interval(&|cases: &[&Case]| measure(cases, method) - measure(cases, best));
        json!({ "method": method, "baseline": best, "difference": difference })
    };
    let hits = RANKERS.map(|method| against(method, &|cases, of| hit(cases, of, 5)));
    let ranks = RANKERS.map(|method| against(method, &mean_reciprocal_rank));
    json!({
        "n": cases.len(),
        "places": places.len(),
        "methods": methods,
        "hit_5_against_best_baseline": hits,
        "mrr_against_best_baseline": ranks,
    })
}

fn hit(cases: &[&Case], method: &str, depth: usize) -> f64 {
    let hits = cases.iter().filter(|case| case.ranks[method].is_some_and(|rank| rank <= depth)).count();
    hits as f64 / cases.len() as f64
}

fn mean_reciprocal_rank(cases: &[&Case], method: &str) -> f64 {
    cases.iter().filter_map(|case| case.ranks[method]).map(|rank| 1.0 / rank as f64).sum::<f64>() / cases.len() as f64
}

/// Places drawn with replacement, as many as there are, because the exchanges of one place resemble each other.
fn draws<'c>(places: &[Vec<&'c Case>]) -> Vec<Vec<&'c Case>> {
    let mut state = 2024;
    let mut draw = || -> Vec<&'c Case> {
        (0..places.len()).flat_map(|_| places[(next(&mut state) % places.len() as u64) as usize].clone()).collect()
    };
    (0..DRAWS).map(|_| draw()).collect()
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same draws in every run.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// A table for people.
pub fn printed(title: &str, figures: &Value) -> String {
    let shown = |value: &Value| {
        format!("{:.3} [{:.3}, {:.3}]", number(value, "value"), number(value, "low"), number(value, "high"))
    };
    let mut lines = vec![
        format!("{title}: n = {}, places = {}", figures["n"], figures["places"]),
        "| method | hit@1 | hit@3 | hit@5 | hit@10 | MRR |".to_string(),
        "|---|---|---|---|---|---|".to_string(),
    ];
    for method in figures["methods"].as_array().into_iter().flatten() {
        let cells = ["hit_1", "hit_3", "hit_5", "hit_10", "mrr"].map(|key| shown(&method[key]));
        lines.push(format!("| {} | {} |", method["method"].as_str().unwrap_or_default(), cells.join(" | ")));
    }
    for (key, name) in [("hit_5_against_best_baseline", "hit@5"), ("mrr_against_best_baseline", "MRR")] {
        for row in figures[key].as_array().into_iter().flatten() {
            let text = |key: &str| row[key].as_str().unwrap_or_default();
            lines.push(format!("{name}: {} − {} = {}", text("method"), text("baseline"), shown(&row["difference"])));
        }
    }
    lines.join("\n")
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}
