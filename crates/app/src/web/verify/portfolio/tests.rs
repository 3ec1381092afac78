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
