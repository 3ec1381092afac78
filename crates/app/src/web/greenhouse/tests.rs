//! Greenhouse gas accounts through the pages and the API, over the sample park: who sees what.

use axum::http::StatusCode;
use serde_json::Value;

use crate::web::enterprise::tests::Person;
use crate::web::observe::tests::Site;

const OWN: &str = "/parks/khu-mau/enterprises/E01/greenhouse-gases?period=2024";
const PARK: &str = "/parks/khu-mau/greenhouse-gases?period=2024";

#[tokio::test]
async fn an_enterprise_sees_its_account_line_by_line() {
    let site = Site::new().await;
    let own = Person::at(&site, "demo-enterprise", "/").await;
    let text = site.get(&own.cookie, OWN).await.text;
    for word in [
        "Cộng phạm vi 1",
        "theo hợp đồng: chưa biết",
        "ipcc-2006, ipcc-ar5",
        "thay cho năm chưa công bố",
        "vn-grid-2023",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert!(!text.contains("[greenhouse-"), "raw keys");
    let english = site.get(&own.cookie, &format!("{OWN}&lang=en")).await.text;
    assert!(english.contains("Scope 2 by contracts") && !english.contains("[greenhouse-"));

    let told = own.api(&site, &format!("/api{OWN}")).await;
    let lines = told["lines"].as_array().unwrap();
    assert!(lines.iter().all(|line| line["enterprise"] == "E01" && line["digest"].as_str().unwrap().len() == 64));
    assert_eq!(told["sums"]["with_market"]["value_kg"], Value::Null);
    let sixth = own.api(&site, &format!("/api{OWN}&warming=ipcc-ar6")).await;
    let differ = |(one, other): &(&Value, &Value)| one["digest"] != other["digest"];
    let changed: Vec<_> = lines.iter().zip(sixth["lines"].as_array().unwrap()).filter(differ).collect();
    let names_the_fifth =
        |line: &&Value| line["factors"].as_array().unwrap().iter().any(|factor| factor["edition"] == "ipcc-ar5");
    assert_eq!(changed.len(), lines.iter().filter(names_the_fifth).count());
}

#[tokio::test]
async fn others_get_sums_of_the_park_as_far_as_no_enterprise_can_be_read_out_of_them() {
    let site = Site::new().await;
    let operator = Person::at(&site, "demo-operator", "/").await;
    let whole = operator.api(&site, &format!("/api{PARK}")).await;
    assert!(whole["lines"].as_array().unwrap().len() > 40);
    assert!(site.get(&operator.cookie, PARK).await.text.contains("/enterprises/E01/greenhouse-gases"));

    let ministry = Person::at(&site, "demo-ministry", "/").await;
    let told = ministry.api(&site, &format!("/api{PARK}")).await;
    assert_eq!(told.get("lines"), None);
    let part = |code: &str| {
        let parts = told["parts"].as_array().unwrap();
        parts.iter().find(|part| part["part"] == code).unwrap()["sum"].clone()
    };
    assert_eq!(part("market"), Value::Null);
    assert_eq!(part("location")["value_kg"], whole["sums"]["parts"]["location"]["value_kg"]);
    let page = site.get(&ministry.cookie, PARK).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("Thủy sản Mẫu"));
    // A month could be taken from its year.
    let month = ministry.api(&site, "/api/parks/khu-mau/greenhouse-gases?period=2024-03").await;
    assert!(month["parts"].as_array().unwrap().iter().all(|part| part["sum"].is_null() || part["sum"]["lines"] == 0));
    assert_eq!(site.get(&ministry.cookie, OWN).await.status, StatusCode::FORBIDDEN);
    let sheet = "/parks/khu-mau/greenhouse-gases/json?period=2024";
    assert_eq!(site.get(&ministry.cookie, sheet).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_inventory_sheet_says_what_it_is() {
    let site = Site::new().await;
    let own = Person::at(&site, "demo-enterprise", "/").await;
    for format in ["docx", "pdf", "xlsx", "json"] {
        let path = format!("/parks/khu-mau/enterprises/E01/greenhouse-gases/{format}?period=2024");
        let answer = site.get(&own.cookie, &path).await;
        assert!(answer.status == StatusCode::OK && answer.text.len() > 500, "{format}");
    }
    let path = "/parks/khu-mau/enterprises/E01/greenhouse-gases/exe?period=2024";
    assert_eq!(site.get(&own.cookie, path).await.status, StatusCode::NOT_FOUND);
}
