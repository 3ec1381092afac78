//! Made-up networks: parks at random points round provincial centres, streams of the parks' firms, and the links
//! between them by the rule that `tests/cases/symbiosis` was made with.

use std::fmt::Write;

/// Rounded by hand; only distances matter.
const CENTRES: [(f64, f64); 30] = [
    (21.0, 105.8),
    (20.9, 106.7),
    (21.0, 107.1),
    (21.2, 106.1),
    (20.9, 106.3),
    (20.6, 106.1),
    (21.6, 105.8),
    (21.3, 105.4),
    (20.4, 106.2),
    (20.3, 106.0),
    (19.8, 105.8),
    (18.7, 105.7),
    (18.3, 105.9),
    (17.5, 106.6),
    (16.5, 107.6),
    (16.1, 108.2),
    (15.1, 108.8),
    (13.8, 109.2),
    (12.2, 109.2),
    (11.9, 108.4),
    (12.7, 108.1),
    (10.9, 108.1),
    (11.0, 106.9),
    (11.0, 106.7),
    (10.8, 106.7),
    (10.5, 107.2),
    (10.5, 106.4),
    (10.3, 105.8),
    (10.0, 105.8),
    (9.2, 105.2),
];
const CLASSES: usize = 24;
const STREAMS_OF_A_PARK: usize = 80;
const LINKS_OF_A_GIVER: usize = 20;
const NEAREST: usize = 80;
/// What a giver has on average after the filters, for the size asked for.
const LINKS_ON_AVERAGE: usize = 17;

#[derive(Clone)]
pub struct Stream {
    latitude: f64,
    longitude: f64,
    class: usize,
    /// Takers: a second class that they take as well.
    alternative: Option<usize>,
    /// Givers: hazardous. Takers: licensed to take what is.
    is_hazardous: bool,
    quantity: i64,
    /// Givers: what disposal costs. Takers: what they pay for what they would buy instead.
    money: f64,
    /// Givers: what treatment costs.
    treatment: f64,
    /// Givers: contents. Takers: limits.
    qualities: [f64; 4],
}

pub struct Made {
    givers: Vec<Stream>,
    takers: Vec<Stream>,
    /// Giver, taker, benefit, road km.
    links: Vec<(u32, u32, i64, f64)>,
}

/// Equal: of every class exactly as much is given as taken. Unequal: each class is short on one side.
pub fn network(links: usize, is_equal: bool, seed: u64) -> Made {
    let mut random = Random(seed);
    let count = links.div_ceil(LINKS_ON_AVERAGE).max(8);
    let parks: Vec<(f64, f64)> = (0..(2 * count).div_ceil(STREAMS_OF_A_PARK))
        .map(|_| {
            let (latitude, longitude) = CENTRES[random.below(CENTRES.len() as u64) as usize];
            (latitude + 0.15 * random.normal(), longitude + 0.15 * random.normal())
        })
        .collect();
    let price_of_class: Vec<f64> = (0..CLASSES).map(|_| 600.0 + 6_000.0 * random.unit()).collect();
    let mut givers: Vec<Stream> = (0..count).map(|_| stream(&parks, &mut random)).collect();
    let mut takers: Vec<Stream> = (0..count).map(|_| stream(&parks, &mut random)).collect();
    for giver in &mut givers {
        giver.is_hazardous = random.below(10) == 0;
        giver.money = 700.0 * (0.4 * random.normal()).exp();
        giver.treatment = 700.0 + 500.0 * random.unit();
        giver.qualities = [(); 4].map(|()| 0.8 * (0.4 * random.normal()).exp());
    }
    for taker in &mut takers {
        taker.is_hazardous = random.below(4) == 0;
        taker.alternative = (random.below(3) == 0).then(|| class(&mut random));
        taker.money = price_of_class[taker.class] * (0.2 * random.normal()).exp();
        taker.qualities = [(); 4].map(|()| 1.4 * (0.4 * random.normal()).exp());
    }
    for class in 0..CLASSES {
        let factor = if is_equal { None } else { Some((0.6 * random.normal()).exp()) };
        balance(&givers, &mut takers, class, factor);
    }
    let links = candidate_links(&givers, &takers);
    Made { givers, takers, links }
}

