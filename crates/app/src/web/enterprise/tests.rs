//! What people do about records beside entering them, through the pages and the API, over the sample park.

use axum::http::StatusCode;
use engine::ids::ParkId;
use serde_json::Value;

use crate::auth;
use crate::page::escape;
use crate::web::observe::tests::{Site, csrf};

const OWN: &str = "/parks/khu-mau/enterprises/E01";

struct Person {
    cookie: String,
    token: String,
}

impl Person {
    async fn at(site: &Site, user: &str, path: &str) -> Person {
        let cookie = site.enter(user).await;
        let page = site.get(&cookie, path).await;
        let token = csrf(&page.text).to_string();
        Person { cookie, token }
    }

    /// Sends a form and says the status with the faults.
    async fn post(&self, site: &Site, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Vec<String>) {
        let fields = fields.iter().map(|(name, value)| format!("&{name}={}", escape(value)));
        let form = format!("csrf={}{}", self.token, fields.collect::<String>());
        let answer = site.post_cells(&self.cookie, path, &form).await;
        let told: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let faults = told["faults"].as_array().cloned().unwrap_or_default();
        (answer.status, faults.iter().filter_map(Value::as_str).map(str::to_string).collect())
    }

    async fn api(&self, site: &Site, path: &str) -> Value {
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
