//! What an operator and a consultant are given: what the law opens, what was shared, and nothing after it ended.

use std::collections::BTreeSet;

use crate::home::Home;
use crate::parks::small_park;
use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::language::Language;
use engine::park::Park;
use jiff::civil::date;
use store::{
    Access, Actor, EnterpriseGrant, Grant, NewAssignment, NewShare, Note, ParkGrant, Receiver, RecordAt, Reduced,
    SaveParkError, Scope, Store, Subject, User, UserId,
};

fn actor() -> Actor {
    Actor::new("det", "enterprise-editor", 7)
}

fn det() -> EnterpriseId {
    EnterpriseId::new("det")
}

/// What an operator may read to whom these subjects of `det` were shared.
fn operator(park: &ParkId, shared: &[Subject]) -> Scope {
    Scope::granted(Grant {
        parks: ParkGrant::These([park.clone()].into()),
        enterprises: EnterpriseGrant::Reduced(Reduced {
            by_law: [park.clone()].into(),
            shared: shared.iter().map(|subject| (park.clone(), det(), *subject)).collect(),
            ..Reduced::default()
        }),
    })
}

fn own(park: &ParkId) -> Scope {
    Scope::granted(Grant {
        parks: ParkGrant::These([park.clone()].into()),
        enterprises: EnterpriseGrant::These([(park.clone(), det())].into()),
    })
}

async fn with_people(home: &Home) -> (Store, Park) {
    let store = home.store().await;
    let park = small_park();
    store.save_park(&actor(), &park, "").await.unwrap();
    for id in ["binh", "an"] {
        let user = User {
            id: UserId::new(id),
            name: id.to_string(),
            role: "consultant".to_string(),
            park: None,
            enterprise: None,
            province: None,
            language: Language::Vi,
            password_hash: None,
            is_demo: false,
        };
        store.save_user(&actor(), &user).await.unwrap();
    }
    (store, park)
}

stories! {
    a_subject_is_loaded_only_where_it_was_shared,
    what_ended_or_was_withdrawn_closes_at_once,
    an_import_leaves_what_was_not_shared,
    a_correction_by_somebody_who_does_not_know_the_cost_keeps_it,
    looks_are_told_to_the_enterprise_alone,
    nobody_is_found_from_other_parks_until_they_say_so,
}

async fn nobody_is_found_from_other_parks_until_they_say_so(home: Home) {
    let (store, park) = with_people(&home).await;
    let scope = own(&park.id);
    let found = async |scope: &Scope| {
        let found = store.findable(scope).await.unwrap();
        found.into_iter().map(|one| (one.park, one.enterprise, one.id)).collect::<Vec<_>>()
    };
    assert_eq!(found(&Scope::system()).await, []);
    // What the law opens is not the operator's to open further.
    let operator = operator(&park.id, &Subject::ALL);
    assert!(store.open_beyond(&actor(), &operator, &park.id, &det()).await.is_err());
    assert!(store.open_beyond(&actor(), &scope, &park.id, &det()).await.unwrap());
    assert!(!store.open_beyond(&actor(), &scope, &park.id, &det()).await.unwrap(), "it is open already");
    let first = found(&scope).await;
    assert_eq!(first.iter().map(|one| &one.1).collect::<Vec<_>>(), [&det()]);
    assert_eq!(found(&Scope::system()).await, first);
    assert_eq!(found(&operator).await, [], "who opened it is the enterprise's own affair");

    assert!(store.close_beyond(&actor(), &operator, &park.id, &det()).await.is_err());
    assert!(store.close_beyond(&actor(), &scope, &park.id, &det()).await.unwrap());
    assert!(!store.close_beyond(&actor(), &scope, &park.id, &det()).await.unwrap(), "only once");
    assert_eq!(found(&Scope::system()).await, []);
    assert!(store.open_beyond(&actor(), &scope, &park.id, &det()).await.unwrap());
    assert_ne!(found(&scope).await[0].2, first[0].2, "opened again it is coded anew");
}

