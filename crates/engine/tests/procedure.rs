//! A case on its way through a procedure: steps, returns, opinions, and the days by which they are due.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::catalogue::calendar::{Deadline, UnknownYear};
use engine::catalogue::duties::{Actor, Procedure, Reporter};
use engine::period::parse_date;
use engine::report::procedure::{Case, Course, Due, Event, Outcome, Standing, StepRefusal, View, What};
use jiff::civil::Date;
use repository::catalogue;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn procedure(id: &str) -> &'static Procedure {
    CATALOGUE.procedures.iter().find(|procedure| procedure.id == id).unwrap()
}

fn course(id: &str, today: &str) -> Course<'static> {
    Course { procedure: procedure(id), calendar: &CATALOGUE.calendar, today: day(today) }
}

/// A step with every part that must be there, on a day.
fn step(id: &str, step: &str, on: &str) -> Event {
    let must = procedure(id).dossier.iter().filter(|part| !part.if_any);
    let parts = must.map(|part| part.id.clone()).collect();
    let outcome = procedure(id).step(step).is_some_and(|step| step.decides).then_some(Outcome::Granted);
    Event { on: day(on), what: What::Done { step: step.to_string(), parts, outcome } }
}

fn opinion(by: &str, on: &str) -> Event {
    Event { on: day(on), what: What::Opinion { by: by.to_string(), view: View::Agrees } }
}

fn returned(on: &str) -> Event {
    Event { on: day(on), what: What::Returned }
}

const PARK: &str = "park-certificate";
const LATER: &str = "2027-06-30";
const MINISTRIES: [&str; 5] = ["finance", "environment", "science", "industry", "construction"];

/// A case of a park after these events, none of which is refused.
fn park(events: &[Event]) -> Case {
    let course = course(PARK, LATER);
    events.iter().fold(Case::default(), |case, event| match case.after(&course, event) {
        Ok(after) => after,
        Err(refusals) => panic!("{event:?}: {refusals:?}"),
    })
}

fn check_refused(case: &Case, event: &Event, today: &str, expected: &[StepRefusal]) {
    assert_eq!(case.after(&course(PARK, today), event), Err(expected.to_vec()), "{event:?} on {today}");
}

/// Step, who, last day with its mark, late or not.
fn standing(case: &Case, id: &str, today: &str) -> (String, Actor, Option<(Date, bool)>, bool) {
    let Standing::At(at) = case.standing(&course(id, today)) else { panic!("{id} on {today}") };
    let due = match at.due {
        Due::By { deadline } => Some((deadline.day, deadline.unconfirmed)),
        Due::NotYet | Due::Open => None,
        Due::CannotTell { year } => panic!("{year:?}"),
    };
    (at.step, at.actor, due, at.is_late)
}

#[test]
fn a_park_passes_through_its_certification_with_deadlines_and_actors() {
    assert_eq!((procedure(PARK).sets, procedure(PARK).dossier.len()), (Some(6), 4));
    let start = Case::default();
    assert_eq!(standing(&start, PARK, "2026-03-02"), ("submit".to_string(), Actor::Developer, None, false));

    let mut events = vec![step(PARK, "submit", "2026-03-06")];
    // Three working days after Friday 6 March.
    let due = Some((day("2026-03-11"), false));
    assert_eq!(standing(&park(&events), PARK, "2026-03-11"), ("forward".to_string(), Actor::Board, due, false));
    assert!(standing(&park(&events), PARK, "2026-03-12").3, "a day late");

    events.push(step(PARK, "forward", "2026-03-10"));
    let due = Some((day("2026-03-25"), true));
    assert_eq!(standing(&park(&events), PARK, "2026-03-20"), ("opinions".to_string(), Actor::Ministries, due, false));
    events.extend(MINISTRIES.map(|ministry| opinion(ministry, "2026-03-20")));
    events.push(step(PARK, "opinions", "2026-03-24"));
    // Forty days run from the dossier, not from the opinions.
    let due = Some((day("2026-04-15"), true));
    assert_eq!(standing(&park(&events), PARK, "2026-04-01"), ("assess".to_string(), Actor::Board, due, false));
    events.push(step(PARK, "assess", "2026-04-14"));
    assert_eq!(standing(&park(&events), PARK, "2027-04-01"), ("decide".to_string(), Actor::Province, None, false));
    events.push(step(PARK, "decide", "2026-05-20"));
    let finished = Standing::Finished { on: day("2026-05-20"), outcome: Some(Outcome::Granted) };
    assert_eq!(park(&events).standing(&course(PARK, "2026-06-01")), finished);
    assert_eq!(Case::of(&events), park(&events));
    check_refused(&park(&events), &returned("2026-06-01"), LATER, &[StepRefusal::NotNow]);
}

