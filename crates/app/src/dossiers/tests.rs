//! A dossier from its start to the decision by those who act, its papers read back, reminders sent once, and what each role may.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use engine::ids::{FrameworkId, ParkId};
use engine::language::Language;
use engine::park::Park;
use engine::period::Period;
use engine::report::{Order, ParkReport, report};
use engine::source::Digest;
use jiff::civil::{Date, date};
use quick_xml::events::Event as Xml;
use store::{Store, UserId};
use tower::ServiceExt;

use super::papers::{Enclosed, Particulars, Sources, archive, drafts};
use super::reminders::send_due;
use super::sample;
use crate::cli::DEFAULT_FRAMEWORK;
use crate::mail::{Mailer, Outlet};
use crate::people::People;
use crate::state::App;
use crate::{catalogue, demo, web};

async fn filled() -> Store {
    let store = Store::in_memory().await.unwrap();
    demo::fill(&store, catalogue::catalogue().unwrap()).await.unwrap();
    store
}

async fn on(store: &Store, today: Date) -> App {
    App::new(store.clone(), catalogue::catalogue().unwrap(), true, Some(today)).await.unwrap()
}

/// Somebody of the demo with what their forms must bring.
struct Person {
    cookie: String,
    csrf: String,
}

/// Status, where to, and text of an answer.
async fn send(app: &App, request: Request<Body>) -> (StatusCode, String, String, Vec<u8>) {
    let answer = web::router(app.clone()).oneshot(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let named = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap().to_string());
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec();
    let to = named(header::LOCATION).unwrap_or_default();
    (status, to, named(header::SET_COOKIE).unwrap_or_default(), bytes)
}

async fn enter(app: &App, user: &str) -> Person {
    let request = Request::post("/sign-in").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let cookie = send(app, request.body(Body::from(format!("user={user}"))).unwrap()).await.2;
    let cookie = cookie.split(';').next().unwrap().to_string();
    let mut person = Person { cookie, csrf: String::new() };
    let page = get(app, &person, "/account").await.1;
    person.csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    person
}

async fn get(app: &App, person: &Person, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).header(header::COOKIE, &person.cookie).body(Body::empty()).unwrap();
    let (status, _, _, bytes) = send(app, request).await;
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

async fn post(app: &App, person: &Person, path: &str, form: &str) -> (StatusCode, String, String) {
    let request = Request::post(path).header(header::COOKIE, &person.cookie);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = Body::from(format!("csrf={}&{form}", person.csrf));
    let (status, to, _, bytes) = send(app, request.body(body).unwrap()).await;
    (status, to, String::from_utf8_lossy(&bytes).into_owned())
}

async fn check_kept(app: &App, person: &Person, path: &str, form: &str) -> String {
    let (status, to, text) = post(app, person, path, form).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{path} {form}: {text}");
    to
}

