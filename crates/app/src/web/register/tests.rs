//! The register and its imports, asked for as a browser asks.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::register::{Field, RegisterKind};
use jiff::civil::date;
use store::{ImportStatus, Store};
use tower::ServiceExt;

use crate::page::token_hash;
use crate::state::App;
use crate::{catalogue, demo, web};

struct Reader {
    app: App,
    cookie: String,
    csrf: String,
}

async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue).await.unwrap();
    App::new(store, catalogue, true, Some(date(2026, 11, 1))).await.unwrap()
}

impl Reader {
    async fn of(app: &App, user: &str) -> Reader {
        let request = Request::post("/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("user={user}")))
            .unwrap();
        let response = web::router(app.clone()).oneshot(request).await.unwrap();
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_string();
        let token = cookie.split_once('=').unwrap().1;
        let csrf = app.store.session_user(&token_hash(token), app.now_us()).await.unwrap().unwrap().session.csrf;
        Reader { app: app.clone(), cookie, csrf }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &str) -> (StatusCode, String) {
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("csrf={}&{fields}", self.csrf)))
            .unwrap();
        self.send(request).await
    }

    /// Hands a file in, and says where that leads.
    async fn upload(&self, kind: &str, name: &str, file: &[u8]) -> (StatusCode, String) {
        let boundary = "congsinh-boundary";
        let mut body = Vec::new();
        for (field, value) in
            [("csrf", self.csrf.as_str()), ("kind", kind), ("stated_on", "2026-06-30"), ("source", "Công văn thử 1")]
        {
            let part = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let request = Request::post("/register-imports")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Status, and the address that it leads to or the page.
    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = web::router(self.app.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        if let Some(to) = response.headers().get(header::LOCATION) {
            return (status, to.to_str().unwrap().to_string());
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// A list as authorities write it: a letterhead, merged headings left empty, provinces as headings, a sum.
fn parks_list() -> Vec<u8> {
    let rows: [&[&str]; 9] = [
        &["BAN QUẢN LÝ CÁC KHU CÔNG NGHIỆP"],
        &["DANH MỤC (số liệu thử)"],
        &["STT", "Tên khu công nghiệp", "Diện tích tự nhiên (ha)", "Chủ đầu tư", "Tình trạng"],
        &["(1)", "(2)", "(3)", "(4)", "(5)"],
        &["I", "Thành phố Cần Thơ"],
        &["1", "KCN Thử Nghiệm Một", "135,5", "Công ty Hạ tầng Thử", "Đang hoạt động"],
        &["2", "KCN Thử Nghiệm Hai", "200", "Công ty Hạ tầng Thử", "Quy hoạch"],
        &["3", "KCN Trà Nok 1", "135", "", "Đang hoạt động"],
        &["", "Tổng cộng", "470,5"],
    ];
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Danh mục").unwrap();
    for (at, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            sheet.write_string(at as u32, column as u16, *cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_list_is_previewed_decided_taken_over_and_undone() {
    let app = app().await;
    let ministry = Reader::of(&app, "demo-ministry").await;
    let before = app.store.register().await.unwrap();
    let (status, address) = ministry.upload("park", "danh-muc.xlsx", &parks_list()).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{address}");
    let (status, page) = ministry.get(&address).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("2 mới, 0 thay đổi, 0 giữ nguyên; 1 tên cần quyết định"), "{page}");
    assert!(page.contains("KCN Trà Nok 1") && page.contains("name=\"line.8\""), "{page}");

    let (status, page) = ministry.post(&format!("{address}/commit"), "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "an undecided name stops it");
    assert!(page.contains("role=\"alert\""));
    assert_eq!(app.store.register().await.unwrap(), before, "nothing was written");

    let (status, _) = ministry.post(&address, "line.8=new").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, _) = ministry.post(&format!("{address}/commit"), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let after = app.store.register().await.unwrap();
    assert_eq!(after.count(RegisterKind::Park), before.count(RegisterKind::Park) + 3);
    let new = after.entry(RegisterKind::Park, "thu-nghiem-mot").expect("a park named after its list");
    assert_eq!(new.latest().text(Field::AreaHa), Some("135.5"));
    assert_eq!(new.latest().text(Field::ProvinceAfter), Some("92"));
    let (status, page) = ministry.get("/registry/thu-nghiem-mot").await;
    assert!(status == StatusCode::OK && page.contains("Công văn thử 1"), "the page tells the source");

    // The same file once more changes nothing.
    let (_, again) = ministry.upload("park", "danh-muc.xlsx", &parks_list()).await;
    let (_, page) = ministry.get(&again).await;
    assert!(page.contains("0 mới, 0 thay đổi, 3 giữ nguyên"), "{page}");
    ministry.post(&format!("{again}/discard"), "").await;

    let (status, _) = ministry.post(&format!("{address}/undo"), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(app.store.register().await.unwrap().entries, before.entries);
    let imports = app.store.register_imports(10).await.unwrap();
    assert_eq!(
        imports.iter().map(|import| import.status).collect::<Vec<_>>(),
        [ImportStatus::Discarded, ImportStatus::Undone]
    );
}

#[tokio::test]
async fn a_board_takes_over_its_own_province_only() {
    let app = app().await;
    let board = Reader::of(&app, "demo-board").await;
    let list = "Tên khu công nghiệp;Tỉnh\nKCN Thử A;Cần Thơ\nKCN Thử B;Hà Nội\n";
    let (_, address) = board.upload("park", "list.csv", list.as_bytes()).await;
    let (_, page) = board.get(&address).await;
    assert!(page.contains("1 lỗi"), "{page}");
    let (status, _) = board.post(&format!("{address}/commit"), "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let programme = Reader::of(&app, "demo-programme").await;
    assert_eq!(programme.get(&address).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn registered_enterprises_are_shown_to_those_whose_register_it_is() {
    let app = app().await;
    let ministry = Reader::of(&app, "demo-ministry").await;
    let list = "Tên doanh nghiệp,Mã số thuế,Khu công nghiệp,Mã ngành\n\
                Công ty TNHH Dệt Thử Nghiệm,1801234567,Trà Nóc 1,13110\n";
    let (_, address) = ministry.upload("enterprise", "dn.csv", list.as_bytes()).await;
    let (_, page) = ministry.get(&address).await;
    let (status, _) = ministry.post(&format!("{address}/commit"), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    for (user, expected) in [
        ("demo-ministry", true),
        ("demo-board", true),
        ("demo-administrator", true),
        ("demo-operator", false),
        ("demo-programme", false),
        ("demo-enterprise", false),
    ] {
        let reader = Reader::of(&app, user).await;
        let (status, _) = reader.get("/enterprises/1801234567").await;
        assert_eq!(status == StatusCode::OK, expected, "{user}: {status}");
        let (_, found) = reader.get("/api/search?q=det%20thu%20nghiem").await;
        assert_eq!(found.contains("/enterprises/1801234567"), expected, "{user}: {found}");
    }
}
