//! The page as its readers get it, on the sample park.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use engine::ids::{ParkId, SiteLinkId};
use engine::language::Label;
use engine::park::StreamKind;
use engine::park::works::{Charged, CostBasis, LinkMeans, SiteLink, YearlyCost};
use store::{Actor, Store};
use tower::ServiceExt;

use crate::state::App;
use crate::{auth, catalogue, demo, web};

const PAGE: &str = "/parks/khu-mau/matching/network";

struct Visit {
    app: App,
    cookie: String,
}

impl Visit {
    async fn of(user: &str) -> Visit {
        let catalogue = catalogue::catalogue().unwrap();
        let store = Store::in_memory().await.unwrap();
        demo::fill(&store, catalogue).await.unwrap();
        let app = App::new(store, catalogue, true, Some(jiff::civil::date(2025, 1, 31))).await.unwrap();
        let cookie = enter(&app, user).await;
        Visit { app, cookie }
    }

    /// Status, where it leads, and the text.
    async fn ask(&self, method: Method, path: &str, body: &str) -> (StatusCode, String, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = web::router(self.app.clone()).oneshot(request).await.unwrap();
        let status = answer.status();
        let place = answer.headers().get(header::LOCATION).map(|at| at.to_str().unwrap().to_string());
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, place.unwrap_or_default(), String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, query: &str) -> (StatusCode, String) {
        let (status, _, text) = self.ask(Method::GET, &format!("{PAGE}?lang=en{query}"), "").await;
        (status, text)
    }

    async fn csrf(&self) -> String {
        let (_, text) = self.get("").await;
        text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string()
    }
}

async fn enter(app: &App, user: &str) -> String {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .unwrap();
    let answer = web::router(app.clone()).oneshot(request).await.unwrap();
    answer.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_string()
}

#[tokio::test]
async fn the_first_line_is_the_answer_with_its_proof() {
    let visit = Visit::of("demo-operator").await;
    let (status, text) = visit.get("").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("The network of greatest benefit: ") && text.contains("(proved best)"));
    assert!(!text.contains("[network-") && !text.contains("network-first"), "a key without a text");
    for id in ["network-figure", "curve-figure", "scenarios", "failures", "links", "draws"] {
        assert!(text.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let (_, by_co2e) = visit.get("&objective=co2e").await;
    assert!(by_co2e.contains("The network that avoids most emissions: "));
    assert!(by_co2e.contains("could not be weighed"));
    let (_, point) = visit.get("&curve=disposal&point=2").await;
    assert!(point.contains("Point 2 of the trade-off curve: "));
}

#[tokio::test]
async fn scenarios_stand_side_by_side_and_faults_are_told_at_once() {
    let visit = Visit::of("demo-operator").await;
    let (status, text) = visit.get("&a.leaves=E37&b.haulage=3&b.objective=co2e").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("Benefit against the base: A: ") && text.contains("; B: "));
    let (status, text) = visit.get("&a.leaves=E99&b.haulage=much&curve=x&point=0&objective=y").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for fault in ["E99", "much", "Trade-off curve, curve", "Trade-off curve, point", "Objective, objective"] {
        assert!(text.contains(fault), "{fault}");
    }
    // What a form sends empty is not kept in the address.
    let (status, place, _) = visit.ask(Method::GET, &format!("{PAGE}?objective=co2e&a.leaves=&point="), "").await;
    assert_eq!((status, place.as_str()), (StatusCode::SEE_OTHER, "/parks/khu-mau/matching/network?objective=co2e"));
}

