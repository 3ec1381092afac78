//! The store's story: parks go in and come out the same, a correction keeps what was there, nobody sees what is
//! not theirs, every change is in the log, and the log shows when somebody touched it.

#[macro_use]
mod home;

mod copy;
mod dossiers;
mod editions;
mod folder;
mod forms;
mod parks;
mod people;
mod record_work;
mod register;
mod scenarios;
mod second_lock;
mod segments;
mod sharing;
mod verifications;

use std::path::PathBuf;
use std::str::FromStr;

use dossiers::{
    a_dossier_goes_step_by_step_and_nothing_is_edited, a_dossier_is_seen_by_those_whose_it_is,
    a_reminder_is_sent_once_and_not_to_those_who_want_none, an_entry_changed_behind_the_log_s_back_is_found,
};
use engine::ids::{EnterpriseId, MeterId, ParkId, ResourceId};
use engine::language::Language;
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::{Basis, Digest};
use home::Home;
use parks::{big_park, small_park};
use sqlx::{Connection, SqliteConnection};
use store::{
    Actor, Declared, EnterpriseGrant, Grant, NewResult, ParkGrant, PasswordHash, RecordAt, RecordError, Reduced,
    Revision, Scope, Session, Store, User, UserId,
};

use editions::{
    an_edition_changed_behind_the_log_is_found, an_edition_is_written_published_and_replaced,
    two_sides_speak_of_a_criterion_and_neither_overwrites_the_other,
};
use forms::{
    a_draft_is_its_writers_and_a_form_is_for_those_it_goes_to, a_form_is_handed_in_sent_back_and_received,
    what_is_written_into_a_form_is_kept_cleared_and_put_in_its_place,
};
use record_work::proposals::{
    a_confirmed_proposal_declares_and_an_answer_taken_back_withdraws, a_confirmed_resource_is_a_record_of_the_year,
    an_import_after_a_confirmation_keeps_the_log_true, answers_to_proposals_are_for_those_who_may_see_the_streams,
};
use scenarios::a_scenario_is_its_author_s_until_it_is_shared;
use verifications::{
    a_measurement_plan_is_superseded_and_seen_by_those_whose_it_is,
    a_plan_comes_in_with_its_park_and_an_import_takes_none_away,
    a_signed_verification_is_kept_as_it_stood_and_superseded, an_adjustment_comes_and_goes_alone_as_its_sheet_would,
};

use record_work::{
    a_file_is_kept_once_and_read_back_by_those_in_scope, a_period_goes_step_by_step_and_no_step_is_left_out,
    an_answer_is_kept_and_a_later_one_takes_its_place, an_approval_locks_its_own_resources_and_period_alone,
    files_are_bounded_and_stay_where_a_record_is_approved, several_records_are_kept_together_or_not_at_all,
    what_is_approved_is_changed_only_after_it_was_reopened,
};

stories! {
    a_park_comes_out_as_it_went_in,
    a_park_that_cannot_be_loaded_again_exactly_is_not_saved,
    extreme_figures_keep_every_digit,
    a_correction_keeps_the_old_value,
    records_are_added_and_taken_back,
    a_scope_hides_what_belongs_to_others,
    an_answer_is_kept_and_a_later_one_takes_its_place,
    a_period_goes_step_by_step_and_no_step_is_left_out,
    what_is_approved_is_changed_only_after_it_was_reopened,
    an_approval_locks_its_own_resources_and_period_alone,
    a_file_is_kept_once_and_read_back_by_those_in_scope,
    files_are_bounded_and_stay_where_a_record_is_approved,
    several_records_are_kept_together_or_not_at_all,
    a_confirmed_proposal_declares_and_an_answer_taken_back_withdraws,
    a_confirmed_resource_is_a_record_of_the_year,
    answers_to_proposals_are_for_those_who_may_see_the_streams,
    an_import_after_a_confirmation_keeps_the_log_true,
    what_is_written_into_a_form_is_kept_cleared_and_put_in_its_place,
    a_form_is_handed_in_sent_back_and_received,
    a_draft_is_its_writers_and_a_form_is_for_those_it_goes_to,
    a_dossier_goes_step_by_step_and_nothing_is_edited,
    a_dossier_is_seen_by_those_whose_it_is,
    an_entry_changed_behind_the_log_s_back_is_found,
    a_reminder_is_sent_once_and_not_to_those_who_want_none,
    an_edition_is_written_published_and_replaced,
    an_edition_changed_behind_the_log_is_found,
    two_sides_speak_of_a_criterion_and_neither_overwrites_the_other,
    a_scenario_is_its_author_s_until_it_is_shared,
    a_signed_verification_is_kept_as_it_stood_and_superseded,
    a_measurement_plan_is_superseded_and_seen_by_those_whose_it_is,
    a_plan_comes_in_with_its_park_and_an_import_takes_none_away,
    an_adjustment_comes_and_goes_alone_as_its_sheet_would,
    people_sign_in_until_their_session_runs_out,
    a_result_is_stale_when_what_made_it_changed,
    people_who_write_at_the_same_moment_wait_for_each_other,
    a_large_park_comes_out_as_it_went_in,
    the_sample_park_comes_out_as_it_went_in,
}