async fn check_told(app: &App, person: &Person, path: &str, form: &str, expected: &[&str]) {
    let (status, _, text) = post(app, person, path, form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {form}");
    for expected in expected {
        assert!(text.contains(expected), "{form}: {expected}");
    }
}

const PARTS: &str = "part-registration=yes&part-operation-report=yes&part-self-assessment=yes";

#[tokio::test]
async fn a_dossier_goes_from_its_start_to_the_decision_by_those_who_act() {
    let app = on(&filled().await, date(2026, 6, 30)).await;
    let (operator, board) = (enter(&app, "demo-operator").await, enter(&app, "demo-board").await);
    let ministry = enter(&app, "demo-ministry").await;
    let dossiers = "/parks/khu-mau/dossiers";
    check_told(&app, &operator, dossiers, "procedure=everything", &["chọn một thủ tục"]).await;
    let own = check_kept(&app, &operator, dossiers, "procedure=park-certificate").await;
    let (entries, opinions) = (format!("{own}/entries"), format!("{own}/opinions"));

    // Every fault at once, and what is missing by name.
    let half = "act=done&step=submit&on=2027-01-01&sets=0&part-registration=yes";
    let told = ["Báo cáo tự đánh giá theo Điều 37", "Ngày chưa đến", "số nguyên từ 1 đến 99"];
    check_told(&app, &operator, &entries, half, &told).await;
    let whole = format!("act=done&step=submit&on=2026-03-06&sets=6&number=15%2FKM&{PARTS}");
    check_kept(&app, &operator, &entries, &whole).await;
    check_told(&app, &operator, &entries, &whole, &["bước đang chờ là «Gửi hồ sơ lấy ý kiến năm bộ»"]).await;

    // Five working days where three were given.
    check_kept(&app, &board, &entries, "act=done&step=forward&on=2026-03-13&number=102%2FBQL").await;
    let page = get(&app, &board, &own).await.1;
    assert!(page.contains("làm muộn") && page.contains("chậm nhất ngày 11/03/2026"));
    check_kept(&app, &ministry, &opinions, "by=industry&view=agrees&on=2026-03-20&number=1203%2FBCT").await;
    check_told(&app, &ministry, &opinions, "by=industry&view=agrees&on=2026-03-21", &["đã có ý kiến"]).await;
    let (status, ..) = post(&app, &ministry, &entries, "act=done&step=opinions&on=2026-03-20").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a ministry gives opinions and takes no steps");
    let early = "act=done&step=opinions&on=2026-03-27";
    check_told(&app, &board, &entries, early, &["Chưa đủ ý kiến và chưa hết hạn", "Bộ Xây dựng"]).await;

    // It comes back to be supplemented, and begins anew; what was written stays.
    check_told(&app, &board, &entries, "act=returned&on=2026-03-30", &["Lý do: ghi vì sao"]).await;
    check_kept(&app, &board, &entries, "act=returned&on=2026-03-30&note=Thi%E1%BA%BFu+b%E1%BA%A3n+v%E1%BA%BD").await;
    check_kept(&app, &operator, &entries, &whole.replace("2026-03-06", "2026-04-06")).await;
    check_kept(&app, &board, &entries, "act=done&step=forward&on=2026-04-08").await;
    for by in ["finance", "environment", "science", "industry", "construction"] {
        check_kept(&app, &board, &opinions, &format!("by={by}&view=conditional&on=2026-04-15")).await;
    }
    check_kept(&app, &board, &entries, "act=done&step=opinions&on=2026-04-16").await;
    check_kept(&app, &board, &entries, "act=done&step=assess&on=2026-05-12").await;
    let undecided = "act=done&step=decide&on=2026-05-20";
    check_told(&app, &board, &entries, undecided, &["quyết định cần có số", "chấp thuận hay từ chối"]).await;
    let decided = format!("{undecided}&number=900%2FQ%C4%90-UBND&outcome=granted");
    check_kept(&app, &board, &entries, &decided).await;
    let page = get(&app, &operator, &own).await.1;
    for expected in ["Đã có quyết định ngày 20/05/2026: Chấp thuận", "900/QĐ-UBND", "Thiếu bản vẽ", "1203/BCT"]
    {
        assert!(page.contains(expected), "{expected}");
    }
    for language in ["vi", "en"] {
        let page = get(&app, &operator, &format!("{own}?lang={language}")).await.1;
        assert!(
            !page.contains("[dossier") && !page.contains("[paper") && !page.contains("[step"),
            "raw keys: {language}"
        );
    }
    check_told(&app, &board, &entries, &decided, &["Thủ tục đã kết thúc"]).await;
    let english = get(&app, &operator, &format!("{own}?lang=en")).await.1;
    assert!(english.contains("Decided on 20/05/2026: Granted"));
}

#[tokio::test]
async fn a_mistaken_entry_is_withdrawn_with_a_reason_and_stays() {
    let app = on(&filled().await, date(2026, 6, 30)).await;
    let operator = enter(&app, "demo-operator").await;
    let own = check_kept(&app, &operator, "/parks/khu-mau/dossiers", "procedure=park-certificate").await;
    let entries = format!("{own}/entries");
    check_kept(&app, &operator, &entries, &format!("act=done&step=submit&on=2026-03-06&{PARTS}")).await;
    check_kept(&app, &operator, &entries, "act=done&step=forward&on=2026-03-09").await;
    let page = get(&app, &operator, &own).await.1;
    // The latest entry stands first.
    let ids: Vec<&str> =
        page.split("name=\"entry\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let withdraw = format!("{own}/withdraw");
    check_told(&app, &operator, &withdraw, &format!("entry={}&note=x", ids[1]), &["các mục ghi sau dựa vào"]).await;
    check_told(&app, &operator, &withdraw, &format!("entry={}", ids[0]), &["Lý do: ghi vì sao"]).await;
    check_kept(&app, &operator, &withdraw, &format!("entry={}&note=Nh%E1%BA%A7m+ng%C3%A0y", ids[0])).await;
    let page = get(&app, &operator, &own).await.1;
    assert!(page.contains("Đã rút lại: Nhầm ngày") && page.contains("<s>Làm xong: Gửi hồ sơ"));
    assert!(page.contains("Đang chờ bước «Gửi hồ sơ lấy ý kiến năm bộ»"));
    assert_eq!(app.store.check_audit(&[]).await.unwrap().findings, []);
}

#[tokio::test]
async fn the_papers_of_a_follow_up_are_the_forms_of_its_year() {
    let app = on(&filled().await, date(2025, 6, 30)).await;
    for (user, at, procedure, expected) in [
        ("demo-operator", "/parks/khu-mau/dossiers", "yearly-follow-up", &["1-form-a4", "2-form-a5", "3-form-b5"][..]),
        ("demo-enterprise", "/parks/khu-mau/enterprises/E01/dossiers", "enterprise-follow-up", &["1-form-b4"][..]),
    ] {
        let person = enter(&app, user).await;
        let own = check_kept(&app, &person, at, &format!("procedure={procedure}&year=2025")).await;
        let request = Request::get(format!("{own}/papers.zip")).header(header::COOKIE, &person.cookie);
        let (status, _, _, bytes) = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{procedure}");
        let files = unpacked(&bytes);
        for form in expected {
            let text = text_of(&files[&format!("vi/{form}.docx")]);
            assert!(text.contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") && text.len() > 1_000, "{procedure} {form}");
        }
        let drafted = files.keys().filter(|name| name.starts_with("vi/") && name.ends_with(".docx")).count();
        assert_eq!(drafted, expected.len(), "{:?}", files.keys());
    }
}

/// Whose dossiers each role sees and what it may do with them.
#[tokio::test]
async fn each_role_has_its_own_part_in_a_dossier() {
    let app = on(&filled().await, date(2026, 6, 30)).await;
    let operator = enter(&app, "demo-operator").await;
    let officer = enter(&app, "demo-enterprise").await;
    let board = enter(&app, "demo-board").await;
    let of_park = check_kept(&app, &operator, "/parks/khu-mau/dossiers", "procedure=park-certificate").await;
    let at = |enterprise: &str| format!("/parks/khu-mau/enterprises/{enterprise}/dossiers");
    let of_e01 = check_kept(&app, &officer, &at("E01"), "procedure=enterprise-certificate").await;
    let of_e02 = check_kept(&app, &board, &at("E02"), "procedure=enterprise-revocation").await;
    let yearly = "procedure=enterprise-follow-up";
    check_told(&app, &officer, &at("E01"), yearly, &["thủ tục hằng năm cần một năm"]).await;
    check_kept(&app, &officer, &at("E01"), &format!("{yearly}&year=2025")).await;

    for (user, sees, writes, drafts) in [
        ("demo-operator", [true, true, true], [true, false, false], [true, false, false]),
        ("demo-consultant", [true, true, true], [true, false, false], [true, false, false]),
        ("demo-enterprise", [false, true, false], [false, true, false], [false, true, false]),
        ("demo-board", [true, true, true], [true, true, true], [false, false, false]),
        ("demo-ministry", [true, false, false], [false, false, false], [false, false, false]),
        ("demo-programme", [false, false, false], [false, false, false], [false, false, false]),
        ("demo-administrator", [false, false, false], [false, false, false], [false, false, false]),
    ] {
        let person = enter(&app, user).await;
        let list = get(&app, &person, "/dossiers").await.1;
        for (which, path) in [&of_park, &of_e01, &of_e02].into_iter().enumerate() {
            let status = get(&app, &person, path).await.0;
            assert_eq!(status == StatusCode::OK, sees[which], "{user} sees {path}: {status}");
            assert_eq!(list.contains(path.as_str()), sees[which], "{user}'s list and {path}");
            // Empty forms: whoever may write is told what is wrong with them.
            let status = post(&app, &person, &format!("{path}/entries"), "").await.0;
            assert_eq!(status == StatusCode::UNPROCESSABLE_ENTITY, writes[which], "{user} writes {path}: {status}");
            let status = get(&app, &person, &format!("{path}/papers.zip?lang=none")).await.0;
            let is_refused = status == StatusCode::FORBIDDEN;
            assert_eq!(!is_refused, drafts[which], "{user} drafts {path}: {status}");
        }
    }
    // The operator's look at an enterprise's dossier is told to the enterprise.
    let looks = get(&app, &officer, "/parks/khu-mau/enterprises/E01/sharing").await.1;
    assert!(looks.contains("Nguyễn Văn An"));
}

/// A folder for letters, gone with the test.
struct Outbox(PathBuf);

impl Outbox {
    fn new() -> Outbox {
        Outbox(std::env::temp_dir().join(format!("congsinh-outbox-{:016x}", rand::random::<u64>())))
    }

    fn people(&self) -> Arc<People> {
        let people = People::new(Mailer::new(Outlet::Folder(self.0.clone()), None).unwrap());
        people.public_url.get_or_init(|| "https://congsinh.example".to_string());
        Arc::new(people)
    }

    /// The letters, once there are so many; they are written after the call returns.
    async fn letters(&self, expected: usize) -> Vec<String> {
        for _ in 0..200 {
            let letters = letters(&self.0);
            if letters.len() >= expected {
                return letters;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        letters(&self.0)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn letters(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut letters: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "eml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    letters.sort();
    letters
}

async fn with_mail(store: &Store, user: &str, language: Language) {
    let id = UserId::new(user);
    let mut account = store.account(&id).await.unwrap().unwrap();
    account.mail = Some(format!("{user}@example.vn"));
    account.user.language = language;
    store.save_account(&store::Actor::system(1), &account).await.unwrap();
}

#[tokio::test]
async fn a_reminder_is_sent_once_for_each_distance_also_after_a_restart() {
    let store = filled().await;
    with_mail(&store, "demo-operator", Language::Vi).await;
    with_mail(&store, "demo-board", Language::En).await;
    let (outbox, today) = (Outbox::new(), date(2026, 3, 6));
    let app = |today| {
        let (store, people) = (store.clone(), outbox.people());
        async move {
            let mut app = on(&store, today).await;
            app.people = people;
            app
        }
    };
    let first = app(today).await;
    assert_eq!(send_due(&first).await.unwrap(), 0, "there is nothing to remind of");
    let operator = enter(&first, "demo-operator").await;
    let own = check_kept(&first, &operator, "/parks/khu-mau/dossiers", "procedure=park-certificate").await;
    let submitted = format!("act=done&step=submit&on=2026-03-06&{PARTS}");
    check_kept(&first, &operator, &format!("{own}/entries"), &submitted).await;

    // Forwarding is due on 11 March, within a week; the assessment on 15 April is far off.
    assert_eq!(send_due(&first).await.unwrap(), 2);
    assert_eq!(send_due(&first).await.unwrap(), 0);
    assert_eq!(send_due(&app(today).await).await.unwrap(), 0, "after a restart");
    let told = outbox.letters(2).await;
    assert_eq!(told.len(), 2);
    let (to_board, to_operator) = (
        told.iter().find(|letter| letter.contains("To: demo-board@example.vn")).expect("a letter to the board"),
        told.iter().find(|letter| letter.contains("To: demo-operator@example.vn")).expect("a letter to the operator"),
    );
    assert!(to_board.contains("is due on 11/03/2026"), "{to_board}");
    // Vietnamese text travels encoded; only the English one can be read as it stands.
    assert!(!to_operator.contains("is due on"), "{to_operator}");

    // The day before, and the day after: one more each, but none to whom turned them off.
    let off = app(date(2026, 3, 10)).await;
    check_kept(&off, &enter(&off, "demo-board").await, "/deadlines/reminders", "wants=no").await;
    assert_eq!(send_due(&off).await.unwrap(), 1);
    let late = app(date(2026, 3, 12)).await;
    assert_eq!(send_due(&late).await.unwrap(), 1);
    assert_eq!(send_due(&app(date(2026, 3, 20)).await).await.unwrap(), 0);
    check_kept(&late, &enter(&late, "demo-board").await, "/deadlines/reminders", "wants=yes").await;
    assert_eq!(send_due(&late).await.unwrap(), 1);
    // What is done is not reminded of.
    check_kept(&late, &operator, &format!("{own}/entries"), "act=done&step=forward&on=2026-03-12").await;
    assert_eq!(outbox.letters(5).await.len(), 5);
}

#[tokio::test]
async fn deadlines_stand_in_the_calendar_and_late_ones_first() {
    let store = filled().await;
    let app = on(&store, date(2026, 6, 30)).await;
    sample::seed(&store, app.catalogue, app.today(), 1).await.unwrap();
    sample::seed(&store, app.catalogue, app.today(), 2).await.unwrap();
    assert_eq!(store.dossiers(&crate::auth::whole(), None).await.unwrap().len(), 3, "seeded once");
    let board = enter(&app, "demo-board").await;
    let (status, calendar) = get(&app, &board, "/deadlines.ics").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 2);
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), calendar.matches("END:VEVENT").count());
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n") && calendar.ends_with("END:VCALENDAR\r\n"));
    // Handed in on 6 June: forty days end on 16 July.
    assert!(calendar.contains("DTSTART;VALUE=DATE:20260716"), "{calendar}");
    let list = get(&app, &board, "/dossiers").await.1;
    let rows: Vec<&str> = list.split("<th scope=\"row\"").skip(1).collect();
    assert!(rows[0].contains("Trễ hạn") && !rows[1].contains("Trễ hạn"), "late ones first");
    for path in ["/dossiers", "/deadlines", "/parks/khu-mau/dossiers"] {
        for language in ["vi", "en"] {
            let (status, page) = get(&app, &board, &format!("{path}?lang={language}")).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(!page.contains("[dossier") && !page.contains("[deadline"), "{path} in {language}");
        }
    }
}

fn sample_park() -> (Park, ParkReport) {
    let catalogue = catalogue::catalogue().unwrap();
    let park = demo::example("khu-mau", catalogue).unwrap();
    let framework = &catalogue.frameworks[&FrameworkId::new(DEFAULT_FRAMEWORK)];
    let order = Order { period: Period::year(2024).unwrap(), as_of: date(2025, 1, 31), framework };
    let report = report(&park, catalogue, &order);
    (park, report)
}

fn particulars() -> Particulars {
    Particulars {
        number: "15/CV-KM".to_string(),
        place: "Cần Thơ".to_string(),
        day: Some(date(2025, 1, 31)),
        role: "Giám đốc".to_string(),
        name: "Nguyễn Văn An".to_string(),
    }
}

/// The files of an archive by name.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let (name, mut bytes) = (file.name().unwrap().to_string(), Vec::new());
        file.read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

/// The text of a docx: its main part is well-formed XML.
fn text_of(docx: &[u8]) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    zip.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut text = String::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Xml::Text(part) => text.push_str(&part),
            Xml::End(end) if end.name().as_ref() == "w:p" => text.push('\n'),
            Xml::Eof => return text,
            _ => {}
        }
    }
}

#[test]
fn the_archive_of_the_sample_park_is_whole_and_says_what_is_missing() {
    let catalogue = catalogue::catalogue().unwrap();
    let (park, report) = sample_park();
    let procedure = catalogue.procedures.iter().find(|one| one.id == "park-certificate").unwrap();
    let particulars = particulars();
    let sources = Sources {
        report: &report,
        park: &park,
        catalogue,
        evidence: &[],
        forms: &[],
        procedure,
        enterprise: None,
        particulars: &particulars,
    };
    let enclosed = || Enclosed {
        files: vec![("abc-hóa đơn.pdf".to_string(), b"%PDF-1.4 bill".to_vec())],
        withheld: vec!["bản vẽ.pdf".to_string()],
    };
    let made = archive(&sources, enclosed()).unwrap();
    assert_eq!(made.bytes, archive(&sources, enclosed()).unwrap().bytes, "same inputs, same bytes");
    let files = unpacked(&made.bytes);

    let sums = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
    let listed: BTreeMap<&str, &str> =
        sums.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, name)| (name, sum)).collect();
    assert_eq!(listed.len() + 1, files.len());
    for (name, bytes) in files.iter().filter(|(name, _)| *name != "SHA256SUMS") {
        assert_eq!(listed[name.as_str()], Digest::of(bytes).as_str(), "{name}");
    }
    for language in ["vi", "en"] {
        for name in ["1-registration", "2-operation-report", "3-self-assessment", "4-evidence-list", "5-annexes"] {
            assert!(files[&format!("{language}/{name}.pdf")].starts_with(b"%PDF-"), "{language}/{name}");
            assert!(text_of(&files[&format!("{language}/{name}.docx")]).len() > 200, "{language}/{name}");
        }
    }
    let registration = text_of(&files["vi/1-registration.docx"]);
    for expected in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Số: 15/CV-KM",
        "Cần Thơ, ngày 31 tháng 01 năm 2025",
        "Hạ tầng Khu công nghiệp Mẫu 01",
        "Nguyễn Văn An",
    ] {
        assert!(registration.contains(expected), "{expected} in {registration}");
    }
    let assessment = text_of(&files["vi/3-self-assessment.docx"]);
    for criterion in &report.assessments[0].criteria {
        assert!(assessment.contains(criterion.id.as_str()), "{}", criterion.id);
    }
    let missing = String::from_utf8(files["vi/missing.txt"].clone()).unwrap();
    for expected in ["Địa chỉ trụ sở chính", "Tỷ lệ lấp đầy", "chưa có tệp bằng chứng", "bản vẽ.pdf"]
    {
        assert!(missing.contains(expected), "{expected} in {missing}");
    }
    assert!(!missing.contains("Số văn bản"), "what was given is not missing");
}

