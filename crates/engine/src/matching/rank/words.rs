//! Words of a stream, made alike: without case and accents, in the singular, in British spelling; and the materials
//! that they name.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::ranking::Material;
use crate::language::fold;

/// A text longer than this is read up to here; no name of a stream is.
const LONGEST: usize = 2_000;

/// Words that name no substance, in the form that `tokens` gives them.
const EMPTY_WORDS: [&str; 48] = [
    "and",
    "for",
    "from",
    "the",
    "of",
    "to",
    "in",
    "or",
    "with",
    "by",
    "waste",
    "spent",
    "used",
    "use",
    "raw",
    "material",
    "other",
    "process",
    "general",
    "than",
    "those",
    "mentioned",
    "containing",
    "not",
    "otherwise",
    "specified",
    "manufacture",
    "manufacturing",
    "production",
    "activity",
    "plant",
    "product",
    "nec",
    "except",
    "chat",
    "thai",
    "va",
    "cua",
    "tu",
    "cac",
    "khac",
    "san",
    "xuat",
    "hoat",
    "dong",
    "dich",
    "vu",
    "cho",
];

/// American beside British spelling, as stems.
const SPELLINGS: [(&str, &str); 11] = [
    ("sulfur", "sulphur"),
    ("sulfuric", "sulphuric"),
    ("sulfate", "sulphate"),
    ("desulfurization", "desulphurisation"),
    ("desulphurization", "desulphurisation"),
    ("aluminum", "aluminium"),
    ("fiber", "fibre"),
    ("tire", "tyre"),
    ("mold", "mould"),
    ("fertilizer", "fertiliser"),
    ("demineralized", "demineralised"),
];

/// The words of a text in their order.
pub(super) fn tokens(text: &str) -> Vec<String> {
    written(text).into_iter().map(|word| stem(&fold(&word))).collect()
}

/// Words that may name a substance.
pub(super) fn content_words(text: &str) -> BTreeSet<String> {
    let says_something = |word: &String| word.chars().count() >= 2 && !EMPTY_WORDS.contains(&word.as_str());
    tokens(text).into_iter().filter(says_something).collect()
}

/// Words as written, in lower case, with their accents.
fn written(text: &str) -> Vec<String> {
    let read: String = text.chars().take(LONGEST).collect::<String>().to_lowercase();
    // A combining accent belongs to its letter.
    let is_part = |letter: char| letter.is_alphanumeric() || ('\u{0300}'..='\u{036f}').contains(&letter);
    read.split(|letter: char| !is_part(letter)).filter(|word| !word.is_empty()).map(str::to_string).collect()
}

fn stem(word: &str) -> String {
    let singular = match word {
        _ if word.len() > 4 && word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.len() > 4 && ["ches", "shes", "sses", "xes"].iter().any(|end| word.ends_with(end)) => {
            word[..word.len() - 2].to_string()
        }
        _ if word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) => {
            word[..word.len() - 1].to_string()
        }
        _ => word.to_string(),
    };
    let british = SPELLINGS.iter().find(|(american, _)| *american == singular);
    british.map_or(singular, |(_, british)| (*british).to_string())
}

/// The names of all materials, to be found in a text.
pub(super) struct Phrases<'a> {
    by_tokens: BTreeMap<Vec<String>, Vec<Phrase<'a>>>,
    longest: usize,
}

struct Phrase<'a> {
    material: &'a str,
    written: Vec<String>,
}

/// A material that a text names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named<'a> {
    pub material: &'a str,
    /// As the text has it.
    pub words: String,
    pub count: usize,
}

impl<'a> Phrases<'a> {
    pub fn new(materials: &'a BTreeMap<String, Material>) -> Phrases<'a> {
        let mut by_tokens: BTreeMap<Vec<String>, Vec<Phrase<'a>>> = BTreeMap::new();
        for (material, known) in materials {
            for phrase in known.words_vi.iter().chain(&known.words_en) {
                by_tokens.entry(tokens(phrase)).or_default().push(Phrase { material, written: written(phrase) });
            }
        }
        let longest = by_tokens.keys().map(Vec::len).max().unwrap_or(0);
        Phrases { by_tokens, longest }
    }

    /// From left to right, the longest name first: `rice husk ash` names that ash, and neither husk nor ash. Where
    /// names are alike without accents, those count that have the accents of the text, if any has.
    pub fn find(&self, text: &str) -> Vec<Named<'a>> {
        let (words, written) = (tokens(text), written(text));
        let mut found = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let lengths = (1..=self.longest.min(words.len() - at)).rev();
            let named = lengths.map(|count| (count, at..at + count));
            let mut step = 1;
            for (count, span) in named {
                let Some(phrases) = self.by_tokens.get(&words[span.clone()]) else { continue };
                let exact = phrases.iter().any(|phrase| phrase.written == written[span.clone()]);
                let meant: BTreeSet<&'a str> = phrases
                    .iter()
                    .filter(|phrase| !exact || phrase.written == written[span.clone()])
                    .map(|phrase| phrase.material)
                    .collect();
                let words = written[span].join(" ");
                found.extend(meant.into_iter().map(|material| Named { material, words: words.clone(), count }));
                step = count;
                break;
            }
            at += step;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_alike() {
        let expect = [
            ("Fly ASHES", "fly ash"),
            ("Tires & aluminum", "tyre aluminium"),
            ("Bã MÍA, bùn", "ba mia bun"),
            ("Ba\u{0303} mi\u{0301}a", "ba mia"),
            ("glass batteries gas", "glass battery gas"),
            (" \t ", ""),
        ];
        for (text, words) in expect {
            assert_eq!(tokens(text).join(" "), words, "{text}");
        }
    }

    #[test]
    fn the_longest_name_is_the_one_meant() {
        let material = |vi: &str, en: &str| Material {
            words_vi: vec![vi.to_string()],
            words_en: vec![en.to_string()],
            uses: Vec::new(),
            unconfirmed: true,
            source: String::new(),
        };
        let materials = BTreeMap::from([
            ("ash".to_string(), material("tro", "ash")),
            ("husk".to_string(), material("vỏ trấu", "rice husk")),
            ("husk-ash".to_string(), material("tro trấu", "rice husk ash")),
            ("head".to_string(), material("đầu cá", "fish head")),
            ("oil".to_string(), material("dầu cá", "fish oil")),
        ]);
        let phrases = Phrases::new(&materials);
        let names = |text: &str| phrases.find(text).iter().map(|named| named.material).collect::<Vec<_>>().join(" ");
        for (text, expected) in [
            ("Rice husk ash", "husk-ash"),
            ("ash of rice husks", "ash husk"),
            ("Tro trấu", "husk-ash"),
            ("Dầu cá tra", "oil"),
            ("Đầu cá", "head"),
            // Without accents nobody can tell.
            ("dau ca", "head oil"),
            ("steam", ""),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }
}