fn lan(at_us: i64) -> Actor {
    Actor::new("lan", "park-operator", at_us)
}

/// What the enterprise `det` of the small park may read.
fn scope_of_det() -> Scope {
    Scope::granted(Grant {
        parks: ParkGrant::These([ParkId::new("khu-thu")].into()),
        enterprises: EnterpriseGrant::These([(ParkId::new("khu-thu"), EnterpriseId::new("det"))].into()),
    })
}

fn scope_of_totals() -> Scope {
    Scope::granted(Grant { parks: ParkGrant::All, enterprises: EnterpriseGrant::None })
}

fn electricity_in_march() -> RecordAt {
    RecordAt {
        park: ParkId::new("khu-thu"),
        enterprise: EnterpriseId::new("det"),
        resource: ResourceId::new("electricity"),
        period: Period::month(2024, 3).unwrap(),
    }
}

fn declared(value: f64) -> Declared {
    Declared {
        amount: Amount { value, unit: "MWh".to_string() },
        basis: Basis::Invoiced,
        source: "Hóa đơn 03/2024, bản sửa".to_string(),
        cost_vnd: Some(91_000_000.0),
    }
}

/// A store in a file that the test can also open behind the store's back.
struct File(PathBuf);

impl File {
    fn new() -> File {
        let folder = std::env::temp_dir().join(format!("congsinh-test-{}", uuid::Uuid::now_v7()));
        File(folder.join("thư mục con/store #1.sqlite"))
    }

    async fn behind_its_back(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        let options = sqlx::sqlite::SqliteConnectOptions::from_str("sqlite:")?.filename(&self.0);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        connection.close().await
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().and_then(|folder| folder.parent()).unwrap());
    }
}

async fn a_park_comes_out_as_it_went_in(home: Home) {
    let store = home.store().await;
    store.ping().await.unwrap();
    let park = small_park();
    assert_eq!(store.save_park(&lan(1), &park, "first import").await.unwrap(), Revision(1));
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert_eq!(loaded, park);
    assert_eq!(loaded.digest(), park.digest());

    let mut emptied = park.clone();
    emptied.records.clear();
    emptied.measures.clear();
    emptied.readings.clear();
    emptied.note = None;
    emptied.place = None;
    assert_eq!(store.save_park(&lan(2), &emptied, "second import").await.unwrap(), Revision(2));
    assert_eq!(store.load_park(&Scope::system(), &park.id).await.unwrap(), Some(emptied.clone()));

    let log = store.audit_of(&Scope::system(), "park", "khu-thu").await.unwrap();
    assert_eq!(log.len(), 2);
    let before: serde_json::Value = serde_json::from_str(log[1].before_json.as_ref().unwrap()).unwrap();
    let after: serde_json::Value = serde_json::from_str(log[1].after_json.as_ref().unwrap()).unwrap();
    assert_eq!((&before["digest"], &before["records"]), (&park.digest().as_str().into(), &6.into()));
    assert_eq!((&after["digest"], &after["records"]), (&emptied.digest().as_str().into(), &0.into()));
    assert_eq!((&before["readings"], &after["note"]), (&3.into(), &"second import".into()));
    assert!(store.verify_audit().await.unwrap().broken.is_none());
}

