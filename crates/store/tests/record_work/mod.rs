//! What people do about records: findings are answered, periods completed, approved and reopened.

pub mod proposals;

use std::collections::BTreeSet;

use engine::ids::{EnterpriseId, ParkId, ResourceId};
use engine::period::Period;
use store::{
    EvidenceAt, EvidenceError, FindingAt, FindingKind, MOST_EVIDENCE, NewEvidence, PeriodAt, PeriodError, PeriodState,
    Proves, Put, PutError, RecordAt, RecordError, Resources, SaveParkError, Scope, Step, Store,
};

use crate::home::Home;
use crate::parks::small_park;
use crate::{declared, electricity_in_march, lan, scope_of_det, scope_of_totals};

async fn with_small_park(home: &Home) -> Store {
    let store = home.store().await;
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    store
}

async fn nothing_is_tampered_with(store: &Store) {
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}

fn finding(enterprise: &str, figures: &str) -> FindingAt {
    FindingAt {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new(enterprise),
        finding: format!("jump/{enterprise}/electricity/2024-03"),
        figures: figures.to_string(),
    }
}

pub async fn an_answer_is_kept_and_a_later_one_takes_its_place(home: Home) {
    let store = with_small_park(&home).await;
    let at = finding("det", "81000.0");
    store.answer_finding(&lan(2), &scope_of_det(), &at, "Lò mới chạy thử").await.unwrap();
    store.answer_finding(&lan(3), &scope_of_det(), &at, "Lò mới chạy thử từ 05/03/2024").await.unwrap();
    let answers = store.finding_answers(&scope_of_det(), &at.park).await.unwrap();
    let said: Vec<(&str, &str, Option<i64>)> =
        answers.iter().map(|one| (one.comment.as_str(), one.answered_by.as_str(), one.superseded_at_us)).collect();
    assert_eq!(said, [("Lò mới chạy thử", "lan", Some(3)), ("Lò mới chạy thử từ 05/03/2024", "lan", None)]);

    let others = finding("giay", "1");
    let refused = store.answer_finding(&lan(4), &scope_of_det(), &others, "không phải của mình").await;
    assert!(matches!(refused, Err(RecordError::OutsideScope)));
    let nobody = store.answer_finding(&lan(4), &Scope::system(), &finding("nobody", "1"), "").await;
    assert!(matches!(nobody, Err(RecordError::NotFound)));
    assert_eq!(store.finding_answers(&scope_of_totals(), &at.park).await.unwrap(), []);

    // An import keeps what people said.
    let mut park = small_park();
    park.records[0].amount.value += 1.0;
    store.save_park(&lan(5), &park, "second").await.unwrap();
    assert_eq!(store.finding_answers(&scope_of_det(), &at.park).await.unwrap(), answers);
    nothing_is_tampered_with(&store).await;
}

fn year_of_det(resources: Resources) -> PeriodAt {
    PeriodAt {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new("det"),
        period: Period::year(2024).unwrap(),
        resources,
    }
}

fn electricity() -> Resources {
    Resources::Group("electricity".to_string(), BTreeSet::from([ResourceId::new("electricity")]))
}

fn approve(level: &str, after: Option<&str>) -> Step {
    Step::Approve { level: level.to_string(), after: after.map(str::to_string) }
}

async fn state(store: &Store, at: &PeriodAt) -> PeriodState {
    let marks = store.period_marks(&Scope::system(), &at.park).await.unwrap();
    let mut current = marks.iter().filter(|mark| mark.is_current && mark.resources.name() == at.resources.name());
    current.next().map_or(PeriodState::Open, |mark| mark.state)
}

