//! Signing in and the account, tried as browsers and attackers would: each test has a store of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::Language;
use store::{Account, Actor, ApiToken, Store, User, UserId};
use tower::ServiceExt;

use crate::auth::{self, Role};
use crate::page::token_hash;
use crate::state::App;
use crate::{catalogue, demo, password, web};

const PASSWORD: &str = "cá tra bơi ngược sông Hậu";
const OTHER_PASSWORD: &str = "mưa rơi trên mái tôn đỏ";
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

async fn app() -> App {
    let store = Store::in_memory().await.unwrap();
    let app = App::new(store, catalogue::catalogue().unwrap(), false, None).await.unwrap();
    add(&app, "lan", Role::Administrator).await;
    app
}

async fn add(app: &App, id: &str, role: Role) -> Account {
    let account = Account {
        user: User {
            id: UserId::new(id),
            name: "Trần Thị Lan".to_string(),
            role: role.code().to_string(),
            park: Some(ParkId::new("khu-mau")),
            enterprise: (role == Role::EnterpriseEditor).then(|| EnterpriseId::new("E01")),
            province: None,
            language: Language::Vi,
            password_hash: Some(password::hash_now(PASSWORD).unwrap()),
            is_demo: false,
        },
        mail: Some(format!("{id}@example.org")),
        organisation: None,
        is_active: true,
        has_second_factor: false,
        is_erased: false,
    };
    app.store.save_account(&Actor::system(app.now_us()), &account).await.unwrap();
    account
}

/// A browser: it keeps cookies and knows the token of its forms.
struct Browser {
    app: App,
    cookies: BTreeMap<String, String>,
    address: SocketAddr,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// What stands between two marks in the page.
    fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no `{before}` in {}", self.body));
        rest.split_once(after).unwrap().0.to_string()
    }
}

impl Browser {
    fn new(app: &App) -> Browser {
        Browser::at(app, "203.0.113.1")
    }

    fn at(app: &App, address: &str) -> Browser {
        let address = SocketAddr::new(address.parse().unwrap(), 4000);
        Browser { app: app.clone(), cookies: BTreeMap::new(), address }
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(self.address));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        let response = web::router(self.app.clone()).oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_string(), value.to_string());
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(serde_urlencoded::to_string(fields).unwrap()))
            .unwrap();
        self.send(request).await
    }

    async fn csrf(&self) -> String {
        let Some(token) = self.session() else { return String::new() };
        let found = self.app.store.session_user(&token_hash(token), self.app.now_us()).await.unwrap();
        found.map(|found| found.session.csrf).unwrap_or_default()
    }

    fn session(&self) -> Option<&String> {
        self.cookies.iter().find(|(name, _)| name.ends_with("congsinh_session")).map(|(_, value)| value)
    }

    async fn sign_in(&mut self, user: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("user", user), ("password", password)]).await
    }

    async fn is_in(&mut self) -> bool {
        self.get("/account").await.status == StatusCode::OK
    }
}

