//! The forms of the state, filled from the sample park: where each value comes from, what is missing, what is counted once.

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::assess::assess;
use engine::catalogue::Catalogue;
use engine::catalogue::forms::FieldKind;
use engine::claim::Claim;
use engine::ids::{EnterpriseId, ExchangeId, FieldId, FormId, FrameworkId};
use engine::observe::{Balance, observe};
use engine::park::{Park, Status};
use engine::period::{Period, parse_date};
use engine::report::forms::life::{FormAct, FormRefusal, FormState};
use engine::report::forms::{
    Content, Empty, ExchangePart, FieldValue, FilledField, FilledForm, FormOrder, Origin, Override, Typed, Warning,
    fill,
};
use engine::verify::measures::verify_measures;
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static PARK: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));
static BALANCE: LazyLock<Balance> = LazyLock::new(|| observe(&PARK, &CATALOGUE, Period::year(2024).unwrap()));
static CLAIMS: LazyLock<Vec<Claim>> =
    LazyLock::new(|| verify_measures(&PARK, &BALANCE, &CATALOGUE).into_iter().map(|one| one.claim).collect());

/// What a person or an enterprise adds to a form.
#[derive(Default)]
struct Added {
    register: BTreeMap<String, FieldValue>,
    typed: BTreeMap<FieldId, Typed>,
    overrides: BTreeMap<FieldId, Override>,
    forms: Vec<FilledForm>,
}

/// A form of the reporting year 2025 on the data of 2024.
fn filled(form: &str, enterprise: Option<&str>, added: &Added) -> FilledForm {
    let framework = &CATALOGUE.frameworks[&FrameworkId::new("vn-circular-05-2025")];
    let assessment = assess(&PARK, &BALANCE, framework, &CATALOGUE);
    fill(&FormOrder {
        form: &CATALOGUE.forms[&FormId::new(form)],
        year: 2025,
        enterprise: enterprise.map(EnterpriseId::new).as_ref(),
        park: &PARK,
        balance: &BALANCE,
        claims: &CLAIMS,
        assessment: Some(&assessment),
        register: &added.register,
        typed: &added.typed,
        overrides: &added.overrides,
        enterprise_forms: &added.forms,
        catalogue: &CATALOGUE,
    })
}

fn field<'f>(form: &'f FilledForm, id: &str) -> &'f FilledField {
    form.fields.iter().find(|row| row.field.id.as_str() == id).unwrap_or_else(|| panic!("{id}"))
}

fn number(form: &FilledForm, id: &str) -> Option<f64> {
    field(form, id).value().and_then(FieldValue::number)
}

fn typed(values: &[(&str, f64)]) -> BTreeMap<FieldId, Typed> {
    let typed = |value| Typed { value: FieldValue::Number(value), parts: Vec::new() };
    values.iter().map(|(id, value)| (FieldId::new(*id), typed(*value))).collect()
}

#[test]
fn the_forms_have_the_rows_of_the_specification() {
    let sizes: Vec<(&str, usize, usize)> = CATALOGUE
        .forms
        .values()
        .map(|form| (form.id.as_str(), form.fields.len(), form.fields.iter().filter(|field| field.required).count()))
        .collect();
    assert_eq!(sizes, [("vn-a4", 114, 93), ("vn-a5", 18, 18), ("vn-b4", 102, 83), ("vn-b5", 5, 5)]);
    for form in CATALOGUE.forms.values() {
        let ids: BTreeSet<&FieldId> = form.fields.iter().map(|field| &field.id).collect();
        assert_eq!(ids.len(), form.fields.len(), "{}", form.id);
        assert!(form.contradictions.iter().all(|text| !text.vi.is_empty() && !text.en.is_empty()));
    }
    let indicators = ["vn-a5", "vn-b5"].map(|id| &CATALOGUE.forms[&FormId::new(id)]);
    let asked: BTreeSet<String> =
        indicators.iter().flat_map(|form| &form.fields).map(|field| format!("VNC05-{}", field.metric)).collect();
    let rows = &CATALOGUE.frameworks[&FrameworkId::new("vn-circular-05-2025")].criteria;
    assert_eq!(asked, rows.iter().map(|row| row.id.to_string()).collect());
}

