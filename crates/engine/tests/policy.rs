//! The policy laboratory against brute force: what it says from kept values is what assessing every park again under
//! the changed edition says.

#[path = "policy/parks.rs"]
mod parks;
mod repository;

use std::sync::LazyLock;

use engine::assess::found::Kept;
use engine::assess::policy::wishes::{Wish, change_set, wishes_of_toml};
use engine::assess::policy::{
    ChangeSet, KeptPark, RowChange, Verdict, Wanted, changed, is_share_of_amounts, keep, simulate,
};
use engine::assess::{Assessment, Lack, Outcome, assess};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Criterion, Framework, Indicator, Rule};
use engine::fault::FaultKind;
use engine::ids::{CriterionId, FrameworkId};
use engine::matching::{choose_network, find_exchanges};
use engine::observe::observe;
use engine::park::{Fact, Park};
use engine::period::{Period, parse_date};
use engine::plan::policy::{Needs, keep_plan, needs};
use engine::plan::{Assumptions, plan};

use parks::{Random, nation};
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);

fn year() -> Period {
    Period::year(2024).unwrap()
}

fn edition(id: &str) -> &'static Framework {
    &CATALOGUE.frameworks[&FrameworkId::new(id)]
}

fn every_criterion() -> impl Iterator<Item = &'static Criterion> {
    CATALOGUE.frameworks.values().flat_map(|framework| &framework.criteria)
}

fn kept(park: &Park) -> KeptPark {
    keep(park, &observe(park, &CATALOGUE, year()), &CATALOGUE, every_criterion())
}

fn assessed(park: &Park, framework: &Framework) -> Assessment {
    assess(park, &observe(park, &CATALOGUE, year()), framework, &CATALOGUE)
}

/// New targets, directions, scopes and coverages for some rows; some rows dropped, some taken over from elsewhere.
fn random_changes(random: &mut Random, edition: &Framework) -> ChangeSet {
    let mut changes = ChangeSet::default();
    for criterion in &edition.criteria {
        let indicator = CATALOGUE.indicator(criterion);
        let is_survey = matches!(indicator, Some(Indicator::SurveyShare { .. }));
        let is_share = indicator.is_some_and(is_share_of_amounts);
        match random.below(5) {
            0 if changes.dropped.len() + 2 < edition.criteria.len() => {
                changes.dropped.insert(criterion.id.clone());
            }
            1 | 2 if criterion.rule != Rule::Yes => {
                let change = RowChange {
                    target: (!random.one_in(4)).then(|| random.below(101) as f64),
                    direction: random.one_in(4).then_some(Rule::AtMost),
                    min_employees: (is_survey && random.one_in(2)).then(|| random.pick(&[0, 99, 100, 250])),
                    coverage: (is_share && random.one_in(3)).then(|| random.below(11) as f64 / 10.0),
                };
                changes.rows.insert(criterion.id.clone(), change);
            }
            _ => {}
        }
    }
    for criterion in every_criterion() {
        if random.one_in(12) && edition.criterion(&criterion.id).is_none() {
            changes.added.push(Criterion { target: criterion.target, ..criterion.clone() });
        }
    }
    changes
}

