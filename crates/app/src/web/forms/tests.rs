//! State forms through the pages and the API, over the sample park: what each role sees, writes, hands in and receives.

use axum::http::StatusCode;
use engine::ids::{EnterpriseId, ExchangeId, FieldId, FormId, ParkId};
use engine::report::forms::{ExchangePart, FieldValue, Typed};
use serde_json::Value;
use store::{FieldChange, FormAt};

use crate::auth::User;
use crate::forms::standing;
use crate::web::enterprise::tests::Person;
use crate::web::observe::tests::Site;

const B4: &str = "/parks/khu-mau/enterprises/E01/forms/vn-b4";
const A4: &str = "/parks/khu-mau/forms/vn-a4";

fn api(page: &str) -> String {
    format!("/api{page}?period=2024")
}

async fn told(site: &Site, person: &Person, page: &str) -> Value {
    person.api(site, &api(page)).await
}

fn row<'v>(told: &'v Value, id: &str) -> &'v Value {
    let rows = told["form"]["fields"].as_array().expect("a form that is shown");
    rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id}"))
}

fn value(told: &Value, id: &str) -> Value {
    row(told, id)["content"]["value"]["value"].clone()
}

/// What would have to be typed so that nothing required is missing: a word or a number of the kind that is asked.
fn missing(told: &Value) -> Vec<(String, String)> {
    let rows = told["form"]["fields"].as_array().unwrap().iter();
    let is_missing = |row: &&Value| {
        let why = row["content"]["why"]["why"].as_str().unwrap_or_default();
        let is_others = ["heading", "hidden", "in_state_register"].contains(&why);
        row["required"] == true && row["content"]["content"] == "empty" && !is_others && row["formula"].is_null()
    };
    let typed = |row: &Value| {
        let id = row["id"].as_str().unwrap();
        let text = match (row["kind"].as_str().unwrap(), row["options"][0].as_str()) {
            ("number" | "integer", _) => "12,5".to_string(),
            ("date", _) => "31/12/2020".to_string(),
            (_, Some(option)) => option.to_string(),
            _ => "Không có".to_string(),
        };
        match row["kind"].as_str() {
            Some("table") => (format!("cell.{id}.0.0"), text),
            _ => (format!("value.{id}"), text),
        }
    };
    rows.filter(is_missing).map(typed).collect()
}

async fn post(site: &Site, person: &Person, path: &str, fields: &[(String, String)]) -> (StatusCode, Vec<String>) {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    person.post(site, &format!("{path}?period=2024"), &fields).await
}

