//! The deal sheet over the sample park: page, answer of the API and files, and for whom.

use axum::http::{StatusCode, header};
use serde_json::Value;

use crate::web::observe::tests::Site;

const LIST: &str = "/parks/khu-mau/matching?period=2024";

async fn json(site: &Site, cookie: &str, path: &str) -> Value {
    serde_json::from_str(&site.get(cookie, path).await.text).unwrap()
}

#[tokio::test]
async fn the_sheet_comes_as_page_answer_and_files_to_those_who_see_the_whole_park() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let exchanges = json(&site, &operator, "/api/parks/khu-mau/exchanges?period=2024").await;
    let chosen = &exchanges["data"]["network"]["exchanges"][0];
    let code = format!("{}--{}", chosen["giver"].as_str().unwrap(), chosen["taker"].as_str().unwrap());

    let sheet = json(&site, &operator, &format!("/api/parks/khu-mau/exchanges/{code}?period=2024")).await;
    let (deal, split) = (&sheet["data"]["deal"], &sheet["data"]["split"]);
    assert_eq!(deal["is_in_network"], true);
    assert_eq!(deal["quantity"], chosen["quantity"]);
    let price = |name: &str| deal["price"][name].as_f64().unwrap();
    assert!(price("lowest_vnd") <= price("fair_vnd") && price("fair_vnd") <= price("highest_vnd"));
    let shares = split["shares"].as_array().unwrap();
    let sum: f64 = shares.iter().map(|share| share["shapley_vnd"].as_f64().unwrap()).sum();
    assert!((sum - split["worth_vnd"].as_f64().unwrap()).abs() < 1_000.0, "all of it is shared out");
    for rule in deal["law"]["conditions"].as_array().unwrap() {
        let rule = &rule["rule"];
        assert!(rule["unconfirmed"].is_boolean() && !rule["source"]["vi"].as_str().unwrap().is_empty(), "{rule}");
    }

    let path = format!("/parks/khu-mau/matching/{code}");
    for (language, words) in [
        ("vi", ["Khoảng giá cả hai cùng có lợi", "Pháp lý và giấy phép", "chưa được xác nhận"]),
        ("en", ["Prices at which both gain", "Law and licences", "unconfirmed"]),
    ] {
        let page = site.get(&operator, &format!("{path}?period=2024&lang={language}")).await;
        assert_eq!(page.status, StatusCode::OK);
        for word in words {
            assert!(page.text.contains(word), "{language}: {word}");
        }
    }
    for (format, kind) in [("pdf", "application/pdf"), ("docx", "wordprocessingml"), ("xlsx", "spreadsheetml")] {
        let file = site.raw(&operator, &format!("{path}/deal.{format}?period=2024")).await;
        let found = file.headers()[header::CONTENT_TYPE].to_str().unwrap().to_string();
        assert!(file.status() == StatusCode::OK && found.contains(kind), "{format}: {found}");
    }
    let seen = json(&site, &operator, "/api/parks/khu-mau/exchanges/none--none?period=2024").await;
    assert!(seen.get("data").is_none(), "what does not exist has no sheet: {seen}");

    let enterprise = site.enter("demo-enterprise").await;
    for address in [path.clone(), format!("{path}/deal.pdf"), format!("/api/parks/khu-mau/exchanges/{code}")] {
        assert_eq!(site.get(&enterprise, &address).await.status, StatusCode::FORBIDDEN, "{address}");
    }
}

#[tokio::test]
async fn what_is_likely_stands_apart_and_only_the_park_sees_it() {
    let site = Site::new().await;
    let operator = site.get(&site.enter("demo-operator").await, LIST).await.text;
    assert!(operator.contains("Có thể có nếu được xác nhận") && operator.contains("chờ xác nhận"));
    let enterprise = site.get(&site.enter("demo-enterprise").await, LIST).await.text;
    assert!(!enterprise.contains("Có thể có nếu được xác nhận"));
}
