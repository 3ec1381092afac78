//! The laboratory, asked for as a browser asks.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use jiff::civil::date;
use store::Store;
use tower::ServiceExt;

use crate::page::token_hash;
use crate::state::App;
use crate::{catalogue, demo, web};

async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue).await.unwrap();
    App::new(store, catalogue, true, Some(date(2025, 1, 31))).await.unwrap()
}

struct Person {
    cookie: String,
    csrf: String,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
    cookie: Option<String>,
}

async fn answer(app: &App, request: Request<Body>) -> Answer {
    let response = web::router(app.clone()).oneshot(request).await.unwrap();
    let value = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_string());
    let (status, cookie) = (response.status(), value(header::SET_COOKIE));
    let location = value(header::LOCATION).unwrap_or_default();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, location, text: String::from_utf8_lossy(&body).into_owned(), cookie }
}

async fn enter(app: &App, user: &str) -> Person {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .unwrap();
    let cookie = answer(app, request).await.cookie.expect("a session");
    let cookie = cookie.split(';').next().unwrap_or_default().to_string();
    let token = cookie.split_once('=').unwrap().1;
    let session = app.store.session_user(&token_hash(token), app.now_us()).await.unwrap().unwrap().session;
    Person { cookie, csrf: session.csrf }
}

async fn get(app: &App, person: &Person, path: &str) -> Answer {
    let request = Request::get(path).header(header::COOKIE, &person.cookie).body(Body::empty()).unwrap();
    answer(app, request).await
}

async fn post(app: &App, person: &Person, path: &str, form: &str) -> Answer {
    let request = Request::post(path)
        .header(header::COOKIE, &person.cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("csrf={}&{form}", person.csrf)))
        .unwrap();
    answer(app, request).await
}

#[tokio::test]
async fn a_form_leads_to_a_short_address_whose_page_tells_who_flips() {
    let app = app().await;
    let ministry = enter(&app, "demo-ministry").await;
    let sent = "/policy?framework=vn-decree-35-2022&VN35-37-2B.target=5&VN35-37-2B.direction=&VN35-37-2C.target=";
    let led = get(&app, &ministry, sent).await;
    assert_eq!(led.status, StatusCode::SEE_OTHER);
    assert_eq!(led.location, "/policy?framework=vn-decree-35-2022&VN35-37-2B.target=5");
    let page = get(&app, &ministry, &led.location).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("2 trên 2 khu đổi kết quả"), "{}", page.text);
    let flips = page.text.split("<section id=\"flips\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(flips.contains("Khu công nghiệp Mẫu") && flips.contains("data-value=\"-3\""), "{flips}");
    let english = get(&app, &ministry, &format!("{}&lang=en", led.location)).await;
    assert!(english.text.contains("2 of 2 parks change an outcome") && !english.text.contains("[policy-"));
}

