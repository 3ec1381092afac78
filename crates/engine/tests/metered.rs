//! Readings in batches reach the balance by the rule of all metered months: a month with enough of its hours is raised
//! to the whole, one with fewer says nothing, and a record holds against the meter.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, MeterId, ResourceId};
use engine::observe::readings::{MeterMonth, Way, by_month, degree_days};
use engine::observe::{Balance, Gap, Total, observe};
use engine::park::{MeterSum, Metered, Park};
use engine::period::Period;
use engine::source::Basis;
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static GOOD: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

/// The main meter of E02, whose bills are all there.
const METER: &str = "M1";
const ENTERPRISE: &str = "E02";

fn march() -> Period {
    Period::month(2024, 3).unwrap()
}

fn quarter_hours(readings: usize, sum: f64) -> MeterSum {
    MeterSum { period: march(), sum, readings, frozen: 0, step_s: Some(900) }
}

/// The sample park with March of the main meter in batches.
fn with(sum: MeterSum) -> Park {
    let mut park = GOOD.clone();
    park.metered.insert(MeterId::new(METER), Metered { months: vec![sum], days: Vec::new(), ..Metered::default() });
    park
}

fn without_bill(mut park: Park) -> Park {
    park.records.retain(|record| {
        record.enterprise.as_str() != ENTERPRISE
            || record.resource.as_str() != "electricity"
            || !record.period.overlaps(&march())
    });
    park
}

fn balance(park: &Park) -> Balance {
    observe(park, &CATALOGUE, Period::year(2024).unwrap())
}

fn electricity(balance: &Balance) -> &Total {
    &balance.sites[&EnterpriseId::new(ENTERPRISE)][&ResourceId::new("electricity")]
}

fn month(park: &Park) -> MeterMonth {
    by_month(park, &MeterId::new(METER)).into_iter().find(|month| month.month == march()).unwrap()
}

fn lacks_march(balance: &Balance) -> bool {
    balance.gaps.iter().any(|gap| {
        matches!(gap, Gap::MissingMonths { enterprise, resource, months }
            if enterprise.as_str() == ENTERPRISE && resource.as_str() == "electricity" && months.contains(&march()))
    })
}

#[test]
fn a_month_in_batches_takes_the_place_of_the_sheets() {
    let sheet = month(&GOOD);
    assert_eq!((sheet.way, sheet.hours_present), (Way::Sheet, 744));
    let whole = month(&with(quarter_hours(2_976, 5_000.0)));
    assert_eq!((whole.way, whole.amount, whole.hours_present), (Way::Batches, Some(5_000.0), 744));
    // 90 % of the quarter hours count for all of them, one less says nothing.
    let raised = month(&with(quarter_hours(2_680, 2_680.0)));
    assert_eq!((raised.hours_present, raised.amount), (670, Some(2_680.0 / (670.0 / 744.0))));
    assert_eq!(month(&with(quarter_hours(2_676, 2_676.0))).amount, None);
    // Nobody can say how much of the month a meter read whose step is not known.
    assert_eq!(month(&with(MeterSum { step_s: None, ..quarter_hours(2_976, 5_000.0) })).amount, None);
    let hangs = month(&with(MeterSum { frozen: 96, ..quarter_hours(2_880, 2_880.0) }));
    assert_eq!((hangs.hours_present, hangs.hours_frozen), (720, 24));
}

#[test]
fn a_metered_month_fills_what_no_record_speaks_of() {
    let thin = balance(&without_bill(with(quarter_hours(100, 100.0))));
    assert!(lacks_march(&thin) && electricity(&thin).metered.is_empty());
    assert_eq!(electricity(&thin).months_covered, 11);

    let park = without_bill(with(quarter_hours(2_976, 5_000.0)));
    let filled = balance(&park);
    assert!(!lacks_march(&filled));
    let (before, after) = (electricity(&thin), electricity(&filled));
    assert_eq!((after.months_covered, after.metered.len(), after.metered[0].meter.as_str()), (12, 1, METER));
    assert!((after.amount - before.amount - 5_000.0).abs() < 1e-6);
    assert_eq!(after.by_basis[&Basis::Metered], before.by_basis.get(&Basis::Metered).unwrap_or(&0.0) + 5_000.0);
    assert_eq!(after.cost_vnd, None, "a meter does not say what was paid");
    let whole = &filled.park[&ResourceId::new("electricity")];
    assert!(whole.metered.is_empty(), "a sum over sites names nobody's meter");
    assert!(whole.amount > thin.park[&ResourceId::new("electricity")].amount);
    assert_eq!(filled.months_covered, thin.months_covered + 1);
}

