//! What people do about records beside entering them, through the pages and the API, over the sample park.

use axum::http::StatusCode;
use engine::ids::ParkId;
use serde_json::Value;

use crate::auth;
use crate::page::escape;
use crate::web::observe::tests::{Site, csrf};

pub const OWN: &str = "/parks/khu-mau/enterprises/E01";

pub struct Person {
    pub cookie: String,
    token: String,
}

impl Person {
    pub async fn at(site: &Site, user: &str, path: &str) -> Person {
        let cookie = site.enter(user).await;
        let page = site.get(&cookie, path).await;
        let token = csrf(&page.text).to_string();
        Person { cookie, token }
    }

    /// Sends a form and says the status with the faults.
    pub async fn post(&self, site: &Site, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Vec<String>) {
        let fields = fields.iter().map(|(name, value)| format!("&{name}={}", escape(value)));
        let form = format!("csrf={}{}", self.token, fields.collect::<String>());
        let answer = site.post_cells(&self.cookie, path, &form).await;
        let told: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let faults = told["faults"].as_array().cloned().unwrap_or_default();
        (answer.status, faults.iter().filter_map(Value::as_str).map(str::to_string).collect())
    }

    pub async fn api(&self, site: &Site, path: &str) -> Value {
        let answer = site.get(&self.cookie, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        serde_json::from_str::<Value>(&answer.text).unwrap()["data"].clone()
    }
}

/// Electricity of March at E01, ten times what it was: a finding to answer.
async fn with_a_slipped_unit(site: &Site, person: &Person, amount: &str) -> Value {
    let cells = [("resource", "electricity"), ("year", "2024"), ("amount.2024-05", amount)];
    let (status, faults) = person.post(site, &format!("{OWN}/records?period=2024"), &cells).await;
    assert_eq!((status, faults.len()), (StatusCode::OK, 0));
    let findings = person.api(site, "/api/parks/khu-mau/findings?period=2024").await;
    let slip = findings.as_array().unwrap().iter().find(|finding| finding["rule"] == "unit-slip");
    slip.cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_finding_is_answered_until_its_figure_changes() {
    let site = Site::new().await;
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    let slip = with_a_slipped_unit(&site, &person, "12.000.000").await;
    let key = slip["key"].as_str().unwrap();
    assert_eq!((key, slip["severity"].as_str()), ("unit-slip/E01/electricity/2024-05", Some("error")));
    let figures = format!("{:?}", slip["found"].as_f64().unwrap());
    let path = format!("{OWN}/findings?period=2024");

    let answer = |key: &str, figures: &str, comment: &str| {
        [("finding", key), ("figures", figures), ("comment", comment)].map(|(a, b)| (a.to_string(), b.to_string()))
    };
    for (fields, faults) in [
        (answer(key, &figures, " "), 1),
        (answer(key, "1.0", ""), 2),
        (answer("jump/E01/electricity/2024-05", &figures, "vì"), 1),
        (answer(key, &figures, &"x".repeat(1_001)), 1),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let (status, told) = person.post(&site, &path, &fields).await;
        assert_eq!((status, told.len()), (StatusCode::UNPROCESSABLE_ENTITY, faults), "{told:?}");
    }
    let fields = [("finding", key), ("figures", figures.as_str()), ("comment", "Chạy thử lò mới <b>")];
    assert_eq!(person.post(&site, &path, &fields).await.0, StatusCode::OK);
    let page = site.get(&person.cookie, &format!("{OWN}?period=2024")).await.text;
    assert!(page.contains("Đã trả lời: 1 điểm") && page.contains("Chạy thử lò mới &#60;b&#62;"), "it is told as text");

    // The operator sees it; a board sees how many there are and no more.
    let operator = Person::at(&site, "demo-operator", OWN).await;
    let told = operator.api(&site, "/api/parks/khu-mau/findings?period=2024").await.to_string();
    assert!(told.contains("Chạy thử lò mới"));
    let board = Person::at(&site, "demo-board", "/parks/khu-mau/observe").await;
    let told = board.api(&site, "/api/parks/khu-mau/findings?period=2024").await.to_string();
    assert!(told.contains("unit-slip") && !told.contains("E01") && !told.contains("Chạy thử"), "{told}");

    let changed = with_a_slipped_unit(&site, &person, "13.000.000").await;
    assert_eq!((&changed["key"], &changed["answer"]), (&slip["key"], &Value::Null));
    assert_eq!(changed["lapsed"]["comment"], "Chạy thử lò mới <b>");
    let other = "/parks/khu-mau/enterprises/E02/findings";
    assert_eq!(person.post(&site, other, &fields).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_enterprise_is_not_told_what_is_usual_in_its_sector() {
    let site = Site::new().await;
    let mut park = site.park().await;
    let of_e03 = park
        .records
        .iter_mut()
        .filter(|record| record.enterprise.as_str() == "E01" && record.resource.as_str() == "electricity");
    of_e03.for_each(|record| record.amount.value *= 1_000.0);
    site.app.store.save_park(&store::Actor::system(1), &park, "").await.unwrap();
    let path = "/api/parks/khu-mau/findings?period=2024";
    for (user, is_told) in [("demo-enterprise", false), ("demo-operator", true)] {
        let person = Person::at(&site, user, OWN).await;
        let findings = person.api(&site, path).await;
        let outlier = findings.as_array().unwrap().iter().find(|one| one["rule"] == "sector-outlier").unwrap();
        assert_eq!(outlier["median"].is_number(), is_told, "{user}");
        for lang in ["vi", "en"] {
            let page = site.get(&person.cookie, &format!("{OWN}?period=2024&lang={lang}")).await.text;
            assert!(page.contains("trung vị của 7") || page.contains("median of 7") || is_told, "{user}");
            assert_eq!(page.contains("lần trung vị ") || page.contains("times the median "), is_told, "{user} {lang}");
        }
    }
}

#[tokio::test]
async fn a_year_is_completed_approved_locked_and_reopened() {
    let site = Site::new().await;
    let enterprise = Person::at(&site, "demo-enterprise", OWN).await;
    let operator = Person::at(&site, "demo-operator", OWN).await;
    let (periods, approvals) = (format!("{OWN}/periods"), format!("{OWN}/approvals"));
    let year = |step: &'static str| [("step", step), ("period", "2024"), ("group", "electricity"), ("reason", "")];

    let bad = [("step", "complete"), ("period", "2024-01-01/2024-02-15"), ("group", "moonlight")];
    let (status, faults) = enterprise.post(&site, &periods, &bad).await;
    assert_eq!((status, faults.len()), (StatusCode::CONFLICT, 2), "{faults:?}");
    assert_eq!(operator.post(&site, &approvals, &year("approve")).await.0, StatusCode::CONFLICT);
    assert_eq!(enterprise.post(&site, &periods, &year("complete")).await.0, StatusCode::OK);
    assert_eq!(enterprise.post(&site, &approvals, &year("approve")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(operator.post(&site, &approvals, &year("approve")).await.0, StatusCode::OK);

    let cells = [("resource", "electricity"), ("year", "2024"), ("amount.2024-05", "1.000.000")];
    let answer = site
        .post_cells(
            &enterprise.cookie,
            &format!("{OWN}/records?period=2024"),
            &format!("csrf={}&resource=electricity&year=2024&amount.2024-05=1.000.000", enterprise.token),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("đã được phê duyệt và bị khóa"), "{}", answer.text);
    let water = [("resource", "supply-water"), ("year", "2024"), ("amount.2024-05", "30.000")];
    assert_eq!(enterprise.post(&site, &format!("{OWN}/records?period=2024"), &water).await.0, StatusCode::OK);

    // What was approved is reopened by those who approve, with a reason.
    let reopen = [("step", "reopen"), ("period", "2024"), ("group", "electricity"), ("reason", "Hóa đơn điều chỉnh")];
    assert_eq!(enterprise.post(&site, &periods, &reopen).await.0, StatusCode::FORBIDDEN);
    assert_eq!(operator.post(&site, &approvals, &year("reopen")).await.1.len(), 1);
    assert_eq!(operator.post(&site, &approvals, &reopen).await.0, StatusCode::OK);
    assert_eq!(enterprise.post(&site, &format!("{OWN}/records?period=2024"), &cells).await.0, StatusCode::OK);

    let page = site.get(&operator.cookie, &format!("{OWN}?period=2024")).await.text;
    for word in ["Đã mở lại", "Hóa đơn điều chỉnh", "Phê duyệt (Bên vận hành khu)", "Số liệu được sửa sau đó"]
    {
        assert!(page.contains(word), "{word}");
    }
    let matrix = site.get(&operator.cookie, "/parks/khu-mau/observe?period=2024").await.text;
    assert!(matrix.contains("mở lại một phần *"));
    let board = Person::at(&site, "demo-board", "/parks/khu-mau/observe").await;
    let counts = board.api(&site, "/api/parks/khu-mau/periods?period=2024").await;
    assert_eq!(counts["enterprise_months"]["reopened"], 12, "{counts}");
    let marks = enterprise.api(&site, "/api/parks/khu-mau/periods?period=2024").await;
    assert_eq!(marks["marks"].as_array().unwrap().len(), 3);
    let log = site.app.store.latest_audit(&auth::whole(), 1_000).await.unwrap();
    let steps: Vec<&str> =
        log.iter().rev().filter(|row| row.entity == "period").map(|row| row.action.as_str()).collect();
    assert_eq!(steps, ["complete", "approve", "reopen"]);
    assert!(site.app.store.park_revision(&ParkId::new("khu-mau")).await.unwrap().is_some());
}

/// Sends a file as the form of a page does, and says where the answer leads or what it says.
async fn attach(
    site: &Site,
    person: &Person,
    fields: &[(&str, &str)],
    name: &str,
    bytes: &[u8],
) -> (StatusCode, String) {
    let mut body = Vec::new();
    for (field, value) in [("csrf", person.token.as_str())].iter().chain(fields) {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    body.extend(head.bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let answer = site.post_parts(&person.cookie, &format!("{OWN}/evidence"), body).await;
    (answer.status, if answer.location.is_empty() { answer.text } else { answer.location })
}

#[tokio::test]
async fn evidence_is_attached_listed_and_handed_out_safely() {
    let site = Site::new().await;
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    let record = [("resource", "electricity"), ("period", "2024-05")];
    let (status, place) = attach(&site, &person, &record, "hóa đơn 05.pdf", b"%PDF-1.7 bill").await;
    assert_eq!(
        (status, place.as_str()),
        (StatusCode::SEE_OTHER, "/parks/khu-mau/enterprises/E01/history/electricity/2024-05")
    );
    for (fields, name, bytes, fault) in [
        (&record, "a.pdf", &b"<html><script>"[..], "không phải loại tệp"),
        (&record, "a.png", b"%PDF-1.7", "không phải loại tệp"),
        (&record, "b.pdf", b"%PDF-1.7 bill", "đã được đính kèm"),
    ] {
        let (status, text) = attach(&site, &person, fields, name, bytes).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(text.contains(fault), "{name}");
    }
    let huge = [b"%PDF-".as_slice(), &vec![b' '; store::LARGEST_EVIDENCE]].concat();
    assert!(attach(&site, &person, &record, "c.pdf", &huge).await.1.contains("lớn hơn 10 MB"));
    let nothing = [("resource", "electricity"), ("period", "2019-05")];
    assert_eq!(attach(&site, &person, &nothing, "c.pdf", b"%PDF-").await.0, StatusCode::NOT_FOUND);

    let page = site.get(&person.cookie, &place).await.text;
    let sha256 = engine::source::Digest::of(b"%PDF-1.7 bill");
    assert!(page.contains("hóa đơn 05.pdf") && page.contains(sha256.as_str()));
    let figure = site.get(&person.cookie, "/parks/khu-mau/figures/total/electricity?enterprise=E01&period=2024").await;
    assert!(figure.text.contains("/enterprises/E01/evidence"), "the figure leads to what proves it");

    let evidence = site.app.store.evidence(&auth::whole(), &ParkId::new("khu-mau")).await.unwrap();
    let path = format!("{OWN}/evidence/{}", evidence[0].id);
    let response = site.raw(&person.cookie, &path).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_string();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"h_a __n 05.pdf\"; filename*=UTF-8''h%C3%B3a%20%C4%91%C6%A1n%2005.pdf"
    );
    // A consultant sees that it is there; a bill says what was paid, which was not shared.
    let operator = Person::at(&site, "demo-operator", OWN).await;
    let neighbour = "/parks/khu-mau/enterprises/E02/evidence";
    assert_eq!(site.get(&operator.cookie, &format!("{OWN}/evidence")).await.status, StatusCode::OK);
    assert_eq!(site.get(&person.cookie, neighbour).await.status, StatusCode::FORBIDDEN);
    let board = Person::at(&site, "demo-board", "/parks/khu-mau/observe").await;
    assert_eq!(site.get(&board.cookie, &path).await.status, StatusCode::FORBIDDEN);

    assert_eq!(person.post(&site, &format!("{path}/withdraw"), &[]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(site.get(&person.cookie, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_bill_is_not_opened_to_those_who_may_not_know_what_was_paid() {
    let site = Site::new().await;
    let keeps = crate::demo::SHARES_NOTHING[0];
    let park = ParkId::new("khu-mau");
    let records = site.park().await.records;
    let record = records.iter().find(|record| record.enterprise.as_str() == keeps).unwrap();
    let at = store::EvidenceAt {
        park: park.clone(),
        enterprise: record.enterprise.clone(),
        proves: store::Proves::Record { resource: record.resource.clone(), period: record.period },
    };
    let new = store::NewEvidence { file_name: "a.pdf", media_type: "application/pdf", bytes: b"%PDF-1.7" };
    let actor = store::Actor::system(1);
    let kept = site.app.store.add_evidence(&actor, &auth::whole(), &at, &new).await.unwrap();
    let operator = Person::at(&site, "demo-operator", OWN).await;
    let list = format!("/parks/khu-mau/enterprises/{keeps}/evidence");
    let page = site.get(&operator.cookie, &list).await.text;
    assert!(page.contains(&kept.sha256) && page.contains("chỉ mở khi doanh nghiệp chia sẻ chi phí"));
    assert_eq!(site.get(&operator.cookie, &format!("{list}/{}", kept.id)).await.status, StatusCode::FORBIDDEN);
}

/// Hands something in and says what the page shows.
async fn hand_in(site: &Site, person: &Person, field: &str, name: &str, bytes: &[u8]) -> (StatusCode, String) {
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"{field}\"",
        person.token
    )
    .into_bytes();
    if !name.is_empty() {
        body.extend(format!("; filename=\"{name}\"").bytes());
    }
    body.extend(b"\r\n\r\n");
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let answer = site.post_parts(&person.cookie, &format!("{OWN}/intake"), body).await;
    (answer.status, answer.text)
}

fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let mark = format!("name=\"{name}\" value=\"");
    let from = page.find(&mark).unwrap() + mark.len();
    &page[from..from + page[from..].find('"').unwrap()]
}

#[tokio::test]
async fn a_pasted_block_is_shown_and_then_kept_all_or_nothing() {
    let site = Site::new().await;
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    let revision = async || site.app.store.park_revision(&ParkId::new("khu-mau")).await.unwrap().unwrap().0;
    let before = revision().await;
    let block = "Tháng\tĐiện mua (kWh)\tNước ngầm (m3)\n05/2024\t1.300.000,5\t\n06/2024\t1.200.000\t310,5\n";
    let (status, page) = hand_in(&site, &person, "text", "", block.as_bytes()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Đọc được 3 số liệu") && page.contains("1.300.000,5"), "what was understood is shown");
    assert_eq!(revision().await, before, "nothing is kept yet");
    let confirm = format!("{OWN}/intake/confirm");
    let (status, _) = person.post(&site, &confirm, &[("text", block)]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(revision().await, before + 1, "three records are one change");

    let faulty = block.replace("310,5", "ba trăm").replace("06/2024", "6.2024");
    let (status, page) = hand_in(&site, &person, "text", "", faulty.as_bytes()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Khối dán!A3") && page.contains("Chưa có gì được lưu"));
    let partly = block.replace("1.300.000,5", "9").replace("310,5", "-1");
    assert_eq!(person.post(&site, &confirm, &[("text", &partly)]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(revision().await, before + 1, "nothing half written");
    let other = "/parks/khu-mau/enterprises/E02/intake/confirm";
    assert_eq!(person.post(&site, other, &[("text", block)]).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_invoice_is_confirmed_and_kept_as_evidence() {
    let site = Site::new().await;
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    let invoice = "<?xml version=\"1.0\"?><HDon><DLHDon><TTChung><KHHDon>K24TEV</KHHDon><SHDon>77</SHDon></TTChung><NDHDon>\
        <NBan><Ten>Cấp nước Mẫu</Ten></NBan><NMua><MST>0000000001</MST></NMua><DSHHDVu><HHDVu><THHDVu>Nước sạch</THHDVu>\
        <DVTinh>m3</DVTinh><SLuong>21000</SLuong><ThTien>210000000</ThTien></HHDVu></DSHHDVu></NDHDon></DLHDon></HDon>";
    let (status, page) = hand_in(&site, &person, "file", "hd77.xml", invoice.as_bytes()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Tháng của hóa đơn") && page.contains("K24TEV-77 Cấp nước Mẫu"), "the period is asked for");
    let aside = hidden(&page, "aside").to_string();
    let confirm = format!("{OWN}/intake/confirm");
    let fields = |period: &'static str| [("aside", aside.as_str()), ("file_name", "hd77.xml"), ("period", period)];
    assert_eq!(person.post(&site, &confirm, &fields("")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    // Another's word for the same file opens nothing.
    let operator = Person::at(&site, "demo-operator", OWN).await;
    assert_eq!(operator.post(&site, &confirm, &fields("2024-05")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(person.post(&site, &confirm, &fields("2024-05")).await.0, StatusCode::SEE_OTHER);
    let park = site.park().await;
    let kept = park.records.iter().find(|record| {
        record.enterprise.as_str() == "E01"
            && record.resource.as_str() == "supply-water"
            && record.period.to_string() == "2024-05"
    });
    let kept = kept.unwrap();
    assert_eq!((kept.amount.value, kept.basis.code(), kept.cost_vnd), (21000.0, "invoiced", Some(210_000_000.0)));
    let evidence = site.app.store.evidence(&auth::whole(), &park.id).await.unwrap();
    assert_eq!((evidence.len(), evidence[0].file_name.as_str()), (1, "hd77.xml"));
    let sheet = site.raw(&person.cookie, &format!("{OWN}/records.xlsx?period=2024")).await;
    assert_eq!(sheet.status(), StatusCode::OK);
}
