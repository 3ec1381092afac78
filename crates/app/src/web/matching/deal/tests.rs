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

#[tokio::test]
async fn an_enterprise_has_a_sheet_of_its_own_without_the_other_side() {
    let site = Site::new().await;
    let own = site.enter("demo-enterprise").await;
    let list = site.get(&own, &format!("{LIST}&lang=en")).await.text;
    let path = list.split("href=\"").filter_map(|rest| rest.split('"').next());
    let path =
        path.filter(|path| path.contains("/enterprises/E01/deals/")).last().expect("an own exchange").to_string();
    let english = if path.contains('?') { "&lang=en" } else { "?lang=en" };
    let sheet = site.get(&own, &format!("{}{english}", path.replace("&amp;", "&"))).await;
    assert_eq!(sheet.status, StatusCode::OK);
    for word in ["Deal sheet", "You gain if you pay at most", "Disposal avoided", "What the law asks of you", "CO₂e"]
    {
        assert!(sheet.text.contains(word), "{word}");
    }
    assert!(!sheet.text.contains("[own-deal") && !sheet.text.contains("Purchase avoided"), "only the own side");
    // 288,000 VND for disposal is its own; 930,000 is what the other side buys at.
    assert!(sheet.text.contains("288.0") && !sheet.text.contains("930.0"));
    let taker = "Sample Chemicals";
    assert!(!sheet.text.contains(taker) && !sheet.text.contains("T01") && !sheet.text.contains("E31"));
    for (user, expected) in [("demo-ministry", StatusCode::FORBIDDEN), ("demo-operator", StatusCode::OK)] {
        let cookie = site.enter(user).await;
        assert_eq!(site.get(&cookie, &path.replace("&amp;", "&")).await.status, expected, "{user}");
    }
    let nobody = site.get(&own, "/parks/khu-mau/enterprises/E01/deals/G01/ZZ").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&own, "/parks/khu-mau/enterprises/E02/deals/G02/A").await.status, StatusCode::FORBIDDEN);
}
