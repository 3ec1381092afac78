//! What the log says of an import: the rows that it changed, in values, without names of people, and limited.

#[allow(dead_code, reason = "each test file uses a part")]
mod parks;

use std::collections::BTreeSet;

use engine::ids::{EnterpriseId, ParkId};
use parks::{big_park, small_park};
use serde_json::Value;
use store::{Actor, EnterpriseGrant, Grant, ParkGrant, Scope, Store};

async fn last_import(store: &Store, scope: &Scope, park: &str) -> Value {
    let rows = store.audit_of(scope, "park", park).await.unwrap();
    serde_json::from_str(rows.last().unwrap().after_json.as_ref().unwrap()).unwrap()
}

fn actor(at_us: i64) -> Actor {
    Actor::new("lan", "park-operator", at_us)
}

#[tokio::test]
async fn an_import_lists_the_rows_that_it_changed() {
    let store = Store::in_memory().await.unwrap();
    let mut park = small_park();
    store.save_park(&actor(1), &park, "").await.unwrap();
    assert!(last_import(&store, &Scope::system(), "khu-thu").await.get("changes").is_none());

    let before = park.streams[1].quantity.value;
    park.streams[1].quantity.value = before + 1.0;
    park.measures[0].owner = Some("Nguyễn Thị Kín".to_string());
    park.facts.pop();
    park.records.pop();
    park.records.iter_mut().for_each(|record| record.line += 7);
    store.save_park(&actor(2), &park, "").await.unwrap();

    let after = last_import(&store, &Scope::system(), "khu-thu").await;
    assert!(!after.to_string().contains("Nguyễn Thị Kín"));
    let changes = after["changes"].as_array().unwrap();
    let told: BTreeSet<(&str, &str)> =
        changes.iter().map(|change| (change["sheet"].as_str().unwrap(), change["change"].as_str().unwrap())).collect();
    let expected = [("facts", "removed"), ("measures", "changed"), ("records", "removed"), ("streams", "changed")];
    assert_eq!(told, expected.into());
    assert_eq!((changes.len(), &after["more_changes"]), (4, &0.into()));
    let stream = changes.iter().find(|change| change["sheet"] == "streams").unwrap();
    assert_eq!(stream["id"], park.streams[1].id.as_str());
    let pair = &stream["fields"]["quantity"];
    assert_eq!((&pair[0]["value"], &pair[1]["value"]), (&before.into(), &(before + 1.0).into()));
}

#[tokio::test]
async fn an_enterprise_reads_its_own_changes_of_an_import() {
    let store = Store::in_memory().await.unwrap();
    let mut park = small_park();
    store.save_park(&actor(1), &park, "").await.unwrap();
    for stream in &mut park.streams {
        stream.quantity.value += 1.0;
    }
    store.save_park(&actor(2), &park, "").await.unwrap();
    let own = [(ParkId::new("khu-thu"), EnterpriseId::new("det"))];
    let scope = Scope::granted(Grant {
        parks: ParkGrant::These([ParkId::new("khu-thu")].into()),
        enterprises: EnterpriseGrant::These(own.into()),
    });
    let after = last_import(&store, &scope, "khu-thu").await;
    let changes = after["changes"].as_array().unwrap();
    assert!(!changes.is_empty() && changes.iter().all(|change| change["of"] == serde_json::json!(["det"])));
    assert_eq!(after["hidden_changes"], park.streams.len() - changes.len());
    let rows = store.audit_of_park(&scope, &park.id, 10, |_| true).await.unwrap();
    assert_eq!((rows.len(), rows[0].seq), (2, 2));
    assert_eq!(serde_json::from_str::<Value>(rows[0].after_json.as_ref().unwrap()).unwrap(), after);
}

#[tokio::test]
async fn a_large_import_lists_some_rows_and_counts_the_rest() {
    let store = Store::in_memory().await.unwrap();
    let mut park = big_park(500, 10);
    store.save_park(&actor(1), &park, "").await.unwrap();
    park.records.iter_mut().for_each(|record| record.amount.value += 1.0);
    store.save_park(&actor(2), &park, "").await.unwrap();
    let after = last_import(&store, &Scope::system(), "khu-lon").await;
    assert_eq!((after["changes"].as_array().unwrap().len(), &after["more_changes"]), (200, &300.into()));
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}
