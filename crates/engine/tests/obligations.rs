//! Who owes which report when, the calendar of working days, and a case on its way through a procedure.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::catalogue::calendar::{DayKind, UnknownYear};
use engine::catalogue::duties::{Procedure, Reporter};
use engine::ids::EnterpriseId;
use engine::observe::observe;
use engine::period::{Period, parse_date};
use engine::report::obligations::{Amount, Answer, Because, Profile, find, profile_of, time_left};
use jiff::civil::{Date, Weekday};
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn check(profile: &Profile, today: &str, obligation: &str, expected: Answer) {
    let duties = find(profile, &CATALOGUE, day(today));
    let duty = duties.iter().find(|duty| duty.obligation == obligation).unwrap_or_else(|| panic!("{obligation}"));
    assert_eq!(duty.answer, expected, "{obligation} on {today}");
}

fn applies(before: &str) -> Answer {
    Answer::Applies { before: Some(day(before)) }
}

const WHOLE: fn(f64) -> Option<Amount> = |value| Some(Amount { value, is_complete: true });
const AT_LEAST: fn(f64) -> Option<Amount> = |value| Some(Amount { value, is_complete: false });

#[test]
fn what_is_not_known_is_answered_with_what_would_have_to_be_known() {
    let unknown = Profile::unknown(Reporter::Enterprise);
    for duty in find(&unknown, &CATALOGUE, day("2026-11-28")) {
        assert!(matches!(duty.answer, Answer::CannotTell { .. }), "{duty:?}");
    }
    check(&unknown, "2026-11-28", "designated-energy-user", Answer::CannotTell { because: Because::Energy });
    check(
        &Profile::unknown(Reporter::Park),
        "2026-11-28",
        "form-a4",
        Answer::CannotTell { because: Because::Certificate },
    );
}

#[test]
fn the_energy_threshold_is_1000_toe_and_an_incomplete_sum_can_only_reach_it() {
    let with = |energy_toe| Profile { energy_toe, ..Profile::unknown(Reporter::Enterprise) };
    let no = Answer::DoesNotApply { because: Because::Energy };
    let applies = Answer::Applies { before: None };
    check(&with(WHOLE(999.9)), "2026-01-01", "designated-energy-user", no);
    check(&with(WHOLE(1000.0)), "2026-01-01", "designated-energy-user", applies.clone());
    check(&with(AT_LEAST(1200.0)), "2026-01-01", "designated-energy-user", applies);
    let open = Answer::CannotTell { because: Because::Energy };
    check(&with(AT_LEAST(900.0)), "2026-01-01", "designated-energy-user", open);
}

#[test]
fn inventories_come_every_two_years_and_mitigation_reports_every_year_from_2027() {
    let listed = Profile { on_ghg_list: Some(true), ..Profile::unknown(Reporter::Enterprise) };
    check(&listed, "2024-06-01", "ghg-inventory", applies("2025-03-31"));
    check(&listed, "2025-03-30", "ghg-inventory", applies("2025-03-31"));
    // Before the 31st means that on the 31st it is too late.
    check(&listed, "2025-03-31", "ghg-inventory", applies("2027-03-31"));
    check(&listed, "2026-11-28", "ghg-mitigation", applies("2027-03-31"));
    check(&listed, "2027-04-01", "ghg-mitigation", applies("2028-03-31"));
    let dropped = Profile { on_ghg_list: Some(false), ..listed };
    check(&dropped, "2026-11-28", "ghg-mitigation", Answer::DoesNotApply { because: Because::GhgList });
}

