//! A nation of generated parks with everything that criteria ask for, and everything that can be missing of it.

use engine::catalogue::Catalogue;
use engine::ids::{EnterpriseId, ExchangeId, ParkId, ResourceId};
use engine::language::Label;
use engine::park::{Answer, Enterprise, EnterpriseRole, Fact, Park, Record, RunningExchange};
use engine::period::{Period, parse_date};
use engine::quantity::{Amount, Dimension};
use engine::source::Basis;

/// Splitmix64, so that each seed is the same nation on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    pub fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

const PROVINCES: [&str; 5] = ["01", "31", "75", "79", "92"];
const SECTORS: [&str; 5] = ["1020", "1410", "1701", "2410", "2610"];
/// Current at the end of 2024; the first is older than 24 months, the second is within 36.
const DAYS: [&str; 4] = ["2021-03-10", "2022-06-01", "2023-09-15", "2024-11-20"];

pub fn nation(seed: u64, parks: usize, catalogue: &Catalogue) -> Vec<Park> {
    let mut random = Random(seed);
    (0..parks).map(|number| park(&mut random, number, catalogue)).collect()
}

fn park(random: &mut Random, number: usize, catalogue: &Catalogue) -> Park {
    let tenants = random.below(14);
    let enterprises: Vec<Enterprise> = (0..tenants)
        .map(|index| Enterprise {
            id: EnterpriseId::new(format!("E{index:02}")),
            name: Label::new(format!("Doanh nghiệp {index}"), format!("Enterprise {index}")),
            tax_code: None,
            isic4: random.pick(&SECTORS).to_string(),
            role: if random.one_in(12) { EnterpriseRole::Utility } else { EnterpriseRole::Tenant },
            employees: (!random.one_in(6)).then(|| random.pick(&[20, 99, 100, 101, 250, 251, 900])),
            place: None,
        })
        .collect();
    let mut park = Park {
        id: ParkId::new(format!("park-{number:03}")),
        name: Label::new(format!("Khu {number}"), format!("Park {number}")),
        province: random.pick(&PROVINCES).to_string(),
        area_ha: None,
        place: None,
        developer: None,
        utc_offset_h: 7.0,
        synthetic: true,
        note: None,
        enterprises,
        records: Vec::new(),
        drivers: Vec::new(),
        meters: Vec::new(),
        readings: Default::default(),
        metered: Default::default(),
        weather: Default::default(),
        streams: Vec::new(),
        works: Default::default(),
        exchanges: Vec::new(),
        survey: Vec::new(),
        facts: Vec::new(),
        measures: Vec::new(),
        plans: Vec::new(),
        adjustments: Vec::new(),
        key_readings: Vec::new(),
    };
    state(&mut park, random, catalogue);
    answer(&mut park, random, catalogue);
    record(&mut park, random, catalogue);
    exchange(&mut park, random);
    park
}

fn state(park: &mut Park, random: &mut Random, catalogue: &Catalogue) {
    for (fact, spec) in &catalogue.facts {
        if random.one_in(4) {
            continue;
        }
        let value = match spec.unit.as_str() {
            "yes_no" => random.below(2) as f64,
            "percent" => random.below(101) as f64,
            _ => random.below(5) as f64,
        };
        let not_applicable = random.one_in(15).then(|| "Không có".to_string());
        park.facts.push(Fact {
            fact: fact.clone(),
            value: not_applicable.is_none().then_some(value),
            stated_on: parse_date(random.pick(&DAYS)).unwrap(),
            evidence: random.one_in(2).then(|| "Văn bản".to_string()),
            not_applicable,
        });
    }
}

fn answer(park: &mut Park, random: &mut Random, catalogue: &Catalogue) {
    for enterprise in &park.enterprises {
        for question in catalogue.questions.keys() {
            if random.one_in(3) {
                continue;
            }
            park.survey.push(Answer {
                enterprise: enterprise.id.clone(),
                question: question.clone(),
                yes: !random.one_in(3),
                answered_on: parse_date(random.pick(&DAYS)).unwrap(),
                evidence: random.one_in(2).then(|| "Phiếu".to_string()),
            });
        }
    }
}

/// A year, or the first nine or two months of it, of what the shares of amounts are taken of.
fn record(park: &mut Park, random: &mut Random, catalogue: &Catalogue) {
    let resources = [
        "electricity",
        "wastewater",
        "wastewater-to-standard",
        "reused-water",
        "waste-reused",
        "waste-landfill",
        "bituminous-coal",
    ];
    for enterprise in &park.enterprises {
        for resource in resources.into_iter().map(ResourceId::new) {
            if random.one_in(3) {
                continue;
            }
            let unit = match catalogue.resource(&resource).unwrap().dimension {
                Dimension::Energy => "kWh",
                Dimension::Volume => "m3",
                _ => "t",
            };
            let months = random.pick(&[12, 12, 9, 2]);
            let end = parse_date(&format!("{}-01", ["2024-03", "2024-10", "2025-01"][months / 5])).unwrap();
            park.records.push(Record {
                enterprise: enterprise.id.clone(),
                resource,
                period: Period::new(parse_date("2024-01-01").unwrap(), end).unwrap(),
                amount: Amount { value: random.below(1000) as f64, unit: unit.to_string() },
                basis: random.pick(&[Basis::Metered, Basis::Invoiced, Basis::Declared]),
                source: "Sổ".to_string(),
                cost_vnd: None,
                line: park.records.len() + 2,
            });
        }
    }
}

fn exchange(park: &mut Park, random: &mut Random) {
    if park.enterprises.len() < 2 {
        return;
    }
    for number in 0..random.below(4) {
        let giver = random.below(park.enterprises.len());
        let taker = (giver + 1) % park.enterprises.len();
        park.exchanges.push(RunningExchange {
            id: ExchangeId::new(format!("X{number}")),
            giver: park.enterprises[giver].id.clone(),
            taker: park.enterprises[taker].id.clone(),
            name: Label::new("Hơi", "Steam"),
            quantity: None,
            since: parse_date("2023-01-01"),
            ended_on: random.one_in(4).then(|| parse_date("2023-12-31")).flatten(),
            evidence: None,
        });
    }
}
