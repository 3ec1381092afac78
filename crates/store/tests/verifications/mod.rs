//! Signed verifications: kept as they stood, superseded and never edited, seen by those whose they are.

use engine::ids::{EnterpriseId, MeasureId, MeterId, ParkId};
use engine::park::Park;
use engine::park::adjustments::Adjustment;
use engine::park::plans::{Plan, PlannedModel, Step};
use engine::period::Period;
use store::{Actor, AdjustmentError, EnterpriseGrant, Grant, NewPlan, NewSigned, ParkGrant, RecordError, Scope};

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

fn planned(months: usize) -> Plan {
    Plan {
        measure: MeasureId::new("dong-co"),
        meter: Some(MeterId::new("cong-to-det")),
        model: PlannedModel::Regression,
        step: Step::Day,
        predictors: vec!["outdoor-temperature".to_string()],
        holidays: vec![Period::month(2024, 2).unwrap()],
        left_out: Vec::new(),
        begins: Some(jiff::civil::date(2024, 3, 1)),
        expected_saving_a_year: Some(1_200.5),
        target: Some(0.5),
        expected_uncertainty_90: None,
        months,
        note: "Theo biên bản".to_string(),
    }
}

pub async fn a_plan_comes_in_with_its_park_and_an_import_takes_none_away(home: Home) {
    let store = home.store().await;
    let park = ParkId::new("khu-thu");
    let with = |months| engine::park::Park { plans: vec![planned(months)], ..small_park() };
    store.save_park(&Actor::system(1), &with(12), "").await.unwrap();
    let loaded = store.load_park(&Scope::system(), &park).await.unwrap().unwrap();
    assert_eq!(loaded, with(12));
    let stamp = store.park_stamp(&park).await.unwrap().unwrap();

    // The same again writes nothing; sheets without plans leave it; another one takes its place.
    store.save_park(&Actor::system(2), &with(12), "").await.unwrap();
    store.save_park(&Actor::system(3), &small_park(), "").await.unwrap();
    assert_eq!(store.park_stamp(&park).await.unwrap().unwrap().plans, stamp.plans);
    assert_eq!(store.load_park(&Scope::system(), &park).await.unwrap().unwrap().plans, [planned(12)]);
    store.save_park(&Actor::system(4), &with(6), "").await.unwrap();
    assert_ne!(store.park_stamp(&park).await.unwrap().unwrap(), stamp, "what was computed before is computed anew");
    let kept = store.measurement_plans(&Scope::system(), &park).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.superseded_at_us).collect::<Vec<_>>(), [Some(4), None]);
    assert_eq!(kept[1].plan().unwrap(), planned(6));

    // Seen with its measure, by those whose it is.
    let own = store.load_park_view(&scope_of("det"), &park).await.unwrap().unwrap();
    assert_eq!(own.plans, [planned(6)]);
    let other = store.load_park_view(&scope_of("giay"), &park).await.unwrap().unwrap();
    assert_eq!(other.plans, []);
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}

pub async fn an_adjustment_comes_and_goes_alone_as_its_sheet_would(home: Home) {
    let store = home.store().await;
    store.save_park(&Actor::system(1), &small_park(), "").await.unwrap();
    let park = ParkId::new("khu-thu");
    let lan = |at_us| Actor::new("lan", "park-operator", at_us);
    let new = Adjustment {
        measure: MeasureId::new("dong-co"),
        enterprise: EnterpriseId::new("det"),
        name: "Dây chuyền 3".to_string(),
        period: Period::month(2024, 6).unwrap(),
        use_added: Some(0.1 + 0.2),
        uncertainty_90: Some(0.05),
        as_column: false,
        reason: "Thêm dây chuyền".to_string(),
        evidence: "Biên bản 17".to_string(),
        stated_by: "Lan".to_string(),
    };
    let before = store.park_stamp(&park).await.unwrap();
    store.add_adjustment(&lan(2), &scope_of("det"), &park, &new).await.unwrap();
    assert_ne!(store.park_stamp(&park).await.unwrap(), before, "what was computed before is computed anew");
    let by_sheet = Park { adjustments: vec![new.clone()], ..small_park() };
    let kept = store.load_park(&Scope::system(), &park).await.unwrap().unwrap();
    assert_eq!(kept.digest(), by_sheet.digest());
    let rows = store.latest_audit(&Scope::system(), 1).await.unwrap();
    let told = rows[0].after_json.as_deref().unwrap();
    assert!(rows[0].action == "save" && told.contains("dong-co/Dây chuyền 3") && !told.contains("Lan"), "{told}");

    let refused = store.add_adjustment(&lan(3), &Scope::system(), &park, &new).await;
    assert!(matches!(refused, Err(AdjustmentError::Taken)), "{refused:?}");
    let other = Adjustment { name: "Khác".to_string(), ..new.clone() };
    let refused = store.add_adjustment(&lan(3), &scope_of("giay"), &park, &other).await;
    assert!(matches!(refused, Err(AdjustmentError::OutsideScope)), "{refused:?}");
    let nowhere = Adjustment { measure: MeasureId::new("khong-co"), ..other };
    let refused = store.add_adjustment(&lan(3), &Scope::system(), &park, &nowhere).await;
    assert!(matches!(refused, Err(AdjustmentError::NotFound)), "{refused:?}");

    let of = (&park, &new.measure);
    store.withdraw_adjustment(&lan(4), &scope_of("det"), of, &new.name).await.unwrap();
    let kept = store.load_park(&Scope::system(), &park).await.unwrap().unwrap();
    assert_eq!(kept.digest(), small_park().digest());
    let refused = store.withdraw_adjustment(&lan(5), &Scope::system(), of, &new.name).await;
    assert!(matches!(refused, Err(AdjustmentError::NotFound)), "{refused:?}");
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}
