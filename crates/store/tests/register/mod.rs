//! The register: seeded once, imported as a draft that is decided and taken over whole, undone as it was.

use std::collections::BTreeMap;

use engine::ids::ParkId;
use engine::register::{Decision, Entry, EntryChange, Facts, Field, Link, Mapping, RegisterKind, State};
use engine::source::Digest;
use jiff::civil::date;
use store::{Actor, ImportDraft, ImportStatus, RegisterError, Store};

use crate::home::Home;
use crate::parks::small_park;

stories! {
    a_seed_adds_what_is_not_known_and_changes_nothing_else,
    an_import_is_taken_over_whole_and_undone_as_it_was,
    an_import_is_refused_when_the_register_has_moved_on,
    what_was_built_upon_is_not_undone,
}

fn lan(at_us: i64) -> Actor {
    Actor::new("lan", "ministry", at_us)
}

fn park(code: &str, name: &str, area: &str) -> Entry {
    let facts = Facts::from([(Field::NameVi, name.to_string()), (Field::AreaHa, area.to_string())]);
    let (source, licence) = ("a page".to_string(), "fact cited".to_string());
    Entry::new(RegisterKind::Park, code, State { facts, source, licence, ..State::default() })
}

fn draft() -> ImportDraft {
    ImportDraft {
        kind: RegisterKind::Park,
        file_name: "danh-muc.xlsx".to_string(),
        sha256: Digest::of(b"a file"),
        sheet: r#"{"rows":[]}"#.to_string(),
        mapping: Mapping::from([("ten kcn".to_string(), Field::NameVi), ("dien tich".to_string(), Field::AreaHa)]),
        decisions: BTreeMap::new(),
        stated_on: date(2025, 1, 1),
        source: "the ministry".to_string(),
        licence: "open".to_string(),
        province: None,
    }
}

async fn seeded(home: &Home) -> Store {
    let store = home.store().await;
    let entries = vec![park("a", "Khu công nghiệp Trà Nóc", "100"), park("b", "Đình Vũ", "200")];
    assert_eq!(store.seed_register(&lan(1), entries).await.unwrap(), 2);
    store
}

/// The park `a` is larger from a day on, and `c` is new.
async fn changes(store: &Store) -> (i64, Vec<EntryChange>) {
    let register = store.register().await.unwrap();
    let before = register.entry(RegisterKind::Park, "a").unwrap().clone();
    let facts = Facts::from([(Field::AreaHa, "120".to_string())]);
    let mut known = before.clone();
    known.states[0].stated_on = Some(date(2024, 1, 1));
    let after = known.amended(&State { facts, stated_on: Some(date(2025, 1, 1)), ..State::default() }).unwrap();
    assert_eq!(after.states.len(), 2);
    let new = EntryChange { before: None, after: park("c", "Sóng Thần", "300") };
    (register.revision, vec![EntryChange { before: Some(before), after }, new])
}

async fn a_seed_adds_what_is_not_known_and_changes_nothing_else(home: Home) {
    let store = seeded(&home).await;
    store.save_park(&lan(2), &small_park(), "").await.unwrap();
    let link = Link { park: Some(ParkId::new("khu-thu")), enterprise: None };
    assert!(store.link_entry(&lan(3), RegisterKind::Park, "b", &link).await.unwrap());
    assert!(store.link_entry(&lan(4), RegisterKind::Park, "b", &link).await.unwrap());
    assert!(!store.link_entry(&lan(5), RegisterKind::Park, "nowhere", &link).await.unwrap());
    let rows = store.check_audit(&[]).await.unwrap().rows;
    assert_eq!(rows, 3, "the seed, the park and one link");

    assert_eq!(store.seed_register(&lan(6), vec![park("b", "Another name", "1")]).await.unwrap(), 0);
    assert_eq!(store.seed_register(&lan(7), vec![park("c", "Sóng Thần", "1")]).await.unwrap(), 1);
    let register = store.register().await.unwrap();
    assert_eq!(register.revision, 3);
    assert_eq!(register.entry(RegisterKind::Park, "b").unwrap().name().vi, "Đình Vũ");
    assert_eq!(register.link(RegisterKind::Park, "b"), link);
    assert!(store.check_audit(&[]).await.unwrap().findings.is_empty());
}

