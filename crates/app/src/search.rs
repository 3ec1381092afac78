//! The index behind the palette: names of parks, enterprises, zones, developers, authorities and provinces by their
//! words, without regard to diacritics, kept in memory and made anew when a name has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use engine::catalogue::places::{ProvinceEdition, Provinces};
use engine::ids::EnterpriseId;
use engine::language::{Label, fold};
use engine::register::{Entry, Field, Register, RegisterKind};
use store::{EnterpriseName, ParkSummary};

use crate::auth::{Action, ParkKey};
use crate::error::AppError;
use crate::page::escape;
use crate::state::App;
use crate::{auth, web};

/// Something to find.
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: &'static str,
    pub title: Label,
    pub detail: Detail,
    /// Without the context of a page.
    pub path: String,
    /// What must be allowed to whoever finds it.
    pub action: Action,
    /// Both titles, folded, without the words that every one of its kind begins with.
    titles: [String; 2],
}

/// What stands beside a title.
#[derive(Clone, Debug)]
pub enum Detail {
    None,
    Text(Label),
    /// A text of the pages.
    Key(String),
    /// The province in each edition.
    Province(Box<[Option<Label>; 2]>),
}

/// Items and the words by which they are found.
#[derive(Default)]
pub struct Index {
    stamp: Stamp,
    items: Vec<Item>,
    /// Word → items that have it, in order.
    words: BTreeMap<String, Vec<u32>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Stamp {
    register: i64,
    names: i64,
}

#[derive(Clone, Default)]
pub struct Kept {
    index: Arc<Mutex<Option<Arc<Index>>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl App {
    /// The index as the names are now.
    pub async fn index(&self) -> Result<Arc<Index>, AppError> {
        let stamp = Stamp { register: self.store.register_revision().await?, names: self.store.names_stamp().await? };
        if let Some(kept) = self.kept_index(stamp) {
            return Ok(kept);
        }
        // One makes it while the others wait.
        let _turn = self.search.turn.lock().await;
        if let Some(kept) = self.kept_index(stamp) {
            return Ok(kept);
        }
        let register = self.register().await?;
        let parks = self.store.list_parks(&auth::whole()).await?;
        let enterprises = self.store.enterprise_names(&auth::whole()).await?;
        let app = self.clone();
        let index = tokio::task::spawn_blocking(move || Index::of(&app, stamp, &register, &parks, &enterprises));
        let index = Arc::new(index.await.map_err(|error| AppError::Internal(error.into()))?);
        if let Ok(mut kept) = self.search.index.lock() {
            *kept = Some(index.clone());
        }
        Ok(index)
    }

    fn kept_index(&self, stamp: Stamp) -> Option<Arc<Index>> {
        self.search.index.lock().ok()?.clone().filter(|index| index.stamp == stamp)
    }
}

impl Index {
    fn of(app: &App, stamp: Stamp, register: &Register, parks: &[ParkSummary], names: &[EnterpriseName]) -> Index {
        let provinces = &app.catalogue.provinces;
        let mut index = Index { stamp, ..Index::default() };
        for kind in [RegisterKind::Park, RegisterKind::Zone, RegisterKind::Developer, RegisterKind::Authority] {
            register.of(kind).for_each(|entry| index.add_entry(entry, provinces));
        }
        index.add_registered_enterprises(register, provinces);
        index.add_provinces(provinces);
        for park in parks {
            let key = app.key_of(park.id.clone(), &park.province);
            let detail = if park.synthetic { "synthetic" } else { "nation-has-data" };
            let path = format!("/parks/{}", park.id);
            let item =
                Item::new("park", park.name.clone(), Detail::Key(detail.to_string()), path, Action::SeePark(key));
            index.add(item, park.id.as_str());
        }
        let keys: BTreeMap<_, (ParkKey, &Label)> =
            parks.iter().map(|park| (&park.id, (app.key_of(park.id.clone(), &park.province), &park.name))).collect();
        for name in names {
            let Some((key, park)) = keys.get(&name.park) else { continue };
            index.add_enterprise(name, key, park);
        }
        index
    }

    fn add_entry(&mut self, entry: &Entry, provinces: &Provinces) {
        let path = match entry.kind {
            RegisterKind::Park => format!("/registry/{}", escape(&entry.code)),
            kind => format!("/register/{}/{}", kind.code(), escape(&entry.code)),
        };
        let kind = if entry.kind == RegisterKind::Park { "park" } else { entry.kind.code() };
        let province = |edition| entry.latest().province(provinces, edition).map(|province| province.name.clone());
        let of = [province(ProvinceEdition::Before), province(ProvinceEdition::After)];
        let places = of.iter().flatten().map(|name| format!("{} {}", name.vi, name.en)).collect::<Vec<_>>().join(" ");
        let item = Item::new(kind, entry.name(), Detail::Province(Box::new(of)), path, Action::SeePublic);
        self.add(item, &format!("{} {} {places}", entry.code, entry.name_fold()));
    }

