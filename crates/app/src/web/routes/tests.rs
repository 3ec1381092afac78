//! Every way in, tried by every role on what is theirs and on what is not. The list of ways in is the router's own;
//! what each role may is said here once more, in the words of the design, so that a rule that is changed by mistake
//! is found.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use engine::ids::ParkId;
use store::Store;
use tower::ServiceExt;

use super::{Door, Rule};
use crate::auth::{self, DossierRight, Role};
use crate::page::token_hash;
use crate::state::App;
use crate::{catalogue, demo, web};

/// The park where the demo's people work, and one where none of them does.
const OWN_PARK: &str = "khu-mau";
const OTHER_PARK: &str = "kalundborg";
/// The enterprise that the demo's energy officer works for, and another of the same park.
const OWN_ENTERPRISE: &str = "E01";
const OTHER_ENTERPRISE: &str = "E02";
/// A measure of each.
const OWN_MEASURE: &str = "A02";
const OTHER_MEASURE: &str = "A01";
/// A meter of the other; the own enterprise has none.
const OTHER_METER: &str = "M1";

struct Person {
    role: Role,
    cookie: String,
    csrf: String,
}

/// A place that a route is asked about.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Resource {
    park: &'static str,
    enterprise: &'static str,
    measure: &'static str,
}

const RESOURCES: [Resource; 3] = [
    Resource { park: OWN_PARK, enterprise: OWN_ENTERPRISE, measure: OWN_MEASURE },
    Resource { park: OWN_PARK, enterprise: OTHER_ENTERPRISE, measure: OTHER_MEASURE },
    Resource { park: OTHER_PARK, enterprise: OTHER_ENTERPRISE, measure: OTHER_MEASURE },
];

/// The design's word on who may: the matrix of roles, rules and resources.
fn may(role: Role, rule: Rule, at: Resource) -> bool {
    let is_own_park = at.park == OWN_PARK;
    let runs_park = matches!(role, Role::ParkOperator | Role::Consultant) && is_own_park;
    let is_own_enterprise = role == Role::EnterpriseEditor && is_own_park && at.enterprise == OWN_ENTERPRISE;
    let receives = role == Role::ProvincialBoard && is_own_park;
    let keeps_procedure = role == Role::ProvincialBoard && is_own_park;
    match rule {
        Rule::Public => true,
        Rule::SignedIn => role != Role::Public,
        Rule::Park => match role {
            Role::Public => false,
            Role::EnterpriseEditor | Role::ParkOperator | Role::Consultant | Role::ProvincialBoard => is_own_park,
            Role::Ministry | Role::ProgrammeOfficer | Role::Administrator | Role::Machine => true,
        },
        Rule::WholePark | Rule::ImportPark => runs_park,
        Rule::Enterprise | Rule::EditEnterprise | Rule::Measure | Rule::Row => runs_park || is_own_enterprise,
        Rule::Meter => runs_park,
        Rule::ShareEnterprise | Rule::WriteEnterpriseForm | Rule::SubmitEnterpriseForm => is_own_enterprise,
        Rule::ParkForm => runs_park || receives,
        Rule::WriteParkForm => runs_park,
        Rule::SubmitParkForm => role == Role::ParkOperator && is_own_park,
        Rule::ReceiveForm => receives,
        Rule::EnterpriseForm => runs_park || is_own_enterprise || receives,
        Rule::AssignPark | Rule::ApproveRecords | Rule::SelfAssess => role == Role::ParkOperator && is_own_park,
        Rule::ReviewAssess => matches!(role, Role::Consultant | Role::ProvincialBoard) && is_own_park,
        Rule::Register => matches!(
            role,
            Role::Ministry | Role::Administrator | Role::ProvincialBoard | Role::ParkOperator | Role::Consultant
        ),
        Rule::RegisterImports => matches!(role, Role::Ministry | Role::Administrator | Role::ProvincialBoard),
        Rule::Dossiers => {
            let has_part =
                matches!(role, Role::EnterpriseEditor | Role::ParkOperator | Role::Consultant | Role::ProvincialBoard);
            (has_part && is_own_park) || role == Role::Ministry
        }
        Rule::EnterpriseDossier => is_own_enterprise || keeps_procedure,
        // A dossier that is not there is looked for like one of the park.
        Rule::Dossier(DossierRight::Prepare) => runs_park,
        Rule::Dossier(DossierRight::Start | DossierRight::Write) => runs_park || keeps_procedure,
        Rule::Dossier(DossierRight::See | DossierRight::Opine) => {
            runs_park || keeps_procedure || role == Role::Ministry
        }
        Rule::EditNation => matches!(role, Role::Ministry | Role::Administrator),
        Rule::Policy => {
            matches!(role, Role::Ministry | Role::ProgrammeOfficer | Role::Administrator | Role::ProvincialBoard)
        }
        Rule::Log | Rule::People | Rule::EditFrameworks => role == Role::Administrator,
        Rule::Invite => matches!(role, Role::Administrator | Role::ParkOperator | Role::EnterpriseEditor),
    }
}