pub async fn a_period_goes_step_by_step_and_no_step_is_left_out(home: Home) {
    let store = with_small_park(&home).await;
    let (at, scope) = (year_of_det(Resources::All), scope_of_det());
    let mut now = 10;
    let mut take = async |step: Step| {
        now += 1;
        store.mark_period(&lan(now), &scope, &at, &step).await
    };
    let wrong = |found: Result<(), PeriodError>| match found {
        Err(PeriodError::WrongState(state)) => state,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(take(approve("park", None)).await), PeriodState::Open);
    assert_eq!(wrong(take(Step::Reopen { reason: "x".to_string() }).await), PeriodState::Open);
    take(Step::Complete).await.unwrap();
    assert_eq!(wrong(take(Step::Complete).await), PeriodState::Completed);
    let skipped = take(approve("province", Some("park"))).await;
    assert!(matches!(skipped, Err(PeriodError::LevelBefore(level)) if level == "park"));
    take(approve("park", None)).await.unwrap();
    assert_eq!(wrong(take(approve("park", None)).await), PeriodState::Approved);
    take(approve("province", Some("park"))).await.unwrap();
    assert_eq!(wrong(take(approve("province", Some("park"))).await), PeriodState::Approved);
    take(Step::Reopen { reason: "Hóa đơn tháng 3 bị điều chỉnh".to_string() }).await.unwrap();
    assert_eq!(wrong(take(approve("park", None)).await), PeriodState::Reopened);
    take(Step::Complete).await.unwrap();
    assert_eq!(state(&store, &at).await, PeriodState::Completed);
    let marks = store.period_marks(&scope, &at.park).await.unwrap();
    assert_eq!(marks.iter().filter(|mark| mark.is_current).count(), 1);
    let steps: Vec<(PeriodState, Option<&str>)> =
        marks.iter().map(|mark| (mark.state, mark.level.as_deref().or(mark.reason.as_deref()))).collect();
    assert_eq!(
        steps,
        [
            (PeriodState::Completed, None),
            (PeriodState::Approved, Some("park")),
            (PeriodState::Approved, Some("province")),
            (PeriodState::Reopened, Some("Hóa đơn tháng 3 bị điều chỉnh")),
            (PeriodState::Completed, None),
        ]
    );
    nothing_is_tampered_with(&store).await;
}

pub async fn what_is_approved_is_changed_only_after_it_was_reopened(home: Home) {
    let store = with_small_park(&home).await;
    let (at, scope, march) = (year_of_det(electricity()), Scope::system(), electricity_in_march());
    store.mark_period(&lan(11), &scope, &at, &Step::Complete).await.unwrap();
    // Completing locks nothing, and tells that something was changed since.
    store.correct_record(&lan(12), &scope, &march, &declared(80.0)).await.unwrap();
    store.mark_period(&lan(13), &scope, &at, &approve("park", None)).await.unwrap();

    let locked = |found: Result<_, RecordError>| match found {
        Err(RecordError::Locked(lock)) => (lock.approved, lock.approved_at_us),
        other => panic!("{other:?}"),
    };
    let april = RecordAt { period: Period::parse("2024-11").unwrap(), ..march.clone() };
    let expected = (Period::year(2024).unwrap(), 13);
    assert_eq!(locked(store.correct_record(&lan(14), &scope, &march, &declared(81.0)).await), expected);
    assert_eq!(locked(store.withdraw_record(&lan(14), &scope, &march).await), expected);
    assert_eq!(locked(store.add_record(&lan(14), &scope, &april, &declared(81.0)).await), expected);
    let before = store.load_park(&scope, &at.park).await.unwrap().unwrap();

    // An import may change what is open and nothing that is approved.
    let mut open = before.clone();
    let is_locked = |record: &engine::park::Record| {
        record.enterprise.as_str() == "det" && record.resource.as_str() == "electricity"
    };
    open.records.iter_mut().find(|record| !is_locked(record)).unwrap().amount.value += 1.0;
    store.save_park(&lan(15), &open, "").await.unwrap();
    let mut changed = open.clone();
    changed.records.iter_mut().find(|record| is_locked(record)).unwrap().amount.value += 1.0;
    let refused = store.save_park_view(&lan(16), &scope, changed, "").await;
    let Err(SaveParkError::Locked(found)) = refused else { panic!("{refused:?}") };
    assert_eq!((found.len(), found[0].resource.as_str()), (1, "electricity"));
    let mut without = open.clone();
    without.records.retain(|record| !is_locked(record));
    assert!(store.save_park(&lan(16), &without, "").await.is_err());
    assert_eq!(store.load_park(&scope, &at.park).await.unwrap().unwrap(), open);

    store.mark_period(&lan(17), &scope, &at, &Step::Reopen { reason: "sửa".to_string() }).await.unwrap();
    store.correct_record(&lan(18), &scope, &march, &declared(81.0)).await.unwrap();
    let marks = store.period_marks(&scope, &at.park).await.unwrap();
    let changed: Vec<(PeriodState, Option<i64>)> = marks.iter().map(|mark| (mark.state, mark.changed_at_us)).collect();
    assert_eq!(
        changed,
        [(PeriodState::Completed, Some(18)), (PeriodState::Approved, Some(18)), (PeriodState::Reopened, Some(18)),],
        "approved, and later corrected"
    );
    nothing_is_tampered_with(&store).await;
}

