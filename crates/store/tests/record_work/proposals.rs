//! Answers to proposals: what they declare comes and goes with them, and the log is held against it.

use engine::ids::{EnterpriseId, ParkId, ResourceId, StreamId};
use engine::language::Label;
use engine::park::{Direction, Stream, StreamKind};
use engine::period::Period;
use engine::quantity::Amount;
use engine::source::Basis;
use store::{
    DeclaredBy, EnterpriseGrant, Grant, ParkGrant, ProposalAnswer, ProposalAt, RecordError, Reduced, Scope, Store,
    Verdict,
};

use super::{nothing_is_tampered_with, with_small_park};
use crate::home::Home;
use crate::parks::small_park;
use crate::{declared, lan, scope_of_det, scope_of_totals};

fn proposal(enterprise: &str, key: &str) -> ProposalAt {
    ProposalAt { park: ParkId::new("khu-thu"), enterprise: EnterpriseId::new(enterprise), proposal: key.to_string() }
}

fn cuttings(value: f64) -> ProposalAnswer {
    ProposalAnswer::Stream(Box::new(Stream {
        id: StreamId::new("det-give-040222"),
        enterprise: EnterpriseId::new("det"),
        direction: Direction::Give,
        kind: StreamKind::Material,
        name: Label::new("Vải vụn", "Fabric cuttings"),
        ewc: Some("040222".to_string()),
        quantity: Amount { value, unit: "t".to_string() },
        hazardous: false,
        licensed: false,
        price_vnd: None,
        treatment_vnd: None,
        temperature_c: None,
        basis: Basis::Declared,
        source: "Xác nhận đề xuất".to_string(),
        composition: Default::default(),
        details: Default::default(),
    }))
}

fn water(period: Period) -> ProposalAnswer {
    ProposalAnswer::Record { resource: ResourceId::new("supply-water"), period, declared: declared(1_200.0) }
}

/// Quantities of what was declared for the proposals of `det`.
async fn cuttings_kept(store: &Store) -> Vec<(String, f64)> {
    let park = store.load_park(&Scope::system(), &ParkId::new("khu-thu")).await.unwrap().unwrap();
    let own = park.streams.into_iter().filter(|stream| stream.ewc.as_deref() == Some("040222"));
    own.map(|stream| (stream.id.to_string(), stream.quantity.value)).collect()
}

pub async fn a_confirmed_proposal_declares_and_an_answer_taken_back_withdraws(home: Home) {
    let store = with_small_park(&home).await;
    let (scope, at) = (scope_of_det(), proposal("det", "give/040222"));
    let revision = store.park_revision(&at.park).await.unwrap();
    store.answer_proposal(&lan(2), &scope, &at, &ProposalAnswer::Dismissed).await.unwrap();
    store.answer_proposal(&lan(3), &scope, &at, &ProposalAnswer::Confirmed).await.unwrap();
    assert_eq!(store.park_revision(&at.park).await.unwrap(), revision, "nothing was declared yet");
    store.answer_proposal(&lan(4), &scope, &at, &cuttings(0.1 + 0.2)).await.unwrap();
    assert_eq!(cuttings_kept(&store).await, [("det-give-040222".to_string(), 0.1 + 0.2)]);
    nothing_is_tampered_with(&store).await;

    // A correction takes the place of what was declared, and leaves no second stream.
    store.answer_proposal(&lan(5), &scope, &at, &cuttings(31.0)).await.unwrap();
    assert_eq!(cuttings_kept(&store).await, [("det-give-040222".to_string(), 31.0)]);
    let answers = store.proposal_answers(&scope, &at.park).await.unwrap();
    let said: Vec<(Verdict, bool, Option<i64>)> =
        answers.iter().map(|one| (one.verdict, one.declared.is_some(), one.superseded_at_us)).collect();
    assert_eq!(
        said,
        [
            (Verdict::Dismissed, false, Some(3)),
            (Verdict::Confirmed, false, Some(4)),
            (Verdict::Confirmed, true, Some(5)),
            (Verdict::Confirmed, true, None),
        ]
    );
    assert_eq!(answers[3].declared, Some(DeclaredBy::Stream { stream: StreamId::new("det-give-040222") }));

    store.take_proposal_back(&lan(6), &scope, &at).await.unwrap();
    assert_eq!(cuttings_kept(&store).await, []);
    assert!(matches!(store.take_proposal_back(&lan(7), &scope, &at).await, Err(RecordError::NotFound)));
    assert!(store.proposal_answers(&scope, &at.park).await.unwrap().iter().all(|one| one.superseded_at_us.is_some()));
    nothing_is_tampered_with(&store).await;
}