async fn a_subject_is_loaded_only_where_it_was_shared(home: Home) {
    let (store, park) = with_people(&home).await;
    let load =
        async |shared: &[Subject]| store.load_park_view(&operator(&park.id, shared), &park.id).await.unwrap().unwrap();

    let by_law = load(&[]).await;
    assert!(park.records.iter().any(|record| record.cost_vnd.is_some()) && !park.streams.is_empty());
    assert!(by_law.streams.is_empty() && by_law.records.iter().all(|record| record.cost_vnd.is_none()));
    // What the law opens is all there.
    assert_eq!((by_law.records.len(), &by_law.survey), (park.records.len(), &park.survey));
    assert_eq!((&by_law.measures, &by_law.exchanges, &by_law.meters), (&park.measures, &park.exchanges, &park.meters));
    let named: BTreeSet<_> = park.measures.iter().filter_map(|measure| measure.meter.clone()).collect();
    assert!(by_law.readings.keys().all(|meter| named.contains(meter)), "only what verifies a measure");

    let streams = load(&[Subject::Streams]).await;
    assert!(streams.streams.iter().eq(park.streams.iter().filter(|stream| stream.enterprise == det())));
    assert!(streams.records.iter().all(|record| record.cost_vnd.is_none()));
    let costs = load(&[Subject::Costs]).await;
    let paid = |park: &Park, ours: bool| {
        let of = park.records.iter().filter(|record| (record.enterprise == det()) == ours);
        of.filter_map(|record| record.cost_vnd).collect::<Vec<f64>>()
    };
    assert_eq!((paid(&costs, true), paid(&costs, false)), (paid(&park, true), Vec::new()));
    // The whole park is not handed out in parts.
    assert_eq!(store.load_park(&operator(&park.id, &Subject::ALL), &park.id).await.unwrap(), None);
}

async fn what_ended_or_was_withdrawn_closes_at_once(home: Home) {
    let (store, park) = with_people(&home).await;
    let binh = UserId::new("binh");
    let access = async |today| store.access(&binh, None, today).await.unwrap();
    let (first, last) = (date(2025, 1, 10), date(2025, 3, 31));
    let new =
        NewAssignment { user: binh.clone(), park: park.id.clone(), enterprise: None, starts_on: first, ends_on: last };
    let id = store.assign(&actor(), &new).await.unwrap();
    let receiver = Receiver::Consultant(binh.clone());
    let share = NewShare {
        park: park.id.clone(),
        enterprise: det(),
        subjects: [Subject::Costs, Subject::Streams].into(),
        receiver: receiver.clone(),
        ends_on: date(2025, 2, 28),
    };
    store.share(&actor(), &own(&park.id), &share).await.unwrap();
    let counts = |access: Access| (access.assignments.len(), access.shares.len());
    assert_eq!(counts(access(date(2025, 1, 9)).await), (0, 2), "before it starts");
    assert_eq!(counts(access(first).await), (1, 2));
    assert_eq!(counts(access(date(2025, 2, 28)).await), (1, 2), "on the last day of the share");
    assert_eq!(counts(access(date(2025, 3, 1)).await), (1, 0), "a day later");
    assert_eq!(counts(access(date(2025, 4, 1)).await), (0, 0));
    let other = store.access(&UserId::new("an"), Some(&park.id), first).await.unwrap();
    assert_eq!(counts(other), (0, 0), "neither is somebody else's");

    let given = access(first).await.shares;
    let costs = given.iter().find(|share| share.subject == Subject::Costs).unwrap();
    let (scope, giay) = (own(&park.id), EnterpriseId::new("giay"));
    assert!(store.withdraw_share(&actor(), &scope, &park.id, &giay, &costs.id).await.is_err(), "not theirs");
    assert!(store.withdraw_share(&actor(), &scope, &park.id, &det(), &costs.id).await.unwrap());
    assert!(!store.withdraw_share(&actor(), &scope, &park.id, &det(), &costs.id).await.unwrap(), "only once");
    assert_eq!(access(first).await.shares.len(), 1);
    assert!(!store.end_assignment(&actor(), &park.id, Some(&det()), &id).await.unwrap(), "it is the park's");
    assert!(store.end_assignment(&actor(), &park.id, None, &id).await.unwrap());
    assert_eq!(counts(access(first).await), (0, 1));
    assert!(
        store.share(&actor(), &operator(&park.id, &Subject::ALL), &share).await.is_err(),
        "an operator shares nothing"
    );
}

