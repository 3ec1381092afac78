//! What the palette finds: parks, provinces of both editions, pages, criteria and options, without regard to
//! diacritics. Nobody finds what they may not open.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::catalogue::places::ProvinceEdition;
use engine::language::fold;
use serde::Serialize;

use super::register::{self, Register};
use crate::auth::{self, Action};
use crate::error::{ApiError, AppError};
use crate::page::{Page, escape};
use crate::state::App;

#[derive(Serialize)]
struct Answer {
    results: Vec<Hit>,
}

#[derive(Clone, Serialize)]
pub struct Hit {
    title: String,
    detail: String,
    href: String,
    kind: &'static str,
}

/// Something to find.
struct Entry {
    hit: Hit,
    /// Title, folded, without the words that every park's name begins with.
    title: String,
    /// All that is looked through, folded; the title among it.
    text: String,
}

/// Hits that are answered.
const MOST: usize = 12;
/// Longest query that is looked at, in characters.
const LONGEST_QUERY: usize = 100;

pub async fn answer(State(app): State<App>, page: Page) -> Result<Response, ApiError> {
    let query: String = page.query.get("q").map_or("", String::as_str).chars().take(LONGEST_QUERY).collect();
    let entries = entries(&app, &page).await?;
    Ok(Json(Answer { results: find(&entries, &query) }).into_response())
}

/// The best hits: every word of the query occurs; where nothing has them all, one letter of each may be wrong.
fn find(entries: &[Entry], query: &str) -> Vec<Hit> {
    let query = fold(query);
    let query: Vec<&str> = query.split_whitespace().collect();
    if query.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, usize)> = ranked(entries, |entry| rank(entry, &query));
    if found.is_empty() {
        found = ranked(entries, |entry| query.iter().all(|word| is_nearly_in(word, &entry.text)).then_some(0));
    }
    found.sort_by(|a, b| {
        let (one, other) = (&entries[a.1], &entries[b.1]);
        (a.0, one.title.len(), &one.title, &one.hit.href).cmp(&(b.0, other.title.len(), &other.title, &other.hit.href))
    });
    found.into_iter().take(MOST).map(|(_, index)| entries[index].hit.clone()).collect()
}

/// Rank and index of the entries that match.
fn ranked(entries: &[Entry], rank: impl Fn(&Entry) -> Option<usize>) -> Vec<(usize, usize)> {
    entries.iter().enumerate().filter_map(|(index, entry)| Some((rank(entry)?, index))).collect()
}

/// 0: the title begins with the query; 1: its words begin with those of the query; 2: the title holds them;
/// 3: they stand elsewhere.
fn rank(entry: &Entry, query: &[&str]) -> Option<usize> {
    if !query.iter().all(|word| entry.text.contains(word)) {
        return None;
    }
    let begins = |word: &&str| entry.title.split(' ').any(|part| part.starts_with(word));
    Some(match () {
        () if entry.title.starts_with(&query.join(" ")) => 0,
        () if query.iter().all(begins) => 1,
        () if query.iter().all(|word| entry.title.contains(word)) => 2,
        () => 3,
    })
}

/// Fewest letters of a word in which one may be wrong.
const SHORTEST_GUESS: usize = 4;

fn is_nearly_in(word: &str, text: &str) -> bool {
    if text.contains(word) {
        return true;
    }
    let word: Vec<char> = word.chars().collect();
    word.len() >= SHORTEST_GUESS
        && text.split(' ').any(|part| {
            let part: Vec<char> = part.chars().collect();
            let lengths = word.len() - 1..=word.len() + 1;
            lengths.filter(|length| *length <= part.len()).any(|length| is_one_edit(&word, &part[..length]))
        })
}

/// Whether one letter put in, left out, changed or swapped with its neighbour makes one of the other.
fn is_one_edit(a: &[char], b: &[char]) -> bool {
    let same_start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[same_start..], &b[same_start..]);
    match (rest_a, rest_b) {
        ([], _) | (_, []) => rest_a.len() + rest_b.len() <= 1,
        _ if rest_a.len() == rest_b.len() => {
            let is_swapped =
                rest_a.len() >= 2 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] && rest_a[2..] == rest_b[2..];
            rest_a[1..] == rest_b[1..] || is_swapped
        }
        _ => rest_a[1..] == *rest_b || *rest_a == rest_b[1..],
    }
}

async fn entries(app: &App, page: &Page) -> Result<Vec<Entry>, AppError> {
    let register = register::load(app, &page.user).await?;
    let mut entries = parks(app, page, &register);
    entries.extend(provinces(app, page));
    entries.extend(pages(page));
    // Criteria and options are read in a park; those who may open none have no page for them.
    let own = page.own_park().and_then(|own| register.stored().find(|park| park.summary.id == *own && park.may_see));
    if let Some(park) = own.or_else(|| register.stored().find(|park| park.may_see)) {
        entries.extend(criteria_and_options(app, page, park.summary.id.as_str()));
    }
    Ok(entries)
}

