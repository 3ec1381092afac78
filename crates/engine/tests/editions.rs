//! Editions as data that an administrator writes: read with every fault, written, compared, published, replaced.

mod repository;

use std::sync::LazyLock;

use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::compare::{Change, MatchedBy, compare, correspondence};
use engine::catalogue::frameworks::life::{Overlap, Refusal, Stage, overlaps};
use engine::catalogue::frameworks::published::{Editions, publish};
use engine::catalogue::frameworks::write::write_framework;
use engine::catalogue::frameworks::{Framework, Indicator, read_draft, read_framework};
use engine::ids::FrameworkId;
use engine::period::parse_date;
use repository::{catalogue, text};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

fn edition(id: &str) -> &'static Framework {
    &CATALOGUE.frameworks[&FrameworkId::new(id)]
}

const ROW: &str = "[[criterion]]\nid = \"F-1\"\ncategory = \"social\"\nkind = \"criterion\"\nlabel_en = \"Report\"\n\
    label_vi = \"Báo cáo\"\nunit = \"yes_no\"\ntarget = 1.0\ndirection = \"yes\"\nunconfirmed = true\nsource = \"Decree\"\n";

fn check_faults(rows: &str, expected: &[&str]) {
    let text = format!("framework = \"F\"\nversion = \"1\"\nstatus = \"draft\"\n{rows}");
    let (framework, faults) = read_draft("f.toml", "f", &text, &CATALOGUE);
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
    assert_eq!(framework.is_some(), expected.is_empty());
}

#[test]
fn a_good_draft_has_no_fault_and_may_still_be_empty() {
    check_faults("", &[]);
    check_faults(ROW, &[]);
}

#[test]
fn every_fault_is_told_with_its_line_its_criterion_and_what_was_expected() {
    let second = ROW
        .replace("target = 1.0", "target = \"one\"")
        .replace("direction = \"yes\"", "direction = \"above\"")
        .replace("label_vi = \"Báo cáo\"\n", "lable_vi = \"Báo cáo\"\n");
    check_faults(
        &format!("{ROW}{second}"),
        &[
            "f.toml line 15, F-1.label_vi: missing-value, expected text",
            "f.toml line 16, F-1.id: duplicate: found \"F-1\", expected once, line 4",
            "f.toml line 20, F-1.lable_vi: unknown-column: found \"lable_vi\"",
            "f.toml line 22, F-1.target: not-a-number: found \"one\", expected number",
            "f.toml line 23, F-1.direction: unknown-code: found \"above\", expected at_least | at_most | yes",
        ],
    );
}

#[test]
fn numbers_must_be_possible_and_references_known() {
    check_faults(
        &format!("{}coverage = 1.5\nvalid_months = 0\n", ROW.replace("target = 1.0", "target = 2")),
        &[
            "f.toml line 11, F-1.target: out-of-range: found \"2\", expected 1",
            "f.toml line 15, F-1.coverage: out-of-range: found \"1.5\", expected 0 … 1",
            "f.toml line 16, F-1.valid_months: out-of-range: found \"0\", expected 1 …",
        ],
    );
    check_faults(
        &format!("{ROW}indicator = {{ rule = \"answer\", fact = \"nobody-knows\" }}\n"),
        &["f.toml line 15, F-1.indicator.fact: unknown-reference: found \"nobody-knows\", expected facts.csv"],
    );
    check_faults(&format!("{ROW}indicator = {{ rule = \"survey_share\", question = \"aware-recp\" }}\n"), &[]);
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let (framework, faults) = read_draft("f.toml", "f", "framework = \"F\"\nversion = = 1\n", &CATALOGUE);
    assert!(framework.is_none() && !faults.is_empty());
    assert!(faults.iter().all(|fault| fault.place.line == Some(2)), "{faults:?}");
}