#[test]
fn it_says_what_assessing_every_park_again_says() {
    for seed in 1..=6 {
        let parks = nation(seed, 25, &CATALOGUE);
        let kept: Vec<KeptPark> = parks.iter().map(kept).collect();
        let mut random = Random(seed + 1000);
        for before in CATALOGUE.frameworks.values() {
            let changes = random_changes(&mut random, before);
            let after = changed(before, &changes, &CATALOGUE).unwrap_or_else(|faults| panic!("{faults:?}"));
            let effect = simulate(before, &changes, &kept, &CATALOGUE).unwrap();
            let mut flips = 0;
            for (park, told) in parks.iter().zip(&effect.parks) {
                let balance = observe(park, &CATALOGUE, year());
                let (old, new) =
                    (assess(park, &balance, before, &CATALOGUE), assess(park, &balance, &after, &CATALOGUE));
                assert_eq!((told.before, told.after), (old.score, new.score), "seed {seed} {}", park.id);
                for (id, outcomes) in effect.criteria.iter().zip(&told.outcomes) {
                    let of = |assessment: &Assessment| {
                        assessment.criteria.iter().find(|result| result.id == *id).map(|result| result.outcome)
                    };
                    assert_eq!(*outcomes, (of(&old), of(&new)), "seed {seed} {} {id}", park.id);
                    let is_flip = outcomes.0.is_some() && outcomes.1.is_some() && outcomes.0 != outcomes.1;
                    flips += usize::from(is_flip);
                    let flip = effect.flips.iter().find(|flip| flip.park == park.id && flip.criterion == *id);
                    assert_eq!(flip.map(|flip| (Some(flip.before), Some(flip.after))), is_flip.then_some(*outcomes));
                    if let Some(flip) = flip {
                        let result = new.criteria.iter().find(|result| result.id == *id).unwrap();
                        assert_eq!(flip.range, result.range);
                        let row = after.criterion(id).unwrap();
                        assert_eq!(flip.distance, result.value.map(|value| row.rule.margin(value, row.target)));
                    }
                }
                for result in new.criteria.iter().filter(|result| result.outcome == Outcome::Unknown) {
                    let open = effect.open.iter().find(|open| open.park == park.id && open.criterion == result.id);
                    let open = open.unwrap_or_else(|| panic!("{} {} is open", park.id, result.id));
                    assert_eq!((open.range, &open.lacks), (result.range, &result.lacks));
                }
            }
            assert_eq!(effect.flips.len(), flips, "seed {seed} {}", before.id);
            for (at, row) in effect.rows.iter().enumerate() {
                let told = effect.parks.iter().map(|park| park.outcomes[at]);
                let is_flip = |(before, after): (Option<Outcome>, Option<Outcome>)| {
                    before.is_some() && after.is_some() && before != after
                };
                assert_eq!(row.flips, told.clone().filter(|pair| is_flip(*pair)).count());
                let met = told.filter(|(_, after)| *after == Some(Outcome::Met)).count();
                assert_eq!(row.after.map_or(0, |score| score.met), met);
            }
        }
    }
}

#[test]
fn groups_hold_every_park_once() {
    let kept: Vec<KeptPark> = nation(5, 40, &CATALOGUE).iter().map(kept).collect();
    let changes = target("VN35-37-2C", 60.0);
    let effect = simulate(edition("vn-decree-35-2022"), &changes, &kept, &CATALOGUE).unwrap();
    let flipping = effect.flips.iter().map(|flip| &flip.park).collect::<std::collections::BTreeSet<_>>().len();
    for groups in [&effect.by_province, &effect.by_sector] {
        assert_eq!(groups.values().map(|group| group.parks).sum::<usize>(), effect.whole.parks);
        assert_eq!(groups.values().map(|group| group.flipping).sum::<usize>(), flipping);
        for group in groups.values() {
            assert_eq!(group.meets_after + group.fails_after + group.open_after, group.parks);
        }
    }
    assert_eq!((effect.whole.parks, effect.whole.flipping), (40, flipping));
    let failing = effect.parks.iter().filter(|park| park.verdict_after == Verdict::Fails).count();
    assert_eq!(effect.by_province.values().map(|group| group.fails_after).sum::<usize>(), failing);
}

fn target(id: &str, target: f64) -> ChangeSet {
    let change = RowChange { target: Some(target), ..RowChange::default() };
    ChangeSet { rows: [(CriterionId::new(id), change)].into(), ..ChangeSet::default() }
}

/// The sample park runs two exchanges in 2024.
#[test]
fn a_flip_tells_how_far_the_line_is() {
    let kept = [kept(&example("khu-mau"))];
    let effect = simulate(edition("vn-decree-35-2022"), &target("VN35-37-2B", 5.0), &kept, &CATALOGUE).unwrap();
    let [flip] = &effect.flips[..] else { panic!("{:?}", effect.flips) };
    assert_eq!((flip.before, flip.after, flip.distance), (Outcome::Met, Outcome::NotMet, Some(-3.0)));
    assert!(
        simulate(edition("vn-decree-35-2022"), &target("VN35-37-2B", 2.0), &kept, &CATALOGUE).unwrap().flips.is_empty()
    );
}

#[test]
fn what_is_unknown_tells_what_would_settle_it() {
    let mut park = example("khu-mau");
    park.survey.retain(|answer| answer.question != "applies-recp");
    let tenants = park.tenants().count();
    let effect =
        simulate(edition("vn-decree-35-2022"), &target("VN35-37-2C", 30.0), &[kept(&park)], &CATALOGUE).unwrap();
    let open = effect.open.iter().find(|open| open.criterion.as_str() == "VN35-37-2C").unwrap();
    assert_eq!((open.range, open.before), (Some((0.0, 100.0)), Some(Outcome::Unknown)));
    assert_eq!(open.lacks, [Lack::NoData]);
    assert_eq!(open.wanted, [Wanted::Answers { question: "applies-recp".to_string(), enterprises: tenants }]);
}