async fn a_park_that_cannot_be_loaded_again_exactly_is_not_saved(home: Home) {
    let store = home.store().await;
    let good = small_park();
    store.save_park(&lan(1), &good, "").await.unwrap();
    let mut not_a_number = good.clone();
    not_a_number.measures[0].share = Some(f64::NAN);
    let mut too_fine = good.clone();
    too_fine.readings.values_mut().next().unwrap()[0].at = "2024-01-01T00:00:00.0000001Z".parse().unwrap();
    let mut dangling = good.clone();
    dangling.streams[0].enterprise = EnterpriseId::new("nobody");
    for bad in [not_a_number, too_fine, dangling] {
        assert!(store.save_park(&lan(2), &bad, "").await.is_err());
        assert_eq!(store.load_park(&Scope::system(), &good.id).await.unwrap(), Some(good.clone()));
    }
    assert_eq!(store.park_revision(&good.id).await.unwrap(), Some(Revision(1)));
    assert_eq!(store.verify_audit().await.unwrap().rows, 1);
}

async fn extreme_figures_keep_every_digit(home: Home) {
    let store = home.store().await;
    let mut park = small_park();
    for (record, value) in park.records.iter_mut().zip([-5e-324, f64::MIN, f64::MAX, 0.1 + 0.2, 1e15 + 0.5, -7.0]) {
        record.amount.value = value;
    }
    store.save_park(&lan(1), &park, "").await.unwrap();
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert_eq!(loaded.digest(), park.digest());

    // Minus zero comes back as zero, which is equal to it but is not written alike.
    park.records[0].amount.value = -0.0;
    store.save_park(&lan(2), &park, "").await.unwrap();
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert_eq!(loaded, park);
    assert!(loaded.records[0].amount.value.is_sign_positive());
}

async fn a_correction_keeps_the_old_value(home: Home) {
    let store = home.store().await;
    let park = small_park();
    store.save_park(&lan(1), &park, "").await.unwrap();
    let (at, scope) = (electricity_in_march(), scope_of_det());

    assert_eq!(store.correct_record(&lan(20), &scope, &at, &declared(12.5)).await.unwrap(), Revision(2));
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert_eq!(loaded.records.len(), park.records.len());
    assert_eq!(loaded.records[2].amount.value, 12.5);
    assert_eq!(park.records[2].period, at.period);
    assert_ne!(loaded.digest(), park.digest());

    let history = store.record_history(&scope, &at).await.unwrap();
    let values: Vec<f64> = history.iter().map(|version| version.record.amount.value).collect();
    assert_eq!(values, [park.records[2].amount.value, 12.5]);
    assert_eq!(history[0].superseded_at_us, Some(20));
    assert_eq!(history[0].superseded_by.as_ref(), Some(&history[1].id));
    assert_eq!(history[1].superseded_at_us, None);
    assert_eq!(history[1].recorded_by, "lan");

    let log = store.audit_of(&scope, "record", "khu-thu/det/electricity/2024-03").await.unwrap();
    assert_eq!((log.len(), log[0].action.as_str(), log[0].at_us), (1, "correct", 20));
    assert!(log[0].before_json.as_ref().unwrap().contains("11.25"));
    assert!(log[0].after_json.as_ref().unwrap().contains("12.5"));

    // The next import says what the first one said: the correction becomes history in its turn.
    store.save_park(&lan(30), &park, "again").await.unwrap();
    assert_eq!(store.load_park(&Scope::system(), &park.id).await.unwrap(), Some(park.clone()));
    let history = store.record_history(&scope, &at).await.unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(history[1].superseded_by.as_ref(), Some(&history[2].id));
    // What the import did not change was not written again.
    let april = RecordAt { period: Period::month(2024, 4).unwrap(), ..at };
    assert_eq!(store.record_history(&scope, &april).await.unwrap().len(), 1);
}

