//! Measures with a saving that is known because it is planted, decoys that save nothing, and what they promised.

use engine::period::Period;
use jiff::civil::{Date, date};

use crate::bills::{Bills, ProductionPlan, as_billed, cost, key};
use crate::calendar::{LAST_YEAR, months};
use crate::meters::{Metered, MeteredSaving};
use crate::random::Random;
use crate::truth::{Saving, SavingKind};

struct Planted {
    id: &'static str,
    enterprise: &'static str,
    option: &'static str,
    name_vi: &'static str,
    name_en: &'static str,
    resource: &'static str,
    meter: &'static str,
    installed: (Date, Date),
    kind: Kind,
    /// Million VND.
    investment: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Saves this share of what would have been used.
    Saves(f64),
    /// Promised a saving; use fell because production fell.
    Decoy,
    /// Installed when hardly anything had been recorded.
    TooThin,
}

const DECEMBER: (Date, Date) = (date(2023, 12, 1), date(2023, 12, 31));

#[rustfmt::skip]
const PLANTED: &[Planted] = &[
    Planted { id: "A01", enterprise: "E03", option: "refrigeration-condensing-pressure", name_vi: "Hạ áp suất ngưng hệ thống lạnh", name_en: "Lower condensing pressure of the refrigeration plant", resource: "electricity", meter: "", installed: DECEMBER, kind: Kind::Saves(0.085), investment: 820.0 },
    Planted { id: "A02", enterprise: "E01", option: "dry-cleaning-first", name_vi: "Làm sạch khô trước khi rửa", name_en: "Dry cleaning before washing", resource: "supply-water", meter: "", installed: DECEMBER, kind: Kind::Saves(0.115), investment: 240.0 },
    Planted { id: "A03", enterprise: "E09", option: "boiler-economiser", name_vi: "Bộ hâm nước tận dụng khói lò hơi", name_en: "Boiler economiser", resource: "bituminous-coal", meter: "", installed: DECEMBER, kind: Kind::Saves(0.075), investment: 1_450.0 },
    Planted { id: "A04", enterprise: "E12", option: "condensate-recovery", name_vi: "Thu hồi nước ngưng lô sấy", name_en: "Condensate recovery from the dryers", resource: "anthracite", meter: "", installed: DECEMBER, kind: Kind::Saves(0.09), investment: 1_900.0 },
    Planted { id: "A05", enterprise: "E15", option: "cleaning-in-place", name_vi: "Tối ưu vệ sinh tại chỗ (CIP)", name_en: "Better cleaning in place", resource: "supply-water", meter: "", installed: DECEMBER, kind: Kind::Saves(0.10), investment: 560.0 },
    Planted { id: "A06", enterprise: "E24", option: "servo-moulding-machines", name_vi: "Máy ép phun dùng động cơ servo", name_en: "Servo drives on the moulding machines", resource: "electricity", meter: "", installed: DECEMBER, kind: Kind::Saves(0.12), investment: 2_600.0 },
    Planted { id: "A07", enterprise: "E26", option: "cleanroom-airflow", name_vi: "Giảm lưu lượng gió phòng sạch", name_en: "Less airflow in the clean room", resource: "electricity", meter: "", installed: DECEMBER, kind: Kind::Saves(0.08), investment: 980.0 },
    Planted { id: "A08", enterprise: "E20", option: "furnace-combustion-control", name_vi: "Điều khiển đốt lò nung", name_en: "Combustion control of the reheating furnace", resource: "fuel-oil", meter: "", installed: DECEMBER, kind: Kind::Saves(0.07), investment: 1_700.0 },
    Planted { id: "A09", enterprise: "E02", option: "vsd-air-compressor", name_vi: "Máy nén biến tần và giảm rò rỉ", name_en: "Variable-speed compressors and leak repair", resource: "electricity", meter: "M1", installed: (date(2024, 1, 8), date(2024, 1, 14)), kind: Kind::Saves(0.09), investment: 750.0 },
    Planted { id: "A10", enterprise: "E11", option: "paper-vacuum-system", name_vi: "Cải tạo hệ thống chân không máy xeo", name_en: "Rebuilt vacuum system of the paper machine", resource: "electricity", meter: "M2", installed: (date(2024, 1, 2), date(2024, 1, 6)), kind: Kind::Saves(0.08), investment: 3_100.0 },
    Planted { id: "A11", enterprise: "E08", option: "boiler-excess-air", name_vi: "Điều chỉnh không khí thừa lò hơi", name_en: "Boiler excess air control", resource: "bituminous-coal", meter: "", installed: DECEMBER, kind: Kind::Decoy, investment: 300.0 },
    Planted { id: "A12", enterprise: "E23", option: "barrel-insulation", name_vi: "Bọc cách nhiệt xi lanh máy ép", name_en: "Insulated barrels of the moulding machines", resource: "electricity", meter: "", installed: DECEMBER, kind: Kind::Decoy, investment: 110.0 },
    Planted { id: "A13", enterprise: "E17", option: "vsd-on-pumps", name_vi: "Biến tần cho bơm", name_en: "Variable-speed drives on pumps", resource: "electricity", meter: "", installed: (date(2022, 4, 1), date(2022, 4, 30)), kind: Kind::TooThin, investment: 190.0 },
];

