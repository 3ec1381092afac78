//! The bills of 36 months: consumption follows production and warmth, with noise; faults are planted afterwards.

use std::collections::BTreeMap;

use engine::period::Period;

use crate::calendar::{self, last_day, months};
use crate::enterprises::{Enterprise, Group};
use crate::intensities::{Flow, Product, flows_of, makes_product, product_of};
use crate::random::Random;

/// All bills of one resource at one enterprise, one for each month or quarter.
#[derive(Clone, Debug)]
pub struct Series {
    pub unit: &'static str,
    pub basis: &'static str,
    pub paper: &'static str,
    pub price_vnd: f64,
    pub bills: Vec<Bill>,
}

#[derive(Clone, Debug)]
pub struct Bill {
    pub period: Period,
    pub amount: f64,
    /// Reckoned before any fault is planted: a slipped unit leaves the sum to pay as it was.
    pub cost_vnd: Option<f64>,
}

pub type Key = (String, String);
pub type Bills = BTreeMap<Key, Series>;

/// A change of production that the truths rely on.
pub struct ProductionPlan {
    /// Enterprises whose production falls in the last year, with the factor.
    pub falls: Vec<(String, f64)>,
    /// One month of unusual production: enterprise, month, factor.
    pub peaks: Vec<(String, Period, f64)>,
}

pub fn key(enterprise: &str, resource: &str) -> Key {
    (enterprise.to_string(), resource.to_string())
}

pub fn bills(seed: u64, enterprises: &[Enterprise], plan: &ProductionPlan) -> Bills {
    let warmth = calendar::cooling_degree_days(seed);
    let mut bills = Bills::new();
    for enterprise in enterprises {
        let product = product_of(enterprise.group);
        let made = production(seed, enterprise, &product, plan);
        if makes_product(enterprise.group) {
            bills.insert(key(&enterprise.id, product.resource), product_series(&product, &made));
        }
        for flow in flows_of(enterprise.group) {
            let mean = flow.per_product * product.a_month * enterprise.size;
            let activity: Vec<f64> = made.iter().map(|amount| amount / (product.a_month * enterprise.size)).collect();
            let mut random = Random::new(seed, &format!("bills {} {}", enterprise.id, flow.resource));
            bills.insert(key(&enterprise.id, flow.resource), series(&flow, mean, &activity, &warmth, &mut random));
        }
    }
    treated_wastewater(seed, enterprises, &mut bills);
    bills
}

/// Production of each month: usual amount × season × working days × slow growth × noise.
fn production(seed: u64, enterprise: &Enterprise, product: &Product, plan: &ProductionPlan) -> Vec<f64> {
    let mut random = Random::new(seed, &format!("production {}", enterprise.id));
    let growth = random.between(-0.02, 0.03);
    months()
        .iter()
        .map(|month| {
            let years =
                f64::from(month.start().year() - calendar::FIRST_YEAR) + f64::from(month.start().month()) / 12.0;
            let season = product.season[month.start().month() as usize - 1];
            let days = calendar::working_days(month) as f64 / 25.0;
            let mut amount =
                product.a_month * enterprise.size * season * days * (1.0 + growth * years) * random.noise(0.07);
            if month.start().year() == calendar::LAST_YEAR {
                amount *= plan.falls.iter().find(|(id, _)| *id == enterprise.id).map_or(1.0, |(_, factor)| *factor);
            }
            let peak = plan.peaks.iter().find(|(id, at, _)| *id == enterprise.id && at == month);
            as_billed(amount * peak.map_or(1.0, |(_, _, factor)| *factor), product.unit)
        })
        .collect()
}

fn product_series(product: &Product, made: &[f64]) -> Series {
    let bills = months()
        .into_iter()
        .zip(made)
        .map(|(period, amount)| Bill { period, amount: *amount, cost_vnd: None })
        .collect();
    Series { unit: product.unit, basis: "declared", paper: "Báo cáo sản xuất", price_vnd: 0.0, bills }
}

