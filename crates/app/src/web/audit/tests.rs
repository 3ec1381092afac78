//! Who sees what happened where, asked for as a browser asks.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::ids::{EnterpriseId, ParkId};
use engine::quantity::Amount;
use engine::source::Basis;
use jiff::civil::date;
use store::{Actor, Declared, RecordAt, Store};
use tower::ServiceExt;

use crate::auth;
use crate::state::App;
use crate::{catalogue, demo, web};

/// The sample data, with a correction of enterprise E01 and a second import that changes a stream of somebody else.
async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue).await.unwrap();
    let operator = Actor::new("demo-operator", "park-operator", 1_735_689_600_000_000);
    let mut park = store.load_park(&auth::whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap();
    let stream = park.streams.iter_mut().find(|stream| stream.enterprise != EnterpriseId::new("E01")).unwrap();
    stream.quantity.value = 98_765.0;
    store.save_park(&operator, &park, "").await.unwrap();
    let record = park.records.iter().find(|record| record.enterprise == EnterpriseId::new("E01")).unwrap();
    let at = RecordAt {
        park: park.id.clone(),
        enterprise: record.enterprise.clone(),
        resource: record.resource.clone(),
        period: record.period,
    };
    let declared = Declared {
        amount: Amount { value: 4_321.0, unit: record.amount.unit.clone() },
        basis: Basis::Invoiced,
        source: "Hóa đơn bản sửa".to_string(),
        cost_vnd: None,
    };
    store.correct_record(&operator, &auth::whole(), &at, &declared).await.unwrap();
    App::new(store, catalogue, true, Some(date(2026, 11, 1))).await.unwrap()
}

async fn ask(app: &App, cookie: &str, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    let response = web::router(app.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn sign_in(app: &App, user: &str) -> String {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .unwrap();
    let response = web::router(app.clone()).oneshot(request).await.unwrap();
    let cookie = response.headers().get(header::SET_COOKIE).expect("a session").to_str().unwrap();
    cookie.split(';').next().unwrap_or_default().to_string()
}

#[tokio::test]
async fn history_is_told_to_those_who_see_the_thing_by_name() {
    let app = app().await;
    let park = app.store.load_park(&auth::whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap();
    let stream = park.streams.iter().find(|stream| stream.quantity.value == 98_765.0).unwrap();
    let stream_path = format!("/parks/khu-mau/history/streams/{}", stream.id);
    let owner_path = format!("/parks/khu-mau/enterprises/{}/history", stream.enterprise);

    let operator = sign_in(&app, "demo-operator").await;
    let (status, page) = ask(&app, &operator, "/parks/khu-mau/history").await;
    assert_eq!(status, StatusCode::OK);
    // Who by name, and both figures of both changes.
    for part in ["Nguyễn Văn An", "4.321", "98.765", "→"] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(ask(&app, &operator, &stream_path).await.1.contains("98.765"));
    assert!(ask(&app, &operator, &owner_path).await.1.contains("98.765"));
    assert!(!ask(&app, &operator, &owner_path).await.1.contains("4.321"));

    // The enterprise sees its own change and nothing of the other's.
    let enterprise = sign_in(&app, "demo-enterprise").await;
    for path in ["/parks/khu-mau/history", "/parks/khu-mau/enterprises/E01/history"] {
        let (status, page) = ask(&app, &enterprise, path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(page.contains("4.321") && !page.contains("98.765"), "{path}");
    }
    assert_eq!(ask(&app, &enterprise, &stream_path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&app, &enterprise, &owner_path).await.0, StatusCode::FORBIDDEN);

    // Those who see totals see that something happened, and no figure of it.
    for user in ["demo-administrator", "demo-ministry"] {
        let cookie = sign_in(&app, user).await;
        let (status, page) = ask(&app, &cookie, "/parks/khu-mau/history").await;
        assert_eq!(status, StatusCode::OK, "{user}");
        assert!(page.contains("Nguyễn Văn An") && !page.contains("98.765") && !page.contains("4.321"), "{user}");
        assert_eq!(ask(&app, &cookie, &owner_path).await.0, StatusCode::FORBIDDEN, "{user}");
        assert_eq!(ask(&app, &cookie, &stream_path).await.0, StatusCode::FORBIDDEN, "{user}");
    }
    assert_eq!(ask(&app, "", "/parks/khu-mau/history").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app, &operator, "/parks/khu-mau/history/streams/none").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_has_its_history_without_names_or_passwords() {
    let app = app().await;
    let administrator = sign_in(&app, "demo-administrator").await;
    let (status, page) = ask(&app, &administrator, "/audit/users/demo-operator").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("hệ thống") && page.contains("cam kết") && !page.contains("hmac:"), "{page}");
    let operator = sign_in(&app, "demo-operator").await;
    assert_eq!(ask(&app, &operator, "/account/history").await.0, StatusCode::OK);
    assert_eq!(ask(&app, &operator, "/audit/users/demo-ministry").await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&app, &administrator, "/audit/users/nobody").await.0, StatusCode::NOT_FOUND);
}
