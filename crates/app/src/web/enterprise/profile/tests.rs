//! Proposals answered through the page and the API, over the sample park.

use axum::http::StatusCode;
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::Park;
use engine::period::Period;
use engine::source::Basis;
use serde_json::Value;
use store::{Actor, ProposalAnswer, ProposalAt};

use crate::auth;
use crate::web::enterprise::tests::{OWN, Person};
use crate::web::observe::tests::Site;

const PROFILE: &str = "/parks/khu-mau/enterprises/E01/profile";
const TOLD: &str = "/api/parks/khu-mau/enterprises/E01/profile?period=2024";

async fn state(site: &Site, person: &Person, key: &str) -> String {
    let told = person.api(site, TOLD).await;
    let found = told["proposals"].as_array().unwrap().iter().find(|one| one["key"] == key).unwrap_or(&Value::Null);
    found["state"].as_str().unwrap_or_default().to_string()
}

async fn park(site: &Site) -> Park {
    site.app.store.load_park(&auth::whole(), &ParkId::new("khu-mau")).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_proposal_is_confirmed_corrected_dismissed_and_taken_back() {
    let site = Site::new().await;
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    let key = "give/020204";
    let act = |act, quantity, unit| [("proposal", key), ("act", act), ("quantity", quantity), ("unit", unit)];
    assert_eq!(state(&site, &person, key).await, "open");
    assert_eq!(state(&site, &person, "take/electricity").await, "declared", "bills are there already");

    for (bad, word) in [
        (act("confirm", "mười", "t"), "không phải là số"),
        (act("confirm", "0", "t"), "lớn hơn 0"),
        (act("confirm", "5", "kWh"), "Đơn vị"),
        (act("", "5", "t"), "Xác nhận hoặc"),
        ([("proposal", "give/999999"), ("act", "confirm"), ("quantity", "5"), ("unit", "t")], "Không còn"),
    ] {
        let (status, faults) = person.post(&site, PROFILE, &bad).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(faults.len() == 1 && faults[0].contains(word), "{faults:?}");
    }
    let before = park(&site).await;

    assert_eq!(person.post(&site, PROFILE, &act("confirm", "", "t")).await.0, StatusCode::OK);
    assert_eq!(state(&site, &person, key).await, "quantity-unknown");
    assert_eq!(park(&site).await, before, "nothing was declared");

    for quantity in ["1.250,5", "1.300"] {
        assert_eq!(person.post(&site, PROFILE, &act("confirm", quantity, "t")).await, (StatusCode::OK, Vec::new()));
    }
    let after = park(&site).await;
    let declared = after.streams.last().unwrap();
    assert_eq!(after.streams.len(), before.streams.len() + 1);
    assert_eq!((declared.quantity.value, declared.basis), (1_300.0, Basis::Declared));
    assert_eq!((declared.id.as_str(), declared.enterprise.as_str()), ("E01-give-020204", "E01"));
    assert_eq!(state(&site, &person, key).await, "declared");
    let page = site.get(&person.cookie, &format!("{OWN}?period=2024")).await.text;
    assert!(page.contains("Bùn từ xử lý nước thải") && page.contains("1.300"), "it stands among the own streams");

    let history = site.get(&person.cookie, "/parks/khu-mau/history/streams/E01-give-020204").await.text;
    assert!(history.contains("thêm dòng vật chất") && history.contains("rút lại dòng vật chất"), "each act is told");

    assert_eq!(person.post(&site, PROFILE, &act("back", "", "")).await.0, StatusCode::OK);
    assert_eq!((park(&site).await.streams, state(&site, &person, key).await.as_str()), (before.streams, "open"));
    assert_eq!(person.post(&site, PROFILE, &act("dismiss", "", "")).await.0, StatusCode::OK);
    assert_eq!(state(&site, &person, key).await, "dismissed");
    let check = site.app.store.check_audit(&[]).await.unwrap();
    assert_eq!(check.findings, [], "the log knows of all of it");
}

#[tokio::test]
async fn what_is_proposed_counts_nowhere_and_what_is_confirmed_counts_as_declared() {
    let site = Site::new().await;
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    let (key, water) = ("take/supply-water", ResourceId::new("supply-water"));
    let mut thirsty = park(&site).await;
    thirsty.records.retain(|record| record.enterprise.as_str() != "E01" || record.resource != water);
    site.app.store.save_park(&Actor::system(1), &thirsty, "without its water").await.unwrap();

    let balance = "/api/parks/khu-mau/balance?period=2024";
    let before = person.api(&site, balance).await;
    let page = site.get(&person.cookie, &format!("{PROFILE}?period=2024")).await.text;
    assert!(page.contains("ước") && page.contains("Nước rửa nguyên liệu"));
    let told = person.api(&site, TOLD).await;
    assert!(told["proposals"].as_array().unwrap().iter().all(|one| one["basis"] == "estimated"));
    assert_eq!(state(&site, &person, key).await, "open");
    assert_eq!(person.api(&site, balance).await, before, "what is estimated is in no balance");
    assert_eq!(park(&site).await.digest(), thirsty.digest());

    let fields = [("proposal", key), ("act", "confirm"), ("quantity", "210.000"), ("unit", "m3")];
    let path = format!("{PROFILE}?period=2024");
    assert_eq!(person.post(&site, &path, &fields).await, (StatusCode::OK, Vec::new()));
    let records = park(&site).await.records;
    let record = records.iter().find(|record| record.enterprise.as_str() == "E01" && record.resource == water).unwrap();
    assert_eq!((record.basis, record.amount.value), (Basis::Declared, 210_000.0));
    assert_eq!(Some(record.period), Period::year(2024));
    assert_ne!(person.api(&site, balance).await, before);
    assert_eq!(state(&site, &person, key).await, "declared");
}

/// Enterprise E25 shares nothing: what it said of its streams is not for the operator of its park.
#[tokio::test]
async fn the_operator_sees_proposals_and_no_answers_until_streams_are_shared() {
    let site = Site::new().await;
    let at = ProposalAt {
        park: ParkId::new("khu-mau"),
        enterprise: EnterpriseId::new("E25"),
        proposal: "give/150202".to_string(),
    };
    let by = Actor::system(1);
    site.app.store.answer_proposal(&by, &auth::whole(), &at, &ProposalAnswer::Dismissed).await.unwrap();

    let operator = Person::at(&site, "demo-operator", OWN).await;
    let (path, told) = ("/parks/khu-mau/enterprises/E25/profile", "/api/parks/khu-mau/enterprises/E25/profile");
    let proposals = operator.api(&site, told).await["proposals"].clone();
    let found = proposals.as_array().unwrap().iter().find(|one| one["key"] == "give/150202").unwrap();
    assert_eq!((found["state"].as_str(), &found["answer"]), (Some("open"), &Value::Null));
    let page = site.get(&operator.cookie, path).await.text;
    assert!(page.contains("Giẻ lau") && !page.contains("value=\"confirm\""), "it can be seen and not answered");
    let dismiss = [("proposal", "give/150202"), ("act", "dismiss"), ("quantity", ""), ("unit", "")];
    assert_eq!(operator.post(&site, path, &dismiss).await.0, StatusCode::FORBIDDEN);

    // Another enterprise is refused, on the page and by the API.
    let person = Person::at(&site, "demo-enterprise", OWN).await;
    for path in [path, told] {
        assert_eq!(site.get(&person.cookie, path).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(person.post(&site, path, &dismiss).await.0, StatusCode::FORBIDDEN);
}
