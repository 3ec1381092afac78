//! State forms: written, handed in, sent back, received; what was handed in stays as it stood.

use engine::catalogue::forms::{Field, FieldKind, Visible};
use engine::ids::{EnterpriseId, FieldId, FormId, ParkId};
use engine::language::Label;
use engine::report::forms::life::{FormAct, FormRefusal, FormState};
use engine::report::forms::{
    Content, Empty, ExchangePart, FieldValue, FilledField, FilledForm, Origin, Override, Typed,
};
use jiff::civil::{Date, date};
use store::{EnterpriseGrant, FieldChange, FindingKind, FormAt, FormError, Grant, ParkGrant, Reduced, Scope, Store};

use crate::home::Home;
use crate::parks::small_park;
use crate::{lan, scope_of_det, scope_of_totals};

async fn with_small_park(home: &Home) -> Store {
    let store = home.store().await;
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    store
}

fn at(enterprise: Option<&str>, form: &str) -> FormAt {
    let (park, form) = (ParkId::new("khu-thu"), FormId::new(form));
    FormAt { park, enterprise: enterprise.map(EnterpriseId::new), form, year: 2025 }
}

fn of_det() -> FormAt {
    at(Some("det"), "vn-b4")
}

/// Who works on the park as a whole, as far as the law goes.
fn operator() -> Scope {
    let by_law = [ParkId::new("khu-thu")].into();
    Scope::granted(Grant {
        parks: ParkGrant::These([ParkId::new("khu-thu")].into()),
        enterprises: EnterpriseGrant::Reduced(Reduced { by_law, ..Reduced::default() }),
    })
}

/// A form with one row, which must be filled.
fn filled(value: Option<f64>) -> FilledForm {
    let field = Field {
        id: FieldId::new("1"),
        number: "1".to_string(),
        part: "I".to_string(),
        section: Label::new("Phần I", "Part I"),
        label: Label::new("Tiết kiệm điện", "Electricity saved"),
        kind: FieldKind::Number,
        unit: "kWh".to_string(),
        required: true,
        auto_fill: false,
        editable: true,
        formula: None,
        min: Some(0.0),
        max: None,
        visible: Visible::Always,
        options: Vec::new(),
        metric: "recp.electricity_saved".to_string(),
        columns: Vec::new(),
    };
    let content = match value {
        Some(value) => Content::Filled { value: FieldValue::Number(value), origin: Origin::Typed },
        None => Content::Empty { why: Empty::NotGiven },
    };
    FilledForm {
        form: FormId::new("vn-b4"),
        number: "B.4".to_string(),
        title: Label::new("Báo cáo", "Report"),
        year: 2025,
        enterprise: Some(EnterpriseId::new("det")),
        fields: vec![FilledField { field, content, overridden: None, parts: Vec::new() }],
        warnings: Vec::new(),
        contradictions: Vec::new(),
    }
}

fn typed(value: f64) -> FieldChange {
    let parts = vec![ExchangePart { exchange: engine::ids::ExchangeId::new("X1"), amount: value }];
    FieldChange::Typed(Some(Typed { value: FieldValue::Number(value), parts }))
}

fn row(id: &str) -> FieldId {
    FieldId::new(id)
}

const DAY: Date = date(2026, 2, 3);

async fn state(store: &Store, at: &FormAt) -> FormState {
    let marks = store.form_marks(&Scope::system(), &at.park, at.year).await.unwrap();
    let current = marks.into_iter().find(|mark| mark.is_current && mark.at == *at);
    current.map_or(FormState::Draft, |mark| mark.state)
}

async fn nothing_is_tampered_with(store: &Store) {
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}

