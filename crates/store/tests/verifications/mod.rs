//! Signed verifications: kept as they stood, superseded and never edited, seen by those whose they are.

use engine::ids::{EnterpriseId, MeasureId, ParkId};
use engine::period::Period;
use store::{Actor, EnterpriseGrant, Grant, NewPlan, NewSigned, ParkGrant, RecordError, Scope};

use crate::home::Home;
use crate::parks::small_park;

fn signed(inputs: &str) -> NewSigned {
    NewSigned {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new("det"),
        measure: MeasureId::new("dong-co"),
        period: Period::year(2024).unwrap(),
        inputs: inputs.to_string(),
        pieces: "[]".to_string(),
        verification: "{\"saving\":1.5}".to_string(),
        signer: "Nguyễn Văn An".to_string(),
        evidence: "Biên bản 12".to_string(),
    }
}

fn scope_of(enterprise: &str) -> Scope {
    let park = ParkId::new("khu-thu");
    Scope::granted(Grant {
        parks: ParkGrant::These([park.clone()].into()),
        enterprises: EnterpriseGrant::These([(park, EnterpriseId::new(enterprise))].into()),
    })
}

pub async fn a_signed_verification_is_kept_as_it_stood_and_superseded(home: Home) {
    let store = home.store().await;
    store.save_park(&Actor::system(1), &small_park(), "").await.unwrap();
    let park = ParkId::new("khu-thu");
    let lan = |at_us| Actor::new("lan", "consultant", at_us);
    let scope = Scope::system();
    let before = store.park_stamp(&park).await.unwrap();
    store.sign_verification(&lan(2), &scope, &signed("aa")).await.unwrap();
    assert_ne!(store.park_stamp(&park).await.unwrap(), before, "what was computed before is computed anew");
    store.sign_verification(&lan(3), &scope, &signed("bb")).await.unwrap();
    let another = NewSigned { period: Period::year(2023).unwrap(), ..signed("cc") };
    store.sign_verification(&lan(4), &scope, &another).await.unwrap();

    let kept = store.signed_verifications(&scope, &park).await.unwrap();
    let told: Vec<_> = kept.iter().map(|one| (one.inputs.as_str(), one.signed_at_us, one.superseded_at_us)).collect();
    assert_eq!(told, [("aa", 2, Some(3)), ("bb", 3, None), ("cc", 4, None)]);
    assert_eq!((kept[0].verification.as_str(), kept[0].signed_as.as_str()), ("{\"saving\":1.5}", "consultant"));

    assert_eq!(store.signed_verifications(&scope_of("det"), &park).await.unwrap().len(), 3);
    assert_eq!(store.signed_verifications(&scope_of("giay"), &park).await.unwrap(), []);
    let refused = store.sign_verification(&lan(5), &scope_of("giay"), &signed("dd")).await;
    assert!(matches!(refused, Err(RecordError::OutsideScope)), "{refused:?}");
    let nobody = NewSigned { enterprise: EnterpriseId::new("khong-co"), ..signed("dd") };
    let refused = store.sign_verification(&lan(5), &scope, &nobody).await;
    assert!(matches!(refused, Err(RecordError::NotFound)), "{refused:?}");

    // An import keeps what was signed.
    store.save_park(&Actor::system(6), &small_park(), "second").await.unwrap();
    assert_eq!(store.signed_verifications(&scope, &park).await.unwrap(), kept);
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}

pub async fn a_measurement_plan_is_superseded_and_seen_by_those_whose_it_is(home: Home) {
    let store = home.store().await;
    store.save_park(&Actor::system(1), &small_park(), "").await.unwrap();
    let park = ParkId::new("khu-thu");
    let lan = |at_us| Actor::new("lan", "park-operator", at_us);
    let plan = |content: &str| NewPlan {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new("det"),
        measure: MeasureId::new("dong-co"),
        content: content.to_string(),
    };
    for (at_us, content) in [(2, "{\"months\":6}"), (3, "{\"months\":12}")] {
        store.save_measurement_plan(&lan(at_us), &Scope::system(), &plan(content)).await.unwrap();
    }
    let kept = store.measurement_plans(&scope_of("det"), &park).await.unwrap();
    let told: Vec<_> = kept.iter().map(|one| (one.content.as_str(), one.superseded_at_us)).collect();
    assert_eq!(told, [("{\"months\":6}", Some(3)), ("{\"months\":12}", None)]);
    assert_eq!(store.measurement_plans(&scope_of("giay"), &park).await.unwrap(), []);
    let refused = store.save_measurement_plan(&lan(4), &scope_of("giay"), &plan("{}")).await;
    assert!(matches!(refused, Err(RecordError::OutsideScope)), "{refused:?}");
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}
