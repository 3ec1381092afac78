//! Laws that hold for any park, and the network held against all networks of a tiny one.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::StreamId;
use engine::matching::{Candidates, Exchange, Proof, Standing, choose_network, find_exchanges};
use engine::park::Stream;

use crate::parks::{Random, catalogue, give, park, random_park, site, take};

#[test]
fn a_new_site_removes_no_exchange() {
    for seed in 1..=40 {
        let park = random_park(seed, 8);
        let full = find_exchanges(&park, catalogue());
        for left_out in &park.enterprises {
            let mut smaller = park.clone();
            smaller.enterprises.retain(|enterprise| enterprise.id != left_out.id);
            smaller.streams.retain(|stream| stream.enterprise != left_out.id);
            for exchange in find_exchanges(&smaller, catalogue()).exchanges {
                assert!(
                    full.exchanges.contains(&exchange),
                    "seed {seed}: {} is lost by {}",
                    exchange.code(),
                    left_out.id
                );
            }
        }
    }
}

#[test]
fn a_new_site_never_lowers_the_networks_worth() {
    for seed in 1..=40 {
        let park = random_park(seed, 8);
        let full = choose_network(&find_exchanges(&park, catalogue())).benefit_vnd;
        let mut smaller = park.clone();
        let left_out = smaller.enterprises.pop().unwrap();
        smaller.streams.retain(|stream| stream.enterprise != left_out.id);
        let part = choose_network(&find_exchanges(&smaller, catalogue())).benefit_vnd;
        assert!(part <= full + 1e-6, "seed {seed}");
    }
}

#[test]
fn the_order_of_sites_and_streams_does_not_matter() {
    for seed in 1..=40 {
        let park = random_park(seed, 10);
        let mut turned = park.clone();
        turned.enterprises.reverse();
        let third = turned.streams.len() / 3;
        turned.streams.rotate_left(third);
        let (one, other) = (find_exchanges(&park, catalogue()), find_exchanges(&turned, catalogue()));
        assert_eq!(one, other);
        assert_eq!(choose_network(&one), choose_network(&other));
    }
}

#[test]
fn nothing_hazardous_reaches_a_taker_without_licence() {
    let mut hazardous_seen = 0;
    for seed in 1..=200 {
        let park = random_park(seed, 10);
        let streams: BTreeMap<&StreamId, &Stream> = park.streams.iter().map(|stream| (&stream.id, stream)).collect();
        let candidates = find_exchanges(&park, catalogue());
        let network = choose_network(&candidates);
        let pairs = candidates.exchanges.iter().map(|exchange| (&exchange.giver, &exchange.taker));
        for (giver, taker) in pairs.chain(network.exchanges.iter().map(|chosen| (&chosen.giver, &chosen.taker))) {
            let code_is_hazardous =
                streams[giver].ewc.as_ref().is_some_and(|ewc| catalogue().waste_codes[ewc].hazardous);
            if streams[giver].hazardous || code_is_hazardous {
                hazardous_seen += 1;
                assert!(streams[taker].licensed, "seed {seed}: {giver} to {taker}");
            }
        }
    }
    assert!(hazardous_seen > 100, "the parks held only {hazardous_seen} hazardous exchanges");
}

#[test]
fn every_chosen_exchange_is_ready_within_its_streams_and_pays() {
    let mut chosen = 0;
    for seed in 1..=100 {
        let candidates = find_exchanges(&random_park(seed, 12), catalogue());
        let ready: BTreeSet<_> = candidates
            .exchanges
            .iter()
            .filter(|exchange| exchange.standing == Standing::Ready)
            .map(|exchange| (&exchange.giver, &exchange.taker))
            .collect();
        let network = choose_network(&candidates);
        let mut used: BTreeMap<&StreamId, f64> = BTreeMap::new();
        for exchange in &network.exchanges {
            assert!(ready.contains(&(&exchange.giver, &exchange.taker)));
            assert!(exchange.quantity > 0.0 && exchange.benefit_vnd >= 0.0);
            *used.entry(&exchange.giver).or_default() += exchange.quantity;
            *used.entry(&exchange.taker).or_default() += exchange.quantity;
            chosen += 1;
        }
        for (stream, used) in used {
            assert!(used <= candidates.streams[stream].quantity.unwrap() + 1e-6);
            let price = network.prices.iter().find(|price| price.stream == *stream).unwrap();
            assert!((price.quantity_used - used).abs() < 1e-6);
            // Who has something left would gain nothing from more of it.
            assert!(price.vnd_per_unit == 0.0 || price.quantity - used < 1.0, "{price:?}");
        }
        assert_eq!((network.proof, network.gap), (Proof::Optimal, 0.0));
        let sum: f64 = network.exchanges.iter().map(|exchange| exchange.benefit_vnd).sum();
        assert!((sum - network.benefit_vnd).abs() <= 1e-9 * sum.max(1.0));
    }
    assert!(chosen > 100, "the parks gave only {chosen} exchanges");
}

