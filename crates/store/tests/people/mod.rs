//! Sessions that run out, codes that work once, and what is cleared away when.

use crate::home::Home;
use engine::language::Language;
use store::{Account, Actor, IDLE_US, Session, Store, Tidied, User, UserId};

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

async fn store_with_lan(home: &Home) -> (Store, UserId) {
    let store = home.store().await;
    let account = Account {
        user: User {
            id: UserId::new("lan"),
            name: "Trần Thị Lan".to_string(),
            role: "ministry".to_string(),
            park: None,
            enterprise: None,
            province: None,
            language: Language::Vi,
            password_hash: None,
            is_demo: false,
        },
        mail: Some("Lan@Example.org".to_string()),
        organisation: None,
        is_active: true,
        has_second_factor: false,
        is_erased: false,
    };
    store.save_account(&Actor::system(1), &account).await.unwrap();
    assert_eq!(store.account_named("lan@example.ORG").await.unwrap(), Some(account));
    (store, UserId::new("lan"))
}

fn session(token_hash: &str, created_at_us: i64, expires_at_us: i64) -> Session {
    Session {
        token_hash: token_hash.to_string(),
        user: UserId::new("lan"),
        created_at_us,
        expires_at_us,
        csrf: "csrf".to_string(),
        address: "203.0.113.7".to_string(),
        device: "Firefox".to_string(),
    }
}

stories! {
    a_session_ends_when_it_is_idle_and_lives_on_when_it_is_used,
    a_step_and_a_recovery_code_work_once,
    what_ran_out_is_cleared_away_after_thirty_days,
    an_identity_belongs_to_one_person,
}

async fn a_session_ends_when_it_is_idle_and_lives_on_when_it_is_used(home: Home) {
    let (store, lan) = store_with_lan(&home).await;
    let system = Actor::system(0);
    store.create_session(&system, &session("used", 0, DAY_US)).await.unwrap();
    store.create_session(&system, &session("idle", 0, DAY_US)).await.unwrap();
    let logged = store.audit_head().await.unwrap().unwrap().seq;
    assert!(store.session_user("used", IDLE_US - 1).await.unwrap().is_some());
    assert!(store.session_user("used", IDLE_US + 1).await.unwrap().is_some());
    assert!(store.session_user("idle", IDLE_US).await.unwrap().is_none());
    assert_eq!(store.sessions_of(&lan, IDLE_US + 1).await.unwrap().len(), 1);
    assert!(store.session_user("used", DAY_US).await.unwrap().is_none());
    assert_eq!(store.audit_head().await.unwrap().unwrap().seq, logged, "use alone is no act");
}

async fn a_step_and_a_recovery_code_work_once(home: Home) {
    let (store, lan) = store_with_lan(&home).await;
    let system = Actor::system(5);
    assert!(!store.use_step(&system, &lan, 7).await.unwrap(), "nothing is set up");
    let codes = ["a".to_string(), "b".to_string()];
    store.switch_second_factor_on(&system, &lan, "SECRET", 7, &codes).await.unwrap();
    for (step, expected) in [(7, false), (6, false), (8, true), (8, false), (9, true)] {
        assert_eq!(store.use_step(&system, &lan, step).await.unwrap(), expected, "step {step}");
    }
    assert!(store.use_recovery_code(&system, &lan, "a").await.unwrap());
    assert!(!store.use_recovery_code(&system, &lan, "a").await.unwrap());
    assert!(!store.use_recovery_code(&system, &lan, "c").await.unwrap());
    assert_eq!(store.recovery_codes_left(&lan).await.unwrap(), 1);
    store.switch_second_factor_off(&system, &lan).await.unwrap();
    assert_eq!(store.second_factor(&lan).await.unwrap(), None);
    assert_eq!(store.recovery_codes_left(&lan).await.unwrap(), 0);
}

async fn what_ran_out_is_cleared_away_after_thirty_days(home: Home) {
    let (store, lan) = store_with_lan(&home).await;
    let system = Actor::system(0);
    store.create_session(&system, &session("old", 0, DAY_US)).await.unwrap();
    store.create_session(&system, &session("new", 0, 2 * DAY_US)).await.unwrap();
    store.allow_reset(&system, &lan, "reset", DAY_US).await.unwrap();
    assert_eq!(store.tidy_people(&Actor::system(31 * DAY_US)).await.unwrap(), Tidied::default());
    let tidied = store.tidy_people(&Actor::system(31 * DAY_US + 1)).await.unwrap();
    assert_eq!(tidied, Tidied { sessions: 1, resets: 1, ..Tidied::default() });
    assert!(store.verify_audit().await.unwrap().broken.is_none());
}

async fn an_identity_belongs_to_one_person(home: Home) {
    let (store, lan) = store_with_lan(&home).await;
    let system = Actor::system(0);
    assert!(store.link_identity(&system, &lan, "https://id.example", "1").await.unwrap());
    assert!(!store.link_identity(&system, &lan, "https://id.example", "1").await.unwrap());
    let found = store.account_of_identity("https://id.example", "1").await.unwrap();
    assert_eq!(found.map(|account| account.user.id), Some(lan.clone()));
    assert!(store.account_of_identity("https://other.example", "1").await.unwrap().is_none());
    assert!(store.erase_person(&system, &lan).await.unwrap());
    assert!(store.account_of_identity("https://id.example", "1").await.unwrap().is_none());
    assert!(store.account_by_mail("lan@example.org").await.unwrap().is_none());
}
