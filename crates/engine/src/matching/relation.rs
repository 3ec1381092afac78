//! Relation: what makes us think that one site's stream serves another site, and how surely.
//! Codes first, the words of the names where codes are missing or too coarse.

use std::collections::{BTreeMap, BTreeSet};

use super::{CodeAgreement, Reason};
use crate::catalogue::{Catalogue, KnownExchange};
use crate::language::fold;
use crate::park::{Stream, StreamKind};

/// A relation weaker than this is chance: two industries share most of their two-digit neighbours.
const WEAKEST: f64 = 0.25;
/// Water for water and heat for heat need no codes, but say less than a code does.
const SAME_KIND: f64 = 0.6;
/// Words that name no substance.
const EMPTY_WORDS: [&str; 16] = [
    "and",
    "for",
    "from",
    "the",
    "with",
    "waste",
    "wastes",
    "spent",
    "used",
    "use",
    "raw",
    "material",
    "materials",
    "other",
    "process",
    "general",
];

/// Why a pair belongs together.
pub(super) struct Relation {
    /// 0 to 1.
    pub strength: f64,
    pub reasons: Vec<Reason>,
    /// The taker asks for this stream by code or by name; otherwise only its industry speaks for it.
    pub is_asked_for: bool,
}

/// The known exchanges of the catalogue with the words of their names, split once.
pub(super) struct Library<'a>(Vec<Entry<'a>>);

struct Entry<'a> {
    known: &'a KnownExchange,
    kind: StreamKind,
    stream_words: BTreeSet<String>,
    use_words: BTreeSet<String>,
}

/// What a stream's own code and name say, before anybody is compared with it.
pub(super) struct Profile {
    words: BTreeSet<String>,
    /// Known exchanges that start from such a stream, by their place in the library.
    known: Vec<(usize, Given)>,
}

/// How well a given stream agrees with the giving side of a known exchange.
struct Given {
    strength: f64,
    agreement: CodeAgreement,
    isic_digits: usize,
}

impl<'a> Library<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Library<'a> {
        let entry = |known: &'a KnownExchange| {
            let (stream_words, use_words) = (words(&known.stream), words(&known.used_as));
            Some(Entry { known, kind: known.stream_kind()?, stream_words, use_words })
        };
        Library(catalogue.known_exchanges.iter().filter_map(entry).collect())
    }

    pub(super) fn profile(&self, stream: &Stream, isic4: &str) -> Profile {
        let (words, ewc) = (words(&stream.name.en), stream.ewc.as_deref());
        let of_kind = self.0.iter().enumerate().filter(|(_, entry)| entry.kind == stream.kind);
        let known = of_kind
            .filter_map(|(index, entry)| Some((index, grade_given(entry, isic4, ewc, &words)?)))
            .filter(|(_, given)| given.strength >= WEAKEST)
            .collect();
        Profile { words, known }
    }

    /// The relation of a giving and a taking stream of the same kind, if there is one.
    ///
    /// Strength of a known exchange = stream × name × giver × taker; the best one counts: stream 1 for six equal
    /// digits of the waste code, 0.6 for four, 0.5 for the name alone; name 1 where words of the names agree, else
    /// 0.75; giver 1, 0.9, 0.8, 0.6 and taker 1, 0.7, 0.4, 0 for 4, 3, 2, fewer equal digits of the industry. The
    /// same code asked for counts 1. The weights are set by hand.
    pub(super) fn relate(
        &self,
        (give, giver): (&Stream, &Profile),
        (take, taker): (&Stream, &Profile),
        taker_isic4: &str,
    ) -> Option<Relation> {
        let known = self.best_known((give, giver), (take, taker), taker_isic4);
        if give.kind != StreamKind::Material {
            let mut reasons = vec![Reason::SameKind { kind: give.kind }];
            let strength = known.as_ref().map_or(SAME_KIND, |known| known.strength.max(SAME_KIND));
            reasons.extend(known.into_iter().flat_map(|known| known.reasons));
            return Some(Relation { strength, reasons, is_asked_for: true });
        }
        if let Some(ewc) = give.ewc.as_ref().filter(|given| take.ewc.as_ref() == Some(given)) {
            let mut reasons = vec![Reason::SameCode { ewc: ewc.clone() }];
            reasons.extend(known.into_iter().flat_map(|known| known.reasons));
            return Some(Relation { strength: 1.0, reasons, is_asked_for: true });
        }
        known
    }

    /// Industries that the catalogue knows as takers of such a stream. At most `top`, strongest first.
    pub(super) fn known_takers(&self, giver: &Profile, top: usize) -> Vec<String> {
        let mut strengths: BTreeMap<&str, f64> = BTreeMap::new();
        for (index, given) in &giver.known {
            let strength = strengths.entry(&self.0[*index].known.taker_isic4).or_default();
            *strength = strength.max(given.strength);
        }
        let mut takers: Vec<(&str, f64)> = strengths.into_iter().collect();
        takers.sort_by(|(a, one), (b, other)| other.total_cmp(one).then_with(|| a.cmp(b)));
        takers.into_iter().take(top).map(|(isic4, _)| isic4.to_string()).collect()
    }

    fn best_known(
        &self,
        (give, giver): (&Stream, &Profile),
        (take, taker): (&Stream, &Profile),
        taker_isic4: &str,
    ) -> Option<Relation> {
        // Who asks for fly ash is not served with slag, though its industry may know what to do with slag; a code
        // beside the one asked for passes only where the taker's own words speak of the stream.
        let code_asked = give.ewc.as_ref().zip(take.ewc.as_ref()).map(|(given, asked)| equal_digits(given, asked));
        let is_served = match code_asked {
            None | Some(6..) => true,
            Some(4 | 5) => share_word(&taker.words, &giver.words),
            Some(_) => false,
        };
        if !is_served {
            return None;
        }
        let graded = giver.known.iter().map(|(index, given)| {
            let digits = equal_digits(&self.0[*index].known.taker_isic4, taker_isic4);
            (&self.0[*index], given, digits, given.strength * grade_taker(digits))
        });
        let mut best = None;
        for row in graded.filter(|(_, _, _, strength)| *strength >= WEAKEST) {
            if best.as_ref().is_none_or(|(_, _, _, strength)| row.3 > *strength) {
                best = Some(row);
            }
        }
        let (entry, given, digits, strength) = best?;
        let names_agree = [&giver.words, &entry.stream_words, &entry.use_words]
            .into_iter()
            .any(|words| share_word(&taker.words, words));
        Some(Relation {
            strength,
            reasons: vec![given.reason(entry.known, digits, strength)],
            is_asked_for: code_asked.is_some() || names_agree,
        })
    }
}

