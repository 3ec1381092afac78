//! Dossiers: entries are added one after another by the rules of their procedure, withdrawn and kept, seen by those whose they
//! are; a reminder is sent once.

use engine::catalogue::calendar::Calendar;
use engine::catalogue::duties::{Actor as Office, Consulted, Counting, Limit, Procedure, Reporter, Step};
use engine::ids::{EnterpriseId, ParkId};
use engine::language::{Label, Language};
use engine::report::procedure::{Course, Event, Outcome, Standing, StepRefusal, View, What};
use jiff::civil::{Date, date};
use store::{Dossier, DossierError, EntryKind, NewDossier, NewEntry, Reminder, Scope, Store, User, UserId};

use crate::home::Home;
use crate::parks::small_park;
use crate::{lan, scope_of_det, scope_of_totals};

fn step(id: &str, actor: Office) -> Step {
    Step {
        id: id.to_string(),
        actor,
        label: Label::default(),
        limit: None,
        consulted: Vec::new(),
        decides: false,
        open: Label::default(),
    }
}

/// Hand in, be asked, decide within 15 days.
fn procedure() -> Procedure {
    let asked = Consulted { id: "industry".to_string(), label: Label::default() };
    let limit = Limit { days: 15, counting: Counting::Calendar, from: "submit".to_string() };
    Procedure {
        id: "certificate".to_string(),
        subject: Reporter::Park,
        label: Label::default(),
        legal: Label::default(),
        sets: Some(6),
        yearly: false,
        dossier: Vec::new(),
        steps: vec![
            step("submit", Office::Developer),
            Step { consulted: vec![asked], ..step("opinions", Office::Ministries) },
            Step { decides: true, limit: Some(limit), ..step("decide", Office::Province) },
        ],
        open: Label::default(),
        source: String::new(),
        unconfirmed: true,
    }
}

const TODAY: Date = date(2026, 6, 1);

struct Desk {
    store: Store,
    procedure: Procedure,
    calendar: Calendar,
}

impl Desk {
    async fn new(home: &Home) -> Desk {
        let store = home.store().await;
        store.save_park(&lan(1), &small_park(), "").await.unwrap();
        let calendar = Calendar { years: [2026].into(), ..Calendar::default() };
        Desk { store, procedure: procedure(), calendar }
    }

    fn course(&self) -> Course<'_> {
        Course { procedure: &self.procedure, calendar: &self.calendar, today: TODAY }
    }

    async fn start(&self, enterprise: Option<&str>, scope: &Scope) -> Result<String, DossierError> {
        self.store.start_dossier(&lan(2), scope, &new_dossier(enterprise)).await
    }

    async fn add(&self, at_us: i64, dossier: &str, event: Event) -> Result<String, DossierError> {
        let new = NewEntry { event, sets: Some(6), number: "12/KCN".to_string(), note: "Kèm 6 bộ".to_string() };
        self.store.add_dossier_entry(&lan(at_us), &Scope::system(), &park(), dossier, &self.course(), &new).await
    }

    async fn withdraw(&self, at_us: i64, dossier: &str, entry: &str) -> Result<(), DossierError> {
        let (scope, course) = (Scope::system(), self.course());
        self.store.withdraw_dossier_entry(&lan(at_us), &scope, &park(), dossier, &course, entry, "Nhập nhầm ngày").await
    }

    async fn dossier(&self, id: &str) -> Dossier {
        self.store.dossier(&Scope::system(), &park(), id).await.unwrap().expect("the dossier")
    }

    async fn nothing_is_tampered_with(&self) {
        assert_eq!(self.store.check_audit(&[]).await.unwrap().findings, []);
    }
}

fn park() -> ParkId {
    ParkId::new("khu-thu")
}

fn new_dossier(enterprise: Option<&str>) -> NewDossier {
    NewDossier {
        park: park(),
        enterprise: enterprise.map(EnterpriseId::new),
        procedure: "certificate".to_string(),
        year: None,
    }
}

fn done(step: &str, on: Date) -> Event {
    let outcome = (step == "decide").then_some(Outcome::Granted);
    Event { on, what: What::Done { step: step.to_string(), parts: Vec::new(), outcome } }
}

fn opinion(on: Date) -> Event {
    Event { on, what: What::Opinion { by: "industry".to_string(), view: View::Conditional } }
}