#[test]
fn an_own_track_needs_the_list_and_the_industry() {
    let profile = |isic4: Option<&str>, listed| Profile {
        isic4: isic4.map(str::to_string),
        on_ghg_list: listed,
        ..Profile::unknown(Reporter::Enterprise)
    };
    check(&profile(Some("2394"), Some(true)), "2026-01-01", "ghg-own-track", Answer::Applies { before: None });
    let industry = |answer: fn(Because) -> Answer| answer(Because::Industry);
    let no = industry(|because| Answer::DoesNotApply { because });
    check(&profile(Some("1020"), Some(true)), "2026-01-01", "ghg-own-track", no.clone());
    // One thing that rules it out is enough.
    check(&profile(Some("1020"), None), "2026-01-01", "ghg-own-track", no);
    let open = industry(|because| Answer::CannotTell { because });
    check(&profile(None, Some(true)), "2026-01-01", "ghg-own-track", open);
}

#[test]
fn a_hundred_workers_are_not_more_than_a_hundred() {
    let of = |employees| Profile { employees: Some(employees), ..Profile::unknown(Reporter::Enterprise) };
    let no = Answer::DoesNotApply { because: Because::Employees };
    check(&of(100), "2026-01-01", "rules-100-workers", no);
    check(&of(101), "2026-01-01", "rules-100-workers", Answer::Applies { before: None });
}

#[test]
fn what_the_park_knows_of_an_enterprise_goes_into_its_profile() {
    let park = example("khu-mau");
    let balance = observe(&park, &CATALOGUE, Period::year(2024).unwrap());
    let id = EnterpriseId::new("E09");
    let profile = profile_of(&park, &id, &balance, &CATALOGUE);
    let site = &balance.sites[&id];
    let kwh: f64 = site.iter().filter(|(id, _)| id.as_str() == "electricity").map(|(_, total)| total.amount).sum();
    let heat: f64 = site
        .iter()
        .filter(|(id, _)| ["fuel", "biomass", "steam"].contains(&CATALOGUE.resource(id).unwrap().group.as_str()))
        .filter_map(|(_, total)| Some(total.energy?.kwh()))
        .sum();
    let expected = kwh * 0.000_154_3 + heat * 3.6e-3 / 41.868;
    let energy = profile.energy_toe.unwrap();
    assert!(heat > 0.0 && (energy.value / expected - 1.0).abs() < 1e-9, "{energy:?}, expected {expected}");
    assert_eq!(profile.employees, park.enterprise(&id).unwrap().employees);
    // E21 never reported electricity: what is known of its energy is not all.
    let silent = profile_of(&park, &EnterpriseId::new("E21"), &balance, &CATALOGUE);
    assert!(silent.energy_toe.is_none_or(|energy| !energy.is_complete), "{silent:?}");
    assert_eq!(silent.on_ghg_list, None);
}

#[test]
fn every_duty_says_who_says_so_and_memory_keeps_its_mark() {
    assert_eq!(CATALOGUE.obligations.len(), 11);
    assert_eq!(CATALOGUE.obligations.iter().filter(|duty| duty.unconfirmed).count(), 6);
    for duty in &CATALOGUE.obligations {
        assert!(!duty.source.is_empty() && !duty.label.vi.is_empty() && !duty.label.en.is_empty(), "{}", duty.id);
        assert!(duty.unconfirmed || !duty.source.contains("from memory"), "{}", duty.id);
        assert!(duty.due_before.is_none() || duty.unconfirmed, "{}: no day of the year was read in a law", duty.id);
    }
}

// Working days.

#[test]
fn the_last_day_in_time_is_a_working_day_before_the_day_that_is_named() {
    let calendar = &CATALOGUE.calendar;
    // 31 March 2027 is a Wednesday.
    let left = time_left(calendar, day("2027-03-22"), day("2027-03-31")).unwrap();
    assert_eq!((left.last_day.day, left.working_days), (day("2027-03-30"), 6));
    // Before Monday 11 May 2026 the last working day is Friday the 8th.
    let left = time_left(calendar, day("2026-05-07"), day("2026-05-11")).unwrap();
    assert_eq!((left.last_day.day, left.working_days), (day("2026-05-08"), 1));
    assert!(!left.last_day.unconfirmed);
    // Tết lies in between, and nobody confirmed its days.
    assert!(time_left(calendar, day("2026-02-10"), day("2026-03-31")).unwrap().last_day.unconfirmed);
    assert_eq!(time_left(calendar, day("2027-12-20"), day("2028-03-31")), Err(UnknownYear { year: 2028 }));
}