fn stream(parks: &[(f64, f64)], random: &mut Random) -> Stream {
    let (latitude, longitude) = parks[random.below(parks.len() as u64) as usize];
    Stream {
        latitude: latitude + 0.02 * random.normal(),
        longitude: longitude + 0.02 * random.normal(),
        class: class(random),
        alternative: None,
        is_hazardous: false,
        quantity: (450.0 * (1.4 * random.normal()).exp()).round().clamp(1.0, 1e6) as i64,
        money: 0.0,
        treatment: 0.0,
        qualities: [0.0; 4],
    }
}

/// Some classes are common, most are rare.
fn class(random: &mut Random) -> usize {
    let weights: f64 = (1..=CLASSES).map(|rank| 1.0 / rank as f64).sum();
    let mut left = random.unit() * weights;
    for rank in 1..CLASSES {
        left -= 1.0 / rank as f64;
        if left < 0.0 {
            return rank - 1;
        }
    }
    CLASSES - 1
}

/// Brings what is taken of a class to what is given, times the factor where there is one, else exactly.
fn balance(givers: &[Stream], takers: &mut [Stream], class: usize, factor: Option<f64>) {
    let given: i64 = givers.iter().filter(|giver| giver.class == class).map(|giver| giver.quantity).sum();
    let taken: i64 = takers.iter().filter(|taker| taker.class == class).map(|taker| taker.quantity).sum();
    if given == 0 || taken == 0 {
        return;
    }
    let scale = given as f64 / taken as f64 * factor.unwrap_or(1.0);
    for taker in takers.iter_mut().filter(|taker| taker.class == class) {
        taker.quantity = (taker.quantity as f64 * scale).round().max(1.0) as i64;
    }
    if factor.is_none() {
        let scaled: i64 = takers.iter().filter(|taker| taker.class == class).map(|taker| taker.quantity).sum();
        let largest = takers.iter_mut().filter(|taker| taker.class == class).max_by_key(|taker| taker.quantity);
        let largest = largest.expect("something of the class is taken");
        largest.quantity = (largest.quantity + given - scaled).max(1);
    }
}

/// Of the nearest takers of a giver's class those that may take it and gain by it, nearest first.
fn candidate_links(givers: &[Stream], takers: &[Stream]) -> Vec<(u32, u32, i64, f64)> {
    let cells: Vec<Cells> = (0..CLASSES).map(|class| Cells::of(takers, class)).collect();
    let mut links = Vec::new();
    for (number, giver) in (0..).zip(givers) {
        let nearest = cells[giver.class].nearest(takers, giver);
        let feasible = nearest.into_iter().filter_map(|(distance, taker)| {
            let other = &takers[taker as usize];
            let is_clean = giver.qualities.iter().zip(other.qualities).all(|(content, limit)| *content <= 1.5 * limit);
            let may = is_clean && (other.is_hazardous || !giver.is_hazardous);
            let road_km = 1.3 * distance;
            let benefit = giver.money + 0.8 * other.money - giver.treatment - 2.2 * road_km;
            (may && benefit >= 1.0).then_some((number, taker, benefit as i64, road_km))
        });
        links.extend(feasible.take(LINKS_OF_A_GIVER));
    }
    links
}

/// The takers of a class by squares, the smaller the more there are.
struct Cells {
    /// Of a square, degrees.
    width: f64,
    by_place: std::collections::BTreeMap<(i32, i32), Vec<u32>>,
    count: usize,
}

impl Cells {
    fn of(takers: &[Stream], class: usize) -> Cells {
        let takes = |taker: &Stream| taker.class == class || taker.alternative == Some(class);
        let count = takers.iter().filter(|taker| takes(taker)).count();
        let width = 0.1 * (2_000.0 / count.max(1) as f64).sqrt().min(1.0);
        let mut cells = Cells { width, by_place: Default::default(), count };
        for (number, taker) in (0..).zip(takers).filter(|(_, taker)| takes(taker)) {
            cells.by_place.entry(cells.place(taker)).or_default().push(number);
        }
        cells
    }