/// Measures whose saving somebody has checked and signed for; the others stay one step below.
const SIGNED: [&str; 3] = ["A01", "A03", "A05"];
const SIGNED_ON: Date = date(2025, 1, 20);

/// Measures that are not built: code, enterprise, option, names, resource, unit, expected saving, status.
#[rustfmt::skip]
const NOT_BUILT: &[[&str; 8]] = &[
    ["A14", "E16", "brewery-boil-heat-recovery", "Thu hồi nhiệt nồi đun hoa", "Heat recovery from the wort boil", "wood", "150", "approved"],
    ["A15", "E27", "rooftop-solar", "Điện mặt trời mái nhà", "Rooftop solar", "electricity", "1200000", "proposed"],
    ["A16", "E05", "high-pressure-cleaning", "Vòi rửa áp lực cao", "High-pressure cleaning", "supply-water", "14000", "rejected"],
];

/// Production that the decoys need: it falls where a measure only seems to save, and peaks once for a good reason.
pub fn production_plan(seed: u64) -> ProductionPlan {
    let mut random = Random::new(seed, "production plan");
    let falls = PLANTED
        .iter()
        .filter(|measure| measure.kind == Kind::Decoy)
        .map(|measure| (measure.enterprise.to_string(), random.between(0.76, 0.82)))
        .collect();
    let months = months();
    let peaks = vec![("E25".to_string(), months[24 + 3 + random.index(8)], random.between(3.0, 3.3))];
    ProductionPlan { falls, peaks }
}

/// What the meters must take off the load of their enterprises.
pub fn metered_savings() -> Vec<MeteredSaving> {
    PLANTED
        .iter()
        .filter(|measure| !measure.meter.is_empty())
        .filter_map(|measure| match measure.kind {
            Kind::Saves(rate) => {
                let from = measure.installed.1.tomorrow().ok()?;
                Some(MeteredSaving { enterprise: measure.enterprise, from, rate })
            }
            _ => None,
        })
        .collect()
}

/// Takes the savings off the bills of 2024 and returns what was truly saved.
pub fn plant(bills: &mut Bills, metered: &Metered, factor: impl Fn(&str) -> f64) -> Vec<Saving> {
    let mut savings = Vec::new();
    for measure in PLANTED {
        let Some(series) = bills.get_mut(&key(measure.enterprise, measure.resource)) else { continue };
        let mut by_month: Vec<(Period, f64)> = Vec::new();
        for bill in series.bills.iter_mut().filter(|bill| bill.period.start().year() == LAST_YEAR) {
            // A month in which the measure was still being installed belongs neither before nor after.
            if bill.period.start() <= measure.installed.1 {
                continue;
            }
            let saved = match (measure.kind, measure.meter) {
                (Kind::Saves(rate), "") => {
                    let without = bill.amount;
                    bill.amount = as_billed(without * (1.0 - rate), series.unit);
                    bill.cost_vnd = cost(&bill.period, bill.amount, series.price_vnd);
                    without - bill.amount
                }
                (Kind::Saves(_), _) => {
                    metered.saved_kwh.get(&(measure.enterprise.to_string(), bill.period)).copied().unwrap_or(0.0)
                }
                _ => 0.0,
            };
            by_month.push((bill.period, saved * factor(series.unit)));
        }
        savings.push(Saving {
            measure: measure.id.to_string(),
            enterprise: measure.enterprise.to_string(),
            resource: measure.resource.to_string(),
            meter: (!measure.meter.is_empty()).then(|| measure.meter.to_string()),
            kind: match measure.kind {
                Kind::Saves(_) => SavingKind::Saved,
                Kind::Decoy => SavingKind::Nothing,
                Kind::TooThin => SavingKind::Refused,
            },
            saving: by_month.iter().map(|(_, saved)| (1_000.0 * saved).round() / 1_000.0).sum(),
            unit: canonical_unit(series.unit).to_string(),
            by_month: by_month.into_iter().map(|(month, saved)| (month, (1_000.0 * saved).round() / 1_000.0)).collect(),
        });
    }
    savings
}