#[test]
fn every_field_has_a_value_with_its_origin_or_the_reason_why_it_is_empty() {
    for (id, enterprise) in [("vn-a4", None), ("vn-a5", None), ("vn-b5", None), ("vn-b4", Some("E03"))] {
        let form = filled(id, enterprise, &Added::default());
        let missing = form.fields.iter().filter(|field| field.is_missing()).count();
        let told = form.warnings.iter().filter(|warning| matches!(warning, Warning::Missing { .. })).count();
        assert_eq!(missing, told, "{id}");
        // Not every tenant has answered what form B5 asks, so all of its rows are unknown.
        assert_eq!(form.fields.iter().any(|field| field.value().is_some()), id != "vn-b5", "{id}");
        for row in form.fields.iter().filter(|row| row.field.kind == FieldKind::Label) {
            assert_eq!(row.content, Content::Empty { why: Empty::Heading }, "{}", row.field.id);
        }
        assert!(!form.fields.iter().any(|row| row.field.label.vi.contains("[N")), "{id}: years stand in the labels");
    }
}

#[test]
fn the_parks_form_takes_savings_from_verified_claims_and_tells_which() {
    let form = filled("vn-a4", None, &Added::default());
    let row = field(&form, "A4-III-1.2.3");
    let verified: Vec<&Claim> = CLAIMS
        .iter()
        .filter(|claim| claim.status == Status::Verified && claim.resource.as_str() == "electricity")
        .collect();
    assert!(!verified.is_empty());
    let expected: f64 = verified.iter().map(|claim| claim.amount).sum();
    assert!((number(&form, "A4-III-1.2.3").unwrap() - expected).abs() < 1e-6);
    let Content::Filled { origin: Origin::Claims { claims }, .. } = &row.content else { panic!("{row:?}") };
    assert_eq!(claims.len(), verified.len());
    // Nobody verified a saving of wastewater: the row is empty, and that is told, not zero.
    assert_eq!(field(&form, "A4-III-1.3.4").content, Content::Empty { why: Empty::NotGiven });
    assert!(form.warnings.contains(&Warning::Missing { field: FieldId::new("A4-III-1.3.4") }));
    assert_eq!(number(&form, "A4-I-2.5.1"), PARK.area_ha);
}

#[test]
fn indicators_come_from_the_assessment_and_stay_empty_where_it_is_unknown() {
    let framework = &CATALOGUE.frameworks[&FrameworkId::new("vn-circular-05-2025")];
    let assessment = assess(&PARK, &BALANCE, framework, &CATALOGUE);
    let mut unknown = 0;
    for form in ["vn-a5", "vn-b5"].map(|id| filled(id, None, &Added::default())) {
        for row in &form.fields {
            let id = format!("VNC05-{}", row.field.metric);
            let result = assessment.criteria.iter().find(|result| result.id.as_str() == id).unwrap();
            match (&row.content, result.value) {
                (Content::Filled { value: FieldValue::Number(told), .. }, Some(value)) => {
                    assert_eq!(*told, value, "{id}")
                }
                (Content::Filled { value: FieldValue::YesNo(told), .. }, Some(value)) => {
                    assert_eq!(*told, value == 1.0, "{id}");
                }
                (Content::Empty { why: Empty::Unknown { lacks } }, None) => {
                    assert_eq!((lacks, lacks.is_empty()), (&result.lacks, false), "{id}");
                    unknown += 1;
                }
                (Content::Empty { why: Empty::NotApplicable { .. } }, None) => {}
                other => panic!("{id}: {other:?}"),
            }
        }
    }
    assert!(unknown > 0, "the sample park does not know everything");
}

#[test]
fn computed_rows_follow_their_formula_and_stay_empty_without_their_parts() {
    let form = filled("vn-a4", None, &Added { typed: typed(&[("A4-I-2.5.2", 90.0)]), ..Added::default() });
    assert_eq!(number(&form, "A4-I-2.5.3"), Some(10.0), "90 of 900 ha");
    let roads = Content::Empty { why: Empty::CannotCompute { fields: vec![FieldId::new("A4-I-2.5.4")] } };
    assert_eq!(field(&form, "A4-I-2.5.5").content, roads);

    let costs = ["1.2.6", "1.3.3", "1.3.5", "1.3.9", "1.3.11", "1.3.13", "1.3.15"].map(|row| format!("A4-III-{row}"));
    let values: Vec<(&str, f64)> = costs.iter().map(|id| (id.as_str(), 1.5)).collect();
    let form = filled("vn-a4", None, &Added { typed: typed(&values), ..Added::default() });
    assert_eq!(number(&form, "A4-III-1.3.16"), Some(10.5));
}