    fn add_registered_enterprises(&mut self, register: &Register, provinces: &Provinces) {
        let mut sites: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for site in register.of(RegisterKind::Site) {
            sites.entry(site.latest().text(Field::Enterprise).unwrap_or_default()).or_default().push(site);
        }
        for entry in register.of(RegisterKind::Enterprise) {
            let sites = sites.get(entry.code.as_str()).map_or(&[][..], Vec::as_slice);
            let park =
                |site: &&Entry| register.entry(RegisterKind::Park, site.latest().text(Field::Park)?).map(Entry::name);
            let detail = sites.iter().find_map(park).map_or(Detail::None, Detail::Text);
            let action = web::register::seen_through(register, provinces, entry, sites);
            let path = format!("/enterprises/{}", escape(&entry.code));
            let more = format!("{} {}", entry.name_fold(), entry.latest().text(Field::TaxCode).unwrap_or_default());
            self.add(Item::new("enterprise", entry.name(), detail, path, action), &more);
        }
    }

    fn add_enterprise(&mut self, name: &EnterpriseName, key: &ParkKey, park: &Label) {
        let enterprise: EnterpriseId = name.enterprise.clone();
        let path = format!("/parks/{}/enterprises/{}", name.park, escape(enterprise.as_str()));
        let action = Action::SeeEnterprise(key.clone(), enterprise);
        let item = Item::new("enterprise", name.name.clone(), Detail::Text((*park).clone()), path, action);
        self.add(item, name.tax_code.as_deref().unwrap_or_default());
    }

    fn add_provinces(&mut self, provinces: &Provinces) {
        for edition in [ProvinceEdition::After, ProvinceEdition::Before] {
            for province in provinces.edition(edition).values() {
                let path = format!("/provinces/{}?provinces={}", province.code, edition.code());
                let detail = Detail::Key(format!("nation-edition-{}", edition.code()));
                let item = Item::new("province", province.name.clone(), detail, path, Action::SeePublic);
                self.add(item, &province.full_name_vi);
            }
        }
    }

    /// Takes an item up under the words of its titles and of what else is said of it.
    pub fn add(&mut self, item: Item, more: &str) {
        let at = u32::try_from(self.items.len()).expect("a nation has fewer names than that");
        let text = format!("{} {} {}", fold(&item.title.vi), fold(&item.title.en), fold(more));
        let words: BTreeSet<&str> = words(&text).collect();
        for word in words {
            match self.words.get_mut(word) {
                Some(items) => items.push(at),
                None => _ = self.words.insert(word.to_string(), vec![at]),
            }
        }
        self.items.push(item);
    }

    /// The best items for a query among those that `may_find` lets through: every word of the query begins a word of
    /// theirs; where nothing has them all, one letter of each longer word may be wrong.
    pub fn find(&self, query: &str, most: usize, may_find: impl Fn(&Item) -> bool) -> Vec<&Item> {
        let query = fold(query);
        let query: Vec<&str> = words(&query).collect();
        if query.is_empty() {
            return Vec::new();
        }
        let found = self.ranked(&query, most, &may_find, |word| self.beginning_with(word));
        if !found.is_empty() {
            return found;
        }
        self.ranked(&query, most, &may_find, |word| self.near(word))
    }

    fn ranked(
        &self,
        query: &[&str],
        most: usize,
        may_find: &impl Fn(&Item) -> bool,
        having: impl Fn(&str) -> Vec<u32>,
    ) -> Vec<&Item> {
        let mut common: Option<Vec<u32>> = None;
        for word in query {
            let these = having(word);
            common = Some(match common {
                None => these,
                Some(those) => those.into_iter().filter(|at| these.binary_search(at).is_ok()).collect(),
            });
        }
        let mut found: Vec<(usize, &Item)> = common
            .unwrap_or_default()
            .into_iter()
            .map(|at| &self.items[at as usize])
            .map(|item| (item.rank(query), item))
            .collect();
        found.sort_by(|(one, a), (other, b)| {
            let key = |item: &&Item| (item.titles[0].len(), item.titles[0].clone(), item.path.clone());
            one.cmp(other).then_with(|| key(a).cmp(&key(b)))
        });
        found.into_iter().map(|(_, item)| item).filter(|item| may_find(item)).take(most).collect()
    }