async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue).await.unwrap();
    App::new(store, catalogue, true, Some(jiff::civil::date(2025, 1, 31))).await.unwrap()
}

async fn enter(app: &App, role: Role) -> Person {
    if role == Role::Public {
        return Person { role, cookie: String::new(), csrf: String::new() };
    }
    let users = app.store.users().await.unwrap();
    // The operator of the neighbouring park has the same role and another park.
    let user = users
        .iter()
        .find(|user| user.is_demo && user.role == role.code() && user.id.as_str() != "demo-neighbour")
        .expect("the demo has every role");
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={}", user.id)))
        .unwrap();
    let response = web::router(app.clone()).oneshot(request).await.unwrap();
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    let cookie = cookies
        .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
        .find(|cookie| cookie.contains("session"))
        .expect("a session")
        .to_string();
    let token = cookie.split_once('=').unwrap().1;
    let session = app.store.session_user(&token_hash(token), app.now_us()).await.unwrap().unwrap().session;
    Person { role, cookie, csrf: session.csrf }
}

/// The address of a door at a resource, with something real for every other name in it.
fn address(path: &str, at: Resource) -> String {
    let names = [
        ("{park}", at.park),
        ("{enterprise}", at.enterprise),
        ("{measure}", at.measure),
        ("{meter}", OTHER_METER),
        ("{form}", if path.contains("{enterprise}") { "vn-b4" } else { "vn-a4" }),
        ("{field}", if path.contains("{enterprise}") { "B4-III-P3.2" } else { "A4-III-1.2.3" }),
        ("{format}", "json"),
        ("{sheet}", "measures"),
        ("{row}", at.measure),
        ("{user}", "demo-operator"),
        ("{resource}", "electricity"),
        ("{month}", "2024-01"),
        ("{evidence}", "none"),
        ("{dossier}", "none"),
        ("{framework}", "vn-decree-35-2022"),
        ("{criterion}", "VN35-37-1C2"),
        ("{option}", "dry-cleaning-first"),
        ("{exchange}", "none"),
        ("{kind}", "sample"),
        ("{status}", "verified"),
        ("{code}", "92"),
        ("{import}", "none"),
        ("{series}", "parks"),
        ("{job}", "none"),
        ("{scenario}", "none"),
        ("{stream}", "G01"),
        ("{partner}", "A"),
        ("{file}", "provinces_2025.geojson"),
        ("{*path}", "app.css"),
    ];
    let address = names.into_iter().fold(path.to_string(), |path, (name, value)| path.replace(name, value));
    assert!(!address.contains('{'), "{path}: this test does not know what to put for a name in it");
    address
}