pub async fn a_confirmed_resource_is_a_record_of_the_year(home: Home) {
    let store = with_small_park(&home).await;
    let (scope, at) = (scope_of_det(), proposal("det", "take/supply-water"));
    let year = Period::year(2023).unwrap();
    store.answer_proposal(&lan(2), &scope, &at, &water(year)).await.unwrap();
    let records = || async {
        let park = store.load_park(&Scope::system(), &at.park).await.unwrap().unwrap();
        park.records.iter().filter(|record| record.period == year).count()
    };
    assert_eq!(records().await, 1);

    // Another proposal cannot declare the same resource for a part of that year, and leaves no trace.
    let (other, month) = (proposal("det", "take/other"), Period::month(2023, 5).unwrap());
    let refused = store.answer_proposal(&lan(3), &scope, &other, &water(month)).await;
    assert!(matches!(refused, Err(RecordError::Overlaps(period)) if period == year));
    assert_eq!(store.proposal_answers(&scope, &at.park).await.unwrap().len(), 1);

    store.take_proposal_back(&lan(4), &scope, &at).await.unwrap();
    assert_eq!(records().await, 0);
    nothing_is_tampered_with(&store).await;
}

pub async fn answers_to_proposals_are_for_those_who_may_see_the_streams(home: Home) {
    let store = with_small_park(&home).await;
    let at = proposal("det", "give/040222");
    store.answer_proposal(&lan(2), &scope_of_det(), &at, &cuttings(5.0)).await.unwrap();
    let operator = Scope::granted(Grant {
        parks: ParkGrant::These([at.park.clone()].into()),
        enterprises: EnterpriseGrant::Reduced(Reduced { by_law: [at.park.clone()].into(), ..Reduced::default() }),
    });
    for scope in [&operator, &scope_of_totals()] {
        assert_eq!(store.proposal_answers(scope, &at.park).await.unwrap(), []);
        let refused = store.answer_proposal(&lan(3), scope, &at, &ProposalAnswer::Dismissed).await;
        assert!(matches!(refused, Err(RecordError::OutsideScope)));
    }
    let told = store.audit_of(&operator, "stream", "khu-thu/det-give-040222").await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told.iter().all(|row| row.after_json.is_none()), "that something happened, and not what");
    assert!(
        store.audit_of(&scope_of_det(), "stream", "khu-thu/det-give-040222").await.unwrap()[0].after_json.is_some()
    );

    for (scope, enterprise, is_refused) in [(scope_of_det(), "giay", true), (Scope::system(), "nobody", false)] {
        let refused =
            store.answer_proposal(&lan(3), &scope, &proposal(enterprise, "give/030311"), &cuttings(1.0)).await;
        assert_eq!(matches!(refused, Err(RecordError::OutsideScope)), is_refused, "{enterprise}");
        assert!(is_refused || matches!(refused, Err(RecordError::NotFound)), "{enterprise}");
    }
}

/// An import decides about streams as it always does; what it filled in is not taken away with an answer.
pub async fn an_import_after_a_confirmation_keeps_the_log_true(home: Home) {
    let store = with_small_park(&home).await;
    let (scope, at) = (scope_of_det(), proposal("det", "give/040222"));
    store.answer_proposal(&lan(2), &scope, &at, &cuttings(0.7)).await.unwrap();
    let mut park = store.load_park(&Scope::system(), &at.park).await.unwrap().unwrap();
    store.save_park(&lan(3), &park, "with it").await.unwrap();
    store.take_proposal_back(&lan(4), &scope, &at).await.unwrap();
    assert_eq!(cuttings_kept(&store).await, []);
    nothing_is_tampered_with(&store).await;

    store.answer_proposal(&lan(5), &scope, &at, &cuttings(0.7)).await.unwrap();
    park.streams.last_mut().unwrap().price_vnd = Some(100_000.0);
    store.save_park(&lan(6), &park, "with its price").await.unwrap();
    store.take_proposal_back(&lan(7), &scope, &at).await.unwrap();
    assert_eq!(cuttings_kept(&store).await.len(), 1, "the import's own");
    nothing_is_tampered_with(&store).await;

    store.answer_proposal(&lan(8), &scope, &at, &cuttings(2.0)).await.unwrap();
    assert_eq!(cuttings_kept(&store).await.len(), 2, "under the next free identifier");
    store.save_park(&lan(9), &small_park(), "without any").await.unwrap();
    store.take_proposal_back(&lan(10), &scope, &at).await.unwrap();
    nothing_is_tampered_with(&store).await;
}