#[test]
fn limits_step_over_weekends_and_the_days_of_tet() {
    for (submitted, forwarded_by, assessed_by) in [
        // Friday 13 February 2026: Tết from the 16th to the 20th. The fortieth day is Wednesday 25 March.
        ("2026-02-13", "2026-02-25", "2026-03-25"),
        // The fortieth day is Sunday 29 March; the limit ends on Monday.
        ("2026-02-17", "2026-02-25", "2026-03-30"),
        // The fortieth day is Tuesday 9 February 2027, in Tết; the limit ends on Friday the 12th.
        ("2026-12-31", "2027-01-06", "2027-02-12"),
        // Friday 21 August 2026: Saturday the 22nd is worked for Monday the 31st.
        ("2026-08-21", "2026-08-25", "2026-09-30"),
    ] {
        let case = park(&[step(PARK, "submit", submitted)]);
        let awaited = case.awaited(&course(PARK, submitted));
        let days: Vec<Option<Date>> = awaited.iter().map(|awaited| awaited.due.day()).collect();
        assert_eq!(days, [Some(day(forwarded_by)), None, Some(day(assessed_by)), None], "{submitted}");
        assert_eq!((awaited[1].due, awaited[3].due), (Due::NotYet, Due::Open));
    }
}

#[test]
fn steps_are_taken_in_their_order_with_a_whole_dossier() {
    let start = Case::default();
    check_refused(&start, &step(PARK, "forward", "2026-03-06"), LATER, &[StepRefusal::NotNow]);
    let few = What::Done { step: "submit".to_string(), parts: vec!["registration".to_string()], outcome: None };
    check_refused(&start, &Event { on: day("2026-03-06"), what: few }, LATER, &[StepRefusal::Incomplete]);
    // Every reason at once.
    let nothing = What::Done { step: "submit".to_string(), parts: Vec::new(), outcome: None };
    let event = Event { on: day("2026-03-06"), what: nothing };
    check_refused(&start, &event, "2026-03-05", &[StepRefusal::Incomplete, StepRefusal::InFuture]);
    let case = park(&[step(PARK, "submit", "2026-03-06")]);
    check_refused(&case, &step(PARK, "forward", "2026-03-05"), LATER, &[StepRefusal::TooEarly]);
    check_refused(&case, &step(PARK, "submit", "2026-03-07"), LATER, &[StepRefusal::NotNow]);
}

#[test]
fn opinions_are_waited_for_until_their_time_is_over() {
    let mut events = vec![step(PARK, "submit", "2026-03-06"), step(PARK, "forward", "2026-03-10")];
    check_refused(&park(&events[..1]), &opinion("finance", "2026-03-09"), LATER, &[StepRefusal::NotNow]);
    check_refused(&park(&events), &opinion("finance", "2026-03-09"), LATER, &[StepRefusal::TooEarly]);
    check_refused(&park(&events), &opinion("health", "2026-03-12"), LATER, &[StepRefusal::NotAsked]);
    events.extend(MINISTRIES[..4].iter().map(|ministry| opinion(ministry, "2026-03-16")));
    let case = park(&events);
    check_refused(&case, &opinion("finance", "2026-03-17"), LATER, &[StepRefusal::SaidAlready]);
    assert_eq!(case.silent(procedure(PARK).consultation().unwrap()), ["construction"]);
    // The last day is the 25th.
    check_refused(&case, &step(PARK, "opinions", "2026-03-25"), LATER, &[StepRefusal::OpinionsMissing]);
    let early = [StepRefusal::OpinionsMissing, StepRefusal::TooEarly];
    check_refused(&case, &step(PARK, "opinions", "2026-03-15"), LATER, &early);
    events.push(step(PARK, "opinions", "2026-03-26"));
    // An opinion that comes late is still written down, and marked.
    events.push(opinion("construction", "2026-03-30"));
    let case = park(&events);
    assert_eq!(case.opinions.len(), 5);
    let late: Vec<bool> = Case::history(&course(PARK, LATER), &events).iter().map(|passed| passed.is_late).collect();
    assert_eq!(late, [false, false, false, false, false, false, true, true]);
}

