//! Moving a store from one database to the other and back, and proving it.

use crate::folder;
use crate::home::Home;
use crate::parks::{big_park, small_park};
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::park::Park;
use engine::period::Period;
use engine::register::{Entry, Link, RegisterKind, State};
use store::{Actor, RecordAt, Scope, Store, StoreDigest};

/// Parks of a province and enterprises of each, with 24 months of records.
const PARKS: usize = 10;
const RECORDS: usize = 50 * 24;

async fn sample(store: &Store) {
    let actor = Actor::system(1);
    store.save_park(&actor, &folder::example("khu-mau"), "examples/khu-mau").await.unwrap();
    store.save_park(&actor, &small_park(), "").await.unwrap();
    // A history: what was corrected and what was superseded must come along.
    let at = RecordAt {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new("det"),
        resource: ResourceId::new("electricity"),
        period: Period::month(2024, 3).unwrap(),
    };
    store.withdraw_record(&actor, &Scope::system(), &at).await.unwrap();
    let state = State { source: "a page".to_string(), ..State::default() };
    store.seed_register(&actor, vec![Entry::new(RegisterKind::Park, "a", state)]).await.unwrap();
    let link = Link { park: Some(ParkId::new("khu-thu")), enterprise: None };
    store.link_entry(&actor, RegisterKind::Park, "a", &link).await.unwrap();
}

async fn province(store: &Store) {
    for number in 0..PARKS {
        let mut park: Park = big_park(RECORDS, 2_000);
        park.id = ParkId::new(format!("khu-{number}"));
        for (at, record) in park.records.iter_mut().enumerate() {
            // Figures with digits to lose.
            record.amount.value = (at as f64 + 0.1) * std::f64::consts::PI / (number as f64 + 1.0);
        }
        store.save_park(&Actor::system(1), &park, "").await.unwrap();
    }
}

async fn copied(from: &Store, to: &Store) -> StoreDigest {
    let mut heard = Vec::new();
    let digest = from.copy_to(to, |table, rows| heard.push((table.to_string(), rows))).await.unwrap();
    assert_eq!(heard.last().map(|(table, _)| table.as_str()), Some("audit"));
    digest
}

#[tokio::test]
async fn there_and_back_again_nothing_is_lost() {
    for fill in [0, 1] {
        let (from, back) = (Home::sqlite(), Home::sqlite());
        let Some(over) = Home::postgres().await else { return };
        let (from, over_store, back) = (from.store().await, over.store().await, back.store().await);
        if fill == 0 {
            sample(&from).await
        } else {
            province(&from).await
        }
        let before = from.digest().await.unwrap();
        assert_eq!(copied(&from, &over_store).await, before);
        assert_eq!(copied(&over_store, &back).await, before);
        assert_eq!(back.digest().await.unwrap(), before);
        let rows: usize = before.tables.iter().map(|table| table.rows).sum();
        assert!(rows > 10_000, "{rows} rows");

        for store in [&over_store, &back] {
            assert!(store.verify_audit().await.unwrap().broken.is_none());
            for summary in from.list_parks(&Scope::system()).await.unwrap() {
                let load = async |store: &Store| store.load_park(&Scope::system(), &summary.id).await.unwrap().unwrap();
                assert!(load(&from).await == load(store).await, "{}", summary.id);
            }
        }
    }
}

#[tokio::test]
async fn a_copy_on_the_same_kind_of_database_is_the_same() {
    let (from, to) = (Home::sqlite(), Home::sqlite());
    let (from, to) = (from.store().await, to.store().await);
    sample(&from).await;
    assert_eq!(copied(&from, &to).await, from.digest().await.unwrap());
}

#[tokio::test]
async fn a_store_that_holds_something_is_not_copied_into() {
    let (from, to) = (Home::sqlite(), Home::sqlite());
    let (from, to) = (from.store().await, to.store().await);
    sample(&from).await;
    to.save_park(&Actor::system(1), &small_park(), "").await.unwrap();
    let before = to.digest().await.unwrap();
    let error = from.copy_to(&to, |_, _| {}).await.unwrap_err().to_string();
    assert!(error.contains("not empty") && error.contains("park (1)"), "{error}");
    assert_eq!(to.digest().await.unwrap(), before);
}

#[tokio::test]
async fn a_text_that_one_database_cannot_keep_is_refused_by_both() {
    let home = Home::sqlite();
    let store = home.store().await;
    let mut park = small_park();
    park.name.vi.push('\0');
    let error = format!("{:#}", store.save_park(&Actor::system(1), &park, "").await.unwrap_err());
    assert!(error.contains("NUL"), "{error}");
}
