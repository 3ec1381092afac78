//! One enterprise and one whole park with a mark in every text and an odd number in every amount: everything that each
//! role can reach is read, by every door and every link, and no mark may appear that is not theirs to see.

pub mod marked;

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use engine::matching::Exchange;
use engine::park::Park;
use store::{Actor, Store, User, UserId};
use tower::ServiceExt;

use crate::auth::{self, Role};
use crate::catalogue::catalogue;
use crate::state::App;
use crate::web::limits::Limits;
use crate::{demo, web};
use marked::{BY_LAW, Marks, OTHER_PARK, OWN, PARK_FACT, PARK_MARK, SHARED};

const PARK: &str = "khu-mau";
const AS_OF: jiff::civil::Date = jiff::civil::date(2025, 1, 31);
/// Pages that one reader may open before the crawl is taken to run in circles.
const MOST_PAGES: usize = 9_000;
/// Pages of one shape that a reader opens, besides every one whose address holds a mark: of forty enterprises' pages, of
/// hundreds of exchanges.
const MOST_ALIKE: usize = 8;

struct Site {
    app: App,
    park: Park,
    other: Park,
    /// Odd numbers of the marked enterprise: what the law opens and what it may share; and of the other park.
    by_law: BTreeSet<String>,
    private: BTreeSet<String>,
    others: BTreeSet<String>,
    exchanges: Vec<String>,
}

impl Site {
    async fn new() -> Site {
        let catalogue = catalogue().unwrap();
        let store = Store::in_memory().await.unwrap();
        demo::fill(&store, catalogue).await.unwrap();
        let mut marks = Marks::default();
        let park = marks.enterprise(demo::example(PARK, catalogue).unwrap());
        let other = marks.park(demo::example(PARK, catalogue).unwrap());
        let actor = Actor::system(1);
        for park in [&park, &other] {
            store.save_park(&actor, park, "marked").await.unwrap();
        }
        // They may be found from other parks, coded; nothing of them may come through for that.
        for (park, enterprise) in std::iter::once((&park, EnterpriseId::new(OWN)))
            .chain(other.enterprises.iter().map(|enterprise| (&other, enterprise.id.clone())))
        {
            store.open_beyond(&actor, &auth::whole(), &park.id, &enterprise).await.unwrap();
        }
        let users = [
            ("marked", Role::EnterpriseEditor, Some(PARK), Some(OWN), None),
            ("neighbour", Role::EnterpriseEditor, Some(PARK), Some("E01"), None),
            ("other-operator", Role::ParkOperator, Some(OTHER_PARK), None, None),
            ("unassigned", Role::Consultant, None, None, None),
            ("other-board", Role::ProvincialBoard, None, None, Some("04")),
        ];
        for (id, role, park, enterprise, province) in users {
            let user = User {
                id: UserId::new(id),
                name: id.to_string(),
                role: role.code().to_string(),
                park: park.map(ParkId::new),
                enterprise: enterprise.map(EnterpriseId::new),
                province: province.map(str::to_string),
                language: Language::Vi,
                password_hash: None,
                is_demo: true,
            };
            store.save_user(&actor, &user).await.unwrap();
        }
        let app = App::new(store, catalogue, true, Some(AS_OF)).await.unwrap();
        let framework = catalogue.frameworks.keys().next().unwrap();
        let computed = app.passing(&park.id, framework, app.default_period).await.unwrap();
        let is_ours = |exchange: &&Exchange| {
            [&exchange.giver_enterprise, &exchange.taker_enterprise].iter().any(|id| id.as_str() == OWN)
        };
        let exchanges = computed.report.candidates.exchanges.iter().filter(is_ours).map(Exchange::code).collect();
        Site { app, park, other, by_law: marks.by_law, private: marks.private, others: marks.others, exchanges }
    }

    /// A way in that has never been used: the crawl is faster than people are allowed to be.
    fn router(&self) -> Router {
        let mut app = self.app.clone();
        app.limits = Limits::default();
        web::router(app)
    }

    async fn enter(&self, user: &str) -> String {
        let request = Request::post("/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("user={user}")))
            .unwrap();
        let answer = self.router().oneshot(request).await.unwrap();
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_string()
    }

    async fn ask(&self, cookie: &str, method: &Method, path: &str, body: String) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let answer = self.router().oneshot(request).await.unwrap();
        let status = answer.status();
        let place = answer.headers().get(header::LOCATION).map(|at| at.to_str().unwrap_or_default().to_string());
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let text = if bytes.starts_with(b"PK") { cells(&bytes) } else { String::from_utf8_lossy(&bytes).into_owned() };
        (status, format!("{}\n{text}", place.unwrap_or_default()))
    }