#[test]
fn a_suggested_sum_yields_to_what_is_written_and_the_difference_is_told() {
    let parts = [("B4-III-P3.3", 2.0), ("B4-III-P3.7", 3.0)];
    let form = filled("vn-b4", Some("E30"), &Added { typed: typed(&parts), ..Added::default() });
    assert_eq!(number(&form, "B4-III-P3.10"), Some(5.0));
    let stated = [parts[0], parts[1], ("B4-III-P3.10", 6.0)];
    let form = filled("vn-b4", Some("E30"), &Added { typed: typed(&stated), ..Added::default() });
    assert_eq!(number(&form, "B4-III-P3.10"), Some(6.0));
    let id = FieldId::new("B4-III-P3.10");
    assert!(form.warnings.contains(&Warning::DiffersFromFormula { field: id, stated: 6.0, computed: 5.0 }));
}

#[test]
fn what_is_written_stands_beside_what_the_data_say() {
    let form = filled("vn-a4", None, &Added { typed: typed(&[("A4-I-2.5.1", 880.0)]), ..Added::default() });
    assert_eq!(number(&form, "A4-I-2.5.1"), Some(880.0));
    let (field, found) = (FieldId::new("A4-I-2.5.1"), FieldValue::Number(900.0));
    assert!(form.warnings.contains(&Warning::DiffersFromData { field, found }), "{:?}", form.warnings);
    let form = filled("vn-a4", None, &Added { typed: typed(&[("A4-I-2.5.1", 900.0)]), ..Added::default() });
    assert!(!form.warnings.iter().any(|warning| matches!(warning, Warning::DiffersFromData { .. })));
}

#[test]
fn whoever_receives_a_form_reads_its_values_and_not_what_stands_behind_them() {
    let whole = park_form(vec![partner("E15", 1800.0, &[("X1", 1800.0)], 40.0)]);
    let told = whole.clone().without_sources();
    for (one, other) in whole.fields.iter().zip(&told.fields) {
        assert_eq!((&one.field, one.value()), (&other.field, other.value()));
    }
    let text = serde_json::to_string(&told).unwrap();
    assert!(!text.contains("E15") && !text.contains("\"X1\"") && told.warnings.is_empty());
}

#[test]
fn an_override_stands_beside_what_it_replaced_with_its_reason() {
    let over = Override { value: FieldValue::Number(880.0), reason: "Đo lại tháng 6".to_string() };
    let overrides = [(FieldId::new("A4-I-2.5.1"), over)].into();
    let added = Added { overrides, typed: typed(&[("A4-I-2.5.2", 88.0)]), ..Added::default() };
    let form = filled("vn-a4", None, &added);
    let row = field(&form, "A4-I-2.5.1");
    let replaced = row.overridden.as_ref().unwrap();
    assert_eq!((row.value(), replaced.reason.as_str()), (Some(&FieldValue::Number(880.0)), "Đo lại tháng 6"));
    assert_eq!(replaced.before, Content::Filled { value: FieldValue::Number(900.0), origin: Origin::Particulars });
    assert_eq!(number(&form, "A4-I-2.5.3"), Some(10.0), "formulas use what stands");
}

#[test]
fn a_figure_outside_its_range_is_told_and_never_clamped() {
    let added = Added { typed: typed(&[("B5-I-1", 12.5), ("B5-II-2", 101.0)]), ..Added::default() };
    let form = filled("vn-b5", None, &added);
    assert_eq!((number(&form, "B5-I-1"), number(&form, "B5-II-2")), (Some(12.5), Some(101.0)));
    for expected in [
        Warning::Below { field: FieldId::new("B5-I-1"), value: 12.5, min: 20.0 },
        Warning::Above { field: FieldId::new("B5-II-2"), value: 101.0, max: 100.0 },
    ] {
        assert!(form.warnings.contains(&expected), "{expected:?} in {:?}", form.warnings);
    }
    let land = typed(&[("A4-I-2.5.2", 600.0), ("A4-I-2.5.4", 400.0)]);
    let form = filled("vn-a4", None, &Added { typed: land, ..Added::default() });
    let field = FieldId::new("A4-I-2.5.1");
    assert!(form.warnings.contains(&Warning::PartsAboveWhole { field, parts: 1000.0, whole: 900.0 }));
}

// Enterprises' forms as a source of the park's. E15 gives spent grain to E29 in exchange X1.