#[test]
fn what_is_written_is_read_again_as_the_same_edition() {
    let mut every: Vec<Framework> =
        CATALOGUE.frameworks.values().chain(CATALOGUE.empty_editions.values()).cloned().collect();
    let mut rich = edition("vn-decree-35-2022").clone();
    rich.id = FrameworkId::new("rich");
    for (index, row) in rich.criteria.iter_mut().enumerate() {
        row.target = if row.target == 1.0 { 1.0 } else { row.target + 0.1 + index as f64 / 3.0 };
        row.coverage = Some(0.1 + 0.2);
        row.valid_months = Some(18);
        row.needs_evidence = true;
        row.indicator = Some(Indicator::SurveyShare { question: "aware-recp".to_string(), min_employees: 100 });
        row.note.vi = "Dấu \"ngoặc\", \\ và\nxuống dòng".to_string();
        row.note.en = "quote \"\"\" and 'single'".to_string();
    }
    every.push(rich);
    for framework in every {
        let text = write_framework(&framework);
        let (read, faults) = read_draft("f.toml", framework.id.as_str(), &text, &CATALOGUE);
        assert_eq!(faults, [], "{}", framework.id);
        assert_eq!(read.unwrap(), framework);
    }
}

#[test]
fn the_edition_of_2021_is_named_and_never_scored() {
    let id = FrameworkId::new("international-eip-2021");
    assert!(CATALOGUE.empty_editions[&id].is_empty());
    assert!(!CATALOGUE.frameworks.contains_key(&id));
    let text = text("catalogue/frameworks/international-eip-2021.toml");
    let faults = read_framework("f.toml", "f", &text).unwrap_err();
    assert_eq!(faults[0].to_string(), "f.toml: missing-value, expected [[criterion]]");
}

// Comparing.

#[test]
fn decree_35_is_compared_with_the_decree_it_replaced() {
    let comparison = compare(edition("vn-decree-82-2018"), edition("vn-decree-35-2022"));
    assert_eq!(comparison.rows.iter().filter(|row| row.matched_by == Some(MatchedBy::Replaces)).count(), 7);
    assert_eq!((comparison.count(Change::Added), comparison.count(Change::Removed)), (4, 2));
    let dropped: Vec<&str> = comparison
        .rows
        .iter()
        .filter(|row| row.change == Change::Removed)
        .map(|row| row.former.as_ref().unwrap().as_str())
        .collect();
    assert_eq!(dropped, ["VN82-3A", "VN82-5B"]);
    let recp = comparison.rows.iter().find(|row| row.later.as_ref().is_some_and(|id| id.as_str() == "VN35-37-2C"));
    assert!(recp.unwrap().fields.iter().all(|field| field.field != "target"), "20 % in both");
}

#[test]
fn an_edition_differs_from_itself_in_nothing_and_from_a_changed_one_in_what_was_changed() {
    let former = edition("vn-circular-05-2025");
    let mut later = former.clone();
    assert_eq!(compare(former, &later).count(Change::Same), 23);
    later.criteria[1].target = 30.0;
    later.criteria[1].coverage = Some(0.9);
    later.criteria.remove(0);
    let comparison = compare(former, &later);
    assert_eq!((comparison.count(Change::Changed), comparison.count(Change::Removed)), (1, 1));
    let fields: Vec<(&str, &str, &str)> =
        comparison.rows[0].fields.iter().map(|field| (field.field, &*field.former, &*field.later)).collect();
    assert_eq!(fields, [("target", "20", "30"), ("coverage", "", "0.9")]);
}

#[test]
fn a_topic_pairs_rows_only_where_it_can_mean_one() {
    let former = edition("vn-decree-82-2018");
    let mut later = edition("vn-decree-35-2022").clone();
    later.criteria.iter_mut().for_each(|row| row.replaces = None);
    let by_topic = |later: &Framework| {
        compare(former, later).rows.iter().filter(|row| row.matched_by == Some(MatchedBy::Topic)).count()
    };
    assert_eq!(by_topic(&later), 5);
    later.criteria[0].topic = "RECP applied".to_string();
    assert_eq!(by_topic(&later), 4, "two rows with the topic: neither is paired");
}

