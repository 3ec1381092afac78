//! Assessing under every edition: what a criterion rests on and nothing else decides it, and what is not proven or not
//! recorded leaves it open.

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::assess::{Assessment, CriterionResult, Lack, Outcome, Score, assess};
use engine::catalogue::Catalogue;
use engine::catalogue::frameworks::{Framework, Indicator};
use engine::ids::{CriterionId, FrameworkId, ResourceId};
use engine::observe::observe;
use engine::park::Park;
use engine::period::Period;
use repository::{catalogue, example};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static KHU_MAU: LazyLock<Park> = LazyLock::new(|| example("khu-mau"));

fn assessed(park: &Park, framework: &Framework) -> Assessment {
    assess(park, &observe(park, &CATALOGUE, Period::year(2024).unwrap()), framework, &CATALOGUE)
}

/// The results of every edition by edition and criterion.
fn results(park: &Park) -> BTreeMap<(FrameworkId, CriterionId), CriterionResult> {
    let results = |framework: &Framework| {
        let id = framework.id.clone();
        assessed(park, framework).criteria.into_iter().map(move |result| ((id.clone(), result.id.clone()), result))
    };
    CATALOGUE.frameworks.values().flat_map(results).collect()
}

fn indicator(id: &CriterionId) -> &'static Indicator {
    &CATALOGUE.indicators[id]
}

/// Holds a park from which something was taken away against what there was: what depends on it is unknown, and what does
/// not is as it was.
fn check_without(what: &str, park: &Park, depends: impl Fn(&Indicator) -> bool) {
    let (before, after) = (results(&KHU_MAU), results(park));
    let mut unknown = 0;
    for (place, result) in &after {
        if depends(indicator(&place.1)) {
            assert_eq!(result.outcome, Outcome::Unknown, "{place:?} without {what}");
            assert!(!result.lacks.is_empty() && !result.gaps.is_empty(), "{place:?} without {what} says why");
            unknown += 1;
        } else {
            assert_eq!(result, &before[place], "{place:?} does not depend on {what}");
        }
    }
    assert!(unknown > 0, "some criterion depends on {what}");
}

#[test]
fn without_the_answers_to_a_question_exactly_what_asks_it_is_unknown() {
    let asked: BTreeSet<&str> = CATALOGUE
        .indicators
        .values()
        .filter_map(|indicator| match indicator {
            Indicator::SurveyShare { question, .. } => Some(question.as_str()),
            _ => None,
        })
        .collect();
    let answered = asked.into_iter().filter(|question| KHU_MAU.survey.iter().any(|row| row.question == *question));
    for question in answered {
        let mut park = KHU_MAU.clone();
        park.survey.retain(|answer| answer.question != question);
        check_without(question, &park, |indicator| match indicator {
            Indicator::SurveyShare { question: asked, .. } => asked == question,
            Indicator::SymbiosisIso => question == "iso-management",
            _ => false,
        });
    }
}

#[test]
fn without_what_a_share_is_taken_of_exactly_the_shares_of_it_are_unknown() {
    for group in ["wastewater", "waste-ordinary"] {
        let mut park = KHU_MAU.clone();
        let is_of_group = |id: &ResourceId| CATALOGUE.resource(id).is_some_and(|resource| resource.group == group);
        park.records.retain(|record| !is_of_group(&record.resource));
        assert!(park.records.len() < KHU_MAU.records.len(), "the sample records {group}");
        check_without(group, &park, |indicator| match indicator {
            Indicator::WastewaterTreatedShare | Indicator::WastewaterReusedShare => group == "wastewater",
            Indicator::WasteReusedShare | Indicator::WasteLandfillShare => group == "waste-ordinary",
            _ => false,
        });
    }
}

