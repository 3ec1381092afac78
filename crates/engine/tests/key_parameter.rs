//! Savings by a key parameter that was measured at the device: rate before, rate after, hours.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::fault::FaultKind;
use engine::observe::observe;
use engine::park::plans::{Plan, PlannedModel, Step, spans};
use engine::park::{Park, Status};
use engine::period::Period;
use engine::verify::by_plan::{ByPlan, ModelAnswer, PlanReason};
use engine::verify::inputs::{PieceKind, changes, pieces};
use engine::verify::isolation::{IsolationRefusal, IsolationSide};
use engine::verify::measures::{HeldBack, MeasureVerification, Source, verify_measures};
use engine::verify::monthly::Verification;
use engine::verify::sums::shared;
use repository::{bare_plan, catalogue, example_with};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
/// Rates of 50 and 40 kW, and 1,000 hours in each half of 2024; A06 was installed in December 2023.
static PARK: LazyLock<Park> = LazyLock::new(|| {
    let mut sheet = HEAD.to_string();
    for (day, value) in [("2023-11-06", "52"), ("2023-11-13", "50"), ("2023-11-20", "0.05"), ("2023-11-27", "48")] {
        let unit = if value == "0.05" { "MW" } else { "kW" };
        sheet += &format!("A06,rate,{day},{day},{value},{unit},0.01,P7,Biên bản 1\n");
    }
    for (day, value) in [("2024-02-05", 40), ("2024-05-06", 41), ("2024-08-05", 39), ("2024-11-04", 40)] {
        sheet += &format!("A06,rate,{day},{day},{value},kWh/h,0.01,P7,Biên bản 2\n");
    }
    sheet += "A06,hours,2024-01-01,2024-06-30,1000,h,0.02,H1,Sổ vận hành\n";
    sheet += "A06,hours,2024-07-01,2024-12-31,1000,h,0.02,H1,Sổ vận hành\n";
    // Neither of the reporting period nor before the installation.
    sheet += "A06,rate,2025-02-03,2025-02-03,12,kW,0.01,P7,Biên bản 3\n";
    let (park, faults) = example_with("khu-mau", "key_readings", &sheet);
    assert_eq!(faults, []);
    let mut park = park.unwrap();
    park.measures.retain(|measure| measure.id.as_str() == "A06");
    park.plans = vec![plan()];
    park
});

const HEAD: &str = "measure,what,from,to,value,unit,error_90,instrument,evidence\n";

fn plan() -> Plan {
    bare_plan("A06", None, PlannedModel::KeyParameter, Step::Month)
}

fn verified(park: &Park) -> MeasureVerification {
    let year = Period::year(2024).unwrap();
    verify_measures(park, &observe(park, &CATALOGUE, year), &CATALOGUE).pop().unwrap()
}

fn planned(found: &MeasureVerification) -> &ByPlan {
    match &found.comparison.as_ref().unwrap().verification {
        Verification::Planned(planned) => planned,
        other => panic!("{other:?}"),
    }
}

/// s² of the means by hand: 8/3/4 and 2/3/4; (5/6)² ÷ ((2/3)²/3 + (1/6)²/3) = 4.4 degrees of freedom; t(0.95, 4) = 2.1318.
#[test]
fn rates_and_hours_give_the_saving_with_its_interval() {
    let mut park = PARK.clone();
    park.measures[0].share = Some(0.5);
    let found = verified(&park);
    let claim = &found.claim;
    assert_eq!((claim.status, claim.method.as_str(), claim.share), (Status::Measured, "key_parameter/1", 1.0));
    assert_eq!(found.held_back, [HeldBack::NotSigned]);
    assert_eq!(found.comparison.as_ref().unwrap().from, Source::Device);
    let close = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-9, "{found}, not {expected}");
    close(claim.amount, 20_000.0);
    let rates = 2.131_846_786_326_65 * (5.0_f64 / 6.0).sqrt();
    let square = (2_000.0 * rates).powi(2) + 400.0_f64.powi(2) + 200.0_f64.powi(2) + (40.0 * rates).powi(2);
    close(claim.uncertainty_90.unwrap(), square.sqrt());
    let Some(ModelAnswer::KeyParameter(answer)) = &planned(&found).answer else { panic!("{found:?}") };
    assert_eq!((answer.readings_before, answer.readings_after, answer.hours), (4, 4, 2_000.0));
    assert_eq!((answer.days_known, answer.days, answer.has_one_instrument), (366, 366, true));
    // Nothing explains it; it has its instruments in common with others: 1 % and 2 % of the saving.
    let shared = &shared(&park, &CATALOGUE, std::slice::from_ref(&found))[&found.measure];
    assert!(shared.untraced.is_none() && shared.effects.is_empty());
    let stated: Vec<f64> = shared.stated.values().copied().collect();
    assert_eq!(stated.len(), 2, "{shared:?}");
    close(stated[0], 0.01);
    close(stated[1], 0.02);
    park.measures[0].status = Status::Verified;
    park.measures[0].signer = Some("Kiểm toán viên".to_string());
    assert_eq!(verified(&park).claim.status, Status::Verified);
    // Another instrument after the change: 1 % of 50 and of 40 instead of 1 % of the difference.
    park.key_readings.iter_mut().skip(4).for_each(|one| one.instrument = "P8".to_string());
    let Some(ModelAnswer::KeyParameter(answer)) = planned(&verified(&park)).answer.clone() else { panic!() };
    close(answer.found.from_instrument_90, 2_000.0 * 0.5_f64.hypot(0.4));
    assert!(!answer.has_one_instrument);
}