/// The letters of the outbox, once there are so many; waits for them, as they leave after the answer.
async fn letters(app: &App, expected: usize) -> Vec<String> {
    let folder: PathBuf = app.people.mail.folder().unwrap().to_path_buf();
    for _ in 0..200 {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        if files.len() >= expected {
            return files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{expected} letters were expected in {}", folder.display());
}

/// The token in the link of a letter; lines of a letter are folded at `=`.
fn token_in(letter: &str) -> String {
    let text = letter.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once("token=").unwrap_or_else(|| panic!("no link in {text}"));
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}

#[tokio::test]
async fn a_session_that_was_planted_stays_a_strangers() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    let planted = "0".repeat(64);
    browser.cookies.insert("congsinh_session".to_string(), planted.clone());
    assert_eq!(browser.sign_in("lan", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let first = browser.session().unwrap().clone();
    assert_ne!(first, planted);
    assert!(browser.is_in().await);

    // Whoever signs in again gets another token, and the first is worth nothing any more.
    browser.sign_in("lan@example.org", PASSWORD).await;
    assert_ne!(browser.session(), Some(&first));
    let mut thief = Browser::new(&app);
    for stolen in [planted, first] {
        thief.cookies.insert("congsinh_session".to_string(), stolen);
        assert!(!thief.is_in().await);
    }
}

#[tokio::test]
async fn strangers_lock_out_strangers_and_not_the_owner() {
    let app = app().await;
    let mut owner = Browser::at(&app, "198.51.100.7");
    owner.sign_in("lan", PASSWORD).await;
    owner.post("/sign-out", &[]).await;

    let mut refused = 0;
    for number in 0..30 {
        let mut stranger = Browser::at(&app, &format!("203.0.113.{number}"));
        let answer = stranger.sign_in("lan", "wrong password").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused += 1;
            let seconds: u64 = answer.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds));
        } else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    assert!((19..=20).contains(&refused), "{refused} of 30 were refused");
    let mut stranger = Browser::at(&app, "192.0.2.1");
    assert_eq!(stranger.sign_in("lan", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);

    // The owner's device has tries of its own: a slip of the finger, then in.
    assert_eq!(owner.sign_in("lan", "slip").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(owner.sign_in("lan", PASSWORD).await.status, StatusCode::SEE_OTHER);

    // From a new device a letter helps, and makes that device known.
    stranger.post("/sign-in/lost", &[("mail", "lan@example.org")]).await;
    let token = token_in(&letters(&app, 1).await[0]);
    let answer = stranger.post("/sign-in/reset", &[("token", &token), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    stranger.post("/sign-out", &[]).await;
    assert_eq!(stranger.sign_in("lan", OTHER_PASSWORD).await.status, StatusCode::SEE_OTHER);

    let rows = app.store.latest_audit(&auth::whole(), 1_000).await.unwrap();
    let failed = rows.iter().filter(|row| row.action == "fail to sign in" && row.entity_id == "lan").count();
    assert_eq!(failed, 30 - refused + 1, "tries that failed stand in the log");
}

#[tokio::test]
async fn one_address_cannot_try_one_name_after_the_other() {
    let app = app().await;
    let mut stranger = Browser::new(&app);
    let mut refused = 0;
    for number in 0..60 {
        let answer = stranger.sign_in(&format!("name-{number}"), "x").await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 15, "{refused} of 60 were refused");
}

#[tokio::test]
async fn a_lost_password_tells_nobody_who_has_an_account() {
    let app = app().await;
    let mut owner = Browser::new(&app);
    owner.sign_in("lan", PASSWORD).await;

    let mut stranger = Browser::at(&app, "192.0.2.1");
    let known = stranger.post("/sign-in/lost", &[("mail", "LAN@example.org")]).await;
    let unknown = stranger.post("/sign-in/lost", &[("mail", "nobody@example.org")]).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    let letters = letters(&app, 1).await;
    assert_eq!(letters.len(), 1);
    let token = token_in(&letters[0]);

    let weak = stranger.post("/sign-in/reset", &[("token", &token), ("password", "password123")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = stranger.post("/sign-in/reset", &[("token", "00"), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = stranger.post("/sign-in/reset", &[("token", &token), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert!(!owner.is_in().await, "sessions from before end");

    let mut again = Browser::new(&app);
    let replayed = again.post("/sign-in/reset", &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.sign_in("lan", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let lan = UserId::new("lan");
    let past = app.now_us() - DAY_US;
    app.store.allow_reset(&Actor::system(past), &lan, &token_hash("late"), past + 1).await.unwrap();
    assert_eq!(again.get("/sign-in/reset?token=late").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    const TIMES: usize = 9;
    let app = app().await;
    let mut quickest = Vec::new();
    let mut bodies = Vec::new();
    for user in ["lan", "nobody"] {
        let mut times = Vec::new();
        for number in 0..TIMES {
            let mut stranger = Browser::at(&app, &format!("203.0.113.{number}"));
            let start = Instant::now();
            let answer = stranger.sign_in(user, "wrong password").await;
            times.push(start.elapsed().as_secs_f64());
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            bodies.push(answer.body);
        }
        // The quickest of several: what else the machine does makes a try slower, never quicker.
        quickest.push(times.into_iter().fold(f64::INFINITY, f64::min));
    }
    let ratio = quickest[0] / quickest[1];
    // Without a hash the unknown name would be many times as quick.
    assert!((1.0 / 3.0..3.0).contains(&ratio), "{quickest:?}");
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_renews_this_one() {
    let app = app().await;
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&app));
    here.sign_in("lan", PASSWORD).await;
    there.sign_in("lan", PASSWORD).await;
    let before = here.session().unwrap().clone();
    let wrong = here.post("/account/password", &[("old", "wrong"), ("new", OTHER_PASSWORD)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own_name = here.post("/account/password", &[("old", PASSWORD), ("new", "tran thi lan")]).await;
    assert!(own_name.body.contains("tên"), "it says why");
    assert_eq!(own_name.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(there.is_in().await);
    let right = here.post("/account/password", &[("old", PASSWORD), ("new", OTHER_PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert!(here.is_in().await && !there.is_in().await);
    assert_ne!(here.session(), Some(&before));
}

#[tokio::test]
async fn a_session_is_listed_and_ended_by_its_owner_alone() {
    let app = app().await;
    add(&app, "minh", Role::Ministry).await;
    let (mut here, mut there, mut other) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    here.sign_in("lan", PASSWORD).await;
    there.sign_in("lan", PASSWORD).await;
    other.sign_in("minh", PASSWORD).await;
    let there_hash = token_hash(there.session().unwrap());
    other.post("/account/sessions", &[("session", &there_hash)]).await;
    assert!(there.is_in().await, "nobody ends another's session");
    assert!(here.get("/account").await.body.contains(&there_hash));
    here.post("/account/sessions", &[("session", &there_hash)]).await;
    assert!(!there.is_in().await && here.is_in().await);
    let without = Request::post("/account/sessions")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("session=others"))
        .unwrap();
    assert_eq!(here.send(without).await.status, StatusCode::FORBIDDEN, "without the form's token");
}

#[tokio::test]
async fn behind_https_cookies_are_held_to_this_host() {
    let mut app = app().await;
    app.is_behind_proxy = true;
    let mut browser = Browser::new(&app);
    let answer = browser.sign_in("lan", PASSWORD).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-congsinh_session="), "{cookie}");
    for mark in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.contains(mark), "{mark} in {cookie}");
    }
    assert!(browser.is_in().await);
    let token = browser.session().unwrap().clone();
    browser.cookies = BTreeMap::from([("congsinh_session".to_string(), token)]);
    assert!(!browser.is_in().await, "a cookie without the prefix could come from a neighbouring host");
}

fn code_now(secret: &str) -> String {
    let totp = web::sign_in::code::totp(secret, "lan").unwrap();
    totp.generate_current().to_string()
}

#[tokio::test]
async fn a_second_factor_is_asked_and_each_code_works_once() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    browser.sign_in("lan", PASSWORD).await;
    let before = browser.session().unwrap().clone();
    let page = browser.get("/account/second-factor").await;
    let secret = page.between("class=\"key\">", "</code>").replace(' ', "");
    assert!(page.body.contains("data:image/png;base64,"));
    assert_eq!(
        browser.post("/account/second-factor", &[("code", "000000x")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let code = code_now(&secret);
    let done = browser.post("/account/second-factor", &[("code", &code)]).await;
    assert_eq!(done.status, StatusCode::OK);
    let list = done.between("<ul class=\"codes\">", "</ul>");
    let codes: Vec<String> = list.split("<code>").skip(1).map(|rest| rest[..23].to_string()).collect();
    assert_eq!(codes.len(), 10);
    assert_ne!(browser.session(), Some(&before), "a new session after the second factor");
    assert!(browser.is_in().await);

    let mut second = Browser::new(&app);
    let answer = second.sign_in("lan", PASSWORD).await;
    assert_eq!(answer.location(), "/sign-in/code");
    assert!(!second.is_in().await, "the password alone opens nothing");
    let replayed = second.post("/sign-in/code", &[("code", &code)]).await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY, "the code that confirmed it is used up");
    let recovered = second.post("/sign-in/code", &[("code", &codes[0])]).await;
    assert_eq!(recovered.status, StatusCode::SEE_OTHER);
    assert!(second.is_in().await);

    let mut third = Browser::new(&app);
    third.sign_in("lan", PASSWORD).await;
    let again = third.post("/sign-in/code", &[("code", &codes[0])]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a recovery code works once");
    let mut last = StatusCode::OK;
    for _ in 0..8 {
        last = third.post("/sign-in/code", &[("code", "123456")]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_is_led_to_set_it_up() {
    let mut app = app().await;
    let mail = app.people.mail.clone();
    let mut people = crate::people::People::new(mail);
    people.second_factor_roles.insert(Role::Administrator);
    app.people = Arc::new(people);
    let mut browser = Browser::new(&app);
    let answer = browser.sign_in("lan", PASSWORD).await;
    assert_eq!(answer.location(), "/account/second-factor");
    for path in ["/audit", "/account", "/"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/second-factor"), "{path}");
    }
    assert_eq!(browser.get("/api/parks").await.status, StatusCode::FORBIDDEN);
    let page = browser.get("/account/second-factor").await;
    let secret = page.between("class=\"key\">", "</code>").replace(' ', "");
    browser.post("/account/second-factor", &[("code", &code_now(&secret))]).await;
    assert_eq!(browser.get("/audit").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_invitation_makes_one_account_with_what_it_offers() {
    let app = app().await;
    demo::fill(&app.store, app.catalogue).await.unwrap();
    add(&app, "an", Role::ParkOperator).await;
    let mut operator = Browser::new(&app);
    operator.sign_in("an", PASSWORD).await;
    let page = operator.get("/invitations").await;
    assert!(page.body.contains("organisation:enterprise-khu-mau-E02"), "an operator invites enterprises of the park");
    let place = "organisation:enterprise-khu-mau-E02";
    for (mail, place) in [("not a mail", place), ("hoa@example.org", "none"), ("an@example.org", place)] {
        let answer = operator.post("/invitations", &[("mail", mail), ("place", place)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{mail} {place}");
    }
    // The role that is asked for beside does not count for an operator.
    let fields = [("mail", "hoa@example.org"), ("place", place), ("role", "administrator"), ("language", "vi")];
    assert_eq!(operator.post("/invitations", &fields).await.status, StatusCode::SEE_OTHER);
    let token = token_in(&letters(&app, 1).await[0]);

    let mut invited = Browser::new(&app);
    assert_eq!(invited.get(&format!("/sign-in/invitation?token={token}")).await.status, StatusCode::OK);
    let fields = [("token", token.as_str()), ("name", "Lê Thị Hoa"), ("language", "en"), ("password", PASSWORD)];
    let answer = invited.post("/sign-in/invitation", &fields).await;
    assert_eq!(answer.location(), "/parks/khu-mau/enterprises/E02");
    let account = app.store.account_by_mail("HOA@example.org").await.unwrap().unwrap();
    assert_eq!(account.user.role, "enterprise-editor");
    assert_eq!(account.user.language, Language::En);

    let mut again = Browser::new(&app);
    let replayed = again.post("/sign-in/invitation", &fields).await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY);

    let fields = [("mail", "binh@example.org"), ("place", place)];
    operator.post("/invitations", &fields).await;
    let letters = letters(&app, 2).await;
    let open = app.store.invitation_for("binh@example.org", app.now_us()).await.unwrap().unwrap();
    operator.post("/invitations/revoke", &[("invitation", &open.offer.id)]).await;
    let taken_back = letters.iter().map(|letter| token_in(letter)).find(|other| *other != token).unwrap();
    let answer = again.get(&format!("/sign-in/invitation?token={taken_back}")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(operator.get("/people").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_demo_user_signs_in_only_under_the_demo() {
    let app = app().await;
    demo::fill(&app.store, app.catalogue).await.unwrap();
    let mut demo = app.clone();
    demo.is_demo = true;
    let mut there = Browser::new(&demo);
    assert_eq!(there.sign_in("demo-administrator", "").await.status, StatusCode::SEE_OTHER);
    assert!(there.is_in().await);
    let session = there.session().unwrap().clone();
    for user in ["demo-administrator", "demo-operator", "demo-enterprise"] {
        let mut here = Browser::new(&app);
        assert_eq!(here.sign_in(user, "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "{user}");
        assert!(!here.get("/sign-in").await.body.contains(user));
    }
    let mut here = Browser::new(&app);
    here.cookies.insert("congsinh_session".to_string(), session);
    assert!(!here.is_in().await, "a session from a demo opens nothing elsewhere");
}

async fn ask(browser: &mut Browser, method: Method, path: &str, token: &str) -> StatusCode {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty())
        .unwrap();
    browser.send(request).await.status
}

#[tokio::test]
async fn a_token_opens_what_it_says_and_no_more() {
    let app = app().await;
    demo::fill(&app.store, app.catalogue).await.unwrap();
    add(&app, "minh", Role::Ministry).await;
    let mut owner = Browser::new(&app);
    owner.sign_in("minh", PASSWORD).await;
    let mut program = Browser::at(&app, "192.0.2.9");
    let (balance, other) = ("/api/parks/khu-mau/balance", "/api/parks/kalundborg/balance");
    let fields = [("name", "bảng điều khiển"), ("scope", "read"), ("days", "30"), ("park", "khu-mau")];
    let page = owner.post("/account/tokens", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    let token = page.between("<code class=\"key\">", "</code>");
    assert!(token.starts_with("cs_"));
    assert!(!owner.get("/account").await.body.contains(&token), "it is shown once");

    assert_eq!(ask(&mut program, Method::GET, balance, &token).await, StatusCode::OK);
    assert_eq!(ask(&mut program, Method::GET, other, &token).await, StatusCode::UNAUTHORIZED, "another park");
    assert_eq!(ask(&mut program, Method::POST, "/parks/khu-mau/import", &token).await, StatusCode::FORBIDDEN);
    for path in ["/account", "/account/export.json", "/people", "/audit", "/invitations"] {
        assert_eq!(ask(&mut program, Method::GET, path, &token).await, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(ask(&mut owner, Method::GET, "/account", &token).await, StatusCode::FORBIDDEN, "the cookie beside it");
    assert_eq!(ask(&mut owner, Method::GET, balance, "cs_unknown").await, StatusCode::UNAUTHORIZED);

    let minh = UserId::new("minh");
    let kept = app.store.tokens_of(&minh, app.now_us()).await.unwrap();
    assert!(kept[0].last_used_us.is_some());
    owner.post("/account/tokens/revoke", &[("token", &kept[0].id)]).await;
    assert_eq!(ask(&mut program, Method::GET, balance, &token).await, StatusCode::UNAUTHORIZED, "revoked");

    let past = app.now_us() - DAY_US;
    let late = ApiToken { id: "late".to_string(), created_at_us: past, expires_at_us: past + 1, ..kept[0].clone() };
    app.store.create_token(&Actor::system(past), &late, &token_hash("cs_late")).await.unwrap();
    assert_eq!(ask(&mut program, Method::GET, balance, "cs_late").await, StatusCode::UNAUTHORIZED, "run out");

    for (name, value) in [("days", "366"), ("days", "0"), ("scope", "all"), ("park", "nowhere"), ("name", " ")] {
        let mut fields = BTreeMap::from([("name", "x"), ("scope", "read"), ("days", "30"), ("park", "")]);
        fields.insert(name, value);
        let answer = owner.post("/account/tokens", &fields.into_iter().collect::<Vec<_>>()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}");
    }
}

#[tokio::test]
async fn what_is_kept_is_exported_and_erased_and_the_log_stays_whole() {
    let app = app().await;
    add(&app, "minh", Role::Ministry).await;
    let (mut administrator, mut minh) = (Browser::new(&app), Browser::new(&app));
    administrator.sign_in("lan", PASSWORD).await;
    minh.sign_in("minh", PASSWORD).await;
    let export = minh.get("/account/export.json").await;
    let export: serde_json::Value = serde_json::from_str(&export.body).unwrap();
    assert_eq!(export["mail"], "minh@example.org");
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert!(!export.to_string().contains("argon2"), "no hash leaves the store");

    let unsure = administrator.post("/people/person", &[("user", "minh"), ("act", "erase")]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let itself = administrator.post("/people/person", &[("user", "lan"), ("act", "deactivate")]).await;
    assert_eq!(itself.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("user", "minh"), ("act", "erase"), ("sure", "yes")];
    assert_eq!(administrator.post("/people/person", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(!minh.is_in().await);
    let erased = app.store.account(&UserId::new("minh")).await.unwrap().unwrap();
    assert!(erased.is_erased && erased.mail.is_none() && erased.user.name.is_empty());
    assert!(erased.user.password_hash.is_none());
    assert_eq!(Browser::new(&app).sign_in("minh", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(app.store.verify_audit().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn somebody_deactivated_is_out_at_once() {
    let app = app().await;
    add(&app, "minh", Role::Ministry).await;
    let (mut administrator, mut minh) = (Browser::new(&app), Browser::new(&app));
    administrator.sign_in("lan", PASSWORD).await;
    minh.sign_in("minh", PASSWORD).await;
    administrator.post("/people/person", &[("user", "minh"), ("act", "deactivate")]).await;
    assert!(!minh.is_in().await);
    assert_eq!(minh.sign_in("minh", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    administrator.post("/people/person", &[("user", "minh"), ("act", "activate")]).await;
    assert_eq!(minh.sign_in("minh", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let unfit = [("user", "minh"), ("act", "role"), ("role", "enterprise-editor")];
    let answer = administrator.post("/people/person", &unfit).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "no enterprise to edit for");
}
