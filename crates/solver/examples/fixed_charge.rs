//! Networks with yearly costs: HiGHS alone and ours, on the same made-up network, in CPU time.
//! `fixed_charge STREAMS SEED [ours]`: so many givers and takers; one JSON line. `bench/network/fixed_charge` runs it.

use cpu_time::ProcessTime;
use engine::linear::{Column, Limits, LinearProblem};
use engine::matching::network::{Link, NetworkTask, TransportProblem, solve_network};

/// Wall seconds that HiGHS alone gets, as many as inside our way.
const SECONDS: f64 = 60.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<u64>().ok());
    let (Some(streams), Some(seed)) = (number(1), number(2)) else {
        eprintln!("usage: fixed_charge STREAMS SEED [ours]");
        std::process::exit(2);
    };
    let task = made_up(streams as usize, seed);
    let start = ProcessTime::now();
    let ours = solve_network(&task, Some(&solver::solve)).expect("a network is found");
    let ours_seconds = start.elapsed().as_secs_f64();
    let gap = (ours.bound - ours.objective) / ours.bound;
    print!(
        "{{\"links\":{},\"ours\":{},\"ours_gap\":{gap:.6},\"ours_cpu_seconds\":{ours_seconds:.3}",
        task.transport.links().len(),
        ours.objective
    );
    if arguments.get(3).is_none() {
        let start = ProcessTime::now();
        let limits = Limits { seconds: SECONDS, ..Limits::default() };
        let linear = posed(&task);
        let alone = solver::solve(&linear, &limits).expect("HiGHS answers");
        let seconds = start.elapsed().as_secs_f64();
        // By the solver's own choices: it may leave a trace of flow on a link that it calls closed.
        let worth =
            |values: Vec<f64>| -> f64 { linear.columns.iter().zip(values).map(|(c, value)| c.worth * value).sum() };
        let found = alone.values.map_or(0.0, worth);
        let gap = (alone.bound - found) / alone.bound;
        print!(",\"highs\":{found},\"highs_gap\":{gap:.6},\"highs_cpu_seconds\":{seconds:.3}");
    }
    println!("}}");
}

/// The whole as one mixed-integer problem, the strong way: a flow is at most its link's limit times its choice.
fn posed(task: &NetworkTask) -> LinearProblem {
    let (problem, fixed) = (&task.transport, task.fixed.as_ref().expect("costs"));
    let mut linear = LinearProblem::default();
    let count = problem.links().len() as u32;
    let mut rows = vec![Vec::new(); problem.supply().len() + problem.demand().len()];
    let cap = |link: &Link| problem.supply()[link.giver as usize].min(problem.demand()[link.taker as usize]) as f64;
    for link in problem.links() {
        let column = linear.add_column(Column::amount(link.benefit as f64 / 10.0, cap(link)));
        rows[link.giver as usize].push((column, 1.0));
        rows[problem.supply().len() + link.taker as usize].push((column, 1.0));
    }
    for fixed in fixed {
        linear.add_column(Column::choice(-(*fixed as f64)));
    }
    for (quantity, terms) in problem.supply().iter().chain(problem.demand()).zip(rows) {
        linear.add_row(*quantity as f64, terms);
    }
    for (number, link) in (0..count).zip(problem.links()) {
        linear.add_row(0.0, vec![(number, 1.0), (count + number, -cap(link))]);
    }
    linear
}

struct Stream {
    park: usize,
    class: usize,
    other_class: Option<usize>,
    quantity: i64,
    /// Disposal of a giver, price of a taker's purchase; thousand VND per tonne.
    money: f64,
}

const CLASSES: usize = 12;
const MOST_LINKS: usize = 20;