    /// Every door with everything that could stand in its path, the marked things among them.
    fn doors(&self, method: &Method) -> Vec<String> {
        let values = |name: &str| -> Vec<String> {
            let of = |parks: [&Park; 2], read: fn(&Park) -> Vec<String>| parks.into_iter().flat_map(read).collect();
            let both = [&self.park, &self.other];
            let catalogue = self.app.catalogue;
            match name {
                "park" => vec![PARK.to_string(), OTHER_PARK.to_string()],
                "enterprise" => {
                    let first = self.other.enterprises[0].id.to_string();
                    vec![OWN.to_string(), "E01".to_string(), first]
                }
                "measure" => of(both, |park| park.measures.iter().map(|measure| measure.id.to_string()).collect()),
                "exchange" => self.exchanges.iter().take(5).cloned().collect(),
                // Of a province and of a registered park; what somebody types stands in the log of refusals, so that
                // nothing marked is asked for where an entry of the register is named.
                "code" => vec!["92".to_string(), OTHER_PARK.to_string()],
                "resource" => vec!["electricity".to_string(), "water-supplied".to_string(), "chemicals".to_string()],
                "month" => vec!["2024-03".to_string()],
                "framework" => catalogue.frameworks.keys().take(1).map(ToString::to_string).collect(),
                "criterion" => {
                    let first = catalogue.frameworks.values().next().unwrap();
                    first.criteria.iter().map(|criterion| criterion.id.to_string()).collect()
                }
                "form" => catalogue.forms.keys().map(ToString::to_string).collect(),
                "field" => ["A4-III-1.2.3", "A4-III-2.1.13", "B4-III-P3.2", "B4-II-P2"].map(str::to_string).into(),
                "format" => ["json", "xlsx", "docx"].map(str::to_string).into(),
                "option" => catalogue.options.keys().take(8).map(ToString::to_string).collect(),
                "kind" => vec!["real".to_string(), "sample".to_string()],
                "status" => vec!["verified".to_string(), "proposed".to_string()],
                _ => vec!["1".to_string()],
            }
        };
        let mut paths = BTreeSet::new();
        for door in web::routes().doors.into_iter().filter(|door| door.method == *method) {
            let mut open = vec![String::new()];
            for segment in door.path.split('/').skip(1) {
                let filled: Vec<String> = match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => values(name),
                    None => vec![segment.to_string()],
                };
                open = open.iter().flat_map(|path| filled.iter().map(move |part| format!("{path}/{part}"))).collect();
            }
            paths.extend(open.into_iter().filter(|path| !path.starts_with("/assets") && !path.starts_with("/geo")));
        }
        paths.into_iter().collect()
    }

    /// Everything that a reader gets: by every door, by every link of what came out, and by searching.
    async fn crawl(&self, cookie: &str, language: &str) -> BTreeMap<String, String> {
        let mut next: Vec<String> = self.doors(&Method::GET);
        next.extend(SEARCHES.map(|path| path.to_string()));
        for id in [OWN, self.other.enterprises[0].id.as_str()] {
            next.push(format!("/parks/{PARK}/figures/total/electricity?enterprise={id}"));
            next.push(format!("/parks/{OTHER_PARK}/figures/total/electricity?enterprise={id}"));
        }
        let mut read = BTreeMap::new();
        let mut asked = BTreeSet::new();
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        while let Some(path) = next.pop() {
            let path = in_language(&path, language);
            if !asked.insert(path.clone()) {
                continue;
            }
            let seen = alike.entry(shape(&path)).or_default();
            *seen += 1;
            if *seen > MOST_ALIKE && !path.contains("Zqx") {
                continue;
            }
            assert!(read.len() < MOST_PAGES, "{} pages, last {path}", read.len());
            let (status, text) = self.ask(cookie, &Method::GET, &path, String::new()).await;
            assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            if status == StatusCode::OK {
                next.extend(links(&text));
            }
            read.insert(path, text);
        }
        read
    }

    /// What is in the answers that must not be: each mark and odd number with the address where it stood.
    fn found(&self, read: &BTreeMap<String, String>, marks: &[&str], numbers: &[&BTreeSet<String>]) -> Vec<String> {
        let mut found = Vec::new();
        for (path, text) in read {
            let seen = marks.iter().filter_map(|mark| Some((mark, text.find(*mark)?)));
            found.extend(seen.map(|(mark, at)| format!("{path}: {mark}: {}", around(text, at))));
            let digits: BTreeSet<&str> =
                numbers.iter().flat_map(|numbers| numbers.iter().map(String::as_str)).collect();
            found.extend(odd_numbers(text, &digits).into_iter().map(|number| format!("{path}: {number}")));
        }
        found
    }
}

