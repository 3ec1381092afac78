//! The transport network for `bench/network`: makes networks from a seed, solves them and changes them, with the
//! time taken. `cargo run --release -p engine --example network -- generate DIR LINKS equal|unequal`

#[path = "network/generator.rs"]
mod generator;

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

use cpu_time::ProcessTime;
use engine::matching::network::{
    Change, Link, Side, SolvedNetwork, TransportProblem, flows_csv, prove, read_problem, solve_transport,
};
use serde_json::{Value, json};

const USAGE: &str = "generate DIR LINKS equal|unequal [SEED] · solve DIR N · change DIR N · whole DIR";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match arguments.as_slice() {
        ["generate", folder, links, mix, rest @ ..] => {
            let seed = rest.first().map_or(4101, |seed| seed.parse().expect("a seed is a whole number"));
            generate(Path::new(folder), links.parse().expect("links are a whole number"), mix, seed)
        }
        ["solve", folder, times] => solve(&kept(Path::new(folder)), times.parse().expect("N is a whole number")),
        ["change", folder, times] => change(&kept(Path::new(folder)), times.parse().expect("N is a whole number")),
        ["whole", folder] => whole(Path::new(folder)),
        _ => panic!("usage: {USAGE}"),
    };
    println!("{answer}");
}

/// The three tables, and the same as whole numbers for the peers: counts, then supply, demand, givers, takers,
/// benefits, all as 64-bit little-endian.
fn generate(folder: &Path, links: usize, mix: &str, seed: u64) -> Value {
    let is_equal = match mix {
        "equal" => true,
        "unequal" => false,
        _ => panic!("usage: {USAGE}"),
    };
    let made = generator::network(links, is_equal, seed);
    let (givers, takers, edges) = made.tables();
    let (file, faults) = read_problem(givers.as_bytes(), takers.as_bytes(), edges.as_bytes());
    assert_eq!(faults, []);
    let problem = file.expect("tables without a fault").transport().expect("a problem that can be posed");
    for (name, text) in [("givers.csv", givers), ("takers.csv", takers), ("edges.csv", edges)] {
        fs::write(folder.join(name), text).expect("the folder can be written");
    }
    fs::write(folder.join("problem.bin"), bytes(&problem)).expect("the folder can be written");
    json!({"givers": problem.supply().len(), "takers": problem.demand().len(), "links": problem.links().len()})
}

fn bytes(problem: &TransportProblem) -> Vec<u8> {
    let counts = [problem.supply().len(), problem.demand().len(), problem.links().len()];
    let links = problem.links();
    let numbers = (counts.into_iter().map(|count| count as i64))
        .chain(problem.supply().iter().copied())
        .chain(problem.demand().iter().copied())
        .chain(links.iter().map(|link| i64::from(link.giver)))
        .chain(links.iter().map(|link| i64::from(link.taker)))
        .chain(links.iter().map(|link| link.benefit));
    numbers.flat_map(i64::to_le_bytes).collect()
}

fn kept(folder: &Path) -> TransportProblem {
    let bytes = fs::read(folder.join("problem.bin")).expect("`generate` wrote it");
    let mut numbers = bytes.chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().expect("8 bytes")));
    let mut next = || numbers.next().expect("a whole file");
    let [givers, takers, links] = [(); 3].map(|()| next() as usize);
    let supply = (0..givers).map(|_| next()).collect();
    let demand = (0..takers).map(|_| next()).collect();
    let [ends_at_giver, ends_at_taker, benefits]: [Vec<i64>; 3] =
        [(); 3].map(|()| (0..links).map(|_| next()).collect());
    let ends = ends_at_giver.into_iter().zip(ends_at_taker).zip(benefits);
    let links = ends.map(|((giver, taker), benefit)| Link { giver: giver as u32, taker: taker as u32, benefit });
    TransportProblem::new(supply, demand, links.collect()).expect("a problem that can be posed")
}

