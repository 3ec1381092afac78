//! Ranking of takers: which industries could take a stream, from its giver's industry, its waste code and its words.
//! Every class of ISIC Rev. 4 gets a score, and each score is the sum of its reasons.
//! Method, weights and worked example: `docs/methods/ranking.md`.

mod learn;
mod parts;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalogue::ranking::{Part, Weight};
use crate::catalogue::{Catalogue, KnownExchange};
use crate::observe::profiles::sector_code;

pub use learn::{learn_weights, place_of};

/// A stream in search of a taker.
#[derive(Clone, Copy, Debug)]
pub struct RankQuery<'q> {
    /// ISIC Rev. 4, two to four digits.
    pub giver_isic4: &'q str,
    /// Six digits of the European waste code.
    pub ewc: Option<&'q str>,
    /// What it is, in Vietnamese or English.
    pub text: &'q str,
}

/// An industry that could take a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedTaker {
    pub isic4: String,
    /// 0 to 1; the scores of all classes add up to 1.
    pub score: f64,
    /// The greatest share first; the shares add up to the score.
    pub reasons: Vec<RankReason>,
}

/// What a part of a score stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankReason {
    pub share: f64,
    #[serde(flatten)]
    pub ground: RankGround,
}

/// The evidence itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RankGround {
    /// The words, or the name of the waste code, name a material that such an industry uses.
    MaterialUse {
        material: String,
        #[serde(rename = "use")]
        used_as: String,
        /// The words that name the material.
        words: String,
        found_in: FoundIn,
        unconfirmed: bool,
        source: String,
    },
    /// Such an industry takes a like stream elsewhere; `seen_at` is the source of the row `id` of the catalogue.
    KnownExchange {
        id: u32,
        stream: String,
        used_as: String,
        seen_at: String,
        /// Leading digits of the waste code and of the giver's industry that agree.
        ewc_digits: usize,
        giver_isic_digits: usize,
        /// Words that the names of both streams share.
        words: Vec<String>,
    },
    /// The giver's own industry.
    SameIndustry,
    /// The name of the industry holds words of the stream.
    IndustryName { words: Vec<String> },
    /// It takes so many of all known exchanges, whatever the stream.
    Popular { rows: usize, of: usize },
    /// Industries of its division take so many of all known exchanges.
    Neighbours { division: String, rows: usize, of: usize },
    /// What every class gets, so that none is impossible.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundIn {
    Text,
    WasteCode,
}

/// The evidence of a catalogue, prepared for many queries.
pub struct Ranker<'a> {
    catalogue: &'a Catalogue,
    weights: BTreeMap<Part, f64>,
    classes: Vec<&'a str>,
    rows: Vec<parts::Row<'a>>,
    /// How telling a word is in the names of known streams, and in the names of industries.
    stream_words: parts::Rarity,
    name_words: parts::Rarity,
    industry_names: BTreeMap<&'a str, BTreeSet<String>>,
    phrases: words::Phrases<'a>,
}