const SEARCHES: [&str; 10] = [
    "/api/search?q=zq",
    "/api/search?q=zqx",
    "/api/search?q=Giấy",
    "/api/search?q=E11",
    "/parks?q=zqx",
    "/parks?q=m%E1%BA%ABu",
    "/parks.csv?q=zqx",
    "/?period=2023",
    "/parks/khu-mau/observe?period=2024-03",
    "/parks/khu-khac/observe?period=2024-03",
];

/// What stands on both sides of a place in a text.
fn around(text: &str, at: usize) -> String {
    let before: Vec<char> = text[..at].chars().rev().take(120).collect();
    before.into_iter().rev().chain(text[at..].chars().take(120)).collect()
}

/// Numbers of a text with their separators taken out, if they are among those looked for.
fn odd_numbers(text: &str, wanted: &BTreeSet<&str>) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\u{a0}');
    let numbers = text.split(|c: char| !is_part(c));
    let digits = numbers.map(|number| number.chars().filter(char::is_ascii_digit).collect::<String>());
    digits.filter(|digits| wanted.contains(digits.trim_start_matches('0').trim_end_matches('0'))).collect()
}

/// What pages of one kind have in common: the park, the room, how long the address is, and what it asks.
fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let room = segments.iter().take(3).filter(|segment| !segment.contains('.')).copied().collect::<Vec<_>>();
    format!("{} {} {}", room.join("/"), segments.len(), names.join(" "))
}

fn in_language(path: &str, language: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let pairs: Vec<String> = kept.map(str::to_string).chain([format!("lang={language}")]).collect();
    format!("{path}?{}", pairs.join("&"))
}

/// Addresses of our own that a page leads to. Sorted lists and the registry's hundreds of parks are read once.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["href=\"/", "data-href=\"/", "\"href\":\"/"] {
        for (at, _) in text.match_indices(attribute) {
            let rest = &text[at + attribute.len() - 1..];
            let end = rest.find('"').unwrap_or(rest.len());
            let path = rest[..end].split('#').next().unwrap_or_default().replace("&amp;", "&").replace("\\u0026", "&");
            let is_long = ["/assets", "/geo", "/registry/", "/provinces/", "/parks?", "/parks.csv", "//"];
            // One month of each grid, one year of each inventory sheet, and nothing of the parks that hold no mark.
            let is_more = path.contains("/history/") && !path.contains("2024-03")
                || path.contains("/greenhouse-gases/") && !path.contains("period=2024")
                || path.contains("/kalundborg")
                || path.contains("/khu-lan-can");
            if !is_more && !is_long.iter().any(|start| path.starts_with(start)) {
                found.push(path);
            }
        }
    }
    found
}

/// All cells of a workbook, or what a Word file says, as text.
fn cells(bytes: &[u8]) -> String {
    use std::io::Read;

    use calamine::{Reader, Xlsx};
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    if let Ok(mut document) = archive.by_name("word/document.xml") {
        let mut text = String::new();
        document.read_to_string(&mut text).unwrap();
        return text;
    }
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    for (name, range) in workbook.worksheets() {
        text.push_str(&name);
        for row in range.rows() {
            for cell in row {
                text.push('\n');
                text.push_str(&cell.to_string());
            }
        }
    }
    text
}