async fn records_are_added_and_taken_back(home: Home) {
    let store = home.store().await;
    let park = small_park();
    store.save_park(&lan(1), &park, "").await.unwrap();
    let scope = scope_of_det();
    let new = RecordAt { period: Period::year(2023).unwrap(), ..electricity_in_march() };

    store.add_record(&lan(2), &scope, &new, &declared(140.0)).await.unwrap();
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert_eq!(loaded.records.last().unwrap().amount.value, 140.0);
    assert_eq!(loaded.records.last().unwrap().line, 0);

    let overlapping = RecordAt { period: Period::month(2023, 6).unwrap(), ..new.clone() };
    let error = store.add_record(&lan(3), &scope, &overlapping, &declared(1.0)).await.unwrap_err();
    assert!(matches!(error, RecordError::Overlaps(period) if period == new.period), "{error}");
    let error = store.correct_record(&lan(3), &scope, &overlapping, &declared(1.0)).await.unwrap_err();
    assert!(matches!(error, RecordError::NotFound), "{error}");

    assert_eq!(store.withdraw_record(&lan(4), &scope, &new).await.unwrap(), Revision(3));
    assert_eq!(store.load_park(&Scope::system(), &park.id).await.unwrap(), Some(park));
    assert_eq!(store.record_history(&scope, &new).await.unwrap().len(), 1);
    // Only what was done is in the log: save, add, withdraw.
    assert_eq!(store.verify_audit().await.unwrap().rows, 3);
}

/// Every text of the park that belongs to one enterprise bears its mark, so that a leak shows whatever its place.
async fn a_scope_hides_what_belongs_to_others(home: Home) {
    let store = home.store().await;
    let park = small_park();
    store.save_park(&lan(1), &park, "").await.unwrap();
    let (det, giay) = (EnterpriseId::new("det"), EnterpriseId::new("giay"));
    let scope = scope_of_det();

    let whole = serde_json::to_string(&park).unwrap();
    assert!(whole.contains("MARK-giay") && whole.contains("MARK-det"));
    assert_eq!(store.load_park(&scope, &park.id).await.unwrap(), None);
    assert_eq!(store.load_enterprise_view(&scope, &park.id, &giay).await.unwrap(), None);
    let view = store.load_park_view(&scope, &park.id).await.unwrap().unwrap();
    assert_eq!(Some(&view), store.load_enterprise_view(&scope, &park.id, &det).await.unwrap().as_ref());
    let text = serde_json::to_string(&view).unwrap();
    assert!(!text.contains("MARK-giay") && !text.contains("giay"), "{text}");

    // Nothing of its own is missing: each part equals that part of the whole park.
    assert_eq!(view.enterprises, [park.enterprises[0].clone()]);
    assert!(view.records.iter().eq(park.records.iter().filter(|record| record.enterprise == det)));
    assert!(view.streams.iter().eq(park.streams.iter().filter(|stream| stream.enterprise == det)));
    assert!(view.survey.iter().eq(park.survey.iter().filter(|answer| answer.enterprise == det)));
    assert!(view.measures.iter().eq(park.measures.iter().filter(|measure| measure.enterprise == det)));
    assert_eq!(view.readings.len(), 1);
    assert_eq!((view.facts, view.exchanges.len()), (park.facts.clone(), 0));

    let totals = store.load_park_view(&scope_of_totals(), &park.id).await.unwrap().unwrap();
    assert!(!serde_json::to_string(&totals).unwrap().contains("MARK"));
    assert!(totals.enterprises.is_empty());

    let operator = Scope::granted(Grant {
        parks: ParkGrant::These([park.id.clone()].into()),
        enterprises: EnterpriseGrant::Reduced(Reduced {
            by_law: [park.id.clone()].into(),
            whole: park.enterprises.iter().map(|enterprise| (park.id.clone(), enterprise.id.clone())).collect(),
            ..Reduced::default()
        }),
    });
    assert_eq!(store.load_park(&operator, &park.id).await.unwrap(), Some(park.clone()));
    let all_named = park.enterprises.iter().map(|enterprise| (park.id.clone(), enterprise.id.clone())).collect();
    let all_named = Scope::granted(Grant { parks: ParkGrant::All, enterprises: EnterpriseGrant::These(all_named) });
    assert_eq!(store.load_park(&all_named, &park.id).await.unwrap(), Some(park.clone()));

    let elsewhere = Scope::granted(Grant {
        parks: ParkGrant::These([ParkId::new("khu-khac")].into()),
        enterprises: EnterpriseGrant::All,
    });
    assert_eq!(store.load_park(&elsewhere, &park.id).await.unwrap(), None);
    assert_eq!(store.load_park_view(&elsewhere, &park.id).await.unwrap(), None);
    assert!(store.list_parks(&elsewhere).await.unwrap().is_empty());
    let summaries = store.list_parks(&scope).await.unwrap();
    assert_eq!((summaries.len(), summaries[0].enterprises, summaries[0].saved_at_us), (1, 3, 1));

    let of_giay = RecordAt { enterprise: giay, ..electricity_in_march() };
    let outside = [
        store.correct_record(&lan(2), &scope, &of_giay, &declared(1.0)).await,
        store.add_record(&lan(2), &scope, &of_giay, &declared(1.0)).await,
        store.withdraw_record(&lan(2), &scope, &of_giay).await,
    ];
    assert!(outside.iter().all(|result| matches!(result, Err(RecordError::OutsideScope))), "{outside:?}");
    assert!(matches!(store.record_history(&scope, &of_giay).await, Err(RecordError::OutsideScope)));

    store.correct_record(&lan(3), &operator, &of_giay, &declared(77.0)).await.unwrap();
    let seen = store.latest_audit(&scope, 10).await.unwrap();
    assert_eq!(seen.iter().map(|row| row.entity.as_str()).collect::<Vec<_>>(), ["park"]);
    assert_eq!(store.latest_audit(&operator, 10).await.unwrap().len(), 2);
    assert_eq!(store.latest_audit(&operator, 1).await.unwrap()[0].entity, "record");
    assert!(store.latest_audit(&elsewhere, 10).await.unwrap().is_empty());
    assert!(store.audit_of(&scope, "record", "khu-thu/giay/electricity/2024-03").await.unwrap().is_empty());
}