pub async fn what_is_written_into_a_form_is_kept_cleared_and_put_in_its_place(home: Home) {
    let store = with_small_park(&home).await;
    let (scope, at) = (scope_of_det(), of_det());
    let over = Override { value: FieldValue::Text("đo lại".to_string()), reason: "Đồng hồ mới".to_string() };
    let first = [(row("1"), typed(0.1 + 0.2)), (row("2"), FieldChange::Override(Some(over.clone())))];
    store.write_form(&lan(2), &scope, &at, &first).await.unwrap();
    store
        .write_form(&lan(3), &scope, &at, &[(row("1"), typed(7.0)), (row("3"), FieldChange::Typed(None))])
        .await
        .unwrap();
    let entries = store.form_entries(&scope, &at).await.unwrap();
    assert_eq!(FieldChange::Typed(entries.typed.get(&row("1")).cloned()), typed(7.0));
    assert_eq!((entries.overrides.get(&row("2")), entries.typed.len()), (Some(&over), 1));
    assert_eq!(entries.written[&row("1")], ("lan".to_string(), 3));
    // Another year, another form and the park's own are other reports.
    for other in [FormAt { year: 2024, ..at.clone() }, self::at(Some("det"), "vn-a4"), self::at(None, "vn-b4")] {
        assert_eq!(store.form_entries(&Scope::system(), &other).await.unwrap().typed.len(), 0, "{other:?}");
    }
    store.write_form(&lan(4), &scope, &at, &[(row("2"), FieldChange::Override(None))]).await.unwrap();
    assert_eq!(store.form_entries(&scope, &at).await.unwrap().overrides.len(), 0);
    let told = store.audit_of(&scope, "form-field", "khu-thu/det/vn-b4/2025/2").await.unwrap();
    let acts: Vec<&str> = told.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(acts, ["enter", "clear"]);
    assert!(!told.iter().any(|row| format!("{row:?}").contains("đo lại")), "the log holds no value");
    nothing_is_tampered_with(&store).await;
}

pub async fn a_form_is_handed_in_sent_back_and_received(home: Home) {
    let store = with_small_park(&home).await;
    let (scope, at) = (scope_of_det(), of_det());
    let refused = store.submit_form(&lan(2), &scope, &at, &filled(None), DAY).await;
    let missing = FormRefusal::Incomplete { fields: vec![row("1")] };
    assert!(matches!(refused, Err(FormError::Refused(why)) if why == missing));
    assert!(matches!(
        store.answer_form(&lan(2), &scope, &at, &FormAct::Receive, DAY).await,
        Err(FormError::Refused(FormRefusal::NotNow))
    ));
    store.submit_form(&lan(3), &scope, &at, &filled(Some(0.1 + 0.2)), DAY).await.unwrap();
    let closed = store.write_form(&lan(4), &scope, &at, &[(row("1"), typed(9.0))]).await;
    assert!(matches!(closed, Err(FormError::Closed)));
    let handed = store.handed_in(&scope, &at).await.unwrap().unwrap();
    assert!(handed.form == filled(Some(0.1 + 0.2)));

    let back = FormAct::Return { reason: "Thiếu minh chứng".to_string() };
    store.answer_form(&lan(5), &scope, &at, &back, DAY).await.unwrap();
    assert_eq!(state(&store, &at).await, FormState::Returned { on: DAY, reason: "Thiếu minh chứng".to_string() });
    let b4 = FormId::new("vn-b4");
    let counted = store.handed_in_by_enterprises(&operator(), &at.park, &b4, 2025).await.unwrap();
    assert_eq!(counted.len(), 0, "what was sent back does not count");
    store.write_form(&lan(6), &scope, &at, &[(row("1"), typed(9.0))]).await.unwrap();
    store.submit_form(&lan(7), &scope, &at, &filled(Some(9.0)), DAY).await.unwrap();
    store.answer_form(&lan(8), &scope, &at, &FormAct::Receive, DAY).await.unwrap();
    assert_eq!(state(&store, &at).await, FormState::Received { on: DAY });
    let counted = store.handed_in_by_enterprises(&operator(), &at.park, &b4, 2025).await.unwrap();
    assert!(counted == [filled(Some(9.0))]);
    let marks = store.form_marks(&scope, &at.park, 2025).await.unwrap();
    let steps: Vec<(&str, bool)> = marks.iter().map(|mark| (mark.state.code(), mark.digest.is_some())).collect();
    assert_eq!(steps, [("submitted", true), ("returned", false), ("submitted", true), ("received", false)]);
    assert_eq!(marks.iter().filter(|mark| mark.is_current).count(), 1);
    nothing_is_tampered_with(&store).await;
}