async fn reads_nothing(users: &[&str], marks: &[&str], number_sets: fn(&Site) -> Vec<&BTreeSet<String>>) {
    let site = Site::new().await;
    for user in users {
        let cookie = if user.is_empty() { String::new() } else { site.enter(user).await };
        for language in ["vi", "en"] {
            let read = site.crawl(&cookie, language).await;
            let found = site.found(&read, marks, &number_sets(&site));
            assert!(
                found.is_empty(),
                "{user} in {language}, of {} answers: {:#?}",
                read.len(),
                &found[..found.len().min(20)]
            );
            assert!(read.len() > 100, "{user} read {} answers", read.len());
        }
        for path in site.doors(&Method::POST).into_iter().filter(|path| path.contains(OWN) || path.contains(OTHER_PARK))
        {
            let body = form(&site, &cookie).await;
            let (status, text) = site.ask(&cookie, &Method::POST, &path, body).await;
            // Whoever works on the park corrects records for its enterprises; that and no more is theirs to change.
            let may_correct =
                ["demo-operator", "demo-consultant"].contains(user) && path.ends_with(&format!("{OWN}/records"));
            assert!(may_correct || status.is_client_error(), "{user} {path}: {status}");
            let answer = BTreeMap::from([(path, text)]);
            assert!(site.found(&answer, marks, &number_sets(&site)).is_empty(), "{user} {answer:?}");
        }
    }
}

/// A form with the session's own token and with everything that a form of ours could hold.
async fn form(site: &Site, cookie: &str) -> String {
    let (_, page) = site.ask(cookie, &Method::GET, "/", String::new()).await;
    let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    format!(
        "csrf={token}&resource=electricity&amount.2024-03=1&subject=streams&receiver=operator&ends_on=2025-06-30&consultant=demo-consultant&assigned_until=2025-06-30&id=1"
    )
}

#[tokio::test]
async fn the_marks_are_there_to_be_found() {
    let site = Site::new().await;
    let cookie = site.enter("marked").await;
    let mut texts = String::new();
    for language in ["vi", "en"] {
        // Addresses that were asked for hold marks too; only what came back counts.
        texts.extend(site.crawl(&cookie, language).await.into_values());
    }
    assert!(texts.contains(BY_LAW) && texts.contains(SHARED) && !texts.contains(PARK_MARK));
    let digits = |numbers: &BTreeSet<String>| {
        let wanted = numbers.iter().map(String::as_str).collect();
        odd_numbers(&texts, &wanted).len()
    };
    assert!(digits(&site.by_law) >= 12, "{} amounts", digits(&site.by_law));
    assert!(digits(&site.private) >= 12, "{} costs and streams", digits(&site.private));
    assert_eq!(digits(&site.others), 0);

    let cookie = site.enter("other-operator").await;
    let read = site.crawl(&cookie, "vi").await;
    assert!(!site.found(&read, &[PARK_MARK], &[]).is_empty() && !site.found(&read, &[PARK_FACT], &[]).is_empty());
    assert!(!site.found(&read, &[], &[&site.others]).is_empty());
    assert_eq!(site.found(&read, &[BY_LAW, SHARED], &[&site.by_law, &site.private]), Vec::<String>::new());
}

#[tokio::test]
async fn another_enterprise_reads_nothing_of_it() {
    reads_nothing(&["neighbour"], &[BY_LAW, SHARED, PARK_MARK, PARK_FACT], |site| {
        vec![&site.by_law, &site.private, &site.others]
    })
    .await;
}

#[tokio::test]
async fn operator_and_consultant_read_what_the_law_opens_and_nothing_that_was_not_shared() {
    reads_nothing(&["demo-operator", "demo-consultant"], &[SHARED, PARK_MARK, PARK_FACT], |site| {
        vec![&site.private, &site.others]
    })
    .await;
    let site = Site::new().await;
    let cookie = site.enter("demo-operator").await;
    let read = site.crawl(&cookie, "vi").await;
    assert!(!site.found(&read, &[BY_LAW], &[]).is_empty(), "by law there is something to see");
    assert!(!site.found(&read, &[], &[&site.by_law]).is_empty());
}

#[tokio::test]
async fn those_who_see_totals_read_of_nobody() {
    reads_nothing(&["demo-ministry", "demo-programme", "demo-administrator"], &[BY_LAW, SHARED, PARK_MARK], |site| {
        vec![&site.by_law, &site.private, &site.others]
    })
    .await;
}

#[tokio::test]
async fn those_who_have_no_part_in_a_park_read_nothing_of_it() {
    reads_nothing(&["other-board", "unassigned", ""], &[BY_LAW, SHARED, PARK_MARK, PARK_FACT], |site| {
        vec![&site.by_law, &site.private, &site.others]
    })
    .await;
}
