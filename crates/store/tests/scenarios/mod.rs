//! Scenarios of the policy laboratory: whose they are, and who sees them.

use engine::language::Language;
use store::{Actor, NewScenario, Store, User, UserId};

use crate::home::Home;

async fn person(store: &Store, id: &str) -> (UserId, Actor) {
    let user = User {
        id: UserId::new(id),
        name: id.to_string(),
        role: "ministry".to_string(),
        park: None,
        enterprise: None,
        province: None,
        language: Language::Vi,
        password_hash: None,
        is_demo: false,
    };
    store.save_user(&Actor::system(1), &user).await.unwrap();
    (user.id, Actor::new(id, "ministry", 7))
}

pub async fn a_scenario_is_its_author_s_until_it_is_shared(home: Home) {
    let store = home.store().await;
    let ((lan, as_lan), (minh, as_minh)) = (person(&store, "lan").await, person(&store, "minh").await);
    let new = NewScenario {
        name: "Nâng ngưỡng".to_string(),
        framework: "vn-decree-35-2022".to_string(),
        changes: "[row.VN35-37-2B]\ntarget = 2.0\n".to_string(),
        is_shared: false,
    };
    let id = store.save_scenario(&as_lan, &new).await.unwrap();
    let kept = store.scenario(&lan, &id).await.unwrap().unwrap();
    assert_eq!((kept.name, kept.framework, kept.changes, kept.saved_at_us), (new.name, new.framework, new.changes, 7));
    assert_eq!((store.scenarios(&minh).await.unwrap(), store.scenario(&minh, &id).await.unwrap()), (Vec::new(), None));

    assert!(!store.share_scenario(&as_minh, &id, true).await.unwrap());
    assert!(store.share_scenario(&as_lan, &id, true).await.unwrap());
    let shared = store.scenarios(&minh).await.unwrap();
    assert_eq!((shared.len(), &shared[0].author, shared[0].is_shared), (1, &lan, true));

    assert!(!store.withdraw_scenario(&as_minh, &id).await.unwrap());
    assert!(store.withdraw_scenario(&as_lan, &id).await.unwrap());
    assert!(!store.withdraw_scenario(&as_lan, &id).await.unwrap());
    assert_eq!(store.scenarios(&lan).await.unwrap(), []);
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}