#[test]
fn working_days_step_over_weekends_and_holidays() {
    let calendar = &CATALOGUE.calendar;
    for (start, days, expected) in [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 3, "2026-03-11"),
        // Tết from 16 to 20 February 2026.
        ("2026-02-13", 1, "2026-02-23"),
        // 30 April is a Thursday, 1 May a Friday.
        ("2026-04-29", 2, "2026-05-05"),
        // Saturday 22 August 2026 is worked for Monday the 31st.
        ("2026-08-21", 1, "2026-08-22"),
        ("2026-08-28", 1, "2026-09-03"),
        ("2025-12-31", 1, "2026-01-05"),
    ] {
        assert_eq!(calendar.deadline(day(start), days).unwrap().day, day(expected), "{days} after {start}");
    }
}

#[test]
fn a_deadline_over_days_that_nobody_confirmed_carries_the_mark() {
    let calendar = &CATALOGUE.calendar;
    assert!(!calendar.deadline(day("2026-03-02"), 5).unwrap().unconfirmed);
    assert!(!calendar.deadline(day("2026-04-29"), 2).unwrap().unconfirmed, "30 April and 1 May are sure");
    assert!(calendar.deadline(day("2026-02-13"), 1).unwrap().unconfirmed, "the days of Tết are from memory");
}

#[test]
fn a_year_without_holidays_is_not_guessed() {
    let calendar = &CATALOGUE.calendar;
    assert_eq!(calendar.deadline(day("2027-12-30"), 5), Err(UnknownYear { year: 2028 }));
    assert_eq!(calendar.is_working(day("2023-06-01")), Err(UnknownYear { year: 2023 }));
}

#[test]
fn the_calendar_is_whole_for_each_of_its_years() {
    let calendar = &CATALOGUE.calendar;
    assert_eq!(calendar.years.iter().copied().collect::<Vec<i16>>(), [2024, 2025, 2026, 2027]);
    for year in &calendar.years {
        let of_year = calendar.days.iter().filter(|(day, _)| day.year() == *year);
        let named = |name: &str| of_year.clone().filter(|(_, special)| special.name.vi == name).count();
        assert_eq!((named("Tết Nguyên đán"), named("Giỗ Tổ Hùng Vương"), named("Quốc khánh")), (5, 1, 2), "{year}");
        let off = of_year.clone().filter(|(_, special)| special.name.vi == "Ngày nghỉ hoán đổi").count();
        assert_eq!(named("Ngày làm bù"), off, "{year}: each day off in exchange is worked another day");
    }
    for (day, special) in &calendar.days {
        assert!(
            !special.source.is_empty() && (special.unconfirmed || !special.source.contains("from memory")),
            "{day}"
        );
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert!(special.kind == DayKind::Holiday || is_weekend, "{day} is worked anyway");
    }
}

// Procedures.

fn procedure(id: &str) -> &'static Procedure {
    CATALOGUE.procedures.iter().find(|procedure| procedure.id == id).unwrap()
}

/// What was not read is open and says so; nothing of it has a day.
#[test]
fn what_the_law_leaves_open_is_told_in_both_languages() {
    assert_eq!(procedure("enterprise-certificate").sets, Some(5));
    assert_eq!(procedure("revocation").sets, None);
    for procedure in &CATALOGUE.procedures {
        assert!(!procedure.open.vi.is_empty() && !procedure.open.en.is_empty(), "{}", procedure.id);
        assert!(!procedure.source.is_empty(), "{}", procedure.id);
        assert!(procedure.unconfirmed || !procedure.source.contains("from memory"), "{}", procedure.id);
        for step in procedure.steps.iter().filter(|step| step.limit.is_none()) {
            assert!(!step.open.vi.is_empty() && !step.open.en.is_empty(), "{}.{}", procedure.id, step.id);
        }
    }
}
