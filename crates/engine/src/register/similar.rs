//! How alike two names are, where the words that every name of its kind begins with say nothing.

use std::collections::BTreeMap;

use crate::language::fold;

/// Words that tell what something is, not which one. Longer ones come first.
const COMMON: [&str; 34] = [
    "cong ty trach nhiem huu han mot thanh vien",
    "cong ty trach nhiem huu han",
    "cong ty tnhh mot thanh vien",
    "cong ty tnhh mtv",
    "cong ty tnhh",
    "cong ty co phan",
    "cong ty cp",
    "tong cong ty",
    "doanh nghiep tu nhan",
    "chi nhanh",
    "cong ty",
    "khu cong nghiep",
    "khu che xuat",
    "khu cong nghe cao",
    "khu kinh te cua khau",
    "khu kinh te",
    "cum cong nghiep",
    "industrial park",
    "industrial zone",
    "export processing zone",
    "economic zone",
    "company limited",
    "limited company",
    "joint stock company",
    "co., ltd.",
    "co.,ltd",
    "co., ltd",
    "kcn",
    "kcx",
    "ccn",
    "kkt",
    "jsc",
    "tnhh",
    "viet nam",
];

/// The words of a name that tell which one it is, folded; Roman numbers are written as figures.
pub fn significant(name: &str) -> String {
    let spaced = fold(name).replace("vietnam", "viet nam");
    let mut rest = format!(" {} ", words(&spaced));
    for common in COMMON {
        let common = format!(" {} ", words(common));
        while let Some(at) = rest.find(&common) {
            rest.replace_range(at..at + common.len(), " ");
        }
    }
    let found: Vec<String> = rest.split_whitespace().map(figure).collect();
    if found.is_empty() { words(&spaced) } else { found.join(" ") }
}

fn words(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn figure(word: &str) -> String {
    const ROMAN: [&str; 10] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
    ROMAN.iter().position(|roman| *roman == word).map_or_else(|| word.to_string(), |at| (at + 1).to_string())
}

/// What a figure that only one of two names has leaves of their likeness.
const ONE_HAS_A_FIGURE: f64 = 0.8;

/// 0 … 1, of two names as [`significant`] gives them: the Dice coefficient of their pairs of letters, or the part of the
/// longer one that needs no edit, whichever is more. Names whose figures differ are different things: Trà Nóc 1 is not
/// Trà Nóc 2.
pub fn likeness(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    let figures = |name: &str| -> Vec<String> {
        name.split(' ').filter(|word| word.bytes().all(|b| b.is_ascii_digit())).map(str::to_string).collect()
    };
    let (figures_one, figures_other) = (figures(one), figures(other));
    let factor = match figures_one == figures_other {
        true => 1.0,
        false if figures_one.is_empty() || figures_other.is_empty() => ONE_HAS_A_FIGURE,
        false => return 0.0,
    };
    factor * dice(one, other).max(unedited(one, other))
}

fn dice(one: &str, other: &str) -> f64 {
    let (one, other) = (pairs(one), pairs(other));
    let total: usize = one.values().sum::<usize>() + other.values().sum::<usize>();
    let shared: usize = one.iter().map(|(pair, count)| (*count).min(other.get(pair).copied().unwrap_or(0))).sum();
    if total == 0 { 0.0 } else { 2.0 * shared as f64 / total as f64 }
}

/// 1 − Levenshtein distance / length of the longer name.
fn unedited(one: &str, other: &str) -> f64 {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (to, other) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[to + 1];
            row[to + 1] = changed.min(diagonal + 1).min(row[to] + 1);
        }
    }
    let longer = one.len().max(other.len());
    if longer == 0 { 0.0 } else { 1.0 - row[other.len()] as f64 / longer as f64 }
}

fn pairs(name: &str) -> BTreeMap<(char, char), usize> {
    let letters: Vec<char> = name.chars().filter(|c| *c != ' ').collect();
    let mut pairs = BTreeMap::new();
    for pair in letters.windows(2) {
        *pairs.entry((pair[0], pair[1])).or_default() += 1;
    }
    pairs
}
