//! The parts of a score: each kind of evidence spreads one whole over the classes of ISIC Rev. 4, and says which row,
//! which words, which figures each share comes from.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Named, content_words};
use super::{FoundIn, RankGround, RankQuery, Ranker};
use crate::catalogue::ranking::Part;
use crate::catalogue::{Catalogue, KnownExchange};

/// A share of one class in one part.
pub(super) struct Share<'a> {
    pub class: &'a str,
    pub value: f64,
    pub ground: RankGround,
}

/// A known exchange with the words of its names.
pub(super) struct Row<'a> {
    known: &'a KnownExchange,
    words_en: BTreeSet<String>,
    words_vi: BTreeSet<String>,
}

impl<'a> Row<'a> {
    pub fn new(known: &'a KnownExchange) -> Row<'a> {
        Row { known, words_en: content_words(&known.stream), words_vi: content_words(&known.stream_vi) }
    }

    pub fn names(&self) -> [&BTreeSet<String>; 2] {
        [&self.words_en, &self.words_vi]
    }
}

/// How telling a word is: log(1 + (names + 1) / (names that hold it + 1)).
pub(super) struct Rarity {
    names: usize,
    held_by: BTreeMap<String, usize>,
}

impl Rarity {
    pub fn new<'n>(names: impl IntoIterator<Item = &'n BTreeSet<String>>) -> Rarity {
        let mut rarity = Rarity { names: 0, held_by: BTreeMap::new() };
        for name in names {
            rarity.names += 1;
            for word in name {
                *rarity.held_by.entry(word.clone()).or_default() += 1;
            }
        }
        rarity
    }

    fn of(&self, word: &str) -> f64 {
        let held_by = self.held_by.get(word).copied().unwrap_or(0);
        (1.0 + (self.names + 1) as f64 / (held_by + 1) as f64).ln()
    }

    fn length(&self, words: &BTreeSet<String>) -> f64 {
        words.iter().map(|word| self.of(word).powi(2)).sum::<f64>().sqrt()
    }

    /// Cosine of two names, 0 to 1.
    fn likeness(&self, one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
        let shared: f64 = one.intersection(other).map(|word| self.of(word).powi(2)).sum();
        if shared == 0.0 { 0.0 } else { shared / (self.length(one) * self.length(other)) }
    }
}

/// The words in the names of the industries that grow, dig, make, supply, treat or build: sections A to F.
pub(super) fn industry_names<'a>(catalogue: &'a Catalogue, classes: &[&'a str]) -> BTreeMap<&'a str, BTreeSet<String>> {
    let handles_material = |class: &&str| {
        let section = class.get(..2).and_then(|division| catalogue.sections.get(division));
        section.is_some_and(|section| ("A"..="F").contains(&section.as_str()))
    };
    let words = |class: &'a str| {
        let label = &catalogue.industries[class];
        (class, content_words(&format!("{} {}", label.en, label.vi)))
    };
    classes.iter().copied().filter(|class| handles_material(class)).map(words).collect()
}

