//! Partners beyond the park: the best of all by what is told of them, the same after changes, and nothing but bands.

use engine::ids::{EnterpriseId, ParkId, StreamId};
use engine::matching::beyond::{Beyond, Outer, Unsearchable, band};
use engine::matching::{Exchange, MatchingRules, find_exchanges};
use engine::park::{Direction, Enterprise, Park, Place, StreamKind};

use crate::parks::{Draft, Random, catalogue, give, park, site, take};

const MOST: usize = 7;

fn outer(at: &str, enterprise: Enterprise, draft: Draft) -> Outer {
    Outer { park: ParkId::new(at), enterprise, stream: draft.0 }
}

/// Ash and its takers, each figure on the end of a band and each place in the middle of a cell.
fn random_streams(random: &mut Random, at: &str, count: usize) -> Vec<Outer> {
    let steps = [1.0, 2.0, 5.0];
    (0..count)
        .map(|number| {
            let id = format!("s{number}");
            let price = steps[random.below(3)] * 10_f64.powi(3 + random.below(4) as i32);
            let draft = if random.below(2) == 0 { give(&id, "e").ewc("100102") } else { take(&id, "e").ewc("100102") };
            let mut draft = draft.named("Fly ash").price(price).quantity(steps[random.below(3)] * 100.0);
            draft.0.hazardous = random.below(4) == 0;
            draft.0.licensed = random.below(2) == 0;
            let place = Place {
                latitude: 10.25 + random.below(20) as f64 / 2.0,
                longitude: 105.25 + random.below(6) as f64 / 2.0,
            };
            let isic4 = if draft.0.direction == Direction::Give { "3510" } else { "2394" };
            outer(at, Enterprise { place: Some(place), ..site("e", isic4, 0.0) }, draft)
        })
        .collect()
}

/// One park of all of them, each stream with an enterprise of its own that tells its park.
fn merged(all: &[Outer]) -> Park {
    let named = |outer: &Outer| {
        let id = EnterpriseId::new(format!("{}/{}", outer.park, outer.stream.id));
        let mut draft = Draft(outer.stream.clone());
        (draft.0.id, draft.0.enterprise) = (StreamId::new(id.to_string()), id.clone());
        (Enterprise { id, ..outer.enterprise.clone() }, draft)
    };
    let (sites, streams): (Vec<_>, Vec<_>) = all.iter().map(named).unzip();
    park(sites, streams)
}

fn kvnd(exchange: &Exchange) -> f64 {
    (exchange.benefit.at_most_vnd.unwrap() / 1e3 + 0.5).floor()
}

fn found(beyond: &Beyond, own: &Outer) -> Vec<f64> {
    let partners = beyond.partners(own, MOST, catalogue(), &MatchingRules::default()).unwrap();
    assert!(
        partners
            .iter()
            .all(|partner| partner.outer.park != own.park && partner.exchange.benefit.at_most_vnd > Some(0.0))
    );
    partners.iter().map(|partner| kvnd(&partner.exchange)).collect()
}

