//! What was withdrawn, ended or has run out closes with the next request, and looks leave their trace.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::ids::{EnterpriseId, ParkId};
use jiff::civil::{Date, date};
use store::{Receiver, Scope, Share, Store, Subject, UserId};
use tower::ServiceExt;

use crate::auth::{User, whole};
use crate::state::App;
use crate::{catalogue, demo, web};

const OWN: &str = "/parks/khu-mau/enterprises/E01";

async fn filled() -> Store {
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue::catalogue().unwrap()).await.unwrap();
    store
}

async fn on(store: &Store, today: Date) -> App {
    App::new(store.clone(), catalogue::catalogue().unwrap(), true, Some(today)).await.unwrap()
}

async fn send(app: &App, request: Request<Body>) -> (StatusCode, String, String) {
    let answer = web::router(app.clone()).oneshot(request).await.unwrap();
    let status = answer.status();
    let cookie = answer.headers().get(header::SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_string());
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let cookie = cookie.unwrap_or_default().split(';').next().unwrap_or_default().to_string();
    (status, String::from_utf8_lossy(&bytes).into_owned(), cookie)
}

fn post(path: &str, cookie: &str, body: String) -> Request<Body> {
    let request = Request::post(path).header(header::COOKIE, cookie);
    request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body)).unwrap()
}

async fn enter(app: &App, user: &str) -> String {
    send(app, post("/sign-in", "", format!("user={user}"))).await.2
}

async fn get(app: &App, cookie: &str, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    let (status, text, _) = send(app, request).await;
    (status, text)
}