/// Form B.4 of an enterprise with a saving of material from symbiosis and of the money that it brought.
fn partner(enterprise: &str, material: f64, parts: &[(&str, f64)], cost: f64) -> FilledForm {
    let parts = parts.iter().map(|(id, amount)| ExchangePart { exchange: ExchangeId::new(*id), amount: *amount });
    let mut values = typed(&[("B4-IV-P4.25", cost)]);
    let material = Typed { value: FieldValue::Number(material), parts: parts.collect() };
    values.insert(FieldId::new("B4-IV-P4.24"), material);
    filled("vn-b4", Some(enterprise), &Added { typed: values, ..Added::default() })
}

fn park_form(forms: Vec<FilledForm>) -> FilledForm {
    filled("vn-a4", None, &Added { forms, ..Added::default() })
}

#[test]
fn an_exchange_that_both_partners_report_is_counted_once_and_money_is_each_ones_own() {
    let form = park_form(vec![
        partner("E15", 1800.0, &[("X1", 1800.0)], 40.0),
        partner("E29", 1800.0, &[("X1", 1800.0)], 25.0),
        partner("E14", 300.0, &[("X2", 300.0)], 5.0),
    ]);
    assert_eq!(number(&form, "A4-III-3.17"), Some(2100.0));
    assert_eq!(number(&form, "A4-III-3.18"), Some(70.0));
    let Content::Filled { origin: Origin::Forms { enterprises }, .. } = &field(&form, "A4-III-3.17").content else {
        panic!()
    };
    assert_eq!(enterprises, &["E15", "E29", "E14"].map(EnterpriseId::new));
    // What enterprises save without symbiosis is simply added.
    let saved = |enterprise, kwh| {
        filled("vn-b4", Some(enterprise), &Added { typed: typed(&[("B4-III-P3.11", kwh)]), ..Added::default() })
    };
    assert_eq!(number(&park_form(vec![saved("E15", 100.0), saved("E29", 50.0)]), "A4-III-1.3.2"), Some(150.0));
}

#[test]
fn an_enterprise_with_verified_savings_and_no_form_is_named() {
    let verified = |claim: &&Claim| claim.status == Status::Verified && claim.resource.as_str() == "electricity";
    let owed: BTreeSet<EnterpriseId> = CLAIMS.iter().filter(verified).map(|claim| claim.enterprise.clone()).collect();
    let other = filled("vn-b4", Some("E30"), &Added { typed: typed(&[("B4-III-P3.2", 500.0)]), ..Added::default() });
    let form = park_form(vec![other]);
    assert_eq!(number(&form, "A4-III-1.2.3"), Some(500.0));
    let (field, enterprises) = (FieldId::new("A4-III-1.2.3"), owed.into_iter().collect::<Vec<_>>());
    assert!(!enterprises.is_empty());
    assert!(form.warnings.contains(&Warning::WithoutForm { field, enterprises }), "{:?}", form.warnings);
}

#[test]
fn partners_who_differ_are_told_and_the_smaller_figure_counts() {
    let form =
        park_form(vec![partner("E15", 1800.0, &[("X1", 1800.0)], 0.0), partner("E29", 1700.0, &[("X1", 1700.0)], 0.0)]);
    assert_eq!(number(&form, "A4-III-3.17"), Some(1700.0));
    let (field, exchange) = (FieldId::new("A4-III-3.17"), ExchangeId::new("X1"));
    assert!(form.warnings.contains(&Warning::PartnersDiffer { field, exchange, least: 1700.0, most: 1800.0 }));
}

#[test]
fn totals_of_partners_without_parts_are_not_added_blindly() {
    let form = park_form(vec![partner("E15", 1800.0, &[], 0.0), partner("E29", 1800.0, &[], 0.0)]);
    let enterprises = ["E15", "E29"].map(EnterpriseId::new).to_vec();
    assert_eq!(field(&form, "A4-III-3.17").content, Content::Empty { why: Empty::CannotTellApart { enterprises } });
    // Without the partner's form there is nothing to count twice.
    assert_eq!(number(&park_form(vec![partner("E15", 1800.0, &[], 0.0)]), "A4-III-3.17"), Some(1800.0));
}

