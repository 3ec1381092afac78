//! The manifest of readings: a batch exists at once or not at all, its number follows the one before, and files are
//! replaced only by whoever is first.

use std::collections::BTreeMap;

use engine::ids::{MeterId, ParkId};
use store::{
    BatchError, Committed, EnterpriseGrant, Grant, MeterState, NewBatch, NewSegment, ParkGrant, Reduced, Scope,
    SegmentKind,
};

use crate::home::Home;
use crate::parks::small_park;
use crate::{lan, scope_of_det};

stories! {
    a_batch_is_listed_once_and_numbered,
    files_are_replaced_by_whoever_is_first,
    readings_of_others_are_not_seen,
    a_manifest_goes_with_its_store,
}

fn park() -> ParkId {
    ParkId::new("khu-thu")
}

fn file(kind: SegmentKind, path: &str) -> NewSegment {
    NewSegment {
        kind,
        month: "2024-03".to_string(),
        path: path.to_string(),
        rows: 3,
        bytes: 900,
        min_at_us: 1,
        max_at_us: 9,
        sha256: format!("sha of {path}"),
    }
}

fn batch(id: &str, content: &str, path: &str) -> NewBatch {
    let state = MeterState { step_us: Some(900), steps_seen: 2, counter: Some((9, 41.5)) };
    NewBatch {
        park: park(),
        batch_id: id.to_string(),
        content: content.to_string(),
        source: "tệp.csv".to_string(),
        readings: 3,
        segments: vec![file(SegmentKind::Raw, path)],
        meters: BTreeMap::from([(MeterId::new("cong-to-det"), state)]),
    }
}

async fn a_batch_is_listed_once_and_numbered(home: Home) {
    let store = home.store().await;
    let none = store.add_batch(&lan(1), &batch("a", "1", "p/a")).await;
    assert!(matches!(none, Err(BatchError::NoPark(_))), "{none:?}");
    store.save_park(&lan(1), &small_park(), "").await.unwrap();

    assert_eq!(store.add_batch(&lan(2), &batch("a", "1", "p/a")).await.unwrap(), Committed::New { seq: 1 });
    assert_eq!(store.add_batch(&lan(3), &batch("b", "2", "p/b")).await.unwrap(), Committed::New { seq: 2 });
    assert_eq!(store.add_batch(&lan(4), &batch("a", "1", "p/c")).await.unwrap(), Committed::Repeated { seq: 1 });
    let taken = store.add_batch(&lan(5), &batch("a", "other", "p/d")).await;
    assert!(matches!(taken, Err(BatchError::KeyTaken(_))), "{taken:?}");

    let listed = store.segments(&Scope::system(), Some(&park())).await.unwrap();
    let listed: Vec<(&str, i64, i64)> =
        listed.iter().map(|segment| (segment.file.path.as_str(), segment.level, segment.seq)).collect();
    assert_eq!(listed, [("p/a", 0, 1), ("p/b", 0, 2)]);
    let stamp = store.park_stamp(&park()).await.unwrap().unwrap();
    assert_eq!((stamp.revision.0, stamp.readings), (1, 2));
    assert_eq!(store.list_parks(&Scope::system()).await.unwrap()[0].stamp(), stamp);
    assert_eq!(store.park_stamp(&ParkId::new("khu-khac")).await.unwrap(), None);
    let log = store.audit_of(&Scope::system(), "reading_batch", "khu-thu/a").await.unwrap();
    assert_eq!(log.len(), 1);
    let meters = store.seen_meters(&Scope::system(), None).await.unwrap();
    let state = meters.iter().find(|meter| meter.id.as_str() == "cong-to-det").unwrap().state;
    assert_eq!(state, MeterState { step_us: Some(900), steps_seen: 2, counter: Some((9, 41.5)) });
    assert_eq!(store.utc_offsets(&Scope::system()).await.unwrap()[&park()], 7 * 3_600_000_000);

    // Once more the same mapping changes nothing.
    assert!(store.save_reading_mapping(&lan(6), &park(), "a,b", "x = 1").await.unwrap());
    assert!(!store.save_reading_mapping(&lan(6), &park(), "a,b", "x = 1").await.unwrap());
    assert!(store.save_reading_mapping(&lan(6), &park(), "a,b", "x = 2").await.unwrap());
    let known = store.reading_mapping(&Scope::system(), &park(), "a,b").await.unwrap();
    assert_eq!(known.as_deref(), Some("x = 2"));
    assert!(store.check_audit(&[]).await.unwrap().findings.is_empty());
}

