//! The best partners: against brute force, against the links of a known case, and through thousands of changes.

use engine::matching::partners::{
    Giver, LivePartners, Partner, Taker, Terms, best_partners, read_streams, road_km, write_edges,
};

#[test]
fn best_partners_are_those_of_brute_force() {
    let mut random = Random(2_024);
    for round in 0..600 {
        let world = World::new(&mut random, round);
        let found = best_partners(&world.givers, &world.takers, &world.terms, world.most);
        for (giver, list) in world.givers.iter().zip(&found) {
            assert_eq!(list, &world.by_hand(giver, |_| true), "round {round}: {giver:?}");
        }
        assert_eq!(found, best_partners(&world.givers, &world.takers, &world.terms, world.most), "round {round}");
    }
}

#[test]
fn many_takers_that_are_all_alike_are_told_apart_by_their_order() {
    let mut random = Random(7);
    let mut world = World::new(&mut random, 0);
    let giver = Giver { hazardous: false, disposal_kvnd_t: 500.0, class: 0, ..world.givers[0].clone() };
    let taker = Taker { class: 0, limits: vec![9.0; world.qualities], price_kvnd_t: 900.0, ..world.takers[0].clone() };
    world.takers = vec![Taker { latitude: giver.latitude, longitude: giver.longitude, ..taker }; 500];
    let found = best_partners(std::slice::from_ref(&giver), &world.takers, &Terms::default(), 20);
    let places: Vec<u32> = found[0].iter().map(|partner| partner.taker).collect();
    assert_eq!(places, (0..20).collect::<Vec<u32>>());
}

#[test]
fn nobody_is_found_where_there_is_nobody() {
    let mut random = Random(3);
    let world = World::new(&mut random, 1);
    let terms = Terms::default();
    assert_eq!(best_partners(&[], &world.takers, &terms, 20), Vec::<Vec<Partner>>::new());
    assert_eq!(best_partners(&world.givers[..1], &[], &terms, 20), [Vec::new()]);
    assert_eq!(best_partners(&world.givers[..1], &world.takers, &terms, 0), [Vec::new()]);
    let of_no_class = Giver { class: 999, ..world.givers[0].clone() };
    assert_eq!(best_partners(&[of_no_class], &world.takers, &terms, 20), [Vec::new()]);
}

#[test]
fn lists_that_follow_changes_are_those_of_a_new_search() {
    let mut random = Random(11);
    for round in 0..60 {
        let mut world = World::new(&mut random, round);
        let other = World::new(&mut random, round);
        let (givers, takers) = (world.givers.clone(), world.takers.clone());
        let mut live = LivePartners::new(givers.clone(), takers.clone(), world.qualities, &world.terms, world.most);
        let mut givers: Vec<Option<Giver>> = givers.into_iter().map(Some).collect();
        let mut takers: Vec<Option<Taker>> = takers.into_iter().map(Some).collect();
        for step in 0..80 {
            let lists: Vec<Vec<Partner>> = (0..givers.len() as u32).map(|giver| live.partners(giver)).collect();
            let changed = if random.below(2) == 0 {
                let place = random.below(givers.len() as u64 + 1) as usize;
                let giver = (random.below(3) > 0 && !other.givers.is_empty())
                    .then(|| other.givers[random.below(other.givers.len() as u64) as usize].clone());
                givers.resize(givers.len().max(place + 1), None);
                givers[place] = giver.clone();
                if live.set_giver(place as u32, giver) { vec![place as u32] } else { Vec::new() }
            } else {
                let place = random.below(takers.len() as u64 + 1) as usize;
                let taker = (random.below(3) > 0 && !other.takers.is_empty())
                    .then(|| other.takers[random.below(other.takers.len() as u64) as usize].clone());
                takers.resize(takers.len().max(place + 1), None);
                takers[place] = taker.clone();
                live.set_taker(place as u32, taker)
            };
            // A place that is empty keeps its taker for the comparison, and is left out of it.
            world.takers = takers.iter().map(|taker| taker.clone().unwrap_or_else(|| other.any_taker())).collect();
            for (place, giver) in givers.iter().enumerate() {
                let now = live.partners(place as u32);
                let expected = giver
                    .as_ref()
                    .map_or(Vec::new(), |giver| world.by_hand(giver, |taker| takers[taker as usize].is_some()));
                assert_eq!(now, expected, "round {round}, step {step}, giver {place}");
                let before = lists.get(place).cloned().unwrap_or_default();
                assert_eq!(changed.contains(&(place as u32)), before != now, "round {round}, step {step}");
            }
        }
    }
}