#[test]
fn the_network_is_the_best_of_all_networks_of_a_tiny_park() {
    let mut compared = 0;
    for seed in 1..=400 {
        let mut random = Random(seed);
        let mut streams = Vec::new();
        for number in 0..2 + random.below(2) {
            let stream = give(&format!("g{number}"), &format!("s{number}")).ewc("040222");
            streams.push(stream.quantity(0.1 * (1 + random.below(3)) as f64).price(1e5 * random.below(9) as f64));
        }
        for number in 0..2 {
            let stream = take(&format!("t{number}"), &format!("s{}", 4 + number)).ewc("040222");
            streams.push(stream.quantity(0.1 * (1 + random.below(3)) as f64).price(1e5 * random.below(9) as f64));
        }
        let sites = (0..6).map(|number| site(&format!("s{number}"), "1410", random.below(300) as f64));
        let candidates = find_exchanges(&park(sites, streams), catalogue());
        let network = choose_network(&candidates);
        let ready: Vec<&Exchange> =
            candidates.exchanges.iter().filter(|exchange| exchange.standing == Standing::Ready).collect();
        let mut left = candidates
            .streams
            .iter()
            .map(|(id, offer)| (id, (offer.quantity.unwrap() * 10.0).round() as i64))
            .collect();
        let best = best_by_trying(&ready, &mut left) * 100.0;
        assert!((network.benefit_vnd - best).abs() < 1e-6, "seed {seed}: {} against {best}", network.benefit_vnd);
        compared += ready.len();
    }
    assert!(compared > 400);
}

/// Tries every whole quantity over every exchange. In thousand VND per t × 0.1 t.
fn best_by_trying(exchanges: &[&Exchange], left: &mut BTreeMap<&StreamId, i64>) -> f64 {
    let Some((first, rest)) = exchanges.split_first() else { return 0.0 };
    let worth = (first.benefit.per_unit_vnd.unwrap() / 1_000.0).round();
    let mut best = f64::NEG_INFINITY;
    for quantity in 0..=left[&first.giver].min(left[&first.taker]) {
        *left.get_mut(&first.giver).unwrap() -= quantity;
        *left.get_mut(&first.taker).unwrap() -= quantity;
        best = best.max(worth * quantity as f64 + best_by_trying(rest, left));
        *left.get_mut(&first.giver).unwrap() += quantity;
        *left.get_mut(&first.taker).unwrap() += quantity;
    }
    best
}

#[test]
fn the_network_of_the_worked_example_prefers_the_pair_that_saves_more() {
    // docs/methods/matching.md: 1,200 t of ash; the cement works takes 500 t, the block maker 900 t.
    let park = park(
        [site("power", "3510", 0.0), site("cement", "2394", 10.0), site("blocks", "2395", 20.0)],
        [
            give("ash", "power").ewc("100102").price(800_000.0).treated(150_000.0).quantity(1_200.0),
            take("mix", "cement").ewc("100102").price(400_000.0).quantity(500.0),
            take("binder", "blocks").ewc("100102").price(450_000.0).quantity(900.0),
        ],
    );
    let network = choose_network(&find_exchanges(&park, catalogue()));
    let flows: Vec<(&str, f64, f64)> = network
        .exchanges
        .iter()
        .map(|exchange| (exchange.taker.as_str(), exchange.quantity, exchange.benefit_per_unit_vnd))
        .collect();
    assert_eq!(flows, [("binder", 900.0, 1_043_000.0), ("mix", 300.0, 1_021_000.0)]);
    assert_eq!(network.benefit_vnd, 900.0 * 1_043_000.0 + 300.0 * 1_021_000.0);
    assert_eq!((network.bound_vnd, network.gap, network.proof), (network.benefit_vnd, 0.0, Proof::Optimal));
    assert_eq!(network.waste_diverted_t, 1_200.0);
    let price =
        |stream: &str| network.prices.iter().find(|price| price.stream.as_str() == stream).unwrap().vnd_per_unit;
    assert_eq!((price("ash"), price("binder"), price("mix")), (1_021_000.0, 22_000.0, 0.0));
}

#[test]
fn every_result_survives_json() {
    for seed in 1..=5 {
        let candidates = find_exchanges(&random_park(seed, 10), catalogue());
        let network = choose_network(&candidates);
        let text = serde_json::to_string(&candidates).unwrap();
        let back: Candidates = serde_json::from_str(&text).unwrap();
        assert_eq!(without_last_digits(&back), without_last_digits(&candidates));
        let value = serde_json::to_value(&network).unwrap();
        assert_eq!(value["proof"], "optimal");
        for exchange in &candidates.exchanges {
            for reason in &exchange.reasons {
                assert_eq!(serde_json::to_value(reason).unwrap()["code"], reason.code());
            }
            for missing in &exchange.missing {
                assert_eq!(serde_json::to_value(missing).unwrap()["code"], missing.code());
            }
        }
        for obstacle in candidates.rejections.iter().flat_map(|rejection| &rejection.obstacles) {
            assert_eq!(serde_json::to_value(obstacle).unwrap()["code"], obstacle.code());
        }
    }
}

/// Numbers to nine digits: a JSON reader may differ in the last bit.
fn without_last_digits(candidates: &Candidates) -> String {
    fn write(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Number(number) => format!("{:.8e} ", number.as_f64().unwrap()),
            serde_json::Value::Array(values) => values.iter().map(write).collect(),
            serde_json::Value::Object(fields) => {
                fields.iter().map(|(key, value)| format!("{key} {} ", write(value))).collect()
            }
            other => format!("{other} "),
        }
    }
    write(&serde_json::to_value(candidates).unwrap())
}