#[test]
fn what_passes_in_an_exchange_stands_with_the_side_that_the_row_asks_for() {
    let giver = filled("vn-b4", Some("E15"), &Added::default());
    let taker = filled("vn-b4", Some("E29"), &Added::default());
    assert_eq!((number(&giver, "B4-IV-P4.28"), number(&giver, "B4-IV-P4.26")), (Some(1800.0), None));
    assert_eq!((number(&taker, "B4-IV-P4.28"), number(&taker, "B4-IV-P4.26")), (None, Some(1800.0)));
    assert_eq!(number(&taker, "B4-IV-P4.1"), Some(1.0));
    let form = park_form(vec![giver, taker]);
    assert_eq!((number(&form, "A4-III-3.19"), number(&form, "A4-III-3.21")), (Some(1800.0), Some(1800.0)));
    assert_eq!(number(&form, "A4-III-2.1.1"), Some(3.0), "up to the end of 2024, ended ones too");
}

#[test]
fn the_register_fills_what_the_states_system_would_fill() {
    let mut register = BTreeMap::new();
    let name = FieldValue::Text("Nguyễn Văn Mẫu".to_string());
    register.insert("representative.name".to_string(), name.clone());
    register
        .insert("project.certificate_first_issued".to_string(), FieldValue::Date(parse_date("2010-05-04").unwrap()));
    let form = filled("vn-a4", None, &Added { register, ..Added::default() });
    assert_eq!(field(&form, "A4-I-1.4.1").value(), Some(&name));
    assert!(matches!(field(&form, "A4-I-2.4.3").value(), Some(FieldValue::Date(_))));
    assert_eq!(field(&form, "A4-I-1.3.3").content, Content::Empty { why: Empty::InStateRegister });
    // A described other symbiosis is asked only when there is one.
    assert_eq!(field(&form, "A4-III-2.1.7").content, Content::Empty { why: Empty::Hidden });
}

// The life of a form.

#[test]
fn a_form_passes_from_draft_to_received_and_back_for_changes() {
    let day = |text| parse_date(text).unwrap();
    let mut form = filled("vn-b5", None, &Added::default());
    let missing: Vec<FieldId> =
        form.fields.iter().filter(|row| row.is_missing()).map(|row| row.field.id.clone()).collect();
    assert!(!missing.is_empty());
    let refused = FormState::Draft.after(&FormAct::Submit, Some(&form), day("2026-02-01"));
    assert_eq!(refused, Err(FormRefusal::Incomplete { fields: missing.clone() }));

    form = filled(
        "vn-b5",
        None,
        &Added {
            typed: missing
                .iter()
                .map(|id| (id.clone(), Typed { value: FieldValue::Number(80.0), parts: vec![] }))
                .collect(),
            ..Added::default()
        },
    );
    let submitted = FormState::Draft.after(&FormAct::Submit, Some(&form), day("2026-02-01")).unwrap();
    assert!(!submitted.may_be_written());
    assert_eq!(submitted.after(&FormAct::Submit, Some(&form), day("2026-02-02")), Err(FormRefusal::NotNow));
    assert_eq!(submitted.after(&FormAct::Receive, Some(&form), day("2026-01-31")), Err(FormRefusal::TooEarly));
    let silent = FormAct::Return { reason: " ".to_string() };
    assert_eq!(submitted.after(&silent, Some(&form), day("2026-02-03")), Err(FormRefusal::NoReason));
    let returned = submitted
        .after(&FormAct::Return { reason: "Thiếu minh chứng".to_string() }, Some(&form), day("2026-02-03"))
        .unwrap();
    assert!(returned.may_be_written());
    let again = returned.after(&FormAct::Submit, Some(&form), day("2026-02-05")).unwrap();
    let received = again.after(&FormAct::Receive, Some(&form), day("2026-02-06")).unwrap();
    assert_eq!((received.code(), received.may_be_written()), ("received", false));
    assert_eq!(received.after(&FormAct::Submit, Some(&form), day("2026-02-07")), Err(FormRefusal::NotNow));
    assert_eq!(FormState::Draft.after(&FormAct::Receive, Some(&form), day("2026-02-07")), Err(FormRefusal::NotNow));
}

#[test]
fn a_filled_form_is_plain_data() {
    let form = filled("vn-b4", Some("E15"), &Added::default());
    let text = serde_json::to_string(&form).unwrap();
    assert!(serde_json::from_str::<FilledForm>(&text).unwrap() == form, "{text}");
    let table = field(&form, "B4-II-P2");
    let Some(FieldValue::Table(rows)) = table.value() else { panic!("{table:?}") };
    assert!(rows.iter().all(|cells| cells.len() == table.field.columns.len()));
    assert!(form.warnings.iter().any(|warning| matches!(warning, Warning::MissingCell { row: 0, column: 2, .. })));
}