/// Which criteria rest on a resource is found by leaving out one month of it: the amounts of those change, or the part
/// that is recorded of them.
#[test]
fn one_record_less_touches_only_what_is_taken_of_its_resource() {
    let before = results(&KHU_MAU);
    let resources: BTreeSet<_> = KHU_MAU.records.iter().map(|record| &record.resource).collect();
    for resource in resources {
        let group = CATALOGUE.resource(resource).unwrap().group.as_str();
        let mut park = KHU_MAU.clone();
        let year = Period::year(2024).unwrap();
        let place = park.records.iter().position(|row| row.resource == *resource && row.period.overlaps(&year));
        let Some(place) = place else { continue };
        park.records.remove(place);
        for (id, result) in results(&park) {
            let may_change = match indicator(&id.1) {
                Indicator::WastewaterTreatedShare => ["wastewater", "treated-wastewater"].contains(&group),
                Indicator::WastewaterReusedShare => ["wastewater", "reused-water"].contains(&group),
                Indicator::WasteReusedShare | Indicator::WasteLandfillShare => group.starts_with("waste-"),
                Indicator::EnergyMeteredShare => ["electricity", "fuel", "biomass", "steam"].contains(&group),
                _ => false,
            };
            let old = &before[&id];
            assert!(may_change || result == *old, "{id:?} without a record of {resource}");
            let is_certain_of_more = old.outcome == Outcome::Unknown && result.outcome != Outcome::Unknown;
            assert!(!is_certain_of_more, "{id:?} is settled by leaving out a record of {resource}");
        }
    }
}

#[test]
fn what_does_not_apply_never_counts() {
    let mut park = KHU_MAU.clone();
    for fact in &mut park.facts {
        (fact.value, fact.not_applicable) = (None, Some("Không thuộc phạm vi".to_string()));
    }
    let mut left_out = 0;
    for framework in CATALOGUE.frameworks.values() {
        let assessment = assessed(&park, framework);
        let outcomes = assessment.criteria.iter().map(|result| result.outcome);
        let counting = outcomes.clone().filter(|outcome| *outcome != Outcome::NotApplicable);
        let score = Score::of(counting);
        assert_eq!(assessment.score.applicable, score.applicable, "{}", framework.id);
        assert_eq!(assessment.score.percent(), score.percent(), "{}", framework.id);
        left_out += outcomes.filter(|outcome| *outcome == Outcome::NotApplicable).count();
    }
    assert!(left_out > 0);
}

/// The one row of an edition that has this indicator, as often asking for evidence as not.
fn with_evidence(id: &str, needs_evidence: bool) -> Framework {
    let mut framework = CATALOGUE.frameworks[&FrameworkId::new(id)].clone();
    framework.criteria.iter_mut().for_each(|row| row.needs_evidence = needs_evidence);
    framework
}

fn result_of(park: &Park, framework: &Framework, wanted: &Indicator) -> CriterionResult {
    let assessment = assessed(park, framework);
    let is_wanted = |result: &CriterionResult| indicator(&result.id) == wanted;
    assessment.criteria.into_iter().find(is_wanted).expect("the edition has this indicator")
}

#[test]
fn an_exchange_that_must_be_proven_and_is_not_settles_nothing() {
    let mut park = KHU_MAU.clone();
    park.exchanges.iter_mut().for_each(|exchange| exchange.evidence = None);
    let count = |needs_evidence| {
        let framework = with_evidence("vn-decree-35-2022", needs_evidence);
        result_of(&park, &framework, &Indicator::ExchangeCount)
    };
    assert_eq!((count(false).outcome, count(false).lacks), (Outcome::Met, Vec::new()));
    assert_eq!((count(true).outcome, count(true).lacks), (Outcome::Unknown, vec![Lack::NotConfirmed]));
}

#[test]
fn partners_of_an_exchange_that_has_ended_are_not_asked_for_iso() {
    let mut park = KHU_MAU.clone();
    for exchange in &mut park.exchanges {
        exchange.ended_on = Some(jiff::civil::date(2023, 6, 30));
    }
    let framework = with_evidence("vn-decree-35-2022", false);
    let result = result_of(&park, &framework, &Indicator::SymbiosisIso);
    assert_eq!((result.outcome, result.denominator), (Outcome::Unknown, None));
}

#[test]
fn a_part_that_is_recorded_for_few_months_leaves_its_share_unknown() {
    let mut park = KHU_MAU.clone();
    let is_treated =
        |id: &ResourceId| CATALOGUE.resource(id).is_some_and(|resource| resource.group == "treated-wastewater");
    let spring = Period::month(2024, 3).unwrap();
    park.records.retain(|record| !is_treated(&record.resource) || record.period.end() <= spring.end());
    let before = results(&KHU_MAU);
    let mut changed = 0;
    for (id, result) in results(&park) {
        if *indicator(&id.1) == Indicator::WastewaterTreatedShare {
            assert!(before[&id].range.is_some(), "{id:?} was known");
            assert_eq!((result.range, result.lacks), (None, vec![Lack::NoData]), "{id:?}");
            changed += 1;
        }
    }
    assert!(changed > 0);
}