#[test]
fn the_terms_give_the_links_of_the_reference_case_back() {
    let (givers, takers, links) = reference();
    let found = best_partners(&givers, &takers, &Terms::default(), 40);
    let mut ours = Vec::new();
    for (giver, list) in (0u32..).zip(&found) {
        for partner in list {
            let km = road_km(&givers[giver as usize], &takers[partner.taker as usize], &Terms::default());
            ours.push((giver, partner.taker, i64::from(partner.benefit_kvnd_t), km));
        }
    }
    ours.sort_by_key(|(giver, taker, ..)| (*giver, *taker));
    assert_eq!(ours.len(), 219);
    let mut off_by_one = Vec::new();
    for ((giver, taker, benefit, km), link) in ours.into_iter().zip(links) {
        assert_eq!((giver, taker), (link.0, link.1));
        // The tables give places with five digits: two metres of road.
        assert!((km - link.3).abs() < 0.002, "{giver}--{taker}: {km} km, not {}", link.3);
        if benefit != link.2 {
            off_by_one.push((giver, taker, benefit - link.2));
        }
    }
    // 1,631.4998 where the tables' contents and limits are rounded to four digits.
    assert_eq!(off_by_one, [(11, 27, -1)]);
}

#[test]
fn the_worked_example_of_the_method_page_holds() {
    let giver = Giver {
        class: 0,
        firm: 0,
        latitude: 21.0,
        longitude: 106.0,
        hazardous: false,
        disposal_kvnd_t: 500.0,
        contents: vec![0.9],
    };
    let taker = |east: f64, price_kvnd_t: f64, limit: f64| Taker {
        class: 0,
        alternative: None,
        firm: 1,
        latitude: 21.0,
        longitude: 106.0 + east,
        licensed: false,
        price_kvnd_t,
        limits: vec![limit],
    };
    let takers = [taker(0.0, 400.0, 1.0), taker(1.0, 900.0, 1.0), taker(0.1, 1_000.0, 0.5), taker(1.5, 1_000.0, 1.5)];
    let found = best_partners(std::slice::from_ref(&giver), &takers, &Terms::default(), 20);
    let benefits: Vec<(u32, u32)> = found[0].iter().map(|partner| (partner.taker, partner.benefit_kvnd_t)).collect();
    assert_eq!(benefits, [(1, 745), (0, 692), (3, 685)]);
    assert!((road_km(&giver, &takers[1], &Terms::default()) - 134.953).abs() < 0.001);
}

#[test]
fn tables_are_read_by_the_names_of_their_columns() {
    let givers = "\u{feff}q7,note,id,lat,lon,class,hazardous,qty_dt,disposal_kvnd_t\r\n0.9,\"a, b\",\"G,1\",21,106,ash,0,5,500\r\n\r\n,,G2,21,106,ash,0,0,500\n";
    let takers = "id,lat,lon,class,alt_class,licensed,qty_dt,price_kvnd_t,l7\nT1,21,106,slag,ash,0,9,400,\nT2,21,106,slag,-1,1,9,400,1";
    let (file, faults) = read_streams(givers.as_bytes(), takers.as_bytes(), false);
    assert_eq!(faults, []);
    let file = file.unwrap();
    assert_eq!((file.giver_ids.clone(), file.without_quantity), (vec!["G,1".to_string()], [1, 0]));
    assert_eq!(file.givers[0].contents, [0.9]);
    assert_eq!(file.takers[0].limits, [f64::INFINITY]);
    assert_eq!(file.takers[0].alternative, Some(file.givers[0].class));
    assert_eq!(file.takers[1].alternative, None);
    let lists = best_partners(&file.givers, &file.takers, &Terms::default(), 20);
    let mut out = Vec::new();
    assert_eq!(write_edges(&file, &lists, &Terms::default(), &mut out).unwrap(), 1);
    // 500 + 0.45 × 400 − 70.
    assert_eq!(String::from_utf8(out).unwrap(), "giver,taker,benefit_kvnd_t,road_km\n\"G,1\",T1,610,0.000\n");
}

