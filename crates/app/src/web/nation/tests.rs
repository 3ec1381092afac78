//! The pages of the nation, asked for as a browser asks.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::language::Language;
use jiff::civil::date;
use store::Store;
use tower::ServiceExt;

use super::register::RegisteredPark;
use crate::auth::User;
use crate::state::App;
use crate::{catalogue, demo, web};

/// An application on the sample data.
async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue).await.unwrap();
    App::new(store, catalogue, true, Some(date(2026, 11, 1))).await.unwrap()
}

async fn registered(app: &App) -> Vec<RegisteredPark> {
    let register = super::register::load(app, &User::public(Language::Vi)).await.unwrap();
    register.entries.into_iter().map(|entry| entry.park).collect()
}

struct Answer {
    status: StatusCode,
    cookie: Option<String>,
    text: String,
}

async fn ask(app: &App, cookie: Option<&str>, path: &str) -> Answer {
    let request = Request::get(path).header(header::COOKIE, cookie.unwrap_or_default()).body(Body::empty()).unwrap();
    answer(app, request).await
}

async fn answer(app: &App, request: Request<Body>) -> Answer {
    let response = web::router(app.clone()).oneshot(request).await.unwrap();
    let cookie = response.headers().get(header::SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_string());
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, cookie, text: String::from_utf8(body.to_vec()).unwrap() }
}

/// The session cookie of a demo user.
async fn sign_in(app: &App, user: &str) -> String {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .unwrap();
    let cookie = answer(app, request).await.cookie.expect("a session");
    cookie.split(';').next().unwrap_or_default().to_string()
}

/// The numbers of the table's last row.
fn totals(page: &str) -> Vec<String> {
    let foot = page.split("<tfoot>").nth(1).and_then(|rest| rest.split("</tfoot>").next()).unwrap();
    foot.split("data-value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_string()).collect()
}

/// The sum of each numeric column of the table of provinces.
fn column_sums(page: &str) -> Vec<f64> {
    let table = page.split("id=\"places\"").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap();
    let body = table.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).unwrap();
    let mut sums = vec![0.0; 4];
    for row in body.split("<tr>").skip(1) {
        for (sum, cell) in sums.iter_mut().zip(row.split("data-value=\"").skip(1)) {
            *sum += cell.split('"').next().unwrap().parse::<f64>().unwrap_or(0.0);
        }
    }
    sums
}

#[tokio::test]
async fn totals_are_equal_in_both_editions() {
    let app = app().await;
    let before = ask(&app, None, "/?provinces=2024").await;
    let after = ask(&app, None, "/?provinces=2025").await;
    assert_eq!((before.status, after.status), (StatusCode::OK, StatusCode::OK));
    let totals_before = totals(&before.text);
    assert_eq!(totals_before, totals(&after.text));
    assert_eq!(totals_before[0], registered(&app).await.len().to_string());
    assert!(before.text.contains("Chưa rõ tỉnh trước 01/07/2025"));
    for page in [&before.text, &after.text] {
        for (sum, total) in column_sums(page).into_iter().zip(&totals_before) {
            assert!((sum - total.parse::<f64>().unwrap()).abs() < 1e-6, "{sum} {total}");
        }
    }
}

#[tokio::test]
async fn synthetic_data_stand_apart_and_the_public_sees_no_parks_figures() {
    let app = app().await;
    let public = ask(&app, None, "/").await.text;
    let ministry = ask(&app, Some(&sign_in(&app, "demo-ministry").await), "/").await.text;
    for page in [&public, &ministry] {
        let real = page.split("id=\"results-real\"").nth(1).unwrap().split("</table>").next().unwrap();
        assert!(!real.contains("class=\"basis"), "a figure of a real park: {real}");
        assert!(page.contains("id=\"results-sample\""));
    }
    assert!(!public.contains("/parks/khu-mau"));
    assert!(ministry.contains("/parks/khu-mau"));
    let sample =
        |page: &str| page.split("id=\"results-sample\"").nth(1).unwrap().split("</table>").next().unwrap().to_string();
    assert!(sample(&public).contains("không công bố") && !sample(&public).contains("/results/sample/proposed"));
}