fn entry(page: &Page, kind: &'static str, title: &str, more: &str, detail: String, path: &str) -> Entry {
    let folded = fold(title);
    let short = ["khu cong nghiep ", "khu che xuat "].iter().find_map(|kind| folded.strip_prefix(kind));
    Entry {
        title: short.unwrap_or(&folded).to_string(),
        text: format!("{folded} {} {}", fold(more), fold(&detail)),
        hit: Hit { title: title.to_string(), detail, href: page.at(path), kind },
    }
}

fn parks(app: &App, page: &Page, register: &Register) -> Vec<Entry> {
    let registered = register.entries.iter().map(|found| {
        let park = &found.park;
        let province = found.province(&app.catalogue.provinces, page.provinces());
        let province = province.map(|province| province.name.get(page.language).to_string()).unwrap_or_default();
        let more = park.name.get(page.language.other());
        let path = format!("/registry/{}", escape(&park.code));
        entry(page, "park", park.name.get(page.language), more, province, &path)
    });
    let stored = register.stored().filter(|park| park.may_see).map(|park| {
        let summary = &park.summary;
        let detail = page.t(if summary.synthetic { "synthetic" } else { "nation-has-data" });
        let more = summary.name.get(page.language.other());
        entry(page, "park", summary.name.get(page.language), more, detail, &format!("/parks/{}", summary.id))
    });
    registered.chain(stored).collect()
}

fn provinces(app: &App, page: &Page) -> Vec<Entry> {
    let mut entries = Vec::new();
    for edition in [ProvinceEdition::After, ProvinceEdition::Before] {
        let detail = page.t(&format!("nation-edition-{}", edition.code()));
        for province in app.catalogue.provinces.edition(edition).values() {
            let more = format!("{} {}", province.full_name_vi, province.name.get(page.language.other()));
            let path = format!("/provinces/{}", province.code);
            let mut found = entry(page, "province", province.name.get(page.language), &more, detail.clone(), &path);
            found.hit.href = format!("{path}?provinces={}", edition.code());
            entries.push(found);
        }
    }
    entries
}

const STEPS: [&str; 6] = ["observe", "assess", "matching", "plan", "verify", "report"];

fn pages(page: &Page) -> Vec<Entry> {
    let mut pages =
        vec![("frame-nation".to_string(), "/".to_string()), ("frame-parks".to_string(), "/parks".to_string())];
    if let Some(park) = page.own_park() {
        pages.push(("frame-own-park".to_string(), format!("/parks/{park}")));
        pages.extend(STEPS.map(|step| (format!("step-{step}"), format!("/parks/{park}/{step}"))));
    }
    if !page.user.is_signed_in() {
        pages.push(("frame-sign-in".to_string(), "/sign-in".to_string()));
    }
    if auth::may(&page.user, &Action::SeeAudit).is_ok() {
        pages.push(("frame-audit".to_string(), "/audit".to_string()));
    }
    let detail = page.t("nation-search-page");
    pages.iter().map(|(key, path)| entry(page, "page", &page.t(key), "", detail.clone(), path)).collect()
}

fn criteria_and_options(app: &App, page: &Page, park: &str) -> Vec<Entry> {
    let language = page.language;
    let mut entries = Vec::new();
    for framework in app.catalogue.frameworks.values() {
        let name = crate::wording::framework(app.catalogue, language, &framework.id);
        for criterion in &framework.criteria {
            let more = format!("{} {}", criterion.id, criterion.label.get(language.other()));
            let path = format!("/parks/{park}/assess/{}", escape(criterion.id.as_str()));
            let mut found = entry(page, "criterion", criterion.label.get(language), &more, name.clone(), &path);
            found.hit.href = at_framework(page.clone(), &path, framework.id.as_str());
            entries.push(found);
        }
    }
    let detail = page.t("nation-search-option");
    for option in app.catalogue.options.values() {
        let label = option.label();
        let more = format!("{} {}", option.id, label.get(language.other()));
        let path = format!("/parks/{park}/plan/{}", escape(option.id.as_str()));
        entries.push(entry(page, "option", label.get(language), &more, detail.clone(), &path));
    }
    entries
}

/// An address in the page's context but for the framework.
fn at_framework(mut page: Page, path: &str, framework: &str) -> String {
    page.query.insert("framework".to_string(), framework.to_string());
    page.at(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(word: &str, text: &str) -> bool {
        is_nearly_in(word, text)
    }

    #[test]
    fn one_wrong_letter_is_forgiven_in_longer_words_only() {
        for typed in ["thang", "thanh", "thnag", "tang", "thaang"] {
            assert!(is_near(typed, "kcn thang long"), "{typed}");
        }
        assert!(!is_near("tnu", "kcn tan"));
        assert!(!is_near("thinh", "kcn thang long"));
    }
}