fn series(flow: &Flow, mean: f64, activity: &[f64], warmth: &[f64], random: &mut Random) -> Series {
    let mean_warmth = warmth.iter().sum::<f64>() / warmth.len() as f64;
    let monthly: Vec<f64> = activity
        .iter()
        .zip(warmth)
        .map(|(activity, warmth)| {
            let share = flow.fixed + flow.by_product * activity + flow.by_warmth * warmth / mean_warmth;
            mean * share * random.noise(flow.noise)
        })
        .collect();
    let bill = |period: Period, amount: f64| {
        let amount = as_billed(amount, flow.unit);
        Bill { period, amount, cost_vnd: cost(&period, amount, flow.price_vnd) }
    };
    let months = months();
    let bills = if flow.is_quarterly {
        let quarter = |part: &[Period]| Period::new(part[0].start(), part[part.len() - 1].end()).unwrap_or(part[0]);
        months
            .chunks(3)
            .zip(monthly.chunks(3))
            .map(|(part, amounts)| bill(quarter(part), amounts.iter().sum()))
            .collect()
    } else {
        months.into_iter().zip(monthly).map(|(month, amount)| bill(month, amount)).collect()
    };
    Series { unit: flow.unit, basis: flow.basis, paper: flow.paper, price_vnd: flow.price_vnd, bills }
}

/// Prices rise by 4 % a year around the middle one. Whole thousands, as bills are rounded here.
pub fn cost(period: &Period, amount: f64, price_vnd: f64) -> Option<f64> {
    let rise = 1.0 + 0.04 * f64::from(period.start().year() - calendar::FIRST_YEAR - 1);
    (price_vnd > 0.0).then(|| (amount * price_vnd * rise / 1_000.0).round() * 1_000.0)
}

/// As many digits as a bill shows: whole kWh, m³, kg, GJ; tonnes with one or two decimals.
pub fn as_billed(amount: f64, unit: &str) -> f64 {
    let step = match unit {
        "t" if amount < 100.0 => 0.01,
        "t" | "1000 pieces" => 0.1,
        "m3" if amount >= 10_000.0 => 10.0,
        _ => 1.0,
    };
    let rounded = (amount / step).round() * step;
    (rounded * 100.0).round() / 100.0
}

/// What the central plant hands over treated: all the tenants sent, less what goes with the sludge.
fn treated_wastewater(seed: u64, enterprises: &[Enterprise], bills: &mut Bills) {
    let Some(plant) = enterprises.iter().find(|enterprise| enterprise.group == Group::WastewaterPlant) else { return };
    let mut random = Random::new(seed, "treated wastewater");
    let treated = months()
        .into_iter()
        .enumerate()
        .map(|(place, period)| {
            let sent: f64 = bills
                .iter()
                .filter(|((_, resource), _)| resource == "wastewater")
                .map(|(_, series)| series.bills[place].amount)
                .sum();
            Bill { period, amount: as_billed(sent * random.between(0.965, 0.985), "m3"), cost_vnd: None }
        })
        .collect();
    let series =
        Series {
            unit: "m3", basis: "metered", paper: "Trạm quan trắc tự động", price_vnd: 0.0, bills: treated
        };
    bills.insert(key(&plant.id, "wastewater-to-standard"), series);
}

/// The rows of `records.csv`, by enterprise, resource and day.
pub fn rows(bills: &Bills) -> Vec<Vec<String>> {
    let row = |(enterprise, resource): &Key, series: &Series, bill: &Bill| {
        let month = bill.period.start();
        let when = if bill.period.days() > 31 {
            format!("quý {}/{}", (month.month() + 2) / 3, month.year())
        } else {
            format!("{:02}/{}", month.month(), month.year())
        };
        vec![
            enterprise.clone(),
            resource.clone(),
            bill.period.start().to_string(),
            last_day(&bill.period).to_string(),
            bill.amount.to_string(),
            series.unit.to_string(),
            series.basis.to_string(),
            format!("{} {when}", series.paper),
            bill.cost_vnd.map(|cost| cost.to_string()).unwrap_or_default(),
        ]
    };
    bills.iter().flat_map(|(key, series)| series.bills.iter().map(move |bill| row(key, series, bill))).collect()
}

/// The rows of `drivers.csv`: degree days and working days of every enterprise.
pub fn driver_rows(seed: u64, enterprises: &[Enterprise]) -> Vec<Vec<String>> {
    let warmth = calendar::cooling_degree_days(seed);
    let mut rows = Vec::new();
    for enterprise in enterprises {
        for (month, warmth) in months().iter().zip(&warmth) {
            let mut add = |driver: &str, value: String, unit: &str| {
                let (from, to) = (month.start().to_string(), last_day(month).to_string());
                rows.push(vec![enterprise.id.clone(), driver.to_string(), from, to, value, unit.to_string()]);
            };
            add("cooling-degree-days", warmth.to_string(), "K d");
            add("working-days", calendar::working_days(month).to_string(), "day");
        }
    }
    rows
}
