//! From draft to publication to assessment, over the pages that people use, with what is refused and to whom.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use engine::ids::FrameworkId;
use jiff::civil::date;
use store::{OpinionSide, Store};
use tower::ServiceExt;

use crate::page::token_hash;
use crate::state::App;
use crate::{auth, catalogue, demo, web};

struct Person {
    cookie: String,
    csrf: String,
}

async fn app() -> App {
    let catalogue = catalogue::catalogue().expect("the catalogue has no faults");
    let store = Store::in_memory().await.expect("a store");
    demo::fill(&store, catalogue).await.expect("the sample data");
    App::new(store, catalogue, true, Some(date(2025, 1, 31))).await.expect("the application")
}

async fn enter(app: &App, user: &str) -> Person {
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("user={user}")))
        .expect("a request");
    let answer = web::router(app.clone()).oneshot(request).await.expect("the router answers");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("a cookie");
    let cookie = cookie.split(';').next().expect("its pair").to_string();
    let token = cookie.split_once('=').expect("a value").1;
    let session = app.store.session_user(&token_hash(token), app.now_us()).await.expect("a store").expect("a session");
    Person { cookie, csrf: session.session.csrf }
}

async fn ask(app: &App, person: &Person, request: axum::http::request::Builder, body: String) -> (StatusCode, String) {
    let request = request.header(header::COOKIE, &person.cookie).body(Body::from(body)).expect("a request");
    let response = web::router(app.clone()).oneshot(request).await.expect("the router answers");
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

async fn get(app: &App, person: &Person, path: &str) -> String {
    let (status, body) = ask(app, person, Request::get(path), String::new()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    body
}

async fn post(app: &App, person: &Person, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let fields: Vec<(&str, &str)> =
        [("csrf", person.csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
    let body = serde_urlencoded::to_string(fields).expect("a form");
    let request = Request::builder().method(Method::POST).uri(path);
    ask(app, person, request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body).await
}

/// Sends the form that starts a draft, as browsers send it.
async fn start(app: &App, person: &Person, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let part = |(name, value): &(&str, &str)| {
        format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let csrf = ("csrf", person.csrf.as_str());
    let body: String = std::iter::once(&csrf).chain(fields).map(part).collect();
    let request = Request::post("/frameworks").header(header::CONTENT_TYPE, "multipart/form-data; boundary=part");
    ask(app, person, request, format!("{body}--part--\r\n")).await
}

fn check(answer: &(StatusCode, String), status: StatusCode, text: &str) {
    assert_eq!(answer.0, status, "{text}");
    assert!(answer.1.contains(text), "expected `{text}` in:\n{}", answer.1);
}

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test]
async fn a_draft_is_compared_published_and_assessed_by_without_a_restart() {
    let app = app().await;
    let (admin, operator) = (enter(&app, "demo-administrator").await, enter(&app, "demo-operator").await);
    let before = get(&app, &operator, "/parks/khu-mau/assess").await;
    assert!(!before.contains("vn-decree-2027"));

    let copy = [("id", "vn-decree-2027"), ("from", "vn-decree-35-2022")];
    assert_eq!(start(&app, &admin, &copy).await.0, StatusCode::SEE_OTHER);
    check(&start(&app, &admin, &copy).await, REFUSED, "Mã này đã thuộc về một bản khác");
    check(&start(&app, &admin, &[("id", "Nghị định")]).await, REFUSED, "Hãy chọn một bản để bắt đầu");
    let named = [("id", "Nghị định"), ("from", "vn-decree-35-2022")];
    check(&start(&app, &admin, &named).await, REFUSED, "Mã chỉ gồm chữ thường");

    // One row is changed in the form; what cannot be read is told by its criterion and key, and nothing is kept.
    let page = get(&app, &admin, "/frameworks/vn-decree-2027/row?criterion=VN35-37-2C").await;
    assert!(page.contains("name=\"target\" value=\"20\""), "{page}");
    let mut row = vec![
        ("act", "save"),
        ("criterion", "VN35-37-2C"),
        ("revision", "1"),
        ("id", "VN35-37-2C"),
        ("category", "resource_efficiency"),
        ("kind", "criterion"),
        ("label_vi", "Tỷ lệ doanh nghiệp"),
        ("label_en", "Share of enterprises"),
        ("unit", "percent"),
        ("direction", "at_least"),
        ("unconfirmed", "true"),
        ("source", "draft decree"),
        ("target", "sáu mươi"),
        ("coverage", "2"),
    ];
    let path = "/frameworks/vn-decree-2027/row";
    let refused = post(&app, &admin, path, &row).await;
    check(&refused, REFUSED, "VN35-37-2C.target");
    check(&refused, REFUSED, "VN35-37-2C.coverage");
    check(&refused, REFUSED, "sáu mươi");
    row.truncate(12);
    row.push(("target", "60"));
    assert_eq!(post(&app, &admin, path, &row).await.0, StatusCode::SEE_OTHER);
    check(&post(&app, &admin, path, &row).await, REFUSED, "Có người vừa sửa bản này");

    let comparison = get(&app, &operator, "/frameworks/vn-decree-2027/compare").await;
    assert!(comparison.contains("20 → 60"), "{comparison}");
    assert!(comparison.contains("10 dòng giữ nguyên, 1 dòng thay đổi"), "{comparison}");

    // A draft is not assessed by.
    let draft = "/parks/khu-mau/assess?framework=vn-decree-2027";
    assert_eq!(ask(&app, &operator, Request::get(draft), String::new()).await.0, StatusCode::NOT_FOUND);
    let publish = "/frameworks/vn-decree-2027/publish";
    check(&post(&app, &admin, publish, &[("from", "mai")]).await, REFUSED, "Cần một ngày");
    check(&post(&app, &admin, publish, &[("from", "2022-07-15")]).await, REFUSED, "Ngày hiệu lực phải sau");
    assert_eq!(post(&app, &admin, publish, &[("from", "2027-01-01")]).await.0, StatusCode::SEE_OTHER);
    check(&post(&app, &admin, publish, &[("from", "2028-01-01")]).await, REFUSED, "Bản này đã ban hành");
    check(&post(&app, &admin, path, &row).await, REFUSED, "Bản này đã ban hành");

    // From now on every park can be assessed by it, and what was computed before is not served for it.
    let criterion = get(&app, &operator, "/parks/khu-mau/assess/VN35-37-2C?framework=vn-decree-2027").await;
    assert!(criterion.contains("≥ 60 %") && criterion.contains("outcome not-met"), "{criterion}");
    let former = get(&app, &operator, "/parks/khu-mau/assess/VN35-37-2C").await;
    assert!(former.contains("≥ 20 %") && former.contains("outcome met"), "{former}");
    let list = get(&app, &operator, "/frameworks").await;
    assert!(list.contains("15/07/2022 – 31/12/2026") && list.contains("01/01/2027 – …"), "{list}");
    assert!(get(&app, &operator, "/").await.contains("vn-decree-2027"));

    // A second successor of the same edition would share its days.
    let second = [("id", "vn-decree-2028"), ("from", "vn-decree-35-2022")];
    assert_eq!(start(&app, &admin, &second).await.0, StatusCode::SEE_OTHER);
    let publish = "/frameworks/vn-decree-2028/publish";
    check(&post(&app, &admin, publish, &[("from", "2028-01-01")]).await, REFUSED, "Có ngày thuộc về hai bản");
    let faults = app.store.check_audit(&[]).await.expect("the log").findings;
    assert_eq!(faults, []);
}

#[tokio::test]
async fn the_empty_edition_is_filled_from_a_text_whose_faults_are_all_told() {
    let app = app().await;
    let admin = enter(&app, "demo-administrator").await;
    let head = "framework = \"International Framework\"\nversion = \"2.0\"\nstatus = \"draft\"\n";
    let row = "[[criterion]]\nid = \"INT-1\"\ncategory = \"social\"\nkind = \"criterion\"\nlabel_en = \"Report\"\n\
        label_vi = \"Báo cáo\"\nunit = \"yes_no\"\ntarget = 1.0\ndirection = \"yes\"\nunconfirmed = true\nsource = \"test\"\n";
    let faulty = format!("{head}{}lable = \"x\"\n", row.replace("target = 1.0", "target = 3"));
    let refused = start(&app, &admin, &[("id", "international-eip-2021"), ("toml", &faulty)]).await;
    check(&refused, REFUSED, "dòng 11");
    check(&refused, REFUSED, "INT-1.target");
    check(&refused, REFUSED, "INT-1.lable");
    let assess = "/parks/khu-mau/assess?framework=international-eip-2021";
    let operator = enter(&app, "demo-operator").await;
    assert_eq!(ask(&app, &operator, Request::get(assess), String::new()).await.0, StatusCode::NOT_FOUND);

    // Empty it may be kept, and is not published.
    let empty = [("id", "international-eip-2021"), ("from", "international-eip-2021")];
    assert_eq!(start(&app, &admin, &empty).await.0, StatusCode::SEE_OTHER);
    let publish = "/frameworks/international-eip-2021/publish";
    check(
        &post(&app, &admin, publish, &[("from", "2021-01-29")]).await,
        REFUSED,
        "chưa có dòng nào thì không ban hành",
    );
    let text = format!("{head}replaces = \"international-eip-2017\"\n{row}");
    let fields = [("revision", "1"), ("toml", text.as_str())];
    assert_eq!(post(&app, &admin, "/frameworks/international-eip-2021", &fields).await.0, StatusCode::SEE_OTHER);
    assert_eq!(get(&app, &operator, "/frameworks/international-eip-2021/edition.toml").await, text);
    assert_eq!(post(&app, &admin, publish, &[("from", "2021-01-29")]).await.0, StatusCode::SEE_OTHER);
    // Its one row has no rule: it is told as not confirmed, and counts neither way.
    let page = get(&app, &operator, assess).await;
    assert!(page.contains("0 trên 1 tiêu chí áp dụng đạt (0 không áp dụng, 1 chưa đủ dữ liệu)"), "{page}");
    assert!(page.contains("chưa có quy tắc tính tiêu chí này"), "{page}");
    let whole = app.whole_catalogue().await.unwrap_or_else(|_| panic!("the editions"));
    assert!(whole.frameworks.contains_key(&FrameworkId::new("international-eip-2021")));
}

#[tokio::test]
async fn park_and_reviewer_disagree_side_by_side_and_nothing_is_overwritten() {
    let app = app().await;
    let (operator, board) = (enter(&app, "demo-operator").await, enter(&app, "demo-board").await);
    let path = "/parks/khu-mau/assess/VN35-37-1C2";
    let own = format!("{path}/self");
    check(&post(&app, &operator, &own, &[("outcome", "met")]).await, REFUSED, "phải nêu minh chứng");
    check(&post(&app, &operator, &own, &[("outcome", "perhaps")]).await, REFUSED, "Hãy chọn một kết luận");
    let number = [("outcome", "met"), ("value", "một"), ("reason", "x")];
    check(&post(&app, &operator, &own, &number).await, REFUSED, "Giá trị không phải là số");
    let said = [("outcome", "met"), ("value", "1"), ("reason", "Báo cáo đã gửi ngày 15/01/2025")];
    assert_eq!(post(&app, &operator, &own, &said).await.0, StatusCode::SEE_OTHER);
    let review = format!("{path}/review");
    check(&post(&app, &board, &review, &[("outcome", "not_met")]).await, REFUSED, "phải nêu lý do");
    let verdict = [("outcome", "not_applicable"), ("reason", "Khu chưa vận hành đủ năm")];
    assert_eq!(post(&app, &board, &review, &verdict).await.0, StatusCode::SEE_OTHER);

    let page = get(&app, &operator, path).await;
    for text in [
        "Báo cáo đã gửi ngày 15/01/2025",
        "Khu chưa vận hành đủ năm",
        "khu và người thẩm tra nói khác nhau",
        "lời của khu khác kết luận tính từ số liệu",
        "outcome not-met",
    ] {
        assert!(page.contains(text), "`{text}` in:\n{page}");
    }
    let list = get(&app, &operator, "/parks/khu-mau/assess").await;
    assert!(list.contains("Khu đã tự đánh giá 1 tiêu chí, đã thẩm tra 1; 1 tiêu chí có ý kiến khác"), "{list}");
    // Another period and another edition are another matter, and an enterprise is not told reasons.
    assert!(!get(&app, &operator, &format!("{path}?period=2023")).await.contains("Báo cáo đã gửi"));
    let enterprise = enter(&app, "demo-enterprise").await;
    let page = get(&app, &enterprise, path).await;
    assert!(page.contains("Khu tự đánh giá") && !page.contains("Báo cáo đã gửi"), "{page}");

    let kept = app.store.opinions(&auth::whole(), &engine::ids::ParkId::new("khu-mau")).await.expect("the store");
    assert_eq!(kept.iter().map(|one| one.side).collect::<Vec<_>>(), [OpinionSide::Own, OpinionSide::Review]);
}

#[tokio::test]
async fn the_same_data_are_seen_from_every_side() {
    let app = app().await;
    let operator = enter(&app, "demo-operator").await;
    let editions = get(&app, &operator, "/parks/khu-mau/assess/editions").await;
    assert!(editions.contains("VNC05-ENV.2: ≥ 20 % (cùng chủ đề)"), "{editions}");
    let two = get(&app, &operator, "/parks/khu-mau/assess/editions?with=vn-decree-82-2018").await;
    assert!(two.contains("VN82-3A") && two.contains("dòng sau nêu tên dòng trước"), "{two}");
    let years = get(&app, &operator, "/parks/khu-mau/assess/years").await;
    assert!(years.contains(">2023</a>") && years.contains(">2024</a>"), "{years}");
    let parks = get(&app, &operator, "/parks/khu-mau/assess/parks").await;
    assert!(!parks.contains("Kalundborg"), "an operator sees the own park alone");
    let ministry = enter(&app, "demo-ministry").await;
    let parks = get(&app, &ministry, "/parks/khu-mau/assess/parks").await;
    assert!(parks.contains("Kalundborg"), "{parks}");
    let law = get(&app, &ministry, "/law-map").await;
    assert!(law.contains("mâu thuẫn") && law.contains("Luật Bảo vệ môi trường 2020"), "{law}");
    let example = get(&app, &operator, "/worked-example").await;
    for text in ["52 trên 63", "54 trên 63", "47 trên 62"] {
        assert!(example.contains(text), "{text}");
    }
}