#[tokio::test]
async fn search_finds_without_diacritics_and_composed_or_not() {
    let app = app().await;
    // The last one is decomposed.
    for query in ["tra%20noc", "Tr%C3%A0%20N%C3%B3c", "TRA+NOC", "Tra%CC%80%20No%CC%81c", "tra%20noc%201"] {
        let found = ask(&app, None, &format!("/api/search?q={query}")).await.text;
        assert!(found.contains("Khu công nghiệp Trà Nóc 1"), "{query}: {found}");
        let table = ask(&app, None, &format!("/parks?q={query}")).await.text;
        assert!(table.contains("Khu công nghiệp Trà Nóc 1") && !table.contains("Vân Trung"), "{query}");
    }
    for (query, expected) in [("dinh+vu", "Đình Vũ"), ("hai+duong", "Hải Dương"), ("tra+nocc", "Trà Nóc")] {
        let found = ask(&app, None, &format!("/api/search?q={query}")).await.text;
        assert!(found.contains(expected), "{query}: {found}");
    }
}

#[tokio::test]
async fn search_finds_only_what_may_be_opened() {
    let app = app().await;
    let (public, operator) = (None, Some(sign_in(&app, "demo-operator").await));
    for query in ["mau", "bien+tan", "quan+ly+nang+luong", "nhat+ky"] {
        let found = ask(&app, public, &format!("/api/search?q={query}")).await.text;
        assert!(!found.contains("/parks/khu-mau") && !found.contains("/audit"), "{query}: {found}");
    }
    let found = ask(&app, operator.as_deref(), "/api/search?q=cong+nghiep+mau").await.text;
    assert!(found.contains("/parks/khu-mau"), "{found}");
    let enterprises = ask(&app, operator.as_deref(), "/api/search?q=E01").await.text;
    assert!(!enterprises.contains("enterprises"), "{enterprises}");
}

#[tokio::test]
async fn every_registered_park_and_province_has_its_page() {
    let app = app().await;
    for park in registered(&app).await.iter().step_by(20) {
        let page = ask(&app, None, &format!("/registry/{}", park.code)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", park.code);
        assert!(page.text.contains("Giấy phép dữ liệu"));
        let is_from_osm = park.place.is_some() || park.licence.contains("ODbL");
        assert_eq!(page.text.contains("những người đóng góp OpenStreetMap"), is_from_osm, "{}", park.code);
    }
    for (path, expected) in [
        ("/provinces/31?provinces=2025", "Hải Dương"),
        ("/provinces/24?provinces=2024", "Bắc Giang"),
        ("/provinces/24?provinces=2025", "Bắc Ninh"),
        ("/provinces/30?provinces=2025", "<h1>Hải Phòng</h1>"),
    ] {
        let page = ask(&app, None, path).await;
        assert!(page.status == StatusCode::OK && page.text.contains(expected), "{path}");
    }
    for path in
        ["/registry/nowhere", "/provinces/99", "/results/real/rejected", "/results/other/verified", "/?framework=none"]
    {
        assert_eq!(ask(&app, None, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn filters_stand_in_the_address_and_hold_for_the_csv() {
    let app = app().await;
    let page = ask(&app, None, "/parks?province=92&status=operating&provinces=2025").await.text;
    let csv = ask(&app, None, "/parks.csv?province=92&status=operating&provinces=2025").await.text;
    let rows = page.split("id=\"parks\"").nth(1).unwrap().matches("<tr data-text").count();
    assert_eq!(rows, csv.lines().count() - 1);
    assert!(rows > 0 && page.contains("Khu công nghiệp Trà Nóc 1") && !page.contains("Vĩnh Thạnh giai đoạn 2"));
    let unknown = ask(&app, None, "/parks.csv?province=none&provinces=2024").await.text;
    let expected = registered(&app).await;
    assert_eq!(unknown.lines().count() - 1, expected.iter().filter(|park| park.province_before.is_none()).count());
    assert!(ask(&app, None, "/parks?q=%3Cscript%3E").await.text.contains("Không khu nào phù hợp"));
}

#[tokio::test]
async fn the_log_is_for_the_administrator() {
    let app = app().await;
    assert_eq!(ask(&app, None, "/audit").await.status, StatusCode::UNAUTHORIZED);
    for user in ["demo-enterprise", "demo-operator", "demo-consultant", "demo-board", "demo-ministry", "demo-programme"]
    {
        let cookie = sign_in(&app, user).await;
        assert_eq!(ask(&app, Some(&cookie), "/audit").await.status, StatusCode::FORBIDDEN, "{user}");
    }
    let page = ask(&app, Some(&sign_in(&app, "demo-administrator").await), "/audit").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("chuỗi mã băm nguyên vẹn") && page.text.contains("đăng nhập"), "{}", page.text);
}