// The life of an edition.

#[test]
fn an_edition_is_published_once_and_replaced_later() {
    let edition = edition("vn-decree-35-2022");
    let day = |text| parse_date(text).unwrap();
    let by = FrameworkId::new("vn-decree-2027");
    let empty = CATALOGUE.empty_editions.values().next().unwrap();
    assert_eq!(Stage::Draft.publish(empty, day("2027-01-01")), Err(Refusal::Empty));
    assert_eq!(Stage::Draft.replace(edition, &by, day("2027-01-01")), Err(Refusal::NotPublished));
    assert!(Stage::Draft.may_be_written() && !Stage::Draft.is_in_force(day("2027-01-01")));

    let published = Stage::Draft.publish(edition, day("2022-07-15")).unwrap();
    assert_eq!(published.publish(edition, day("2023-01-01")), Err(Refusal::AlreadyPublished));
    assert_eq!(published.replace(edition, &by, day("2022-07-15")), Err(Refusal::TooEarly));
    assert_eq!(published.replace(edition, &edition.id, day("2027-01-01")), Err(Refusal::Itself));
    assert!(!published.may_be_written());

    let replaced = published.replace(edition, &by, day("2027-01-01")).unwrap();
    assert_eq!(replaced.publish(edition, day("2027-01-01")), Err(Refusal::AlreadyPublished));
    for (text, before, after) in [
        ("2022-07-14", false, false),
        ("2022-07-15", true, true),
        ("2026-12-31", true, true),
        ("2027-01-01", true, false),
    ] {
        assert_eq!((published.is_in_force(day(text)), replaced.is_in_force(day(text))), (before, after), "{text}");
    }
    assert_eq!(replaced.dated(edition).valid_to, parse_date("2026-12-31"));
}

#[test]
fn a_day_belongs_to_one_edition_of_a_line() {
    let every: Vec<&Framework> = CATALOGUE.frameworks.values().chain(CATALOGUE.empty_editions.values()).collect();
    assert_eq!(overlaps(&every), []);
    let (former, mut later) = (edition("vn-decree-82-2018"), edition("vn-decree-35-2022").clone());
    later.valid_from = former.valid_to;
    assert_eq!(overlaps(&[former, &later]), [Overlap { former: former.id.clone(), later: later.id.clone() }]);
}

#[test]
fn successors_of_one_edition_share_no_day_with_each_other() {
    let former = edition("vn-decree-82-2018");
    let of = |id: &str, from: &str, to: Option<&str>| Framework {
        id: FrameworkId::new(id),
        valid_from: parse_date(from),
        valid_to: to.and_then(parse_date),
        ..edition("vn-decree-35-2022").clone()
    };
    let (one, other) = (of("one", "2022-07-15", None), of("other", "2023-01-01", None));
    let overlap = Overlap { former: one.id.clone(), later: other.id.clone() };
    assert_eq!(overlaps(&[former, &other, &one]), [overlap]);
    let one = of("one", "2022-07-15", Some("2022-12-31"));
    assert_eq!(overlaps(&[former, &other, &one]), []);
    // In a ring nobody is first, and the line is one all the same.
    let mut first = of("first", "2022-07-15", None);
    first.replaces = Some(other.id.clone());
    let other = Framework { replaces: Some(first.id.clone()), ..other };
    assert_eq!(overlaps(&[&first, &other]).len(), 1);
}

#[test]
fn rows_of_two_editions_correspond_whichever_is_asked_first() {
    let (former, later) = (edition("vn-decree-82-2018"), edition("vn-decree-35-2022"));
    let turned = |pairs: Vec<(_, _, MatchedBy)>| -> Vec<_> { pairs.into_iter().map(|(a, b, by)| (b, a, by)).collect() };
    let (mut forth, mut back) = (correspondence(former, later), turned(correspondence(later, former)));
    assert_eq!(forth.len(), 7);
    forth.sort_by_key(|(_, id, _)| id.clone());
    back.sort_by_key(|(_, id, _)| id.clone());
    assert_eq!(forth, back);
}