#[tokio::test]
async fn every_fault_of_an_address_is_told_and_nothing_is_tried() {
    let app = app().await;
    let ministry = enter(&app, "demo-ministry").await;
    let path = "/policy?VN35-37-2C.target=120&NONE.target=3&VN35-37-2B.min_employees=100";
    let page = get(&app, &ministry, path).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = page.text.split("class=\"faults\"").nth(1).unwrap().split("</section>").next().unwrap();
    for part in ["VN35-37-2C.target", "NONE", "VN35-37-2B.min_employees"] {
        assert!(faults.contains(part), "{part}: {faults}");
    }
    assert_eq!(faults.matches("<li>").count(), 3);
    assert!(page.text.contains("value=\"120\""), "what was typed stays");
    assert_eq!(get(&app, &ministry, "/policy/note.pdf?VN35-37-2C.target=120").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&app, &ministry, "/policy?framework=none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_board_tries_rules_on_the_parks_of_its_province() {
    let app = app().await;
    // The sample park lies in province 92; a board of another sees none.
    let board = enter(&app, "demo-board").await;
    assert!(get(&app, &board, "/policy").await.text.contains("0 trên 1 khu"));
    let mut other = app.store.user(&store::UserId::new("demo-board")).await.unwrap().unwrap();
    other.province = Some("01".to_string());
    app.store.save_user(&store::Actor::system(1), &other).await.unwrap();
    let board = enter(&app, "demo-board").await;
    let page = get(&app, &board, "/policy").await.text;
    assert!(page.contains("Chưa có khu nào") && !page.contains("Khu công nghiệp Mẫu"), "{page}");
    for user in ["demo-operator", "demo-enterprise", "demo-consultant"] {
        let person = enter(&app, user).await;
        assert_eq!(get(&app, &person, "/policy").await.status, StatusCode::FORBIDDEN, "{user}");
        assert!(!get(&app, &person, "/").await.text.contains("href=\"/policy\""), "{user}");
    }
}

#[tokio::test]
async fn a_scenario_is_kept_shared_compared_and_taken_away() {
    let app = app().await;
    let (ministry, board) = (enter(&app, "demo-ministry").await, enter(&app, "demo-board").await);
    let save = async |name: &str, target: u32, shared: &str| {
        let changes = format!("%5Brow.VN35-37-2B%5D%0Atarget%20%3D%20{target}.0%0A");
        let form = format!("name={name}&framework=vn-decree-35-2022&changes={changes}{shared}");
        post(&app, &ministry, "/policy/scenarios", &form).await
    };
    let (first, second) = (save("Ba", 3, "").await, save("Mot", 4, "&shared=1").await);
    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER), "{}", first.text);
    let opened = get(&app, &ministry, &first.location).await;
    assert_eq!(opened.location, "/policy?framework=vn-decree-35-2022&VN35-37-2B.target=3.0");
    let id = |answer: &Answer| answer.location.rsplit('/').next().unwrap().to_string();
    let (own, shared) = (id(&first), id(&second));

    // A board opens what was shared and nothing else, and takes nothing away.
    assert_eq!(get(&app, &board, &first.location).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&app, &board, &second.location).await.status, StatusCode::SEE_OTHER);
    let withdraw = format!("/policy/scenarios/{shared}/withdraw");
    assert_eq!(post(&app, &board, &withdraw, "").await.status, StatusCode::NOT_FOUND);

    let compared = get(&app, &ministry, &format!("/policy/compare?first={own}&second={shared}")).await;
    assert_eq!(compared.status, StatusCode::OK, "{}", compared.text);
    assert!(compared.text.contains("Ba") && compared.text.contains("Mot") && compared.text.contains("id=\"counts\""));

    let stop = format!("/policy/scenarios/{shared}/share");
    assert_eq!(post(&app, &ministry, &stop, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(get(&app, &board, &second.location).await.status, StatusCode::NOT_FOUND);
    assert_eq!(post(&app, &ministry, &withdraw, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(get(&app, &ministry, &second.location).await.status, StatusCode::NOT_FOUND);

    // Without a name or without a change nothing is kept.
    let nameless = save("", 3, "").await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let empty = post(&app, &ministry, "/policy/scenarios", "name=A&framework=vn-decree-35-2022&changes=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let log = app.store.latest_audit(&crate::auth::whole(), 100).await.unwrap();
    let acts: Vec<&str> = log.iter().filter(|row| row.entity == "scenario").map(|row| row.action.as_str()).collect();
    assert_eq!(acts, ["withdraw", "share", "save", "save"]);
}

#[tokio::test]
async fn the_note_is_handed_out_for_word_and_as_pdf() {
    let app = app().await;
    let ministry = enter(&app, "demo-ministry").await;
    let note = get(&app, &ministry, "/policy/note.docx?VN35-37-2B.target=5").await;
    assert!(note.status == StatusCode::OK && note.text.starts_with("PK"));
    let toml = get(&app, &ministry, "/policy/changes.toml?VN35-37-2B.target=5").await;
    assert_eq!(toml.text, "[row.VN35-37-2B]\ntarget = 5.0\n");
}