async fn people_sign_in_until_their_session_runs_out(home: Home) {
    let store = home.store().await;
    let user = User {
        id: UserId::new("lan"),
        name: "Lan".to_string(),
        role: "park-operator".to_string(),
        park: Some(ParkId::new("khu-thu")),
        enterprise: None,
        province: None,
        language: Language::Vi,
        password_hash: Some(PasswordHash::new("$argon2id$SECRET")),
        is_demo: true,
    };
    store.save_user(&Actor::system(1), &user).await.unwrap();
    store.save_user(&Actor::system(2), &user).await.unwrap();
    assert_eq!(store.user(&user.id).await.unwrap(), Some(user.clone()));
    assert_eq!(store.users().await.unwrap(), std::slice::from_ref(&user));

    let session = Session {
        token_hash: "HASH-OF-TOKEN".to_string(),
        user: user.id.clone(),
        created_at_us: 100,
        expires_at_us: 200,
        csrf: "CSRF".to_string(),
        address: "203.0.113.7".to_string(),
        device: "Firefox".to_string(),
    };
    store.create_session(&lan(100), &session).await.unwrap();
    let signed_in = store.session_user("HASH-OF-TOKEN", 199).await.unwrap().unwrap();
    assert_eq!((signed_in.user, signed_in.session), (user.clone(), session.clone()));
    assert_eq!(store.session_user("HASH-OF-TOKEN", 200).await.unwrap(), None);
    assert_eq!(store.session_user("another", 150).await.unwrap(), None);
    assert!(store.end_session(&lan(150), "HASH-OF-TOKEN").await.unwrap());
    assert!(!store.end_session(&lan(151), "HASH-OF-TOKEN").await.unwrap());
    assert_eq!(store.session_user("HASH-OF-TOKEN", 160).await.unwrap(), None);

    // Saved once, signed in, signed out; and no secret among it.
    let log = store.latest_audit(&Scope::system(), 10).await.unwrap();
    assert_eq!(log.len(), 3);
    let log = serde_json::to_string(&log).unwrap();
    assert!(!log.contains("SECRET") && !log.contains("HASH-OF-TOKEN") && !log.contains("CSRF"), "{log}");
    assert!(!format!("{user:?} {session:?}").contains("SECRET"));
    assert!(store.latest_audit(&scope_of_det(), 10).await.unwrap().is_empty());
}