async fn ask(app: &App, person: &Person, door: &Door, at: Resource, csrf: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(door.method.clone())
        .uri(address(door.path, at))
        .header(header::COOKIE, &person.cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(if door.method == Method::POST { format!("csrf={csrf}") } else { String::new() }))
        .unwrap();
    let response = web::router(app.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// The number of the log's newest row, and whether it is a refusal.
async fn newest_row(app: &App) -> (i64, bool) {
    let rows = app.store.latest_audit(&auth::whole(), 1).await.unwrap();
    rows.first().map_or((0, false), |row| (row.seq, row.action == "refuse"))
}

/// Doors that end the session they are asked in.
fn ends_session(door: &Door) -> bool {
    door.path == "/sign-out"
}

#[tokio::test]
async fn each_role_passes_the_doors_that_are_open_to_it_and_no_other() {
    let app = app().await;
    let doors = web::routes().doors;
    assert!(doors.len() > 30, "the router lists its doors");
    let mut tried = 0;
    let mut refused = 0;
    for role in Role::ALL {
        let person = enter(&app, role).await;
        for door in doors.iter().filter(|door| !ends_session(door)) {
            for at in RESOURCES.into_iter().take(if door.path.contains("{park}") { 3 } else { 1 }) {
                let (before, _) = newest_row(&app).await;
                let (status, body) = ask(&app, &person, door, at, &person.csrf).await;
                let what = format!("{} {} {} at {at:?}: {status}", role.code(), door.method, door.path);
                tried += 1;
                if may(role, door.rule, at) {
                    let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
                    assert!(!is_refused && !status.is_server_error(), "{what}");
                    continue;
                }
                refused += 1;
                let expected = if role == Role::Public { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
                assert_eq!(status, expected, "{what}");
                assert!(!body.contains("Thủy sản Mẫu") && !body.contains("Thép Mẫu"), "{what} names an enterprise");
                let (after, is_refusal) = newest_row(&app).await;
                let is_logged = is_refusal && after > before;
                assert_eq!(is_logged, role != Role::Public, "{what}: who is known and refused stands in the log");
            }
        }
    }
    assert!(tried > 500 && refused > 150, "{tried} tried, {refused} refused");
}

#[test]
fn the_page_about_access_is_up_to_date() {
    let kept = include_str!("../../../../../docs/access.md");
    assert_eq!(kept, super::access_page(&web::routes().doors), "./run docs writes it anew");
}

#[tokio::test]
async fn a_figure_of_an_enterprise_is_asked_for_by_name_only_by_those_who_may_see_it() {
    let app = app().await;
    for role in Role::ALL {
        let person = enter(&app, role).await;
        for at in RESOURCES {
            let path = format!("/parks/{}/figures/total/electricity?enterprise={}", at.park, at.enterprise);
            let request = Request::get(path).header(header::COOKIE, &person.cookie).body(Body::empty()).unwrap();
            let status = web::router(app.clone()).oneshot(request).await.unwrap().status();
            let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert_eq!(is_refused, !may(role, Rule::Enterprise, at), "{role:?} {at:?}: {status}");
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_without_the_token_of_the_session() {
    let app = app().await;
    let at = RESOURCES[0];
    let before = app.store.park_revision(&ParkId::new(OWN_PARK)).await.unwrap();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Public) {
        let person = enter(&app, role).await;
        let other = enter(&app, role).await;
        let doors = web::routes().doors.into_iter().filter(|door| door.method == Method::POST);
        for door in doors {
            for csrf in ["", "0", &other.csrf] {
                let (status, _) = ask(&app, &person, &door, at, csrf).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{:?} {} with token `{csrf}`", person.role, door.path);
            }
        }
    }
    assert_eq!(app.store.park_revision(&ParkId::new(OWN_PARK)).await.unwrap(), before);
}

#[tokio::test]
async fn a_change_comes_from_our_own_pages() {
    let app = app().await;
    let person = enter(&app, Role::EnterpriseEditor).await;
    let path = format!("/parks/{OWN_PARK}/enterprises/{OWN_ENTERPRISE}/records");
    for (name, value, expected) in [
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-origin", StatusCode::OK),
        ("origin", "https://elsewhere.example", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
        ("origin", "http://here.example", StatusCode::OK),
    ] {
        let request = Request::post(&path)
            .header(header::COOKIE, &person.cookie)
            .header(header::HOST, "here.example")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::from(format!("csrf={}&resource=electricity", person.csrf)))
            .unwrap();
        let status = web::router(app.clone()).oneshot(request).await.unwrap().status();
        assert_eq!(status, expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_so_and_nothing_is_kept() {
    let app = app().await;
    let person = enter(&app, Role::EnterpriseEditor).await;
    let path = format!("/parks/{OWN_PARK}/enterprises/{OWN_ENTERPRISE}/records");
    let request = Request::post(&path)
        .header(header::COOKIE, &person.cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("csrf={}&resource={}", person.csrf, "x".repeat(1_100_000))))
        .unwrap();
    let status = web::router(app.clone()).oneshot(request).await.unwrap().status();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_it_may_do() {
    let app = app().await;
    for path in ["/", "/sign-in", "/nowhere", "/assets/app.css", "/api/parks", "/api/parks/khu-mau/report", "/audit"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = web::router(app.clone()).oneshot(request).await.unwrap();
        let headers = response.headers();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        let kept = headers[header::CACHE_CONTROL].to_str().unwrap();
        assert_eq!(kept, if path.starts_with("/assets/") { "public, max-age=3600" } else { "no-store" }, "{path}");
    }
}