    /// Kilometres and number of the nearest takers, nearest first.
    fn nearest(&self, takers: &[Stream], giver: &Stream) -> Vec<(f64, u32)> {
        let (row, column) = self.place(giver);
        let mut found: Vec<(f64, u32)> = Vec::new();
        for ring in 0_i32.. {
            let at = |row, column| self.by_place.get(&(row, column)).into_iter().flatten().copied();
            for step in -ring..=ring {
                let edge = if step.abs() == ring { 1 } else { ring as usize * 2 };
                for other in (-ring..=ring).step_by(edge.max(1)) {
                    let of_cell = at(row + step, column + other);
                    found.extend(of_cell.map(|taker| (kilometres(giver, &takers[taker as usize]), taker)));
                }
            }
            // A tenth of a degree is at least 10 km, so nothing nearer lies outside the rings seen.
            let seen_km = 100.0 * self.width * f64::from(ring);
            let is_enough = found.iter().filter(|(distance, _)| *distance <= seen_km).count() >= NEAREST;
            if is_enough || found.len() == self.count || seen_km > 1_500.0 {
                break;
            }
        }
        found.sort_by(|a, b| a.partial_cmp(b).expect("distances are numbers"));
        found.truncate(NEAREST);
        found
    }

    fn place(&self, stream: &Stream) -> (i32, i32) {
        ((stream.latitude / self.width).floor() as i32, (stream.longitude / self.width).floor() as i32)
    }
}

fn kilometres(a: &Stream, b: &Stream) -> f64 {
    let north = 111.2 * (a.latitude - b.latitude);
    let east = 111.2 * (a.longitude - b.longitude) * (0.5 * (a.latitude + b.latitude)).to_radians().cos();
    north.hypot(east)
}

impl Made {
    /// `givers.csv`, `takers.csv`, `edges.csv`.
    pub fn tables(&self) -> (String, String, String) {
        let mut givers = String::from("id,lat,lon,class,hazardous,qty_dt,disposal_kvnd_t,q0,q1,q2,q3\n");
        for (id, giver) in self.givers.iter().enumerate() {
            let Stream { latitude, longitude, class, is_hazardous, quantity, money, qualities: [a, b, c, d], .. } =
                giver;
            let hazardous = i32::from(*is_hazardous);
            writeln!(
                givers,
                "{id},{latitude:.5},{longitude:.5},{class},{hazardous},{quantity},{money:.0},{a:.4},{b:.4},{c:.4},{d:.4}"
            )
            .expect("a text takes any text");
        }
        let mut takers = String::from("id,lat,lon,class,alt_class,licensed,qty_dt,price_kvnd_t,l0,l1,l2,l3\n");
        for (id, taker) in self.takers.iter().enumerate() {
            let Stream { latitude, longitude, class, is_hazardous, quantity, money, qualities: [a, b, c, d], .. } =
                taker;
            let alternative = taker.alternative.map_or(-1, |class| class as i64);
            let licensed = i32::from(*is_hazardous);
            writeln!(
                takers,
                "{id},{latitude:.5},{longitude:.5},{class},{alternative},{licensed},{quantity},{money:.0},{a:.4},{b:.4},{c:.4},{d:.4}"
            )
            .expect("a text takes any text");
        }
        let mut edges = String::from("giver,taker,benefit_kvnd_t,road_km,fixed_kvnd_yr\n");
        for (giver, taker, benefit, road_km) in &self.links {
            let fixed = 20_000 + (900.0 * road_km) as i64;
            writeln!(edges, "{giver},{taker},{benefit},{road_km:.3},{fixed}").expect("a text takes any text");
        }
        (givers, takers, edges)
    }
}

/// Numbers that are the same on every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / (1 << 30) as f64
    }

    /// Mean 0, deviation 1: the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}