async fn an_import_is_taken_over_whole_and_undone_as_it_was(home: Home) {
    let store = seeded(&home).await;
    let before = store.register().await.unwrap();
    let id = store.draft_register_import(&lan(2), &draft()).await.unwrap();
    let mut decided = draft();
    decided.decisions.insert(7, Decision::Same("a".to_string()));
    store.amend_register_import(&lan(3), &id, &decided).await.unwrap();
    let kept = store.register_import(&id).await.unwrap().unwrap();
    assert_eq!((kept.status, &kept.draft), (ImportStatus::Draft, &decided));
    assert_eq!(store.register().await.unwrap(), before, "a draft changes nothing");

    let (revision, changes) = changes(&store).await;
    store.commit_register_import(&lan(4), &id, revision, &changes).await.unwrap();
    let register = store.register().await.unwrap();
    assert_eq!(register.entry(RegisterKind::Park, "a"), Some(&changes[0].after));
    assert_eq!(register.count(RegisterKind::Park), 3);
    let kept = store.register_import(&id).await.unwrap().unwrap();
    assert_eq!((kept.status, kept.added, kept.changed, kept.draft.sheet.as_str()), (ImportStatus::Committed, 1, 1, ""));
    let headings: Vec<String> = draft().mapping.into_keys().collect();
    assert_eq!(store.remembered_mapping(RegisterKind::Park, &headings).await.unwrap(), draft().mapping);
    assert!(store.check_audit(&[]).await.unwrap().findings.is_empty());
    let again = store.commit_register_import(&lan(5), &id, register.revision, &changes).await;
    assert!(matches!(again, Err(RegisterError::NotFound)));

    store.undo_register_import(&lan(6), &id).await.unwrap();
    let after = store.register().await.unwrap();
    assert_eq!((after.entries, after.links), (before.entries, before.links));
    assert!(matches!(store.undo_register_import(&lan(7), &id).await, Err(RegisterError::NotFound)));
    assert_eq!(store.register_imports(10).await.unwrap()[0].status, ImportStatus::Undone);
    assert!(store.check_audit(&[]).await.unwrap().findings.is_empty());
}

async fn an_import_is_refused_when_the_register_has_moved_on(home: Home) {
    let store = seeded(&home).await;
    let id = store.draft_register_import(&lan(2), &draft()).await.unwrap();
    let (revision, changes) = changes(&store).await;
    store.seed_register(&lan(3), vec![park("d", "Tân Bình", "1")]).await.unwrap();
    let before = store.register().await.unwrap();
    let refused = store.commit_register_import(&lan(4), &id, revision, &changes).await;
    assert!(matches!(refused, Err(RegisterError::Changed)));
    assert_eq!(store.register().await.unwrap(), before);
    assert_eq!(store.register_import(&id).await.unwrap().unwrap().status, ImportStatus::Draft);
    store.discard_register_import(&lan(5), &id).await.unwrap();
    assert!(matches!(store.discard_register_import(&lan(6), &id).await, Err(RegisterError::NotFound)));
}

async fn what_was_built_upon_is_not_undone(home: Home) {
    let store = seeded(&home).await;
    let (first, second) = (
        store.draft_register_import(&lan(2), &draft()).await.unwrap(),
        store.draft_register_import(&lan(3), &draft()).await.unwrap(),
    );
    let (revision, changes) = changes(&store).await;
    store.commit_register_import(&lan(4), &first, revision, &changes).await.unwrap();
    let before = changes[0].after.clone();
    let mut after = before.clone();
    after.states[1].facts.insert(Field::Note, "a note".to_string());
    let more = [EntryChange { before: Some(before), after }];
    store.commit_register_import(&lan(5), &second, revision + 1, &more).await.unwrap();
    let kept = store.register().await.unwrap();
    match store.undo_register_import(&lan(6), &first).await {
        Err(RegisterError::BuiltUpon(entries)) => assert_eq!(entries, ["park/a"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.register().await.unwrap(), kept);
    store.undo_register_import(&lan(7), &second).await.unwrap();
    store.undo_register_import(&lan(8), &first).await.unwrap();
    assert_eq!(store.register().await.unwrap().count(RegisterKind::Park), 2);
}