/// The first of N + 1 runs is not counted.
fn solve(problem: &TransportProblem, times: usize) -> Value {
    let memory_before = peak_memory();
    let mut runs = Vec::new();
    let mut objective = 0;
    for _ in 0..=times {
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let solution = solve_transport(problem);
        runs.push((wall.elapsed().as_secs_f64(), cpu_seconds() - cpu));
        objective = solution.objective_int;
    }
    let counted = if times == 0 { &runs[..] } else { &runs[1..] };
    json!({
        "objective": objective as i64,
        "wall_s": counted.iter().map(|run| run.0).collect::<Vec<_>>(),
        "cpu_s": counted.iter().map(|run| run.1).collect::<Vec<_>>(),
        "input_kib": memory_before,
        "peak_kib": peak_memory(),
    })
}

/// What `congsinh solve network --flows` does: the tables read, the network solved, the flows written.
fn whole(folder: &Path) -> Value {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let [givers, takers, edges] = ["givers", "takers", "edges"]
        .map(|name| BufReader::new(File::open(folder.join(format!("{name}.csv"))).expect("`generate` wrote it")));
    let (file, faults) = read_problem(givers, takers, edges);
    assert_eq!(faults, []);
    let file = file.expect("tables without a fault");
    let problem = file.transport().expect("a problem that can be posed");
    let (read_cpu, read_kib) = (cpu_seconds() - cpu, peak_memory());
    let solution = solve_transport(&problem);
    fs::write(folder.join("flows.csv"), flows_csv(&file, &solution)).expect("the folder can be written");
    json!({
        "objective": solution.objective_int as i64,
        "wall_s": wall.elapsed().as_secs_f64(),
        "cpu_s": cpu_seconds() - cpu,
        "read_cpu_s": read_cpu,
        "read_kib": read_kib,
        "peak_kib": peak_memory(),
    })
}

/// One stream at a time is added to the solved network, with links like those of a stream that is there; then all
/// are taken out again, last first. After both halves the network is held against solving from the beginning.
fn change(problem: &TransportProblem, times: usize) -> Value {
    let mut network = SolvedNetwork::new(problem);
    let mut random = generator::Random(times as u64);
    let mut links_of: Vec<Vec<(u32, i64)>> = vec![Vec::new(); problem.supply().len()];
    for link in problem.links() {
        links_of[link.giver as usize].push((link.taker, link.benefit));
    }
    let givers = problem.supply().len();
    let added: Vec<Change> = (0..times)
        .map(|_| {
            let like = random.below(givers as u64) as usize;
            let quantity = problem.supply()[random.below(givers as u64) as usize];
            let links = links_of[like].iter().map(|&(taker, benefit)| (taker, benefit + random.below(200) as i64));
            Change::AddStream { side: Side::Giver, quantity, links: links.collect() }
        })
        .collect();
    let removed: Vec<Change> = (0..times)
        .rev()
        .map(|number| Change::RemoveStream { side: Side::Giver, stream: (givers + number) as u32 })
        .collect();
    let set: Vec<Change> = (0..times)
        .map(|_| {
            let stream = random.below(givers as u64) as u32;
            let quantity = problem.supply()[stream as usize] * (50 + random.below(100) as i64) / 100;
            Change::SetQuantity { side: Side::Giver, stream, quantity }
        })
        .collect();
    let mut batch = Vec::new();
    let mut seconds = Vec::new();
    for changes in [added, removed, set] {
        seconds.push(
            changes
                .iter()
                .map(|change| {
                    let began = cpu_seconds();
                    network.apply(change).expect("a change that can be made");
                    cpu_seconds() - began
                })
                .collect::<Vec<_>>(),
        );
        let changed = network.problem();
        prove(&changed, &network.solution()).expect("a network that is proved");
        let cpu = cpu_seconds();
        assert_eq!(solve_transport(&changed).objective_int, network.objective_int(), "solved from the beginning");
        batch.push(cpu_seconds() - cpu);
    }
    json!({
        "batch_cpu_s": batch, "add_cpu_s": seconds[0], "remove_cpu_s": seconds[1], "set_cpu_s": seconds[2], "peak_kib": peak_memory(),
    })
}

/// This process has one thread.
fn cpu_seconds() -> f64 {
    ProcessTime::now().as_duration().as_secs_f64()
}

fn peak_memory() -> u64 {
    let text = fs::read_to_string("/proc/self/status").expect("Linux tells the memory");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|word| word.parse().ok()).expect("KiB")
}
