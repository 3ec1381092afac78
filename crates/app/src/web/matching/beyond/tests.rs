//! Two parks, one of them marked in every text: what a search tells of those who agreed, and nothing of anybody else.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use engine::park::Direction;
use store::{Actor, Store, User, UserId};
use tower::ServiceExt;

use crate::auth::{self, Role};
use crate::state::App;
use crate::web::leaks::marked::{Marks, OTHER_PARK, PARK_MARK};
use crate::{catalogue, demo, web};

const PAGE: &str = "/parks/khu-mau/enterprises/E01/beyond?lang=en";

/// The sample park without anybody who takes, and a marked copy of it that takes its shrimp shells.
async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue).await.unwrap();
    let mut own = demo::example("khu-mau", catalogue).unwrap();
    let mut other = Marks::default().park(own.clone());
    own.streams.retain(|stream| stream.direction == Direction::Give);
    for stream in other.streams.iter_mut().filter(|stream| stream.id.as_str() == format!("{PARK_MARK}-T01")) {
        (stream.quantity.value, stream.price_vnd) = (3_713.0, Some(937_131.0));
    }
    let actor = Actor::system(1);
    for park in [&own, &other] {
        store.save_park(&actor, park, "two parks").await.unwrap();
    }
    for (id, enterprise) in [("taker", "E31"), ("silent", "E29")] {
        let user = User {
            id: UserId::new(id),
            name: format!("{PARK_MARK} {id}"),
            role: Role::EnterpriseEditor.code().to_string(),
            park: Some(ParkId::new(OTHER_PARK)),
            enterprise: Some(EnterpriseId::new(format!("{PARK_MARK}-{enterprise}"))),
            province: None,
            language: Language::Vi,
            password_hash: None,
            is_demo: true,
        };
        store.save_user(&actor, &user).await.unwrap();
    }
    App::new(store, catalogue, true, Some(jiff::civil::date(2025, 1, 31))).await.unwrap()
}

async fn send(app: &App, request: Request<Body>) -> (StatusCode, String, String) {
    let answer = web::router(app.clone()).oneshot(request).await.unwrap();
    let (status, cookie) = (answer.status(), answer.headers().get(header::SET_COOKIE).cloned());
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let cookie = cookie.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_string());
    (status, String::from_utf8_lossy(&bytes).into_owned(), cookie.unwrap_or_default())
}

async fn post(app: &App, cookie: &str, path: &str, body: String) -> (StatusCode, String, String) {
    let request = Request::post(path).header(header::COOKIE, cookie);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    send(app, request.body(Body::from(body)).unwrap()).await
}

async fn get(app: &App, cookie: &str, path: &str) -> String {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    let (status, text, _) = send(app, request).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    text
}

async fn enter(app: &App, user: &str) -> String {
    post(app, "", "/sign-in", format!("user={user}")).await.2
}