#[tokio::test]
async fn draws_run_beside_the_page_and_belong_to_who_started_them() {
    let visit = Visit::of("demo-operator").await;
    let csrf = visit.csrf().await;
    let action = format!("{PAGE}/draws?lang=en");
    let (status, _, text) = visit.ask(Method::POST, &action, &format!("csrf={csrf}&draws=5&seed=x&price=200")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("draws: 5") && text.contains("seed: ") && text.contains("price: 200"), "all faults");

    let (status, place, _) = visit.ask(Method::POST, &action, &format!("csrf={csrf}&draws=200&seed=7")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let path = place.split('#').next().unwrap().to_string();
    let mut text = String::new();
    for _ in 0..600 {
        text = visit.ask(Method::GET, &path, "").await.2;
        if text.contains("draws-figure") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(text.contains("200 draws, seed 7"), "the answer stands on the page");
    let job = path.split("job=").nth(1).unwrap().split('&').next().unwrap();
    let request = Request::get(format!("{PAGE}/draws/{job}")).header(header::COOKIE, &visit.cookie);
    let request = request.header("HX-Request", "true").body(Body::empty()).unwrap();
    let answer = web::router(visit.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["hx-refresh"], "true", "a watching page loads the answer");
    // Of another objective it is not told.
    let (_, _, text) = visit.ask(Method::GET, &format!("{path}&objective=co2e"), "").await;
    assert!(text.contains("compute it again") && !text.contains("draws-figure"));

    let other = Visit { app: visit.app.clone(), cookie: enter(&visit.app, "demo-consultant").await };
    let (status, _, text) = other.ask(Method::GET, &path, "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!text.contains("draws-figure"), "a job is its starter's");
    let csrf = other.csrf().await;
    let (status, _, _) = other.ask(Method::POST, &format!("{PAGE}/draws/{job}/cancel"), &format!("csrf={csrf}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_job_can_be_stopped() {
    let visit = Visit::of("demo-operator").await;
    let csrf = visit.csrf().await;
    let (_, place, _) = visit.ask(Method::POST, &format!("{PAGE}/draws"), &format!("csrf={csrf}&draws=10000")).await;
    let job = place.split("job=").nth(1).unwrap().split(['&', '#']).next().unwrap();
    let cancel = format!("{PAGE}/draws/{job}/cancel?lang=en");
    let (status, place, _) = visit.ask(Method::POST, &cancel, &format!("csrf={csrf}")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, _, text) = visit.ask(Method::GET, place.split('#').next().unwrap(), "").await;
    assert!(text.contains("was cancelled"));
}

/// The sample park with a pipe for water that costs so much by the year.
pub async fn with_a_pipe(app: &App, running_vnd: f64) {
    let mut park = app.store.load_park(&auth::whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap();
    park.works.links = vec![SiteLink {
        id: SiteLinkId::new("L1"),
        name: Label { vi: "Ống".to_string(), en: "Pipe".to_string() },
        means: LinkMeans::Pipe,
        giver: None,
        taker: None,
        kind: Some(StreamKind::Water),
        charged: Charged::Once,
        cost: YearlyCost { running_vnd: Some(running_vnd), investment: None },
        capacity: None,
        basis: CostBasis::Quoted,
        source: "test".to_string(),
    }];
    app.store.save_park(&Actor::system(1), &park, "a pipe").await.unwrap();
}

#[tokio::test]
async fn in_a_park_with_links_everything_comes_when_a_job_has_computed_it() {
    let visit = Visit::of("demo-operator").await;
    with_a_pipe(&visit.app, 60e6).await;
    let (status, stopped) = visit.get("&stopped=1").await;
    assert_eq!(status, StatusCode::OK);
    assert!(stopped.contains("network has not been computed") && !stopped.contains("network-figure"));
    let (status, _, text) = visit.ask(Method::GET, "/api/parks/khu-mau/network?stopped=1", "").await;
    assert_eq!((status, text.as_str()), (StatusCode::ACCEPTED, "{\"done\":0,\"of\":0}"));
    // Once another page has had the network chosen, it is known here.
    let (status, _, _) = visit.ask(Method::GET, "/parks/khu-mau/plan", "").await;
    assert_eq!(status, StatusCode::OK);
    let (_, stopped) = visit.get("&stopped=1").await;
    assert!(stopped.contains("network-figure") && stopped.contains("The computation was cancelled"));
    assert!(!stopped.contains("curve-figure") && !stopped.contains("[waiting"));
    let (_, beside) = visit.get("&stopped=1&a.leaves=E37").await;
    assert!(beside.contains("network-figure") && beside.contains("the comparison appears here"));
    assert!(beside.contains("Is computed after the network and the scenarios"));
    for part in ["failures", "scenarios?a.leaves=E37"] {
        let stopped = format!("{part}{}stopped=1", if part.contains('?') { '&' } else { '?' });
        let (status, _, text) = visit.ask(Method::GET, &format!("/api/parks/khu-mau/network/{stopped}"), "").await;
        assert_eq!((status, text.as_str()), (StatusCode::ACCEPTED, "{\"done\":0,\"of\":0}"), "{part}");
    }
    let mut text = String::new();
    for _ in 0..60 {
        text = visit.get("").await.1;
        if text.contains("curve-figure") {
            break;
        }
    }
    assert!(text.contains("curve-figure") && text.contains("Pipe"), "the answer stands on the page");
    let (_, beside) = visit.get("&a.leaves=E37").await;
    assert!(beside.contains("Benefit against the base: A: "), "scenarios of small problems come at once");
    let (status, _, _) = visit.ask(Method::GET, "/api/parks/khu-mau/network/failures?stopped=1", "").await;
    assert_eq!(status, StatusCode::OK, "what is known is told");
    let (status, _, _) = visit.ask(Method::GET, "/parks/khu-mau/matching/jobs/none", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_those_who_see_every_enterprise_come_in() {
    for user in ["demo-ministry", "demo-enterprise", "demo-board"] {
        let visit = Visit::of(user).await;
        let (status, text) = visit.get("").await;
        assert!(status == StatusCode::FORBIDDEN || status == StatusCode::UNAUTHORIZED, "{user}: {status}");
        assert!(!text.contains("Thép Mẫu"), "{user}");
    }
}

#[tokio::test]
async fn programs_read_what_the_page_shows() {
    let visit = Visit::of("demo-operator").await;
    let read = async |rest: &str| {
        let (status, _, text) = visit.ask(Method::GET, &format!("/api/parks/khu-mau/network{rest}"), "").await;
        assert_eq!(status, StatusCode::OK, "{rest}: {text}");
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["data"].clone()
    };
    let (base, co2e) = (read("").await, read("?objective=co2e").await);
    assert_eq!((base["unit"].as_str(), co2e["unit"].as_str()), (Some("VND"), Some("t CO2e")));
    assert_eq!((&base["value"], base["is_proved_best"].as_bool()), (&base["bound"], Some(true)));
    let total = |network: &serde_json::Value, of: &str| network["totals"][of].as_f64().unwrap();
    assert!(
        total(&co2e, "co2e_t") >= total(&base, "co2e_t") && total(&co2e, "benefit_vnd") < total(&base, "benefit_vnd")
    );
    let sum: f64 =
        base["exchanges"].as_array().unwrap().iter().map(|exchange| exchange["benefit_vnd"].as_f64().unwrap()).sum();
    assert!((sum - total(&base, "benefit_vnd")).abs() < 1.0);

    let curve = read("/tradeoff?curve=disposal").await;
    assert_eq!(
        (curve["against"].as_str(), &curve["points"][0]["benefit_vnd"]),
        (Some("disposal"), &base["totals"]["benefit_vnd"])
    );
    let compared = read("/scenarios?a.leaves=E37&b.haulage=3").await;
    assert_eq!(compared["scenarios"][0]["says"]["leaves"], "E37");
    assert!(total(&compared["scenarios"][0]["network"], "benefit_vnd") < total(&compared["base"], "benefit_vnd"));
    assert!(!compared["scenarios"][1]["changes"].as_array().unwrap().is_empty());
    let failures = read("/failures").await;
    assert!(failures["partners"][0]["loss"].as_f64() > Some(0.0) && failures["exchanges"][0]["loss"].is_number());

    let wrong = "/api/parks/khu-mau/network/scenarios?objective=y&a.leaves=E99&curve=x";
    let (status, _, text) = visit.ask(Method::GET, wrong, "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(faults["faults"].as_array().unwrap().len(), 3, "{text}");
    // Each enterprise is shown that its exchanges were read.
    let rows = visit.app.store.latest_audit(&crate::auth::whole(), 1).await.unwrap();
    assert_eq!((rows[0].action.as_str(), rows[0].entity_id.as_str()), ("look", "api/network/failures"));
    for user in ["demo-ministry", "demo-enterprise"] {
        let other = Visit { app: visit.app.clone(), cookie: enter(&visit.app, user).await };
        let (status, _, _) = other.ask(Method::GET, "/api/parks/khu-mau/network/failures", "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{user}");
    }
}
