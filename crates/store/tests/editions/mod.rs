//! Editions go from draft to replaced and keep every state; what two sides say of a criterion stays apart.

use engine::assess::Outcome;
use engine::catalogue::frameworks::life::Stage;
use engine::ids::{CriterionId, FrameworkId, ParkId};
use engine::period::{Period, parse_date};
use store::{EditionError, FindingKind, NextState, Opinion, OpinionAt, OpinionSide, RecordError, Scope, Store};

use crate::home::Home;
use crate::parks::small_park;
use crate::{lan, scope_of_det, scope_of_totals};

fn state(id: &str, after: i64, toml: &str, stage: Stage) -> NextState {
    NextState { id: FrameworkId::new(id), after, toml: toml.to_string(), stage }
}

fn published() -> Stage {
    Stage::Published { from: parse_date("2027-01-01").unwrap() }
}

async fn kept(store: &Store) -> Vec<(String, i64, String, &'static str)> {
    let editions = store.editions().await.unwrap();
    editions.into_iter().map(|one| (one.id.to_string(), one.revision, one.toml, one.stage.code())).collect()
}

async fn nothing_is_tampered_with(store: &Store) {
    assert_eq!(store.check_audit(&[]).await.unwrap().findings, []);
}

pub async fn an_edition_is_written_published_and_replaced(home: Home) {
    let store = home.store().await;
    assert_eq!(store.edition_revision().await.unwrap(), 0);
    store.save_editions(&lan(1), &[state("nd-2027", 0, "a = 1", Stage::Draft)]).await.unwrap();
    store.save_editions(&lan(2), &[state("nd-2027", 1, "a = 2", Stage::Draft)]).await.unwrap();
    // Two who read the same state: the second is told.
    let late = store.save_editions(&lan(3), &[state("nd-2027", 1, "a = 3", Stage::Draft)]).await;
    assert!(matches!(late, Err(EditionError::Changed)), "{late:?}");
    store.save_editions(&lan(4), &[state("nd-2027", 2, "a = 2", published())]).await.unwrap();
    let over = store.save_editions(&lan(5), &[state("nd-2027", 3, "a = 4", published())]).await;
    assert!(matches!(over, Err(EditionError::Fixed)), "{over:?}");

    // What replaces and what is replaced change together or not at all.
    store.save_editions(&lan(6), &[state("nd-2030", 0, "b = 1", Stage::Draft)]).await.unwrap();
    let from = parse_date("2030-01-01").unwrap();
    let replaced =
        Stage::Replaced { from: parse_date("2027-01-01").unwrap(), on: from, by: FrameworkId::new("nd-2030") };
    let both = |after| {
        [state("nd-2030", 1, "b = 1", Stage::Published { from }), state("nd-2027", after, "a = 2", replaced.clone())]
    };
    assert!(store.save_editions(&lan(7), &both(2)).await.is_err());
    assert_eq!(kept(&store).await[1].3, "draft");
    store.save_editions(&lan(8), &both(3)).await.unwrap();
    let now = kept(&store).await;
    assert_eq!(now[0], ("nd-2027".to_string(), 4, "a = 2".to_string(), "replaced"));
    assert_eq!(now[1], ("nd-2030".to_string(), 2, "b = 1".to_string(), "published"));
    assert_eq!(store.editions().await.unwrap()[0].stage, replaced);
    let states = store.edition_states(&FrameworkId::new("nd-2027")).await.unwrap();
    let history: Vec<(&str, &str)> = states.iter().map(|one| (one.toml.as_str(), one.stage.code())).collect();
    assert_eq!(history, [("a = 1", "draft"), ("a = 2", "draft"), ("a = 2", "published"), ("a = 2", "replaced")]);
    assert_eq!(store.edition_revision().await.unwrap(), 6);
    nothing_is_tampered_with(&store).await;
}

pub async fn an_edition_changed_behind_the_log_is_found(home: Home) {
    let store = home.store().await;
    store.save_editions(&lan(1), &[state("nd-2027", 0, "target = 20", Stage::Draft)]).await.unwrap();
    if home.connection().await.is_none() {
        home.behind_its_back("update edition_state set toml = 'target = 10'").await;
        let findings = store.check_audit(&[]).await.unwrap().findings;
        assert_eq!(findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [FindingKind::Data]);
    }
}

pub async fn two_sides_speak_of_a_criterion_and_neither_overwrites_the_other(home: Home) {
    let store = home.store().await;
    store.save_park(&lan(1), &small_park(), "").await.unwrap();
    let at = OpinionAt {
        park: ParkId::new("khu-thu"),
        edition: FrameworkId::new("vn-decree-35-2022"),
        criterion: CriterionId::new("VN35-37-2C"),
        period: Period::year(2024).unwrap(),
    };
    let says = |outcome, value, reason: &str| Opinion { outcome, value, reason: reason.to_string() };
    let scope = scope_of_totals();
    for (at_us, side, opinion) in [
        (2, OpinionSide::Own, says(Outcome::Met, Some(0.1 + 0.2), "Báo cáo RECP 2024")),
        (3, OpinionSide::Review, says(Outcome::NotMet, None, "Thiếu hóa đơn")),
        (4, OpinionSide::Own, says(Outcome::Met, Some(25.0), "Báo cáo RECP 2024, bản sửa")),
    ] {
        store.state_opinion(&lan(at_us), &scope, &at, side, &opinion).await.unwrap();
    }
    let said = store.opinions(&scope, &at.park).await.unwrap();
    let told: Vec<(OpinionSide, Outcome, Option<f64>, Option<i64>)> =
        said.iter().map(|one| (one.side, one.opinion.outcome, one.opinion.value, one.superseded_at_us)).collect();
    assert_eq!(
        told,
        [
            (OpinionSide::Own, Outcome::Met, Some(0.1 + 0.2), Some(4)),
            (OpinionSide::Review, Outcome::NotMet, None, None),
            (OpinionSide::Own, Outcome::Met, Some(25.0), None),
        ]
    );
    // A park that is nobody's or out of reach takes no word.
    let elsewhere = OpinionAt { park: ParkId::new("khu-khac"), ..at.clone() };
    let opinion = says(Outcome::Met, None, "");
    let refused = store.state_opinion(&lan(5), &scope_of_det(), &elsewhere, OpinionSide::Own, &opinion).await;
    assert!(matches!(refused, Err(RecordError::OutsideScope)), "{refused:?}");
    let nowhere = store.state_opinion(&lan(5), &Scope::system(), &elsewhere, OpinionSide::Own, &opinion).await;
    assert!(matches!(nowhere, Err(RecordError::NotFound)), "{nowhere:?}");

    // An import keeps what was said.
    store.save_park(&lan(6), &small_park(), "second").await.unwrap();
    assert_eq!(store.opinions(&scope, &at.park).await.unwrap(), said);
    nothing_is_tampered_with(&store).await;
}