#[test]
fn everything_wrong_with_a_change_set_is_told_at_once() {
    let mut changes = target("VN35-37-2C", 120.0);
    changes.rows.insert(CriterionId::new("NONE"), RowChange::default());
    let scope = RowChange { min_employees: Some(100), ..RowChange::default() };
    changes.rows.insert(CriterionId::new("VN35-37-2B"), scope);
    changes.added.push(edition("vn-decree-35-2022").criteria[0].clone());
    let faults = changed(edition("vn-decree-35-2022"), &changes, &CATALOGUE).unwrap_err();
    let told: Vec<(FaultKind, &str)> =
        faults.iter().map(|fault| (fault.kind, fault.place.column.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        told,
        [
            (FaultKind::UnknownReference, "NONE"),
            (FaultKind::Contradiction, "VN35-37-2B.min_employees"),
            (FaultKind::OutOfRange, "VN35-37-2C.target"),
            (FaultKind::Duplicate, "VN35-37-1A.id"),
        ]
    );
}

#[test]
fn a_row_that_was_not_kept_is_told_and_not_guessed() {
    let park = example("khu-mau");
    let balance = observe(&park, &CATALOGUE, year());
    let kept = [keep(&park, &balance, &CATALOGUE, edition("vn-decree-35-2022").criteria.iter())];
    let added = edition("vn-decree-82-2018").criteria[0].clone();
    let changes = ChangeSet { added: vec![added], ..ChangeSet::default() };
    let faults = simulate(edition("vn-decree-35-2022"), &changes, &kept, &CATALOGUE).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].place.column.as_deref(), faults[0].found.as_str()), (Some("VN82-1"), "1"));
}

/// A row that keeps its id and asks something else must not be judged by what the former row found.
#[test]
fn a_value_answers_only_the_question_that_it_was_kept_for() {
    let park = example("khu-mau");
    let decree = edition("vn-decree-35-2022");
    let former = decree.criteria.iter().find(|row| row.id.as_str() == "VN35-37-2C").unwrap();
    let replaced =
        |row: Criterion| ChangeSet { dropped: [former.id.clone()].into(), added: vec![row], ..ChangeSet::default() };
    let refused = |row: Criterion| simulate(decree, &replaced(row), &[kept(&park)], &CATALOGUE).is_err();
    let asks = |question: &str, min_employees| {
        let indicator = Indicator::SurveyShare { question: question.to_string(), min_employees };
        Criterion { indicator: Some(indicator), ..former.clone() }
    };
    assert!(refused(asks("ohs-system", 0)));
    assert!(refused(Criterion { valid_months: Some(6), ..former.clone() }));
    assert!(refused(Criterion { needs_evidence: true, ..former.clone() }));
    assert!(!refused(asks("applies-recp", 100)));
    assert!(!refused(Criterion { target: 90.0, ..former.clone() }));
}

const WISHES: &str =
    "drop = [\"VN35-37-1D\"]\nadd = [\"VN82-1\"]\n[row.VN35-37-2C]\ntarget = 30\nmin_employees = 100\n";

#[test]
fn a_change_set_is_the_same_from_a_file_an_address_and_its_own_text() {
    let decree = edition("vn-decree-35-2022");
    let read = |text: &str| {
        let (wishes, faults) = wishes_of_toml("changes.toml", text);
        assert_eq!(faults, []);
        change_set(decree, &wishes, &CATALOGUE).unwrap()
    };
    let changes = read(WISHES);
    assert_eq!((changes.rows.len(), changes.dropped.len(), changes.added.len()), (1, 1, 1));
    assert_eq!(read(&changes.to_toml()), changes);
    let wishes: Vec<Wish> =
        changes.pairs().iter().map(|(key, value)| Wish::of_pair("address", key, value).unwrap()).collect();
    assert_eq!(change_set(decree, &wishes, &CATALOGUE).unwrap(), changes);
    // What the edition says already is no change.
    let recp = decree.criteria.iter().find(|row| row.id.as_str() == "VN35-37-2C").unwrap();
    let same = Wish::of_pair("--set", "VN35-37-2C", &recp.target.to_string()).unwrap();
    assert!(change_set(decree, &[same], &CATALOGUE).unwrap().is_empty());
    assert_eq!(Wish::of_pair("address", "period", "2024").map(|wish| wish.field.code()), Some("target"));
    assert_eq!(Wish::of_pair("address", "a.b", "2024"), None);
}