pub async fn an_approval_locks_its_own_resources_and_period_alone(home: Home) {
    let store = with_small_park(&home).await;
    let (mut at, scope, march) = (year_of_det(electricity()), Scope::system(), electricity_in_march());
    at.period = Period::year(2023).unwrap();
    store.mark_period(&lan(11), &scope, &at, &Step::Complete).await.unwrap();
    store.mark_period(&lan(12), &scope, &at, &approve("park", None)).await.unwrap();
    store.correct_record(&lan(13), &scope, &march, &declared(80.0)).await.unwrap();
    let marks = store.period_marks(&scope, &at.park).await.unwrap();
    assert!(marks.iter().all(|mark| mark.changed_at_us.is_none()));
    let other = scope_of_totals();
    assert!(matches!(store.mark_period(&lan(14), &other, &at, &Step::Complete).await, Err(PeriodError::OutsideScope)));
    assert_eq!(store.period_marks(&other, &at.park).await.unwrap(), []);
}

fn of_march() -> EvidenceAt {
    let RecordAt { park, enterprise, resource, period } = electricity_in_march();
    EvidenceAt { park, enterprise, proves: Proves::Record { resource, period } }
}

fn file(bytes: &[u8]) -> NewEvidence<'_> {
    NewEvidence { file_name: "hóa đơn 03.pdf", media_type: "application/pdf", bytes }
}

pub async fn a_file_is_kept_once_and_read_back_by_those_in_scope(home: Home) {
    let folder = std::env::temp_dir().join(format!("congsinh-evidence-{}", uuid::Uuid::now_v7()));
    let store = with_small_park(&home).await.with_files_in(&folder);
    let (scope, at) = (scope_of_det(), of_march());
    let kept = store.add_evidence(&lan(2), &scope, &at, &file(b"%PDF-1.7 one")).await.unwrap();
    assert_eq!(kept.sha256.len(), 64);
    let (found, bytes) = store.evidence_content(&scope, &at.park, &at.enterprise, &kept.id).await.unwrap();
    assert_eq!((&found, bytes.as_slice()), (&kept, &b"%PDF-1.7 one"[..]));

    let same = store.add_evidence(&lan(3), &scope, &at, &file(b"%PDF-1.7 one")).await;
    assert!(matches!(same, Err(EvidenceError::Same)));
    // The same content proves another thing, and lies on disk once.
    let answered = finding("det", "1.0");
    let answer = EvidenceAt { proves: Proves::Answer { finding: answered.finding.clone() }, ..at.clone() };
    let none = store.add_evidence(&lan(3), &scope, &answer, &file(b"%PDF-1.7 one")).await;
    assert!(matches!(none, Err(EvidenceError::NotFound)), "there is no such answer yet");
    store.answer_finding(&lan(4), &scope, &answered, "xem tệp").await.unwrap();
    store.add_evidence(&lan(5), &scope, &answer, &file(b"%PDF-1.7 one")).await.unwrap();
    let on_disk = folder.join("evidence").join(&kept.sha256[..2]);
    let names: Vec<String> = std::fs::read_dir(&on_disk)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, std::slice::from_ref(&kept.sha256));

    // Whose scope it is not learns nothing of it.
    assert_eq!(store.evidence(&scope_of_totals(), &at.park).await.unwrap(), []);
    let closed = store.evidence_content(&scope_of_totals(), &at.park, &at.enterprise, &kept.id).await;
    assert!(matches!(closed, Err(EvidenceError::OutsideScope)));
    let elsewhere = store.evidence_content(&Scope::system(), &at.park, &EnterpriseId::new("giay"), &kept.id).await;
    assert!(matches!(elsewhere, Err(EvidenceError::NotFound)));

    // A file that was changed on disk is not handed out.
    nothing_is_tampered_with(&store).await;
    std::fs::write(on_disk.join(&kept.sha256), b"%PDF-1.7 two").unwrap();
    let changed = store.evidence_content(&scope, &at.park, &at.enterprise, &kept.id).await;
    assert!(matches!(changed, Err(EvidenceError::Store(_))));
    std::fs::remove_dir_all(&folder).unwrap();
}

