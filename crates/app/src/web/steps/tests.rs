//! Who sees what: the pages, islands, downloads and answers of the five steps on the sample park.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use engine::park::Park;
use engine::report::{Order, ParkReport, report};
use store::Store;
use tower::ServiceExt;

use crate::catalogue::catalogue;
use crate::state::App;
use crate::{demo, web};

const PARK: &str = "khu-mau";
const OWN: &str = "E01";
/// Largest answer that a test reads.
const MOST_BYTES: usize = 64 * 1024 * 1024;

async fn app() -> App {
    let catalogue = catalogue().expect("the catalogue has no faults");
    let store = Store::in_memory().await.expect("a store");
    demo::fill(&store, catalogue).await.expect("the sample data");
    App::new(store, catalogue, true, Some(jiff::civil::date(2025, 1, 31))).await.expect("the application")
}

fn sample() -> (Park, ParkReport) {
    let catalogue = catalogue().expect("the catalogue has no faults");
    let park = demo::example(PARK, catalogue).expect("the sample park");
    let framework = catalogue.frameworks.values().next().expect("a framework");
    let order = Order {
        period: engine::period::Period::year(2024).expect("a year"),
        as_of: jiff::civil::date(2025, 1, 31),
        framework,
    };
    let report = report(&park, catalogue, &order);
    (park, report)
}

async fn send(app: &App, request: Request<Body>) -> Response {
    web::router(app.clone()).oneshot(request).await.expect("the router answers")
}

/// The session cookie of a demo user.
async fn sign_in(app: &App, user: &str) -> String {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .expect("a request");
    let response = send(app, request).await;
    let cookie = response.headers().get(header::SET_COOKIE).expect("signed in").to_str().expect("plain text");
    cookie.split(';').next().unwrap_or_default().to_string()
}

async fn get(app: &App, cookie: &str, path: &str) -> (StatusCode, String, Vec<u8>) {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
    let response = send(app, request).await;
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map_or(String::new(), |kind| kind.to_str().expect("plain text").to_string());
    let status = response.status();
    (status, kind, to_bytes(response.into_body(), MOST_BYTES).await.expect("a body").to_vec())
}

/// Every address of the five steps, with everything in it that has an identifier.
fn addresses(park: &Park, report: &ParkReport) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    let options: std::collections::BTreeSet<_> = report.plan.proposals.iter().map(|p| p.option.to_string()).collect();
    for language in ["vi", "en"] {
        let mut add = |path: String| {
            let joint = if path.contains('?') { '&' } else { '?' };
            addresses.push(format!("{path}{joint}lang={language}"));
        };
        for assessment in &report.assessments {
            add(format!("/parks/{PARK}/assess?framework={}", assessment.framework));
            add(format!("/api/parks/{PARK}/assessments?framework={}", assessment.framework));
        }
        for page in ["matching", "plan", "plan?rows=all", "verify", "report", "report?rows=all"] {
            add(format!("/parks/{PARK}/{page}"));
        }
        for file in ["report.pdf", "report.xlsx", "report.json"] {
            add(format!("/parks/{PARK}/{file}"));
        }
        for answer in ["report", "exchanges", "options", "claims", "balance"] {
            add(format!("/api/parks/{PARK}/{answer}"));
        }
        add("/api/parks".to_string());
        for measure in &park.measures {
            add(format!("/parks/{PARK}/verify/{}", measure.id));
        }
        if language == "vi" {
            for criterion in report.assessments.iter().flat_map(|assessment| &assessment.criteria) {
                add(format!("/parks/{PARK}/assess/{}", criterion.id));
            }
            for option in options.iter().step_by(5) {
                add(format!("/parks/{PARK}/plan/{option}"));
            }
            for exchange in report.candidates.exchanges.iter().step_by(10) {
                add(format!("/parks/{PARK}/matching/{}", exchange.code()));
            }
        }
    }
    addresses
}

/// Names and identifiers that nobody but the park and the enterprise itself may read.
fn secrets(park: &Park, own: Option<&str>) -> Vec<String> {
    let is_other = |enterprise: &str| own != Some(enterprise);
    let mut secrets = Vec::new();
    for enterprise in park.enterprises.iter().filter(|enterprise| is_other(enterprise.id.as_str())) {
        secrets.extend([enterprise.id.to_string(), enterprise.name.vi.clone(), enterprise.name.en.clone()]);
        secrets.extend(enterprise.tax_code.clone());
    }
    for stream in park.streams.iter().filter(|stream| is_other(stream.enterprise.as_str())) {
        secrets.push(stream.id.to_string());
    }
    for measure in park.measures.iter().filter(|measure| is_other(measure.enterprise.as_str())) {
        secrets.push(measure.id.to_string());
    }
    secrets
}

/// Whether a word stands alone in a text, so that `E02` is not found inside a longer code.
fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(place, _)| {
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
        !joins(text[..place].chars().next_back()) && !joins(text[place + word.len()..].chars().next())
    })
}