#[test]
fn every_fault_of_both_tables_is_told_with_its_place() {
    let givers = "id,lat,lon,class,hazardous,qty_dt,disposal_kvnd_t,q0\n1,91,x,,2,-1,1e12,-3\n2,1\n3,1,1,a,0,1,1,1\n3,1,1,a,0,1,1,1\n";
    let takers = "id,lat,lon,class,licensed,qty_dt,price_kvnd_t,l0,l1\n1,1,1,a,1,some,1,1,1\n";
    let (file, faults) = read_streams(givers.as_bytes(), takers.as_bytes(), false);
    assert_eq!(file, None);
    let told: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.place, fault.kind.code())).collect();
    let expected = [
        "givers.csv line 1, q1 missing-column",
        "givers.csv line 2, class missing-value",
        "givers.csv line 2, lat out-of-range",
        "givers.csv line 2, lon not-a-number",
        "givers.csv line 2, hazardous unknown-code",
        "givers.csv line 2, qty_dt negative-amount",
        "givers.csv line 2, disposal_kvnd_t out-of-range",
        "givers.csv line 2, q0 negative-amount",
        "givers.csv line 3 contradiction",
        "givers.csv line 5, id duplicate",
        "takers.csv line 2, qty_dt not-a-number",
    ];
    assert_eq!(told, expected);
    let (_, faults) = read_streams(givers.as_bytes(), takers.as_bytes(), true);
    let told: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.place, fault.kind.code())).collect();
    assert_eq!(told, ["givers.csv line 1, firm missing-column", "takers.csv line 1, firm missing-column"]);
    let (_, faults) = read_streams(&b"id\n\xff\xfe\n"[..], &b""[..], false);
    assert!(!faults.is_empty());
}

#[test]
fn figures_that_the_bound_does_not_allow_are_named() {
    let terms = Terms { haulage_kvnd_t_km: -1.0, share: 1.2, treated_from: f64::NAN, ..Terms::default() };
    let names: Vec<&str> = terms.faults().iter().map(|fault| fault.name).collect();
    assert_eq!(names, ["haulage", "share", "treated-from"]);
    assert_eq!(Terms::default().faults(), []);
}

struct World {
    givers: Vec<Giver>,
    takers: Vec<Taker>,
    qualities: usize,
    terms: Terms,
    most: usize,
}

impl World {
    /// Small worlds of many kinds: few or many classes, all in a park or all over the globe with poles and date line,
    /// clean or hardly ever clean enough, round figures with many ties or not, carrying dear, cheap or free.
    fn new(random: &mut Random, round: u64) -> World {
        let qualities = (round % 4) as usize;
        let classes = 1 + random.below(4);
        let has_ties = round.is_multiple_of(3);
        let is_global = round.is_multiple_of(2);
        let strict = 1 + random.below(4);
        let terms = Terms {
            haulage_kvnd_t_km: [2.2, 0.3, 0.0, 20.0][random.below(4) as usize],
            most_over_limit: [1.5, 1.0, 3.0][random.below(3) as usize],
            between_firms: random.below(3) == 0,
            ..Terms::default()
        };
        let most = 1 + random.below(12) as usize;
        let place = |random: &mut Random| match (is_global, random.below(8)) {
            (true, 0) => ([90.0, -90.0][random.below(2) as usize], random.below(360) as f64 - 180.0),
            (true, 1) => (random.below(180) as f64 - 90.0, [180.0, -180.0, 179.999][random.below(3) as usize]),
            (true, _) => (random.below(181) as f64 - 90.0, random.below(361) as f64 - 180.0),
            (false, part) => {
                (20.8 + part as f64 / 100.0, 106.0 + random.below(if has_ties { 3 } else { 900 }) as f64 / 90.0)
            }
        };
        let money = |random: &mut Random, most: u64| {
            if has_ties { (random.below(4) * most / 4) as f64 } else { random.below(most * 100) as f64 / 100.0 }
        };
        let qualities_of = |random: &mut Random, scale: u64| -> Vec<f64> {
            let one = |random: &mut Random| match random.below(12) {
                0 => f64::INFINITY,
                1 => 0.0,
                _ => random.below(100 * scale) as f64 / 100.0,
            };
            (0..qualities).map(|_| one(random)).collect()
        };
        let givers = (0..random.below(30))
            .map(|_| {
                let (latitude, longitude) = place(random);
                Giver {
                    class: random.below(classes) as u32,
                    firm: random.below(9) as u32,
                    latitude,
                    longitude,
                    hazardous: random.below(4) == 0,
                    disposal_kvnd_t: money(random, 800),
                    contents: qualities_of(random, strict),
                }
            })
            .collect();
        let takers = (0..random.below(160))
            .map(|_| {
                let (latitude, longitude) = place(random);
                Taker {
                    class: random.below(classes) as u32,
                    alternative: (random.below(2) == 0).then(|| random.below(classes) as u32),
                    firm: random.below(9) as u32,
                    latitude,
                    longitude,
                    licensed: random.below(3) == 0,
                    price_kvnd_t: money(random, 6_000) - 200.0,
                    limits: qualities_of(random, 2),
                }
            })
            .collect();
        let mut world = World { givers, takers, qualities, terms, most };
        if world.givers.is_empty() && round < 2 {
            world = World::new(random, round);
        }
        world
    }