fn token(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

async fn own_scope(store: &Store) -> Scope {
    let stored = store.user(&UserId::new("demo-enterprise")).await.unwrap().unwrap();
    User::of(&stored).unwrap().scope()
}

async fn streams_shared_with_the_operator(store: &Store) -> Option<Share> {
    let shares = store.shares(&own_scope(store).await, &ParkId::new("khu-mau")).await.unwrap();
    let is_it = |share: &Share| share.subject == Subject::Streams && share.receiver == Receiver::Operator;
    shares.into_iter().rev().find(is_it)
}

#[tokio::test]
async fn what_is_withdrawn_is_gone_with_the_next_request_and_comes_back_when_shared() {
    let store = filled().await;
    let app = on(&store, date(2025, 1, 31)).await;
    let (operator, own) = (enter(&app, "demo-operator").await, enter(&app, "demo-enterprise").await);
    let of_e01 = store.load_park(&whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap();
    let stream = of_e01.streams.iter().find(|stream| stream.enterprise.as_str() == "E01").unwrap().id.to_string();
    let sees = async || {
        let exchanges = get(&app, &operator, "/api/parks/khu-mau/exchanges").await.1;
        exchanges.contains(&format!("\"{stream}\""))
    };
    assert!(sees().await);

    let page = get(&app, &own, &format!("{OWN}/sharing")).await.1;
    let share = streams_shared_with_the_operator(&store).await.unwrap();
    let form = format!("csrf={}&id={}", token(&page), share.id);
    // Somebody else cannot withdraw it, nor can it be done without the form's token.
    assert_eq!(
        send(&app, post(&format!("{OWN}/sharing/withdraw"), &operator, form.clone())).await.0,
        StatusCode::FORBIDDEN
    );
    let bare = format!("id={}", share.id);
    assert_eq!(send(&app, post(&format!("{OWN}/sharing/withdraw"), &own, bare)).await.0, StatusCode::FORBIDDEN);
    assert!(sees().await);
    assert_eq!(send(&app, post(&format!("{OWN}/sharing/withdraw"), &own, form)).await.0, StatusCode::SEE_OTHER);
    assert!(!sees().await);
    let matching = get(&app, &operator, "/parks/khu-mau/matching?lang=en").await.1;
    assert!(matching.contains("by-products of 3 enterprises"));

    let form = format!("csrf={}&subject=streams&receiver=operator&ends_on=2025-02-01", token(&page));
    assert_eq!(send(&app, post(&format!("{OWN}/sharing/share"), &own, form)).await.0, StatusCode::SEE_OTHER);
    assert!(sees().await);
    // Nothing was changed since, but the day is another.
    let later = on(&store, date(2025, 2, 2)).await;
    assert!(!get(&later, &operator, "/api/parks/khu-mau/exchanges").await.1.contains(&format!("\"{stream}\"")));
}

#[tokio::test]
async fn every_fault_of_a_form_is_told_at_once() {
    let store = filled().await;
    let app = on(&store, date(2025, 1, 31)).await;
    let own = enter(&app, "demo-enterprise").await;
    let page = get(&app, &own, &format!("{OWN}/sharing")).await.1;
    let form = format!("csrf={}&subject=everybody&receiver=demo-ministry&ends_on=2024-01-01", token(&page));
    let (status, text, _) = send(&app, post(&format!("{OWN}/sharing/share?lang=en"), &own, form)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["subject", "receiver", "ends_on"] {
        assert!(text.contains(&format!("<a href=\"#{field}\">")), "{field}");
    }
    assert!(text.contains("between 31/01/2025"));
}

#[tokio::test]
async fn an_assignment_that_ended_or_ran_out_closes_the_park() {
    let store = filled().await;
    let app = on(&store, date(2025, 1, 31)).await;
    let (operator, consultant) = (enter(&app, "demo-operator").await, enter(&app, "demo-consultant").await);
    let status = async |app: &App| get(app, &consultant, "/parks/khu-mau/observe").await.0;
    assert_eq!(status(&app).await, StatusCode::OK);
    assert_eq!(status(&on(&store, date(2030, 12, 31)).await).await, StatusCode::OK);
    assert_eq!(status(&on(&store, date(2031, 1, 1)).await).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&on(&store, date(2023, 12, 31)).await).await, StatusCode::FORBIDDEN);

    let page = get(&app, &operator, "/parks/khu-mau/sharing").await.1;
    let id = page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let form = format!("csrf={}&id={id}", token(&page));
    assert_eq!(send(&app, post("/parks/khu-mau/sharing/end", &operator, form)).await.0, StatusCode::SEE_OTHER);
    assert_eq!(status(&app).await, StatusCode::FORBIDDEN);

    // An enterprise gives its own assignment: all of it, and nothing of its neighbours.
    let own = enter(&app, "demo-enterprise").await;
    let page = get(&app, &own, &format!("{OWN}/sharing")).await.1;
    let form = format!("csrf={}&consultant=demo-consultant&assigned_until=2025-06-30", token(&page));
    assert_eq!(send(&app, post(&format!("{OWN}/sharing/assign"), &own, form)).await.0, StatusCode::SEE_OTHER);
    assert_eq!(get(&app, &consultant, OWN).await.0, StatusCode::OK);
    assert_eq!(get(&app, &consultant, "/parks/khu-mau/enterprises/E02").await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&app, &consultant, &format!("{OWN}/sharing")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&app, &consultant, "/parks/khu-mau/report.json").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn looks_by_others_are_shown_and_own_looks_are_not() {
    let store = filled().await;
    let app = on(&store, date(2025, 1, 31)).await;
    let (operator, own) = (enter(&app, "demo-operator").await, enter(&app, "demo-enterprise").await);
    let looks = async || {
        let scope = own_scope(&store).await;
        let rows = store.looks_at(&scope, &ParkId::new("khu-mau"), &EnterpriseId::new("E01"), 50).await.unwrap();
        rows.into_iter().map(|row| (row.entity, row.actor)).collect::<Vec<_>>()
    };
    for path in [OWN.to_string(), format!("{OWN}/sharing"), format!("{OWN}/history/electricity/2024-03")] {
        assert_eq!(get(&app, &own, &path).await.0, StatusCode::OK);
    }
    assert_eq!(looks().await, []);
    let paths = [
        OWN.to_string(),
        format!("{OWN}/history/electricity/2024-03"),
        "/parks/khu-mau/figures/total/electricity?enterprise=E01".to_string(),
        "/parks/khu-mau/verify/A02".to_string(),
        "/parks/khu-mau/figures/claim/A02".to_string(),
        "/parks/khu-mau/report.xlsx".to_string(),
        "/parks/khu-mau/workbook.xlsx".to_string(),
        "/api/parks/khu-mau/balance".to_string(),
    ];
    for path in &paths {
        assert_eq!(get(&app, &operator, path).await.0, StatusCode::OK, "{path}");
    }
    // A page that was refused or is not there shows nothing, and is no look.
    let ministry = enter(&app, "demo-ministry").await;
    assert_eq!(get(&app, &ministry, OWN).await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&app, &operator, "/parks/khu-mau/enterprises/E02").await.0, StatusCode::OK);
    let found = looks().await;
    let kinds: Vec<&str> = found.iter().rev().map(|(entity, _)| entity.as_str()).collect();
    assert_eq!(kinds, ["enterprise", "record", "figure", "measure", "measure", "export", "export", "export"]);
    assert!(found.iter().all(|(_, actor)| actor == "demo-operator"));
    let page = get(&app, &own, &format!("{OWN}/sharing?lang=en")).await.1;
    assert!(page.contains("Nguyễn Văn An") && page.contains("A file of the whole park: report.xlsx"));
}