#[test]
fn a_returned_dossier_begins_again_and_its_limits_with_it() {
    let first =
        [step(PARK, "submit", "2026-03-06"), step(PARK, "forward", "2026-03-10"), opinion("finance", "2026-03-16")];
    check_refused(&Case::default(), &returned("2026-03-06"), LATER, &[StepRefusal::NotNow]);
    let mut events = first.to_vec();
    events.push(returned("2026-03-20"));
    let back = park(&events);
    assert_eq!(standing(&back, PARK, "2026-12-01"), ("submit".to_string(), Actor::Developer, None, false));
    check_refused(&back, &step(PARK, "submit", "2026-03-19"), LATER, &[StepRefusal::TooEarly]);
    events.push(step(PARK, "submit", "2026-04-01"));
    let again = park(&events);
    assert!(again.opinions.is_empty());
    let due = Some((day("2026-04-06"), false));
    assert_eq!(standing(&again, PARK, "2026-04-06"), ("forward".to_string(), Actor::Board, due, false));
}

#[test]
fn a_limit_may_be_over_before_its_step_is_due() {
    let case = park(&[step(PARK, "submit", "2026-03-06"), step(PARK, "forward", "2026-04-10")]);
    let awaited = case.awaited(&course(PARK, "2026-04-16"));
    let late: Vec<(&str, bool)> = awaited.iter().map(|awaited| (awaited.step.as_str(), awaited.is_late)).collect();
    assert_eq!(late, [("opinions", false), ("assess", true), ("decide", false)]);
    let history =
        Case::history(&course(PARK, LATER), &[step(PARK, "submit", "2026-03-06"), step(PARK, "forward", "2026-04-10")]);
    assert_eq!(history[1].due.unwrap().day(), Some(day("2026-03-11")));
    assert!(history[1].is_late && !history[0].is_late);
}

#[test]
fn a_decision_says_what_was_decided_and_a_closed_case_awaits_nothing() {
    let revocation = course("revocation", LATER);
    let silent = What::Done { step: "decide".to_string(), parts: Vec::new(), outcome: None };
    let silent = Event { on: day("2026-05-20"), what: silent };
    assert_eq!(Case::default().after(&revocation, &silent), Err(vec![StepRefusal::NoOutcome]));
    let closed = Event { on: day("2026-05-21"), what: What::Closed };
    let case = Case::default().after(&revocation, &closed).unwrap();
    assert_eq!(case.standing(&revocation), Standing::Closed { on: day("2026-05-21") });
    assert!(case.awaited(&revocation).is_empty());
    assert_eq!(case.after(&revocation, &closed), Err(vec![StepRefusal::NotNow]));
}

#[test]
fn a_limit_that_reaches_into_an_unknown_year_cannot_be_told() {
    let case = Case::of(&[step(PARK, "submit", "2027-12-31")]);
    let awaited = case.awaited(&course(PARK, "2028-06-01"));
    let unknown = Due::CannotTell { year: UnknownYear { year: 2028 } };
    assert_eq!((awaited[0].due, awaited[0].is_late, awaited[2].due), (unknown, false, unknown));
    let sure = CATALOGUE.calendar.worked_from(day("2026-03-07"));
    assert_eq!(sure, Ok(Deadline { day: day("2026-03-09"), unconfirmed: false }));
}

/// Every procedure can be gone through to its end by whoever it names, and says where a decision is taken.
#[test]
fn every_procedure_comes_to_an_end() {
    for procedure in &CATALOGUE.procedures {
        let course = course(&procedure.id, LATER);
        let mut case = Case::default();
        while let Some(due) = case.step(procedure) {
            for asked in &due.consulted {
                case = case.after(&course, &opinion(&asked.id, "2026-03-06")).unwrap();
            }
            case = case.after(&course, &step(&procedure.id, &due.id, "2026-03-06")).unwrap();
        }
        let decides = procedure.steps.iter().any(|step| step.decides);
        let finished = Standing::Finished { on: day("2026-03-06"), outcome: decides.then_some(Outcome::Granted) };
        assert_eq!(case.standing(&course), finished, "{}", procedure.id);
        let stranger = match procedure.subject {
            Reporter::Park => Actor::Enterprise,
            Reporter::Enterprise => Actor::Developer,
        };
        assert!(procedure.steps.iter().all(|step| step.actor != stranger), "{}", procedure.id);
    }
}