    fn any_taker(&self) -> Taker {
        Taker {
            class: 0,
            alternative: None,
            firm: 0,
            latitude: 0.0,
            longitude: 0.0,
            licensed: false,
            price_kvnd_t: 0.0,
            limits: vec![0.0; self.qualities],
        }
    }

    /// Every taker looked at, by the words of the method page and by another formula of the distance.
    fn by_hand(&self, giver: &Giver, is_there: impl Fn(u32) -> bool) -> Vec<Partner> {
        let mut found = Vec::new();
        for (place, taker) in (0u32..).zip(&self.takers).filter(|(place, _)| is_there(*place)) {
            let share = match () {
                () if taker.class == giver.class => self.terms.share,
                () if taker.alternative == Some(giver.class) => self.terms.alternative_share,
                () => continue,
            };
            if giver.hazardous && !taker.licensed || self.terms.between_firms && giver.firm == taker.firm {
                continue;
            }
            let mut treatment = self.terms.treatment_kvnd_t;
            if giver.hazardous {
                treatment += self.terms.hazardous_kvnd_t;
            }
            let mut is_clean = true;
            for (content, limit) in giver.contents.iter().zip(&taker.limits) {
                if limit.is_infinite() {
                    continue;
                }
                is_clean &= *content <= self.terms.most_over_limit * limit;
                if *content > 0.0 {
                    treatment +=
                        self.terms.treatment_over_kvnd_t * (content / limit - self.terms.treated_from).max(0.0);
                }
            }
            let haulage = self.terms.haulage_kvnd_t_km * self.terms.detour * haversine_km(giver, taker);
            let benefit =
                (giver.disposal_kvnd_t + share * taker.price_kvnd_t - treatment - haulage + 0.500_001).floor();
            if is_clean && benefit >= 1.0 {
                found.push(Partner { taker: place, benefit_kvnd_t: benefit as u32 });
            }
        }
        found.sort_by_key(|partner| (std::cmp::Reverse(partner.benefit_kvnd_t), partner.taker));
        found.truncate(self.most);
        found
    }
}

fn haversine_km(giver: &Giver, taker: &Taker) -> f64 {
    let (from, to) = (giver.latitude.to_radians(), taker.latitude.to_radians());
    let across = ((to - from) / 2.0).sin().powi(2);
    let along = ((taker.longitude - giver.longitude).to_radians() / 2.0).sin().powi(2);
    2.0 * 6_371.0 * (across + from.cos() * to.cos() * along).clamp(0.0, 1.0).sqrt().asin()
}

type Link = (u32, u32, i64, f64);

fn reference() -> (Vec<Giver>, Vec<Taker>, Vec<Link>) {
    let rows = |text: &'static str| -> Vec<Vec<f64>> {
        text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
    };
    let giver = |row: &Vec<f64>| Giver {
        class: row[5] as u32,
        firm: row[1] as u32,
        latitude: row[3],
        longitude: row[4],
        hazardous: row[6] == 1.0,
        disposal_kvnd_t: row[8],
        contents: row[9..].to_vec(),
    };
    let taker = |row: &Vec<f64>| Taker {
        class: row[5] as u32,
        alternative: (row[6] >= 0.0).then_some(row[6] as u32),
        firm: row[1] as u32,
        latitude: row[3],
        longitude: row[4],
        licensed: row[7] == 1.0,
        price_kvnd_t: row[9],
        limits: row[10..].to_vec(),
    };
    let link = |row: &Vec<f64>| (row[0] as u32, row[1] as u32, row[2] as i64, row[3]);
    (
        rows(include_str!("cases/symbiosis/givers.csv")).iter().map(giver).collect(),
        rows(include_str!("cases/symbiosis/takers.csv")).iter().map(taker).collect(),
        rows(include_str!("cases/symbiosis/edges.csv")).iter().map(link).collect(),
    )
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