    /// Items that have a word beginning so, in order.
    fn beginning_with(&self, start: &str) -> Vec<u32> {
        let from = self.words.range(start.to_string()..);
        merged(from.take_while(|(word, _)| word.starts_with(start)).map(|(_, items)| items))
    }

    /// Items that have a word beginning nearly so.
    fn near(&self, word: &str) -> Vec<u32> {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() < SHORTEST_GUESS {
            return self.beginning_with(word);
        }
        let is_near = |known: &str| {
            let known: Vec<char> = known.chars().collect();
            let lengths = letters.len() - 1..=letters.len() + 1;
            lengths.filter(|length| *length <= known.len()).any(|length| is_one_edit(&letters, &known[..length]))
        };
        merged(self.words.iter().filter(|(known, _)| known.starts_with(word) || is_near(known)).map(|(_, items)| items))
    }
}

fn merged<'a>(lists: impl Iterator<Item = &'a Vec<u32>>) -> Vec<u32> {
    let mut all: Vec<u32> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Fewest letters of a word in which one may be wrong.
const SHORTEST_GUESS: usize = 4;

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

impl Item {
    pub fn new(kind: &'static str, title: Label, detail: Detail, path: String, action: Action) -> Item {
        let titles = [&title.vi, &title.en].map(|title| {
            let folded = fold(title);
            let short = ["khu cong nghiep ", "khu che xuat ", "cong ty tnhh ", "cong ty co phan "];
            let short = short.iter().find_map(|kind| folded.strip_prefix(kind));
            short.unwrap_or(&folded).to_string()
        });
        Item { kind, title, detail, path, action, titles }
    }

    /// 0: a title begins with the query; 1: its words begin with those of the query; 2: it holds them; 3: they stand
    /// elsewhere.
    fn rank(&self, query: &[&str]) -> usize {
        let joined = query.join(" ");
        let of = |title: &String| {
            let begins = |word: &&str| words(title).any(|part| part.starts_with(word));
            match () {
                () if title.starts_with(&joined) => 0,
                () if query.iter().all(begins) => 1,
                () if query.iter().all(|word| title.contains(word)) => 2,
                () => 3,
            }
        };
        self.titles.iter().map(of).min().unwrap_or(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[&str]) -> Index {
        let mut index = Index::default();
        for (at, name) in names.iter().enumerate() {
            let title = Label::new(*name, *name);
            index.add(Item::new("park", title, Detail::None, format!("/{at}"), Action::SeePublic), "");
        }
        index
    }

    fn titles(index: &Index, query: &str) -> Vec<String> {
        index.find(query, 12, |_| true).into_iter().map(|item| item.title.vi.clone()).collect()
    }

    #[test]
    fn names_are_found_without_diacritics_with_both_unicode_forms_and_with_one_wrong_letter() {
        let index = index(&["Khu công nghiệp Trà Nóc", "Khu công nghiệp Đình Vũ", "Khu công nghiệp Thăng Long"]);
        for query in ["tra noc", "Trà Nóc", "Tra\u{0300} No\u{0301}c", "TRA NOC", "noc tra"] {
            assert_eq!(titles(&index, query), ["Khu công nghiệp Trà Nóc"], "{query}");
        }
        assert_eq!(titles(&index, "dinh vu"), ["Khu công nghiệp Đình Vũ"]);
        for query in ["thanh long", "thnag long", "tang long", "thaang long", "thang logn"] {
            assert_eq!(titles(&index, query), ["Khu công nghiệp Thăng Long"], "{query}");
        }
        assert!(titles(&index, "tnu").is_empty());
        assert_eq!(titles(&index, "khu cong").len(), 3);
        assert!(titles(&index, " .,- ").is_empty());
    }

    #[test]
    fn who_begins_with_the_query_comes_first_and_nobody_finds_what_is_closed_to_them() {
        let index = index(&["Dệt Hòa Bình", "Hòa Bình", "Công ty TNHH Hòa Bình Xanh"]);
        assert_eq!(titles(&index, "hoa binh"), ["Hòa Bình", "Công ty TNHH Hòa Bình Xanh", "Dệt Hòa Bình"]);
        let found = index.find("hoa", 12, |item| item.path != "/1");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn one_wrong_letter_is_one() {
        let is = |a: &str, b: &str| is_one_edit(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        for (a, b, expected) in [
            ("thang", "thanh", true),
            ("thang", "thnag", true),
            ("thang", "tang", true),
            ("thang", "thinh", false),
            ("noc", "noc", true),
        ] {
            assert_eq!(is(a, b), expected, "{a} {b}");
        }
    }
}