#[test]
fn what_is_missing_is_told_at_once() {
    let mut park = PARK.clone();
    park.key_readings.retain(|one| one.period.start().month() != 11 || one.period.start().day() == 6);
    park.key_readings.retain(|one| one.evidence != "Sổ vận hành");
    let few = |side, found| PlanReason::Isolation(IsolationRefusal::TooFewReadings { side, found, needed: 3 });
    let found = verified(&park);
    assert_eq!(planned(&found).reasons, [PlanReason::NoHours, few(IsolationSide::Before, 1)]);
    assert_eq!((found.claim.status, found.held_back.as_slice()), (Status::Built, &[HeldBack::Refused][..]));
    // From June on: hours of the first half lie across the edge, and only two rates after it.
    let mut park = PARK.clone();
    park.plans[0].begins = Some(jiff::civil::date(2024, 6, 1));
    let half = Period::new(jiff::civil::date(2024, 1, 1), jiff::civil::date(2024, 7, 1)).unwrap();
    let reasons = planned(&verified(&park)).reasons.clone();
    assert_eq!(reasons, [PlanReason::HoursAcross { period: half }, few(IsolationSide::After, 2)]);
}

#[test]
fn each_reading_is_an_input_and_no_bill_is() {
    let of = |park: &Park| pieces(park, &CATALOGUE, Period::year(2024).unwrap(), &park.measures[0]);
    let before = of(&PARK);
    for (place, reading) in PARK.key_readings.iter().enumerate() {
        let mut changed = PARK.clone();
        changed.key_readings[place].value += 0.25;
        let found = changes(&before, &of(&changed));
        let months: Vec<_> = found.iter().map(|one| (one.kind, one.month.map(|month| month.start()))).collect();
        let month = reading.period.start().first_of_month();
        let expected = (reading.period.start().year() < 2025).then_some((PieceKind::KeyReadings, Some(month)));
        assert_eq!(months, expected.into_iter().collect::<Vec<_>>());
    }
    let mut fewer = PARK.clone();
    fewer.records.clear();
    assert_eq!(changes(&before, &of(&fewer)), []);
}

#[test]
fn faults_of_readings_are_told_at_once_with_their_place() {
    let sheet = format!(
        "{HEAD}A06,rate,2023-12-05,2023-12-05,50,kW,0.01,P7,B\n\
         A06,rate,2023-11-05,2023-11-05,50,m3/h,0.01,P7,B\n\
         A06,hours,2024-01-01,2024-01-02,49,h,0.02,H1,B\n\
         A06,hours,2024-01-02,2024-01-03,10,h,0.02,H1,B\n\
         A06,hours,2024-02-01,2024-02-02,10,kWh,0.02,H1,B\n\
         A06,speed,2024-02-03,2024-02-04,10,h,2,,B\n"
    );
    let (park, faults) = example_with("khu-mau", "key_readings", &sheet);
    assert!(park.is_none());
    let told: Vec<_> = faults
        .iter()
        .map(|fault| (fault.place.line.unwrap(), fault.place.column.clone().unwrap(), fault.kind))
        .collect();
    let expected = [
        (2, "from", FaultKind::Contradiction),
        (3, "unit", FaultKind::WrongUnit),
        (4, "value", FaultKind::OutOfRange),
        (5, "from", FaultKind::OverlappingPeriods),
        (6, "unit", FaultKind::WrongUnit),
        (7, "error_90", FaultKind::OutOfRange),
        (7, "instrument", FaultKind::MissingValue),
        (7, "what", FaultKind::UnknownCode),
    ];
    assert_eq!(told, expected.map(|(line, column, kind)| (line, column.to_string(), kind)));
}

#[test]
fn a_plan_by_key_parameter_names_neither_predictors_nor_days() {
    let named = |plan: Plan| plan.contradictions().into_iter().map(|(field, _)| field).collect::<Vec<_>>();
    assert_eq!(named(plan()), Vec::<&str>::new());
    let other = Plan {
        predictors: vec!["product".to_string()],
        holidays: spans("2024-02-08").unwrap(),
        step: Step::Day,
        ..plan()
    };
    assert_eq!(named(other), ["step", "predictors", "holidays"]);
}