#[test]
fn every_unknown_criterion_is_told_as_missing_and_no_other() {
    let catalogue = catalogue::catalogue().unwrap();
    let (park, report) = sample_park();
    let procedure = catalogue.procedures.iter().find(|one| one.id == "park-certificate").unwrap();
    let particulars = Particulars::default();
    let sources = Sources {
        report: &report,
        park: &park,
        catalogue,
        evidence: &[],
        forms: &[],
        procedure,
        enterprise: None,
        particulars: &particulars,
    };
    for language in Language::ALL {
        let drafts = drafts(&sources, language);
        let assessment = drafts.iter().find(|draft| draft.part == "self-assessment").unwrap();
        for criterion in &report.assessments[0].criteria {
            let is_told = assessment.missing.iter().any(|told| told.starts_with(&format!("{} ", criterion.id)));
            assert_eq!(is_told, criterion.outcome == engine::assess::Outcome::Unknown, "{}", criterion.id);
        }
        let registration = &drafts[0];
        assert!(registration.missing.len() >= 8, "{:?}", registration.missing);
        assert!(drafts.iter().all(|draft| !format!("{:?}", draft.document).contains("\"[")), "no raw keys");
    }
}

#[tokio::test]
async fn an_enterprise_s_papers_tell_of_itself_alone() {
    let app = on(&filled().await, date(2025, 1, 31)).await;
    let officer = enter(&app, "demo-enterprise").await;
    let path = "/parks/khu-mau/enterprises/E01/dossiers";
    let own = check_kept(&app, &officer, path, "procedure=enterprise-certificate").await;
    let request = Request::get(format!("{own}/papers.zip")).header(header::COOKIE, &officer.cookie);
    let (status, _, _, bytes) = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let files = unpacked(&bytes);
    let is_of_park = |name: &String| name.ends_with("/report.xlsx") || name == "report.json";
    assert!(!files.keys().any(is_of_park), "{:?}", files.keys());
    let park = app.store.load_park(&crate::auth::whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap();
    let text = text_of(&files["vi/2-operation-report.docx"]);
    for enterprise in &park.enterprises {
        assert_eq!(text.contains(&enterprise.name.vi), enterprise.id.as_str() == "E01", "{}", enterprise.id);
    }
    assert_eq!(app.store.check_audit(&[]).await.unwrap().findings, []);
}
