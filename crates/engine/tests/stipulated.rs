//! Savings that were agreed on: never above built, calculated, and said to be what they are.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::fault::FaultKind;
use engine::ids::MeasureId;
use engine::observe::observe;
use engine::park::plans::{Plan, PlannedModel, Step, spans};
use engine::park::{Park, Status};
use engine::period::Period;
use engine::source::Basis;
use engine::verify::inputs::{PieceKind, changes, pieces};
use engine::verify::measures::{HeldBack, MeasureVerification, verify_measures};
use engine::verify::outlook::{choices, outlook_of};
use repository::{catalogue, example, example_with};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static PARK: LazyLock<Park> = LazyLock::new(|| {
    let mut park = example("khu-mau");
    park.measures.retain(|measure| measure.id.as_str() == "A06");
    park
});

fn plan() -> Plan {
    Plan {
        measure: MeasureId::new("A06"),
        meter: None,
        model: PlannedModel::Stipulated,
        step: Step::Month,
        predictors: Vec::new(),
        holidays: Vec::new(),
        left_out: Vec::new(),
        begins: None,
        expected_saving_a_year: Some(366_000.0),
        target: None,
        expected_uncertainty_90: None,
        months: 12,
        note: "Hợp đồng 12, phụ lục 2".to_string(),
    }
}

fn with(plan: Plan) -> Park {
    Park { plans: vec![plan], ..PARK.clone() }
}

fn verified(park: &Park) -> MeasureVerification {
    let year = Period::year(2024).unwrap();
    verify_measures(park, &observe(park, &CATALOGUE, year), &CATALOGUE).pop().unwrap()
}

#[test]
fn what_was_agreed_stays_at_built_and_is_calculated() {
    let mut park = with(plan());
    park.measures[0].status = Status::Verified;
    park.measures[0].signer = Some("Kiểm toán viên".to_string());
    let found = verified(&park);
    assert_eq!(
        (found.claim.status, found.claim.basis, found.claim.uncertainty_90),
        (Status::Built, Basis::Calculated, None)
    );
    assert_eq!(
        (found.claim.method.as_str(), found.held_back.as_slice()),
        ("stipulated/1", &[HeldBack::Stipulated][..])
    );
    assert!((found.claim.amount - 366_000.0).abs() < 1e-6, "{}", found.claim.amount);
    assert_eq!(found.comparison, None);
    // Half the days of the year count: 184 of 366.
    let late = with(Plan { begins: Some(jiff::civil::date(2024, 7, 1)), ..plan() });
    assert!((verified(&late).claim.amount - 184_000.0).abs() < 1e-6, "{}", verified(&late).claim.amount);
    let mut proposed = with(plan());
    proposed.measures[0].status = Status::Approved;
    let found = verified(&proposed);
    assert_eq!((found.claim.status, found.held_back), (Status::Approved, vec![HeldBack::NotBuilt]));
}

#[test]
fn what_was_agreed_takes_nothing_from_what_its_place_shows() {
    let mut park = with(plan());
    let mut measured = park.measures[0].clone();
    measured.id = MeasureId::new("A06b");
    (park.measures[0].share, measured.share) = (Some(0.4), Some(0.6));
    park.measures.push(measured);
    let of = |park: &Park, id: &str| {
        let all = verify_measures(park, &observe(park, &CATALOGUE, Period::year(2024).unwrap()), &CATALOGUE);
        all.into_iter().find(|one| one.measure.as_str() == id).unwrap()
    };
    let alone = of(&PARK, "A06").comparison.unwrap().saving().unwrap().0;
    let found = of(&park, "A06");
    assert_eq!(
        (found.claim.share, found.sharing, found.held_back.as_slice()),
        (1.0, None, &[HeldBack::Stipulated][..])
    );
    assert!((found.claim.amount - 366_000.0).abs() < 1e-6, "{}", found.claim.amount);
    // The other one gets its stated share of the meter, and nothing where none is stated.
    assert_eq!((of(&park, "A06b").claim.amount, of(&park, "A06b").claim.share), (0.6 * alone, 0.6));
    park.measures.iter_mut().for_each(|measure| measure.share = None);
    let found = of(&park, "A06b");
    assert_eq!(found.claim.status, Status::Built);
    assert!(found.held_back.contains(&HeldBack::SharesOfDifferentComparisons), "{:?}", found.held_back);
}

#[test]
fn what_was_agreed_is_an_input_and_no_reading_is() {
    let of = |park: &Park| pieces(park, &CATALOGUE, Period::year(2024).unwrap(), &park.measures[0]);
    let agreed = with(plan());
    let kinds: Vec<PieceKind> = of(&agreed).iter().map(|piece| piece.kind).collect();
    assert_eq!(kinds, [PieceKind::Measure, PieceKind::Shares, PieceKind::Model, PieceKind::Plan, PieceKind::Factors]);
    for other in
        [Plan { note: "Hợp đồng 13".to_string(), ..plan() }, Plan { expected_saving_a_year: Some(1.0), ..plan() }]
    {
        let changed = changes(&of(&agreed), &of(&with(other)));
        assert_eq!(changed.iter().map(|one| one.kind).collect::<Vec<_>>(), [PieceKind::Plan]);
    }
    let (mut fewer, agreed) = (agreed.clone(), of(&agreed));
    fewer.records.clear();
    assert_eq!(changes(&agreed, &of(&fewer)), []);
}

#[test]
fn nothing_is_to_be_expected_of_it_and_nobody_is_offered_it() {
    let park = with(plan());
    assert_eq!(outlook_of(&park, &CATALOGUE, &park.measures[0], &plan()), []);
    let offered = choices(&park, &CATALOGUE, &park.measures[0]);
    assert!(!offered.is_empty() && offered.iter().all(|plan| plan.model.is_measured()));
}

#[test]
fn an_agreement_says_how_much_and_by_what() {
    let named = |plan: Plan| plan.contradictions().into_iter().map(|(field, _)| field).collect::<Vec<_>>();
    assert_eq!(named(plan()), Vec::<&str>::new());
    let empty = Plan { expected_saving_a_year: None, note: " ".to_string(), ..plan() };
    assert_eq!(named(empty), ["expected_saving", "note"]);
    let measured = Plan { predictors: vec!["product".to_string()], left_out: spans("2024-02-08").unwrap(), ..plan() };
    assert_eq!(named(measured), ["predictors", "left_out"]);
    let sheet = "measure,meter,model,step,predictors,holidays,left_out,begins,expected_saving,unit,months,target,note\n\
                 A06,,stipulated,month,,,,,366000,kWh,12,,\n";
    let (park, faults) = example_with("khu-mau", "plans", sheet);
    assert!(park.is_none());
    let told: Vec<_> = faults.iter().map(|fault| (fault.place.column.clone().unwrap(), fault.kind)).collect();
    assert_eq!(told, [("note".to_string(), FaultKind::Contradiction)]);
}