#[test]
fn everything_wrong_with_a_file_of_changes_is_told_at_once_with_its_line() {
    let decree = edition("vn-decree-35-2022");
    let text = "drop = [\"NONE\"]\nadd = [\"ALSO-NONE\"]\n[row.VN35-37-2C]\ntarget = \"many\"\ncoverage = 0.9\n\
                [row.VN35-37-2B]\ntarget = -1\ndirection = \"below\"\n";
    let faults = change_set(decree, &wishes_of_toml("c.toml", text).0, &CATALOGUE).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| (fault.place.line.unwrap(), fault.kind)).collect();
    assert_eq!(
        told,
        [
            (1, FaultKind::UnknownReference),
            (2, FaultKind::UnknownReference),
            (4, FaultKind::NotANumber),
            (5, FaultKind::Contradiction),
            (7, FaultKind::OutOfRange),
            (8, FaultKind::UnknownCode),
        ],
        "{faults:?}"
    );
    let (_, faults) = wishes_of_toml("c.toml", "drop = 3\nrows = {}\n[row.A]\ntarget = true\nlimit = 3\n");
    let lines: Vec<_> = faults.iter().map(|fault| (fault.place.line.unwrap(), fault.kind)).collect();
    assert_eq!(
        lines,
        [
            (1, FaultKind::UnreadableFile),
            (2, FaultKind::UnknownColumn),
            (4, FaultKind::UnreadableFile),
            (5, FaultKind::UnknownColumn)
        ]
    );
}

#[test]
fn what_is_kept_names_no_enterprise_and_survives_being_written_down() {
    let park = example("khu-mau");
    let kept = kept(&park);
    let text = serde_json::to_string(&kept).unwrap();
    for enterprise in &park.enterprises {
        let named = [enterprise.id.as_str(), &enterprise.name.vi].map(|name| format!("\"{name}\""));
        assert!(!named.iter().any(|name| text.contains(name)), "{}", enterprise.id);
    }
    assert_eq!(serde_json::from_str::<KeptPark>(&text).unwrap(), kept);
    assert!(kept.values.values().any(|value| matches!(value.kept, Kept::Survey { .. })));
    assert_eq!(kept.sector.as_deref(), Some("10"));
}

// The three ways in which a datum can be missing.

/// Decree 35 with one row changed.
fn with_row(id: &str, change: impl Fn(&mut Criterion)) -> Framework {
    let mut framework = edition("vn-decree-35-2022").clone();
    framework.criteria.iter_mut().filter(|criterion| criterion.id.as_str() == id).for_each(change);
    framework
}

fn check_fact(stated_on: Option<&str>, evidence: Option<&str>, framework: &Framework, expected: (Outcome, &[Lack])) {
    let mut park = example("khu-mau");
    park.facts.retain(|fact| fact.fact != "basic-services");
    park.facts.extend(stated_on.map(|day| Fact {
        fact: "basic-services".to_string(),
        value: Some(1.0),
        stated_on: parse_date(day).unwrap(),
        evidence: evidence.map(str::to_string),
        not_applicable: None,
    }));
    let assessment = assessed(&park, framework);
    let result = assessment.criteria.iter().find(|result| result.id.as_str() == "VN35-37-1B").unwrap();
    assert_eq!((result.outcome, &result.lacks[..]), expected);
}

#[test]
fn no_data_too_old_and_not_confirmed_are_told_apart() {
    let plain = edition("vn-decree-35-2022");
    let strict = with_row("VN35-37-1B", |row| row.needs_evidence = true);
    let lenient = with_row("VN35-37-1B", |row| row.valid_months = Some(60));
    check_fact(None, None, plain, (Outcome::Unknown, &[Lack::NoData]));
    check_fact(Some("2021-05-01"), None, plain, (Outcome::Unknown, &[Lack::TooOld]));
    check_fact(Some("2021-05-01"), None, &lenient, (Outcome::Met, &[]));
    check_fact(Some("2024-05-01"), None, plain, (Outcome::Met, &[]));
    check_fact(Some("2024-05-01"), None, &strict, (Outcome::Unknown, &[Lack::NotConfirmed]));
    check_fact(Some("2024-05-01"), Some("Hợp đồng"), &strict, (Outcome::Met, &[]));
}