// Editions beside the catalogue.

/// A copy of Decree 35 under another name, taking the place of an edition.
fn draft(id: &str, replaces: &str) -> (FrameworkId, (Framework, Stage)) {
    let id = FrameworkId::new(id);
    let replaces = Some(FrameworkId::new(replaces));
    let edition = Framework {
        id: id.clone(),
        replaces,
        valid_from: None,
        valid_to: None,
        ..edition("vn-decree-35-2022").clone()
    };
    (id, (edition, Stage::Draft))
}

fn published(editions: &mut Editions, id: &str, from: &str) -> Result<(), Refusal> {
    let changes = publish(&CATALOGUE, editions, &FrameworkId::new(id), parse_date(from).unwrap())?;
    for (id, stage) in changes {
        editions.get_mut(&id).unwrap().1 = stage;
    }
    Ok(())
}

#[test]
fn what_is_published_can_be_scored_and_ends_what_it_replaces() {
    let mut editions =
        Editions::from([draft("vn-decree-2027", "vn-decree-35-2022"), draft("vn-decree-2030", "vn-decree-2027")]);
    assert_eq!(CATALOGUE.with_editions(&editions).digest(), CATALOGUE.digest(), "drafts change nothing");
    assert_eq!(published(&mut editions, "vn-decree-2030", "2030-01-01"), Err(Refusal::FormerIsDraft));
    assert_eq!(published(&mut editions, "vn-decree-2027", "2022-07-15"), Err(Refusal::TooEarly));
    published(&mut editions, "vn-decree-2027", "2027-01-01").unwrap();
    let whole = CATALOGUE.with_editions(&editions);
    assert_ne!(whole.digest(), CATALOGUE.digest());
    assert_eq!(whole.frameworks[&FrameworkId::new("vn-decree-35-2022")].valid_to, parse_date("2026-12-31"));
    assert_eq!(published(&mut editions, "vn-decree-2027", "2028-01-01"), Err(Refusal::AlreadyPublished));
    published(&mut editions, "vn-decree-2030", "2030-01-01").unwrap();
    let whole = CATALOGUE.with_editions(&editions);
    assert_eq!(whole.frameworks[&FrameworkId::new("vn-decree-2027")].valid_to, parse_date("2029-12-31"));
    let every: Vec<&Framework> = whole.frameworks.values().collect();
    assert_eq!(overlaps(&every), []);
}

#[test]
fn what_would_share_days_is_not_published() {
    let mut editions = Editions::from([
        draft("one", "vn-decree-35-2022"),
        draft("two", "vn-decree-35-2022"),
        draft("vn-decree-82-2018", "vn-decree-35-2022"),
        draft("itself", "itself"),
    ]);
    published(&mut editions, "one", "2027-01-01").unwrap();
    for (id, from, refusal) in [
        ("two", "2028-01-01", Refusal::Overlaps),
        ("two", "2026-01-01", Refusal::Overlaps),
        ("vn-decree-82-2018", "2028-01-01", Refusal::NameTaken),
        ("itself", "2028-01-01", Refusal::Itself),
        ("nobody", "2028-01-01", Refusal::NoSuchEdition),
    ] {
        assert_eq!(published(&mut editions, id, from), Err(refusal), "{id} {from}");
    }
}

#[test]
fn the_empty_edition_is_scored_once_it_is_filled_and_published() {
    let (id, filled) = draft("international-eip-2021", "international-eip-2017");
    let mut editions = Editions::from([(id.clone(), filled)]);
    published(&mut editions, id.as_str(), "2021-01-29").unwrap();
    let whole = CATALOGUE.with_editions(&editions);
    assert!(whole.frameworks.contains_key(&id) && !whole.empty_editions.contains_key(&id));
    assert_eq!(whole.frameworks[&FrameworkId::new("international-eip-2017")].valid_to, parse_date("2021-01-28"));
}