async fn leaks(user: &str, own: Option<&str>) -> (Vec<String>, usize) {
    let app = app().await;
    let cookie = sign_in(&app, user).await;
    let (park, report) = sample();
    let secrets = secrets(&park, own);
    let mut leaks = Vec::new();
    let mut shown = 0;
    for address in addresses(&park, &report) {
        let (status, _, body) = get(&app, &cookie, &address).await;
        let is_other_measure = park
            .measures
            .iter()
            .any(|m| address.contains(&format!("/verify/{}?", m.id)) && own != Some(m.enterprise.as_str()));
        let is_whole_only =
            is_other_measure || address.contains("/report.") || address.contains(&format!("/api/parks/{PARK}/report"));
        let expected = if is_whole_only { StatusCode::FORBIDDEN } else { StatusCode::OK };
        // One exchange by its code is for the park alone.
        let is_exchange = address.contains("/matching/");
        assert!(status == expected || (is_exchange && status == StatusCode::FORBIDDEN), "{user} {address}: {status}");
        shown += usize::from(status == StatusCode::OK);
        let text = String::from_utf8_lossy(&body);
        leaks.extend(secrets.iter().filter(|secret| holds(&text, secret)).map(|secret| format!("{address}: {secret}")));
    }
    (leaks, shown)
}

#[tokio::test]
async fn an_enterprise_reads_of_no_other() {
    let (leaks, shown) = leaks("demo-enterprise", Some(OWN)).await;
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(shown > 100, "{shown} pages were read");
}

#[tokio::test]
async fn those_who_see_totals_read_of_no_enterprise() {
    for user in ["demo-ministry", "demo-board"] {
        let (leaks, shown) = leaks(user, None).await;
        assert!(leaks.is_empty(), "{user}: {leaks:#?}");
        assert!(shown > 100, "{shown} pages were read");
    }
}

#[tokio::test]
async fn the_operator_reads_every_page_and_nobody_reads_without_signing_in() {
    let app = app().await;
    let cookie = sign_in(&app, "demo-operator").await;
    let (park, report) = sample();
    let mut named = 0;
    for address in addresses(&park, &report) {
        let is_rejected = park.measures.iter().any(|measure| {
            address.contains(&format!("/verify/{}?", measure.id)) && measure.status == engine::park::Status::Rejected
        });
        let (status, _, body) = get(&app, &cookie, &address).await;
        assert_eq!(status, if is_rejected { StatusCode::NOT_FOUND } else { StatusCode::OK }, "{address}");
        let text = String::from_utf8_lossy(&body);
        assert!(!has_missing_key(&text), "{address}");
        named += usize::from(text.contains("Thép Mẫu 01"));
        if !address.starts_with("/api/parks?") {
            assert_eq!(get(&app, "", &address).await.0, StatusCode::UNAUTHORIZED, "{address}");
        }
    }
    // The leaks that other tests look for are there to be found.
    assert!(named > 10, "{named} pages name an enterprise");
}

/// A missing text shows as its key in brackets.
fn has_missing_key(text: &str) -> bool {
    let prefixes = [
        "assess-",
        "matching-",
        "plan-",
        "verify-",
        "report-",
        "steps-",
        "reason-",
        "obstacle-",
        "missing-",
        "ranking-",
    ];
    prefixes.iter().any(|prefix| text.contains(&format!("[{prefix}")))
}

#[tokio::test]
async fn files_have_their_kinds_and_languages() {
    let app = app().await;
    let operator = sign_in(&app, "demo-operator").await;
    let ministry = sign_in(&app, "demo-ministry").await;
    let kinds = [
        ("pdf", "application/pdf", &b"%PDF"[..]),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &b"PK"[..]),
        ("json", "application/json", &b"{"[..]),
    ];
    for (format, kind, start) in kinds {
        for language in ["vi", "en"] {
            let path = format!("/parks/{PARK}/report.{format}?lang={language}");
            let (status, found, body) = get(&app, &operator, &path).await;
            assert_eq!((status, found.as_str()), (StatusCode::OK, kind), "{path}");
            assert!(body.starts_with(start), "{path}");
            assert_eq!(get(&app, &ministry, &path).await.0, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[tokio::test]
async fn every_unconfirmed_criterion_is_marked() {
    let app = app().await;
    let (_, report) = sample();
    for user in ["demo-operator", "demo-ministry"] {
        let cookie = sign_in(&app, user).await;
        for assessment in &report.assessments {
            let path = format!("/parks/{PARK}/assess?framework={}", assessment.framework);
            let (_, _, body) = get(&app, &cookie, &path).await;
            let marks = String::from_utf8_lossy(&body).matches("class=\"mark unconfirmed\"").count();
            let unconfirmed = assessment.criteria.iter().filter(|criterion| criterion.unconfirmed).count();
            assert_eq!(marks, unconfirmed, "{path} as {user}");
        }
    }
}

#[tokio::test]
async fn who_finds_nobody_is_told_which_industries_to_ask_and_how_far_to_trust_that() {
    let app = app().await;
    for (user, sees) in [("demo-operator", true), ("demo-enterprise", true), ("demo-ministry", false)] {
        let cookie = sign_in(&app, user).await;
        for language in ["vi", "en"] {
            let (_, _, body) = get(&app, &cookie, &format!("/parks/{PARK}/matching?lang={language}")).await;
            let body = String::from_utf8_lossy(&body);
            assert_eq!(body.contains("id=\"ranking-quality\""), sees, "{user}");
            assert_eq!(body.contains("docs/methods/ranking.md"), sees, "{user}");
            let lists = body.matches("class=\"likely-takers\"").count();
            assert!(if user == "demo-operator" { lists > 0 } else { sees || lists == 0 }, "{user}: {lists}");
        }
    }
}
