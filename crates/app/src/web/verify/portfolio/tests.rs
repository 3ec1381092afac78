//! Savings together: what the page adds up, what it assumes, and who is told what.

use axum::http::StatusCode;

use crate::web::observe::tests::Site;

const PAGE: &str = "/parks/khu-mau/portfolio?period=2024&lang=en";

async fn page(site: &Site, user: &str, path: &str) -> String {
    let cookie = site.enter(user).await;
    let answer = site.get(&cookie, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

/// The raw numbers of the first row of a table.
fn first_row(page: &str, table: &str) -> Vec<f64> {
    let table = page.split(&format!("<table id=\"{table}\"")).nth(1).expect("the table");
    let row = table.split("<tbody>").nth(1).and_then(|body| body.split("</tr>").next()).unwrap();
    let values = row.split("data-value=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    values.filter_map(|value| value.parse().ok()).collect()
}

/// The rows of the totals of the park.
fn totals(page: &str) -> &str {
    let section = page.split("id=\"totals\"").nth(1).expect("the totals");
    section.split("<tbody>").nth(1).and_then(|rows| rows.split("</tbody>").next()).expect("rows")
}

#[tokio::test]
async fn sums_stand_with_their_causes_and_what_was_promised() {
    let site = Site::new().await;
    let text = page(&site, "demo-operator", PAGE).await;
    assert!(text.contains("Declared driver: "), "a driver that several enterprises declare alike is found");
    assert!(text.contains("Promises: ") && text.contains("id=\"promised-data\"") && text.contains("\"bands\""));
    assert!(text.contains("id=\"nothing\""), "what counts for nothing says why");

    // A drift that is assumed widens the interval; the root of the squares and the sum itself are no more than before.
    let still = first_row(&text, "sums");
    let drifting = first_row(&page(&site, "demo-operator", &format!("{PAGE}&weather=5&production=5")).await, "sums");
    assert_eq!(still[1..3], drifting[1..3], "count and sum stay: {still:?} {drifting:?}");
    assert!(drifting[3] > still[3], "{still:?} {drifting:?}");

    let wrong = page(&site, "demo-operator", &format!("{PAGE}&r=2&weather=much")).await;
    assert!(wrong.contains("found “2”") && wrong.contains("found “much”"), "all faults at once");
    let vietnamese = page(&site, "demo-operator", "/parks/khu-mau/portfolio?period=2024&lang=vi").await;
    assert!(vietnamese.contains("Danh mục tiết kiệm") && vietnamese.contains("Nguyên nhân sai số chung"));
}

/// A10 was installed by 6 January 2024: eleven whole months are compared, and 2,700 MWh a year are expected of 335 days.
#[tokio::test]
async fn promises_are_held_against_the_days_compared() {
    let site = Site::new().await;
    let cookie = site.enter("demo-operator").await;
    let answer = site.get(&cookie, "/api/parks/khu-mau/portfolio?period=2024&lang=en").await.text;
    let told: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let promised = told["data"]["promised"].as_array().unwrap();
    let of = |measure: &str| promised.iter().find(|one| one["measure"] == measure).unwrap();
    let (found, expected) = (of("A10"), 2_700.0 * 335.0 / 366.0);
    assert_eq!((found["days_compared"].as_f64(), found["promised_a_year"].as_f64()), (Some(335.0), Some(2_700.0)));
    assert!((found["promised"].as_f64().unwrap() - expected).abs() < 1e-6, "{found}");
    let percent = 100.0 * found["measured"].as_f64().unwrap() / expected;
    assert!((found["percent"].as_f64().unwrap() - percent).abs() < 1e-6, "{found}");
    let refused = promised.iter().find(|one| one["promised"].is_null()).expect("a refused one");
    assert_eq!((refused["verdict"].as_str(), refused["days_compared"].as_f64()), (Some("not-measured"), None));

    let text = page(&site, "demo-operator", PAGE).await;
    assert!(text.contains("Expected <span class=\"unit\">for these days</span>"), "{text}");
    let measure = page(&site, "demo-operator", "/parks/khu-mau/verify/A10?period=2024&lang=vi").await;
    assert!(measure.contains("2.700 MWh một năm; dự kiến 2.471 MWh cho 335 ngày được so sánh"), "{measure}");
    // A plan by days covers fewer than since it begins: those that say nothing are left out.
    assert!(of("A09")["days_compared"].as_f64().unwrap() < 335.0, "{}", of("A09"));
}

#[tokio::test]
async fn what_was_agreed_is_named_with_its_grounds() {
    let site = Site::new().await;
    let path = "/parks/khu-lan-can/portfolio?period=2024&lang=en";
    let text = page(&site, "demo-neighbour", path).await;
    assert!(text.contains("B02: agreed and not measured (") && text.contains("no error to trace"), "{text}");
}

#[tokio::test]
async fn who_sees_totals_only_is_told_the_published_sums_and_assumes_nothing() {
    let site = Site::new().await;
    let told = page(&site, "demo-ministry", PAGE).await;
    assert!(!told.contains("<table id=\"sums\"") && !told.contains("A01") && !told.contains("name=\"weather\""));
    let assumed = page(&site, "demo-ministry", &format!("{PAGE}&weather=5&r=1")).await;
    assert_eq!(totals(&told), totals(&assumed));
    let verify = page(&site, "demo-ministry", "/parks/khu-mau/verify?period=2024&lang=en").await;
    assert_eq!(totals(&told), totals(&verify), "one way of adding up");

    let own = page(&site, "demo-enterprise", PAGE).await;
    assert!(own.contains("A02") && !own.contains("A01"), "an enterprise sees its own measures");
}

#[tokio::test]
async fn provinces_and_the_nation_are_told_to_those_who_see_parks() {
    let site = Site::new().await;
    let path = "/portfolio?period=2024&lang=en";
    let ministry = page(&site, "demo-ministry", path).await;
    assert!(ministry.contains("Whole country") && ministry.contains("Sample parks"), "{ministry}");
    let board = page(&site, "demo-board", path).await;
    assert!(board.contains("/parks/khu-mau/portfolio"));
    for user in ["demo-operator", "demo-enterprise"] {
        let cookie = site.enter(user).await;
        assert_eq!(site.get(&cookie, path).await.status, StatusCode::FORBIDDEN, "{user}");
    }
    assert_eq!(site.get("", path).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn programs_read_what_the_page_adds_up() {
    let site = Site::new().await;
    let read = async |user: &str, path: &str| {
        let cookie = site.enter(user).await;
        let answer = site.get(&cookie, path).await;
        (answer.status, serde_json::from_str::<serde_json::Value>(&answer.text).unwrap_or_default())
    };
    let path = "/api/parks/khu-mau/portfolio?period=2024&lang=en&weather=5&production=5";
    let (status, answer) = read("demo-operator", path).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let told = &answer["data"];
    let shown = first_row(&page(&site, "demo-operator", &format!("{PAGE}&weather=5&production=5")).await, "sums");
    let sum = &told["sums"][0];
    let figures = ["measures", "value", "uncertainty_90", "root_sum_square_90", "all_together_90"];
    for (key, shown) in figures.iter().zip(&shown[1..6]) {
        let told = sum[*key].as_f64().unwrap();
        assert!((told - shown).abs() <= 1e-3 * shown.abs().max(1.0), "{key}: {told}, shown {shown}");
    }
    let claim = &told["claims"][0];
    assert!(["basis", "method", "status", "inputs"].iter().all(|key| claim[*key].is_string()), "{claim}");
    assert!(!told["promised"].as_array().unwrap().is_empty() && !told["nothing"].as_array().unwrap().is_empty());
    assert!(told["causes"].as_array().unwrap().iter().any(|one| one["cause"]["kind"] == "driver"), "{told}");

    let (status, faults) = read("demo-operator", "/api/parks/khu-mau/portfolio?r=2&weather=much").await;
    assert_eq!((status, faults["faults"].as_array().unwrap().len()), (StatusCode::UNPROCESSABLE_ENTITY, 2));
    let (_, totals) = read("demo-ministry", path).await;
    assert_eq!(totals["sees"], "totals");
    assert!(totals["data"]["claims"].as_array().unwrap().is_empty() && !totals["data"]["published"].is_null());
    let (_, own) = read("demo-enterprise", path).await;
    let measures = own["data"]["claims"].as_array().unwrap().iter().map(|one| one["measure"].clone());
    assert!(measures.clone().any(|one| one == "A02") && !measures.clone().any(|one| one == "A01"));

    let (status, nation) = read("demo-ministry", "/api/portfolio?period=2024").await;
    assert_eq!(status, StatusCode::OK, "{nation}");
    let samples = nation["samples"]["sums"].as_array().unwrap();
    assert!(samples.iter().any(|one| one["province"].is_null() && one["basis"] == "calculated"), "{nation}");
    let quantity = &samples[0]["quantities"]["electricity_mwh"];
    assert!(quantity["is_withheld"] == true || quantity["value"].is_number(), "{quantity}");
    assert_eq!(read("demo-operator", "/api/portfolio").await.0, StatusCode::FORBIDDEN);
}