fn grade_given(
    entry: &Entry<'_>,
    giver_isic4: &str,
    ewc: Option<&str>,
    given_words: &BTreeSet<String>,
) -> Option<Given> {
    let (known, known_words) = (entry.known, &entry.stream_words);
    let names_agree = share_word(given_words, known_words);
    let isic_digits = equal_digits(&known.giver_isic4, giver_isic4);
    let (agreement, stream) = match ewc {
        Some(ewc) if !known.ewc6.is_empty() => match equal_digits(&known.ewc6, ewc) {
            6 => (CodeAgreement::Code6, 1.0),
            4 | 5 => (CodeAgreement::Code4, 0.6),
            _ => return None,
        },
        // Without a code both the giver's industry and half of the words must agree.
        _ => {
            let agreeing = known_words.iter().filter(|word| given_words.iter().any(|other| is_same(word, other)));
            if isic_digits < 3 || known_words.is_empty() || agreeing.count() * 2 < known_words.len() {
                return None;
            }
            (CodeAgreement::Name, 0.5)
        }
    };
    let name = if names_agree { 1.0 } else { 0.75 };
    Some(Given { strength: stream * name * grade_giver(isic_digits), agreement, isic_digits })
}

impl Given {
    fn reason(&self, known: &KnownExchange, taker_isic_digits: usize, strength: f64) -> Reason {
        Reason::KnownExchange {
            id: known.id,
            stream: known.stream.clone(),
            used_as: known.used_as.clone(),
            limiting_quality: known.limiting_quality.clone(),
            seen_at: known.source.clone(),
            agreement: self.agreement,
            giver_isic_digits: self.isic_digits,
            taker_isic_digits,
            strength,
        }
    }
}

/// The waste code already says what the stream is; the giver's industry only supports it.
fn grade_giver(equal_digits: usize) -> f64 {
    match equal_digits {
        4.. => 1.0,
        3 => 0.9,
        2 => 0.8,
        _ => 0.6,
    }
}

fn grade_taker(equal_digits: usize) -> f64 {
    match equal_digits {
        4.. => 1.0,
        3 => 0.7,
        2 => 0.4,
        _ => 0.0,
    }
}

fn equal_digits(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

fn words(text: &str) -> BTreeSet<String> {
    fold(text)
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() >= 3 && !EMPTY_WORDS.contains(word))
        .map(str::to_string)
        .collect()
}

fn share_word(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    one.iter().any(|word| other.iter().any(|candidate| is_same(word, candidate)))
}

/// Equal, or one begins with the other: `fish` and `fishmeal`, `shell` and `shells`.
fn is_same(one: &str, other: &str) -> bool {
    let shorter = one.chars().count().min(other.chars().count());
    one == other || (shorter >= 4 && (one.starts_with(other) || other.starts_with(one)))
}