fn canonical_unit(unit: &str) -> &'static str {
    match unit {
        "t" | "kg" => "kg",
        "m3" => "m3",
        _ => "kWh",
    }
}

/// The rows of `measures.csv`. Every promise is rosier than what came of it.
pub fn rows(seed: u64, bills: &Bills, savings: &[Saving], factor: impl Fn(&str) -> f64) -> Vec<Vec<String>> {
    let mut random = Random::new(seed, "promises");
    let mut rows = Vec::new();
    for (measure, saving) in PLANTED.iter().zip(savings) {
        let Some(series) = bills.get(&key(measure.enterprise, measure.resource)) else { continue };
        let last_year = series.bills.iter().filter(|bill| bill.period.start().year() == LAST_YEAR);
        let used: f64 = last_year.map(|bill| bill.amount).sum();
        let promised = match measure.kind {
            Kind::Saves(_) => saving.saving / factor(series.unit) * random.between(1.25, 1.7),
            _ => used * random.between(0.06, 0.10),
        };
        let is_signed = SIGNED.contains(&measure.id);
        let row: Vec<String> = vec![
            measure.id.into(),
            measure.enterprise.into(),
            measure.option.into(),
            measure.name_vi.into(),
            measure.name_en.into(),
            measure.resource.into(),
            measure.meter.into(),
            if is_signed { "verified" } else { "built" }.into(),
            if is_signed { SIGNED_ON } else { measure.installed.1 }.to_string(),
            measure.installed.0.to_string(),
            measure.installed.1.to_string(),
            two_figures(promised).to_string(),
            series.unit.into(),
            (measure.investment * 1e6).to_string(),
            "1".into(),
            "Phòng kỹ thuật".into(),
            format!("Biên bản nghiệm thu {}", measure.id),
            if is_signed { "Kiểm toán viên Mẫu" } else { "" }.into(),
        ];
        rows.push(row);
    }
    for [id, enterprise, option, name_vi, name_en, resource, expected, status] in NOT_BUILT {
        let unit = bills.get(&key(enterprise, resource)).map_or("", |series| series.unit);
        let cells = [
            id,
            enterprise,
            option,
            name_vi,
            name_en,
            resource,
            "",
            status,
            "2024-10-01",
            "",
            "",
            expected,
            unit,
            "",
            "1",
            "",
            "",
            "",
        ];
        rows.push(cells.map(str::to_string).to_vec());
    }
    rows
}

/// A promise is a round number.
fn two_figures(value: f64) -> f64 {
    let mut step = 1.0;
    while value / step >= 100.0 {
        step *= 10.0;
    }
    (value / step).round() * step
}

/// The rows of `plans.csv`: A09 is verified by its hourly meter added up to days, with the output of each day. The reporting
/// period begins with the first whole month, so that it is the one in which the truth is counted.
pub fn plan_rows() -> Vec<Vec<String>> {
    let note = "Biện pháp A09 được đo bằng công tơ tổng, theo ngày.";
    let row =
        ["A09", "M1", "regression", "day", "daily-output", "", "", "2024-02-01", "1600000", "kWh", "11", "0.5", note];
    vec![row.map(str::to_string).to_vec()]
}
