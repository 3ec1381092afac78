//! Several measures at one place: shares as stated or by what was expected, what keeps them from being shared, and a baseline
//! that holds another measure's change.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::fault::FaultKind;
use engine::ids::MeasureId;
use engine::observe::observe;
use engine::park::plans::spans;
use engine::park::{Measure, Park, Status};
use engine::period::{Period, parse_date};
use engine::verify::inputs::{PieceKind, changes, pieces};
use engine::verify::measures::{HeldBack, MeasureVerification, verify_measures};
use engine::verify::sharing::SharedBy;
use repository::{catalogue, example, example_with};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static PARK: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

const OTHER: &str = "A99";

fn year() -> Period {
    Period::year(2024).unwrap()
}

/// The measure alone with another one at its place, both changed.
fn two(id: &str, change: impl Fn(&mut Measure, &mut Measure)) -> Park {
    let mut one = PARK.measures.iter().find(|one| one.id.as_str() == id).unwrap().clone();
    let mut other = Measure { id: MeasureId::new(OTHER), ..one.clone() };
    (one.share, other.share) = (None, None);
    change(&mut one, &mut other);
    Park { measures: vec![one, other], ..PARK.clone() }
}

fn expecting(measure: &mut Measure, kwh: f64, half: Option<f64>) {
    measure.expected_saving.as_mut().unwrap().value = kwh;
    measure.expected_uncertainty_90 = half;
}

fn verified(park: &Park) -> Vec<MeasureVerification> {
    verify_measures(park, &observe(park, &CATALOGUE, year()), &CATALOGUE)
}

fn held_back(park: &Park) -> [Vec<HeldBack>; 2] {
    let found: Vec<MeasureVerification> = verified(park);
    for one in &found {
        let is_held = one.held_back.iter().any(|reason| reason.is_of_place());
        assert!(!is_held || (one.claim.status, one.claim.uncertainty_90) == (Status::Built, None), "{one:?}");
    }
    [found[0].held_back.clone(), found[1].held_back.clone()]
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found}, expected {expected}");
}

#[test]
fn what_nobody_shared_out_goes_by_expectations_and_their_widths() {
    let park = two("A06", |one, other| {
        expecting(one, 2_000_000.0, Some(100_000.0));
        expecting(other, 900_000.0, Some(300_000.0));
    });
    let found = verified(&park);
    let sharing = found[0].sharing.as_ref().unwrap();
    assert_eq!((sharing.way, &found[1].sharing), (SharedBy::Expected, &found[0].sharing));
    let (whole, half) = found[0].comparison.as_ref().unwrap().saving().unwrap();
    assert_eq!((sharing.whole, sharing.whole_uncertainty_90), (whole, half));
    // Weights 1 to 9. The second goes no further than the upper end of what was expected of it.
    let over = whole - 2_900_000.0;
    let first = (2_000_000.0 + 0.1 * over).min(2_100_000.0);
    let second = (900_000.0 + 0.9 * over).min(1_200_000.0);
    near(found[0].claim.amount, first);
    near(found[1].claim.amount, second);
    near(found[0].claim.uncertainty_90.unwrap(), (0.9 * 1e10 + (0.1 * half).powi(2)).sqrt());
    near(sharing.unassigned, whole - first - second);
    near(found[0].claim.share, first / whole);
    assert_eq!(found[0].claim.status, Status::Measured);
}

#[test]
fn without_widths_the_whole_is_shared_in_proportion() {
    // Of one nobody said how certain it is: unknown is not certain.
    let park = two("A06", |one, other| {
        expecting(one, 3_000_000.0, Some(1.0));
        expecting(other, 1_000_000.0, None);
    });
    let found = verified(&park);
    let sharing = found[0].sharing.as_ref().unwrap();
    assert_eq!(sharing.way, SharedBy::Proportion);
    near(found[0].claim.amount, 0.75 * sharing.whole);
    near(found[1].claim.amount, 0.25 * sharing.whole);
    near(found[0].claim.uncertainty_90.unwrap(), 0.75 * sharing.whole_uncertainty_90);
    near(sharing.unassigned, 0.0);
}