fn typed(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

#[tokio::test]
async fn a_form_of_an_enterprise_is_written_handed_in_sent_back_and_received() {
    let site = Site::new().await;
    let own = Person::at(&site, "demo-enterprise", B4).await;
    let (operator, board) = (Person::at(&site, "demo-operator", "/").await, Person::at(&site, "demo-board", "/").await);
    let draft = told(&site, &own, B4).await;
    assert_eq!((&draft["state"]["state"], &draft["year"]), (&Value::from("draft"), &Value::from(2025)));
    let gaps = missing(&draft);
    assert!(gaps.len() > 20, "{} rows are missing", gaps.len());
    let (status, faults) = post(&site, &own, &format!("{B4}/submit"), &[]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(faults.len() >= gaps.len() && faults.iter().all(|fault| fault.contains("còn trống")), "{faults:?}");
    // Nobody else sees the draft, not even whoever it goes to.
    for person in [&operator, &board] {
        assert_eq!(told(&site, person, B4).await["form"], Value::Null);
        let page = site.get(&person.cookie, &format!("{B4}?period=2024")).await;
        assert!(page.status == StatusCode::OK && page.text.contains("Mẫu này chưa được nộp"));
        assert_eq!(post(&site, person, B4, &gaps).await.0, StatusCode::FORBIDDEN);
        assert_eq!(
            site.get(&person.cookie, &format!("{B4}/rows/B4-III-P3.2?period=2024")).await.status,
            StatusCode::FORBIDDEN
        );
    }

    assert_eq!(post(&site, &own, B4, &gaps).await, (StatusCode::OK, Vec::new()));
    assert_eq!(missing(&told(&site, &own, B4).await), []);
    assert_eq!(post(&site, &own, &format!("{B4}/submit"), &[]).await, (StatusCode::OK, Vec::new()));
    let (status, faults) = post(&site, &own, B4, &typed(&[("value.B4-III-P3.11", "1")])).await;
    assert!(status == StatusCode::CONFLICT && faults[0].contains("đã nộp"), "{faults:?}");
    let handed = told(&site, &board, B4).await;
    assert_eq!((&handed["state"]["state"], value(&handed, "B4-III-P3.11")), (&Value::from("submitted"), 12.5.into()));
    assert!(handed["digest"].as_str().is_some_and(|digest| digest.len() == 64));
    assert!(told(&site, &operator, B4).await["form"].is_object(), "by the decree it goes to the developer too");
    assert_eq!(
        post(&site, &operator, &format!("{B4}/receive"), &typed(&[("act", "receive")])).await.0,
        StatusCode::FORBIDDEN
    );

    let receive = format!("{B4}/receive");
    assert_eq!(
        post(&site, &board, &receive, &typed(&[("act", "return"), ("reason", " ")])).await.0,
        StatusCode::CONFLICT
    );
    let back = typed(&[("act", "return"), ("reason", "Thiếu số liệu nước <b>")]);
    assert_eq!(post(&site, &board, &receive, &back).await, (StatusCode::OK, Vec::new()));
    let page = site.get(&own.cookie, &format!("{B4}?period=2024")).await.text;
    assert!(page.contains("Thiếu số liệu nước &#60;b&#62;") && page.contains("Yêu cầu chỉnh sửa"));
    let again = typed(&[("value.B4-III-P3.11", "1.300")]);
    assert_eq!(post(&site, &own, B4, &again).await, (StatusCode::OK, Vec::new()));
    assert_eq!(value(&told(&site, &board, B4).await, "B4-III-P3.11"), 12.5, "until it is handed in again");
    assert_eq!(post(&site, &own, &format!("{B4}/submit"), &[]).await.0, StatusCode::OK);
    assert_eq!(post(&site, &board, &receive, &typed(&[("act", "receive")])).await.0, StatusCode::OK);
    let received = told(&site, &own, B4).await;
    assert_eq!(
        (&received["state"]["state"], value(&received, "B4-III-P3.11")),
        (&Value::from("received"), 1300.0.into())
    );
    assert_eq!(received["steps"].as_array().unwrap().len(), 4);
    assert_eq!(site.app.store.check_audit(&[]).await.unwrap().findings, [], "the log knows of all of it");
}

#[tokio::test]
async fn an_override_needs_a_reason_and_what_it_replaced_comes_back() {
    let site = Site::new().await;
    let operator = Person::at(&site, "demo-operator", A4).await;
    let area = "A4-I-2.5.1";
    assert_eq!(value(&told(&site, &operator, A4).await, area), 900.0);
    for (fields, word) in [
        (typed(&[("value.A4-I-2.5.1", "880")]), "lý do"),
        (typed(&[("value.A4-I-2.5.1", ""), ("reason.A4-I-2.5.1", "đo lại")]), "giá trị"),
        (typed(&[("value.A4-I-2.5.1", "12.5"), ("reason.A4-I-2.5.1", "đo lại")]), "không phải là số"),
    ] {
        let (status, faults) = post(&site, &operator, A4, &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(faults.len() == 1 && faults[0].contains(word), "{faults:?}");
    }
    let over = typed(&[("value.A4-I-2.5.1", "880"), ("reason.A4-I-2.5.1", "Đo lại tháng 6")]);
    assert_eq!(post(&site, &operator, A4, &over).await, (StatusCode::OK, Vec::new()));
    let form = told(&site, &operator, A4).await;
    assert_eq!(value(&form, area), 880.0);
    assert_eq!(row(&form, area)["overridden"]["before"]["value"]["value"], 900.0);
    let page = site.get(&operator.cookie, &format!("{A4}?period=2024")).await.text;
    assert!(page.contains("Thay cho: 900. Lý do: Đo lại tháng 6"));
    // The page sent back as it is changes nothing.
    let steps = site.app.store.audit_head().await.unwrap();
    assert_eq!(post(&site, &operator, A4, &over).await.0, StatusCode::OK);
    assert_eq!(site.app.store.audit_head().await.unwrap(), steps);
    assert_eq!(post(&site, &operator, A4, &typed(&[("clear", area)])).await.0, StatusCode::OK);
    let form = told(&site, &operator, A4).await;
    assert_eq!((value(&form, area), &row(&form, area)["overridden"]), (900.0.into(), &Value::Null));
}

#[tokio::test]
async fn every_fault_is_told_at_once_with_its_row_and_nothing_is_half_kept() {
    let site = Site::new().await;
    let own = Person::at(&site, "demo-enterprise", B4).await;
    let long = "x".repeat(3_001);
    let fields = typed(&[
        ("value.B4-III-P3.11", "mười"),
        ("value.B4-III-P3.12", "7"),
        ("value.B4-IV-P4.2", "khác"),
        ("value.B4-III-P3.1", &long),
        ("value.B4-I-3.5", "31/02/2020"),
    ]);
    let (status, faults) = post(&site, &own, B4, &fields).await;
    assert_eq!((status, faults.len()), (StatusCode::UNPROCESSABLE_ENTITY, 4), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.starts_with("P3.11") && fault.contains("mười")), "{faults:?}");
    assert_eq!(value(&told(&site, &own, B4).await, "B4-III-P3.12"), Value::Null);
    let page = site.get(&own.cookie, &format!("{B4}?period=2024&lang=en")).await.text;
    assert!(!page.contains("[form-") && page.contains("Override"), "raw keys");
}

/// Hands in form B.4 of an enterprise as the program itself, with a saving of material that one exchange brought.
async fn hand_in(site: &Site, enterprise: &str, material: f64, exchange: Option<&str>) {
    let key = site.app.park_key(&ParkId::new("khu-mau")).await.unwrap();
    let at = FormAt {
        park: key.id.clone(),
        enterprise: Some(EnterpriseId::new(enterprise)),
        form: FormId::new("vn-b4"),
        year: 2025,
    };
    let machine = User::machine(engine::language::Language::Vi);
    let (actor, scope) = (machine.actor(7), machine.scope());
    let draft = standing(&site.app, &machine, &key, at.clone()).await.unwrap().form.unwrap();
    let zero = |field: &engine::catalogue::forms::Field| {
        use engine::catalogue::forms::FieldKind::{Integer, Number, Table};
        match field.kind {
            Number | Integer => FieldValue::Number(0.0),
            Table => FieldValue::Table(vec![vec![Some(FieldValue::Text("Không".to_string()))]]),
            _ => FieldValue::Text("Không".to_string()),
        }
    };
    let mut changes: Vec<(FieldId, FieldChange)> = draft
        .fields
        .iter()
        .filter(|row| row.is_missing())
        .map(|row| (row.field.id.clone(), FieldChange::Typed(Some(Typed { value: zero(&row.field), parts: vec![] }))))
        .collect();
    let parts = exchange.map(|id| ExchangePart { exchange: ExchangeId::new(id), amount: material });
    let saved = Typed { value: FieldValue::Number(material), parts: parts.into_iter().collect() };
    changes.push((FieldId::new("B4-IV-P4.24"), FieldChange::Typed(Some(saved))));
    site.app.store.write_form(&actor, &scope, &at, &changes).await.unwrap();
    let filled = standing(&site.app, &machine, &key, at.clone()).await.unwrap().form.unwrap();
    site.app.store.submit_form(&actor, &scope, &at, &filled, site.app.today()).await.unwrap();
}

#[tokio::test]
async fn what_enterprises_hand_in_feeds_the_parks_form_and_an_exchange_counts_once() {
    let site = Site::new().await;
    let operator = Person::at(&site, "demo-operator", A4).await;
    let saved = "A4-III-3.17";
    assert_eq!(value(&told(&site, &operator, A4).await, saved), Value::Null);
    hand_in(&site, "E15", 1_800.0, Some("X1")).await;
    assert_eq!(value(&told(&site, &operator, A4).await, saved), 1_800.0);
    hand_in(&site, "E29", 1_800.0, Some("X1")).await;
    let form = told(&site, &operator, A4).await;
    assert_eq!(value(&form, saved), 1_800.0);
    assert_eq!(row(&form, saved)["content"]["origin"]["enterprises"], serde_json::json!(["E15", "E29"]));
    let part = site.get(&operator.cookie, &format!("{A4}/rows/{saved}?period=2024")).await.text;
    assert!(part.contains("/parks/khu-mau/enterprises/E15/forms/vn-b4"), "the way to what they reported");
    // Another year is another report.
    assert_eq!(value(&operator.api(&site, &format!("/api{A4}?period=2023")).await, saved), Value::Null);
}

#[tokio::test]
async fn pressing_a_value_tells_where_it_comes_from() {
    let site = Site::new().await;
    let operator = Person::at(&site, "demo-operator", A4).await;
    for (id, word) in [
        ("A4-III-1.2.3", "/parks/khu-mau/figures/claim/"),
        ("A4-III-1.1.2", "/parks/khu-mau/figures/claim/"),
        ("A4-III-2.1.1", "X1"),
        ("A4-I-2.5.1", "thông tin chung"),
    ] {
        let answer = site.get(&operator.cookie, &format!("{A4}/rows/{id}?period=2024")).await;
        assert!(answer.status == StatusCode::OK && answer.text.contains(word), "{id}: {}", answer.text);
    }
    let a5 = "/parks/khu-mau/forms/vn-a5";
    let page = site.get(&operator.cookie, &format!("{a5}?period=2024")).await.text;
    assert!(page.contains(&format!("{a5}/rows/A5-")), "its marks lead there");
    let list = site.get(&operator.cookie, "/parks/khu-mau/forms?period=2024").await.text;
    for word in ["Mẫu A.4", "Mẫu A.5", "B5", "Mẫu B.4", "Bản nháp"] {
        assert!(list.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_form_that_is_not_asked_of_a_reporter_is_not_there() {
    let site = Site::new().await;
    let operator = Person::at(&site, "demo-operator", "/").await;
    let nobody = "/parks/khu-mau/enterprises/E99/forms/vn-b4";
    for path in [
        "/parks/khu-mau/forms/vn-b4",
        "/parks/khu-mau/enterprises/E01/forms/vn-a4",
        "/parks/khu-mau/forms/none",
        nobody,
        &format!("{nobody}/export/docx"),
        &format!("/api{nobody}"),
    ] {
        assert_eq!(site.get(&operator.cookie, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let ministry = site.enter("demo-ministry").await;
    for path in [A4, B4, "/parks/khu-mau/forms"] {
        assert_eq!(site.get(&ministry, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

async fn bytes(site: &Site, person: &Person, path: &str) -> Vec<u8> {
    let answer = site.raw(&person.cookie, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()
}

/// What a reader of a Word file sees, and whether it holds a field that Word would compute.
fn words_of(docx: &[u8]) -> (String, bool) {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let mut text = String::new();
    for run in xml.split("<w:t").skip(1) {
        let inside = run.split_once('>').map_or("", |(_, rest)| rest.split("</w:t>").next().unwrap_or_default());
        text.push_str(&quick_xml::escape::unescape(inside).unwrap());
        text.push('\n');
    }
    (text, xml.contains("w:instr"))
}

#[tokio::test]
async fn what_is_typed_is_text_in_every_file_and_vietnamese_stays_whole() {
    use calamine::{Reader, Xlsx};
    let site = Site::new().await;
    let operator = Person::at(&site, "demo-operator", A4).await;
    let hostile = ["=1+1", "+84 292 3 830 000", "-1+2", "@SUM(A1:A9)", "Nhà ở cho người lao động: đã xây 1.250 căn"];
    let rows = ["A4-I-2.1", "A4-I-2.2", "A4-I-1.3.5", "A4-I-2.6.1", "A4-I-2.6.2"];
    let fields: Vec<(String, String)> =
        rows.iter().zip(hostile).map(|(row, text)| (format!("value.{row}"), text.to_string())).collect();
    assert_eq!(post(&site, &operator, A4, &fields).await, (StatusCode::OK, Vec::new()));

    let file = |format: &str, language: &str| format!("{A4}/export/{format}?period=2024&lang={language}");
    let book = bytes(&site, &operator, &file("xlsx", "vi")).await;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book)).unwrap();
    let mut cells: Vec<String> = Vec::new();
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().is_empty(), "{name} holds a formula");
        let range = book.worksheet_range(&name).unwrap();
        cells.extend(range.cells().map(|(_, _, cell)| cell.to_string()));
    }
    let (word, has_field) = words_of(&bytes(&site, &operator, &file("docx", "vi")).await);
    assert!(!has_field, "nothing that Word would compute");
    for text in hostile {
        assert!(cells.iter().any(|cell| cell == text), "{text} in the workbook");
        assert!(word.contains(text), "{text} in the Word file");
    }
    for text in ["Tổng diện tích đất KCN (ha)", "Báo cáo theo dõi, giám sát thực hiện khu công nghiệp sinh thái"]
    {
        assert!(cells.iter().any(|cell| cell.contains(text)) && word.contains(text), "{text}");
    }
    assert!(cells.iter().any(|cell| cell == "900"), "a number stays a number");
    for text in ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Kính gửi", "Nơi nhận", "Bản nháp, chưa nộp"]
    {
        assert!(word.contains(text), "{text}");
    }
    let (english, _) = words_of(&bytes(&site, &operator, &file("docx", "en")).await);
    assert!(english.contains("Follow-up and monitoring report") && !english.contains("[form-"), "{english}");
    assert!(bytes(&site, &operator, &file("pdf", "vi")).await.starts_with(b"%PDF"));
    let json: Value = serde_json::from_slice(&bytes(&site, &operator, &file("json", "vi")).await).unwrap();
    assert_eq!(json, told(&site, &operator, A4).await["form"]);
    assert_eq!(site.get(&operator.cookie, &format!("{A4}/export/exe")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn duties_tell_when_by_which_law_and_what_would_have_to_be_known() {
    let site = Site::new().await;
    let own = Person::at(&site, "demo-enterprise", "/").await;
    let page = "/parks/khu-mau/enterprises/E01/obligations?period=2024";
    let text = site.get(&own.cookie, page).await.text;
    for word in ["Kiểm kê khí nhà kính", "Chưa rõ, cần biết", "chưa xác nhận", "Nghị định 35/2022/NĐ-CP", "TOE"]
    {
        assert!(text.contains(word), "{word}");
    }
    let listed = format!("{page}&ghg_list=yes");
    let text = site.get(&own.cookie, &listed).await.text;
    // On 31 January 2025 the inventory is due before Monday 31 March; Friday the 28th is the last working day.
    assert!(text.contains("31/03/2025") && text.contains("28/03/2025"), "{text}");
    let told = own.api(&site, &format!("/api{listed}")).await;
    let duty = told["duties"].as_array().unwrap().iter().find(|one| one["obligation"] == "ghg-inventory").unwrap();
    assert_eq!(
        (&duty["answer"]["before"], &duty["left"]["last_day"]["day"]),
        (&"2025-03-31".into(), &"2025-03-28".into())
    );
    assert_eq!((&duty["unconfirmed"], &duty["trigger"]["trigger"]), (&true.into(), &"ghg_list".into()));
    let operator = Person::at(&site, "demo-operator", "/").await;
    let text = site.get(&operator.cookie, "/parks/khu-mau/obligations?period=2024&certified=yes&lang=en").await.text;
    assert!(text.contains("/parks/khu-mau/forms/vn-a4") && text.contains("Duties of the enterprises"));
    assert!(!text.contains("[obligation-"), "raw keys");
    let ministry = site.enter("demo-ministry").await;
    let text = site.get(&ministry, "/parks/khu-mau/obligations?period=2024").await;
    assert!(text.status == StatusCode::OK && !text.text.contains("Nghĩa vụ của các doanh nghiệp"));
    assert_eq!(site.get(&ministry, page).await.status, StatusCode::FORBIDDEN);
}
