//! The stream, composition and exchange sheets, and the pairs that are known by construction.

use crate::enterprises::Enterprise;
use crate::random::Random;
use crate::stream_table::{GIVES, Give, Part, TAKES, Take};
use crate::truth::{Matches, Pair, Rejected};

pub struct Streams {
    pub rows: Vec<Vec<String>>,
    pub composition: Vec<Vec<String>>,
    pub matches: Matches,
}

pub fn streams(seed: u64, enterprises: &[Enterprise]) -> Streams {
    let mut random = Random::new(seed, "streams");
    let mut rows = Vec::new();
    let mut composition = Vec::new();
    for (place, give) in GIVES.iter().enumerate() {
        let size = size(enterprises, give.enterprise);
        let quantity = round_quantity(give.quantity * size * random.between(0.93, 1.07));
        let (disposal, treatment) = (price(give.disposal, &mut random), price(give.treatment, &mut random));
        rows.push(give_row(give, &give_id(place), quantity, disposal, treatment));
        composition.extend(parts(&give_id(place), give.content));
    }
    for (place, take) in TAKES.iter().enumerate() {
        let size = size(enterprises, take.enterprise);
        let quantity = round_quantity(take.quantity * size * random.between(0.93, 1.07));
        rows.push(take_row(take, &take_id(place), quantity, price(take.price, &mut random)));
        composition.extend(parts(&take_id(place), take.limits));
    }
    Streams { rows, composition, matches: matches() }
}

fn give_id(place: usize) -> String {
    format!("G{:02}", place + 1)
}

fn take_id(place: usize) -> String {
    format!("T{:02}", place + 1)
}

fn size(enterprises: &[Enterprise], id: &str) -> f64 {
    enterprises.iter().find(|enterprise| enterprise.id == id).map_or(1.0, |enterprise| enterprise.size)
}

/// Two figures: nobody weighs a yearly stream to the kilogram.
fn round_quantity(quantity: f64) -> f64 {
    let mut step = 1.0;
    while quantity / step >= 1_000.0 {
        step *= 10.0;
    }
    (quantity / step).round() * step
}

/// Thousand VND as VND, each price a little different from the table's.
fn price(thousand_vnd: f64, random: &mut Random) -> f64 {
    let vnd = thousand_vnd * 1_000.0 * random.between(0.95, 1.05);
    if vnd >= 20_000.0 { (vnd / 1_000.0).round() * 1_000.0 } else { (vnd / 100.0).round() * 100.0 }
}

fn unit(kind: &str) -> &'static str {
    match kind {
        "water" => "m3",
        "heat" => "MWh",
        _ => "t",
    }
}

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_string()
}

fn give_row(give: &Give, id: &str, quantity: f64, disposal: f64, treatment: f64) -> Vec<String> {
    vec![
        id.to_string(),
        give.enterprise.to_string(),
        "give".to_string(),
        give.kind.to_string(),
        give.vi.to_string(),
        give.en.to_string(),
        give.ewc.to_string(),
        quantity.to_string(),
        unit(give.kind).to_string(),
        yes(give.hazardous),
        String::new(),
        disposal.to_string(),
        treatment.to_string(),
        give.temperature.map(|temperature| temperature.to_string()).unwrap_or_default(),
        if give.kind == "heat" { "calculated" } else { "declared" }.to_string(),
        "Khảo sát dòng vật chất 2024".to_string(),
    ]
}

fn take_row(take: &Take, id: &str, quantity: f64, price: f64) -> Vec<String> {
    vec![
        id.to_string(),
        take.enterprise.to_string(),
        "take".to_string(),
        take.kind.to_string(),
        take.vi.to_string(),
        take.en.to_string(),
        take.ewc.to_string(),
        quantity.to_string(),
        unit(take.kind).to_string(),
        "no".to_string(),
        yes(take.licensed),
        price.to_string(),
        String::new(),
        take.temperature.map(|temperature| temperature.to_string()).unwrap_or_default(),
        "declared".to_string(),
        "Khảo sát nhu cầu 2024".to_string(),
    ]
}

fn parts(id: &str, parts: &[Part]) -> Vec<Vec<String>> {
    let row = |(substance, value, unit): &Part| {
        vec![id.to_string(), substance.to_string(), value.to_string(), unit.to_string()]
    };
    parts.iter().map(row).collect()
}

/// Pairs of one use match unless the giver's stream or the taker carries a planted obstacle.
fn matches() -> Matches {
    let mut matches = Matches { candidates: Vec::new(), rejected: Vec::new() };
    for (given, give) in GIVES.iter().enumerate() {
        for (used_as, fault) in give.uses {
            for (taken, take) in TAKES.iter().enumerate() {
                if take.used_as != *used_as || take.enterprise == give.enterprise {
                    continue;
                }
                let pair = Pair { give: give_id(given), take: take_id(taken) };
                match fault.or(take.fault) {
                    None => matches.candidates.push(pair),
                    Some(reason) => matches.rejected.push(Rejected { pair, reason }),
                }
            }
        }
    }
    matches.candidates.sort();
    matches.rejected.sort_by(|a, b| a.pair.cmp(&b.pair));
    matches
}

/// Exchanges that run, and one that ended before the year of the truths. Their quantities are apart from the streams.
pub fn exchange_rows() -> Vec<Vec<String>> {
    [
        [
            "X1",
            "E15",
            "E29",
            "Bã bia ép",
            "Pressed spent grain",
            "1800",
            "t",
            "2022-05-01",
            "",
            "Hợp đồng 05/2022/BIA-TACN",
        ],
        [
            "X2",
            "E14",
            "E11",
            "Lề carton",
            "Corrugated trimmings",
            "300",
            "t",
            "2023-03-01",
            "",
            "Hợp đồng 11/2023/BB-GIAY",
        ],
        [
            "X3",
            "E10",
            "E07",
            "Vải vụn",
            "Fabric cuttings",
            "40",
            "t",
            "2022-02-01",
            "2023-06-30",
            "Biên bản thanh lý 30/06/2023",
        ],
    ]
    .map(|row| row.map(str::to_string).to_vec())
    .to_vec()
}