async fn an_import_leaves_what_was_not_shared(home: Home) {
    let (store, park) = with_people(&home).await;
    let scope = operator(&park.id, &[]);
    let seen = store.load_park_view(&scope, &park.id).await.unwrap().unwrap();
    let changed = Park { note: Some("changed".to_string()), ..seen.clone() };
    store.save_park_view(&actor(), &scope, changed, "").await.unwrap();
    let kept = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert_eq!(kept, Park { note: Some("changed".to_string()), ..park.clone() });

    let Err(SaveParkError::Unshared(found)) = store.save_park_view(&actor(), &scope, park.clone(), "").await else {
        panic!("streams and costs of enterprises that share nothing were taken");
    };
    let subjects: BTreeSet<Subject> = found.iter().map(|unshared| unshared.subject).collect();
    assert!(subjects.contains(&Subject::Streams) && subjects.contains(&Subject::Costs), "{found:?}");
    assert_eq!(store.load_park(&Scope::system(), &park.id).await.unwrap(), Some(kept));
}

async fn a_correction_by_somebody_who_does_not_know_the_cost_keeps_it(home: Home) {
    let (store, park) = with_people(&home).await;
    let scope = operator(&park.id, &[]);
    let record = park.records.iter().find(|record| record.cost_vnd.is_some()).unwrap();
    let at = RecordAt {
        park: park.id.clone(),
        enterprise: record.enterprise.clone(),
        resource: ResourceId::new(record.resource.as_str()),
        period: record.period,
    };
    let declared = store::Declared {
        amount: record.amount.clone(),
        basis: record.basis,
        source: "sửa".to_string(),
        cost_vnd: None,
    };
    store.correct_record(&actor(), &scope, &at, &declared).await.unwrap();
    let kept = store.record_history(&Scope::system(), &at).await.unwrap();
    assert_eq!(kept.last().unwrap().record.cost_vnd, record.cost_vnd);
    let told = store.record_history(&scope, &at).await.unwrap();
    assert!(told.iter().all(|version| version.record.cost_vnd.is_none()) && told.len() == kept.len());
    let log = store.latest_audit(&scope, 1).await.unwrap();
    assert!(log[0].entity == "record" && log[0].before_json.is_none() && log[0].after_json.is_none());
}

async fn looks_are_told_to_the_enterprise_alone(home: Home) {
    let (store, park) = with_people(&home).await;
    let an = Actor::new("an", "park-operator", 9);
    store.note(&an, Note::look(&park.id, Some(&det()), "enterprise", "")).await.unwrap();
    store.note(&an, Note::look(&park.id, None, "export", "report.pdf")).await.unwrap();
    store.note(&an, Note::look(&park.id, Some(&EnterpriseId::new("giay")), "enterprise", "")).await.unwrap();
    let looks = store.looks_at(&own(&park.id), &park.id, &det(), 10).await.unwrap();
    let told: Vec<_> = looks.iter().map(|row| (row.entity.as_str(), row.actor.as_str())).collect();
    assert_eq!(told, [("export", "an"), ("enterprise", "an")]);
    let by_others = operator(&park.id, &Subject::ALL);
    assert!(store.looks_at(&by_others, &park.id, &det(), 10).await.unwrap().is_empty());
    let log = store.latest_audit(&by_others, 10).await.unwrap();
    assert!(log.iter().all(|row| row.action != "look" || row.enterprise.is_none()), "{log:?}");
}