impl<'a> Ranker<'a> {
    /// The parts that have something to say about the query, each spread over classes and adding up to 1.
    pub(super) fn parts(&self, query: &RankQuery<'_>) -> BTreeMap<Part, Vec<Share<'a>>> {
        let words = content_words(query.text);
        let by_code = |row: &Row| code_vote(query.ewc, &row.known.ewc6);
        let by_giver = |row: &Row| giver_vote(equal_digits(query.giver_isic4, &row.known.giver_isic4));
        let by_words = |row: &Row| self.likeness(&words, row).powi(2);
        let parts = [
            (Part::Uses, self.uses(query)),
            (Part::WasteCode, self.votes(query, &words, by_code)),
            (Part::Giver, self.votes(query, &words, by_giver)),
            (Part::Words, self.votes(query, &words, by_words)),
            (Part::SameIndustry, self.same_industry(query)),
            (Part::Names, self.names(&words)),
            (Part::Popular, self.popular()),
            (Part::Neighbours, self.neighbours()),
            (Part::Any, self.any()),
        ];
        let spread = parts.into_iter().map(|(part, shares)| (part, normalised(shares)));
        spread.filter(|(_, shares)| !shares.is_empty()).collect()
    }

    /// Materials named in the text count by the square of the number of words, those in the name of the waste code a
    /// quarter of that. Within a material the first use counts 1, the second 1/4, the third 1/9; within a use the first
    /// class counts 1, the second 1/2, the third 1/3.
    fn uses(&self, query: &RankQuery<'_>) -> Vec<Share<'a>> {
        let code_name = query.ewc.and_then(|ewc| self.catalogue.waste_codes.get(ewc)).map(|code| code.name_en.as_str());
        let mut shares = Vec::new();
        for (found_in, text, trust) in
            [(FoundIn::Text, query.text, 1.0), (FoundIn::WasteCode, code_name.unwrap_or_default(), 0.25)]
        {
            for named in self.phrases.find(text) {
                let weight = trust * (named.count * named.count) as f64;
                let of_material = normalised(self.uses_of(&named, found_in));
                shares.extend(of_material.into_iter().map(|share| Share { value: weight * share.value, ..share }));
            }
        }
        shares
    }

    fn uses_of(&self, named: &Named<'a>, found_in: FoundIn) -> Vec<Share<'a>> {
        let ranking = &self.catalogue.ranking;
        let material = &ranking.materials[named.material];
        let mut shares = Vec::new();
        let uses = material.uses.iter().filter_map(|key| Some((key, ranking.uses.get(key)?)));
        for (place, (key, used)) in uses.enumerate() {
            for (at, class) in used.isic4.iter().enumerate() {
                let ground = RankGround::MaterialUse {
                    material: named.material.to_string(),
                    used_as: key.clone(),
                    words: named.words.clone(),
                    found_in,
                    unconfirmed: material.unconfirmed || used.unconfirmed,
                    source: material.source.clone(),
                };
                shares.push(Share { class, value: 1.0 / ((place + 1).pow(2) * (at + 1)) as f64, ground });
            }
        }
        shares
    }

    /// Each known exchange votes for its taker.
    fn votes(&self, query: &RankQuery<'_>, words: &BTreeSet<String>, vote: impl Fn(&Row<'a>) -> f64) -> Vec<Share<'a>> {
        let voting = self.rows.iter().map(|row| (row, vote(row))).filter(|(_, value)| *value > 0.0);
        voting
            .map(|(row, value)| Share {
                class: &row.known.taker_isic4,
                value,
                ground: RankGround::KnownExchange {
                    id: row.known.id,
                    stream: row.known.stream.clone(),
                    used_as: row.known.used_as.clone(),
                    seen_at: row.known.source.clone(),
                    ewc_digits: query.ewc.map_or(0, |ewc| equal_digits(ewc, &row.known.ewc6)),
                    giver_isic_digits: equal_digits(query.giver_isic4, &row.known.giver_isic4),
                    words: shared_words(words, row),
                },
            })
            .collect()
    }

    fn likeness(&self, words: &BTreeSet<String>, row: &Row<'a>) -> f64 {
        let likeness = row.names().map(|name| self.stream_words.likeness(words, name));
        likeness[0].max(likeness[1])
    }

    fn same_industry(&self, query: &RankQuery<'_>) -> Vec<Share<'a>> {
        let own = self.classes.iter().filter(|class| **class == query.giver_isic4);
        own.map(|class| Share { class, value: 1.0, ground: RankGround::SameIndustry }).collect()
    }

    fn names(&self, words: &BTreeSet<String>) -> Vec<Share<'a>> {
        let mut shares = Vec::new();
        for (class, name) in &self.industry_names {
            let value = self.name_words.likeness(words, name).powi(2);
            if value > 0.0 {
                let words = words.intersection(name).cloned().collect();
                shares.push(Share { class, value, ground: RankGround::IndustryName { words } });
            }
        }
        shares
    }

    fn popular(&self) -> Vec<Share<'a>> {
        let mut takers: BTreeMap<&'a str, usize> = BTreeMap::new();
        for row in &self.rows {
            *takers.entry(&row.known.taker_isic4).or_default() += 1;
        }
        let of = self.rows.len();
        takers
            .into_iter()
            .map(|(class, rows)| Share { class, value: rows as f64, ground: RankGround::Popular { rows, of } })
            .collect()
    }

    /// The takers of a division, shared out among all its classes.
    fn neighbours(&self) -> Vec<Share<'a>> {
        let of = self.rows.len();
        let mut shares = Vec::new();
        for class in self.classes.iter().copied() {
            let division = &class[..2];
            let rows = self.rows.iter().filter(|row| row.known.taker_isic4.starts_with(division)).count();
            let classes = self.classes.iter().filter(|other| other.starts_with(division)).count();
            if rows > 0 {
                let ground = RankGround::Neighbours { division: division.to_string(), rows, of };
                shares.push(Share { class, value: rows as f64 / classes as f64, ground });
            }
        }
        shares
    }

    fn any(&self) -> Vec<Share<'a>> {
        self.classes.iter().map(|class| Share { class, value: 1.0, ground: RankGround::Any }).collect()
    }
}

/// 4, 2, 1 for six, four, two equal digits; where neither stream has a code, that is a likeness too.
fn code_vote(asked: Option<&str>, known: &str) -> f64 {
    match asked {
        Some(asked) if !known.is_empty() => match equal_digits(asked, known) {
            6 => 4.0,
            4 | 5 => 2.0,
            2 | 3 => 1.0,
            _ => 0.0,
        },
        None if known.is_empty() => 1.0,
        _ => 0.0,
    }
}

fn giver_vote(equal_digits: usize) -> f64 {
    match equal_digits {
        4 => 2.0,
        3 => 1.5,
        2 => 1.0,
        _ => 0.0,
    }
}

fn equal_digits(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

fn shared_words(words: &BTreeSet<String>, row: &Row<'_>) -> Vec<String> {
    let known: BTreeSet<&String> = row.words_en.union(&row.words_vi).collect();
    words.iter().filter(|word| known.contains(word)).cloned().collect()
}

/// Scaled to add up to 1; nothing where there is nothing.
fn normalised(shares: Vec<Share<'_>>) -> Vec<Share<'_>> {
    let whole: f64 = shares.iter().map(|share| share.value).sum();
    shares.into_iter().map(|share| Share { value: share.value / whole, ..share }).collect()
}