async fn files_are_replaced_by_whoever_is_first(home: Home) {
    let store = home.store().await;
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    for (id, path) in [("a", "p/a"), ("b", "p/b")] {
        store.add_batch(&lan(2), &batch(id, id, path)).await.unwrap();
    }
    let seen = store.segments(&Scope::system(), None).await.unwrap();
    let folded = [file(SegmentKind::Raw, "p/folded"), file(SegmentKind::Day, "p/days")];
    assert!(store.replace_segments(&lan(3), &park(), (&seen, None), &folded, &Default::default()).await.unwrap());
    let late = [file(SegmentKind::Raw, "p/late")];
    assert!(!store.replace_segments(&lan(4), &park(), (&seen, None), &late, &Default::default()).await.unwrap());
    assert!(
        !store.replace_segments(&lan(4), &park(), (&[], Some(&seen[0])), &late, &Default::default()).await.unwrap()
    );

    let live = store.segments(&Scope::system(), None).await.unwrap();
    let paths: Vec<(&str, i64, i64)> =
        live.iter().map(|segment| (segment.file.path.as_str(), segment.level, segment.seq)).collect();
    assert_eq!(paths, [("p/days", 1, 2), ("p/folded", 1, 2)]);
    // What came is still known, with who sent it.
    let received = store.received_segments(&Scope::system(), &park(), "2024-03").await.unwrap();
    let received: Vec<(&str, i64, &str)> = received
        .iter()
        .map(|received| (received.segment.file.path.as_str(), received.segment.seq, received.received_by.as_str()))
        .collect();
    assert_eq!(received, [("p/a", 1, "lan"), ("p/b", 2, "lan")]);
    assert!(!store.forget_segment(&lan(5), &park(), "p/a").await.unwrap(), "a file as it came is not forgotten");
    assert!(!store.forget_segment(&lan(5), &park(), "p/folded").await.unwrap(), "nor one that holds");
    assert_eq!(store.listed_paths().await.unwrap().len(), 4);
}

async fn readings_of_others_are_not_seen(home: Home) {
    let store = home.store().await;
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    store.add_batch(&lan(2), &batch("a", "1", "p/a")).await.unwrap();
    let meters = store.seen_meters(&scope_of_det(), None).await.unwrap();
    let meters: Vec<&str> = meters.iter().map(|meter| meter.id.as_str()).collect();
    assert_eq!(meters, ["cong-to-det"]);
    // Nothing was shared with whoever works on the park; a measure names one of the meters.
    let by_law = Scope::granted(Grant {
        parks: ParkGrant::These([park()].into()),
        enterprises: EnterpriseGrant::Reduced(Reduced { by_law: [park()].into(), ..Reduced::default() }),
    });
    let meters = store.seen_meters(&by_law, Some(&park())).await.unwrap();
    let meters: Vec<&str> = meters.iter().map(|meter| meter.id.as_str()).collect();
    assert_eq!(meters, ["cong-to-det"]);
    let elsewhere = Scope::granted(Grant {
        parks: ParkGrant::These([ParkId::new("khu-khac")].into()),
        enterprises: EnterpriseGrant::All,
    });
    assert!(store.segments(&elsewhere, None).await.unwrap().is_empty());
    assert!(store.received_segments(&elsewhere, &park(), "2024-03").await.unwrap().is_empty());
    assert!(store.utc_offsets(&elsewhere).await.unwrap().is_empty());
    assert_eq!(store.segments(&scope_of_det(), None).await.unwrap().len(), 1);
}

async fn a_manifest_goes_with_its_store(home: Home) {
    let store = home.store().await;
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    store.add_batch(&lan(2), &batch("a", "1", "p/a")).await.unwrap();
    let copy = store::Store::in_memory().await.unwrap();
    store.copy_to(&copy, |_, _| {}).await.unwrap();
    let segments = store.segments(&Scope::system(), None).await.unwrap();
    assert_eq!(copy.segments(&Scope::system(), None).await.unwrap(), segments);
}