/// As many givers as takers in parks of 13, classes by Zipf's law, quantities and money lognormal; links to the nearest
/// takers of the class, at most 20. Yearly costs: lognormal around 73 million VND, and 384 thousand for each kilometre.
fn made_up(count: usize, seed: u64) -> NetworkTask {
    let mut random = Random(seed);
    let prices: Vec<f64> = (0..CLASSES).map(|_| (8.2 + 0.6 * random.normal()).exp()).collect();
    let parks: Vec<(f64, f64)> = (0..(count / 13).max(1)).map(|_| park(&mut random, count)).collect();
    let mut stream = |is_giver: bool| {
        let class = random.class();
        let other_class = (!is_giver && random.unit() < 0.3).then(|| random.class()).filter(|other| *other != class);
        Stream {
            park: random.below(parks.len()),
            class,
            other_class,
            quantity: ((6.2 + 1.5 * random.normal()).exp() as i64).max(10),
            money: match is_giver {
                true => (6.5 + 0.4 * random.normal()).exp(),
                false => prices[class] * (0.2 * random.normal()).exp(),
            },
        }
    };
    let givers: Vec<Stream> = (0..count).map(|_| stream(true)).collect();
    let takers: Vec<Stream> = (0..count).map(|_| stream(false)).collect();
    let mut takers_at = vec![Vec::new(); parks.len() * CLASSES];
    for (number, taker) in takers.iter().enumerate() {
        for class in std::iter::once(taker.class).chain(taker.other_class) {
            takers_at[taker.park * CLASSES + class].push(number);
        }
    }
    let near: Vec<Vec<(f64, usize)>> = parks.iter().map(|park| nearest(&parks, *park)).collect();
    let (mut links, mut fixed) = (Vec::new(), Vec::new());
    for (number, giver) in (0..).zip(&givers) {
        let reached = near[giver.park].iter().flat_map(|(distance, park)| {
            takers_at[park * CLASSES + giver.class].iter().map(move |taker| (*distance, *taker))
        });
        let mut kept = 0;
        for (distance, taker) in reached.take(4 * MOST_LINKS) {
            let treatment = 0.28 * (giver.money + takers[taker].money) * (0.1 * random.normal()).exp();
            let benefit = giver.money + takers[taker].money - treatment - 2.2 * distance;
            // Licences and qualities leave about two pairs in three.
            if kept < MOST_LINKS && benefit >= 1.0 && random.unit() < 0.65 {
                links.push(Link { giver: number, taker: taker as u32, benefit: benefit as i64 });
                fixed.push(((11.2 + 0.7 * random.normal()).exp() + 384.0 * distance) as i64);
                kept += 1;
            }
        }
    }
    let quantities = |streams: &[Stream]| streams.iter().map(|stream| stream.quantity).collect();
    let transport = TransportProblem::new(quantities(&givers), quantities(&takers), links).expect("a problem");
    NetworkTask { transport, fixed: Some(fixed), quality: None }
}

/// Kilometres; few parks lie in one province, many along the country.
fn park(random: &mut Random, count: usize) -> (f64, f64) {
    let length = if count < 500 { 140.0 } else { 1_400.0 };
    (150.0 * random.unit(), length * random.unit())
}

/// Road kilometres to the nearest parks, nearest first.
fn nearest(parks: &[(f64, f64)], from: (f64, f64)) -> Vec<(f64, usize)> {
    let distance = |to: &(f64, f64)| 1.3 * (from.0 - to.0).hypot(from.1 - to.1);
    let mut near: Vec<(f64, usize)> = parks.iter().map(distance).zip(0..).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    near.truncate(400);
    near
}

/// Steele, Lea and Flood's mixing of a counter; the same numbers on every machine.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.unit() * limit as f64) as usize
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    fn class(&mut self) -> usize {
        let total: f64 = (1..=CLASSES).map(|rank| 1.0 / rank as f64).sum();
        let mut left = self.unit() * total;
        (1..CLASSES)
            .find(|rank| {
                left -= 1.0 / *rank as f64;
                left < 0.0
            })
            .unwrap_or(CLASSES)
            - 1
    }
}