/// The own sharing page of the enterprise that takes shells, after it was told this.
async fn say(app: &App, cookie: &str, what: &str) {
    let page = format!("/parks/{OTHER_PARK}/enterprises/{PARK_MARK}-E31/sharing");
    let text = get(app, cookie, &page).await;
    let token = text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let (status, _, _) = post(app, cookie, &format!("{page}/beyond"), format!("csrf={token}&beyond={what}")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
}

fn codes(text: &str) -> Vec<&str> {
    text.split("<code>").skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

#[tokio::test]
async fn who_agrees_is_found_coded_and_who_withdraws_is_gone() {
    let app = app().await;
    let (own, taker) = (enter(&app, "demo-enterprise").await, enter(&app, "taker").await);
    let before = get(&app, &own, PAGE).await;
    assert!(codes(&before).is_empty() && before.contains("0 of 1 stream without a partner"), "nobody has agreed");

    say(&app, &taker, "open").await;
    let found = get(&app, &own, PAGE).await;
    let first = codes(&found).iter().map(|code| code.to_string()).collect::<Vec<_>>();
    assert_eq!(first.len(), 1);
    assert!(found.contains("1 of 1 stream") && found.contains("2,000–5,000 t") && found.contains("0–50 km"));
    assert!(found.contains("Manufacture of chemicals and chemical products"));
    // Nothing of who it is, and no figure of theirs.
    for told in [PARK_MARK, OTHER_PARK, "Other park", "Khu khác", "\"3713", "3,713", "937131", "937,131", "-E31", "T01"]
    {
        assert!(!found.contains(told), "{told}");
    }
    let vietnamese = get(&app, &own, "/parks/khu-mau/enterprises/E01/beyond?lang=vi").await;
    assert_eq!(codes(&vietnamese), first);
    assert!(!vietnamese.contains(PARK_MARK) && !vietnamese.contains("[beyond"));

    let rows = app.store.latest_audit(&auth::whole(), 1).await.unwrap();
    assert_eq!((rows[0].action.as_str(), rows[0].entity.as_str()), ("search", "beyond"));
    assert_eq!((rows[0].actor.as_str(), rows[0].entity_id.as_str()), ("demo-enterprise", first[0].as_str()));
    // Neither is the asking side told to those who were found.
    let theirs = get(&app, &taker, &format!("/parks/{OTHER_PARK}/enterprises/{PARK_MARK}-E31/sharing?lang=en")).await;
    assert!(theirs.contains("Open since") && !theirs.contains("demo-enterprise") && !theirs.contains("Lê Thị Hoa"));

    say(&app, &taker, "close").await;
    assert!(codes(&get(&app, &own, PAGE).await).is_empty(), "gone with the next request");
    say(&app, &taker, "open").await;
    let again = get(&app, &own, PAGE).await;
    assert!(codes(&again).len() == 1 && codes(&again) != first, "another code after another consent");
}

#[tokio::test]
async fn a_changed_park_is_looked_at_anew_and_each_asks_with_codes_of_its_own() {
    let app = app().await;
    let (own, taker, operator) =
        (enter(&app, "demo-enterprise").await, enter(&app, "taker").await, enter(&app, "demo-operator").await);
    say(&app, &taker, "open").await;
    let e01 = get(&app, &own, PAGE).await;
    // E02 gives shells as well; its operator looks in its place and reads another code for the same taker.
    let e02 = get(&app, &operator, "/parks/khu-mau/enterprises/E02/beyond?lang=en").await;
    assert_eq!((codes(&e01).len(), codes(&e02).len()), (1, 1));
    assert_ne!(codes(&e01), codes(&e02));
    // Who shared nothing with the operator is not looked for.
    let closed = get(&app, &operator, "/parks/khu-mau/enterprises/E25/beyond?lang=en").await;
    assert!(closed.contains("has not shared its streams") && codes(&closed).is_empty());

    let mut other = app.store.load_park(&auth::whole(), &ParkId::new(OTHER_PARK)).await.unwrap().unwrap();
    other.streams.retain(|stream| stream.id.as_str() != format!("{PARK_MARK}-T01"));
    app.store.save_park(&Actor::system(2), &other, "no shells").await.unwrap();
    assert!(codes(&get(&app, &own, PAGE).await).is_empty());
}

#[tokio::test]
async fn only_the_enterprise_itself_agrees() {
    let app = app().await;
    let form = async |cookie: &str, what: &str| {
        let text = get(&app, cookie, "/account").await;
        let token = text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        format!("csrf={token}&beyond={what}")
    };
    for user in ["demo-operator", "demo-consultant", "demo-administrator", "silent"] {
        let cookie = enter(&app, user).await;
        let body = form(&cookie, "open").await;
        let (status, _, _) = post(&app, &cookie, "/parks/khu-mau/enterprises/E01/sharing/beyond", body).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{user}");
    }
    assert!(app.store.findable(&auth::whole()).await.unwrap().is_empty());
    let own = enter(&app, "demo-enterprise").await;
    let body = form(&own, "perhaps").await;
    let (status, text, _) = post(&app, &own, "/parks/khu-mau/enterprises/E01/sharing/beyond?lang=en", body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("Choose to open or to withdraw"));
}