impl<'a> Ranker<'a> {
    /// With everything the catalogue knows.
    pub fn new(catalogue: &'a Catalogue) -> Ranker<'a> {
        let known: Vec<&KnownExchange> = catalogue.known_exchanges.iter().collect();
        Ranker::of(catalogue, &known, &mixture(&catalogue.ranking.weights))
    }

    /// With some of the known exchanges and other weights, to try how well it ranks what it has not seen.
    pub fn of(catalogue: &'a Catalogue, known: &[&'a KnownExchange], weights: &BTreeMap<Part, f64>) -> Ranker<'a> {
        let codes = catalogue.industries.keys().map(String::as_str);
        let classes: Vec<&str> = codes.filter(|code| code.len() == 4).collect();
        let rows: Vec<parts::Row> = known.iter().map(|known| parts::Row::new(known)).collect();
        let industry_names = parts::industry_names(catalogue, &classes);
        Ranker {
            catalogue,
            weights: weights.clone(),
            stream_words: parts::Rarity::new(rows.iter().flat_map(parts::Row::names)),
            name_words: parts::Rarity::new(industry_names.values()),
            industry_names,
            classes,
            rows,
            phrases: words::Phrases::new(&catalogue.ranking.materials),
        }
    }

    /// The best takers first, at most `top`. Equal scores stand in the order of their codes.
    ///
    /// score(class) = Σ weight × share of the class in the part, over the parts that have something to say, whose
    /// weights are scaled to 1. Jelinek and Mercer (1980), interpolated estimation: `docs/methods/ranking.md`.
    pub fn rank(&self, query: &RankQuery<'_>, top: usize) -> Vec<RankedTaker> {
        let mut grounds: BTreeMap<&str, Vec<RankReason>> = BTreeMap::new();
        for (ground, class, share) in self.weighted(query) {
            grounds.entry(class).or_default().push(RankReason { share, ground });
        }
        let mut ranked: Vec<RankedTaker> = grounds
            .into_iter()
            .map(|(isic4, reasons)| RankedTaker {
                isic4: isic4.to_string(),
                score: reasons.iter().map(|reason| reason.share).sum(),
                reasons: merged(reasons),
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.isic4.cmp(&b.isic4)));
        ranked.truncate(top);
        ranked
    }

    /// The share of one class in each part that has something to say.
    pub fn shares_of(&self, query: &RankQuery<'_>, isic4: &str) -> BTreeMap<Part, f64> {
        let of_class = |shares: Vec<parts::Share<'a>>| {
            shares.iter().filter(|share| share.class == isic4).map(|share| share.value).sum()
        };
        self.parts(query).into_iter().map(|(part, shares)| (part, of_class(shares))).collect()
    }

    fn weighted(&self, query: &RankQuery<'_>) -> Vec<(RankGround, &'a str, f64)> {
        let parts = self.parts(query);
        let weight = |part: &Part| self.weights.get(part).copied().unwrap_or(0.0);
        let speaking: f64 = parts.keys().map(weight).sum();
        let mut all = Vec::new();
        for (part, shares) in parts {
            let scale = weight(&part) / speaking;
            let counted = shares.into_iter().filter(|_| scale > 0.0);
            all.extend(counted.map(|share| (share.ground, share.class, scale * share.value)));
        }
        all
    }
}

/// The weights of all parts as shares of the whole: what is set by hand, and the learnt ones in what that leaves.
pub fn mixture(weights: &BTreeMap<Part, Weight>) -> BTreeMap<Part, f64> {
    let by_hand: f64 = weights.values().filter(|weight| !weight.learnt).map(|weight| weight.value).sum();
    let scaled = |weight: &Weight| if weight.learnt { weight.value * (1.0 - by_hand) } else { weight.value };
    weights.iter().map(|(part, weight)| (*part, scaled(weight))).collect()
}

/// One known exchange speaks by its code, its giver and its words: to the reader it is one reason.
fn merged(reasons: Vec<RankReason>) -> Vec<RankReason> {
    let mut merged: Vec<RankReason> = Vec::new();
    for reason in reasons {
        match merged.iter_mut().find(|other| other.ground == reason.ground) {
            Some(other) => other.share += reason.share,
            None => merged.push(reason),
        }
    }
    // The sort is stable: equal shares keep the order of the parts.
    merged.sort_by(|a, b| b.share.total_cmp(&a.share));
    merged
}

/// Industries that could take a material described by its giver's industry, its waste code and its name, best first.
pub fn rank_takers(
    catalogue: &Catalogue,
    giver_isic4: &str,
    ewc: Option<&str>,
    text: &str,
    top: usize,
) -> Vec<RankedTaker> {
    Ranker::new(catalogue).rank(&RankQuery { giver_isic4, ewc, text }, top)
}

/// An industry as people write it, `3510`, `C1072`, a code of VSIC such as `10720`: two to four digits of ISIC Rev. 4.
/// A code that VSIC alone has stands for the group of ISIC above it.
pub fn read_industry(asked: &str, catalogue: &Catalogue) -> Option<String> {
    sector_code(asked, catalogue).filter(|code| code.len() >= 2)
}

/// A code of the waste list as people write it, `10 01 02*`: its six digits, or the two or four of a whole chapter.
pub fn read_waste_code(asked: &str, catalogue: &Catalogue) -> Option<String> {
    let is_mark = |letter: char| letter.is_whitespace() || matches!(letter, '.' | '-' | '*');
    let code: String = asked.chars().filter(|letter| !is_mark(*letter)).collect();
    let is_whole = matches!(code.len(), 2 | 4 | 6);
    Some(code).filter(|code| is_whole && catalogue.waste_codes.keys().any(|known| known.starts_with(code.as_str())))
}