#[test]
fn a_bill_holds_against_the_meter_and_the_difference_is_told() {
    let park = with(quarter_hours(2_976, 5_000.0));
    let (before, after) = (balance(&GOOD), balance(&park));
    assert_eq!(electricity(&after), electricity(&before));
    let tells = |balance: &Balance| balance.findings.iter().filter(|one| one.reason.rule() == "bases-disagree").count();
    assert_eq!((tells(&before), tells(&after)), (0, 1));
}

#[test]
fn readings_of_the_sheet_and_of_submeters_add_nothing_to_a_balance() {
    assert!(lacks_march(&balance(&without_bill(GOOD.clone()))));
    let mut park = without_bill(with(quarter_hours(2_976, 5_000.0)));
    park.meters.iter_mut().find(|meter| meter.id.as_str() == METER).unwrap().is_main = false;
    assert!(lacks_march(&balance(&park)));
}

#[test]
fn of_two_main_meters_both_must_have_the_month() {
    let mut park = without_bill(with(quarter_hours(2_976, 5_000.0)));
    let second = MeterId::new("M1b");
    let mut meter = park.meter(&MeterId::new(METER)).unwrap().clone();
    meter.id = second.clone();
    park.meters.push(meter);
    assert!(lacks_march(&balance(&park)));
    let months = vec![quarter_hours(2_976, 1_000.0)];
    park.metered.insert(second, Metered { months, days: Vec::new(), ..Metered::default() });
    let filled = balance(&park);
    let metered = &electricity(&filled).metered;
    assert_eq!(metered.iter().map(|month| month.amount).sum::<f64>(), 6_000.0);
}

#[test]
fn degree_days_are_counted_from_days_in_batches() {
    let mut park = example("meters");
    let meter = MeterId::new("B1-T");
    let month = Period::month(2018, 3).unwrap();
    let before = degree_days(&park, &meter, 18.0);
    let mut days = Vec::new();
    let mut day = month.start();
    while month.contains(day) {
        let next = day.tomorrow().unwrap();
        let period = Period::new(day, next).unwrap();
        days.push(MeterSum { period, sum: 96.0 * 20.0, readings: 96, frozen: 0, step_s: Some(900) });
        day = next;
    }
    let whole = MeterSum { period: month, sum: 2_976.0 * 20.0, readings: 2_976, frozen: 0, step_s: Some(900) };
    park.metered.insert(meter.clone(), Metered { months: vec![whole], days: days.clone(), ..Metered::default() });
    let after = degree_days(&park, &meter, 18.0);
    assert_eq!(after[&month], (0.0, 62.0), "31 days at 20 °C");
    let others = |of: &std::collections::BTreeMap<Period, (f64, f64)>| {
        of.iter().filter(|(other, _)| **other != month).map(|(other, pair)| (*other, *pair)).collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&before));
    // The sheet's days of that month do not count any more, even where batches have too few.
    park.metered.insert(meter.clone(), Metered { months: vec![whole], days: days[..5].to_vec(), ..Metered::default() });
    assert!(!degree_days(&park, &meter, 18.0).contains_key(&month));
}

#[test]
fn a_park_without_batches_is_the_park_it_was() {
    let text = serde_json::to_string(&*GOOD).unwrap();
    assert!(!text.contains("\"metered\":{"));
    assert_ne!(with(quarter_hours(1, 1.0)).digest(), GOOD.digest(), "a result names the readings it was made from");
}