pub async fn a_draft_is_its_writers_and_a_form_is_for_those_it_goes_to(home: Home) {
    let store = with_small_park(&home).await;
    let own = of_det();
    store.write_form(&lan(2), &scope_of_det(), &own, &[(row("1"), typed(1.0))]).await.unwrap();
    store.submit_form(&lan(3), &scope_of_det(), &own, &filled(Some(1.0)), DAY).await.unwrap();
    // By law the operator sees the enterprise; its draft it does not see.
    assert_eq!(store.form_entries(&operator(), &own).await.unwrap().typed.len(), 0);
    let refused = store.write_form(&lan(4), &operator(), &own, &[(row("1"), typed(2.0))]).await;
    assert!(matches!(refused, Err(FormError::OutsideScope)));
    assert!(store.handed_in(&operator(), &own).await.unwrap().is_some());
    let told = store.audit_of(&operator(), "form-field", "khu-thu/det/vn-b4/2025/1").await.unwrap();
    assert_eq!(told.len(), 0, "what is written into a draft is told to its writer");

    let of_park = at(None, "vn-a4");
    store.write_form(&lan(5), &operator(), &of_park, &[(row("1"), typed(3.0))]).await.unwrap();
    store.submit_form(&lan(6), &operator(), &of_park, &filled(Some(3.0)), DAY).await.unwrap();
    for scope in [scope_of_det(), scope_of_totals()] {
        assert_eq!(store.form_entries(&scope, &of_park).await.unwrap().typed.len(), 0);
        assert_eq!(store.handed_in(&scope, &of_park).await.unwrap(), None);
        assert!(store.form_marks(&scope, &of_park.park, 2025).await.unwrap().iter().all(|mark| mark.at == own));
        let told = store.audit_of(&scope, "form", "khu-thu/-/vn-a4/2025").await.unwrap();
        assert_eq!(told.len(), 0);
    }
    let nobody = store.write_form(&lan(7), &Scope::system(), &at(Some("nobody"), "vn-b4"), &[]).await;
    assert!(matches!(nobody, Err(FormError::NotFound)));
}

/// Somebody with the database in hand changes what was handed in.
#[tokio::test]
async fn what_was_handed_in_is_held_against_the_log() {
    let home = Home::sqlite();
    let store = with_small_park(&home).await;
    let (scope, at) = (scope_of_det(), of_det());
    store.write_form(&lan(2), &scope, &at, &[(row("1"), typed(1.0))]).await.unwrap();
    store.submit_form(&lan(3), &scope, &at, &filled(Some(1.0)), DAY).await.unwrap();
    nothing_is_tampered_with(&store).await;
    for (tampering, entity, kind) in [
        ("update form_mark set content = replace(content, '1.0', '9.0')", "form", FindingKind::Data),
        ("update form_mark set marked_by = 'minh'", "form", FindingKind::Data),
        ("update form_entry set content = replace(content, '1.0', '9.0')", "form-field", FindingKind::Data),
        ("delete from form_entry", "form-field", FindingKind::Gone),
        ("update form_mark set id = 'another'", "form", FindingKind::Unlogged),
    ] {
        home.behind_its_back(tampering).await;
        let found = store.check_audit(&[]).await.unwrap().findings;
        let is_told = found.iter().any(|finding| finding.entity == entity && finding.kind == kind);
        assert!(is_told, "{tampering}: {found:?}");
    }
}