#[test]
fn the_best_of_all_parks_are_found_and_stay_so_after_changes() {
    let rules = MatchingRules::default();
    let mut random = Random(5);
    let mut beyond = Beyond::new(&rules);
    let mut parks: Vec<Vec<Outer>> = Vec::new();
    let mut compared = 0;
    for round in 0..6 {
        for (place, count) in [90, 60, 30].into_iter().enumerate() {
            let at = format!("p{place}");
            if parks.len() <= place {
                parks.push(random_streams(&mut random, &at, count));
            } else if random.below(2) == 0 {
                // A few are withdrawn, one is changed and some are new.
                let new = random_streams(&mut random, &at, count);
                let kept = parks[place].iter().filter(|_| random.below(3) > 0).cloned().collect::<Vec<_>>();
                let ids: Vec<_> = kept.iter().map(|outer| outer.stream.id.clone()).collect();
                let added = new.into_iter().filter(|outer| !ids.contains(&outer.stream.id));
                parks[place] = kept.into_iter().chain(added).collect();
            }
            beyond.set_park(&ParkId::new(at), &parks[place], catalogue());
        }
        let all: Vec<Outer> = parks.iter().flatten().cloned().collect();
        let by_hand = find_exchanges(&merged(&all), catalogue()).exchanges;
        for own in parks[0].iter().take(20) {
            let id = format!("{}/{}", own.park, own.stream.id);
            let is_own =
                |exchange: &&Exchange| [&exchange.giver, &exchange.taker].iter().any(|side| side.as_str() == id);
            let is_other = |exchange: &&Exchange| {
                let within = |side: &StreamId| side.as_str().starts_with("p0/");
                !(within(&exchange.giver) && within(&exchange.taker))
            };
            let mut expected: Vec<f64> = by_hand.iter().filter(is_own).filter(is_other).map(kvnd).collect();
            expected.retain(|benefit| *benefit >= 1.0);
            expected.sort_by(|a, b| b.total_cmp(a));
            expected.truncate(MOST);
            assert_eq!(found(&beyond, own), expected, "round {round}, {id}");
            compared += expected.len();
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn what_lies_in_one_band_gives_one_answer() {
    let rules = MatchingRules::default();
    let own = outer("own", site("a", "3510", 0.0), give("ash", "a").named("Fly ash").ewc("100102"));
    let answer = |km: f64, price: f64, quantity: f64| {
        let mut beyond = Beyond::new(&rules);
        let draft =
            take("mix", "b").named("Fly ash").ewc("100102").price(price).quantity(quantity).treated(price / 10.0);
        beyond.set_park(&ParkId::new("other"), &[outer("other", site("b", "2394", km), draft)], catalogue());
        let partners = beyond.partners(&own, MOST, catalogue(), &rules).unwrap();
        partners.into_iter().map(|partner| (partner.outer.clone(), partner.exchange)).collect::<Vec<_>>()
    };
    let first = answer(5.0, 510_000.0, 110.0);
    assert_eq!(first.len(), 1);
    // Nothing of it is overstated.
    let told = &first[0].0.stream;
    assert_eq!((told.price_vnd, told.treatment_vnd, told.quantity.value), (Some(500_000.0), Some(100_000.0), 100.0));
    // The worked example of the method page.
    assert!((first[0].1.benefit.per_unit_vnd.unwrap() - 788_400.0).abs() < 100.0);
    assert_eq!(first, answer(40.0, 990_000.0, 199.0));
    assert_ne!(first, answer(5.0, 1_010_000.0, 110.0));
    assert_eq!(
        answer(60.0, 510_000.0, 110.0)[0].0.enterprise.place,
        Some(Place { latitude: 10.75, longitude: 106.25 })
    );
    assert_eq!(
        (band(199.0), band(0.07), band(0.0), band(f64::NAN)),
        ((100.0, 200.0), (0.05, 0.1), (0.0, 0.0), (0.0, 0.0))
    );
}

#[test]
fn hazard_needs_a_licence_whoever_asks_and_nobody_meets_the_own_park() {
    let rules = MatchingRules::default();
    let ash = || give("ash", "a").named("Fly ash").ewc("100102").hazardous();
    let mix = || take("mix", "b").named("Fly ash").ewc("100102");
    let count = |own: Outer, other: Outer| {
        let mut beyond = Beyond::new(&rules);
        beyond.set_park(&other.park.clone(), &[other], catalogue());
        beyond.partners(&own, MOST, catalogue(), &rules).unwrap().len()
    };
    let (power, cement) = (site("a", "3510", 0.0), site("b", "2394", 5.0));
    let (giver, taker) = (outer("p", power.clone(), ash()), outer("q", cement.clone(), mix()));
    assert_eq!((count(giver.clone(), taker.clone()), count(taker, giver.clone())), (0, 0));
    let licensed = outer("q", cement.clone(), mix().licensed());
    assert_eq!((count(giver.clone(), licensed.clone()), count(licensed.clone(), giver.clone())), (1, 1));
    assert_eq!(count(giver, Outer { park: ParkId::new("p"), ..licensed }), 0);
}

#[test]
fn what_cannot_be_weighed_is_not_looked_for() {
    let (rules, beyond) = (MatchingRules::default(), Beyond::new(&MatchingRules::default()));
    let refused = |own: Outer| beyond.partners(&own, MOST, catalogue(), &rules).unwrap_err();
    let ash = || give("ash", "a").named("Fly ash").ewc("100102");
    let mut unpriced = ash();
    unpriced.0.price_vnd = None;
    assert_eq!(refused(outer("p", site("a", "3510", 0.0), unpriced)), Unsearchable::Price);
    let nowhere = Enterprise { place: None, ..site("a", "3510", 0.0) };
    assert_eq!(refused(outer("p", nowhere, ash())), Unsearchable::Place);
    assert_eq!(refused(outer("p", site("a", "3510", 0.0), ash().kind(StreamKind::Water, "m3"))), Unsearchable::Kind);
}
