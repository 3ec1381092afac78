//! Verified savings in one sum: what they have in common is found in the park's data, and one error is counted once.

mod repository;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::ids::MeasureId;
use engine::observe::observe;
use engine::park::Park;
use engine::period::Period;
use engine::verify::measures::{MeasureVerification, verify_measures};
use engine::verify::portfolio::PortfolioRefusal;
use engine::verify::sums::{
    Assumptions, Cause, Effect, Part, Shared, shared, shared_causes, shared_comparisons, sum_of,
};
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

type Verified = (Vec<MeasureVerification>, BTreeMap<MeasureId, Shared>);

fn verified(park: &Park) -> Verified {
    let balance = observe(park, &CATALOGUE, Period::year(2024).unwrap());
    let verifications = verify_measures(park, &balance, &CATALOGUE);
    let shared = shared(park, &CATALOGUE, &verifications);
    (verifications, shared)
}

/// Every measured saving of electricity, in kWh.
fn electricity((verifications, shared): &Verified) -> Vec<Part<'_>> {
    let part = |one: &'_ MeasureVerification| -> Option<(f64, f64)> {
        let is_meant = one.claim.resource.as_str() == "electricity";
        Some((one.claim.amount, one.claim.uncertainty_90.filter(|_| is_meant)?))
    };
    let found = verifications.iter().filter_map(|one| Some((&one.measure, part(one)?)));
    found.map(|(measure, (saving, half_90))| Part { measure, saving, half_90, shared: &shared[measure] }).collect()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "found {found}, expected {expected}");
}

#[test]
fn without_anything_shared_the_squares_add_up() {
    let verified = verified(&example("khu-mau"));
    let parts = electricity(&verified);
    let sum = sum_of(&parts, &Assumptions::default()).unwrap();
    let squares: f64 = parts.iter().map(|part| part.half_90 * part.half_90).sum();
    assert!(parts.len() >= 5, "{}", parts.len());
    close(sum.uncertainty_90, squares.sqrt());
    close(sum.root_sum_square_90, squares.sqrt());
    close(sum.all_together_90, parts.iter().map(|part| part.half_90).sum());
    // Own errors that are all one add up as they are.
    let as_one = sum_of(&parts, &Assumptions { own_correlation: 1.0, ..Assumptions::default() }).unwrap();
    close(as_one.uncertainty_90, sum.all_together_90);
}

#[test]
fn a_saving_comes_from_the_meter_that_its_plan_names() {
    let mut park = example("khu-mau");
    let measure = park.measures.iter_mut().find(|measure| measure.id.as_str() == "A09").unwrap();
    measure.meter = None;
    let (_, shared) = verified(&park);
    let found = &shared[&MeasureId::new("A09")];
    assert_eq!(found.comparison.meter.as_ref().map(|meter| meter.as_str()), Some("M1"));
    // The day's output that its plan names moves the saving; nothing else does.
    let causes: Vec<&Cause> = found.effects.keys().collect();
    assert!(matches!(causes[..], [Cause::Driver { driver, .. }] if driver == "daily-output"), "{found:?}");
    assert_eq!(found.untraced, None);
}

#[test]
fn two_shares_of_one_saving_have_one_error() {
    let mut park = example("khu-mau");
    let place = park.measures.iter().position(|measure| measure.id.as_str() == "A06").unwrap();
    park.measures[place].share = Some(0.6);
    let other = engine::park::Measure { id: MeasureId::new("A06b"), share: Some(0.4), ..park.measures[place].clone() };
    park.measures.push(other);
    let shares = verified(&park);
    let parts = electricity(&shares);
    let told = shared_comparisons(&parts);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["A06", "A06b"]);
    let sum = sum_of(&parts, &Assumptions::default()).unwrap();

    let alone = verified(&example("khu-mau"));
    let whole = sum_of(&electricity(&alone), &Assumptions::default()).unwrap();
    close(sum.saving, whole.saving);
    close(sum.uncertainty_90, whole.uncertainty_90);
    assert!(
        sum.root_sum_square_90 < sum.uncertainty_90,
        "taken for themselves the shares look more certain than they are"
    );
}

#[test]
fn what_several_sites_declare_with_the_same_figures_is_one_cause() {
    let verified = verified(&example("khu-mau"));
    let parts = electricity(&verified);
    let causes = shared_causes(&parts);
    let cooling: Vec<_> = causes.iter().filter(|cause| cause.cause.is_weather()).collect();
    let [cooling] = cooling[..] else { panic!("{causes:?}") };
    assert!(matches!(&cooling.cause, Cause::Driver { driver, .. } if driver == "cooling-degree-days"));
    assert!(cooling.measures.len() >= 2, "{cooling:?}");
    let Effect::OfAHundredth(effect) = cooling.effect else { panic!("{cooling:?}") };
    assert!(effect > 0.0, "{cooling:?}");

    // A drift of two hundredths moves the sum by twice the effect of one, all savings the same way.
    let still = sum_of(&parts, &Assumptions::default()).unwrap();
    let drifting = Assumptions { weather_drift_90: 0.02, ..Assumptions::default() };
    let sum = sum_of(&parts, &drifting).unwrap();
    let own: f64 = parts
        .iter()
        .map(|part| {
            let of_others =
                part.shared.effects.iter().filter(|(cause, _)| cause.is_weather() && **cause != cooling.cause);
            of_others.map(|(_, share)| (0.02 * share * part.saving).powi(2)).sum::<f64>()
        })
        .sum();
    let by_hand = still.uncertainty_90.powi(2) + (2.0 * effect).powi(2) + own;
    close(sum.uncertainty_90, by_hand.sqrt());
    assert!(sum.uncertainty_90 > sum.root_sum_square_90);
}

#[test]
fn figures_that_differ_in_one_month_are_two_causes() {
    let mut park = example("khu-mau");
    let apart = |park: &Park| {
        let verified = verified(park);
        let parts = electricity(&verified);
        let causes: std::collections::BTreeSet<_> =
            parts.iter().flat_map(|part| part.shared.effects.keys()).filter(|cause| cause.is_weather()).collect();
        causes.len()
    };
    assert_eq!(apart(&park), 1);
    for driver in &mut park.drivers {
        if driver.enterprise.as_str() == "E26" && driver.driver == "cooling-degree-days" {
            driver.value += 0.1;
        }
    }
    assert_eq!(apart(&park), 2);
}

#[test]
fn an_assumption_that_cannot_be_is_refused() {
    let verified = verified(&example("khu-mau"));
    let wrong = Assumptions { own_correlation: 1.5, ..Assumptions::default() };
    let refused = sum_of(&electricity(&verified), &wrong).unwrap_err();
    assert!(matches!(refused[..], [PortfolioRefusal::Correlation { .. }]), "{refused:?}");
    assert!(matches!(sum_of(&[], &Assumptions::default()).unwrap_err()[..], [PortfolioRefusal::NoMembers]));
}