async fn a_result_is_stale_when_what_made_it_changed(home: Home) {
    let store = home.store().await;
    let park = small_park();
    store.save_park(&lan(1), &park, "").await.unwrap();
    let result = NewResult {
        park: park.id.clone(),
        step: "assess".to_string(),
        key: "vn-decree-35-2022/2024".to_string(),
        inputs: park.digest(),
        catalogue: Digest::of(b"catalogue"),
        as_of: jiff::civil::date(2025, 1, 31),
        json: r#"{"met":7}"#.to_string(),
    };
    assert!(store.save_result(&lan(2), &result).await.unwrap());
    assert!(!store.save_result(&lan(3), &result).await.unwrap());
    let key = "vn-decree-35-2022/2024";
    let kept = store.result(&Scope::system(), &park.id, "assess", key).await.unwrap().unwrap();
    assert_eq!((&kept.result, kept.saved_at_us), (&result, 2));
    assert!(!kept.is_stale(&park.digest(), &Digest::of(b"catalogue")));
    assert!(kept.is_stale(&park.digest(), &Digest::of(b"another edition")));

    store.correct_record(&lan(4), &scope_of_det(), &electricity_in_march(), &declared(1.0)).await.unwrap();
    let now = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap().digest();
    assert!(kept.is_stale(&now, &Digest::of(b"catalogue")));
    let newer = NewResult { inputs: now, json: "{}".to_string(), ..result };
    assert!(store.save_result(&lan(5), &newer).await.unwrap());
    let kept = store.result(&Scope::system(), &park.id, "assess", key).await.unwrap().unwrap();
    assert_eq!(kept.result, newer);
    assert_eq!(store.result(&scope_of_det(), &park.id, "assess", key).await.unwrap(), None);
}

#[tokio::test]
async fn the_log_refuses_to_be_changed_and_shows_when_it_was() {
    let file = File::new();
    let store = Store::open(&file.0).await.unwrap();
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    for value in [12.0, 13.0, 14.0] {
        store.correct_record(&lan(2), &Scope::system(), &electricity_in_march(), &declared(value)).await.unwrap();
    }
    let sound = store.verify_audit().await.unwrap();
    assert_eq!((sound.rows, &sound.broken), (4, &None));
    let head = store.audit_head().await.unwrap().unwrap();
    assert_eq!((head.seq, Some(head.hash)), (4, sound.head));

    assert!(file.behind_its_back("update audit set actor = 'nobody' where seq = 2").await.is_err());
    assert!(file.behind_its_back("delete from audit where seq = 4").await.is_err());
    assert_eq!(store.verify_audit().await.unwrap().broken, None);

    // Somebody with the file in hand can take the guards away. The chain still tells.
    let tampered = "drop trigger audit_is_not_edited; drop trigger audit_is_not_shortened;
                    update audit set after_json = replace(after_json, '13', '31') where seq = 3";
    file.behind_its_back(tampered).await.unwrap();
    let broken = store.verify_audit().await.unwrap().broken.unwrap();
    assert_eq!((broken.seq, broken.reason.as_str()), (3, "its content is not what was written"));

    file.behind_its_back("delete from audit where seq = 3").await.unwrap();
    let broken = store.verify_audit().await.unwrap().broken.unwrap();
    assert_eq!((broken.seq, broken.reason.as_str()), (4, "a row before it is missing"));

    // The guards are back with the next opening.
    drop(store);
    let store = Store::open(&file.0).await.unwrap();
    assert!(file.behind_its_back("delete from audit where seq = 4").await.is_err());
    assert_eq!(store.park_revision(&ParkId::new("khu-thu")).await.unwrap(), Some(Revision(4)));
}

