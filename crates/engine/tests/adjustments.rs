//! Non-routine adjustments of a park's measures: recorded with reason and evidence, made in the verification, refused where
//! nobody said how.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::fault::FaultKind;
use engine::ids::MeasureId;
use engine::observe::observe;
use engine::park::adjustments::Adjustment;
use engine::park::{Park, Status};
use engine::period::Period;
use engine::verify::adjustment::AdjustmentProblem;
use engine::verify::inputs::{PieceKind, changes, pieces};
use engine::verify::measures::{HeldBack, MeasureVerification, verify_measures};
use engine::verify::monthly::Verification;
use repository::{catalogue, example, example_with};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static PARK: LazyLock<Park> = LazyLock::new(|| {
    let mut park = example("khu-mau");
    park.measures.retain(|measure| ["A06", "A09"].contains(&measure.id.as_str()));
    park
});

fn year() -> Period {
    Period::year(2024).unwrap()
}

fn adjustment(measure: &str, period: &str) -> Adjustment {
    let of = PARK.measures.iter().find(|one| one.id.as_str() == measure).unwrap();
    Adjustment {
        measure: MeasureId::new(measure),
        enterprise: of.enterprise.clone(),
        name: "Dây chuyền 3".to_string(),
        period: Period::parse(period).unwrap(),
        use_added: Some(40_000.0),
        uncertainty_90: Some(30_000.0),
        as_column: false,
        reason: "Lắp thêm dây chuyền".to_string(),
        evidence: "Biên bản 17".to_string(),
        stated_by: "Phòng kỹ thuật".to_string(),
    }
}

fn with(adjustment: Adjustment) -> Park {
    Park { adjustments: vec![adjustment], ..PARK.clone() }
}

fn verified(park: &Park, measure: &str) -> MeasureVerification {
    let all = verify_measures(park, &observe(park, &CATALOGUE, year()), &CATALOGUE);
    all.into_iter().find(|one| one.measure.as_str() == measure).unwrap()
}

#[test]
fn an_amount_is_added_and_its_uncertainty_in_squares() {
    for measure in ["A06", "A09"] {
        let before = verified(&PARK, measure).comparison.unwrap().saving().unwrap();
        let after = verified(&with(adjustment(measure, "2024-06")), measure);
        let (saving, half) = after.comparison.as_ref().unwrap().saving().unwrap();
        assert!((saving - before.0 - 40_000.0).abs() < 1e-6, "{measure}: {saving} after {}", before.0);
        assert!((half - before.1.hypot(30_000.0)).abs() < 1e-6, "{measure}: {half} after {}", before.1);
        let adjusted = after.comparison.unwrap().adjusted.unwrap();
        assert_eq!((adjusted.unadjusted, adjusted.unadjusted_uncertainty_90), before);
        assert_eq!(after.claim.uncertainty_90, Some(half));
    }
}

#[test]
fn one_that_lies_elsewhere_changes_nothing_and_one_that_lies_across_is_refused() {
    let before = verified(&PARK, "A06");
    let elsewhere = verified(&with(adjustment("A06", "2023-06")), "A06");
    assert_eq!(elsewhere.comparison, before.comparison);
    let across = verified(&with(adjustment("A06", "2023-11-01/2024-03-01")), "A06");
    assert_eq!((across.claim.status, across.comparison.as_ref().unwrap().saving()), (Status::Built, None));
    assert!(across.held_back.contains(&HeldBack::AdjustmentUnusable), "{:?}", across.held_back);
    let problem = AdjustmentProblem::Across { name: "Dây chuyền 3".to_string() };
    assert_eq!(across.comparison.unwrap().unadjustable, [problem]);
}

#[test]
fn a_column_is_found_by_the_model_of_a_plan_and_by_no_other() {
    let column = |measure: &str, period: &str| Adjustment {
        use_added: None,
        uncertainty_90: None,
        as_column: true,
        ..adjustment(measure, period)
    };
    let by_months = verified(&with(column("A06", "2024-06")), "A06").comparison.unwrap();
    let problem = AdjustmentProblem::NeedsModel { name: "Dây chuyền 3".to_string() };
    assert_eq!((by_months.saving(), by_months.unadjustable), (None, vec![problem]));
    // It began in the baseline, so that the model can see it.
    let by_days = verified(&with(column("A09", "2023-09-01/2024-05-01")), "A09").comparison.unwrap();
    assert!(by_days.saving().is_some(), "{:?}", by_days.verification);
    // One that began after the installation has one value in the baseline: the model refuses it by name.
    let late = verified(&with(column("A09", "2024-06")), "A09").comparison.unwrap();
    let Verification::Planned(planned) = &late.verification else { panic!("{:?}", late.verification) };
    assert!(late.saving().is_none() && format!("{:?}", planned.reasons).contains("Dây chuyền 3"), "{planned:?}");
}

#[test]
fn an_adjustment_is_an_input_of_its_measure_alone() {
    let of = |park: &Park, measure: &str| {
        let measure = park.measures.iter().find(|one| one.id.as_str() == measure).unwrap();
        pieces(park, &CATALOGUE, year(), measure)
    };
    let park = with(adjustment("A06", "2024-06"));
    let changed = changes(&of(&PARK, "A06"), &of(&park, "A06"));
    assert_eq!(changed.iter().map(|one| one.kind).collect::<Vec<_>>(), [PieceKind::Adjustments]);
    assert_eq!(changes(&of(&PARK, "A09"), &of(&park, "A09")), []);
    let mut other = park.clone();
    other.adjustments[0].evidence = "Biên bản 18".to_string();
    assert_eq!(changes(&of(&park, "A06"), &of(&other, "A06")).len(), 1);
}

#[test]
fn the_sheet_tells_all_its_faults() {
    let sheet = "measure,name,from,to,use_added,uncertainty_90,unit,as_column,reason,evidence,stated_by\n\
                 A06,Kho,2024-06-01,2024-06-30,5,,m3,,Kho mới,BB 1,Phòng kỹ thuật\n\
                 A06,Kho,2024-07-01,2024-07-31,,,,no,,,Phòng kỹ thuật\n\
                 A99,Kho,2024-07-01,2024-07-31,,,,yes,Kho mới,BB 1,Phòng kỹ thuật\n\
                 A06,Xưởng,2024-07-01,2024-07-31,,,,no,Xưởng mới,BB 1,Phòng kỹ thuật\n";
    let (park, faults) = example_with("khu-mau", "adjustments", sheet);
    assert!(park.is_none());
    let told: Vec<(usize, String, FaultKind)> = faults
        .iter()
        .map(|fault| (fault.place.line.unwrap(), fault.place.column.clone().unwrap(), fault.kind))
        .collect();
    for (line, column, kind) in [
        (2, "uncertainty_90", FaultKind::MissingValue),
        (2, "unit", FaultKind::WrongUnit),
        (5, "use_added", FaultKind::MissingValue),
        (3, "reason", FaultKind::MissingValue),
        (3, "evidence", FaultKind::MissingValue),
        (4, "measure", FaultKind::UnknownReference),
    ] {
        assert!(told.contains(&(line, column.to_string(), kind)), "{line} {column} among {told:?}");
    }
}
