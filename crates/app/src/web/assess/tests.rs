//! What the pages of a criterion say in the language of their reader.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::language::Language;
use store::Store;
use tower::ServiceExt;

use crate::catalogue::catalogue;
use crate::state::App;
use crate::{demo, web};

const MOST_BYTES: usize = 1024 * 1024;

async fn app() -> App {
    let catalogue = catalogue().expect("the catalogue has no faults");
    let store = Store::in_memory().await.expect("a store");
    demo::fill(&store, catalogue).await.expect("the sample data");
    App::new(store, catalogue, true, Some(jiff::civil::date(2025, 1, 31))).await.expect("the application")
}

async fn get(app: &App, cookie: &str, path: &str) -> String {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
    let response = web::router(app.clone()).oneshot(request).await.expect("the router answers");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let bytes = to_bytes(response.into_body(), MOST_BYTES).await.expect("a body");
    unescaped(std::str::from_utf8(&bytes).expect("a page is text"))
}

/// The few characters that templates write as references.
fn unescaped(page: &str) -> String {
    page.replace("&#62;", ">").replace("&#60;", "<").replace("&#38;", "&")
}

async fn sign_in(app: &App, user: &str) -> String {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .expect("a request");
    let response = web::router(app.clone()).oneshot(request).await.expect("the router answers");
    let cookie = response.headers().get(header::SET_COOKIE).expect("signed in").to_str().expect("plain text");
    cookie.split(';').next().unwrap_or_default().to_string()
}

#[tokio::test]
async fn a_criterion_is_told_in_the_readers_language() {
    let app = app().await;
    let operator = sign_in(&app, "demo-operator").await;
    for framework in app.catalogue.frameworks.values() {
        for criterion in &framework.criteria {
            for language in Language::ALL {
                let query = format!("framework={}&period=2024&lang={}", framework.id, language.code());
                let page = get(&app, &operator, &format!("/parks/khu-mau/assess/{}?{query}", criterion.id)).await;
                let texts = [&criterion.applies_to, &criterion.evidence, &criterion.source, &criterion.note];
                for text in texts.into_iter().filter(|text| !text.en.is_empty()) {
                    let (own, other) = (text.get(language), text.get(language.other()));
                    assert!(page.contains(&format!("<dd>{own}</dd>")), "{} {language:?}: {own}", criterion.id);
                    assert!(!page.contains(&format!("<dd>{other}</dd>")), "{} {language:?}: {other}", criterion.id);
                }
                if criterion.unconfirmed {
                    let source = criterion.source.get(language.other());
                    assert!(!page.contains(source), "{} {language:?}: {source}", criterion.id);
                }
            }
        }
    }
}