async fn people_who_write_at_the_same_moment_wait_for_each_other(home: Home) {
    let (one, other) = (home.store().await, home.store().await);
    one.save_park(&lan(1), &small_park(), "").await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..40 {
        let store = if number % 2 == 0 { one.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            let declared = declared(f64::from(number));
            store.correct_record(&lan(2), &Scope::system(), &electricity_in_march(), &declared).await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(one.park_revision(&ParkId::new("khu-thu")).await.unwrap(), Some(Revision(41)));
    assert_eq!(one.record_history(&Scope::system(), &electricity_in_march()).await.unwrap().len(), 41);
    let report = other.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.broken), (41, None));
}

async fn a_large_park_comes_out_as_it_went_in(home: Home) {
    let store = home.store().await;
    let park = big_park(10_000, 52_000);
    store.save_park(&lan(1), &park, "").await.unwrap();
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert!(loaded == park);
    assert_eq!(loaded.digest(), park.digest());
}

/// Every enterprise of the sample park, each with its own eyes, and the whole park.
async fn the_sample_park_comes_out_as_it_went_in(home: Home) {
    let store = home.store().await;
    let park = folder::example("khu-mau");
    store.save_park(&lan(1), &park, "examples/khu-mau").await.unwrap();
    let loaded = store.load_park(&Scope::system(), &park.id).await.unwrap().unwrap();
    assert!(loaded == park);
    assert_eq!(loaded.digest(), park.digest());

    for enterprise in &park.enterprises {
        let of_one = [(park.id.clone(), enterprise.id.clone())].into();
        let scope = Scope::granted(Grant { parks: ParkGrant::All, enterprises: EnterpriseGrant::These(of_one) });
        let view = store.load_park_view(&scope, &park.id).await.unwrap().unwrap();
        assert_eq!(view.enterprises, std::slice::from_ref(enterprise));
        assert!(view.records.iter().eq(park.records.iter().filter(|record| record.enterprise == enterprise.id)));
        assert!(view.meters.iter().eq(park.meters.iter().filter(|meter| meter.enterprise == enterprise.id)));
        let own = |meter: &MeterId| view.meter(meter).is_some();
        assert!(view.readings.iter().eq(park.readings.iter().filter(|(meter, _)| own(meter))));
        assert!(view.streams.iter().eq(park.streams.iter().filter(|stream| stream.enterprise == enterprise.id)));
    }
}

/// How long things take; run with `--ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn how_long_saving_and_loading_take() {
    let file = File::new();
    let store = Store::open(&file.0).await.unwrap();
    let mut park = big_park(10_000, 52_000);
    let (mut first, mut again, mut load, mut correct) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..9 {
        park.id = ParkId::new(format!("khu-{round}"));
        first.push(timed(store.save_park(&lan(1), &park, "")).await);
        park.records.iter_mut().for_each(|record| record.amount.value += 1.0);
        again.push(timed(store.save_park(&lan(2), &park, "")).await);
        load.push(timed(store.load_park(&Scope::system(), &park.id)).await);
        for record in park.records.iter().take(20) {
            let (enterprise, resource) = (record.enterprise.clone(), record.resource.clone());
            let at = RecordAt { park: park.id.clone(), enterprise, resource, period: record.period };
            correct.push(timed(store.correct_record(&lan(3), &Scope::system(), &at, &declared(1.0))).await);
        }
    }
    let checked = timed(store.verify_audit()).await;
    println!("first save {}", spread(first));
    println!("save with every record changed {}", spread(again));
    println!("load {}", spread(load));
    println!("correct one record {}", spread(correct));
    println!("verify the whole log {checked:.1} ms");
}

async fn timed<T, E: std::fmt::Debug>(work: impl Future<Output = Result<T, E>>) -> f64 {
    let start = std::time::Instant::now();
    work.await.unwrap();
    start.elapsed().as_secs_f64() * 1_000.0
}

fn spread(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let (n, median) = (times.len(), times[times.len() / 2]);
    format!("n = {n}, median {median:.2} ms, {:.2} to {:.2}", times[0], times[n - 1])
}