#[test]
fn adding_evidence_never_lowers_certainty() {
    let mut strict = edition("vn-circular-05-2025").clone();
    strict.criteria.iter_mut().for_each(|row| row.needs_evidence = true);
    for park in nation(9, 30, &CATALOGUE) {
        let mut proven = park.clone();
        proven.facts.iter_mut().for_each(|fact| fact.evidence = Some("Văn bản".to_string()));
        proven.survey.iter_mut().for_each(|answer| answer.evidence = Some("Phiếu".to_string()));
        let (before, after) = (assessed(&park, &strict), assessed(&proven, &strict));
        for (old, new) in before.criteria.iter().zip(&after.criteria) {
            let was_settled = matches!(old.outcome, Outcome::Met | Outcome::NotMet);
            assert!(!was_settled || new.outcome == old.outcome, "{} {}", park.id, old.id);
        }
    }
}

#[test]
fn the_coverage_that_a_row_asks_for_decides_whether_a_share_is_known() {
    let park = example("khu-mau");
    let international = edition("international-eip-2017");
    let asking = |coverage: f64| {
        let mut framework = international.clone();
        framework.criteria.iter_mut().for_each(|row| row.coverage = Some(coverage));
        assessed(&park, &framework)
    };
    for (strict, plain) in asking(1.0).criteria.iter().zip(&assessed(&park, international).criteria) {
        match plain.coverage {
            Some(coverage) => assert_eq!(strict.range.is_some(), coverage >= 1.0, "{}", strict.id),
            None => assert_eq!(strict.outcome, plain.outcome, "{}", strict.id),
        }
    }
    assert!(
        asking(0.0).criteria.iter().filter(|result| result.coverage.is_some()).all(|result| result.range.is_some())
    );
}

/// A statement that is too old settles nothing, with it or without.
#[test]
fn without_one_statement_exactly_what_depends_on_it_is_unknown() {
    let park = example("khu-mau");
    let balance = observe(&park, &CATALOGUE, year());
    let assessed = |park: &Park, framework: &Framework| assess(park, &balance, framework, &CATALOGUE);
    for stated in &park.facts {
        let mut without = park.clone();
        without.facts.retain(|fact| fact.fact != stated.fact);
        for framework in CATALOGUE.frameworks.values() {
            let (before, after) = (assessed(&park, framework), assessed(&without, framework));
            for (old, new) in before.criteria.iter().zip(&after.criteria) {
                let indicator = CATALOGUE.indicators.get(&old.id);
                let depends = indicator == Some(&Indicator::Answer { fact: stated.fact.clone() });
                let expected = if depends { Outcome::Unknown } else { old.outcome };
                assert_eq!(new.outcome, expected, "{} without {}", new.id, stated.fact);
            }
        }
    }
}

/// The plan's own closing of the sample park is the path that the kept plan gives for the same target.
#[test]
fn a_kept_plan_prices_a_row_as_the_plan_itself_does() {
    let park = example("khu-mau");
    let balance = observe(&park, &CATALOGUE, year());
    let kept = kept(&park);
    let candidates = find_exchanges(&park, &CATALOGUE);
    let network = choose_network(&candidates);
    let mut priced = 0;
    for target in [20.0, 45.0, 60.0, 80.0, 100.0] {
        let changes = self::target("VN35-37-2C", target);
        let edition = changed(edition("vn-decree-35-2022"), &changes, &CATALOGUE).unwrap();
        let assessment = assessed(&park, &edition);
        let plan = plan(&park, &balance, &[assessment], &network, &CATALOGUE, Assumptions::default());
        let kept_plan = keep_plan(&park, &balance, &plan, &network, &CATALOGUE, every_criterion());
        let row = edition.criteria.iter().find(|row| row.id.as_str() == "VN35-37-2C").unwrap();
        let Some(closing) = plan.closings.iter().find(|closing| closing.criterion == row.id) else { continue };
        let Needs::Starts { needed, priced: starts } = needs(row, &kept.values[&row.id], &kept_plan, &CATALOGUE) else {
            panic!("the row counts tenants that apply RECP");
        };
        let sum = || kept_plan.starts_in(&row.id, 0).take(needed).map(|start| start.investment_vnd).sum::<f64>();
        assert_eq!(closing.investment_vnd, (starts >= needed && needed > 0).then(sum), "{target}");
        priced += usize::from(closing.investment_vnd.is_some());
    }
    assert!(priced > 0);
}