pub async fn a_dossier_goes_step_by_step_and_nothing_is_edited(home: Home) {
    let desk = Desk::new(&home).await;
    let id = desk.start(None, &Scope::system()).await.unwrap();
    let refused = desk.add(3, &id, done("decide", date(2026, 3, 2))).await;
    assert!(matches!(refused, Err(DossierError::Refused(why)) if why == [StepRefusal::NotNow]));
    let submitted = desk.add(4, &id, done("submit", date(2026, 3, 2))).await.unwrap();
    let said = desk.add(5, &id, opinion(date(2026, 3, 4))).await.unwrap();
    // The first step cannot be taken back from under an opinion; the opinion can.
    assert!(matches!(desk.withdraw(6, &id, &submitted).await, Err(DossierError::RestedOn)));
    desk.withdraw(7, &id, &said).await.unwrap();
    assert!(matches!(desk.withdraw(8, &id, &said).await, Err(DossierError::NotFound)));
    desk.add(9, &id, opinion(date(2026, 3, 5))).await.unwrap();
    desk.add(10, &id, done("opinions", date(2026, 3, 6))).await.unwrap();
    desk.add(11, &id, done("decide", date(2026, 3, 20))).await.unwrap();

    let dossier = desk.dossier(&id).await;
    let finished = Standing::Finished { on: date(2026, 3, 20), outcome: Some(Outcome::Granted) };
    assert_eq!(dossier.case().standing(&desk.course()), finished);
    assert_eq!((dossier.entries.len(), dossier.standing().len()), (6, 4), "what was withdrawn stays");
    let withdrawal = &dossier.entries[2];
    assert_eq!((&withdrawal.kind, withdrawal.note.as_str()), (&EntryKind::Withdrawal(said), "Nhập nhầm ngày"));
    let first = &dossier.entries[0];
    assert_eq!((first.sets, first.number.as_str(), first.written_as.as_str()), (Some(6), "12/KCN", "park-operator"));

    // An import keeps what happened.
    let mut imported = small_park();
    imported.records[0].amount.value += 1.0;
    desk.store.save_park(&lan(20), &imported, "second").await.unwrap();
    assert_eq!(desk.dossier(&id).await, dossier);
    desk.nothing_is_tampered_with().await;
}

pub async fn a_dossier_is_seen_by_those_whose_it_is(home: Home) {
    let desk = Desk::new(&home).await;
    let of_park = desk.start(None, &scope_of_totals()).await.unwrap();
    let of_det = desk.start(Some("det"), &scope_of_det()).await.unwrap();
    let of_giay = desk.start(Some("giay"), &Scope::system()).await.unwrap();
    let refused = desk.start(Some("giay"), &scope_of_det()).await;
    assert!(matches!(refused, Err(DossierError::OutsideScope)));
    let nobody = desk.start(Some("nobody"), &Scope::system()).await;
    assert!(matches!(nobody, Err(DossierError::NotFound)));
    let seen = async |scope: &Scope| -> Vec<String> {
        let found = desk.store.dossiers(scope, Some(&park())).await.unwrap();
        found.into_iter().map(|dossier| dossier.id).collect()
    };
    assert_eq!(seen(&Scope::system()).await, [of_park.clone(), of_det.clone(), of_giay.clone()]);
    assert_eq!(seen(&scope_of_det()).await, [of_park.clone(), of_det]);
    assert_eq!(seen(&scope_of_totals()).await, [of_park]);
    assert_eq!(desk.store.dossier(&scope_of_det(), &park(), &of_giay).await.unwrap(), None);
    assert_eq!(desk.store.dossiers(&Scope::system(), Some(&ParkId::new("other"))).await.unwrap(), []);
}

pub async fn an_entry_changed_behind_the_log_s_back_is_found(home: Home) {
    if home.connection().await.is_some() {
        return;
    }
    let desk = Desk::new(&home).await;
    let id = desk.start(None, &Scope::system()).await.unwrap();
    desk.add(3, &id, done("submit", date(2026, 3, 2))).await.unwrap();
    desk.nothing_is_tampered_with().await;
    home.behind_its_back("update dossier_entry set number = '13/KCN'").await;
    let findings = desk.store.check_audit(&[]).await.unwrap().findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].entity, "dossier-entry");
}

pub async fn a_reminder_is_sent_once_and_not_to_those_who_want_none(home: Home) {
    let desk = Desk::new(&home).await;
    let dossier = desk.start(None, &Scope::system()).await.unwrap();
    let user = User {
        id: UserId::new("hoa"),
        name: "Hoa".to_string(),
        role: "park-operator".to_string(),
        park: Some(park()),
        enterprise: None,
        province: None,
        language: Language::Vi,
        password_hash: None,
        is_demo: false,
    };
    desk.store.save_user(&lan(2), &user).await.unwrap();
    let reminder = Reminder {
        dossier,
        step: "decide".to_string(),
        due_on: date(2026, 3, 17),
        days_before: 7,
        user: user.id.clone(),
    };
    assert!(desk.store.remind_once(&lan(3), &reminder).await.unwrap());
    // Another handle on the same store stands for a program that was started again.
    let again = home.store().await;
    assert!(!again.remind_once(&lan(4), &reminder).await.unwrap());
    assert!(again.remind_once(&lan(5), &Reminder { days_before: 1, ..reminder.clone() }).await.unwrap());
    assert!(again.without_reminders().await.unwrap().is_empty());
    again.choose_reminders(&lan(6), &user.id, false).await.unwrap();
    assert_eq!(again.without_reminders().await.unwrap(), [user.id.clone()].into());
    again.choose_reminders(&lan(7), &user.id, true).await.unwrap();
    assert!(again.without_reminders().await.unwrap().is_empty());
    assert!(again.erase_person(&lan(8), &user.id).await.unwrap());
    desk.nothing_is_tampered_with().await;
}