pub async fn files_are_bounded_and_stay_where_a_record_is_approved(home: Home) {
    let folder = std::env::temp_dir().join(format!("congsinh-evidence-{}", uuid::Uuid::now_v7()));
    let store = with_small_park(&home).await.with_files_in(&folder);
    let (scope, at) = (scope_of_det(), of_march());
    let huge = vec![0; store::LARGEST_EVIDENCE + 1];
    let refused = store.add_evidence(&lan(2), &scope, &at, &file(&huge)).await;
    assert!(matches!(refused, Err(EvidenceError::TooLarge(_))));
    let mut ids = Vec::new();
    for number in 0..MOST_EVIDENCE {
        ids.push(
            store.add_evidence(&lan(3), &scope, &at, &file(format!("%PDF-{number}").as_bytes())).await.unwrap().id,
        );
    }
    let refused = store.add_evidence(&lan(4), &scope, &at, &file(b"%PDF-more")).await;
    assert!(matches!(refused, Err(EvidenceError::TooMany)));
    store.remove_evidence(&lan(5), &scope, &at.park, &at.enterprise, &ids[0]).await.unwrap();
    let gone = store.evidence_content(&scope, &at.park, &at.enterprise, &ids[0]).await;
    assert!(matches!(gone, Err(EvidenceError::NotFound)));

    let year = year_of_det(Resources::All);
    store.mark_period(&lan(6), &scope, &year, &Step::Complete).await.unwrap();
    store.mark_period(&lan(7), &scope, &year, &approve("park", None)).await.unwrap();
    let locked = store.remove_evidence(&lan(8), &scope, &at.park, &at.enterprise, &ids[1]).await;
    assert!(matches!(locked, Err(EvidenceError::Locked(_))));
    // What proves it better is welcome.
    store.add_evidence(&lan(9), &scope, &at, &file(b"%PDF-more")).await.unwrap();
    assert_eq!(store.evidence(&scope, &at.park).await.unwrap().len(), MOST_EVIDENCE);
    let nowhere = EvidenceAt {
        proves: Proves::Record { resource: ResourceId::new("electricity"), period: Period::year(2019).unwrap() },
        ..at
    };
    let refused = store.add_evidence(&lan(9), &scope, &nowhere, &file(b"%PDF-")).await;
    assert!(matches!(refused, Err(EvidenceError::NotFound)));
    nothing_is_tampered_with(&store).await;
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Somebody with the database in hand changes what people said, one table after the other.
#[tokio::test]
async fn what_people_did_is_held_against_the_log() {
    let home = Home::sqlite();
    let store = with_small_park(&home).await;
    let scope = scope_of_det();
    store.answer_finding(&lan(2), &scope, &finding("det", "1.0"), "thật").await.unwrap();
    store.mark_period(&lan(3), &scope, &year_of_det(Resources::All), &Step::Complete).await.unwrap();
    store.add_evidence(&lan(4), &scope, &of_march(), &file(b"%PDF-")).await.unwrap();
    nothing_is_tampered_with(&store).await;
    for (tampering, entity, kind) in [
        ("update finding_answer set comment = 'giả'", "finding", FindingKind::Data),
        ("update period_mark set state = 'approved'", "period", FindingKind::Data),
        ("update evidence set sha256 = 'ff' || substr(sha256, 3)", "evidence", FindingKind::Data),
        ("update evidence set added_by = 'minh'", "evidence", FindingKind::Data),
        ("delete from finding_answer", "finding", FindingKind::Gone),
        ("update period_mark set id = 'another'", "period", FindingKind::Unlogged),
    ] {
        home.behind_its_back(tampering).await;
        let found = store.check_audit(&[]).await.unwrap().findings;
        let is_told = found.iter().any(|finding| finding.entity == entity && finding.kind == kind);
        assert!(is_told, "{tampering}: {found:?}");
    }
}

pub async fn several_records_are_kept_together_or_not_at_all(home: Home) {
    let store = with_small_park(&home).await;
    let (scope, march) = (scope_of_det(), electricity_in_march());
    let place = (&march.park, &march.enterprise);
    let month = |month: &str| RecordAt { period: Period::parse(month).unwrap(), ..march.clone() };
    let before = store.load_park(&Scope::system(), &march.park).await.unwrap();

    // One overlaps the water that is there; none of the three is kept.
    let water = RecordAt { resource: ResourceId::new("water"), ..month("2024-02") };
    let three = [(march.clone(), declared(80.0)), (month("2024-07"), declared(70.0)), (water, declared(1.0))];
    let refused = store.put_records(&lan(2), &scope, place, &three, "block").await;
    let Err(PutError::Refused(found)) = refused else { panic!("{refused:?}") };
    assert!(matches!(found[..], [(2, RecordError::Overlaps(_))]), "{found:?}");
    assert_eq!(store.load_park(&Scope::system(), &march.park).await.unwrap(), before);

    let revision = store.park_revision(&march.park).await.unwrap().unwrap();
    let put = store.put_records(&lan(3), &scope, place, &three[..2], "block").await.unwrap();
    assert_eq!(put, Put { added: 1, corrected: 1, unchanged: 0 });
    let again = store.put_records(&lan(4), &scope, place, &three[..2], "block").await.unwrap();
    assert_eq!(again, Put { added: 0, corrected: 0, unchanged: 2 });
    assert_eq!(
        store.park_revision(&march.park).await.unwrap().unwrap().0,
        revision.0 + 1,
        "the same again is no change"
    );
    let history = store.record_history(&scope, &march).await.unwrap();
    assert_eq!(history.last().unwrap().record.amount.value, 80.0);

    let elsewhere = RecordAt { enterprise: EnterpriseId::new("giay"), ..march.clone() };
    let theirs = [(elsewhere.clone(), declared(1.0))];
    assert!(store.put_records(&lan(5), &scope, place, &theirs, "").await.is_err());
    assert!(store.put_records(&lan(5), &scope, (&elsewhere.park, &elsewhere.enterprise), &theirs, "").await.is_err());
    nothing_is_tampered_with(&store).await;
}

#[tokio::test]
async fn a_file_that_was_put_aside_is_its_owners_alone() {
    let home = Home::sqlite();
    let store = with_small_park(&home).await;
    let word = store.put_aside(&lan(2), b"<HDon/>").await.unwrap();
    assert_eq!(store.taken_up(&lan(3), &word).await.unwrap().as_deref(), Some(&b"<HDon/>"[..]));
    let other = store::Actor::new("minh", "enterprise-editor", 3);
    assert_eq!(store.taken_up(&other, &word).await.unwrap(), None);
    for bad in ["", "../../congsinh.sqlite", &word[..31], "zz"] {
        assert_eq!(store.taken_up(&lan(3), bad).await.unwrap(), None);
    }
}