#[test]
fn stated_shares_hold_and_are_too_large_together_above_one() {
    let shared =
        |first: f64, second: f64| two("A06", |one, other| (one.share, other.share) = (Some(first), Some(second)));
    let found = verified(&shared(0.5, 0.3));
    let sharing = found[0].sharing.as_ref().unwrap();
    assert_eq!((sharing.way, found[0].claim.share, found[1].claim.share), (SharedBy::Stated, 0.5, 0.3));
    near(found[1].claim.amount, 0.3 * sharing.whole);
    near(found[1].claim.uncertainty_90.unwrap(), 0.3 * sharing.whole_uncertainty_90);
    near(sharing.unassigned, 0.2 * sharing.whole);
    let [one, other] = held_back(&shared(0.7, 0.4));
    assert!(one.contains(&HeldBack::SharesAboveOne) && other.contains(&HeldBack::SharesAboveOne), "{one:?} {other:?}");
}

#[test]
fn what_cannot_be_shared_says_why() {
    let [one, other] = held_back(&two("A06", |one, _| one.share = Some(0.5)));
    assert_eq!([one, other], [[HeldBack::SharesPartlyStated], [HeldBack::SharesPartlyStated]]);
    let [one, other] = held_back(&two("A06", |_, other| other.expected_saving = None));
    assert_eq!([one, other], [[HeldBack::SharesNeedExpectations], [HeldBack::SharesNeedExpectations]]);
    let later = |_: &mut Measure, other: &mut Measure| other.installed = Period::parse("2024-01-01/2024-02-01");
    let [one, other] = held_back(&two("A06", later));
    let clean_from = parse_date("2024-01-01").unwrap();
    let apart = HeldBack::SharesOfDifferentComparisons;
    assert_eq!(one, [apart]);
    assert_eq!(other, [apart, HeldBack::BaselineHoldsOther { clean_from }]);
    // A measure that is not built takes no part.
    let park = two("A06", |_, other| other.status = Status::Approved);
    assert!(verified(&park).iter().all(|one| one.sharing.is_none()));
    near(verified(&park)[0].claim.share, 1.0);
}

#[test]
fn a_baseline_without_the_days_of_the_earlier_measure_is_clean() {
    let mut park = two("A09", |one, other| {
        (one.share, other.share) = (Some(0.5), Some(0.5));
        other.installed = Period::parse("2023-01-01/2023-01-04");
    });
    let reason = HeldBack::BaselineHoldsOther { clean_from: parse_date("2023-01-04").unwrap() };
    assert!(held_back(&park)[0].contains(&reason), "{:?}", held_back(&park));
    let plan = park.plans.iter_mut().find(|plan| plan.measure.as_str() == "A09").unwrap();
    plan.left_out = spans("2023-01-01..2023-01-03").unwrap();
    let found = verified(&park);
    assert!(found[0].comparison.as_ref().unwrap().saving().is_some(), "{:?}", found[0].held_back);
    assert!(!found[0].held_back.contains(&reason), "{:?}", found[0].held_back);
}

#[test]
fn what_is_expected_of_the_other_is_an_input() {
    let park = |kwh: f64| two("A06", |_, other| expecting(other, kwh, None));
    let of = |park: &Park| pieces(park, &CATALOGUE, year(), &park.measures[0]);
    let changed = changes(&of(&park(1.0)), &of(&park(2.0)));
    assert_eq!(changed.iter().map(|one| one.kind).collect::<Vec<_>>(), [PieceKind::Shares]);
}

#[test]
fn the_sheet_takes_an_empty_share_and_no_width_without_an_expectation() {
    let sheet = |share: &str, expected: &str| {
        format!(
            "measure,enterprise,option,name_vi,name_en,resource,meter,status,status_on,installed_from,installed_to,\
             expected_saving,unit,investment_vnd,share,owner,evidence,signer,expected_uncertainty_90\n\
             A09,E02,,Máy nén,Compressors,electricity,M1,built,2024-01-14,2024-01-08,2024-01-14,{expected},kWh,,{share},,,,5\n"
        )
    };
    let (park, faults) = example_with("khu-mau", "measures", &sheet("", "100"));
    let read = &park.unwrap_or_else(|| panic!("{faults:?}")).measures[0];
    assert_eq!((read.share, read.expected_uncertainty_90), (None, Some(5.0)));
    let (park, faults) = example_with("khu-mau", "measures", &sheet("1", ""));
    assert!(park.is_none());
    let is_told = |fault: &&engine::fault::Fault| fault.place.column.as_deref() == Some("expected_saving");
    assert_eq!(faults.iter().find(is_told).map(|fault| fault.kind), Some(FaultKind::MissingValue), "{faults:?}");
}
